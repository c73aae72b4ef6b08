-- kg_hnsw: kinds of tables, transactions, and every command that touches an
-- index
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
\set q '[0.1,-0.2,0.3,-0.4,0.5,-0.6]'
\set nearest 'e <-> ''[0.1,-0.2,0.3,-0.4,0.5,-0.6]'''
CREATE TEMPORARY VIEW vectors AS SELECT i AS id, pg_temp.vec(i, 6) AS e FROM generate_series(1, 500) i;

CREATE TABLE items (id int, e vector(6));
INSERT INTO items SELECT * FROM vectors;
CREATE INDEX items_e ON items USING kg_hnsw (e);

-- Rows of this transaction are found; after ROLLBACK they are not, nor after
-- ROLLBACK TO.
BEGIN;
INSERT INTO items SELECT 1000 + i, :'q' FROM generate_series(1, 20) i;
SELECT * FROM pg_temp.knn('items', :'nearest', 20);
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
ROLLBACK;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
BEGIN;
INSERT INTO items VALUES (2001, :'q');
SAVEPOINT s;
INSERT INTO items VALUES (2002, :'q');
DELETE FROM items WHERE id <= 100;
ROLLBACK TO s;
INSERT INTO items VALUES (2003, :'q');
SAVEPOINT t;
UPDATE items SET e = :'q' WHERE id = 1;
RELEASE t;
SET LOCAL enable_seqscan = off;
SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 3) s;
COMMIT;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
DO $$ BEGIN
	INSERT INTO kg.items VALUES (3001, '[0,0,0,0,0,1]'), (3002, '[1,2,3]');
EXCEPTION WHEN data_exception THEN
	RAISE NOTICE '%', sqlerrm;
END $$;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');

-- UPDATE: of the vector, of another column (HOT or not), of the id back and
-- forth.
UPDATE items SET e = e * '[2,2,2,2,2,2]' WHERE id % 5 = 0;
UPDATE items SET id = id + 10000;
UPDATE items SET id = id - 10000;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
VACUUM items;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');

-- VACUUM gives slots to new rows: the index does not grow as rows come and go.
CREATE PROCEDURE pg_temp.come_and_go() LANGUAGE sql AS $$
	INSERT INTO kg.items SELECT 5000 + i, pg_temp.vec(-i, 6) FROM generate_series(1, 400) i;
	DELETE FROM kg.items WHERE id > 5000
$$;
CALL pg_temp.come_and_go();
VACUUM items;
SELECT pg_relation_size('items_e') AS peak \gset
CALL pg_temp.come_and_go();
VACUUM items;
CALL pg_temp.come_and_go();
VACUUM items;
CALL pg_temp.come_and_go();
VACUUM items;
SELECT pg_relation_size('items_e') < 1.5 * :peak AS reused;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
-- Everything goes, and comes again.
DELETE FROM items;
VACUUM items;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
INSERT INTO items SELECT * FROM vectors;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
SELECT pg_relation_size('items_e') < 1.5 * :peak AS reused;
-- What VACUUM tells of the index.
VACUUM (ANALYZE) items;
SELECT reltuples, relpages * 8192 = pg_relation_size('items_e') AS pages FROM pg_class WHERE relname = 'items_e';
-- Options of VACUUM.
DELETE FROM items WHERE id <= 250;
VACUUM (INDEX_CLEANUP off) items;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
VACUUM (PARALLEL 2, INDEX_CLEANUP on) items;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
INSERT INTO items SELECT * FROM vectors WHERE id <= 250;

-- Commands that rewrite.
VACUUM FULL items;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
REINDEX INDEX items_e;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
REINDEX (VERBOSE false) TABLE CONCURRENTLY items;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
REINDEX INDEX CONCURRENTLY items_e;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
CLUSTER items USING items_e;
ALTER TABLE items CLUSTER ON items_e;
ALTER TABLE items ADD COLUMN name text DEFAULT 'x', ADD COLUMN stamp timestamptz DEFAULT clock_timestamp();
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
ALTER TABLE items DROP COLUMN name, ALTER COLUMN id TYPE bigint;
ALTER TABLE items ALTER COLUMN id TYPE int;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
ALTER TABLE items ALTER COLUMN e TYPE halfvec(6);
ALTER TABLE items ALTER COLUMN e TYPE vector(7);
SELECT pg_get_indexdef('items_e'::regclass);
ALTER INDEX items_e RENAME TO items_renamed;
ALTER TABLE items RENAME COLUMN e TO embedding;
SELECT plan, returned FROM pg_temp.knn('items', 'embedding <-> ''[1,2,3,4,5,6]''', 50);
ALTER TABLE items RENAME COLUMN embedding TO e;
DROP INDEX items_renamed;

-- CONCURRENTLY, of rows there and of those that came before.
CREATE INDEX CONCURRENTLY items_e ON items USING kg_hnsw (e);
SELECT indisvalid, indisready FROM pg_index WHERE indexrelid = 'items_e'::regclass;
SELECT * FROM pg_temp.knn('items', :'nearest', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', :'nearest');
DROP INDEX CONCURRENTLY items_e;
CREATE INDEX CONCURRENTLY items_e ON items USING kg_hnsw ((e::halfvec(6)) halfvec_l2_ops) WHERE id % 2 = 0;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE id % 2 = 0', 'e::halfvec(6) <-> ''[1,2,3,4,5,6]''');
-- An index that failed is there, invalid, and does no harm.
INSERT INTO items VALUES (7000, '[1,2,3,4,5,6]');
CREATE INDEX CONCURRENTLY items_bad ON items USING kg_hnsw (((e || e)::vector(11)));
SELECT indisvalid FROM pg_index WHERE indexrelid = 'items_bad'::regclass;
INSERT INTO items VALUES (7001, '[1,2,3,4,5,6]');
SELECT pg_temp.plan('SELECT id FROM items ORDER BY (e || e)::vector(11) <-> ''[1,2,3,4,5,6,7,8,9,10,11]''') ~ 'items_bad' AS used;
DROP INDEX items_bad;
DROP INDEX items_e;

-- A partial index holds what its condition allows, as it changes.
CREATE INDEX items_even ON items USING kg_hnsw (e) WHERE id % 2 = 0;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest');
SELECT plan, returned FROM pg_temp.knn('items', :'nearest', 5);
UPDATE items SET id = id + 1 WHERE id <= 100;
INSERT INTO items SELECT 10000 + id, e FROM vectors;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest');
SELECT * FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest', 50);

-- TRUNCATE, also in the transaction that made the index, and its ROLLBACK.
BEGIN;
TRUNCATE items;
SELECT plan, returned FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest');
INSERT INTO items SELECT * FROM vectors WHERE id <= 10;
SELECT plan, returned FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest');
ROLLBACK;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest');
TRUNCATE items;
INSERT INTO items SELECT * FROM vectors WHERE id <= 100;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE id % 2 = 0', :'nearest');
BEGIN;
CREATE TABLE here (id int, e vector(6));
INSERT INTO here SELECT * FROM vectors WHERE id <= 200;
CREATE INDEX ON here USING kg_hnsw (e);
SELECT plan, returned, missing, twice FROM pg_temp.knn('here', :'nearest');
INSERT INTO here SELECT id + 1000, e FROM vectors WHERE id <= 50;
TRUNCATE here;
INSERT INTO here SELECT id, e * '[9,9,9,9,9,9]' FROM vectors WHERE id <= 100;
SELECT * FROM pg_temp.knn('here', :'nearest', 20);
SELECT plan, returned, missing, twice FROM pg_temp.knn('here', :'nearest');
TRUNCATE here;
SELECT plan, returned FROM pg_temp.knn('here', :'nearest');
INSERT INTO here SELECT * FROM vectors WHERE id <= 200;
COMMIT;
SELECT * FROM pg_temp.knn('here', :'nearest', 20);
DROP TABLE here;

-- Temporary tables.
CREATE TEMP TABLE temporary (id int, e vector(6)) ON COMMIT DELETE ROWS;
CREATE INDEX ON temporary USING kg_hnsw (e);
BEGIN;
INSERT INTO temporary SELECT * FROM vectors;
SELECT * FROM pg_temp.knn('temporary', :'nearest', 50);
COMMIT;
SELECT plan, returned FROM pg_temp.knn('temporary', :'nearest');
BEGIN;
INSERT INTO temporary SELECT id, e * '[-3,3,-3,3,-3,3]' FROM vectors;
SELECT * FROM pg_temp.knn('temporary', :'nearest', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('temporary', :'nearest');
COMMIT;
CREATE TEMP TABLE kept (id int, e vector(6));
CREATE INDEX ON kept USING kg_hnsw (e vector_cosine_ops);
INSERT INTO kept SELECT * FROM vectors;
DELETE FROM kept WHERE id % 2 = 0;
VACUUM kept;
INSERT INTO kept SELECT * FROM vectors WHERE id % 2 = 0;
SELECT * FROM pg_temp.knn('kept', 'e <=> ''[1,2,3,4,5,6]''', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('kept', 'e <=> ''[1,2,3,4,5,6]''');

-- Unlogged tables, and from one kind to the other.
CREATE UNLOGGED TABLE unlogged (id int, e vector(6));
CREATE INDEX unlogged_e ON unlogged USING kg_hnsw (e);
SELECT pg_relation_size('unlogged_e', 'init') > 0 AS init_fork;
INSERT INTO unlogged SELECT * FROM vectors;
DELETE FROM unlogged WHERE id % 3 = 0;
VACUUM unlogged;
SELECT * FROM pg_temp.knn('unlogged', :'nearest', 50);
ALTER TABLE unlogged SET LOGGED;
SELECT * FROM pg_temp.knn('unlogged', :'nearest', 50);
ALTER TABLE unlogged SET UNLOGGED;
SELECT plan, returned, missing, twice FROM pg_temp.knn('unlogged', :'nearest');
TRUNCATE unlogged;
INSERT INTO unlogged SELECT * FROM vectors;
SELECT plan, returned, missing, twice FROM pg_temp.knn('unlogged', :'nearest');
DROP TABLE unlogged;

-- Partitions and inheritance: one ordered scan of each, merged.
CREATE TABLE parted (id int, e vector(6)) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (400);
CREATE INDEX parted_e ON parted USING kg_hnsw (e) WITH (m = 16);
CREATE TABLE parted_3 PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT * FROM vectors;
SELECT indexrelid::regclass FROM pg_index WHERE indrelid::regclass::text LIKE 'parted%' ORDER BY 1;
SET enable_seqscan = off;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT id FROM parted ORDER BY e <-> :'q' LIMIT 5;
RESET enable_seqscan;
RESET enable_sort;
SELECT plan, ordered, distances FROM pg_temp.knn('parted', :'nearest', 50);
SELECT plan, returned, missing, twice FROM pg_temp.knn('parted', :'nearest');
SELECT plan, returned, ordered, distances FROM pg_temp.knn('parted WHERE id < 100', :'nearest', 20);
UPDATE parted SET id = id + 1000 WHERE id < 50;
ALTER TABLE parted DETACH PARTITION parted_3;
SELECT plan, returned, missing, twice FROM pg_temp.knn('parted', :'nearest');
DROP TABLE parted, parted_3;

-- Privileges and row security stay the table's.
CREATE ROLE regress_kg_reader;
CREATE TABLE secret (id int, e vector(6));
INSERT INTO secret SELECT * FROM vectors;
CREATE INDEX ON secret USING kg_hnsw (e);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON secret USING (id % 2 = 1);
GRANT SELECT ON secret TO regress_kg_reader;
GRANT USAGE ON SCHEMA kg TO regress_kg_reader;
SET enable_seqscan = off;
SET ROLE regress_kg_reader;
SELECT count(*), count(*) FILTER (WHERE id % 2 = 0) AS hidden FROM (SELECT id FROM secret ORDER BY e <-> :'q' LIMIT 100) s;
SELECT count(*) FROM (SELECT id FROM secret ORDER BY e <-> :'q') s;
RESET ROLE;
RESET enable_seqscan;
DROP TABLE secret;
REVOKE USAGE ON SCHEMA kg FROM regress_kg_reader;
DROP ROLE regress_kg_reader;

-- COPY, upserts, and triggers that change the vector.
CREATE TABLE fed (id int PRIMARY KEY, e vector(6));
CREATE INDEX ON fed USING kg_hnsw (e);
COPY fed FROM stdin;
1	[1,2,3,4,5,6]
2	\N
3	[0,0,0,0,0,0]
\.
INSERT INTO fed SELECT * FROM vectors ON CONFLICT (id) DO UPDATE SET e = excluded.e;
INSERT INTO fed SELECT * FROM vectors ON CONFLICT DO NOTHING;
SELECT plan, returned, missing, twice FROM pg_temp.knn('fed', :'nearest');
SELECT * FROM pg_temp.knn('fed', :'nearest', 50);
CREATE FUNCTION pg_temp.negate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.e := NEW.e * '[-1,-1,-1,-1,-1,-1]'::kg.vector;
	RETURN NEW;
END $$;
CREATE TRIGGER negate BEFORE UPDATE ON fed FOR EACH ROW EXECUTE FUNCTION pg_temp.negate();
UPDATE fed SET id = id WHERE id <= 100;
SELECT * FROM pg_temp.knn('fed', :'nearest', 50);

-- What depends on what.
DROP OPERATOR CLASS vector_l2_ops USING kg_hnsw;
DROP ACCESS METHOD kg_hnsw;

DROP TABLE fed, items;
DROP VIEW vectors;
