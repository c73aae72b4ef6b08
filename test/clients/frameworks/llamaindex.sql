-- LlamaIndex, `PGVectorStore` | llama_index 5793149 | `hnsw_kwargs=None`, index by SQL
-- HNSW with its options, metadata as json, indexes on metadata, half precision,
-- hybrid search.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA IF NOT EXISTS public;
DROP TABLE IF EXISTS public.data_llamaindex, public.data_halfvec;
CREATE TABLE public.data_llamaindex (
	id bigserial NOT NULL, text varchar NOT NULL, metadata_ jsonb, node_id varchar, embedding vector(64),
	text_search_tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED, PRIMARY KEY (id));
CREATE INDEX llamaindex_idx ON public.data_llamaindex USING gin (text_search_tsv);
CREATE INDEX llamaindex_idx_1 ON public.data_llamaindex ((metadata_ ->> 'ref_doc_id'));
CREATE INDEX IF NOT EXISTS data_llamaindex_embedding_idx ON public.data_llamaindex
	USING :hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);

PREPARE add AS INSERT INTO public.data_llamaindex (text, metadata_, node_id, embedding) VALUES ($1, $2, $3, $4)
	RETURNING public.data_llamaindex.id;
SELECT format('EXECUTE add(%L, %L, %L, %L)', 'the text of a node on ' || checks.word(i),
	json_build_object('ref_doc_id', 'doc' || i / 100, 'rank', i % 10, 'tags', ARRAY[checks.word(i), 'all']), i, checks.embedding(i))
FROM generate_series(1, 2000) AS i \gexec
ANALYZE public.data_llamaindex;

PREPARE search AS SELECT id, node_id, text, metadata_, embedding <=> $1 AS distance
	FROM public.data_llamaindex ORDER BY distance ASC LIMIT $2;
BEGIN;
SET ivfflat.probes = 10;
SET hnsw.ef_search = 100;
SELECT checks.nearest(format('EXECUTE search(%L, 2)', checks.embedding(0)), 'data_llamaindex_embedding_idx', 2);
COMMIT;
BEGIN;
SET LOCAL hnsw.ef_search = 100;
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('SELECT id, embedding <=> %L AS distance FROM public.data_llamaindex WHERE %s
	ORDER BY distance ASC LIMIT 6', checks.embedding(0), condition), 'data_llamaindex_embedding_idx', 6, false)
FROM (VALUES
	($$(metadata_->>'rank')::float >= 5.0$$),
	($$(metadata_->>'rank')::float != 5.0 OR metadata_->>'ref_doc_id' = 'doc3'$$),
	($$metadata_->>'ref_doc_id' NOT IN ('doc1', 'doc2')$$),
	($$metadata_->>'ref_doc_id' IN ('doc1', 'doc2')$$),
	($$metadata_::jsonb->'tags' @> '["all"]'$$),
	($$metadata_->>'ref_doc_id' LIKE '%1%'$$),
	($$jsonb_exists_any(metadata_::jsonb->'tags', array['graph', 'index'])$$)) AS filter (condition);
COMMIT;
-- relaxed order, sorted again as pgvector's README says
BEGIN;
SET LOCAL hnsw.iterative_scan = relaxed_order;
SELECT checks.nearest(format($$WITH relaxed AS MATERIALIZED (SELECT id, embedding <=> %L AS distance FROM public.data_llamaindex
	WHERE (metadata_->>'rank')::float >= 5.0 ORDER BY distance LIMIT 5) SELECT * FROM relaxed ORDER BY distance + 0$$, checks.embedding(0)),
	'data_llamaindex_embedding_idx', 5, false);
COMMIT;
PREPARE words AS SELECT id, node_id, text, metadata_, ts_rank(text_search_tsv, to_tsquery('english', replace(text(plainto_tsquery(
	'english', $1)), '&', '|'))) AS rank FROM public.data_llamaindex WHERE text_search_tsv @@ to_tsquery('english',
	replace(text(plainto_tsquery('english', $1)), '&', '|')) ORDER BY rank DESC LIMIT $2;
EXECUTE words('graphs and vectors', 2);
DELETE FROM public.data_llamaindex WHERE (metadata_ ->> 'ref_doc_id') = 'doc1';
SELECT checks.same($$SELECT count(*) FROM public.data_llamaindex$$, '{1900}');

-- use_halfvec, for models of more than 2,000 dimensions
CREATE TABLE public.data_halfvec (
	id bigserial NOT NULL, text varchar NOT NULL, metadata_ json, node_id varchar, embedding halfvec(2100), PRIMARY KEY (id));
CREATE INDEX IF NOT EXISTS data_halfvec_embedding_idx ON public.data_halfvec
	USING :hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 64);
INSERT INTO public.data_halfvec (text, embedding) SELECT 'text', checks.embedding(i, 2100)::halfvec FROM generate_series(1, 300) AS i;
ANALYZE public.data_halfvec;
SELECT checks.nearest(format('SELECT id, embedding <=> %L AS distance FROM public.data_halfvec ORDER BY distance ASC LIMIT 3',
	checks.embedding(0, 2100)), 'data_halfvec_embedding_idx', 3, false);
