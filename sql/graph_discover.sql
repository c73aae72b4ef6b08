--
-- kg.discover: a proposal from foreign keys, which runs as it is
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA graph_disc;
CREATE SCHEMA "graph Disc";
SET search_path = graph_disc;

SELECT kg.discover('graph_disc');
SELECT kg.discover('nowhere');
CREATE TABLE alone (id int PRIMARY KEY);
SELECT kg.discover();

CREATE TABLE country (code text PRIMARY KEY, title text);
CREATE TABLE city (id int PRIMARY KEY, name text, country text NOT NULL REFERENCES country);
CREATE TABLE person (id bigint PRIMARY KEY, name varchar(50), born_in_id int REFERENCES city, spouse_id bigint REFERENCES person, note text, a text, b text, c text);
CREATE TABLE knows (a bigint REFERENCES person, b bigint REFERENCES person, since date, PRIMARY KEY (a, b));
CREATE TABLE visited (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person bigint NOT NULL REFERENCES person, city int NOT NULL REFERENCES city, type text, weight real, valid_from date, valid_to date);
-- refers to two tables, but is much more than an edge
CREATE TABLE letter (id uuid PRIMARY KEY, sender bigint REFERENCES person, sent_from int REFERENCES city, subject text, body text, stamp text, colour text, sent date);
-- referred to by something else than its primary key; without any key; partitions
CREATE TABLE currency (id int PRIMARY KEY, iso text UNIQUE NOT NULL, name text);
CREATE TABLE price (id int PRIMARY KEY, currency text REFERENCES currency (iso));
CREATE TABLE heap (city int REFERENCES city, x text, y text, z text, u text, v text);
CREATE TABLE event (id bigint, city int REFERENCES city, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
\pset format unaligned
\pset tuples_only on
SELECT kg.discover();
SELECT kg.discover() AS proposal \gset
\pset tuples_only off
\pset format aligned
:proposal
INSERT INTO country VALUES ('fr', 'France'), ('de', 'Germany');
INSERT INTO city VALUES (1, 'Paris', 'fr'), (2, 'Berlin', 'de');
INSERT INTO person (id, name, born_in_id) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', NULL);
UPDATE person SET spouse_id = 2 WHERE id = 1;
INSERT INTO knows VALUES (2, 3);
INSERT INTO visited (person, city, type) VALUES (3, 1, 'often');
INSERT INTO letter (id, sender, sent_from) VALUES ('00000000-0000-0000-0000-000000000001', 3, 2);
SELECT key, depth FROM kg.traverse('{person:1}', NULL, graph => 'graph_disc') ORDER BY depth, key;
SELECT key, type_name, outgoing FROM kg.neighbors('person:3', 'both', graph => 'graph_disc') ORDER BY key;
SELECT kg.drop_graph('graph_disc');

-- Names that need quotes, in SQL and in JSON
CREATE TABLE "graph Disc"."a ""node""" ("the 'key'" uuid PRIMARY KEY);
CREATE TABLE "graph Disc"."Edge's" ("from" uuid REFERENCES "graph Disc"."a ""node""", "to" uuid REFERENCES "graph Disc"."a ""node""");
\pset format unaligned
\pset tuples_only on
SELECT kg.discover('graph Disc');
SELECT kg.discover('graph Disc') AS proposal \gset
\pset tuples_only off
\pset format aligned
:proposal
SELECT key_column, source_column, type FROM kg.node_table JOIN kg.edge_table USING (graph);
INSERT INTO "graph Disc"."a ""node""" SELECT md5(i::text)::uuid FROM generate_series(1, 3) i;
INSERT INTO "graph Disc"."Edge's" VALUES (md5('1')::uuid, md5('2')::uuid), (md5('2')::uuid, md5('3')::uuid);
SELECT key, depth FROM kg.traverse(ARRAY[md5('1')::uuid], types => ARRAY['Edge''s'], graph => 'graph Disc', filter => 't."the ''key''" IS NOT NULL') ORDER BY depth;
SELECT key, type_name FROM kg.neighbors(md5('3')::uuid, 'in', graph => 'graph Disc');
SELECT key, in_degree, out_degree FROM kg.degree(graph => 'graph Disc') ORDER BY in_degree, out_degree;
SELECT jsonb_array_length(nodes), jsonb_array_length(edges) FROM kg.subgraph(ARRAY[md5('1')], graph => 'graph Disc');
SELECT count(*) FROM kg.export_graphml(graph => 'graph Disc');
SELECT kg.drop_graph('graph Disc');
DROP SCHEMA graph_disc, "graph Disc" CASCADE;
