-- LightRAG | LightRAG 0096bb0 | its index replaced by SQL under its name
-- Chunks, entities and relations of a workspace, each nearer than a threshold;
-- an index of each of its kinds.
CREATE EXTENSION IF NOT EXISTS vector;
-- it takes halfvec if the version is 0.7 or later
SELECT checks.same($$SELECT string_to_array(extversion, '.')::int[] >= '{0,7,0}' FROM pg_extension WHERE extname = 'vector'$$, '{true}');
DROP TABLE IF EXISTS lightrag_vdb_chunks, lightrag_vdb_entity;
CREATE TABLE lightrag_vdb_chunks (
	id varchar(255), workspace varchar(255), full_doc_id varchar(256), chunk_order_index int, tokens int, content text,
	content_vector vector(64), file_path text NULL, create_time timestamp(0), update_time timestamp(0),
	CONSTRAINT lightrag_vdb_chunks_pk PRIMARY KEY (workspace, id));
CREATE TABLE lightrag_vdb_entity (
	id varchar(255), workspace varchar(255), entity_name varchar(512), content text, content_vector vector,
	create_time timestamp(0), update_time timestamp(0), chunk_ids varchar(255)[] NULL, file_path text NULL,
	CONSTRAINT lightrag_vdb_entity_pk PRIMARY KEY (workspace, id));
CREATE INDEX idx_lightrag_vdb_chunks_id ON lightrag_vdb_chunks (id);
-- the dimensions are set before there is an index
ALTER TABLE lightrag_vdb_entity ALTER COLUMN content_vector TYPE vector(64);
CREATE INDEX idx_lightrag_vdb_chunks_hnsw_cosine ON lightrag_vdb_chunks
	USING :hnsw (content_vector vector_cosine_ops) WITH (m = 16, ef_construction = 200);

PREPARE upsert AS INSERT INTO lightrag_vdb_chunks (workspace, id, tokens, chunk_order_index, full_doc_id, content, content_vector,
	file_path, create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	ON CONFLICT (workspace, id) DO UPDATE SET tokens = EXCLUDED.tokens, chunk_order_index = EXCLUDED.chunk_order_index,
	full_doc_id = EXCLUDED.full_doc_id, content = EXCLUDED.content, content_vector = EXCLUDED.content_vector,
	file_path = EXCLUDED.file_path, update_time = EXCLUDED.update_time;
SELECT format('EXECUTE upsert(%L, %L, 10, %L, %L, %L, %L, ''file'', %L, %7$L)', 'space' || i % 2, 'chunk-' || i, i, 'doc-' || i / 10,
	'about ' || checks.word(i), checks.embedding(i), now())
FROM generate_series(1, 2000) AS i \gexec
SELECT format('EXECUTE upsert(%L, %L, 10, 1, %L, %L, %L, %L, now(), now())', 'space1', 'chunk-1', 'doc-1', 'again', checks.embedding(1), 'file') \gexec
PREPARE upsert_entity AS INSERT INTO lightrag_vdb_entity (workspace, id, entity_name, content, content_vector, chunk_ids, file_path,
	create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6::varchar[], $7, $8, $9)
	ON CONFLICT (workspace, id) DO UPDATE SET entity_name = EXCLUDED.entity_name, content = EXCLUDED.content,
	content_vector = EXCLUDED.content_vector, chunk_ids = EXCLUDED.chunk_ids, file_path = EXCLUDED.file_path,
	update_time = EXCLUDED.update_time;
SELECT format('EXECUTE upsert_entity(%L, %L, %L, %L, %L, %L, ''file'', %L, %7$L)', 'space1', 'ent-' || i, 'entity ' || i, checks.word(i),
	checks.embedding(i), ARRAY['chunk-' || i], now())
FROM generate_series(1, 2000) AS i \gexec
CREATE INDEX idx_lightrag_vdb_entity_ivfflat_cosine ON lightrag_vdb_entity USING :ivfflat (content_vector vector_cosine_ops) :lists;
ANALYZE lightrag_vdb_chunks, lightrag_vdb_entity;

-- asyncpg sends vectors in binary form, of type vector by the cast
PREPARE chunks AS SELECT id, content, file_path, EXTRACT(EPOCH FROM create_time)::bigint AS created_at
	FROM lightrag_vdb_chunks WHERE workspace = $1 AND content_vector <=> $4::vector < $2
	ORDER BY content_vector <=> $4::vector LIMIT $3;
PREPARE entities AS SELECT entity_name, EXTRACT(EPOCH FROM create_time)::bigint AS created_at
	FROM lightrag_vdb_entity WHERE workspace = $1 AND content_vector <=> $4::vector < $2
	ORDER BY content_vector <=> $4::vector LIMIT $3;
SET hnsw.ef_search = 200;
SET hnsw.iterative_scan = strict_order;
SET ivfflat.probes = 20;
SELECT checks.nearest(format('EXECUTE chunks(%L, 0.8, 10, %L)', 'space1', checks.embedding(0)), 'idx_lightrag_vdb_chunks_hnsw_cosine', 10, false);
SELECT checks.nearest(format('EXECUTE entities(%L, 0.8, 10, %L)', 'space1', checks.embedding(0)), 'idx_lightrag_vdb_entity_ivfflat_cosine', 10, false);
-- nothing is so near
SELECT checks.same(format('EXECUTE chunks(%L, 0.01, 10, %L)', 'space1', checks.embedding(0)), '{}');

-- from hnsw to halfvec: the index is dropped and the column changed
SELECT checks.same($$SELECT 1 FROM pg_indexes WHERE indexname = 'idx_lightrag_vdb_chunks_hnsw_cosine'
	AND tablename = 'lightrag_vdb_chunks'$$, '{1}');
DROP INDEX IF EXISTS idx_lightrag_vdb_chunks_hnsw_cosine;
DEALLOCATE chunks;
ALTER TABLE lightrag_vdb_chunks ALTER COLUMN content_vector TYPE halfvec(64);
CREATE INDEX idx_lightrag_vdb_chunks_hnsw_halfvec_cosine ON lightrag_vdb_chunks
	USING :hnsw (content_vector halfvec_cosine_ops) WITH (m = 16, ef_construction = 200);
PREPARE half_chunks AS SELECT id, content, file_path FROM lightrag_vdb_chunks
	WHERE workspace = $1 AND content_vector <=> $4::halfvec < $2 ORDER BY content_vector <=> $4::halfvec LIMIT $3;
SELECT checks.nearest(format('EXECUTE half_chunks(%L, 0.8, 10, %L)', 'space1', checks.embedding(0)), 'idx_lightrag_vdb_chunks_hnsw_halfvec_cosine',
	10, false);
DELETE FROM lightrag_vdb_chunks WHERE workspace = 'space0';
SELECT checks.same('SELECT count(*) FROM lightrag_vdb_chunks', '{1000}');
