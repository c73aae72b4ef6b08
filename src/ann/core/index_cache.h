/*
 * index_cache.h
 *	  The index of a relation, kept in the relation cache.
 */
#ifndef KG_INDEX_CACHE_H
#define KG_INDEX_CACHE_H

#include "postgres.h"
#include "utils/relcache.h"

#include "ann/core/index.h"

/*
 * The index of a relation.  Reads the meta page (counted in *store's reads)
 * and, when it has changed, what hangs on it.  Valid until the relation cache
 * drops it: until locks are taken or the caller returns.  Initialises store.
 */
extern KgIndex *kg_index_open(Relation rel, KgStore *store);

/*
 * For the planner, from the relation cache or else from the meta page: the index's
 * table of efforts, the pages that a search reads for a node, and the pages of its list
 * of pending rows.  A table that was not measured, and none, if the index has another
 * format.
 */
extern void kg_index_read_effort(Relation rel, KgRecallTable *table, float *hop_pages,
								 uint32 *pending_pages);

#endif							/* KG_INDEX_CACHE_H */
