-- Nodes as text

-- These functions set no search_path, so that the planner inlines them.
CREATE FUNCTION node(label text, key anycompatible) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
AS $function$
	SELECT label OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) key::pg_catalog.text
$function$;
COMMENT ON FUNCTION node(text, anycompatible) IS
	'the node with this key in the node table of this label, as functions take and return it where a graph has several node tables';

CREATE FUNCTION node_label(node text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
	SELECT pg_catalog.split_part(node, ':', 1)
$function$;
COMMENT ON FUNCTION node_label(text) IS
	'the label in a node of a graph with several node tables, as functions return it in the column key';

CREATE FUNCTION node_key(node text, label text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
	SELECT CASE WHEN pg_catalog.starts_with(node, label OPERATOR(pg_catalog.||) ':')
		THEN pg_catalog.substr(node, pg_catalog.length(label) OPERATOR(pg_catalog.+) 2) END
$function$;
COMMENT ON FUNCTION node_key(text, text) IS
	'the key in a node of the node table with this label, null for a node of another table: '
	'c.id = kg.node_key(t.key, ''city'')::int joins the table city to the column key that functions return, by the index on its key';

-- Traversals: they see the graph as the current user does, with the current snapshot.
-- They are not parallel safe.  A parallel worker can neither read a temporary table that a policy,
-- a view or a filter uses, nor see the transaction's changes on a foreign server.

CREATE FUNCTION traverse_rows(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_traverse_rows'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION traverse_rows(internal) IS
	'planner support: the estimate of rows is at most max_nodes';

CREATE FUNCTION traverse(
	start anycompatible,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT depth integer,
	OUT parent bigint,
	OUT relation bigint,
	OUT key text,
	OUT parent_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_traverse'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000
	SUPPORT traverse_rows;
COMMENT ON FUNCTION traverse(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'breadth-first search: the entities within max_depth relations of the start, each once, at its least depth, with a relation by which '
	'it is reached at this depth and the parent, the entity where this relation comes from; direction: out (source to target), in or '
	'both; types: names of relation types, null for all; as_of: only relations valid at this time, null for all; known_at: what was known '
	'then, null for now; max_nodes: stop after this many rows, nearest first; properties: only relations whose properties contain these; '
	'filter: only relations for which this SQL expression is true, with r for the relation, s for the entity at its source and t for the '
	'entity at its target; nodes are given as integers, or in registered graphs by their keys as uuid or text, as label:key if there are '
	'several node tables (kg.node makes this form); then the column key has the entity in this form, and entity and parent, which are '
	'integers, are null: kg.node_key gives the key to join tables by';

CREATE FUNCTION neighborhood(
	start anycompatible,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'kg_neighborhood'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION neighborhood(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'the entities that kg.traverse returns for these arguments, nearest first, as an array: several times faster than rows';

CREATE FUNCTION neighbors(
	entity anycompatible,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_rows integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT neighbor bigint,
	OUT relation bigint,
	OUT type integer,
	OUT weight double precision,
	OUT outgoing boolean,
	OUT type_name text,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_neighbors'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 10;
COMMENT ON FUNCTION neighbors(anycompatible, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'the relations of an entity, one row each, with the entity at the other end; with direction both, '
	'a relation of an entity to itself comes as outgoing and as incoming; the type is in type_name in '
	'registered graphs, else in type; key: the neighbor, as in kg.traverse; known_at: what was known '
	'then, null for now';

CREATE FUNCTION subgraph(
	start anycompatible,
	max_depth integer DEFAULT 2,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT 1000,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT nodes jsonb,
	OUT edges jsonb,
	OUT truncated boolean
)
	AS 'MODULE_PATHNAME', 'kg_subgraph'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000;
COMMENT ON FUNCTION subgraph(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, timestamptz) IS
	'the surroundings of the start, as arrays of objects: the entities that kg.traverse finds for these arguments, by depth, '
	'and all relations between them that match types, as_of, known_at, properties and filter; id of an entity, source and '
	'target have the form in which functions take nodes; truncated: there are more than max_nodes entities';

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
	weighted boolean DEFAULT false,
	known_at timestamptz DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT relation bigint,
	OUT cost double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_shortest_path'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 5;
COMMENT ON FUNCTION shortest_path(anycompatible, anycompatible, integer, text, text[], timestamptz, text, jsonb, text, boolean, timestamptz) IS
	'a path of the fewest relations from source (step 0) to target, a row for each entity with the relation that leads to it; no '
	'row if no path has at most max_depth relations; source and target may be arrays: a shortest path from any source to any '
	'target; weighted: a path of the least sum of weights, where a null weight counts 1 and a negative one is an error; cost: '
	'the number of relations up to this step or, if weighted, the sum of their weights; key: the entity, as in kg.traverse; '
	'known_at: what was known then, null for now';

CREATE FUNCTION reachable(
	source anycompatible,
	target anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL
) RETURNS boolean
	AS 'MODULE_PATHNAME', 'kg_reachable'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION reachable(anycompatible, anycompatible, integer, text, text[], timestamptz, text, jsonb, text, timestamptz) IS
	'is there a path from source to target of at most max_depth relations? '
	'there is one from each existing entity to itself; the arguments are those of kg.shortest_path; with arrays, from any source to any target';

CREATE FUNCTION all_shortest_paths(
	source anycompatible,
	target anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_paths integer DEFAULT 1000,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT false,
	known_at timestamptz DEFAULT NULL,
	OUT nodes bigint[],
	OUT relations bigint[],
	OUT length integer,
	OUT cost double precision,
	OUT keys text[]
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_all_shortest_paths'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 20000 ROWS 10;
COMMENT ON FUNCTION all_shortest_paths(anycompatible, anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, boolean, timestamptz) IS
	'all paths from source to target of the fewest relations or, if weighted, of the least sum of weights; '
	'paths through the same entities by different relations are different paths; '
	'source and target may be arrays: all paths from any source to any target that are as short as the shortest; '
	'a notice says if there are more than max_paths; the other arguments are those of kg.shortest_path';

CREATE FUNCTION k_shortest_paths(
	source anycompatible,
	target anycompatible,
	k integer DEFAULT 3,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT false,
	known_at timestamptz DEFAULT NULL,
	OUT nodes bigint[],
	OUT relations bigint[],
	OUT length integer,
	OUT cost double precision,
	OUT keys text[]
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_k_shortest_paths'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 3;
COMMENT ON FUNCTION k_shortest_paths(anycompatible, anycompatible, integer, integer, text, text[], timestamptz, text, jsonb, text, boolean, timestamptz) IS
	'the k shortest paths from source to target that visit no entity twice, the shortest first; '
	'paths through the same entities by different relations are different paths; '
	'source and target are single entities; the other arguments are those of kg.shortest_path';

CREATE FUNCTION paths(
	source anycompatible,
	target anycompatible DEFAULT NULL,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	uniqueness text DEFAULT 'node',
	max_paths integer DEFAULT 1000,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT nodes bigint[],
	OUT relations bigint[],
	OUT length integer,
	OUT keys text[]
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_paths'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 100;
COMMENT ON FUNCTION paths(anycompatible, anycompatible, integer, text, text[], timestamptz, text, integer, text, jsonb, text, timestamptz) IS
	'all paths of at most max_depth relations from source to target, or to any entity if target is null (single entities, no arrays), '
	'depth first in the order of entities and relations; the path of no relations is one of them; '
	'uniqueness: a path has no entity twice (node) or no relation twice (edge); '
	'a notice says if there are more than max_paths; the other arguments are those of kg.traverse';
