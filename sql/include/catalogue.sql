-- All that the catalogues say of an extension, without numbers: two databases where the
-- extension is the same give the same rows.  A row of a catalogue is an object with its
-- properties; numbers of other objects are their names; comments belong to objects.

-- Members, and what belongs to them (indexes and constraints of tables, entries of
-- operator families, array types)
CREATE FUNCTION pg_temp.extension_objects(extension name) RETURNS TABLE (classid oid, objid oid)
LANGUAGE sql AS $$
	WITH RECURSIVE object AS (
		SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid
		WHERE x.extname = extension AND d.deptype = 'e'
		UNION
		SELECT d.classid, d.objid FROM object o JOIN pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid AND d.deptype IN ('i', 'a'))
	SELECT * FROM object o WHERE (pg_identify_object(o.classid, o.objid, 0)).identity !~ '^(toast table )?pg_toast'
$$;

CREATE FUNCTION pg_temp.identity(class oid, object oid) RETURNS text
LANGUAGE sql AS $$
	SELECT CASE WHEN object = 0 THEN '-' ELSE type || ' ' || identity END FROM pg_identify_object(class, object, 0)
$$;

-- What is no number and no name: expressions, which their own functions write
CREATE FUNCTION pg_temp.definition(class oid, object oid) RETURNS text
LANGUAGE sql AS $$
	SELECT CASE class
		WHEN 'pg_proc'::regclass THEN concat_ws(E'\n', pg_get_function_arguments(object), pg_get_function_result(object), pg_get_function_sqlbody(object))
		WHEN 'pg_constraint'::regclass THEN pg_get_constraintdef(object)
		WHEN 'pg_trigger'::regclass THEN pg_get_triggerdef(object)
		WHEN 'pg_rewrite'::regclass THEN pg_get_ruledef(object)
		WHEN 'pg_attrdef'::regclass THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = object)
		WHEN 'pg_class'::regclass THEN (SELECT CASE WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(object) WHEN relkind = 'v' THEN pg_get_viewdef(object) END FROM pg_class WHERE oid = object)
		END
$$;

-- A row without what differs from database to database, and with names for numbers
CREATE FUNCTION pg_temp.named(catalogue regclass, r jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
	k record;
	named jsonb;
BEGIN
	FOR k IN SELECT a.attname AS key, f.pktable, f.is_array FROM pg_attribute a
		LEFT JOIN pg_get_catalog_foreign_keys() f ON f.fktable = catalogue AND f.fkcols = ARRAY[a.attname::text] AND f.pkcols = '{oid}'
		WHERE a.attrelid = catalogue AND (a.attnum > 0 AND a.atttypid = 'pg_node_tree'::regtype OR f.pktable IS NOT NULL
			OR a.attname IN ('oid', 'relfilenode', 'reltoastrelid', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid', 'attcacheoff'))
	LOOP
		IF k.pktable IS NULL OR k.pktable = 'pg_authid'::regclass OR k.key = 'reltoastrelid' THEN
			r := r - k.key::text;
		ELSIF k.is_array THEN
			SELECT jsonb_agg(pg_temp.identity(k.pktable, e::oid) ORDER BY n) INTO named
			FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(r -> k.key) = 'array' THEN r -> k.key
				ELSE to_jsonb(string_to_array(r ->> k.key, ' ')) END) WITH ORDINALITY a (e, n) WHERE e <> '';
			r := jsonb_set(r, ARRAY[k.key::text], coalesce(named, 'null'));
		ELSIF r ->> k.key ~ '^\d+$' THEN		-- regproc is a name already
			r := jsonb_set(r, ARRAY[k.key::text], coalesce(to_jsonb(pg_temp.identity(k.pktable, (r ->> k.key)::oid)), 'null'));
		END IF;
	END LOOP;
	-- newer minor releases number a table's columns there
	RETURN CASE WHEN r ->> 'attoptions' LIKE '%pg_attver=%' THEN r - 'attoptions' ELSE r END;
END $$;

CREATE FUNCTION pg_temp.extension_catalogue(extension name) RETURNS TABLE (object text, property text)
LANGUAGE plpgsql AS $$
DECLARE
	c record;
BEGIN
	CREATE TEMP TABLE object ON COMMIT DROP AS SELECT o.*, pg_temp.identity(o.classid, o.objid) AS name FROM pg_temp.extension_objects(extension) o;
	-- objects' own catalogues, and those with further rows of them
	FOR c IN SELECT DISTINCT o.classid::regclass AS catalogue, 'oid' AS key, o.classid AS class FROM object o
		UNION VALUES ('pg_attribute'::regclass, 'attrelid', 'pg_class'::regclass), ('pg_index', 'indexrelid', 'pg_class'),
			('pg_aggregate', 'aggfnoid', 'pg_proc'), ('pg_sequence', 'seqrelid', 'pg_class'), ('pg_enum', 'enumtypid', 'pg_type')
	LOOP
		RETURN QUERY EXECUTE format('SELECT o.name, %L || pg_temp.named(%L, to_jsonb(t))::text FROM %s t JOIN object o ON o.classid = %s AND o.objid = t.%I',
			c.catalogue || ' ', c.catalogue, c.catalogue, c.class, c.key);
	END LOOP;
	RETURN QUERY SELECT o.name, 'definition ' || d FROM object o, pg_temp.definition(o.classid, o.objid) d WHERE d IS NOT NULL;
	RETURN QUERY SELECT o.name, format('comment of %s: %s', CASE d.objsubid WHEN 0 THEN 'it' ELSE 'column ' || d.objsubid END, d.description)
		FROM object o JOIN pg_description d ON d.classoid = o.classid AND d.objoid = o.objid;
	RETURN QUERY SELECT o.name, format('privileges when created: %s %s', p.objsubid, regexp_replace(p.initprivs::text, '\m' || quote_ident(current_user) || '\M', 'owner', 'g'))
		FROM object o JOIN pg_init_privs p ON p.classoid = o.classid AND p.objoid = o.objid;
	RETURN QUERY SELECT o.name, 'member' FROM object o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid AND d.deptype = 'e';
	RETURN QUERY SELECT 'extension ' || x.extname, format('version %s, schema %s, relocatable %s, dumped %s', x.extversion, x.extnamespace::regnamespace, x.extrelocatable,
			(SELECT string_agg(format('%s %s', x.extconfig[i]::regclass, x.extcondition[i]), ', ' ORDER BY x.extconfig[i]::regclass::text) FROM generate_subscripts(x.extconfig, 1) i))
		FROM pg_extension x WHERE x.extname = extension;
	RETURN QUERY SELECT 'extension ' || x.extname, 'comment ' || obj_description(x.oid, 'pg_extension') FROM pg_extension x WHERE x.extname = extension;
	DROP TABLE object;
END $$;
