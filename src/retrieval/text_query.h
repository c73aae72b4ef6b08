/*
 * text_query.h
 *	  tsqueries of the words of a question.
 */
#ifndef KG_RETRIEVAL_TEXT_QUERY_H
#define KG_RETRIEVAL_TEXT_QUERY_H

#include "postgres.h"

#include "retrieval/bm25.h"

/* Texts with any of the terms. */
extern Datum kg_text_query_any(const KgTerm *terms, int n);

/*
 * Texts with any of the terms from "done" to n, but with none of those before,
 * which another query has found.
 */
extern Datum kg_text_query_next(const KgTerm *terms, int done, int n);

/*
 * Texts with none of the first terms, "done" of them, but with so many of the
 * others that the bounds of these add up to at least the threshold.  Returns
 * false if that takes too long a query.
 */
extern bool kg_text_query_sets(const KgTerm *terms, int done, int n, double threshold,
							   Datum *query);

#endif							/* KG_RETRIEVAL_TEXT_QUERY_H */
