SET client_min_messages = warning;
-- the ids came with the rows
SELECT setval(pg_get_serial_sequence('kg.entity_type', 'id'), max(id))
FROM kg.entity_type \g /dev/null
SELECT setval(pg_get_serial_sequence('kg.relation_type', 'id'), max(id))
FROM kg.relation_type \g /dev/null
SELECT setval(pg_get_serial_sequence('kg.entity', 'id'), max(id))
FROM kg.entity \g /dev/null

DROP FUNCTION gloss CASCADE;
SELECT kg.refresh_text_statistics() \g /dev/null

CREATE INDEX entity_embedding_idx ON kg.entity
	USING kg_hnsw (embedding kg.vector_cosine_ops);

VACUUM (ANALYZE) kg.entity, kg.relation;
