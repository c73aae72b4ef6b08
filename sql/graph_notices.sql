--
-- What is not there is told: relation types with the nearest names, start nodes; single nodes
-- where arrays are wanted; keys that cannot be
--
\set SHOW_CONTEXT never
SELECT kg.create_graph('notices');
INSERT INTO notices.entity_type (name) VALUES ('t');
INSERT INTO notices.relation_type (name) VALUES ('knows'), ('know'), ('likes'), ('lives in');
INSERT INTO notices.entity (type, name) SELECT 1, i::text FROM generate_series(1, 4) i;
INSERT INTO notices.relation (source, target, type) VALUES (1, 2, 1), (2, 3, 3), (3, 4, 1);
SELECT count(*) FROM kg.traverse(ARRAY[1], types => '{knwos}', graph => 'notices');
SELECT count(*) FROM kg.traverse(ARRAY[1], types => '{knows,knows,Likes,x}', graph => 'notices');
SELECT count(*) FROM kg.traverse(ARRAY[1], types => '{knows,knows}', graph => 'notices');
SELECT count(*) FROM kg.shortest_path(1, 2, types => '{lives}', graph => 'notices');
SELECT count(*) FROM kg.degree(types => ARRAY[repeat('long', 100)], graph => 'notices');
SELECT count(*) FROM kg.traverse(ARRAY[1], types => '{}', graph => 'notices');
-- start nodes
SELECT count(*) FROM kg.traverse(ARRAY[99], graph => 'notices');
SELECT count(*) FROM kg.traverse(ARRAY[1, 98, 99], graph => 'notices');
SELECT count(*) FROM kg.traverse(ARRAY(SELECT generate_series(1, 3000)), graph => 'notices');
SELECT kg.neighborhood(ARRAY[99], graph => 'notices');
SELECT count(*) FROM kg.neighbors(99, graph => 'notices');
SELECT count(*) FROM kg.shortest_path(1, 99, graph => 'notices');
SELECT kg.reachable(99, 1, graph => 'notices');
SELECT count(*) FROM kg.paths(99, graph => 'notices');
SELECT count(*) FROM kg.personalized_pagerank(ARRAY[99], graph => 'notices');
SELECT * FROM kg.subgraph(ARRAY[99], graph => 'notices');
-- as do algorithms that are given nodes
SELECT count(*) FROM kg.random_walks(ARRAY[99], graph => 'notices');
SELECT walk, entity FROM kg.random_walks(ARRAY[4, 98, 4, 99, 98], graph => 'notices');
SELECT round(kg.modularity(ARRAY[1, 2, 3, 4, 99], ARRAY[1, 1, 2, 2, 3], graph => 'notices')::numeric, 4);
SELECT count(*) FROM kg.node_similarity(ARRAY[1, 99], ARRAY[98], graph => 'notices');
SELECT count(*) FROM kg.link_prediction(99, graph => 'notices');
SELECT count(*) FROM kg.distances(99, graph => 'notices');
SELECT count(*) FROM kg.cost_matrix(ARRAY[1, 99], ARRAY[2, 98], graph => 'notices');
SELECT count(*) FROM kg.path_totals(99, graph => 'notices');
SELECT count(*) FROM kg.traverse_page(99, graph => 'notices');
SELECT count(*) FROM kg.k_shortest_paths(1, 99, graph => 'notices');
SELECT count(*) FROM kg.all_shortest_paths(ARRAY[1, 99], ARRAY[2, 98], graph => 'notices');
-- one node where an array is wanted
SELECT entity FROM kg.traverse(1, graph => 'notices') ORDER BY 1;
SELECT entity FROM kg.traverse(1::smallint, graph => 'notices') ORDER BY 1;
SELECT entity FROM kg.traverse('1', graph => 'notices') ORDER BY 1;
SELECT entity FROM kg.traverse('{1}', graph => 'notices') ORDER BY 1;
SELECT entity FROM kg.traverse(ARRAY[1], graph => 'notices') ORDER BY 1;
SELECT count(*) FROM kg.traverse(NULL, graph => 'notices');
SELECT kg.neighborhood(1, graph => 'notices'), kg.neighborhood('{1,2}', 1, graph => 'notices');
SELECT jsonb_array_length(nodes) FROM kg.subgraph(1, graph => 'notices');
SELECT count(*) FROM kg.personalized_pagerank(1, graph => 'notices');
SELECT kg.to_dot(1, graph => 'notices') ~ '1 -> 2';
-- an array where one node is wanted
SELECT * FROM kg.k_shortest_paths(ARRAY[1, 2], ARRAY[3], graph => 'notices');
SELECT * FROM kg.k_shortest_paths('1', '{3}', graph => 'notices');
SELECT * FROM kg.paths('{1,2}', graph => 'notices');
SELECT * FROM kg.neighbors(ARRAY[1, 2], graph => 'notices');
SELECT e, nodes FROM unnest(ARRAY[1, 2]) AS e, LATERAL kg.paths(e, 3, graph => 'notices');
-- names that a policy hides are not told
CREATE ROLE notices_reader;
GRANT USAGE ON SCHEMA notices TO notices_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA notices TO notices_reader;
ALTER TABLE notices.relation_type ENABLE ROW LEVEL SECURITY;
CREATE POLICY some_types ON notices.relation_type USING (name <> 'know');
SET ROLE notices_reader;
SELECT count(*) FROM kg.traverse(ARRAY[1], types => '{knwos}', graph => 'notices');
RESET ROLE;

-- registered tables: types that are those of tables, and types in a column
CREATE TABLE notices.person (id int PRIMARY KEY);
CREATE TABLE notices.page (url text PRIMARY KEY);
CREATE TABLE notices.visits (person int REFERENCES notices.person, page text REFERENCES notices.page);
CREATE TABLE notices.meets (a int REFERENCES notices.person, b int REFERENCES notices.person, type text);
INSERT INTO notices.person VALUES (1), (2);
INSERT INTO notices.page VALUES ('u');
INSERT INTO notices.visits VALUES (1, 'u');
INSERT INTO notices.meets VALUES (1, 2, 'by chance'), (1, 2, NULL);
SELECT kg.register_graph('notices_own', '["notices.person", "notices.page"]', '["notices.visits", "notices.meets"]');
SELECT count(*) FROM kg.traverse('person:1', types => '{visit}', graph => 'notices_own');
SELECT count(*) FROM kg.traverse('person:1', types => '{visits}', graph => 'notices_own');
SELECT count(*) FROM kg.traverse('person:1', types => '{by chance,visits}', graph => 'notices_own');
SELECT count(*) FROM kg.traverse('{person:1,person:7}', graph => 'notices_own');
SELECT count(*) FROM kg.traverse('page:x', graph => 'notices_own');
SELECT count(*) FROM kg.random_walks('{person:1,person:7}'::text[], graph => 'notices_own');
ALTER TABLE notices.meets ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON notices.meets USING (true);
GRANT SELECT ON ALL TABLES IN SCHEMA notices TO notices_reader;
SET ROLE notices_reader;
SELECT count(*) FROM kg.traverse('person:1', types => '{visit}', graph => 'notices_own');
RESET ROLE;
-- keys that cannot be: of which graph, and which table
SELECT * FROM kg.traverse('person:abc', graph => 'notices_own');
SELECT * FROM kg.traverse('person:99999999999999999999', graph => 'notices_own');
SELECT * FROM kg.traverse('city:1', graph => 'notices_own');
SELECT * FROM kg.traverse('1', graph => 'notices_own');
SELECT * FROM kg.traverse('abc', graph => 'notices');
CREATE TABLE notices.item (id uuid PRIMARY KEY);
SELECT kg.register_graph('notices_uuid', '"notices.item"', '[]');
SELECT * FROM kg.traverse('abc', graph => 'notices_uuid');
SELECT kg.drop_graph('notices_own'), kg.drop_graph('notices_uuid');
SET client_min_messages = warning;
DROP TABLE notices.person, notices.page, notices.visits, notices.meets, notices.item;
SELECT kg.drop_graph('notices');
DROP ROLE notices_reader;
