-- What a language model should read before it answers

CREATE FUNCTION count_tokens(content text, counter regproc DEFAULT NULL) RETURNS integer
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tokens double precision;
BEGIN
	IF counter IS NULL THEN
		RETURN ceil(char_length(content) / 4.0);
	END IF;
	EXECUTE format('SELECT %s($1)::float8', counter) INTO tokens USING content;
	RETURN greatest(ceil(coalesce(tokens, 0)), 0);
END
$function$;
COMMENT ON FUNCTION count_tokens(text, regproc) IS
	'how many tokens a text is: what the function says that is given, else a quarter of its characters';

CREATE FUNCTION context_line(item jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT CASE WHEN item ? 'target' THEN format('[%s] %s %s %s', item ->> 'citation', item ->> 'source_name', item ->> 'type', item ->> 'target_name') ||
			coalesce(' from ' || (item ->> 'valid_from'), '') || coalesce(' until ' || (item ->> 'valid_to'), '')
		WHEN item ? 'observation' THEN format('[%s] %s: %s', item ->> 'citation', item ->> 'name', item ->> 'content')
		ELSE format(E'[%s] %s\n%s', item ->> 'citation', item ->> 'name', item ->> 'content') END
$function$;
COMMENT ON FUNCTION context_line(jsonb) IS
	'a passage, a fact or an observation of kg.context_json, as kg.context writes it';

-- The relations between these nodes, one for each pair of names, type and validity, those of nodes that come first before others
CREATE FUNCTION context_facts(nodes text[], graph text, as_of timestamptz, known_at timestamptz) RETURNS SETOF jsonb
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT fact FROM (
		SELECT DISTINCT ON (lower(source_name), type, lower(target_name), r -> 'valid_from', r -> 'valid_to') place, jsonb_strip_nulls(jsonb_build_object(
			'citation', 'r' || coalesce(r ->> 'id', row_number() OVER (ORDER BY place, r ->> 'source', r ->> 'target', type)::text),
			'relation', r -> 'id', 'source', r -> 'source', 'source_name', source_name, 'type', type, 'target', r -> 'target',
			'target_name', target_name, 'valid_from', r -> 'valid_from', 'valid_to', r -> 'valid_to')) AS fact
		FROM (
			SELECT r, r ->> 'type' AS type, array_position(context_facts.nodes, r ->> 'source') + array_position(context_facts.nodes, r ->> 'target') AS place,
				coalesce(names ->> (r ->> 'source'), r ->> 'source') AS source_name, coalesce(names ->> (r ->> 'target'), r ->> 'target') AS target_name
			FROM kg.subgraph(context_facts.nodes, 0, 'both', NULL, as_of, NULL, graph, NULL, NULL, known_at) g
				CROSS JOIN LATERAL (SELECT jsonb_object_agg(n ->> 'id', n -> 'name') AS names FROM jsonb_array_elements(g.nodes) n) n
				CROSS JOIN LATERAL jsonb_array_elements(g.edges) r
			WHERE r ->> 'type' IS DISTINCT FROM 'mentions') e
		ORDER BY lower(source_name), type, lower(target_name), r -> 'valid_from', r -> 'valid_to', place, r ->> 'id') f
	ORDER BY place, fact ->> 'source_name', fact ->> 'type', fact ->> 'target_name', fact ->> 'valid_from'
$function$;
COMMENT ON FUNCTION context_facts(text[], text, timestamptz, timestamptz) IS
	'the facts that kg.context_json chooses from: relations between nodes, as of as_of and known_at, without mentions and repetitions';

-- The beginning of a passage, so that it fits
CREATE FUNCTION context_cut(item jsonb, budget integer, counter regproc) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	content CONSTANT text := item ->> 'content';
	len integer := char_length(content);
	shorter jsonb;
BEGIN
	WHILE len > 20 LOOP
		len := len * 9 / 10;
		shorter := jsonb_set(item, '{content}', to_jsonb(regexp_replace(left(content, len), '\s+\S*$', '') || ' ...'));
		IF kg.count_tokens(kg.context_line(shorter), counter) <= budget THEN
			RETURN shorter;
		END IF;
	END LOOP;
	RETURN NULL;
END
$function$;
COMMENT ON FUNCTION context_cut(jsonb, integer, regproc) IS
	'a passage cut off at a word so that it has at most so many tokens; null if there is nothing left of it';

-- The entities and observations that the search finds
CREATE FUNCTION context_nodes(query text, embedding vector, candidates integer, graph text, seeds anycompatible, legs jsonb,
	as_of timestamptz, known_at timestamptz, OUT nodes text[], OUT observations jsonb)
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT array_agg(coalesce(s.key, s.entity::text) ORDER BY n) FILTER (WHERE s.kind = 'entity'),
		coalesce(jsonb_agg(jsonb_build_object('citation', 'o' || s.observation, 'observation', s.observation, 'entity', s.entity, 'name', s.name, 'content', s.content) ORDER BY n)
			FILTER (WHERE s.kind = 'observation'), '[]')
	FROM (SELECT DISTINCT ON (s.kind, s.entity, s.key, s.content) s.*
		FROM kg.search(query, embedding, candidates, graph, '{entity,observation}', NULL, NULL, seeds, legs, as_of => as_of, known_at => known_at) WITH ORDINALITY s(entity, key, kind, name, score, observation, content, r1, s1, r2, s2, r3, s3, r4, s4, why, n)
		ORDER BY s.kind, s.entity, s.key, s.content, n) s
$function$;
COMMENT ON FUNCTION context_nodes(text, vector, integer, text, anycompatible, jsonb, timestamptz, timestamptz) IS
	'the entities, as keys, and observations that kg.context_json chooses from; the arguments are those of kg.search';

CREATE FUNCTION context_json_body(query text, embedding vector, budget integer, graph text, filter text, seeds anycompatible,
	legs jsonb, counter regproc, as_of timestamptz, known_at timestamptz) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	-- of each kind: more do not fit into what models read
	candidates CONSTANT integer := 100;
	found record;
	kinds CONSTANT text[] := '{facts,observations,passages}';
	facts jsonb := '[]';
	passages jsonb;
	items jsonb[];
	chosen jsonb := '{"passages": [], "facts": [], "observations": []}';
	-- headings and empty lines
	used integer := 12;
	part integer;
	tokens integer;
	item jsonb;
	taken boolean[];
BEGIN
	IF budget IS NULL OR budget < 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('budget must be a number of tokens that is not negative, not %s', coalesce(budget::text, 'NULL'));
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('citation', coalesce(key, 'p' || entity), 'entity', coalesce(to_jsonb(key), to_jsonb(entity)),
		'name', name, 'content', content)) ORDER BY n), '[]') INTO passages
	FROM (SELECT DISTINCT ON (s.content) s.*
		FROM kg.search(query, embedding, candidates, graph, '{passage}', NULL, filter, seeds, legs, as_of => as_of, known_at => known_at) WITH ORDINALITY s(entity, key, kind, name, score, observation, content, r1, s1, r2, s2, r3, s3, r4, s4, why, n)
		ORDER BY s.content, s.n) p;
	FOR attempt IN 1 .. 2 LOOP
		IF attempt = 1 THEN
			SELECT * INTO found FROM kg.context_nodes(query, embedding, 2 * candidates, graph, seeds, legs, as_of, known_at);
		ELSE
			-- the question names no entity as it is called, only a part of its name: the best ones that it may mean
			SELECT * INTO found FROM kg.context_nodes(query, embedding, 2 * candidates, graph, found.nodes[:8], legs, as_of, known_at);
		END IF;
		EXIT WHEN found.nodes IS NULL;
		SELECT coalesce(jsonb_agg(f), '[]') INTO facts FROM kg.context_facts(found.nodes, graph, as_of, known_at) f;
		EXIT WHEN facts <> '[]' OR seeds IS NOT NULL;
	END LOOP;
	items := ARRAY[facts, found.observations, passages];

	-- Facts and observations get a quarter each, passages the rest; what they leave goes to facts and observations again.
	FOREACH part IN ARRAY '{1,2,3,1,2}'::integer[] LOOP
		DECLARE
			bound CONSTANT integer := CASE WHEN part < 3 AND taken[3] IS NULL THEN least(budget, used + budget / 4) ELSE budget END;
		BEGIN
			FOR item IN SELECT i FROM jsonb_array_elements(items[part]) WITH ORDINALITY e(i, n) ORDER BY n LOOP
				CONTINUE WHEN chosen -> kinds[part] @> jsonb_build_array(item);
				tokens := kg.count_tokens(kg.context_line(item) || E'\n\n', counter);
				IF used + tokens <= bound THEN
					chosen := jsonb_set(chosen, ARRAY[kinds[part]], (chosen -> kinds[part]) || item);
					used := used + tokens;
				END IF;
				EXIT WHEN used + 4 > bound;
			END LOOP;
			IF part = 3 AND chosen -> 'passages' = '[]' THEN
				item := kg.context_cut(items[3] -> 0, budget - used - 1, counter);
				IF item IS NOT NULL THEN
					chosen := jsonb_set(chosen, '{passages}', jsonb_build_array(item));
					used := used + kg.count_tokens(kg.context_line(item) || E'\n\n', counter);
				END IF;
			END IF;
			taken[part] := true;
		END;
	END LOOP;
	RETURN chosen || jsonb_build_object('tokens', CASE WHEN chosen = '{"passages": [], "facts": [], "observations": []}' THEN 0 ELSE used END, 'budget', budget);
END
$function$;
COMMENT ON FUNCTION context_json_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'body of kg.context_json';
REVOKE ALL ON FUNCTION context_json_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION context_json(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	budget integer DEFAULT 2000,
	graph text DEFAULT 'kg',
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	counter regproc DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 200000;
COMMENT ON FUNCTION context_json(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'what a language model should read to answer a question, within a budget of tokens: {"passages": [...], "facts": [...], '
	'"observations": [...], "tokens": ..., "budget": ...}, the best first, each with a "citation"; facts are relations between the '
	'entities found; filter: an SQL condition on the entity e of passages; counter: a function of a text that counts its tokens, '
	'by default a quarter of its characters; the other arguments are those of kg.search';

CREATE FUNCTION context_body(query text, embedding vector, budget integer, graph text, filter text, seeds anycompatible,
	legs jsonb, counter regproc, as_of timestamptz, known_at timestamptz) RETURNS text
	LANGUAGE sql STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
AS $function$
	SELECT concat_ws(E'\n\n',
		(SELECT 'Passages:' || E'\n\n' || string_agg(kg.context_line(i), E'\n\n' ORDER BY n) FROM jsonb_array_elements(c -> 'passages') WITH ORDINALITY e(i, n)),
		(SELECT 'Facts:' || E'\n\n' || string_agg(kg.context_line(i), E'\n' ORDER BY n) FROM jsonb_array_elements(c -> 'facts') WITH ORDINALITY e(i, n)),
		(SELECT 'Observations:' || E'\n\n' || string_agg(kg.context_line(i), E'\n' ORDER BY n) FROM jsonb_array_elements(c -> 'observations') WITH ORDINALITY e(i, n)))
	FROM kg.context_json(query, embedding, budget, graph, filter, seeds, legs, counter, as_of, known_at) c
$function$;
COMMENT ON FUNCTION context_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'body of kg.context';
REVOKE ALL ON FUNCTION context_body(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION context(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	budget integer DEFAULT 2000,
	graph text DEFAULT 'kg',
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	counter regproc DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 200000;
COMMENT ON FUNCTION context(text, vector, integer, text, text, anycompatible, jsonb, regproc, timestamptz, timestamptz) IS
	'the same as kg.context_json as a text for a prompt: passages, facts and observations, each after its citation in brackets; '
	'the arguments are those of kg.context_json';
