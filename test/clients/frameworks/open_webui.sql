-- Open WebUI | open-webui 03349e6 | index by SQL, `PGVECTOR_INDEX_METHOD=kg_hnsw`
-- "ivfflat" on an empty table by default, several queries at once by a lateral
-- join, HNSW on halfvec for long vectors.
DO $$
BEGIN
IF NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector') THEN
	CREATE EXTENSION IF NOT EXISTS vector;
END IF;
END $$;
DROP TABLE IF EXISTS document_chunk;
CREATE TABLE document_chunk (id text NOT NULL, vector vector(64), collection_name text NOT NULL, text text, vmetadata jsonb, PRIMARY KEY (id));
CREATE INDEX IF NOT EXISTS idx_document_chunk_vector ON document_chunk USING :ivfflat (vector vector_cosine_ops) :lists;
CREATE INDEX IF NOT EXISTS idx_document_chunk_collection_name ON document_chunk (collection_name);
INSERT INTO document_chunk SELECT i, checks.embedding(i)::vector, 'collection' || i % 2, checks.word(i), '{"source": "file"}'
	FROM generate_series(1, 2000) AS i;
ANALYZE document_chunk;
SET ivfflat.probes = 20;
SELECT checks.nearest(format($$SELECT query_vectors.qid * 10000 + result.id::int AS row, result.id, result.distance
	FROM (VALUES (0, CAST(ARRAY%s AS vector(64))), (1, CAST(ARRAY%s AS vector(64)))) AS query_vectors (qid, q_vector)
	JOIN LATERAL (SELECT id, text, vmetadata, document_chunk.vector <=> query_vectors.q_vector AS distance FROM document_chunk
		WHERE collection_name = 'collection1' ORDER BY document_chunk.vector <=> query_vectors.q_vector LIMIT 3) AS result ON true
	ORDER BY query_vectors.qid, result.distance$$, checks.embedding(0), checks.embedding(-1)), 'idx_document_chunk_vector', 6, false);

-- its other access method: it reads the definition of the index that is there
SELECT checks.same($$SELECT split_part(split_part(lower(indexdef), 'using ', 2), ' ', 1) FROM pg_indexes WHERE schemaname = current_schema()
	AND tablename = 'document_chunk' AND indexname = 'idx_document_chunk_vector'$$, ARRAY[:'ivfflat']);
DROP INDEX IF EXISTS idx_document_chunk_vector;
ALTER TABLE document_chunk ALTER COLUMN vector TYPE halfvec(64);
CREATE INDEX IF NOT EXISTS idx_document_chunk_vector ON document_chunk USING :hnsw (vector halfvec_cosine_ops) WITH (m = 16, ef_construction = 64);
SET hnsw.ef_search = 100;
SET hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format($$SELECT result.id FROM (VALUES (0, CAST(ARRAY%s AS halfvec(64)))) AS query_vectors (qid, q_vector)
	JOIN LATERAL (SELECT id, document_chunk.vector <=> query_vectors.q_vector AS distance FROM document_chunk
		WHERE collection_name = 'collection1' ORDER BY document_chunk.vector <=> query_vectors.q_vector LIMIT 3) AS result ON true
	ORDER BY query_vectors.qid, result.distance$$, checks.embedding(0)), 'idx_document_chunk_vector', 3, false);
SELECT id FROM document_chunk WHERE collection_name = 'collection1' AND (vmetadata ->> 'source') = 'file' LIMIT 3;
DELETE FROM document_chunk WHERE collection_name = 'collection0' AND id IN ('2', '4');
SELECT checks.same('SELECT count(*) FROM document_chunk', '{1998}');
DROP TABLE document_chunk;
