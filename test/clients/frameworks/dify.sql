-- Dify | dify, 2026 | its index replaced by SQL under its name
-- Tables "using heap", rows of many values, words.
SELECT checks.same($$SELECT 1 FROM pg_extension WHERE extname = 'vector'$$, '{1}');
DROP TABLE IF EXISTS embedding_dify;
CREATE TABLE IF NOT EXISTS embedding_dify (
    id UUID PRIMARY KEY, text TEXT NOT NULL, meta JSONB NOT NULL, embedding vector(64) NOT NULL) using heap;
CREATE INDEX IF NOT EXISTS embedding_cosine_v1_idx_1a2b3c4d ON embedding_dify
	USING :hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
-- psycopg2 writes lists as ARRAY[...] of numeric, which is cast on the way into the column
SELECT 'INSERT INTO embedding_dify (id, text, meta, embedding) VALUES ' || string_agg(format('(%L, %L, %L, ARRAY%s)',
	checks.id(i), 'text on ' || checks.word(i), json_build_object('document_id', i % 3, 'doc_id', checks.id(i)),
	checks.embedding(i)), ', ')
FROM generate_series(1, 2000) AS i \gexec
ANALYZE embedding_dify;
SET hnsw.ef_search = 100;
SELECT checks.nearest(format('SELECT id, meta, text, embedding <=> %L AS distance FROM embedding_dify ORDER BY distance LIMIT 4',
	checks.embedding(0)), 'embedding_cosine_v1_idx_1a2b3c4d', 4);
BEGIN;
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format($$SELECT id, meta, text, embedding <=> %L AS distance FROM embedding_dify
	WHERE meta->>'document_id' in ('1', '2') ORDER BY distance LIMIT 4$$, checks.embedding(0)), 'embedding_cosine_v1_idx_1a2b3c4d', 4, false);
COMMIT;
SELECT meta, text, ts_rank(to_tsvector(coalesce(text, '')), plainto_tsquery('graph')) AS score FROM embedding_dify
	WHERE to_tsvector(text) @@ plainto_tsquery('graph') AND meta->>'document_id' in ('1') ORDER BY score DESC LIMIT 4;
DELETE FROM embedding_dify WHERE meta->>'document_id' = '0';
SELECT checks.same('SELECT count(*) FROM embedding_dify', '{1334}');
DROP TABLE IF EXISTS embedding_dify;
