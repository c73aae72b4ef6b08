-- How traversals read a graph

CREATE FUNCTION explain_traverse(
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	OUT edges text,
	OUT leads text,
	OUT reader text,
	OUT index text,
	OUT why text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_explain_traverse'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 2;
COMMENT ON FUNCTION explain_traverse(text, text[], timestamptz, text, jsonb, text) IS
	'how kg.traverse and the other searches read a graph for the current user, for each table of edges and '
	'direction (out: from source to target): reader, from fast to slow, is leaf (pages of a b-tree), index (index-only scans), heap '
	'(index scans) or sql (a query a level); the index it goes through; and why no faster one serves';
