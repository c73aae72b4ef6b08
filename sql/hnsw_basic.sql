-- kg_hnsw: the six operator classes, compared with sequential scans
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

-- What there is, and is valid.
SELECT opcname, opcintype::regtype, opcdefault, amopopr::regoperator, amoppurpose, amvalidate(opc.oid)
FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
WHERE amname = 'kg_hnsw' AND opcintype IN ('vector'::regtype, 'halfvec'::regtype)
ORDER BY opcintype, opcname, amopstrategy;
SELECT opcintype::regtype AS filter, opcname, opcdefault, array_agg(DISTINCT amopstrategy ORDER BY amopstrategy) AS strategies, count(*) AS operators
FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
WHERE amname = 'kg_hnsw' AND opcintype NOT IN ('vector'::regtype, 'halfvec'::regtype, 'vector[]'::regtype, 'halfvec[]'::regtype)
GROUP BY opc.oid, opcintype, opcname, opcdefault ORDER BY opcname COLLATE "C";
SELECT amname, property, pg_indexam_has_property(am.oid, property)
FROM pg_am am, unnest(ARRAY['can_order', 'can_unique', 'can_multi_col', 'can_exclude', 'can_include']) property
WHERE amname = 'kg_hnsw';

CREATE TABLE items (id int, e vector(8), h halfvec(8));
INSERT INTO items SELECT i, v, v::halfvec(8) FROM (SELECT i, pg_temp.vec(i, 8) AS v FROM generate_series(1, 500) i) s;
CREATE INDEX items_e_l2 ON items USING kg_hnsw (e);
CREATE INDEX items_e_ip ON items USING kg_hnsw (e vector_ip_ops);
CREATE INDEX items_e_cosine ON items USING kg_hnsw (e vector_cosine_ops);
CREATE INDEX items_h_l2 ON items USING kg_hnsw (h);
CREATE INDEX items_h_ip ON items USING kg_hnsw (h halfvec_ip_ops);
CREATE INDEX items_h_cosine ON items USING kg_hnsw (h halfvec_cosine_ops);
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class c WHERE relname LIKE 'items\_%' ORDER BY 1;

-- Each operator takes its own index.
SET enable_seqscan = off;
SELECT key, substring(pg_temp.plan(format('SELECT id FROM items ORDER BY %s LIMIT 5', key)) from 'Index Scan using (\w+)')
FROM (VALUES
	('e <-> ''[1,2,3,4,5,6,7,8]'''), ('e <#> ''[1,2,3,4,5,6,7,8]'''), ('e <=> ''[1,2,3,4,5,6,7,8]'''), ('e <+> ''[1,2,3,4,5,6,7,8]'''),
	('h <-> ''[1,2,3,4,5,6,7,8]'''), ('h <#> ''[1,2,3,4,5,6,7,8]'''), ('h <=> ''[1,2,3,4,5,6,7,8]'''), ('h <+> ''[1,2,3,4,5,6,7,8]''')
) AS v(key);
RESET enable_seqscan;

-- Near, middle and far queries, and one that is a row.
CREATE TEMP TABLE queries (name text, q text);
INSERT INTO queries VALUES
	('row', pg_temp.vec(17, 8)), ('origin', '[1e-6,0,0,0,0,0,0,0]'),
	('inside', '[0.1,-0.2,0.3,-0.4,0.5,-0.6,0.7,-0.8]'),
	('far', '[10,-20,30,-40,50,-60,70,-80]'), ('axis', '[0,0,0,1,0,0,0,0]');

SELECT col, op, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), (VALUES ('<->'), ('<#>'), ('<=>')) o(op), queries,
	pg_temp.knn('items', format('%s %s %L::%s', col, op, q, type), 20) k
GROUP BY col, op ORDER BY col, op;

-- The order holds beyond ef_search, and a scan read to its end returns all.
SELECT col, op, min(k.returned) AS returned, bool_and(k.ordered) AS ordered
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), (VALUES ('<->'), ('<#>'), ('<=>')) o(op), queries,
	pg_temp.knn('items', format('%s %s %L::%s', col, op, q, type), 250) k
WHERE name IN ('inside', 'far')
GROUP BY col, op ORDER BY col, op;
SELECT col, op, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), (VALUES ('<->'), ('<#>'), ('<=>')) o(op), queries,
	pg_temp.knn('items', format('%s %s %L::%s', col, op, q, type)) k
GROUP BY col, op ORDER BY col, op;

-- The same after the rows came by INSERT into an index that was empty.
CREATE TABLE grown (LIKE items);
CREATE INDEX ON grown USING kg_hnsw (e);
CREATE INDEX ON grown USING kg_hnsw (e vector_ip_ops);
CREATE INDEX ON grown USING kg_hnsw (e vector_cosine_ops);
CREATE INDEX ON grown USING kg_hnsw (h);
CREATE INDEX ON grown USING kg_hnsw (h halfvec_ip_ops);
CREATE INDEX ON grown USING kg_hnsw (h halfvec_cosine_ops);
INSERT INTO grown SELECT * FROM items;
SELECT col, op, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), (VALUES ('<->'), ('<#>'), ('<=>')) o(op), queries,
	pg_temp.knn('grown', format('%s %s %L::%s', col, op, q, type), 20) k
GROUP BY col, op ORDER BY col, op;
SELECT col, op, k.plan, k.returned, k.missing, k.twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), (VALUES ('<->'), ('<#>'), ('<=>')) o(op),
	pg_temp.knn('grown', format('%s %s %L::%s', col, op, '[1,0,0,0,0,0,0,1]', type)) k
ORDER BY col, op;

-- Empty, and one row.
CREATE TABLE few (id int, e vector(3));
CREATE INDEX few_e ON few USING kg_hnsw (e);
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,3]''');
INSERT INTO few VALUES (1, '[1,2,3]');
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,3]''');
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,4]''', 1);
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,4]''', 0);
DELETE FROM few;
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,3]''');
VACUUM few;
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,3]''');
INSERT INTO few VALUES (2, '[0,0,0]'), (3, '[-1,-2,-3]');
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,3]''');
REINDEX INDEX few_e;
SELECT * FROM pg_temp.knn('few', 'e <-> ''[1,2,3]''');

-- The exact answers themselves.
SET enable_seqscan = off;
SELECT id, e <-> '[1,2,3]' AS d FROM few ORDER BY d;

DROP TABLE items, grown, few;
