-- Calls of all functions of schema kg that read or write tables or run SQL, to be run
-- under other conditions: a hostile search_path, odd names, roles without rights.
-- A new function is a line in "call".  In each, {g} stands for a graph of
-- kg.create_graph, {r} for a registered one, {keys} for one with other keys,
-- {new} for a name that no graph has, {schema} for the registered tables' schema.
-- Every name is qualified, since the calls run with any search_path.
SET jit = off;	-- calls have high costs and are done at once
CREATE TABLE public.call (id serial, call text);
INSERT INTO public.call (call) VALUES
	('kg.traverse(1, 3, ''both'', ''{knows}'', ''2024-01-01'', 100, {g})'),
	('kg.traverse(1, graph => {g}, properties => ''{}'', types => ''{knows,likes}'')'),
	('kg.traverse(1, graph => {g}, filter => ''r.weight IS NOT NULL AND s.id IS NOT NULL'')'),
	('kg.traverse(1, 3, ''both'', ''{knows}'', ''2024-01-01'', 100, {r})'),
	('kg.traverse(''a:x'', 3, ''both'', ''{knows,to}'', ''2024-01-01'', 100, {keys})'),
	('kg.traverse(''{a:x,b:1}'', 3, graph => {keys}, filter => ''true'')'),
	('kg.traverse(7, graph => {g}, types => ''{knowz}'')'),
	('kg.traverse_page(1, max_rows => 2, graph => {g})'),
	('kg.traverse_page(''a:x'', max_rows => 2, graph => {keys}, after_depth => 0, after => ''a:x'')'),
	('kg.neighborhood(1, graph => {g})'),
	('kg.neighbors(1, ''both'', graph => {g}, types => ''{likes}'')'),
	('kg.neighbors(''b:1'', ''both'', graph => {keys})'),
	('kg.subgraph(1, graph => {g}, as_of => ''2024-01-01'')'),
	('kg.subgraph(1, graph => {r})'),
	('kg.subgraph(''a:x'', 5, ''both'', graph => {keys})'),
	('kg.shortest_path(1, 4, graph => {g})'),
	('kg.shortest_path(1, 4, graph => {r}, weighted => true, types => ''{knows,likes}'')'),
	('kg.shortest_path(''a:x'', ''b:2'', graph => {keys})'),
	('kg.reachable(1, 4, graph => {g})'),
	('kg.reachable(''a:x'', ''c:["p", 1]'', graph => {keys})'),
	('kg.all_shortest_paths(1, 4, graph => {g}, weighted => true)'),
	('kg.all_shortest_paths(''a:x'', ''b:2'', graph => {keys}, weighted => true)'),
	('kg.k_shortest_paths(1, 4, graph => {g}, weighted => true)'),
	('kg.k_shortest_paths(''a:x'', ''b:2'', graph => {keys})'),
	('kg.paths(1, 4, graph => {g})'),
	('kg.paths(1, graph => {r}, properties => NULL)'),
	('kg.distances(1, graph => {g}, types => ''{knows}'')'),
	('kg.distances(''a:x'', graph => {keys})'),
	('kg.cost_matrix(ARRAY[1, 2], ARRAY[3, 4], graph => {g})'),
	('kg.path_totals(1, 3, graph => {g})'),
	('kg.knn(''[1,2]'', 3, graph => {g})'),
	('kg.knn(''[1,2]'', 3, ''person'', {g})'),
	('kg.knn(''[1,2]'', 3, graph => {r})'),
	('kg.explain_traverse(''both'', graph => {g})'),
	('kg.explain_traverse(''both'', graph => {keys}, types => ''{knows}'')'),
	('kg.degree(graph => {g})'),
	('kg.degree(''{knows}'', ''2024-01-01'', {r})'),
	('kg.degree(graph => {keys})'),
	('kg.pagerank(graph => {g}, weighted => true)'),
	('kg.personalized_pagerank(1, graph => {g})'),
	('kg.personalized_pagerank(1, graph => {r}, weighted => true)'),
	('kg.connected_components(graph => {g})'),
	('kg.connected_components(''{knows}'', ''2024-01-01'', {keys})'),
	('kg.strongly_connected_components(graph => {g})'),
	('kg.label_propagation(graph => {g})'),
	('kg.leiden(graph => {g})'),
	('kg.triangles(graph => {g})'),
	('kg.clustering_coefficient(graph => {g})'),
	('kg.core_numbers(graph => {g})'),
	('kg.betweenness(graph => {g})'),
	('kg.edge_betweenness(graph => {g})'),
	('kg.closeness(graph => {g})'),
	('kg.harmonic_centrality(graph => {g})'),
	('kg.eigenvector_centrality(graph => {g}, direction => ''both'')'),
	('kg.katz_centrality(graph => {g})'),
	('kg.hits(graph => {g})'),
	('kg.topological_order(graph => {r})'),
	('kg.find_cycle(graph => {g})'),
	('kg.longest_path(graph => {r}, weighted => true)'),
	('kg.minimum_spanning_forest(graph => {g})'),
	('kg.bridges(graph => {g})'),
	('kg.articulation_points(graph => {g})'),
	('kg.modularity(ARRAY[1, 2, 3, 4, 5], ARRAY[1, 1, 2, 2, 2], graph => {g})'),
	('kg.random_walks(1, graph => {g})'),
	('kg.fastrp(4, graph => {g})'),
	('kg.node_similarity(1, graph => {g})'),
	('kg.link_prediction(1, graph => {g})'),
	('kg.export_graphml(graph => {g})'),
	('kg.export_graphml(''{1,2}'', ''{knows}'', ''2024-01-01'', {r})'),
	('kg.export_graphml(graph => {keys})'),
	('kg.to_dot(1, graph => {g})'),
	('kg.to_dot(''a:x'', graph => {keys})'),
	('kg.to_jsonl(graph => {g}, rename => true)'),
	('kg.to_jsonl(graph => {keys}, rename => true)'),
	('kg.check_graph({keys})'),
	('kg.discover({schema})'),
	('(SELECT x::pg_catalog.oid FROM kg.graph_language({g}) x)'),
	('(SELECT x.used, x.reason FROM kg.explain_index_use(''SELECT FROM '' OPERATOR(pg_catalog.||) pg_catalog.quote_ident({g}) OPERATOR(pg_catalog.||) ''.entity ORDER BY embedding OPERATOR(kg.<=>) pg_catalog.concat(''''[1,2]'''')::kg.vector LIMIT 1'') x)'),
	('kg.create_graph({new}, 2, language => ''simple'')'),
	('kg.upgrade_graph({g}, ''simple'')'),
	('kg.drop_graph({g}, true)'),
	('kg.drop_graph({keys})'),
	('kg.drop_losses()'),
	('kg.unregister_graph({g})'),
	('kg.register_graph({new}, pg_catalog.jsonb_build_array(pg_catalog.format(''%I.a'', {schema}), pg_catalog.format(''%I.b'', {schema})), pg_catalog.jsonb_build_array(pg_catalog.format(''%I.ab'', {schema})))'),
	('kg.register_graph({new}, pg_catalog.jsonb_build_array(pg_catalog.format(''%I.a'', {schema}), pg_catalog.format(''%I.b'', {schema}))::pg_catalog.text, ''[]'')'),
	('kg.register_tables({new}, ''l2'', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(''label'', ''x'', ''schema'', {schema}, ''table'', ''a'', ''key'', ''id'')), ''[]'')'),
	('kg.import_jsonl(''{"type":"entity","name":"n","entityType":"t","observations":["o"]}'' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ''{"type":"relation","from":"n","to":"m","relationType":"r"}'' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ''x'', {g}, create_missing => true)'),
	('kg.import_jsonl(''x'', {g}, strict => true)'),
	('kg.import_graphml(''<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="k" for="node" attr.name="properties" attr.type="string"/><graph><node id="1"><data key="k">{"a":1}</data></node><node id="2"/><edge source="1" target="2"/></graph></graphml>'', {g})'),
	('kg.import_csv(''id,type,extra'' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ''1,t,2'', ''source,target,weight'' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ''1,2,0.5'', {g}, create_missing => true)'),
	('(SELECT x.number, x.done FROM kg.upsert_entities(''[{"name": "N0", "type": "person", "properties": {"a": 1}, "aliases": ["zero"], "embedding": [1, 2]}, {"name": "new", "importance": 2}]'', {g}) x)'),
	('(SELECT x.number, x.done FROM kg.upsert_entities(''[{"name": "new", "type": "place", "embedding": [1]}]'', {g}) x)'),
	('(SELECT x.number, x.done FROM kg.upsert_relations(''[{"source": 1, "target": 2, "type": "knows", "weight": 3, "valid_from": "2020-01-01 UTC"}, {"source": {"name": "new", "type": "t"}, "target": 3, "type": "r"}]'', {g}) x)'),
	('(SELECT x.number, x.done FROM kg.add_observations(''[{"entity": 1, "content": "first"}, {"entity": "new", "content": "second", "at": "2020-01-01 UTC", "embedding": [1, 2]}]'', {g}) x)'),
	('(SELECT x.number, x.done FROM kg.add_passages(''[{"document": "d", "ordinal": 1, "content": "text", "mentions": [1, "new"]}, {"content": "text", "embedding": [1, 2]}]'', {g}) x)'),
	('(SELECT x.done, x.expired FROM kg.assert_fact(1, ''knows'', 2, ''2021-01-01 UTC'', weight => 2, properties => ''{"a": 1}'', graph => {g}) x)'),
	('(SELECT x.done, x.expired FROM kg.assert_fact(''new'', ''knows'', ''newer'', subject_type => ''person'', graph => {g}) x)'),
	('(SELECT kg.supersede(1, valid_from => ''2019-01-01 UTC'', weight => 3, graph => {g}) OPERATOR(pg_catalog.>) 0)'),
	('(SELECT kg.supersede(1, 3, ''2022-01-01 UTC'', graph => {g}) OPERATOR(pg_catalog.>) 0)'),
	('kg.retract(1, graph => {g})'),
	('kg.retract(observation => 1, graph => {g})'),
	('kg.set_relation_type(''likes'', true, {g})'),
	('kg.set_relation_type(''knows'', true, {g})'),
	('kg.merge_entities(1, 3, {g})'),
	('kg.forget(1, {g})'),
	('kg.resolve(''n1'', ''person'', embedding => ''[1,4]'', properties => ''{"a": 1}'', neighbors => ''{2,3}'', graph => {g})'),
	('(SELECT x.action, x.detail FROM kg.history(1, graph => {g}) x)'),
	('(SELECT x.action, x.detail FROM kg.history(relation => 1, graph => {g}) x)'),
	('kg.mcp_create_entities(''{"entities": [{"name": "Zed", "entityType": "dog", "observations": ["barks"]}]}'', {g})'),
	('kg.mcp_create_relations(''{"relations": [{"from": "n2", "to": "n3", "relationType": "sees"}]}'', {g})'),
	('kg.mcp_add_observations(''{"observations": [{"entityName": "n2", "contents": ["second"]}]}'', {g})'),
	('kg.mcp_delete_entities(''{"entityNames": ["n2", "nobody"]}'', {g})'),
	('kg.mcp_delete_observations(''{"deletions": [{"entityName": "n1", "observations": ["first"]}]}'', {g})'),
	('kg.mcp_delete_relations(''{"relations": [{"from": "n2", "to": "n3", "relationType": "likes"}]}'', {g})'),
	('kg.mcp_read_graph(graph => {g})'),
	('kg.mcp_search_nodes(''{"query": "FIRST"}'', {g})'),
	('kg.mcp_open_nodes(''{"names": ["n2", "nobody"]}'', {g})'),
	('kg.search(''who is n1 or n2'', ''[1,2]'', 3, {g}, seeds => 1, filter => ''e.id IS NOT NULL'', as_of => ''2024-01-01'')'),
	('kg.search(''first'', k => 3, graph => {g}, kinds => ''{entity,observation}'', types => ''{person}'', fusion => ''scores'', diversity => 0.5, known_at => ''2100-01-01'')'),
	('kg.search(''t1'', ''[1,2]'', 3, {r})'),
	('(SELECT x.leg FROM kg.explain_search(''n1'', ''[1,2]'', 3, {g}) x)'),
	('kg.context(''who is n1 or n2'', ''[1,2]'', 500, {g}, filter => ''e.id IS NOT NULL'', seeds => 1, as_of => ''2024-01-01'', known_at => ''2100-01-01'')'),
	('kg.context(''first'', budget => 20, graph => {g}, counter => ''pg_catalog.length(pg_catalog.text)''::pg_catalog.regprocedure::pg_catalog.oid::pg_catalog.regproc)'),
	('kg.context_json(''t1'', ''[1,2]'', 500, {r})'),
	('kg.refresh_text_statistics({g})'),
	('kg.index_known_at({g})'),
	('kg.traverse(1, graph => {g}, known_at => ''2100-01-01'')'),
	('kg.subgraph(1, graph => {g}, known_at => ''2100-01-01'', properties => ''{}'')'),
	('kg.degree(graph => {g}, known_at => ''2100-01-01'')'),
	('kg.export_graphml(graph => {g}, known_at => ''2100-01-01'')'),
	('kg.index_info(pg_catalog.format(''%I.entity_embedding'', {g})::pg_catalog.regclass)'),
	('kg.index_check(pg_catalog.format(''%I.entity_embedding'', {g})::pg_catalog.regclass)'),
	('kg.calibrate(pg_catalog.format(''%I.entity_embedding'', {g})::pg_catalog.regclass)'),
	('kg.flush_pending(pg_catalog.format(''%I.entity_embedding'', {g})::pg_catalog.regclass)'),
	('kg.prewarm(pg_catalog.format(''%I.entity_embedding'', {g})::pg_catalog.regclass, 1)'),
	('(SELECT queries, recall FROM kg.index_recall(pg_catalog.format(''%I.entity_embedding'', {g})::pg_catalog.regclass, 10, 2))'),
	('kg.estimate_index_size(1000, 100)'),
	('kg.knn_exact(pg_catalog.format(''%I.entity'', {g})::pg_catalog.regclass, ''embedding'', ''{"[1,2]"}'', 2, key => ''id'')'),
	('(SELECT query, rank, row_key FROM kg.knn_exact_join(pg_catalog.format(''%I.entity'', {g})::pg_catalog.regclass, ''embedding'', pg_catalog.format(''%I.entity'', {g})::pg_catalog.regclass, ''embedding'', 2, key => ''id'', query_key => ''id''))'),
	('(SELECT x.nodes_visited FROM kg.last_scan() x)'),
	('kg.node(''a'', 1)'),
	('kg.node_key(''a:1'', ''a'')'),
	('kg.node_label(''a:1'')'),
	('kg.name_key(''A  b'')');

-- The functions that this list leaves out: what is called by others only, and what
-- computes a value of its arguments in C (with a list of its own if it runs SQL)
CREATE FUNCTION public.not_called() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT DISTINCT p.proname::text
	FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.pronamespace = 'kg'::regnamespace AND p.prokind = 'f' AND
		NOT (l.lanname = 'c' AND p.provolatile = 'i') AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[]) AND
		p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'index_am_handler'::regtype) AND
		NOT EXISTS (SELECT FROM public.call c WHERE strpos(c.call, 'kg.' || p.proname || '(') > 0) AND
		NOT EXISTS (SELECT FROM pg_proc f WHERE f.pronamespace = p.pronamespace AND strpos(f.prosrc, 'kg.' || p.proname || '(') > 0) AND
		p.proname !~ '_body$'
	ORDER BY 1
$$;

-- A call with its placeholders filled in, as a query of one text
CREATE FUNCTION public.filled(call text, g text, r text, keys text, new_name text, schema_name text) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT pg_catalog.string_agg(pg_catalog.concat(x.*), pg_catalog.chr(10)) FROM %s x',
		replace(replace(replace(replace(replace(call, '{g}', quote_literal(g)), '{r}', quote_literal(r)), '{keys}', quote_literal(keys)),
			'{new}', quote_literal(new_name)), '{schema}', quote_literal(schema_name)))
$$;

-- What a query returns or raises with this search_path, and perhaps another setting; what
-- it has done is undone.
CREATE FUNCTION public.outcome(query text, path text, setting text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	detail text;
	hint text;
BEGIN
	IF setting IS NOT NULL THEN
		PERFORM set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), true);
	END IF;
	PERFORM pg_catalog.set_config('search_path', path, true);
	EXECUTE query INTO result;
	RAISE EXCEPTION USING ERRCODE = 'KG000';
EXCEPTION WHEN OTHERS THEN
	-- the search_path is the caller's again
	IF SQLSTATE = 'KG000' THEN
		RETURN coalesce(result, 'null');
	END IF;
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	-- what is in the detail since 19 was in the hint
	RETURN concat_ws(' ', 'error', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- Two graphs, and tables of a third and fourth with keys of all kinds, in these schemas
CREATE PROCEDURE public.make_graphs(g text, r text, keys text, schema_name text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM kg.create_graph(g, 2, language => 'simple');
	EXECUTE format($q$
INSERT INTO %1$I.entity_type (name) VALUES ('person'), ('place');
INSERT INTO %1$I.relation_type (name) VALUES ('knows'), ('likes');
INSERT INTO %1$I.entity (type, name, embedding) SELECT 1 + i %% 2, 'n' || i %% 4, kg.array_to_vector(ARRAY[i, 5 - i], 2, false) FROM generate_series(1, 5) i;
INSERT INTO %1$I.relation (source, target, type, weight, valid_from, recorded_at) SELECT s, t, y, w, f, '2020-01-01 UTC' FROM (VALUES (1, 2, 1, 0.5, '2020-01-01 UTC'::timestamptz), (2, 3, 2, 1, NULL), (3, 4, 1, 2, NULL), (1, 3, 1, 2, NULL), (3, 1, 2, 1, NULL)) v (s, t, y, w, f);
INSERT INTO %1$I.observation (entity, content, at, recorded_at) VALUES (1, 'first', '2020-01-01 UTC', '2020-01-01 UTC');
CREATE INDEX entity_embedding ON %1$I.entity USING kg_hnsw (embedding kg.vector_cosine_ops);
CREATE SCHEMA %2$I;
CREATE TABLE %2$I.node (id int PRIMARY KEY, title varchar, embedding kg.vector(2), extra jsonb);
CREATE TABLE %2$I.edge (id int PRIMARY KEY, s int REFERENCES %2$I.node, t int REFERENCES %2$I.node, type text, weight numeric, valid_from date, valid_to timestamp);
INSERT INTO %2$I.node SELECT i, 't' || i, kg.array_to_vector(ARRAY[i, 5 - i], 2, false), '{"a": 1}' FROM generate_series(1, 5) i;
INSERT INTO %2$I.edge VALUES (1, 1, 2, 'knows', 1), (2, 2, 3, 'likes', 2.5), (3, 3, 4, 'knows', 1), (4, 1, 3, 'knows', 7);
CREATE TYPE %2$I.mood AS ENUM ('x', 'y', 'z');
CREATE DOMAIN %2$I.number AS numeric CHECK (value > 0);
CREATE TABLE %2$I.a (id %2$I.mood PRIMARY KEY, name text, mood %2$I.mood);
CREATE TABLE %2$I.b (id %2$I.number PRIMARY KEY);
CREATE TABLE %2$I.c (p text, q int, PRIMARY KEY (p, q));
CREATE TABLE %2$I.ab (a %2$I.mood REFERENCES %2$I.a, b %2$I.number REFERENCES %2$I.b);
CREATE TABLE %2$I.bc (b %2$I.number REFERENCES %2$I.b, p text, q int, kind %2$I.mood, FOREIGN KEY (p, q) REFERENCES %2$I.c);
INSERT INTO %2$I.a VALUES ('x', 'X', 'x'), ('y', 'Y', 'y');
INSERT INTO %2$I.b VALUES (1), (2);
INSERT INTO %2$I.c VALUES ('p', 1);
INSERT INTO %2$I.ab VALUES ('x', 1), ('y', 2);
INSERT INTO %2$I.bc VALUES (1, 'p', 1, 'z'), (2, 'p', 1, 'x');
$q$, g, schema_name);
	PERFORM kg.register_graph(r, jsonb_build_array(format('%I.node', schema_name)), jsonb_build_array(format('%I.edge', schema_name)), 'l2');
	PERFORM kg.register_graph(keys,
		jsonb_build_array(jsonb_build_object('table', format('%I.a', schema_name), 'label', 'a'), format('%I.b', schema_name), format('%I.c', schema_name)),
		jsonb_build_array(jsonb_build_object('table', format('%I.ab', schema_name), 'type', 'knows'), jsonb_build_object('table', format('%I.bc', schema_name), 'type_column', 'kind')));
END
$$;
