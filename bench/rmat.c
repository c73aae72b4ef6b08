/*
 * rmat.c
 *	  A random graph with hubs: R-MAT (Chakrabarti, Zhan and Faloutsos, 2004)
 *	  with a = .57, b = c = .19, d = .05.
 *
 *		rmat SCALE EDGES
 *
 * prints EDGES lines "source<tab>target", ids from 1 to 2^SCALE, in random
 * order and the same for each run.  Multi-edges and self loops occur.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 20250101;

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t	z = (state += 0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
	return z ^ (z >> 31);
}

int
main(int argc, char **argv)
{
	int			scale = argc > 2 ? atoi(argv[1]) : 0;
	long		edges = argc > 2 ? atol(argv[2]) : 0;

	if (scale < 1 || scale > 40 || edges < 1)
	{
		fprintf(stderr, "usage: rmat SCALE EDGES\n");
		return 1;
	}
	for (long i = 0; i < edges; i++)
	{
		uint64_t	source = 0;
		uint64_t	target = 0;

		for (int bit = 0; bit < scale; bit++)
		{
			unsigned	percent = (unsigned) (next_random() >> 32) % 100;

			source = source * 2 + (percent >= 76);
			target = target * 2 + ((percent >= 57 && percent < 76) || percent >= 95);
		}
		printf("%llu\t%llu\n", (unsigned long long) source + 1, (unsigned long long) target + 1);
	}
	return 0;
}
