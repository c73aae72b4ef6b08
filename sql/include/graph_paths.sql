-- A random graph of many small parts, and all its simple paths, found by
-- recursive queries: parts of seven entities, from sparse to dense, with loops,
-- multiple relations, isolated entities, validity and weights that are
-- multiples of a quarter, so that sums are exact, some of them zero.
SELECT kg.create_graph('graph_p');
INSERT INTO graph_p.entity_type (name) VALUES ('node');
INSERT INTO graph_p.relation_type (name) VALUES ('a'), ('b');
CREATE FUNCTION hash(i bigint, seed bigint, n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	'SELECT ((hashint8extended(i, seed) % n) + n) % n';
INSERT INTO graph_p.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 56) i;
INSERT INTO graph_p.relation (source, target, type, weight, properties, valid_to)
SELECT 7 * part + 1 + hash(100 * part + i, 1, 7), 7 * part + 1 + hash(100 * part + i, 2, 7), 1 + hash(100 * part + i, 3, 2),
	hash(100 * part + i, 4, 9) / 4.0, jsonb_build_object('even', i % 2 = 0),
	CASE WHEN hash(100 * part + i, 5, 4) = 0 THEN '2020-01-01 UTC'::timestamptz END
FROM generate_series(0, 7) part, LATERAL generate_series(1, 4 + 2 * part) i;
-- a hub, and the way back from some
INSERT INTO graph_p.relation (source, target, type, weight) SELECT 8, i, 1, 0.5 FROM generate_series(9, 14) i;
INSERT INTO graph_p.relation (source, target, type, weight) SELECT i, 8, 1, 0.25 FROM generate_series(9, 14, 2) i;

CREATE TABLE path_kinds (id serial, direction text, types text[], as_of timestamptz, properties jsonb);
INSERT INTO path_kinds (direction, types, as_of, properties) VALUES
	('out', NULL, NULL, NULL), ('in', NULL, NULL, NULL), ('both', '{a}', NULL, NULL),
	('out', NULL, '2024-01-01', NULL), ('both', NULL, '2024-01-01', '{"even": true}');
CREATE TABLE path_edges AS
SELECT k.id AS kind, CASE side WHEN 'out' THEN r.source ELSE r.target END AS near,
	CASE side WHEN 'out' THEN r.target ELSE r.source END AS far, r.id AS relation, r.weight
FROM path_kinds k, graph_p.relation r, unnest('{out,in}'::text[]) side
WHERE k.direction IN (side, 'both') AND
	(k.types IS NULL OR r.type IN (SELECT id FROM graph_p.relation_type WHERE name = ANY (k.types))) AND
	(k.as_of IS NULL OR tstzrange(r.valid_from, r.valid_to) @> k.as_of) AND
	(k.properties IS NULL OR r.properties @> k.properties);
CREATE TABLE simple_paths AS
WITH RECURSIVE p AS (
	SELECT k.id AS kind, e.id AS source, e.id AS target, ARRAY[e.id] AS nodes, '{}'::bigint[] AS relations, 0 AS length, 0::float8 AS cost
	FROM path_kinds k, graph_p.entity e
	UNION ALL
	SELECT p.kind, p.source, e.far, p.nodes || e.far, p.relations || e.relation, p.length + 1, p.cost + e.weight
	FROM p JOIN path_edges e ON (e.kind, e.near) = (p.kind, p.target)
	WHERE e.far <> ALL (p.nodes)
)
SELECT * FROM p;
CREATE INDEX ON simple_paths (kind, source, target);
VACUUM ANALYZE graph_p.entity, graph_p.relation, simple_paths;

-- Runs a query by each reader; kinds with properties are for SQL only, so a
-- query leaves them out where :kinds is true.
CREATE FUNCTION by_readers(query text) RETURNS TABLE (reader text, result text)
LANGUAGE plpgsql AS $$
BEGIN
	FOREACH reader IN ARRAY '{leaf,index,heap,sql}'::text[] LOOP
		PERFORM set_config('kg.adjacency_reader', reader, false);
		EXECUTE replace(query, ':kinds', CASE reader WHEN 'sql' THEN 'true' ELSE 'k.properties IS NULL' END) INTO result;
		RETURN NEXT;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', false);
END
$$;
