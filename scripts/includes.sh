#!/bin/bash
# Who includes whom under src/: no circle between modules, none between
# folders, and no arrow that points up.
#
#	scripts/includes.sh           check; what lint runs
#	scripts/includes.sh folders   the arrows between folders, with counts
#	scripts/includes.sh modules   those between modules
#	scripts/includes.sh rooms     for each folder those that it includes, as
#	                              src/README.md shows it
#	scripts/includes.sh dot       the same for Graphviz
#
# A module is a .c file and its header.  ROOMS lists the folders, which the
# documents call rooms, from the bottom up: a folder may include those that
# stand before it, and itself.  Includes are written from src/ on.
set -euo pipefail
cd "$(dirname "$0")/.."

ROOMS='simd quant lib pg types exact
	ann/layout ann/core ann/scan ann
	graph/catalog graph/adjacency graph/search memory
	algo/projection algo algo/leiden retrieval admin admin/index_use .'

# "FROM TO" for each include between modules of the tree
modules() {
	grep -rhoH --include='*.[ch]' '^#include "[^"]*"' src |
		sed -n 's|^src/||; s|\.[ch]:#include "\([^"]*\)\.[ch]"$| \1|p' |
		while read -r from to; do
			if [ -e "src/$to.h" ] || [ -e "src/$to.c" ]; then
				[ "$from" = "$to" ] || echo "$from $to"
			fi
		done | sort -u
}

# "FROM TO COUNT" for each include between folders
folders() {
	modules | awk '
		function folder(path) { return sub("/[^/]*$", "", path) ? path : "." }
		folder($1) != folder($2) { count[folder($1) " " folder($2)]++ }
		END { for (arrow in count) print arrow, count[arrow] }' | sort
}

# Prints the circles among "FROM TO" lines; false if there are any.
no_circle() {
	local loops

	loops=$(awk '{ print $1, $2 }' | tsort 2>&1 >/dev/null) || {
		echo "$1: ${loops//tsort: -: /}"
		return 1
	}
}

# Prints the arrows that point up; false if there are any.
no_arrow_up() {
	awk -v rooms="$ROOMS" '
		BEGIN { n = split(rooms, names); for (i = 1; i <= n; i++) rank[names[i]] = i }
		!($1 in rank) || !($2 in rank) {
			print "folder that is not in ROOMS of scripts/includes.sh: " $1 " or " $2; bad = 1; next }
		rank[$2] > rank[$1] { print "arrow up: " $1 " includes " $2; bad = 1 }
		END { exit bad }'
}

# For each folder, from the top down, those that it includes
rooms() {
	folders | awk -v rooms="$ROOMS" '
		{ uses[$1, $2] = 1 }
		END { n = split(rooms, names)
		  for (i = n; i > 0; i--) {
			line = ""
			for (j = n; j > 0; j--)
				if ((names[i], names[j]) in uses) line = line (line == "" ? "" : ", ") names[j]
			printf "%-17s %s\n", names[i], line == "" ? "nothing" : line } }'
}

dot() {
	echo 'digraph rooms { rankdir = TB; node [shape = box];'
	folders | sed 's|\([^ ]*\) \([^ ]*\) \(.*\)|"\1" -> "\2" [label = \3];|'
	echo '}'
}

# Is the list of src/README.md as "rooms" has it?
readme_is_true() {
	sed -n '/^<!-- scripts\/includes.sh rooms -->/,/^```$/p' src/README.md |
		sed '1,2d; $d' | diff - <(rooms) >/dev/null || {
		echo 'src/README.md: the list of rooms is not what "scripts/includes.sh rooms" shows'
		return 1
	}
}

# Prints includes that are not written from src/ on; false if there are any.
all_from_src() {
	! grep -rnH --include='*.[ch]' '^#include "[^/"]*"' src |
		while IFS=: read -r file _ include; do
			include=${include#*\"}
			[ ! -e "${file%/*}/${include%\"*}" ] || [ "${file%/*}" = src ] ||
				echo "$file includes \"${include%\"*}\": write its path from src/ on"
		done | grep .
}

case ${1:-check} in
	modules) modules ;;
	folders) folders ;;
	rooms) rooms ;;
	dot) dot ;;
	check)
		status=0
		modules | no_circle 'circle of modules' || status=1
		folders | no_circle 'circle of folders' || status=1
		folders | no_arrow_up || status=1
		all_from_src || status=1
		readme_is_true || status=1
		exit $status
		;;
	*)
		echo "usage: scripts/includes.sh [folders | modules | rooms | dot]" >&2
		exit 2
		;;
esac
