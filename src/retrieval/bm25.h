/*
 * bm25.h
 *	  BM25: how well a text fits a question, by the words that they share.
 *
 * S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and
 * Beyond", 2009, as the Python package rank_bm25 computes it (BM25Okapi): the
 * inverse document frequency of a word that more than half of the texts have
 * would be negative, and is a quarter of the mean over all words instead.
 */
#ifndef KG_RETRIEVAL_BM25_H
#define KG_RETRIEVAL_BM25_H

#include "postgres.h"
#include "tsearch/ts_type.h"

#define KG_BM25_K1 1.2
#define KG_BM25_B 0.75

/* Part of the mean that a word has which is in more than half of the texts. */
#define KG_BM25_FLOOR 0.25

/* Figures of all texts of one kind. */
typedef struct KgTextCounts
{
	double		texts;			/* how many */
	double		words;			/* in all of them */
	double		mean_idf;		/* of all different words */
} KgTextCounts;

/* A word of the question. */
typedef struct KgTerm
{
	char	   *lexeme;			/* not terminated */
	int			length;			/* bytes */
	int			times;			/* in the question */
	bool		counted;		/* is "texts" known? */
	double		texts;			/* that have it */
	double		idf;
	double		bound;			/* no text gets more than this for it */
	int			number;			/* in the question's order, for masks */
} KgTerm;

/* The words of a tsvector, in its order.  Returns their number. */
extern int	kg_bm25_terms(TSVector question, KgTerm **terms);

/* Fills in idf and bound from the counts. */
extern void kg_bm25_weigh(KgTerm *terms, int n, const KgTextCounts *counts);

/*
 * What a text of this length gets for a term that it has so many times, of the
 * term's idf.
 */
extern double kg_bm25_share(double times, double length, const KgTextCounts *counts);

/* How many words a text has: positions, or words without positions. */
extern int64 kg_bm25_length(TSVector text);

/* Does a text have this word? */
extern bool kg_bm25_has(TSVector text, const KgTerm *term);

/*
 * The score of a text.  "terms" is in the order of kg_bm25_terms.  *found gets
 * bit i for the term with number i, of the first 64.
 */
extern double kg_bm25_score(TSVector text, const KgTerm *terms, int n,
							const KgTextCounts *counts, uint64 *found);

#endif							/* KG_RETRIEVAL_BM25_H */
