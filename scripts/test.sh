#!/bin/bash
# Runs the tests in private clusters, as an unprivileged user, from a copy of
# this tree.  The last line is "N passed, N failed".
#
# kind		what						counted
# unit		"make unit"					each "ok" and "not ok" line
# regress	sql/*.sql					each file
# isolation	test/isolation/specs/*.spec	each file
# tap		test/tap/*.pl				each "ok" and "not ok" line
#
# TESTS chooses by kind, name or both, patterns allowed:
#	make test TESTS=tap
#	make test TESTS='regress/vec* isolation'
#
# SERVER_LOCALE and SERVER_ENCODING are for the clusters of regress and isolation
# tests ("C" and UTF8 if not given).
#
# KG_CLIENTS chooses among the clients of test/clients: names, or "all", for which
# packages are installed.
#
# TAP tests run with the copy as current folder.  KG_WORDNET names a folder
# with the output of demo/wordnet.py if any of them mentions it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TESTS=${TESTS:-}
# Of Debian 12 with two cores; README says the same.
NEEDS='about 15 minutes on two cores, more if they are busy, up to 150 packages (250 MB to download, 1.4 GB of disk), and 1 GB of disk for themselves. Ctrl-C ends them at any time'
# A single test program or suite that takes longer is stuck.  The longest takes
# some minutes, on a machine ten times as busy as it has processors over 900 s.
LIMIT=${LIMIT:-3600}

passed=0
failed=0
skipped=0
stage=

wanted() {
	local pattern patterns

	[ -n "$TESTS" ] || return 0
	# read does not take the patterns for those of files
	read -ra patterns <<<"$TESTS"
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053  # patterns are meant
		if [[ $1 == $pattern || $1/$2 == $pattern || $2 == $pattern ]]; then
			return 0
		fi
	done
	return 1
}

# select_tests KIND FILE...: the names of those wanted, into $selected
select_tests() {
	local kind=$1 file name

	shift
	selected=()
	for file in "$@"; do
		name=$(basename "$file")
		name=${name%.*}
		if wanted "$kind" "$name"; then
			selected+=("$name")
		fi
	done
}

heading() {
	printf '\n== %s ==\n' "$*"
}

# count LOG STATUS: adds up the results in a log of TAP, or of pg_regress,
# which writes "test name ... ok" before version 16.  A run that failed
# without saying which test is one failure.
count() {
	local ok bad skip

	# prove says of a file that skips all: "FILE .. skipped: REASON"
	grep -iE '^((ok|1\.\.0) .*# *skip|[^ ]+\.pl \.+ skipped: )' "$1" >"$stage/skip" || true
	sed -nE 's/^.*(# *skip[a-z]*:?|\.\. skipped:) *//Ip' "$stage/skip" >>"$stage/log/skipped"
	skip=$(wc -l <"$stage/skip")
	ok=$(grep -E '^(ok |(test| {4,}) .*\.\.\. ok )' "$1" | grep -viEc '# *skip' || true)
	bad=$(grep -cE '^(not ok |(test| {4,}) .*\.\.\. FAILED)' "$1" || true)
	if [ "$2" != 0 ] && [ "$bad" = 0 ]; then
		bad=1
	fi
	skipped=$((skipped + skip))
	passed=$((passed + ok))
	failed=$((failed + bad))
}

# How many were skipped, and for what reasons
show_skipped() {
	[ "$skipped" -gt 0 ] || return 0
	printf '\n%d skipped:\n' "$skipped"
	sort "$stage/log/skipped" | uniq -c | sort -rn
}

stop_servers() {
	local file

	find "$stage" -name postmaster.pid 2>/dev/null | while read -r file; do
		kill -QUIT "$(head -n 1 "$file")" 2>/dev/null || true
	done
}

# Ends what "run" started; the tests' own handlers stop their servers.
stop_tests() {
	local file tries

	jobs -rp | xargs -r kill 2>/dev/null || true
	for file in "$stage"/log/*.pid; do
		kill "$(<"$file")" 2>/dev/null || true
	done
	for file in "$stage"/log/*.pid; do
		for ((tries = 0; tries < 100; tries++)); do
			kill -0 "$(<"$file")" 2>/dev/null || break
			sleep 0.1
		done
	done
}

# Failed tests leave their files; an interrupted run leaves nothing.
finish() {
	local status=$?

	trap '' INT TERM HUP
	stop_child
	[ -n "$stage" ] || exit "$status"
	case $status in
		130 | 143) printf '\nkg: interrupted; removing servers and files of the tests ...\n' >&2 ;;
	esac
	stop_tests
	stop_servers
	case $status in
		0) rm -rf "$stage" ;;
		130 | 143)
			# servers that still stop may write
			rm -rf "$stage" 2>/dev/null || { sleep 2 && rm -rf "$stage"; }
			say "kg: removed" >&2
			;;
		*) say "kept for inspection: $stage" >&2 ;;
	esac
}

make_stage() {
	local dir

	stage=$(mktemp -d "${TMPDIR:-/var/tmp}/kg-test.XXXXXX")
	shopt -s nullglob
	chmod 755 "$stage"
	private_server "$stage/server"
	if mentioned Pgvector && ! pgvector_for "$stage/server"; then
		say "pgvector is not to be had (see pgvector_for in scripts/common.sh): tests that need it will be skipped"
	fi
	if mentioned Dropin; then
		dropin_server
	fi
	mkdir "$stage/log"
	for dir in sql expected test demo docs bench scripts extensions upgrade README.md CONTRIBUTING.md CHANGELOG.md Makefile; do
		if [ -e "$ROOT/$dir" ]; then
			cp -R "$ROOT/$dir" "$stage/"
		fi
	done
	npm_clients
	give_to_server "$stage"
	# pg_regress makes a folder there, for sockets
	as_server test -w "${TMPDIR:-/tmp}" || unset TMPDIR
	export HOME=$stage PATH="$BIN:$PATH"
	PGXS_DIR=$(dirname "$("$PG_CONFIG" --pgxs)")/../..
	PGXS_DIR=$(cd "$PGXS_DIR" && pwd)
	cd "$stage" || exit
}

# The packages of test/clients/node and test/mcp, with npm's own settings.  Versions are in
# package.json; some clients name other versions of their peers than others.
npm_clients() {
	local dir

	[ -n "${KG_CLIENTS:-}" ] && mentioned KG_CLIENTS || return 0
	command -v npm >/dev/null || return 0
	for dir in test/clients/node test/mcp; do
		[ ! -e "$stage/$dir/node_modules" ] || continue
		say "npm: installing the clients of $dir (100 MB)"
		if ! (cd "$stage/$dir" && timeout 600 npm install --no-package-lock --legacy-peer-deps --ignore-scripts \
			--no-audit --no-fund >"$stage/npm.log" 2>&1); then
			tail -n 5 "$stage/npm.log"
			say "npm cannot install them: tests of them will be skipped"
			rm -rf "$stage/$dir/node_modules"
		fi
	done
}

# Another copy of the server, with the drop-in: pgvector cannot be on the same.
dropin_server() {
	local bin=$BIN

	private_server "$stage/dropin"
	install_dropin "$stage/dropin"
	export KG_DROPIN=$BIN
	BIN=$bin
}

# run LOG COMMAND...: as the server's user; returns the command's status.  In
# the background, as Ctrl-C would have to wait for a command in the foreground.
run() {
	local log=$1 status=0 user=()

	shift
	# a function would be a shell between, which passes no signals on
	is_root && user=(runuser -u "$SERVER_USER" --)
	"${user[@]}" timeout -k 10 "$LIMIT" "$@" >"$log" 2>&1 </dev/null &
	echo $! >"$log.pid"
	wait $! || status=$?
	rm -f "$log.pid"
	if [ "$status" = 124 ]; then
		echo "stopped after $LIMIT s" >>"$log"
	fi
	return "$status"
}

# numbered TOTAL: copies what pg_regress says of each test, with its number
numbered() {
	local line n=0 result='^(ok|not ok|test| {4,}) ' trouble='FAILED|could not|failed|^#.*(rror|ailed)'

	while IFS= read -r line; do
		if [[ $line =~ $result ]]; then
			n=$((n + 1))
			say "[$n of $1] $line"
		elif [[ $line =~ $trouble ]]; then
			say "$line"
		fi
	done
}

unit_state() {
	printf '%d ok' "$(grep -c '^ok ' "$unit_log")"
}

build_unit() {
	build unit >"$unit_log" 2>&1
}

run_unit() {
	local log=$stage/log/unit.log status=0

	[ -f "$ROOT/test/unit/unit.mk" ] && wanted unit unit || return 0
	heading unit
	unit_log=$log
	with_progress "compiling and running programs of test/unit" unit_state build_unit || status=$?
	count "$log" "$status"
	if [ "$status" = 0 ]; then
		say "$(grep -c '^ok ' "$log" || true) ok"
	else
		grep -vE '^ok ' "$log" || true
	fi
}

# start_regress KIND PROGRAM INPUT_DIR TEST_FILE...: in the background; its files run one
# after another, which leaves a processor to other tests
start_regress() {
	local kind=$1 program=$PGXS_DIR/src/test/$2 input=$3 log=$stage/log/$1.log locale=()

	shift 3
	select_tests "$kind" "$@"
	[ ${#selected[@]} -gt 0 ] || return 0
	[ -n "${SERVER_LOCALE:-}" ] || locale=(--no-locale)
	as_server mkdir -p "$stage/out_$kind"
	say "$kind: ${#selected[@]} files, told of at the end"
	(
		status=0
		run "$log" env -u LC_ALL LANG="${SERVER_LOCALE:-C}" "$program" --temp-instance="$stage/out_$kind/instance" \
			--temp-config=test/regress.conf --inputdir="$input" --outputdir="$stage/out_$kind" \
			--bindir="$BIN" --dlpath="$stage/server$("$PG_CONFIG" --pkglibdir)" \
			"${locale[@]}" --encoding="${SERVER_ENCODING:-UTF8}" --load-extension=kg \
			"${selected[@]}" || status=$?
		echo "$status" >"$log.status"
	) &
}

# Tells of what start_regress started, once nothing runs any more
report_regress() {
	local kind=$1 log=$stage/log/$1.log total

	[ -f "$log.status" ] || return 0
	heading "$kind"
	total=$(grep -cE '^(ok|not ok|test| {4,}) ' "$log" || true)
	numbered "$total" <"$log"
	count "$log" "$(cat "$log.status")"
	if [ "$(cat "$log.status")" != 0 ]; then
		if [ -s "$stage/out_$kind/regression.diffs" ]; then
			head -n 400 "$stage/out_$kind/regression.diffs"
		else
			tail -n 5 "$log"
			tail -n 20 "$stage/out_$kind/log/postmaster.log" 2>/dev/null || true
		fi
	fi
}

# Making a cluster takes half a second of a processor, copying one a tenth of that, and
# tests make a hundred.  PostgreSQL::Test copies by itself since 17.  Only the call that it makes is
# answered by a copy: a test that wants other options gets what initdb makes.
template_cluster() {
	export INITDB_TEMPLATE=$stage/template
	run "$stage/log/template.log" env -u LC_ALL LC_MESSAGES=C "$BIN/initdb" -D "$INITDB_TEMPLATE" -A trust -N ||
		die "initdb fails: $(tail -n 5 "$stage/log/template.log")"
	mkdir "$stage/bin"
	cat >"$stage/bin/initdb" <<-END
		#!/bin/sh
		if [ \$# = 5 ] && [ "\$1 \$3 \$4 \$5" = '-D -A trust -N' ]; then
			exec cp -a '$INITDB_TEMPLATE' "\$2"
		fi
		exec '$BIN/initdb' "\$@"
	END
	chmod 755 "$stage/bin/initdb"
	export PATH="$stage/bin:$PATH"
}

run_tap_file() {
	local name=$1 log=$stage/log/tap-$1.log status=0 start=$SECONDS

	run "$log" prove --verbose --norc -I "$PGXS_DIR/src/test/perl" -I test/tap \
		"test/tap/$name.pl" || status=$?
	echo "$status" >"$log.status"
	start="$((SECONDS - start)) s (${#selected[@]} files, $(find "$stage/log" -name 'tap-*.status' | wc -l) ended)"
	if grep -qE '\.pl \.+ skipped: ' "$log"; then
		say "$name ... skipped, $start"
	elif [ "$status" = 0 ]; then
		say "$name ... ok, $(grep -c '^ok ' "$log" || true) tests, $start"
		# what long forms have counted
		sed -n 's/^# counts: /    /p' "$log"
	else
		say "$name ... FAILED, $start"
	fi
}

# The files that take longest begin first: none of them is at work alone at the end.
LONGEST='051 111 106 069 072 073 090 092 112 059 067 068 050'

longest_first() {
	local name first=() others=()

	for name in "${selected[@]}"; do
		if [[ " $LONGEST " = *" ${name%%_*} "* ]]; then
			first+=("$name")
		else
			others+=("$name")
		fi
	done
	selected=("${first[@]}" "${others[@]}")
}

run_tap() {
	local name log

	select_tests tap test/tap/*.pl
	[ ${#selected[@]} -gt 0 ] || return 0
	heading tap
	say "${#selected[@]} files, each in a line as it ends; some take minutes"
	[ -f "$PGXS_DIR/src/test/perl/PostgreSQL/Test/Cluster.pm" ] ||
		die "$PG_CONFIG: this server comes without PostgreSQL::Test"
	wordnet_for_tests
	# data for tests that the project does not hold
	export KG_SHARED=${KG_SHARED:-$ROOT/..}
	# since 16 the folders have names of their own
	export TESTDIR=$stage TESTDATADIR=$stage/tmp_check TESTLOGDIR=$stage/tmp_check/log
	export PG_REGRESS=$PGXS_DIR/src/test/regress/pg_regress
	export PGPORT=65432
	template_cluster
	longest_first
	for name in "${selected[@]}"; do
		# one more than there are processors: tests wait, for one another and for files
		while [ "$(jobs -rp | wc -l)" -gt "$JOBS" ]; do
			wait -n || true
		done
		run_tap_file "$name" &
	done
	wait
	for name in "${selected[@]}"; do
		log=$stage/log/tap-$name.log
		count "$log" "$(cat "$log.status")"
		if [ "$(cat "$log.status")" != 0 ]; then
			printf '\n-- %s --\n' "$name"
			grep -vE '^ok ' "$log" | tail -n 60 || true
			tail -n 30 "$stage/tmp_check/log/regress_log_$name" 2>/dev/null || true
		fi
	done
}

# mentioned WORD: in one of the selected TAP tests
mentioned() {
	local name

	for name in "${selected[@]}"; do
		if grep -q "$1" "$ROOT/test/tap/$name.pl"; then
			return 0
		fi
	done
	return 1
}

# All packages before all tests: sudo may ask for a password, which nobody is
# there to give some minutes later.
choose_packages() {
	also_needed=(libipc-run-perl)
	select_tests tap "$ROOT"/test/tap/*.pl
	if mentioned networkx; then
		also_needed+=(python3-networkx python3-scipy)
	fi
	if mentioned KG_WORDNET; then
		also_needed+=("${WORDNET_PACKAGES[@]}")
	fi
	if [ -n "${KG_CLIENTS:-}" ] && mentioned KG_CLIENTS; then
		client_packages
	fi
}

# Those of Python's clients that this release of Debian or Ubuntu has
client_packages() {
	local name missing

	command -v apt-cache >/dev/null || return 0
	mapfile -t missing < <(missing_packages python3-psycopg2 python3-psycopg python3-asyncpg python3-sqlalchemy python3-django)
	[ ${#missing[@]} -gt 0 ] || return 0
	update_lists
	for name in "${missing[@]}"; do
		if apt-cache policy "$name" | grep -q 'Candidate: [0-9]'; then
			also_needed+=("$name")
		fi
	done
}

# Computing the embeddings takes a minute: once for all tests, and for the
# demo, whose cache it shares.
wordnet_for_tests() {
	local cache=$ROOT/.demo/wordnet

	mentioned KG_WORDNET && [ -x "$ROOT/demo/wordnet.py" ] || return 0
	"$ROOT/demo/wordnet.py" --out "$cache"
	export KG_WORDNET=$stage/wordnet
	cp -R "$cache" "$KG_WORDNET"
	give_to_server "$KG_WORDNET"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
[ -n "$TESTS" ] || say "All tests take $NEEDS."
choose_packages
find_server
! mentioned Pgvector || pgvector_package
make_server_user
make_stage
say "testing with $("$PG_CONFIG" --version)"
start_regress regress regress/pg_regress . sql/*.sql
run_unit
start_regress isolation isolation/pg_isolation_regress test/isolation \
	test/isolation/specs/*.spec
run_tap
wait
report_regress regress
report_regress isolation

[ $((passed + failed + skipped)) -gt 0 ] || die "no test is called \"$TESTS\""
show_skipped
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
