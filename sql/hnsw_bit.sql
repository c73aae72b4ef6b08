-- kg_hnsw: bit strings by Hamming and Jaccard distance
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
\set plan_lines :abs_srcdir '/sql/include/plan_lines.sql'
\i :plan_lines

-- What there is, and is valid.
SELECT opcname, opcintype::regtype, opcdefault, amopopr::regoperator, amoppurpose, amvalidate(opc.oid)
FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
WHERE amname = 'kg_hnsw' AND opcintype = 'bit'::regtype
ORDER BY opcname, amopstrategy;

-- Columns that cannot be indexed.
CREATE TABLE odd (v bit varying(10), b bit(64001), e vector(3));
CREATE INDEX ON odd USING kg_hnsw (v bit_hamming_ops);
CREATE INDEX ON odd USING kg_hnsw (b bit_hamming_ops);
CREATE INDEX ON odd USING kg_hnsw (binary_quantize(e) bit_hamming_ops);
CREATE INDEX ON odd USING kg_hnsw ((v::bit(10)) bit_hamming_ops) WITH (storage = f16);
CREATE INDEX ON odd USING kg_hnsw ((v::bit(10)) bit_hamming_ops) WITH (code_bits = 2);
CREATE INDEX ON odd USING kg_hnsw ((v::bit(10)));
CREATE INDEX ON odd USING kg_hnsw ((v::bit(10)) bit_jaccard_ops);
DROP TABLE odd;

-- A row of hashes, one bit in three set.
CREATE FUNCTION pg_temp.bits(i int, n int) RETURNS bit varying
LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg((hashint8(i * 65536::bigint + j) % 3 = 0)::int::text, '' ORDER BY j)::bit varying FROM generate_series(1, n) j
$$;
CREATE TABLE items (id int, b bit(75), kind int);
INSERT INTO items SELECT i, pg_temp.bits(i % 700, 75)::bit(75), i % 3 FROM generate_series(1, 1000) i;
-- empty sets, and NULLs
INSERT INTO items SELECT 2000 + i, 0::bit(75), i FROM generate_series(1, 3) i;
INSERT INTO items SELECT 3000 + i, NULL, i FROM generate_series(1, 3) i;
CREATE INDEX items_hamming ON items USING kg_hnsw (b bit_hamming_ops);
CREATE INDEX items_jaccard ON items USING kg_hnsw (b bit_jaccard_ops, kind);
SELECT metric, storage, code_bits, code_dimensions, rows, nodes, orphans, frames, coarse_nodes FROM index_info('items_hamming');
SELECT * FROM index_check('items_hamming');
SELECT * FROM index_check('items_jaccard');

-- Against sequential scans: a row, a stranger, and the empty set.
CREATE TEMP TABLE queries (name text, q bit(75));
INSERT INTO queries VALUES ('row', (SELECT b FROM items WHERE id = 17)), ('stranger', pg_temp.bits(-5, 75)::bit(75)), ('empty', 0::bit(75));
SELECT op, k_limit, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('<~>'), ('<%>')) o(op), (VALUES (10), (250)) l(k_limit), queries,
	pg_temp.knn('items', format('b %s %L::bit(75)', op, q), k_limit) k
GROUP BY op, k_limit ORDER BY op, k_limit;
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('<~>'), ('<%>')) o(op), queries, pg_temp.knn('items', format('b %s %L::bit(75)', op, q)) k
GROUP BY op ORDER BY op;

-- A cursor, which has no LIMIT; NULLs come last.
SET enable_seqscan = off;
BEGIN;
DECLARE c CURSOR FOR SELECT id, b <~> (SELECT b FROM items WHERE id = 17) AS d FROM items
	ORDER BY b <~> (SELECT b FROM items WHERE id = 17);
FETCH 2 FROM c;
MOVE 1000 IN c;
FETCH 5 FROM c;
COMMIT;

-- Balls: centre and radius, of one bit string or another.
SELECT ball(B'1011', 3), '<B10,4.5>'::ball, '< B , 1 >'::ball, bit_center('<B10,4>'), radius('<B10,4>'::ball);
SELECT center('<B10,4>'::ball);
SELECT bit_center('<[1,2],4>');
SELECT '<B12,4>'::ball;
SELECT '<B1>'::ball;
SELECT B'10' <<~>> '<[1,2],4>';
SELECT '[1,2]'::vector <<->> '<B10,4>'::ball;
SELECT B'1010' <<~>> ball(B'1111', 2) AS two, B'1010' <<~>> ball(B'1111', 1) AS one, B'1010' <<%>> ball(B'1111', 0.5) AS half,
	B'0' <<%>> ball(B'0', 0.9) AS empty;
SELECT B'101' <<~>> ball(B'1111', 2);
CREATE TEMP TABLE found AS SELECT name, op, r,
	(SELECT array_agg(id ORDER BY id) FROM items WHERE CASE op WHEN '<~>' THEN b <~> q ELSE b <%> q END <= r) AS exact
FROM queries, (VALUES ('<~>', 20), ('<~>', 33), ('<~>', 75), ('<%>', 0.5), ('<%>', 0.75), ('<%>', 1)) v(op, r);
SELECT * FROM pg_temp.plan_lines($$SELECT id FROM items WHERE b <<~>> ball((SELECT q FROM queries WHERE name = 'row'), 33)$$);
SELECT * FROM pg_temp.plan_lines($$SELECT id FROM items WHERE b <<%>> ball((SELECT q FROM queries WHERE name = 'row'), 0.75) AND kind = 1 ORDER BY b <%> (SELECT q FROM queries WHERE name = 'row') LIMIT 5$$);
SET enable_bitmapscan = off;
SELECT f.op, f.r, count(*) AS queries, bool_and(i.ids <@ f.exact) AS right, bool_and(cardinality(i.ids) >= 0.95 * cardinality(f.exact)) AS found
FROM found f JOIN queries USING (name), LATERAL (
	SELECT coalesce(CASE f.op WHEN '<~>' THEN (SELECT array_agg(id ORDER BY id) FROM items WHERE b <<~>> ball(q, f.r))
		ELSE (SELECT array_agg(id ORDER BY id) FROM items WHERE b <<%>> ball(q, f.r)) END, '{}') AS ids) i
WHERE f.exact IS NOT NULL GROUP BY f.op, f.r ORDER BY f.op, f.r;
-- The distance in WHERE, and a filter column.
SELECT count(*), bool_and(d <= 30) FROM (SELECT b <~> q AS d FROM items, queries WHERE name = 'row' AND b <~> q <= 30) s;
SELECT id, kind, b <~> (SELECT q FROM queries WHERE name = 'row') AS d FROM items WHERE b <~> (SELECT q FROM queries WHERE name = 'row') <= 30
ORDER BY b <~> (SELECT q FROM queries WHERE name = 'row'), id LIMIT 6;
SELECT count(*) AS rows, bool_and(kind = 1) AS pass FROM (
	SELECT kind FROM items WHERE kind = 1 ORDER BY b <%> (SELECT q FROM queries WHERE name = 'row') LIMIT 300) s;

-- Inserts, deletes, VACUUM; another length of the query.
INSERT INTO items SELECT 5000 + i, pg_temp.bits(5000 + i, 75)::bit(75), i % 3 FROM generate_series(1, 300) i;
DELETE FROM items WHERE id % 4 = 0;
VACUUM items;
SELECT * FROM index_check('items_hamming');
SELECT * FROM index_check('items_jaccard');
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('<~>'), ('<%>')) o(op), queries, pg_temp.knn('items', format('b %s %L::bit(75)', op, q)) k
GROUP BY op ORDER BY op;
SELECT id FROM items ORDER BY b <~> B'101' LIMIT 1;
SELECT id FROM items ORDER BY b <~> NULL LIMIT 1;
RESET enable_seqscan;

-- Recall, calibration, exact search.
CREATE TABLE many (id int, b bit(64));
INSERT INTO many SELECT i, pg_temp.bits(i % 40, 64)::bit(64) # (pg_temp.bits(1000 + i, 64)::bit(64) & pg_temp.bits(-i, 64)::bit(64)) FROM generate_series(1, 3000) i;
CREATE INDEX many_b ON many USING kg_hnsw (b bit_hamming_ops);
SELECT queries, recall > 0.9 AS recall FROM index_recall('many_b', 50);
SELECT queries, recall > 0.9 AS recall FROM index_recall('many_b', 50, 5, 'many', 'b');
SELECT calibrate('many_b'), calibrate('many_b', (SELECT array_agg(b) FROM many WHERE id <= 100));
SELECT calibrate('many_b', ARRAY['[1]'::vector]);
SELECT query, rank, distance, row_key FROM knn_exact_join('many', 'b', 'many', 'b', 2, 'hamming', 'id', 'id')
WHERE query IN ('1', '2') ORDER BY query, rank;
SELECT * FROM knn_exact('many', 'b', ARRAY['[1,2]'::vector], 2, 'hamming');
SELECT * FROM knn_exact_join('many', 'b', 'many', 'b', 2, 'l2');

-- Long strings: a neighbour's code is a sample of the bits.
CREATE TABLE long (id int, b bit(20000));
INSERT INTO long SELECT i, (repeat(pg_temp.bits(i % 25, 500)::text, 40)::bit varying # (repeat(pg_temp.bits(i, 200)::text, 100))::bit varying)::bit(20000)
FROM generate_series(1, 200) i;
CREATE INDEX long_hamming ON long USING kg_hnsw (b bit_hamming_ops);
CREATE INDEX long_jaccard ON long USING kg_hnsw (b bit_jaccard_ops);
SELECT code_dimensions < 20000 AS sampled, storage FROM index_info('long_hamming');
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('<~>'), ('<%>')) o(op), (VALUES (3), (77)) q(id), pg_temp.knn('long', format('b %s (SELECT b FROM long WHERE id = %s)', op, q.id)) k
GROUP BY op ORDER BY op;
SELECT * FROM index_check('long_hamming');
CREATE TABLE longest (b bit(64000));
CREATE INDEX longest_b ON longest USING kg_hnsw (b bit_hamming_ops);
INSERT INTO longest SELECT repeat(pg_temp.bits(i, 640)::text, 100)::bit(64000) FROM generate_series(1, 30) i;
SELECT * FROM index_check('longest_b');
SELECT count(*) FROM (SELECT 1 FROM longest ORDER BY b <~> 0::bit(64000)) s;
SELECT bits, bytes_per_row <= 8192 AS fits, storage, m FROM unnest(ARRAY[1, 64, 384, 768, 1536, 4096, 64000]) bits,
	estimate_index_size(1000000, bits, 'hamming', '{}', 4);
SELECT * FROM estimate_index_size(1000, 64001, 'jaccard');

-- Quantized embeddings: the nearest by Hamming distance, then by the vectors.
CREATE TABLE docs (id int, embedding vector(32));
INSERT INTO docs SELECT i, pg_temp.vec(i % 30, 32) + pg_temp.vec(1000 + i, 32) * array_fill(0.3, ARRAY[32])::vector FROM generate_series(1, 3000) i;
CREATE INDEX docs_bits ON docs USING kg_hnsw ((binary_quantize(embedding)::bit(32)) bit_hamming_ops);
ANALYZE docs;
SELECT pg_temp.vec(7, 32) AS q \gset
SELECT substring(pg_temp.plan(format('SELECT id FROM docs ORDER BY binary_quantize(embedding)::bit(32) <~> binary_quantize(%L::vector) LIMIT 100', :'q')) from 'Index Scan using (\w+)');
SELECT array_agg(id) = (SELECT array_agg(id) FROM (SELECT id FROM docs ORDER BY (embedding <=> :'q') + 0, id LIMIT 5) e) AS same FROM (
	SELECT id FROM (SELECT id, embedding FROM docs ORDER BY binary_quantize(embedding)::bit(32) <~> binary_quantize(:'q'::vector) LIMIT 100) s
	ORDER BY embedding <=> :'q', id LIMIT 5) s;

-- An unlogged table, and why a query does not use an index.
CREATE UNLOGGED TABLE unlogged (b bit(16));
CREATE INDEX ON unlogged USING kg_hnsw (b bit_jaccard_ops);
INSERT INTO unlogged VALUES (B'1111000011110000'), (B'0000000000001111');
SELECT b FROM unlogged ORDER BY b <%> B'0000000011110000';
SELECT reason FROM explain_index_use('SELECT id FROM many ORDER BY b <%> B''1'' LIMIT 5');
SELECT reason FROM explain_index_use('SELECT id FROM many ORDER BY b <~> B''101'' LIMIT 5');
DROP TABLE items, many, long, longest, docs, unlogged;
