#!/bin/bash
# Searches whose pages are not in memory.
#
#	bench/cold.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  The server has
# shared buffers of a tenth of the index, and before each query the files of
# index and table are taken out of the system's cache (posix_fadvise).  ASKED
# (200) is how many queries a rung asks, each rung others, as the pages of the
# same ones might still be in the buffers.  EF_KG and EF_PGVECTOR are the
# ladders.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/cold.sh PGVECTOR_SOURCE METRIC STEM"
ASKED=${ASKED:-200}
EF_KG=${EF_KG:-16 26 40 64 100}
EF_PGVECTOR=${EF_PGVECTOR:-16 32 60 100 140}

begin "$1"
use_data "$2" "$3"
for side in $SIDES; do
	ensure_index "$side"
done
lines "" "| | ef | recall@10 | index blocks read | of accessed | ms at the client |" "|---|---|---|---|---|---|"
for side in $SIDES; do
	read -ra ladder <<<"$([ "$side" = kg ] && echo "$EF_KG" || echo "$EF_PGVECTOR")"
	tenth=$(sql -c "SELECT greatest(pg_relation_size('${side}_index') / 81920, 16)")
	evicted=()
	while read -r file; do
		evicted+=(-e "$file")
	done < <(sql -c "SELECT pg_relation_filepath(c.oid) FROM pg_class c WHERE c.relname IN ('${side}_index', '${side}_base')
		OR c.oid = (SELECT reltoastrelid FROM pg_class WHERE relname = '${side}_base')" |
		while read -r path; do ls "$stage/data/$path" "$stage/data/$path".* 2>/dev/null || true; done)
	stop_server
	start_server shared_buffers="${tenth}"
	for ((i = 0; i < ${#ladder[@]}; i++)); do
		ef=${ladder[i]}
		before=$(sql -c "SELECT idx_blks_read FROM pg_statio_user_indexes WHERE indexrelname = '${side}_index'")
		read -r recall pages _ wall < <(ROUNDS=1 run_search "$side" "SET $(ef "$side") = $ef" -o $((i * ASKED)) -c "$ASKED" "${evicted[@]}")
		after=$(sql -c "SELECT idx_blks_read FROM pg_statio_user_indexes WHERE indexrelname = '${side}_index'")
		awk -v n="$ASKED" -v side="$side" -v ef="$ef" -v recall="$recall" -v pages="$pages" -v wall="$wall" -v reads=$((after - before)) \
			'BEGIN {printf "| %s | %s | %s | %.1f | %s | %.2f |\n", side, ef, recall, reads / n, pages, wall / 1e3}'
	done
done
