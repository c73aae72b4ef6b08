-- kg_hnsw: how scans go on, cursors, rescans, filters, settings
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

CREATE TABLE items (id int PRIMARY KEY, kind int, e vector(16));
INSERT INTO items SELECT i, i % 200, pg_temp.vec(i, 16) FROM generate_series(1, 2000) i;
INSERT INTO items SELECT i, -1, NULL FROM generate_series(2001, 2010) i;
CREATE INDEX items_e ON items USING kg_hnsw (e);
ANALYZE items;
SELECT pg_temp.vec(-5, 16) AS q \gset

-- LIMIT above ef_search, down to an ef_search of one.
CREATE FUNCTION pg_temp.knn_ef(ef_search int, key text, count int)
RETURNS TABLE (plan text, returned bigint, ordered bool, distances bool, missing bigint, twice bigint)
LANGUAGE sql AS $$
	SELECT set_config('kg.ef_search', ef_search::text, false);
	SELECT * FROM pg_temp.knn('items', key, count)
$$;
SELECT ef, n, k.plan, k.returned, k.ordered, k.twice
FROM unnest(ARRAY[1, 10, 100, 1000]) ef, unnest(ARRAY[1, 9, 150, 500]) n, pg_temp.knn_ef(ef, format('e <-> %L', :'q'), n) k
ORDER BY ef, n;
-- A search wide enough for all finds the exact answer.
SET kg.ef_search = 2000;
SELECT * FROM pg_temp.knn('items', format('e <-> %L', :'q'), 1000);
RESET kg.ef_search;

-- A scan for many more rows than ef_search keeps ahead of them: nearly all of
-- the nearest come, in order.
SET kg.ef_search = 40;
SET enable_seqscan = off;
SELECT count(*) AS queries, bool_and(k.ordered) AS ordered, sum(found) > 0.97 * sum(k.returned) AS nearly_all
FROM generate_series(1, 10) i, pg_temp.vec(-i, 16) q, pg_temp.knn('items', format('e <-> %L', q), 200) k,
	LATERAL (SELECT count(*) AS found FROM (SELECT id FROM items ORDER BY e <-> q LIMIT 200) a
		JOIN (SELECT id FROM items ORDER BY (e <-> q) + 0 LIMIT 200) b USING (id)) f;
RESET enable_seqscan;
RESET kg.ef_search;

-- Filters: a scan goes on until it has the rows that pass, or there are none.
SELECT filter, n, k.plan, k.returned, CASE WHEN n > 0 THEN k.ordered END AS ordered, k.missing, k.twice
FROM unnest(ARRAY['kind = 7', 'id % 2 = 0', 'id = 1234', 'kind = 300', 'kind = -1', 'id BETWEEN 1990 AND 2005']) filter,
	unnest(ARRAY[5, NULL]) n, pg_temp.knn('items WHERE ' || filter, format('e <-> %L', :'q'), n) k
ORDER BY filter COLLATE "C", n;

-- kg.iterative_scan.  "off" ends after ef_search rows, "relaxed" loses none.
SET kg.iterative_scan = off;
SET kg.ef_search = 40;
SELECT n, k.plan, k.returned <= 50 AND k.returned >= least(n, 30) AS about_ef_search, k.ordered, k.twice
FROM unnest(ARRAY[10, 30, 500, NULL]) n, pg_temp.knn('items', format('e <-> %L', :'q'), n) k;
SELECT returned < 5 AS too_few FROM pg_temp.knn('items WHERE kind = 7', format('e <-> %L', :'q'), 10);
SET kg.iterative_scan = relaxed;
SELECT n, k.plan, k.returned, k.missing, k.twice
FROM unnest(ARRAY[10, 30, 500, NULL]) n, pg_temp.knn('items', format('e <-> %L', :'q'), n) k;
SELECT plan, returned, twice FROM pg_temp.knn('items WHERE kind = 7', format('e <-> %L', :'q'), 10);
RESET kg.iterative_scan;
SELECT plan, returned, ordered, twice FROM pg_temp.knn('items WHERE kind = 7', format('e <-> %L', :'q'), 5);
-- Memory that does not suffice to remember where to go on costs order in the
-- tail, not rows.
SET work_mem = '64kB';
SELECT plan, returned, missing, twice FROM pg_temp.knn('items', format('e <-> %L', :'q'));
SELECT plan, returned, ordered, twice FROM pg_temp.knn('items', format('e <-> %L', :'q'), 60);
RESET work_mem;
RESET kg.ef_search;

-- Cursors: the rows come as they are asked for, each once; the setting is
-- that of the start, the snapshot too.
SET enable_seqscan = off;
SET enable_sort = off;
BEGIN;
DECLARE c NO SCROLL CURSOR FOR SELECT id, e <-> :'q' AS d FROM items ORDER BY e <-> :'q';
CREATE TEMP TABLE fetched (n serial, id int, d float8);
CREATE FUNCTION pg_temp.fetch_into(n int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	c refcursor := 'c';
	r record;
	done int := 0;
BEGIN
	WHILE done < n LOOP
		FETCH c INTO r;
		EXIT WHEN NOT FOUND;
		INSERT INTO fetched (id, d) VALUES (r.id, r.d);
		done := done + 1;
	END LOOP;
	RETURN done;
END $$;
SELECT pg_temp.fetch_into(7);
SELECT pg_temp.fetch_into(93);
SET LOCAL kg.ef_search = 3;
SET LOCAL kg.iterative_scan = off;
SELECT pg_temp.fetch_into(200);
DELETE FROM items WHERE id % 3 = 0;
INSERT INTO items SELECT i, 0, pg_temp.vec(i, 16) FROM generate_series(3001, 3300) i;
UPDATE items SET kind = -2 WHERE id % 7 = 0;
SELECT pg_temp.fetch_into(10000);
SELECT count(*), count(DISTINCT id), min(id), max(id), bool_and(d >= before) FILTER (WHERE n <= 1000) AS ordered
FROM (SELECT *, lag(d, 1, 0) OVER (ORDER BY n) AS before FROM fetched) s;
FETCH c;
ROLLBACK;
-- Backwards, the server keeps the rows.
SET kg.ef_search = 500;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM items ORDER BY e <-> :'q';
MOVE 50 IN c;
FETCH 3 FROM c;
MOVE BACKWARD 4 IN c;
FETCH 3 FROM c;
COMMIT;
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT id FROM items ORDER BY e <-> :'q' LIMIT 5;
COMMIT;
DELETE FROM items WHERE id IN (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 2);
FETCH ALL FROM c;
CLOSE c;
SELECT id FROM items ORDER BY e <-> :'q' LIMIT 3;
RESET enable_seqscan;
RESET enable_sort;

-- The inner side of joins: one scan for each outer row, also of NULL and of
-- nothing.
CREATE TEMP TABLE outside (n int, q vector(16));
INSERT INTO outside SELECT i, CASE WHEN i % 10 > 0 THEN pg_temp.vec(-i, 16) END FROM generate_series(1, 60) i;
SET enable_seqscan = off;
SELECT pg_temp.plan('SELECT n, near.id FROM outside, LATERAL (SELECT id FROM items ORDER BY e <-> q LIMIT 5) near')
	~ 'Index Scan using items_e' AS by_index;
CREATE TEMP TABLE by_index AS
	SELECT n, row_number() OVER (PARTITION BY n) AS rank, near.* FROM outside, LATERAL (SELECT id, e <-> q AS d FROM items ORDER BY e <-> q LIMIT 5) near;
SET enable_indexscan = off;
CREATE TEMP TABLE exact AS
	SELECT n, row_number() OVER (PARTITION BY n) AS rank, near.* FROM outside, LATERAL (SELECT id, e <-> q AS d FROM items ORDER BY e <-> q LIMIT 5) near;
RESET enable_indexscan;
SELECT count(*), count(*) FILTER (WHERE q IS NULL) AS of_null,
	count(*) FILTER (WHERE q IS NOT NULL AND a.id = b.id) AS same, count(*) FILTER (WHERE a.d IS DISTINCT FROM b.d) AS differ
FROM by_index a JOIN exact b USING (n, rank) JOIN outside USING (n);
SELECT count(*) FROM (SELECT 1 WHERE false) none, LATERAL (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 5) near;
-- Scans of different lengths, one within another, and two at once.
SELECT count(*), sum(a.rows) FROM outside, LATERAL (SELECT count(*) AS rows FROM
	(SELECT id FROM items ORDER BY e <-> q LIMIT n * 10) s) a;
SELECT count(*) FROM (SELECT id, e FROM items ORDER BY e <-> :'q' LIMIT 20) a,
	LATERAL (SELECT id FROM items b ORDER BY b.e <-> a.e LIMIT 1) b WHERE a.id = b.id;
SELECT (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 1) = (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 1) AS same;
SELECT count(*) FROM items WHERE id = ANY (ARRAY(SELECT id FROM items ORDER BY e <-> :'q' LIMIT 50));

-- Prepared: generic and custom plans, several lengths of LIMIT, NULL.
PREPARE nearest (vector, int) AS SELECT array_agg(id) FROM (SELECT id FROM items ORDER BY e <-> $1 LIMIT $2) s;
SET plan_cache_mode = force_custom_plan;
EXECUTE nearest (:'q', 5);
SET plan_cache_mode = force_generic_plan;
EXECUTE nearest (:'q', 5);
EXECUTE nearest (:'q', 1);
EXECUTE nearest ('[1,2,3]', 1);
EXECUTE nearest (:'q', 5);
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> NULL::vector LIMIT 5) s;
EXECUTE nearest (:'q', NULL) \gset
SELECT cardinality(:'array_agg'::int[]) = (SELECT count(*) FROM items) AS everything;
RESET plan_cache_mode;
RESET enable_seqscan;
DEALLOCATE nearest;

-- Rows locked in order, and deleted by nearness.
BEGIN;
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 10 FOR UPDATE) s;
ROLLBACK;

-- What a scan reads is counted.
SELECT pg_stat_force_next_flush();
SELECT idx_scan > 0 AS scans, idx_tup_read > 0 AS tuples FROM pg_stat_user_indexes WHERE indexrelname = 'items_e';
SELECT idx_blks_read + idx_blks_hit > 0 AS blocks FROM pg_statio_user_indexes WHERE indexrelname = 'items_e';

-- A session's first scan reads, beyond what every scan reads, the pages of
-- the centre and of the entry points: not a page for each of these.
\c -
SET search_path = kg, public;
SET enable_seqscan = off;
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 5) s;
SELECT pages_read AS first FROM last_scan() \gset
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 5) s;
SELECT :first - pages_read BETWEEN 1 AND 4 AS few FROM last_scan();

-- Entry points are replaced when their rows are gone: some, all, and by rows
-- that come later.
SELECT k, entry_points FROM index_info('items_e'), LATERAL (SELECT count(*) AS k FROM index_check('items_e')) c;
DELETE FROM items WHERE id % 10 > 0;
VACUUM items;
SELECT k, entry_points FROM index_info('items_e'), LATERAL (SELECT count(*) AS k FROM index_check('items_e')) c;
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> :'q') s;
DELETE FROM items;
VACUUM items;
SELECT k, entry_points FROM index_info('items_e'), LATERAL (SELECT count(*) AS k FROM index_check('items_e')) c;
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> :'q') s;
INSERT INTO items SELECT i, 0, ARRAY(SELECT sin(i * j) FROM generate_series(1, 16) j)::real[]::vector FROM generate_series(1, 100) i;
SELECT k, entry_points FROM index_info('items_e'), LATERAL (SELECT count(*) AS k FROM index_check('items_e')) c;
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> :'q') s;

DROP TABLE items;

-- Inner product finds rows of many lengths too, and looks no farther for them.
\i :hnsw
CREATE TABLE items (id int, e vector(48));
INSERT INTO items SELECT i, (pg_temp.vec(i % 50, 48) + pg_temp.vec(i, 48) * array_fill(0.7::real, ARRAY[48])::vector)
	* array_fill((1 + i * 7919 % 2001 / 1000.0)::real, ARRAY[48])::vector FROM generate_series(1, 4000) i;
CREATE INDEX items_e ON items USING kg_hnsw (e vector_ip_ops);
SET enable_seqscan = off;
SET enable_sort = off;
SET kg.ef_search = 100;
SELECT avg(found) >= 9 AS found FROM generate_series(1, 30) i, LATERAL (SELECT count(*) AS found FROM
	(SELECT id FROM items ORDER BY e <#> pg_temp.vec(i, 48) LIMIT 10) a
	JOIN (SELECT id FROM items ORDER BY (e <#> pg_temp.vec(i, 48)) + 0 LIMIT 10) b USING (id)) f;
SELECT count(*) FROM generate_series(1, 30) i, LATERAL (SELECT id FROM items ORDER BY e <#> pg_temp.vec(i, 48) LIMIT 10) a;
SELECT scans, batches = scans AS one_batch FROM last_scan();
-- (the length of a query changes nothing but its results' scale)
SELECT count(*) FROM (SELECT id FROM items ORDER BY e <#> (pg_temp.vec(-1, 48) * array_fill(1e-6::real, ARRAY[48])::vector) LIMIT 10) a
	JOIN (SELECT id FROM items ORDER BY e <#> (pg_temp.vec(-1, 48) * array_fill(1e6::real, ARRAY[48])::vector) LIMIT 10) b USING (id);
DROP TABLE items;

-- Rows far from all others are found, however many come nearer to them than
-- the nodes that first led to them.
CREATE TABLE far (id int, e vector(16));
CREATE INDEX far_e ON far USING kg_hnsw (e);
INSERT INTO far SELECT -i, array_fill(0, ARRAY[16])::real[]::vector +
	ARRAY(SELECT CASE WHEN j = i THEN 9 ELSE 0 END FROM generate_series(1, 16) j)::real[]::vector
FROM generate_series(1, 16) i;
INSERT INTO far SELECT i, ARRAY(SELECT hashint8(i * 100::bigint + j) / 2147483648::float8
	FROM generate_series(1, 16) j)::real[]::vector FROM generate_series(1, 5000) i;
INSERT INTO far SELECT -16 - i, ARRAY(SELECT CASE WHEN j = i THEN -9 ELSE 0 END FROM generate_series(1, 16) j)::real[]::vector
FROM generate_series(1, 16) i;
INSERT INTO far SELECT i, ARRAY(SELECT hashint8(i * 100::bigint + j) / 2147483648::float8
	FROM generate_series(1, 16) j)::real[]::vector FROM generate_series(5001, 10000) i;
SET kg.ef_search = 40;
SELECT count(*) AS found FROM (SELECT e FROM far WHERE id < 0) q,
	LATERAL (SELECT e FROM far ORDER BY far.e <-> q.e LIMIT 1) n WHERE n.e = q.e;
SELECT orphans FROM index_info('far_e');
DELETE FROM far WHERE id % 3 = 1;
VACUUM far;
SELECT count(*) AS found FROM (SELECT e FROM far WHERE id < 0) q,
	LATERAL (SELECT e FROM far ORDER BY far.e <-> q.e LIMIT 1) n WHERE n.e = q.e;
RESET kg.ef_search;
DROP TABLE far;
