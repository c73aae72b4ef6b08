-- Proposes a graph for the tables of a schema

-- One node or edge table of a proposal, as kg.register_graph takes it
CREATE FUNCTION table_description(relid regclass, details jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT format('{%s}', string_agg(format('%s: %s', to_json(key), value), ', ' ORDER BY n))
	FROM (
		SELECT 0 AS n, 'table' AS key, to_json(format('%I.%I', s.nspname, c.relname))::text AS value
		FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE c.oid = relid
		UNION ALL
		SELECT n, e ->> 'key', (e -> 'value')::text FROM jsonb_array_elements(details) WITH ORDINALITY d(e, n)
		WHERE jsonb_typeof(e -> 'value') <> 'null') p
$function$;
COMMENT ON FUNCTION table_description(regclass, jsonb) IS
	'the description of a table as JSON: {"table": ...} and the details that are not null, given as an array of {"key": ..., "value": ...}';

CREATE FUNCTION discover_body(schema text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	schema_name CONSTANT text := schema;
	-- An edge table has at most this many columns besides its ends and its key.
	max_other_columns CONSTANT integer := 4;
	node_items text;
	edge_items text;
	left_out text;
BEGIN
	IF schema_name IS NULL OR to_regnamespace(quote_ident(schema_name)) IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('schema %s does not exist', coalesce('"' || schema_name || '"', 'NULL'));
	END IF;

	WITH tables AS MATERIALIZED (
		-- no partitions, no members of extensions
		SELECT c.oid::regclass AS relid, c.relname AS name, kg.guess_key(c.oid) AS own_key, kg.guess_node_key(c.oid) AS key,
			pg_has_role(c.relowner, 'USAGE') AS is_mine,
			(SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS ncolumns
		FROM pg_class c
		WHERE c.relnamespace = to_regnamespace(quote_ident(schema_name)) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND
			NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
	), constraints AS MATERIALIZED (
		SELECT f.conname, f.conrelid, f.confrelid, f.conkey, CASE WHEN cardinality(f.confkey) = 1 THEN
			(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = f.confrelid AND a.attnum = f.confkey[1] AND kg.is_key_type(a.atttypid, a.attcollation)) END AS referred_column
		FROM pg_constraint f JOIN tables t ON t.relid = f.conrelid JOIN tables r ON r.relid = f.confrelid
		WHERE f.contype = 'f' AND f.conparentid = 0
	), nodes_by AS MATERIALIZED (
		-- the key of a table's nodes: the column that foreign keys refer to, if none refers to the primary key
		SELECT t.*, coalesce((SELECT CASE WHEN bool_or(f.referred_column IS NOT DISTINCT FROM t.key OR f.referred_column IS NULL) THEN NULL ELSE min(f.referred_column) END
			FROM constraints f WHERE f.confrelid = t.relid), t.key) AS node_key
		FROM tables t
	), refs AS MATERIALIZED (
		-- each column, or list of columns, that refers to the key of a table of the schema, once
		SELECT DISTINCT ON (t.relid, k.name) t.relid, k.name AS "column", k.attnums, r.relid AS referred
		FROM nodes_by t CROSS JOIN nodes_by r CROSS JOIN LATERAL kg.foreign_keys(t.relid, r.relid, r.node_key) k
		WHERE EXISTS (SELECT FROM constraints f WHERE f.conrelid = t.relid AND f.confrelid = r.relid)
		ORDER BY t.relid, k.name, r.relid
	), links AS MATERIALIZED (
		-- tables that are nothing but edges
		SELECT t.relid FROM tables t JOIN refs r USING (relid)
		WHERE NOT EXISTS (SELECT FROM constraints f WHERE f.confrelid = t.relid)
		GROUP BY t.relid, t.own_key, t.ncolumns
		HAVING count(*) = 2 AND
			t.ncolumns - (SELECT count(DISTINCT a) FROM refs x, unnest(x.attnums) a WHERE x.relid = t.relid)
				- (t.own_key IS NOT NULL AND t.own_key <> ALL (array_agg(r."column")))::int <= max_other_columns
	), nodes AS MATERIALIZED (
		SELECT t.* FROM nodes_by t
		WHERE EXISTS (SELECT FROM constraints f WHERE t.relid IN (f.conrelid, f.confrelid)) AND NOT EXISTS (SELECT FROM links l WHERE l.relid = t.relid)
	), usable AS MATERIALIZED (
		-- labels have no colon
		SELECT n.relid, n.name, n.node_key AS key,
			replace(n.name, ':', '_') || coalesce(nullif(row_number() OVER (PARTITION BY replace(n.name, ':', '_') ORDER BY n.name), 1)::text, '') AS label
		FROM nodes n WHERE n.node_key IS NOT NULL AND n.is_mine
	), edges AS MATERIALIZED (
		SELECT l.relid, t.name, NULL::text AS own_key, s."column" AS source, d."column" AS target,
			s.attnums, us.label AS source_label, ut.label AS target_label, ''::text AS type
		FROM links l JOIN tables t USING (relid)
			JOIN refs s USING (relid) JOIN refs d ON d.relid = l.relid AND d.attnums > s.attnums
			JOIN usable us ON us.relid = s.referred JOIN usable ut ON ut.relid = d.referred
		WHERE t.is_mine
		UNION ALL
		SELECT r.relid, own.name, own.key, own.key, r."column", r.attnums, own.label, u.label,
			regexp_replace((kg.key_columns(r."column"))[cardinality(r.attnums)], '_id$', '')
		FROM refs r JOIN usable own ON own.relid = r.relid JOIN usable u ON u.relid = r.referred
		WHERE r."column" <> own.key
	)
	SELECT
		(SELECT string_agg('    ' || kg.table_description(u.relid, jsonb_build_array(
				jsonb_build_object('key', 'label', 'value', u.label),
				jsonb_build_object('key', 'key', 'value', CASE WHEN cardinality(kg.key_columns(u.key)) > 1 THEN to_jsonb(kg.key_columns(u.key)) ELSE to_jsonb(u.key) END),
				jsonb_build_object('key', 'name', 'value', kg.guess_column(u.relid, '{name,title,label}', 'S', '{text,varchar,bpchar,name}')))),
			E',\n' ORDER BY u.name) FROM usable u),
		(SELECT string_agg('    ' || kg.table_description(e.relid, jsonb_build_array(
				jsonb_build_object('key', 'source', 'value', CASE WHEN cardinality(kg.key_columns(e.source)) > 1 THEN to_jsonb(kg.key_columns(e.source)) ELSE to_jsonb(e.source) END),
				jsonb_build_object('key', 'target', 'value', CASE WHEN cardinality(kg.key_columns(e.target)) > 1 THEN to_jsonb(kg.key_columns(e.target)) ELSE to_jsonb(e.target) END),
				jsonb_build_object('key', 'source_label', 'value', e.source_label),
				jsonb_build_object('key', 'target_label', 'value', e.target_label),
				jsonb_build_object('key', 'type_column', 'value', CASE WHEN e.own_key IS NULL THEN kg.guess_column(e.relid, '{type}', 'SE') END),
				jsonb_build_object('key', 'type', 'value', CASE
					WHEN e.own_key IS NOT NULL THEN to_jsonb(e.type)
					WHEN kg.guess_column(e.relid, '{type}', 'SE') IS NULL THEN to_jsonb(e.name) END))),
			E',\n' ORDER BY e.name, e.attnums) FROM edges e),
		(SELECT string_agg('-- left out: ' || o.what, E'\n' ORDER BY o.what COLLATE "C") FROM (
			SELECT format('%I.%I %s', schema_name, t.name, CASE
				WHEN NOT EXISTS (SELECT FROM constraints f WHERE t.relid IN (f.conrelid, f.confrelid)) THEN 'has no foreign keys, and none lead to it'
				WHEN NOT t.is_mine THEN 'belongs to another role'
				WHEN t.node_key IS NULL AND t.relid NOT IN (SELECT relid FROM links) THEN 'has no key: a primary key or a unique column that is never null, of a type for keys'
				END) AS what
			FROM nodes_by t
			UNION ALL
			SELECT format('foreign key %I of %I.%I: it refers to %s, which is left out, or not to its key by columns of the same type', f.conname, schema_name, t.name, f.confrelid::regclass)
			FROM constraints f JOIN nodes_by t ON t.relid = f.conrelid JOIN nodes_by r ON r.relid = f.confrelid
			WHERE t.is_mine AND (t.node_key IS NOT NULL OR t.relid IN (SELECT relid FROM links)) AND NOT EXISTS (
				SELECT FROM refs x JOIN usable u ON u.relid = x.referred WHERE x.relid = f.conrelid AND x.attnums @> f.conkey AND x.attnums <@ f.conkey)) o
		 WHERE o.what !~ ' $')
	INTO node_items, edge_items, left_out;

	IF node_items IS NULL THEN
		RETURN concat_ws(E'\n', format('-- No foreign keys connect tables of schema %I.', schema_name), left_out);
	END IF;
	RETURN concat_ws(E'\n', left_out,
		format('SELECT kg.register_graph(%L,', (
			SELECT n FROM (SELECT CASE WHEN schema_name IN ('public', 'kg') OR NOT has_schema_privilege(schema_name, 'CREATE') THEN 'my_graph' ELSE schema_name END ||
				coalesce('_' || nullif(i, 1), '') AS n, i FROM generate_series(1, 1000) i) names
			WHERE NOT EXISTS (SELECT FROM kg.graph g WHERE g.name = n) ORDER BY i LIMIT 1)),
		'  nodes => ' || quote_literal(E'[\n' || node_items || ']') || ',',
		'  edges => ' || quote_literal('[' || coalesce(E'\n' || edge_items, '') || ']') || ');');
END
$function$;
COMMENT ON FUNCTION discover_body(text) IS
	'body of kg.discover';
REVOKE ALL ON FUNCTION discover_body(text) FROM PUBLIC;

CREATE FUNCTION discover(schema text DEFAULT current_schema()) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION discover(text) IS
	'proposes a graph for the tables of a schema by their foreign keys: a call of kg.register_graph, as SQL to '
	'check and run. Tables that others refer to hold nodes; tables with two references and few other columns hold edges; in the rest, each '
	'column that refers to a node is an edge from its own row';
