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

CREATE FUNCTION kg.kg_ann_vector_l1(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_vector_l1(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_halfvec_l1(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_halfvec_l1(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_int8vec_l1(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_int8vec_l1(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_bit_hamming(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_bit_hamming(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_bit_jaccard(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_bit_jaccard(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_int8vec_l2(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_int8vec_l2(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_int8vec_ip(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_int8vec_ip(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_int8vec_cosine(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_int8vec_cosine(internal) IS 'kg_hnsw support';

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

CREATE OPERATOR CLASS kg.vector_l1_ops
	FOR TYPE kg.vector USING kg_hnsw AS
	OPERATOR 1 kg.<+> (kg.vector, kg.vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<+>> (kg.vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_vector_l1(internal);
COMMENT ON OPERATOR FAMILY kg.vector_l1_ops USING kg_hnsw IS
	'taxicab distance of vectors';
COMMENT ON OPERATOR CLASS kg.vector_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

CREATE OPERATOR CLASS kg.halfvec_l1_ops
	FOR TYPE kg.halfvec USING kg_hnsw AS
	OPERATOR 1 kg.<+> (kg.halfvec, kg.halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<+>> (kg.halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_halfvec_l1(internal);
COMMENT ON OPERATOR FAMILY kg.halfvec_l1_ops USING kg_hnsw IS
	'taxicab distance of halfvecs';
COMMENT ON OPERATOR CLASS kg.halfvec_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

CREATE OPERATOR CLASS kg.int8vec_l1_ops
	FOR TYPE kg.int8vec USING kg_hnsw AS
	OPERATOR 1 kg.<+> (kg.int8vec, kg.int8vec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<+>> (kg.int8vec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_int8vec_l1(internal);
COMMENT ON OPERATOR FAMILY kg.int8vec_l1_ops USING kg_hnsw IS
	'taxicab distance of int8vecs';
COMMENT ON OPERATOR CLASS kg.int8vec_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

CREATE OPERATOR CLASS kg.bit_hamming_ops
	FOR TYPE pg_catalog."bit" USING kg_hnsw AS
	OPERATOR 1 kg.<~> (pg_catalog."bit", pg_catalog."bit") FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<~>> (pg_catalog."bit", kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_bit_hamming(internal);
COMMENT ON OPERATOR FAMILY kg.bit_hamming_ops USING kg_hnsw IS
	'Hamming distance of bit strings';
COMMENT ON OPERATOR CLASS kg.bit_hamming_ops USING kg_hnsw IS
	'Hamming distance: ORDER BY bits <~> query';

CREATE OPERATOR CLASS kg.bit_jaccard_ops
	FOR TYPE pg_catalog."bit" USING kg_hnsw AS
	OPERATOR 1 kg.<%> (pg_catalog."bit", pg_catalog."bit") FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<%>> (pg_catalog."bit", kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_bit_jaccard(internal);
COMMENT ON OPERATOR FAMILY kg.bit_jaccard_ops USING kg_hnsw IS
	'Jaccard distance of bit strings';
COMMENT ON OPERATOR CLASS kg.bit_jaccard_ops USING kg_hnsw IS
	'Jaccard distance: ORDER BY bits <%> query';

CREATE OPERATOR CLASS kg.int8vec_l2_ops
	DEFAULT FOR TYPE kg.int8vec USING kg_hnsw AS
	OPERATOR 1 kg.<-> (kg.int8vec, kg.int8vec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<->> (kg.int8vec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_int8vec_l2(internal);
COMMENT ON OPERATOR FAMILY kg.int8vec_l2_ops USING kg_hnsw IS
	'Euclidean distance of int8vecs';
COMMENT ON OPERATOR CLASS kg.int8vec_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS kg.int8vec_ip_ops
	FOR TYPE kg.int8vec USING kg_hnsw AS
	OPERATOR 1 kg.<#> (kg.int8vec, kg.int8vec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<#>> (kg.int8vec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_int8vec_ip(internal);
COMMENT ON OPERATOR FAMILY kg.int8vec_ip_ops USING kg_hnsw IS
	'inner product of int8vecs';
COMMENT ON OPERATOR CLASS kg.int8vec_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS kg.int8vec_cosine_ops
	FOR TYPE kg.int8vec USING kg_hnsw AS
	OPERATOR 1 kg.<=> (kg.int8vec, kg.int8vec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<=>> (kg.int8vec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_int8vec_cosine(internal);
COMMENT ON OPERATOR FAMILY kg.int8vec_cosine_ops USING kg_hnsw IS
	'cosine distance of int8vecs';
COMMENT ON OPERATOR CLASS kg.int8vec_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';

CREATE FUNCTION kg.kg_ann_sparsevec_l2(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_sparsevec_l2(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_sparsevec_ip(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_sparsevec_ip(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_sparsevec_cosine(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_sparsevec_cosine(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_sparsevec_l1(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_sparsevec_l1(internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS kg.sparsevec_l2_ops
	DEFAULT FOR TYPE kg.sparsevec USING kg_hnsw AS
	OPERATOR 1 kg.<-> (kg.sparsevec, kg.sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<->> (kg.sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_sparsevec_l2(internal);
COMMENT ON OPERATOR FAMILY kg.sparsevec_l2_ops USING kg_hnsw IS
	'Euclidean distance of sparsevecs';
COMMENT ON OPERATOR CLASS kg.sparsevec_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS kg.sparsevec_ip_ops
	FOR TYPE kg.sparsevec USING kg_hnsw AS
	OPERATOR 1 kg.<#> (kg.sparsevec, kg.sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<#>> (kg.sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_sparsevec_ip(internal);
COMMENT ON OPERATOR FAMILY kg.sparsevec_ip_ops USING kg_hnsw IS
	'inner product of sparsevecs';
COMMENT ON OPERATOR CLASS kg.sparsevec_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS kg.sparsevec_cosine_ops
	FOR TYPE kg.sparsevec USING kg_hnsw AS
	OPERATOR 1 kg.<=> (kg.sparsevec, kg.sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<=>> (kg.sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_sparsevec_cosine(internal);
COMMENT ON OPERATOR FAMILY kg.sparsevec_cosine_ops USING kg_hnsw IS
	'cosine distance of sparsevecs';
COMMENT ON OPERATOR CLASS kg.sparsevec_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';

CREATE OPERATOR CLASS kg.sparsevec_l1_ops
	FOR TYPE kg.sparsevec USING kg_hnsw AS
	OPERATOR 1 kg.<+> (kg.sparsevec, kg.sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 kg.<<+>> (kg.sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_sparsevec_l1(internal);
COMMENT ON OPERATOR FAMILY kg.sparsevec_l1_ops USING kg_hnsw IS
	'taxicab distance of sparsevecs';
COMMENT ON OPERATOR CLASS kg.sparsevec_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

CREATE FUNCTION kg.kg_ann_vector_maxsim(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_vector_maxsim(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_halfvec_maxsim(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_halfvec_maxsim(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_int8vec_maxsim(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_int8vec_maxsim(internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS kg.vector_maxsim_ops
	DEFAULT FOR TYPE kg.vector[] USING kg_hnsw AS
	OPERATOR 1 kg.@# (kg.vector[], kg.vector[]) FOR ORDER BY pg_catalog.float_ops,
	FUNCTION 1 kg.kg_ann_vector_maxsim(internal);
COMMENT ON OPERATOR FAMILY kg.vector_maxsim_ops USING kg_hnsw IS
	'MaxSim of arrays of vectors';
COMMENT ON OPERATOR CLASS kg.vector_maxsim_ops USING kg_hnsw IS
	'MaxSim, largest first: ORDER BY tokens @# query';

CREATE OPERATOR CLASS kg.halfvec_maxsim_ops
	DEFAULT FOR TYPE kg.halfvec[] USING kg_hnsw AS
	OPERATOR 1 kg.@# (kg.halfvec[], kg.halfvec[]) FOR ORDER BY pg_catalog.float_ops,
	FUNCTION 1 kg.kg_ann_halfvec_maxsim(internal);
COMMENT ON OPERATOR FAMILY kg.halfvec_maxsim_ops USING kg_hnsw IS
	'MaxSim of arrays of halfvecs';
COMMENT ON OPERATOR CLASS kg.halfvec_maxsim_ops USING kg_hnsw IS
	'MaxSim, largest first: ORDER BY tokens @# query';

CREATE OPERATOR CLASS kg.int8vec_maxsim_ops
	DEFAULT FOR TYPE kg.int8vec[] USING kg_hnsw AS
	OPERATOR 1 kg.@# (kg.int8vec[], kg.int8vec[]) FOR ORDER BY pg_catalog.float_ops,
	FUNCTION 1 kg.kg_ann_int8vec_maxsim(internal);
COMMENT ON OPERATOR FAMILY kg.int8vec_maxsim_ops USING kg_hnsw IS
	'MaxSim of arrays of int8vecs';
COMMENT ON OPERATOR CLASS kg.int8vec_maxsim_ops USING kg_hnsw IS
	'MaxSim, largest first: ORDER BY tokens @# query';

-- Filter columns, behind the vector.  Their operator classes are the default
-- ones, so that nobody needs to name them.

CREATE FUNCTION kg.kg_filter_integer(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_integer(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_bool(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_bool(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_date(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_date(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_timestamp(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_timestamp(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_float(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_float(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_text(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_text(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_bpchar(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_bpchar(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_uuid(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_uuid(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_enum(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_enum(internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_filter_array(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_filter_array(internal) IS 'kg_hnsw support';

CREATE OPERATOR FAMILY kg.integer_ops USING kg_hnsw;
COMMENT ON OPERATOR FAMILY kg.integer_ops USING kg_hnsw IS
	'integers as a filter';

CREATE OPERATOR CLASS kg.int2_ops
	DEFAULT FOR TYPE pg_catalog.int2 USING kg_hnsw FAMILY kg.integer_ops AS
	OPERATOR 3 pg_catalog.= (pg_catalog.int2, pg_catalog.int2),
	OPERATOR 4 pg_catalog.< (pg_catalog.int2, pg_catalog.int2),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int2, pg_catalog.int2),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int2, pg_catalog.int2),
	OPERATOR 7 pg_catalog.> (pg_catalog.int2, pg_catalog.int2),
	FUNCTION 2 kg.kg_filter_integer(internal);
COMMENT ON OPERATOR CLASS kg.int2_ops USING kg_hnsw IS
	'smallint as a filter';

CREATE OPERATOR CLASS kg.int4_ops
	DEFAULT FOR TYPE pg_catalog.int4 USING kg_hnsw FAMILY kg.integer_ops AS
	OPERATOR 3 pg_catalog.= (pg_catalog.int4, pg_catalog.int4),
	OPERATOR 4 pg_catalog.< (pg_catalog.int4, pg_catalog.int4),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int4, pg_catalog.int4),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int4, pg_catalog.int4),
	OPERATOR 7 pg_catalog.> (pg_catalog.int4, pg_catalog.int4),
	FUNCTION 2 kg.kg_filter_integer(internal);
COMMENT ON OPERATOR CLASS kg.int4_ops USING kg_hnsw IS
	'integer as a filter';

CREATE OPERATOR CLASS kg.int8_ops
	DEFAULT FOR TYPE pg_catalog.int8 USING kg_hnsw FAMILY kg.integer_ops AS
	OPERATOR 3 pg_catalog.= (pg_catalog.int8, pg_catalog.int8),
	OPERATOR 4 pg_catalog.< (pg_catalog.int8, pg_catalog.int8),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int8, pg_catalog.int8),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int8, pg_catalog.int8),
	OPERATOR 7 pg_catalog.> (pg_catalog.int8, pg_catalog.int8),
	FUNCTION 2 kg.kg_filter_integer(internal);
COMMENT ON OPERATOR CLASS kg.int8_ops USING kg_hnsw IS
	'bigint as a filter';

ALTER OPERATOR FAMILY kg.integer_ops USING kg_hnsw ADD
	OPERATOR 3 pg_catalog.= (pg_catalog.int2, pg_catalog.int4),
	OPERATOR 4 pg_catalog.< (pg_catalog.int2, pg_catalog.int4),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int2, pg_catalog.int4),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int2, pg_catalog.int4),
	OPERATOR 7 pg_catalog.> (pg_catalog.int2, pg_catalog.int4),
	OPERATOR 3 pg_catalog.= (pg_catalog.int2, pg_catalog.int8),
	OPERATOR 4 pg_catalog.< (pg_catalog.int2, pg_catalog.int8),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int2, pg_catalog.int8),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int2, pg_catalog.int8),
	OPERATOR 7 pg_catalog.> (pg_catalog.int2, pg_catalog.int8),
	OPERATOR 3 pg_catalog.= (pg_catalog.int4, pg_catalog.int2),
	OPERATOR 4 pg_catalog.< (pg_catalog.int4, pg_catalog.int2),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int4, pg_catalog.int2),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int4, pg_catalog.int2),
	OPERATOR 7 pg_catalog.> (pg_catalog.int4, pg_catalog.int2),
	OPERATOR 3 pg_catalog.= (pg_catalog.int4, pg_catalog.int8),
	OPERATOR 4 pg_catalog.< (pg_catalog.int4, pg_catalog.int8),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int4, pg_catalog.int8),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int4, pg_catalog.int8),
	OPERATOR 7 pg_catalog.> (pg_catalog.int4, pg_catalog.int8),
	OPERATOR 3 pg_catalog.= (pg_catalog.int8, pg_catalog.int2),
	OPERATOR 4 pg_catalog.< (pg_catalog.int8, pg_catalog.int2),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int8, pg_catalog.int2),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int8, pg_catalog.int2),
	OPERATOR 7 pg_catalog.> (pg_catalog.int8, pg_catalog.int2),
	OPERATOR 3 pg_catalog.= (pg_catalog.int8, pg_catalog.int4),
	OPERATOR 4 pg_catalog.< (pg_catalog.int8, pg_catalog.int4),
	OPERATOR 5 pg_catalog.<= (pg_catalog.int8, pg_catalog.int4),
	OPERATOR 6 pg_catalog.>= (pg_catalog.int8, pg_catalog.int4),
	OPERATOR 7 pg_catalog.> (pg_catalog.int8, pg_catalog.int4);

CREATE OPERATOR FAMILY kg.float_ops USING kg_hnsw;
COMMENT ON OPERATOR FAMILY kg.float_ops USING kg_hnsw IS
	'floating point as a filter';

CREATE OPERATOR CLASS kg.float4_ops
	DEFAULT FOR TYPE pg_catalog.float4 USING kg_hnsw FAMILY kg.float_ops AS
	OPERATOR 3 pg_catalog.= (pg_catalog.float4, pg_catalog.float4),
	OPERATOR 4 pg_catalog.< (pg_catalog.float4, pg_catalog.float4),
	OPERATOR 5 pg_catalog.<= (pg_catalog.float4, pg_catalog.float4),
	OPERATOR 6 pg_catalog.>= (pg_catalog.float4, pg_catalog.float4),
	OPERATOR 7 pg_catalog.> (pg_catalog.float4, pg_catalog.float4),
	FUNCTION 2 kg.kg_filter_float(internal);
COMMENT ON OPERATOR CLASS kg.float4_ops USING kg_hnsw IS
	'real as a filter';

CREATE OPERATOR CLASS kg.float8_ops
	DEFAULT FOR TYPE pg_catalog.float8 USING kg_hnsw FAMILY kg.float_ops AS
	OPERATOR 3 pg_catalog.= (pg_catalog.float8, pg_catalog.float8),
	OPERATOR 4 pg_catalog.< (pg_catalog.float8, pg_catalog.float8),
	OPERATOR 5 pg_catalog.<= (pg_catalog.float8, pg_catalog.float8),
	OPERATOR 6 pg_catalog.>= (pg_catalog.float8, pg_catalog.float8),
	OPERATOR 7 pg_catalog.> (pg_catalog.float8, pg_catalog.float8),
	FUNCTION 2 kg.kg_filter_float(internal);
COMMENT ON OPERATOR CLASS kg.float8_ops USING kg_hnsw IS
	'double precision as a filter';

ALTER OPERATOR FAMILY kg.float_ops USING kg_hnsw ADD
	OPERATOR 3 pg_catalog.= (pg_catalog.float4, pg_catalog.float8),
	OPERATOR 4 pg_catalog.< (pg_catalog.float4, pg_catalog.float8),
	OPERATOR 5 pg_catalog.<= (pg_catalog.float4, pg_catalog.float8),
	OPERATOR 6 pg_catalog.>= (pg_catalog.float4, pg_catalog.float8),
	OPERATOR 7 pg_catalog.> (pg_catalog.float4, pg_catalog.float8),
	OPERATOR 3 pg_catalog.= (pg_catalog.float8, pg_catalog.float4),
	OPERATOR 4 pg_catalog.< (pg_catalog.float8, pg_catalog.float4),
	OPERATOR 5 pg_catalog.<= (pg_catalog.float8, pg_catalog.float4),
	OPERATOR 6 pg_catalog.>= (pg_catalog.float8, pg_catalog.float4),
	OPERATOR 7 pg_catalog.> (pg_catalog.float8, pg_catalog.float4);

CREATE OPERATOR CLASS kg.bool_ops
	DEFAULT FOR TYPE pg_catalog.bool USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.bool, pg_catalog.bool),
	OPERATOR 4 pg_catalog.< (pg_catalog.bool, pg_catalog.bool),
	OPERATOR 5 pg_catalog.<= (pg_catalog.bool, pg_catalog.bool),
	OPERATOR 6 pg_catalog.>= (pg_catalog.bool, pg_catalog.bool),
	OPERATOR 7 pg_catalog.> (pg_catalog.bool, pg_catalog.bool),
	FUNCTION 2 kg.kg_filter_bool(internal);
COMMENT ON OPERATOR FAMILY kg.bool_ops USING kg_hnsw IS
	'boolean as a filter';
COMMENT ON OPERATOR CLASS kg.bool_ops USING kg_hnsw IS
	'boolean as a filter';

CREATE OPERATOR CLASS kg.date_ops
	DEFAULT FOR TYPE pg_catalog.date USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.date, pg_catalog.date),
	OPERATOR 4 pg_catalog.< (pg_catalog.date, pg_catalog.date),
	OPERATOR 5 pg_catalog.<= (pg_catalog.date, pg_catalog.date),
	OPERATOR 6 pg_catalog.>= (pg_catalog.date, pg_catalog.date),
	OPERATOR 7 pg_catalog.> (pg_catalog.date, pg_catalog.date),
	FUNCTION 2 kg.kg_filter_date(internal);
COMMENT ON OPERATOR FAMILY kg.date_ops USING kg_hnsw IS
	'date as a filter';
COMMENT ON OPERATOR CLASS kg.date_ops USING kg_hnsw IS
	'date as a filter';

CREATE OPERATOR CLASS kg.timestamp_ops
	DEFAULT FOR TYPE pg_catalog.timestamp USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.timestamp, pg_catalog.timestamp),
	OPERATOR 4 pg_catalog.< (pg_catalog.timestamp, pg_catalog.timestamp),
	OPERATOR 5 pg_catalog.<= (pg_catalog.timestamp, pg_catalog.timestamp),
	OPERATOR 6 pg_catalog.>= (pg_catalog.timestamp, pg_catalog.timestamp),
	OPERATOR 7 pg_catalog.> (pg_catalog.timestamp, pg_catalog.timestamp),
	FUNCTION 2 kg.kg_filter_timestamp(internal);
COMMENT ON OPERATOR FAMILY kg.timestamp_ops USING kg_hnsw IS
	'timestamp as a filter';
COMMENT ON OPERATOR CLASS kg.timestamp_ops USING kg_hnsw IS
	'timestamp as a filter';

CREATE OPERATOR CLASS kg.timestamptz_ops
	DEFAULT FOR TYPE pg_catalog.timestamptz USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.timestamptz, pg_catalog.timestamptz),
	OPERATOR 4 pg_catalog.< (pg_catalog.timestamptz, pg_catalog.timestamptz),
	OPERATOR 5 pg_catalog.<= (pg_catalog.timestamptz, pg_catalog.timestamptz),
	OPERATOR 6 pg_catalog.>= (pg_catalog.timestamptz, pg_catalog.timestamptz),
	OPERATOR 7 pg_catalog.> (pg_catalog.timestamptz, pg_catalog.timestamptz),
	FUNCTION 2 kg.kg_filter_timestamp(internal);
COMMENT ON OPERATOR FAMILY kg.timestamptz_ops USING kg_hnsw IS
	'timestamptz as a filter';
COMMENT ON OPERATOR CLASS kg.timestamptz_ops USING kg_hnsw IS
	'timestamptz as a filter';

CREATE OPERATOR CLASS kg.text_ops
	DEFAULT FOR TYPE pg_catalog.text USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.text, pg_catalog.text),
	FUNCTION 2 kg.kg_filter_text(internal);
COMMENT ON OPERATOR FAMILY kg.text_ops USING kg_hnsw IS
	'text as a filter';
COMMENT ON OPERATOR CLASS kg.text_ops USING kg_hnsw IS
	'text as a filter';

CREATE OPERATOR CLASS kg.bpchar_ops
	DEFAULT FOR TYPE pg_catalog.bpchar USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.bpchar, pg_catalog.bpchar),
	FUNCTION 2 kg.kg_filter_bpchar(internal);
COMMENT ON OPERATOR FAMILY kg.bpchar_ops USING kg_hnsw IS
	'character as a filter';
COMMENT ON OPERATOR CLASS kg.bpchar_ops USING kg_hnsw IS
	'character as a filter';

CREATE OPERATOR CLASS kg.uuid_ops
	DEFAULT FOR TYPE pg_catalog.uuid USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.uuid, pg_catalog.uuid),
	FUNCTION 2 kg.kg_filter_uuid(internal);
COMMENT ON OPERATOR FAMILY kg.uuid_ops USING kg_hnsw IS
	'uuid as a filter';
COMMENT ON OPERATOR CLASS kg.uuid_ops USING kg_hnsw IS
	'uuid as a filter';

CREATE OPERATOR CLASS kg.enum_ops
	DEFAULT FOR TYPE pg_catalog.anyenum USING kg_hnsw AS
	OPERATOR 3 pg_catalog.= (pg_catalog.anyenum, pg_catalog.anyenum),
	FUNCTION 2 kg.kg_filter_enum(internal);
COMMENT ON OPERATOR FAMILY kg.enum_ops USING kg_hnsw IS
	'enum as a filter';
COMMENT ON OPERATOR CLASS kg.enum_ops USING kg_hnsw IS
	'enum as a filter';

CREATE OPERATOR CLASS kg.int2_array_ops
	DEFAULT FOR TYPE pg_catalog.int2[] USING kg_hnsw AS
	OPERATOR 8 pg_catalog.&& (pg_catalog.anyarray, pg_catalog.anyarray),
	OPERATOR 9 pg_catalog.@> (pg_catalog.anyarray, pg_catalog.anyarray),
	FUNCTION 2 kg.kg_filter_array(internal);
COMMENT ON OPERATOR FAMILY kg.int2_array_ops USING kg_hnsw IS
	'smallint[] as a filter';
COMMENT ON OPERATOR CLASS kg.int2_array_ops USING kg_hnsw IS
	'smallint[] as a filter';

CREATE OPERATOR CLASS kg.int4_array_ops
	DEFAULT FOR TYPE pg_catalog.int4[] USING kg_hnsw AS
	OPERATOR 8 pg_catalog.&& (pg_catalog.anyarray, pg_catalog.anyarray),
	OPERATOR 9 pg_catalog.@> (pg_catalog.anyarray, pg_catalog.anyarray),
	FUNCTION 2 kg.kg_filter_array(internal);
COMMENT ON OPERATOR FAMILY kg.int4_array_ops USING kg_hnsw IS
	'integer[] as a filter';
COMMENT ON OPERATOR CLASS kg.int4_array_ops USING kg_hnsw IS
	'integer[] as a filter';

CREATE OPERATOR CLASS kg.int8_array_ops
	DEFAULT FOR TYPE pg_catalog.int8[] USING kg_hnsw AS
	OPERATOR 8 pg_catalog.&& (pg_catalog.anyarray, pg_catalog.anyarray),
	OPERATOR 9 pg_catalog.@> (pg_catalog.anyarray, pg_catalog.anyarray),
	FUNCTION 2 kg.kg_filter_array(internal);
COMMENT ON OPERATOR FAMILY kg.int8_array_ops USING kg_hnsw IS
	'bigint[] as a filter';
COMMENT ON OPERATOR CLASS kg.int8_array_ops USING kg_hnsw IS
	'bigint[] as a filter';

CREATE OPERATOR CLASS kg.text_array_ops
	DEFAULT FOR TYPE pg_catalog.text[] USING kg_hnsw AS
	OPERATOR 8 pg_catalog.&& (pg_catalog.anyarray, pg_catalog.anyarray),
	OPERATOR 9 pg_catalog.@> (pg_catalog.anyarray, pg_catalog.anyarray),
	FUNCTION 2 kg.kg_filter_array(internal);
COMMENT ON OPERATOR FAMILY kg.text_array_ops USING kg_hnsw IS
	'text[] as a filter';
COMMENT ON OPERATOR CLASS kg.text_array_ops USING kg_hnsw IS
	'text[] as a filter';
