-- Before anything else: who may create objects in the schema could add functions that
-- the extension's own calls would find, and so run as whoever uses the extension.
DO $$
DECLARE
	role text;
BEGIN
	SELECT r.rolname INTO role FROM pg_catalog.pg_roles r
	WHERE NOT r.rolsuper AND pg_catalog.has_schema_privilege(r.oid, '@extschema@', 'CREATE')
	ORDER BY 1 LIMIT 1;
	IF role IS NOT NULL THEN
		RAISE insufficient_privilege USING
			MESSAGE = pg_catalog.format('role "%s" may create objects in schema @extschema@', role),
			DETAIL = 'Its functions could run with the rights of users of the extension.',
			HINT = 'DROP SCHEMA @extschema@, which the extension makes, or REVOKE CREATE on it.';
	END IF;
END
$$;
