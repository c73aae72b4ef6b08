--
-- The catalogue of graphs: making, dropping and describing them
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- The default graph lives in the extension's own schema.
SELECT kg.create_graph(dimensions => 3);
SELECT name, schema_name, entity_table, relation_table, observation_table,
	entity_type_table, relation_type_table, metric, made_schema
FROM kg.graph ORDER BY name COLLATE "C";
\d kg.entity
\d kg.relation
\d kg.observation
\d kg.entity_type
\d kg.relation_type

-- Ordinary tables: no members of the extension.
SELECT count(*) FROM pg_depend d
WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND
	d.objid IN ('kg.entity'::regclass, 'kg.relation'::regclass, 'kg.observation'::regclass,
				'kg.entity_type'::regclass, 'kg.relation_type'::regclass);

-- Everything has a comment.
SELECT c.oid::regclass FROM pg_class c
WHERE c.relnamespace = 'kg'::regnamespace AND c.relkind = 'r' AND
	obj_description(c.oid, 'pg_class') IS NULL;
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'kg'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;

-- Keys: deleting an entity deletes its relations and observations.
INSERT INTO kg.entity_type (name) VALUES ('person');
INSERT INTO kg.relation_type (name) VALUES ('knows');
INSERT INTO kg.entity (type, name, embedding)
VALUES (1, 'Ada', '[1,0,0]'), (1, 'Charles', '[0,1,0]'), (1, 'Mary', '[0,0,1]');
INSERT INTO kg.relation (source, target, type) VALUES (1, 2, 1), (2, 3, 1), (3, 1, 1);
INSERT INTO kg.observation (entity, content) VALUES (1, 'wrote a program'), (2, 'built an engine');
DELETE FROM kg.entity WHERE name = 'Ada';
SELECT id, source, target FROM kg.relation ORDER BY id;
SELECT id, entity, content FROM kg.observation ORDER BY id;
DELETE FROM kg.relation_type WHERE name = 'knows';
INSERT INTO kg.relation (source, target, type) VALUES (2, 99, 1);
\set VERBOSITY terse
INSERT INTO kg.relation (source, target, type, valid_from, valid_to) VALUES (2, 3, 1, '2020-01-02', '2020-01-01');
INSERT INTO kg.entity (type, name) VALUES (1, repeat('x', 2001));
\set VERBOSITY default
INSERT INTO kg.entity (type, name, embedding) VALUES (1, 'flat', '[1,2]');

-- updated_at and updated_by keep themselves, unless the command sets them.
UPDATE kg.entity SET name = 'Charles Babbage' WHERE id = 2
	RETURNING updated_at > created_at AS later, updated_by = current_user AS by_me;
UPDATE kg.entity SET updated_by = 'importer', updated_at = '2001-01-01 UTC' WHERE id = 2
	RETURNING updated_at = '2001-01-01 UTC' AS given, updated_by;
CREATE TABLE graph_create_t (a int);
CREATE TRIGGER t BEFORE INSERT ON graph_create_t FOR EACH ROW EXECUTE FUNCTION kg.set_updated();
INSERT INTO graph_create_t VALUES (1);
DROP TABLE graph_create_t;

-- A second graph, and names that need quoting; their rows keep apart.
SELECT kg.create_graph('My "odd" graph, 100%s', metric => 'l2', embedding_type => 'halfvec');
INSERT INTO "My ""odd"" graph, 100%s".entity_type (name) VALUES ('thing');
INSERT INTO "My ""odd"" graph, 100%s".relation_type (name) VALUES ('part of');
INSERT INTO "My ""odd"" graph, 100%s".entity (type, name) SELECT 1, 'thing ' || i FROM generate_series(1, 3) i;
INSERT INTO "My ""odd"" graph, 100%s".relation (source, target, type) VALUES (1, 2, 1), (1, 3, 1);
SELECT name, metric, made_schema FROM kg.graph ORDER BY name COLLATE "C";
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = '"My ""odd"" graph, 100%s".entity'::regclass AND attname = 'embedding';
SELECT entity, depth FROM kg.traverse('{1}', graph => 'My "odd" graph, 100%s') ORDER BY entity;
SET kg.adjacency_reader = sql;
SELECT entity, depth FROM kg.traverse('{1}', types => '{part of}', graph => 'My "odd" graph, 100%s') ORDER BY entity;
RESET kg.adjacency_reader;
SELECT entity, depth FROM kg.traverse('{2}') ORDER BY entity;
SELECT kg.drop_graph('My "odd" graph, 100%s');
SELECT name FROM kg.graph;
SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'My%';

-- The extension stays as long as there is a graph, also when its column of
-- embeddings is gone.
DROP EXTENSION kg;
ALTER TABLE kg.entity DROP COLUMN embedding;
ALTER TABLE kg.observation DROP COLUMN embedding;
DROP EXTENSION kg;

-- Wrong arguments
SELECT kg.create_graph();	-- there already
SELECT kg.create_graph(NULL);
SELECT kg.create_graph('');
SELECT kg.create_graph(repeat('long', 16));
SELECT kg.create_graph('pg_graph');
SELECT kg.create_graph('information_schema');
SELECT kg.create_graph('x', 0);
SELECT kg.create_graph('x', -1);
SELECT kg.create_graph('x', 16001);
SELECT kg.create_graph('x', metric => 'l3');
SELECT kg.create_graph('x', metric => NULL);
SELECT kg.create_graph('x', embedding_type => 'sparsevec');
SELECT kg.drop_graph('x');
SELECT kg.drop_graph(NULL);
SELECT name FROM kg.graph;
SELECT kg.create_graph('at most', 16000), kg.drop_graph('at most');

-- A schema of the user's own is used, and survives.
CREATE SCHEMA graph_create_own;
CREATE TABLE graph_create_own.relation (a int);
SELECT kg.create_graph('graph_create_own');
DROP TABLE graph_create_own.relation;
SELECT kg.create_graph('graph_create_own');
SELECT made_schema FROM kg.graph WHERE name = 'graph_create_own';
SELECT kg.drop_graph('graph_create_own');
SELECT count(*) FROM pg_namespace WHERE nspname = 'graph_create_own';
DROP SCHEMA graph_create_own;
-- So does one that holds something else by now.
SELECT kg.create_graph('graph_create_own');
CREATE TABLE graph_create_own.mine (entity bigint REFERENCES graph_create_own.entity);
SELECT kg.drop_graph('graph_create_own');
SELECT kg.drop_graph('graph_create_own', cascade => true);
\d graph_create_own.mine
DROP SCHEMA graph_create_own CASCADE;

-- Tables that were dropped or renamed by hand
SELECT kg.create_graph('graph_create_torn');
ALTER TABLE graph_create_torn.entity RENAME TO entities;
SELECT * FROM kg.traverse('{1}', graph => 'graph_create_torn');
SELECT * FROM kg.knn('[1]', graph => 'graph_create_torn');
SELECT kg.create_graph('graph_create_torn');
ALTER TABLE graph_create_torn.entities RENAME TO entity;
ALTER TABLE graph_create_torn.relation RENAME COLUMN target TO goal;
SELECT * FROM kg.traverse('{1}', graph => 'graph_create_torn');
SELECT kg.drop_graph('graph_create_torn');
SELECT kg.create_graph('graph_create_torn');
DROP SCHEMA graph_create_torn CASCADE;
SELECT * FROM kg.neighbors(1, graph => 'graph_create_torn');
SELECT kg.create_graph('graph_create_torn');	-- anew
DROP SCHEMA graph_create_torn CASCADE;
SELECT kg.drop_graph('graph_create_torn');
SELECT * FROM kg.neighbors(1, graph => 'graph_create_torn');

-- Roles: each owns its graphs, none can take the name of another's.
CREATE ROLE regress_kg_alice;
CREATE ROLE regress_kg_bob;
SELECT kg.drop_graph('kg');
SET ROLE regress_kg_alice;
SELECT kg.create_graph();
\set VERBOSITY terse
SELECT kg.create_graph('graph_create_a');
\set VERBOSITY default
RESET ROLE;
CREATE SCHEMA graph_create_a AUTHORIZATION regress_kg_alice;
CREATE SCHEMA graph_create_b AUTHORIZATION regress_kg_bob;
SET ROLE regress_kg_bob;
SELECT kg.create_graph('graph_create_a');
SET ROLE regress_kg_alice;
SELECT kg.create_graph('graph_create_a', 2);
SELECT c.relname, pg_get_userbyid(c.relowner), c.relacl FROM pg_class c
WHERE c.relnamespace = 'graph_create_a'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY 1;
SET ROLE regress_kg_bob;
SELECT name FROM kg.graph ORDER BY name COLLATE "C";
SELECT kg.create_graph('graph_create_a');
SELECT kg.drop_graph('graph_create_a');
SELECT kg.unregister_graph('graph_create_a');
SELECT kg.register_graph('graph_create_a', 'l2', true);
SELECT kg.register_graph('graph_create_b', 'l2', true);
INSERT INTO kg.graph (name, schema_name) VALUES ('graph_create_c', 'graph_create_b');
UPDATE kg.graph SET schema_name = 'graph_create_b';
DELETE FROM kg.graph;
SELECT * FROM kg.traverse('{1}', graph => 'graph_create_a');
RESET ROLE;
-- Not even in a schema where both may create tables ...
GRANT USAGE, CREATE ON SCHEMA graph_create_a TO regress_kg_bob;
SET ROLE regress_kg_bob;
SELECT kg.drop_graph('graph_create_a');
SELECT kg.create_graph('graph_create_a');
SELECT * FROM kg.traverse('{1}', graph => 'graph_create_a');
-- ... unless nothing but the entry is left.
SET ROLE regress_kg_alice;
DROP TABLE graph_create_a.alias, graph_create_a.change, graph_create_a.lexeme, graph_create_a.text_size,
	graph_create_a.relation, graph_create_a.observation, graph_create_a.entity,
	graph_create_a.entity_type, graph_create_a.relation_type;
SET ROLE regress_kg_bob;
SELECT kg.create_graph('graph_create_a');
-- The owner of the schema may drop what others put there, as always.
SET ROLE regress_kg_alice;
SELECT kg.drop_graph('graph_create_a');
RESET ROLE;
DROP SCHEMA graph_create_a, graph_create_b;
DROP ROLE regress_kg_alice, regress_kg_bob;
SELECT count(*) FROM kg.graph;
