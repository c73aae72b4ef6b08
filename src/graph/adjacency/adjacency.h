/*
 * adjacency.h
 *	  "The neighbours of these nodes, by relations of these types, in this
 *	  direction, valid at this time": the one way in which searches read a graph.
 *
 * A search asks for one frontier at a time, and a reader pushes the edges into
 * the search's sink.  The reader is chosen when the adjacency is opened, by
 * what the caller may see and by what is cheap (see the README).  Every reader
 * returns what a SELECT by the current user with the active snapshot would: an
 * edge exists if its relation and the entities at both ends are visible.
 */
#ifndef KG_ADJACENCY_H
#define KG_ADJACENCY_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "utils/jsonb.h"
#include "utils/relcache.h"

#include "graph/adjacency/edge.h"
#include "graph/catalog/graph.h"
#include "graph/catalog/memory.h"

typedef enum KgDirection
{
	KG_OUT = 1,
	KG_IN = 2,
	KG_BOTH = KG_OUT | KG_IN
} KgDirection;

/* Which edges to read, and which of their details. */
typedef struct KgEdgeQuery
{
	KgDirection direction;
	bool		any_type;
	int			ntypes;			/* unless any_type */
	int32	   *types;			/* relation_type.id, ascending and distinct */
	char	  **type_names;		/* instead of types, in registered graphs */
	bool		any_time;
	TimestampTz as_of;			/* unless any_time: valid at this time */
	bool		known_then;		/* known at "known_at"; else, and by default,
								 * known now */
	TimestampTz known_at;
	bool		weighted;		/* fill in the weights of edges */
	bool		typed;			/* fill in the types, too; only if weighted */
	bool		as_readable;	/* types and weights are null if the user may
								 * not read them */
	bool		rows;			/* edges without an id are told apart by their
								 * rows */
	Jsonb	   *properties;		/* what the relation's properties contain, or
								 * NULL */
	const char *filter;			/* an expression of SQL (filter.h), or NULL */
} KgEdgeQuery;

/* Is this type among those of the query? */
static inline bool
kg_is_of_types(const KgEdgeQuery *query, int64 type)
{
	int			low = 0;
	int			high = query->ntypes;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (query->types[middle] < type)
			low = middle + 1;
		else
			high = middle;
	}
	return low < query->ntypes && query->types[low] == type;
}

/*
 * Receives edges.  Embed it as the first member of a struct of your own.
 *
 * Neither function may run SQL.  Batches are of any size; their edges belong
 * to the reader.
 */
typedef struct KgEdgeSink KgEdgeSink;
struct KgEdgeSink
{
	/*
	 * Moves the edges that are of use to the front, and returns their number.
	 * They have passed type and time, but it is not known yet whether they
	 * are visible.  To find out may cost a visit to the heap, which is saved
	 * for edges to nodes that were visited already.
	 */
	int			(*wanted) (KgEdgeSink *sink, KgEdge *edges, int n);

	/*
	 * Takes edges that are visible.  The search may have visited their other
	 * ends since it wanted them.  Returns false if no more edges are needed.
	 */
	bool		(*take) (KgEdgeSink *sink, const KgEdge *edges, int n);

	/*
	 * If not NULL, edges to these nodes are never wanted.  A reader may drop
	 * them without asking, even while it holds a page locked.
	 */
	const KgNodeSet *visited;

	/* Does "wanted" test "visited" only?  Then it need not be called. */
	bool		only_visited;

	/*
	 * The same set as "visited", if one edge to a node is as good as another;
	 * else NULL.  A reader that keeps edges back until it knows whether their
	 * other ends exist may claim these nodes.  It adds them to the set, so
	 * that further edges to them are dropped, and gives the sink one edge to
	 * each with "claimed" set.  Claims of nodes that do not exist are removed
	 * before kg_adjacency_expand returns true.
	 */
	KgNodeSet  *claims;
	bool		claimed;

	/* Nodes that are known to exist, or NULL. */
	const KgNodeSet *known;

	/* Do wanted edges lead only to nodes in "known"? */
	bool		only_known;

	/* The sink takes at most this many edges; 0: no limit. */
	Size		enough;

	/*
	 * Number of the edge table that is being read.  Ids tell only edges of
	 * one table apart.
	 */
	int			table;
};

typedef struct KgAdjacency KgAdjacency;

/*
 * Opens a graph for a search, with its tables locked as by a SELECT.
 *
 * Errors: tables or columns are missing; permission denied; the setting
 * kg.adjacency_reader demands a reader that must not or cannot serve.
 */
extern KgAdjacency *kg_adjacency_open(const KgGraph *graph,
									  const KgEdgeQuery *query);

/*
 * Which of these nodes exist?  "nodes" is ascending and distinct.  Nodes whose
 * entities the caller can see move to the front, in the same order; returns
 * their number.
 */
extern Size kg_adjacency_existing(KgAdjacency *adj, int64 *nodes, Size n);

/*
 * Gives the edges of the nodes to the sink, in no particular order.  "nodes"
 * is ascending and distinct, and all of them are known to exist.  Returns
 * false if the sink needs no more edges.
 */
extern bool kg_adjacency_expand(KgAdjacency *adj, const int64 *nodes, Size n,
								KgEdgeSink *sink);

/*
 * If "trust", readers also give edges whose other ends may not exist; else
 * they do not.  For searches that need few of the nodes that they meet, and
 * look these up at the end.  Returns whether there may be such edges at all.
 */
extern bool kg_adjacency_trust_ends(KgAdjacency *adj, bool trust);

/* Does a reader drop such edges even when told to trust? */
extern bool kg_adjacency_drops_ends(KgAdjacency *adj);

/* The graph that was opened, with the dictionary of its nodes (keys.h). */
extern const KgGraph *kg_adjacency_graph(const KgAdjacency *adj);

/* An estimate of the number of entities, for messages; 0 if unknown. */
extern double kg_adjacency_entities(const KgAdjacency *adj);

extern void kg_adjacency_close(KgAdjacency *adj);

/* The part for readers only. */

/* Columns that the search needs; 0: not needed. */
typedef struct KgEdgeColumns
{
	AttrNumber	id;
	KgKeyAttrs	source;
	KgKeyAttrs	target;
	AttrNumber	type;
	AttrNumber	weight;
	AttrNumber	valid_from;
	AttrNumber	valid_to;
	AttrNumber	recorded_at;	/* only with known_then */
	AttrNumber	expired_at;
	AttrNumber	properties;
} KgEdgeColumns;

typedef struct KgReader
{
	/* "leaf", "index", "heap", "sql", or "parts" for several tables */
	const char *name;

	/*
	 * Prepares adj->state, or returns a sentence for an errdetail that says
	 * why this reader cannot serve.
	 */
	const char *(*open) (KgAdjacency *adj);
	Size		(*existing) (KgAdjacency *adj, int64 *nodes, Size n);
	bool		(*expand) (KgAdjacency *adj, const int64 *nodes, Size n,
						   KgEdgeSink *sink);
	void		(*close) (KgAdjacency *adj);

	/* The index for edges of this direction, if the reader uses any. */
	Relation	(*index) (const KgAdjacency *adj, bool outgoing);
} KgReader;

/*
 * The edges of one table; or, with the reader "parts", of several tables, each
 * of which has an adjacency of its own.  Then only the first four members and
 * "state" are set.
 */
struct KgAdjacency
{
	const KgReader *reader;
	const KgGraph *graph;
	const KgEdgeQuery *query;	/* points to own_query */
	KgEdgeQuery own_query;		/* without conditions that all edges of the
								 * table meet */
	const KgEdgeTable *edges;
	Relation	edge_rel;
	Relation	node_rel;		/* nodes at the sources */
	Relation	target_node_rel;	/* at the targets; mostly the same */
	KgKeyAttrs	node_key;
	KgKeyAttrs	target_node_key;
	KgEdgeColumns columns;
	int32		type;			/* of all edges, if typed and edges->type */
	bool		looks_up_ends;	/* drops edges whose other ends do not exist
								 * (edge_ends.h), unless "trusts_ends" */
	bool		trusts_ends;
	bool		drops_ends;		/* drops such edges in any case */
	List	   *problems;		/* char *: why other readers do not serve */
	void	   *state;			/* the reader's own */
};

/*
 * The adjacencies of the single edge tables, and their number in *n.  With one
 * table that is "adj" itself.
 */
extern KgAdjacency **kg_adjacency_parts(KgAdjacency *adj, int *n);

/* The names of their readers, each once; palloc'd or constant. */
extern const char *kg_adjacency_readers(KgAdjacency *adj);

/* Opens one of the graph's edge tables. */
extern KgAdjacency *kg_adjacency_open_table(const KgGraph *graph, const KgEdgeTable *edges,
											const KgEdgeQuery *query);

/* Can this table have edges that the query asks for? */
extern bool kg_wants_edge_table(const KgGraph *graph, const KgEdgeTable *edges,
								const KgEdgeQuery *query);

/* The query without the conditions that all edges of the table meet. */
extern KgEdgeQuery kg_edge_table_query(const KgEdgeTable *edges, const KgEdgeQuery *query);

/*
 * Raises an error if the query asks what was known at a time, but this table
 * does not say when its edges were recorded.
 */
extern void kg_check_known_at(const KgGraph *graph, const KgEdgeTable *edges,
							  const KgEdgeQuery *query);

/* kg_adjacency_existing by SQL, whichever reader is used for edges. */
extern Size kg_sql_existing(const KgGraph *graph, int64 *nodes, Size n);

extern const KgReader kg_leaf_reader;
extern const KgReader kg_index_reader;
extern const KgReader kg_heap_reader;
extern const KgReader kg_sql_reader;

#endif							/* KG_ADJACENCY_H */
