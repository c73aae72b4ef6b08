/*
 * statistics.h
 *	  In how many texts words are, and how long texts are, for BM25.
 */
#ifndef KG_RETRIEVAL_STATISTICS_H
#define KG_RETRIEVAL_STATISTICS_H

#include "postgres.h"

#include "retrieval/legs.h"
#include "retrieval/text_source.h"

/*
 * The words of the question, with the counts of the source's texts and of those
 * that have each word: from the tables that kg.refresh_text_statistics fills, or, where there are
 * none or policies may hide texts, by counting the texts that the caller sees.
 */
extern void kg_text_words(const KgTextSource *source, KgTextWords *words);

#endif							/* KG_RETRIEVAL_STATISTICS_H */
