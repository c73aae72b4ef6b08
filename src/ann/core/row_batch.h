/*
 * row_batch.h
 *	  Rows that are put together on pages: where nodes share lists, those of a page
 *	  should be near each other.
 */
#ifndef KG_ROW_BATCH_H
#define KG_ROW_BATCH_H

#include "ann/core/insert.h"

typedef struct KgRowBatch
{
	int			members;		/* rows of a group */
	bool		by_direction;	/* vectors count as if their length were 1 */
	int			dims;
	int			capacity;
	int			count;
	KgRow	   *rows;
	float	   *vectors;		/* by which they are grouped: dims floats each */
} KgRowBatch;

/* Memory of a row of a batch, in bytes, with vectors of so many dimensions. */
extern Size kg_row_batch_bytes(const KgLayout *layout, int dims);

/* An empty batch in the current memory context. */
extern KgRowBatch *kg_row_batch_new(const KgLayout *layout, int dims, int capacity);

/*
 * Adds a row, which there must be room for, to be grouped by a vector, which is copied.
 * Its x, if it has one, becomes the copy.
 */
extern void kg_row_batch_add(KgRowBatch *batch, const KgRow *row, const float *vector);

/* Is called for rows that are near each other, no more than a page has room for. */
typedef void (*KgRowGroup) (const KgRow *rows, int count, void *arg);

/* Hands out all rows in groups, and forgets them. */
extern void kg_row_batch_hand_out(KgRowBatch *batch, KgRowGroup function, void *arg);

#endif							/* KG_ROW_BATCH_H */
