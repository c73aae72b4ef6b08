/*
 * page_list.h
 *	  Which neighbours a page keeps whose nodes share a list (kg_diskann).
 */
#ifndef KG_PAGE_LIST_H
#define KG_PAGE_LIST_H

#include "ann/core/inserter.h"

extern void kg_page_list_init(KgInserter *inserter, const KgLayout *layout);

/*
 * Keeps candidates of the row at hand as such of its page: as a node's neighbours are
 * chosen, those that no nearer one occludes first, however far they are, then the
 * nearest.
 */
extern void kg_page_list_keep(KgInserter *inserter);

/* The same of one of several queries, see near_pages.h. */
extern void kg_page_list_keep_of(KgInserter *inserter, int query);

/* Makes those that were kept the candidates, measured from the page's centre. */
extern void kg_page_list_take_kept(KgInserter *inserter);

/* Leaves of the candidates of each page only the nearest, by their keys. */
extern void kg_page_list_one_of_a_page(KgInserter *inserter);

/*
 * Moves those of the candidates to the front that become neighbours of the page whose
 * members the inserter has, and whose frame inserter->frame is.  Returns how many.
 */
extern int	kg_page_list_choose(KgInserter *inserter);

/*
 * Chooses the list of a page again, by searches for its nodes; pinned edges stay.  Does
 * nothing to a page that has no live node, or that fewer nodes have joined since its
 * list was chosen last.
 */
extern void kg_page_list_choose_again(KgInserter *inserter, KgIndex *index, KgStore *store,
									  BlockNumber block, int least_joined);

#endif							/* KG_PAGE_LIST_H */
