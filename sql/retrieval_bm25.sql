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
-- The index on kg.marked_words tells the texts apart that have a word once and are not short: they get less for it. Shown here: ^ is the mark.
SELECT translate(kg.marked_words('b:1 a:2,3 c'::tsvector)::text, E'\001', '^') AS short,
	translate(kg.marked_words(to_tsvector('simple', repeat('often ', 37) || 'twice once twice'))::text, E'\001', '^') AS long,
	translate(kg.marked_words(E'\001a a'::tsvector)::text, E'\001', '^') AS marked_before,
	translate(kg.marked_words(to_tsvector('simple', repeat('a ', 37) || 'b c c') || E'\001c')::text, E'\001', '^') AS same_twice,
	kg.marked_words(''::tsvector) AS empty, kg.marked_words(NULL) IS NULL AS of_null;
SELECT count(*) AS questions, sum(c.texts) > 10000 AS texts, sum(c.missing) AS missing, sum(c.wrong) AS wrong, sum(c.wrong_best) AS wrong_best
FROM (SELECT string_agg('w' || 1 + ('x' || substr(md5(q || '-' || i), 1, 4))::bit(16)::integer % (10 + q), ' ') AS question
	FROM generate_series(1, 50) q, generate_series(1, 8) i WHERE i < 2 + q % 8 GROUP BY q) t, pg_temp.compare(t.question) c;
SELECT DISTINCT substring(line FROM 'kg.marked_words') AS uses
FROM kg.explain_search('w58 w59', graph => 'bm', legs => '{"name": 0, "graph": 0}') WHERE leg = 'text' AND line ~ '^SELECT';
-- Without it, with one on the words as graphs once had, and with the one that an upgrade makes of that
DROP INDEX bm.entity_content_words_idx;
SELECT n, c.* FROM bm.question, pg_temp.compare(question) c ORDER BY n;
CREATE INDEX entity_content_words_idx ON bm.entity USING gin (words) WHERE content IS NOT NULL;
SELECT n, c.* FROM bm.question, pg_temp.compare(question) c ORDER BY n;
SELECT kg.upgrade_graph('bm', 'simple');
SELECT pg_get_indexdef('bm.entity_content_words_idx'::regclass);
SELECT obj_description('bm.entity_content_words_idx'::regclass);
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

-- kg.add_passages counts when more than a hundred texts and a fifth of them are new.
SELECT kg.create_graph('due');
SELECT count(*) FROM kg.add_passages((SELECT jsonb_agg(jsonb_build_object('document', 'd', 'ordinal', i, 'content', 'word' || i % 7)) FROM generate_series(1, 90) i), 'due');
SELECT kind, texts, words FROM due.text_size ORDER BY kind;
SELECT count(*) FROM kg.add_passages((SELECT jsonb_agg(jsonb_build_object('document', 'd', 'ordinal', i, 'content', 'word' || i % 7)) FROM generate_series(91, 110) i), 'due');
SELECT kind, texts, words FROM due.text_size ORDER BY kind;
SELECT lexeme, texts FROM due.lexeme WHERE lexeme LIKE 'word%' ORDER BY lexeme COLLATE "C";
SELECT count(*) FROM kg.add_passages((SELECT jsonb_agg(jsonb_build_object('document', 'd', 'ordinal', i, 'content', 'word' || i % 7)) FROM generate_series(111, 210) i), 'due');
SELECT kind, texts FROM due.text_size ORDER BY kind;
-- It is not for those who may not write the counts.
CREATE ROLE regress_kg_writer;
GRANT USAGE ON SCHEMA due TO regress_kg_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA due TO regress_kg_writer;
GRANT INSERT, UPDATE ON due.entity, due.entity_type, due.relation, due.relation_type TO regress_kg_writer;
SET ROLE regress_kg_writer;
SELECT count(*) FROM kg.add_passages((SELECT jsonb_agg(jsonb_build_object('document', 'd', 'ordinal', i, 'content', 'word' || i % 7)) FROM generate_series(211, 400) i), 'due');
RESET ROLE;
SELECT kind, texts FROM due.text_size ORDER BY kind;
SELECT kg.drop_graph('due');
DROP ROLE regress_kg_writer;
