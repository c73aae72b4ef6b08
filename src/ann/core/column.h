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
#include "types/vector_array.h"

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

	/*
	 * Of an array of vectors: its vectors.  Else NULL.  Then floats is for one
	 * vector of it, and there are no balls.
	 */
	KgVectors	(*vectors) (ArrayType *array);
} KgColumn;

/* The distinct vectors of a row, each of which is a node. */
typedef struct KgRowVectors
{
	const float **x;
	int			count;			/* 0: an empty array */
} KgRowVectors;

/* The column of an index. */
extern const KgColumn *kg_column_get(Relation index);

/* The value's floats; error unless there are dims of them. */
extern const float *kg_column_floats(const KgColumn *column, Datum value,
									 int dims);

/*
 * The vectors of a value: of an array all that differ, else the one.  Error
 * unless they have dims dimensions.  The value is detoasted; memory is the
 * value's own or palloc'd.
 */
extern KgRowVectors kg_column_vectors(const KgColumn *column, Datum value, int dims);

#endif							/* KG_COLUMN_H */
