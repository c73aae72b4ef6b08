/*
 * text_query.h
 *	  tsqueries of the words of a question.
 */
#ifndef KG_RETRIEVAL_TEXT_QUERY_H
#define KG_RETRIEVAL_TEXT_QUERY_H

#include "postgres.h"

#include "retrieval/bm25.h"

/* Of the texts with a word, those that an index on kg.marked_words tells apart. */
typedef enum KgTextWeight
{
	KG_TEXT_ANY,				/* the index is on the words as they are */
	KG_TEXT_LIGHT,				/* they have it unmarked */
	KG_TEXT_HEAVY				/* they have it marked */
} KgTextWeight;

/* Texts that have a term. */
typedef struct KgTextPart
{
	const KgTerm *term;
	KgTextWeight weight;
	double		bound;			/* no text of this part gets more for the term */
	double		texts;			/* about so many */
} KgTextPart;

/* Texts with any of the terms; "marked": by an index on kg.marked_words. */
extern Datum kg_text_query_any(const KgTerm *terms, int n, bool marked);

/*
 * The parts of the first n terms, which are palloc'd; those with the greatest
 * bounds first.  A heavy part comes before the light one of its term.
 */
extern KgTextPart *kg_text_parts(const KgTerm *terms, int n, bool marked,
								 const KgTextCounts *counts, int *nparts);

/*
 * The most that texts of the parts from "done" on get for one term, and for all
 * of them.
 */
extern double kg_text_parts_bound(const KgTextPart *parts, int done, int n, double *all);

/*
 * Texts of any of the parts from "done" to n, but of none of those before,
 * which another query has found.
 */
extern Datum kg_text_query_next(const KgTextPart *parts, int done, int n);

/*
 * Texts of none of the first parts, "done" of them, but of so many of the
 * others that the bounds of these add up to at least the threshold.  Returns
 * false if that takes too long a query.
 */
extern bool kg_text_query_sets(const KgTextPart *parts, int done, int n, double threshold,
							   Datum *query);

#endif							/* KG_RETRIEVAL_TEXT_QUERY_H */
