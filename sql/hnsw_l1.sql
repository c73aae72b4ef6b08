-- kg_hnsw: vectors by their taxicab distance (L1)
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
\set plan_lines :abs_srcdir '/sql/include/plan_lines.sql'
\i :plan_lines

CREATE TABLE items (id int, e vector(20), h halfvec(20), kind int);
INSERT INTO items SELECT i, v, v, i % 3 FROM (SELECT i, pg_temp.vec(i % 900, 20) AS v FROM generate_series(1, 1500) i) s;
INSERT INTO items SELECT 2000 + i, NULL, NULL, i FROM generate_series(1, 3) i;
INSERT INTO items SELECT 3000 + i, array_fill(0, ARRAY[20])::vector(20), array_fill(0, ARRAY[20])::halfvec(20), i FROM generate_series(1, 3) i;
-- one coordinate only, and a narrow cluster far off
INSERT INTO items SELECT 4000 + i, v, v, i % 3 FROM (
	SELECT i, (SELECT array_agg(CASE WHEN j = i THEN 5 ELSE 0 END ORDER BY j) FROM generate_series(1, 20) j)::vector(20) AS v FROM generate_series(1, 20) i) s;
INSERT INTO items SELECT 5000 + i, v, v, i % 3 FROM (
	SELECT i, pg_temp.vec(i, 20) * array_fill(0.001, ARRAY[20])::vector + array_fill(30, ARRAY[20])::vector AS v FROM generate_series(1, 100) i) s;
CREATE INDEX items_e ON items USING kg_hnsw (e vector_l1_ops, kind);
CREATE INDEX items_h ON items USING kg_hnsw (h halfvec_l1_ops);
SELECT metric, storage, rows, orphans FROM index_info('items_e');
SELECT * FROM index_check('items_e');
SELECT * FROM index_check('items_h');

CREATE TEMP TABLE queries (name text, q text);
INSERT INTO queries VALUES ('row', pg_temp.vec(17, 20)), ('stranger', pg_temp.vec(-17, 20)), ('cluster', array_fill(30.001, ARRAY[20])::vector),
	('zero', array_fill(0, ARRAY[20])::vector), ('far', array_fill(-1000, ARRAY[20])::vector);
SELECT col, k_limit, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), (VALUES (10), (250)) l(k_limit), queries,
	pg_temp.knn('items', format('%s <+> %L::%s', col, q, type), k_limit) k
WHERE name <> 'zero' GROUP BY col, k_limit ORDER BY col, k_limit;
SELECT col, array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), queries, pg_temp.knn('items', format('%s <+> %L::%s', col, q, type)) k
GROUP BY col ORDER BY col;

-- A cursor: the order is exact, whatever the graph goes by.
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.stream(query text) RETURNS TABLE (rows int, ordered bool)
LANGUAGE plpgsql AS $$
DECLARE
	c refcursor;
	d float8;
	last float8 := '-Infinity';
BEGIN
	rows := 0;
	ordered := true;
	OPEN c FOR EXECUTE query;
	LOOP
		FETCH c INTO d;
		EXIT WHEN NOT FOUND OR d IS NULL;
		rows := rows + 1;
		-- what a search met too late comes after it, see the README
		ordered := ordered AND (d >= last OR rows > 400);
		last := d;
	END LOOP;
	CLOSE c;
	RETURN NEXT;
END $$;
SELECT name, s.* FROM queries, pg_temp.stream(format('SELECT e <+> %L FROM items ORDER BY e <+> %L', q, q)) s ORDER BY name;
SET kg.iterative_scan = relaxed;
SELECT name, s.rows FROM queries, pg_temp.stream(format('SELECT e <+> %L FROM items ORDER BY e <+> %L', q, q)) s ORDER BY name;
RESET kg.iterative_scan;

-- Balls, alone, with an order and with a filter; the distance in WHERE.  (Around zero, rows with one
-- coordinate are near by L1 only: a search by L2 does not come to them.)
SELECT * FROM pg_temp.plan_lines($$SELECT id FROM items WHERE e <<+>> ball((SELECT q FROM queries WHERE name = 'row'), 9) AND kind = 1$$);
CREATE TEMP TABLE found AS SELECT name, r, (SELECT array_agg(id ORDER BY id) FROM items WHERE (e <+> q::vector) + 0 <= r) AS exact
FROM queries, (VALUES (0), (5), (9), (11), (700)) v(r);
SELECT r, bool_and(i.ids <@ exact) AS right, bool_and(cardinality(i.ids) >= 0.95 * cardinality(exact)) AS found
FROM found f JOIN queries USING (name), LATERAL (
	SELECT coalesce(array_agg(id), '{}') AS ids FROM items WHERE e <<+>> ball(q, r)) i WHERE exact IS NOT NULL AND name <> 'zero' GROUP BY r ORDER BY r;
SELECT r, bool_and(i.ids <@ exact) AS right, bool_and(cardinality(i.ids) >= 0.95 * cardinality(exact)) AS found
FROM found f JOIN queries USING (name), LATERAL (
	SELECT coalesce(array_agg(id), '{}') AS ids FROM (SELECT id FROM items WHERE e <+> q::vector <= r ORDER BY e <+> q::vector) s) i
WHERE exact IS NOT NULL AND name <> 'zero' GROUP BY r ORDER BY r;
SELECT bool_and(kind = 2), count(*) FROM (SELECT kind FROM items WHERE kind = 2 ORDER BY e <+> (SELECT q::vector FROM queries WHERE name = 'row') LIMIT 400) s;
RESET enable_seqscan;

-- Inserts, deletes, VACUUM.
INSERT INTO items SELECT 7000 + i, v, v, i % 3 FROM (SELECT i, pg_temp.vec(7000 + i, 20) AS v FROM generate_series(1, 300) i) s;
DELETE FROM items WHERE id % 4 = 0;
VACUUM items;
SELECT * FROM index_check('items_e');
SELECT col, array_agg(DISTINCT k.plan) AS plans, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) c(col, type), queries, pg_temp.knn('items', format('%s <+> %L::%s', col, q, type)) k
GROUP BY col ORDER BY col;

-- Recall of what calibration aims at; coarse storages, and long vectors.
CREATE TABLE many (id int, e vector(16));
INSERT INTO many SELECT i, pg_temp.vec(i, 16) FROM generate_series(1, 4000) i;
CREATE INDEX many_e ON many USING kg_hnsw (e vector_l1_ops);
SELECT queries, recall > 0.95 AS recall FROM index_recall('many_e', 100);
SELECT query, rank, row_key FROM knn_exact('many', 'e', ARRAY[pg_temp.vec(5, 16)], 2, 'l1', 'id');
DROP INDEX many_e;
CREATE INDEX many_e ON many USING kg_hnsw (e vector_l1_ops) WITH (storage = sq4);
SELECT queries, recall > 0.9 AS recall FROM index_recall('many_e', 50);
SELECT k.plan, k.returned, k.missing, k.twice FROM pg_temp.knn('many', format('e <+> %L', pg_temp.vec(-1, 16))) k;
-- An index that was made before its rows, and not measured, is searched farther than by L2.
TRUNCATE many;
INSERT INTO many SELECT i, pg_temp.vec(i, 16) FROM generate_series(1, 4000) i;
SET enable_seqscan = off;
SELECT id AS found, nodes_visited >= 240 AS far_enough FROM (SELECT id FROM many ORDER BY e <+> pg_temp.vec(1, 16) LIMIT 1) s, last_scan();
RESET enable_seqscan;
CREATE TABLE long (id int, e halfvec(3000));
INSERT INTO long SELECT i, (array_fill(i % 7, ARRAY[2990])::vector || pg_temp.vec(i, 10))::halfvec(3000) FROM generate_series(1, 40) i;
CREATE INDEX long_e ON long USING kg_hnsw (e halfvec_l1_ops);
SELECT k.plan, k.returned, k.missing, k.twice FROM pg_temp.knn('long', format('e <+> %L', array_fill(3, ARRAY[3000])::halfvec)) k;
SELECT storage, code_dimensions, m FROM estimate_index_size(1000000, 128, 'l1');
DROP TABLE items, many, long;

-- Balls: where L1 and L2 differ few rows are lost, with and without ORDER BY.
CREATE TABLE uneven (id int, v vector(24));
INSERT INTO uneven SELECT i, (SELECT array_agg((hashint8(i::bigint * 65536 + j) * CASE WHEN j % 6 = 0 THEN 20::float8 ELSE 1 END +
	hashint8(i % 50 * 65536::bigint - j) * 3::float8) / 2147483648::float8 ORDER BY j)::real[]::vector FROM generate_series(1, 24) j)
FROM generate_series(1, 5000) i;
CREATE INDEX uneven_v ON uneven USING kg_hnsw (v vector_l1_ops);
CREATE FUNCTION pg_temp.count_rows(query text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	result bigint;
BEGIN
	EXECUTE 'SELECT count(*) FROM (' || query || ' OFFSET 0) s' INTO result;
	RETURN result;
END $$;
SET enable_seqscan = off;
SET enable_sort = off;
SELECT pg_temp.plan($$SELECT id FROM uneven WHERE v <<+>> ball(array_fill(0, ARRAY[24])::vector, 45)$$) ~ 'Index Scan' AS index;
SELECT by, sum(pg_temp.count_rows(format(query, v)))::float8 /
	sum(pg_temp.count_rows(format('SELECT id FROM uneven WHERE (v <+> %L) + 0 <= 45', v))) > 0.98 AS found
FROM uneven, (VALUES ('ball', 'SELECT id FROM uneven WHERE v <<+>> ball(%1$L::vector, 45)'),
	('distance', 'SELECT id FROM uneven WHERE v <+> %1$L <= 45 ORDER BY v <+> %1$L')) q(by, query)
WHERE id % 250 = 7 GROUP BY by ORDER BY by;
RESET enable_seqscan;
RESET enable_sort;
DROP TABLE uneven;
