-- kg_diskann beside kg_hnsw: bytes a vector, pages read and recall@10 of a query; the same
-- after every row was replaced, and of an index made before its rows.
--
--	psql -v table=base -v queries=query -f bench/diskann.sql
--
-- Both tables have columns id and e, which is a kg.vector with dimensions; ids are unique.
-- Schema kg must be on the search_path.  Works on a copy of the table; exact answers come from
-- sequential scans, so that a hundred queries of a hundred thousand rows will do.
\set ON_ERROR_STOP on
\if :{?table} \else \echo name a table: -v table=base -v queries=query \quit \endif
SET client_min_messages = warning;
CREATE TEMP TABLE measured (method text, step text, target float8, recall float8, pages float8, nodes float8, fetched float8);

CREATE FUNCTION pg_temp.measure(name text, step text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	target float8;
	q record;
	ids int[];
	scan record;
	hits int;
	total int;
	pages float8;
	nodes float8;
	fetched float8;
BEGIN
	FOREACH target IN ARRAY ARRAY[.9, .95, .99] LOOP
		PERFORM set_config('kg.target_recall', target::text, true), set_config('enable_seqscan', 'off', true);
		SELECT 0, 0, 0, 0, 0 INTO hits, total, pages, nodes, fetched;
		FOR q IN SELECT * FROM exact LOOP
			EXECUTE 'SELECT array_agg(id) FROM (SELECT id FROM copy ORDER BY e <-> $1 LIMIT 10) s' INTO ids USING q.e;
			SELECT * INTO scan FROM kg.last_scan();
			hits := hits + (SELECT count(*) FROM unnest(ids) i WHERE i = ANY (q.ids));
			SELECT total + 1, pages + scan.pages_read, nodes + scan.nodes_visited, fetched + scan.rows_returned
				INTO total, pages, nodes, fetched;
		END LOOP;
		INSERT INTO measured VALUES (name, step, target, hits / (10.0 * total), pages / total, nodes / total, fetched / total);
	END LOOP;
END $$;

CREATE TEMP TABLE copy (LIKE :table);
INSERT INTO copy (id, e) SELECT id, e FROM :table;
ANALYZE copy;
CREATE TEMP TABLE exact AS SELECT q.id, q.e, (SELECT array_agg(id) FROM (SELECT id FROM copy ORDER BY copy.e <-> q.e LIMIT 10) s) AS ids
FROM :queries q ORDER BY id LIMIT 200;

\set method kg_hnsw
CREATE INDEX copy_e ON copy USING :method (e);
SELECT :'method' AS method, pg_relation_size('copy_e') / (SELECT count(*) FROM copy) AS bytes_a_vector;
SELECT pg_temp.measure(:'method', 'built');
DROP INDEX copy_e;
\set method kg_diskann
CREATE INDEX copy_e ON copy USING :method (e);
SELECT :'method' AS method, pg_relation_size('copy_e') / (SELECT count(*) FROM copy) AS bytes_a_vector;
SELECT pg_temp.measure(:'method', 'built');
SELECT method, step, target, round(recall::numeric, 4) AS recall, round(pages::numeric, 1) AS pages, round(nodes::numeric, 1) AS nodes, round(fetched::numeric, 1) AS fetched FROM measured;

-- Ten rounds, each of which takes out a tenth of the rows and puts them in again.
SELECT format('DELETE FROM copy WHERE id %% 10 = %s', i), 'VACUUM copy',
	format('INSERT INTO copy (id, e) SELECT id, e FROM %I WHERE id %% 10 = %s', :'table', i)
FROM generate_series(0, 9) i \gexec
SELECT kg.calibrate('copy_e') IS NOT NULL AS calibrated;
SELECT :'method' AS method, pg_relation_size('copy_e') / (SELECT count(*) FROM copy) AS bytes_a_vector;
SELECT pg_temp.measure(:'method', 'replaced');

-- The rows come one by one into an index that was made before them.
DROP INDEX copy_e;
TRUNCATE copy;
CREATE INDEX copy_e ON copy USING :method (e);
INSERT INTO copy (id, e) SELECT id, e FROM :table;
SELECT kg.calibrate('copy_e') IS NOT NULL AS calibrated;
SELECT :'method' AS method, pg_relation_size('copy_e') / (SELECT count(*) FROM copy) AS bytes_a_vector;
SELECT pg_temp.measure(:'method', 'made before its rows');
SELECT method, step, target, round(recall::numeric, 4) AS recall, round(pages::numeric, 1) AS pages, round(nodes::numeric, 1) AS nodes, round(fetched::numeric, 1) AS fetched FROM measured;
