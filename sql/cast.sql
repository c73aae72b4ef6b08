-- Casts between the vector types, and from and to arrays
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set try :abs_srcdir '/sql/include/try.sql'
\i :try

-- Which there are, and where they apply by themselves.
SELECT castsource::regtype, casttarget::regtype,
	CASE castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'assignment' ELSE 'explicit' END AS context
FROM pg_cast
WHERE '{vector,halfvec,int8vec,sparsevec}'::regtype[] && ARRAY[castsource, casttarget]::regtype[]
ORDER BY 1, 2;

-- From arrays of each kind.
SELECT type, source, pg_temp.try(format('%L::%s::%s', value, source, type))
FROM unnest('{vector,halfvec,int8vec,sparsevec}'::text[]) AS t(type),
	(VALUES ('{1,0,-3}', 'int4[]'), ('{2147483647,-2147483648}', 'int4[]'), ('{1.5,0,-0.25}', 'real[]'),
	('{1.5,0,-0.25}', 'float8[]'), ('{1.5,0,-0.25}', 'numeric[]'), ('[2:4]={1,0,2}', 'int4[]'),
	('{}', 'real[]'), ('{NULL}', 'real[]'), ('{1,NULL}', 'int4[]'), ('{{1,2},{3,4}}', 'real[]'),
	('{NaN}', 'real[]'), ('{-Infinity}', 'float8[]'), ('{NaN}', 'numeric[]'), ('{1e39}', 'float8[]'),
	('{1e39}', 'numeric[]'), ('{1e-46,-1e-46,1}', 'float8[]'), ('{65520}', 'real[]'), ('{-65519.5}', 'real[]'),
	('{1e-8}', 'real[]')) AS v(value, source);
SELECT type, pg_temp.try(format('ARRAY[1,2,3]::%s(3)', type)), pg_temp.try(format('ARRAY[1,2,3]::%s(2)', type)),
	pg_temp.try(format('array_to_%s(''{1,2}''::real[], 3, false)', type)),
	pg_temp.try(format('array_to_%s(''{a}''::text[], -1, false)', type))
FROM unnest('{vector,halfvec,int8vec,sparsevec}'::text[]) AS t(type);
-- A NULL that was removed leaves a bitmap of no NULLs.
SELECT (ARRAY[1, NULL, 3]::real[])[3:3]::vector, array_remove('{1,NULL,2}'::float8[], NULL)::halfvec;
SELECT type, pg_temp.try(format('array_fill(0, ''{16001}'')::%s IS NOT NULL', type)),
	pg_temp.try(format('array_fill(1, ''{16001}'')::%s', type))
FROM unnest('{vector,halfvec,int8vec,sparsevec}'::text[]) AS t(type);

-- To arrays.
SELECT '[1.5,0,-2]'::vector::real[], '[0.1]'::halfvec::real[], array_upper('[1,2,3]'::vector::real[], 1);
CREATE FUNCTION pg_temp.total(real[]) RETURNS real LANGUAGE sql AS 'SELECT sum(x) FROM unnest($1) x';
SELECT pg_temp.total('[1,2]'::vector) AS implicit, pg_temp.try($$pg_temp.total('[1,2]'::halfvec)$$);
SELECT pg_temp.try($$'{1:1}/1'::sparsevec::real[]$$), pg_temp.try($$'[1]'::vector::float8[]$$);

-- Between the types.
SELECT source, target, value, pg_temp.try(format('%L::%s::%s', value, source, target))
FROM (VALUES
	('[1,-2.5,0]', 'vector', 'halfvec'), ('[0.1,1e-8,6e-8]', 'vector', 'halfvec'), ('[65520]', 'vector', 'halfvec'),
	('[1e30]', 'vector', 'halfvec'), ('[1,2,3]', 'vector', 'halfvec(2)'), ('[1,2,3]', 'vector', 'halfvec(3)'),
	('[0.1,65504,-0]', 'halfvec', 'vector'), ('[1,2,3]', 'halfvec', 'vector(2)'),
	('[0,1.5,-0,2]', 'vector', 'sparsevec'), ('[0,0]', 'vector', 'sparsevec'), ('[1,0]', 'vector', 'sparsevec(3)'),
	('{2:1.5,4:2}/5', 'sparsevec', 'vector'), ('{}/3', 'sparsevec', 'vector'), ('{}/3', 'sparsevec', 'vector(4)'),
	('{}/16001', 'sparsevec', 'vector'),
	('[0,6e-8,-0]', 'halfvec', 'sparsevec'), ('[1,0]', 'halfvec', 'sparsevec(3)'),
	('{1:0.1,3:-1e-8}/3', 'sparsevec', 'halfvec'), ('{1:65520}/1', 'sparsevec', 'halfvec'),
	('{}/16001', 'sparsevec', 'halfvec'), ('{}/3', 'sparsevec', 'halfvec(4)')
) AS v(value, source, target);

-- By themselves: a vector goes where a halfvec or sparsevec is asked for ...
SELECT l2_norm('[3,4]'::vector::halfvec), '[1,2]'::halfvec <-> '[1,2.5]'::vector AS mixed;
CREATE TEMP TABLE t (v vector(2), h halfvec(2), s sparsevec(2), a real[]);
-- ... and on assignment, each becomes any other.
INSERT INTO t VALUES ('[1,2]'::halfvec, '{2:2}/2'::sparsevec, '[3,0]'::vector, '[5,6]'::halfvec);
INSERT INTO t VALUES ('{2:2}/2'::sparsevec, '[3,4]'::vector, '[0,6]'::halfvec, '[5,6]'::vector);
INSERT INTO t VALUES (ARRAY[1,2], ARRAY[1.5,2], '{0,3}'::real[], NULL);
INSERT INTO t VALUES ('[1,2,3]'::halfvec);
INSERT INTO t (s) VALUES ('[1]'::vector);
SELECT * FROM t;

-- Stored values, with short and long headers.
CREATE TEMP TABLE u AS SELECT n, array_agg(i % 7)::vector AS v FROM (VALUES (2), (40), (3000), (16000)) AS s(n),
	generate_series(1, n) i GROUP BY n;
SELECT n, v::halfvec::vector = v AND v::sparsevec::vector = v AND v::halfvec::sparsevec::halfvec::vector = v AND v::real[]::vector = v AS same
FROM (SELECT n, subvector(v, 1, 14000) AS v FROM u) s ORDER BY n;
