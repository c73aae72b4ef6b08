-- kg_hnsw: how vectors are stored, from 1 to 16,000 dimensions, and what it takes
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

-- What is chosen, and what it takes: bytes a row as measured for the design.
SELECT d AS dims, s.*
FROM unnest(ARRAY[1, 64, 100, 128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 8000, 12000, 16000]) d,
	estimate_index_size(1000000, d, 'cosine') s;
SELECT options, s.*
FROM (VALUES (128, '{storage=sq8,code_bits=1}'::text[]), (1536, '{code_dims=544}'), (128, '{storage=f32,m=32}'),
	(100, '{code_dims=50,code_bits=1,storage=sq2}'), (100, '{code_dims=16000}'), (10000, '{m=64}'), (7000, '{m=2}')) o(dims, options),
	estimate_index_size(1000, dims, options => options) s;
-- Inner product takes as much as the others.
SELECT metric, s.* FROM unnest(ARRAY['l2', 'ip', 'cosine']) metric, estimate_index_size(0, 128, metric) s;

-- All lengths fit; the most that a storage fits is what the error says.
SELECT count(*), min(rows_per_page) FROM generate_series(1, 16000, 97) d, estimate_index_size(1, d) s;
SELECT storage, pg_temp.try(format('estimate_index_size(1, 16000, ''ip'', ''{storage=%s}'')', storage))
FROM unnest(ARRAY['f32', 'f16', 'sq8', 'sq4', 'sq2']) storage;
SELECT pg_temp.try('estimate_index_size(1, 1983, ''ip'', ''{storage=f32}'')'),
	pg_temp.try('estimate_index_size(1, 1984, ''ip'', ''{storage=f32}'')');

SELECT expression, pg_temp.try(expression)
FROM unnest(ARRAY[
	'estimate_index_size(-1, 3)', 'estimate_index_size(3000000000, 3)', 'estimate_index_size(1, 0)',
	'estimate_index_size(1, 16001)', 'estimate_index_size(1, 3, ''manhattan'')', 'estimate_index_size(1, 3, ''l2'', ''{m=1}'')',
	'estimate_index_size(1, 3, ''l2'', ''{lists=3}'')', 'estimate_index_size(1, 3, ''l2'', ''{storage=sq1}'')',
	'estimate_index_size(1, 3, ''l2'', ''{code_dims=-1}'')', 'estimate_index_size(1, 3, ''l2'', ''{code_dims=16001}'')',
	'estimate_index_size(1, 3, NULL)', 'estimate_index_size(1, 3, ''l2'', ''{}'', 5)', 'estimate_index_size(1, 3, filters => -1)',
	'estimate_index_size(1, 3, method => ''btree'')', 'estimate_index_size(1, 3, method => NULL)',
	'estimate_index_size(1, 3, ''l1'', method => ''kg_diskann'')', 'estimate_index_size(1, 3, ''l2'', ''{members=5}'')',
	'estimate_index_size(1, 3, ''l2'', ''{m=16}'', method => ''kg_diskann'')'
]) expression;

-- The estimate is the size.
CREATE TABLE items (id int, e vector(100), h halfvec(100));
INSERT INTO items SELECT i, v, v FROM (SELECT i, pg_temp.vec(i, 100) AS v FROM generate_series(1, 500) i) s;
CREATE FUNCTION pg_temp.size_with(options text) RETURNS TABLE (same bool, storage text, code_bits int, code_dims int, m int)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (%s)', options);
	RETURN QUERY SELECT s.bytes = pg_relation_size('items_e') AND s.bytes = i.node_bytes + i.other_bytes
		AND (s.storage, s.code_bits, s.code_dimensions, s.m) = (i.storage, i.code_bits, i.code_dimensions, i.m),
		i.storage, i.code_bits, i.code_dimensions, i.m
	FROM estimate_index_size(500, 100, 'l2', string_to_array(options, ', ')) s, index_info('items_e') i;
	DROP INDEX items_e;
END $$;
SELECT options, s.*
FROM unnest(ARRAY['storage=auto', 'storage=sq8', 'storage=sq4', 'storage=sq2', 'storage=sq4, code_dims=60',
	'm=8, code_bits=1, code_dims=8']) options, pg_temp.size_with(options) s;

-- Exact order and all rows, in every storage: only failures are shown.
CREATE FUNCTION pg_temp.answers(class text, key text, options text)
RETURNS TABLE (plan text, returned bigint, ordered bool, distances bool, missing bigint, twice bigint, problems bigint)
LANGUAGE plpgsql AS $$
DECLARE
	column_name text := substr(key, 1, 1);
BEGIN
	EXECUTE format('CREATE INDEX items_knn ON items USING kg_hnsw (%s %s) WITH (%s)', column_name, class, options);
	RETURN QUERY SELECT k.*, (SELECT count(*) FROM index_check('items_knn'))
		FROM unnest(ARRAY[10, NULL]) n, pg_temp.knn('items', key, n) k;
	DROP INDEX items_knn;
END $$;
SET kg.ef_search = 1000;
SELECT storage, key, a.*
FROM unnest(ARRAY['f32', 'f16', 'sq8', 'sq4', 'sq2']) storage,
	(VALUES ('vector_l2_ops', 'e <-> pg_temp.vec(-1, 100)'), ('vector_ip_ops', 'e <#> pg_temp.vec(-1, 100)'),
		('vector_cosine_ops', 'e <=> pg_temp.vec(-1, 100)'), ('halfvec_l2_ops', 'h <-> pg_temp.vec(7, 100)::halfvec'),
		('halfvec_cosine_ops', 'h <=> pg_temp.vec(7, 100)::halfvec')) k(class, key),
	pg_temp.answers(class, key, 'storage = ' || storage) a
WHERE plan <> 'index' OR NOT ordered OR NOT distances OR missing > 0 OR twice > 0 OR problems > 0;
-- A few code dimensions, and more than there are, do as well.
SELECT options, a.*
FROM unnest(ARRAY['code_dims = 1', 'code_dims = 40, code_bits = 2', 'code_dims = 16000', 'storage = sq2, code_dims = 24']) options,
	pg_temp.answers('vector_l2_ops', 'e <-> pg_temp.vec(-1, 100)', options) a
WHERE plan <> 'index' OR NOT ordered OR NOT distances OR missing > 0 OR twice > 0 OR problems > 0;

-- Coarse storage with the default settings: order holds.
CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (storage = sq2);
RESET kg.ef_search;
SELECT k.plan, k.returned, k.ordered, k.twice FROM pg_temp.knn('items', 'e <-> pg_temp.vec(-1, 100)', 20) k;
SET kg.ef_search = 1000;
-- Equal vectors share a node; vectors that sq2 cannot tell apart keep their order.
INSERT INTO items SELECT 1000 + i, e FROM items, generate_series(1, 3) i WHERE id = 5;
INSERT INTO items SELECT 2000 + i, array_prepend((5000 + i) / 1e6::real, (e::real[])[2:])::vector FROM items, generate_series(1, 30) i WHERE id = 5;
SELECT k.* FROM pg_temp.knn('items', 'e <-> (SELECT e FROM items WHERE id = 5)') k;
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
INSERT INTO items SELECT 3000 + i, pg_temp.vec(i, 100) FROM generate_series(1, 100) i;
SELECT k.* FROM pg_temp.knn('items', 'e <-> (SELECT e FROM items WHERE id = 5)') k;
SELECT * FROM index_check('items_e');
DROP TABLE items;
RESET kg.ef_search;

-- For LIMIT 10, few more rows are fetched than returned, however coarse the
-- storage.  What is fetched is counted.
CREATE TABLE items (id int, e vector(128));
INSERT INTO items SELECT i, pg_temp.vec(i % 40, 128) + pg_temp.vec(i, 128) FROM generate_series(1, 1500) i;
CREATE FUNCTION pg_temp.rechecks(storage text) RETURNS TABLE (returned bigint, fetched_few bool, reranked bool)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (storage = %s)', storage);
	SET LOCAL enable_seqscan = off;
	EXECUTE 'SELECT count(*) FROM generate_series(1, 50) i, LATERAL (SELECT id FROM items ORDER BY e <-> pg_temp.vec(i, 128) LIMIT 10) s' INTO returned;
	SELECT rows_returned <= 20 * scans, nodes_reranked > 0 INTO fetched_few, reranked FROM last_scan();
	DROP INDEX items_e;
	RETURN NEXT;
END $$;
SELECT storage, r.* FROM unnest(ARRAY['f32', 'f16', 'sq8', 'sq4', 'sq2']) storage, pg_temp.rechecks(storage) r;
DROP TABLE items;

-- The longest vectors: built, inserted, vacuumed.
CREATE TABLE long (id int, e vector(16000), h halfvec(12000));
INSERT INTO long SELECT i, v, subvector(v, 1, 12000) FROM (SELECT i, pg_temp.vec(i, 16000) AS v FROM generate_series(1, 40) i) s;
CREATE INDEX long_e ON long USING kg_hnsw (e);
CREATE INDEX long_h ON long USING kg_hnsw (h halfvec_cosine_ops);
INSERT INTO long SELECT i, v, subvector(v, 1, 12000) FROM (SELECT i, pg_temp.vec(i, 16000) AS v FROM generate_series(41, 60) i) s;
DELETE FROM long WHERE id % 4 = 0;
VACUUM long;
INSERT INTO long SELECT id + 100, e * e, NULL FROM long WHERE id <= 10;
SELECT dimensions, storage, code_bits, code_dimensions, m, nodes FROM index_info('long_e');
SELECT dimensions, storage, code_bits, code_dimensions, m, nodes FROM index_info('long_h');
SELECT * FROM pg_temp.knn('long', 'e <-> (SELECT e FROM long WHERE id = 7)');
SELECT * FROM pg_temp.knn('long', 'h <=> (SELECT h FROM long WHERE id = 43)');
SELECT * FROM index_check('long_e');
SELECT * FROM index_check('long_h');

-- m is named when it gives way, storage when it was not asked for.
CREATE INDEX ON long USING kg_hnsw ((subvector(e, 1, 7000)::vector(7000))) WITH (storage = sq8);
CREATE INDEX ON long USING kg_hnsw ((subvector(e, 1, 13000)::vector(13000))) WITH (storage = sq4, m = 12);
CREATE INDEX ON long USING kg_hnsw (e vector_ip_ops) WITH (storage = sq4);
CREATE INDEX ON long USING kg_hnsw (e) WITH (code_dims = 8000);
CREATE INDEX ON long USING kg_hnsw (e) WITH (storage = sq3);
CREATE INDEX ON long USING kg_hnsw (e) WITH (code_dims = 16001);
DROP TABLE long;

SELECT obj_description('estimate_index_size(bigint, int, text, text[], int, text)'::regprocedure) IS NOT NULL AS documented;
