--
-- Conditions on relations: properties and filter
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- A diamond 1 -> 2 -> 4, 1 -> 3 -> 4 with 4 -> 5, and 2 -> 5 in the past
SELECT kg.create_graph('graph_f');
INSERT INTO graph_f.entity_type (name) VALUES ('city'), ('border');
INSERT INTO graph_f.relation_type (name) VALUES ('road'), ('rail');
INSERT INTO graph_f.entity (type, name, properties) VALUES
	(1, 'one', '{"n": 1}'), (1, 'two', '{"n": 2}'), (2, 'three', '{"n": 3}'), (1, 'four', '{"n": 4}'), (1, 'five', '{"n": 5}');
INSERT INTO graph_f.relation (id, source, target, type, weight, properties, valid_to) VALUES
	(12, 1, 2, 1, 2, '{"lanes": 2}', NULL), (13, 1, 3, 2, 3, '{"lanes": 4, "toll": true}', NULL),
	(24, 2, 4, 1, 5, '{"lanes": 2}', NULL), (34, 3, 4, 2, 1, '{"lanes": 4}', NULL),
	(45, 4, 5, 1, 1, '{"lanes": 1, "tags": ["a", "b"]}', NULL), (25, 2, 5, 1, 9, '{}', '2020-01-01');

CREATE FUNCTION f(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT string_agg(entity || ''@'' || depth, '' '' ORDER BY depth, entity)
		FROM kg.traverse(%s, graph => ''graph_f'')', arguments) INTO result;
	RETURN result;
END
$$;
SELECT f($$'{1}'$$);
-- properties
SELECT f($$'{1}', properties => '{"lanes": 2}'$$);
SELECT f($$'{1}', properties => '{"lanes": 4}'$$);
SELECT f($$'{1}', properties => '{"lanes": 4, "toll": true}'$$);
SELECT f($$'{4}', properties => '{"tags": ["b"]}'$$);
SELECT f($$'{1}', properties => '{}'$$);
SELECT f($$'{5}', direction => 'in', properties => '{"lanes": 1}'$$);
SELECT f($$'{1}', properties => '[]'$$);
SELECT f($$'{1}', properties => 'null'$$);
-- filter: the relation
SELECT f($$'{1}', filter => 'r.weight < 3'$$);
SELECT f($$'{1}', filter => 'weight > 2 AND type = 2'$$);
SELECT f($$'{1}', filter => 'r.source <> 3 OR false'$$);	-- OR stays inside
SELECT f($$'{1}', types => '{rail}', filter => 'true OR true'$$);
SELECT f($$'{5}', direction => 'both', filter => '(r.properties ->> ''lanes'')::int <= 2'$$);
SELECT f($$'{1}', filter => 'NULL'$$);
SELECT f($$'{1}', filter => 'false'$$);
SELECT f($$'{1}', as_of => '2024-01-01', filter => 'r.target <> 4'$$);
SELECT f($$'{1}', filter => 'r.valid_to IS NULL', properties => '{"lanes": 2}'$$);
-- the entities at its ends, whichever way the search goes
SELECT f($$'{1}', filter => 't.type = 1'$$);
SELECT f($$'{1}', filter => 's.name <> ''two'' -- and so on'$$);
SELECT f($$'{5}', direction => 'in', filter => 't.type = 1 AND s.type = 1'$$);
SELECT f($$'{5}', direction => 'both', filter => '(s.properties ->> ''n'')::int + (t.properties ->> ''n'')::int > 6'$$);
SELECT f($$'{1}', filter => 's.type = t.type AND r.weight < 9'$$);
-- subqueries, quotes, and names that only look like the aliases
SELECT f($$'{1}', filter => 'EXISTS (SELECT FROM graph_f.entity x WHERE x.id = r.target AND x.name LIKE ''f%'') OR r.id = 12'$$);
SELECT f($$'{1}', filter => 'r.target IN (SELECT t.id FROM graph_f.entity t WHERE t.type = 1)'$$);
SELECT f($f$'{1}', filter => $x$r.properties ->> 'lanes' = $q$2$q$ $x$$f$);
SELECT f($$'{1}', filter => 'now() > ''2020-01-01''  /* (a comment */'$$);

-- The other functions
SELECT * FROM kg.neighbors(1, graph => 'graph_f', filter => 'r.weight = 2');
SELECT * FROM kg.neighbors(2, 'both', graph => 'graph_f', properties => '{"lanes": 2}') ORDER BY relation;
SELECT entity, relation FROM kg.shortest_path(1, 5, graph => 'graph_f');
SELECT entity, relation FROM kg.shortest_path(1, 5, graph => 'graph_f', filter => 'r.valid_to IS NULL AND t.type = 1');
SELECT entity, relation FROM kg.shortest_path(1, 4, graph => 'graph_f', properties => '{"lanes": 4}');
SELECT entity, relation FROM kg.shortest_path(5, 1, direction => 'in', graph => 'graph_f', filter => 's.type = 2 OR t.type = 2 OR r.id = 45');

-- Which reader serves
SET kg.adjacency_reader = index;
SELECT f($$'{1}', filter => 'true'$$);
SELECT f($$'{1}', properties => '{}'$$);
RESET kg.adjacency_reader;

-- What is no expression
SELECT f($$'{1}', filter => ''$$);
SELECT f($$'{1}', filter => 'true) OR (true'$$);
SELECT f($$'{1}', filter => 'true); DELETE FROM graph_f.relation; SELECT (true'$$);
SELECT f($$'{1}', filter => 'true; DELETE FROM graph_f.relation'$$);
SELECT f($$'{1}', filter => 'true, true'$$);
SELECT f($$'{1}', filter => 'true AS x'$$);
SELECT f($$'{1}', filter => 'true WHERE true'$$);
SELECT f($$'{1}', filter => 'true UNION SELECT false'$$);
SELECT f($$'{1}', filter => 'true ORDER BY 1'$$);
SELECT f($$'{1}', filter => 'true LIMIT 1'$$);
SELECT f($$'{1}', filter => 'true FOR UPDATE'$$);
SELECT f($$'{1}', filter => 'DISTINCT true'$$);
SELECT f($$'{1}', filter => '*'$$);
SELECT f($$'{1}', filter => 'r.*'$$);
SELECT f($$'{1}', filter => 'true /* '$$);
SELECT f($$'{1}', filter => 'true AND (true'$$);
SELECT f($$'{1}', filter => 'r.weight >'$$);
SELECT f($$'{1}', filter => 'DELETE FROM graph_f.relation'$$);
-- what is not allowed in one
SELECT f($$'{1}', filter => 'r.source = ANY ($1)'$$);
SELECT f($$'{1}', filter => 'EXISTS (SELECT FROM graph_f.entity WHERE id = $1)'$$);
SELECT f($$'{1}', filter => 'random() < 2'$$);
SELECT f($$'{1}', filter => 'EXISTS (SELECT nextval(''graph_f.entity_id_seq''))'$$);
SELECT f($$'{1}', filter => 'EXISTS (WITH d AS (DELETE FROM graph_f.relation RETURNING 1) SELECT FROM d)'$$);
SELECT f($$'{1}', filter => 'EXISTS (SELECT FROM graph_f.relation FOR UPDATE)'$$);
SELECT f($$'{1}', filter => 'count(*) > 0'$$);
SELECT f($$'{1}', filter => 'count(r.id) > 0 AND s.id = 1'$$);
SELECT f($$'{1}', filter => 'generate_series(1, 2) = 1'$$);
SELECT f($$'{1}', filter => 'r.weight'$$);
SELECT f($$'{1}', filter => 'r.nonesuch = 1'$$);
SELECT f($$'{1}', filter => 'e.type = 1'$$);
SELECT f($$'{1}', filter => 'x.type = 1'$$);
SELECT f($$'{1}', filter => 'type = 1 AND s.id = 1'$$);	-- whose?
-- errors while a filter is evaluated
SELECT f($$'{1}', filter => '1 / (r.id - 12) = 1'$$);
SELECT f($$'{1}'$$);
-- Nothing was written.
SELECT count(*) FROM graph_f.relation;

-- Many filters in a session, and in one query
SELECT sum((SELECT count(*) FROM kg.traverse('{1}', graph => 'graph_f', filter => format('r.weight < %s', i)))) FROM generate_series(1, 200) i;
SELECT i, string_agg(t.entity::text, ' ' ORDER BY t.entity) FROM generate_series(1, 5) i, LATERAL kg.traverse(ARRAY[i], graph => 'graph_f', filter => 'r.id <> ' || 10 * i + i + 1) t GROUP BY i ORDER BY i;

-- In parallel workers: the functions of a filter are looked at there, as the
-- planner does not see them.
CREATE FUNCTION positive(real) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS 'BEGIN RETURN $1 > 0; END';
CREATE FUNCTION reach(bigint, filter text) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
	$$SELECT count(*) FROM kg.traverse(ARRAY[$1], graph => 'graph_f', filter => filter)$$;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT sum(reach(id, 'r.weight > 0')) FROM graph_f.entity;
SELECT sum(reach(id, 'r.weight > 0')) FROM graph_f.entity;
SAVEPOINT s;
SELECT sum(reach(id, 'positive(r.weight)')) FROM graph_f.entity;
ROLLBACK TO s;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT sum(reach(id, 'positive(r.weight)')) FROM graph_f.entity;
ROLLBACK;
DROP FUNCTION reach, positive;

-- A graph whose relations have no properties
BEGIN;
ALTER TABLE graph_f.relation DROP COLUMN properties;
SELECT f($$'{1}'$$);
SAVEPOINT s;
SELECT f($$'{1}', properties => '{}'$$);
ROLLBACK TO s;
SELECT f($$'{1}', filter => 'r.weight < 9'$$);
ROLLBACK;

DROP FUNCTION f;
SELECT kg.drop_graph('graph_f');
