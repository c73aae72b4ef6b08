-- kg.knn_exact, kg.knn_exact_join: the rows and distances of a sequential scan.
CREATE SCHEMA exact_test;
SET search_path = exact_test, kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET max_parallel_workers_per_gather = 0;
\set VERBOSITY terse
-- The machine may lack OpenBLAS; notices about that are for the end.
SET client_min_messages = warning;

-- Compares both functions with sequential scans, for each metric; the queries
-- are rows of a table with columns id and e.
--	rows		of kg.knn_exact
--	differ		rows, ranks and distances that only one of the two has
--	joined		the same for kg.knn_exact_join
CREATE FUNCTION pg_temp.check_exact(source regclass, queries regclass, k int)
RETURNS TABLE (metric text, rows bigint, differ bigint, joined bigint)
LANGUAGE plpgsql AS $$
DECLARE
	type text := (SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = source AND attname = 'e');
	operator text;
BEGIN
	SET LOCAL enable_indexscan = off;
	FOR metric, operator IN VALUES ('l2', '<->'), ('ip', '<#>'), ('cosine', '<=>'), ('l1', '<+>') LOOP
		EXECUTE format('CREATE TEMP TABLE expected AS
			SELECT q.id::text AS query, (row_number() OVER (PARTITION BY q.id ORDER BY n.distance, n.row_table, n.row_tid))::int AS rank, n.*
			FROM %2$s q, LATERAL (SELECT e %3$s q.e::%4$s AS distance, id::text AS row_key, tableoid::regclass AS row_table, ctid AS row_tid
				FROM %1$s WHERE e IS NOT NULL ORDER BY e %3$s q.e::%4$s, tableoid, ctid LIMIT %5$L) n
			WHERE q.e IS NOT NULL', source, queries, operator, type, k);
		EXECUTE format('CREATE TEMP TABLE found AS
			SELECT query::text, rank, distance, row_key, row_table, row_tid
			FROM knn_exact(%1$L, ''e'', (SELECT array_agg(e::vector ORDER BY id) FROM %2$s), %3$L, %4$L, ''id'')',
			source, queries, k, metric);
		EXECUTE format('CREATE TEMP TABLE found_join AS
			SELECT query, rank, distance, row_key, row_table, row_tid
			FROM knn_exact_join(%1$L, ''e'', %2$L, ''e'', %3$L, %4$L, ''id'', ''id'')', source, queries, k, metric);
		rows := (SELECT count(*) FROM found);
		differ := (SELECT count(*) FROM ((TABLE found EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL TABLE found)) s);
		joined := (SELECT count(*) FROM ((TABLE found_join EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL TABLE found_join)) s);
		RETURN NEXT;
		DROP TABLE expected, found, found_join;
	END LOOP;
END $$;

-- Rows: NULLs, a zero vector, duplicates, and queries likewise.
CREATE TABLE items (id int, e vector(13));
INSERT INTO items SELECT i, CASE WHEN i % 97 <> 0 THEN pg_temp.vec(i % 1500, 13) END FROM generate_series(1, 3000) i;
INSERT INTO items SELECT 3000 + i, array_fill(0, ARRAY[13])::vector FROM generate_series(1, 5) i;
CREATE TABLE queries (id int, e vector);
INSERT INTO queries SELECT i, CASE WHEN i <> 4 THEN pg_temp.vec(-i, 13) END FROM generate_series(1, 20) i;
INSERT INTO queries VALUES (21, array_fill(0, ARRAY[13])::vector);
INSERT INTO queries SELECT 21 + i, pg_temp.vec(i, 13) FROM generate_series(1, 5) i;

SELECT * FROM pg_temp.check_exact('items', 'queries', 10);
SELECT * FROM pg_temp.check_exact('items', 'queries', 1);
-- more than there are rows
SELECT * FROM pg_temp.check_exact('items', 'queries', 5000);

-- With little memory there are many passes; without OpenBLAS and with each set
-- of kernels it is the same.
SET work_mem = '64kB';
SELECT * FROM pg_temp.check_exact('items', 'queries', 10);
RESET work_mem;
SET kg.blas_library = 'none';
SELECT * FROM pg_temp.check_exact('items', 'queries', 10);
SET kg.simd = 'portable';
SELECT * FROM pg_temp.check_exact('items', 'queries', 10);
SET kg.blas_library = 'auto';
SELECT * FROM pg_temp.check_exact('items', 'queries', 10);
RESET kg.simd;

-- halfvec, also as queries of vectors; domains
CREATE DOMAIN embedding AS halfvec(13);
CREATE TABLE halves (id int, e embedding);
INSERT INTO halves SELECT id, e::halfvec FROM items;
CREATE TABLE half_queries (id int, e halfvec);
INSERT INTO half_queries SELECT id, e::halfvec FROM queries;
SELECT * FROM pg_temp.check_exact('halves', 'queries', 10);
SELECT * FROM pg_temp.check_exact('halves', 'half_queries', 10);
SELECT * FROM pg_temp.check_exact('items', 'half_queries', 10);
-- int8vec
CREATE TABLE bytes (id int, e int8vec(13));
CREATE TABLE byte_queries (id int, e int8vec);
INSERT INTO byte_queries SELECT id, e::int8vec FROM queries;
INSERT INTO bytes SELECT id, e::int8vec FROM items;
SELECT * FROM pg_temp.check_exact('bytes', 'queries', 10);
SELECT * FROM pg_temp.check_exact('items', 'byte_queries', 3);

-- Vectors hard to tell apart by products of float4: far from the origin, of
-- lengths of all magnitudes, too long to square, too short.
CREATE TABLE hard (id int, e vector(13));
INSERT INTO hard SELECT i, (SELECT array_agg(x * 0.001 + 1000 ORDER BY n) FROM unnest(pg_temp.vec(i, 13)::real[]) WITH ORDINALITY u (x, n))::real[]::vector
	FROM generate_series(1, 300) i;
INSERT INTO hard SELECT 300 + i, (SELECT array_agg(x * 10 ^ (i % 70 - 35) ORDER BY n) FROM unnest(pg_temp.vec(i, 13)::real[]) WITH ORDINALITY u (x, n))::real[]::vector
	FROM generate_series(1, 700) i;
SELECT * FROM pg_temp.check_exact('hard', 'hard', 7);
SELECT * FROM pg_temp.check_exact('hard', 'queries', 7);

-- Dimensions from 1 to those stored out of line
CREATE TABLE one (id int, e vector);
INSERT INTO one SELECT i, pg_temp.vec(i, 1) FROM generate_series(1, 300) i;
SELECT * FROM pg_temp.check_exact('one', 'one', 3);
CREATE TABLE wide (id int, e vector(3000));
INSERT INTO wide SELECT i, pg_temp.vec(i, 3000) FROM generate_series(1, 60) i;
SELECT * FROM pg_temp.check_exact('wide', 'wide', 5);

-- Partitions, inheritance and a materialized view
CREATE TABLE parts (id int, filler text, e vector(13)) PARTITION BY RANGE (id);
CREATE TABLE parts_2 (e vector(13), id int, filler text);
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (1000) TO (2000);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
INSERT INTO parts (id, e) SELECT id, e FROM items WHERE id < 2000;
SELECT * FROM pg_temp.check_exact('parts', 'queries', 10);
CREATE TABLE parent (id int, e vector(13));
CREATE TABLE child (note text) INHERITS (parent);
INSERT INTO parent SELECT id, e FROM items WHERE id < 500;
INSERT INTO child SELECT id, e FROM items WHERE id >= 500;
SELECT * FROM pg_temp.check_exact('parent', 'queries', 10);
CREATE MATERIALIZED VIEW kept AS SELECT * FROM items WHERE id % 2 = 0;
SELECT * FROM pg_temp.check_exact('kept', 'queries', 10);

-- No rows, no queries, no key; the numbers of an array with NULLs
CREATE TABLE nothing (id int, e vector(2));
SELECT * FROM knn_exact('nothing', 'e', '{"[1,2]"}');
SELECT * FROM knn_exact_join('items', 'e', 'nothing', 'e');
SELECT * FROM knn_exact('items', 'e', '{}');
SELECT * FROM knn_exact('items', 'e', NULL);
SELECT * FROM knn_exact('items', 'e', '{NULL}');
INSERT INTO nothing VALUES (1, '[1,2]'), (2, NULL), (NULL, '[3,4]'), (4, '[1,2]');
SELECT * FROM knn_exact('nothing', 'e', '{NULL, "[1,2]", NULL, "[3,4]"}', 2);
SELECT * FROM knn_exact('nothing', 'e', '{{"[1,2]"},{"[5,6]"}}', 1, key => 'id');
SELECT * FROM knn_exact_join('nothing', 'e', 'nothing', 'e', 1, 'cosine', 'id', 'id');
-- the row of an answer
SELECT n.query, n.rank, t.* FROM knn_exact('nothing', 'e', '{"[3,3]"}', 2) n JOIN nothing t ON t.ctid = n.row_tid ORDER BY 1, 2;

-- Errors
SELECT * FROM knn_exact('items', 'e', '{"[1,2]"}');
SELECT * FROM knn_exact('one', 'e', '{"[1,2]"}');
SELECT * FROM knn_exact('one', 'e', '{"[1]","[1,2]"}');
SELECT * FROM knn_exact_join('one', 'e', 'items', 'e');
SELECT * FROM knn_exact('items', 'nowhere', '{"[1,2]"}');
SELECT * FROM knn_exact('items', 'id', '{"[1,2]"}');
SELECT * FROM knn_exact('nothing', 'e', '{"[1,2]"}', key => 'nowhere');
SELECT * FROM knn_exact_join('items', 'e', 'items', 'id');
SELECT * FROM knn_exact('items', 'e', '{"[1,2]"}', 0);
SELECT * FROM knn_exact('items', 'e', '{"[1,2]"}', metric => 'hamming');
SELECT * FROM knn_exact('items', 'e', '{"[1,2]"}', NULL);
SELECT * FROM knn_exact(NULL, 'e', '{"[1,2]"}');
CREATE VIEW seen_items AS SELECT * FROM items;
SELECT * FROM knn_exact('seen_items', 'e', '{"[1,2]"}');
SELECT * FROM knn_exact(0, 'e', '{"[1,2]"}');
SET work_mem = '64kB';
SELECT count(*) FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 2000);
RESET work_mem;
SET kg.blas_library = 'libnowhere.so';
SELECT * FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)]);
SELECT count(*) FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], metric => 'l1');
RESET kg.blas_library;

-- Rights: as a SELECT of the columns
CREATE ROLE exact_reader;
CREATE ROLE exact_rows;
GRANT USAGE ON SCHEMA kg, exact_test TO exact_reader, exact_rows;
SET ROLE exact_reader;
SELECT * FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 1);
RESET ROLE;
GRANT SELECT (e) ON items TO exact_reader;
GRANT SELECT ON parts TO exact_reader;
GRANT SELECT ON items, queries TO exact_rows;
SET ROLE exact_reader;
SELECT * FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 1);
RESET ROLE;
GRANT SELECT (e, tableoid, ctid) ON items TO exact_reader;
SET ROLE exact_reader;
SELECT distance FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 1);
SELECT distance FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 1, key => 'id');
SELECT distance FROM knn_exact_join('items', 'e', 'queries', 'e', 1);
SELECT count(*) FROM knn_exact('parts', 'e', ARRAY[pg_temp.vec(1, 13)], 3);
SET kg.blas_library = 'none';
RESET ROLE;

-- Row-level security, of rows and of queries
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
ALTER TABLE queries ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON items TO exact_rows USING (id % 10 = 3);
CREATE POLICY few ON queries TO exact_rows USING (id < 3);
SET ROLE exact_rows;
SELECT * FROM pg_temp.check_exact('items', 'queries', 10);
SELECT count(*), bool_and(row_key::int % 10 = 3) AS allowed FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 5, key => 'id');
SET row_security = off;
SELECT * FROM knn_exact('items', 'e', ARRAY[pg_temp.vec(1, 13)], 1);
RESET row_security;
RESET ROLE;
DROP POLICY few ON items;
DROP POLICY few ON queries;
ALTER TABLE items DISABLE ROW LEVEL SECURITY;
ALTER TABLE queries DISABLE ROW LEVEL SECURITY;

-- The snapshot is the query's: rows inserted by it are not there yet
WITH more AS (INSERT INTO one SELECT 300 + i, '[0.5]' FROM generate_series(1, 3) i RETURNING 1)
SELECT (SELECT count(*) FROM more) AS inserted, (SELECT count(*) FROM knn_exact('one', 'e', '{"[0.5]"}', 1000)) AS found;
SELECT count(*) FROM knn_exact('one', 'e', '{"[0.5]"}', 1000);

DROP OWNED BY exact_reader, exact_rows;
DROP ROLE exact_reader, exact_rows;
DROP SCHEMA exact_test CASCADE;
