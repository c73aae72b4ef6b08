/*
 * type_oid.h
 *	  The extension's own types, by name, and pgvector's, which are stored alike.
 */
#ifndef KG_TYPE_OID_H
#define KG_TYPE_OID_H

#include "postgres.h"

/* The oid of a type of schema kg; invalid if there is none. */
extern Oid	kg_type(const char *name);

/*
 * The name of the type of schema kg whose values are stored as those of this
 * type, be there a schema kg or not; NULL for any other type.
 */
extern const char *kg_stored_name(Oid type);

/*
 * The type of schema kg whose values are stored as those of this type: itself,
 * or the one of the same name for vector, halfvec and sparsevec of extension
 * "vector".  bit is one of them, whose operators are kg's.  Invalid for any
 * other type.
 */
extern Oid	kg_stored_type(Oid type);

/*
 * For such a type and one of schema kg: the one of the latter's name that
 * stands beside the former.  Raises an error if there is none.
 */
extern Oid	kg_sibling_type(Oid type, Oid stored);

/*
 * The operator between two values of a type that stands in the type's schema, or
 * of bit in kg's.
 * Raises an error if there is none.
 */
extern Oid	kg_type_operator(Oid type, const char *name);

#endif							/* KG_TYPE_OID_H */
