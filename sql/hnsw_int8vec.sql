-- kg_hnsw: the operator classes of int8vec, compared with sequential scans
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
\set plan_lines :abs_srcdir '/sql/include/plan_lines.sql'
\i :plan_lines

SELECT opcname, opcdefault, amopopr::regoperator, amoppurpose, amvalidate(opc.oid)
FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
WHERE amname = 'kg_hnsw' AND opcintype = 'int8vec'::regtype
ORDER BY opcname, amopstrategy;

CREATE TABLE items (id int, e int8vec(24));
INSERT INTO items SELECT i, pg_temp.vec(i, 24)::int8vec FROM generate_series(1, 500) i;
CREATE INDEX items_l2 ON items USING kg_hnsw (e);
CREATE INDEX items_ip ON items USING kg_hnsw (e int8vec_ip_ops);
CREATE INDEX items_cosine ON items USING kg_hnsw (e int8vec_cosine_ops);
CREATE INDEX items_l1 ON items USING kg_hnsw (e int8vec_l1_ops);

-- Each operator takes its own index; a vector as query is cast.
SET enable_seqscan = off;
SELECT key, substring(pg_temp.plan(format('SELECT id FROM items ORDER BY %s LIMIT 5', key)) from 'Index Scan using (\w+)')
FROM (VALUES ('e <-> pg_temp.vec(1, 24)::int8vec'), ('e <#> pg_temp.vec(1, 24)'), ('e <=> pg_temp.vec(1, 24)'), ('e <+> pg_temp.vec(1, 24)'),
	('e::vector <-> pg_temp.vec(1, 24)')) AS v(key);
RESET enable_seqscan;

CREATE TEMP TABLE queries (name text, q text);
INSERT INTO queries VALUES ('row', pg_temp.vec(17, 24)), ('stranger', pg_temp.vec(-3, 24)),
	('far', (SELECT array_agg(100 * x) FROM unnest(pg_temp.vec(-5, 24)::real[]) x)::real[]::vector::text);
SELECT op, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), queries,
	pg_temp.knn('items', format('e %s %L::int8vec', op, q), 20) k
GROUP BY op ORDER BY op;
-- By L1 a row that the search by L2 met late comes late.
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, bool_and(k.ordered OR op = '<+>') AS ordered, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), queries, pg_temp.knn('items', format('e %s %L::int8vec', op, q)) k
GROUP BY op ORDER BY op;

-- NULLs and zeros, copies, changes, VACUUM.
INSERT INTO items VALUES (1001, NULL), (1002, array_fill(0, '{24}')::int8vec), (1003, array_fill(0, '{24}')::int8vec);
INSERT INTO items SELECT 2000 + i, pg_temp.vec(17, 24) FROM generate_series(1, 30) i;
DELETE FROM items WHERE id % 3 = 1 AND id <> 1003;
VACUUM items;
INSERT INTO items SELECT 3000 + i, pg_temp.vec(3000 + i, 24) FROM generate_series(1, 100) i;
SELECT op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, bool_and(k.ordered) AS ordered, sum(k.twice) AS twice
FROM (VALUES ('<->'), ('<#>'), ('<=>'), ('<+>')) o(op), queries, pg_temp.knn('items', format('e %s %L::int8vec', op, q)) k
GROUP BY op ORDER BY op;
SELECT i, index_check(i) FROM unnest('{items_l2,items_ip,items_cosine,items_l1}'::regclass[]) i;

-- Within a radius.
SET enable_seqscan = off;
SELECT * FROM pg_temp.plan_lines($$SELECT id FROM items WHERE e <<->> (SELECT ball(pg_temp.vec(17, 24), 2))$$);
CREATE TEMP TABLE by_index AS
	SELECT 'l2' AS op, id FROM items WHERE e <<->> ball(pg_temp.vec(17, 24), 3.5) UNION ALL
	SELECT 'ip', id FROM items WHERE e <<#>> ball(pg_temp.vec(17, 24), -1.5) UNION ALL
	SELECT 'l1', id FROM items WHERE e <<+>> ball(pg_temp.vec(17, 24), 13) UNION ALL
	SELECT 'cosine', id FROM items WHERE e <<=>> ball(pg_temp.vec(17, 24), 0.8);
SET enable_seqscan = on;
SET enable_indexscan = off;
CREATE TEMP TABLE by_scan AS
	SELECT 'l2' AS op, id FROM items WHERE e <-> pg_temp.vec(17, 24) <= 3.5 UNION ALL
	SELECT 'ip', id FROM items WHERE e <#> pg_temp.vec(17, 24) <= -1.5 UNION ALL
	SELECT 'l1', id FROM items WHERE e <+> pg_temp.vec(17, 24) <= 13 UNION ALL
	SELECT 'cosine', id FROM items WHERE e <=> pg_temp.vec(17, 24) <= 0.8;
RESET enable_indexscan;
SELECT op, count(*) > 40 AS some, count(*) FILTER (WHERE (op, id) NOT IN (SELECT op, id FROM by_index)) AS missing,
	(SELECT count(*) FROM by_index i WHERE i.op = s.op) - count(*) AS more
FROM by_scan s GROUP BY op ORDER BY op;

-- With filters beside, on an expression of a wider column, and recall.
CREATE INDEX items_filter ON items USING kg_hnsw (e, id);
SET enable_seqscan = off;
SET enable_sort = off;
SELECT * FROM pg_temp.plan_lines($$SELECT id FROM items WHERE id < 100 ORDER BY e <-> (SELECT pg_temp.vec(1, 24)) LIMIT 5$$);
RESET enable_seqscan;
RESET enable_sort;
CREATE TABLE wide (id int, e vector(24));
INSERT INTO wide SELECT i, pg_temp.vec(i, 24) FROM generate_series(1, 300) i;
CREATE INDEX wide_e ON wide USING kg_hnsw ((e::int8vec(24)) int8vec_cosine_ops);
SELECT plan, returned, ordered, distances FROM pg_temp.knn('wide', 'e::int8vec(24) <=> pg_temp.vec(-1, 24)', 10);
SET kg.blas_library = 'none';
SELECT k, queries, recall FROM index_recall('items_l2', 50, 10);
SELECT k, queries, recall FROM index_recall('items_cosine', 50, 10, 'wide', 'e');

-- Why an index is not used: the column would be cast.
SELECT index, used, reason FROM explain_index_use('SELECT id FROM wide ORDER BY e <=> ''[1]''::int8vec LIMIT 5');

-- Values that the index cannot have.
INSERT INTO items VALUES (1, '[1,2]');
CREATE TABLE loose (e int8vec);
CREATE INDEX ON loose USING kg_hnsw (e);
INSERT INTO items SELECT 5000, (SELECT array_agg(1e38) FROM generate_series(1, 24))::real[]::int8vec;
SELECT plan, returned, missing FROM pg_temp.knn('items', format('e <-> %L::int8vec', pg_temp.vec(2, 24)));

-- Exact search in batch.
SELECT count(*) AS answers, count(*) FILTER (WHERE abs(n.distance - (i.e <-> pg_temp.vec(n.query, 24))) > 0) AS other_distance
FROM knn_exact('items', 'e', (SELECT array_agg(pg_temp.vec(q, 24) ORDER BY q) FROM generate_series(1, 20) q), 10) n JOIN items i ON i.ctid = n.row_tid;
SELECT count(*) AS differ FROM
	(SELECT query, distance FROM knn_exact('items', 'e', (SELECT array_agg(pg_temp.vec(q, 24) ORDER BY q) FROM generate_series(1, 20) q), 10)
	EXCEPT ALL
	SELECT q, d FROM generate_series(1, 20) q, LATERAL (SELECT e <-> pg_temp.vec(q, 24) AS d FROM items WHERE e IS NOT NULL ORDER BY d LIMIT 10) s) s;

-- Graphs, created and registered.
SELECT create_graph('graph_int8', 3, 'cosine', 'int8vec');
INSERT INTO graph_int8.entity_type (name) VALUES ('t');
INSERT INTO graph_int8.entity (type, name, embedding) VALUES (1, 'a', '[1,2,3]'), (1, 'b', '[3,2,1]'::vector), (1, 'c', '[0.1,0.2,0.35]');
SELECT entity, round(distance::numeric, 4) AS distance FROM knn('[1,2,3.5]', 2, graph => 'graph_int8');
CREATE TABLE author (id int PRIMARY KEY, name text, taste int8vec(2));
INSERT INTO author SELECT i, 'a' || i, ARRAY[i + 0.25, 0]::int8vec FROM generate_series(1, 9) i;
SELECT register_graph('authors', '["author"]', '[]', 'l2');
SELECT entity, key, distance FROM knn('[3,0]', 2, graph => 'authors');

SELECT drop_graph('graph_int8'), drop_graph('authors');
DROP TABLE items, wide, loose, author;
