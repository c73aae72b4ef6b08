--
-- Registered graphs in other formats
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_rx;
SET search_path = graph_rx;
CREATE TABLE person (id int PRIMARY KEY, name text, age int);
CREATE TABLE pet (name text PRIMARY KEY);
CREATE TABLE knows (id int PRIMARY KEY, a int REFERENCES person, b int, weight real, valid_to timestamptz);
CREATE TABLE owns (person int REFERENCES person, pet text REFERENCES pet, type text);
INSERT INTO person VALUES (1, 'Ada & "Co"', 36), (2, 'Bob', NULL), (3, NULL, 3);
INSERT INTO pet VALUES ('Tom <1>');
INSERT INTO knows VALUES (7, 1, 2, 0.5, NULL), (8, 2, 1, NULL, '2020-01-01 UTC'), (9, 1, 99, 1, NULL);
INSERT INTO owns VALUES (1, 'Tom <1>', 'feeds'), (2, 'Tom <1>', NULL), (3, NULL, 'feeds');
SELECT kg.register_graph('rx', '["person", "pet"]', '[{"table": "knows", "target": "b", "target_label": "person"}, "owns"]');
SELECT kg.register_graph('rx_num', '["person"]', '[{"table": "knows", "target": "b"}]');
\pset format unaligned
\pset tuples_only on
SELECT kg.export_graphml(graph => 'rx');
SELECT kg.export_graphml(ARRAY['person:1', 'person:2'], '{knows}', '2021-01-01', graph => 'rx');
SELECT kg.export_graphml('{1,2}', graph => 'rx_num');
SELECT kg.export_graphml(ARRAY[2], graph => 'rx_num');
SELECT kg.to_dot(ARRAY['person:1'], graph => 'rx');
SELECT kg.to_dot('{1}', types => '{knows}', as_of => '2021-01-01', graph => 'rx_num');
SELECT kg.to_dot(ARRAY['person:77'], graph => 'rx');
SELECT kg.to_jsonl(graph => 'rx');
SELECT kg.import_jsonl('{"type":"entity","name":"x","entityType":"person"}', graph => 'rx');
-- cut off, and with columns that are gone
SET client_min_messages = notice;
SELECT kg.to_dot('{1}', max_nodes => 1, graph => 'rx_num');
SET client_min_messages = warning;
ALTER TABLE person RENAME name TO called;
SELECT kg.to_jsonl(graph => 'rx_num');
ALTER TABLE person RENAME called TO name;
ALTER TABLE knows RENAME b TO bb;
SELECT kg.export_graphml(graph => 'rx_num');
SELECT kg.drop_graph('rx'), kg.drop_graph('rx_num');
DROP SCHEMA graph_rx CASCADE;
