--
-- Characters that readers take for the same: kg.fold_text, in names, texts and questions
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- What becomes of each kind of character; nothing changes the second time
SELECT what, kg.fold_text(before) AS folded, kg.fold_text(kg.fold_text(before)) = kg.fold_text(before) AS stays
FROM (VALUES
	(1, 'ASCII', 'The lion''s "mane" - 5$'),
	(2, 'apostrophes', E'a\u2018b\u2019c\u201Bd\u02BCe\u02BBf\u00B4g\u2032h\uFF07i\uA78Cj'),
	(3, 'quotes', E'\u201Ca\u201D \u201Eb\u201F \u00ABc\u00BB \u2039d\u203A \u300Ce\u300D'),
	(4, 'hyphens', E'a\u2010b\u2011c\u2012d\u20135 \u22125'),
	(5, 'dashes', E'one\u2014two\u2015three\u2026four\u2022five'),
	(6, 'spaces', E'a\u00A0b\u202Fc\u2009d\u3000e\u2028f'),
	(7, 'not seen', E'co\u00ADop\u200Ber\uFEFFa\u2060ti\u200Dv\u200Ce\u200E\u202A'),
	(8, 'emoji', E'\u2764\uFE0F'),
	(9, 'zero width space in Thai', E'\u0E01\u200B\u0E02'),
	(10, 'accents of their own', E'Cafe\u0301 A\u030Angstro\u0308m \u1E9B\u0323 \u0415\u0308'),
	(11, 'ligatures', E'o\uFB03ce \uFB01ne \u0133s \u01C6 lo\u017Fs'),
	(12, 'full width', E'\uFF2B\uFF27\uFF12\uFF01\uFF1F C\uFF0B\uFF0B'),
	(13, 'half width', E'\uFF76\uFF9E\uFF77 \uFFE6'),
	(14, 'Hangul', E'\u1112\u1161\u11AB \uFFA1'),
	(15, 'Arabic', E'\uFEF3\uFE92\uFE98 \u0643\u0640\u062A\u060C \uFB50'),
	(16, 'Hebrew', E'\u05E6\u05D4\u05F4\u05DC \u05D1\u05BE\u05D2'),
	(17, 'signs', E'\u00BFQu\u00E9? 5\u20AC \u00A9 Kg\u2122 A\u2192B \u2116 5 \u2163 C\u266F B\u266D'),
	(18, 'other letters stay', E'\u00C9\u00E9\u00DF \u00AA\u00B2\u00BD \u2082 \u0416 \u4E2D \u3005 \u00F8 \u0131')
) v(n, what, before) ORDER BY n;
SELECT kg.fold_text(NULL) IS NULL AS of_null, kg.fold_text('') = '' AS empty, kg.fold_text(E'\u00AD') = '' AS nothing_left;
-- Longer than what is normalized at a time
SELECT length(kg.fold_text(repeat(E'e\u0301', 10000))) AS composed, length(kg.fold_text(repeat(E'\u4E2D', 10000))) AS kept,
	kg.fold_text(repeat(E'\uFF21', 10000)) = repeat('A', 10000) AS plain, length(kg.fold_text(repeat(E'\u0301', 9000))) AS accents;
-- Equal names
-- not aligned: since 17 psql takes a soft hyphen for one of no width
\pset format unaligned
SELECT a, kg.name_key(a) AS key, kg.name_key(a) = kg.name_key(b) AS same
FROM (VALUES (1, E'Lion\u2019s Mane', 'lion''s mane'), (2, E'New\u00A0York', 'New York'), (3, E'co\u00ADoperation', 'cooperation'), (4, E'Beyonce\u0301', E'Beyonc\u00E9'),
	(5, E'\uFF21\uFF22\uFF23', 'abc'), (6, E'O\u02BCNeill', 'O''Neill'), (7, E'C\u266F', 'C#'), (8, E'C\uFF0B\uFF0B', 'C++'), (9, E'1914\u20131918', '1914-1918'),
	(10, E'\u201CHeroes\u201D', 'heroes'), (11, E'o\uFB03ce', 'office'), (12, E'zero\u200Bwidth', 'zerowidth'), (13, E'Beyonc\u00E9', 'Beyonce'), (14, E'10\u2075', '105'), (15, E'\u2026', '...')) v(n, a, b) ORDER BY n;
\pset format aligned

-- Texts, in both forms, found by questions in both forms: by words, and by names
SELECT kg.create_graph('folds', 3);
INSERT INTO folds.entity_type (name) VALUES ('passage'), ('thing');
INSERT INTO folds.entity (type, name, content) VALUES
	(1, 'ascii', 'The lion''s share of "naive" New York co-operation, a cooperation of 1914-1918'),
	(1, 'typographic', E'The lion\u2019s share of \u201Cnaive\u201D New\u00A0York co\u2011operation\u2014a co\u00ADoperation of 1914\u20131918\u2026'),
	(1, 'composed', E'Un caf\u00E9 \u00E0 Orl\u00E9ans office'),
	(1, 'decomposed', E'Un cafe\u0301 a\u0300 Orle\u0301ans o\uFB03ce');
INSERT INTO folds.entity (type, name) VALUES (2, E'Lion\u2019s Mane'), (2, 'Lion''s Tail'), (2, E'Caf\u00E9 Noir'), (2, E'Cafe\u0301 Blanc');
INSERT INTO folds.observation (entity, content) VALUES (5, E'Grows on oaks\u2019 trunks'), (6, 'Grows on oaks'' trunks');
SELECT name, words FROM folds.entity WHERE id <= 4 ORDER BY id;
SELECT count(DISTINCT words) FROM folds.observation;
\pset format unaligned
SELECT question, array_agg(name ORDER BY name COLLATE "C") AS found, count(DISTINCT round(text_score::numeric, 9)) AS scores
FROM (VALUES (1, 'lion''s'), (2, E'lion\u2019s'), (3, E'\u201Cnaive\u201D'), (4, 'naive'), (5, 'York'), (6, E'New\u00A0York'), (7, 'co-operation'), (8, E'co\u2010operation'),
	(9, E'co\u00ADoperation'), (10, '1918'), (11, E'caf\u00E9'), (12, E'cafe\u0301'), (13, 'office'), (14, E'Orl\u00E9ans?')) q(n, question),
	LATERAL kg.search(question, k => NULL, graph => 'folds', kinds => '{passage}', legs => '{"name": 0, "graph": 0}') s
GROUP BY n, question ORDER BY n;
\pset format aligned
SELECT question, array_agg(format('%s %s', s.name, s.name_score) ORDER BY s.entity) AS found
FROM (VALUES (1, 'What is lion''s mane?'), (2, E'What is Lion\u2019s Mane?'), (3, 'the Lion''s Tail'), (4, E'a Lion\u2019s Tail'), (5, E'Caf\u00E9 Noir'), (6, E'Cafe\u0301 Noir'), (7, E'in Caf\u00E9 Blanc'),
	(8, E'Who likes \u201CLion\u2019s Mane\u201D?')) q(n, question),
	LATERAL kg.search(question, k => NULL, graph => 'folds', kinds => '{entity}', legs => '{"text": 0, "graph": 0}') s
GROUP BY n, question ORDER BY n;
-- The verbs make no second entity.
SELECT id, done FROM kg.upsert_entities(jsonb_build_array(jsonb_build_object('name', 'Lion''s Mane', 'type', 'thing'), jsonb_build_object('name', E'Lion\u02BCs Tail', 'type', 'thing'),
	jsonb_build_object('name', E'cafe\u0301 blanc', 'type', 'thing')), 'folds');
SELECT entity_name, confidence >= 0.9 AS sure FROM kg.resolve(E'lion\u2019s tail', graph => 'folds') LIMIT 1;

-- A graph from before words were folded: they are made again, in their language, and counted if they were. Names that have become the same are marked once.
SELECT kg.create_graph('unfolded', language => 'simple');
INSERT INTO unfolded.entity_type (name) VALUES ('passage'), ('thing');
ALTER TABLE unfolded.entity DROP COLUMN words;
ALTER TABLE unfolded.entity ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, name || coalesce(' ' || content, ''))) STORED;
ALTER TABLE unfolded.observation DROP COLUMN words;
ALTER TABLE unfolded.observation ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, content)) STORED;
CREATE INDEX entity_content_words_idx ON unfolded.entity USING gin (kg.marked_words(words)) WHERE content IS NOT NULL;
DROP INDEX unfolded.entity_resolved_idx, unfolded.alias_name_key_idx;
INSERT INTO unfolded.entity (type, name, content) VALUES (1, 'first', E'a cafe\u0301 share'), (1, 'second', E'a caf\u00E9 share');
INSERT INTO unfolded.entity (type, name, resolved) VALUES (2, E'Caf\u00E9', true), (2, E'Cafe\u0301', true), (2, 'Tea', true);
INSERT INTO unfolded.alias (entity, type, name, created_at) VALUES (3, 2, E'Beyonc\u00E9', '2020-01-01'), (4, 2, E'Beyonce\u0301', '2020-01-02'), (4, 2, 'Other', '2020-01-03');
SELECT kg.refresh_text_statistics('unfolded');
-- Its questions are as its words are.
SELECT name FROM kg.search(E'cafe\u0301', graph => 'unfolded', legs => '{"name": 0, "graph": 0}');
SELECT kg.upgrade_graph('unfolded');
SELECT name FROM kg.search(E'cafe\u0301', graph => 'unfolded', legs => '{"name": 0, "graph": 0}') ORDER BY 1;
SELECT a.attrelid::regclass, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE a.attname = 'words' AND a.attrelid IN ('unfolded.entity'::regclass, 'unfolded.observation'::regclass) ORDER BY 1;
SELECT id, resolved FROM unfolded.entity ORDER BY id;
SELECT entity, name FROM unfolded.alias ORDER BY created_at;
SELECT kind, lexeme, texts FROM unfolded.lexeme ORDER BY kind, lexeme COLLATE "C";
SELECT i.indexrelid::regclass, i.indisunique FROM pg_index i WHERE i.indrelid IN ('unfolded.entity'::regclass, 'unfolded.alias'::regclass) ORDER BY i.indexrelid::regclass::text COLLATE "C";
-- Nothing is done the second time.
SELECT xmin AS before FROM unfolded.entity WHERE id = 5 \gset
SELECT kg.upgrade_graph('unfolded');
SELECT xmin = :'before' AS as_it_was FROM unfolded.entity WHERE id = 5;

-- A registered table: words as its index has them, folded or not; without an index folded.
CREATE TABLE fold_article (id integer PRIMARY KEY, name text, body text);
INSERT INTO fold_article VALUES (1, 'decomposed', E'a cafe\u0301 share'), (2, 'composed', E'a caf\u00E9 share');
SELECT kg.register_graph('fold_articles', nodes => '["fold_article"]');
SELECT n, (SELECT array_agg(entity ORDER BY entity) FROM kg.search(q, graph => 'fold_articles', legs => '{"name": 0, "graph": 0}')) FROM (VALUES (1, E'cafe\u0301'), (2, E'caf\u00E9')) v(n, q);
CREATE INDEX fold_article_idx ON fold_article USING gin (to_tsvector('english', body));
SELECT n, (SELECT array_agg(entity ORDER BY entity) FROM kg.search(q, graph => 'fold_articles', legs => '{"name": 0, "graph": 0}')) FROM (VALUES (1, E'cafe\u0301'), (2, E'caf\u00E9')) v(n, q);
DROP INDEX fold_article_idx;
CREATE INDEX fold_article_idx ON fold_article USING gin (to_tsvector('english', kg.fold_text(body)));
SELECT n, (SELECT array_agg(entity ORDER BY entity) FROM kg.search(q, graph => 'fold_articles', legs => '{"name": 0, "graph": 0}')) FROM (VALUES (1, E'cafe\u0301'), (2, E'caf\u00E9')) v(n, q);
SELECT kg.drop_graph('fold_articles'), kg.drop_graph('folds'), kg.drop_graph('unfolded');
DROP TABLE fold_article;
