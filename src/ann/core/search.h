/*
 * search.h
 *	  Best-first search through the graph, one page a hop.
 *
 * A search keeps the ef best nodes by estimate (the pool) and expands them,
 * the nearest first, until all are expanded.  Expanding reads the node's page
 * once: its own vector gives the distance, one scan of its codes the estimates
 * of its neighbours.  A node's first estimate counts (see the visited set),
 * unless one with much less noise comes.  The overflow keeps candidates that
 * do not fit into the pool, so that kg_search_continue() can go on where the
 * search ended.
 *
 * Where the nodes of a page share a list (kg_diskann), to expand one is to expand
 * all of its page, with their exact keys.  Those that are near enough enter the
 * pool, as if they had been expanded one by one.  Without a filter page_search.c does so
 * with pages in place of nodes.
 *
 * With a filter the pool is for nodes that pass, by the words beside their
 * numbers.  Nodes that do not pass may be bridges to others that do: they wait
 * in a heap of their own, and the search expands them as well while they are
 * nearer than what the pool has, and as long as they lead to anything.
 */
#ifndef KG_SEARCH_H
#define KG_SEARCH_H

#include "ann/core/search_state.h"

/* A search that has no query yet; its memory is in the current context. */
extern void kg_search_init(KgSearch *search);

/*
 * Searches from the index's entry points to the ef nearest nodes.  query is set
 * and must outlive the search.
 */
extern void kg_search_start(KgSearch *search, const KgIndex *index, KgStore *store,
							KgQuery *query, int ef);

/*
 * Goes on: with what is left of the pool if the search paused, or else with
 * the ef best of the overflow, no more than the first pool; false if there is
 * none.
 */
extern bool kg_search_continue(KgSearch *search, int ef);

#endif							/* KG_SEARCH_H */
