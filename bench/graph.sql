-- Measures traversals and shortest paths on the graph "bench" (bench/graph.sh
-- makes it) beside SQL that does the same, call by call in turns.
--
--	psql -v state=... -v four=20 -f bench/graph.sql
--
-- four: from so many starts four hops are measured, which take SQL minutes
--
-- Times are the backend's CPU time, from /proc, planning included, in
-- milliseconds; of calls below 100 ms the least of several.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET work_mem = '256MB';

CREATE TABLE IF NOT EXISTS times (state text, what text, method text, start bigint, ms float8, answer bigint);
DELETE FROM times WHERE state = :'state';

\ir cpu.sql

CREATE OR REPLACE PROCEDURE measure(state text, what text, method text, start bigint, query text) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO times SELECT state, what, method, start, m.ms, m.answer FROM pg_temp.measure(query, 5) m;
END
$$;

\ir path.sql

CREATE OR REPLACE PROCEDURE measure_hops(state text, depth int, nstarts int) LANGUAGE plpgsql AS $$
DECLARE
	s bigint;
BEGIN
	FOR s IN SELECT start FROM starts LIMIT nstarts LOOP
		CALL measure(state, depth || ' hops', 'SQL', s, format(
			'WITH RECURSIVE t(entity, depth) AS (
				SELECT %s::bigint, 0
				UNION
				SELECT r.target, t.depth + 1 FROM t JOIN bench.relation r ON r.source = t.entity WHERE t.depth < %s
			) SELECT count(DISTINCT entity) FROM t', s, depth));
		CALL measure(state, depth || ' hops', 'kg', s, format(
			'SELECT count(*) FROM kg.traverse(ARRAY[%s], %s, graph => ''bench'')', s, depth));
		CALL measure(state, depth || ' hops', 'kg, as an array', s, format(
			'SELECT cardinality(kg.neighborhood(ARRAY[%s], %s, graph => ''bench''))', s, depth));
	END LOOP;
END
$$;

CREATE OR REPLACE PROCEDURE measure_paths(state text, pairs regclass, graph text) LANGUAGE plpgsql AS $$
DECLARE
	a bigint;
	b bigint;
BEGIN
	FOR a, b IN EXECUTE format('SELECT source, target FROM %s', pairs) LOOP
		CALL measure(state, 'path, ' || graph, 'SQL', a, format('SELECT path_plpgsql(%s, %s, ''%I.relation'')', a, b, graph));
		CALL measure(state, 'path, ' || graph, 'kg', a, format(
			'SELECT nullif(count(*), 0) - 1 FROM kg.shortest_path(%s, %s, graph => %L)', a, b, graph));
	END LOOP;
END
$$;

SELECT count(*) FROM kg.traverse(ARRAY(SELECT start FROM starts), 3, graph => 'bench') \g /dev/null
CALL measure_hops(:'state', 2, 20);
CALL measure_hops(:'state', 3, 20);
CALL measure_paths(:'state', 'pairs', 'bench');
CALL measure_hops(:'state', 4, :four);
CALL measure_paths(:'state', 'wordnet_pairs', 'wordnet');

\pset footer off
SELECT what, k.method, round(avg(k.answer), 1) AS "mean answer", round(avg(s.ms)::numeric, 2) AS "SQL, ms", round(avg(k.ms)::numeric, 3) AS "kg, ms",
	round((avg(s.ms) / avg(k.ms))::numeric, 1) AS "of means",
	round((percentile_cont(0.5) WITHIN GROUP (ORDER BY s.ms / k.ms))::numeric, 1) AS "median ratio",
	count(*) AS calls, count(*) FILTER (WHERE s.answer IS DISTINCT FROM k.answer) AS different
FROM times s JOIN times k USING (state, what, start)
WHERE s.method = 'SQL' AND k.method <> 'SQL' AND state = :'state'
GROUP BY what, k.method ORDER BY what, k.method;
