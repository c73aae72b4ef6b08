/*
 * simd_tests.c
 *	  See simd_tests.h.
 */
#include "simd_tests.h"

#include <math.h>
#include <string.h>

int
next_length(int dim)
{
	static const int large[] = {384, 511, 768, 1000, 1536, 3072, 4097, 16000};

	if (dim < 300)
		return dim + 1;
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
	{
		if (large[i] > dim)
			return large[i];
	}
	return -1;
}

static Guard *
buffer(int i)
{
	static Guard *buffers[4];

	if (buffers[i] == NULL)
		buffers[i] = guard_create(sizeof(double) * MAX_DIM + 64);
	return buffers[i];
}

void *
guarded_room(int i, size_t size)
{
	return guard_at_end(buffer(i), size);
}

void *
guarded(int i, const void *data, size_t size, bool at_end)
{
	void	   *p = guard_at_start(buffer(i));

	if (at_end)
		p = guarded_room(i, size);
	memcpy(p, data, size);
	return p;
}

double
tolerance(int dim, double magnitude)
{
	return KG_SIMD_REL_ERR(dim) * magnitude + dim * ldexp(1, -149);
}

float
from_bits(uint32_t bits)
{
	float		x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

void
run_level_tests(const LevelTest *tests, size_t n)
{
	FOREACH_LEVEL(level)
	{
		for (size_t i = 0; i < n; i++)
		{
			unit_begin("%s: %s", kg_simd_level_name(level), tests[i].name);
			tests[i].run(kg_simd_table(level));
			unit_end();
		}
	}
}
