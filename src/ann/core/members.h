/*
 * members.h
 *	  Adding rows where the nodes of a page share a list (kg_diskann).
 */
#ifndef KG_MEMBERS_H
#define KG_MEMBERS_H

#include "ann/core/inserter.h"

/* Memory for the rows of a page. */
extern void kg_members_init(KgInserter *inserter, const KgLayout *layout);

/*
 * Adds a row, for which inserter->index and store are set: to a page near it that
 * has room, or as the first node of a new page.
 */
extern void kg_members_insert(KgInserter *inserter, const KgRow *row);

/* Adds rows that are near each other, no more than a page has room for, on one. */
extern void kg_members_insert_page(KgInserter *inserter, const KgRow *rows,
								   int count);

#endif							/* KG_MEMBERS_H */
