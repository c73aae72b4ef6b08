-- MaxSim of arrays of vectors: operator, function, errors
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :try
\i :hnsw

-- The query's vectors find 1*3 + 2*1 and 0.5 * 4; the operator is negative.
SELECT max_sim(d, q), d @# q AS distance
FROM (VALUES (ARRAY['[3,1]', '[0,2]', '[4,-9]']::vector[], ARRAY['[1,2]', '[0.5,0]']::vector[])) v(d, q);
SELECT max_sim(d, q), d @# q AS distance
FROM (VALUES (ARRAY['[3,1]', '[0,2]', '[4,-9]']::halfvec[], ARRAY['[1,2]', '[0.5,0]']::halfvec[])) v(d, q);
SELECT max_sim(d, q), d @# q AS distance
FROM (VALUES (ARRAY['[3,1]', '[0,2]', '[4,-9]']::int8vec[], ARRAY['[1,2]', '[0.5,0]']::int8vec[])) v(d, q);

-- A vector of the query counts as often as it is there; its order is of no matter.
SELECT max_sim('{"[1,0]","[0,1]"}'::vector[], '{"[2,1]","[2,1]"}') AS twice,
	max_sim('{"[0,1]","[1,0]"}'::vector[], '{"[2,1]"}') AS once;

-- All products may be negative, or zero.
SELECT max_sim('{"[1,1]","[2,2]"}'::vector[], '{"[-1,-1]"}') AS negative, max_sim('{"[0,0]"}'::vector[], '{"[1,2]"}') AS zero,
	'{"[1,2]"}'::vector[] @# '{"[0,0]"}' AS zero_query;

-- Empty arrays: no largest product.  NULL: no array.
SELECT max_sim('{}'::vector[], '{"[1,2]"}') AS no_document, max_sim('{"[1,2]"}'::vector[], '{}') AS no_query,
	'{}'::vector[] @# '{}' AS nothing, max_sim(NULL::vector[], '{"[1,2]"}') AS null_document,
	'{"[1,2]"}'::halfvec[] @# NULL AS null_query;

SELECT expression, pg_temp.try(expression)
FROM (VALUES
	('max_sim(''{"[1,2]",NULL}''::vector[], ''{"[1,2]"}'')'),
	('''{"[1,2]"}''::vector[] @# ''{NULL}'''),
	('max_sim(''{{"[1,2]"},{"[1,2]"}}''::vector[], ''{"[1,2]"}'')'),
	('max_sim(''{"[1,2]","[1,2,3]"}''::vector[], ''{"[1,2]"}'')'),
	('max_sim(''{"[1,2]"}''::vector[], ''{"[1,2]","[1]"}'')'),
	('max_sim(''{"[1,2]"}''::vector[], ''{"[1,2,3]"}'')'),
	('max_sim(''{"[1,2]","[1,2,3]"}''::halfvec[], ''{"[1,2]"}'')'),
	('max_sim(''{"[1,2]"}''::halfvec[], ''{"[1,2,3]"}'')'),
	('max_sim(''{"[1,2]","[1,2,3]"}''::int8vec[], ''{"[1,2]"}'')'),
	-- NULLs that are none any more
	('max_sim((''{"[1,2]",NULL}''::vector[])[1:1], ''{"[1,2]"}'')'),
	('max_sim(''[5:6]={"[1,2]","[3,4]"}''::vector[], ''{"[1,2]"}'')')
) AS v(expression);

-- All lengths, and many vectors: as the inner products say.
CREATE FUNCTION pg_temp.vectors(i int, count int, dims int) RETURNS vector[]
LANGUAGE sql AS $$ SELECT array_agg(pg_temp.vec(i * 1000 + j, dims)) FROM generate_series(1, count) j $$;
SELECT dims, documents, queries, abs(max_sim(d, q) - s.sum) < 1e-4 AS right, abs(max_sim(d::halfvec[], q::halfvec[]) - s.sum) < 0.2 AS half,
	abs(max_sim(d::int8vec[], q::int8vec[]) - s.sum) < 0.2 * sqrt(queries * dims) AS small
FROM (SELECT *, pg_temp.vectors(1, documents, dims) AS d, pg_temp.vectors(2, queries, dims) AS q
	FROM (VALUES (1, 1, 1), (3, 2, 5), (7, 3, 1), (16, 4, 2), (33, 5, 3), (64, 9, 4), (100, 30, 20), (128, 77, 8), (1500, 8, 3)) v(dims, documents, queries)) v,
	LATERAL (SELECT sum(m) FROM (SELECT max(inner_product(a, b)) AS m FROM unnest(d) a, unnest(q) WITH ORDINALITY q(b, n) GROUP BY n) m) s
ORDER BY dims;

-- Long arrays are kept out of line, some compressed.
CREATE TABLE documents (id int, tokens vector(64)[]);
INSERT INTO documents VALUES (1, pg_temp.vectors(1, 100, 64)), (2, array_fill(pg_temp.vec(3, 64), ARRAY[300]));
SELECT id, max_sim(tokens, pg_temp.vectors(1, 3, 64)) = max_sim(tokens || '{}', pg_temp.vectors(1, 3, 64)) AS same,
	pg_column_size(tokens) < 10000 AS compressed
FROM documents ORDER BY id;

-- The type modifier of a column of arrays is of their elements.
INSERT INTO documents VALUES (3, '{"[1,2]"}');
SELECT atttypmod, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'documents'::regclass AND attname = 'tokens';

-- The planner knows that long arrays cost more than short ones.
CREATE FUNCTION pg_temp.cost(query text) RETURNS float8
LANGUAGE plpgsql AS $$ DECLARE plan json; BEGIN EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan; RETURN plan->0->'Plan'->>'Total Cost'; END $$;
SELECT pg_temp.cost('SELECT tokens @# ''{"[1]"}'' FROM documents') < pg_temp.cost('SELECT tokens @# array_fill(''[1]''::vector, ARRAY[100]) FROM documents') AS dearer;
DROP TABLE documents;
