-- kg.set_relation_type, kg.upsert_relations

CREATE FUNCTION one_at_a_time_constraint(relation_table regclass, type integer) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT c.conname::text FROM pg_constraint c
	WHERE c.conrelid = relation_table AND c.contype = 'x' AND c.conname = 'relation_one_at_a_time_' || type
$function$;
COMMENT ON FUNCTION one_at_a_time_constraint(regclass, integer) IS
	'the exclusion constraint that lets a source have one relation of this type at a time, or null if there is none';

CREATE FUNCTION set_relation_type_body(name text, one_at_a_time boolean, graph text) RETURNS integer
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC'
	SET datestyle = 'ISO'
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	type_id integer;
	present boolean;
	c record;
BEGIN
	IF name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 2000 OR kg.is_blank(name) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('the name of a relation type has 1 to 2000 bytes, not all of them blanks; it is %s', coalesce('"' || left(name, 100) || '"', 'NULL'));
	END IF;
	IF one_at_a_time IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'one_at_a_time must not be null';
	END IF;
	PERFORM kg.make_types(tables, 'relation', ARRAY[name]);
	EXECUTE format('SELECT id FROM %5$s t WHERE t.name = $1', VARIADIC tables) INTO type_id USING name;
	IF type_id IS NULL THEN
		RAISE unique_violation USING MESSAGE = format('relation type "%s" conflicts with one that you may not see', left(name, 200));
	END IF;
	-- The second look is behind the lock that ALTER TABLE takes anyway.
	IF (kg.one_at_a_time_constraint(tables[2], type_id) IS NOT NULL) = one_at_a_time THEN
		RETURN type_id;
	END IF;
	EXECUTE format('LOCK TABLE %2$s IN ACCESS EXCLUSIVE MODE', VARIADIC tables);
	present := kg.one_at_a_time_constraint(tables[2], type_id) IS NOT NULL;
	IF one_at_a_time AND NOT present THEN
		EXECUTE format($query$
			SELECT r.source, r.id AS first, n.id AS second, tstzrange(r.valid_from, r.valid_to) AS first_valid, tstzrange(n.valid_from, n.valid_to) AS second_valid
			FROM %2$s r JOIN %2$s n ON n.source = r.source AND n.type = r.type AND n.id > r.id AND n.expired_at IS NULL AND
				tstzrange(n.valid_from, n.valid_to) && tstzrange(r.valid_from, r.valid_to)
			WHERE r.type = $1 AND r.expired_at IS NULL ORDER BY r.id, n.id LIMIT 1
			$query$, VARIADIC tables) INTO c USING type_id;
		IF c.first IS NOT NULL THEN
			RAISE exclusion_violation USING
				MESSAGE = format('relations %s and %s of type "%s" are valid at the same time', c.first, c.second, name),
				DETAIL = format('Their source is entity %s; %s overlaps %s.', c.source, c.first_valid, c.second_valid),
				HINT = 'Retract one of them with kg.retract, or correct its valid_from or valid_to.';
		END IF;
		EXECUTE format('ALTER TABLE %2$s ADD CONSTRAINT %8$I EXCLUDE USING gist (int8range(source, source, ''[]'') WITH &&, tstzrange(valid_from, valid_to) WITH &&) WHERE (expired_at IS NULL AND type = %9$s)',
			VARIADIC tables::text[] || ARRAY['relation_one_at_a_time_' || type_id, type_id::text]);
	ELSIF present AND NOT one_at_a_time THEN
		EXECUTE format('ALTER TABLE %2$s DROP CONSTRAINT %8$I', VARIADIC tables::text[] || ('relation_one_at_a_time_' || type_id));
	END IF;
	RETURN type_id;
END
$function$;
COMMENT ON FUNCTION set_relation_type_body(text, boolean, text) IS
	'body of kg.set_relation_type';
REVOKE ALL ON FUNCTION set_relation_type_body(text, boolean, text) FROM PUBLIC;

CREATE FUNCTION set_relation_type(name text, one_at_a_time boolean, graph text DEFAULT 'kg') RETURNS integer
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_relation_type(text, boolean, text) IS
	'makes a relation type if it is missing and says whether an entity has one relation of the type at a time, as source, or many; returns the type''s id; '
	'only the owner of the table of relations may change this, since it is an exclusion constraint';

-- An end is an id, a name or an object.  It becomes an id, or a name with a type or null.
CREATE FUNCTION entity_ends(ends jsonb[], OUT ids bigint[], OUT names text[], OUT types text[])
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT coalesce(array_agg(CASE WHEN jsonb_typeof(u.e) = 'number' THEN (u.e)::bigint END ORDER BY n), '{}'),
		coalesce(array_agg(CASE jsonb_typeof(u.e) WHEN 'string' THEN u.e #>> '{}' WHEN 'object' THEN u.e ->> 'name' END ORDER BY n), '{}'),
		coalesce(array_agg(CASE WHEN jsonb_typeof(u.e) = 'object' THEN u.e ->> 'type' END ORDER BY n), '{}')
	FROM unnest(ends) WITH ORDINALITY u(e, n)
$function$;
COMMENT ON FUNCTION entity_ends(jsonb[]) IS
	'entities as the verbs'' JSON gives them: an id, a name, or an object with name and type';

CREATE FUNCTION find_or_make_ends(tables regclass[], what text, numbers integer[], ends jsonb[]) RETURNS bigint[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	e record;
BEGIN
	e := kg.entity_ends(ends);
	RETURN (kg.find_or_make(tables, what, numbers, e.ids, e.names, e.types, NULL, NULL, NULL)).entities;
END
$function$;
COMMENT ON FUNCTION find_or_make_ends(regclass[], text, integer[], jsonb[]) IS
	'the ids of entities as the verbs'' JSON gives them; makes those that are missing';

-- Writes versions of facts: an array of each column of the new ones, and the ids that expire.
-- "at" comes after the locks, so times of a subject only grow.
CREATE FUNCTION write_relations(
	tables regclass[],
	expire bigint[],
	relations jsonb
) RETURNS TABLE (place integer, relation bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	at timestamptz := clock_timestamp();
	expired bigint;
BEGIN
	IF cardinality(expire) > 0 THEN
		-- a clock may be set back
		EXECUTE format('SELECT greatest($2, max(recorded_at)) FROM (SELECT recorded_at FROM %2$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) INTO at USING expire, at;
		EXECUTE format('UPDATE %2$s SET expired_at = $2, expired_by = current_user WHERE id = ANY ($1) AND expired_at IS NULL', VARIADIC tables) USING expire, at;
		GET DIAGNOSTICS expired = ROW_COUNT;
		IF expired < cardinality(expire) THEN
			RAISE serialization_failure USING
				MESSAGE = 'a relation has been changed by another transaction, or you may not change it',
				HINT = 'Try again.';
		END IF;
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH given AS MATERIALIZED (
			SELECT g.*, row_number() OVER (ORDER BY place) AS row FROM jsonb_to_recordset($1) g(place integer, source bigint, target bigint, type integer, weight real, properties jsonb,
				valid_from timestamptz, valid_to timestamptz, created_at timestamptz, created_by text)
		), done AS (
			INSERT INTO %2$s (source, target, type, weight, properties, valid_from, valid_to, recorded_at, created_at, created_by)
			SELECT source, target, type, coalesce(weight, 1), coalesce(properties, '{}'), nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity'), $2, coalesce(created_at, $2), coalesce(created_by, current_user)
			FROM given ORDER BY row RETURNING id
		)
		SELECT g.place, d.id FROM given g JOIN (SELECT id, row_number() OVER () AS row FROM done) d ON d.row = g.row ORDER BY 1
		$query$, VARIADIC tables) USING relations, at;
END
$function$;
COMMENT ON FUNCTION write_relations(regclass[], bigint[], jsonb) IS
	'lets relations expire and inserts others, all at one time; relations: an array of objects with the columns of a relation, and "place", which is returned with the id';

CREATE FUNCTION upsert_relations_body(relations jsonb, graph text) RETURNS TABLE (number integer, id bigint, source bigint, target bigint, done text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	n CONSTANT integer := CASE WHEN jsonb_typeof(relations) = 'array' THEN jsonb_array_length(relations) END;
	numbers integer[];
	ends jsonb[];
	types text[];
	found_ends bigint[];
	plan jsonb;
BEGIN
	PERFORM kg.check_items(relations, 'relations', '{"source": "entity", "target": "entity", "type": "name", "weight": "number?", "properties": "object?", "valid_from": "time?", "valid_to": "time?"}');
	IF n = 0 THEN
		RETURN;
	END IF;
	PERFORM kg.check_values(relations, 'relations', '{"valid_from": "timestamptz", "valid_to": "timestamptz", "weight": "real"}');
	SELECT array_agg(o), array_agg(item -> 'source' ORDER BY o) || array_agg(item -> 'target' ORDER BY o), array_agg(item ->> 'type' ORDER BY o) INTO numbers, ends, types
	FROM jsonb_array_elements(relations) WITH ORDINALITY e(item, o);
	PERFORM kg.check_validity(relations, 'relations');
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			found_ends := kg.find_or_make_ends(tables, 'relations', numbers || numbers, ends);
			PERFORM kg.make_types(tables, 'relation', types);
			PERFORM kg.lock_subjects(graph, tables[2], 'entity', found_ends[:n]);
			PERFORM kg.check_snapshot(tables[2], 'source', found_ends[:n]);
			-- The plan has a row for each different relation of the input: the known row, if there is one, and what is to be written.
			EXECUTE format($query$
				WITH u AS MATERIALIZED (
					SELECT o, s AS source, d AS target, t.id AS type, (item ->> 'weight')::real AS weight, CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' END AS properties,
						nullif((item ->> 'valid_from')::timestamptz, '-infinity') AS valid_from, nullif((item ->> 'valid_to')::timestamptz, 'infinity') AS valid_to
					FROM jsonb_array_elements($1) WITH ORDINALITY e(item, o) JOIN unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY f(s, d, p) ON f.p = e.o JOIN %5$s t ON t.name = item ->> 'type'
				), g AS MATERIALIZED (
					SELECT min(o) AS place, array_agg(o ORDER BY o) AS places, source, target, type, valid_from, valid_to,
						(array_agg(weight ORDER BY o DESC) FILTER (WHERE weight IS NOT NULL))[1] AS weight,
						CASE WHEN count(*) = 1 THEN coalesce((array_agg(properties))[1], '{}') ELSE (
							SELECT coalesce(jsonb_object_agg(p.key, p.value ORDER BY a.k), '{}') FROM unnest(array_agg(u.properties ORDER BY o)) WITH ORDINALITY a(properties, k) CROSS JOIN jsonb_each(a.properties) p) END AS properties
					FROM u GROUP BY source, target, type, valid_from, valid_to
				), known AS MATERIALIZED (
					SELECT DISTINCT ON (g.place) g.place, r.id, r.weight, r.properties, r.created_at, r.created_by
					FROM g JOIN %2$s r ON r.source = g.source AND r.target = g.target AND r.type = g.type AND r.expired_at IS NULL AND
						nullif(r.valid_from, '-infinity') IS NOT DISTINCT FROM g.valid_from AND nullif(r.valid_to, 'infinity') IS NOT DISTINCT FROM g.valid_to
					ORDER BY g.place, r.id
				)
				SELECT jsonb_agg(jsonb_build_object('place', g.place, 'places', g.places, 'source', g.source, 'target', g.target, 'type', g.type, 'valid_from', g.valid_from, 'valid_to', g.valid_to,
					'id', k.id, 'weight', coalesce(g.weight, k.weight), 'properties', coalesce(k.properties || g.properties, g.properties),
					'done', CASE WHEN k.id IS NULL THEN 'inserted' WHEN k.weight <> g.weight OR k.properties <> k.properties || g.properties THEN 'updated' ELSE 'unchanged' END) ORDER BY g.place)
				FROM g LEFT JOIN known k ON k.place = g.place
				$query$, VARIADIC tables) INTO plan USING relations, found_ends[:n], found_ends[n + 1:];
			PERFORM kg.check_one_at_a_time(tables, plan);
			RETURN QUERY
				WITH written AS MATERIALIZED (
					SELECT * FROM kg.write_relations(tables, ARRAY(SELECT (p ->> 'id')::bigint FROM jsonb_array_elements(plan) p WHERE p ->> 'done' = 'updated'),
						(SELECT coalesce(jsonb_agg(p), '[]') FROM jsonb_array_elements(plan) p WHERE p ->> 'done' <> 'unchanged'))
				)
				SELECT a.o::integer, coalesce(w.relation, (p ->> 'id')::bigint), (p ->> 'source')::bigint, (p ->> 'target')::bigint,
					CASE WHEN a.o = p ->> 'place' THEN p ->> 'done' ELSE 'unchanged' END
				FROM jsonb_array_elements(plan) p CROSS JOIN LATERAL jsonb_array_elements_text(p -> 'places') a(o) LEFT JOIN written w ON w.place = (p ->> 'place')::integer
				ORDER BY 1;
			RETURN;
		EXCEPTION WHEN foreign_key_violation THEN
			-- an entity was merged or forgotten after it was found
			IF attempt = 4 OR SQLERRM LIKE 'element %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION upsert_relations_body(jsonb, text) IS
	'body of kg.upsert_relations';
REVOKE ALL ON FUNCTION upsert_relations_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION check_one_at_a_time(tables regclass[], plan jsonb) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	types CONSTANT integer[] := ARRAY(
		SELECT t FROM (SELECT DISTINCT (p ->> 'type')::integer AS t FROM jsonb_array_elements(plan) p) q WHERE kg.one_at_a_time_constraint(tables[2], t) IS NOT NULL);
	wrong record;
BEGIN
	IF types = '{}' THEN
		RETURN;
	END IF;
	EXECUTE format($query$
		WITH g AS MATERIALIZED (
			SELECT * FROM jsonb_to_recordset($1) g(place integer, source bigint, target bigint, type integer, valid_from timestamptz, valid_to timestamptz, id bigint) WHERE type = ANY ($2)
		)
		SELECT g.place, t.name, c.what
		FROM g JOIN %5$s t ON t.id = g.type CROSS JOIN LATERAL (
			SELECT 1 AS k, format('element %%s', o.place) AS what FROM g o WHERE o.place < g.place AND o.source = g.source AND o.type = g.type AND tstzrange(o.valid_from, o.valid_to) && tstzrange(g.valid_from, g.valid_to)
			UNION ALL
			SELECT 2, format('relation %%s', r.id) FROM %2$s r WHERE r.source = g.source AND r.type = g.type AND r.expired_at IS NULL AND r.id IS DISTINCT FROM g.id AND
				tstzrange(r.valid_from, r.valid_to) && tstzrange(g.valid_from, g.valid_to)
			ORDER BY 1, 2 LIMIT 1) c
		ORDER BY 1 LIMIT 1
		$query$, VARIADIC tables) INTO wrong USING plan, types;
	IF wrong.place IS NOT NULL THEN
		RAISE exclusion_violation USING
			MESSAGE = format('element %s of relations is valid at the same time as %s, and type "%s" is one at a time', wrong.place, wrong.what, left(wrong.name, 200)),
			HINT = 'kg.assert_fact lets the new fact supersede the older one.';
	END IF;
END
$function$;
COMMENT ON FUNCTION check_one_at_a_time(regclass[], jsonb) IS
	'raises an error about the first relation that kg.upsert_relations may not insert because of another one of its source';

CREATE FUNCTION upsert_relations(relations jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, source bigint, target bigint, done text)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upsert_relations(jsonb, text) IS
	'makes or changes relations, [{"source", "target", "type", "weight", "properties", "valid_from", "valid_to"}, ...]; an end is an id, a name, or {"name", "type"}, and is made if it is missing; '
	'a relation is identified by its ends, type and validity; properties are merged by ||, the weight replaced where given, in a new row, and the older row expires; '
	'the result has a row for each element: its number, the id, both ends, and inserted, updated or unchanged';
