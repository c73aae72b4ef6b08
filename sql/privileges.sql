--
-- What every function promises, and who may call it
--
-- A new function is checked by the rules; a line about it is in the list at the end
-- unless it only computes a value: immutable, strict, parallel safe, for everybody.
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set calls :abs_srcdir '/sql/include/calls.sql'
SET client_min_messages = warning;
CREATE DATABASE kg_privileges TEMPLATE template0;
\set first_database :DBNAME
\c kg_privileges
SET client_min_messages = warning;
CREATE EXTENSION kg;

CREATE TEMP VIEW func AS
SELECT p.oid, p.proname AS name, regexp_replace(p.oid::regprocedure::text, '^kg\.', '') AS signature, l.lanname AS language, p.prosrc AS body, p.prokind AS kind,
	p.provolatile AS volatility, p.proisstrict AS strict, p.proparallel AS parallel, p.proleakproof AS leakproof, p.prosecdef AS definer, p.proconfig AS settings,
	p.proargtypes::oid[] AS types, coalesce(p.proargnames, '{}') AS names, p.prorettype AS result,
	-- roles that may call it besides its owner, PUBLIC as -
	(SELECT array_agg(a.grantee::regrole::text ORDER BY 1) FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee <> p.proowner) AS callers
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension x ON d.refclassid = 'pg_extension'::regclass AND x.oid = d.refobjid
WHERE x.extname = 'kg';

-- No function runs with the rights of its owner.  (C code that writes the catalogue does:
-- src/graph/catalog/README.md, "Who may write the catalogue".)  A reason for an exception
-- would stand here.
SELECT signature FROM func WHERE definer;
-- None is leakproof: all of them may raise errors that name values of their arguments.
SELECT signature FROM func WHERE leakproof;
-- Bodies in SQL have a search_path, with few exceptions
CREATE TEMP TABLE without_search_path (name text, reason text);
INSERT INTO without_search_path VALUES
	('node', 'is inlined'), ('node_label', 'is inlined'), ('node_key', 'is inlined'), ('is_blank', 'is inlined'),
	('register_graph_body', 'names of tables mean what they mean to the caller');
SELECT signature, settings FROM func f
WHERE language <> 'c' AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(settings, '{}')) AND
	name NOT IN (SELECT w.name FROM without_search_path w);

-- A body may do only what its function promises: as volatile and as parallel as what it calls
CREATE TEMP TABLE only_named (name text, called text);	-- in a hint or a proposal
INSERT INTO only_named VALUES ('discover_body', 'register_graph'), ('drop_losses', 'drop_graph'), ('memory_tables', 'upgrade_graph');
CREATE TEMP VIEW calls AS
SELECT f.signature, f.volatility, f.parallel, g.signature AS called, g.volatility AS its_volatility, g.parallel AS its_parallel
FROM func f JOIN func g ON f.language <> 'c' AND strpos(f.body, 'kg.' || g.name || '(') > 0 AND
	(f.name, g.name) NOT IN (SELECT o.name, o.called FROM only_named o)
UNION ALL
SELECT f.signature, f.volatility, f.parallel, g.signature, g.volatility, g.parallel
FROM func f JOIN func g ON f.body = 'kg_call_body' AND g.name = f.name || '_body' AND g.types = f.types;
SELECT count(*) > 50 AS many FROM calls;
SELECT signature, called FROM calls WHERE strpos('isv', its_volatility::text) > strpos('isv', volatility::text);
-- restricted functions are called by functions for which no plan is parallel, too
SELECT signature, called FROM calls WHERE strpos('sru', its_parallel::text) > strpos('sru', parallel::text);
-- A subtransaction is not possible in a parallel query
SELECT signature FROM func WHERE language = 'plpgsql' AND body ~ '\mEXCEPTION WHEN' AND parallel <> 'u';
-- What writes is volatile and unsafe, what reads a table is not immutable
SELECT signature FROM func
WHERE language <> 'c' AND body ~* '\m(INSERT INTO|UPDATE %|DELETE FROM|CREATE (TABLE|INDEX|SCHEMA)|ALTER TABLE|EXECUTE .DROP)' AND (volatility <> 'v' OR parallel <> 'u') AND
	name <> 'drop_losses';	-- whose hint says ALTER TABLE
SELECT signature FROM func WHERE language <> 'c' AND body ~* '\m(FROM|JOIN) (kg|pg_catalog|information_schema)?\.?(graph|node_table|edge_table|pg_[a-z]+)\M(?! *\()' AND volatility = 'i';
SELECT signature FROM func WHERE 'graph' = ANY (names) AND volatility = 'i';
-- What runs queries is at least restricted: temporary tables and foreign servers are the leader's
SELECT signature FROM func WHERE language = 'c' AND 'graph' = ANY (names) AND parallel = 's' AND name <> 'check_graph';
-- What only computes is immutable and parallel safe, strict unless it takes nulls
SELECT signature, volatility, parallel FROM func
WHERE kind = 'f' AND language = 'c' AND volatility <> 'v' AND types <@ (SELECT array_agg(t.oid) FROM pg_type t
		WHERE t.typnamespace = 'kg'::regnamespace OR t.oid IN ('float8'::regtype, 'int4'::regtype, 'bool'::regtype, 'bit'::regtype, 'float8[]'::regtype)) AND
	(volatility <> 'i' OR parallel <> 's' OR NOT strict);
SELECT signature FROM func WHERE kind = 'a' AND (volatility <> 'i' OR parallel <> 's');

-- The server alone calls these
SELECT signature, volatility, strict, parallel FROM func
WHERE 'internal'::regtype = ANY (types) AND NOT (volatility = 'i' AND strict AND parallel = 's') OR result IN ('trigger'::regtype, 'event_trigger'::regtype) ORDER BY 1;

-- Not for everybody
SELECT signature, callers FROM func WHERE callers IS DISTINCT FROM '{-}' AND name !~ '_body$' ORDER BY 1;
SELECT signature FROM func WHERE name ~ '_body$' AND callers IS NOT NULL;
SELECT c.oid::regclass, a.grantee::regrole, string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type)
FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE c.relnamespace = 'kg'::regnamespace AND c.relkind <> 'i' AND a.grantee <> c.relowner GROUP BY 1, 2 ORDER BY 1, 2;
SELECT a.grantee::regrole, a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'kg' AND a.grantee <> n.nspowner;

-- All that do more than compute a value: volatility, parallel safety, strictness
\pset format unaligned
\pset tuples_only on
SELECT DISTINCT format('%s %s%s%s', name, volatility, parallel, CASE WHEN strict THEN ' strict' END) COLLATE "C" FROM func
WHERE NOT (volatility = 'i' AND strict AND parallel = 's') AND kind = 'f' ORDER BY 1;
\pset tuples_only off
\pset format aligned

-- The calls keep these promises: in a transaction that only reads, what is not volatile;
-- with parallel queries wherever the planner may have them, all
SET search_path = pg_catalog, public, pg_temp;
\set ECHO none
\i :calls
\set ECHO all
CALL public.make_graphs('g', 'r', 'keys', 's');
SELECT DISTINCT substring(c.call FROM 'kg\.([a-z_]+)\(') AS writes
FROM public.call c, LATERAL (SELECT public.filled(c.call, 'g', 'r', 'keys', 'new', 's') AS query OFFSET 0) f,
	LATERAL (SELECT public.outcome('/* */ ' || f.query, 'pg_catalog, public, pg_temp') AS usual, public.outcome(f.query, 'pg_catalog, public, pg_temp', 'transaction_read_only=on') AS reading OFFSET 0) o
WHERE o.usual <> o.reading AND EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'kg'::regnamespace AND p.proname = substring(c.call FROM 'kg\.([a-z_]+)\(') AND p.provolatile <> 'v');
SELECT c.call, o.*
FROM public.call c, LATERAL (SELECT public.filled(c.call, 'g', 'r', 'keys', 'new', 's') AS query OFFSET 0) f,
	LATERAL (SELECT public.outcome(f.query, 'pg_catalog, public, pg_temp') AS usual,
		public.outcome(f.query, 'pg_catalog, public, pg_temp', CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END || '=on') AS parallel OFFSET 0) o
WHERE o.usual <> o.parallel AND c.call !~ 'explain_index_use' /* which tells costs */ ORDER BY c.id;

-- A role without any right
CREATE ROLE kg_privileges_nobody;
GRANT SELECT ON public.call TO kg_privileges_nobody;
SET ROLE kg_privileges_nobody;
SELECT c.call, o.outcome FROM public.call c, LATERAL (SELECT public.outcome(public.filled(c.call, 'g', 'r', 'keys', 'new', 's'), 'pg_catalog, public, pg_temp') AS outcome OFFSET 0) o
WHERE o.outcome !~ '^error (42501|KG)' ORDER BY c.id;
RESET ROLE;

\c :first_database
DROP DATABASE kg_privileges;
DROP ROLE kg_privileges_nobody;
