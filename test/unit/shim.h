/*
 * shim.h
 *	  What test programs want of shim.c besides what the server's headers
 *	  promise.
 */
#ifndef KG_SHIM_H
#define KG_SHIM_H

/*
 * Called with the message of an error or of an Assert that does not hold, and
 * must not return.
 */
extern void shim_on_failure(void (*function) (const char *message));

/* The code of the error that the function above was called for; 0: none. */
extern int	shim_error_code(void);

/* The same of a test's own. */
extern void shim_fail(const char *format,...)
			__attribute__((noreturn, format(printf, 1, 2)));

#endif							/* KG_SHIM_H */
