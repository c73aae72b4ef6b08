-- Functions and operators on PostgreSQL's bit strings
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

SELECT a, b, pg_temp.try(format('hamming_distance(%L, %L)', a, b)) AS hamming,
	pg_temp.try(format('jaccard_distance(%L, %L)', a, b)) AS jaccard
FROM (VALUES
	('', ''), ('0', '0'), ('1', '1'), ('1', '0'), ('1010', '0101'), ('1111', '0001'), ('110', '011'),
	('111111111', '111111110'), ('1', '11'), ('', '1')) AS v(a, b);
SELECT B'1100' <~> B'1010' AS hamming, B'1100' <%> B'1010' AS jaccard;
SELECT hamming_distance('101'::varbit, '110'::varbit), jaccard_distance('101'::varbit, '110'::varbit);
SELECT pg_temp.try('hamming_distance(1, 1)'), hamming_distance(NULL, B'1') IS NULL AS strict;

-- At every length that the kernels treat apart, against counting the digits.
WITH pairs AS (
	SELECT n, a, b, length(replace((a # b)::text, '0', '')) AS differ, length(replace((a & b)::text, '0', '')) AS common,
		length(replace((a | b)::text, '0', '')) AS either
	FROM (SELECT n, string_agg((hashint4(i * n) & 1)::text, '')::varbit AS a, string_agg((hashint4(i + n) & 1)::text, '')::varbit AS b
		FROM generate_series(1, 600) n, generate_series(1, n) i GROUP BY n) s)
SELECT count(*), bool_and((a::bit(600) <~> b::bit(600)) = differ) AS padded, bool_and(hamming_distance(a, b) = differ) AS hamming,
	bool_and(jaccard_distance(a, b) = CASE WHEN common = 0 THEN 1 ELSE 1 - common / either::float8 END) AS jaccard
FROM pairs;

-- Stored compressed or out of line.
CREATE TEMP TABLE t (b varbit);
INSERT INTO t VALUES (repeat('10', 400000)::varbit), (repeat('01', 400000)::varbit);
SELECT hamming_distance(x.b, y.b), jaccard_distance(x.b, y.b) FROM t x, t y ORDER BY 1, 2;
