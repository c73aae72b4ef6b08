-- ann/ann.sql: the access method kg_hnsw and its operator classes

CREATE FUNCTION kg.kg_hnsw_handler(internal) RETURNS index_am_handler
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION kg.kg_hnsw_handler(internal) IS
	'handler of the access method kg_hnsw';

CREATE ACCESS METHOD kg_hnsw TYPE INDEX HANDLER kg.kg_hnsw_handler;
COMMENT ON ACCESS METHOD kg_hnsw IS
	'proximity graph for nearest neighbours, one page a hop';

-- What an operator class tells the access method of its column.

CREATE FUNCTION kg.kg_ann_vector_l2(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_vector_l2(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_vector_ip(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_vector_ip(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_vector_cosine(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_vector_cosine(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_halfvec_l2(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_halfvec_l2(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_halfvec_ip(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_halfvec_ip(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_halfvec_cosine(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_halfvec_cosine(internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS kg.vector_l2_ops
	DEFAULT FOR TYPE kg.vector USING kg_hnsw AS
	OPERATOR 1 kg.<-> (kg.vector, kg.vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<->> (kg.vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_vector_l2(internal);
COMMENT ON OPERATOR FAMILY kg.vector_l2_ops USING kg_hnsw IS
	'Euclidean distance of vectors';
COMMENT ON OPERATOR CLASS kg.vector_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS kg.vector_ip_ops
	FOR TYPE kg.vector USING kg_hnsw AS
	OPERATOR 1 kg.<#> (kg.vector, kg.vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<#>> (kg.vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_vector_ip(internal);
COMMENT ON OPERATOR FAMILY kg.vector_ip_ops USING kg_hnsw IS
	'inner product of vectors';
COMMENT ON OPERATOR CLASS kg.vector_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS kg.vector_cosine_ops
	FOR TYPE kg.vector USING kg_hnsw AS
	OPERATOR 1 kg.<=> (kg.vector, kg.vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<=>> (kg.vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_vector_cosine(internal);
COMMENT ON OPERATOR FAMILY kg.vector_cosine_ops USING kg_hnsw IS
	'cosine distance of vectors';
COMMENT ON OPERATOR CLASS kg.vector_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';

CREATE OPERATOR CLASS kg.halfvec_l2_ops
	DEFAULT FOR TYPE kg.halfvec USING kg_hnsw AS
	OPERATOR 1 kg.<-> (kg.halfvec, kg.halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<->> (kg.halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_halfvec_l2(internal);
COMMENT ON OPERATOR FAMILY kg.halfvec_l2_ops USING kg_hnsw IS
	'Euclidean distance of halfvecs';
COMMENT ON OPERATOR CLASS kg.halfvec_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS kg.halfvec_ip_ops
	FOR TYPE kg.halfvec USING kg_hnsw AS
	OPERATOR 1 kg.<#> (kg.halfvec, kg.halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<#>> (kg.halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_halfvec_ip(internal);
COMMENT ON OPERATOR FAMILY kg.halfvec_ip_ops USING kg_hnsw IS
	'inner product of halfvecs';
COMMENT ON OPERATOR CLASS kg.halfvec_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS kg.halfvec_cosine_ops
	FOR TYPE kg.halfvec USING kg_hnsw AS
	OPERATOR 1 kg.<=> (kg.halfvec, kg.halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<=>> (kg.halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_halfvec_cosine(internal);
COMMENT ON OPERATOR FAMILY kg.halfvec_cosine_ops USING kg_hnsw IS
	'cosine distance of halfvecs';
COMMENT ON OPERATOR CLASS kg.halfvec_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';
