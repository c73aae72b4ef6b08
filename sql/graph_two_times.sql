--
-- Valid times and known times: as_of and known_at of every function, through every reader, against
-- plain SQL
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never

-- A history with corrections of the past
SELECT kg.create_graph('two');
INSERT INTO two.entity_type (name) VALUES ('thing');
INSERT INTO two.relation_type (name) VALUES ('works for'), ('likes');
INSERT INTO two.entity (type, name) SELECT 1, n FROM unnest('{Ada,Bob,Acme,Bolt,Core,Dual}'::text[]) n;
INSERT INTO two.relation (source, target, type, valid_from, valid_to, recorded_at, expired_at) VALUES
	-- on 2020-02-01 it was heard that Ada works for Acme since 2019; in March 2021 that she had left in June 2020
	(1, 3, 1, '2019-01-01', NULL, '2020-02-01', '2021-03-01'),
	(1, 3, 1, '2019-01-01', '2020-06-01', '2021-03-01', NULL),
	-- that she works for Bolt since June 2020; later that it was only from August on
	(1, 4, 1, '2020-06-01', NULL, '2020-07-01', '2022-01-01'),
	(1, 4, 1, '2020-08-01', NULL, '2022-01-01', NULL),
	-- an error, believed for a month
	(1, 5, 1, NULL, NULL, '2020-03-01', '2020-04-01'),
	-- learnt long after it had ended
	(1, 6, 1, '2015-01-01', '2018-01-01', '2022-06-01', NULL);
CREATE TABLE question (as_of timestamptz, known_at timestamptz);
INSERT INTO question VALUES
	(NULL, NULL), ('2020-07-15', NULL), ('2016-01-01', NULL), ('2020-07-15', '2020-07-15'), ('2020-07-15', '2021-06-01'),
	('2020-06-01', '2020-06-30'), ('2016-01-01', '2021-01-01'), ('2016-01-01', '2022-06-01'), (NULL, '2020-03-01'), (NULL, '2020-04-01'),
	(NULL, '2020-02-01 00:00:00'), (NULL, '2020-01-31 23:59:59.999999'), (NULL, 'infinity'), (NULL, '-infinity'), ('2020-06-01', 'infinity');
-- where Ada works: what is known now, or then, of what was true then
SELECT q.*, a.found, a.found IS NOT DISTINCT FROM plain.found AS same
FROM question q CROSS JOIN LATERAL (
	SELECT string_agg(e.name, ', ' ORDER BY e.name) FROM kg.neighbors(1, as_of => q.as_of, known_at => q.known_at, graph => 'two') n JOIN two.entity e ON e.id = n.neighbor) a(found)
	CROSS JOIN LATERAL (
	SELECT string_agg(e.name, ', ' ORDER BY e.name) FROM two.relation r JOIN two.entity e ON e.id = r.target
	WHERE r.source = 1 AND (q.as_of IS NULL OR (r.valid_from IS NULL OR r.valid_from <= q.as_of) AND (r.valid_to IS NULL OR r.valid_to > q.as_of)) AND
		CASE WHEN q.known_at IS NULL THEN r.expired_at IS NULL
			ELSE r.recorded_at <= q.known_at AND (r.expired_at IS NULL OR r.expired_at > q.known_at) END) plain(found);

-- Each function that takes as_of takes known_at, as its last argument.
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'kg'::regnamespace AND 'as_of' = ANY (p.proargnames) AND p.proargnames[p.pronargs] IS DISTINCT FROM 'known_at';
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'kg'::regnamespace AND 'known_at' = ANY (p.proargnames) AND obj_description(p.oid) !~ 'known_at|the other arguments|arguments are those|these arguments|body of'
	AND p.proname <> 'needed_columns';

-- More of it, at random: 12 entities, relations of which most were corrected once or twice; and two
-- more entities, each with one relation
INSERT INTO two.entity (type, name) SELECT 1, 'e' || i FROM generate_series(7, 14) i;
INSERT INTO two.relation (source, target, type, weight, valid_from, valid_to, recorded_at, expired_at)
SELECT 1 + i * 7 % 12, 1 + i * i % 11, 1 + i % 2, 1 + i % 4,
	CASE WHEN i % 3 > 0 THEN make_date(2014 + (i + k) % 7, 1, 1) END, CASE WHEN (i + k) % 4 = 0 THEN make_date(2021, 1 + (i + k) % 5, 1) END,
	make_date(2019 + k, 1 + i % 6, 1), CASE WHEN k < i % 3 THEN make_date(2020 + k, 1 + i % 6, 1) WHEN i % 7 = 0 THEN '2023-01-01' END
FROM generate_series(1, 36) i, generate_series(0, i % 3) k;
INSERT INTO two.relation (source, target, type, weight, valid_from, recorded_at, expired_at) VALUES
	(12, 13, 1, 1, '2019-01-01', '2019-01-01', NULL), (12, 14, 2, 1, NULL, '2020-01-01', '2021-06-01'), (13, 14, 2, 1, NULL, '2021-06-01', NULL);
DELETE FROM question;
INSERT INTO question SELECT a, k FROM unnest('{NULL,2018-01-01,2020-07-15,2021-02-01}'::timestamptz[]) a,
	unnest('{NULL,-infinity,2019-06-01,2020-04-01,2021-03-01 00:00:01,2022-06-01,2026-01-01}'::timestamptz[]) k;
SELECT count(*), count(expired_at) AS expired FROM two.relation;

-- Calls, with the arguments that all have in common at the end: as far as an answer is specified
CREATE TABLE call (function text, query text);
INSERT INTO call VALUES
	('traverse', 'SELECT s, entity, depth FROM generate_series(1, 12) s, kg.traverse(s, 2, REST) t'),
	('neighborhood', 'SELECT s, n FROM generate_series(1, 12) s, unnest(kg.neighborhood(s, 2, ''both'', REST)) n'),
	('neighbors', 'SELECT s, n FROM generate_series(1, 12) s, kg.neighbors(s, ''both'', REST) n'),
	('subgraph', 'SELECT s, g FROM generate_series(1, 12) s, kg.subgraph(s, 1, REST) g'),
	('shortest_path', 'SELECT s, max(cost) FROM generate_series(2, 12) s, kg.shortest_path(1, s, weighted => true, REST) GROUP BY s'),
	('reachable', 'SELECT s FROM generate_series(2, 12) s WHERE kg.reachable(s, 1, REST)'),
	('all_shortest_paths', 'SELECT p FROM generate_series(2, 12) s, kg.all_shortest_paths(1, s, REST) p'),
	('k_shortest_paths', 'SELECT s, cost FROM generate_series(2, 12) s, kg.k_shortest_paths(1, s, 3, REST)'),
	('paths', 'SELECT p FROM kg.paths(1, REST) p'),
	('distances', 'SELECT entity, cost FROM kg.distances(1, REST)'),
	('cost_matrix', 'SELECT source, target, cost FROM kg.cost_matrix(ARRAY[1, 2, 7], ARRAY[3, 4, 8], REST)'),
	('path_totals', 'SELECT entity, total, paths, minimum, maximum FROM kg.path_totals(1, 3, REST)'),
	('traverse_page', 'SELECT p FROM kg.traverse_page(1, REST) p'),
	('personalized_pagerank', 'SELECT entity, round(score::numeric, 6) FROM kg.personalized_pagerank(1, epsilon => 1e-9, REST)'),
	('degree', 'SELECT d FROM kg.degree(REST) d'),
	('pagerank', 'SELECT entity, round(score::numeric, 9) FROM kg.pagerank(REST)'),
	('connected_components', 'SELECT c FROM kg.connected_components(REST) c'),
	('strongly_connected_components', 'SELECT c FROM kg.strongly_connected_components(REST) c'),
	('label_propagation', 'SELECT c FROM kg.label_propagation(REST) c'),
	('leiden', 'SELECT entity, community FROM kg.leiden(REST) c'),
	('triangles', 'SELECT t FROM kg.triangles(REST) t'),
	('clustering_coefficient', 'SELECT entity, round(coefficient::numeric, 9) FROM kg.clustering_coefficient(REST)'),
	('core_numbers', 'SELECT c FROM kg.core_numbers(REST) c'),
	('betweenness', 'SELECT entity, round(score::numeric, 9) FROM kg.betweenness(REST)'),
	('edge_betweenness', 'SELECT source, target, round(score::numeric, 9) FROM kg.edge_betweenness(REST)'),
	('closeness', 'SELECT entity, round(score::numeric, 9) FROM kg.closeness(REST)'),
	('harmonic_centrality', 'SELECT entity, round(score::numeric, 9) FROM kg.harmonic_centrality(weighted => true, REST)'),
	('eigenvector_centrality', 'SELECT entity, round(score::numeric, 6) FROM kg.eigenvector_centrality(2000, direction => ''both'', REST)'),
	('katz_centrality', 'SELECT entity, round(score::numeric, 6) FROM kg.katz_centrality(0.01, REST)'),
	('hits', 'SELECT entity, round(hub::numeric, 4) FROM kg.hits(2000, REST)'),
	('find_cycle', 'SELECT c FROM kg.find_cycle(REST) c'),
	('topological_order', 'SELECT o FROM kg.topological_order(REST) o'),
	('longest_path', 'SELECT p FROM kg.longest_path(REST) p'),
	('minimum_spanning_forest', 'SELECT sum(weight) FROM kg.minimum_spanning_forest(REST)'),
	('bridges', 'SELECT b FROM kg.bridges(REST) b'),
	('articulation_points', 'SELECT p FROM kg.articulation_points(REST) p'),
	('modularity', 'SELECT round(kg.modularity(ARRAY(SELECT generate_series(1, 14)), ARRAY(SELECT i % 3 FROM generate_series(1, 14) i), REST)::numeric, 9)'),
	('random_walks', 'SELECT w FROM kg.random_walks(length => 4, REST) w'),
	('fastrp', 'SELECT entity, embedding::text FROM kg.fastrp(4, REST)'),
	('node_similarity', 'SELECT entity, other, round(score::numeric, 9) FROM kg.node_similarity(REST)'),
	('link_prediction', 'SELECT entity, other, round(score::numeric, 9) FROM kg.link_prediction(REST)'),
	('export_graphml', 'SELECT regexp_replace(l, ''<data key="(recorded|expired)_at">[^<]*</data>'', '''', ''g'') FROM kg.export_graphml(REST) l'),
	('to_dot', 'SELECT kg.to_dot(1, 2, REST)');
-- those that are missing here; sql/retrieval_search and sql/retrieval_context have the others
SELECT p.oid::regproc FROM pg_proc p
WHERE p.pronamespace = 'kg'::regnamespace AND 'as_of' = ANY (p.proargnames) AND p.proname !~ '_body$' AND
	p.proname NOT IN ('needed_columns', 'explain_traverse') AND p.proname !~ 'search|context' AND p.proname NOT IN (SELECT function FROM call);

-- A graph of its own for each question, with the relations that plain SQL finds
SELECT kg.create_graph('two_plain');
INSERT INTO two_plain.entity_type SELECT * FROM two.entity_type;
INSERT INTO two_plain.relation_type SELECT * FROM two.relation_type;
INSERT INTO two_plain.entity (id, type, name) SELECT id, type, name FROM two.entity;
CREATE FUNCTION fill(as_of timestamptz, known_at timestamptz) RETURNS void LANGUAGE sql AS $$
	DELETE FROM two_plain.relation;
	INSERT INTO two_plain.relation (id, source, target, type, weight, valid_from, valid_to)
	SELECT id, source, target, type, weight, valid_from, valid_to FROM two.relation
	WHERE (as_of IS NULL OR coalesce(valid_from, '-infinity') <= as_of AND coalesce(valid_to > as_of, true)) AND
		((known_at IS NULL AND expired_at IS NULL) OR
		 (recorded_at <= known_at AND (expired_at IS NULL OR expired_at > known_at)))
	ORDER BY id;
$$;
CREATE FUNCTION answer(query text, rest text, reader text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	PERFORM set_config('kg.adjacency_reader', reader, true);
	EXECUTE 'SELECT string_agg(q::text, '' '' ORDER BY q::text) FROM (' || replace(query, 'REST', rest) || ') q' INTO found;
	RETURN coalesce(found, '');
EXCEPTION WHEN OTHERS THEN
	RETURN replace(SQLERRM, 'two_plain', 'two');
END
$$;
CREATE TABLE answers (function text, as_of timestamptz, known_at timestamptz, plain text, reader text, got text);
CREATE FUNCTION ask_all(graph text, readers text[], functions text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	q question;
BEGIN
	TRUNCATE answers;
	FOR q IN SELECT * FROM question LOOP
		PERFORM fill(q.as_of, q.known_at);
		INSERT INTO answers
		WITH c AS MATERIALIZED (
			SELECT function, query, answer(query, 'graph => ''two_plain''', 'sql') AS plain FROM call WHERE function ~ functions)
		SELECT c.function, q.as_of, q.known_at, c.plain, r, answer(c.query, format('as_of => %L, known_at => %L, graph => %L', q.as_of, q.known_at, graph), r)
		FROM c, unnest(readers) r;
	END LOOP;
END
$$;

-- How the graph is read, with its own indexes and with two more
SELECT reader, index, why FROM kg.explain_traverse('both', as_of => now(), graph => 'two');
SELECT reader, index, why FROM kg.explain_traverse('both', as_of => now(), known_at => now(), graph => 'two');
-- an answer may be an error: longest_path and topological_order take no cycles
SELECT count(ask_all('two', '{auto}', '')), 'auto' AS reader;
SELECT function, count(*) AS questions, count(DISTINCT plain) AS answers, count(*) FILTER (WHERE got <> plain) AS wrong FROM answers GROUP BY 1 ORDER BY 1;
-- The same by the leaf reader, which asks rows when they were recorded, and the heap reader
\set by_edges '^(traverse|neighbor|subgraph|shortest|reachable|all_short|k_short|paths|distances|cost|path_totals|personalized|to_dot)'
VACUUM two.relation;
SELECT count(ask_all('two', '{leaf,heap}', :'by_edges'));
SELECT reader, count(DISTINCT function) AS functions, count(*) AS answers, count(*) FILTER (WHERE got <> plain) AS wrong, min(function || ': ' || got) FILTER (WHERE got <> plain) FROM answers GROUP BY 1 ORDER BY 1;
-- Rows that say it in a later version, to which the index entry does not lead
BEGIN;
UPDATE two.relation SET recorded_at = '2019-01-01' WHERE id % 2 = 0 AND expired_at IS NULL;
UPDATE two.relation SET recorded_at = '2100-01-01' WHERE id % 3 = 0 AND expired_at IS NULL;
SELECT count(ask_all('two', '{leaf,heap,sql}', '^(traverse|neighbors|distances)$'));
SELECT reader, count(*) AS answers, count(*) FILTER (WHERE got <> plain) AS wrong FROM answers GROUP BY 1 ORDER BY 1;
ROLLBACK;
SELECT kg.index_known_at('two');
SELECT kg.index_known_at('two');
SELECT reader, index, why FROM kg.explain_traverse('both', as_of => now(), known_at => now(), graph => 'two');
SELECT reader, index, why FROM kg.explain_traverse('both', graph => 'two');
VACUUM two.relation;
SELECT count(ask_all('two', '{leaf,index,heap,sql}', :'by_edges'));
SELECT reader, count(DISTINCT function) AS functions, count(*) AS answers, count(*) FILTER (WHERE got <> plain) AS wrong, min(function || ': ' || got) FILTER (WHERE got <> plain) FROM answers GROUP BY 1 ORDER BY 1;
-- the heap, partly not all-visible
UPDATE two.relation SET weight = weight WHERE id % 3 = 0;
SELECT count(ask_all('two', '{leaf,index,heap,sql}', '^(traverse|neighbors|distances)$'));
SELECT reader, count(*) AS answers, count(*) FILTER (WHERE got <> plain) AS wrong FROM answers GROUP BY 1 ORDER BY 1;
-- with types, properties and a filter
SELECT count(*), count(*) FILTER (WHERE got IS DISTINCT FROM plain) AS wrong FROM question q CROSS JOIN LATERAL (
	SELECT array_agg(n.relation ORDER BY n.relation) FROM generate_series(1, 12) s, kg.neighbors(s, types => '{likes}', as_of => q.as_of, known_at => q.known_at, graph => 'two') n) g(got)
	CROSS JOIN LATERAL (SELECT array_agg(n.relation ORDER BY n.relation) FROM generate_series(1, 12) s, kg.neighbors(s, as_of => q.as_of, known_at => q.known_at, filter => 'r.type = 2', properties => '{}', graph => 'two') n) p(plain);

-- An index without expired_at does not serve, whatever is asked.
BEGIN;
DROP INDEX two.relation_source_idx, two.relation_source_known_idx;
CREATE INDEX ON two.relation (source, type) INCLUDE (weight, target, id, valid_from, valid_to);
SELECT reader, index, why FROM kg.explain_traverse(graph => 'two');
SELECT array_agg(neighbor ORDER BY neighbor) FROM kg.neighbors(1, graph => 'two');
ROLLBACK;

-- Tables of a user's own, with dates and timestamps, of which some are null; keys of several kinds
CREATE TABLE two.own AS SELECT id, source, target, weight, CASE WHEN recorded_at > '2019-06-01' THEN recorded_at::date END AS since,
	expired_at::timestamp AS until, CASE type WHEN 1 THEN 'works for' ELSE 'likes' END AS type, valid_from, valid_to FROM two.relation;
CREATE TABLE two.mine AS SELECT id, md5(source::text)::uuid AS s, md5(target::text)::uuid AS t, weight, since, until, type, valid_from, valid_to FROM two.own;
CREATE TABLE two.node (id uuid PRIMARY KEY, n bigint);
INSERT INTO two.node SELECT md5(id::text)::uuid, id FROM two.entity;
CREATE INDEX ON two.own (source) INCLUDE (target, id, weight, valid_from, valid_to, until);
CREATE INDEX ON two.own (target) INCLUDE (source, id, weight, valid_from, valid_to, until, since);
CREATE INDEX ON two.mine (s) INCLUDE (t, id, weight, valid_from, valid_to, until, since);
CREATE INDEX ON two.mine (t) INCLUDE (s, id, weight, valid_from, valid_to, until);
SELECT kg.register_graph('two_own', '[{"table": "two.entity", "key": "id"}]',
	'[{"table": "two.own", "source": "source", "target": "target", "type": "all", "id": "id", "recorded_at": "since", "expired_at": "until", "trust_ends": true}]');
SELECT kg.register_graph('two_mine', '[{"table": "two.node"}]',
	'[{"table": "two.mine", "source": "s", "target": "t", "type": "all", "id": "id", "recorded_at": "since", "expired_at": "until"}]');
SELECT recorded_at_column, expired_at_column FROM kg.edge_table WHERE graph LIKE 'two%' ORDER BY graph;
SELECT leads, reader FROM kg.explain_traverse('both', graph => 'two_own');
SELECT leads, reader, why FROM kg.explain_traverse('both', known_at => now(), graph => 'two_own');
SELECT g.graph, r.reader, count(*) AS answers, count(*) FILTER (WHERE got IS DISTINCT FROM plain) AS wrong
FROM question q, (VALUES ('two_own', 'n.neighbor', 's'), ('two_mine', '(SELECT n FROM two.node WHERE id = n.key::uuid)', 'md5(s::text)::uuid')) g(graph, neighbor, node), (VALUES ('auto'), ('heap'), ('sql')) r(reader),
	LATERAL (SELECT answer(format('SELECT s, %s, n.relation FROM generate_series(1, 12) s, kg.neighbors(%s, REST) n', g.neighbor, g.node),
		format('as_of => %L, known_at => %L, graph => %L', q.as_of, q.known_at, g.graph), r.reader)) a(got),
	LATERAL (SELECT coalesce(string_agg((source, target, id)::text, ' ' ORDER BY (source, target, id)::text), '') FROM two.own o
		WHERE (q.as_of IS NULL OR coalesce(valid_from, '-infinity') <= q.as_of AND coalesce(valid_to > q.as_of, true)) AND
			CASE WHEN q.known_at IS NULL THEN until IS NULL ELSE coalesce(since, '-infinity') <= q.known_at AND coalesce(until > q.known_at, true) END) p(plain)
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*), sum(in_degree) FROM kg.degree(known_at => '2021-03-01', graph => 'two_mine');
SELECT sum((since IS NULL OR since <= '2021-03-01') ::int * (until IS NULL OR until > '2021-03-01')::int) FROM two.own;
SELECT count(*) FROM kg.export_graphml(known_at => '2021-03-01', graph => 'two_mine') l WHERE l ~ '<edge';
SELECT l FROM kg.export_graphml(known_at => '2020-03-15', graph => 'two_own') l WHERE l ~ '<edge id="5"';
-- what such columns may be, and what is asked of tables without them
SELECT kg.register_graph('two_bad', '"two.node"', '[{"table": "two.mine", "source": "s", "target": "t", "recorded_at": "weight"}]');
SELECT kg.register_graph('two_bad', '"two.node"', '[{"table": "two.mine", "source": "s", "target": "t", "expired_at": "none"}]');
SELECT kg.register_graph('two_some', '"two.node"', '[{"table": "two.mine", "source": "s", "target": "t", "type": "a", "expired_at": "until"},
	{"table": "two.mine", "source": "s", "target": "t", "type": "b", "recorded_at": "since"}]');
SELECT count(*) FROM kg.traverse((SELECT id FROM two.node WHERE n = 1), known_at => now(), graph => 'two_some');
SELECT count(*) FROM kg.degree(known_at => now(), graph => 'two_some');
SELECT count(*) FROM kg.export_graphml(known_at => now(), graph => 'two_some');
SELECT kg.to_dot((SELECT id FROM two.node WHERE n = 1), known_at => now(), graph => 'two_some');
SELECT count(*) > 1 FROM kg.traverse((SELECT id FROM two.node WHERE n = 1), types => '{b}', known_at => '2022-01-01', graph => 'two_some');
SELECT count(*) > 1 FROM kg.export_graphml(types => '{b}', known_at => '2022-01-01', graph => 'two_some');
SELECT kg.index_known_at('two_own');

-- A graph from before the columns
SELECT kg.create_graph('two_old');
INSERT INTO two_old.entity_type (name) VALUES ('thing');
INSERT INTO two_old.relation_type (name) VALUES ('to');
INSERT INTO two_old.entity (type, name) VALUES (1, 'a'), (1, 'b'), (1, 'c');
INSERT INTO two_old.relation (source, target, type) VALUES (1, 2, 1), (2, 3, 1);
INSERT INTO two_old.observation (entity, content) VALUES (1, 'o');
ALTER TABLE two_old.relation DROP COLUMN recorded_at, DROP COLUMN expired_at;
ALTER TABLE two_old.observation DROP COLUMN recorded_at, DROP COLUMN expired_at, DROP COLUMN valid_from, DROP COLUMN valid_to;
CREATE INDEX ON two_old.relation (source, type) INCLUDE (weight, target, id, valid_from, valid_to);
PREPARE old(timestamptz) AS SELECT array_agg(entity ORDER BY entity) FROM kg.traverse(1, graph => 'two_old', known_at => $1);
EXECUTE old(NULL);
EXECUTE old(now());
SELECT reader FROM kg.explain_traverse(graph => 'two_old');
SELECT kg.to_jsonl(graph => 'two_old');
SELECT kg.to_jsonl(graph => 'two_old', known_at => now());
SELECT l FROM kg.export_graphml(graph => 'two_old') l WHERE l ~ '<edge';
SELECT count(*) FROM kg.export_graphml(known_at => now(), graph => 'two_old');
SELECT * FROM kg.pagerank(known_at => now(), graph => 'two_old');
SELECT * FROM kg.import_jsonl((SELECT string_agg(l, E'\n') FROM kg.to_jsonl(graph => 'two_old') l), 'two_old');
SELECT kg.index_known_at('two_old');
SET client_min_messages = notice;
SELECT * FROM kg.import_csv(E'id\na\nb', E'source,target,type,expired_at\na,b,was,2020-01-01\nb,a,is,', 'two_old');
SET client_min_messages = warning;
SELECT kg.upgrade_graph('two_old');
EXECUTE old(now());
UPDATE two_old.relation SET expired_at = now() WHERE source = 2;
EXECUTE old(NULL);
EXECUTE old('2020-01-01');
SELECT kg.index_known_at(NULL);

-- Plans that are kept, and the custom scan
PREPARE known(timestamptz) AS SELECT count(*) FROM kg.traverse(1, 1, graph => 'two', known_at => $1);
SET plan_cache_mode = force_generic_plan;
EXECUTE known('2020-03-15');
EXECUTE known('2020-05-01');
EXECUTE known(NULL);
RESET plan_cache_mode;
EXPLAIN (COSTS OFF, VERBOSE) SELECT entity FROM kg.traverse(1, graph => 'two', known_at => '2020-03-15');
SELECT q.known_at, t.n FROM question q, LATERAL (SELECT count(*) FROM kg.traverse(1, 1, graph => 'two', known_at => q.known_at)) t(n) WHERE q.as_of IS NULL ORDER BY 1;

-- Observations, and what imports take for the same
UPDATE two.observation SET content = content;
INSERT INTO two.observation (entity, content, expired_at) VALUES (1, 'is known', NULL), (1, 'was known', now());
SELECT l FROM kg.to_jsonl(ARRAY[1, 5], graph => 'two') l;
SELECT * FROM kg.import_jsonl($$
{"type": "entity", "name": "Ada", "entityType": "thing", "observations": ["is known", "was known"]}
{"type": "relation", "from": "Ada", "to": "Core", "relationType": "works for"}
{"type": "relation", "from": "Ada", "to": "Bolt", "relationType": "works for"}$$, 'two');
SELECT l FROM kg.to_jsonl(ARRAY[1, 5], graph => 'two') l;
-- The file of each time has the relations that were known then, and observations
SELECT q.known_at, (SELECT count(*) FROM two.relation r WHERE r.recorded_at <= q.known_at AND (r.expired_at IS NULL OR r.expired_at > q.known_at)) =
	(SELECT count(*) FROM kg.to_jsonl(graph => 'two', rename => true, known_at => q.known_at) l WHERE l::jsonb ->> 'type' = 'relation') AS relations,
	(SELECT count(*) FROM two.observation o WHERE o.recorded_at <= q.known_at AND (o.expired_at IS NULL OR o.expired_at > q.known_at)) =
	(SELECT sum(jsonb_array_length(l::jsonb -> 'observations')) FROM kg.to_jsonl(graph => 'two', rename => true, known_at => q.known_at) l WHERE l::jsonb ->> 'type' = 'entity') AS observations
FROM (SELECT DISTINCT known_at FROM question WHERE known_at IS NOT NULL UNION SELECT 'infinity') q ORDER BY 1;
UPDATE two.observation SET recorded_at = '2020-01-01', expired_at = '2021-01-01' WHERE content = 'was known';
SELECT l FROM kg.to_jsonl(ARRAY[1], graph => 'two', known_at => '2020-06-01') l WHERE l::jsonb ->> 'type' = 'entity';

-- There and back: nothing is new, and a copy knows the same of each time
CREATE FUNCTION graphml(graph text, known_at timestamptz) RETURNS text LANGUAGE sql AS
	'SELECT string_agg(l, E''\n'') FROM kg.export_graphml(graph => $1, known_at => $2) l';
SELECT count(*), sum(i.entities) AS entities, sum(i.relations) AS relations
FROM (SELECT DISTINCT known_at FROM question) q, kg.import_graphml(graphml('two', q.known_at), 'two') i;
SELECT kg.create_graph('two_copy');
SELECT known_at, i.* FROM (SELECT DISTINCT known_at FROM question ORDER BY 1) q, kg.import_graphml(graphml('two', q.known_at), 'two_copy') i ORDER BY 1;
SELECT count(*) FROM (SELECT source, target, weight, valid_from, valid_to, recorded_at, expired_at FROM two_copy.relation
	EXCEPT ALL SELECT source, target, weight, valid_from, valid_to, recorded_at, expired_at FROM two.relation) d;
SELECT * FROM kg.import_csv(NULL, NULL, 'two_copy');

-- Columns that a role must have the right to read
CREATE ROLE regress_kg_two;
GRANT USAGE ON SCHEMA two TO regress_kg_two;
GRANT SELECT ON two.entity, two.relation_type, two.entity_type TO regress_kg_two;
GRANT SELECT (id, source, target) ON two.relation TO regress_kg_two;
SET ROLE regress_kg_two;
SELECT count(*) FROM kg.traverse(1, graph => 'two');
SELECT count(*) FROM kg.degree(graph => 'two');
SELECT count(*) FROM kg.to_jsonl(graph => 'two');
RESET ROLE;
GRANT SELECT (expired_at) ON two.relation TO regress_kg_two;
SET ROLE regress_kg_two;
SELECT count(*) > 1 FROM kg.traverse(1, graph => 'two');
SELECT count(*) > 1 FROM kg.degree(graph => 'two');
SELECT count(*) FROM kg.traverse(1, known_at => now(), graph => 'two');
SELECT count(*) FROM kg.degree(known_at => now(), graph => 'two');
SELECT count(*) FROM kg.export_graphml(known_at => now(), graph => 'two');
SELECT count(*) > 1 FROM kg.export_graphml(graph => 'two');
RESET ROLE;

DROP OWNED BY regress_kg_two;
DROP ROLE regress_kg_two;
SELECT kg.drop_graph(g) FROM unnest('{two_own,two_mine,two_some}'::text[]) g;
DROP TABLE two.own, two.mine, two.node;
SELECT kg.drop_graph(g) FROM unnest('{two_copy,two_old,two_plain,two}'::text[]) g;
DROP TABLE question, call, answers;
DROP FUNCTION fill, answer, ask_all, graphml;
