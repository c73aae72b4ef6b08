/*
 * marked_words.h
 *	  Words of a text, marked if they may weigh much.
 */
#ifndef KG_RETRIEVAL_MARKED_WORDS_H
#define KG_RETRIEVAL_MARKED_WORDS_H

#include "retrieval/bm25.h"

/* What a marked word begins with.  No parser makes words that do. */
#define KG_WORD_MARK '\001'

/*
 * The most that BM25 adds for a term of a text that has it unmarked.  A marked
 * one may add as much as term->bound.
 */
extern double kg_unmarked_bound(const KgTerm *term, const KgTextCounts *counts);

#endif							/* KG_RETRIEVAL_MARKED_WORDS_H */
