--
-- The nine tools of the MCP memory server (test/tap/093_mcp.pl compares them with that server)
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;

SELECT kg.create_graph('mt');
SELECT kg.mcp_create_entities('{"entities": [
	{"name": "Ada", "entityType": "person", "observations": ["wrote programs", "liked horses"]},
	{"name": "Bob", "entityType": "person", "observations": []}]}', 'mt');
SELECT kg.mcp_create_entities('{"entities": [
	{"name": "Ada", "entityType": "machine", "observations": ["is there"]},
	{"name": "Cy", "entityType": "robot", "observations": []}]}', 'mt');
SELECT kg.mcp_create_relations('{"relations": [
	{"from": "Ada", "to": "Bob", "relationType": "knows"},
	{"from": "Ada", "to": "Zed", "relationType": "knows"}]}', 'mt');
SELECT kg.mcp_create_relations('{"relations": [{"from": "Ada", "to": "Bob", "relationType": "knows"}]}', 'mt');
SELECT kg.mcp_add_observations('{"observations": [{"entityName": "Ada", "contents": ["liked horses", "liked cards"]}]}', 'mt');

-- Zed, whom only a relation names, is not shown before somebody creates him.
SELECT kg.mcp_read_graph(graph => 'mt');
SELECT kg.mcp_create_entities('{"entities": [{"name": "Zed", "entityType": "dog", "observations": ["barks"]}]}', 'mt');
SELECT kg.mcp_search_nodes('{"query": "BARK"}', 'mt');
SELECT kg.mcp_search_nodes('{"query": "robot"}', 'mt');
SELECT kg.mcp_search_nodes('{"query": "%"}', 'mt');
SELECT kg.mcp_open_nodes('{"names": ["Bob", "Nobody"]}', 'mt');

-- What is deleted stays known, but for entities.
SELECT kg.mcp_delete_observations('{"deletions": [{"entityName": "Ada", "observations": ["liked horses", "never said"]}]}', 'mt');
SELECT kg.mcp_delete_relations('{"relations": [{"from": "Ada", "to": "Bob", "relationType": "knows"}]}', 'mt');
SELECT kg.mcp_delete_entities('{"entityNames": ["Zed", "Nobody"]}', 'mt');
SELECT kg.mcp_read_graph(graph => 'mt');
SELECT content, expired_at >= recorded_at AS expired, expired_by = current_user AS by_me FROM mt.observation ORDER BY id;
SELECT source, target, expired_at >= recorded_at AS expired FROM mt.relation ORDER BY id;
-- ... and can be said again.
SELECT kg.mcp_add_observations('{"observations": [{"entityName": "Ada", "contents": ["liked horses"]}]}', 'mt');
SELECT kg.mcp_create_relations('{"relations": [{"from": "Ada", "to": "Bob", "relationType": "knows"}]}', 'mt');

-- What a relation type allows holds for the tools, too.
SELECT kg.set_relation_type('lives in', one_at_a_time => true, graph => 'mt') IS NOT NULL AS set;
SELECT kg.mcp_create_relations('{"relations": [{"from": "Ada", "to": "Bob", "relationType": "lives in"}]}', 'mt');
SELECT kg.mcp_create_relations('{"relations": [{"from": "Ada", "to": "Cy", "relationType": "lives in"}]}', 'mt');
SELECT kg.mcp_delete_relations('{"relations": [{"from": "Ada", "to": "Bob", "relationType": "lives in"}]}', 'mt');
-- Of a new entity observations are kept as they are given, as that server does; deleted are all that are the same.
SELECT kg.mcp_create_entities('{"entities": [{"name": "Di", "entityType": "robot", "observations": ["x", "y", "x"]}]}', 'mt');
SELECT kg.mcp_open_nodes('{"names": ["Di"]}', 'mt');
SELECT kg.mcp_add_observations('{"observations": [{"entityName": "Di", "contents": ["x", "z"]}]}', 'mt');
SELECT kg.mcp_delete_observations('{"deletions": [{"entityName": "Di", "observations": ["x"]}]}', 'mt');
SELECT kg.mcp_open_nodes('{"names": ["Di"]}', 'mt');
SELECT kg.mcp_delete_entities('{"entityNames": ["Di"]}', 'mt');
-- an element twice, and an entity twice
SELECT kg.mcp_add_observations('{"observations": [{"entityName": "Cy", "contents": ["x", "y", "x"]}, {"entityName": "Ada", "contents": []}, {"entityName": "Cy", "contents": ["y", "z"]}]}', 'mt');

-- Passages are no nodes of this memory.
INSERT INTO mt.entity (type, name, content) SELECT id, 'Ada', 'Ada liked horses.' FROM mt.entity_type WHERE name = 'person';
SELECT kg.mcp_open_nodes('{"names": ["Ada"]}', 'mt');
SELECT jsonb_array_length(kg.mcp_read_graph('{}', 'mt') -> 'entities');

-- Row security and privileges are those of a SELECT.
CREATE ROLE regress_kg_reader;
GRANT USAGE ON SCHEMA mt TO regress_kg_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA mt TO regress_kg_reader;
ALTER TABLE mt.entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON mt.entity TO regress_kg_reader USING (name <> 'Bob');
ALTER TABLE mt.observation ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON mt.observation TO regress_kg_reader USING (content <> 'liked cards');
SET ROLE regress_kg_reader;
SELECT kg.mcp_read_graph(graph => 'mt');
SELECT kg.mcp_search_nodes('{"query": "cards"}', 'mt');
SELECT kg.mcp_open_nodes('{"names": ["Bob"]}', 'mt');
SELECT kg.mcp_create_entities('{"entities": [{"name": "Eve", "entityType": "person", "observations": []}]}', 'mt');
RESET ROLE;

-- Errors
SELECT kg.mcp_add_observations('{"observations": [{"entityName": "Nobody", "contents": ["x"]}]}', 'mt');
SELECT kg.mcp_create_entities('{"entities": [{"name": "Eve", "entityType": "person", "observations": []}, {"name": "Zed"}]}', 'mt');
SELECT kg.mcp_create_entities('{"entities": [{"name": "Zed", "entityType": "dog", "observations": [3]}]}', 'mt');
SELECT kg.mcp_create_entities('{}', 'mt');
SELECT kg.mcp_create_entities('[]', 'mt');
SELECT kg.mcp_create_entities(NULL, 'mt');
SELECT kg.mcp_create_relations('{"relations": {"from": "Ada"}}', 'mt');
SELECT kg.mcp_search_nodes('{"query": ["x"]}', 'mt');
SELECT kg.mcp_open_nodes('{"names": [3]}', 'mt');
SELECT kg.mcp_read_graph(graph => 'nowhere');
SELECT kg.mcp_read_graph(graph => NULL);
CREATE TABLE mt_node (id int PRIMARY KEY);
SELECT kg.register_graph('mt_registered', '[{"table": "mt_node", "key": "id"}]', '[]');
SELECT kg.mcp_read_graph(graph => 'mt_registered');
ALTER TABLE mt.entity DROP COLUMN words;
SELECT kg.mcp_read_graph(graph => 'mt');
SELECT kg.drop_graph('mt_registered'), kg.drop_graph('mt');
DROP TABLE mt_node;
DROP ROLE regress_kg_reader;
