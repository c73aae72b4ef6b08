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
