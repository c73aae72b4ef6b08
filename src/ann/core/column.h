/*
 * column.h
 *	  An indexed column as its operator class describes it: the metric, the
 *	  elements of a value, and how a ball's centre becomes a value and back.
 *	  Support function 1 of the operator class returns a KgColumn.
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

/* ORDER BY the same distance by another extension's operator of the types. */
#define KG_OTHER_DISTANCE_STRATEGY 10

/*
 * A value's elements, floats as a rule: its own memory or palloc'd in the
 * current context.
 */
typedef struct KgElements
{
	const void *x;
	int			dims;
} KgElements;

typedef struct KgColumn
{
	const char *type_name;		/* for messages */
	KgMetric	metric;
	KgElements	(*elements) (Datum value);
	Datum		(*centre) (KgBall *ball);	/* as the operators round it */
	KgBall	   *(*ball) (Datum centre, double radius);
	bool		foreign;		/* operators are another extension's */

	/*
	 * Of an array of vectors: its vectors.  Else NULL.  Then elements is for
	 * one vector of it, and there are no balls.
	 */
	KgVectorArray (*vectors) (ArrayType *array);

	/* Is it of sparse vectors?  Then elements are a KgSparseValue. */
	bool		sparse;
} KgColumn;

/* The distinct vectors of a row, each of which is a node. */
typedef struct KgRowVectors
{
	const void **x;
	int			count;			/* 0: an empty array */
} KgRowVectors;

/* The column of an index. */
extern const KgColumn *kg_column_get(Relation index);

/* The value's elements; error unless there are dims of them. */
extern const void *kg_column_elements(const KgColumn *column, Datum value,
									  int dims);

/*
 * The vectors of a value: of an array all that differ, else the one.  Error
 * unless they have dims dimensions.  The value is detoasted; memory is the
 * value's own or palloc'd.
 */
extern KgRowVectors kg_column_vectors(const KgColumn *column, Datum value, int dims);

#endif							/* KG_COLUMN_H */
