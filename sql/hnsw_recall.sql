-- kg_hnsw: kg.target_recall, the index's option of that name, kg.calibrate
SET search_path = kg, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\set hnsw :abs_srcdir '/sql/include/hnsw.sql'
\i :hnsw

LOAD 'kg';

-- The setting.
SELECT name, setting, min_val, max_val, context FROM pg_settings WHERE name = 'kg.target_recall';
SET kg.target_recall = 0.4;
SET kg.target_recall = 1;
SET kg.target_recall = 'most';
SET kg.target_recall = 0.5;
RESET kg.target_recall;

CREATE TABLE items (id int, e vector(24));
INSERT INTO items SELECT i, pg_temp.vec(i, 24) FROM generate_series(1, 6000) i;
CREATE TABLE queries AS SELECT i AS id, pg_temp.vec(-i, 24) AS e FROM generate_series(1, 40) i;

-- The option.
CREATE INDEX ON items USING kg_hnsw (e) WITH (target_recall = 0.4);
CREATE INDEX ON items USING kg_hnsw (e) WITH (target_recall = 1);
CREATE INDEX ON items USING kg_hnsw (e) WITH (target_recall = 'most');
CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (target_recall = 0.8, m = 8);
SELECT reloptions FROM pg_class WHERE relname = 'items_e';

-- Nodes that LIMIT k takes in the mean, under settings.
CREATE FUNCTION pg_temp.nodes(k int, settings text = 'RESET kg.target_recall') RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	q vector;
	total float8 := 0;
BEGIN
	EXECUTE settings;
	SET LOCAL enable_seqscan = off;
	FOR q IN SELECT e FROM queries LOOP
		EXECUTE format('SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> %L LIMIT %s) s', q, k);
		total := total + (SELECT nodes_visited FROM last_scan());
	END LOOP;
	EXECUTE regexp_replace(settings, '^SET (\S+).*', 'RESET \1');
	RETURN total / (SELECT count(*) FROM queries);
END $$;

-- More of either costs more.
SELECT k, pg_temp.nodes(k, 'SET kg.target_recall = 0.8') < pg_temp.nodes(k, 'SET kg.target_recall = 0.95') AS more_recall,
	pg_temp.nodes(k, 'SET kg.target_recall = 0.95') < pg_temp.nodes(k, 'SET kg.target_recall = 0.999') AS still_more,
	pg_temp.nodes(k, 'SET kg.target_recall = 0.95') < pg_temp.nodes(k * 3, 'SET kg.target_recall = 0.95') AS more_rows
FROM unnest(ARRAY[1, 5, 10, 40, 100]) k;

-- The option counts unless the setting is set; its default is no setting, but
-- it can be set to that, too.  kg.ef_search counts before all.
SELECT pg_temp.nodes(10) AS by_option, pg_temp.nodes(10, 'SET kg.target_recall = 0.99') AS by_setting \gset
SELECT :by_option < :by_setting AS option_counts, pg_temp.nodes(10, 'SET kg.target_recall = 0.8') = :by_option AS same;
ALTER INDEX items_e SET (target_recall = 0.99);
SELECT pg_temp.nodes(10) = :by_setting AS at_once;
ALTER INDEX items_e RESET (target_recall);
SELECT pg_temp.nodes(10) = :by_setting AS by_default;
SET kg.ef_search = 500;
SELECT pg_temp.nodes(10, 'SET kg.target_recall = 0.8') >= 500 AS ef_search_counts;
SET kg.ef_search = 0;
SELECT pg_temp.nodes(10) = :by_setting AS no_more;
RESET kg.ef_search;

-- The planner knows.
CREATE FUNCTION pg_temp.startup_cost(k int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	SET LOCAL enable_seqscan = off;
	EXECUTE format('EXPLAIN (FORMAT json) SELECT id FROM items ORDER BY e <-> %L LIMIT %s', pg_temp.vec(-1, 24), k) INTO plan;
	RETURN plan->0->'Plan'->>'Startup Cost';
END $$;
SET kg.target_recall = 0.8;
SELECT pg_temp.startup_cost(10) AS low, pg_temp.startup_cost(40) AS more_rows \gset
SET kg.target_recall = 0.95;
SELECT pg_temp.startup_cost(10) > :low AS more_recall, :more_rows > :low AS more_rows;
RESET kg.target_recall;

-- kg.calibrate: with the index's own vectors, with queries.
SELECT calibrate('items_e');
SELECT calibrate('items_e', array_agg(e)) FROM queries;
SELECT calibrate('items_e', array_agg(e)) FROM queries WHERE id <= 29;
SELECT calibrate('items_e', array_agg(CASE WHEN id <= 29 THEN e END)) FROM queries;
SELECT calibrate('items_e', array_agg(e::halfvec)) FROM queries;
SELECT calibrate('items_e', '{}'::vector[]);
SELECT calibrate('items_e', array_agg('[1,2]'::vector)) FROM queries;
SELECT calibrate(NULL) IS NULL AS strict, calibrate('items_e', NULL::vector[]) IS NULL AS strict_too;
SELECT calibrate('items');
CREATE INDEX items_id ON items (id);
SELECT calibrate('items_id');

-- Queries that are hard to serve (far from all rows) take more than those
-- that are rows.
SELECT calibrate('items_e', array_agg(e)) FROM (SELECT e FROM items LIMIT 200) s;
SELECT pg_temp.nodes(10) AS for_rows \gset
SELECT calibrate('items_e', array_agg(e)) FROM (SELECT pg_temp.vec(-i, 24) AS e FROM generate_series(100, 300) i) s;
SELECT pg_temp.nodes(10) > 1.2 * :for_rows AS more_for_others;

-- VACUUM measures again when much has changed, but has no queries of the user.
INSERT INTO items SELECT i, pg_temp.vec(i, 24) FROM generate_series(6001, 8000) i;
VACUUM items;
SELECT calibrate('items_e');
VACUUM items;

-- Too few rows to measure: then kg.ef_search 120 counts.
CREATE TABLE few (id int, e vector(24));
INSERT INTO few SELECT i, pg_temp.vec(i, 24) FROM generate_series(1, 500) i;
CREATE INDEX few_e ON few USING kg_hnsw (e);
SELECT calibrate('few_e');
CREATE INDEX none_e ON few USING kg_hnsw (e) WHERE id < 0;
SELECT calibrate('none_e');

-- Only for the owner.
CREATE ROLE regress_kg_other;
GRANT USAGE ON SCHEMA kg TO regress_kg_other;
GRANT SELECT ON items TO regress_kg_other;
SET ROLE regress_kg_other;
SELECT kg.calibrate('kg.items_e');
RESET ROLE;
REVOKE USAGE ON SCHEMA kg FROM regress_kg_other;
DROP TABLE items, queries, few;
DROP ROLE regress_kg_other;
