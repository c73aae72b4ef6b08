#!/bin/bash
# The planner's idea of how many pages an index scan touches, and how many it
# does.
#
#	bench/planner.sh METRIC STEM
#
# bench/lib.sh tells what the arguments are and what KEEP does.  A page is made
# to cost 1 and all else nothing: then the cost of a plan is its pages.
SIDES=kg
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# = 2 ] || die "usage: bench/planner.sh METRIC STEM"

begin ""
use_data "$1" "$2"
ensure_index kg
lines "" "| LIMIT | ef_search | plan | pages estimated | counted | ratio |" "|---|---|---|---|---|---|"
sql -F ' | ' <<-SQL | sed 's/.*/| & |/'
	SET seq_page_cost = 1;
	SET random_page_cost = 1;
	SET cpu_tuple_cost = 0;
	SET cpu_index_tuple_cost = 0;
	SET cpu_operator_cost = 0;
	SET enable_seqscan = off;
	CREATE TEMP TABLE q (id int, e kg.vector);
	\copy q FROM PROGRAM '$BENCH/fvecs.py vectors $QUERY 0 50 0' (FORMAT binary)
	CREATE FUNCTION pg_temp.plan(e kg.vector, k int, ef int) RETURNS json LANGUAGE plpgsql AS \$\$
	DECLARE plan json;
	BEGIN
		PERFORM set_config('kg.ef_search', ef::text, false);
		EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json)
			SELECT id FROM kg_base ORDER BY e OPERATOR(kg.$OPERATOR) %L LIMIT %s', e, k) INTO plan;
		RETURN plan->0->'Plan';
	END \$\$;
	SELECT k, ef, min(plan->'Plans'->0->>'Node Type'), round(avg((plan->>'Total Cost')::numeric), 1),
		round(avg((plan->>'Shared Hit Blocks')::numeric + (plan->>'Shared Read Blocks')::numeric), 1),
		round(avg((plan->>'Total Cost')::numeric) / avg((plan->>'Shared Hit Blocks')::numeric + (plan->>'Shared Read Blocks')::numeric), 2)
	FROM (SELECT k, ef, pg_temp.plan(e, k, ef) AS plan
		FROM q, unnest(ARRAY[1, 10, 100, 1000]) k, unnest(ARRAY[20, 40, 120, 400]) ef OFFSET 0) p
	GROUP BY k, ef ORDER BY k, ef
SQL
