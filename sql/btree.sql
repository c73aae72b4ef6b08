-- The btree operator classes: order, uniqueness, grouping, joins
SET search_path = kg, public;

CREATE TABLE btree_test (id int, v vector, h halfvec, s sparsevec);
INSERT INTO btree_test
	SELECT i, a::vector, a::halfvec, a::sparsevec
	FROM (SELECT i, (ARRAY[i % 7 - 3, i % 5, 0, i % 11])[:1 + i % 4] AS a FROM generate_series(1, 2000) i) x;
INSERT INTO btree_test VALUES (0, NULL, NULL, NULL);
CREATE INDEX btree_v ON btree_test (v);
CREATE INDEX btree_h ON btree_test (h);
CREATE INDEX btree_s ON btree_test (s);
ANALYZE btree_test;

SELECT amproc.amproc::regproc, opcname, opcdefault
FROM pg_opclass JOIN pg_amproc amproc ON amprocfamily = opcfamily JOIN pg_am am ON am.oid = opcmethod
WHERE amname = 'btree' AND opcintype IN ('vector'::regtype, 'halfvec'::regtype, 'sparsevec'::regtype)
ORDER BY opcname;

-- The three types agree on the order, with and without an index.
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT v FROM btree_test WHERE v >= '[2]' ORDER BY v LIMIT 3;
SELECT v FROM btree_test WHERE v >= '[2]' ORDER BY v LIMIT 3;
SELECT h FROM btree_test WHERE h >= '[2]' ORDER BY h LIMIT 3;
SELECT s FROM btree_test WHERE s >= '{1:2}/1' ORDER BY s LIMIT 3;
SELECT count(*) FROM btree_test WHERE v = '[1,2]';
CREATE TEMP TABLE by_index AS SELECT v, row_number() OVER (ORDER BY v) AS n FROM btree_test;
RESET enable_seqscan;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
CREATE TEMP TABLE by_sort AS SELECT v, row_number() OVER (ORDER BY v) AS n FROM btree_test;
SELECT count(*), count(*) FILTER (WHERE a.v IS DISTINCT FROM b.v) AS differ FROM by_index a JOIN by_sort b USING (n);
RESET enable_indexscan;
RESET enable_indexonlyscan;

SELECT count(DISTINCT v), count(DISTINCT h), count(DISTINCT s) FROM btree_test;
SELECT count(*) FROM btree_test a JOIN (SELECT DISTINCT v FROM btree_test) b ON a.v = b.v;
SELECT bool_and(v::halfvec = h AND s::vector = v) FROM btree_test;

-- An index entry must fit a page; places and first duplicates may vary.
\set VERBOSITY terse
INSERT INTO btree_test (id, v) VALUES (1, array_fill(0.5, '{1000}')::vector);

-- Unique.
CREATE UNIQUE INDEX btree_unique ON btree_test (h);
\set VERBOSITY default
CREATE TEMP TABLE u (v vector(2) PRIMARY KEY, h halfvec(2) UNIQUE, s sparsevec(2) UNIQUE);
INSERT INTO u VALUES ('[1,2]', '[1,2]', '{1:1}/2');
INSERT INTO u VALUES ('[1,2]', '[1,3]', '{1:2}/2');
INSERT INTO u VALUES ('[1,3]', '[1,2]', '{1:2}/2');
INSERT INTO u VALUES ('[1,3]', '[1,3]', '{1:1}/2');
INSERT INTO u VALUES ('[1,-0]', '[1,-0]', '{1:2}/2');
INSERT INTO u VALUES ('[1,0]', '[1,1]', '{1:3}/2') ON CONFLICT (v) DO UPDATE SET h = excluded.h;
SELECT * FROM u ORDER BY v;
DROP TABLE btree_test;
