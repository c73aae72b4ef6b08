-- One search by text, meaning, names and graph

CREATE FUNCTION search(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	k integer DEFAULT 10,
	graph text DEFAULT 'kg',
	kinds text[] DEFAULT NULL,
	types text[] DEFAULT NULL,
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	fusion text DEFAULT 'ranks',
	diversity double precision DEFAULT 0,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT entity bigint,
	OUT key text,
	OUT kind text,
	OUT name text,
	OUT score double precision,
	OUT observation bigint,
	OUT content text,
	OUT embedding_rank integer,
	OUT embedding_score double precision,
	OUT text_rank integer,
	OUT text_score double precision,
	OUT name_rank integer,
	OUT name_score double precision,
	OUT graph_rank integer,
	OUT graph_score double precision,
	OUT why jsonb
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_search'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10;
COMMENT ON FUNCTION search(text, vector, integer, text, text[], text[], text, anycompatible, jsonb, text, double precision, timestamptz, timestamptz) IS
	'the k best results for a question, best first, by four legs whose ranks are fused: embedding (nearest to the embedding given), '
	'text (BM25), name (names that stand in the question, begin with it or resemble it) and graph (PageRank from the entities named and from seeds); '
	'kinds: passage, entity, observation; null: passages if the graph has any, else entities and observations; '
	'types: of the entities wanted, labels in a registered graph; filter: an SQL condition on the entity e; '
	'legs: {"leg": weight or {"weight": ..., "limit": ...}}, weight 0 leaves a leg out, by default embedding .5, text 1, name 1, graph 2; '
	'the graph leg also has "damping", "epsilon", and "hops" with "decay" instead of PageRank; '
	'fusion: ranks (weight / (10 + rank)) or scores; diversity: 0 to 1, the more the less results resemble each other; '
	'as_of: only relations and observations valid then, null for all; known_at: what was known then, null for now';

CREATE FUNCTION explain_search(
	query text DEFAULT NULL,
	embedding vector DEFAULT NULL,
	k integer DEFAULT 10,
	graph text DEFAULT 'kg',
	kinds text[] DEFAULT NULL,
	types text[] DEFAULT NULL,
	filter text DEFAULT NULL,
	seeds anycompatible DEFAULT NULL::text,
	legs jsonb DEFAULT NULL,
	fusion text DEFAULT 'ranks',
	diversity double precision DEFAULT 0,
	as_of timestamptz DEFAULT NULL,
	known_at timestamptz DEFAULT NULL,
	OUT leg text,
	OUT line text
) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'kg_explain_search'
	LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION explain_search(text, vector, integer, text, text[], text[], text, anycompatible, jsonb, text, double precision, timestamptz, timestamptz) IS
	'the queries that kg.search runs with these arguments, each followed by its plan; they do run, since one depends on the other';
