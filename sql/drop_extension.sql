--
-- DROP EXTENSION says what would be lost, and how graphs are dropped
--
\set first_database :DBNAME
CREATE DATABASE kg_drop_test;
\c kg_drop_test
CREATE EXTENSION kg;

-- without graphs and columns it goes and comes
DROP EXTENSION kg;
CREATE EXTENSION kg;
BEGIN;
DROP SCHEMA kg CASCADE;
ROLLBACK;

-- a registered graph
CREATE TABLE page (url text PRIMARY KEY);
CREATE TABLE link (a text REFERENCES page, b text REFERENCES page);
SELECT kg.register_graph('web', '"page"', '"link"');
DROP EXTENSION kg;
DROP EXTENSION IF EXISTS kg RESTRICT;
-- who may not drop it hears that, and nothing of what would be lost
CREATE ROLE regress_kg_nobody;
SET ROLE regress_kg_nobody;
DROP EXTENSION kg;
DROP EXTENSION kg CASCADE;
DROP SCHEMA kg;
RESET ROLE;
DROP ROLE regress_kg_nobody;
BEGIN;
DROP EXTENSION kg CASCADE;
ROLLBACK;
SELECT name FROM kg.graph;

-- a created one, and columns: of arrays and domains, too
SELECT kg.create_graph(dimensions => 3);
SELECT kg.create_graph('my graph', dimensions => 3);
CREATE DOMAIN unit_vector AS kg.vector(3);
CREATE TABLE items (id int, embedding kg.vector(3), several kg.halfvec[], unit unit_vector, plain real[]);
DROP EXTENSION kg;
DROP SCHEMA kg;
BEGIN;
\set VERBOSITY terse
DROP EXTENSION kg CASCADE;
\set VERBOSITY default
SELECT attname FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
ROLLBACK;

-- what the hint says does
SELECT kg.drop_graph(name) FROM kg.graph ORDER BY name;
DROP EXTENSION kg;
ALTER TABLE items DROP COLUMN several, DROP COLUMN unit;
DROP DOMAIN unit_vector;
INSERT INTO items (embedding) VALUES ('[1,2,3]');
ALTER TABLE items ALTER COLUMN embedding TYPE real[];
DROP EXTENSION kg;
SELECT embedding FROM items;

-- many columns are counted; an entry whose tables are gone keeps nothing
CREATE EXTENSION kg;
SELECT format('CREATE TABLE t%s (v kg.vector)', i) FROM generate_series(10, 21) i \gexec
DROP EXTENSION kg;
SELECT format('DROP TABLE t%s', i) FROM generate_series(10, 21) i \gexec
SELECT kg.register_graph('web', '"page"', '"link"');
DROP TABLE page, link;
DROP EXTENSION kg;

-- other schemas and extensions are not its business; nor is a call by hand
CREATE EXTENSION kg;
CREATE SCHEMA other;
DROP SCHEMA other;
SELECT kg.guard_drop();
\c :first_database
DROP DATABASE kg_drop_test;
