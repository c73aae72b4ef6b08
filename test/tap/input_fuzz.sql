-- Mutated inputs for test/tap/013_input_fuzz.pl: each target has a function that takes an input as text, and how it is
-- to be used, does that, and returns what is wrong, or null.  What it did is taken back.

CREATE SCHEMA fuzz;

-- what mutations start from
CREATE TABLE fuzz.start (target text, number int, how text, input text, PRIMARY KEY (target, number));
-- tokens of an input, by a pattern, and what they become; the same of names before values
CREATE TABLE fuzz.words (target text PRIMARY KEY, token text, words text[], name text, names text[]);

CREATE TABLE fuzz.vectors (id int PRIMARY KEY, e kg.vector(3));
INSERT INTO fuzz.vectors SELECT i, format('[%s,%s,%s]', i, i % 7, i % 5)::kg.vector FROM generate_series(1, 60) i;

-- graphs that the verbs write and files are imported into
SELECT kg.create_graph('fuzz_m', 3), kg.create_graph('fuzz_copy'), kg.create_graph('fuzz_other');
SELECT kg.set_relation_type('one', true, 'fuzz_m');
SELECT FROM kg.upsert_entities('[{"name": "Ada", "type": "t", "embedding": [1, 0, 0]}, {"name": "Engine", "type": "u", "aliases": ["Machine"]}, {"name": "Ada", "type": "u"}]', 'fuzz_m');
SELECT FROM kg.upsert_relations('[{"source": 1, "target": 2, "type": "r"}, {"source": 2, "target": 3, "type": "one", "valid_from": "2020-01-01", "valid_to": "2021-01-01"}]', 'fuzz_m');
SELECT FROM kg.add_observations('[{"entity": 1, "content": "wrote it"}]', 'fuzz_m');

-- tables to be registered
CREATE TABLE fuzz.person (id int PRIMARY KEY, name text, e kg.vector(3), boss int REFERENCES fuzz.person, content text);
CREATE TABLE fuzz.place (a int, b text, title varchar, PRIMARY KEY (a, b));
CREATE TABLE fuzz.knows (id bigint PRIMARY KEY, source int REFERENCES fuzz.person, target int REFERENCES fuzz.person, type text, weight float8,
	valid_from timestamptz, valid_to timestamptz);
CREATE TABLE fuzz.lives (person int REFERENCES fuzz.person, a int, b text, since date, until date, FOREIGN KEY (a, b) REFERENCES fuzz.place);
INSERT INTO fuzz.person SELECT i, 'n' || i, format('[%s,1,1]', i)::kg.vector, nullif(i / 2, 0) FROM generate_series(1, 20) i;
INSERT INTO fuzz.place SELECT i % 3, i::text, 't' || i FROM generate_series(1, 6) i;
INSERT INTO fuzz.knows SELECT i, 1 + i % 20, 1 + i * 7 % 20, 'k' || i % 2, i FROM generate_series(1, 40) i;
INSERT INTO fuzz.lives SELECT i, i % 6 % 3, i % 6 FROM generate_series(1, 20) i WHERE i % 6 > 0;
CREATE INDEX ON fuzz.knows (source);
CREATE INDEX ON fuzz.knows (target);

-- An array; how: its elements' type and the vectors' type that it is cast to, "float8 halfvec"
CREATE FUNCTION fuzz.try_array(how text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	element CONSTANT text := split_part(how, ' ', 1);
	type CONSTANT text := split_part(how, ' ', 2);
	same bool;
BEGIN
	EXECUTE format('SELECT ($1::%1$s[]::kg.%2$s)::text::kg.%2$s OPERATOR(kg.=) $1::%1$s[]::kg.%2$s', element, type) INTO same USING input;
	IF NOT same THEN
		RETURN 'the text of the vector is another one';
	END IF;
	BEGIN
		EXECUTE format('SELECT $1::%1$s[]::kg.%2$s OPERATOR(kg.=) $1::%1$s[]::real[]::kg.vector::kg.%2$s', element, type) INTO same USING input;
	EXCEPTION WHEN numeric_value_out_of_range THEN
		-- too small a number is one for real, not for a vector, where it is 0
		RETURN NULL;
	END;
	RETURN CASE WHEN NOT same THEN 'by way of real[] it is another vector' END;
END $$;

-- An array of vectors; how: their type
CREATE FUNCTION fuzz.try_vectors(how text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	same bool;
BEGIN
	EXECUTE format('SELECT $1::kg.%1$s[]::text::kg.%1$s[] = $1::kg.%1$s[]', how) INTO same USING input;
	IF NOT same THEN
		RETURN 'the text of the array is another one';
	ELSIF how <> 'sparsevec' THEN
		EXECUTE format('SELECT FROM kg.max_sim($1::kg.%1$s[], $1::kg.%1$s[])', how) USING input;
	END IF;
	RETURN NULL;
END $$;

-- Options of an index, "m = 4, storage = 'sq8'"; how: the access method
CREATE FUNCTION fuzz.try_options(how text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	problem text;
	rows bigint;
BEGIN
	EXECUTE format('CREATE INDEX made ON fuzz.vectors USING %s (e kg.vector_l2_ops) WITH (%s)', how, input);
	EXECUTE format('ALTER INDEX fuzz.made SET (%s)', input);
	INSERT INTO fuzz.vectors SELECT i, '[1,2,3]' FROM generate_series(61, 70) i;
	SELECT string_agg(c.problem, '; ') INTO problem FROM kg.index_check('fuzz.made') c;
	IF problem IS NOT NULL THEN
		RETURN problem;
	END IF;
	SELECT count(*) INTO rows FROM (SELECT FROM fuzz.vectors ORDER BY e OPERATOR(kg.<->) '[1,2,3]' LIMIT 100) q;
	RETURN CASE WHEN rows <> 70 THEN format('a scan returns %s rows of 70', rows) END;
END $$;

-- Nodes at a distance of at most two, by a reader; "none" if it cannot serve
CREATE FUNCTION fuzz.near(graph text, start text, reader text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	PERFORM set_config('kg.adjacency_reader', reader, true);
	SELECT string_agg(t.key || ' ' || t.depth, ',' ORDER BY t.depth, t.key COLLATE "C") INTO found FROM kg.traverse(ARRAY[start], 2, 'both', graph => graph) t;
	RETURN found;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	RETURN 'none';
END $$;

-- {"nodes": ..., "edges": ..., "metric": ...}: arguments of kg.register_graph
CREATE FUNCTION fuzz.try_register(how text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	given CONSTANT jsonb := input;
	start text;
	problem text;
BEGIN
	PERFORM kg.register_graph('fuzz_r', given -> 'nodes', coalesce(given -> 'edges', '[]'), coalesce(given ->> 'metric', 'cosine'));
	FOREACH start IN ARRAY '{person:1,person:7,place:1:1,knows:3}'::text[] LOOP
		SELECT string_agg(format('from %s by %s: %s', start, reader, near), '; ') INTO problem
		FROM unnest('{index,heap,leaf}'::text[]) reader, fuzz.near('fuzz_r', start, reader)
		WHERE near <> 'none' AND near IS DISTINCT FROM fuzz.near('fuzz_r', start, 'sql');
		IF problem IS NOT NULL THEN
			RETURN problem || '; by sql: ' || fuzz.near('fuzz_r', start, 'sql');
		END IF;
	END LOOP;
	PERFORM kg.unregister_graph('fuzz_r');
	RETURN NULL;
END $$;

-- What the memory must keep: rows of one name and type, facts that are one at a time, texts known twice (but those of
-- mcp_create_entities, which the public memory server keeps as they are given, too); how: the verb that wrote
CREATE FUNCTION fuzz.broken_rules(how text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p, '; ') FROM (
		SELECT 'entities of one name and type' FROM fuzz_m.entity WHERE resolved GROUP BY type, kg.name_key(name) HAVING count(*) > 1
		UNION ALL SELECT 'an alias that is a name' FROM fuzz_m.alias a JOIN fuzz_m.entity e ON e.type = a.type AND kg.name_key(e.name) = kg.name_key(a.name) AND e.content IS NULL
		UNION ALL SELECT 'facts at one time' FROM fuzz_m.relation a JOIN fuzz_m.relation b ON b.source = a.source AND b.type = a.type AND b.id > a.id AND
			tstzrange(b.valid_from, b.valid_to) && tstzrange(a.valid_from, a.valid_to)
		WHERE a.expired_at IS NULL AND b.expired_at IS NULL AND a.type = (SELECT id FROM fuzz_m.relation_type WHERE name = 'one')
		UNION ALL SELECT 'an observation known twice' FROM fuzz_m.observation WHERE expired_at IS NULL AND how <> 'mcp_create_entities' GROUP BY entity, content, valid_from, valid_to HAVING count(*) > 1) s(p)
$$;

-- The JSON that a verb takes; how: the verb.  The second time there is nothing new.
CREATE FUNCTION fuzz.try_write(how text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	argument CONSTANT jsonb := input;
	again text;
BEGIN
	IF how LIKE 'mcp%' THEN
		EXECUTE format('SELECT kg.%I($1, ''fuzz_m'')', how) USING argument;
		EXECUTE format('SELECT kg.%I($1, ''fuzz_m'')', how) INTO again USING argument;
		again := CASE WHEN how LIKE 'mcp_create%' THEN nullif(nullif(again, '{"entities": []}'), '{"relations": []}') END;
	ELSE
		EXECUTE format('SELECT FROM kg.%I($1, ''fuzz_m'')', how) USING argument;
		EXECUTE format('SELECT string_agg(w::text, '' '') FROM kg.%I($1, ''fuzz_m'') w WHERE w.done <> ''unchanged''', how) INTO again USING argument;
	END IF;
	RETURN coalesce('the second time: ' || again, fuzz.broken_rules(how));
END $$;

-- The text of a file, of CSV two with a line "----" between; how: its kind, strict and create_missing, "jsonl f t".
-- The second time there is nothing new, and what is exported comes in as it was, but for characters that XML forbids.
CREATE FUNCTION fuzz.try_import(how text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	kind CONSTANT text := split_part(how, ' ', 1);
	is_strict CONSTANT bool := split_part(how, ' ', 2);
	missing CONSTANT bool := split_part(how, ' ', 3);
	call text := CASE kind
		WHEN 'jsonl' THEN 'SELECT i.entities + i.relations + i.observations FROM kg.import_jsonl($1, $4, $2, $3) i'
		WHEN 'graphml' THEN 'SELECT i.entities + i.relations FROM kg.import_graphml($1, $4, $2, $3) i'
		WHEN 'csv' THEN 'SELECT i.entities + i.relations FROM kg.import_csv(split_part($1, E''\n----\n'', 1), split_part($1, E''\n----\n'', 2), $4, strict => $2, create_missing => $3) i' END;
	added bigint;
	lost text;
BEGIN
	EXECUTE call INTO added USING input, is_strict, missing, 'fuzz_copy';
	EXECUTE call INTO added USING input, is_strict, missing, 'fuzz_copy';
	IF added <> 0 THEN
		RETURN format('the second time there are %s new rows', added);
	END IF;
	IF kind = 'jsonl' THEN
		PERFORM kg.import_jsonl((SELECT string_agg(l, E'\n') FROM kg.to_jsonl(graph => 'fuzz_copy') l), 'fuzz_other', strict => true);
	ELSE
		PERFORM kg.import_graphml((SELECT string_agg(l, E'\n') FROM kg.export_graphml(graph => 'fuzz_copy') l), 'fuzz_other', strict => true);
	END IF;
	EXECUTE $query$
		WITH a AS (SELECT kg.xml_escape(t.name) AS type, kg.xml_escape(e.name), count(*) FROM fuzz_copy.entity e JOIN fuzz_copy.entity_type t ON t.id = e.type GROUP BY 1, 2
				UNION ALL SELECT kg.xml_escape(t.name), kg.xml_escape(s.name || ' -> ' || d.name), count(*) FROM fuzz_copy.relation r JOIN fuzz_copy.relation_type t ON t.id = r.type JOIN fuzz_copy.entity s ON s.id = r.source JOIN fuzz_copy.entity d ON d.id = r.target GROUP BY 1, 2),
			b AS (SELECT kg.xml_escape(t.name) AS type, kg.xml_escape(e.name), count(*) FROM fuzz_other.entity e JOIN fuzz_other.entity_type t ON t.id = e.type GROUP BY 1, 2
				UNION ALL SELECT kg.xml_escape(t.name), kg.xml_escape(s.name || ' -> ' || d.name), count(*) FROM fuzz_other.relation r JOIN fuzz_other.relation_type t ON t.id = r.type JOIN fuzz_other.entity s ON s.id = r.source JOIN fuzz_other.entity d ON d.id = r.target GROUP BY 1, 2)
		SELECT string_agg(x::text, ' ') FROM (TABLE a EXCEPT TABLE b UNION ALL (TABLE b EXCEPT TABLE a)) x$query$ INTO lost;
	RETURN 'exported and imported there is a difference: ' || lost;
END $$;

-- A number below a limit
CREATE FUNCTION fuzz.below(n int) RETURNS int LANGUAGE sql AS 'SELECT floor(random() * n)::int';

-- Input of which some tokens or characters are others, lost or there twice.
CREATE FUNCTION fuzz.mutated(input text, w fuzz.words) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	words text[];
	token text;
	tokens int;
	place int;
	part int;
BEGIN
	FOR change IN 0 .. fuzz.below(3) LOOP
		token := CASE WHEN w.names IS NULL OR fuzz.below(5) > 0 THEN w.token ELSE w.name END;
		words := CASE WHEN token = w.token THEN w.words ELSE w.names END;
		place := 1 + fuzz.below(length(input));
		part := 1 + fuzz.below(CASE fuzz.below(4) WHEN 0 THEN 40 ELSE 3 END);
		CASE fuzz.below(32)
			WHEN 4 THEN
				input := overlay(input PLACING '' FROM place FOR part);
			WHEN 5 THEN
				input := overlay(input PLACING substr(input, place, part) FROM 1 + fuzz.below(length(input)) FOR 0);
			WHEN 6 THEN
				input := overlay(input PLACING words[1 + fuzz.below(cardinality(words))] FROM place FOR fuzz.below(2));
			WHEN 7 THEN
				input := overlay(input PLACING chr((ARRAY[9, 10, 13, 32, 34, 39, 44, 45, 48, 57, 91, 92, 93, 123, 125, 1, 127, 160, 228, 8203, 65279, 65535, 128512])[1 + fuzz.below(23)]) FROM place FOR fuzz.below(2));
			ELSE
				tokens := regexp_count(input, token);
				IF tokens > 0 THEN
					input := regexp_replace(input, token, replace(words[1 + fuzz.below(cardinality(words))], '\', '\\'), 1, 1 + fuzz.below(tokens));
				END IF;
		END CASE;
	END LOOP;
	RETURN input;
END $$;

-- n cases of a target: how often there was which SQLSTATE ("00000" without error, "wrong" for what must not be), with an input and its message
CREATE FUNCTION fuzz.run(of_target text, seed int, first int, n int) RETURNS TABLE (state text, cases bigint, input text, message text)
	LANGUAGE plpgsql SET client_min_messages = error SET search_path = fuzz, public AS $$
DECLARE
	words CONSTANT fuzz.words := w FROM fuzz.words w WHERE w.target = of_target;
	starts CONSTANT fuzz.start[] := ARRAY(SELECT s FROM fuzz.start s WHERE s.target = of_target ORDER BY s.number);
	start fuzz.start;
	counts jsonb := '{}';
	example jsonb := '{}';
	given text;
	found text;
	problem text;
BEGIN
	FOR number IN first .. first + n - 1 LOOP
		PERFORM setseed(hashint8extended(number, seed) / 9223372036854775808.0);
		start := starts[1 + fuzz.below(cardinality(starts))];
		given := fuzz.mutated(start.input, words);
		BEGIN
			EXECUTE format('SELECT fuzz.try_%s($1, $2)', of_target) INTO problem USING start.how, given;
			RAISE EXCEPTION USING ERRCODE = CASE WHEN problem IS NULL THEN 'KGFUZ' ELSE 'KGBAD' END, MESSAGE = coalesce(problem, '');
		EXCEPTION WHEN OTHERS THEN
			problem := SQLERRM;
			found := CASE SQLSTATE WHEN 'KGFUZ' THEN '00000' WHEN 'KGBAD' THEN 'wrong' ELSE SQLSTATE END;
		END;
		counts := counts || jsonb_build_object(found, coalesce((counts ->> found)::bigint, 0) + 1);
		IF NOT example ? found THEN
			example := example || jsonb_build_object(found, jsonb_build_array(concat_ws(': ', start.how, given), left(problem, 300)));
		END IF;
	END LOOP;
	RETURN QUERY SELECT c.key, c.value::bigint, example #>> ARRAY[c.key, '0'], example #>> ARRAY[c.key, '1'] FROM jsonb_each_text(counts) c ORDER BY c.key COLLATE "C";
END $$;

INSERT INTO fuzz.words VALUES
	('array', '[[:alnum:].+-]+|"[^"]*"', '{0,-0,1,-1,1.5,1e10,1e38,3.5e38,1e-45,1e-300,1e300,1e400,65504,65520,32767,2147483647,2147483648,NaN,Infinity,-Infinity,NULL,null,"{1}","\"\"","\"1\""}', NULL, NULL),
	('vectors', '"[^"]*"|[[:alnum:].+-]+', '{0,1,-1,1e38,65520,1e-8,"\"[1,2]\"","\"[1]\"","[]",NaN,NULL,"\"{1:1,3:2}/5\"","\"{}/5\"","\"[1e38,-1e-45]\""}', NULL, NULL),
	('options', '[^[:space:],=]+(?=\s*(,|$))', '{0,1,2,3,4,8,30,100,101,1000,1001,16000,16001,2147483647,2147483648,-1,0.5,0.99,1.0,1e3,1e400,NaN,on,off,true,yes,auto,f32,f16,sq8,sq4,sq2,''sq8'','''',none}',
		'[[:alnum:]_]+(?=\s*=)', '{m,ef_construction,storage,code_bits,code_dims,target_recall,fastupdate,pending_list_limit,members,neighbors,fillfactor,autovacuum_enabled,toast.m,"\"m\""}'),
	('register', '(?<=[\[:,] ?)("[^"]*"(?!\s*:)|[[:alnum:].+-]+)', '{"\"person\"","\"place\"","\"knows\"","\"lives\"","\"fuzz.person\"","\"vectors\"","\"pg_class\"","\"id\"","\"name\"","\"type\"","\"weight\"","\"boss\"","\"title\"","\"since\"","\"until\"","\"e\"","\"a\"","\"b\"","[\"a\", \"b\"]","[\"a\"]","[]","{}",null,true,false,1,-1,1e400,"\"\"","\"x:y\"","\"\\u0000\"","\"nowhere\"","[\"person\"]","{\"table\": \"person\"}","\"l2\"","\"ctid\"","\"tableoid\"","\"Ä \\\" b\""}',
		'"[^"]*"(?=\s*:)', '{"\"table\"","\"label\"","\"key\"","\"name\"","\"embedding\"","\"content\"","\"source\"","\"target\"","\"source_label\"","\"target_label\"","\"type\"","\"type_column\"","\"id\"","\"weight\"","\"valid_from\"","\"valid_to\"","\"recorded_at\"","\"expired_at\"","\"trust_ends\"","\"schema\"","\"\""}'),
	('write', '(?<=[\[:,] ?)("[^"]*"(?!\s*:)|[[:alnum:].+-]+)', '{"\"Ada\"","\"ada \"","\"Machine\"","\"Engine\"","\"t\"","\"u\"","\"one\"","\"r\"",1,2,3,99,-1,0,0.5,1e38,1e39,1e400,9223372036854775808,null,true,[],"{}","\"\"","\" \"","[1, 0, 0]","[1, 0]","\"[1,0,0]\"","[\"x\", \"y\"]","{\"p\": 1}","{\"name\": \"Ada\", \"type\": \"t\"}","{\"name\": \"Ada\"}","{\"id\": 1}","\"2020-06-01\"","\"2021-01-01\"","\"infinity\"","\"-infinity\"","\"now\"","\"yesterday\"","\"4714-01-01 BC\"","\"\\u0000\"","\"\\ud800\"","\"\\u200b\"","\"ⅸ\""}',
		'"[^"]*"(?=\s*:)', '{"\"name\"","\"type\"","\"properties\"","\"embedding\"","\"importance\"","\"aliases\"","\"source\"","\"target\"","\"weight\"","\"valid_from\"","\"valid_to\"","\"entity\"","\"content\"","\"at\"","\"id\"","\"document\"","\"ordinal\"","\"title\"","\"entities\"","\"parent\"","\"\\u0000\""}'),
	('import', '"[^"]*"|[[:alnum:]_.+-]+', '{"\"type\"","\"entity\"","\"relation\"","\"name\"","\"entityType\"","\"observations\"","\"from\"","\"to\"","\"relationType\"","\"entities\"","\"relations\"","\"Ada\"","\"b\"","\"\"",null,1,1e400,[],"{}","[\"x\"]","\"\\u0000\"","\"\\ud83d\\ude00\"","\"a\\tb\"","<node id=\"n1\"/>","<edge source=\"n0\" target=\"n1\"/>","</graph>","<data key=\"d0\">x</data>","<![CDATA[x]]>","<!-- x -->","&amp;","&#0;","&#1;","&lt;","&x;",id,name,type,source,target,weight,importance,valid_from,",","\"\"\"\"",0.5,2020-01-01,infinity}', NULL, NULL);

INSERT INTO fuzz.start
SELECT 'array', row_number() OVER (), concat(element, ' ', type), elements
FROM unnest('{int4,float4,float8,numeric}'::text[]) element, unnest('{vector,halfvec,int8vec,sparsevec}'::text[]) type,
	unnest(ARRAY['{1,2,3}', '{ -1 , "2",0 }', '[3:4]={5,6}', '{{1,2},{3,4}}', '{1,NULL}', '{}']) elements
UNION ALL
SELECT 'vectors', row_number() OVER (), split_part(s, ' ', 1), substr(s, strpos(s, ' ') + 1) FROM unnest(ARRAY['vector {"[1,2]","[3,4]"}', 'halfvec {"[1,2]",NULL,"[3,4]"}', 'int8vec {"[1,2,-3]"}', 'sparsevec {"{1:1,3:2}/5","{}/5"}',
	'vector {{"[1,2]"},{"[3,4]"}}', 'halfvec [0:1]={"[1.5]","[2]"}', 'int8vec {}']) s
UNION ALL
SELECT 'options', row_number() OVER (), method, s FROM unnest('{kg_hnsw,kg_diskann}'::text[]) method, unnest(ARRAY['m = 4, ef_construction = 20', 'storage = ''sq8'', code_bits = 1',
	'fastupdate = on, pending_list_limit = 64', 'target_recall = 0.9', 'members = 4, neighbors = 8', 'code_dims = 2, storage = f16, fastupdate']) s
UNION ALL
SELECT 'register', row_number() OVER (), NULL, s FROM unnest(ARRAY['{"nodes": ["person", "place"], "edges": ["knows", "lives"], "metric": "l2"}',
	'{"nodes": [{"table": "person", "key": "id", "name": "name", "embedding": "e", "content": "content"}], "edges": [{"table": "knows", "source": "source", "target": "target", "type_column": "type", "weight": "weight", "valid_from": "valid_from", "valid_to": "valid_to", "id": "id"}]}',
	'{"nodes": ["person", {"table": "place", "label": "place", "key": ["a", "b"], "name": "title"}], "edges": [{"table": "lives", "source": "person", "target": ["a", "b"], "source_label": "person", "target_label": "place", "type": "lives in", "valid_from": "since", "valid_to": "until"}, "person"]}',
	'{"nodes": "person", "edges": [{"table": "person", "target": "boss", "type": "boss", "trust_ends": true}]}', '{"nodes": ["person", "knows"], "edges": []}']) s
UNION ALL
SELECT 'write', row_number() OVER (), split_part(s, ' ', 1), substr(s, strpos(s, ' ') + 1) FROM unnest(ARRAY['upsert_entities [{"name": "Ada", "type": "t", "properties": {"p": 1}, "embedding": [1, 0, 0], "importance": 0.5, "aliases": ["x", "y"]}, {"name": "new"}]',
	'upsert_entities [{"name": "Ada Lovelace", "type": "t", "aliases": ["Ada"]}, {"name": "ada lovelace", "type": "t", "properties": {"p": 2}}]',
	'upsert_relations [{"source": {"name": "Ada", "type": "t"}, "target": "Engine", "type": "r", "weight": 2, "properties": {"p": 1}}, {"source": 2, "target": "b", "type": "one", "valid_from": "2021-06-01", "valid_to": "2022-01-01"}]',
	'add_observations [{"entity": {"name": "Ada", "type": "t"}, "content": "x"}, {"entity": 2, "content": "wrote it", "source": "y", "valid_from": "2020-01-01"}]',
	'add_passages [{"document": "d", "ordinal": 1, "content": "Ada wrote", "entities": [1, "Engine", {"name": "new", "type": "t"}], "embedding": [0, 1, 0]}, {"document": "d", "ordinal": 2, "content": "c"}]',
	'mcp_create_entities {"entities": [{"name": "a", "entityType": "t", "observations": ["x", "y"]}]}', 'mcp_create_relations {"relations": [{"from": "Ada", "to": "Engine", "relationType": "r"}]}',
	'mcp_add_observations {"observations": [{"entityName": "Engine", "contents": ["x", "y"]}]}', 'mcp_delete_entities {"entityNames": ["Ada"]}',
	'mcp_delete_observations {"deletions": [{"entityName": "Ada", "observations": ["wrote it"]}]}', 'mcp_delete_relations {"relations": [{"from": "Ada", "to": "Engine", "relationType": "r"}]}',
	'mcp_open_nodes {"names": ["Ada"]}', 'mcp_search_nodes {"query": "wrote"}']) s
UNION ALL
SELECT 'import', row_number() OVER (), (regexp_match(s, '^\w+ . .'))[1], regexp_replace(s, '^\w+ . . ', '') FROM unnest(ARRAY[E'jsonl f t {"type": "entity", "name": "Ada", "entityType": "t", "observations": ["x", "a \\"b\\""]}\n\n{"type": "entity", "name": "b", "entityType": "u"}\n{"type": "relation", "from": "Ada", "to": "b", "relationType": "r"}\n{"type": "relation", "from": "Ada", "to": "new", "relationType": "r"}',
	'jsonl t f {"entities": [{"name": "Ada", "entityType": "t", "observations": []}], "relations": [{"from": "Ada", "to": "Ada", "relationType": "r"}]}', 'jsonl f f [{"name": "a", "entityType": "t"}, {"from": "a", "to": "a"}]',
	'graphml f t <?xml version="1.0" encoding="utf-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="d0" for="node" attr.name="name" attr.type="string"/><key id="d1" for="node" attr.name="age" attr.type="long"/><key id="d2" for="edge" attr.name="weight" attr.type="double"/><graph edgedefault="directed"><node id="n0"><data key="d0">Zo &amp; Co</data><data key="d1">36</data></node><node id="n1"/><edge source="n0" target="n1" label="r"><data key="d2">0.5</data></edge><edge source="n0" target="n9"/></graph></graphml>',
	'graphml t f <graphml><key id="t" for="edge" attr.name="type"/><graph><node id="a"/><node id="a"/><edge source="a" target="a"><data key="t">r</data></edge></graph></graphml>',
	E'csv f t id,name,type,age,"odd ""column"""\r\n1,"Ada, ""the first""",person,36,\r\n2,"two\nlines",person,,x\r\n\r\n3,,city\r\n\n----\nsource,target,type,weight,since\n1,2,knows,0.5,1843\n1,3,lives in,,\n1,9,knows,1,\n2,2,knows,heavy,',
	E'csv t f :ID,name,:LABEL,importance\na,X,thing,0.5\nb,Y,thing,1\n----\n:START_ID,:END_ID,:TYPE,valid_from,valid_to\na,b,LINKS,2020-01-01,2021-01-01\nb,a,LINKS,,infinity']) s;
