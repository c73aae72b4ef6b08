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
