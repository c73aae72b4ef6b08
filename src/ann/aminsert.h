/*
 * aminsert.h
 *	  INSERT, as the server calls it.
 */
#ifndef KG_AMINSERT_H
#define KG_AMINSERT_H

#include "postgres.h"
#include "access/genam.h"
#include "nodes/execnodes.h"
#include "utils/relcache.h"

/* The access method's aminsert. */
extern bool kg_aminsert(Relation rel, Datum *values, bool *isnull,
						ItemPointer heap_tid, Relation heap,
						IndexUniqueCheck unique, bool unchanged,
						IndexInfo *info);

#endif							/* KG_AMINSERT_H */
