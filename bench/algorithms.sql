-- kg.pagerank (20 iterations) and kg.connected_components against the same in
-- SQL, on an R-MAT graph: a power law with hubs, many parallel relations and
-- many entities without any.
--
--	createdb bench && psql -X -d bench -v scale=17 -v edges=1000000 -f bench/algorithms.sql
--
-- makes 2^scale entities and so many relations, and prints the times of a
-- call in milliseconds.  For the figures in docs: -v scale=20 -v edges=10000000.
-- The SQL iterates over temporary tables, a statement an iteration, with
-- work_mem for hash joins in memory and without parallel workers; kg uses
-- none either.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS kg;
\ir rmat_graph.sql

SET work_mem = '2GB';
SET maintenance_work_mem = '2GB';
SET jit = off;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE result (what text, method text, ms float8, answer text);

-- Power iteration, with the same treatment of entities without a way on
CREATE PROCEDURE pg_temp.pagerank_sql(iterations int) LANGUAGE plpgsql AS $$
DECLARE
	n float8;
	base float8;
BEGIN
	CREATE TEMP TABLE rank AS SELECT e.id, 0::float8 AS score, d.degree
		FROM bench.entity e
		LEFT JOIN (SELECT source, count(*)::float8 AS degree FROM bench.relation GROUP BY 1) d ON d.source = e.id;
	SELECT count(*) INTO n FROM rank;
	UPDATE rank SET score = 1 / n;
	FOR i IN 1..iterations LOOP
		ANALYZE rank;
		SELECT (0.15 + 0.85 * coalesce(sum(score) FILTER (WHERE degree IS NULL), 0)) / n INTO base FROM rank;
		CREATE TEMP TABLE next AS
			SELECT r.id, base + 0.85 * coalesce(s.score, 0) AS score, r.degree
			FROM rank r LEFT JOIN (
				SELECT e.target, sum(r.score / r.degree) AS score
				FROM bench.relation e JOIN rank r ON r.id = e.source GROUP BY 1) s ON s.target = r.id;
		DROP TABLE rank;
		ALTER TABLE next RENAME TO rank;
	END LOOP;
END
$$;

-- The least label among neighbours, and then that label's own, until nothing
-- changes
CREATE PROCEDURE pg_temp.components_sql() LANGUAGE plpgsql AS $$
DECLARE
	changed bigint := 1;
BEGIN
	CREATE TEMP TABLE label AS SELECT id, id AS component FROM bench.entity;
	WHILE changed > 0 LOOP
		ANALYZE label;
		CREATE TEMP TABLE next AS
			SELECT l.id, least(l.component, m.component) AS component, m.component < l.component AS changed
			FROM label l LEFT JOIN (
				SELECT id, min(component) AS component FROM (
					SELECT e.source AS id, l.component FROM bench.relation e JOIN label l ON l.id = e.target
					UNION ALL
					SELECT e.target, l.component FROM bench.relation e JOIN label l ON l.id = e.source) q
				GROUP BY 1) m ON m.id = l.id;
		SELECT count(*) INTO changed FROM next WHERE next.changed;
		DROP TABLE label;
		CREATE TEMP TABLE label AS SELECT n.id, least(n.component, m.component) AS component
			FROM next n JOIN next m ON m.id = n.component;
		DROP TABLE next;
	END LOOP;
END
$$;

DO $$
DECLARE
	began timestamptz;
	ms float8;
	answer text;
BEGIN
	FOR run IN 1..3 LOOP
		began := clock_timestamp();
		SELECT round(max(score)::numeric, 9) INTO answer
		FROM kg.pagerank(max_iterations => 20, tolerance => 0, graph => 'bench');
		ms := extract(epoch FROM clock_timestamp() - began) * 1000;
		INSERT INTO result VALUES ('PageRank', 'kg', ms, answer);

		began := clock_timestamp();
		SELECT count(DISTINCT component) INTO answer FROM kg.connected_components(graph => 'bench');
		ms := extract(epoch FROM clock_timestamp() - began) * 1000;
		INSERT INTO result VALUES ('components', 'kg', ms, answer);

		-- what reading alone costs
		began := clock_timestamp();
		SELECT sum(degree) INTO answer FROM kg.degree(graph => 'bench');
		ms := extract(epoch FROM clock_timestamp() - began) * 1000;
		INSERT INTO result VALUES ('degree', 'kg', ms, answer);

		-- interleaved; the long ones once
		CONTINUE WHEN run > 1;
		began := clock_timestamp();
		CALL pg_temp.pagerank_sql(20);
		ms := extract(epoch FROM clock_timestamp() - began) * 1000;
		INSERT INTO result VALUES ('PageRank', 'SQL', ms, (SELECT round(max(score)::numeric, 9) FROM rank));

		began := clock_timestamp();
		CALL pg_temp.components_sql();
		ms := extract(epoch FROM clock_timestamp() - began) * 1000;
		INSERT INTO result VALUES ('components', 'SQL', ms, (SELECT count(DISTINCT component) FROM label));
	END LOOP;
END
$$;

SELECT what, round(avg(ms) FILTER (WHERE method = 'kg')::numeric) AS "kg, ms",
	round(min(ms) FILTER (WHERE method = 'SQL')::numeric) AS "SQL, ms",
	round((min(ms) FILTER (WHERE method = 'SQL') / avg(ms) FILTER (WHERE method = 'kg'))::numeric, 1) AS times,
	count(DISTINCT answer) = 1 AS same_answer
FROM result GROUP BY 1 ORDER BY 1;
\if :made
\else
SELECT kg.drop_graph('bench') \g /dev/null
\endif
