--
-- kg.traverse and kg.neighbors
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- A small graph to see with one's own eyes:
--	1 -> 2 -> 4 -> 1 (cycle), 1 -> 3 -> 4 (diamond), 4 -> 5, 5 -> 5 (loop),
--	1 => 2 (twice), 6 -> 1, 7 alone
SELECT kg.create_graph('graph_small');
INSERT INTO graph_small.entity_type (name) VALUES ('node');
INSERT INTO graph_small.relation_type (name) VALUES ('a'), ('b');
INSERT INTO graph_small.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 7) i;
INSERT INTO graph_small.relation (id, source, target, type, weight, valid_from, valid_to)
VALUES (10, 1, 2, 1, 0.5, NULL, NULL),
	(11, 1, 2, 2, 2, NULL, NULL),
	(12, 1, 3, 2, 1, '2020-01-01 UTC', '2021-01-01 UTC'),
	(13, 2, 4, 1, 1, '2020-06-01 UTC', NULL),
	(14, 3, 4, 1, 1, NULL, '2020-06-01 UTC'),
	(15, 4, 1, 1, 1, NULL, NULL),
	(16, 4, 5, 2, 1, NULL, NULL),
	(17, 5, 5, 1, 1, NULL, NULL),
	(18, 6, 1, 1, 1, NULL, NULL);
VACUUM ANALYZE graph_small.entity, graph_small.relation;

CREATE FUNCTION both_readers(query text) RETURNS TABLE (reader text, result text)
LANGUAGE plpgsql AS $$
BEGIN
	FOREACH reader IN ARRAY '{leaf,index,sql}'::text[] LOOP
		PERFORM set_config('kg.adjacency_reader', reader, false);
		EXECUTE query INTO result;
		RETURN NEXT;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', false);
END
$$;
-- entity@depth in order, of a call of kg.traverse on graph_small
CREATE FUNCTION small(arguments text) RETURNS TABLE (reader text, result text)
LANGUAGE sql AS $$
	SELECT * FROM both_readers(format(
		'SELECT string_agg(entity || ''@'' || depth, '' '' ORDER BY depth, entity)
		 FROM kg.traverse(%s, graph => ''graph_small'')', arguments))
$$;

SELECT * FROM kg.traverse('{1}', 1, graph => 'graph_small') ORDER BY depth, entity;
SELECT * FROM small($$'{1}'$$);
SELECT * FROM small($$'{1}', 0$$);
SELECT * FROM small($$'{1}', 1$$);
SELECT * FROM small($$'{1}', 2$$);
SELECT * FROM small($$'{1}', NULL$$);
SELECT * FROM small($$'{1}', 1, 'in'$$);
SELECT * FROM small($$'{5}', 2, 'in'$$);
SELECT * FROM small($$'{5}', 2, 'both'$$);
SELECT * FROM small($$'{5}', 2, 'out'$$);		-- its loop leads nowhere
SELECT * FROM small($$'{7}', NULL, 'both'$$);
SELECT * FROM small($$'{1,5}', 1$$);
SELECT * FROM small($$'{{1,5},{1,1}}', 0$$);	-- each once
SELECT * FROM small($$'{1,99}', 0$$);			-- what is not there is not returned
SELECT * FROM small($$'{99}'$$);
SELECT * FROM small($$'{}'$$);
SELECT * FROM small($$NULL$$);
-- types
SELECT * FROM small($$'{1}', types => '{a}'$$);
SELECT * FROM small($$'{1}', types => '{b}'$$);
SELECT * FROM small($$'{1}', types => '{b,a,b}'$$);
SELECT * FROM small($$'{1}', types => '{a,nonesuch}'$$);
SELECT * FROM small($$'{1}', types => '{nonesuch}'$$);
SELECT * FROM small($$'{1}', types => '{}'$$);
-- validity: from is inclusive, to is not
SELECT * FROM small($$'{1}', as_of => '2019-12-31 23:59:59 UTC'$$);
SELECT * FROM small($$'{1}', 1, as_of => '2020-01-01 UTC'$$);
SELECT * FROM small($$'{1}', as_of => '2020-03-01 UTC'$$);
SELECT * FROM small($$'{1}', as_of => '2020-06-01 UTC'$$);
SELECT * FROM small($$'{1}', 1, as_of => '2021-01-01 UTC'$$);
SELECT * FROM small($$'{3}', 1, as_of => '2020-05-31 23:59:59 UTC'$$);
SELECT * FROM small($$'{3}', 1, as_of => 'infinity'$$);
SELECT * FROM small($$'{4}', 1, 'in', as_of => '-infinity'$$);
-- max_nodes: that many rows, nearest first
SELECT n, r.* FROM generate_series(0, 7) n, both_readers(format(
	'SELECT string_agg(depth::text, '' '' ORDER BY depth) || '' of '' || count(DISTINCT entity)
	 FROM kg.traverse(''{6}'', NULL, max_nodes => %s, graph => ''graph_small'')', n)) r;

-- neighbors: one row for each relation, in each direction it is seen from
SELECT * FROM kg.neighbors(1, graph => 'graph_small') ORDER BY relation;
SELECT * FROM kg.neighbors(1, 'in', graph => 'graph_small') ORDER BY relation;
SELECT * FROM kg.neighbors(5, 'both', graph => 'graph_small') ORDER BY relation, outgoing;
SET kg.adjacency_reader = sql;
SELECT * FROM kg.neighbors(1, graph => 'graph_small') ORDER BY relation;
SELECT * FROM kg.neighbors(1, 'in', graph => 'graph_small') ORDER BY relation;
SELECT * FROM kg.neighbors(5, 'both', graph => 'graph_small') ORDER BY relation, outgoing;
RESET kg.adjacency_reader;
SELECT * FROM both_readers($$SELECT array_agg(relation ORDER BY relation) FROM kg.neighbors(1, types => '{b}', graph => 'graph_small')$$);
SELECT * FROM both_readers($$SELECT array_agg(relation ORDER BY relation) FROM kg.neighbors(1, 'both', '{a}', graph => 'graph_small')$$);
SELECT * FROM both_readers($$SELECT array_agg(relation ORDER BY relation) FROM kg.neighbors(1, as_of => '2022-01-01', graph => 'graph_small')$$);
SELECT * FROM both_readers($$SELECT count(*) FROM kg.neighbors(1, 'both', max_rows => 2, graph => 'graph_small')$$);
SELECT * FROM both_readers($$SELECT count(*) FROM kg.neighbors(1, max_rows => 0, graph => 'graph_small')$$);
SELECT * FROM both_readers($$SELECT count(*) FROM kg.neighbors(99, 'both', graph => 'graph_small')$$);
SELECT * FROM both_readers($$SELECT count(*) FROM kg.neighbors(NULL, graph => 'graph_small')$$);

-- Wrong arguments
SELECT * FROM kg.traverse('{1,NULL}', graph => 'graph_small');
SELECT * FROM kg.traverse('{1}', -1, graph => 'graph_small');
SELECT * FROM kg.traverse('{1}', max_nodes => -1, graph => 'graph_small');
SELECT * FROM kg.traverse('{1}', direction => 'up', graph => 'graph_small');
SELECT * FROM kg.traverse('{1}', direction => NULL, graph => 'graph_small');
SELECT * FROM kg.traverse('{1}', types => '{a,NULL}', graph => 'graph_small');
SELECT * FROM kg.traverse('{1}', graph => 'nonesuch');
SELECT * FROM kg.traverse('{}', graph => 'nonesuch');
SELECT * FROM kg.traverse('{1}', graph => NULL);
SELECT * FROM kg.neighbors(1, 'sideways', graph => 'graph_small');
SELECT * FROM kg.neighbors(1, max_rows => -2, graph => 'graph_small');
SELECT kg.traverse('{1}', graph => 'graph_small') IS NULL LIMIT 1;	-- not only in FROM
SET kg.adjacency_reader = fast;

-- Ids at the ends of their range
INSERT INTO graph_small.entity (id, type, name)
VALUES (-1, 1, 'minus'), (-9223372036854775808, 1, 'least'), (9223372036854775807, 1, 'greatest'), (0, 1, 'zero'), (63, 1, ''), (64, 1, '');
INSERT INTO graph_small.relation (source, target, type)
VALUES (0, -1, 1), (0, -9223372036854775808, 1), (-9223372036854775808, 9223372036854775807, 1), (9223372036854775807, 63, 1), (63, 64, 1);
SELECT * FROM small($$'{0}', NULL$$);
DELETE FROM graph_small.entity WHERE id < 1 OR id > 7;

-- What the transaction itself does is seen, what it took back is not; pages
-- are no longer all-visible now.
BEGIN;
INSERT INTO graph_small.relation (id, source, target, type) VALUES (20, 5, 7, 1);
SELECT * FROM small($$'{4}'$$);
SAVEPOINT s;
DELETE FROM graph_small.relation WHERE source = 4 AND target = 5;
SELECT * FROM small($$'{4}'$$);
UPDATE graph_small.relation SET target = 7 WHERE id = 15;
SELECT * FROM small($$'{4}'$$);
DELETE FROM graph_small.entity WHERE id = 2;
SELECT * FROM small($$'{4,2}', 9, 'both'$$);
ROLLBACK TO s;
SELECT * FROM small($$'{4}'$$);
ROLLBACK;
SELECT * FROM small($$'{4}'$$);
-- A query that changes the graph and traverses it sees the state before it.
WITH gone AS (DELETE FROM graph_small.relation WHERE id = 16 RETURNING id)
SELECT (SELECT count(*) FROM gone), t.* FROM small($$'{4}', 1$$) t;
SELECT * FROM small($$'{4}', 1$$);
-- In a volatile function each query has its own snapshot.
CREATE FUNCTION grow() RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT count(*) FROM kg.traverse('{4}', 1, graph => 'graph_small');
	INSERT INTO graph_small.relation (source, target, type) VALUES (4, 5, 2);
	RETURN QUERY SELECT count(*) FROM kg.traverse('{4}', 1, graph => 'graph_small');
END
$$;
SELECT * FROM grow();

-- Dead index entries and updates in place (HOT) do not confuse.
UPDATE graph_small.relation SET properties = '{"n": 1}' WHERE id BETWEEN 10 AND 15;
UPDATE graph_small.relation SET properties = '{"n": 2}' WHERE id BETWEEN 10 AND 15;
UPDATE graph_small.relation SET weight = 7 WHERE id = 10;
SELECT * FROM small($$'{1}', NULL$$);
SELECT * FROM kg.neighbors(1, types => '{a}', graph => 'graph_small');
VACUUM graph_small.relation;
SELECT * FROM small($$'{1}', NULL$$);

--
-- A random graph against recursive queries: 300 entities, 700 relations of
-- six types, many of limited validity; loops, cycles, multiple relations.
--
SELECT kg.create_graph('graph_random');
INSERT INTO graph_random.entity_type (name) VALUES ('node');
INSERT INTO graph_random.relation_type (name) SELECT 't' || i FROM generate_series(1, 6) i;
INSERT INTO graph_random.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 300) i;
CREATE FUNCTION hash(i bigint, seed bigint, n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	'SELECT ((hashint8extended(i, seed) % n) + n) % n';
INSERT INTO graph_random.relation (source, target, type, valid_from, valid_to)
SELECT 1 + hash(i, 1, 250), 1 + hash(i, 2, 280), 1 + hash(i, 3, 6),
	CASE WHEN hash(i, 4, 3) = 0 THEN '2020-01-01 UTC'::timestamptz + hash(i, 5, 300) * interval '1 day' END,
	CASE WHEN hash(i, 6, 3) = 0 THEN '2021-01-01 UTC'::timestamptz + hash(i, 7, 300) * interval '1 day' END
FROM generate_series(1, 700) i;
SELECT count(*) FILTER (WHERE source = target) AS loops, count(*) - count(DISTINCT (source, target)) AS multiple
FROM graph_random.relation;

-- The relations that a search may use, as seen from either end.
CREATE FUNCTION edges(direction text, types text[], as_of timestamptz)
RETURNS TABLE (near bigint, far bigint, relation bigint) LANGUAGE sql STABLE AS $$
	SELECT CASE side WHEN 'out' THEN r.source ELSE r.target END,
		CASE side WHEN 'out' THEN r.target ELSE r.source END, r.id
	FROM graph_random.relation r, unnest('{out,in}'::text[]) side
	WHERE direction IN (side, 'both') AND
		(types IS NULL OR r.type IN (SELECT id FROM graph_random.relation_type WHERE name = ANY (types))) AND
		(as_of IS NULL OR tstzrange(r.valid_from, r.valid_to) @> as_of)
$$;
CREATE FUNCTION expected(start bigint[], max_depth int, direction text, types text[], as_of timestamptz)
RETURNS TABLE (entity bigint, depth int) LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY
	WITH RECURSIVE e AS MATERIALIZED (
		SELECT DISTINCT near, far FROM edges(direction, types, as_of)
	), t(entity, depth) AS (
		SELECT DISTINCT s, 0 FROM unnest(start) s WHERE s IN (SELECT id FROM graph_random.entity)
		UNION
		SELECT e.far, t.depth + 1 FROM t JOIN e ON e.near = t.entity WHERE t.depth < coalesce(max_depth, 60)
	)
	SELECT t.entity, min(t.depth) FROM t GROUP BY t.entity;
END
$$;
CREATE TABLE graph_cases AS
SELECT row_number() OVER () AS id, s.start, d.max_depth, direction, y.types, a.as_of,
	dense_rank() OVER (ORDER BY direction, y.types, a.as_of) AS kind
FROM (VALUES ('{1}'::bigint[]), ('{5,17,260,5,777}')) s(start),
	(VALUES (0), (1), (2), (3), (NULL)) d(max_depth),
	unnest('{out,in,both}'::text[]) direction,
	(VALUES (NULL::text[]), ('{t1}'), ('{t2,t5,x}'), ('{t1,t2,t3,t4,t5}')) y(types),
	(VALUES (NULL::timestamptz), ('2020-04-01 UTC'), ('2021-06-01 UTC')) a(as_of);
CREATE TABLE graph_expected AS
SELECT c.id, e.* FROM graph_cases c, expected(c.start, c.max_depth, c.direction, c.types, c.as_of) e;
CREATE INDEX ON graph_expected (id);
CREATE TABLE graph_edges AS
SELECT c.kind, e.* FROM (SELECT DISTINCT ON (kind) * FROM graph_cases) c, edges(c.direction, c.types, c.as_of) e;
CREATE INDEX ON graph_edges (kind, near, far);
ANALYZE graph_expected, graph_edges;

CREATE FUNCTION check_traverse(reader text) RETURNS TABLE (cases bigint, nodes bigint, wrong_sets bigint, wrong_parents bigint)
LANGUAGE plpgsql AS $$
DECLARE
	c graph_cases;
BEGIN
	PERFORM set_config('kg.adjacency_reader', reader, true);
	cases := 0; nodes := 0; wrong_sets := 0; wrong_parents := 0;
	FOR c IN SELECT * FROM graph_cases ORDER BY id LOOP
		CREATE TEMP TABLE found AS
			SELECT * FROM kg.traverse(c.start, c.max_depth, c.direction, c.types, c.as_of, graph => 'graph_random');
		cases := cases + 1;
		nodes := nodes + (SELECT count(*) FROM found);
		wrong_sets := wrong_sets + (
			SELECT count(*) FROM (
				(SELECT entity, depth FROM found EXCEPT ALL
				 SELECT entity, depth FROM graph_expected WHERE id = c.id)
				UNION ALL
				(SELECT entity, depth FROM graph_expected WHERE id = c.id
				 EXCEPT ALL SELECT entity, depth FROM found)) x);
		wrong_parents := wrong_parents + (
			SELECT count(*) FROM found f
			WHERE CASE WHEN f.depth = 0 THEN f.parent IS NOT NULL OR f.relation IS NOT NULL
				ELSE NOT EXISTS (
					SELECT FROM graph_edges e
					JOIN found p ON p.entity = e.near AND p.depth = f.depth - 1
					WHERE e.kind = c.kind AND e.near = f.parent AND e.far = f.entity AND e.relation = f.relation)
				END);
		DROP TABLE found;
	END LOOP;
	RETURN NEXT;
END
$$;
SELECT * FROM check_traverse('leaf');
SELECT * FROM check_traverse('index');
SELECT * FROM check_traverse('sql');
-- The same with all pages all-visible, and without statistics that fit.
VACUUM ANALYZE graph_random.entity, graph_random.relation;
SELECT * FROM check_traverse('leaf');
SELECT * FROM check_traverse('index');

-- neighbors, for each entity and kind of search
SELECT reader, result FROM both_readers($$
	SELECT count(*) || ' rows, ' || count(*) FILTER (WHERE e.relation IS NULL OR n.relation IS NULL) || ' wrong'
	FROM (SELECT c.id, s.id AS entity, n.* FROM graph_cases c, generate_series(1, 300, 7) s(id),
			kg.neighbors(s.id, c.direction, c.types, c.as_of, graph => 'graph_random') n
		  WHERE c.start = '{1}' AND c.max_depth = 0) n
	FULL JOIN (SELECT c.id, e.* FROM graph_cases c, edges(c.direction, c.types, c.as_of) e
		  WHERE c.start = '{1}' AND c.max_depth = 0 AND e.near % 7 = 1) e
	ON n.id = e.id AND n.relation = e.relation AND n.entity = e.near AND n.neighbor = e.far$$);
-- ... with the type and the weight of the relation
SELECT reader, result FROM both_readers($$
	SELECT count(*) || ' rows, ' ||
		count(*) FILTER (WHERE (n.type, n.weight) IS DISTINCT FROM (r.type, r.weight) OR
						 CASE WHEN outgoing THEN (s.id, n.neighbor) ELSE (n.neighbor, s.id) END
							IS DISTINCT FROM (r.source, r.target)) || ' wrong'
	FROM generate_series(1::bigint, 300) s(id), kg.neighbors(s.id, 'both', graph => 'graph_random') n
	LEFT JOIN graph_random.relation r ON r.id = n.relation$$);

-- max_nodes: nearest first, all depths but the last complete
SELECT reader, result FROM both_readers($$
	WITH t AS (
		SELECT n, f.* FROM generate_series(1, 300, 13) n,
			kg.traverse('{5,17}', NULL, 'both', max_nodes => n, graph => 'graph_random') f
	), e AS MATERIALIZED (SELECT * FROM expected('{5,17}', NULL, 'both', NULL, NULL))
	SELECT count(*) FILTER (WHERE c <> least(n, (SELECT count(*) FROM e))) || ' wrong counts, ' ||
		count(*) FILTER (WHERE EXISTS (SELECT FROM e WHERE e.depth < deepest AND e.entity <> ALL (entities))) || ' not nearest, ' ||
		sum(wrong) || ' wrong depths'
	FROM (SELECT n, count(DISTINCT entity) AS c, max(t.depth) AS deepest, array_agg(entity) AS entities,
			count(*) FILTER (WHERE NOT EXISTS (SELECT FROM e WHERE (e.entity, e.depth) = (t.entity, t.depth))) AS wrong
		  FROM t GROUP BY n) x$$);

-- Lateral calls, and more than one search at once
SELECT count(*), count(DISTINCT (e.id, t.entity)) FROM graph_random.entity e,
	LATERAL kg.traverse(ARRAY[e.id], 2, graph => 'graph_random') t
WHERE e.id <= 20;
SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', graph => 'graph_random') a
JOIN kg.traverse('{5}', NULL, 'both', graph => 'graph_random') b USING (entity)
JOIN kg.traverse('{1}', graph => 'graph_small') c USING (entity);
BEGIN;
DECLARE cur SCROLL CURSOR FOR SELECT entity FROM kg.traverse('{1}', 1, graph => 'graph_small') ORDER BY entity;
FETCH 1 FROM cur;
DELETE FROM graph_small.relation;
FETCH ALL FROM cur;
FETCH BACKWARD 1 FROM cur;
ROLLBACK;

-- kg.neighborhood: the same entities as an array, nearest first
SELECT * FROM both_readers($$SELECT (kg.neighborhood('{1}', 1, graph => 'graph_small'))[1]::text$$);
SELECT * FROM both_readers($$SELECT array_agg(n ORDER BY n)::text
	FROM unnest(kg.neighborhood('{1,6,99}', 2, graph => 'graph_small')) n$$);
SELECT kg.neighborhood(NULL, graph => 'graph_small'), kg.neighborhood('{99}', graph => 'graph_small'),
	kg.neighborhood('{7,6}', 0, graph => 'graph_small'), pg_typeof(kg.neighborhood('{7}', graph => 'graph_small'));
SET client_min_messages = notice;
SELECT cardinality(kg.neighborhood('{1}', max_nodes => 3, graph => 'graph_small'));
SET client_min_messages = warning;
SELECT count(*) AS calls, count(*) FILTER (WHERE n IS DISTINCT FROM t) AS other FROM generate_series(1, 40) s,
	unnest('{out,in,both}'::text[]) d, unnest('{1,3,NULL}'::int[]) depth,
	LATERAL (SELECT array_agg(x ORDER BY x) FROM unnest(kg.neighborhood(ARRAY[s, s + 7], depth, d, '{t1,t2}',
		graph => 'graph_random')) x) a(n),
	LATERAL (SELECT array_agg(entity ORDER BY entity) FROM kg.traverse(ARRAY[s, s + 7], depth, d, '{t1,t2}',
		graph => 'graph_random')) b(t);

-- Prepared statements, with plans that fit all arguments
PREPARE t(bigint[], int, text[]) AS SELECT count(*) FROM kg.traverse($1, $2, types => $3, graph => 'graph_random');
SET plan_cache_mode = force_generic_plan;
EXECUTE t('{1}', 2, NULL);
EXECUTE t('{5,17}', 1, '{t1,t2}');
EXECUTE t('{1}', 2, NULL);
RESET plan_cache_mode;
DEALLOCATE t;

-- In parallel workers
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
CREATE FUNCTION reach(bigint) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
	$$SELECT count(*) FROM kg.traverse(ARRAY[$1], 3, types => '{t1,t2}', graph => 'graph_random')$$;
EXPLAIN (COSTS OFF) SELECT sum(reach(id)) FROM graph_random.entity;
SELECT sum(reach(id)) FROM graph_random.entity;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT sum(reach(id)) FROM graph_random.entity;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL kg.adjacency_reader = sql;
SELECT sum(reach(id)) FROM graph_random.entity;
ROLLBACK;

DROP TABLE graph_cases, graph_expected, graph_edges;
DROP FUNCTION check_traverse, expected, edges, hash, grow, small, both_readers;
SELECT kg.drop_graph('graph_small'), kg.drop_graph('graph_random');
