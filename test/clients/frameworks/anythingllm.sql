-- AnythingLLM | anything-llm 0f227ce | nothing: it makes no index
-- No index of its own, a namespace in each query.
SELECT * FROM pg_catalog.pg_tables WHERE schemaname = 'public';
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS "anythingllm_vectors";
CREATE TABLE IF NOT EXISTS "anythingllm_vectors" (id UUID PRIMARY KEY, namespace TEXT, embedding vector(64), metadata JSONB,
	created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
SELECT checks.same($$SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_name = 'anythingllm_vectors'
	ORDER BY ordinal_position$$,
	'{id uuid,namespace text,embedding USER-DEFINED,metadata jsonb,created_at timestamp without time zone}');
BEGIN;
PREPARE add AS INSERT INTO "anythingllm_vectors" (id, namespace, embedding, metadata) VALUES ($1, $2, $3, $4);
SELECT format('EXECUTE add(%L, %L, %L, %L)', checks.id(i), 'workspace' || i % 2, checks.embedding(i), json_build_object('text', checks.word(i)))
FROM generate_series(1, 2000) AS i \gexec
COMMIT;
-- the index that its users add
CREATE INDEX anythingllm_near ON "anythingllm_vectors" USING :hnsw (embedding vector_cosine_ops);
ANALYZE "anythingllm_vectors";
SELECT checks.same('SELECT COUNT(id) FROM "anythingllm_vectors" WHERE namespace = ''workspace1''', '{1000}');
PREPARE search AS SELECT id, embedding <=> $1 AS _distance, metadata FROM "anythingllm_vectors" WHERE namespace = $2
	ORDER BY _distance ASC LIMIT $3;
SET hnsw.ef_search = 100;
SET hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('EXECUTE search(%L, %L, 4)', checks.embedding(0), 'workspace1'), 'anythingllm_near', 4, false);
DELETE FROM "anythingllm_vectors" WHERE namespace = 'workspace0';
DELETE FROM "anythingllm_vectors" WHERE id = checks.id(1);
SELECT checks.same('SELECT COUNT(id) FROM "anythingllm_vectors"', '{999}');
DROP TABLE IF EXISTS "anythingllm_vectors";
