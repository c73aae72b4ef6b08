-- kg.ball: the type, and the operators without an index
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\getenv abs_builddir PG_ABS_BUILDDIR
\set try :abs_srcdir '/sql/include/try.sql'
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\cd :abs_builddir/results
\i :try
\i :hnsw

-- Text: what is read is what is written.
SELECT text, pg_temp.try(format('%L::kg.ball', text)) AS value
FROM unnest(ARRAY['<[1,2,3],0.5>', ' < [ 1 , 2 ] , 1e-3 > ', '<[1],Infinity>', '<[1],-inf>', '<[1],-0.25>', '<[0.1],0.1>', '<[1],5e-324>',
	'', '[1,2],3', '<[1,2]>', '<[1,2],>', '<[1,2] 3>', '<[1,2],3', '<[1,2],3>4', '<[],1>', '<1,2>', '<[1,2],x>', '<[NaN],1>',
	'<[1e39],1>', '<[1],NaN>', '<[1],1e400>', '<[1],1e-400>',
	'<{5:1,1:2}/7,3.5>', ' < { } / 3 , -1 >', '<{1:1,1:2}/3,4>', '<{4:1}/3,4>', '<{1:1}/0,4>', '<{1:1}/1000000001,4>', '<{1:1},4>', '<{1:1}/5>', '<{1:1e-46}/5,1>']) WITH ORDINALITY AS t(text, n) ORDER BY n;
SELECT vector_dims(center(ball(array_fill(1, '{16000}')::vector, 1)));
SELECT pg_temp.try(format('''<[%s1],1>''::kg.ball', repeat('1,', 16000)));

-- Constructors take vectors, halfvecs, text, and what has no type yet.
SELECT ball('[1,2]', 0.5), ball('[1,2]'::vector, 1), ball('[0.1,65504]'::halfvec, 2), ball('[1,2]'::text, 'Infinity'::float8);
SELECT center(b), radius(b) FROM CAST('<[1,2],0.5>' AS ball) b;
SELECT ball('{3:1,1:2}/4'::sparsevec, 2), ball(' {3:1,1:2}/4 ', 2), sparse_center('<{5:1,1:2}/7,3.5>'), radius('<{}/3,4>'::ball);
SELECT expression, pg_temp.try(expression)
FROM unnest(ARRAY['kg.ball(''{1:1}/4'', ''NaN'')', 'kg.ball(''{1:1}/4''::kg.sparsevec, ''NaN'')', 'kg.ball(''{1:1}/4 5'', 1)', 'kg.ball(''{1:1'', 1)',
	'kg.center(''<{}/3,4>''::kg.ball)', 'kg.sparse_center(''<[1],4>''::kg.ball)', 'kg.bit_center(''<{}/3,4>''::kg.ball)', 'kg.sparse_center(''<B1,4>''::kg.ball)']) expression;
SELECT ball(NULL::vector, 1) IS NULL AS no_centre, ball('[1]', NULL) IS NULL AS no_radius;
SELECT expression, pg_temp.try(expression)
FROM unnest(ARRAY['kg.ball(''[1,2]'', ''NaN'')', 'kg.ball(''[1,2]''::kg.vector, ''NaN'')', 'kg.ball(''[1,2]''::kg.halfvec, ''NaN'')',
	'kg.ball(''[1,'', 1)', 'kg.ball(''[1e39]'', 1)', 'kg.ball(''[]'', 1)']) expression;
PREPARE untyped AS SELECT '[1,2]'::vector <<->> ball($1, $2);
EXECUTE untyped ('[1,3]', 1);
EXECUTE untyped ('[1,3]'::vector, 0.5);
DEALLOCATE untyped;

-- Binary.
CREATE TABLE ball_test (id int, b ball);
INSERT INTO ball_test VALUES (1, '<[1,2,3],0.5>'), (2, '<[-0,1e-45],-inf>'), (3, NULL),
	(4, ball(array_fill(0.1, '{16000}')::vector, 0.1)), (5, '<{5:1,1:2}/7,3.5>'), (6, '<{}/3,-inf>'), (7, '<B101,2>'),
	(8, ball(array_fill(0.1, '{16000}')::vector::sparsevec, 0.1));
CREATE TABLE ball_copy (LIKE ball_test);
\copy ball_test TO 'ball_test.bin' (FORMAT binary)
\copy ball_copy FROM 'ball_test.bin' (FORMAT binary)
SELECT count(*), count(*) FILTER (WHERE t.b::text IS NOT DISTINCT FROM c.b::text) AS same
FROM ball_test t JOIN ball_copy c USING (id);
SELECT ball_send('<[1,-2],0.5>');
-- A ball that is kept out of line and short ones, whose headers are short.
SELECT id, array_fill(0.1, '{16000}')::vector <<->> b AS within FROM ball_test WHERE id = 4;
SELECT id, '[1,2,3]'::vector <<->> b AS within, '[1,2,3]'::halfvec <<->> b AS half_within FROM ball_test WHERE id = 1;

SELECT id, '{5:1,1:1}/7'::sparsevec <<->> b AS within FROM ball_test WHERE id = 5;
SELECT expression, pg_temp.try(expression)
FROM unnest(ARRAY['''{1:1}/4''::kg.sparsevec OPERATOR(kg.<<->>) ''<{1:1}/5,1>''', '''{1:1}/4''::kg.sparsevec OPERATOR(kg.<<->>) ''<[1],1>''', '''[1]''::kg.vector OPERATOR(kg.<<->>) ''<{1:1}/5,1>''']) expression;

-- An operator is true where the distance is not above the radius, to the last
-- bit: radii are distances, and their neighbours.
CREATE TABLE pairs AS
	SELECT pg_temp.vec(i, dims) AS v, pg_temp.vec(-i, dims) AS w FROM generate_series(1, 60) i, unnest(ARRAY[1, 7, 96]) dims;
INSERT INTO pairs VALUES ('[0,0]', '[1,2]'), ('[1,2]', '[0,0]'), ('[0,0]', '[0,0]'), ('[1,2]', '[1,2]'), ('[1,2]', '[2,4]');
CREATE FUNCTION pg_temp.agree(type text, distance text, within text, OUT compared bigint, OUT inside bigint, OUT differ bigint)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*), count(*) FILTER (WHERE within), count(*) FILTER (WHERE within <> (d <= radius)) FROM ('
		'SELECT d, radius, v::%1$s %3$s kg.ball(w::%1$s, radius) AS within FROM (SELECT v, w, v::%1$s %2$s w::%1$s AS d FROM pairs) p, '
		'unnest(ARRAY[d, d - abs(d) * 1e-15, d + abs(d) * 1e-15, 0, -0.5, ''inf'', ''-inf'']) radius WHERE radius <> ''NaN'') s',
		type, distance, within)
		INTO compared, inside, differ;
END $$;
SELECT type, within, a.compared, a.inside BETWEEN 500 AND 800 AS some_inside, a.differ
FROM unnest(ARRAY['vector', 'halfvec', 'sparsevec']) type, (VALUES ('<->', '<<->>'), ('<#>', '<<#>>'), ('<=>', '<<=>>'), ('<+>', '<<+>>')) o(distance, within),
	pg_temp.agree(type, distance, within) a
ORDER BY type, within;
SET kg.simd = portable;
SELECT sum(a.differ)
FROM unnest(ARRAY['vector', 'halfvec']) type, (VALUES ('<->', '<<->>'), ('<#>', '<<#>>'), ('<=>', '<<=>>'), ('<+>', '<<+>>')) o(distance, within),
	pg_temp.agree(type, distance, within) a;
RESET kg.simd;

-- NaN is in no ball, infinity in the infinite one.
SELECT '[0,0]'::vector <<=>> ball('[1,2]', 'inf') AS nan, '[3e38,1]'::vector <<->> ball('[-3e38,1]', 'inf') AS infinite,
	'[3e38,1]'::vector <<->> ball('[-3e38,1]', 1e308) AS beyond;
-- A negative radius is for inner products: at least 11.
SELECT '[3,4]'::vector <<#>> ball('[1,2]', -11) AS eleven, '[3,4]'::vector <<#>> ball('[1,2]', -11.5) AS more, '[1]'::vector <<->> ball('[1]', -1e-300) AS none;
-- A halfvec sees the centre as a halfvec.
SELECT '[0.1]'::halfvec <<->> ball('[0.1]', 0) AS rounded, '[0.1]'::halfvec::vector <<->> ball('[0.1]', 0) AS not_rounded;
SELECT '[1]'::halfvec <<->> ball('[70000]', 1);
SELECT '[1,2]'::vector <<->> ball('[1,2,3]', 1);
SELECT '[1,2]'::halfvec <<+>> ball('[1,2,3]', 1);
SELECT NULL::vector <<->> ball('[1]', 1) IS NULL AS unknown;

-- The planner tries the operator on what ANALYZE kept of the column; where that
-- is nothing, it assumes a hundredth of the rows.
CREATE TABLE estimated (e vector(4), unbounded vector, wide vector(300));
INSERT INTO estimated SELECT ARRAY[i, 0, 0, 0]::vector, ARRAY[i, 0]::vector, array_fill(i, '{300}')::vector FROM generate_series(1, 2000) i;
ANALYZE estimated;
CREATE FUNCTION pg_temp.estimate(query text) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Plan Rows';
END $$;
SELECT pg_temp.estimate('SELECT FROM estimated WHERE e <<->> kg.ball(''[0,0,0,0]'', 1000)') BETWEEN 950 AND 1050 AS half,
	pg_temp.estimate('SELECT FROM estimated WHERE e <<->> kg.ball(''[0,0,0,0]'', 100)') BETWEEN 70 AND 130 AS twentieth,
	pg_temp.estimate('SELECT FROM estimated WHERE e <<->> kg.ball(''[0,0,0,0]'', ''inf'')') BETWEEN 1990 AND 2000 AS all,
	pg_temp.estimate('SELECT FROM estimated WHERE e <<->> kg.ball(''[0,0,0,0]'', -1)') BETWEEN 0 AND 1 AS none,
	pg_temp.estimate('SELECT FROM estimated WHERE e <<->> (SELECT b FROM ball_test LIMIT 1)') AS not_known,
	pg_temp.estimate('SELECT FROM estimated WHERE wide <<->> kg.ball(array_fill(0, ''{300}'')::kg.vector, 1)') AS wide,
	pg_temp.estimate('SELECT FROM estimated WHERE unbounded <<->> kg.ball(''[1,2,3]'', 1)') AS unbounded;

DROP TABLE ball_test, ball_copy, pairs, estimated;
