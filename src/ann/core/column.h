/*
 * column.h
 *	  An indexed column as its operator class describes it: the metric, how a
 *	  value becomes floats, and how a ball's centre becomes a value.  Support
 *	  function 1 of the operator class returns a KgColumn.
 */
#ifndef KG_COLUMN_H
#define KG_COLUMN_H

#include "postgres.h"
#include "utils/relcache.h"

#include "ann/layout/layout.h"
#include "types/ball.h"

/* Number of the support function. */
#define KG_COLUMN_PROC 1

/* Numbers of the operators: ORDER BY a distance; is it within a ball? */
#define KG_DISTANCE_STRATEGY 1
#define KG_BALL_STRATEGY 2

/* A value's floats: its own memory or palloc'd in the current context. */
typedef struct KgFloats
{
	const float *x;
	int			dims;
} KgFloats;

typedef struct KgColumn
{
	const char *type_name;		/* for messages */
	KgMetric	metric;
	KgFloats	(*floats) (Datum value);
	Datum		(*centre) (KgBall *ball);	/* as the operators round it */
	bool		foreign;		/* operators are another extension's */
} KgColumn;

/* The column of an index. */
extern const KgColumn *kg_column_get(Relation index);

/* The value's floats; error unless there are dims of them. */
extern const float *kg_column_floats(const KgColumn *column, Datum value,
									 int dims);

#endif							/* KG_COLUMN_H */
