--
-- Searches for paths at the default work_mem, and what they say beyond it
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET work_mem = '4MB';
SET hash_mem_multiplier = 2;

-- A chain of 100,000 entities
SELECT kg.create_graph('graph_chain');
SET session_replication_role = replica;
INSERT INTO graph_chain.entity_type (name) VALUES ('node');
INSERT INTO graph_chain.relation_type (name) VALUES ('edge');
INSERT INTO graph_chain.entity (type, name) SELECT 1, '' FROM generate_series(1, 100000) i;
INSERT INTO graph_chain.relation (source, target, type, weight) SELECT i, i + 1, 1, i % 2 FROM generate_series(1, 99999) i;
RESET session_replication_role;
VACUUM ANALYZE graph_chain.entity, graph_chain.relation;
SELECT count(*), max(cost), count(relation), bool_and(entity = step + 1) FROM kg.shortest_path(1, 100000, graph => 'graph_chain', weighted => true);
SELECT count(*), max(cost) FROM kg.shortest_path(100000, 1, direction => 'in', graph => 'graph_chain', weighted => true);
SELECT count(*), max(cost) FROM kg.shortest_path(1, 100000, direction => 'both', graph => 'graph_chain', weighted => true);
SELECT length, cost FROM kg.k_shortest_paths(1, 100000, 1, graph => 'graph_chain', weighted => true);
SELECT count(*), max(cost) FROM kg.shortest_path(1, 100000, graph => 'graph_chain');
-- nothing is found, but all is seen
SELECT count(*) FROM kg.shortest_path(2, 1, direction => 'out', graph => 'graph_chain', weighted => true);
-- as registered tables with keys of text
CREATE TABLE graph_chain.node (id text PRIMARY KEY);
CREATE TABLE graph_chain.edge (a text REFERENCES graph_chain.node, b text REFERENCES graph_chain.node, weight float8);
INSERT INTO graph_chain.node SELECT 'n' || i FROM generate_series(1, 50000) i;
INSERT INTO graph_chain.edge SELECT 'n' || i, 'n' || i + 1, 0.5 FROM generate_series(1, 49999) i;
CREATE INDEX ON graph_chain.edge (a) INCLUDE (b, weight);
CREATE INDEX ON graph_chain.edge (b) INCLUDE (a, weight);
VACUUM ANALYZE graph_chain.node, graph_chain.edge;
SELECT kg.register_graph('graph_chain_text', '"graph_chain.node"', '"graph_chain.edge"');
SELECT count(*), max(cost) FROM kg.shortest_path('n1', 'n50000', graph => 'graph_chain_text', weighted => true);

-- 27,000 entities
SELECT kg.create_graph('graph_27');
SET session_replication_role = replica;
INSERT INTO graph_27.entity_type (name) VALUES ('node');
INSERT INTO graph_27.relation_type (name) VALUES ('edge');
INSERT INTO graph_27.entity (type, name) SELECT 1, '' FROM generate_series(1, 27000) i;
INSERT INTO graph_27.relation (source, target, type, weight)
SELECT 1 + abs(hashint8extended(i, 1) % 27000), 1 + abs(hashint8extended(i, 2) % 27000), 1, (1 + abs(hashint8extended(i, 3) % 64)) / 8.0 FROM generate_series(1, 80000) i;
RESET session_replication_role;
VACUUM ANALYZE graph_27.entity, graph_27.relation;
SELECT count(*), min(cost), count(DISTINCT (nodes, relations)) FROM kg.k_shortest_paths(1, 27000, 20, direction => 'both', graph => 'graph_27', weighted => true);
SELECT count(*), min(cost), count(DISTINCT (nodes, relations)) FROM kg.k_shortest_paths(1, 27000, 20, direction => 'both', graph => 'graph_27');
SET hash_mem_multiplier = 1;
SELECT count(*), min(cost), count(DISTINCT (nodes, relations)) FROM kg.k_shortest_paths(1, 27000, 20, direction => 'both', graph => 'graph_27', weighted => true);

-- Paths that do not fit in memory are kept in a file: a chain each of whose
-- links is double
SELECT kg.create_graph('graph_links');
INSERT INTO graph_links.entity_type (name) VALUES ('node');
INSERT INTO graph_links.relation_type (name) VALUES ('edge');
INSERT INTO graph_links.entity (type, name) SELECT 1, '' FROM generate_series(1, 151) i;
INSERT INTO graph_links.relation (source, target, type, weight)
SELECT i, i + 1, 1, i + w * i / 512.0 FROM generate_series(1, 150) i, generate_series(0, 1) w;
VACUUM ANALYZE graph_links.entity, graph_links.relation;
CREATE TABLE graph_links.found AS
	SELECT * FROM kg.k_shortest_paths(1, 151, 40, graph => 'graph_links', weighted => true) WITH ORDINALITY p(nodes, relations, length, cost, keys, rank);
-- the sums of distinct numbers are the costs that are added
SELECT array_agg((cost - 11325) * 512 ORDER BY rank) AS added, count(DISTINCT relations) FROM graph_links.found WHERE length = 150;
SELECT count(*) FROM graph_links.found f
	WHERE cost <> (SELECT sum(r.weight::float8) FROM graph_links.relation r WHERE r.id = ANY (relations));
SET work_mem = '128kB';
SELECT count(*), count(*) FILTER (WHERE p.cost = f.cost) AS same
	FROM kg.k_shortest_paths(1, 151, 40, graph => 'graph_links', weighted => true) WITH ORDINALITY p(nodes, relations, length, cost, keys, rank)
	JOIN graph_links.found f USING (rank);
SELECT count(DISTINCT relations), max(length) FROM kg.k_shortest_paths(1, 151, 40, graph => 'graph_links');

-- Beyond: one error, which names the setting, its value and what would do
\set VERBOSITY default
CREATE FUNCTION graph_chain.failure(query text) RETURNS TABLE (failure text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
EXCEPTION WHEN configuration_limit_exceeded THEN
	GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	-- counts and sizes are as they come, but not 0
	detail := regexp_replace(detail, '\m(?!64 kB)[1-9]\d*\M', 'N', 'g');
	hint := regexp_replace(hint, '\m(?!64 kB)[1-9]\d*\M', 'N', 'g');
	RETURN NEXT;
END $$;
SET work_mem = '64kB';
SELECT * FROM graph_chain.failure($$SELECT kg.shortest_path(1, 100000, graph => 'graph_chain', weighted => true)$$);
SELECT * FROM graph_chain.failure($$SELECT kg.all_shortest_paths(1, 100000, graph => 'graph_chain', weighted => true)$$);
SELECT * FROM graph_chain.failure($$SELECT kg.paths(1, max_depth => NULL, max_paths => NULL, graph => 'graph_chain')$$);
SELECT * FROM graph_chain.failure($$SELECT kg.paths(1, 100000, max_depth => NULL, max_paths => NULL, graph => 'graph_chain')$$);
SELECT * FROM graph_chain.failure($$SELECT kg.shortest_path('n1', 'n50000', graph => 'graph_chain_text', weighted => true)$$);
SELECT kg.drop_graph('graph_chain_text');
DROP FUNCTION graph_chain.failure;
DROP TABLE graph_chain.edge, graph_chain.node, graph_links.found;
SELECT kg.drop_graph('graph_chain'), kg.drop_graph('graph_27'), kg.drop_graph('graph_links');
