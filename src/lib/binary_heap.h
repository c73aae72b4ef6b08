/*
 * binary_heap.h
 *	  A template of a binary heap in an array, with the least element first.
 *
 * Define these before including the file, which undefines them again:
 *
 *		HEAP_NAME		a prefix for the functions
 *		HEAP_ELEMENT	the type of elements
 *		HEAP_KEY		the member that orders them
 *
 * PostgreSQL's lib/binaryheap holds Datums and calls a function for each
 * comparison.
 */

#define HEAP_JOIN(a, b) CppConcat(a, b)
#define HEAP_FUNCTION(name) HEAP_JOIN(HEAP_NAME, name)

/* Moves the element at position i, which was added last, up to its position. */
static inline void
HEAP_FUNCTION(_sift_up) (HEAP_ELEMENT * heap, int64 i)
{
	HEAP_ELEMENT moving = heap[i];

	for (; i > 0 && heap[(i - 1) / 2].HEAP_KEY > moving.HEAP_KEY;
		 i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = moving;
}

/* Removes the least of count elements and returns it. */
static inline HEAP_ELEMENT
HEAP_FUNCTION(_pop) (HEAP_ELEMENT * heap, int64 count)
{
	HEAP_ELEMENT least = heap[0];
	HEAP_ELEMENT moving = heap[--count];
	int64		i = 0;

	for (;;)
	{
		int64		child = 2 * i + 1;

		if (child >= count)
			break;
		if (child + 1 < count &&
			heap[child + 1].HEAP_KEY < heap[child].HEAP_KEY)
			child++;
		if (moving.HEAP_KEY <= heap[child].HEAP_KEY)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moving;
	return least;
}

#undef HEAP_FUNCTION
#undef HEAP_JOIN
#undef HEAP_NAME
#undef HEAP_ELEMENT
#undef HEAP_KEY
