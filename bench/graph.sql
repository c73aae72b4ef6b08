-- kg.traverse and kg.shortest_path against recursive queries, on a random
-- graph of 100,000 entities and 1,000,000 relations whose degrees are skewed
-- (source and target are 100,000 * u^2, u uniform).
--
--	createdb bench && psql -X -d bench -f bench/graph.sql
--
-- Prints the mean time of a call over the same start nodes, in milliseconds,
-- and how many times longer the recursive query takes.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS kg;
SELECT kg.create_graph('bench') \g /dev/null

-- Ids of entities that a hash of i picks, small ones more often
CREATE FUNCTION pg_temp.pick(i bigint, seed bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	'SELECT 1 + (100000 * power((hashint8extended(i, seed) & 1073741823) / 1073741824.0, 2))::bigint % 100000';
INSERT INTO bench.entity_type (name) VALUES ('node');
INSERT INTO bench.relation_type (name) SELECT 't' || i FROM generate_series(1, 8) i;
INSERT INTO bench.entity (type, name) SELECT 1, 'n' || i FROM generate_series(1, 100000) i;
-- in the order of their source, as a load would bring them; unchecked
SET session_replication_role = replica;
INSERT INTO bench.relation (source, target, type)
SELECT pg_temp.pick(i, 1), pg_temp.pick(i, 2), 1 + i % 8 FROM generate_series(1, 1000000) i ORDER BY 1;
RESET session_replication_role;
VACUUM ANALYZE bench.entity, bench.relation;

CREATE FUNCTION pg_temp.by_recursion(start bigint, max_depth int) RETURNS TABLE (entity bigint, depth int)
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE t(entity, depth) AS (
		SELECT start, 0
		UNION
		SELECT r.target, t.depth + 1 FROM t JOIN bench.relation r ON r.source = t.entity WHERE t.depth < max_depth
	)
	SELECT entity, min(depth) FROM t GROUP BY entity
$$;
CREATE TEMP TABLE times (depth int, method text, start bigint, ms float8, rows bigint);
SET work_mem = '256MB';
SET jit = off;
SET max_parallel_workers_per_gather = 0;

DO $$
DECLARE
	method text;
	query text;
	began timestamptz;
	s bigint;
	n bigint;
BEGIN
	FOR d IN 1..4 LOOP
		FOR s IN SELECT pg_temp.pick(i, 3) FROM generate_series(1, 10) i LOOP
			FOREACH method IN ARRAY '{recursive query,kg.traverse,kg.traverse by SQL}'::text[] LOOP
				PERFORM set_config('kg.adjacency_reader', CASE WHEN method ~ 'SQL' THEN 'sql' ELSE 'index' END, true);
				query := format(CASE method WHEN 'recursive query' THEN 'SELECT count(*) FROM pg_temp.by_recursion(%s, %s)'
					ELSE 'SELECT count(*) FROM kg.traverse(ARRAY[%s], %s, graph => ''bench'')' END, s, d);
				EXECUTE query;
				began := clock_timestamp();
				EXECUTE query INTO n;
				INSERT INTO times VALUES (d, method, s, extract(epoch FROM clock_timestamp() - began) * 1000, n);
			END LOOP;
		END LOOP;
	END LOOP;
END
$$;
\unset QUIET
SELECT depth, method, round(avg(rows)) AS rows, round(avg(ms)::numeric, 2) AS ms,
	round((max(avg(ms) FILTER (WHERE method = 'recursive query')) OVER (PARTITION BY depth) / avg(ms))::numeric, 1) AS faster
FROM times GROUP BY depth, method ORDER BY depth, ms DESC;
SELECT kg.drop_graph('bench') \g /dev/null
