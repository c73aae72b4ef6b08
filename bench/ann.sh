#!/bin/bash
# kg_hnsw beside pgvector's hnsw, in one private cluster, in turns:
#
#	bench/ann.sh PGVECTOR_SOURCE BASE.fvecs QUERY.fvecs NEIGHBORS.ivecs
#
# PGVECTOR_SOURCE is a folder with pgvector's source; ids in NEIGHBORS count
# from 0.  Euclidean distance, one client, everything in shared buffers.
#
# Times are CPU time of the backend, from /proc: the machine may be shared.
# A search is timed as an inner side of a nested loop over all queries, so
# without protocol and planning, less a fetch of ten rows by primary key in
# the same way.  Pages are the index's, hits and reads.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

[ $# = 4 ] || die "usage: bench/ann.sh PGVECTOR_SOURCE BASE.fvecs QUERY.fvecs NEIGHBORS.ivecs"
PGVECTOR=$(cd "$1" && pwd)
BASE=$2 QUERY=$3 NEIGHBORS=$4
KG_EF=${KG_EF:-16 24 28 32 40 52 64 80 100 140}
PGVECTOR_EF=${PGVECTOR_EF:-10 16 20 24 28 32 40 52 64 80 100}
SHARED_BUFFERS=${SHARED_BUFFERS:-4GB}

stage=
finish() {
	if [ -n "$stage" ]; then
		as_server "$BIN/pg_ctl" -D "$stage/data" -m immediate stop >/dev/null 2>&1 || true
		rm -rf "$stage"
	fi
}

start() {
	find_server
	need_packages python3
	make_server_user
	stage=$(mktemp -d "${TMPDIR:-/var/tmp}/kg-bench.XXXXXX")
	trap finish EXIT
	chmod 755 "$stage"
	private_server "$stage/server"
	cp -R "$PGVECTOR" "$stage/pgvector"
	quietly make -C "$stage/pgvector" PG_CONFIG="$PG_CONFIG" with_llvm=no DESTDIR="$stage/server" install
	mkdir "$stage/data" "$stage/rows"
	"$ROOT/bench/fvecs.py" vectors "$BASE" >"$stage/rows/base"
	"$ROOT/bench/fvecs.py" vectors "$QUERY" >"$stage/rows/query"
	"$ROOT/bench/fvecs.py" neighbors "$NEIGHBORS" 10 >"$stage/rows/neighbors"
	DIMS=$(head -n 1 "$stage/rows/base" | tr -cd , | wc -c)
	DIMS=$((DIMS + 1))
	give_to_server "$stage"
	cd "$stage" || exit
	as_server "$BIN/initdb" -D "$stage/data" -A trust -U postgres >/dev/null
	cat >>"$stage/data/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$stage'
		shared_buffers = $SHARED_BUFFERS
		maintenance_work_mem = '4GB'
		max_wal_size = '20GB'
		checkpoint_timeout = '1d'
		autovacuum = off
		jit = off
		enable_seqscan = off
		enable_bitmapscan = off
		max_parallel_workers_per_gather = 0
		max_parallel_maintenance_workers = 0
		synchronous_commit = off
	CONF
	as_server "$BIN/pg_ctl" -D "$stage/data" -l "$stage/log" -w start >/dev/null
	export PGHOST=$stage PGUSER=postgres PGDATABASE=postgres
}

sql() {
	psql -XqAt -v ON_ERROR_STOP=1 "$@"
}

# cpu SETTINGS STATEMENT: milliseconds of CPU that the statement takes, after
# one run that warms up if SETTINGS says "warm"
cpu() {
	local warm=

	[ "$1" = build ] || warm="$2;"
	sql 2>/dev/null <<-SQL | grep '^cpu' | awk '{t[NR] = $2} END {printf "%.3f", (t[2] - t[1]) / 1e6}'
		${3:-}
		SELECT pg_backend_pid() AS pid \gset
		\setenv PID :pid
		$warm
		\! awk '{print "cpu", \$1}' /proc/\$PID/schedstat
		$2;
		\! awk '{print "cpu", \$1}' /proc/\$PID/schedstat
	SQL
}

load() {
	sql <<-SQL
		CREATE EXTENSION vector SCHEMA public;
		CREATE EXTENSION kg;
		CREATE TABLE kg_base (id int PRIMARY KEY, e kg.vector($DIMS));
		CREATE TABLE kg_query (id int PRIMARY KEY, e kg.vector($DIMS));
		CREATE TABLE neighbors (id int PRIMARY KEY, nearest int[]);
		\copy kg_base FROM '$stage/rows/base'
		\copy kg_query FROM '$stage/rows/query'
		\copy neighbors FROM '$stage/rows/neighbors'
		CREATE TABLE pgvector_base (id int PRIMARY KEY, e public.vector($DIMS));
		CREATE TABLE pgvector_query (id int PRIMARY KEY, e public.vector($DIMS));
		\copy pgvector_base FROM '$stage/rows/base'
		\copy pgvector_query FROM '$stage/rows/query'
		VACUUM ANALYZE;
	SQL
	ROWS=$(sql -c "SELECT count(*) FROM kg_base")
	QUERIES=$(sql -c "SELECT count(*) FROM kg_query")
	say "$ROWS vectors of $DIMS dimensions, $QUERIES queries; $(sql -c 'SHOW server_version'), $(sql -c "SELECT 'pgvector ' || extversion FROM pg_extension WHERE extname = 'vector'")"
}

create_index() { # SIDE
	case $1 in
		kg) echo "CREATE INDEX kg_index ON kg_base USING kg_hnsw (e kg.vector_l2_ops)" ;;
		pgvector) echo "CREATE INDEX pgvector_index ON pgvector_base USING hnsw (e public.vector_l2_ops) WITH (m = 16, ef_construction = 64)" ;;
	esac
}

operator() { # SIDE
	case $1 in
		kg) echo "OPERATOR(kg.<->)" ;;
		pgvector) echo "OPERATOR(public.<->)" ;;
	esac
}

set_ef() { # SIDE EF
	case $1 in
		kg) echo "SET kg.ef_search = $2;" ;;
		pgvector) echo "SET hnsw.ef_search = $2;" ;;
	esac
}

recall() { # SIDE EF
	sql <<-SQL
		$(set_ef "$1" "$2")
		SELECT round(avg((SELECT count(*) FROM unnest(n.nearest) x
		                  WHERE x IN (SELECT id FROM ${1}_base ORDER BY e $(operator "$1") q.e LIMIT 10))) / 10, 4)
		FROM ${1}_query q JOIN neighbors n USING (id)
	SQL
}

search() { # SIDE
	echo "SELECT count(*) FROM ${1}_query q, LATERAL (SELECT id FROM ${1}_base ORDER BY e $(operator "$1") q.e LIMIT 10) s"
}

pages() { # SIDE EF: of the index, a query
	sql <<-SQL
		$(set_ef "$1" "$2")
		$(search "$1") \g /dev/null
		SELECT pg_stat_force_next_flush() \g /dev/null
		SELECT idx_blks_read + idx_blks_hit AS before FROM pg_statio_user_indexes WHERE indexrelname = '${1}_index' \gset
		$(search "$1") \g /dev/null
		SELECT pg_stat_force_next_flush() \g /dev/null
		SELECT pg_stat_clear_snapshot() \g /dev/null
		SELECT round((idx_blks_read + idx_blks_hit - :before)::numeric / $QUERIES, 1) FROM pg_statio_user_indexes WHERE indexrelname = '${1}_index'
	SQL
}

bench_build() {
	local side

	printf '\n%s\n%s\n' '| build | CPU s | bytes a vector |' '|---|---|---|'
	for side in kg pgvector; do
		printf '| %s | %.1f | %s |\n' "$side" \
			"$(cpu build "$(create_index "$side")" | awk '{print $1 / 1000}')" \
			"$(sql -c "SELECT pg_relation_size('${side}_index') / $ROWS")"
	done
}

bench_search() {
	local side ef fetch

	fetch=$(cpu warm "SELECT count(*) FROM kg_query q, LATERAL (SELECT * FROM kg_base WHERE id BETWEEN q.id AND q.id + 9 LIMIT 10) s")
	printf '\n%s\n' "ten rows by primary key: $(awk "BEGIN {printf \"%.1f\", $fetch * 1000 / $QUERIES}") us"
	printf '\n%s\n%s\n' '| search | ef | recall@10 | pages | CPU us |' '|---|---|---|---|---|'
	for side in kg pgvector; do
		for ef in $([ $side = kg ] && echo "$KG_EF" || echo "$PGVECTOR_EF"); do
			printf '| %s | %s | %s | %s | %s |\n' "$side" "$ef" "$(recall "$side" "$ef")" "$(pages "$side" "$ef")" \
				"$(cpu warm "$(search "$side")" "$(set_ef "$side" "$ef")" |
					awk -v fetch="$fetch" -v n="$QUERIES" '{printf "%.1f", ($1 - fetch) * 1000 / n}')"
		done
	done
}

bench_insert() {
	local side n=$((ROWS / 10)) before after

	printf '\n%s\n%s\n' "| insert of $n rows | CPU us a row | WAL bytes a row | of them full pages |" '|---|---|---|---|'
	for side in kg pgvector; do
		sql -c "DELETE FROM ${side}_base WHERE id < $n" -c "VACUUM ${side}_base" -c "REINDEX INDEX ${side}_index" \
			-c "CHECKPOINT" -c "CREATE TABLE ${side}_new AS SELECT * FROM ${side}_base LIMIT 0"
		sql -c "\\copy ${side}_new FROM PROGRAM 'head -n $n $stage/rows/base'"
		before=$(sql -c "SELECT pg_current_wal_insert_lsn()")
		printf '| %s | %.1f |' "$side" "$(cpu build "INSERT INTO ${side}_base SELECT * FROM ${side}_new" |
			awk -v n="$n" '{print $1 * 1000 / n}')"
		after=$(sql -c "SELECT pg_current_wal_insert_lsn()")
		sql -c "SELECT pg_switch_wal()" >/dev/null
		as_server "$BIN/pg_waldump" --stats=rmgr -p "$stage/data/pg_wal" -s "$before" -e "$after" 2>/dev/null |
			awk -v n="$n" '{gsub(/\([^)]*\)/, "")} $1 == "Generic" {printf " %.0f | %.0f |\n", $5 / n, $4 / n}'
	done
}

bench_vacuum() {
	local side

	printf '\n%s\n%s\n' '| delete of a fifth | VACUUM CPU ms | recall@10 at ef 100 of those left |' '|---|---|---|'
	for side in kg pgvector; do
		sql -c "CREATE TEMP TABLE gone AS SELECT id FROM ${side}_base WHERE id % 5 = 0" \
			-c "DELETE FROM ${side}_base WHERE id % 5 = 0"
		printf '| %s | %s |' "$side" "$(cpu build "VACUUM (INDEX_CLEANUP on, PARALLEL 0) ${side}_base")"
		sql <<-SQL | awk '{printf " %s |\n", $1}'
			$(set_ef "$side" 100)
			SELECT round(avg((SELECT count(*) FROM unnest(n.nearest) x
			                  WHERE x % 5 <> 0 AND x IN (SELECT id FROM ${side}_base ORDER BY e $(operator "$side") q.e LIMIT 10))::numeric /
			                 (SELECT count(*) FROM unnest(n.nearest) x WHERE x % 5 <> 0)), 4)
			FROM ${side}_query q JOIN neighbors n USING (id)
			WHERE EXISTS (SELECT FROM unnest(n.nearest) x WHERE x % 5 <> 0)
		SQL
	done
}

start
load
bench_build
bench_search
bench_insert
bench_vacuum
