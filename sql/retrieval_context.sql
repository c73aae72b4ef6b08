--
-- kg.context and kg.context_json: what fits a budget
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

SELECT kg.create_graph('ctx', 3);
INSERT INTO ctx.entity_type (name) VALUES ('passage'), ('person'), ('place');
INSERT INTO ctx.relation_type (name) VALUES ('mentions'), ('lived in'), ('lies on');
INSERT INTO ctx.entity (type, name, content, embedding) VALUES
	(1, 'Ada', 'Ada Lovelace wrote the first program for the analytical engine.', '[1,0,0]'),
	(1, 'London', 'London is the capital. Its port was the largest of all.', '[0,1,0]'),
	(1, 'Copy', 'London is the capital. Its port was the largest of all.', '[0,1,0]');
INSERT INTO ctx.entity (type, name) VALUES (2, 'Ada Lovelace'), (3, 'London'), (3, 'Thames'), (3, 'Seine');
INSERT INTO ctx.relation (source, target, type, valid_from, valid_to) VALUES (1, 4, 1, NULL, NULL), (2, 5, 1, NULL, NULL),
	(4, 5, 2, '1815-12-10 UTC', '1852-11-27 UTC'), (4, 5, 2, NULL, NULL), (5, 6, 3, NULL, NULL);
INSERT INTO ctx.observation (entity, content) VALUES (4, 'liked mathematics'), (4, 'liked mathematics'), (5, 'grew fast');
SET timezone = 'UTC';

SELECT kg.context('Where did Ada Lovelace live?', graph => 'ctx');
SELECT jsonb_pretty(kg.context_json('Where did Ada Lovelace live?', graph => 'ctx', as_of => '1840-01-01'));

-- A budget holds, whatever it is, and nothing is there twice.
SELECT count(*) FILTER (WHERE kg.count_tokens(kg.context('Where did Ada Lovelace live, in London?', '[1,1,0]', budget => b, graph => 'ctx')) > b) AS beyond,
	count(*) FILTER (WHERE (kg.context_json('Where did Ada Lovelace live, in London?', '[1,1,0]', budget => b, graph => 'ctx') ->> 'tokens')::integer > b) AS said_beyond
FROM generate_series(0, 200, 7) b;
SELECT kg.context('Where did Ada Lovelace live?', budget => 28, graph => 'ctx', legs => '{"graph": 0, "name": 0}');

-- Tokens by the caller's function
CREATE FUNCTION public.words_of(content text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT count(*) FROM regexp_split_to_table(trim(content), '\s+') $$;
SELECT jsonb_array_length(c -> 'passages') AS passages, (c ->> 'tokens')::integer <= 40 AS fits
FROM kg.context_json('Ada Lovelace London', budget => 40, graph => 'ctx', counter => 'public.words_of'::regproc) c;
DROP FUNCTION public.words_of(text);

-- A part of a name is enough, if no entity is called so.
SELECT kg.context('Lovelace', graph => 'ctx');

-- What was known then, and what is known now
UPDATE ctx.relation SET recorded_at = '2020-01-01 UTC';
UPDATE ctx.observation SET recorded_at = '2020-01-01 UTC';
UPDATE ctx.relation SET expired_at = '2021-01-01 UTC' WHERE source = 4;
UPDATE ctx.observation SET expired_at = '2021-01-01 UTC' WHERE entity = 5;
SELECT known_at, jsonb_path_query_array(c, '$.facts[*].citation') AS facts, jsonb_path_query_array(c, '$.observations[*].citation') AS observations
FROM unnest('{2019-06-01 UTC,2020-06-01 UTC,2021-06-01 UTC,NULL}'::timestamptz[]) WITH ORDINALITY k(known_at, n),
	kg.context_json('Ada Lovelace, London and the Thames', graph => 'ctx', known_at => k.known_at) c ORDER BY n;
UPDATE ctx.relation SET expired_at = NULL;

-- Filter, seeds, nothing found
SELECT c -> 'passages' -> 0 ->> 'name' AS passage, jsonb_array_length(c -> 'passages') FROM kg.context_json('London Ada', graph => 'ctx', filter => 'e.id > 1') c;
SELECT c -> 'facts' -> 0 ->> 'target_name' AS target FROM kg.context_json(seeds => ARRAY[6], graph => 'ctx') c;
SELECT kg.context_json('nothing of this kind', graph => 'ctx'), kg.context('nothing of this kind', graph => 'ctx') = '' AS empty;
SELECT kg.context('x', budget => -1, graph => 'ctx');
SELECT kg.context('x', budget => NULL, graph => 'ctx');
SELECT kg.context('x', graph => 'nowhere');

SELECT kg.drop_graph('ctx');

-- A registered graph
CREATE SCHEMA ctx_reg;
CREATE TABLE ctx_reg.article (id text PRIMARY KEY, title text, body text);
CREATE TABLE ctx_reg.topic (id text PRIMARY KEY, name text);
CREATE TABLE ctx_reg.about (article text REFERENCES ctx_reg.article, topic text REFERENCES ctx_reg.topic);
CREATE TABLE ctx_reg.near (a text REFERENCES ctx_reg.topic, b text REFERENCES ctx_reg.topic);
INSERT INTO ctx_reg.article VALUES ('a1', 'Rivers', 'The Thames flows through London.'), ('a2', 'Hills', 'A hill is lower than a mountain.');
INSERT INTO ctx_reg.topic VALUES ('t1', 'Thames'), ('t2', 'London');
INSERT INTO ctx_reg.about VALUES ('a1', 't1');
INSERT INTO ctx_reg.near VALUES ('t1', 't2');
SELECT kg.register_graph('ctx_reg', nodes => '[{"table": "ctx_reg.article", "content": "body"}, "ctx_reg.topic"]', edges => '["ctx_reg.about", "ctx_reg.near"]');
SELECT kg.context('Where is the Thames?', graph => 'ctx_reg');
SELECT key, kind, name, graph_rank, why -> 'graph' -> 'path' AS path FROM kg.search('Where is the Thames?', graph => 'ctx_reg', kinds => '{passage,entity}', types => '{article,topic}') ORDER BY key;
SELECT key FROM kg.search('Where is the Thames?', graph => 'ctx_reg', kinds => '{passage,entity}', types => '{topic}', filter => 'e.name <> ''London''') ORDER BY key;
SELECT kg.drop_graph('ctx_reg');
DROP SCHEMA ctx_reg CASCADE;
