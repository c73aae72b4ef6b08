/*
 * pages.h
 *	  An index's pages in plain memory: the functions of src/ann/layout/store.h for
 *	  test programs, whose tasks (tasks.h) may change over at each lock.
 *
 * Whoever reads a page gets a copy of it that is spoilt when he is done, and
 * must not have changed it.  Whoever changes pages does so on images, as the
 * server's backends do.  Locks must be taken in the order that the README of
 * src/ann demands, or the program ends.
 */
#ifndef KG_PAGES_H
#define KG_PAGES_H

#include <setjmp.h>

#include "ann/layout/store.h"

/* KgStore's rel points to it. */
typedef struct RelationData Pages;

/* No pages yet; layout stays. */
extern Pages *pages_create(const KgLayout *layout);
extern void pages_free(Pages *pages);

/*
 * How the free space map errs: of so many times one is forgotten, or another
 * page named.  0: never.
 */
extern void pages_set_map_errors(Pages *pages, uint32 part);

/* Adds a page that was never initialised, as a crash leaves them. */
extern void pages_leave_new(Pages *pages);

/*
 * Calls a function, once, when the free space map is asked for a page: nothing
 * is locked then, and an insert has chosen its neighbours.
 */
extern void pages_at_find_capacity(Pages *pages, void (*function) (void *arg),
								   void *arg);

/* This task is VACUUM: it may hold two pages of chunks. */
extern void pages_set_vacuum(Pages *pages, bool active);

/*
 * Jumps there when VACUUM has rested so many times, as if it were cancelled;
 * where is NULL: never.
 */
extern void pages_cancel_vacuum(Pages *pages, jmp_buf * where, uint32 rests);

/* Lets go of what the cancelled VACUUM had locked, as the server does. */
extern void pages_end_cancelled(Pages *pages);

/*
 * For pages that are damaged (test/fuzz/fuzz_damage.c): what they hold, their copies,
 * and all locks of a task that failed.  Damaged links lead out of the order of locks,
 * which nobody looks at then.
 */
extern BlockNumber pages_count(const Pages *pages);
extern char *pages_data(const Pages *pages, BlockNumber block);
extern char *pages_copy(const Pages *pages);
extern void pages_restore(Pages *pages, const char *copy, BlockNumber count);
extern void pages_allow_damage(Pages *pages);
extern void pages_release_locks(Pages *pages);

#endif							/* KG_PAGES_H */
