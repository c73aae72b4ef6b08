-- kg.sparsevec: text, type modifiers, distances, comparisons
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

-- Text: elements in any order, indices from 1, zeros left out.
SELECT input, pg_temp.try(format('%L::sparsevec', input))
FROM (VALUES
	('{1:1.5,3:3.5}/5'), ('{3:3.5,1:1.5}/5'), ('{}/1'), (E'\t{ +2 : -1e3 , 1 : .5 }\n/ 2 '),
	('{1:0,2:-0,3:1}/3'), ('{1:1}/1000000000'), ('{1000000000:1}/1000000000'),
	('{1:3.4028235e38,2:1e-45}/2'), ('{01:1}/01'),
	-- malformed
	(''), ('{'), ('}'), ('{}'), ('{}/'), ('{}/x'), ('{}/1 x'), ('{}/1/1'), ('{} 1'), ('[1]'),
	('{1}/1'), ('{1:}/1'), ('{:1}/1'), ('{1:1,}/1'), ('{,1:1}/1'), ('{1:1 2:2}/2'), ('{1:1:1}/2'),
	('{1.5:1}/2'), ('{x:1}/1'), ('{1:x}/1'), ('{1:1'), ('{1:1}'), ('{1:1}2'), ('{1:1/2'),
	-- elements
	('{1:NaN}/1'), ('{1:inf}/1'), ('{1:-Infinity}/1'), ('{1:1e400}/1'), ('{1:3.4028236e38}/1'),
	('{1:1e-46}/1'), ('{1:1e-400}/1'),
	-- indices
	('{0:1}/1'), ('{-1:1}/1'), ('{2:1}/1'), ('{1:1,1:1}/2'), ('{2:1,1:1,2:1}/2'),
	('{2147483647:1}/1'), ('{2147483648:1}/1'), ('{-2147483648:1}/1'), ('{99999999999999999999:1}/1'),
	('{-99999999999999999999:1}/1'),
	-- dimensions
	('{}/0'), ('{}/-1'), ('{}/1000000001'), ('{}/2147483648'), ('{}/99999999999999999999'),
	('{}/-99999999999999999999'), ('{}/1.5')
) AS v(input);

-- The most elements.  The limit counts what is written.
SELECT n, value, left(pg_temp.try(format('length(%L::sparsevec::text)',
	'{' || (SELECT string_agg(i || ':' || value, ',') FROM generate_series(1, n) i) || '}/20000')), 80)
FROM (VALUES (16000, 1), (16001, 1), (16000, 0), (16001, 0)) AS v(n, value);
-- Long inputs are quoted only in part.
SELECT length(pg_temp.try(format('%L::sparsevec', '{1:' || repeat('9', 100000) || '}/1'))) < 1200 AS value,
	length(pg_temp.try(format('%L::sparsevec', '{' || repeat(',', 100000)))) < 1200 AS junk;

-- Text and binary, there and back.
SELECT count(*), count(*) FILTER (WHERE v::text::sparsevec <> v) AS wrong
FROM (SELECT ARRAY[hashint4(i), 0, 1.0 / hashint4(i + 7), 0, hashint4(-i) * 1e20, i % 2]::float8[]::sparsevec AS v
	FROM generate_series(1, 10000) i) s;
SELECT sparsevec_send('{2:1.5,4:-1}/5');

-- Type modifiers.
SELECT type, pg_temp.try(format('%L::%s', '{2:1}/3', type))
FROM (VALUES ('sparsevec(3)'), ('sparsevec(2)'), ('sparsevec(0)'), ('sparsevec(1000000000)'),
	('sparsevec(1000000001)'), ('sparsevec(1,2)'), ('sparsevec(''x'')')) AS v(type);

-- Distances.
SELECT a, b,
	pg_temp.try(format('l2_distance(%L::sparsevec, %L)', a, b)) AS l2,
	pg_temp.try(format('sparsevec_l2_squared_distance(%L, %L)', a, b)) AS l2_squared,
	pg_temp.try(format('inner_product(%L::sparsevec, %L)', a, b)) AS ip,
	pg_temp.try(format('sparsevec_negative_inner_product(%L, %L)', a, b)) AS negative_ip,
	pg_temp.try(format('round(cosine_distance(%L::sparsevec, %L)::numeric, 6)', a, b)) AS cosine,
	pg_temp.try(format('l1_distance(%L::sparsevec, %L)', a, b)) AS l1
FROM (VALUES
	('{}/2', '{1:3,2:4}/2'), ('{1:3,2:4}/2', '{}/2'), ('{}/2', '{}/2'), ('{1:1}/2', '{2:1}/2'),
	('{1:1,3:3,5:5}/6', '{2:2,3:4,6:6}/6'), ('{1:1,2:2}/2', '{1:-1,2:-2}/2'),
	('{1:3e38}/1', '{1:3e38}/1'), ('{1:3e38}/1', '{1:-3e38}/1'),
	('{1000000000:2}/1000000000', '{1:1,1000000000:2}/1000000000'), ('{1:1}/2', '{1:1}/3')
) AS v(a, b);
SELECT '{1:1,2:2}/2'::sparsevec <-> '{1:4,2:6}/2' AS l2, '{1:1,2:2}/2'::sparsevec <#> '{1:3,2:4}/2' AS ip,
	'{1:1,2:1}/2'::sparsevec <=> '{1:-2,2:-2}/2' AS cosine, '{1:1,2:2}/2'::sparsevec <+> '{1:-1,2:5}/2' AS l1;
-- As the dense vectors of the same elements; so too for comparisons.
WITH vectors AS (
	SELECT (ARRAY[h % 3 - 1, h / 3 % 3 - 1, h / 9 % 3 - 1, h / 27 % 3 - 1])[:1 + i % 4]::vector AS v
	FROM (SELECT i, abs(hashint4(i)) AS h FROM generate_series(1, 120) i) s)
SELECT count(*), bool_and(sparsevec_cmp(a.v::sparsevec, b.v::sparsevec) = vector_cmp(a.v, b.v)) AS cmp
FROM vectors a, vectors b;
WITH vectors AS (
	SELECT ARRAY[h % 3 - 1, h / 3 % 3 - 1, h / 9 % 3 - 1, h / 27 % 3 - 1]::vector AS v
	FROM (SELECT abs(hashint4(i)) AS h FROM generate_series(1, 120) i) s)
SELECT count(*), bool_and((a.v::sparsevec <-> b.v::sparsevec) = (a.v <-> b.v)) AS l2,
	bool_and((a.v::sparsevec <#> b.v::sparsevec) = (a.v <#> b.v)) AS ip,
	bool_and((a.v::sparsevec <=> b.v::sparsevec) = (a.v <=> b.v)) AS cosine,
	bool_and((a.v::sparsevec <+> b.v::sparsevec) = (a.v <+> b.v)) AS l1
FROM vectors a, vectors b;

-- Comparisons by operator.
SELECT a, b, sparsevec_cmp(a, b), a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM (VALUES
	('{1:1}/2'::sparsevec, '{1:1}/2'::sparsevec), ('{1:1}/2', '{1:1}/3'), ('{2:1}/2', '{1:1}/2'),
	('{2:-1}/2', '{}/2'), ('{}/1', '{3:-1}/3'), ('{1:-1}/1', '{}/9')) AS v(a, b);

-- Norms.
SELECT l2_norm('{1:3,9:4}/9'::sparsevec), l2_norm('{}/9'::sparsevec), l2_norm('{1:3e38}/1'::sparsevec)::real;
SELECT v, l2_normalize(v::sparsevec) FROM (VALUES ('{1:3,9:4}/9'), ('{}/9'), ('{1:3e38,2:1e-45,3:-3e38}/3')) AS v(v);
