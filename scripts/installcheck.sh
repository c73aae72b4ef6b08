#!/bin/bash
# The regression and isolation tests against a server that runs: what
# "make installcheck" calls, with these variables.
#
#	PGXS_DIR, BINDIR				folders of PGXS and of the server's programs
#	REGRESS, ISOLATION				names of tests
#	REGRESS_OPTS, ISOLATION_OPTS	more options for pg_regress
#
# PGHOST, PGPORT and PGUSER name the server, as for psql.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
	printf 'kg: %s\n' "$@" >&2
	exit 1
}

ask() {
	"$BINDIR/psql" -XAt -d postgres -c "$1" 2>&1
}

check_server() {
	local answer

	answer=$(ask "SELECT version()") ||
		die "cannot connect to the server to test: $answer" \
			"start it, or name it by PGHOST, PGPORT and PGUSER, a superuser"
	[ "$(ask "SHOW is_superuser")" = on ] ||
		die "role \"$(ask "SELECT current_user")\" is no superuser: name one by PGUSER"
	[ "$(ask "SELECT count(*) FROM pg_available_extensions WHERE name = 'kg'")" = 1 ] ||
		die "that server has no extension \"kg\": run \"make install\" first"
	printf 'testing %s\n' "$answer"
}

# Results go here, or where the caller may write.
choose_output() {
	local folder

	output=.
	for folder in . results output_iso; do
		if [ -e "$folder" ] && [ ! -w "$folder" ]; then
			output=$(mktemp -d "${TMPDIR:-/tmp}/kg-installcheck.XXXXXX")
			printf '%s may not write to %s: results are in %s\n' \
				"$(id -un)" "$PWD" "$output"
			return
		fi
	done
}

# The texts of tests are in UTF-8.  Each locale goes with that or another
# encoding, but C goes with all.
choose_locale() {
	locale=(--encoding=UTF8)
	case $(ask "SELECT datctype FROM pg_database WHERE datname = 'template0'") in
		C | POSIX | *[uU][tT][fF]8 | *[uU][tT][fF]-8) ;;
		*) locale+=(--no-locale) ;;
	esac
}

# run_tests PROGRAM INPUT OUTPUT OPTIONS TEST...
run_tests() {
	local program=$PGXS_DIR/src/test/$1 input=$2 output=$3 options

	[ $# -gt 4 ] || return 0
	[ -x "$program" ] || die "$program is not there: the server's development files lack it"
	read -ra options <<<"$4"
	shift 4
	mkdir -p "$output"
	"$program" --inputdir="$input" --outputdir="$output" --bindir="$BINDIR" \
		"${locale[@]}" "${options[@]}" "$@" || status=1
}

check_server
choose_output
choose_locale
status=0
# shellcheck disable=SC2086  # lists
run_tests regress/pg_regress . "$output" "$REGRESS_OPTS" $REGRESS
# shellcheck disable=SC2086
run_tests isolation/pg_isolation_regress test/isolation "$output/output_iso" \
	"$ISOLATION_OPTS" $ISOLATION
exit $status
