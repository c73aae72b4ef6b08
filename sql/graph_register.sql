--
-- kg.register_graph: graphs over tables of the user's own
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_reg;
SET search_path = graph_reg;

-- One node table, all guessed: keys, ends, types
CREATE TABLE person (id int PRIMARY KEY, name text, boss_id int REFERENCES person);
CREATE TABLE knows (a int REFERENCES person, b int REFERENCES person, weight numeric DEFAULT 2, PRIMARY KEY (a, b));
INSERT INTO person SELECT i, 'p' || i, CASE WHEN i > 0 THEN i / 2 END FROM generate_series(0, 9) i;
INSERT INTO knows SELECT i, (i * 3 + 1) % 10 FROM generate_series(0, 9) i;
SELECT kg.register_graph('social', nodes => '["person"]', edges => '["knows", "person"]');
SELECT name, schema_name, entity_table, metric FROM kg.graph;
SELECT * FROM kg.node_table;
\x
SELECT * FROM kg.edge_table ORDER BY number;
\x
SELECT entity, depth, relation, key FROM kg.traverse('{1}', graph => 'social') ORDER BY depth, entity;
SELECT entity, depth FROM kg.traverse('{1}', graph => 'social', types => '{boss}') ORDER BY depth, entity;
SELECT entity, depth FROM kg.traverse('{1}', graph => 'social', types => '{nothing}');
SELECT * FROM kg.neighbors(1, 'both', graph => 'social') ORDER BY type_name, outgoing, neighbor;
SELECT entity, relation FROM kg.shortest_path(1, 3, graph => 'social') ORDER BY step;

-- Several node tables, with keys of several types
CREATE TABLE company (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text UNIQUE NOT NULL);
CREATE TABLE works (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person int REFERENCES person, company text REFERENCES company (name), role text);
INSERT INTO company (name) VALUES ('acme'), ('b:c');
INSERT INTO works (person, company, role) SELECT i, CASE WHEN i % 2 = 0 THEN 'acme' ELSE 'b:c' END, CASE WHEN i < 5 THEN 'boss' ELSE 'clerk' END FROM generate_series(0, 9) i;
SELECT kg.register_graph('multi', nodes => '["person", {"table": "company", "key": "name"}]',
	edges => '["knows", {"table": "works", "type_column": "role"}]');
SELECT key, depth, relation FROM kg.traverse(ARRAY['person:1'], graph => 'multi') ORDER BY depth, key;
SELECT key, depth FROM kg.traverse(ARRAY['company:b:c', 'person:77'], 1, 'in', graph => 'multi') ORDER BY depth, key;
SELECT key, depth FROM kg.traverse('{company:acme}', 1, 'both', '{clerk}', graph => 'multi') ORDER BY depth, key;
SELECT key, type_name, outgoing, relation FROM kg.neighbors('person:4', 'both', graph => 'multi') ORDER BY key, type_name, outgoing;
SELECT key, relation FROM kg.shortest_path('person:9', 'company:acme', graph => 'multi') ORDER BY step;
SELECT key, parent_key FROM kg.traverse('{person:1}', 1, graph => 'multi') ORDER BY key;

-- Nodes that cannot be
SELECT * FROM kg.traverse('{1}', graph => 'multi');
SELECT * FROM kg.traverse(ARRAY[1], graph => 'multi');
SELECT * FROM kg.traverse('{planet:1}', graph => 'multi');
SELECT * FROM kg.traverse('{person:one}', graph => 'multi');
SELECT * FROM kg.neighbors(1.5, graph => 'multi');
SELECT kg.neighborhood('{person:1}', graph => 'multi');
SELECT * FROM kg.traverse('{one}', graph => 'social');

SELECT kg.drop_graph('multi');
SELECT kg.drop_graph('social');
SELECT count(*) FROM person;

--
-- The same data in a graph of kg.create_graph and in several registered ones
-- gives the same answers: nodes 1 to 60, some alone; loops, parallel edges,
-- ends that are null, and ends that no node table has.
--
SELECT kg.create_graph('reg_native');
INSERT INTO reg_native.entity_type (name) VALUES ('node');
INSERT INTO reg_native.relation_type (name) VALUES ('a'), ('b'), ('c');
INSERT INTO reg_native.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 60) i;
INSERT INTO reg_native.relation (id, source, target, type, weight, valid_from, valid_to)
SELECT i, 1 + abs(hashint8extended(i, 1) % 50), 1 + abs(hashint8extended(i, 2) % 50), 1 + i % 3, i % 7,
	CASE WHEN i % 4 = 0 THEN timestamptz '2020-01-01 UTC' END, CASE WHEN i % 5 = 0 THEN timestamptz '2021-01-01 UTC' END
FROM generate_series(1, 150) i;
INSERT INTO reg_native.relation (id, source, target, type, weight) VALUES (200, 7, 7, 1, 1), (201, 7, 7, 2, 3), (202, 1, 2, 1, 1), (203, 1, 2, 1, 1);
-- what does not count: a null end, an end that is not there
CREATE VIEW edge_rows AS
	SELECT r.id, r.source, r.target, t.name AS type, r.weight, r.valid_from, r.valid_to
	FROM reg_native.relation r JOIN reg_native.relation_type t ON t.id = r.type
	UNION ALL VALUES (300, 1, NULL, 'a', 1, NULL::timestamptz, NULL::timestamptz), (301, NULL, 1, 'a', 1, NULL, NULL), (302, NULL, NULL, 'a', 1, NULL, NULL),
		(303, 1, 77, 'a', 1, NULL, NULL), (304, 77, 2, 'a', 1, NULL, NULL), (305, 77, 78, 'b', 1, NULL, NULL);

-- The keys of each graph, for comparing: what an address means
CREATE TABLE addresses (graph text, key text, id bigint, PRIMARY KEY (graph, key));
CREATE FUNCTION address_of(graph text, id bigint) RETURNS text LANGUAGE sql STABLE AS
	$$SELECT coalesce((SELECT a.key FROM graph_reg.addresses a WHERE a.graph = $1 AND a.id = $2), $2::text)$$;

-- bigint keys, foreign keys, covering indexes: as fast as a graph of kg.create_graph
CREATE TABLE big_node (id bigint PRIMARY KEY, title text);
CREATE TABLE big_a (id bigint PRIMARY KEY, s bigint NOT NULL REFERENCES big_node, t bigint NOT NULL REFERENCES big_node, w real, valid_from timestamptz, valid_to timestamptz);
CREATE TABLE big_b (LIKE big_a INCLUDING ALL, FOREIGN KEY (s) REFERENCES big_node, FOREIGN KEY (t) REFERENCES big_node);
CREATE TABLE big_c (LIKE big_b INCLUDING ALL, FOREIGN KEY (s) REFERENCES big_node, FOREIGN KEY (t) REFERENCES big_node);
INSERT INTO big_node SELECT id, name FROM reg_native.entity;
INSERT INTO big_a SELECT id, source, target, weight, valid_from, valid_to FROM edge_rows WHERE type = 'a' AND id < 300;
INSERT INTO big_b SELECT id, source, target, weight, valid_from, valid_to FROM edge_rows WHERE type = 'b' AND id < 300;
INSERT INTO big_c SELECT id, source, target, weight, valid_from, valid_to FROM edge_rows WHERE type = 'c' AND id < 300;
CREATE INDEX ON big_a (s) INCLUDE (t, id, w, valid_from, valid_to);
CREATE INDEX ON big_a (t) INCLUDE (s, id, w, valid_from, valid_to);
CREATE INDEX ON big_b (s) INCLUDE (t, id, w, valid_from, valid_to);
CREATE INDEX ON big_b (t) INCLUDE (s, id, w, valid_from, valid_to);
CREATE INDEX ON big_c (s) INCLUDE (t, id, w, valid_from, valid_to);
CREATE INDEX ON big_c (t) INCLUDE (s, id, w, valid_from, valid_to);
SELECT kg.register_graph('reg_big', '["big_node"]', format('[%s]', (
	SELECT string_agg(format('{"table": "big_%1$s", "source": "s", "target": "t", "type": "%1$s", "weight": "w"}', x), ',') FROM unnest('{a,b,c}'::text[]) x))::jsonb);

-- integer keys, and ends that may be null: the same
CREATE TABLE int_node (id int PRIMARY KEY, title text);
CREATE TABLE int_a (no int PRIMARY KEY, s int REFERENCES int_node, t int REFERENCES int_node, w float8, valid_from timestamptz, valid_to timestamptz);
CREATE TABLE int_b (no smallint PRIMARY KEY, s smallint REFERENCES int_node, t bigint REFERENCES int_node, w float8, valid_from timestamptz, valid_to timestamptz);
CREATE TABLE int_c (LIKE int_a INCLUDING ALL, FOREIGN KEY (s) REFERENCES int_node, FOREIGN KEY (t) REFERENCES int_node);
INSERT INTO int_node SELECT id, name FROM reg_native.entity;
INSERT INTO int_a SELECT id, source, target, weight, valid_from, valid_to FROM edge_rows WHERE type = 'a' AND id < 303;
INSERT INTO int_b SELECT id, source, target, weight, valid_from, valid_to FROM edge_rows WHERE type = 'b' AND id < 303;
INSERT INTO int_c SELECT id, source, target, weight, valid_from, valid_to FROM edge_rows WHERE type = 'c' AND id < 303;
CREATE INDEX ON int_a (s) INCLUDE (t, no, w, valid_from, valid_to);
CREATE INDEX ON int_a (t) INCLUDE (s, no, w, valid_from, valid_to);
CREATE INDEX ON int_b (s) INCLUDE (valid_from, t, w, no, valid_to);
CREATE INDEX ON int_b (t) INCLUDE (no, valid_from, s, w, valid_to);
CREATE INDEX ON int_c (s) INCLUDE (w, t, no, valid_from, valid_to);
CREATE INDEX ON int_c (t) INCLUDE (w, s, no, valid_from, valid_to);
SELECT kg.register_graph('reg_int', '["int_node"]', format('[%s]', (
	SELECT string_agg(format('{"table": "int_%1$s", "source": "s", "target": "t", "type": "%1$s", "weight": "w", "id": "no"}', x), ',') FROM unnest('{a,b,c}'::text[]) x))::jsonb);

-- smallint and integer keys, plain indexes, no foreign keys
CREATE TABLE small_node (id smallint PRIMARY KEY, title text);
CREATE TABLE small_edge (no int PRIMARY KEY, s int, t smallint, kind varchar(10), w numeric, valid_from timestamptz, valid_to timestamptz);
INSERT INTO small_node SELECT id, name FROM reg_native.entity;
INSERT INTO small_edge SELECT * FROM edge_rows;
CREATE INDEX ON small_edge (s);
CREATE INDEX ON small_edge (t);
SELECT kg.register_graph('reg_small', '["small_node"]', '[{"table": "small_edge", "source": "s", "target": "t", "type_column": "kind", "weight": "w"}]');

-- uuid
CREATE TABLE uuid_node (id uuid PRIMARY KEY, title text);
CREATE TABLE uuid_edge (no bigint, s uuid, t uuid, type text, weight float8, valid_from date, valid_to date);
INSERT INTO uuid_node SELECT md5(id::text)::uuid, name FROM reg_native.entity;
INSERT INTO uuid_edge SELECT id, md5(source::text)::uuid, md5(target::text)::uuid, type, weight, valid_from, valid_to FROM edge_rows;
INSERT INTO addresses SELECT 'reg_uuid', md5(id::text)::uuid, id FROM reg_native.entity;
CREATE INDEX ON uuid_edge (s);
CREATE INDEX ON uuid_edge (t);
SELECT kg.register_graph('reg_uuid', '["uuid_node"]', '[{"table": "uuid_edge", "source": "s", "target": "t", "id": "no"}]');

-- text
CREATE TABLE text_node (name varchar(20) PRIMARY KEY);
CREATE TABLE text_edge (no bigint, s text COLLATE "C", t text, type text, weight float8, valid_from timestamptz, valid_to timestamptz);
INSERT INTO text_node SELECT name FROM reg_native.entity;
INSERT INTO text_edge SELECT id, 'n' || source, 'n' || target, type, weight, valid_from, valid_to FROM edge_rows;
INSERT INTO addresses SELECT 'reg_text', name, id FROM reg_native.entity;
CREATE INDEX ON text_edge (s);
CREATE INDEX ON text_edge (t);
SELECT kg.register_graph('reg_text', '["text_node"]', '[{"table": "text_edge", "source": "s", "target": "t", "id": "no"}]');

-- Two node tables with keys of two types; edge tables for each pair of them
CREATE TABLE odd (id int PRIMARY KEY);
CREATE TABLE even (code text PRIMARY KEY);
INSERT INTO odd SELECT id FROM reg_native.entity WHERE id % 2 = 1;
INSERT INTO even SELECT id FROM reg_native.entity WHERE id % 2 = 0;
CREATE TABLE odd_odd AS SELECT id, source::int AS s, target::int AS t, type, weight, valid_from, valid_to FROM edge_rows WHERE source % 2 = 1 AND target % 2 = 1;
CREATE TABLE odd_even AS SELECT id, source::int AS s, target::text AS t, type, weight, valid_from, valid_to FROM edge_rows WHERE source % 2 = 1 AND coalesce(target, 0) % 2 = 0;
CREATE TABLE even_odd AS SELECT id, source::text AS s, target::int AS t, type, weight, valid_from, valid_to FROM edge_rows WHERE coalesce(source, 0) % 2 = 0 AND target % 2 = 1;
CREATE TABLE even_even AS SELECT id, source::text AS s, target::text AS t, type, weight, valid_from, valid_to FROM edge_rows WHERE coalesce(source, 0) % 2 = 0 AND coalesce(target, 0) % 2 = 0;
INSERT INTO addresses SELECT 'reg_two', CASE id % 2 WHEN 0 THEN 'even:' ELSE 'odd:' END || id, id FROM reg_native.entity;
SELECT kg.register_graph('reg_two', '["odd", "even"]', (
	SELECT jsonb_agg(jsonb_build_object('table', s || '_' || t, 'source', 's', 'target', 't', 'source_label', s, 'target_label', t, 'id', 'id'))
	FROM unnest('{odd,even}'::text[]) s, unnest('{odd,even}'::text[]) t));

-- uuid, text, and two node tables again, with foreign keys and indexes that hold all that is needed
CREATE FUNCTION covered_edges(edges text, type text, source_nodes text, target_nodes text, rows text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE %1$s AS %2$s', edges, rows);
	EXECUTE format('CREATE INDEX ON %1$s (s) INCLUDE (t, id, weight, valid_from, valid_to); CREATE INDEX ON %1$s (t) INCLUDE (valid_from, s, weight, valid_to, id)', edges);
	EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (s) REFERENCES %s, ADD FOREIGN KEY (t) REFERENCES %s', edges, source_nodes, target_nodes);
END
$$;
CREATE TABLE word_node (name text PRIMARY KEY);
INSERT INTO word_node SELECT name FROM reg_native.entity;
INSERT INTO addresses SELECT 'reg_uuids', md5(id::text)::uuid, id FROM reg_native.entity;
INSERT INTO addresses SELECT 'reg_words', name, id FROM reg_native.entity;
INSERT INTO addresses SELECT 'reg_twos', CASE id % 2 WHEN 0 THEN 'even:' ELSE 'odd:' END || id, id FROM reg_native.entity;
SELECT count(covered_edges('uuids_' || type, type, 'uuid_node', 'uuid_node', format(
	'SELECT id, md5(source::text)::uuid AS s, md5(target::text)::uuid AS t, weight, valid_from::timestamp, valid_to::date FROM edge_rows WHERE type = %L AND id < 303', type)))
FROM unnest('{a,b,c}'::text[]) type;
SELECT count(covered_edges('words_' || type, type, 'word_node', 'word_node', format(
	'SELECT id, ''n'' || source AS s, ''n'' || target AS t, weight, valid_from, valid_to FROM edge_rows WHERE type = %L AND id < 303', type)))
FROM unnest('{a,b,c}'::text[]) type;
SELECT count(covered_edges(f || 's_' || t || '_' || type, type, f, t, format(
	'SELECT id, s, t, weight, valid_from, valid_to FROM %s_%s WHERE type = %L AND id < 303', f, t, type)))
FROM unnest('{a,b,c}'::text[]) type, unnest('{odd,even}'::text[]) f, unnest('{odd,even}'::text[]) t;
SELECT kg.register_graph('reg_uuids', '["uuid_node"]', (
	SELECT jsonb_agg(jsonb_build_object('table', 'uuids_' || type, 'source', 's', 'target', 't', 'type', type, 'id', 'id')) FROM unnest('{a,b,c}'::text[]) type));
SELECT kg.register_graph('reg_words', '["word_node"]', (
	SELECT jsonb_agg(jsonb_build_object('table', 'words_' || type, 'source', 's', 'target', 't', 'type', type, 'id', 'id')) FROM unnest('{a,b,c}'::text[]) type));
SELECT kg.register_graph('reg_twos', '["odd", "even"]', (
	SELECT jsonb_agg(jsonb_build_object('table', f || 's_' || t || '_' || type, 'source', 's', 'target', 't', 'source_label', f, 'target_label', t, 'type', type, 'id', 'id'))
	FROM unnest('{a,b,c}'::text[]) type, unnest('{odd,even}'::text[]) f, unnest('{odd,even}'::text[]) t));
CREATE INDEX ON odd_odd (s);
CREATE INDEX ON odd_odd (t);
CREATE INDEX ON odd_even (s);
CREATE INDEX ON odd_even (t);
CREATE INDEX ON even_odd (s);
CREATE INDEX ON even_odd (t);
CREATE INDEX ON even_even (s);
CREATE INDEX ON even_even (t);

-- Views and partitions
CREATE VIEW view_node AS SELECT id, name FROM reg_native.entity;
CREATE TABLE part_edge (id bigint, source bigint, target bigint, type text, weight real, valid_from timestamptz, valid_to timestamptz) PARTITION BY HASH (source);
CREATE TABLE part_edge_0 PARTITION OF part_edge FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_edge_1 PARTITION OF part_edge FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO part_edge SELECT * FROM edge_rows;
SELECT kg.register_graph('reg_view', '{"table": "view_node", "key": "id"}', '{"table": "part_edge", "id": "id"}');

-- What functions return on a graph, in terms of the native one's ids
CREATE FUNCTION answers(graph text) RETURNS TABLE (what text, answer text) LANGUAGE plpgsql AS $$
DECLARE
	direction text;
	filter text;
BEGIN
	FOREACH direction IN ARRAY '{out,in,both}'::text[] LOOP
		FOREACH filter IN ARRAY ARRAY['NULL, NULL', $q$'{a,c,none}', NULL$q$, $q$NULL, '2020-06-01 UTC'$q$, $q$'{b}', '2022-01-01 UTC'$q$, $q$'{}', NULL$q$] LOOP
			what := concat_ws(' ', 'traverse', direction, filter);
			EXECUTE format($q$
				SELECT string_agg(concat_ws(':', s, coalesce(a.id, t.entity), t.depth, t.relation IS NULL), ',' ORDER BY s, coalesce(a.id, t.entity))
				FROM generate_series(1, 78, 3) s,
					kg.traverse(ARRAY[graph_reg.address_of(%1$L, s), graph_reg.address_of(%1$L, 60)], 2, %2$L, %3$s, graph => %1$L) t
					LEFT JOIN graph_reg.addresses a ON a.graph = %1$L AND a.key = t.key
				WHERE s <= 60$q$, graph, direction, filter) INTO answer;
			RETURN NEXT;
			what := concat_ws(' ', 'neighbors', direction, filter);
			EXECUTE format($q$
				SELECT string_agg(concat_ws(':', s, coalesce(a.id, n.neighbor), n.relation, n.weight, n.outgoing,
						coalesce(n.type_name, (SELECT r.name FROM reg_native.relation_type r WHERE r.id = n.type))),
					',' ORDER BY s, n.relation, n.outgoing)
				FROM generate_series(1, 60, 2) s, kg.neighbors(graph_reg.address_of(%1$L, s), %2$L, %3$s, graph => %1$L) n
					LEFT JOIN graph_reg.addresses a ON a.graph = %1$L AND a.key = n.key$q$, graph, direction, filter) INTO answer;
			RETURN NEXT;
			what := concat_ws(' ', 'path', direction, filter);
			EXECUTE format($q$
				SELECT string_agg(concat_ws(':', s, (SELECT count(*) FROM
						kg.shortest_path(graph_reg.address_of(%1$L, s), graph_reg.address_of(%1$L, 1 + s * 7 %% 50), NULL, %2$L, %3$s, graph => %1$L))), ',' ORDER BY s)
				FROM generate_series(1, 60, 4) s$q$, graph, direction, filter) INTO answer;
			RETURN NEXT;
		END LOOP;
		what := 'pagerank ' || direction;
		EXECUTE format($q$
			SELECT string_agg(concat_ws(':', coalesce(a.id, n.entity), round(n.score::numeric, 6)), ',' ORDER BY coalesce(a.id, n.entity))
			FROM kg.pagerank(direction => %2$L, weighted => true, graph => %1$L) n
				LEFT JOIN graph_reg.addresses a ON a.graph = %1$L AND a.key = n.key$q$, graph, direction) INTO answer;
		RETURN NEXT;
		what := 'personalized pagerank ' || direction;
		EXECUTE format($q$
			SELECT string_agg(concat_ws(':', coalesce(a.id, n.entity), round(n.score::numeric, 6)), ',' ORDER BY coalesce(a.id, n.entity))
			FROM kg.personalized_pagerank(ARRAY[graph_reg.address_of(%1$L, 3), graph_reg.address_of(%1$L, 8)], epsilon => 1e-12, direction => %2$L, types => '{a,b}', graph => %1$L) n
				LEFT JOIN graph_reg.addresses a ON a.graph = %1$L AND a.key = n.key$q$, graph, direction) INTO answer;
		RETURN NEXT;
	END LOOP;
	what := 'degree';
	EXECUTE format($q$
		SELECT string_agg(concat_ws(':', coalesce(a.id, n.entity), n.in_degree, n.out_degree), ',' ORDER BY coalesce(a.id, n.entity))
		FROM kg.degree('{a,c}', '2020-06-01 UTC', graph => %1$L) n
			LEFT JOIN graph_reg.addresses a ON a.graph = %1$L AND a.key = n.key$q$, graph) INTO answer;
	RETURN NEXT;
	what := 'components';
	EXECUTE format($q$
		SELECT string_agg(size::text, ',' ORDER BY size) FROM (
			SELECT count(*) AS size FROM kg.connected_components('{a}', graph => %1$L) GROUP BY component) c$q$, graph) INTO answer;
	RETURN NEXT;
	what := 'similarity';
	EXECUTE format($q$
		SELECT string_agg(concat_ws(':', coalesce(a.id, n.entity), coalesce(b.id, n.other), round(n.score::numeric, 6)), ',' ORDER BY coalesce(a.id, n.entity), coalesce(b.id, n.other))
		FROM kg.node_similarity(ARRAY[graph_reg.address_of(%1$L, 1), graph_reg.address_of(%1$L, 2)], k => NULL, graph => %1$L) n
			LEFT JOIN graph_reg.addresses a ON a.graph = %1$L AND a.key = n.key
			LEFT JOIN graph_reg.addresses b ON b.graph = %1$L AND b.key = n.other_key$q$, graph) INTO answer;
	RETURN NEXT;
END
$$;
ANALYZE;
CREATE TABLE expected AS SELECT * FROM answers('reg_native');
SELECT count(*), count(answer), count(DISTINCT answer) FROM expected;
-- Which readers serve, and where answers differ
CREATE FUNCTION compare(graph text) RETURNS TABLE (reader text, serves text, answers bigint, different text) LANGUAGE plpgsql AS $$
BEGIN
	FOREACH reader IN ARRAY (SELECT enumvals FROM pg_settings WHERE name = 'kg.adjacency_reader') LOOP
		-- what is chosen is one of the others
		CONTINUE WHEN reader = 'auto' AND graph <> 'reg_small';
		PERFORM set_config('kg.adjacency_reader', reader, false);
		BEGIN
			serves := 'yes';
			SELECT count(*), string_agg(a.what, ', ') FILTER (WHERE a.answer IS DISTINCT FROM e.answer) INTO answers, different
			FROM graph_reg.answers(graph) a FULL JOIN graph_reg.expected e USING (what);
		EXCEPTION WHEN object_not_in_prerequisite_state THEN
			answers := NULL;
			different := NULL;
			GET STACKED DIAGNOSTICS serves = PG_EXCEPTION_DETAIL;
		END;
		RETURN NEXT;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', false);
END
$$;
SELECT g AS graph, c.* FROM unnest('{reg_native,reg_big,reg_int,reg_small,reg_uuid,reg_text,reg_two,reg_uuids,reg_words,reg_twos,reg_view}'::text[]) g, compare(g) c;
-- The choice, and why
SELECT leads, edges, reader, index FROM kg.explain_traverse('both', graph => 'reg_big');
SELECT edges, leads, reader, why FROM kg.explain_traverse(types => '{a,c}', graph => 'reg_big');
SELECT edges, reader FROM kg.explain_traverse(types => '{a,c}', graph => 'reg_int');
SELECT edges, reader, index, why FROM kg.explain_traverse(graph => 'reg_small');
SELECT edges, reader, index, why FROM kg.explain_traverse('in', graph => 'reg_view');
SELECT edges, reader, why FROM kg.explain_traverse(graph => 'reg_two') LIMIT 1;
SELECT edges, leads, reader, index, why FROM kg.explain_traverse('both', graph => 'reg_native');
SELECT edges, reader, why FROM kg.explain_traverse(filter => 'r.weight > 1', graph => 'reg_native');
SELECT count(kg.drop_graph(name)) FROM kg.graph WHERE name LIKE 'reg_%' AND schema_name IS NULL;
SELECT name FROM kg.graph;
SELECT count(*) FROM kg.node_table, kg.edge_table;
DROP SCHEMA graph_reg CASCADE;
SELECT kg.drop_graph('reg_native');
