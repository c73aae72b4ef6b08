--
-- Paths from any of several entities to any of several others
--
\set SHOW_CONTEXT never
SELECT kg.create_graph('graph_sets');
INSERT INTO graph_sets.entity_type (name) VALUES ('node');
INSERT INTO graph_sets.relation_type (name) VALUES ('edge');
INSERT INTO graph_sets.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 9) i;
-- 1 -> 2 -> 3 -> 4 -> 5 -> 6, 7 -> 5, 8 -> 3; 9 is alone
INSERT INTO graph_sets.relation (source, target, type, weight) VALUES
	(1, 2, 1, 1), (2, 3, 1, 1), (3, 4, 1, 1), (4, 5, 1, 1), (5, 6, 1, 1), (7, 5, 1, 9), (8, 3, 1, 0.5);
SELECT step, entity, relation, cost FROM kg.shortest_path(ARRAY[1, 8], ARRAY[5, 6], graph => 'graph_sets');
SELECT step, entity, relation, cost FROM kg.shortest_path(ARRAY[1, 7, 8], ARRAY[5], graph => 'graph_sets');
SELECT step, entity, relation, cost FROM kg.shortest_path(ARRAY[1, 7, 8], ARRAY[5], graph => 'graph_sets', weighted => true);
SELECT step, entity, relation, cost FROM kg.shortest_path('{1,7,8}', '{6}', 3, graph => 'graph_sets', weighted => true);
SELECT step, entity, relation, cost FROM kg.shortest_path(ARRAY[6], ARRAY[7, 1], direction => 'in', graph => 'graph_sets', weighted => true);
-- one that is both; twice; in any order
SELECT step, entity, cost FROM kg.shortest_path(ARRAY[8, 3, 3, 1], ARRAY[6, 4, 3], graph => 'graph_sets');
SELECT nodes, length, cost FROM kg.all_shortest_paths(ARRAY[8, 3, 4], ARRAY[4, 3, 6], graph => 'graph_sets');
SELECT nodes, length, cost FROM kg.all_shortest_paths(ARRAY[8, 3, 4], ARRAY[4, 3, 6], max_paths => 1, graph => 'graph_sets', weighted => true);
SELECT nodes, length, cost FROM kg.all_shortest_paths(ARRAY[2, 8], ARRAY[4, 5, 9], graph => 'graph_sets') ORDER BY 1;
SELECT nodes, length, cost FROM kg.all_shortest_paths(ARRAY[2, 8], ARRAY[4, 5, 9], max_paths => 1, graph => 'graph_sets') ORDER BY 1;
SELECT nodes, length, cost FROM kg.all_shortest_paths(ARRAY[2, 8], ARRAY[4, 5, 9], graph => 'graph_sets', weighted => true) ORDER BY 1;
-- an entity of the set on the way: the rest is the path
BEGIN;
UPDATE graph_sets.relation SET weight = 0;
SELECT nodes, cost FROM kg.all_shortest_paths(ARRAY[1, 2, 8], ARRAY[4, 5, 6], graph => 'graph_sets', weighted => true) ORDER BY 1;
SELECT nodes, cost FROM kg.all_shortest_paths(ARRAY[1, 2, 8], ARRAY[4, 5, 6], 3, graph => 'graph_sets', weighted => true) ORDER BY 1;
ROLLBACK;
SELECT kg.reachable(ARRAY[1, 9], ARRAY[6], graph => 'graph_sets'), kg.reachable(ARRAY[6, 9], ARRAY[1, 7], graph => 'graph_sets'),
	kg.reachable(ARRAY[9], ARRAY[1, 9], graph => 'graph_sets'), kg.reachable(ARRAY[1, 8], ARRAY[4], 1, graph => 'graph_sets');
-- nothing given; not there
SELECT count(*) FROM kg.shortest_path(ARRAY[]::int[], ARRAY[5], graph => 'graph_sets');
SELECT count(*) FROM kg.shortest_path(ARRAY[1], '{}', graph => 'graph_sets');
SELECT count(*) FROM kg.shortest_path(NULL::int[], ARRAY[5], graph => 'graph_sets');
SELECT kg.reachable(ARRAY[1], NULL, graph => 'graph_sets'), kg.reachable(ARRAY[1], '{}', graph => 'graph_sets');
SELECT count(*) FROM kg.shortest_path(ARRAY[1, NULL], ARRAY[5], graph => 'graph_sets');
SELECT count(*) FROM kg.shortest_path(ARRAY[1, 99], ARRAY[5, 98, 97], graph => 'graph_sets', weighted => true);
SELECT count(*) FROM kg.shortest_path(ARRAY[99, 98], ARRAY[5], graph => 'graph_sets');
SELECT count(*) FROM kg.all_shortest_paths(ARRAY[1], ARRAY[99], graph => 'graph_sets');
-- one is wanted
SELECT count(*) FROM kg.k_shortest_paths(ARRAY[1, 2], ARRAY[5], graph => 'graph_sets');
SELECT count(*) FROM kg.paths(ARRAY[1, 2], graph => 'graph_sets');
-- registered tables: keys of text, several tables
CREATE TABLE graph_sets.person (name text PRIMARY KEY);
CREATE TABLE graph_sets.place (id int PRIMARY KEY);
CREATE TABLE graph_sets.knows (a text REFERENCES graph_sets.person, b text REFERENCES graph_sets.person, weight float8);
CREATE TABLE graph_sets.visits (person text REFERENCES graph_sets.person, place int REFERENCES graph_sets.place, weight float8);
INSERT INTO graph_sets.person VALUES ('ann'), ('bob'), ('cat');
INSERT INTO graph_sets.place VALUES (1), (2), (3);
INSERT INTO graph_sets.knows VALUES ('ann', 'bob', 0.25), ('bob', 'cat', 0.5);
INSERT INTO graph_sets.visits VALUES ('ann', 1, 4), ('bob', 2, 2), ('cat', 2, 1), ('cat', 3, 8);
SELECT kg.register_graph('graph_sets_text', '"graph_sets.person"', '"graph_sets.knows"');
SELECT kg.register_graph('graph_sets_two', '["graph_sets.person", "graph_sets.place"]', '["graph_sets.knows", "graph_sets.visits"]');
SELECT * FROM kg.shortest_path(ARRAY['ann', 'bob'], ARRAY['cat'], graph => 'graph_sets_text', weighted => true);
SELECT * FROM kg.shortest_path('{person:ann,person:nobody}', '{place:1,place:2,place:3}', graph => 'graph_sets_two');
SELECT * FROM kg.shortest_path('{person:ann}', '{place:1,place:2,place:3}', graph => 'graph_sets_two', weighted => true);
SELECT keys, cost FROM kg.all_shortest_paths('{person:ann,person:cat}', '{place:1,place:2,place:3}', graph => 'graph_sets_two') ORDER BY 1;
SELECT kg.reachable('{place:1,place:2}', '{person:cat}', graph => 'graph_sets_two'), kg.reachable('{place:1,place:2}', '{person:cat}', direction => 'in', graph => 'graph_sets_two');
SELECT kg.drop_graph('graph_sets_text'), kg.drop_graph('graph_sets_two');
SET client_min_messages = warning;
DROP TABLE graph_sets.visits, graph_sets.knows, graph_sets.place, graph_sets.person;
SELECT kg.drop_graph('graph_sets');
