/*
 * adjacency.h
 *	  "The neighbours of these nodes, of these types, in this direction, valid
 *	  then": the one way in which searches read a graph.
 *
 * A search asks for one frontier at a time and gets the edges pushed into its
 * sink.  Behind the interface are readers; which one serves is decided when
 * the adjacency is opened, by what the caller may see and what is cheap (see
 * the README).  All of them return what a SELECT by the current user with the
 * active snapshot would: an edge exists if its relation is visible and so are
 * the entities at both ends.
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

/* What to read. */
typedef struct KgEdgeQuery
{
	KgDirection direction;
	bool		any_type;
	int			ntypes;			/* unless any_type */
	int32	   *types;			/* relation_type.id, ascending and distinct */
	char	  **type_names;		/* instead of types, in registered graphs */
	bool		any_time;
	TimestampTz as_of;			/* unless any_time: valid at this time */
	bool		weighted;		/* fill in the weights of edges */
	bool		typed;			/* and their types; only if weighted */
	bool		as_readable;	/* both null if the user may not read them */
	bool		rows;			/* tell edges without an id apart by their
								 * rows */
	Jsonb	   *properties;		/* what those of the relation contain, or NULL */
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
 * Where edges go.  Embed it as the first member of a struct of your own.
 *
 * Neither function may run SQL.  Batches are of any size; the edges of a
 * batch belong to the reader.
 */
typedef struct KgEdgeSink KgEdgeSink;
struct KgEdgeSink
{
	/*
	 * Moves those edges to the front that are of use, and returns their
	 * number.  They have passed type and time, but whether they are visible
	 * is not known yet: finding out may cost a visit to the heap, which this
	 * saves for edges to nodes that were visited already.
	 */
	int			(*wanted) (KgEdgeSink *sink, KgEdge *edges, int n);

	/*
	 * Takes edges that are visible.  Nodes may have been visited since they
	 * were wanted.  Returns false when no more edges are needed.
	 */
	bool		(*take) (KgEdgeSink *sink, const KgEdge *edges, int n);

	/*
	 * If not NULL, edges to these nodes are never wanted: a reader may drop
	 * them before it asks, and while it holds a page locked.
	 */
	const KgNodeSet *visited;

	/* Does "wanted" look at nothing else?  Then it need not be asked again. */
	bool		only_visited;

	/*
	 * "visited" once more if one edge to a node is as good as another.  A
	 * reader that keeps edges back until it knows whether their other ends
	 * are there may claim these: it adds them to the set, so that further
	 * edges to them are dropped, and gives the sink one edge to each with
	 * "claimed" set.  Claims of nodes that are not there are taken back
	 * before kg_adjacency_expand returns true.
	 */
	KgNodeSet  *claims;
	bool		claimed;

	/* Nodes that are known to be there, or NULL. */
	const KgNodeSet *known;

	/* Do edges that are wanted lead only to such nodes? */
	bool		only_known;

	/* More edges than this will not be taken; 0: no limit. */
	Size		enough;

	/*
	 * Which of the graph's edge tables is read at the moment: ids tell edges
	 * of one table apart.
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
 * Which of these nodes are there?  "nodes" is ascending and distinct; those
 * that the caller can see as entities move to the front, still in order, and
 * their number is returned.
 */
extern Size kg_adjacency_existing(KgAdjacency *adj, int64 *nodes, Size n);

/*
 * Gives the edges of the nodes to the sink, in no particular order.  "nodes"
 * is ascending and distinct, and all of them are known to exist.  Returns
 * false if the sink had enough.
 */
extern bool kg_adjacency_expand(KgAdjacency *adj, const int64 *nodes, Size n,
								KgEdgeSink *sink);

/*
 * Has readers give edges whose other ends may not be there, if "trust", or no
 * more.  For searches that need few of the nodes they come by, and look these
 * up at the end.  Returns whether there may be such edges at all.
 */
extern bool kg_adjacency_trust_ends(KgAdjacency *adj, bool trust);

/* Does a reader drop such edges whether or not it is to trust? */
extern bool kg_adjacency_drops_ends(KgAdjacency *adj);

/* The graph that was opened, with the dictionary of its nodes (keys.h). */
extern const KgGraph *kg_adjacency_graph(const KgAdjacency *adj);

/* About how many entities there are, for messages; 0 if unknown. */
extern double kg_adjacency_entities(const KgAdjacency *adj);

extern void kg_adjacency_close(KgAdjacency *adj);

/*
 * For readers only.
 */

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
	AttrNumber	properties;
} KgEdgeColumns;

typedef struct KgReader
{
	/* "leaf", "index", "heap", "sql", or "parts" for several tables */
	const char *name;

	/*
	 * Prepares adj->state; or returns why this reader cannot serve, a
	 * sentence for an errdetail.
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
 * The edges of one table, or, with the reader "parts", of several, each an
 * adjacency of its own.  Then only the first four and the last are set.
 */
struct KgAdjacency
{
	const KgReader *reader;
	const KgGraph *graph;
	const KgEdgeQuery *query;	/* points to own_query */
	KgEdgeQuery own_query;		/* without what is true of the whole table */
	const KgEdgeTable *edges;
	Relation	edge_rel;
	Relation	node_rel;		/* nodes at the sources */
	Relation	target_node_rel;	/* at the targets; mostly the same */
	KgKeyAttrs	node_key;
	KgKeyAttrs	target_node_key;
	KgEdgeColumns columns;
	int32		type;			/* of all edges, if typed and edges->type */
	bool		looks_up_ends;	/* unless "trusts_ends", drops edges whose far
								 * ends are not there (edge_ends.h) */
	bool		trusts_ends;
	bool		drops_ends;		/* always drops them */
	List	   *problems;		/* char *: why other readers do not serve */
	void	   *state;			/* the reader's own */
};

/*
 * The adjacencies of the single edge tables, which may be "adj" itself; how
 * many in *n.
 */
extern KgAdjacency **kg_adjacency_parts(KgAdjacency *adj, int *n);

/* The names of their readers, each once; palloc'd or constant. */
extern const char *kg_adjacency_readers(KgAdjacency *adj);

/* Opens one of the graph's edge tables. */
extern KgAdjacency *kg_adjacency_open_table(const KgGraph *graph, const KgEdgeTable *edges,
											const KgEdgeQuery *query);

/* Can there be edges in this table that the query asks for? */
extern bool kg_wants_edge_table(const KgGraph *graph, const KgEdgeTable *edges,
								const KgEdgeQuery *query);

/* The query less what is true of all edges of the table. */
extern KgEdgeQuery kg_edge_table_query(const KgEdgeTable *edges, const KgEdgeQuery *query);

/*
 * kg_adjacency_existing by SQL, whatever serves for edges.
 */
extern Size kg_sql_existing(const KgGraph *graph, int64 *nodes, Size n);

extern const KgReader kg_leaf_reader;
extern const KgReader kg_index_reader;
extern const KgReader kg_heap_reader;
extern const KgReader kg_sql_reader;

#endif							/* KG_ADJACENCY_H */
