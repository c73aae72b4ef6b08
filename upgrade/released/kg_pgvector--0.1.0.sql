\echo Use "CREATE EXTENSION kg_pgvector" to load this file. \quit

-- kg_pgvector: what kg does for its own types, for those of pgvector.
--
-- Operators and operator classes go where pgvector is, so that a search_path
-- that finds its types finds them, too.  Functions go to schema kg, where those
-- for kg's types are.
--
-- Below, names without a schema are of pgvector's schema, which is all that is on
-- the search_path.  Each of them either exists there as pgvector's, which is
-- checked first, or is created here.

DO $do$
DECLARE
	pgvector record;
	missing text;
BEGIN
	SELECT e.oid, e.extnamespace, e.extversion, n.nspname INTO STRICT pgvector
	FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
	WHERE e.extname OPERATOR(pg_catalog.=) 'vector';

	SELECT pg_catalog.string_agg(wanted.name, ', ') INTO missing
	FROM (VALUES ('vector'), ('halfvec'), ('sparsevec')) AS wanted(name)
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) t.oid
		WHERE t.typname OPERATOR(pg_catalog.=) wanted.name AND t.typnamespace OPERATOR(pg_catalog.=) pgvector.extnamespace AND
			d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype OPERATOR(pg_catalog.=) 'e' AND
			d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND
			d.refobjid OPERATOR(pg_catalog.=) pgvector.oid);
	IF missing IS NOT NULL THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = pg_catalog.format('kg_pgvector needs pgvector 0.7.0 or later, but extension "vector" has version %s, which lacks: %s',
				pgvector.extversion, missing),
			HINT = 'ALTER EXTENSION vector UPDATE.';
	END IF;
	PERFORM pg_catalog.set_config('search_path', pg_catalog.format('%I, pg_temp', pgvector.nspname), true);
END
$do$;

-- casts: values of both are stored alike, nothing is copied

CREATE CAST (vector AS kg.vector) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (vector AS kg.vector) IS
	'pgvector''s vector as kg''s, which is stored alike';

CREATE CAST (kg.vector AS vector) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (kg.vector AS vector) IS
	'kg''s vector as pgvector''s, which is stored alike';

CREATE CAST (halfvec AS kg.halfvec) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (halfvec AS kg.halfvec) IS
	'pgvector''s halfvec as kg''s, which is stored alike';

CREATE CAST (kg.halfvec AS halfvec) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (kg.halfvec AS halfvec) IS
	'kg''s halfvec as pgvector''s, which is stored alike';

CREATE CAST (sparsevec AS kg.sparsevec) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (sparsevec AS kg.sparsevec) IS
	'pgvector''s sparsevec as kg''s, which is stored alike';

CREATE CAST (kg.sparsevec AS sparsevec) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (kg.sparsevec AS sparsevec) IS
	'kg''s sparsevec as pgvector''s, which is stored alike';

-- balls

CREATE FUNCTION kg.ball(vector, pg_catalog.float8) RETURNS kg.ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_vector'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.ball(vector, pg_catalog.float8) IS
	'ball of a centre and a radius';

CREATE FUNCTION kg.ball(halfvec, pg_catalog.float8) RETURNS kg.ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_halfvec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.ball(halfvec, pg_catalog.float8) IS
	'ball of a centre and a radius';

CREATE FUNCTION kg.ball(sparsevec, pg_catalog.float8) RETURNS kg.ball
	AS 'MODULE_PATHNAME', 'kg_ball_from_sparsevec'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.ball(sparsevec, pg_catalog.float8) IS
	'ball of a centre and a radius';

CREATE FUNCTION kg.l2_within(vector, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_vector_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.vector_distance_support;
COMMENT ON FUNCTION kg.l2_within(vector, kg.ball) IS
	'implementation of <<->> operator';

CREATE OPERATOR <<->> (
	LEFTARG = vector, RIGHTARG = kg.ball, FUNCTION = kg.l2_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<->> (vector, kg.ball) IS
	'within a Euclidean distance';

CREATE FUNCTION kg.ip_within(vector, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_vector_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.vector_distance_support;
COMMENT ON FUNCTION kg.ip_within(vector, kg.ball) IS
	'implementation of <<#>> operator';

CREATE OPERATOR <<#>> (
	LEFTARG = vector, RIGHTARG = kg.ball, FUNCTION = kg.ip_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (vector, kg.ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE FUNCTION kg.cosine_within(vector, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_vector_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.vector_distance_support;
COMMENT ON FUNCTION kg.cosine_within(vector, kg.ball) IS
	'implementation of <<=>> operator';

CREATE OPERATOR <<=>> (
	LEFTARG = vector, RIGHTARG = kg.ball, FUNCTION = kg.cosine_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (vector, kg.ball) IS
	'within a cosine distance';

CREATE FUNCTION kg.l1_within(vector, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_vector_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.vector_distance_support;
COMMENT ON FUNCTION kg.l1_within(vector, kg.ball) IS
	'implementation of <<+>> operator';

CREATE OPERATOR <<+>> (
	LEFTARG = vector, RIGHTARG = kg.ball, FUNCTION = kg.l1_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (vector, kg.ball) IS
	'within a taxicab distance';

CREATE FUNCTION kg.l2_within(halfvec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_halfvec_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.halfvec_distance_support;
COMMENT ON FUNCTION kg.l2_within(halfvec, kg.ball) IS
	'implementation of <<->> operator';

CREATE OPERATOR <<->> (
	LEFTARG = halfvec, RIGHTARG = kg.ball, FUNCTION = kg.l2_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<->> (halfvec, kg.ball) IS
	'within a Euclidean distance';

CREATE FUNCTION kg.ip_within(halfvec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_halfvec_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.halfvec_distance_support;
COMMENT ON FUNCTION kg.ip_within(halfvec, kg.ball) IS
	'implementation of <<#>> operator';

CREATE OPERATOR <<#>> (
	LEFTARG = halfvec, RIGHTARG = kg.ball, FUNCTION = kg.ip_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (halfvec, kg.ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE FUNCTION kg.cosine_within(halfvec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_halfvec_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.halfvec_distance_support;
COMMENT ON FUNCTION kg.cosine_within(halfvec, kg.ball) IS
	'implementation of <<=>> operator';

CREATE OPERATOR <<=>> (
	LEFTARG = halfvec, RIGHTARG = kg.ball, FUNCTION = kg.cosine_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (halfvec, kg.ball) IS
	'within a cosine distance';

CREATE FUNCTION kg.l1_within(halfvec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_halfvec_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	SUPPORT kg.halfvec_distance_support;
COMMENT ON FUNCTION kg.l1_within(halfvec, kg.ball) IS
	'implementation of <<+>> operator';

CREATE OPERATOR <<+>> (
	LEFTARG = halfvec, RIGHTARG = kg.ball, FUNCTION = kg.l1_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (halfvec, kg.ball) IS
	'within a taxicab distance';

CREATE FUNCTION kg.l2_within(sparsevec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l2_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.l2_within(sparsevec, kg.ball) IS
	'implementation of <<->> operator';

CREATE OPERATOR <<->> (
	LEFTARG = sparsevec, RIGHTARG = kg.ball, FUNCTION = kg.l2_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<->> (sparsevec, kg.ball) IS
	'within a Euclidean distance';

CREATE FUNCTION kg.ip_within(sparsevec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_sparsevec_ip_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.ip_within(sparsevec, kg.ball) IS
	'implementation of <<#>> operator';

CREATE OPERATOR <<#>> (
	LEFTARG = sparsevec, RIGHTARG = kg.ball, FUNCTION = kg.ip_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<#>> (sparsevec, kg.ball) IS
	'within a negative inner product: the product is at least the negative radius';

CREATE FUNCTION kg.cosine_within(sparsevec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_sparsevec_cosine_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.cosine_within(sparsevec, kg.ball) IS
	'implementation of <<=>> operator';

CREATE OPERATOR <<=>> (
	LEFTARG = sparsevec, RIGHTARG = kg.ball, FUNCTION = kg.cosine_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<=>> (sparsevec, kg.ball) IS
	'within a cosine distance';

CREATE FUNCTION kg.l1_within(sparsevec, kg.ball) RETURNS pg_catalog.bool
	AS 'MODULE_PATHNAME', 'kg_sparsevec_l1_within'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.l1_within(sparsevec, kg.ball) IS
	'implementation of <<+>> operator';

CREATE OPERATOR <<+>> (
	LEFTARG = sparsevec, RIGHTARG = kg.ball, FUNCTION = kg.l1_within,
	RESTRICT = kg.within_sel, JOIN = pg_catalog.matchingjoinsel
);
COMMENT ON OPERATOR <<+>> (sparsevec, kg.ball) IS
	'within a taxicab distance';

-- operator classes of kg_hnsw

CREATE FUNCTION kg.kg_ann_pgvector_vector_l2(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_vector_l2(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_vector_ip(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_vector_ip(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_vector_cosine(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_vector_cosine(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_halfvec_l2(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_halfvec_l2(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_halfvec_ip(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_halfvec_ip(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_halfvec_cosine(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_halfvec_cosine(pg_catalog.internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS vector_l2_ops
	DEFAULT FOR TYPE vector USING kg_hnsw AS
	OPERATOR 1 <-> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<->> (vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_vector_l2(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY vector_l2_ops USING kg_hnsw IS
	'Euclidean distance of pgvector''s vectors';
COMMENT ON OPERATOR CLASS vector_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS vector_ip_ops
	FOR TYPE vector USING kg_hnsw AS
	OPERATOR 1 <#> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<#>> (vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_vector_ip(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY vector_ip_ops USING kg_hnsw IS
	'inner product of pgvector''s vectors';
COMMENT ON OPERATOR CLASS vector_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS vector_cosine_ops
	FOR TYPE vector USING kg_hnsw AS
	OPERATOR 1 <=> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<=>> (vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_vector_cosine(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY vector_cosine_ops USING kg_hnsw IS
	'cosine distance of pgvector''s vectors';
COMMENT ON OPERATOR CLASS vector_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';

CREATE OPERATOR CLASS halfvec_l2_ops
	DEFAULT FOR TYPE halfvec USING kg_hnsw AS
	OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<->> (halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_halfvec_l2(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY halfvec_l2_ops USING kg_hnsw IS
	'Euclidean distance of pgvector''s halfvecs';
COMMENT ON OPERATOR CLASS halfvec_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS halfvec_ip_ops
	FOR TYPE halfvec USING kg_hnsw AS
	OPERATOR 1 <#> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<#>> (halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_halfvec_ip(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY halfvec_ip_ops USING kg_hnsw IS
	'inner product of pgvector''s halfvecs';
COMMENT ON OPERATOR CLASS halfvec_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS halfvec_cosine_ops
	FOR TYPE halfvec USING kg_hnsw AS
	OPERATOR 1 <=> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<=>> (halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_halfvec_cosine(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY halfvec_cosine_ops USING kg_hnsw IS
	'cosine distance of pgvector''s halfvecs';
COMMENT ON OPERATOR CLASS halfvec_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';

CREATE FUNCTION kg.kg_ann_pgvector_vector_l1(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_vector_l1(pg_catalog.internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS vector_l1_ops
	FOR TYPE vector USING kg_hnsw AS
	OPERATOR 1 <+> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<+>> (vector, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_vector_l1(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY vector_l1_ops USING kg_hnsw IS
	'taxicab distance of pgvector''s vectors';
COMMENT ON OPERATOR CLASS vector_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

CREATE FUNCTION kg.kg_ann_pgvector_halfvec_l1(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_halfvec_l1(pg_catalog.internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS halfvec_l1_ops
	FOR TYPE halfvec USING kg_hnsw AS
	OPERATOR 1 <+> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<+>> (halfvec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_halfvec_l1(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY halfvec_l1_ops USING kg_hnsw IS
	'taxicab distance of pgvector''s halfvecs';
COMMENT ON OPERATOR CLASS halfvec_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

CREATE FUNCTION kg.kg_ann_pgvector_sparsevec_l2(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_sparsevec_l2(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_sparsevec_ip(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_sparsevec_ip(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_sparsevec_cosine(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_sparsevec_cosine(pg_catalog.internal) IS 'kg_hnsw support';

CREATE FUNCTION kg.kg_ann_pgvector_sparsevec_l1(pg_catalog.internal) RETURNS pg_catalog.internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION kg.kg_ann_pgvector_sparsevec_l1(pg_catalog.internal) IS 'kg_hnsw support';

CREATE OPERATOR CLASS sparsevec_l2_ops
	DEFAULT FOR TYPE sparsevec USING kg_hnsw AS
	OPERATOR 1 <-> (sparsevec, sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<->> (sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_sparsevec_l2(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY sparsevec_l2_ops USING kg_hnsw IS
	'Euclidean distance of pgvector''s sparsevecs';
COMMENT ON OPERATOR CLASS sparsevec_l2_ops USING kg_hnsw IS
	'Euclidean distance: ORDER BY embedding <-> query';

CREATE OPERATOR CLASS sparsevec_ip_ops
	FOR TYPE sparsevec USING kg_hnsw AS
	OPERATOR 1 <#> (sparsevec, sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<#>> (sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_sparsevec_ip(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY sparsevec_ip_ops USING kg_hnsw IS
	'inner product of pgvector''s sparsevecs';
COMMENT ON OPERATOR CLASS sparsevec_ip_ops USING kg_hnsw IS
	'inner product, largest first: ORDER BY embedding <#> query';

CREATE OPERATOR CLASS sparsevec_cosine_ops
	FOR TYPE sparsevec USING kg_hnsw AS
	OPERATOR 1 <=> (sparsevec, sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<=>> (sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_sparsevec_cosine(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY sparsevec_cosine_ops USING kg_hnsw IS
	'cosine distance of pgvector''s sparsevecs';
COMMENT ON OPERATOR CLASS sparsevec_cosine_ops USING kg_hnsw IS
	'cosine distance: ORDER BY embedding <=> query';

CREATE OPERATOR CLASS sparsevec_l1_ops
	FOR TYPE sparsevec USING kg_hnsw AS
	OPERATOR 1 <+> (sparsevec, sparsevec) FOR ORDER BY pg_catalog.float_ops,
	OPERATOR 2 <<+>> (sparsevec, kg.ball) FOR SEARCH,
	FUNCTION 1 kg.kg_ann_pgvector_sparsevec_l1(pg_catalog.internal);
COMMENT ON OPERATOR FAMILY sparsevec_l1_ops USING kg_hnsw IS
	'taxicab distance of pgvector''s sparsevecs';
COMMENT ON OPERATOR CLASS sparsevec_l1_ops USING kg_hnsw IS
	'taxicab distance: ORDER BY embedding <+> query';

-- Both extensions have operators of bit, a type of PostgreSQL.  Indexes of either
-- class serve both, as the classes are in one family; the support function is kg's.

CREATE OPERATOR CLASS bit_hamming_ops
	FOR TYPE pg_catalog."bit" USING kg_hnsw FAMILY kg.bit_hamming_ops AS
	OPERATOR 10 <~> (pg_catalog."bit", pg_catalog."bit") FOR ORDER BY pg_catalog.float_ops;
COMMENT ON OPERATOR CLASS bit_hamming_ops USING kg_hnsw IS
	'Hamming distance: ORDER BY bits <~> query';

CREATE OPERATOR CLASS bit_jaccard_ops
	FOR TYPE pg_catalog."bit" USING kg_hnsw FAMILY kg.bit_jaccard_ops AS
	OPERATOR 10 <%> (pg_catalog."bit", pg_catalog."bit") FOR ORDER BY pg_catalog.float_ops;
COMMENT ON OPERATOR CLASS bit_jaccard_ops USING kg_hnsw IS
	'Jaccard distance: ORDER BY bits <%> query';

-- functions with a query: those for kg's types, and for literals and parameters of
-- unknown type, for which SQL prefers text where there is a choice

CREATE FUNCTION kg.knn(
	query vector,
	k pg_catalog.int4 DEFAULT 10,
	type pg_catalog.text DEFAULT NULL,
	graph pg_catalog.text DEFAULT 'kg',
	OUT entity pg_catalog.int8,
	OUT distance pg_catalog.float8,
	OUT key pg_catalog.text
) RETURNS SETOF pg_catalog.record
	AS 'MODULE_PATHNAME', 'kg_knn'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 10;
COMMENT ON FUNCTION kg.knn(vector, pg_catalog.int4, pg_catalog.text, pg_catalog.text) IS
	'as kg.knn of kg''s vector';

CREATE FUNCTION kg.knn(
	query pg_catalog.text,
	k pg_catalog.int4 DEFAULT 10,
	type pg_catalog.text DEFAULT NULL,
	graph pg_catalog.text DEFAULT 'kg',
	OUT entity pg_catalog.int8,
	OUT distance pg_catalog.float8,
	OUT key pg_catalog.text
) RETURNS SETOF pg_catalog.record
	LANGUAGE sql STABLE PARALLEL RESTRICTED COST 10000 ROWS 10
AS $function$
	SELECT n.entity, n.distance, n.key FROM kg.knn(query::kg.vector, k, type, graph) AS n
$function$;
COMMENT ON FUNCTION kg.knn(pg_catalog.text, pg_catalog.int4, pg_catalog.text, pg_catalog.text) IS
	'as kg.knn of kg''s vector, of which the query has the text form';

CREATE FUNCTION kg.knn_exact(
	relation pg_catalog.regclass,
	embedding pg_catalog.name,
	queries vector[],
	k pg_catalog.int4 DEFAULT 10,
	metric pg_catalog.text DEFAULT 'l2',
	key pg_catalog.name DEFAULT NULL,
	OUT query pg_catalog.int4,
	OUT rank pg_catalog.int4,
	OUT distance pg_catalog.float8,
	OUT row_key pg_catalog.text,
	OUT row_table pg_catalog.regclass,
	OUT row_tid pg_catalog.tid
) RETURNS SETOF pg_catalog.record
	AS 'MODULE_PATHNAME', 'kg_knn_exact'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION kg.knn_exact(pg_catalog.regclass, pg_catalog.name, vector[], pg_catalog.int4, pg_catalog.text, pg_catalog.name) IS
	'as kg.knn_exact of kg''s vectors';

CREATE FUNCTION kg.knn_exact(
	relation pg_catalog.regclass,
	embedding pg_catalog.name,
	queries pg_catalog.text,
	k pg_catalog.int4 DEFAULT 10,
	metric pg_catalog.text DEFAULT 'l2',
	key pg_catalog.name DEFAULT NULL,
	OUT query pg_catalog.int4,
	OUT rank pg_catalog.int4,
	OUT distance pg_catalog.float8,
	OUT row_key pg_catalog.text,
	OUT row_table pg_catalog.regclass,
	OUT row_tid pg_catalog.tid
) RETURNS SETOF pg_catalog.record
	LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000
AS $function$
	SELECT n.query, n.rank, n.distance, n.row_key, n.row_table, n.row_tid
	FROM kg.knn_exact(relation, embedding, queries::kg.vector[], k, metric, key) AS n
$function$;
COMMENT ON FUNCTION kg.knn_exact(pg_catalog.regclass, pg_catalog.name, pg_catalog.text, pg_catalog.int4, pg_catalog.text, pg_catalog.name) IS
	'as kg.knn_exact of kg''s vectors, of whose array "queries" has the text form';

-- statements that name operator classes

CREATE FUNCTION kg.pgvector_ddl() RETURNS pg_catalog.event_trigger
	AS 'MODULE_PATHNAME', 'kg_pgvector_ddl'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION kg.pgvector_ddl() IS
	'before CREATE INDEX: of the operator classes with a name it chooses the one for the column''s type; '
	'before ALTER EXTENSION vector SET SCHEMA: an error';
CREATE EVENT TRIGGER kg_pgvector_ddl ON ddl_command_start
	WHEN TAG IN ('CREATE INDEX', 'ALTER EXTENSION')
	EXECUTE FUNCTION kg.pgvector_ddl();
COMMENT ON EVENT TRIGGER kg_pgvector_ddl IS
	'CREATE INDEX finds the operator classes of kg''s types and of pgvector''s, whichever is first on the search_path';
