-- Counts of words for BM25

-- Graphs that are no longer as they were counted, by a fifth of their texts
CREATE FUNCTION refresh_registered_counts(graph text, only_if_stale boolean) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_refresh_registered_counts'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION refresh_registered_counts(text, boolean) IS
	'kg.refresh_text_statistics of a registered graph; the caller must own its tables of nodes';

CREATE FUNCTION refresh_text_statistics_body(graph text, only_if_stale boolean) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry kg.graph;
	source record;
	counted bigint;
	is_due boolean;
	refreshed boolean := false;
BEGIN
	IF graph IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = refresh_text_statistics_body.graph;
	IF entry.name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('graph "%s" does not exist', graph),
			HINT = 'The table kg.graph lists the graphs of this database.';
	END IF;
	IF entry.schema_name IS NULL THEN
		RETURN kg.refresh_registered_counts(graph, coalesce(only_if_stale, false));
	END IF;
	IF kg.graph_language(graph) IS NULL THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('graph "%s" has no words to count', graph),
			HINT = format('Its owner adds them with SELECT kg.upgrade_graph(%L).', graph);
	END IF;
	FOR source IN
		SELECT v.kind, format('%I.%I', entry.schema_name, v.relation) AS relation, v.condition
		FROM (VALUES ('entity', entry.entity_table, 'content IS NULL'),
			('passage', entry.entity_table, 'content IS NOT NULL'),
			('observation', entry.observation_table, 'expired_at IS NULL')) v(kind, relation, condition)
	LOOP
		IF row_security_active(source.relation) THEN
			CONTINUE WHEN only_if_stale;
			RAISE insufficient_privilege USING
				MESSAGE = format('row security may hide rows of table %s from you', source.relation),
				HINT = 'Let a role refresh that no policy applies to, such as the owner of the table.';
		END IF;
		IF only_if_stale THEN
			EXECUTE format('SELECT s.texts FROM %I.text_size s WHERE s.kind = $1', entry.schema_name) INTO counted USING source.kind;
			EXECUTE format('SELECT count(*) > greatest(100, $1 / 5) FROM (SELECT FROM %s WHERE id > coalesce((SELECT s.last_id FROM %I.text_size s WHERE s.kind = $2), 0) AND %s LIMIT greatest(100, $1 / 5) + 1) t',
				source.relation, entry.schema_name, source.condition) INTO is_due USING coalesce(counted, 0), source.kind;
			CONTINUE WHEN NOT is_due;
			BEGIN
				EXECUTE format('LOCK TABLE %I.text_size IN SHARE ROW EXCLUSIVE MODE NOWAIT', entry.schema_name);
			EXCEPTION WHEN lock_not_available THEN
				CONTINUE;	-- somebody else is counting
			END;
		END IF;
		-- One at a time; readers go on with the old counts.
		EXECUTE format('LOCK TABLE %I.text_size IN SHARE ROW EXCLUSIVE MODE', entry.schema_name);
		EXECUTE format('DELETE FROM %I.lexeme WHERE kind = $1', entry.schema_name) USING source.kind;
		EXECUTE format('DELETE FROM %I.text_size WHERE kind = $1', entry.schema_name) USING source.kind;
		EXECUTE format($sql$
WITH word AS MATERIALIZED (SELECT * FROM ts_stat($1)),
	text AS MATERIALIZED (SELECT count(*) AS texts, coalesce(max(id), 0) AS last_id FROM %2$s WHERE %3$s),
	kept AS (INSERT INTO %1$I.lexeme (kind, lexeme, texts) SELECT $2, w.word, w.ndoc FROM word w)
INSERT INTO %1$I.text_size (kind, texts, words, mean_idf, last_id)
SELECT $2, t.texts, coalesce(sum(w.nentry), 0),
	coalesce(avg(ln(t.texts - w.ndoc + 0.5::float8) - ln(w.ndoc + 0.5::float8)), 0), t.last_id
FROM text t LEFT JOIN word w ON true GROUP BY t.texts, t.last_id
$sql$, entry.schema_name, source.relation, source.condition)
		USING format('SELECT words FROM %s WHERE %s', source.relation, source.condition), source.kind;
		refreshed := true;
	END LOOP;
	RETURN refreshed;
END
$function$;
COMMENT ON FUNCTION refresh_text_statistics_body(text, boolean) IS
	'body of kg.refresh_text_statistics';
REVOKE ALL ON FUNCTION refresh_text_statistics_body(text, boolean) FROM PUBLIC;

CREATE FUNCTION refresh_text_statistics(graph text DEFAULT 'kg', only_if_stale boolean DEFAULT false) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION refresh_text_statistics(text, boolean) IS
	'counts in how many passages, names of entities and observations each word is, for the text leg of kg.search; of a registered graph by the owner of its tables; '
	'only_if_stale: only where texts that came since are more than a fifth; returns whether it counted any. '
	'Until it is called first, and for roles under row security, each search counts';

-- At REPEATABLE READ the counts of another transaction would be a serialization failure, which is not worth it.
CREATE FUNCTION refresh_when_due(graph text, counts regclass[]) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF current_setting('transaction_isolation') = 'read committed' AND
		(SELECT bool_and(has_table_privilege(c, 'SELECT') AND has_table_privilege(c, 'INSERT') AND has_table_privilege(c, 'DELETE')) FROM unnest(counts) c)
	THEN
		PERFORM kg.refresh_text_statistics(graph, only_if_stale => true);
	END IF;
END
$function$;
COMMENT ON FUNCTION refresh_when_due(text, regclass[]) IS
	'for kg.add_passages: kg.refresh_text_statistics(graph, true) if the caller may write these tables of counts';
