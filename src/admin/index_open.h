/*
 * index_open.h
 *	  Opens an index for functions that look inside.
 */
#ifndef KG_INDEX_OPEN_H
#define KG_INDEX_OPEN_H

#include "postgres.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

/*
 * Opens an index with a lock.  Raises an error unless its access method is
 * kg_hnsw or kg_diskann and this session can read its pages.
 */
extern Relation kg_admin_index_open(Oid relid, LOCKMODE lock);

#endif							/* KG_INDEX_OPEN_H */
