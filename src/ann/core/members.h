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

/*
 * The candidates for a page's list.  Of the row, whose frame is set, the best candidates
 * are kept as near the page; all that were kept become the candidates, relative to their
 * own frames; of these only the nearest of each page stays, by their keys.
 */
extern void kg_members_keep_near(KgInserter *inserter);
extern void kg_members_take_near(KgInserter *inserter);
extern void kg_members_keep_one_of_a_page(KgInserter *inserter);

#endif							/* KG_MEMBERS_H */
