-- kg_hnsw with filter columns: what can be made, changed and built again, and
-- what cannot
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET max_parallel_workers_per_gather = 0;

-- A row for each condition for which the index's answer is not right, or for
-- which the index does not take the condition.
CREATE FUNCTION pg_temp.wrong(source text, VARIADIC conditions text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	condition text;
	plan text;
	k record;
	many bool;
BEGIN
	FOREACH condition IN ARRAY conditions LOOP
		PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true);
		plan := pg_temp.plan(format('SELECT * FROM %s WHERE %s ORDER BY e <-> ''[1,2,3,4]''', source, condition));
		SELECT * INTO k FROM pg_temp.knn(format('%s WHERE %s', source, condition), 'e <-> ''[1,2,3,4]''');
		PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true);
		-- the tail of a scan of many rows may not be in order
		IF plan !~ 'Index Cond' OR k.missing > 0 OR k.twice > 0 OR (NOT k.ordered AND k.returned < 500) THEN
			RETURN NEXT condition || ': ' || k || E'\n' || plan;
		END IF;
		many := k.returned >= 500;
		SELECT * INTO k FROM pg_temp.knn(format('%s WHERE %s', source, condition), 'e <-> ''[1,2,3,4]''', 7);
		IF k.plan <> 'index' OR k.twice > 0 OR NOT k.ordered OR NOT (k.distances OR many) THEN
			RETURN NEXT condition || ': LIMIT ' || k;
		END IF;
	END LOOP;
END $$;

-- What cannot be.
CREATE TABLE t (id int PRIMARY KEY, e vector(4), f vector(4), a int, b int, c text, j jsonb, n numeric, s sparsevec(4), x int4range);
CREATE INDEX ON t USING kg_hnsw (e, a, b, a, b, c);
CREATE INDEX ON t USING kg_hnsw (e, f);
CREATE INDEX ON t USING kg_hnsw (e, f vector_cosine_ops, a);
CREATE INDEX ON t USING kg_hnsw (a, e);
CREATE INDEX ON t USING kg_hnsw (a);
CREATE INDEX ON t USING kg_hnsw (e int4_ops);
CREATE INDEX ON t USING kg_hnsw (e, a vector_l2_ops);
CREATE INDEX ON t USING kg_hnsw (e, a int8_ops);
CREATE INDEX ON t USING kg_hnsw (e) INCLUDE (a);
CREATE INDEX ON t USING kg_hnsw (e, j);
CREATE INDEX ON t USING kg_hnsw (e, n);
CREATE INDEX ON t USING kg_hnsw (e, x);
CREATE INDEX ON t USING kg_hnsw (e, (e <-> f));
CREATE UNIQUE INDEX ON t USING kg_hnsw (e, a);
-- since 19 they tell of the place
\set VERBOSITY sqlstate
CREATE INDEX ON t USING kg_hnsw (e, a DESC);
CREATE INDEX ON t USING kg_hnsw (e, a NULLS FIRST);
\set VERBOSITY default
CREATE INDEX ON t USING kg_hnsw (e, e);
-- (operators are with schemas since PostgreSQL 17)
\set VERBOSITY sqlstate
ALTER TABLE t ADD EXCLUDE USING kg_hnsw (e WITH <->, a WITH =);
\set VERBOSITY default
-- The same column twice, or none, is no harm.
CREATE INDEX t_twice ON t USING kg_hnsw (e, a, a);
INSERT INTO t (id, e, a, b, c) SELECT i, pg_temp.vec(i, 4), i % 20, i % 6, 'c' || i % 4 FROM generate_series(1, 300) i;
ANALYZE t;
SELECT pg_temp.wrong('t', 'a = 3', 'a > 5 AND a < 9');
DROP INDEX t_twice;

-- Expressions; a condition of the index's own.
CREATE INDEX t_e ON t USING kg_hnsw (e, (a + b), (upper(c)), ((a > 10))) WHERE b > 0;
ANALYZE t;
SELECT pg_temp.wrong('t', 'b > 0 AND a + b = 7', 'b > 0 AND a + b BETWEEN 5 AND 9', 'b > 0 AND upper(c) = ''C1''', 'b > 0 AND a > 10 AND (a + b) IN (14, 15, 99)', 'b > 0 AND (a > 10) IS NULL');
UPDATE t SET c = 'C9' WHERE id % 10 = 0;
UPDATE t SET b = 0 WHERE id % 7 = 0;
UPDATE t SET b = 3 WHERE id % 6 = 0;
SELECT pg_temp.wrong('t', 'b > 0 AND a + b = 7', 'b > 0 AND upper(c) = ''C9''');
SELECT index_check('t_e');
DROP INDEX t_e;

-- Changes of a filter column are never HOT; others are.
CREATE INDEX t_e ON t USING kg_hnsw (e, a, c);
BEGIN;
SELECT pg_stat_get_xact_tuples_hot_updated('t'::regclass) AS hot \gset
UPDATE t SET a = a + 1 WHERE id <= 20;
UPDATE t SET c = NULL WHERE id <= 10;
SELECT pg_stat_get_xact_tuples_hot_updated('t'::regclass) - :hot AS hot;
UPDATE t SET b = b + 1 WHERE id = 300;
SELECT pg_stat_get_xact_tuples_hot_updated('t'::regclass) - :hot AS hot;
COMMIT;
SELECT pg_temp.wrong('t', 'a = 3', 'a = 20', 'c IS NULL', 'c = ''c2'' AND a > 3');

-- ON CONFLICT, MERGE, a rollback, savepoints.
INSERT INTO t (id, e, a, c) VALUES (5, '[1,2,3,4]', 77, 'new'), (1005, '[1,2,3,4]', 77, 'new') ON CONFLICT (id) DO UPDATE SET a = excluded.a, c = 'again';
BEGIN;
UPDATE t SET a = 88 WHERE id < 100;
SAVEPOINT s;
UPDATE t SET a = 89 WHERE id < 100;
ROLLBACK TO s;
SELECT pg_temp.wrong('t', 'a = 88', 'a = 89');
ROLLBACK;
SELECT pg_temp.wrong('t', 'a = 77', 'a = 88', 'c = ''again''', 'a IN (3, 88)');

-- VACUUM, REINDEX, TRUNCATE.
DELETE FROM t WHERE id % 3 = 0;
VACUUM t;
SELECT pg_temp.wrong('t', 'a = 4', 'a IS NOT NULL', 'c = ''c1''');
REINDEX INDEX t_e;
REINDEX INDEX CONCURRENTLY t_e;
SELECT pg_temp.wrong('t', 'a = 4', 'a IS NOT NULL', 'c = ''c1''');
SELECT index_check('t_e');
TRUNCATE t;
SELECT pg_temp.wrong('t', 'a = 4', 'a IS NULL');
INSERT INTO t (id, e, a, c) SELECT i, pg_temp.vec(i, 4), i % 20, 'c' || i % 4 FROM generate_series(1, 100) i;
SELECT pg_temp.wrong('t', 'a = 4', 'a > 15 AND c IN (''c1'', ''c2'')');
CREATE INDEX CONCURRENTLY t_e2 ON t USING kg_hnsw (e, c, a);
DROP INDEX t_e;
SELECT pg_temp.wrong('t', 'a = 4', 'c = ''c1'' AND a > 5');
SELECT index_check('t_e2');

-- Changes of the column's type, its name, its being there.
ALTER TABLE t ALTER COLUMN a TYPE int8;
SELECT pg_temp.wrong('t', 'a = 4', 'c = ''c1'' AND a > 5');
ALTER TABLE t RENAME COLUMN a TO aa;
SELECT pg_temp.wrong('t', 'aa = 4');
ALTER TABLE t ALTER COLUMN aa TYPE jsonb USING to_jsonb(aa);
ALTER TABLE t ALTER COLUMN c TYPE varchar(10);
SELECT pg_temp.wrong('t', 'c = ''c1''');
ALTER TABLE t ADD COLUMN dflt int DEFAULT 7;
CREATE INDEX t_dflt ON t USING kg_hnsw (e, dflt);
SELECT pg_temp.wrong('t', 'dflt = 7 AND id > 0');
ALTER TABLE t DROP COLUMN aa;
SELECT to_regclass('t_e2') AS gone;
DROP TABLE t;

-- Unlogged and temporary tables; a table without rows.
CREATE UNLOGGED TABLE u (id int, e vector(4), a int);
CREATE INDEX u_e ON u USING kg_hnsw (e, a);
SELECT pg_temp.wrong('u', 'a = 4', 'a IS NULL', 'a IN (1, 2)');
SELECT index_check('u_e');
INSERT INTO u SELECT i, CASE WHEN i % 9 > 0 THEN pg_temp.vec(i, 4) END, i % 20 FROM generate_series(1, 200) i;
SELECT pg_temp.wrong('u', 'a = 4', 'a IS NULL', 'a > 10');
CREATE TEMP TABLE tt AS SELECT * FROM u;
CREATE INDEX tt_e ON tt USING kg_hnsw (e, a);
SELECT pg_temp.wrong('tt', 'a = 4', 'a IS NULL', 'a > 10', 'e IS NULL AND a = 9', 'e IS NOT NULL AND a < 5');
SELECT index_check('tt_e');

-- Partitions, and rows that move.
CREATE TABLE p (id int, e vector(4), a int, k int) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 (k int, junk int, a int, e vector(4), id int);
ALTER TABLE p2 DROP COLUMN junk;
CREATE INDEX p_e ON p USING kg_hnsw (e, a, k);
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2, 3);
INSERT INTO p SELECT i, pg_temp.vec(i, 4), i % 20, i % 3 + 1 FROM generate_series(1, 400) i;
ANALYZE p;
SELECT pg_temp.wrong('p', 'a = 4', 'a > 15', 'a = 4 AND k = 2', 'k IN (1, 3)', 'a IN (1, 2) AND k <> 2');
UPDATE p SET k = k % 3 + 1 WHERE id % 5 = 0;
SELECT pg_temp.wrong('p', 'a = 4', 'k = 2', 'a IN (1, 2) AND k <> 2');
SELECT index_check(relid) FROM pg_partition_tree('p_e') WHERE isleaf;
DROP TABLE p, u;

-- Row security: conditions of users run after the policy's, unless they tell nothing.
CREATE TABLE s (id int, e vector(4), a int, b text, owner text);
INSERT INTO s SELECT i, pg_temp.vec(i, 4), i % 20, 'b' || i % 5, 'u' || i % 2 FROM generate_series(1, 300) i;
CREATE INDEX s_e ON s USING kg_hnsw (e, a, b, owner);
ANALYZE s;
ALTER TABLE s ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON s USING (owner = 'u1');
CREATE ROLE kg_filter_user;
GRANT SELECT ON s TO kg_filter_user;
GRANT USAGE ON SCHEMA kg TO kg_filter_user;
SET ROLE kg_filter_user;
SET enable_seqscan = off;
SELECT count(*), min(id % 2) FROM (SELECT id FROM s WHERE a IN (3, 4, 5) AND b = 'b3' ORDER BY e <-> '[1,2,3,4]' LIMIT 100) x;
EXPLAIN (COSTS OFF) SELECT id FROM s WHERE a = ANY ('{3,4,5}') ORDER BY e <-> '[1,2,3,4]' LIMIT 100;
RESET enable_seqscan;
RESET ROLE;
SELECT count(*) FROM s WHERE a IN (3, 4, 5) AND b = 'b3' AND owner = 'u1';
DROP TABLE s;
DROP OWNED BY kg_filter_user;
DROP ROLE kg_filter_user;

-- Equal vectors: nodes are shared where all words are equal.
CREATE TABLE d (id int, e vector(4), tenant int, lang text);
INSERT INTO d SELECT i, '[1,2,3,4]', i % 200, CASE WHEN i % 200 < 5 THEN 'l' || i % 3 ELSE 'l' END FROM generate_series(1, 2000) i;
CREATE INDEX d_e ON d USING kg_hnsw (e, tenant, lang);
ANALYZE d;
SELECT rows, nodes, filters, filter_bytes FROM index_info('d_e');
SELECT pg_temp.wrong('d', 'tenant = 3', 'tenant = 3 AND lang = ''l1''', 'tenant IN (1, 2, 3, 150)', 'tenant > 100', 'lang = ''l1''', 'tenant IS NULL', 'tenant BETWEEN 20 AND 30');
INSERT INTO d SELECT i, '[1,2,3,4]', i % 300, NULL FROM generate_series(2001, 3000) i;
INSERT INTO d SELECT i, '[1,2,3,4]', NULL, 'l' FROM generate_series(3001, 3100) i;
SELECT rows, nodes FROM index_info('d_e');
SELECT pg_temp.wrong('d', 'tenant = 3', 'tenant = 250', 'tenant IS NULL', 'lang IS NULL', 'tenant IS NULL AND lang = ''l''', 'tenant BETWEEN 20 AND 30 AND lang IS NOT NULL');
UPDATE d SET tenant = 7 WHERE id % 4 = 0;
DELETE FROM d WHERE tenant = 7 AND id % 3 = 0;
VACUUM d;
SELECT pg_temp.wrong('d', 'tenant = 7', 'tenant = 8', 'tenant IS NULL', 'lang IS NULL AND tenant = 7');
SELECT index_check('d_e');
DROP TABLE d;

-- The estimate of an index's size is that of an index with many values; words
-- cost some neighbours' room.
CREATE TABLE z (id int, e vector(40), a int, b int);
INSERT INTO z SELECT i, pg_temp.vec(i, 40), i, i % 10 FROM generate_series(1, 3000) i;
CREATE INDEX z_e ON z USING kg_hnsw (e, a, b) WITH (ef_construction = 10);
SELECT abs(pg_relation_size('z_e') - s.bytes) < 0.03 * s.bytes AS near, i.filters, i.filter_bytes > 3000 * 2 * 4 AS filter_bytes
FROM estimate_index_size(3000, 40, filters => 2) s, index_info('z_e') i;
SELECT f, round(s.bytes_per_row::numeric), s.rows_per_page FROM generate_series(0, 4) f, estimate_index_size(1000000, 128, filters => f) s;
DROP TABLE z;

-- Many values: their lists are on many pages.  One value has most rows.
CREATE TABLE m (id int, e vector(4), v int);
INSERT INTO m SELECT i, pg_temp.vec(i, 4), CASE WHEN i % 4 > 0 THEN i / 2 ELSE -1 END FROM generate_series(1, 3000) i;
CREATE INDEX m_e ON m USING kg_hnsw (e, v) WITH (m = 4, ef_construction = 10);
INSERT INTO m SELECT i, pg_temp.vec(i, 4), i / 2 FROM generate_series(3001, 5000) i;
ANALYZE m;
SELECT pg_temp.wrong('m', 'v = 1', 'v = 1234', 'v = -1', 'v IN (100, 200, 300, 2222)', 'v BETWEEN 1000 AND 1010', 'v = 999999');
SELECT index_check('m_e');
UPDATE m SET v = v + 3 WHERE id % 10 = 0;
DELETE FROM m WHERE v = -1 AND id < 2900;
VACUUM m;
SELECT pg_temp.wrong('m', 'v = 1', 'v = 2', 'v = 1234', 'v = -1', 'v IN (100, 200, 300, 2222)');
SELECT index_check('m_e');
DROP TABLE m;

-- The operator classes are sound, and validation finds those that are not.
SELECT count(*) AS classes, bool_and(amvalidate(c.oid)) AS valid FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod WHERE a.amname = 'kg_hnsw';
SELECT count(*) AS defaults FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod WHERE a.amname = 'kg_hnsw' AND c.opcdefault;
CREATE OPERATOR CLASS bad_hash FOR TYPE text USING kg_hnsw AS OPERATOR 3 =, OPERATOR 4 <, FUNCTION 2 kg_filter_text(internal);
CREATE OPERATOR CLASS bad_tags FOR TYPE int4[] USING kg_hnsw AS OPERATOR 3 = (anyarray, anyarray), FUNCTION 2 kg_filter_array(internal);
CREATE OPERATOR CLASS bad_both FOR TYPE int4 USING kg_hnsw AS OPERATOR 3 =, FUNCTION 1 kg_ann_vector_l2(internal), FUNCTION 2 kg_filter_integer(internal);
CREATE OPERATOR CLASS bad_none FOR TYPE int4 USING kg_hnsw AS FUNCTION 2 kg_filter_integer(internal);
CREATE OPERATOR CLASS bad_nothing FOR TYPE int4 USING kg_hnsw AS OPERATOR 3 =;
CREATE OPERATOR CLASS bad_number FOR TYPE int4 USING kg_hnsw AS OPERATOR 3 =, FUNCTION 3 int4eq(int4, int4);
CREATE OPERATOR CLASS bad_strategy FOR TYPE int4 USING kg_hnsw AS OPERATOR 8 =, FUNCTION 2 kg_filter_integer(internal);
CREATE OPERATOR CLASS bad_signature FOR TYPE int4 USING kg_hnsw AS OPERATOR 3 =, FUNCTION 2 int4eq(int4, int4);
SELECT opcname, amvalidate(oid) FROM (SELECT oid, opcname FROM pg_opclass WHERE opcname LIKE 'bad\_%' ORDER BY 2 OFFSET 0) c;
DROP OPERATOR FAMILY bad_hash USING kg_hnsw;
DROP OPERATOR FAMILY bad_tags USING kg_hnsw;
DROP OPERATOR FAMILY bad_both USING kg_hnsw;
DROP OPERATOR FAMILY bad_none USING kg_hnsw;
DROP OPERATOR FAMILY bad_nothing USING kg_hnsw;
DROP OPERATOR FAMILY IF EXISTS bad_number USING kg_hnsw;
DROP OPERATOR FAMILY bad_strategy USING kg_hnsw;
DROP OPERATOR FAMILY bad_signature USING kg_hnsw;
