-- Haystack, `PgvectorDocumentStore` | haystack-core-integrations 50a84e9 | its index replaced by SQL under its name
-- The index is made once the table is there, ef_search for the session, metadata
-- in jsonb, keywords.
CREATE EXTENSION IF NOT EXISTS vector;
SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'haystack_documents';
DROP TABLE IF EXISTS "public"."haystack_documents", "public"."haystack_halfvec";
CREATE TABLE "public"."haystack_documents" (
	id varchar(128) PRIMARY KEY, embedding vector(64), content text, blob_data bytea, blob_meta jsonb,
	blob_mime_type varchar(255), meta jsonb);
CREATE INDEX "haystack_keyword_index" ON "public"."haystack_documents" USING gin (to_tsvector('english', content));
SET hnsw.ef_search = 100;
SELECT 1 FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'haystack_documents' AND indexname = 'haystack_hnsw_index';
DROP INDEX IF EXISTS "public"."haystack_hnsw_index";
CREATE INDEX "haystack_hnsw_index" ON "public"."haystack_documents" USING :hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);

PREPARE add AS INSERT INTO "public"."haystack_documents" (id, embedding, content, blob_data, blob_meta, blob_mime_type, meta)
	VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET embedding = EXCLUDED.embedding, content = EXCLUDED.content,
	blob_data = EXCLUDED.blob_data, blob_meta = EXCLUDED.blob_meta, blob_mime_type = EXCLUDED.blob_mime_type,
	meta = EXCLUDED.meta RETURNING id;
SELECT format('EXECUTE add(%L, %L, %L, NULL, NULL, NULL, %L)', i, checks.embedding(i), 'a document on ' || checks.word(i),
	json_build_object('number', i % 10, 'name', checks.word(i), 'tags', ARRAY[checks.word(i)]))
FROM generate_series(1, 2000) AS i \gexec
EXECUTE add('nothing', NULL, 'a document without embedding', NULL, NULL, NULL, '{}');
ANALYZE "public"."haystack_documents";

SELECT checks.nearest(format($$SELECT *, 1 - (embedding <=> %L) AS score FROM "public"."haystack_documents"
	ORDER BY embedding <=> %1$L ASC LIMIT 10$$, checks.embedding(0)), 'haystack_hnsw_index', 10);
BEGIN;
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format($$SELECT *, 1 - (embedding <=> %L) AS score FROM "public"."haystack_documents"
	WHERE %s ORDER BY embedding <=> %1$L ASC LIMIT 10$$, checks.embedding(0), condition), 'haystack_hnsw_index', 10, false)
FROM (VALUES
	($$(meta->>'number')::integer >= 5$$),
	($$((meta->>'number')::integer < 5 AND meta->>'name' IS DISTINCT FROM 'graph')$$),
	($$(meta->>'name' IS NULL OR meta->>'name' != ALL('{graph,index}'))$$),
	($$meta->>'name' = ANY('{graph,index}')$$),
	($$meta->>'name' NOT LIKE 'gr%'$$),
	($$meta->'tags' @> '["graph"]'$$),
	($$(jsonb_typeof(meta->'tags') = 'array' AND meta->'tags' ?| '{graph,index}')$$)) AS filter (condition);
COMMIT;
-- another function than the index has sorts all rows, but works
SELECT checks.rows_of(format($$SELECT *, (embedding <#> %L) * -1 AS score FROM "public"."haystack_documents"
	ORDER BY embedding <#> %1$L ASC LIMIT 10$$, checks.embedding(0)));
SELECT haystack_documents.*, ts_rank_cd(to_tsvector('english', content), query) AS score
	FROM "public"."haystack_documents", plainto_tsquery('english', 'graphs') query
	WHERE to_tsvector('english', content) @@ query ORDER BY score DESC LIMIT 10;
UPDATE "public"."haystack_documents" SET meta = COALESCE(meta, '{}'::jsonb) || '{"seen": true}'::jsonb WHERE meta->>'name' = 'graph';
DELETE FROM "public"."haystack_documents" WHERE id IN ('1', '2');
SELECT checks.same('SELECT COUNT(*) FROM "public"."haystack_documents"', '{1999}');

-- vector_type="halfvec", vector_function="inner_product"
CREATE TABLE "public"."haystack_halfvec" (id varchar(128) PRIMARY KEY, embedding halfvec(64), content text, meta jsonb);
INSERT INTO "public"."haystack_halfvec" SELECT i, checks.embedding(i)::halfvec FROM generate_series(1, 2000) AS i;
CREATE INDEX "haystack_halfvec_index" ON "public"."haystack_halfvec" USING :hnsw (embedding halfvec_ip_ops);
ANALYZE "public"."haystack_halfvec";
SELECT checks.nearest(format($$SELECT *, (embedding <#> %L) * -1 AS score FROM "public"."haystack_halfvec"
	ORDER BY embedding <#> %1$L ASC LIMIT 10$$, checks.embedding(0)), 'haystack_halfvec_index', 10);
TRUNCATE TABLE "public"."haystack_halfvec";
