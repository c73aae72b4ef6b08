--
-- The text leg's BM25 against rank_bm25's formula (BM25Okapi, k1 1.2, b 0.75, epsilon 0.25), written down anew in SQL
-- over words that a regular expression has split
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

SELECT kg.create_graph('bm', 3, language => 'simple');
INSERT INTO bm.entity_type (name) VALUES ('passage');
-- 400 texts of 5 to 64 words: w1 is in most of them, w60 in few, as by Zipf's law
INSERT INTO bm.entity (type, name, content)
SELECT 1, 't' || d, string_agg('w' || floor(60 ^ h)::integer, ' ' ORDER BY i)
FROM generate_series(1, 400) d, generate_series(1, 64) i,
	LATERAL (SELECT (('x' || substr(md5(d || ' ' || i), 1, 6))::bit(24)::integer / 16777216.0)::float8 AS h) r
WHERE i <= 5 + (d * 7) % 60
GROUP BY d ORDER BY d;

-- BM25Okapi: corpus_size, avgdl, idf with its floor at epsilon times the mean, and the sum over the words of the question
CREATE FUNCTION pg_temp.okapi(question text) RETURNS TABLE (id bigint, score float8) LANGUAGE sql AS $$
	WITH word AS (
		SELECT e.id, w, count(*)::float8 AS f FROM bm.entity e, regexp_split_to_table(lower(e.name || ' ' || e.content), '\s+') w GROUP BY 1, 2
	), length AS (SELECT word.id, sum(f) AS dl FROM word GROUP BY 1),
	corpus AS (SELECT count(*)::float8 AS n, avg(dl) AS avgdl FROM length),
	raw AS (SELECT w, ln(max(c.n) - count(*) + 0.5) - ln(count(*) + 0.5) AS idf FROM word, corpus c GROUP BY w),
	idf AS (SELECT w, CASE WHEN idf < 0 THEN 0.25 * (SELECT avg(idf) FROM raw) ELSE idf END AS idf FROM raw)
	SELECT l.id, sum(i.idf * word.f * 2.2 / (word.f + 1.2 * (1 - 0.75 + 0.75 * l.dl / c.avgdl)))
	FROM regexp_split_to_table(lower(question), '\s+') q JOIN idf i ON i.w = q JOIN word ON word.w = q JOIN length l ON l.id = word.id, corpus c
	GROUP BY l.id
$$;
-- How far the scores of all texts, and the ten best texts, are from the reference
CREATE FUNCTION pg_temp.compare(question text) RETURNS TABLE (texts bigint, missing bigint, wrong bigint, wrong_best bigint) LANGUAGE sql AS $$
	WITH k AS MATERIALIZED (SELECT entity, text_score, text_rank FROM kg.search(question, k => NULL, graph => 'bm', legs => '{"name": 0, "graph": 0}')),
	best AS MATERIALIZED (SELECT entity, text_score FROM kg.search(question, k => 10, graph => 'bm', legs => '{"name": 0, "graph": 0}')),
	r AS MATERIALIZED (SELECT * FROM pg_temp.okapi(question))
	SELECT count(*), count(*) FILTER (WHERE k.entity IS NULL OR r.id IS NULL), count(*) FILTER (WHERE abs(k.text_score - r.score) > 1e-6),
		(SELECT count(*) FROM (SELECT text_score::numeric(20, 6) FROM best EXCEPT ALL (SELECT score::numeric(20, 6) FROM r ORDER BY score DESC LIMIT 10)) d)
	FROM k FULL JOIN r ON r.id = k.entity
$$;
CREATE TABLE bm.question (n integer PRIMARY KEY, question text);
INSERT INTO bm.question VALUES (1, 'w59'), (2, 'w1'), (3, 'w1 w2 w3'), (4, 'w40 w50 w58 w2 w1'), (5, 'w5 w5 w5 w44'), (6, 'W33 w20 w61 nothing t17'),
	(7, 'w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20 w21 w22 w23 w24 w25 w26 w27 w28 w29 w30'), (8, 'w8 w9 w10'), (9, 'nothing');

-- Without statistics, then with them
SELECT n, c.* FROM bm.question, pg_temp.compare(question) c ORDER BY n;
SELECT kg.refresh_text_statistics('bm');
SELECT kind, texts, words FROM bm.text_size ORDER BY kind;
SELECT n, c.* FROM bm.question, pg_temp.compare(question) c ORDER BY n;
-- A fifth more texts make the counts stale; then they are counted anew. A word of new texts alone is counted meanwhile.
INSERT INTO bm.entity (type, name, content) SELECT 1, 'n' || i, 'fresh w' || i FROM generate_series(1, 60) i;
SELECT kg.refresh_text_statistics('bm', only_if_stale => true);
SELECT count(*), max(text_score) > 0 AS found FROM kg.search('fresh', k => NULL, graph => 'bm', legs => '{"name": 0, "graph": 0}');
INSERT INTO bm.entity (type, name, content) SELECT 1, 'n' || i, 'fresh w' || i FROM generate_series(61, 150) i;
SELECT kg.refresh_text_statistics('bm', only_if_stale => true);
SELECT n, c.wrong, c.missing FROM bm.question, pg_temp.compare(question) c WHERE n IN (3, 6) ORDER BY n;
SELECT kg.refresh_text_statistics('nowhere');
SELECT kg.refresh_text_statistics(NULL);
SELECT kg.drop_graph('bm', cascade => true);
DROP SCHEMA bm CASCADE;
