#!/bin/bash
# How size, build and pages of a query grow with the rows: kg_hnsw and kg_diskann.
#
#	bench/scaling.sh METRIC STEM [ROWS]...
#
# bench/lib.sh tells what the arguments are and what KEEP does.  For each of ROWS (10000, 100000
# and all that STEM has) the first rows of STEM are indexed by one process with MEMORY, which
# should hold the index; the queries' exact neighbours among them are computed.
#
# Prints records that bench/scaling.py makes tables and laws of:
#
#	build SIDE ROWS DIMENSIONS CPU_SECONDS CLOCK_SECONDS PEAK_MB INDEX_BYTES TABLE_BYTES
#	search SIDE ROWS SETTING RECALL PAGES CPU_US
#
# a line of the latter for each effort of EF and each of TARGETS.  Pages are all accesses to pages of
# the index, cached or not; CPU is the backend's for the whole statement.
SIDES=${SIDES:-kg diskann}
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 2 ] || die "usage: bench/scaling.sh METRIC STEM [ROWS]..."
EF=${EF:-1 16 40 80 130 220 400}
TARGETS=${TARGETS:-.7 .8 .85 .9 .925 .95 .97 .98 .99 .995}
metric=$1 stem=$2
shift 2

# search_line SIDE SETTING VALUE
search_line() {
	local recall pages cpu

	read -r recall pages cpu _ < <(ROUNDS=${ROUNDS:-2} run_search "$1" "SET kg.$2 = $3")
	lines "search $1 $ROWS $2=$3 $recall $pages $cpu"
}

begin ""
[ $# -gt 0 ] || set -- 10000 100000 ""
for rows in "$@"; do
	use_data "$metric" "$stem" "$rows"
	if [ -n "$rows" ]; then
		NEIGHBORS=$stage/$DATABASE.gt.ivecs
		[ -f "$NEIGHBORS" ] || "$BENCH/fvecs.py" truth "$stem.base.fvecs" "$ROWS" "$QUERY" "$NEIGHBORS"
	fi
	for side in $SIDES; do
		ensure_index "$side"
		lines "build $side $ROWS $DIMS $(sql -F ' ' -c "SELECT cpu, wall, peak, pg_relation_size('${side}_index'), pg_table_size('${side}_base')
			FROM built WHERE side = '$side'")"
		search_line "$side" ef_search 100 >/dev/null	# into the buffers
	done
	for side in $SIDES; do
		for target in $TARGETS; do
			search_line "$side" target_recall "$target"
		done
	done
	for ef in $EF; do
		for side in $SIDES; do
			search_line "$side" ef_search "$ef"
		done
	done
done
