-- kg.int8vec: what differs from kg.vector, and its own functions once each
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\getenv abs_builddir PG_ABS_BUILDDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

-- Text: multiples of one number, at most 255 apart, are kept; others are rounded.
SELECT input, pg_temp.try(format('%L::int8vec', input))
FROM (VALUES
	('[1,2,3]'), (' [ 1 , -2.5 ] '), ('[-128,127,0]'), ('[0,255,17]'), ('[0,256,17]'), ('[0.1,0.1,-0.1]'),
	('[0.1,0.2,0.3]'), ('[0,-0]'), ('[1000000.5,1000000.25]'), ('[32767,32512]'), ('[32768,32769]'), ('[1e-45,3e-45]'),
	('[3.4028235e38]'), ('[3.4028235e38,-3.4028235e38,1]'), ('[1e400]'), ('[NaN]'), ('[inf]'), ('[-Infinity]'),
	('[]'), ('[1'), ('[1,]'), ('[a]'), ('[1] 2'), ('1')
) AS v(input);
SELECT pg_temp.try(format('%L::int8vec', '[' || repeat('1,', 15999) || '1]')) =
	'[' || repeat('1,', 15999) || '1]' AS most;
SELECT pg_temp.try(format('%L::int8vec', '[' || repeat('1,', 16000) || '1]'));

-- Any vector, of lengths and magnitudes of all kinds: the loss, and that text,
-- arrays, vectors and the binary form give the same value again.
CREATE TABLE kinds AS
	SELECT n, shift, size, array_agg((sin(i * n) + shift) * size ORDER BY i)::real[]::vector AS v
	FROM (VALUES (1), (2), (3), (17), (100), (768), (3000)) a(n), (VALUES (0), (2), (-500), (1e5)) b(shift),
		(VALUES (1.0), (1e-40), (1e-20), (3e30), (1000)) c(size), generate_series(1, n) i
	GROUP BY n, shift, size;
CREATE TABLE stored AS SELECT n, shift, size, v, v::int8vec AS c FROM kinds;
SELECT count(*), count(*) FILTER (WHERE int8vec_send(c::text::int8vec) <> int8vec_send(c)) AS text,
	count(*) FILTER (WHERE int8vec_send(c::vector::int8vec) <> int8vec_send(c)) AS vector,
	count(*) FILTER (WHERE int8vec_send(c::real[]::int8vec) <> int8vec_send(c)) AS array,
	count(*) FILTER (WHERE c::text <> c::vector::text) AS same_text
FROM stored;
-- in scales, which are the range's 254th or the magnitude's 32000th
SELECT shift, bool_and(loss <= 0.5 * 1.01 * greatest((max - min) / 254, greatest(max, -min) / 32000) + 1e-45) AS half_a_scale
FROM (SELECT shift, max(abs(x::float8 - y)) AS loss, max(x)::float8 AS max, min(x)::float8 AS min
	FROM stored, unnest(v::real[], c::real[]) u(x, y) GROUP BY n, shift, size) s
GROUP BY shift ORDER BY shift;
\cd :abs_builddir/results
\copy stored TO 'int8vec.txt'
\copy stored TO 'int8vec.bin' (FORMAT binary)
CREATE TABLE again (LIKE stored);
\copy again FROM 'int8vec.txt'
\copy again FROM 'int8vec.bin' (FORMAT binary)
SELECT count(*), count(*) FILTER (WHERE int8vec_send(a.c) <> int8vec_send(s.c)) AS differ
FROM again a JOIN stored s USING (n, shift, size);

-- Type modifiers.
SELECT type, pg_temp.try(format('%L::%s', '[1,2,3]', type))
FROM (VALUES ('int8vec(3)'), ('int8vec(2)'), ('int8vec(0)'), ('int8vec(16000)'), ('int8vec(16001)'),
	('int8vec(1,2)'), ('int8vec(''x'')')) AS v(type);

-- Distances.
SELECT a, b,
	pg_temp.try(format('l2_distance(%L::int8vec, %L)', a, b)) AS l2,
	pg_temp.try(format('int8vec_l2_squared_distance(%L, %L)', a, b)) AS l2_squared,
	pg_temp.try(format('inner_product(%L::int8vec, %L)', a, b)) AS ip,
	pg_temp.try(format('int8vec_negative_inner_product(%L, %L)', a, b)) AS negative_ip,
	pg_temp.try(format('round(cosine_distance(%L::int8vec, %L)::numeric, 6)', a, b)) AS cosine,
	pg_temp.try(format('l1_distance(%L::int8vec, %L)', a, b)) AS l1
FROM (VALUES
	('[0,0]', '[3,4]'), ('[1,2,3]', '[-1,-2,-3]'), ('[0,0]', '[0,0]'), ('[32767]', '[-32767]'),
	('[1e-45]', '[0]'), ('[3e38]', '[-3e38]'), ('[1,2]', '[1]'),
	('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]', '[17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1]')
) AS v(a, b);
SELECT '[1,2]'::int8vec <-> '[4,6]' AS l2, '[1,2]'::int8vec <#> '[3,4]' AS ip,
	'[1,1]'::int8vec <=> '[-2,-2]' AS cosine, '[1,2]'::int8vec <+> '[-1,5]' AS l1;
SELECT round(int8vec_spherical_distance('[1,0]', '[0,1]')::numeric, 6), int8vec_spherical_distance('[1,1]', '[-1,-1]');
-- As vectors of the same elements, for every length that the kernels treat
-- apart, and with each set of kernels; close to one another, too.
CREATE TABLE pairs AS
	SELECT n, a, b, (SELECT array_agg(x + 1e-5 * y) FROM unnest(a::vector::real[], b::vector::real[]) u(x, y))::real[]::vector::int8vec AS near
	FROM (SELECT n, array_agg(sin(i * n) ORDER BY i)::real[]::vector::int8vec AS a, array_agg(cos(i + n) * n ORDER BY i)::real[]::vector::int8vec AS b
		FROM generate_series(1, 130) n, generate_series(1, n) i GROUP BY n) s;
CREATE FUNCTION pg_temp.distances() RETURNS TABLE (n int, l2 float8, nearby float8, ip float8, cosine float8, l1 float8) LANGUAGE sql AS $$
	SELECT n, a <-> b, a <-> near, a <#> b, a <=> b, a <+> b FROM pairs
$$;
SELECT count(*), bool_and(abs(d.l2 - (a::vector <-> b::vector)) <= 1e-6 * d.l2) AS l2,
	bool_and(abs(d.nearby - (a::vector <-> near::vector)) <= 1e-6 * d.nearby) AS nearby,
	bool_and(abs(ip - (a::vector <#> b::vector)) < 1e-2) AS ip,
	bool_and(abs(cosine - (a::vector <=> b::vector)) < 1e-6) AS cosine,
	bool_and(abs(l1 - (a::vector <+> b::vector)) < 1e-6 * l1) AS l1
FROM pairs JOIN pg_temp.distances() d USING (n);
CREATE TABLE by_default AS SELECT * FROM pg_temp.distances();
SET kg.simd = 'portable';
SELECT count(*) AS differ FROM pg_temp.distances() p JOIN by_default d USING (n)
WHERE (p.l2, p.nearby, p.ip, p.cosine) <> (d.l2, d.nearby, d.ip, d.cosine);
RESET kg.simd;
SELECT count(*) FILTER (WHERE c <-> c <> 0) AS l2, count(*) FILTER (WHERE c <=> c > 1e-7) AS cosine FROM stored WHERE size <> 1e-40 AND size <> 3e30;

-- Norms, parts, signs.
SELECT vector_dims('[1,2,3]'::int8vec), l2_norm('[3,4]'::int8vec), l2_norm('[0]'::int8vec);
SELECT v, l2_normalize(v::int8vec) FROM (VALUES ('[3,4]'), ('[0,0]'), ('[1e30,0]'), ('[1e-45,0]')) AS v(v);
SELECT bool_and(abs(l2_norm(l2_normalize(c)) - 1) < 1e-2) AS of_length_one, bool_and((l2_normalize(c) <=> c) < 1e-6) AS same_direction
FROM stored WHERE size IN (1, 1000);
SELECT subvector('[1,2,3,4,5]'::int8vec, 2, 3), subvector('[10,20,30]'::int8vec, 2, 2147483647), subvector('[10,20,30]'::int8vec, -1, 3),
	pg_temp.try($$subvector('[1,2,3,4,5]'::int8vec, 6, 1)$$);
SELECT count(*), count(*) FILTER (WHERE subvector(c, 5, 20)::vector <> subvector(c::vector, 5, 20)) AS differ,
	count(*) FILTER (WHERE int8vec_send(subvector(c, 5, 20)) <> int8vec_send(subvector(c::vector, 5, 20)::int8vec)) AS other_form
FROM stored WHERE n >= 17;
SELECT binary_quantize('[1,-1,0,-0,0.5,-0.5,3,4,5]'::int8vec);

-- Comparisons.
SELECT a, b, int8vec_cmp(a, b), a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM (VALUES
	('[1,2]'::int8vec, '[1,2]'::int8vec), ('[1,2]', '[1,3]'), ('[-1]', '[1]'), ('[-1]', '[-2]'), ('[1]', '[1,0]'),
	('[0]', '[-0]'), ('[0,1]', '[-0,2]'), ('[1,2,3]', '[1,2]'), ('[0.5,1000]', '[0.25,1]')) AS v(a, b);
-- the order is that of the elements, whatever the scales
SELECT count(*) FILTER (WHERE int8vec_cmp(a.c, b.c) <> vector_cmp(a.c::vector, b.c::vector)) AS differ FROM stored a, stored b;
CREATE TABLE keys (v int8vec(2) PRIMARY KEY);
INSERT INTO keys VALUES ('[1,2]'), ('[1,3]'), ('[0.5,2]');
INSERT INTO keys VALUES ('[1,2]');
INSERT INTO keys VALUES ('[1,2]'), ('[7,7]') ON CONFLICT DO NOTHING;
SELECT * FROM keys ORDER BY v;
SELECT DISTINCT c FROM (VALUES ('[2,4]'::int8vec), ('[2,4]'::vector::int8vec), ('[1,2]')) s(c) ORDER BY c;

-- Aggregates are vectors: they keep all that float4 holds.
SELECT agg, rows, pg_temp.try(format('(SELECT %s(v) FROM unnest(%L::int8vec[]) v)', agg, rows)),
	pg_typeof(avg('[1]'::int8vec)) AS type
FROM unnest('{avg,sum}'::text[]) AS a(agg),
	(VALUES ('{"[1,2,3]","[3,5,7.5]"}'), ('{"[1]",NULL,"[2]",NULL}'), ('{}'), ('{NULL,NULL}'), ('{"[1,2]","[3]"}'),
	('{"[3e38]","[3e38]"}'), ('{"[0.1]","[0.2]","[0.3]"}')) AS r(rows)
GROUP BY agg, rows ORDER BY agg, rows;
SELECT e, pg_temp.try(e) FROM (VALUES
	($$int8vec_accum('{2,0.5}', '[1]')$$), ($$int8vec_accum('{2,0.5}', '[1,2]')$$), ($$int8vec_accum('{}', '[1]')$$),
	($$int8vec_combine('{1,2}', '{2,3}')$$), ($$int8vec_avg('{2,3}')$$), ($$int8vec_sum('{2,3}')$$), ($$int8vec_sum('{{1}}')$$)) AS v(e);
CREATE TABLE many AS SELECT ARRAY[i % 10, i % 3, 1]::int8vec AS v FROM generate_series(1, 20000) i;
ANALYZE many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT avg(v), sum(v) FROM many;
RESET ALL;
SET search_path = kg, public;

-- Casts: a vector or halfvec goes where an int8vec is asked for.
SELECT '[1,2]'::int8vec <-> '[1,2.5]'::vector AS of_vector, '[1,2.5]'::halfvec <-> '[1,2]'::int8vec AS of_halfvec;
CREATE TABLE assigned (c int8vec(2), v vector(2), h halfvec(2), a real[]);
INSERT INTO assigned VALUES ('[1,2]'::vector, '[1,2]'::int8vec, '[1,2]'::int8vec, '[1,2]'::int8vec), ('[3,4]'::halfvec, NULL, NULL, NULL), (ARRAY[5,6], NULL, NULL, NULL);
INSERT INTO assigned (c) VALUES ('[1,2,3]'::vector);
SELECT * FROM assigned;
SELECT '[1.4,-2.5,3]'::int8vec::integer[], pg_temp.try($$'[3e9]'::int8vec::integer[]$$);
CREATE TABLE integers (a integer[]);
INSERT INTO integers VALUES ('[1,2]'::int8vec);
SELECT e, pg_temp.try(e) FROM (VALUES ($$'[1,2]'::int8vec + '[1,2]'$$), ($$'[1]'::int8vec || '[1]'::int8vec$$), ($$'[100000]'::int8vec::halfvec$$),
	($$'{1:1}/1'::sparsevec::int8vec$$)) v(e);

-- Balls have the centre as the operators round it.
SELECT c <<->> ball('[0.1,0.2,0.3]', 0) AS l2, c <<->> ball('[0.1,0.2,0.31]', 0) AS other, c <<->> ball(c, 0) AS own,
	c <<#>> ball(c, -0.13) AS ip, c <<=>> ball('[1,2,3]', 0.01) AS cosine, c <<+>> ball('[0,0,0]', 0.5) AS l1
FROM (SELECT '[0.1,0.2,0.3]'::int8vec AS c) s;
SELECT pg_temp.try($$'[1,2]'::int8vec <<->> ball('[1,2,3]', 1)$$);

-- In line and out of line, a quarter of a vector's bytes.
CREATE TEMP TABLE t (id int, v int8vec);
INSERT INTO t SELECT n, array_agg(i % 200)::int8vec FROM (VALUES (1), (3), (60), (500), (16000)) AS s(n),
	generate_series(1, n) i GROUP BY n;
SELECT id, vector_dims(v), pg_column_size(v) AS stored, v <-> subvector(v, 1, id) AS self FROM t ORDER BY id;

DROP TABLE kinds, stored, again, pairs, by_default, keys, many, assigned, integers;
