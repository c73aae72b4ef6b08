\echo Use "CREATE EXTENSION kg" to load this file. \quit
-- Before anything else: who may create objects in the schema could add functions that
-- the extension's own calls would find, and so run as whoever uses the extension.
DO $$
DECLARE
	role text;
BEGIN
	SELECT r.rolname INTO role FROM pg_catalog.pg_roles r
	WHERE NOT r.rolsuper AND pg_catalog.has_schema_privilege(r.oid, '@extschema@', 'CREATE')
	ORDER BY 1 LIMIT 1;
	IF role IS NOT NULL THEN
		RAISE insufficient_privilege USING
			MESSAGE = pg_catalog.format('role "%s" may create objects in schema @extschema@', role),
			DETAIL = 'Its functions could run with the rights of users of the extension.',
			HINT = 'DROP SCHEMA @extschema@, which the extension makes, or REVOKE CREATE on it.';
	END IF;
END
$$;
-- kg.vector: a dense vector of float4

CREATE TYPE vector;

CREATE FUNCTION vector_in(cstring, oid, integer) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_in(cstring, oid, integer) IS
	'text input of vector';

CREATE FUNCTION vector_out(vector) RETURNS cstring
	AS 'MODULE_PATHNAME', 'kg_vector_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_out(vector) IS
	'text output of vector';

CREATE FUNCTION vector_typmod_in(cstring[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_vector_typmod_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_typmod_in(cstring[]) IS
	'type modifier of vector: the number of dimensions';

CREATE FUNCTION vector_recv(internal, oid, integer) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_recv(internal, oid, integer) IS
	'binary input of vector';

CREATE FUNCTION vector_send(vector) RETURNS bytea
	AS 'MODULE_PATHNAME', 'kg_vector_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_send(vector) IS
	'binary output of vector';

CREATE TYPE vector (
	INPUT = vector_in,
	OUTPUT = vector_out,
	TYPMOD_IN = vector_typmod_in,
	RECEIVE = vector_recv,
	SEND = vector_send,
	STORAGE = external
);
COMMENT ON TYPE vector IS
	'vector of float4: vector(n) has n dimensions';

-- distances and norms

CREATE FUNCTION l2_distance(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_l2_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_distance(vector, vector) IS
	'Euclidean distance';

CREATE FUNCTION vector_l2_squared_distance(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_l2_squared_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_l2_squared_distance(vector, vector) IS
	'squared Euclidean distance';

CREATE FUNCTION inner_product(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION inner_product(vector, vector) IS
	'inner product';

CREATE FUNCTION vector_negative_inner_product(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_negative_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_negative_inner_product(vector, vector) IS
	'negative inner product, which orders the largest product first';

CREATE FUNCTION cosine_distance(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_cosine_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_distance(vector, vector) IS
	'cosine distance: 1 less the cosine of the angle';

CREATE FUNCTION l1_distance(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_l1_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_distance(vector, vector) IS
	'taxicab distance';

CREATE FUNCTION vector_spherical_distance(vector, vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_spherical_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_spherical_distance(vector, vector) IS
	'angle between two unit vectors, in half turns';

CREATE FUNCTION vector_dims(vector) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_vector_dims'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_dims(vector) IS
	'number of dimensions';

CREATE FUNCTION vector_norm(vector) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_vector_norm'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_norm(vector) IS
	'Euclidean norm';

CREATE FUNCTION l2_normalize(vector) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_l2_normalize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_normalize(vector) IS
	'the vector scaled to a Euclidean norm of 1';

CREATE FUNCTION binary_quantize(vector) RETURNS bit
	AS 'MODULE_PATHNAME', 'kg_vector_binary_quantize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION binary_quantize(vector) IS
	'a bit for each element, set where it is positive';

CREATE FUNCTION subvector(vector, integer, integer) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_subvector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION subvector(vector, integer, integer) IS
	'part of a vector: from which element, counted from 1, and how many';

-- arithmetic, element by element

CREATE FUNCTION vector_add(vector, vector) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_add(vector, vector) IS
	'implementation of + operator';

CREATE FUNCTION vector_sub(vector, vector) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_sub'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_sub(vector, vector) IS
	'implementation of - operator';

CREATE FUNCTION vector_mul(vector, vector) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_mul'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_mul(vector, vector) IS
	'implementation of * operator';

CREATE FUNCTION vector_concat(vector, vector) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_concat'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_concat(vector, vector) IS
	'implementation of || operator';

-- comparisons: by the first element that differs, else by dimension

CREATE FUNCTION vector_lt(vector, vector) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_lt(vector, vector) IS
	'implementation of < operator';

CREATE FUNCTION vector_le(vector, vector) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_le(vector, vector) IS
	'implementation of <= operator';

CREATE FUNCTION vector_eq(vector, vector) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_eq(vector, vector) IS
	'implementation of = operator';

CREATE FUNCTION vector_ne(vector, vector) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_ne(vector, vector) IS
	'implementation of <> operator';

CREATE FUNCTION vector_ge(vector, vector) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_ge(vector, vector) IS
	'implementation of >= operator';

CREATE FUNCTION vector_gt(vector, vector) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_gt(vector, vector) IS
	'implementation of > operator';

CREATE FUNCTION vector_cmp(vector, vector) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_vector_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_cmp(vector, vector) IS
	'less, equal or greater: -1, 0 or 1';

-- operators

CREATE OPERATOR <-> (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = l2_distance,
	COMMUTATOR = <->
);
COMMENT ON OPERATOR <-> (vector, vector) IS
	'Euclidean distance';

CREATE OPERATOR <#> (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_negative_inner_product,
	COMMUTATOR = <#>
);
COMMENT ON OPERATOR <#> (vector, vector) IS
	'negative inner product';

CREATE OPERATOR <=> (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = cosine_distance,
	COMMUTATOR = <=>
);
COMMENT ON OPERATOR <=> (vector, vector) IS
	'cosine distance';

CREATE OPERATOR <+> (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = l1_distance,
	COMMUTATOR = <+>
);
COMMENT ON OPERATOR <+> (vector, vector) IS
	'taxicab distance';

CREATE OPERATOR + (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (vector, vector) IS
	'sum, element by element';

CREATE OPERATOR - (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_sub
);
COMMENT ON OPERATOR - (vector, vector) IS
	'difference, element by element';

CREATE OPERATOR * (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_mul,
	COMMUTATOR = *
);
COMMENT ON OPERATOR * (vector, vector) IS
	'product, element by element';

CREATE OPERATOR || (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_concat
);
COMMENT ON OPERATOR || (vector, vector) IS
	'concatenation';

CREATE OPERATOR < (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (vector, vector) IS
	'less than';

CREATE OPERATOR <= (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (vector, vector) IS
	'less than or equal';

CREATE OPERATOR = (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (vector, vector) IS
	'equal';

CREATE OPERATOR <> (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (vector, vector) IS
	'not equal';

CREATE OPERATOR >= (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (vector, vector) IS
	'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (vector, vector) IS
	'greater than';
-- kg.halfvec: a dense vector of IEEE binary16

CREATE TYPE halfvec;

CREATE FUNCTION halfvec_in(cstring, oid, integer) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_in(cstring, oid, integer) IS
	'text input of halfvec';

CREATE FUNCTION halfvec_out(halfvec) RETURNS cstring
	AS 'MODULE_PATHNAME', 'kg_halfvec_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_out(halfvec) IS
	'text output of halfvec';

CREATE FUNCTION halfvec_typmod_in(cstring[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_halfvec_typmod_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_typmod_in(cstring[]) IS
	'type modifier of halfvec: the number of dimensions';

CREATE FUNCTION halfvec_recv(internal, oid, integer) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_recv(internal, oid, integer) IS
	'binary input of halfvec';

CREATE FUNCTION halfvec_send(halfvec) RETURNS bytea
	AS 'MODULE_PATHNAME', 'kg_halfvec_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_send(halfvec) IS
	'binary output of halfvec';

CREATE TYPE halfvec (
	INPUT = halfvec_in,
	OUTPUT = halfvec_out,
	TYPMOD_IN = halfvec_typmod_in,
	RECEIVE = halfvec_recv,
	SEND = halfvec_send,
	STORAGE = external
);
COMMENT ON TYPE halfvec IS
	'vector of float16: halfvec(n) has n dimensions';

-- distances and norms

CREATE FUNCTION l2_distance(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_l2_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_distance(halfvec, halfvec) IS
	'Euclidean distance';

CREATE FUNCTION halfvec_l2_squared_distance(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_l2_squared_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_l2_squared_distance(halfvec, halfvec) IS
	'squared Euclidean distance';

CREATE FUNCTION inner_product(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION inner_product(halfvec, halfvec) IS
	'inner product';

CREATE FUNCTION halfvec_negative_inner_product(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_negative_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_negative_inner_product(halfvec, halfvec) IS
	'negative inner product, which orders the largest product first';

CREATE FUNCTION cosine_distance(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_cosine_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_distance(halfvec, halfvec) IS
	'cosine distance: 1 less the cosine of the angle';

CREATE FUNCTION l1_distance(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_l1_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_distance(halfvec, halfvec) IS
	'taxicab distance';

CREATE FUNCTION halfvec_spherical_distance(halfvec, halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_spherical_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_spherical_distance(halfvec, halfvec) IS
	'angle between two unit vectors, in half turns';

CREATE FUNCTION vector_dims(halfvec) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_halfvec_dims'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_dims(halfvec) IS
	'number of dimensions';

CREATE FUNCTION l2_norm(halfvec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_halfvec_norm'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_norm(halfvec) IS
	'Euclidean norm';

CREATE FUNCTION l2_normalize(halfvec) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_l2_normalize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_normalize(halfvec) IS
	'the vector scaled to a Euclidean norm of 1';

CREATE FUNCTION binary_quantize(halfvec) RETURNS bit
	AS 'MODULE_PATHNAME', 'kg_halfvec_binary_quantize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION binary_quantize(halfvec) IS
	'a bit for each element, set where it is positive';

CREATE FUNCTION subvector(halfvec, integer, integer) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_subvector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION subvector(halfvec, integer, integer) IS
	'part of a vector: from which element, counted from 1, and how many';

-- arithmetic, element by element

CREATE FUNCTION halfvec_add(halfvec, halfvec) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_add(halfvec, halfvec) IS
	'implementation of + operator';

CREATE FUNCTION halfvec_sub(halfvec, halfvec) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_sub'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_sub(halfvec, halfvec) IS
	'implementation of - operator';

CREATE FUNCTION halfvec_mul(halfvec, halfvec) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_mul'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_mul(halfvec, halfvec) IS
	'implementation of * operator';

CREATE FUNCTION halfvec_concat(halfvec, halfvec) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_concat'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_concat(halfvec, halfvec) IS
	'implementation of || operator';

-- comparisons: by the first element that differs, else by dimension

CREATE FUNCTION halfvec_lt(halfvec, halfvec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_lt(halfvec, halfvec) IS
	'implementation of < operator';

CREATE FUNCTION halfvec_le(halfvec, halfvec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_le(halfvec, halfvec) IS
	'implementation of <= operator';

CREATE FUNCTION halfvec_eq(halfvec, halfvec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_eq(halfvec, halfvec) IS
	'implementation of = operator';

CREATE FUNCTION halfvec_ne(halfvec, halfvec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_ne(halfvec, halfvec) IS
	'implementation of <> operator';

CREATE FUNCTION halfvec_ge(halfvec, halfvec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_ge(halfvec, halfvec) IS
	'implementation of >= operator';

CREATE FUNCTION halfvec_gt(halfvec, halfvec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_gt(halfvec, halfvec) IS
	'implementation of > operator';

CREATE FUNCTION halfvec_cmp(halfvec, halfvec) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_halfvec_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_cmp(halfvec, halfvec) IS
	'less, equal or greater: -1, 0 or 1';

-- operators

CREATE OPERATOR <-> (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = l2_distance,
	COMMUTATOR = <->
);
COMMENT ON OPERATOR <-> (halfvec, halfvec) IS
	'Euclidean distance';

CREATE OPERATOR <#> (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_negative_inner_product,
	COMMUTATOR = <#>
);
COMMENT ON OPERATOR <#> (halfvec, halfvec) IS
	'negative inner product';

CREATE OPERATOR <=> (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = cosine_distance,
	COMMUTATOR = <=>
);
COMMENT ON OPERATOR <=> (halfvec, halfvec) IS
	'cosine distance';

CREATE OPERATOR <+> (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = l1_distance,
	COMMUTATOR = <+>
);
COMMENT ON OPERATOR <+> (halfvec, halfvec) IS
	'taxicab distance';

CREATE OPERATOR + (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (halfvec, halfvec) IS
	'sum, element by element';

CREATE OPERATOR - (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_sub
);
COMMENT ON OPERATOR - (halfvec, halfvec) IS
	'difference, element by element';

CREATE OPERATOR * (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_mul,
	COMMUTATOR = *
);
COMMENT ON OPERATOR * (halfvec, halfvec) IS
	'product, element by element';

CREATE OPERATOR || (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_concat
);
COMMENT ON OPERATOR || (halfvec, halfvec) IS
	'concatenation';

CREATE OPERATOR < (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (halfvec, halfvec) IS
	'less than';

CREATE OPERATOR <= (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (halfvec, halfvec) IS
	'less than or equal';

CREATE OPERATOR = (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (halfvec, halfvec) IS
	'equal';

CREATE OPERATOR <> (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (halfvec, halfvec) IS
	'not equal';

CREATE OPERATOR >= (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (halfvec, halfvec) IS
	'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = halfvec_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (halfvec, halfvec) IS
	'greater than';
-- kg.sparsevec: a sparse vector of float4

CREATE TYPE sparsevec;

CREATE FUNCTION sparsevec_in(cstring, oid, integer) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_in(cstring, oid, integer) IS
	'text input of sparsevec';

CREATE FUNCTION sparsevec_out(sparsevec) RETURNS cstring
	AS 'MODULE_PATHNAME', 'kg_sparsevec_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_out(sparsevec) IS
	'text output of sparsevec';

CREATE FUNCTION sparsevec_typmod_in(cstring[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_sparsevec_typmod_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_typmod_in(cstring[]) IS
	'type modifier of sparsevec: the number of dimensions';

CREATE FUNCTION sparsevec_recv(internal, oid, integer) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_recv(internal, oid, integer) IS
	'binary input of sparsevec';

CREATE FUNCTION sparsevec_send(sparsevec) RETURNS bytea
	AS 'MODULE_PATHNAME', 'kg_sparsevec_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_send(sparsevec) IS
	'binary output of sparsevec';

CREATE TYPE sparsevec (
	INPUT = sparsevec_in,
	OUTPUT = sparsevec_out,
	TYPMOD_IN = sparsevec_typmod_in,
	RECEIVE = sparsevec_recv,
	SEND = sparsevec_send,
	STORAGE = external
);
COMMENT ON TYPE sparsevec IS
	'vector of float4 that stores only its nonzero elements: sparsevec(n) has n dimensions';

-- distances and norms

CREATE FUNCTION l2_distance(sparsevec, sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l2_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_distance(sparsevec, sparsevec) IS
	'Euclidean distance';

CREATE FUNCTION sparsevec_l2_squared_distance(sparsevec, sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l2_squared_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_l2_squared_distance(sparsevec, sparsevec) IS
	'squared Euclidean distance';

CREATE FUNCTION inner_product(sparsevec, sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION inner_product(sparsevec, sparsevec) IS
	'inner product';

CREATE FUNCTION sparsevec_negative_inner_product(sparsevec, sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_negative_inner_product'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_negative_inner_product(sparsevec, sparsevec) IS
	'negative inner product, which orders the largest product first';

CREATE FUNCTION cosine_distance(sparsevec, sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_cosine_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_distance(sparsevec, sparsevec) IS
	'cosine distance: 1 less the cosine of the angle';

CREATE FUNCTION l1_distance(sparsevec, sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l1_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_distance(sparsevec, sparsevec) IS
	'taxicab distance';

CREATE FUNCTION l2_norm(sparsevec) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_sparsevec_norm'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_norm(sparsevec) IS
	'Euclidean norm';

CREATE FUNCTION l2_normalize(sparsevec) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l2_normalize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_normalize(sparsevec) IS
	'the vector scaled to a Euclidean norm of 1';

-- comparisons: by the first element that differs, else by dimension

CREATE FUNCTION sparsevec_lt(sparsevec, sparsevec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_lt(sparsevec, sparsevec) IS
	'implementation of < operator';

CREATE FUNCTION sparsevec_le(sparsevec, sparsevec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_le(sparsevec, sparsevec) IS
	'implementation of <= operator';

CREATE FUNCTION sparsevec_eq(sparsevec, sparsevec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_eq(sparsevec, sparsevec) IS
	'implementation of = operator';

CREATE FUNCTION sparsevec_ne(sparsevec, sparsevec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_ne(sparsevec, sparsevec) IS
	'implementation of <> operator';

CREATE FUNCTION sparsevec_ge(sparsevec, sparsevec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_ge(sparsevec, sparsevec) IS
	'implementation of >= operator';

CREATE FUNCTION sparsevec_gt(sparsevec, sparsevec) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_gt(sparsevec, sparsevec) IS
	'implementation of > operator';

CREATE FUNCTION sparsevec_cmp(sparsevec, sparsevec) RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_sparsevec_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_cmp(sparsevec, sparsevec) IS
	'less, equal or greater: -1, 0 or 1';

-- operators

CREATE OPERATOR <-> (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = l2_distance,
	COMMUTATOR = <->
);
COMMENT ON OPERATOR <-> (sparsevec, sparsevec) IS
	'Euclidean distance';

CREATE OPERATOR <#> (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_negative_inner_product,
	COMMUTATOR = <#>
);
COMMENT ON OPERATOR <#> (sparsevec, sparsevec) IS
	'negative inner product';

CREATE OPERATOR <=> (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = cosine_distance,
	COMMUTATOR = <=>
);
COMMENT ON OPERATOR <=> (sparsevec, sparsevec) IS
	'cosine distance';

CREATE OPERATOR <+> (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = l1_distance,
	COMMUTATOR = <+>
);
COMMENT ON OPERATOR <+> (sparsevec, sparsevec) IS
	'taxicab distance';

CREATE OPERATOR < (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (sparsevec, sparsevec) IS
	'less than';

CREATE OPERATOR <= (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (sparsevec, sparsevec) IS
	'less than or equal';

CREATE OPERATOR = (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR = (sparsevec, sparsevec) IS
	'equal';

CREATE OPERATOR <> (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (sparsevec, sparsevec) IS
	'not equal';

CREATE OPERATOR >= (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (sparsevec, sparsevec) IS
	'greater than or equal';

CREATE OPERATOR > (
	LEFTARG = sparsevec, RIGHTARG = sparsevec, FUNCTION = sparsevec_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (sparsevec, sparsevec) IS
	'greater than';
-- PostgreSQL's bit strings as vectors

CREATE FUNCTION hamming_distance(bit, bit) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_bit_hamming_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION hamming_distance(bit, bit) IS
	'number of bits that differ';

CREATE FUNCTION jaccard_distance(bit, bit) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_bit_jaccard_distance'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION jaccard_distance(bit, bit) IS
	'1 less the fraction of the bits set in either that are set in both';

CREATE OPERATOR <~> (
	LEFTARG = bit, RIGHTARG = bit, FUNCTION = hamming_distance,
	COMMUTATOR = <~>
);
COMMENT ON OPERATOR <~> (bit, bit) IS
	'Hamming distance';

CREATE OPERATOR <%> (
	LEFTARG = bit, RIGHTARG = bit, FUNCTION = jaccard_distance,
	COMMUTATOR = <%>
);
COMMENT ON OPERATOR <%> (bit, bit) IS
	'Jaccard distance';
-- a type to itself: ALTER TABLE and INSERT check vector(n) by it

CREATE FUNCTION vector(vector, integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_coerce'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector(vector, integer, boolean) IS
	'check the number of dimensions';

CREATE CAST (vector AS vector)
	WITH FUNCTION vector(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS vector) IS
	'check the number of dimensions';

CREATE FUNCTION halfvec(halfvec, integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_coerce'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec(halfvec, integer, boolean) IS
	'check the number of dimensions';

CREATE CAST (halfvec AS halfvec)
	WITH FUNCTION halfvec(halfvec, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (halfvec AS halfvec) IS
	'check the number of dimensions';

CREATE FUNCTION sparsevec(sparsevec, integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_coerce'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec(sparsevec, integer, boolean) IS
	'check the number of dimensions';

CREATE CAST (sparsevec AS sparsevec)
	WITH FUNCTION sparsevec(sparsevec, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (sparsevec AS sparsevec) IS
	'check the number of dimensions';

-- arrays to vectors and back

CREATE FUNCTION array_to_vector(integer[], integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_vector(integer[], integer, boolean) IS
	'an array of numbers as vector';

CREATE CAST (integer[] AS vector)
	WITH FUNCTION array_to_vector(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS vector) IS
	'an array of numbers as vector';

CREATE FUNCTION array_to_vector(real[], integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_vector(real[], integer, boolean) IS
	'an array of numbers as vector';

CREATE CAST (real[] AS vector)
	WITH FUNCTION array_to_vector(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS vector) IS
	'an array of numbers as vector';

CREATE FUNCTION array_to_vector(double precision[], integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_vector(double precision[], integer, boolean) IS
	'an array of numbers as vector';

CREATE CAST (double precision[] AS vector)
	WITH FUNCTION array_to_vector(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS vector) IS
	'an array of numbers as vector';

CREATE FUNCTION array_to_vector(numeric[], integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_vector(numeric[], integer, boolean) IS
	'an array of numbers as vector';

CREATE CAST (numeric[] AS vector)
	WITH FUNCTION array_to_vector(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS vector) IS
	'an array of numbers as vector';

CREATE FUNCTION array_to_halfvec(integer[], integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_halfvec(integer[], integer, boolean) IS
	'an array of numbers as halfvec';

CREATE CAST (integer[] AS halfvec)
	WITH FUNCTION array_to_halfvec(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS halfvec) IS
	'an array of numbers as halfvec';

CREATE FUNCTION array_to_halfvec(real[], integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_halfvec(real[], integer, boolean) IS
	'an array of numbers as halfvec';

CREATE CAST (real[] AS halfvec)
	WITH FUNCTION array_to_halfvec(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS halfvec) IS
	'an array of numbers as halfvec';

CREATE FUNCTION array_to_halfvec(double precision[], integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_halfvec(double precision[], integer, boolean) IS
	'an array of numbers as halfvec';

CREATE CAST (double precision[] AS halfvec)
	WITH FUNCTION array_to_halfvec(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS halfvec) IS
	'an array of numbers as halfvec';

CREATE FUNCTION array_to_halfvec(numeric[], integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_halfvec(numeric[], integer, boolean) IS
	'an array of numbers as halfvec';

CREATE CAST (numeric[] AS halfvec)
	WITH FUNCTION array_to_halfvec(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS halfvec) IS
	'an array of numbers as halfvec';

CREATE FUNCTION array_to_sparsevec(integer[], integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_sparsevec(integer[], integer, boolean) IS
	'an array of numbers as sparsevec';

CREATE CAST (integer[] AS sparsevec)
	WITH FUNCTION array_to_sparsevec(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS sparsevec) IS
	'an array of numbers as sparsevec';

CREATE FUNCTION array_to_sparsevec(real[], integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_sparsevec(real[], integer, boolean) IS
	'an array of numbers as sparsevec';

CREATE CAST (real[] AS sparsevec)
	WITH FUNCTION array_to_sparsevec(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS sparsevec) IS
	'an array of numbers as sparsevec';

CREATE FUNCTION array_to_sparsevec(double precision[], integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_sparsevec(double precision[], integer, boolean) IS
	'an array of numbers as sparsevec';

CREATE CAST (double precision[] AS sparsevec)
	WITH FUNCTION array_to_sparsevec(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS sparsevec) IS
	'an array of numbers as sparsevec';

CREATE FUNCTION array_to_sparsevec(numeric[], integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_from_array'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION array_to_sparsevec(numeric[], integer, boolean) IS
	'an array of numbers as sparsevec';

CREATE CAST (numeric[] AS sparsevec)
	WITH FUNCTION array_to_sparsevec(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS sparsevec) IS
	'an array of numbers as sparsevec';

CREATE FUNCTION vector_to_float4(vector, integer, boolean) RETURNS real[]
	AS 'MODULE_PATHNAME', 'kg_vector_to_float4'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_to_float4(vector, integer, boolean) IS
	'vector as an array';

CREATE CAST (vector AS real[])
	WITH FUNCTION vector_to_float4(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS real[]) IS
	'vector as an array';

CREATE FUNCTION halfvec_to_float4(halfvec, integer, boolean) RETURNS real[]
	AS 'MODULE_PATHNAME', 'kg_halfvec_to_float4'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_to_float4(halfvec, integer, boolean) IS
	'halfvec as an array';

CREATE CAST (halfvec AS real[])
	WITH FUNCTION halfvec_to_float4(halfvec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS real[]) IS
	'halfvec as an array';

-- between the types: implicit from vector to halfvec, and from both to sparsevec

CREATE FUNCTION halfvec_to_vector(halfvec, integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_halfvec_to_vector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_to_vector(halfvec, integer, boolean) IS
	'halfvec as vector';

CREATE CAST (halfvec AS vector)
	WITH FUNCTION halfvec_to_vector(halfvec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS vector) IS
	'halfvec as vector';

CREATE FUNCTION vector_to_halfvec(vector, integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_vector_to_halfvec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_to_halfvec(vector, integer, boolean) IS
	'vector as halfvec';

CREATE CAST (vector AS halfvec)
	WITH FUNCTION vector_to_halfvec(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS halfvec) IS
	'vector as halfvec';

CREATE FUNCTION sparsevec_to_vector(sparsevec, integer, boolean) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_sparsevec_to_vector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_to_vector(sparsevec, integer, boolean) IS
	'sparsevec as vector';

CREATE CAST (sparsevec AS vector)
	WITH FUNCTION sparsevec_to_vector(sparsevec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (sparsevec AS vector) IS
	'sparsevec as vector';

CREATE FUNCTION vector_to_sparsevec(vector, integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_vector_to_sparsevec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_to_sparsevec(vector, integer, boolean) IS
	'vector as sparsevec';

CREATE CAST (vector AS sparsevec)
	WITH FUNCTION vector_to_sparsevec(vector, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (vector AS sparsevec) IS
	'vector as sparsevec';

CREATE FUNCTION sparsevec_to_halfvec(sparsevec, integer, boolean) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_sparsevec_to_halfvec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparsevec_to_halfvec(sparsevec, integer, boolean) IS
	'sparsevec as halfvec';

CREATE CAST (sparsevec AS halfvec)
	WITH FUNCTION sparsevec_to_halfvec(sparsevec, integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (sparsevec AS halfvec) IS
	'sparsevec as halfvec';

CREATE FUNCTION halfvec_to_sparsevec(halfvec, integer, boolean) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_halfvec_to_sparsevec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_to_sparsevec(halfvec, integer, boolean) IS
	'halfvec as sparsevec';

CREATE CAST (halfvec AS sparsevec)
	WITH FUNCTION halfvec_to_sparsevec(halfvec, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (halfvec AS sparsevec) IS
	'halfvec as sparsevec';
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
-- kg.ball: a centre and a radius, for searches within a distance

CREATE TYPE ball;

CREATE FUNCTION ball_in(cstring) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball_in(cstring) IS
	'text input of ball';

CREATE FUNCTION ball_out(ball) RETURNS cstring
	AS 'MODULE_PATHNAME', 'kg_ball_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball_out(ball) IS
	'text output of ball';

CREATE FUNCTION ball_recv(internal) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball_recv(internal) IS
	'binary input of ball';

CREATE FUNCTION ball_send(ball) RETURNS bytea
	AS 'MODULE_PATHNAME', 'kg_ball_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball_send(ball) IS
	'binary output of ball';

CREATE TYPE ball (
	INPUT = ball_in,
	OUTPUT = ball_out,
	RECEIVE = ball_recv,
	SEND = ball_send,
	ALIGNMENT = double,
	STORAGE = external
);
COMMENT ON TYPE ball IS
	'centre and radius: <[1,2,3],0.5>, of bit strings <B101,2>, of sparse vectors <{1:1,3:2}/5,0.5>';

CREATE FUNCTION ball(vector, float8) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_vector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball(vector, float8) IS
	'ball of a centre and a radius';

CREATE FUNCTION ball(halfvec, float8) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_halfvec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball(halfvec, float8) IS
	'ball of a centre and a radius';

CREATE FUNCTION ball(bit, float8) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_bit'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball(bit, float8) IS
	'ball of a bit string and a radius';

CREATE FUNCTION ball(sparsevec, float8) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_sparsevec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball(sparsevec, float8) IS
	'ball of a centre and a radius';

-- for literals and parameters of unknown type
CREATE FUNCTION ball(text, float8) RETURNS ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ball(text, float8) IS
	'ball of a centre in the text form of a vector and a radius';

CREATE FUNCTION center(ball) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_ball_center'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION center(ball) IS
	'centre of a ball';

CREATE FUNCTION bit_center(ball) RETURNS bit
	AS 'MODULE_PATHNAME', 'kg_ball_bit_center'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bit_center(ball) IS
	'centre of a ball of bit strings';

CREATE FUNCTION sparse_center(ball) RETURNS sparsevec
	AS 'MODULE_PATHNAME', 'kg_ball_sparse_center'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sparse_center(ball) IS
	'centre of a ball of sparse vectors';

CREATE FUNCTION radius(ball) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_ball_radius'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION radius(ball) IS
	'radius of a ball';

-- operators: is the vector within the ball?

CREATE FUNCTION within_sel(internal, oid, internal, integer) RETURNS float8
	AS 'MODULE_PATHNAME', 'kg_within_sel'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION within_sel(internal, oid, internal, integer) IS
	'restriction selectivity of the operators that test whether a vector is within a ball';

CREATE FUNCTION l2_within(vector, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_within(vector, ball) IS
	'implementation of <<->> operator';

CREATE FUNCTION ip_within(vector, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ip_within(vector, ball) IS
	'implementation of <<#>> operator';

CREATE FUNCTION cosine_within(vector, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_within(vector, ball) IS
	'implementation of <<=>> operator';

CREATE FUNCTION l1_within(vector, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_vector_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_within(vector, ball) IS
	'implementation of <<+>> operator';

CREATE FUNCTION l2_within(halfvec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_within(halfvec, ball) IS
	'implementation of <<->> operator';

CREATE FUNCTION ip_within(halfvec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ip_within(halfvec, ball) IS
	'implementation of <<#>> operator';

CREATE FUNCTION cosine_within(halfvec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_within(halfvec, ball) IS
	'implementation of <<=>> operator';

CREATE FUNCTION l1_within(halfvec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_halfvec_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_within(halfvec, ball) IS
	'implementation of <<+>> operator';

CREATE FUNCTION l2_within(sparsevec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l2_within(sparsevec, ball) IS
	'implementation of <<->> operator';

CREATE FUNCTION ip_within(sparsevec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ip_within(sparsevec, ball) IS
	'implementation of <<#>> operator';

CREATE FUNCTION cosine_within(sparsevec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cosine_within(sparsevec, ball) IS
	'implementation of <<=>> operator';

CREATE FUNCTION l1_within(sparsevec, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION l1_within(sparsevec, ball) IS
	'implementation of <<+>> operator';

CREATE FUNCTION hamming_within(bit, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_bit_hamming_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION hamming_within(bit, ball) IS
	'implementation of <<~>> operator';

CREATE FUNCTION jaccard_within(bit, ball) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_bit_jaccard_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION jaccard_within(bit, ball) IS
	'implementation of <<%>> operator';

CREATE OPERATOR <<->> (
	LEFTARG = vector, RIGHTARG = ball, FUNCTION = l2_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<->> (vector, ball) IS
	'within a Euclidean distance';

CREATE OPERATOR <<#>> (
	LEFTARG = vector, RIGHTARG = ball, FUNCTION = ip_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (vector, ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE OPERATOR <<=>> (
	LEFTARG = vector, RIGHTARG = ball, FUNCTION = cosine_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (vector, ball) IS
	'within a cosine distance';

CREATE OPERATOR <<+>> (
	LEFTARG = vector, RIGHTARG = ball, FUNCTION = l1_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (vector, ball) IS
	'within a taxicab distance';

CREATE OPERATOR <<->> (
	LEFTARG = halfvec, RIGHTARG = ball, FUNCTION = l2_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<->> (halfvec, ball) IS
	'within a Euclidean distance';

CREATE OPERATOR <<#>> (
	LEFTARG = halfvec, RIGHTARG = ball, FUNCTION = ip_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (halfvec, ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE OPERATOR <<=>> (
	LEFTARG = halfvec, RIGHTARG = ball, FUNCTION = cosine_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (halfvec, ball) IS
	'within a cosine distance';

CREATE OPERATOR <<+>> (
	LEFTARG = halfvec, RIGHTARG = ball, FUNCTION = l1_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (halfvec, ball) IS
	'within a taxicab distance';

CREATE OPERATOR <<->> (
	LEFTARG = sparsevec, RIGHTARG = ball, FUNCTION = l2_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<->> (sparsevec, ball) IS
	'within a Euclidean distance';

CREATE OPERATOR <<#>> (
	LEFTARG = sparsevec, RIGHTARG = ball, FUNCTION = ip_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (sparsevec, ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE OPERATOR <<=>> (
	LEFTARG = sparsevec, RIGHTARG = ball, FUNCTION = cosine_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (sparsevec, ball) IS
	'within a cosine distance';

CREATE OPERATOR <<+>> (
	LEFTARG = sparsevec, RIGHTARG = ball, FUNCTION = l1_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (sparsevec, ball) IS
	'within a taxicab distance';

CREATE OPERATOR <<~>> (
	LEFTARG = bit, RIGHTARG = ball, FUNCTION = hamming_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<~>> (bit, ball) IS
	'within a Hamming distance';

CREATE OPERATOR <<%>> (
	LEFTARG = bit, RIGHTARG = ball, FUNCTION = jaccard_within,
	RESTRICT = within_sel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR <<%>> (bit, ball) IS
	'within a Jaccard distance';

-- what they cost, with the fetching of a vector stored out of line

ALTER FUNCTION l2_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION ip_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION cosine_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION l1_within(vector, ball) SUPPORT vector_distance_support;
ALTER FUNCTION l2_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION ip_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION cosine_within(halfvec, ball) SUPPORT halfvec_distance_support;
ALTER FUNCTION l1_within(halfvec, ball) SUPPORT halfvec_distance_support;
-- aggregates of dense vectors

CREATE FUNCTION vector_accum(double precision[], vector) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'kg_vector_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_accum(double precision[], vector) IS
	'transition function of avg(vector)';

CREATE FUNCTION vector_combine(double precision[], double precision[]) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'kg_vector_combine'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_combine(double precision[], double precision[]) IS
	'combine function of avg(vector)';

CREATE FUNCTION vector_avg(double precision[]) RETURNS vector
	AS 'MODULE_PATHNAME', 'kg_vector_avg'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION vector_avg(double precision[]) IS
	'final function of avg(vector)';

CREATE AGGREGATE avg(vector) (
	SFUNC = vector_accum,
	STYPE = double precision[],
	FINALFUNC = vector_avg,
	COMBINEFUNC = vector_combine,
	INITCOND = '{0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE avg(vector) IS
	'the mean of the vectors';

CREATE AGGREGATE sum(vector) (
	SFUNC = vector_add,
	STYPE = vector,
	COMBINEFUNC = vector_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum(vector) IS
	'the sum of the vectors';

CREATE FUNCTION halfvec_accum(double precision[], halfvec) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'kg_halfvec_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_accum(double precision[], halfvec) IS
	'transition function of avg(halfvec)';

CREATE FUNCTION halfvec_combine(double precision[], double precision[]) RETURNS double precision[]
	AS 'MODULE_PATHNAME', 'kg_vector_combine'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_combine(double precision[], double precision[]) IS
	'combine function of avg(halfvec)';

CREATE FUNCTION halfvec_avg(double precision[]) RETURNS halfvec
	AS 'MODULE_PATHNAME', 'kg_halfvec_avg'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION halfvec_avg(double precision[]) IS
	'final function of avg(halfvec)';

CREATE AGGREGATE avg(halfvec) (
	SFUNC = halfvec_accum,
	STYPE = double precision[],
	FINALFUNC = halfvec_avg,
	COMBINEFUNC = halfvec_combine,
	INITCOND = '{0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE avg(halfvec) IS
	'the mean of the vectors';

CREATE AGGREGATE sum(halfvec) (
	SFUNC = halfvec_add,
	STYPE = halfvec,
	COMBINEFUNC = halfvec_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum(halfvec) IS
	'the sum of the vectors';
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
-- ann/diskann.sql: the access method kg_diskann and its operator classes

CREATE FUNCTION kg.kg_diskann_handler(internal) RETURNS index_am_handler
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION kg.kg_diskann_handler(internal) IS
	'handler of the access method kg_diskann';

CREATE ACCESS METHOD kg_diskann TYPE INDEX HANDLER kg.kg_diskann_handler;
COMMENT ON ACCESS METHOD kg_diskann IS
	'graph of pages of near vectors: smaller than kg_hnsw, for data larger than memory';

-- The operator classes are those of kg_hnsw, with the same support functions, for the
-- distances and types below, and all filters.

DO $$
DECLARE
	class record;
	members text;
	other text;
BEGIN
	FOR class IN
		SELECT c.oid, c.opcname, c.opcfamily, c.opcdefault, c.opcintype, f.opfname,
			f.opfname = c.opcname AS alone,
			obj_description(c.oid, 'pg_opclass') AS comment,
			obj_description(f.oid, 'pg_opfamily') AS family_comment
		FROM pg_catalog.pg_opclass c
			JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
			JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
		WHERE a.amname = 'kg_hnsw'
			AND (c.opcname ~ '^(vector|halfvec|int8vec)_(l2|ip|cosine)_ops$'
				OR EXISTS (SELECT FROM pg_catalog.pg_amproc p
					WHERE p.amprocfamily = f.oid AND p.amprocnum = 2))
		ORDER BY c.oid
	LOOP
		IF NOT class.alone AND NOT EXISTS (
			SELECT FROM pg_catalog.pg_opfamily f
				JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
			WHERE a.amname = 'kg_diskann' AND f.opfname = class.opfname)
		THEN
			EXECUTE format('CREATE OPERATOR FAMILY kg.%I USING kg_diskann', class.opfname);
			EXECUTE format('COMMENT ON OPERATOR FAMILY kg.%I USING kg_diskann IS %L',
				class.opfname, class.family_comment);
		END IF;

		SELECT string_agg(format('OPERATOR %s %I.%s (%s, %s)%s', m.amopstrategy, n.nspname,
				o.oprname, format_type(m.amoplefttype, NULL),
				format_type(m.amoprighttype, NULL),
				CASE m.amoppurpose WHEN 'o' THEN ' FOR ORDER BY pg_catalog.float_ops' ELSE '' END),
				', ' ORDER BY m.amopstrategy)
			INTO members
		FROM pg_catalog.pg_amop m
			JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr
			JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE m.amopfamily = class.opcfamily AND (class.alone
			OR (m.amoplefttype = class.opcintype AND m.amoprighttype = class.opcintype));
		SELECT members || ', ' || format('FUNCTION %s %s', p.amprocnum,
				p.amproc::oid::regprocedure)
			INTO members
		FROM pg_catalog.pg_amproc p
		WHERE p.amprocfamily = class.opcfamily AND p.amproclefttype = class.opcintype;
		EXECUTE format('CREATE OPERATOR CLASS kg.%I %s FOR TYPE %s USING kg_diskann %s AS %s',
			class.opcname, CASE WHEN class.opcdefault THEN 'DEFAULT' END,
			format_type(class.opcintype, NULL),
			CASE WHEN class.alone THEN '' ELSE 'FAMILY kg.' || quote_ident(class.opfname) END,
			members);
		EXECUTE format('COMMENT ON OPERATOR CLASS kg.%I USING kg_diskann IS %L',
			class.opcname, class.comment);
		IF class.alone THEN
			EXECUTE format('COMMENT ON OPERATOR FAMILY kg.%I USING kg_diskann IS %L',
				class.opfname, class.family_comment);
		END IF;
	END LOOP;

	FOR other IN
		SELECT format('ALTER OPERATOR FAMILY kg.%I USING kg_diskann ADD OPERATOR %s %I.%s (%s, %s)',
			f.opfname, m.amopstrategy, n.nspname, o.oprname, format_type(m.amoplefttype, NULL),
			format_type(m.amoprighttype, NULL))
		FROM pg_catalog.pg_amop m
			JOIN pg_catalog.pg_opfamily f ON f.oid = m.amopfamily
			JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
			JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr
			JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE a.amname = 'kg_hnsw' AND m.amoplefttype <> m.amoprighttype
			AND f.opfname IN ('integer_ops', 'float_ops')
		ORDER BY m.oid
	LOOP
		EXECUTE other;
	END LOOP;
END
$$;
-- exact/exact.sql: exact nearest neighbours of many queries at once

CREATE FUNCTION kg.knn_exact(
	relation regclass,
	embedding name,
	queries kg.vector[],
	k integer DEFAULT 10,
	metric text DEFAULT 'l2',
	key name DEFAULT NULL,
	OUT query integer,
	OUT rank integer,
	OUT distance double precision,
	OUT row_key text,
	OUT row_table regclass,
	OUT row_tid tid
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_knn_exact'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION kg.knn_exact(regclass, name, kg.vector[], integer, text, name) IS
	'the k rows of a table nearest to each of the queries, exactly, in one pass over the table; '
	'metric: l2, ip, cosine or l1, whose distances are those of <->, <#>, <=> and <+>; '
	'query: the number in the array, from 1; row_key: the row''s value in the column "key"; row_table and row_tid: its tableoid and ctid';

CREATE FUNCTION kg.knn_exact_join(
	relation regclass,
	embedding name,
	query_relation regclass,
	query_embedding name,
	k integer DEFAULT 10,
	metric text DEFAULT 'l2',
	key name DEFAULT NULL,
	query_key name DEFAULT NULL,
	OUT query text,
	OUT query_table regclass,
	OUT query_tid tid,
	OUT rank integer,
	OUT distance double precision,
	OUT row_key text,
	OUT row_table regclass,
	OUT row_tid tid
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_knn_exact_join'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION kg.knn_exact_join(regclass, name, regclass, name, integer, text, name, name) IS
	'as kg.knn_exact, of all vectors of a column of another table, or of the same one; '
	'query: that row''s value in the column "query_key"; query_table and query_tid: its tableoid and ctid';
-- The catalogue of graphs, and making and dropping one

-- A function f whose body is in SQL has two parts, f and f_body (see body.c).
-- Nobody needs to call f_body; it runs with the caller's rights and can do no more than f.

-- The catalogue holds names rather than oids: a dump may be loaded elsewhere, in any
-- order and in part, and its rows must still mean the same.
CREATE TABLE graph (
	name text PRIMARY KEY,
	schema_name text,
	entity_table text DEFAULT 'entity',
	relation_table text DEFAULT 'relation',
	observation_table text DEFAULT 'observation',
	entity_type_table text DEFAULT 'entity_type',
	relation_type_table text DEFAULT 'relation_type',
	metric text NOT NULL DEFAULT 'cosine'
		CHECK (metric IN ('cosine', 'l2', 'ip')),
	made_schema boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now(),
	CHECK (num_nulls(schema_name, entity_table, relation_table, observation_table,
					 entity_type_table, relation_type_table) IN (0, 6))
);
CREATE TABLE node_table (
	graph text,
	label text CHECK (label <> '' AND strpos(label, ':') = 0),
	schema_name text NOT NULL,
	table_name text NOT NULL,
	key_column text NOT NULL,
	name_column text,
	embedding_column text,
	content_column text,
	PRIMARY KEY (graph, label)
);
CREATE TABLE edge_table (
	graph text,
	number integer,
	schema_name text NOT NULL,
	table_name text NOT NULL,
	source_column text NOT NULL,
	target_column text NOT NULL,
	source_label text NOT NULL,
	target_label text NOT NULL,
	type text,
	type_column text,
	id_column text,
	weight_column text,
	valid_from_column text,
	valid_to_column text,
	trust_ends boolean NOT NULL DEFAULT false,
	recorded_at_column text,
	expired_at_column text,
	PRIMARY KEY (graph, number),
	CHECK (num_nulls(type, type_column) = 1)
);
-- Counts of the words of registered tables, for BM25.  They are no part of a dump: they can be counted again.
CREATE TABLE registered_text_size (
	graph text,
	label text,
	kind text,
	made_by text NOT NULL,
	texts bigint NOT NULL,
	words bigint NOT NULL,
	mean_idf double precision NOT NULL,
	refreshed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (graph, label, kind)
);
CREATE TABLE registered_lexeme (
	graph text,
	label text,
	kind text,
	lexeme text,
	texts bigint NOT NULL,
	PRIMARY KEY (graph, label, kind, lexeme)
);
-- There are no foreign keys between these tables, since a dump may be loaded in any order.
SELECT pg_catalog.pg_extension_config_dump('graph', '');
SELECT pg_catalog.pg_extension_config_dump('node_table', '');
SELECT pg_catalog.pg_extension_config_dump('edge_table', '');

COMMENT ON TABLE graph IS
	'the graphs of this database; kg.create_graph, kg.register_graph and kg.drop_graph maintain it';
COMMENT ON COLUMN graph.name IS
	'name of the graph, which functions take as the argument "graph"';
COMMENT ON COLUMN graph.schema_name IS
	'schema of the tables that kg.create_graph made; in a graph of kg.register_graph this column and the table names are null, and kg.node_table and kg.edge_table list its tables';
COMMENT ON COLUMN graph.entity_table IS
	'table of the nodes';
COMMENT ON COLUMN graph.relation_table IS
	'table of the edges';
COMMENT ON COLUMN graph.observation_table IS
	'table of texts about entities';
COMMENT ON COLUMN graph.entity_type_table IS
	'table of the names of entity types';
COMMENT ON COLUMN graph.relation_type_table IS
	'table of the names of relation types';
COMMENT ON COLUMN graph.metric IS
	'metric that kg.knn uses if the embeddings have no index: cosine, l2 or ip';
COMMENT ON COLUMN graph.made_schema IS
	'did kg.create_graph make the schema? If so, kg.drop_graph drops it once it is empty';
COMMENT ON COLUMN graph.created_at IS
	'when the graph was registered';

COMMENT ON TABLE node_table IS
	'the node tables of registered graphs; kg.register_graph and kg.drop_graph maintain it';
COMMENT ON COLUMN node_table.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN node_table.label IS 'label of its nodes; if the graph has several node tables, a node is written label:key';
COMMENT ON COLUMN node_table.schema_name IS 'schema of the table';
COMMENT ON COLUMN node_table.table_name IS 'name of the table';
COMMENT ON COLUMN node_table.key_column IS 'column that identifies a node, or several columns as (a, b)';
COMMENT ON COLUMN node_table.name_column IS 'column with the names of nodes, or null';
COMMENT ON COLUMN node_table.embedding_column IS 'column with the embeddings of nodes, for kg.knn, or null';
COMMENT ON COLUMN node_table.content_column IS 'column with the texts of nodes, for kg.search, or null';
COMMENT ON TABLE edge_table IS
	'the edge tables of registered graphs; kg.register_graph and kg.drop_graph maintain it';
COMMENT ON COLUMN edge_table.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN edge_table.number IS 'number of the table among the edge tables of the graph';
COMMENT ON COLUMN edge_table.schema_name IS 'schema of the table';
COMMENT ON COLUMN edge_table.table_name IS 'name of the table';
COMMENT ON COLUMN edge_table.source_column IS 'column with the key of the edge''s source node, or several columns as (a, b)';
COMMENT ON COLUMN edge_table.target_column IS 'column with the key of the edge''s target node, or several columns as (a, b)';
COMMENT ON COLUMN edge_table.source_label IS 'label of the node table with the sources (kg.node_table.label)';
COMMENT ON COLUMN edge_table.target_label IS 'label of the node table with the targets (kg.node_table.label)';
COMMENT ON COLUMN edge_table.type IS 'type of all edges in the table; null if type_column holds the type of each edge';
COMMENT ON COLUMN edge_table.type_column IS 'column with the type of each edge; null if all edges are of the type in column "type"';
COMMENT ON COLUMN edge_table.id_column IS 'integer column that identifies an edge, or null';
COMMENT ON COLUMN edge_table.weight_column IS 'column with the weights of edges; null: each edge has weight 1';
COMMENT ON COLUMN edge_table.valid_from_column IS 'column with the time from which an edge is valid; null: edges have no start';
COMMENT ON COLUMN edge_table.valid_to_column IS 'column with the time until which an edge is valid; null: edges have no end';
COMMENT ON COLUMN edge_table.trust_ends IS 'do searches trust that both ends of every edge are in the node tables, as if foreign keys said so?';
COMMENT ON COLUMN edge_table.recorded_at_column IS 'column with the time from which an edge was known; null: known_at cannot be asked for';
COMMENT ON COLUMN edge_table.expired_at_column IS 'column with the time until which an edge was known; where it is not null, the edge is no longer known; null: all edges are still known';

COMMENT ON TABLE registered_text_size IS
	'number and length of the texts of registered graphs, for BM25; kg.refresh_text_statistics fills it. kg.search reads it for roles that see all of these texts; nobody else may, since it tells of them';
COMMENT ON COLUMN registered_text_size.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN registered_text_size.label IS 'label of the table of nodes (kg.node_table.label)';
COMMENT ON COLUMN registered_text_size.kind IS 'which texts: names of entities, or passages';
COMMENT ON COLUMN registered_text_size.made_by IS 'how words were made of which column: the counts are of no use for words made in another way';
COMMENT ON COLUMN registered_text_size.texts IS 'number of texts';
COMMENT ON COLUMN registered_text_size.words IS 'number of words in all of them';
COMMENT ON COLUMN registered_text_size.mean_idf IS 'mean of the words'' inverse document frequencies';
COMMENT ON COLUMN registered_text_size.refreshed_at IS 'when they were counted';
COMMENT ON TABLE registered_lexeme IS
	'in how many texts of registered graphs a word is, for BM25; kg.refresh_text_statistics fills it';
COMMENT ON COLUMN registered_lexeme.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN registered_lexeme.label IS 'label of the table of nodes (kg.node_table.label)';
COMMENT ON COLUMN registered_lexeme.kind IS 'of which texts: names of entities, or passages';
COMMENT ON COLUMN registered_lexeme.lexeme IS 'the word as in a tsvector';
COMMENT ON COLUMN registered_lexeme.texts IS 'number of texts with this word';

-- The names of graphs are no secret, their rows are: privileges and policies on a
-- graph's own tables decide what a role may read of it.
GRANT SELECT ON graph, node_table, edge_table TO PUBLIC;
GRANT USAGE ON SCHEMA kg TO PUBLIC;

CREATE FUNCTION register_graph(
	name text,
	metric text DEFAULT 'cosine',
	made_schema boolean DEFAULT false
) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_register_graph'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_graph(text, text, boolean) IS
	'enters the five tables in the schema of that name as a graph in kg.graph; the caller must own them all; '
	'kg.create_graph calls this, and you may call it after a partial restore';

CREATE FUNCTION unregister_graph(name text) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_unregister_graph'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION unregister_graph(text) IS
	'removes a graph from kg.graph and leaves its tables; the caller must have the right to drop them';

CREATE FUNCTION set_updated() RETURNS trigger
	AS 'MODULE_PATHNAME', 'kg_set_updated'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_updated() IS
	'trigger function, BEFORE UPDATE: sets updated_at and updated_by unless the command itself changes them';

CREATE FUNCTION create_graph_body(name text, dimensions integer, metric text, embedding_type text, language regconfig) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	max_dimensions CONSTANT integer := 16000;
	make_schema boolean;
	taken text;
BEGIN
	IF name IS NULL OR name = '' THEN
		RAISE invalid_parameter_value
			USING MESSAGE = 'a graph needs a name';
	END IF;
	IF name::name::text <> name THEN
		RAISE name_too_long USING
			MESSAGE = format('graph name "%s" is too long', name),
			DETAIL = format('It has %s bytes; the name is also that of a schema, which ends after %s.',
							octet_length(name), octet_length(name::name::text));
	END IF;
	IF name LIKE 'pg\_%' OR name = 'information_schema' THEN
		RAISE reserved_name USING
			MESSAGE = format('graph name "%s" is reserved for system schemas', name);
	END IF;
	IF dimensions NOT BETWEEN 1 AND max_dimensions THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('dimensions must be between 1 and %s, not %s',
							 max_dimensions, dimensions);
	END IF;
	IF metric IS NULL OR metric NOT IN ('cosine', 'l2', 'ip') THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown metric %s', quote_nullable(metric)),
			HINT = 'Use ''cosine'', ''l2'' or ''ip''.';
	END IF;
	IF embedding_type IS NULL OR embedding_type NOT IN ('vector', 'halfvec', 'int8vec') THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown embedding type %s', quote_nullable(embedding_type)),
			HINT = 'Use ''vector'', ''halfvec'' or ''int8vec''.';
	END IF;

	SELECT c.relname INTO taken
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = create_graph_body.name AND
		c.relname IN ('entity', 'relation', 'observation', 'entity_type', 'relation_type',
					  'alias', 'change', 'lexeme', 'text_size')
	ORDER BY c.relname LIMIT 1;
	IF EXISTS (SELECT FROM kg.graph g WHERE g.name = create_graph_body.name) THEN
		IF taken IS NOT NULL OR
			EXISTS (SELECT FROM kg.graph g WHERE g.name = create_graph_body.name AND g.schema_name IS NULL) THEN
			RAISE duplicate_object USING
				MESSAGE = format('graph "%s" already exists', name);
		END IF;
		-- the entry is left over: its tables were dropped by hand
		PERFORM kg.unregister_graph(name);
	ELSIF taken IS NOT NULL THEN
		RAISE duplicate_table USING
			MESSAGE = format('schema %I already has a table %I', name, taken),
			HINT = format('If the tables there are a graph, enter them with kg.register_graph(%L). Else give the graph another name.', name);
	END IF;

	make_schema := NOT EXISTS (
		SELECT FROM pg_namespace n WHERE n.nspname = create_graph_body.name);
	IF make_schema AND NOT has_database_privilege(current_database(), 'CREATE') THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('permission denied to create schema %I for graph "%s"', name, name),
			HINT = format('Ask for GRANT CREATE ON DATABASE %I TO %I, or for a schema of that name in which you may create tables.',
						  current_database(), current_user);
	END IF;
	IF NOT make_schema AND NOT (has_schema_privilege(name, 'CREATE') AND
								has_schema_privilege(name, 'USAGE')) THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('permission denied to create tables in schema %I', name),
			HINT = format('Ask for GRANT CREATE, USAGE ON SCHEMA %I TO %I, or give the graph another name, as in kg.create_graph(name => %L).',
						  name, current_user, 'mine');
	END IF;

	BEGIN
		IF make_schema THEN
			EXECUTE format('CREATE SCHEMA %I', name);
		END IF;
		EXECUTE format($ddl$
CREATE TABLE %1$I.entity_type (
	id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE
);
CREATE TABLE %1$I.relation_type (
	id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE
);
CREATE TABLE %1$I.entity (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	type integer NOT NULL REFERENCES %1$I.entity_type (id),
	name text NOT NULL CHECK (octet_length(name) <= 2000),
	properties jsonb NOT NULL DEFAULT '{}',
	embedding %2$s,
	importance real NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL DEFAULT current_user,
	updated_at timestamptz NOT NULL DEFAULT now(),
	updated_by text NOT NULL DEFAULT current_user
);
CREATE TABLE %1$I.relation (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	source bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	target bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	type integer NOT NULL REFERENCES %1$I.relation_type (id),
	weight real NOT NULL DEFAULT 1,
	properties jsonb NOT NULL DEFAULT '{}',
	valid_from timestamptz,
	valid_to timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL DEFAULT current_user,
	CHECK (valid_from < valid_to)
);
CREATE TABLE %1$I.observation (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	entity bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	content text NOT NULL,
	source text,
	at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entity_name_idx ON %1$I.entity (name, type);
CREATE INDEX observation_entity_idx ON %1$I.observation (entity, at);
CREATE TRIGGER entity_set_updated BEFORE UPDATE ON %1$I.entity
	FOR EACH ROW EXECUTE FUNCTION kg.set_updated();

COMMENT ON TABLE %1$I.entity IS 'nodes of the graph';
COMMENT ON COLUMN %1$I.entity.type IS 'entity_type.id';
COMMENT ON COLUMN %1$I.entity.name IS 'name of the entity; need not be unique';
COMMENT ON COLUMN %1$I.entity.properties IS 'other properties, as jsonb';
COMMENT ON COLUMN %1$I.entity.embedding IS 'embedding of the entity, for kg.knn';
COMMENT ON COLUMN %1$I.entity.importance IS 'for ranking, in a unit of your choice';
COMMENT ON COLUMN %1$I.entity.updated_at IS 'time of the last UPDATE';
COMMENT ON COLUMN %1$I.entity.updated_by IS 'role of the last UPDATE';
COMMENT ON TRIGGER entity_set_updated ON %1$I.entity IS 'keeps updated_at and updated_by';
COMMENT ON INDEX %1$I.entity_name_idx IS 'finds entities by name';
COMMENT ON TABLE %1$I.relation IS 'directed edges of the graph, from source to target';
COMMENT ON COLUMN %1$I.relation.source IS 'entity.id of the start of the edge';
COMMENT ON COLUMN %1$I.relation.target IS 'entity.id of the end of the edge';
COMMENT ON COLUMN %1$I.relation.type IS 'relation_type.id';
COMMENT ON COLUMN %1$I.relation.weight IS 'strength or cost, in a unit of your choice';
COMMENT ON COLUMN %1$I.relation.properties IS 'other properties, as jsonb';
COMMENT ON COLUMN %1$I.relation.valid_from IS 'valid from this time on; null: no start';
COMMENT ON COLUMN %1$I.relation.valid_to IS 'valid until just before this time; null: no end';
COMMENT ON TABLE %1$I.observation IS 'texts about entities';
COMMENT ON COLUMN %1$I.observation.entity IS 'entity.id of the entity that the text is about';
COMMENT ON COLUMN %1$I.observation.source IS 'where the text comes from';
COMMENT ON COLUMN %1$I.observation.at IS 'when this was observed';
COMMENT ON INDEX %1$I.observation_entity_idx IS 'observations of an entity in order of time';
COMMENT ON TABLE %1$I.entity_type IS 'names of the types of entities';
COMMENT ON TABLE %1$I.relation_type IS 'names of the types of relations';
$ddl$, name, format('kg.%I', embedding_type) || coalesce('(' || dimensions || ')', ''));
	EXCEPTION WHEN duplicate_schema OR duplicate_table OR unique_violation THEN
		-- the checks above did not see it: the other transaction had not committed
		RAISE duplicate_object USING
			MESSAGE = format('graph "%s" was created by another transaction', name);
	END;
	PERFORM kg.register_graph(name, metric, make_schema);
	PERFORM kg.upgrade_graph(name, language);
END
$function$;
COMMENT ON FUNCTION create_graph_body(text, integer, text, text, regconfig) IS
	'body of kg.create_graph';
REVOKE ALL ON FUNCTION create_graph_body(text, integer, text, text, regconfig) FROM PUBLIC;

CREATE FUNCTION create_graph(
	name text DEFAULT 'kg',
	dimensions integer DEFAULT NULL,
	metric text DEFAULT 'cosine',
	embedding_type text DEFAULT 'vector',
	language regconfig DEFAULT 'english'
) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION create_graph(text, integer, text, text, regconfig) IS
	'makes an empty graph: its tables, owned by the caller, in the schema of that name; '
	'dimensions: of the embeddings, null for any; metric: cosine, l2 or ip; '
	'embedding_type: vector, halfvec or int8vec; language: text search configuration of names and contents';

CREATE FUNCTION drop_graph_body(name text, cascade boolean) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry kg.graph;
	tables text;
BEGIN
	SELECT * INTO entry FROM kg.graph g WHERE g.name = drop_graph_body.name;
	IF NOT FOUND THEN
		RAISE undefined_object USING
			MESSAGE = format('graph %s does not exist', coalesce('"' || name || '"', 'NULL')),
			HINT = 'The table kg.graph lists the graphs of this database.';
	END IF;
	PERFORM kg.unregister_graph(name);
	-- Searches begin with the relations: who waits for them must have locked no other
	-- table, which a search locks after them.
	SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', '
		ORDER BY c.relname <> entry.relation_table, c.relname <> entry.entity_table, c.relname) INTO tables
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = entry.schema_name AND
		c.relname IN (entry.entity_table, entry.relation_table, entry.observation_table,
					  entry.entity_type_table, entry.relation_type_table, 'alias', 'change', 'lexeme', 'text_size');
	IF tables IS NOT NULL THEN
		EXECUTE 'DROP TABLE ' || tables || CASE WHEN cascade THEN ' CASCADE' ELSE '' END;
	END IF;
	IF entry.made_schema THEN
		BEGIN
			EXECUTE format('DROP SCHEMA IF EXISTS %I RESTRICT', entry.schema_name);
		EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
			NULL;	-- the schema holds other objects by now, or has another owner
		END;
	END IF;
END
$function$;
COMMENT ON FUNCTION drop_graph_body(text, boolean) IS
	'body of kg.drop_graph';
REVOKE ALL ON FUNCTION drop_graph_body(text, boolean) FROM PUBLIC;

CREATE FUNCTION drop_graph(name text, cascade boolean DEFAULT false) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION drop_graph(text, boolean) IS
	'removes a graph from kg.graph; if kg.create_graph made the graph, also drops its tables, and its schema '
	'if nothing else is in it; cascade: drop what depends on the tables, too; '
	'the tables of a registered graph stay as they are';
-- What graphs have for texts and for two times; kg.upgrade_graph adds it to graphs made before

CREATE FUNCTION fold_text(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_fold_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION fold_text(text) IS
	'the text with one form for characters that readers take for the same, from which names and words are made: '
	'apostrophes, quotes, hyphens and spaces as in ASCII, other signs as spaces, accents within their letters (NFC), '
	'no soft hyphens and other characters that are not seen, plain letters for ligatures and full width; '
	'in other encodings than UTF8 the text as it is';

-- The indexes of entity names are on this expression.
CREATE FUNCTION name_key(name text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_name_key'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION name_key(text) IS
	'what of a name decides whether two names are the same: kg.fold_text of it, lower case, with one space for anything that is no letter or digit, but for + and # at the end of a word';

-- Columns, tables and indexes are added only where they are not there: the function may be called again.
CREATE FUNCTION upgrade_graph_body(graph text, language regconfig) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
AS $function$
DECLARE
	entry kg.graph;
	embedding_type text;
	has_known_times boolean;
	is_unfolded boolean;
	is_counted boolean := false;
BEGIN
	IF graph IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = upgrade_graph_body.graph;
	IF entry.schema_name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('there is no graph "%s" that kg.create_graph made', graph),
			HINT = 'The table kg.graph lists the graphs of this database. Tables of a registered graph get columns from their owner.';
	END IF;
	IF language IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'language must not be null',
			HINT = 'Use a text search configuration, such as ''english'' or ''simple''.';
	END IF;
	SELECT format_type(a.atttypid, a.atttypmod) INTO STRICT embedding_type
	FROM pg_attribute a
	WHERE a.attrelid = format('%I.%I', entry.schema_name, entry.entity_table)::regclass AND a.attname = 'embedding';
	has_known_times := EXISTS (
		SELECT FROM pg_attribute a
		WHERE a.attrelid = format('%I.%I', entry.schema_name, entry.relation_table)::regclass AND
			a.attname = 'recorded_at' AND NOT a.attisdropped);

	-- Words and names were not always folded: columns and indexes of those are made again.
	is_unfolded := EXISTS (
		SELECT FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		WHERE d.adrelid = format('%I.%I', entry.schema_name, entry.entity_table)::regclass AND a.attname = 'words' AND
			pg_get_expr(d.adbin, d.adrelid) !~ 'kg\.fold_text');
	IF is_unfolded THEN
		language := kg.graph_language(graph);
		EXECUTE format('SELECT EXISTS (SELECT FROM %I.text_size)', entry.schema_name) INTO is_counted;
		EXECUTE format($ddl$
ALTER TABLE %1$I.entity DROP COLUMN words;
ALTER TABLE %1$I.observation DROP COLUMN words;
DROP INDEX IF EXISTS %1$I.entity_name_key_idx, %1$I.entity_resolved_idx, %1$I.alias_name_key_idx, %1$I.entity_name_trigram_idx;
UPDATE %1$I.entity e SET resolved = false FROM (
	SELECT id, row_number() OVER (PARTITION BY type, kg.name_key(name) ORDER BY id) AS n FROM %1$I.entity WHERE resolved) o
WHERE o.id = e.id AND o.n > 1;
DELETE FROM %1$I.alias a USING (
	SELECT ctid, row_number() OVER (PARTITION BY type, kg.name_key(name) ORDER BY created_at, entity) AS n FROM %1$I.alias) o
WHERE o.ctid = a.ctid AND o.n > 1;
$ddl$, entry.schema_name);
	END IF;

	-- An index on the words as they are finds the same, but slower.
	IF EXISTS (
		SELECT FROM pg_index i
		WHERE i.indexrelid = to_regclass(format('%I.entity_content_words_idx', entry.schema_name)) AND i.indexprs IS NULL) THEN
		EXECUTE format('DROP INDEX %I.entity_content_words_idx', entry.schema_name);
	END IF;

	-- A failure of one command undoes them all.
	EXECUTE format($ddl$
ALTER TABLE %1$I.entity
	ADD COLUMN IF NOT EXISTS resolved boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS content text,
	ADD COLUMN IF NOT EXISTS document text,
	ADD COLUMN IF NOT EXISTS ordinal integer,
	ADD COLUMN IF NOT EXISTS words tsvector
		GENERATED ALWAYS AS (to_tsvector(%2$L::regconfig, kg.fold_text(name || coalesce(' ' || content, '')))) STORED;
-- Searches by text read the words of many rows: they stay in the row, and other columns leave it first.
ALTER TABLE %1$I.entity ALTER COLUMN words SET STORAGE MAIN;
ALTER TABLE %1$I.relation
	ADD COLUMN IF NOT EXISTS recorded_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN IF NOT EXISTS expired_at timestamptz,
	ADD COLUMN IF NOT EXISTS expired_by text;
ALTER TABLE %1$I.observation
	ADD COLUMN IF NOT EXISTS embedding %3$s,
	ADD COLUMN IF NOT EXISTS valid_from timestamptz,
	ADD COLUMN IF NOT EXISTS valid_to timestamptz,
	ADD COLUMN IF NOT EXISTS created_by text NOT NULL DEFAULT current_user,
	ADD COLUMN IF NOT EXISTS recorded_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN IF NOT EXISTS expired_at timestamptz,
	ADD COLUMN IF NOT EXISTS expired_by text,
	ADD COLUMN IF NOT EXISTS words tsvector
		GENERATED ALWAYS AS (to_tsvector(%2$L::regconfig, kg.fold_text(content))) STORED;
ALTER TABLE %1$I.observation ALTER COLUMN words SET STORAGE MAIN;
CREATE TABLE IF NOT EXISTS %1$I.alias (
	entity bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	type integer NOT NULL REFERENCES %1$I.entity_type (id),
	name text NOT NULL CHECK (octet_length(name) <= 2000),
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL DEFAULT current_user
);
CREATE TABLE IF NOT EXISTS %1$I.change (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	entity bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	action text NOT NULL,
	detail jsonb NOT NULL DEFAULT '{}',
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	by text NOT NULL DEFAULT current_user
);
CREATE TABLE IF NOT EXISTS %1$I.lexeme (
	kind text NOT NULL CHECK (kind IN ('entity', 'passage', 'observation')),
	lexeme text NOT NULL,
	texts bigint NOT NULL,
	PRIMARY KEY (kind, lexeme)
);
CREATE TABLE IF NOT EXISTS %1$I.text_size (
	kind text PRIMARY KEY CHECK (kind IN ('entity', 'passage', 'observation')),
	texts bigint NOT NULL,
	words bigint NOT NULL,
	mean_idf double precision NOT NULL DEFAULT 0,
	last_id bigint NOT NULL DEFAULT 0,
	refreshed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS entity_name_key_idx ON %1$I.entity (kg.name_key(name) text_pattern_ops);
CREATE UNIQUE INDEX IF NOT EXISTS entity_resolved_idx ON %1$I.entity (type, kg.name_key(name)) WHERE resolved;
CREATE INDEX IF NOT EXISTS entity_document_idx ON %1$I.entity (document, ordinal) WHERE document IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_passage_idx ON %1$I.entity (id) WHERE content IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_name_words_idx ON %1$I.entity USING gin (words) WHERE content IS NULL;
CREATE INDEX IF NOT EXISTS entity_content_words_idx ON %1$I.entity USING gin (kg.marked_words(words)) WHERE content IS NOT NULL;
CREATE INDEX IF NOT EXISTS observation_words_idx ON %1$I.observation USING gin (words);
CREATE UNIQUE INDEX IF NOT EXISTS alias_name_key_idx ON %1$I.alias (kg.name_key(name) text_pattern_ops, type);
CREATE INDEX IF NOT EXISTS alias_entity_idx ON %1$I.alias (entity);
CREATE INDEX IF NOT EXISTS change_entity_idx ON %1$I.change (entity, at);

COMMENT ON COLUMN %1$I.entity.resolved IS 'no other entity of this type with resolved has this name; kg.upsert_entities sets it';
COMMENT ON COLUMN %1$I.entity.content IS 'text of a passage; null: the entity is no passage';
COMMENT ON COLUMN %1$I.entity.document IS 'the document that a passage is from';
COMMENT ON COLUMN %1$I.entity.ordinal IS 'number of a passage within its document';
COMMENT ON COLUMN %1$I.entity.words IS 'words of name and content, for kg.search';
COMMENT ON COLUMN %1$I.relation.recorded_at IS 'known from this time on';
COMMENT ON COLUMN %1$I.relation.expired_at IS 'known until just before this time; null: still known. Searches see only what is known';
COMMENT ON COLUMN %1$I.relation.expired_by IS 'role that superseded or retracted it';
COMMENT ON COLUMN %1$I.observation.embedding IS 'embedding of the content, for kg.search';
COMMENT ON COLUMN %1$I.observation.valid_from IS 'true from this time on; null: no start';
COMMENT ON COLUMN %1$I.observation.valid_to IS 'true until just before this time; null: no end';
COMMENT ON COLUMN %1$I.observation.created_by IS 'role that added it';
COMMENT ON COLUMN %1$I.observation.recorded_at IS 'known from this time on';
COMMENT ON COLUMN %1$I.observation.expired_at IS 'known until just before this time; null: still known. Searches see only what is known';
COMMENT ON COLUMN %1$I.observation.expired_by IS 'role that superseded or retracted it';
COMMENT ON COLUMN %1$I.observation.words IS 'words of the content, for kg.search';
COMMENT ON TABLE %1$I.alias IS 'further names of entities';
COMMENT ON COLUMN %1$I.alias.entity IS 'entity.id';
COMMENT ON COLUMN %1$I.alias.type IS 'type of the entities for which the name stands';
COMMENT ON COLUMN %1$I.alias.name IS 'a name that leads to the entity';
COMMENT ON TABLE %1$I.change IS 'what was done to entities, for kg.history';
COMMENT ON COLUMN %1$I.change.entity IS 'entity.id';
COMMENT ON COLUMN %1$I.change.action IS 'what was done, such as update or merge';
COMMENT ON COLUMN %1$I.change.detail IS 'values before the change';
COMMENT ON COLUMN %1$I.change.at IS 'when';
COMMENT ON COLUMN %1$I.change.by IS 'role that did it';
COMMENT ON TABLE %1$I.lexeme IS 'in how many texts a word is, for BM25; kg.refresh_text_statistics fills it';
COMMENT ON COLUMN %1$I.lexeme.kind IS 'of which texts: names of entities, passages, or observations';
COMMENT ON COLUMN %1$I.lexeme.lexeme IS 'the word as in the column words';
COMMENT ON COLUMN %1$I.lexeme.texts IS 'number of texts with this word';
COMMENT ON TABLE %1$I.text_size IS 'number and length of texts, for BM25; kg.refresh_text_statistics fills it';
COMMENT ON COLUMN %1$I.text_size.kind IS 'which texts: names of entities, passages, or observations';
COMMENT ON COLUMN %1$I.text_size.texts IS 'number of texts';
COMMENT ON COLUMN %1$I.text_size.words IS 'number of words in all of them';
COMMENT ON COLUMN %1$I.text_size.mean_idf IS 'mean of the words'' inverse document frequencies';
COMMENT ON COLUMN %1$I.text_size.last_id IS 'greatest id among these texts when they were counted';
COMMENT ON COLUMN %1$I.text_size.refreshed_at IS 'when they were counted';
COMMENT ON INDEX %1$I.entity_name_key_idx IS 'finds entities by name or its beginning, whatever its case and punctuation';
COMMENT ON INDEX %1$I.entity_resolved_idx IS 'keeps the verbs from making an entity twice';
COMMENT ON INDEX %1$I.entity_document_idx IS 'finds the passages of a document';
COMMENT ON INDEX %1$I.entity_passage_idx IS 'finds the passages among entities';
COMMENT ON INDEX %1$I.entity_name_words_idx IS 'finds entities by words of their names';
COMMENT ON INDEX %1$I.entity_content_words_idx IS 'finds passages by words';
COMMENT ON INDEX %1$I.observation_words_idx IS 'finds observations by words';
COMMENT ON INDEX %1$I.alias_name_key_idx IS 'finds entities by further names';
COMMENT ON INDEX %1$I.alias_entity_idx IS 'finds further names of an entity';
COMMENT ON INDEX %1$I.change_entity_idx IS 'changes of an entity in order of time';
$ddl$, entry.schema_name, language, embedding_type);

	IF NOT has_known_times THEN
		-- What a graph held before it had these columns was known since it was inserted.
		EXECUTE format($ddl$
ALTER TABLE %1$I.relation ALTER COLUMN recorded_at TYPE timestamptz USING created_at;
ALTER TABLE %1$I.observation ALTER COLUMN recorded_at TYPE timestamptz USING at;
ALTER TABLE %1$I.relation ADD CONSTRAINT relation_known_check CHECK (recorded_at <= expired_at);
ALTER TABLE %1$I.observation ADD CONSTRAINT observation_known_check CHECK (recorded_at <= expired_at),
	ADD CONSTRAINT observation_valid_check CHECK (valid_from < valid_to);
DROP INDEX IF EXISTS %1$I.relation_source_idx, %1$I.relation_target_idx;
CREATE INDEX relation_source_idx ON %1$I.relation (source, type)
	INCLUDE (weight, target, id, valid_from, valid_to, expired_at);
CREATE INDEX relation_target_idx ON %1$I.relation (target, type)
	INCLUDE (weight, source, id, valid_from, valid_to, expired_at);
COMMENT ON INDEX %1$I.relation_source_idx IS 'outgoing edges, for index-only traversal';
COMMENT ON INDEX %1$I.relation_target_idx IS 'incoming edges, for index-only traversal';
$ddl$, entry.schema_name);
	END IF;

	IF is_counted THEN
		PERFORM kg.refresh_text_statistics(graph);
	END IF;

	-- CREATE OR REPLACE TRIGGER would take a lock that waits for readers, also if nothing changes.
	IF NOT EXISTS (
		SELECT FROM pg_trigger t
		WHERE t.tgrelid = format('%I.%I', entry.schema_name, entry.entity_table)::regclass AND t.tgname = 'entity_log_change') THEN
		EXECUTE format($ddl$
CREATE TRIGGER entity_log_change AFTER UPDATE ON %1$I.entity
	FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.type IS DISTINCT FROM NEW.type OR
		OLD.properties IS DISTINCT FROM NEW.properties OR OLD.content IS DISTINCT FROM NEW.content)
	EXECUTE FUNCTION kg.log_change();
COMMENT ON TRIGGER entity_log_change ON %1$I.entity IS 'keeps old names, types, properties and contents for kg.history';
$ddl$, entry.schema_name);
	END IF;

	IF EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_trgm') THEN
		EXECUTE format($ddl$
CREATE INDEX IF NOT EXISTS entity_name_trigram_idx ON %1$I.entity USING gin (kg.name_key(name) %2$s);
COMMENT ON INDEX %1$I.entity_name_trigram_idx IS 'finds entities by similar names';
$ddl$, entry.schema_name,
					   (SELECT format('%I.gin_trgm_ops', n.nspname)
						FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'));
	END IF;
END
$function$;
COMMENT ON FUNCTION upgrade_graph_body(text, regconfig) IS
	'body of kg.upgrade_graph';
REVOKE ALL ON FUNCTION upgrade_graph_body(text, regconfig) FROM PUBLIC;

CREATE FUNCTION upgrade_graph(graph text DEFAULT 'kg', language regconfig DEFAULT 'english') RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upgrade_graph(text, regconfig) IS
	'adds to a graph that kg.create_graph made before what kg.search and the two times need: columns, tables and indexes; '
	'language: text search configuration of names and contents; of a graph whose words were not folded (kg.fold_text) '
	'the words are made again, in its language; a graph that has them all stays as it is, '
	'but for the index by trigrams, which is added if pg_trgm has been installed since';

CREATE FUNCTION graph_language(graph text DEFAULT 'kg') RETURNS regconfig
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT substring(pg_get_expr(d.adbin, d.adrelid) FROM $re$to_tsvector\('((?:[^']|'')*)'::regconfig$re$)::regconfig
	FROM kg.graph g
		JOIN pg_namespace n ON n.nspname = g.schema_name
		JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = g.entity_table
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'words'
		JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE g.name = graph
$function$;
COMMENT ON FUNCTION graph_language(text) IS
	'the text search configuration of a graph''s names and contents; null for a graph without text search';

CREATE FUNCTION index_known_at_body(graph text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
AS $function$
DECLARE
	entry kg.graph;
BEGIN
	IF graph IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = index_known_at_body.graph;
	IF entry.schema_name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('there is no graph "%s" that kg.create_graph made', graph),
			HINT = 'The table kg.graph lists the graphs of this database. The owner of the tables of a registered graph makes indexes himself.';
	END IF;
	PERFORM kg.check_known_at(NULL, graph);
	EXECUTE format($ddl$
CREATE INDEX IF NOT EXISTS relation_source_known_idx ON %1$I.%2$I (source, type)
	INCLUDE (weight, target, id, valid_from, valid_to, recorded_at, expired_at);
CREATE INDEX IF NOT EXISTS relation_target_known_idx ON %1$I.%2$I (target, type)
	INCLUDE (weight, source, id, valid_from, valid_to, recorded_at, expired_at);
COMMENT ON INDEX %1$I.relation_source_known_idx IS 'outgoing edges, for traversals with known_at';
COMMENT ON INDEX %1$I.relation_target_known_idx IS 'incoming edges, for traversals with known_at';
$ddl$, entry.schema_name, entry.relation_table);
END
$function$;
COMMENT ON FUNCTION index_known_at_body(text) IS
	'body of kg.index_known_at';
REVOKE ALL ON FUNCTION index_known_at_body(text) FROM PUBLIC;

CREATE FUNCTION index_known_at(graph text DEFAULT 'kg') RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION index_known_at(text) IS
	'makes two more indexes on the relations of a graph that kg.create_graph made, which hold recorded_at, too: '
	'with them, searches with known_at read index pages as those without it do; they take 8 bytes a relation more '
	'than the indexes that each graph has';
-- Graphs over tables of the user's own

CREATE FUNCTION register_tables(name text, metric text, nodes jsonb, edges jsonb) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_register_tables'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_tables(text, text, jsonb, jsonb) IS
	'enters a registered graph in the catalogue; the caller must own its tables; '
	'kg.register_graph calls this after it has completed their descriptions';

-- The functions that call this one set no search_path, so that names mean what they
-- mean to the user.
CREATE FUNCTION find_table(name text, path text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	relid regclass;
	as_it_stands regclass;
BEGIN
	PERFORM set_config('search_path', path, true);
	as_it_stands := pg_catalog.to_regclass(pg_catalog.quote_ident(name));
	BEGIN
		relid := pg_catalog.to_regclass(name);
	EXCEPTION WHEN invalid_name THEN
		NULL;	-- no table has such a name
	END;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	IF relid IS NULL THEN
		RAISE undefined_table USING
			MESSAGE = format('table %s does not exist', coalesce(name, 'NULL')),
			HINT = CASE WHEN as_it_stands IS NULL THEN 'Names mean what they mean in SQL with your search_path.'
				ELSE format('There is one if it is quoted as in SQL: %s', to_json(quote_ident(name))) END;
	END IF;
	RETURN relid;
END
$function$;
COMMENT ON FUNCTION find_table(text, text) IS
	'the table that has this name, resolved with search_path "path", or an error';

CREATE FUNCTION table_item(item jsonb, allowed text[]) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	unknown text;
BEGIN
	IF jsonb_typeof(item) = 'string' THEN
		RETURN jsonb_build_object('table', item);
	END IF;
	IF jsonb_typeof(item) <> 'object' OR item ->> 'table' IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('%s does not name a table', item),
			HINT = 'A table is written "name" or {"table": "name", ...}.';
	END IF;
	SELECT k INTO unknown FROM jsonb_object_keys(item) k WHERE k <> ALL (allowed) ORDER BY k LIMIT 1;
	IF unknown IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown key "%s" in the description of table %s', unknown, item ->> 'table'),
			HINT = format('Keys are: %s.', array_to_string(allowed, ', '));
	END IF;
	RETURN item;
END
$function$;
COMMENT ON FUNCTION table_item(jsonb, text[]) IS
	'the description of a table as a JSON object, or an error if it has other keys than the allowed ones';

-- A guess by name: the first column that has one of these names, a type of one of
-- these categories (pg_type.typcategory) and, if types are given, one of these types
-- or a domain over one
CREATE FUNCTION guess_column(relid regclass, names text[], categories text, types regtype[] DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT a.attname
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
	WHERE a.attrelid = relid AND a.attnum > 0 AND NOT a.attisdropped AND
		a.attname = ANY (names) AND strpos(categories, t.typcategory::text) > 0 AND
		(types IS NULL OR coalesce(nullif(t.typbasetype, 0), t.oid) = ANY (types))
	ORDER BY array_position(names, a.attname::text) LIMIT 1
$function$;
COMMENT ON FUNCTION guess_column(regclass, text[], text, regtype[]) IS
	'a guess: the first column that has one of these names, a type of one of these categories and, if types is not null, one of these types';

-- The catalogue writes a key of several columns as (a, b).
CREATE FUNCTION key_columns(key text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'kg_key_column_names'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION key_columns(text) IS
	'names of the columns of a key: one name, or several as (a, b)';

CREATE FUNCTION key_expression(relid regclass, key text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_key_expression'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION key_expression(regclass, text) IS
	'an SQL expression for the key of row "x" of this table, as the text that functions take and return';

CREATE FUNCTION key_name(key jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN jsonb_typeof(key) IS DISTINCT FROM 'array' THEN key #>> '{}'
		WHEN jsonb_array_length(key) = 0 THEN NULL
		WHEN jsonb_array_length(key) = 1 THEN key ->> 0
		ELSE (SELECT format('(%s)', string_agg(quote_ident(c), ', ' ORDER BY n)) FROM jsonb_array_elements_text(key) WITH ORDINALITY u(c, n)) END
$function$;
COMMENT ON FUNCTION key_name(jsonb) IS
	'a key, given as the name of a column or an array of names, in the form of the catalogue';

CREATE FUNCTION is_key_type(type oid, collation_id oid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT (t.typtype = 'e' OR t.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype, 'varchar'::regtype,
			'bpchar'::regtype, 'name'::regtype, 'numeric'::regtype, 'date'::regtype, 'oid'::regtype)) AND
		NOT EXISTS (SELECT FROM pg_collation c WHERE c.oid = collation_id AND NOT c.collisdeterministic)
	FROM pg_type d JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid) WHERE d.oid = type
$function$;
COMMENT ON FUNCTION is_key_type(oid, oid) IS
	'can a column of this type and collation be a key of nodes?';

CREATE FUNCTION guess_key(relid regclass) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT a.attname
	FROM pg_index i JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = relid AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND
		(i.indisprimary OR a.attnotnull) AND
		kg.is_key_type(a.atttypid, a.attcollation)
	ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1
$function$;
COMMENT ON FUNCTION guess_key(regclass) IS
	'a guess: the column that is the primary key of the table, or one that is unique and not null';

CREATE FUNCTION guess_node_key(relid regclass) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce(kg.guess_key(relid), (
		SELECT kg.key_name(jsonb_agg(a.attname ORDER BY k.n))
		FROM pg_index i CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY k(attnum, n)
			JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = k.attnum
		WHERE i.indrelid = relid AND i.indisprimary AND i.indnkeyatts > 1
		HAVING bool_and(kg.is_key_type(a.atttypid, a.attcollation))))
$function$;
COMMENT ON FUNCTION guess_node_key(regclass) IS
	'a guess: the column of kg.guess_key, or else a primary key of several columns';

-- The columns of the table that refer to a key, in the order of the key's columns
CREATE FUNCTION foreign_keys(relid regclass, referred regclass, key text) RETURNS TABLE (name text, attnums smallint[])
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT DISTINCT kg.key_name(c.columns), c.attnums
	FROM pg_constraint f CROSS JOIN LATERAL (
		SELECT jsonb_agg(a.attname ORDER BY w.n) AS columns, array_agg(a.attnum ORDER BY w.n) AS attnums
		FROM unnest(kg.key_columns(key)) WITH ORDINALITY w(name, n)
			JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attname = w.name
			JOIN unnest(f.conkey, f.confkey) r(own, other) ON r.other = k.attnum
			JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = r.own
			JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type u ON u.oid = k.atttypid
		WHERE coalesce(nullif(t.typbasetype, 0), t.oid) = coalesce(nullif(u.typbasetype, 0), u.oid) OR
			coalesce(nullif(t.typbasetype, 0), t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) AND
			coalesce(nullif(u.typbasetype, 0), u.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) OR
			coalesce(nullif(t.typbasetype, 0), t.oid) IN ('text'::regtype, 'varchar'::regtype) AND
			coalesce(nullif(u.typbasetype, 0), u.oid) IN ('text'::regtype, 'varchar'::regtype)) c
	WHERE f.contype = 'f' AND f.conrelid = relid AND f.confrelid = referred AND
		cardinality(f.conkey) = cardinality(kg.key_columns(key)) AND cardinality(c.attnums) = cardinality(f.conkey)
$function$;
COMMENT ON FUNCTION foreign_keys(regclass, regclass, text) IS
	'the columns of table "relid" that have a foreign key to this key of table "referred", if their types are of the same kind';

CREATE FUNCTION describe_node_table(item jsonb, path text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	given jsonb := kg.table_item(item, '{table,label,key,name,embedding,content}');
	relid CONSTANT regclass := kg.find_table(given ->> 'table', path);
	guessed jsonb;
BEGIN
	SELECT jsonb_build_object('schema', n.nspname, 'label', c.relname,
		'key', kg.guess_node_key(relid),
		'name', kg.guess_column(relid, '{name,title,label}', 'S', '{text,varchar,bpchar,name}'),
		'embedding', (SELECT max(a.attname) FROM pg_attribute a
			WHERE a.attrelid = relid AND a.attnum > 0 AND
				(a.atttypid IN ('kg.vector'::regtype, 'kg.halfvec'::regtype, 'kg.int8vec'::regtype) OR
					-- pgvector's
					EXISTS (SELECT FROM pg_type t JOIN pg_depend d ON d.objid = t.oid JOIN pg_extension x ON x.oid = d.refobjid
						WHERE t.oid = a.atttypid AND t.typname IN ('vector', 'halfvec') AND d.classid = 'pg_type'::regclass AND
							d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass AND x.extname = 'vector'))
			HAVING count(*) = 1),
		'content', kg.guess_column(relid, '{content,body,text}', 'S', '{text,varchar}'))
	INTO guessed
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid;
	given := guessed || given;
	given := given || jsonb_build_object('relid', relid::oid::bigint,
		'table', (SELECT c.relname FROM pg_class c WHERE c.oid = relid), 'key', kg.key_name(given -> 'key'));
	IF coalesce(given ->> 'label', '') = '' OR strpos(given ->> 'label', ':') > 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('label %s of table %s is empty or has a colon', given -> 'label', relid),
			DETAIL = 'Nodes are written as label:key.',
			HINT = format('Give it another one: {"table": "%s", "label": "..."}', relid);
	END IF;
	IF given ->> 'key' IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('table %s has no primary key that could tell its nodes apart', relid),
			DETAIL = 'A key is one or more columns of type smallint, integer, bigint, uuid, text, varchar, char, name, numeric, date, oid or an enum.',
			HINT = format('Name the columns: {"table": "%s", "key": "..."} or {"table": "%s", "key": ["...", "..."]}', relid, relid);
	END IF;
	RETURN given;
END
$function$;
COMMENT ON FUNCTION describe_node_table(jsonb, text) IS
	'completes a description of a node table, for kg.register_graph';

CREATE FUNCTION describe_edge_table(item jsonb, nodes jsonb, path text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	given jsonb := kg.table_item(item,
		'{table,source,target,source_label,target_label,type,type_column,id,weight,valid_from,valid_to,recorded_at,expired_at,trust_ends}');
	relid CONSTANT regclass := kg.find_table(given ->> 'table', path);
	-- this table, if it is a node table too
	own CONSTANT jsonb := (SELECT n FROM jsonb_array_elements(nodes) n WHERE (n ->> 'relid')::oid = relid LIMIT 1);
	-- foreign keys: columns -> label of the node table that they refer to
	refers CONSTANT jsonb := (
		SELECT jsonb_object_agg(f.name, n ->> 'label')
		FROM jsonb_array_elements(nodes) n CROSS JOIN LATERAL kg.foreign_keys(relid, (n ->> 'relid')::oid::regclass, n ->> 'key') f);
	ends text[];
	side text;
	label text;
	key text;
BEGIN
	-- candidates for the ends, in the order of the table's columns
	given := given || jsonb_strip_nulls(jsonb_build_object('source', kg.key_name(given -> 'source'), 'target', kg.key_name(given -> 'target')));
	ends := ARRAY(
		SELECT r.name FROM jsonb_object_keys(coalesce(refers, '{}')) r(name)
		WHERE r.name NOT IN (coalesce(given ->> 'source', ''), coalesce(given ->> 'target', ''))
		ORDER BY (SELECT array_agg(a.attnum ORDER BY n) FROM unnest(kg.key_columns(r.name)) WITH ORDINALITY c(name, n)
			JOIN pg_attribute a ON a.attrelid = relid AND a.attname = c.name));
	IF own IS NOT NULL AND NOT given ? 'source' THEN
		given := given || jsonb_build_object('source', own -> 'key');
	END IF;
	IF refers IS NULL AND own IS NULL AND NOT given ?| '{source,target}' AND
		kg.guess_column(relid, '{source}', 'NSU') IS NOT NULL AND kg.guess_column(relid, '{target}', 'NSU') IS NOT NULL THEN
		given := given || '{"source": "source", "target": "target"}';
	END IF;
	FOREACH side IN ARRAY '{source,target}'::text[] LOOP
		CONTINUE WHEN given ->> side IS NOT NULL;
		IF cardinality(ends) <> (NOT given ? 'source')::int + (NOT given ? 'target')::int AND
			(side = 'source' OR cardinality(ends) <> 1) THEN
			RAISE invalid_parameter_value USING
				MESSAGE = format('cannot tell which columns of table %s are the ends of its edges', relid),
				DETAIL = format('Columns with foreign keys to node tables: %s.',
					coalesce(nullif(array_to_string(ends, ', '), ''), 'none')),
				HINT = format('Name them: {"table": "%s", "source": "...", "target": "..."}', relid);
		END IF;
		given := given || jsonb_build_object(side, ends[1]);
		ends := ends[2:];
	END LOOP;

	FOREACH side IN ARRAY '{source,target}'::text[] LOOP
		CONTINUE WHEN given ->> (side || '_label') IS NOT NULL;
		label := coalesce(refers ->> (given ->> side),
			CASE WHEN own ->> 'key' = given ->> side THEN own ->> 'label' END,
			CASE WHEN jsonb_array_length(nodes) = 1 THEN nodes #>> '{0,label}' END);
		IF label IS NULL THEN
			RAISE invalid_parameter_value USING
				MESSAGE = format('cannot tell which node table column "%s" of table %s refers to', given ->> side, relid),
				HINT = format('Add "%s_label": one of %s.', side,
					(SELECT string_agg(n ->> 'label', ', ') FROM jsonb_array_elements(nodes) n));
		END IF;
		given := given || jsonb_build_object(side || '_label', label);
	END LOOP;

	IF given ->> 'type' IS NOT NULL AND given ->> 'type_column' IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('edges of table %s have both a type and a column for it', relid),
			HINT = 'Leave out "type" or "type_column".';
	END IF;
	IF NOT given ?| '{type,type_column}' THEN
		given := given || jsonb_build_object('type_column', kg.guess_column(relid, '{type}', 'SE'));
	END IF;
	IF given ->> 'type' IS NULL AND given ->> 'type_column' IS NULL THEN
		given := given || jsonb_build_object('type', CASE WHEN own IS NULL
			THEN (SELECT c.relname::text FROM pg_class c WHERE c.oid = relid)
			ELSE regexp_replace(given ->> 'target', '_id$', '') END);
	END IF;

	IF jsonb_typeof(coalesce(given -> 'trust_ends', 'false')) <> 'boolean' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('trust_ends of table %s is %s', relid, given -> 'trust_ends'),
			HINT = 'It is true or false.';
	END IF;

	key := kg.guess_key(relid);
	RETURN jsonb_build_object(
			'id', (SELECT a.attname FROM pg_attribute a
				WHERE a.attrelid = relid AND a.attname = key AND
					key <> ALL (kg.key_columns(given ->> 'source') || kg.key_columns(given ->> 'target')) AND
					a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)),
			'weight', kg.guess_column(relid, '{weight}', 'N', '{int2,int4,int8,float4,float8,numeric}'),
			'valid_from', kg.guess_column(relid, '{valid_from}', 'D', '{date,timestamp,timestamptz}'),
			'valid_to', kg.guess_column(relid, '{valid_to}', 'D', '{date,timestamp,timestamptz}'))
		|| given
		|| (SELECT jsonb_build_object('schema', n.nspname, 'table', c.relname)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid);
END
$function$;
COMMENT ON FUNCTION describe_edge_table(jsonb, jsonb, text) IS
	'completes a description of an edge table, for kg.register_graph';

CREATE FUNCTION describe_tables(
	nodes jsonb,
	edges jsonb,
	path text,
	OUT node_tables jsonb,
	OUT edge_tables jsonb
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	shared text;
BEGIN
	edges := coalesce(edges, '[]');
	-- a single table may be given without brackets
	nodes := CASE WHEN jsonb_typeof(nodes) = 'array' THEN nodes ELSE jsonb_build_array(nodes) END;
	edges := CASE WHEN jsonb_typeof(edges) = 'array' THEN edges ELSE jsonb_build_array(edges) END;
	IF jsonb_array_length(nodes) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'a graph needs a table of nodes';
	END IF;
	SELECT jsonb_agg(kg.describe_node_table(item, path) ORDER BY n) INTO node_tables
	FROM jsonb_array_elements(nodes) WITH ORDINALITY i(item, n);
	SELECT n ->> 'label' INTO shared FROM jsonb_array_elements(node_tables) n
	GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1;
	IF shared IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('two node tables have the label "%s"', shared),
			HINT = 'Give them different ones: {"table": "...", "label": "..."}';
	END IF;
	SELECT coalesce(jsonb_agg(kg.describe_edge_table(item, node_tables, path) ORDER BY n), '[]') INTO edge_tables
	FROM jsonb_array_elements(edges) WITH ORDINALITY i(item, n);
END
$function$;
COMMENT ON FUNCTION describe_tables(jsonb, jsonb, text) IS
	'completes the descriptions of tables, for kg.register_graph; names of tables are resolved with search_path "path"';

CREATE FUNCTION register_graph_body(name text, nodes jsonb, edges jsonb, metric text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $function$
BEGIN
	IF nodes IS NULL OR edges IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = pg_catalog.format('the %s of graph "%s" must not be null', CASE WHEN nodes IS NULL THEN 'nodes' ELSE 'edges' END, name),
			HINT = 'Give a list of tables as JSON: ''["name", ...]''; ''[]'' is a graph without edges.';
	END IF;
	PERFORM kg.register_tables(name, metric, d.node_tables, d.edge_tables)
	FROM kg.describe_tables(nodes, edges, pg_catalog.current_setting('search_path')) d;
END
$function$;
COMMENT ON FUNCTION register_graph_body(text, jsonb, jsonb, text) IS
	'body of kg.register_graph(text, jsonb, jsonb, text)';
REVOKE ALL ON FUNCTION register_graph_body(text, jsonb, jsonb, text) FROM PUBLIC;

CREATE FUNCTION register_graph(
	name text,
	nodes jsonb,
	edges jsonb DEFAULT '[]',
	metric text DEFAULT 'cosine'
) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_graph(text, jsonb, jsonb, text) IS
	'makes a graph of existing tables that you own, which stay as they are. nodes: a list of tables, each "name" or '
	'{"table": "name", "label": ..., "key": ..., "name": ..., "embedding": ..., "content": ...} with the names of columns; '
	'by default the label is the table''s name and the key its primary key. edges: a list of tables, each "name" or '
	'{"table": "name", "source": ..., "target": ..., "type": the type of all its edges or "type_column": ..., '
	'"source_label": ..., "target_label": ..., "id": ..., "weight": ..., "valid_from": ..., "valid_to": ..., '
	'"recorded_at": ..., "expired_at": ..., "trust_ends": true or false}; '
	'by default the source and the target are the two columns with foreign keys to node tables, and the type is the '
	'table''s name. kg.discover proposes a call for a schema';

-- For literals without a type: between jsonb and register_graph(text, text, boolean)
-- PostgreSQL could not choose.
CREATE FUNCTION register_graph_body(name text, nodes text, edges text, metric text) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
AS $function$
	SELECT kg.register_graph(name, nodes::pg_catalog.jsonb, edges::pg_catalog.jsonb, metric)
$function$;
COMMENT ON FUNCTION register_graph_body(text, text, text, text) IS
	'body of kg.register_graph(text, text, text, text)';
REVOKE ALL ON FUNCTION register_graph_body(text, text, text, text) FROM PUBLIC;
CREATE FUNCTION register_graph(name text, nodes text, edges text, metric text DEFAULT 'cosine') RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_graph(text, text, text, text) IS
	'kg.register_graph(text, jsonb, jsonb, text) with JSON given as text';
-- Proposes a graph for the tables of a schema

-- One node or edge table of a proposal, as kg.register_graph takes it
CREATE FUNCTION table_description(relid regclass, details jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT format('{%s}', string_agg(format('%s: %s', to_json(key), value), ', ' ORDER BY n))
	FROM (
		SELECT 0 AS n, 'table' AS key, to_json(format('%I.%I', s.nspname, c.relname))::text AS value
		FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE c.oid = relid
		UNION ALL
		SELECT n, e ->> 'key', (e -> 'value')::text FROM jsonb_array_elements(details) WITH ORDINALITY d(e, n)
		WHERE jsonb_typeof(e -> 'value') <> 'null') p
$function$;
COMMENT ON FUNCTION table_description(regclass, jsonb) IS
	'the description of a table as JSON: {"table": ...} and the details that are not null, given as an array of {"key": ..., "value": ...}';

CREATE FUNCTION discover_body(schema text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	schema_name CONSTANT text := schema;
	-- An edge table has at most this many columns besides its ends and its key.
	max_other_columns CONSTANT integer := 4;
	node_items text;
	edge_items text;
	left_out text;
BEGIN
	IF schema_name IS NULL OR to_regnamespace(quote_ident(schema_name)) IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('schema %s does not exist', coalesce('"' || schema_name || '"', 'NULL'));
	END IF;

	WITH tables AS MATERIALIZED (
		-- no partitions, no members of extensions
		SELECT c.oid::regclass AS relid, c.relname AS name, kg.guess_key(c.oid) AS own_key, kg.guess_node_key(c.oid) AS key,
			pg_has_role(c.relowner, 'USAGE') AS is_mine,
			(SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS ncolumns
		FROM pg_class c
		WHERE c.relnamespace = to_regnamespace(quote_ident(schema_name)) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND
			NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
	), constraints AS MATERIALIZED (
		SELECT f.conname, f.conrelid, f.confrelid, f.conkey, CASE WHEN cardinality(f.confkey) = 1 THEN
			(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = f.confrelid AND a.attnum = f.confkey[1] AND kg.is_key_type(a.atttypid, a.attcollation)) END AS referred_column
		FROM pg_constraint f JOIN tables t ON t.relid = f.conrelid JOIN tables r ON r.relid = f.confrelid
		WHERE f.contype = 'f' AND f.conparentid = 0
	), nodes_by AS MATERIALIZED (
		-- the key of a table's nodes: the column that foreign keys refer to, if none refers to the primary key
		SELECT t.*, coalesce((SELECT CASE WHEN bool_or(f.referred_column IS NOT DISTINCT FROM t.key OR f.referred_column IS NULL) THEN NULL ELSE min(f.referred_column) END
			FROM constraints f WHERE f.confrelid = t.relid), t.key) AS node_key
		FROM tables t
	), refs AS MATERIALIZED (
		-- each column, or list of columns, that refers to the key of a table of the schema, once
		SELECT DISTINCT ON (t.relid, k.name) t.relid, k.name AS "column", k.attnums, r.relid AS referred
		FROM nodes_by t CROSS JOIN nodes_by r CROSS JOIN LATERAL kg.foreign_keys(t.relid, r.relid, r.node_key) k
		WHERE EXISTS (SELECT FROM constraints f WHERE f.conrelid = t.relid AND f.confrelid = r.relid)
		ORDER BY t.relid, k.name, r.relid
	), links AS MATERIALIZED (
		-- tables that are nothing but edges
		SELECT t.relid FROM tables t JOIN refs r USING (relid)
		WHERE NOT EXISTS (SELECT FROM constraints f WHERE f.confrelid = t.relid)
		GROUP BY t.relid, t.own_key, t.ncolumns
		HAVING count(*) = 2 AND
			t.ncolumns - (SELECT count(DISTINCT a) FROM refs x, unnest(x.attnums) a WHERE x.relid = t.relid)
				- (t.own_key IS NOT NULL AND t.own_key <> ALL (array_agg(r."column")))::int <= max_other_columns
	), nodes AS MATERIALIZED (
		SELECT t.* FROM nodes_by t
		WHERE EXISTS (SELECT FROM constraints f WHERE t.relid IN (f.conrelid, f.confrelid)) AND NOT EXISTS (SELECT FROM links l WHERE l.relid = t.relid)
	), usable AS MATERIALIZED (
		-- labels have no colon
		SELECT n.relid, n.name, n.node_key AS key,
			replace(n.name, ':', '_') || coalesce(nullif(row_number() OVER (PARTITION BY replace(n.name, ':', '_') ORDER BY n.name), 1)::text, '') AS label
		FROM nodes n WHERE n.node_key IS NOT NULL AND n.is_mine
	), edges AS MATERIALIZED (
		SELECT l.relid, t.name, NULL::text AS own_key, s."column" AS source, d."column" AS target,
			s.attnums, us.label AS source_label, ut.label AS target_label, ''::text AS type
		FROM links l JOIN tables t USING (relid)
			JOIN refs s USING (relid) JOIN refs d ON d.relid = l.relid AND d.attnums > s.attnums
			JOIN usable us ON us.relid = s.referred JOIN usable ut ON ut.relid = d.referred
		WHERE t.is_mine
		UNION ALL
		SELECT r.relid, own.name, own.key, own.key, r."column", r.attnums, own.label, u.label,
			regexp_replace((kg.key_columns(r."column"))[cardinality(r.attnums)], '_id$', '')
		FROM refs r JOIN usable own ON own.relid = r.relid JOIN usable u ON u.relid = r.referred
		WHERE r."column" <> own.key
	)
	SELECT
		(SELECT string_agg('    ' || kg.table_description(u.relid, jsonb_build_array(
				jsonb_build_object('key', 'label', 'value', u.label),
				jsonb_build_object('key', 'key', 'value', CASE WHEN cardinality(kg.key_columns(u.key)) > 1 THEN to_jsonb(kg.key_columns(u.key)) ELSE to_jsonb(u.key) END),
				jsonb_build_object('key', 'name', 'value', kg.guess_column(u.relid, '{name,title,label}', 'S', '{text,varchar,bpchar,name}')))),
			E',\n' ORDER BY u.name) FROM usable u),
		(SELECT string_agg('    ' || kg.table_description(e.relid, jsonb_build_array(
				jsonb_build_object('key', 'source', 'value', CASE WHEN cardinality(kg.key_columns(e.source)) > 1 THEN to_jsonb(kg.key_columns(e.source)) ELSE to_jsonb(e.source) END),
				jsonb_build_object('key', 'target', 'value', CASE WHEN cardinality(kg.key_columns(e.target)) > 1 THEN to_jsonb(kg.key_columns(e.target)) ELSE to_jsonb(e.target) END),
				jsonb_build_object('key', 'source_label', 'value', e.source_label),
				jsonb_build_object('key', 'target_label', 'value', e.target_label),
				jsonb_build_object('key', 'type_column', 'value', CASE WHEN e.own_key IS NULL THEN kg.guess_column(e.relid, '{type}', 'SE') END),
				jsonb_build_object('key', 'type', 'value', CASE
					WHEN e.own_key IS NOT NULL THEN to_jsonb(e.type)
					WHEN kg.guess_column(e.relid, '{type}', 'SE') IS NULL THEN to_jsonb(e.name) END))),
			E',\n' ORDER BY e.name, e.attnums) FROM edges e),
		(SELECT string_agg('-- left out: ' || o.what, E'\n' ORDER BY o.what COLLATE "C") FROM (
			SELECT format('%I.%I %s', schema_name, t.name, CASE
				WHEN NOT EXISTS (SELECT FROM constraints f WHERE t.relid IN (f.conrelid, f.confrelid)) THEN 'has no foreign keys, and none lead to it'
				WHEN NOT t.is_mine THEN 'belongs to another role'
				WHEN t.node_key IS NULL AND t.relid NOT IN (SELECT relid FROM links) THEN 'has no key: a primary key or a unique column that is never null, of a type for keys'
				END) AS what
			FROM nodes_by t
			UNION ALL
			SELECT format('foreign key %I of %I.%I: it refers to %s, which is left out, or not to its key by columns of the same type', f.conname, schema_name, t.name, f.confrelid::regclass)
			FROM constraints f JOIN nodes_by t ON t.relid = f.conrelid JOIN nodes_by r ON r.relid = f.confrelid
			WHERE t.is_mine AND (t.node_key IS NOT NULL OR t.relid IN (SELECT relid FROM links)) AND NOT EXISTS (
				SELECT FROM refs x JOIN usable u ON u.relid = x.referred WHERE x.relid = f.conrelid AND x.attnums @> f.conkey AND x.attnums <@ f.conkey)) o
		 WHERE o.what !~ ' $')
	INTO node_items, edge_items, left_out;

	IF node_items IS NULL THEN
		RETURN concat_ws(E'\n', format('-- No foreign keys connect tables of schema %I.', schema_name), left_out);
	END IF;
	RETURN concat_ws(E'\n', left_out,
		format('SELECT kg.register_graph(%L,', (
			SELECT n FROM (SELECT CASE WHEN schema_name IN ('public', 'kg') OR NOT has_schema_privilege(schema_name, 'CREATE') THEN 'my_graph' ELSE schema_name END ||
				coalesce('_' || nullif(i, 1), '') AS n, i FROM generate_series(1, 1000) i) names
			WHERE NOT EXISTS (SELECT FROM kg.graph g WHERE g.name = n) ORDER BY i LIMIT 1)),
		'  nodes => ' || quote_literal(E'[\n' || node_items || ']') || ',',
		'  edges => ' || quote_literal('[' || coalesce(E'\n' || edge_items, '') || ']') || ');');
END
$function$;
COMMENT ON FUNCTION discover_body(text) IS
	'body of kg.discover';
REVOKE ALL ON FUNCTION discover_body(text) FROM PUBLIC;

CREATE FUNCTION discover(schema text DEFAULT current_schema()) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION discover(text) IS
	'proposes a graph for the tables of a schema by their foreign keys: a call of kg.register_graph, as SQL to '
	'check and run. Tables that others refer to hold nodes; tables with two references and few other columns hold edges; in the rest, each '
	'column that refers to a node is an edge from its own row';
-- Nodes as text

-- These functions set no search_path, so that the planner inlines them.
CREATE FUNCTION node(label text, key anycompatible) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
AS $function$
	SELECT label OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) key::pg_catalog.text
$function$;
COMMENT ON FUNCTION node(text, anycompatible) IS
	'the node with this key in the node table of this label, as functions take and return it where a graph has several node tables';

CREATE FUNCTION node_label(node text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
	SELECT pg_catalog.split_part(node, ':', 1)
$function$;
COMMENT ON FUNCTION node_label(text) IS
	'the label in a node of a graph with several node tables, as functions return it in the column key';

CREATE FUNCTION node_key(node text, label text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
	SELECT CASE WHEN pg_catalog.starts_with(node, label OPERATOR(pg_catalog.||) ':')
		THEN pg_catalog.substr(node, pg_catalog.length(label) OPERATOR(pg_catalog.+) 2) END
$function$;
COMMENT ON FUNCTION node_key(text, text) IS
	'the key in a node of the node table with this label, null for a node of another table: '
	'c.id = kg.node_key(t.key, ''city'')::int joins the table city to the column key that functions return, by the index on its key';

-- Traversals: they see the graph as the current user does, with the current snapshot.
-- They are not parallel safe.  A parallel worker can neither read a temporary table that a policy,
-- a view or a filter uses, nor see the transaction's changes on a foreign server.

CREATE FUNCTION traverse_rows(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_traverse_rows'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION traverse_rows(internal) IS
	'planner support: the estimate of rows is at most max_nodes';

CREATE FUNCTION traverse(
	start anycompatible,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT depth integer,
	OUT parent bigint,
	OUT relation bigint,
	OUT key text,
	OUT parent_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_traverse'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000
	SUPPORT traverse_rows;
COMMENT ON FUNCTION traverse(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'breadth-first search: the entities within max_depth relations of the start, each once, at its least depth, with a relation by which '
	'it is reached at this depth and the parent, the entity where this relation comes from; direction: out (source to target), in or '
	'both; types: names of relation types, null for all; as_of: only relations valid at this time, null for all; known_at: what was known '
	'then, null for now; max_nodes: stop after this many rows, nearest first; properties: only relations whose properties contain these; '
	'filter: only relations for which this SQL expression is true, with r for the relation, s for the entity at its source and t for the '
	'entity at its target; nodes are given as integers, or in registered graphs by their keys as uuid or text, as label:key if there are '
	'several node tables (kg.node makes this form); then the column key has the entity in this form, and entity and parent, which are '
	'integers, are null: kg.node_key gives the key to join tables by';

CREATE FUNCTION neighborhood(
	start anycompatible,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'kg_neighborhood'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION neighborhood(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'the entities that kg.traverse returns for these arguments, nearest first, as an array: several times faster than rows';

CREATE FUNCTION neighbors(
	entity anycompatible,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_rows integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT neighbor bigint,
	OUT relation bigint,
	OUT type integer,
	OUT weight double precision,
	OUT outgoing boolean,
	OUT type_name text,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_neighbors'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 10;
COMMENT ON FUNCTION neighbors(anycompatible, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'the relations of an entity, one row each, with the entity at the other end; with direction both, '
	'a relation of an entity to itself comes as outgoing and as incoming; the type is in type_name in '
	'registered graphs, else in type; key: the neighbor, as in kg.traverse; known_at: what was known '
	'then, null for now';

CREATE FUNCTION subgraph(
	start anycompatible,
	max_depth integer DEFAULT 2,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT 1000,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT nodes jsonb,
	OUT edges jsonb,
	OUT truncated boolean
)
	AS 'MODULE_PATHNAME', 'kg_subgraph'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000;
COMMENT ON FUNCTION subgraph(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'the surroundings of the start, as arrays of objects: the entities that kg.traverse finds for these arguments, by depth, '
	'and all relations between them that match types, as_of, known_at, properties and filter; id of an entity, source and '
	'target have the form in which functions take nodes; truncated: there are more than max_nodes entities';

CREATE FUNCTION shortest_path(
	source anycompatible,
	target anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT false,
	known_at timestamptz DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT relation bigint,
	OUT cost double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_shortest_path'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 5;
COMMENT ON FUNCTION shortest_path(anycompatible, anycompatible, integer, text, text[], timestamptz, text, jsonb, text, boolean, timestamptz) IS
	'a path of the fewest relations from source (step 0) to target, a row for each entity with the relation that leads to it; no '
	'row if no path has at most max_depth relations; source and target may be arrays: a shortest path from any source to any '
	'target; weighted: a path of the least sum of weights, where a null weight counts 1 and a negative one is an error; cost: '
	'the number of relations up to this step or, if weighted, the sum of their weights; key: the entity, as in kg.traverse; '
	'known_at: what was known then, null for now';

CREATE FUNCTION reachable(
	source anycompatible,
	target anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_reachable'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION reachable(anycompatible, anycompatible, integer, text, text[], timestamptz, text, jsonb, text, timestamptz) IS
	'is there a path from source to target of at most max_depth relations? '
	'there is one from each existing entity to itself; the arguments are those of kg.shortest_path; with arrays, from any source to any target';

CREATE FUNCTION all_shortest_paths(
	source anycompatible,
	target anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_paths integer DEFAULT 1000,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT false,
	known_at timestamptz DEFAULT NULL,
	OUT nodes bigint[],
	OUT relations bigint[],
	OUT length integer,
	OUT cost double precision,
	OUT keys text[]
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_all_shortest_paths'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000 ROWS 10;
COMMENT ON FUNCTION all_shortest_paths(anycompatible, anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, boolean, timestamptz) IS
	'all paths from source to target of the fewest relations or, if weighted, of the least sum of weights; '
	'paths through the same entities by different relations are different paths; '
	'source and target may be arrays: all paths from any source to any target that are as short as the shortest; '
	'a notice says if there are more than max_paths; the other arguments are those of kg.shortest_path';

CREATE FUNCTION k_shortest_paths(
	source anycompatible,
	target anycompatible,
	k integer DEFAULT 3,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT false,
	known_at timestamptz DEFAULT NULL,
	OUT nodes bigint[],
	OUT relations bigint[],
	OUT length integer,
	OUT cost double precision,
	OUT keys text[]
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_k_shortest_paths'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 3;
COMMENT ON FUNCTION k_shortest_paths(anycompatible, anycompatible, integer, integer, text, text[], timestamptz, text, jsonb, text, boolean, timestamptz) IS
	'the k shortest paths from source to target that visit no entity twice, the shortest first; '
	'paths through the same entities by different relations are different paths; '
	'source and target are single entities; the other arguments are those of kg.shortest_path';

CREATE FUNCTION paths(
	source anycompatible,
	target anycompatible DEFAULT NULL,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	uniqueness text DEFAULT 'node',
	max_paths integer DEFAULT 1000,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT nodes bigint[],
	OUT relations bigint[],
	OUT length integer,
	OUT keys text[]
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_paths'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 100;
COMMENT ON FUNCTION paths(anycompatible, anycompatible, integer, text, text[], timestamptz, text, integer, text, jsonb, text, timestamptz) IS
	'all paths of at most max_depth relations from source to target, or to any entity if target is null (single entities, no arrays), '
	'depth first in the order of entities and relations; the path of no relations is one of them; '
	'uniqueness: a path has no entity twice (node) or no relation twice (edge); '
	'a notice says if there are more than max_paths; the other arguments are those of kg.traverse';
-- Costs from one end, totals along all paths, traversals page by page.  Rights, snapshot and
-- arguments are as for the functions in traverse.sql.

CREATE FUNCTION distances(
	start anycompatible,
	max_cost double precision DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT true,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT cost double precision,
	OUT parent bigint,
	OUT relation bigint,
	OUT source bigint,
	OUT key text,
	OUT parent_key text,
	OUT source_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_distances'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000
	SUPPORT traverse_rows;
COMMENT ON FUNCTION distances(anycompatible, double precision, text, text[], timestamptz, integer, text, jsonb, text, boolean, timestamptz) IS
	'the entities within max_cost of the start (driving distance), each once, nearest first, with the least cost, '
	'the entity and the relation before it on a path of this cost, and the source, which is the entity of the start where this path begins; '
	'cost: the sum of weights, where a null weight counts 1 and a negative one is an error, or the number of relations if not weighted; '
	'max_nodes: stop after this many rows; the other arguments are those of kg.traverse';

CREATE FUNCTION cost_matrix(
	sources anycompatible,
	targets anycompatible,
	max_cost double precision DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT true,
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT cost double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_cost_matrix'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 100;
COMMENT ON FUNCTION cost_matrix(anycompatible, anycompatible, double precision, text, text[], timestamptz, text, jsonb, text, boolean, timestamptz) IS
	'the least cost from each source to each target, a row for each pair whose cost is at most max_cost; '
	'there is one search for each source, which ends when it has reached all targets; the other arguments are those of kg.distances';

CREATE FUNCTION path_totals(
	start anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	along text DEFAULT 'product',
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT total double precision,
	OUT paths double precision,
	OUT minimum double precision,
	OUT maximum double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_path_totals'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION path_totals(anycompatible, integer, text, text[], timestamptz, text, text, jsonb, text, timestamptz) IS
	'for each entity that can be reached from the start, over all paths to it: the total of the products of the weights along each path '
	'(bill of materials), the number of paths, and the least and the greatest product; along: product, or sum for sums of weights '
	'instead of products; a null weight counts 1; '
	'a cycle is an error unless max_depth is given: then paths of at most max_depth relations count, with repetition, so also around cycles; '
	'the other arguments are those of kg.traverse';

CREATE FUNCTION traverse_page(
	start anycompatible,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_rows integer DEFAULT 100,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	after_depth integer DEFAULT NULL,
	after text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT depth integer,
	OUT parent bigint,
	OUT relation bigint,
	OUT key text,
	OUT parent_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_traverse_page'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100
	SUPPORT traverse_rows;
COMMENT ON FUNCTION traverse_page(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, integer, text, timestamptz) IS
	'the rows of kg.traverse, a page of max_rows at a time, ordered by depth and then by entity (by '
	'the node table and the key, numbers as such and texts by their bytes), each with the first '
	'possible parent in this order and the first relation from it; after_depth and after: the depth '
	'and the entity, or the key, of the last row of the previous page; known_at: what was known then, '
	'null for now';
-- Which readers traversals use

CREATE FUNCTION check_known_at(types text[], graph text) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_known_times'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION check_known_at(text[], text) IS
	'raises an error if a table with relations of these types (null: all) does not say when they were recorded';

CREATE FUNCTION explain_traverse(
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT edges text,
	OUT leads text,
	OUT reader text,
	OUT index text,
	OUT why text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_explain_traverse'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 2;
COMMENT ON FUNCTION explain_traverse(text, text[], timestamptz, text, jsonb, text, timestamptz) IS
	'how kg.traverse and the other searches read a graph for the current user, a row for each table of edges and '
	'direction (out: from source to target): the reader, which is, from fast to slow, leaf (pages of a b-tree), '
	'index (index-only scans), heap (index scans) or sql (one query a level); the index that it uses; and why no '
	'faster reader can serve; known_at: what was known then, null for now';
-- Nearest entities

CREATE FUNCTION knn(
	query vector,
	k integer DEFAULT 10,
	type text DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT distance double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_knn'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 10;
COMMENT ON FUNCTION knn(vector, integer, text, text) IS
	'the k entities, of one type or of all, whose embeddings are nearest to the query, nearest first; '
	'the metric is that of the embeddings'' index, or the graph''s if there is no index or there are several node tables; '
	'the distance is what the operator <->, <#> or <=> returns; in a registered graph the type is the label of a node table; '
	'key: the entity, as in kg.traverse';
-- Exports graphs, as the current user sees them, in formats of other programs

CREATE FUNCTION graph_entry(name text) RETURNS graph
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry kg.graph;
BEGIN
	IF name IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = graph_entry.name;
	IF NOT FOUND THEN
		RAISE undefined_object USING
			MESSAGE = format('graph "%s" does not exist', name),
			HINT = 'The table kg.graph lists the graphs of this database.';
	END IF;
	RETURN entry;
END
$function$;
COMMENT ON FUNCTION graph_entry(text) IS
	'the row of kg.graph, or an error if there is none or the name is null';

-- A role may have privileges on some columns only.  In an export, columns that it may
-- not read are null, unless other rows would then be exported: that is an error.
CREATE FUNCTION readable_column(relid regclass, name text, type text, needed boolean DEFAULT false) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN name IS NULL THEN 'NULL::' || type
		WHEN needed OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relid AND a.attname = name) OR
			has_column_privilege(relid, name, 'SELECT') THEN format('x.%I::%s', name, type)
		ELSE 'NULL::' || type END
$function$;
COMMENT ON FUNCTION readable_column(regclass, text, text, boolean) IS
	'an SQL expression for a column of row "x": null if the current user may not read the column, unless it is needed';

CREATE FUNCTION readable_table(relid regclass, columns jsonb, needed text[] DEFAULT '{}') RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN has_table_privilege(relid, 'SELECT') THEN relid::text
		ELSE (SELECT format('(SELECT %s %s)',
			string_agg(format('%s AS %I', kg.readable_column(relid, c ->> 0, c ->> 1, c ->> 0 = ANY (needed)), c ->> 0), ', ' ORDER BY n),
			CASE WHEN needed = '{}' AND NOT has_any_column_privilege(relid, 'SELECT') THEN 'WHERE false' ELSE format('FROM %s x', relid) END)
			FROM jsonb_array_elements(columns) WITH ORDINALITY u(c, n)) END
$function$;
COMMENT ON FUNCTION readable_table(regclass, jsonb, text[]) IS
	'the table or, if the current user may not read all of it, a subquery with these columns, each given as ["name", "type"], that has null for those he may not read';

CREATE FUNCTION readable_properties(relid regclass, without text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN has_table_privilege(relid, 'SELECT') THEN format('to_jsonb(x) - %L::text[]', without)
		ELSE (SELECT format('jsonb_strip_nulls(jsonb_build_object()%s)',
				coalesce(string_agg(format(' || jsonb_build_object(%L, x.%I)', a.attname, a.attname), '' ORDER BY a.attnum), ''))
			FROM pg_attribute a
			WHERE a.attrelid = relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (without) AND
				has_column_privilege(relid, a.attnum, 'SELECT')) END
$function$;
COMMENT ON FUNCTION readable_properties(regclass, text[]) IS
	'an SQL expression for the columns of row "x" that the current user may read, except those in "without", as jsonb';

CREATE FUNCTION registered_tables(graph text, needed text[] DEFAULT '{}') RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	several_nodes CONSTANT boolean := (SELECT count(*) > 1 FROM kg.node_table n WHERE n.graph = registered_tables.graph);
	several_edges CONSTANT boolean := (SELECT count(*) > 1 FROM kg.edge_table e WHERE e.graph = registered_tables.graph);
	-- the address of a node, of its label and its key, as functions take and return it
	address CONSTANT text := CASE WHEN several_nodes THEN '%1$L || (%2$s)::text' ELSE '(%2$s)::text' END;
	nodes text;
	labels text;
	edges text;
	observations CONSTANT text := '(SELECT NULL::text AS entity, NULL::text AS content, NULL::timestamptz AS at, NULL::bigint AS id, NULL::timestamptz AS recorded_at, NULL::timestamptz AS expired_at WHERE false)';
BEGIN
	SELECT string_agg(format('SELECT %s AS id, %L::text AS type, coalesce(%s, %s) AS name, NULL::real AS importance, %s AS properties FROM %s x WHERE (%s) IS NOT NULL',
			format(address, n.label || ':', kg.key_expression(n.relid, n.key_column)), n.label,
			kg.readable_column(n.relid, n.name_column, 'text'), format(address, n.label || ':', kg.key_expression(n.relid, n.key_column)),
			kg.readable_properties(n.relid, array_remove(kg.key_columns(n.key_column) || ARRAY[n.name_column, n.embedding_column], NULL)),
			n.relid, kg.key_expression(n.relid, n.key_column)),
			' UNION ALL ' ORDER BY n.label),
		format('(SELECT l AS id, l AS name FROM unnest(%L::text[]) l)', array_agg(n.label))
	INTO nodes, labels
	FROM (SELECT format('%I.%I', schema_name, table_name)::regclass AS relid, * FROM kg.node_table) n WHERE n.graph = registered_tables.graph;
	SELECT string_agg(format('SELECT %s AS id, %s AS source, %s AS target, %s AS type, %s AS weight, %s AS valid_from, %s AS valid_to, %s AS recorded_at, %s AS expired_at, %s AS properties FROM %s x',
			CASE WHEN e.id_column IS NULL THEN 'NULL::text' WHEN several_edges THEN format('%L || x.%I::text', e.number || ':', e.id_column)
				ELSE format('x.%I::text', e.id_column) END,
			format(address, e.source_label || ':', kg.key_expression(e.relid, e.source_column)), format(address, e.target_label || ':', kg.key_expression(e.relid, e.target_column)),
			CASE WHEN e.type_column IS NULL THEN format('%L::text', e.type)
				ELSE kg.readable_column(e.relid, e.type_column, 'text', 'type' = ANY (needed)) END,
			kg.readable_column(e.relid, e.weight_column, 'double precision'),
			kg.readable_column(e.relid, e.valid_from_column, 'timestamptz', 'valid_from' = ANY (needed)),
			kg.readable_column(e.relid, e.valid_to_column, 'timestamptz', 'valid_to' = ANY (needed)),
			kg.readable_column(e.relid, e.recorded_at_column, 'timestamptz', 'recorded_at' = ANY (needed)),
			kg.readable_column(e.relid, e.expired_at_column, 'timestamptz', 'expired_at' = ANY (needed)),
			kg.readable_properties(e.relid, array_remove(kg.key_columns(e.source_column) || kg.key_columns(e.target_column) ||
				ARRAY[e.id_column, e.type_column, e.weight_column, e.valid_from_column, e.valid_to_column, e.recorded_at_column, e.expired_at_column], NULL)),
			e.relid),
			' UNION ALL ' ORDER BY e.number)
	INTO edges
	FROM (SELECT format('%I.%I', schema_name, table_name)::regclass AS relid, * FROM kg.edge_table) e WHERE e.graph = registered_tables.graph;
	nodes := '(' || nodes || ')';
	edges := '(' || coalesce(edges, 'SELECT NULL::text AS id, NULL::text AS source, NULL::text AS target, NULL::text AS type, NULL::double precision AS weight, NULL::timestamptz AS valid_from, NULL::timestamptz AS valid_to, '
		'NULL::timestamptz AS recorded_at, NULL::timestamptz AS expired_at, NULL::jsonb AS properties WHERE false') || ')';
	RETURN ARRAY[nodes, edges, observations, labels,
		format('(SELECT DISTINCT x.type AS id, x.type AS name FROM %s x WHERE x.type IS NOT NULL)', edges), 'text'];
END
$function$;
COMMENT ON FUNCTION registered_tables(text, text[]) IS
	'for kg.graph_query: subqueries that show a registered graph like the tables of kg.create_graph, with addresses as ids';

CREATE FUNCTION check_graph(graph text) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_graph'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION check_graph(text) IS
	'raises an error that names the table or column that a graph lacks, if one is missing';

CREATE FUNCTION graph_tables(graph text) RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	g kg.graph := kg.graph_entry(graph);
BEGIN
	PERFORM kg.check_graph(graph);
	RETURN ARRAY[
		format('%I.%I', g.schema_name, g.entity_table),
		format('%I.%I', g.schema_name, g.relation_table),
		format('%I.%I', g.schema_name, g.observation_table),
		format('%I.%I', g.schema_name, g.entity_type_table),
		format('%I.%I', g.schema_name, g.relation_type_table),
		'bigint'];
END
$function$;
COMMENT ON FUNCTION graph_tables(text) IS
	'for kg.graph_query: the tables of a graph of kg.create_graph, and the type of the ids of entities';

-- A graph that was made before kg.upgrade_graph lacks the columns of known times.
CREATE FUNCTION known_columns(relid regclass) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a
		WHERE a.attrelid = relid AND a.attname IN ('recorded_at', 'expired_at') AND NOT a.attisdropped ORDER BY 1)
$function$;
COMMENT ON FUNCTION known_columns(regclass) IS
	'which of the columns recorded_at and expired_at a table of relations or observations has';

CREATE FUNCTION readable_times(relid regclass, columns jsonb, needed text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN cardinality(kg.known_columns(relid)) = 2 THEN t
		ELSE format('(SELECT x.*%s FROM %s x)', (SELECT string_agg(', NULL::timestamptz AS ' || c, '')
			FROM unnest('{recorded_at,expired_at}'::text[]) c WHERE c <> ALL (kg.known_columns(relid))), t) END
	FROM kg.readable_table(relid,
		columns || (SELECT coalesce(jsonb_agg(jsonb_build_array(c, 'timestamptz')), '[]') FROM unnest(kg.known_columns(relid)) c), needed) t
$function$;
COMMENT ON FUNCTION readable_times(regclass, jsonb, text[]) IS
	'kg.readable_table with the columns recorded_at and expired_at, null if the table has none';

CREATE FUNCTION graph_query(query text, graph text, needed text[] DEFAULT '{}') RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	g kg.graph := kg.graph_entry(graph);
	tables text[];
BEGIN
	PERFORM kg.check_graph(graph);
	IF g.schema_name IS NULL THEN
		RETURN format(query, VARIADIC kg.registered_tables(graph, needed));
	END IF;
	tables := kg.graph_tables(graph);
	RETURN format(query,
		kg.readable_table(tables[1]::regclass, '[["id", "bigint"], ["type", "integer"], ["name", "text"], ["importance", "real"], ["properties", "jsonb"]]', '{id}'),
		kg.readable_times(tables[2]::regclass, '[["id", "bigint"], ["source", "bigint"], ["target", "bigint"], ["type", "integer"], ["weight", "double precision"],
			["properties", "jsonb"], ["valid_from", "timestamptz"], ["valid_to", "timestamptz"]]', '{id,source,target}' || needed),
		kg.readable_times(tables[3]::regclass, '[["entity", "bigint"], ["content", "text"], ["at", "timestamptz"], ["id", "bigint"]]',
			CASE WHEN has_any_column_privilege(tables[3]::regclass, 'SELECT') THEN '{expired_at}' || array_remove(ARRAY[CASE WHEN 'recorded_at' = ANY (needed) THEN 'recorded_at' END], NULL) ELSE '{}' END::text[]),
		kg.readable_table(tables[4]::regclass, '[["id", "integer"], ["name", "text"]]'),
		kg.readable_table(tables[5]::regclass, '[["id", "integer"], ["name", "text"]]', CASE WHEN 'type' = ANY (needed) THEN '{id,name}' ELSE '{}' END::text[]),
		'bigint');
END
$function$;
COMMENT ON FUNCTION graph_query(text, text, text[]) IS
	'completes a query with a graph''s tables, as far as the current user may read them: they replace %1$s (entities), %2$s (relations), '
	'%3$s (observations), %4$s (entity types) and %5$s (relation types), and the type of the ids of entities '
	'replaces %6$s; any other percent sign is written twice; needed: columns of relations that the user must have the right to read';

CREATE FUNCTION needed_columns(types text[], as_of timestamptz, known_at timestamptz) RETURNS text[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT '{expired_at}'::text[] || CASE WHEN types IS NOT NULL THEN '{type}' ELSE '{}' END::text[] ||
		CASE WHEN known_at IS NOT NULL THEN '{recorded_at}' ELSE '{}' END::text[] ||
		CASE WHEN as_of IS NOT NULL THEN '{valid_from,valid_to}' ELSE '{}' END::text[]
$function$;
COMMENT ON FUNCTION needed_columns(text[], timestamptz, timestamptz) IS
	'the columns of relations that these conditions use; known_at: what was known then, null for now';

CREATE FUNCTION tell_unreadable(graph text, columns text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	g kg.graph := kg.graph_entry(graph);
	hidden text;
BEGIN
	SELECT string_agg(format('%s.%I', a.attrelid::regclass, a.attname), ', ' ORDER BY a.attrelid::regclass::text COLLATE "C", a.attnum) INTO hidden
	FROM pg_attribute a
	WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT') AND (
		EXISTS (SELECT FROM unnest('{entity,relation,observation,entity_type,relation_type}'::text[], (kg.graph_tables(graph))[1:5]) t(role, name)
			WHERE g.schema_name IS NOT NULL AND a.attrelid = t.name::regclass AND (a.attname = ANY (columns) OR t.role || '.' || a.attname = ANY (columns)))
		OR a.attrelid IN (
			SELECT format('%I.%I', n.schema_name, n.table_name)::regclass FROM kg.node_table n WHERE n.graph = tell_unreadable.graph
			UNION ALL
			SELECT format('%I.%I', e.schema_name, e.table_name)::regclass FROM kg.edge_table e WHERE e.graph = tell_unreadable.graph));
	IF hidden IS NOT NULL THEN
		RAISE NOTICE 'left out, because you may not read it: %', hidden;
	END IF;
END
$function$;
COMMENT ON FUNCTION tell_unreadable(text, text[]) IS
	'raises a notice that names the columns of a graph that the current user may not read; in graphs of kg.create_graph only columns with these names, of any table or as table.column';

-- Functions pass their arguments with nodes to queries as $1::%6$s[].
CREATE FUNCTION node_texts(nodes anycompatible) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN pg_typeof(nodes)::text LIKE '%[]' OR starts_with(nodes::text, '{') THEN nodes::text::text[]
		WHEN nodes IS NOT NULL THEN ARRAY[nodes::text] END
$function$;
COMMENT ON FUNCTION node_texts(anycompatible) IS
	'nodes as an array of texts; given as an array of any type, as the literal of an array, or as a single node';

CREATE FUNCTION xml_escape(text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_xml_escape'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xml_escape(text) IS
	'escapes a text for XML; control characters that XML forbids become question marks';

CREATE FUNCTION dot_escape(text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_dot_escape'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION dot_escape(text) IS
	'escapes a text for a quoted string of Graphviz; control characters that SVG forbids become question marks';

CREATE FUNCTION graphml_node(id text, type text, name text, importance text, properties jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_graphml_node'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION graphml_node(text, text, text, text, jsonb) IS
	'a line of GraphML for an entity';

CREATE FUNCTION graphml_edge(
	id text,
	source text,
	target text,
	type text,
	weight text,
	valid_from timestamptz,
	valid_to timestamptz,
	recorded_at timestamptz,
	expired_at timestamptz,
	properties jsonb
) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_graphml_edge'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION graphml_edge(text, text, text, text, text, timestamptz, timestamptz, timestamptz, timestamptz, jsonb) IS
	'a line of GraphML for a relation';

CREATE FUNCTION jsonl_entity(name text, type text, observations text[]) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_jsonl_entity'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION jsonl_entity(text, text, text[]) IS
	'a line of the MCP memory server''s file for an entity';

CREATE FUNCTION jsonl_relation(source text, target text, type text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_jsonl_relation'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION jsonl_relation(text, text, text) IS
	'a line of the MCP memory server''s file for a relation';

CREATE FUNCTION export_graphml_body(entities anycompatible, types text[], as_of timestamptz, graph text, known_at timestamptz) RETURNS SETOF text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET timezone = 'UTC'
AS $function$
DECLARE
	wanted CONSTANT text[] := kg.node_texts(entities);
BEGIN
	IF known_at IS NOT NULL THEN
		PERFORM kg.check_known_at(types, graph);
	END IF;
	PERFORM kg.tell_unreadable(graph, '{name,properties,weight,relation.recorded_at}');
	RETURN QUERY VALUES
		('<?xml version="1.0" encoding="UTF-8"?>'),
		('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'),
		('<key id="type" for="node" attr.name="type" attr.type="string"/>'),
		('<key id="name" for="node" attr.name="name" attr.type="string"/>'),
		('<key id="importance" for="node" attr.name="importance" attr.type="double"/>'),
		('<key id="properties" for="node" attr.name="properties" attr.type="string"/>'),
		('<key id="rtype" for="edge" attr.name="type" attr.type="string"/>'),
		('<key id="weight" for="edge" attr.name="weight" attr.type="double"/>'),
		('<key id="valid_from" for="edge" attr.name="valid_from" attr.type="string"/>'),
		('<key id="valid_to" for="edge" attr.name="valid_to" attr.type="string"/>'),
		('<key id="recorded_at" for="edge" attr.name="recorded_at" attr.type="string"/>'),
		('<key id="expired_at" for="edge" attr.name="expired_at" attr.type="string"/>'),
		('<key id="rproperties" for="edge" attr.name="properties" attr.type="string"/>'),
		('<graph edgedefault="directed">');
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.graphml_node(e.id::text, t.name, e.name, e.importance::text, e.properties)
		FROM %1$s e LEFT JOIN %4$s t ON t.id = e.type
		WHERE $1 IS NULL OR e.id = ANY ($1::%6$s[])
		ORDER BY e.id
		$query$, graph) USING wanted;
	-- an edge is hidden if one of its ends is not visible
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.graphml_edge(r.id::text, r.source::text, r.target::text, t.name, r.weight::text, r.valid_from, r.valid_to, r.recorded_at, r.expired_at, r.properties)
		FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			JOIN %1$s s ON s.id = r.source JOIN %1$s d ON d.id = r.target
		WHERE ($1 IS NULL OR r.source = ANY ($1::%6$s[]) AND r.target = ANY ($1::%6$s[])) AND
			($2 IS NULL OR t.name = ANY ($2)) AND
			($3 IS NULL OR (r.valid_from IS NULL OR r.valid_from <= $3) AND (r.valid_to IS NULL OR r.valid_to > $3)) AND
			(r.expired_at IS NULL OR r.expired_at > $4) AND ($4 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $4)
		ORDER BY r.id, r.source, r.target, t.name
		$query$, graph, kg.needed_columns(types, as_of, known_at)) USING wanted, types, as_of, known_at;
	RETURN QUERY VALUES ('</graph>'), ('</graphml>');
END
$function$;
COMMENT ON FUNCTION export_graphml_body(anycompatible, text[], timestamptz, text, timestamptz) IS
	'body of kg.export_graphml';
REVOKE ALL ON FUNCTION export_graphml_body(anycompatible, text[], timestamptz, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION export_graphml(
	entities anycompatible DEFAULT NULL,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION export_graphml(anycompatible, text[], timestamptz, text, timestamptz) IS
	'exports a graph as GraphML, line by line: these entities (null: all) and the relations between them; types: '
	'names of relation types (null: all); as_of: only relations that are valid at this time (null: all); '
	'known_at: what was known then (null: now); columns that the current user may not read are left out';

CREATE FUNCTION to_dot_body(
	start anycompatible,
	max_depth integer,
	direction text,
	types text[],
	as_of timestamptz,
	max_nodes integer,
	graph text,
	known_at timestamptz
) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entities bigint[];
	nodes text;
	edges text;
	truncated boolean;
	-- Steps of this part of the colour circle give hues that differ well.
	golden CONSTANT numeric := 0.618034;
BEGIN
	IF EXISTS (SELECT FROM kg.graph g WHERE g.name = to_dot_body.graph AND g.schema_name IS NULL) THEN
		SELECT string_agg(format(E'\t"%s" [label="%s", tooltip="%s", fillcolor="%s 0.25 0.95"%s];\n',
				kg.dot_escape(n ->> 'id'), kg.dot_escape(coalesce(n ->> 'name', n ->> 'id')), kg.dot_escape(n ->> 'type'),
				round(mod(abs(hashtext(n ->> 'type')::bigint) * golden, 1), 3),
				CASE WHEN n ->> 'depth' = '0' THEN ', penwidth=3' ELSE '' END), '' ORDER BY n ->> 'id') FILTER (WHERE n IS NOT NULL),
			(SELECT string_agg(format(E'\t"%s" -> "%s" [label="%s", color="%s 0.7 0.6"];\n',
				kg.dot_escape(r ->> 'source'), kg.dot_escape(r ->> 'target'), kg.dot_escape(r ->> 'type'),
				round(mod(abs(coalesce(hashtext(r ->> 'type'), 0)::bigint) * golden, 1), 3)), '' ORDER BY r ->> 'source', r ->> 'target', r ->> 'type')
			 FROM jsonb_array_elements(s.edges) r), s.truncated
		INTO nodes, edges, truncated
		FROM kg.subgraph(start, max_depth, direction, types, as_of, max_nodes, graph, known_at => known_at) s LEFT JOIN jsonb_array_elements(s.nodes) n ON true
		GROUP BY s.edges, s.truncated;
		IF truncated THEN
			RAISE NOTICE USING
				MESSAGE = format('the result is cut off at max_nodes = %s', max_nodes),
				HINT = 'Null stands for no limit.';
		END IF;
	ELSE
		SELECT array_agg(t.entity) INTO entities
		FROM kg.traverse(start, max_depth, direction, types, as_of, max_nodes, graph, known_at => known_at) t;
		EXECUTE kg.graph_query($query$
			SELECT string_agg(format(E'\t%%s [label="%%s", tooltip="%%s", fillcolor="%%s 0.25 0.95"%%s];\n',
					e.id, kg.dot_escape(coalesce(e.name, e.id::text)), kg.dot_escape(t.name), round(mod(coalesce(e.type, 0) * $2, 1), 3),
					CASE WHEN e.id = ANY ($3) THEN ', penwidth=3' ELSE '' END), '' ORDER BY e.id)
			FROM %1$s e LEFT JOIN %4$s t ON t.id = e.type
			WHERE e.id = ANY ($1)
			$query$, graph)
			INTO nodes USING entities, golden, kg.node_texts(start)::bigint[];
		EXECUTE kg.graph_query($query$
			SELECT string_agg(format(E'\t%%s -> %%s [label="%%s", color="%%s 0.7 0.6"];\n',
					r.source, r.target, kg.dot_escape(t.name), round(mod(coalesce(r.type, 0) * $2, 1), 3)), '' ORDER BY r.source, r.target, r.id)
			FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			WHERE r.source = ANY ($1) AND r.target = ANY ($1) AND
				($3 IS NULL OR t.name = ANY ($3)) AND
				($4 IS NULL OR (r.valid_from IS NULL OR r.valid_from <= $4) AND (r.valid_to IS NULL OR r.valid_to > $4)) AND
				(r.expired_at IS NULL OR r.expired_at > $5) AND ($5 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $5)
			$query$, graph, kg.needed_columns(types, as_of, known_at))
			INTO edges USING entities, golden, types, as_of, known_at;
	END IF;
	RETURN concat(E'digraph {\n',
		E'\tnode [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11];\n',
		E'\tedge [fontname="Helvetica", fontsize=9];\n',
		nodes, edges, E'}\n');
END
$function$;
COMMENT ON FUNCTION to_dot_body(anycompatible, integer, text, text[], timestamptz, integer, text, timestamptz) IS
	'body of kg.to_dot';
REVOKE ALL ON FUNCTION to_dot_body(anycompatible, integer, text, text[], timestamptz, integer, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION to_dot(
	start anycompatible,
	max_depth integer DEFAULT 1,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT 50,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000;
COMMENT ON FUNCTION to_dot(anycompatible, integer, text, text[], timestamptz, integer, text, timestamptz) IS
	'exports a neighborhood for Graphviz: the entities that kg.traverse returns for these arguments, and all relations between them; '
	'colors show types, a thick border the entities of the start; max_depth 0: only the start; '
	'columns that the current user may not read, such as names, are left out';

CREATE FUNCTION to_jsonl_body(entities anycompatible, rename boolean, graph text, known_at timestamptz) RETURNS SETOF text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	wanted CONSTANT text[] := kg.node_texts(entities);
	-- The file knows entities by their names, which must be unique in their bytes.
	unique_name CONSTANT text := '(SELECT e.id, e.type, coalesce(e.name, e.id::text) AS name FROM %1$s e WHERE $1 IS NULL OR e.id = ANY ($1::%6$s[]))';
	renamed CONSTANT text :=
		'(SELECT e.id, e.type, CASE WHEN count(*) OVER (PARTITION BY e.name COLLATE "C") > 1 THEN e.name || '' #'' || e.id ELSE e.name END AS name
		  FROM ' || unique_name || ' e)';
	names text := unique_name;
	shared text;
BEGIN
	IF known_at IS NOT NULL THEN
		PERFORM kg.check_known_at(NULL, graph);
	END IF;
	EXECUTE kg.graph_query($query$
		SELECT e.name FROM (SELECT e.name COLLATE "C" AS name FROM $query$ || unique_name || $query$ e) e
		GROUP BY e.name HAVING count(*) > 1 ORDER BY e.name LIMIT 1
		$query$, graph) INTO shared USING wanted;
	IF shared IS NOT NULL AND rename THEN
		names := renamed;
	ELSIF shared IS NOT NULL THEN
		RAISE unique_violation USING
			MESSAGE = format('several entities are named "%s"', shared),
			DETAIL = 'In this format the name tells which entity is meant.',
			HINT = 'With rename => true, the names of such entities get their ids appended.';
	END IF;
	PERFORM kg.tell_unreadable(graph, '{name,observation.content}');
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.jsonl_entity(e.name, t.name, o.contents)
		FROM $query$ || names || $query$ e LEFT JOIN %4$s t ON t.id = e.type
			LEFT JOIN (SELECT o.entity, array_agg(o.content ORDER BY o.at, o.id) AS contents FROM %3$s o
				WHERE ($1 IS NULL OR o.entity = ANY ($1::%6$s[])) AND
					(o.expired_at IS NULL OR o.expired_at > $2) AND ($2 IS NULL OR o.recorded_at IS NULL OR o.recorded_at <= $2)
				GROUP BY o.entity) o ON o.entity = e.id
		ORDER BY e.id
		$query$, graph, kg.needed_columns(NULL, NULL, known_at)) USING wanted, known_at;
	RETURN QUERY EXECUTE kg.graph_query($query$
		WITH e AS MATERIALIZED $query$ || names || $query$
		SELECT kg.jsonl_relation(s.name, d.name, t.name)
		FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			JOIN e s ON s.id = r.source JOIN e d ON d.id = r.target
		WHERE ($1 IS NULL OR r.source = ANY ($1::%6$s[]) AND r.target = ANY ($1::%6$s[])) AND
			(r.expired_at IS NULL OR r.expired_at > $2) AND ($2 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $2)
		ORDER BY r.id, r.source, r.target, t.name
		$query$, graph, kg.needed_columns(NULL, NULL, known_at)) USING wanted, known_at;
END
$function$;
COMMENT ON FUNCTION to_jsonl_body(anycompatible, boolean, text, timestamptz) IS
	'body of kg.to_jsonl';
REVOKE ALL ON FUNCTION to_jsonl_body(anycompatible, boolean, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION to_jsonl(
	entities anycompatible DEFAULT NULL,
	rename boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION to_jsonl(anycompatible, boolean, text, timestamptz) IS
	'exports entities (null: all), their observations and the relations between them, as they are known now or were at known_at, in the file format of the MCP memory server, '
	'line by line; names that are not unique are an error; rename: such names get the entity''s id appended instead; '
	'columns that the current user may not read are left out';
-- Imports files of other programs into graphs of kg.create_graph

CREATE FUNCTION import_tables(graph text) RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tables text[];
BEGIN
	IF (kg.graph_entry(graph)).schema_name IS NULL THEN
		RAISE feature_not_supported USING
			MESSAGE = format('graph "%s" is over tables that were registered', graph),
			HINT = 'Files are loaded into graphs of kg.create_graph.';
	END IF;
	tables := kg.graph_tables(graph);
	RETURN tables || CASE WHEN 'expired_at' = ANY (kg.known_columns(tables[2]::regclass)) THEN 'expired_at IS NULL' ELSE 'true' END;
END
$function$;
COMMENT ON FUNCTION import_tables(text) IS
	'the tables of a graph, as kg.graph_tables gives them, and a condition on relations and observations that are known now; an error if files cannot be imported into it';

CREATE FUNCTION is_input(value text, type text) RETURNS boolean
	LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	CASE type
		WHEN 'real' THEN PERFORM value::real;
		WHEN 'timestamptz' THEN PERFORM value::timestamptz;
		WHEN 'jsonb' THEN PERFORM value::jsonb;
	END CASE;
	RETURN true;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	RETURN false;
END
$function$;
COMMENT ON FUNCTION is_input(text, text) IS
	'can the text be read as a value of this type, which is real, timestamptz or jsonb?';

-- The memory server and its forks write one line for each entity and relation.  Other
-- programs write an array of them, or an object with two arrays, over many lines.
CREATE FUNCTION jsonl_documents(data text) RETURNS TABLE (line bigint, document jsonb, content text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	-- some programs begin a file with a byte order mark
	file CONSTANT text := regexp_replace(data, '^\uFEFF', '');
	lines bigint[];
	documents jsonb[];
BEGIN
	IF data IS NULL THEN
		RETURN;
	END IF;
	line := 1 + length(regexp_replace(substring(file FROM '^[[:space:]]*'), '[^\n]', '', 'g'));
	BEGIN
		document := file::jsonb;
		RETURN NEXT;
		RETURN;
	EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
		NULL;
	END;
	BEGIN
		SELECT array_agg(n), array_agg(l::jsonb) INTO lines, documents
		FROM string_to_table(file, E'\n') WITH ORDINALITY u(l, n) WHERE l !~ '^[[:space:]]*$';
		RETURN QUERY SELECT *, NULL::text FROM unnest(lines, documents);
		RETURN;
	EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
		NULL;
	END;
	FOR line, content IN SELECT n, l FROM string_to_table(file, E'\n') WITH ORDINALITY u(l, n) WHERE l !~ '^[[:space:]]*$' LOOP
		BEGIN
			document := content::jsonb;
		EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
			document := NULL;
		END;
		RETURN NEXT;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION jsonl_documents(text) IS
	'the JSON of a file: one document if the whole file is JSON, else one for each line that is not blank, null if the line is no JSON';

CREATE FUNCTION jsonl_items(data text) RETURNS TABLE (line bigint, kind text, item jsonb, wrong text, content text)
	LANGUAGE sql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	WITH documents AS MATERIALIZED (
		SELECT d.line, d.document, d.content, jsonb_typeof(d.document) AS type,
			jsonb_typeof(d.document) = 'object' AND NOT d.document ?| '{type,_type,name,from}' AND d.document ?| '{entities,relations}' AS is_whole
		FROM kg.jsonl_documents(data) d
	), items AS (
		SELECT d.line, 0 AS n, NULL AS kind, d.document AS item, CASE WHEN d.document IS NULL THEN d.content END AS content FROM documents d WHERE d.type IS DISTINCT FROM 'array' AND d.is_whole IS NOT TRUE
		UNION ALL
		SELECT d.line, n, NULL, e, NULL FROM documents d, jsonb_array_elements(CASE WHEN d.type = 'array' THEN d.document ELSE '[]' END) WITH ORDINALITY a(e, n)
		UNION ALL
		SELECT d.line, n, k.kind, e, NULL FROM documents d, (VALUES ('entity', 'entities'), ('relation', 'relations')) k(kind, member),
			jsonb_array_elements(CASE WHEN d.is_whole AND jsonb_typeof(d.document -> k.member) = 'array' THEN d.document -> k.member ELSE '[]' END) WITH ORDINALITY a(e, n)
	), kinds AS (
		SELECT i.line, i.n, i.item, i.content, CASE WHEN jsonb_typeof(i.item) = 'object' THEN
			coalesce(i.kind, i.item ->> 'type', i.item ->> '_type', CASE WHEN i.item ? 'name' THEN 'entity' WHEN i.item ?& '{from,to}' THEN 'relation' END) END AS kind
		FROM items i
	)
	SELECT k.line, k.kind, k.item,
		CASE WHEN k.item IS NULL THEN 'no JSON'
			WHEN k.kind = 'entity' THEN CASE
				WHEN jsonb_typeof(k.item -> 'name') IS DISTINCT FROM 'string' THEN 'entities without a name'
				WHEN octet_length(k.item ->> 'name') > 2000 THEN 'names of more than 2000 bytes'
				WHEN octet_length(k.item ->> 'entityType') > 2000 THEN 'types of more than 2000 bytes' END
			WHEN k.kind = 'relation' THEN CASE
				WHEN jsonb_typeof(k.item -> 'from') IS DISTINCT FROM 'string' OR jsonb_typeof(k.item -> 'to') IS DISTINCT FROM 'string' THEN 'relations without both ends'
				WHEN octet_length(k.item ->> 'relationType') > 2000 THEN 'types of more than 2000 bytes' END
			ELSE 'neither entity nor relation' END, k.content
	FROM kinds k ORDER BY k.line, k.kind, k.n
$function$;
COMMENT ON FUNCTION jsonl_items(text) IS
	'the entities and relations in a file of the MCP memory server; wrong: why one of them cannot be imported, or null';

CREATE FUNCTION jsonl_problem(line bigint, item text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	RAISE invalid_text_representation USING
		MESSAGE = format('line %s is neither an entity nor a relation', line),
		DETAIL = format('It is: %s', left(item, 200)),
		HINT = 'Lines are {"type":"entity","name":...,"entityType":...,"observations":[...]} or {"type":"relation","from":...,"to":...,"relationType":...}.';
END
$function$;
COMMENT ON FUNCTION jsonl_problem(bigint, text) IS
	'raises the error of kg.import_jsonl with strict => true about a line';

CREATE FUNCTION import_jsonl_body(
	data text,
	graph text,
	strict boolean,
	create_missing boolean,
	OUT entities bigint,
	OUT relations bigint,
	OUT observations bigint
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT text[] := kg.import_tables(graph);
	-- the file: entities, then relations
	e_line bigint[];
	e_name text[];
	e_type text[];
	e_item jsonb[];
	r_line bigint[];
	r_source text[];
	r_target text[];
	r_type text[];
	-- names in the file, and the entities that they mean
	n_name text[];
	n_id bigint[];
	skipped text[] := '{}';
	wrong record;
	added bigint;
	-- In the file a name is one entity, even with several types.  In the graph it means the only
	-- entity of that name, or, of several, the first one that has one of these types.
	meaning CONSTANT text := $query$
		SELECT f.name, f.line, f.types, CASE WHEN count(*) = 1 THEN min(e.id) ELSE min(e.id) FILTER (WHERE t.name = ANY (f.types)) END AS id
		FROM (SELECT name, min(line) AS line, array_agg(type ORDER BY line) AS types
			FROM unnest($1, $2, $3) u(line, name, type) GROUP BY name) f
			LEFT JOIN %1$s e ON e.name = f.name LEFT JOIN %4$s t ON t.id = e.type
		GROUP BY f.name, f.line, f.types
		$query$;
BEGIN
	IF strict THEN
		PERFORM kg.jsonl_problem(i.line, coalesce(i.item::text, i.content)) FROM kg.jsonl_items(data) i
		WHERE i.wrong IS NOT NULL OR CASE i.kind
			WHEN 'entity' THEN jsonb_typeof(i.item -> 'entityType') = 'string' AND
				coalesce(jsonb_typeof(i.item -> 'observations'), 'array') = 'array' AND (i.item -> 'observations' @> 'null') IS NOT TRUE
			ELSE jsonb_typeof(i.item -> 'relationType') = 'string' END IS NOT TRUE;
	END IF;
	SELECT array_agg(i.line) FILTER (WHERE i.kind = 'entity'), array_agg(i.item ->> 'name') FILTER (WHERE i.kind = 'entity'),
		array_agg(coalesce(i.item ->> 'entityType', '')) FILTER (WHERE i.kind = 'entity'), array_agg(i.item) FILTER (WHERE i.kind = 'entity'),
		array_agg(i.line) FILTER (WHERE i.kind = 'relation'), array_agg(i.item ->> 'from') FILTER (WHERE i.kind = 'relation'),
		array_agg(i.item ->> 'to') FILTER (WHERE i.kind = 'relation'), array_agg(coalesce(i.item ->> 'relationType', '')) FILTER (WHERE i.kind = 'relation'),
		coalesce(array_agg(format('%s:%s', i.line, i.wrong)) FILTER (WHERE i.kind IS NULL), '{}')
	INTO e_line, e_name, e_type, e_item, r_line, r_source, r_target, r_type, skipped
	FROM (SELECT line, CASE WHEN f.wrong IS NULL THEN f.kind END AS kind, item, f.wrong FROM kg.jsonl_items(data) f) i;

	EXECUTE format('INSERT INTO %4$s (name) SELECT m.types[1] FROM (' || meaning || ') m WHERE m.id IS NULL GROUP BY 1 ORDER BY min(m.line) ON CONFLICT DO NOTHING', VARIADIC tables)
		USING e_line, e_name, e_type;
	EXECUTE format('INSERT INTO %1$s (name, type) SELECT m.name, t.id FROM (' || meaning || ') m JOIN %4$s t ON t.name = m.types[1] WHERE m.id IS NULL ORDER BY m.line', VARIADIC tables)
		USING e_line, e_name, e_type;
	GET DIAGNOSTICS entities = ROW_COUNT;
	EXECUTE format('SELECT array_agg(m.name), array_agg(m.id) FROM (' || meaning || ') m', VARIADIC tables)
		INTO n_name, n_id USING e_line, e_name, e_type;

	EXECUTE format($query$
		INSERT INTO %3$s (entity, content)
		SELECT m.id, o.content
		FROM unnest($1, $2, $3) f(line, name, item) JOIN unnest($4, $5) m(name, id) ON m.name = f.name
			CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(f.item -> 'observations')
				WHEN 'array' THEN f.item -> 'observations' WHEN 'string' THEN jsonb_build_array(f.item -> 'observations') ELSE '[]' END) WITH ORDINALITY o(content, n)
		WHERE o.content IS NOT NULL AND NOT EXISTS (SELECT FROM %3$s b WHERE b.entity = m.id AND b.content = o.content AND %7$s)
		GROUP BY 1, 2 ORDER BY min(f.line), min(o.n)
		$query$, VARIADIC tables) USING e_line, e_name, e_item, n_name, n_id;
	GET DIAGNOSTICS observations = ROW_COUNT;

	-- Relations may name entities that are not in the file: those of the graph.
	IF create_missing THEN
		EXECUTE format($query$
			WITH missing AS MATERIALIZED (
				SELECT n.name, min(n.line) AS line FROM unnest($1 || $1, $2 || $3) n(line, name)
				WHERE NOT EXISTS (SELECT FROM unnest($4) f(name) WHERE f.name = n.name) AND octet_length(n.name) <= 2000 AND
					NOT EXISTS (SELECT FROM %1$s e WHERE e.name = n.name) GROUP BY 1
			), type AS (
				INSERT INTO %4$s (name) SELECT 'unknown' WHERE EXISTS (SELECT FROM missing) ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name RETURNING id
			)
			INSERT INTO %1$s (name, type) SELECT m.name, t.id FROM missing m, type t ORDER BY m.line
			$query$, VARIADIC tables) USING r_line, r_source, r_target, n_name;
		GET DIAGNOSTICS added = ROW_COUNT;
		entities := entities + added;
	END IF;
	FOR wrong IN EXECUTE format($query$
		SELECT DISTINCT ON (n.line) n.line, n.name, count(e.id) AS number
		FROM (SELECT DISTINCT * FROM unnest($1 || $1, $2 || $3) n(line, name)) n LEFT JOIN %1$s e ON e.name = n.name
		WHERE NOT EXISTS (SELECT FROM unnest($4) f(name) WHERE f.name = n.name)
		GROUP BY n.line, n.name HAVING count(e.id) <> 1 ORDER BY n.line, n.name
		$query$, VARIADIC tables) USING r_line, r_source, r_target, n_name LOOP
		IF strict THEN
			RAISE foreign_key_violation USING
				MESSAGE = format('line %s: there %s named "%s"', wrong.line,
					CASE wrong.number WHEN 0 THEN 'is no entity' ELSE format('are %s entities', wrong.number) END, left(wrong.name, 200)),
				HINT = 'The file must have the entities that its relations connect, or the graph one of that name; or use create_missing => true.';
		END IF;
		skipped := skipped || format('%s:%s', wrong.line,
			CASE wrong.number WHEN 0 THEN 'relations to a missing entity' ELSE 'relations to a name that several entities have' END);
	END LOOP;
	EXECUTE format('INSERT INTO %5$s (name) SELECT type FROM unnest($1) WITH ORDINALITY u(type, n) GROUP BY 1 ORDER BY min(n) ON CONFLICT DO NOTHING', VARIADIC tables) USING r_type;
	EXECUTE format($query$
		WITH file AS MATERIALIZED (
			SELECT * FROM unnest($1, $2, $3, $4) u(line, source, target, type)
		), names AS MATERIALIZED (
			SELECT * FROM unnest($5, $6) m(name, id)
			UNION ALL
			SELECT n.name, min(e.id)
			FROM (SELECT source FROM file UNION SELECT target FROM file) n(name) JOIN %1$s e ON e.name = n.name
			WHERE NOT EXISTS (SELECT FROM unnest($5) f(name) WHERE f.name = n.name)
			GROUP BY 1 HAVING count(*) = 1
		)
		INSERT INTO %2$s (source, target, type)
		SELECT s.id, d.id, t.id
		FROM file f JOIN names s ON s.name = f.source JOIN names d ON d.name = f.target JOIN %5$s t ON t.name = f.type
		WHERE NOT EXISTS (SELECT FROM %2$s r WHERE r.source = s.id AND r.target = d.id AND r.type = t.id AND %7$s)
		GROUP BY 1, 2, 3 ORDER BY min(f.line)
		$query$, VARIADIC tables) USING r_line, r_source, r_target, r_type, n_name, n_id;
	GET DIAGNOSTICS relations = ROW_COUNT;
	PERFORM kg.tell_skipped(skipped);
END
$function$;
COMMENT ON FUNCTION import_jsonl_body(text, text, boolean, boolean) IS
	'body of kg.import_jsonl';
REVOKE ALL ON FUNCTION import_jsonl_body(text, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION tell_skipped(skipped text[], place text DEFAULT 'line') RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	reasons text;
	lines bigint;
BEGIN
	SELECT string_agg(format('%s: %s, first in %s %s', reason, n, place, first), '; ' ORDER BY first, reason COLLATE "C"), sum(n) INTO reasons, lines
	FROM (SELECT substr(s, strpos(s, ':') + 1) AS reason, count(*) AS n, min(split_part(s, ':', 1)::bigint) AS first FROM unnest(skipped) s GROUP BY 1) r;
	IF lines > 0 THEN
		RAISE NOTICE USING
			MESSAGE = format('skipped %s: %s', lines, reasons),
			HINT = 'With strict => true the first of them is an error.';
	END IF;
END
$function$;
COMMENT ON FUNCTION tell_skipped(text[], text) IS
	'raises a notice about the parts of a file that an import has skipped, each given as number:reason; place: the word for the number, as in "line 7"';

CREATE FUNCTION import_jsonl(
	data text,
	graph text DEFAULT 'kg',
	strict boolean DEFAULT false,
	create_missing boolean DEFAULT false,
	OUT entities bigint,
	OUT relations bigint,
	OUT observations bigint
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION import_jsonl(text, text, boolean, boolean) IS
	'adds the contents of a file of the MCP memory server to a graph and returns the numbers of new rows; nothing is added twice: an entity is identified by its '
	'name, and also by its type if the graph has several of that name; a relation by its ends and type; an '
	'observation by its text. Lines that cannot be imported are skipped, and a notice '
	'counts them and says why; strict: they are an error; create_missing: makes entities, of type "unknown", that only relations name';

-- GraphML and CSV

CREATE FUNCTION csv_rows(data text, delimiter text, OUT line bigint, OUT fields text[]) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_csv_rows'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION csv_rows(text, text) IS
	'the rows of a CSV file, without blank lines; line: number of the line in which the row begins';

CREATE FUNCTION csv_objects(data text, delimiter text) RETURNS TABLE (line bigint, item jsonb)
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	head text[];
BEGIN
	SELECT ARRAY(SELECT lower(btrim(f)) FROM unnest(r.fields) WITH ORDINALITY u(f, n) ORDER BY n) INTO head
	FROM kg.csv_rows(regexp_replace(data, '^\uFEFF', ''), delimiter) r LIMIT 1;
	RETURN QUERY SELECT r.line, jsonb_strip_nulls(jsonb_object(head, ARRAY(SELECT nullif(r.fields[i], '') FROM generate_subscripts(head, 1) i)))
	FROM kg.csv_rows(regexp_replace(data, '^\uFEFF', ''), delimiter) r OFFSET 1;
END
$function$;
COMMENT ON FUNCTION csv_objects(text, text) IS
	'the rows of a CSV file with a header, as JSON objects without the empty fields';

-- Files have various names for the fields of entities and relations; of those that an object has,
-- the first in the list counts.
CREATE FUNCTION import_fields(item jsonb, fields jsonb) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce(jsonb_object_agg(field, value) FILTER (WHERE value IS NOT NULL), '{}') ||
		jsonb_build_object('properties',
			(item - ARRAY(SELECT jsonb_array_elements_text(names) FROM jsonb_each(fields) f(field, names)) - '{properties}'::text[]) ||
			CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties'
				WHEN item ->> 'properties' ~ '^\s*\{' THEN
					CASE WHEN kg.is_input(item ->> 'properties', 'jsonb') THEN (item ->> 'properties')::jsonb ELSE jsonb_build_object('properties', item ->> 'properties') END
				ELSE '{}' END)
	FROM (SELECT field, (SELECT item ->> name FROM jsonb_array_elements_text(names) WITH ORDINALITY n(name, i) WHERE item ->> name IS NOT NULL ORDER BY i LIMIT 1) AS value
		FROM jsonb_each(fields) f(field, names)) v
$function$;
COMMENT ON FUNCTION import_fields(jsonb, jsonb) IS
	'an object with the fields that "fields" lists, as {"field": ["name in the file", ...]}, and all others as its properties; text that begins as an object of JSON and is none is a property';

CREATE FUNCTION import_rows(
	graph text,
	nodes jsonb[],
	edges jsonb[],
	place text,
	strict boolean,
	create_missing boolean,
	OUT entities bigint,
	OUT relations bigint
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT text[] := kg.import_tables(graph);
	-- when a relation is no longer known; the columns of known times, and what is inserted into them
	known_times CONSTANT text[] := CASE WHEN tables[7] = 'true' THEN '{NULL::timestamptz,"",""}'
		ELSE ARRAY['r.expired_at', ', recorded_at, expired_at', ', coalesce(f.recorded_at, least(now(), f.expired_at)), f.expired_at'] END;
	number CONSTANT text := '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$';
	-- of which one may be out of range
	long_number CONSTANT text := '[eE]|.{30}';
	skipped text[];
	-- ids in the file, and the entities that they mean
	file_ids text[];
	ids bigint[];
	-- Several entities may have the same name and type: then their order identifies them.
	meaning CONSTANT text := $query$
		SELECT f.*, e.id AS entity
		FROM (SELECT *, row_number() OVER (PARTITION BY name, type ORDER BY n) AS k FROM (
				SELECT n, i ->> 'id' AS id, coalesce(i ->> 'name', i ->> 'id') AS name, coalesce(i ->> 'type', 'node') AS type, i ->> 'importance' AS importance, i -> 'properties' AS properties
				FROM unnest($1) WITH ORDINALITY u(i, n)) i) f
			LEFT JOIN (SELECT e.id, e.name, t.name AS type, row_number() OVER (PARTITION BY e.name, t.name ORDER BY e.id) AS k
				FROM %1$s e JOIN %4$s t ON t.id = e.type
				WHERE e.name IN (SELECT coalesce(i ->> 'name', i ->> 'id') FROM unnest($1) i)) e ON e.name = f.name AND e.type = f.type AND e.k = f.k
		$query$;
BEGIN
	IF create_missing THEN
		nodes := nodes || ARRAY(
			SELECT jsonb_build_object('line', min(e.n), 'id', e.id, 'type', 'unknown')
			FROM (SELECT n, unnest(ARRAY[i ->> 'source', i ->> 'target']) AS id FROM unnest(edges) WITH ORDINALITY u(i, n)) e
			WHERE e.id IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(nodes) o WHERE o ->> 'id' = e.id) GROUP BY e.id ORDER BY min(e.n));
	END IF;
	SELECT array_agg(i ORDER BY n) FILTER (WHERE wrong IS NULL), array_agg(format('%s:%s', i ->> 'line', wrong) ORDER BY n) FILTER (WHERE wrong IS NOT NULL)
	INTO nodes, skipped
	FROM (SELECT n, i, CASE WHEN i ->> 'id' IS NULL THEN 'nodes without an id'
			WHEN row_number() OVER (PARTITION BY i ->> 'id' ORDER BY n) > 1 THEN 'nodes with an id that came before'
			WHEN octet_length(coalesce(i ->> 'name', i ->> 'id')) > 2000 THEN 'names of more than 2000 bytes'
			WHEN octet_length(i ->> 'type') > 2000 THEN 'types of more than 2000 bytes'
			WHEN i ->> 'importance' !~ number THEN 'importance that is no number'
			WHEN i ->> 'importance' ~ long_number AND NOT kg.is_input(i ->> 'importance', 'real') THEN 'importance that is out of range' END AS wrong
		FROM unnest(nodes) WITH ORDINALITY u(i, n)) c;
	EXECUTE format('INSERT INTO %4$s (name) SELECT type FROM (' || meaning || ') m WHERE m.entity IS NULL GROUP BY 1 ORDER BY min(m.n) ON CONFLICT DO NOTHING', VARIADIC tables) USING nodes;
	EXECUTE format('INSERT INTO %1$s (name, type, importance, properties)
		SELECT m.name, t.id, coalesce(m.importance::real, 0), coalesce(m.properties, ''{}'') FROM (' || meaning || ') m JOIN %4$s t ON t.name = m.type
		WHERE m.entity IS NULL ORDER BY m.n', VARIADIC tables) USING nodes;
	GET DIAGNOSTICS entities = ROW_COUNT;
	EXECUTE format('SELECT array_agg(m.id), array_agg(m.entity) FROM (' || meaning || ') m', VARIADIC tables) INTO file_ids, ids USING nodes;

	SELECT array_agg(i ORDER BY n) FILTER (WHERE wrong IS NULL),
		skipped || array_agg(format('%s:%s', i ->> 'line', wrong) ORDER BY n) FILTER (WHERE wrong IS NOT NULL)
	INTO edges, skipped
	FROM (SELECT n, i, CASE WHEN i ->> 'source' IS NULL OR i ->> 'target' IS NULL THEN 'relations without both ends'
			WHEN s.id IS NULL OR t.id IS NULL THEN 'relations to a missing entity'
			WHEN octet_length(i ->> 'type') > 2000 THEN 'types of more than 2000 bytes'
			WHEN i ->> 'weight' !~ number THEN 'weights that are no numbers'
			WHEN i ->> 'weight' ~ long_number AND NOT kg.is_input(i ->> 'weight', 'real') THEN 'weights that are out of range'
			WHEN i ->> 'expired_at' IS NOT NULL AND tables[7] = 'true' THEN 'relations that are no longer known'
			WHEN i ?| '{valid_from,valid_to,recorded_at,expired_at}' THEN CASE
				WHEN EXISTS (SELECT FROM unnest(ARRAY[i ->> 'valid_from', i ->> 'valid_to', i ->> 'recorded_at', i ->> 'expired_at']) t WHERE NOT kg.is_input(t, 'timestamptz')) THEN 'times that cannot be read'
				WHEN (i ->> 'valid_from')::timestamptz >= (i ->> 'valid_to')::timestamptz THEN 'relations that end before they start'
				WHEN (i ->> 'recorded_at')::timestamptz > (i ->> 'expired_at')::timestamptz THEN 'relations that expired before they were recorded' END END AS wrong
		FROM unnest(edges) WITH ORDINALITY u(i, n) LEFT JOIN unnest(file_ids) s(id) ON s.id = i ->> 'source' LEFT JOIN unnest(file_ids) t(id) ON t.id = i ->> 'target') c;
	IF strict AND cardinality(skipped) > 0 THEN
		RAISE invalid_text_representation USING
			MESSAGE = format('%s %s: %s', place, split_part(skipped[1], ':', 1), substr(skipped[1], strpos(skipped[1], ':') + 1)),
			HINT = 'With strict => false it is skipped.';
	END IF;
	EXECUTE format('INSERT INTO %5$s (name) SELECT coalesce(i ->> ''type'', ''edge'') FROM unnest($1) WITH ORDINALITY u(i, n) GROUP BY 1 ORDER BY min(n) ON CONFLICT DO NOTHING', VARIADIC tables) USING edges;
	EXECUTE format($query$
		WITH file AS (
			SELECT f.*, row_number() OVER (PARTITION BY source, target, type, valid_from, valid_to, expired_at ORDER BY n) AS k FROM (
				SELECT n, s.entity AS source, d.entity AS target, t.id AS type, (i ->> 'weight')::real AS weight, i -> 'properties' AS properties,
					(i ->> 'valid_from')::timestamptz AS valid_from, (i ->> 'valid_to')::timestamptz AS valid_to,
					(i ->> 'recorded_at')::timestamptz AS recorded_at, (i ->> 'expired_at')::timestamptz AS expired_at
				FROM unnest($1) WITH ORDINALITY u(i, n) JOIN unnest($2, $3) s(id, entity) ON s.id = i ->> 'source' JOIN unnest($2, $3) d(id, entity) ON d.id = i ->> 'target'
					JOIN %5$s t ON t.name = coalesce(i ->> 'type', 'edge')) f
		), known AS (
			SELECT r.source, r.target, r.type, r.valid_from, r.valid_to, %8$s AS expired_at,
				row_number() OVER (PARTITION BY source, target, type, valid_from, valid_to, %8$s ORDER BY id) AS k
			FROM %2$s r WHERE r.source = ANY ($3)
		)
		INSERT INTO %2$s (source, target, type, weight, properties, valid_from, valid_to%9$s)
		SELECT f.source, f.target, f.type, coalesce(f.weight, 1), coalesce(f.properties, '{}'), f.valid_from, f.valid_to%10$s
		FROM file f WHERE NOT EXISTS (
			SELECT FROM known k WHERE k.source = f.source AND k.target = f.target AND k.type = f.type AND k.k = f.k AND
				k.valid_from IS NOT DISTINCT FROM f.valid_from AND k.valid_to IS NOT DISTINCT FROM f.valid_to AND
				k.expired_at IS NOT DISTINCT FROM f.expired_at)
		ORDER BY f.n
		$query$, VARIADIC tables || known_times) USING edges, file_ids, ids;
	GET DIAGNOSTICS relations = ROW_COUNT;
	PERFORM kg.tell_skipped(skipped, place);
END
$function$;
COMMENT ON FUNCTION import_rows(text, jsonb[], jsonb[], text, boolean, boolean) IS
	'adds to a graph the entities, {"line", "id", "name", "type", "importance", "properties"}, and relations, {"line", "source", "target", "type", "weight", '
	'"valid_from", "valid_to", "recorded_at", "expired_at", "properties"}, that it does not have yet';

CREATE FUNCTION graphml_items(document xml, kind text) RETURNS SETOF jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	WITH keys AS MATERIALIZED (
		SELECT k.id, coalesce(k.name, k.id) AS name, k.type
		FROM XMLTABLE('//*[local-name()="key"]' PASSING document COLUMNS id text PATH '@id', "for" text PATH '@for', name text PATH '@attr.name', type text PATH '@attr.type') k
		WHERE coalesce(k."for", 'all') IN (kind, 'all')
	)
	SELECT jsonb_strip_nulls(jsonb_build_object('line', i.n, '@id', i.id, '@source', i.source, '@target', i.target, '@label', i.label)) ||
		coalesce((SELECT jsonb_object_agg(coalesce(k.name, d.key), CASE
				WHEN k.name = 'properties' AND d.value ~ '^\s*\{' AND kg.is_input(d.value, 'jsonb') THEN d.value::jsonb
				WHEN k.type IN ('int', 'long', 'float', 'double') AND d.value ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$' AND
					(d.value !~ '[eE]|.{100}' OR kg.is_input(d.value, 'jsonb')) THEN d.value::jsonb
				WHEN k.type = 'boolean' AND d.value IN ('true', 'false') THEN d.value::jsonb
				ELSE to_jsonb(d.value) END)
			FROM XMLTABLE('/d/*' PASSING xmlelement(NAME d, i.data) COLUMNS key text PATH '@key', value text PATH 'string(.)') d LEFT JOIN keys k ON k.id = d.key
			WHERE d.key IS NOT NULL), '{}')
	FROM XMLTABLE(('//*[local-name()="' || kind || '"]') PASSING document COLUMNS n FOR ORDINALITY, id text PATH '@id', source text PATH '@source',
			target text PATH '@target', label text PATH '@label', data xml PATH '*[local-name()="data"]') i
	ORDER BY i.n
$function$;
COMMENT ON FUNCTION graphml_items(xml, text) IS
	'the elements of a GraphML document of this kind, node or edge, as JSON objects with their attributes, such as @id, and their data';

CREATE FUNCTION import_graphml_body(data text, graph text, strict boolean, create_missing boolean, OUT entities bigint, OUT relations bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC'
AS $function$
DECLARE
	document xml;
BEGIN
	PERFORM kg.import_tables(graph);
	IF data IS NULL THEN
		RETURN;
	END IF;
	document := xmlparse(DOCUMENT regexp_replace(data, '^\uFEFF', ''));
	SELECT i.entities, i.relations INTO entities, relations FROM kg.import_rows(graph,
		ARRAY(SELECT kg.import_fields(n - 'line', '{"id": ["@id"], "type": ["type", "entityType", "labelV", "labels"], "name": ["name", "label", "title"], "importance": ["importance"]}') ||
			jsonb_build_object('line', n -> 'line') FROM kg.graphml_items(document, 'node') n),
		ARRAY(SELECT kg.import_fields(e - 'line' - '@id', '{"source": ["@source"], "target": ["@target"], "type": ["type", "relationType", "labelE", "label", "@label"], "weight": ["weight"],
			"valid_from": ["valid_from"], "valid_to": ["valid_to"], "recorded_at": ["recorded_at"], "expired_at": ["expired_at"]}') || jsonb_build_object('line', e -> 'line') FROM kg.graphml_items(document, 'edge') e),
		'element', coalesce(strict, false), coalesce(create_missing, false)) i;
END
$function$;
COMMENT ON FUNCTION import_graphml_body(text, text, boolean, boolean) IS
	'body of kg.import_graphml';
REVOKE ALL ON FUNCTION import_graphml_body(text, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION import_graphml(
	data text,
	graph text DEFAULT 'kg',
	strict boolean DEFAULT false,
	create_missing boolean DEFAULT false,
	OUT entities bigint,
	OUT relations bigint
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION import_graphml(text, text, boolean, boolean) IS
	'adds the contents of a GraphML file, such as kg.export_graphml writes, to a graph and returns the numbers of new rows; nothing is added twice: an entity is '
	'identified by its name and type, a relation by its ends, type and validity among those that are known now, or that expired at the same time; and if several are alike, by their order. Attributes '
	'that have no column become properties. Elements that cannot be imported are skipped with a notice; strict: they are an error; '
	'create_missing: makes entities of ids that only relations have';

CREATE FUNCTION import_csv_body(nodes text, edges text, graph text, delimiter text, strict boolean, create_missing boolean, OUT entities bigint, OUT relations bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC'
AS $function$
BEGIN
	SELECT i.entities, i.relations INTO entities, relations FROM kg.import_rows(graph,
		ARRAY(SELECT kg.import_fields(r.item, '{"id": [":id", "~id", "id"], "type": [":label", "~label", "type"], "name": ["name", "label", "title"], "importance": ["importance"]}') ||
			jsonb_build_object('line', r.line) FROM kg.csv_objects(nodes, delimiter) r),
		ARRAY(SELECT kg.import_fields(r.item - '{id,~id}'::text[], '{"source": [":start_id", "~from", "source", "from"], "target": [":end_id", "~to", "target", "to"],
			"type": [":type", "~label", "type", "label"], "weight": ["weight"], "valid_from": ["valid_from"], "valid_to": ["valid_to"],
			"recorded_at": ["recorded_at"], "expired_at": ["expired_at"]}') || jsonb_build_object('line', r.line) FROM kg.csv_objects(edges, delimiter) r),
		'line', coalesce(strict, false), coalesce(create_missing, false)) i;
END
$function$;
COMMENT ON FUNCTION import_csv_body(text, text, text, text, boolean, boolean) IS
	'body of kg.import_csv';
REVOKE ALL ON FUNCTION import_csv_body(text, text, text, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION import_csv(
	nodes text,
	edges text,
	graph text DEFAULT 'kg',
	delimiter text DEFAULT ',',
	strict boolean DEFAULT false,
	create_missing boolean DEFAULT false,
	OUT entities bigint,
	OUT relations bigint
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION import_csv(text, text, text, text, boolean, boolean) IS
	'adds the contents of two CSV files with headers, either of which may be null, to a graph, as kg.import_graphml does. Columns of nodes: id, type, name, importance; of edges: source, target, '
	'type, weight, valid_from, valid_to, recorded_at, expired_at; the names that other programs give these (:ID, :LABEL, :START_ID, ~from and so on) serve as well; all other columns '
	'become properties';
-- What the write verbs share: their JSON arguments, and the tables that they write

-- The verbs name tables by their places in this array: %1$s to %7$s.
CREATE FUNCTION memory_tables(graph text) RETURNS regclass[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry CONSTANT kg.graph := kg.graph_entry(graph);
BEGIN
	IF entry.schema_name IS NULL THEN
		RAISE feature_not_supported USING
			MESSAGE = format('graph "%s" is over tables that were registered', graph),
			HINT = 'Write to these tables with INSERT, UPDATE and DELETE; kg''s verbs write to graphs of kg.create_graph.';
	END IF;
	PERFORM kg.check_graph(graph);
	IF kg.graph_language(graph) IS NULL THEN
		RAISE undefined_column USING
			MESSAGE = format('graph "%s" has no columns for texts and two times', graph),
			HINT = format('SELECT kg.upgrade_graph(%L) adds them.', graph);
	END IF;
	RETURN ARRAY[
		format('%I.%I', entry.schema_name, entry.entity_table)::regclass,
		format('%I.%I', entry.schema_name, entry.relation_table)::regclass,
		format('%I.%I', entry.schema_name, entry.observation_table)::regclass,
		format('%I.%I', entry.schema_name, entry.entity_type_table)::regclass,
		format('%I.%I', entry.schema_name, entry.relation_type_table)::regclass,
		format('%I.alias', entry.schema_name)::regclass,
		format('%I.change', entry.schema_name)::regclass];
END
$function$;
COMMENT ON FUNCTION memory_tables(text) IS
	'the tables of a graph that the verbs may write: entities, relations, observations, entity types, relation types, aliases, changes';

CREATE FUNCTION embedding_type(entities regclass) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce((SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
		WHERE a.attrelid = entities AND a.attname = 'embedding' AND NOT a.attisdropped), 'kg.vector')
$function$;
COMMENT ON FUNCTION embedding_type(regclass) IS
	'the type of the embeddings in a table of entities, with its dimensions';

-- A shape gives each key its kind; "?" after the kind: the key may be missing or null.  An empty
-- "what": the one element is the arguments of a function.
CREATE FUNCTION check_items(items jsonb, what text, shape jsonb) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	IF jsonb_typeof(items) IS DISTINCT FROM 'array' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('%s must be a JSON array of objects, not %s', what, coalesce(left(items::text, 100), 'NULL'));
	END IF;
	WITH element AS MATERIALIZED (
		SELECT n, item, jsonb_typeof(item) = 'object' AS is_object FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n)
	), member AS (
		SELECT e.n, m.key, m.value, s.kind, jsonb_typeof(m.value) AS type, CASE WHEN jsonb_typeof(m.value) = 'string' THEN m.value #>> '{}' END AS string
		FROM element e CROSS JOIN LATERAL jsonb_each(CASE WHEN e.is_object THEN e.item END) m LEFT JOIN jsonb_each_text(shape) s(key, kind) ON s.key = m.key
	), problem AS (
		SELECT n, 'no object'::text AS problem, item AS value FROM element WHERE NOT is_object
		UNION ALL
		SELECT n, format('"%s" is missing', s.key), NULL
		FROM element e CROSS JOIN jsonb_each_text(shape) s(key, kind)
		WHERE e.is_object AND right(s.kind, 1) <> '?' AND (e.item ->> s.key) IS NULL
		UNION ALL
		SELECT n, CASE WHEN kind IS NULL THEN format('unknown key "%s"', key) ELSE format('"%s" is no %s', key, CASE rtrim(kind, '?')
				WHEN 'name' THEN 'name of 1 to 2000 bytes' WHEN 'names' THEN 'array of names of 1 to 2000 bytes' WHEN 'time' THEN 'string with a time' WHEN 'text' THEN 'string' WHEN 'filled' THEN 'string with text'
				WHEN 'entity' THEN 'id, name or {"name": ..., "type": ...}' WHEN 'entities' THEN 'array of ids, names or {"name": ..., "type": ...}'
				WHEN 'embedding' THEN 'array of numbers' ELSE rtrim(kind, '?') END) END, value
		FROM member
		WHERE kind IS NULL OR type <> 'null' AND CASE rtrim(kind, '?')
			WHEN 'name' THEN octet_length(string) BETWEEN 1 AND 2000
			WHEN 'text' THEN string IS NOT NULL
			WHEN 'filled' THEN string ~ '\S'
			WHEN 'time' THEN string IS NOT NULL
			WHEN 'number' THEN type = 'number'
			WHEN 'integer' THEN type = 'number' AND value::text ~ '^-?\d{1,10}$' AND value::text::bigint BETWEEN -2147483648 AND 2147483647
			WHEN 'object' THEN type = 'object'
			WHEN 'embedding' THEN type = 'array' OR string IS NOT NULL
			WHEN 'names' THEN type = 'array' AND NOT EXISTS (
				SELECT FROM jsonb_array_elements(value) a
				WHERE jsonb_typeof(a) <> 'string' OR octet_length(a #>> '{}') NOT BETWEEN 1 AND 2000)
			ELSE rtrim(kind, '?') IN ('entity', 'entities') AND (rtrim(kind, '?') = 'entity' OR type = 'array') AND NOT EXISTS (
				SELECT FROM jsonb_array_elements(CASE WHEN rtrim(kind, '?') = 'entity' THEN jsonb_build_array(value) ELSE value END) a
				WHERE CASE jsonb_typeof(a)
					WHEN 'number' THEN a::text ~ '^\d{1,18}$'
					WHEN 'string' THEN octet_length(a #>> '{}') BETWEEN 1 AND 2000
					WHEN 'object' THEN jsonb_typeof(a -> 'name') = 'string' AND octet_length(a ->> 'name') BETWEEN 1 AND 2000 AND a - '{name,type}'::text[] = '{}' AND
						(coalesce(jsonb_typeof(a -> 'type'), 'null') = 'null' OR jsonb_typeof(a -> 'type') = 'string' AND octet_length(a ->> 'type') BETWEEN 1 AND 2000)
					END IS NOT TRUE) END IS NOT TRUE
	)
	SELECT * INTO wrong FROM problem p ORDER BY p.n, p.value IS NULL DESC, p.problem LIMIT 1;
	IF wrong.n IS NOT NULL AND what = '' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = wrong.problem || coalesce(': ' || left(wrong.value::text, 100), '');
	END IF;
	IF wrong.n IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('element %s of %s: %s', wrong.n, what, wrong.problem) || coalesce(': ' || left(wrong.value::text, 100), ''),
			HINT = format('An element is an object with the keys %s; those in brackets may be missing.',
				(SELECT string_agg(CASE WHEN right(kind, 1) = '?' THEN '[' || key || ']' ELSE key END, ', ' ORDER BY right(kind, 1) = '?', key) FROM jsonb_each_text(shape) s(key, kind)));
	END IF;
END
$function$;
COMMENT ON FUNCTION check_items(jsonb, text, jsonb) IS
	'raises an error about the first element of a verb''s argument that is not of this shape';

CREATE FUNCTION check_values(items jsonb, what text, casts jsonb) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	v record;
	message text;
	hint text;
BEGIN
	BEGIN
		EXECUTE (SELECT format('SELECT %s FROM jsonb_array_elements($1) item', string_agg(format('count((item ->> %L)::%s)', c.key, c.type), ', ')) FROM jsonb_each_text(casts) c(key, type)) USING items;
		RETURN;
	EXCEPTION WHEN data_exception THEN
		NULL;	-- the loop finds the value
	END;
	FOR v IN SELECT n, c.key, c.type, item ->> c.key AS value
		FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n) CROSS JOIN jsonb_each_text(casts) c(key, type)
		WHERE item ->> c.key IS NOT NULL ORDER BY n, c.key LOOP
		BEGIN
			EXECUTE format('SELECT $1::%s', v.type) USING v.value;
		EXCEPTION WHEN data_exception THEN
			GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
			RAISE invalid_parameter_value USING
				MESSAGE = format('element %s of %s: wrong "%s": %s', v.n, what, v.key, left(message, 200)),
				DETAIL = format('The value is %s.', left(v.value, 100));
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION check_values(jsonb, text, jsonb) IS
	'raises an error about the first element of a verb''s argument with a value that is none of its type; casts: the types by key';

CREATE FUNCTION check_validity(items jsonb, what text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	SELECT n, item INTO wrong FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n)
	WHERE (item ->> 'valid_from')::timestamptz >= (item ->> 'valid_to')::timestamptz ORDER BY n LIMIT 1;
	IF wrong.n IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('element %s of %s: valid_from %s is not before valid_to %s', wrong.n, what, wrong.item ->> 'valid_from', wrong.item ->> 'valid_to');
	END IF;
END
$function$;
COMMENT ON FUNCTION check_validity(jsonb, text) IS
	'raises an error about the first element whose validity ends before it starts';

CREATE FUNCTION lock_subjects(graph text, written regclass, kind text, numbers bigint[]) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_lock_subjects'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION lock_subjects(text, regclass, text, bigint[]) IS
	'locks entities of a graph (kind: entity) or documents (kind: document, numbers: their hashes) against other verbs until the transaction ends; '
	'the caller must have the right to write the table';

CREATE FUNCTION check_snapshot(written regclass, subject name, subjects anyarray) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_snapshot'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION check_snapshot(regclass, name, anyarray) IS
	'at REPEATABLE READ: a serialization failure if others have written rows with these values in the column that the transaction does not see';

CREATE FUNCTION log_change() RETURNS trigger
	AS 'MODULE_PATHNAME', 'kg_log_change'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION log_change() IS
	'trigger function, AFTER UPDATE of a graph''s table of entities: writes the old name, type, properties and content to the table change, as the table''s owner';
-- Entities by id, by type and name, or by name alone; kg.upsert_entities

-- Each name is looked up three ways; the first that leads to an entity wins: entities with
-- resolved, aliases, other entities.
CREATE FUNCTION find_entities(tables regclass[], names text[], types text[], places integer[], OUT ids bigint[], OUT unresolved bigint[], OUT kinds integer[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
BEGIN
	EXECUTE format($query$
		SELECT array_agg(c.id ORDER BY u.n), array_agg(DISTINCT c.id) FILTER (WHERE c.place = 3), array_agg(c.kinds::integer ORDER BY u.n)
		FROM unnest($3::bigint[]) p(place) JOIN unnest($1, $2) WITH ORDINALITY u(name, type, n) ON u.n = p.place LEFT JOIN %4$s t ON t.name = u.type
			CROSS JOIN LATERAL (
				SELECT (array_agg(m.id ORDER BY m.place, m.id))[1] AS id, min(m.place) AS place, CASE WHEN u.type IS NULL THEN count(DISTINCT m.type) END AS kinds
				FROM (
					SELECT e.id, e.type, CASE WHEN e.resolved THEN 1 ELSE 3 END AS place FROM %1$s e
					WHERE kg.name_key(e.name) = kg.name_key(u.name) AND e.content IS NULL AND (u.type IS NULL OR e.type = t.id)
					UNION ALL
					SELECT e.id, e.type, 2 FROM %6$s a JOIN %1$s e ON e.id = a.entity
					WHERE kg.name_key(a.name) = kg.name_key(u.name) AND (u.type IS NULL OR a.type = t.id)
				) m
			) c
		$query$, VARIADIC tables) INTO ids, unresolved, kinds USING names, types, places;
END
$function$;
COMMENT ON FUNCTION find_entities(regclass[], text[], text[], integer[]) IS
	'the entities that the names at these places of the arrays, with these types, or any type where it is null, lead to; unresolved: those without the mark resolved; kinds: among how many types a name has to be chosen';

CREATE FUNCTION check_ids(tables regclass[], what text, numbers integer[], ids bigint[]) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	EXECUTE format('SELECT u.number, u.id FROM unnest($1, $2) u(number, id) WHERE u.id IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s e WHERE e.id = u.id) ORDER BY 1, 2 LIMIT 1', VARIADIC tables)
		INTO wrong USING numbers, ids;
	IF wrong.id IS NOT NULL THEN
		RAISE foreign_key_violation USING
			MESSAGE = CASE WHEN what = '' THEN format('there is no entity %s', wrong.id)
				ELSE format('element %s of %s: there is no entity %s', wrong.number, what, wrong.id) END;
	END IF;
END
$function$;
COMMENT ON FUNCTION check_ids(regclass[], text, integer[], bigint[]) IS
	'raises an error that names the first id that no entity has';

CREATE FUNCTION make_types(tables regclass[], kind text, names text[]) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	type_table CONSTANT text := CASE kind WHEN 'entity' THEN '%4$s' ELSE '%5$s' END;
	missing text[];
BEGIN
	EXECUTE format('SELECT array_agg(DISTINCT u.name) FROM unnest($1) u(name) WHERE u.name IS NOT NULL AND NOT EXISTS (SELECT FROM ' || type_table || ' t WHERE t.name = u.name)', VARIADIC tables)
		INTO missing USING names;
	IF missing IS NOT NULL THEN
		EXECUTE format('INSERT INTO ' || type_table || ' (name) SELECT name FROM unnest($1) u(name) ORDER BY name COLLATE "C" ON CONFLICT DO NOTHING', VARIADIC tables) USING missing;
	END IF;
END
$function$;
COMMENT ON FUNCTION make_types(regclass[], text, text[]) IS
	'makes the types of entities or relations (kind: entity or relation) that are missing';

-- The arrays have a place for each element or end.  Others may come between look-up and
-- INSERT: the unique index on resolved entities decides who is first, then both look again.
CREATE FUNCTION find_or_make(
	tables regclass[],
	what text,
	numbers integer[],
	ids bigint[],
	names text[],
	types text[],
	properties jsonb[],
	embeddings text[],
	importances real[],
	OUT entities bigint[],
	OUT made bigint[]
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	f record;
	places integer[];
	open_places integer[];
	i integer;
	added bigint[];
	has_embeddings CONSTANT boolean := EXISTS (SELECT FROM unnest(embeddings) u(e) WHERE e IS NOT NULL);
	may_mark CONSTANT boolean := has_column_privilege(tables[1], 'resolved', 'UPDATE');
BEGIN
	PERFORM kg.check_ids(tables, what, numbers, ids);
	entities := ids;
	made := '{}';
	-- first those with a type: a name alone may mean one of them
	FOR step IN 1 .. 2 LOOP
		places := ARRAY(SELECT n FROM unnest(ids, types) WITH ORDINALITY u(id, type, n) WHERE id IS NULL AND (type IS NULL) = (step = 2));
		FOR attempt IN 1 .. 4 LOOP
			EXIT WHEN cardinality(places) = 0;
			f := kg.find_entities(tables, names, types, places);
			i := (SELECT min(n) FROM unnest(f.kinds) WITH ORDINALITY u(k, n) WHERE k > 1);
			IF i IS NOT NULL THEN
				RAISE ambiguous_parameter USING
					MESSAGE = concat(format('element %s of %s: ', numbers[places[i]], nullif(what, '')), format('entities of %s types have the name "%s"', f.kinds[i], left(names[places[i]], 200))),
					HINT = 'Give the type, too, or the id.';
			END IF;
			BEGIN
				IF f.unresolved IS NOT NULL AND may_mark THEN
					EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) USING f.unresolved;
					EXECUTE format('UPDATE %1$s SET resolved = true WHERE id = ANY ($1) AND NOT resolved', VARIADIC tables) USING f.unresolved;
				END IF;
			EXCEPTION WHEN unique_violation THEN
				-- another transaction made an entity of that name, which the next look-up finds
				CONTINUE;
			END;
			SELECT array_agg(p ORDER BY n) INTO open_places FROM unnest(places, f.ids) WITH ORDINALITY u(p, id, n) WHERE id IS NULL;
			entities := ARRAY(SELECT coalesce(u.id, g.id) FROM unnest(entities) WITH ORDINALITY u(id, n) LEFT JOIN unnest(places, f.ids) g(p, id) ON g.p = u.n ORDER BY u.n);
			places := coalesce(open_places, '{}');
			EXIT WHEN cardinality(places) = 0;
			IF attempt = 4 THEN
				RAISE unique_violation USING
					MESSAGE = concat(format('element %s of %s: ', numbers[places[1]], nullif(what, '')), format('the name "%s" conflicts with that of another entity', left(names[places[1]], 200))),
					DETAIL = 'It may be one that you may not see, or one that another transaction makes or removes at this time.';
			END IF;
			PERFORM kg.make_types(tables, 'entity', ARRAY(SELECT DISTINCT coalesce(t, 'entity') FROM unnest(types) WITH ORDINALITY u(t, n) JOIN unnest(places) p ON p = n));
			EXECUTE format($query$
				WITH missing AS (
					SELECT DISTINCT ON (t.id, kg.name_key(u.name)) t.id AS type, u.name, u.properties, u.embedding, u.importance
					FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY u(name, type, properties, embedding, importance, n) JOIN unnest($6::bigint[]) p ON p = u.n
						JOIN %4$s t ON t.name = coalesce(u.type, 'entity')
					ORDER BY t.id, kg.name_key(u.name), u.n
				), made AS (
					INSERT INTO %1$s (type, name, resolved, properties, importance$query$ || CASE WHEN has_embeddings THEN ', embedding' ELSE '' END || $query$)
					SELECT type, name, true, coalesce(properties, '{}'), coalesce(importance, 0)$query$ || CASE WHEN has_embeddings THEN ', embedding::%8$s' ELSE '' END || $query$
					FROM missing ORDER BY type, kg.name_key(name)
					ON CONFLICT DO NOTHING RETURNING id
				)
				SELECT array_agg(id) FROM made
				$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO added
				USING names, types, properties, embeddings, importances, places;
			made := made || coalesce(added, '{}');
		END LOOP;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION find_or_make(regclass[], text, integer[], bigint[], text[], text[], jsonb[], text[], real[]) IS
	'the entities with these ids, or of these names and types, null for any type; makes those that are missing, with these values, and marks all as resolved';

CREATE FUNCTION change_entities(tables regclass[], ids bigint[], properties jsonb[], embeddings text[], importances real[], OUT complete boolean, OUT changed bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	with_embeddings CONSTANT boolean := EXISTS (SELECT FROM unnest(embeddings) u(e) WHERE e IS NOT NULL);
	differs CONSTANT text := '(e.properties <> e.properties || g.properties OR e.importance <> g.importance' ||
		CASE WHEN with_embeddings THEN ' OR g.embedding IS NOT NULL AND (e.embedding IS NULL OR e.embedding OPERATOR(kg.<>) g.embedding)' ELSE '' END || ')';
	-- several elements for one entity are merged in their order
	given CONSTANT text := $query$
		WITH u AS MATERIALIZED (
			SELECT * FROM unnest($1, $2, $3, $4) WITH ORDINALITY u(id, properties, embedding, importance, n)
		), g AS MATERIALIZED (
			SELECT u.id, CASE WHEN count(*) = 1 THEN coalesce((array_agg(u.properties))[1], '{}') ELSE (
					SELECT coalesce(jsonb_object_agg(p.key, p.value ORDER BY s.n), '{}') FROM u s CROSS JOIN jsonb_each(s.properties) p WHERE s.id = u.id) END AS properties,
				(array_agg(u.embedding ORDER BY u.n DESC) FILTER (WHERE u.embedding IS NOT NULL))[1]::%8$s AS embedding,
				(array_agg(u.importance ORDER BY u.n DESC) FILTER (WHERE u.importance IS NOT NULL))[1] AS importance
			FROM u GROUP BY u.id
		)$query$;
	wanted bigint;
	locked bigint;
BEGIN
	EXECUTE format(given || ' SELECT array_agg(e.id) FROM %1$s e JOIN g ON g.id = e.id WHERE ' || differs, VARIADIC tables::text[] || kg.embedding_type(tables[1]))
		INTO changed USING ids, properties, embeddings, importances;
	complete := true;
	IF changed IS NULL THEN
		RETURN;
	END IF;
	-- in the order of ids, so that two calls do not wait for each other
	EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) INTO locked USING changed;
	complete := locked = cardinality(changed);
	EXECUTE format(given || $query$, done AS (
			UPDATE %1$s e SET properties = e.properties || g.properties, importance = coalesce(g.importance, e.importance)$query$ ||
			CASE WHEN with_embeddings THEN ', embedding = coalesce(g.embedding, e.embedding)' ELSE '' END || $query$
			FROM g WHERE g.id = e.id AND e.id = ANY ($5) AND $query$ || differs || $query$ RETURNING e.id
		) SELECT array_agg(id) FROM done$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1]))
		INTO changed USING ids, properties, embeddings, importances, changed;
END
$function$;
COMMENT ON FUNCTION change_entities(regclass[], bigint[], jsonb[], text[], real[]) IS
	'merges properties into those of entities, and replaces embedding and importance where given; changed: the entities that this changed; complete: are all still there?';

CREATE FUNCTION add_aliases(tables regclass[], what text, numbers integer[], ids bigint[], names text[]) RETURNS bigint[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	changed bigint[] := '{}';
	wrong record;
	-- an entity's own name needs no alias
	given CONSTANT text := $query$
		SELECT DISTINCT ON (kg.name_key(u.name), e.type) u.number, u.id, e.type, u.name
		FROM unnest($1, $2, $3) u(number, id, name) JOIN %1$s e ON e.id = u.id
		WHERE kg.name_key(u.name) <> kg.name_key(e.name)
		ORDER BY kg.name_key(u.name), e.type, u.number$query$;
BEGIN
	EXECUTE format('WITH g AS (' || given || $query$), done AS (
			INSERT INTO %6$s (entity, type, name, created_at)
			SELECT g.id, g.type, g.name, clock_timestamp() FROM g
			WHERE NOT EXISTS (SELECT FROM %6$s a WHERE kg.name_key(a.name) = kg.name_key(g.name) AND a.type = g.type)
			ORDER BY kg.name_key(g.name), g.type ON CONFLICT DO NOTHING RETURNING entity
		) SELECT array_agg(entity) FROM done$query$, VARIADIC tables) INTO changed USING numbers, ids, names;
	EXECUTE format($query$
		SELECT u.number, u.name FROM unnest($1, $2, $3) u(number, id, name) JOIN %1$s e ON e.id = u.id
		WHERE kg.name_key(u.name) <> kg.name_key(e.name) AND (
			NOT EXISTS (SELECT FROM %6$s a WHERE kg.name_key(a.name) = kg.name_key(u.name) AND a.type = e.type AND a.entity = e.id) OR
			EXISTS (SELECT FROM %1$s o WHERE kg.name_key(o.name) = kg.name_key(u.name) AND o.type = e.type AND o.content IS NULL))
		ORDER BY 1 LIMIT 1$query$, VARIADIC tables) INTO wrong USING numbers, ids, names;
	IF wrong.name IS NOT NULL THEN
		RAISE unique_violation USING
			MESSAGE = format('element %s of %s: the alias "%s" is a name of another entity', wrong.number, what, left(wrong.name, 200)),
			HINT = 'If both are the same, kg.merge_entities makes them one.';
	END IF;
	RETURN coalesce(changed, '{}');
END
$function$;
COMMENT ON FUNCTION add_aliases(regclass[], text, integer[], bigint[], text[]) IS
	'gives entities further names; the entities that had not all of them';

CREATE FUNCTION upsert_entities_body(entities jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	numbers integer[];
	names text[];
	types text[];
	properties jsonb[];
	embeddings text[];
	importances real[];
	aliases record;
	f record;
	c record;
	again_ids bigint[];
	again_properties jsonb[];
	again_embeddings text[];
	again_importances real[];
	changed bigint[];
BEGIN
	PERFORM kg.check_items(entities, 'entities', '{"name": "name", "type": "name?", "properties": "object?", "embedding": "embedding?", "importance": "number?", "aliases": "names?"}');
	BEGIN
		SELECT array_agg(n), array_agg(item ->> 'name'), array_agg(item ->> 'type'), array_agg(CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' END),
			array_agg(item ->> 'embedding'), array_agg((item ->> 'importance')::real)
		INTO numbers, names, types, properties, embeddings, importances
		FROM jsonb_array_elements(entities) WITH ORDINALITY e(item, n);
		IF numbers IS NULL THEN
			RETURN;
		END IF;
		FOR attempt IN 1 .. 4 LOOP
			f := kg.find_or_make(tables, 'entities', numbers, array_fill(NULL::bigint, ARRAY[cardinality(numbers)]), names, types, properties, embeddings, importances);
			-- what INSERT has not done: the first element of an entity that was made is done
			SELECT array_agg(g.id), array_agg(g.properties), array_agg(g.embedding), array_agg(g.importance) INTO again_ids, again_properties, again_embeddings, again_importances
			FROM (
				SELECT u.*, u.id = ANY (f.made) AND row_number() OVER (PARTITION BY u.id ORDER BY n) = 1 AS inserted
				FROM unnest(f.entities, properties, embeddings, importances) WITH ORDINALITY u(id, properties, embedding, importance, n) ORDER BY n) g
			WHERE NOT g.inserted AND num_nonnulls(g.properties, g.embedding, g.importance) > 0;
			changed := '{}';
			EXIT WHEN again_ids IS NULL;
			c := kg.change_entities(tables, again_ids, again_properties, again_embeddings, again_importances);
			changed := coalesce(c.changed, '{}');
			EXIT WHEN c.complete;
		END LOOP;
	EXCEPTION WHEN data_exception THEN
		PERFORM kg.check_values(entities, 'entities', jsonb_build_object('embedding', kg.embedding_type(tables[1]), 'importance', 'real'));
		RAISE;
	END;
	SELECT array_agg(n::integer) AS numbers, array_agg(f.entities[n]) AS ids, array_agg(a) AS names INTO aliases
	FROM jsonb_array_elements(entities) WITH ORDINALITY e(item, n) CROSS JOIN jsonb_array_elements_text(CASE WHEN jsonb_typeof(item -> 'aliases') = 'array' THEN item -> 'aliases' END) a;
	IF aliases.names IS NOT NULL THEN
		changed := changed || kg.add_aliases(tables, 'entities', aliases.numbers, aliases.ids, aliases.names);
	END IF;
	RETURN QUERY SELECT n::integer, u.id, CASE WHEN row_number() OVER (PARTITION BY u.id ORDER BY n) > 1 THEN 'unchanged'
			WHEN m.id IS NOT NULL THEN 'inserted' WHEN h.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END
		FROM unnest(f.entities) WITH ORDINALITY u(id, n) LEFT JOIN unnest(f.made) m(id) ON m.id = u.id LEFT JOIN (SELECT DISTINCT x FROM unnest(changed) x) h(id) ON h.id = u.id
		ORDER BY n;
END
$function$;
COMMENT ON FUNCTION upsert_entities_body(jsonb, text) IS
	'body of kg.upsert_entities';
REVOKE ALL ON FUNCTION upsert_entities_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION upsert_entities(entities jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, done text)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upsert_entities(jsonb, text) IS
	'makes or changes entities, [{"name", "type", "properties", "embedding", "importance", "aliases"}, ...]; an entity is identified by its type and kg.name_key(name), or an alias; '
	'properties are merged by ||, embedding and importance replaced where given; the result has a row for each element: its number, the id, and inserted, updated or unchanged';
-- kg.set_relation_type, kg.upsert_relations

CREATE FUNCTION one_at_a_time_constraint(relation_table regclass, type integer) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT c.conname::text FROM pg_constraint c
	WHERE c.conrelid = relation_table AND c.contype = 'x' AND c.conname = 'relation_one_at_a_time_' || type
$function$;
COMMENT ON FUNCTION one_at_a_time_constraint(regclass, integer) IS
	'the exclusion constraint that lets a source have one relation of this type at a time, or null if there is none';

CREATE FUNCTION set_relation_type_body(name text, one_at_a_time boolean, graph text) RETURNS integer
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC'
	SET datestyle = 'ISO'
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	type_id integer;
	present boolean;
	c record;
BEGIN
	IF name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 2000 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('the name of a relation type has 1 to 2000 bytes; it is %s', coalesce('"' || left(name, 100) || '"', 'NULL'));
	END IF;
	IF one_at_a_time IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'one_at_a_time must not be null';
	END IF;
	PERFORM kg.make_types(tables, 'relation', ARRAY[name]);
	EXECUTE format('SELECT id FROM %5$s t WHERE t.name = $1', VARIADIC tables) INTO type_id USING name;
	IF type_id IS NULL THEN
		RAISE unique_violation USING MESSAGE = format('relation type "%s" conflicts with one that you may not see', left(name, 200));
	END IF;
	-- The second look is behind the lock that ALTER TABLE takes anyway.
	IF (kg.one_at_a_time_constraint(tables[2], type_id) IS NOT NULL) = one_at_a_time THEN
		RETURN type_id;
	END IF;
	EXECUTE format('LOCK TABLE %2$s IN ACCESS EXCLUSIVE MODE', VARIADIC tables);
	present := kg.one_at_a_time_constraint(tables[2], type_id) IS NOT NULL;
	IF one_at_a_time AND NOT present THEN
		EXECUTE format($query$
			SELECT r.source, r.id AS first, n.id AS second, tstzrange(r.valid_from, r.valid_to) AS first_valid, tstzrange(n.valid_from, n.valid_to) AS second_valid
			FROM %2$s r JOIN %2$s n ON n.source = r.source AND n.type = r.type AND n.id > r.id AND n.expired_at IS NULL AND
				tstzrange(n.valid_from, n.valid_to) && tstzrange(r.valid_from, r.valid_to)
			WHERE r.type = $1 AND r.expired_at IS NULL ORDER BY r.id, n.id LIMIT 1
			$query$, VARIADIC tables) INTO c USING type_id;
		IF c.first IS NOT NULL THEN
			RAISE exclusion_violation USING
				MESSAGE = format('relations %s and %s of type "%s" are valid at the same time', c.first, c.second, name),
				DETAIL = format('Their source is entity %s; %s overlaps %s.', c.source, c.first_valid, c.second_valid),
				HINT = 'Retract one of them with kg.retract, or correct its valid_from or valid_to.';
		END IF;
		EXECUTE format('ALTER TABLE %2$s ADD CONSTRAINT %8$I EXCLUDE USING gist (int8range(source, source, ''[]'') WITH &&, tstzrange(valid_from, valid_to) WITH &&) WHERE (expired_at IS NULL AND type = %9$s)',
			VARIADIC tables::text[] || ARRAY['relation_one_at_a_time_' || type_id, type_id::text]);
	ELSIF present AND NOT one_at_a_time THEN
		EXECUTE format('ALTER TABLE %2$s DROP CONSTRAINT %8$I', VARIADIC tables::text[] || ('relation_one_at_a_time_' || type_id));
	END IF;
	RETURN type_id;
END
$function$;
COMMENT ON FUNCTION set_relation_type_body(text, boolean, text) IS
	'body of kg.set_relation_type';
REVOKE ALL ON FUNCTION set_relation_type_body(text, boolean, text) FROM PUBLIC;

CREATE FUNCTION set_relation_type(name text, one_at_a_time boolean, graph text DEFAULT 'kg') RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_relation_type(text, boolean, text) IS
	'makes a relation type if it is missing and says whether an entity has one relation of the type at a time, as source, or many; returns the type''s id; '
	'only the owner of the table of relations may change this, since it is an exclusion constraint';

-- An end is an id, a name or an object.  It becomes an id, or a name with a type or null.
CREATE FUNCTION entity_ends(ends jsonb[], OUT ids bigint[], OUT names text[], OUT types text[])
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce(array_agg(CASE WHEN jsonb_typeof(u.e) = 'number' THEN (u.e)::bigint END ORDER BY n), '{}'),
		coalesce(array_agg(CASE jsonb_typeof(u.e) WHEN 'string' THEN u.e #>> '{}' WHEN 'object' THEN u.e ->> 'name' END ORDER BY n), '{}'),
		coalesce(array_agg(CASE WHEN jsonb_typeof(u.e) = 'object' THEN u.e ->> 'type' END ORDER BY n), '{}')
	FROM unnest(ends) WITH ORDINALITY u(e, n)
$function$;
COMMENT ON FUNCTION entity_ends(jsonb[]) IS
	'entities as the verbs'' JSON gives them: an id, a name, or an object with name and type';

CREATE FUNCTION find_or_make_ends(tables regclass[], what text, numbers integer[], ends jsonb[]) RETURNS bigint[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	e record;
BEGIN
	e := kg.entity_ends(ends);
	RETURN (kg.find_or_make(tables, what, numbers, e.ids, e.names, e.types, NULL, NULL, NULL)).entities;
END
$function$;
COMMENT ON FUNCTION find_or_make_ends(regclass[], text, integer[], jsonb[]) IS
	'the ids of entities as the verbs'' JSON gives them; makes those that are missing';

-- Writes versions of facts: an array of each column of the new ones, and the ids that expire.
-- "at" comes after the locks, so times of a subject only grow.
CREATE FUNCTION write_relations(
	tables regclass[],
	expire bigint[],
	relations jsonb
) RETURNS TABLE (place integer, relation bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	at timestamptz := clock_timestamp();
	expired bigint;
BEGIN
	IF cardinality(expire) > 0 THEN
		-- a clock may be set back
		EXECUTE format('SELECT greatest($2, max(recorded_at)) FROM (SELECT recorded_at FROM %2$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) INTO at USING expire, at;
		EXECUTE format('UPDATE %2$s SET expired_at = $2, expired_by = current_user WHERE id = ANY ($1) AND expired_at IS NULL', VARIADIC tables) USING expire, at;
		GET DIAGNOSTICS expired = ROW_COUNT;
		IF expired < cardinality(expire) THEN
			RAISE serialization_failure USING
				MESSAGE = 'a relation has been changed by another transaction, or you may not change it',
				HINT = 'Try again.';
		END IF;
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH given AS MATERIALIZED (
			SELECT g.*, row_number() OVER (ORDER BY place) AS row FROM jsonb_to_recordset($1) g(place integer, source bigint, target bigint, type integer, weight real, properties jsonb,
				valid_from timestamptz, valid_to timestamptz, created_at timestamptz, created_by text)
		), done AS (
			INSERT INTO %2$s (source, target, type, weight, properties, valid_from, valid_to, recorded_at, created_at, created_by)
			SELECT source, target, type, coalesce(weight, 1), coalesce(properties, '{}'), valid_from, valid_to, $2, coalesce(created_at, $2), coalesce(created_by, current_user)
			FROM given ORDER BY row RETURNING id
		)
		SELECT g.place, d.id FROM given g JOIN (SELECT id, row_number() OVER () AS row FROM done) d ON d.row = g.row ORDER BY 1
		$query$, VARIADIC tables) USING relations, at;
END
$function$;
COMMENT ON FUNCTION write_relations(regclass[], bigint[], jsonb) IS
	'lets relations expire and inserts others, all at one time; relations: an array of objects with the columns of a relation, and "place", which is returned with the id';

CREATE FUNCTION upsert_relations_body(relations jsonb, graph text) RETURNS TABLE (number integer, id bigint, source bigint, target bigint, done text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	n CONSTANT integer := CASE WHEN jsonb_typeof(relations) = 'array' THEN jsonb_array_length(relations) END;
	numbers integer[];
	ends jsonb[];
	types text[];
	found_ends bigint[];
	plan jsonb;
BEGIN
	PERFORM kg.check_items(relations, 'relations', '{"source": "entity", "target": "entity", "type": "name", "weight": "number?", "properties": "object?", "valid_from": "time?", "valid_to": "time?"}');
	IF n = 0 THEN
		RETURN;
	END IF;
	PERFORM kg.check_values(relations, 'relations', '{"valid_from": "timestamptz", "valid_to": "timestamptz", "weight": "real"}');
	SELECT array_agg(o), array_agg(item -> 'source' ORDER BY o) || array_agg(item -> 'target' ORDER BY o), array_agg(item ->> 'type' ORDER BY o) INTO numbers, ends, types
	FROM jsonb_array_elements(relations) WITH ORDINALITY e(item, o);
	PERFORM kg.check_validity(relations, 'relations');
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			found_ends := kg.find_or_make_ends(tables, 'relations', numbers || numbers, ends);
			PERFORM kg.make_types(tables, 'relation', types);
			PERFORM kg.lock_subjects(graph, tables[2], 'entity', found_ends[:n]);
			PERFORM kg.check_snapshot(tables[2], 'source', found_ends[:n]);
			-- The plan has a row for each different relation of the input: the known row, if there is one, and what is to be written.
			EXECUTE format($query$
				WITH u AS MATERIALIZED (
					SELECT o, s AS source, d AS target, t.id AS type, (item ->> 'weight')::real AS weight, CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' END AS properties,
						(item ->> 'valid_from')::timestamptz AS valid_from, (item ->> 'valid_to')::timestamptz AS valid_to
					FROM jsonb_array_elements($1) WITH ORDINALITY e(item, o) JOIN unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY f(s, d, p) ON f.p = e.o JOIN %5$s t ON t.name = item ->> 'type'
				), g AS MATERIALIZED (
					SELECT min(o) AS place, array_agg(o ORDER BY o) AS places, source, target, type, valid_from, valid_to,
						(array_agg(weight ORDER BY o DESC) FILTER (WHERE weight IS NOT NULL))[1] AS weight,
						CASE WHEN count(*) = 1 THEN coalesce((array_agg(properties))[1], '{}') ELSE (
							SELECT coalesce(jsonb_object_agg(p.key, p.value ORDER BY a.k), '{}') FROM unnest(array_agg(u.properties ORDER BY o)) WITH ORDINALITY a(properties, k) CROSS JOIN jsonb_each(a.properties) p) END AS properties
					FROM u GROUP BY source, target, type, valid_from, valid_to
				), known AS MATERIALIZED (
					SELECT DISTINCT ON (g.place) g.place, r.id, r.weight, r.properties, r.created_at, r.created_by
					FROM g JOIN %2$s r ON r.source = g.source AND r.target = g.target AND r.type = g.type AND r.expired_at IS NULL AND
						r.valid_from IS NOT DISTINCT FROM g.valid_from AND r.valid_to IS NOT DISTINCT FROM g.valid_to
					ORDER BY g.place, r.id
				)
				SELECT jsonb_agg(jsonb_build_object('place', g.place, 'places', g.places, 'source', g.source, 'target', g.target, 'type', g.type, 'valid_from', g.valid_from, 'valid_to', g.valid_to,
					'id', k.id, 'weight', coalesce(g.weight, k.weight), 'properties', coalesce(k.properties || g.properties, g.properties),
					'done', CASE WHEN k.id IS NULL THEN 'inserted' WHEN k.weight <> g.weight OR k.properties <> k.properties || g.properties THEN 'updated' ELSE 'unchanged' END) ORDER BY g.place)
				FROM g LEFT JOIN known k ON k.place = g.place
				$query$, VARIADIC tables) INTO plan USING relations, found_ends[:n], found_ends[n + 1:];
			PERFORM kg.check_one_at_a_time(tables, plan);
			RETURN QUERY
				WITH written AS MATERIALIZED (
					SELECT * FROM kg.write_relations(tables, ARRAY(SELECT (p ->> 'id')::bigint FROM jsonb_array_elements(plan) p WHERE p ->> 'done' = 'updated'),
						(SELECT coalesce(jsonb_agg(p), '[]') FROM jsonb_array_elements(plan) p WHERE p ->> 'done' <> 'unchanged'))
				)
				SELECT a.o::integer, coalesce(w.relation, (p ->> 'id')::bigint), (p ->> 'source')::bigint, (p ->> 'target')::bigint,
					CASE WHEN a.o = p ->> 'place' THEN p ->> 'done' ELSE 'unchanged' END
				FROM jsonb_array_elements(plan) p CROSS JOIN LATERAL jsonb_array_elements_text(p -> 'places') a(o) LEFT JOIN written w ON w.place = (p ->> 'place')::integer
				ORDER BY 1;
			RETURN;
		EXCEPTION WHEN foreign_key_violation THEN
			-- an entity was merged or forgotten after it was found
			IF attempt = 4 OR SQLERRM LIKE 'element %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION upsert_relations_body(jsonb, text) IS
	'body of kg.upsert_relations';
REVOKE ALL ON FUNCTION upsert_relations_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION check_one_at_a_time(tables regclass[], plan jsonb) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	types CONSTANT integer[] := ARRAY(
		SELECT t FROM (SELECT DISTINCT (p ->> 'type')::integer AS t FROM jsonb_array_elements(plan) p) q WHERE kg.one_at_a_time_constraint(tables[2], t) IS NOT NULL);
	wrong record;
BEGIN
	IF types = '{}' THEN
		RETURN;
	END IF;
	EXECUTE format($query$
		WITH g AS MATERIALIZED (
			SELECT * FROM jsonb_to_recordset($1) g(place integer, source bigint, target bigint, type integer, valid_from timestamptz, valid_to timestamptz, id bigint) WHERE type = ANY ($2)
		)
		SELECT g.place, t.name, c.what
		FROM g JOIN %5$s t ON t.id = g.type CROSS JOIN LATERAL (
			SELECT 1 AS k, format('element %%s', o.place) AS what FROM g o WHERE o.place < g.place AND o.source = g.source AND o.type = g.type AND tstzrange(o.valid_from, o.valid_to) && tstzrange(g.valid_from, g.valid_to)
			UNION ALL
			SELECT 2, format('relation %%s', r.id) FROM %2$s r WHERE r.source = g.source AND r.type = g.type AND r.expired_at IS NULL AND r.id IS DISTINCT FROM g.id AND
				tstzrange(r.valid_from, r.valid_to) && tstzrange(g.valid_from, g.valid_to)
			ORDER BY 1, 2 LIMIT 1) c
		ORDER BY 1 LIMIT 1
		$query$, VARIADIC tables) INTO wrong USING plan, types;
	IF wrong.place IS NOT NULL THEN
		RAISE exclusion_violation USING
			MESSAGE = format('element %s of relations is valid at the same time as %s, and type "%s" is one at a time', wrong.place, wrong.what, left(wrong.name, 200)),
			HINT = 'kg.assert_fact lets the new fact supersede the older one.';
	END IF;
END
$function$;
COMMENT ON FUNCTION check_one_at_a_time(regclass[], jsonb) IS
	'raises an error about the first relation that kg.upsert_relations may not insert because of another one of its source';

CREATE FUNCTION upsert_relations(relations jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, source bigint, target bigint, done text)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upsert_relations(jsonb, text) IS
	'makes or changes relations, [{"source", "target", "type", "weight", "properties", "valid_from", "valid_to"}, ...]; an end is an id, a name, or {"name", "type"}, and is made if it is missing; '
	'a relation is identified by its ends, type and validity; properties are merged by ||, the weight replaced where given, in a new row, and the older row expires; '
	'the result has a row for each element: its number, the id, both ends, and inserted, updated or unchanged';
-- kg.add_observations, kg.add_passages

CREATE FUNCTION check_words(items jsonb, what text, graph text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	v record;
BEGIN
	FOR v IN SELECT n, item FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n) ORDER BY octet_length(item ->> 'content') DESC LOOP
		BEGIN
			PERFORM kg.marked_words(to_tsvector(kg.graph_language(graph), kg.fold_text(v.item ->> 'content')));
		EXCEPTION WHEN program_limit_exceeded THEN
			RAISE program_limit_exceeded USING
				MESSAGE = format('element %s of %s has too many different words', v.n, what) || coalesce(': document "' || left(v.item ->> 'document', 200) || '"', '') || coalesce(', ordinal ' || (v.item ->> 'ordinal'), ''),
				DETAIL = SQLERRM,
				HINT = 'Split the text into several.';
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION check_words(jsonb, text, text) IS
	'raises an error about the longest text of a verb''s argument whose words PostgreSQL cannot keep';

CREATE FUNCTION add_observations_body(observations jsonb, graph text) RETURNS TABLE (number integer, id bigint, entity bigint, done text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	numbers integer[];
	ends jsonb[];
	found_ends bigint[];
	result record;
BEGIN
	PERFORM kg.check_items(observations, 'observations', '{"entity": "entity", "content": "text", "source": "text?", "at": "time?", "valid_from": "time?", "valid_to": "time?", "embedding": "embedding?"}');
	PERFORM kg.check_values(observations, 'observations', jsonb_build_object('at', 'timestamptz', 'valid_from', 'timestamptz', 'valid_to', 'timestamptz', 'embedding', kg.embedding_type(tables[1])));
	PERFORM kg.check_validity(observations, 'observations');
	SELECT array_agg(n ORDER BY n), array_agg(item -> 'entity' ORDER BY n) INTO numbers, ends FROM jsonb_array_elements(observations) WITH ORDINALITY e(item, n);
	IF numbers IS NULL THEN
		RETURN;
	END IF;
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			found_ends := kg.find_or_make_ends(tables, 'observations', numbers, ends);
			PERFORM kg.lock_subjects(graph, tables[3], 'entity', found_ends);
			PERFORM kg.check_snapshot(tables[3], 'entity', found_ends);
			-- Rows that are returned stay returned if a foreign key then fails.
			EXECUTE format($query$
				WITH u AS MATERIALIZED (
					SELECT n, f.entity, item ->> 'content' AS content, item ->> 'source' AS source, (item ->> 'at')::timestamptz AS at,
						(item ->> 'valid_from')::timestamptz AS valid_from, (item ->> 'valid_to')::timestamptz AS valid_to, (item ->> 'embedding')::%8$s AS embedding
					FROM jsonb_array_elements($1) WITH ORDINALITY e(item, n) JOIN unnest($2::bigint[]) WITH ORDINALITY f(entity, p) ON f.p = e.n
				), known AS MATERIALIZED (
					SELECT u.n, min(o.id) AS id
					FROM u JOIN %3$s o ON o.entity = u.entity AND o.content = u.content AND o.expired_at IS NULL AND
						o.valid_from IS NOT DISTINCT FROM u.valid_from AND o.valid_to IS NOT DISTINCT FROM u.valid_to
					GROUP BY u.n
				), fresh AS MATERIALIZED (
					SELECT g.*, row_number() OVER (ORDER BY g.n) AS row FROM (
						SELECT DISTINCT ON (u.entity, u.content, u.valid_from, u.valid_to) u.* FROM u
						WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = u.n) ORDER BY u.entity, u.content, u.valid_from, u.valid_to, u.n) g
				), done AS (
					INSERT INTO %3$s (entity, content, source, at, valid_from, valid_to, embedding, recorded_at)
					SELECT entity, content, source, coalesce(at, $3), valid_from, valid_to, embedding, $3 FROM fresh ORDER BY row RETURNING id
				), made AS MATERIALIZED (
					SELECT f.n, f.entity, f.content, f.valid_from, f.valid_to, d.id FROM fresh f JOIN (SELECT id, row_number() OVER () AS row FROM done) d ON d.row = f.row
				)
				SELECT array_agg(coalesce(k.id, m.id) ORDER BY u.n) AS ids, array_agg(CASE WHEN m.n = u.n THEN 'inserted' ELSE 'unchanged' END ORDER BY u.n) AS outcomes
				FROM u LEFT JOIN known k ON k.n = u.n
					LEFT JOIN made m ON m.entity = u.entity AND m.content = u.content AND m.valid_from IS NOT DISTINCT FROM u.valid_from AND m.valid_to IS NOT DISTINCT FROM u.valid_to
				$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO result USING observations, found_ends, clock_timestamp();
			RETURN QUERY SELECT n::integer, u.id, u.entity, u.outcome FROM unnest(result.ids, found_ends, result.outcomes) WITH ORDINALITY u(id, entity, outcome, n) ORDER BY n;
			RETURN;
		EXCEPTION WHEN program_limit_exceeded THEN
			PERFORM kg.check_words(observations, 'observations', graph);
			RAISE;
		WHEN foreign_key_violation THEN
			-- an entity was merged or forgotten after it was found
			IF attempt = 4 OR SQLERRM LIKE 'element %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION add_observations_body(jsonb, text) IS
	'body of kg.add_observations';
REVOKE ALL ON FUNCTION add_observations_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION add_observations(observations jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, entity bigint, done text)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION add_observations(jsonb, text) IS
	'adds texts about entities, [{"entity", "content", "source", "at", "valid_from", "valid_to", "embedding"}, ...]; the entity is an id, a name, or {"name", "type"}, and is made if it is missing; '
	'an observation that is known, with this entity, content and validity, stays as it is; the result has a row for each element: its number, the id, the entity, and inserted or unchanged';

-- A passage is identified by its type, document and ordinal; without an ordinal by its type,
-- document and content; without a document by its type, name and content.
CREATE FUNCTION write_passages(tables regclass[], passages jsonb, OUT ids bigint[], OUT outcomes text[], OUT rewritten bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	wanted bigint[];
	-- Of several elements for one passage the last one counts.  Each row of a FULL JOIN below has its
	-- match; it is no nested loop, however few rows the planner expects.
	given CONSTANT text := $query$
		WITH u AS MATERIALIZED (
			SELECT n, item ->> 'document' AS document, (item ->> 'ordinal')::integer AS ordinal, item ->> 'content' AS content, t.id AS type,
				coalesce(item ->> 'name', item ->> 'title') AS name,
				coalesce(item ->> 'name', item ->> 'title', left(item ->> 'document', 450) || coalesce(' ' || (item ->> 'ordinal'), ''), nullif(left(item ->> 'content', 100), ''), 'passage') AS full_name,
				CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' ELSE '{}' END AS properties,
				(item ->> 'embedding')::%8$s AS embedding, (item ->> 'importance')::real AS importance
			FROM jsonb_array_elements($1) WITH ORDINALITY e(item, n) JOIN %4$s t ON t.name = coalesce(item ->> 'type', 'passage')
		), k AS MATERIALIZED (
			SELECT u.*, first_value(n) OVER (PARTITION BY type, document, ordinal, CASE WHEN document IS NULL OR ordinal IS NULL THEN content END,
				CASE WHEN document IS NULL THEN kg.name_key(full_name) END ORDER BY n DESC) AS last
			FROM u
		), g AS MATERIALIZED (
			SELECT k.*, (
				SELECT e.id FROM %1$s e
				WHERE k.document IS NOT NULL AND e.document = k.document AND e.type = k.type AND e.content IS NOT NULL AND
					CASE WHEN k.ordinal IS NULL THEN e.content = k.content ELSE e.ordinal = k.ordinal END
				UNION ALL
				SELECT e.id FROM %1$s e
				WHERE k.document IS NULL AND kg.name_key(e.name) = kg.name_key(k.full_name) AND e.type = k.type AND e.content = k.content AND e.document IS NULL
				ORDER BY 1 LIMIT 1) AS id
			FROM k WHERE k.last = k.n
		)$query$;
	differs CONSTANT text := $query$ (e.content <> g.content OR e.name <> g.name OR e.properties <> e.properties || g.properties OR e.importance <> g.importance OR
			g.embedding IS NOT NULL AND (e.embedding IS NULL OR e.embedding OPERATOR(kg.<>) g.embedding))$query$;
BEGIN
	EXECUTE format(given || 'SELECT array_agg(e.id), array_agg(e.id) FILTER (WHERE e.content <> g.content) FROM g JOIN %1$s e ON e.id = g.id WHERE' || differs, VARIADIC tables::text[] || kg.embedding_type(tables[1]))
		INTO wanted, rewritten USING passages;
	IF wanted IS NOT NULL THEN
		EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) USING wanted;
		-- the embedding of an older text says nothing about this one
		EXECUTE format(given || $query$
			UPDATE %1$s e SET content = g.content, name = coalesce(g.name, e.name), properties = e.properties || g.properties, importance = coalesce(g.importance, e.importance),
				embedding = CASE WHEN e.content <> g.content THEN g.embedding ELSE coalesce(g.embedding, e.embedding) END
			FROM g WHERE e.id = g.id AND $query$ || differs, VARIADIC tables::text[] || kg.embedding_type(tables[1])) USING passages;
	END IF;
	EXECUTE format(given || $query$, fresh AS MATERIALIZED (
			SELECT g.*, row_number() OVER (ORDER BY g.n) AS row FROM g WHERE g.id IS NULL
		), done AS (
			INSERT INTO %1$s (type, name, properties, importance, embedding, content, document, ordinal)
			SELECT type, full_name, properties, coalesce(importance, 0), embedding, content, document, ordinal FROM fresh ORDER BY row RETURNING id
		), made AS MATERIALIZED (
			SELECT f.n, d.id FROM fresh f FULL JOIN (SELECT id, row_number() OVER () AS row FROM done) d ON d.row = f.row
		)
		SELECT array_agg(coalesce(m.id, g.id) ORDER BY k.n), array_agg(CASE WHEN k.n <> k.last THEN 'unchanged' WHEN m.id IS NOT NULL THEN 'inserted' WHEN g.id = ANY ($2) THEN 'updated' ELSE 'unchanged' END ORDER BY k.n)
		FROM k FULL JOIN g ON g.n = k.last FULL JOIN made m ON m.n = k.last
		$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO ids, outcomes USING passages, wanted;
END
$function$;
COMMENT ON FUNCTION write_passages(regclass[], jsonb) IS
	'for kg.add_passages: inserts or updates passages without their mentions; rewritten: the passages whose content is another now';

CREATE FUNCTION write_mentions(tables regclass[], graph text, passages jsonb, ids bigint[], rewritten bigint[]) RETURNS TABLE (place integer, entities bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	numbers integer[];
	ends jsonb[];
	sources bigint[];
	targets bigint[];
	type_id integer;
	outdated bigint[];
	missing jsonb;
BEGIN
	SELECT array_agg(n), array_agg(ids[n]), array_agg(e) INTO numbers, sources, ends
	FROM jsonb_array_elements(passages) WITH ORDINALITY i(item, n) CROSS JOIN jsonb_array_elements(CASE WHEN jsonb_typeof(item -> 'mentions') = 'array' THEN item -> 'mentions' END) e;
	targets := kg.find_or_make_ends(tables, 'passages', numbers, ends);
	PERFORM kg.make_types(tables, 'relation', '{mentions}');
	PERFORM kg.lock_subjects(graph, tables[2], 'entity', sources);
	PERFORM kg.check_snapshot(tables[2], 'source', sources);
	EXECUTE format('SELECT id FROM %5$s WHERE name = $1', VARIADIC tables) INTO type_id USING 'mentions';
	EXECUTE format($query$
		SELECT array_agg(r.id) FROM %2$s r
		WHERE r.source = ANY ($1) AND r.type = $2 AND r.expired_at IS NULL AND r.source = ANY ($3) AND
			NOT EXISTS (SELECT FROM unnest($1, $4) m(source, target) WHERE m.source = r.source AND m.target = r.target)
		$query$, VARIADIC tables) INTO outdated USING sources, type_id, rewritten, targets;
	EXECUTE format($query$
		SELECT jsonb_agg(jsonb_build_object('place', q.place, 'source', q.source, 'target', q.target, 'type', $3)) FROM (
			SELECT min(n) AS place, m.source, m.target FROM unnest($1, $2) WITH ORDINALITY m(source, target, n)
			WHERE NOT EXISTS (SELECT FROM %2$s r WHERE r.source = m.source AND r.target = m.target AND r.type = $3 AND r.expired_at IS NULL)
			GROUP BY m.source, m.target) q
		$query$, VARIADIC tables) INTO missing USING sources, targets, type_id;
	IF missing IS NOT NULL OR outdated IS NOT NULL THEN
		PERFORM kg.write_relations(tables, outdated, coalesce(missing, '[]'));
	END IF;
	RETURN QUERY SELECT n, array_agg(t ORDER BY k) FROM unnest(numbers, targets) WITH ORDINALITY u(n, t, k) GROUP BY n;
END
$function$;
COMMENT ON FUNCTION write_mentions(regclass[], text, jsonb, bigint[], bigint[]) IS
	'for kg.add_passages: relations of type mentions from passages to entities';

CREATE FUNCTION add_passages_body(passages jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text, mentions bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	schema CONSTANT text := (kg.graph_entry(graph)).schema_name;
	p record;
BEGIN
	PERFORM kg.check_items(passages, 'passages', '{"document": "text?", "ordinal": "integer?", "name": "name?", "title": "name?", "content": "filled", "type": "name?", "embedding": "embedding?",
		"properties": "object?", "importance": "number?", "mentions": "entities?"}');
	PERFORM kg.check_values(passages, 'passages', jsonb_build_object('embedding', kg.embedding_type(tables[1]), 'importance', 'real'));
	IF passages = '[]' THEN
		RETURN;
	END IF;
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			PERFORM kg.make_types(tables, 'entity', ARRAY(SELECT coalesce(item ->> 'type', 'passage') FROM jsonb_array_elements(passages) item));
			PERFORM kg.lock_subjects(graph, tables[1], 'document',
				ARRAY(SELECT hashtextextended(coalesce('d' || (item ->> 'document'), 'c' || (item ->> 'content')), 0) FROM jsonb_array_elements(passages) item));
			PERFORM kg.check_snapshot(tables[1], 'document', ARRAY(SELECT DISTINCT item ->> 'document' FROM jsonb_array_elements(passages) item));
			p := kg.write_passages(tables, passages);
			IF EXISTS (SELECT FROM jsonb_array_elements(passages) item WHERE item #> '{mentions,0}' IS NOT NULL) THEN
				RETURN QUERY SELECT n::integer, u.id, u.outcome, coalesce(m.entities, '{}')
				FROM unnest(p.ids, p.outcomes) WITH ORDINALITY u(id, outcome, n)
					LEFT JOIN kg.write_mentions(tables, graph, passages, p.ids, coalesce(p.rewritten, '{}')) m ON m.place = n
				ORDER BY n;
			ELSE
				RETURN QUERY SELECT n::integer, u.id, u.outcome, '{}'::bigint[] FROM unnest(p.ids, p.outcomes) WITH ORDINALITY u(id, outcome, n) ORDER BY n;
			END IF;
			PERFORM kg.refresh_when_due(graph, ARRAY[format('%I.lexeme', schema), format('%I.text_size', schema)]::regclass[]);
			RETURN;
		EXCEPTION WHEN program_limit_exceeded THEN
			PERFORM kg.check_words(passages, 'passages', graph);
			RAISE;
		WHEN foreign_key_violation THEN
			-- an entity was merged or forgotten after it was found
			IF attempt = 4 OR SQLERRM LIKE 'element %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION add_passages_body(jsonb, text) IS
	'body of kg.add_passages';
REVOKE ALL ON FUNCTION add_passages_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION add_passages(passages jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, done text, mentions bigint[])
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION add_passages(jsonb, text) IS
	'adds passages of documents, [{"document", "ordinal", "name" or "title", "content", "type", "embedding", "properties", "importance", "mentions"}, ...]; mentions: the entities that it names, '
	'each an id, a name, or {"name", "type"}, which are made if they are missing; a passage is identified by document and ordinal, without an ordinal by document and content, without a document '
	'by name and content; the result has a row for each element: its number, the id, inserted, updated or unchanged, and the ids of the entities mentioned';
-- One fact at a time: kg.assert_fact, kg.supersede, kg.retract

CREATE FUNCTION fact_end(value anycompatible, type text, what text) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	fact_end jsonb := CASE WHEN pg_typeof(value) IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'jsonb'::regtype) THEN to_jsonb(value) ELSE to_jsonb(value::text) END;
BEGIN
	IF type IS NOT NULL THEN
		IF jsonb_typeof(fact_end) IS DISTINCT FROM 'string' THEN
			RAISE invalid_parameter_value USING
				MESSAGE = format('a type is given for the %s %s, which is no name', what, coalesce(fact_end::text, 'NULL'));
		END IF;
		fact_end := jsonb_build_object('name', fact_end, 'type', type);
	END IF;
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object(what, fact_end)), '', jsonb_build_object(what, 'entity'));
	RETURN fact_end;
END
$function$;
COMMENT ON FUNCTION fact_end(anycompatible, text, text) IS
	'an end of a fact, an id, a name or jsonb, as the verbs'' JSON gives it';

CREATE FUNCTION check_period(valid_from timestamptz, valid_to timestamptz) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF valid_from >= valid_to THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('valid_from %s is not before valid_to %s', valid_from, valid_to);
	END IF;
END
$function$;
COMMENT ON FUNCTION check_period(timestamptz, timestamptz) IS
	'raises an error if a validity ends before it starts';

-- What a subject's known facts become when one is asserted.  A row "same" has its object, a row
-- that is not same contradicts it.  "merges": same, with equal values, and the two periods touch.
CREATE FUNCTION plan_assertion(
	tables regclass[],
	source bigint,
	target bigint,
	type integer,
	period tstzrange,
	weight real,
	properties jsonb,
	OUT unchanged bigint,
	OUT expire bigint[],
	OUT updates boolean,
	OUT relations jsonb
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	one_at_a_time CONSTANT boolean := kg.one_at_a_time_constraint(tables[2], type) IS NOT NULL;
	known jsonb[];
	base jsonb;
	r record;
	wanted record;
	hull tstzrange;
BEGIN
	EXECUTE format('SELECT array_agg(to_jsonb(r) ORDER BY r.recorded_at, r.id) FROM %2$s r WHERE r.source = $1 AND r.type = $2 AND r.expired_at IS NULL AND ($4 OR r.target = $3)', VARIADIC tables)
		INTO known USING source, type, target, one_at_a_time;
	-- without times it is the same fact that is known to be valid now, whenever it began
	IF period = '(,)' THEN
		SELECT tstzrange(k.valid_from, k.valid_to) INTO hull
		FROM unnest(known) u, jsonb_to_record(u) k(target bigint, valid_from timestamptz, valid_to timestamptz)
		WHERE k.target = plan_assertion.target AND tstzrange(k.valid_from, k.valid_to) @> clock_timestamp() LIMIT 1;
		period := coalesce(hull, period);
	END IF;
	-- a period that only touches gives its values to one for which none are given
	SELECT u INTO base
	FROM unnest(known) WITH ORDINALITY k(u, n), tstzrange((u ->> 'valid_from')::timestamptz, (u ->> 'valid_to')::timestamptz) p
	WHERE (u ->> 'target')::bigint = target AND (p && period OR p -|- period AND weight IS NULL AND properties IS NULL)
	ORDER BY p && period DESC, n DESC LIMIT 1;
	weight := coalesce(weight, (base ->> 'weight')::real, 1);
	properties := coalesce(base -> 'properties', '{}') || coalesce(properties, '{}');
	hull := period;
	expire := '{}';
	updates := false;
	relations := '[]';
	FOR r IN
		SELECT k.*, k.target = plan_assertion.target AS same, p, k.target = plan_assertion.target AND k.weight = plan_assertion.weight AND k.properties = plan_assertion.properties AS equal
		FROM unnest(known) u, jsonb_to_record(u) k(id bigint, target bigint, weight real, properties jsonb, valid_from timestamptz, valid_to timestamptz, created_at timestamptz, created_by text),
			tstzrange(k.valid_from, k.valid_to) p
		WHERE p && period OR p -|- period LOOP
		IF r.equal THEN
			unchanged := CASE WHEN r.p @> period THEN r.id ELSE unchanged END;
			hull := range_merge(hull, r.p);
		ELSIF r.p && period THEN
			relations := relations || (SELECT coalesce(jsonb_agg(jsonb_build_object('place', 1, 'source', source, 'target', r.target, 'type', type, 'weight', r.weight, 'properties', r.properties,
				'valid_from', lower(part), 'valid_to', upper(part), 'created_at', r.created_at, 'created_by', r.created_by)), '[]') FROM unnest(tstzmultirange(r.p) - tstzmultirange(period)) part);
		ELSE
			CONTINUE;
		END IF;
		updates := updates OR r.same;
		expire := expire || r.id;
	END LOOP;
	-- a contradiction, or another version of the fact, must make way in any case
	IF unchanged IS NOT NULL AND NOT EXISTS (
		SELECT FROM unnest(known) u, jsonb_to_record(u) k(target bigint, valid_from timestamptz, valid_to timestamptz)
		WHERE k.target <> plan_assertion.target AND tstzrange(k.valid_from, k.valid_to) && period) THEN
		RETURN;
	END IF;
	unchanged := NULL;
	relations := relations || jsonb_build_object('place', 0, 'source', source, 'target', target, 'type', type, 'weight', weight, 'properties', properties,
		'valid_from', lower(hull), 'valid_to', upper(hull));
END
$function$;
COMMENT ON FUNCTION plan_assertion(regclass[], bigint, bigint, integer, tstzrange, real, jsonb) IS
	'for kg.assert_fact: the relation that says this already, or those that expire and what is inserted in their place';

CREATE FUNCTION assert_fact_body(
	subject anycompatible,
	predicate text,
	object anycompatible,
	valid_from timestamptz,
	valid_to timestamptz,
	weight real,
	properties jsonb,
	subject_type text,
	object_type text,
	graph text,
	OUT relation bigint,
	OUT done text,
	OUT source bigint,
	OUT target bigint,
	OUT expired bigint[]
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	ends CONSTANT jsonb[] := ARRAY[kg.fact_end(subject, subject_type, 'subject'), kg.fact_end(object, object_type, 'object')];
	period CONSTANT tstzrange := CASE WHEN valid_from >= valid_to THEN NULL ELSE tstzrange(nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity')) END;
	found_ends bigint[];
	type_id integer;
	plan record;
BEGIN
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object('predicate', predicate, 'properties', properties)), '', '{"predicate": "name", "properties": "object?"}');
	PERFORM kg.check_period(valid_from, valid_to);
	-- Which weights make sense is up to the graph; these are no numbers of the other verbs' JSON.
	IF weight IN ('NaN', 'Infinity', '-Infinity') THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('weight must be a finite number, not %s', weight);
	END IF;
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			found_ends := kg.find_or_make_ends(tables, '', '{1,1}', ends);
			source := found_ends[1];
			target := found_ends[2];
			PERFORM kg.make_types(tables, 'relation', ARRAY[predicate]);
			EXECUTE format('SELECT id FROM %5$s t WHERE t.name = $1', VARIADIC tables) INTO type_id USING predicate;
			PERFORM kg.lock_subjects(graph, tables[2], 'entity', ARRAY[source]);
			PERFORM kg.check_snapshot(tables[2], 'source', ARRAY[source]);
			plan := kg.plan_assertion(tables, source, target, type_id, period, weight, properties);
			IF plan.unchanged IS NOT NULL THEN
				relation := plan.unchanged;
				done := 'unchanged';
				expired := '{}';
			ELSE
				relation := (SELECT w.relation FROM kg.write_relations(tables, plan.expire, plan.relations) w WHERE w.place = 0);
				done := CASE WHEN plan.updates THEN 'updated' ELSE 'inserted' END;
				expired := plan.expire;
			END IF;
			RETURN;
		EXCEPTION WHEN foreign_key_violation OR serialization_failure THEN
			-- an entity was merged or forgotten after it was found, or a relation with it
			IF attempt = 4 OR SQLERRM LIKE 'there is no entity %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION assert_fact_body(anycompatible, text, anycompatible, timestamptz, timestamptz, real, jsonb, text, text, text) IS
	'body of kg.assert_fact';
REVOKE ALL ON FUNCTION assert_fact_body(anycompatible, text, anycompatible, timestamptz, timestamptz, real, jsonb, text, text, text) FROM PUBLIC;

CREATE FUNCTION assert_fact(
	subject anycompatible,
	predicate text,
	object anycompatible,
	valid_from timestamptz DEFAULT NULL,
	valid_to timestamptz DEFAULT NULL,
	weight real DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	subject_type text DEFAULT NULL,
	object_type text DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT relation bigint,
	OUT done text,
	OUT source bigint,
	OUT target bigint,
	OUT expired bigint[]
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION assert_fact(anycompatible, text, anycompatible, timestamptz, timestamptz, real, jsonb, text, text, text) IS
	'says that a fact holds, from valid_from until valid_to; both ends are ids, or names that are made if they are missing, or jsonb; if the same fact is known for this time, nothing changes; '
	'if its periods touch, they become one; if the type is one at a time, other facts of the subject end where this one begins, and go on where it ends; what was known stays, expired; '
	'done: inserted, updated (the same fact was known otherwise) or unchanged; expired: relations that are no longer known';

-- Locks the source of a known relation; the source may change, by a merge, until it is locked.
CREATE FUNCTION lock_relation(tables regclass[], graph text, relation bigint) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	before jsonb;
	after jsonb;
BEGIN
	LOOP
		EXECUTE format('SELECT to_jsonb(r) FROM %2$s r WHERE r.id = $1', VARIADIC tables) INTO before USING relation;
		IF before IS NULL THEN
			RAISE foreign_key_violation USING MESSAGE = format('there is no relation %s', coalesce(relation::text, 'NULL'));
		END IF;
		PERFORM kg.lock_subjects(graph, tables[2], 'entity', ARRAY[(before -> 'source')::bigint]);
		PERFORM kg.check_snapshot(tables[2], 'source', ARRAY[(before -> 'source')::bigint]);
		EXECUTE format('SELECT to_jsonb(r) FROM %2$s r WHERE r.id = $1', VARIADIC tables) INTO after USING relation;
		EXIT WHEN after -> 'source' = before -> 'source';
	END LOOP;
	RETURN after;
END
$function$;
COMMENT ON FUNCTION lock_relation(regclass[], text, bigint) IS
	'a relation, as jsonb, whose source other verbs do not write until the transaction ends';

CREATE FUNCTION supersede_body(
	relation bigint,
	object anycompatible,
	valid_from timestamptz,
	valid_to timestamptz,
	weight real,
	properties jsonb,
	object_type text,
	graph text
) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	object_end CONSTANT jsonb := CASE WHEN num_nulls(object) = 0 OR object_type IS NOT NULL THEN kg.fact_end(object, object_type, 'object') END;
	old record;
	new_object bigint;
	new_from timestamptz;
	new_to timestamptz;
	facts jsonb := '[]';
	conflict bigint;
BEGIN
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object('properties', properties)), '', '{"properties": "object?"}');
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			new_object := CASE WHEN object_end IS NOT NULL THEN (kg.find_or_make_ends(tables, '', '{1}', ARRAY[object_end]))[1] END;
			SELECT * INTO old FROM jsonb_to_record(kg.lock_relation(tables, graph, relation))
				k(id bigint, source bigint, target bigint, type integer, weight real, properties jsonb, valid_from timestamptz, valid_to timestamptz, created_at timestamptz, created_by text, expired_at timestamptz);
			IF old.expired_at IS NOT NULL THEN
				RAISE object_not_in_prerequisite_state USING
					MESSAGE = format('relation %s is no longer known', relation),
					DETAIL = format('It expired at %s.', old.expired_at);
			END IF;
			new_from := coalesce(valid_from, old.valid_from);
			new_to := coalesce(valid_to, old.valid_to);
			PERFORM kg.check_period(new_from, new_to);
			new_from := nullif(new_from, '-infinity');
			new_to := nullif(new_to, 'infinity');
			EXECUTE format('SELECT r.id FROM %2$s r WHERE r.source = $1 AND r.type = $2 AND r.expired_at IS NULL AND r.id <> $3 AND tstzrange(r.valid_from, r.valid_to) && tstzrange($4, $5) ORDER BY 1 LIMIT 1', VARIADIC tables)
				INTO conflict USING old.source, old.type, relation, new_from, new_to;
			IF conflict IS NOT NULL AND kg.one_at_a_time_constraint(tables[2], old.type) IS NOT NULL THEN
				RAISE exclusion_violation USING
					MESSAGE = format('relation %s would be valid at the same time as relation %s, and their type is one at a time', relation, conflict),
					HINT = 'kg.assert_fact lets a new fact supersede all that it contradicts.';
			END IF;
			IF new_object IS NOT NULL AND new_from > coalesce(old.valid_from, '-infinity') THEN
				facts := jsonb_build_array(to_jsonb(old) || jsonb_build_object('place', 1, 'valid_to', least(new_from, old.valid_to)));
			END IF;
			RETURN (SELECT w.relation FROM kg.write_relations(tables, ARRAY[relation], facts || jsonb_build_object('place', 0, 'source', old.source, 'target', coalesce(new_object, old.target),
				'type', old.type, 'weight', coalesce(weight, old.weight), 'properties', CASE WHEN new_object IS NULL THEN old.properties ELSE '{}' END || coalesce(properties, '{}'),
				'valid_from', new_from, 'valid_to', new_to)) w WHERE w.place = 0);
		EXCEPTION WHEN foreign_key_violation THEN
			IF attempt = 4 OR SQLERRM LIKE 'there is no %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION supersede_body(bigint, anycompatible, timestamptz, timestamptz, real, jsonb, text, text) IS
	'body of kg.supersede';
REVOKE ALL ON FUNCTION supersede_body(bigint, anycompatible, timestamptz, timestamptz, real, jsonb, text, text) FROM PUBLIC;

CREATE FUNCTION supersede(
	relation bigint,
	object anycompatible DEFAULT NULL::text,
	valid_from timestamptz DEFAULT NULL,
	valid_to timestamptz DEFAULT NULL,
	weight real DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	object_type text DEFAULT NULL,
	graph text DEFAULT 'kg'
) RETURNS bigint
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION supersede(bigint, anycompatible, timestamptz, timestamptz, real, jsonb, text, text) IS
	'replaces a known relation by a corrected one, whose id it returns; what is not given stays; with an object: from valid_from on the relation leads to this object, and until then to the older one; '
	'without an object valid_from and valid_to are corrected, -infinity and infinity mean no bound; the older relation expires and stays in the table';

CREATE FUNCTION retract_body(relation bigint, observation bigint, graph text) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	known_since timestamptz;
	is_known boolean;
BEGIN
	IF num_nonnulls(relation, observation) <> 1 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'either a relation or an observation must be given';
	END IF;
	IF relation IS NOT NULL THEN
		IF kg.lock_relation(tables, graph, relation) ->> 'expired_at' IS NOT NULL THEN
			RETURN false;
		END IF;
		PERFORM kg.write_relations(tables, ARRAY[relation], '[]');
		RETURN true;
	END IF;
	EXECUTE format('SELECT recorded_at, expired_at IS NULL FROM %3$s WHERE id = $1 FOR NO KEY UPDATE', VARIADIC tables) INTO known_since, is_known USING observation;
	IF is_known IS NULL THEN
		RAISE foreign_key_violation USING MESSAGE = format('there is no observation %s that you may change', observation);
	END IF;
	EXECUTE format('UPDATE %3$s SET expired_at = $2, expired_by = current_user WHERE id = $1 AND expired_at IS NULL', VARIADIC tables)
		USING observation, greatest(clock_timestamp(), known_since);
	RETURN is_known;
END
$function$;
COMMENT ON FUNCTION retract_body(bigint, bigint, text) IS
	'body of kg.retract';
REVOKE ALL ON FUNCTION retract_body(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION retract(relation bigint DEFAULT NULL, observation bigint DEFAULT NULL, graph text DEFAULT 'kg') RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION retract(bigint, bigint, text) IS
	'a relation or an observation was wrong: it expires now, and stays in the table; false if it had expired before';
-- kg.merge_entities, kg.forget

CREATE FUNCTION check_unreferenced(graph text, entity bigint) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_unreferenced'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION check_unreferenced(text, bigint) IS
	'raises an error if rows still refer to an entity, also if they are hidden from the caller, who must have the right to delete entities';

-- The facts of both that are known; where they cannot be both, those of "kept" stay.
CREATE FUNCTION plan_merge(tables regclass[], duplicate bigint, kept bigint, OUT expire bigint[], OUT relations jsonb)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	single integer[];
BEGIN
	EXECUTE format('SELECT array_agg(DISTINCT r.type) FROM %2$s r WHERE r.source = $1', VARIADIC tables) INTO single USING duplicate;
	single := ARRAY(SELECT t FROM unnest(single) t WHERE kg.one_at_a_time_constraint(tables[2], t) IS NOT NULL);
	EXECUTE format($query$
		WITH moved AS MATERIALIZED (
			SELECT r.id, CASE r.source WHEN $1 THEN $2 ELSE r.source END AS source, CASE r.target WHEN $1 THEN $2 ELSE r.target END AS target, r.type, r.weight, r.properties,
				r.valid_from, r.valid_to, r.created_at, r.created_by, r.source <> r.target AS has_two_ends, r.source = $1 AS is_source
			FROM %2$s r WHERE (r.source = $1 OR r.target = $1) AND r.expired_at IS NULL
		), fate AS MATERIALIZED (
			SELECT m.*,
				-- a relation between both would lead from the entity to itself
				m.source = m.target AND m.has_two_ends OR
				-- the same fact is known of the other one
				EXISTS (SELECT FROM %2$s k WHERE k.source = m.source AND k.target = m.target AND k.type = m.type AND k.expired_at IS NULL AND k.id <> m.id AND
					k.valid_from IS NOT DISTINCT FROM m.valid_from AND k.valid_to IS NOT DISTINCT FROM m.valid_to) AS dropped,
				-- what the other one's facts of a type that is one at a time leave of this period
				CASE WHEN m.is_source AND m.type = ANY ($3) THEN tstzmultirange(tstzrange(m.valid_from, m.valid_to)) - coalesce((
					SELECT range_agg(tstzrange(k.valid_from, k.valid_to)) FROM %2$s k WHERE k.source = $2 AND k.target <> $1 AND k.type = m.type AND k.expired_at IS NULL), '{}') END AS rest
			FROM moved m
		), expiring AS MATERIALIZED (
			SELECT f.*, f.dropped OR coalesce(f.rest <> tstzmultirange(tstzrange(f.valid_from, f.valid_to)), false) AS expires FROM fate f
		)
		SELECT coalesce((SELECT array_agg(e.id ORDER BY e.id) FROM expiring e WHERE e.expires), '{}'),
			coalesce((SELECT jsonb_agg(jsonb_build_object('place', 1, 'source', e.source, 'target', e.target, 'type', e.type, 'weight', e.weight, 'properties', e.properties,
				'valid_from', lower(part), 'valid_to', upper(part), 'created_at', e.created_at, 'created_by', e.created_by))
				FROM expiring e CROSS JOIN LATERAL unnest(e.rest) part WHERE e.expires AND NOT e.dropped), '[]')
		$query$, VARIADIC tables) INTO expire, relations USING duplicate, kept, single;
END
$function$;
COMMENT ON FUNCTION plan_merge(regclass[], bigint, bigint) IS
	'for kg.merge_entities: the relations of the duplicate that expire, and what is inserted for the times that are left of them';

CREATE FUNCTION merge_entities_body(duplicate bigint, kept bigint, graph text, OUT relations bigint, OUT observations bigint, OUT expired bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	plan record;
	old record;
	detail jsonb;
	sources bigint[];
	subjects bigint[] := '{}';
	n bigint;
BEGIN
	IF duplicate IS NULL OR kept IS NULL OR duplicate = kept THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('two different entities are needed, not %s and %s', coalesce(duplicate::text, 'NULL'), coalesce(kept::text, 'NULL'));
	END IF;
	-- Subjects of facts about the duplicate are locked, too: one may be told the same of the other one.  Once the duplicate's
	-- row is locked, nobody inserts a row that refers to it: foreign keys would lock it.
	LOOP
		EXECUTE format('SELECT array_agg(DISTINCT r.source) FROM %2$s r WHERE r.target = $1', VARIADIC tables) INTO sources USING duplicate;
		EXIT WHEN sources <@ subjects OR sources IS NULL AND subjects <> '{}';
		subjects := ARRAY[duplicate, kept] || sources;
		PERFORM kg.lock_subjects(graph, tables[2], 'entity', subjects);
		EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id IN ($1, $2) ORDER BY id FOR UPDATE) q', VARIADIC tables) INTO n USING duplicate, kept;
	END LOOP;
	PERFORM kg.check_snapshot(tables[2], 'source', subjects);
	PERFORM kg.check_snapshot(tables[2], 'target', ARRAY[duplicate, kept]);
	PERFORM kg.check_snapshot(tables[3], 'entity', ARRAY[duplicate, kept]);
	PERFORM kg.check_ids(tables, '', '{1,1}', ARRAY[duplicate, kept]);
	IF n < 2 THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('entities %s and %s may not both be changed', duplicate, kept);
	END IF;
	EXECUTE format('SELECT e.*, t.name AS type_name FROM %1$s e JOIN %4$s t ON t.id = e.type WHERE e.id = $1', VARIADIC tables) INTO old USING duplicate;
	EXECUTE format('SELECT count(*) FROM %1$s e WHERE e.id IN ($1, $2) AND e.content IS NOT NULL', VARIADIC tables) INTO n USING duplicate, kept;
	IF n > 0 THEN
		RAISE wrong_object_type USING
			MESSAGE = format('entities %s and %s cannot be merged: passages stay apart', duplicate, kept);
	END IF;

	plan := kg.plan_merge(tables, duplicate, kept);
	expired := plan.expire;
	PERFORM kg.write_relations(tables, plan.expire, plan.relations);
	EXECUTE format('UPDATE %2$s SET source = CASE source WHEN $1 THEN $2 ELSE source END, target = CASE target WHEN $1 THEN $2 ELSE target END WHERE source = $1 OR target = $1', VARIADIC tables)
		USING duplicate, kept;
	GET DIAGNOSTICS relations = ROW_COUNT;
	-- an observation that both have is known once
	EXECUTE format($query$
		UPDATE %3$s o SET entity = $2,
			expired_at = CASE WHEN d.twice THEN greatest(clock_timestamp(), o.recorded_at) ELSE o.expired_at END,
			expired_by = CASE WHEN d.twice THEN current_user ELSE o.expired_by END
		FROM (
			SELECT u.id, u.expired_at IS NULL AND EXISTS (SELECT FROM %3$s k WHERE k.entity = $2 AND k.content = u.content AND k.expired_at IS NULL AND
				k.valid_from IS NOT DISTINCT FROM u.valid_from AND k.valid_to IS NOT DISTINCT FROM u.valid_to) AS twice
			FROM %3$s u WHERE u.entity = $1) d
		WHERE d.id = o.id
		$query$, VARIADIC tables) USING duplicate, kept;
	GET DIAGNOSTICS observations = ROW_COUNT;
	EXECUTE format('UPDATE %6$s SET entity = $2 WHERE entity = $1', VARIADIC tables) USING duplicate, kept;
	EXECUTE format('UPDATE %7$s SET entity = $2 WHERE entity = $1', VARIADIC tables) USING duplicate, kept;

	detail := jsonb_build_object('entity', duplicate, 'name', old.name, 'type', old.type_name, 'properties', old.properties, 'importance', old.importance,
		'created_at', old.created_at, 'created_by', old.created_by, 'expired', to_jsonb(expired));
	EXECUTE format('INSERT INTO %7$s (entity, action, detail) VALUES ($1, ''merge'', $2)', VARIADIC tables) USING kept, detail;
	PERFORM kg.check_unreferenced(graph, duplicate);
	EXECUTE format('DELETE FROM %1$s WHERE id = $1', VARIADIC tables) USING duplicate;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n = 0 THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('entity %s may not be deleted', duplicate);
	END IF;
	EXECUTE format('UPDATE %1$s e SET properties = $2 || e.properties, embedding = coalesce(e.embedding, $3), importance = greatest(e.importance, $4) WHERE e.id = $1', VARIADIC tables)
		USING kept, old.properties, old.embedding, old.importance;
	-- a name that another entity has stays with that one
	EXECUTE format($query$
		INSERT INTO %6$s (entity, type, name, created_at)
		SELECT $1, $2, $3, clock_timestamp()
		WHERE NOT EXISTS (SELECT FROM %1$s e WHERE kg.name_key(e.name) = kg.name_key($3) AND e.type = $2 AND e.content IS NULL)
		ON CONFLICT DO NOTHING
		$query$, VARIADIC tables) USING kept, old.type, old.name;
END
$function$;
COMMENT ON FUNCTION merge_entities_body(bigint, bigint, text) IS
	'body of kg.merge_entities';
REVOKE ALL ON FUNCTION merge_entities_body(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION merge_entities(duplicate bigint, kept bigint, graph text DEFAULT 'kg', OUT relations bigint, OUT observations bigint, OUT expired bigint[])
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION merge_entities(bigint, bigint, text) IS
	'makes two entities one: relations, observations, aliases and history of the duplicate move to the one that is kept, its name becomes an alias, and it is deleted; properties of the kept one win, '
	'embedding and importance are taken where it has none; relations between both expire, and so do facts that both have, and those of a type that is one at a time where the kept one has another; '
	'result: numbers of rows moved, and the relations that expired';

CREATE FUNCTION forget_body(entity bigint, graph text, OUT relations bigint, OUT observations bigint, OUT aliases bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	n bigint;
BEGIN
	IF entity IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'entity must not be null';
	END IF;
	PERFORM kg.lock_subjects(graph, tables[1], 'entity', ARRAY[entity]);
	PERFORM kg.check_ids(tables, '', '{1}', ARRAY[entity]);
	EXECUTE format('SELECT (SELECT count(*) FROM %2$s WHERE source = $1 OR target = $1), (SELECT count(*) FROM %3$s WHERE entity = $1), (SELECT count(*) FROM %6$s WHERE entity = $1)', VARIADIC tables)
		INTO relations, observations, aliases USING entity;
	EXECUTE format('DELETE FROM %1$s WHERE id = $1', VARIADIC tables) USING entity;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n = 0 THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('entity %s may not be deleted, or is gone', entity);
	END IF;
END
$function$;
COMMENT ON FUNCTION forget_body(bigint, text) IS
	'body of kg.forget';
REVOKE ALL ON FUNCTION forget_body(bigint, text) FROM PUBLIC;

CREATE FUNCTION forget(entity bigint, graph text DEFAULT 'kg', OUT relations bigint, OUT observations bigint, OUT aliases bigint)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION forget(bigint, text) IS
	'deletes an entity or passage for good, with its relations, observations, aliases and history, also those that expired; the result counts what the caller could see of them';
-- kg.resolve: which entity is meant

CREATE FUNCTION similar_names(tables regclass[], name text, candidates integer, OUT ids bigint[], OUT similarities real[])
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	key CONSTANT text := kg.name_key(name);
	trigrams CONSTANT text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm');
BEGIN
	IF trigrams IS NOT NULL THEN
		EXECUTE format(replace($query$
			SELECT array_agg(q.id), array_agg(q.similarity) FROM (
				SELECT e.id, @.similarity(kg.name_key(e.name), $1) AS similarity FROM %1$s e
				WHERE kg.name_key(e.name) OPERATOR(@.%%) $1 AND e.content IS NULL
				ORDER BY 2 DESC, 1 LIMIT $2) q
			$query$, '@', trigrams), VARIADIC tables) INTO ids, similarities USING key, candidates;
	ELSE
		-- without pg_trgm: names that begin with this one
		EXECUTE format($query$
			SELECT array_agg(q.id), array_agg(q.similarity) FROM (
				SELECT e.id, (length($1)::real / length(kg.name_key(e.name)))::real AS similarity FROM %1$s e
				WHERE kg.name_key(e.name) LIKE $2 AND e.content IS NULL
				ORDER BY 2 DESC, 1 LIMIT $3) q
			$query$, VARIADIC tables) INTO ids, similarities USING key, regexp_replace(key, '([\\%_])', '\\\1', 'g') || '%', candidates;
	END IF;
END
$function$;
COMMENT ON FUNCTION similar_names(regclass[], text, integer) IS
	'for kg.resolve: entities with similar names, by trigrams if pg_trgm is there, else by their beginnings; the most similar first';

-- The weights are the room's README's.
CREATE FUNCTION resolve_body(
	name text,
	type text,
	embedding anycompatible,
	properties jsonb,
	neighbors bigint[],
	candidates integer,
	graph text
) RETURNS TABLE (entity bigint, entity_name text, entity_type text, confidence double precision, why jsonb)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	metric CONSTANT text := (kg.graph_entry(graph)).metric;
	similar_ids bigint[];
	similarities real[];
	near_ids bigint[];
	nearness double precision[];
BEGIN
	IF num_nonnulls(name, embedding) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'a name or an embedding must be given';
	END IF;
	IF candidates IS NULL OR candidates NOT BETWEEN 1 AND 1000 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('candidates must be between 1 and 1000, not %s', coalesce(candidates::text, 'NULL'));
	END IF;
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object('name', name, 'properties', properties)), '', '{"name": "name?", "properties": "object?"}');
	IF name IS NOT NULL THEN
		SELECT s.ids, s.similarities INTO similar_ids, similarities FROM kg.similar_names(tables, name, 2 * candidates) s;
	END IF;
	IF embedding IS NOT NULL THEN
		-- more than wanted, since passages are near, too; a vector of zeros has no angle to any other
		EXECUTE format('SELECT array_agg(n.entity), array_agg(n.distance) FROM kg.knn($1::%s::kg.vector, $2, NULL, $3) n WHERE n.distance <> $4', kg.embedding_type(tables[1]))
			INTO near_ids, nearness USING embedding::text, 4 * candidates, graph, 'NaN'::double precision;
		nearness := ARRAY(SELECT greatest(0, least(1, CASE metric WHEN 'cosine' THEN 1 - d WHEN 'ip' THEN - d ELSE 1 / (1 + d) END)) FROM unnest(nearness) WITH ORDINALITY u(d, n) ORDER BY n);
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH leg AS MATERIALIZED (
			SELECT e.id, 'name' AS leg, 1::double precision AS value FROM %1$s e WHERE kg.name_key(e.name) = kg.name_key($1) AND e.content IS NULL
			UNION ALL
			SELECT a.entity, 'alias', 1 FROM %6$s a WHERE kg.name_key(a.name) = kg.name_key($1)
			UNION ALL
			SELECT u.id, 'similar_name', u.s FROM unnest($2, $3) u(id, s)
			UNION ALL
			SELECT u.id, 'embedding', u.s FROM unnest($4, $5) u(id, s)
		), candidate AS MATERIALIZED (
			SELECT e.id, e.name, t.name AS type, e.properties, c.legs
			FROM (SELECT id, jsonb_object_agg(leg, round(value::numeric, 4)) AS legs FROM leg GROUP BY id) c JOIN %1$s e ON e.id = c.id JOIN %4$s t ON t.id = e.type
			WHERE e.content IS NULL
		), evidence AS MATERIALIZED (
			SELECT c.id, c.name, c.type, c.legs || jsonb_strip_nulls(jsonb_build_object(
				'type', CASE WHEN $6 IS NOT NULL THEN c.type = $6 END,
				'properties_equal', (SELECT count(*) FROM jsonb_each($7) p WHERE c.properties -> p.key = p.value),
				'properties_different', (SELECT count(*) FROM jsonb_each($7) p WHERE c.properties -> p.key <> p.value),
				'neighbors', (SELECT count(DISTINCT n.id) FROM unnest($8) n(id) WHERE
					EXISTS (SELECT FROM %2$s r WHERE r.source = c.id AND r.target = n.id AND r.expired_at IS NULL) OR
					EXISTS (SELECT FROM %2$s r WHERE r.target = c.id AND r.source = n.id AND r.expired_at IS NULL)))) AS why
			FROM candidate c
		), judged AS (
			SELECT v.*, (1 - (1 - CASE WHEN v.why ? 'name' THEN 0.95 WHEN v.why ? 'alias' THEN 0.9 ELSE 0.7 * power(coalesce((v.why ->> 'similar_name')::double precision, 0), 2) END) *
				(1 - 0.6 * greatest(0, 2 * coalesce((v.why ->> 'embedding')::double precision, 0) - 1)) *
				(1 - 0.5 * coalesce((v.why ->> 'properties_equal')::double precision / nullif((SELECT count(*) FROM jsonb_object_keys($7)), 0), 0)) *
				(1 - 0.5 * coalesce((v.why ->> 'neighbors')::double precision / nullif(cardinality($8), 0), 0))) *
				CASE WHEN v.why ->> 'type' = 'false' THEN 0.5 ELSE 1 END *
				(1 - 0.3 * coalesce((v.why ->> 'properties_different')::double precision / nullif((SELECT count(*) FROM jsonb_object_keys($7)), 0), 0)) AS confidence
			FROM evidence v
		)
		SELECT j.id, j.name, j.type, round(j.confidence::numeric, 4)::double precision, j.why - CASE WHEN $7 IS NULL THEN '{properties_equal,properties_different}'::text[] ELSE '{}' END - CASE WHEN $8 IS NULL THEN '{neighbors}'::text[] ELSE '{}' END
		FROM judged j ORDER BY j.confidence DESC, j.id LIMIT $9
		$query$, VARIADIC tables) USING name, similar_ids, similarities, near_ids, nearness, type, properties, neighbors, candidates;
END
$function$;
COMMENT ON FUNCTION resolve_body(text, text, anycompatible, jsonb, bigint[], integer, text) IS
	'body of kg.resolve';
REVOKE ALL ON FUNCTION resolve_body(text, text, anycompatible, jsonb, bigint[], integer, text) FROM PUBLIC;

CREATE FUNCTION resolve(
	name text DEFAULT NULL,
	type text DEFAULT NULL,
	embedding anycompatible DEFAULT NULL::text,
	properties jsonb DEFAULT NULL,
	neighbors bigint[] DEFAULT NULL,
	candidates integer DEFAULT 10,
	graph text DEFAULT 'kg'
) RETURNS TABLE (entity bigint, entity_name text, entity_type text, confidence double precision, why jsonb)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION resolve(text, text, anycompatible, jsonb, bigint[], integer, text) IS
	'which entity is meant: candidates by name, alias, similar name and nearest embedding, the most likely first, with a confidence from 0 to 1; type and properties that differ lower it, '
	'equal properties and relations to entities that are given as neighbors raise it; why: the evidence';
-- kg.history

CREATE FUNCTION history_body(entity bigint, relation bigint, graph text) RETURNS TABLE (at timestamptz, by text, action text, relation_id bigint, observation_id bigint, detail jsonb)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	source bigint;
	target bigint;
	type_id integer;
BEGIN
	IF num_nonnulls(entity, relation) <> 1 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'either an entity or a relation must be given';
	END IF;
	IF entity IS NOT NULL THEN
		PERFORM kg.check_ids(tables, '', '{1}', ARRAY[entity]);
	ELSE
		EXECUTE format('SELECT r.source, r.target, r.type FROM %2$s r WHERE r.id = $1', VARIADIC tables) INTO source, target, type_id USING relation;
		IF source IS NULL THEN
			RAISE foreign_key_violation USING MESSAGE = format('there is no relation %s', relation);
		END IF;
		-- what one fact of the type supersedes is part of its history
		IF kg.one_at_a_time_constraint(tables[2], type_id) IS NOT NULL THEN
			target := NULL;
		END IF;
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH r AS MATERIALIZED (
			SELECT r.*, t.name AS type_name, s.name AS source_name, d.name AS target_name
			FROM %2$s r JOIN %5$s t ON t.id = r.type LEFT JOIN %1$s s ON s.id = r.source LEFT JOIN %1$s d ON d.id = r.target
			WHERE r.source = $1 OR r.target = $1 OR r.source = $2 AND r.type = $3 AND ($4 IS NULL OR r.target = $4)
		), told AS MATERIALIZED (
			SELECT r.*, jsonb_build_object('source', r.source, 'type', r.type_name, 'target', r.target, 'weight', r.weight, 'properties', r.properties) ||
				jsonb_strip_nulls(jsonb_build_object('source_name', r.source_name, 'target_name', r.target_name, 'valid_from', r.valid_from, 'valid_to', r.valid_to)) AS detail
			FROM r
		), event AS (
			SELECT e.created_at AS at, e.created_by AS by, 'create' AS action, NULL::bigint AS relation, NULL::bigint AS observation, jsonb_build_object('name', e.name, 'type', t.name) AS detail, 0 AS place, 0::bigint AS n
			FROM %1$s e JOIN %4$s t ON t.id = e.type WHERE e.id = $1
			UNION ALL
			SELECT c.at, c.by, c.action, NULL, NULL, c.detail, 1, c.id FROM %7$s c WHERE c.entity = $1
			UNION ALL
			SELECT a.created_at, a.created_by, 'alias', NULL, NULL, jsonb_build_object('name', a.name, 'type', t.name), 2, 0 FROM %6$s a JOIN %4$s t ON t.id = a.type WHERE a.entity = $1
			UNION ALL
			SELECT o.recorded_at, o.created_by, 'observe', NULL, o.id, jsonb_strip_nulls(jsonb_build_object('content', o.content, 'source', o.source, 'valid_from', o.valid_from, 'valid_to', o.valid_to)), 3, o.id
			FROM %3$s o WHERE o.entity = $1
			UNION ALL
			SELECT o.expired_at, o.expired_by, 'retract', NULL, o.id, jsonb_build_object('content', o.content), 4, o.id FROM %3$s o WHERE o.entity = $1 AND o.expired_at IS NOT NULL
			UNION ALL
			-- something took the place of a fact, if something of its source and type was recorded when it expired
			SELECT f.expired_at, f.expired_by, CASE WHEN EXISTS (SELECT FROM %2$s n WHERE n.source = f.source AND n.type = f.type AND n.recorded_at = f.expired_at) THEN 'supersede' ELSE 'retract' END,
				f.id, NULL, f.detail, 5, f.id FROM told f WHERE f.expired_at IS NOT NULL
			UNION ALL
			-- what is left of an older fact says when and by whom that one was made
			SELECT f.recorded_at, CASE WHEN f.created_at < f.recorded_at THEN coalesce((SELECT min(o.expired_by) FROM %2$s o WHERE o.source = f.source AND o.type = f.type AND o.expired_at = f.recorded_at), f.created_by)
				ELSE f.created_by END, CASE WHEN f.created_at < f.recorded_at THEN 'keep' ELSE 'assert' END, f.id, NULL, f.detail, 6, f.id FROM told f
		)
		SELECT v.at, v.by, v.action, v.relation, v.observation, v.detail FROM event v ORDER BY v.at, v.place, v.n
		$query$, VARIADIC tables) USING entity, source, type_id, target;
END
$function$;
COMMENT ON FUNCTION history_body(bigint, bigint, text) IS
	'body of kg.history';
REVOKE ALL ON FUNCTION history_body(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION history(entity bigint DEFAULT NULL, relation bigint DEFAULT NULL, graph text DEFAULT 'kg')
	RETURNS TABLE (at timestamptz, by text, action text, relation_id bigint, observation_id bigint, detail jsonb)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION history(bigint, bigint, text) IS
	'who did what when to an entity, and to its relations and observations, in order of time; or to the fact that a relation is a version of, and for a type that is one at a time to those that it superseded; '
	'action: create, update (detail: the values before), merge (detail: the entity that was merged), alias, observe, assert, supersede, keep (what another fact left of it), retract; '
	'only what the caller may see';
-- Algorithms on whole graphs, as the current user sees them with the current snapshot.
-- Their memory is within maintenance_work_mem, so no parallel worker runs them.

CREATE FUNCTION entity_rows(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_entity_rows'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION entity_rows(internal) IS
	'planner support: the number of entities in the graph that is the last argument but one';

CREATE FUNCTION degree(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT in_degree bigint,
	OUT out_degree bigint,
	OUT degree bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_degree'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION degree(text[], timestamptz, text, timestamptz) IS
	'for each entity, the number of relations to it and from it; a relation from an entity to '
	'itself counts as both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION pagerank(
	damping double precision DEFAULT 0.85,
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_pagerank'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION pagerank(double precision, integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'PageRank: the fraction of time that a random walk spends at each entity, if at each step it '
	'goes on with probability damping and else starts again anywhere; stops when the sum of all '
	'changes of scores is at most tolerance, or after max_iterations; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: by '
	'relation.weight, else each relation counts 1';

CREATE FUNCTION personalized_pagerank(
	seeds anycompatible,
	damping double precision DEFAULT 0.85,
	epsilon double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_personalized_pagerank'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION personalized_pagerank(anycompatible, double precision, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'PageRank of a random walk that starts again at one of the seeds, by local push: reads only '
	'the graph near them; each entity keeps back less than epsilon for each of its relations, so '
	'a smaller epsilon is more exact and takes longer; direction: out (source to target), in or '
	'both; types: names of relation types, null for all; as_of: only relations valid then, null '
	'for all; known_at: what was known then, null for now; weighted: by relation.weight, else '
	'each relation counts 1';

CREATE FUNCTION connected_components(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT component bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_connected_components'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION connected_components(text[], timestamptz, text, timestamptz) IS
	'weakly connected components: entities that relations of any direction connect; a component '
	'is named by its least entity; types: names of relation types, null for all; as_of: only '
	'relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION strongly_connected_components(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT component bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_strongly_connected_components'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION strongly_connected_components(text[], timestamptz, text, timestamptz) IS
	'strongly connected components: entities that all reach each other, from source to target; a '
	'component is named by its least entity; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION label_propagation(
	max_iterations integer DEFAULT 100,
	seed bigint DEFAULT 0,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT community bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_label_propagation'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION label_propagation(integer, bigint, text[], timestamptz, boolean, text, timestamptz) IS
	'communities by label propagation, ignoring directions: quick and rough; a community is named '
	'by its least entity; the same for the same seed; types: names of relation types, null for '
	'all; as_of: only relations valid then, null for all; known_at: what was known then, null for '
	'now; weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION leiden(
	resolution double precision DEFAULT 1,
	seed bigint DEFAULT 0,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT level integer,
	OUT entity bigint,
	OUT community bigint,
	OUT modularity double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_leiden'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION leiden(double precision, bigint, text[], timestamptz, boolean, text, timestamptz) IS
	'communities by the Leiden algorithm, ignoring directions: from level 1 with the smallest '
	'communities to the last level, the result; communities are connected, and each is a union of '
	'communities of the level before; modularity: of the level; a higher resolution makes more '
	'and smaller communities; the same for the same seed; types: names of relation types, null '
	'for all; as_of: only relations valid then, null for all; known_at: what was known then, null '
	'for now; weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION triangles(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT triangles bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_triangles'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION triangles(text[], timestamptz, text, timestamptz) IS
	'for each entity, the number of pairs of its neighbors that are neighbors of each other; '
	'ignores directions and parallel relations; types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION clustering_coefficient(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT coefficient double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_clustering_coefficient'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION clustering_coefficient(text[], timestamptz, text, timestamptz) IS
	'for each entity, the fraction of the pairs of its neighbors that are neighbors of each '
	'other, 0 if there are no pairs; ignores directions and parallel relations; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now';

CREATE FUNCTION core_numbers(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT core bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_core_numbers'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION core_numbers(text[], timestamptz, text, timestamptz) IS
	'for each entity, the largest k so that it is in a set of entities that each have k neighbors '
	'in the set; ignores directions and parallel relations; types: names of relation types, null '
	'for all; as_of: only relations valid then, null for all; known_at: what was known then, null '
	'for now';

CREATE FUNCTION betweenness(
	samples integer DEFAULT NULL,
	normalized boolean DEFAULT true,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_betweenness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION betweenness(integer, boolean, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'betweenness centrality: the fraction of all shortest paths between others that lead through '
	'an entity; samples: estimate it from this many sources chosen at random, null for all; '
	'normalized: as a part of all pairs, else as a number of pairs; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: the '
	'shortest paths are those of the least sum of weights, which must be above 0';

CREATE FUNCTION edge_betweenness(
	samples integer DEFAULT NULL,
	normalized boolean DEFAULT true,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT score double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_edge_betweenness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION edge_betweenness(integer, boolean, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'for each pair of entities with a relation, the fraction of all shortest paths that lead '
	'along it; parallel relations are one; with direction both, relations in both directions are '
	'one too, from the lesser entity to the greater; samples: estimate it from this many sources '
	'chosen at random, null for all; normalized: as a part of all pairs, else as a number of '
	'pairs; direction: out (source to target), in or both; types: names of relation types, null '
	'for all; as_of: only relations valid then, null for all; known_at: what was known then, null '
	'for now; weighted: the shortest paths are those of the least sum of weights, which must be '
	'above 0';

CREATE FUNCTION closeness(
	samples integer DEFAULT NULL,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_closeness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION closeness(integer, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'closeness centrality: 1 / the mean distance from the others that reach the entity, times the '
	'fraction of all others that reach it (Wasserman and Faust); 0 if none does; samples: '
	'estimate it from this many sources chosen at random, null for all; direction of the '
	'relations on the way to the entity: out (source to target), in or both; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now; weighted: a distance is the least sum of weights, else the '
	'number of relations';

CREATE FUNCTION harmonic_centrality(
	samples integer DEFAULT NULL,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_harmonic_centrality'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION harmonic_centrality(integer, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'harmonic centrality: the sum of 1 / distance over the others that reach the entity; samples: '
	'estimate it from this many sources chosen at random, null for all; direction of the '
	'relations on the way to the entity: out (source to target), in or both; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now; weighted: a distance is the least sum of weights, else the '
	'number of relations';

CREATE FUNCTION eigenvector_centrality(
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_eigenvector_centrality'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION eigenvector_centrality(integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'eigenvector centrality: each score is proportional to the sum of the scores of the entities '
	'with a relation to it, by power iteration; squares of scores sum up to 1; stops when scores '
	'change by no more than tolerance on average, or after max_iterations; direction: out (source '
	'to target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: by '
	'relation.weight, else each relation counts 1';

CREATE FUNCTION katz_centrality(
	alpha double precision DEFAULT 0.1,
	beta double precision DEFAULT 1,
	normalized boolean DEFAULT true,
	max_iterations integer DEFAULT 1000,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_katz_centrality'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION katz_centrality(double precision, double precision, boolean, integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'Katz centrality: beta plus alpha times the sum of the scores of the entities with a relation '
	'to it; alpha must be less than 1 / the largest eigenvalue of the graph, or an error '
	'estimates that bound; normalized: the squares of scores sum up to 1; stops when scores '
	'change by no more than tolerance on average, or after max_iterations; direction: out (source '
	'to target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: by '
	'relation.weight, else each relation counts 1';

CREATE FUNCTION hits(
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT hub double precision,
	OUT authority double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_hits'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION hits(integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'HITS: good hubs have relations to good authorities, and the other way round; hubs sum up to '
	'1, and so do authorities; stops when the sum of all changes of hubs is at most tolerance, or '
	'after max_iterations; direction: out (source to target), in or both; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now; weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION topological_order(
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT ordinal bigint,
	OUT level integer,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_topological_order'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION topological_order(text, text[], timestamptz, text, timestamptz) IS
	'an order of all entities in which every relation leads from an earlier to a later one; '
	'ordinal: from 1; level: the number of relations on the longest path to the entity; entities '
	'of a level are in the order of their ids; an error shows a cycle if there is one; direction: '
	'out (source first) or in (target first); types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION find_cycle(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_find_cycle'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10;
COMMENT ON FUNCTION find_cycle(text[], timestamptz, text, timestamptz) IS
	'a cycle of relations from source to target, from an entity (step 0) to itself (the last '
	'step), the shortest through that entity; no rows if there is none; types: names of relation '
	'types, null for all; as_of: only relations valid then, null for all; known_at: what was '
	'known then, null for now';

CREATE FUNCTION longest_path(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT cost double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_longest_path'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION longest_path(text[], timestamptz, boolean, text, timestamptz) IS
	'the longest path of a graph without cycles, from source to target; cost: the sum of weights '
	'up to the entity; an error shows a cycle if there is one; types: names of relation types, '
	'null for all; as_of: only relations valid then, null for all; known_at: what was known then, '
	'null for now; weighted: by the sum of weights, else by the number of relations';

CREATE FUNCTION minimum_spanning_forest(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT true,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT weight double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_minimum_spanning_forest'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION minimum_spanning_forest(text[], timestamptz, boolean, text, timestamptz) IS
	'relations of the least sum of weights that connect all connected entities, ignoring '
	'directions; types: names of relation types, null for all; as_of: only relations valid then, '
	'null for all; known_at: what was known then, null for now; weighted: by relation.weight, of '
	'which a null counts 1, else each relation counts 1';

CREATE FUNCTION bridges(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_bridges'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION bridges(text[], timestamptz, text, timestamptz) IS
	'relations without which their ends would not be connected, ignoring directions; parallel '
	'relations are no bridges; types: names of relation types, null for all; as_of: only '
	'relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION articulation_points(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT pieces bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_articulation_points'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION articulation_points(text[], timestamptz, text, timestamptz) IS
	'entities without which others would not be connected, ignoring directions; pieces: the '
	'number of components that the entity''s own would leave without it; types: names of relation '
	'types, null for all; as_of: only relations valid then, null for all; known_at: what was '
	'known then, null for now';

CREATE FUNCTION modularity(
	entities anycompatible,
	communities bigint[],
	resolution double precision DEFAULT 1,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS double precision
	AS 'MODULE_PATHNAME', 'kg_modularity'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION modularity(anycompatible, bigint[], double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'modularity of a partition: the fraction of relations within communities less the fraction '
	'expected by chance; communities: of the first entity, the second and so on; every entity '
	'must have one; direction: both ignores directions, out and in give the same directed '
	'modularity; types: names of relation types, null for all; as_of: only relations valid then, '
	'null for all; known_at: what was known then, null for now; weighted: by relation.weight, '
	'else each relation counts 1';

CREATE FUNCTION random_walks(
	starts anycompatible DEFAULT NULL,
	length integer DEFAULT 10,
	walks integer DEFAULT 1,
	seed bigint DEFAULT 0,
	p double precision DEFAULT 1,
	q double precision DEFAULT 1,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT walk bigint,
	OUT step integer,
	OUT entity bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_random_walks'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION random_walks(anycompatible, integer, integer, bigint, double precision, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'random walks; starts: null for every entity; length: relations of a walk, which ends early '
	'at an entity without a relation onwards; walks: from each start; p and q as in node2vec: the '
	'greater p, the less often a walk returns at once; the greater q, the less often it goes to '
	'an entity that is no neighbor of the entity before; the same for the same seed; direction: '
	'out (source to target), in or both; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all; known_at: what was known then, null for now; '
	'weighted: relations are chosen with probabilities by relation.weight, else all equal';

CREATE FUNCTION fastrp(
	dimensions integer DEFAULT 128,
	weights double precision[] DEFAULT '{0,0,1,1}',
	normalization double precision DEFAULT 0,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT embedding vector,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_fastrp'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION fastrp(integer, double precision[], double precision, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'embeddings of entities by fast random projection (FastRP): entities near each other in the '
	'graph have a small cosine distance; weights: of the entity itself, of its neighbors, of '
	'theirs and so on; normalization: an entity counts by this power of its number of relations, '
	'below 0 hubs count less; null for an entity without relations; the same for the same seed; '
	'direction: out (source to target), in or both; types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; known_at: what was known then, null for now; '
	'weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION node_similarity(
	entities anycompatible DEFAULT NULL,
	others anycompatible DEFAULT NULL,
	k integer DEFAULT 10,
	measure text DEFAULT 'jaccard',
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT other bigint,
	OUT score double precision,
	OUT key text,
	OUT other_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_node_similarity'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION node_similarity(anycompatible, anycompatible, integer, text, text, text[], timestamptz, text, timestamptz) IS
	'for each of the entities, the k others most similar by the neighbors they share, best first; '
	'entities, others: null for all; k: null for every other that shares any; measure: jaccard, '
	'overlap, adamic_adar, common_neighbors or resource_allocation; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION link_prediction(
	entities anycompatible DEFAULT NULL,
	others anycompatible DEFAULT NULL,
	k integer DEFAULT 10,
	measure text DEFAULT 'adamic_adar',
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT other bigint,
	OUT score double precision,
	OUT key text,
	OUT other_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_link_prediction'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION link_prediction(anycompatible, anycompatible, integer, text, text, text[], timestamptz, text, timestamptz) IS
	'as kg.node_similarity, but only pairs without a relation between them; a high score suggests '
	'one; direction: out (source to target), in or both; types: names of relation types, null for '
	'all; as_of: only relations valid then, null for all; known_at: what was known then, null for '
	'now';
-- Words of texts as indexes for BM25 have them

CREATE FUNCTION marked_words(words tsvector) RETURNS tsvector
	AS 'MODULE_PATHNAME', 'kg_marked_words'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marked_words(tsvector) IS
	'the words of a text for an index by which kg.search finds the best texts without reading most others: '
	'a word that may weigh much, since the text has it more than once or is short, begins with the character 1';
-- Counts of words for BM25

-- Graphs that are no longer as they were counted, by a fifth of their texts
CREATE FUNCTION refresh_registered_counts(graph text, only_if_stale boolean) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_refresh_registered_counts'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION refresh_registered_counts(text, boolean) IS
	'kg.refresh_text_statistics of a registered graph; the caller must own its tables of nodes';

CREATE FUNCTION refresh_text_statistics_body(graph text, only_if_stale boolean) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry kg.graph;
	source record;
	counted bigint;
	is_due boolean;
	refreshed boolean := false;
BEGIN
	IF graph IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = refresh_text_statistics_body.graph;
	IF entry.name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('graph "%s" does not exist', graph),
			HINT = 'The table kg.graph lists the graphs of this database.';
	END IF;
	IF entry.schema_name IS NULL THEN
		RETURN kg.refresh_registered_counts(graph, coalesce(only_if_stale, false));
	END IF;
	IF kg.graph_language(graph) IS NULL THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('graph "%s" has no words to count', graph),
			HINT = format('Its owner adds them with SELECT kg.upgrade_graph(%L).', graph);
	END IF;
	FOR source IN
		SELECT v.kind, format('%I.%I', entry.schema_name, v.relation) AS relation, v.condition
		FROM (VALUES ('entity', entry.entity_table, 'content IS NULL'),
			('passage', entry.entity_table, 'content IS NOT NULL'),
			('observation', entry.observation_table, 'expired_at IS NULL')) v(kind, relation, condition)
	LOOP
		IF row_security_active(source.relation) THEN
			CONTINUE WHEN only_if_stale;
			RAISE insufficient_privilege USING
				MESSAGE = format('row security may hide rows of table %s from you', source.relation),
				HINT = 'Let a role refresh that no policy applies to, such as the owner of the table.';
		END IF;
		IF only_if_stale THEN
			EXECUTE format('SELECT s.texts FROM %I.text_size s WHERE s.kind = $1', entry.schema_name) INTO counted USING source.kind;
			EXECUTE format('SELECT count(*) > greatest(100, $1 / 5) FROM (SELECT FROM %s WHERE id > coalesce((SELECT s.last_id FROM %I.text_size s WHERE s.kind = $2), 0) AND %s LIMIT greatest(100, $1 / 5) + 1) t',
				source.relation, entry.schema_name, source.condition) INTO is_due USING coalesce(counted, 0), source.kind;
			CONTINUE WHEN NOT is_due;
			BEGIN
				EXECUTE format('LOCK TABLE %I.text_size IN SHARE ROW EXCLUSIVE MODE NOWAIT', entry.schema_name);
			EXCEPTION WHEN lock_not_available THEN
				CONTINUE;	-- somebody else is counting
			END;
		END IF;
		-- One at a time; readers go on with the old counts.
		EXECUTE format('LOCK TABLE %I.text_size IN SHARE ROW EXCLUSIVE MODE', entry.schema_name);
		EXECUTE format('DELETE FROM %I.lexeme WHERE kind = $1', entry.schema_name) USING source.kind;
		EXECUTE format('DELETE FROM %I.text_size WHERE kind = $1', entry.schema_name) USING source.kind;
		EXECUTE format($sql$
WITH word AS MATERIALIZED (SELECT * FROM ts_stat($1)),
	text AS MATERIALIZED (SELECT count(*) AS texts, coalesce(max(id), 0) AS last_id FROM %2$s WHERE %3$s),
	kept AS (INSERT INTO %1$I.lexeme (kind, lexeme, texts) SELECT $2, w.word, w.ndoc FROM word w)
INSERT INTO %1$I.text_size (kind, texts, words, mean_idf, last_id)
SELECT $2, t.texts, coalesce(sum(w.nentry), 0),
	coalesce(avg(ln(t.texts - w.ndoc + 0.5::float8) - ln(w.ndoc + 0.5::float8)), 0), t.last_id
FROM text t LEFT JOIN word w ON true GROUP BY t.texts, t.last_id
$sql$, entry.schema_name, source.relation, source.condition)
		USING format('SELECT words FROM %s WHERE %s', source.relation, source.condition), source.kind;
		refreshed := true;
	END LOOP;
	RETURN refreshed;
END
$function$;
COMMENT ON FUNCTION refresh_text_statistics_body(text, boolean) IS
	'body of kg.refresh_text_statistics';
REVOKE ALL ON FUNCTION refresh_text_statistics_body(text, boolean) FROM PUBLIC;

CREATE FUNCTION refresh_text_statistics(graph text DEFAULT 'kg', only_if_stale boolean DEFAULT false) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION refresh_text_statistics(text, boolean) IS
	'counts in how many passages, names of entities and observations each word is, for the text leg of kg.search; of a registered graph by the owner of its tables; '
	'only_if_stale: only where texts that came since are more than a fifth; returns whether it counted any. '
	'Until it is called first, and for roles under row security, each search counts';

-- At REPEATABLE READ the counts of another transaction would be a serialization failure, which is not worth it.
CREATE FUNCTION refresh_when_due(graph text, counts regclass[]) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF current_setting('transaction_isolation') = 'read committed' AND
		(SELECT bool_and(has_table_privilege(c, 'SELECT') AND has_table_privilege(c, 'INSERT') AND has_table_privilege(c, 'DELETE')) FROM unnest(counts) c)
	THEN
		PERFORM kg.refresh_text_statistics(graph, only_if_stale => true);
	END IF;
END
$function$;
COMMENT ON FUNCTION refresh_when_due(text, regclass[]) IS
	'for kg.add_passages: kg.refresh_text_statistics(graph, true) if the caller may write these tables of counts';
-- One search by text, meaning, names and graph

CREATE FUNCTION search(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	k integer DEFAULT 10,
	graph text DEFAULT 'kg',
	kinds text[] DEFAULT NULL,
	types text[] DEFAULT NULL,
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	fusion text DEFAULT 'ranks',
	diversity double precision DEFAULT 0,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT key text,
	OUT kind text,
	OUT name text,
	OUT score double precision,
	OUT observation bigint,
	OUT content text,
	OUT embedding_rank integer,
	OUT embedding_score double precision,
	OUT text_rank integer,
	OUT text_score double precision,
	OUT name_rank integer,
	OUT name_score double precision,
	OUT graph_rank integer,
	OUT graph_score double precision,
	OUT why jsonb
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_search'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10;
COMMENT ON FUNCTION search(text, vector, integer, text, text[], text[], text, anycompatible, jsonb, text, double precision, timestamptz, timestamptz) IS
	'the k best results for a question, best first, by four legs whose ranks are fused: embedding (nearest to the embedding given), '
	'text (BM25), name (names that stand in the question, begin with it or resemble it) and graph (PageRank from the entities named and from seeds); '
	'kinds: passage, entity, observation; null: passages if the graph has any, else entities and observations; '
	'types: of the entities wanted, labels in a registered graph; filter: an SQL condition on the entity e; '
	'legs: {"leg": weight or {"weight": ..., "limit": ...}}, weight 0 leaves a leg out, by default embedding .5, text 1, name 1, graph 2; '
	'the graph leg also has "damping", "epsilon", and "hops" with "decay" instead of PageRank; '
	'fusion: ranks (weight / (10 + rank)) or scores; diversity: 0 to 1, the more the less results resemble each other; '
	'as_of: only relations and observations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION explain_search(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	k integer DEFAULT 10,
	graph text DEFAULT 'kg',
	kinds text[] DEFAULT NULL,
	types text[] DEFAULT NULL,
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	fusion text DEFAULT 'ranks',
	diversity double precision DEFAULT 0,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT leg text,
	OUT line text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_explain_search'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION explain_search(text, vector, integer, text, text[], text[], text, anycompatible, jsonb, text, double precision, timestamptz, timestamptz) IS
	'the queries that kg.search runs with these arguments, each followed by its plan; they do run, since one depends on the other';
-- What a language model should read before it answers

CREATE FUNCTION count_tokens(content text, counter regproc DEFAULT NULL) RETURNS integer
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tokens double precision;
BEGIN
	IF counter IS NULL THEN
		RETURN ceil(char_length(content) / 4.0);
	END IF;
	EXECUTE format('SELECT %s($1)::float8', counter) INTO tokens USING content;
	RETURN greatest(ceil(coalesce(tokens, 0)), 0);
END
$function$;
COMMENT ON FUNCTION count_tokens(text, regproc) IS
	'how many tokens a text is: what the function says that is given, else a quarter of its characters';

CREATE FUNCTION context_line(item jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN item ? 'target' THEN format('[%s] %s %s %s', item ->> 'citation', item ->> 'source_name', item ->> 'type', item ->> 'target_name') ||
			coalesce(' from ' || (item ->> 'valid_from'), '') || coalesce(' until ' || (item ->> 'valid_to'), '')
		WHEN item ? 'observation' THEN format('[%s] %s: %s', item ->> 'citation', item ->> 'name', item ->> 'content')
		ELSE format(E'[%s] %s\n%s', item ->> 'citation', item ->> 'name', item ->> 'content') END
$function$;
COMMENT ON FUNCTION context_line(jsonb) IS
	'a passage, a fact or an observation of kg.context_json, as kg.context writes it';

-- The relations between these nodes, one for each pair of names, type and validity, those of nodes that come first before others
CREATE FUNCTION context_facts(nodes text[], graph text, as_of timestamptz, known_at timestamptz) RETURNS SETOF jsonb
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT fact FROM (
		SELECT DISTINCT ON (lower(source_name), type, lower(target_name), r -> 'valid_from', r -> 'valid_to') place, jsonb_strip_nulls(jsonb_build_object(
			'citation', 'r' || coalesce(r ->> 'id', row_number() OVER (ORDER BY place, r ->> 'source', r ->> 'target', type)::text),
			'relation', r -> 'id', 'source', r -> 'source', 'source_name', source_name, 'type', type, 'target', r -> 'target',
			'target_name', target_name, 'valid_from', r -> 'valid_from', 'valid_to', r -> 'valid_to')) AS fact
		FROM (
			SELECT r, r ->> 'type' AS type, array_position(context_facts.nodes, r ->> 'source') + array_position(context_facts.nodes, r ->> 'target') AS place,
				coalesce(names ->> (r ->> 'source'), r ->> 'source') AS source_name, coalesce(names ->> (r ->> 'target'), r ->> 'target') AS target_name
			FROM kg.subgraph(context_facts.nodes, 0, 'both', NULL, as_of, NULL, graph, NULL, NULL, known_at) g
				CROSS JOIN LATERAL (SELECT jsonb_object_agg(n ->> 'id', n -> 'name') AS names FROM jsonb_array_elements(g.nodes) n) n
				CROSS JOIN LATERAL jsonb_array_elements(g.edges) r
			WHERE r ->> 'type' IS DISTINCT FROM 'mentions') e
		ORDER BY lower(source_name), type, lower(target_name), r -> 'valid_from', r -> 'valid_to', place, r ->> 'id') f
	ORDER BY place, fact ->> 'source_name', fact ->> 'type', fact ->> 'target_name', fact ->> 'valid_from'
$function$;
COMMENT ON FUNCTION context_facts(text[], text, timestamptz, timestamptz) IS
	'the facts that kg.context_json chooses from: relations between nodes, as of as_of and known_at, without mentions and repetitions';

-- The beginning of a passage, so that it fits
CREATE FUNCTION context_cut(item jsonb, budget integer, counter regproc) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	content CONSTANT text := item ->> 'content';
	len integer := char_length(content);
	shorter jsonb;
BEGIN
	WHILE len > 20 LOOP
		len := len * 9 / 10;
		shorter := jsonb_set(item, '{content}', to_jsonb(regexp_replace(left(content, len), '\s+\S*$', '') || ' ...'));
		IF kg.count_tokens(kg.context_line(shorter), counter) <= budget THEN
			RETURN shorter;
		END IF;
	END LOOP;
	RETURN NULL;
END
$function$;
COMMENT ON FUNCTION context_cut(jsonb, integer, regproc) IS
	'a passage cut off at a word so that it has at most so many tokens; null if there is nothing left of it';

-- The entities and observations that the search finds
CREATE FUNCTION context_nodes(query text, embedding vector, candidates integer, graph text, seeds anycompatible, legs jsonb,
	as_of timestamptz, known_at timestamptz, OUT nodes text[], OUT observations jsonb)
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT array_agg(coalesce(s.key, s.entity::text) ORDER BY n) FILTER (WHERE s.kind = 'entity'),
		coalesce(jsonb_agg(jsonb_build_object('citation', 'o' || s.observation, 'observation', s.observation, 'entity', s.entity, 'name', s.name, 'content', s.content) ORDER BY n)
			FILTER (WHERE s.kind = 'observation'), '[]')
	FROM (SELECT DISTINCT ON (s.kind, s.entity, s.key, s.content) s.*
		FROM kg.search(query, embedding, candidates, graph, '{entity,observation}', NULL, NULL, seeds, legs, as_of => as_of, known_at => known_at) WITH ORDINALITY s(entity, key, kind, name, score, observation, content, r1, s1, r2, s2, r3, s3, r4, s4, why, n)
		ORDER BY s.kind, s.entity, s.key, s.content, n) s
$function$;
COMMENT ON FUNCTION context_nodes(text, vector, integer, text, anycompatible, jsonb, timestamptz, timestamptz) IS
	'the entities, as keys, and observations that kg.context_json chooses from; the arguments are those of kg.search';

CREATE FUNCTION context_json_body(query text, embedding vector, budget integer, graph text, filter text, seeds anycompatible,
	legs jsonb, counter regproc, as_of timestamptz, known_at timestamptz) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	-- of each kind: more do not fit into what models read
	candidates CONSTANT integer := 100;
	found record;
	kinds CONSTANT text[] := '{facts,observations,passages}';
	facts jsonb := '[]';
	passages jsonb;
	items jsonb[];
	chosen jsonb := '{"passages": [], "facts": [], "observations": []}';
	-- headings and empty lines
	used integer := 12;
	part integer;
	tokens integer;
	item jsonb;
	taken boolean[];
BEGIN
	IF budget IS NULL OR budget < 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('budget must be a number of tokens that is not negative, not %s', coalesce(budget::text, 'NULL'));
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('citation', coalesce(key, 'p' || entity), 'entity', coalesce(to_jsonb(key), to_jsonb(entity)),
		'name', name, 'content', content)) ORDER BY n), '[]') INTO passages
	FROM (SELECT DISTINCT ON (s.content) s.*
		FROM kg.search(query, embedding, candidates, graph, '{passage}', NULL, filter, seeds, legs, as_of => as_of, known_at => known_at) WITH ORDINALITY s(entity, key, kind, name, score, observation, content, r1, s1, r2, s2, r3, s3, r4, s4, why, n)
		ORDER BY s.content, s.n) p;
	FOR attempt IN 1 .. 2 LOOP
		IF attempt = 1 THEN
			SELECT * INTO found FROM kg.context_nodes(query, embedding, 2 * candidates, graph, seeds, legs, as_of, known_at);
		ELSE
			-- the question names no entity as it is called, only a part of its name: the best ones that it may mean
			SELECT * INTO found FROM kg.context_nodes(query, embedding, 2 * candidates, graph, found.nodes[:8], legs, as_of, known_at);
		END IF;
		EXIT WHEN found.nodes IS NULL;
		SELECT coalesce(jsonb_agg(f), '[]') INTO facts FROM kg.context_facts(found.nodes, graph, as_of, known_at) f;
		EXIT WHEN facts <> '[]' OR seeds IS NOT NULL;
	END LOOP;
	items := ARRAY[facts, found.observations, passages];

	-- Facts and observations get a quarter each, passages the rest; what they leave goes to facts and observations again.
	FOREACH part IN ARRAY '{1,2,3,1,2}'::integer[] LOOP
		DECLARE
			bound CONSTANT integer := CASE WHEN part < 3 AND taken[3] IS NULL THEN least(budget, used + budget / 4) ELSE budget END;
		BEGIN
			FOR item IN SELECT i FROM jsonb_array_elements(items[part]) WITH ORDINALITY e(i, n) ORDER BY n LOOP
				CONTINUE WHEN chosen -> kinds[part] @> jsonb_build_array(item);
				tokens := kg.count_tokens(kg.context_line(item) || E'\n\n', counter);
				IF used + tokens <= bound THEN
					chosen := jsonb_set(chosen, ARRAY[kinds[part]], (chosen -> kinds[part]) || item);
					used := used + tokens;
				END IF;
				EXIT WHEN used + 4 > bound;
			END LOOP;
			IF part = 3 AND chosen -> 'passages' = '[]' THEN
				item := kg.context_cut(items[3] -> 0, budget - used - 1, counter);
				IF item IS NOT NULL THEN
					chosen := jsonb_set(chosen, '{passages}', jsonb_build_array(item));
					used := used + kg.count_tokens(kg.context_line(item) || E'\n\n', counter);
				END IF;
			END IF;
			taken[part] := true;
		END;
	END LOOP;
	RETURN chosen || jsonb_build_object('tokens', CASE WHEN chosen = '{"passages": [], "facts": [], "observations": []}' THEN 0 ELSE used END, 'budget', budget);
END
$function$;
COMMENT ON FUNCTION context_json_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'body of kg.context_json';
REVOKE ALL ON FUNCTION context_json_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION context_json(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	budget integer DEFAULT 2000,
	graph text DEFAULT 'kg',
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	counter regproc DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 200000;
COMMENT ON FUNCTION context_json(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'what a language model should read to answer a question, within a budget of tokens: {"passages": [...], "facts": [...], '
	'"observations": [...], "tokens": ..., "budget": ...}, the best first, each with a "citation"; facts are relations between the '
	'entities found; filter: an SQL condition on the entity e of passages; counter: a function of a text that counts its tokens, '
	'by default a quarter of its characters; the other arguments are those of kg.search';

CREATE FUNCTION context_body(query text, embedding vector, budget integer, graph text, filter text, seeds anycompatible,
	legs jsonb, counter regproc, as_of timestamptz, known_at timestamptz) RETURNS text
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT concat_ws(E'\n\n',
		(SELECT 'Passages:' || E'\n\n' || string_agg(kg.context_line(i), E'\n\n' ORDER BY n) FROM jsonb_array_elements(c -> 'passages') WITH ORDINALITY e(i, n)),
		(SELECT 'Facts:' || E'\n\n' || string_agg(kg.context_line(i), E'\n' ORDER BY n) FROM jsonb_array_elements(c -> 'facts') WITH ORDINALITY e(i, n)),
		(SELECT 'Observations:' || E'\n\n' || string_agg(kg.context_line(i), E'\n' ORDER BY n) FROM jsonb_array_elements(c -> 'observations') WITH ORDINALITY e(i, n)))
	FROM kg.context_json(query, embedding, budget, graph, filter, seeds, legs, counter, as_of, known_at) c
$function$;
COMMENT ON FUNCTION context_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'body of kg.context';
REVOKE ALL ON FUNCTION context_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION context(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	budget integer DEFAULT 2000,
	graph text DEFAULT 'kg',
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	counter regproc DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 200000;
COMMENT ON FUNCTION context(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'the same as kg.context_json as a text for a prompt: passages, facts and observations, each after its citation in brackets; '
	'the arguments are those of kg.context_json';
-- The nine tools of the MCP memory server, with its JSON

-- Each takes a tool's arguments as the server's clients send them and returns its structured content.
-- In that server a relation may name an entity that does not exist.  Here such an entity is made, without
-- a type; as long as it has no observation either, the tools do not show it, and create_entities adopts it.

CREATE FUNCTION mcp_member(arguments jsonb, member text, example text) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF jsonb_typeof(arguments -> member) IS DISTINCT FROM (CASE WHEN member = 'query' THEN 'string' ELSE 'array' END) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('"%s" of the arguments is missing or of another type', member),
			DETAIL = format('The arguments are: %s', coalesce(left(arguments::text, 200), 'null')),
			HINT = format('They look like {"%s": %s}.', member, example);
	END IF;
	RETURN arguments -> member;
END
$function$;
COMMENT ON FUNCTION mcp_member(jsonb, text, text) IS
	'a member of a tool''s arguments, an array or, if it is the query, a string; an error with the example if it is not that';

CREATE FUNCTION mcp_texts(elements jsonb, member text, columns text[], lists text[] DEFAULT '{}') RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	SELECT a.n, a.element, w.what INTO wrong
	FROM jsonb_array_elements(elements) WITH ORDINALITY a(element, n),
		LATERAL (
			SELECT format('has no string "%s"', c) FROM unnest(columns) c
			WHERE jsonb_typeof(a.element -> c) IS DISTINCT FROM 'string'
			UNION ALL
			SELECT format('has no array of strings "%s"', l) FROM unnest(lists) l
			WHERE jsonb_typeof(a.element -> l) IS DISTINCT FROM 'array' OR jsonb_path_exists(a.element -> l, '$[*] ? (@.type() != "string")')
			UNION ALL
			SELECT 'is no string' WHERE columns IS NULL AND jsonb_typeof(a.element) <> 'string'
		) w(what)
	ORDER BY a.n LIMIT 1;
	IF FOUND THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('element %s of "%s" %s', wrong.n, member, wrong.what),
			DETAIL = format('It is: %s', left(wrong.element::text, 200));
	END IF;
END
$function$;
COMMENT ON FUNCTION mcp_texts(jsonb, text, text[], text[]) IS
	'an error unless each element of an array has these columns as strings and these lists as arrays of strings; '
	'columns null: each element is a string';

-- One writer at a time: whether a name is there is looked up before it is made.
CREATE FUNCTION mcp_write(graph text, place integer) RETURNS regclass[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
BEGIN
	PERFORM kg.lock_subjects(graph, tables[place], 'document', ARRAY[hashtextextended('memory tools', 0)]);
	RETURN tables;
END
$function$;
COMMENT ON FUNCTION mcp_write(text, integer) IS
	'the tables of a graph as kg.memory_tables gives them, once no other memory tool writes; none does until this transaction ends; '
	'place: of the table that the tool writes';

CREATE FUNCTION mcp_entities(graph text, ids bigint[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format($query$
		SELECT coalesce(jsonb_agg(jsonb_build_object('name', e.name, 'entityType', t.name, 'observations', coalesce(o.contents, '[]')) ORDER BY e.id), '[]')
		FROM %1$s e JOIN %4$s t ON t.id = e.type
			LEFT JOIN (
				SELECT o.entity, jsonb_agg(o.content ORDER BY o.id) AS contents FROM %3$s o
				WHERE o.expired_at IS NULL AND ($1 IS NULL OR o.entity = ANY ($1)) GROUP BY o.entity) o ON o.entity = e.id
		WHERE e.content IS NULL AND ($1 IS NULL OR e.id = ANY ($1)) AND (t.name <> '' OR o.entity IS NOT NULL)
	$query$, VARIADIC kg.memory_tables(graph)) INTO result USING ids;
	RETURN result;
END
$function$;
COMMENT ON FUNCTION mcp_entities(text, bigint[]) IS
	'entities as the memory server writes them; ids null: all but passages';

CREATE FUNCTION mcp_relations(graph text, ids bigint[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format($query$
		SELECT coalesce(jsonb_agg(jsonb_build_object('from', s.name, 'to', t.name, 'relationType', rt.name) ORDER BY r.id), '[]')
		FROM %2$s r JOIN %5$s rt ON rt.id = r.type
			JOIN %1$s s ON s.id = r.source JOIN %1$s t ON t.id = r.target
		WHERE r.expired_at IS NULL AND s.content IS NULL AND t.content IS NULL AND
			($1 IS NULL OR r.id IN (
				SELECT r.id FROM %2$s r WHERE r.source = ANY ($1)
				UNION ALL
				SELECT r.id FROM %2$s r WHERE r.target = ANY ($1)))
	$query$, VARIADIC kg.memory_tables(graph)) INTO result USING ids;
	RETURN result;
END
$function$;
COMMENT ON FUNCTION mcp_relations(text, bigint[]) IS
	'relations as the memory server writes them: those of these entities; ids null: all but those of passages';

CREATE FUNCTION mcp_create_entities_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'entities', '[{"name": "Ada", "entityType": "person", "observations": ["wrote programs"]}]');
	tables CONSTANT regclass[] := kg.mcp_write(graph, 1);
	result jsonb;
BEGIN
	PERFORM kg.mcp_texts(items, 'entities', '{name,entityType}', '{observations}');
	PERFORM kg.make_types(tables, 'entity', ARRAY(SELECT e ->> 'entityType' FROM jsonb_array_elements(items) e));
	EXECUTE format($query$
		WITH item AS (
			SELECT DISTINCT ON (a.e ->> 'name') a.n, a.e ->> 'name' AS name, a.e ->> 'entityType' AS type, a.e -> 'observations' AS observations
			FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n) ORDER BY a.e ->> 'name', a.n
		), nameless AS (
			SELECT i.name, min(e.id) AS id FROM item i JOIN %1$s e ON e.name = i.name
			WHERE (SELECT t.name FROM %4$s t WHERE t.id = e.type) = '' AND e.content IS NULL AND
				NOT EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL)
			GROUP BY i.name
		), fresh AS (
			SELECT i.*, m.id FROM item i LEFT JOIN nameless m ON m.name = i.name
			WHERE NOT EXISTS (SELECT FROM %1$s e WHERE e.name = i.name AND e.content IS NULL AND e.id IS DISTINCT FROM m.id)
		), adopted AS (
			UPDATE %1$s e SET type = t.id FROM fresh f JOIN %4$s t ON t.name = f.type WHERE e.id = f.id RETURNING e.id, e.name
		), made AS (
			INSERT INTO %1$s (type, name)
			SELECT t.id, f.name FROM fresh f JOIN %4$s t ON t.name = f.type WHERE f.id IS NULL ORDER BY f.n
			RETURNING id, name
		), entity AS (
			SELECT * FROM adopted UNION ALL SELECT * FROM made
		), observation AS (
			INSERT INTO %3$s (entity, content)
			SELECT e.id, o.content
			FROM fresh f JOIN entity e ON e.name = f.name, jsonb_array_elements_text(f.observations) WITH ORDINALITY o(content, n)
			ORDER BY f.n, o.n
		)
		SELECT jsonb_build_object('entities', coalesce(
			jsonb_agg(jsonb_build_object('name', f.name, 'entityType', f.type, 'observations', f.observations) ORDER BY f.n), '[]'))
		FROM fresh f
	$query$, VARIADIC tables) INTO result USING items;
	RETURN result;
END
$function$;

CREATE FUNCTION mcp_create_relations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'relations', '[{"from": "Ada", "to": "Charles", "relationType": "knows"}]');
	tables CONSTANT regclass[] := kg.mcp_write(graph, 2);
	missing text[];
	facts jsonb;
	result jsonb;
BEGIN
	PERFORM kg.mcp_texts(items, 'relations', '{from,to,relationType}');
	EXECUTE format($query$
		SELECT array_agg(DISTINCT n.name) FROM jsonb_array_elements($1) e, LATERAL (VALUES (e ->> 'from'), (e ->> 'to')) n(name)
		WHERE NOT EXISTS (SELECT FROM %1$s x WHERE x.name = n.name AND x.content IS NULL)
	$query$, VARIADIC tables) INTO missing USING items;
	IF missing IS NOT NULL THEN
		PERFORM kg.make_types(tables, 'entity', ARRAY['']);
		EXECUTE format('INSERT INTO %1$s (type, name) SELECT t.id, n FROM unnest($1) n, %4$s t WHERE t.name = $$$$ ORDER BY n', VARIADIC tables)
			USING missing;
	END IF;
	EXECUTE format($query$
		WITH item AS (
			SELECT DISTINCT ON (a.e ->> 'from', a.e ->> 'to', a.e ->> 'relationType') a.n, a.e, a.e ->> 'relationType' AS type,
				(SELECT min(x.id) FROM %1$s x WHERE x.name = a.e ->> 'from' AND x.content IS NULL) AS source,
				(SELECT min(x.id) FROM %1$s x WHERE x.name = a.e ->> 'to' AND x.content IS NULL) AS target
			FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n) ORDER BY a.e ->> 'from', a.e ->> 'to', a.e ->> 'relationType', a.n
		), fresh AS (
			SELECT i.* FROM item i
			WHERE NOT EXISTS (
				SELECT FROM %2$s r JOIN %5$s t ON t.id = r.type
					JOIN %1$s s ON s.id = r.source JOIN %1$s d ON d.id = r.target
				WHERE s.name = i.e ->> 'from' AND d.name = i.e ->> 'to' AND t.name = i.type AND r.expired_at IS NULL)
		)
		SELECT jsonb_agg(jsonb_build_object('source', f.source, 'target', f.target, 'type', f.type) ORDER BY f.n),
			coalesce(jsonb_agg(jsonb_build_object('from', f.e -> 'from', 'to', f.e -> 'to', 'relationType', f.e -> 'relationType') ORDER BY f.n), '[]')
		FROM fresh f
	$query$, VARIADIC tables) INTO facts, result USING items;
	IF facts IS NOT NULL THEN
		PERFORM kg.upsert_relations(facts, graph);
	END IF;
	RETURN jsonb_build_object('relations', result);
END
$function$;

CREATE FUNCTION mcp_add_observations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'observations', '[{"entityName": "Ada", "contents": ["wrote programs"]}]');
	tables CONSTANT regclass[] := kg.mcp_write(graph, 3);
	missing text;
	texts jsonb;
	places bigint[];
	added jsonb;
BEGIN
	PERFORM kg.mcp_texts(items, 'observations', '{entityName}', '{contents}');
	EXECUTE format($query$
		SELECT a.e ->> 'entityName' FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n)
		WHERE NOT EXISTS (SELECT FROM %1$s x WHERE x.name = a.e ->> 'entityName' AND x.content IS NULL)
		ORDER BY a.n LIMIT 1
	$query$, VARIADIC tables) INTO missing USING items;
	IF missing IS NOT NULL THEN
		RAISE no_data_found USING
			MESSAGE = format('Entity with name %s not found', missing);
	END IF;
	EXECUTE format($query$
		SELECT jsonb_agg(jsonb_build_object('entity', x.id, 'content', c.content) ORDER BY a.n, c.n), array_agg(a.n ORDER BY a.n, c.n)
		FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n)
			CROSS JOIN LATERAL (SELECT min(x.id) AS id FROM %1$s x WHERE x.name = a.e ->> 'entityName' AND x.content IS NULL) x,
			jsonb_array_elements_text(a.e -> 'contents') WITH ORDINALITY c(content, n)
	$query$, VARIADIC tables) INTO texts, places USING items;
	IF texts IS NOT NULL THEN
		SELECT jsonb_object_agg(d.place, d.contents) INTO added
		FROM (
			SELECT places[d.number] AS place, jsonb_agg(texts -> (d.number - 1) -> 'content' ORDER BY d.number) AS contents
			FROM kg.add_observations(texts, graph) d WHERE d.done = 'inserted' GROUP BY 1) d;
	END IF;
	RETURN jsonb_build_object('results', (
		SELECT coalesce(jsonb_agg(jsonb_build_object('entityName', a.e -> 'entityName', 'addedObservations', coalesce(added -> a.n::text, '[]')) ORDER BY a.n), '[]')
		FROM jsonb_array_elements(items) WITH ORDINALITY a(e, n)));
END
$function$;

CREATE FUNCTION mcp_delete_entities_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'entityNames', '["Ada"]');
BEGIN
	PERFORM kg.mcp_texts(items, 'entityNames', NULL);
	EXECUTE format($query$
		SELECT kg.forget(e.id, $2) FROM %1$s e WHERE e.name IN (SELECT jsonb_array_elements_text($1)) AND e.content IS NULL ORDER BY e.id
	$query$, VARIADIC kg.mcp_write(graph, 1)) USING items, graph;
	RETURN '{"success": true, "message": "Entities deleted successfully"}';
END
$function$;

CREATE FUNCTION mcp_delete_observations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'deletions', '[{"entityName": "Ada", "observations": ["wrote programs"]}]');
BEGIN
	PERFORM kg.mcp_texts(items, 'deletions', '{entityName}', '{observations}');
	EXECUTE format($query$
		SELECT kg.retract(observation => o.id, graph => $2)
		FROM %3$s o JOIN %1$s e ON e.id = o.entity
		WHERE e.content IS NULL AND o.expired_at IS NULL AND
			(e.name, o.content) IN (SELECT d ->> 'entityName', c FROM jsonb_array_elements($1) d, jsonb_array_elements_text(d -> 'observations') c)
		ORDER BY o.id
	$query$, VARIADIC kg.mcp_write(graph, 3)) USING items, graph;
	RETURN '{"success": true, "message": "Observations deleted successfully"}';
END
$function$;

CREATE FUNCTION mcp_delete_relations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'relations', '[{"from": "Ada", "to": "Charles", "relationType": "knows"}]');
BEGIN
	PERFORM kg.mcp_texts(items, 'relations', '{from,to,relationType}');
	EXECUTE format($query$
		SELECT kg.retract(relation => r.id, graph => $2)
		FROM %2$s r JOIN %1$s s ON s.id = r.source JOIN %1$s t ON t.id = r.target JOIN %5$s rt ON rt.id = r.type
		WHERE r.expired_at IS NULL AND
			(s.name, t.name, rt.name) IN (SELECT d ->> 'from', d ->> 'to', d ->> 'relationType' FROM jsonb_array_elements($1) d)
		ORDER BY r.id
	$query$, VARIADIC kg.mcp_write(graph, 2)) USING items, graph;
	RETURN '{"success": true, "message": "Relations deleted successfully"}';
END
$function$;

CREATE FUNCTION mcp_read_graph_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	RETURN jsonb_build_object('entities', kg.mcp_entities(graph, NULL), 'relations', kg.mcp_relations(graph, NULL));
END
$function$;

CREATE FUNCTION mcp_search_nodes_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	query CONSTANT text := lower(kg.mcp_member(arguments, 'query', '"program"') #>> '{}');
	ids bigint[];
BEGIN
	EXECUTE format($query$
		SELECT coalesce(array_agg(e.id), '{}')
		FROM %1$s e JOIN %4$s t ON t.id = e.type
		WHERE e.content IS NULL AND
			(strpos(lower(e.name), $1) > 0 OR strpos(lower(t.name), $1) > 0 OR
			 EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL AND strpos(lower(o.content), $1) > 0))
			AND (t.name <> '' OR EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL))
	$query$, VARIADIC kg.memory_tables(graph)) INTO ids USING query;
	RETURN jsonb_build_object('entities', kg.mcp_entities(graph, ids), 'relations', kg.mcp_relations(graph, ids));
END
$function$;

CREATE FUNCTION mcp_open_nodes_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'names', '["Ada"]');
	ids bigint[];
BEGIN
	PERFORM kg.mcp_texts(items, 'names', NULL);
	EXECUTE format($query$
		SELECT coalesce(array_agg(e.id), '{}')
		FROM %1$s e JOIN %4$s t ON t.id = e.type
		WHERE e.name IN (SELECT jsonb_array_elements_text($1)) AND e.content IS NULL
			AND (t.name <> '' OR EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL))
	$query$, VARIADIC kg.memory_tables(graph)) INTO ids USING items;
	RETURN jsonb_build_object('entities', kg.mcp_entities(graph, ids), 'relations', kg.mcp_relations(graph, ids));
END
$function$;

-- What clients call

COMMENT ON FUNCTION mcp_create_entities_body(jsonb, text) IS
	'body of kg.mcp_create_entities';
REVOKE ALL ON FUNCTION mcp_create_entities_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_create_entities(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_create_entities(jsonb, text) IS
	'tool of the MCP memory server: makes the entities whose names are not there yet, with their observations as they are given, and returns them; arguments: {"entities": [{"name", "entityType", "observations"}]}';
COMMENT ON FUNCTION mcp_create_relations_body(jsonb, text) IS
	'body of kg.mcp_create_relations';
REVOKE ALL ON FUNCTION mcp_create_relations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_create_relations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_create_relations(jsonb, text) IS
	'tool of the MCP memory server: makes the relations that are not there yet, and returns them; an entity that is not there is made, without a type; arguments: {"relations": [{"from", "to", "relationType"}]}';
COMMENT ON FUNCTION mcp_add_observations_body(jsonb, text) IS
	'body of kg.mcp_add_observations';
REVOKE ALL ON FUNCTION mcp_add_observations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_add_observations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_add_observations(jsonb, text) IS
	'tool of the MCP memory server: adds the observations that an entity does not have yet, and returns them; an error if there is no such entity; arguments: {"observations": [{"entityName", "contents"}]}';
COMMENT ON FUNCTION mcp_delete_entities_body(jsonb, text) IS
	'body of kg.mcp_delete_entities';
REVOKE ALL ON FUNCTION mcp_delete_entities_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_delete_entities(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_delete_entities(jsonb, text) IS
	'tool of the MCP memory server: deletes entities with their relations and observations, for good; arguments: {"entityNames": []}';
COMMENT ON FUNCTION mcp_delete_observations_body(jsonb, text) IS
	'body of kg.mcp_delete_observations';
REVOKE ALL ON FUNCTION mcp_delete_observations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_delete_observations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_delete_observations(jsonb, text) IS
	'tool of the MCP memory server: retracts observations; kg.history still has them; arguments: {"deletions": [{"entityName", "observations"}]}';
COMMENT ON FUNCTION mcp_delete_relations_body(jsonb, text) IS
	'body of kg.mcp_delete_relations';
REVOKE ALL ON FUNCTION mcp_delete_relations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_delete_relations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_delete_relations(jsonb, text) IS
	'tool of the MCP memory server: retracts relations; kg.history still has them; arguments: {"relations": [{"from", "to", "relationType"}]}';
COMMENT ON FUNCTION mcp_read_graph_body(jsonb, text) IS
	'body of kg.mcp_read_graph';
REVOKE ALL ON FUNCTION mcp_read_graph_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_read_graph(arguments jsonb DEFAULT '{}', graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mcp_read_graph(jsonb, text) IS
	'tool of the MCP memory server: returns all entities but passages, and the relations between them; arguments: {}';
COMMENT ON FUNCTION mcp_search_nodes_body(jsonb, text) IS
	'body of kg.mcp_search_nodes';
REVOKE ALL ON FUNCTION mcp_search_nodes_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_search_nodes(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mcp_search_nodes(jsonb, text) IS
	'tool of the MCP memory server: returns the entities with this text in name, type or an observation, whatever its case, and their relations; kg.search finds better; arguments: {"query"}';
COMMENT ON FUNCTION mcp_open_nodes_body(jsonb, text) IS
	'body of kg.mcp_open_nodes';
REVOKE ALL ON FUNCTION mcp_open_nodes_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_open_nodes(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mcp_open_nodes(jsonb, text) IS
	'tool of the MCP memory server: returns the entities with these names, and their relations; arguments: {"names": []}';
-- functions that look inside indexes

CREATE FUNCTION kg.index_info(
	index regclass,
	OUT rows bigint,
	OUT nodes bigint,
	OUT dead_nodes bigint,
	OUT free_slots bigint,
	OUT orphans bigint,
	OUT dimensions int,
	OUT metric text,
	OUT storage text,
	OUT code_bits int,
	OUT code_dimensions int,
	OUT m int,
	OUT max_degree int,
	OUT mean_degree float8,
	OUT frames int,
	OUT coarse_nodes bigint,
	OUT entry_points int,
	OUT node_bytes bigint,
	OUT other_bytes bigint,
	OUT filters int,
	OUT filter_bytes bigint,
	OUT pending_vectors bigint,
	OUT pending_bytes bigint,
	OUT members int
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_index_info' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.index_info(regclass) IS
	'contents of a kg_hnsw or kg_diskann index, and how well it fits the data: orphans are live '
	'nodes that no edge leads to, coarse_nodes are stored too coarsely for the distances to their '
	'neighbours; filters is the number of filter columns, filter_bytes the part of '
	'other_bytes that they take; pending_vectors wait to be merged (fastupdate), pending_bytes is '
	'the part of other_bytes that they take; members is how many nodes of a page share one list of neighbours '
	'(kg_diskann), whose length max_degree and mean_degree are then; reads the whole index';
REVOKE ALL ON FUNCTION kg.index_info(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kg.index_info(regclass) TO pg_stat_scan_tables;

CREATE FUNCTION kg.last_scan(
	OUT index regclass,
	OUT scans bigint,
	OUT batches bigint,
	OUT nodes_visited bigint,
	OUT pages_read bigint,
	OUT nodes_reranked bigint,
	OUT rows_returned bigint,
	OUT nodes_held_back bigint,
	OUT nodes_swept bigint,
	OUT pending_vectors bigint,
	OUT cut_short boolean
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_last_scan_counters' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION kg.last_scan() IS
	'counters of the last kg_hnsw or kg_diskann index scan of this session, NULLs if there was none; for '
	'the inner side of a join, of all its scans together. Counters are NULL for who may not see all rows '
	'of the table, by privileges or row-level security, and is no member of pg_read_all_stats';

CREATE FUNCTION kg.index_check(
	index regclass,
	thorough boolean DEFAULT false,
	OUT block bigint,
	OUT problem text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_index_check' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.index_check(regclass, boolean) IS
	'broken invariants of a kg_hnsw or kg_diskann index, no rows if there are none; reads the whole index '
	'while inserts wait. If it is to be thorough, it reads the table too: rows that the index lacks or has '
	'with another vector or filter value, and nodes to which no edges lead. On a standby replay has to be '
	'paused (pg_wal_replay_pause)';
REVOKE ALL ON FUNCTION kg.index_check(regclass, boolean) FROM PUBLIC;

CREATE FUNCTION kg.index_recall(
	index regclass,
	sample integer DEFAULT 200,
	INOUT k integer DEFAULT 10,
	query_relation regclass DEFAULT NULL,
	query_embedding name DEFAULT NULL,
	OUT queries integer,
	OUT recall double precision,
	OUT recall_p5 double precision,
	OUT recall_min double precision,
	OUT pages double precision,
	OUT nodes double precision,
	OUT p50_us double precision,
	OUT p99_us double precision
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_index_recall' LANGUAGE C VOLATILE COST 100000;
COMMENT ON FUNCTION kg.index_recall(regclass, integer, integer, regclass, name) IS
	'measures queries with LIMIT k by a kg_hnsw or kg_diskann index, with the settings of now, against exact search; '
	'the queries are a sample of the table''s own rows, each without itself among its neighbours, or of a column of another table; '
	'recall: the mean part of the k nearest rows that a query found; recall_p5: 95% of the queries found at least this part; recall_min: all did; '
	'pages, nodes: read and visited by a query, mean; p50_us, p99_us: half of the queries, and 99%, took at most so many microseconds; '
	'pages and nodes are NULL if row-level security may hide rows of the table from you';

CREATE FUNCTION kg.calibrate(index regclass) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_calibrate_index' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.calibrate(regclass) IS
	'measures what effort each kg.target_recall takes in a kg_hnsw or kg_diskann index, with vectors of its '
	'rows as queries, and stores it in the index; false if it has too few rows; CREATE INDEX '
	'does so, and VACUUM when the index has changed much';

CREATE FUNCTION kg.calibrate(index regclass, queries anyarray) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_calibrate_index' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.calibrate(regclass, anyarray) IS
	'measures what effort each kg.target_recall takes in a kg_hnsw or kg_diskann index for queries like '
	'these, 30 or more, and stores it in the index; VACUUM then says when it should be done '
	'again';

CREATE FUNCTION kg.prewarm(index regclass, pages bigint DEFAULT NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'kg_prewarm_index' LANGUAGE C VOLATILE COST 100000;
COMMENT ON FUNCTION kg.prewarm(regclass, bigint) IS
	'loads up to this many pages of a kg_hnsw or kg_diskann index into shared buffers, NULL: as many as half of them hold; all in their order if '
	'there are no more, or else those that searches for its own vectors use most; returns how many were not there before; needs SELECT on the table';

CREATE FUNCTION kg.flush_pending(index regclass) RETURNS bigint
	AS 'MODULE_PATHNAME', 'kg_flush_pending' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.flush_pending(regclass) IS
	'merges the pending rows of a kg_hnsw or kg_diskann index (fastupdate = on) into its graph, as VACUUM does, '
	'and returns how many vectors these were; for the owner, and on PostgreSQL 17 and later for '
	'roles with the privilege MAINTAIN on the table';

CREATE FUNCTION kg.estimate_index_size(
	rows bigint,
	dimensions int,
	metric text DEFAULT 'l2',
	options text[] DEFAULT '{}',
	filters int DEFAULT 0,
	method text DEFAULT 'kg_hnsw',
	OUT bytes bigint,
	OUT bytes_per_row float8,
	OUT rows_per_page int,
	OUT storage text,
	OUT code_bits int,
	OUT code_dimensions int,
	OUT m int,
	OUT max_degree int
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_estimate_index_size'
	LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION kg.estimate_index_size(bigint, int, text, text[], int, text) IS
	'size of an index of this many different vectors, and how it will store them; '
	'options: as in CREATE INDEX, ARRAY[''m=16'', ''storage=sq8'']; filters: columns behind the vector; method: kg_hnsw or kg_diskann';

-- DROP EXTENSION: graphs and columns that it would drop

CREATE FUNCTION kg.drop_losses(OUT losses text, OUT advice text)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
AS $function$
	-- An entry without tables is no loss: pg_restore --clean drops them first.
	WITH live AS (
		SELECT g.name FROM kg.graph g
		WHERE to_regclass(quote_ident(g.schema_name) || '.' || quote_ident(g.entity_table)) IS NOT NULL OR
			EXISTS (SELECT FROM kg.node_table n
				WHERE n.graph = g.name AND to_regclass(quote_ident(n.schema_name) || '.' || quote_ident(n.table_name)) IS NOT NULL)
	), member AS (
		SELECT d.objid FROM pg_depend d
		WHERE d.classid = 'pg_type'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND
			d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'kg')
	), needing AS (
		SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relkind IN ('r', 'p', 'f', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal AND
			(t.oid IN (SELECT * FROM member) OR t.typelem IN (SELECT * FROM member) OR t.typbasetype IN (SELECT * FROM member))
	), list AS (
		SELECT 'Graphs: ' AS title, array_agg(format('"%s"', name) ORDER BY name COLLATE "C") AS names FROM live
		UNION ALL
		SELECT 'Columns, which CASCADE drops with all they hold: ', array_agg(name ORDER BY name COLLATE "C") FROM needing
	)
	SELECT string_agg(title || array_to_string(names[:10], ', ') ||
			CASE WHEN cardinality(names) > 10 THEN format(' and %s more', cardinality(names) - 10) ELSE '' END || '.', ' ' ORDER BY title DESC),
		concat_ws(' ',
			(SELECT format('SELECT kg.drop_graph(%L) drops a graph: the tables that kg.create_graph made, and of registered tables only the entry.', min(name))
			 FROM live HAVING count(*) > 0),
			(SELECT 'ALTER TABLE ... ALTER COLUMN ... TYPE real[] keeps what a column of vectors holds.' FROM needing HAVING count(*) > 0))
	FROM list WHERE names IS NOT NULL
$function$;
COMMENT ON FUNCTION kg.drop_losses() IS
	'losses: graphs and columns that DROP EXTENSION would drop, null if there are none; '
	'advice: what to do before';

CREATE FUNCTION kg.guard_drop() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'kg_guard_drop'
	LANGUAGE C VOLATILE
	SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION kg.guard_drop() IS
	'before DROP EXTENSION kg: an error, with CASCADE a notice, that names what it would drop';
CREATE EVENT TRIGGER kg_guard_drop ON ddl_command_start
	WHEN TAG IN ('DROP EXTENSION', 'DROP SCHEMA')
	EXECUTE FUNCTION kg.guard_drop();
COMMENT ON EVENT TRIGGER kg_guard_drop IS
	'names the graphs and columns that DROP EXTENSION kg would drop';

CREATE FUNCTION kg.hint_access_method() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'kg_hint_access_method'
	LANGUAGE C VOLATILE
	SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION kg.hint_access_method() IS
	'before CREATE INDEX: hints at kg_hnsw where hnsw or ivfflat do not exist';
CREATE EVENT TRIGGER kg_hint_access_method ON ddl_command_start
	WHEN TAG IN ('CREATE INDEX')
	EXECUTE FUNCTION kg.hint_access_method();
COMMENT ON EVENT TRIGGER kg_hint_access_method IS
	'hints at kg_hnsw where CREATE INDEX names hnsw or ivfflat, which do not exist';
-- why a query does not use an index

CREATE FUNCTION kg.explain_index_use(
	query text,
	OUT distance text,
	OUT index regclass,
	OUT used boolean,
	OUT reason text,
	OUT hint text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_explain_index_use' LANGUAGE C STRICT VOLATILE ROWS 5 COST 10000;
COMMENT ON FUNCTION kg.explain_index_use(text) IS
	'which kg_hnsw indexes a query would use for the distances in it, and each reason why it '
	'does not use the others; plans the query and does not run it';
