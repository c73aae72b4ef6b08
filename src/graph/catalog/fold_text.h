/*
 * fold_text.h
 *	  One form for characters that readers take for the same.
 */
#ifndef KG_FOLD_TEXT_H
#define KG_FOLD_TEXT_H

#include "postgres.h"

/* kg.fold_text of n bytes in the database's encoding, palloc'd; *length: its bytes. */
extern char *kg_fold(const char *string, Size n, Size *length);

#endif							/* KG_FOLD_TEXT_H */
