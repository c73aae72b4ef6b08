/*
 * nearest.h
 *	  The k nearest rows of a query.
 *
 * Rows are in the order of their distances, as ORDER BY has it: NaN comes
 * last.  At the same distance the table with the lesser oid comes first, in a
 * table the lesser ctid.
 */
#ifndef KG_EXACT_NEAREST_H
#define KG_EXACT_NEAREST_H

#include "postgres.h"
#include "storage/itemptr.h"

typedef struct KgExactRow
{
	float8		distance;
	char	   *key;			/* palloc'd, or NULL */
	Oid			table;
	ItemPointerData tid;
} KgExactRow;

/* Negative if a comes before b. */
extern int	kg_exact_compare(const KgExactRow *a, const KgExactRow *b);

typedef struct KgNearestRows
{
	KgExactRow *rows;			/* a binary heap, the farthest first, until
								 * they are sorted */
	int			count;
	int			k;				/* the most of them */
} KgNearestRows;

/* Allocates room for k rows in the current context. */
extern void kg_nearest_rows_init(KgNearestRows *nearest, int k);

/* Forgets all rows. */
extern void kg_nearest_rows_reset(KgNearestRows *nearest);

/* The distance that a row must not exceed to be one of the nearest; infinity
 * and NaN for any. */
extern float8 kg_nearest_rows_limit(const KgNearestRows *nearest);

/* Would the row be one of the nearest? */
extern bool kg_nearest_rows_wants(const KgNearestRows *nearest,
								  const KgExactRow *row);

/* Adds a row that is wanted; the heap owns its key. */
extern void kg_nearest_rows_add(KgNearestRows *nearest, KgExactRow row);

/* Sorts the rows; no more can be added before a reset. */
extern void kg_nearest_rows_sort(KgNearestRows *nearest);

#endif							/* KG_EXACT_NEAREST_H */
