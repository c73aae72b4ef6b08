--
-- Words of registered tables: BM25 by rank_bm25's formula, as in retrieval_bm25.sql, with counts of kg.refresh_text_statistics and without
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET default_text_search_config = 'pg_catalog.simple';

CREATE SCHEMA reg;
CREATE TABLE reg.doc (id integer PRIMARY KEY, title text, body text);
INSERT INTO reg.doc
SELECT d, 'x' || d % 9, CASE WHEN d % 20 > 0 THEN string_agg('w' || floor(60 ^ h)::integer, ' ' ORDER BY i) END
FROM generate_series(1, 420) d, generate_series(1, 64) i,
	LATERAL (SELECT (('x' || substr(md5(d || ' ' || i), 1, 6))::bit(24)::integer / 16777216.0)::float8 AS h) r
WHERE i <= 5 + (d * 7) % 60
GROUP BY d ORDER BY d;
CREATE TABLE reg.person (name text PRIMARY KEY);
INSERT INTO reg.person SELECT 'p w' || i FROM generate_series(1, 30) i;
SELECT kg.register_graph('reg', nodes => '[{"table": "reg.doc", "name": "title", "content": "body"}, {"table": "reg.person", "name": "name"}]');

CREATE FUNCTION pg_temp.okapi(question text) RETURNS TABLE (id text, score float8) LANGUAGE sql AS $$
	WITH word AS (
		SELECT d.id, w, count(*)::float8 AS f FROM reg.doc d, regexp_split_to_table(lower(d.body), '\s+') w WHERE d.body IS NOT NULL GROUP BY 1, 2
	), length AS (SELECT word.id, sum(f) AS dl FROM word GROUP BY 1),
	corpus AS (SELECT count(*)::float8 AS n, avg(dl) AS avgdl FROM length),
	raw AS (SELECT w, ln(max(c.n) - count(*) + 0.5) - ln(count(*) + 0.5) AS idf FROM word, corpus c GROUP BY w),
	idf AS (SELECT w, CASE WHEN idf < 0 THEN 0.25 * (SELECT avg(idf) FROM raw) ELSE idf END AS idf FROM raw)
	SELECT 'doc:' || l.id, sum(i.idf * word.f * 2.2 / (word.f + 1.2 * (1 - 0.75 + 0.75 * l.dl / c.avgdl)))
	FROM regexp_split_to_table(lower(question), '\s+') q JOIN idf i ON i.w = q JOIN word ON word.w = q JOIN length l ON l.id = word.id, corpus c
	GROUP BY l.id
$$;
CREATE FUNCTION pg_temp.compare(question text) RETURNS TABLE (texts bigint, missing bigint, wrong bigint, wrong_best bigint) LANGUAGE sql AS $$
	WITH k AS MATERIALIZED (SELECT key, text_score FROM kg.search(question, k => NULL, graph => 'reg', legs => '{"name": 0, "graph": 0}')),
	best AS MATERIALIZED (SELECT key, text_score FROM kg.search(question, k => 10, graph => 'reg', legs => '{"name": 0, "graph": 0}')),
	r AS MATERIALIZED (SELECT * FROM pg_temp.okapi(question))
	SELECT count(*), count(*) FILTER (WHERE k.key IS NULL OR r.id IS NULL), count(*) FILTER (WHERE abs(k.text_score - r.score) > 1e-6),
		(SELECT count(*) FROM (SELECT text_score::numeric(20, 6) FROM best EXCEPT ALL (SELECT score::numeric(20, 6) FROM r ORDER BY score DESC LIMIT 10)) d)
	FROM k FULL JOIN r ON r.id = k.key
$$;
-- The queries that count words, of a search in all texts
CREATE FUNCTION pg_temp.counting(question text) RETURNS TABLE (counting text) LANGUAGE sql AS $$
	SELECT DISTINCT coalesce(substring(line FROM 'FROM reg\.(\w+)') || CASE WHEN line LIKE '%@@%' THEN ': texts with words' ELSE ': all texts' END, 'all words')
	FROM kg.explain_search(question, graph => 'reg', kinds => '{passage,entity}', legs => '{"name": 0, "graph": 0}') WHERE leg = 'statistics' AND line ~ '^SELECT' ORDER BY 1
$$;
CREATE TABLE reg.question (n integer PRIMARY KEY, question text);
INSERT INTO reg.question VALUES (1, 'w59'), (2, 'w1'), (3, 'w1 w2 w3'), (4, 'w40 w50 w58 w2 w1'), (5, 'w5 w5 w5 w44'), (6, 'W33 w20 w61 nothing'), (7, 'w8 w9 w10'), (8, 'nothing');

-- Before they are counted, after it, and then with an index on the words
SELECT n, c.* FROM reg.question, pg_temp.compare(question) c ORDER BY n;
SELECT * FROM pg_temp.counting('w1 w59');
SELECT kg.refresh_text_statistics('reg');
SELECT label, kind, made_by, texts, words FROM kg.registered_text_size WHERE graph = 'reg' ORDER BY label, kind;
SELECT label, kind, count(*) AS words, sum(texts) AS texts FROM kg.registered_lexeme WHERE graph = 'reg' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT n, c.* FROM reg.question, pg_temp.compare(question) c ORDER BY n;
SELECT * FROM pg_temp.counting('w1 w59');
SELECT key, text_rank FROM kg.search('w7', graph => 'reg', kinds => '{entity}', legs => '{"name": 0, "graph": 0}') ORDER BY 1;
CREATE INDEX doc_words ON reg.doc USING gin (to_tsvector('simple', kg.fold_text(body)));
SELECT n, c.* FROM reg.question, pg_temp.compare(question) c ORDER BY n;
SELECT * FROM pg_temp.counting('w1 w59');
-- Words that came since are counted on the fly; those of texts that are made in another way are, too.
INSERT INTO reg.doc VALUES (501, 'new', 'w1 fresh w2');
SELECT * FROM pg_temp.counting('fresh w1');
SELECT key FROM kg.search('fresh', graph => 'reg', legs => '{"name": 0, "graph": 0}');
DELETE FROM reg.doc WHERE id = 501;
DROP INDEX reg.doc_words;
CREATE INDEX doc_words ON reg.doc USING gin (to_tsvector('english', kg.fold_text(body)));
SELECT * FROM pg_temp.counting('w1 w59');
SELECT kg.refresh_text_statistics('reg', only_if_stale => true);
SELECT made_by FROM kg.registered_text_size WHERE graph = 'reg' AND kind = 'passage';
SELECT * FROM pg_temp.counting('w1 w59');
SELECT n, c.* FROM reg.question, pg_temp.compare(question) c ORDER BY n;
-- It is stale when a fifth, and more than a hundred, are new or gone.
SELECT kg.refresh_text_statistics('reg', only_if_stale => true);
INSERT INTO reg.doc SELECT 1000 + i, 'n', 'w' || i FROM generate_series(1, 100) i;
SELECT kg.refresh_text_statistics('reg', only_if_stale => true);
INSERT INTO reg.doc VALUES (2000, 'n', 'w1');
SELECT kg.refresh_text_statistics('reg', only_if_stale => true);
SELECT texts FROM kg.registered_text_size WHERE graph = 'reg' AND kind = 'passage';
SELECT n, c.wrong, c.missing FROM reg.question, pg_temp.compare(question) c WHERE n IN (3, 6) ORDER BY n;
DELETE FROM reg.doc WHERE id >= 1000;
SELECT kg.refresh_text_statistics('reg', only_if_stale => true);

-- Who only reads the texts has the same scores, but may not read the counts, nor write them.
CREATE ROLE regress_kg_reader;
GRANT USAGE ON SCHEMA reg TO regress_kg_reader;
GRANT SELECT ON reg.doc, reg.person, reg.question TO regress_kg_reader;
CREATE TABLE reg.answer AS SELECT n, s.key, s.text_score FROM reg.question, kg.search(question, k => NULL, graph => 'reg', legs => '{"name": 0, "graph": 0}') s;
GRANT SELECT ON reg.answer TO regress_kg_reader;
SET ROLE regress_kg_reader;
SELECT count(*) > 0 AS found, count(*) FILTER (WHERE a.text_score IS DISTINCT FROM s.text_score) AS other
FROM reg.answer a FULL JOIN (SELECT n, s.* FROM reg.question, kg.search(question, k => NULL, graph => 'reg', legs => '{"name": 0, "graph": 0}') s) s USING (n, key);
SELECT * FROM pg_temp.counting('w1 w59');
SELECT count(*) FROM kg.registered_lexeme;
SELECT count(*) FROM kg.registered_text_size;
SELECT kg.refresh_text_statistics('reg');
RESET ROLE;
-- From whom a policy hides texts, scores are by those that he sees.
ALTER TABLE reg.doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY first_hundred ON reg.doc USING (id <= 100);
SET ROLE regress_kg_reader;
SELECT * FROM pg_temp.counting('w1 w59');
SELECT n, c.wrong, c.missing FROM reg.question, pg_temp.compare(question) c WHERE n IN (1, 3, 6) ORDER BY n;
RESET ROLE;
SELECT * FROM pg_temp.counting('w1 w59');
ALTER TABLE reg.doc FORCE ROW LEVEL SECURITY;
ALTER TABLE reg.doc OWNER TO regress_kg_reader;
ALTER TABLE reg.person OWNER TO regress_kg_reader;
SET ROLE regress_kg_reader;
SELECT kg.refresh_text_statistics('reg');
RESET ROLE;
REVOKE SELECT ON reg.doc FROM regress_kg_reader;
ALTER TABLE reg.doc OWNER TO CURRENT_USER;
ALTER TABLE reg.doc DISABLE ROW LEVEL SECURITY;
SET ROLE regress_kg_reader;
SELECT count(*) FROM kg.search('w59', graph => 'reg');
RESET ROLE;
-- With the graph its counts go.
SELECT kg.drop_graph('reg');
SELECT (SELECT count(*) FROM kg.registered_text_size) + (SELECT count(*) FROM kg.registered_lexeme) AS left_over;
-- Partitioned tables and materialized views are counted, views are not.
CREATE TABLE reg.part (id integer PRIMARY KEY, body text) PARTITION BY RANGE (id);
CREATE TABLE reg.part1 PARTITION OF reg.part FOR VALUES FROM (1) TO (100);
CREATE TABLE reg.part2 PARTITION OF reg.part FOR VALUES FROM (100) TO (1000);
INSERT INTO reg.part SELECT id, body FROM reg.doc;
CREATE MATERIALIZED VIEW reg.copy AS SELECT id, body FROM reg.doc;
CREATE VIEW reg.view AS SELECT id, body FROM reg.doc;
SET client_min_messages = notice;
SELECT kg.register_graph('reg', nodes => '[{"table": "reg.part"}, {"table": "reg.copy", "key": "id"}, {"table": "reg.view", "key": "id"}]');
SELECT kg.refresh_text_statistics('reg');
SET client_min_messages = warning;
SELECT label, kind, texts FROM kg.registered_text_size WHERE graph = 'reg' ORDER BY label, kind;
SELECT * FROM pg_temp.counting('w1 w59');
SELECT count(DISTINCT round(text_score::numeric, 9)) AS scores, count(*) AS texts FROM kg.search('w2', k => NULL, graph => 'reg', legs => '{"name": 0, "graph": 0}') s WHERE key LIKE '%:7';
SELECT kg.drop_graph('reg');
-- A column that has another name now is told of as such, whatever reads it
CREATE TABLE reg.link (id integer PRIMARY KEY, s integer REFERENCES reg.doc, t integer REFERENCES reg.doc, kind text, weight real, starts timestamptz, ends timestamptz, recorded timestamptz, expired timestamptz);
INSERT INTO reg.link VALUES (1, 1, 2, 'k', 1), (2, 2, 3, 'k', 1);
ALTER TABLE reg.doc ADD embedding kg.vector(2);
UPDATE reg.doc SET embedding = '[1,0]' WHERE id < 5;
SELECT kg.register_graph('reg', nodes => '[{"table": "reg.doc", "name": "title", "content": "body", "embedding": "embedding"}]', edges => '[{"table": "reg.link", "source": "s", "target": "t", "type_column": "kind",
	"id": "id", "weight": "weight", "valid_from": "starts", "valid_to": "ends", "recorded_at": "recorded", "expired_at": "expired"}]');
CREATE FUNCTION pg_temp.told(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE 'SELECT count(*) FROM ' || call;
	RETURN 'ok';
EXCEPTION WHEN undefined_column THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' ', SQLERRM, hint);
END $$;
CREATE TEMP TABLE outcome (number serial, place regclass, renamed name, call text, told text);
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT attrelid::regclass AS place, attname FROM pg_attribute WHERE attrelid IN ('reg.doc'::regclass, 'reg.link'::regclass) AND attnum > 0 ORDER BY attrelid, attnum LOOP
		EXECUTE format('ALTER TABLE %s RENAME %I TO other', c.place, c.attname);
		INSERT INTO outcome (place, renamed, call, told) SELECT c.place, c.attname, call, pg_temp.told(call)
		FROM unnest(ARRAY['kg.search($q$w2$q$, $q$[1,0]$q$::kg.vector, graph => $q$reg$q$)', 'kg.context($q$w2$q$, graph => $q$reg$q$)',
			'kg.traverse(1, types => $q${k}$q$, as_of => now(), known_at => now(), graph => $q$reg$q$)', 'kg.shortest_path(1, 3, weighted => true, graph => $q$reg$q$)', 'kg.knn($q$[1,0]$q$, 3, graph => $q$reg$q$)',
			'kg.refresh_text_statistics($q$reg$q$)', 'kg.export_graphml(graph => $q$reg$q$)']) WITH ORDINALITY u(call, n) ORDER BY n;
		EXECUTE format('ALTER TABLE %s RENAME other TO %I', c.place, c.attname);
	END LOOP;
END $$;
SELECT DISTINCT told FROM outcome ORDER BY told;
SELECT renamed, string_agg(substring(call, 'kg\.(\w+)'), ', ' ORDER BY number) AS told_by FROM outcome WHERE told <> 'ok' GROUP BY place, renamed ORDER BY min(number);
SELECT kg.drop_graph('reg');
SELECT kg.create_graph('made');
SELECT kg.refresh_registered_counts('made', false);
SELECT kg.refresh_registered_counts('nowhere', false);
SELECT kg.drop_graph('made');
DROP SCHEMA reg CASCADE;
DROP ROLE regress_kg_reader;
