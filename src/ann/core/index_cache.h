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
 * The index's table of efforts, for the planner: that of the relation cache, or
 * else of the meta page; and the pages that a search reads for a node.  A table that
 * was not measured if the index has another format.
 */
extern void kg_index_read_recall(Relation rel, KgRecallTable *table, float *hop_pages);

#endif							/* KG_INDEX_CACHE_H */
