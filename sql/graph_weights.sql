--
-- Weights are double precision, whatever reads them
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_weights;
SET search_path = graph_weights;
CREATE TABLE node (id int PRIMARY KEY);
CREATE TABLE edge (id int PRIMARY KEY, a int REFERENCES node, b int REFERENCES node, weight numeric);
CREATE INDEX ON edge (a) INCLUDE (b, id, weight);
CREATE INDEX ON edge (b) INCLUDE (a, id, weight);
INSERT INTO node SELECT generate_series(1, 4);
SELECT kg.register_graph('w', '"node"', '"edge"');

-- An answer from each reader that serves
CREATE FUNCTION ask(query text) RETURNS TABLE (readers text, answer text) LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE found (reader text, answer text) ON COMMIT DROP;
	FOR ask.readers IN SELECT unnest('{leaf,index,heap,sql}'::text[]) LOOP
		PERFORM set_config('kg.adjacency_reader', ask.readers, true);
		BEGIN
			EXECUTE format('SELECT string_agg(q::text, '' '') FROM (%s) q', query) INTO ask.answer;
			INSERT INTO found VALUES (ask.readers, ask.answer);
		EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
		END;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', true);
	RETURN QUERY SELECT string_agg(f.reader, ', '), f.answer FROM found f GROUP BY 2 ORDER BY 1;
	DROP TABLE found;
END $$;
CREATE FUNCTION weights_are(type text, variadic weights text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE edge;
	EXECUTE format('ALTER TABLE edge ALTER weight TYPE %s', type);
	EXECUTE format('INSERT INTO edge SELECT i, a, b, (%L::text[])[i]::%s FROM (VALUES (1, 1, 2), (2, 2, 4), (3, 1, 3), (4, 3, 4)) e(i, a, b)', weights, type);
END $$;

-- 100000001 + 1 and 100000000 + 1 are not equal
SELECT weights_are('bigint', '100000001', '1', '100000000', '1');
SELECT * FROM ask('SELECT array_agg(cost ORDER BY step) FROM kg.shortest_path(1, 4, graph => ''w'', weighted => true)');
SELECT * FROM ask('SELECT nodes, cost FROM kg.all_shortest_paths(1, 4, graph => ''w'', weighted => true)');
SELECT * FROM ask('SELECT nodes, cost FROM kg.k_shortest_paths(1, 4, 2, graph => ''w'', weighted => true)');
SELECT weights_are('numeric', '100000001', '1', '100000000', '1');
SELECT * FROM ask('SELECT nodes, cost FROM kg.all_shortest_paths(1, 4, graph => ''w'', weighted => true)');
SELECT weights_are('float8', '100000001', '1', '100000000', '1');
SELECT * FROM ask('SELECT nodes, cost FROM kg.all_shortest_paths(1, 4, graph => ''w'', weighted => true)');
-- 0.1 comes back as 0.1
SELECT weights_are('float8', '0.1', '0.2', '0.3', '1e-60');
SELECT n.* FROM ask('SELECT neighbor, weight, pg_typeof(weight) FROM generate_series(1, 3) s, kg.neighbors(s, graph => ''w'') ORDER BY relation') n;
SELECT weights_are('numeric', '0.1', '0.2', '0.3', '1e-60');
SELECT n.* FROM ask('SELECT neighbor, weight, pg_typeof(weight) FROM generate_series(1, 3) s, kg.neighbors(s, graph => ''w'') ORDER BY relation') n;
SELECT n.* FROM ask('SELECT e ->> ''weight'' FROM kg.subgraph(''{1}'', graph => ''w''), jsonb_array_elements(edges) e') n;
SELECT l FROM kg.export_graphml(graph => 'w') l WHERE l ~ '<edge';
-- as large and as small as they can be
SELECT weights_are('float8', '1e300', '1e-300', '-5', 'NaN');
SELECT n.* FROM ask('SELECT neighbor, weight FROM generate_series(1, 3) s, kg.neighbors(s, graph => ''w'') ORDER BY relation') n;
SELECT n.* FROM ask('SELECT e ->> ''weight'' FROM kg.subgraph(''{1}'', graph => ''w''), jsonb_array_elements(edges) e') n;
SELECT count(*) FROM kg.export_graphml(graph => 'w') l WHERE l ~ '<edge';
SELECT kg.to_dot('{1}', graph => 'w') ~ '"1" -> "2"' AS drawn;
SELECT n.* FROM ask('SELECT cost FROM kg.shortest_path(2, 4, graph => ''w'', weighted => true)') n;
-- out of range of double precision, which is no error: infinite or 0
SELECT weights_are('numeric', '1e400', '-1e400', '1e-400', 'NaN');
SELECT n.* FROM ask('SELECT neighbor, weight FROM generate_series(1, 3) s, kg.neighbors(s, graph => ''w'') ORDER BY relation') n;
SELECT n.* FROM ask('SELECT e ->> ''weight'' FROM kg.subgraph(''{1}'', graph => ''w''), jsonb_array_elements(edges) e') n;
SELECT n.* FROM ask('SELECT entity, depth FROM kg.traverse(1, graph => ''w'') ORDER BY 1') n;
SELECT n.* FROM ask('SELECT entity FROM kg.shortest_path(1, 4, graph => ''w'')') n;
SELECT weights_are('numeric', '1e400', '1', '1e-400', '2');
SELECT n.* FROM ask('SELECT nodes, cost FROM kg.k_shortest_paths(1, 4, graph => ''w'', weighted => true)') n;
SELECT weights_are('numeric', 'Infinity', '-Infinity', '4.94e-324', '1.7976931348623157e308');
SELECT n.* FROM ask('SELECT neighbor, weight FROM generate_series(1, 3) s, kg.neighbors(s, graph => ''w'') ORDER BY relation') n;
-- a column that has come to hold texts: nothing reads it that was not asked for weights
SELECT weights_are('text', 'heavy', '', '3 kg', '1e300');
SELECT n.* FROM ask('SELECT neighbor, weight FROM generate_series(1, 3) s, kg.neighbors(s, graph => ''w'') ORDER BY relation') n;
SELECT n.* FROM ask('SELECT e ->> ''weight'' FROM kg.subgraph(''{1}'', graph => ''w''), jsonb_array_elements(edges) e') n;
SELECT n.* FROM ask('SELECT entity, depth FROM kg.traverse(1, graph => ''w'') ORDER BY 1') n;
SELECT n.* FROM ask('SELECT kg.neighborhood(1, graph => ''w'')') n;
SELECT n.* FROM ask('SELECT entity FROM kg.shortest_path(1, 3, graph => ''w'')') n;
SELECT n.* FROM ask('SELECT kg.reachable(1, 4, graph => ''w'')') n;
SELECT n.* FROM ask('SELECT nodes FROM kg.all_shortest_paths(1, 4, graph => ''w'') ORDER BY 1') n;
SELECT n.* FROM ask('SELECT nodes FROM kg.k_shortest_paths(1, 4, graph => ''w'') ORDER BY 1') n;
SELECT n.* FROM ask('SELECT nodes FROM kg.paths(1, 4, graph => ''w'') ORDER BY 1') n;
SELECT count(*) FROM kg.pagerank(graph => 'w');
SELECT count(*) FROM kg.degree(graph => 'w');
SELECT kg.to_dot('{1}', graph => 'w') ~ '"1" -> "2"' AS drawn;
SELECT count(*) FROM kg.to_jsonl(graph => 'w');
SELECT * FROM kg.shortest_path(1, 4, graph => 'w', weighted => true);
TRUNCATE edge;
ALTER TABLE edge ALTER weight TYPE numeric USING NULL;
-- algorithms
SELECT weights_are('bigint', '100000001', '1', '100000000', '1');
SELECT p.score > q.score AS differ FROM kg.personalized_pagerank('{1}', graph => 'w', weighted => true) p, kg.personalized_pagerank('{1}', graph => 'w', weighted => true) q WHERE p.entity = 2 AND q.entity = 3;
SELECT p.score > q.score AS differ FROM kg.pagerank(graph => 'w', weighted => true, tolerance => 1e-15) p, kg.pagerank(graph => 'w', weighted => true, tolerance => 1e-15) q WHERE p.entity = 2 AND q.entity = 3;
SELECT weights_are('float8', '1e300', '1e300', '1e-300', '1e-300');
SELECT entity, round(score::numeric, 6) FROM kg.pagerank(graph => 'w', weighted => true) ORDER BY 1;
-- a column of that name that is none
ALTER TABLE edge ALTER weight TYPE money USING 1;
ALTER TABLE edge ADD valid_from time;
SELECT kg.drop_graph('w');
SELECT kg.register_graph('w', '"node"', '"edge"');
SELECT weight_column, valid_from_column FROM kg.edge_table WHERE graph = 'w';
-- graphs of kg.create_graph keep real, in which 0.1 is another number
SELECT kg.create_graph('graph_weights_own');
INSERT INTO graph_weights_own.entity_type (name) VALUES ('t');
INSERT INTO graph_weights_own.relation_type (name) VALUES ('r');
INSERT INTO graph_weights_own.entity (type, name) SELECT 1, i::text FROM generate_series(1, 3) i;
INSERT INTO graph_weights_own.relation (source, target, type, weight) VALUES (1, 2, 1, 0.1), (2, 3, 1, 0.25);
SELECT n.neighbor, n.weight, r.weight = n.weight AS same FROM generate_series(1, 2) s, kg.neighbors(s, graph => 'graph_weights_own') n
	JOIN graph_weights_own.relation r ON r.id = n.relation;
SELECT kg.drop_graph('w'), kg.drop_graph('graph_weights_own');
DROP SCHEMA graph_weights CASCADE;
