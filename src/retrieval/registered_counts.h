/*
 * registered_counts.h
 *	  Counts of the words of registered tables.
 */
#ifndef KG_RETRIEVAL_REGISTERED_COUNTS_H
#define KG_RETRIEVAL_REGISTERED_COUNTS_H

#include "postgres.h"

#include "retrieval/bm25.h"
#include "retrieval/text_source.h"

/*
 * Fills in the counts of a registered table's texts and of those that have
 * each term, where kg.refresh_text_statistics has counted it.  Returns false
 * if the texts have not been counted, or their words are made otherwise now.
 * To be called only for somebody from whom nothing hides texts.
 */
extern bool kg_registered_counts(const KgTextSource *source, KgTerm *terms, int n,
								 KgTextCounts *counts);

#endif							/* KG_RETRIEVAL_REGISTERED_COUNTS_H */
