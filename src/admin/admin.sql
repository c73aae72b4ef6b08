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
