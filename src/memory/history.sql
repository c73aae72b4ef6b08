-- kg.history

CREATE FUNCTION history_body(entity bigint, relation bigint, graph text) RETURNS TABLE (at timestamptz, by text, action text, relation_id bigint, observation_id bigint, detail jsonb)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	source bigint;
	target bigint;
	type_id integer;
BEGIN
	IF num_nonnulls(entity, relation) <> 1 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'either an entity or a relation must be given';
	END IF;
	IF entity IS NOT NULL THEN
		PERFORM kg.check_ids(tables, '', '{1}', ARRAY[entity]);
	ELSE
		EXECUTE format('SELECT r.source, r.target, r.type FROM %2$s r WHERE r.id = $1', VARIADIC tables) INTO source, target, type_id USING relation;
		IF source IS NULL THEN
			RAISE foreign_key_violation USING MESSAGE = format('there is no relation %s', relation);
		END IF;
		-- what one fact of the type supersedes is part of its history
		IF kg.one_at_a_time_constraint(tables[2], type_id) IS NOT NULL THEN
			target := NULL;
		END IF;
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH r AS MATERIALIZED (
			SELECT r.*, t.name AS type_name, s.name AS source_name, d.name AS target_name
			FROM %2$s r JOIN %5$s t ON t.id = r.type LEFT JOIN %1$s s ON s.id = r.source LEFT JOIN %1$s d ON d.id = r.target
			WHERE r.source = $1 OR r.target = $1 OR r.source = $2 AND r.type = $3 AND ($4 IS NULL OR r.target = $4)
		), told AS MATERIALIZED (
			SELECT r.*, jsonb_build_object('source', r.source, 'type', r.type_name, 'target', r.target, 'weight', r.weight, 'properties', r.properties) ||
				jsonb_strip_nulls(jsonb_build_object('source_name', r.source_name, 'target_name', r.target_name, 'valid_from', nullif(r.valid_from, '-infinity'), 'valid_to', nullif(r.valid_to, 'infinity'))) AS detail
			FROM r
		), event AS (
			SELECT e.created_at AS at, e.created_by AS by, 'create' AS action, NULL::bigint AS relation, NULL::bigint AS observation, jsonb_build_object('name', e.name, 'type', t.name) AS detail, 0 AS place, 0::bigint AS n
			FROM %1$s e JOIN %4$s t ON t.id = e.type WHERE e.id = $1
			UNION ALL
			SELECT c.at, c.by, c.action, NULL, NULL, c.detail, 1, c.id FROM %7$s c WHERE c.entity = $1
			UNION ALL
			SELECT a.created_at, a.created_by, 'alias', NULL, NULL, jsonb_build_object('name', a.name, 'type', t.name), 2, 0 FROM %6$s a JOIN %4$s t ON t.id = a.type WHERE a.entity = $1
			UNION ALL
			SELECT o.recorded_at, o.created_by, 'observe', NULL, o.id, jsonb_strip_nulls(jsonb_build_object('content', o.content, 'source', o.source, 'valid_from', nullif(o.valid_from, '-infinity'), 'valid_to', nullif(o.valid_to, 'infinity'))), 3, o.id
			FROM %3$s o WHERE o.entity = $1
			UNION ALL
			SELECT o.expired_at, o.expired_by, 'retract', NULL, o.id, jsonb_build_object('content', o.content), 4, o.id FROM %3$s o WHERE o.entity = $1 AND o.expired_at IS NOT NULL
			UNION ALL
			-- something took the place of a fact, if something of its source and type was recorded when it expired
			SELECT f.expired_at, f.expired_by, CASE WHEN EXISTS (SELECT FROM %2$s n WHERE n.source = f.source AND n.type = f.type AND n.recorded_at = f.expired_at) THEN 'supersede' ELSE 'retract' END,
				f.id, NULL, f.detail, 5, f.id FROM told f WHERE f.expired_at IS NOT NULL
			UNION ALL
			-- what is left of an older fact says when and by whom that one was made
			SELECT f.recorded_at, CASE WHEN f.created_at < f.recorded_at THEN coalesce((SELECT min(o.expired_by) FROM %2$s o WHERE o.source = f.source AND o.type = f.type AND o.expired_at = f.recorded_at), f.created_by)
				ELSE f.created_by END, CASE WHEN f.created_at < f.recorded_at THEN 'keep' ELSE 'assert' END, f.id, NULL, f.detail, 6, f.id FROM told f
		)
		SELECT v.at, v.by, v.action, v.relation, v.observation, v.detail FROM event v ORDER BY v.at, v.place, v.n
		$query$, VARIADIC tables) USING entity, source, type_id, target;
END
$function$;
COMMENT ON FUNCTION history_body(bigint, bigint, text) IS
	'body of kg.history';
REVOKE ALL ON FUNCTION history_body(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION history(entity bigint DEFAULT NULL, relation bigint DEFAULT NULL, graph text DEFAULT 'kg')
	RETURNS TABLE (at timestamptz, by text, action text, relation_id bigint, observation_id bigint, detail jsonb)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION history(bigint, bigint, text) IS
	'who did what when to an entity, and to its relations and observations, in order of time; or to the fact that a relation is a version of, and for a type that is one at a time to those that it superseded; '
	'action: create, update (detail: the values before), merge (detail: the entity that was merged), alias, observe, assert, supersede, keep (what another fact left of it), retract; '
	'only what the caller may see';
