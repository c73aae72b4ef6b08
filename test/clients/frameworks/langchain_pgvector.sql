-- LangChain, `PGVector` | langchain-postgres 2948fbe | nothing: it makes no index
-- Collections, metadata in jsonb, filters as jsonpath.  It makes no index; its
-- users do.
BEGIN;
SELECT pg_advisory_xact_lock(1573678846307946496);
CREATE EXTENSION IF NOT EXISTS vector;
COMMIT;
DROP TABLE IF EXISTS langchain_pg_embedding, langchain_pg_collection;
CREATE TABLE langchain_pg_collection (
	uuid uuid NOT NULL, name varchar NOT NULL, cmetadata json, PRIMARY KEY (uuid), UNIQUE (name));
CREATE TABLE langchain_pg_embedding (
	id varchar NOT NULL, collection_id uuid, embedding vector(64), document varchar, cmetadata jsonb, PRIMARY KEY (id),
	FOREIGN KEY (collection_id) REFERENCES langchain_pg_collection (uuid) ON DELETE CASCADE);
CREATE INDEX ix_cmetadata_gin ON langchain_pg_embedding USING gin (cmetadata jsonb_path_ops);
CREATE INDEX langchain_near ON langchain_pg_embedding USING :hnsw (embedding vector_cosine_ops);

INSERT INTO langchain_pg_collection VALUES (checks.id(1), 'docs', 'null');
PREPARE add AS INSERT INTO langchain_pg_embedding (id, collection_id, embedding, document, cmetadata)
	VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET id = excluded.id, embedding = excluded.embedding,
	document = excluded.document, cmetadata = excluded.cmetadata;
SELECT format('EXECUTE add(%L, %L, %L, %L, %L)', i, checks.id(1), checks.embedding(i), 'a document on ' || checks.word(i),
	json_build_object('page', i % 10, 'topic', checks.word(i)))
FROM generate_series(1, 2000) AS i \gexec
SELECT format('EXECUTE add(%L, %L, %L, %L, %L)', 1, checks.id(1), checks.embedding(1), 'again', '{"page": 1}') \gexec
ANALYZE langchain_pg_embedding;

SET hnsw.ef_search = 100;
PREPARE search AS SELECT e.id, e.collection_id, e.embedding, e.document, e.cmetadata, e.embedding <=> $1 AS distance
	FROM langchain_pg_embedding AS e JOIN langchain_pg_collection AS c ON e.collection_id = c.uuid
	WHERE e.collection_id = $2::uuid ORDER BY distance ASC LIMIT $3;
SELECT checks.nearest(format('EXECUTE search(%L, %L, 4)', checks.embedding(0), checks.id(1)), 'langchain_near', 4);
PREPARE filtered AS SELECT e.id, e.document, e.embedding <=> $1 AS distance
	FROM langchain_pg_embedding AS e JOIN langchain_pg_collection AS c ON e.collection_id = c.uuid
	WHERE e.collection_id = $2::uuid AND jsonb_path_match(e.cmetadata, CAST($3 AS jsonpath), CAST($4 AS jsonb))
	ORDER BY distance ASC LIMIT $5;
SET hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('EXECUTE filtered(%L, %L, %L, %L, 4)', checks.embedding(0), checks.id(1), '$.page >= $value',
	'{"value": 5}'), 'langchain_near', 4, false);
RESET hnsw.iterative_scan;
SELECT checks.rows_of(format('SELECT id FROM langchain_pg_embedding WHERE collection_id = %L AND %s', checks.id(1), condition))
FROM unnest(ARRAY[
	'jsonb_path_match(cmetadata, CAST(''$.page == $value'' AS jsonpath), CAST(''{"value": 3}'' AS jsonb))',
	'cmetadata ->> ''topic'' IN (''graph'', ''index'')', 'NOT (cmetadata ->> ''topic'' IN (''graph''))',
	'jsonb_exists(cmetadata, ''page'')', 'cmetadata ->> ''topic'' LIKE ''gra%''']) AS condition;
DELETE FROM langchain_pg_embedding WHERE collection_id = checks.id(1) AND id IN ('5', '6');
DELETE FROM langchain_pg_collection WHERE uuid = checks.id(1);
SELECT checks.same('SELECT count(*) FROM langchain_pg_embedding', '{0}');
