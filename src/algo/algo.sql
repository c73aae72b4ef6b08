-- Algorithms on whole graphs, as the current user sees them with the current snapshot.
-- They take memory within maintenance_work_mem, so no parallel worker runs them.

CREATE FUNCTION entity_rows(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_entity_rows'
	LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION entity_rows(internal) IS
	'planner support: the number of entities in the graph that is the last argument';

CREATE FUNCTION degree(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT in_degree bigint,
	OUT out_degree bigint,
	OUT degree bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_degree'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION degree(text[], timestamptz, text) IS
	'for each entity, the number of relations that lead to it and from it; one from an entity '
	'to itself counts as both; types: names of relation types, null for all; as_of: only '
	'relations valid then, null for all';

CREATE FUNCTION pagerank(
	damping double precision DEFAULT 0.85,
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_pagerank'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION pagerank(double precision, integer, double precision, text, text[], timestamptz, boolean, text) IS
	'PageRank: the part of its time that a random walk spends at each entity, if at each step '
	'it goes on with probability damping and else starts anywhere; stops when all scores '
	'together change by no more than tolerance, or after max_iterations; direction: out '
	'(source to target), in or both; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all; weighted: by relation.weight, else each '
	'relation counts 1';

CREATE FUNCTION personalized_pagerank(
	seeds anycompatible,
	damping double precision DEFAULT 0.85,
	epsilon double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_personalized_pagerank'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION personalized_pagerank(anycompatible, double precision, double precision, text, text[], timestamptz, boolean, text) IS
	'PageRank of a random walk that starts again at one of the seeds, by local push: reads '
	'only what is near them; an entity is left with less than epsilon a relation of what it '
	'should have passed on, so a smaller epsilon is more exact and takes longer; direction: '
	'out (source to target), in or both; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all; weighted: by relation.weight, else each '
	'relation counts 1';

CREATE FUNCTION connected_components(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT component bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_connected_components'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION connected_components(text[], timestamptz, text) IS
	'weakly connected components: entities that relations connect, whatever their direction; '
	'a component is called after its least entity; types: names of relation types, null for '
	'all; as_of: only relations valid then, null for all';

CREATE FUNCTION strongly_connected_components(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT component bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_strongly_connected_components'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION strongly_connected_components(text[], timestamptz, text) IS
	'strongly connected components: entities of which each reaches each, from source to '
	'target; a component is called after its least entity; types: names of relation types, '
	'null for all; as_of: only relations valid then, null for all';

CREATE FUNCTION label_propagation(
	max_iterations integer DEFAULT 100,
	seed bigint DEFAULT 0,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT community bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_label_propagation'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION label_propagation(integer, bigint, text[], timestamptz, boolean, text) IS
	'communities by label propagation, whatever the direction of relations: quick and rough; '
	'a community is called after its least entity; the same for the same seed; types: names '
	'of relation types, null for all; as_of: only relations valid then, null for all; '
	'weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION leiden(
	resolution double precision DEFAULT 1,
	seed bigint DEFAULT 0,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	OUT level integer,
	OUT entity bigint,
	OUT community bigint,
	OUT modularity double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_leiden'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION leiden(double precision, bigint, text[], timestamptz, boolean, text) IS
	'communities by the Leiden algorithm, whatever the direction of relations: from level 1 '
	'with the smallest communities, which are connected, to the last, the result; those of a '
	'level are unions of those of the level before; modularity is that of the level; a higher '
	'resolution makes more and smaller communities; the same for the same seed; types: names '
	'of relation types, null for all; as_of: only relations valid then, null for all; '
	'weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION triangles(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT triangles bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_triangles'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION triangles(text[], timestamptz, text) IS
	'for each entity, the number of pairs of its neighbors that are neighbors; neither '
	'directions nor parallel relations matter; types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all';

CREATE FUNCTION clustering_coefficient(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT coefficient double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_clustering_coefficient'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION clustering_coefficient(text[], timestamptz, text) IS
	'for each entity, the part of the pairs of its neighbors that are neighbors, 0 if there '
	'are no pairs; neither directions nor parallel relations matter; types: names of relation '
	'types, null for all; as_of: only relations valid then, null for all';

CREATE FUNCTION core_numbers(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT core bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_core_numbers'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION core_numbers(text[], timestamptz, text) IS
	'for each entity, the largest k so that it is among entities that each have k neighbors '
	'among themselves; neither directions nor parallel relations matter; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all';

CREATE FUNCTION betweenness(
	samples integer DEFAULT NULL,
	normalized boolean DEFAULT true,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_betweenness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION betweenness(integer, boolean, bigint, text, text[], timestamptz, text) IS
	'betweenness centrality: the part of all shortest paths between others that lead through '
	'an entity; samples: estimate it from so many sources chosen at random, null for all; '
	'normalized: as a part of all pairs, else as a number of pairs; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all';

CREATE FUNCTION node_similarity(
	entities anycompatible DEFAULT NULL,
	others anycompatible DEFAULT NULL,
	k integer DEFAULT 10,
	measure text DEFAULT 'jaccard',
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT other bigint,
	OUT score double precision,
	OUT key text,
	OUT other_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_node_similarity'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION node_similarity(anycompatible, anycompatible, integer, text, text, text[], timestamptz, text) IS
	'for each of the entities, the k others most like it by the neighbors they share, best '
	'first; null entities or others: all, null k: every one that shares any; measure: '
	'jaccard, overlap, adamic_adar, common_neighbors or resource_allocation; direction: out '
	'(source to target), in or both; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all';

CREATE FUNCTION link_prediction(
	entities anycompatible DEFAULT NULL,
	others anycompatible DEFAULT NULL,
	k integer DEFAULT 10,
	measure text DEFAULT 'adamic_adar',
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	OUT entity bigint,
	OUT other bigint,
	OUT score double precision,
	OUT key text,
	OUT other_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_link_prediction'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION link_prediction(anycompatible, anycompatible, integer, text, text, text[], timestamptz, text) IS
	'as kg.node_similarity, but only pairs without a relation between them, which the score '
	'suggests; direction: out (source to target), in or both; types: names of relation types, '
	'null for all; as_of: only relations valid then, null for all';
