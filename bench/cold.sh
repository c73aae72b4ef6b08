#!/bin/bash
# Searches whose pages are not in memory.
#
#	bench/cold.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does (PGVECTOR_SOURCE may be empty with
# SIDES='kg diskann').  Before each rung of a ladder the server is started anew, with shared
# buffers of a tenth of the index, or of BUFFERS blocks, and asked WARM (200) queries; then ASKED
# (200) others, and before each of these the files of index and table are taken out of the system's
# cache (posix_fadvise).  EF_KG, EF_DISKANN and EF_PGVECTOR are the ladders (below 1: of
# kg.target_recall).  The sides take turns, TURNS (1) times.  IO_CONCURRENCY (1) is
# effective_io_concurrency.
#
# As root, if perf is there, it also says how many reads were in flight on average
# while there was one (bench/in_flight.py).
#
# With CLIENTS (1 2 4 8) it says how many queries a second so many clients have
# answered, at the efforts AT_KG, AT_DISKANN and AT_PGVECTOR, of CLIENT_QUERIES (all): then the files
# are taken out of the system's cache ten times a second.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/cold.sh PGVECTOR_SOURCE METRIC STEM"
ASKED=${ASKED:-200}
WARM=${WARM:-200}
EF_KG=${EF_KG:-16 26 40 64 100}
EF_DISKANN=${EF_DISKANN:-$EF_KG}
EF_PGVECTOR=${EF_PGVECTOR:-16 32 60 100 140}
TURNS=${TURNS:-1}

# start_cold SIDE EFFORT: sets evicted
start_cold() {
	local buffers=${BUFFERS:-}

	[ -n "$buffers" ] || buffers=$(sql -c "SELECT greatest(pg_relation_size('${1}_index') / 81920, 16)")
	evicted=()
	while read -r file; do
		evicted+=(-e "$file")
	done < <(sql -c "SELECT pg_relation_filepath(c.oid) FROM pg_class c WHERE c.relname IN ('${1}_index', '${1}_base', '${1}_base_pkey')
		OR c.oid = (SELECT reltoastrelid FROM pg_class WHERE relname = '${1}_base')" |
		while read -r path; do ls "$stage/data/$path" "$stage/data/$path".* 2>/dev/null || true; done)
	sync
	stop_server
	start_server shared_buffers="$buffers" effective_io_concurrency="${IO_CONCURRENCY:-1}"
	ROUNDS=1 run_search "$1" "SET $(effort "$1" "$2")" -o "$ASKED" -c "$WARM" >/dev/null
}

# blocks_read SIDE: of the index, and of the table
blocks_read() {
	sql -F ' ' -c "SELECT (SELECT idx_blks_read FROM pg_statio_user_indexes WHERE indexrelname = '${1}_index'),
		heap_blks_read + coalesce(toast_blks_read, 0) FROM pg_statio_user_tables WHERE relname = '${1}_base'"
}

# watched COMMAND...: under perf, if there is one
watched() {
	if is_root && command -v perf >/dev/null; then
		perf record -q -m 8M -a -o "$stage/perf.data" -e block:block_rq_issue -e block:block_rq_complete -- "$@"
	else
		"$@"
	fi
}

# rung SIDE EFFORT
rung() {
	local side=$1 index heap index_before heap_before recall p50 p99 disk pid flying=-

	start_cold "$@"
	read -r index_before heap_before < <(blocks_read "$side")
	read -r _ recall _ _ p50 p99 disk pid <<<"$(watched "$stage/client" -l -s "SET $(effort "$@")" -n "$NEIGHBORS" -k "$LIMIT" -c "$ASKED" \
		"${evicted[@]}" "$(search "$side")" "$QUERY")"
	read -r index heap < <(blocks_read "$side")
	if [ -f "$stage/perf.data" ]; then
		flying=$("$BENCH/in_flight.py" "$stage/perf.data" "$pid")
		rm "$stage/perf.data"
	fi
	awk -v n="$ASKED" -v side="$side" -v ef="$2" -v recall="$recall" -v index_blocks=$((index - index_before)) -v heap=$((heap - heap_before)) \
		-v p50="$p50" -v p99="$p99" -v disk="$disk" -v flying="$flying" \
		'BEGIN {printf "| %s | %s | %s | %.1f | %.1f | %s | %s | %.2f | %.2f |\n", side, ef, recall, index_blocks / n, heap / n, disk, flying, p50 / 1e3, p99 / 1e3}'
}

# queries_a_second SIDE EFFORT CLIENTS: each asks its part of the queries
queries_a_second() {
	local side=$1 clients=$3 part=$((${CLIENT_QUERIES:-$QUERIES} / $3)) start emptier asking=()

	start_cold "$side" "$2"
	"$BENCH/evict.py" 0.1 "${evicted[@]}" &
	emptier=$!
	start=$(date +%s%N)
	for ((i = 0; i < clients; i++)); do
		"$stage/client" -s "SET $(effort "$side" "$2")" -o $((i * part)) -c "$part" "$(search "$side")" "$QUERY" >/dev/null &
		asking+=($!)
	done
	wait "${asking[@]}"
	awk -v n=$((clients * part)) -v ns=$(($(date +%s%N) - start)) 'BEGIN {printf "%.0f\n", n / ns * 1e9}'
	kill "$emptier"
	wait "$emptier" 2>/dev/null || true
}

begin "$1"
use_data "$2" "$3"
for side in $SIDES; do
	ensure_index "$side"
done
lines "" "| | effort | recall@$LIMIT | index blocks read | table blocks read | blocks asked of the disk | in flight | p50 ms | p99 ms |" \
	"|---|---|---|---|---|---|---|---|---|"
most=0
for side in $SIDES; do
	declare -n ladder=EF_${side^^}
	read -ra rungs <<<"$ladder"
	most=$((${#rungs[@]} > most ? ${#rungs[@]} : most))
done
for ((turn = 0; turn < TURNS; turn++)); do
	for ((i = 0; i < most; i++)); do
		for side in $SIDES; do
			declare -n ladder=EF_${side^^}
			read -ra rungs <<<"$ladder"
			[ -z "${rungs[i]:-}" ] || rung "$side" "${rungs[i]}"
		done
	done
done
[ -n "${CLIENTS:-}" ] || exit 0
lines "" "| clients | | queries a second |" "|---|---|---|"
for ((turn = 0; turn < TURNS; turn++)); do
	for clients in $CLIENTS; do
		for side in $SIDES; do
			declare -n at=AT_${side^^}
			lines "| $clients | $side | $(queries_a_second "$side" "$at" "$clients") |"
		done
	done
done
