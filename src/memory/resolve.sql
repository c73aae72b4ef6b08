-- kg.resolve: which entity is meant

CREATE FUNCTION similar_names(tables regclass[], name text, candidates integer, OUT ids bigint[], OUT similarities real[])
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	key CONSTANT text := kg.name_key(name);
	trigrams CONSTANT text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm');
BEGIN
	IF trigrams IS NOT NULL THEN
		EXECUTE format(replace($query$
			SELECT array_agg(q.id), array_agg(q.similarity) FROM (
				SELECT e.id, @.similarity(kg.name_key(e.name), $1) AS similarity FROM %1$s e
				WHERE kg.name_key(e.name) OPERATOR(@.%%) $1 AND e.content IS NULL
				ORDER BY 2 DESC, 1 LIMIT $2) q
			$query$, '@', trigrams), VARIADIC tables) INTO ids, similarities USING key, candidates;
	ELSE
		-- without pg_trgm: names that begin with this one
		EXECUTE format($query$
			SELECT array_agg(q.id), array_agg(q.similarity) FROM (
				SELECT e.id, (length($1)::real / length(kg.name_key(e.name)))::real AS similarity FROM %1$s e
				WHERE kg.name_key(e.name) LIKE $2 AND e.content IS NULL
				ORDER BY 2 DESC, 1 LIMIT $3) q
			$query$, VARIADIC tables) INTO ids, similarities USING key, regexp_replace(key, '([\\%_])', '\\\1', 'g') || '%', candidates;
	END IF;
END
$function$;
COMMENT ON FUNCTION similar_names(regclass[], text, integer) IS
	'for kg.resolve: entities with similar names, by trigrams if pg_trgm is there, else by their beginnings; the most similar first';

-- The weights are the room's README's.
CREATE FUNCTION resolve_body(
	name text,
	type text,
	embedding anycompatible,
	properties jsonb,
	neighbors bigint[],
	candidates integer,
	graph text
) RETURNS TABLE (entity bigint, entity_name text, entity_type text, confidence double precision, why jsonb)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	metric CONSTANT text := (kg.graph_entry(graph)).metric;
	similar_ids bigint[];
	similarities real[];
	near_ids bigint[];
	nearness double precision[];
BEGIN
	IF num_nonnulls(name, embedding) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'a name or an embedding must be given';
	END IF;
	IF candidates IS NULL OR candidates NOT BETWEEN 1 AND 1000 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('candidates must be between 1 and 1000, not %s', coalesce(candidates::text, 'NULL'));
	END IF;
	PERFORM kg.check_items(jsonb_build_array(jsonb_build_object('name', name, 'properties', properties)), '', '{"name": "name?", "properties": "object?"}');
	IF name IS NOT NULL THEN
		SELECT s.ids, s.similarities INTO similar_ids, similarities FROM kg.similar_names(tables, name, 2 * candidates) s;
	END IF;
	IF embedding IS NOT NULL THEN
		-- more than wanted, since passages are near, too; a vector of zeros has no angle to any other
		EXECUTE format('SELECT array_agg(n.entity), array_agg(n.distance) FROM kg.knn($1::%s::kg.vector, $2, NULL, $3) n WHERE n.distance <> $4', kg.embedding_type(tables[1]))
			INTO near_ids, nearness USING embedding::text, 4 * candidates, graph, 'NaN'::double precision;
		nearness := ARRAY(SELECT greatest(0, least(1, CASE metric WHEN 'cosine' THEN 1 - d WHEN 'ip' THEN - d ELSE 1 / (1 + d) END)) FROM unnest(nearness) WITH ORDINALITY u(d, n) ORDER BY n);
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH leg AS MATERIALIZED (
			SELECT e.id, 'name' AS leg, 1::double precision AS value FROM %1$s e WHERE kg.name_key(e.name) = kg.name_key($1) AND e.content IS NULL
			UNION ALL
			SELECT a.entity, 'alias', 1 FROM %6$s a WHERE kg.name_key(a.name) = kg.name_key($1)
			UNION ALL
			SELECT u.id, 'similar_name', u.s FROM unnest($2, $3) u(id, s)
			UNION ALL
			SELECT u.id, 'embedding', u.s FROM unnest($4, $5) u(id, s)
		), candidate AS MATERIALIZED (
			SELECT e.id, e.name, t.name AS type, e.properties, c.legs
			FROM (SELECT id, jsonb_object_agg(leg, round(value::numeric, 4)) AS legs FROM leg GROUP BY id) c JOIN %1$s e ON e.id = c.id JOIN %4$s t ON t.id = e.type
			WHERE e.content IS NULL
		), evidence AS MATERIALIZED (
			SELECT c.id, c.name, c.type, c.legs || jsonb_strip_nulls(jsonb_build_object(
				'type', CASE WHEN $6 IS NOT NULL THEN c.type = $6 END,
				'properties_equal', (SELECT count(*) FROM jsonb_each($7) p WHERE c.properties -> p.key = p.value),
				'properties_different', (SELECT count(*) FROM jsonb_each($7) p WHERE c.properties -> p.key <> p.value),
				'neighbors', (SELECT count(DISTINCT n.id) FROM unnest($8) n(id) WHERE
					EXISTS (SELECT FROM %2$s r WHERE r.source = c.id AND r.target = n.id AND r.expired_at IS NULL) OR
					EXISTS (SELECT FROM %2$s r WHERE r.target = c.id AND r.source = n.id AND r.expired_at IS NULL)))) AS why
			FROM candidate c
		), judged AS (
			SELECT v.*, (1 - (1 - CASE WHEN v.why ? 'name' THEN 0.95 WHEN v.why ? 'alias' THEN 0.9 ELSE 0.7 * power(coalesce((v.why ->> 'similar_name')::double precision, 0), 2) END) *
				(1 - 0.6 * greatest(0, 2 * coalesce((v.why ->> 'embedding')::double precision, 0) - 1)) *
				(1 - 0.5 * coalesce((v.why ->> 'properties_equal')::double precision / nullif((SELECT count(*) FROM jsonb_object_keys($7)), 0), 0)) *
				(1 - 0.5 * coalesce((v.why ->> 'neighbors')::double precision / nullif(cardinality($8), 0), 0))) *
				CASE WHEN v.why ->> 'type' = 'false' THEN 0.5 ELSE 1 END *
				(1 - 0.3 * coalesce((v.why ->> 'properties_different')::double precision / nullif((SELECT count(*) FROM jsonb_object_keys($7)), 0), 0)) AS confidence
			FROM evidence v
		)
		SELECT j.id, j.name, j.type, round(j.confidence::numeric, 4)::double precision, j.why - CASE WHEN $7 IS NULL THEN '{properties_equal,properties_different}'::text[] ELSE '{}' END - CASE WHEN $8 IS NULL THEN '{neighbors}'::text[] ELSE '{}' END
		FROM judged j ORDER BY j.confidence DESC, j.id LIMIT $9
		$query$, VARIADIC tables) USING name, similar_ids, similarities, near_ids, nearness, type, properties, neighbors, candidates;
END
$function$;
COMMENT ON FUNCTION resolve_body(text, text, anycompatible, jsonb, bigint[], integer, text) IS
	'body of kg.resolve';
REVOKE ALL ON FUNCTION resolve_body(text, text, anycompatible, jsonb, bigint[], integer, text) FROM PUBLIC;

CREATE FUNCTION resolve(
	name text DEFAULT NULL,
	type text DEFAULT NULL,
	embedding anycompatible DEFAULT NULL::text,
	properties jsonb DEFAULT NULL,
	neighbors bigint[] DEFAULT NULL,
	candidates integer DEFAULT 10,
	graph text DEFAULT 'kg'
) RETURNS TABLE (entity bigint, entity_name text, entity_type text, confidence double precision, why jsonb)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION resolve(text, text, anycompatible, jsonb, bigint[], integer, text) IS
	'which entity is meant: candidates by name, alias, similar name and nearest embedding, the most likely first, with a confidence from 0 to 1; type and properties that differ lower it, '
	'equal properties and relations to entities that are given as neighbors raise it; why: the evidence';
