--
-- What users of other systems have reported as wrong answers, asked here
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA reports;
CREATE TABLE reports.node (id int PRIMARY KEY);
INSERT INTO reports.node SELECT generate_series(0, 30);
CREATE TABLE reports.edge (id int PRIMARY KEY, s int REFERENCES reports.node, t int REFERENCES reports.node, w float8);
SELECT kg.register_graph('reports', '"reports.node"',
	'[{"table": "reports.edge", "id": "id", "source": "s", "target": "t", "weight": "w"}]');
CREATE FUNCTION reports.set_edges(edges text) RETURNS void LANGUAGE sql AS $$
	DELETE FROM reports.edge;
	INSERT INTO reports.edge SELECT i, e[1]::int, e[2]::int, e[3]::float8
		FROM unnest(string_to_array(edges, ', ')) WITH ORDINALITY u(edge, i), string_to_array(edge, ' ') e;
$$;

-- parallel edges (pgRouting 34, 285, 919, 2608): the cheaper is taken, and k paths go over each
SELECT reports.set_edges('1 2 2, 1 2 1, 2 1 1, 2 2 1, 2 3 1, 2 3 1');
SELECT step, entity, relation, cost FROM kg.shortest_path(1, 2, graph => 'reports', weighted => true);
SELECT nodes, relations, cost FROM kg.k_shortest_paths(1, 2, 10, direction => 'both', graph => 'reports', weighted => true);
SELECT nodes, relations, cost FROM kg.all_shortest_paths(1, 3, graph => 'reports', weighted => true) ORDER BY relations;
SELECT entity, cost, relation FROM kg.distances(1, graph => 'reports');
SELECT * FROM kg.minimum_spanning_forest(graph => 'reports') ORDER BY source;
-- none of these is a bridge (igraph 1180, networkx 5397); without 2, 1 and 3 are apart
SELECT * FROM kg.bridges(graph => 'reports');
SELECT entity, pieces FROM kg.articulation_points(graph => 'reports');
SELECT entity, triangles FROM kg.triangles(graph => 'reports') WHERE triangles > 0;

-- the k cheapest (pgRouting 1010), the direct way among them (networkx 2427), no node twice (dgraph 5426)
SELECT reports.set_edges('1 2 1, 2 3 1, 3 0 99, 1 12 1, 12 13 1, 12 14 1, 13 14 1, 14 0 1');
SELECT nodes, cost FROM kg.k_shortest_paths(1, 0, 5, graph => 'reports', weighted => true);
SELECT reports.set_edges('1 2 10, 2 3 20, 1 3 60, 1 4 40, 4 1 50');
SELECT nodes, cost FROM kg.k_shortest_paths(1, 3, 5, graph => 'reports', weighted => true);
-- the direct way is shorter (pgRouting 227), and distances agree (278)
SELECT reports.set_edges('1 2 1, 2 3 1, 3 1 1.5');
SELECT step, entity, cost FROM kg.shortest_path(3, 1, direction => 'both', graph => 'reports', weighted => true);
SELECT entity, cost FROM kg.distances(3, 1.5, 'both', graph => 'reports') ORDER BY entity;

-- weights of 0: all paths in either direction (networkx 3685), each once (8833)
SELECT reports.set_edges('1 2 1, 2 3 1, 3 5 1, 5 7 1, 7 8 1, 3 4 0, 4 6 1, 6 7 1');
SELECT nodes, cost FROM kg.all_shortest_paths(1, 8, direction => 'both', graph => 'reports', weighted => true) ORDER BY nodes;
SELECT nodes, cost FROM kg.all_shortest_paths(8, 1, direction => 'both', graph => 'reports', weighted => true) ORDER BY nodes;
SELECT reports.set_edges('1 2 0, 2 3 100, 2 2 0, 2 1 0');
SELECT nodes, relations FROM kg.all_shortest_paths(1, 3, graph => 'reports', weighted => true);
SELECT nodes, relations FROM kg.all_shortest_paths(1, 3, direction => 'both', graph => 'reports', weighted => true) ORDER BY relations;
SELECT entity, cost FROM kg.distances(1, 0, graph => 'reports') ORDER BY entity;
SELECT source, target, cost FROM kg.cost_matrix(ARRAY[1, 1, 2], ARRAY[2, 2, 1], 0, graph => 'reports') ORDER BY 1, 2;

-- some of the starts are apart or not there (pgRouting 519); nearest of two that are as near (552)
SELECT reports.set_edges('1 2 1, 2 3 1, 3 4 1, 5 4 3, 5 6 1, 6 3 1');
SELECT entity, cost, source FROM kg.distances(ARRAY[1, 25, 99], 3, graph => 'reports') ORDER BY entity;
SELECT count(*), count(DISTINCT entity) FROM kg.distances(ARRAY[1, 5], 3, graph => 'reports');
SELECT entity, cost FROM kg.distances(ARRAY[1, 5], 3, graph => 'reports') ORDER BY entity;
SELECT source, target, cost FROM kg.cost_matrix(ARRAY[1, 25], ARRAY[1, 25, 4], graph => 'reports') ORDER BY 1, 2;

-- loops: no path goes round one (kuzu 2200, RedisGraph 2923), unless only relations must differ (FalkorDB 1959)
SELECT reports.set_edges(string_agg(s || ' ' || t || ' 1', ', ')) FROM generate_series(1, 10) s, generate_series(1, 10) t;
SELECT length, count(*) FROM kg.paths(1, 2, 2, graph => 'reports') GROUP BY length ORDER BY length;
SELECT count(*) FROM kg.all_shortest_paths(1, 2, graph => 'reports');
SELECT count(*) FROM kg.k_shortest_paths(1, 2, 9, graph => 'reports') WHERE length < 3;
SELECT reports.set_edges('1 2 1, 1 1 1');
SELECT nodes FROM kg.paths(1, 2, 2, uniqueness => 'edge', graph => 'reports') ORDER BY nodes;
-- what leads to itself: a path of no relations (AGE 2382, neo4j 8667); the way round is a cycle
SELECT reports.set_edges('1 2 1, 2 3 1, 3 1 1');
SELECT nodes FROM kg.paths(1, 1, graph => 'reports');
SELECT step, entity FROM kg.shortest_path(1, 1, graph => 'reports');
SELECT step, entity FROM kg.find_cycle(graph => 'reports');

-- longest paths take the greater of parallel edges (networkx 3159, 5987), weights count (2229)
SELECT reports.set_edges('1 2 2, 2 3 2, 1 3 1, 1 3 5, 1 3 2');
SELECT step, entity, cost FROM kg.longest_path(weighted => true, graph => 'reports');
SELECT step, entity, cost FROM kg.longest_path(graph => 'reports');
-- all as long: still one path
SELECT reports.set_edges('1 2 1, 2 4 1, 1 3 1, 3 4 1');
SELECT count(*), max(cost) FROM kg.longest_path(weighted => true, graph => 'reports');

-- closeness where not all is connected (neo4j 4987): 0, not null; of what leads there, also by weights (networkx 3341)
SELECT reports.set_edges('1 2 1, 3 4 1, 4 5 1');
SELECT entity, c.score::numeric(8, 6) AS closeness, w.score::numeric(8, 6) AS weighted, h.score AS harmonic
FROM kg.closeness(graph => 'reports') c JOIN kg.closeness(weighted => true, graph => 'reports') w USING (entity)
	JOIN kg.harmonic_centrality(graph => 'reports') h USING (entity)
WHERE entity BETWEEN 0 AND 5 ORDER BY entity;
-- walks go on along relations (GDS 49) and stay where there are none (pytorch_cluster 81)
SELECT walk, array_agg(entity ORDER BY step) FROM kg.random_walks(ARRAY[3, 5, 0], 4, graph => 'reports') GROUP BY walk ORDER BY walk;
-- no relation of weight 0 is taken (node2vec 53)
SELECT reports.set_edges('1 2 0, 1 3 1, 3 1 1, 3 2 0');
SELECT count(*), count(*) FILTER (WHERE entity = 2) FROM kg.random_walks(ARRAY[1], 50, 4, q => 0.5, weighted => true, graph => 'reports');

-- modularity with a loop (networkx 7035), of one community (graphology 554), with directions (igraph 966, rigraph 480)
SELECT reports.set_edges('1 1 1, 1 2 1, 1 3 1, 1 4 1, 2 4 1, 3 5 1');
SELECT kg.modularity(array_agg(id), array_agg(CASE WHEN id IN (1, 2, 4) THEN 1 WHEN id IN (3, 5) THEN 2 ELSE 3 END), graph => 'reports')::numeric(8, 6),
	kg.modularity(array_agg(id), array_agg(1), graph => 'reports') FROM reports.node;
SELECT reports.set_edges('1 2 1, 2 1 1, 4 3 1, 5 4 1, 1 5 1, 3 5 1');
SELECT kg.modularity(array_agg(id), array_agg(CASE WHEN id <= 2 THEN 1 ELSE 2 END), direction => 'out', graph => 'reports')::numeric(8, 6)
FROM reports.node;

-- bill of materials: two ways to a part, parallel lines, a cycle that the start does not reach
SELECT reports.set_edges('1 2 2, 1 3 3, 2 4 5, 3 4 7, 3 4 1, 8 9 1, 9 8 1, 9 1 2');
SELECT entity, total, paths, minimum, maximum FROM kg.path_totals(1, graph => 'reports') ORDER BY entity;
SELECT entity, total FROM kg.path_totals(8, graph => 'reports');
SELECT entity, total, paths FROM kg.path_totals(4, direction => 'in', max_depth => 2, graph => 'reports') ORDER BY entity;

-- weights that are no numbers, or negative, or infinite
SELECT reports.set_edges('1 2 1, 2 3 NaN, 1 3 Infinity, 4 5 -1, 5 6 1');
SELECT entity, cost FROM kg.distances(1, 0.5, graph => 'reports');
SELECT entity, cost FROM kg.distances(1, graph => 'reports');
SELECT * FROM kg.cost_matrix(ARRAY[1], ARRAY[3], graph => 'reports');
SELECT * FROM kg.shortest_path(4, 6, graph => 'reports', weighted => true);
SELECT * FROM kg.k_shortest_paths(4, 6, graph => 'reports', weighted => true);
SELECT count(*) FROM kg.shortest_path(4, 6, graph => 'reports');
SELECT * FROM kg.longest_path(weighted => true, graph => 'reports');
SELECT * FROM kg.minimum_spanning_forest(graph => 'reports');

-- nothing there: components and the others of an empty graph (networkx 2703)
DELETE FROM reports.edge;
DELETE FROM reports.node;
SELECT (SELECT count(*) FROM kg.connected_components(graph => 'reports')),
	(SELECT count(*) FROM kg.longest_path(graph => 'reports')),
	(SELECT count(*) FROM kg.topological_order(graph => 'reports')),
	(SELECT count(*) FROM kg.core_numbers(graph => 'reports')),
	(SELECT count(*) FROM kg.leiden(graph => 'reports')),
	(SELECT count(*) FROM kg.pagerank(graph => 'reports')),
	(SELECT count(*) FROM kg.eigenvector_centrality(graph => 'reports')),
	(SELECT count(*) FROM kg.fastrp(graph => 'reports')),
	(SELECT count(*) FROM kg.random_walks(graph => 'reports')),
	(SELECT count(*) FROM kg.articulation_points(graph => 'reports'));
SELECT kg.drop_graph('reports');
DROP SCHEMA reports CASCADE;
