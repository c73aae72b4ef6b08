/*
 * row_sample.h
 *	  A fair sample of the vectors of a table, by which the cuts of a spatial
 *	  order are made.
 */
#ifndef KG_ROW_SAMPLE_H
#define KG_ROW_SAMPLE_H

#include "postgres.h"

#include "ann/core/flat_row.h"

typedef struct KgRowSample KgRowSample;

/* What a row of an order takes besides its flat form and its point. */
#define KG_ROW_OVERHEAD 48

/* In the current context; memory in bytes. */
extern KgRowSample *kg_row_sample_new(Size memory);

/* Offers it the vector of a row, as kg_column_vectors() gives it. */
extern void kg_row_sample_add(KgRowSample *sample, const KgLayout *layout,
							  const void *x);
extern void kg_row_sample_free(KgRowSample *sample);

/* The sampled vectors, as rows that have nothing else. */
extern uint32 kg_row_sample_count(const KgRowSample *sample);
extern KgFlatRow **kg_row_sample_rows(const KgRowSample *sample);

/* Bytes that a row takes in an order, on average of all that were offered. */
extern double kg_row_sample_bytes(const KgRowSample *sample, const KgLayout *layout);

#endif							/* KG_ROW_SAMPLE_H */
