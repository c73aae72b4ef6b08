/*
 * overflow.c
 *	  The overflow of a search.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/overflow.h"

#define INITIAL_OVERFLOW 4096

#define HEAP_NAME overflow
#define HEAP_ELEMENT KgCandidate
#define HEAP_KEY key
#include "lib/binary_heap.h"

static int
compare_candidates(const void *a, const void *b, void *arg)
{
	float		x = ((const KgCandidate *) a)->key;
	float		y = ((const KgCandidate *) b)->key;

	return x < y ? -1 : x > y;
}

void
kg_overflow_make_capacity(KgSearch *search)
{
	int64		capacity = search->overflow_capacity ? search->overflow_capacity * 2 :
	INITIAL_OVERFLOW;

	if (capacity * sizeof(KgCandidate) > search->memory_limit && search->overflow_capacity > 0)
	{
		qsort_interruptible(search->overflow, search->overflow_count, sizeof(KgCandidate),
							compare_candidates, NULL);
		search->overflow_count /= 2;
		search->overflow_heaped = search->overflow_count;
		return;
	}
	if (search->overflow)
		search->overflow = repalloc_huge(search->overflow, capacity * sizeof(KgCandidate));
	else
		search->overflow = MemoryContextAlloc(search->context,
											  capacity * sizeof(KgCandidate));
	search->overflow_capacity = capacity;
}

bool
kg_overflow_make_room(KgSearch *search, int64 candidates)
{
	if (search->memory_limit == 0)
		return false;
	while (search->overflow_capacity - search->overflow_count < candidates &&
		   (search->overflow_count > 0 || search->overflow_capacity == 0))
		kg_overflow_make_capacity(search);
	return true;
}

void
kg_overflow_make_heap(KgSearch *search)
{
	KgCandidate *overflow = search->overflow;

	for (int64 i = search->overflow_heaped; i < search->overflow_count; i++)
	{
		KgCandidate candidate = overflow[i];

		if (candidate.key > search->stop_beyond)
			continue;
		overflow[i] = overflow[search->overflow_heaped];
		overflow[search->overflow_heaped] = candidate;
		overflow_sift_up(overflow, search->overflow_heaped++);
	}
}

KgCandidate
kg_overflow_take(KgSearch *search)
{
	KgCandidate *overflow = search->overflow;
	KgCandidate best = overflow_pop(overflow, search->overflow_heaped--);

	overflow[search->overflow_heaped] = overflow[--search->overflow_count];
	return best;
}
