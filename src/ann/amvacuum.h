/*
 * amvacuum.h
 *	  VACUUM, as the server calls it.
 */
#ifndef KG_AMVACUUM_H
#define KG_AMVACUUM_H

#include "postgres.h"
#include "access/genam.h"

extern IndexBulkDeleteResult *kg_ambulkdelete(IndexVacuumInfo *info,
											  IndexBulkDeleteResult *stats,
											  IndexBulkDeleteCallback callback,
											  void *callback_state);
extern IndexBulkDeleteResult *kg_amvacuumcleanup(IndexVacuumInfo *info,
												 IndexBulkDeleteResult *stats);

#endif							/* KG_AMVACUUM_H */
