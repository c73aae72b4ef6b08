/*
 * random.h
 *	  Random numbers from a seed, the same on every platform and server.
 *
 * SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014.
 */
#ifndef KG_ALGO_RANDOM_H
#define KG_ALGO_RANDOM_H

#include "postgres.h"

typedef uint64 KgRandom;

static inline uint64
kg_random(KgRandom *state)
{
	uint64		z = (*state += UINT64CONST(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* A number below n, which is not 0; biased by less than n / 2^32. */
static inline uint32
kg_random_below(KgRandom *state, uint32 n)
{
	return (uint32) (((kg_random(state) >> 32) * n) >> 32);
}

/* A number of at least 0 and less than 1. */
static inline double
kg_random_fraction(KgRandom *state)
{
	return (double) (kg_random(state) >> 11) * (1.0 / (UINT64CONST(1) << 53));
}

/*
 * Puts a random choice of k of the numbers 0 .. n - 1, in random order, at the
 * front of "numbers", an array of n.
 */
static inline void
kg_random_sample(KgRandom *state, uint32 *numbers, uint32 n, uint32 k)
{
	for (uint32 i = 0; i < n; i++)
		numbers[i] = i;
	for (uint32 i = 0; i < k && i + 1 < n; i++)
	{
		uint32		j = i + kg_random_below(state, n - i);
		uint32		number = numbers[i];

		numbers[i] = numbers[j];
		numbers[j] = number;
	}
}

#endif							/* KG_ALGO_RANDOM_H */
