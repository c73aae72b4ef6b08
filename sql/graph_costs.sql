--
-- kg.distances, kg.cost_matrix, kg.path_totals, kg.traverse_page
--
\set SHOW_CONTEXT never
SELECT kg.create_graph('graph_c');
INSERT INTO graph_c.entity_type (name) VALUES ('node');
INSERT INTO graph_c.relation_type (name) VALUES ('a'), ('b');
INSERT INTO graph_c.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 9) i;
-- 1 -> 2 -> 3 -> 4 -> 5 -> 6, 1 -> 4 twice, 7 -> 5, 8 -> 3; 9 is alone
INSERT INTO graph_c.relation (id, source, target, type, weight) VALUES
	(12, 1, 2, 1, 1), (23, 2, 3, 1, 2), (34, 3, 4, 1, 0), (45, 4, 5, 2, 0.5), (56, 5, 6, 1, 4),
	(14, 1, 4, 2, 4), (140, 1, 4, 2, 3), (75, 7, 5, 1, 9), (83, 8, 3, 1, 0.25);

-- Distances
SELECT entity, cost, parent, relation, source FROM kg.distances(1, graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost FROM kg.distances(1, 3, graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost FROM kg.distances(1, 0, graph => 'graph_c');
SELECT entity, cost FROM kg.distances(1, 2, weighted => false, graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost, source FROM kg.distances('{1,8}', 1, graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost FROM kg.distances(6, 8, 'in', graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost FROM kg.distances(5, 1, 'both', '{b,a}', graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost FROM kg.distances(1, types => '{a}', graph => 'graph_c') ORDER BY cost, entity;
SELECT entity, cost FROM kg.distances(1, max_nodes => 2, graph => 'graph_c');
SELECT entity, cost FROM kg.distances(1, max_nodes => 6, graph => 'graph_c') ORDER BY cost, entity;
SELECT count(*) FROM kg.distances(1, max_nodes => 0, graph => 'graph_c');
SELECT entity, cost FROM kg.distances(1, filter => 'r.weight < 1 OR t.id = 2', graph => 'graph_c') ORDER BY cost, entity;
SELECT count(*) FROM kg.distances(NULL, graph => 'graph_c');
SELECT count(*) FROM kg.distances('{}', graph => 'graph_c');
SELECT entity, cost FROM kg.distances('{9,99}', graph => 'graph_c');
SELECT count(*) FROM kg.distances(1, -1, graph => 'graph_c');
SELECT count(*) FROM kg.distances(1, 'NaN', graph => 'graph_c');
SELECT count(*) FROM kg.distances(1, max_nodes => -1, graph => 'graph_c');
SELECT count(*) FROM kg.distances(1, graph => NULL);
SELECT count(*) FROM kg.distances(1, weighted => NULL, graph => 'graph_c');

-- Matrix
SELECT source, target, cost FROM kg.cost_matrix('{1,8}', '{4,5,6,7,8}', graph => 'graph_c') ORDER BY 1, 2;
SELECT source, target, cost FROM kg.cost_matrix('{1,8}', '{4,5,6,7,8}', 3.5, graph => 'graph_c') ORDER BY 1, 2;
SELECT source, target, cost FROM kg.cost_matrix('{1,8}', '{4,5,6,7,8}', weighted => false, graph => 'graph_c') ORDER BY 1, 2;
SELECT source, target, cost FROM kg.cost_matrix(6, 1, direction => 'in', graph => 'graph_c') ORDER BY 1, 2;
SELECT source, target, cost FROM kg.cost_matrix('{1,1,98}', '{9,4,99}', graph => 'graph_c') ORDER BY 1, 2;
SELECT count(*) FROM kg.cost_matrix(NULL, '{1}', graph => 'graph_c');
SELECT count(*) FROM kg.cost_matrix('{1}', '{}', graph => 'graph_c');
SELECT count(*) FROM kg.cost_matrix('{1}', '{4}', -2, graph => 'graph_c');
-- the search ends when it has reached all targets: past it, a bad weight is no error
BEGIN;
UPDATE graph_c.relation SET weight = -1 WHERE id = 56;
SELECT source, target, cost FROM kg.cost_matrix('{1}', '{2}', graph => 'graph_c') ORDER BY 1, 2;
SELECT source, target, cost FROM kg.cost_matrix('{1}', '{2,6}', graph => 'graph_c') ORDER BY 1, 2;
ROLLBACK;

-- Totals: a bill of materials; a bicycle has 2 wheels of 36 spokes, which have 2 screws each, as the frame has 5
SELECT kg.create_graph('graph_b');
INSERT INTO graph_b.entity_type (name) VALUES ('part');
INSERT INTO graph_b.relation_type (name) VALUES ('needs');
INSERT INTO graph_b.entity (id, type, name) VALUES (1, 1, 'bicycle'), (2, 1, 'wheel'), (3, 1, 'spoke'), (4, 1, 'frame'), (5, 1, 'screw'), (6, 1, 'tandem');
INSERT INTO graph_b.relation (id, source, target, type, weight) VALUES (12, 1, 2, 1, 2), (23, 2, 3, 1, 36), (25, 2, 5, 1, 2), (14, 1, 4, 1, 1), (45, 4, 5, 1, 5), (62, 6, 2, 1, 3);
SELECT e.name, t.total, t.paths, t.minimum, t.maximum FROM kg.path_totals(1, graph => 'graph_b') t JOIN graph_b.entity e ON e.id = t.entity ORDER BY e.id;
SELECT e.name, t.total FROM kg.path_totals(1, 1, graph => 'graph_b') t JOIN graph_b.entity e ON e.id = t.entity ORDER BY e.id;
SELECT e.name, t.total FROM kg.path_totals('{1,6}', graph => 'graph_b') t JOIN graph_b.entity e ON e.id = t.entity ORDER BY e.id;
SELECT e.name, t.total, t.paths, t.minimum, t.maximum FROM kg.path_totals(1, along => 'sum', graph => 'graph_b') t JOIN graph_b.entity e ON e.id = t.entity ORDER BY e.id;
-- where it is used
SELECT e.name, t.total FROM kg.path_totals(5, direction => 'in', graph => 'graph_b') t JOIN graph_b.entity e ON e.id = t.entity ORDER BY e.id;
-- a start below another one
SELECT e.name, t.total, t.paths FROM kg.path_totals('{1,2}', graph => 'graph_b') t JOIN graph_b.entity e ON e.id = t.entity ORDER BY e.id;
-- negative and null weights
BEGIN;
ALTER TABLE graph_b.relation ALTER weight DROP NOT NULL;
UPDATE graph_b.relation SET weight = CASE id WHEN 25 THEN -2 END WHERE id IN (25, 45);
SELECT entity, total, paths, minimum, maximum FROM kg.path_totals(1, graph => 'graph_b') ORDER BY 1;
ROLLBACK;
-- round a cycle
INSERT INTO graph_b.relation (id, source, target, type, weight) VALUES (31, 3, 1, 1, 1);
SELECT * FROM kg.path_totals(6, graph => 'graph_b');
SELECT count(*) FROM kg.path_totals(4, graph => 'graph_b');
SELECT entity, total, paths, minimum, maximum FROM kg.path_totals(1, 4, graph => 'graph_b') ORDER BY 1;
SELECT entity, total FROM kg.path_totals(1, filter => 'r.id <> 31', graph => 'graph_b') ORDER BY 1;
UPDATE graph_b.relation SET target = 3 WHERE id = 31;
SELECT * FROM kg.path_totals(6, graph => 'graph_b');
UPDATE graph_b.relation SET source = 5, target = 5 WHERE id = 31;
SELECT * FROM kg.path_totals(6, graph => 'graph_b');
SELECT * FROM kg.path_totals(5, 2, along => 'sum', graph => 'graph_b');
SELECT count(*) FROM kg.path_totals(3, direction => 'both', graph => 'graph_b');
INSERT INTO graph_b.entity (id, type, name) SELECT i, 1, '' FROM generate_series(101, 130) i;
INSERT INTO graph_b.relation (id, source, target, type) SELECT 1000 + i, i, CASE i WHEN 130 THEN 101 ELSE i + 1 END, 1 FROM generate_series(101, 130) i;
SELECT * FROM kg.path_totals(101, graph => 'graph_b');
SELECT count(*) FROM kg.path_totals(NULL, graph => 'graph_b');
SELECT count(*) FROM kg.path_totals('{99}', graph => 'graph_b');
SELECT * FROM kg.path_totals(3, 0, graph => 'graph_b');
SELECT * FROM kg.path_totals(3, -1, graph => 'graph_b');
SELECT * FROM kg.path_totals(3, along => 'way', graph => 'graph_b');
SELECT * FROM kg.path_totals(3, along => NULL, graph => 'graph_b');

-- Pages
SELECT entity, depth, parent, relation FROM kg.traverse_page(1, graph => 'graph_c');
SELECT entity, depth, parent, relation FROM kg.traverse_page(1, NULL, max_rows => 3, graph => 'graph_c');
SELECT entity, depth, parent, relation FROM kg.traverse_page(1, NULL, max_rows => 3, after_depth => 1, after => '4', graph => 'graph_c');
SELECT entity, depth, parent, relation FROM kg.traverse_page(1, NULL, max_rows => 3, after_depth => 3, after => '6', graph => 'graph_c');
-- what the last page ended with may be gone
SELECT entity, depth FROM kg.traverse_page(1, NULL, max_rows => 3, after_depth => 1, after => '3', graph => 'graph_c');
SELECT entity, depth FROM kg.traverse_page('{8,1,99}', max_rows => NULL, graph => 'graph_c');
SELECT count(*) FROM kg.traverse_page(1, max_rows => 0, graph => 'graph_c');
SELECT count(*) FROM kg.traverse_page(NULL, graph => 'graph_c');
SELECT count(*) FROM kg.traverse_page(1, after => '1', graph => 'graph_c');
SELECT count(*) FROM kg.traverse_page(1, after_depth => 1, after => 'x', graph => 'graph_c');

-- Registered tables, keys of text and of numbers
CREATE TABLE graph_c.person (name text PRIMARY KEY);
CREATE TABLE graph_c.place (id int PRIMARY KEY);
CREATE TABLE graph_c.knows (a text REFERENCES graph_c.person, b text REFERENCES graph_c.person, weight float8);
CREATE TABLE graph_c.visits (person text REFERENCES graph_c.person, place int REFERENCES graph_c.place, weight float8);
INSERT INTO graph_c.person VALUES ('ann'), ('bob'), ('cat'), ('Zed');
INSERT INTO graph_c.place VALUES (9), (10), (11);
INSERT INTO graph_c.knows VALUES ('ann', 'bob', 0.25), ('bob', 'cat', 0.5), ('ann', 'Zed', 2);
INSERT INTO graph_c.visits VALUES ('ann', 9, 4), ('ann', 10, 1), ('bob', 9, 2), ('cat', 10, 1), ('cat', 11, 8);
SELECT kg.register_graph('graph_c_text', '"graph_c.person"', '"graph_c.knows"');
SELECT kg.register_graph('graph_c_two', '["graph_c.person", "graph_c.place"]', '["graph_c.knows", "graph_c.visits"]');
SELECT * FROM kg.distances('ann', graph => 'graph_c_text') ORDER BY cost;
SELECT * FROM kg.distances('{person:ann,person:bob}', 3, graph => 'graph_c_two') ORDER BY cost, key;
SELECT * FROM kg.cost_matrix('{ann,bob}', '{cat,Zed}', graph => 'graph_c_text') ORDER BY source_key COLLATE "C", target_key COLLATE "C";
SELECT * FROM kg.cost_matrix('person:ann', '{place:9,place:10,place:12}', graph => 'graph_c_two') ORDER BY source_key COLLATE "C", target_key COLLATE "C";
SELECT * FROM kg.path_totals('person:ann', graph => 'graph_c_two') ORDER BY key COLLATE "C";
SELECT * FROM kg.traverse_page('person:ann', graph => 'graph_c_two', max_rows => 4);
SELECT * FROM kg.traverse_page('person:ann', graph => 'graph_c_two', max_rows => 4, after_depth => 1, after => 'place:9');
SELECT key FROM kg.traverse_page('ann', graph => 'graph_c_text', max_rows => 3, after_depth => 1, after => 'Zed');
INSERT INTO graph_c.knows VALUES ('cat', 'ann', 1);
SELECT * FROM kg.path_totals('{person:ann}', graph => 'graph_c_two');
-- privileges: as for what they read
SET client_min_messages = warning;
CREATE ROLE graph_c_reader;
GRANT USAGE ON SCHEMA graph_c TO graph_c_reader;
GRANT SELECT ON graph_c.entity, graph_c.relation_type TO graph_c_reader;
GRANT SELECT (id, source, target, expired_at) ON graph_c.relation TO graph_c_reader;
SET ROLE graph_c_reader;
SELECT count(*) FROM kg.distances(1, graph => 'graph_c');
SELECT count(*) FROM kg.distances(1, weighted => false, graph => 'graph_c');
SELECT count(*) FROM kg.cost_matrix(1, 6, graph => 'graph_c');
SELECT count(*) FROM kg.cost_matrix(1, 6, weighted => false, graph => 'graph_c');
SELECT count(*) FROM kg.path_totals(1, graph => 'graph_c');
SELECT count(*) FROM kg.traverse_page(1, graph => 'graph_c');
RESET ROLE;
GRANT SELECT ON graph_c.relation TO graph_c_reader;
ALTER TABLE graph_c.entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY no_4 ON graph_c.entity USING (id <> 4);
SET ROLE graph_c_reader;
SELECT array_agg(entity ORDER BY entity) FROM kg.distances(1, graph => 'graph_c');
SELECT count(*) FROM kg.cost_matrix(1, 6, graph => 'graph_c');
SELECT array_agg(entity ORDER BY entity) FROM kg.path_totals(1, graph => 'graph_c');
SELECT array_agg(entity ORDER BY entity) FROM kg.traverse_page(1, graph => 'graph_c');
RESET ROLE;
DROP OWNED BY graph_c_reader;
DROP ROLE graph_c_reader;

-- Each reader, against SQL, on a random graph
SELECT kg.create_graph('graph_r');
INSERT INTO graph_r.entity_type (name) VALUES ('node');
INSERT INTO graph_r.relation_type (name) VALUES ('x'), ('y');
INSERT INTO graph_r.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 300) i;
INSERT INTO graph_r.relation (source, target, type, weight)
SELECT 1 + abs(hashint8extended(i, 1) % 300), 1 + abs(hashint8extended(i, 2) % 300), 1 + abs(hashint8extended(i, 3) % 2), abs(hashint8extended(i, 4) % 40) / 8.0
FROM generate_series(1, 900) i;
VACUUM ANALYZE graph_r.entity, graph_r.relation;
CREATE FUNCTION by_readers(query text) RETURNS TABLE (readers text, answer text) LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE found (reader text, answer text) ON COMMIT DROP;
	FOR by_readers.readers IN SELECT unnest('{leaf,index,heap,sql}'::text[]) LOOP
		PERFORM set_config('kg.adjacency_reader', by_readers.readers, true);
		EXECUTE query INTO by_readers.answer;
		INSERT INTO found VALUES (by_readers.readers, by_readers.answer);
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', true);
	RETURN QUERY SELECT string_agg(f.reader, ', '), f.answer FROM found f GROUP BY 2 ORDER BY 1;
	DROP TABLE found;
END $$;
CREATE TABLE graph_r.costs (source bigint, entity bigint, cost float8, round int, PRIMARY KEY (source, entity));
INSERT INTO graph_r.costs SELECT i, i, 0, 0 FROM generate_series(1, 10) i;
DO $$
DECLARE
	n int := 0;
BEGIN
	LOOP
		INSERT INTO graph_r.costs AS c
		SELECT c.source, r.target, min(c.cost + r.weight), n + 1
		FROM graph_r.costs c JOIN graph_r.relation r ON r.source = c.entity WHERE c.round = n GROUP BY 1, 2
		ON CONFLICT (source, entity) DO UPDATE SET cost = excluded.cost, round = excluded.round WHERE excluded.cost < c.cost;
		EXIT WHEN NOT FOUND;
		n := n + 1;
	END LOOP;
END
$$;
SELECT * FROM by_readers($$
	SELECT count(*) || ' distances, ' || count(*) FILTER (WHERE d.cost IS DISTINCT FROM c.cost) || ' wrong, ' ||
		count(*) FILTER (WHERE parent IS NOT NULL AND NOT EXISTS (SELECT FROM graph_r.relation r, graph_r.costs p
			WHERE r.id = d.relation AND r.source = d.parent AND r.target = d.entity AND (p.source, p.entity) = (s, d.parent) AND p.cost + r.weight = d.cost)) || ' wrong parents'
	FROM (SELECT s, d.* FROM generate_series(1, 10) s, kg.distances(s, 12, graph => 'graph_r') d) d
	FULL JOIN (SELECT * FROM graph_r.costs WHERE cost <= 12) c ON (c.source, c.entity) = (d.s, d.entity)$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' distances, ' || count(*) FILTER (WHERE d.cost IS DISTINCT FROM c.cost) || ' wrong, ' ||
		count(*) FILTER (WHERE (SELECT cost FROM graph_r.costs WHERE (source, entity) = (d.source, d.entity)) <> d.cost) || ' wrong sources'
	FROM kg.distances(ARRAY(SELECT generate_series(1, 10)), graph => 'graph_r') d
	FULL JOIN (SELECT entity, min(cost) AS cost FROM graph_r.costs GROUP BY 1) c USING (entity)$$);
-- the nearest n are the n of the least costs
SELECT * FROM by_readers($$
	SELECT string_agg(((SELECT array_agg(cost ORDER BY o)::text FROM kg.distances(3, max_nodes => n, graph => 'graph_r') WITH ORDINALITY d(a, cost, b, c, e, f, g, h, o)) =
		(SELECT array_agg(cost ORDER BY cost)::text FROM (SELECT cost FROM graph_r.costs WHERE source = 3 ORDER BY cost LIMIT n) c))::text, ' ' ORDER BY n)
	FROM unnest('{1,2,10,50,150,1000}'::int[]) n$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' costs, ' || count(*) FILTER (WHERE m.cost IS DISTINCT FROM c.cost) || ' wrong'
	FROM kg.cost_matrix(ARRAY(SELECT generate_series(1, 10)), ARRAY(SELECT generate_series(5, 300, 7)), graph => 'graph_r') m
	FULL JOIN (SELECT * FROM graph_r.costs WHERE entity % 7 = 5) c ON (c.source, c.entity) = (m.source, m.target)$$);
SELECT * FROM by_readers($$
	WITH RECURSIVE w(s, node, depth, product, way) AS (
		SELECT s, s::bigint, 0, 1::float8, 0::float8 FROM generate_series(1, 4) s
		UNION ALL SELECT s, r.target, depth + 1, product * r.weight, way + r.weight FROM w JOIN graph_r.relation r ON r.source = w.node WHERE depth < 5)
	SELECT count(*) || ' totals, ' || count(*) FILTER (WHERE (p.total, p.paths, p.minimum, p.maximum, q.total, q.minimum, q.maximum) IS DISTINCT FROM
		(w.product, w.paths, w.min_product, w.max_product, w.way, w.min_way, w.max_way)) || ' wrong'
	FROM (SELECT s, t.* FROM generate_series(1, 4) s, kg.path_totals(s, 5, graph => 'graph_r') t) p
	JOIN (SELECT s, t.* FROM generate_series(1, 4) s, kg.path_totals(s, 5, along => 'sum', graph => 'graph_r') t) q USING (s, entity)
	FULL JOIN (SELECT s, node, sum(product) AS product, count(*)::float8 AS paths, min(product) AS min_product, max(product) AS max_product,
		sum(way) AS way, min(way) AS min_way, max(way) AS max_way FROM w GROUP BY 1, 2) w ON (w.s, w.node) = (p.s, p.entity)$$);
-- of a graph without cycles all paths, as of so many relations as there can be
CREATE FUNCTION graph_r.totals(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE format('SELECT md5(string_agg((s, t)::text, '','' ORDER BY s, entity)) || '' of '' || count(*) FROM generate_series(1, 20) s, kg.path_totals(s, %s, graph => ''graph_r'', filter => ''s.id < t.id'') t', arguments) INTO found;
	RETURN found;
END $$;
SELECT graph_r.totals('along => ''sum''') = graph_r.totals('300, along => ''sum''') AS same, graph_r.totals('along => ''sum''') ~ 'of \d{3,}' AS many;
-- all pages, one after the other, are all rows in order, by whatever reader, and do not change with it
CREATE FUNCTION pages(start text, size int, graph text, max_depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	n int;
	d int;
	after text;
	result text := '';
BEGIN
	LOOP
		n := 0;
		FOR r IN SELECT * FROM kg.traverse_page(start, max_depth, max_rows => size, graph => graph, after_depth => d, after => after) LOOP
			n := n + 1;
			result := result || r::text;
			d := r.depth;
			after := coalesce(r.entity::text, r.key);
		END LOOP;
		EXIT WHEN n < size;
	END LOOP;
	RETURN result;
END $$;
SELECT * FROM by_readers($$
	SELECT md5(string_agg((entity, depth, parent, relation, key, parent_key)::text, '' ORDER BY depth, entity)) = md5(pages('{1,2}', 7, 'graph_r', NULL)) AND
		md5(pages('{1,2}', 7, 'graph_r', NULL)) = md5(pages('{1,2}', 50, 'graph_r', NULL)) FROM kg.traverse_page('{1,2}', NULL, max_rows => NULL, graph => 'graph_r')$$);
SELECT * FROM by_readers($$SELECT md5(pages('{1,2}', 7, 'graph_r', 4))$$);
SELECT * FROM by_readers($$
	SELECT count(*) || ' rows, ' || count(*) FILTER (WHERE t.depth IS DISTINCT FROM p.depth) || ' wrong'
	FROM kg.traverse('{1,2}', NULL, graph => 'graph_r') t FULL JOIN kg.traverse_page('{1,2}', NULL, max_rows => NULL, graph => 'graph_r') p USING (entity)$$);
-- the parent is the first, the relation the first from it
SELECT count(*) FILTER (WHERE (p.parent, p.relation) IS DISTINCT FROM (r.source, r.id)) AS wrong
	FROM kg.traverse_page('{1,2}', NULL, max_rows => NULL, graph => 'graph_r') p,
		LATERAL (SELECT source, id FROM graph_r.relation JOIN kg.traverse('{1,2}', NULL, graph => 'graph_r') t ON t.entity = source
			WHERE target = p.entity AND t.depth = p.depth - 1 ORDER BY source, id LIMIT 1) r;
SELECT pages('person:ann', 2, 'graph_c_two', NULL) = pages('person:ann', 5, 'graph_c_two', NULL) AS same;
EXPLAIN (COSTS OFF) SELECT entity FROM kg.distances(1, graph => 'graph_c');
SELECT kg.drop_graph('graph_c_text'), kg.drop_graph('graph_c_two');
DROP TABLE graph_c.visits, graph_c.knows, graph_c.place, graph_c.person, graph_r.costs;
DROP FUNCTION pages, by_readers, graph_r.totals;
SELECT kg.drop_graph('graph_c'), kg.drop_graph('graph_b'), kg.drop_graph('graph_r');
