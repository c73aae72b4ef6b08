#!/bin/bash
# Throughput with several clients: queries a second with 1, 2, 4, ... clients,
# of kg, of pgvector and of a lookup by primary key, and what part of its best
# each keeps.
#
#	bench/clients.sh PGVECTOR_SOURCE METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  EF_KG (empty:
# by kg.target_recall), EF_PGVECTOR (100) are the efforts, CLIENTS the numbers
# of clients, SECONDS_EACH (5) how long each runs, TURNS (3) how often: the
# sides take turns and the best turn counts, as others may use the machine.
# pgbench sends prepared statements; a query's vector is read from a table.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 3 ] || die "usage: bench/clients.sh PGVECTOR_SOURCE METRIC STEM"
CLIENTS=${CLIENTS:-1 2 4 8 16 32}
SECONDS_EACH=${SECONDS_EACH:-5}
TURNS=${TURNS:-3}
EF_PGVECTOR=${EF_PGVECTOR:-100}

begin "$1"
use_data "$2" "$3"
for side in $SIDES; do
	ensure_index "$side"
	sql -c "DROP TABLE IF EXISTS ${side}_query" \
		-c "CREATE TABLE ${side}_query (id int PRIMARY KEY, e $(schema "$side").vector($DIMS))" \
		-c "\\copy ${side}_query FROM PROGRAM '$BENCH/fvecs.py vectors $QUERY 0 $QUERIES 0' (FORMAT binary)" \
		-c "VACUUM (FREEZE, ANALYZE) ${side}_query"
	lines "\\set q random(0, $QUERIES - 1)" \
		"SELECT id FROM ${side}_base ORDER BY e OPERATOR($(schema "$side").$OPERATOR) (SELECT e FROM ${side}_query WHERE id = :q) LIMIT $LIMIT;" \
		>"$stage/$side.pgbench"
done
lines "\\set q random(0, $ROWS - 1)" "SELECT id FROM kg_base WHERE id = :q;" >"$stage/key.pgbench"
export PGOPTIONS="-c hnsw.ef_search=$EF_PGVECTOR ${EF_KG:+-c kg.ef_search=$EF_KG}"

# throughput SCRIPT CLIENTS: queries a second
throughput() {
	pgbench -n -M prepared -c "$2" -j 1 -T "$SECONDS_EACH" -f "$stage/$1.pgbench" 2>>"$stage/notices" | awk '/^tps/ {print $3}'
}

for side in $SIDES key; do
	throughput "$side" 2 >/dev/null		# into the buffers
done
for ((turn = 0; turn < TURNS; turn++)); do
	for clients in $CLIENTS; do
		for side in $SIDES key; do
			lines "$side $clients $(throughput "$side" "$clients")"
		done
	done
done | awk '
	{if ($3 > tps[$1, $2]) tps[$1, $2] = $3; if ($3 > best[$1]) best[$1] = $3
	 if (!($1 in seen)) {seen[$1]; sides[++n] = $1}; if (!($2 in at)) {at[$2]; clients[++m] = $2}}
	END {
		line = "| clients |"; rule = "|---|"
		for (i = 1; i <= n; i++) {line = line " " sides[i] " | of its best |"; rule = rule "---|---|"}
		print ""; print line; print rule
		for (j = 1; j <= m; j++) {
			line = "| " clients[j] " |"
			for (i = 1; i <= n; i++)
				line = line sprintf(" %.0f | %.2f |", tps[sides[i], clients[j]], tps[sides[i], clients[j]] / best[sides[i]])
			print line
		}
	}'
