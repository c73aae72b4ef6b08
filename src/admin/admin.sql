-- admin/admin.sql: looking inside

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
	OUT other_bytes bigint
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_index_info' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.index_info(regclass) IS
	'what a kg_hnsw index is made of, and how well it fits the data: coarse_nodes are stored too coarsely for how near their neighbours are; reads all of it';
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
	OUT cut_short boolean
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_last_scan_counters' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION kg.last_scan() IS
	'what the last kg_hnsw index scan of this session did, NULLs if there was none; of a join''s inner side, all its scans together';

CREATE FUNCTION kg.index_check(
	index regclass,
	OUT block bigint,
	OUT problem text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_index_check' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION kg.index_check(regclass) IS
	'broken invariants of a kg_hnsw index, no rows if there are none; reads all of it while inserts wait';
REVOKE ALL ON FUNCTION kg.index_check(regclass) FROM PUBLIC;

CREATE FUNCTION kg.estimate_index_size(
	rows bigint,
	dimensions int,
	metric text DEFAULT 'l2',
	options text[] DEFAULT '{}',
	OUT bytes bigint,
	OUT bytes_per_row float8,
	OUT rows_per_page int,
	OUT storage text,
	OUT code_bits int,
	OUT code_dimensions int,
	OUT m int
) RETURNS record
	AS 'MODULE_PATHNAME', 'kg_estimate_index_size'
	LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION kg.estimate_index_size(bigint, int, text, text[]) IS
	'what a kg_hnsw index of so many different vectors will take, and how it will store them; options as in CREATE INDEX: ARRAY[''m=16'', ''storage=sq8'']';
