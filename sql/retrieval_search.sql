--
-- kg.search: legs, their fusion, arguments
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET extra_float_digits = 0;

SELECT kg.create_graph('find', 3);
INSERT INTO find.entity_type (name) VALUES ('passage'), ('person'), ('place');
INSERT INTO find.relation_type (name) VALUES ('mentions'), ('lived in'), ('lies on');
INSERT INTO find.entity (type, name, content, embedding) VALUES
	(1, 'Ada', 'Ada Lovelace wrote the first program for the analytical engine.', '[1,0,0]'),
	(1, 'London', 'London is the capital. Its port was the largest of all.', '[0,1,0]'),
	(1, 'Paris', 'Paris lies on the river Seine.', '[0,1,1]'),
	(1, 'Thames', 'The Thames flows through the capital of England.', '[0,0.5,1]');
INSERT INTO find.entity (type, name, embedding) VALUES
	(2, 'Ada Lovelace', '[1,0,0.1]'), (3, 'London', '[0,1,0]'), (3, 'Thames', NULL), (3, 'Seine', NULL), (2, 'Ada', NULL);
INSERT INTO find.relation (source, target, type) VALUES (1, 5, 1), (2, 6, 1), (3, 8, 1), (4, 7, 1), (5, 6, 2), (6, 7, 3);
INSERT INTO find.observation (entity, content, embedding) VALUES (5, 'liked mathematics and rivers', '[1,0,0]'), (6, 'grew by the river', NULL);
INSERT INTO find.alias (entity, type, name) VALUES (5, 2, 'Countess of Lovelace');

-- Passages are the default where there are any. The third is not connected with what the question names.
SELECT name, kind, round(score::numeric, 4) AS score, embedding_rank, text_rank, name_rank, graph_rank, why -> 'text' AS words
FROM kg.search('On which river did Ada Lovelace live?', '[1,0,0]', graph => 'find');
SELECT name, why -> 'graph' ->> 'seed_name' AS seed, s ->> 'source_name' AS source, s ->> 'type' AS type, s ->> 'target_name' AS target
FROM kg.search('On which river did Ada Lovelace live?', graph => 'find', legs => '{"text": 0}') r, jsonb_array_elements(r.why -> 'graph' -> 'path') s;

-- An embedding of zeros is near to nothing, and a question of zeros finds nothing.
INSERT INTO find.entity (type, name, content, embedding) VALUES (1, 'nothing', 'Nothing.', '[0,0,0]');
SELECT count(*) FILTER (WHERE name = 'nothing') AS zeros, count(embedding_rank) AS ranked, bool_and(score BETWEEN 0 AND 0.5) AS scored
FROM kg.search(embedding => '[1,0,0]', graph => 'find', fusion => 'scores');
SELECT count(*) FROM kg.search(embedding => '[0,0,0]', graph => 'find');
DELETE FROM find.entity WHERE name = 'nothing';

-- Any subset of what a search goes by
SELECT name, text_rank, graph_rank FROM kg.search('capital port', graph => 'find');
SELECT name, embedding_rank, round(embedding_score::numeric, 3) AS score FROM kg.search(embedding => '[0,1,0]', graph => 'find', k => 2);
SELECT name, kind, graph_rank FROM kg.search(seeds => ARRAY[7], graph => 'find', k => 2);
SELECT count(*) FROM kg.search(graph => 'find');
SELECT count(*) FROM kg.search('', graph => 'find');
SELECT count(*) FROM kg.search('the of and', graph => 'find');

-- Kinds, types, filter
SELECT name, kind, observation, content, text_rank, graph_rank, name_rank FROM kg.search('river of Ada Lovelace', graph => 'find', kinds => '{entity,observation}') ORDER BY kind, name, observation;
SELECT name, kind FROM kg.search('river of Ada Lovelace', '[0,1,0]', graph => 'find', kinds => '{entity}', types => '{place}') ORDER BY name;
SELECT name, kind FROM kg.search('river of Ada Lovelace', '[0,1,0]', graph => 'find', kinds => '{entity,passage}', filter => 'e.id % 2 = 0 -- even') ORDER BY name, kind;
SELECT name, observation FROM kg.search('river of Ada Lovelace', '[0,1,0]', graph => 'find', kinds => '{observation}', filter => 'e.name = ''London''') ORDER BY name, kind;
SELECT count(*) FROM kg.search('river of Ada Lovelace', graph => 'find', types => '{nothing}');
SELECT count(*) FROM kg.search('river of Ada Lovelace', graph => 'find', kinds => '{}');

-- Names: within the question, maximal ones; aliases; beginnings; in quotes
SELECT name, name_rank, round(name_score::numeric, 3) AS score, why ->> 'name' AS found
FROM kg.search('Where did Ada Lovelace live, in London?', graph => 'find', kinds => '{entity}', legs => '{"text": 0, "graph": 0}');
SELECT name, why ->> 'name' AS found FROM kg.search('the countess of LOVELACE!', graph => 'find', kinds => '{entity}', legs => '{"text": 0, "graph": 0}');
SELECT name, round(name_score::numeric, 3) AS score FROM kg.search('ada l', graph => 'find', kinds => '{entity}', legs => '{"text": 0, "graph": 0}');
SELECT name, round(name_score::numeric, 3) AS score FROM kg.search('is "Ada" the Ada Lovelace of London', graph => 'find', kinds => '{entity}', legs => '{"text": 0, "graph": 0}');

-- The graph leg by hops: half of the score each hop
SELECT name, kind, graph_score FROM kg.search(seeds => ARRAY[5], graph => 'find', kinds => '{entity,passage}', legs => '{"graph": {"hops": 2, "weight": 1}}') ORDER BY graph_rank;
SELECT name, graph_score FROM kg.search(seeds => ARRAY[5], graph => 'find', kinds => '{entity,passage}', legs => '{"graph": {"hops": 1, "decay": 0.1, "limit": 2}}') ORDER BY graph_rank;

-- Weights, limits, fusion, diversity
SELECT name, score FROM kg.search('capital', '[1,0,0]', graph => 'find', legs => '{"text": 0, "embedding": 61}', k => 1);
SELECT name, text_rank FROM kg.search('capital', graph => 'find', legs => '{"text": {"limit": 1}}');
SELECT name, score FROM kg.search('capital', '[1,0,0]', graph => 'find', fusion => 'scores', k => 2);
SELECT name FROM kg.search(embedding => '[0,1,0.5]', graph => 'find', k => 2);
SELECT name FROM kg.search(embedding => '[0,1,0.5]', graph => 'find', k => 2, diversity => 0.9);

-- What holds at a time
UPDATE find.relation SET valid_to = '1852-11-27' WHERE source = 5;
UPDATE find.observation SET valid_from = '1900-01-01' WHERE id = 2;
SELECT name, graph_rank FROM kg.search(seeds => ARRAY[5], graph => 'find', as_of => '1900-01-01') ORDER BY graph_rank;
SELECT name, graph_rank FROM kg.search(seeds => ARRAY[5], graph => 'find', as_of => '1850-01-01') ORDER BY graph_rank;
SELECT name FROM kg.search('river', graph => 'find', kinds => '{observation}', as_of => '1899-01-01');
UPDATE find.observation SET expired_at = recorded_at WHERE id = 1;
SELECT name FROM kg.search('river', graph => 'find', kinds => '{observation}');
UPDATE find.observation SET recorded_at = '2020-01-01', expired_at = '2021-01-01' WHERE id = 1;
UPDATE find.relation SET recorded_at = '2020-01-01', expired_at = '2021-01-01', valid_to = NULL WHERE source = 5;
SELECT name FROM kg.search('river', graph => 'find', kinds => '{observation}', known_at => '2020-06-01');
SELECT name, graph_rank FROM kg.search(seeds => ARRAY[5], graph => 'find', kinds => '{entity}') ORDER BY graph_rank;
SELECT name, graph_rank FROM kg.search(seeds => ARRAY[5], graph => 'find', kinds => '{entity}', known_at => '2020-06-01') ORDER BY graph_rank;

-- What was known then is searched as if it were all: the words of texts that expired since, counts and scores; with
-- statistics of now at least all of it is found
SELECT kg.create_graph('past', 2), kg.create_graph('past_only', 2);
INSERT INTO past.entity_type (name) VALUES ('person');
INSERT INTO past_only.entity_type (name) VALUES ('person');
INSERT INTO past.entity (type, name) VALUES (1, 'Ada');
INSERT INTO past_only.entity (type, name) VALUES (1, 'Ada');
INSERT INTO past.observation (entity, content, recorded_at, expired_at)
SELECT 1, format('common word%s number%s', i % 7, i), timestamptz '2020-01-01 UTC' + i * interval '1 day', CASE WHEN i % 2 = 0 THEN timestamptz '2021-01-01 UTC' END
FROM generate_series(1, 300) i;
INSERT INTO past_only.observation (id, entity, content) SELECT id, entity, content FROM past.observation WHERE recorded_at <= '2020-10-01 UTC';
CREATE FUNCTION pg_temp.texts(question text, graph text, at timestamptz) RETURNS TABLE (observation bigint, score numeric) LANGUAGE sql AS $$
	SELECT s.observation, round(s.text_score::numeric, 8) FROM kg.search(question, k => NULL, kinds => '{observation}', legs => '{"text": {"limit": 1000}, "name": 0, "graph": 0}', graph => graph, known_at => at) s
$$;
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'German';
SELECT question, count(*), count(*) FILTER (WHERE p = o AND score = score_only) AS same
FROM unnest('{word3,number10 number20 number21,common,common number4,number290}'::text[]) question
	CROSS JOIN LATERAL (SELECT * FROM pg_temp.texts(question, 'past', '2020-10-01 UTC') p FULL JOIN pg_temp.texts(question, 'past_only', NULL) o ON p.observation = o.observation) s(p, score, o, score_only)
WHERE p IS NOT NULL OR o IS NOT NULL GROUP BY 1 ORDER BY 1;
RESET timezone;
RESET datestyle;
SELECT count(*) FROM pg_temp.texts('number10 number20 number21', 'past', NULL);
SELECT kg.refresh_text_statistics('past');
SELECT count(*) FROM pg_temp.texts('number10 number20 number21', 'past', '2020-10-01 UTC');
SELECT kg.drop_graph('past', true), kg.drop_graph('past_only', true);

-- The plans of the very queries
SELECT DISTINCT leg FROM kg.explain_search('capital', '[1,0,0]', graph => 'find', seeds => ARRAY[5]) ORDER BY 1;
SELECT line FROM kg.explain_search('capital', '[1,0,0]', graph => 'find', seeds => ARRAY[5]) WHERE leg = 'graph' AND line ~ '^(PageRank|Edges)';

-- A graph without passages: entities and observations
DELETE FROM find.entity WHERE content IS NOT NULL;
SELECT name, kind FROM kg.search('river London', graph => 'find') ORDER BY kind, name;

-- Marks that nothing closes do not make a long question slow: each is looked for once, not a million times.
SET statement_timeout = '60s';
SELECT name FROM kg.search('Seine ' || repeat('[', 1000000), graph => 'find', kinds => '{entity}', legs => '{"graph": 0}');
SELECT name FROM kg.search('Seine ' || repeat(U&'\201C a ', 300000), graph => 'find', kinds => '{entity}', legs => '{"graph": 0}');
RESET statement_timeout;

-- Errors
SELECT kg.search('x', graph => 'nowhere');
SELECT kg.search('x', graph => 'find', k => -1);
SELECT kg.search('x', graph => 'find', kinds => '{text}');
SELECT kg.search('x', graph => 'find', kinds => '{NULL}');
SELECT kg.search('x', graph => 'find', filter => 'true) OR (true');
SELECT kg.search('x', graph => 'find', filter => 'e.name = $1');
SELECT kg.search('x', graph => 'find', filter => 'random() < 1');
SELECT kg.search('x', graph => 'find', filter => 'e.colour = 1');
SELECT kg.search('x', graph => 'find', fusion => 'sum');
SELECT kg.search('x', graph => 'find', diversity => 2);
SELECT kg.search('x', graph => 'find', legs => '[]');
SELECT kg.search('x', graph => 'find', legs => '{"words": 1}');
SELECT kg.search('x', graph => 'find', legs => '{"text": {"hops": 1}}');
SELECT kg.search('x', graph => 'find', legs => '{"text": -1}');
SELECT kg.search('x', graph => 'find', legs => '{"text": "1"}');
SELECT kg.search('x', '[1,2]', graph => 'find');
SELECT kg.search('x', graph => 'find', seeds => ARRAY[NULL::bigint]);
SELECT kg.search((SELECT string_agg(repeat('w', 20) || i, ' ') FROM generate_series(1, 50000) i), graph => 'find');
ALTER TABLE find.entity DROP COLUMN words;
SELECT kg.search('x', graph => 'find');

SELECT kg.drop_graph('find');
