/*
 * bm25.c
 *	  BM25: how well a text fits a question, by the words that they share.
 */
#include "postgres.h"

#include <math.h>

#include "retrieval/bm25.h"

/* The same order as in tsvectors. */
static int
compare_lexemes(const char *a, int a_length, const char *b, int b_length)
{
	int			order = memcmp(a, b, Min(a_length, b_length));

	return order != 0 ? order : a_length - b_length;
}

/* How often a text has the word of this entry. */
static int
occurrences(TSVector text, WordEntry *entry)
{
	return entry->haspos ? Max(POSDATALEN(text, entry), 1) : 1;
}

int
kg_bm25_terms(TSVector question, KgTerm **terms)
{
	WordEntry  *entries = ARRPTR(question);
	int			n = question->size;

	*terms = palloc0(Max(n, 1) * sizeof(KgTerm));
	for (int i = 0; i < n; i++)
	{
		KgTerm	   *term = &(*terms)[i];

		term->lexeme = STRPTR(question) + entries[i].pos;
		term->length = entries[i].len;
		term->times = occurrences(question, &entries[i]);
		term->number = i;
	}
	return n;
}

void
kg_bm25_weigh(KgTerm *terms, int n, const KgTextCounts *counts)
{
	for (int i = 0; i < n; i++)
	{
		KgTerm	   *term = &terms[i];
		double		others = counts->texts - term->texts;

		/* Counts that are older than the texts may be less. */
		term->idf = others < term->texts ? KG_BM25_FLOOR * counts->mean_idf :
			log(others + 0.5) - log(term->texts + 0.5);
		term->bound = Max(term->times * term->idf * (KG_BM25_K1 + 1), 0);
	}
}

double
kg_bm25_share(double times, double length, const KgTextCounts *counts)
{
	double		mean_length = counts->texts > 0 ? counts->words / counts->texts : 0;
	double		norm = KG_BM25_K1 * (1 - KG_BM25_B +
									 KG_BM25_B * (mean_length > 0 ? length / mean_length : 1));

	return times * (KG_BM25_K1 + 1) / (times + norm);
}

int64
kg_bm25_length(TSVector text)
{
	WordEntry  *entries = ARRPTR(text);
	int64		length = 0;

	for (int i = 0; i < text->size; i++)
		length += occurrences(text, &entries[i]);
	return length;
}

/* The entry of a word, or NULL. */
static WordEntry *
find_entry(TSVector text, const KgTerm *term)
{
	WordEntry  *low = ARRPTR(text);
	WordEntry  *high = low + text->size;

	while (low < high)
	{
		WordEntry  *middle = low + (high - low) / 2;
		int			order = compare_lexemes(STRPTR(text) + middle->pos, middle->len,
											term->lexeme, term->length);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool
kg_bm25_has(TSVector text, const KgTerm *term)
{
	return find_entry(text, term) != NULL;
}

double
kg_bm25_score(TSVector text, const KgTerm *terms, int n, const KgTextCounts *counts,
			  uint64 *found)
{
	double		length = kg_bm25_length(text);
	double		score = 0;

	*found = 0;
	for (int i = 0; i < n; i++)
	{
		WordEntry  *entry = find_entry(text, &terms[i]);

		if (entry == NULL)
			continue;
		score += terms[i].times * terms[i].idf *
			kg_bm25_share(occurrences(text, entry), length, counts);
		if (terms[i].number < 64)
			*found |= UINT64CONST(1) << terms[i].number;
	}
	return score;
}
