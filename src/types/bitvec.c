/*
 * bitvec.c
 *	  PostgreSQL's bit strings as vectors: Hamming and Jaccard distance.
 *
 * The server's varbit.c keeps the padding bits of the last byte zero, so they
 * add nothing to the counts.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/varbit.h"

#include "pg/compat.h"
#include "quant/bits.h"
#include "simd/simd.h"
#include "types/ball.h"
#include "types/bitvec.h"

VarBit *
kg_bit_signs(const float *x, int dim)
{
	Size		size = VARBITTOTALLEN(dim);
	VarBit	   *result = palloc0(size);
	uint8	   *bits = VARBITS(result);

	SET_VARSIZE(result, size);
	VARBITLEN(result) = dim;
	for (int i = 0; i < dim; i++)
		bits[i / BITS_PER_BYTE] |= (x[i] > 0)
			<< (BITS_PER_BYTE - 1 - i % BITS_PER_BYTE);
	return result;
}

/* The distances are of two bit strings of the same length. */
static void
check_lengths(const VarBit *a, const VarBit *b)
{
	if (VARBITLEN(a) != VARBITLEN(b))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("different bit lengths %u and %u",
							   VARBITLEN(a), VARBITLEN(b))));
}

/* The number of bits that differ. */
static float8
hamming_distance(VarBit *a, VarBit *b)
{
	check_lengths(a, b);
	return (float8) kg_simd->hamming(VARBITS(a), VARBITS(b), VARBITBYTES(a));
}

/* 1 less the fraction of the bits set in either that are set in both. */
static float8
jaccard_distance(VarBit *a, VarBit *b)
{
	uint64_t	ab;
	uint64_t	aa;
	uint64_t	bb;

	check_lengths(a, b);
	kg_simd->jaccard(VARBITS(a), VARBITS(b), VARBITBYTES(a), &ab, &aa, &bb);
	return kg_bits_jaccard(ab, aa, bb);
}

PG_FUNCTION_INFO_V1(kg_bit_hamming_distance);
Datum
kg_bit_hamming_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(hamming_distance(PG_GETARG_VARBIT_P(0),
									  PG_GETARG_VARBIT_P(1)));
}

PG_FUNCTION_INFO_V1(kg_bit_jaccard_distance);
Datum
kg_bit_jaccard_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(jaccard_distance(PG_GETARG_VARBIT_P(0),
									  PG_GETARG_VARBIT_P(1)));
}

/* Is argument 0 within argument 1, a ball of bit strings? */
PG_FUNCTION_INFO_V1(kg_bit_hamming_within);
Datum
kg_bit_hamming_within(PG_FUNCTION_ARGS)
{
	KgBall	   *ball = PG_GETARG_BALL_P(1);

	PG_RETURN_BOOL(hamming_distance(PG_GETARG_VARBIT_P(0),
									kg_ball_bit_centre(ball)) <= ball->radius);
}

PG_FUNCTION_INFO_V1(kg_bit_jaccard_within);
Datum
kg_bit_jaccard_within(PG_FUNCTION_ARGS)
{
	KgBall	   *ball = PG_GETARG_BALL_P(1);

	PG_RETURN_BOOL(jaccard_distance(PG_GETARG_VARBIT_P(0),
									kg_ball_bit_centre(ball)) <= ball->radius);
}
