-- kg.index_check: what it finds if it is to be thorough
SET client_min_messages = warning;
SET search_path = kg, public;

-- A row without a problem of each kind that rows may be of
CREATE TABLE checked (id serial, e vector(4), h halfvec(4), s sparsevec(6), b bit(8), many vector(4)[], f int, g text);
INSERT INTO checked (e, h, s, b, many, f, g)
	SELECT v, v::real[]::halfvec(4), sparsevec('{1:' || i || ',4:0.5}/6'), (i % 256)::bit(8), ARRAY[v, '[1,2,3,4]'], i % 5, 'g' || i % 3
	FROM generate_series(1, 300) i, LATERAL (SELECT ARRAY[i % 17, i % 5, i / 7, 1]::real[]::vector(4)) w (v);
INSERT INTO checked (e, h, s, b, many, f) VALUES (NULL, NULL, NULL, NULL, NULL, 1), ('[0,0,0,0]', '[0,0,0,0]', '{}/6', '00000000', '{}', NULL);
CREATE INDEX checked_e ON checked USING kg_hnsw (e, f, g);
CREATE INDEX checked_cosine ON checked USING kg_hnsw (e vector_cosine_ops);
CREATE INDEX checked_h ON checked USING kg_hnsw (h halfvec_l1_ops);
CREATE INDEX checked_s ON checked USING kg_hnsw (s sparsevec_ip_ops);
CREATE INDEX checked_b ON checked USING kg_hnsw (b bit_jaccard_ops);
CREATE INDEX checked_many ON checked USING kg_hnsw (many);
CREATE INDEX checked_coarse ON checked USING kg_hnsw (e) WITH (storage = sq4);
CREATE INDEX checked_waiting ON checked USING kg_hnsw (e, g) WITH (fastupdate = on);
CREATE INDEX checked_pages ON checked USING kg_diskann (e, f);
CREATE INDEX checked_part ON checked USING kg_hnsw (e) WHERE f > 2;
CREATE INDEX checked_expression ON checked USING kg_hnsw ((subvector(e, 2, 3)::vector(3)));

CREATE FUNCTION pg_temp.problems() RETURNS TABLE (index text, problem text) AS $$
	SELECT c.relname, p.problem FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, index_check(i.indexrelid, true) p
	WHERE i.indrelid = 'checked'::regclass ORDER BY c.relname COLLATE "C", p.problem COLLATE "C" $$ LANGUAGE sql;
SELECT * FROM pg_temp.problems();

-- Also of rows that were changed, in place or not, deleted, or belong to another transaction
UPDATE checked SET g = 'other' WHERE id % 7 = 0;
UPDATE checked SET e = '[5,5,5,5]', many = ARRAY['[7,7,7,7]', '[8,8,8,8]']::vector(4)[] WHERE id % 11 = 0;
DELETE FROM checked WHERE id % 13 = 0;
INSERT INTO checked (e, h, s, b, many, f, g) SELECT e, h, s, b, many, f, g FROM checked WHERE id < 50;
SELECT * FROM pg_temp.problems();
VACUUM checked;
SELECT * FROM pg_temp.problems();
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE checked SET f = f + 1 WHERE id = 2;
SELECT * FROM pg_temp.problems();
ROLLBACK;

-- An index that was not told of a row, and one that was told of another
CREATE TABLE unlike (id int, e vector(3), f int);
INSERT INTO unlike SELECT i, ARRAY[i, i % 10, 1]::real[]::vector(3), i FROM generate_series(1, 100) i;
CREATE FUNCTION moved(e vector) RETURNS vector(3) AS $$ SELECT e::vector(3) $$ LANGUAGE sql IMMUTABLE SET search_path = kg;
CREATE FUNCTION number(f int) RETURNS int AS $$ BEGIN RETURN f; END $$ LANGUAGE plpgsql IMMUTABLE;
CREATE INDEX unlike_e ON unlike USING kg_hnsw ((moved(e)::vector(3)));
CREATE INDEX unlike_f ON unlike USING kg_diskann (e, number(f));
UPDATE pg_index SET indisready = false WHERE indexrelid = 'unlike_e'::regclass;
INSERT INTO unlike VALUES (101, '[1,2,3]', 101), (102, NULL, 102);
UPDATE pg_index SET indisready = true WHERE indexrelid = 'unlike_e'::regclass;
CREATE OR REPLACE FUNCTION moved(e vector) RETURNS vector(3) AS
	$$ SELECT CASE WHEN e <-> '[7,7,1]' < 0.1 THEN '[1,1,1]' WHEN e <-> '[8,8,1]' < 0.1 THEN NULL ELSE e END::vector(3) $$ LANGUAGE sql IMMUTABLE SET search_path = kg;
CREATE OR REPLACE FUNCTION number(f int) RETURNS int AS $$ BEGIN RETURN CASE WHEN f = 50 THEN 51 ELSE f END; END $$ LANGUAGE plpgsql IMMUTABLE;
SELECT count(*) FROM index_check('unlike_e');
SELECT regexp_replace(problem, 'node \d+', 'node N') FROM index_check('unlike_e', true) ORDER BY 1;
SELECT regexp_replace(problem, 'node \d+', 'node N') FROM index_check('unlike_f', thorough => true) ORDER BY 1;

-- Expressions run as the table's owner, who may not do more than CREATE INDEX lets them
CREATE ROLE regress_kg_check_owner;
GRANT CREATE ON SCHEMA public TO regress_kg_check_owner;
GRANT USAGE ON SCHEMA kg TO regress_kg_check_owner;
SET ROLE regress_kg_check_owner;
CREATE FUNCTION public.watched(e vector) RETURNS vector(3) AS $$ BEGIN RAISE WARNING 'as %', current_user; RETURN e; END $$
	LANGUAGE plpgsql IMMUTABLE SET search_path = kg;
CREATE TABLE public.watched_table (e vector(3));
INSERT INTO public.watched_table VALUES ('[1,2,3]');
CREATE INDEX watched_index ON public.watched_table USING kg_hnsw ((public.watched(e)::vector(3)));
RESET ROLE;
SELECT * FROM index_check('public.watched_index', true);

-- What cannot be compared
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'unlike_f'::regclass;
SELECT * FROM index_check('unlike_f', true);
SELECT count(*) FROM index_check('unlike_f');
SELECT * FROM index_check('unlike', true);

-- The index of a partitioned table has no pages; its partitions' indexes have
CREATE TABLE "Parts" (id int, e vector(2)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF "Parts" FOR VALUES FROM (0) TO (1000);
INSERT INTO "Parts" SELECT i, ARRAY[i, 1]::vector FROM generate_series(1, 100) i;
CREATE INDEX "Parts_e" ON "Parts" USING kg_hnsw (e);
CREATE INDEX parts_b ON "Parts" (id);
SELECT * FROM index_info('"Parts_e"');
SELECT * FROM index_check('"Parts_e"');
SELECT * FROM index_recall('"Parts_e"');
SELECT calibrate('"Parts_e"');
SELECT calibrate('"Parts_e"', ARRAY['[1,2]']::vector[]);
SELECT prewarm('"Parts_e"');
SELECT flush_pending('"Parts_e"');
SELECT index_check('parts_b');
SELECT index_check('"Parts"');
SELECT p.relid, i.nodes, (SELECT count(*) FROM index_check(p.relid)) AS problems FROM pg_partition_tree('"Parts_e"') p, index_info(p.relid) i WHERE p.isleaf;

DROP TABLE checked, unlike, public.watched_table, "Parts";
DROP FUNCTION moved, number, public.watched;
REVOKE ALL ON SCHEMA public, kg FROM regress_kg_check_owner;
DROP ROLE regress_kg_check_owner;
