-- kg.add_observations, kg.add_passages

CREATE FUNCTION check_words(items jsonb, what text, graph text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	v record;
BEGIN
	FOR v IN SELECT n, item FROM jsonb_array_elements(items) WITH ORDINALITY e(item, n) ORDER BY octet_length(item ->> 'content') DESC LOOP
		BEGIN
			PERFORM kg.marked_words(to_tsvector(kg.graph_language(graph), kg.fold_text(v.item ->> 'content')));
		EXCEPTION WHEN program_limit_exceeded THEN
			RAISE program_limit_exceeded USING
				MESSAGE = format('element %s of %s has too many different words', v.n, what) || coalesce(': document "' || left(v.item ->> 'document', 200) || '"', '') || coalesce(', ordinal ' || (v.item ->> 'ordinal'), ''),
				DETAIL = SQLERRM,
				HINT = 'Split the text into several.';
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION check_words(jsonb, text, text) IS
	'raises an error about the longest text of a verb''s argument whose words PostgreSQL cannot keep';

CREATE FUNCTION add_observations_body(observations jsonb, graph text) RETURNS TABLE (number integer, id bigint, entity bigint, done text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	numbers integer[];
	ends jsonb[];
	found_ends bigint[];
	result record;
BEGIN
	PERFORM kg.check_items(observations, 'observations', '{"entity": "entity", "content": "text", "source": "text?", "at": "time?", "valid_from": "time?", "valid_to": "time?", "embedding": "embedding?"}');
	PERFORM kg.check_values(observations, 'observations', jsonb_build_object('at', 'timestamptz', 'valid_from', 'timestamptz', 'valid_to', 'timestamptz', 'embedding', kg.embedding_type(tables[1])));
	PERFORM kg.check_validity(observations, 'observations');
	SELECT array_agg(n ORDER BY n), array_agg(item -> 'entity' ORDER BY n) INTO numbers, ends FROM jsonb_array_elements(observations) WITH ORDINALITY e(item, n);
	IF numbers IS NULL THEN
		RETURN;
	END IF;
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			found_ends := kg.find_or_make_ends(tables, 'observations', numbers, ends);
			PERFORM kg.lock_subjects(graph, tables[3], 'entity', found_ends);
			PERFORM kg.check_snapshot(tables[3], 'entity', found_ends);
			-- Rows that are returned stay returned if a foreign key then fails.
			EXECUTE format($query$
				WITH u AS MATERIALIZED (
					SELECT n, f.entity, item ->> 'content' AS content, item ->> 'source' AS source, (item ->> 'at')::timestamptz AS at,
						nullif((item ->> 'valid_from')::timestamptz, '-infinity') AS valid_from, nullif((item ->> 'valid_to')::timestamptz, 'infinity') AS valid_to, (item ->> 'embedding')::%8$s AS embedding
					FROM jsonb_array_elements($1) WITH ORDINALITY e(item, n) JOIN unnest($2::bigint[]) WITH ORDINALITY f(entity, p) ON f.p = e.n
				), known AS MATERIALIZED (
					SELECT u.n, min(o.id) AS id
					FROM u JOIN %3$s o ON o.entity = u.entity AND o.content = u.content AND o.expired_at IS NULL AND
						nullif(o.valid_from, '-infinity') IS NOT DISTINCT FROM u.valid_from AND nullif(o.valid_to, 'infinity') IS NOT DISTINCT FROM u.valid_to
					GROUP BY u.n
				), fresh AS MATERIALIZED (
					SELECT g.*, row_number() OVER (ORDER BY g.n) AS row FROM (
						SELECT DISTINCT ON (u.entity, u.content, u.valid_from, u.valid_to) u.* FROM u
						WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = u.n) ORDER BY u.entity, u.content, u.valid_from, u.valid_to, u.n) g
				), done AS (
					INSERT INTO %3$s (entity, content, source, at, valid_from, valid_to, embedding, recorded_at)
					SELECT entity, content, source, coalesce(at, $3), valid_from, valid_to, embedding, $3 FROM fresh ORDER BY row RETURNING id
				), made AS MATERIALIZED (
					SELECT f.n, f.entity, f.content, f.valid_from, f.valid_to, d.id FROM fresh f JOIN (SELECT id, row_number() OVER () AS row FROM done) d ON d.row = f.row
				)
				SELECT array_agg(coalesce(k.id, m.id) ORDER BY u.n) AS ids, array_agg(CASE WHEN m.n = u.n THEN 'inserted' ELSE 'unchanged' END ORDER BY u.n) AS outcomes
				FROM u LEFT JOIN known k ON k.n = u.n
					LEFT JOIN made m ON m.entity = u.entity AND m.content = u.content AND m.valid_from IS NOT DISTINCT FROM u.valid_from AND m.valid_to IS NOT DISTINCT FROM u.valid_to
				$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO result USING observations, found_ends, clock_timestamp();
			RETURN QUERY SELECT n::integer, u.id, u.entity, u.outcome FROM unnest(result.ids, found_ends, result.outcomes) WITH ORDINALITY u(id, entity, outcome, n) ORDER BY n;
			RETURN;
		EXCEPTION WHEN program_limit_exceeded THEN
			PERFORM kg.check_words(observations, 'observations', graph);
			RAISE;
		WHEN foreign_key_violation THEN
			-- an entity was merged or forgotten after it was found
			IF attempt = 4 OR SQLERRM LIKE 'element %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION add_observations_body(jsonb, text) IS
	'body of kg.add_observations';
REVOKE ALL ON FUNCTION add_observations_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION add_observations(observations jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, entity bigint, done text)
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION add_observations(jsonb, text) IS
	'adds texts about entities, [{"entity", "content", "source", "at", "valid_from", "valid_to", "embedding"}, ...]; the entity is an id, a name, or {"name", "type"}, and is made if it is missing; '
	'an observation that is known, with this entity, content and validity, stays as it is; the result has a row for each element: its number, the id, the entity, and inserted or unchanged';

-- Elements that may mean the same passage are written one after another, as by calls of their own.
-- Without an ordinal the content says which passage is meant, of any ordinal: so a round of a document
-- has elements of one kind only, with an ordinal or without.
CREATE FUNCTION passage_rounds(passages jsonb) RETURNS TABLE (numbers integer[], items jsonb)
	LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	WITH element AS (
		SELECT n::integer, item, item ->> 'document' AS document, (item ->> 'ordinal')::integer AS ordinal, item ->> 'content' AS content, coalesce(item ->> 'type', 'passage') AS type,
			coalesce(item ->> 'name', item ->> 'title', nullif(left(item ->> 'content', 100), ''), 'passage') AS name
		FROM jsonb_array_elements(passages) WITH ORDINALITY e(item, n)
	), switch AS (
		SELECT *, (document IS NOT NULL AND (ordinal IS NULL) IS DISTINCT FROM (lag(ordinal, 1, -1) OVER d IS NULL))::integer AS switched FROM element WINDOW d AS (PARTITION BY type, document ORDER BY n)
	), run AS (
		SELECT *, sum(switched) OVER (PARTITION BY type, document ORDER BY n) AS run FROM switch
	), repeated AS (
		SELECT *, row_number() OVER (PARTITION BY type, document, run, CASE WHEN document IS NOT NULL THEN ordinal END, CASE WHEN document IS NULL OR ordinal IS NULL THEN content END,
			CASE WHEN document IS NULL THEN kg.name_key(name) END ORDER BY n) AS time FROM run
	), placed AS (
		SELECT n, item, dense_rank() OVER (PARTITION BY type, document ORDER BY run, time) AS round FROM repeated
	)
	SELECT array_agg(n ORDER BY n), jsonb_agg(item ORDER BY n) FROM placed GROUP BY round ORDER BY round
$function$;
COMMENT ON FUNCTION passage_rounds(jsonb) IS
	'for kg.add_passages: elements that are written at once, of which no two mean the same passage, one round after another, with their numbers';

-- A passage is identified by its type, document and ordinal; without an ordinal by its type,
-- document and content; without a document by its type, name and content.
CREATE FUNCTION write_passages(tables regclass[], passages jsonb, OUT ids bigint[], OUT outcomes text[], OUT rewritten bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	wanted bigint[];
	-- No two elements mean the same passage (kg.passage_rounds).  Each row of a FULL JOIN below has
	-- its match; it is no nested loop, however few rows the planner expects.
	given CONSTANT text := $query$
		WITH u AS MATERIALIZED (
			SELECT n, item ->> 'document' AS document, (item ->> 'ordinal')::integer AS ordinal, item ->> 'content' AS content, t.id AS type,
				coalesce(item ->> 'name', item ->> 'title') AS name,
				coalesce(item ->> 'name', item ->> 'title', left(item ->> 'document', 450) || coalesce(' ' || (item ->> 'ordinal'), ''), nullif(left(item ->> 'content', 100), ''), 'passage') AS full_name,
				CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' ELSE '{}' END AS properties,
				(item ->> 'embedding')::%8$s AS embedding, (item ->> 'importance')::real AS importance
			FROM jsonb_array_elements($1) WITH ORDINALITY e(item, n) JOIN %4$s t ON t.name = coalesce(item ->> 'type', 'passage')
		), g AS MATERIALIZED (
			SELECT u.*, (
				SELECT e.id FROM %1$s e
				WHERE u.document IS NOT NULL AND e.document = u.document AND e.type = u.type AND e.content IS NOT NULL AND
					CASE WHEN u.ordinal IS NULL THEN e.content = u.content ELSE e.ordinal = u.ordinal END
				UNION ALL
				SELECT e.id FROM %1$s e
				WHERE u.document IS NULL AND kg.name_key(e.name) = kg.name_key(u.full_name) AND e.type = u.type AND e.content = u.content AND e.document IS NULL
				ORDER BY 1 LIMIT 1) AS id
			FROM u
		)$query$;
	differs CONSTANT text := $query$ (e.content <> g.content OR e.name <> g.name OR e.properties <> e.properties || g.properties OR e.importance <> g.importance OR
			g.embedding IS NOT NULL AND (e.embedding IS NULL OR e.embedding OPERATOR(kg.<>) g.embedding))$query$;
BEGIN
	EXECUTE format(given || 'SELECT array_agg(e.id), array_agg(e.id) FILTER (WHERE e.content <> g.content) FROM g JOIN %1$s e ON e.id = g.id WHERE' || differs, VARIADIC tables::text[] || kg.embedding_type(tables[1]))
		INTO wanted, rewritten USING passages;
	IF wanted IS NOT NULL THEN
		EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) q', VARIADIC tables) USING wanted;
		-- the embedding of an older text says nothing about this one
		EXECUTE format(given || $query$
			UPDATE %1$s e SET content = g.content, name = coalesce(g.name, e.name), properties = e.properties || g.properties, importance = coalesce(g.importance, e.importance),
				embedding = CASE WHEN e.content <> g.content THEN g.embedding ELSE coalesce(g.embedding, e.embedding) END
			FROM g WHERE e.id = g.id AND $query$ || differs, VARIADIC tables::text[] || kg.embedding_type(tables[1])) USING passages;
	END IF;
	EXECUTE format(given || $query$, fresh AS MATERIALIZED (
			SELECT g.*, row_number() OVER (ORDER BY g.n) AS row FROM g WHERE g.id IS NULL
		), done AS (
			INSERT INTO %1$s (type, name, properties, importance, embedding, content, document, ordinal)
			SELECT type, full_name, properties, coalesce(importance, 0), embedding, content, document, ordinal FROM fresh ORDER BY row RETURNING id
		), made AS MATERIALIZED (
			SELECT f.n, d.id FROM fresh f FULL JOIN (SELECT id, row_number() OVER () AS row FROM done) d ON d.row = f.row
		)
		SELECT array_agg(coalesce(m.id, g.id) ORDER BY g.n), array_agg(CASE WHEN m.id IS NOT NULL THEN 'inserted' WHEN g.id = ANY ($2) THEN 'updated' ELSE 'unchanged' END ORDER BY g.n)
		FROM g FULL JOIN made m ON m.n = g.n
		$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO ids, outcomes USING passages, wanted;
END
$function$;
COMMENT ON FUNCTION write_passages(regclass[], jsonb) IS
	'for kg.add_passages: inserts or updates passages without their mentions; rewritten: the passages whose content is another now';

CREATE FUNCTION write_mentions(tables regclass[], graph text, passages jsonb, places integer[], ids bigint[], rewritten bigint[]) RETURNS TABLE (place integer, entities bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	numbers integer[];
	ends jsonb[];
	sources bigint[];
	targets bigint[];
	type_id integer;
	outdated bigint[];
	missing jsonb;
BEGIN
	SELECT array_agg(places[n]), array_agg(ids[n]), array_agg(e) INTO numbers, sources, ends
	FROM jsonb_array_elements(passages) WITH ORDINALITY i(item, n) CROSS JOIN jsonb_array_elements(CASE WHEN jsonb_typeof(item -> 'mentions') = 'array' THEN item -> 'mentions' END) e;
	IF sources IS NOT NULL THEN
		targets := kg.find_or_make_ends(tables, 'passages', numbers, ends);
		PERFORM kg.make_types(tables, 'relation', '{mentions}');
	END IF;
	EXECUTE format('SELECT id FROM %5$s WHERE name = $1', VARIADIC tables) INTO type_id USING 'mentions';
	EXECUTE format('SELECT array_agg(DISTINCT source) FROM %2$s WHERE source = ANY ($1) AND type = $2 AND expired_at IS NULL', VARIADIC tables)
		INTO rewritten USING rewritten, type_id;
	IF sources IS NULL AND rewritten IS NULL THEN
		RETURN;
	END IF;
	PERFORM kg.lock_subjects(graph, tables[2], 'entity', sources || rewritten);
	PERFORM kg.check_snapshot(tables[2], 'source', sources || rewritten);
	EXECUTE format($query$
		SELECT array_agg(r.id) FROM %2$s r
		WHERE r.source = ANY ($3) AND r.type = $2 AND r.expired_at IS NULL AND
			NOT EXISTS (SELECT FROM unnest($1, $4) m(source, target) WHERE m.source = r.source AND m.target = r.target)
		$query$, VARIADIC tables) INTO outdated USING sources, type_id, rewritten, targets;
	EXECUTE format($query$
		SELECT jsonb_agg(jsonb_build_object('place', q.place, 'source', q.source, 'target', q.target, 'type', $3)) FROM (
			SELECT min(n) AS place, m.source, m.target FROM unnest($1, $2) WITH ORDINALITY m(source, target, n)
			WHERE NOT EXISTS (SELECT FROM %2$s r WHERE r.source = m.source AND r.target = m.target AND r.type = $3 AND r.expired_at IS NULL)
			GROUP BY m.source, m.target) q
		$query$, VARIADIC tables) INTO missing USING sources, targets, type_id;
	IF missing IS NOT NULL OR outdated IS NOT NULL THEN
		PERFORM kg.write_relations(tables, outdated, coalesce(missing, '[]'));
	END IF;
	RETURN QUERY SELECT n, array_agg(t ORDER BY k) FROM unnest(numbers, targets) WITH ORDINALITY u(n, t, k) GROUP BY n;
END
$function$;
COMMENT ON FUNCTION write_mentions(regclass[], text, jsonb, integer[], bigint[], bigint[]) IS
	'for kg.add_passages: relations of type mentions from passages to entities; those of rewritten passages that are not given again expire';

CREATE FUNCTION add_passages_body(passages jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text, mentions bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	schema CONSTANT text := (kg.graph_entry(graph)).schema_name;
	batch record;
	p record;
	r record;
	ids bigint[];
	outcomes text[];
	mentioned jsonb[];
BEGIN
	PERFORM kg.check_items(passages, 'passages', '{"document": "text?", "ordinal": "integer?", "name": "name?", "title": "name?", "content": "filled", "type": "name?", "embedding": "embedding?",
		"properties": "object?", "importance": "number?", "mentions": "entities?"}');
	PERFORM kg.check_values(passages, 'passages', jsonb_build_object('embedding', kg.embedding_type(tables[1]), 'importance', 'real'));
	IF passages = '[]' THEN
		RETURN;
	END IF;
	FOR attempt IN 1 .. 4 LOOP
		BEGIN
			PERFORM kg.make_types(tables, 'entity', ARRAY(SELECT coalesce(item ->> 'type', 'passage') FROM jsonb_array_elements(passages) item));
			PERFORM kg.lock_subjects(graph, tables[1], 'document',
				ARRAY(SELECT hashtextextended(coalesce('d' || (item ->> 'document'), 'c' || (item ->> 'content')), 0) FROM jsonb_array_elements(passages) item));
			PERFORM kg.check_snapshot(tables[1], 'document', ARRAY(SELECT DISTINCT item ->> 'document' FROM jsonb_array_elements(passages) item));
			ids := array_fill(NULL::bigint, ARRAY[jsonb_array_length(passages)]);
			outcomes := ids::text[];
			mentioned := array_fill('[]'::jsonb, ARRAY[cardinality(ids)]);
			FOR batch IN SELECT b.numbers, b.items FROM kg.passage_rounds(passages) b LOOP
				p := kg.write_passages(tables, batch.items);
				FOR r IN SELECT batch.numbers[k] AS n, u.id, u.outcome FROM unnest(p.ids, p.outcomes) WITH ORDINALITY u(id, outcome, k) LOOP
					ids[r.n] := r.id;
					outcomes[r.n] := r.outcome;
				END LOOP;
				IF p.rewritten IS NOT NULL OR EXISTS (SELECT FROM jsonb_array_elements(batch.items) item WHERE item #> '{mentions,0}' IS NOT NULL) THEN
					FOR r IN SELECT m.place AS n, m.entities FROM kg.write_mentions(tables, graph, batch.items, batch.numbers, p.ids, coalesce(p.rewritten, '{}')) m LOOP
						mentioned[r.n] := to_jsonb(r.entities);
					END LOOP;
				END IF;
			END LOOP;
			-- the first element says what was done to the passage
			RETURN QUERY SELECT n::integer, u.id, CASE WHEN row_number() OVER (PARTITION BY u.id ORDER BY n) > 1 THEN 'unchanged'
					WHEN bool_or(outcome = 'inserted') OVER (PARTITION BY u.id) THEN 'inserted'
					WHEN bool_or(outcome = 'updated') OVER (PARTITION BY u.id) THEN 'updated' ELSE 'unchanged' END,
					ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(u.entities) WITH ORDINALITY e(x, k) ORDER BY k)
				FROM unnest(ids, outcomes, mentioned) WITH ORDINALITY u(id, outcome, entities, n) ORDER BY n;
			PERFORM kg.refresh_when_due(graph, ARRAY[format('%I.lexeme', schema), format('%I.text_size', schema)]::regclass[]);
			RETURN;
		EXCEPTION WHEN program_limit_exceeded THEN
			PERFORM kg.check_words(passages, 'passages', graph);
			RAISE;
		WHEN foreign_key_violation THEN
			-- an entity was merged or forgotten after it was found
			IF attempt = 4 OR SQLERRM LIKE 'element %' THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION add_passages_body(jsonb, text) IS
	'body of kg.add_passages';
REVOKE ALL ON FUNCTION add_passages_body(jsonb, text) FROM PUBLIC;

CREATE FUNCTION add_passages(passages jsonb, graph text DEFAULT 'kg') RETURNS TABLE (number integer, id bigint, done text, mentions bigint[])
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION add_passages(jsonb, text) IS
	'adds passages of documents, [{"document", "ordinal", "name" or "title", "content", "type", "embedding", "properties", "importance", "mentions"}, ...]; mentions: the entities that it names, '
	'each an id, a name, or {"name", "type"}, which are made if they are missing; a passage is identified by document and ordinal, without an ordinal by document and content, without a document '
	'by name and content; the result has a row for each element: its number, the id, inserted, updated or unchanged, and the ids of the entities mentioned';
