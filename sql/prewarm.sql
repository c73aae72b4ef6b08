-- kg.prewarm
SET temp_buffers = 100;
SET search_path = public, kg;
CREATE TEMP TABLE cold (id int, e vector(32));
INSERT INTO cold SELECT i, (SELECT array_agg(((i * 7919 + j * 104729) % 1009)::real) FROM generate_series(1, 32) j)::vector
FROM generate_series(1, 3000) i;
CREATE INDEX cold_e ON cold USING kg_hnsw (e) WITH (target_recall = 0.9);
SELECT pg_relation_size('cold_e') / 8192 > 150 AS longer_than_its_buffers;

-- searches load at least so many pages, and stop with the search that did
SELECT prewarm('cold_e', 20) BETWEEN 20 AND 120 AS by_searches;
-- half of the buffers
SELECT prewarm('cold_e') BETWEEN 50 AND 150 AS by_default;
-- all in order: those that were in buffers are not counted
SELECT prewarm('cold_e', 100000) BETWEEN pg_relation_size('cold_e') / 8192 - 100 AND pg_relation_size('cold_e') / 8192 AS all_of_them;
SELECT prewarm('cold_e', 0);

-- in shared buffers since it was built
CREATE TABLE warm AS SELECT * FROM cold WHERE id <= 300;
CREATE INDEX warm_e ON warm USING kg_hnsw (e);
SELECT prewarm('warm_e'), prewarm('warm_e', 1000), prewarm('warm_e', 3);
CREATE TABLE empty (e vector(3), many vector(3)[]);
CREATE INDEX empty_e ON empty USING kg_hnsw (e);
CREATE INDEX empty_many ON empty USING kg_hnsw (many);
SELECT prewarm('empty_e'), prewarm('empty_e', 1), prewarm('empty_many', 1);

-- errors
CREATE INDEX warm_id ON warm (id);
SELECT prewarm(NULL);
SELECT prewarm('warm_e', -1);
SELECT prewarm('warm');
SELECT prewarm('warm_id');
SELECT prewarm(0);
CREATE ROLE prewarm_reader;
GRANT USAGE ON SCHEMA kg TO prewarm_reader;
SET ROLE prewarm_reader;
SELECT prewarm('warm_e');
RESET ROLE;
GRANT SELECT ON warm TO prewarm_reader;
SET ROLE prewarm_reader;
SELECT prewarm('warm_e');
RESET ROLE;
DROP TABLE warm, empty;
REVOKE ALL ON SCHEMA kg FROM prewarm_reader;
DROP ROLE prewarm_reader;
