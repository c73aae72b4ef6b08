/*
 * index_open.h
 *	  Opening an index by name for functions that look inside.
 */
#ifndef KG_INDEX_OPEN_H
#define KG_INDEX_OPEN_H

#include "postgres.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

/*
 * Opens an index with a lock.  Error unless it is one of kg's access
 * methods and has pages that this session can read.
 */
extern Relation kg_admin_index_open(Oid relid, LOCKMODE lock);

#endif							/* KG_INDEX_OPEN_H */
