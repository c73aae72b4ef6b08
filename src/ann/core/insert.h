/*
 * insert.h
 *	  Adding a row to an index: by INSERT, and by a build, row by row.
 */
#ifndef KG_INSERT_H
#define KG_INSERT_H

#include "postgres.h"

#include "ann/core/edges.h"
#include "ann/core/index.h"
#include "ann/core/search.h"

typedef struct KgInserter KgInserter;

/* Scratch space for rows of an index, in the current memory context. */
extern KgInserter *kg_inserter_new(const KgLayout *layout);

/*
 * Adds a row: finds its neighbours, writes its node, offers back edges.  x has
 * layout.dims floats.  A row that equals another shares its node.
 */
extern void kg_insert_row(KgInserter *inserter, KgIndex *index,
						  KgStore *store, const float *x, KgTid tid);

#endif							/* KG_INSERT_H */
