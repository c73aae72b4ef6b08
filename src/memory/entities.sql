-- Entities by id, by type and name, or by name alone; kg.upsert_entities

-- Each name is looked up three ways; the first that leads to an entity wins: entities with
-- resolved, aliases, other entities.
CREATE FUNCTION find_entities(tables regclass[], names text[], types text[], places integer[], OUT ids bigint[], OUT unresolved bigint[], OUT kinds integer[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
BEGIN
	EXECUTE format($query$
		SELECT array_agg(c.id ORDER BY u.n), array_agg(DISTINCT c.id) FILTER (WHERE c.place = 3), array_agg(c.kinds::integer ORDER BY u.n)
		FROM unnest($3::bigint[]) p(place) JOIN unnest($1, $2) WITH ORDINALITY u(name, type, n) ON u.n = p.place LEFT JOIN %4$s t ON t.name = u.type
			CROSS JOIN LATERAL (
				SELECT (array_agg(m.id ORDER BY m.place, m.id))[1] AS id, min(m.place) AS place, CASE WHEN u.type IS NULL THEN count(DISTINCT m.type) END AS kinds
				FROM (
					SELECT e.id, e.type, CASE WHEN e.resolved THEN 1 ELSE 3 END AS place FROM %1$s e
					WHERE kg.name_key(e.name) = kg.name_key(u.name) AND e.content IS NULL AND (u.type IS NULL OR e.type = t.id)
					UNION ALL
					SELECT e.id, e.type, 2 FROM %6$s a JOIN %1$s e ON e.id = a.entity
					WHERE kg.name_key(a.name) = kg.name_key(u.name) AND (u.type IS NULL OR a.type = t.id)
				) m
			) c
		$query$, VARIADIC tables) INTO ids, unresolved, kinds USING names, types, places;
END
$function$;
COMMENT ON FUNCTION find_entities(regclass[], text[], text[], integer[]) IS
	'the entities that the names at these places of the arrays, with these types, or any type where it is null, lead to; unresolved: those without the mark resolved; kinds: among how many types a name has to be chosen';

CREATE FUNCTION check_ids(tables regclass[], what text, numbers integer[], ids bigint[]) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	EXECUTE format('SELECT u.number, u.id FROM unnest($1, $2) u(number, id) WHERE u.id IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s e WHERE e.id = u.id) ORDER BY 1, 2 LIMIT 1', VARIADIC tables)
		INTO wrong USING numbers, ids;
	IF wrong.id IS NOT NULL THEN
		RAISE foreign_key_violation USING
			MESSAGE = CASE WHEN what = '' THEN format('there is no entity %s', wrong.id)
				ELSE format('element %s of %s: there is no entity %s', wrong.number, what, wrong.id) END;
	END IF;
END
$function$;
COMMENT ON FUNCTION check_ids(regclass[], text, integer[], bigint[]) IS
	'raises an error that names the first id that no entity has';

CREATE FUNCTION make_types(tables regclass[], kind text, names text[]) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	type_table CONSTANT text := CASE kind WHEN 'entity' THEN '%4$s' ELSE '%5$s' END;
	missing text[];
BEGIN
	EXECUTE format('SELECT array_agg(DISTINCT u.name) FROM unnest($1) u(name) WHERE u.name IS NOT NULL AND NOT EXISTS (SELECT FROM ' || type_table || ' t WHERE t.name = u.name)', VARIADIC tables)
		INTO missing USING names;
	IF missing IS NOT NULL THEN
		EXECUTE format('INSERT INTO ' || type_table || ' (name) SELECT name FROM unnest($1) u(name) ORDER BY name COLLATE "C" ON CONFLICT DO NOTHING', VARIADIC tables) USING missing;
	END IF;
END
$function$;
COMMENT ON FUNCTION make_types(regclass[], text, text[]) IS
	'makes the types of entities or relations (kind: entity or relation) that are missing';

-- The arrays have a place for each element or end.  Others may come between look-up and
-- INSERT: the unique index on resolved entities decides who is first, then both look again.
CREATE FUNCTION find_or_make(
	tables regclass[],
	what text,
	numbers integer[],
	ids bigint[],
	names text[],
	types text[],
	properties jsonb[],
	embeddings text[],
	importances real[],
	OUT entities bigint[],
	OUT made bigint[]
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	f record;
	places integer[];
	open_places integer[];
	i integer;
	added bigint[];
	has_embeddings CONSTANT boolean := EXISTS (SELECT FROM unnest(embeddings) u(e) WHERE e IS NOT NULL);
	may_mark CONSTANT boolean := has_column_privilege(tables[1], 'resolved', 'UPDATE');
BEGIN
	PERFORM kg.check_ids(tables, what, numbers, ids);
	entities := ids;
	made := '{}';
	-- first those with a type: a name alone may mean one of them
	FOR step IN 1 .. 2 LOOP
		places := ARRAY(SELECT n FROM unnest(ids, types) WITH ORDINALITY u(id, type, n) WHERE id IS NULL AND (type IS NULL) = (step = 2));
		FOR attempt IN 1 .. 4 LOOP
			EXIT WHEN cardinality(places) = 0;
			f := kg.find_entities(tables, names, types, places);
			i := (SELECT min(n) FROM unnest(f.kinds) WITH ORDINALITY u(k, n) WHERE k > 1);
			IF i IS NOT NULL THEN
				RAISE ambiguous_parameter USING
					MESSAGE = concat(format('element %s of %s: ', numbers[places[i]], nullif(what, '')), format('entities of %s types have the name "%s"', f.kinds[i], left(names[places[i]], 200))),
					HINT = 'Give the type, too, or the id.';
			END IF;
			BEGIN
				IF f.unresolved IS NOT NULL AND may_mark THEN
					EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) USING f.unresolved;
					EXECUTE format('UPDATE %1$s SET resolved = true WHERE id = ANY ($1) AND NOT resolved', VARIADIC tables) USING f.unresolved;
				END IF;
			EXCEPTION WHEN unique_violation THEN
				-- another transaction made an entity of that name, which the next look-up finds
				CONTINUE;
			END;
			SELECT array_agg(p ORDER BY n) INTO open_places FROM unnest(places, f.ids) WITH ORDINALITY u(p, id, n) WHERE id IS NULL;
			entities := ARRAY(SELECT coalesce(u.id, g.id) FROM unnest(entities) WITH ORDINALITY u(id, n) LEFT JOIN unnest(places, f.ids) g(p, id) ON g.p = u.n ORDER BY u.n);
			places := coalesce(open_places, '{}');
			EXIT WHEN cardinality(places) = 0;
			IF attempt = 4 THEN
				RAISE unique_violation USING
					MESSAGE = concat(format('element %s of %s: ', numbers[places[1]], nullif(what, '')), format('the name "%s" conflicts with that of another entity', left(names[places[1]], 200))),
					DETAIL = 'It may be one that you may not see, or one that another transaction makes or removes at this time.';
			END IF;
			PERFORM kg.make_types(tables, 'entity', ARRAY(SELECT DISTINCT coalesce(t, 'entity') FROM unnest(types) WITH ORDINALITY u(t, n) JOIN unnest(places) p ON p = n));
			EXECUTE format($query$
				WITH missing AS (
					SELECT DISTINCT ON (t.id, kg.name_key(u.name)) t.id AS type, u.name, u.properties, u.embedding, u.importance
					FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY u(name, type, properties, embedding, importance, n) JOIN unnest($6::bigint[]) p ON p = u.n
						JOIN %4$s t ON t.name = coalesce(u.type, 'entity')
					ORDER BY t.id, kg.name_key(u.name), u.n
				), made AS (
					INSERT INTO %1$s (type, name, resolved, properties, importance$query$ || CASE WHEN has_embeddings THEN ', embedding' ELSE '' END || $query$)
					SELECT type, name, true, coalesce(properties, '{}'), coalesce(importance, 0)$query$ || CASE WHEN has_embeddings THEN ', embedding::%8$s' ELSE '' END || $query$
					FROM missing ORDER BY type, kg.name_key(name)
					ON CONFLICT DO NOTHING RETURNING id
				)
				SELECT array_agg(id) FROM made
				$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO added
				USING names, types, properties, embeddings, importances, places;
			made := made || coalesce(added, '{}');
		END LOOP;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION find_or_make(regclass[], text, integer[], bigint[], text[], text[], jsonb[], text[], real[]) IS
	'the entities with these ids, or of these names and types, null for any type; makes those that are missing, with these values, and marks all as resolved';

CREATE FUNCTION change_entities(tables regclass[], ids bigint[], properties jsonb[], embeddings text[], importances real[], OUT complete boolean, OUT changed bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	with_embeddings CONSTANT boolean := EXISTS (SELECT FROM unnest(embeddings) u(e) WHERE e IS NOT NULL);
	differs CONSTANT text := '(e.properties <> e.properties || g.properties OR e.importance <> g.importance' ||
		CASE WHEN with_embeddings THEN ' OR g.embedding IS NOT NULL AND (e.embedding IS NULL OR e.embedding OPERATOR(kg.<>) g.embedding)' ELSE '' END || ')';
	-- several elements for one entity are merged in their order
	given CONSTANT text := $query$
		WITH u AS MATERIALIZED (
			SELECT * FROM unnest($1, $2, $3, $4) WITH ORDINALITY u(id, properties, embedding, importance, n)
		), g AS MATERIALIZED (
			SELECT u.id, CASE WHEN count(*) = 1 THEN coalesce((array_agg(u.properties))[1], '{}') ELSE (
					SELECT coalesce(jsonb_object_agg(p.key, p.value ORDER BY s.n), '{}') FROM u s CROSS JOIN jsonb_each(s.properties) p WHERE s.id = u.id) END AS properties,
				(array_agg(u.embedding ORDER BY u.n DESC) FILTER (WHERE u.embedding IS NOT NULL))[1]::%8$s AS embedding,
				(array_agg(u.importance ORDER BY u.n DESC) FILTER (WHERE u.importance IS NOT NULL))[1] AS importance
			FROM u GROUP BY u.id
		)$query$;
	wanted bigint;
	locked bigint;
BEGIN
	EXECUTE format(given || ' SELECT array_agg(e.id) FROM %1$s e JOIN g ON g.id = e.id WHERE ' || differs, VARIADIC tables::text[] || kg.embedding_type(tables[1]))
		INTO changed USING ids, properties, embeddings, importances;
	complete := true;
	IF changed IS NULL THEN
		RETURN;
	END IF;
	-- in the order of ids, so that two calls do not wait for each other
	EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) INTO locked USING changed;
	complete := locked = cardinality(changed);
	EXECUTE format(given || $query$, done AS (
			UPDATE %1$s e SET properties = e.properties || g.properties, importance = coalesce(g.importance, e.importance)$query$ ||
			CASE WHEN with_embeddings THEN ', embedding = coalesce(g.embedding, e.embedding)' ELSE '' END || $query$
			FROM g WHERE g.id = e.id AND e.id = ANY ($5) AND $query$ || differs || $query$ RETURNING e.id
		) SELECT array_agg(id) FROM done$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1]))
		INTO changed USING ids, properties, embeddings, importances, changed;
END
$function$;
COMMENT ON FUNCTION change_entities(regclass[], bigint[], jsonb[], text[], real[]) IS
	'merges properties into those of entities, and replaces embedding and importance where given; changed: the entities that this changed; complete: are all still there?';

CREATE FUNCTION add_aliases(tables regclass[], what text, numbers integer[], ids bigint[], names text[]) RETURNS bigint[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	changed bigint[] := '{}';
	wrong record;
	-- an entity's own name needs no alias
	given CONSTANT text := $query$
		SELECT DISTINCT ON (kg.name_key(u.name), e.type) u.number, u.id, e.type, u.name
		FROM unnest($1, $2, $3) u(number, id, name) JOIN %1$s e ON e.id = u.id
		WHERE kg.name_key(u.name) <> kg.name_key(e.name)
		ORDER BY kg.name_key(u.name), e.type, u.number$query$;
BEGIN
	EXECUTE format('WITH g AS (' || given || $query$), done AS (
			INSERT INTO %6$s (entity, type, name, created_at)
			SELECT g.id, g.type, g.name, clock_timestamp() FROM g
			WHERE NOT EXISTS (SELECT FROM %6$s a WHERE kg.name_key(a.name) = kg.name_key(g.name) AND a.type = g.type)
			ORDER BY kg.name_key(g.name), g.type ON CONFLICT DO NOTHING RETURNING entity
		) SELECT array_agg(entity) FROM done$query$, VARIADIC tables) INTO changed USING numbers, ids, names;
	EXECUTE format($query$
		SELECT u.number, u.name FROM unnest($1, $2, $3) u(number, id, name) JOIN %1$s e ON e.id = u.id
		WHERE kg.name_key(u.name) <> kg.name_key(e.name) AND (
			NOT EXISTS (SELECT FROM %6$s a WHERE kg.name_key(a.name) = kg.name_key(u.name) AND a.type = e.type AND a.entity = e.id) OR
			EXISTS (SELECT FROM %1$s o WHERE kg.name_key(o.name) = kg.name_key(u.name) AND o.type = e.type AND o.content IS NULL))
		ORDER BY 1 LIMIT 1$query$, VARIADIC tables) INTO wrong USING numbers, ids, names;
	IF wrong.name IS NOT NULL THEN
		RAISE unique_violation USING
			MESSAGE = format('element %s of %s: the alias "%s" is a name of another entity', wrong.number, what, left(wrong.name, 200)),
			HINT = 'If both are the same, kg.merge_entities makes them one.';
	END IF;
	RETURN coalesce(changed, '{}');
END
$function$;
COMMENT ON FUNCTION add_aliases(regclass[], text, integer[], bigint[], text[]) IS
	'gives entities further names; the entities that had not all of them';

-- A name that an element before has as an alias is looked up once that alias is there.
CREATE FUNCTION entity_runs(names text[], aliases jsonb[]) RETURNS integer[]
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	runs integer[] := '{1}';
	start integer := 1;
	e record;
BEGIN
	FOR e IN
		WITH element AS MATERIALIZED (
			SELECT n::integer, kg.name_key(name) AS key, u.aliases FROM unnest(names, aliases) WITH ORDINALITY u(name, aliases, n)
		), alias AS MATERIALIZED (
			SELECT i.n, kg.name_key(a) AS key
			FROM element i CROSS JOIN jsonb_array_elements_text(CASE WHEN jsonb_typeof(i.aliases) = 'array' THEN i.aliases END) a
			WHERE kg.name_key(a) <> i.key
		)
		SELECT i.n, max(a.n) AS alias FROM element i JOIN alias a ON a.key = i.key AND a.n < i.n GROUP BY i.n ORDER BY i.n LOOP
		IF e.alias >= start THEN
			start := e.n;
			runs := runs || start;
		END IF;
	END LOOP;
	RETURN runs;
END
$function$;
COMMENT ON FUNCTION entity_runs(text[], jsonb[]) IS
	'for kg.upsert_entities: the first elements of runs that can be written at once, one run after another';

CREATE FUNCTION write_entities(
	tables regclass[],
	numbers integer[],
	names text[],
	types text[],
	properties jsonb[],
	embeddings text[],
	importances real[],
	aliases jsonb[],
	OUT ids bigint[],
	OUT made bigint[],
	OUT changed bigint[]
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	f record;
	c record;
	again record;
	a record;
BEGIN
	FOR attempt IN 1 .. 4 LOOP
		f := kg.find_or_make(tables, 'entities', numbers, array_fill(NULL::bigint, ARRAY[cardinality(numbers)]), names, types, properties, embeddings, importances);
		-- what INSERT has not done: the element that an entity was made from, if it is the entity's first, is done
		SELECT array_agg(g.id) AS ids, array_agg(g.properties) AS properties, array_agg(g.embedding) AS embeddings, array_agg(g.importance) AS importances INTO again
		FROM (
			SELECT u.*, u.id = ANY (f.made) AND row_number() OVER (PARTITION BY u.id ORDER BY n) = 1 AND (u.type IS NULL) = bool_and(u.type IS NULL) OVER (PARTITION BY u.id) AS inserted
			FROM unnest(f.entities, types, properties, embeddings, importances) WITH ORDINALITY u(id, type, properties, embedding, importance, n) ORDER BY n) g
		WHERE NOT g.inserted AND num_nonnulls(g.properties, g.embedding, g.importance) > 0;
		changed := '{}';
		EXIT WHEN again.ids IS NULL;
		c := kg.change_entities(tables, again.ids, again.properties, again.embeddings, again.importances);
		changed := coalesce(c.changed, '{}');
		EXIT WHEN c.complete;
	END LOOP;
	ids := f.entities;
	made := f.made;
	SELECT array_agg(u.number) AS numbers, array_agg(u.id) AS ids, array_agg(n) AS names INTO a
	FROM unnest(numbers, f.entities, aliases) u(number, id, aliases) CROSS JOIN jsonb_array_elements_text(CASE WHEN jsonb_typeof(u.aliases) = 'array' THEN u.aliases END) n;
	IF a.names IS NOT NULL THEN
		changed := changed || kg.add_aliases(tables, 'entities', a.numbers, a.ids, a.names);
	END IF;
END
$function$;
COMMENT ON FUNCTION write_entities(regclass[], integer[], text[], text[], jsonb[], text[], real[], jsonb[]) IS
	'for kg.upsert_entities: makes or changes entities, with their aliases; the names are looked up before an alias is added';

CREATE FUNCTION upsert_entities_body(entities jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	numbers integer[];
	names text[];
	types text[];
	properties jsonb[];
	embeddings text[];
	importances real[];
	aliases jsonb[];
	runs integer[] := '{1}';
	has_aliases boolean;
	first integer;
	last integer;
	w record;
	ids bigint[] := '{}';
	made bigint[] := '{}';
	changed bigint[] := '{}';
BEGIN
	PERFORM kg.check_items(entities, 'entities', '{"name": "name", "type": "name?", "properties": "object?", "embedding": "embedding?", "importance": "number?", "aliases": "names?"}');
	BEGIN
		SELECT array_agg(n), array_agg(item ->> 'name'), array_agg(item ->> 'type'), array_agg(CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' END),
			array_agg(item ->> 'embedding'), array_agg((item ->> 'importance')::real), array_agg(item -> 'aliases'), bool_or(jsonb_typeof(item -> 'aliases') = 'array')
		INTO numbers, names, types, properties, embeddings, importances, aliases, has_aliases
		FROM jsonb_array_elements(entities) WITH ORDINALITY e(item, n);
		IF numbers IS NULL THEN
			RETURN;
		END IF;
		IF has_aliases THEN
			runs := kg.entity_runs(names, aliases);
		END IF;
		FOR run IN 1 .. cardinality(runs) LOOP
			first := runs[run];
			last := coalesce(runs[run + 1] - 1, cardinality(numbers));
			w := kg.write_entities(tables, numbers[first:last], names[first:last], types[first:last], properties[first:last], embeddings[first:last], importances[first:last], aliases[first:last]);
			ids := ids || w.ids;
			made := made || w.made;
			changed := changed || w.changed;
		END LOOP;
	EXCEPTION WHEN data_exception THEN
		PERFORM kg.check_values(entities, 'entities', jsonb_build_object('embedding', kg.embedding_type(tables[1]), 'importance', 'real'));
		RAISE;
	END;
	RETURN QUERY SELECT n::integer, u.id, CASE WHEN row_number() OVER (PARTITION BY u.id ORDER BY n) > 1 THEN 'unchanged'
			WHEN m.id IS NOT NULL THEN 'inserted' WHEN h.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END
		FROM unnest(ids) WITH ORDINALITY u(id, n) LEFT JOIN unnest(made) m(id) ON m.id = u.id LEFT JOIN (SELECT DISTINCT x FROM unnest(changed) x) h(id) ON h.id = u.id
		ORDER BY n;
END
$function$;
COMMENT ON FUNCTION upsert_entities_body(jsonb, text) IS
	'body of kg.upsert_entities';
REVOKE ALL ON FUNCTION upsert_entities_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION upsert_entities(entities jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, done text)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upsert_entities(jsonb, text) IS
	'makes or changes entities, [{"name", "type", "properties", "embedding", "importance", "aliases"}, ...]; an entity is identified by its type and kg.name_key(name), or an alias; '
	'properties are merged by ||, embedding and importance replaced where given; the result has a row for each element: its number, the id, and inserted, updated or unchanged';
