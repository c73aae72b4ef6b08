--
-- kg.paths, kg.all_shortest_paths, kg.k_shortest_paths, kg.reachable, without
-- weights
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set graph :abs_srcdir '/sql/include/graph_paths.sql'

-- A graph to see with one's own eyes: a diamond 1 -> 2 -> 4, 1 -> 3 -> 4 with
-- a double relation 1 => 2, 4 -> 5 -> 1, a loop 5 -> 5, and 6 alone
SELECT kg.create_graph('graph_d');
INSERT INTO graph_d.entity_type (name) VALUES ('node');
INSERT INTO graph_d.relation_type (name) VALUES ('a'), ('b');
INSERT INTO graph_d.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 6) i;
INSERT INTO graph_d.relation (id, source, target, type) VALUES
	(12, 1, 2, 1), (13, 1, 3, 1), (24, 2, 4, 1), (34, 3, 4, 2), (45, 4, 5, 1), (51, 5, 1, 1), (55, 5, 5, 1), (120, 1, 2, 2);

SELECT * FROM kg.paths(1, 4, graph => 'graph_d');
SELECT * FROM kg.paths(1, max_depth => 2, graph => 'graph_d');
SELECT * FROM kg.paths(4, 4, 5, graph => 'graph_d');
SELECT * FROM kg.paths(4, 5, 5, graph => 'graph_d', uniqueness => 'edge');
SELECT * FROM kg.paths(5, 5, 2, 'both', graph => 'graph_d', uniqueness => 'edge');
SELECT * FROM kg.paths(3, 1, NULL, 'in', graph => 'graph_d');
SELECT * FROM kg.paths(1, 5, types => '{a}', graph => 'graph_d');
SELECT * FROM kg.all_shortest_paths(1, 5, graph => 'graph_d');
SELECT * FROM kg.all_shortest_paths(5, 2, direction => 'both', graph => 'graph_d');
SELECT * FROM kg.k_shortest_paths(1, 4, 9, graph => 'graph_d') ORDER BY length, nodes, relations;
SELECT * FROM kg.k_shortest_paths(1, 2, 9, direction => 'both', graph => 'graph_d') ORDER BY length, nodes, relations;
SELECT kg.reachable(1, 5, graph => 'graph_d') AS yes, kg.reachable(1, 6, graph => 'graph_d') AS no,
	kg.reachable(1, 5, 2, graph => 'graph_d') AS too_far, kg.reachable(1, 5, 3, graph => 'graph_d') AS near_enough,
	kg.reachable(6, 6, 0, graph => 'graph_d') AS itself, kg.reachable(9, 9, graph => 'graph_d') AS not_there;

-- Ends that are null, not there, or the same
SELECT kg.reachable(NULL, 1, graph => 'graph_d'), kg.reachable(1, NULL, graph => 'graph_d');
SELECT * FROM kg.paths(NULL, 1, graph => 'graph_d');
SELECT * FROM kg.paths(99, graph => 'graph_d');
SELECT * FROM kg.paths(1, 99, graph => 'graph_d');
SELECT * FROM kg.paths(6, graph => 'graph_d');
SELECT * FROM kg.paths(6, 1, graph => 'graph_d');
SELECT * FROM kg.paths(1, max_depth => 0, graph => 'graph_d');
SELECT * FROM kg.paths(1, 2, 0, graph => 'graph_d');
SELECT * FROM kg.all_shortest_paths(1, NULL, graph => 'graph_d');
SELECT * FROM kg.all_shortest_paths(1, 1, graph => 'graph_d');
SELECT * FROM kg.all_shortest_paths(1, 6, graph => 'graph_d');
SELECT * FROM kg.all_shortest_paths(1, 5, 2, graph => 'graph_d');
SELECT * FROM kg.k_shortest_paths(1, 1, graph => 'graph_d') ORDER BY length, nodes, relations;
SELECT * FROM kg.k_shortest_paths(99, 1, graph => 'graph_d');
SELECT * FROM kg.k_shortest_paths(1, 5, 0, graph => 'graph_d') ORDER BY length, nodes, relations;
SELECT * FROM kg.k_shortest_paths(1, 5, NULL, 2, graph => 'graph_d') ORDER BY length, nodes, relations;

-- What is cut off is said, and only then.
SET client_min_messages = notice;
SELECT count(*) FROM kg.paths(1, 4, max_paths => 3, graph => 'graph_d');
SELECT count(*) FROM kg.paths(1, 4, max_paths => 2, graph => 'graph_d');
SELECT count(*) FROM kg.paths(1, 4, max_paths => 0, graph => 'graph_d');
SELECT count(*) FROM kg.all_shortest_paths(1, 4, max_paths => 3, graph => 'graph_d');
SELECT count(*) FROM kg.all_shortest_paths(1, 4, max_paths => 1, graph => 'graph_d');
SELECT count(*) FROM kg.traverse('{1}', NULL, max_nodes => 5, graph => 'graph_d');
SELECT count(*) FROM kg.traverse('{1}', NULL, max_nodes => 4, graph => 'graph_d');
SELECT count(*) FROM kg.traverse('{1}', 2, max_nodes => 4, graph => 'graph_d');
SELECT count(*) FROM kg.traverse('{1,2}', 0, max_nodes => 1, graph => 'graph_d');
SELECT count(*) FROM kg.traverse('{1}', 0, max_nodes => 0, graph => 'graph_d');
SELECT count(*) FROM kg.neighbors(1, max_rows => 3, graph => 'graph_d');
SELECT count(*) FROM kg.neighbors(1, max_rows => 2, graph => 'graph_d');
SELECT count(*) FROM kg.neighbors(6, max_rows => 0, graph => 'graph_d');
SET client_min_messages = warning;

-- Wrong arguments
SELECT * FROM kg.paths(1, 4, -1, graph => 'graph_d');
SELECT * FROM kg.paths(1, 4, max_paths => -1, graph => 'graph_d');
SELECT * FROM kg.paths(1, 4, uniqueness => 'path', graph => 'graph_d');
SELECT * FROM kg.paths(1, 4, uniqueness => NULL, graph => 'graph_d');
SELECT * FROM kg.paths(1, 4, direction => 'up', graph => 'graph_d');
SELECT * FROM kg.paths(1, 4, graph => 'nonesuch');
SELECT * FROM kg.k_shortest_paths(1, 4, -1, graph => 'graph_d') ORDER BY length, nodes, relations;
SELECT * FROM kg.all_shortest_paths(1, 4, types => '{NULL}', graph => 'graph_d');
SELECT kg.reachable(1, 4, -2, graph => 'graph_d');
SELECT kg.reachable(1, 4, filter => 'true) OR (true', graph => 'graph_d');

-- Filters, also where several searches run
SELECT nodes FROM kg.paths(1, 4, graph => 'graph_d', filter => 'r.id <> 12');
SELECT nodes, relations FROM kg.all_shortest_paths(1, 4, graph => 'graph_d', filter => 's.id <> 3');
SELECT nodes, relations FROM kg.k_shortest_paths(1, 4, 9, graph => 'graph_d', filter => 't.id <> 3') ORDER BY length, nodes, relations;
SELECT kg.reachable(1, 4, graph => 'graph_d', filter => 't.id <> 4');

-- The transaction's own changes
BEGIN;
DELETE FROM graph_d.relation WHERE id = 24;
INSERT INTO graph_d.relation (id, source, target, type) VALUES (64, 6, 4, 1), (16, 1, 6, 1);
SELECT nodes, relations FROM kg.paths(1, 4, graph => 'graph_d');
SELECT nodes, relations FROM kg.all_shortest_paths(1, 4, graph => 'graph_d');
SELECT nodes, relations FROM kg.k_shortest_paths(1, 4, 9, graph => 'graph_d') ORDER BY length, nodes, relations;
DELETE FROM graph_d.entity WHERE id = 3;
SELECT nodes, relations FROM kg.paths(1, 4, graph => 'graph_d');
ROLLBACK;

--
-- A random graph
--
\i :graph
SELECT count(*) AS paths, max(length) AS longest FROM simple_paths;
SELECT count(*) FILTER (WHERE source = target) AS loops, count(*) - count(DISTINCT (source, target)) AS multiple FROM graph_p.relation;

-- All simple paths, from one entity to any and between each two
SELECT * FROM by_readers($$
	WITH found AS MATERIALIZED (
		SELECT k.id AS kind, e.id AS source, p.* FROM path_kinds k, graph_p.entity e,
			kg.paths(e.id, NULL, NULL, direction, types, as_of, max_paths => NULL, graph => 'graph_p', properties => k.properties) p
		WHERE :kinds)
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM found f FULL JOIN (SELECT s.* FROM simple_paths s JOIN path_kinds k ON k.id = s.kind WHERE :kinds) s
	ON (f.kind, f.source, f.nodes, f.relations, f.length) = (s.kind, s.source, s.nodes, s.relations, s.length)$$);
SELECT * FROM by_readers($$
	WITH found AS MATERIALIZED (
		SELECT k.id AS kind, a.id AS source, b.id AS target, d, p.*
		FROM path_kinds k, graph_p.entity a, graph_p.entity b, (VALUES (0), (1), (2), (4), (NULL)) d(d),
			kg.paths(a.id, b.id, d, direction, types, as_of, max_paths => NULL, graph => 'graph_p', properties => k.properties) p
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND b.id % 3 = 1)
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM found f FULL JOIN (
		SELECT s.*, d FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, (VALUES (0), (1), (2), (4), (NULL)) d(d)
		WHERE :kinds AND target % 3 = 1 AND length <= coalesce(d, 99)) s
	ON (f.kind, f.source, f.target, f.nodes, f.relations, coalesce(f.d, 99)) = (s.kind, s.source, s.target, s.nodes, s.relations, coalesce(s.d, 99))$$);

-- In order of entities, then relations, step by step
SELECT count(*), count(*) FILTER (WHERE steps < before) AS disorder
FROM (SELECT steps, lag(steps) OVER (PARTITION BY source ORDER BY n) AS before
	FROM (SELECT e.id AS source, p.n, (SELECT array_agg(x ORDER BY i, part) FROM (
			SELECT i, 1 AS part, node AS x FROM unnest(nodes) WITH ORDINALITY u(node, i)
			UNION ALL SELECT i + 1, 2, relation FROM unnest(relations) WITH ORDINALITY u(relation, i)) x) AS steps
		FROM graph_p.entity e, kg.paths(e.id, max_depth => 3, graph => 'graph_p', max_paths => NULL)
			WITH ORDINALITY p(nodes, relations, length, keys, n)) x) y;

-- No relation twice
CREATE TABLE trails AS
WITH RECURSIVE p AS (
	SELECT k.id AS kind, e.id AS source, ARRAY[e.id] AS nodes, '{}'::bigint[] AS relations
	FROM path_kinds k, graph_p.entity e WHERE e.id <= 28
	UNION ALL
	SELECT p.kind, p.source, p.nodes || e.far, p.relations || e.relation
	FROM p JOIN (SELECT DISTINCT * FROM path_edges) e ON (e.kind, e.near) = (p.kind, p.nodes[cardinality(p.nodes)])
	WHERE e.relation <> ALL (p.relations) AND cardinality(p.relations) < 4
)
SELECT * FROM p;
SELECT * FROM by_readers($$
	SELECT count(*) || ' trails, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, e.id AS source, p.* FROM path_kinds k, graph_p.entity e,
			kg.paths(e.id, NULL, 4, direction, types, as_of, 'edge', NULL, 'graph_p', properties => k.properties) p
		WHERE :kinds AND e.id <= 28) f
	FULL JOIN (SELECT s.* FROM trails s JOIN path_kinds k ON k.id = s.kind WHERE :kinds) s USING (kind, source, nodes, relations)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' trails, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, e.id AS source, p.* FROM path_kinds k, graph_p.entity e,
			kg.paths(e.id, e.id, 4, direction, types, as_of, 'edge', NULL, 'graph_p', properties => k.properties) p
		WHERE :kinds AND e.id <= 28) f
	FULL JOIN (SELECT s.* FROM trails s JOIN path_kinds k ON k.id = s.kind
		WHERE :kinds AND nodes[1] = nodes[cardinality(nodes)]) s USING (kind, source, nodes, relations)$$);

-- All shortest paths, of any length and of at most three relations
SELECT * FROM by_readers($$
	WITH found AS MATERIALIZED (
		SELECT k.id AS kind, a.id AS source, b.id AS target, d, p.*
		FROM path_kinds k, graph_p.entity a, graph_p.entity b, (VALUES (3), (NULL)) d(d),
			kg.all_shortest_paths(a.id, b.id, d, direction, types, as_of, NULL, 'graph_p', k.properties) p
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 3 = 0)
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL OR f.cost <> f.length) || ' wrong'
	FROM found f FULL JOIN (
		SELECT * FROM (SELECT s.*, d, rank() OVER (PARTITION BY kind, source, target, d ORDER BY length) AS rank
			FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, (VALUES (3), (NULL)) d(d)
			WHERE :kinds AND length <= coalesce(d, 99) AND (source + target) % 3 = 0) x WHERE rank = 1) s
	ON (f.kind, f.source, f.target, f.nodes, f.relations, coalesce(f.d, 99)) = (s.kind, s.source, s.target, s.nodes, s.relations, coalesce(s.d, 99))$$);

-- k shortest paths: as long as the k shortest of all, the shortest first, all
-- different; without a limit, all
SELECT * FROM by_readers($$
	WITH found AS MATERIALIZED (
		SELECT k.id AS kind, a.id AS source, b.id AS target, n, p.*
		FROM path_kinds k, graph_p.entity a, graph_p.entity b, (VALUES (1), (4), (20), (NULL)) n(n),
			kg.k_shortest_paths(a.id, b.id, n, NULL, direction, types, as_of, 'graph_p', k.properties)
				WITH ORDINALITY p(nodes, relations, length, cost, keys, rank)
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 4 = 0)
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.length IS DISTINCT FROM s.length) || ' wrong lengths, ' ||
		count(*) FILTER (WHERE NOT EXISTS (SELECT FROM simple_paths e WHERE (e.kind, e.source, e.target, e.nodes, e.relations) =
			(f.kind, f.source, f.target, f.nodes, f.relations))) || ' are no paths, ' ||
		count(*) - count(DISTINCT (f.kind, f.source, f.target, f.n, f.nodes, f.relations)) || ' twice'
	FROM found f FULL JOIN (
		SELECT s.*, n, row_number() OVER (PARTITION BY kind, source, target, n ORDER BY length) AS rank
		FROM simple_paths s JOIN path_kinds k ON k.id = s.kind, (VALUES (1), (4), (20), (NULL)) n(n)
		WHERE :kinds AND (source + target) % 4 = 0) s
	ON (f.kind, f.source, f.target, f.rank, coalesce(f.n, 0)) = (s.kind, s.source, s.target, s.rank, coalesce(s.n, 0))
	WHERE f.rank IS NOT NULL OR s.rank <= coalesce(s.n, s.rank)$$);
-- ... of at most three relations
SELECT * FROM by_readers($$
	SELECT count(*) || ' paths, ' || count(*) FILTER (WHERE f.nodes IS NULL OR s.nodes IS NULL) || ' wrong'
	FROM (SELECT k.id AS kind, a.id AS source, b.id AS target, p.* FROM path_kinds k, graph_p.entity a, graph_p.entity b,
			kg.k_shortest_paths(a.id, b.id, NULL, 3, direction, types, as_of, 'graph_p', k.properties) p
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 4 = 0) f
	FULL JOIN (SELECT s.* FROM simple_paths s JOIN path_kinds k ON k.id = s.kind
		WHERE :kinds AND length <= 3 AND (source + target) % 4 = 0) s USING (kind, source, target, nodes, relations)$$);

-- reachable, by any number of relations and by two
SELECT * FROM by_readers($$
	SELECT count(*) || ' pairs, ' || count(*) FILTER (WHERE reachable) || ' reachable, ' ||
		count(*) FILTER (WHERE reachable <> EXISTS (SELECT FROM simple_paths s
			WHERE (s.kind, s.source, s.target) = (x.kind, x.source, x.target) AND s.length <= coalesce(d, 99))) || ' wrong'
	FROM (SELECT k.id AS kind, a.id AS source, b.id AS target, d,
			kg.reachable(a.id, b.id, d, direction, types, as_of, 'graph_p', k.properties) AS reachable
		FROM path_kinds k, graph_p.entity a, graph_p.entity b, (VALUES (0), (2), (NULL)) d(d)
		WHERE :kinds AND (a.id - 1) / 7 = (b.id - 1) / 7 AND (a.id + b.id) % 3 = 0) x$$);

DROP TABLE path_kinds, path_edges, simple_paths, trails;
DROP FUNCTION by_readers, hash;
SELECT kg.drop_graph('graph_d'), kg.drop_graph('graph_p');
