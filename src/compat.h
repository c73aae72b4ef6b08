/*
 * compat.h
 *	  What PostgreSQL 15 to 18 have in different places or by other names.
 *	  Include it after postgres.h.  The rest of the code is written for the
 *	  newest of them.
 */
#ifndef KG_COMPAT_H
#define KG_COMPAT_H

/* VARSIZE and its like are postgres.h's own before 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Before 16 an input error cannot be a soft one. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#else
#define ereturn(escontext, dummy_value, ...) \
	do \
	{ \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#endif

/* A prefix of declarations; before 18 a suffix, pg_attribute_noreturn(). */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* What 16 calls a locator was a node. */
#if PG_VERSION_NUM < 160000
#define rd_locator rd_node
#endif

/* 18 asks who is vacuuming. */
#if PG_VERSION_NUM < 180000
#define vacuum_delay_point(is_analyze) vacuum_delay_point()
#endif

#endif							/* KG_COMPAT_H */
