--
-- kg.subgraph
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

SELECT kg.create_graph('graph_s');
INSERT INTO graph_s.entity_type (name) VALUES ('person'), ('place');
INSERT INTO graph_s.relation_type (name) VALUES ('knows'), ('lives in');
INSERT INTO graph_s.entity (type, name, properties) VALUES
	(1, 'Ann', '{"age": 30}'), (1, 'Bob', '{}'), (2, 'Rome', '{"country": "Italy"}'), (1, 'Cy', '{}'), (2, 'Bonn', '{}'), (1, 'alone', '{}');
INSERT INTO graph_s.relation (id, source, target, type, weight, properties, valid_from, valid_to) VALUES
	(12, 1, 2, 1, 0.5, '{"since": 2001}', NULL, NULL), (21, 2, 1, 1, 1, '{}', NULL, NULL),
	(13, 1, 3, 2, 1, '{}', '2020-01-01 UTC', NULL), (23, 2, 3, 2, 1, '{}', NULL, NULL),
	(42, 4, 2, 1, 1, '{}', NULL, NULL), (45, 4, 5, 2, 1, '{}', NULL, '2020-01-01 UTC'), (44, 4, 4, 1, 1, '{}', NULL, NULL);
SET timezone = 'UTC';

SELECT jsonb_pretty(nodes) AS nodes, jsonb_pretty(edges) AS edges, truncated FROM kg.subgraph('{1}', 1, graph => 'graph_s') \gx
-- ids of nodes with depth, ids of edges
CREATE FUNCTION s(arguments text) RETURNS TABLE (reader text, nodes text, edges text, truncated boolean) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH reader IN ARRAY CASE WHEN arguments ~ 'filter|properties' THEN '{sql}' ELSE '{leaf,index,heap,sql}' END::text[] LOOP
		PERFORM set_config('kg.adjacency_reader', reader, false);
		RETURN QUERY EXECUTE format(
			'SELECT %L, (SELECT string_agg(concat(n ->> ''id'', ''@'', n ->> ''depth''), '' '' ORDER BY i) FROM jsonb_array_elements(nodes) WITH ORDINALITY x(n, i)),
				(SELECT string_agg(e ->> ''id'', '' '' ORDER BY i) FROM jsonb_array_elements(edges) WITH ORDINALITY x(e, i)), truncated
			 FROM kg.subgraph(%s, graph => ''graph_s'')', reader, arguments);
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', false);
END
$$;
SELECT * FROM s($$'{1}'$$);
SELECT * FROM s($$'{1}', 0$$);
SELECT * FROM s($$'{3,1,3,99}', 0$$);
SELECT * FROM s($$'{1}', 3, 'out'$$);
SELECT * FROM s($$'{3}', NULL, 'in'$$);
SELECT * FROM s($$'{1}', 1, types => '{knows}'$$);
SELECT * FROM s($$'{1}', as_of => '2019-01-01'$$);
SELECT * FROM s($$'{4}', as_of => '2021-01-01'$$);
SELECT * FROM s($$'{1}', filter => 't.name <> ''Rome'''$$);
SELECT * FROM s($$'{1}', properties => '{"since": 2001}'$$);
SELECT * FROM s($$'{6}'$$);
SELECT * FROM s($$'{99}'$$);
SELECT * FROM s($$'{}'$$);
SELECT * FROM s($$NULL$$);
-- truncated: there is more, not just as many
SELECT * FROM s($$'{1}', NULL, max_nodes => 5$$);
SELECT truncated, jsonb_array_length(nodes), jsonb_array_length(edges) FROM kg.subgraph('{1}', 2, max_nodes => 3, graph => 'graph_s');
SELECT * FROM s($$'{1}', 2, max_nodes => 1$$);
SELECT * FROM s($$'{1}', 1, max_nodes => 3$$);
SELECT * FROM s($$'{1,2}', 1, max_nodes => 1$$);
SELECT * FROM s($$'{1}', 1, max_nodes => 0$$);
SELECT * FROM kg.subgraph('{1}', 1, max_nodes => -1, graph => 'graph_s');
SELECT * FROM kg.subgraph('{NULL}', graph => 'graph_s');
SELECT * FROM kg.subgraph('{1}', graph => 'nonesuch');

-- Types whose names are hidden, and what else SELECT would not do
BEGIN;
CREATE ROLE graph_s_reader;
GRANT USAGE ON SCHEMA graph_s TO graph_s_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA graph_s TO graph_s_reader;
ALTER TABLE graph_s.relation_type ENABLE ROW LEVEL SECURITY;
ALTER TABLE graph_s.entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON graph_s.entity FOR SELECT TO graph_s_reader USING (id <> 2);
SET LOCAL ROLE graph_s_reader;
SELECT nodes, edges FROM kg.subgraph('{1}', NULL, graph => 'graph_s');
RESET ROLE;
REVOKE SELECT ON graph_s.entity FROM graph_s_reader;
GRANT SELECT (id) ON graph_s.entity TO graph_s_reader;
SET LOCAL ROLE graph_s_reader;
SELECT nodes, edges FROM kg.subgraph('{1}', NULL, graph => 'graph_s');
ROLLBACK;

-- A random graph, against kg.traverse and the table
INSERT INTO graph_s.entity (id, type, name) SELECT i, 1 + i % 2, 'n' || i FROM generate_series(100, 299) i;
INSERT INTO graph_s.relation (id, source, target, type)
SELECT 1000 + i, 100 + abs(hashint8extended(i, 1) % 200), 100 + abs(hashint8extended(i, 2) % 200), 1 + i % 2 FROM generate_series(1, 300) i;
CREATE FUNCTION check_subgraphs() RETURNS TABLE (reader text, nodes bigint, edges bigint, wrong_nodes bigint, wrong_edges bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH reader IN ARRAY '{leaf,index,heap,sql}'::text[] LOOP
		PERFORM set_config('kg.adjacency_reader', reader, false);
		SELECT sum(c.nodes), sum(c.edges), sum(c.wrong_nodes), sum(c.wrong_edges) INTO nodes, edges, wrong_nodes, wrong_edges
		FROM generate_series(100, 299, 7) start, LATERAL (
			WITH t AS MATERIALIZED (SELECT entity, depth FROM kg.traverse(ARRAY[start, start + 1], 3, 'both', '{knows}', graph => 'graph_s')),
				s AS MATERIALIZED (SELECT * FROM kg.subgraph(ARRAY[start, start + 1], 3, 'both', '{knows}', graph => 'graph_s')),
				n AS (SELECT (x ->> 'id')::bigint AS entity, (x ->> 'depth')::int AS depth, x FROM s, jsonb_array_elements(s.nodes) x),
				e AS (SELECT x FROM s, jsonb_array_elements(s.edges) x),
				r AS (SELECT r.* FROM graph_s.relation r WHERE r.type = 1 AND source IN (SELECT entity FROM t) AND target IN (SELECT entity FROM t))
			SELECT (SELECT count(*) FROM n), (SELECT count(*) FROM e),
				(SELECT count(*) FROM n FULL JOIN t USING (entity, depth) LEFT JOIN graph_s.entity g ON g.id = entity
				 WHERE n.x IS NULL OR t.depth IS NULL OR x ->> 'name' IS DISTINCT FROM g.name),
				(SELECT count(*) FROM e FULL JOIN r ON (x ->> 'id')::bigint = r.id
				 WHERE x IS NULL OR r.id IS NULL OR (x ->> 'source')::bigint <> r.source OR (x ->> 'target')::bigint <> r.target OR x ->> 'type' <> 'knows')
		) c(nodes, edges, wrong_nodes, wrong_edges);
		RETURN NEXT;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', false);
END
$$;
SELECT * FROM check_subgraphs();

-- Registered tables: nodes go by what functions take for them.
CREATE SCHEMA graph_sr;
CREATE TABLE graph_sr.person (id int PRIMARY KEY, name text, age int, n int);
CREATE TABLE graph_sr.town (name text PRIMARY KEY, country text);
CREATE TABLE graph_sr.knows (a int REFERENCES graph_sr.person, b int REFERENCES graph_sr.person, weight float8);
CREATE TABLE graph_sr.lives (id int PRIMARY KEY, person int REFERENCES graph_sr.person, town text REFERENCES graph_sr.town);
INSERT INTO graph_sr.person VALUES (1, 'Ann', 30, 1), (2, 'Bob', NULL, 1), (3, 'Cy', 3, 3);
INSERT INTO graph_sr.town VALUES ('Rome', 'Italy');
INSERT INTO graph_sr.knows VALUES (1, 2, 0.5), (2, 1, NULL), (3, 3, 1);
INSERT INTO graph_sr.lives VALUES (7, 2, 'Rome'), (8, 3, 'Rome');
SELECT kg.register_graph('graph_r1', nodes => '["graph_sr.person"]', edges => '["graph_sr.knows"]');
SELECT kg.register_graph('graph_r2', nodes => '["graph_sr.person", "graph_sr.town"]', edges => '["graph_sr.knows", "graph_sr.lives"]');
SELECT * FROM kg.subgraph('{1}', graph => 'graph_r1');
SELECT jsonb_pretty(nodes) AS nodes, jsonb_pretty(edges) AS edges, truncated FROM kg.subgraph('{person:1}', 2, graph => 'graph_r2') \gx
SELECT keys, relations, length FROM kg.paths('person:1', 'person:3', 5, 'both', graph => 'graph_r2');
SELECT keys, length FROM kg.paths('town:Rome', max_depth => 1, direction => 'in', graph => 'graph_r2') ORDER BY keys;
SELECT keys, cost FROM kg.all_shortest_paths('person:1', 'town:Rome', graph => 'graph_r2', weighted => true);
SELECT keys, cost FROM kg.k_shortest_paths('person:3', 'person:1', 5, direction => 'both', graph => 'graph_r2') ORDER BY cost;
SELECT key, cost FROM kg.shortest_path('person:1', 'town:Rome', graph => 'graph_r2', weighted => true) ORDER BY step;
SELECT kg.reachable('person:1', 'town:Rome', graph => 'graph_r2'), kg.reachable('town:Rome', 'person:1', graph => 'graph_r2'), kg.reachable(1, 2, graph => 'graph_r1');
SELECT nodes, keys FROM kg.paths(1, graph => 'graph_r1');
SELECT kg.drop_graph('graph_r1'), kg.drop_graph('graph_r2');
DROP SCHEMA graph_sr CASCADE;

DROP FUNCTION s, check_subgraphs;
SELECT kg.drop_graph('graph_s');
