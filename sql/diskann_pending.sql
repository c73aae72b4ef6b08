-- kg_diskann: fastupdate, the list of pending rows
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET enable_seqscan = off;
-- Options.
CREATE TABLE empty (e vector(8));
CREATE INDEX ON empty USING kg_diskann (e) WITH (fastupdate = 7);
CREATE INDEX ON empty USING kg_diskann (e) WITH (pending_list_limit = -1);
CREATE INDEX ON empty USING kg_diskann (e) WITH (pending_list_limit = 'much');
DROP TABLE empty;

\set method kg_diskann
\set l1 off
\set whole 'plan, returned, missing, twice'
\set pending :abs_srcdir '/sql/include/pending.sql'
\i :pending

-- All types and storages: while rows wait, when half of them do, merged.
CREATE TABLE kinds (id int, e vector(12), h halfvec(12), q int8vec(12), k int) WITH (autovacuum_enabled = off);
CREATE FUNCTION pg_temp.add_kinds(first int, last int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO kinds SELECT i, v, v::halfvec, v::int8vec, i % 5 FROM generate_series(first, last) i, pg_temp.vec(i, 12) v
$$;
SELECT pg_temp.add_kinds(1, 200);
CREATE INDEX ON kinds USING kg_diskann (e vector_l2_ops) WITH (fastupdate = on, storage = f32);
CREATE INDEX ON kinds USING kg_diskann (e vector_ip_ops) WITH (fastupdate = on, storage = sq8);
CREATE INDEX ON kinds USING kg_diskann (e vector_cosine_ops, k) WITH (fastupdate = on, storage = sq4);
CREATE INDEX ON kinds USING kg_diskann (h halfvec_l2_ops) WITH (fastupdate = on, members = 3);
CREATE INDEX ON kinds USING kg_diskann (q int8vec_cosine_ops) WITH (fastupdate = on);
CREATE FUNCTION pg_temp.check_kinds() RETURNS TABLE (key text, plan text, returned bigint, distances bool, missing bigint, twice bigint) LANGUAGE sql AS $$
	SELECT v, k.plan, k.returned, k.distances, k.missing, k.twice
	FROM unnest(ARRAY['e <-> (SELECT e FROM kinds WHERE id = 7)', 'e <#> (SELECT e FROM kinds WHERE id = 7)', 'e <=> (SELECT e FROM kinds WHERE id = 7)',
		'h <-> (SELECT h FROM kinds WHERE id = 7)', 'q <=> (SELECT q FROM kinds WHERE id = 7)']) v, pg_temp.knn('kinds', v) k
$$;
SELECT pg_temp.add_kinds(201, 260);
SELECT * FROM pg_temp.check_kinds();
SELECT sum(flush_pending(i.indexrelid)), count(*) FROM pg_index i WHERE indrelid = 'kinds'::regclass;
SELECT pg_temp.add_kinds(261, 300);
SELECT * FROM pg_temp.check_kinds();
SELECT sum(flush_pending(i.indexrelid)), count(*) FROM pg_index i WHERE indrelid = 'kinds'::regclass;
SELECT * FROM pg_temp.check_kinds();
SELECT s.rows, s.pending, s.problems FROM pg_index i, pg_temp.state(i.indexrelid) s WHERE indrelid = 'kinds'::regclass;
DROP TABLE kinds;

-- Off by default; in the list a batch's rows go on pages together.
CREATE TABLE grown (id int, e vector(24)) WITH (autovacuum_enabled = off);
CREATE INDEX grown_e ON grown USING kg_diskann (e) WITH (members = 8, neighbors = 40);
INSERT INTO grown SELECT i, pg_temp.vec(i, 24) FROM generate_series(1, 10) i;
SELECT rows, pending FROM pg_temp.state('grown_e');
ALTER INDEX grown_e SET (fastupdate = on, pending_list_limit = 10000);
INSERT INTO grown SELECT i, pg_temp.vec(i, 24) FROM generate_series(11, 2000) i;
SELECT rows, pending FROM pg_temp.state('grown_e');
SELECT flush_pending('grown_e');
SELECT rows, pending, problems FROM pg_temp.state('grown_e');
SELECT nodes::float8 / (nodes + free_slots) > 0.9 AS full FROM index_info('grown_e');
DROP TABLE grown;
