--
-- Names with quotes, semicolons, newlines, percent signs, letters beyond ASCII and 63
-- bytes, wherever there is a name: the same results as with plain names
--
\set first_database :DBNAME
CREATE DATABASE kg_names TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c kg_names
SET client_encoding = 'UTF8';
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set calls :abs_srcdir '/sql/include/calls.sql'
SET client_min_messages = warning;
CREATE EXTENSION kg;
\set ECHO none
\i :calls
\set ECHO all

CREATE TABLE public.odd (id int PRIMARY KEY, name text);
INSERT INTO public.odd VALUES
	(0, 'plain'), (1, 'a"b'), (2, 'a''b'), (3, '"";'), (4, ''''';'), (5, '$$; DROP TABLE public.call; --'), (6, E'a\nb\tc'), (7, '100%'), (8, '%s%I%1$s%%'), (9, 'größe naïve ñ 数'),
	(10, 'select'), (11, ' a '), (12, 'A.B'), (13, '(a, b)'), (14, 'a\'), (15, '$1'), (16, '/* a'), (17, repeat('ü', 31) || 'x'), (18, '{a,"b"}'), (19, '-- a'), (20, '<a&b>');
ALTER TABLE public.odd ADD in_all_calls boolean GENERATED ALWAYS AS (id IN (0, 1, 5, 6, 8, 17)) STORED;
-- further names of the same kind, of at most 63 bytes
CREATE FUNCTION public.variant(name text, i int) RETURNS text LANGUAGE sql AS 'SELECT (i || name)::name::text';

-- Graphs, schemas and tables with such names: all calls.  In results the names become
-- the plain one.
DO $$
DECLARE
	o record;
BEGIN
	FOR o IN SELECT * FROM public.odd WHERE in_all_calls ORDER BY id LOOP
		CALL public.make_graphs(o.name, public.variant(o.name, 2), public.variant(o.name, 3), public.variant(o.name, 4));
	END LOOP;
END
$$;
CREATE FUNCTION public.named(call text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := public.outcome(public.filled(call, name, public.variant(name, 2), public.variant(name, 3), public.variant(name, 5), public.variant(name, 4)), 'public');
	n text;
BEGIN
	FOREACH n IN ARRAY ARRAY[public.variant(name, 2), public.variant(name, 3), public.variant(name, 5), public.variant(name, 4)] LOOP
		result := replace(replace(result, quote_ident(n), '<name>'), n, '<name>');
	END LOOP;
	RETURN result;
END
$$;
-- These write names in ways of their own: they must not fail.
CREATE FUNCTION public.is_compared(call text) RETURNS boolean LANGUAGE sql AS $$ SELECT call !~ 'kg\.(discover|drop_losses|explain_traverse|index_|last_scan|knn_exact)' $$;
CREATE TABLE public.answer AS
SELECT o.id, o.name, c.id AS call_id, c.call, public.named(c.call, o.name) AS answer FROM public.call c, public.odd o WHERE o.in_all_calls;
SELECT a.id, a.name, a.call, a.answer, p.answer AS plain FROM public.answer a JOIN public.answer p ON p.id = 0 AND p.call_id = a.call_id
WHERE public.is_compared(a.call) AND a.answer IS DISTINCT FROM p.answer ORDER BY a.id, a.call_id;
SELECT a.id, a.name, a.call, a.answer FROM public.answer a WHERE NOT public.is_compared(a.call) AND a.answer LIKE 'error%' ORDER BY a.id, a.call_id;
DO $$
DECLARE
	o record;
BEGIN
	FOR o IN SELECT * FROM public.odd WHERE in_all_calls ORDER BY id LOOP
		PERFORM kg.drop_graph(o.name);
		PERFORM kg.drop_graph(public.variant(o.name, 2));
		PERFORM kg.drop_graph(public.variant(o.name, 3));
	END LOOP;
END
$$;
SELECT count(*) FROM kg.graph;

-- Columns, labels, types, values of enums
CREATE PROCEDURE public.make_tables(name text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format($q$
CREATE SCHEMA %1$I;
CREATE TYPE %1$I.%2$I AS ENUM ('x', 'y', %1$L);
CREATE DOMAIN %1$I.%3$I AS bigint CHECK (VALUE > 0);
CREATE TABLE %1$I.%1$I (%1$I %1$I.%3$I PRIMARY KEY, %2$I text, %3$I kg.vector(2), %4$I %1$I.%2$I);
CREATE TABLE %1$I.%5$I (%1$I bigint REFERENCES %1$I.%1$I, %2$I bigint REFERENCES %1$I.%1$I, %3$I %1$I.%2$I, %4$I real);
INSERT INTO %1$I.%1$I SELECT i, %1$L || i, kg.array_to_vector(ARRAY[i, 5 - i], 2, false), %1$L FROM generate_series(1, 4) i;
INSERT INTO %1$I.%5$I VALUES (1, 2, 'x', 1), (2, 3, 'y', 2), (3, 4, %1$L, 1), (1, 4, 'x', 9);
CREATE TABLE %1$I.%6$I (%1$I %1$I.%2$I, %2$I int, PRIMARY KEY (%1$I, %2$I));
CREATE TABLE %1$I.%4$I (%1$I %1$I.%2$I, %2$I int, %3$I bigint REFERENCES %1$I.%1$I, FOREIGN KEY (%1$I, %2$I) REFERENCES %1$I.%6$I);
INSERT INTO %1$I.%6$I VALUES ('x', 1), (%1$L, 2);
INSERT INTO %1$I.%4$I VALUES ('x', 1, 1), (%1$L, 2, 4);
$q$, name, public.variant(name, 2), public.variant(name, 3), public.variant(name, 4), public.variant(name, 5), public.variant(name, 6));
	PERFORM kg.register_graph(name,
		jsonb_build_array(
			jsonb_build_object('table', format('%I.%I', name, name), 'label', name, 'name', public.variant(name, 2), 'embedding', public.variant(name, 3)),
			jsonb_build_object('table', format('%I.%I', name, public.variant(name, 6)), 'label', public.variant(name, 3))),
		jsonb_build_array(
			jsonb_build_object('table', format('%I.%I', name, public.variant(name, 5)), 'source', name, 'target', public.variant(name, 2), 'type_column', public.variant(name, 3), 'weight', public.variant(name, 4)),
			jsonb_build_object('table', format('%I.%I', name, public.variant(name, 4)), 'source', jsonb_build_array(name, public.variant(name, 2)), 'target', public.variant(name, 3), 'type', name)));
	-- what is proposed is such a graph, too
	EXECUTE kg.discover(name);
	-- of nodes of one kind, with properties
	PERFORM kg.register_graph(public.variant(name, 2), jsonb_build_array(format('%I.%I', name, name)),
		jsonb_build_array(jsonb_build_object('table', format('%I.%I', name, public.variant(name, 5)), 'source', name, 'target', public.variant(name, 2), 'type_column', public.variant(name, 3))));
END
$$;
CREATE FUNCTION public.results(name text) RETURNS TABLE (what text, result text) LANGUAGE plpgsql AS $$
DECLARE
	a CONSTANT text := name || ':1';
	d CONSTANT text := name || ':4';
	pair CONSTANT text := public.variant(name, 3) || ':' || jsonb_build_array('x', 1);
	one CONSTANT text := public.variant(name, 2);
	proposed CONSTANT text := (SELECT min(g.name) FROM kg.graph g WHERE g.name NOT IN (SELECT o.name FROM public.odd o UNION ALL SELECT public.variant(o.name, 2) FROM public.odd o));
BEGIN
	RETURN QUERY SELECT 'traverse', string_agg(concat_ws(' ', t.depth, t.key = a), ', ' ORDER BY t.depth, t.key = a) FROM kg.traverse(ARRAY[pair], 5, graph => name) t;
	RETURN QUERY SELECT 'of types', string_agg(concat_ws(' ', t.depth, t.key = d), ', ' ORDER BY t.depth, t.key = d) FROM kg.traverse(ARRAY[a], 5, 'both', ARRAY[name, 'x'], graph => name) t;
	RETURN QUERY SELECT 'filter', string_agg(concat_ws(' ', t.depth, t.entity), ', ' ORDER BY t.depth, t.entity) FROM kg.traverse(1, 5, graph => one, filter => format('r.%I <> %L AND s.%I > 0', public.variant(name, 3), name, name)) t;
	RETURN QUERY SELECT 'proposed', concat_ws(' ', count(*), count(DISTINCT n.label)) FROM kg.node_table n WHERE n.graph = proposed;
	RETURN QUERY SELECT 'its degrees', string_agg(concat_ws(' ', t.degree), ', ' ORDER BY t.degree) FROM kg.degree(graph => proposed) t;
	RETURN QUERY SELECT 'path', string_agg(concat_ws(' ', p.step, p.key = a), ', ' ORDER BY p.step) FROM kg.shortest_path(ARRAY[a], ARRAY[d], graph => name, weighted => true) p;
	RETURN QUERY SELECT 'subgraph', concat_ws(' ', jsonb_array_length(s.nodes), jsonb_array_length(s.edges), s.nodes #>> ARRAY['0', 'properties', public.variant(name, 4)] = name, s.nodes #>> '{0,name}' = name || '1') FROM kg.subgraph(1, graph => one) s;
	RETURN QUERY SELECT 'knn', string_agg(concat_ws(' ', k.key = a), ' ' ORDER BY k.distance, k.key) FROM kg.knn('[1,4]', 2, name, name) k;
	RETURN QUERY SELECT 'GraphML', array_to_string(xpath('count(//*[local-name()="node"])', x.d)::text[] || xpath('count(//*[local-name()="edge"])', x.d)::text[], ' ') FROM (SELECT xmlparse(DOCUMENT string_agg(l, E'\n' ORDER BY o)) AS d FROM kg.export_graphml(graph => name) WITH ORDINALITY e(l, o)) x;
	RETURN QUERY SELECT 'JSON', concat_ws(' ', count(*), count(*) FILTER (WHERE l::jsonb ->> 'relationType' = name)) FROM kg.to_jsonl(graph => name, rename => true) l;
	RETURN QUERY SELECT 'DOT', regexp_count(l, '\[label') || '' FROM kg.to_dot(ARRAY[a], 5, graph => name) l;
	RETURN QUERY SELECT 'readers', string_agg(concat_ws(' ', e.leads, e.reader, e.edges::regclass IS NOT NULL), ', ' ORDER BY e.leads, e.reader, e.edges) FROM kg.explain_traverse('both', graph => name) e;
	RETURN QUERY SELECT 'PageRank', string_agg(round(r.score::numeric, 4)::text, ' ' ORDER BY r.score) FROM kg.pagerank(graph => name, types => ARRAY[name, 'x']) r;
	RETURN QUERY SELECT 'exact', string_agg(k.row_key, ' ' ORDER BY k.rank) FROM kg.knn_exact(format('%I.%I', name, name)::regclass, public.variant(name, 3), '{"[1,4]"}', 2, key => name) k;
	EXECUTE format('CREATE INDEX %2$I ON %1$I.%1$I USING kg_hnsw (%3$I kg.vector_cosine_ops) WHERE %4$I IS NOT NULL', name, public.variant(name, 7), public.variant(name, 3), public.variant(name, 4));
	RETURN QUERY SELECT 'recall', concat_ws(' ', r.queries, r.recall) FROM kg.index_recall(format('%I.%I', name, public.variant(name, 7))::regclass, 10, 2) r;
	RETURN QUERY SELECT 'index use', concat_ws(' ', count(*), bool_and(e.index = format('%I.%I', name, public.variant(name, 7))::regclass))
	FROM kg.explain_index_use(format('SELECT FROM %1$I.%1$I WHERE %3$I IS NOT NULL ORDER BY %2$I OPERATOR(kg.<=>) ''[1,2]'' LIMIT 1', name, public.variant(name, 3), public.variant(name, 4))) e;
	PERFORM kg.drop_graph(g.name) FROM kg.graph g;
END
$$;
CREATE TABLE public.result (id int, what text, result text);
DO $$
DECLARE
	o record;
BEGIN
	-- As a key, "(a, b)" is two columns.
	FOR o IN SELECT * FROM public.odd WHERE name <> '(a, b)' ORDER BY id LOOP
		CALL public.make_tables(o.name);
		INSERT INTO public.result SELECT o.id, r.* FROM public.results(o.name) r;
	END LOOP;
END
$$;
SELECT what, result FROM public.result WHERE id = 0;
SELECT o.id, o.name, r.what, r.result FROM public.result r JOIN public.odd o USING (id) JOIN public.result p ON p.what = r.what AND p.id = 0
WHERE r.result IS DISTINCT FROM p.result ORDER BY 1, 3;
-- a name that a schema cannot have
SELECT kg.create_graph(repeat('ü', 32));
SELECT kg.create_graph('pg_temp');

\c :first_database
DROP DATABASE kg_names;
