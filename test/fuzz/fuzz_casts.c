/*
 * fuzz_casts.c
 *	  Casts arrays of numbers to vectors, and vectors to one another and to
 *	  arrays, without a server and under the sanitizers.
 *
 *	fuzz_casts [SECONDS [SEED]]
 *
 * What a cast makes is a valid value; from an array of one dimension, without
 * nulls and of as many finite numbers as the type modifier says, it makes one,
 * and the same as from their text.
 */
#include "postgres.h"

#include <math.h>
#include <time.h>

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "server.h"
#include "types/halfvec.h"
#include "types/vector.h"
#include "values.h"

#define MAX_ELEMENTS 60
#define MAX_TEXT (MAX_ELEMENTS * 24 + 40)
#define CHAIN 3

/* The functions under test. */
extern Datum kg_vector_from_array(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_from_array(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_from_array(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_from_array(PG_FUNCTION_ARGS);
extern Datum kg_vector_to_halfvec(PG_FUNCTION_ARGS);
extern Datum kg_vector_to_int8vec(PG_FUNCTION_ARGS);
extern Datum kg_vector_to_sparsevec(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_to_vector(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_to_int8vec(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_to_sparsevec(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_to_vector(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_to_halfvec(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_to_vector(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_to_halfvec(PG_FUNCTION_ARGS);
extern Datum kg_vector_to_float4(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_to_float4(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_to_float4(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_to_int4(PG_FUNCTION_ARGS);

/* by the places of "types" */
static const PGFunction from_array[NTYPES] = {
	kg_vector_from_array, kg_halfvec_from_array, kg_int8vec_from_array, kg_sparsevec_from_array
};
static const PGFunction casts[NTYPES][NTYPES] = {
	{NULL, kg_vector_to_halfvec, kg_vector_to_int8vec, kg_vector_to_sparsevec},
	{kg_halfvec_to_vector, NULL, kg_halfvec_to_int8vec, kg_halfvec_to_sparsevec},
	{kg_int8vec_to_vector, kg_int8vec_to_halfvec, NULL, NULL},
	{kg_sparsevec_to_vector, kg_sparsevec_to_halfvec, NULL, NULL}
};
static const PGFunction to_float4[NTYPES] = {
	kg_vector_to_float4, kg_halfvec_to_float4, kg_int8vec_to_float4, NULL
};
static const Oid element_types[] = {INT4OID, FLOAT4OID, FLOAT8OID};
static const char *const element_names[] = {"int4", "float4", "float8"};

/* An array as it was made: what a cast of it must give follows from this. */
typedef struct Made
{
	ArrayType  *array;
	int			ndim;
	int			count;
	bool		has_null;
	double		x[MAX_ELEMENTS];
} Made;

static double
random_number(void)
{
	static const double odd[] = {
		0, -0.0, 1, 65504, 65519.99, 65520, 1e-45, 1e-46, 6e-8, 3.4028235e38,
		3.4028236e38, -1e300, 1e-300, INFINITY, -INFINITY, NAN
	};
	uint32		bits;
	float		x;

	switch (random_below(4))
	{
		case 0:
			return random_below(8) == 0 ? odd[random_below(lengthof(odd))] : 0;
		case 1:
			bits = random_below(INT32_MAX) << 1 | random_below(2);
			/* of usual size, three times out of four */
			if (random_below(4) > 0)
				bits = (bits & 0x80ffffff) | 0x3e000000;
			memcpy(&x, &bits, sizeof(x));
			return x;
		case 2:
			return random_below(2001) / 100.0 - 10;
		default:
			return (int) random_below(201) - 100;
	}
}

/* A number as an element of the type; its value then. */
static double
put_element(char *to, int kind, double x)
{
	int32		i = isfinite(x) && fabs(x) < INT32_MAX ? (int32) x : 7;
	float4		f = (float4) x;

	switch (kind)
	{
		case 0:
			memcpy(to, &i, sizeof(i));
			return i;
		case 1:
			memcpy(to, &f, sizeof(f));
			return f;
		default:
			memcpy(to, &x, sizeof(x));
			return x;
	}
}

/* An array of as many bytes as it needs, so that reading beyond it is seen. */
static void
make_array(Made *made, int kind)
{
	int			width = kind == 2 ? sizeof(float8) : sizeof(float4);
	bool		bitmap = random_below(8) == 0;
	int			dims[2] = {random_below(random_below(8) == 0 ? MAX_ELEMENTS / 2 : 6), 1};
	Size		offset;
	char	   *next;

	made->ndim = random_below(16) == 0 ? 2 : dims[0] == 0 ? 0 : 1;
	if (made->ndim == 2)
		dims[1] = 1 + random_below(2);
	dims[0] = Max(dims[0], 1);
	made->count = made->ndim == 0 ? 0 : dims[0] * dims[1];
	offset = bitmap ? ARR_OVERHEAD_WITHNULLS(made->ndim, made->count) :
		ARR_OVERHEAD_NONULLS(made->ndim);
	made->array = palloc0(offset + (Size) width * made->count);
	SET_VARSIZE(made->array, offset + width * made->count);
	made->array->ndim = made->ndim;
	made->array->dataoffset = bitmap ? offset : 0;
	made->array->elemtype = element_types[kind];
	for (int i = 0; i < made->ndim; i++)
	{
		ARR_DIMS(made->array)[i] = dims[i];
		ARR_LBOUND(made->array)[i] = (int) random_below(5) - 2;
	}
	made->has_null = false;
	next = (char *) made->array + offset;
	for (int i = 0; i < made->count; i++, next += width)
	{
		/* one that is null has no place; here its place is at the end */
		if (bitmap && random_below(4 * MAX_ELEMENTS) == 0)
			made->has_null = true;
		else if (bitmap)
			ARR_NULLBITMAP(made->array)[i / 8] |= 1 << (i % 8);
		made->x[i] = put_element(next, kind, random_number());
	}
}

/* Can the elements be those of a vector? */
static bool
is_vector(const Made *made, int32 modifier)
{
	for (int i = 0; i < made->count; i++)
	{
		if (!isfinite((float) made->x[i]))
			return false;
	}
	return made->ndim == 1 && !made->has_null && (modifier < 0 || modifier == made->count);
}

/* The vector, by way of text; sparse ones only come from vectors. */
static struct varlena *
from_text(const Made *made, int to)
{
	char text[	MAX_TEXT];
	int			length = 0;
	struct varlena *value;

	for (int i = 0; i < made->count; i++)
		length += sprintf(text +length, "%c%.9g", i == 0 ? '[' : ',', (double) (float) made->x[i]);
	strcpy(text +length, "]");
	value = call_input(types[to == 3 ? 0 : to].in, CStringGetDatum(text), -1);
	if (to == 3 && value != NULL)
		value = call_input(kg_vector_to_sparsevec, PointerGetDatum(value), -1);
	return value;
}

/* Casts a value on and on; each cast makes a value or an error. */
static void
cast_on(struct varlena *value, int at)
{
	for (int i = 0; i < CHAIN; i++)
	{
		int			to = random_below(NTYPES);
		int32		modifier = random_below(8) == 0 ? (int32) random_below(6) : -1;
		struct varlena *next;

		if (casts[at][to] == NULL)
			continue;
		next = call_input(casts[at][to], PointerGetDatum(value), modifier);
		if (!check(&types[to], next, value, VARSIZE(value)))
			continue;
		/* a wider type loses nothing */
		if (at == 1 && to == 0 &&
			!same_value(value, call_input(kg_vector_to_halfvec, PointerGetDatum(next), -1)))
			fail(&types[at], "as vector and back it is another one", value, VARSIZE(value));
		value = next;
		at = to;
	}
	/* an error if one of them is beyond int4 */
	if (at == 2)
		(void) call_input(kg_int8vec_to_int4, PointerGetDatum(value), -1);
	if (to_float4[at] != NULL)
	{
		Datum		array = call_output(to_float4[at], value);
		struct varlena *again = call_input(from_array[at], array, -1);

		if (again == NULL || (at != 2 && !same_value(value, again)))
			fail(&types[at], "as array and back it is another one", value, VARSIZE(value));
	}
}

/* One array and its casts; was it a vector? */
static bool
fuzz_array(int kind, int to)
{
	Made		made;
	int32		modifier;
	struct varlena *value;
	const Type *type = &types[to];

	make_array(&made, kind);
	modifier = random_below(4) > 0 ? -1 :
		random_below(2) == 0 && made.count > 0 ? made.count : 1 + (int32) random_below(5);
	value = call_input(from_array[to], PointerGetDatum(made.array), modifier);
	if (!check(type, value, made.array, VARSIZE(made.array)))
	{
		/* a halfvec has fewer numbers */
		if (is_vector(&made, modifier) && from_text(&made, to) != NULL)
			fail(type, "its text is taken, the array is not", made.array, VARSIZE(made.array));
		return false;
	}
	if (!is_vector(&made, modifier))
		fail(type, "an array that is none was taken", made.array, VARSIZE(made.array));
	if (!same_value(value, from_text(&made, to)))
		fail(type, "its text is another value", made.array, VARSIZE(made.array));
	cast_on(value, to);
	return true;
}

int
main(int argc, char **argv)
{
	double		seconds = argc > 1 ? atof(argv[1]) : 2;
	uint64		seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	int			targets = lengthof(element_types) * NTYPES;

	for (int i = 0; i < targets; i++)
	{
		clock_t		end = clock() + seconds * CLOCKS_PER_SEC / targets;
		int			cases = 0;
		int			accepted = 0;

		random_start((seed << 8) + i + 1);
		while (cases % 64 != 0 || clock() < end)
		{
			accepted += fuzz_array(i / NTYPES, i % NTYPES);
			cases++;
			free_case();
		}
		printf("%s - fuzz: %s[] as %s (seed %llu: %d cases, %d accepted)\n",
			   accepted > 0 && accepted < cases ? "ok" : "not ok",
			   element_names[i / NTYPES], types[i % NTYPES].name,
			   (unsigned long long) seed, cases, accepted);
	}
	return 0;
}
