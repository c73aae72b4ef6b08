# shellcheck shell=bash
# Shared by the benchmarks of this folder; sourced, never run.
#
# A benchmark compares kg_hnsw with pgvector's hnsw in a private cluster, as
# tables kg_base and pgvector_base (id int, e vector) of one database for each
# data set; with SIDES='kg diskann' with kg_diskann, whose table is diskann_base.
# It is called
#
#	bench/NAME.sh PGVECTOR_SOURCE METRIC STEM...
#
# PGVECTOR_SOURCE is a folder with pgvector's source; METRIC is l2 or cosine;
# STEM names STEM.base.fvecs, STEM.query.fvecs and STEM.gt.ivecs (ids from 0),
# which bench/data/make.sh makes.  From the environment:
#
#	KEEP			a folder for the cluster, which is there for the next run:
#					then pgvector's indexes are built once, and kg's whenever
#					kg has changed.  Without it all is removed at the end.
#	SHARED_BUFFERS	of the server (6GB)
#	MEMORY			maintenance_work_mem of builds (4GB)
#	LIMIT			of queries (10)
#	SIDES			what is compared (kg pgvector)
#	KEEP_INDEX		yes: an index of other code stays
#	INDEX_OPTIONS	of kg's indexes, as in 'WITH (code_bits = 1)'
#
# Times are CPU time of the server's processes, if nothing else is said: others
# may use the machine.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

BENCH=$ROOT/bench
SIDES=${SIDES:-kg pgvector}
LIMIT=${LIMIT:-10}
stage=

lines() {
	printf '%s\n' "$@"
}

sql() {
	PGOPTIONS="-c client_min_messages=warning" psql -XqAt -v ON_ERROR_STOP=1 "$@"
}

finish() {
	[ -n "$stage" ] || return 0
	stop_server
	[ -n "${KEEP:-}" ] || rm -rf "$stage"
}

# begin PGVECTOR_SOURCE: everything but the data.  Without pgvector if SIDES is
# kg alone.
begin() {
	local pgvector=$1

	find_server
	need_packages gcc make libpq-dev python3-numpy
	make_server_user
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP"
		stage=$(cd "$KEEP" && pwd)
	else
		stage=$(mktemp -d "${TMPDIR:-/var/tmp}/kg-bench.XXXXXX")
	fi
	trap finish EXIT
	trap 'exit 130' INT TERM
	chmod 755 "$stage"
	private_server "$stage/server"
	if [ -n "$pgvector" ]; then
		[ -d "$stage/pgvector" ] || cp -R "$pgvector" "$stage/pgvector"
		quietly make -C "$stage/pgvector" PG_CONFIG="$PG_CONFIG" with_llvm=no DESTDIR="$stage/server" install
	fi
	gcc -O2 -std=gnu99 -I"$("$PG_CONFIG" --includedir)" -I/usr/include/postgresql "$BENCH/client.c" -lpq -o "$stage/client"
	if [ ! -d "$stage/data" ]; then
		mkdir "$stage/data"
		give_to_server "$stage/data"
		as_server "$BIN/initdb" -D "$stage/data" -A trust -U postgres >/dev/null
		echo "include 'bench.conf'" >>"$stage/data/postgresql.conf"
	fi
	cat >"$stage/data/bench.conf" <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$stage/data'
		shared_buffers = ${SHARED_BUFFERS:-6GB}
		maintenance_work_mem = ${MEMORY:-4GB}
		max_wal_size = 8GB
		checkpoint_timeout = 1d
		autovacuum = off
		jit = off
		max_parallel_workers_per_gather = 0
		max_parallel_maintenance_workers = 0
		synchronous_commit = off
		track_io_timing = off
	CONF
	give_to_server "$stage/data/bench.conf"
	export PGHOST=$stage/data PGUSER=postgres PGDATABASE=postgres
	# shellcheck disable=SC2119
	start_server
	say "PostgreSQL $(sql -c 'SHOW server_version'), pgvector $(sed -n "s/^default_version = '\(.*\)'/\1/p" "$stage/pgvector/vector.control" 2>/dev/null || echo -), kg $(git -C "$ROOT" describe --always --dirty 2>/dev/null || true)"
}

# start_server [SETTING=VALUE]...: with those beside bench.conf's
# shellcheck disable=SC2120  # of other files
start_server() {
	local setting options=

	for setting in "$@"; do
		options+=" -c $setting"
	done
	(cd "$stage" && as_server "$BIN/pg_ctl" -D data -l data/log -o "$options" -w -t 600 start >/dev/null)
	POSTMASTER=$(head -n 1 "$stage/data/postmaster.pid")
}

stop_server() {
	(cd "$stage" && as_server "$BIN/pg_ctl" -D data -m fast -w -t 600 stop >/dev/null 2>&1) || true
}

# use_data METRIC STEM [ROWS]: the data set's database, made if it is missing.
# Sets DIMS, ROWS, QUERY, QUERIES, NEIGHBORS and the names of what the metric
# uses.  With ROWS only the first ones, and NEIGHBORS are not theirs.
use_data() {
	local stem=$2 base=$2.base.fvecs there side code

	METRIC=$1 QUERY=$stem.query.fvecs NEIGHBORS=$stem.gt.ivecs
	case $METRIC in
		l2) OPERATOR="<->" OPCLASS=vector_l2_ops ;;
		cosine) OPERATOR="<=>" OPCLASS=vector_cosine_ops ;;
		*) die "the metric is l2 or cosine, not $METRIC" ;;
	esac
	read -r there DIMS < <("$BENCH/fvecs.py" shape "$base")
	read -r QUERIES _ < <("$BENCH/fvecs.py" shape "$QUERY")
	ROWS=${3:-$there}
	DATABASE=$(basename "$stem" | tr -c 'a-z0-9\n' _)
	[ "$ROWS" = "$there" ] || DATABASE+=_$ROWS
	PGDATABASE=postgres
	if [ -z "$(sql -c "SELECT 1 FROM pg_database WHERE datname = '$DATABASE'")" ]; then
		sql -c "CREATE DATABASE $DATABASE"
	fi
	PGDATABASE=$DATABASE
	sql <<-SQL
		CREATE TABLE IF NOT EXISTS built (side text PRIMARY KEY, code text, cpu float8, wall float8, peak float8);
		CREATE TABLE IF NOT EXISTS code_of (side text PRIMARY KEY, code text);
	SQL
	# other SQL: the types are made anew, and so are the tables
	code=$(cat "$stage/server$("$PG_CONFIG" --sharedir)"/extension/kg--*.sql | md5sum | cut -d' ' -f1)
	if [ "$(sql -c "SELECT code FROM code_of WHERE side = 'kg'")" != "$code" ]; then
		sql <<-SQL
			DROP EXTENSION IF EXISTS kg CASCADE;
			DROP TABLE IF EXISTS kg_base, diskann_base;
			CREATE EXTENSION kg;
			DELETE FROM built WHERE side <> 'pgvector';
			DELETE FROM code_of WHERE side = 'kg';
			INSERT INTO code_of VALUES ('kg', '$code');
		SQL
	fi
	for side in $SIDES; do
		[ -z "$(sql -c "SELECT to_regclass('${side}_base')")" ] || continue
		sql <<-SQL
			BEGIN;
			$([ "$side" != pgvector ] || echo "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;")
			CREATE TABLE ${side}_base (id int PRIMARY KEY, e $(schema "$side").vector($DIMS));
			\copy ${side}_base FROM PROGRAM '$BENCH/fvecs.py vectors $base 0 $ROWS 0' (FORMAT binary)
			COMMIT;
			VACUUM (FREEZE, ANALYZE) ${side}_base;
		SQL
	done
	lines "" "$DATABASE: $ROWS x $DIMS, $METRIC, $QUERIES queries"
}

# The types' schema
schema() { # SIDE
	case $1 in
		kg | diskann) echo kg ;;
		pgvector) echo public ;;
	esac
}

# The setting that trades time for recall
ef() { # SIDE
	case $1 in
		kg | diskann) echo kg.ef_search ;;
		pgvector) echo hnsw.ef_search ;;
	esac
}

# An effort as a setting: below 1 it is kg.target_recall, else that of ef
effort() { # SIDE VALUE
	case $2 in
		.* | 0.*) echo "kg.target_recall = $2" ;;
		*) echo "$(ef "$1") = $2" ;;
	esac
}

create_index() { # SIDE NAME [OPTIONS]
	case $1 in
		kg) echo "CREATE INDEX $2 ON kg_base USING kg_hnsw (e kg.$OPCLASS) ${3:-}" ;;
		diskann) echo "CREATE INDEX $2 ON diskann_base USING kg_diskann (e kg.$OPCLASS) ${3:-}" ;;
		pgvector) echo "CREATE INDEX $2 ON pgvector_base USING hnsw (e public.$OPCLASS) WITH (m = 16, ef_construction = 64)" ;;
	esac
}

# The nearest; $2 is the query.
search() { # SIDE
	echo "SELECT id FROM ${1}_base ORDER BY e OPERATOR($(schema "$1").$OPERATOR) \$2 LIMIT $LIMIT"
}

# What a query costs that finds no neighbours: as many rows by primary key
# shellcheck disable=SC2034  # read by those who source this
FETCH="SELECT id FROM kg_base WHERE id BETWEEN \$1 * 7 AND \$1 * 7 + $((LIMIT - 1))"

# cost STATEMENT...: CPU seconds, clock seconds and peak MB of one session
cost() {
	local statement arguments=()

	for statement in "$@"; do
		arguments+=(-c "$statement")
	done
	"$BENCH/watch.py" "$POSTMASTER" psql -Xq -v ON_ERROR_STOP=1 "${arguments[@]}" 2>>"$stage/notices"
}

# ensure_index SIDE: builds the index if there is none, or one of other code,
# and writes down what it cost
ensure_index() {
	local side=$1 code="" cpu wall peak

	[ "$side" = pgvector ] || code=$(md5sum <"$stage/server$("$PG_CONFIG" --pkglibdir)/kg.so" | cut -d' ' -f1)
	if [ -n "$(sql -c "SELECT to_regclass('${side}_index')")" ]; then
		[ -z "${KEEP_INDEX:-}" ] || return 0
		[ "$(sql -c "SELECT code FROM built WHERE side = '$side'")" != "$code" ] || return 0
		sql -c "DROP INDEX ${side}_index"
	fi
	read -r cpu wall peak < <(cost "$(create_index "$side" "${side}_index" "${INDEX_OPTIONS:-}")")
	sql -c "DELETE FROM built WHERE side = '$side'" \
		-c "INSERT INTO built VALUES ('$side', '$code', $cpu, $wall, $peak)"
}

# index_bytes SIDE: a row
index_bytes() {
	sql -c "SELECT pg_relation_size('${1}_index') / count(*) FROM ${1}_base"
}

# index_pages SIDE: accessed since the server keeps count
index_pages() {
	sql -c "SELECT idx_blks_read + idx_blks_hit FROM pg_statio_user_indexes WHERE indexrelname = '${1}_index'"
}

# generic_wal FROM TO: bytes of generic records without and in full-page images
generic_wal() {
	as_server "$BIN/pg_waldump" --stats=rmgr -p "$stage/data/pg_wal" -s "$1" -e "$2" 2>/dev/null |
		awk '{gsub(/\([^)]*\)/, "")} $1 == "Generic" {print $3, $4}'
}

# run_search SIDE SETTINGS OPTION...: prints recall, pages of the index,
# us of CPU, us on the clock, each a query
run_search() {
	local side=$1 settings=$2 pages count recall cpu wall rounds=${ROUNDS:-5}

	shift 2
	pages=$(index_pages "$side")
	read -r count recall cpu wall < <("$stage/client" -s "$settings" -r "$rounds" -n "$NEIGHBORS" -k "$LIMIT" "$@" "$(search "$side")" "$QUERY")
	awk -v r="$recall" -v c="$cpu" -v w="$wall" -v n=$((count * rounds)) -v p=$(($(index_pages "$side") - pages)) \
		'BEGIN {printf "%.4f %.1f %.1f %.1f\n", r, p / n, c, w}'
}

# true_recall SIDE EF: recall@10 among the rows that the table has now, of
# those whose exact neighbours are known
true_recall() {
	local side=$1

	sql <<-SQL
		SET $(ef "$side") = $2;
		SET enable_seqscan = off;
		SELECT round(avg((SELECT count(*) FROM
			(SELECT id FROM ${side}_base ORDER BY e OPERATOR($(schema "$side").$OPERATOR) q.e LIMIT 10) s
			WHERE s.id = ANY (t.nearest))) / 10, 4)
		FROM ${side}_query q JOIN LATERAL (
			SELECT array_agg(x ORDER BY place) AS nearest FROM
				(SELECT x, place FROM neighbors n, unnest(n.nearest) WITH ORDINALITY u(x, place)
				 WHERE n.id = q.id AND EXISTS (SELECT FROM ${side}_base b WHERE b.id = x)
				 ORDER BY place LIMIT 10) u) t ON cardinality(t.nearest) = 10
	SQL
}

# load_truth: what true_recall looks at
load_truth() {
	local side

	sql <<-SQL
		CREATE TABLE neighbors (id int PRIMARY KEY, nearest int[]);
		\copy neighbors FROM PROGRAM '$BENCH/fvecs.py neighbors $NEIGHBORS' (FORMAT binary)
	SQL
	for side in $SIDES; do
		sql <<-SQL
			CREATE TABLE ${side}_query (id int PRIMARY KEY, e $(schema "$side").vector($DIMS));
			\copy ${side}_query FROM PROGRAM '$BENCH/fvecs.py vectors $QUERY 0 $QUERIES 0' (FORMAT binary)
		SQL
	done
}

# begin_scratch, end_scratch: meanwhile what is changed is a copy of the database
begin_scratch() {
	PGDATABASE=postgres
	sql -c "DROP DATABASE IF EXISTS scratch" -c "CREATE DATABASE scratch TEMPLATE $DATABASE STRATEGY file_copy"
	PGDATABASE=scratch
}

end_scratch() {
	PGDATABASE=postgres
	sql -c "DROP DATABASE scratch"
	PGDATABASE=$DATABASE
}
