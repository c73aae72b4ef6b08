--
-- Numbers of nodes never look like keys; joins back to the tables go through their indexes
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_joins;
SET search_path = graph_joins;
CREATE TABLE chunk (id int PRIMARY KEY, body text);
CREATE TABLE city (id uuid PRIMARY KEY, name text);
CREATE TABLE page (url text PRIMARY KEY, title text);
CREATE TABLE mentions (id int PRIMARY KEY, chunk int REFERENCES chunk, city uuid REFERENCES city);
CREATE TABLE link (id int PRIMARY KEY, a text REFERENCES page, b text REFERENCES page);
INSERT INTO chunk SELECT i, 'chunk ' || i FROM generate_series(1, 2000) i;
INSERT INTO city SELECT md5(i::text)::uuid, 'city ' || i FROM generate_series(1, 2000) i;
INSERT INTO mentions SELECT i, i, md5((i % 50 + 100)::text)::uuid FROM generate_series(1, 2000) i;
INSERT INTO page SELECT 'p:' || i, 'page ' || i FROM generate_series(1, 10) i;
INSERT INTO link SELECT i, 'p:' || i, 'p:' || (i + 1) FROM generate_series(1, 9) i;
ANALYZE;
SELECT kg.register_graph('several', '["chunk", {"table": "city", "embedding": null}]', '"mentions"'),
	kg.register_graph('texts', '"page"', '"link"');

-- wherever there would be a number of an entity there is none
CREATE FUNCTION integers(query text) RETURNS TABLE (answer text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT DISTINCT q::text COLLATE "C" FROM (%s) q ORDER BY 1', query);
END $$;
SELECT graph, fn, a.answer FROM (VALUES ('several', kg.node('chunk', 7), 'chunk:57'), ('texts', 'p:2', 'p:4')) g(graph, start, target),
	LATERAL (VALUES ('traverse', format('SELECT entity, parent FROM kg.traverse(ARRAY[%L], 2, ''both'', graph => %L)', start, graph)),
		('traverse, as a function', format('SELECT (t).entity, (t).parent FROM (SELECT kg.traverse(ARRAY[%L], 2, ''both'', graph => %L) t OFFSET 0) q', start, graph)),
		('neighbors', format('SELECT neighbor FROM kg.neighbors(%L::text, graph => %L)', start, graph)),
		('shortest_path', format('SELECT entity FROM kg.shortest_path(%L::text, %L, direction => ''both'', graph => %L)', start, target, graph)),
		('all_shortest_paths', format('SELECT nodes FROM kg.all_shortest_paths(%L::text, %L, direction => ''both'', graph => %L)', start, target, graph)),
		('k_shortest_paths', format('SELECT nodes FROM kg.k_shortest_paths(%L::text, %L, direction => ''both'', graph => %L)', start, target, graph)),
		('paths', format('SELECT nodes FROM kg.paths(%L::text, %L, direction => ''both'', graph => %L)', start, target, graph)),
		('shortest_path of arrays', format('SELECT entity FROM kg.shortest_path(ARRAY[%L], ARRAY[%L], direction => ''both'', graph => %L)', start, target, graph)),
		('distances', format('SELECT entity, parent, source FROM kg.distances(%L::text, 3, ''both'', graph => %L)', start, graph)),
		('cost_matrix', format('SELECT source, target FROM kg.cost_matrix(%L::text, %L, direction => ''both'', graph => %L)', start, target, graph)),
		('path_totals', format('SELECT entity FROM kg.path_totals(%L::text, 2, ''both'', graph => %L)', start, graph)),
		('traverse_page', format('SELECT entity, parent FROM kg.traverse_page(%L::text, 2, ''both'', graph => %L)', start, graph)),
		('degree', format('SELECT entity FROM kg.degree(graph => %L)', graph)),
		('pagerank', format('SELECT entity FROM kg.pagerank(graph => %L)', graph)),
		('personalized_pagerank', format('SELECT entity FROM kg.personalized_pagerank(ARRAY[%L], graph => %L)', start, graph)),
		('connected_components', format('SELECT entity FROM kg.connected_components(graph => %L)', graph)),
		('leiden', format('SELECT entity FROM kg.leiden(graph => %L)', graph)),
		('triangles', format('SELECT entity FROM kg.triangles(graph => %L)', graph)),
		('clustering', format('SELECT entity FROM kg.clustering_coefficient(graph => %L)', graph)),
		('node_similarity', format('SELECT entity, other FROM kg.node_similarity(%L::text, graph => %L)', start, graph))) f(fn, query),
	integers(f.query) a;
SELECT count(*), count(DISTINCT component), count(DISTINCT key) FROM kg.connected_components(graph => 'several');
SELECT key, parent_key FROM kg.traverse(ARRAY['p:2'], 2, graph => 'texts') ORDER BY depth;

-- nodes as text and back
SELECT kg.node('chunk', 7), kg.node('city', md5('1')::uuid), kg.node('page', 'p:1'), kg.node('page', NULL::text), kg.node(NULL, 1);
SELECT kg.node_label('page:p:1'), kg.node_key('page:p:1', 'page'), kg.node_key('page:p:1', 'pag'), kg.node_key('page:', 'page'), kg.node_key(NULL, 'page'), kg.node_key('page:1', NULL);
SELECT t.depth, c.body, y.name FROM kg.traverse(ARRAY[kg.node('chunk', 7)], 2, 'both', max_nodes => 4, graph => 'several') t
	LEFT JOIN chunk c ON c.id = kg.node_key(t.key, 'chunk')::int
	LEFT JOIN city y ON y.id = kg.node_key(t.key, 'city')::uuid WHERE t.depth < 2 ORDER BY 1, 2;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
EXPLAIN (costs off) SELECT * FROM kg.traverse(ARRAY['chunk:7'], 2, 'both', graph => 'several', max_nodes => 10) t JOIN chunk c ON c.id = kg.node_key(t.key, 'chunk')::int;
EXPLAIN (costs off) SELECT * FROM kg.traverse(ARRAY['chunk:7'], 2, 'both', graph => 'several', max_nodes => 10) t JOIN city c ON c.id = kg.node_key(t.key, 'city')::uuid;
SELECT kg.drop_graph('several'), kg.drop_graph('texts');
DROP SCHEMA graph_joins CASCADE;
