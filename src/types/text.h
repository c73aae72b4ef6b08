/*
 * text.h
 *	  Text input and output of vectors.
 */
#ifndef KG_TEXT_H
#define KG_TEXT_H

#include "types/vectype.h"

typedef struct KgScanner
{
	const KgVecType *type;
	const char *input;			/* the whole literal, for messages */
	const char *pos;			/* the next character */
	Node	   *escontext;		/* where soft errors go, or NULL */
} KgScanner;

extern void kg_scan_start(KgScanner *scan, const KgVecType *type,
						  const char *input, Node *escontext);

/*
 * Each skips blanks and returns true if it scanned its item.  Otherwise it has
 * raised an error or saved one in escontext, except kg_scan_char(), whose
 * caller decides whether a missing character is an error.
 */
extern bool kg_scan_char(KgScanner *scan, char c);
extern bool kg_scan_float(KgScanner *scan, float *value);
extern bool kg_scan_int(KgScanner *scan, int32 *value);
extern bool kg_scan_end(KgScanner *scan, const char *detail);

/* Reports the input as malformed; detail may be NULL. Returns false. */
extern bool kg_scan_error(KgScanner *scan, const char *detail);

/*
 * Scan "[1,2,3]" and return its elements, palloc'd; NULL after a soft error.
 * Every element is finite and in the type's range.  Their number is checked
 * against the type's limit but not against a type modifier.  Input may follow
 * for kg_scan_dense(), but not for kg_dense_parse().
 */
extern float *kg_scan_dense(KgScanner *scan, int *dim);
extern float *kg_dense_parse(const KgVecType *type, const char *input, int *dim,
							 Node *escontext);

/* "[1,2,3]", palloc'd, with the shortest digits that read back the same. */
extern char *kg_dense_print(const float *x, int dim);

#endif							/* KG_TEXT_H */
