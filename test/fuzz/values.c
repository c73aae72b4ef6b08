/*
 * values.c
 *	  Values of the types, and what must hold of each.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "server.h"
#include "values.h"

extern Datum kg_vector_in(PG_FUNCTION_ARGS);
extern Datum kg_vector_out(PG_FUNCTION_ARGS);
extern Datum kg_vector_recv(PG_FUNCTION_ARGS);
extern Datum kg_vector_send(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_in(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_out(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_recv(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_send(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_in(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_out(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_recv(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_send(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_in(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_out(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_recv(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_send(PG_FUNCTION_ARGS);

/* more elements than the parser makes room for at first */
#define ONES "1,1,1,1,1,1,1,1,1,1,"
#define MANY_ONES "[" ONES ONES ONES ONES ONES ONES ONES "1]"

const Type	types[NTYPES] = {
	{"vector", kg_vector_in, kg_vector_out, kg_vector_recv, kg_vector_send,
		{"[1,2,3]", "[-1.5e-10,2E+3,.5]", " [ 0 ,\t-0 ] ", "[3.4028235e38,1e-45]",
	"[NaN,Infinity]", "[0x1p3,123456789012345678901234567890]", MANY_ONES}},
	{"halfvec", kg_halfvec_in, kg_halfvec_out, kg_halfvec_recv, kg_halfvec_send,
		{"[1,2,3]", "[-1.5e-3,2E+3,.5]", " [ 0 ,\t-0 ] ", "[65504,6e-8]",
	"[NaN,Infinity]", "[65519.99,65520]", MANY_ONES}},
	{"int8vec", kg_int8vec_in, kg_int8vec_out, kg_int8vec_recv, kg_int8vec_send,
		{"[1,2,3]", "[-1.5e-10,2E+3,.5]", " [ 0 ,\t-0 ] ", "[3.4028235e38,-1e-45]",
	"[NaN,Infinity]", "[-32767,32512,8388607]", MANY_ONES}},
	{"sparsevec", kg_sparsevec_in, kg_sparsevec_out, kg_sparsevec_recv, kg_sparsevec_send,
		{"{1:1,3:2.5}/5", "{3:-1e-10,1:1}/3", " { 2 : 0 } / 9 ", "{}/1000000000",
			"{1:NaN,2147483648:1}/1", "{-99999999999999999999:1}/99999999999999999999",
	"{1:1,2:1,3:1,4:1,5:1,6:1,7:1,8:1,9:1,10:1,11:1,12:1,13:1,14:1,15:1,16:1,17:1}/17"}},
};

void
fail(const Type *type, const char *what, const void *input, int length)
{
	printf("not ok - %s: %s; input:", type->name, what);
	for (int i = 0; i < length; i++)
		printf(" %02x", ((const unsigned char *) input)[i]);
	printf("\n");
	exit(1);
}

struct varlena *
call_input(PGFunction function, Datum input, int32 modifier)
{
	LOCAL_FCINFO(fcinfo, 3);

	InitFunctionCallInfoData(*fcinfo, NULL, 3, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = input;
	fcinfo->args[1].value = Int32GetDatum(modifier);
	fcinfo->args[2].value = Int32GetDatum(-1);
	fcinfo->args[0].isnull = fcinfo->args[1].isnull = fcinfo->args[2].isnull = false;
	if (setjmp(on_error) != 0)
		return NULL;
	return (struct varlena *) DatumGetPointer(function(fcinfo));
}

Datum
call_output(PGFunction function, struct varlena *value)
{
	LOCAL_FCINFO(fcinfo, 1);

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = PointerGetDatum(value);
	fcinfo->args[0].isnull = false;
	return function(fcinfo);
}

bool
same_value(struct varlena *a, struct varlena *b)
{
	return b != NULL && VARSIZE(a) == VARSIZE(b) &&
		memcmp(a, b, VARSIZE(a)) == 0;
}

struct varlena *
receive(const Type *type, const void *data, int length)
{
	/* a copy of just that size, so that reading beyond it is seen */
	StringInfoData buf = {.data = palloc(length),.len = length,.maxlen = length};
	struct varlena *result;

	memcpy(buf.data, data, length);
	result = call_input(type->recv, PointerGetDatum(&buf), 0);
	/* as the server does */
	if (result != NULL && buf.cursor != buf.len)
	{
		strcpy(message, "incorrect binary data format");
		return NULL;
	}
	return result;
}

bool
check(const Type *type, struct varlena *value, const void *input, int length)
{
	bytea	   *sent;

	if (value == NULL)
	{
		if (message[0] == '\0' || strlen(message) > MAX_MESSAGE)
			fail(type, "an error without a message, or too long a one", input, length);
		return false;
	}
	if (!same_value(value, call_input(type->in, call_output(type->out, value), 0)))
		fail(type, "its text is another value", input, length);
	sent = (bytea *) DatumGetPointer(call_output(type->send, value));
	if (!same_value(value, receive(type, VARDATA(sent), VARSIZE(sent) - VARHDRSZ)))
		fail(type, "its binary form is another value", input, length);
	return true;
}
