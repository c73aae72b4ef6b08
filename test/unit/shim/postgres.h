/*
 * postgres.h
 *	  As much of the server's header as the core of src/ann needs, so that it
 *	  compiles and runs without a server: see shim.c and src/ann/README.md.
 */
#ifndef POSTGRES_H
#define POSTGRES_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int64_t int64;
typedef uint8_t uint8;
typedef uint16_t uint16;
typedef uint32_t uint32;
typedef uint64_t uint64;
typedef size_t Size;

#define UINT64CONST(x) UINT64_C(x)
#define UINT64_FORMAT "%" PRIu64

#define BLCKSZ 8192
#define FLEXIBLE_ARRAY_MEMBER	/* empty */

#define Min(x, y) ((x) < (y) ? (x) : (y))
#define Max(x, y) ((x) > (y) ? (x) : (y))
#define TYPEALIGN(align, length) \
	(((uintptr_t) (length) + ((align) - 1)) & ~((uintptr_t) ((align) - 1)))
#define INTALIGN(length) TYPEALIGN(4, (length))
#define MAXALIGN(length) TYPEALIGN(8, (length))
#define CppConcat(x, y) x##y

#define likely(x) __builtin_expect((x) != 0, 1)
#define unlikely(x) __builtin_expect((x) != 0, 0)
#define pg_unreachable() __builtin_unreachable()
#define pg_noinline __attribute__((noinline))
#define pg_attribute_printf(f, a) __attribute__((format(printf, f, a)))

#define StaticAssertDecl(condition, message) \
	_Static_assert(condition, message)
#define StaticAssertStmt(condition, message) \
	do { _Static_assert(condition, message); } while (0)
#define Assert(condition) \
	((condition) ? (void) 0 : \
	 shim_failed_assert(#condition, __FILE__, __LINE__))

extern void shim_failed_assert(const char *condition, const char *file,
							   int line) __attribute__((noreturn));

typedef union PGAlignedBlock
{
	char		data[BLCKSZ];
	double		force_align_d;
	int64		force_align_i64;
} PGAlignedBlock;

/* utils/palloc.h */

typedef struct MemoryContextData *MemoryContext;

extern MemoryContext CurrentMemoryContext;

#define MCXT_ALLOC_HUGE 0x01
#define MCXT_ALLOC_ZERO 0x04

extern void *MemoryContextAllocExtended(MemoryContext context, Size size,
										int flags);
extern void *repalloc(void *pointer, Size size);
extern void pfree(void *pointer);

#define MemoryContextAlloc(context, size) \
	MemoryContextAllocExtended((context), (size), 0)
#define MemoryContextAllocZero(context, size) \
	MemoryContextAllocExtended((context), (size), MCXT_ALLOC_ZERO)
#define repalloc_huge(pointer, size) repalloc((pointer), (size))
#define palloc(size) MemoryContextAlloc(CurrentMemoryContext, (size))
#define palloc0(size) MemoryContextAllocZero(CurrentMemoryContext, (size))
#define palloc_extended(size, flags) \
	MemoryContextAllocExtended(CurrentMemoryContext, (size), (flags))

static inline MemoryContext
MemoryContextSwitchTo(MemoryContext context)
{
	MemoryContext old = CurrentMemoryContext;

	CurrentMemoryContext = context;
	return old;
}

/* utils/elog.h: errors end the program, what is less is dropped. */

#define NOTICE 18
#define WARNING 19
#define ERROR 21

#define ERRCODE_INDEX_CORRUPTED 1
#define ERRCODE_PROGRAM_LIMIT_EXCEEDED 2
#define ERRCODE_DATA_CORRUPTED 3

extern int	errcode(int code);
extern int	errmsg(const char *format,...) pg_attribute_printf(1, 2);
extern int	errdetail(const char *format,...) pg_attribute_printf(1, 2);
extern int	errhint(const char *format,...) pg_attribute_printf(1, 2);
extern void shim_report(int level);

#define ereport(level, report) \
	do { \
		(void) (report); \
		shim_report(level); \
		if ((level) >= ERROR) \
			__builtin_unreachable(); \
	} while (0)
#define elog(level, ...) ereport(level, errmsg(__VA_ARGS__))

/* port.h */
extern void qsort_interruptible(void *base, size_t count, size_t size,
								int (*compare) (const void *, const void *, void *),
								void *arg);

#endif							/* POSTGRES_H */
