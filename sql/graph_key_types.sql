--
-- Keys of several columns, and of types that are not integers, uuid or text
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET DateStyle = 'SQL, DMY';
CREATE SCHEMA graph_kt;
SET search_path = graph_kt;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'hap''py');
CREATE DOMAIN code AS numeric(10, 0);

-- tenant and id
CREATE TABLE doc (tenant int, id text, title text, embedding kg.vector(2), PRIMARY KEY (tenant, id));
CREATE TABLE cites (id bigint PRIMARY KEY, tenant int, src text, dst text, weight numeric, FOREIGN KEY (tenant, src) REFERENCES doc, FOREIGN KEY (tenant, dst) REFERENCES doc);
CREATE INDEX ON cites (tenant, src);
CREATE INDEX ON cites (tenant, dst);
INSERT INTO doc SELECT t, i || '"', 'doc ' || t || '.' || i, ARRAY[t, i]::kg.vector FROM generate_series(1, 3) t, generate_series(1, 50) i;
INSERT INTO cites SELECT t * 100 + i, t, i || '"', (i + 1) || '"', i / 10.0 FROM generate_series(1, 3) t, generate_series(1, 49) i;
INSERT INTO cites VALUES (900, 1, NULL, '1"', 1), (901, NULL, '1"', '2"', 1);
SELECT kg.register_graph('docs', '"doc"', '"cites"');
SELECT label, key_column, name_column FROM kg.node_table WHERE graph = 'docs';
SELECT source_column, target_column, id_column, weight_column FROM kg.edge_table WHERE graph = 'docs';
SELECT entity, depth, key, parent_key FROM kg.traverse('[2, "1\""]', 2, graph => 'docs') ORDER BY depth;
-- written otherwise, and what is not one
SELECT key FROM kg.traverse(ARRAY['[2,"1\""]', '[ 2.0, "5\"" ]'], 1, 'in', graph => 'docs') ORDER BY key COLLATE "C";
SELECT key FROM kg.traverse(ARRAY[jsonb_build_array(3, '50"')::text], 1, 'both', graph => 'docs') ORDER BY key COLLATE "C";
SELECT * FROM kg.traverse('[2]', graph => 'docs');
SELECT * FROM kg.traverse('[2, null]', graph => 'docs');
SELECT * FROM kg.traverse('[2, {}]', graph => 'docs');
SELECT * FROM kg.traverse('2', graph => 'docs');
SELECT * FROM kg.traverse('["x", "y"]', graph => 'docs');
SELECT * FROM kg.traverse(2, graph => 'docs');
SELECT neighbor, relation, weight, type_name, key FROM kg.neighbors('[1, "2\""]', 'both', graph => 'docs') ORDER BY relation;
SELECT count(*), max(cost) FROM kg.shortest_path('[1, "1\""]', '[1, "50\""]', graph => 'docs');
SELECT max(cost) FROM kg.shortest_path('[1, "1\""]', '[1, "5\""]', graph => 'docs', weighted => true);
SELECT kg.reachable('[1, "1\""]', '[2, "5\""]', graph => 'docs');
SELECT keys FROM kg.paths('[1, "1\""]', '[1, "3\""]', graph => 'docs');
SELECT count(*), count(DISTINCT component) FROM kg.connected_components(graph => 'docs');
SELECT key, out_degree FROM kg.degree(graph => 'docs') WHERE in_degree = 0 ORDER BY key COLLATE "C";
SELECT key, distance FROM kg.knn('[2,3]', 2, graph => 'docs');
SELECT nodes, edges FROM kg.subgraph('[1, "49\""]', 1, 'out', graph => 'docs');
SELECT l FROM kg.export_graphml(ARRAY['[1, "1\""]', '[1, "2\""]'], graph => 'docs') l WHERE l ~ '<node|<edge';
SELECT count(*) FROM kg.to_jsonl(graph => 'docs');
SELECT kg.to_dot('[1, "49\""]', graph => 'docs') ~ '"\[1, \\"49' AS drawn;
SELECT count(*) FROM kg.traverse('[1, "1\""]', NULL, filter => 's.title <> ''doc 1.10''', graph => 'docs');
SELECT reader, why FROM kg.explain_traverse(graph => 'docs');
SELECT d.title FROM kg.traverse('[2, "1\""]', 2, graph => 'docs') t JOIN doc d ON d.tenant = (t.key::jsonb ->> 0)::int AND d.id = t.key::jsonb ->> 1 ORDER BY t.depth;
-- the columns named, in another order, and ends of another number
SELECT kg.register_graph('docs_named', '{"table": "doc", "key": ["id", "tenant"]}', '{"table": "cites", "source": ["src", "tenant"], "target": ["dst", "tenant"]}');
SELECT key FROM kg.traverse('["1\"", 2]', 1, graph => 'docs_named') ORDER BY depth;
SELECT kg.register_graph('docs_wrong', '"doc"', '{"table": "cites", "source": "src", "target": "dst"}');
SELECT kg.register_graph('docs_wrong', '{"table": "doc", "key": ["tenant", "nothing"]}', '[]');
SELECT kg.register_graph('docs_wrong', '{"table": "doc", "key": []}', '"cites"');
-- a nearer look: several node tables
CREATE TABLE tenant (id int PRIMARY KEY);
INSERT INTO tenant VALUES (1), (2);
ALTER TABLE cites ADD tenant_no int REFERENCES tenant;
UPDATE cites SET tenant_no = tenant WHERE tenant < 3;
SELECT kg.register_graph('both', '["doc", "tenant"]', '["cites", {"table": "cites", "source": ["tenant", "src"], "target": "tenant_no", "source_label": "doc", "type": "of"}]');
SELECT kg.register_graph('both', '["doc", "tenant"]', '[{"table": "cites", "source": ["tenant", "src"], "target": ["tenant", "dst"]}, {"table": "cites", "source": ["tenant", "src"], "target": "tenant_no", "source_label": "doc", "type": "of"}]');
SELECT key FROM kg.traverse(kg.node('doc', '[1, "48\""]'), 2, graph => 'both') ORDER BY depth, key COLLATE "C";
SELECT kg.node_key('doc:[1, "48\""]', 'doc');
SELECT kg.drop_graph('docs'), kg.drop_graph('docs_named'), kg.drop_graph('both');

-- keys of several columns through each reader: values that sort or are written
-- oddly, columns that are null, ends that are not there, an index in another
-- order than the key
CREATE TABLE part (u uuid, n bigint, t text COLLATE "C", PRIMARY KEY (t, u, n));
CREATE TABLE uses (u uuid, a int, s varchar COLLATE "C", b int8, t text COLLATE "C");
INSERT INTO part SELECT md5((i % 5)::text)::uuid, CASE i % 4 WHEN 0 THEN i - 50 WHEN 1 THEN 1::bigint << 40 WHEN 2 THEN -(1::bigint << 33) ELSE 7 END,
	(ARRAY['', '"', E'\\', E'a\nb\t\u0001', 'long enough to need more than eight bytes', 'long enough', U&'\00e4'])[1 + i % 7] || i FROM generate_series(1, 100) i;
INSERT INTO uses SELECT p.u, nullif(p.n % 1000000, 3)::int, p.t, q.n, q.t FROM part p JOIN part q ON p.u = q.u AND hashtext(p.t || q.t) % 3 = 0;
INSERT INTO part SELECT u, n % 1000000, t FROM part ON CONFLICT DO NOTHING;
INSERT INTO uses SELECT u, a, s, CASE WHEN b % 3 <> 0 THEN b END, CASE WHEN b % 5 <> 0 THEN t || 'x' END FROM uses WHERE a % 2 = 0;
SELECT kg.register_graph('parts', '{"table": "part", "key": ["u", "n", "t"]}', '{"table": "uses", "source": ["u", "a", "s"], "target": ["u", "b", "t"]}');
CREATE FUNCTION by_reader(reader text, OUT nodes bigint, OUT answer text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('kg.adjacency_reader', reader, true);
	SELECT count(*), md5(string_agg(k.key || t.key || t.depth, ';' ORDER BY k.key, t.key COLLATE "C")) INTO nodes, answer
	FROM (SELECT jsonb_build_array(u, n, t)::text COLLATE "C" AS key FROM part) k, kg.traverse(k.key, 2, 'both', graph => 'parts') t;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	answer := SQLERRM;
END $$;
SELECT * FROM by_reader('sql') s, by_reader('heap') h, by_reader('leaf') l;
CREATE INDEX ON uses (s, u, a);
CREATE INDEX ON uses (b, t, u);
SELECT s.nodes, s = h AS heap, l.answer FROM by_reader('sql') s, by_reader('heap') h, by_reader('leaf') l;
CREATE INDEX ON uses (a, s, u) INCLUDE (b, t);
CREATE INDEX ON uses (t, b, u, s, a);
SELECT s.nodes, s = h AS heap, s = l AS leaf FROM by_reader('sql') s, by_reader('heap') h, by_reader('leaf') l;
VACUUM part, uses;
SELECT s.nodes, s = h AS heap, s = l AS leaf FROM by_reader('sql') s, by_reader('heap') h, by_reader('leaf') l;
-- all of it at once, with little memory too
SET work_mem = '64kB';
SELECT count(*), md5(string_agg(key || depth, ';' ORDER BY key COLLATE "C")) FROM kg.traverse(ARRAY(SELECT jsonb_build_array(u, n, t)::text FROM part WHERE n > 0), NULL, graph => 'parts');
SET kg.adjacency_reader = sql;
SELECT count(*), md5(string_agg(key || depth, ';' ORDER BY key COLLATE "C")) FROM kg.traverse(ARRAY(SELECT jsonb_build_array(u, n, t)::text FROM part WHERE n > 0), NULL, graph => 'parts');
RESET kg.adjacency_reader;
RESET work_mem;
-- a foreign key of all columns, whatever their order, stands for the ends
DELETE FROM uses WHERE NOT EXISTS (SELECT FROM part p WHERE p.u = uses.u AND p.n = a AND p.t = s) OR NOT EXISTS (SELECT FROM part p WHERE p.u = uses.u AND p.n = b AND p.t = uses.t);
ALTER TABLE uses ADD FOREIGN KEY (t, u, b) REFERENCES part, ADD FOREIGN KEY (a, u, s) REFERENCES part (n, u, t);
INSERT INTO uses SELECT u, n, t, CASE WHEN n <> 7 THEN n END, t FROM part WHERE n BETWEEN -100 AND 100;
SELECT s.nodes, s = h AS heap, s = l AS leaf FROM by_reader('sql') s, by_reader('heap') h, by_reader('leaf') l;
-- privileges are needed on each of the columns
CREATE ROLE graph_kt_columns;
GRANT USAGE ON SCHEMA graph_kt TO graph_kt_columns;
GRANT SELECT (u, n) ON part TO graph_kt_columns;
GRANT SELECT (u, a, s, b, t) ON uses TO graph_kt_columns;
SET ROLE graph_kt_columns;
SELECT count(*) FROM kg.traverse('["cfcd2084-95d5-65ef-66e7-dff9f98764da", 7, ""]', graph => 'parts');
RESET ROLE;
GRANT SELECT (t) ON part TO graph_kt_columns;
SET ROLE graph_kt_columns;
SELECT count(*) FROM kg.traverse('["cfcd2084-95d5-65ef-66e7-dff9f98764da", 7, ""]', graph => 'parts');
RESET ROLE;
DROP OWNED BY graph_kt_columns;
DROP ROLE graph_kt_columns;
SELECT kg.drop_graph('parts');

-- one column of each type, with an edge to itself and to the next
CREATE FUNCTION try_type(type text, VARIADIC vals text[]) RETURNS TABLE (type_name text, keys text, existing text, next bigint, named bigint, component bigint) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE n (id %1$s PRIMARY KEY); CREATE TABLE e (a %1$s REFERENCES n, b %1$s REFERENCES n)', type);
	EXECUTE format('INSERT INTO n SELECT v::%s FROM unnest(%L::text[]) v', type, vals);
	EXECUTE format('INSERT INTO e SELECT v::%1$s, v::%1$s FROM unnest(%2$L::text[]) v UNION ALL SELECT (%2$L::text[])[i]::%1$s, (%2$L::text[])[i + 1]::%1$s FROM generate_series(1, %3$s) i', type, vals, cardinality(vals) - 1);
	PERFORM kg.register_graph('one', '"n"'::jsonb, '"e"');
	type_name := type;
	SELECT string_agg(key, ' | ' ORDER BY depth) INTO keys FROM kg.traverse(vals[1]::text, NULL, graph => 'one');
	-- nodes as functions return them are nodes as they take them
	SELECT count(*) INTO next FROM kg.traverse(vals[1]::text, NULL, graph => 'one') t, kg.neighbors(t.key, 'in', graph => 'one') n;
	EXECUTE format('SELECT count(*) FROM kg.traverse(ARRAY(SELECT id FROM n), 0, graph => ''one'')') INTO named;
	SELECT count(DISTINCT c.component) INTO component FROM kg.connected_components(graph => 'one') c;
	SELECT string_agg(l, ' ' ORDER BY l COLLATE "C") INTO existing FROM (SELECT substring(l FROM 'id="([^"]*)"') AS l FROM kg.export_graphml(graph => 'one') l WHERE l ~ '<node') x;
	PERFORM kg.drop_graph('one');
	DROP TABLE e, n;
	RETURN NEXT;
END $$;
SELECT * FROM try_type('mood', 'sad', 'ok', 'hap''py');
SELECT * FROM try_type('numeric', '1.0', '2', '123456789012345678901234567890');
SELECT * FROM try_type('numeric(10,0)', '1', '2', '3');
SELECT * FROM try_type('code', '1', '2', '3');
SELECT * FROM try_type('char(5)', 'a', 'bc ', '');
SELECT * FROM try_type('date', '1999-12-31', '2000-01-01', '0044-03-15 BC', 'infinity');
SELECT * FROM try_type('oid', '1', '4294967295', '7');
SELECT * FROM try_type('name', 'a', 'b c', repeat('x', 63));
SELECT * FROM try_type('int', '1', '2', '3');
-- others are refused, and so are edges of another type
CREATE TABLE t (id timestamptz PRIMARY KEY, other bit(3) UNIQUE NOT NULL);
SELECT kg.register_graph('one', '"t"', '[]');
SELECT kg.register_graph('one', '{"table": "t", "key": "id"}', '[]');
CREATE TABLE feel (id mood PRIMARY KEY);
CREATE TABLE feels (a text, b mood REFERENCES feel);
SELECT kg.register_graph('one', '"feel"', '{"table": "feels", "source": "a"}');
SELECT kg.register_graph('one', '"feel"', '[]');
SELECT * FROM kg.traverse('angry', graph => 'one');
SELECT kg.drop_graph('one');

-- What kg.discover leaves out it says, and what it writes can be run
CREATE SCHEMA "graph kt";
SET search_path = "graph kt";
CREATE TABLE "a:b" (id int PRIMARY KEY, name text);
CREATE TABLE "a_b" (id int PRIMARY KEY, "next:one" int REFERENCES "a:b");
CREATE TABLE "c ""d""'" (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE "links:" (tenant int, x int, y int, FOREIGN KEY (tenant, x) REFERENCES "c ""d""'", FOREIGN KEY (tenant, y) REFERENCES "c ""d""'");
CREATE TABLE island (id int PRIMARY KEY);
CREATE TABLE times (id timestamptz PRIMARY KEY);
CREATE TABLE of_times (id int PRIMARY KEY, t timestamptz REFERENCES times);
CREATE TABLE numbers (id numeric PRIMARY KEY);
CREATE TABLE of_numbers (id int PRIMARY KEY, n int REFERENCES numbers, again numeric REFERENCES numbers, weight money, valid_from time, title "char");
\pset format unaligned
\pset tuples_only on
SELECT kg.discover('graph kt');
SELECT string_agg(line, E'\n') AS proposal FROM string_to_table(kg.discover('graph kt'), E'\n') line WHERE line !~ '^--' \gset
:proposal
SELECT label, key_column FROM kg.node_table WHERE graph = 'graph kt' ORDER BY label COLLATE "C";
SELECT kg.discover('graph kt') ~ 'register_graph\(''graph kt_2''' AS another_name;
CREATE ROLE graph_kt_other;
GRANT USAGE ON SCHEMA "graph kt" TO graph_kt_other;
SET ROLE graph_kt_other;
SELECT kg.discover('graph kt');
RESET ROLE;
SELECT kg.drop_graph('graph kt');
DROP SCHEMA "graph kt" CASCADE;
DROP SCHEMA graph_kt CASCADE;
DROP ROLE graph_kt_other;
