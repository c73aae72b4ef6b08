-- The graph "bench", for the scripts that include this file: R-MAT with 2^scale
-- entities and so many edges, unless bench/graph.sh has made it beforehand; then
-- "made" is true.
\if :{?scale}
\else
\set scale 17
\endif
\if :{?edges}
\else
\set edges 1000000
\endif
SELECT EXISTS (SELECT FROM kg.graph WHERE name = 'bench') AS made \gset
\if :made
\else
SELECT kg.create_graph('bench') \g /dev/null

-- R-MAT: D. Chakrabarti, Y. Zhan, C. Faloutsos, "R-MAT: a recursive model for
-- graph mining", SDM 2004, with 0.57, 0.19, 0.19, 0.05 as in Graph500.  One
-- end of edge i; 8 random bits choose a quadrant.
CREATE FUNCTION pg_temp.quadrant(i bigint, level int) RETURNS int LANGUAGE sql IMMUTABLE AS
	'SELECT width_bucket(hashint8extended(i, level) & 1048575, ARRAY[0, 597688, 796918, 996147]) - 1';
INSERT INTO bench.entity_type (name) VALUES ('node');
INSERT INTO bench.relation_type (name) VALUES ('edge');
SET session_replication_role = replica;
INSERT INTO bench.entity (type, name) SELECT 1, '' FROM generate_series(1, 1 << :scale);
INSERT INTO bench.relation (source, target, type)
SELECT 1 + sum((q >> 1) << level), 1 + sum((q & 1) << level), 1
FROM generate_series(1, :edges) i, generate_series(0, :scale - 1) level, pg_temp.quadrant(i, level) q
GROUP BY i;
RESET session_replication_role;
VACUUM ANALYZE bench.entity, bench.relation;
\endif
