/*
 * bench_simd.c
 *	  How fast each level's kernels are: GB of operands a second and
 *	  nanoseconds a call, with operands in the first-level cache and, for the
 *	  kernels that read an index's pages, in memory.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "simd/simd.h"

#define MAX_DIM 1536
#define POOL_BYTES ((size_t) 128 << 20)
#define SECONDS 0.02			/* for one figure */
#define REPEATS 3				/* the best of so many counts */

/* What a kernel is called on: x comes from the pool, the rest is fixed. */
typedef struct Args
{
	const KgSimd *level;
	int			dim;
	const void *x;
} Args;

static float query[MAX_DIM];
static uint16_t query_f16[MAX_DIM];
static uint8_t lut[4 * 2 * MAX_DIM];
static uint8_t *pool;
static volatile float sink;

static void
run_l2sq_f32(Args a)
{
	sink = a.level->l2sq_f32(query, a.x, a.dim);
}

static void
run_ip_f32(Args a)
{
	sink = a.level->ip_f32(query, a.x, a.dim);
}

static void
run_l1_f32(Args a)
{
	sink = a.level->l1_f32(query, a.x, a.dim);
}

static void
run_cosine_f32(Args a)
{
	float		ab;
	float		aa;
	float		bb;

	a.level->cosine_f32(query, a.x, a.dim, &ab, &aa, &bb);
	sink = ab + aa + bb;
}

static void
run_l2sq_f16(Args a)
{
	sink = a.level->l2sq_f16(query_f16, a.x, a.dim);
}

static void
run_ip_f16(Args a)
{
	sink = a.level->ip_f16(query_f16, a.x, a.dim);
}

static void
run_cosine_f16(Args a)
{
	float		ab;
	float		aa;
	float		bb;

	a.level->cosine_f16(query_f16, a.x, a.dim, &ab, &aa,
						&bb);
	sink = ab + aa + bb;
}

static void
run_l2sq_f32_f16(Args a)
{
	sink = a.level->l2sq_f32_f16(query, a.x, a.dim);
}

static void
run_l2sq_f32_sq8(Args a)
{
	sink = a.level->l2sq_f32_sq8(query, a.x, -1, 2.0f / 255, a.dim);
}

static void
run_l2sq_f32_sq4(Args a)
{
	sink = a.level->l2sq_f32_sq4(query, a.x, -1, 2.0f / 15, a.dim);
}

static void
run_l2sq_f32_sq2(Args a)
{
	sink = a.level->l2sq_f32_sq2(query, a.x, -1, 2.0f / 3, a.dim);
}

static void
run_f32_to_f16(Args a)
{
	static uint16_t out[MAX_DIM];

	a.level->f32_to_f16(a.x, out, a.dim);
	sink = out[0];
}

static void
run_f16_to_f32(Args a)
{
	static float out[MAX_DIM];

	a.level->f16_to_f32(a.x, out, a.dim);
	sink = out[0];
}

static void
run_sq8_to_f32(Args a)
{
	static float out[MAX_DIM];

	a.level->sq8_to_f32(a.x, -1, 2.0f / 255, out, a.dim);
	sink = out[0];
}

static void
run_hamming(Args a)
{
	sink = (float) a.level->hamming((const uint8_t *) query, a.x,
									(size_t) a.dim / 8);
}

static void
run_sums_u8(Args a)
{
	KgByteSums	sums;

	a.level->sums_u8((const uint8_t *) query, a.x, a.dim, &sums);
	sink = (float) sums.ab;
}

static void
run_jaccard(Args a)
{
	uint64_t	ab;
	uint64_t	aa;
	uint64_t	bb;

	a.level->jaccard((const uint8_t *) query, a.x, (size_t) a.dim / 8, &ab,
					 &aa, &bb);
	sink = (float) (ab + aa + bb);
}

/* The power of two at or below dim; back and forth, it would overflow. */
static void
run_fht(Args a)
{
	static double x[MAX_DIM];
	int			n = 1;

	while (n * 2 <= a.dim)
		n *= 2;
	a.level->fht(x, n);
	sink = (float) x[0];
}

static void
run_code_encode(Args a)
{
	static uint8_t row[MAX_DIM / 8];

	sink = a.level->code_encode(a.x, query, a.dim, 0, row, NULL).ry;
}

static void
run_code_encode_2(Args a)
{
	static uint8_t row[MAX_DIM / 4];

	sink = a.level->code_encode(a.x, query, a.dim, 0.5f, row,
								row + a.dim / 8).ry;
}

static void
run_code_scan(Args a)
{
	uint32_t	sums[KG_CODE_ROWS];

	a.level->code_scan(a.x, a.dim / 8, KG_CODE_ROWS, lut, sums);
	sink = (float) sums[0];
}

static void
run_code_scan_2(Args a)
{
	uint32_t	sums[KG_CODE_ROWS];

	a.level->code_scan(a.x, a.dim / 4, KG_CODE_ROWS, lut, sums);
	sink = (float) sums[0];
}

static void
run_code_lut(Args a)
{
	static uint8_t out[4 * MAX_DIM];

	sink = a.level->code_lut(query, a.dim, 0.01f, out);
}

static void
run_code_estimate(Args a)
{
	float		out[KG_CODE_ROWS];

	a.level->code_estimate((const uint32_t *) lut, query_f16,
						   query_f16 + KG_CODE_ROWS, 1, 1, -1, 0.01f,
						   KG_CODE_ROWS, out);
	sink = out[0];
}

/* bits: read for each dimension, or for 32 rows of them */
typedef struct Kernel
{
	const char *name;
	void		(*run) (Args a);
	int			bits;
	bool		of_pages;		/* reads what an index stores */
} Kernel;

static const Kernel kernels[] = {
	{"l2sq_f32", run_l2sq_f32, 64, false},
	{"ip_f32", run_ip_f32, 64, false},
	{"l1_f32", run_l1_f32, 64, false},
	{"cosine_f32", run_cosine_f32, 64, false},
	{"l2sq_f16", run_l2sq_f16, 32, false},
	{"ip_f16", run_ip_f16, 32, false},
	{"cosine_f16", run_cosine_f16, 32, false},
	{"sums_u8", run_sums_u8, 16, false},
	{"l2sq_f32_f16", run_l2sq_f32_f16, 48, true},
	{"l2sq_f32_sq8", run_l2sq_f32_sq8, 40, true},
	{"l2sq_f32_sq4", run_l2sq_f32_sq4, 36, true},
	{"l2sq_f32_sq2", run_l2sq_f32_sq2, 34, true},
	{"f32_to_f16", run_f32_to_f16, 32, false},
	{"f16_to_f32", run_f16_to_f32, 16, false},
	{"sq8_to_f32", run_sq8_to_f32, 8, false},
	{"hamming", run_hamming, 2, false},
	{"jaccard", run_jaccard, 2, false},
	{"fht", run_fht, 64, false},
	{"code_encode, 1 bit", run_code_encode, 64, false},
	{"code_encode, 2 bits", run_code_encode_2, 64, false},
	{"code_scan, 1 bit", run_code_scan, 32, true},
	{"code_scan, 2 bits", run_code_scan_2, 64, true},
	{"code_lut", run_code_lut, 32, false},
	{"code_estimate", run_code_estimate, 0, false},
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Nanoseconds a call, operands from the first pool_bytes of the pool. */
static double
measure(const Kernel *k, Args a, size_t pool_bytes)
{
	/* as in an index, a node starts anywhere: cache lines apart */
	size_t		slots = (pool_bytes - KG_CODE_ROWS * MAX_DIM) / 64;
	uint32_t	random = 1;
	double		best = 0;

	for (int repeat = 0; repeat < REPEATS; repeat++)
	{
		double		start = now();
		double		elapsed;
		long		calls = 0;

		do
		{
			for (int i = 0; i < 100; i++)
			{
				random = random * 1664525 + 1013904223;
				a.x = pool + 64 * (((uint64_t) random * slots) >> 32);
				k->run(a);
			}
			calls += 100;
			elapsed = now() - start;
		} while (elapsed < SECONDS);
		elapsed = elapsed / (double) calls * 1e9;
		if (repeat == 0 || elapsed < best)
			best = elapsed;
	}
	return best;
}

static void
print_table(const char *title, size_t pool_bytes, bool of_pages_only)
{
	static const int dims[] = {128, 384, 768, 1536};

	printf("\n%s: GB/s (ns a call)\n%-19s %5s", title, "kernel", "dim");
	for (KgSimdLevel l = KG_SIMD_PORTABLE; l < KG_SIMD_LEVELS; l++)
	{
		if (kg_simd_available(l))
			printf(" %17s", kg_simd_level_name(l));
	}
	printf("\n");
	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++)
	{
		if (of_pages_only && !kernels[k].of_pages)
			continue;
		for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++)
		{
			Args		a = {.dim = dims[d]};

			/* takes the same for all */
			if (kernels[k].bits == 0 && d > 0)
				continue;
			printf("%-19s %5d", kernels[k].name, dims[d]);
			for (KgSimdLevel l = KG_SIMD_PORTABLE; l < KG_SIMD_LEVELS; l++)
			{
				double		ns;

				if (!kg_simd_available(l))
					continue;
				a.level = kg_simd_table(l);
				ns = measure(&kernels[k], a, pool_bytes);
				printf(" %7.1f (%7.1f)",
					   kernels[k].bits == 0 ? 8.0 * KG_CODE_ROWS / ns :
					   kernels[k].bits / 8.0 * dims[d] / ns, ns);
				fflush(stdout);
			}
			printf("\n");
		}
	}
}

int
main(void)
{
	uint32_t	random = 1;

	pool = malloc(POOL_BYTES);
	if (pool == NULL)
	{
		perror("bench_simd");
		return 1;
	}
	for (size_t i = 0; i < POOL_BYTES / 2; i++)
	{
		/* any bytes are codes; these are also float4 and float16 below one */
		random = random * 1664525 + 1013904223;
		((uint16_t *) pool)[i] = (uint16_t) (random >> 16 & 0x83ff) | 0x3800;
	}
	for (int i = 0; i < MAX_DIM; i++)
	{
		query[i] = (float) (i % 17 - 8) / 8;
		query_f16[i] = kg_f16_from_f32(query[i]);
	}
	for (size_t i = 0; i < sizeof(lut); i++)
		lut[i] = (uint8_t) (i * 37);

	print_table("Operands in cache", KG_CODE_ROWS * MAX_DIM + 16384, false);
	print_table("Operands in memory", POOL_BYTES, true);
	free(pool);
	return 0;
}
