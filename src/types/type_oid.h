/*
 * type_oid.h
 *	  The extension's own types, by name.
 */
#ifndef KG_TYPE_OID_H
#define KG_TYPE_OID_H

#include "postgres.h"

/* The oid of a type of schema kg; invalid if there is none. */
extern Oid	kg_type(const char *name);

#endif							/* KG_TYPE_OID_H */
