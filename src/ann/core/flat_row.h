/*
 * flat_row.h
 *	  A row of a build as one piece of memory, which a temporary file can hold;
 *	  and the point that stands for it where rows are in spatial order.
 */
#ifndef KG_FLAT_ROW_H
#define KG_FLAT_ROW_H

#include "postgres.h"

#include "ann/core/insert.h"
#include "ann/layout/space.h"

typedef struct KgFlatRow
{
	uint32		size;			/* of all of it; a multiple of 8 */
	uint32		count;			/* of a sparse vector: its elements */
	KgTid		tid;
	uint32		words[KG_MAX_FILTERS];
	uint64		x[FLEXIBLE_ARRAY_MEMBER];	/* the vector: floats, bits, or
											 * indices and values */
} KgFlatRow;

/* Bytes of a row with this vector. */
extern uint32 kg_flat_row_size(const KgLayout *layout, const void *x);

/* Writes a row to memory of that size. */
extern void kg_flat_row_write(const KgLayout *layout, const KgRow *row,
							  KgFlatRow *flat);

/* The row again.  Its vector is flat's memory, and *sparse if it is sparse. */
extern KgRow kg_flat_row_read(const KgLayout *layout, const KgFlatRow *flat,
							  KgSparseValue *sparse);

/*
 * Points have no more dimensions than this.  Of longer vectors they have sums of
 * coordinates with random signs (Charikar, Chen and Farach-Colton, Finding
 * frequent items in data streams, 2002), whose distances are those of the
 * vectors, with a standard deviation of 1/8.
 */
#define KG_POINT_DIMS 128

extern int	kg_point_dims(const KgLayout *layout);

/* The point of a vector; y is scratch, shape.dim doubles. */
extern void kg_point_make(const KgSpace *space, const void *x, double *y,
						  float *point);

#endif							/* KG_FLAT_ROW_H */
