-- The nine tools of the MCP memory server, with its JSON

-- Each takes a tool's arguments as the server's clients send them and returns its structured content.
-- In that server a relation may name an entity that does not exist.  Here such an entity is made, without
-- a type; as long as it has no observation either, the tools do not show it, and create_entities adopts it.

CREATE FUNCTION mcp_member(arguments jsonb, member text, example text) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF jsonb_typeof(arguments -> member) IS DISTINCT FROM (CASE WHEN member = 'query' THEN 'string' ELSE 'array' END) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('"%s" of the arguments is missing or of another type', member),
			DETAIL = format('The arguments are: %s', coalesce(left(arguments::text, 200), 'null')),
			HINT = format('They look like {"%s": %s}.', member, example);
	END IF;
	RETURN arguments -> member;
END
$function$;
COMMENT ON FUNCTION mcp_member(jsonb, text, text) IS
	'a member of a tool''s arguments, an array or, if it is the query, a string; an error with the example if it is not that';

CREATE FUNCTION mcp_texts(elements jsonb, member text, columns text[], lists text[] DEFAULT '{}') RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	wrong record;
BEGIN
	SELECT a.n, a.element, w.what INTO wrong
	FROM jsonb_array_elements(elements) WITH ORDINALITY a(element, n),
		LATERAL (
			SELECT format('has no string "%s"', c) FROM unnest(columns) c
			WHERE jsonb_typeof(a.element -> c) IS DISTINCT FROM 'string'
			UNION ALL
			SELECT format('has no array of strings "%s"', l) FROM unnest(lists) l
			WHERE jsonb_typeof(a.element -> l) IS DISTINCT FROM 'array' OR jsonb_path_exists(a.element -> l, '$[*] ? (@.type() != "string")')
			UNION ALL
			SELECT 'is no string' WHERE columns IS NULL AND jsonb_typeof(a.element) <> 'string'
		) w(what)
	ORDER BY a.n LIMIT 1;
	IF FOUND THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('element %s of "%s" %s', wrong.n, member, wrong.what),
			DETAIL = format('It is: %s', left(wrong.element::text, 200));
	END IF;
END
$function$;
COMMENT ON FUNCTION mcp_texts(jsonb, text, text[], text[]) IS
	'an error unless each element of an array has these columns as strings and these lists as arrays of strings; '
	'columns null: each element is a string';

-- One writer at a time: whether a name is there is looked up before it is made.
CREATE FUNCTION mcp_write(graph text, place integer) RETURNS regclass[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
BEGIN
	PERFORM kg.lock_subjects(graph, tables[place], 'document', ARRAY[hashtextextended('memory tools', 0)]);
	RETURN tables;
END
$function$;
COMMENT ON FUNCTION mcp_write(text, integer) IS
	'the tables of a graph as kg.memory_tables gives them, once no other memory tool writes; none does until this transaction ends; '
	'place: of the table that the tool writes';

CREATE FUNCTION mcp_entities(graph text, ids bigint[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format($query$
		SELECT coalesce(jsonb_agg(jsonb_build_object('name', e.name, 'entityType', t.name, 'observations', coalesce(o.contents, '[]')) ORDER BY e.id), '[]')
		FROM %1$s e JOIN %4$s t ON t.id = e.type
			LEFT JOIN (
				SELECT o.entity, jsonb_agg(o.content ORDER BY o.id) AS contents FROM %3$s o
				WHERE o.expired_at IS NULL AND ($1 IS NULL OR o.entity = ANY ($1)) GROUP BY o.entity) o ON o.entity = e.id
		WHERE e.content IS NULL AND ($1 IS NULL OR e.id = ANY ($1)) AND (t.name <> '' OR o.entity IS NOT NULL)
	$query$, VARIADIC kg.memory_tables(graph)) INTO result USING ids;
	RETURN result;
END
$function$;
COMMENT ON FUNCTION mcp_entities(text, bigint[]) IS
	'entities as the memory server writes them; ids null: all but passages';

CREATE FUNCTION mcp_relations(graph text, ids bigint[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format($query$
		SELECT coalesce(jsonb_agg(jsonb_build_object('from', s.name, 'to', t.name, 'relationType', rt.name) ORDER BY r.id), '[]')
		FROM %2$s r JOIN %5$s rt ON rt.id = r.type
			JOIN %1$s s ON s.id = r.source JOIN %1$s t ON t.id = r.target
		WHERE r.expired_at IS NULL AND s.content IS NULL AND t.content IS NULL AND
			($1 IS NULL OR r.id IN (
				SELECT r.id FROM %2$s r WHERE r.source = ANY ($1)
				UNION ALL
				SELECT r.id FROM %2$s r WHERE r.target = ANY ($1)))
	$query$, VARIADIC kg.memory_tables(graph)) INTO result USING ids;
	RETURN result;
END
$function$;
COMMENT ON FUNCTION mcp_relations(text, bigint[]) IS
	'relations as the memory server writes them: those of these entities; ids null: all but those of passages';

CREATE FUNCTION mcp_create_entities_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'entities', '[{"name": "Ada", "entityType": "person", "observations": ["wrote programs"]}]');
	tables CONSTANT regclass[] := kg.mcp_write(graph, 1);
	result jsonb;
BEGIN
	PERFORM kg.mcp_texts(items, 'entities', '{name,entityType}', '{observations}');
	PERFORM kg.make_types(tables, 'entity', ARRAY(SELECT e ->> 'entityType' FROM jsonb_array_elements(items) e));
	EXECUTE format($query$
		WITH item AS (
			SELECT DISTINCT ON (a.e ->> 'name') a.n, a.e ->> 'name' AS name, a.e ->> 'entityType' AS type, a.e -> 'observations' AS observations
			FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n) ORDER BY a.e ->> 'name', a.n
		), nameless AS (
			SELECT i.name, min(e.id) AS id FROM item i JOIN %1$s e ON e.name = i.name
			WHERE (SELECT t.name FROM %4$s t WHERE t.id = e.type) = '' AND e.content IS NULL AND
				NOT EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL)
			GROUP BY i.name
		), fresh AS (
			SELECT i.*, m.id FROM item i LEFT JOIN nameless m ON m.name = i.name
			WHERE NOT EXISTS (SELECT FROM %1$s e WHERE e.name = i.name AND e.content IS NULL AND e.id IS DISTINCT FROM m.id)
		), adopted AS (
			UPDATE %1$s e SET type = t.id FROM fresh f JOIN %4$s t ON t.name = f.type WHERE e.id = f.id RETURNING e.id, e.name
		), made AS (
			INSERT INTO %1$s (type, name)
			SELECT t.id, f.name FROM fresh f JOIN %4$s t ON t.name = f.type WHERE f.id IS NULL ORDER BY f.n
			RETURNING id, name
		), entity AS (
			SELECT * FROM adopted UNION ALL SELECT * FROM made
		), observation AS (
			INSERT INTO %3$s (entity, content)
			SELECT e.id, o.content
			FROM fresh f JOIN entity e ON e.name = f.name, jsonb_array_elements_text(f.observations) WITH ORDINALITY o(content, n)
			ORDER BY f.n, o.n
		)
		SELECT jsonb_build_object('entities', coalesce(
			jsonb_agg(jsonb_build_object('name', f.name, 'entityType', f.type, 'observations', f.observations) ORDER BY f.n), '[]'))
		FROM fresh f
	$query$, VARIADIC tables) INTO result USING items;
	RETURN result;
END
$function$;

CREATE FUNCTION mcp_create_relations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'relations', '[{"from": "Ada", "to": "Charles", "relationType": "knows"}]');
	tables CONSTANT regclass[] := kg.mcp_write(graph, 2);
	missing text[];
	facts jsonb;
	result jsonb;
BEGIN
	PERFORM kg.mcp_texts(items, 'relations', '{from,to,relationType}');
	EXECUTE format($query$
		SELECT array_agg(DISTINCT n.name) FROM jsonb_array_elements($1) e, LATERAL (VALUES (e ->> 'from'), (e ->> 'to')) n(name)
		WHERE NOT EXISTS (SELECT FROM %1$s x WHERE x.name = n.name AND x.content IS NULL)
	$query$, VARIADIC tables) INTO missing USING items;
	IF missing IS NOT NULL THEN
		PERFORM kg.make_types(tables, 'entity', ARRAY['']);
		EXECUTE format('INSERT INTO %1$s (type, name) SELECT t.id, n FROM unnest($1) n, %4$s t WHERE t.name = $$$$ ORDER BY n', VARIADIC tables)
			USING missing;
	END IF;
	EXECUTE format($query$
		WITH item AS (
			SELECT DISTINCT ON (a.e ->> 'from', a.e ->> 'to', a.e ->> 'relationType') a.n, a.e, a.e ->> 'relationType' AS type,
				(SELECT min(x.id) FROM %1$s x WHERE x.name = a.e ->> 'from' AND x.content IS NULL) AS source,
				(SELECT min(x.id) FROM %1$s x WHERE x.name = a.e ->> 'to' AND x.content IS NULL) AS target
			FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n) ORDER BY a.e ->> 'from', a.e ->> 'to', a.e ->> 'relationType', a.n
		), fresh AS (
			SELECT i.* FROM item i
			WHERE NOT EXISTS (
				SELECT FROM %2$s r JOIN %5$s t ON t.id = r.type
					JOIN %1$s s ON s.id = r.source JOIN %1$s d ON d.id = r.target
				WHERE s.name = i.e ->> 'from' AND d.name = i.e ->> 'to' AND t.name = i.type AND r.expired_at IS NULL)
		)
		SELECT jsonb_agg(jsonb_build_object('source', f.source, 'target', f.target, 'type', f.type) ORDER BY f.n),
			coalesce(jsonb_agg(jsonb_build_object('from', f.e -> 'from', 'to', f.e -> 'to', 'relationType', f.e -> 'relationType') ORDER BY f.n), '[]')
		FROM fresh f
	$query$, VARIADIC tables) INTO facts, result USING items;
	IF facts IS NOT NULL THEN
		PERFORM kg.upsert_relations(facts, graph);
	END IF;
	RETURN jsonb_build_object('relations', result);
END
$function$;

CREATE FUNCTION mcp_add_observations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'observations', '[{"entityName": "Ada", "contents": ["wrote programs"]}]');
	tables CONSTANT regclass[] := kg.mcp_write(graph, 3);
	missing text;
	texts jsonb;
	places bigint[];
	added jsonb;
BEGIN
	PERFORM kg.mcp_texts(items, 'observations', '{entityName}', '{contents}');
	EXECUTE format($query$
		SELECT a.e ->> 'entityName' FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n)
		WHERE NOT EXISTS (SELECT FROM %1$s x WHERE x.name = a.e ->> 'entityName' AND x.content IS NULL)
		ORDER BY a.n LIMIT 1
	$query$, VARIADIC tables) INTO missing USING items;
	IF missing IS NOT NULL THEN
		RAISE no_data_found USING
			MESSAGE = format('Entity with name %s not found', missing);
	END IF;
	EXECUTE format($query$
		SELECT jsonb_agg(jsonb_build_object('entity', x.id, 'content', c.content) ORDER BY a.n, c.n), array_agg(a.n ORDER BY a.n, c.n)
		FROM jsonb_array_elements($1) WITH ORDINALITY a(e, n)
			CROSS JOIN LATERAL (SELECT min(x.id) AS id FROM %1$s x WHERE x.name = a.e ->> 'entityName' AND x.content IS NULL) x,
			jsonb_array_elements_text(a.e -> 'contents') WITH ORDINALITY c(content, n)
	$query$, VARIADIC tables) INTO texts, places USING items;
	IF texts IS NOT NULL THEN
		SELECT jsonb_object_agg(d.place, d.contents) INTO added
		FROM (
			SELECT places[d.number] AS place, jsonb_agg(texts -> (d.number - 1) -> 'content' ORDER BY d.number) AS contents
			FROM kg.add_observations(texts, graph) d WHERE d.done = 'inserted' GROUP BY 1) d;
	END IF;
	RETURN jsonb_build_object('results', (
		SELECT coalesce(jsonb_agg(jsonb_build_object('entityName', a.e -> 'entityName', 'addedObservations', coalesce(added -> a.n::text, '[]')) ORDER BY a.n), '[]')
		FROM jsonb_array_elements(items) WITH ORDINALITY a(e, n)));
END
$function$;

CREATE FUNCTION mcp_delete_entities_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'entityNames', '["Ada"]');
BEGIN
	PERFORM kg.mcp_texts(items, 'entityNames', NULL);
	EXECUTE format($query$
		SELECT kg.forget(e.id, $2) FROM %1$s e WHERE e.name IN (SELECT jsonb_array_elements_text($1)) AND e.content IS NULL ORDER BY e.id
	$query$, VARIADIC kg.mcp_write(graph, 1)) USING items, graph;
	RETURN '{"success": true, "message": "Entities deleted successfully"}';
END
$function$;

CREATE FUNCTION mcp_delete_observations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'deletions', '[{"entityName": "Ada", "observations": ["wrote programs"]}]');
BEGIN
	PERFORM kg.mcp_texts(items, 'deletions', '{entityName}', '{observations}');
	EXECUTE format($query$
		SELECT kg.retract(observation => o.id, graph => $2)
		FROM %3$s o JOIN %1$s e ON e.id = o.entity
		WHERE e.content IS NULL AND o.expired_at IS NULL AND
			(e.name, o.content) IN (SELECT d ->> 'entityName', c FROM jsonb_array_elements($1) d, jsonb_array_elements_text(d -> 'observations') c)
		ORDER BY o.id
	$query$, VARIADIC kg.mcp_write(graph, 3)) USING items, graph;
	RETURN '{"success": true, "message": "Observations deleted successfully"}';
END
$function$;

CREATE FUNCTION mcp_delete_relations_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'relations', '[{"from": "Ada", "to": "Charles", "relationType": "knows"}]');
BEGIN
	PERFORM kg.mcp_texts(items, 'relations', '{from,to,relationType}');
	EXECUTE format($query$
		SELECT kg.retract(relation => r.id, graph => $2)
		FROM %2$s r JOIN %1$s s ON s.id = r.source JOIN %1$s t ON t.id = r.target JOIN %5$s rt ON rt.id = r.type
		WHERE r.expired_at IS NULL AND
			(s.name, t.name, rt.name) IN (SELECT d ->> 'from', d ->> 'to', d ->> 'relationType' FROM jsonb_array_elements($1) d)
		ORDER BY r.id
	$query$, VARIADIC kg.mcp_write(graph, 2)) USING items, graph;
	RETURN '{"success": true, "message": "Relations deleted successfully"}';
END
$function$;

CREATE FUNCTION mcp_read_graph_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	RETURN jsonb_build_object('entities', kg.mcp_entities(graph, NULL), 'relations', kg.mcp_relations(graph, NULL));
END
$function$;

CREATE FUNCTION mcp_search_nodes_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	query CONSTANT text := lower(kg.mcp_member(arguments, 'query', '"program"') #>> '{}');
	ids bigint[];
BEGIN
	EXECUTE format($query$
		SELECT coalesce(array_agg(e.id), '{}')
		FROM %1$s e JOIN %4$s t ON t.id = e.type
		WHERE e.content IS NULL AND
			(strpos(lower(e.name), $1) > 0 OR strpos(lower(t.name), $1) > 0 OR
			 EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL AND strpos(lower(o.content), $1) > 0))
			AND (t.name <> '' OR EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL))
	$query$, VARIADIC kg.memory_tables(graph)) INTO ids USING query;
	RETURN jsonb_build_object('entities', kg.mcp_entities(graph, ids), 'relations', kg.mcp_relations(graph, ids));
END
$function$;

CREATE FUNCTION mcp_open_nodes_body(arguments jsonb, graph text) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	items CONSTANT jsonb := kg.mcp_member(arguments, 'names', '["Ada"]');
	ids bigint[];
BEGIN
	PERFORM kg.mcp_texts(items, 'names', NULL);
	EXECUTE format($query$
		SELECT coalesce(array_agg(e.id), '{}')
		FROM %1$s e JOIN %4$s t ON t.id = e.type
		WHERE e.name IN (SELECT jsonb_array_elements_text($1)) AND e.content IS NULL
			AND (t.name <> '' OR EXISTS (SELECT FROM %3$s o WHERE o.entity = e.id AND o.expired_at IS NULL))
	$query$, VARIADIC kg.memory_tables(graph)) INTO ids USING items;
	RETURN jsonb_build_object('entities', kg.mcp_entities(graph, ids), 'relations', kg.mcp_relations(graph, ids));
END
$function$;

-- What clients call

COMMENT ON FUNCTION mcp_create_entities_body(jsonb, text) IS
	'body of kg.mcp_create_entities';
REVOKE ALL ON FUNCTION mcp_create_entities_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_create_entities(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_create_entities(jsonb, text) IS
	'tool of the MCP memory server: makes the entities whose names are not there yet, with their observations as they are given, and returns them; arguments: {"entities": [{"name", "entityType", "observations"}]}';
COMMENT ON FUNCTION mcp_create_relations_body(jsonb, text) IS
	'body of kg.mcp_create_relations';
REVOKE ALL ON FUNCTION mcp_create_relations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_create_relations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_create_relations(jsonb, text) IS
	'tool of the MCP memory server: makes the relations that are not there yet, and returns them; an entity that is not there is made, without a type; arguments: {"relations": [{"from", "to", "relationType"}]}';
COMMENT ON FUNCTION mcp_add_observations_body(jsonb, text) IS
	'body of kg.mcp_add_observations';
REVOKE ALL ON FUNCTION mcp_add_observations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_add_observations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_add_observations(jsonb, text) IS
	'tool of the MCP memory server: adds the observations that an entity does not have yet, and returns them; an error if there is no such entity; arguments: {"observations": [{"entityName", "contents"}]}';
COMMENT ON FUNCTION mcp_delete_entities_body(jsonb, text) IS
	'body of kg.mcp_delete_entities';
REVOKE ALL ON FUNCTION mcp_delete_entities_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_delete_entities(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_delete_entities(jsonb, text) IS
	'tool of the MCP memory server: deletes entities with their relations and observations, for good; arguments: {"entityNames": []}';
COMMENT ON FUNCTION mcp_delete_observations_body(jsonb, text) IS
	'body of kg.mcp_delete_observations';
REVOKE ALL ON FUNCTION mcp_delete_observations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_delete_observations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_delete_observations(jsonb, text) IS
	'tool of the MCP memory server: retracts observations; kg.history still has them; arguments: {"deletions": [{"entityName", "observations"}]}';
COMMENT ON FUNCTION mcp_delete_relations_body(jsonb, text) IS
	'body of kg.mcp_delete_relations';
REVOKE ALL ON FUNCTION mcp_delete_relations_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_delete_relations(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION mcp_delete_relations(jsonb, text) IS
	'tool of the MCP memory server: retracts relations; kg.history still has them; arguments: {"relations": [{"from", "to", "relationType"}]}';
COMMENT ON FUNCTION mcp_read_graph_body(jsonb, text) IS
	'body of kg.mcp_read_graph';
REVOKE ALL ON FUNCTION mcp_read_graph_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_read_graph(arguments jsonb DEFAULT '{}', graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mcp_read_graph(jsonb, text) IS
	'tool of the MCP memory server: returns all entities but passages, and the relations between them; arguments: {}';
COMMENT ON FUNCTION mcp_search_nodes_body(jsonb, text) IS
	'body of kg.mcp_search_nodes';
REVOKE ALL ON FUNCTION mcp_search_nodes_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_search_nodes(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mcp_search_nodes(jsonb, text) IS
	'tool of the MCP memory server: returns the entities with this text in name, type or an observation, whatever its case, and their relations; kg.search finds better; arguments: {"query"}';
COMMENT ON FUNCTION mcp_open_nodes_body(jsonb, text) IS
	'body of kg.mcp_open_nodes';
REVOKE ALL ON FUNCTION mcp_open_nodes_body(jsonb, text) FROM PUBLIC;
CREATE FUNCTION mcp_open_nodes(arguments jsonb, graph text DEFAULT 'kg') RETURNS jsonb
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mcp_open_nodes(jsonb, text) IS
	'tool of the MCP memory server: returns the entities with these names, and their relations; arguments: {"names": []}';
