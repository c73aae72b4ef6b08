-- avg and sum of vectors
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

SELECT type, agg, rows, pg_temp.try(format('(SELECT %s(v) FROM unnest(%L::%s[]) v)', agg, rows, type))
FROM unnest('{vector,halfvec}'::text[]) AS t(type), unnest('{avg,sum}'::text[]) AS a(agg),
	(VALUES ('{"[1,2,3]","[3,5,7.5]"}'), ('{"[1]",NULL,"[2]",NULL}'), ('{}'), ('{NULL,NULL}'), ('{"[1,2]","[3]"}'),
	('{"[65504]","[65504]"}'), ('{"[0.1]","[0.2]","[0.3]"}')) AS r(rows);
SELECT pg_temp.try($$(SELECT avg(v) FROM unnest('{"[3e38]","[3e38]"}'::vector[]) v)$$),
	pg_temp.try($$(SELECT sum(v) FROM unnest('{"[3e38]","[3e38]"}'::vector[]) v)$$);

-- Groups, windows, both aggregates at once.
CREATE TEMP TABLE t AS SELECT i, i % 3 AS g, ARRAY[i, i * 0.5, -i]::vector AS v FROM generate_series(1, 9) i;
SELECT g, avg(v), sum(v), avg(v::halfvec), sum(v::halfvec), count(*) FROM t GROUP BY g ORDER BY g;
SELECT i, sum(v) OVER (ORDER BY i), avg(v) OVER (ORDER BY i),
	avg(v) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS moving,
	sum(v::halfvec) OVER (PARTITION BY g ORDER BY i) AS of_group
FROM t ORDER BY i;

-- Parallel: the same results as without, also where workers see no rows.
CREATE TABLE aggregate_test AS SELECT i, ARRAY[i % 10, i % 100, i % 1000]::vector AS v,
	ARRAY[i % 10, i % 3, 1]::halfvec AS h FROM generate_series(1, 20000) i;
ANALYZE aggregate_test;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT avg(v), sum(v), avg(h) FROM aggregate_test;
SELECT avg(v), sum(v), avg(h) FROM aggregate_test;
SELECT avg(v), sum(v), avg(h), sum(h) FROM aggregate_test WHERE i = 77;
SELECT avg(v), sum(v), avg(h), sum(h) FROM aggregate_test WHERE i < 0;
SELECT avg(CASE WHEN i = 5 THEN v END) FROM aggregate_test;
SET max_parallel_workers_per_gather = 0;
SELECT avg(v), sum(v), avg(h) FROM aggregate_test;
DROP TABLE aggregate_test;

-- The functions behind avg, called with states that no aggregate makes.
SELECT e, pg_temp.try(e) FROM (VALUES
	($$vector_accum('{0}', '[1,2]')$$), ($$vector_accum('{1,5,6}', '[1,2]')$$), ($$vector_accum('{1,5}', '[1,2]')$$),
	($$vector_accum('{}', '[1]')$$), ($$vector_accum('{{0}}', '[1]')$$), ($$vector_accum('{NULL}', '[1]')$$),
	($$vector_accum('{1,1.7976931348623157e308}', '[3e38]')$$),
	($$vector_accum('{1,1.7e308}', '[1]') IS NOT NULL$$),
	($$halfvec_accum('{2,0.5}', '[1]')$$), ($$halfvec_accum('{2,0.5}', '[1,2]')$$), ($$halfvec_accum('{}', '[1]')$$),
	($$vector_combine('{1,2}', '{2,3}')$$), ($$vector_combine('{0}', '{2,3}')$$), ($$vector_combine('{2,3}', '{0}')$$),
	($$vector_combine('{0}', '{0}')$$), ($$vector_combine('{1,2}', '{1,2,3}')$$), ($$vector_combine('{}', '{0}')$$),
	($$vector_combine('{1,1.7e308}', '{1,1.7e308}')$$), ($$halfvec_combine('{1,2}', '{2,3}')$$),
	($$vector_combine(array_fill(1::float8, '{16002}'), '{0}')$$),
	($$vector_avg('{2,3,5}')$$), ($$vector_avg('{0}')$$), ($$vector_avg('{1}')$$), ($$vector_avg('{0,1}')$$),
	($$vector_avg('{}')$$), ($$vector_avg('{1e-300,1}')$$), ($$vector_avg('{1,NaN}')$$),
	($$vector_avg(array_fill(1::float8, '{16002}'))$$), ($$halfvec_avg('{2,3}')$$), ($$halfvec_avg('{1,65520}')$$),
	($$halfvec_avg('{{1}}')$$)
) AS v(e);
-- A caller that is no aggregate keeps its array as it was.
SELECT a, vector_accum(a, '[10,20]'), a FROM (SELECT ARRAY[1,2,3]::float8[] AS a OFFSET 0) s;
