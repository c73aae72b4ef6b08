--
-- Nothing tells of rows that row-level security or missing privileges hide: counters,
-- notices, errors, explanations are those of a table without these rows
--
\set first_database :DBNAME
CREATE DATABASE kg_hidden_rows TEMPLATE template0;
\c kg_hidden_rows
\set SHOW_CONTEXT never
CREATE EXTENSION kg;
SET client_min_messages = notice;
CREATE ROLE hidden_reader;
CREATE ROLE hidden_stats IN ROLE pg_read_all_stats;
CREATE ROLE hidden_none;
CREATE SCHEMA hidden;
GRANT USAGE ON SCHEMA hidden TO hidden_reader, hidden_stats, hidden_none;

-- kg.last_scan and kg.index_recall
CREATE TABLE hidden.item (id int PRIMARY KEY, owner text, embedding kg.vector(3));
INSERT INTO hidden.item SELECT i, CASE WHEN i % 20 = 0 THEN 'hidden_reader' ELSE 'x' END, kg.array_to_vector(ARRAY[sin(i), cos(i), i % 7], 3, false) FROM generate_series(1, 1000) i;
CREATE INDEX item_idx ON hidden.item USING kg_hnsw (embedding kg.vector_l2_ops);
SET kg.blas_library = 'none';
ANALYZE hidden.item;
GRANT SELECT ON hidden.item TO hidden_reader, hidden_stats;
SET enable_seqscan = off;
CREATE FUNCTION hidden.scan() RETURNS SETOF int LANGUAGE sql AS
	'SELECT id FROM hidden.item ORDER BY embedding OPERATOR(kg.<->) ''[0,1,0]'' LIMIT 3';
CREATE FUNCTION hidden.told() RETURNS TABLE (index regclass, scans boolean, visited boolean, returned boolean) LANGUAGE sql AS
	'SELECT index, scans > 0, nodes_visited > 0, rows_returned > 0 FROM kg.last_scan()';
-- whom no policy binds, hears everything
SET ROLE hidden_reader;
SELECT count(*) FROM hidden.scan();
SELECT * FROM hidden.told();
SELECT recall > 0.5 AS recall, pages > 0 AS pages, nodes > 0 AS nodes FROM kg.index_recall('hidden.item_idx', 20);
RESET ROLE;
-- a scan that another role has made
SET ROLE hidden_none;
SELECT * FROM hidden.told();
RESET ROLE;
GRANT SELECT (id) ON hidden.item TO hidden_none;
SET ROLE hidden_none;
SELECT * FROM hidden.told();
RESET ROLE;
-- with a policy
ALTER TABLE hidden.item ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON hidden.item USING (owner = current_user);
SELECT count(*) FROM hidden.scan();
SELECT * FROM hidden.told();
SET ROLE hidden_reader;
SELECT * FROM hidden.told();
SELECT * FROM hidden.scan();
SELECT * FROM hidden.told();
SELECT queries, recall > 0.5 AS recall, pages, nodes FROM kg.index_recall('hidden.item_idx', 20, 3);
RESET ROLE;
SET ROLE hidden_stats;
SELECT * FROM hidden.told();
RESET ROLE;
ALTER ROLE hidden_reader BYPASSRLS;
SET ROLE hidden_reader;
SELECT count(*) FROM hidden.scan();
SELECT * FROM hidden.told();
RESET ROLE;
ALTER ROLE hidden_reader NOBYPASSRLS;
-- the owner, bound or not
ALTER TABLE hidden.item OWNER TO hidden_reader;
SET ROLE hidden_reader;
SELECT * FROM hidden.told();
ALTER TABLE hidden.item FORCE ROW LEVEL SECURITY;
SELECT * FROM hidden.told();
RESET ROLE;
-- of an index that is gone
DROP TABLE hidden.item;
SET ROLE hidden_reader;
SELECT index IS NULL AS none, scans FROM kg.last_scan();
RESET ROLE;

-- Graphs: two of them, one without the rows that the other one hides.  Each call has the
-- same result, notices and error in both.
\getenv abs_srcdir PG_ABS_SRCDIR
\set calls :abs_srcdir '/sql/include/calls.sql'
\set ECHO none
\i :calls
\set ECHO all
CALL public.make_graphs('hidden_all', 'hidden_r_all', 'hidden_keys_all', 'hidden_s_all');
CALL public.make_graphs('hidden_less', 'hidden_r_less', 'hidden_keys_less', 'hidden_s_less');
-- the rows that are in one of them only, and hidden there
CREATE PROCEDURE public.hide(g text, s text, secret boolean) LANGUAGE plpgsql AS $$
BEGIN
	IF secret THEN
		EXECUTE format($q$
INSERT INTO %1$I.entity_type VALUES (100, 'secret');
INSERT INTO %1$I.relation_type VALUES (100, 'knowz');
INSERT INTO %1$I.entity (id, type, name, embedding) VALUES (100, 100, 'n1', '[1,2]'), (101, 1, 'n', '[1,1.9]'), (102, 1, '1', '[0,1]');
INSERT INTO %1$I.relation (id, source, target, type, weight) VALUES (100, 1, 100, 1, 1), (101, 100, 4, 1, 1), (102, 1, 4, 100, 1), (103, 4, 5, 1, -1), (104, 4, 5, 1, 'NaN');
INSERT INTO %1$I.observation (id, entity, content) VALUES (100, 1, 'secret'), (101, 100, 'secret');
INSERT INTO %2$I.node VALUES (7, 't7', '[1,2]'), (100, 't1', '[1,2]');
INSERT INTO %2$I.edge VALUES (100, 1, 100, 'knows', 1), (101, 100, 4, 'knows', 1), (102, 1, 4, 'secret', 1), (103, 4, 5, 'knows', -1), (104, 4, 5, 'knows', 'NaN');
INSERT INTO %2$I.a VALUES ('z', 'Z', 'z');
INSERT INTO %2$I.b VALUES (3);
INSERT INTO %2$I.c VALUES ('q', 2);
INSERT INTO %2$I.ab VALUES ('z', 3), ('x', 3);
INSERT INTO %2$I.bc VALUES (3, 'q', 2, 'y'), (1, 'q', 2, 'y');
$q$, g, s);
	END IF;
	EXECUTE format($q$
CREATE POLICY p ON %1$I.entity USING (id < 100);
CREATE POLICY p ON %1$I.relation USING (id < 100);
CREATE POLICY p ON %1$I.observation USING (id < 100);
CREATE POLICY p ON %1$I.entity_type USING (id < 100);
CREATE POLICY p ON %1$I.relation_type USING (id < 100);
CREATE POLICY p ON %2$I.node USING (id < 7);
CREATE POLICY p ON %2$I.edge USING (id < 100);
CREATE POLICY p ON %2$I.a USING (id < 'z');
CREATE POLICY p ON %2$I.b USING (id < 3);
CREATE POLICY p ON %2$I.c USING (q < 2);
CREATE POLICY p ON %2$I.ab USING (b < 3);
CREATE POLICY p ON %2$I.bc USING (b < 3 AND q < 2);
GRANT USAGE ON SCHEMA %1$I, %2$I TO hidden_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO hidden_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %2$I TO hidden_reader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA %1$I TO hidden_reader;
$q$, g, s);
	EXECUTE (SELECT string_agg(format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', c.oid::regclass), ';') FROM pg_class c
		WHERE c.relnamespace IN (quote_ident(g)::regnamespace, quote_ident(s)::regnamespace) AND c.relkind = 'r');
	EXECUTE (SELECT string_agg(format('CREATE POLICY other ON %s USING (true)', c.oid::regclass), ';') FROM pg_class c
		WHERE c.relnamespace = quote_ident(g)::regnamespace AND c.relkind = 'r' AND c.relname IN ('alias', 'change', 'lexeme', 'text_size'));
END
$$;
CALL public.hide('hidden_all', 'hidden_s_all', true);
CALL public.hide('hidden_less', 'hidden_s_less', false);
ANALYZE;
GRANT SELECT ON public.call TO hidden_reader;

-- What is not about rows, and what writes what others have hidden, is left out
CREATE TABLE public.left_out (call text, reason text);
INSERT INTO public.left_out VALUES
	('index_', 'needs the owner'), ('calibrate', 'needs the owner'), ('last_scan', 'is above'),
	('explain_index_use', 'tells costs, as EXPLAIN does'), ('drop_losses', 'names all graphs and columns'),
	('explain_search', 'shows plans, as EXPLAIN does'), ('merge_entities', 'refuses to leave rows behind that one cannot change, as a foreign key would');
GRANT SELECT ON public.left_out TO hidden_reader;
SET ROLE hidden_reader;
SELECT c.call, o.*
FROM public.call c, LATERAL (
	SELECT replace(public.outcome(public.filled(c.call, 'hidden_all', 'hidden_r_all', 'hidden_keys_all', 'hidden_new', 'hidden_s_all'), 'public'), '_all', '_less') AS hiding,
		public.outcome(public.filled(c.call, 'hidden_less', 'hidden_r_less', 'hidden_keys_less', 'hidden_new', 'hidden_s_less'), 'public') AS without OFFSET 0) o
WHERE o.hiding <> o.without AND NOT EXISTS (SELECT FROM public.left_out l WHERE strpos(c.call, 'kg.' || l.call) > 0) ORDER BY c.id;
RESET ROLE;

\c :first_database
DROP DATABASE kg_hidden_rows;
DROP ROLE hidden_reader, hidden_stats, hidden_none;
