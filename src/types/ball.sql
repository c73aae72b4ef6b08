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
