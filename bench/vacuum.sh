#!/bin/bash
# A fifth of the rows is deleted, vacuumed and inserted again.
#
#	bench/vacuum.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  A round takes
# another fifth each time.  CYCLES_KG (5) and CYCLES_PGVECTOR (1) are how many
# rounds each side goes through.  Recall is that of EF (40), of the rows that
# are there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/vacuum.sh PGVECTOR_SOURCE METRIC STEM"
EF=${EF:-40}
CYCLES_KG=${CYCLES_KG:-5}
CYCLES_PGVECTOR=${CYCLES_PGVECTOR:-1}

# cycle SIDE ROUND
cycle() {
	local side=$1 round=$2 cpu left

	sql -c "CREATE TABLE gone AS SELECT * FROM ${side}_base WHERE id % 5 = $round" \
		-c "DELETE FROM ${side}_base WHERE id % 5 = $round"
	read -r cpu _ < <(cost "VACUUM (INDEX_CLEANUP on, PARALLEL 0) ${side}_base")
	left=$(true_recall "$side" "$EF")
	sql -c "INSERT INTO ${side}_base SELECT * FROM gone" -c "DROP TABLE gone"
	printf '| %s | %s | %s | %s | %s | %.3f |\n' "$side" "$((round + 1))" "$cpu" "$left" "$(true_recall "$side" "$EF")" \
		"$(sql -c "SELECT pg_relation_size('${side}_index') / $size::float8")"
}

begin "$1"
use_data "$2" "$3"
for side in $SIDES; do
	ensure_index "$side"
done
begin_scratch
load_truth
lines "" "| | round | VACUUM CPU s | recall@10 after it | after refill | index size |" "|---|---|---|---|---|---|"
for side in $SIDES; do
	size=$(sql -c "SELECT pg_relation_size('${side}_index')")
	say "| $side | before | | | $(true_recall "$side" "$EF") | 1 |"
	cycles=$([ "$side" = kg ] && echo "$CYCLES_KG" || echo "$CYCLES_PGVECTOR")
	for ((round = 0; round < cycles; round++)); do
		cycle "$side" "$round"
	done
done
end_scratch
