--
-- Centralities, cycles, forests, partitions, walks and embeddings, on small
-- graphs whose answers one can work out by hand
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
	(4, 5, 1, 4, NULL, NULL),
	(4, 5, 1, 2, NULL, NULL),
	(5, 5, 1, 1, NULL, NULL),
	(6, 7, 1, 1, NULL, NULL),
	(7, 6, 1, 1, NULL, NULL);

-- Order and cycles: the least entity that is on one begins it
SELECT * FROM kg.find_cycle(graph => 'algo');
SELECT * FROM kg.find_cycle('{b}', graph => 'algo');
SELECT * FROM kg.topological_order(graph => 'algo');
SELECT * FROM kg.longest_path(graph => 'algo');
SELECT * FROM kg.topological_order(types => '{b}', graph => 'algo');
SELECT entity, level FROM kg.topological_order('in', '{b}', graph => 'algo') WHERE entity IN (3, 4);
SELECT * FROM kg.topological_order('both', graph => 'algo');
SELECT * FROM kg.longest_path('{b}', graph => 'algo');
SELECT * FROM kg.longest_path('{nonesuch}', graph => 'algo');
-- a loop is a cycle, two relations to and fro are, and one behind the other
DELETE FROM algo.relation WHERE source = 3 AND target = 1;
SELECT * FROM kg.find_cycle(graph => 'algo');
DELETE FROM algo.relation WHERE source = target;
SELECT * FROM kg.find_cycle(graph => 'algo');
SELECT * FROM kg.topological_order(graph => 'algo');
DELETE FROM algo.relation WHERE source = 7 AND target = 6;
SELECT * FROM kg.find_cycle(graph => 'algo');
SELECT * FROM kg.topological_order(graph => 'algo');
SELECT * FROM kg.topological_order('in', graph => 'algo') WHERE level > 0;
SELECT * FROM kg.longest_path(graph => 'algo');
-- of parallel relations the heavier
SELECT * FROM kg.longest_path(weighted => true, graph => 'algo');
INSERT INTO algo.relation (source, target, type, weight) VALUES (3, 1, 1, 3), (5, 5, 1, 1), (7, 6, 1, 1);
-- a long cycle is shown from its beginning
SELECT kg.create_graph('algo_cycle');
INSERT INTO algo_cycle.entity_type (name) VALUES ('node');
INSERT INTO algo_cycle.relation_type (name) VALUES ('edge');
SET session_replication_role = replica;
INSERT INTO algo_cycle.entity (type, name) SELECT 1, '' FROM generate_series(1, 50000);
INSERT INTO algo_cycle.relation (source, target, type) SELECT i, 1 + i % 50000, 1 FROM generate_series(1, 50000) i;
RESET session_replication_role;
SELECT * FROM kg.topological_order(graph => 'algo_cycle');
SELECT count(*), min(entity), max(step) FROM kg.find_cycle(graph => 'algo_cycle');
-- a shorter one through the same entity
INSERT INTO algo_cycle.relation (source, target, type) VALUES (3, 1, 1);
SELECT array_agg(entity ORDER BY step) FROM kg.find_cycle(graph => 'algo_cycle');

-- No depth is too deep
SELECT count(*) FROM kg.bridges(graph => 'algo_cycle');
DELETE FROM algo_cycle.relation WHERE source > target;
SELECT count(*) FROM kg.bridges(graph => 'algo_cycle');
SELECT count(*), min(pieces), max(pieces) FROM kg.articulation_points(graph => 'algo_cycle');
SELECT max(cost), count(*) FROM kg.longest_path(graph => 'algo_cycle');
SELECT max(level) FROM kg.topological_order(graph => 'algo_cycle');

-- Forest, bridges, articulation points
SELECT * FROM kg.minimum_spanning_forest(graph => 'algo') ORDER BY 1, 2;
SELECT * FROM kg.minimum_spanning_forest('{a}', weighted => false, graph => 'algo') ORDER BY 1, 2;
SELECT * FROM kg.bridges(graph => 'algo');
SELECT * FROM kg.bridges('{a}', graph => 'algo');
SELECT * FROM kg.articulation_points(graph => 'algo');
SELECT * FROM kg.articulation_points(as_of => '2021-01-01 UTC', graph => 'algo');

-- Centralities
SELECT entity, round(score::numeric, 6) AS score FROM kg.closeness(graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 6) AS score FROM kg.closeness(direction => 'both', weighted => true, graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 6) AS score FROM kg.harmonic_centrality(graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 6) AS score FROM kg.harmonic_centrality(direction => 'in', weighted => true, graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 4) AS score FROM kg.eigenvector_centrality(max_iterations => 1000, tolerance => 0, direction => 'both', types => '{a}', graph => 'algo') ORDER BY entity;
SELECT entity, round(score::numeric, 4) AS score FROM kg.katz_centrality(0.5, normalized => false, graph => 'algo') ORDER BY entity;
SELECT entity, round(hub::numeric, 4) AS hub, round(authority::numeric, 4) AS authority FROM kg.hits(max_iterations => 1000, graph => 'algo') ORDER BY entity;
SELECT entity, score FROM kg.betweenness(normalized => false, weighted => true, graph => 'algo') ORDER BY entity;
SELECT * FROM kg.edge_betweenness(normalized => false, graph => 'algo') ORDER BY source, target;
SELECT * FROM kg.edge_betweenness(normalized => false, direction => 'in', graph => 'algo') ORDER BY source, target;
SELECT * FROM kg.edge_betweenness(normalized => false, direction => 'both', graph => 'algo') ORDER BY source, target;
-- by weights the way from 1 to 3 is through 2, unless it is longer
SELECT score FROM kg.edge_betweenness(normalized => false, direction => 'both', weighted => true, graph => 'algo') WHERE (source, target) = (1, 3);
-- samples: the same for the same seed
SELECT count(*) FROM (SELECT * FROM kg.edge_betweenness(4, seed => 3, graph => 'algo') EXCEPT SELECT * FROM kg.edge_betweenness(4, seed => 3, graph => 'algo')) q;
SELECT count(*) FROM (SELECT * FROM kg.closeness(4, 3, graph => 'algo') EXCEPT SELECT * FROM kg.closeness(4, 3, graph => 'algo')) q;
-- without relations
SELECT DISTINCT score FROM kg.closeness(types => '{nonesuch}', graph => 'algo');
SELECT DISTINCT score FROM kg.harmonic_centrality(types => '{nonesuch}', graph => 'algo');
SELECT DISTINCT round(score::numeric, 6) FROM kg.eigenvector_centrality(types => '{nonesuch}', graph => 'algo');
SELECT DISTINCT round(score::numeric, 6) FROM kg.katz_centrality(types => '{nonesuch}', graph => 'algo');
SELECT DISTINCT hub, authority FROM kg.hits(types => '{nonesuch}', graph => 'algo');
SELECT count(*) FROM kg.edge_betweenness(types => '{nonesuch}', graph => 'algo');
-- no iteration
SELECT DISTINCT score FROM kg.katz_centrality(max_iterations => 0, graph => 'algo');
-- scores that grow without end: the loop at 5 makes them
SELECT count(*) FROM kg.katz_centrality(0.99, graph => 'algo');
SELECT count(*) FROM kg.katz_centrality(1.25, graph => 'algo');
SELECT count(*) FROM kg.katz_centrality(100, max_iterations => 10, graph => 'algo');
SELECT round(score::numeric, 6) FROM kg.katz_centrality(100, normalized => false, types => '{b}', graph => 'algo') WHERE entity = 4;

-- Modularity: that of Leiden's last level, and of worse partitions
SELECT round(kg.modularity(array_agg(entity), array_agg(community), graph => 'algo')::numeric, 9) = round(max(modularity)::numeric, 9) AS same
FROM kg.leiden(graph => 'algo') WHERE level = 1;
SELECT kg.modularity('{1,2,3,4,5,6,7,8}', '{1,1,1,1,1,1,1,1}', graph => 'algo');
SELECT round(kg.modularity(array_agg(id), array_agg(id), graph => 'algo')::numeric, 6) FROM algo.entity;
SELECT round(kg.modularity(array_agg(id), array_agg(id / 6), 0.5, 'out', '{a}', '2022-01-01', true, 'algo')::numeric, 6) FROM algo.entity;
SELECT kg.modularity(array_agg(id), array_agg(id), types => '{nonesuch}', graph => 'algo') FROM algo.entity;
-- entities that are not there do not matter
SELECT kg.modularity('{1,2,3,4,5,6,7,8,99}', '{1,1,1,1,1,1,1,1,2}', graph => 'algo');
SELECT kg.modularity('{1,2,3}', '{1,1,1}', graph => 'algo');
SELECT kg.modularity('{1,2,3}', '{1,1}', graph => 'algo');
SELECT kg.modularity('{1,2,1}', '{1,1,2}', graph => 'algo');
SELECT kg.modularity('{1,NULL}', '{1,1}', graph => 'algo');
SELECT kg.modularity('{1,2}', '{1,NULL}', graph => 'algo');
SELECT kg.modularity(NULL, '{1}', graph => 'algo') IS NULL, kg.modularity('{1}', NULL, graph => 'algo') IS NULL;

-- Walks: from 4 there is one way, and 5 keeps them; none from 8
SELECT * FROM kg.random_walks('{4,8,99}', 3, graph => 'algo');
SELECT * FROM kg.random_walks(6, 2, 2, graph => 'algo');
SELECT walk, step, entity FROM kg.random_walks('{4}', 3, direction => 'both', weighted => true, types => '{b}', graph => 'algo');
SELECT count(*), count(DISTINCT walk), min(step), max(step) FROM kg.random_walks(length => 0, walks => 5, graph => 'algo');
SELECT count(*) FROM kg.random_walks('{}', graph => 'algo');
-- a walk does not depend on what others there are, but on the seed
SELECT count(*) FROM (
	(SELECT entity, step FROM kg.random_walks('{3}', 50, seed => 5, direction => 'both', graph => 'algo'))
	EXCEPT SELECT entity, step FROM kg.random_walks(NULL, 50, seed => 5, direction => 'both', graph => 'algo') WHERE walk = 3) q;
SELECT count(DISTINCT w) > 10 AS differ FROM generate_series(1, 20) seed,
	LATERAL (SELECT array_agg(entity ORDER BY step) AS w FROM kg.random_walks('{3}', 10, seed => seed, direction => 'both', graph => 'algo')) q;

-- Embeddings: into a column, and near ones are alike
SELECT kg.create_graph('algo_cliques', 16);
INSERT INTO algo_cliques.entity_type (name) VALUES ('node');
INSERT INTO algo_cliques.relation_type (name) VALUES ('edge');
INSERT INTO algo_cliques.entity (type, name) SELECT 1, '' FROM generate_series(1, 13);
INSERT INTO algo_cliques.relation (source, target, type)
SELECT i, j, 1 FROM generate_series(1, 12) i, generate_series(1, 12) j WHERE i < j AND (i - 1) / 6 = (j - 1) / 6
UNION ALL VALUES (6, 7, 1);
UPDATE algo_cliques.entity e SET embedding = f.embedding FROM kg.fastrp(16, seed => 1, graph => 'algo_cliques') f WHERE e.id = f.entity;
SELECT id FROM algo_cliques.entity WHERE embedding IS NULL;
SELECT bool_and(own < other) AS own_is_nearer FROM (
	SELECT a.id, max(a.embedding OPERATOR(kg.<=>) b.embedding) FILTER (WHERE (a.id - 1) / 6 = (b.id - 1) / 6) AS own,
		min(a.embedding OPERATOR(kg.<=>) b.embedding) FILTER (WHERE (a.id - 1) / 6 <> (b.id - 1) / 6) AS other
	FROM algo_cliques.entity a, algo_cliques.entity b WHERE a.id NOT IN (6, 7, 13) AND b.id NOT IN (6, 7, 13) GROUP BY 1) q;
SELECT count(*), min(kg.vector_dims(embedding)), max(kg.vector_dims(embedding)) FROM kg.fastrp(graph => 'algo_cliques');
SELECT count(*) FROM (SELECT entity, embedding::text FROM kg.fastrp(20, graph => 'algo_cliques')
	EXCEPT SELECT entity, embedding::text FROM kg.fastrp(20, graph => 'algo_cliques')) q;
-- the entity itself counts, too
SELECT entity, embedding IS NULL AS is_null FROM kg.fastrp(8, '{1}', graph => 'algo_cliques') WHERE entity = 13;

-- The order of rows in tables does not matter
CREATE TEMP VIEW answers AS
SELECT 'forest' AS what, md5(string_agg(q::text, ' ' ORDER BY q::text)) FROM kg.minimum_spanning_forest(weighted => false, graph => 'algo_cliques') q
UNION ALL SELECT 'fastrp', md5(string_agg(entity || embedding::text, ' ' ORDER BY entity)) FROM kg.fastrp(graph => 'algo_cliques', weighted => true) q
UNION ALL SELECT 'walks', md5(string_agg(q::text, ' ' ORDER BY walk, step)) FROM kg.random_walks(walks => 3, weighted => true, direction => 'both', graph => 'algo_cliques') q;
CREATE TEMP TABLE before AS SELECT * FROM answers;
ALTER TABLE algo_cliques.relation ADD COLUMN o float8;
UPDATE algo_cliques.relation SET o = hashint8extended(id, 1);
CREATE INDEX shuffle ON algo_cliques.relation (o);
CLUSTER algo_cliques.relation USING shuffle;
SELECT what FROM before EXCEPT SELECT what FROM (SELECT * FROM answers INTERSECT SELECT * FROM before) q;
DROP VIEW answers;

-- A graph of nothing
SELECT kg.create_graph('algo_empty');
SELECT count(*) FROM kg.topological_order(graph => 'algo_empty');
SELECT count(*) FROM kg.find_cycle(graph => 'algo_empty');
SELECT count(*) FROM kg.longest_path(graph => 'algo_empty');
SELECT count(*) FROM kg.minimum_spanning_forest(graph => 'algo_empty');
SELECT count(*) FROM kg.bridges(graph => 'algo_empty');
SELECT count(*) FROM kg.articulation_points(graph => 'algo_empty');
SELECT count(*) FROM kg.closeness(graph => 'algo_empty');
SELECT count(*) FROM kg.harmonic_centrality(3, weighted => true, graph => 'algo_empty');
SELECT count(*) FROM kg.eigenvector_centrality(graph => 'algo_empty');
SELECT count(*) FROM kg.katz_centrality(graph => 'algo_empty');
SELECT count(*) FROM kg.hits(graph => 'algo_empty');
SELECT count(*) FROM kg.edge_betweenness(weighted => true, graph => 'algo_empty');
SELECT count(*) FROM kg.random_walks(graph => 'algo_empty');
SELECT count(*) FROM kg.fastrp(graph => 'algo_empty');
SELECT kg.modularity('{}', '{}', graph => 'algo_empty'), kg.modularity('{1}', '{1}', graph => 'algo_empty');

-- A registered graph with keys of text in two tables, and one with weights in a
-- column: the same answers, by key
CREATE SCHEMA algo_tables;
CREATE TABLE algo_tables.odd (id text PRIMARY KEY);
CREATE TABLE algo_tables.even (id text PRIMARY KEY);
INSERT INTO algo_tables.odd SELECT 'n' || id FROM algo.entity WHERE id % 2 = 1;
INSERT INTO algo_tables.even SELECT 'n' || id FROM algo.entity WHERE id % 2 = 0;
CREATE TABLE algo_tables.odd_even AS SELECT 'n' || source AS a, 'n' || target AS b, weight::float8 FROM algo.relation WHERE source % 2 = 1 AND target % 2 = 0;
CREATE TABLE algo_tables.even_odd (LIKE algo_tables.odd_even);
CREATE TABLE algo_tables.odd_odd (LIKE algo_tables.odd_even);
INSERT INTO algo_tables.even_odd SELECT 'n' || source, 'n' || target, weight FROM algo.relation WHERE source % 2 = 0 AND target % 2 = 1;
INSERT INTO algo_tables.odd_odd SELECT 'n' || source, 'n' || target, weight FROM algo.relation WHERE source % 2 = 1 AND target % 2 = 1;
-- a weight that is null counts 1
UPDATE algo_tables.odd_even SET weight = NULL WHERE a = 'n3' AND b = 'n4';
ALTER TABLE algo_tables.odd_even ADD FOREIGN KEY (a) REFERENCES algo_tables.odd, ADD FOREIGN KEY (b) REFERENCES algo_tables.even;
ALTER TABLE algo_tables.even_odd ADD FOREIGN KEY (a) REFERENCES algo_tables.even, ADD FOREIGN KEY (b) REFERENCES algo_tables.odd;
ALTER TABLE algo_tables.odd_odd ADD FOREIGN KEY (a) REFERENCES algo_tables.odd, ADD FOREIGN KEY (b) REFERENCES algo_tables.odd;
SELECT kg.register_graph('algo_text', '["algo_tables.odd", "algo_tables.even"]', '["algo_tables.odd_even", "algo_tables.even_odd", "algo_tables.odd_odd"]') IS NULL AS registered;
-- the entity of a row, whatever it is called by
CREATE FUNCTION pg_temp.name_of(entity bigint, key text) RETURNS text LANGUAGE sql AS
	$$ SELECT coalesce(entity::text, regexp_replace(key, '.*n', '')) $$;
CREATE FUNCTION pg_temp.rows_of(call text, columns text, graph text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT string_agg(concat_ws('','', %s), '' '' ORDER BY concat_ws('','', %s)) FROM kg.%s graph => %L) q', columns, columns, call, graph) INTO answer;
	RETURN answer;
END $$;
SELECT call, count(DISTINCT pg_temp.rows_of(call, columns, graph)) = 1 AS same, bool_and(pg_temp.rows_of(call, columns, graph) IS NOT NULL) AS any
FROM (VALUES ('closeness(weighted => true, ', 'pg_temp.name_of(entity, key), round(score::numeric, 9)'),
	('harmonic_centrality(', 'pg_temp.name_of(entity, key), round(score::numeric, 9)'),
	('eigenvector_centrality(', 'pg_temp.name_of(entity, key), round(score::numeric, 9)'),
	('katz_centrality(weighted => true, ', 'pg_temp.name_of(entity, key), round(score::numeric, 9)'),
	('hits(', 'pg_temp.name_of(entity, key), round(hub::numeric, 9), round(authority::numeric, 9)'),
	('betweenness(weighted => true, ', 'pg_temp.name_of(entity, key), round(score::numeric, 9)'),
	('edge_betweenness(', 'pg_temp.name_of(source, source_key), pg_temp.name_of(target, target_key), round(score::numeric, 9)'),
	('minimum_spanning_forest(', 'weight'),
	('bridges(', 'pg_temp.name_of(source, source_key), pg_temp.name_of(target, target_key)'),
	('articulation_points(', 'pg_temp.name_of(entity, key), pieces'),
	('find_cycle(', 'CASE WHEN step > 0 THEN pg_temp.name_of(entity, key) END')) c(call, columns),
	unnest(ARRAY['algo', 'algo_text']) graph
GROUP BY call ORDER BY call;
SELECT entity, key FROM kg.random_walks('{even:n4}', 2, graph => 'algo_text');
SELECT source, target, source_key, target_key FROM kg.bridges(graph => 'algo_text');
SELECT entity, key, embedding IS NULL AS isolated FROM kg.fastrp(4, graph => 'algo_text') ORDER BY key;
SELECT round(kg.modularity(array_agg(key), array_agg(community), graph => 'algo_text')::numeric, 9) = round(max(modularity)::numeric, 9) AS same
FROM kg.leiden(graph => 'algo_text') WHERE level = 1;
SELECT kg.topological_order(graph => 'algo_text');
SELECT kg.drop_graph('algo_text');
DROP SCHEMA algo_tables CASCADE;

-- Wrong arguments
SELECT kg.closeness(0, graph => 'algo');
SELECT kg.closeness(-1, graph => 'algo');
SELECT kg.edge_betweenness(0, graph => 'algo');
SELECT kg.eigenvector_centrality(-1, graph => 'algo');
SELECT kg.eigenvector_centrality(tolerance => 'NaN', graph => 'algo');
SELECT kg.katz_centrality(-1, graph => 'algo');
SELECT kg.katz_centrality(NULL, graph => 'algo');
SELECT kg.hits(direction => 'up', graph => 'algo');
SELECT kg.random_walks('{1}', -1, graph => 'algo');
SELECT kg.random_walks('{1}', NULL, graph => 'algo');
SELECT kg.random_walks('{1}', p => 0, graph => 'algo');
SELECT kg.random_walks('{1}', q => 1e9, graph => 'algo');
SELECT kg.random_walks('{NULL}', graph => 'algo');
SELECT kg.fastrp(0, graph => 'algo');
SELECT kg.fastrp(NULL, graph => 'algo');
SELECT kg.fastrp(16001, graph => 'algo');
SELECT kg.fastrp(8, '{}', graph => 'algo');
SELECT kg.fastrp(8, NULL, graph => 'algo');
SELECT kg.fastrp(8, '{1,NULL}', graph => 'algo');
SELECT kg.fastrp(8, '{1,inf}', graph => 'algo');
SELECT kg.fastrp(8, normalization => 2, graph => 'algo');
-- weights
UPDATE algo.relation SET weight = 0 WHERE source = 1 AND target = 2;
SELECT count(*) FROM kg.betweenness(weighted => true, graph => 'algo');
SELECT count(*) FROM kg.edge_betweenness(weighted => true, direction => 'both', graph => 'algo');
SELECT entity, round(score::numeric, 6) AS score FROM kg.closeness(weighted => true, graph => 'algo') WHERE entity < 4 ORDER BY entity;
SELECT entity, round(score::numeric, 6) AS score FROM kg.harmonic_centrality(weighted => true, graph => 'algo') WHERE entity < 4 ORDER BY entity;
SELECT walk, step, entity FROM kg.random_walks('{1}', 3, weighted => true, graph => 'algo');
SELECT sum(weight) FROM kg.minimum_spanning_forest(graph => 'algo');
UPDATE algo.relation SET weight = -1 WHERE source = 1 AND target = 2;
SELECT count(*) FROM kg.minimum_spanning_forest(graph => 'algo');
SELECT count(*) FROM kg.closeness(weighted => true, graph => 'algo');
SELECT count(*) FROM kg.closeness(graph => 'algo');

SELECT kg.drop_graph(name) FROM kg.graph WHERE name LIKE 'algo%';
