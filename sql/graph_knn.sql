--
-- kg.knn
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET extra_float_digits = 0;

SELECT kg.create_graph('graph_knn', 3);
INSERT INTO graph_knn.entity_type (name) VALUES ('star'), ('planet');
INSERT INTO graph_knn.entity (type, name, embedding)
VALUES (1, 'a', '[1,0,0]'), (2, 'b', '[1,1,0]'), (1, 'c', '[0,2,0]'), (2, 'd', '[-4,0,0]'),
	(1, 'e', '[3,0,0.5]'), (1, 'unknown', NULL), (2, 'f', '[0.1,0.1,0.1]');

-- The graph's metric counts as long as there is no index: cosine
SELECT entity, round(distance::numeric, 6) AS distance FROM kg.knn('[1,0,0]', graph => 'graph_knn');
SELECT entity FROM kg.knn('[1,0,0]', 2, graph => 'graph_knn');
SELECT entity FROM kg.knn('[1,0,0]', 2, 'planet', 'graph_knn');
SELECT entity FROM kg.knn('[1,0,0]', type => 'star', graph => 'graph_knn');
SELECT entity FROM kg.knn('[1,0,0]', type => 'nonesuch', graph => 'graph_knn');
SELECT count(*) FROM kg.knn('[1,0,0]', 0, graph => 'graph_knn');
SELECT count(*) FROM kg.knn('[1,0,0]', NULL, graph => 'graph_knn');	-- all that have an embedding
SELECT count(*) FROM kg.knn(NULL, graph => 'graph_knn');
SELECT * FROM kg.knn('[1,0,0]', -1, graph => 'graph_knn');
SELECT * FROM kg.knn('[1,0]', graph => 'graph_knn');
SELECT * FROM kg.knn('[1,0,0]', graph => 'nonesuch');
SELECT * FROM kg.knn('[1,0,0]', graph => NULL);

-- Other metrics, and embeddings of half precision or any dimension
SELECT kg.create_graph('graph_l2', 3, 'l2'), kg.create_graph('graph_ip', 3, 'ip', 'halfvec'), kg.create_graph('graph_any');
INSERT INTO graph_l2.entity_type (name) VALUES ('t');
INSERT INTO graph_l2.entity (type, name, embedding) SELECT 1, name, embedding FROM graph_knn.entity ORDER BY id;
INSERT INTO graph_ip.entity_type (name) VALUES ('t');
INSERT INTO graph_ip.entity (type, name, embedding) SELECT 1, name, embedding FROM graph_knn.entity ORDER BY id;
SELECT entity, round(distance::numeric, 6) AS distance FROM kg.knn('[1,0,0]', graph => 'graph_l2');
SELECT entity, round(distance::numeric, 6) AS distance FROM kg.knn('[1,0.25,0]', graph => 'graph_ip');
SELECT count(*) FROM kg.knn('[1,0]', graph => 'graph_any');
INSERT INTO graph_any.entity_type (name) VALUES ('t');
INSERT INTO graph_any.entity (type, name, embedding) VALUES (1, '', '[1,2,3,4]');
SELECT * FROM kg.knn('[1,2]', graph => 'graph_any');
SELECT distance < 1e-9 FROM kg.knn('[1,2,3,4]', graph => 'graph_any');
ALTER TABLE graph_any.entity ALTER embedding TYPE float4[] USING NULL;
SELECT * FROM kg.knn('[1,2,3,4]', graph => 'graph_any');
ALTER TABLE graph_any.entity DROP embedding;
SELECT * FROM kg.knn('[1,2,3,4]', graph => 'graph_any');

-- Against the query that one would write
INSERT INTO graph_l2.entity (type, name, embedding)
SELECT 1, 'r' || i, ARRAY[hashint8(i) % 100, hashint8(i + 10000) % 100, hashint8(i + 20000) % 100]::kg.vector
FROM generate_series(1, 500) i;
CREATE TABLE knn_queries AS
SELECT i, ARRAY[hashint8(i) % 90, hashint8(i + 30000) % 90, hashint8(i + 40000) % 90]::kg.vector AS q FROM generate_series(1, 20) i;
CREATE FUNCTION check_knn(OUT rows bigint, OUT wrong bigint) LANGUAGE sql AS $$
	SELECT count(*), count(*) FILTER (WHERE k.distance IS DISTINCT FROM e.distance OR k.direct IS DISTINCT FROM k.distance)
	FROM (SELECT i, ordinality, k.distance, x.embedding OPERATOR(kg.<->) q AS direct
		  FROM knn_queries, kg.knn(q, 7, graph => 'graph_l2') WITH ORDINALITY k(entity, distance, key, ordinality)
		  JOIN graph_l2.entity x ON x.id = k.entity) k
	FULL JOIN (SELECT i, row_number() OVER (PARTITION BY i ORDER BY distance) AS ordinality, distance
		  FROM knn_queries, LATERAL (SELECT embedding OPERATOR(kg.<->) q AS distance FROM graph_l2.entity
			WHERE embedding IS NOT NULL ORDER BY 1 LIMIT 7) x) e
	USING (i, ordinality)
$$;
SELECT * FROM check_knn();

-- With an index, its metric and the index itself
CREATE FUNCTION nearest(graph text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(entity || ' at ' || round(distance::numeric, 4), ', ')
	FROM kg.knn('[1,0.25,0]', 3, graph => $1)
$$;
CREATE FUNCTION scans(index regclass) RETURNS bigint LANGUAGE sql AS
	'SELECT pg_stat_get_xact_numscans($1)';
SELECT nearest('graph_knn');
CREATE INDEX knn_partial ON graph_knn.entity USING kg_hnsw (embedding kg.vector_ip_ops) WHERE id > 2;
SELECT nearest('graph_knn');		-- cosine still
CREATE INDEX knn_l2 ON graph_knn.entity USING kg_hnsw (embedding kg.vector_l2_ops);
SELECT nearest('graph_knn');		-- l2
CREATE INDEX knn_ip ON graph_knn.entity USING kg_hnsw (embedding kg.vector_ip_ops);
SELECT nearest('graph_knn');		-- l2, the older
CREATE INDEX knn_cosine ON graph_knn.entity USING kg_hnsw (embedding kg.vector_cosine_ops);
SELECT nearest('graph_knn');		-- cosine, the graph's own
DROP INDEX graph_knn.knn_l2, graph_knn.knn_cosine;
SELECT nearest('graph_knn');		-- ip
DROP INDEX graph_knn.knn_ip, graph_knn.knn_partial;
CREATE INDEX knn_half ON graph_ip.entity USING kg_hnsw (embedding kg.halfvec_cosine_ops);
SELECT nearest('graph_ip');

CREATE INDEX knn_index ON graph_l2.entity USING kg_hnsw (embedding kg.vector_l2_ops);
ANALYZE graph_l2.entity;
SET enable_sort = off;				-- the table is too small for the planner to bother
SELECT * FROM check_knn();
BEGIN;
SELECT scans('graph_l2.knn_index') AS before \gset
SELECT count(*) FROM kg.knn('[1,2,3]', 5, graph => 'graph_l2');
SELECT count(*) FROM kg.knn('[1,2,3]', 5, 't', 'graph_l2');
SELECT count(*) FROM kg.knn('[1,2,3]', NULL, graph => 'graph_l2');
SELECT scans('graph_l2.knn_index') - :before AS scans;
DELETE FROM graph_l2.entity WHERE id % 3 = 0;
INSERT INTO graph_l2.entity (type, name, embedding) VALUES (1, 'very near', '[1,2,3]');
SELECT name FROM kg.knn('[1,2,3]', 1, graph => 'graph_l2') JOIN graph_l2.entity ON id = entity;
SELECT * FROM check_knn();
ROLLBACK;
SELECT * FROM check_knn();
RESET enable_sort;
DROP FUNCTION nearest, scans;

-- Row-level security and privileges are those of any query.
CREATE ROLE regress_kg_knn;
GRANT USAGE ON SCHEMA graph_knn TO regress_kg_knn;
SET ROLE regress_kg_knn;
SELECT entity FROM kg.knn('[1,0,0]', graph => 'graph_knn');
RESET ROLE;
GRANT SELECT (id, embedding) ON graph_knn.entity TO regress_kg_knn;
SET ROLE regress_kg_knn;
SELECT entity FROM kg.knn('[1,0,0]', 3, graph => 'graph_knn');
SELECT entity FROM kg.knn('[1,0,0]', 3, 'planet', 'graph_knn');
RESET ROLE;
GRANT SELECT (type) ON graph_knn.entity TO regress_kg_knn;
GRANT SELECT ON graph_knn.entity_type TO regress_kg_knn;
ALTER TABLE graph_knn.entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON graph_knn.entity USING (id % 2 = 0);
SET ROLE regress_kg_knn;
SELECT entity FROM kg.knn('[1,0,0]', 3, graph => 'graph_knn');
SELECT entity FROM kg.knn('[1,0,0]', 3, 'planet', 'graph_knn');
RESET ROLE;
SELECT entity FROM kg.knn('[1,0,0]', 3, graph => 'graph_knn');

DROP TABLE knn_queries;
DROP FUNCTION check_knn;
SELECT kg.drop_graph('graph_knn'), kg.drop_graph('graph_l2'), kg.drop_graph('graph_ip'), kg.drop_graph('graph_any');
DROP ROLE regress_kg_knn;
