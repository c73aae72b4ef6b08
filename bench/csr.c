/*
 * csr.c
 *	  Breadth-first search in plain memory, to compare with: what no database
 *	  that reads its pages can reach.
 *
 *		csr SCALE START... <EDGES
 *
 * reads lines "source<tab>target" (ids from 1 to 2^SCALE) into compressed
 * sparse rows, and prints for 2, 3 and 4 hops the mean number of edges looked
 * at from the starts and the nanoseconds an edge takes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t nodes;
static uint32_t *offsets;
static uint32_t *targets;
static uint64_t *reached;
static uint32_t *frontier;
static uint32_t *next;

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void
load(void)
{
	size_t		capacity = 1 << 20;
	size_t		n = 0;
	uint32_t   *pairs = malloc(capacity * 2 * sizeof(uint32_t));
	uint32_t   *fill;
	unsigned	source;
	unsigned	target;

	while (scanf("%u\t%u\n", &source, &target) == 2)
	{
		if (n == capacity)
		{
			uint32_t   *larger = realloc(pairs, (capacity *= 2) * 2 * sizeof(uint32_t));

			if (larger == NULL)
				abort();
			pairs = larger;
		}
		pairs[2 * n] = source;
		pairs[2 * n + 1] = target;
		n++;
	}
	offsets = calloc(nodes + 2, sizeof(uint32_t));
	fill = calloc(nodes + 2, sizeof(uint32_t));
	targets = malloc(n * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
		offsets[pairs[2 * i] + 1]++;
	for (uint32_t i = 0; i <= nodes; i++)
		offsets[i + 1] += offsets[i];
	memcpy(fill, offsets, (nodes + 2) * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
		targets[fill[pairs[2 * i]]++] = pairs[2 * i + 1];
	free(pairs);
	free(fill);
}

/* Returns the number of edges looked at. */
static uint64_t
search(uint32_t start, int hops)
{
	uint64_t	edges = 0;
	uint32_t	n = 1;

	memset(reached, 0, (nodes / 64 + 1) * sizeof(uint64_t));
	frontier[0] = start;
	reached[start / 64] |= UINT64_C(1) << start % 64;
	for (int hop = 0; hop < hops; hop++)
	{
		uint32_t	nnext = 0;
		uint32_t   *done = frontier;

		for (uint32_t i = 0; i < n; i++)
		{
			uint32_t	end = offsets[frontier[i] + 1];

			edges += end - offsets[frontier[i]];
			for (uint32_t j = offsets[frontier[i]]; j < end; j++)
			{
				uint32_t	target = targets[j];
				uint64_t	bit = UINT64_C(1) << target % 64;

				next[nnext] = target;
				nnext += (reached[target / 64] & bit) == 0;
				reached[target / 64] |= bit;
			}
		}
		frontier = next;
		next = done;
		n = nnext;
	}
	return edges;
}

int
main(int argc, char **argv)
{
	if (argc < 3)
	{
		fprintf(stderr, "usage: csr SCALE START... <EDGES\n");
		return 1;
	}
	nodes = UINT32_C(1) << atoi(argv[1]);
	load();
	reached = malloc((nodes / 64 + 1) * sizeof(uint64_t));
	frontier = malloc((nodes + 1) * sizeof(uint32_t));
	next = malloc((nodes + 1) * sizeof(uint32_t));
	for (int hops = 2; hops <= 4; hops++)
	{
		double		least = 1e18;
		uint64_t	edges = 0;

		for (int run = 0; run < 3; run++)
		{
			double		began = cpu_ns();
			double		took;

			edges = 0;
			for (int i = 2; i < argc; i++)
				edges += search(strtoul(argv[i], NULL, 10), hops);
			took = cpu_ns() - began;
			least = took < least ? took : least;
		}
		printf("%d\t%.0f\t%.2f\n", hops, (double) edges / (argc - 2), least / edges);
	}
	return 0;
}
