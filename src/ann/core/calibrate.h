/*
 * calibrate.h
 *	  Measures the effort that each recall takes, and writes it to the meta
 *	  page.
 */
#ifndef KG_CALIBRATE_H
#define KG_CALIBRATE_H

#include "ann/core/index.h"
#include "ann/core/query.h"

/* An index with fewer live nodes is not calibrated. */
#define KG_CALIBRATE_LEAST_NODES 1000

/* Queries that a user must give at least; more than the most are thinned. */
#define KG_CALIBRATE_LEAST_QUERIES 30
#define KG_CALIBRATE_MOST_QUERIES 1000

/* Queries of the user: the elements of values of the column. */
typedef struct KgGivenQueries
{
	const void **vectors;
	int			count;
} KgGivenQueries;

/*
 * Searches with the queries (NULL: with the vectors of nodes) and compares what
 * they find with the nearest nodes among all.  memory is what it may use, in
 * bytes.  False if the index has too few nodes or the queries no direction.
 */
extern bool kg_calibrate(KgStore *store, const KgIndex *index,
						 const KgGivenQueries *given, Size memory);

/* Has so much changed since the last time that it should be done again? */
extern bool kg_calibrate_is_due(const KgMetaPage *meta, double nodes);

#endif							/* KG_CALIBRATE_H */
