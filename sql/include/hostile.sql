-- Schema evil: everything that pg_catalog and kg have, by the same names, raising
-- an error when it is used: functions, aggregates, operators, types, relations.
-- The same relations and types are in pg_temp, which goes before all schemas.
CREATE SCHEMA evil;
CREATE FUNCTION evil.run(what pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'hostile code runs: %', what;
	RAISE EXCEPTION 'hostile code runs: %', what;
END
$$;

CREATE FUNCTION public.execute_all(commands text[]) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog SET check_function_bodies = off AS $$
DECLARE
	command text;
	done bigint := 0;
BEGIN
	FOREACH command IN ARRAY commands LOOP
		BEGIN
			EXECUTE command;
			done := done + 1;
		EXCEPTION WHEN OTHERS THEN
			NULL;	-- a type that PL/pgSQL does not take, and the like
		END;
	END LOOP;
	RETURN done;
END
$$;
CREATE FUNCTION public.types_of(types oid[]) RETURNS text LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT coalesce(string_agg(CASE WHEN t = '"any"'::regtype THEN 'anyelement' ELSE format_type(t, NULL) END, ', ' ORDER BY n), '') FROM unnest(types) WITH ORDINALITY u(t, n)
$$;

SELECT public.execute_all(ARRAY(
	SELECT format('CREATE FUNCTION evil.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS $f$ BEGIN PERFORM evil.run(''function %s''); END $f$', p.proname,
		public.types_of(p.proargtypes::oid[]), CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END, public.types_of(ARRAY[p.prorettype]), replace(p.proname, '''', ''))
	FROM pg_proc p WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'kg'::regnamespace) AND p.prokind IN ('f', 'w') AND
		NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
	UNION ALL
	-- functions of any number of arguments
	SELECT format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM evil.run(''function %s''); END $f$', p.proname,
		(SELECT string_agg(CASE WHEN t = '"any"'::regtype THEN 'VARIADIC anyarray' ELSE format_type(t, NULL) END, ', ' ORDER BY n) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY u(t, n)),
		format_type(p.prorettype, NULL), p.proname)
	FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic <> 0)) > 2500 AS functions;

SELECT public.execute_all(ARRAY(
	SELECT c FROM (
		SELECT row_number() OVER () AS i, public.types_of(p.proargtypes::oid[]) AS types, p.proname FROM pg_proc p
		WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'kg'::regnamespace) AND p.prokind = 'a') a,
		LATERAL (VALUES
			(format('CREATE FUNCTION evil.step_%s(%s) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN PERFORM evil.run(''aggregate %s''); END $f$', i, concat_ws(', ', 'text', nullif(types, '')), proname)),
			(format('CREATE AGGREGATE evil.%I(%s) (SFUNC = evil.step_%s, STYPE = text)', proname, coalesce(nullif(types, ''), '*'), i))) v(c))) > 200 AS aggregates;

SELECT public.execute_all(ARRAY(
	SELECT c FROM (
		SELECT o.oid, o.oprname, public.types_of(array_remove(ARRAY[o.oprleft, o.oprright], 0::oid)) AS types, public.types_of(ARRAY[o.oprresult]) AS result,
			concat_ws(', ', 'LEFTARG = ' || public.types_of(ARRAY[nullif(o.oprleft, 0)]), 'RIGHTARG = ' || public.types_of(ARRAY[nullif(o.oprright, 0)])) AS sides
		FROM pg_operator o WHERE o.oprnamespace IN ('pg_catalog'::regnamespace, 'kg'::regnamespace) AND o.oprresult <> 0) o,
		LATERAL (VALUES
			(format('CREATE FUNCTION evil.op_%s(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM evil.run(''operator %s''); END $f$', o.oid, types, result, oprname)),
			(format('CREATE OPERATOR evil.%s (%s, FUNCTION = evil.op_%s)', oprname, replace(replace(sides, 'LEFTARG = , ', ''), ', RIGHTARG = ', ', RIGHTARG = '), o.oid))) v(c))) > 1500 AS operators;

SELECT public.execute_all(ARRAY(
	SELECT format('CREATE VIEW %s.%I AS SELECT x.* FROM %s x WHERE evil.run(''relation %s'')', s, c.relname, c.oid::regclass, c.relname)
	FROM pg_class c, unnest('{evil,pg_temp}'::text[]) s WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'kg'::regnamespace) AND c.relkind IN ('r', 'v')
	UNION ALL
	SELECT format('CREATE VIEW %s.%I AS SELECT 1::bigint AS id, 1 AS type, ''x'' AS name, 1::bigint AS source, 2::bigint AS target WHERE evil.run(''relation %s'')', s, r, r)
	FROM unnest('{entity,relation,observation,entity_type,relation_type,alias,change,lexeme,text_size,node,edge,a,b,c,ab,bc}'::text[]) r, unnest('{evil,pg_temp}'::text[]) s)) > 300 AS relations;

SELECT public.execute_all(ARRAY(
	SELECT format('CREATE DOMAIN %s.%I AS %s CHECK (evil.run(''type %s''))', s, t.typname, format_type(t.oid, NULL), t.typname)
	FROM pg_type t, unnest('{evil,pg_temp}'::text[]) s
	WHERE t.typnamespace IN ('pg_catalog'::regnamespace, 'kg'::regnamespace) AND t.typtype = 'b' AND NOT (t.typelem <> 0 AND t.typlen = -1))) > 120 AS types;
CREATE TEXT SEARCH CONFIGURATION evil.simple (COPY = pg_catalog.english);
CREATE TEXT SEARCH CONFIGURATION evil.english (COPY = pg_catalog.simple);
CREATE COLLATION evil."C" (LOCALE = 'POSIX');
