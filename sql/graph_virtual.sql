-- Columns that queries compute, so that rows do not hold their values: virtual
-- generated columns, which PostgreSQL has since 18; before, stored ones
SET search_path = kg, public;
SET client_min_messages = warning;
SELECT CASE WHEN current_setting('server_version_num')::int < 180000 THEN 'STORED' ELSE 'VIRTUAL' END AS generated \gset
CREATE TABLE virtual_node (id int PRIMARY KEY);
INSERT INTO virtual_node SELECT generate_series(1, 4);
CREATE TABLE virtual_edge (no int, s int, before int,
	t int GENERATED ALWAYS AS (before + 1) :generated,
	w float8 GENERATED ALWAYS AS (no * 0.5::float8) :generated,
	kind text GENERATED ALWAYS AS (CASE WHEN no < 4 THEN 'a' ELSE 'b' END) :generated,
	valid_to date GENERATED ALWAYS AS ('2020-01-01'::date + no) :generated);
INSERT INTO virtual_edge (no, s, before) VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 1, 3);
CREATE INDEX ON virtual_edge (s);
SELECT kg.register_graph('virtual', '["virtual_node"]', '[{"table": "virtual_edge", "source": "s",
	"target": "t", "id": "no", "weight": "w", "type_column": "kind", "valid_to": "valid_to"}]');
SELECT entity, depth, parent, relation FROM kg.traverse('{1}', as_of => '2019-01-01', graph => 'virtual') ORDER BY entity;
SELECT entity, depth, parent, relation FROM kg.traverse('{1}', types => '{a}', as_of => '2019-01-01', graph => 'virtual') ORDER BY entity;
SELECT entity FROM kg.traverse('{1}', as_of => '2020-01-04 12:00', graph => 'virtual') ORDER BY entity;
SELECT max(cost) FROM kg.shortest_path(1, 4, as_of => '2019-01-01', weighted => true, graph => 'virtual');
SELECT neighbor, relation, type, weight FROM kg.neighbors(1, as_of => '2019-01-01', graph => 'virtual') ORDER BY relation;
SELECT kg.drop_graph('virtual');
DROP TABLE virtual_edge, virtual_node;
