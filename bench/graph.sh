#!/bin/bash
# Traversals, paths and algorithms on a graph of 2^20 entities and 10,000,000
# relations, beside SQL and pgRouting, in one private cluster, in turns:
#
#	bench/graph.sh [PART...]
#
# PARTS: visible half ends fresh csr lookups algorithms pgrouting; all if none is
# named.  FOUR=n measures four hops from n of the 20 starts only, which take SQL
# minutes.  KEEP=DIRECTORY keeps the cluster there and takes what it finds.
#
# The graph is R-MAT (bench/rmat.c), its rows in random order; WordNet's, for
# long paths, comes from Debian.  Everything is in shared buffers.  Times are
# CPU time of the backend, from /proc, if nothing else is said: the machine may
# be shared.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

SCALE=${SCALE:-20}
EDGES=${EDGES:-10000000}
FOUR=${FOUR:-20}
SHARED_BUFFERS=${SHARED_BUFFERS:-4GB}
PARTS=" ${*:-visible half ends fresh csr lookups algorithms pgrouting} "

wants() {
	[[ $PARTS == *" $1 "* ]]
}

stage=
finish() {
	[ -n "$stage" ] || return 0
	as_server "$BIN/pg_ctl" -D "$stage/data" -m fast stop >/dev/null 2>&1 || true
	rm -rf "$stage/server"
	[ -n "${KEEP:-}" ] || rm -rf "$stage"
}

sql() {
	psql -XqAt -v ON_ERROR_STOP=1 "$@"
}

start() {
	find_server
	need_packages python3 wordnet-base python3-sklearn
	make_server_user
	stage=${KEEP:-$(mktemp -d "${TMPDIR:-/var/tmp}/kg-bench.XXXXXX")}
	mkdir -p "$stage"
	stage=$(cd "$stage" && pwd)
	chmod 755 "$stage"
	private_server "$stage/server"
	trap finish EXIT
	trap 'exit 130' INT TERM
	cc -O2 -o "$stage/rmat" "$ROOT/bench/rmat.c"
	cc -O2 -o "$stage/csr" "$ROOT/bench/csr.c"
	if [ ! -d "$stage/data" ]; then
		mkdir "$stage/data"
		give_to_server "$stage"
		as_server "$BIN/initdb" -D "$stage/data" -A trust -U postgres >/dev/null
		cat >>"$stage/data/postgresql.conf" <<-CONF
			listen_addresses = ''
			unix_socket_directories = '$stage'
			shared_buffers = $SHARED_BUFFERS
			maintenance_work_mem = '1GB'
			max_wal_size = '20GB'
			checkpoint_timeout = '1d'
			autovacuum = off
			jit = off
			max_parallel_workers_per_gather = 0
			max_parallel_maintenance_workers = 0
		CONF
	fi
	give_to_server "$stage"
	cd "$stage" || exit
	as_server "$BIN/pg_ctl" -D "$stage/data" -l "$stage/log" -w start >/dev/null
	export PGHOST=$stage PGUSER=postgres PGDATABASE=postgres
	if [ "$(sql -c "SELECT to_regclass('wordnet_pairs') IS NULL")" = t ]; then
		load
		load_wordnet
	fi
	# what a fresh cluster has to read first
	sql -c "CREATE EXTENSION IF NOT EXISTS pg_prewarm" >/dev/null
	sql -c "SELECT count(pg_prewarm(oid)) FROM pg_class
		WHERE relnamespace IN ('bench'::regnamespace, 'wordnet'::regnamespace) AND relkind IN ('r', 'i')" >/dev/null
}

load() {
	[ -f "$stage/edges" ] || "$stage/rmat" "$SCALE" "$EDGES" >"$stage/edges"
	sql <<-SQL
		CREATE EXTENSION kg;
		SELECT kg.create_graph('bench') \g /dev/null
		INSERT INTO bench.entity_type (name) VALUES ('node');
		INSERT INTO bench.relation_type (name) VALUES ('edge');
		-- indexes and checks after the load
		SET session_replication_role = replica;
		SELECT string_agg(pg_get_indexdef(indexrelid), ';') AS indexes FROM pg_index
		WHERE indrelid = 'bench.relation'::regclass AND NOT indisprimary \gset
		DROP INDEX bench.relation_source_idx, bench.relation_target_idx;
		INSERT INTO bench.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 1 << $SCALE) i;
		CREATE TEMP TABLE edge (source bigint, target bigint);
		\copy edge FROM '$stage/edges'
		INSERT INTO bench.relation (source, target, type) SELECT source, target, 1 FROM edge;
		:indexes;
		VACUUM (FREEZE, ANALYZE) bench.entity, bench.relation;
		CREATE TABLE starts AS SELECT source AS start FROM (SELECT DISTINCT source FROM edge) s
			ORDER BY hashint8extended(source, 7) LIMIT 20;
		CREATE TABLE pairs AS
			SELECT s.source, t.target FROM
			(SELECT source, row_number() OVER (ORDER BY hashint8extended(source, 8)) AS n FROM (SELECT DISTINCT source FROM edge) s) s
			JOIN (SELECT target, row_number() OVER (ORDER BY hashint8extended(target, 9)) AS n FROM (SELECT DISTINCT target FROM edge) t) t USING (n)
			WHERE n <= 20;
		CHECKPOINT;
	SQL
}

load_wordnet() {
	"$ROOT/demo/wordnet.py" --out "$stage/wordnet" --dimensions 8 >/dev/null
	sql <<-SQL
		SELECT kg.create_graph('wordnet', dimensions => 8) \g /dev/null
		SET session_replication_role = replica;
		\copy wordnet.entity_type (id, name) FROM '$stage/wordnet/entity_type.copy'
		\copy wordnet.relation_type (id, name) FROM '$stage/wordnet/relation_type.copy'
		\copy wordnet.entity (id, type, name, properties, embedding) FROM '$stage/wordnet/entity.copy' (FORMAT binary)
		\copy wordnet.relation (source, target, type, properties) FROM '$stage/wordnet/relation.copy'
		VACUUM (FREEZE, ANALYZE) wordnet.entity, wordnet.relation;
		CREATE TABLE wordnet_pairs AS SELECT a.source, b.target FROM
			(SELECT source, row_number() OVER (ORDER BY hashint8extended(source, 1)) AS n FROM (SELECT DISTINCT source FROM wordnet.relation) s) a
			JOIN (SELECT target, row_number() OVER (ORDER BY hashint8extended(target, 2)) AS n FROM (SELECT DISTINCT target FROM wordnet.relation) s) b
			USING (n) WHERE n <= 40;
	SQL
}

all_visible() {
	sql -c "VACUUM bench.relation" -c "VACUUM wordnet.relation"
}

# A delete that is taken back leaves everything as it was, but the page not
# all-visible.
half_visible() {
	local graph

	for graph in bench wordnet; do
		sql <<-SQL
			BEGIN;
			DELETE FROM $graph.relation WHERE ctid IN (
				SELECT format('(%s,1)', page)::tid
				FROM generate_series(0, pg_relation_size('$graph.relation') / 8192 - 1) page
				WHERE hashint8extended(page, 1) % 2 = 0);
			ROLLBACK;
		SQL
	done
}

# cpu STATEMENT [BACKENDS]: milliseconds of CPU in a backend of its own, for the
# first call and for the third; the least of so many backends
cpu() {
	local i

	for ((i = 0; i < ${2:-1}; i++)); do
		PGOPTIONS='-c work_mem=256MB' psql -XqAt -v ON_ERROR_STOP=1 <<-SQL
			SELECT pg_backend_pid() AS pid \gset
			\setenv PID :pid
			\! awk '{print "cpu 0", \$1}' /proc/\$PID/schedstat
			$1;
			\! awk '{print "cpu 1", \$1}' /proc/\$PID/schedstat
			$1;
			\! awk '{print "cpu 2", \$1}' /proc/\$PID/schedstat
			$1;
			\! awk '{print "cpu 3", \$1}' /proc/\$PID/schedstat
		SQL
	done | awk '
		/^cpu/ {t[$2] = $3}
		/^cpu 3/ {
			if (!n++ || t[1] - t[0] < first) first = t[1] - t[0]
			if (n == 1 || t[3] - t[2] < third) third = t[3] - t[2]
		}
		END {printf "%.2f | %.2f", first / 1e6, third / 1e6}'
}

part_hops() { # STATE
	say
	say "$1:"
	psql -Xq -v state="$1" -v four="$FOUR" -f "$ROOT/bench/graph.sql"
}

part_fresh() {
	local hops start array

	start=$(sql -c "SELECT start FROM starts ORDER BY start OFFSET 10 LIMIT 1")
	array="ARRAY[$start::bigint]"
	printf '\n%s\n%s\n' '| from one start | first call in a backend, CPU ms | third |' '|---|---|---|'
	printf "| LOAD 'kg' | %s |\n" "$(cpu "LOAD 'kg'" 15)"
	printf '| an entity by its id, SQL | %s |\n' "$(cpu "SELECT name FROM bench.entity WHERE id = $start" 15)"
	for hops in 1 2 3 4; do
		printf '| %s hops, kg.traverse | %s |\n' "$hops" "$(cpu "SELECT count(*) FROM kg.traverse($array, $hops, graph => 'bench')" 15)"
		printf '| %s hops, kg.neighborhood | %s |\n' "$hops" "$(cpu "SELECT cardinality(kg.neighborhood($array, $hops, graph => 'bench'))" 15)"
	done
	printf '| 2 hops, SQL | %s |\n' "$(cpu "WITH RECURSIVE t(entity, depth) AS (SELECT $start::bigint, 0 UNION SELECT r.target, t.depth + 1 FROM t JOIN bench.relation r ON r.source = t.entity WHERE t.depth < 2) SELECT count(DISTINCT entity) FROM t" 15)"
}

part_csr() {
	printf '\n%s\n%s\n' '| hops | edges | plain memory, ns an edge | kg, ns an edge, rows included |' '|---|---|---|---|'
	# shellcheck disable=SC2046
	"$stage/csr" "$SCALE" $(sql -c "SELECT start FROM starts") <"$stage/edges" |
		while read -r hops edges ns; do
			printf '| %s | %s | %s | %s |\n' "$hops" "$edges" "$ns" \
				"$(sql -c "SELECT round((avg(ms) * 1e6 / $edges)::numeric, 1) FROM times WHERE method = 'kg' AND what = '$hops hops' AND state = 'all pages visible'")"
		done
}

# The server takes huge pages if the machine has set enough of them aside.
huge_pages() {
	grep -q 'KernelPageSize: *2048 kB' "/proc/$(head -n 1 "$stage/data/postmaster.pid")/smaps" && echo yes || echo no
}

# CPU of the server's processes that have ended, in 1/100 s
ended() {
	sleep 0.2
	awk '{print $16 + $17}' "/proc/$(head -n 1 "$stage/data/postmaster.pid")/stat"
}

# latency NAME CALLS < SCRIPT: by pgbench, one client, prepared statements
latency() {
	local before average

	cat >"$stage/script"
	before=$(ended)
	average=$(PGOPTIONS='-c work_mem=256MB' "$BIN/pgbench" -n -M prepared -t "$2" -f "$stage/script" 2>/dev/null | sed -n 's/^latency average = \([0-9.]*\) ms/\1/p')
	printf '| %s | %s | %s |\n' "$1" "$(($(ended) - before))" "$average" |
		awk -F '|' -v n="$2" '{printf "|%s| %.3f |%s|\n", $2, $3 * 10 / n, $4}'
}

part_lookups() {
	local median

	median=$(sql -c "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM (SELECT count(*) AS n FROM bench.relation GROUP BY source) d")
	sql -c "DROP TABLE IF EXISTS median" -c "CREATE TABLE median AS SELECT row_number() OVER (ORDER BY hashint8extended(source, 3)) AS n, source
		FROM (SELECT source FROM bench.relation GROUP BY source HAVING count(*) = $median) s LIMIT 1000"
	sql -c "CREATE UNIQUE INDEX ON median (n)"
	printf '\n%s\n%s\n' "| 2^$SCALE entities, $EDGES relations | CPU ms | elapsed ms |" '|---|---|---|'
	latency 'entity by id' 20000 <<-'SQL'
		\set id random(1, 1000000)
		SELECT id, type, name, properties FROM bench.entity WHERE id = :id;
	SQL
	latency 'entity by name' 20000 <<-'SQL'
		\set id random(1, 1000000)
		SELECT id, type, properties FROM bench.entity WHERE name = 'n' || :id;
	SQL
	latency 'create an entity (one commit)' 2000 <<-'SQL'
		INSERT INTO bench.entity (type, name) VALUES (1, 'new');
	SQL
	latency "3 hops from a node of median degree ($median), all its rows counted" 300 <<-'SQL'
		\set n random(1, 1000)
		SELECT count(*) FROM kg.traverse(ARRAY[(SELECT source FROM median WHERE n = :n)], 3, graph => 'bench');
	SQL
	latency "3 hops from a node of median degree ($median), as an array" 300 <<-'SQL'
		\set n random(1, 1000)
		SELECT cardinality(kg.neighborhood(ARRAY[(SELECT source FROM median WHERE n = :n)], 3, graph => 'bench'));
	SQL
	latency "3 hops from a node of median degree ($median), nearest 1000" 2000 <<-'SQL'
		\set n random(1, 1000)
		SELECT count(*) FROM kg.traverse(ARRAY[(SELECT source FROM median WHERE n = :n)], 3, max_nodes => 1000, graph => 'bench');
	SQL
	sql -c "DELETE FROM bench.entity WHERE name = 'new'"
}

part_pgrouting() {
	if ! sql -c "CREATE EXTENSION IF NOT EXISTS pgrouting CASCADE" 2>/dev/null; then
		say "pgRouting is not installed"
		return
	fi
	printf '\n%s\n%s\n' '| weak components | first call, CPU ms | third |' '|---|---|---|'
	printf '| kg | %s |\n' "$(cpu "SET maintenance_work_mem = '2GB'; SELECT count(DISTINCT component) FROM kg.connected_components(graph => 'bench')")"
	printf '| pgRouting | %s |\n' "$(cpu "SELECT count(DISTINCT component) FROM pgr_connectedComponents('SELECT id, source, target, 1::float8 AS cost, 1::float8 AS reverse_cost FROM bench.relation')")"
}

start
say "$(sql -c "SELECT 'PostgreSQL ' || current_setting('server_version')"), $(sql -c "SELECT (SELECT count(*) FROM bench.entity) || ' entities, ' || (SELECT count(*) FROM bench.relation) || ' relations'"), huge pages: $(huge_pages)"
if wants visible; then
	all_visible
	part_hops "all pages visible"
fi
if wants half; then
	half_visible
	part_hops "a random half of the pages not all-visible"
	all_visible
fi
! wants ends || psql -Xq -v starts=20 -v four="$FOUR" -f "$ROOT/bench/ends.sql"
! wants fresh || part_fresh
! wants csr || part_csr
! wants lookups || part_lookups
! wants algorithms || psql -Xq -f "$ROOT/bench/algorithms.sql"
! wants pgrouting || part_pgrouting
