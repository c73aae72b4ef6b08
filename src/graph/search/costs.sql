-- Costs from one end, totals along all paths, traversals page by page; with the rights, the
-- snapshot and the arguments of those in traverse.sql

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
COMMENT ON FUNCTION distances(anycompatible, double precision, text, text[], timestamptz, integer, text, jsonb, text, boolean) IS
	'the entities that a path of at most max_cost leads to from the start (driving distance), each once, nearest first: '
	'with the least cost, the entity and the relation before it on that path, and the source, the entity of the start that it begins at; '
	'cost: the sum of weights, of which a null counts 1 and a negative one is an error, or the number of relations if not weighted; '
	'max_nodes: stop after so many rows; the other arguments are those of kg.traverse';

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
	OUT source bigint,
	OUT target bigint,
	OUT cost double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_cost_matrix'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 50000 ROWS 100;
COMMENT ON FUNCTION cost_matrix(anycompatible, anycompatible, double precision, text, text[], timestamptz, text, jsonb, text, boolean) IS
	'the least cost from each of the sources to each of the targets, a row for each pair that a path of at most max_cost leads between; '
	'one search a source, which ends when it has reached all targets; the other arguments are those of kg.distances';

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
	OUT entity bigint,
	OUT total double precision,
	OUT paths double precision,
	OUT minimum double precision,
	OUT maximum double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_path_totals'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION path_totals(anycompatible, integer, text, text[], timestamptz, text, text, jsonb, text) IS
	'for each entity that the start reaches, over all paths to it: the total of the products of weights along each (bill of materials), '
	'or of their sums with along sum, the number of paths, and the least and the greatest of the products or sums; a null weight counts 1; '
	'a cycle is an error, unless max_depth is given: then ways of at most so many relations count, round cycles too; '
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
COMMENT ON FUNCTION traverse_page(anycompatible, integer, text, text[], timestamptz, integer, text, jsonb, text, integer, text) IS
	'the rows of kg.traverse a page of max_rows at a time, by depth and within a depth by entity '
	'(by the node table and the key, numbers as such and texts by their bytes), '
	'with the first of the parents in that order and the first of its relations; '
	'after_depth and after: the depth and the entity, or the key, of the last row of the page before';
