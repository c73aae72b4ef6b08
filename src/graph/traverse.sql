-- Traversals, as the current user sees the graph with the current snapshot

CREATE FUNCTION traverse(
	start anycompatiblearray,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	OUT entity bigint,
	OUT depth integer,
	OUT parent bigint,
	OUT relation bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_traverse'
	LANGUAGE C STABLE PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION traverse(anycompatiblearray, integer, text, text[], timestamptz, integer, text, jsonb, text) IS
	'breadth-first search: the entities within max_depth relations of the start, each once, '
	'at its least depth, with a relation that reaches it there and the entity it comes from; '
	'direction: out (source to target), in or both; types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; max_nodes: stop after so many rows, nearest first; '
	'properties: only relations whose properties contain these; filter: only relations of which this SQL expression '
	'holds, over the relation r, the entity s at its source and the entity t at its target; '
	'nodes are given as integers, or in registered graphs by their keys as uuid or text, label:key if '
	'there are several node tables; key is the entity in that form, null if entity is the key, and '
	'else the numbers of entities mean something within this result only';

CREATE FUNCTION neighbors(
	entity anycompatible,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_rows integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	OUT neighbor bigint,
	OUT relation bigint,
	OUT type integer,
	OUT weight real,
	OUT outgoing boolean,
	OUT type_name text,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_neighbors'
	LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION neighbors(anycompatible, text, text[], timestamptz, integer, text, jsonb, text) IS
	'the relations of an entity, one row each, with the entity at the other end; '
	'with direction both, a relation of an entity to itself comes as outgoing and as incoming; '
	'in registered graphs types are told by type_name, else by type; key: the neighbor, as in kg.traverse';

CREATE FUNCTION shortest_path(
	source anycompatible,
	target anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT relation bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_shortest_path'
	LANGUAGE C STABLE PARALLEL SAFE COST 10000 ROWS 5;
COMMENT ON FUNCTION shortest_path(anycompatible, anycompatible, integer, text, text[], timestamptz, text, jsonb, text) IS
	'a path of the fewest relations from source (step 0) to target, each entity with the relation '
	'that leads to it; no row if there is none of at most max_depth relations; key: the entity, as in kg.traverse';
