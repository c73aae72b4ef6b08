--
-- Keys of nodes of each integer type, through each reader: least and greatest
-- values, nulls, nodes that no key can be, entries of rows that are gone
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_keys;
SET search_path = graph_keys;

-- What the readers find, and which of them find it
CREATE FUNCTION ask(graph text, start text, direction text DEFAULT 'out', depth int DEFAULT NULL)
RETURNS TABLE (readers text, found text) LANGUAGE plpgsql AS $$
DECLARE
	reader text;
	answers text[];
	answer text;
BEGIN
	FOREACH reader IN ARRAY '{leaf,index,heap,sql}'::text[] LOOP
		PERFORM set_config('kg.adjacency_reader', reader, true);
		BEGIN
			EXECUTE format($q$SELECT string_agg(coalesce(key, entity::text) || ' at ' || depth, ', ' ORDER BY depth, key COLLATE "C", entity)
				FROM kg.traverse(%L::text[], %L, %L, graph => %L)$q$, start, depth, direction, graph) INTO answer;
			answers := answers || ARRAY[reader, answer];
		EXCEPTION WHEN object_not_in_prerequisite_state THEN
			GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL;
			answers := answers || ARRAY[reader, answer];
		END;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', true);
	RETURN QUERY SELECT string_agg(answers[i], ', ' ORDER BY i), answers[i + 1]
		FROM generate_series(1, 7, 2) i GROUP BY answers[i + 1] ORDER BY min(i);
END
$$;

-- Node tables of each width, between them edges whose ends have widths of their own
CREATE FUNCTION make(graph text, node text, source text, target text, id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE %1$s_node (id %2$s UNIQUE);
		CREATE TABLE %1$s_edge (id %5$s, source %3$s REFERENCES %1$s_node (id), target %4$s REFERENCES %1$s_node (id));
		CREATE INDEX ON %1$s_edge (source) INCLUDE (id, target);
		CREATE INDEX ON %1$s_edge (target) INCLUDE (source, id)', graph, node, source, target, id);
	PERFORM kg.register_graph(graph, jsonb_build_object('table', graph || '_node', 'key', 'id'),
		jsonb_build_object('table', graph || '_edge', 'source', 'source', 'target', 'target', 'id', 'id'));
END
$$;
SELECT make('big', 'bigint', 'bigint', 'bigint', 'bigint'), make('four', 'int', 'int', 'int', 'int'),
	make('two', 'smallint', 'smallint', 'smallint', 'smallint'), make('mixed', 'int', 'bigint', 'smallint', 'int'),
	make('other', 'bigint', 'smallint', 'int', 'smallint');

-- A chain of the least and the greatest keys, and ends that are null on several pages
CREATE PROCEDURE fill(graph text, low bigint, high bigint) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO %1$s_node VALUES (%2$L), (-1), (0), (7), (%3$L), (NULL), (NULL)', graph, low, high);
	EXECUTE format('INSERT INTO %1$s_edge VALUES (1, %2$L, 7), (2, 7, %3$L), (3, %3$L, -1), (NULL, -1, %2$L), (5, %3$L, %3$L)', graph, low, high);
	EXECUTE format('INSERT INTO %1$s_edge SELECT i, CASE i %% 3 WHEN 1 THEN %3$L::bigint END, CASE i %% 3 WHEN 2 THEN %2$L::bigint END FROM generate_series(10, 2000) i',
		graph, low, high);
END
$$;
CALL fill('big', -9223372036854775808, 9223372036854775807);
CALL fill('four', -2147483648, 2147483647);
CALL fill('two', -32768, 32767);
CALL fill('mixed', -32768, 32767);
CALL fill('other', -32768, 32767);

SELECT g AS graph, d AS direction, a.* FROM unnest('{big,four,two,mixed,other}'::text[]) g, unnest('{out,in,both}'::text[]) d,
	ask(g, '{0,7,8}', d) a;
-- Nodes that the keys cannot be
SELECT g AS graph, a.* FROM unnest('{four,two,mixed,other}'::text[]) g, unnest('{out,in}'::text[]) d,
	ask(g, '{-9223372036854775808,-2147483649,-32769,32768,2147483648,4294967303,65543,9223372036854775807}', d) a;
SELECT a.* FROM unnest('{out,in}'::text[]) d, ask('big', '{9223372036854775807}', d, 1) a;
-- ... and what is known of relations
SELECT g AS graph, n.neighbor, n.relation, n.outgoing FROM unnest('{big,four,two,mixed,other}'::text[]) g, kg.neighbors(-1, 'both', graph => g) n ORDER BY 1, 3;

-- Entries of rows that are gone, then marked as dead: they had null ends when they could
DELETE FROM four_edge WHERE source IS NULL OR target IS NULL;
DELETE FROM big_edge WHERE source IS NULL OR target IS NULL;
ALTER TABLE four_edge ALTER source SET NOT NULL, ALTER target SET NOT NULL;
ALTER TABLE big_edge ALTER source SET NOT NULL, ALTER target SET NOT NULL;
SELECT g AS graph, a.* FROM unnest('{big,four}'::text[]) g, ask(g, '{0,7}') a;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM four_edge WHERE source IS NULL;
SELECT count(*) FROM four_edge WHERE source = 2147483647;
SELECT count(*) FROM big_edge WHERE source IS NULL;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT g AS graph, a.* FROM unnest('{big,four}'::text[]) g, ask(g, '{0,7}') a;

-- Nulls first, and descending: not for the leaf reader
DROP INDEX four_edge_source_id_target_idx;
CREATE INDEX nulls_first ON four_edge (source NULLS FIRST) INCLUDE (id, target);
SELECT * FROM ask('four', '{7}');
DROP INDEX nulls_first;
CREATE INDEX descending ON four_edge (source DESC) INCLUDE (id, target);
SELECT * FROM ask('four', '{7}');

-- A tree: the edges of a table from its own key to another column
CREATE TABLE person (id int PRIMARY KEY, boss int REFERENCES person);
INSERT INTO person SELECT i, nullif(i / 2, 0) FROM generate_series(1, 15) i;
CREATE INDEX ON person (boss) INCLUDE (id);
CREATE UNIQUE INDEX ON person (id) INCLUDE (boss);
SELECT kg.register_graph('tree', '"person"', '"person"');
SELECT a.* FROM ask('tree', '{13}') a UNION ALL SELECT a.* FROM ask('tree', '{3}', 'in') a;

-- Domains, weights of several types, and one that is too large
CREATE DOMAIN number AS int;
CREATE TABLE place (id number PRIMARY KEY);
CREATE TABLE road (a number NOT NULL REFERENCES place, b number NOT NULL REFERENCES place, length float8, PRIMARY KEY (a, b));
INSERT INTO place SELECT generate_series(1, 4);
INSERT INTO road VALUES (1, 2, 1.5), (2, 3, NULL), (3, 4, 1e60), (1, 4, 2);
CREATE INDEX ON road (a) INCLUDE (b, length);
CREATE INDEX ON road (b) INCLUDE (a, length);
SELECT kg.register_graph('roads', '"place"', '{"table": "road", "weight": "length"}');
CREATE FUNCTION weights(type text) RETURNS TABLE (weight_type text, reader text, weights text) LANGUAGE plpgsql AS $$
BEGIN
	weight_type := type;
	EXECUTE 'ALTER TABLE road ALTER length TYPE ' || type;
	FOREACH reader IN ARRAY '{leaf,index,heap,sql}'::text[] LOOP
		PERFORM set_config('kg.adjacency_reader', reader, true);
		BEGIN
			SELECT string_agg(concat_ws(':', s, n.neighbor, n.weight), ', ' ORDER BY s, n.neighbor) INTO weights
			FROM generate_series(1, 2) s, kg.neighbors(s, graph => 'roads') n;
		EXCEPTION WHEN object_not_in_prerequisite_state THEN
			GET STACKED DIAGNOSTICS weights = PG_EXCEPTION_DETAIL;
		END;
		RETURN NEXT;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', true);
END
$$;
SELECT * FROM weights('float8');
SELECT kg.neighbors(3, graph => 'roads');
DELETE FROM road WHERE a = 3;
SELECT w.* FROM unnest('{real,int,smallint,bigint,numeric}'::text[]) t, weights(t) w;

-- uuids of which many have the first half in common, the least and the greatest
-- among them; a hub over several pages, ends that are null; and a second node table
CREATE FUNCTION id_of(i int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$SELECT ((ARRAY['0000000000000000', 'ffffffffffffffff', '7fffffffffffffff', md5(i::text)::char(16)])[1 + i % 4] || lpad(to_hex(CASE i WHEN 0 THEN 0 WHEN 1 THEN -1 ELSE i END::bigint), 16, '0'))::uuid$$;
CREATE TABLE item (id uuid PRIMARY KEY);
CREATE TABLE tag (id smallint PRIMARY KEY);
CREATE TABLE item_item (id int, s uuid REFERENCES item, t uuid REFERENCES item);
CREATE TABLE item_tag (id int, s uuid REFERENCES item, t int REFERENCES tag);
CREATE TABLE tag_tag (id int, s smallint REFERENCES tag, t bigint REFERENCES tag);
INSERT INTO item SELECT id_of(i) FROM generate_series(0, 599) i;
INSERT INTO tag SELECT generate_series(-10, 10);
INSERT INTO item_item SELECT i, id_of(CASE WHEN i < 1500 THEN 1 ELSE i * 7 % 600 END), id_of(i * 11 % 600) FROM generate_series(1, 2500) i;
INSERT INTO item_item SELECT -i, CASE i % 3 WHEN 1 THEN id_of(i % 600) END, CASE i % 3 WHEN 2 THEN id_of(i % 600) END FROM generate_series(1, 1500) i;
INSERT INTO item_tag SELECT i, id_of(i), i % 21 - 10 FROM generate_series(100, 300) i;
INSERT INTO tag_tag SELECT i, i, i + 1 FROM generate_series(-10, 9) i;
CREATE INDEX ON item_item (s) INCLUDE (t, id);
CREATE INDEX ON item_item (t) INCLUDE (s, id);
CREATE INDEX ON item_tag (s) INCLUDE (t, id);
CREATE INDEX ON item_tag (t) INCLUDE (s, id);
CREATE INDEX ON tag_tag (s) INCLUDE (t, id);
CREATE INDEX ON tag_tag (t) INCLUDE (s, id);
SELECT kg.register_graph('items', '"item"', '{"table": "item_item", "source": "s", "target": "t", "id": "id"}');
SELECT kg.register_graph('tagged', '["item", "tag"]', '[{"table": "item_item", "source": "s", "target": "t", "id": "id"}, {"table": "item_tag", "source": "s", "target": "t", "id": "id"},
	{"table": "tag_tag", "source": "s", "target": "t", "id": "id"}]');
ALTER FUNCTION ask SET work_mem = '64kB';
CREATE FUNCTION ask_items(nodes int[], direction text, depth int) RETURNS TABLE (graph text, readers text, found bigint) LANGUAGE sql AS $$
	SELECT g, a.readers, array_length(string_to_array(a.found, ','), 1)
	FROM unnest('{items,tagged}'::text[]) g, graph_keys.ask(g, ARRAY(SELECT CASE g WHEN 'tagged' THEN 'item:' ELSE '' END || graph_keys.id_of(i) FROM unnest(nodes) i)::text, direction, depth) a
$$;
SELECT d.*, a.* FROM (VALUES ('out', 1), ('in', 1), ('both', 2), ('out', NULL), ('in', NULL)) d(direction, depth),
	ask_items('{0,1,2,3,4,5,100,101,102,103,601,602}', d.direction, d.depth) a;
SELECT n, a.readers, a.found FROM generate_series(0, 3) n, ask_items(ARRAY[n, n + 700], 'both', 1) a WHERE a.graph = 'items';
SELECT a.readers, md5(a.found) FROM ask('tagged', '{tag:-10,tag:10,tag:11,tag:32768,item:00000000-0000-0000-0000-000000000001}', 'both', 1) a;
SELECT a.* FROM ask('tagged', '{tag:-10}', 'out', 3) a;

-- Types of relations that are no integers of four bytes
SELECT kg.create_graph('kinds');
INSERT INTO kinds.entity_type (name) VALUES ('node');
INSERT INTO kinds.relation_type (name) VALUES ('a'), ('b'), ('c');
INSERT INTO kinds.entity (type, name) SELECT 1, '' FROM generate_series(1, 300) i;
INSERT INTO kinds.relation (source, target, type) SELECT 1 + i % 100 / 25 * i % 300, 1 + i * 7 % 300, 1 + i % 3 FROM generate_series(1, 3000) i;
CREATE FUNCTION differences() RETURNS TABLE (type text, source text, reader text, different bigint) LANGUAGE plpgsql AS $$
DECLARE
	expected text;
	answer text;
BEGIN
	FOR type, source IN SELECT t, s FROM unnest('{bigint,smallint,int}'::text[]) t, unnest('{smallint,bigint,int}'::text[]) s LOOP
		EXECUTE format('ALTER TABLE kinds.relation ALTER type TYPE %1$s, ALTER source TYPE %2$s, ALTER target TYPE %2$s', type, source);
		expected := NULL;
		FOREACH reader IN ARRAY '{sql,leaf,index,heap}'::text[] LOOP
			PERFORM set_config('kg.adjacency_reader', reader, true);
			SELECT string_agg(n::text, ';' ORDER BY s, d, n.relation) INTO answer
			FROM generate_series(1, 300, 20) s, unnest('{out,in}'::text[]) d, unnest('{"{a}","{b,c}","{c}"}'::text[]) t,
				kg.neighbors(s, d, t::text[], graph => 'kinds') n;
			expected := coalesce(expected, answer);
			different := (answer IS DISTINCT FROM expected)::int;
			RETURN NEXT;
		END LOOP;
	END LOOP;
	PERFORM set_config('kg.adjacency_reader', 'auto', true);
END
$$;
SELECT reader, count(*), sum(different) AS different FROM differences() GROUP BY reader ORDER BY reader;
SELECT count(*) > 1000 FROM generate_series(1, 300, 20) s, kg.neighbors(s, 'both', graph => 'kinds');

SELECT count(kg.drop_graph(name)) FROM kg.graph;
DROP SCHEMA graph_keys CASCADE;
