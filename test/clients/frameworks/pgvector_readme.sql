-- pgvector's README | pgvector 0.8.6 | `USING kg_hnsw`
-- What guides and generated code repeat: half precision and bits by expressions,
-- parts of vectors, partial indexes, arrays, loading by COPY.
DROP TABLE IF EXISTS items;
CREATE TABLE items (id bigserial PRIMARY KEY, embedding vector(64), category_id int);
COPY items (embedding, category_id) FROM STDIN WITH (FORMAT csv);
"[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4]",1
\.
INSERT INTO items (embedding, category_id) SELECT checks.embedding(i)::vector, i % 4 FROM generate_series(2, 2000) AS i;
SET maintenance_work_mem = '64MB';
SET max_parallel_maintenance_workers = 2;
CREATE INDEX items_half ON items USING :hnsw ((embedding::halfvec(64)) halfvec_l2_ops);
CREATE INDEX items_bits ON items USING :hnsw ((binary_quantize(embedding)::bit(64)) bit_hamming_ops);
CREATE INDEX items_part ON items USING :hnsw ((subvector(embedding, 1, 8)::vector(8)) vector_cosine_ops);
CREATE INDEX items_partial ON items USING :hnsw (embedding vector_l2_ops) WHERE (category_id = 3);
CREATE INDEX items_l1 ON items USING :hnsw (embedding vector_l1_ops);
ANALYZE items;
SET hnsw.ef_search = 400;
-- kg's index beside pgvector; by L1 it may miss a row, and the rows are to be all
SET kg.ef_search = 400;
SELECT checks.nearest(format('SELECT id FROM items ORDER BY embedding::halfvec(64) <-> %L LIMIT 5', checks.embedding(0)), 'items_half', 5, false);
SELECT checks.nearest(format($$SELECT binary_quantize(embedding)::bit(64) <~> binary_quantize(%L::vector) AS distance FROM items
	ORDER BY binary_quantize(embedding)::bit(64) <~> binary_quantize(%1$L::vector) LIMIT 5$$, checks.embedding(0)), 'items_bits', 5, false);
-- ranked again: of rows at one distance any may be candidates
SELECT checks.rows_of(format($$SELECT * FROM (SELECT * FROM items ORDER BY binary_quantize(embedding)::bit(64)
	<~> binary_quantize(%L::vector) LIMIT 20) AS near ORDER BY embedding <=> %1$L LIMIT 5$$, checks.embedding(0)));
SELECT checks.nearest(format($$SELECT * FROM (SELECT * FROM items ORDER BY subvector(embedding, 1, 8)::vector(8) <=>
	subvector(%L::vector, 1, 8) LIMIT 20) AS near ORDER BY embedding <=> %1$L LIMIT 5$$, checks.embedding(0)), 'items_part', 5, false);
SELECT checks.nearest(format('SELECT id FROM items WHERE category_id = 3 ORDER BY embedding <-> %L LIMIT 5', checks.embedding(0)),
	'items_partial', 5, false);
SELECT checks.nearest(format('SELECT id FROM items ORDER BY embedding <+> %L LIMIT 5', checks.embedding(0)), 'items_l1', 5, false);
SELECT checks.same('SELECT indexrelid::regclass FROM pg_index WHERE indrelid = ''items''::regclass AND NOT indisvalid', '{}');
SELECT phase, round(100.0 * blocks_done / nullif(blocks_total, 0), 1) AS "%" FROM pg_stat_progress_create_index;
SELECT id, embedding, 1 - (embedding <=> (SELECT embedding FROM items WHERE id = 2)) AS cosine_similarity FROM items
	WHERE id != 2 ORDER BY embedding <-> (SELECT embedding FROM items WHERE id = 2) LIMIT 5;
SELECT avg(embedding), sum(embedding), vector_dims(avg(embedding)), vector_norm(avg(embedding)) FROM items;
SELECT l2_normalize(embedding) <-> l2_normalize(embedding) FROM items LIMIT 1;
ALTER TABLE items ADD COLUMN sparse sparsevec(64), ADD COLUMN floats real[];
UPDATE items SET sparse = embedding::sparsevec, floats = embedding::real[];
CREATE INDEX items_sparse ON items USING :hnsw (sparse sparsevec_l2_ops);
CREATE INDEX CONCURRENTLY items_floats ON items USING :hnsw ((floats::vector(64)) vector_l2_ops);
VACUUM ANALYZE items;
SELECT checks.nearest(format('SELECT id FROM items ORDER BY sparse <-> %L::vector::sparsevec LIMIT 5', checks.embedding(0)), 'items_sparse', 5, false);
SELECT checks.nearest(format('SELECT id FROM items ORDER BY floats::vector(64) <-> %L LIMIT 5', checks.embedding(0)), 'items_floats', 5, false);
REINDEX INDEX CONCURRENTLY items_half;
SELECT checks.nearest(format('SELECT id FROM items ORDER BY embedding::halfvec(64) <-> %L LIMIT 5', checks.embedding(0)), 'items_half', 5, false);
DROP TABLE items;
