-- kg_hnsw: NULLs, zero vectors, equal vectors, near ties, huge and tiny values
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

-- Gives a table one index in place of all others.
CREATE FUNCTION pg_temp.index_with(name text, key text, options text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	old text;
BEGIN
	FOR old IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = name::regclass LOOP
		EXECUTE 'DROP INDEX ' || old;
	END LOOP;
	EXECUTE format('CREATE INDEX ON %s USING kg_hnsw (%s) WITH (%s)', name, key, options);
END $$;

-- NULL embeddings come last, and none is missing.
CREATE TABLE items (id int, e vector(4), h halfvec(4));
INSERT INTO items SELECT i, CASE WHEN i % 3 > 0 THEN pg_temp.vec(i, 4) END FROM generate_series(1, 900) i;
UPDATE items SET h = e;
CREATE INDEX items_l2 ON items USING kg_hnsw (e);
CREATE INDEX items_ip ON items USING kg_hnsw (e vector_ip_ops);
CREATE INDEX items_cosine ON items USING kg_hnsw (e vector_cosine_ops);
CREATE INDEX items_h ON items USING kg_hnsw (h);
INSERT INTO items SELECT i, CASE WHEN i % 3 > 0 THEN pg_temp.vec(i, 4) END FROM generate_series(901, 1000) i;
UPDATE items SET h = e WHERE id > 900;
SELECT key, k.plan, k.returned, k.missing, k.twice
FROM unnest(ARRAY['e <-> ''[1,2,3,4]''', 'e <#> ''[1,2,3,4]''', 'e <=> ''[1,2,3,4]''', 'h <-> ''[1,2,3,4]''']) key,
	pg_temp.knn('items', key) k;
SELECT key, k.*
FROM unnest(ARRAY['e <-> ''[1,2,3,4]''', 'e <#> ''[1,2,3,4]''', 'e <=> ''[1,2,3,4]''', 'h <-> ''[1,2,3,4]''']) key,
	pg_temp.knn('items', key, 50) k;
SET enable_seqscan = off;
SELECT min(n) FILTER (WHERE e IS NULL) AS first_null, max(n) FILTER (WHERE e IS NOT NULL) AS last_other
FROM (SELECT e, row_number() OVER () AS n FROM (SELECT e FROM items ORDER BY e <-> '[1,2,3,4]') s) s;
RESET enable_seqscan;

-- NULL as the query: every distance is NULL, every row is returned.
SELECT key, k.*
FROM unnest(ARRAY['e <-> NULL::vector', 'e <#> NULL::vector', 'e <=> NULL::vector', 'h <-> NULL::halfvec',
	'e <-> (SELECT e FROM items WHERE e IS NULL LIMIT 1)']) key,
	pg_temp.knn('items', key) k;
SELECT * FROM pg_temp.knn('items', 'e <-> (SELECT e FROM items WHERE e IS NULL LIMIT 1)', 5);

-- NULLs only, more than a page of them; deleted; then other rows.
CREATE TABLE nulls (id int, e vector(4));
CREATE INDEX ON nulls USING kg_hnsw (e);
INSERT INTO nulls SELECT i FROM generate_series(1, 5000) i;
SELECT plan, returned, missing, twice FROM pg_temp.knn('nulls', 'e <-> ''[1,2,3,4]''');
DELETE FROM nulls WHERE id % 10 > 0;
VACUUM nulls;
SELECT plan, returned, missing, twice FROM pg_temp.knn('nulls', 'e <-> ''[1,2,3,4]''');
INSERT INTO nulls SELECT i, CASE WHEN i % 2 = 0 THEN '[1,2,3,4]'::vector END FROM generate_series(6001, 6500) i;
SELECT plan, returned, missing, twice FROM pg_temp.knn('nulls', 'e <-> ''[1,2,3,4]''');
DROP TABLE nulls;

-- A zero vector has no direction: its cosine distance is NaN, which sorts
-- after all numbers and before NULL.  For L2 and the inner product it is a
-- vector as any.
INSERT INTO items SELECT i, '[0,0,0,0]', '[0,0,0,0]' FROM generate_series(4001, 4040) i;
INSERT INTO items VALUES (4041, '[-0,0,-0,0]', '[0,-0,0,0]');
SELECT key, k.plan, k.returned, k.missing, k.twice
FROM unnest(ARRAY['e <-> ''[1,2,3,4]''', 'e <#> ''[1,2,3,4]''', 'e <=> ''[1,2,3,4]''', 'h <-> ''[1,2,3,4]''']) key,
	pg_temp.knn('items', key) k;
SET enable_seqscan = off;
SELECT coalesce(d::text, 'NULL') AS distance, count(*), max(n) - min(n) + 1 AS together, min(n) AS first
FROM (SELECT CASE WHEN d < 3 THEN 1 ELSE d END AS d, row_number() OVER () AS n
	FROM (SELECT e <=> '[1,2,3,4]' AS d FROM items ORDER BY e <=> '[1,2,3,4]') s) s
GROUP BY d ORDER BY 4;
SELECT id, e <-> '[0,0,0,0]' AS d FROM items WHERE id > 4039 ORDER BY e <-> '[0,0,0,0]' LIMIT 2;
RESET enable_seqscan;
-- With a zero vector as the query all are NaN.
SELECT key, k.*
FROM unnest(ARRAY['e <=> ''[0,0,0,0]''', 'e <=> ''[-0,0,0,0]''']) key, pg_temp.knn('items', key) k;
SELECT key, k.*
FROM unnest(ARRAY['e <-> ''[0,0,0,0]''', 'e <#> ''[0,0,0,0]''', 'h <-> ''[0,0,0,0]''']) key, pg_temp.knn('items', key, 50) k;
REINDEX TABLE items;
SELECT key, k.plan, k.returned, k.missing, k.twice
FROM unnest(ARRAY['e <-> ''[1,2,3,4]''', 'e <#> ''[1,2,3,4]''', 'e <=> ''[1,2,3,4]''', 'e <=> ''[0,0,0,0]''', 'h <-> ''[1,2,3,4]''']) key,
	pg_temp.knn('items', key) k;
DELETE FROM items WHERE id % 2 = 0;
VACUUM items;
SELECT key, k.plan, k.returned, k.missing, k.twice
FROM unnest(ARRAY['e <-> ''[1,2,3,4]''', 'e <#> ''[1,2,3,4]''', 'e <=> ''[1,2,3,4]''', 'e <=> ''[0,0,0,0]''', 'h <-> ''[1,2,3,4]''']) key,
	pg_temp.knn('items', key) k;
DROP TABLE items;

-- A table of zero vectors only, and one that begins with one.
CREATE TABLE zeros (id int, e vector(3));
CREATE INDEX ON zeros USING kg_hnsw (e);
CREATE INDEX ON zeros USING kg_hnsw (e vector_ip_ops);
CREATE INDEX ON zeros USING kg_hnsw (e vector_cosine_ops);
INSERT INTO zeros SELECT i, '[0,0,0]' FROM generate_series(1, 5) i;
SELECT key, k.* FROM unnest(ARRAY['e <-> ''[1,2,3]''', 'e <#> ''[1,2,3]''', 'e <=> ''[1,2,3]''']) key, pg_temp.knn('zeros', key) k;
INSERT INTO zeros SELECT i, pg_temp.vec(i, 3) FROM generate_series(6, 300) i;
SELECT key, k.* FROM unnest(ARRAY['e <-> ''[1,2,3]''', 'e <#> ''[1,2,3]''', 'e <=> ''[1,2,3]''']) key, pg_temp.knn('zeros', key, 20) k;
REINDEX TABLE zeros;
SELECT key, k.* FROM unnest(ARRAY['e <-> ''[1,2,3]''', 'e <#> ''[1,2,3]''', 'e <=> ''[1,2,3]''']) key, pg_temp.knn('zeros', key, 20) k;
DROP TABLE zeros;

-- A thousand equal vectors are all found: by INSERT, by build, after half
-- of them went, and after others took their place.
CREATE TABLE equal (id int, e vector(5));
CREATE INDEX equal_l2 ON equal USING kg_hnsw (e);
CREATE INDEX equal_cosine ON equal USING kg_hnsw (e vector_cosine_ops);
INSERT INTO equal SELECT i, '[1,2,3,4,5]' FROM generate_series(1, 1000) i;
INSERT INTO equal SELECT i, pg_temp.vec(i, 5) FROM generate_series(1001, 1500) i;
INSERT INTO equal SELECT i, '[1,2,3,4,5]' FROM generate_series(1501, 1510) i;
SELECT n, k.* FROM unnest(ARRAY[10, 1010, 1030]) n, pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', n) k;
SELECT n, k.plan, k.returned, k.ordered, k.distances
FROM unnest(ARRAY[10, 1010, 1030]) n, pg_temp.knn('equal', 'e <=> ''[5,4,3,2,1]''', n) k;
SELECT plan, returned, missing, twice FROM pg_temp.knn('equal', 'e <-> ''[0,0,0,0,1]''');
REINDEX TABLE equal;
SELECT n, k.* FROM unnest(ARRAY[10, 1010, 1030]) n, pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', n) k;
SELECT plan, returned, missing, twice FROM pg_temp.knn('equal', 'e <=> ''[1,2,3,4,5]''');
DELETE FROM equal WHERE id % 2 = 1;
SELECT * FROM pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', 505);
VACUUM equal;
SELECT * FROM pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', 505);
SELECT plan, returned, missing, twice FROM pg_temp.knn('equal', 'e <=> ''[1,2,3,4,5]''');
INSERT INTO equal SELECT i, '[1,2,3,4,5]' FROM generate_series(2001, 2400) i;
SELECT * FROM pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', 905);
DELETE FROM equal WHERE e = '[1,2,3,4,5]';
VACUUM equal;
SELECT * FROM pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', 10);
SELECT plan, returned, missing, twice FROM pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''');
INSERT INTO equal SELECT i, '[1,2,3,4,5]' FROM generate_series(3001, 4000) i;
SELECT n, k.* FROM unnest(ARRAY[10, 1000, 1020]) n, pg_temp.knn('equal', 'e <-> ''[1,2,3,4,5]''', n) k;
-- Opposite and parallel vectors: equal under cosine, not under L2.
DELETE FROM equal;
VACUUM equal;
INSERT INTO equal SELECT i, (ARRAY[1, 2, 3, 4, 5]::vector * array_fill(CASE WHEN i % 4 = 0 THEN -i ELSE i END, '{5}')::vector)
FROM generate_series(1, 400) i;
SELECT * FROM pg_temp.knn('equal', 'e <-> ''[10,20,30,40,50]''', 100);
SELECT round(d::numeric, 5) + 0 AS distance, count(*)
FROM (SELECT e <=> '[1,2,3,4,5]' AS d FROM equal ORDER BY e <=> '[1,2,3,4,5]') s GROUP BY 1 ORDER BY 1;
DROP TABLE equal;

-- Vectors that differ in the last bits only: equal as the index stores them,
-- not to the operator.
CREATE TABLE ties (id int, e vector(6));
INSERT INTO ties SELECT i, ARRAY[1 + (i % 7) * 1.1920929e-7, -2 + (i % 5) * 2.3841858e-7, 3, 0.5 - (i % 11) * 2.9802322e-8, 1e-8 * i, 7]::vector
FROM generate_series(1, 1000) i;
CREATE INDEX ties_f16 ON ties USING kg_hnsw (e) WITH (storage = f16);
SELECT key, n, k.plan, k.returned, k.ordered FROM unnest(ARRAY['e <-> ''[1,-2,3,0.5,0,7]''', 'e <-> ''[1,-2,3,0.5,0.00001,7.000001]''', 'e <-> ''[1,2,3,4,5,6]''']) key,
	unnest(ARRAY[100, 700]) n, pg_temp.knn('ties', key, n) k;
DROP INDEX ties_f16;
CREATE INDEX ties_sq8 ON ties USING kg_hnsw (e vector_cosine_ops) WITH (storage = sq8);
SELECT key, n, k.plan, k.returned, k.ordered FROM unnest(ARRAY['e <=> ''[1,-2,3,0.5,0,7]''', 'e <=> ''[1,2,3,4,5,6]''']) key,
	unnest(ARRAY[100, 700]) n, pg_temp.knn('ties', key, n) k;
DROP TABLE ties;

-- Values that float4 squares overflow or lose: order is the operator's, and
-- every row comes.
CREATE TABLE scales (id int, e vector(3));
INSERT INTO scales SELECT i, (pg_temp.vec(i, 3) * array_fill(10.0 ^ (i % 76 - 38), '{3}')::vector) FROM generate_series(1, 700) i;
INSERT INTO scales VALUES (9001, '[3.4028235e38,3.4028235e38,3.4028235e38]'), (9002, '[1e-45,0,0]'), (9003, '[1e-45,1e30,1]'), (9004, '[0,0,0]');
CREATE FUNCTION pg_temp.try_scales()
RETURNS TABLE (storage text, op text, plans text[], returned bigint, ordered bool, everything bigint, missing bigint, twice bigint)
LANGUAGE plpgsql AS $$
DECLARE
	class text;
BEGIN
	FOR storage, op, class IN SELECT *
		FROM unnest(ARRAY['f32', 'f16', 'sq8']), (VALUES ('<->', 'l2'), ('<#>', 'ip'), ('<=>', 'cosine')) o ORDER BY 1, 2
	LOOP
		PERFORM pg_temp.index_with('scales', format('e vector_%s_ops', class), 'storage = ' || storage);
		SELECT array_agg(DISTINCT part.plan), min(part.returned), bool_and(part.ordered),
			min(whole.returned), sum(whole.missing), sum(whole.twice)
		INTO plans, returned, ordered, everything, missing, twice
		FROM (VALUES ('[1,2,3]'), ('[1e30,-1e30,1e30]'), ('[1e-30,1e-30,-1e-30]'), ('[3.4028235e38,0,0]'),
			('[0,0,1e-45]'), ('[1e10,1e-10,1]'), ('[0,0,0]')) AS far(q),
			pg_temp.knn('scales', format('e %s %L', op, q), 300) part, pg_temp.knn('scales', format('e %s %L', op, q)) whole;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.try_scales();
-- Within one order of magnitude the answers are exact, wherever on the
-- scale that is.
CREATE FUNCTION pg_temp.try_powers()
RETURNS TABLE (power int, op text, plan text, ordered bool, distances bool)
LANGUAGE plpgsql AS $$
DECLARE
	class text;
BEGIN
	FOREACH power IN ARRAY ARRAY[-14, -7, 0, 7, 14] LOOP
		TRUNCATE scales;
		INSERT INTO scales SELECT i, (pg_temp.vec(i, 3) * array_fill(10.0 ^ power * (1 + i % 3), '{3}')::vector) FROM generate_series(1, 300) i;
		FOR op, class IN VALUES ('<->', 'l2'), ('<#>', 'ip'), ('<=>', 'cosine') LOOP
			PERFORM pg_temp.index_with('scales', format('e vector_%s_ops', class), 'ef_construction = 50');
			SELECT k.plan, k.ordered, k.distances INTO plan, ordered, distances
			FROM pg_temp.knn('scales', format('e %s (ARRAY[-1, 2, 3]::vector * array_fill(10.0 ^ %s, ''{3}'')::vector)', op, power), 20) k;
			RETURN NEXT;
		END LOOP;
	END LOOP;
END $$;
SELECT * FROM pg_temp.try_powers();
DROP TABLE scales;
