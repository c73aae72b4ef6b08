--
-- Verbs that write many rows: kg.upsert_entities, upsert_relations, add_observations, add_passages
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SELECT kg.create_graph('mem', 3, language => 'simple');
CREATE VIEW pg_temp.e AS
	SELECT e.id, t.name AS type, e.name, e.properties, e.embedding, e.importance, e.resolved, e.document, e.ordinal, e.content
	FROM mem.entity e JOIN mem.entity_type t ON t.id = e.type ORDER BY e.id;
CREATE VIEW pg_temp.r AS
	SELECT r.id, s.name AS source, t.name AS type, d.name AS target, r.weight, r.properties, r.valid_from::date, r.valid_to::date, r.expired_at IS NULL AS known
	FROM mem.relation r JOIN mem.relation_type t ON t.id = r.type JOIN mem.entity s ON s.id = r.source JOIN mem.entity d ON d.id = r.target ORDER BY r.id;

-- Entities: by type and name key.  Elements for one entity are merged in their order.
SELECT * FROM kg.upsert_entities('[
	{"name": "Ada Lovelace", "type": "person", "properties": {"born": 1815, "a": 1}, "embedding": [1, 2, 3], "aliases": ["Countess of Lovelace", "A. King"]},
	{"name": "ada  LOVELACE", "type": "person", "properties": {"a": 2}, "importance": 2}]', 'mem');
SELECT * FROM kg.upsert_entities('[{"name": "Ada Lovelace", "type": "ship"},
	{"name": "C"}, {"name": "C++"}, {"name": "C#"}, {"name": "++"}]', 'mem');
SELECT id, type, name, properties, embedding, importance, resolved FROM pg_temp.e;
-- The same again changes nothing: no row is written.
CREATE TEMP TABLE before AS SELECT id, xmin AS written FROM mem.entity;
SELECT * FROM kg.upsert_entities('[
	{"name": "Ada Lovelace", "type": "person", "properties": {"born": 1815}, "embedding": [1, 2, 3], "aliases": ["A King"]},
	{"name": "a. king", "type": "person", "importance": 2}, {"name": "C"}]', 'mem');
SELECT count(*) FROM mem.entity e JOIN before b ON b.id = e.id AND b.written <> e.xmin;
-- An alias leads to the entity, a null stands for a key that is not given, and what is given counts.
SELECT * FROM kg.upsert_entities('[{"name": "a. king", "type": "person", "properties": {"died": 1852}, "embedding": "[3,2,1]", "importance": null, "aliases": ["Enchantress"]},
	{"name": "C", "type": null, "properties": null, "importance": 0.5}]', 'mem');
SELECT id, name, properties, embedding, importance FROM pg_temp.e WHERE name IN ('Ada Lovelace', 'C');
SELECT a.entity, t.name AS type, a.name FROM mem.alias a JOIN mem.entity_type t ON t.id = a.type ORDER BY a.name;
-- A name alone is that of the entity of any type; of several types it is an error.
SELECT * FROM kg.upsert_entities('[{"name": "Enchantress"}]', 'mem');
SELECT * FROM kg.upsert_entities('[{"name": "C"}, {"name": "Ada Lovelace"}]', 'mem');
-- An entity that was made by INSERT is found, and marked; of several the first.
INSERT INTO mem.entity (type, name) SELECT id, n FROM mem.entity_type, unnest('{Babbage,BABBAGE}'::text[]) n WHERE entity_type.name = 'person';
SELECT * FROM kg.upsert_entities('[{"name": "babbage", "type": "person"}]', 'mem');
SELECT id, name, resolved FROM pg_temp.e WHERE name ILIKE 'babbage';
SELECT * FROM kg.upsert_entities('[]', 'mem');

-- Relations
SELECT * FROM kg.upsert_relations('[
	{"source": {"name": "Babbage", "type": "person"}, "target": 1, "type": "knows", "weight": 2, "properties": {"a": 1}},
	{"source": "Babbage", "target": "London", "type": "lives_in", "valid_from": "1810-01-01", "valid_to": "1871-01-01"},
	{"source": "Babbage", "target": {"name": "London", "type": "city"}, "type": "knows"},
	{"source": "Babbage", "target": 1, "type": "knows", "properties": {"b": 2}}]', 'mem');
SELECT * FROM pg_temp.r;
SELECT * FROM kg.upsert_relations('[
	{"source": "Babbage", "target": 1, "type": "knows", "weight": 2},
	{"source": "Babbage", "target": {"name": "London", "type": "city"}, "type": "lives_in", "valid_from": "1810-01-01", "valid_to": "1871-01-01", "weight": 0.5},
	{"source": "Babbage", "target": "London", "type": "lives_in"}]', 'mem');
-- A change is a new row, with the older one expired.
SELECT * FROM pg_temp.r;
SELECT count(*) FROM mem.relation WHERE recorded_at > expired_at OR (expired_at IS NULL) <> (expired_by IS NULL);
SELECT n.recorded_at = o.expired_at AS no_gap FROM mem.relation o JOIN mem.relation n ON (o.id, n.id) = (2, 4);

-- Types that are one at a time
SELECT kg.set_relation_type('lives_in', true, 'mem');
DELETE FROM mem.relation WHERE id = 5;
SELECT kg.set_relation_type('lives_in', true, 'mem') = kg.set_relation_type('lives_in', true, 'mem') AS same;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'mem.relation'::regclass AND contype = 'x';
SELECT * FROM kg.upsert_relations('[{"source": 1, "target": "Rome", "type": "lives_in"}, {"source": "Babbage", "target": "Rome", "type": "lives_in", "valid_to": "1810-01-02"}]', 'mem');
SELECT * FROM kg.upsert_relations('[{"source": 1, "target": "Rome", "type": "lives_in"}, {"source": 1, "target": "Paris", "type": "lives_in", "valid_to": "1810-01-02"}]', 'mem');
SELECT number, source, target, done FROM kg.upsert_relations('[{"source": "Babbage", "target": "Rome", "type": "lives_in", "valid_to": "1810-01-01"}]', 'mem');
SELECT kg.set_relation_type('lives_in', false, 'mem') = kg.set_relation_type('lives_in', false, 'mem') AS same;
SELECT count(*) FROM pg_constraint WHERE conrelid = 'mem.relation'::regclass AND contype = 'x';
SELECT kg.set_relation_type(NULL, true, 'mem');
SELECT kg.set_relation_type('x', NULL, 'mem');

-- Observations
SELECT * FROM kg.add_observations('[
	{"entity": 1, "content": "wrote the first program", "source": "notes", "at": "1843-01-01", "embedding": [1, 0, 0]},
	{"entity": "Babbage", "content": "wrote the first program"},
	{"entity": "Babbage", "content": "wrote the first program"},
	{"entity": {"name": "Menabrea", "type": "person"}, "content": "", "valid_from": "1840-01-01"}]', 'mem');
SELECT * FROM kg.add_observations('[{"entity": "Babbage", "content": "wrote the first program", "source": "another"}, {"entity": "Babbage", "content": "wrote the first program", "valid_to": "1850-01-01"}]', 'mem');
SELECT o.id, e.name, o.content, o.source, o.at < '2000-01-01' AS old, o.valid_from::date, o.valid_to::date, o.embedding, o.created_by = current_user AS mine FROM mem.observation o JOIN mem.entity e ON e.id = o.entity ORDER BY 1;

-- Passages
SELECT * FROM kg.add_passages('[
	{"document": "d1", "ordinal": 1, "title": "Ada", "content": "Ada met Babbage", "properties": {"page": 1}, "embedding": [1, 1, 1], "mentions": [1, {"name": "Babbage", "type": "person"}, "Turin", "Turin"]},
	{"document": "d1", "ordinal": 2, "content": "in Turin", "mentions": ["turin"]},
	{"document": "d1", "content": "without a number"}, {"document": "d1", "content": "without a number"},
	{"content": "free text"}, {"content": "free text", "type": "chunk"},
	{"document": "d1", "ordinal": 1, "content": "Ada met Mr Babbage", "mentions": [1]}]', 'mem');
SELECT id, type, name, document, ordinal, content, properties, embedding, resolved FROM pg_temp.e WHERE content IS NOT NULL;
SELECT * FROM pg_temp.r WHERE type = 'mentions';
-- Another content: mentions that are not given any more expire, and so does the embedding.
SELECT * FROM kg.add_passages('[
	{"document": "d1", "ordinal": 1, "content": "Ada met Menabrea", "properties": {"b": 1}, "mentions": [1, "Menabrea"]},
	{"document": "d1", "ordinal": 2, "content": "in Turin", "embedding": [0, 1, 0], "mentions": ["Menabrea"]},
	{"document": "d1", "content": "without a number", "name": "named"}, {"content": "free text"}]', 'mem');
SELECT id, type, name, document, ordinal, content, properties, embedding FROM pg_temp.e WHERE content IS NOT NULL;
SELECT * FROM pg_temp.r WHERE type = 'mentions';
-- A passage's name is no name of an entity.
SELECT number, done FROM kg.upsert_entities('[{"name": "free text"}]', 'mem');

-- Old values are kept: of an UPDATE, too, but not of embeddings alone.
UPDATE mem.entity SET name = 'Ada King', type = 2 WHERE id = 1;
UPDATE mem.entity SET embedding = '[9,9,9]', importance = 7 WHERE id = 1;
SELECT entity, action, detail, by = current_user AS mine FROM mem.change ORDER BY id;

-- What is wrong is said with the number of the element and the value; nothing is written then.
CREATE TEMP TABLE counts AS SELECT (SELECT count(*) FROM mem.entity) AS e, (SELECT count(*) FROM mem.relation) AS r, (SELECT count(*) FROM mem.observation) AS o, (SELECT count(*) FROM mem.entity_type) AS t;
SELECT kg.upsert_entities(NULL, 'mem');
SELECT kg.upsert_entities('{"name": "x"}', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, 5]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, null]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, {"type": "y"}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, {"name": null}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, {"name": ""}]', 'mem');
SELECT kg.upsert_entities(jsonb_build_array(jsonb_build_object('name', repeat('x', 2001))), 'mem');
SELECT kg.upsert_entities('[{"name": "x", "typ": "y"}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x", "properties": [1]}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x", "importance": "high"}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x", "importance": 1e300}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, {"name": "y", "embedding": [1, 2]}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, {"name": "y", "embedding": [1, "a", 2]}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x"}, {"name": "y", "embedding": {}}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x", "aliases": ["y", 5]}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x", "aliases": ["London"]}]', 'mem');
SELECT kg.upsert_entities('[{"name": "x", "aliases": ["q"]}, {"name": "y", "aliases": ["Q"]}]', 'mem');
SELECT kg.upsert_relations('[{"source": 1, "target": 99, "type": "r"}]', 'mem');
SELECT kg.upsert_relations('[{"source": 1.5, "target": 1, "type": "r"}]', 'mem');
SELECT kg.upsert_relations('[{"source": -1, "target": 1, "type": "r"}]', 'mem');
SELECT kg.upsert_relations('[{"source": {"type": "x"}, "target": 1, "type": "r"}]', 'mem');
SELECT kg.upsert_relations('[{"source": {"name": "x", "kind": "y"}, "target": 1, "type": "r"}]', 'mem');
SELECT kg.upsert_relations('[{"source": true, "target": 1, "type": "r"}]', 'mem');
SELECT kg.upsert_relations('[{"source": 1, "target": 1}]', 'mem');
SELECT kg.upsert_relations('[{"source": 1, "target": 2, "type": "r"}, {"source": 1, "target": 1, "type": "r", "valid_from": "yesterday or so"}]', 'mem');
SELECT kg.upsert_relations('[{"source": 1, "target": 1, "type": "r", "valid_from": "2020-01-01", "valid_to": "2020-01-01"}]', 'mem');
SELECT kg.add_observations('[{"entity": 1}]', 'mem');
SELECT kg.add_observations('[{"entity": 1, "content": 5}]', 'mem');
SELECT kg.add_observations('[{"entity": 1, "content": "x"}, {"entity": 1, "content": "y", "embedding": [1]}]', 'mem');
SELECT kg.add_passages('[{"content": "x", "ordinal": 1.5}]', 'mem');
SELECT kg.add_passages('[{"content": "x", "ordinal": 3000000000}]', 'mem');
SELECT kg.add_passages('[{"content": "x", "mentions": ["a", []]}]', 'mem');
SELECT kg.add_passages('[{"content": "x"}, {"content": "y", "mentions": ["a", 99]}]', 'mem');
SELECT kg.add_passages('[{"document": "d"}]', 'mem');
SELECT (SELECT count(*) FROM mem.entity) - e AS e, (SELECT count(*) FROM mem.relation) - r AS r, (SELECT count(*) FROM mem.observation) - o AS o, (SELECT count(*) FROM mem.entity_type) - t AS t FROM counts;

-- Graphs that verbs do not write
CREATE TABLE mem.node (id int PRIMARY KEY, name text);
SELECT kg.register_graph('mem_registered', '"mem.node"', '[]');
SELECT kg.upsert_entities('[{"name": "x"}]', 'mem_registered');
SELECT kg.upsert_relations('[]', 'nowhere');
SELECT kg.add_passages('[]', NULL);
ALTER TABLE mem.entity DROP COLUMN words CASCADE;
SELECT kg.add_observations('[]', 'mem');
SELECT kg.upgrade_graph('mem', 'simple');

-- Row security and privileges are the caller's: what is hidden is not found, and a name that it has gives an error.
CREATE ROLE mem_writer;
GRANT USAGE ON SCHEMA mem TO mem_writer;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA mem TO mem_writer;
GRANT UPDATE ON mem.entity TO mem_writer;
ALTER TABLE mem.entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON mem.entity TO mem_writer USING (name <> 'London') WITH CHECK (name <> 'Atlantis');
SET ROLE mem_writer;
SELECT done FROM kg.upsert_entities('[{"name": "Menabrea", "importance": 3}, {"name": "Oslo", "type": "city"}]', 'mem');
SELECT kg.upsert_entities('[{"name": "Bergen"}, {"name": "London", "type": "city"}]', 'mem');
SELECT kg.upsert_entities('[{"name": "Bergen"}, {"name": "LONDON", "type": "city"}]', 'mem');
SELECT kg.upsert_entities('[{"name": "Atlantis"}]', 'mem');
SELECT kg.upsert_relations('[{"source": "Oslo", "target": 10, "type": "near"}]', 'mem');
SELECT done FROM kg.add_observations('[{"entity": "Oslo", "content": "a city"}]', 'mem');
-- No right to expire a relation, or to lock a table that he may not write
SELECT done FROM kg.upsert_relations('[{"source": "Oslo", "target": "Menabrea", "type": "near"}]', 'mem');
SELECT done FROM kg.upsert_relations('[{"source": "Oslo", "target": "Menabrea", "type": "near", "weight": 3}]', 'mem');
SELECT kg.lock_subjects('mem', 'mem.node', 'entity', '{1}');
SELECT kg.lock_subjects('mem', 'pg_class', 'entity', '{1}');
INSERT INTO mem.entity (name, type) VALUES ('x', 1);
RESET ROLE;
REVOKE INSERT ON mem.relation FROM mem_writer;
SET ROLE mem_writer;
SELECT kg.lock_subjects('mem', 'mem.relation', 'entity', '{1}');
SELECT kg.upsert_relations('[{"source": "Oslo", "target": "Menabrea", "type": "far"}]', 'mem');
-- The log is written though he may not write it, and says who.
UPDATE mem.entity SET name = 'Oslo city' WHERE name = 'Oslo';
RESET ROLE;
SELECT action, detail, by FROM mem.change ORDER BY id DESC LIMIT 1;

-- It runs as the table's owner, and nothing of the caller's with it.
CREATE SCHEMA mem_evil;
CREATE FUNCTION mem_evil.evil() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil runs as %', current_user; END $$;
CREATE DOMAIN mem_evil.text AS pg_catalog.text CHECK (mem_evil.evil());
CREATE DOMAIN mem_evil.jsonb AS pg_catalog.jsonb CHECK (mem_evil.evil());
CREATE DOMAIN mem_evil.int8 AS pg_catalog.int8 CHECK (mem_evil.evil());
GRANT USAGE ON SCHEMA mem_evil TO mem_writer;
SET ROLE mem_writer;
SET search_path = mem_evil, pg_catalog;
UPDATE mem.entity SET name = 'Oslo', properties = '{"a": 1}' WHERE name = 'Oslo city';
SELECT 'x'::text;
RESET search_path;
RESET ROLE;
SELECT detail FROM mem.change ORDER BY id DESC LIMIT 1;
DROP SCHEMA mem_evil CASCADE;

-- A passage has text, and no more different words than PostgreSQL keeps; the message names the element
SELECT * FROM kg.add_passages('[{"content": "a"}, {"document": "d", "content": ""}]', 'mem');
SELECT * FROM kg.add_passages(jsonb_build_array(jsonb_build_object('content', E' \n\t ')), 'mem');
SELECT * FROM kg.add_passages((SELECT jsonb_build_array('{"content": "short"}'::jsonb, jsonb_build_object('document', 'd', 'ordinal', 7, 'content', string_agg(repeat('w', 20) || i, ' '))) FROM generate_series(1, 50000) i), 'mem');
SELECT * FROM kg.add_observations((SELECT jsonb_build_array(jsonb_build_object('entity', 'Oslo', 'content', string_agg(repeat('w', 20) || i, ' '))) FROM generate_series(1, 50000) i), 'mem');
SELECT count(*) FROM mem.entity WHERE document = 'd' OR content = 'short';

-- Elements for one passage do what calls of their own do one after another: nothing that they give is lost, the first
-- says what was done, and mentions that a new text does not have expire, also where it has none.
SELECT kg.create_graph('mem_elements', 2), kg.create_graph('mem_calls', 2);
CREATE TEMP TABLE element AS SELECT * FROM jsonb_array_elements('[
	{"document": "d", "ordinal": 1, "content": "a", "properties": {"x": 1}, "embedding": [1, 0], "mentions": ["Ada"]},
	{"document": "d", "ordinal": 1, "content": "a", "properties": {"y": 2}, "importance": 3},
	{"document": "d", "ordinal": 2, "content": "b", "embedding": [0, 1], "mentions": ["Ada", "Oslo"]},
	{"document": "d", "content": "a", "title": "by its text", "mentions": ["Oslo"]},
	{"document": "d", "content": "b", "properties": {"z": 3}},
	{"document": "d", "ordinal": 2, "content": "c", "properties": {"x": 4}},
	{"document": "d", "content": "c", "mentions": ["Turin"]},
	{"document": "d", "content": "b", "title": "again"},
	{"document": "d", "ordinal": 3, "content": "b"},
	{"ordinal": 1, "content": "free", "properties": {"x": 1}}, {"ordinal": 2, "content": "free", "properties": {"y": 2}}, {"content": "free", "title": "FREE"},
	{"document": "e", "ordinal": 1, "content": "a", "mentions": ["Ada"]}, {"document": "e", "ordinal": 1, "content": "b", "mentions": []}]') WITH ORDINALITY e(item, n);
SELECT number, id, done, mentions FROM kg.add_passages((SELECT jsonb_agg(item ORDER BY n) FROM element), 'mem_elements');
SELECT count(d.done) FROM element, kg.add_passages(jsonb_build_array(item), 'mem_calls') d;
CREATE FUNCTION pg_temp.written(graph text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($query$
		SELECT concat_ws(' | ', e.document, e.ordinal, e.content, e.name, e.properties, e.embedding, e.importance, (
			SELECT string_agg(o.name, ', ' ORDER BY o.name) FROM %1$I.relation r JOIN %1$I.entity o ON o.id = r.target WHERE r.source = e.id AND r.expired_at IS NULL))
		FROM %1$I.entity e WHERE e.content IS NOT NULL ORDER BY 1$query$, graph);
END $$;
SELECT pg_temp.written('mem_elements');
SELECT 'elements' AS only, * FROM (SELECT pg_temp.written('mem_elements') EXCEPT ALL SELECT pg_temp.written('mem_calls')) e
UNION ALL SELECT 'calls', * FROM (SELECT pg_temp.written('mem_calls') EXCEPT ALL SELECT pg_temp.written('mem_elements')) c;
-- an error has the number of the element
SELECT kg.add_passages('[{"content": "x"}, {"content": "x", "mentions": [99999]}]', 'mem_elements');

-- Entities likewise: a name that an element before has as an alias means its entity, not a new one; where an element
-- with a type makes the entity that an element without one means, both are merged.
SELECT kg.create_graph('mem_names', 2), kg.create_graph('mem_named', 2);
TRUNCATE element;
INSERT INTO element SELECT * FROM jsonb_array_elements('[
	{"name": "Robert", "type": "p", "aliases": ["Bob", "robert"], "properties": {"x": 1}},
	{"name": "bob", "type": "p", "aliases": ["Rob"], "properties": {"y": 2}, "importance": 2},
	{"name": "Robert", "type": "p", "properties": {"x": 3}},
	{"name": "Rob", "properties": {"y": 4}, "embedding": [1, 0]},
	{"name": "Bob", "type": "q", "aliases": ["Bobby"], "properties": {"z": 5}}, {"name": "Bobby", "type": "q", "importance": 3},
	{"name": "Rob", "type": "p", "aliases": ["Bobby"]}, {"name": "Bobby", "type": "p", "properties": {"z": 6}}]') WITH ORDINALITY e(item, n);
SELECT number, id, done FROM kg.upsert_entities((SELECT jsonb_agg(item ORDER BY n) FROM element), 'mem_names');
SELECT count(d.done) FROM element, kg.upsert_entities(jsonb_build_array(item), 'mem_named') d;
CREATE FUNCTION pg_temp.named(graph text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($query$
		SELECT concat_ws(' | ', e.id, t.name, e.name, e.properties, e.embedding, e.importance, (SELECT string_agg(a.name, ', ' ORDER BY a.name) FROM %1$I.alias a WHERE a.entity = e.id))
		FROM %1$I.entity e JOIN %1$I.entity_type t ON t.id = e.type ORDER BY 1$query$, graph);
END $$;
SELECT pg_temp.named('mem_names');
SELECT 'elements' AS only, * FROM (SELECT pg_temp.named('mem_names') EXCEPT ALL SELECT pg_temp.named('mem_named')) e
UNION ALL SELECT 'calls', * FROM (SELECT pg_temp.named('mem_named') EXCEPT ALL SELECT pg_temp.named('mem_names')) c;
SELECT kg.upsert_entities('[{"name": "Bob", "type": "p"}, {"name": "Robin", "type": "p", "aliases": ["Rob"]}]', 'mem_names');
SELECT kg.upsert_entities('[{"name": "Anna", "type": "p"}, {"name": "Hannah", "type": "p", "aliases": ["Hanna"]}, {"name": "Hanna", "type": "p", "aliases": ["Anna"]}]', 'mem_names');
SELECT done FROM kg.upsert_entities('[{"name": "Lovelace", "properties": {"a": 1, "c": 1}}, {"name": "Lovelace", "type": "p", "properties": {"b": 2, "c": 2}}]', 'mem_names');
SELECT properties FROM mem_names.entity WHERE name = 'Lovelace';

-- Names of blanks alone are none, however they are written: spaces that do not break, that are wide, that are not seen
SELECT kg.upsert_entities('[{"name": "x"}, {"name": "   "}]', 'mem_names');
SELECT kg.upsert_entities(E'[{"name": "\\t\\n\\u00a0"}]', 'mem_names');
SELECT kg.upsert_entities(E'[{"name": "\\u3000\\u200b"}]', 'mem_names');
SELECT kg.upsert_entities(E'[{"name": "x", "type": "\\u00a0"}]', 'mem_names');
SELECT kg.upsert_entities('[{"name": "x", "aliases": ["y", "  "]}]', 'mem_names');
SELECT kg.upsert_relations('[{"source": "x", "target": "y", "type": "t"}, {"source": " ", "target": "y", "type": "t"}]', 'mem_names');
SELECT kg.upsert_relations('[{"source": "x", "target": {"name": "y", "type": " "}, "type": "t"}]', 'mem_names');
SELECT kg.upsert_relations('[{"source": "x", "target": "y", "type": " "}]', 'mem_names');
SELECT kg.add_observations('[{"entity": {"name": " "}, "content": "x"}]', 'mem_names');
SELECT kg.add_passages('[{"content": "x", "mentions": ["y", " "]}]', 'mem_names');
SELECT kg.add_passages('[{"content": "x", "title": " "}]', 'mem_names');
SELECT kg.assert_fact(' ', 't', 'y', graph => 'mem_names');
SELECT kg.assert_fact('x', ' ', 'y', graph => 'mem_names');
SELECT kg.assert_fact('x', 't', 'y', object_type => ' ', graph => 'mem_names');
SELECT kg.set_relation_type(' ', true, graph => 'mem_names');
SELECT number, done FROM kg.upsert_entities('[{"name": "!"}, {"name": "…"}, {"name": "☃", "type": " x "}, {"name": "ü", "properties": {" ": " "}}]', 'mem_names');

-- A session that writes numbers, names and literals otherwise: weights are not rounded, and all is read as ever.
SET extra_float_digits = 0;
SET quote_all_identifiers = on;
-- 19 knows none but this
DO $$ BEGIN SET standard_conforming_strings = off; EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN END $$;
SELECT kg.create_graph('mem_notation', 2, language => 'simple');
SELECT kg.graph_language('mem_notation');
SELECT done FROM kg.upsert_relations('[{"source": "Ada", "target": "Oslo", "type": "lives in", "weight": 0.123456789, "valid_from": "2020-01-01"}]', 'mem_notation');
SELECT kg.set_relation_type('lives in', one_at_a_time => true, graph => 'mem_notation') IS NOT NULL AS set;
SELECT done FROM kg.assert_fact('Ada', 'lives in', 'Turin', '2021-01-01', '2022-01-01', weight => 0.987654321, graph => 'mem_notation');
SELECT done FROM kg.add_passages('[{"content": "Ada lives", "mentions": ["Ada"], "importance": 0.123456789}]', 'mem_notation');
SELECT name, kind FROM kg.search('ada lives', graph => 'mem_notation');
CREATE TEMP TABLE words_column AS SELECT attnum FROM pg_attribute WHERE attrelid = 'mem_notation.entity'::regclass AND attname = 'words';
SELECT kg.upgrade_graph('mem_notation');
SELECT count(*) AS not_made_again FROM words_column w JOIN pg_attribute a ON a.attrelid = 'mem_notation.entity'::regclass AND a.attname = 'words' AND a.attnum = w.attnum;
SELECT bool_or(line LIKE '%"weight">0.12345679<%') AS whole FROM kg.export_graphml(graph => 'mem_notation') line;
SHOW extra_float_digits;
RESET extra_float_digits;
RESET quote_all_identifiers;
RESET standard_conforming_strings;
SELECT id, weight = 0.123456789::real AS oslo, weight = 0.987654321::real AS turin FROM mem_notation.relation ORDER BY id;

SELECT kg.drop_graph('mem_registered');
DROP TABLE mem.node;
SET client_min_messages = error;
SELECT kg.drop_graph('mem', true), kg.drop_graph('mem_elements', true), kg.drop_graph('mem_calls', true), kg.drop_graph('mem_names', true), kg.drop_graph('mem_named', true), kg.drop_graph('mem_notation', true);
DROP ROLE mem_writer;
