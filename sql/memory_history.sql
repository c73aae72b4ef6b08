--
-- kg.history and kg.resolve
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SELECT kg.create_graph('mem', 3, language => 'simple');
CREATE ROLE mem_other;
GRANT USAGE ON SCHEMA mem TO mem_other;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mem TO mem_other;
CREATE FUNCTION pg_temp.history(entity bigint, relation bigint) RETURNS TABLE (by text, action text, relation_id bigint, observation_id bigint, detail jsonb) LANGUAGE sql AS $$
	SELECT CASE h.by WHEN 'mem_other' THEN h.by ELSE 'owner' END, h.action, h.relation_id, h.observation_id,
		h.detail - '{weight,properties,created_at,created_by,importance}'::text[] || CASE WHEN h.action = 'update' THEN h.detail ELSE '{}' END
	FROM kg.history(entity, relation, 'mem') h $$;

-- Each verb, by two roles
SELECT kg.set_relation_type('works_at', true, 'mem') > 0 AS made;
SELECT kg.upsert_entities('[{"name": "Ada", "type": "person", "properties": {"a": 1}}]', 'mem');
SET ROLE mem_other;
SELECT kg.upsert_entities('[{"name": "Ada", "type": "person", "properties": {"a": 2}, "aliases": ["AL"]}]', 'mem');
SELECT kg.assert_fact('Ada', 'works_at', 'Acme', '2020-01-01', graph => 'mem');
RESET ROLE;
SELECT kg.assert_fact('Ada', 'works_at', 'Bolt', '2022-01-01', graph => 'mem');
SELECT kg.add_observations('[{"entity": "Ada", "content": "likes tea"}]', 'mem');
SET ROLE mem_other;
SELECT kg.retract(observation => 1, graph => 'mem');
SELECT kg.supersede(2, valid_to => '2023-01-01', graph => 'mem');
RESET ROLE;
SELECT kg.retract(4, graph => 'mem');
UPDATE mem.entity SET name = 'Ada King' WHERE id = 1;
SELECT kg.upsert_entities('[{"name": "A. King", "type": "person"}]', 'mem');
SELECT kg.merge_entities(4, 1, 'mem');
SELECT * FROM pg_temp.history(1, NULL);
-- of a fact; of a type that is one at a time with those that it superseded
SELECT * FROM pg_temp.history(NULL, 1);
SELECT kg.set_relation_type('works_at', false, 'mem') > 0 AS made;
SELECT * FROM pg_temp.history(NULL, 1);
SELECT count(*), bool_and(at IS NOT NULL AND by IS NOT NULL) FROM kg.history(1, graph => 'mem');
SELECT kg.history(graph => 'mem');
SELECT kg.history(1, 1, 'mem');
SELECT kg.history(99, graph => 'mem');
SELECT kg.history(relation => 99, graph => 'mem');

-- Resolve: name, alias, beginning of a name; passages are none
SELECT kg.upsert_entities('[{"name": "Grace Hopper", "type": "person", "embedding": [1, 0, 0], "properties": {"born": 1906}}, {"name": "Grace", "type": "ship", "embedding": [0, 1, 0]},
	{"name": "Grace Kelly", "type": "person", "embedding": [0.9, 0.1, 0], "properties": {"born": 1929}}]', 'mem');
SELECT kg.add_passages('[{"content": "about her", "name": "Grace", "embedding": [1, 0, 0]}]', 'mem');
SELECT entity_name, entity_type, confidence, why FROM kg.resolve('grace', graph => 'mem');
SELECT entity_name, entity_type, confidence, why FROM kg.resolve('grace', 'person', graph => 'mem');
SELECT entity_name, entity_type, confidence, why FROM kg.resolve('a king', graph => 'mem');
SELECT entity_name, entity_type, confidence, why FROM kg.resolve('grace', 'person', '[1,0,0]', '{"born": 1906, "x": 1}', graph => 'mem');
SELECT entity_name, entity_type, confidence, why FROM kg.resolve(embedding => '[1,0,0]'::kg.vector, candidates => 2, graph => 'mem');
SELECT kg.assert_fact('Grace Kelly', 'lives_in', 'Monaco', graph => 'mem');
SELECT entity_name, entity_type, confidence, why FROM kg.resolve('grace', 'person', neighbors => ARRAY(SELECT id FROM mem.entity WHERE name IN ('Monaco', 'Acme')), graph => 'mem');
SELECT kg.retract(relation => (SELECT max(id) FROM mem.relation), graph => 'mem');
SELECT entity_name, why FROM kg.resolve('grace kelly', neighbors => ARRAY(SELECT id FROM mem.entity WHERE name = 'Monaco'), graph => 'mem');
SELECT count(*) FROM kg.resolve('nobody', graph => 'mem');
SELECT count(*) FROM kg.resolve('%', graph => 'mem');
SELECT kg.resolve(graph => 'mem');
SELECT kg.resolve('x', candidates => 0, graph => 'mem');
SELECT kg.resolve('x', embedding => '[1,2]', graph => 'mem');
SELECT kg.resolve('x', properties => '[]', graph => 'mem');
SELECT kg.resolve('x', embedding => 'tea', graph => 'mem');

-- Row security: what is hidden is no candidate, no neighbor, and has no history.
ALTER TABLE mem.entity ENABLE ROW LEVEL SECURITY;
ALTER TABLE mem.relation ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON mem.entity TO mem_other USING (name <> 'Grace Kelly' AND name <> 'Acme');
CREATE POLICY p ON mem.relation TO mem_other USING (id <> 2);
SET ROLE mem_other;
SELECT entity_name, entity_type, confidence, why FROM kg.resolve('grace', 'person', '[1,0,0]', graph => 'mem');
SELECT count(*) FROM kg.resolve('grace kelly', graph => 'mem');
SELECT action, relation_id, detail ->> 'target_name' AS target FROM pg_temp.history(1, NULL) WHERE relation_id IS NOT NULL;
SELECT kg.history(2, graph => 'mem');
SELECT kg.history(relation => 2, graph => 'mem');
RESET ROLE;

-- Embeddings of all types; one of zeros resembles nothing
SET client_min_messages = error;
SELECT kg.create_graph('bytes', 3, 'l2', 'int8vec'), kg.create_graph('halves', 3, 'cosine', 'halfvec');
SELECT count(*) FROM kg.upsert_entities('[{"name": "Ada", "embedding": [1,0,0]}, {"name": "Zero", "embedding": [0,0,0]}]', 'bytes');
SELECT count(*) FROM kg.upsert_entities('[{"name": "Ada", "embedding": [1,0,0]}, {"name": "Zero", "embedding": [0,0,0]}]', 'halves');
SELECT entity_name, confidence FROM kg.resolve(embedding => '[1,0,0]'::kg.vector, graph => 'bytes');
SELECT entity_name, confidence FROM kg.resolve(embedding => '[1,0,0]'::kg.int8vec, graph => 'bytes');
SELECT entity_name, confidence FROM kg.resolve(embedding => '[1,0,0]', graph => 'halves');
SELECT kg.drop_graph('bytes', true), kg.drop_graph('halves', true);
SET client_min_messages = error;
SELECT kg.drop_graph('mem', true);
DROP ROLE mem_other;
