-- kg.halfvec: what differs from kg.vector, and its own functions once each
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

-- Text: rounded to the nearest half, ties to even; too large is an error.
SELECT input, pg_temp.try(format('%L::halfvec', input))
FROM (VALUES
	('[1,2,3]'), (' [ 1 , -2.5 ] '), ('[0.1,0.3333333]'), ('[2048,2049,2050,2051]'),
	('[1.00048828125,1.00146484375]'), ('[65504,-65504]'), ('[65519.99]'), ('[65520]'),
	('[-65520]'), ('[1e5]'), ('[1e400]'), ('[-1e400]'),
	('[6.1035156e-05,6.097555e-05]'), ('[5.9604645e-08,-5.9604645e-08]'),
	('[2.9802323e-08,-2.9802322e-08]'), ('[8.940697e-08]'), ('[1e-400]'),
	('[NaN]'), ('[inf]'), ('[-Infinity]'), ('[]'), ('[1'), ('[1,]'), ('[a]'),
	('[1] 2'), ('1')
) AS v(input);
SELECT pg_temp.try(format('%L::halfvec', '[' || repeat('1,', 15999) || '1]')) =
	'[' || repeat('1,', 15999) || '1]' AS most;
SELECT pg_temp.try(format('%L::halfvec', '[' || repeat('1,', 16000) || '1]'));

-- Every half that there is, through text and back.
WITH halves AS (
	SELECT ('\x00010000'::bytea || set_byte(set_byte('\x0000', 0, i >> 8), 1, i & 255)) AS b, i
	FROM generate_series(0, 65535) i WHERE (i >> 10) & 31 < 31),
texts AS (
	SELECT i, format('[%s]', CASE WHEN i >= 32768 THEN '-' ELSE '' END ||
		CASE WHEN (i >> 10) & 31 = 0 THEN (i & 1023) * 2.0 ^ -24
		ELSE (1024 + (i & 1023)) * 2.0 ^ (((i >> 10) & 31) - 25) END) AS t, b FROM halves)
SELECT count(*), count(*) FILTER (WHERE halfvec_send(t::halfvec) <> b) AS wrong_in,
	count(*) FILTER (WHERE halfvec_send(t::halfvec::text::halfvec) <> b) AS wrong_out
FROM texts;

-- Type modifiers.
SELECT type, pg_temp.try(format('%L::%s', '[1,2,3]', type))
FROM (VALUES ('halfvec(3)'), ('halfvec(2)'), ('halfvec(0)'), ('halfvec(16000)'), ('halfvec(16001)'),
	('halfvec(1,2)'), ('halfvec(''x'')')) AS v(type);

-- Distances: sums are float4, so they do not overflow where a half would.
SELECT a, b,
	pg_temp.try(format('l2_distance(%L::halfvec, %L)', a, b)) AS l2,
	pg_temp.try(format('halfvec_l2_squared_distance(%L, %L)', a, b)) AS l2_squared,
	pg_temp.try(format('inner_product(%L::halfvec, %L)', a, b)) AS ip,
	pg_temp.try(format('halfvec_negative_inner_product(%L, %L)', a, b)) AS negative_ip,
	pg_temp.try(format('round(cosine_distance(%L::halfvec, %L)::numeric, 6)', a, b)) AS cosine,
	pg_temp.try(format('l1_distance(%L::halfvec, %L)', a, b)) AS l1
FROM (VALUES
	('[0,0]', '[3,4]'), ('[1,2,3]', '[-1,-2,-3]'), ('[0,0]', '[0,0]'), ('[65504]', '[-65504]'),
	('[6e-8]', '[0]'), ('[1,2]', '[1]'),
	('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]', '[17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1]')
) AS v(a, b);
SELECT '[1,2]'::halfvec <-> '[4,6]' AS l2, '[1,2]'::halfvec <#> '[3,4]' AS ip,
	'[1,1]'::halfvec <=> '[-2,-2]' AS cosine, '[1,2]'::halfvec <+> '[-1,5]' AS l1;
SELECT halfvec_spherical_distance('[1,0]', '[0,1]'), halfvec_spherical_distance('[1,1]', '[-1,-1]');
-- As vectors of the same elements, at every length that the kernels treat apart.
WITH pairs AS (
	SELECT array_agg(sin(i * n)::float4 ORDER BY i)::halfvec AS a, array_agg(cos(i + n)::float4 ORDER BY i)::halfvec AS b
	FROM generate_series(1, 130) n, generate_series(1, n) i GROUP BY n)
SELECT count(*), bool_and(abs((a <-> b) - (a::vector <-> b::vector)) < 1e-4) AS l2,
	bool_and(abs((a <#> b) - (a::vector <#> b::vector)) < 1e-4) AS ip,
	bool_and(abs((a <=> b) - (a::vector <=> b::vector)) < 1e-4) AS cosine,
	bool_and(abs((a <+> b) - (a::vector <+> b::vector)) < 1e-3) AS l1
FROM pairs;

-- Arithmetic rounds its results to halves.
SELECT '[1,2048]'::halfvec + '[0.5,1]' AS sum, '[1,2]'::halfvec - '[3,0.1]' AS difference,
	'[0.1,3]'::halfvec * '[0.1,4]' AS product, '[1]'::halfvec || '[2,3]' AS concatenation;
SELECT e, pg_temp.try(e) FROM (VALUES
	($$'[65504]'::halfvec + '[16]'$$), ($$'[65504]'::halfvec + '[15]'$$),
	($$'[-65504]'::halfvec - '[65504]'$$), ($$'[300]'::halfvec * '[300]'$$),
	($$'[6e-8]'::halfvec * '[0.5]'$$), ($$'[6e-8]'::halfvec * '[0.6]'$$), ($$'[6e-8]'::halfvec * '[0]'$$),
	($$'[1]'::halfvec + '[1,2]'$$),
	($$array_fill(1, '{16000}')::halfvec || '[1]'$$)
) AS v(e);

-- Norms, parts, signs.
SELECT vector_dims('[1,2,3]'::halfvec), l2_norm('[3,4]'::halfvec), l2_norm('[65504]'::halfvec), l2_norm('[0]'::halfvec);
SELECT v, l2_normalize(v::halfvec) FROM (VALUES ('[3,4]'), ('[0,0]'), ('[65504,0]'), ('[6e-8,0]')) AS v(v);
SELECT subvector('[1,2,3,4,5]'::halfvec, 2, 3), subvector('[1,2,3,4,5]'::halfvec, 4, 2147483647),
	pg_temp.try($$subvector('[1,2,3,4,5]'::halfvec, 6, 1)$$);
SELECT binary_quantize('[1,-1,0,-0,6e-8,-6e-8,3,4,5]'::halfvec);

-- Comparisons.
SELECT a, b, halfvec_cmp(a, b), a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM (VALUES
	('[1,2]'::halfvec, '[1,2]'::halfvec), ('[1,2]', '[1,3]'), ('[-1]', '[1]'), ('[-1]', '[-2]'), ('[1]', '[1,0]'),
	('[0]', '[-0]'), ('[0,1]', '[-0,2]'), ('[1,2,3]', '[1,2]')) AS v(a, b);

-- In line and out of line.
CREATE TEMP TABLE t (id int, v halfvec);
INSERT INTO t SELECT n, array_agg(i % 1000)::halfvec FROM (VALUES (1), (3), (60), (500), (16000)) AS s(n),
	generate_series(1, n) i GROUP BY n;
SELECT id, vector_dims(v), pg_column_size(v) AS stored, v <-> subvector(v, 1, id) AS self FROM t ORDER BY id;
