-- kg_diskann: pages of near vectors; what it shares with kg_hnsw is tested there
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

-- The operator classes are kg_hnsw's for three distances of three types, and all filters.
SELECT c.opcname, c.opcintype::regtype AS type, c.opcdefault AS is_default, f.opfname, amvalidate(c.oid) AS valid,
	(SELECT string_agg(format('%s %s', amopstrategy, amopopr::regoperator), ', ' ORDER BY amopstrategy, amopopr::regoperator::text COLLATE "C")
		FROM pg_amop WHERE amopfamily = f.oid AND amoplefttype = c.opcintype) =
	(SELECT string_agg(format('%s %s', amopstrategy, amopopr::regoperator), ', ' ORDER BY amopstrategy, amopopr::regoperator::text COLLATE "C")
		FROM pg_amop JOIN pg_opfamily o ON o.oid = amopfamily JOIN pg_am h ON h.oid = amopmethod
		WHERE o.opfname = f.opfname AND h.amname = 'kg_hnsw' AND amoplefttype = c.opcintype) AS same_operators,
	obj_description(c.oid, 'pg_opclass') AS comment
FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod JOIN pg_opfamily f ON f.oid = c.opcfamily
WHERE a.amname = 'kg_diskann' ORDER BY c.opcname COLLATE "C";
SELECT count(*) AS operators, count(*) FILTER (WHERE obj_description(amopfamily, 'pg_opfamily') IS NULL) AS families_without_comment
FROM pg_amop JOIN pg_am a ON a.oid = amopmethod WHERE amname = 'kg_diskann';

CREATE TABLE items (id int, e vector(8), h halfvec(8), i int8vec(8), colour int, l sparsevec(100));
INSERT INTO items SELECT i, v, v::halfvec(8), v::int8vec(8), i % 5 FROM (SELECT i, pg_temp.vec(i, 8) AS v FROM generate_series(1, 500) i) s;

-- What there is no class for.
CREATE INDEX ON items USING kg_diskann (e vector_l1_ops);
CREATE INDEX ON items USING kg_diskann (l);
CREATE INDEX ON items USING kg_diskann (colour);
CREATE INDEX ON items USING kg_diskann (e) WITH (m = 8);
CREATE INDEX ON items USING kg_diskann (e) WITH (members = 65);
CREATE INDEX ON items USING kg_hnsw (e) WITH (members = 8);
CREATE TABLE wide (e vector(9000));
CREATE INDEX ON wide USING kg_diskann (e);
CREATE INDEX ON wide USING kg_diskann (e) WITH (members = 3, storage = f32);
DROP TABLE wide;

CREATE INDEX items_e_l2 ON items USING kg_diskann (e);
CREATE INDEX items_e_ip ON items USING kg_diskann (e vector_ip_ops) WITH (members = 4);
CREATE INDEX items_e_cosine ON items USING kg_diskann (e vector_cosine_ops) WITH (members = 3, neighbors = 20, code_bits = 1);
CREATE INDEX items_h_l2 ON items USING kg_diskann (h) WITH (storage = f16);
CREATE INDEX items_h_ip ON items USING kg_diskann (h halfvec_ip_ops) WITH (storage = sq4, members = 5);
CREATE INDEX items_h_cosine ON items USING kg_diskann (h halfvec_cosine_ops);
CREATE INDEX items_i_l2 ON items USING kg_diskann (i) WITH (target_recall = 0.9);
CREATE INDEX items_i_ip ON items USING kg_diskann (i int8vec_ip_ops) WITH (ef_construction = 20);
CREATE INDEX items_i_cosine ON items USING kg_diskann (i int8vec_cosine_ops);
SELECT c.relname, n.rows, n.nodes, n.orphans, n.metric, n.storage, n.code_bits, n.members, n.max_degree, n.node_bytes / 8192 AS pages
FROM pg_class c, index_info(c.oid) n WHERE c.relname LIKE 'items\_%' ORDER BY 1;

CREATE TEMP TABLE queries (name text, q text);
INSERT INTO queries VALUES
	('row', pg_temp.vec(17, 8)), ('inside', '[0.1,-0.2,0.3,-0.4,0.5,-0.6,0.7,-0.8]'),
	('far', '[10,-20,30,-40,50,-60,70,-80]'), ('axis', '[0,0,0,1,0,0,0,0]');

CREATE TEMP VIEW answers AS
SELECT col, op, n.count, k.* FROM (VALUES ('e', 'vector'), ('h', 'halfvec'), ('i', 'int8vec')) c(col, type), (VALUES ('<->'), ('<#>'), ('<=>')) o(op),
	(VALUES (20), (250), (NULL)) n(count), queries,
	pg_temp.knn('items', format('%s %s %L::%s', col, op, q, type), n.count) k;
SELECT col, op, array_agg(DISTINCT plan) AS plans, min(returned) AS least, max(returned) AS most, bool_and(ordered) FILTER (WHERE count > 0) AS ordered,
	sum(missing) AS missing, sum(twice) AS twice
FROM answers GROUP BY col, op ORDER BY col, op;

-- Rows without a place, equal rows, rows that go and come, rows in batches.
INSERT INTO items SELECT 1000 + i FROM generate_series(1, 100) i;
INSERT INTO items SELECT 2000 + i, array_fill(0, ARRAY[8])::vector, array_fill(0, ARRAY[8])::halfvec, array_fill(0, ARRAY[8])::real[]::int8vec FROM generate_series(1, 10) i;
INSERT INTO items SELECT id + 3000, e, h, i, colour FROM items WHERE id <= 500 AND id % 2 = 0;
INSERT INTO items SELECT i, v, v::halfvec(8), v::int8vec(8), i % 5 FROM (SELECT i, pg_temp.vec(i, 8) AS v FROM generate_series(4001, 4400) i) s;
SELECT c.relname, count(k.problem) AS problems FROM pg_class c LEFT JOIN LATERAL index_check(c.oid) k ON true WHERE c.relname LIKE 'items\_%' GROUP BY 1 ORDER BY 1;
SELECT col, op, array_agg(DISTINCT plan) AS plans, bool_and(ordered) FILTER (WHERE count > 0) AS ordered, sum(missing) AS missing, sum(twice) AS twice
FROM answers GROUP BY col, op ORDER BY col, op;
SELECT pg_relation_size('items_e_l2') / 8192 AS pages \gset before_
DELETE FROM items WHERE id % 3 = 0;
VACUUM items;
INSERT INTO items SELECT 10000 + i, v, v::halfvec(8), v::int8vec(8), i % 5 FROM (SELECT i, pg_temp.vec(i, 8) AS v FROM generate_series(1, 500) i WHERE i % 3 = 0) s;
SELECT pg_relation_size('items_e_l2') / 8192 <= :before_pages + 2 AS space_is_used_again;
SELECT c.relname, count(k.problem) AS problems, max(n.orphans) AS orphans, max(n.dead_nodes) AS dead
FROM pg_class c CROSS JOIN index_info(c.oid) n LEFT JOIN LATERAL index_check(c.oid) k ON true WHERE c.relname LIKE 'items\_%' GROUP BY 1 ORDER BY 1;
SELECT col, op, array_agg(DISTINCT plan) AS plans, bool_and(ordered) FILTER (WHERE count > 0) AS ordered, sum(missing) AS missing, sum(twice) AS twice
FROM answers GROUP BY col, op ORDER BY col, op;
DELETE FROM items;
VACUUM items;
SELECT c.relname, n.rows, n.nodes, n.dead_nodes, n.mean_degree FROM pg_class c, index_info(c.oid) n WHERE c.relname LIKE 'items\_%' ORDER BY 1;
INSERT INTO items SELECT i, v, v::halfvec(8), v::int8vec(8), i % 5 FROM (SELECT i, pg_temp.vec(i, 8) AS v FROM generate_series(1, 300) i) s;
SELECT col, op, array_agg(DISTINCT plan) AS plans, bool_and(ordered) FILTER (WHERE count > 0) AS ordered, sum(missing) AS missing, sum(twice) AS twice
FROM answers GROUP BY col, op ORDER BY col, op;
DROP TABLE items CASCADE;

-- A graph that searches go through: recall, balls, filters, what the planner is told.
CREATE TABLE points (id int, e vector(16), colour int, kind text);
INSERT INTO points SELECT i, pg_temp.vec(i, 16), i % 10, 'k' || i % 3 FROM generate_series(1, 6000) i;
CREATE INDEX points_e ON points USING kg_diskann (e, colour, kind);
ANALYZE points;
SELECT rows, nodes, orphans, filters, members FROM index_info('points_e');
-- the machine may lack OpenBLAS
SET kg.blas_library = 'none';
SELECT recall >= 0.95 AS found FROM index_recall('points_e', 100);
SELECT count(*) AS problems FROM index_check('points_e');
SELECT pg_temp.plan('SELECT id FROM points WHERE colour = 3 ORDER BY e <-> ''[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'' LIMIT 5');
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.hits(condition text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	ids int[];
	exact int[];
	hits int := 0;
	q text;
BEGIN
	FOR i IN 1 .. 40 LOOP
		q := format('SELECT array_agg(id) FROM (SELECT id FROM points WHERE %s ORDER BY e <-> %L LIMIT 10) s', condition, pg_temp.vec(20000 + i, 16));
		SET LOCAL enable_seqscan = off;
		ASSERT pg_temp.plan(q) ~ 'Index Scan using points_e', 'the index is not used';
		EXECUTE q INTO ids;
		SET LOCAL enable_indexscan = off;
		EXECUTE q INTO exact;
		SET LOCAL enable_indexscan = on;
		hits := hits + (SELECT count(*) FROM unnest(ids) h WHERE h = ANY (exact));
	END LOOP;
	RETURN hits / 400.0;
END $$;
SELECT condition, pg_temp.hits(condition) >= 0.95 AS found FROM (VALUES ('true'), ('colour = 3'), ('kind = ''k1'''), ('colour IN (1, 2) AND kind <> ''k0'''),
	('colour < 5'), ('e <<->> kg.ball(''[0.1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]'', 2)')) c(condition);
RESET enable_seqscan;

-- An empty index, an unlogged one, one built while rows come, one of an expression.
CREATE UNLOGGED TABLE late (id int, plain real[]);
CREATE INDEX late_e ON late USING kg_diskann ((plain::vector(4)));
INSERT INTO late SELECT i, ARRAY[i % 7, i % 11, i % 13, 1] FROM generate_series(1, 200) i;
SELECT plan, returned, missing, twice FROM pg_temp.knn('late', 'plain::vector(4) <-> ''[1,2,3,1]''');
REINDEX INDEX late_e;
SELECT plan, returned, missing, twice FROM pg_temp.knn('late', 'plain::vector(4) <-> ''[1,2,3,1]''');
TRUNCATE late;
INSERT INTO late SELECT i, ARRAY[i % 7, i % 11, i % 13, 1] FROM generate_series(1, 50) i;
SELECT plan, returned, missing, twice FROM pg_temp.knn('late', 'plain::vector(4) <-> ''[1,2,3,1]''');
SELECT count(*) AS problems FROM index_check('late_e');
DROP TABLE late, points;

-- A search of no width to speak of, pages of the most nodes
SET client_min_messages = warning;
CREATE TABLE narrow (id int, e vector(3));
INSERT INTO narrow SELECT i, ARRAY[i % 7, i % 5, i]::real[]::vector(3) FROM generate_series(1, 500) i;
CREATE INDEX narrow_e ON narrow USING kg_diskann (e) WITH (ef_construction = 4, members = 64, neighbors = 4);
CREATE INDEX narrow_pairs ON narrow USING kg_diskann (e) WITH (ef_construction = 4, members = 2);
INSERT INTO narrow SELECT 500 + id, e FROM narrow WHERE id < 100;
DELETE FROM narrow WHERE id % 3 = 0;
VACUUM narrow;
SELECT count(*) FROM index_check('narrow_e', true);
SELECT count(*) FROM index_check('narrow_pairs', true);
DROP TABLE narrow;

-- Narrow clusters: the rows of a page, and those after them, share their cluster's frame.
CREATE TABLE clusters AS SELECT i AS id, (SELECT array_agg((j % 4 = i % 4)::int + 1e-4 * (hashint8(i * 100 + j) % 1000) / 1000.0)
	FROM generate_series(1, 32) j)::vector(32) AS e FROM generate_series(1, 3000) i;
CREATE INDEX clusters_e ON clusters USING kg_diskann (e);
SELECT frames BETWEEN 4 AND 12 AS few, coarse_nodes < 50 AS fine FROM index_info('clusters_e');
SELECT count(*) FROM index_check('clusters_e', true);
SELECT recall > 0.93 AS found FROM index_recall('clusters_e', 100, 10);
DROP TABLE clusters;
-- Many small groups of near rows: not a frame for each, which every search would pay for.  A crowd that comes later has its frame.
CREATE TABLE groups AS SELECT g * 8 + j AS id, (SELECT array_agg(hashint8(g * 100 + d) % 1000 + hashint8(g * 1000 + j * 100 + d + 7) % 1000 / 1000.0)
	FROM generate_series(1, 16) d)::vector(16) AS e FROM generate_series(0, 1499) g, generate_series(0, 7) j;
CREATE INDEX groups_e ON groups USING kg_diskann (e);
SELECT frames < 100 AS few FROM index_info('groups_e');
SELECT recall > 0.98 AS found FROM index_recall('groups_e', 100, 10);
SELECT frames AS frames_before FROM index_info('groups_e') \gset
INSERT INTO groups SELECT 20000 + i, (SELECT array_agg(300 + hashint8(i * 100 + d) % 1000 / 1e5) FROM generate_series(1, 16) d)::vector(16)
	FROM generate_series(1, 600) i;
SELECT frames > :frames_before AND frames < 110 AS one_more, coarse_nodes < 60 AS fine FROM index_info('groups_e');
SELECT avg((SELECT count(*) FROM (SELECT id FROM groups ORDER BY e <-> q.e LIMIT 10) a
	WHERE a.id = ANY (ARRAY(SELECT id FROM (SELECT id, e <-> q.e AS d FROM groups OFFSET 0) s ORDER BY d LIMIT 10)))) > 9.5 AS found
FROM groups q WHERE q.id > 20000 AND q.id % 12 = 0;
SELECT count(*) FROM index_check('groups_e', true);
DROP TABLE groups;

-- Long vectors: pages of fewer, whose lists are long in any case; shorter codes rather than shorter lists.
CREATE TABLE long (id int, e384 vector(384), e768 vector(768), e1536 vector(1536));
INSERT INTO long SELECT i, array_fill(i, ARRAY[384])::vector, array_fill(i, ARRAY[768])::vector, array_fill(i, ARRAY[1536])::vector FROM generate_series(1, 40) i;
CREATE INDEX long_384 ON long USING kg_diskann (e384);
CREATE INDEX long_384_codes ON long USING kg_diskann (e384) WITH (code_bits = 2, code_dims = 304);
CREATE INDEX long_384_members ON long USING kg_diskann (e384) WITH (members = 6);
CREATE INDEX long_384_neighbors ON long USING kg_diskann (e384) WITH (neighbors = 40);
CREATE INDEX long_768 ON long USING kg_diskann (e768);
CREATE INDEX long_1536 ON long USING kg_diskann (e1536);
SELECT c.relname, members, max_degree, code_bits, code_dimensions, storage
FROM pg_class c, index_info(c.oid) WHERE c.relname LIKE 'long\_%' ORDER BY 1;
DROP TABLE long;

-- The estimate of a size is the size, but for pages of entry points, which chance chooses.
CREATE TABLE sized (e vector(48), a int, b int);
INSERT INTO sized SELECT pg_temp.vec(i, 48), i, i % 7 FROM generate_series(1, 3000) i;
CREATE FUNCTION pg_temp.sized(class text, metric text, filters text, options text) RETURNS TABLE (same bool, storage text, members int, max_degree int)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE INDEX sized_e ON sized USING kg_diskann (e %s%s) WITH (%s)', class, filters, options);
	RETURN QUERY SELECT abs(s.bytes - pg_relation_size('sized_e')) <= 8192 AND
			(s.storage, s.rows_per_page, s.code_bits, s.code_dimensions, s.m, s.max_degree) =
			(i.storage, i.members, i.code_bits, i.code_dimensions, i.m, i.max_degree),
		s.storage, s.rows_per_page, s.max_degree
	FROM estimate_index_size(3000, 48, metric, string_to_array(options, ', '), length(filters) / 3, 'kg_diskann') s, index_info('sized_e') i;
	DROP INDEX sized_e;
END $$;
SELECT filters, options, s.* FROM unnest(ARRAY['', ', a', ', a, b']) filters, unnest(ARRAY['members=5', 'storage=sq4, neighbors=60', 'storage=f16']) options,
	pg_temp.sized('vector_l2_ops', 'l2', filters, options) s;
SELECT s.* FROM pg_temp.sized('vector_cosine_ops', 'cosine', '', 'members=8') s;
DROP TABLE sized;
