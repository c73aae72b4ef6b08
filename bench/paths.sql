-- Measures paths on WordNet, in the database of the demo or any other with it
-- in the graph kg, from the project's folder:
--
--	make demo && make demo-psql <bench/paths.sql
--
-- Copies WordNet without embeddings to the graph "weighted", with weights from
-- 1/8 to 1, and asks for paths between random synsets.  Times are the backend's
-- CPU time, from /proc, planning included, in milliseconds.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET work_mem = '64MB';

SELECT kg.create_graph('weighted') \g /dev/null
SET session_replication_role = replica;	-- the ends are there
INSERT INTO weighted.entity_type TABLE kg.entity_type;
INSERT INTO weighted.relation_type TABLE kg.relation_type;
INSERT INTO weighted.entity (id, type, name) SELECT id, type, name FROM kg.entity;
INSERT INTO weighted.relation (source, target, type, weight)
SELECT source, target, type, (1 + abs(hashint8extended(id, 1) % 8)) / 8.0 FROM kg.relation;
RESET session_replication_role;
VACUUM ANALYZE weighted.entity, weighted.relation;

CREATE TEMP TABLE pairs AS
SELECT i, 1 + abs(hashint8extended(i, 1) % 117659) AS a, 1 + abs(hashint8extended(i, 2) % 117659) AS b
FROM generate_series(1, 100) i;
CREATE TEMP TABLE times (what text, ms float8, answer float8);

\i bench/cpu.sql

-- For each pair; "query" gives one number for :a and :b.
CREATE PROCEDURE pg_temp.measure_pairs(what text, query text) LANGUAGE plpgsql AS $$
DECLARE
	pair record;
BEGIN
	FOR pair IN SELECT * FROM pairs ORDER BY i LOOP
		INSERT INTO times SELECT what, m.ms, m.answer
		FROM pg_temp.measure(replace(replace(query, ':a', pair.a::text), ':b', pair.b::text), 1) m;
	END LOOP;
END
$$;

-- once, to warm up
SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'weighted') \g /dev/null
CALL pg_temp.measure_pairs('shortest path, by weights', $$SELECT max(cost) FROM kg.shortest_path(:a, :b, graph => 'weighted', weighted => true)$$);
CALL pg_temp.measure_pairs('shortest path', $$SELECT max(cost) FROM kg.shortest_path(:a, :b, graph => 'weighted')$$);
CALL pg_temp.measure_pairs('all shortest paths', $$SELECT count(*) FROM kg.all_shortest_paths(:a, :b, graph => 'weighted')$$);
CALL pg_temp.measure_pairs('all shortest paths, by weights', $$SELECT count(*) FROM kg.all_shortest_paths(:a, :b, graph => 'weighted', weighted => true)$$);
CALL pg_temp.measure_pairs('10 shortest paths', $$SELECT count(*) FROM kg.k_shortest_paths(:a, :b, 10, graph => 'weighted')$$);
CALL pg_temp.measure_pairs('10 shortest paths, by weights', $$SELECT count(*) FROM kg.k_shortest_paths(:a, :b, 10, graph => 'weighted', weighted => true)$$);
CALL pg_temp.measure_pairs('reachable', $$SELECT kg.reachable(:a, :b, graph => 'weighted')::int$$);
CALL pg_temp.measure_pairs('paths up to 8 relations', $$SELECT count(*) FROM kg.paths(:a, :b, 8, graph => 'weighted', max_paths => NULL)$$);
CALL pg_temp.measure_pairs('subgraph, 2 steps', $$SELECT jsonb_array_length(nodes) FROM kg.subgraph(ARRAY[:a], 2, graph => 'weighted')$$);

SELECT what, count(*) AS calls, round(avg(ms)::numeric, 2) AS mean_ms,
	round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 2) AS median_ms, round(avg(answer)::numeric, 2) AS mean_answer
FROM times GROUP BY what ORDER BY min(ctid);
SELECT kg.drop_graph('weighted') \g /dev/null
