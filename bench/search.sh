#!/bin/bash
# Searches: recall, pages, CPU time and time at the client over ef_search, and
# how many times as much pgvector takes at the same recall.
#
#	bench/search.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  EF_KG,
# EF_PGVECTOR are the ladders, ROUNDS (5) how often each rung is run.  The
# sides take turns.  One client (bench/client.c) sends prepared queries with
# the vector as a parameter.  "CPU us" is the backend's, less that of a
# prepared fetch of as many rows by primary key; "QPS" is the whole query's, from
# sending it to having the rows.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/search.sh PGVECTOR_SOURCE METRIC STEM"
EF_KG=${EF_KG:-16 24 32 40 52 64 80 100 130 170 220 300}
EF_PGVECTOR=${EF_PGVECTOR:-16 24 40 60 80 100 140 180 240}

begin "$1"
use_data "$2" "$3"
for side in $SIDES; do
	ensure_index "$side"
	sql -v vector="'[$(seq -s, "$DIMS")]'" <<-SQL | grep -q "${side}_index" ||
		PREPARE q AS $(search "$side" | sed "s/\$2/\$1::$(schema "$side").vector/");
		EXPLAIN EXECUTE q(:vector)
	SQL
		die "the planner does not take ${side}_index"
	# into the buffers
	"$stage/client" -s "SET $(ef "$side") = 100" "$(search "$side")" "$QUERY" >/dev/null
done

read -r _ _ fetch_cpu fetch_wall < <("$stage/client" -r 20 "$FETCH" "$QUERY")
lines "$LIMIT rows by primary key: $fetch_cpu us of CPU, $fetch_wall us at the client" "" \
	"| | ef | recall@$LIMIT | pages | CPU us | QPS |" "|---|---|---|---|---|---|"
read -ra kg_ladder <<<"$EF_KG"
read -ra pgvector_ladder <<<"$EF_PGVECTOR"
rungs=$((${#kg_ladder[@]} > ${#pgvector_ladder[@]} ? ${#kg_ladder[@]} : ${#pgvector_ladder[@]}))
for ((i = 0; i < rungs; i++)); do
	for side in $SIDES; do
		declare -n ladder=${side}_ladder
		[ -n "${ladder[i]:-}" ] || continue
		run_search "$side" "SET $(ef "$side") = ${ladder[i]}" |
			awk -v side="$side" -v ef="${ladder[i]}" -v fetch="$fetch_cpu" \
				'{printf "| %s | %s | %s | %s | %.1f | %.0f |\n", side, ef, $1, $2, $3 - fetch, 1e6 / $4}'
	done
done | tee "$stage/ladder"
lines "" "| recall@$LIMIT | | kg | pgvector | ratio |" "|---|---|---|---|---|"
"$BENCH/ratio.py" .95 .99 <"$stage/ladder"
