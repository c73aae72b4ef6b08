-- What holds for all functions and operators of the types
SET search_path = kg, public;

-- Functions of the vector types may be folded, run in parallel and shipped.
CREATE TEMP VIEW type_functions AS
	SELECT p.oid::regprocedure AS function, p.*
	FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
		AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	WHERE p.prosrc LIKE ANY ('{kg_vector_%,kg_halfvec_%,kg_int8vec_%,kg_sparsevec_%,kg_bit_%,kg_ball_%}');
SELECT count(*) > 100 AS found FROM type_functions;
SELECT function FROM type_functions
WHERE provolatile <> 'i' OR NOT proisstrict OR proparallel <> 's' OR prosecdef;

-- Every operator has a commutator if one can be, comparisons a negator, and all
-- a comment.
SELECT o.oid::regoperator FROM pg_operator o JOIN type_functions f ON o.oprcode = f.oid
WHERE (o.oprcom = 0 AND o.oprname NOT IN ('-', '||', '@#') AND o.oprright <> 'ball'::regtype) OR (o.oprname IN ('<', '<=', '=', '<>', '>=', '>') AND o.oprnegate = 0)
	OR obj_description(o.oid, 'pg_operator') IS NULL;
SELECT o.oprname, array_agg(oprleft::regtype ORDER BY oprleft) FROM pg_operator o JOIN type_functions f ON o.oprcode = f.oid
GROUP BY 1 ORDER BY 1;

-- So has every other object of the types.
SELECT function FROM type_functions f WHERE obj_description(f.oid, 'pg_proc') IS NULL;
SELECT pg_describe_object(classid, objid, objsubid)
FROM pg_depend
WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
	AND classid IN ('pg_type'::regclass, 'pg_cast'::regclass, 'pg_opclass'::regclass)
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'kg')
	AND obj_description(objid, classid::regclass::name) IS NULL
	AND NOT (classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = objid AND (typrelid <> 0 OR typelem <> 0)));
SELECT opfname, obj_description(f.oid, 'pg_opfamily') FROM pg_opfamily f JOIN pg_am ON pg_am.oid = opfmethod
WHERE amname = 'btree' AND opfname IN ('vector_ops', 'halfvec_ops', 'int8vec_ops', 'sparsevec_ops') ORDER BY 1;
SELECT a.oid::regprocedure, obj_description(a.oid, 'pg_proc') FROM pg_proc a
WHERE prokind = 'a' AND pronamespace = 'kg'::regnamespace AND proname IN ('avg', 'sum')
ORDER BY a.oid::regprocedure::text;

-- Names without a search path.
RESET search_path;
SELECT kg.l2_distance('[1,2]'::kg.vector, '[4,6]'), '[1]'::kg.halfvec(1), '{}/1'::kg.sparsevec, '[0,3]'::kg.vector OPERATOR(kg.<->) '[4,0]';
