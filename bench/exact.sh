#!/bin/bash
# Exact search: kg.knn_exact_join, of all queries at once, beside a sequential
# scan for each query.  Are the answers the same?
#
#	bench/exact.sh METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  QUERIES_RUN
# takes only the first queries; ROWS_USED only the first rows.  WORK_MEM (4MB)
# is for both.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 2 ] || die "usage: bench/exact.sh METRIC STEM"
SIDES=kg
begin ""
use_data "$1" "$2" ${ROWS_USED:+"$ROWS_USED"}
run=${QUERIES_RUN:-$QUERIES}
sql <<-SQL
	DROP TABLE IF EXISTS kg_query, by_scans, by_auto, by_none;
	CREATE TABLE kg_query (id int, e kg.vector($DIMS));
	\copy kg_query FROM PROGRAM '$BENCH/fvecs.py vectors $QUERY 0 $run 0' (FORMAT binary)
	VACUUM ANALYZE kg_query;
	-- into the buffers
	SELECT count(e) FROM kg_base WHERE false;
	SELECT sum(kg.vector_dims(e)) FROM kg_base;
SQL

# exact TABLE BLAS_LIBRARY: its CPU seconds, clock seconds and peak MB
exact() {
	cost "SET work_mem = '${WORK_MEM:-4MB}'" "SET kg.blas_library = '$2'" \
		"CREATE TABLE $1 AS SELECT query::int, rank, row_key::int AS id, distance
		FROM kg.knn_exact_join('kg_base', 'e', 'kg_query', 'e', 10, '$METRIC', 'id', 'id')"
}

# differ TABLE: distances that are not those of the scans, and rows, but for
# those as far as the tenth, of which there may be several
differ() {
	sql <<-SQL
		WITH s AS (SELECT *, max(distance) OVER (PARTITION BY query) AS tenth FROM by_scans),
			p AS (SELECT *, max(distance) OVER (PARTITION BY query) AS tenth FROM $1)
		SELECT (SELECT count(*) FROM by_scans s FULL JOIN $1 p USING (query, rank) WHERE s.distance IS DISTINCT FROM p.distance) +
			(SELECT count(*) FROM (SELECT query, id FROM s WHERE distance < tenth EXCEPT SELECT query, id FROM p) d) +
			(SELECT count(*) FROM (SELECT query, id FROM p WHERE distance < tenth EXCEPT SELECT query, id FROM s) d)
	SQL
}

scans=$(cost "SET work_mem = '${WORK_MEM:-4MB}'" "SET enable_indexscan = off" \
	"CREATE TABLE by_scans AS
	SELECT q.id AS query, row_number() OVER (PARTITION BY q.id ORDER BY n.distance) AS rank, n.*
	FROM kg_query q, LATERAL (SELECT b.id, b.e OPERATOR(kg.$OPERATOR) q.e AS distance FROM kg_base b
		ORDER BY b.e OPERATOR(kg.$OPERATOR) q.e LIMIT 10) n")
read -r scans_cpu scans_wall _ <<<"$scans"
lines "" "| $run queries | CPU s | clock s | peak MB | faster (CPU) | differences |" "|---|---|---|---|---|---|" \
	"| sequential scans | $scans_cpu | $scans_wall | | | |"
for library in auto none; do
	table=by_$library
	read -r cpu wall peak < <(exact "$table" "$library")
	lines "| kg.knn_exact_join, kg.blas_library = $library | $cpu | $wall | $peak | $(awk "BEGIN {printf \"%.1f\", $scans_cpu / $cpu}") | $(differ "$table") |"
done
