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
