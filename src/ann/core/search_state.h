/*
 * search_state.h
 *	  What a search keeps.
 */
#ifndef KG_SEARCH_STATE_H
#define KG_SEARCH_STATE_H

#include "ann/core/entry_search.h"
#include "ann/core/filter.h"
#include "ann/core/query.h"
#include "ann/core/visited.h"

typedef struct KgSearch KgSearch;

/* Blocks that a search remembers having asked for. */
#define KG_SEARCH_ASKED 256

/*
 * Called for each expanded node that is not free, under the page's share lock:
 * copies what it wants.  key is the stored vector's.
 */
typedef void (*KgExpand) (KgSearch *search, const NodeSlot *slot, uint32 node,
						  float key);

/*
 * Called for the list of such a node or, where nodes share lists, of its page:
 * slot has the list, and estimates are of the neighbours' keys.
 */
typedef void (*KgExpandList) (KgSearch *search, const NodeSlot *slot, uint32 node,
							  const float *estimates);

struct KgSearch
{
	/* set by kg_search_start */
	KgLayout	layout;
	KgStore    *store;
	KgQuery    *query;
	int			ef;

	/* the caller's */
	KgExpand	expand;
	KgExpandList expand_list;	/* or NULL */
	void	   *expand_arg;
	Size		memory_limit;	/* of the overflow; 0: there is none */
	KgFilterPlan plan;
	uint32		without;		/* a node that is passed over; 0: none is */
	float		stop_beyond;	/* expand() may set it: the search pauses when
								 * the next candidate's key is above */

	/* the pool, by distance; the nodes before cursor are expanded */
	KgCandidate *pool;
	int			pool_count;
	int			pool_cursor;
	int			pool_capacity;

	/* where nodes share lists and without a filter, instead (page_search.c) */
	KgCandidate *waiting;		/* pages, a heap by estimate */
	int			waiting_count;
	int			waiting_capacity;
	float	   *entered;		/* minus the keys of the nearest nodes, a heap */
	int			entered_count;
	int			entered_capacity;
	float		bound;			/* pages and nodes from here on do not count */

	/* overflow: a heap, then what came since the pool was last refilled */
	KgCandidate *overflow;
	int64		overflow_count;
	int64		overflow_heaped;	/* of them in the heap */
	int64		overflow_capacity;

	/* with a filter: nodes that do not pass, a heap; some were expanded since */
	KgCandidate *bridges;
	int64		bridge_count;
	int64		bridge_capacity;
	bool		bridging;		/* the node that is expanded is a bridge */
	uint64		vain;			/* bridges since one led to a node of the pool */
	bool		astray;			/* so many did not: the query is far from all
								 * that passes */
	KgCandidate entries[KG_SEARCH_ENTRIES]; /* entry points that pass: then
											 * they are expanded, the last
											 * first */
	int			entry_count;
	uint64		passed;			/* nodes expanded that pass: the caller counts */
	uint64		met;			/* neighbours of these, in the group if the
								 * search stays in one, some several times */
	uint64		met_passing;	/* of them those that pass */

	BlockNumber asked[KG_SEARCH_ASKED]; /* read ahead; the last one at block %
										 * KG_SEARCH_ASKED */
	KgVisited	visited;
	bool		continued;		/* beyond the first pool */
	bool		paused;			/* not all of the pool was expanded */
	MemoryContext context;
	float		horizon;		/* the farthest estimate expanded so far */
	float		background;		/* of the entry points that it began with, the
								 * farthest: about as far as the nearest of
								 * that many nodes at random is */
	float		candidate_key;	/* estimated, of the node that is expanded */
	bool		counts;			/* is the node that expand() is called for one
								 * of hops? */
	uint64		hops;			/* nodes expanded since kg_search_start; of a
								 * page of members those that were near enough
								 * for the pool, or one */
	uint64		expansions;		/* nodes whose pages were read for that */
};

#endif							/* KG_SEARCH_STATE_H */
