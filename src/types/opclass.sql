-- btree: DISTINCT, GROUP BY and unique constraints

CREATE OPERATOR CLASS vector_ops
	DEFAULT FOR TYPE vector USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 vector_cmp(vector, vector);
COMMENT ON OPERATOR CLASS vector_ops USING btree IS
	'order of vector by elements';
COMMENT ON OPERATOR FAMILY vector_ops USING btree IS
	'order of vector by elements';

CREATE OPERATOR CLASS halfvec_ops
	DEFAULT FOR TYPE halfvec USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 halfvec_cmp(halfvec, halfvec);
COMMENT ON OPERATOR CLASS halfvec_ops USING btree IS
	'order of halfvec by elements';
COMMENT ON OPERATOR FAMILY halfvec_ops USING btree IS
	'order of halfvec by elements';

CREATE OPERATOR CLASS int8vec_ops
	DEFAULT FOR TYPE int8vec USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 int8vec_cmp(int8vec, int8vec);
COMMENT ON OPERATOR CLASS int8vec_ops USING btree IS
	'order of int8vec by elements';
COMMENT ON OPERATOR FAMILY int8vec_ops USING btree IS
	'order of int8vec by elements';

CREATE OPERATOR CLASS sparsevec_ops
	DEFAULT FOR TYPE sparsevec USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 sparsevec_cmp(sparsevec, sparsevec);
COMMENT ON OPERATOR CLASS sparsevec_ops USING btree IS
	'order of sparsevec by elements';
COMMENT ON OPERATOR FAMILY sparsevec_ops USING btree IS
	'order of sparsevec by elements';

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
CREATE FUNCTION int8vec_distance_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_int8vec_distance_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_distance_support(internal) IS
	'planner support: cost of a distance, fetching the vector included';

ALTER FUNCTION l2_distance(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION vector_negative_inner_product(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION cosine_distance(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION l1_distance(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION inner_product(vector, vector) SUPPORT vector_distance_support;
ALTER FUNCTION l2_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION ip_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION cosine_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION l1_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION l2_distance(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION halfvec_negative_inner_product(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION cosine_distance(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION l1_distance(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION inner_product(halfvec, halfvec) SUPPORT halfvec_distance_support;
ALTER FUNCTION l2_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION ip_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION cosine_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION l1_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION l2_distance(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION int8vec_negative_inner_product(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION cosine_distance(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION l1_distance(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION inner_product(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION l2_within(int8vec, ball) SUPPORT int8vec_distance_support;
ALTER FUNCTION ip_within(int8vec, ball) SUPPORT int8vec_distance_support;
ALTER FUNCTION cosine_within(int8vec, ball) SUPPORT int8vec_distance_support;
ALTER FUNCTION l1_within(int8vec, ball) SUPPORT int8vec_distance_support;
