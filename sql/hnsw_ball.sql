-- kg_hnsw: rows within a radius
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
\set plan_lines :abs_srcdir '/sql/include/plan_lines.sql'
\i :plan_lines

-- Runs "SELECT id FROM items WHERE condition [ORDER BY key]" by index and by
-- sequential scan.
--	plan		how the first was done: index, or another word
--	returned	rows of it
--	wrong		rows that the exact answer has not
--	missing		rows that it lacks
--	twice		rows that it returned more than once
--	ordered		they came in the order of the key
CREATE FUNCTION pg_temp.search(condition text, key text = NULL)
RETURNS TABLE (plan text, returned bigint, wrong bigint, missing bigint, twice bigint, ordered bool)
LANGUAGE plpgsql AS $$
DECLARE
	query text := format('SELECT array_agg(id), array_agg(d) FROM (SELECT id, %s AS d FROM items WHERE %s%s) s',
		coalesce(key, 'NULL::float8'), condition, ' ORDER BY ' || key);
	ids int[];
	ds float8[];
	exact_ids int[];
BEGIN
	PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true);
	plan := pg_temp.plan(query);
	plan := CASE WHEN plan ~ '->  Sort' THEN 'sort' WHEN plan ~ 'Filter' THEN 'filter'
		WHEN plan ~ 'Index Scan using[^:]+Index Cond' THEN 'index' ELSE 'other' END;
	EXECUTE query INTO ids, ds;
	PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true),
		set_config('enable_indexscan', 'off', true);
	EXECUTE query INTO exact_ids;
	PERFORM set_config('enable_indexscan', 'on', true);

	returned := coalesce(cardinality(ids), 0);
	wrong := (SELECT count(*) FROM (SELECT unnest(ids) EXCEPT SELECT unnest(exact_ids)) s);
	missing := (SELECT count(*) FROM (SELECT unnest(exact_ids) EXCEPT SELECT unnest(ids)) s);
	twice := returned - (SELECT count(DISTINCT id) FROM unnest(ids) id);
	ordered := key IS NULL OR ds IS NOT DISTINCT FROM (SELECT array_agg(d ORDER BY d) FROM unnest(ds) d);
	RETURN NEXT;
END $$;

-- The distance of the n-th nearest row, as a literal: a radius on which rows lie.
CREATE FUNCTION pg_temp.radius(key text, n int) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result float8;
BEGIN
	PERFORM set_config('enable_indexscan', 'off', true);
	EXECUTE format('SELECT %s AS d FROM items WHERE e IS NOT NULL ORDER BY d OFFSET %s LIMIT 1', key, n - 1) INTO result;
	PERFORM set_config('enable_indexscan', 'on', true);
	RETURN quote_literal(result);
END $$;

CREATE TABLE items (id int, e vector(12), h halfvec(12));
INSERT INTO items SELECT i, v, v FROM (SELECT i, pg_temp.vec(i, 12) AS v FROM generate_series(1, 1500) i) s;
-- Some vectors several times, one often; NULL, and zero, which has no cosine.
INSERT INTO items SELECT id + 2000, e, h FROM items WHERE id <= 50;
INSERT INTO items SELECT 3000 + i, e, h FROM items, generate_series(1, 40) i WHERE id = 7;
INSERT INTO items SELECT 4000 + i, NULL, NULL FROM generate_series(1, 5) i;
INSERT INTO items SELECT 5000 + i, array_fill(0, '{12}')::vector, array_fill(0, '{12}')::halfvec FROM generate_series(1, 5) i;
ANALYZE items;

CREATE TEMP TABLE queries (name text, q text);
INSERT INTO queries VALUES ('row', pg_temp.vec(7, 12)), ('other', pg_temp.vec(-7, 12)),
	('far', '[10,-20,30,-40,50,-60,70,-80,90,-100,110,-120]');
CREATE TEMP TABLE operators (op text, within text, metric text);
INSERT INTO operators VALUES ('<->', '<<->>', 'l2'), ('<#>', '<<#>>', 'ip'), ('<=>', '<<=>>', 'cosine');

-- All classes and storages.  A search that is as wide as the table is exact; a
-- narrow one may miss rows, here one in twenty at most, but keeps the order.
CREATE FUNCTION pg_temp.all_classes(storage text)
RETURNS TABLE (col text, within text, plans text[], searches bigint, returned numeric, wrong numeric, missing text, twice numeric, ordered bool)
LANGUAGE plpgsql AS $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT *, 1 FROM (VALUES ('e', 'vector'), ('h', 'halfvec')) v(name, type), operators LOOP
		EXECUTE format('CREATE INDEX items_ball ON items USING kg_hnsw (%I %I) WITH (storage = %I)',
			c.name, c.type || '_' || c.metric || '_ops', storage);
		RETURN QUERY
			SELECT c.name, c.within, array_agg(DISTINCT s.plan), count(*), sum(s.returned), sum(s.wrong),
				CASE WHEN sum(s.missing) = 0 THEN 'none' WHEN sum(s.missing) * 20 <= sum(s.returned) THEN 'none or few'
					ELSE sum(s.missing)::text END,
				sum(s.twice), bool_and(s.ordered)
			FROM queries, unnest(ARRAY[1, 10, 200]) n,
				pg_temp.radius(format('%s %s %L', c.name, c.op, q), n) r, unnest(ARRAY[NULL, format('%s %s %L', c.name, c.op, q)]) key,
				pg_temp.search(format('%s %s kg.ball(%L::kg.%s, %s)', c.name, c.within, q, c.type, r), key) s;
		DROP INDEX items_ball;
	END LOOP;
END $$;
SET kg.ef_search = 3000;
SELECT storage, a.* FROM unnest(ARRAY['auto', 'f32', 'sq8']) storage, pg_temp.all_classes(storage) a;
SET kg.ef_search = 40;
SELECT sum(wrong) AS wrong, sum(twice) AS twice, bool_and(missing LIKE 'none%') AS few_missing, bool_and(ordered) AS ordered
FROM pg_temp.all_classes('sq8');

-- From here on answers from "items" are exact again.
SET kg.ef_search = 3000;
CREATE INDEX items_e ON items USING kg_hnsw (e);
SELECT quote_literal(pg_temp.vec(7, 12)) AS q, quote_literal(pg_temp.vec(-7, 12)) AS other \gset


-- The plans: without an order, with that of the same and of another vector.
SET enable_seqscan = off;
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<->> (SELECT ball('[1]', 1))$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<->> (SELECT ball('[1]', 1)) ORDER BY e <-> (SELECT '[1]'::vector)$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<->> (SELECT ball('[1]', 1)) AND id > 7 ORDER BY e <-> (SELECT '[1]'::vector) LIMIT 3$$);
SELECT pg_temp.plan_lines($$SELECT i.id FROM items o JOIN items i ON i.e <<->> ball(o.e, 1) WHERE o.id < 3$$);
-- Not for another metric's ball, a ball's complement, a filter, or a
-- condition on two columns.
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<=>> (SELECT ball('[1]', 1))$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<+>> (SELECT ball('[1]', 1))$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE NOT e <<->> (SELECT ball('[1]', 1))$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <-> (SELECT '[1]'::vector) < 1$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<->> ball(e, 1)$$);
SELECT pg_temp.plan_lines($$SELECT id FROM items WHERE e <<->> (SELECT ball('[1]', 1)) OR id = 1$$);
RESET enable_seqscan;
-- By its own choice, when few rows qualify; the scan looks at few of them.
CREATE TABLE many (id int, e vector(12));
INSERT INTO many SELECT i, pg_temp.vec(i, 12) FROM generate_series(1, 6000) i;
CREATE INDEX many_e ON many USING kg_hnsw (e) WITH (m = 16, ef_construction = 40);
VACUUM ANALYZE many;
SET kg.ef_search = 20;
SELECT pg_temp.plan('SELECT id FROM many WHERE e <<->> kg.ball(pg_temp.vec(17, 12), 0)') ~ 'Index Scan using many_e' AS by_index,
	pg_temp.plan('SELECT id FROM many WHERE e <<->> kg.ball(pg_temp.vec(17, 12), 100)') ~ 'Seq Scan' AS not_for_all;
SELECT id FROM many WHERE e <<->> ball(pg_temp.vec(17, 12), 0);
SELECT index, scans, batches, nodes_visited < 100 AS visited_few, pages_read BETWEEN 2 AND 110 AS read_few, rows_returned, nodes_swept, cut_short FROM last_scan();
-- A far centre too.
SELECT count(*) FROM many WHERE e <<->> ball('[100,0,0,0,0,0,0,0,0,0,0,0]', 50);
SELECT batches, nodes_visited < 100 AS visited_few, rows_returned, nodes_swept FROM last_scan();
SET kg.ef_search = 3000;

-- Radii without a meaning for most: nothing, or everything but NULL.
SELECT r, s.* FROM unnest(ARRAY['0', '-1', 'inf', '-inf', '1e-300']) r, pg_temp.search(format('e <<->> kg.ball(%L, %L)', :q, r)) s;
SELECT r, s.* FROM unnest(ARRAY['0', '-1', 'inf']) r, pg_temp.search(format('e <<->> kg.ball(%L, %L)', :q, r), format('e <-> %L', :other)) s;
-- The forgotten and the unconnected are swept up when the ball takes it all.
SET work_mem = '64kB';
SET kg.ef_search = 10;
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%L, ''inf'')', :q)) s;
RESET work_mem;
SELECT s.plan, s.returned, s.wrong, s.missing, s.twice
FROM pg_temp.search(format('e <<->> kg.ball(%L, ''inf'')', :q), format('e <-> %L', :other)) s;
SET kg.ef_search = 3000;

-- Another query than the centre: rows come by distance from the query; the
-- scan ends when it has passed the ball.
SELECT n, s.* FROM unnest(ARRAY[1, 45, 100]) n, pg_temp.radius(format('e <-> %L', :q), n) r,
	pg_temp.search(format('e <<->> kg.ball(%L, %s)', :q, r), format('e <-> %L', :other)) s;
SET enable_seqscan = off;
SET enable_sort = off;
SET kg.ef_search = 20;
SELECT count(*) FROM (SELECT id FROM many WHERE e <<->> ball(pg_temp.vec(17, 12), 0.1) ORDER BY e <-> pg_temp.vec(17, 12) + '[0.1,0,0,0,0,0,0,0,0,0,0,0]'::vector) s;
SELECT nodes_visited < 500 AS not_all, rows_returned FROM last_scan();
-- With a LIMIT, the first rows of a large ball come before the others.
SELECT count(*) FROM (SELECT id FROM many WHERE e <<->> ball(pg_temp.vec(17, 12), 100) ORDER BY e <-> pg_temp.vec(17, 12) LIMIT 3) s;
SELECT nodes_visited < 100 AS few, rows_returned FROM last_scan();
SET kg.ef_search = 3000;

-- Several balls, and no rows.
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%1$L, 2) AND e <<->> kg.ball(%2$L, 2)', :q, :other)) s;
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%1$L, 2) AND e <<->> kg.ball(%2$L, 2)', :q, :other), format('e <-> %L', :other)) s;
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%L, 0) AND e <<->> kg.ball(%L, 0)', :q, :other)) s;
-- A NULL ball is no ball, a NULL query is no order.
SELECT count(*) FROM items WHERE e <<->> NULL::ball;
SELECT count(*) FROM items WHERE e <<->> (SELECT NULL::ball);
SELECT count(*) FROM items WHERE e <<->> (SELECT NULL::ball) AND e <<->> ball(:q, 1);
SELECT count(*) FROM (SELECT id FROM items WHERE e <<->> ball(:q, 0) ORDER BY e <-> (SELECT NULL::vector)) s;
-- Nothing has a cosine to the zero vector; ordering by one is no order.
CREATE INDEX items_cosine ON items USING kg_hnsw (e vector_cosine_ops);
SELECT count(*) FROM items WHERE e <<=>> (SELECT ball(array_fill(0, '{12}')::vector, 'inf'));
SELECT count(*) FROM items WHERE e <<=>> ball(:q, 0) AND id <> 7;
SELECT count(*), count(d) FILTER (WHERE d <> 'NaN') AS numbers
FROM (SELECT e <=> array_fill(0, '{12}')::vector AS d FROM items WHERE e <<=>> (SELECT ball(:q, 1e-6)) ORDER BY e <=> array_fill(0, '{12}')::vector) s;
SELECT count(*) FROM items WHERE e <<->> ball('[1,2,3]', 1);
SELECT count(*) FROM items WHERE e <<->> (SELECT ball('[1,2,3]', 1));
DROP INDEX items_cosine;

-- Joins: a ball of each outer row, also of NULL.
SELECT o.id, count(*) FROM items o JOIN items i ON i.e <<->> ball(o.e, 0) WHERE o.id IN (1, 7, 100, 4001) GROUP BY o.id ORDER BY o.id;
SELECT scans, rows_returned FROM last_scan();
SELECT count(*) FROM items WHERE e <<->> ANY (ARRAY[ball(:q, 0), ball(:other, 0)]);

-- Cursors and prepared statements, with a parameter that has no type yet.
PREPARE within (vector, float8) AS SELECT count(*) FROM items WHERE e <<->> ball($1, $2);
SET plan_cache_mode = force_generic_plan;
EXECUTE within (:q, 0);
EXECUTE within (:other, 0);
EXECUTE within (NULL, 0);
PREPARE untyped AS SELECT count(*) FROM items WHERE e <<->> ball($1, $2);
EXECUTE untyped (:q, 0);
SELECT pg_temp.plan('EXECUTE untyped (NULL, NULL)') ~ 'Index Cond: \(e <<->> ball\(\$1, \$2\)\)' AS by_index;
RESET plan_cache_mode;
DEALLOCATE within;
DEALLOCATE untyped;

-- kg.iterative_scan = off ends after a batch; kg.max_scan_tuples says so.
SET kg.ef_search = 10;
SET kg.iterative_scan = off;
SELECT count(*) < 100 AS cut FROM items WHERE e <<->> ball(:q, 'inf');
SELECT batches, cut_short FROM last_scan();
SELECT count(*) FROM items WHERE e <<->> ball(:other, 0);
SELECT batches, cut_short FROM last_scan();
RESET kg.iterative_scan;
SET kg.max_scan_tuples = 100;
SELECT count(*) BETWEEN 90 AND 250 AS cut FROM many WHERE e <<->> ball(pg_temp.vec(17, 12), 'inf');
SELECT cut_short, nodes_visited BETWEEN 100 AND 120 AS visited FROM last_scan();
SELECT count(*) BETWEEN 90 AND 250 AS cut FROM (SELECT id FROM many ORDER BY e <-> pg_temp.vec(17, 12)) s;
SELECT cut_short, nodes_visited BETWEEN 100 AND 120 AS visited FROM last_scan();
SELECT count(*) FROM (SELECT id FROM many ORDER BY e <-> pg_temp.vec(17, 12) LIMIT 10) s;
SELECT cut_short FROM last_scan();
-- Once for all scans of a join.
SELECT count(*) BETWEEN 270 AND 750 AS cut FROM (SELECT pg_temp.vec(n, 12) AS q FROM generate_series(1, 3) n OFFSET 0) o JOIN many ON e <<->> ball(q, 'inf');
-- A sweep without a query to measure from.
SELECT count(*) BETWEEN 100 AND 120 AS cut FROM (SELECT id FROM many ORDER BY e <-> (SELECT NULL::vector)) s;
SELECT cut_short, nodes_visited, nodes_swept BETWEEN 100 AND 120 AS swept FROM last_scan();
SET kg.max_scan_tuples = -1;
SHOW kg.max_scan_tuples;
RESET kg.max_scan_tuples;

-- Relaxed order loses no rows.
SET kg.iterative_scan = relaxed;
SET kg.ef_search = 10;
SELECT s.plan, s.wrong, s.missing, s.twice FROM pg_temp.search(format('e <<->> kg.ball(%L, ''inf'')', :q), format('e <-> %L', :other)) s;
RESET kg.iterative_scan;
RESET enable_seqscan;
RESET enable_sort;
SET kg.ef_search = 3000;

-- Deleted, updated and vacuumed.
DELETE FROM items WHERE id % 3 = 0;
UPDATE items SET id = id + 10000 WHERE id % 7 = 0;
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%L, 1.5)', :q)) s;
VACUUM items;
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%L, 1.5)', :q), format('e <-> %L', :q)) s;
-- Rows of an index that is empty.
TRUNCATE items;
SELECT s.* FROM pg_temp.search(format('e <<->> kg.ball(%L, ''inf'')', :q)) s;

-- An operator class must search with balls.
CREATE OPERATOR FAMILY wrong_ops USING kg_hnsw;
CREATE OPERATOR CLASS wrong_ops FOR TYPE vector USING kg_hnsw FAMILY wrong_ops AS
	OPERATOR 1 <-> (vector, vector) FOR ORDER BY float_ops, OPERATOR 2 = (vector, vector), FUNCTION 1 kg_ann_vector_l2(internal);
CREATE OPERATOR CLASS wrong_too_ops FOR TYPE halfvec USING kg_hnsw FAMILY wrong_ops AS
	OPERATOR 3 <<->> (halfvec, ball), FUNCTION 1 kg_ann_halfvec_l2(internal);
SELECT opcname, amvalidate(oid) FROM pg_opclass WHERE opcname LIKE 'wrong%' ORDER BY 1;
DROP OPERATOR FAMILY wrong_ops USING kg_hnsw CASCADE;

DROP TABLE items, many;
