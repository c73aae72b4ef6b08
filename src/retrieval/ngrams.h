/*
 * ngrams.h
 *	  The parts of a question that may be names.
 */
#ifndef KG_RETRIEVAL_NGRAMS_H
#define KG_RETRIEVAL_NGRAMS_H

#include "postgres.h"

/* Some words of the question in a row, as kg.name_key has them. */
typedef struct KgNgram
{
	char	   *key;
	int			first;			/* number of its first word */
	int			end;			/* number of the word after its last one */
	bool		quoted;			/* stands in quotes or brackets */
	bool		found;			/* some node has this name */
	bool		maximal;		/* found, and part of no other that is found */
} KgNgram;

typedef struct KgNgrams
{
	char	   *key;			/* kg.name_key of the whole question */
	int			nwords;
	KgNgram    *ngrams;
	int			n;
} KgNgrams;

/* kg.name_key, palloc'd */
extern char *kg_key_of_name(const char *name);

/* kg.fold_text, palloc'd */
extern char *kg_folded(const char *string);

/* Those that are not made of stop words of the language alone. */
extern KgNgrams *kg_ngrams(const char *question, Oid language);

/* The one with this key, or NULL. */
extern KgNgram *kg_ngrams_find(KgNgrams *ngrams, const char *key);

/* Fills in "maximal". */
extern void kg_ngrams_choose(KgNgrams *ngrams);

#endif							/* KG_RETRIEVAL_NGRAMS_H */
