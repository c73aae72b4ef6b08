--
-- kg.explain_index_use: why an index does not serve a query
--
\set SHOW_CONTEXT never
SET search_path = public, kg;
SET max_parallel_workers_per_gather = 0;
SET client_min_messages = warning;

-- The answer as text.  Of costs it shows which is the lower.
CREATE FUNCTION pg_temp.why(query text) RETURNS SETOF text LANGUAGE plpgsql AS $why$
DECLARE
	answer record;
	costs text[];
BEGIN
	FOR answer IN SELECT * FROM kg.explain_index_use(query) LOOP
		costs := regexp_match(answer.reason, 'the plan costs ([0-9.]+), with the index ([0-9.]+)');
		IF costs IS NOT NULL THEN
			answer.reason := replace(answer.reason, format('the plan costs %s, with the index %s', costs[1], costs[2]),
				CASE WHEN costs[1]::numeric < costs[2]::numeric THEN 'the plan costs less than with the index' ELSE 'COSTS ' || costs::text END);
		END IF;
		RETURN NEXT format('%s, %s: %s', coalesce(answer.distance, '-'), coalesce(answer.index::text, '-'),
			CASE WHEN answer.used THEN 'used' ELSE 'not used' END);
		IF answer.reason IS NOT NULL THEN
			RETURN NEXT '    because ' || answer.reason;
		END IF;
		IF answer.hint IS NOT NULL THEN
			-- a detail of its own since 19
			RETURN NEXT '    hint: ' || replace(answer.hint, 'No operator matches the given name and argument types. ', '');
		END IF;
	END LOOP;
END
$why$;
\pset tuples_only on
\pset format unaligned

CREATE TABLE doc (id int PRIMARY KEY, kind int, embedding vector(3), body text DEFAULT repeat('x', 400));
INSERT INTO doc
SELECT i, i % 10, ARRAY[sin(i), cos(i * 1.7), sin(i * 0.3)]::real[]::vector FROM generate_series(1, 5000) AS i;
CREATE INDEX doc_cosine ON doc USING kg_hnsw (embedding vector_cosine_ops) WITH (m = 8, ef_construction = 16);
CREATE TABLE small (id int, embedding vector(3));
INSERT INTO small SELECT id, embedding FROM doc WHERE id <= 100;
CREATE INDEX small_l2 ON small USING kg_hnsw (embedding) WITH (m = 8, ef_construction = 16);
CREATE TABLE loose (id int, tenant int, e vector);
INSERT INTO loose SELECT id, kind, embedding FROM doc;
CREATE INDEX loose_full ON loose USING kg_hnsw ((e::vector(3)) vector_l2_ops) WITH (m = 8, ef_construction = 16);
CREATE INDEX loose_half ON loose USING kg_hnsw ((e::halfvec(3)) halfvec_l2_ops) WITH (m = 8, ef_construction = 16) WHERE tenant = 4;
VACUUM ANALYZE doc, small, loose;

--
-- Used
--
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id, embedding <=> '[1,2,3]' AS d FROM doc ORDER BY d LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY '[1,2,3]' <=> embedding LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> $1 LIMIT $2$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<=>> kg.ball('[1,2,3]', 0.001)$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <=> '[1,2,3]' < 0.1 ORDER BY embedding <=> '[1,2,3]' LIMIT 3$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<=>> kg.ball('[1,2,3]', 0.01) ORDER BY embedding <=> '[1,2,3]' LIMIT 3$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> (SELECT embedding FROM doc WHERE id = 7) LIMIT 10$$);
SELECT pg_temp.why($$SELECT q.id, n.id FROM doc AS q, LATERAL (SELECT d.id FROM doc AS d ORDER BY d.embedding <=> q.embedding LIMIT 10) AS n WHERE q.id IN (7, 8)$$);
SELECT pg_temp.why($$SELECT id, row_number() OVER (ORDER BY embedding <=> '[1,2,3]') FROM doc LIMIT 10$$);
-- a key that is constant is none
SELECT pg_temp.why($$SELECT id FROM doc WHERE kind = 3 ORDER BY kind, embedding <=> '[1,2,3]' LIMIT 10$$);
-- a long vector is cut
CREATE TABLE wide (e vector(100));
CREATE INDEX ON wide USING kg_hnsw (e) WITH (m = 8, ef_construction = 16);
BEGIN;
SET LOCAL enable_seqscan = off;
SELECT pg_temp.why(format('SELECT 1 FROM wide ORDER BY e <-> %L LIMIT 1', array_fill(0.25, ARRAY[100])::vector));
COMMIT;

--
-- Ten mistakes that users of pgvector report, by their numbers in its tracker
--
-- 1. DESC (#727, #548, #835)
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' DESC LIMIT 1$$);
-- 2. the similarity, 1 - distance (#396, #336)
SELECT pg_temp.why($$SELECT id, 1 - (embedding <=> '[1,2,3]') AS similarity FROM doc ORDER BY similarity DESC LIMIT 10$$);
-- 3. the operator of another class (#268, #96)
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <-> '[1,2,3]' LIMIT 10$$);
-- 4. the index is on an expression that the query does not have; a partial index besides (#522, #816)
SELECT pg_temp.why($$SELECT id FROM loose WHERE tenant = 4 ORDER BY e <-> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$SELECT id FROM loose WHERE tenant = 4 ORDER BY e::halfvec(3) <-> '[1,2,3]' LIMIT 4$$);
-- 5. the column is cast (#835)
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding::halfvec <=> '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]'::halfvec LIMIT 10$$);
-- 6. a small table (#501, #725)
SELECT pg_temp.why($$SELECT id FROM small ORDER BY embedding <-> '[1,2,3]' LIMIT 2$$);
-- 7. a filter that few rows pass (#514)
SELECT pg_temp.why($$SELECT id FROM doc WHERE id < 5 ORDER BY embedding <=> '[1,2,3]' LIMIT 10$$);
-- 8. the query vector is joined, from a CTE (#781, #702)
SELECT pg_temp.why($$WITH v AS (SELECT embedding AS q FROM doc WHERE id = 7) SELECT doc.id FROM doc, v ORDER BY doc.embedding <=> v.q LIMIT 5$$);
-- 9. no LIMIT, or a distance in WHERE alone (#216, #489, #820)
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]'$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <=> '[1,2,3]' <= 0.2 ORDER BY id LIMIT 101$$);
SELECT pg_temp.why($$SELECT a.id, array_agg(b.id) FROM small a JOIN doc b ON l2_distance(a.embedding, b.embedding) < 0.002 GROUP BY a.id$$);
-- 10. a volatile function makes the query vector (#728)
CREATE FUNCTION pg_temp.some_vector() RETURNS vector VOLATILE LANGUAGE plpgsql AS $$BEGIN RETURN '[1,2,3]'; END$$;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> pg_temp.some_vector() LIMIT 5$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> (SELECT pg_temp.some_vector()) LIMIT 5$$);

--
-- Sort keys
--
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY kind, embedding <=> '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' NULLS FIRST LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY round((embedding <=> '[1,2,3]')::numeric, 2) LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY -(embedding <=> '[1,2,3]') DESC LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY (embedding <=> '[1,2,3]') + (embedding <=> '[3,2,1]') LIMIT 10$$);
-- several reasons at once
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY kind, 1 - (embedding <-> '[1,2,3]') LIMIT 10$$);
-- a key after the distance: since 16 an incremental sort follows the index
SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN why LIKE '%not used' ELSE why LIKE '%used' END
FROM pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]', id LIMIT 10$$) AS why LIMIT 1;

--
-- Functions, and distances without an operator class
--
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY cosine_distance(embedding, '[1,2,3]') LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY inner_product(embedding, '[1,2,3]') DESC LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY inner_product(embedding, '[1,2,3]') LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <+> '[1,2,3]' LIMIT 10$$);
CREATE TABLE bits (b bit(8), s sparsevec(3), a real[]);
SELECT pg_temp.why($$SELECT 1 FROM bits ORDER BY b <~> '10101010' LIMIT 1$$);
SELECT pg_temp.why($$SELECT 1 FROM bits ORDER BY s <-> '{1:1}/3' LIMIT 1$$);
SELECT pg_temp.why($$SELECT 1 FROM bits ORDER BY s <+> '{1:1}/3' LIMIT 1$$);
SELECT pg_temp.why($$SELECT 1 FROM bits ORDER BY a::vector(3) <-> '[1,2,3]' LIMIT 1$$);

--
-- The query vector
--
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> NULL LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc AS d WHERE embedding <=> NULL::vector(3) < 1$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE kind = 1 ORDER BY embedding <-> '[1,2,3,4]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> embedding LIMIT 10$$);
SELECT pg_temp.why($$SELECT a.id FROM doc a, small b ORDER BY a.embedding + b.embedding <=> '[1,2,3]' LIMIT 10$$);

--
-- Expressions, type modifiers, partial indexes
--
SELECT pg_temp.why($$SELECT id FROM loose ORDER BY e::vector(3) <-> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT id FROM loose WHERE tenant = $1 ORDER BY e::halfvec(3) <-> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT id FROM loose WHERE tenant = 4 ORDER BY e::halfvec(4) <-> '[1,2,3,4]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT id FROM loose WHERE tenant = 4 ORDER BY e::halfvec <-> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY l2_normalize(embedding) <=> '[1,2,3]' LIMIT 5$$);

--
-- Balls
--
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<->> kg.ball('[1,2,3]', 0.1)$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<=>> kg.ball('[1,2,3]', 0.1) OR kind = 1$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<=>> kg.ball('[1,2,3]', 5)$$);
SELECT pg_temp.why($$SELECT d.id FROM doc q JOIN doc d ON d.embedding <<=>> kg.ball(q.embedding, 0.0001) WHERE q.id = 5$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<=>> kg.ball('[1,2]', 0.0)$$);

--
-- What stands between ORDER BY and the table
--
SELECT pg_temp.why($$SELECT kind, min(embedding <=> '[1,2,3]') FROM doc GROUP BY kind ORDER BY 2 LIMIT 2$$);
SELECT pg_temp.why($$SELECT avg(embedding <=> '[1,2,3]') FROM doc$$);
-- (else PostgreSQL 17 takes rows in order of d and sorts those of one d by kind)
SET enable_incremental_sort = off;
SELECT pg_temp.why($$SELECT DISTINCT kind, embedding <=> '[1,2,3]' AS d FROM doc ORDER BY d LIMIT 2$$);
RESET enable_incremental_sort;
SELECT pg_temp.why($$SELECT id, rank() OVER (PARTITION BY kind ORDER BY embedding <=> '[1,2,3]') FROM doc LIMIT 10$$);
SELECT pg_temp.why($$SELECT id, embedding <=> '[1,2,3]' FROM doc LIMIT 10$$);
SELECT pg_temp.why($$SELECT id, embedding <=> '[1,2,3]' AS d FROM doc UNION SELECT id, embedding <=> '[3,2,1]' FROM doc ORDER BY d LIMIT 10$$);
SELECT pg_temp.why($$SELECT id, embedding <=> '[1,2,3]' AS d FROM doc UNION ALL SELECT id, embedding <=> '[3,2,1]' FROM doc ORDER BY d LIMIT 10$$);
SELECT pg_temp.why($$(SELECT id, embedding <=> '[1,2,3]' AS d FROM doc ORDER BY d LIMIT 3) UNION ALL (SELECT id, embedding <=> '[3,2,1]' FROM doc ORDER BY 2 LIMIT 10)$$);
SELECT pg_temp.why($$SELECT count(*) FROM (SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]') s$$);
SELECT pg_temp.why($$SELECT * FROM (SELECT DISTINCT id, embedding FROM doc) s ORDER BY embedding <=> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT * FROM (SELECT DISTINCT kind, embedding <=> '[1,2,3]' AS d FROM doc) s ORDER BY d LIMIT 5$$);
SELECT pg_temp.why($$WITH d AS MATERIALIZED (SELECT * FROM doc) SELECT id FROM d ORDER BY embedding <=> '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$WITH d AS NOT MATERIALIZED (SELECT * FROM doc) SELECT id FROM d ORDER BY embedding <=> '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT d.id FROM small q LEFT JOIN doc d ON d.id = q.id + 1 ORDER BY d.embedding <=> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT d.id FROM small q RIGHT JOIN doc d ON d.id = q.id + 1 ORDER BY d.embedding <=> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT EXISTS (SELECT FROM doc ORDER BY embedding <=> '[1,2,3]')$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE false ORDER BY embedding <=> '[1,2,3]' LIMIT 1$$);
SELECT pg_temp.why($$WITH RECURSIVE r(id, e, n) AS (SELECT id, embedding, 1 FROM doc WHERE id = 1 UNION ALL
	SELECT s.id, s.embedding, n + 1 FROM r, LATERAL (SELECT d.id, d.embedding FROM doc d ORDER BY d.embedding <=> r.e LIMIT 1) s WHERE n < 5) SELECT * FROM r$$);
SELECT pg_temp.why($$SELECT s.id FROM small q LEFT JOIN LATERAL (SELECT d.id, coalesce(d.embedding, q.embedding) AS c FROM doc d WHERE d.id = q.id) s ON true ORDER BY s.c <=> '[1,2,3]' LIMIT 1$$);
SELECT pg_temp.why($$SELECT id FROM doc d1 WHERE EXISTS (SELECT FROM doc d2 WHERE d2.embedding <=> d1.embedding < 0.1 AND d2.id <> d1.id)$$);
SELECT pg_temp.why($$SELECT (SELECT d2.id FROM doc d2 ORDER BY d2.embedding <=> d1.embedding LIMIT 1) FROM doc d1$$);
SELECT pg_temp.why($$SELECT kind FROM doc GROUP BY kind ORDER BY avg(embedding) <=> '[1,2,3]' LIMIT 1$$);
SELECT pg_temp.why($$SELECT id FROM doc TABLESAMPLE bernoulli (10) ORDER BY embedding <=> '[1,2,3]' LIMIT 2$$);
SELECT pg_temp.why($$SELECT 1 FROM (VALUES ('[1,2,3]'::vector), ('[2,3,4]')) AS s (v) ORDER BY v <=> '[1,2,3]' LIMIT 1$$);
SELECT pg_temp.why($$SELECT '[1,2,3]'::vector <=> '[3,2,1]'$$);
SELECT pg_temp.why($$WITH a AS (SELECT * FROM doc) SELECT * FROM (SELECT * FROM a UNION ALL SELECT * FROM a) b ORDER BY embedding <=> '[1,2,3]' LIMIT 1$$);
SELECT pg_temp.why($$INSERT INTO doc SELECT * FROM doc ON CONFLICT (id) DO UPDATE SET kind = 1 WHERE doc.embedding <=> excluded.embedding < 1 RETURNING doc.embedding <=> '[1,2,3]'$$);
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM doc WHERE kind < 5;
CREATE VIEW plain AS SELECT * FROM doc WHERE kind < 5;
SELECT pg_temp.why($$SELECT id FROM barrier ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$SELECT id FROM plain ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);

--
-- Settings
--
BEGIN;
SET LOCAL enable_indexscan = off;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SHOW enable_sort;
ROLLBACK;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4900$$);
SHOW enable_sort;

--
-- Several indexes; one that failed; one on another column
--
CREATE TABLE many (id int, title vector(3), body vector(3));
INSERT INTO many SELECT id, embedding, embedding FROM doc;
CREATE INDEX many_l2 ON many USING kg_hnsw (body) WITH (m = 8, ef_construction = 16);
CREATE INDEX many_title ON many USING kg_hnsw (title vector_cosine_ops) WITH (m = 8, ef_construction = 16);
CREATE INDEX many_few ON many USING kg_hnsw (body) WITH (m = 8, ef_construction = 16) WHERE id < 100;
INSERT INTO many VALUES (0, '[1,2,3]', '[1,2,3]');
CREATE INDEX CONCURRENTLY many_failed ON many USING kg_hnsw (body vector_cosine_ops) WHERE 1 / id > -1;
DELETE FROM many WHERE id = 0;
VACUUM ANALYZE many;
SELECT pg_temp.why($$SELECT id FROM many WHERE 1 / id > -1 ORDER BY body <=> '[1,2,3]' LIMIT 3$$);
DROP INDEX many_l2, many_few, many_failed;
SELECT pg_temp.why($$SELECT id FROM many ORDER BY body <=> '[1,2,3]' LIMIT 3$$);
SELECT pg_temp.why($$SELECT id FROM many ORDER BY title <=> body LIMIT 3$$);
CREATE INDEX many_title_too ON many USING kg_hnsw (title vector_cosine_ops) WITH (m = 8, ef_construction = 16);
SELECT count(*), count(*) FILTER (WHERE used), count(*) FILTER (WHERE reason LIKE 'the plan uses many_title%, which serves the distance as well')
FROM kg.explain_index_use($$SELECT id FROM many ORDER BY title <=> '[1,2,3]' LIMIT 3$$);

--
-- Partitions and children
--
CREATE TABLE part (id int, e vector(3)) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (2000);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (2000) TO (9000) PARTITION BY RANGE (id);
CREATE TABLE part_2a PARTITION OF part_2 FOR VALUES FROM (2000) TO (9000);
INSERT INTO part SELECT id, embedding FROM doc;
CREATE INDEX part_e ON ONLY part USING kg_hnsw (e);
CREATE INDEX part_1_e ON part_1 USING kg_hnsw (e) WITH (m = 8, ef_construction = 16);
ALTER INDEX part_e ATTACH PARTITION part_1_e;
ANALYZE part;
SELECT pg_temp.why($$SELECT id FROM part ORDER BY e <-> '[1,2,3]' LIMIT 5$$);
CREATE INDEX part_2_e ON part_2 USING kg_hnsw (e) WITH (m = 8, ef_construction = 16);
ALTER INDEX part_e ATTACH PARTITION part_2_e;
SELECT pg_temp.why($$SELECT id FROM part ORDER BY e <-> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$SELECT id FROM part WHERE id < 2000 ORDER BY e <=> '[1,2,3]' LIMIT 5$$);
CREATE TABLE child (CHECK (id > 100)) INHERITS (small);
INSERT INTO child SELECT id, embedding FROM doc WHERE id > 100;
ANALYZE small, child;
SELECT pg_temp.why($$SELECT id FROM small ORDER BY embedding <-> '[1,2,3]' LIMIT 5$$);
CREATE INDEX child_l2 ON child USING kg_hnsw (embedding) WITH (m = 8, ef_construction = 16);
SELECT pg_temp.why($$SELECT id FROM small ORDER BY embedding <-> '[1,2,3]' LIMIT 5$$);
SELECT pg_temp.why($$UPDATE part SET id = 4 WHERE e <-> '[1,2,3]' < 0.1$$);

--
-- Privileges and row security
--
CREATE ROLE regress_why;
GRANT SELECT ON doc TO regress_why;
CREATE POLICY p ON doc USING (kind < 9);
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
SET ROLE regress_why;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$SELECT id FROM doc WHERE embedding <<=>> kg.ball('[1,2,3]', 0.001)$$);
SELECT * FROM kg.explain_index_use($$SELECT id FROM loose ORDER BY e <-> '[1,2,3]' LIMIT 4$$);
SELECT * FROM kg.explain_index_use($$DELETE FROM doc WHERE embedding <=> '[1,2,3]' < 1$$);
RESET ROLE;
ALTER TABLE doc DISABLE ROW LEVEL SECURITY;

--
-- Names that are not found
--
SET search_path = public;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY cosine_distance(embedding, '[1,2,3]') LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding OPERATOR(kg.<=>) '[1,2,3]'::vector LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding OPERATOR(kg.<=>) '[1,2,3]' LIMIT 10$$);
SET search_path = '';
SELECT pg_temp.why($$SELECT id FROM public.doc ORDER BY embedding OPERATOR(kg.<->) '[1,2,3]' LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM public.doc ORDER BY embedding <-> '[1,2,3]' LIMIT 10$$);
SET search_path = public, kg;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> ARRAY[1,2,3] LIMIT 10$$);
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> 5 LIMIT 10$$);

--
-- Any text
--
SELECT pg_temp.why('SELECT 1');
SELECT pg_temp.why('VALUES (1), (2)');
SELECT pg_temp.why('SELECT id FROM doc ORDER BY id LIMIT 3');
SELECT pg_temp.why($$EXPLAIN ANALYZE SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$CREATE TABLE x AS SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$SELECT id INTO x FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$CREATE VIEW x AS SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$DECLARE c CURSOR FOR SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]'$$);
SELECT pg_temp.why($$COPY (SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4) TO STDOUT$$);
SELECT pg_temp.why($$PREPARE nearest(vector, int) AS SELECT id FROM doc ORDER BY embedding <=> $1 LIMIT $2$$);
PREPARE nearest(vector, int) AS SELECT id FROM doc ORDER BY embedding <=> $1 LIMIT $2;
SELECT pg_temp.why('EXPLAIN EXECUTE nearest(NULL, 5)');
SELECT pg_temp.why($$DELETE FROM doc WHERE id IN (SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4)$$);
SELECT pg_temp.why($$INSERT INTO small SELECT id, embedding FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$WITH w AS (DELETE FROM doc RETURNING *) SELECT * FROM w ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
SELECT pg_temp.why($$MERGE INTO doc USING small ON small.id = doc.id AND doc.embedding <=> small.embedding < 0.1 WHEN MATCHED THEN DELETE$$);
SELECT pg_temp.why($$SELECT * FROM kg.explain_index_use('SELECT 1')$$);
SELECT kg.explain_index_use(NULL);
SELECT kg.explain_index_use('');
SELECT kg.explain_index_use('SELECT 1; SELECT 2');
SELECT kg.explain_index_use('DROP TABLE doc');
SELECT kg.explain_index_use('COPY doc TO STDOUT');
SELECT kg.explain_index_use('EXECUTE nowhere');
SELECT kg.explain_index_use('SELECT id FRM doc');
SELECT kg.explain_index_use('SELECT id FROM nowhere');
\set VERBOSITY terse
SELECT kg.explain_index_use('SELECT nowhere(1)');
\set VERBOSITY default
SELECT kg.explain_index_use('SELECT 1 / 0');
SELECT kg.explain_index_use('SELECT $1');
-- nothing was run
SELECT count(*) FROM doc;
SELECT to_regclass('x') IS NULL;
-- a rule that makes other queries of one
CREATE RULE r AS ON UPDATE TO small DO ALSO SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 1;
SELECT pg_temp.why('UPDATE small SET id = 1');
-- within a function that the planner calls for a constant
CREATE FUNCTION pg_temp.count_reasons() RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$BEGIN RETURN (SELECT count(*) FROM kg.explain_index_use('SELECT id FROM public.doc ORDER BY embedding OPERATOR(kg.<->) ''[1,2,3]'' LIMIT 1')); END$$;
SELECT pg_temp.why($$SELECT id + pg_temp.count_reasons() FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
-- errors leave nothing behind
BEGIN;
SAVEPOINT s;
SELECT kg.explain_index_use('SELECT 1 / 0');
ROLLBACK TO s;
SELECT pg_temp.why($$SELECT id FROM doc ORDER BY embedding <=> '[1,2,3]' LIMIT 4$$);
COMMIT;

DROP OWNED BY regress_why;
DROP ROLE regress_why;
SET client_min_messages = warning;
DROP TABLE doc, small, loose, wide, bits, many, part CASCADE;
