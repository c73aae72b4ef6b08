--
-- kg.export_graphml, kg.to_dot, kg.to_jsonl and kg.import_jsonl
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'America/New_York';	-- what is exported does not depend on it

SELECT kg.create_graph('exchange');
ALTER TABLE exchange.relation ALTER recorded_at SET DEFAULT '2026-01-02 03:04:05 UTC';
-- what a memory server's file may have: blank lines, spaces, any text
\set data '{"type":"entity","name":"Ada","entityType":"person","observations":["wrote the first program","a \\"quoted\\" note"]}\n\n {"type": "entity", "name": "Charles & <Co>", "entityType": "person", "observations": []}\n{"type":"entity","name":"Engine","entityType":"machine"}\n{"type":"relation","from":"Charles & <Co>","to":"Engine","relationType":"designed"}\n{"type":"relation","from":"Ada","to":"Engine","relationType":"programmed"}\n{"type":"relation","from":"Ada","to":"Engine","relationType":"programmed"}\n{"type":"relation","from":"Ada","to":"Ada","relationType":"knows"}'
SELECT * FROM kg.import_jsonl(:'data', 'exchange');
SELECT e.id, e.name, t.name, array_agg(o.content ORDER BY o.id) FROM exchange.entity e
	JOIN exchange.entity_type t ON t.id = e.type LEFT JOIN exchange.observation o ON o.entity = e.id GROUP BY 1, 2, 3 ORDER BY 1;
SELECT * FROM kg.to_jsonl(graph => 'exchange');
-- the second time there is nothing new
SELECT * FROM kg.import_jsonl(:'data', 'exchange');
-- more about someone who is known; a name that only the graph has
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"Ada","entityType":"person","observations":["born 1815","wrote the first program"]}
{"type":"relation","from":"Charles & <Co>","to":"Ada","relationType":"knows"}', 'exchange');
-- the same name for another thing: in a graph, not in a file
INSERT INTO exchange.entity_type (name) VALUES ('language');
INSERT INTO exchange.entity (name, type) SELECT 'Ada', id FROM exchange.entity_type WHERE name = 'language';
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"Ada","entityType":"language","observations":["named after Ada"]}
{"type":"relation","from":"Ada","to":"Engine","relationType":"runs on"}', 'exchange');
SELECT s.name, st.name AS type, rt.name AS relation, d.name FROM exchange.relation r JOIN exchange.entity s ON s.id = r.source
	JOIN exchange.entity d ON d.id = r.target JOIN exchange.entity_type st ON st.id = s.type JOIN exchange.relation_type rt ON rt.id = r.type ORDER BY r.id;
SELECT * FROM kg.to_jsonl(graph => 'exchange');
SELECT * FROM kg.to_jsonl(rename => true, graph => 'exchange');
SELECT * FROM kg.to_jsonl('{1,3}', graph => 'exchange');
SELECT * FROM kg.import_jsonl('{"type":"relation","from":"Engine","to":"Ada","relationType":"knows"}', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl(E'\n{"type":"relation","from":"Engine","to":"Nobody","relationType":"knows"}', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl(E'{"type":"entity","name":"x","entityType":"y"}\n{"type":"entity",', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl('{"type":"thing"}', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl('{"type":"entity","name":1,"entityType":"y"}', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl('[1]', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"x","entityType":"y\u0000"}', 'exchange', strict => true);
SELECT * FROM kg.import_jsonl('', 'exchange');
SELECT * FROM kg.import_jsonl(NULL, 'exchange');
SELECT * FROM kg.import_jsonl('', 'nonesuch');
SELECT count(*) FROM exchange.entity;	-- nothing of what failed

UPDATE exchange.entity SET importance = 0.5, properties = '{"a": "<&>\""}', name = E'Ada\x01 "A"\r\n\\B' WHERE id = 1;
UPDATE exchange.relation SET weight = 2.5, valid_from = '1843-01-01 UTC', valid_to = '1852-11-27 12:00 UTC' WHERE type = 2;
SELECT * FROM kg.export_graphml(graph => 'exchange');
SELECT count(*), bool_and(line IS NOT NULL) FROM kg.export_graphml('{1,3}', '{programmed}', graph => 'exchange') line WHERE line ~ '<edge|<node';
SELECT count(*) FROM kg.export_graphml(as_of => '1900-01-01 UTC', graph => 'exchange') line WHERE line ~ '<edge';
SELECT kg.to_dot('{3}', graph => 'exchange');
SELECT kg.to_dot('{1,2}', 0, types => '{knows}', graph => 'exchange');
SELECT kg.to_dot('{99}', graph => 'exchange');
SELECT kg.to_dot(NULL, graph => 'exchange');
SELECT kg.to_dot('{1}', graph => 'nonesuch');
SELECT * FROM kg.export_graphml(graph => NULL);

-- what XML and Graphviz cannot hold, and what they need to have quoted
SELECT kg.create_graph('exchange_odd');
ALTER TABLE exchange_odd.relation ALTER recorded_at SET DEFAULT '2026-01-02 03:04:05 UTC';
INSERT INTO exchange_odd.entity_type (name) VALUES ('<%s "type" \>'), ('');
INSERT INTO exchange_odd.relation_type (name) VALUES (E'\x1f&');
INSERT INTO exchange_odd.entity (id, type, name, properties) VALUES
	(1, 1, E'a\x01\x0b\x1f\x7f\uFFFE\uFFFF\uFFFDb \t\n\\ "%1$s" <&amp;>]]>', '{"\u0001": "<\""}'), (2, 2, '', '[]');
INSERT INTO exchange_odd.relation (source, target, type) VALUES (1, 2, 1), (1, 1, 1);
SELECT line FROM kg.export_graphml(graph => 'exchange_odd') line WHERE line ~ '<edge|<node';
SELECT kg.to_dot('{1}', graph => 'exchange_odd');
SELECT kg.create_graph('exchange_copy');
ALTER TABLE exchange_copy.relation ALTER recorded_at SET DEFAULT '2026-01-02 03:04:05 UTC';
SELECT * FROM kg.import_jsonl((SELECT string_agg(line, E'\r\n') FROM kg.to_jsonl(graph => 'exchange_odd') line), 'exchange_copy');
SELECT count(*) FROM (SELECT kg.to_jsonl(graph => 'exchange_odd') EXCEPT SELECT kg.to_jsonl(graph => 'exchange_copy')) d;
-- files that are nearly right
SELECT * FROM kg.import_jsonl(U&'\FEFF{"type":"entity","name":"marked","entityType":"t"}', 'exchange_copy');
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"x","entityType":"t","observations":[1,{"a":"b"}]}', 'exchange_copy');
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"x","entityType":"t","observations":["a",null]}', 'exchange_copy', strict => true);
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"x","entityType":"t","n":1e999999999}', 'exchange_copy', strict => true);
-- tables that are not there
DROP TABLE exchange_odd.relation_type CASCADE;
SELECT * FROM kg.to_jsonl(graph => 'exchange_odd');
SELECT * FROM kg.export_graphml(graph => 'exchange_odd');
SELECT kg.to_dot('{1}', graph => 'exchange_odd');
SELECT * FROM kg.import_jsonl('', 'exchange_odd');
SELECT * FROM kg.traverse('{1}', types => '{a}', graph => 'exchange_odd');
SELECT * FROM kg.subgraph('{1}', graph => 'exchange_odd');
SELECT count(*) FROM kg.traverse('{1}', graph => 'exchange_odd');
SELECT kg.drop_graph('exchange_odd'), kg.drop_graph('exchange_copy');

-- names that need quoting, and what a role may not see
SELECT kg.create_graph('the "Graph"');
ALTER TABLE "the ""Graph""".relation ALTER recorded_at SET DEFAULT '2026-01-02 03:04:05 UTC';
SELECT * FROM kg.import_jsonl(:'data', 'the "Graph"');
CREATE ROLE exchange_reader;
GRANT USAGE ON SCHEMA "the ""Graph""" TO exchange_reader;
SET ROLE exchange_reader;
SELECT count(*) FROM kg.to_jsonl(graph => 'the "Graph"');
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA "the ""Graph""" TO exchange_reader;
ALTER TABLE "the ""Graph""".entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON "the ""Graph""".entity USING (name <> 'Engine');
SET ROLE exchange_reader;
SELECT * FROM kg.to_jsonl(graph => 'the "Graph"');
SELECT line FROM kg.export_graphml(graph => 'the "Graph"') line WHERE line ~ '<edge|<node';
SELECT kg.to_dot('{1,3}', graph => 'the "Graph"');
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"x","entityType":"person"}', 'the "Graph"');
RESET ROLE;
-- a name that looks like part of a query's template
SELECT kg.create_graph('%1$s');
ALTER TABLE "%1$s".relation ALTER recorded_at SET DEFAULT '2026-01-02 03:04:05 UTC';
SELECT * FROM kg.import_jsonl(:'data', '%1$s');
SELECT count(*) FROM kg.to_jsonl(graph => '%1$s');
SELECT kg.drop_graph('%1$s');

SELECT kg.drop_graph(name) FROM kg.graph WHERE name IN ('exchange', 'the "Graph"');
DROP ROLE exchange_reader;
