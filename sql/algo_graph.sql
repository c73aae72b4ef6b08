--
-- Algorithms on small graphs whose answers one can work out by hand
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- A triangle 1 2 3 with a tail 3 -> 4 -> 5, a loop at 5, 4 => 5 twice; 6 <-> 7
-- apart; 8 alone.  Type b and its validity: only 3 -> 4.
SELECT kg.create_graph('algo');
INSERT INTO algo.entity_type (name) VALUES ('node');
INSERT INTO algo.relation_type (name) VALUES ('a'), ('b');
INSERT INTO algo.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 8) i;
INSERT INTO algo.relation (source, target, type, weight, valid_from, valid_to)
VALUES (1, 2, 1, 1, NULL, NULL),
	(2, 3, 1, 2, NULL, NULL),
	(3, 1, 1, 3, NULL, NULL),
	(3, 4, 2, 1, '2020-01-01 UTC', '2021-01-01 UTC'),
	(4, 5, 1, 1, NULL, NULL),
	(4, 5, 1, 2, NULL, NULL),
	(5, 5, 1, 1, NULL, NULL),
	(6, 7, 1, 1, NULL, NULL),
	(7, 6, 1, 1, NULL, NULL);

SELECT * FROM kg.degree(graph => 'algo') ORDER BY entity;
SELECT * FROM kg.connected_components(graph => 'algo') ORDER BY entity;
SELECT * FROM kg.strongly_connected_components(graph => 'algo') ORDER BY entity;
SELECT * FROM kg.triangles(graph => 'algo') ORDER BY entity;
SELECT * FROM kg.clustering_coefficient(graph => 'algo') ORDER BY entity;
SELECT * FROM kg.core_numbers(graph => 'algo') ORDER BY entity;
-- from 1, 2 and 3 to 5 the way is through 4
SELECT * FROM kg.betweenness(normalized => false, graph => 'algo') ORDER BY entity;
SELECT * FROM kg.betweenness(normalized => false, direction => 'both', graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 4) AS score, sum(round(score::numeric, 6)) OVER ()::numeric(6, 4) AS sum
FROM kg.pagerank(tolerance => 0, graph => 'algo') ORDER BY entity;
-- without a way on, a walk stays away from nobody: all are equal
SELECT DISTINCT score FROM kg.pagerank(types => '{nonesuch}', graph => 'algo');
SELECT DISTINCT score FROM kg.pagerank(damping => 0, graph => 'algo');
-- 5 keeps what comes to it; 6 and 7 share theirs
SELECT entity, round(score::numeric, 4) AS score
FROM kg.personalized_pagerank('{4}', 0.5, 1e-9, graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 4) AS score
FROM kg.personalized_pagerank('{6,6,99}', 0.5, 1e-9, graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 4) AS score FROM kg.personalized_pagerank('{8}', graph => 'algo');
SELECT * FROM kg.personalized_pagerank('{99}', graph => 'algo');
SELECT * FROM kg.personalized_pagerank('{}', graph => 'algo');
SELECT * FROM kg.personalized_pagerank(NULL, graph => 'algo');
-- pushing less leaves more undone, and reads less
SELECT count(*), sum(score) < 1 AS less FROM kg.personalized_pagerank('{1}', epsilon => 0.2, graph => 'algo');
SELECT * FROM kg.node_similarity('{1,4}', graph => 'algo') ORDER BY entity, score DESC, other;
SELECT * FROM kg.node_similarity('{1}', '{4,3}', measure => 'overlap', graph => 'algo') ORDER BY other;
SELECT * FROM kg.node_similarity('{1}', k => 1, graph => 'algo');
SELECT * FROM kg.node_similarity('{1}', k => 0, graph => 'algo');
SELECT * FROM kg.node_similarity('{99}', graph => 'algo');
SELECT * FROM kg.link_prediction(measure => 'common_neighbors', graph => 'algo') ORDER BY entity, other;

-- filters
SELECT count(DISTINCT component) FROM kg.connected_components('{a}', graph => 'algo');
SELECT count(DISTINCT component) FROM kg.connected_components('{b}', graph => 'algo');
SELECT count(DISTINCT component) FROM kg.connected_components('{}', graph => 'algo');
SELECT count(DISTINCT component) FROM kg.connected_components(as_of => '2020-06-01 UTC', graph => 'algo');
SELECT count(DISTINCT component) FROM kg.connected_components(as_of => '2021-01-01 UTC', graph => 'algo');
SELECT sum(out_degree) FROM kg.degree('{a}', '2021-01-01 UTC', 'algo');
SELECT sum(triangles) FROM kg.triangles('{a}', graph => 'algo');

-- Two cliques and a bridge are two communities, whatever the seed.
SELECT kg.create_graph('algo_cliques');
INSERT INTO algo_cliques.entity_type (name) VALUES ('node');
INSERT INTO algo_cliques.relation_type (name) VALUES ('edge');
INSERT INTO algo_cliques.entity (type, name) SELECT 1, '' FROM generate_series(1, 12);
INSERT INTO algo_cliques.relation (source, target, type)
SELECT i, j, 1 FROM generate_series(1, 12) i, generate_series(1, 12) j WHERE i < j AND (i - 1) / 6 = (j - 1) / 6
UNION ALL VALUES (6, 7, 1);
SELECT array_agg(DISTINCT communities) FROM generate_series(1, 20) seed, LATERAL (
	SELECT array_agg(community ORDER BY entity) AS communities FROM kg.leiden(seed => seed, graph => 'algo_cliques')
	GROUP BY level ORDER BY level DESC LIMIT 1) q;
SELECT DISTINCT level, round(modularity::numeric, 6) AS modularity
FROM kg.leiden(seed => 1, graph => 'algo_cliques') ORDER BY level DESC LIMIT 1;
-- Label propagation finds them more often than not.
SELECT count(*) > 10 AS mostly FROM generate_series(1, 20) seed, LATERAL (
	SELECT array_agg(community ORDER BY entity) AS communities FROM kg.label_propagation(seed => seed, graph => 'algo_cliques')) q
WHERE communities = '{1,1,1,1,1,1,7,7,7,7,7,7}';
-- A resolution near 0 joins all that is connected, a high one nothing.
SELECT array_agg(DISTINCT community) FROM kg.leiden(0.001, graph => 'algo_cliques')
GROUP BY level ORDER BY level DESC LIMIT 1;
SELECT count(DISTINCT community) FROM kg.leiden(100, graph => 'algo_cliques');
-- Isolated entities are communities of their own.
SELECT level, entity, community, modularity FROM kg.leiden(types => '{nonesuch}', graph => 'algo') ORDER BY entity;
SELECT entity, community FROM kg.label_propagation(types => '{nonesuch}', graph => 'algo') ORDER BY entity;
-- The same seed gives the same, and so does another order of the rows.
CREATE TEMP TABLE before AS SELECT * FROM kg.leiden(seed => 3, weighted => true, graph => 'algo');
CREATE TEMP TABLE before_sampled AS SELECT * FROM kg.betweenness(4, seed => 3, graph => 'algo_cliques');
ALTER TABLE algo.relation ADD COLUMN o float8;
UPDATE algo.relation SET o = hashint8extended(id, 1);
CREATE INDEX shuffle ON algo.relation (o);
CLUSTER algo.relation USING shuffle;
SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM kg.leiden(seed => 3, weighted => true, graph => 'algo')) q;
SELECT count(*) FROM (SELECT * FROM before_sampled EXCEPT SELECT * FROM kg.betweenness(4, seed => 3, graph => 'algo_cliques')) q;
-- Samples estimate: on average they are right.
SELECT round(avg(s.score / e.score)::numeric, 1) AS mean_ratio
FROM kg.betweenness(direction => 'both', graph => 'algo_cliques') e,
	generate_series(1, 200) seed,
	LATERAL kg.betweenness(4, seed => seed, direction => 'both', graph => 'algo_cliques') s
WHERE e.entity = 6 AND s.entity = 6;

-- A graph of nothing
SELECT kg.create_graph('algo_empty');
SELECT (SELECT count(*) FROM kg.degree(graph => 'algo_empty')), (SELECT count(*) FROM kg.pagerank(graph => 'algo_empty')),
	(SELECT count(*) FROM kg.leiden(graph => 'algo_empty')), (SELECT count(*) FROM kg.betweenness(3, graph => 'algo_empty')),
	(SELECT count(*) FROM kg.core_numbers(graph => 'algo_empty')), (SELECT count(*) FROM kg.node_similarity(graph => 'algo_empty'));

-- Ids at the ends of their range
INSERT INTO algo.entity (id, type, name)
VALUES (-9223372036854775808, 1, ''), (9223372036854775807, 1, ''), (0, 1, '');
INSERT INTO algo.relation (source, target, type)
VALUES (-9223372036854775808, 9223372036854775807, 1), (9223372036854775807, 8, 1);
SELECT * FROM kg.connected_components(graph => 'algo') WHERE entity NOT BETWEEN 1 AND 7 ORDER BY entity;
SELECT entity, round(score::numeric, 3) FROM kg.personalized_pagerank('{-9223372036854775808}', graph => 'algo') ORDER BY entity;

-- Ids that differ in their upper bits only
SELECT kg.create_graph('algo_high');
SET session_replication_role = replica;
INSERT INTO algo_high.entity (id, type, name) SELECT i::bigint << 44, 1, '' FROM generate_series(1, 20000) i;
INSERT INTO algo_high.relation (source, target, type) SELECT i::bigint << 44, (i + 1)::bigint << 44, 1 FROM generate_series(1, 19999) i;
RESET session_replication_role;
SELECT count(*), count(DISTINCT component) FROM kg.connected_components(graph => 'algo_high');
SELECT count(*) FROM kg.personalized_pagerank(ARRAY(SELECT id FROM algo_high.entity), epsilon => 1e-6, graph => 'algo_high');

-- Wrong arguments
SELECT kg.pagerank(1.5, graph => 'algo');
SELECT kg.pagerank('NaN', graph => 'algo');
SELECT kg.pagerank(NULL, graph => 'algo');
SELECT kg.pagerank(max_iterations => -1, graph => 'algo');
SELECT kg.pagerank(direction => 'up', graph => 'algo');
SELECT kg.pagerank(graph => NULL);
SELECT kg.pagerank(graph => 'nonesuch');
SELECT kg.personalized_pagerank('{1}', 1, graph => 'algo');
SELECT kg.personalized_pagerank('{1}', epsilon => 0, graph => 'algo');
SELECT kg.personalized_pagerank('{1,NULL}', graph => 'algo');
SELECT kg.leiden(-1, graph => 'algo');
SELECT kg.betweenness(0, graph => 'algo');
SELECT kg.node_similarity(measure => 'likeness', graph => 'algo');
SELECT kg.node_similarity(entities => '{NULL}', graph => 'algo');
SELECT kg.node_similarity(k => -1, graph => 'algo');
-- weights
UPDATE algo.relation SET weight = -1 WHERE source = 1 AND target = 2;
SELECT count(*) FROM kg.pagerank(graph => 'algo');
SELECT count(*) FROM kg.pagerank(weighted => true, graph => 'algo');
SELECT count(*) FROM kg.personalized_pagerank('{1}', weighted => true, graph => 'algo');
UPDATE algo.relation SET weight = 'infinity' WHERE source = 1 AND target = 2;
SELECT count(*) FROM kg.leiden(weighted => true, graph => 'algo');
UPDATE algo.relation SET weight = 0;
SELECT count(*), sum(score)::numeric(6, 4) FROM kg.pagerank(weighted => true, graph => 'algo');
SELECT count(*), sum(score)::numeric(6, 4) FROM kg.personalized_pagerank('{1}', weighted => true, graph => 'algo');
SELECT level, count(DISTINCT community), max(modularity) FROM kg.leiden(weighted => true, graph => 'algo') GROUP BY level;

-- Memory: what is needed is said before much is read
CREATE FUNCTION with_maintenance_work_mem(memory text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	text text;
	detail text;
	hint text;
BEGIN
	PERFORM set_config('maintenance_work_mem', memory, true);
	EXECUTE query INTO text;
	RETURN text;
EXCEPTION WHEN configuration_limit_exceeded THEN
	GET STACKED DIAGNOSTICS text = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN regexp_replace(concat_ws(' | ', text, detail, hint), '\d{4,} kB', '# kB', 'g');
END
$$;
SELECT kg.create_graph('algo_large');
SET session_replication_role = replica;
INSERT INTO algo_large.entity (type, name) SELECT 1, '' FROM generate_series(1, 5000);
INSERT INTO algo_large.relation (source, target, type)
SELECT 1 + abs(hashint8extended(i, 1) % 5000), 1 + abs(hashint8extended(i, 2) % 5000), 1 FROM generate_series(1, 50000) i;
RESET session_replication_role;
VACUUM ANALYZE algo_large.entity, algo_large.relation;
SELECT with_maintenance_work_mem('1MB', $$SELECT count(*) FROM kg.core_numbers(graph => 'algo_large')$$);
SELECT with_maintenance_work_mem('1MB', $$SELECT count(*) FROM kg.core_numbers(as_of => 'now', graph => 'algo_large')$$);
SELECT with_maintenance_work_mem('2MB', $$SELECT count(*) FROM kg.core_numbers(graph => 'algo_large')$$);
-- without rows of arcs it takes less
SELECT with_maintenance_work_mem('1MB', $$SELECT count(*) FROM kg.connected_components(graph => 'algo_large')$$);
SELECT with_maintenance_work_mem('1MB', $$SELECT count(*) FROM kg.personalized_pagerank('{1}', epsilon => 1e-10, graph => 'algo_large')$$) ~ 'does not fit';
SELECT with_maintenance_work_mem('1MB', $$SELECT count(*) FROM kg.personalized_pagerank('{1}', epsilon => 1e-3, graph => 'algo_large')$$);

-- The planner knows how many rows come
CREATE FUNCTION estimated_rows(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->'Plan Rows';
END
$$;
SELECT estimated_rows('SELECT * FROM kg.core_numbers(graph => ''algo_large'')'),
	estimated_rows('SELECT * FROM kg.pagerank(0.5, types => ''{a}'', graph => ''algo_large'')'),
	estimated_rows('SELECT * FROM kg.degree(graph => ''no such graph'')'),
	estimated_rows('SELECT * FROM kg.degree(graph => NULL)'),
	estimated_rows('SELECT d.* FROM (SELECT ''algo_large''::text AS graph OFFSET 0) g, kg.degree(graph => g.graph) d');

SELECT kg.drop_graph(name) FROM kg.graph WHERE name LIKE 'algo%';
DROP FUNCTION with_maintenance_work_mem, estimated_rows;
