#!/bin/bash
# Single-row INSERTs with fastupdate: rows a second, CPU, WAL, and what searches
# take while rows are pending.
#
#	bench/ingest.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  The first HELD
# (80,000) vectors of STEM are in the index.  One client inserts TURN (2,500) more,
# which is eleven times what the list takes at its default limit,
# by prepared statements with synchronous_commit = off, after a checkpoint with
# full-page images and again without, and so does each of
#
#	graph		kg_hnsw with fastupdate = off
#	merged		fastupdate = on; the inserts merge, at the default limit
#	appended	fastupdate = on without a limit; then kg.flush_pending merges all
#	pgvector
#
# WAL is that of generic records, by "pg_waldump --stats=rmgr".  Searches are those
# of STEM's queries at the default target, with an empty list and with one that is
# full but for a page, in turns.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/ingest.sh PGVECTOR_SOURCE METRIC STEM"
HELD=${HELD:-80000}
TURN=${TURN:-2500}
LIMIT_KB=${LIMIT_KB:-128}
SEARCH_TURNS=${SEARCH_TURNS:-3}
NO_LIMIT=2000000

# wal FROM TO: bytes of generic records, those of full-page images included
wal() {
	generic_wal "$1" "$2" | awk '{print $1 + $2}'
}

# insert SIDE OFFSET COUNT: CPU us and us at the client, a row
insert() {
	"$stage/client" -o "$2" -i "$2" -c "$3" "INSERT INTO ${1}_base VALUES (\$1, \$2)" "$base" | cut -d' ' -f3,4
}

# flush: merges all; seconds
flush() {
	sql -c '\timing on' -c "SELECT kg.flush_pending('kg_index')" | awk '/Time/ {print $2 / 1000}'
}

# turn KIND FULL_PAGE_WRITES: one line
turn() {
	local kind=$1 side=kg before after cpu wall merge=0

	case $kind in
		graph) sql -c "ALTER INDEX kg_index SET (fastupdate = off)" ;;
		merged) sql -c "ALTER INDEX kg_index SET (fastupdate = on, pending_list_limit = $LIMIT_KB)" ;;
		appended) sql -c "ALTER INDEX kg_index SET (fastupdate = on, pending_list_limit = $NO_LIMIT)" ;;
		pgvector) side=pgvector ;;
	esac
	sql -c CHECKPOINT
	before=$(sql -c "SELECT pg_current_wal_insert_lsn()")
	read -r cpu wall < <(insert "$side" "${next[$side]}" "$TURN")
	next[$side]=$((${next[$side]} + TURN))
	[ "$side" = pgvector ] || merge=$(flush)
	after=$(sql -c "SELECT pg_current_wal_insert_lsn()")
	sql -c "SELECT pg_switch_wal()" >/dev/null
	awk -v kind="$kind" -v full="$2" -v cpu="$cpu" -v wall="$wall" -v merge="$merge" -v bytes="$(wal "$before" "$after")" -v n="$TURN" \
		'BEGIN {printf "| %s | %s | %.1f | %.0f | %.0f | %.0f |\n", kind, full, cpu, 1e6 / wall, n / (n * wall / 1e6 + merge), bytes / n}'
}

# search_time: CPU us and us at the client, a query
search_time() {
	"$stage/client" -r 3 "$(search kg)" "$QUERY" | cut -d' ' -f3,4
}

begin "$1"
base=$3.base.fvecs
use_data "$2" "$3" "$HELD"
for side in $SIDES; do
	ensure_index "$side"
done
begin_scratch
declare -A next=([kg]=$HELD [pgvector]=$HELD)
lines "" "pending_list_limit $LIMIT_KB kB" "" "| | full_page_writes | CPU us a row | rows/s of INSERT | rows/s with the last merge | generic WAL bytes a row |" "|---|---|---|---|---|---|"
for full in on off; do
	sql -c "ALTER SYSTEM SET full_page_writes = $full" -c "SELECT pg_reload_conf()" >/dev/null
	for kind in graph merged appended $([[ $SIDES != *pgvector* ]] || echo pgvector); do
		turn "$kind" "$full"
	done
done
sql -c "ALTER SYSTEM RESET full_page_writes" -c "SELECT pg_reload_conf()" >/dev/null

# a list that is full but for a page, of rows that are deleted afterwards
per_page=$(sql -c "SELECT 8152 / (24 + 4 * $DIMS)")
fill=$(((LIMIT_KB / 8 - 1) * per_page))
lines "" "| pending rows | search: CPU us | us at the client |" "|---|---|---|"
sql -c "ALTER INDEX kg_index SET (fastupdate = on, pending_list_limit = $LIMIT_KB)"
for ((i = 0; i < SEARCH_TURNS; i++)); do
	flush >/dev/null
	read -r cpu wall < <(search_time)
	echo "| 0 | $cpu | $wall |"
	"$stage/client" -o 0 -i $((1000000 + i * fill)) -c "$fill" "INSERT INTO kg_base VALUES (\$1, \$2)" "$QUERY" >/dev/null
	read -r cpu wall < <(search_time)
	echo "| $(sql -c "SELECT pending_vectors FROM kg.index_info('kg_index')") | $cpu | $wall |"
done
end_scratch
