-- Six questions to WordNet.  psql shows each, its answer and its time.
\unset ECHO
\set noun '{"pos": "noun", "sense": 1}'
SELECT id AS violin FROM kg.entity WHERE name = 'violin' AND properties @> :'noun' \gset
SELECT id AS dog FROM kg.entity WHERE name = 'dog' AND properties @> :'noun' \gset
SELECT id AS cat FROM kg.entity WHERE name = 'cat' AND properties @> :'noun' \gset
SELECT id AS car FROM kg.entity WHERE name = 'car' AND properties @> :'noun' \gset

\pset footer off
\echo
\echo The entities asked about are the first noun senses of violin (:violin),
\echo dog (:dog), cat (:cat) and car (:car).
\timing on
\set ECHO queries

\echo
\echo '1. The ten synsets nearest to "violin" by meaning'
\echo
SELECT name, left(properties->>'gloss', 60) AS gloss
FROM kg.entity
ORDER BY embedding <=> (SELECT embedding FROM kg.entity WHERE id = :violin)
LIMIT 10;

EXPLAIN (COSTS OFF)
SELECT name, left(properties->>'gloss', 60) AS gloss
FROM kg.entity
ORDER BY embedding <=> (SELECT embedding FROM kg.entity WHERE id = :violin)
LIMIT 10;

\echo
\echo '2. What a dog is: the hypernyms of "dog"'
\echo
SELECT t.depth, e.name, left(e.properties->>'gloss', 60) AS gloss
FROM kg.traverse(ARRAY[:dog], 20, types => ARRAY['hypernym']) AS t
JOIN kg.entity AS e ON e.id = t.entity
ORDER BY t.depth, e.name;

\echo
\echo '3. What a car has: everything within two meronym hops of "car"'
\echo
SELECT t.depth, part.name AS part, whole.name AS whole
FROM kg.traverse(ARRAY[:car], 2,
				 types => ARRAY['part_meronym', 'member_meronym', 'substance_meronym']) AS t
JOIN kg.entity AS part ON part.id = t.entity
JOIN kg.entity AS whole ON whole.id = t.parent
ORDER BY t.depth, whole.name, part.name;

\echo
\echo '4. From "dog" to "cat": the shortest path'
\echo
SELECT p.step, rt.name AS relation, e.name
FROM kg.shortest_path(:dog, :cat) AS p
JOIN kg.entity AS e ON e.id = p.entity
LEFT JOIN kg.relation AS r ON r.id = p.relation
LEFT JOIN kg.relation_type AS rt ON rt.id = r.type
ORDER BY p.step;

\echo
\echo '5. Near "dog" by meaning and within three hops of it'
\echo
SELECT e.name, t.depth, round(n.distance::numeric, 3) AS distance,
	   left(e.properties->>'gloss', 50) AS gloss
FROM kg.knn((SELECT embedding FROM kg.entity WHERE id = :dog), 100) AS n
JOIN kg.traverse(ARRAY[:dog], 3, 'both') AS t ON t.entity = n.entity
JOIN kg.entity AS e ON e.id = n.entity
ORDER BY n.distance
LIMIT 10;

\echo
\echo '6. "a bowed instrument tuned lower", near "violin" by words, meaning and graph, and why'
\echo
SELECT s.name, s.text_rank AS text, s.embedding_rank AS meaning, s.graph_rank AS graph,
	   left(s.content, 40) AS gloss,
	   (SELECT string_agg(format('%s %s %s', p->>'source_name', p->>'type', p->>'target_name'), ', ' ORDER BY n)
		FROM jsonb_array_elements(s.why->'graph'->'path') WITH ORDINALITY AS a(p, n)) AS why
FROM kg.search('a bowed instrument tuned lower',
			   (SELECT embedding FROM kg.entity WHERE id = :violin),
			   seeds => ARRAY[:violin], legs => '{"name": 0}', k => 5) AS s;
