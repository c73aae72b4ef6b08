/*
 * check_row.h
 *	  Whether a node stores a row of the table as exactly as it says.
 */
#ifndef KG_CHECK_ROW_H
#define KG_CHECK_ROW_H

#include "ann/core/index.h"

/* What of a node fits a row, or does not. */
typedef enum KgRowFit
{
	ROW_FITS,
	ROW_OTHER_WORDS,			/* filters see another value */
	ROW_OTHER_ELEMENTS,			/* of a sparse vector */
	ROW_OTHER_HASH,				/* of the column's value */
	ROW_OTHER_LENGTH,
	ROW_OTHER_VECTOR,			/* farther away than the node says */
	ROW_OTHER_COPY				/* farther away than the finer copy says */
} KgRowFit;

/* What is another, in words; NULL of ROW_FITS. */
extern const char *const kg_row_fit_names[];

/*
 * Whether a node that has a row stores one of its vectors, of which there is one at
 * least and each has a place in the space, and its words.  Nothing is locked.
 */
extern KgRowFit kg_row_fit(KgStore *store, const KgIndex *index,
						   const void *const *vectors, int count,
						   const uint32 *words, uint32 node);

#endif							/* KG_CHECK_ROW_H */
