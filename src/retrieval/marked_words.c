/*
 * marked_words.c
 *	  Words of a text, marked if they may weigh much.
 *
 * How much BM25 adds for a word depends on how often a text has it and on the
 * text's length.  The bound for any text is more than twice what most texts
 * get.  An index on kg.marked_words(words) tells apart the texts that have a
 * word once and are not short: their bound is near what they get, so searches
 * need not read them.  Bounds in a table of statistics would be as good, but
 * wrong as soon as a text is written.
 */
#include "postgres.h"

#include "fmgr.h"
#include "tsearch/ts_type.h"
#include "tsearch/ts_utils.h"

#include "pg/compat.h"
#include "retrieval/marked_words.h"

/*
 * All words of a text with fewer words than this are marked.  Indexes depend
 * on it, so it cannot be changed without building them again.
 */
#define SHORT_TEXT 40

double
kg_unmarked_bound(const KgTerm *term, const KgTextCounts *counts)
{
	return Max(term->times * term->idf * kg_bm25_share(1, SHORT_TEXT, counts), 0);
}

typedef struct Word
{
	char	   *lexeme;
	int			length;
} Word;

static int
compare_words(const void *a, const void *b)
{
	const Word *x = a;
	const Word *y = b;

	return tsCompareString(x->lexeme, x->length, y->lexeme, y->length, false);
}

/* A tsvector of words without positions, which are sorted. */
static TSVector
make_vector(const Word *words, int n, Size bytes)
{
	Size		size = CALCDATASIZE(n, bytes);
	TSVector	vector = palloc0(size);
	WordEntry  *entries;
	char	   *at;

	SET_VARSIZE(vector, size);
	vector->size = n;
	entries = ARRPTR(vector);
	at = STRPTR(vector);
	for (int i = 0; i < n; i++)
	{
		entries[i].len = words[i].length;
		entries[i].pos = at - STRPTR(vector);
		memcpy(at, words[i].lexeme, words[i].length);
		at += words[i].length;
	}
	return vector;
}

PG_FUNCTION_INFO_V1(kg_marked_words);

/* marked_words(tsvector) returns tsvector */
Datum
kg_marked_words(PG_FUNCTION_ARGS)
{
	TSVector text = PG_GETARG_TSVECTOR(0);
	WordEntry  *entries = ARRPTR(text);
	bool		is_short = kg_bm25_length(text) < SHORT_TEXT;
	Word	   *words = palloc(Max(text->size, 1) * sizeof(Word));
	int			n = 0;
	Size		bytes = 0;

	for (int i = 0; i < text->size; i++)
	{
		WordEntry  *entry = &entries[i];
		bool		marked = is_short || (entry->haspos && POSDATALEN(text, entry) > 1);
		Word	   *word = &words[i];

		word->length = entry->len + marked;
		word->lexeme = STRPTR(text) + entry->pos;
		if (marked)
		{
			word->lexeme = palloc(word->length);
			word->lexeme[0] = KG_WORD_MARK;
			memcpy(word->lexeme + 1, STRPTR(text) + entry->pos, entry->len);
		}
	}
	qsort(words, text->size, sizeof(Word), compare_words);
	/* A vector made by hand may have words that begin with the mark. */
	for (int i = 0; i < text->size; i++)
	{
		if (n > 0 && compare_words(&words[n - 1], &words[i]) == 0)
			continue;
		words[n++] = words[i];
		bytes += words[i].length;
	}
	if (bytes > MAXSTRPOS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the different words of a text have %zu bytes, which is more than %d",
						bytes, MAXSTRPOS)));
	PG_RETURN_TSVECTOR(make_vector(words, n, bytes));
}
