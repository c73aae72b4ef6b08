--
-- Parallel relations are told apart also where they have no id, or share it
-- with one of another table
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_parallel;
SET search_path = graph_parallel;

-- The same multigraph: with ids, without, in two tables with the same ids, and
-- without ids where rows have no address
CREATE TABLE node (id bigint PRIMARY KEY);
INSERT INTO node SELECT generate_series(1, 6);
CREATE TABLE with_id (id int PRIMARY KEY, a bigint NOT NULL REFERENCES node, b bigint NOT NULL REFERENCES node, weight real);
INSERT INTO with_id VALUES (1, 1, 2, 1), (2, 1, 2, 2), (3, 1, 2, 2), (4, 2, 3, 1), (5, 2, 3, 3), (6, 3, 1, 1), (7, 2, 2, 1), (8, 3, 4, 0), (9, 2, 4, 5), (10, 4, 3, 1);
CREATE TABLE without_id AS SELECT a, b, weight FROM with_id;
ALTER TABLE without_id ADD FOREIGN KEY (a) REFERENCES node, ADD FOREIGN KEY (b) REFERENCES node,
	ALTER a SET NOT NULL, ALTER b SET NOT NULL, ADD COLUMN note text;
CREATE INDEX ON without_id (a) INCLUDE (b, weight);
CREATE INDEX ON without_id (b) INCLUDE (a, weight);
-- rows that are not where their index entries say
UPDATE without_id SET note = 'updated' WHERE weight > 1;
CREATE TABLE null_id AS SELECT NULL::int AS id, a, b, weight FROM with_id;
CREATE TABLE odd AS SELECT row_number() OVER (ORDER BY id)::int AS id, a, b, weight FROM with_id WHERE id % 2 = 1;
CREATE TABLE even AS SELECT row_number() OVER (ORDER BY id)::int AS id, a, b, weight FROM with_id WHERE id % 2 = 0;
CREATE TABLE parted (a bigint, b bigint, weight real) PARTITION BY HASH (a);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT a, b, weight FROM with_id;
CREATE VIEW viewed AS SELECT a, b, weight FROM with_id;
CREATE TABLE text_node AS SELECT id::text FROM node;
ALTER TABLE text_node ADD PRIMARY KEY (id);
CREATE TABLE text_edge AS SELECT a::text, b::text, weight FROM with_id;
SELECT kg.register_graph(t, format('["%s"]', n), (SELECT jsonb_agg(jsonb_build_object('table', e, 'source', 'a', 'target', 'b', 'id',
	CASE WHEN e = ANY ('{with_id,null_id,odd,even}') THEN 'id' END)) FROM unnest(edges) e)::text)
FROM (VALUES ('with_id', 'node', '{with_id}'::text[]), ('without_id', 'node', '{without_id}'), ('null_id', 'node', '{null_id}'), ('two', 'node', '{odd,even}'),
	('parted', 'node', '{parted}'), ('viewed', 'node', '{viewed}'), ('texts', 'text_node', '{text_edge}')) g(t, n, edges);

-- What a function finds but for the relations; digests of several calls
CREATE FUNCTION found(graph text) RETURNS TABLE (call text, n bigint, digest text) LANGUAGE plpgsql AS $$
DECLARE
	calls text[] := ARRAY[
		'kg.paths(1, max_depth => 5, uniqueness => ''edge'', max_paths => NULL, %s)',
		'kg.paths(1, 4, 5, ''both'', uniqueness => ''edge'', max_paths => NULL, %s)',
		'kg.paths(1, 4, NULL, ''both'', %s)',
		'kg.all_shortest_paths(1, 4, direction => ''both'', %s)',
		'kg.all_shortest_paths(1, 4, weighted => true, %s)',
		'kg.k_shortest_paths(1, 4, NULL, %s)',
		'kg.k_shortest_paths(1, 4, NULL, direction => ''both'', %s)',
		'kg.k_shortest_paths(4, 1, NULL, direction => ''in'', weighted => true, %s)'];
BEGIN
	IF graph = 'texts' THEN
		calls := ARRAY(SELECT regexp_replace(c, '\m([14])\M(?=[,)])', '''\1''::text', 'g') FROM unnest(calls) c);
	END IF;
	FOREACH call IN ARRAY calls LOOP
		EXECUTE format('SELECT count(*), md5(string_agg(x, '';'' ORDER BY x)) FROM (SELECT coalesce(p.keys, p.nodes::text[])::text || length || coalesce(to_jsonb(p) ->> ''cost'', '''') FROM '
			|| call || ' p) q(x)', format('graph => %L', graph)) INTO n, digest;
		call := regexp_replace(call, '''([14])''::text', '\1', 'g');
		RETURN NEXT;
	END LOOP;
END
$$;
CREATE TABLE expected AS SELECT * FROM found('with_id');
SELECT call, n FROM expected;
CREATE VIEW differences AS
	SELECT g AS graph, call, e.n, f.n AS instead FROM unnest('{without_id,null_id,two,texts}'::text[]) g, found(g) f JOIN expected e USING (call)
	WHERE (f.n, f.digest) IS DISTINCT FROM (e.n, e.digest);
SELECT * FROM differences;
SET kg.adjacency_reader = sql;
SELECT * FROM differences;
RESET kg.adjacency_reader;
-- Other functions may read the index alone.
SET kg.adjacency_reader = leaf;
SELECT count(*) FROM kg.all_shortest_paths(1, 4, graph => 'without_id');
SELECT * FROM kg.k_shortest_paths(1, 4, graph => 'without_id');
SELECT * FROM kg.paths(1, uniqueness => 'edge', graph => 'without_id');
RESET kg.adjacency_reader;

-- What has no id is not named by its row.
BEGIN;
UPDATE without_id SET weight = -1 WHERE weight = 5;
SELECT * FROM kg.k_shortest_paths(1, 4, weighted => true, graph => 'without_id');
ROLLBACK;

-- Where rows have no address that a query could tell, relations of the same
-- table between the same nodes count as one.
SELECT graph, call, n FROM unnest('{parted,viewed}'::text[]) graph, found(graph) WHERE call ~ 'edge|k_short';
-- An address is a column that only those may read who may read all.
CREATE ROLE regress_kg_parallel;
GRANT USAGE ON SCHEMA graph_parallel TO regress_kg_parallel;
GRANT SELECT ON node TO regress_kg_parallel;
GRANT SELECT (a, b, weight) ON without_id TO regress_kg_parallel;
SET ROLE regress_kg_parallel;
SELECT count(*) FROM kg.k_shortest_paths(1, 4, NULL, graph => 'without_id');
SET kg.adjacency_reader = sql;
SELECT count(*) FROM kg.k_shortest_paths(1, 4, NULL, graph => 'without_id');
RESET ROLE;
RESET kg.adjacency_reader;

SELECT count(kg.drop_graph(name)) FROM kg.graph WHERE schema_name IS NULL;
DROP SCHEMA graph_parallel CASCADE;
DROP ROLE regress_kg_parallel;
