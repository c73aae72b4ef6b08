/*
 * vacuum.h
 *	  Removing rows from an index.
 */
#ifndef KG_VACUUM_H
#define KG_VACUUM_H

#include "postgres.h"
#include "access/genam.h"

extern IndexBulkDeleteResult *kg_ambulkdelete(IndexVacuumInfo *info,
											  IndexBulkDeleteResult *stats,
											  IndexBulkDeleteCallback callback,
											  void *callback_state);
extern IndexBulkDeleteResult *kg_amvacuumcleanup(IndexVacuumInfo *info,
												 IndexBulkDeleteResult *stats);

#endif							/* KG_VACUUM_H */
