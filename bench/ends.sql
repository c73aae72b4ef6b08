-- Measures traversals and paths on registered tables: the edges of "bench"
-- (bench/graph.sh makes it) in two int4 tables with covering indexes, without
-- foreign keys, with them, and with ends that are trusted, beside SQL.
--
--	psql -v starts=20 -v four=3 -f bench/ends.sql
--
-- four: from so many starts four hops are measured, which take SQL minutes.
-- Times are as in bench/graph.sql.  "SQL" does not ask whether the ends of edges
-- are there, "SQL, joined" does.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET work_mem = '256MB';
SET max_parallel_workers_per_gather = 0;
SET jit = off;
\ir cpu.sql
\ir path.sql

SELECT to_regclass('plain_node') IS NULL AS missing \gset
\if :missing
CREATE TABLE plain_node (id int4 PRIMARY KEY);
INSERT INTO plain_node SELECT id FROM bench.entity ORDER BY id;
CREATE TABLE plain_edge AS SELECT source::int4 AS src, target::int4 AS dst FROM bench.relation;
CREATE TABLE keyed_edge AS SELECT * FROM plain_edge;
CREATE INDEX ON plain_edge (src, dst);
CREATE INDEX ON plain_edge (dst, src);
CREATE INDEX ON keyed_edge (src, dst);
CREATE INDEX ON keyed_edge (dst, src);
ALTER TABLE keyed_edge ADD FOREIGN KEY (src) REFERENCES plain_node, ADD FOREIGN KEY (dst) REFERENCES plain_node;
VACUUM (FREEZE, ANALYZE) plain_node, plain_edge, keyed_edge;
SELECT kg.register_graph('no foreign keys', '"plain_node"', '{"table": "plain_edge", "source": "src", "target": "dst"}'),
	kg.register_graph('trusted ends', '"plain_node"', '{"table": "plain_edge", "source": "src", "target": "dst", "trust_ends": true}'),
	kg.register_graph('foreign keys', '"plain_node"', '"keyed_edge"') \g /dev/null
\endif
SELECT count(pg_prewarm(oid)) FROM pg_class WHERE relname ~ '^(plain|keyed)_' AND relkind IN ('r', 'i') \g /dev/null

CREATE TEMP TABLE ends_times (what text, method text, start bigint, ms float8, answer bigint);
CREATE PROCEDURE pg_temp.measure_ends(what text, method text, start bigint, query text) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO ends_times SELECT what, method, start, m.ms, m.answer FROM pg_temp.measure(query, 5) m;
END
$$;

CREATE PROCEDURE pg_temp.measure_hops(depth int, nstarts int) LANGUAGE plpgsql AS $$
DECLARE
	s bigint;
	graph text;
BEGIN
	FOR s IN SELECT start FROM starts LIMIT nstarts LOOP
		CALL pg_temp.measure_ends(depth || ' hops', 'SQL', s, format(
			'WITH RECURSIVE t(entity, depth) AS (
				SELECT %s, 0 UNION SELECT e.dst, t.depth + 1 FROM t JOIN plain_edge e ON e.src = t.entity WHERE t.depth < %s
			) SELECT count(DISTINCT entity) FROM t', s, depth));
		IF depth = 2 THEN
			CALL pg_temp.measure_ends(depth || ' hops', 'SQL, joined', s, format(
				'WITH RECURSIVE t(entity, depth) AS (
					SELECT %s, 0 UNION SELECT e.dst, t.depth + 1 FROM t JOIN plain_edge e ON e.src = t.entity JOIN plain_node n ON n.id = e.dst WHERE t.depth < %s
				) SELECT count(DISTINCT entity) FROM t', s, depth));
		END IF;
		FOREACH graph IN ARRAY ARRAY['no foreign keys', 'trusted ends', 'foreign keys'] LOOP
			CALL pg_temp.measure_ends(depth || ' hops', graph, s, format(
				'SELECT count(*) FROM kg.traverse(ARRAY[%s], %s, graph => %L)', s, depth, graph));
		END LOOP;
	END LOOP;
END
$$;

CREATE PROCEDURE pg_temp.measure_paths() LANGUAGE plpgsql AS $$
DECLARE
	a bigint;
	b bigint;
	graph text;
BEGIN
	FOR a, b IN SELECT source, target FROM pairs LOOP
		CALL pg_temp.measure_ends('path', 'SQL', a, format('SELECT path_plpgsql(%s, %s, ''bench.relation'')', a, b));
		FOREACH graph IN ARRAY ARRAY['no foreign keys', 'trusted ends', 'foreign keys'] LOOP
			CALL pg_temp.measure_ends('path', graph, a, format(
				'SELECT nullif(count(*), 0) - 1 FROM kg.shortest_path(%s, %s, graph => %L)', a, b, graph));
		END LOOP;
	END LOOP;
END
$$;

CALL pg_temp.measure_hops(2, :starts);
CALL pg_temp.measure_hops(3, :starts);
CALL pg_temp.measure_hops(4, :four);
CALL pg_temp.measure_paths();

\pset footer off
SELECT what, k.method, round(avg(k.answer), 1) AS "mean answer", round(avg(s.ms)::numeric, 2) AS "SQL, ms", round(avg(k.ms)::numeric, 3) AS ms,
	round((avg(s.ms) / avg(k.ms))::numeric, 1) AS "of means", count(*) AS calls, count(*) FILTER (WHERE s.answer IS DISTINCT FROM k.answer) AS different
FROM ends_times s JOIN ends_times k USING (what, start) WHERE s.method = 'SQL' AND k.method <> 'SQL'
GROUP BY what, k.method ORDER BY what, k.method;
