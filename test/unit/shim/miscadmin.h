/*
 * miscadmin.h
 *	  See postgres.h.
 */
#ifndef MISCADMIN_H
#define MISCADMIN_H

/* Another task may run (tasks.h).  Pages may be locked. */
extern void shim_interrupts(void);

#define CHECK_FOR_INTERRUPTS() shim_interrupts()

#endif							/* MISCADMIN_H */
