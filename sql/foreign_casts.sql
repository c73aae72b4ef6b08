--
-- Casts that a table's owner has made run nothing of his with the rights of others
--
\set first_database :DBNAME
CREATE DATABASE kg_foreign_casts TEMPLATE template0;
\c kg_foreign_casts
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set calls :abs_srcdir '/sql/include/calls.sql'
SET client_min_messages = warning;
SET search_path = pg_catalog, public, pg_temp;
CREATE EXTENSION kg;
\set ECHO none
\i :calls
\set ECHO all
CREATE ROLE casts_owner;
CREATE ROLE casts_reader;
CREATE ROLE casts_member IN ROLE casts_owner;
SELECT format('GRANT CREATE ON DATABASE %I TO casts_owner', current_database()) \gexec
GRANT ALL ON SCHEMA public TO casts_owner;
GRANT SELECT ON public.call TO casts_reader;

-- Graphs of another role; then it makes casts of the types of their columns
SET ROLE casts_owner;
CALL public.make_graphs('g', 'r', 'keys', 's');
GRANT USAGE ON SCHEMA g, s TO casts_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA g TO casts_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA s TO casts_reader;
CREATE FUNCTION s.run(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'a cast runs: %', what; END $$;
CREATE TYPE s.pair AS (mood s.mood, n int);
CREATE TYPE s.kind AS ENUM ('1', '2');
ALTER TABLE s.node ADD pair s.pair, ADD moods s.mood[];
ALTER TABLE g.relation ADD mood s.mood;
UPDATE s.node SET pair = ROW('x', 1), moods = '{x}' WHERE id < 3;
RESET ROLE;
-- no casts yet
SELECT count(*) FROM kg.subgraph(1, graph => 'r');
SELECT count(*) FROM kg.traverse('a:x', graph => 'keys');

SET ROLE casts_owner;
CREATE FUNCTION s.to_text(m s.mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM s.run('text'); RETURN 'a'; END $$;
CREATE FUNCTION s.to_json(m s.mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN PERFORM s.run('json'); RETURN '1'; END $$;
CREATE FUNCTION s.to_mood(t text) RETURNS s.mood LANGUAGE plpgsql AS $$ BEGIN PERFORM s.run('mood'); RETURN 'x'; END $$;
CREATE FUNCTION s.to_int(k s.kind) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM s.run('int'); RETURN 1; END $$;
CREATE CAST (s.mood AS text) WITH FUNCTION s.to_text;
-- What a query would do: the server runs casts of whoever made them
RESET ROLE;
SELECT 'x'::s.mood::text IS NULL;
CREATE FUNCTION public.told(role text) RETURNS TABLE (outcome text, several boolean) LANGUAGE sql AS $$
	SELECT o.outcome, count(*) > 5 FROM public.call c, LATERAL (
		SELECT substring(public.outcome(public.filled(c.call, 'g', 'r', 'keys', 'new', 's'), 'pg_catalog, public, pg_temp') FROM '^error 42501 .* whose casts run .*') AS outcome OFFSET 0) o
	WHERE c.call ~ '{(r|keys)}' AND c.call !~ 'kg.(drop|discover|register|unregister)' AND (role <> 'reader' OR c.call !~ 'kg.(import|upsert|index|calibrate)') GROUP BY 1 ORDER BY 1;
$$;
SELECT * FROM public.told('superuser');
-- json alone; of elements and members
SET ROLE casts_owner;
DROP CAST (s.mood AS text);
CREATE CAST (s.mood AS json) WITH FUNCTION s.to_json;
RESET ROLE;
SELECT * FROM public.told('superuser');
SELECT nodes FROM kg.subgraph(1, graph => 'r');
SET ROLE casts_reader;
SELECT nodes FROM kg.subgraph(1, graph => 'r');
RESET ROLE;
-- from text
SET ROLE casts_owner;
DROP CAST (s.mood AS json);
CREATE CAST (text AS s.mood) WITH FUNCTION s.to_mood;
RESET ROLE;
SELECT * FROM public.told('superuser');
-- The owner and its members may, and so may everybody if a superuser has made the function
SET ROLE casts_owner;
SELECT count(*) FROM kg.traverse('a:x', graph => 'keys');
RESET ROLE;
ALTER FUNCTION s.to_mood(text) OWNER TO CURRENT_USER;
SELECT count(*) FROM kg.traverse('a:x', graph => 'keys');
DROP CAST (text AS s.mood);
-- of a graph of kg.create_graph, whose owner may change types, too: an implicit cast
SET ROLE casts_owner;
CREATE CAST (s.kind AS int) WITH FUNCTION s.to_int AS IMPLICIT;
ALTER TABLE g.observation ADD kind s.kind;
ALTER TABLE g.entity DROP CONSTRAINT entity_type_fkey;
ALTER TABLE g.entity ADD old int;
UPDATE g.entity SET old = type;
DROP INDEX g.entity_embedding;
ALTER TABLE g.entity DROP COLUMN type CASCADE;
ALTER TABLE g.entity ADD type s.kind NOT NULL DEFAULT '1';
RESET ROLE;
SELECT nodes FROM kg.subgraph(1, graph => 'g');
SELECT count(*) FROM kg.knn('[1,2]', 3, 'person', 'g');
SELECT count(*) FROM kg.export_graphml(graph => 'g');
SELECT kg.to_dot(1, graph => 'g');
SELECT kg.import_jsonl('{"type":"entity","name":"n","entityType":"t","observations":["o"]}', 'g');

-- kg.index_recall runs the expression of an index
SET ROLE casts_owner;
CREATE FUNCTION s.shifted(v kg.vector) RETURNS kg.vector(2) IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN v OPERATOR(kg.+) '[1,1]'; END $$;
CREATE FUNCTION s.wanted(id int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN true; END $$;
CREATE INDEX shifted ON s.node USING kg_hnsw ((s.shifted(embedding)::kg.vector(2)) kg.vector_l2_ops);
CREATE INDEX wanted ON s.node USING kg_hnsw (embedding kg.vector_l2_ops) WHERE s.wanted(id);
CREATE INDEX plain ON s.node USING kg_hnsw ((embedding::kg.halfvec(2)) kg.halfvec_l2_ops) WHERE id > 0;
SELECT queries FROM kg.index_recall('s.shifted');
RESET ROLE;
SELECT queries FROM kg.index_recall('s.shifted');
SELECT queries FROM kg.index_recall('s.wanted');
SELECT queries FROM kg.index_recall('s.plain');

\c :first_database
DROP DATABASE kg_foreign_casts;
DROP ROLE casts_member, casts_reader, casts_owner;
