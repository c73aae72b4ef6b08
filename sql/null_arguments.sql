--
-- Every function of schema kg with NULL, and with odd values, in each argument, by the owner and
-- by a role without rights: an answer or an error that is the caller's, never an internal one
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT kg.create_graph('null_arguments', 2);
INSERT INTO null_arguments.entity_type (name) VALUES ('t');
INSERT INTO null_arguments.relation_type (name) VALUES ('r');
INSERT INTO null_arguments.entity (type, name, embedding) VALUES (1, 'a', '[1,2]'), (1, 'b', '[2,1]');
INSERT INTO null_arguments.relation (source, target, type) VALUES (1, 2, 1);
CREATE TABLE null_arguments.node (id int PRIMARY KEY, name text);
CREATE TABLE null_arguments.edge (a int REFERENCES null_arguments.node, b int REFERENCES null_arguments.node);
SELECT kg.register_graph('null_registered', '"null_arguments.node"', '"null_arguments.edge"');

-- Values for an argument: the first is a usual one
CREATE FUNCTION pg_temp.values_of(type regtype, name text) RETURNS text[] LANGUAGE sql AS $$
	SELECT CASE
		WHEN name = 'graph' THEN ARRAY['''null_arguments''', '''null_registered''', '''nowhere''', '''''']
		WHEN name = 'name' THEN ARRAY['''null_new''', '''null_arguments''', '''null_registered''', '''pg_catalog''', '''''']
		WHEN name = 'direction' THEN ARRAY['''out''', '''up''']
		WHEN name = 'metric' THEN ARRAY['''cosine''', '''none''']
		WHEN name = 'measure' THEN ARRAY['''jaccard''', '''none''']
		WHEN name = 'uniqueness' THEN ARRAY['''edge''', '''none''']
		WHEN name = 'schema' THEN ARRAY['''null_arguments''', '''nowhere''']
		WHEN name = 'query' AND type = 'text'::regtype THEN ARRAY['''SELECT 1''', '''SELECT nowhere(1)''', '''DROP TABLE nowhere''', '''''']
		WHEN name = 'path' THEN ARRAY['''public''', '''"''']
		WHEN name IN ('nodes', 'edges', 'item', 'details') AND type = 'jsonb'::regtype THEN ARRAY['''"null_arguments.node"''', '''[]''', '''{}''', '''5''',
			'''null''', '''[null]''', '''[[]]''', '''[{"table": null}]''', '''[{"table": {}}]''', '''[{"table": "null_arguments.edge", "label": {}, "key": []}]''',
			'''[{"label": "x", "schema": "null_arguments", "table": "node", "key": "id"}]''',
			'''[{"label": "x", "schema": "null_arguments", "table": "edge", "source": "a", "target": "b", "source_label": "x", "target_label": "y", "type": "z"}]''']
		WHEN type = 'jsonb'::regtype THEN ARRAY['''{}''', '''[]''']
		WHEN type = 'boolean'::regtype THEN ARRAY['false', 'true']
		WHEN type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype) THEN ARRAY['2', '-1', '0']
		WHEN type IN ('real'::regtype, 'double precision'::regtype) THEN ARRAY['0.5', '''NaN''', '-1', '''inf''']
		WHEN type = 'timestamptz'::regtype THEN ARRAY['now()', '''infinity''']
		WHEN name IN ('relation', 'query_relation') THEN ARRAY['''null_arguments.entity''', '0', '''null_arguments.node''', '''null_arguments.entity_pkey''', '''pg_type''']
		WHEN type = 'regclass'::regtype THEN ARRAY['''null_arguments.node''', '0', '1', '''null_arguments.entity_pkey''', '''pg_type''']
		WHEN type IN ('anycompatible'::regtype, 'anyelement'::regtype) THEN ARRAY['1', '''x''::text', '''{1,2}''', 'ARRAY[1]', 'now()']
		WHEN type = 'anycompatiblearray'::regtype THEN ARRAY['ARRAY[1]', 'ARRAY[''x'']', '''{}''', 'ARRAY[NULL::int]']
		WHEN type = 'name'::regtype THEN ARRAY['''embedding''', '''id''', '''''']
		WHEN type = 'kg.vector[]'::regtype THEN ARRAY['''{"[1,2]"}''', '''{}''', '''{NULL}''', '''{"[1]"}''']
		WHEN type IN ('kg.vector'::regtype, 'kg.halfvec'::regtype, 'kg.int8vec'::regtype) THEN ARRAY['''[1,2]''', '''[1]''']
		WHEN type = 'kg.sparsevec'::regtype THEN ARRAY['''{1:1}/2''']
		WHEN type = 'bit'::regtype THEN ARRAY['B''10''']
		WHEN type = 'bytea'::regtype THEN ARRAY['''''']
		WHEN type = 'cstring'::regtype THEN ARRAY['''x''']
		WHEN type = ANY (ARRAY['text[]'::regtype, 'cstring[]'::regtype]) THEN ARRAY['''{r}''', '''{}''', '''{NULL}''']
		WHEN name = 'filter' THEN ARRAY['''true''', '''r.source = 1''']
		WHEN type = 'text'::regtype THEN ARRAY['''x''', '''''']
		ELSE ARRAY['NULL'] END
$$;

-- One call, taken back whatever it did: its SQLSTATE
CREATE FUNCTION pg_temp.outcome(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT ' || call;
	RAISE EXCEPTION USING ERRCODE = 'KG000';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- Each function with NULL everywhere, and with each value, NULL among them, in
-- one argument while the others have their usual one
CREATE TEMP TABLE call AS
WITH f AS (
	SELECT p.oid, 'kg.' || quote_ident(p.proname) AS name, p.proargtypes::oid[] AS types, p.pronargs,
		coalesce(p.proargnames, '{}') AS names
	FROM pg_proc p
	WHERE p.pronamespace = 'kg'::regnamespace AND p.prokind IN ('f', 'a') AND p.pronargs > 0 AND
		NOT p.proargtypes::oid[] && ARRAY['internal'::regtype::oid]
), argument AS (
	-- oidvectors count from 0
	SELECT f.*, i, format_type(t, NULL) AS type, pg_temp.values_of(t, names[i]) AS vals FROM f, unnest(types) WITH ORDINALITY a(t, i)
), cast_value AS (
	SELECT oid, name, pronargs, i, CASE WHEN type LIKE 'any%' THEN v ELSE v || '::' || type END AS v, n, CASE WHEN type LIKE 'any%' THEN 'NULL' ELSE 'NULL::' || type END AS null_v
	FROM argument, unnest(vals) WITH ORDINALITY u(v, n)
)
SELECT DISTINCT name, format('%s(%s)', name, string_agg(v, ', ' ORDER BY i)) AS call
FROM (
	SELECT oid, name, i, null_v AS v, '' AS variant FROM cast_value WHERE n = 1
	UNION ALL
	SELECT u.oid, u.name, u.i, CASE WHEN u.i = c.i THEN c.v ELSE u.v END, c.i || ' ' || c.n
	FROM cast_value u JOIN (SELECT oid, i, n, v FROM cast_value UNION ALL SELECT oid, i, 0, null_v FROM cast_value WHERE n = 1) c USING (oid)
	WHERE u.n = 1
) q
GROUP BY oid, name, variant;
SELECT count(*) > 1500 AS many, count(DISTINCT name) > 100 AS functions FROM call;

CREATE ROLE null_arguments_nobody;
GRANT SELECT ON call TO null_arguments_nobody;
CREATE FUNCTION pg_temp.internal_errors() RETURNS TABLE (call text, state text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT c.call, o FROM call c, pg_temp.outcome(c.call) o
	WHERE o LIKE 'XX%' OR o LIKE '58%' OR o IN ('P0001', 'P0004', '42601') OR (o = '42P01' AND c.call !~ '^kg.(context|context_json|search|explain_search)(_body)?\(.*r\.source' AND c.call !~ 'nowhere|find_table|describe|register|index_(check|info|recall)|knn_exact|calibrate|flush_pending|prewarm') ORDER BY 1;
END $$;
SELECT * FROM pg_temp.internal_errors();
SET ROLE null_arguments_nobody;
SELECT * FROM pg_temp.internal_errors();
RESET ROLE;

-- Bodies of functions are for these functions alone
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'kg'::regnamespace AND p.proname LIKE '%\_body' AND has_function_privilege('null_arguments_nobody', p.oid, 'EXECUTE');
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'kg'::regnamespace AND p.prosrc = 'kg_call_body' AND
	NOT EXISTS (SELECT FROM pg_proc b WHERE b.pronamespace = p.pronamespace AND b.proname = p.proname || '_body' AND b.proargtypes = p.proargtypes AND b.prorettype = p.prorettype AND
		b.provolatile = p.provolatile AND b.proparallel = p.proparallel AND b.proretset = p.proretset);
-- What has been seen: a crash, by any role
SELECT kg.register_tables('a', 'cosine', NULL, '[]');
SELECT kg.register_tables('a', 'cosine', '[]', NULL);
SELECT kg.register_graph('a', '"null_arguments.node"'::jsonb, NULL);
SELECT kg.register_graph('a', '"null_arguments.node"', NULL);
SELECT kg.register_graph('a', NULL, '[]');

SELECT kg.drop_graph('null_registered');
DROP TABLE null_arguments.edge, null_arguments.node;
SELECT kg.drop_graph('null_arguments');
DROP TABLE call;
DROP ROLE null_arguments_nobody;
