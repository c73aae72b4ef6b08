/*
 * key_hash.h
 *	  Hashes of keys: integers, and the bytes of uuids and texts.
 */
#ifndef KG_GRAPH_KEY_HASH_H
#define KG_GRAPH_KEY_HASH_H

#include "postgres.h"

/* The finalizer of MurmurHash3: each bit of the result depends on all. */
static inline uint64
kg_mix(uint64 hash)
{
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xFF51AFD7ED558CCD);
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xC4CEB9FE1A85EC53);
	return hash ^ (hash >> 33);
}

static inline uint64
kg_eight_bytes(const char *bytes)
{
	uint64		word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* A number made of up to 7 bytes, some of which may be in it twice. */
static inline uint64
kg_few_bytes(const char *bytes, uint32 length)
{
	uint32		low;
	uint32		high;

	if (length >= 4)
	{
		memcpy(&low, bytes, sizeof(low));
		memcpy(&high, bytes + length - sizeof(high), sizeof(high));
		return (uint64) high << 32 | low;
	}
	low = length == 0 ? 0 : (uint8) bytes[0] << 16 | (uint8) bytes[length / 2] << 8 |
		(uint8) bytes[length - 1];
	return low;
}

/*
 * A hash of a key's bytes and of another hash.  Keys have some 10 bytes, for
 * which hash_bytes takes 20 ns; this is faster.
 */
static inline uint64
kg_hash_key_bytes(const char *bytes, uint32 length, uint64 hash)
{
	const char *last = bytes + length - sizeof(uint64);

	hash = kg_mix(hash + length);
	if (length < sizeof(uint64))
		return kg_mix(hash ^ kg_few_bytes(bytes, length));
	for (; bytes < last; bytes += sizeof(uint64))
	{
		hash ^= kg_eight_bytes(bytes) * UINT64CONST(0x9E3779B97F4A7C15);
		hash = (hash << 29 | hash >> 35) * UINT64CONST(0xC2B2AE3D27D4EB4F);
	}
	return kg_mix(hash ^ kg_eight_bytes(last) * UINT64CONST(0x9E3779B97F4A7C15));
}

#endif							/* KG_GRAPH_KEY_HASH_H */
