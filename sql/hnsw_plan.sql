-- kg_hnsw: when the planner takes the index, and that it never does without
-- ORDER BY distance
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

CREATE TABLE items (id int, kind int, e vector(64));
INSERT INTO items SELECT i, i % 1000, pg_temp.vec(i, 64) FROM generate_series(1, 10000) i;
CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (m = 16, ef_construction = 40);
-- Vectors that are kept out of line, so that the table itself is small.
CREATE TABLE long (id int, e vector(1536));
ALTER TABLE long ALTER e SET STORAGE external;
INSERT INTO long SELECT i, pg_temp.vec(i, 1536) FROM generate_series(1, 1500) i;
CREATE INDEX long_e ON long USING kg_hnsw (e) WITH (m = 8, ef_construction = 10);
CREATE TABLE part_only (id int, e vector(64));
CREATE INDEX part_only_e ON part_only USING kg_hnsw (e) WHERE id > 5;
VACUUM ANALYZE items, long, part_only;
SET max_parallel_workers_per_gather = 0;

-- The indexes that a plan scans; @ in the query is a vector of its length.
CREATE FUNCTION pg_temp.indexes(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' ||
		replace(query, '@', quote_literal(pg_temp.vec(17, CASE WHEN query ~ 'FROM long' THEN 1536 ELSE 64 END)))
		INTO plan;
	RETURN (SELECT string_agg(i #>> '{}', ' ') FROM jsonb_path_query(plan, 'strict $.**."Index Name"') i);
END $$;

-- By its own choice: for the nearest, not for all rows, nor for an order
-- that is not its own.  A filter that half of the rows pass is no obstacle.
SELECT query, pg_temp.indexes(query) AS indexes
FROM (VALUES
	(1, 'SELECT id FROM items ORDER BY e <-> @ LIMIT 10'),
	(2, 'SELECT id FROM items ORDER BY @ <-> e LIMIT 10'),
	(3, 'SELECT id, e <-> @ AS d FROM items ORDER BY d LIMIT 10'),
	(4, 'SELECT id FROM items ORDER BY e <-> (SELECT e FROM part_only LIMIT 1) LIMIT 10'),
	(5, 'SELECT id FROM items WHERE kind < 500 ORDER BY e <-> @ LIMIT 10'),
	(6, 'SELECT id FROM items ORDER BY e <-> @ OFFSET 10 FETCH FIRST 10 ROWS ONLY'),
	(7, 'SELECT id FROM long ORDER BY e <-> @ LIMIT 10'),
	(8, 'SELECT p.id, i.id FROM part_only p, LATERAL (SELECT id FROM items i ORDER BY i.e <-> p.e LIMIT 3) i'),
	(9, 'SELECT id FROM items ORDER BY e <-> @'),
	(10, 'SELECT id FROM items ORDER BY e <-> @ DESC LIMIT 10'),
	(11, 'SELECT id FROM items ORDER BY e <-> @ NULLS FIRST LIMIT 10'),
	(12, 'SELECT id FROM items ORDER BY e <#> @ LIMIT 10'),
	(13, 'SELECT id FROM items ORDER BY e <=> @ LIMIT 10'),
	(14, 'SELECT id FROM items ORDER BY e <-> e LIMIT 10'),
	(15, 'SELECT id FROM items ORDER BY (e <-> @) + 1 LIMIT 10'),
	(16, 'SELECT id FROM items ORDER BY e::halfvec(64) <-> @ LIMIT 10'),
	(17, 'SELECT id FROM items WHERE kind = 7 ORDER BY e <-> @ LIMIT 20')
) AS v(n, query) ORDER BY n;

-- A b-tree that leaves a few rows to sort wins over a filter.
CREATE INDEX items_kind ON items (kind);
SELECT pg_temp.indexes('SELECT id FROM items WHERE kind = 7 ORDER BY e <-> @ LIMIT 5');
DROP INDEX items_kind;

-- Never without ORDER BY distance, whatever is forbidden, and never
-- without the table.
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_sort = off;
SELECT query, pg_temp.indexes(query) AS indexes
FROM (VALUES
	(1, 'SELECT count(*) FROM items'),
	(2, 'SELECT id FROM items'),
	(3, 'SELECT e FROM items LIMIT 1'),
	(4, 'SELECT id FROM items WHERE e IS NULL'),
	(5, 'SELECT id FROM items WHERE e = @'),
	(6, 'SELECT id FROM items WHERE e <-> @ < 1'),
	(7, 'SELECT id FROM items WHERE kind = 7'),
	(8, 'SELECT id FROM items ORDER BY id LIMIT 1'),
	(9, 'SELECT id FROM items ORDER BY e LIMIT 1'),
	(10, 'SELECT DISTINCT e FROM items'),
	(11, 'SELECT a.id FROM items a JOIN items b USING (e)'),
	(12, 'DELETE FROM items WHERE id = 1'),
	(13, 'SELECT id FROM part_only WHERE id > 5'),
	(14, 'SELECT id FROM part_only ORDER BY e <-> @'),
	(15, 'SELECT id FROM part_only WHERE id > 5 ORDER BY e <-> @'),
	(16, 'SELECT id FROM part_only WHERE id > 6 ORDER BY e <-> @'),
	(17, 'SELECT id FROM part_only WHERE id > 4 ORDER BY e <-> @')
) AS v(n, query) ORDER BY n;
SELECT count(*) FROM items;
SELECT count(*) FROM items WHERE kind = 7;
SET enable_indexonlyscan = on;
SELECT pg_temp.plan('SELECT e FROM part_only WHERE id > 5 ORDER BY e <-> (SELECT e FROM part_only)') ~ 'Index Only' AS index_only;

-- The first row costs a search, all rows more; a wider search costs more.
CREATE FUNCTION pg_temp.cost(query text, which text) RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	result json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || replace(query, '@', quote_literal(pg_temp.vec(17, 64))) INTO result;
	RETURN result->0->'Plan'->>which;
END $$;
\set nearest '\'SELECT id FROM items ORDER BY e <-> @\''
SET kg.ef_search = 120;
SELECT pg_temp.cost(:nearest, 'Startup Cost') AS search, pg_temp.cost(:nearest, 'Total Cost') AS total \gset
SELECT :search > 0 AS search_costs, :total > 5 * :search AS all_rows_cost,
	pg_temp.cost(:nearest || ' LIMIT 10', 'Total Cost') < 1.2 * :search AS ten_do_not;
SET kg.ef_search = 400;
SELECT pg_temp.cost(:nearest, 'Startup Cost') > 1.5 * :search AS wider_costs_more,
	pg_temp.cost(:nearest, 'Total Cost') > 0.9 * :total AS all_rows_no_less;
RESET kg.ef_search;
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_sort;

-- Pages as estimated (a page costs one, all else nothing) are within 2x of
-- those that EXPLAIN (ANALYZE, BUFFERS) counts, the table's included.
CREATE FUNCTION pg_temp.pages_ratio(query text, ef int) RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
	estimated float8 := 0;
	counted float8 := 0;
BEGIN
	PERFORM set_config(name, value, true) FROM (VALUES ('kg.ef_search', ef::text), ('seq_page_cost', '1'), ('random_page_cost', '1'),
		('cpu_tuple_cost', '0'), ('cpu_index_tuple_cost', '0'), ('cpu_operator_cost', '0')) s(name, value);
	FOR i IN 1..5 LOOP
		EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) ' ||
			replace(query, '@', quote_literal(pg_temp.vec(-i, CASE WHEN query ~ 'FROM long' THEN 1536 ELSE 64 END))) INTO plan;
		plan := plan->0->'Plan';
		estimated := estimated + (plan->>'Total Cost')::float8;
		counted := counted + (plan->>'Shared Hit Blocks')::int + (plan->>'Shared Read Blocks')::int;
	END LOOP;
	RETURN estimated / counted;
END $$;
SET enable_seqscan = off;
SET enable_sort = off;
-- what a backend's first scan reads besides
SELECT pg_temp.pages_ratio('SELECT id FROM items ORDER BY e <-> @ LIMIT 1', 100) > 0 AS items,
	pg_temp.pages_ratio('SELECT id FROM long ORDER BY e <-> @ LIMIT 1', 100) > 0 AS long;
SELECT query, rows, ef, CASE WHEN ratio NOT BETWEEN 0.5 AND 2 THEN ratio END AS wrong
FROM unnest(ARRAY['items', 'items WHERE kind < 500', 'items WHERE kind < 200', 'long']) query,
	unnest(ARRAY[1, 10, 100, 1000]) rows, unnest(ARRAY[0, 20, 40, 120, 400]) ef,
	LATERAL (SELECT pg_temp.pages_ratio(format('SELECT id FROM %s ORDER BY e <-> @ LIMIT %s', query, rows), ef) AS ratio) r
-- of long vectors at random none is much nearer than others: for LIMIT 10
-- several times as many rows must be fetched to be sure
WHERE ratio NOT BETWEEN 0.5 AND 2 AND NOT (query = 'long' AND rows = 10);

-- Since PostgreSQL 18 EXPLAIN ANALYZE tells how often the index was searched.
CREATE FUNCTION pg_temp.searches(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, TIMING off, FORMAT json) ' || query INTO plan;
	RETURN jsonb_path_query_first(plan, '$.** ? (@."Index Name" == "items_e")."Index Searches"');
END $$;
SELECT coalesce(pg_temp.searches(
	'SELECT n.id FROM (SELECT e FROM items ORDER BY id LIMIT 3) q, LATERAL (SELECT id FROM items ORDER BY e <-> q.e LIMIT 1) n'),
	CASE WHEN current_setting('server_version_num')::int < 180000 THEN 3 END) AS searches;
RESET enable_seqscan;
RESET enable_sort;

-- Partitions are merged in order, as many rows of each as are needed.
CREATE TABLE parts (id int, e vector(64)) PARTITION BY LIST (id);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES IN (0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
INSERT INTO parts SELECT id % 2, e FROM items;
CREATE INDEX parts_e ON parts USING kg_hnsw (e);
SET enable_indexscan = off;
CREATE TEMP TABLE nearest AS SELECT e FROM items ORDER BY e <-> pg_temp.vec(-1, 64) LIMIT 10;
RESET enable_indexscan;
VACUUM ANALYZE parts;
SET enable_seqscan = off;
SET enable_sort = off;
SELECT regexp_replace(pg_temp.plan(format('SELECT id FROM parts ORDER BY e <-> %L LIMIT 10', pg_temp.vec(-1, 64))),
	'e <-> [^\n]*', 'e <-> ...', 'g');
SET kg.ef_search = 1000;
SELECT count(*) AS same FROM (SELECT e FROM parts ORDER BY e <-> pg_temp.vec(-1, 64) LIMIT 10) a JOIN nearest USING (e);
RESET kg.ef_search;
RESET enable_seqscan;
RESET enable_sort;
DROP TABLE parts;

-- With a parameter whose value the planner does not know.
PREPARE nearest (vector) AS SELECT id FROM items ORDER BY e <-> $1 LIMIT 3;
SET plan_cache_mode = force_generic_plan;
SELECT pg_temp.plan('EXECUTE nearest (NULL)');
RESET plan_cache_mode;
DEALLOCATE nearest;

DROP TABLE items, long, part_only;
