/*
 * spatial_order.h
 *	  The rows of a build, in spatial order: rows whose vectors are near each
 *	  other come one after another (bisect.h).
 *
 * Rows stay in memory while they fit.  If they do not, each goes to the
 * temporary file of its cell, by cuts made of a sample; later one cell after
 * another is read into memory and ordered there.  Or they leave in batches, those
 * of some cells at a time, to be put in order by whoever wants them.
 *
 * Several processes may share an order: each puts rows, waits for the others,
 * and gets a part of the rows, no row twice.
 */
#ifndef KG_SPATIAL_ORDER_H
#define KG_SPATIAL_ORDER_H

#include "postgres.h"
#include "storage/dsm.h"

#include "ann/core/insert.h"
#include "ann/core/row_sample.h"
#include "ann/layout/space.h"

typedef struct KgSpatialOrder KgSpatialOrder;

/*
 * An order in the current context, which takes up to memory bytes.  layout must
 * outlive it.  rows is an estimate of how many there will be, row_bytes of their
 * size in memory: kg_row_sample_bytes().
 */
extern KgSpatialOrder *kg_spatial_order_new(const KgLayout *layout, Size memory,
											double rows, double row_bytes);

/*
 * The same, but rows leave in batches of up to batch_rows: those of some cells that follow
 * each other, in no order.  memory is for files; rows are those of all processes.
 */
extern KgSpatialOrder *kg_spatial_order_of_batches(const KgLayout *layout, Size memory,
												   double rows, uint64 batch_rows);

/*
 * Makes the cuts of the sample, which is freed.  space, whose layout is the
 * order's, must outlive it.
 */
extern void kg_spatial_order_begin(KgSpatialOrder *order, const KgSpace *space,
								   KgRowSample *sample);

/* Adds a row. */
extern void kg_spatial_order_put(KgSpatialOrder *order, const KgRow *row);

/* All rows are there.  Waits for the other processes. */
extern void kg_spatial_order_finish(KgSpatialOrder *order);

/*
 * Begins the next batch and says how many rows it has, in a single large cell perhaps
 * more than batch_rows; false if there is none.
 */
extern bool kg_spatial_order_next_batch(KgSpatialOrder *order, uint64 *rows);

/*
 * The next row, of the batch if there are any, in memory of the order until the next call;
 * false if there is none.
 */
extern bool kg_spatial_order_next(KgSpatialOrder *order, KgRow *row);

/* Rows of all processes, after kg_spatial_order_finish(). */
extern uint64 kg_spatial_order_rows(const KgSpatialOrder *order);

extern void kg_spatial_order_free(KgSpatialOrder *order);

/*
 * Sharing.  The first process shares an order before kg_spatial_order_begin(): then
 * memory is what it may take itself.  Others attach to it at any time.  Each has a
 * number below processes, the first one processes - 1.
 */
extern Size kg_spatial_order_shared_size(const KgSpatialOrder *order, int processes);
extern void kg_spatial_order_share(KgSpatialOrder *order, void *space, int processes,
								   dsm_segment *segment);
extern KgSpatialOrder *kg_spatial_order_attach(void *space, int process,
											   dsm_segment *segment,
											   const KgSpace *index_space);

/* Are all rows there already?  Then a process that attached puts none. */
extern bool kg_spatial_order_is_complete(const KgSpatialOrder *order);

#endif							/* KG_SPATIAL_ORDER_H */
