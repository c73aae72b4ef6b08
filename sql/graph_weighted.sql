--
-- Weighted paths: kg.shortest_path, kg.all_shortest_paths, kg.k_shortest_paths
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set graph :abs_srcdir '/sql/include/graph_paths.sql'

-- The way of few relations is dear, the long way is cheap; 6 is alone
SELECT kg.create_graph('graph_w');
INSERT INTO graph_w.entity_type (name) VALUES ('node');
INSERT INTO graph_w.relation_type (name) VALUES ('a'), ('b');
INSERT INTO graph_w.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 6) i;
INSERT INTO graph_w.relation (id, source, target, type, weight) VALUES
	(15, 1, 5, 1, 10), (12, 1, 2, 1, 1), (23, 2, 3, 1, 1.5), (34, 3, 4, 2, 0), (45, 4, 5, 1, 2),
	(13, 1, 3, 1, 2.5), (130, 1, 3, 1, 7), (33, 3, 3, 1, 0), (43, 4, 3, 1, 0);

SELECT * FROM kg.shortest_path(1, 5, graph => 'graph_w');
SELECT * FROM kg.shortest_path(1, 4, types => '{b,a}', graph => 'graph_w', weighted => true, filter => 'r.id <> 13');
SELECT max(cost) FROM kg.shortest_path(5, 1, direction => 'in', graph => 'graph_w', weighted => true);
SELECT max(cost) FROM kg.shortest_path(1, 5, types => '{a}', graph => 'graph_w', weighted => true);
SELECT max(cost) FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true, filter => 'r.id <> 45');
SELECT * FROM kg.shortest_path(2, 2, graph => 'graph_w', weighted => true);
SELECT * FROM kg.shortest_path(1, 6, graph => 'graph_w', weighted => true);
SELECT * FROM kg.shortest_path(1, 7, graph => 'graph_w', weighted => true);
SELECT * FROM kg.shortest_path(1, NULL, graph => 'graph_w', weighted => true);
SELECT count(*) FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => NULL);
SELECT * FROM kg.all_shortest_paths(1, 5, graph => 'graph_w', weighted => true) ORDER BY nodes;
SELECT * FROM kg.all_shortest_paths(1, 1, graph => 'graph_w', weighted => true);
SELECT * FROM kg.all_shortest_paths(1, 6, graph => 'graph_w', weighted => true);
SELECT * FROM kg.k_shortest_paths(1, 5, 9, graph => 'graph_w', weighted => true) ORDER BY cost, nodes, relations;
SELECT * FROM kg.shortest_path(1, 5, 3, graph => 'graph_w', weighted => true);
SELECT * FROM kg.all_shortest_paths(1, 5, 3, graph => 'graph_w', weighted => true);
SELECT * FROM kg.k_shortest_paths(1, 5, 3, 3, graph => 'graph_w', weighted => true);

-- Negative weights, and what is no number; only where the search comes by, and
-- only if they are visible
BEGIN;
UPDATE graph_w.relation SET weight = -1 WHERE id = 34;
SELECT cost FROM kg.shortest_path(1, 5, graph => 'graph_w');
SAVEPOINT s;
SELECT cost FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK TO s;
SET LOCAL kg.adjacency_reader = sql;
SELECT cost FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK TO s;
SELECT cost FROM kg.all_shortest_paths(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK TO s;
SELECT cost FROM kg.k_shortest_paths(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK TO s;
SELECT max(cost) FROM kg.shortest_path(1, 5, types => '{a}', graph => 'graph_w', weighted => true);
UPDATE graph_w.relation SET weight = 'NaN' WHERE id = 34;
SAVEPOINT s;
SELECT cost FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK TO s;
DELETE FROM graph_w.relation WHERE id = 34;
SELECT max(cost) FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
-- a weight without end is no way
UPDATE graph_w.relation SET weight = 'Infinity' WHERE id = 15;
SELECT * FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
SELECT * FROM kg.all_shortest_paths(1, 5, graph => 'graph_w', weighted => true);
SELECT * FROM kg.k_shortest_paths(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK;
-- null counts 1
BEGIN;
ALTER TABLE graph_w.relation ALTER weight DROP NOT NULL;
UPDATE graph_w.relation SET weight = NULL WHERE id IN (15, 34);
SELECT entity, relation, cost FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
SELECT nodes, cost FROM kg.k_shortest_paths(1, 4, 1, graph => 'graph_w', weighted => true, types => '{b,a}', filter => 'r.id NOT IN (12, 23)');
SET LOCAL kg.adjacency_reader = sql;
SELECT entity, relation, cost FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK;
-- Weights cost a privilege.
BEGIN;
CREATE ROLE graph_w_reader;
GRANT USAGE ON SCHEMA graph_w TO graph_w_reader;
GRANT SELECT ON graph_w.entity TO graph_w_reader;
GRANT SELECT (id, source, target, expired_at) ON graph_w.relation TO graph_w_reader;
SET LOCAL ROLE graph_w_reader;
SELECT count(*) FROM kg.shortest_path(1, 5, graph => 'graph_w');
SELECT count(*) FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
ROLLBACK;

-- Everything weighs nothing: a path all the same, and each only once.
BEGIN;
UPDATE graph_w.relation SET weight = 0;
SELECT count(*) > 1, max(cost), count(*) = count(DISTINCT entity) FROM kg.shortest_path(1, 5, graph => 'graph_w', weighted => true);
SELECT nodes, relations, cost FROM kg.all_shortest_paths(1, 5, direction => 'both', graph => 'graph_w', weighted => true) ORDER BY 1, 2;
SELECT nodes, relations, cost FROM kg.k_shortest_paths(1, 5, NULL, direction => 'both', graph => 'graph_w', weighted => true) ORDER BY 1, 2;
ROLLBACK;

--
-- A random graph
--
\i :graph
-- The shortest path: of the least cost, and one that there is
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM s.cost) || ' wrong costs, ' ||
		count(*) FILTER (WHERE NOT EXISTS (SELECT FROM simple_paths e WHERE (e.kind, e.source, e.target, e.nodes, e.relations, e.cost) =
			(f.kind, f.source, f.target, f.nodes, f.relations, f.cost))) || ' are no paths'
	FROM (SELECT k.id AS kind, a.id AS source, b.id AS target, p.* FROM path_kinds k, graph_p.entity a, graph_p.entity b,
			LATERAL (SELECT array_agg(entity ORDER BY step), coalesce(array_agg(relation ORDER BY step) FILTER (WHERE step > 0), '{}'), max(cost)
				FROM kg.shortest_path(a.id, b.id, NULL, direction, types, as_of, 'graph_p', k.properties, weighted => true)
				HAVING count(*) > 0) p(nodes, relations, cost)
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 3 = 0) f
	FULL JOIN (SELECT s.kind, source, target, min(cost) AS cost FROM simple_paths s JOIN path_kinds k ON k.id = s.kind
		WHERE :kinds AND (source + target) % 3 = 0 GROUP BY 1, 2, 3) s USING (kind, source, target)$$);
-- All shortest paths
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, a.id AS source, b.id AS target, p.* FROM path_kinds k, graph_p.entity a, graph_p.entity b,
			kg.all_shortest_paths(a.id, b.id, NULL, direction, types, as_of, NULL, 'graph_p', k.properties, NULL, true) p
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 3 = 0) f
	FULL JOIN (SELECT * FROM (SELECT s.*, rank() OVER (PARTITION BY kind, source, target ORDER BY cost) AS rank
			FROM simple_paths s JOIN path_kinds k ON k.id = s.kind
			WHERE :kinds AND (source + target) % 3 = 0) x WHERE rank = 1) s
	USING (kind, source, target, nodes, relations, length, cost)$$);
-- The k shortest
SELECT * FROM by_readers($$
	WITH found AS MATERIALIZED (
		SELECT k.id AS kind, a.id AS source, b.id AS target, n, p.*
		FROM path_kinds k, graph_p.entity a, graph_p.entity b, (VALUES (3), (20), (NULL)) n(n),
			kg.k_shortest_paths(a.id, b.id, n, NULL, direction, types, as_of, 'graph_p', k.properties, NULL, true)
				WITH ORDINALITY p(nodes, relations, length, cost, keys, rank)
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 4 = 1)
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM s.cost) || ' wrong costs, ' ||
		count(*) FILTER (WHERE NOT EXISTS (SELECT FROM simple_paths e WHERE (e.kind, e.source, e.target, e.nodes, e.relations, e.cost) =
			(f.kind, f.source, f.target, f.nodes, f.relations, f.cost))) || ' are no paths, ' ||
		count(*) - count(DISTINCT (f.kind, f.source, f.target, f.n, f.nodes, f.relations)) || ' twice'
	FROM found f FULL JOIN (
		SELECT s.*, n, row_number() OVER (PARTITION BY kind, source, target, n ORDER BY cost) AS rank
		FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, (VALUES (3), (20), (NULL)) n(n)
		WHERE :kinds AND (source + target) % 4 = 1) s
	ON (f.kind, f.source, f.target, f.rank, coalesce(f.n, 0)) = (s.kind, s.source, s.target, s.rank, coalesce(s.n, 0))
	WHERE f.rank IS NOT NULL OR s.rank <= coalesce(s.n, s.rank)$$);

-- Of at most so many relations: the shortest, all shortest, the k shortest
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM s.cost) || ' wrong costs, ' ||
		count(*) FILTER (WHERE NOT EXISTS (SELECT FROM simple_paths e WHERE (e.kind, e.source, e.target, e.nodes, e.relations, e.cost) =
			(f.kind, f.source, f.target, f.nodes, f.relations, f.cost) AND e.length <= f.n)) || ' are no paths'
	FROM (SELECT k.id AS kind, a.id AS source, b.id AS target, n, p.* FROM path_kinds k, graph_p.entity a, graph_p.entity b, generate_series(1, 4) n,
			LATERAL (SELECT array_agg(entity ORDER BY step), coalesce(array_agg(relation ORDER BY step) FILTER (WHERE step > 0), '{}'), max(cost)
				FROM kg.shortest_path(a.id, b.id, n, direction, types, as_of, 'graph_p', k.properties, weighted => true)
				HAVING count(*) > 0) p(nodes, relations, cost)
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 3 = 0) f
	FULL JOIN (SELECT s.kind, source, target, n, min(cost) AS cost FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, generate_series(1, 4) n
		WHERE :kinds AND (source + target) % 3 = 0 AND length <= n GROUP BY 1, 2, 3, 4) s USING (kind, source, target, n)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, a.id AS source, b.id AS target, n, p.* FROM path_kinds k, graph_p.entity a, graph_p.entity b, generate_series(0, 3) n,
			kg.all_shortest_paths(a.id, b.id, n, direction, types, as_of, NULL, 'graph_p', k.properties, NULL, true) p
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 3 = 0) f
	FULL JOIN (SELECT * FROM (SELECT s.*, n, rank() OVER (PARTITION BY kind, source, target, n ORDER BY cost) AS rank
			FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, generate_series(0, 3) n
			WHERE :kinds AND (source + target) % 3 = 0 AND length <= n) x WHERE rank = 1) s
	USING (kind, source, target, n, nodes, relations, length, cost)$$);
SELECT * FROM by_readers($$
	WITH found AS MATERIALIZED (
		SELECT k.id AS kind, a.id AS source, b.id AS target, n, p.*
		FROM path_kinds k, graph_p.entity a, graph_p.entity b, generate_series(1, 3) n,
			kg.k_shortest_paths(a.id, b.id, 5, n, direction, types, as_of, 'graph_p', k.properties, NULL, true)
				WITH ORDINALITY p(nodes, relations, length, cost, keys, rank)
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 4 = 1)
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM s.cost) || ' wrong costs, ' ||
		count(*) FILTER (WHERE NOT EXISTS (SELECT FROM simple_paths e WHERE (e.kind, e.source, e.target, e.nodes, e.relations, e.cost) =
			(f.kind, f.source, f.target, f.nodes, f.relations, f.cost) AND e.length <= f.n)) || ' are no paths'
	FROM found f FULL JOIN (
		SELECT s.*, n, row_number() OVER (PARTITION BY kind, source, target, n ORDER BY cost) AS rank
		FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, generate_series(1, 3) n
		WHERE :kinds AND (source + target) % 4 = 1 AND length <= n) s
	ON (f.kind, f.source, f.target, f.rank, f.n) = (s.kind, s.source, s.target, s.rank, s.n)
	WHERE f.rank IS NOT NULL OR s.rank <= 5$$);
-- From any of several to any of several
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM s.cost) || ' wrong costs, ' ||
		count(*) FILTER (WHERE NOT EXISTS (SELECT FROM simple_paths e WHERE (e.kind, e.nodes, e.relations, e.cost) = (f.kind, f.nodes, f.relations, f.cost) AND
			e.source = f.nodes[1] AND e.target = f.nodes[cardinality(f.nodes)] AND e.source % 7 = a AND e.target % 7 = b)) || ' are no paths'
	FROM (SELECT k.id AS kind, a, b, p.* FROM path_kinds k, generate_series(0, 6) a, generate_series(0, 6) b,
			LATERAL (SELECT array_agg(entity ORDER BY step), coalesce(array_agg(relation ORDER BY step) FILTER (WHERE step > 0), '{}'), max(cost)
				FROM kg.shortest_path(ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = a ORDER BY -id), ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = b),
					NULL, direction, types, as_of, 'graph_p', k.properties, weighted => true)
				HAVING count(*) > 0) p(nodes, relations, cost)
		WHERE :kinds) f
	FULL JOIN (SELECT s.kind, source % 7 AS a, target % 7 AS b, min(cost) AS cost FROM simple_paths s JOIN path_kinds k ON k.id = s.kind
		WHERE :kinds GROUP BY 1, 2, 3) s USING (kind, a, b)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, a, b, n, p.nodes, p.relations, p.length, p.cost
		FROM path_kinds k, generate_series(0, 6) a, generate_series(0, 6) b, (VALUES (2), (NULL)) n(n),
			kg.all_shortest_paths(ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = a), ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = b),
				n, direction, types, as_of, NULL, 'graph_p', k.properties, NULL, true) p
		WHERE :kinds AND a <> b) f
	FULL JOIN (SELECT kind, a, b, n, nodes, relations, length, cost FROM (SELECT s.*, source % 7 AS a, target % 7 AS b, n, rank() OVER (PARTITION BY kind, source % 7, target % 7, n ORDER BY cost) AS rank
			FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, (VALUES (2), (NULL)) n(n)
			WHERE :kinds AND length <= coalesce(n, length)) x WHERE rank = 1 AND a <> b) s
	ON (f.kind, f.a, f.b, coalesce(f.n, 0), f.nodes, f.relations, f.length, f.cost) = (s.kind, s.a, s.b, coalesce(s.n, 0), s.nodes, s.relations, s.length, s.cost)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, a, b, p.nodes, p.relations, p.length
		FROM path_kinds k, generate_series(0, 6) a, generate_series(0, 6) b,
			kg.all_shortest_paths(ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = a), ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = b),
				NULL, direction, types, as_of, NULL, 'graph_p', k.properties) p
		WHERE :kinds) f
	FULL JOIN (SELECT kind, a, b, nodes, relations, length FROM (SELECT s.*, source % 7 AS a, target % 7 AS b, rank() OVER (PARTITION BY kind, source % 7, target % 7 ORDER BY length) AS rank
			FROM simple_paths s JOIN path_kinds k ON k.id = s.kind
			WHERE :kinds) x WHERE rank = 1) s
	USING (kind, a, b, nodes, relations, length)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' pairs, ' || count(*) FILTER (WHERE f.reachable) || ' reachable, ' || count(*) FILTER (WHERE f.reachable <> (s.kind IS NOT NULL)) || ' wrong, ' ||
		count(*) FILTER (WHERE f.steps IS DISTINCT FROM s.length) || ' wrong lengths'
	FROM (SELECT k.id AS kind, a, b,
			kg.reachable(ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = a), ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = b), NULL, direction, types, as_of, 'graph_p', k.properties) AS reachable,
			(SELECT max(step) FROM kg.shortest_path(ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = a), ARRAY(SELECT id FROM graph_p.entity WHERE id % 7 = b), NULL, direction, types, as_of, 'graph_p', k.properties)) AS steps
		FROM path_kinds k, generate_series(0, 6) a, generate_series(0, 6) b
		WHERE :kinds) f
	LEFT JOIN (SELECT kind, source % 7 AS a, target % 7 AS b, min(length) AS length FROM simple_paths GROUP BY 1, 2, 3) s USING (kind, a, b)$$);

-- A larger graph, where searches end before they have seen all of it: against
-- costs found by going on until none improves
SELECT kg.create_graph('graph_l');
INSERT INTO graph_l.entity_type (name) VALUES ('node');
INSERT INTO graph_l.relation_type (name) VALUES ('edge');
INSERT INTO graph_l.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 2000) i;
INSERT INTO graph_l.relation (source, target, type, weight)
SELECT 1 + hash(i, 11, 2000), 1 + hash(i, 12, 2000), 1, hash(i, 13, 1000) / 8.0 FROM generate_series(1, 8000) i;
VACUUM ANALYZE graph_l.entity, graph_l.relation;
CREATE TABLE costs (source bigint, entity bigint, cost float8, round int, PRIMARY KEY (source, entity));
INSERT INTO costs SELECT i, i, 0, 0 FROM generate_series(1, 10) i;
DO $$
DECLARE
	n int := 0;
BEGIN
	LOOP
		INSERT INTO costs AS c
		SELECT c.source, r.target, min(c.cost + r.weight), n + 1
		FROM costs c JOIN graph_l.relation r ON r.source = c.entity WHERE c.round = n GROUP BY 1, 2
		ON CONFLICT (source, entity) DO UPDATE SET cost = excluded.cost, round = excluded.round WHERE excluded.cost < c.cost;
		EXIT WHEN NOT FOUND;
		n := n + 1;
	END LOOP;
END
$$;
SELECT * FROM by_readers($$
	SELECT count(*) || ' pairs, ' || count(f.cost) || ' paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM c.cost) || ' wrong costs, ' ||
		count(*) FILTER (WHERE f.cost <> (SELECT sum(weight::float8) FROM graph_l.relation WHERE id = ANY (relations))) || ' wrong paths'
	FROM generate_series(1, 10) a CROSS JOIN generate_series(5, 2000, 67) b LEFT JOIN LATERAL
		(SELECT max(cost), array_agg(relation) FROM kg.shortest_path(a, b, graph => 'graph_l', weighted => true)) f(cost, relations) ON true
	LEFT JOIN costs c ON (c.source, c.entity) = (a, b)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' pairs, ' || count(*) FILTER (WHERE f.paths <> 0) || ' with paths, ' || count(*) FILTER (WHERE f.cost IS DISTINCT FROM c.cost) || ' wrong costs'
	FROM generate_series(1, 10) a CROSS JOIN generate_series(5, 2000, 97) b LEFT JOIN LATERAL
		(SELECT max(cost), count(*) FROM kg.all_shortest_paths(a, b, direction => 'out', graph => 'graph_l', weighted => true)) f(cost, paths) ON true
	LEFT JOIN costs c ON (c.source, c.entity) = (a, b)$$);

DROP TABLE path_kinds, path_edges, simple_paths, costs;
DROP FUNCTION by_readers, hash;
SELECT kg.drop_graph('graph_w'), kg.drop_graph('graph_p'), kg.drop_graph('graph_l');
