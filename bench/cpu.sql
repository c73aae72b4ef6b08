-- The CPU time of calls, for scripts that include this file: of the backend,
-- from /proc, planning included, in milliseconds.

-- A process that sleeps has its time accounted.
CREATE FUNCTION pg_temp.cpu() RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_sleep(0.001);
	RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e6;
END
$$;

-- The least of so many calls of a query that gives one number; one above 100 ms
-- is the last.
CREATE FUNCTION pg_temp.measure(query text, calls int, OUT ms float8, OUT answer float8) LANGUAGE plpgsql AS $$
DECLARE
	nothing float8 := pg_temp.cpu();
	began float8;
	taken float8;
BEGIN
	nothing := pg_temp.cpu() - nothing;
	FOR i IN 1..calls LOOP
		began := pg_temp.cpu();
		EXECUTE query INTO answer;
		taken := pg_temp.cpu() - began - nothing;
		ms := least(ms, taken);
		EXIT WHEN taken > 100;
	END LOOP;
END
$$;
