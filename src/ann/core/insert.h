/*
 * insert.h
 *	  Adding a row to an index: by INSERT, and by a build, row by row.
 */
#ifndef KG_INSERT_H
#define KG_INSERT_H

#include "postgres.h"

#include "ann/core/index.h"
#include "ann/core/inserter.h"

/* Scratch space for rows of an index, in the current memory context. */
extern KgInserter *kg_inserter_new(const KgLayout *layout);

/*
 * Adds a row: finds its neighbours, writes its node, offers back edges.  A row
 * that equals another, words included, shares its node.  A pending row leaves the
 * list by the record that makes it part of the graph.
 */
extern void kg_insert_row(KgInserter *inserter, KgIndex *index,
						  KgStore *store, const KgRow *row);

/*
 * Adds rows that are near each other; there may be any number of them, of one
 * row after another.  Where nodes share lists, they are put on new pages together.
 */
extern void kg_insert_rows(KgInserter *inserter, KgIndex *index, KgStore *store,
						   const KgRow *rows, int count);

#endif							/* KG_INSERT_H */
