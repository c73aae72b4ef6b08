-- Supabase, vecs and `match_documents` | vecs 240d870 | index by SQL, named `ix_vector_cosine_ops_...`
-- Its client for Python; the function of its guides and of LangChain's
-- SupabaseVectorStore; hybrid search.
CREATE SCHEMA IF NOT EXISTS vecs;
CREATE EXTENSION IF NOT EXISTS vector;
-- it makes HNSW if the version is 0.5 or later
SELECT checks.same($$SELECT string_to_array(installed_version, '.')::int[] >= '{0,5,0}' FROM pg_available_extensions
	WHERE name = 'vector'$$, '{true}');
DROP TABLE IF EXISTS vecs.docs;
CREATE TABLE vecs.docs (id varchar NOT NULL, vec vector(64) NOT NULL, metadata jsonb DEFAULT '{}'::jsonb NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_meta_docs ON vecs.docs USING gin (metadata jsonb_path_ops);
-- the dimensions are the column's type modifier
SELECT checks.same($$SELECT atttypmod FROM pg_class pc JOIN pg_attribute pa ON pc.oid = pa.attrelid
	WHERE pc.relnamespace = 'vecs'::regnamespace AND pc.relkind = 'r' AND pa.attname = 'vec' AND NOT pc.relname ^@ '_'
	AND relname = 'docs'$$, '{64}');
PREPARE upsert AS INSERT INTO vecs.docs (id, vec, metadata) VALUES ($1, $2, $3)
	ON CONFLICT (id) DO UPDATE SET vec = excluded.vec, metadata = excluded.metadata;
SELECT format('EXECUTE upsert(%L, %L, %L)', i, checks.embedding(i), json_build_object('year', 2000 + i % 20, 'tags', ARRAY[checks.word(i)]))
FROM generate_series(1, 2000) AS i \gexec
SELECT format('EXECUTE upsert(%L, %L, %L)', 1, checks.embedding(1), '{"year": 2001}') \gexec
ANALYZE vecs.docs;
CREATE INDEX ix_vector_cosine_ops_hnsw_m16_efc64_1a2b3c4 ON vecs."docs"
	USING :hnsw (vec vector_cosine_ops) WITH (m=16, ef_construction=64);
SELECT checks.same($$SELECT pi.relname FROM pg_class pi JOIN pg_index i ON pi.oid = i.indexrelid JOIN pg_class pt ON pt.oid = i.indrelid
	WHERE pi.relnamespace = 'vecs'::regnamespace AND pi.relname ILIKE 'ix_vector%' AND pi.relkind = 'i' AND pt.relname = 'docs'$$,
	'{ix_vector_cosine_ops_hnsw_m16_efc64_1a2b3c4}');
PREPARE search AS SELECT id, vec <=> $1 AS anon_1, metadata FROM vecs.docs ORDER BY vec <=> $1 LIMIT $2;
BEGIN;
SET LOCAL ivfflat.probes = 10;
SET LOCAL hnsw.ef_search = 100;
SELECT checks.nearest(format('EXECUTE search(%L, 10)', checks.embedding(0)), 'ix_vector_cosine_ops_hnsw_m16_efc64_1a2b3c4', 10);
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('SELECT id FROM vecs.docs WHERE %s ORDER BY vec <=> %L LIMIT 10', condition, checks.embedding(0)),
	'ix_vector_cosine_ops_hnsw_m16_efc64_1a2b3c4', 10, false)
FROM (VALUES
	($$metadata -> 'year' > '2005'::jsonb$$), ($$metadata @> '{"year": 2010}'::jsonb$$),
	($$(metadata -> 'year') IN ('2001'::jsonb, '2002'::jsonb)$$),
	($$metadata -> 'tags' @> '"graph"'::jsonb AND jsonb_typeof(metadata -> 'tags') = 'array'$$)) AS filter (condition);
COMMIT;
DROP INDEX vecs."ix_vector_cosine_ops_hnsw_m16_efc64_1a2b3c4";
-- by L1 kg may miss a row, and the rows are to be all
SET kg.ef_search = 400;
CREATE INDEX ix_vector_l1_ops_hnsw_m16_efc64_1a2b3c4 ON vecs."docs" USING :hnsw (vec vector_l1_ops) WITH (m=16, ef_construction=64);
SELECT checks.nearest(format('SELECT id FROM vecs.docs ORDER BY vec <+> %L LIMIT 10', checks.embedding(0)),
	'ix_vector_l1_ops_hnsw_m16_efc64_1a2b3c4', 10, false);
DROP INDEX vecs."ix_vector_l1_ops_hnsw_m16_efc64_1a2b3c4";
RESET kg.ef_search;
CREATE INDEX ix_vector_l2_ops_ivfflat_nl20_1a2b3c4 ON vecs."docs" USING :ivfflat (vec vector_l2_ops) :lists;
BEGIN;
SET LOCAL ivfflat.probes = 20;
SELECT checks.nearest(format('SELECT id FROM vecs.docs ORDER BY vec <-> %L LIMIT 10', checks.embedding(0)),
	'ix_vector_l2_ops_ivfflat_nl20_1a2b3c4', 10, false);
COMMIT;
DROP SCHEMA vecs CASCADE;

DROP TABLE IF EXISTS documents CASCADE;
DROP FUNCTION IF EXISTS match_documents(vector, int, jsonb);
CREATE TABLE documents (id bigserial PRIMARY KEY, content text, metadata jsonb, embedding vector(64),
	fts tsvector GENERATED ALWAYS AS (to_tsvector('english', content)) STORED);
CREATE INDEX ON documents USING gin (fts);
INSERT INTO documents (content, metadata, embedding)
	SELECT 'content on ' || checks.word(i), json_build_object('n', i % 2), checks.embedding(i)::vector FROM generate_series(1, 2000) AS i;
CREATE INDEX documents_near ON documents USING :hnsw (embedding vector_ip_ops);
CREATE INDEX documents_cosine ON documents USING :hnsw (embedding vector_cosine_ops);
ANALYZE documents;
CREATE FUNCTION match_documents (query_embedding vector(64), match_count int DEFAULT NULL, filter jsonb DEFAULT '{}')
RETURNS TABLE (id bigint, content text, metadata jsonb, similarity float) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT id, content, metadata, 1 - (documents.embedding <=> query_embedding) AS similarity
	FROM documents WHERE metadata @> filter ORDER BY documents.embedding <=> query_embedding LIMIT match_count;
END $$;
CREATE FUNCTION match_threshold (query_embedding vector(64), threshold float, match_count int)
RETURNS SETOF documents LANGUAGE sql STABLE AS $$
	SELECT * FROM documents WHERE documents.embedding <#> query_embedding < -threshold
	ORDER BY documents.embedding <#> query_embedding ASC LIMIT least(match_count, 200)
$$;
SET hnsw.ef_search = 100;
SELECT checks.nearest(format('SELECT id FROM documents ORDER BY embedding <=> %L LIMIT 5', checks.embedding(0)), 'documents_cosine', 5);
SELECT checks.same(format('SELECT id FROM match_documents(%L, 5)', checks.embedding(0)),
	checks.rows_of(format('SELECT id FROM documents ORDER BY embedding <=> %L LIMIT 5', checks.embedding(0))));
SELECT checks.nearest(format('SELECT id FROM match_threshold(%L, 100, 5)', checks.embedding(0)), 'documents_near', 5, false);

-- Hybrid search: reciprocal rank fusion of words and vectors
CREATE FUNCTION hybrid_search (query_text text, query_embedding vector(64), match_count int, rrf_k int DEFAULT 50)
RETURNS SETOF documents LANGUAGE sql STABLE AS $$
	WITH full_text AS (SELECT id, row_number() OVER (ORDER BY ts_rank_cd(fts, websearch_to_tsquery(query_text)) DESC) AS rank_ix
		FROM documents WHERE fts @@ websearch_to_tsquery(query_text) ORDER BY rank_ix LIMIT least(match_count, 30) * 2),
	semantic AS (SELECT id, row_number() OVER (ORDER BY embedding <#> query_embedding) AS rank_ix
		FROM documents ORDER BY rank_ix LIMIT least(match_count, 30) * 2)
	SELECT documents.* FROM full_text FULL OUTER JOIN semantic ON full_text.id = semantic.id
	JOIN documents ON coalesce(full_text.id, semantic.id) = documents.id
	ORDER BY coalesce(1.0 / (rrf_k + full_text.rank_ix), 0.0) + coalesce(1.0 / (rrf_k + semantic.rank_ix), 0.0) DESC, documents.id
	LIMIT least(match_count, 30)
$$;
-- of the vectors alone: those are the nearest
SELECT checks.same(format('SELECT id FROM hybrid_search(%L, %L, 5)', 'nothing', checks.embedding(0)),
	checks.rows_of(format('SELECT id FROM documents ORDER BY embedding <#> %L LIMIT 5', checks.embedding(0))));
SELECT checks.nearest(format('SELECT id, row_number() OVER (ORDER BY embedding <#> %L) AS rank_ix FROM documents ORDER BY rank_ix LIMIT 10',
	checks.embedding(0)), 'documents_near', 10, false);
DROP TABLE documents CASCADE;
DROP FUNCTION match_documents(vector, int, jsonb);
