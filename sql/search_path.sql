--
-- Hostile objects with the names of the system's run nowhere, whatever the search_path
--
-- In a database of its own, since there are thousands of them
\set first_database :DBNAME
CREATE DATABASE kg_search_path TEMPLATE template0;
\c kg_search_path
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set calls :abs_srcdir '/sql/include/calls.sql'
\set hostile :abs_srcdir '/sql/include/hostile.sql'
SET client_min_messages = warning;
SET search_path = pg_catalog, public, pg_temp;
CREATE EXTENSION kg;
\set ECHO none
\i :calls
\set ECHO all
SELECT * FROM public.not_called();
CALL public.make_graphs('g', 'r', 'keys', 's');

\set ECHO none
\i :hostile
\set ECHO all
-- They do run if they are called, and so would be seen
SELECT public.outcome(q, 'evil, pg_catalog') FROM unnest(ARRAY['SELECT lower(''A'')', 'SELECT count(*) FROM public.call', 'SELECT 1 + 1', 'SELECT ''x''::text', 'SELECT FROM pg_class', 'SELECT FROM evil.graph',
	'SELECT format(''%s'', ''x''::pg_catalog.text)', 'SELECT pg_catalog.to_jsonb(1) || pg_catalog.to_jsonb(2)', 'SELECT ''[1]''::kg.vector <=> ''[1]''::kg.vector', 'SELECT FROM entity']) q;

SELECT c.call, h.clean, h.hostile
FROM public.call c,
	LATERAL (SELECT public.filled(c.call, 'g', 'r', 'keys', 'new', 's') AS query OFFSET 0) f,
	LATERAL (SELECT public.outcome(f.query, 'pg_catalog, public, pg_temp') AS clean, public.outcome(f.query, 'evil, pg_catalog') AS hostile OFFSET 0) h
WHERE h.clean IS DISTINCT FROM h.hostile
ORDER BY c.id;
-- Calls that raise an error
SELECT c.call, public.outcome(public.filled(c.call, 'g', 'r', 'keys', 'new', 's'), 'pg_catalog, public, pg_temp') AS outcome
FROM public.call c WHERE public.outcome(public.filled(c.call, 'g', 'r', 'keys', 'new', 's'), 'pg_catalog, public, pg_temp') LIKE 'error %' ORDER BY c.id;

\c :first_database
DROP DATABASE kg_search_path WITH (FORCE);

-- Nor may anybody else put objects into the extension's schema before it is installed
CREATE DATABASE kg_search_path TEMPLATE template0;
\c kg_search_path
CREATE ROLE kg_search_path_owner;
CREATE SCHEMA kg AUTHORIZATION kg_search_path_owner;
CREATE EXTENSION kg;
ALTER SCHEMA kg OWNER TO CURRENT_USER;
GRANT CREATE ON SCHEMA kg TO kg_search_path_owner;
CREATE EXTENSION kg;
REVOKE CREATE ON SCHEMA kg FROM kg_search_path_owner;
CREATE EXTENSION kg;
\c :first_database
DROP DATABASE kg_search_path WITH (FORCE);
DROP ROLE kg_search_path_owner;
