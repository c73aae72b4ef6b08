#!/bin/bash
# Runs pgvector's own tests against the drop-in (extensions/vector):
#
#	test/pgvector.sh FOLDER [PATTERN...]
#
# FOLDER has pgvector's source, of which nothing is copied into this project.
# Patterns choose among its files test/sql/*.sql and test/t/*.pl by name.  The
# server is a private copy, as for "make test".
#
# Every line that differs from what pgvector's files expect is shown with the
# reason that test/pgvector_differences.txt has for it.  A line without a reason is
# a failure.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

REASONS=$ROOT/test/pgvector_differences.txt
LIMIT=${LIMIT:-3600}

[ -f "${1:-}/vector.control" ] || die "usage: test/pgvector.sh FOLDER-OF-PGVECTOR [PATTERN...]"
source_folder=$(cd "$1" && pwd)
shift
patterns=("${@:-*}")
stage=
unexplained=0
explained=0

finish() {
	local file

	[ -n "$stage" ] || return
	find "$stage" -name postmaster.pid 2>/dev/null | while read -r file; do
		kill -QUIT "$(head -n 1 "$file")" 2>/dev/null || true
	done
	if [ -n "${KEEP:-}" ]; then
		say "kept: $stage"
	else
		rm -rf "$stage"
	fi
}

# select_tests FILE...: names of those wanted, into $selected
select_tests() {
	local file name pattern

	selected=()
	for file in "$@"; do
		name=$(basename "${file%.*}")
		for pattern in "${patterns[@]}"; do
			# shellcheck disable=SC2053  # patterns are meant
			if [[ $name == $pattern ]]; then
				selected+=("$name")
				break
			fi
		done
	done
}

# explain TEST LINE: shows the line with its reason
explain() {
	local test line reason

	while IFS=$'\t' read -r test line reason; do
		# shellcheck disable=SC2053  # patterns are meant
		if [[ $test != '#'* && $1 == $test && $2 =~ ^$line$ ]]; then
			printf '%s: %s\n\t%s\n' "$1" "$2" "$reason"
			explained=$((explained + 1))
			return
		fi
	done <"$REASONS"
	printf '%s: %s\n\tNO REASON\n' "$1" "$2"
	unexplained=$((unexplained + 1))
}

explain_all() {
	local line

	while IFS= read -r line; do
		explain "$1" "$line"
	done
}

run_sql() {
	local name pgxs=$1

	select_tests "$source_folder"/test/sql/*.sql
	[ ${#selected[@]} -gt 0 ] || return 0
	mkdir "$stage/sql"
	cp -R "$source_folder/test/sql" "$source_folder/test/expected" "$stage/sql/"
	give_to_server "$stage/sql"
	# as pg_regress: some files write to the folder results
	(cd "$stage/sql" && as_server env -u LC_ALL LANG=C timeout "$LIMIT" \
		"$pgxs/src/test/regress/pg_regress" --temp-instance=instance --inputdir=. --outputdir=. \
		--bindir="$BIN" --dlpath="$stage/server$("$PG_CONFIG" --pkglibdir)" --no-locale \
		--encoding=UTF8 --load-extension=vector "${selected[@]}" >"$stage/sql.log" 2>&1) || true
	for name in "${selected[@]}"; do
		if [ ! -s "$stage/sql/results/$name.out" ]; then
			explain "$name" "no result"
			tail -n 20 "$stage/sql.log"
			continue
		fi
		diff "$stage/sql/expected/$name.out" "$stage/sql/results/$name.out" >"$stage/difference" || true
		say "== $name: $(grep -c '^[<>]' "$stage/difference" || true) lines differ"
		explain_all "$name" < <(grep '^[<>]' "$stage/difference")
	done
}

run_tap() {
	local name log pgxs=$1 status

	select_tests "$source_folder"/test/t/*.pl
	[ ${#selected[@]} -gt 0 ] || return 0
	mkdir "$stage/tap"
	cp -R "$source_folder/test/t" "$source_folder/test/perl" "$stage/tap/"
	give_to_server "$stage/tap"
	export TESTDIR=$stage/tap PG_REGRESS=$pgxs/src/test/regress/pg_regress PGPORT=65433
	export PATH=$BIN:$PATH
	for name in "${selected[@]}"; do
		log=$stage/$name.log
		status=0
		(cd "$stage/tap" && as_server timeout "$LIMIT" prove --verbose --norc \
			-I "$pgxs/src/test/perl" -I perl "t/$name.pl" </dev/null >"$log" 2>&1) || status=$?
		say "== $name: $(grep -c '^ok ' "$log" || true) ok, $(grep -c '^not ok ' "$log" || true) not ok"
		explain_all "$name" < <(grep -E '^not ok |^# +(died|error running SQL)' "$log")
		if [ "$status" != 0 ] && ! grep -q '^not ok ' "$log"; then
			explain "$name" "ended early"
			tail -n 5 "$log"
		fi
	done
}

trap finish EXIT
trap 'exit 130' INT TERM HUP
also_needed=(libipc-run-perl)
find_server
make_server_user
stage=$(mktemp -d "${TMPDIR:-/var/tmp}/kg-pgvector.XXXXXX")
chmod 755 "$stage"
private_server "$stage/server"
install_dropin "$stage/server"
pgxs=$(cd "$(dirname "$("$PG_CONFIG" --pgxs)")/../.." && pwd)
give_to_server "$stage"
run_sql "$pgxs"
run_tap "$pgxs"

printf '\n%d lines differ for a reason, %d without\n' "$explained" "$unexplained"
[ "$unexplained" = 0 ]
