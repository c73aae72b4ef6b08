--
-- Row security: what a policy hides is not returned, counted, ranked by or explained. The measure is a graph that has only what
-- the role sees, with the same ids: all results must be equal.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE retrieval_reader;

SELECT kg.create_graph('sec', 3), kg.create_graph('seen', 3);
CREATE FUNCTION pg_temp.fill(graph text, mine_only boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format($sql$
		INSERT INTO %1$I.entity_type (id, name) VALUES (1, 'passage'), (2, 'thing');
		INSERT INTO %1$I.relation_type (id, name) VALUES (1, 'mentions'), (2, 'knows');
		-- every third is hidden; hidden texts have words, names and embeddings that would matter
		INSERT INTO %1$I.entity (id, type, name, content, embedding, created_by)
		SELECT i, 1, 'text ' || i, CASE WHEN i %% 3 = 0 THEN 'secret river harbour ' ELSE 'river ' END || 'word' || i %% 7 || repeat(' filler', i %% 5),
			format('[1,%%s,0]', i)::kg.vector, CASE WHEN i %% 3 = 0 THEN 'other' ELSE 'mine' END
		FROM generate_series(1, 60) i WHERE NOT (%2$L AND i %% 3 = 0);
		INSERT INTO %1$I.entity (id, type, name, embedding, created_by)
		SELECT 100 + i, 2, CASE WHEN i %% 3 = 0 THEN 'Secret Harbour' ELSE 'Thing ' || i END, format('[1,0,%%s]', i)::kg.vector, CASE WHEN i %% 3 = 0 THEN 'other' ELSE 'mine' END
		FROM generate_series(1, 20) i WHERE NOT (%2$L AND i %% 3 = 0);
		INSERT INTO %1$I.relation (id, source, target, type, created_by)
		SELECT i, 1 + (i * 7) %% 60, 101 + (i * 11) %% 20, 1, CASE WHEN i %% 4 = 0 THEN 'other' ELSE 'mine' END FROM generate_series(1, 200) i
		WHERE NOT (%2$L AND (i %% 4 = 0 OR (1 + (i * 7) %% 60) %% 3 = 0 OR (1 + (i * 11) %% 20) %% 3 = 0));
		INSERT INTO %1$I.relation (id, source, target, type, created_by)
		SELECT 200 + i, 101 + (i * 3) %% 20, 101 + (i * 7) %% 20, 2, CASE WHEN i %% 4 = 0 THEN 'other' ELSE 'mine' END FROM generate_series(1, 60) i
		WHERE NOT (%2$L AND (i %% 4 = 0 OR (1 + (i * 3) %% 20) %% 3 = 0 OR (1 + (i * 7) %% 20) %% 3 = 0));
		INSERT INTO %1$I.observation (id, entity, content, embedding, created_by)
		SELECT i, 101 + i %% 20, CASE WHEN i %% 5 = 0 THEN 'secret river' ELSE 'a river of note' END || i %% 4, format('[1,%%s,1]', i)::kg.vector, CASE WHEN i %% 5 = 0 THEN 'other' ELSE 'mine' END
		FROM generate_series(1, 40) i WHERE NOT (%2$L AND (i %% 5 = 0 OR (1 + i %% 20) %% 3 = 0))
	$sql$, graph, mine_only);
	EXECUTE format('GRANT USAGE ON SCHEMA %1$I TO retrieval_reader; GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO retrieval_reader', graph);
END $$;
SELECT pg_temp.fill('sec', false), pg_temp.fill('seen', true);
ALTER TABLE sec.entity ENABLE ROW LEVEL SECURITY;
ALTER TABLE sec.relation ENABLE ROW LEVEL SECURITY;
ALTER TABLE sec.observation ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON sec.entity USING (created_by = 'mine');
CREATE POLICY mine ON sec.relation USING (created_by = 'mine');
CREATE POLICY mine ON sec.observation USING (created_by = 'mine');
-- The counts of all texts are there, and must not be used.
SELECT kg.refresh_text_statistics('sec'), kg.refresh_text_statistics('seen');

CREATE TEMP TABLE question (n integer, query text, embedding kg.vector, kinds text[], seeds bigint[], legs jsonb);
INSERT INTO question VALUES
	(1, 'the river word3', '[1,9,0]', NULL, NULL, NULL),
	(2, 'secret harbour river word2', '[1,3,0]', '{passage,entity,observation}', NULL, NULL),
	(3, 'Thing 4 and Thing 5 and Secret Harbour', NULL, '{passage,entity,observation}', NULL, NULL),
	(4, NULL, NULL, '{passage,entity}', '{101,102,103}', NULL),
	(5, 'Thing 7', NULL, '{entity,observation,passage}', NULL, '{"graph": {"hops": 2}}'),
	(6, 'Secret Harbour', '[1,0,3]', '{entity}', NULL, NULL),
	(7, 'filler', NULL, '{passage}', NULL, '{"text": {"limit": 5}}');
GRANT SELECT ON question TO retrieval_reader;
SET ROLE retrieval_reader;
CREATE FUNCTION pg_temp.results(graph text) RETURNS TABLE (n integer, result jsonb) LANGUAGE sql AS $$
	SELECT q.n, to_jsonb(s) FROM question q, kg.search(q.query, q.embedding, 200, graph, q.kinds, seeds => q.seeds, legs => q.legs) s
$$;
SELECT n, count(*) FROM pg_temp.results('sec') GROUP BY n ORDER BY n;
SELECT n, result FROM pg_temp.results('sec') EXCEPT ALL SELECT n, result FROM pg_temp.results('seen');
SELECT n, result FROM pg_temp.results('seen') EXCEPT ALL SELECT n, result FROM pg_temp.results('sec');
SELECT q.n FROM question q WHERE kg.context_json(q.query, q.embedding, 3000, 'sec', seeds => q.seeds) IS DISTINCT FROM kg.context_json(q.query, q.embedding, 3000, 'seen', seeds => q.seeds);
SELECT q.n, e.line FROM question q, kg.explain_search(q.query, q.embedding, 200, 'sec', q.kinds, seeds => q.seeds) e WHERE e.line ~* 'secret|harbour';
SELECT kg.refresh_text_statistics('sec');
RESET ROLE;
-- To the owner the hidden rows are there, and they matter.
SELECT count(*) > 0 AS differs FROM (SELECT n, result FROM pg_temp.results('sec') EXCEPT ALL SELECT n, result FROM pg_temp.results('seen')) d;

-- Privileges: a role that may not read a table gets the error of a SELECT
REVOKE SELECT ON seen.relation FROM retrieval_reader;
SET ROLE retrieval_reader;
SELECT count(*) FROM kg.search('the river word3', graph => 'seen');
SELECT count(*) FROM kg.search('Thing 4', graph => 'seen');
RESET ROLE;
REVOKE SELECT ON seen.text_size, seen.lexeme FROM retrieval_reader;
SET ROLE retrieval_reader;
SELECT count(*) FROM kg.search('the river word3', graph => 'seen');
RESET ROLE;
REVOKE SELECT ON seen.entity FROM retrieval_reader;
SET ROLE retrieval_reader;
SELECT count(*) FROM kg.search('the river word3', graph => 'seen');
RESET ROLE;
SELECT kg.drop_graph('sec'), kg.drop_graph('seen');
DROP FUNCTION pg_temp.results(text);
DROP TABLE question;
DROP ROLE retrieval_reader;
