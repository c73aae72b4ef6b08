-- Algorithms on whole graphs, as the current user sees them with the current snapshot.
-- Their memory is within maintenance_work_mem, so no parallel worker runs them.

CREATE FUNCTION entity_rows(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'kg_entity_rows'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION entity_rows(internal) IS
	'planner support: the number of entities in the graph that is the last argument but one';

CREATE FUNCTION degree(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT in_degree bigint,
	OUT out_degree bigint,
	OUT degree bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_degree'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION degree(text[], timestamptz, text, timestamptz) IS
	'for each entity, the number of relations to it and from it; a relation from an entity to '
	'itself counts as both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION pagerank(
	damping double precision DEFAULT 0.85,
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_pagerank'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION pagerank(double precision, integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'PageRank: the fraction of time that a random walk spends at each entity, if at each step it '
	'goes on with probability damping and else starts again anywhere; stops when the sum of all '
	'changes of scores is at most tolerance, or after max_iterations; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: by '
	'relation.weight, else each relation counts 1';

CREATE FUNCTION personalized_pagerank(
	seeds anycompatible,
	damping double precision DEFAULT 0.85,
	epsilon double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_personalized_pagerank'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION personalized_pagerank(anycompatible, double precision, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'PageRank of a random walk that starts again at one of the seeds, by local push: reads only '
	'the graph near them; each entity keeps back less than epsilon for each of its relations, so '
	'a smaller epsilon is more exact and takes longer; direction: out (source to target), in or '
	'both; types: names of relation types, null for all; as_of: only relations valid then, null '
	'for all; known_at: what was known then, null for now; weighted: by relation.weight, else '
	'each relation counts 1';

CREATE FUNCTION connected_components(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT component bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_connected_components'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION connected_components(text[], timestamptz, text, timestamptz) IS
	'weakly connected components: entities that relations of any direction connect; a component '
	'is named by its least entity; types: names of relation types, null for all; as_of: only '
	'relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION strongly_connected_components(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT component bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_strongly_connected_components'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION strongly_connected_components(text[], timestamptz, text, timestamptz) IS
	'strongly connected components: entities that all reach each other, from source to target; a '
	'component is named by its least entity; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION label_propagation(
	max_iterations integer DEFAULT 100,
	seed bigint DEFAULT 0,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT community bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_label_propagation'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION label_propagation(integer, bigint, text[], timestamptz, boolean, text, timestamptz) IS
	'communities by label propagation, ignoring directions: quick and rough; a community is named '
	'by its least entity; the same for the same seed; types: names of relation types, null for '
	'all; as_of: only relations valid then, null for all; known_at: what was known then, null for '
	'now; weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION leiden(
	resolution double precision DEFAULT 1,
	seed bigint DEFAULT 0,
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT level integer,
	OUT entity bigint,
	OUT community bigint,
	OUT modularity double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_leiden'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION leiden(double precision, bigint, text[], timestamptz, boolean, text, timestamptz) IS
	'communities by the Leiden algorithm, ignoring directions: from level 1 with the smallest '
	'communities to the last level, the result; communities are connected, and each is a union of '
	'communities of the level before; modularity: of the level; a higher resolution makes more '
	'and smaller communities; the same for the same seed; types: names of relation types, null '
	'for all; as_of: only relations valid then, null for all; known_at: what was known then, null '
	'for now; weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION triangles(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT triangles bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_triangles'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION triangles(text[], timestamptz, text, timestamptz) IS
	'for each entity, the number of pairs of its neighbors that are neighbors of each other; '
	'ignores directions and parallel relations; types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION clustering_coefficient(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT coefficient double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_clustering_coefficient'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION clustering_coefficient(text[], timestamptz, text, timestamptz) IS
	'for each entity, the fraction of the pairs of its neighbors that are neighbors of each '
	'other, 0 if there are no pairs; ignores directions and parallel relations; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now';

CREATE FUNCTION core_numbers(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT core bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_core_numbers'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION core_numbers(text[], timestamptz, text, timestamptz) IS
	'for each entity, the largest k so that it is in a set of entities that each have k neighbors '
	'in the set; ignores directions and parallel relations; types: names of relation types, null '
	'for all; as_of: only relations valid then, null for all; known_at: what was known then, null '
	'for now';

CREATE FUNCTION betweenness(
	samples integer DEFAULT NULL,
	normalized boolean DEFAULT true,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_betweenness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION betweenness(integer, boolean, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'betweenness centrality: the fraction of all shortest paths between others that lead through '
	'an entity; samples: estimate it from this many sources chosen at random, null for all; '
	'normalized: as a part of all pairs, else as a number of pairs; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: the '
	'shortest paths are those of the least sum of weights, which must be above 0';

CREATE FUNCTION edge_betweenness(
	samples integer DEFAULT NULL,
	normalized boolean DEFAULT true,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT score double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_edge_betweenness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION edge_betweenness(integer, boolean, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'for each pair of entities with a relation, the fraction of all shortest paths that lead '
	'along it; parallel relations are one; with direction both, relations in both directions are '
	'one too, from the lesser entity to the greater; samples: estimate it from this many sources '
	'chosen at random, null for all; normalized: as a part of all pairs, else as a number of '
	'pairs; direction: out (source to target), in or both; types: names of relation types, null '
	'for all; as_of: only relations valid then, null for all; known_at: what was known then, null '
	'for now; weighted: the shortest paths are those of the least sum of weights, which must be '
	'above 0';

CREATE FUNCTION closeness(
	samples integer DEFAULT NULL,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_closeness'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION closeness(integer, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'closeness centrality: 1 / the mean distance from the others that reach the entity, times the '
	'fraction of all others that reach it (Wasserman and Faust); 0 if none does; samples: '
	'estimate it from this many sources chosen at random, null for all; direction of the '
	'relations on the way to the entity: out (source to target), in or both; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now; weighted: a distance is the least sum of weights, else the '
	'number of relations';

CREATE FUNCTION harmonic_centrality(
	samples integer DEFAULT NULL,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_harmonic_centrality'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION harmonic_centrality(integer, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'harmonic centrality: the sum of 1 / distance over the others that reach the entity; samples: '
	'estimate it from this many sources chosen at random, null for all; direction of the '
	'relations on the way to the entity: out (source to target), in or both; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now; weighted: a distance is the least sum of weights, else the '
	'number of relations';

CREATE FUNCTION eigenvector_centrality(
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_eigenvector_centrality'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION eigenvector_centrality(integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'eigenvector centrality: each score is proportional to the sum of the scores of the entities '
	'with a relation to it, by power iteration; squares of scores sum up to 1; stops when scores '
	'change by no more than tolerance on average, or after max_iterations; direction: out (source '
	'to target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: by '
	'relation.weight, else each relation counts 1';

CREATE FUNCTION katz_centrality(
	alpha double precision DEFAULT 0.1,
	beta double precision DEFAULT 1,
	normalized boolean DEFAULT true,
	max_iterations integer DEFAULT 1000,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT score double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_katz_centrality'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION katz_centrality(double precision, double precision, boolean, integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'Katz centrality: beta plus alpha times the sum of the scores of the entities with a relation '
	'to it; alpha must be less than 1 / the largest eigenvalue of the graph, or an error '
	'estimates that bound; normalized: the squares of scores sum up to 1; stops when scores '
	'change by no more than tolerance on average, or after max_iterations; direction: out (source '
	'to target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now; weighted: by '
	'relation.weight, else each relation counts 1';

CREATE FUNCTION hits(
	max_iterations integer DEFAULT 100,
	tolerance double precision DEFAULT 1e-6,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT hub double precision,
	OUT authority double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_hits'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION hits(integer, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'HITS: good hubs have relations to good authorities, and the other way round; hubs sum up to '
	'1, and so do authorities; stops when the sum of all changes of hubs is at most tolerance, or '
	'after max_iterations; direction: out (source to target), in or both; types: names of '
	'relation types, null for all; as_of: only relations valid then, null for all; known_at: what '
	'was known then, null for now; weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION topological_order(
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT ordinal bigint,
	OUT level integer,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_topological_order'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION topological_order(text, text[], timestamptz, text, timestamptz) IS
	'an order of all entities in which every relation leads from an earlier to a later one; '
	'ordinal: from 1; level: the number of relations on the longest path to the entity; entities '
	'of a level are in the order of their ids; an error shows a cycle if there is one; direction: '
	'out (source first) or in (target first); types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION find_cycle(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_find_cycle'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10;
COMMENT ON FUNCTION find_cycle(text[], timestamptz, text, timestamptz) IS
	'a cycle of relations from source to target, from an entity (step 0) to itself (the last '
	'step), the shortest through that entity; no rows if there is none; types: names of relation '
	'types, null for all; as_of: only relations valid then, null for all; known_at: what was '
	'known then, null for now';

CREATE FUNCTION longest_path(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT step integer,
	OUT entity bigint,
	OUT cost double precision,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_longest_path'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION longest_path(text[], timestamptz, boolean, text, timestamptz) IS
	'the longest path of a graph without cycles, from source to target; cost: the sum of weights '
	'up to the entity; an error shows a cycle if there is one; types: names of relation types, '
	'null for all; as_of: only relations valid then, null for all; known_at: what was known then, '
	'null for now; weighted: by the sum of weights, else by the number of relations';

CREATE FUNCTION minimum_spanning_forest(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT true,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT weight double precision,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_minimum_spanning_forest'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION minimum_spanning_forest(text[], timestamptz, boolean, text, timestamptz) IS
	'relations of the least sum of weights that connect all connected entities, ignoring '
	'directions; types: names of relation types, null for all; as_of: only relations valid then, '
	'null for all; known_at: what was known then, null for now; weighted: by relation.weight, of '
	'which a null counts 1, else each relation counts 1';

CREATE FUNCTION bridges(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT source bigint,
	OUT target bigint,
	OUT source_key text,
	OUT target_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_bridges'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION bridges(text[], timestamptz, text, timestamptz) IS
	'relations without which their ends would not be connected, ignoring directions; parallel '
	'relations are no bridges; types: names of relation types, null for all; as_of: only '
	'relations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION articulation_points(
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT pieces bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_articulation_points'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000;
COMMENT ON FUNCTION articulation_points(text[], timestamptz, text, timestamptz) IS
	'entities without which others would not be connected, ignoring directions; pieces: the '
	'number of components that the entity''s own would leave without it; types: names of relation '
	'types, null for all; as_of: only relations valid then, null for all; known_at: what was '
	'known then, null for now';

CREATE FUNCTION modularity(
	entities anycompatible,
	communities bigint[],
	resolution double precision DEFAULT 1,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL
) RETURNS double precision
	AS 'MODULE_PATHNAME', 'kg_modularity'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION modularity(anycompatible, bigint[], double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'modularity of a partition: the fraction of relations within communities less the fraction '
	'expected by chance; communities: of the first entity, the second and so on; every entity '
	'must have one; direction: both ignores directions, out and in give the same directed '
	'modularity; types: names of relation types, null for all; as_of: only relations valid then, '
	'null for all; known_at: what was known then, null for now; weighted: by relation.weight, '
	'else each relation counts 1';

CREATE FUNCTION random_walks(
	starts anycompatible DEFAULT NULL,
	length integer DEFAULT 10,
	walks integer DEFAULT 1,
	seed bigint DEFAULT 0,
	p double precision DEFAULT 1,
	q double precision DEFAULT 1,
	direction text DEFAULT 'out',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT walk bigint,
	OUT step integer,
	OUT entity bigint,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_random_walks'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION random_walks(anycompatible, integer, integer, bigint, double precision, double precision, text, text[], timestamptz, boolean, text, timestamptz) IS
	'random walks; starts: null for every entity; length: relations of a walk, which ends early '
	'at an entity without a relation onwards; walks: from each start; p and q as in node2vec: the '
	'greater p, the less often a walk returns at once; the greater q, the less often it goes to '
	'an entity that is no neighbor of the entity before; the same for the same seed; direction: '
	'out (source to target), in or both; types: names of relation types, null for all; as_of: '
	'only relations valid then, null for all; known_at: what was known then, null for now; '
	'weighted: relations are chosen with probabilities by relation.weight, else all equal';

CREATE FUNCTION fastrp(
	dimensions integer DEFAULT 128,
	weights double precision[] DEFAULT '{0,0,1,1}',
	normalization double precision DEFAULT 0,
	seed bigint DEFAULT 0,
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	weighted boolean DEFAULT false,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT embedding vector,
	OUT key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_fastrp'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
	SUPPORT entity_rows;
COMMENT ON FUNCTION fastrp(integer, double precision[], double precision, bigint, text, text[], timestamptz, boolean, text, timestamptz) IS
	'embeddings of entities by fast random projection (FastRP): entities near each other in the '
	'graph have a small cosine distance; weights: of the entity itself, of its neighbors, of '
	'theirs and so on; normalization: an entity counts by this power of its number of relations, '
	'below 0 hubs count less; null for an entity without relations; the same for the same seed; '
	'direction: out (source to target), in or both; types: names of relation types, null for all; '
	'as_of: only relations valid then, null for all; known_at: what was known then, null for now; '
	'weighted: by relation.weight, else each relation counts 1';

CREATE FUNCTION node_similarity(
	entities anycompatible DEFAULT NULL,
	others anycompatible DEFAULT NULL,
	k integer DEFAULT 10,
	measure text DEFAULT 'jaccard',
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT other bigint,
	OUT score double precision,
	OUT key text,
	OUT other_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_node_similarity'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION node_similarity(anycompatible, anycompatible, integer, text, text, text[], timestamptz, text, timestamptz) IS
	'for each of the entities, the k others most similar by the neighbors they share, best first; '
	'entities, others: null for all; k: null for every other that shares any; measure: jaccard, '
	'overlap, adamic_adar, common_neighbors or resource_allocation; direction: out (source to '
	'target), in or both; types: names of relation types, null for all; as_of: only relations '
	'valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION link_prediction(
	entities anycompatible DEFAULT NULL,
	others anycompatible DEFAULT NULL,
	k integer DEFAULT 10,
	measure text DEFAULT 'adamic_adar',
	direction text DEFAULT 'both',
	types text[] DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	graph text DEFAULT 'kg',
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT other bigint,
	OUT score double precision,
	OUT key text,
	OUT other_key text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_link_prediction'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION link_prediction(anycompatible, anycompatible, integer, text, text, text[], timestamptz, text, timestamptz) IS
	'as kg.node_similarity, but only pairs without a relation between them; a high score suggests '
	'one; direction: out (source to target), in or both; types: names of relation types, null for '
	'all; as_of: only relations valid then, null for all; known_at: what was known then, null for '
	'now';
