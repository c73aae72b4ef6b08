/*
 * search.h
 *	  Exact nearest neighbours of many queries, in one pass over the rows.
 *
 * Usage: kg_exact_new; kg_exact_add for each query until it returns false;
 * kg_exact_run; the results; kg_exact_reset, and the next queries.
 */
#ifndef KG_EXACT_SEARCH_H
#define KG_EXACT_SEARCH_H

#include "postgres.h"

#include "exact/bound.h"
#include "exact/nearest.h"

/* What to search, and for what. */
typedef struct KgExactRequest
{
	/*
	 * A query of SQL that returns the rows: tableoid, ctid, the vector, which
	 * is of this type, or stored alike, or NULL, and, or not, a key of any
	 * type.
	 */
	const char *sql;
	Oid			type;			/* of kg.vector, kg.halfvec, pgvector's, or
								 * bit */
	int			dims;			/* that vectors must have; -1: any */
	KgExactMetric metric;
	int			k;
	bool		keys;			/* is there a key? */
} KgExactRequest;

typedef struct KgExact KgExact;

/* The metric of a name; an error if there is none. */
extern KgExactMetric kg_exact_metric(const char *name);

/* Makes a search, with memory in the current context as work_mem says. */
extern KgExact *kg_exact_new(const KgExactRequest *request);

/*
 * Adds a query, stored as the request's type, as number 0, 1, ...; false if
 * memory is full.  Raises an error if it has another dimension than those
 * before it, or if not even one query fits.
 */
extern bool kg_exact_add(KgExact *exact, Datum query);

/*
 * Reads the rows with the caller's rights and the active snapshot.  Raises an
 * error if a vector has another dimension than the queries.
 */
extern void kg_exact_run(KgExact *exact);

/* The nearest rows of a query, in order, until the reset; returns how many. */
extern int	kg_exact_result(KgExact *exact, int query, KgExactRow **rows);

/* Forgets queries and results. */
extern void kg_exact_reset(KgExact *exact);

#endif							/* KG_EXACT_SEARCH_H */
