/*
 * unit.c
 *	  See unit.h.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MESSAGES_PER_TEST 5

static char name[200];
static int	failures;			/* of the current test */
static int	passed;
static int	failed;
static uint64_t random_state;

struct Guard
{
	char	   *start;			/* after the first guard page */
	char	   *end;			/* before the second */
};

static void
crashed(int signal_number)
{
	/* not allowed in a handler, but nothing better can happen any more */
	printf("not ok %d - %s: signal %d\n", passed + failed + 1, name,
		   signal_number);
	printf("%d passed, %d failed\n", passed, failed + 1);
	fflush(stdout);
	_exit(1);
}

void
unit_begin(const char *format,...)
{
	va_list		args;

	if (passed + failed == 0)
	{
		signal(SIGSEGV, crashed);
		signal(SIGBUS, crashed);
		signal(SIGILL, crashed);
		signal(SIGFPE, crashed);
	}
	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	failures = 0;
	random_state = UINT64_C(0x9e3779b97f4a7c15);
}

void
unit_end(void)
{
	if (failures == 0)
		passed++;
	else
		failed++;
	printf("%s %d - %s\n", failures == 0 ? "ok" : "not ok", passed + failed,
		   name);
	if (failures > MESSAGES_PER_TEST)
		printf("# %d failures in all\n", failures);
	fflush(stdout);
}

void
unit_fail(const char *format,...)
{
	va_list		args;

	if (failures++ >= MESSAGES_PER_TEST)
		return;
	printf("# %s: ", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

int
unit_finish(void)
{
	printf("1..%d\n", passed + failed);
	printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 && passed > 0 ? 0 : 1;
}

Guard *
guard_create(size_t capacity)
{
	size_t		page = (size_t) sysconf(_SC_PAGESIZE);
	size_t		size = (capacity + page - 1) / page * page;
	Guard	   *g = malloc(sizeof(*g));
	char	   *map = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (g == NULL || map == MAP_FAILED ||
		mprotect(map, page, PROT_NONE) != 0 ||
		mprotect(map + page + size, page, PROT_NONE) != 0)
	{
		perror("guard pages");
		exit(1);
	}
	g->start = map + page;
	g->end = g->start + size;
	return g;
}

void
guard_free(Guard *g)
{
	size_t		page = (size_t) sysconf(_SC_PAGESIZE);

	munmap(g->start - page, (size_t) (g->end - g->start) + 2 * page);
	free(g);
}

void *
guard_at_end(Guard *g, size_t size)
{
	if (size > (size_t) (g->end - g->start))
	{
		fprintf(stderr, "guarded buffer is too small for %zu\n", size);
		exit(1);
	}
	return g->end - size;
}

void *
guard_at_start(Guard *g)
{
	return g->start;
}

void
random_seed(uint64_t seed)
{
	random_state = seed;
}

/* Steele and Vigna's splitmix64. */
uint32_t
random_bits(void)
{
	uint64_t	z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t) ((z ^ (z >> 31)) >> 32);
}

float
random_float(void)
{
	return (float) (random_bits() >> 8) / (1 << 23) - 1;
}

float
random_normal(void)
{
	/* Box and Muller; 1 - u keeps the logarithm finite */
	double		u = (double) random_bits() / 4294967296.0;
	double		v = (double) random_bits() / 4294967296.0;

	return (float) (sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * v));
}
