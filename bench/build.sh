#!/bin/bash
# CREATE INDEX: CPU time, time on the clock and memory of all its processes.
#
#	bench/build.sh PGVECTOR_SOURCE METRIC STEM [ROWS]
#
# bench/lib.sh tells what the arguments are and what KEEP does: with it, the
# first line of each side is from when its index was built.  ROWS takes the
# first ones only.  TRIALS says what else is built: side, processes,
# shared_buffers and maintenance_work_mem of each.
#
# Memory is what bench/watch.py counts: anonymous memory above an idle
# backend's and own shared memory, the highest sum that was seen.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || [ $# = 4 ] || die "usage: bench/build.sh PGVECTOR_SOURCE METRIC STEM [ROWS]"
TRIALS=${TRIALS:-kg,2,6GB,4GB kg,1,128MB,4GB kg,1,128MB,64MB pgvector,1,128MB,64MB kg,2,128MB,64MB}

# line SIDE PROCESSES BUFFERS MEMORY CPU CLOCK PEAK
line() {
	printf '| %s | %s | %s | %s | %.1f | %.1f | %.0f |\n' "$@"
}

# trial SIDE PROCESSES BUFFERS MEMORY: builds an index beside what is there
trial() {
	local result

	result=$(cost "SET maintenance_work_mem = '$4'" "SET max_parallel_maintenance_workers = $(($2 - 1))" \
		"ALTER TABLE ${1}_base SET (parallel_workers = $(($2 - 1)))" \
		"$(create_index "$1" trial)")
	sql -c "DROP INDEX trial" -c "ALTER TABLE ${1}_base RESET (parallel_workers)"
	# shellcheck disable=SC2086  # three numbers
	line "$@" $result
}

begin "$1"
use_data "$2" "$3" "${4:-}"
: >"$stage/notices"
lines "" "| | processes | shared_buffers | maintenance_work_mem | CPU s | clock s | peak MB |" "|---|---|---|---|---|---|---|"
buffers=$(sql -c "SHOW shared_buffers")
for side in $SIDES; do
	ensure_index "$side"
	line "$side" 1 "$buffers" 4GB "$(sql -c "SELECT cpu FROM built WHERE side = '$side'")" \
		"$(sql -c "SELECT wall FROM built WHERE side = '$side'")" "$(sql -c "SELECT peak FROM built WHERE side = '$side'")"
done
for trial in $TRIALS; do
	IFS=, read -r side processes needed memory <<<"$trial"
	if [ "$needed" != "$buffers" ]; then
		stop_server
		start_server shared_buffers="$needed"
		buffers=$needed
	fi
	trial "$side" "$processes" "$buffers" "$memory"
done
say ""
sort "$stage/notices" | uniq
