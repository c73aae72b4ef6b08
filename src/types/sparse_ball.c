/*
 * sparse_ball.c
 *	  Is a sparse vector within a ball?
 */
#include "postgres.h"

#include "types/ball.h"
#include "types/sparsevec.h"

/*
 * Is argument 0 within argument 1, a ball?  The cosine distance of a zero
 * vector is NaN and within no ball.
 */
static bool
within(FunctionCallInfo fcinfo, PGFunction distance)
{
	KgBall	   *ball = PG_GETARG_BALL_P(1);
	Datum		centre = PointerGetDatum(kg_ball_sparse_centre(ball));

	return DatumGetFloat8(DirectFunctionCall2(distance, PG_GETARG_DATUM(0),
											  centre)) <= ball->radius;
}

PG_FUNCTION_INFO_V1(kg_sparsevec_l2_within);
Datum
kg_sparsevec_l2_within(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(within(fcinfo, kg_sparsevec_l2_distance));
}

PG_FUNCTION_INFO_V1(kg_sparsevec_ip_within);
Datum
kg_sparsevec_ip_within(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(within(fcinfo, kg_sparsevec_negative_inner_product));
}

PG_FUNCTION_INFO_V1(kg_sparsevec_cosine_within);
Datum
kg_sparsevec_cosine_within(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(within(fcinfo, kg_sparsevec_cosine_distance));
}

PG_FUNCTION_INFO_V1(kg_sparsevec_l1_within);
Datum
kg_sparsevec_l1_within(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(within(fcinfo, kg_sparsevec_l1_distance));
}
