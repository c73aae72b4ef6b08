-- One fact at a time: kg.assert_fact, kg.supersede, kg.retract

CREATE FUNCTION fact_end(value anycompatible, type text, what text) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	fact_end jsonb := CASE WHEN pg_typeof(value) IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'jsonb'::regtype) THEN to_jsonb(value) ELSE to_jsonb(value::text) END;
BEGIN
	IF type IS NOT NULL THEN
		IF jsonb_typeof(fact_end) IS DISTINCT FROM 'string' THEN
			RAISE invalid_parameter_value USING
				MESSAGE = format('a type is given for the %s %s, which is no name', what, coalesce(fact_end::text, 'NULL'));
		END IF;
		fact_end := jsonb_build_object('name', fact_end, 'type', type);
	END IF;
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object(what, fact_end)), '', jsonb_build_object(what, 'entity'));
	RETURN fact_end;
END
$function$;
COMMENT ON FUNCTION fact_end(anycompatible, text, text) IS
	'an end of a fact, an id, a name or jsonb, as the verbs'' JSON gives it';

CREATE FUNCTION check_period(valid_from timestamptz, valid_to timestamptz) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF valid_from >= valid_to THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('valid_from %s is not before valid_to %s', valid_from, valid_to);
	END IF;
END
$function$;
COMMENT ON FUNCTION check_period(timestamptz, timestamptz) IS
	'raises an error if a validity ends before it starts';

-- What a subject's known facts become when one is asserted.  A row "same" has its object, a row
-- that is not same contradicts it.  "merges": same, with equal values, and the two periods touch.
CREATE FUNCTION plan_assertion(
	tables regclass[],
	source bigint,
	target bigint,
	type integer,
	period tstzrange,
	weight real,
	properties jsonb,
	OUT unchanged bigint,
	OUT expire bigint[],
	OUT updates boolean,
	OUT relations jsonb
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	one_at_a_time CONSTANT boolean := kg.one_at_a_time_constraint(tables[2], type) IS NOT NULL;
	known jsonb[];
	base jsonb;
	r record;
	wanted record;
	hull tstzrange;
BEGIN
	EXECUTE format('SELECT array_agg(to_jsonb(r) || jsonb_build_object(''valid_from'', nullif(r.valid_from, ''-infinity''), ''valid_to'', nullif(r.valid_to, ''infinity'')) ORDER BY r.recorded_at, r.id) FROM %2$s r WHERE r.source = $1 AND r.type = $2 AND r.expired_at IS NULL AND ($4 OR r.target = $3)', VARIADIC tables)
		INTO known USING source, type, target, one_at_a_time;
	-- without times it is the same fact that is known to be valid now, whenever it began
	IF period = '(,)' THEN
		SELECT tstzrange(k.valid_from, k.valid_to) INTO hull
		FROM unnest(known) u, jsonb_to_record(u) k(target bigint, valid_from timestamptz, valid_to timestamptz)
		WHERE k.target = plan_assertion.target AND tstzrange(k.valid_from, k.valid_to) @> clock_timestamp() LIMIT 1;
		period := coalesce(hull, period);
	END IF;
	-- a period that only touches gives its values to one for which none are given
	SELECT u INTO base
	FROM unnest(known) WITH ORDINALITY k(u, n), tstzrange((u ->> 'valid_from')::timestamptz, (u ->> 'valid_to')::timestamptz) p
	WHERE (u ->> 'target')::bigint = target AND (p && period OR p -|- period AND weight IS NULL AND properties IS NULL)
	ORDER BY p && period DESC, n DESC LIMIT 1;
	weight := coalesce(weight, (base ->> 'weight')::real, 1);
	properties := coalesce(base -> 'properties', '{}') || coalesce(properties, '{}');
	hull := period;
	expire := '{}';
	updates := false;
	relations := '[]';
	FOR r IN
		SELECT k.*, k.target = plan_assertion.target AS same, p, k.target = plan_assertion.target AND k.weight = plan_assertion.weight AND k.properties = plan_assertion.properties AS equal
		FROM unnest(known) u, jsonb_to_record(u) k(id bigint, target bigint, weight real, properties jsonb, valid_from timestamptz, valid_to timestamptz, created_at timestamptz, created_by text),
			tstzrange(k.valid_from, k.valid_to) p
		WHERE p && period OR p -|- period LOOP
		IF r.equal THEN
			unchanged := CASE WHEN r.p @> period THEN r.id ELSE unchanged END;
			hull := range_merge(hull, r.p);
		ELSIF r.p && period THEN
			relations := relations || (SELECT coalesce(jsonb_agg(jsonb_build_object('place', 1, 'source', source, 'target', r.target, 'type', type, 'weight', r.weight, 'properties', r.properties,
				'valid_from', lower(part), 'valid_to', upper(part), 'created_at', r.created_at, 'created_by', r.created_by)), '[]') FROM unnest(tstzmultirange(r.p) - tstzmultirange(period)) part);
		ELSE
			CONTINUE;
		END IF;
		updates := updates OR r.same;
		expire := expire || r.id;
	END LOOP;
	-- a contradiction, or another version of the fact, must make way in any case
	IF unchanged IS NOT NULL AND NOT EXISTS (
		SELECT FROM unnest(known) u, jsonb_to_record(u) k(target bigint, valid_from timestamptz, valid_to timestamptz)
		WHERE k.target <> plan_assertion.target AND tstzrange(k.valid_from, k.valid_to) && period) THEN
		RETURN;
	END IF;
	unchanged := NULL;
	relations := relations || jsonb_build_object('place', 0, 'source', source, 'target', target, 'type', type, 'weight', weight, 'properties', properties,
		'valid_from', lower(hull), 'valid_to', upper(hull));
END
$function$;
COMMENT ON FUNCTION plan_assertion(regclass[], bigint, bigint, integer, tstzrange, real, jsonb) IS
	'for kg.assert_fact: the relation that says this already, or those that expire and what is inserted in their place';

CREATE FUNCTION assert_fact_body(
	subject anycompatible,
	predicate text,
	object anycompatible,
	valid_from timestamptz,
	valid_to timestamptz,
	weight real,
	properties jsonb,
	subject_type text,
	object_type text,
	graph text,
	OUT relation bigint,
	OUT done text,
	OUT source bigint,
	OUT target bigint,
	OUT expired bigint[]
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	ends CONSTANT jsonb[] := ARRAY[kg.fact_end(subject, subject_type, 'subject'), kg.fact_end(object, object_type, 'object')];
	period CONSTANT tstzrange := CASE WHEN valid_from >= valid_to THEN NULL ELSE tstzrange(nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity')) END;
	found_ends bigint[];
	type_id integer;
	plan record;
BEGIN
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object('predicate', predicate, 'properties', properties)), '', '{"predicate": "name", "properties": "object?"}');
	PERFORM kg.check_period(valid_from, valid_to);
	-- Which weights make sense is up to the graph; these are no numbers of the other verbs' JSON.
	IF weight IN ('NaN', 'Infinity', '-Infinity') THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('weight must be a finite number, not %s', weight);
	END IF;
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			found_ends := kg.find_or_make_ends(tables, '', '{1,1}', ends);
			source := found_ends[1];
			target := found_ends[2];
			PERFORM kg.make_types(tables, 'relation', ARRAY[predicate]);
			EXECUTE format('SELECT id FROM %5$s t WHERE t.name = $1', VARIADIC tables) INTO type_id USING predicate;
			PERFORM kg.lock_subjects(graph, tables[2], 'entity', ARRAY[source]);
			PERFORM kg.check_snapshot(tables[2], 'source', ARRAY[source]);
			plan := kg.plan_assertion(tables, source, target, type_id, period, weight, properties);
			IF plan.unchanged IS NOT NULL THEN
				relation := plan.unchanged;
				done := 'unchanged';
				expired := '{}';
			ELSE
				relation := (SELECT w.relation FROM kg.write_relations(tables, plan.expire, plan.relations) w WHERE w.place = 0);
				done := CASE WHEN plan.updates THEN 'updated' ELSE 'inserted' END;
				expired := plan.expire;
			END IF;
			RETURN;
		EXCEPTION WHEN foreign_key_violation OR serialization_failure THEN
			-- an entity was merged or forgotten after it was found, or a relation with it
			IF attempt = 4 OR SQLERRM LIKE 'there is no entity %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION assert_fact_body(anycompatible, text, anycompatible, timestamptz, timestamptz, real, jsonb, text, text, text) IS
	'body of kg.assert_fact';
REVOKE ALL ON FUNCTION assert_fact_body(anycompatible, text, anycompatible, timestamptz, timestamptz, real, jsonb, text, text, text) FROM PUBLIC;

CREATE FUNCTION assert_fact(
	subject anycompatible,
	predicate text,
	object anycompatible,
	valid_from timestamptz DEFAULT NULL,
	valid_to timestamptz DEFAULT NULL,
	weight real DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	subject_type text DEFAULT NULL,
	object_type text DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT relation bigint,
	OUT done text,
	OUT source bigint,
	OUT target bigint,
	OUT expired bigint[]
)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION assert_fact(anycompatible, text, anycompatible, timestamptz, timestamptz, real, jsonb, text, text, text) IS
	'says that a fact holds, from valid_from until valid_to; both ends are ids, or names that are made if they are missing, or jsonb; if the same fact is known for this time, nothing changes; '
	'if its periods touch, they become one; if the type is one at a time, other facts of the subject end where this one begins, and go on where it ends; what was known stays, expired; '
	'done: inserted, updated (the same fact was known otherwise) or unchanged; expired: relations that are no longer known';

-- Locks the source of a known relation; the source may change, by a merge, until it is locked.
CREATE FUNCTION lock_relation(tables regclass[], graph text, relation bigint) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	before jsonb;
	after jsonb;
BEGIN
	LOOP
		EXECUTE format('SELECT to_jsonb(r) FROM %2$s r WHERE r.id = $1', VARIADIC tables) INTO before USING relation;
		IF before IS NULL THEN
			RAISE foreign_key_violation USING MESSAGE = format('there is no relation %s', coalesce(relation::text, 'NULL'));
		END IF;
		PERFORM kg.lock_subjects(graph, tables[2], 'entity', ARRAY[(before -> 'source')::bigint]);
		PERFORM kg.check_snapshot(tables[2], 'source', ARRAY[(before -> 'source')::bigint]);
		EXECUTE format('SELECT to_jsonb(r) FROM %2$s r WHERE r.id = $1', VARIADIC tables) INTO after USING relation;
		EXIT WHEN after -> 'source' = before -> 'source';
	END LOOP;
	RETURN after;
END
$function$;
COMMENT ON FUNCTION lock_relation(regclass[], text, bigint) IS
	'a relation, as jsonb, whose source other verbs do not write until the transaction ends';

CREATE FUNCTION supersede_body(
	relation bigint,
	object anycompatible,
	valid_from timestamptz,
	valid_to timestamptz,
	weight real,
	properties jsonb,
	object_type text,
	graph text
) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	object_end CONSTANT jsonb := CASE WHEN num_nulls(object) = 0 OR object_type IS NOT NULL THEN kg.fact_end(object, object_type, 'object') END;
	old record;
	new_object bigint;
	new_from timestamptz;
	new_to timestamptz;
	facts jsonb := '[]';
	conflict bigint;
BEGIN
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object('properties', properties)), '', '{"properties": "object?"}');
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			new_object := CASE WHEN object_end IS NOT NULL THEN (kg.find_or_make_ends(tables, '', '{1}', ARRAY[object_end]))[1] END;
			SELECT * INTO old FROM jsonb_to_record(kg.lock_relation(tables, graph, relation))
				k(id bigint, source bigint, target bigint, type integer, weight real, properties jsonb, valid_from timestamptz, valid_to timestamptz, created_at timestamptz, created_by text, expired_at timestamptz);
			IF old.expired_at IS NOT NULL THEN
				RAISE object_not_in_prerequisite_state USING
					MESSAGE = format('relation %s is no longer known', relation),
					DETAIL = format('It expired at %s.', old.expired_at);
			END IF;
			new_from := coalesce(valid_from, old.valid_from);
			new_to := coalesce(valid_to, old.valid_to);
			PERFORM kg.check_period(new_from, new_to);
			new_from := nullif(new_from, '-infinity');
			new_to := nullif(new_to, 'infinity');
			EXECUTE format('SELECT r.id FROM %2$s r WHERE r.source = $1 AND r.type = $2 AND r.expired_at IS NULL AND r.id <> $3 AND tstzrange(r.valid_from, r.valid_to) && tstzrange($4, $5) ORDER BY 1 LIMIT 1', VARIADIC tables)
				INTO conflict USING old.source, old.type, relation, new_from, new_to;
			IF conflict IS NOT NULL AND kg.one_at_a_time_constraint(tables[2], old.type) IS NOT NULL THEN
				RAISE exclusion_violation USING
					MESSAGE = format('relation %s would be valid at the same time as relation %s, and their type is one at a time', relation, conflict),
					HINT = 'kg.assert_fact lets a new fact supersede all that it contradicts.';
			END IF;
			IF new_object IS NOT NULL AND new_from > coalesce(old.valid_from, '-infinity') THEN
				facts := jsonb_build_array(to_jsonb(old) || jsonb_build_object('place', 1, 'valid_to', least(new_from, old.valid_to)));
			END IF;
			RETURN (SELECT w.relation FROM kg.write_relations(tables, ARRAY[relation], facts || jsonb_build_object('place', 0, 'source', old.source, 'target', coalesce(new_object, old.target),
				'type', old.type, 'weight', coalesce(weight, old.weight), 'properties', CASE WHEN new_object IS NULL THEN old.properties ELSE '{}' END || coalesce(properties, '{}'),
				'valid_from', new_from, 'valid_to', new_to)) w WHERE w.place = 0);
		EXCEPTION WHEN foreign_key_violation THEN
			IF attempt = 4 OR SQLERRM LIKE 'there is no %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION supersede_body(bigint, anycompatible, timestamptz, timestamptz, real, jsonb, text, text) IS
	'body of kg.supersede';
REVOKE ALL ON FUNCTION supersede_body(bigint, anycompatible, timestamptz, timestamptz, real, jsonb, text, text) FROM PUBLIC;

CREATE FUNCTION supersede(
	relation bigint,
	object anycompatible DEFAULT NULL::text,
	valid_from timestamptz DEFAULT NULL,
	valid_to timestamptz DEFAULT NULL,
	weight real DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	object_type text DEFAULT NULL,
	graph text DEFAULT 'kg'
) RETURNS bigint
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION supersede(bigint, anycompatible, timestamptz, timestamptz, real, jsonb, text, text) IS
	'replaces a known relation by a corrected one, whose id it returns; what is not given stays; with an object: from valid_from on the relation leads to this object, and until then to the older one; '
	'without an object valid_from and valid_to are corrected, -infinity and infinity mean no bound; the older relation expires and stays in the table';

CREATE FUNCTION retract_body(relation bigint, observation bigint, graph text) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	known_since timestamptz;
	is_known boolean;
BEGIN
	IF num_nonnulls(relation, observation) <> 1 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'either a relation or an observation must be given';
	END IF;
	IF relation IS NOT NULL THEN
		IF kg.lock_relation(tables, graph, relation) ->> 'expired_at' IS NOT NULL THEN
			RETURN false;
		END IF;
		PERFORM kg.write_relations(tables, ARRAY[relation], '[]');
		RETURN true;
	END IF;
	EXECUTE format('SELECT recorded_at, expired_at IS NULL FROM %3$s WHERE id = $1 FOR NO KEY UPDATE', VARIADIC tables) INTO known_since, is_known USING observation;
	IF is_known IS NULL THEN
		RAISE foreign_key_violation USING MESSAGE = format('there is no observation %s that you may change', observation);
	END IF;
	EXECUTE format('UPDATE %3$s SET expired_at = $2, expired_by = current_user WHERE id = $1 AND expired_at IS NULL', VARIADIC tables)
		USING observation, greatest(clock_timestamp(), known_since);
	RETURN is_known;
END
$function$;
COMMENT ON FUNCTION retract_body(bigint, bigint, text) IS
	'body of kg.retract';
REVOKE ALL ON FUNCTION retract_body(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION retract(relation bigint DEFAULT NULL, observation bigint DEFAULT NULL, graph text DEFAULT 'kg') RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION retract(bigint, bigint, text) IS
	'a relation or an observation was wrong: it expires now, and stays in the table; false if it had expired before';
