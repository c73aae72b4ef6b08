-- kg.merge_entities, kg.forget

CREATE FUNCTION check_unreferenced(graph text, entity bigint) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_check_unreferenced'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION check_unreferenced(text, bigint) IS
	'raises an error if rows still refer to an entity, also if they are hidden from the caller, who must have the right to delete entities';

-- The facts of both that are known; where they cannot be both, those of "kept" stay.
CREATE FUNCTION plan_merge(tables regclass[], duplicate bigint, kept bigint, OUT expire bigint[], OUT relations jsonb)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	single integer[];
BEGIN
	EXECUTE format('SELECT array_agg(DISTINCT r.type) FROM %2$s r WHERE r.source = $1', VARIADIC tables) INTO single USING duplicate;
	single := ARRAY(SELECT t FROM unnest(single) t WHERE kg.one_at_a_time_constraint(tables[2], t) IS NOT NULL);
	EXECUTE format($query$
		WITH moved AS MATERIALIZED (
			SELECT r.id, CASE r.source WHEN $1 THEN $2 ELSE r.source END AS source, CASE r.target WHEN $1 THEN $2 ELSE r.target END AS target, r.type, r.weight, r.properties,
				nullif(r.valid_from, '-infinity') AS valid_from, nullif(r.valid_to, 'infinity') AS valid_to, r.created_at, r.created_by, r.source <> r.target AS has_two_ends, r.source = $1 AS is_source
			FROM %2$s r WHERE (r.source = $1 OR r.target = $1) AND r.expired_at IS NULL
		), fate AS MATERIALIZED (
			SELECT m.*,
				-- a relation between both would lead from the entity to itself
				m.source = m.target AND m.has_two_ends OR
				-- the same fact is known of the other one
				EXISTS (SELECT FROM %2$s k WHERE k.source = m.source AND k.target = m.target AND k.type = m.type AND k.expired_at IS NULL AND k.id <> m.id AND
					nullif(k.valid_from, '-infinity') IS NOT DISTINCT FROM m.valid_from AND nullif(k.valid_to, 'infinity') IS NOT DISTINCT FROM m.valid_to) AS dropped,
				-- what the other one's facts of a type that is one at a time leave of this period
				CASE WHEN m.is_source AND m.type = ANY ($3) THEN tstzmultirange(tstzrange(m.valid_from, m.valid_to)) - coalesce((
					SELECT range_agg(tstzrange(nullif(k.valid_from, '-infinity'), nullif(k.valid_to, 'infinity'))) FROM %2$s k WHERE k.source = $2 AND k.target <> $1 AND k.type = m.type AND k.expired_at IS NULL), '{}') END AS rest
			FROM moved m
		), expiring AS MATERIALIZED (
			SELECT f.*, f.dropped OR coalesce(f.rest <> tstzmultirange(tstzrange(f.valid_from, f.valid_to)), false) AS expires FROM fate f
		)
		SELECT coalesce((SELECT array_agg(e.id ORDER BY e.id) FROM expiring e WHERE e.expires), '{}'),
			coalesce((SELECT jsonb_agg(jsonb_build_object('place', 1, 'source', e.source, 'target', e.target, 'type', e.type, 'weight', e.weight, 'properties', e.properties,
				'valid_from', lower(part), 'valid_to', upper(part), 'created_at', e.created_at, 'created_by', e.created_by))
				FROM expiring e CROSS JOIN LATERAL unnest(e.rest) part WHERE e.expires AND NOT e.dropped), '[]')
		$query$, VARIADIC tables) INTO expire, relations USING duplicate, kept, single;
END
$function$;
COMMENT ON FUNCTION plan_merge(regclass[], bigint, bigint) IS
	'for kg.merge_entities: the relations of the duplicate that expire, and what is inserted for the times that are left of them';

CREATE FUNCTION merge_entities_body(duplicate bigint, kept bigint, graph text, OUT relations bigint, OUT observations bigint, OUT expired bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	plan record;
	old record;
	detail jsonb;
	sources bigint[];
	subjects bigint[] := '{}';
	n bigint;
BEGIN
	IF duplicate IS NULL OR kept IS NULL OR duplicate = kept THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('two different entities are needed, not %s and %s', coalesce(duplicate::text, 'NULL'), coalesce(kept::text, 'NULL'));
	END IF;
	-- Subjects of facts about the duplicate are locked, too: one may be told the same of the other one.  Once the duplicate's
	-- row is locked, nobody inserts a row that refers to it: foreign keys would lock it.
	LOOP
		EXECUTE format('SELECT array_agg(DISTINCT r.source) FROM %2$s r WHERE r.target = $1', VARIADIC tables) INTO sources USING duplicate;
		EXIT WHEN sources <@ subjects OR sources IS NULL AND subjects <> '{}';
		subjects := ARRAY[duplicate, kept] || sources;
		PERFORM kg.lock_subjects(graph, tables[2], 'entity', subjects);
		EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id IN ($1, $2) ORDER BY id FOR UPDATE) q', VARIADIC tables) INTO n USING duplicate, kept;
	END LOOP;
	PERFORM kg.check_snapshot(tables[2], 'source', subjects);
	PERFORM kg.check_snapshot(tables[2], 'target', ARRAY[duplicate, kept]);
	PERFORM kg.check_snapshot(tables[3], 'entity', ARRAY[duplicate, kept]);
	PERFORM kg.check_ids(tables, '', '{1,1}', ARRAY[duplicate, kept]);
	IF n < 2 THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('entities %s and %s may not both be changed', duplicate, kept);
	END IF;
	EXECUTE format('SELECT e.*, t.name AS type_name FROM %1$s e JOIN %4$s t ON t.id = e.type WHERE e.id = $1', VARIADIC tables) INTO old USING duplicate;
	EXECUTE format('SELECT count(*) FROM %1$s e WHERE e.id IN ($1, $2) AND e.content IS NOT NULL', VARIADIC tables) INTO n USING duplicate, kept;
	IF n > 0 THEN
		RAISE wrong_object_type USING
			MESSAGE = format('entities %s and %s cannot be merged: passages stay apart', duplicate, kept);
	END IF;

	plan := kg.plan_merge(tables, duplicate, kept);
	expired := plan.expire;
	PERFORM kg.write_relations(tables, plan.expire, plan.relations);
	EXECUTE format('UPDATE %2$s SET source = CASE source WHEN $1 THEN $2 ELSE source END, target = CASE target WHEN $1 THEN $2 ELSE target END WHERE source = $1 OR target = $1', VARIADIC tables)
		USING duplicate, kept;
	GET DIAGNOSTICS relations = ROW_COUNT;
	-- an observation that both have is known once
	EXECUTE format($query$
		UPDATE %3$s o SET entity = $2,
			expired_at = CASE WHEN d.twice THEN greatest(clock_timestamp(), o.recorded_at) ELSE o.expired_at END,
			expired_by = CASE WHEN d.twice THEN current_user ELSE o.expired_by END
		FROM (
			SELECT u.id, u.expired_at IS NULL AND EXISTS (SELECT FROM %3$s k WHERE k.entity = $2 AND k.content = u.content AND k.expired_at IS NULL AND
				nullif(k.valid_from, '-infinity') IS NOT DISTINCT FROM nullif(u.valid_from, '-infinity') AND
				nullif(k.valid_to, 'infinity') IS NOT DISTINCT FROM nullif(u.valid_to, 'infinity')) AS twice
			FROM %3$s u WHERE u.entity = $1) d
		WHERE d.id = o.id
		$query$, VARIADIC tables) USING duplicate, kept;
	GET DIAGNOSTICS observations = ROW_COUNT;
	EXECUTE format('UPDATE %6$s SET entity = $2 WHERE entity = $1', VARIADIC tables) USING duplicate, kept;
	EXECUTE format('UPDATE %7$s SET entity = $2 WHERE entity = $1', VARIADIC tables) USING duplicate, kept;

	detail := jsonb_build_object('entity', duplicate, 'name', old.name, 'type', old.type_name, 'properties', old.properties, 'importance', old.importance,
		'created_at', old.created_at, 'created_by', old.created_by, 'expired', to_jsonb(expired));
	EXECUTE format('INSERT INTO %7$s (entity, action, detail) VALUES ($1, ''merge'', $2)', VARIADIC tables) USING kept, detail;
	PERFORM kg.check_unreferenced(graph, duplicate);
	EXECUTE format('DELETE FROM %1$s WHERE id = $1', VARIADIC tables) USING duplicate;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n = 0 THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('entity %s may not be deleted', duplicate);
	END IF;
	EXECUTE format('UPDATE %1$s e SET properties = $2 || e.properties, embedding = coalesce(e.embedding, $3), importance = greatest(e.importance, $4) WHERE e.id = $1', VARIADIC tables)
		USING kept, old.properties, old.embedding, old.importance;
	-- a name that another entity has stays with that one
	EXECUTE format($query$
		INSERT INTO %6$s (entity, type, name, created_at)
		SELECT $1, $2, $3, clock_timestamp()
		WHERE NOT EXISTS (SELECT FROM %1$s e WHERE kg.name_key(e.name) = kg.name_key($3) AND e.type = $2 AND e.content IS NULL)
		ON CONFLICT DO NOTHING
		$query$, VARIADIC tables) USING kept, old.type, old.name;
END
$function$;
COMMENT ON FUNCTION merge_entities_body(bigint, bigint, text) IS
	'body of kg.merge_entities';
REVOKE ALL ON FUNCTION merge_entities_body(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION merge_entities(duplicate bigint, kept bigint, graph text DEFAULT 'kg', OUT relations bigint, OUT observations bigint, OUT expired bigint[])
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION merge_entities(bigint, bigint, text) IS
	'makes two entities one: relations, observations, aliases and history of the duplicate move to the one that is kept, its name becomes an alias, and it is deleted; properties of the kept one win, '
	'embedding and importance are taken where it has none; relations between both expire, and so do facts that both have, and those of a type that is one at a time where the kept one has another; '
	'result: numbers of rows moved, and the relations that expired';

CREATE FUNCTION forget_body(entity bigint, graph text, OUT relations bigint, OUT observations bigint, OUT aliases bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	n bigint;
BEGIN
	IF entity IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'entity must not be null';
	END IF;
	PERFORM kg.lock_subjects(graph, tables[1], 'entity', ARRAY[entity]);
	PERFORM kg.check_ids(tables, '', '{1}', ARRAY[entity]);
	EXECUTE format('SELECT (SELECT count(*) FROM %2$s WHERE source = $1 OR target = $1), (SELECT count(*) FROM %3$s WHERE entity = $1), (SELECT count(*) FROM %6$s WHERE entity = $1)', VARIADIC tables)
		INTO relations, observations, aliases USING entity;
	EXECUTE format('DELETE FROM %1$s WHERE id = $1', VARIADIC tables) USING entity;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n = 0 THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('entity %s may not be deleted, or is gone', entity);
	END IF;
END
$function$;
COMMENT ON FUNCTION forget_body(bigint, text) IS
	'body of kg.forget';
REVOKE ALL ON FUNCTION forget_body(bigint, text) FROM PUBLIC;

CREATE FUNCTION forget(entity bigint, graph text DEFAULT 'kg', OUT relations bigint, OUT observations bigint, OUT aliases bigint)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION forget(bigint, text) IS
	'deletes an entity or passage for good, with its relations, observations, aliases and history, also those that expired; the result counts what the caller could see of them';
