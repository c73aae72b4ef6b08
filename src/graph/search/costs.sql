-- Costs from one end, totals along all paths, traversals page by page.  Rights, snapshot and
-- arguments are as for the functions in traverse.sql.

CREATE FUNCTION distances(
	start anycompatible,
	max_cost double precision DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_nodes integer DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT true,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT cost double precision,
	OUT parent bigint,
	OUT relation bigint,
	OUT source bigint,
	OUT key text,
	OUT parent_key text,
	OUT source_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_distances'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000
	SUPPORT traverse_rows;
COMMENT ON FUNCTION distances(anycompatible, double precision, text, text[], timestamptz, integer, text, jsonb, text, boolean, timestamptz) IS
	'the entities within max_cost of the start (driving distance), each once, nearest first, with the least cost, '
	'the entity and the relation before it on a path of this cost, and the source, which is the entity of the start where this path begins; '
	'cost: the sum of weights, where a null weight counts 1 and a negative one is an error, or the number of relations if not weighted; '
	'max_nodes: stop after this many rows; the other arguments are those of kg.traverse';

CREATE FUNCTION cost_matrix(
	sources anycompatible,
	targets anycompatible,
	max_cost double precision DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	weighted boolean DEFAULT true,
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT cost double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_cost_matrix'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 100;
COMMENT ON FUNCTION cost_matrix(anycompatible, anycompatible, double precision, text, text[], timestamptz, text, jsonb, text, boolean, timestamptz) IS
	'the least cost from each source to each target, a row for each pair whose cost is at most max_cost; '
	'there is one search for each source, which ends when it has reached all targets; the other arguments are those of kg.distances';

CREATE FUNCTION path_totals(
	start anycompatible,
	max_depth integer DEFAULT NULL,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	along text DEFAULT 'product',
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT total double precision,
	OUT paths double precision,
	OUT minimum double precision,
	OUT maximum double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_path_totals'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION path_totals(anycompatible, integer, text, text[], timestamptz, text, text, jsonb, text, timestamptz) IS
	'for each entity that can be reached from the start, over all paths to it: the total of the products of the weights along each path '
	'(bill of materials), the number of paths, and the least and the greatest product; along: product, or sum for sums of weights '
	'instead of products; a null weight counts 1; '
	'a cycle is an error unless max_depth is given: then paths of at most max_depth relations count, with repetition, so also around cycles; '
	'the other arguments are those of kg.traverse';

CREATE FUNCTION traverse_page(
	start anycompatible,
	max_depth integer DEFAULT 3,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	max_rows integer DEFAULT 100,
	graph text DEFAULT 'kg',
	properties jsonb DEFAULT NULL,
	filter text DEFAULT NULL,
	after_depth integer DEFAULT NULL,
	after text DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT depth integer,
	OUT parent bigint,
	OUT relation bigint,
	OUT key text,
	OUT parent_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_traverse_page'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100
	SUPPORT traverse_rows;
COMMENT ON FUNCTION traverse_page(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, integer, text, timestamptz) IS
	'the rows of kg.traverse, a page of max_rows at a time, ordered by depth and then by entity (by '
	'the node table and the key, numbers as such and texts by their bytes), each with the first '
	'possible parent in this order and the first relation from it; after_depth and after: the depth '
	'and the entity, or the key, of the last row of the previous page; known_at: what was known then, '
	'null for now';
