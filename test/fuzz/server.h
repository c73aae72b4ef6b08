/*
 * server.h
 *	  What the fuzzers of the types have instead of the server: an error is a
 *	  longjmp, and memory comes from malloc, so that AddressSanitizer sees every
 *	  overrun.
 */
#ifndef KG_FUZZ_SERVER_H
#define KG_FUZZ_SERVER_H

#include "postgres.h"

#include <setjmp.h>

#define MAX_MESSAGE 2048

/* where an error goes, and its message */
extern jmp_buf on_error;
extern char message[MAX_MESSAGE * 2];

/* Frees what was allocated for one case. */
extern void free_case(void);

extern void random_start(uint64 seed);
extern uint32 random_below(uint32 limit);

#endif							/* KG_FUZZ_SERVER_H */
