-- kg_hnsw: options, settings, dimensions, and what is refused
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

CREATE TABLE items (id int, e vector(5), h halfvec(5), plain vector, s sparsevec(5), b bit(5), a real[]);
INSERT INTO items (id, e, h, plain) SELECT i, v, v, v FROM (SELECT i, pg_temp.vec(i, 5) AS v FROM generate_series(1, 300) i) s;

-- Settings.
SELECT name, min_val, max_val, enumvals, context FROM pg_settings WHERE name IN ('kg.ef_search', 'kg.iterative_scan') ORDER BY 1;
SET kg.ef_search = 0;
SET kg.ef_search = -1;
SET kg.ef_search = 100000;
SET kg.ef_search = 'many';
SET kg.ef_search = 1;
SET kg.iterative_scan = 'sometimes';
SET kg.iterative_scan = 'RELAXED';
-- pgvector's words
SET kg.iterative_scan = strict_order;
SHOW kg.iterative_scan;
SET kg.iterative_scan = relaxed_order;
SHOW kg.iterative_scan;
RESET kg.ef_search;
RESET kg.iterative_scan;

-- Options: what is not one, and what is out of range.
CREATE INDEX ON items USING kg_hnsw (e) WITH (lists = 10);
CREATE INDEX ON items USING kg_hnsw (e) WITH (fillfactor = 50);
CREATE INDEX ON items USING kg_hnsw (e) WITH (m = 1);
CREATE INDEX ON items USING kg_hnsw (e) WITH (m = 101);
CREATE INDEX ON items USING kg_hnsw (e) WITH (m = 'x');
CREATE INDEX ON items USING kg_hnsw (e) WITH (ef_construction = 3);
CREATE INDEX ON items USING kg_hnsw (e) WITH (ef_construction = 2001);
CREATE INDEX ON items USING kg_hnsw (e) WITH (storage = f8);
CREATE INDEX ON items USING kg_hnsw (e) WITH (code_bits = 3);
CREATE INDEX ON items USING kg_hnsw (e) WITH (code_bits = -1);
CREATE INDEX ON items USING kg_hnsw (e) WITH (m = 8, m = 9);

-- Options: all that there are. No row of this query is a failure.
CREATE FUNCTION pg_temp.try_options(options text) RETURNS SETOF record
LANGUAGE plpgsql AS $$
BEGIN
	DROP INDEX IF EXISTS try_e, try_h;
	EXECUTE format('CREATE INDEX try_e ON items USING kg_hnsw (e) WITH (%s)', options);
	EXECUTE format('CREATE INDEX try_h ON items USING kg_hnsw (h halfvec_cosine_ops) WITH (%s)', options);
	RETURN QUERY SELECT k.* FROM pg_temp.knn('items', 'e <-> ''[1,-1,1,-1,0.5]''', 20) k
		UNION ALL SELECT k.* FROM pg_temp.knn('items', 'h <=> ''[1,-1,1,-1,0.5]''') k;
	DROP INDEX try_e, try_h;
END $$;
SET client_min_messages = warning;
SELECT options, k.plan, k.returned, k.distances, k.missing, k.twice
FROM unnest(ARRAY[
	'm = 8', 'm = 64', 'm = 33', 'ef_construction = 4', 'ef_construction = 2000',
	'storage = auto', 'storage = f32', 'storage = f16', 'storage = sq8', 'storage = ''F16''',
	'code_bits = 0', 'code_bits = 1', 'code_bits = 2',
	'm = 7, ef_construction = 33, storage = sq8, code_bits = 1'
]) WITH ORDINALITY o(options, n),
	pg_temp.try_options(options) AS k(plan text, returned bigint, ordered bool, distances bool, missing bigint, twice bigint)
WHERE k.missing IS NULL AND NOT k.distances OR k.missing > 0 OR k.twice > 0 OR k.plan <> 'index';
RESET client_min_messages;
CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (m = 24, ef_construction = 50, storage = f32, code_bits = 2);
SELECT reloptions FROM pg_class WHERE relname = 'items_e';
-- They are the build's: the index keeps those that it was built with.
ALTER INDEX items_e SET (m = 10, storage = sq8);
ALTER INDEX items_e SET (m = 1);
ALTER INDEX items_e SET (height = 2);
INSERT INTO items (id, e) SELECT i, pg_temp.vec(i, 5) FROM generate_series(301, 400) i;
SELECT * FROM pg_temp.knn('items', 'e <-> ''[1,-1,1,-1,0.5]''', 20);
REINDEX INDEX items_e;
SELECT * FROM pg_temp.knn('items', 'e <-> ''[1,-1,1,-1,0.5]''', 20);
ALTER INDEX items_e RESET (m, storage);
REINDEX INDEX items_e;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', 'e <-> ''[1,-1,1,-1,0.5]''');
DROP INDEX items_e;

-- What cannot be indexed.
CREATE INDEX ON items USING kg_hnsw (plain);
CREATE INDEX ON items USING kg_hnsw (b);
CREATE INDEX ON items USING kg_hnsw (a);
CREATE INDEX ON items USING kg_hnsw (id);
CREATE INDEX ON items USING kg_hnsw (e halfvec_l2_ops);
CREATE INDEX ON items USING kg_hnsw (h vector_cosine_ops);
CREATE INDEX ON items USING kg_hnsw (e, h);
CREATE INDEX ON items USING kg_hnsw (e) INCLUDE (id);
-- since 19 they tell of the place
\set VERBOSITY sqlstate
CREATE INDEX ON items USING kg_hnsw (e DESC);
CREATE INDEX ON items USING kg_hnsw (e NULLS FIRST);
\set VERBOSITY default
CREATE UNIQUE INDEX ON items USING kg_hnsw (e);
-- From 17 on the message names the operator with its schema.
\set VERBOSITY sqlstate
CREATE TABLE excluded (e vector(3), EXCLUDE USING kg_hnsw (e WITH <->));
\set VERBOSITY default
CREATE INDEX ON items USING kg_hnsw ((plain::vector(4)));

-- An expression with dimensions can, with the rows that have them.
UPDATE items SET plain = e WHERE plain IS NULL;
CREATE INDEX items_plain ON items USING kg_hnsw ((plain::vector(5)));
CREATE INDEX items_half ON items USING kg_hnsw ((e::halfvec(5)) halfvec_l2_ops);
CREATE INDEX items_sub ON items USING kg_hnsw ((subvector(e, 1, 3)::vector(3)));
SELECT key, k.* FROM unnest(ARRAY['plain::vector(5) <-> ''[1,2,3,4,5]''', 'e::halfvec(5) <-> ''[1,2,3,4,5]''',
	'subvector(e, 1, 3)::vector(3) <-> ''[1,2,3]''']) key, pg_temp.knn('items', key, 20) k;
INSERT INTO items (id, plain) VALUES (1000, '[1,2,3]');
INSERT INTO items (id, e) VALUES (1000, '[1,2,3]');
UPDATE items SET plain = '[1,2,3,4,5,6]' WHERE id = 1;
DROP INDEX items_plain, items_half, items_sub;

-- One table, vectors of several lengths, an index for each.
INSERT INTO items (id, plain) SELECT i, pg_temp.vec(i, 3) FROM generate_series(501, 600) i;
INSERT INTO items (id, plain) SELECT i, NULL FROM generate_series(601, 610) i;
CREATE INDEX items_3 ON items USING kg_hnsw ((plain::vector(3))) WHERE vector_dims(plain) = 3;
CREATE INDEX items_5 ON items USING kg_hnsw ((plain::vector(5))) WHERE vector_dims(plain) = 5;
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE vector_dims(plain) = 3', 'plain::vector(3) <-> ''[1,2,3]''');
SELECT plan, returned, missing, twice FROM pg_temp.knn('items WHERE vector_dims(plain) = 5', 'plain::vector(5) <-> ''[1,2,3,4,5]''');

-- A query of another length is an error, also if there is no row to
-- compare it with.
CREATE TABLE few (id int, e vector(3));
CREATE INDEX few_e ON few USING kg_hnsw (e);
SET enable_seqscan = off;
SELECT id FROM few ORDER BY e <-> '[1,2]' LIMIT 1;
SELECT id FROM items WHERE vector_dims(plain) = 3 ORDER BY plain::vector(3) <-> '[1,2,3,4]' LIMIT 1;
INSERT INTO few VALUES (1, '[1,2]');
INSERT INTO few VALUES (1, '[1,2,3,4]');
RESET enable_seqscan;
DROP TABLE items, few;

-- The most dimensions that fit, and one more.  All do unless options say how.
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.try_dims(dims int, options text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('CREATE TEMP TABLE try (id int, e kg.vector(%s))', dims);
	EXECUTE 'CREATE INDEX ON try USING kg_hnsw (e) ' || options;
	INSERT INTO try SELECT i, pg_temp.vec(i, dims) FROM generate_series(1, 12) i;
	result := (SELECT k::text FROM pg_temp.knn('try', 'e <-> (SELECT e FROM try WHERE id = 7)') k);
	DROP TABLE try;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlerrm;
END $$;
CREATE FUNCTION pg_temp.most_dims(options text) RETURNS int
LANGUAGE sql AS $$
	SELECT substring(pg_temp.try_dims(16000, options) FROM 'more than (\d+)')::int
$$;
SELECT options, pg_temp.try_dims(most, options) AS at_most, left(pg_temp.try_dims(most + 1, options), 24) AS one_more
FROM unnest(ARRAY['WITH (storage = sq8)', 'WITH (storage = f16)', 'WITH (storage = f32)',
	'WITH (storage = f32, code_bits = 2, m = 32)']) options, pg_temp.most_dims(options) most;
SELECT pg_temp.try_dims(16000, '');
RESET client_min_messages;
CREATE TABLE long (id int, e vector(16000));
CREATE INDEX ON long USING kg_hnsw (e);
DROP TABLE long;

-- pgvector's access methods, which are not here, hint at kg's
CREATE TABLE items (id int, e kg.vector(3));
CREATE INDEX ON items USING hnsw (e kg.vector_l2_ops);
CREATE INDEX ON items USING ivfflat (e);
CREATE INDEX ON items USING hash (e);
CREATE INDEX ON items USING other (e);
SELECT kg.hint_access_method();
DROP TABLE items;
