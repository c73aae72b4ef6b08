--
-- A role that may read some columns only: whatever traverses can be drawn and exported, and no
-- error shows a query of ours
--
SET client_min_messages = notice;
SELECT kg.create_graph('cols');
INSERT INTO cols.entity_type (name) VALUES ('thing');
INSERT INTO cols.relation_type (name) VALUES ('to');
INSERT INTO cols.entity (type, name) VALUES (1, 'secret a'), (1, 'secret b');
INSERT INTO cols.observation (entity, content) VALUES (1, 'secret');
INSERT INTO cols.relation (source, target, type, weight) VALUES (1, 2, 1, 0.1);
CREATE TABLE cols.person (id int PRIMARY KEY, name text, salary int, city text);
CREATE TABLE cols.knows (id int PRIMARY KEY, a int REFERENCES cols.person, b int REFERENCES cols.person, weight numeric, type text, valid_to date);
INSERT INTO cols.person VALUES (1, 'Ada', 100, 'London'), (2, 'Bob', 200, NULL);
INSERT INTO cols.knows VALUES (1, 1, 2, 0.1, 'secretly', '2020-01-01');
SELECT kg.register_graph('cols_own', '"cols.person"', '"cols.knows"');
CREATE ROLE cols_reader;
GRANT USAGE ON SCHEMA cols TO cols_reader;
GRANT SELECT (id) ON cols.entity TO cols_reader;
GRANT SELECT (id, source, target, expired_at) ON cols.relation TO cols_reader;
GRANT SELECT (id, city) ON cols.person TO cols_reader;
GRANT SELECT (id, a, b) ON cols.knows TO cols_reader;
SET ROLE cols_reader;
SELECT entity, depth FROM kg.traverse('{1}', graph => 'cols');
\pset format unaligned
\pset tuples_only on
SELECT kg.to_dot('{1}', graph => 'cols');
SELECT kg.to_jsonl(graph => 'cols');
SELECT l FROM kg.export_graphml(graph => 'cols') l WHERE l ~ '<node|<edge';
SELECT entity, depth FROM kg.traverse('{1}', graph => 'cols_own');
SELECT kg.to_dot('{1}', graph => 'cols_own');
SELECT kg.to_jsonl(graph => 'cols_own');
SELECT l FROM kg.export_graphml(graph => 'cols_own') l WHERE l ~ '<node|<edge';
SELECT nodes, edges FROM kg.subgraph('{1}', graph => 'cols_own');
-- conditions on what may not be read
SELECT kg.to_dot('{1}', types => '{to}', graph => 'cols');
SELECT kg.to_dot('{1}', as_of => now(), graph => 'cols');
SELECT kg.export_graphml(types => '{to}', graph => 'cols');
SELECT kg.export_graphml(as_of => now(), graph => 'cols');
SELECT kg.to_dot('{1}', types => '{secretly}', graph => 'cols_own');
SELECT kg.to_dot('{1}', as_of => now(), graph => 'cols_own');
SELECT kg.export_graphml(types => '{secretly}', graph => 'cols_own');
SELECT kg.export_graphml(as_of => now(), graph => 'cols_own');
-- nothing that may be read
RESET ROLE;
REVOKE ALL ON ALL TABLES IN SCHEMA cols FROM cols_reader;
REVOKE ALL (id, city) ON cols.person FROM cols_reader;
REVOKE ALL (id) ON cols.entity FROM cols_reader;
SET ROLE cols_reader;
SELECT kg.to_dot('{1}', graph => 'cols');
SELECT kg.to_jsonl(graph => 'cols');
SELECT kg.export_graphml(graph => 'cols');
SELECT kg.to_dot('{1}', graph => 'cols_own');
SELECT kg.to_jsonl(graph => 'cols_own');
SELECT kg.export_graphml(graph => 'cols_own');
SELECT kg.import_jsonl('{"type":"entity","name":"x","entityType":"y"}', 'cols');
SELECT kg.create_graph('cols');
SELECT kg.drop_graph('cols');
SELECT kg.drop_graph('nowhere');
SELECT kg.register_graph('cols_new', '"cols.person"', '"cols.knows"');
SELECT kg.discover('nowhere');
SELECT kg.subgraph('{1}', graph => 'cols');
SELECT * FROM kg.neighbors(1, graph => 'cols');
SELECT * FROM kg.pagerank(graph => 'cols');
-- a function of the user's own stays in the errors that it causes
RESET ROLE;
CREATE FUNCTION cols.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no new entities'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON cols.entity FOR EACH ROW EXECUTE FUNCTION cols.refuse();
SELECT kg.import_jsonl('{"type":"entity","name":"x","entityType":"y"}', 'cols');
CREATE FUNCTION cols.outer() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM kg.drop_graph('nowhere'); END $$;
SELECT cols.outer();
SELECT kg.drop_graph('cols_own');
DROP TABLE cols.knows, cols.person;
DROP FUNCTION cols.refuse CASCADE;
DROP FUNCTION cols.outer;
SELECT kg.drop_graph('cols');
DROP ROLE cols_reader;
