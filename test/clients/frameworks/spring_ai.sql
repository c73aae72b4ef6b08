-- Spring AI, `PgVectorStore` | spring-ai 005c1a4 | `index-type: NONE`, index by SQL
-- Names of access methods in capitals, JDBC's prepared statements, a distance in
-- WHERE and as the order, filters as jsonpath.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE SCHEMA IF NOT EXISTS public;
DROP TABLE IF EXISTS public.vector_store, public.vector_store_ip;
CREATE TABLE IF NOT EXISTS public.vector_store (id uuid DEFAULT uuid_generate_v4() PRIMARY KEY, content text, metadata json, embedding vector(64));
CREATE TABLE IF NOT EXISTS public.vector_store_ip (id text PRIMARY KEY, content text, metadata json, embedding vector(64));
SELECT upper(:'hnsw') AS "HNSW", upper(:'ivfflat') AS "IVFFLAT" \gset
CREATE INDEX IF NOT EXISTS spring_ai_vector_index ON public.vector_store USING :HNSW (embedding vector_cosine_ops);

-- the driver knows the type by its name: PGobject of type "vector"
PREPARE add (uuid, text, text, vector, text, text, vector) AS INSERT INTO public.vector_store (id, content, metadata, embedding)
	VALUES ($1, $2, $3::jsonb, $4) ON CONFLICT (id) DO UPDATE SET content = $5, metadata = $6::jsonb, embedding = $7;
SELECT format('EXECUTE add(%L, %L, %L, %L, %2$L, %3$L, %4$L)', checks.id(i), checks.word(i),
	json_build_object('country', CASE i % 2 WHEN 0 THEN 'BG' ELSE 'NL' END, 'year', 2015 + i % 10), checks.embedding(i))
FROM generate_series(1, 2000) AS i \gexec
SELECT format('EXECUTE add(%L, %L, %L, %L, %2$L, %3$L, %4$L)', checks.id(1), 'again', '{}', checks.embedding(1)) \gexec
ANALYZE public.vector_store;

SET hnsw.ef_search = 100;
PREPARE search (vector, vector, float8, int) AS SELECT *, embedding <=> $1 AS distance FROM public.vector_store
	WHERE embedding <=> $2 < $3 ORDER BY distance LIMIT $4;
SELECT checks.nearest(format('EXECUTE search(%L, %1$L, 1.0, 4)', checks.embedding(0)), 'spring_ai_vector_index', 4, false);
BEGIN;
SET LOCAL hnsw.iterative_scan = strict_order;
SELECT checks.nearest(format('SELECT *, embedding <=> %L AS distance FROM public.vector_store WHERE embedding <=> %1$L < 1.0
	AND metadata::jsonb @@ %L::jsonpath ORDER BY distance LIMIT 4', checks.embedding(0), '$.country == "NL" && $.year >= 2020'),
	'spring_ai_vector_index', 4, false);
COMMIT;
-- what lies beyond the threshold is not returned
SELECT checks.same(format('EXECUTE search(%L, %1$L, 0.01, 4)', checks.embedding(0)), '{}');
DELETE FROM public.vector_store WHERE metadata::jsonb @@ '$.country == "BG"'::jsonpath;
DELETE FROM public.vector_store WHERE id = checks.id(1);
SELECT checks.same('SELECT count(*) FROM public.vector_store', '{999}');

INSERT INTO public.vector_store_ip SELECT i, 'text', '{}', checks.embedding(i)::vector FROM generate_series(1, 2000) AS i;
CREATE INDEX IF NOT EXISTS spring_ai_ip_index ON public.vector_store_ip USING :IVFFLAT (embedding vector_ip_ops);
ANALYZE public.vector_store_ip;
SET ivfflat.probes = 100;
SELECT checks.nearest(format('SELECT *, (1 + (embedding <#> %L)) AS distance FROM public.vector_store_ip
	WHERE (1 + (embedding <#> %1$L)) < 1 ORDER BY embedding <#> %1$L LIMIT 4', checks.embedding(0)), 'spring_ai_ip_index', 4, false);
-- As it is sent, ordered by that sum: no index serves it, with pgvector neither.
SELECT checks.rows_of(format('SELECT *, (1 + (embedding <#> %L)) AS distance FROM public.vector_store_ip
	WHERE (1 + (embedding <#> %1$L)) < 1 ORDER BY distance LIMIT 4', checks.embedding(0)));
