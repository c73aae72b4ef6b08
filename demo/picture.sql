-- What up to two steps lead to from "violin" and "guitar", for Graphviz.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set noun '{"pos": "noun", "sense": 1}'
SELECT kg.to_dot(array_agg(id), 2, 'out', types => '{hypernym,part_meronym,derivationally_related}')
FROM kg.entity
WHERE name IN ('violin', 'guitar') AND properties @> :'noun';
