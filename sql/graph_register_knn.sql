--
-- kg.knn on registered graphs
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_rknn;
SET search_path = graph_rknn;
CREATE TABLE doc (id uuid PRIMARY KEY, title text, vec kg.vector(2));
CREATE TABLE author (id int PRIMARY KEY, name text, taste kg.halfvec(2));
CREATE TABLE place (id int PRIMARY KEY);
CREATE TABLE wrote (author int REFERENCES author, doc uuid REFERENCES doc);
INSERT INTO doc SELECT md5(i::text)::uuid, 'd' || i, ARRAY[i, 0]::kg.vector FROM generate_series(1, 9) i;
INSERT INTO author SELECT i, 'a' || i, ARRAY[i + 0.25, 0]::kg.halfvec FROM generate_series(1, 9) i;
INSERT INTO author VALUES (10, 'no taste', NULL);

SELECT kg.register_graph('rknn', '["author"]', '[]', 'l2');
SELECT * FROM kg.knn('[3,0]', 2, graph => 'rknn');
SELECT * FROM kg.knn('[3,0]', 2, 'author', graph => 'rknn');
SELECT * FROM kg.knn('[3,0]', 2, 'doc', graph => 'rknn');
SELECT kg.drop_graph('rknn');

SELECT kg.register_graph('rknn', '["author", "doc", "place"]', '["wrote"]', 'l2');
SELECT key, distance, d.title FROM kg.knn('[3,0]', 3, graph => 'rknn') LEFT JOIN doc d ON key = 'doc:' || d.id;
SELECT key, distance FROM kg.knn('[3,0]', 2, 'author', 'rknn');
SELECT count(*), count(DISTINCT key) FROM kg.knn('[3,0]', NULL, graph => 'rknn');
SELECT * FROM kg.knn('[3,0]', 2, 'place', 'rknn');
SELECT * FROM kg.knn('[3,0,1]', 2, graph => 'rknn');
SELECT * FROM kg.knn(NULL, graph => 'rknn');
-- what is near, and who wrote it
INSERT INTO wrote SELECT 7, id FROM doc WHERE title = 'd3';
SELECT t.key, t.depth FROM kg.traverse(ARRAY(SELECT key FROM kg.knn('[3,0]', 1, 'doc', graph => 'rknn')), 1, 'in', graph => 'rknn') t ORDER BY depth;
SELECT kg.drop_graph('rknn');
SELECT kg.register_graph('rknn', '["place"]');
SELECT kg.register_graph('rknn', nodes => '["place"]');
SELECT * FROM kg.knn('[3,0]', graph => 'rknn');
SELECT kg.drop_graph('rknn');
DROP SCHEMA graph_rknn CASCADE;
