/*
 * memutils.h
 *	  See postgres.h.
 */
#ifndef MEMUTILS_H
#define MEMUTILS_H

/* The name is for the server's statistics, sizes for its allocator. */
#define ALLOCSET_DEFAULT_SIZES 0
#define AllocSetContextCreate(parent, name, sizes) shim_context_create(parent)

extern MemoryContext shim_context_create(MemoryContext parent);
extern void MemoryContextReset(MemoryContext context);
extern void MemoryContextDelete(MemoryContext context);

#define MemoryContextAllocHuge(context, size) \
	MemoryContextAlloc((context), (size))

#endif							/* MEMUTILS_H */
