#!/bin/bash
# Single-row INSERTs into an index of 100,000 rows: CPU time, rows a second at
# the client, WAL.
#
#	bench/insert.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  The first HELD
# (100,000) vectors of STEM are in the index.  One client inserts 10 times TURN
# (2,000) more of them by prepared statements with synchronous_commit = off, the
# sides in turns: half of them after a checkpoint, with full-page images, the
# others without.  WAL is that of generic records, which both sides write for
# their index and nothing else, by "pg_waldump --stats=rmgr".
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/insert.sh PGVECTOR_SOURCE METRIC STEM"
HELD=${HELD:-100000}
TURN=${TURN:-2000}
TURNS=5

# turns FULL_PAGE_WRITES: from $first on; one line a side
turns() {
	local turn side before after

	sql -c "ALTER SYSTEM SET full_page_writes = $1" -c "SELECT pg_reload_conf()" -c "CHECKPOINT" >/dev/null
	: >"$stage/turns"
	for ((turn = 0; turn < TURNS; turn++)); do
		for side in $SIDES; do
			before=$(sql -c "SELECT pg_current_wal_insert_lsn()")
			read -r _ _ cpu wall < <("$stage/client" -o "$first" -i "$first" -c "$TURN" \
				"INSERT INTO ${side}_base VALUES (\$1, \$2)" "$base")
			after=$(sql -c "SELECT pg_current_wal_insert_lsn()")
			sql -c "SELECT pg_switch_wal()" >/dev/null
			echo "$side $cpu $wall $(generic_wal "$before" "$after")" >>"$stage/turns"
		done
		first=$((first + TURN))
	done
	for side in $SIDES; do
		awk -v side="$side" -v n="$TURN" -v full="$1" '$1 == side {cpu += $2; wall += $3; bytes += $4; images += $5; turns++}
			END {printf "| %s | %s | %.1f | %.0f | %.0f | %.0f |\n", side, full, cpu / turns, 1e6 / (wall / turns), bytes / turns / n, images / turns / n}' "$stage/turns"
	done
}

begin "$1"
base=$3.base.fvecs
use_data "$2" "$3" "$HELD"
for side in $SIDES; do
	ensure_index "$side"
done
begin_scratch
first=$HELD
lines "" "| | full_page_writes | CPU us a row | rows/s | generic WAL bytes a row | in images |" "|---|---|---|---|---|---|"
turns on
turns off
sql -c "ALTER SYSTEM RESET full_page_writes" -c "SELECT pg_reload_conf()" >/dev/null
end_scratch
