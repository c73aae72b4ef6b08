-- kg.index_recall: the figures of an index against exact answers.
CREATE SCHEMA recall_test;
SET search_path = recall_test, kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET max_parallel_workers_per_gather = 0;
SET client_min_messages = warning;
\set VERBOSITY terse

CREATE TABLE items (id int, kind int, e vector(8), h halfvec(8));
INSERT INTO items SELECT i, i % 10, pg_temp.vec(i, 8), pg_temp.vec(i, 8)::halfvec FROM generate_series(1, 3000) i;
CREATE TABLE queries (id int, e vector(8));
INSERT INTO queries SELECT i, pg_temp.vec(-i, 8) FROM generate_series(1, 40) i;
INSERT INTO queries VALUES (41, NULL);
CREATE INDEX items_e ON items USING kg_hnsw (e);

-- What does not depend on the machine: figures in their ranges.
CREATE FUNCTION pg_temp.sound(index regclass, sample int, k int, query_relation regclass = NULL, query_embedding name = NULL)
RETURNS TABLE (queries int, in_range bool, above numeric)
LANGUAGE sql AS $$
	SELECT r.queries, r.k = sound.k AND r.recall_min BETWEEN 0 AND r.recall_p5 AND r.recall_p5 <= 1 AND r.recall BETWEEN r.recall_min AND 1
		AND r.pages >= 1 AND r.nodes >= least(sound.k, 8) AND r.p50_us > 0 AND r.p99_us >= r.p50_us,
		CASE WHEN r.recall >= 0.9 THEN 0.9 WHEN r.recall >= 0.5 THEN 0.5 ELSE 0 END
	FROM index_recall(index, sample, k, query_relation, query_embedding) r
$$;
SELECT * FROM pg_temp.sound('items_e', 100, 10);
SELECT * FROM pg_temp.sound('items_e', 100, 1);
SELECT * FROM pg_temp.sound('items_e', 100, 10, 'queries', 'e');
SELECT * FROM pg_temp.sound('items_e', 100000, 100);

-- The settings of now: a search that reads the whole index finds all, one that
-- ends at once finds little.
SET kg.ef_search = 10000;
SELECT k, queries, recall, recall_p5, recall_min FROM index_recall('items_e', 50, 10);
SELECT k, queries, recall, recall_p5, recall_min FROM index_recall('items_e', 50, 10, 'queries', 'e');
SET kg.ef_search = 1;
SET kg.iterative_scan = off;
SELECT recall <= 0.3 AS little, nodes <= 10 AS few, queries FROM index_recall('items_e', 50, 10, 'queries', 'e');
RESET kg.ef_search;
RESET kg.iterative_scan;
-- The same as counted by hand
CREATE FUNCTION pg_temp.by_hand() RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	hits int := 0;
	q record;
BEGIN
	SET LOCAL enable_seqscan = off;
	SET LOCAL enable_sort = off;
	FOR q IN SELECT * FROM queries WHERE e IS NOT NULL LOOP
		hits := hits + (SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> q.e LIMIT 10) n
			JOIN knn_exact('items', 'e', ARRAY[q.e], 10, key => 'id') x ON x.row_key = n.id::text);
	END LOOP;
	RETURN hits / 400.0;
END $$;
SET kg.ef_search = 12;
SET kg.iterative_scan = off;
SELECT recall < 1 AS some_missed, recall::numeric = round(pg_temp.by_hand(), 4) AS same FROM index_recall('items_e', 100, 10, 'queries', 'e');
RESET kg.ef_search;
RESET kg.iterative_scan;

-- The index that is asked for, though the planner would take another
CREATE INDEX items_coarse ON items USING kg_hnsw (e) WITH (m = 2, ef_construction = 10);
SELECT index_recall('items_e', 1) IS NOT NULL AS ran, (last_scan()).index;
SELECT index_recall('items_coarse', 1) IS NOT NULL AS ran, (last_scan()).index;
DROP INDEX items_coarse;
-- nothing is left of that
SELECT pg_temp.plan('SELECT id FROM items WHERE id = 5');
SHOW enable_seqscan;
SET enable_indexscan = off;
SELECT * FROM pg_temp.sound('items_e', 10, 10);
SHOW enable_indexscan;
RESET enable_indexscan;

-- Partial and expression indexes, other types and metrics
CREATE INDEX items_part ON items USING kg_hnsw (e vector_cosine_ops) WHERE kind = 3 AND id <> 13;
SELECT * FROM pg_temp.sound('items_part', 1000, 10);
CREATE FUNCTION "Half"(v vector) RETURNS vector LANGUAGE sql IMMUTABLE AS 'SELECT v::real[]::kg.vector';
CREATE INDEX items_expression ON items USING kg_hnsw (((CASE WHEN kind > 4 THEN "Half"(e) END)::vector(8)));
SELECT * FROM pg_temp.sound('items_expression', 10000, 10);
SELECT * FROM pg_temp.sound('items_expression', 10000, 10, 'queries', 'e');
CREATE INDEX items_h ON items USING kg_hnsw (h halfvec_ip_ops);
SELECT * FROM pg_temp.sound('items_h', 50, 5);
SELECT * FROM pg_temp.sound('items_h', 50, 5, 'queries', 'e');

-- A row's own hit does not count: of pairs of equal rows each finds the other
CREATE TABLE pairs (e vector(8));
INSERT INTO pairs SELECT pg_temp.vec(i % 500, 8) FROM generate_series(1, 1000) i;
CREATE INDEX pairs_e ON pairs USING kg_hnsw (e);
SELECT k, queries, recall, recall_p5, recall_min FROM index_recall('pairs_e', 200, 1);
-- equal rows more than k: any of them will do
CREATE TABLE equals (e vector(2));
INSERT INTO equals SELECT '[1,2]' FROM generate_series(1, 300);
CREATE INDEX equals_e ON equals USING kg_hnsw (e);
SELECT k, queries, recall, recall_p5, recall_min FROM index_recall('equals_e', 50, 10);

-- NULLs, zero vectors by cosine, fewer rows than k, one row, none
CREATE TABLE few (e vector(2));
CREATE INDEX few_e ON few USING kg_hnsw (e vector_cosine_ops);
SELECT * FROM index_recall('few_e');
INSERT INTO few VALUES (NULL), ('[1,2]');
SELECT * FROM index_recall('few_e');
INSERT INTO few VALUES ('[0,0]'), ('[2,1]'), ('[3,1]');
SELECT k, queries, recall, recall_p5, recall_min FROM index_recall('few_e');

-- Inheritance: the index has the rows of its table only
CREATE TABLE few_more () INHERITS (few);
INSERT INTO few_more VALUES ('[1,1]');
SELECT k, queries, recall, recall_p5, recall_min FROM index_recall('few_e');
-- A partition's index
CREATE TABLE parts (id int, e vector(8)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
INSERT INTO parts SELECT id, e FROM items WHERE id < 1000;
CREATE INDEX parts_e ON parts USING kg_hnsw (e);
SELECT * FROM pg_temp.sound('parts_1_e_idx', 50, 5);
SELECT * FROM index_recall('parts_e');

-- Errors
SELECT * FROM index_recall('items');
SELECT * FROM index_recall(NULL);
SELECT * FROM index_recall('items_e', 0);
SELECT * FROM index_recall('items_e', k => 0);
SELECT * FROM index_recall('items_e', NULL);
SELECT * FROM index_recall('items_e', 10, 10, 'queries');
SELECT * FROM index_recall('items_e', 10, 10, 'queries', 'nowhere');
SELECT * FROM index_recall('few_e', 10, 10, 'queries', 'e');
SHOW enable_seqscan;

-- Rights: as SELECT of the table; a policy holds on both sides
CREATE ROLE recall_reader;
GRANT USAGE ON SCHEMA kg, recall_test TO recall_reader;
SET ROLE recall_reader;
SELECT * FROM index_recall('items_e');
RESET ROLE;
GRANT SELECT ON items TO recall_reader;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON items TO recall_reader USING (id <= 300);
SET ROLE recall_reader;
SELECT * FROM pg_temp.sound('items_e', 100000, 10);
SELECT * FROM index_recall('items_e', 10, 10, 'queries', 'e');
RESET ROLE;
DROP OWNED BY recall_reader;
DROP ROLE recall_reader;
DROP SCHEMA recall_test CASCADE;
