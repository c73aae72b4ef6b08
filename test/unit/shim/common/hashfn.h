/*
 * hashfn.h
 *	  See postgres.h.
 */
#ifndef HASHFN_H
#define HASHFN_H

/* The finalizer of Appleby's MurmurHash3. */
static inline uint32
murmurhash32(uint32 h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

#endif							/* HASHFN_H */
