-- Exports graphs, as the current user sees them, in formats of other programs

CREATE FUNCTION graph_entry(name text) RETURNS graph
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry kg.graph;
BEGIN
	IF name IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = graph_entry.name;
	IF NOT FOUND THEN
		RAISE undefined_object USING
			MESSAGE = format('graph "%s" does not exist', name),
			HINT = 'The table kg.graph lists the graphs of this database.';
	END IF;
	RETURN entry;
END
$function$;
COMMENT ON FUNCTION graph_entry(text) IS
	'the row of kg.graph, or an error if there is none or the name is null';

-- A role may have privileges on some columns only.  In an export, columns that it may
-- not read are null, unless other rows would then be exported: that is an error.
CREATE FUNCTION readable_column(relid regclass, name text, type text, needed boolean DEFAULT false) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN name IS NULL THEN 'NULL::' || type
		WHEN needed OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relid AND a.attname = name) OR
			has_column_privilege(relid, name, 'SELECT') THEN format('x.%I::%s', name, type)
		ELSE 'NULL::' || type END
$function$;
COMMENT ON FUNCTION readable_column(regclass, text, text, boolean) IS
	'an SQL expression for a column of row "x": null if the current user may not read the column, unless it is needed';

CREATE FUNCTION readable_table(relid regclass, columns jsonb, needed text[] DEFAULT '{}') RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN has_table_privilege(relid, 'SELECT') THEN relid::text
		ELSE (SELECT format('(SELECT %s %s)',
			string_agg(format('%s AS %I', kg.readable_column(relid, c ->> 0, c ->> 1, c ->> 0 = ANY (needed)), c ->> 0), ', ' ORDER BY n),
			CASE WHEN needed = '{}' AND NOT has_any_column_privilege(relid, 'SELECT') THEN 'WHERE false' ELSE format('FROM %s x', relid) END)
			FROM jsonb_array_elements(columns) WITH ORDINALITY u(c, n)) END
$function$;
COMMENT ON FUNCTION readable_table(regclass, jsonb, text[]) IS
	'the table or, if the current user may not read all of it, a subquery with these columns, each given as ["name", "type"], that has null for those he may not read';

CREATE FUNCTION readable_properties(relid regclass, without text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN has_table_privilege(relid, 'SELECT') THEN format('to_jsonb(x) - %L::text[]', without)
		ELSE (SELECT format('jsonb_strip_nulls(jsonb_build_object()%s)',
				coalesce(string_agg(format(' || jsonb_build_object(%L, x.%I)', a.attname, a.attname), '' ORDER BY a.attnum), ''))
			FROM pg_attribute a
			WHERE a.attrelid = relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (without) AND
				has_column_privilege(relid, a.attnum, 'SELECT')) END
$function$;
COMMENT ON FUNCTION readable_properties(regclass, text[]) IS
	'an SQL expression for the columns of row "x" that the current user may read, except those in "without", as jsonb';

CREATE FUNCTION registered_tables(graph text, needed text[] DEFAULT '{}') RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	several_nodes CONSTANT boolean := (SELECT count(*) > 1 FROM kg.node_table n WHERE n.graph = registered_tables.graph);
	several_edges CONSTANT boolean := (SELECT count(*) > 1 FROM kg.edge_table e WHERE e.graph = registered_tables.graph);
	-- the address of a node, of its label and its key, as functions take and return it
	address CONSTANT text := CASE WHEN several_nodes THEN '%1$L || (%2$s)::text' ELSE '(%2$s)::text' END;
	nodes text;
	labels text;
	edges text;
	observations CONSTANT text := '(SELECT NULL::text AS entity, NULL::text AS content, NULL::timestamptz AS at, NULL::bigint AS id, NULL::timestamptz AS recorded_at, NULL::timestamptz AS expired_at WHERE false)';
BEGIN
	SELECT string_agg(format('SELECT %s AS id, %L::text AS type, coalesce(%s, %s) AS name, NULL::real AS importance, %s AS properties FROM %s x WHERE (%s) IS NOT NULL',
			format(address, n.label || ':', kg.key_expression(n.relid, n.key_column)), n.label,
			kg.readable_column(n.relid, n.name_column, 'text'), format(address, n.label || ':', kg.key_expression(n.relid, n.key_column)),
			kg.readable_properties(n.relid, array_remove(kg.key_columns(n.key_column) || ARRAY[n.name_column, n.embedding_column], NULL)),
			n.relid, kg.key_expression(n.relid, n.key_column)),
			' UNION ALL ' ORDER BY n.label),
		format('(SELECT l AS id, l AS name FROM unnest(%L::text[]) l)', array_agg(n.label))
	INTO nodes, labels
	FROM (SELECT format('%I.%I', schema_name, table_name)::regclass AS relid, * FROM kg.node_table) n WHERE n.graph = registered_tables.graph;
	SELECT string_agg(format('SELECT %s AS id, %s AS source, %s AS target, %s AS type, %s AS weight, %s AS valid_from, %s AS valid_to, %s AS recorded_at, %s AS expired_at, %s AS properties FROM %s x',
			CASE WHEN e.id_column IS NULL THEN 'NULL::text' WHEN several_edges THEN format('%L || x.%I::text', e.number || ':', e.id_column)
				ELSE format('x.%I::text', e.id_column) END,
			format(address, e.source_label || ':', kg.key_expression(e.relid, e.source_column)), format(address, e.target_label || ':', kg.key_expression(e.relid, e.target_column)),
			CASE WHEN e.type_column IS NULL THEN format('%L::text', e.type)
				ELSE kg.readable_column(e.relid, e.type_column, 'text', 'type' = ANY (needed)) END,
			kg.readable_column(e.relid, e.weight_column, 'double precision'),
			kg.readable_column(e.relid, e.valid_from_column, 'timestamptz', 'valid_from' = ANY (needed)),
			kg.readable_column(e.relid, e.valid_to_column, 'timestamptz', 'valid_to' = ANY (needed)),
			kg.readable_column(e.relid, e.recorded_at_column, 'timestamptz', 'recorded_at' = ANY (needed)),
			kg.readable_column(e.relid, e.expired_at_column, 'timestamptz', 'expired_at' = ANY (needed)),
			kg.readable_properties(e.relid, array_remove(kg.key_columns(e.source_column) || kg.key_columns(e.target_column) ||
				ARRAY[e.id_column, e.type_column, e.weight_column, e.valid_from_column, e.valid_to_column, e.recorded_at_column, e.expired_at_column], NULL)),
			e.relid),
			' UNION ALL ' ORDER BY e.number)
	INTO edges
	FROM (SELECT format('%I.%I', schema_name, table_name)::regclass AS relid, * FROM kg.edge_table) e WHERE e.graph = registered_tables.graph;
	nodes := '(' || nodes || ')';
	edges := '(' || coalesce(edges, 'SELECT NULL::text AS id, NULL::text AS source, NULL::text AS target, NULL::text AS type, NULL::double precision AS weight, NULL::timestamptz AS valid_from, NULL::timestamptz AS valid_to, '
		'NULL::timestamptz AS recorded_at, NULL::timestamptz AS expired_at, NULL::jsonb AS properties WHERE false') || ')';
	RETURN ARRAY[nodes, edges, observations, labels,
		format('(SELECT DISTINCT x.type AS id, x.type AS name FROM %s x WHERE x.type IS NOT NULL)', edges), 'text'];
END
$function$;
COMMENT ON FUNCTION registered_tables(text, text[]) IS
	'for kg.graph_query: subqueries that show a registered graph like the tables of kg.create_graph, with addresses as ids';

CREATE FUNCTION check_graph(graph text) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_graph'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION check_graph(text) IS
	'raises an error that names the table or column that a graph lacks, if one is missing';

CREATE FUNCTION graph_tables(graph text) RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	g kg.graph := kg.graph_entry(graph);
BEGIN
	PERFORM kg.check_graph(graph);
	RETURN ARRAY[
		format('%I.%I', g.schema_name, g.entity_table),
		format('%I.%I', g.schema_name, g.relation_table),
		format('%I.%I', g.schema_name, g.observation_table),
		format('%I.%I', g.schema_name, g.entity_type_table),
		format('%I.%I', g.schema_name, g.relation_type_table),
		'bigint'];
END
$function$;
COMMENT ON FUNCTION graph_tables(text) IS
	'for kg.graph_query: the tables of a graph of kg.create_graph, and the type of the ids of entities';

-- A graph that was made before kg.upgrade_graph lacks the columns of known times.
CREATE FUNCTION known_columns(relid regclass) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a
		WHERE a.attrelid = relid AND a.attname IN ('recorded_at', 'expired_at') AND NOT a.attisdropped ORDER BY 1)
$function$;
COMMENT ON FUNCTION known_columns(regclass) IS
	'which of the columns recorded_at and expired_at a table of relations or observations has';

CREATE FUNCTION readable_times(relid regclass, columns jsonb, needed text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN cardinality(kg.known_columns(relid)) = 2 THEN t
		ELSE format('(SELECT x.*%s FROM %s x)', (SELECT string_agg(', NULL::timestamptz AS ' || c, '')
			FROM unnest('{recorded_at,expired_at}'::text[]) c WHERE c <> ALL (kg.known_columns(relid))), t) END
	FROM kg.readable_table(relid,
		columns || (SELECT coalesce(jsonb_agg(jsonb_build_array(c, 'timestamptz')), '[]') FROM unnest(kg.known_columns(relid)) c), needed) t
$function$;
COMMENT ON FUNCTION readable_times(regclass, jsonb, text[]) IS
	'kg.readable_table with the columns recorded_at and expired_at, null if the table has none';

CREATE FUNCTION graph_query(query text, graph text, needed text[] DEFAULT '{}') RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	g kg.graph := kg.graph_entry(graph);
	tables text[];
BEGIN
	PERFORM kg.check_graph(graph);
	IF g.schema_name IS NULL THEN
		RETURN format(query, VARIADIC kg.registered_tables(graph, needed));
	END IF;
	tables := kg.graph_tables(graph);
	RETURN format(query,
		kg.readable_table(tables[1]::regclass, '[["id", "bigint"], ["type", "integer"], ["name", "text"], ["importance", "real"], ["properties", "jsonb"]]', '{id}'),
		kg.readable_times(tables[2]::regclass, '[["id", "bigint"], ["source", "bigint"], ["target", "bigint"], ["type", "integer"], ["weight", "double precision"],
			["properties", "jsonb"], ["valid_from", "timestamptz"], ["valid_to", "timestamptz"]]', '{id,source,target}' || needed),
		kg.readable_times(tables[3]::regclass, '[["entity", "bigint"], ["content", "text"], ["at", "timestamptz"], ["id", "bigint"]]',
			CASE WHEN has_any_column_privilege(tables[3]::regclass, 'SELECT') THEN '{expired_at}' || array_remove(ARRAY[CASE WHEN 'recorded_at' = ANY (needed) THEN 'recorded_at' END], NULL) ELSE '{}' END::text[]),
		kg.readable_table(tables[4]::regclass, '[["id", "integer"], ["name", "text"]]'),
		kg.readable_table(tables[5]::regclass, '[["id", "integer"], ["name", "text"]]', CASE WHEN 'type' = ANY (needed) THEN '{id,name}' ELSE '{}' END::text[]),
		'bigint');
END
$function$;
COMMENT ON FUNCTION graph_query(text, text, text[]) IS
	'completes a query with a graph''s tables, as far as the current user may read them: they replace %1$s (entities), %2$s (relations), '
	'%3$s (observations), %4$s (entity types) and %5$s (relation types), and the type of the ids of entities '
	'replaces %6$s; any other percent sign is written twice; needed: columns of relations that the user must have the right to read';

CREATE FUNCTION needed_columns(types text[], as_of timestamptz, known_at timestamptz) RETURNS text[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT '{expired_at}'::text[] || CASE WHEN types IS NOT NULL THEN '{type}' ELSE '{}' END::text[] ||
		CASE WHEN known_at IS NOT NULL THEN '{recorded_at}' ELSE '{}' END::text[] ||
		CASE WHEN as_of IS NOT NULL THEN '{valid_from,valid_to}' ELSE '{}' END::text[]
$function$;
COMMENT ON FUNCTION needed_columns(text[], timestamptz, timestamptz) IS
	'the columns of relations that these conditions use; known_at: what was known then, null for now';

CREATE FUNCTION tell_unreadable(graph text, columns text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	g kg.graph := kg.graph_entry(graph);
	hidden text;
BEGIN
	SELECT string_agg(format('%s.%I', a.attrelid::regclass, a.attname), ', ' ORDER BY a.attrelid::regclass::text COLLATE "C", a.attnum) INTO hidden
	FROM pg_attribute a
	WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT') AND (
		EXISTS (SELECT FROM unnest('{entity,relation,observation,entity_type,relation_type}'::text[], (kg.graph_tables(graph))[1:5]) t(role, name)
			WHERE g.schema_name IS NOT NULL AND a.attrelid = t.name::regclass AND (a.attname = ANY (columns) OR t.role || '.' || a.attname = ANY (columns)))
		OR a.attrelid IN (
			SELECT format('%I.%I', n.schema_name, n.table_name)::regclass FROM kg.node_table n WHERE n.graph = tell_unreadable.graph
			UNION ALL
			SELECT format('%I.%I', e.schema_name, e.table_name)::regclass FROM kg.edge_table e WHERE e.graph = tell_unreadable.graph));
	IF hidden IS NOT NULL THEN
		RAISE NOTICE 'left out, because you may not read it: %', hidden;
	END IF;
END
$function$;
COMMENT ON FUNCTION tell_unreadable(text, text[]) IS
	'raises a notice that names the columns of a graph that the current user may not read; in graphs of kg.create_graph only columns with these names, of any table or as table.column';

-- Functions pass their arguments with nodes to queries as $1::%6$s[].
CREATE FUNCTION node_texts(nodes anycompatible) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN pg_typeof(nodes)::text LIKE '%[]' OR starts_with(nodes::text, '{') THEN nodes::text::text[]
		WHEN nodes IS NOT NULL THEN ARRAY[nodes::text] END
$function$;
COMMENT ON FUNCTION node_texts(anycompatible) IS
	'nodes as an array of texts; given as an array of any type, as the literal of an array, or as a single node';

CREATE FUNCTION xml_escape(text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_xml_escape'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION xml_escape(text) IS
	'escapes a text for XML; control characters that XML forbids become question marks';

CREATE FUNCTION dot_escape(text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_dot_escape'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION dot_escape(text) IS
	'escapes a text for a quoted string of Graphviz; control characters that SVG forbids become question marks';

CREATE FUNCTION graphml_node(id text, type text, name text, importance text, properties jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_graphml_node'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION graphml_node(text, text, text, text, jsonb) IS
	'a line of GraphML for an entity';

CREATE FUNCTION graphml_edge(
	id text,
	source text,
	target text,
	type text,
	weight text,
	valid_from timestamptz,
	valid_to timestamptz,
	recorded_at timestamptz,
	expired_at timestamptz,
	properties jsonb
) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_graphml_edge'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION graphml_edge(text, text, text, text, text, timestamptz, timestamptz, timestamptz, timestamptz, jsonb) IS
	'a line of GraphML for a relation';

CREATE FUNCTION jsonl_entity(name text, type text, observations text[]) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_jsonl_entity'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION jsonl_entity(text, text, text[]) IS
	'a line of the MCP memory server''s file for an entity';

CREATE FUNCTION jsonl_relation(source text, target text, type text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_jsonl_relation'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION jsonl_relation(text, text, text) IS
	'a line of the MCP memory server''s file for a relation';

CREATE FUNCTION export_graphml_body(entities anycompatible, types text[], as_of timestamptz, graph text, known_at timestamptz) RETURNS SETOF text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET timezone = 'UTC'
AS $function$
DECLARE
	wanted CONSTANT text[] := kg.node_texts(entities);
BEGIN
	IF known_at IS NOT NULL THEN
		PERFORM kg.check_known_at(types, graph);
	END IF;
	PERFORM kg.tell_unreadable(graph, '{name,properties,weight,relation.recorded_at}');
	RETURN QUERY VALUES
		('<?xml version="1.0" encoding="UTF-8"?>'),
		('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'),
		('<key id="type" for="node" attr.name="type" attr.type="string"/>'),
		('<key id="name" for="node" attr.name="name" attr.type="string"/>'),
		('<key id="importance" for="node" attr.name="importance" attr.type="double"/>'),
		('<key id="properties" for="node" attr.name="properties" attr.type="string"/>'),
		('<key id="rtype" for="edge" attr.name="type" attr.type="string"/>'),
		('<key id="weight" for="edge" attr.name="weight" attr.type="double"/>'),
		('<key id="valid_from" for="edge" attr.name="valid_from" attr.type="string"/>'),
		('<key id="valid_to" for="edge" attr.name="valid_to" attr.type="string"/>'),
		('<key id="recorded_at" for="edge" attr.name="recorded_at" attr.type="string"/>'),
		('<key id="expired_at" for="edge" attr.name="expired_at" attr.type="string"/>'),
		('<key id="rproperties" for="edge" attr.name="properties" attr.type="string"/>'),
		('<graph edgedefault="directed">');
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.graphml_node(e.id::text, t.name, e.name, e.importance::text, e.properties)
		FROM %1$s e LEFT JOIN %4$s t ON t.id = e.type
		WHERE $1 IS NULL OR e.id = ANY ($1::%6$s[])
		ORDER BY e.id
		$query$, graph) USING wanted;
	-- an edge is hidden if one of its ends is not visible
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.graphml_edge(r.id::text, r.source::text, r.target::text, t.name, r.weight::text, nullif(r.valid_from, '-infinity'), nullif(r.valid_to, 'infinity'), r.recorded_at, r.expired_at, r.properties)
		FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			JOIN %1$s s ON s.id = r.source JOIN %1$s d ON d.id = r.target
		WHERE ($1 IS NULL OR r.source = ANY ($1::%6$s[]) AND r.target = ANY ($1::%6$s[])) AND
			($2 IS NULL OR t.name = ANY ($2)) AND
			($3 IS NULL OR (r.valid_from IS NULL OR r.valid_from <= $3) AND (r.valid_to IS NULL OR r.valid_to > $3)) AND
			(r.expired_at IS NULL OR r.expired_at > $4) AND ($4 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $4)
		ORDER BY r.id, r.source, r.target, t.name
		$query$, graph, kg.needed_columns(types, as_of, known_at)) USING wanted, types, as_of, known_at;
	RETURN QUERY VALUES ('</graph>'), ('</graphml>');
END
$function$;
COMMENT ON FUNCTION export_graphml_body(anycompatible, text[], timestamptz, text, timestamptz) IS
	'body of kg.export_graphml';
REVOKE ALL ON FUNCTION export_graphml_body(anycompatible, text[], timestamptz, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION export_graphml(
	entities anycompatible DEFAULT NULL,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION export_graphml(anycompatible, text[], timestamptz, text, timestamptz) IS
	'exports a graph as GraphML, line by line: these entities (null: all) and the relations between them; types: '
	'names of relation types (null: all); as_of: only relations that are valid at this time (null: all); '
	'known_at: what was known then (null: now); columns that the current user may not read are left out';

CREATE FUNCTION to_dot_body(
	start anycompatible,
	max_depth integer,
	direction text,
	types text[],
	as_of timestamptz,
	max_nodes integer,
	graph text,
	known_at timestamptz
) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entities bigint[];
	nodes text;
	edges text;
	truncated boolean;
	-- Steps of this part of the colour circle give hues that differ well.
	golden CONSTANT numeric := 0.618034;
BEGIN
	IF EXISTS (SELECT FROM kg.graph g WHERE g.name = to_dot_body.graph AND g.schema_name IS NULL) THEN
		SELECT string_agg(format(E'\t"%s" [label="%s", tooltip="%s", fillcolor="%s 0.25 0.95"%s];\n',
				kg.dot_escape(n ->> 'id'), kg.dot_escape(coalesce(n ->> 'name', n ->> 'id')), kg.dot_escape(n ->> 'type'),
				round(mod(abs(hashtext(n ->> 'type')::bigint) * golden, 1), 3),
				CASE WHEN n ->> 'depth' = '0' THEN ', penwidth=3' ELSE '' END), '' ORDER BY n ->> 'id') FILTER (WHERE n IS NOT NULL),
			(SELECT string_agg(format(E'\t"%s" -> "%s" [label="%s", color="%s 0.7 0.6"];\n',
				kg.dot_escape(r ->> 'source'), kg.dot_escape(r ->> 'target'), kg.dot_escape(r ->> 'type'),
				round(mod(abs(coalesce(hashtext(r ->> 'type'), 0)::bigint) * golden, 1), 3)), '' ORDER BY r ->> 'source', r ->> 'target', r ->> 'type')
			 FROM jsonb_array_elements(s.edges) r), s.truncated
		INTO nodes, edges, truncated
		FROM kg.subgraph(start, max_depth, direction, types, as_of, max_nodes, graph, known_at => known_at) s LEFT JOIN jsonb_array_elements(s.nodes) n ON true
		GROUP BY s.edges, s.truncated;
		IF truncated THEN
			RAISE NOTICE USING
				MESSAGE = format('the result is cut off at max_nodes = %s', max_nodes),
				HINT = 'Null stands for no limit.';
		END IF;
	ELSE
		SELECT array_agg(t.entity) INTO entities
		FROM kg.traverse(start, max_depth, direction, types, as_of, max_nodes, graph, known_at => known_at) t;
		EXECUTE kg.graph_query($query$
			SELECT string_agg(format(E'\t%%s [label="%%s", tooltip="%%s", fillcolor="%%s 0.25 0.95"%%s];\n',
					e.id, kg.dot_escape(coalesce(e.name, e.id::text)), kg.dot_escape(t.name), round(mod(coalesce(e.type, 0) * $2, 1), 3),
					CASE WHEN e.id = ANY ($3) THEN ', penwidth=3' ELSE '' END), '' ORDER BY e.id)
			FROM %1$s e LEFT JOIN %4$s t ON t.id = e.type
			WHERE e.id = ANY ($1)
			$query$, graph)
			INTO nodes USING entities, golden, kg.node_texts(start)::bigint[];
		EXECUTE kg.graph_query($query$
			SELECT string_agg(format(E'\t%%s -> %%s [label="%%s", color="%%s 0.7 0.6"];\n',
					r.source, r.target, kg.dot_escape(t.name), round(mod(coalesce(r.type, 0) * $2, 1), 3)), '' ORDER BY r.source, r.target, r.id)
			FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			WHERE r.source = ANY ($1) AND r.target = ANY ($1) AND
				($3 IS NULL OR t.name = ANY ($3)) AND
				($4 IS NULL OR (r.valid_from IS NULL OR r.valid_from <= $4) AND (r.valid_to IS NULL OR r.valid_to > $4)) AND
				(r.expired_at IS NULL OR r.expired_at > $5) AND ($5 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $5)
			$query$, graph, kg.needed_columns(types, as_of, known_at))
			INTO edges USING entities, golden, types, as_of, known_at;
	END IF;
	RETURN concat(E'digraph {\n',
		E'\tnode [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11];\n',
		E'\tedge [fontname="Helvetica", fontsize=9];\n',
		nodes, edges, E'}\n');
END
$function$;
COMMENT ON FUNCTION to_dot_body(anycompatible, integer, text, text[], timestamptz, integer, text, timestamptz) IS
	'body of kg.to_dot';
REVOKE ALL ON FUNCTION to_dot_body(anycompatible, integer, text, text[], timestamptz, integer, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION to_dot(
	start anycompatible,
	max_depth integer DEFAULT 1,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT 50,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000;
COMMENT ON FUNCTION to_dot(anycompatible, integer, text, text[], timestamptz, integer, text, timestamptz) IS
	'exports a neighborhood for Graphviz: the entities that kg.traverse returns for these arguments, and all relations between them; '
	'colors show types, a thick border the entities of the start; max_depth 0: only the start; '
	'columns that the current user may not read, such as names, are left out';

CREATE FUNCTION to_jsonl_body(entities anycompatible, rename boolean, graph text, known_at timestamptz) RETURNS SETOF text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	wanted CONSTANT text[] := kg.node_texts(entities);
	-- The file knows entities by their names, which must be unique in their bytes.
	unique_name CONSTANT text := '(SELECT e.id, e.type, coalesce(e.name, e.id::text) AS name FROM %1$s e WHERE $1 IS NULL OR e.id = ANY ($1::%6$s[]))';
	renamed CONSTANT text :=
		'(SELECT e.id, e.type, CASE WHEN count(*) OVER (PARTITION BY e.name COLLATE "C") > 1 THEN e.name || '' #'' || e.id ELSE e.name END AS name
		  FROM ' || unique_name || ' e)';
	names text := unique_name;
	shared text;
BEGIN
	IF known_at IS NOT NULL THEN
		PERFORM kg.check_known_at(NULL, graph);
	END IF;
	EXECUTE kg.graph_query($query$
		SELECT e.name FROM (SELECT e.name COLLATE "C" AS name FROM $query$ || unique_name || $query$ e) e
		GROUP BY e.name HAVING count(*) > 1 ORDER BY e.name LIMIT 1
		$query$, graph) INTO shared USING wanted;
	IF shared IS NOT NULL AND rename THEN
		names := renamed;
	ELSIF shared IS NOT NULL THEN
		RAISE unique_violation USING
			MESSAGE = format('several entities are named "%s"', shared),
			DETAIL = 'In this format the name tells which entity is meant.',
			HINT = 'With rename => true, the names of such entities get their ids appended.';
	END IF;
	PERFORM kg.tell_unreadable(graph, '{name,observation.content}');
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.jsonl_entity(e.name, t.name, o.contents)
		FROM $query$ || names || $query$ e LEFT JOIN %4$s t ON t.id = e.type
			LEFT JOIN (SELECT o.entity, array_agg(o.content ORDER BY o.at, o.id) AS contents FROM %3$s o
				WHERE ($1 IS NULL OR o.entity = ANY ($1::%6$s[])) AND
					(o.expired_at IS NULL OR o.expired_at > $2) AND ($2 IS NULL OR o.recorded_at IS NULL OR o.recorded_at <= $2)
				GROUP BY o.entity) o ON o.entity = e.id
		ORDER BY e.id
		$query$, graph, kg.needed_columns(NULL, NULL, known_at)) USING wanted, known_at;
	RETURN QUERY EXECUTE kg.graph_query($query$
		WITH e AS MATERIALIZED $query$ || names || $query$
		SELECT kg.jsonl_relation(s.name, d.name, t.name)
		FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			JOIN e s ON s.id = r.source JOIN e d ON d.id = r.target
		WHERE ($1 IS NULL OR r.source = ANY ($1::%6$s[]) AND r.target = ANY ($1::%6$s[])) AND
			(r.expired_at IS NULL OR r.expired_at > $2) AND ($2 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $2)
		ORDER BY r.id, r.source, r.target, t.name
		$query$, graph, kg.needed_columns(NULL, NULL, known_at)) USING wanted, known_at;
END
$function$;
COMMENT ON FUNCTION to_jsonl_body(anycompatible, boolean, text, timestamptz) IS
	'body of kg.to_jsonl';
REVOKE ALL ON FUNCTION to_jsonl_body(anycompatible, boolean, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION to_jsonl(
	entities anycompatible DEFAULT NULL,
	rename boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION to_jsonl(anycompatible, boolean, text, timestamptz) IS
	'exports entities (null: all), their observations and the relations between them, as they are known now or were at known_at, in the file format of the MCP memory server, '
	'line by line; names that are not unique are an error; rename: such names get the entity''s id appended instead; '
	'columns that the current user may not read are left out';
