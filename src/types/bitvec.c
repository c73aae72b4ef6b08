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
#include "simd/simd.h"
#include "types/bitvec.h"

VarBit *
kg_bit_signs(const float *x, int dim)
{
	Size		size = VARBITTOTALLEN(dim);
	VarBit	   *result = palloc0(size);
	bits8	   *bits = VARBITS(result);

	SET_VARSIZE(result, size);
	VARBITLEN(result) = dim;
	for (int i = 0; i < dim; i++)
		bits[i / BITS_PER_BYTE] |= (x[i] > 0)
			<< (BITS_PER_BYTE - 1 - i % BITS_PER_BYTE);
	return result;
}

/* Arguments 0 and 1: two bit strings of the same length. */
static void
get_pair(FunctionCallInfo fcinfo, VarBit **a, VarBit **b)
{
	*a = PG_GETARG_VARBIT_P(0);
	*b = PG_GETARG_VARBIT_P(1);
	if (VARBITLEN(*a) != VARBITLEN(*b))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("different bit lengths %u and %u",
							   VARBITLEN(*a), VARBITLEN(*b))));
}

/* The number of bits that differ. */
PG_FUNCTION_INFO_V1(kg_bit_hamming_distance);
Datum
kg_bit_hamming_distance(PG_FUNCTION_ARGS)
{
	VarBit	   *a;
	VarBit	   *b;

	get_pair(fcinfo, &a, &b);
	PG_RETURN_FLOAT8((float8) kg_simd->hamming(VARBITS(a), VARBITS(b),
											   VARBITBYTES(a)));
}

/* 1 less the fraction of the bits set in either that are set in both. */
PG_FUNCTION_INFO_V1(kg_bit_jaccard_distance);
Datum
kg_bit_jaccard_distance(PG_FUNCTION_ARGS)
{
	VarBit	   *a;
	VarBit	   *b;
	uint64_t	ab;
	uint64_t	aa;
	uint64_t	bb;

	get_pair(fcinfo, &a, &b);
	kg_simd->jaccard(VARBITS(a), VARBITS(b), VARBITBYTES(a), &ab, &aa, &bb);
	if (ab == 0)
		PG_RETURN_FLOAT8(1);
	PG_RETURN_FLOAT8(1 - ab / (float8) (aa + bb - ab));
}
