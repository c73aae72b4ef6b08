--
-- Verbs of one fact or entity: kg.assert_fact, supersede, retract, merge_entities, forget
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SELECT kg.create_graph('mem', 3, language => 'simple');
SELECT kg.set_relation_type('lives_in', true, 'mem') > 0 AS made;
SELECT id FROM kg.upsert_entities('[{"name": "Ada", "type": "person"}]', 'mem');
CREATE VIEW pg_temp.r AS
	SELECT r.id, s.name AS source, t.name AS type, d.name AS target, r.weight, r.properties, r.valid_from::date, r.valid_to::date, r.recorded_at, r.expired_at
	FROM mem.relation r JOIN mem.relation_type t ON t.id = r.type JOIN mem.entity s ON s.id = r.source JOIN mem.entity d ON d.id = r.target ORDER BY r.id;
-- What is known: facts in order of validity
CREATE FUNCTION pg_temp.known(of_type text) RETURNS TABLE (id bigint, source text, target text, weight real, properties jsonb, valid_from date, valid_to date) LANGUAGE sql AS $$
	SELECT r.id, r.source, r.target, r.weight, r.properties, r.valid_from, r.valid_to FROM pg_temp.r WHERE expired_at IS NULL AND type = of_type ORDER BY source, r.valid_from NULLS FIRST, target, id $$;

-- One at a time: another object ends the older fact, a correction of the past splits it.
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'London', '2020-01-01', subject_type => 'person', object_type => 'city', graph => 'mem');
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'London', '2020-01-01', graph => 'mem');
SELECT * FROM kg.assert_fact('ADA', 'lives_in', 'london', graph => 'mem');
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'London', '2020-05-01', '2020-06-01', graph => 'mem');
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Paris', '2022-01-01', graph => 'mem');
SELECT * FROM pg_temp.known('lives_in');
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Rome', '2020-06-01', '2020-09-01', graph => 'mem');
SELECT * FROM pg_temp.known('lives_in');
-- An earlier start
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Oslo', valid_to => '2020-03-01', graph => 'mem');
-- Periods of the same fact that touch or overlap become one, and push others away.
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Rome', '2020-09-01', '2020-12-01', graph => 'mem');
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Rome', '2020-05-01', '2021-01-01', graph => 'mem');
SELECT * FROM pg_temp.known('lives_in');
-- Over everything
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Bonn', '2019-01-01', '2023-01-01', graph => 'mem');
SELECT * FROM pg_temp.known('lives_in');
-- Without times it contradicts what is valid now; with the fact that is valid now it is the same.
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Paris', graph => 'mem');
SELECT * FROM kg.assert_fact('Ada', 'lives_in', 'Turin', graph => 'mem');
SELECT * FROM pg_temp.known('lives_in');
-- Nothing was lost: what was known at each time
SELECT k.at, (SELECT string_agg(format('%s %s:%s', r.target, r.valid_from, r.valid_to), ', ' ORDER BY r.valid_from NULLS FIRST) FROM pg_temp.r r WHERE r.recorded_at <= k.recorded_at AND (r.expired_at IS NULL OR r.expired_at > k.recorded_at)) AS known
FROM (SELECT row_number() OVER (ORDER BY recorded_at) AS at, recorded_at FROM (SELECT DISTINCT recorded_at FROM pg_temp.r) q) k ORDER BY 1;
SELECT count(*) FILTER (WHERE expired_at < recorded_at) AS backwards, count(*) FILTER (WHERE expired_at IS NULL) AS known FROM mem.relation;

-- Many: other objects do not matter; another weight or property is another version, for its time alone.
SELECT * FROM kg.assert_fact(1, 'knows', 2, '2020-01-01', '2021-01-01', graph => 'mem');
SELECT * FROM kg.assert_fact(1, 'knows', 3, '2020-01-01', '2021-01-01', weight => 0.5, graph => 'mem');
SELECT * FROM kg.assert_fact(1, 'knows', 2, '2021-01-01', '2022-01-01', graph => 'mem');
SELECT * FROM kg.assert_fact(1, 'knows', 2, '2020-06-01', '2020-07-01', weight => 3, properties => '{"a": 1}', graph => 'mem');
SELECT * FROM kg.assert_fact(1, 'knows', 2, '2020-06-15', '2020-07-15', properties => '{"b": 1}', graph => 'mem');
SELECT * FROM pg_temp.known('knows');
-- Ends as jsonb, infinite bounds
SELECT * FROM kg.assert_fact('1', 'knows', '{"name": "Cy", "type": "person"}'::jsonb, '-infinity', 'infinity', graph => 'mem');
SELECT * FROM kg.assert_fact('1', 'knows', '"Cy"'::jsonb, graph => 'mem');

-- Supersede: a correction, and another object from some time on
SELECT kg.supersede((SELECT max(id) FROM mem.relation), valid_from => '2000-01-01', weight => 2, properties => '{"c": 1}', graph => 'mem') AS id \gset
SELECT kg.supersede(:id, 'Dee', '2010-01-01', object_type => 'person', graph => 'mem') AS id \gset
SELECT kg.supersede(:id, valid_from => '-infinity', valid_to => 'infinity', graph => 'mem') AS id \gset
SELECT source, target, weight, properties, valid_from, valid_to FROM pg_temp.known('knows') WHERE target IN ('Cy', 'Dee');
SELECT kg.supersede(99, 'x', graph => 'mem');
SELECT kg.supersede(NULL, 'x', graph => 'mem');
SELECT kg.supersede(:id, valid_from => '2020-01-01', valid_to => '2020-01-01', graph => 'mem');
SELECT kg.assert_fact('Bo', 'lives_in', 'Rome', '2020-01-01', '2021-01-01', graph => 'mem');
SELECT kg.assert_fact('Bo', 'lives_in', 'Oslo', '2021-01-01', graph => 'mem');
SELECT kg.supersede((SELECT max(id) FROM mem.relation), valid_from => '2020-06-01', graph => 'mem');
-- Retract: once
SELECT kg.retract(:id, graph => 'mem'), kg.retract(relation => :id, graph => 'mem');
\set VERBOSITY terse
SELECT kg.supersede(1, 'x', graph => 'mem');
\set VERBOSITY default
SELECT id FROM kg.add_observations('[{"entity": 1, "content": "likes tea"}]', 'mem');
SELECT kg.retract(observation => 1, graph => 'mem'), kg.retract(observation => 1, graph => 'mem');
SELECT expired_by = current_user AS mine, recorded_at <= expired_at AS order FROM mem.observation;
-- What was retracted can be said again.
SELECT id, done FROM kg.add_observations('[{"entity": 1, "content": "likes tea"}]', 'mem');
SELECT kg.retract(99, graph => 'mem');
SELECT kg.retract(observation => 99, graph => 'mem');
SELECT kg.retract(1, 1, graph => 'mem');
SELECT kg.retract(graph => 'mem');

-- What is wrong
SELECT kg.assert_fact(NULL::text, 'r', 'x', graph => 'mem');
SELECT kg.assert_fact('x', NULL, 'y', graph => 'mem');
SELECT kg.assert_fact('x', 'r', '', graph => 'mem');
SELECT kg.assert_fact(1, 'r', 99, graph => 'mem');
SELECT kg.assert_fact(1, 'r', 2, subject_type => 'x', graph => 'mem');
SELECT kg.assert_fact('x', 'r', 'y', '2020-01-01', '2019-01-01', graph => 'mem');
SELECT kg.assert_fact('x', 'r', 'y', properties => '[1]', graph => 'mem');
SELECT kg.assert_fact('[1]'::jsonb, 'r', '2', graph => 'mem');
SELECT count(*) FROM mem.entity WHERE name IN ('x', 'y');

-- Merge: everything moves; what cannot be twice expires.
SELECT id FROM kg.upsert_entities('[{"name": "A. Lovelace", "type": "human", "properties": {"a": 9, "z": 1}, "embedding": [1, 2, 3], "aliases": ["AL"], "importance": 3}]', 'mem') \gset
SELECT kg.upsert_entities('[{"name": "Ada", "type": "person", "properties": {"a": 1}}]', 'mem');
SELECT done FROM kg.add_observations('[{"entity": "AL", "content": "likes tea"}, {"entity": "AL", "content": "wrote"}]', 'mem');
SELECT done FROM kg.upsert_relations('[
	{"source": "AL", "target": 1, "type": "same"}, {"source": 1, "target": "AL", "type": "same"}, {"source": "AL", "target": "AL", "type": "self"},
	{"source": "AL", "target": 3, "type": "knows", "valid_from": "2020-01-01", "valid_to": "2021-01-01"}, {"source": "AL", "target": 3, "type": "knows"},
	{"source": "Rome", "target": "AL", "type": "likes"}, {"source": "Rome", "target": 1, "type": "likes"}, {"source": "Oslo", "target": "AL", "type": "likes"}]', 'mem');
DELETE FROM mem.relation WHERE type = 1;
SELECT done FROM kg.assert_fact(1, 'lives_in', 3, '2020-01-01', '2021-01-01', graph => 'mem');
SELECT done FROM kg.assert_fact('AL', 'lives_in', 'Berlin', '2010-01-01', graph => 'mem');
SELECT max(id) AS before FROM mem.relation \gset
SELECT * FROM kg.merge_entities(:id, 1, 'mem');
SELECT id, source, type, target, valid_from, valid_to, expired_at IS NULL AS known FROM pg_temp.r WHERE type IN ('same', 'self', 'likes', 'lives_in') OR id > :before OR type = 'knows' AND target = 'Paris';
SELECT o.entity, o.content, o.expired_at IS NULL AS known FROM mem.observation o ORDER BY o.id;
SELECT a.entity, t.name AS type, a.name FROM mem.alias a JOIN mem.entity_type t ON t.id = a.type ORDER BY a.name;
SELECT name, properties, embedding, importance FROM mem.entity WHERE id = 1;
SELECT action, detail - 'created_at' - 'created_by' AS detail FROM mem.change ORDER BY id;
-- The name leads to the entity now.
SELECT id, done FROM kg.upsert_entities('[{"name": "a lovelace", "type": "human"}]', 'mem');
SELECT kg.merge_entities(1, 1, 'mem');
SELECT kg.merge_entities(1, NULL, 'mem');
SELECT kg.merge_entities(:id, 1, 'mem');
SELECT id AS passage FROM kg.add_passages('[{"document": "d", "ordinal": 1, "content": "text", "mentions": ["Ada", "Oslo"]}]', 'mem') \gset
SELECT kg.merge_entities(:passage, 1, 'mem');
-- Two entities of one name, made by INSERT: no alias is needed.
INSERT INTO mem.entity (type, name) SELECT type, 'ADA' FROM mem.entity WHERE id = 1 RETURNING id \gset
SELECT * FROM kg.merge_entities(:id, 1, 'mem');
SELECT count(*) FROM mem.alias WHERE kg.name_key(name) = 'ada';

-- Rows that the caller may not see are not lost by a merge, nor told.
CREATE ROLE mem_writer;
GRANT USAGE ON SCHEMA mem TO mem_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mem TO mem_writer;
ALTER TABLE mem.observation ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON mem.observation TO mem_writer USING (content <> 'secret');
SELECT id AS one FROM kg.upsert_entities('[{"name": "one"}]', 'mem') \gset
SELECT id AS two FROM kg.upsert_entities('[{"name": "two"}]', 'mem') \gset
SELECT done FROM kg.add_observations('[{"entity": "one", "content": "secret"}]', 'mem');
SET ROLE mem_writer;
SELECT kg.merge_entities(:one, :two, 'mem');
SELECT * FROM kg.merge_entities(:two, :one, 'mem');
SELECT kg.check_unreferenced('mem', 1);
RESET ROLE;
REVOKE DELETE ON mem.entity FROM mem_writer;
SET ROLE mem_writer;
SELECT kg.check_unreferenced('mem', 1);
SELECT kg.forget(:one, 'mem');
RESET ROLE;

-- Weights are finite
SELECT kg.assert_fact(1, 'weighs', 2, weight => 'NaN', graph => 'mem');
SELECT kg.assert_fact(1, 'weighs', 2, weight => '-Infinity', graph => 'mem');
SELECT done FROM kg.assert_fact(1, 'weighs', 2, weight => -0.5, graph => 'mem');

-- No bound is null, -infinity or infinity, as kg.assert_fact has it: of elements, of rows made by INSERT, of files
SELECT kg.create_graph('mem_bounds', 2);
SELECT number, id, done FROM kg.upsert_relations('[{"source": "Ada", "target": "Oslo", "type": "likes"}, {"source": "Ada", "target": "Oslo", "type": "likes", "valid_from": "-infinity"},
	{"source": "Ada", "target": "Oslo", "type": "likes", "valid_to": "infinity"}, {"source": "Ada", "target": "Rome", "type": "likes", "valid_from": "-infinity", "valid_to": "2020-01-01"}]', 'mem_bounds');
SELECT number, id, done FROM kg.add_observations('[{"entity": "Ada", "content": "text"}, {"entity": "Ada", "content": "text", "valid_from": "-infinity"},
	{"entity": "Ada", "content": "text", "valid_to": "infinity"}, {"entity": "Ada", "content": "other", "valid_from": "2020-01-01", "valid_to": "infinity"}]', 'mem_bounds');
INSERT INTO mem_bounds.relation (source, target, type, valid_from, valid_to) VALUES (1, 3, 1, '2021-01-01', 'infinity');
INSERT INTO mem_bounds.relation (source, target, type, valid_from) VALUES (2, 3, 1, '-infinity');
INSERT INTO mem_bounds.observation (entity, content, valid_from, valid_to) VALUES (2, 'north', '-infinity', 'infinity');
SELECT number, id, done FROM kg.upsert_relations('[{"source": "Ada", "target": "Rome", "type": "likes", "valid_from": "2021-01-01"}, {"source": "Oslo", "target": "Rome", "type": "likes", "weight": 2}]', 'mem_bounds');
SELECT number, id, done FROM kg.add_observations('[{"entity": "Oslo", "content": "north"}]', 'mem_bounds');
SELECT relation, done, expired FROM kg.assert_fact('Ada', 'likes', 'Rome', '2021-01-01', 'infinity', graph => 'mem_bounds');
SELECT relation, done, expired FROM kg.assert_fact('Ada', 'likes', 'Rome', '2020-06-01', graph => 'mem_bounds');
SELECT id, source, target, weight, valid_from, valid_to, expired_at IS NULL AS known FROM mem_bounds.relation ORDER BY id;
SELECT id, entity, content, valid_from, valid_to FROM mem_bounds.observation ORDER BY id;
SELECT relation_id, observation_id, action, detail - '{properties,source_name,target_name,weight,type}'::text[] AS detail FROM kg.history(2, graph => 'mem_bounds') WHERE action <> 'create';
INSERT INTO mem_bounds.relation (source, target, type, valid_from, valid_to) VALUES (3, 1, 1, '-infinity', 'infinity');
SELECT jsonb_path_query(edges, '$[*] ? (@.source == 3)') FROM kg.subgraph(3, 1, graph => 'mem_bounds');
SELECT line FROM kg.export_graphml(graph => 'mem_bounds') line WHERE line LIKE '%infinity%';
SELECT count(line) AS lines, string_agg(line, E'\n') AS file FROM kg.export_graphml(graph => 'mem_bounds') line \gset
SELECT * FROM kg.import_graphml(:'file', 'mem_bounds');
SELECT * FROM kg.import_csv(E'id,name,type\nx,Rome,entity\ny,Ada,entity', E'source,target,type,valid_from,valid_to\nx,y,likes,,\nx,y,likes,-infinity,infinity\ny,x,likes,-infinity,', 'mem_bounds');
SELECT id, source, target, valid_from, valid_to FROM mem_bounds.relation WHERE id > 7 ORDER BY id;
INSERT INTO mem_bounds.entity (type, name) VALUES (1, 'Rom');
INSERT INTO mem_bounds.relation (source, target, type, valid_from, valid_to) VALUES (4, 1, 1, NULL, 'infinity');
INSERT INTO mem_bounds.observation (entity, content, valid_from) VALUES (3, 'south', NULL), (4, 'south', '-infinity');
SELECT relations, observations, cardinality(expired) FROM kg.merge_entities(4, 3, 'mem_bounds');
SELECT count(*) FROM mem_bounds.observation WHERE content = 'south' AND expired_at IS NULL;

-- Forget: the entity and all that only it had, expired or not
SELECT * FROM kg.forget(:passage, 'mem');
SELECT * FROM kg.forget(1, 'mem');
SELECT count(*) FROM mem.relation WHERE 1 IN (source, target);
SELECT count(*) FROM mem.change;
SELECT kg.forget(1, 'mem');
SELECT kg.forget(NULL, 'mem');
SET client_min_messages = error;
SELECT kg.drop_graph('mem', true), kg.drop_graph('mem_bounds', true);
DROP ROLE mem_writer;
