--
-- kg.upgrade_graph: a graph as it was before texts and two times gets them
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';

SELECT kg.create_graph('up', 3);

-- As kg.create_graph made graphs before
DROP TABLE up.alias, up.change, up.lexeme, up.text_size;
DROP TRIGGER entity_log_change ON up.entity;
DROP INDEX up.entity_name_key_idx, up.relation_source_idx, up.relation_target_idx;
ALTER TABLE up.entity DROP COLUMN words, DROP COLUMN content, DROP COLUMN document, DROP COLUMN ordinal, DROP COLUMN resolved;
ALTER TABLE up.relation DROP COLUMN recorded_at, DROP COLUMN expired_at, DROP COLUMN expired_by;
ALTER TABLE up.observation DROP COLUMN words, DROP COLUMN embedding, DROP COLUMN valid_from, DROP COLUMN valid_to,
	DROP COLUMN created_by, DROP COLUMN recorded_at, DROP COLUMN expired_at, DROP COLUMN expired_by;
CREATE INDEX relation_source_idx ON up.relation (source, type) INCLUDE (weight, target, id, valid_from, valid_to);
CREATE INDEX relation_target_idx ON up.relation (target, type) INCLUDE (weight, source, id, valid_from, valid_to);
INSERT INTO up.entity_type (name) VALUES ('t');
INSERT INTO up.relation_type (name) VALUES ('r');
INSERT INTO up.entity (type, name, embedding) VALUES (1, 'Ada Lovelace', '[1,2,3]'), (1, 'Charles', NULL);
INSERT INTO up.relation (source, target, type, created_at) VALUES (1, 2, 1, '2020-01-02'), (2, 1, 1, '2021-01-02');
INSERT INTO up.observation (entity, content, at) VALUES (1, 'wrote programs', '2019-01-02');

-- It works as it is.
SELECT entity, depth FROM kg.traverse(1, graph => 'up') ORDER BY 1;
SELECT kg.graph_language('up');

SELECT kg.upgrade_graph('up', 'simple');
SELECT kg.graph_language('up');
SELECT name, words, resolved FROM up.entity ORDER BY id;
SELECT id, recorded_at, expired_at FROM up.relation ORDER BY id;
SELECT content, words, recorded_at, embedding FROM up.observation;
SELECT entity, depth FROM kg.traverse(1, graph => 'up') ORDER BY 1;

-- A second time changes nothing, and an upgraded graph is like a new one but for the order of columns.
SELECT kg.upgrade_graph('up');
SELECT kg.graph_language('up');
SELECT kg.create_graph('fresh', 3, language => 'simple');
CREATE FUNCTION pg_temp.shape(graph text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
		replace(pg_get_expr(d.adbin, d.adrelid), graph, ''))
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE c.relnamespace = graph::regnamespace AND c.relkind = 'r'
	UNION ALL
	SELECT replace(indexdef, graph || '.', '') FROM pg_indexes WHERE schemaname = graph
	UNION ALL
	SELECT conname || ' ' || replace(pg_get_constraintdef(oid), graph || '.', '') FROM pg_constraint
	WHERE connamespace = graph::regnamespace
	UNION ALL
	SELECT c.relname || '.' || d.objsubid || ' ' || d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
	WHERE c.relnamespace = graph::regnamespace AND d.objsubid = 0
	UNION ALL
	SELECT replace(pg_get_triggerdef(t.oid), graph || '.', '') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
	WHERE c.relnamespace = graph::regnamespace AND NOT t.tgisinternal
$$;
SELECT * FROM pg_temp.shape('up') EXCEPT SELECT * FROM pg_temp.shape('fresh');
SELECT * FROM pg_temp.shape('fresh') EXCEPT SELECT * FROM pg_temp.shape('up');

-- Names that are the same: case, punctuation and spaces do not count.
SELECT kg.name_key(n) FROM (VALUES ('Ada Lovelace'), ('  ada   LOVELACE!'), ('Ada-Lovelace (1815)'), ('...'), (''), ('C++'), ('C#'), ('#1'), ('a + b'),
	(U&'\00E9mile \2014 Zola\2019s'), (U&'\5317\4EAC\FF0C\5E02'), (NULL)) v(n);

SELECT kg.upgrade_graph('nowhere');
SELECT kg.upgrade_graph('up', NULL);
SELECT kg.upgrade_graph(NULL);
SELECT kg.drop_graph('up'), kg.drop_graph('fresh');
