/*
 * page_search.h
 *	  The search through pages whose nodes share lists, without a filter: kg_search_start()
 *	  and kg_search_continue() call these.
 */
#ifndef KG_PAGE_SEARCH_H
#define KG_PAGE_SEARCH_H

#include "ann/core/search_state.h"

/* Is the search one of pages?  With a filter it goes by nodes. */
static inline bool
kg_searches_pages(const KgSearch *search)
{
	return kg_layout_has_hubs(&search->layout) && search->plan.filter == NULL;
}

extern void kg_page_search_start(KgSearch *search, const KgIndex *index);
extern bool kg_page_search_continue(KgSearch *search, int ef);

#endif							/* KG_PAGE_SEARCH_H */
