#!/bin/bash
# Vectors stored as vector, halfvec and int8vec: bytes a row of the table and of
# kg_hnsw's index, recall of the exact answer over the stored vectors and of the
# index with nothing set, CPU of both.  Recall is against the exact neighbours of
# the vectors as they were before they were stored.
#
#	bench/stored.sh METRIC STEM...
#
# bench/lib.sh tells what the arguments are and what KEEP does.  SCANS (5) is how
# many queries are answered by sequential scans, for their CPU time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 2 ] || die "usage: bench/stored.sh METRIC STEM..."
SIDES=kg
begin ""

# stored_as TYPE: the table of the type, with its index
stored_as() {
	local type=$1

	[ -z "$(sql -c "SELECT to_regclass('stored_$type')")" ] || return 0
	sql <<-SQL
		BEGIN;
		CREATE TABLE stored_$type (id int PRIMARY KEY, e kg.$type($DIMS));
		INSERT INTO stored_$type SELECT id, e FROM kg_base;
		COMMIT;
		VACUUM (FREEZE, ANALYZE) stored_$type;
		CREATE INDEX stored_${type}_index ON stored_$type USING kg_hnsw (e kg.${OPCLASS/vector/$type});
	SQL
}

# exact_recall TYPE: of the exact answer over what is stored
exact_recall() {
	sql <<-SQL
		SELECT round(avg((row_key::int = ANY (t.nearest[1:$LIMIT]))::int), 4)
		FROM kg.knn_exact_join('stored_$1', 'e', 'kg_query', 'e', $LIMIT, '$METRIC', 'id', 'id') n
		JOIN neighbors t ON t.id = n.query::int
	SQL
}

# nearest TYPE: the query, as client.c sends it
nearest() {
	echo "SELECT id FROM stored_$1 ORDER BY e OPERATOR(kg.$OPERATOR) (SELECT \$2::kg.vector::kg.$1) LIMIT $LIMIT"
}

# client_cpu QUERY OPTION...: recall, us of CPU a query
client_cpu() {
	local query=$1

	shift
	"$stage/client" -n "$NEIGHBORS" -k "$LIMIT" "$@" "$query" "$QUERY" | cut -d' ' -f2,3
}

measure() {
	local type=$1 bytes index_bytes recall cpu scan_cpu

	stored_as "$type"
	bytes=$(sql -c "SELECT pg_table_size('stored_$type') / count(*) FROM stored_$type")
	index_bytes=$(sql -c "SELECT pg_relation_size('stored_${type}_index') / count(*) FROM stored_$type")
	client_cpu "$(nearest "$type")" >/dev/null
	read -r recall cpu < <(client_cpu "$(nearest "$type")" -r "${ROUNDS:-5}")
	read -r _ scan_cpu < <(client_cpu "$(nearest "$type")" -s "SET enable_indexscan = off" -c "${SCANS:-5}")
	lines "| $type | $bytes | $index_bytes | $(exact_recall "$type") | $recall | $cpu | $(awk "BEGIN {printf \"%.1f\", $scan_cpu / 1000}") |"
}

metric=$1
shift
for stem in "$@"; do
	use_data "$metric" "$stem"
	[ -n "$(sql -c "SELECT to_regclass('neighbors')")" ] || load_truth
	lines "" "| | bytes a row | of the index | recall@$LIMIT, exact | by index | its CPU us | ms of a sequential scan |" \
		"|---|---|---|---|---|---|---|"
	for type in vector halfvec int8vec; do
		measure "$type"
	done
done
