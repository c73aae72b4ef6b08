/*
 * bits.h
 *	  Bit strings as vectors: their distances, and samples of their bits as
 *	  codes.
 *
 * Bit i is bit 7 - i % 8 of byte i / 8, as PostgreSQL has it; bits of the last
 * byte beyond the string are zero.
 */
#ifndef KG_BITS_H
#define KG_BITS_H

#include <stddef.h>
#include <stdint.h>

#include "simd/simd.h"

static inline size_t
kg_bits_bytes(int bits)
{
	return ((size_t) bits + 7) / 8;
}

/* How many bits of so many bytes are set. */
static inline uint64_t
kg_bits_count(const uint8_t *bits, size_t bytes)
{
	uint64_t	both;
	uint64_t	set;
	uint64_t	again;

	kg_simd->jaccard(bits, bits, bytes, &both, &set, &again);
	return set;
}

/*
 * Jaccard distance of two sets from the sizes of their intersection and of
 * both: 1 less the part of their union that both have.  Empty sets are at
 * distance 1 from all, each other too, as the operator has it.
 */
static inline double
kg_bits_jaccard(uint64_t both, uint64_t a, uint64_t b)
{
	return both == 0 ? 1 : 1 - (double) both / (double) (a + b - both);
}

/*
 * Copies as many of a string's bits into code as there are to be in the sample,
 * the same of each string of this length.
 */
extern void kg_bits_sample(const uint8_t *bits, int length, int sample,
						   uint8_t *code);

#endif							/* KG_BITS_H */
