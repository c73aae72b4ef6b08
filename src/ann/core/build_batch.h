/*
 * build_batch.h
 *	  Rows that a build puts together on pages: where nodes share lists, those of a page
 *	  should be near each other.
 */
#ifndef KG_BUILD_BATCH_H
#define KG_BUILD_BATCH_H

#include "ann/core/insert.h"

typedef struct KgBuildBatch
{
	const KgLayout *layout;
	int			capacity;
	int			count;
	KgRow	   *rows;			/* their x are in vectors */
	float	   *vectors;		/* layout->dims floats each */
} KgBuildBatch;

/* Rows that fit into so many bytes, or all that are expected. */
extern KgBuildBatch *kg_build_batch_new(const KgLayout *layout, Size memory,
										double expected_rows);

/* Keeps a copy of a row, which there must be room for. */
extern void kg_build_batch_add(KgBuildBatch *batch, const KgRow *row);

/* Is called for rows that are near each other, no more than a page has room for. */
typedef void (*KgBuildGroup) (const KgRow *rows, int count, void *arg);

/* Hands out all rows in groups, and forgets them. */
extern void kg_build_batch_hand_out(KgBuildBatch *batch, KgBuildGroup function,
									void *arg);

#endif							/* KG_BUILD_BATCH_H */
