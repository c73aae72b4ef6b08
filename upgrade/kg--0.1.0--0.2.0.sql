\echo Use "ALTER EXTENSION kg UPDATE" to load this file. \quit

-- elements for one passage: one after another; mentions expire also where a new text has none
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

CREATE OR REPLACE FUNCTION write_passages(tables regclass[], passages jsonb, OUT ids bigint[], OUT outcomes text[], OUT rewritten bigint[])
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

DROP FUNCTION write_mentions(regclass[], text, jsonb, bigint[], bigint[]);
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

CREATE OR REPLACE FUNCTION add_passages_body(passages jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text, mentions bigint[])
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

CREATE OR REPLACE FUNCTION graph_language(graph text DEFAULT 'kg') RETURNS regconfig
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	SET quote_all_identifiers = off
AS $function$
	SELECT substring(pg_get_expr(d.adbin, d.adrelid) FROM $re$to_tsvector\('((?:[^']|'')*)'::regconfig$re$)::regconfig
	FROM kg.graph g
		JOIN pg_namespace n ON n.nspname = g.schema_name
		JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = g.entity_table
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'words'
		JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE g.name = graph
$function$;
COMMENT ON FUNCTION graph_language(text) IS
	'the text search configuration of a graph''s names and contents; null for a graph without text search';

-- entities: names that elements before have as aliases
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

CREATE OR REPLACE FUNCTION upsert_entities_body(entities jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text)
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

CREATE OR REPLACE FUNCTION write_relations(
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

CREATE OR REPLACE FUNCTION upsert_relations_body(relations jsonb, graph text) RETURNS TABLE (number integer, id bigint, source bigint, target bigint, done text)
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

CREATE OR REPLACE FUNCTION add_observations_body(observations jsonb, graph text) RETURNS TABLE (number integer, id bigint, entity bigint, done text)
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

CREATE OR REPLACE FUNCTION plan_assertion(
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

CREATE OR REPLACE FUNCTION history_body(entity bigint, relation bigint, graph text) RETURNS TABLE (at timestamptz, by text, action text, relation_id bigint, observation_id bigint, detail jsonb)
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

CREATE OR REPLACE FUNCTION plan_merge(tables regclass[], duplicate bigint, kept bigint, OUT expire bigint[], OUT relations jsonb)
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

CREATE OR REPLACE FUNCTION merge_entities_body(duplicate bigint, kept bigint, graph text, OUT relations bigint, OUT observations bigint, OUT expired bigint[])
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

CREATE OR REPLACE FUNCTION export_graphml_body(entities anycompatible, types text[], as_of timestamptz, graph text, known_at timestamptz) RETURNS SETOF text
	LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET timezone = 'UTC'
AS $function$
DECLARE
	wanted CONSTANT text[] := kg.node_texts(entities);
BEGIN
	IF known_at IS NOT NULL THEN
		PERFORM kg.check_known_at(types, graph);
	END IF;
	PERFORM kg.tell_unreadable(graph, '{name,properties,weight,relation.recorded_at}');
	RETURN QUERY VALUES
		('<?xml version="1.0" encoding="UTF-8"?>'),
		('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'),
		('<key id="type" for="node" attr.name="type" attr.type="string"/>'),
		('<key id="name" for="node" attr.name="name" attr.type="string"/>'),
		('<key id="importance" for="node" attr.name="importance" attr.type="double"/>'),
		('<key id="properties" for="node" attr.name="properties" attr.type="string"/>'),
		('<key id="rtype" for="edge" attr.name="type" attr.type="string"/>'),
		('<key id="weight" for="edge" attr.name="weight" attr.type="double"/>'),
		('<key id="valid_from" for="edge" attr.name="valid_from" attr.type="string"/>'),
		('<key id="valid_to" for="edge" attr.name="valid_to" attr.type="string"/>'),
		('<key id="recorded_at" for="edge" attr.name="recorded_at" attr.type="string"/>'),
		('<key id="expired_at" for="edge" attr.name="expired_at" attr.type="string"/>'),
		('<key id="rproperties" for="edge" attr.name="properties" attr.type="string"/>'),
		('<graph edgedefault="directed">');
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.graphml_node(e.id::text, t.name, e.name, e.importance::text, e.properties)
		FROM %1$s e LEFT JOIN %4$s t ON t.id = e.type
		WHERE $1 IS NULL OR e.id = ANY ($1::%6$s[])
		ORDER BY e.id
		$query$, graph) USING wanted;
	-- an edge is hidden if one of its ends is not visible
	RETURN QUERY EXECUTE kg.graph_query($query$
		SELECT kg.graphml_edge(r.id::text, r.source::text, r.target::text, t.name, r.weight::text, nullif(r.valid_from, '-infinity'), nullif(r.valid_to, 'infinity'), r.recorded_at, r.expired_at, r.properties)
		FROM %2$s r LEFT JOIN %5$s t ON t.id = r.type
			JOIN %1$s s ON s.id = r.source JOIN %1$s d ON d.id = r.target
		WHERE ($1 IS NULL OR r.source = ANY ($1::%6$s[]) AND r.target = ANY ($1::%6$s[])) AND
			($2 IS NULL OR t.name = ANY ($2)) AND
			($3 IS NULL OR (r.valid_from IS NULL OR r.valid_from <= $3) AND (r.valid_to IS NULL OR r.valid_to > $3)) AND
			(r.expired_at IS NULL OR r.expired_at > $4) AND ($4 IS NULL OR r.recorded_at IS NULL OR r.recorded_at <= $4)
		ORDER BY r.id, r.source, r.target, t.name
		$query$, graph, kg.needed_columns(types, as_of, known_at)) USING wanted, types, as_of, known_at;
	RETURN QUERY VALUES ('</graph>'), ('</graphml>');
END
$function$;
COMMENT ON FUNCTION export_graphml_body(anycompatible, text[], timestamptz, text, timestamptz) IS
	'body of kg.export_graphml';

CREATE OR REPLACE FUNCTION import_rows(
	graph text,
	nodes jsonb[],
	edges jsonb[],
	place text,
	strict boolean,
	create_missing boolean,
	OUT entities bigint,
	OUT relations bigint
)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT text[] := kg.import_tables(graph);
	-- when a relation is no longer known; the columns of known times, and what is inserted into them
	known_times CONSTANT text[] := CASE WHEN tables[7] = 'true' THEN '{NULL::timestamptz,"",""}'
		ELSE ARRAY['r.expired_at', ', recorded_at, expired_at', ', coalesce(f.recorded_at, least(now(), f.expired_at)), f.expired_at'] END;
	number CONSTANT text := '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$';
	-- of which one may be out of range
	long_number CONSTANT text := '[eE]|.{30}';
	skipped text[];
	-- ids in the file, and the entities that they mean
	file_ids text[];
	ids bigint[];
	-- Several entities may have the same name and type: then their order identifies them.
	meaning CONSTANT text := $query$
		SELECT f.*, e.id AS entity
		FROM (SELECT *, row_number() OVER (PARTITION BY name, type ORDER BY n) AS k FROM (
				SELECT n, i ->> 'id' AS id, coalesce(i ->> 'name', i ->> 'id') AS name, coalesce(i ->> 'type', 'node') AS type, i ->> 'importance' AS importance, i -> 'properties' AS properties
				FROM unnest($1) WITH ORDINALITY u(i, n)) i) f
			LEFT JOIN (SELECT e.id, e.name, t.name AS type, row_number() OVER (PARTITION BY e.name, t.name ORDER BY e.id) AS k
				FROM %1$s e JOIN %4$s t ON t.id = e.type
				WHERE e.name IN (SELECT coalesce(i ->> 'name', i ->> 'id') FROM unnest($1) i)) e ON e.name = f.name AND e.type = f.type AND e.k = f.k
		$query$;
BEGIN
	IF create_missing THEN
		nodes := nodes || ARRAY(
			SELECT jsonb_build_object('line', min(e.n), 'id', e.id, 'type', 'unknown')
			FROM (SELECT n, unnest(ARRAY[i ->> 'source', i ->> 'target']) AS id FROM unnest(edges) WITH ORDINALITY u(i, n)) e
			WHERE e.id IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(nodes) o WHERE o ->> 'id' = e.id) GROUP BY e.id ORDER BY min(e.n));
	END IF;
	SELECT array_agg(i ORDER BY n) FILTER (WHERE wrong IS NULL), array_agg(format('%s:%s', i ->> 'line', wrong) ORDER BY n) FILTER (WHERE wrong IS NOT NULL)
	INTO nodes, skipped
	FROM (SELECT n, i, CASE WHEN i ->> 'id' IS NULL THEN 'nodes without an id'
			WHEN row_number() OVER (PARTITION BY i ->> 'id' ORDER BY n) > 1 THEN 'nodes with an id that came before'
			WHEN octet_length(coalesce(i ->> 'name', i ->> 'id')) > 2000 THEN 'names of more than 2000 bytes'
			WHEN octet_length(i ->> 'type') > 2000 THEN 'types of more than 2000 bytes'
			WHEN i ->> 'importance' !~ number THEN 'importance that is no number'
			WHEN i ->> 'importance' ~ long_number AND NOT kg.is_input(i ->> 'importance', 'real') THEN 'importance that is out of range' END AS wrong
		FROM unnest(nodes) WITH ORDINALITY u(i, n)) c;
	EXECUTE format('INSERT INTO %4$s (name) SELECT type FROM (' || meaning || ') m WHERE m.entity IS NULL GROUP BY 1 ORDER BY min(m.n) ON CONFLICT DO NOTHING', VARIADIC tables) USING nodes;
	EXECUTE format('INSERT INTO %1$s (name, type, importance, properties)
		SELECT m.name, t.id, coalesce(m.importance::real, 0), coalesce(m.properties, ''{}'') FROM (' || meaning || ') m JOIN %4$s t ON t.name = m.type
		WHERE m.entity IS NULL ORDER BY m.n', VARIADIC tables) USING nodes;
	GET DIAGNOSTICS entities = ROW_COUNT;
	EXECUTE format('SELECT array_agg(m.id), array_agg(m.entity) FROM (' || meaning || ') m', VARIADIC tables) INTO file_ids, ids USING nodes;

	SELECT array_agg(i ORDER BY n) FILTER (WHERE wrong IS NULL),
		skipped || array_agg(format('%s:%s', i ->> 'line', wrong) ORDER BY n) FILTER (WHERE wrong IS NOT NULL)
	INTO edges, skipped
	FROM (SELECT n, i, CASE WHEN i ->> 'source' IS NULL OR i ->> 'target' IS NULL THEN 'relations without both ends'
			WHEN s.id IS NULL OR t.id IS NULL THEN 'relations to a missing entity'
			WHEN octet_length(i ->> 'type') > 2000 THEN 'types of more than 2000 bytes'
			WHEN i ->> 'weight' !~ number THEN 'weights that are no numbers'
			WHEN i ->> 'weight' ~ long_number AND NOT kg.is_input(i ->> 'weight', 'real') THEN 'weights that are out of range'
			WHEN i ->> 'expired_at' IS NOT NULL AND tables[7] = 'true' THEN 'relations that are no longer known'
			WHEN i ?| '{valid_from,valid_to,recorded_at,expired_at}' THEN CASE
				WHEN EXISTS (SELECT FROM unnest(ARRAY[i ->> 'valid_from', i ->> 'valid_to', i ->> 'recorded_at', i ->> 'expired_at']) t WHERE NOT kg.is_input(t, 'timestamptz')) THEN 'times that cannot be read'
				WHEN (i ->> 'valid_from')::timestamptz >= (i ->> 'valid_to')::timestamptz THEN 'relations that end before they start'
				WHEN (i ->> 'recorded_at')::timestamptz > (i ->> 'expired_at')::timestamptz THEN 'relations that expired before they were recorded' END END AS wrong
		FROM unnest(edges) WITH ORDINALITY u(i, n) LEFT JOIN unnest(file_ids) s(id) ON s.id = i ->> 'source' LEFT JOIN unnest(file_ids) t(id) ON t.id = i ->> 'target') c;
	IF strict AND cardinality(skipped) > 0 THEN
		RAISE invalid_text_representation USING
			MESSAGE = format('%s %s: %s', place, split_part(skipped[1], ':', 1), substr(skipped[1], strpos(skipped[1], ':') + 1)),
			HINT = 'With strict => false it is skipped.';
	END IF;
	EXECUTE format('INSERT INTO %5$s (name) SELECT coalesce(i ->> ''type'', ''edge'') FROM unnest($1) WITH ORDINALITY u(i, n) GROUP BY 1 ORDER BY min(n) ON CONFLICT DO NOTHING', VARIADIC tables) USING edges;
	EXECUTE format($query$
		WITH file AS (
			SELECT f.*, row_number() OVER (PARTITION BY source, target, type, valid_from, valid_to, expired_at ORDER BY n) AS k FROM (
				SELECT n, s.entity AS source, d.entity AS target, t.id AS type, (i ->> 'weight')::real AS weight, i -> 'properties' AS properties,
					nullif((i ->> 'valid_from')::timestamptz, '-infinity') AS valid_from, nullif((i ->> 'valid_to')::timestamptz, 'infinity') AS valid_to,
					(i ->> 'recorded_at')::timestamptz AS recorded_at, (i ->> 'expired_at')::timestamptz AS expired_at
				FROM unnest($1) WITH ORDINALITY u(i, n) JOIN unnest($2, $3) s(id, entity) ON s.id = i ->> 'source' JOIN unnest($2, $3) d(id, entity) ON d.id = i ->> 'target'
					JOIN %5$s t ON t.name = coalesce(i ->> 'type', 'edge')) f
		), known AS (
			SELECT r.source, r.target, r.type, nullif(r.valid_from, '-infinity') AS valid_from, nullif(r.valid_to, 'infinity') AS valid_to, %8$s AS expired_at,
				row_number() OVER (PARTITION BY source, target, type, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity'), %8$s ORDER BY id) AS k
			FROM %2$s r WHERE r.source = ANY ($3)
		)
		INSERT INTO %2$s (source, target, type, weight, properties, valid_from, valid_to%9$s)
		SELECT f.source, f.target, f.type, coalesce(f.weight, 1), coalesce(f.properties, '{}'), f.valid_from, f.valid_to%10$s
		FROM file f WHERE NOT EXISTS (
			SELECT FROM known k WHERE k.source = f.source AND k.target = f.target AND k.type = f.type AND k.k = f.k AND
				k.valid_from IS NOT DISTINCT FROM f.valid_from AND k.valid_to IS NOT DISTINCT FROM f.valid_to AND
				k.expired_at IS NOT DISTINCT FROM f.expired_at)
		ORDER BY f.n
		$query$, VARIADIC tables || known_times) USING edges, file_ids, ids;
	GET DIAGNOSTICS relations = ROW_COUNT;
	PERFORM kg.tell_skipped(skipped, place);
END
$function$;
COMMENT ON FUNCTION import_rows(text, jsonb[], jsonb[], text, boolean, boolean) IS
	'adds to a graph the entities, {"line", "id", "name", "type", "importance", "properties"}, and relations, {"line", "source", "target", "type", "weight", '
	'"valid_from", "valid_to", "recorded_at", "expired_at", "properties"}, that it does not have yet';

-- names of blanks
CREATE FUNCTION is_blank(name text) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN name ~ '^[\u0001-\u0020\u007f\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\ufeff]+$';
COMMENT ON FUNCTION is_blank(text) IS
	'has a name nothing that can be seen, but is not empty?';

CREATE OR REPLACE FUNCTION check_items(items jsonb, what text, shape jsonb) RETURNS void
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

CREATE OR REPLACE FUNCTION set_relation_type_body(name text, one_at_a_time boolean, graph text) RETURNS integer
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
