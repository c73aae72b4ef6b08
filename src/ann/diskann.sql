-- ann/diskann.sql: the access method kg_diskann and its operator classes

CREATE FUNCTION kg.kg_diskann_handler(internal) RETURNS index_am_handler
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION kg.kg_diskann_handler(internal) IS
	'handler of the access method kg_diskann';

CREATE ACCESS METHOD kg_diskann TYPE INDEX HANDLER kg.kg_diskann_handler;
COMMENT ON ACCESS METHOD kg_diskann IS
	'graph of pages of near vectors: smaller than kg_hnsw, for data larger than memory';

-- The operator classes are those of kg_hnsw, with the same support functions, for the
-- distances and types below, and all filters.

DO $$
DECLARE
	class record;
	members text;
	other text;
BEGIN
	FOR class IN
		SELECT c.oid, c.opcname, c.opcfamily, c.opcdefault, c.opcintype, f.opfname,
			f.opfname = c.opcname AS alone,
			obj_description(c.oid, 'pg_opclass') AS comment,
			obj_description(f.oid, 'pg_opfamily') AS family_comment
		FROM pg_catalog.pg_opclass c
			JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
			JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
		WHERE a.amname = 'kg_hnsw'
			AND (c.opcname ~ '^(vector|halfvec|int8vec)_(l2|ip|cosine)_ops$'
				OR EXISTS (SELECT FROM pg_catalog.pg_amproc p
					WHERE p.amprocfamily = f.oid AND p.amprocnum = 2))
		ORDER BY c.oid
	LOOP
		IF NOT class.alone AND NOT EXISTS (
			SELECT FROM pg_catalog.pg_opfamily f
				JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
			WHERE a.amname = 'kg_diskann' AND f.opfname = class.opfname)
		THEN
			EXECUTE format('CREATE OPERATOR FAMILY kg.%I USING kg_diskann', class.opfname);
			EXECUTE format('COMMENT ON OPERATOR FAMILY kg.%I USING kg_diskann IS %L',
				class.opfname, class.family_comment);
		END IF;

		SELECT string_agg(format('OPERATOR %s %I.%s (%s, %s)%s', m.amopstrategy, n.nspname,
				o.oprname, format_type(m.amoplefttype, NULL),
				format_type(m.amoprighttype, NULL),
				CASE m.amoppurpose WHEN 'o' THEN ' FOR ORDER BY pg_catalog.float_ops' ELSE '' END),
				', ' ORDER BY m.amopstrategy)
			INTO members
		FROM pg_catalog.pg_amop m
			JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr
			JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE m.amopfamily = class.opcfamily AND (class.alone
			OR (m.amoplefttype = class.opcintype AND m.amoprighttype = class.opcintype));
		SELECT members || ', ' || format('FUNCTION %s %s', p.amprocnum,
				p.amproc::oid::regprocedure)
			INTO members
		FROM pg_catalog.pg_amproc p
		WHERE p.amprocfamily = class.opcfamily AND p.amproclefttype = class.opcintype;
		EXECUTE format('CREATE OPERATOR CLASS kg.%I %s FOR TYPE %s USING kg_diskann %s AS %s',
			class.opcname, CASE WHEN class.opcdefault THEN 'DEFAULT' END,
			format_type(class.opcintype, NULL),
			CASE WHEN class.alone THEN '' ELSE 'FAMILY kg.' || quote_ident(class.opfname) END,
			members);
		EXECUTE format('COMMENT ON OPERATOR CLASS kg.%I USING kg_diskann IS %L',
			class.opcname, class.comment);
		IF class.alone THEN
			EXECUTE format('COMMENT ON OPERATOR FAMILY kg.%I USING kg_diskann IS %L',
				class.opfname, class.family_comment);
		END IF;
	END LOOP;

	FOR other IN
		SELECT format('ALTER OPERATOR FAMILY kg.%I USING kg_diskann ADD OPERATOR %s %I.%s (%s, %s)',
			f.opfname, m.amopstrategy, n.nspname, o.oprname, format_type(m.amoplefttype, NULL),
			format_type(m.amoprighttype, NULL))
		FROM pg_catalog.pg_amop m
			JOIN pg_catalog.pg_opfamily f ON f.oid = m.amopfamily
			JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
			JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr
			JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE a.amname = 'kg_hnsw' AND m.amoplefttype <> m.amoprighttype
			AND f.opfname IN ('integer_ops', 'float_ops')
		ORDER BY m.oid
	LOOP
		EXECUTE other;
	END LOOP;
END
$$;
