--
-- kg.register_graph: graphs over tables of the user's own
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_reg;
SET search_path = graph_reg;

-- One node table, all guessed: keys, ends, types
CREATE TABLE person (id int PRIMARY KEY, name text, boss_id int REFERENCES person);
CREATE TABLE knows (a int REFERENCES person, b int REFERENCES person, weight numeric DEFAULT 2, PRIMARY KEY (a, b));
INSERT INTO person SELECT i, 'p' || i, CASE WHEN i > 0 THEN i / 2 END FROM generate_series(0, 9) i;
INSERT INTO knows SELECT i, (i * 3 + 1) % 10 FROM generate_series(0, 9) i;
SELECT kg.register_graph('social', nodes => '["person"]', edges => '["knows", "person"]');
SELECT name, schema_name, entity_table, metric FROM kg.graph;
SELECT * FROM kg.node_table;
\x
SELECT * FROM kg.edge_table ORDER BY number;
\x
SELECT entity, depth, relation, key FROM kg.traverse('{1}', graph => 'social') ORDER BY depth, entity;
SELECT entity, depth FROM kg.traverse('{1}', graph => 'social', types => '{boss}') ORDER BY depth, entity;
SELECT entity, depth FROM kg.traverse('{1}', graph => 'social', types => '{nothing}');
SELECT * FROM kg.neighbors(1, 'both', graph => 'social') ORDER BY type_name, outgoing, neighbor;
SELECT entity, relation FROM kg.shortest_path(1, 3, graph => 'social') ORDER BY step;

-- Several node tables, with keys of several types
CREATE TABLE company (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text UNIQUE NOT NULL);
CREATE TABLE works (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person int REFERENCES person, company text REFERENCES company (name), role text);
INSERT INTO company (name) VALUES ('acme'), ('b:c');
INSERT INTO works (person, company, role) SELECT i, CASE WHEN i % 2 = 0 THEN 'acme' ELSE 'b:c' END, CASE WHEN i < 5 THEN 'boss' ELSE 'clerk' END FROM generate_series(0, 9) i;
SELECT kg.register_graph('multi', nodes => '["person", {"table": "company", "key": "name"}]',
	edges => '["knows", {"table": "works", "type_column": "role"}]');
SELECT key, depth, relation FROM kg.traverse(ARRAY['person:1'], graph => 'multi') ORDER BY depth, key;
SELECT key, depth FROM kg.traverse(ARRAY['company:b:c', 'person:77'], 1, 'in', graph => 'multi') ORDER BY depth, key;
SELECT key, depth FROM kg.traverse('{company:acme}', 1, 'both', '{clerk}', graph => 'multi') ORDER BY depth, key;
SELECT key, type_name, outgoing, relation FROM kg.neighbors('person:4', 'both', graph => 'multi') ORDER BY key, type_name, outgoing;
SELECT key, relation FROM kg.shortest_path('person:9', 'company:acme', graph => 'multi') ORDER BY step;
WITH t AS MATERIALIZED (SELECT * FROM kg.traverse('{person:1}', 1, graph => 'multi'))
SELECT t.key, p.key AS parent FROM t JOIN t p ON t.parent = p.entity ORDER BY t.key;

-- Nodes that cannot be
SELECT * FROM kg.traverse('{1}', graph => 'multi');
SELECT * FROM kg.traverse(ARRAY[1], graph => 'multi');
SELECT * FROM kg.traverse('{planet:1}', graph => 'multi');
SELECT * FROM kg.traverse('{person:one}', graph => 'multi');
SELECT * FROM kg.neighbors(1.5, graph => 'multi');
SELECT * FROM kg.traverse('{one}', graph => 'social');

SELECT kg.drop_graph('multi');
SELECT kg.drop_graph('social');
SELECT count(*) FROM person;
DROP SCHEMA graph_reg CASCADE;
