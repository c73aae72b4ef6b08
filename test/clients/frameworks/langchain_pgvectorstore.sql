-- LangChain, `PGVectorStore` | langchain-postgres 2948fbe | `HNSWIndex(index_type="kg_hnsw")`
-- A table for each store, indexes made concurrently, settings of a query, text
-- beside vectors.
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS "public"."vectorstore";
CREATE TABLE "public"."vectorstore" (
	"langchain_id" uuid PRIMARY KEY, "content" text NOT NULL, "embedding" vector(64) NOT NULL,
	"content_tsv" tsvector NOT NULL, "topic" text, "langchain_metadata" json);
-- it takes the column for a vector if it is of type USER-DEFINED
SELECT checks.same($$SELECT data_type FROM information_schema.columns
	WHERE table_name = 'vectorstore' AND table_schema = 'public' AND column_name = 'embedding'$$, '{USER-DEFINED}');

PREPARE add AS INSERT INTO "public"."vectorstore"
	("langchain_id", "content", "embedding", "content_tsv", "topic", "langchain_metadata")
	VALUES ($1, $2, $3, to_tsvector('pg_catalog.english', $4), $5, $6)
	ON CONFLICT ("langchain_id") DO UPDATE SET "content" = EXCLUDED."content", "embedding" = EXCLUDED."embedding",
	"content_tsv" = EXCLUDED."content_tsv", "langchain_metadata" = EXCLUDED."langchain_metadata", "topic" = EXCLUDED."topic";
SELECT format('EXECUTE add(%L, %3$L, %2$L, %3$L, %4$L, %5$L)', checks.id(i), checks.embedding(i), 'some words on ' || checks.word(i),
	checks.word(i), json_build_object('year', 2000 + i % 20))
FROM generate_series(1, 2000) AS i \gexec
CREATE INDEX CONCURRENTLY "vectorstorelangchainvectorindex" ON "public"."vectorstore"
	USING :hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX CONCURRENTLY "vectorstore_partial" ON "public"."vectorstore"
	USING :hnsw (embedding vector_l2_ops) WITH (m = 16, ef_construction = 64) WHERE (topic IN ('graph', 'index'));
CREATE INDEX vectorstore_tsv ON "public"."vectorstore" USING gin (content_tsv);
SELECT checks.same($$SELECT indexname FROM pg_indexes WHERE tablename = 'vectorstore' AND schemaname = 'public'
	AND indexname = 'vectorstorelangchainvectorindex'$$, '{vectorstorelangchainvectorindex}');
ANALYZE "public"."vectorstore";

PREPARE search AS SELECT "langchain_id", "content", "embedding", "topic", "langchain_metadata",
	cosine_distance("embedding", $1) AS distance
	FROM "public"."vectorstore" ORDER BY "embedding" <=> $1 LIMIT $2;
BEGIN;
SET LOCAL hnsw.ef_search = 100;
SELECT checks.nearest(format('EXECUTE search(%L, 4)', checks.embedding(0)), 'vectorstorelangchainvectorindex', 4);
COMMIT;
PREPARE filtered AS SELECT "langchain_id", cosine_distance("embedding", $1) AS distance FROM "public"."vectorstore"
	WHERE (topic = ANY($3) AND (langchain_metadata ->> 'year')::int >= $4) ORDER BY "embedding" <=> $1 LIMIT $2;
BEGIN;
SET LOCAL hnsw.ef_search = 100;
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('EXECUTE filtered(%L, 4, %L, 2005)', checks.embedding(0), '{graph,vector,apple}'::text[]),
	'vectorstorelangchainvectorindex', 4, false);
COMMIT;
BEGIN;
SET LOCAL hnsw.ef_search = 100;
SELECT checks.nearest(format($$SELECT langchain_id, l2_distance("embedding", %L) AS distance FROM "public"."vectorstore"
	WHERE topic IN ('graph', 'index') ORDER BY "embedding" <-> %1$L LIMIT 4$$, checks.embedding(0)), 'vectorstore_partial', 4, false);
COMMIT;
-- the other half of its hybrid search
PREPARE words AS SELECT "langchain_id", "content", ts_rank_cd(content_tsv, plainto_tsquery('pg_catalog.english', $1)) AS distance
	FROM "public"."vectorstore" WHERE content_tsv @@ plainto_tsquery('pg_catalog.english', $1) ORDER BY distance DESC LIMIT 4;
EXECUTE words('graph');

DROP INDEX IF EXISTS "public"."vectorstore_partial";
REINDEX INDEX "public"."vectorstorelangchainvectorindex";
DROP INDEX IF EXISTS "public"."vectorstorelangchainvectorindex";
CREATE INDEX "vectorstore_ivfflat" ON "public"."vectorstore" USING :ivfflat (embedding vector_ip_ops) :lists;
BEGIN;
SET LOCAL ivfflat.probes = 20;
SELECT checks.nearest(format($$SELECT "langchain_id", inner_product("embedding", %L) AS distance FROM "public"."vectorstore"
	ORDER BY "embedding" <#> %1$L LIMIT 4$$, checks.embedding(0)), 'vectorstore_ivfflat', 4, false);
COMMIT;
DELETE FROM "public"."vectorstore" WHERE langchain_id IN (checks.id(1), checks.id(2));
SELECT checks.same($$SELECT langchain_id FROM "public"."vectorstore" WHERE "langchain_id" IN (checks.id(2), checks.id(3))$$,
	ARRAY[checks.id(3)::text]);
