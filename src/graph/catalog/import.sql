-- Imports files of other programs into graphs of kg.create_graph

CREATE FUNCTION import_tables(graph text) RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tables text[];
BEGIN
	IF (kg.graph_entry(graph)).schema_name IS NULL THEN
		RAISE feature_not_supported USING
			MESSAGE = format('graph "%s" is over tables that were registered', graph),
			HINT = 'Files are loaded into graphs of kg.create_graph.';
	END IF;
	tables := kg.graph_tables(graph);
	RETURN tables || CASE WHEN 'expired_at' = ANY (kg.known_columns(tables[2]::regclass)) THEN 'expired_at IS NULL' ELSE 'true' END;
END
$function$;
COMMENT ON FUNCTION import_tables(text) IS
	'the tables of a graph, as kg.graph_tables gives them, and a condition on relations and observations that are known now; an error if files cannot be imported into it';

CREATE FUNCTION is_input(value text, type text) RETURNS boolean
	LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	CASE type
		WHEN 'real' THEN PERFORM value::real;
		WHEN 'timestamptz' THEN PERFORM value::timestamptz;
		WHEN 'jsonb' THEN PERFORM value::jsonb;
	END CASE;
	RETURN true;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	RETURN false;
END
$function$;
COMMENT ON FUNCTION is_input(text, text) IS
	'can the text be read as a value of this type, which is real, timestamptz or jsonb?';

-- The memory server and its forks write one line for each entity and relation.  Other
-- programs write an array of them, or an object with two arrays, over many lines.
CREATE FUNCTION jsonl_documents(data text) RETURNS TABLE (line bigint, document jsonb, content text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	-- some programs begin a file with a byte order mark
	file CONSTANT text := regexp_replace(data, '^\uFEFF', '');
	lines bigint[];
	documents jsonb[];
BEGIN
	IF data IS NULL THEN
		RETURN;
	END IF;
	line := 1 + length(regexp_replace(substring(file FROM '^[[:space:]]*'), '[^\n]', '', 'g'));
	BEGIN
		document := file::jsonb;
		RETURN NEXT;
		RETURN;
	EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
		NULL;
	END;
	BEGIN
		SELECT array_agg(n), array_agg(l::jsonb) INTO lines, documents
		FROM string_to_table(file, E'\n') WITH ORDINALITY u(l, n) WHERE l !~ '^[[:space:]]*$';
		RETURN QUERY SELECT *, NULL::text FROM unnest(lines, documents);
		RETURN;
	EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
		NULL;
	END;
	FOR line, content IN SELECT n, l FROM string_to_table(file, E'\n') WITH ORDINALITY u(l, n) WHERE l !~ '^[[:space:]]*$' LOOP
		BEGIN
			document := content::jsonb;
		EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
			document := NULL;
		END;
		RETURN NEXT;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION jsonl_documents(text) IS
	'the JSON of a file: one document if the whole file is JSON, else one for each line that is not blank, null if the line is no JSON';

CREATE FUNCTION jsonl_items(data text) RETURNS TABLE (line bigint, kind text, item jsonb, wrong text, content text)
	LANGUAGE sql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	WITH documents AS MATERIALIZED (
		SELECT d.line, d.document, d.content, jsonb_typeof(d.document) AS type,
			jsonb_typeof(d.document) = 'object' AND NOT d.document ?| '{type,_type,name,from}' AND d.document ?| '{entities,relations}' AS is_whole
		FROM kg.jsonl_documents(data) d
	), items AS (
		SELECT d.line, 0 AS n, NULL AS kind, d.document AS item, CASE WHEN d.document IS NULL THEN d.content END AS content FROM documents d WHERE d.type IS DISTINCT FROM 'array' AND d.is_whole IS NOT TRUE
		UNION ALL
		SELECT d.line, n, NULL, e, NULL FROM documents d, jsonb_array_elements(CASE WHEN d.type = 'array' THEN d.document ELSE '[]' END) WITH ORDINALITY a(e, n)
		UNION ALL
		SELECT d.line, n, k.kind, e, NULL FROM documents d, (VALUES ('entity', 'entities'), ('relation', 'relations')) k(kind, member),
			jsonb_array_elements(CASE WHEN d.is_whole AND jsonb_typeof(d.document -> k.member) = 'array' THEN d.document -> k.member ELSE '[]' END) WITH ORDINALITY a(e, n)
	), kinds AS (
		SELECT i.line, i.n, i.item, i.content, CASE WHEN jsonb_typeof(i.item) = 'object' THEN
			coalesce(i.kind, i.item ->> 'type', i.item ->> '_type', CASE WHEN i.item ? 'name' THEN 'entity' WHEN i.item ?& '{from,to}' THEN 'relation' END) END AS kind
		FROM items i
	)
	SELECT k.line, k.kind, k.item,
		CASE WHEN k.item IS NULL THEN 'no JSON'
			WHEN k.kind = 'entity' THEN CASE
				WHEN jsonb_typeof(k.item -> 'name') IS DISTINCT FROM 'string' THEN 'entities without a name'
				WHEN octet_length(k.item ->> 'name') > 2000 THEN 'names of more than 2000 bytes'
				WHEN octet_length(k.item ->> 'entityType') > 2000 THEN 'types of more than 2000 bytes' END
			WHEN k.kind = 'relation' THEN CASE
				WHEN jsonb_typeof(k.item -> 'from') IS DISTINCT FROM 'string' OR jsonb_typeof(k.item -> 'to') IS DISTINCT FROM 'string' THEN 'relations without both ends'
				WHEN octet_length(k.item ->> 'relationType') > 2000 THEN 'types of more than 2000 bytes' END
			ELSE 'neither entity nor relation' END, k.content
	FROM kinds k ORDER BY k.line, k.kind, k.n
$function$;
COMMENT ON FUNCTION jsonl_items(text) IS
	'the entities and relations in a file of the MCP memory server; wrong: why one of them cannot be imported, or null';

CREATE FUNCTION jsonl_problem(line bigint, item text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	RAISE invalid_text_representation USING
		MESSAGE = format('line %s is neither an entity nor a relation', line),
		DETAIL = format('It is: %s', left(item, 200)),
		HINT = 'Lines are {"type":"entity","name":...,"entityType":...,"observations":[...]} or {"type":"relation","from":...,"to":...,"relationType":...}.';
END
$function$;
COMMENT ON FUNCTION jsonl_problem(bigint, text) IS
	'raises the error of kg.import_jsonl with strict => true about a line';

CREATE FUNCTION import_jsonl_body(
	data text,
	graph text,
	strict boolean,
	create_missing boolean,
	OUT entities bigint,
	OUT relations bigint,
	OUT observations bigint
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT text[] := kg.import_tables(graph);
	-- the file: entities, then relations
	e_line bigint[];
	e_name text[];
	e_type text[];
	e_item jsonb[];
	r_line bigint[];
	r_source text[];
	r_target text[];
	r_type text[];
	-- names in the file, and the entities that they mean
	n_name text[];
	n_id bigint[];
	skipped text[] := '{}';
	wrong record;
	added bigint;
	-- In the file a name is one entity, even with several types.  In the graph it means the only
	-- entity of that name, or, of several, the first one that has one of these types.
	meaning CONSTANT text := $query$
		SELECT f.name, f.line, f.types, CASE WHEN count(*) = 1 THEN min(e.id) ELSE min(e.id) FILTER (WHERE t.name = ANY (f.types)) END AS id
		FROM (SELECT name, min(line) AS line, array_agg(type ORDER BY line) AS types
			FROM unnest($1, $2, $3) u(line, name, type) GROUP BY name) f
			LEFT JOIN %1$s e ON e.name = f.name LEFT JOIN %4$s t ON t.id = e.type
		GROUP BY f.name, f.line, f.types
		$query$;
BEGIN
	IF strict THEN
		PERFORM kg.jsonl_problem(i.line, coalesce(i.item::text, i.content)) FROM kg.jsonl_items(data) i
		WHERE i.wrong IS NOT NULL OR CASE i.kind
			WHEN 'entity' THEN jsonb_typeof(i.item -> 'entityType') = 'string' AND
				coalesce(jsonb_typeof(i.item -> 'observations'), 'array') = 'array' AND (i.item -> 'observations' @> 'null') IS NOT TRUE
			ELSE jsonb_typeof(i.item -> 'relationType') = 'string' END IS NOT TRUE;
	END IF;
	SELECT array_agg(i.line) FILTER (WHERE i.kind = 'entity'), array_agg(i.item ->> 'name') FILTER (WHERE i.kind = 'entity'),
		array_agg(coalesce(i.item ->> 'entityType', '')) FILTER (WHERE i.kind = 'entity'), array_agg(i.item) FILTER (WHERE i.kind = 'entity'),
		array_agg(i.line) FILTER (WHERE i.kind = 'relation'), array_agg(i.item ->> 'from') FILTER (WHERE i.kind = 'relation'),
		array_agg(i.item ->> 'to') FILTER (WHERE i.kind = 'relation'), array_agg(coalesce(i.item ->> 'relationType', '')) FILTER (WHERE i.kind = 'relation'),
		coalesce(array_agg(format('%s:%s', i.line, i.wrong)) FILTER (WHERE i.kind IS NULL), '{}')
	INTO e_line, e_name, e_type, e_item, r_line, r_source, r_target, r_type, skipped
	FROM (SELECT line, CASE WHEN f.wrong IS NULL THEN f.kind END AS kind, item, f.wrong FROM kg.jsonl_items(data) f) i;

	EXECUTE format('INSERT INTO %4$s (name) SELECT m.types[1] FROM (' || meaning || ') m WHERE m.id IS NULL GROUP BY 1 ORDER BY min(m.line) ON CONFLICT DO NOTHING', VARIADIC tables)
		USING e_line, e_name, e_type;
	EXECUTE format('INSERT INTO %1$s (name, type) SELECT m.name, t.id FROM (' || meaning || ') m JOIN %4$s t ON t.name = m.types[1] WHERE m.id IS NULL ORDER BY m.line', VARIADIC tables)
		USING e_line, e_name, e_type;
	GET DIAGNOSTICS entities = ROW_COUNT;
	EXECUTE format('SELECT array_agg(m.name), array_agg(m.id) FROM (' || meaning || ') m', VARIADIC tables)
		INTO n_name, n_id USING e_line, e_name, e_type;

	EXECUTE format($query$
		INSERT INTO %3$s (entity, content)
		SELECT m.id, o.content
		FROM unnest($1, $2, $3) f(line, name, item) JOIN unnest($4, $5) m(name, id) ON m.name = f.name
			CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(f.item -> 'observations')
				WHEN 'array' THEN f.item -> 'observations' WHEN 'string' THEN jsonb_build_array(f.item -> 'observations') ELSE '[]' END) WITH ORDINALITY o(content, n)
		WHERE o.content IS NOT NULL AND NOT EXISTS (SELECT FROM %3$s b WHERE b.entity = m.id AND b.content = o.content AND %7$s)
		GROUP BY 1, 2 ORDER BY min(f.line), min(o.n)
		$query$, VARIADIC tables) USING e_line, e_name, e_item, n_name, n_id;
	GET DIAGNOSTICS observations = ROW_COUNT;

	-- Relations may name entities that are not in the file: those of the graph.
	IF create_missing THEN
		EXECUTE format($query$
			WITH missing AS MATERIALIZED (
				SELECT n.name, min(n.line) AS line FROM unnest($1 || $1, $2 || $3) n(line, name)
				WHERE NOT EXISTS (SELECT FROM unnest($4) f(name) WHERE f.name = n.name) AND octet_length(n.name) <= 2000 AND
					NOT EXISTS (SELECT FROM %1$s e WHERE e.name = n.name) GROUP BY 1
			), type AS (
				INSERT INTO %4$s (name) SELECT 'unknown' WHERE EXISTS (SELECT FROM missing) ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name RETURNING id
			)
			INSERT INTO %1$s (name, type) SELECT m.name, t.id FROM missing m, type t ORDER BY m.line
			$query$, VARIADIC tables) USING r_line, r_source, r_target, n_name;
		GET DIAGNOSTICS added = ROW_COUNT;
		entities := entities + added;
	END IF;
	FOR wrong IN EXECUTE format($query$
		SELECT DISTINCT ON (n.line) n.line, n.name, count(e.id) AS number
		FROM (SELECT DISTINCT * FROM unnest($1 || $1, $2 || $3) n(line, name)) n LEFT JOIN %1$s e ON e.name = n.name
		WHERE NOT EXISTS (SELECT FROM unnest($4) f(name) WHERE f.name = n.name)
		GROUP BY n.line, n.name HAVING count(e.id) <> 1 ORDER BY n.line, n.name
		$query$, VARIADIC tables) USING r_line, r_source, r_target, n_name LOOP
		IF strict THEN
			RAISE foreign_key_violation USING
				MESSAGE = format('line %s: there %s named "%s"', wrong.line,
					CASE wrong.number WHEN 0 THEN 'is no entity' ELSE format('are %s entities', wrong.number) END, left(wrong.name, 200)),
				HINT = 'The file must have the entities that its relations connect, or the graph one of that name; or use create_missing => true.';
		END IF;
		skipped := skipped || format('%s:%s', wrong.line,
			CASE wrong.number WHEN 0 THEN 'relations to a missing entity' ELSE 'relations to a name that several entities have' END);
	END LOOP;
	EXECUTE format('INSERT INTO %5$s (name) SELECT type FROM unnest($1) WITH ORDINALITY u(type, n) GROUP BY 1 ORDER BY min(n) ON CONFLICT DO NOTHING', VARIADIC tables) USING r_type;
	EXECUTE format($query$
		WITH file AS MATERIALIZED (
			SELECT * FROM unnest($1, $2, $3, $4) u(line, source, target, type)
		), names AS MATERIALIZED (
			SELECT * FROM unnest($5, $6) m(name, id)
			UNION ALL
			SELECT n.name, min(e.id)
			FROM (SELECT source FROM file UNION SELECT target FROM file) n(name) JOIN %1$s e ON e.name = n.name
			WHERE NOT EXISTS (SELECT FROM unnest($5) f(name) WHERE f.name = n.name)
			GROUP BY 1 HAVING count(*) = 1
		)
		INSERT INTO %2$s (source, target, type)
		SELECT s.id, d.id, t.id
		FROM file f JOIN names s ON s.name = f.source JOIN names d ON d.name = f.target JOIN %5$s t ON t.name = f.type
		WHERE NOT EXISTS (SELECT FROM %2$s r WHERE r.source = s.id AND r.target = d.id AND r.type = t.id AND %7$s)
		GROUP BY 1, 2, 3 ORDER BY min(f.line)
		$query$, VARIADIC tables) USING r_line, r_source, r_target, r_type, n_name, n_id;
	GET DIAGNOSTICS relations = ROW_COUNT;
	PERFORM kg.tell_skipped(skipped);
END
$function$;
COMMENT ON FUNCTION import_jsonl_body(text, text, boolean, boolean) IS
	'body of kg.import_jsonl';
REVOKE ALL ON FUNCTION import_jsonl_body(text, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION tell_skipped(skipped text[], place text DEFAULT 'line') RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	reasons text;
	lines bigint;
BEGIN
	SELECT string_agg(format('%s: %s, first in %s %s', reason, n, place, first), '; ' ORDER BY first, reason COLLATE "C"), sum(n) INTO reasons, lines
	FROM (SELECT substr(s, strpos(s, ':') + 1) AS reason, count(*) AS n, min(split_part(s, ':', 1)::bigint) AS first FROM unnest(skipped) s GROUP BY 1) r;
	IF lines > 0 THEN
		RAISE NOTICE USING
			MESSAGE = format('skipped %s: %s', lines, reasons),
			HINT = 'With strict => true the first of them is an error.';
	END IF;
END
$function$;
COMMENT ON FUNCTION tell_skipped(text[], text) IS
	'raises a notice about the parts of a file that an import has skipped, each given as number:reason; place: the word for the number, as in "line 7"';

CREATE FUNCTION import_jsonl(
	data text,
	graph text DEFAULT 'kg',
	strict boolean DEFAULT false,
	create_missing boolean DEFAULT false,
	OUT entities bigint,
	OUT relations bigint,
	OUT observations bigint
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION import_jsonl(text, text, boolean, boolean) IS
	'adds the contents of a file of the MCP memory server to a graph and returns the numbers of new rows; nothing is added twice: an entity is identified by its '
	'name, and also by its type if the graph has several of that name; a relation by its ends and type; an '
	'observation by its text. Lines that cannot be imported are skipped, and a notice '
	'counts them and says why; strict: they are an error; create_missing: makes entities, of type "unknown", that only relations name';

-- GraphML and CSV

CREATE FUNCTION csv_rows(data text, delimiter text, OUT line bigint, OUT fields text[]) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_csv_rows'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION csv_rows(text, text) IS
	'the rows of a CSV file, without blank lines; line: number of the line in which the row begins';

CREATE FUNCTION csv_objects(data text, delimiter text) RETURNS TABLE (line bigint, item jsonb)
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	head text[];
BEGIN
	SELECT ARRAY(SELECT lower(btrim(f)) FROM unnest(r.fields) WITH ORDINALITY u(f, n) ORDER BY n) INTO head
	FROM kg.csv_rows(regexp_replace(data, '^\uFEFF', ''), delimiter) r LIMIT 1;
	RETURN QUERY SELECT r.line, jsonb_strip_nulls(jsonb_object(head, ARRAY(SELECT nullif(r.fields[i], '') FROM generate_subscripts(head, 1) i)))
	FROM kg.csv_rows(regexp_replace(data, '^\uFEFF', ''), delimiter) r OFFSET 1;
END
$function$;
COMMENT ON FUNCTION csv_objects(text, text) IS
	'the rows of a CSV file with a header, as JSON objects without the empty fields';

-- Files have various names for the fields of entities and relations; of those that an object has,
-- the first in the list counts.
CREATE FUNCTION import_fields(item jsonb, fields jsonb) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce(jsonb_object_agg(field, value) FILTER (WHERE value IS NOT NULL), '{}') ||
		jsonb_build_object('properties',
			(item - ARRAY(SELECT jsonb_array_elements_text(names) FROM jsonb_each(fields) f(field, names)) - '{properties}'::text[]) ||
			CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties'
				WHEN item ->> 'properties' ~ '^\s*\{' THEN
					CASE WHEN kg.is_input(item ->> 'properties', 'jsonb') THEN (item ->> 'properties')::jsonb ELSE jsonb_build_object('properties', item ->> 'properties') END
				ELSE '{}' END)
	FROM (SELECT field, (SELECT item ->> name FROM jsonb_array_elements_text(names) WITH ORDINALITY n(name, i) WHERE item ->> name IS NOT NULL ORDER BY i LIMIT 1) AS value
		FROM jsonb_each(fields) f(field, names)) v
$function$;
COMMENT ON FUNCTION import_fields(jsonb, jsonb) IS
	'an object with the fields that "fields" lists, as {"field": ["name in the file", ...]}, and all others as its properties; text that begins as an object of JSON and is none is a property';

CREATE FUNCTION import_rows(
	graph text,
	nodes jsonb[],
	edges jsonb[],
	place text,
	strict boolean,
	create_missing boolean,
	OUT entities bigint,
	OUT relations bigint
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT text[] := kg.import_tables(graph);
	-- when a relation is no longer known; the columns of known times, and what is inserted into them
	known_times CONSTANT text[] := CASE WHEN tables[7] = 'true' THEN '{NULL::timestamptz,"",""}'
		ELSE ARRAY['r.expired_at', ', recorded_at, expired_at', ', coalesce(f.recorded_at, least(now(), f.expired_at)), f.expired_at'] END;
	number CONSTANT text := '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$';
	-- of which one may be out of range
	long_number CONSTANT text := '[eE]|.{30}';
	skipped text[];
	-- ids in the file, and the entities that they mean
	file_ids text[];
	ids bigint[];
	-- Several entities may have the same name and type: then their order identifies them.
	meaning CONSTANT text := $query$
		SELECT f.*, e.id AS entity
		FROM (SELECT *, row_number() OVER (PARTITION BY name, type ORDER BY n) AS k FROM (
				SELECT n, i ->> 'id' AS id, coalesce(i ->> 'name', i ->> 'id') AS name, coalesce(i ->> 'type', 'node') AS type, i ->> 'importance' AS importance, i -> 'properties' AS properties
				FROM unnest($1) WITH ORDINALITY u(i, n)) i) f
			LEFT JOIN (SELECT e.id, e.name, t.name AS type, row_number() OVER (PARTITION BY e.name, t.name ORDER BY e.id) AS k
				FROM %1$s e JOIN %4$s t ON t.id = e.type
				WHERE e.name IN (SELECT coalesce(i ->> 'name', i ->> 'id') FROM unnest($1) i)) e ON e.name = f.name AND e.type = f.type AND e.k = f.k
		$query$;
BEGIN
	IF create_missing THEN
		nodes := nodes || ARRAY(
			SELECT jsonb_build_object('line', min(e.n), 'id', e.id, 'type', 'unknown')
			FROM (SELECT n, unnest(ARRAY[i ->> 'source', i ->> 'target']) AS id FROM unnest(edges) WITH ORDINALITY u(i, n)) e
			WHERE e.id IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(nodes) o WHERE o ->> 'id' = e.id) GROUP BY e.id ORDER BY min(e.n));
	END IF;
	SELECT array_agg(i ORDER BY n) FILTER (WHERE wrong IS NULL), array_agg(format('%s:%s', i ->> 'line', wrong) ORDER BY n) FILTER (WHERE wrong IS NOT NULL)
	INTO nodes, skipped
	FROM (SELECT n, i, CASE WHEN i ->> 'id' IS NULL THEN 'nodes without an id'
			WHEN row_number() OVER (PARTITION BY i ->> 'id' ORDER BY n) > 1 THEN 'nodes with an id that came before'
			WHEN octet_length(coalesce(i ->> 'name', i ->> 'id')) > 2000 THEN 'names of more than 2000 bytes'
			WHEN octet_length(i ->> 'type') > 2000 THEN 'types of more than 2000 bytes'
			WHEN i ->> 'importance' !~ number THEN 'importance that is no number'
			WHEN i ->> 'importance' ~ long_number AND NOT kg.is_input(i ->> 'importance', 'real') THEN 'importance that is out of range' END AS wrong
		FROM unnest(nodes) WITH ORDINALITY u(i, n)) c;
	EXECUTE format('INSERT INTO %4$s (name) SELECT type FROM (' || meaning || ') m WHERE m.entity IS NULL GROUP BY 1 ORDER BY min(m.n) ON CONFLICT DO NOTHING', VARIADIC tables) USING nodes;
	EXECUTE format('INSERT INTO %1$s (name, type, importance, properties)
		SELECT m.name, t.id, coalesce(m.importance::real, 0), coalesce(m.properties, ''{}'') FROM (' || meaning || ') m JOIN %4$s t ON t.name = m.type
		WHERE m.entity IS NULL ORDER BY m.n', VARIADIC tables) USING nodes;
	GET DIAGNOSTICS entities = ROW_COUNT;
	EXECUTE format('SELECT array_agg(m.id), array_agg(m.entity) FROM (' || meaning || ') m', VARIADIC tables) INTO file_ids, ids USING nodes;

	SELECT array_agg(i ORDER BY n) FILTER (WHERE wrong IS NULL),
		skipped || array_agg(format('%s:%s', i ->> 'line', wrong) ORDER BY n) FILTER (WHERE wrong IS NOT NULL)
	INTO edges, skipped
	FROM (SELECT n, i, CASE WHEN i ->> 'source' IS NULL OR i ->> 'target' IS NULL THEN 'relations without both ends'
			WHEN s.id IS NULL OR t.id IS NULL THEN 'relations to a missing entity'
			WHEN octet_length(i ->> 'type') > 2000 THEN 'types of more than 2000 bytes'
			WHEN i ->> 'weight' !~ number THEN 'weights that are no numbers'
			WHEN i ->> 'weight' ~ long_number AND NOT kg.is_input(i ->> 'weight', 'real') THEN 'weights that are out of range'
			WHEN i ->> 'expired_at' IS NOT NULL AND tables[7] = 'true' THEN 'relations that are no longer known'
			WHEN i ?| '{valid_from,valid_to,recorded_at,expired_at}' THEN CASE
				WHEN EXISTS (SELECT FROM unnest(ARRAY[i ->> 'valid_from', i ->> 'valid_to', i ->> 'recorded_at', i ->> 'expired_at']) t WHERE NOT kg.is_input(t, 'timestamptz')) THEN 'times that cannot be read'
				WHEN (i ->> 'valid_from')::timestamptz >= (i ->> 'valid_to')::timestamptz THEN 'relations that end before they start'
				WHEN (i ->> 'recorded_at')::timestamptz > (i ->> 'expired_at')::timestamptz THEN 'relations that expired before they were recorded' END END AS wrong
		FROM unnest(edges) WITH ORDINALITY u(i, n) LEFT JOIN unnest(file_ids) s(id) ON s.id = i ->> 'source' LEFT JOIN unnest(file_ids) t(id) ON t.id = i ->> 'target') c;
	IF strict AND cardinality(skipped) > 0 THEN
		RAISE invalid_text_representation USING
			MESSAGE = format('%s %s: %s', place, split_part(skipped[1], ':', 1), substr(skipped[1], strpos(skipped[1], ':') + 1)),
			HINT = 'With strict => false it is skipped.';
	END IF;
	EXECUTE format('INSERT INTO %5$s (name) SELECT coalesce(i ->> ''type'', ''edge'') FROM unnest($1) WITH ORDINALITY u(i, n) GROUP BY 1 ORDER BY min(n) ON CONFLICT DO NOTHING', VARIADIC tables) USING edges;
	EXECUTE format($query$
		WITH file AS (
			SELECT f.*, row_number() OVER (PARTITION BY source, target, type, valid_from, valid_to, expired_at ORDER BY n) AS k FROM (
				SELECT n, s.entity AS source, d.entity AS target, t.id AS type, (i ->> 'weight')::real AS weight, i -> 'properties' AS properties,
					nullif((i ->> 'valid_from')::timestamptz, '-infinity') AS valid_from, nullif((i ->> 'valid_to')::timestamptz, 'infinity') AS valid_to,
					(i ->> 'recorded_at')::timestamptz AS recorded_at, (i ->> 'expired_at')::timestamptz AS expired_at
				FROM unnest($1) WITH ORDINALITY u(i, n) JOIN unnest($2, $3) s(id, entity) ON s.id = i ->> 'source' JOIN unnest($2, $3) d(id, entity) ON d.id = i ->> 'target'
					JOIN %5$s t ON t.name = coalesce(i ->> 'type', 'edge')) f
		), known AS (
			SELECT r.source, r.target, r.type, nullif(r.valid_from, '-infinity') AS valid_from, nullif(r.valid_to, 'infinity') AS valid_to, %8$s AS expired_at,
				row_number() OVER (PARTITION BY source, target, type, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity'), %8$s ORDER BY id) AS k
			FROM %2$s r WHERE r.source = ANY ($3)
		)
		INSERT INTO %2$s (source, target, type, weight, properties, valid_from, valid_to%9$s)
		SELECT f.source, f.target, f.type, coalesce(f.weight, 1), coalesce(f.properties, '{}'), f.valid_from, f.valid_to%10$s
		FROM file f WHERE NOT EXISTS (
			SELECT FROM known k WHERE k.source = f.source AND k.target = f.target AND k.type = f.type AND k.k = f.k AND
				k.valid_from IS NOT DISTINCT FROM f.valid_from AND k.valid_to IS NOT DISTINCT FROM f.valid_to AND
				k.expired_at IS NOT DISTINCT FROM f.expired_at)
		ORDER BY f.n
		$query$, VARIADIC tables || known_times) USING edges, file_ids, ids;
	GET DIAGNOSTICS relations = ROW_COUNT;
	PERFORM kg.tell_skipped(skipped, place);
END
$function$;
COMMENT ON FUNCTION import_rows(text, jsonb[], jsonb[], text, boolean, boolean) IS
	'adds to a graph the entities, {"line", "id", "name", "type", "importance", "properties"}, and relations, {"line", "source", "target", "type", "weight", '
	'"valid_from", "valid_to", "recorded_at", "expired_at", "properties"}, that it does not have yet';

CREATE FUNCTION graphml_items(document xml, kind text) RETURNS SETOF jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	WITH keys AS MATERIALIZED (
		SELECT k.id, coalesce(k.name, k.id) AS name, k.type
		FROM XMLTABLE('//*[local-name()="key"]' PASSING document COLUMNS id text PATH '@id', "for" text PATH '@for', name text PATH '@attr.name', type text PATH '@attr.type') k
		WHERE coalesce(k."for", 'all') IN (kind, 'all')
	)
	SELECT jsonb_strip_nulls(jsonb_build_object('line', i.n, '@id', i.id, '@source', i.source, '@target', i.target, '@label', i.label)) ||
		coalesce((SELECT jsonb_object_agg(coalesce(k.name, d.key), CASE
				WHEN k.name = 'properties' AND d.value ~ '^\s*\{' AND kg.is_input(d.value, 'jsonb') THEN d.value::jsonb
				WHEN k.type IN ('int', 'long', 'float', 'double') AND d.value ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$' AND
					(d.value !~ '[eE]|.{100}' OR kg.is_input(d.value, 'jsonb')) THEN d.value::jsonb
				WHEN k.type = 'boolean' AND d.value IN ('true', 'false') THEN d.value::jsonb
				ELSE to_jsonb(d.value) END)
			FROM XMLTABLE('/d/*' PASSING xmlelement(NAME d, i.data) COLUMNS key text PATH '@key', value text PATH 'string(.)') d LEFT JOIN keys k ON k.id = d.key
			WHERE d.key IS NOT NULL), '{}')
	FROM XMLTABLE(('//*[local-name()="' || kind || '"]') PASSING document COLUMNS n FOR ORDINALITY, id text PATH '@id', source text PATH '@source',
			target text PATH '@target', label text PATH '@label', data xml PATH '*[local-name()="data"]') i
	ORDER BY i.n
$function$;
COMMENT ON FUNCTION graphml_items(xml, text) IS
	'the elements of a GraphML document of this kind, node or edge, as JSON objects with their attributes, such as @id, and their data';

CREATE FUNCTION import_graphml_body(data text, graph text, strict boolean, create_missing boolean, OUT entities bigint, OUT relations bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC'
AS $function$
DECLARE
	document xml;
BEGIN
	PERFORM kg.import_tables(graph);
	IF data IS NULL THEN
		RETURN;
	END IF;
	document := xmlparse(DOCUMENT regexp_replace(data, '^\uFEFF', ''));
	SELECT i.entities, i.relations INTO entities, relations FROM kg.import_rows(graph,
		ARRAY(SELECT kg.import_fields(n - 'line', '{"id": ["@id"], "type": ["type", "entityType", "labelV", "labels"], "name": ["name", "label", "title"], "importance": ["importance"]}') ||
			jsonb_build_object('line', n -> 'line') FROM kg.graphml_items(document, 'node') n),
		ARRAY(SELECT kg.import_fields(e - 'line' - '@id', '{"source": ["@source"], "target": ["@target"], "type": ["type", "relationType", "labelE", "label", "@label"], "weight": ["weight"],
			"valid_from": ["valid_from"], "valid_to": ["valid_to"], "recorded_at": ["recorded_at"], "expired_at": ["expired_at"]}') || jsonb_build_object('line', e -> 'line') FROM kg.graphml_items(document, 'edge') e),
		'element', coalesce(strict, false), coalesce(create_missing, false)) i;
END
$function$;
COMMENT ON FUNCTION import_graphml_body(text, text, boolean, boolean) IS
	'body of kg.import_graphml';
REVOKE ALL ON FUNCTION import_graphml_body(text, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION import_graphml(
	data text,
	graph text DEFAULT 'kg',
	strict boolean DEFAULT false,
	create_missing boolean DEFAULT false,
	OUT entities bigint,
	OUT relations bigint
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION import_graphml(text, text, boolean, boolean) IS
	'adds the contents of a GraphML file, such as kg.export_graphml writes, to a graph and returns the numbers of new rows; nothing is added twice: an entity is '
	'identified by its name and type, a relation by its ends, type and validity among those that are known now, or that expired at the same time; and if several are alike, by their order. Attributes '
	'that have no column become properties. Elements that cannot be imported are skipped with a notice; strict: they are an error; '
	'create_missing: makes entities of ids that only relations have';

CREATE FUNCTION import_csv_body(nodes text, edges text, graph text, delimiter text, strict boolean, create_missing boolean, OUT entities bigint, OUT relations bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC'
AS $function$
BEGIN
	SELECT i.entities, i.relations INTO entities, relations FROM kg.import_rows(graph,
		ARRAY(SELECT kg.import_fields(r.item, '{"id": [":id", "~id", "id"], "type": [":label", "~label", "type"], "name": ["name", "label", "title"], "importance": ["importance"]}') ||
			jsonb_build_object('line', r.line) FROM kg.csv_objects(nodes, delimiter) r),
		ARRAY(SELECT kg.import_fields(r.item - '{id,~id}'::text[], '{"source": [":start_id", "~from", "source", "from"], "target": [":end_id", "~to", "target", "to"],
			"type": [":type", "~label", "type", "label"], "weight": ["weight"], "valid_from": ["valid_from"], "valid_to": ["valid_to"],
			"recorded_at": ["recorded_at"], "expired_at": ["expired_at"]}') || jsonb_build_object('line', r.line) FROM kg.csv_objects(edges, delimiter) r),
		'line', coalesce(strict, false), coalesce(create_missing, false)) i;
END
$function$;
COMMENT ON FUNCTION import_csv_body(text, text, text, text, boolean, boolean) IS
	'body of kg.import_csv';
REVOKE ALL ON FUNCTION import_csv_body(text, text, text, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION import_csv(
	nodes text,
	edges text,
	graph text DEFAULT 'kg',
	delimiter text DEFAULT ',',
	strict boolean DEFAULT false,
	create_missing boolean DEFAULT false,
	OUT entities bigint,
	OUT relations bigint
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION import_csv(text, text, text, text, boolean, boolean) IS
	'adds the contents of two CSV files with headers, either of which may be null, to a graph, as kg.import_graphml does. Columns of nodes: id, type, name, importance; of edges: source, target, '
	'type, weight, valid_from, valid_to, recorded_at, expired_at; the names that other programs give these (:ID, :LABEL, :START_ID, ~from and so on) serve as well; all other columns '
	'become properties';
