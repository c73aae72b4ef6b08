/*
 * simd_tests.h
 *	  What the tests of the kernels share.
 *
 * All inputs and outputs lie against guard pages, so that a kernel which
 * touches more than its documentation allows stops the program.
 */
#ifndef KG_SIMD_TESTS_H
#define KG_SIMD_TESTS_H

#include "simd/simd.h"
#include "unit.h"

#define MAX_DIM 16384

/* All lengths to 300, then some that applications have. */
#define FOREACH_LENGTH(dim, first) \
	for (int dim = first; dim >= 0; dim = next_length(dim))

extern int	next_length(int dim);

#define FOREACH_LEVEL(level) \
	for (KgSimdLevel level = KG_SIMD_PORTABLE; level < KG_SIMD_LEVELS; \
		 level++) \
		if (kg_simd_available(level))

/*
 * The arguments of a call lie in four buffers between guard pages, of somewhat
 * more than MAX_DIM doubles: size bytes at the end of buffer i, and a copy of
 * so many at its end or start.
 */
extern void *guarded_room(int i, size_t size);
extern void *guarded(int i, const void *data, size_t size, bool at_end);

/*
 * The allowed error of a sum of dim terms whose absolute values add up to
 * magnitude; they may also be rounded to a multiple of the least subnormal.
 */
extern double tolerance(int dim, double magnitude);

extern float from_bits(uint32_t bits);

typedef struct LevelTest
{
	const char *name;
	void		(*run) (const KgSimd *level);
} LevelTest;

/* Runs the tests on each level that this CPU has. */
extern void run_level_tests(const LevelTest *tests, size_t n);

#endif							/* KG_SIMD_TESTS_H */
