--
-- Which reader serves: the checks before a traversal may read indexes.
-- Whatever the answer, the rows are those of a SELECT.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

SELECT kg.create_graph('graph_r');
INSERT INTO graph_r.entity_type (name) VALUES ('node');
INSERT INTO graph_r.relation_type (name) VALUES ('a'), ('b');
INSERT INTO graph_r.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 5) i;
INSERT INTO graph_r.relation (source, target, type, weight)
VALUES (1, 2, 1, 1), (2, 3, 2, 2), (3, 4, 1, 3), (1, 5, 2, 4);

-- Why the index reader cannot serve, or "index"; and the sum of entities that
-- a traversal reaches with the reader of its choice: 15 if all is well
CREATE FUNCTION ask(direction text DEFAULT 'out', OUT reader text, OUT reached bigint)
LANGUAGE plpgsql AS $$
DECLARE
	start bigint := CASE direction WHEN 'in' THEN 4 ELSE 1 END;
BEGIN
	BEGIN
		PERFORM set_config('kg.adjacency_reader', 'index', true);
		PERFORM kg.traverse(ARRAY[start], NULL, direction, '{a,b}', 'now', graph => 'graph_r');
		reader := 'index';
	EXCEPTION WHEN object_not_in_prerequisite_state THEN
		GET STACKED DIAGNOSTICS reader = PG_EXCEPTION_DETAIL;
	END;
	PERFORM set_config('kg.adjacency_reader', 'auto', true);
	SELECT sum(entity) INTO reached FROM kg.traverse(ARRAY[start], NULL, direction, '{a,b}', 'now', graph => 'graph_r');
END
$$;

SELECT * FROM ask();
SET kg.adjacency_reader = index;
SELECT * FROM kg.traverse('{1}', graph => 'graph_r') ORDER BY entity;
RESET kg.adjacency_reader;

-- Without the index of one direction the other still has its own.
BEGIN;
DROP INDEX graph_r.relation_source_idx;
SELECT 'out', * FROM ask() UNION ALL SELECT 'in', * FROM ask('in') UNION ALL SELECT 'both', * FROM ask('both');
SET LOCAL kg.adjacency_reader = index;
SELECT * FROM kg.traverse('{1}', graph => 'graph_r');
ROLLBACK;

-- A missing column, a predicate, an expression, another access method, another
-- leading column: not fit. Other orders and kinds of columns: fit.
BEGIN;
DROP INDEX graph_r.relation_source_idx;
CREATE INDEX ON graph_r.relation (source, type) INCLUDE (target, id, valid_from);
SELECT * FROM ask();
CREATE INDEX ON graph_r.relation (source, type, target, id, valid_from, valid_to, expired_at) WHERE weight < 3;
SELECT * FROM ask();
CREATE INDEX ON graph_r.relation ((source + 0), type, target, id, valid_from, valid_to, expired_at, source);
SELECT * FROM ask();
CREATE INDEX ON graph_r.relation (type, source, target, id, valid_from, valid_to, expired_at);
SELECT * FROM ask();
CREATE INDEX ON graph_r.relation USING hash (source);
SELECT * FROM ask();
CREATE INDEX ON graph_r.relation (source) INCLUDE (valid_to, expired_at, valid_from, target, type, id);
SELECT * FROM ask();
ROLLBACK;
BEGIN;
DROP INDEX graph_r.relation_source_idx;
CREATE INDEX ON graph_r.relation (source DESC NULLS FIRST, target, valid_to, expired_at, type DESC, id, valid_from);
SELECT * FROM ask();
SELECT array_agg(neighbor ORDER BY neighbor) FROM kg.neighbors(1, graph => 'graph_r');	-- weight: by SQL
ROLLBACK;
-- The leaf reader wants nodes in ascending order, not so types.
BEGIN;
DROP INDEX graph_r.relation_source_idx;
CREATE INDEX descending ON graph_r.relation (source, type DESC) INCLUDE (target, id, valid_from, valid_to, expired_at);
SET LOCAL kg.adjacency_reader = leaf;
SELECT array_agg(entity ORDER BY entity) FROM kg.traverse('{1}', types => '{b}', graph => 'graph_r');
DROP INDEX graph_r.descending;
CREATE INDEX descending ON graph_r.relation (source DESC, type) INCLUDE (target, id, valid_from, valid_to, expired_at);
SET LOCAL kg.adjacency_reader = index;
SELECT array_agg(entity ORDER BY entity) FROM kg.traverse('{1}', types => '{b}', graph => 'graph_r');
SET LOCAL kg.adjacency_reader = leaf;
SELECT array_agg(entity ORDER BY entity) FROM kg.traverse('{1}', types => '{b}', graph => 'graph_r');
ROLLBACK;
-- Columns after ones that may be null or vary in width
BEGIN;
DROP INDEX graph_r.relation_source_idx;
ALTER TABLE graph_r.relation ADD note text, ADD flag boolean NOT NULL DEFAULT true;
UPDATE graph_r.relation SET note = repeat('x', id::int), valid_from = '2000-01-01' WHERE id < 4;
CREATE INDEX ON graph_r.relation (source) INCLUDE (flag, note, valid_from, type, weight, target, valid_to, expired_at, id);
SELECT * FROM ask();
SELECT * FROM kg.neighbors(1, graph => 'graph_r') ORDER BY relation;
ROLLBACK;

-- An index that was never finished
CREATE TABLE graph_r.saved AS SELECT * FROM graph_r.relation;
DROP INDEX graph_r.relation_source_idx;
CREATE UNIQUE INDEX CONCURRENTLY relation_broken ON graph_r.relation (source)
	INCLUDE (type, weight, target, id, valid_from, valid_to, expired_at);
SELECT indisvalid FROM pg_index WHERE indexrelid = 'graph_r.relation_broken'::regclass;
SELECT * FROM ask();
DROP INDEX graph_r.relation_broken;
CREATE INDEX CONCURRENTLY relation_source_idx ON graph_r.relation (source, type)
	INCLUDE (weight, target, id, valid_from, valid_to, expired_at);
SELECT * FROM ask();
REINDEX INDEX CONCURRENTLY graph_r.relation_source_idx;
SELECT * FROM ask();

-- Entities: an index on the id, and foreign keys that hold
BEGIN;
ALTER TABLE graph_r.relation DROP CONSTRAINT relation_target_fkey;
INSERT INTO graph_r.relation (source, target, type) VALUES (1, 99, 1);	-- hidden: its end is not there
SELECT * FROM ask();
ALTER TABLE graph_r.relation ADD FOREIGN KEY (target) REFERENCES graph_r.entity NOT VALID;
SELECT * FROM ask();
DELETE FROM graph_r.relation WHERE target = 99;
ALTER TABLE graph_r.relation VALIDATE CONSTRAINT relation_target_fkey;
SELECT * FROM ask();
ALTER TABLE graph_r.relation ALTER CONSTRAINT relation_target_fkey DEFERRABLE;
SELECT * FROM ask();
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation DROP CONSTRAINT relation_source_fkey;
SELECT * FROM ask('in');
ROLLBACK;

-- Columns of other types, or that may be null
BEGIN;
ALTER TABLE graph_r.relation ALTER type TYPE bigint;
SELECT * FROM ask();
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation ALTER id TYPE integer, ALTER target TYPE integer, ALTER source TYPE integer;
SELECT * FROM ask();
SELECT * FROM kg.shortest_path(1, 4, graph => 'graph_r');
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation ALTER target DROP NOT NULL, ALTER weight DROP NOT NULL, ALTER type DROP NOT NULL;
INSERT INTO graph_r.relation (source, target, type, weight) VALUES (1, NULL, 1, 1), (1, 4, NULL, NULL);
SELECT * FROM ask();
SELECT neighbor, type, weight FROM kg.neighbors(1, graph => 'graph_r') ORDER BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation ALTER weight DROP NOT NULL;
INSERT INTO graph_r.relation (source, target, type, weight) VALUES (1, 4, 1, NULL);
SET LOCAL kg.adjacency_reader = index;
SELECT neighbor, type, weight FROM kg.neighbors(1, graph => 'graph_r') ORDER BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation DROP CONSTRAINT relation_pkey, ALTER id DROP IDENTITY IF EXISTS, ALTER id DROP DEFAULT, ALTER id DROP NOT NULL;
INSERT INTO graph_r.relation (id, source, target, type) VALUES (NULL, 4, 1, 1), (NULL, 1, 3, 1);
SELECT * FROM ask();
SELECT neighbor, relation FROM kg.neighbors(1, graph => 'graph_r') ORDER BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation DROP COLUMN valid_from;
SELECT count(*) FROM kg.traverse('{1}', graph => 'graph_r');	-- is not needed
SELECT * FROM kg.traverse('{1}', as_of => 'now', graph => 'graph_r');
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.relation ALTER weight TYPE float8;
SET LOCAL kg.adjacency_reader = index;
SELECT count(*) FROM kg.traverse('{1}', graph => 'graph_r');
SELECT count(*) FROM kg.neighbors(1, graph => 'graph_r');
ROLLBACK;

-- Views, partitions, child tables
BEGIN;
ALTER TABLE graph_r.relation RENAME TO relation_rows;
CREATE VIEW graph_r.relation AS SELECT * FROM graph_r.relation_rows WHERE weight <> 3;
SELECT * FROM ask();
ROLLBACK;
BEGIN;
ALTER TABLE graph_r.entity RENAME TO entity_rows;
CREATE VIEW graph_r.entity AS SELECT * FROM graph_r.entity_rows WHERE id <> 5 UNION ALL SELECT * FROM graph_r.entity_rows WHERE id = 1;
SELECT * FROM ask();
SELECT * FROM kg.neighbors(1, graph => 'graph_r');
SELECT * FROM kg.neighbors(5, 'in', graph => 'graph_r');
SELECT * FROM kg.shortest_path(1, 5, graph => 'graph_r');
ROLLBACK;
BEGIN;
DROP TABLE graph_r.relation;
CREATE TABLE graph_r.relation (LIKE graph_r.saved) PARTITION BY HASH (source);
CREATE TABLE graph_r.relation_0 PARTITION OF graph_r.relation FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE graph_r.relation_1 PARTITION OF graph_r.relation FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO graph_r.relation SELECT * FROM graph_r.saved;
SELECT * FROM ask();
ROLLBACK;
BEGIN;
CREATE TABLE graph_r.more () INHERITS (graph_r.relation);
INSERT INTO graph_r.more SELECT * FROM graph_r.relation WHERE id = 1;
DELETE FROM ONLY graph_r.relation WHERE id = 1;
SELECT * FROM ask();
ROLLBACK;

-- The SQL reader takes large frontiers in slices: 70,000 nodes and one query
-- more.
INSERT INTO graph_r.entity (id, type, name) SELECT i, 1, 'many' FROM generate_series(100, 70100) i;
INSERT INTO graph_r.relation (source, target, type) SELECT 1, i, 1 FROM generate_series(101, 70100) i;
INSERT INTO graph_r.relation (source, target, type) VALUES (101, 100, 1), (70100, 100, 1);
SET kg.adjacency_reader = sql;
SELECT depth, count(*) FROM kg.traverse('{1}', 2, types => '{a}', graph => 'graph_r') GROUP BY depth ORDER BY depth;
SELECT count(*) FROM kg.traverse(ARRAY(SELECT generate_series(1, 70200)), 0, graph => 'graph_r');
SELECT entity FROM kg.shortest_path(1, 100, graph => 'graph_r') ORDER BY step DESC LIMIT 1;
RESET kg.adjacency_reader;
SELECT depth, count(*) FROM kg.traverse('{1}', 2, types => '{a}', graph => 'graph_r') GROUP BY depth ORDER BY depth;
SELECT count(*) FROM kg.traverse(ARRAY(SELECT generate_series(1, 70200)), 0, graph => 'graph_r');

-- Memory
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
\set VERBOSITY terse
SELECT count(*) FROM kg.traverse('{1}', graph => 'graph_r');
SELECT count(*) FROM kg.shortest_path(1, 99999, direction => 'both', graph => 'graph_r');
SELECT count(*) FROM kg.shortest_path(1, 4, direction => 'both', graph => 'graph_r');
SET kg.adjacency_reader = sql;
SELECT count(*) FROM kg.traverse('{1}', graph => 'graph_r');
SELECT count(*) FROM kg.traverse('{1}', max_nodes => 1000, graph => 'graph_r');
SELECT count(*) FROM kg.traverse('{1}', 1, graph => 'graph_r');		-- one range of ids: a small set
RESET kg.adjacency_reader;
SELECT count(*) FROM kg.neighbors(1, graph => 'graph_r');
\set VERBOSITY default
RESET work_mem;
-- What the error recommends is enough.
CREATE FUNCTION raise_work_mem() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	hint text;
	attempts int := 0;
BEGIN
	SET LOCAL work_mem = '64kB';
	LOOP
		attempts := attempts + 1;
		BEGIN
			PERFORM count(*) FROM kg.traverse('{1}', graph => 'graph_r');
			RETURN attempts;
		EXCEPTION WHEN configuration_limit_exceeded THEN
			GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
			PERFORM set_config('work_mem', substring(hint from 'least (\d+) kB') || 'kB', true);
		END;
	END LOOP;
END
$$;
SELECT raise_work_mem() BETWEEN 2 AND 12;

DROP FUNCTION ask, raise_work_mem;
DROP TABLE graph_r.saved;
SELECT kg.drop_graph('graph_r');

-- An index at one end only: edges are read by the heap from there, and by SQL, which leaves out
-- nodes that are not there, to there.  Ways through such nodes are none, from either side.
CREATE TABLE readers_node (id int PRIMARY KEY);
INSERT INTO readers_node SELECT generate_series(1, 9);
CREATE TABLE readers_edge (id int PRIMARY KEY, s int, t int, pad text);
INSERT INTO readers_edge VALUES (1, 1, 50), (2, 1, 60), (3, 60, 5), (4, 50, 5), (5, 1, 2), (6, 2, 3), (7, 3, 4), (8, 4, 5),
	(9, 6, 5), (10, 7, 5), (11, 8, 5), (12, 9, 5);
CREATE INDEX ON readers_edge (s);
VACUUM ANALYZE readers_edge;
SELECT kg.register_graph('readers_lopsided', '"readers_node"',
	'[{"table": "readers_edge", "source": "s", "target": "t", "id": "id"}]');
SET enable_seqscan = off;
SELECT leads, reader FROM kg.explain_traverse('both', graph => 'readers_lopsided');
SELECT leads, reader FROM kg.explain_traverse(graph => 'readers_lopsided');
SELECT array_agg(entity) FROM kg.shortest_path(1, 5, graph => 'readers_lopsided');
SELECT array_agg(entity) FROM kg.shortest_path(5, 1, direction => 'in', graph => 'readers_lopsided');
SELECT nodes FROM kg.k_shortest_paths(1, 5, graph => 'readers_lopsided');
SELECT nodes FROM kg.all_shortest_paths(1, 5, graph => 'readers_lopsided');
SELECT kg.reachable(1, 5, graph => 'readers_lopsided'), kg.reachable(1, 5, 3, graph => 'readers_lopsided');
RESET enable_seqscan;
SELECT kg.drop_graph('readers_lopsided');
DROP TABLE readers_node, readers_edge;
