/*
 * ball.h
 *	  kg.ball: a centre and a radius, for operators that ask whether a vector
 *	  is within a distance.
 *
 * A boolean operator with one right operand is what an index can search for;
 * "distance < radius" is not.
 */
#ifndef KG_BALL_H
#define KG_BALL_H

#include "postgres.h"

#include "types/stored.h"

typedef struct KgBall
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int32		unused;			/* reserved, always zero */
	float8		radius;			/* never NaN; may be negative or infinite */
	char		centre[FLEXIBLE_ARRAY_MEMBER];	/* a Vector, header and all */
} KgBall;

#define BALL_SIZE(dim) (offsetof(KgBall, centre) + VECTOR_SIZE(dim))
#define DatumGetBall(d) ((KgBall *) PG_DETOAST_DATUM(d))
#define PG_GETARG_BALL_P(n) DatumGetBall(PG_GETARG_DATUM(n))

/* The centre: a value of kg.vector in the ball's memory. */
static inline Vector *
kg_ball_centre(KgBall *ball)
{
	return (Vector *) ball->centre;
}

/* A palloc'd ball around these elements, which were checked. */
extern KgBall *kg_ball_make(const float *x, int dim, float8 radius);

/* The type's oid. */
extern Oid	kg_ball_type(void);

#endif							/* KG_BALL_H */
