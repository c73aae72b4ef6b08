-- What graphs have for texts and for two times; kg.upgrade_graph adds it to graphs made before

CREATE FUNCTION fold_text(string text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_fold_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION fold_text(text) IS
	'the text with one form for characters that readers take for the same, from which names and words are made: '
	'apostrophes, quotes, hyphens and spaces as in ASCII, other signs as spaces, accents within their letters (NFC), '
	'no soft hyphens and other characters that are not seen, plain letters for ligatures and full width; '
	'in other encodings than UTF8 the text as it is';

-- The indexes of entity names are on this expression.
CREATE FUNCTION name_key(name text) RETURNS text
	AS 'MODULE_PATHNAME', 'kg_name_key'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION name_key(text) IS
	'what of a name decides whether two names are the same: kg.fold_text of it, lower case, with one space for anything that is no letter or digit, but for + and # at the end of a word';

-- Columns, tables and indexes are added only where they are not there: the function may be called again.
CREATE FUNCTION upgrade_graph_body(graph text, language regconfig) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
AS $function$
DECLARE
	entry kg.graph;
	embedding_type text;
	has_known_times boolean;
	is_unfolded boolean;
	is_counted boolean := false;
BEGIN
	IF graph IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = upgrade_graph_body.graph;
	IF entry.schema_name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('there is no graph "%s" that kg.create_graph made', graph),
			HINT = 'The table kg.graph lists the graphs of this database. Tables of a registered graph get columns from their owner.';
	END IF;
	IF language IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'language must not be null',
			HINT = 'Use a text search configuration, such as ''english'' or ''simple''.';
	END IF;
	SELECT format_type(a.atttypid, a.atttypmod) INTO STRICT embedding_type
	FROM pg_attribute a
	WHERE a.attrelid = format('%I.%I', entry.schema_name, entry.entity_table)::regclass AND a.attname = 'embedding';
	has_known_times := EXISTS (
		SELECT FROM pg_attribute a
		WHERE a.attrelid = format('%I.%I', entry.schema_name, entry.relation_table)::regclass AND
			a.attname = 'recorded_at' AND NOT a.attisdropped);

	-- Words and names were not always folded: columns and indexes of those are made again.
	is_unfolded := EXISTS (
		SELECT FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		WHERE d.adrelid = format('%I.%I', entry.schema_name, entry.entity_table)::regclass AND a.attname = 'words' AND
			pg_get_expr(d.adbin, d.adrelid) !~ 'kg\.fold_text');
	IF is_unfolded THEN
		language := kg.graph_language(graph);
		EXECUTE format('SELECT EXISTS (SELECT FROM %I.text_size)', entry.schema_name) INTO is_counted;
		EXECUTE format($ddl$
ALTER TABLE %1$I.entity DROP COLUMN words;
ALTER TABLE %1$I.observation DROP COLUMN words;
DROP INDEX IF EXISTS %1$I.entity_name_key_idx, %1$I.entity_resolved_idx, %1$I.alias_name_key_idx, %1$I.entity_name_trigram_idx;
UPDATE %1$I.entity e SET resolved = false FROM (
	SELECT id, row_number() OVER (PARTITION BY type, kg.name_key(name) ORDER BY id) AS n FROM %1$I.entity WHERE resolved) o
WHERE o.id = e.id AND o.n > 1;
DELETE FROM %1$I.alias a USING (
	SELECT ctid, row_number() OVER (PARTITION BY type, kg.name_key(name) ORDER BY created_at, entity) AS n FROM %1$I.alias) o
WHERE o.ctid = a.ctid AND o.n > 1;
$ddl$, entry.schema_name);
	END IF;

	-- An index on the words as they are finds the same, but slower.
	IF EXISTS (
		SELECT FROM pg_index i
		WHERE i.indexrelid = to_regclass(format('%I.entity_content_words_idx', entry.schema_name)) AND i.indexprs IS NULL) THEN
		EXECUTE format('DROP INDEX %I.entity_content_words_idx', entry.schema_name);
	END IF;

	-- A failure of one command undoes them all.
	EXECUTE format($ddl$
ALTER TABLE %1$I.entity
	ADD COLUMN IF NOT EXISTS resolved boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS content text,
	ADD COLUMN IF NOT EXISTS document text,
	ADD COLUMN IF NOT EXISTS ordinal integer,
	ADD COLUMN IF NOT EXISTS words tsvector
		GENERATED ALWAYS AS (to_tsvector(%2$L::regconfig, kg.fold_text(name || coalesce(' ' || content, '')))) STORED;
-- Searches by text read the words of many rows: they stay in the row, and other columns leave it first.
ALTER TABLE %1$I.entity ALTER COLUMN words SET STORAGE MAIN;
ALTER TABLE %1$I.relation
	ADD COLUMN IF NOT EXISTS recorded_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN IF NOT EXISTS expired_at timestamptz,
	ADD COLUMN IF NOT EXISTS expired_by text;
ALTER TABLE %1$I.observation
	ADD COLUMN IF NOT EXISTS embedding %3$s,
	ADD COLUMN IF NOT EXISTS valid_from timestamptz,
	ADD COLUMN IF NOT EXISTS valid_to timestamptz,
	ADD COLUMN IF NOT EXISTS created_by text NOT NULL DEFAULT current_user,
	ADD COLUMN IF NOT EXISTS recorded_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN IF NOT EXISTS expired_at timestamptz,
	ADD COLUMN IF NOT EXISTS expired_by text,
	ADD COLUMN IF NOT EXISTS words tsvector
		GENERATED ALWAYS AS (to_tsvector(%2$L::regconfig, kg.fold_text(content))) STORED;
ALTER TABLE %1$I.observation ALTER COLUMN words SET STORAGE MAIN;
CREATE TABLE IF NOT EXISTS %1$I.alias (
	entity bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	type integer NOT NULL REFERENCES %1$I.entity_type (id),
	name text NOT NULL CHECK (octet_length(name) <= 2000),
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL DEFAULT current_user
);
CREATE TABLE IF NOT EXISTS %1$I.change (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	entity bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	action text NOT NULL,
	detail jsonb NOT NULL DEFAULT '{}',
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	by text NOT NULL DEFAULT current_user
);
CREATE TABLE IF NOT EXISTS %1$I.lexeme (
	kind text NOT NULL CHECK (kind IN ('entity', 'passage', 'observation')),
	lexeme text NOT NULL,
	texts bigint NOT NULL,
	PRIMARY KEY (kind, lexeme)
);
CREATE TABLE IF NOT EXISTS %1$I.text_size (
	kind text PRIMARY KEY CHECK (kind IN ('entity', 'passage', 'observation')),
	texts bigint NOT NULL,
	words bigint NOT NULL,
	mean_idf double precision NOT NULL DEFAULT 0,
	last_id bigint NOT NULL DEFAULT 0,
	refreshed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS entity_name_key_idx ON %1$I.entity (kg.name_key(name) text_pattern_ops);
CREATE UNIQUE INDEX IF NOT EXISTS entity_resolved_idx ON %1$I.entity (type, kg.name_key(name)) WHERE resolved;
CREATE INDEX IF NOT EXISTS entity_document_idx ON %1$I.entity (document, ordinal) WHERE document IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_passage_idx ON %1$I.entity (id) WHERE content IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_name_words_idx ON %1$I.entity USING gin (words) WHERE content IS NULL;
CREATE INDEX IF NOT EXISTS entity_content_words_idx ON %1$I.entity USING gin (kg.marked_words(words)) WHERE content IS NOT NULL;
CREATE INDEX IF NOT EXISTS observation_words_idx ON %1$I.observation USING gin (words);
CREATE UNIQUE INDEX IF NOT EXISTS alias_name_key_idx ON %1$I.alias (kg.name_key(name) text_pattern_ops, type);
CREATE INDEX IF NOT EXISTS alias_entity_idx ON %1$I.alias (entity);
CREATE INDEX IF NOT EXISTS change_entity_idx ON %1$I.change (entity, at);

COMMENT ON COLUMN %1$I.entity.resolved IS 'no other entity of this type with resolved has this name; kg.upsert_entities sets it';
COMMENT ON COLUMN %1$I.entity.content IS 'text of a passage; null: the entity is no passage';
COMMENT ON COLUMN %1$I.entity.document IS 'the document that a passage is from';
COMMENT ON COLUMN %1$I.entity.ordinal IS 'number of a passage within its document';
COMMENT ON COLUMN %1$I.entity.words IS 'words of name and content, for kg.search';
COMMENT ON COLUMN %1$I.relation.recorded_at IS 'known from this time on';
COMMENT ON COLUMN %1$I.relation.expired_at IS 'known until just before this time; null: still known. Searches see only what is known';
COMMENT ON COLUMN %1$I.relation.expired_by IS 'role that superseded or retracted it';
COMMENT ON COLUMN %1$I.observation.embedding IS 'embedding of the content, for kg.search';
COMMENT ON COLUMN %1$I.observation.valid_from IS 'true from this time on; null: no start';
COMMENT ON COLUMN %1$I.observation.valid_to IS 'true until just before this time; null: no end';
COMMENT ON COLUMN %1$I.observation.created_by IS 'role that added it';
COMMENT ON COLUMN %1$I.observation.recorded_at IS 'known from this time on';
COMMENT ON COLUMN %1$I.observation.expired_at IS 'known until just before this time; null: still known. Searches see only what is known';
COMMENT ON COLUMN %1$I.observation.expired_by IS 'role that superseded or retracted it';
COMMENT ON COLUMN %1$I.observation.words IS 'words of the content, for kg.search';
COMMENT ON TABLE %1$I.alias IS 'further names of entities';
COMMENT ON COLUMN %1$I.alias.entity IS 'entity.id';
COMMENT ON COLUMN %1$I.alias.type IS 'type of the entities for which the name stands';
COMMENT ON COLUMN %1$I.alias.name IS 'a name that leads to the entity';
COMMENT ON TABLE %1$I.change IS 'what was done to entities, for kg.history';
COMMENT ON COLUMN %1$I.change.entity IS 'entity.id';
COMMENT ON COLUMN %1$I.change.action IS 'what was done, such as update or merge';
COMMENT ON COLUMN %1$I.change.detail IS 'values before the change';
COMMENT ON COLUMN %1$I.change.at IS 'when';
COMMENT ON COLUMN %1$I.change.by IS 'role that did it';
COMMENT ON TABLE %1$I.lexeme IS 'in how many texts a word is, for BM25; kg.refresh_text_statistics fills it';
COMMENT ON COLUMN %1$I.lexeme.kind IS 'of which texts: names of entities, passages, or observations';
COMMENT ON COLUMN %1$I.lexeme.lexeme IS 'the word as in the column words';
COMMENT ON COLUMN %1$I.lexeme.texts IS 'number of texts with this word';
COMMENT ON TABLE %1$I.text_size IS 'number and length of texts, for BM25; kg.refresh_text_statistics fills it';
COMMENT ON COLUMN %1$I.text_size.kind IS 'which texts: names of entities, passages, or observations';
COMMENT ON COLUMN %1$I.text_size.texts IS 'number of texts';
COMMENT ON COLUMN %1$I.text_size.words IS 'number of words in all of them';
COMMENT ON COLUMN %1$I.text_size.mean_idf IS 'mean of the words'' inverse document frequencies';
COMMENT ON COLUMN %1$I.text_size.last_id IS 'greatest id among these texts when they were counted';
COMMENT ON COLUMN %1$I.text_size.refreshed_at IS 'when they were counted';
COMMENT ON INDEX %1$I.entity_name_key_idx IS 'finds entities by name or its beginning, whatever its case and punctuation';
COMMENT ON INDEX %1$I.entity_resolved_idx IS 'keeps the verbs from making an entity twice';
COMMENT ON INDEX %1$I.entity_document_idx IS 'finds the passages of a document';
COMMENT ON INDEX %1$I.entity_passage_idx IS 'finds the passages among entities';
COMMENT ON INDEX %1$I.entity_name_words_idx IS 'finds entities by words of their names';
COMMENT ON INDEX %1$I.entity_content_words_idx IS 'finds passages by words';
COMMENT ON INDEX %1$I.observation_words_idx IS 'finds observations by words';
COMMENT ON INDEX %1$I.alias_name_key_idx IS 'finds entities by further names';
COMMENT ON INDEX %1$I.alias_entity_idx IS 'finds further names of an entity';
COMMENT ON INDEX %1$I.change_entity_idx IS 'changes of an entity in order of time';
$ddl$, entry.schema_name, language, embedding_type);

	IF NOT has_known_times THEN
		-- What a graph held before it had these columns was known since it was inserted.
		EXECUTE format($ddl$
ALTER TABLE %1$I.relation ALTER COLUMN recorded_at TYPE timestamptz USING created_at;
ALTER TABLE %1$I.observation ALTER COLUMN recorded_at TYPE timestamptz USING at;
ALTER TABLE %1$I.relation ADD CONSTRAINT relation_known_check CHECK (recorded_at <= expired_at);
ALTER TABLE %1$I.observation ADD CONSTRAINT observation_known_check CHECK (recorded_at <= expired_at),
	ADD CONSTRAINT observation_valid_check CHECK (valid_from < valid_to);
DROP INDEX IF EXISTS %1$I.relation_source_idx, %1$I.relation_target_idx;
CREATE INDEX relation_source_idx ON %1$I.relation (source, type)
	INCLUDE (weight, target, id, valid_from, valid_to, expired_at);
CREATE INDEX relation_target_idx ON %1$I.relation (target, type)
	INCLUDE (weight, source, id, valid_from, valid_to, expired_at);
COMMENT ON INDEX %1$I.relation_source_idx IS 'outgoing edges, for index-only traversal';
COMMENT ON INDEX %1$I.relation_target_idx IS 'incoming edges, for index-only traversal';
$ddl$, entry.schema_name);
	END IF;

	IF is_counted THEN
		PERFORM kg.refresh_text_statistics(graph);
	END IF;

	-- CREATE OR REPLACE TRIGGER would take a lock that waits for readers, also if nothing changes.
	IF NOT EXISTS (
		SELECT FROM pg_trigger t
		WHERE t.tgrelid = format('%I.%I', entry.schema_name, entry.entity_table)::regclass AND t.tgname = 'entity_log_change') THEN
		EXECUTE format($ddl$
CREATE TRIGGER entity_log_change AFTER UPDATE ON %1$I.entity
	FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.type IS DISTINCT FROM NEW.type OR
		OLD.properties IS DISTINCT FROM NEW.properties OR OLD.content IS DISTINCT FROM NEW.content)
	EXECUTE FUNCTION kg.log_change();
COMMENT ON TRIGGER entity_log_change ON %1$I.entity IS 'keeps old names, types, properties and contents for kg.history';
$ddl$, entry.schema_name);
	END IF;

	IF EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_trgm') THEN
		EXECUTE format($ddl$
CREATE INDEX IF NOT EXISTS entity_name_trigram_idx ON %1$I.entity USING gin (kg.name_key(name) %2$s);
COMMENT ON INDEX %1$I.entity_name_trigram_idx IS 'finds entities by similar names';
$ddl$, entry.schema_name,
					   (SELECT format('%I.gin_trgm_ops', n.nspname)
						FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'));
	END IF;
END
$function$;
COMMENT ON FUNCTION upgrade_graph_body(text, regconfig) IS
	'body of kg.upgrade_graph';
REVOKE ALL ON FUNCTION upgrade_graph_body(text, regconfig) FROM PUBLIC;

CREATE FUNCTION upgrade_graph(graph text DEFAULT 'kg', language regconfig DEFAULT 'english') RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION upgrade_graph(text, regconfig) IS
	'adds to a graph that kg.create_graph made before what kg.search and the two times need: columns, tables and indexes; '
	'language: text search configuration of names and contents; of a graph whose words were not folded (kg.fold_text) '
	'the words are made again, in its language; a graph that has them all stays as it is, '
	'but for the index by trigrams, which is added if pg_trgm has been installed since';

CREATE FUNCTION graph_language(graph text DEFAULT 'kg') RETURNS regconfig
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

CREATE FUNCTION index_known_at_body(graph text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
AS $function$
DECLARE
	entry kg.graph;
BEGIN
	IF graph IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'graph must not be null';
	END IF;
	SELECT * INTO entry FROM kg.graph g WHERE g.name = index_known_at_body.graph;
	IF entry.schema_name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('there is no graph "%s" that kg.create_graph made', graph),
			HINT = 'The table kg.graph lists the graphs of this database. The owner of the tables of a registered graph makes indexes himself.';
	END IF;
	PERFORM kg.check_known_at(NULL, graph);
	EXECUTE format($ddl$
CREATE INDEX IF NOT EXISTS relation_source_known_idx ON %1$I.%2$I (source, type)
	INCLUDE (weight, target, id, valid_from, valid_to, recorded_at, expired_at);
CREATE INDEX IF NOT EXISTS relation_target_known_idx ON %1$I.%2$I (target, type)
	INCLUDE (weight, source, id, valid_from, valid_to, recorded_at, expired_at);
COMMENT ON INDEX %1$I.relation_source_known_idx IS 'outgoing edges, for traversals with known_at';
COMMENT ON INDEX %1$I.relation_target_known_idx IS 'incoming edges, for traversals with known_at';
$ddl$, entry.schema_name, entry.relation_table);
END
$function$;
COMMENT ON FUNCTION index_known_at_body(text) IS
	'body of kg.index_known_at';
REVOKE ALL ON FUNCTION index_known_at_body(text) FROM PUBLIC;

CREATE FUNCTION index_known_at(graph text DEFAULT 'kg') RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION index_known_at(text) IS
	'makes two more indexes on the relations of a graph that kg.create_graph made, which hold recorded_at, too: '
	'with them, searches with known_at read index pages as those without it do; they take 8 bytes a relation more '
	'than the indexes that each graph has';
