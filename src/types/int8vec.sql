-- kg.int8vec: a dense vector in a byte a dimension

CREATE TYPE int8vec;

CREATE FUNCTION int8vec_in(cstring, oid, integer) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_in(cstring, oid, integer) IS
	'text input of int8vec';

CREATE FUNCTION int8vec_out(int8vec) RETURNS cstring
	AS 'MODULE_PATHNAME', 'kg_int8vec_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_out(int8vec) IS
	'text output of int8vec';

CREATE FUNCTION int8vec_typmod_in(cstring[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_int8vec_typmod_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_typmod_in(cstring[]) IS
	'type modifier of int8vec: the number of dimensions';

CREATE FUNCTION int8vec_recv(internal, oid, integer) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_recv(internal, oid, integer) IS
	'binary input of int8vec';

CREATE FUNCTION int8vec_send(int8vec) RETURNS bytea
	AS 'MODULE_PATHNAME', 'kg_int8vec_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_send(int8vec) IS
	'binary output of int8vec';

CREATE TYPE int8vec (
	INPUT = int8vec_in,
	OUTPUT = int8vec_out,
	TYPMOD_IN = int8vec_typmod_in,
	RECEIVE = int8vec_recv,
	SEND = int8vec_send,
	STORAGE = external
);
COMMENT ON TYPE int8vec IS
	'vector in a byte a dimension, multiples of one scale: int8vec(n) has n dimensions';

-- distances and norms

CREATE FUNCTION l2_distance(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_l2_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_distance(int8vec, int8vec) IS
	'Euclidean distance';

CREATE FUNCTION int8vec_l2_squared_distance(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_l2_squared_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_l2_squared_distance(int8vec, int8vec) IS
	'squared Euclidean distance';

CREATE FUNCTION inner_product(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION inner_product(int8vec, int8vec) IS
	'inner product';

CREATE FUNCTION int8vec_negative_inner_product(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_negative_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_negative_inner_product(int8vec, int8vec) IS
	'negative inner product, which orders the largest product first';

CREATE FUNCTION cosine_distance(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_cosine_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_distance(int8vec, int8vec) IS
	'cosine distance: 1 less the cosine of the angle';

CREATE FUNCTION l1_distance(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_l1_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_distance(int8vec, int8vec) IS
	'taxicab distance';

CREATE FUNCTION int8vec_spherical_distance(int8vec, int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_spherical_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_spherical_distance(int8vec, int8vec) IS
	'angle between two unit vectors, in half turns';

CREATE FUNCTION vector_dims(int8vec) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_int8vec_dims'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_dims(int8vec) IS
	'number of dimensions';

CREATE FUNCTION l2_norm(int8vec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_int8vec_norm'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_norm(int8vec) IS
	'Euclidean norm';

CREATE FUNCTION l2_normalize(int8vec) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_l2_normalize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_normalize(int8vec) IS
	'the vector scaled to a Euclidean norm of 1';

CREATE FUNCTION binary_quantize(int8vec) RETURNS bit
	AS 'MODULE_PATHNAME', 'kg_int8vec_binary_quantize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION binary_quantize(int8vec) IS
	'a bit for each element, set where it is positive';

CREATE FUNCTION subvector(int8vec, integer, integer) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_subvector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION subvector(int8vec, integer, integer) IS
	'part of a vector: from which element, counted from 1, and how many';

-- comparisons: by the first element that differs, else by dimension

CREATE FUNCTION int8vec_lt(int8vec, int8vec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_lt(int8vec, int8vec) IS
	'implementation of < operator';

CREATE FUNCTION int8vec_le(int8vec, int8vec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_le(int8vec, int8vec) IS
	'implementation of <= operator';

CREATE FUNCTION int8vec_eq(int8vec, int8vec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_eq(int8vec, int8vec) IS
	'implementation of = operator';

CREATE FUNCTION int8vec_ne(int8vec, int8vec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_ne(int8vec, int8vec) IS
	'implementation of <> operator';

CREATE FUNCTION int8vec_ge(int8vec, int8vec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_ge(int8vec, int8vec) IS
	'implementation of >= operator';

CREATE FUNCTION int8vec_gt(int8vec, int8vec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_gt(int8vec, int8vec) IS
	'implementation of > operator';

CREATE FUNCTION int8vec_cmp(int8vec, int8vec) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_int8vec_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_cmp(int8vec, int8vec) IS
	'less, equal or greater: -1, 0 or 1';

-- operators

CREATE OPERATOR <-> (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = l2_distance,
	COMMUTATOR = <->
);
COMMENT ON OPERATOR <-> (int8vec, int8vec) IS
	'Euclidean distance';

CREATE OPERATOR <#> (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_negative_inner_product,
	COMMUTATOR = <#>
);
COMMENT ON OPERATOR <#> (int8vec, int8vec) IS
	'negative inner product';

CREATE OPERATOR <=> (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = cosine_distance,
	COMMUTATOR = <=>
);
COMMENT ON OPERATOR <=> (int8vec, int8vec) IS
	'cosine distance';

CREATE OPERATOR <+> (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = l1_distance,
	COMMUTATOR = <+>
);
COMMENT ON OPERATOR <+> (int8vec, int8vec) IS
	'taxicab distance';

CREATE OPERATOR < (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (int8vec, int8vec) IS
	'less than';

CREATE OPERATOR <= (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (int8vec, int8vec) IS
	'less than or equal';

CREATE OPERATOR = (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (int8vec, int8vec) IS
	'equal';

CREATE OPERATOR <> (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (int8vec, int8vec) IS
	'not equal';

CREATE OPERATOR >= (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (int8vec, int8vec) IS
	'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = int8vec, RIGHTARG = int8vec, FUNCTION = int8vec_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (int8vec, int8vec) IS
	'greater than';

-- casts: the length, from and to arrays, and between the types; a vector or
-- halfvec goes where an int8vec is asked for

CREATE FUNCTION int8vec(int8vec, integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_coerce'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec(int8vec, integer, boolean) IS
	'check the number of dimensions';

CREATE CAST (int8vec AS int8vec)
	WITH FUNCTION int8vec(int8vec, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (int8vec AS int8vec) IS
	'check the number of dimensions';

CREATE FUNCTION array_to_int8vec(integer[], integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_int8vec(integer[], integer, boolean) IS
	'an array of numbers as int8vec';

CREATE CAST (integer[] AS int8vec)
	WITH FUNCTION array_to_int8vec(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS int8vec) IS
	'an array of numbers as int8vec';

CREATE FUNCTION array_to_int8vec(real[], integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_int8vec(real[], integer, boolean) IS
	'an array of numbers as int8vec';

CREATE CAST (real[] AS int8vec)
	WITH FUNCTION array_to_int8vec(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS int8vec) IS
	'an array of numbers as int8vec';

CREATE FUNCTION array_to_int8vec(double precision[], integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_int8vec(double precision[], integer, boolean) IS
	'an array of numbers as int8vec';

CREATE CAST (double precision[] AS int8vec)
	WITH FUNCTION array_to_int8vec(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS int8vec) IS
	'an array of numbers as int8vec';

CREATE FUNCTION array_to_int8vec(numeric[], integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_int8vec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_int8vec(numeric[], integer, boolean) IS
	'an array of numbers as int8vec';

CREATE CAST (numeric[] AS int8vec)
	WITH FUNCTION array_to_int8vec(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS int8vec) IS
	'an array of numbers as int8vec';

CREATE FUNCTION int8vec_to_float4(int8vec, integer, boolean) RETURNS real[]
	AS 'MODULE_PATHNAME', 'kg_int8vec_to_float4'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_to_float4(int8vec, integer, boolean) IS
	'int8vec as an array';

CREATE CAST (int8vec AS real[])
	WITH FUNCTION int8vec_to_float4(int8vec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (int8vec AS real[]) IS
	'int8vec as an array';

CREATE FUNCTION int8vec_to_int4(int8vec, integer, boolean) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'kg_int8vec_to_int4'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_to_int4(int8vec, integer, boolean) IS
	'int8vec as an array of integers, rounded';

CREATE CAST (int8vec AS integer[])
	WITH FUNCTION int8vec_to_int4(int8vec, integer, boolean);
COMMENT ON CAST (int8vec AS integer[]) IS
	'int8vec as an array of integers, rounded';

CREATE FUNCTION vector_to_int8vec(vector, integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_vector_to_int8vec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_to_int8vec(vector, integer, boolean) IS
	'vector as int8vec';

CREATE CAST (vector AS int8vec)
	WITH FUNCTION vector_to_int8vec(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS int8vec) IS
	'vector as int8vec';

CREATE FUNCTION halfvec_to_int8vec(halfvec, integer, boolean) RETURNS int8vec
	AS 'MODULE_PATHNAME', 'kg_halfvec_to_int8vec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_to_int8vec(halfvec, integer, boolean) IS
	'halfvec as int8vec';

CREATE CAST (halfvec AS int8vec)
	WITH FUNCTION halfvec_to_int8vec(halfvec, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (halfvec AS int8vec) IS
	'halfvec as int8vec';

CREATE FUNCTION int8vec_to_vector(int8vec, integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_int8vec_to_vector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_to_vector(int8vec, integer, boolean) IS
	'int8vec as vector';

CREATE CAST (int8vec AS vector)
	WITH FUNCTION int8vec_to_vector(int8vec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (int8vec AS vector) IS
	'int8vec as vector';

CREATE FUNCTION int8vec_to_halfvec(int8vec, integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_int8vec_to_halfvec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_to_halfvec(int8vec, integer, boolean) IS
	'int8vec as halfvec';

CREATE CAST (int8vec AS halfvec)
	WITH FUNCTION int8vec_to_halfvec(int8vec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (int8vec AS halfvec) IS
	'int8vec as halfvec';

-- within a ball

CREATE FUNCTION ball(int8vec, float8) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_int8vec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball(int8vec, float8) IS
	'ball of a centre and a radius';

CREATE FUNCTION l2_within(int8vec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_within(int8vec, ball) IS
	'implementation of <<->> operator';

CREATE FUNCTION ip_within(int8vec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ip_within(int8vec, ball) IS
	'implementation of <<#>> operator';

CREATE FUNCTION cosine_within(int8vec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_within(int8vec, ball) IS
	'implementation of <<=>> operator';

CREATE FUNCTION l1_within(int8vec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_int8vec_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_within(int8vec, ball) IS
	'implementation of <<+>> operator';

CREATE OPERATOR <<->> (
	LEFTARG = int8vec, RIGHTARG = ball, FUNCTION = l2_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<->> (int8vec, ball) IS
	'within a Euclidean distance';

CREATE OPERATOR <<#>> (
	LEFTARG = int8vec, RIGHTARG = ball, FUNCTION = ip_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (int8vec, ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE OPERATOR <<=>> (
	LEFTARG = int8vec, RIGHTARG = ball, FUNCTION = cosine_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (int8vec, ball) IS
	'within a cosine distance';

CREATE OPERATOR <<+>> (
	LEFTARG = int8vec, RIGHTARG = ball, FUNCTION = l1_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (int8vec, ball) IS
	'within a taxicab distance';

-- aggregates

CREATE FUNCTION int8vec_accum(double precision[], int8vec) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'kg_int8vec_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_accum(double precision[], int8vec) IS
	'transition function of avg(int8vec) and sum(int8vec)';

CREATE FUNCTION int8vec_combine(double precision[], double precision[]) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'kg_vector_combine'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_combine(double precision[], double precision[]) IS
	'combine function of avg(int8vec) and sum(int8vec)';

CREATE FUNCTION int8vec_avg(double precision[]) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_int8vec_avg'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_avg(double precision[]) IS
	'final function of avg(int8vec)';

CREATE FUNCTION int8vec_sum(double precision[]) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_int8vec_sum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_sum(double precision[]) IS
	'final function of sum(int8vec)';

CREATE AGGREGATE avg(int8vec) (
	SFUNC = int8vec_accum,
	STYPE = double precision[],
	FINALFUNC = int8vec_avg,
	COMBINEFUNC = int8vec_combine,
	INITCOND = '{0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE avg(int8vec) IS
	'the mean of the vectors, as vector';

CREATE AGGREGATE sum(int8vec) (
	SFUNC = int8vec_accum,
	STYPE = double precision[],
	FINALFUNC = int8vec_sum,
	COMBINEFUNC = int8vec_combine,
	INITCOND = '{0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum(int8vec) IS
	'the sum of the vectors, as vector';

-- btree: DISTINCT, GROUP BY and unique constraints

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

-- planner support: the cost of distances of vectors stored out of line

CREATE FUNCTION int8vec_distance_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_int8vec_distance_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION int8vec_distance_support(internal) IS
	'planner support: cost of a distance, fetching the vector included';

ALTER FUNCTION l2_distance(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION int8vec_negative_inner_product(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION cosine_distance(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION l1_distance(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION inner_product(int8vec, int8vec) SUPPORT int8vec_distance_support;
ALTER FUNCTION l2_within(int8vec, ball) SUPPORT int8vec_distance_support;
ALTER FUNCTION ip_within(int8vec, ball) SUPPORT int8vec_distance_support;
ALTER FUNCTION cosine_within(int8vec, ball) SUPPORT int8vec_distance_support;
ALTER FUNCTION l1_within(int8vec, ball) SUPPORT int8vec_distance_support;
