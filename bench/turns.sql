-- How long queries take by two indexes, on a machine that others use: each query is asked of
-- both tables in turn, so often, and the least time of each counts.
--
--	psql -v a=TABLE -v b=TABLE -v queries=query -v operator='<=>' -v rounds=12 -f bench/turns.sql
--
-- Tables have columns id and e and an index; queries too, with ids from 1.  LIMIT 10, by
-- kg.target_recall .95 and .99, planning included: elapsed microseconds, mean of all queries.
-- Schema kg must be on the search_path.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?operator} \else \set operator <-> \endif
\if :{?rounds} \else \set rounds 12 \endif
SET client_min_messages = warning;
SET enable_seqscan = off;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE taken (target text, side text, query int, us float8);

CREATE FUNCTION pg_temp.ask(sides text[], queries text, operator text, rounds int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	query record;
	side text;
	began timestamptz;
BEGIN
	FOR round IN 0..rounds LOOP
		FOR query IN EXECUTE format('SELECT id, e::text AS e FROM %I', queries) LOOP
			-- not one after the other, which would find the query's pages of the table
			side := sides[1 + (query.id + round) % 2];
			began := clock_timestamp();
			EXECUTE format('SELECT id FROM %I ORDER BY e %s %L LIMIT 10', side, operator, query.e);
			-- the first round fills caches
			IF round > 0 THEN
				INSERT INTO taken VALUES (current_setting('kg.target_recall'), side, query.id,
					extract(epoch FROM clock_timestamp() - began) * 1e6);
			END IF;
		END LOOP;
	END LOOP;
END $$;

SET kg.target_recall = .95;
SELECT pg_temp.ask(ARRAY[:'a', :'b'], :'queries', :'operator', :rounds);
SET kg.target_recall = .99;
SELECT pg_temp.ask(ARRAY[:'a', :'b'], :'queries', :'operator', :rounds);
SELECT target, side, round(avg(least)) AS us
FROM (SELECT target, side, query, min(us) AS least FROM taken GROUP BY 1, 2, 3) s GROUP BY 1, 2 ORDER BY 1, side <> :'a';
