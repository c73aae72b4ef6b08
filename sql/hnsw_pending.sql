-- kg_hnsw: fastupdate, the list of pending rows
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET enable_seqscan = off;
-- Options.
CREATE TABLE empty (e vector(8));
CREATE INDEX ON empty USING kg_hnsw (e) WITH (fastupdate = 7);
CREATE INDEX ON empty USING kg_hnsw (e) WITH (pending_list_limit = -1);
CREATE INDEX ON empty USING kg_hnsw (e) WITH (pending_list_limit = 'much');
DROP TABLE empty;

\set method kg_hnsw
\set l1 on
\set whole '*'
\set pending :abs_srcdir '/sql/include/pending.sql'
\i :pending

-- All types and storages: while rows wait, when half of them do, merged.
CREATE TABLE kinds (id int, e vector(12), h halfvec(12), q int8vec(12), b bit(40), s sparsevec(200), k int) WITH (autovacuum_enabled = off);
CREATE FUNCTION pg_temp.add_kinds(first int, last int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO kinds SELECT i, v, v::halfvec, v::int8vec, lpad((i * 7919 % 16384)::bit(14)::text, 40, (i % 13)::bit(8)::text)::bit(40),
		format('{%s:1,%s:%s,%s:2}/200', i % 40 + 1, 50 + i % 60, i % 9 + 1, 120 + i % 77)::sparsevec, i % 5
	FROM generate_series(first, last) i, pg_temp.vec(i, 12) v
$$;
SELECT pg_temp.add_kinds(1, 200);
CREATE INDEX ON kinds USING kg_hnsw (e vector_l2_ops) WITH (fastupdate = on, storage = f32);
CREATE INDEX ON kinds USING kg_hnsw (e vector_ip_ops) WITH (fastupdate = on, storage = sq8);
CREATE INDEX ON kinds USING kg_hnsw (e vector_cosine_ops, k) WITH (fastupdate = on, storage = sq4);
CREATE INDEX ON kinds USING kg_hnsw (e vector_l1_ops) WITH (fastupdate = on, storage = sq2);
CREATE INDEX ON kinds USING kg_hnsw (h halfvec_l2_ops) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (q int8vec_cosine_ops) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (b bit_hamming_ops, k) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (b bit_jaccard_ops) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (s sparsevec_l2_ops) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (s sparsevec_ip_ops) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (s sparsevec_cosine_ops) WITH (fastupdate = on);
CREATE INDEX ON kinds USING kg_hnsw (s sparsevec_l1_ops) WITH (fastupdate = on);
CREATE FUNCTION pg_temp.check_kinds() RETURNS TABLE (key text, plan text, returned bigint, distances bool, missing bigint, twice bigint) LANGUAGE sql AS $$
	SELECT v, k.plan, k.returned, k.distances, k.missing, k.twice
	FROM unnest(ARRAY['e <-> (SELECT e FROM kinds WHERE id = 7)', 'e <#> (SELECT e FROM kinds WHERE id = 7)', 'e <=> (SELECT e FROM kinds WHERE id = 7)',
		'e <+> (SELECT e FROM kinds WHERE id = 7)', 'h <-> (SELECT h FROM kinds WHERE id = 7)', 'q <=> (SELECT q FROM kinds WHERE id = 7)',
		'b <~> (SELECT b FROM kinds WHERE id = 7)', 'b <%> (SELECT b FROM kinds WHERE id = 7)', 's <-> (SELECT s FROM kinds WHERE id = 7)',
		's <#> (SELECT s FROM kinds WHERE id = 7)', 's <=> (SELECT s FROM kinds WHERE id = 7)', 's <+> (SELECT s FROM kinds WHERE id = 7)']) v,
		pg_temp.knn('kinds', v) k
$$;
SELECT pg_temp.add_kinds(201, 260);
SELECT * FROM pg_temp.check_kinds();
SELECT sum(flush_pending(i.indexrelid)), count(*) FROM pg_index i WHERE indrelid = 'kinds'::regclass;
SELECT pg_temp.add_kinds(261, 300);
SELECT * FROM pg_temp.check_kinds();
SELECT sum(flush_pending(i.indexrelid)), count(*) FROM pg_index i WHERE indrelid = 'kinds'::regclass;
SELECT * FROM pg_temp.check_kinds();
SELECT s.rows, s.pending, s.problems FROM pg_index i, pg_temp.state(i.indexrelid) s WHERE indrelid = 'kinds'::regclass;
-- a sparse vector that has more elements than the index has room for does not wait
INSERT INTO kinds (id, s) SELECT 1000, format('{%s}/200', string_agg(i || ':1', ',' ORDER BY i))::sparsevec FROM generate_series(1, 150) i;
SELECT count(*) AS indexes, sum(s.pending) AS pending, sum(s.problems) AS problems FROM pg_index i, pg_temp.state(i.indexrelid) s WHERE indrelid = 'kinds'::regclass;
SELECT id FROM kinds ORDER BY s <-> (SELECT s FROM kinds WHERE id = 1000) LIMIT 1;
DROP TABLE kinds;

-- Nor does a vector that is too long for a page of the list.
CREATE TABLE long (id int, h halfvec(2100)) WITH (autovacuum_enabled = off);
CREATE INDEX long_h ON long USING kg_hnsw (h) WITH (fastupdate = on);
INSERT INTO long SELECT i, array_fill(i, ARRAY[2100])::halfvec FROM generate_series(1, 5) i;
SELECT rows, nodes, pending FROM pg_temp.state('long_h');
SELECT id FROM long ORDER BY h <-> array_fill(4, ARRAY[2100])::halfvec LIMIT 1;
DROP TABLE long;

-- Many vectors a row.
CREATE TABLE docs (id int, m vector(6)[]) WITH (autovacuum_enabled = off);
INSERT INTO docs SELECT i, ARRAY(SELECT pg_temp.vec(i * 10 + j, 6) FROM generate_series(1, 1 + i % 4) j) FROM generate_series(1, 60) i;
CREATE INDEX docs_m ON docs USING kg_hnsw (m vector_maxsim_ops) WITH (fastupdate = on);
INSERT INTO docs SELECT i, ARRAY(SELECT pg_temp.vec(i * 10 + j, 6) FROM generate_series(1, i % 5) j) FROM generate_series(61, 90) i;
SELECT * FROM pg_temp.state('docs_m');
CREATE FUNCTION pg_temp.check_docs() RETURNS TABLE (returned bigint, ids bigint, same boolean) LANGUAGE plpgsql AS $$
DECLARE
	q vector[] := (SELECT m FROM docs WHERE id = 77);
	by_index int[];
	by_table int[];
BEGIN
	SELECT array_agg(id) INTO by_index FROM (SELECT id FROM docs ORDER BY m @# q LIMIT 5) s;
	RETURN QUERY SELECT count(*), count(DISTINCT id), NULL::boolean FROM (SELECT id FROM docs ORDER BY m @# q) s;
	SET LOCAL enable_indexscan = off;
	SELECT array_agg(id) INTO by_table FROM (SELECT id FROM docs ORDER BY m @# q, id LIMIT 5) s;
	RESET enable_indexscan;
	RETURN QUERY SELECT NULL::bigint, NULL::bigint, by_index = by_table;
END $$;
SELECT * FROM pg_temp.check_docs();
SELECT flush_pending('docs_m');
SELECT * FROM pg_temp.check_docs();
SELECT rows, pending, problems FROM pg_temp.state('docs_m');
DROP TABLE docs;

-- Who may merge, and what.
CREATE TABLE secret (id int, e vector(3));
CREATE INDEX secret_e ON secret USING kg_hnsw (e) WITH (fastupdate = on);
CREATE INDEX secret_id ON secret (id);
INSERT INTO secret VALUES (1, '[1,2,3]');
CREATE ROLE regress_kg_pending;
SET ROLE regress_kg_pending;
SELECT kg.flush_pending('secret_e');
RESET ROLE;
SELECT flush_pending('secret_id');
SELECT flush_pending('secret');
SELECT flush_pending(0);
SELECT flush_pending(NULL);
BEGIN READ ONLY;
SELECT flush_pending('secret_e');
ROLLBACK;
SELECT flush_pending('secret_e');
DROP TABLE secret;
DROP ROLE regress_kg_pending;
