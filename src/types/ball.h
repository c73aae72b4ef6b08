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

/* What a centre is: a Vector, a VarBit, a SparseVector. */
typedef enum KgCentre
{
	KG_CENTRE_VECTOR,
	KG_CENTRE_BITS,
	KG_CENTRE_SPARSE
} KgCentre;

typedef struct KgBall
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int32		kind;			/* a KgCentre */
	float8		radius;			/* never NaN; may be negative or infinite */
	char		centre[FLEXIBLE_ARRAY_MEMBER];	/* header and all */
} KgBall;

#define BALL_SIZE(dim) (offsetof(KgBall, centre) + VECTOR_SIZE(dim))
#define DatumGetBall(d) ((KgBall *) PG_DETOAST_DATUM(d))
#define PG_GETARG_BALL_P(n) DatumGetBall(PG_GETARG_DATUM(n))

/* Raises the error of a centre of another kind. */
pg_noreturn extern void kg_ball_other_centre(const KgBall *ball, KgCentre wanted);

/* The centre in the ball's memory.  An error if it is of another kind. */
static inline void *
kg_ball_centre_of(KgBall *ball, KgCentre wanted)
{
	if (unlikely(ball->kind != (int32) wanted))
		kg_ball_other_centre(ball, wanted);
	return ball->centre;
}

/* A value of kg.vector. */
static inline Vector *
kg_ball_centre(KgBall *ball)
{
	return kg_ball_centre_of(ball, KG_CENTRE_VECTOR);
}

/* Of bit. */
static inline VarBit *
kg_ball_bit_centre(KgBall *ball)
{
	return kg_ball_centre_of(ball, KG_CENTRE_BITS);
}

/* Of kg.sparsevec. */
static inline SparseVector *
kg_ball_sparse_centre(KgBall *ball)
{
	return kg_ball_centre_of(ball, KG_CENTRE_SPARSE);
}

/* A ball, palloc'd; the elements of its centre must have been checked. */
extern KgBall *kg_ball_make(const float *x, int dim, float8 radius);
extern KgBall *kg_ball_make_bits(const VarBit *centre, float8 radius);
extern KgBall *kg_ball_make_sparse(const SparseVector *centre, float8 radius);

/* The type's oid. */
extern Oid	kg_ball_type(void);

#endif							/* KG_BALL_H */
