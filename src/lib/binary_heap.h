/*
 * binary_heap.h
 *	  A template of a binary heap in an array, with the least element first.
 *
 * Define these before including it, which undefines them:
 *
 *		HEAP_NAME		the prefix of the functions
 *		HEAP_ELEMENT	the type of elements
 *		HEAP_KEY		the member that elements are ordered by
 *
 * If elements are numbers of things whose keys are elsewhere, define instead of
 * HEAP_KEY:
 *
 *		HEAP_ARG		the type of a further argument, a pointer "arg"
 *		HEAP_KEY_OF(a)	the key of an element
 *		HEAP_SET_POSITION(a, i)	stores that the element is at position i
 *
 * (PostgreSQL's lib/binaryheap holds Datums and calls back for each
 * comparison.)
 */

#define HEAP_JOIN(a, b) CppConcat(a, b)
#define HEAP_FUNCTION(name) HEAP_JOIN(HEAP_NAME, name)
#ifdef HEAP_ARG
#define HEAP_PARAMETER , HEAP_ARG * arg
#define HEAP_ARGUMENT , arg
#else
#define HEAP_PARAMETER
#define HEAP_ARGUMENT
#define HEAP_KEY_OF(a) ((a).HEAP_KEY)
#define HEAP_SET_POSITION(a, i) ((void) 0)
#endif
#define HEAP_KEY_TYPE __typeof__(HEAP_KEY_OF(heap[0]))
#define HEAP_PUT(i, a) (heap[i] = (a), HEAP_SET_POSITION(a, i))

/*
 * Adds an element to i others, for which there is room.  (To write it behind them first, and
 * read it again, would be to wait for the write.)
 */
static inline void
HEAP_FUNCTION(_push) (HEAP_ELEMENT * heap, Size i, HEAP_ELEMENT moving HEAP_PARAMETER)
{
	const		HEAP_KEY_TYPE key = HEAP_KEY_OF(moving);

	while (i > 0)
	{
		HEAP_ELEMENT above = heap[(i - 1) / 2];

		if (HEAP_KEY_OF(above) <= key)
			break;
		HEAP_PUT(i, above);
		i = (i - 1) / 2;
	}
	HEAP_PUT(i, moving);
}

/* Moves the element at position i, which was added last, up to its position. */
static inline void
HEAP_FUNCTION(_sift_up) (HEAP_ELEMENT * heap, Size i HEAP_PARAMETER)
{
	HEAP_FUNCTION(_push) (heap, i, heap[i] HEAP_ARGUMENT);
}

/* Removes the least of count elements and returns it. */
static inline HEAP_ELEMENT
HEAP_FUNCTION(_pop) (HEAP_ELEMENT * heap, Size count HEAP_PARAMETER)
{
	HEAP_ELEMENT least = heap[0];
	HEAP_ELEMENT moving = heap[--count];
	const		HEAP_KEY_TYPE key = HEAP_KEY_OF(moving);
	Size		i = 0;

	for (;;)
	{
		Size		child = 2 * i + 1;
		HEAP_ELEMENT below;

		if (child >= count)
			break;
		if (child + 1 < count && HEAP_KEY_OF(heap[child + 1]) < HEAP_KEY_OF(heap[child]))
			child++;
		below = heap[child];
		if (key <= HEAP_KEY_OF(below))
			break;
		HEAP_PUT(i, below);
		i = child;
	}
	HEAP_PUT(i, moving);
	return least;
}

#undef HEAP_FUNCTION
#undef HEAP_JOIN
#undef HEAP_PARAMETER
#undef HEAP_ARGUMENT
#undef HEAP_PUT
#undef HEAP_NAME
#undef HEAP_ELEMENT
#undef HEAP_KEY
#undef HEAP_ARG
#undef HEAP_KEY_OF
#undef HEAP_KEY_TYPE
#undef HEAP_SET_POSITION
