-- kg_hnsw over arrays of vectors: MaxSim
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

SELECT opcname, opcintype::regtype, opcdefault, amopopr::regoperator, amoppurpose, amvalidate(opc.oid)
FROM pg_opclass opc JOIN pg_am am ON am.oid = opcmethod JOIN pg_amop ON amopfamily = opcfamily
WHERE amname = 'kg_hnsw' AND opcintype IN ('vector[]'::regtype, 'halfvec[]'::regtype, 'int8vec[]'::regtype)
ORDER BY opcname;

CREATE FUNCTION pg_temp.vectors(i int, count int, dims int) RETURNS vector[]
LANGUAGE sql AS $$ SELECT array_agg(pg_temp.vec(i * 100 + j, dims)) FROM generate_series(1, count) j $$;

-- 0 to 8 vectors a row, and NULL
CREATE TABLE documents (id int, kind text, tokens vector(8)[], half halfvec(8)[], small int8vec(8)[]);
INSERT INTO documents SELECT i, 'kind ' || i % 3, v, v::halfvec(8)[], v::int8vec(8)[]
FROM (SELECT i, CASE WHEN i % 50 = 0 THEN NULL WHEN i % 50 = 1 THEN '{}' ELSE pg_temp.vectors(i, 1 + i % 8, 8) END AS v
	FROM generate_series(1, 600) i) s;
CREATE INDEX documents_tokens ON documents USING kg_hnsw (tokens);
CREATE INDEX documents_half ON documents USING kg_hnsw (half halfvec_maxsim_ops);
CREATE INDEX documents_small ON documents USING kg_hnsw (small int8vec_maxsim_ops);
ANALYZE documents;
SELECT c.relname, pg_get_indexdef(c.oid), reltuples FROM pg_class c WHERE relname LIKE 'documents\_%' ORDER BY 1;
SELECT rows, nodes, dimensions, metric FROM index_info('documents_tokens');
SELECT * FROM index_check('documents_tokens');

CREATE TABLE queries (id int, q vector(8)[]);
INSERT INTO queries SELECT i, pg_temp.vectors(1000 + i, i, 8) FROM generate_series(1, 12) i;
-- a row, one vector twice, zeros beside others
INSERT INTO queries VALUES (13, pg_temp.vectors(17, 2, 8)), (14, pg_temp.vectors(3, 1, 8) || pg_temp.vectors(3, 1, 8)),
	(15, pg_temp.vectors(5, 2, 8) || '[0,0,0,0,0,0,0,0]'::vector);


-- The answers of sequential scans.
SELECT col, count(*), array_agg(DISTINCT k.plan) AS plans, min(k.returned) AS returned,
	bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, sum(k.twice) AS twice
FROM (VALUES ('tokens', 'vector'), ('half', 'halfvec'), ('small', 'int8vec')) c(col, type), queries,
	pg_temp.knn('documents', format('%s @# %L::%s[]', col, q, type), 10) k
GROUP BY col ORDER BY col;
-- Read to the end, LIMIT larger than the table, all rows come once: NaN, then NULL last.
SELECT count, min(k.returned) AS returned, bool_and(k.ordered) AS ordered, sum(k.missing) AS missing, sum(k.twice) AS twice
FROM queries, (VALUES (NULL), (590), (1000)) c(count), pg_temp.knn('documents', format('tokens @# %L::vector[]', q), count) k
GROUP BY count ORDER BY count;
-- Queries that tell nothing: no vectors, zeros only, NULL.
SELECT q, k.* FROM (VALUES ('{}'), ('{"[0,0,0,0,0,0,0,0]"}'), (NULL)) v(q),
	pg_temp.knn('documents', format('tokens @# %L::vector[]', q)) k;
SET enable_seqscan = off;
SELECT count(*), count(d) AS not_null, count(*) FILTER (WHERE d = 'NaN') AS nan
FROM (SELECT tokens @# '{"[1,0,0,0,0,0,0,0]"}' AS d FROM documents ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]"}' OFFSET 0) s;
-- Beside other conditions on the column.
SELECT count(*) FROM (SELECT FROM documents WHERE tokens IS NULL ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]"}' OFFSET 0) s;
SELECT count(*) FROM (SELECT FROM documents WHERE tokens IS NOT NULL ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]"}' OFFSET 0) s;
SELECT count(*) FROM (SELECT FROM documents WHERE tokens @# '{"[1,0,0,0,0,0,0,0]"}' < -0.9 ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]"}' OFFSET 0) s;
RESET enable_seqscan;
SELECT count(*) FROM documents WHERE tokens @# '{"[1,0,0,0,0,0,0,0]"}' < -0.9;

-- A filter that the index knows nothing of; one that few rows pass.
SELECT f, bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, min(k.returned) AS returned
FROM queries, (VALUES ('id % 5 = 2'), ('id < 20'), ('id = 313')) v(f),
	pg_temp.knn('(SELECT * FROM documents WHERE ' || f || ') d', format('tokens @# %L::vector[]', q), 8) k
GROUP BY f ORDER BY f;

-- Cursors, forward.
BEGIN;
SET LOCAL enable_seqscan = off;
DECLARE nearest CURSOR FOR SELECT id, tokens @# '{"[1,0,0,0,0,0,0,0]","[0,1,0,0,0,0,0,0]"}' FROM documents
	ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]","[0,1,0,0,0,0,0,0]"}';
FETCH 3 FROM nearest;
MOVE 500 FROM nearest;
SELECT count(*) FROM documents;
MOVE ALL FROM nearest;
COMMIT;

-- Rescans: a join takes another query for each row.
SET enable_seqscan = off;
SET enable_sort = off;
SELECT bool_and(n.ids = e.ids) AS same FROM queries q,
	LATERAL (SELECT array_agg(id) AS ids FROM (SELECT id FROM documents d ORDER BY d.tokens @# q.q LIMIT 3) n) n,
	LATERAL (SELECT array_agg(id) AS ids FROM (SELECT id FROM documents d ORDER BY (d.tokens @# q.q) + 0 LIMIT 3) e) e;
-- By two distances nodeIndexscan.c puts rows in order, once it has all.
SELECT array_agg(id ORDER BY n) = (SELECT array_agg(id) FROM (SELECT id FROM documents ORDER BY (tokens @# '{"[1,0,0,0,0,0,0,0]"}') + 0, tokens @# '{"[0,1,0,0,0,0,0,0]"}' LIMIT 20) e) AS same
FROM (SELECT id, row_number() OVER () AS n FROM documents ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]"}', tokens @# '{"[0,1,0,0,0,0,0,0]"}' LIMIT 20) s;
RESET enable_seqscan;
RESET enable_sort;

-- A cursor finds as many of the first rows as LIMIT, though it does not say how many
-- it will read: searches go on when more are wanted.
CREATE TABLE many (id int, tokens vector(16)[]);
INSERT INTO many SELECT i, pg_temp.vectors(i, 1 + i % 8, 16) FROM generate_series(1, 4000) i;
CREATE INDEX many_tokens ON many USING kg_hnsw (tokens);
CREATE FUNCTION pg_temp.read_first(query text, count int) RETURNS int[]
LANGUAGE plpgsql AS $$
DECLARE
	ids int[] := '{}';
	row_id int;
BEGIN
	FOR row_id IN EXECUTE query LOOP
		ids := ids || row_id;
		EXIT WHEN cardinality(ids) = count;
	END LOOP;
	RETURN ids;
END $$;
SET enable_seqscan = off;
SET enable_sort = off;
SELECT count, avg((SELECT count(*) FROM unnest(l.ids) JOIN unnest(e.ids) x ON x = unnest)) / count > 0.85 AS by_limit,
	avg((SELECT count(*) FROM unnest(c.ids) JOIN unnest(e.ids) x ON x = unnest)) / count > 0.85 AS by_cursor
FROM (VALUES (30), (90), (200), (400)) v(count), generate_series(1, 5) i,
	LATERAL (SELECT format('SELECT id FROM many ORDER BY tokens @# %L::vector[]', pg_temp.vectors(9000 + i, 4, 16)),
		format('SELECT id FROM many ORDER BY (tokens @# %L::vector[]) + 0', pg_temp.vectors(9000 + i, 4, 16))) q(query, exact),
	LATERAL pg_temp.read_first(query || ' LIMIT ' || count, count) l(ids),
	LATERAL pg_temp.read_first(query, count) c(ids),
	LATERAL (SELECT set_config('enable_sort', 'on', true), pg_temp.read_first(exact, count), set_config('enable_sort', 'off', true)) e(s, ids)
GROUP BY count ORDER BY count;
RESET enable_seqscan;
RESET enable_sort;
DROP TABLE many;

-- Settings.
SELECT name, value, k.plan, k.returned, k.ordered, k.twice
FROM (VALUES ('kg.ef_search', '1'), ('kg.ef_search', '200'), ('kg.iterative_scan', 'relaxed'), ('kg.iterative_scan', 'off'), ('work_mem', '64kB')) v(name, value),
	set_config(name, value, false) s, pg_temp.knn('documents', 'tokens @# ''{"[1,0,0,0,0,0,0,0]"}''', 5) k;
RESET ALL;
SET search_path = kg, public;
SET jit = off;
BEGIN;
SET LOCAL enable_seqscan = off;
SET LOCAL kg.max_scan_tuples = 10;
SELECT count(*) < 600 AS cut FROM (SELECT FROM documents ORDER BY tokens @# '{"[1,0,0,0,0,0,0,0]"}' OFFSET 0) s;
COMMIT;

-- Equal vectors: in a row, and in many.
INSERT INTO documents (id, tokens) SELECT 700 + i, array_fill('[1,1,1,1,1,1,1,1]'::vector, ARRAY[i]) || pg_temp.vectors(i, 1, 8) FROM generate_series(1, 40) i;
SELECT rows, nodes FROM index_info('documents_tokens');
SELECT * FROM index_check('documents_tokens');
SELECT k.* FROM pg_temp.knn('documents', 'tokens @# ''{"[1,1,1,1,1,1,1,1]","[1,0,0,0,0,0,0,0]"}''', 20) k;
SELECT k.* FROM pg_temp.knn('documents', 'tokens @# ''{"[1,1,1,1,1,1,1,1]"}''') k;

-- UPDATE, DELETE, VACUUM.
UPDATE documents SET tokens = tokens[2:] || pg_temp.vectors(id + 5000, 1, 8) WHERE id % 4 = 2;
UPDATE documents SET tokens = NULL WHERE id % 40 = 7;
DELETE FROM documents WHERE id % 3 = 1;
SELECT bool_and(k.ordered AND k.twice = 0 AND k.missing = 0) AS right FROM queries, pg_temp.knn('documents', format('tokens @# %L::vector[]', q)) k;
VACUUM documents;
SELECT rows = (SELECT count(*) FROM documents) AS rows, nodes = (SELECT count(DISTINCT t) FROM documents, unnest(tokens) t) AS nodes, dead_nodes
FROM index_info('documents_tokens');
SELECT reltuples = (SELECT count(*) FROM documents) AS rows FROM pg_class WHERE relname = 'documents_tokens';
SELECT * FROM index_check('documents_tokens');
INSERT INTO documents (id, tokens) SELECT 1000 + i, pg_temp.vectors(2000 + i, 3, 8) FROM generate_series(1, 100) i;
SELECT bool_and(k.ordered AND k.distances) AS right FROM queries, pg_temp.knn('documents', format('tokens @# %L::vector[]', q), 10) k;
SELECT bool_and(k.ordered AND k.twice = 0 AND k.missing = 0) AS right FROM queries, pg_temp.knn('documents', format('tokens @# %L::vector[]', q)) k;
REINDEX INDEX CONCURRENTLY documents_tokens;
SELECT rows = (SELECT count(*) FROM documents) AS rows FROM index_info('documents_tokens');
SELECT * FROM index_check('documents_tokens');

-- Filter columns.
CREATE INDEX documents_kind ON documents USING kg_hnsw (tokens, kind);
SELECT pg_temp.plan('SELECT id FROM documents WHERE kind = ''kind 2'' ORDER BY tokens @# ''{"[1,0,0,0,0,0,0,0]"}'' LIMIT 5') FROM set_config('enable_seqscan', 'off', false);
RESET enable_seqscan;
SELECT f, bool_and(k.plan = 'index') AS index, bool_and(k.ordered) AS ordered, bool_and(k.distances) AS distances, min(k.returned) AS returned
FROM queries, (VALUES ('kind = ''kind 2'''), ('kind IN (''kind 0'', ''kind 2'')'), ('kind IS NULL'), ('kind = ''none''')) v(f),
	pg_temp.knn('(SELECT * FROM documents WHERE ' || f || ') d', format('tokens @# %L::vector[]', q), 8) k
GROUP BY f ORDER BY f;
SELECT f, bool_and(k.missing = 0 AND k.twice = 0) AS complete
FROM queries, (VALUES ('kind = ''kind 2'''), ('kind IS NULL')) v(f),
	pg_temp.knn('(SELECT * FROM documents WHERE ' || f || ') d', format('tokens @# %L::vector[]', q)) k
GROUP BY f ORDER BY f;
SELECT * FROM index_check('documents_kind');

-- An expression, a part of the table, an unlogged table.
CREATE UNLOGGED TABLE texts (id int, tokens vector[]);
CREATE INDEX texts_tokens ON texts USING kg_hnsw ((tokens::vector(3)[])) WHERE id > 0;
INSERT INTO texts SELECT i, pg_temp.vectors(i, 4, 3) FROM generate_series(-5, 50) i;
SELECT k.* FROM pg_temp.knn('(SELECT * FROM texts WHERE id > 0) t', 'tokens::vector(3)[] @# ''{"[1,2,3]","[3,2,1]"}''', 5) k;
VACUUM texts;
DROP TABLE texts;

-- Errors.
CREATE TABLE wrong (id int, tokens vector(3)[], free vector[]);
CREATE INDEX ON wrong USING kg_hnsw (free);
CREATE INDEX ON wrong USING kg_hnsw ((free::vector[]));
CREATE INDEX wrong_tokens ON wrong USING kg_hnsw (tokens);
INSERT INTO wrong VALUES (1, '{"[1,2,3]",NULL}');
INSERT INTO wrong VALUES (1, '{{"[1,2,3]"},{"[1,2,3]"}}');
INSERT INTO wrong VALUES (1, '{"[1,2,3]"}');
SET enable_seqscan = off;
SELECT id FROM wrong ORDER BY tokens @# '{"[1,2]"}' LIMIT 1;
SELECT id FROM wrong ORDER BY tokens @# '{"[1,2,3]",NULL}' LIMIT 1;
SELECT index_recall('wrong_tokens');
SELECT kg.calibrate('wrong_tokens');
SELECT kg.calibrate('wrong_tokens', ARRAY['[1,2,3]']::vector[]);
DROP TABLE wrong, documents, queries;
RESET enable_seqscan;

-- What kg.explain_index_use says.
CREATE TABLE asked (id int, tokens vector(3)[]);
SELECT reason, hint FROM explain_index_use($$SELECT id FROM asked ORDER BY tokens @# '{"[1,2,3]"}' LIMIT 3$$);
INSERT INTO asked SELECT i, pg_temp.vectors(i, 2, 3) FROM generate_series(1, 3000) i;
CREATE INDEX asked_tokens ON asked USING kg_hnsw (tokens);
ANALYZE asked;
SELECT query, used, reason, hint FROM (VALUES
	($$SELECT id FROM asked ORDER BY tokens @# '{"[1,2,3]","[3,2,1]"}' LIMIT 3$$),
	($$SELECT id FROM asked ORDER BY tokens @# '{"[1,2]"}' LIMIT 3$$),
	($$SELECT id FROM asked ORDER BY max_sim(tokens, '{"[1,2,3]"}') DESC LIMIT 3$$),
	($$SELECT id FROM asked WHERE tokens @# '{"[1,2,3]"}' < -1$$)) v(query), explain_index_use(query);
-- Of its own accord the planner takes the index for a LIMIT, and no index for all rows.
SELECT pg_temp.plan($$SELECT id FROM asked ORDER BY tokens @# '{"[1,2,3]","[3,2,1]"}' LIMIT 3$$) ~ 'Index Scan' AS few,
	pg_temp.plan($$SELECT id FROM asked ORDER BY tokens @# '{"[1,2,3]","[3,2,1]"}'$$) ~ 'Index Scan' AS all_rows;
DROP TABLE asked;
