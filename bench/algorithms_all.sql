-- Each algorithm on an R-MAT graph: CPU seconds, and the least
-- maintenance_work_mem that it asks for.
--
--	createdb bench && psql -X -d bench -v scale=17 -v edges=1000000 -f bench/algorithms_all.sql
--
-- By a superuser, as the CPU time of the backend is read from /proc.  Where an
-- algorithm takes samples, 100 sources stand for all: it would take n / 100 times
-- as long without.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS kg;
\ir rmat_graph.sql
\ir cpu.sql

-- Relations from lesser to greater entities only, for what takes no cycles
CREATE TABLE bench_acyclic AS SELECT least(source, target) AS a, greatest(source, target) AS b FROM bench.relation WHERE source <> target;
VACUUM ANALYZE bench_acyclic;
SELECT kg.register_graph('bench_acyclic', '"bench.entity"', '{"table": "bench_acyclic", "source": "a", "target": "b"}') \g /dev/null

SET jit = off;
CREATE TEMP TABLE result (call text, cpu_s float8, kb int);
CREATE FUNCTION pg_temp.least_memory(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	SET LOCAL maintenance_work_mem = '1MB';
	EXECUTE query;
	RETURN 1024;
EXCEPTION WHEN configuration_limit_exceeded THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN substring(hint FROM 'at least (\d+) kB');
END
$$;
DO $$
DECLARE
	call text;
	query text;
BEGIN
	FOREACH call IN ARRAY ARRAY['degree()', 'pagerank()', 'connected_components()', 'strongly_connected_components()',
		'label_propagation()', 'leiden()', 'leiden(weighted => true)', 'triangles()', 'clustering_coefficient()', 'core_numbers()',
		'betweenness(100)', 'betweenness(100, weighted => true)', 'edge_betweenness(100)', 'edge_betweenness(100, weighted => true)',
		'closeness(100)', 'closeness(100, weighted => true)', 'harmonic_centrality(100)',
		'eigenvector_centrality()', 'katz_centrality(0.001)', 'hits()',
		'topological_order()', 'find_cycle()', 'longest_path()', 'longest_path(weighted => true)',
		'minimum_spanning_forest()', 'bridges()', 'articulation_points()',
		'random_walks()', 'random_walks(p => 0.5, q => 2)', 'random_walks(weighted => true)', 'fastrp()']
	LOOP
		query := format('SELECT count(*) FROM kg.%s%sgraph => ''bench%s'')', left(call, -1), CASE WHEN call LIKE '%()' THEN '' ELSE ', ' END,
			CASE WHEN call ~ '^(topological|longest)' THEN '_acyclic' ELSE '' END);
		SET maintenance_work_mem = '2GB';
		INSERT INTO result SELECT call, m.ms / 1000, pg_temp.least_memory(query) FROM pg_temp.measure(query, 1) m;
	END LOOP;
END
$$;
SELECT call, round(cpu_s::numeric, 2) AS "CPU s", round(kb / 1024.0, 1) AS "MB" FROM result ORDER BY ctid;
SELECT kg.drop_graph('bench_acyclic') \g /dev/null
DROP TABLE bench_acyclic;
\if :made
\else
SELECT kg.drop_graph('bench') \g /dev/null
\endif
