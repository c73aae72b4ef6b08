/*
 * ball.h
 *	  kg.ball: a centre and a radius, the right operand of operators that test
 *	  whether a vector is within a distance.
 *
 * An index can search for a boolean operator of a column and one operand, but
 * not for "distance < radius".
 */
#ifndef KG_BALL_H
#define KG_BALL_H

#include "postgres.h"

#include "utils/varbit.h"

#include "pg/compat.h"
#include "types/stored.h"

typedef struct KgBall
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int32		of_bits;		/* is the centre a bit string? 0 or 1 */
	float8		radius;			/* never NaN; may be negative or infinite */
	char		centre[FLEXIBLE_ARRAY_MEMBER];	/* a Vector, or else a VarBit,
												 * header and all */
} KgBall;

#define BALL_SIZE(dim) (offsetof(KgBall, centre) + VECTOR_SIZE(dim))
#define DatumGetBall(d) ((KgBall *) PG_DETOAST_DATUM(d))
#define PG_GETARG_BALL_P(n) DatumGetBall(PG_GETARG_DATUM(n))

/* Raises the error of a centre of the other kind. */
pg_noreturn extern void kg_ball_other_centre(const KgBall *ball);

/*
 * The centre: a value of kg.vector in the ball's memory, or of bit.  An error
 * if it is of the other kind.
 */
static inline Vector *
kg_ball_centre(KgBall *ball)
{
	if (unlikely(ball->of_bits))
		kg_ball_other_centre(ball);
	return (Vector *) ball->centre;
}

static inline VarBit *
kg_ball_bit_centre(KgBall *ball)
{
	if (unlikely(!ball->of_bits))
		kg_ball_other_centre(ball);
	return (VarBit *) ball->centre;
}

/* A ball, palloc'd; the elements of its centre must have been checked. */
extern KgBall *kg_ball_make(const float *x, int dim, float8 radius);
extern KgBall *kg_ball_make_bits(const VarBit *centre, float8 radius);

/* The type's oid. */
extern Oid	kg_ball_type(void);

#endif							/* KG_BALL_H */
