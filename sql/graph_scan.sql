-- kg.traverse in FROM as a scan of its own
\set VERBOSITY terse
SET max_parallel_workers_per_gather = 0;
SELECT kg.create_graph('scan');
INSERT INTO scan.entity_type (name) VALUES ('n');
INSERT INTO scan.relation_type (name) VALUES ('r');
-- a binary tree of 4,000 nodes
INSERT INTO scan.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 4000) i;
INSERT INTO scan.relation (source, target, type) SELECT i / 2, i, 1 FROM generate_series(2, 4000) i;
VACUUM ANALYZE scan.entity, scan.relation;

-- Where it serves, and where the function does
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END
$$;
SELECT plan($$SELECT * FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan')$$);
SELECT plan($$SELECT entity FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan') WHERE depth = 2$$);
SELECT plan($$SELECT t.depth, e.name FROM kg.traverse('{1}'::bigint[], 3, max_nodes => 5, graph => 'scan') t JOIN scan.entity e ON e.id = t.entity$$);
SELECT plan($$SELECT t FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan') t$$);
SELECT plan($$SELECT entity FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan') t WHERE t IS NOT NULL$$);
SELECT plan($$SELECT * FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan') WITH ORDINALITY$$);
SELECT plan($$SELECT * FROM ROWS FROM (kg.traverse('{1}'::bigint[], 3, graph => 'scan'), generate_series(1, 2))$$);
SELECT plan($$SELECT e.id FROM scan.entity e JOIN kg.traverse('{1}'::bigint[], 3, graph => 'scan') t ON t.entity = e.id FOR UPDATE OF e$$);
SELECT plan($$SELECT t FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan') t UNION ALL SELECT t FROM kg.traverse('{2}'::bigint[], 3, graph => 'scan') t$$);
SELECT plan($$SELECT entity FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan') UNION ALL SELECT entity FROM kg.traverse('{2}'::bigint[], 3, graph => 'scan')$$);
-- in full, with the arguments, and which reader served
EXPLAIN (VERBOSE, COSTS OFF)
SELECT s, t.entity FROM generate_series(1, 2) s, kg.traverse(ARRAY[s::bigint], 1, graph => 'scan') t WHERE t.depth > 0;
CREATE FUNCTION reader(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Adjacency Reader';
END
$$;
SELECT reader($$SELECT * FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan')$$) AS plain,
	reader($$SELECT * FROM kg.traverse('{1}'::bigint[], 3, filter => 'r.id > 5', graph => 'scan')$$) AS filtered;

-- The rows are the function's
CREATE FUNCTION difference(arguments text) RETURNS TABLE (entities bigint, missing bigint, added bigint) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE replace($query$
		WITH f AS (SELECT f.* FROM ROWS FROM (kg.traverse(ARGUMENTS)) WITH ORDINALITY AS f(entity, depth, parent, relation, key, parent_key, n)),
		s AS (SELECT s.*, row_number() OVER () AS n FROM kg.traverse(ARGUMENTS) s(entity, depth, parent, relation, key, parent_key))
		SELECT (SELECT count(*) FROM f), (SELECT count(*) FROM (TABLE f EXCEPT TABLE s) d), (SELECT count(*) FROM (TABLE s EXCEPT TABLE f) d)
		$query$, 'ARGUMENTS', arguments);
END
$$;
SELECT a, d.* FROM unnest(ARRAY[
	$$'{1}'::bigint[], graph => 'scan'$$,
	$$'{1, 2, 99999}'::int[], 0, graph => 'scan'$$,
	$$'{}'::bigint[], 3, graph => 'scan'$$,
	$$NULL::bigint[], 3, graph => 'scan'$$,
	$$'{3000}'::bigint[], NULL, 'both', max_nodes => 100, graph => 'scan'$$,
	$$'{3000}'::bigint[], NULL, 'in', '{r}', now(), graph => 'scan'$$,
	$$'{1}'::bigint[], NULL, types => '{unknown}', graph => 'scan'$$]) a, difference(a) d;

-- Keys that are no integers, and several tables
CREATE TABLE scan_person (id uuid PRIMARY KEY);
CREATE TABLE scan_place (name text PRIMARY KEY);
CREATE TABLE scan_visit (person uuid NOT NULL REFERENCES scan_person, place text NOT NULL REFERENCES scan_place);
CREATE INDEX ON scan_visit (person);
CREATE INDEX ON scan_visit (place);
INSERT INTO scan_person SELECT md5(i::text)::uuid FROM generate_series(1, 3) i;
INSERT INTO scan_place SELECT 'place ' || i FROM generate_series(1, 3) i;
INSERT INTO scan_visit SELECT md5(i::text)::uuid, 'place ' || j FROM generate_series(1, 3) i, generate_series(1, 3) j WHERE j <= i;
SELECT kg.register_graph('scan_keys',
	nodes => '[{"table": "scan_person", "label": "person"}, {"table": "scan_place", "label": "place"}]',
	edges => '[{"table": "scan_visit", "source": "person", "target": "place", "source_label": "person", "target_label": "place"}]');
SELECT depth, key FROM kg.traverse(ARRAY['place:place 3'], 2, 'both', graph => 'scan_keys') ORDER BY depth, key COLLATE "C";
SELECT * FROM difference($$ARRAY['place:place 3'], 2, 'both', graph => 'scan_keys'$$);

-- More rows than work_mem holds: by a file, twice
SET work_mem = '64kB';
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT plan($$SELECT s, count(t.entity), sum(t.entity) FROM generate_series(1, 2) s LEFT JOIN kg.traverse('{1}'::bigint[], NULL, graph => 'scan') t ON t.entity >= s GROUP BY s$$);
SELECT s, count(t.entity), sum(t.entity) FROM generate_series(1, 2) s LEFT JOIN kg.traverse('{1}'::bigint[], NULL, graph => 'scan') t ON t.entity >= s GROUP BY s ORDER BY s;
-- other arguments each time, some in a file, some not
SELECT s, count(t.entity), sum(t.entity) FROM unnest('{3000, 1, 2, 1, 4000}'::bigint[]) WITH ORDINALITY u(s, n), kg.traverse(ARRAY[s], NULL, graph => 'scan') t GROUP BY n, s ORDER BY n;
-- an end before all rows are read
SELECT count(*) FROM unnest('{1, 2, 3000}'::bigint[]) s, LATERAL (SELECT * FROM kg.traverse(ARRAY[s], NULL, graph => 'scan') LIMIT 1) t;
RESET work_mem;
SELECT s, count(t.entity), sum(t.entity) FROM generate_series(1, 2) s LEFT JOIN kg.traverse('{1}'::bigint[], NULL, graph => 'scan') t ON t.entity >= s GROUP BY s ORDER BY s;
RESET enable_material;
RESET enable_hashjoin;
RESET enable_mergejoin;

-- Plans that are kept
PREPARE traversal(bigint, int) AS SELECT count(*), max(depth) FROM kg.traverse(ARRAY[$1], $2, graph => 'scan');
SET plan_cache_mode = force_generic_plan;
EXECUTE traversal(1, 2);
EXECUTE traversal(2, 5);
INSERT INTO scan.relation (source, target, type) SELECT 1, 4000, 1;
EXECUTE traversal(1, 1);
DELETE FROM scan.relation WHERE source = 1 AND target = 4000;
EXECUTE traversal(1, 1);
RESET plan_cache_mode;

-- Subqueries in arguments
SELECT count(*) FROM kg.traverse(ARRAY(SELECT id FROM scan.entity WHERE id < 4), (SELECT 2), graph => 'scan');
SELECT e.id, (SELECT count(*) FROM kg.traverse(ARRAY[e.id], (SELECT 1 + e.id)::int, graph => 'scan')) FROM scan.entity e WHERE id < 4 ORDER BY id;

-- Cursors
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT entity FROM kg.traverse('{1}'::bigint[], 1, graph => 'scan');
FETCH ALL c;
FETCH BACKWARD 2 c;
FETCH FIRST c;
SAVEPOINT a;
DECLARE d CURSOR FOR SELECT entity FROM kg.traverse('{1}'::bigint[], 2, graph => 'scan');
FETCH 2 d;
ROLLBACK TO a;
FETCH NEXT c;
COMMIT;
-- the first row is asked for in a subtransaction, and rows go to a file there
BEGIN;
SET LOCAL work_mem = '64kB';
DECLARE c CURSOR FOR SELECT entity FROM kg.traverse('{1}'::bigint[], NULL, graph => 'scan');
SAVEPOINT a;
FETCH 1 c;
ROLLBACK TO a;
MOVE 3997 c;
FETCH ALL c;
COMMIT;

-- Rows that come by EvalPlanQual's way
UPDATE scan.entity e SET name = 'd' || t.depth FROM kg.traverse('{1}'::bigint[], 1, graph => 'scan') t WHERE t.entity = e.id RETURNING e.id, e.name;

-- Not in a worker, which could not read what a policy reads here
CREATE ROLE regress_scan;
CREATE TEMP TABLE hidden AS SELECT 2 AS id;
GRANT SELECT ON hidden TO regress_scan;
CREATE FUNCTION is_shown(id bigint) RETURNS boolean LANGUAGE plpgsql PARALLEL RESTRICTED AS $$
BEGIN
	RETURN NOT EXISTS (SELECT FROM hidden WHERE hidden.id = is_shown.id);
END
$$;
CREATE POLICY shown ON scan.entity USING (is_shown(id));
ALTER TABLE scan.entity ENABLE ROW LEVEL SECURITY;
CREATE TABLE scan_numbers AS SELECT i::bigint AS id FROM generate_series(1, 4000) i;
ANALYZE scan_numbers;
GRANT USAGE ON SCHEMA scan TO regress_scan;
GRANT SELECT ON ALL TABLES IN SCHEMA scan TO regress_scan;
GRANT SELECT ON scan_numbers TO regress_scan;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET ROLE regress_scan;
SELECT plan($$SELECT count(*) FROM scan_numbers WHERE id IN (SELECT entity FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan'))$$);
SELECT count(*) FROM scan_numbers WHERE id IN (SELECT entity FROM kg.traverse('{1}'::bigint[], 3, graph => 'scan'));
RESET ROLE;
RESET enable_nestloop;
RESET enable_mergejoin;
SET max_parallel_workers_per_gather = 0;
ALTER TABLE scan.entity DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON SCHEMA scan FROM regress_scan;

-- Errors and privileges are the function's
SELECT count(*) FROM kg.traverse('{1}'::bigint[], -1, graph => 'scan');
SELECT count(*) FROM kg.traverse('{1}'::bigint[], graph => 'no such graph');
SELECT count(*) FROM kg.traverse('{1, NULL}'::bigint[], graph => 'scan');
SET ROLE regress_scan;
SELECT count(*) FROM kg.traverse('{1}'::bigint[], graph => 'scan');
EXPLAIN (COSTS OFF) SELECT count(*) FROM kg.traverse('{1}'::bigint[], graph => 'scan');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION kg.traverse FROM PUBLIC;
SET ROLE regress_scan;
SELECT count(*) FROM kg.traverse('{1}'::bigint[], graph => 'scan');
EXPLAIN SELECT count(*) FROM kg.traverse('{1}'::bigint[], graph => 'scan');
RESET ROLE;
GRANT EXECUTE ON FUNCTION kg.traverse TO PUBLIC;

-- Calls are counted
BEGIN;
SET LOCAL track_functions = 'all';
SELECT count(*) FROM kg.traverse('{1}'::bigint[], 1, graph => 'scan');
SELECT pg_stat_get_xact_function_calls('kg.traverse'::regproc);
COMMIT;

SELECT kg.drop_graph(name) FROM kg.graph WHERE name LIKE 'scan%' ORDER BY name;
DROP TABLE scan_visit, scan_person, scan_place, scan_numbers;
DROP FUNCTION plan, reader, difference, is_shown;
DROP TABLE hidden;
DROP ROLE regress_scan;
