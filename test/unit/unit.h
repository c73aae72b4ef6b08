/*
 * unit.h
 *	  What the stand-alone test programs share: results as TAP, memory with
 *	  guard pages, random numbers that repeat.
 */
#ifndef KG_UNIT_H
#define KG_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A test is everything between unit_begin and unit_end, which prints "ok" or
 * "not ok".  Names are printf formats.  A crash between them is reported as
 * its failure.
 */
extern void unit_begin(const char *format,...)
			__attribute__((format(printf, 1, 2)));
extern void unit_end(void);

/* Fails the current test, saying why; after a few times, silently. */
extern void unit_fail(const char *format,...)
			__attribute__((format(printf, 1, 2)));

/* Is this the first failure or one of the next few, worth a message? */
#define CHECK(condition, ...) \
	do { \
		if (!(condition)) \
			unit_fail(__VA_ARGS__); \
	} while (0)

/* Prints the plan and the totals; returns main's exit status. */
extern int	unit_finish(void);

/*
 * A buffer between two pages that may not be touched.  guard_at_end(g, size)
 * returns the last size bytes before the page that follows it, guard_at_start
 * the first after the page that precedes it.  Its contents are kept.
 */
typedef struct Guard Guard;

extern Guard *guard_create(size_t capacity);
extern void guard_free(Guard *g);
extern void *guard_at_end(Guard *g, size_t size);
extern void *guard_at_start(Guard *g);

/* A new sequence with each test, the same in each run. */
extern uint32_t random_bits(void);

/* Another sequence, for the rest of the test. */
extern void random_seed(uint64_t seed);

/* Uniform in [-1, 1). */
extern float random_float(void);

/* Normally distributed, of variance one. */
extern float random_normal(void);

#endif							/* KG_UNIT_H */
