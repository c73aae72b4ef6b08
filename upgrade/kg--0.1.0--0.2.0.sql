\echo Use "ALTER EXTENSION kg UPDATE" to load this file. \quit

-- elements for one passage: one after another; mentions expire also where a new text has none
CREATE FUNCTION next_passages(INOUT passages jsonb, OUT later jsonb)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	waiting bigint[];
BEGIN
	WITH u AS (
		SELECT n, item ->> 'document' AS document, (item ->> 'ordinal')::integer AS ordinal, item ->> 'content' AS content, coalesce(item ->> 'type', 'passage') AS type,
			coalesce(item ->> 'name', item ->> 'title', nullif(left(item ->> 'content', 100), ''), 'passage') AS name
		FROM jsonb_array_elements(passages) WITH ORDINALITY e(item, n) WHERE item <> 'null'
	), f AS (
		SELECT n, document, ordinal, min(n) OVER (PARTITION BY type, document, CASE WHEN document IS NOT NULL THEN ordinal END, CASE WHEN document IS NULL OR ordinal IS NULL THEN content END,
				CASE WHEN document IS NULL THEN kg.name_key(name) END) AS first,
			min(n) FILTER (WHERE ordinal IS NOT NULL) OVER (PARTITION BY type, document) AS with_ordinal,
			min(n) FILTER (WHERE ordinal IS NULL) OVER (PARTITION BY type, document) AS without_ordinal
		FROM u
	)
	SELECT array_agg(n) INTO waiting FROM f
	WHERE n > first OR document IS NOT NULL AND n > CASE WHEN ordinal IS NULL THEN with_ordinal ELSE without_ordinal END;
	IF waiting IS NOT NULL THEN
		SELECT jsonb_agg(CASE WHEN n = ANY (waiting) THEN 'null' ELSE item END ORDER BY n), jsonb_agg(CASE WHEN n = ANY (waiting) THEN item ELSE 'null' END ORDER BY n)
		INTO passages, later FROM jsonb_array_elements(passages) WITH ORDINALITY e(item, n);
	END IF;
END
$function$;
COMMENT ON FUNCTION next_passages(jsonb) IS
	'for kg.add_passages: the elements before which none means the same passage, and those that come later, each with nulls in place of the others';

CREATE OR REPLACE FUNCTION write_passages(tables regclass[], passages jsonb, OUT ids bigint[], OUT outcomes text[], OUT rewritten bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	wanted bigint[];
	-- No two elements mean the same passage (kg.next_passages).  Each row of a FULL JOIN below has
	-- its match; it is no nested loop, however few rows the planner expects.
	given CONSTANT text := $query$
		WITH u AS MATERIALIZED (
			SELECT n, item ->> 'document' AS document, (item ->> 'ordinal')::integer AS ordinal, item ->> 'content' AS content, t.id AS type,
				coalesce(item ->> 'name', item ->> 'title') AS name,
				coalesce(item ->> 'name', item ->> 'title', left(item ->> 'document', 450) || coalesce(' ' || (item ->> 'ordinal'), ''), nullif(left(item ->> 'content', 100), ''), 'passage') AS full_name,
				CASE WHEN jsonb_typeof(item -> 'properties') = 'object' THEN item -> 'properties' ELSE '{}' END AS properties,
				(item ->> 'embedding')::%8$s AS embedding, (item ->> 'importance')::real AS importance
			FROM jsonb_array_elements($1) WITH ORDINALITY e(item, n) JOIN %4$s t ON t.name = coalesce(item ->> 'type', 'passage')
			WHERE item <> 'null'
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
		SELECT array_agg(coalesce(m.id, g.id) ORDER BY p.n), array_agg(CASE WHEN m.id IS NOT NULL THEN 'inserted' WHEN g.id = ANY ($2) THEN 'updated' WHEN g.n IS NOT NULL THEN 'unchanged' END ORDER BY p.n)
		FROM (SELECT n::bigint FROM generate_series(1, jsonb_array_length($1)) n) p FULL JOIN g ON g.n = p.n FULL JOIN made m ON m.n = p.n
		$query$, VARIADIC tables::text[] || kg.embedding_type(tables[1])) INTO ids, outcomes USING passages, wanted;
END
$function$;
COMMENT ON FUNCTION write_passages(regclass[], jsonb) IS
	'for kg.add_passages: inserts or updates passages without their mentions; a null in their place is passed over; rewritten: the passages whose content is another now';

CREATE OR REPLACE FUNCTION write_mentions(tables regclass[], graph text, passages jsonb, ids bigint[], rewritten bigint[]) RETURNS TABLE (place integer, entities bigint[])
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
	SELECT array_agg(n), array_agg(ids[n]), array_agg(e) INTO numbers, sources, ends
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
COMMENT ON FUNCTION write_mentions(regclass[], text, jsonb, bigint[], bigint[]) IS
	'for kg.add_passages: relations of type mentions from passages to entities; those of rewritten passages that are not given again expire';

CREATE OR REPLACE FUNCTION add_passages_body(passages jsonb, graph text) RETURNS TABLE (number integer, id bigint, done text, mentions bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $function$
DECLARE
	tables CONSTANT regclass[] := kg.memory_tables(graph);
	schema CONSTANT text := (kg.graph_entry(graph)).schema_name;
	batch jsonb;
	later jsonb;
	results jsonb;
	p record;
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
			later := passages;
			results := '[]';
			WHILE later IS NOT NULL LOOP
				SELECT n.passages, n.later INTO batch, later FROM kg.next_passages(later) n;
				p := kg.write_passages(tables, batch);
				IF p.rewritten IS NOT NULL OR EXISTS (SELECT FROM jsonb_array_elements(batch) item WHERE item #> '{mentions,0}' IS NOT NULL) THEN
					results := results || (SELECT jsonb_agg(jsonb_build_object('n', n, 'id', u.id, 'outcome', u.outcome, 'entities', coalesce(m.entities, '{}')))
						FROM unnest(p.ids, p.outcomes) WITH ORDINALITY u(id, outcome, n)
							LEFT JOIN kg.write_mentions(tables, graph, batch, p.ids, coalesce(p.rewritten, '{}')) m ON m.place = n
						WHERE u.id IS NOT NULL);
				ELSE
					results := results || (SELECT jsonb_agg(jsonb_build_object('n', n, 'id', u.id, 'outcome', u.outcome, 'entities', '[]'::jsonb))
						FROM unnest(p.ids, p.outcomes) WITH ORDINALITY u(id, outcome, n) WHERE u.id IS NOT NULL);
				END IF;
			END LOOP;
			-- the first element says what was done to the passage
			RETURN QUERY SELECT r.n, r.id, CASE WHEN row_number() OVER (PARTITION BY r.id ORDER BY r.n) > 1 THEN 'unchanged'
					WHEN bool_or(outcome = 'inserted') OVER (PARTITION BY r.id) THEN 'inserted'
					WHEN bool_or(outcome = 'updated') OVER (PARTITION BY r.id) THEN 'updated' ELSE 'unchanged' END, r.entities
				FROM jsonb_to_recordset(results) r(n integer, id bigint, outcome text, entities bigint[]) ORDER BY r.n;
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
