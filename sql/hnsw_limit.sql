-- kg_hnsw: scans under LIMIT and with conditions on the distance.  Exactly as
-- many rows as there are, in exact order, whatever the filter.
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET max_parallel_workers_per_gather = 0;

CREATE TABLE items (id int PRIMARY KEY, dropped text, kind int, e vector(16));
ALTER TABLE items DROP COLUMN dropped;
INSERT INTO items SELECT i, i % 100, pg_temp.vec(i, 16) FROM generate_series(1, 4000) i;
CREATE INDEX items_e ON items USING kg_hnsw (e);
CREATE INDEX items_kind ON items (kind);
ANALYZE items;
SELECT pg_temp.vec(-5, 16) AS q, pg_temp.vec(-6, 16) AS q2 \gset

-- Filters that the planner and the index know nothing of.
CREATE FUNCTION is_rare(id int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	RETURN id % 400 = 7;
END $$;
CREATE FUNCTION one_in(id int, n int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	RETURN hashint4(id) % n = 0;
END $$;

-- Runs a query that returns distances d by index and exactly.
--	by_index	the plan of the first
--	rows		as many as there are
--	ordered		in order
--	part		of the exact distances that it has
CREATE FUNCTION pg_temp.compare(query text)
RETURNS TABLE (by_index bool, rows bool, ordered bool, part float8)
LANGUAGE plpgsql AS $$
DECLARE
	all_ds text := 'SELECT coalesce(array_agg(d), ''{}'') FROM (' || query || ') s';
	ds float8[];
	exact float8[];
BEGIN
	PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
		set_config('enable_bitmapscan', 'off', true);
	by_index := pg_temp.plan(query) ~ 'Order By: ';
	EXECUTE all_ds INTO ds;
	PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true),
		set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true);
	EXECUTE all_ds INTO exact;
	PERFORM set_config('enable_indexscan', 'on', true);
	rows := cardinality(ds) = cardinality(exact);
	ordered := ds IS NOT DISTINCT FROM (SELECT coalesce(array_agg(d ORDER BY d), '{}') FROM unnest(ds) d);
	part := CASE WHEN cardinality(exact) = 0 THEN 1
		ELSE (SELECT count(*) FROM (SELECT unnest(ds) INTERSECT ALL SELECT unnest(exact)) s)::float8 / cardinality(exact) END;
	RETURN NEXT;
END $$;

-- The planner takes the index for such filters by itself; what it returns is
-- complete and in order.
SELECT pg_temp.plan(format('SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> %L LIMIT 10', pg_temp.vec(-1, 16))) ~ 'items_e' AS by_index;
SELECT count(*), bool_and(by_index) AS by_index, bool_and(rows) AS rows, bool_and(ordered) AS ordered, avg(part) AS found
FROM generate_series(1, 25) i,
	pg_temp.compare(format('SELECT e <-> %1$L AS d FROM items WHERE is_rare(id) ORDER BY e <-> %1$L LIMIT 10', pg_temp.vec(-i, 16)));
-- All filters and limits.
SELECT n, k, count(*) FILTER (WHERE by_index AND rows AND ordered) AS right, avg(part) > 0.97 AS found
FROM unnest(ARRAY[1, 2, 7, 50, 500, 5000]) n, unnest(ARRAY[1, 3, 10, 31, 100]) k, generate_series(1, 3) i,
	pg_temp.compare(format('SELECT e <-> %1$L AS d FROM items WHERE one_in(id, %2$s) ORDER BY e <-> %1$L LIMIT %3$s', pg_temp.vec(-i * k, 16), n, k))
GROUP BY n, k HAVING NOT (count(*) FILTER (WHERE by_index AND rows AND ordered) = 3 AND avg(part) > 0.97);
-- With few nodes in view, and little memory.
SET kg.ef_search = 5;
SELECT count(*) FILTER (WHERE by_index AND rows AND ordered) AS right
FROM unnest(ARRAY[1, 7, 50, 5000]) n, unnest(ARRAY[1, 10, 100]) k,
	pg_temp.compare(format('SELECT e <-> %1$L AS d FROM items WHERE one_in(id, %2$s) ORDER BY e <-> %1$L LIMIT %3$s', pg_temp.vec(-k, 16), n, k));
SET work_mem = '64kB';
SELECT n, k, by_index, rows, ordered
FROM unnest(ARRAY[1, 7, 50]) n, unnest(ARRAY[10, 300, 2000]) k,
	pg_temp.compare(format('SELECT e <-> %1$L AS d, items FROM items WHERE one_in(id, %2$s) ORDER BY e <-> %1$L LIMIT %3$s', pg_temp.vec(-k, 16), n, k));
RESET work_mem;
RESET kg.ef_search;

-- Data that the index was not made for: of another scale than its first rows.
CREATE TABLE scales (id int, e vector(16));
INSERT INTO scales SELECT i, pg_temp.vec(i, 16) * array_fill(1e-3::real, ARRAY[16])::vector FROM generate_series(1, 1000) i;
CREATE INDEX scales_e ON scales USING kg_hnsw (e);
INSERT INTO scales SELECT i, pg_temp.vec(i, 16) * array_fill(1e3::real, ARRAY[16])::vector FROM generate_series(1001, 4000) i;
SELECT count(*), bool_and(by_index) AS by_index, bool_and(rows) AS rows, bool_and(ordered) AS ordered FROM generate_series(1, 40) i,
	pg_temp.compare(format('SELECT e <-> %1$L AS d FROM scales ORDER BY e <-> %1$L LIMIT 10',
		pg_temp.vec(-i, 16) * array_fill(CASE WHEN i % 2 = 0 THEN 1e3 ELSE 1e-3 END::real, ARRAY[16])::vector));
DROP TABLE scales;

-- A LIMIT above the pool widens it, even for data without structure.
CREATE TABLE flat (id int, e vector(64));
INSERT INTO flat SELECT i, pg_temp.vec(i, 64) FROM generate_series(1, 5000) i;
CREATE INDEX flat_e ON flat USING kg_hnsw (e);
SELECT k, bool_and(by_index AND rows AND ordered) AS right, avg(part) > 0.8 AS found FROM unnest(ARRAY[100, 200]) k, generate_series(1, 8) i,
	pg_temp.compare(format('SELECT e <-> %1$L AS d FROM flat ORDER BY e <-> %1$L LIMIT %2$s', pg_temp.vec(-i, 64), k)) GROUP BY k;
SET enable_seqscan = off;
SELECT count(*) FROM (SELECT id FROM flat ORDER BY e <-> pg_temp.vec(-1, 64) LIMIT 100) s;
SELECT batches <= 2 AS few_batches, nodes_visited < 500 AS few, rows_returned < 120 AS few_fetched FROM last_scan();
-- Aggregates of groups that come in order are told of the LIMIT, too: the search is no narrower.
SET kg.ef_search = 20;
SET enable_sort = off;
SELECT count(*) FROM (SELECT id FROM flat ORDER BY e <-> pg_temp.vec(-1, 64) LIMIT 100) s;
SELECT nodes_visited AS visited FROM last_scan() \gset
SELECT count(n) FROM (SELECT e <-> pg_temp.vec(-1, 64) AS d, count(*) AS n FROM flat GROUP BY 1 ORDER BY 1 LIMIT 100) s;
SELECT :visited > 250 AS wide, nodes_visited >= :visited AS no_narrower FROM last_scan();
RESET enable_sort;
RESET kg.ef_search;
RESET enable_seqscan;
DROP TABLE flat;

-- Conditions on the distance, in all forms that can be solved for it, end a
-- scan where a ball would.
SELECT max(d) AS t FROM (SELECT e <-> :'q' AS d FROM items ORDER BY 1 LIMIT 6) s \gset
CREATE FUNCTION pg_temp.pages(query text) RETURNS TABLE (by_index bool, n bigint, visited bigint, pages bigint)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true);
	by_index := pg_temp.plan(query) ~ 'Order By: ';
	EXECUTE 'SELECT count(*) FROM (' || query || ') s' INTO n;
	SELECT nodes_visited + nodes_swept, pages_read INTO visited, pages FROM last_scan();
	PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true), set_config('enable_bitmapscan', 'on', true);
	RETURN NEXT;
END $$;
SELECT n, pages AS ball_pages FROM pg_temp.pages(format('SELECT id FROM items WHERE e <<->> ball(%L, %s) ORDER BY e <-> %1$L LIMIT 10', :'q', :'t')) \gset
SELECT w.condition, l.limits, p.by_index, p.n, p.pages <= :ball_pages AS as_a_ball
FROM unnest(ARRAY['e <-> @ <= ?', 'e <-> @ < ? + 1e-9', '@ <-> e <= ?', '? >= e <-> @', '? + 1e-9 > @ <-> e',
	'1 - (e <-> @) >= 1 - ?', '(e <-> @) * -1 >= -?', '-(e <-> @) >= -?', '-(? + 1e-9) < (e <-> @) * -1', '2 * (e <-> @) + 3 <= 2 * ? + 3',
	'(e <-> @) / -2 - 1 >= ? / -2 - 1', 'l2_distance(e, @) <= ?', 'e <-> @ <= (SELECT ?)', 'e <-> @ <= 1.00001 * ?::real',
	'(e <-> @)::real <= 1.00001 * ?::real', 'NOT e <-> @ > ?', 'e <-> @ BETWEEN 0 AND ?', 'e <-> @ <= ? AND kind >= 0',
	'e <-> @ <= ? AND e <-> @ <= 5', 'e <-> @ <= ? AND e <-> @ > -1']) WITH ORDINALITY w(condition, place),
	unnest(ARRAY['LIMIT 10', '']) WITH ORDINALITY l(limits, variant),
	pg_temp.pages(format('SELECT id FROM items WHERE %s ORDER BY e <-> %L %s', replace(replace(w.condition, '@', quote_literal(:'q') || '::vector'), '?', format('%L::float8', :'t')), :'q', l.limits)) p
ORDER BY variant, place;
-- What bounds nothing from above, or what cannot be solved, changes nothing.
SELECT w.condition, c.*
FROM unnest(ARRAY['e <-> @ >= ?', 'e <-> @ > 0', '1 - (e <-> @) <= 1 - ?', '(e <-> @) * 0 <= 1', '(e <-> @) * 0 > 1', '(e <-> @) / 0.5 < ''NaN''', 'e <-> @ < ''Infinity''',
	'e <-> @ < ''-Infinity''', 'e <-> @ < NULL', '(e <-> @) + NULL < 1', '1 / (1 + (e <-> @)) > 0.3', 'e <-> @ < ? OR kind = 7', 'e <-> @ < ? + random() * 1e-9', 'e <-> @ < ? + id',
	'e <#> @ < -1', 'e <=> @ < 0.5', 'e <-> @ < -1']) WITH ORDINALITY w(condition, place),
	pg_temp.compare(format('SELECT e <-> %L AS d FROM items WHERE %s ORDER BY e <-> %1$L LIMIT 10', :'q', replace(replace(w.condition, '@', quote_literal(:'q') || '::vector'), '?', format('%L::float8', :'t')))) c
ORDER BY place;
-- A large LIMIT does not make the scan look farther than the condition reaches.
SELECT n, visited < 500 AS few FROM pg_temp.pages(format('SELECT id FROM items WHERE e <-> %1$L <= %2$s ORDER BY e <-> %1$L LIMIT 1000', :'q', :'t'));
-- From another vector than the ORDER BY's: a ball that the scan is not centred on.
SELECT n, c.* FROM unnest(ARRAY[1.7, 2, 2.2]) n,
	pg_temp.compare(format('SELECT e <-> %L AS d FROM items WHERE e <-> %L < %s ORDER BY e <-> %1$L LIMIT 10', :'q', :'q2', n)) c;
-- With a filter besides.
SELECT n, k, bool_and(by_index AND rows AND ordered) AS right, avg(part) > 0.97 AS found
FROM unnest(ARRAY[2, 20, 400]) n, unnest(ARRAY[3, 30]) k, generate_series(1, 3) i,
	pg_temp.compare(format('SELECT e <-> %1$L AS d FROM items WHERE one_in(id, %2$s) AND e <-> %1$L < 2.1 ORDER BY e <-> %1$L LIMIT %3$s', pg_temp.vec(-i, 16), n, k)) GROUP BY n, k ORDER BY n, k;
-- As parameters, and from an outer row.
PREPARE within (vector, float8, int) AS SELECT count(*), max(d) <= $2 AS inside FROM (SELECT e <-> $1 AS d FROM items WHERE e <-> $1 < $2 ORDER BY e <-> $1 LIMIT $3) s;
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) EXECUTE within (:'q', 1, 10);
EXECUTE within (:'q', :'t', 10);
EXECUTE within (:'q', :'t', 3);
EXECUTE within (:'q', 0, 3);
EXECUTE within (:'q', NULL, 3);
EXECUTE within (NULL, 1, 3);
EXECUTE within (:'q', :'t', NULL);
EXECUTE within (:'q', 1e9, 30);
RESET plan_cache_mode;
DEALLOCATE within;
CREATE TEMP TABLE outside (n int, q vector(16), t float8, k int);
INSERT INTO outside SELECT i, CASE WHEN i % 10 > 0 THEN pg_temp.vec(-i, 16) END, CASE WHEN i % 7 > 0 THEN 1.6 + i / 100.0 END, i % 13 FROM generate_series(1, 40) i;
CREATE FUNCTION pg_temp.lateral_join() RETURNS SETOF record LANGUAGE sql AS $$
	SELECT n, row_number() OVER (PARTITION BY n) AS rank, d FROM outside,
		LATERAL (SELECT e <-> q AS d FROM items WHERE e <-> q < t AND kind > 9 ORDER BY e <-> q LIMIT k) near
$$;
CREATE TEMP TABLE by_index AS SELECT * FROM pg_temp.lateral_join() s(n int, rank bigint, d float8);
SELECT scans, nodes_visited + nodes_swept < scans * 1000 AS few FROM last_scan();
SET enable_indexscan = off;
CREATE TEMP TABLE exact AS SELECT * FROM pg_temp.lateral_join() s(n int, rank bigint, d float8);
RESET enable_indexscan;
SELECT count(*) > 100 AS many, count(a.d) = count(b.d) AS rows, count(*) FILTER (WHERE a.d IS DISTINCT FROM b.d) AS differ
FROM by_index a FULL JOIN exact b USING (n, rank);
DROP TABLE by_index, exact;

RESET enable_seqscan;
RESET enable_bitmapscan;

-- What frameworks write: a tenant, a collection by its name, a score that is
-- tested outside.  Few rows of a tenant are found by its own index.
SELECT pg_temp.plan(format('SELECT id FROM items WHERE kind = 7 ORDER BY e <-> %L LIMIT 10', pg_temp.vec(-1, 16))) ~ 'items_kind' AS by_kind;
CREATE TABLE collections (id int PRIMARY KEY, name text);
INSERT INTO collections SELECT i, 'c' || i % 10 FROM generate_series(0, 99) i;
ANALYZE collections;
SELECT place, c.rows, c.ordered, c.part >= 0.9 AS found FROM unnest(ARRAY[
	'SELECT e <-> @ AS d FROM items WHERE kind = 7 ORDER BY e <-> @ LIMIT 10',
	'SELECT e <-> @ AS d FROM items WHERE kind = ANY (ARRAY[7, 8, 9]) ORDER BY e <-> @ LIMIT 10',
	'SELECT e <-> @ AS d FROM items JOIN collections c ON c.id = kind WHERE c.name = ''c3'' ORDER BY d LIMIT 10',
	'SELECT e <-> @ AS d FROM items LEFT JOIN collections c ON c.id = kind WHERE c.name <> ''c3'' ORDER BY d LIMIT 1',
	'WITH near AS MATERIALIZED (SELECT id, e <-> @ AS d FROM items ORDER BY e <-> @ LIMIT 20) SELECT d FROM near WHERE 3 - d > 0.9 ORDER BY d',
	'WITH near AS MATERIALIZED (SELECT id, kind, e <-> @ AS d FROM items ORDER BY e <-> @) SELECT d FROM near JOIN collections c ON c.id = kind WHERE c.name = ''c3'' LIMIT 3',
	'SELECT d FROM (SELECT e <-> @ AS d, kind FROM items) s WHERE d < 2 AND kind > 5 ORDER BY d LIMIT 10'])
	WITH ORDINALITY v(query, place), pg_temp.compare(replace(query, '@', quote_literal(pg_temp.vec(-9, 16)))) c
ORDER BY place;
DROP TABLE collections;

-- NaN and NULL come last, and NaN is above all numbers.
CREATE TABLE zeros (id int, e vector(4));
INSERT INTO zeros SELECT i, pg_temp.vec(i, 4) FROM generate_series(1, 500) i;
INSERT INTO zeros SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE '[0,0,0,0]'::vector END FROM generate_series(501, 530) i;
CREATE INDEX zeros_e ON zeros USING kg_hnsw (e vector_cosine_ops);
SELECT filter, k, c.* FROM unnest(ARRAY['true', 'id > 495', 'id > 500', '1 - (e <=> ''[1,2,3,4]'') > 0.97', 'e <=> ''[1,2,3,4]'' < 0.03', '(e <=> ''[1,2,3,4]'') < ''NaN''',
		'1 - (e <=> ''[0,0,0,0]'') > 0.5', 'e <=> ''[0,0,0,0]'' < 0.5', 'e IS NULL', 'one_in(id, 97)']) WITH ORDINALITY f(filter, place), unnest(ARRAY[20, 100, 600]) k,
	pg_temp.compare(format('SELECT e <=> ''[1,2,3,4]'' AS d FROM zeros WHERE %s ORDER BY e <=> ''[1,2,3,4]'' LIMIT %s', filter, k)) c
WHERE NOT (c.by_index AND c.rows AND c.ordered AND c.part > 0.97) ORDER BY place, k;
SELECT q, c.* FROM unnest(ARRAY['[0,0,0,0]', NULL]) q,
	pg_temp.compare(format('SELECT e <=> %1$L AS d FROM zeros WHERE 1 - (e <=> %1$L) > 0.5 ORDER BY e <=> %1$L LIMIT 20', q)) c;
DROP TABLE zeros;

-- Other nodes between the LIMIT and the scan.
SELECT place, c.rows, c.ordered, c.part >= 0.9 AS found FROM unnest(ARRAY[
	'SELECT d FROM (SELECT id, e <-> @ AS d FROM items OFFSET 0) s ORDER BY d LIMIT 10',
	'SELECT e <-> @ AS d FROM items ORDER BY e <-> @, id LIMIT 10',
	'SELECT e <-> @ AS d FROM items ORDER BY e <-> @ OFFSET 90 LIMIT 10',
	'SELECT e <-> @ AS d FROM items WHERE is_rare(id) ORDER BY e <-> @ OFFSET 5 LIMIT 10',
	'SELECT e <-> @ AS d FROM items ORDER BY e <-> @ FETCH FIRST 10 ROWS WITH TIES',
	'SELECT e <-> @ AS d FROM items ORDER BY e <-> @ LIMIT (SELECT 10)',
	'SELECT e <-> @ AS d FROM items ORDER BY e <-> @ LIMIT 0',
	'SELECT d FROM (SELECT e <-> @ AS d, row_number() OVER (ORDER BY e <-> @) FROM items) s ORDER BY d LIMIT 10',
	'SELECT e <-> @ AS d FROM items i LEFT JOIN outside o ON o.n = i.id ORDER BY e <-> @ LIMIT 10',
	'SELECT DISTINCT e <-> @ AS d FROM items ORDER BY e <-> @ LIMIT 10',
	'SELECT e <-> @ AS d FROM items i WHERE EXISTS (SELECT FROM outside o WHERE o.n = i.id) ORDER BY e <-> @ LIMIT 10',
	'SELECT e <-> @ AS d FROM items i, LATERAL (SELECT 1 FROM outside o WHERE o.n % 7 = i.id % 7 LIMIT 1) o ORDER BY e <-> @ LIMIT 10',
	'SELECT e <-> @ AS d FROM items WHERE (SELECT count(*) FROM outside o WHERE o.n = items.id) > 0 ORDER BY e <-> @ LIMIT 5',
	'SELECT e <-> @ AS d FROM items ORDER BY e <-> @, e <-> ''[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]'' LIMIT 10'])
	WITH ORDINALITY v(query, place), pg_temp.compare(replace(query, '@', quote_literal(:'q'))) c
ORDER BY place;
SET enable_seqscan = off;
SET enable_sort = off;
SET enable_bitmapscan = off;
-- Joins that drop rows ask for more of them.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
CREATE TABLE docs (id int PRIMARY KEY, item int);
INSERT INTO docs SELECT i, i FROM generate_series(1, 4000, 7) i;
CREATE INDEX docs_item ON docs (item);
ANALYZE docs;
SELECT regexp_replace(pg_temp.plan(format('SELECT d.id FROM items i JOIN docs d ON d.item = i.id ORDER BY i.e <-> %L LIMIT 10', :'q')), '<-> ''[^\n]*', '<-> ...', 'g');
SELECT k, c.rows, c.ordered, c.part >= 0.95 AS found FROM unnest(ARRAY[3, 40, 1000]) k,
	pg_temp.compare(format('SELECT i.e <-> %1$L AS d FROM items i JOIN docs d ON d.item = i.id ORDER BY i.e <-> %1$L LIMIT %2$s', :'q', k)) c;
DROP TABLE docs;

-- System columns, whole rows, all columns; a projection that fails for other rows.
SELECT count(*) AS same FROM (SELECT ctid, tableoid, xmin, id, items AS whole, items.* FROM items WHERE is_rare(id) ORDER BY e <-> :'q' LIMIT 10) a
	JOIN items b ON a.ctid = b.ctid AND a.tableoid = 'items'::regclass AND a.xmin = b.xmin AND a.whole = b;
SELECT 1 / id AS one FROM (SELECT id - 1 AS id FROM items WHERE id <= 2 ORDER BY e <-> (SELECT e FROM items WHERE id = 2) LIMIT 1) s;

-- EXPLAIN tells the rows that left and those that the filter removed.
CREATE FUNCTION pg_temp.counted(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) ' || query LOOP
		IF line ~ 'rows=' THEN
			RETURN NEXT regexp_replace(replace(line, '.00', ''), 'Index Searches.*', '');
		ELSIF line ~ 'Removed' THEN
			RETURN NEXT line ~ 'Removed by Filter: \d\d+';
		END IF;
	END LOOP;
END $$;
SELECT pg_temp.counted(format('SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> %L LIMIT 4', :'q'));
SELECT nodes_visited + nodes_swept <= 6000 AS each_once, rows_returned <= 4000 AS fetched_once FROM last_scan();

-- Rows locked: all that are there, though some are locked by others or changed.
BEGIN;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 10 FOR UPDATE) s;
ROLLBACK;
BEGIN;
SELECT count(*) FROM (SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> :'q' LIMIT 20 FOR UPDATE SKIP LOCKED) s;
ROLLBACK;
-- Nearest rows updated and deleted by themselves.
BEGIN;
UPDATE items SET kind = -1 WHERE id IN (SELECT id FROM items ORDER BY e <-> :'q' LIMIT 5);
SELECT count(*) FROM (SELECT kind FROM items ORDER BY e <-> :'q' LIMIT 5) s WHERE kind = -1;
DELETE FROM items WHERE ctid = ANY (ARRAY(SELECT ctid FROM items ORDER BY e <-> :'q' LIMIT 5));
SELECT count(*) FROM items WHERE kind = -1;
ROLLBACK;

-- Cursors: with LIMIT, backwards, held.
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> :'q' LIMIT 20;
SELECT array_agg(id) AS exact FROM (SELECT id FROM items WHERE is_rare(id) ORDER BY (e <-> :'q') + 0) s \gset
FETCH 2 FROM c;
MOVE FORWARD ALL IN c;
FETCH BACKWARD 1 FROM c;
SELECT (:'exact'::int[])[10] AS last;
FETCH FIRST FROM c;
SELECT (:'exact'::int[])[1] AS first;
COMMIT;

-- Row security, and views that must test their condition first.
CREATE FUNCTION leak(id int) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF id % 3 <> 0 THEN
		RAISE EXCEPTION 'row % was shown', id;
	END IF;
	RETURN true;
END $$;
CREATE VIEW thirds WITH (security_barrier) AS SELECT * FROM items WHERE id % 3 = 0;
SELECT count(*) FROM (SELECT id FROM thirds WHERE leak(id) AND is_rare(id) ORDER BY e <-> :'q' LIMIT 10) s;
CREATE ROLE kg_limit_reader;
GRANT USAGE ON SCHEMA public, kg TO kg_limit_reader;
GRANT SELECT ON items TO kg_limit_reader;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
CREATE POLICY thirds ON items FOR SELECT TO kg_limit_reader USING (id % 3 = 0);
SET ROLE kg_limit_reader;
SELECT count(*), bool_and(id % 3 = 0) AS allowed FROM (SELECT id FROM items WHERE leak(id) AND e <-> :'q' < 2.5 ORDER BY e <-> :'q' LIMIT 30) s;
RESET ROLE;
ALTER TABLE items DISABLE ROW LEVEL SECURITY;
DROP POLICY thirds ON items;
REVOKE ALL ON items FROM kg_limit_reader;
REVOKE ALL ON SCHEMA public, kg FROM kg_limit_reader;
DROP ROLE kg_limit_reader;
DROP VIEW thirds;

-- In functions, as the planner inlines them or not.
CREATE FUNCTION nearest_sql(q vector, k int) RETURNS SETOF int LANGUAGE sql STABLE AS $$ SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> q LIMIT k $$;
CREATE FUNCTION nearest_volatile(q vector, k int) RETURNS SETOF int LANGUAGE sql VOLATILE AS $$ SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> q LIMIT k $$;
CREATE FUNCTION nearest_plpgsql(q vector, k int) RETURNS SETOF int LANGUAGE plpgsql AS $$
DECLARE
	r int;
BEGIN
	FOR r IN SELECT id FROM items WHERE is_rare(id) ORDER BY e <-> q LIMIT k LOOP
		RETURN NEXT r;
	END LOOP;
END $$;
SELECT (SELECT array_agg(n) FROM nearest_sql(:'q', 7) n) = (:'exact'::int[])[1:7] AS sql,
	(SELECT array_agg(n) FROM nearest_volatile(:'q', 7) n) = (:'exact'::int[])[1:7] AS volatile,
	(SELECT array_agg(n) FROM nearest_plpgsql(:'q', 20) n) = :'exact'::int[] AS plpgsql;

-- Partitions and UNION ALL: merged in order, each as many as are wanted.
CREATE TABLE parts (id int, kind int, e vector(16)) PARTITION BY LIST (kind);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES IN (0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO parts SELECT id, id % 3, e FROM items;
CREATE INDEX parts_e ON parts USING kg_hnsw (e);
ANALYZE parts;
SELECT c.* FROM pg_temp.compare(format('SELECT e <-> %1$L AS d FROM parts WHERE is_rare(id) ORDER BY e <-> %1$L LIMIT 10', :'q')) c;
SELECT c.* FROM pg_temp.compare(format('SELECT e <-> %1$L AS d FROM parts WHERE e <-> %1$L < 2 ORDER BY e <-> %1$L LIMIT 10', :'q')) c;
SELECT c.by_index, c.rows, c.ordered FROM pg_temp.compare(format('SELECT d FROM (SELECT e <-> %1$L AS d FROM parts_0 UNION ALL SELECT e <-> %1$L FROM items WHERE is_rare(id)) s ORDER BY d LIMIT 20', :'q')) c;
DROP TABLE parts;
DROP TABLE items;

-- The planner takes the index for small tables, too, as it is faster there,
-- but not for all rows.
RESET enable_seqscan;
RESET enable_sort;
RESET enable_bitmapscan;
CREATE TABLE small (n int, id int, e vector);
INSERT INTO small SELECT 3, i, pg_temp.vec(i, 3) FROM generate_series(1, 10000) i;
INSERT INTO small SELECT 64, i, pg_temp.vec(i, 64) FROM generate_series(1, 3000) i;
CREATE FUNCTION pg_temp.by_index(dims int, count int, query text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	by_index bool;
BEGIN
	EXECUTE format('CREATE TABLE one AS SELECT id, id %% 10 AS kind, e::vector(%s) FROM small WHERE n = %1$s AND id <= %s', dims, count);
	CREATE INDEX one_e ON one USING kg_hnsw (e);
	ANALYZE one;
	by_index := pg_temp.plan(replace(query, '@', quote_literal(pg_temp.vec(-1, dims)))) ~ 'Index Scan using one_e';
	DROP TABLE one;
	RETURN by_index;
END $$;
SELECT dims, count, pg_temp.by_index(dims, count, query), query
FROM (VALUES (3, 10000), (3, 2000), (64, 3000), (64, 600)) t(dims, count),
	unnest(ARRAY['SELECT id FROM one ORDER BY e <-> @ LIMIT 10', 'SELECT id FROM one WHERE kind > 1 ORDER BY e <-> @ LIMIT 10', 'SELECT id FROM one ORDER BY e <-> @']) query
ORDER BY query, dims, count;
DROP TABLE small;
DROP FUNCTION is_rare, one_in, leak, nearest_sql, nearest_volatile, nearest_plpgsql;
