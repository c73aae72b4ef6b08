/*
 * bits.c
 *	  Samples of a bit string's bits.
 */
#include <string.h>

#include "quant/bits.h"

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators */
static uint32_t
hash(uint64_t i)
{
	uint64_t	z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t) (z >> 32);
}

/*
 * Bit i of a sample is one at random of the string's i-th part (a stratified
 * sample), so that neither a stretch of it nor a period is left out.
 */
void
kg_bits_sample(const uint8_t *bits, int length, int sample, uint8_t *code)
{
	if (sample == length)
	{
		memcpy(code, bits, kg_bits_bytes(length));
		return;
	}
	memset(code, 0, kg_bits_bytes(sample));
	for (int i = 0; i < sample; i++)
	{
		uint64_t	place = ((uint64_t) i << 32 | hash((uint64_t) i)) / (uint64_t) sample *
		(uint64_t) length >> 32;

		if (bits[place / 8] & 0x80 >> place % 8)
			code[i / 8] |= (uint8_t) (0x80 >> i % 8);
	}
}
