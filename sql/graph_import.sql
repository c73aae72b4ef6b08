--
-- kg.import_jsonl takes what memory servers write and their forks leave behind; an identity is a
-- name; GraphML and pairs of CSV files come in as they went out
--
\set SHOW_CONTEXT never
SELECT kg.create_graph('imp');
CREATE FUNCTION pg_temp.contents() RETURNS TABLE (entities text, observations text, relations text) LANGUAGE sql AS $$
	SELECT (SELECT string_agg(e.name || '/' || t.name, ', ' ORDER BY e.id) FROM imp.entity e JOIN imp.entity_type t ON t.id = e.type),
		(SELECT string_agg(e.name || ': ' || o.content, ', ' ORDER BY o.id) FROM imp.observation o JOIN imp.entity e ON e.id = o.entity),
		(SELECT string_agg(s.name || ' ' || t.name || ' ' || d.name, ', ' ORDER BY r.id) FROM imp.relation r JOIN imp.relation_type t ON t.id = r.type
			JOIN imp.entity s ON s.id = r.source JOIN imp.entity d ON d.id = r.target)
$$;
-- relations to missing entities, truncated and malformed lines, a marker line, a BOM, CRLF
\set odd '{"type":"_aim","source":"mcp-knowledge-graph"}\r\n{"type":"entity","name":"A","entityType":"t","observations":["a"]}\r\n{"type":"relation","from":"A","to":"gone","relationType":"r"}\r\n{"type":"relation","from":"gone","to":"lost","relationType":"r"}\r\n{"type":"relation","from":"A","relationType":"r"}\r\n{"_type":"entity","name":"B","entityType":"t","observations":["b"]}\r\n{"type":"entity","name":7,"entityType":"t"}\r\n5\r\n{"type":"entity","name":"C","entityType":"t","obs'
SELECT * FROM kg.import_jsonl(U&'\FEFF' || :'odd', 'imp');
SELECT * FROM pg_temp.contents();
SELECT * FROM kg.import_jsonl(:'odd', 'imp', strict => true);
SELECT * FROM kg.import_jsonl(E'{"type":"entity","name":"D","entityType":"t"}\n{"type":"relation","from":"D","to":"gone","relationType":"r"}', 'imp', strict => true);
SELECT * FROM kg.import_jsonl(E'{"type":"entity","name":"D","entityType":null}', 'imp', strict => true);
SELECT * FROM kg.import_jsonl(:'odd', 'imp', create_missing => true);
SELECT * FROM pg_temp.contents();
SELECT * FROM kg.import_jsonl(:'odd', 'imp', create_missing => true);
-- whole documents, on one line or on many, with and without types
SELECT * FROM kg.import_jsonl('{"entities":[{"name":"E","entityType":"t","observations":["e"]},{"type":"entity","name":"F","entityType":"t"}],"relations":[{"from":"E","to":"F","relationType":"r"}]}', 'imp');
SELECT * FROM kg.import_jsonl(E'{\n  "entities": [\n    {"name": "G", "entityType": "t"}],\n  "relations": []\n}\n', 'imp');
SELECT * FROM kg.import_jsonl(E'[\n{"type":"entity","name":"H","entityType":"t"},\n{"from":"H","to":"G","relationType":"r"}]', 'imp');
SELECT * FROM kg.import_jsonl('[]', 'imp');
-- observations and types that are missing, null or something else
SELECT * FROM kg.import_jsonl(E'{"type":"entity","name":"I"}\n{"type":"entity","name":"J","entityType":null,"observations":null}\n{"type":"entity","name":"K","entityType":"t","observations":["k",null,5]}\n{"type":"entity","name":"L","entityType":"t","observations":"l"}\n{"type":"relation","from":"I","to":"J"}', 'imp');
SELECT * FROM pg_temp.contents();
-- names that are too long
SELECT * FROM kg.import_jsonl(format(E'{"type":"entity","name":"%1$s","entityType":"t"}\n{"type":"relation","from":"A","to":"%1$s","relationType":"r"}\n{"type":"relation","from":"A","to":"%1$sx","relationType":"r"}', repeat('é', 1001)), 'imp');
SELECT * FROM kg.import_jsonl(format('{"type":"relation","from":"A","to":"%1$s","relationType":"r"}', repeat('é', 1001)), 'imp', create_missing => true);
SELECT * FROM kg.import_jsonl(format('{"type":"entity","name":"%1$s","entityType":"t"}', repeat('é', 1000)), 'imp');
TRUNCATE imp.entity CASCADE;

-- a relation of an entity with itself when only the graph has it
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"B","entityType":"t"}', 'imp');
SELECT * FROM kg.import_jsonl('{"type":"relation","from":"B","to":"B","relationType":"self"}', 'imp');
SELECT * FROM kg.import_jsonl('{"type":"relation","from":"B","to":"B","relationType":"self"}', 'imp', strict => true);
-- two entities of one name and different types are one; twice, and in another order, adds nothing
\set twice '{"type":"entity","name":"M","entityType":"x","observations":["1"]}\n{"type":"entity","name":"M","entityType":"y","observations":["2"]}\n{"type":"relation","from":"M","to":"B","relationType":"r"}'
\set other_way '{"type":"relation","from":"M","to":"B","relationType":"r"}\n{"type":"entity","name":"M","entityType":"y","observations":["2"]}\n{"type":"entity","name":"M","entityType":"x","observations":["1"]}'
SELECT * FROM kg.import_jsonl(:'twice', 'imp');
SELECT * FROM kg.import_jsonl(:'twice', 'imp');
SELECT * FROM kg.import_jsonl(:'other_way', 'imp');
SELECT * FROM pg_temp.contents();
-- several of a name that were there: the type tells, and else nothing does
INSERT INTO imp.entity (name, type) SELECT 'M', id FROM imp.entity_type WHERE name IN ('t');
SELECT * FROM kg.import_jsonl('{"type":"entity","name":"M","entityType":"t","observations":["3"]}', 'imp');
SELECT * FROM kg.import_jsonl('{"type":"relation","from":"M","to":"B","relationType":"which"}', 'imp');
SELECT * FROM kg.import_jsonl('{"type":"relation","from":"M","to":"B","relationType":"which"}', 'imp', strict => true);
SELECT * FROM pg_temp.contents();
SELECT kg.drop_graph('imp');

-- GraphML comes in as it went out
SELECT kg.create_graph('imp_a'), kg.create_graph('imp_b');
INSERT INTO imp_a.entity_type (name) VALUES ('person'), ('city'), ('');
INSERT INTO imp_a.relation_type (name) VALUES ('knows'), ('<lives> & "in"'), ('');
INSERT INTO imp_a.entity (type, name, importance, properties) VALUES (1, E'Ada <&> "x"\r\n\tend', 0.5, '{"a": [1, "<"]}'), (1, 'twin', 0, '{"n": 1}'), (1, 'twin', 0, '{"n": 2}'), (2, 'twin', 0, '{}'), (3, '', 0, '{}');
INSERT INTO imp_a.relation (source, target, type, weight, properties, valid_from, valid_to) VALUES (1, 2, 1, 0.25, '{"b": null}', NULL, NULL), (1, 2, 1, 0.5, '{}', NULL, NULL),
	(1, 2, 1, 1, '{}', '2020-01-01 12:34:56.789+02', '2021-01-01'), (3, 4, 2, 1, '{}', NULL, NULL), (5, 5, 3, 1, '{}', '-infinity', 'infinity');
SELECT * FROM kg.import_graphml((SELECT string_agg(l, E'\n') FROM kg.export_graphml(graph => 'imp_a') l), 'imp_b');
SELECT count(*) FROM ((TABLE imp_a.entity_type UNION ALL TABLE imp_a.relation_type) EXCEPT (TABLE imp_b.entity_type UNION ALL TABLE imp_b.relation_type)) d;
SELECT e.id, e.name, t.name, e.importance, e.properties FROM imp_a.entity e JOIN imp_a.entity_type t ON t.id = e.type
EXCEPT SELECT e.id, e.name, t.name, e.importance, e.properties FROM imp_b.entity e JOIN imp_b.entity_type t ON t.id = e.type;
SELECT r.id, r.source, r.target, t.name, r.weight, r.properties, nullif(r.valid_from, '-infinity'), nullif(r.valid_to, 'infinity') FROM imp_a.relation r JOIN imp_a.relation_type t ON t.id = r.type
EXCEPT SELECT r.id, r.source, r.target, t.name, r.weight, r.properties, r.valid_from, r.valid_to FROM imp_b.relation r JOIN imp_b.relation_type t ON t.id = r.type;
SELECT count(*) FROM imp_b.relation;
SELECT * FROM kg.import_graphml((SELECT string_agg(l, E'\n') FROM kg.export_graphml(graph => 'imp_a') l), 'imp_b');
-- what other programs write: NetworkX (numbered keys), without a namespace, ends that are missing
SELECT kg.create_graph('imp_c');
\set nx '<?xml version="1.0" encoding="utf-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<key id="d2" for="edge" attr.name="weight" attr.type="double"/><key id="d1" for="node" attr.name="age" attr.type="long"/><key id="d0" for="node" attr.name="label" attr.type="string"/><key id="d3" for="node" attr.name="ok" attr.type="boolean"/>\n<graph edgedefault="undirected"><node id="n0"><data key="d0">Zoë &amp; Co</data><data key="d1">36</data><data key="d3">true</data></node>\n<node id="n1"/><node/><node id="n1"/><edge source="n0" target="n1"><data key="d2">0.5</data></edge><edge source="n0" target="n9"/><edge source="n0"/></graph></graphml>'
SELECT * FROM kg.import_graphml(:'nx', 'imp_c');
SELECT * FROM kg.import_graphml(:'nx', 'imp_c', create_missing => true);
SELECT * FROM kg.import_graphml(:'nx', 'imp_c', strict => true);
SELECT * FROM kg.import_graphml('<graphml><graph><node id="m"/><edge source="m" target="m" label="loop"/></graph></graphml>', 'imp_c');
SELECT e.name, t.name AS type, e.properties FROM imp_c.entity e JOIN imp_c.entity_type t ON t.id = e.type ORDER BY e.id;
SELECT s.name, t.name AS type, d.name, r.weight FROM imp_c.relation r JOIN imp_c.relation_type t ON t.id = r.type JOIN imp_c.entity s ON s.id = r.source JOIN imp_c.entity d ON d.id = r.target ORDER BY r.id;
SELECT * FROM kg.import_graphml('<graphml>', 'imp_c');
SELECT * FROM kg.import_graphml(NULL, 'imp_c');

-- pairs of CSV files
\set nodes 'id,name,type,age,"odd ""column"""\r\n1,"Ada, ""the first""",person,36,\r\n2,"two\nlines",person,,x\r\n\r\n3,,city\r\n'
\set edges 'source,target,type,weight,since\n1,2,knows,0.5,1843\n1,3,lives in,,\n1,9,knows,1,\n2,2,knows,heavy,'
SELECT kg.create_graph('imp_d');
SELECT * FROM kg.import_csv(:'nodes', :'edges', 'imp_d');
SELECT * FROM kg.import_csv(:'nodes', :'edges', 'imp_d');
SELECT * FROM kg.import_csv(:'nodes', :'edges', 'imp_d', strict => true);
SELECT * FROM kg.import_csv(NULL, :'edges', 'imp_d', create_missing => true);
SELECT e.id, e.name, t.name AS type, e.properties FROM imp_d.entity e JOIN imp_d.entity_type t ON t.id = e.type ORDER BY e.id;
SELECT r.source, t.name AS type, r.target, r.weight, r.properties FROM imp_d.relation r JOIN imp_d.relation_type t ON t.id = r.type ORDER BY r.id;
-- Neo4j's and Neptune's headers, and semicolons
SELECT * FROM kg.import_csv(E':ID;name;:LABEL\n10;X;thing\n11;Y;thing', E':START_ID;:END_ID;:TYPE\n10;11;LINKS', 'imp_d', delimiter => ';');
SELECT * FROM kg.import_csv(E'~id,~label,name\na,thing,Z', E'~id,~from,~to,~label\n1,a,a,loop', 'imp_d');
SELECT e.name, t.name AS type FROM imp_d.relation r JOIN imp_d.relation_type t ON t.id = r.type JOIN imp_d.entity e ON e.id = r.source ORDER BY r.id DESC LIMIT 2;
SELECT * FROM kg.import_csv(E'id\n"open', NULL, 'imp_d');
SELECT * FROM kg.import_csv('id', NULL, 'imp_d', delimiter => ',,');
SELECT * FROM kg.import_csv(NULL, NULL, 'imp_d');
-- values that the columns cannot hold
SELECT kg.create_graph('imp_e');
SELECT repeat('t', 2001) AS long \gset
\set nodes 'id,name,type,importance,properties\na,A,t,1.5,"{""p"": 1}"\nb,B,t,1e400,\nc,C,t,1e-400,\nd,D,t,1,{x\ne,E,' :long ',1,\n'
\set edges 'source,target,type,weight,valid_from,valid_to,recorded_at,expired_at\na,d,ok,2,2020-01-01,2021-01-01,2022-01-01,\na,a,weight,1e400,,,,\na,a,time,1,soon,,,\na,a,day,1,,2020-01-99,,\na,a,order,1,2021-01-01,2020-01-01,,\na,a,known,1,,,2021-01-01,2020-01-01\na,a,' :long ',1,,,,\n'
SELECT * FROM kg.import_csv(:'nodes', :'edges', 'imp_e');
SELECT * FROM kg.import_csv(:'nodes', NULL, 'imp_e', strict => true);
SELECT * FROM kg.import_csv(E'id\na', E'source,target,valid_from\na,a,soon', 'imp_e', strict => true);
SELECT * FROM kg.import_graphml('<graphml><key id="n" for="node" attr.name="n" attr.type="double"/><key id="p" for="node" attr.name="properties"/><key id="w" for="edge" attr.name="weight"/><graph><node id="g"><data key="n">1e999999999</data><data key="p">{x</data></node><edge source="g" target="g"><data key="w">1e39</data></edge></graph></graphml>', 'imp_e');
SELECT * FROM kg.import_jsonl(format('{"type":"entity","name":"j","entityType":"%1$s"}
{"type":"entity","name":"k","entityType":"t"}
{"type":"relation","from":"k","to":"k","relationType":"%1$s"}', :'long'), 'imp_e');
SELECT e.name, t.name AS type, e.importance, e.properties FROM imp_e.entity e JOIN imp_e.entity_type t ON t.id = e.type ORDER BY e.id;
SELECT s.name, t.name AS type, d.name, r.weight, r.valid_from, r.valid_to, r.recorded_at, r.expired_at FROM imp_e.relation r JOIN imp_e.relation_type t ON t.id = r.type
	JOIN imp_e.entity s ON s.id = r.source JOIN imp_e.entity d ON d.id = r.target ORDER BY r.id;
SELECT kg.drop_graph('imp_a'), kg.drop_graph('imp_b'), kg.drop_graph('imp_c'), kg.drop_graph('imp_d'), kg.drop_graph('imp_e');
