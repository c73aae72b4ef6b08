-- What the write verbs share: their JSON arguments, and the tables that they write

-- The verbs name tables by their places in this array: %1$s to %7$s.
CREATE FUNCTION memory_tables(graph text) RETURNS regclass[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry CONSTANT kg.graph := kg.graph_entry(graph);
BEGIN
	IF entry.schema_name IS NULL THEN
		RAISE feature_not_supported USING
			MESSAGE = format('graph "%s" is over tables that were registered', graph),
			HINT = 'Write to these tables with INSERT, UPDATE and DELETE; kg''s verbs write to graphs of kg.create_graph.';
	END IF;
	PERFORM kg.check_graph(graph);
	IF kg.graph_language(graph) IS NULL THEN
		RAISE undefined_column USING
			MESSAGE = format('graph "%s" has no columns for texts and two times', graph),
			HINT = format('SELECT kg.upgrade_graph(%L) adds them.', graph);
	END IF;
	RETURN ARRAY[
		format('%I.%I', entry.schema_name, entry.entity_table)::regclass,
		format('%I.%I', entry.schema_name, entry.relation_table)::regclass,
		format('%I.%I', entry.schema_name, entry.observation_table)::regclass,
		format('%I.%I', entry.schema_name, entry.entity_type_table)::regclass,
		format('%I.%I', entry.schema_name, entry.relation_type_table)::regclass,
		format('%I.alias', entry.schema_name)::regclass,
		format('%I.change', entry.schema_name)::regclass];
END
$function$;
COMMENT ON FUNCTION memory_tables(text) IS
	'the tables of a graph that the verbs may write: entities, relations, observations, entity types, relation types, aliases, changes';

CREATE FUNCTION embedding_type(entities regclass) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce((SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
		WHERE a.attrelid = entities AND a.attname = 'embedding' AND NOT a.attisdropped), 'kg.vector')
$function$;
COMMENT ON FUNCTION embedding_type(regclass) IS
	'the type of the embeddings in a table of entities, with its dimensions';

-- Of control characters, spaces of any kind, and characters that are not seen
CREATE FUNCTION is_blank(name text) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN name ~ '^[\u0001-\u0020\u007f\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\ufeff]+$';
COMMENT ON FUNCTION is_blank(text) IS
	'has a name nothing that can be seen, but is not empty?';

-- A shape gives each key its kind; "?" after the kind: the key may be missing or null.  An empty
-- "what": the one element is the arguments of a function.
CREATE FUNCTION check_items(items jsonb, what text, shape jsonb) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	IF jsonb_typeof(items) IS DISTINCT FROM 'array' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('%s must be a JSON array of objects, not %s', what, coalesce(left(items::text, 100), 'NULL'));
	END IF;
	WITH element AS MATERIALIZED (
		SELECT n, item, jsonb_typeof(item) = 'object' AS is_object FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n)
	), member AS (
		SELECT e.n, m.key, m.value, s.kind, jsonb_typeof(m.value) AS type, CASE WHEN jsonb_typeof(m.value) = 'string' THEN m.value #>> '{}' END AS string
		FROM element e CROSS JOIN LATERAL jsonb_each(CASE WHEN e.is_object THEN e.item END) m LEFT JOIN jsonb_each_text(shape) s(key, kind) ON s.key = m.key
	), named AS (
		SELECT m.*, rtrim(m.kind, '?') IN ('name', 'names', 'entity', 'entities') AND CASE WHEN string IS NOT NULL THEN kg.is_blank(string)
				WHEN type IN ('array', 'object') THEN EXISTS (SELECT FROM jsonb_path_query(value, '$.** ? (@.type() == "string")') s WHERE kg.is_blank(s #>> '{}')) END IS TRUE AS blank
		FROM member m
	), problem AS (
		SELECT n, 'no object'::text AS problem, item AS value FROM element WHERE NOT is_object
		UNION ALL
		SELECT n, format('"%s" is missing', s.key), NULL
		FROM element e CROSS JOIN jsonb_each_text(shape) s(key, kind)
		WHERE e.is_object AND right(s.kind, 1) <> '?' AND (e.item ->> s.key) IS NULL
		UNION ALL
		SELECT n, CASE WHEN kind IS NULL THEN format('unknown key "%s"', key) WHEN blank THEN format('"%s" has a name of nothing but blanks', key) ELSE format('"%s" is no %s', key, CASE rtrim(kind, '?')
				WHEN 'name' THEN 'name of 1 to 2000 bytes' WHEN 'names' THEN 'array of names of 1 to 2000 bytes' WHEN 'time' THEN 'string with a time' WHEN 'text' THEN 'string' WHEN 'filled' THEN 'string with text'
				WHEN 'entity' THEN 'id, name or {"name": ..., "type": ...}' WHEN 'entities' THEN 'array of ids, names or {"name": ..., "type": ...}'
				WHEN 'embedding' THEN 'array of numbers' ELSE rtrim(kind, '?') END) END, value
		FROM named
		WHERE kind IS NULL OR blank OR type <> 'null' AND CASE rtrim(kind, '?')
			WHEN 'name' THEN octet_length(string) BETWEEN 1 AND 2000
			WHEN 'text' THEN string IS NOT NULL
			WHEN 'filled' THEN string ~ '\S'
			WHEN 'time' THEN string IS NOT NULL
			WHEN 'number' THEN type = 'number'
			WHEN 'integer' THEN type = 'number' AND value::text ~ '^-?\d{1,10}$' AND value::text::bigint BETWEEN -2147483648 AND 2147483647
			WHEN 'object' THEN type = 'object'
			WHEN 'embedding' THEN type = 'array' OR string IS NOT NULL
			WHEN 'names' THEN type = 'array' AND NOT EXISTS (
				SELECT FROM jsonb_array_elements(value) a
				WHERE jsonb_typeof(a) <> 'string' OR octet_length(a #>> '{}') NOT BETWEEN 1 AND 2000)
			ELSE rtrim(kind, '?') IN ('entity', 'entities') AND (rtrim(kind, '?') = 'entity' OR type = 'array') AND NOT EXISTS (
				SELECT FROM jsonb_array_elements(CASE WHEN rtrim(kind, '?') = 'entity' THEN jsonb_build_array(value) ELSE value END) a
				WHERE CASE jsonb_typeof(a)
					WHEN 'number' THEN a::text ~ '^\d{1,18}$'
					WHEN 'string' THEN octet_length(a #>> '{}') BETWEEN 1 AND 2000
					WHEN 'object' THEN jsonb_typeof(a -> 'name') = 'string' AND octet_length(a ->> 'name') BETWEEN 1 AND 2000 AND a - '{name,type}'::text[] = '{}' AND
						(coalesce(jsonb_typeof(a -> 'type'), 'null') = 'null' OR jsonb_typeof(a -> 'type') = 'string' AND octet_length(a ->> 'type') BETWEEN 1 AND 2000)
					END IS NOT TRUE) END IS NOT TRUE
	)
	SELECT * INTO wrong FROM problem p ORDER BY p.n, p.value IS NULL DESC, p.problem LIMIT 1;
	IF wrong.n IS NOT NULL AND what = '' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = wrong.problem || coalesce(': ' || left(wrong.value::text, 100), '');
	END IF;
	IF wrong.n IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('element %s of %s: %s', wrong.n, what, wrong.problem) || coalesce(': ' || left(wrong.value::text, 100), ''),
			HINT = format('An element is an object with the keys %s; those in brackets may be missing.',
				(SELECT string_agg(CASE WHEN right(kind, 1) = '?' THEN '[' || key || ']' ELSE key END, ', ' ORDER BY right(kind, 1) = '?', key) FROM jsonb_each_text(shape) s(key, kind)));
	END IF;
END
$function$;
COMMENT ON FUNCTION check_items(jsonb, text, jsonb) IS
	'raises an error about the first element of a verb''s argument that is not of this shape';

CREATE FUNCTION check_values(items jsonb, what text, casts jsonb) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	v record;
	message text;
	hint text;
BEGIN
	BEGIN
		EXECUTE (SELECT format('SELECT %s FROM jsonb_array_elements($1) item', string_agg(format('count((item ->> %L)::%s)', c.key, c.type), ', ')) FROM jsonb_each_text(casts) c(key, type)) USING items;
		RETURN;
	EXCEPTION WHEN data_exception THEN
		NULL;	-- the loop finds the value
	END;
	FOR v IN SELECT n, c.key, c.type, item ->> c.key AS value
		FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n) CROSS JOIN jsonb_each_text(casts) c(key, type)
		WHERE item ->> c.key IS NOT NULL ORDER BY n, c.key LOOP
		BEGIN
			EXECUTE format('SELECT $1::%s', v.type) USING v.value;
		EXCEPTION WHEN data_exception THEN
			GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
			RAISE invalid_parameter_value USING
				MESSAGE = format('element %s of %s: wrong "%s": %s', v.n, what, v.key, left(message, 200)),
				DETAIL = format('The value is %s.', left(v.value, 100));
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION check_values(jsonb, text, jsonb) IS
	'raises an error about the first element of a verb''s argument with a value that is none of its type; casts: the types by key';

CREATE FUNCTION check_validity(items jsonb, what text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	SELECT n, item INTO wrong FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n)
	WHERE (item ->> 'valid_from')::timestamptz >= (item ->> 'valid_to')::timestamptz ORDER BY n LIMIT 1;
	IF wrong.n IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('element %s of %s: valid_from %s is not before valid_to %s', wrong.n, what, wrong.item ->> 'valid_from', wrong.item ->> 'valid_to');
	END IF;
END
$function$;
COMMENT ON FUNCTION check_validity(jsonb, text) IS
	'raises an error about the first element whose validity ends before it starts';

CREATE FUNCTION lock_subjects(graph text, written regclass, kind text, numbers bigint[]) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_lock_subjects'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION lock_subjects(text, regclass, text, bigint[]) IS
	'locks entities of a graph (kind: entity) or documents (kind: document, numbers: their hashes) against other verbs until the transaction ends; '
	'the caller must have the right to write the table';

CREATE FUNCTION check_snapshot(written regclass, subject name, subjects anyarray) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_snapshot'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION check_snapshot(regclass, name, anyarray) IS
	'at REPEATABLE READ: a serialization failure if others have written rows with these values in the column that the transaction does not see';

CREATE FUNCTION log_change() RETURNS trigger
	AS 'MODULE_PATHNAME', 'kg_log_change'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION log_change() IS
	'trigger function, AFTER UPDATE of a graph''s table of entities: writes the old name, type, properties and content to the table change, as the table''s owner';
