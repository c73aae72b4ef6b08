-- planner support: the cost of distances of vectors stored out of line

CREATE FUNCTION vector_distance_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_vector_distance_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_distance_support(internal) IS
	'planner support: cost of a distance, fetching the vector included';
CREATE FUNCTION halfvec_distance_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_halfvec_distance_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_distance_support(internal) IS
	'planner support: cost of a distance, fetching the vector included';

ALTER FUNCTION l2_distance(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION vector_negative_inner_product(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION cosine_distance(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION l1_distance(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION inner_product(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION l2_distance(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION halfvec_negative_inner_product(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION cosine_distance(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION l1_distance(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION inner_product(halfvec, halfvec) SUPPORT halfvec_distance_support;
