-- MaxSim of arrays of vectors: late interaction

CREATE FUNCTION max_sim_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_max_sim_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION max_sim_support(internal) IS
	'planner support: what MaxSim costs';

CREATE FUNCTION max_sim(document vector[], query vector[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_max_sim'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT max_sim_support;
COMMENT ON FUNCTION max_sim(vector[], vector[]) IS
	'MaxSim: for each vector of the query the largest inner product with a vector of the document, summed';

CREATE FUNCTION vector_negative_max_sim(document vector[], query vector[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_negative_max_sim'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT max_sim_support;
COMMENT ON FUNCTION vector_negative_max_sim(vector[], vector[]) IS
	'negative MaxSim, which orders the most similar document first';

CREATE OPERATOR @# (
	LEFTARG = vector[], RIGHTARG = vector[], FUNCTION = vector_negative_max_sim
);
COMMENT ON OPERATOR @# (vector[], vector[]) IS
	'negative MaxSim of a document and a query';

CREATE FUNCTION max_sim(document halfvec[], query halfvec[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_max_sim'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT max_sim_support;
COMMENT ON FUNCTION max_sim(halfvec[], halfvec[]) IS
	'MaxSim: for each vector of the query the largest inner product with a vector of the document, summed';

CREATE FUNCTION halfvec_negative_max_sim(document halfvec[], query halfvec[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_negative_max_sim'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT max_sim_support;
COMMENT ON FUNCTION halfvec_negative_max_sim(halfvec[], halfvec[]) IS
	'negative MaxSim, which orders the most similar document first';

CREATE OPERATOR @# (
	LEFTARG = halfvec[], RIGHTARG = halfvec[], FUNCTION = halfvec_negative_max_sim
);
COMMENT ON OPERATOR @# (halfvec[], halfvec[]) IS
	'negative MaxSim of a document and a query';

CREATE FUNCTION max_sim(document int8vec[], query int8vec[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_max_sim'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT max_sim_support;
COMMENT ON FUNCTION max_sim(int8vec[], int8vec[]) IS
	'MaxSim: for each vector of the query the largest inner product with a vector of the document, summed';

CREATE FUNCTION int8vec_negative_max_sim(document int8vec[], query int8vec[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_negative_max_sim'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT max_sim_support;
COMMENT ON FUNCTION int8vec_negative_max_sim(int8vec[], int8vec[]) IS
	'negative MaxSim, which orders the most similar document first';

CREATE OPERATOR @# (
	LEFTARG = int8vec[], RIGHTARG = int8vec[], FUNCTION = int8vec_negative_max_sim
);
COMMENT ON OPERATOR @# (int8vec[], int8vec[]) IS
	'negative MaxSim of a document and a query';
