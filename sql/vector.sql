-- kg.vector: text, type modifiers, distances, arithmetic, comparisons
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

-- What the text form allows: blanks anywhere, any number that float4 reads.
SELECT input, pg_temp.try(format('%L::vector', input))
FROM (VALUES
	('[1,2,3]'), ('[-1.5,+2.25,-0]'), ('[.5,5.,05]'), ('[1e3,1E-3,1e+3]'),
	('[0x1p3,0x10]'), ('[123456789,0.1234567891234]'),
	(E' \t\n\r\x0B\f[ 1 ,\t2\n] '),
	('[3.4028235e38,-3.4028235e38]'), ('[1e-45,-1.4e-45]'),
	('[1.17549435e-38,1.1754942e-38]'), ('[1e-46,-1e-46]'),
	('[16777217,16777219]'),
	('[0.100000001490116119384765625]')
) AS v(input);

-- What it does not: one error each, with the code of its kind.
SELECT input, pg_temp.try(format('%L::vector', input))
FROM (VALUES
	(''), (' '), ('1'), ('['), ('[ '), (']'), ('[]'), ('[ ]'), ('[,]'),
	('[1'), ('[1,'), ('[1,]'), ('[,1]'), ('[1,,2]'), ('[1 2]'), ('[1;2]'),
	('[1]]'), ('[1] x'), ('[[1]]'), ('{1,2}'), ('(1,2)'),
	('[one]'), ('[1a]'), ('[0x]'), ('[--1]'), ('[-+1]'), ('[1.2.3]'),
	('[1e]'), ('[1e+]'), ('[.]'), ('[-]'), ('[''1'']'), ('[null]'),
	('[NaN]'), ('[nan(0x1)]'), ('[inf]'), ('[-Infinity]'),
	('[3.4028236e38]'), ('[1e400]'), ('[-1e400]'), ('[1e99999999999999999999]')
) AS v(input);

-- A message quotes no more than the beginning of a long input, and does not
-- cut a character in two.
SELECT what, length(message), left(message, 40), right(message, 32)
FROM (VALUES
	('digits', pg_temp.try(format('%L::vector', '[' || repeat('1', 1000000) || ']'))),
	('junk', pg_temp.try(format('%L::vector', '[1]' || repeat('x', 1000000)))),
	('letters', pg_temp.try(format('%L::vector', 'a' || repeat('é', 1000))))
) AS v(what, message);

-- Numbers read as float4 reads them.
SELECT count(*), count(*) FILTER
	(WHERE float4send(t::float4) <> substr(vector_send(('[' || t || ']')::vector), 5))
	AS wrong
FROM (
	SELECT CASE i % 4
		WHEN 0 THEN (h / 1e9)::numeric::text
		WHEN 1 THEN h || 'e' || (i % 60 - 35)
		WHEN 2 THEN (h % 16777216) || '.' || (ARRAY['5', '50000001', '49999999'])[i % 3 + 1]
		ELSE '1677721' || (i % 10) || '.' || repeat('0', i % 12) || (i % 2)
		END AS t
	FROM (SELECT i, hashint4(i)::bigint AS h FROM generate_series(1, 40000) i) s
) s;

-- ... and are written with the fewest digits that read back the same.
SELECT count(*), count(*) FILTER (WHERE (v::text)::vector <> v OR v::real[]::vector <> v) AS wrong
FROM (SELECT ARRAY[hashint4(i), 1.0 / hashint4(i + 7), hashint4(-i) * 1e20]::float8[]::vector AS v
	FROM generate_series(1, 10000) i) s;

-- The most dimensions.
SELECT vector_dims(('[' || repeat('1,', 15999) || '1]')::vector);
SELECT pg_temp.try(format('%L::vector', '[' || repeat('1,', 16000) || '1]'));
SELECT pg_temp.try(format('%L::vector', '[' || repeat('1,', 16000) || 'x]'));

-- Type modifiers.
SELECT type, pg_temp.try(format('%L::%s', '[1,2,3]', type))
FROM (VALUES
	('vector(3)'), ('vector(2)'), ('vector(16000)'), ('vector(0)'),
	('vector(-1)'), ('vector(16001)'), ('vector(2147483648)'),
	('vector(3,3)'), ('vector()'), ('vector(1.5)'), ('vector(''a'')'),
	('vector(''3'')'), ('vector(NULL)')
) AS v(type);
SELECT pg_temp.try($$'{"[1,2,3]","[4,5]"}'::vector(3)[]$$);
CREATE TEMP TABLE t (id int, v vector(3));
SELECT format_type(atttypid, atttypmod), attstorage
FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'v';
INSERT INTO t VALUES (1, '[1,2,3]'), (2, NULL), (3, ARRAY[4,5,6]);
INSERT INTO t VALUES (4, '[1,2]');
INSERT INTO t SELECT 5, '[1,2]'::vector;
INSERT INTO t VALUES (6, '[1,2]'::vector(2));
UPDATE t SET v = v || v;
ALTER TABLE t ALTER v TYPE vector(2);
ALTER TABLE t ALTER v TYPE vector;
INSERT INTO t VALUES (7, '[1]');
SELECT * FROM t ORDER BY id;
DROP TABLE t;

-- Distances, by function and by operator.
SELECT a, b,
	pg_temp.try(format('l2_distance(%L::vector, %L)', a, b)) AS l2,
	pg_temp.try(format('vector_l2_squared_distance(%L, %L)', a, b)) AS l2_squared,
	pg_temp.try(format('inner_product(%L::vector, %L)', a, b)) AS ip,
	pg_temp.try(format('round(cosine_distance(%L::vector, %L)::numeric, 6)', a, b)) AS cosine,
	pg_temp.try(format('l1_distance(%L::vector, %L)', a, b)) AS l1
FROM (VALUES
	('[0,0]', '[3,4]'), ('[1,2,3]', '[1,2,3]'), ('[1,2,3]', '[-1,-2,-3]'),
	('[1,0]', '[0,1]'), ('[0,0]', '[0,0]'), ('[1,2]', '[2,1]'),
	('[3e38]', '[3e38]'), ('[3e38]', '[-3e38]'), ('[1e-30]', '[-1e-30]'),
	('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]', '[17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1]')
) AS v(a, b);
SELECT pg_temp.try(format($$'[1,2]'::vector %s '[1]'$$, op)) AS error, op
FROM unnest('{<->,<#>,<=>,<+>,+,-,*}'::text[]) op;
SELECT '[1,2]'::vector <-> '[4,6]' AS l2, '[1,2]'::vector <#> '[3,4]' AS ip,
	'[1,1]'::vector <=> '[-2,-2]' AS cosine, '[1,2]'::vector <+> '[-1,5]' AS l1;
SELECT vector_negative_inner_product('[1,2]', '[3,4]');
SELECT vector_spherical_distance('[1,0]', '[0,1]') AS quarter,
	vector_spherical_distance('[1,0]', '[1,0]') AS same,
	vector_spherical_distance('[1,1]', '[1,1]') AS rounded,
	vector_spherical_distance('[-1,-1]', '[1,1]') AS opposite;
SELECT l2_distance(NULL::vector, '[1]') IS NULL AND ('[1]'::vector <=> NULL) IS NULL AS strict;
-- Against sums in double, over every length that the kernels treat apart.
WITH pairs AS (
	SELECT n, array_agg(sin(i * n)::float4 ORDER BY i) AS a, array_agg(cos(i + n)::float4 ORDER BY i) AS b,
		sqrt(sum((sin(i * n)::float4::float8 - cos(i + n)::float4) ^ 2)) AS l2,
		sum(sin(i * n)::float4::float8 * cos(i + n)::float4) AS ip,
		sum(abs(sin(i * n)::float4::float8 - cos(i + n)::float4)) AS l1
	FROM generate_series(1, 130) n, generate_series(1, n) i GROUP BY n)
SELECT count(*), bool_and(abs((a::vector <-> b::vector) - l2) < 1e-4) AS l2,
	bool_and(abs((a::vector <#> b::vector) + ip) < 1e-4) AS ip,
	bool_and(abs((a::vector <+> b::vector) - l1) < 1e-3) AS l1
FROM pairs;

-- Arithmetic.
SELECT '[1,2,3]'::vector + '[4,5,6.5]' AS sum, '[1,2,3]'::vector - '[4,5,6.5]' AS difference,
	'[1,2,3]'::vector * '[4,5,6.5]' AS product, '[1,2,3]'::vector || '[4]' AS concatenation;
SELECT e, pg_temp.try(e) FROM (VALUES
	($$'[3e38,0]'::vector + '[3e38,0]'$$), ($$'[3e38]'::vector - '[-3e38]'$$),
	($$'[1e38]'::vector * '[10]'$$), ($$'[1e-38]'::vector * '[1e-38]'$$),
	($$'[0,1e-45]'::vector * '[1e-38,1]'$$),
	($$array_fill(1, '{15999}')::vector || '[1]' = array_fill(1, '{16000}')::vector$$),
	($$array_fill(1, '{16000}')::vector || '[1]'$$)
) AS v(e);

-- Norms.
SELECT vector_norm('[3,4]'), vector_norm('[0,0]'), vector_norm('[3e38,4e37]')::real AS large,
	vector_norm('[1e-45]') AS small;
SELECT v, l2_normalize(v::vector) FROM (VALUES
	('[3,4]'), ('[0,0]'), ('[-5]'), ('[3e38,0]'), ('[1e-45,0]')) AS v(v);

-- Parts and signs.
SELECT start, count, pg_temp.try(format($$subvector('[1,2,3,4,5]'::vector, %s, %s)$$, start, count))
FROM (VALUES (1, 5), (2, 3), (5, 1), (4, 9), (0, 2), (-3, 6), (-3, 4), (6, 1),
	(1, 0), (1, -1), (2147483647, 2147483647), (2, 2147483647),
	(-2147483648, 2147483647), (-2147483647, -2147483648)) AS v(start, count);
SELECT binary_quantize('[1,-1,0,-0,1e-45,-1e-45,3,4,5]'::vector),
	length(binary_quantize(array_fill(1, '{16000}')::vector));

-- Comparisons: element by element, then the shorter first.
SELECT a, b, vector_cmp(a, b), a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM (VALUES
	('[1,2]'::vector, '[1,2]'::vector), ('[1,2]', '[1,3]'), ('[2]', '[1,3]'), ('[1]', '[1,0]'),
	('[0]', '[-0]'), ('[1,2,3]', '[1,2]')) AS v(a, b);

-- Out of line and in line, with long and short headers.
CREATE TEMP TABLE t (id int, v vector);
INSERT INTO t SELECT n, array_agg(i % 1000)::vector FROM (VALUES (1), (3), (30), (500), (4000), (16000)) AS s(n),
	generate_series(1, n) i GROUP BY n;
SELECT id, vector_dims(v), pg_column_size(v) AS stored, vector_norm(v), v <-> subvector(v, 1, id) AS self,
	vector_dims(v || '[1]'::vector) = id + 1 AS longer
FROM t WHERE id < 16000 ORDER BY id;
SELECT vector_dims(v), v = v FROM t WHERE id = 16000;
UPDATE t SET v = subvector(v, 2, 100000) WHERE id > 1;
SELECT id, vector_dims(v) FROM t ORDER BY id;
