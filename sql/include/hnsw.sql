-- Helpers of the hnsw tests.

-- A plan with "enable_seqscan = off" seems dear enough to be compiled.
SET jit = off;

-- A vector of hashes between -1 and 1, the same at every run.
CREATE FUNCTION pg_temp.vec(i int, dims int) RETURNS kg.vector
LANGUAGE sql IMMUTABLE AS $$
	SELECT ARRAY(SELECT hashint8(i::bigint * 65536 + j) / 2147483648::float8 FROM generate_series(1, dims) j)::real[]::kg.vector
$$;

-- The plan of a query, without costs.
CREATE FUNCTION pg_temp.plan(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
	lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		lines := lines || E'\n' || line;
	END LOOP;
	RETURN substr(lines, 2);
END $$;

-- Runs "SELECT id, key AS d FROM source ORDER BY key [LIMIT count]" by index
-- and by sequential scan and sort.
--	plan		how the first was done: index, or another word
--	returned	rows of it
--	ordered		its distances are in order as they came
--	distances	they are those of the exact answer, one after another
--	missing		rows of the exact answer that it lacks; NULL with a LIMIT, where
--				rows at the same distance may stand for each other
--	twice		rows that it returned more than once
CREATE FUNCTION pg_temp.knn(source text, key text, count bigint = NULL)
RETURNS TABLE (plan text, returned bigint, ordered bool, distances bool, missing bigint, twice bigint)
LANGUAGE plpgsql AS $$
DECLARE
	query text := format('SELECT array_agg(id), array_agg(d) FROM '
		'(SELECT id, %1$s AS d FROM %2$s ORDER BY %1$s LIMIT %3$L) s', key, source, count);
	ids int[];
	ds float8[];
	exact_ids int[];
	exact_ds float8[];
BEGIN
	PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
		set_config('enable_bitmapscan', 'off', true);
	plan := pg_temp.plan(query);
	plan := CASE WHEN plan ~ '->  Sort' THEN 'sort' WHEN plan ~ 'Index Scan using' THEN 'index'
		WHEN plan ~ 'Index Only Scan' THEN 'index only' ELSE 'other' END;
	EXECUTE query INTO ids, ds;
	PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true),
		set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true);
	EXECUTE query INTO exact_ids, exact_ds;
	PERFORM set_config('enable_indexscan', 'on', true);

	returned := coalesce(cardinality(ids), 0);
	ordered := ds IS NOT DISTINCT FROM (SELECT array_agg(d ORDER BY d) FROM unnest(ds) d);
	distances := ds IS NOT DISTINCT FROM exact_ds;
	IF count IS NULL THEN
		missing := (SELECT count(*) FROM (SELECT unnest(exact_ids) EXCEPT SELECT unnest(ids)) s);
	END IF;
	twice := returned - (SELECT count(DISTINCT id) FROM unnest(ids) id);
	RETURN NEXT;
END $$;
