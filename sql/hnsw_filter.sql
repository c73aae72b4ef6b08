-- kg_hnsw with filter columns: for every type and operator a scan returns what
-- a sequential scan does
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw
SET max_parallel_workers_per_gather = 0;
SELECT pg_temp.vec(-5, 8) AS q \gset

-- Rows of a table that meet a condition, by index and without.
--	cond		the condition, or part of it, is the index's
--	rows		as many as there are
--	wrong		what is not right
CREATE FUNCTION pg_temp.try(source text, condition text, q text = pg_temp.vec(-5, 8)::text)
RETURNS TABLE (tested text, cond bool, rows bigint, wrong text)
LANGUAGE plpgsql AS $$
DECLARE
	filtered text := source || ' WHERE ' || condition;
	key text := format('e <-> %L', q);
	plan text;
	all_rows record;
	first_rows record;
BEGIN
	PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
		set_config('enable_bitmapscan', 'off', true);
	plan := pg_temp.plan(format('SELECT * FROM %s ORDER BY %s', filtered, key));
	PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'on', true);
	SELECT * INTO all_rows FROM pg_temp.knn(filtered, key);
	SELECT * INTO first_rows FROM pg_temp.knn(filtered, key, 10);
	tested := condition;
	cond := plan ~ 'Index Cond';
	rows := all_rows.returned;
	wrong := nullif(concat_ws(', ', CASE WHEN plan !~ 'Order By' THEN 'no index scan' END,
		CASE WHEN NOT all_rows.ordered THEN 'out of order' END,
		CASE WHEN all_rows.missing > 0 THEN all_rows.missing || ' are missing' END,
		CASE WHEN all_rows.twice > 0 THEN all_rows.twice || ' come twice' END,
		CASE WHEN NOT first_rows.distances THEN 'LIMIT 10 is not exact' END), '');
	RETURN NEXT;
END $$;

-- Integers of three lengths, which operators compare with each other.
CREATE TABLE ints (id int PRIMARY KEY, e vector(8), a int2, b int4, c int8, d bool);
INSERT INTO ints SELECT i, CASE WHEN i % 20 > 0 THEN pg_temp.vec(i, 8) END,
	CASE WHEN i % 7 > 0 THEN (i % 40 - 20) * CASE WHEN i % 3 = 0 THEN 1638 ELSE 1 END END,
	CASE WHEN i % 11 > 0 THEN (i % 30 - 15) * CASE i % 4 WHEN 0 THEN 143000000 WHEN 1 THEN 71582788 ELSE 1 END END,
	CASE WHEN i % 13 > 0 THEN (i % 25 - 12)::int8 * CASE i % 3 WHEN 0 THEN 768614336404564650 WHEN 1 THEN 89478485 ELSE 1 END END,
	CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END
FROM generate_series(1, 600) i;
INSERT INTO ints SELECT 600 + i, pg_temp.vec(600 + i, 8), CASE WHEN i % 2 = 0 THEN 32767 ELSE -32768 END,
	CASE WHEN i % 2 = 0 THEN 2147483647 ELSE -2147483648 END,
	CASE WHEN i % 2 = 0 THEN 9223372036854775807 ELSE -9223372036854775808 END, true
FROM generate_series(1, 10) i;
CREATE INDEX ints_e ON ints USING kg_hnsw (e, a, b, c, d);
ANALYZE ints;
SELECT t.* FROM unnest(ARRAY[
	'a = 3', 'a = 3::int8', 'a = 32767', 'a = 32768', 'a = -32768', 'a < -30000', 'a > 30000', 'a >= 32767', 'a > 32767', 'a < -32768',
	'a > 99999', 'a < 99999', 'a >= -99999999999', 'a BETWEEN -3 AND 3', 'a BETWEEN 3 AND -3',
	'b = -5', 'b = -5::int2', 'b = 9999999999', 'b < 9999999999', 'b > -9999999999', 'b > 1073741823', 'b >= 1073741824', 'b < -1073741823',
	'b = 2147483647', 'b > 2147483646', 'b < -2147483647', 'b <= -2147483648', 'b = 143000000 AND b > 0', 'b IN (1, 2, 715000000)',
	'c = 7', 'c = 7::int2', 'c > 1073741823', 'c = 768614336404564650', 'c > 768614336404564650', 'c >= 768614336404564650',
	'c < -768614336404564650', 'c = 9223372036854775807', 'c < 9223372036854775807', 'c >= -9223372036854775808', 'c > 9223372036854775806',
	'c BETWEEN 89478485 AND 1073741820', 'c = 1.0', 'b > 3.5',
	'd', 'NOT d', 'd = true', 'd IS TRUE', 'd IS FALSE', 'd IS NOT TRUE', 'd IS UNKNOWN', 'd AND NOT d', 'd AND a IN (1, 2, 3)', 'd = (a > 0)', 'd IS NULL', 'd IS NOT NULL', 'd < true', 'd >= false', 'd > true', 'd IN (true, false)',
	'a IS NULL', 'a IS NOT NULL', 'a IS NULL AND b IS NULL', 'a IS NULL AND a = 3', 'a IS NOT NULL AND a < 0',
	'a = 3 AND b = 3', 'a > 0 AND b > 0 AND c > 0 AND d', 'a > 0 AND a < 5 AND a <> 3', 'a < 1 AND a > 2', 'a IN (1, 2, 3) AND a IN (3, 4)',
	'a = ANY (''{}''::int2[])', 'a = ANY (''{NULL}''::int2[])', 'a = ANY (''{3,NULL,4,3}''::int2[])', 'a = ANY (''{3,40000}''::int4[])',
	'c = ANY (''{7,9223372036854775807}''::int8[])', 'a = ANY (NULL::int2[])', 'a = ALL (''{3,3}''::int2[])',
	'a NOT IN (1, 2)', 'a = 3 OR b = 3', 'NOT (a = 3)', 'NOT (a > 3 AND b > 3)',
	'e IS NULL', 'e IS NOT NULL', 'e IS NULL AND a = 3', 'e IS NOT NULL AND a = 3', 'e IS NULL AND e IS NOT NULL', 'a = 3 AND id < 300',
	'a = b', 'a + 0 = 3', 'a IS DISTINCT FROM 3'
]) WITH ORDINALITY c (c, n), pg_temp.try('ints', c.c) t ORDER BY n;

-- By the filter or above the index, as the planner's version likes.
SELECT t.tested, t.rows, t.wrong FROM unnest(ARRAY['a < ANY (''{-10,-15000}''::int2[])', 'a = 3 OR a = 5']) WITH ORDINALITY c (c, n), pg_temp.try('ints', c.c) t ORDER BY n;

-- Balls and filters together.
SELECT t.* FROM unnest(ARRAY['true', 'a > 0', 'a = 3', 'a IS NULL', 'b IN (1, 2, 3)', 'e IS NOT NULL', 'e IS NULL', 'd IS NULL']) WITH ORDINALITY c (c, n),
	pg_temp.try('ints', format('e <<->> ball(%L, 1.9) AND %s', :'q', c.c)) t ORDER BY n;
SELECT t.tested ~ 'a > 0', t.cond, t.rows, t.wrong FROM pg_temp.try('ints', format('e <<->> ball(%L, 1.9) AND e <<->> ball(%L, 2) AND a > 0', :'q', pg_temp.vec(-6, 8))) t;
SELECT t.* FROM pg_temp.try('ints', format('e <-> %L < 1.8 AND a > 0', :'q')) t;

-- Without an order, in a ball.
SELECT format('e <<->> kg.ball(%L, 1.9)', :'q') AS ball \gset
CREATE FUNCTION pg_temp.in_ball(ball text, condition text) RETURNS TABLE (plan text, same bool) LANGUAGE plpgsql AS $$
DECLARE
	query text := format('SELECT array_agg(id ORDER BY id) FROM (SELECT id FROM ints WHERE %s AND %s OFFSET 0) s', ball, condition);
	ids int[];
BEGIN
	PERFORM set_config('enable_seqscan', 'off', true);
	plan := regexp_replace(pg_temp.plan(query), '^.*Index Cond: \(*e <<->>.*?::ball\)', '');
	EXECUTE query INTO ids;
	PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_indexscan', 'off', true);
	EXECUTE 'SELECT $1 IS NOT DISTINCT FROM (' || query || ')' INTO same USING ids;
	PERFORM set_config('enable_indexscan', 'on', true);
	RETURN NEXT;
END $$;
SELECT p.* FROM unnest(ARRAY['a = 3', 'a > 0 AND b IN (1, 2, 3)', 'a IS NULL', 'c IS NULL', 'd IS NOT NULL', 'a = 3 AND e IS NULL']) WITH ORDINALITY c (c, n), pg_temp.in_ball(:'ball', c.c) p ORDER BY n;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM ints WHERE a = 3 AND b BETWEEN 1 AND 5 AND c IN (1, 2) AND d AND e IS NOT NULL ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 5;
EXPLAIN (COSTS OFF) SELECT id FROM ints WHERE c IN (1, 2) AND d IS FALSE ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 5;
RESET enable_seqscan;

-- Dates and times.
CREATE TABLE times (id int PRIMARY KEY, e vector(8), a date, b timestamp, c timestamptz);
SET timezone = 'UTC';
INSERT INTO times SELECT i, pg_temp.vec(i, 8), CASE WHEN i % 9 > 0 THEN date '2024-01-01' + i % 50 END,
	CASE WHEN i % 9 > 1 THEN timestamp '2024-01-01' + interval '0.25 s' * (i % 40) END,
	CASE WHEN i % 9 > 2 THEN timestamptz '2024-01-01 00:00:00Z' + interval '6 hours' * (i % 60) END FROM generate_series(1, 400) i;
INSERT INTO times SELECT 400 + i, pg_temp.vec(400 + i, 8), (ARRAY['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '1900-01-01', '2200-01-01']::date[])[i % 6 + 1],
	(ARRAY['infinity', '-infinity', '4713-01-01 BC', '294276-12-31', '1900-01-01', '2200-01-01']::timestamp[])[i % 6 + 1],
	(ARRAY['infinity', '-infinity', '4713-01-01 BC', '294276-12-31', '1900-01-01', '2200-01-01']::timestamptz[])[i % 6 + 1] FROM generate_series(1, 24) i;
CREATE INDEX times_e ON times USING kg_hnsw (e, a, b, c);
ANALYZE times;
SELECT t.* FROM unnest(ARRAY[
	'a = ''2024-01-05''', 'a < ''2024-01-05''', 'a <= ''2024-01-05''', 'a > ''2024-02-15''', 'a >= ''2024-02-15''', 'a BETWEEN ''2024-01-05'' AND ''2024-01-09''',
	'a = ''infinity''', 'a < ''infinity''', 'a > ''-infinity''', 'a < ''2000-01-01''', 'a > ''2100-01-01''', 'a IN (''2024-01-05'', ''infinity'')', 'a IS NULL',
	'b = ''2024-01-01 00:00:01''', 'b < ''2024-01-01 00:00:01''', 'b <= ''2024-01-01 00:00:01''', 'b > ''2024-01-01 00:00:05.5''', 'b >= ''2024-01-01 00:00:05.5''',
	'b = ''infinity''', 'b > ''2100-01-01''', 'b >= ''294276-12-31''', 'b < ''1929-01-01''', 'b = ''-infinity''', 'b <= ''4713-01-01 BC''', 'b IS NULL', 'b > date ''2023-05-05''',
	'c = ''2024-01-03 06:00Z''', 'c < ''2024-01-03 06:00Z''', 'c >= ''2024-01-10 00:00Z''', 'c IN (''2024-01-03 06:00Z'', ''2024-01-03 12:00+6'')', 'c IS NULL',
	'c > now() - interval ''1000 years''', 'c > ''infinity''', 'c >= ''infinity''', 'a > ''2024-01-05'' AND b > ''2024-01-01 00:00:05'' AND c > ''2024-01-03'''
]) WITH ORDINALITY c (c, n), pg_temp.try('times', c.c) t ORDER BY n;

-- Floating point: NaN is above all, -0 is 0; float8 is rounded in the index.
CREATE TABLE floats (id int PRIMARY KEY, e vector(8), a float4, b float8);
INSERT INTO floats SELECT i, pg_temp.vec(i, 8), (ARRAY[0, '-0', 'NaN', 'Infinity', '-Infinity', 1.5, -1.5, 1e-45, 3.4e38, 0.1, -3.4e38, NULL]::float4[])[i % 12 + 1],
	(ARRAY[0, '-0', 'NaN', 'Infinity', '-Infinity', 1.5, 1.5000000001, 1e-320, 1e300, 0.1, -1e300, NULL, 1e39, -1e-300]::float8[])[i % 14 + 1] FROM generate_series(1, 400) i;
CREATE INDEX floats_e ON floats USING kg_hnsw (e, b, a);
ANALYZE floats;
SELECT t.* FROM unnest(ARRAY['= 0', '= ''-0''', '< 0', '<= 0', '> 0', '>= 0', '= ''NaN''', '< ''NaN''', '> ''NaN''', '>= ''NaN''', '= ''Infinity''', '> ''Infinity''', '>= ''Infinity''',
	'< ''Infinity''', '= ''-Infinity''', '> ''-Infinity''', '< ''-Infinity''', '= 1.5', '> 1.5', '>= 1.5', '< 1.5', '= 0.1', '= 0.1::float4', '= 1.5::float4', '> 0.1::float4', '<= 1e-320', '= 1e-320',
	'> 1e39', '>= 1e39', '<= 1e39', '= 1e300', '> 1e300', '< -1e300', '= -1e300', '> 3.4e38', 'IS NULL', 'IS NOT NULL', 'IN (0.1, 1.5, ''NaN'')', '= ANY (''{0.1,NULL}''::float4[])', 'BETWEEN -1 AND 1']) WITH ORDINALITY o (o, n),
	unnest(ARRAY['a', 'b']) a, pg_temp.try('floats', a || ' ' || o) t ORDER BY a, n;

-- Values that become hashes.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE mood ADD VALUE 'glad' BEFORE 'happy';
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE DOMAIN word AS text;
CREATE TABLE words (id int PRIMARY KEY, e vector(8), a uuid, b text, c mood, d varchar(20), f char(5), g small, h word, i "char");
INSERT INTO words SELECT i, pg_temp.vec(i, 8), CASE WHEN i % 8 > 0 THEN md5((i % 20)::text)::uuid END, CASE WHEN i % 10 > 0 THEN repeat('x', i % 13) END,
	(ARRAY['sad', 'ok', 'happy', 'glad', NULL]::mood[])[i % 5 + 1], CASE WHEN i % 6 > 0 THEN 'v' || i % 9 END, CASE WHEN i % 6 > 1 THEN 'c' || i % 5 || CASE WHEN i % 2 = 0 THEN '  ' ELSE '' END END,
	i % 10, 'w' || i % 4, chr(65 + i % 5)::"char" FROM generate_series(1, 400) i;
INSERT INTO words (id, e, b) VALUES (401, pg_temp.vec(401, 8), repeat('long ', 100000));
CREATE INDEX words_e ON words USING kg_hnsw (e, a, b, c);
ANALYZE words;
SELECT left(t.tested, 60) AS condition, t.cond, t.rows, t.wrong FROM unnest(ARRAY[
	format('a = %L', md5('3')), format('a IN (%L, %L)', md5('3'), md5('77')), 'a IS NULL', format('a > %L', md5('3')), format('a <> %L', md5('3')),
	'b = ''xxx''', 'b = ''''', 'b = ''xxx''::varchar', 'b = ''xxx''::name', 'b IN ('''', ''x'', ''none'')', 'b = ANY (''{x,NULL}'')', 'b IS NULL', 'b < ''xxx''', 'b LIKE ''xxx%''', 'b = ''xxx'' COLLATE "C"',
	'b = repeat(''long '', 100000)', 'b ^@ ''xx''',
	'c = ''ok''', 'c = ''glad''', 'c IN (''sad'', ''happy'')', 'c IS NULL', 'c IS NOT NULL', 'c > ''sad''', format('a = %L AND b = ''xxx'' AND c = ''ok''', md5('3'))
]) WITH ORDINALITY c (c, n), pg_temp.try('words', c.c) t ORDER BY n;
DROP INDEX words_e;
CREATE INDEX words_e2 ON words USING kg_hnsw (e, d, f, g, h);
SELECT t.* FROM unnest(ARRAY['d = ''v3''', 'd IN (''v3'', ''v4'')', 'd = ''v3''::text', 'd IS NULL', 'd = ''v3  ''', 'd LIKE ''v%''', 'f = ''c3''', 'f = ''c3   ''', 'f = ''c3''::text', 'f IN (''c1'', ''c2'')', 'f IS NULL',
	'g = 3', 'g < 3', 'g >= 8::int8', 'g IN (3, 4)', 'g = 3::small', 'h = ''w1''', 'h IN (''w1'', ''w2'')', 'h = ''w1''::word']) WITH ORDINALITY c (c, n), pg_temp.try('words', c.c) t ORDER BY n;

-- Arrays: && and @>.
CREATE TABLE tags (id int PRIMARY KEY, e vector(8), a int2[], b int4[], c int8[], d text[]);
INSERT INTO tags SELECT i, pg_temp.vec(i, 8), x, x, x::int8[], x::text[] FROM generate_series(1, 400) i,
	LATERAL (SELECT CASE i % 10 WHEN 0 THEN NULL WHEN 1 THEN '{}' WHEN 2 THEN '{NULL}' WHEN 3 THEN ARRAY[i % 50, NULL] WHEN 4 THEN ARRAY[[i % 7, i % 11], [i % 13, 0]]
		ELSE ARRAY[i % 7, i % 11, i % 40] END) s (x);
CREATE INDEX tags_e ON tags USING kg_hnsw (e, a, b, c, d);
ANALYZE tags;
SELECT t.* FROM unnest(ARRAY['{3}', '{3,5}', '{}', '{NULL}', '{3,NULL}', '{{3,5},{0,1}}', '{3,5,7,9,11,13,15}', '{999}', '{-1,0}']) WITH ORDINALITY v (v, n), unnest(ARRAY['&&', '@>']) o,
	unnest(ARRAY['a', 'b', 'c', 'd'], ARRAY['int2', 'int4', 'int8', 'text']) c (c, y), pg_temp.try('tags', format('%s %s ''%s''::%s[]', c, o, v, y)) t ORDER BY c, o COLLATE "C", n;
SELECT t.* FROM unnest(ARRAY['b IS NULL', 'b IS NOT NULL', 'b = ''{}''', 'b <@ ''{1,2,3}''', '3 = ANY (b)', 'NOT b && ''{3}''', 'b && ''{3}'' AND b @> ''{5}''', 'b && ''{3}'' AND a @> ''{1}'' AND d && ''{2}''',
	'''{3}'' && b', '''{3}'' <@ b', 'b && ''{3}'' OR b && ''{4}''']) WITH ORDINALITY c (c, n), pg_temp.try('tags', c.c) t ORDER BY n;

-- Parameters: of a generic plan, and of a join's inner side.
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
PREPARE by_a (int, int) AS SELECT count(*), sum(id) FROM (SELECT id FROM ints WHERE a = $1 AND b > $2 ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 1000) s;
PREPARE by_array (int[], vector) AS SELECT count(*), sum(id) FROM (SELECT id FROM ints WHERE a = ANY ($1) ORDER BY e <-> $2 LIMIT 1000) s;
PREPARE by_tags (int[]) AS SELECT count(*), sum(id) FROM (SELECT id FROM tags WHERE b && $1 ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 1000) s;
EXPLAIN (COSTS OFF) EXECUTE by_a (3, 0);
EXPLAIN (COSTS OFF) EXECUTE by_array ('{3}', :'q');
EXECUTE by_a (3, 0);
EXECUTE by_a (3, NULL);
EXECUTE by_a (NULL, NULL);
EXECUTE by_a (40000, -99);
EXECUTE by_array ('{3,4,NULL,40000}', :'q');
EXECUTE by_array ('{}', :'q');
EXECUTE by_array (NULL, :'q');
EXECUTE by_array ('{3,4}', NULL);
EXECUTE by_tags ('{3}');
EXECUTE by_tags ('{}');
EXECUTE by_tags (NULL);
SELECT (SELECT count(*) FROM ints WHERE a + 0 = 3 AND b + 0 > 0), (SELECT count(*) FROM ints WHERE a + 0 = ANY ('{3,4}')), (SELECT count(*) FROM tags WHERE (b || '{}'::int[]) && '{3}');
RESET plan_cache_mode;
EXPLAIN (COSTS OFF) SELECT o.v, i.id FROM generate_series(-2, 2) o (v), LATERAL (SELECT id FROM ints WHERE a = o.v AND e IS NOT NULL ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 3) i;
SELECT o.v, array_agg(i.id) AS ids FROM generate_series(-2, 2) o (v), LATERAL (SELECT id FROM ints WHERE a = o.v AND e IS NOT NULL ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 3) i GROUP BY 1
EXCEPT
SELECT o.v, array_agg(i.id) FROM generate_series(-2, 2) o (v), LATERAL (SELECT id FROM ints WHERE a + 0 = o.v AND e IS NOT NULL ORDER BY (e <-> '[1,2,3,4,5,6,7,8]') + 0 LIMIT 3) i GROUP BY 1;
SELECT count(*) FROM (VALUES ('{1,2}'::int2[]), ('{}'), (NULL), ('{3,NULL}')) o (v), LATERAL (SELECT id FROM ints WHERE a = ANY (o.v) ORDER BY e <-> '[1,2,3,4,5,6,7,8]' LIMIT 3) i;
RESET enable_seqscan;

SELECT k FROM unnest(ARRAY['ints_e', 'times_e', 'floats_e', 'words_e2', 'tags_e']) i, index_check(i::regclass) k;
DROP TABLE ints, times, floats, words, tags;
DROP TYPE mood;
DROP DOMAIN small, word;
