-- kg_hnsw: sparse vectors by Euclidean distance, inner product, cosine and taxicab distance
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

-- What there is, and is valid.
SELECT opcname, opcintype::regtype, opcdefault, amopopr::regoperator, amoppurpose, amvalidate(opc.oid)
FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
WHERE amname = 'kg_hnsw' AND opcintype = 'sparsevec'::regtype
ORDER BY opcname, amopstrategy;

-- Columns that cannot be indexed, and options.
CREATE TABLE odd (s sparsevec, e sparsevec(1000000000));
CREATE INDEX ON odd USING kg_hnsw (s);
CREATE INDEX ON odd USING kg_hnsw (e) WITH (storage = f32, m = 100);
CREATE INDEX ON odd USING kg_hnsw ((s::sparsevec(10)) sparsevec_ip_ops) WITH (storage = sq4, code_bits = 2);
CREATE INDEX ON odd USING kg_hnsw (e sparsevec_l1_ops);
INSERT INTO odd VALUES ('{1:1,3:2}/10', '{1000000000:1}/1000000000'), ('{2:3}/10', '{1:1,999999999:1}/1000000000');
SELECT s, e FROM odd ORDER BY e <-> '{999999999:1}/1000000000';
INSERT INTO odd VALUES ('{1:1}/11');
DROP TABLE odd;

-- So many elements at most, by hashes, of 1000 dimensions.
CREATE FUNCTION pg_temp.sparse(i int, n int, dims int = 1000) RETURNS sparsevec
LANGUAGE sql IMMUTABLE AS $$
	SELECT ('{' || string_agg(index || ':' || value, ',') || '}/' || dims)::sparsevec FROM (
		SELECT DISTINCT ON (index) 1 + abs(hashint8(i * 65536::bigint + j) % dims) AS index,
			(hashint8(i * 65536::bigint - j) / 2147483648.0)::numeric(8, 5) AS value
		FROM generate_series(1, n) j ORDER BY index, j) s
$$;
CREATE TABLE items (id int, e sparsevec(1000), kind int);
INSERT INTO items SELECT i, pg_temp.sparse(i % 700, 2 + i % 700 % 20), i % 3 FROM generate_series(1, 1000) i;
-- of more elements than nodes have room for, some twice; zeros; NULLs
INSERT INTO items SELECT 1500 + i, pg_temp.sparse(-(i % 8), 100), i % 3 FROM generate_series(1, 9) i;
INSERT INTO items SELECT 2000 + i, '{}/1000', i FROM generate_series(1, 3) i;
INSERT INTO items SELECT 3000 + i, NULL, i FROM generate_series(1, 3) i;
CREATE INDEX items_l2 ON items USING kg_hnsw (e);
CREATE INDEX items_ip ON items USING kg_hnsw (e sparsevec_ip_ops);
CREATE INDEX items_cosine ON items USING kg_hnsw (e sparsevec_cosine_ops, kind);
CREATE INDEX items_l1 ON items USING kg_hnsw (e sparsevec_l1_ops);
SELECT name, dimensions, metric, storage, rows, nodes, orphans, coarse_nodes
FROM unnest('{items_l2,items_ip,items_cosine,items_l1}'::text[]) name, index_info(name::regclass);
SELECT name, c FROM unnest('{items_l2,items_ip,items_cosine,items_l1}'::text[]) name, index_check(name::regclass) c;

-- Against sequential scans: a row, a stranger, a long row, a long stranger, zero.
CREATE TEMP TABLE queries (name text, q sparsevec);
INSERT INTO queries VALUES ('row', (SELECT e FROM items WHERE id = 17)), ('stranger', pg_temp.sparse(-100, 12)),
	('long row', (SELECT e FROM items WHERE id = 1503)), ('long stranger', pg_temp.sparse(-200, 500)), ('zero', '{}/1000');
SELECT op, k_limit, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), (VALUES (10), (250)) l(k_limit), queries,
	pg_temp.knn('items', format('e %s %L::sparsevec', op, q), k_limit) k
WHERE op <> '<=>' OR name <> 'zero'
GROUP BY op, k_limit ORDER BY op, k_limit;
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), queries, pg_temp.knn('items', format('e %s %L::sparsevec', op, q)) k
GROUP BY op ORDER BY op;

-- Cursors, which have no LIMIT; NULLs come last.  A filter column; the distance in WHERE.
SET enable_seqscan = off;
BEGIN;
DECLARE c CURSOR FOR SELECT id, e <-> (SELECT e FROM items WHERE id = 17) AS d FROM items
	ORDER BY e <-> (SELECT e FROM items WHERE id = 17);
FETCH 2 FROM c;
MOVE 1010 IN c;
FETCH 5 FROM c;
COMMIT;
SELECT array_agg(d) = (SELECT array_agg(d) FROM (SELECT (i.e <=> q.e) + 0 AS d FROM items i, (SELECT e FROM items WHERE id = 17) q WHERE kind = 1 ORDER BY 1 LIMIT 100) x) AS same
FROM (SELECT e <=> (SELECT e FROM items WHERE id = 17) AS d FROM items WHERE kind = 1 ORDER BY 1 LIMIT 100) s;
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE kind = 1 ORDER BY e <=> '{1:1}/1000' LIMIT 3;
SELECT id, kind, e <=> (SELECT e FROM items WHERE id = 18) AS d FROM items WHERE kind = 1 ORDER BY e <=> (SELECT e FROM items WHERE id = 18), id LIMIT 3;
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE e <-> '{1:1}/1000' <= 1.5 ORDER BY e <-> '{1:1}/1000' LIMIT 3;
SELECT array_agg(id) = (SELECT array_agg(id) FROM (SELECT id FROM items WHERE (e <-> '{1:1}/1000') + 0 <= 1.5 ORDER BY (e <-> '{1:1}/1000') + 0, id LIMIT 12) x) AS same
FROM (SELECT id FROM items WHERE e <-> '{1:1}/1000' <= 1.5 ORDER BY e <-> '{1:1}/1000', id LIMIT 12) s;
SELECT id FROM items ORDER BY e <-> '{1:1}/10' LIMIT 1;
SELECT id FROM items ORDER BY e <-> NULL::sparsevec LIMIT 1;

-- Balls.
CREATE FUNCTION pg_temp.ball(op text, q sparsevec, radius float8, OUT exact bigint, OUT returned bigint, OUT wrong bigint)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*) FILTER (WHERE inside), count(*) FILTER (WHERE met), count(*) FILTER (WHERE met AND NOT inside)
		FROM (SELECT id, coalesce((e %1$s $1) + 0 <= $2, false) AS inside, f.id IS NOT NULL AS met
			FROM items LEFT JOIN (SELECT id FROM items WHERE e <%1$s> ball($1, $2) OFFSET 0) f USING (id)) s', op)
		INTO exact, returned, wrong USING q, radius;
END $$;
SELECT op, name, radius, exact, returned >= 0.9 * exact AS found, wrong FROM (VALUES ('<->', 0.5), ('<->', 2.6), ('<#>', -1), ('<=>', 0.8), ('<+>', 9)) o(op, radius), queries,
	pg_temp.ball(op, q, radius) b WHERE name LIKE '%row' ORDER BY 1, 3, 2;
EXPLAIN (COSTS OFF) SELECT id FROM items WHERE e <<->> '<{1:1}/1000,1.5>' ORDER BY e <-> '{2:1}/1000' LIMIT 3;
SELECT id FROM items WHERE e <<->> '<{1:1}/10,1.5>';
SELECT id FROM items WHERE e <<->> '<[1],1.5>';

-- Inserts, updates, deletes, VACUUM.
INSERT INTO items SELECT 5000 + i, pg_temp.sparse(5000 + i, 3 + i % 70), i % 3 FROM generate_series(1, 300) i;
UPDATE items SET e = pg_temp.sparse(9000 + id, 30) WHERE id % 5 = 0 AND id < 1000;
DELETE FROM items WHERE id % 4 = 0;
VACUUM items;
SELECT name, c FROM unnest('{items_l2,items_ip,items_cosine,items_l1}'::text[]) name, index_check(name::regclass) c;
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), queries, pg_temp.knn('items', format('e %s %L::sparsevec', op, q)) k
GROUP BY op ORDER BY op;
RESET enable_seqscan;

-- Values whose projections are nearly equal are not: each has a node, and its own distance.
CREATE TABLE near (id int, e sparsevec(5));
INSERT INTO near SELECT i, ('{1:1,2:' || i % 5 + 1 || 'e-9}/5')::sparsevec FROM generate_series(1, 10) i;
INSERT INTO near VALUES (11, '{1:3e38}/5'), (12, '{1:1e-38}/5'), (13, '{2:1e-45}/5');
CREATE INDEX near_l2 ON near USING kg_hnsw (e);
CREATE INDEX near_cosine ON near USING kg_hnsw (e sparsevec_cosine_ops);
CREATE INDEX near_ip ON near USING kg_hnsw (e sparsevec_ip_ops);
CREATE INDEX near_l1 ON near USING kg_hnsw (e sparsevec_l1_ops);
SELECT rows, nodes FROM index_info('near_l2');
SELECT op, q, k.plan, k.returned, k.ordered, k.distances, k.missing
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), (VALUES ('{1:1}/5'), ('{2:1}/5'), ('{1:3e38}/5')) v(q),
	pg_temp.knn('near', format('e %s %L::sparsevec', op, q)) k ORDER BY 1, 2;

-- Recall, calibration, exact search.
CREATE TABLE many (id int, e sparsevec(5000));
INSERT INTO many SELECT i, pg_temp.sparse(i % 50, 10, 5000)::sparsevec(5000) FROM generate_series(1, 50) i;
INSERT INTO many SELECT i, (SELECT ('{' || string_agg(1 + abs((hashint8(i * 100::bigint + j)) % 97) + 100 * j || ':' || j, ',') || '}/5000')::sparsevec FROM generate_series(1, 12) j)
FROM generate_series(51, 3000) i;
CREATE INDEX many_e ON many USING kg_hnsw (e sparsevec_cosine_ops);
SELECT calibrate('many_e'), calibrate('many_e', (SELECT array_agg(e) FROM many WHERE id <= 100));
SELECT calibrate('many_e', ARRAY['[1]'::vector]);
SELECT queries, recall >= 0.9 AS recall FROM index_recall('many_e', 50);
SET work_mem = '64kB';
SELECT query, rank, distance, row_key FROM knn_exact_join('many', 'e', 'many', 'e', 3, 'cosine', 'id', 'id')
WHERE query IN ('1', '60', '2999') ORDER BY query::int, rank;
RESET work_mem;
SELECT metric, count(*), bool_and(distance = exact) AS same FROM (VALUES ('l2'), ('ip'), ('cosine'), ('l1')) m(metric),
LATERAL (SELECT query, rank, distance FROM knn_exact_join('many', 'e', 'many', 'e', 4, metric, NULL, 'id') WHERE query::int % 600 = 51) k JOIN LATERAL (
	SELECT row_number() OVER (ORDER BY d) AS rank, d AS exact FROM (SELECT CASE metric WHEN 'l2' THEN e <-> q WHEN 'ip' THEN e <#> q WHEN 'l1' THEN e <+> q ELSE e <=> q END AS d
		FROM many, (SELECT e AS q FROM many WHERE id = query::int) q ORDER BY d LIMIT 4) s) x USING (rank)
GROUP BY metric ORDER BY metric;
SELECT * FROM knn_exact('many', 'e', ARRAY['[1,2]'::vector], 2);
SELECT * FROM knn_exact_join('many', 'e', 'many', 'e', 2, 'hamming');
CREATE TABLE dense (id int, e vector(3));
SELECT * FROM knn_exact_join('many', 'e', 'dense', 'e', 2);
DROP TABLE dense;
SELECT count(*) AS queries, sum(found) >= 0.9 * 10 * count(*) AS recall FROM (SELECT id, e FROM many WHERE id % 100 = 7) q,
LATERAL (SELECT count(*) AS found FROM (SELECT e <=> q.e AS d FROM many ORDER BY e <=> q.e LIMIT 10) s
	WHERE d <= (SELECT max(d) FROM (SELECT (e <=> q.e) + 0 AS d FROM many ORDER BY 1 LIMIT 10) x)) f;

-- An unlogged table, and why a query does not use an index.
CREATE UNLOGGED TABLE unlogged (e sparsevec(16));
CREATE INDEX ON unlogged USING kg_hnsw (e sparsevec_ip_ops);
INSERT INTO unlogged VALUES ('{1:1}/16'), ('{1:2,2:5}/16');
SELECT e FROM unlogged ORDER BY e <#> '{1:1}/16';
SELECT reason FROM explain_index_use('SELECT id FROM many ORDER BY e <-> ''{1:1}/5000'' LIMIT 5');
SELECT reason FROM explain_index_use('SELECT id FROM many ORDER BY e <=> ''{1:1}/6'' LIMIT 5');
SELECT hint FROM explain_index_use('SELECT id FROM many WHERE e <=> ''{1:1}/5000'' < 0.5');
DROP TABLE items, near, many, unlogged;
