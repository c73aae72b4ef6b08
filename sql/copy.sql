-- COPY, in text and binary
SET search_path = kg, public;
\getenv abs_builddir PG_ABS_BUILDDIR
-- by the client: the server may not write here
\cd :abs_builddir/results

CREATE TABLE copy_test (id int, v vector(3), h halfvec(3), s sparsevec(3), big vector);
INSERT INTO copy_test VALUES
	(1, '[1,2,3]', '[1,2,3]', '{1:1,2:2,3:3}/3', array_fill(0.1, '{16000}')::vector),
	(2, '[-0,1e-45,3.4028235e38]', '[-0,6e-8,65504]', '{2:1e-45}/3', '[1]'),
	(3, NULL, NULL, NULL, NULL);
\copy copy_test TO 'copy_test.txt'
\copy copy_test TO 'copy_test.bin' (FORMAT binary)
CREATE TABLE copy_text (LIKE copy_test);
CREATE TABLE copy_binary (LIKE copy_test);
\copy copy_text FROM 'copy_test.txt'
\copy copy_binary FROM 'copy_test.bin' (FORMAT binary)
SELECT id, v, h, s, vector_dims(big) FROM copy_text ORDER BY id;
SELECT count(*) FROM copy_test t JOIN copy_text USING (id) JOIN copy_binary b USING (id)
WHERE (t.*::text) = (b.*::text) AND (t.*::text) = (copy_text.*::text);

-- The binary form is pgvector's.
SELECT vector_send('[1,-2]'), halfvec_send('[1,-2]'), sparsevec_send('{2:-2}/3');

-- The column's type modifier holds.
CREATE TABLE copy_narrow (id int, v vector(2), h halfvec(3), s sparsevec(3), big vector);
\copy copy_narrow FROM 'copy_test.txt'
\copy copy_narrow FROM 'copy_test.bin' (FORMAT binary)
COPY copy_narrow FROM STDIN;
1	[1,2]	[1,2,3]	{}/3	[1
\.
COPY copy_narrow FROM STDIN (FORMAT csv);
1,"[1,2]","[1,2,3]",{}/3,[7]
2,"[1,2,3]",,,
\.
SELECT * FROM copy_narrow;
DROP TABLE copy_test, copy_text, copy_binary, copy_narrow;
