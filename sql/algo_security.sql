--
-- Algorithms see what the current user does
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE ROLE algo_reader;
SELECT kg.create_graph('algo_secret');
INSERT INTO algo_secret.entity_type (name) VALUES ('node');
INSERT INTO algo_secret.relation_type (name) VALUES ('open'), ('secret');
INSERT INTO algo_secret.entity (type, name) SELECT 1, '' FROM generate_series(1, 6);
-- 1 2 3 and 4 5 6 in a row each; 3 - 4 is a secret
INSERT INTO algo_secret.relation (source, target, type)
VALUES (1, 2, 1), (2, 3, 1), (4, 5, 1), (5, 6, 1), (3, 4, 2);

CREATE TYPE secret_results AS (components bigint, degrees numeric, ranked bigint, near_1 bigint, betweenness float8);
CREATE FUNCTION results() RETURNS secret_results LANGUAGE sql AS $$
	SELECT (SELECT count(DISTINCT component) FROM kg.connected_components(graph => 'algo_secret')),
		(SELECT sum(degree) FROM kg.degree(graph => 'algo_secret')),
		(SELECT count(*) FROM kg.pagerank(graph => 'algo_secret')),
		(SELECT count(*) FROM kg.personalized_pagerank('{1}', graph => 'algo_secret')),
		(SELECT max(score) FROM kg.betweenness(normalized => false, graph => 'algo_secret'))
$$;
SELECT * FROM results();

-- nothing granted
SET ROLE algo_reader;
SELECT count(*) FROM kg.pagerank(graph => 'algo_secret');
RESET ROLE;
GRANT USAGE ON SCHEMA algo_secret TO algo_reader;
SET ROLE algo_reader;
SELECT count(*) FROM kg.pagerank(graph => 'algo_secret');
SELECT count(*) FROM kg.personalized_pagerank('{1}', graph => 'algo_secret');
RESET ROLE;
GRANT SELECT ON algo_secret.entity TO algo_reader;
SET ROLE algo_reader;
SELECT count(*) FROM kg.pagerank(graph => 'algo_secret');
RESET ROLE;
-- columns that suffice
REVOKE SELECT ON algo_secret.entity FROM algo_reader;
GRANT SELECT (id) ON algo_secret.entity TO algo_reader;
GRANT SELECT (id, source, target, expired_at) ON algo_secret.relation TO algo_reader;
SET ROLE algo_reader;
SELECT * FROM results();
SELECT count(*) FROM kg.pagerank(weighted => true, graph => 'algo_secret');
SELECT count(*) FROM kg.connected_components(as_of => now(), graph => 'algo_secret');
SELECT count(*) FROM kg.connected_components('{open}', graph => 'algo_secret');
RESET ROLE;
-- row-level security on relations
GRANT SELECT ON ALL TABLES IN SCHEMA algo_secret TO algo_reader;
ALTER TABLE algo_secret.relation ENABLE ROW LEVEL SECURITY;
CREATE POLICY open ON algo_secret.relation USING (type = 1);
SELECT * FROM results();
SET ROLE algo_reader;
SELECT * FROM results();
RESET ROLE;
-- ... and on entities: what leads to one that is hidden is hidden
ALTER TABLE algo_secret.relation DISABLE ROW LEVEL SECURITY;
ALTER TABLE algo_secret.entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY open ON algo_secret.entity USING (id <> 2);
SET ROLE algo_reader;
SELECT * FROM results();
SELECT * FROM kg.connected_components(graph => 'algo_secret') ORDER BY entity;
SELECT entity FROM kg.personalized_pagerank('{1,2}', graph => 'algo_secret');
SELECT * FROM kg.node_similarity('{1,2}', graph => 'algo_secret');
RESET ROLE;
-- a SECURITY DEFINER function sees what its owner does
ALTER FUNCTION results() SECURITY DEFINER;
SET ROLE algo_reader;
SELECT * FROM results();
RESET ROLE;

DROP FUNCTION results;
DROP TYPE secret_results;
SELECT kg.drop_graph('algo_secret');
DROP ROLE algo_reader;
