-- Measures traversals of registered graphs: the same 100,000 nodes and
-- 1,000,000 edges, with skewed degrees, in tables of several kinds, each beside
-- the recursive query that one would write on them.
--
--	createdb bench_registered && psql -d bench_registered -f bench/registered.sql
--
-- Times are the backend's CPU time, from /proc, planning included, in
-- milliseconds: the mean over ten starts of the least of three calls
-- (fewer if one takes 100 ms).
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET work_mem = '256MB';
SET max_parallel_workers_per_gather = 0;
CREATE EXTENSION IF NOT EXISTS kg;

-- Ends are skewed towards small numbers, and scattered over the keys by a
-- multiplication; rows are in random order.
CREATE TABLE ends AS
SELECT row_number() OVER () AS id, s, t FROM (
	SELECT 1 + (100000 * power(random(), 2))::bigint * 7919 % 100000 AS s, 1 + (100000 * power(random(), 2))::bigint * 104729 % 100000 AS t
	FROM generate_series(1, 1000000), (SELECT setseed(0.5)) x) r;

-- Covering indexes and foreign keys
CREATE TABLE bigint_node (id bigint PRIMARY KEY);
CREATE TABLE bigint_edge (id bigint, source bigint REFERENCES bigint_node, target bigint REFERENCES bigint_node);
CREATE TABLE int_node (id int PRIMARY KEY);
CREATE TABLE int_edge (id int, source int REFERENCES int_node, target int REFERENCES int_node);
CREATE TABLE uuid_node (id uuid PRIMARY KEY);
CREATE TABLE uuid_edge (id int, source uuid REFERENCES uuid_node, target uuid REFERENCES uuid_node);
CREATE TABLE text_node (id text PRIMARY KEY);
CREATE TABLE text_edge (id int, source text REFERENCES text_node, target text REFERENCES text_node);
INSERT INTO bigint_node SELECT generate_series(1, 100000);
INSERT INTO int_node SELECT generate_series(1, 100000);
INSERT INTO uuid_node SELECT md5(i::text)::uuid FROM generate_series(1, 100000) i;
INSERT INTO text_node SELECT 'node ' || i FROM generate_series(1, 100000) i;
INSERT INTO bigint_edge SELECT id, s, t FROM ends;
INSERT INTO int_edge SELECT id, s, t FROM ends;
INSERT INTO uuid_edge SELECT id, md5(s::text)::uuid, md5(t::text)::uuid FROM ends;
INSERT INTO text_edge SELECT id, 'node ' || s, 'node ' || t FROM ends;
-- The same with plain indexes, and of text without foreign keys
CREATE TABLE int_plain_edge AS SELECT * FROM int_edge;
CREATE TABLE uuid_plain_edge AS SELECT * FROM uuid_edge;
CREATE TABLE text_plain_edge AS SELECT * FROM text_edge;
ALTER TABLE int_plain_edge ADD FOREIGN KEY (source) REFERENCES int_node, ADD FOREIGN KEY (target) REFERENCES int_node;
ALTER TABLE uuid_plain_edge ADD FOREIGN KEY (source) REFERENCES uuid_node, ADD FOREIGN KEY (target) REFERENCES uuid_node;
DO $$
DECLARE
	k text;
BEGIN
	FOREACH k IN ARRAY '{bigint,int,uuid,text}'::text[] LOOP
		EXECUTE format('CREATE INDEX ON %s_edge (source) INCLUDE (target, id)', k);
		EXECUTE format('CREATE INDEX ON %s_edge (target) INCLUDE (source, id)', k);
	END LOOP;
	FOREACH k IN ARRAY '{int,uuid,text}'::text[] LOOP
		EXECUTE format('CREATE INDEX ON %s_plain_edge (source)', k);
		EXECUTE format('CREATE INDEX ON %s_plain_edge (target)', k);
	END LOOP;
END
$$;
VACUUM ANALYZE;
SELECT count(kg.register_graph(k, to_jsonb(split_part(k, '_', 1) || '_node'), jsonb_build_object('table', k || '_edge', 'source', 'source', 'target', 'target', 'id', 'id')))
FROM unnest('{bigint,int,uuid,text,int_plain,uuid_plain,text_plain}'::text[]) k \gset

CREATE TABLE times (tables text, hops int, method text, start bigint, ms float8, answer bigint);
\ir cpu.sql
CREATE PROCEDURE measure(tables text, hops int, method text, start bigint, query text) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO times SELECT tables, hops, method, start, m.ms, m.answer FROM pg_temp.measure(query, 3) m;
END
$$;
DO $$
DECLARE
	start bigint;
	hops int;
	tables text;
	key text;
BEGIN
	FOR start IN SELECT 1 + i * 9973 FROM generate_series(0, 9) i LOOP
		FOR hops IN 1..3 LOOP
			FOREACH tables IN ARRAY '{bigint,int,uuid,text,int_plain,uuid_plain,text_plain}'::text[] LOOP
				key := CASE split_part(tables, '_', 1) WHEN 'uuid' THEN format('%L::uuid', md5(start::text)::uuid) WHEN 'text' THEN format('%L::text', 'node ' || start)
					WHEN 'bigint' THEN start || '::bigint' ELSE start::text END;
				CALL measure(tables, hops, 'recursive query', start, format(
					'WITH RECURSIVE r AS (SELECT %2$s AS id, 0 AS depth UNION
						SELECT e.target, r.depth + 1 FROM r JOIN %1$s_edge e ON e.source = r.id WHERE r.depth < %3$s)
					SELECT count(DISTINCT id) FROM r', tables, key, hops));
				CALL measure(tables, hops, 'kg.traverse', start, format(
					'SELECT count(*) FROM kg.traverse(ARRAY[%2$s], %3$s, graph => %1$L)', tables, key, hops));
			END LOOP;
		END LOOP;
	END LOOP;
END
$$;

SELECT count(*) AS "answers that differ" FROM times a JOIN times b USING (start, hops) WHERE a.answer <> b.answer;
SELECT t.hops, t.tables, (SELECT reader FROM kg.explain_traverse(graph => t.tables)) AS reader, round(avg(answer)) AS nodes,
	round((avg(ms) FILTER (WHERE method = 'recursive query'))::numeric, 2) AS "recursive query",
	round((avg(ms) FILTER (WHERE method = 'kg.traverse'))::numeric, 2) AS "kg.traverse",
	round((avg(ms) FILTER (WHERE method = 'recursive query') / avg(ms) FILTER (WHERE method = 'kg.traverse'))::numeric, 1) AS ratio
FROM times t GROUP BY t.hops, t.tables ORDER BY t.hops, array_position('{bigint,int,uuid,text,int_plain,uuid_plain,text_plain}', t.tables);
SELECT count(kg.drop_graph(name)) FROM kg.graph \gset
