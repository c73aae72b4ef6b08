/*
 * values.h
 *	  Values of the types, and what must hold of each.
 */
#ifndef KG_FUZZ_VALUES_H
#define KG_FUZZ_VALUES_H

#include "postgres.h"

#include "fmgr.h"

#include "pg/compat.h"

typedef struct Type
{
	const char *name;
	PGFunction	in;
	PGFunction	out;
	PGFunction	recv;
	PGFunction	send;
	/* what mutations start from */
	const char *texts[7];
} Type;

#define NTYPES 4

extern const Type types[NTYPES];

/* Says what is wrong with an input, and ends the program. */
pg_noreturn extern void fail(const Type *type, const char *what, const void *input, int length);

/*
 * Calls a function with a value, an integer (a type modifier, or nothing) and
 * -1, as input functions and casts are called; NULL after an error.
 */
extern struct varlena *call_input(PGFunction function, Datum input, int32 modifier);
extern Datum call_output(PGFunction function, struct varlena *value);
extern bool same_value(struct varlena *a, struct varlena *b);

/* What a type's recv function makes of a message. */
extern struct varlena *receive(const Type *type, const void *data, int length);

/*
 * Checks what a function made of an input: text and binary form are the same
 * value, and an error has a message.  Is it a value?
 */
extern bool check(const Type *type, struct varlena *value, const void *input, int length);

#endif							/* KG_FUZZ_VALUES_H */
