-- Which graph is in these tables?

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
	'a table of a graph as JSON: {"table": ...} and the details, an array of {"key": ..., "value": ...}, without nulls';

CREATE FUNCTION discover_body(schema text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	schema_name CONSTANT text := schema;
	-- An edge table has little else: at most so many columns besides its ends
	-- and its key.
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
		-- those that people made: no partitions, no members of extensions
		SELECT c.oid AS relid, c.relname AS name, kg.guess_key(c.oid) AS key,
			(SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS ncolumns
		FROM pg_class c
		WHERE c.relnamespace = to_regnamespace(quote_ident(schema_name)) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND
			NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
	), refs AS MATERIALIZED (
		-- each column that refers to a table of the schema, once
		SELECT DISTINCT ON (f.conrelid, a.attnum) f.conrelid AS relid, a.attname AS "column", a.attnum AS number,
			f.confrelid AS referred, k.attname AS referred_key
		FROM pg_constraint f
			JOIN tables t ON t.relid = f.conrelid
			JOIN tables r ON r.relid = f.confrelid
			JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
			JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[1]
		WHERE f.contype = 'f' AND cardinality(f.conkey) = 1
		ORDER BY f.conrelid, a.attnum, k.attname = r.key DESC, f.oid
	), links AS MATERIALIZED (
		-- tables that are nothing but edges
		SELECT t.relid FROM tables t JOIN refs r USING (relid)
		WHERE NOT EXISTS (SELECT FROM refs o WHERE o.referred = t.relid)
		GROUP BY t.relid, t.key, t.ncolumns
		HAVING count(*) = 2 AND
			t.ncolumns - 2 - (t.key IS NOT NULL AND t.key <> ALL (array_agg(r."column"::text)))::int <= max_other_columns
	), nodes AS MATERIALIZED (
		SELECT t.relid, t.name, t.key,
			-- referred to by another column than the primary key: that is what tells its nodes apart
			(SELECT CASE WHEN bool_or(r.referred_key = t.key) THEN NULL ELSE min(r.referred_key::text) END
			 FROM refs r WHERE r.referred = t.relid) AS other_key
		FROM tables t
		WHERE (EXISTS (SELECT FROM refs r WHERE r.referred = t.relid) OR EXISTS (SELECT FROM refs r WHERE r.relid = t.relid)) AND
			NOT EXISTS (SELECT FROM links l WHERE l.relid = t.relid)
	), usable AS MATERIALIZED (
		SELECT n.relid, n.name, coalesce(n.other_key, n.key) AS key FROM nodes n
		WHERE coalesce(n.other_key, n.key) IS NOT NULL
	), edges AS MATERIALIZED (
		SELECT l.relid, t.name, NULL::name AS own_key, s."column" AS source, d."column" AS target,
			s.number, us.name AS source_label, ut.name AS target_label, ''::text AS type
		FROM links l JOIN tables t USING (relid)
			JOIN refs s USING (relid) JOIN refs d ON d.relid = l.relid AND d.number > s.number
			JOIN usable us ON us.relid = s.referred AND us.key = s.referred_key
			JOIN usable ut ON ut.relid = d.referred AND ut.key = d.referred_key
		UNION ALL
		SELECT r.relid, own.name, own.key, own.key, r."column", r.number, own.name, u.name,
			regexp_replace(r."column", '_id$', '')
		FROM refs r JOIN usable own ON own.relid = r.relid
			JOIN usable u ON u.relid = r.referred AND u.key = r.referred_key
		WHERE r."column" <> own.key
	)
	SELECT
		(SELECT string_agg('    ' || kg.table_description(u.relid, jsonb_build_array(
				jsonb_build_object('key', 'label', 'value', u.name),
				jsonb_build_object('key', 'key', 'value', u.key),
				jsonb_build_object('key', 'name', 'value', kg.guess_column(u.relid, '{name,title,label}', 'S')))),
			E',\n' ORDER BY u.name) FROM usable u),
		(SELECT string_agg('    ' || kg.table_description(e.relid, jsonb_build_array(
				jsonb_build_object('key', 'source', 'value', e.source),
				jsonb_build_object('key', 'target', 'value', e.target),
				jsonb_build_object('key', 'source_label', 'value', e.source_label),
				jsonb_build_object('key', 'target_label', 'value', e.target_label),
				jsonb_build_object('key', 'type_column', 'value', CASE WHEN e.own_key IS NULL THEN kg.guess_column(e.relid, '{type}', 'SE') END),
				jsonb_build_object('key', 'type', 'value', CASE
					WHEN e.own_key IS NOT NULL THEN to_jsonb(e.type)
					WHEN kg.guess_column(e.relid, '{type}', 'SE') IS NULL THEN to_jsonb(e.name) END))),
			E',\n' ORDER BY e.name, e.number) FROM edges e),
		(SELECT string_agg(format('-- left out: %I.%I has no key of one column', schema_name, n.name), E'\n' ORDER BY n.name)
		 FROM nodes n WHERE NOT EXISTS (SELECT FROM usable u WHERE u.relid = n.relid))
	INTO node_items, edge_items, left_out;

	IF node_items IS NULL THEN
		RETURN concat_ws(E'\n', format('-- No foreign keys connect tables of schema %I.', schema_name), left_out);
	END IF;
	RETURN concat_ws(E'\n', left_out,
		format('SELECT kg.register_graph(%L,', CASE WHEN schema_name IN ('public', 'kg') THEN 'my_graph' ELSE schema_name END),
		'  nodes => ' || quote_literal(E'[\n' || node_items || ']') || ',',
		'  edges => ' || quote_literal('[' || coalesce(E'\n' || edge_items, '') || ']') || ');');
END
$function$;
COMMENT ON FUNCTION discover_body(text) IS
	'what kg.discover does';
REVOKE ALL ON FUNCTION discover_body(text) FROM PUBLIC;

CREATE FUNCTION discover(schema text DEFAULT current_schema()) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION discover(text) IS
	'proposes a call of kg.register_graph for the tables of a schema by their foreign keys, as SQL to '
	'look through and run: tables that others refer to are nodes; tables with two references and little else are edges; any other '
	'column that refers to a node is an edge from the row it is in';
