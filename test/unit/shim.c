/*
 * shim.c
 *	  What the headers in test/unit/shim promise: memory contexts over malloc
 *	  and errors that end the program.
 */
#include "postgres.h"

#include <stdarg.h>

#include "utils/memutils.h"

#include "shim.h"

/* New memory and memory that was given back is full of these. */
#define FRESH 0x7e
#define STALE 0x7f

#define MAX_ALLOC 0x3fffffff

/* Before each piece of memory; pieces of a context are in a ring. */
typedef struct Piece
{
	struct Piece *next;
	struct Piece *previous;
	MemoryContext context;
	Size		size;
} Piece;

struct MemoryContextData
{
	Piece		ring;			/* of its pieces */
	MemoryContext parent;
	MemoryContext child;		/* the first */
	MemoryContext sibling;		/* the parent's next child */
};

MemoryContext CurrentMemoryContext;

static char message[1000];
static int	report_code;		/* of the report that is being made */
static int	error_code;
static void (*on_failure) (const char *message);

void
shim_on_failure(void (*function) (const char *message))
{
	on_failure = function;
}

int
shim_error_code(void)
{
	return error_code;
}

void
shim_fail(const char *format,...)
{
	va_list		args;
	char text[	2000];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (on_failure)
		on_failure(text);
	fprintf(stderr, "%s\n", text);
	abort();
}

void
shim_failed_assert(const char *condition, const char *file, int line)
{
	shim_fail("%s:%d: Assert(%s)", file, line, condition);
}

/*
 * Memory.
 */

MemoryContext
shim_context_create(MemoryContext parent)
{
	MemoryContext context = calloc(1, sizeof(struct MemoryContextData));

	context->ring.next = context->ring.previous = &context->ring;
	context->parent = parent;
	if (parent)
	{
		context->sibling = parent->child;
		parent->child = context;
	}
	return context;
}

static void
link_piece(Piece *piece, MemoryContext context)
{
	piece->context = context;
	piece->next = &context->ring;
	piece->previous = context->ring.previous;
	piece->previous->next = piece;
	context->ring.previous = piece;
}

static void
unlink_piece(Piece *piece)
{
	piece->next->previous = piece->previous;
	piece->previous->next = piece->next;
}

void *
MemoryContextAllocExtended(MemoryContext context, Size size, int flags)
{
	Piece	   *piece;

	if (size > MAX_ALLOC && !(flags & MCXT_ALLOC_HUGE))
		shim_fail("invalid memory alloc request size %zu", size);
	piece = malloc(sizeof(Piece) + size);
	if (piece == NULL)
		shim_fail("out of memory");
	piece->size = size;
	link_piece(piece, context);
	memset(piece + 1, flags & MCXT_ALLOC_ZERO ? 0 : FRESH, size);
	return piece + 1;
}

void
pfree(void *pointer)
{
	Piece	   *piece = (Piece *) pointer - 1;

	unlink_piece(piece);
	memset(piece, STALE, sizeof(Piece) + piece->size);
	free(piece);
}

void *
repalloc(void *pointer, Size size)
{
	Piece	   *old = (Piece *) pointer - 1;
	void	   *new = MemoryContextAlloc(old->context, size);

	memcpy(new, pointer, Min(old->size, size));
	pfree(pointer);
	return new;
}

void
MemoryContextReset(MemoryContext context)
{
	while (context->child)
		MemoryContextDelete(context->child);
	while (context->ring.next != &context->ring)
		pfree(context->ring.next + 1);
}

void
MemoryContextDelete(MemoryContext context)
{
	MemoryContextReset(context);
	if (context->parent)
	{
		MemoryContext *link = &context->parent->child;

		while (*link != context)
			link = &(*link)->sibling;
		*link = context->sibling;
	}
	if (context == CurrentMemoryContext)
		shim_fail("the current memory context is deleted");
	free(context);
}

/*
 * Errors.
 */

int
errcode(int code)
{
	report_code = code;
	return code;
}

int
errmsg(const char *format,...)
{
	va_list		args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return 0;
}

int
errdetail(const char *format,...)
{
	(void) format;
	return 0;
}

int
errhint(const char *format,...)
{
	(void) format;
	return 0;
}

void
shim_report(int level)
{
	error_code = report_code;
	report_code = 0;
	if (level >= ERROR)
		shim_fail("ERROR: %s", message);
}

/* Shell sort. */
void
qsort_interruptible(void *base, size_t count, size_t size,
					int (*compare) (const void *, const void *, void *),
					void *arg)
{
	char	   *from = base;
	char		moving[64];

	Assert(size <= sizeof(moving));
	for (size_t gap = count / 2; gap > 0; gap /= 2)
		for (size_t i = gap; i < count; i++)
		{
			size_t		j = i;

			memcpy(moving, from + i * size, size);
			for (; j >= gap && compare(moving, from + (j - gap) * size, arg) < 0;
				 j -= gap)
				memcpy(from + j * size, from + (j - gap) * size, size);
			memcpy(from + j * size, moving, size);
		}
}
