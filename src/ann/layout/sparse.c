/*
 * sparse.c
 *	  Sparse vectors: what the index's space has in their place, and how a node
 *	  stores one.
 */
#include <math.h>
#include <string.h>

#include "ann/layout/sparse.h"

/* Each entry of a dimension is in a part of the space of its own. */
#define PART_DIMS (KG_SPARSE_DIMS / KG_SPARSE_ENTRIES)

/* 16 bits of the hash for each: a place, and a sign. */
#define PLACE_BITS 15

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators */
static uint64_t
hash_of_index(int32_t index)
{
	uint64_t	z = ((uint64_t) index + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Squares of norms are kept in the mean: each entry has half of a value. */
void
kg_sparse_project(const KgSparseValue *value, double scale, double *y)
{
	double		part = scale / sqrt(KG_SPARSE_ENTRIES);

	memset(y, 0, sizeof(double) * KG_SPARSE_DIMS);
	for (int i = 0; i < value->count; i++)
	{
		uint64_t	hash = hash_of_index(value->indices[i]);
		double		x = value->values[i] * part;

		for (int j = 0; j < KG_SPARSE_ENTRIES; j++, hash >>= PLACE_BITS + 1)
		{
			uint32_t	place = hash & ((1 << PLACE_BITS) - 1);
			double	   *to = y + j * PART_DIMS + (place * PART_DIMS >> PLACE_BITS);

			*to += hash >> PLACE_BITS & 1 ? -x : x;
		}
	}
}

double
kg_sparse_norm(const KgSparseValue *value)
{
	double		square = 0;

	for (int i = 0; i < value->count; i++)
		square += (double) value->values[i] * value->values[i];
	return sqrt(square);
}

/* FNV-1a over words. */
uint32_t
kg_sparse_hash(const KgSparseValue *value)
{
	uint64_t	hash = UINT64_C(0xcbf29ce484222325);

	for (int i = 0; i < value->count; i++)
	{
		uint32_t	bits;

		memcpy(&bits, &value->values[i], sizeof(bits));
		hash = (hash ^ (uint32_t) value->indices[i]) * UINT64_C(0x100000001b3);
		hash = (hash ^ bits) * UINT64_C(0x100000001b3);
	}
	return (uint32_t) (hash ^ hash >> 32);
}

/* A value's bits without the sign order it as its absolute value does. */
static uint32_t
magnitude(const KgSparseValue *value, int i)
{
	uint32_t	bits;

	memcpy(&bits, &value->values[i], sizeof(bits));
	return bits & UINT32_C(0x7fffffff);
}

/* How many elements are at least of this magnitude. */
static int
count_from(const KgSparseValue *value, uint32_t least)
{
	int			count = 0;

	for (int i = 0; i < value->count; i++)
		count += magnitude(value, i) >= least;
	return count;
}

/* The least magnitude that no more elements than room have or exceed. */
static uint32_t
cut(const KgSparseValue *value, int room)
{
	uint32_t	low = 0;
	uint32_t	high = UINT32_C(0x80000000);

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (count_from(value, middle) > room)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of equal magnitudes at the cut, those of the least index are stored. */
void
kg_sparse_store(const KgSparseValue *value, int room, KgSparse *sparse)
{
	int32_t    *indices = (int32_t *) (sparse + 1);
	float	   *values = (void *) (indices + room);
	uint32_t	least = value->count > room ? cut(value, room) : 0;
	int			ties = room - count_from(value, least);
	double		rest = 0;
	int			count = 0;

	memset(sparse, 0, kg_sparse_bytes(room));
	sparse->elements = value->count;
	for (int i = 0; i < value->count; i++)
	{
		bool		tie = least > 0 && magnitude(value, i) == least - 1;

		if (magnitude(value, i) >= least || (tie && ties > 0))
		{
			ties -= tie;
			indices[count] = value->indices[i];
			values[count++] = value->values[i];
		}
		else
			rest += (double) value->values[i] * value->values[i];
	}
	if (rest > 0)
		sparse->rest = nextafterf((float) (sqrt(rest) * (1 + 1e-7)), INFINITY);
}

bool
kg_sparse_is_sound(const KgSparse *sparse, int room)
{
	KgSparseValue value = kg_sparse_stored(sparse, room);

	if (sparse->elements < 0 || !(sparse->rest >= 0) ||
		(sparse->rest > 0) != (sparse->elements > room))
		return false;
	for (int i = 0; i < value.count; i++)
		if (value.indices[i] < 0 || value.values[i] == 0 ||
			!isfinite(value.values[i]) ||
			(i > 0 && value.indices[i] <= value.indices[i - 1]))
			return false;
	return true;
}
