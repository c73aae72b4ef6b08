--
-- kg.register_graph: what it checks, and what happens to the tables afterwards
--
\set SHOW_CONTEXT never
\set VERBOSITY default
SET client_min_messages = warning;
CREATE SCHEMA graph_chk;
SET search_path = graph_chk;
CREATE TABLE node (id int PRIMARY KEY, name text, tags int[], embedding kg.vector(2));
CREATE TABLE edge (id int PRIMARY KEY, a int REFERENCES node, b int REFERENCES node, note text, w real, since timestamptz);
CREATE TABLE bare (x int, y int);
CREATE TABLE other (id uuid PRIMARY KEY, code bit(3) UNIQUE NOT NULL);

-- Ways to write the same
SELECT kg.register_graph('chk', '["node"]', '["edge"]');
SELECT kg.drop_graph('chk');
SELECT kg.register_graph('chk', '"node"', '"graph_chk.edge"');
SELECT kg.drop_graph('chk');
SELECT kg.register_graph('chk', nodes => '["node"]');
SELECT * FROM kg.traverse('{1}', graph => 'chk');
SELECT kg.drop_graph('chk');
SELECT kg.register_graph('chk', '[{"table": "node", "label": "n", "name": null}]', '[{"table": "edge", "source": "b", "target": "a", "type_column": "note", "weight": "w", "valid_from": "since", "id": null}]', 'l2');
SELECT label, name_column, embedding_column FROM kg.node_table;
SELECT source_column, target_column, source_label, type, type_column, id_column, weight_column, valid_from_column, valid_to_column FROM kg.edge_table;
SELECT metric FROM kg.graph;

-- Names
SELECT kg.register_graph('chk', '["node"]', '["edge"]');
SELECT kg.create_graph('chk');
SELECT kg.drop_graph('chk');
SELECT kg.create_graph('chk');
SELECT kg.register_graph('chk', 'cosine');
SELECT kg.drop_graph('chk');
-- Nothing is silently nothing.
SELECT kg.register_graph('chk', nodes => NULL::jsonb);
SELECT kg.register_graph('chk', NULL, '[]'::text);
SELECT kg.register_graph(NULL, nodes => '["node"]');
SELECT kg.register_graph('', nodes => '["node"]');
SELECT kg.register_graph('chk', '["node"]', '["edge"]', NULL);
SELECT kg.register_graph(NULL, 'l2');
SELECT kg.register_graph('chk', '["node"]', edges => NULL::jsonb);
SELECT kg.register_graph('chk', '["node"]', edges => '[]'::jsonb);
SELECT label FROM kg.node_table;
SELECT kg.drop_graph('chk');
-- Names as in SQL
CREATE TABLE "My table" (id int PRIMARY KEY);
SELECT kg.register_graph('chk', nodes => '["My table"]');
SELECT kg.register_graph('chk', nodes => '["no table at all"]');
SELECT kg.register_graph('chk', nodes => '["\"My table\""]');
SELECT kg.drop_graph('chk');
DROP TABLE "My table";
-- Temporary tables are another session's tomorrow.
CREATE TEMP TABLE brief (id int PRIMARY KEY);
CREATE VIEW also_brief AS SELECT * FROM brief;
\set VERBOSITY terse
SELECT kg.register_graph('chk', nodes => '["brief"]');
SELECT kg.register_graph('chk', nodes => '[{"table": "also_brief", "key": "id"}]');
\set VERBOSITY default
DROP TABLE brief CASCADE;
-- What a partial restore left of another graph's entry does not matter.
INSERT INTO kg.node_table VALUES ('chk', 'node', 'gone', 'gone', 'id'), ('chk', 'lost', 'gone', 'gone', 'id');
INSERT INTO kg.edge_table VALUES ('chk', 1, 'gone', 'gone', 'a', 'b', 'node', 'lost', 'edge');
SELECT kg.register_graph('chk', '["node"]', '["edge"]');
SELECT label, schema_name FROM kg.node_table;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
SELECT kg.drop_graph('chk');
SELECT count(*) FROM kg.node_table;
SELECT kg.register_graph('', '["node"]', '["edge"]');
SELECT kg.register_graph('pg_chk', '["node"]', '["edge"]');
SELECT kg.register_graph('chk', '["node"]', '["edge"]', 'manhattan');

-- Tables and columns
SELECT kg.register_graph('chk', '[]', '["edge"]');
SELECT kg.register_graph('chk', '[17]', '["edge"]');
SELECT kg.register_graph('chk', '[{"label": "n"}]', '["edge"]');
SELECT kg.register_graph('chk', '["nodes"]', '["edge"]');
SELECT kg.register_graph('chk', '["graph_chk.edge_pkey"]', '["edge"]');
SELECT kg.register_graph('chk', '["bare"]', '["edge"]');
SELECT kg.register_graph('chk', '[{"table": "node", "keys": "id"}]', '["edge"]');
SELECT kg.register_graph('chk', '[{"table": "node", "key": "ident"}]', '[{"table": "edge", "source": "a", "target": "b"}]');
SELECT kg.register_graph('chk', '[{"table": "node", "key": "tags"}]', '[{"table": "edge", "source": "a", "target": "b"}]');
SELECT kg.register_graph('chk', '[{"table": "node", "name": "tags"}]', '["edge"]');
SELECT kg.register_graph('chk', '[{"table": "node", "embedding": "name"}]', '["edge"]');
SELECT kg.register_graph('chk', '[{"table": "node", "label": "a:b"}]', '["edge"]');
SELECT kg.register_graph('chk', '["node", "node"]', '["edge"]');
SELECT kg.register_graph('chk', '["node"]', '["bare"]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "source": "a"}, "bare"]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "target": "a", "type": "x", "type_column": "note"}]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "type_column": "kind"}]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "weight": "note"}]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "valid_to": "w"}]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "id": "note"}]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "source": "note", "target": "b"}]');
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "source_label": "n"}]');
SELECT kg.register_graph('chk', '["node", "other"]', '[{"table": "bare", "source": "x", "target": "y"}]');
SELECT kg.register_graph('chk', '[{"table": "other", "key": "code"}]', '[]');
SELECT count(*) FROM kg.graph;

-- A smallint key and numbers that are none; nodes that have no key
CREATE TABLE tiny (id smallint UNIQUE, x int);
CREATE TABLE tie (a int, b bigint);
CREATE INDEX ON tie (a);
INSERT INTO tiny VALUES (-1, 1), (NULL, 2), (32767, 3);
INSERT INTO tie VALUES (-1, 32767), (-1, 32768), (32768, -1), (NULL, -1);
SELECT kg.register_graph('chk', '{"table": "tiny", "key": "id"}', '{"table": "tie", "source": "a", "target": "b"}');
SELECT reader FROM kg.explain_traverse(graph => 'chk');
SELECT entity, depth FROM kg.traverse('{-1,32768,9223372036854775807}', graph => 'chk') ORDER BY entity;
SELECT entity, depth FROM kg.traverse(ARRAY[-1, 32768]::int[], direction => 'both', graph => 'chk') ORDER BY entity;
SELECT entity, in_degree, out_degree FROM kg.degree(graph => 'chk') ORDER BY entity;
SELECT kg.drop_graph('chk');

-- Tables change: at the next call the error names the table or the column.
SELECT kg.register_graph('chk', '["node"]', '[{"table": "edge", "type_column": "note", "weight": "w", "valid_from": "since"}]');
INSERT INTO node (id, name) SELECT i, 'n' || i FROM generate_series(1, 3) i;
INSERT INTO edge VALUES (1, 1, 2, 'x', 1, NULL), (2, 2, 3, 'y', 2, NULL);
SELECT entity FROM kg.traverse('{1}', graph => 'chk') ORDER BY entity;
SELECT entity FROM kg.traverse('{1}', properties => '{}', graph => 'chk');
SELECT entity FROM kg.traverse('{1}', filter => 'r.w < 2 AND t.id = 2', graph => 'chk') ORDER BY entity;
BEGIN;
ALTER TABLE edge RENAME TO edges;
SAVEPOINT s;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
ROLLBACK TO s;
SELECT * FROM kg.pagerank(graph => 'chk');
ROLLBACK TO s;
SELECT * FROM kg.explain_traverse(graph => 'chk');
ROLLBACK;
BEGIN;
ALTER TABLE node RENAME TO nodes;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
ROLLBACK;
BEGIN;
ALTER SCHEMA graph_chk RENAME TO graph_checks;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
ROLLBACK;
BEGIN;
ALTER TABLE edge RENAME b TO target;
SAVEPOINT s;
SELECT * FROM kg.shortest_path(1, 2, graph => 'chk');
ROLLBACK TO s;
SELECT * FROM kg.degree(graph => 'chk');
ROLLBACK;
BEGIN;
ALTER TABLE edge DROP note, DROP w, DROP since;
SAVEPOINT s;
SELECT count(*) FROM kg.traverse('{1}', graph => 'chk');		-- are not needed
SELECT * FROM kg.traverse('{1}', types => '{x}', graph => 'chk');
ROLLBACK TO s;
SELECT * FROM kg.neighbors(1, graph => 'chk');
ROLLBACK TO s;
SELECT * FROM kg.traverse('{1}', as_of => now(), graph => 'chk');
ROLLBACK TO s;
SELECT * FROM kg.pagerank(weighted => true, graph => 'chk');
ROLLBACK;
BEGIN;
ALTER TABLE node RENAME id TO ident;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
ROLLBACK;
-- Other types that do as well, and one that does not
BEGIN;
ALTER TABLE edge DROP CONSTRAINT edge_a_fkey, DROP CONSTRAINT edge_b_fkey;
ALTER TABLE edge ALTER a TYPE text, ALTER b TYPE text;
ALTER TABLE node ALTER id TYPE text;
SELECT entity, key FROM kg.traverse('{1}', graph => 'chk') ORDER BY key;
ALTER TABLE node DROP CONSTRAINT node_pkey;
ALTER TABLE node ALTER id TYPE timestamptz USING '2020-01-01'::timestamptz;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
ROLLBACK;
-- ... and at the ends alone
BEGIN;
ALTER TABLE edge DROP CONSTRAINT edge_a_fkey, ALTER a TYPE text;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
ROLLBACK;
-- Another table of that name is the graph's; dropped ones leave the entry.
DROP TABLE edge;
SELECT * FROM kg.traverse('{1}', graph => 'chk');
CREATE TABLE edge (a bigint, b bigint, note varchar(1), w int, since timestamptz, id int);
INSERT INTO edge VALUES (1, 3);
SELECT entity, relation FROM kg.traverse('{1}', graph => 'chk') ORDER BY entity;
DROP TABLE edge, node;
SELECT kg.drop_graph('chk');
SELECT count(*) FROM kg.edge_table;

-- A dictionary that does not fit
CREATE TABLE word (w text PRIMARY KEY);
CREATE TABLE next (a text, b text);
INSERT INTO word SELECT 'w' || i FROM generate_series(1, 5000) i;
INSERT INTO next SELECT 'w1', 'w' || i FROM generate_series(1, 5000) i;
ANALYZE word, next;
SELECT kg.register_graph('chk', '["word"]', '[{"table": "next", "source": "a", "target": "b"}]');
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SET maintenance_work_mem = '1MB';
\set VERBOSITY terse
SELECT count(*) FROM kg.traverse('{w1}', graph => 'chk');
SELECT count(*) FROM kg.traverse('{w1}', max_nodes => 10, graph => 'chk');
SELECT count(*) FROM kg.traverse('{w1,w2,nowhere}', 0, graph => 'chk');
SELECT count(*) FROM kg.pagerank(graph => 'chk');
RESET work_mem;
RESET maintenance_work_mem;
SELECT count(*) FROM kg.traverse('{w1}', graph => 'chk');
SELECT kg.drop_graph('chk');
DROP SCHEMA graph_chk CASCADE;
