/*
 * text.h
 *	  Reading and writing the text form of vectors.
 */
#ifndef KG_TEXT_H
#define KG_TEXT_H

#include "types/vectype.h"

typedef struct KgScanner
{
	const KgVecType *type;
	const char *input;			/* the whole literal, for messages */
	const char *pos;			/* what is next */
	Node	   *escontext;		/* where soft errors go, or NULL */
} KgScanner;

extern void kg_scan_start(KgScanner *scan, const KgVecType *type,
						  const char *input, Node *escontext);

/*
 * Each skips blanks, and returns whether it scanned what it names.  If not,
 * an error was raised, or saved in escontext; only kg_scan_char() leaves it to
 * the caller whether that is one.
 */
extern bool kg_scan_char(KgScanner *scan, char c);
extern bool kg_scan_float(KgScanner *scan, float *value);
extern bool kg_scan_int(KgScanner *scan, int32 *value);
extern bool kg_scan_end(KgScanner *scan, const char *detail);

/* Reports the input as malformed; detail may be NULL. Returns false. */
extern bool kg_scan_error(KgScanner *scan, const char *detail);

/*
 * "[1,2,3]" to elements, palloc'd.  Every element is finite and in the type's
 * range; the number of them is checked against the type's limit but not
 * against a type modifier.  NULL after a soft error.  kg_scan_dense() leaves
 * what follows to be scanned; for kg_dense_parse() nothing may.
 */
extern float *kg_scan_dense(KgScanner *scan, int *dim);
extern float *kg_dense_parse(const KgVecType *type, const char *input, int *dim,
							 Node *escontext);

/* Elements to "[1,2,3]", palloc'd; shortest digits that read back the same. */
extern char *kg_dense_print(const float *x, int dim);

#endif							/* KG_TEXT_H */
