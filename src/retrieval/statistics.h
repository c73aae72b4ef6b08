/*
 * statistics.h
 *	  In how many texts words are, and how long texts are, for BM25.
 */
#ifndef KG_RETRIEVAL_STATISTICS_H
#define KG_RETRIEVAL_STATISTICS_H

#include "postgres.h"

#include "retrieval/bm25.h"
#include "retrieval/text_source.h"

/*
 * Fills in the counts of the source's texts and of those that have each term:
 * from the tables that kg.refresh_text_statistics fills, or, where there are
 * none or policies may hide texts, by counting the texts that the caller sees.
 */
extern void kg_text_counts(const KgTextSource *source, KgTerm *terms, int n,
						   KgTextCounts *counts);

#endif							/* KG_RETRIEVAL_STATISTICS_H */
