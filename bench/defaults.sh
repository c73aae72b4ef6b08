#!/bin/bash
# What kg_hnsw gives who sets nothing: CREATE INDEX without options, queries
# without SET.
#
#	bench/defaults.sh METRIC STEM [METRIC STEM]...
#
# bench/lib.sh tells what the arguments are and what KEEP does.  OPTIONS is for
# the index after all, such as "WITH (storage = sq8, code_bits = 1)".
SIDES=kg
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 2 ] || die "usage: bench/defaults.sh METRIC STEM [METRIC STEM]..."

begin ""
while [ $# -gt 1 ]; do
	use_data "$1" "$2"
	shift 2
	if [ -n "${OPTIONS:-}" ]; then
		begin_scratch
		sql -c "DROP INDEX IF EXISTS kg_index" -c "$(create_index kg kg_index "$OPTIONS")"
	else
		ensure_index kg
	fi
	lines "" "| bytes a vector | ef_search | recall@10 | pages | CPU us |" "|---|---|---|---|---|"
	echo "$(index_bytes kg) $(sql -c "LOAD 'kg'" -c "SHOW kg.ef_search") $(run_search kg "SELECT")" |
		awk '{printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5}'
	[ -z "${OPTIONS:-}" ] || end_scratch
done
