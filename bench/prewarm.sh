#!/bin/bash
# Blocks that queries read after a restart, by what was loaded before.
#
#	bench/prewarm.sh METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  The server has
# shared buffers of QUARTERS (1) quarters of the index and is started anew for each way: nothing
# loaded; the first half of the buffers' pages of the index, by pg_prewarm; as many by kg.prewarm.
# Counts are of the index's blocks and each of the hundreds of queries asked in turn.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 2 ] || die "usage: bench/prewarm.sh METRIC STEM"
export SIDES=kg
QUARTERS=${QUARTERS:-1}

begin ""
use_data "$1" "$2"
ensure_index kg
sql -c 'CREATE EXTENSION IF NOT EXISTS pg_prewarm'
buffers=$(sql -c "SELECT greatest(pg_relation_size('kg_index') / 8192 * $QUARTERS / 4, 16)")

read_blocks() {
	sql -c "SELECT idx_blks_read FROM pg_statio_user_indexes WHERE indexrelname = 'kg_index'"
}

lines "" "| loaded | pages | index blocks read by a query: 1st hundred | 2nd | 3rd | 4th |" "|---|---|---|---|---|---|"
for way in "nothing|0" \
	"pg_prewarm|pg_prewarm('kg_index', 'buffer', 'main', 0, $buffers / 2)" \
	"kg.prewarm|kg.prewarm('kg_index', $buffers / 2)"; do
	stop_server
	start_server shared_buffers="$buffers"
	loaded=$(sql -c "SELECT ${way#*|}")
	row="| ${way%|*} | $loaded |"
	for hundred in 0 1 2 3; do
		before=$(read_blocks)
		ROUNDS=1 run_search kg "SET kg.target_recall = 0.95" -o $((hundred * 100)) -c 100 >/dev/null
		row+=$(awk -v n=$(($(read_blocks) - before)) 'BEGIN {printf " %.1f |", n / 100}')
	done
	echo "$row"
done
