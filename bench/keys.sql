-- Measures traversals by keys that are no integers, each beside the recursive
-- query that one would write: 1,000,000 edges among 100,000 nodes with text keys,
-- or in 20 tenants with keys of two columns, and Debian's packages.
--
--	mkdir /tmp/packages && apt-cache dumpavail | bench/data/packages.py /tmp/packages
--	createdb bench_keys && psql -d bench_keys -v packages=/tmp/packages -f bench/keys.sql
--
-- Times are the backend's CPU time, from /proc, planning included, in
-- milliseconds: of each query the least mean of eight calls in a row, in ten rounds
-- in which both sides take turns; then the mean over six starts.  Of packages,
-- three rounds of one call.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET work_mem = '256MB';
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE EXTENSION IF NOT EXISTS kg;
\ir cpu.sql
SELECT to_regclass('text_node') IS NULL AS missing \gset
\if :missing
-- Ends are skewed as in bench/registered.sql.
CREATE TABLE ends AS
SELECT row_number() OVER () AS id, s, t FROM (
	SELECT 1 + (100000 * power(random(), 2))::bigint * 7919 % 100000 AS s, 1 + (100000 * power(random(), 2))::bigint * 104729 % 100000 AS t
	FROM generate_series(1, 1000000), (SELECT setseed(0.5)) x) r;
CREATE TABLE text_node (id text PRIMARY KEY);
INSERT INTO text_node SELECT 'node ' || i FROM generate_series(1, 100000) i;
CREATE TABLE text_edge (src text, dst text);
INSERT INTO text_edge SELECT 'node ' || s, 'node ' || t FROM ends;
CREATE TABLE text_loose AS SELECT * FROM text_edge;
CREATE TABLE tenant_node (tenant_id int, id int, PRIMARY KEY (tenant_id, id));
INSERT INTO tenant_node SELECT t, i FROM generate_series(1, 20) t, generate_series(1, 5000) i;
CREATE TABLE tenant_edge (tenant_id int, src int, dst int);
INSERT INTO tenant_edge SELECT 1 + id % 20, 1 + s % 5000, 1 + t % 5000 FROM ends;
CREATE TABLE tenant_loose AS SELECT * FROM tenant_edge;
CREATE TABLE package (name text PRIMARY KEY);
CREATE TABLE depends (src text, dst text);
\if :{?packages}
\setenv PACKAGES :packages
\copy package FROM PROGRAM 'cat "$PACKAGES/package.copy"'
\copy depends FROM PROGRAM 'cat "$PACKAGES/depends.copy"'
\endif
CREATE INDEX ON text_edge (src, dst);
CREATE INDEX ON text_edge (dst, src);
CREATE INDEX ON text_loose (src, dst);
CREATE INDEX ON text_loose (dst, src);
CREATE INDEX ON tenant_edge (tenant_id, src, dst);
CREATE INDEX ON tenant_edge (tenant_id, dst, src);
CREATE INDEX ON tenant_loose (tenant_id, src, dst);
CREATE INDEX ON tenant_loose (tenant_id, dst, src);
CREATE INDEX ON depends (src, dst);
CREATE INDEX ON depends (dst, src);
ALTER TABLE text_edge ADD FOREIGN KEY (src) REFERENCES text_node, ADD FOREIGN KEY (dst) REFERENCES text_node;
ALTER TABLE tenant_edge ADD FOREIGN KEY (tenant_id, src) REFERENCES tenant_node, ADD FOREIGN KEY (tenant_id, dst) REFERENCES tenant_node;
VACUUM (FREEZE, ANALYZE);
SELECT kg.register_graph('text_edge', '"text_node"', '{"table": "text_edge", "source": "src", "target": "dst"}'),
	kg.register_graph('text_loose', '"text_node"', '{"table": "text_loose", "source": "src", "target": "dst"}'),
	kg.register_graph('tenant_edge', '{"table": "tenant_node", "key": ["tenant_id", "id"]}', '{"table": "tenant_edge", "source": ["tenant_id", "src"], "target": ["tenant_id", "dst"]}'),
	kg.register_graph('tenant_loose', '{"table": "tenant_node", "key": ["tenant_id", "id"]}', '{"table": "tenant_loose", "source": ["tenant_id", "src"], "target": ["tenant_id", "dst"]}'),
	kg.register_graph('depends', '"package"', '{"table": "depends", "source": "src", "target": "dst"}') \g /dev/null
\endif

CREATE TEMP TABLE query (what text, start int, method text, calls int, query text);
INSERT INTO query
SELECT format('%s, 3 hops', g), s, 'SQL', 8, format('WITH RECURSIVE r AS (SELECT %L::text AS id, 0 AS depth UNION
	SELECT e.dst, depth + 1 FROM r JOIN %I e ON e.src = r.id WHERE depth < 3) SELECT count(DISTINCT id) FROM r', 'node ' || s * 9973, g)
FROM generate_series(1, 6) s, unnest('{text_edge,text_loose}'::text[]) g
UNION ALL SELECT format('%s, 3 hops', g), s, 'kg', 8, format('SELECT count(*) FROM kg.traverse(%L::text, 3, graph => %L)', 'node ' || s * 9973, g)
FROM generate_series(1, 6) s, unnest('{text_edge,text_loose}'::text[]) g
UNION ALL SELECT format('%s, 3 hops', g), s, 'SQL', 8, format('WITH RECURSIVE r AS (SELECT %s AS tenant, %s AS id, 0 AS depth UNION
	SELECT e.tenant_id, e.dst, depth + 1 FROM r JOIN %I e ON e.tenant_id = r.tenant AND e.src = r.id WHERE depth < 3)
	SELECT count(*) FROM (SELECT DISTINCT tenant, id FROM r) x', 1 + s, s * 97, g)
FROM generate_series(1, 6) s, unnest('{tenant_edge,tenant_loose}'::text[]) g
UNION ALL SELECT format('%s, 3 hops', g), s, 'kg', 8, format('SELECT count(*) FROM kg.traverse(%L, 3, graph => %L)', format('[%s, %s]', 1 + s, s * 97), g)
FROM generate_series(1, 6) s, unnest('{tenant_edge,tenant_loose}'::text[]) g
UNION ALL SELECT 'packages, nearly all', 1, 'SQL', 1, $$WITH RECURSIVE r AS (SELECT 'gnome' AS id UNION
	SELECT x.id FROM r, LATERAL (SELECT dst AS id FROM depends WHERE src = r.id UNION ALL SELECT src FROM depends WHERE dst = r.id) x) SELECT count(*) FROM r$$
UNION ALL SELECT 'packages, nearly all', 1, 'kg', 1, $$SELECT count(*) FROM kg.traverse('gnome'::text, NULL, 'both', graph => 'depends')$$;

CREATE TEMP TABLE times (what text, start int, method text, ms float8);
DO $$
DECLARE
	q query;
	began float8;
	answer bigint;
BEGIN
	FOR round IN 1..10 LOOP
		FOR q IN SELECT * FROM query WHERE calls > 1 OR round <= 3 ORDER BY what, start, method LOOP
			EXECUTE q.query INTO answer;
			began := pg_temp.cpu();
			FOR i IN 1..q.calls LOOP
				EXECUTE q.query INTO answer;
			END LOOP;
			INSERT INTO times VALUES (q.what, q.start, q.method, (pg_temp.cpu() - began) / q.calls);
		END LOOP;
	END LOOP;
END
$$;
\pset footer off
WITH least AS (SELECT what, start, method, min(ms) AS ms FROM times GROUP BY 1, 2, 3)
SELECT what, round(avg(ms) FILTER (WHERE method = 'SQL')::numeric, 2) AS "recursive query, ms", round(avg(ms) FILTER (WHERE method = 'kg')::numeric, 2) AS "kg.traverse, ms",
	round((avg(ms) FILTER (WHERE method = 'SQL') / avg(ms) FILTER (WHERE method = 'kg'))::numeric, 1) AS ratio
FROM least GROUP BY what ORDER BY what;
