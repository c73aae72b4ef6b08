--
-- kg.shortest_path
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

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

-- A ring 1 -> 2 -> ... -> 10 -> 1 with a shortcut 3 -> 8 of another type that
-- ended in 2020, a double relation, a loop, and 11 apart
SELECT kg.create_graph('graph_ring');
INSERT INTO graph_ring.entity_type (name) VALUES ('node');
INSERT INTO graph_ring.relation_type (name) VALUES ('next'), ('shortcut');
INSERT INTO graph_ring.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 11) i;
INSERT INTO graph_ring.relation (source, target, type) SELECT i, i % 10 + 1, 1 FROM generate_series(1, 10) i;
INSERT INTO graph_ring.relation (id, source, target, type, valid_to)
VALUES (20, 3, 8, 2, '2020-01-01'), (21, 5, 6, 1, NULL), (22, 4, 4, 1, NULL);

SELECT * FROM kg.shortest_path(1, 5, graph => 'graph_ring');
SELECT * FROM kg.shortest_path(1, 9, graph => 'graph_ring');
CREATE FUNCTION ring(arguments text) RETURNS TABLE (reader text, result text)
LANGUAGE sql AS $$
	SELECT * FROM both_readers(format(
		'SELECT string_agg(entity::text, '' '' ORDER BY step) FROM kg.shortest_path(%s, graph => ''graph_ring'')',
		arguments))
$$;
SELECT * FROM ring('1, 9');
SELECT * FROM ring($$1, 9, types => '{next}'$$);
SELECT * FROM ring($$1, 9, types => '{shortcut}'$$);
SELECT * FROM ring($$3, 8, types => '{shortcut,next}'$$);
SELECT * FROM ring($$1, 9, types => '{}'$$);
SELECT * FROM ring($$1, 9, as_of => '2024-01-01'$$);
SELECT * FROM ring($$1, 9, as_of => '2019-01-01'$$);
SELECT * FROM ring($$1, 9, direction => 'in'$$);
SELECT * FROM ring($$1, 9, direction => 'both'$$);
SELECT * FROM ring($$9, 1, direction => 'in', types => '{next}'$$);
SELECT * FROM ring('1, 9, 3');		-- too far
SELECT * FROM ring('1, 9, 4');
SELECT * FROM ring('1, 2, 0');
SELECT * FROM ring('1, 1, 0');		-- one row
SELECT * FROM ring('4, 4');			-- not its loop
SELECT * FROM ring('1, 11');		-- there is none
SELECT * FROM ring($$11, 1, direction => 'both'$$);
SELECT * FROM ring('1, 99');
SELECT * FROM ring('99, 1');
SELECT * FROM ring('99, 99');
SELECT * FROM ring('NULL, 1');
SELECT * FROM ring('1, NULL');
SELECT * FROM kg.shortest_path(1, 1, graph => 'graph_ring');
SELECT * FROM kg.shortest_path(1, 9, -1, graph => 'graph_ring');
SELECT * FROM kg.shortest_path(1, 9, direction => 'forth', graph => 'graph_ring');
SELECT * FROM kg.shortest_path(1, 9, graph => 'nonesuch');
SELECT * FROM kg.shortest_path(1, 9, types => ARRAY[NULL], graph => 'graph_ring');

-- The transaction's own changes
BEGIN;
DELETE FROM graph_ring.relation WHERE id = 20;
SELECT * FROM ring('1, 9');
INSERT INTO graph_ring.relation (source, target, type) VALUES (1, 9, 1);
SELECT * FROM ring('1, 9');
DELETE FROM graph_ring.entity WHERE id = 9;
SELECT * FROM ring('1, 9');
SELECT * FROM ring('1, 10');
SELECT * FROM ring($$1, 8, direction => 'in'$$);
ROLLBACK;

--
-- A random graph: lengths against kg.traverse, which has its own tests, and
-- each path step by step against the table.
--
SELECT kg.create_graph('graph_random');
INSERT INTO graph_random.entity_type (name) VALUES ('node');
INSERT INTO graph_random.relation_type (name) SELECT 't' || i FROM generate_series(1, 3) i;
INSERT INTO graph_random.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 400) i;
CREATE FUNCTION hash(i bigint, seed bigint, n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	'SELECT ((hashint8extended(i, seed) % n) + n) % n';
INSERT INTO graph_random.relation (source, target, type, valid_from)
SELECT 1 + hash(i, 1, 400), 1 + hash(i, 2, 400), 1 + hash(i, 3, 3),
	CASE WHEN hash(i, 4, 4) = 0 THEN '2020-01-01 UTC'::timestamptz END
FROM generate_series(1, 900) i;

CREATE TABLE path_cases AS
SELECT row_number() OVER () AS id, 1 + hash(i, 11, 400) AS source, 1 + hash(i, 12, 400) AS target,
	CASE WHEN hash(i, 13, 3) = 0 THEN hash(i, 14, 9)::int END AS max_depth,
	('{out,in,both}'::text[])[1 + hash(i, 15, 3)] AS direction,
	CASE WHEN hash(i, 16, 3) = 0 THEN '{t1,t3}'::text[] END AS types,
	CASE WHEN hash(i, 17, 3) = 0 THEN '2019-01-01'::timestamptz END AS as_of
FROM generate_series(1, 600) i;

CREATE FUNCTION check_path() RETURNS TABLE (paths bigint, longest int, wrong_lengths bigint, wrong_steps bigint)
LANGUAGE sql AS $$
	WITH found AS MATERIALIZED (
		SELECT c.id, p.*, lag(p.entity) OVER (PARTITION BY c.id ORDER BY step) AS before
		FROM path_cases c, kg.shortest_path(source, target, max_depth, direction, types, as_of, 'graph_random') p
	), lengths AS (
		SELECT id, max(step) AS length, count(*) AS rows FROM found GROUP BY id
	), expected AS (
		SELECT c.id, t.depth AS length
		FROM path_cases c, kg.traverse(ARRAY[source], max_depth, direction, types, as_of, graph => 'graph_random') t
		WHERE t.entity = c.target
	)
	SELECT (SELECT count(*) FROM lengths), (SELECT max(length) FROM lengths),
		(SELECT count(*) FROM lengths l FULL JOIN expected e USING (id)
		 WHERE l.length IS DISTINCT FROM e.length OR l.rows <> e.length + 1),
		(SELECT count(*) FROM found f JOIN path_cases c USING (id)
		 LEFT JOIN graph_random.relation r ON r.id = f.relation
		 WHERE CASE WHEN f.step = 0 THEN f.entity <> c.source OR f.relation IS NOT NULL
			ELSE NOT coalesce(
				((direction <> 'in' AND (r.source, r.target) = (f.before, f.entity)) OR
				 (direction <> 'out' AND (r.target, r.source) = (f.before, f.entity))) AND
				(types IS NULL OR r.type IN (1, 3)) AND
				(as_of IS NULL OR r.valid_from IS NULL), false) END) +
		(SELECT count(*) FROM lengths l JOIN path_cases c USING (id)
		 JOIN found f ON f.id = c.id AND f.step = l.length WHERE f.entity <> c.target)
$$;
SET kg.adjacency_reader = index;
SELECT * FROM check_path();
VACUUM ANALYZE graph_random.entity, graph_random.relation;
SELECT * FROM check_path();
SET kg.adjacency_reader = sql;
SELECT * FROM check_path();
RESET kg.adjacency_reader;

DROP TABLE path_cases;
DROP FUNCTION check_path, hash, ring, both_readers;
SELECT kg.drop_graph('graph_ring'), kg.drop_graph('graph_random');
