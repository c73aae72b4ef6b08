-- mem0 | mem0 8d5b786 | `"hnsw": False`, index by SQL
-- Payloads in jsonb, text by its lemmas.
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS "mem0";
CREATE TABLE IF NOT EXISTS "mem0" (id uuid PRIMARY KEY, vector vector(64), payload jsonb);
CREATE INDEX IF NOT EXISTS "mem0_hnsw_idx" ON "mem0" USING :hnsw (vector vector_cosine_ops);
CREATE INDEX IF NOT EXISTS "mem0_text_lemmatized_idx" ON "mem0" USING gin (to_tsvector('simple', payload->>'text_lemmatized'));
SELECT checks.same($$SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'mem0'$$, '{1}');

-- psycopg 3 sends a list as an array of double precision, which is cast on the
-- way into the column; psycopg 2 writes ARRAY[...]
PREPARE add (uuid, float8[], jsonb) AS INSERT INTO "mem0" (id, vector, payload) VALUES ($1, $2, $3);
SELECT format('EXECUTE add(%L, %L, %L)', checks.id(i), translate(checks.embedding(i), '[]', '{}'),
	json_build_object('user_id', 'user' || i % 3, 'data', 'a memory', 'rank', i % 10, 'text_lemmatized', 'remember ' || checks.word(i)))
FROM generate_series(1, 1999) AS i \gexec
SELECT format('INSERT INTO "mem0" (id, vector, payload) VALUES (%L, ARRAY%s, %L)', checks.id(2000), checks.embedding(2000), '{}') \gexec
ANALYZE "mem0";

SET hnsw.ef_search = 100;
PREPARE search (float8[], int) AS SELECT id, vector <=> $1::vector AS distance, payload FROM "mem0" ORDER BY distance LIMIT $2;
SELECT checks.nearest(format('EXECUTE search(%L, 5)', translate(checks.embedding(0), '[]', '{}')), 'mem0_hnsw_idx', 5);
-- its driver for Node sends text
PREPARE text_search AS SELECT id, vector <=> $1::vector AS distance, payload FROM "mem0" ORDER BY distance LIMIT $2;
SELECT checks.nearest(format('EXECUTE text_search(%L, 5)', checks.embedding(0)), 'mem0_hnsw_idx', 5);
BEGIN;
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('SELECT id, vector <=> %L::vector AS distance, payload FROM "mem0" WHERE %s ORDER BY distance LIMIT 5',
	checks.embedding(0), condition), 'mem0_hnsw_idx', 5, false)
FROM (VALUES
	($$payload->>'user_id' = 'user1'$$),
	($$(payload->>'rank')::numeric >= 5 AND (payload->>'rank')::numeric < 8.5$$),
	($$payload->>'user_id' = ANY('{user1,user2}')$$),
	($$NOT (payload->>'user_id' = ANY('{user1}'))$$),
	($$payload->>'data' ILIKE '%memo%' ESCAPE '\'$$),
	($$payload ? 'user_id'$$),
	($$(payload->>'user_id' = 'user1' OR payload->>'user_id' = 'user2') AND NOT (payload->>'rank' = '3')$$)) AS filter (condition);
COMMIT;
PREPARE words AS SELECT id, ts_rank_cd(to_tsvector('simple', payload->>'text_lemmatized'), plainto_tsquery('simple', $1)) AS score, payload
	FROM "mem0" WHERE to_tsvector('simple', payload->>'text_lemmatized') @@ plainto_tsquery('simple', $1)
	AND payload->>'user_id' = $2 ORDER BY score DESC LIMIT $3;
EXECUTE words('graph', 'user1', 5);

PREPARE change (float8[], uuid) AS UPDATE "mem0" SET vector = $1 WHERE id = $2;
SELECT format('EXECUTE change(%L, %L)', translate(checks.embedding(0), '[]', '{}'), checks.id(9)) \gexec
SELECT checks.same(format('SELECT id FROM "mem0" ORDER BY vector <=> %L::vector LIMIT 1', checks.embedding(0)), ARRAY[checks.id(9)::text]);
DELETE FROM "mem0" WHERE id = checks.id(9);
SELECT checks.nearest(format('EXECUTE text_search(%L, 5)', checks.embedding(0)), 'mem0_hnsw_idx', 5);
