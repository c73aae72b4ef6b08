-- Graphs over tables of the user's own

CREATE FUNCTION register_tables(name text, metric text, nodes jsonb, edges jsonb) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_register_tables'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_tables(text, text, jsonb, jsonb) IS
	'enters a registered graph in the catalogue; the caller must own its tables; '
	'kg.register_graph calls this after it has completed their descriptions';

-- The functions that call this one set no search_path, so that names mean what they
-- mean to the user.
CREATE FUNCTION find_table(name text, path text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	relid regclass;
	as_it_stands regclass;
BEGIN
	PERFORM set_config('search_path', path, true);
	as_it_stands := pg_catalog.to_regclass(pg_catalog.quote_ident(name));
	BEGIN
		relid := pg_catalog.to_regclass(name);
	EXCEPTION WHEN invalid_name THEN
		NULL;	-- no table has such a name
	END;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	IF relid IS NULL THEN
		RAISE undefined_table USING
			MESSAGE = format('table %s does not exist', coalesce(name, 'NULL')),
			HINT = CASE WHEN as_it_stands IS NULL THEN 'Names mean what they mean in SQL with your search_path.'
				ELSE format('There is one if it is quoted as in SQL: %s', to_json(quote_ident(name))) END;
	END IF;
	RETURN relid;
END
$function$;
COMMENT ON FUNCTION find_table(text, text) IS
	'the table that has this name, resolved with search_path "path", or an error';

CREATE FUNCTION table_item(item jsonb, allowed text[]) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	unknown text;
BEGIN
	IF jsonb_typeof(item) = 'string' THEN
		RETURN jsonb_build_object('table', item);
	END IF;
	IF jsonb_typeof(item) <> 'object' OR item ->> 'table' IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('%s does not name a table', item),
			HINT = 'A table is written "name" or {"table": "name", ...}.';
	END IF;
	SELECT k INTO unknown FROM jsonb_object_keys(item) k WHERE k <> ALL (allowed) ORDER BY k LIMIT 1;
	IF unknown IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown key "%s" in the description of table %s', unknown, item ->> 'table'),
			HINT = format('Keys are: %s.', array_to_string(allowed, ', '));
	END IF;
	RETURN item;
END
$function$;
COMMENT ON FUNCTION table_item(jsonb, text[]) IS
	'the description of a table as a JSON object, or an error if it has other keys than the allowed ones';

-- A guess by name: the first column that has one of these names, a type of one of
-- these categories (pg_type.typcategory) and, if types are given, one of these types
-- or a domain over one
CREATE FUNCTION guess_column(relid regclass, names text[], categories text, types regtype[] DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT a.attname
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
	WHERE a.attrelid = relid AND a.attnum > 0 AND NOT a.attisdropped AND
		a.attname = ANY (names) AND strpos(categories, t.typcategory::text) > 0 AND
		(types IS NULL OR coalesce(nullif(t.typbasetype, 0), t.oid) = ANY (types))
	ORDER BY array_position(names, a.attname::text) LIMIT 1
$function$;
COMMENT ON FUNCTION guess_column(regclass, text[], text, regtype[]) IS
	'a guess: the first column that has one of these names, a type of one of these categories and, if types is not null, one of these types';

-- The catalogue writes a key of several columns as (a, b).
CREATE FUNCTION key_columns(key text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'kg_key_column_names'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION key_columns(text) IS
	'names of the columns of a key: one name, or several as (a, b)';

CREATE FUNCTION key_expression(relid regclass, key text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_key_expression'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION key_expression(regclass, text) IS
	'an SQL expression for the key of row "x" of this table, as the text that functions take and return';

CREATE FUNCTION key_name(key jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN jsonb_typeof(key) IS DISTINCT FROM 'array' THEN key #>> '{}'
		WHEN jsonb_array_length(key) = 0 THEN NULL
		WHEN jsonb_array_length(key) = 1 THEN key ->> 0
		ELSE (SELECT format('(%s)', string_agg(quote_ident(c), ', ' ORDER BY n)) FROM jsonb_array_elements_text(key) WITH ORDINALITY u(c, n)) END
$function$;
COMMENT ON FUNCTION key_name(jsonb) IS
	'a key, given as the name of a column or an array of names, in the form of the catalogue';

CREATE FUNCTION is_key_type(type oid, collation_id oid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT (t.typtype = 'e' OR t.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype, 'varchar'::regtype,
			'bpchar'::regtype, 'name'::regtype, 'numeric'::regtype, 'date'::regtype, 'oid'::regtype)) AND
		NOT EXISTS (SELECT FROM pg_collation c WHERE c.oid = collation_id AND NOT c.collisdeterministic)
	FROM pg_type d JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid) WHERE d.oid = type
$function$;
COMMENT ON FUNCTION is_key_type(oid, oid) IS
	'can a column of this type and collation be a key of nodes?';

CREATE FUNCTION guess_key(relid regclass) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT a.attname
	FROM pg_index i JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = relid AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND
		(i.indisprimary OR a.attnotnull) AND
		kg.is_key_type(a.atttypid, a.attcollation)
	ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1
$function$;
COMMENT ON FUNCTION guess_key(regclass) IS
	'a guess: the column that is the primary key of the table, or one that is unique and not null';

CREATE FUNCTION guess_node_key(relid regclass) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce(kg.guess_key(relid), (
		SELECT kg.key_name(jsonb_agg(a.attname ORDER BY k.n))
		FROM pg_index i CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY k(attnum, n)
			JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = k.attnum
		WHERE i.indrelid = relid AND i.indisprimary AND i.indnkeyatts > 1
		HAVING bool_and(kg.is_key_type(a.atttypid, a.attcollation))))
$function$;
COMMENT ON FUNCTION guess_node_key(regclass) IS
	'a guess: the column of kg.guess_key, or else a primary key of several columns';

-- The columns of the table that refer to a key, in the order of the key's columns
CREATE FUNCTION foreign_keys(relid regclass, referred regclass, key text) RETURNS TABLE (name text, attnums smallint[])
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT DISTINCT kg.key_name(c.columns), c.attnums
	FROM pg_constraint f CROSS JOIN LATERAL (
		SELECT jsonb_agg(a.attname ORDER BY w.n) AS columns, array_agg(a.attnum ORDER BY w.n) AS attnums
		FROM unnest(kg.key_columns(key)) WITH ORDINALITY w(name, n)
			JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attname = w.name
			JOIN unnest(f.conkey, f.confkey) r(own, other) ON r.other = k.attnum
			JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = r.own
			JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type u ON u.oid = k.atttypid
		WHERE coalesce(nullif(t.typbasetype, 0), t.oid) = coalesce(nullif(u.typbasetype, 0), u.oid) OR
			coalesce(nullif(t.typbasetype, 0), t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) AND
			coalesce(nullif(u.typbasetype, 0), u.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) OR
			coalesce(nullif(t.typbasetype, 0), t.oid) IN ('text'::regtype, 'varchar'::regtype) AND
			coalesce(nullif(u.typbasetype, 0), u.oid) IN ('text'::regtype, 'varchar'::regtype)) c
	WHERE f.contype = 'f' AND f.conrelid = relid AND f.confrelid = referred AND
		cardinality(f.conkey) = cardinality(kg.key_columns(key)) AND cardinality(c.attnums) = cardinality(f.conkey)
$function$;
COMMENT ON FUNCTION foreign_keys(regclass, regclass, text) IS
	'the columns of table "relid" that have a foreign key to this key of table "referred", if their types are of the same kind';

CREATE FUNCTION describe_node_table(item jsonb, path text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	given jsonb := kg.table_item(item, '{table,label,key,name,embedding,content}');
	relid CONSTANT regclass := kg.find_table(given ->> 'table', path);
	guessed jsonb;
BEGIN
	SELECT jsonb_build_object('schema', n.nspname, 'label', c.relname,
		'key', kg.guess_node_key(relid),
		'name', kg.guess_column(relid, '{name,title,label}', 'S', '{text,varchar,bpchar,name}'),
		'embedding', (SELECT max(a.attname) FROM pg_attribute a
			WHERE a.attrelid = relid AND a.attnum > 0 AND
				(a.atttypid IN ('kg.vector'::regtype, 'kg.halfvec'::regtype, 'kg.int8vec'::regtype) OR
					-- pgvector's
					EXISTS (SELECT FROM pg_type t JOIN pg_depend d ON d.objid = t.oid JOIN pg_extension x ON x.oid = d.refobjid
						WHERE t.oid = a.atttypid AND t.typname IN ('vector', 'halfvec') AND d.classid = 'pg_type'::regclass AND
							d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass AND x.extname = 'vector'))
			HAVING count(*) = 1),
		'content', kg.guess_column(relid, '{content,body,text}', 'S', '{text,varchar}'))
	INTO guessed
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid;
	given := guessed || given;
	given := given || jsonb_build_object('relid', relid::oid::bigint,
		'table', (SELECT c.relname FROM pg_class c WHERE c.oid = relid), 'key', kg.key_name(given -> 'key'));
	IF coalesce(given ->> 'label', '') = '' OR strpos(given ->> 'label', ':') > 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('label %s of table %s is empty or has a colon', given -> 'label', relid),
			DETAIL = 'Nodes are written as label:key.',
			HINT = format('Give it another one: {"table": "%s", "label": "..."}', relid);
	END IF;
	IF given ->> 'key' IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('table %s has no primary key that could tell its nodes apart', relid),
			DETAIL = 'A key is one or more columns of type smallint, integer, bigint, uuid, text, varchar, char, name, numeric, date, oid or an enum.',
			HINT = format('Name the columns: {"table": "%s", "key": "..."} or {"table": "%s", "key": ["...", "..."]}', relid, relid);
	END IF;
	RETURN given;
END
$function$;
COMMENT ON FUNCTION describe_node_table(jsonb, text) IS
	'completes a description of a node table, for kg.register_graph';

CREATE FUNCTION describe_edge_table(item jsonb, nodes jsonb, path text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	given jsonb := kg.table_item(item,
		'{table,source,target,source_label,target_label,type,type_column,id,weight,valid_from,valid_to,recorded_at,expired_at,trust_ends}');
	relid CONSTANT regclass := kg.find_table(given ->> 'table', path);
	-- this table, if it is a node table too
	own CONSTANT jsonb := (SELECT n FROM jsonb_array_elements(nodes) n WHERE (n ->> 'relid')::oid = relid LIMIT 1);
	-- foreign keys: columns -> label of the node table that they refer to
	refers CONSTANT jsonb := (
		SELECT jsonb_object_agg(f.name, n ->> 'label')
		FROM jsonb_array_elements(nodes) n CROSS JOIN LATERAL kg.foreign_keys(relid, (n ->> 'relid')::oid::regclass, n ->> 'key') f);
	ends text[];
	side text;
	label text;
	key text;
BEGIN
	-- candidates for the ends, in the order of the table's columns
	given := given || jsonb_strip_nulls(jsonb_build_object('source', kg.key_name(given -> 'source'), 'target', kg.key_name(given -> 'target')));
	ends := ARRAY(
		SELECT r.name FROM jsonb_object_keys(coalesce(refers, '{}')) r(name)
		WHERE r.name NOT IN (coalesce(given ->> 'source', ''), coalesce(given ->> 'target', ''))
		ORDER BY (SELECT array_agg(a.attnum ORDER BY n) FROM unnest(kg.key_columns(r.name)) WITH ORDINALITY c(name, n)
			JOIN pg_attribute a ON a.attrelid = relid AND a.attname = c.name));
	IF own IS NOT NULL AND NOT given ? 'source' THEN
		given := given || jsonb_build_object('source', own -> 'key');
	END IF;
	IF refers IS NULL AND own IS NULL AND NOT given ?| '{source,target}' AND
		kg.guess_column(relid, '{source}', 'NSU') IS NOT NULL AND kg.guess_column(relid, '{target}', 'NSU') IS NOT NULL THEN
		given := given || '{"source": "source", "target": "target"}';
	END IF;
	FOREACH side IN ARRAY '{source,target}'::text[] LOOP
		CONTINUE WHEN given ->> side IS NOT NULL;
		IF cardinality(ends) <> (NOT given ? 'source')::int + (NOT given ? 'target')::int AND
			(side = 'source' OR cardinality(ends) <> 1) THEN
			RAISE invalid_parameter_value USING
				MESSAGE = format('cannot tell which columns of table %s are the ends of its edges', relid),
				DETAIL = format('Columns with foreign keys to node tables: %s.',
					coalesce(nullif(array_to_string(ends, ', '), ''), 'none')),
				HINT = format('Name them: {"table": "%s", "source": "...", "target": "..."}', relid);
		END IF;
		given := given || jsonb_build_object(side, ends[1]);
		ends := ends[2:];
	END LOOP;

	FOREACH side IN ARRAY '{source,target}'::text[] LOOP
		CONTINUE WHEN given ->> (side || '_label') IS NOT NULL;
		label := coalesce(refers ->> (given ->> side),
			CASE WHEN own ->> 'key' = given ->> side THEN own ->> 'label' END,
			CASE WHEN jsonb_array_length(nodes) = 1 THEN nodes #>> '{0,label}' END);
		IF label IS NULL THEN
			RAISE invalid_parameter_value USING
				MESSAGE = format('cannot tell which node table column "%s" of table %s refers to', given ->> side, relid),
				HINT = format('Add "%s_label": one of %s.', side,
					(SELECT string_agg(n ->> 'label', ', ') FROM jsonb_array_elements(nodes) n));
		END IF;
		given := given || jsonb_build_object(side || '_label', label);
	END LOOP;

	IF given ->> 'type' IS NOT NULL AND given ->> 'type_column' IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('edges of table %s have both a type and a column for it', relid),
			HINT = 'Leave out "type" or "type_column".';
	END IF;
	IF NOT given ?| '{type,type_column}' THEN
		given := given || jsonb_build_object('type_column', kg.guess_column(relid, '{type}', 'SE'));
	END IF;
	IF given ->> 'type' IS NULL AND given ->> 'type_column' IS NULL THEN
		given := given || jsonb_build_object('type', CASE WHEN own IS NULL
			THEN (SELECT c.relname::text FROM pg_class c WHERE c.oid = relid)
			ELSE regexp_replace(given ->> 'target', '_id$', '') END);
	END IF;

	IF jsonb_typeof(coalesce(given -> 'trust_ends', 'false')) <> 'boolean' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('trust_ends of table %s is %s', relid, given -> 'trust_ends'),
			HINT = 'It is true or false.';
	END IF;

	key := kg.guess_key(relid);
	RETURN jsonb_build_object(
			'id', (SELECT a.attname FROM pg_attribute a
				WHERE a.attrelid = relid AND a.attname = key AND
					key <> ALL (kg.key_columns(given ->> 'source') || kg.key_columns(given ->> 'target')) AND
					a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)),
			'weight', kg.guess_column(relid, '{weight}', 'N', '{int2,int4,int8,float4,float8,numeric}'),
			'valid_from', kg.guess_column(relid, '{valid_from}', 'D', '{date,timestamp,timestamptz}'),
			'valid_to', kg.guess_column(relid, '{valid_to}', 'D', '{date,timestamp,timestamptz}'))
		|| given
		|| (SELECT jsonb_build_object('schema', n.nspname, 'table', c.relname)
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid);
END
$function$;
COMMENT ON FUNCTION describe_edge_table(jsonb, jsonb, text) IS
	'completes a description of an edge table, for kg.register_graph';

CREATE FUNCTION describe_tables(
	nodes jsonb,
	edges jsonb,
	path text,
	OUT node_tables jsonb,
	OUT edge_tables jsonb
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	shared text;
BEGIN
	edges := coalesce(edges, '[]');
	-- a single table may be given without brackets
	nodes := CASE WHEN jsonb_typeof(nodes) = 'array' THEN nodes ELSE jsonb_build_array(nodes) END;
	edges := CASE WHEN jsonb_typeof(edges) = 'array' THEN edges ELSE jsonb_build_array(edges) END;
	IF jsonb_array_length(nodes) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'a graph needs a table of nodes';
	END IF;
	SELECT jsonb_agg(kg.describe_node_table(item, path) ORDER BY n) INTO node_tables
	FROM jsonb_array_elements(nodes) WITH ORDINALITY i(item, n);
	SELECT n ->> 'label' INTO shared FROM jsonb_array_elements(node_tables) n
	GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1;
	IF shared IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('two node tables have the label "%s"', shared),
			HINT = 'Give them different ones: {"table": "...", "label": "..."}';
	END IF;
	SELECT coalesce(jsonb_agg(kg.describe_edge_table(item, node_tables, path) ORDER BY n), '[]') INTO edge_tables
	FROM jsonb_array_elements(edges) WITH ORDINALITY i(item, n);
END
$function$;
COMMENT ON FUNCTION describe_tables(jsonb, jsonb, text) IS
	'completes the descriptions of tables, for kg.register_graph; names of tables are resolved with search_path "path"';

CREATE FUNCTION register_graph_body(name text, nodes jsonb, edges jsonb, metric text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $function$
BEGIN
	IF nodes IS NULL OR edges IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = pg_catalog.format('the %s of graph "%s" must not be null', CASE WHEN nodes IS NULL THEN 'nodes' ELSE 'edges' END, name),
			HINT = 'Give a list of tables as JSON: ''["name", ...]''; ''[]'' is a graph without edges.';
	END IF;
	PERFORM kg.register_tables(name, metric, d.node_tables, d.edge_tables)
	FROM kg.describe_tables(nodes, edges, pg_catalog.current_setting('search_path')) d;
END
$function$;
COMMENT ON FUNCTION register_graph_body(text, jsonb, jsonb, text) IS
	'body of kg.register_graph(text, jsonb, jsonb, text)';
REVOKE ALL ON FUNCTION register_graph_body(text, jsonb, jsonb, text) FROM PUBLIC;

CREATE FUNCTION register_graph(
	name text,
	nodes jsonb,
	edges jsonb DEFAULT '[]',
	metric text DEFAULT 'cosine'
) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_graph(text, jsonb, jsonb, text) IS
	'makes a graph of existing tables that you own, which stay as they are. nodes: a list of tables, each "name" or '
	'{"table": "name", "label": ..., "key": ..., "name": ..., "embedding": ..., "content": ...} with the names of columns; '
	'by default the label is the table''s name and the key its primary key. edges: a list of tables, each "name" or '
	'{"table": "name", "source": ..., "target": ..., "type": the type of all its edges or "type_column": ..., '
	'"source_label": ..., "target_label": ..., "id": ..., "weight": ..., "valid_from": ..., "valid_to": ..., '
	'"recorded_at": ..., "expired_at": ..., "trust_ends": true or false}; '
	'by default the source and the target are the two columns with foreign keys to node tables, and the type is the '
	'table''s name. kg.discover proposes a call for a schema';

-- For literals without a type: between jsonb and register_graph(text, text, boolean)
-- PostgreSQL could not choose.
CREATE FUNCTION register_graph_body(name text, nodes text, edges text, metric text) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
AS $function$
	SELECT kg.register_graph(name, nodes::pg_catalog.jsonb, edges::pg_catalog.jsonb, metric)
$function$;
COMMENT ON FUNCTION register_graph_body(text, text, text, text) IS
	'body of kg.register_graph(text, text, text, text)';
REVOKE ALL ON FUNCTION register_graph_body(text, text, text, text) FROM PUBLIC;
CREATE FUNCTION register_graph(name text, nodes text, edges text, metric text DEFAULT 'cosine') RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_graph(text, text, text, text) IS
	'kg.register_graph(text, jsonb, jsonb, text) with JSON given as text';
