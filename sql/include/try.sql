-- What an expression gives: its value as text, or the error that it raises.
CREATE FUNCTION pg_temp.try(expression text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
	detail text;
BEGIN
	EXECUTE 'SELECT (' || expression || ')::text' INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	-- since 19 a function that does not exist has details
	RETURN sqlstate || ' ' || sqlerrm ||
		CASE WHEN detail <> '' AND sqlstate <> '42883' THEN ' (' || detail || ')' ELSE '' END;
END $$;
