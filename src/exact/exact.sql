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
