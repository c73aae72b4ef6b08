-- The list of pending rows of access method :method; :l1: it has a class for that distance; :whole: what
-- is looked at of streams of all rows.
CREATE TABLE items (id int, e vector(8), k int, t text) WITH (autovacuum_enabled = off);
CREATE FUNCTION pg_temp.add(first int, last int) RETURNS void LANGUAGE sql AS
	$$ INSERT INTO items SELECT i, pg_temp.vec(i, 8), i % 10, 'w' || i % 3 FROM generate_series(first, last) i $$;
SELECT pg_temp.add(1, 500);

CREATE INDEX items_e ON items USING :method (e) WITH (fastupdate = on, pending_list_limit = 1000);
CREATE INDEX items_f ON items USING :method (e vector_cosine_ops, k, t) WITH (fastupdate = on, pending_list_limit = 1000);
SELECT pg_get_indexdef('items_e'::regclass);

-- A built index has an empty list; inserts grow it, and it is searched.
CREATE FUNCTION pg_temp.state(index regclass) RETURNS TABLE (rows bigint, nodes bigint, pending bigint, bytes bigint, problems bigint)
	LANGUAGE sql AS $$ SELECT i.rows, i.nodes, i.pending_vectors, i.pending_bytes, (SELECT count(*) FROM index_check(index)) FROM index_info(index) i $$;
SELECT * FROM pg_temp.state('items_e');
SELECT pg_temp.add(501, 800);
SELECT * FROM pg_temp.state('items_e');
SELECT * FROM pg_temp.state('items_f');
SELECT array_agg(id) FROM (SELECT id FROM items ORDER BY e <-> pg_temp.vec(777, 8) LIMIT 1) s;
SELECT pending_vectors FROM last_scan();
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
SELECT * FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)', 50);
SELECT :whole FROM pg_temp.knn('items', 'e <=> pg_temp.vec(3, 8)');
SELECT :whole FROM pg_temp.knn('items WHERE k = 3', 'e <=> pg_temp.vec(3, 8)');
SELECT :whole FROM pg_temp.knn('items WHERE k IN (1, 2) AND t = ''w1''', 'e <=> pg_temp.vec(3, 8)');
SELECT * FROM pg_temp.knn('items WHERE id > 700', 'e <-> pg_temp.vec(3, 8)', 30);
SELECT :whole FROM pg_temp.knn('items WHERE e <-> pg_temp.vec(3, 8) < 1.9', 'e <-> pg_temp.vec(3, 8)');

-- Balls.
CREATE FUNCTION pg_temp.within(radius float8) RETURNS TABLE (found bigint, missing bigint) LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE found AS SELECT id FROM items WHERE e <<->> ball(pg_temp.vec(777, 8), radius);
	SET LOCAL enable_seqscan = on;
	SET LOCAL enable_indexscan = off;
	RETURN QUERY SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM items WHERE e <-> pg_temp.vec(777, 8) <= radius AND id NOT IN (SELECT id FROM found));
	DROP TABLE found;
	RESET enable_indexscan;
	SET enable_seqscan = off;
END $$;
SELECT * FROM pg_temp.within(0);
SELECT found > 10 AS some, missing FROM pg_temp.within(1.5);

-- Ways to end a scan.
BEGIN;
SET LOCAL kg.iterative_scan = off;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM items ORDER BY e <-> pg_temp.vec(777, 8) LIMIT 7) s;
SET LOCAL kg.iterative_scan = relaxed;
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
SET LOCAL work_mem = '64kB';
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
ROLLBACK;
-- rescans
SELECT count(*), count(DISTINCT n.id) FROM generate_series(600, 619) i, LATERAL (SELECT id FROM items ORDER BY e <-> pg_temp.vec(i, 8) LIMIT 1) n;

-- Merged: by hand, which empties the list.
SELECT flush_pending('items_e');
SELECT * FROM pg_temp.state('items_e');
SELECT flush_pending('items_e');
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
SELECT flush_pending('items_f');
SELECT * FROM pg_temp.state('items_f');
SELECT :whole FROM pg_temp.knn('items WHERE k = 3', 'e <=> pg_temp.vec(3, 8)');

-- by VACUUM, with and without dead rows
SELECT pg_temp.add(801, 900);
VACUUM items;
SELECT * FROM pg_temp.state('items_e');
SELECT pg_temp.add(901, 1000);
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
SELECT * FROM pg_temp.state('items_e');
SELECT * FROM pg_temp.state('items_f');
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
-- not by ANALYZE, which somebody waits for
SELECT pg_temp.add(1001, 1050);
ANALYZE items;
SELECT pending FROM pg_temp.state('items_e');

-- by inserts, at the limit, which is 64 kB at least
ALTER INDEX items_e SET (pending_list_limit = 1);
ALTER INDEX items_f SET (pending_list_limit = 64);
SELECT pg_temp.add(2001, 4200);
SELECT rows, pending < 1200 AS few, bytes <= 65536 AS below, problems FROM pg_temp.state('items_e');
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
SELECT :whole FROM pg_temp.knn('items WHERE k = 3', 'e <=> pg_temp.vec(3, 8)');

-- Switched off: what waits is found, and the next merge empties the list.
ALTER INDEX items_e SET (fastupdate = off);
SELECT pending > 0 AS some FROM pg_temp.state('items_e');
SELECT pg_temp.add(5001, 5100);
SELECT :whole FROM pg_temp.knn('items', 'e <-> pg_temp.vec(3, 8)');
VACUUM items;
SELECT pending, bytes FROM pg_temp.state('items_e');
SELECT pg_temp.add(5101, 5110);
SELECT pending, bytes FROM pg_temp.state('items_e');
ALTER INDEX items_e RESET (fastupdate, pending_list_limit);
SELECT pg_get_indexdef('items_e'::regclass);
REINDEX INDEX items_f;
SELECT pending, problems FROM pg_temp.state('items_f');
TRUNCATE items;
SELECT pg_temp.add(1, 20);
SELECT * FROM pg_temp.state('items_f');
SELECT :whole FROM pg_temp.knn('items', 'e <=> pg_temp.vec(3, 8)');
DROP TABLE items;

-- An index of an empty table: all rows wait.  Equal ones, NULL, zeros, extremes.
CREATE TABLE odd (id int, e vector(4)) WITH (autovacuum_enabled = off);
CREATE INDEX odd_l2 ON odd USING :method (e) WITH (fastupdate = on);
CREATE INDEX odd_cosine ON odd USING :method (e vector_cosine_ops) WITH (fastupdate = on);
CREATE INDEX odd_ip ON odd USING :method (e vector_ip_ops) WITH (fastupdate = on);
\if :l1
CREATE INDEX odd_l1 ON odd USING :method (e vector_l1_ops) WITH (fastupdate = on);
\endif
INSERT INTO odd SELECT i, '[0,0,0,0]' FROM generate_series(1, 5) i;
INSERT INTO odd SELECT i FROM generate_series(6, 10) i;
INSERT INTO odd SELECT i, '[1,2,3,4]' FROM generate_series(11, 40) i;
INSERT INTO odd VALUES (41, '[3e38,0,0,0]'), (42, '[1e-44,0,0,0]'), (43, '[1e30,1e30,-1e30,1]'), (44, '[1,2,3,4.0000005]');
INSERT INTO odd SELECT 100 + i, pg_temp.vec(i, 4) FROM generate_series(1, 60) i;
CREATE FUNCTION pg_temp.check_odd() RETURNS TABLE (key text, plan text, returned bigint, distances bool, missing bigint, twice bigint) LANGUAGE sql AS $$
	SELECT v, k.plan, k.returned, k.distances, k.missing, k.twice
	FROM unnest(ARRAY['e <-> ''[1,2,3,4]''', 'e <=> ''[1,2,3,4]''', 'e <#> ''[1,2,3,4]''', 'e <+> ''[1,2,3,4]''', 'e <-> ''[0,0,0,0]''', 'e <=> ''[0,0,0,0]''', 'e <#> ''[3e38,1,1,1]''']) v,
		pg_temp.knn('odd', v) k
$$;
SELECT * FROM pg_temp.check_odd();
SELECT i, s.* FROM (SELECT indexrelid::regclass AS i FROM pg_index WHERE indrelid = 'odd'::regclass) x, pg_temp.state(i) s ORDER BY i::text COLLATE "C";
SELECT i, flush_pending(i) FROM (SELECT indexrelid::regclass AS i FROM pg_index WHERE indrelid = 'odd'::regclass) x ORDER BY i::text COLLATE "C";
SELECT * FROM pg_temp.check_odd();
SELECT i, s.rows, s.pending, s.problems FROM (SELECT indexrelid::regclass AS i FROM pg_index WHERE indrelid = 'odd'::regclass) x, pg_temp.state(i) s ORDER BY i::text COLLATE "C";
DROP TABLE odd;

-- Temporary and unlogged tables.
CREATE TEMP TABLE brief (id int, e vector(3));
CREATE INDEX brief_e ON brief USING :method (e) WITH (fastupdate = on, pending_list_limit = 64);
INSERT INTO brief SELECT i, pg_temp.vec(i, 3) FROM generate_series(1, 3000) i;
SELECT rows, pending < 1500 AS few, problems FROM pg_temp.state('brief_e');
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM brief ORDER BY e <-> '[0,0,0]') s;
CREATE UNLOGGED TABLE quick (id int, e vector(3)) WITH (autovacuum_enabled = off);
CREATE INDEX quick_e ON quick USING :method (e) WITH (fastupdate = on);
INSERT INTO quick SELECT i, pg_temp.vec(i, 3) FROM generate_series(1, 100) i;
SELECT flush_pending('quick_e');
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM quick ORDER BY e <-> '[0,0,0]') s;
DROP TABLE quick;

-- The planner counts the pages of the list, one after another.
CREATE TABLE planned (id int, e vector(100)) WITH (autovacuum_enabled = off);
INSERT INTO planned SELECT i, pg_temp.vec(i, 100) FROM generate_series(1, 300) i;
CREATE INDEX planned_e ON planned USING :method (e) WITH (fastupdate = on, pending_list_limit = 10000);
CREATE FUNCTION pg_temp.cost() RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) SELECT id FROM planned ORDER BY e <-> ''' || pg_temp.vec(1, 100)::text || ''' LIMIT 1' INTO plan;
	RETURN plan #>> '{0,Plan,Plans,0,Startup Cost}';
END $$;
SELECT pg_temp.cost() AS before \gset
INSERT INTO planned SELECT i, pg_temp.vec(i, 100) FROM generate_series(301, 1300) i;
SELECT count(*) FROM (SELECT id FROM planned ORDER BY e <-> pg_temp.vec(1, 100) LIMIT 1) s;
SELECT pg_temp.cost() - :before BETWEEN 10 AND CASE :'method' WHEN 'kg_hnsw' THEN 40 ELSE bytes / 8192 END AS counted, bytes / 8192 AS pages FROM pg_temp.state('planned_e');
DROP TABLE planned;
