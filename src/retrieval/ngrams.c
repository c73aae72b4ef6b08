/*
 * ngrams.c
 *	  The parts of a question that may be names.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "tsearch/ts_type.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"

#include "graph/catalog/fold_text.h"
#include "retrieval/ngrams.h"

/* Names of more words are not looked for within a question. */
#define MAX_NAME_WORDS 12

/* Names are looked for among the first words of a question. */
#define MAX_WORDS 256

extern Datum kg_name_key(PG_FUNCTION_ARGS);

char *
kg_key_of_name(const char *name)
{
	return TextDatumGetCString(DirectFunctionCall1(kg_name_key, CStringGetTextDatum(name)));
}

char *
kg_folded(const char *string)
{
	Size		length;

	return kg_fold(string, strlen(string), &length);
}

static bool
is_stop_word(const char *word, int length, Oid language)
{
	Datum text = PointerGetDatum(cstring_to_text_with_len(word, length));
	Datum		words = DirectFunctionCall2(to_tsvector_byid, ObjectIdGetDatum(language), text);

	return DatumGetTSVector(words)->size == 0;
}

/* The positions of the words of a key, and the end of the last one. */
static int
split_words(const char *key, int *starts)
{
	int			n = 0;
	const char *at = key;

	while (*at != '\0' && n < MAX_WORDS)
	{
		starts[n++] = at - key;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	/* As if another word came after a space. */
	starts[n] = *at == '\0' ? at - key + 1 : at - key;
	return n;
}

/* Marks that stand around a name. */
static const char *const marks[][2] = {
	{"[", "]"}, {"\"", "\""}, {"\xe2\x80\x9c", "\xe2\x80\x9d"},
	{"\xc2\xab", "\xc2\xbb"}
};

/* The number of the opening mark that is here, or -1. */
static int
opening_mark(const char *at)
{
	for (int i = 0; i < (int) lengthof(marks); i++)
	{
		if (strncmp(at, marks[i][0], strlen(marks[i][0])) == 0)
			return i;
	}
	return -1;
}

/* Marks those that stand between quotes or brackets. */
static void
find_quoted(const char *question, KgNgrams *ngrams)
{
	/* A mark that nothing closes is not looked for at each opening one. */
	bool		unclosed[lengthof(marks)] = {false};

	for (const char *at = question; *at != '\0';)
	{
		int			mark = opening_mark(at);
		const char *name;
		const char *end;
		KgNgram    *quoted;

		if (mark < 0 || unclosed[mark])
		{
			at++;
			continue;
		}
		CHECK_FOR_INTERRUPTS();
		name = at + strlen(marks[mark][0]);
		end = strstr(name, marks[mark][1]);
		if (end == NULL)
		{
			unclosed[mark] = true;
			continue;
		}
		quoted = kg_ngrams_find(ngrams, kg_key_of_name(pnstrdup(name, end - name)));
		if (quoted != NULL)
			quoted->quoted = true;
		at = end + strlen(marks[mark][1]);
	}
}

/* For each word of the question, is it a stop word? */
static bool *
find_stop_words(const KgNgrams *ngrams, const int *starts, Oid language)
{
	bool	   *stop = palloc(Max(ngrams->nwords, 1) * sizeof(bool));

	for (int i = 0; i < ngrams->nwords; i++)
		stop[i] = is_stop_word(ngrams->key + starts[i], starts[i + 1] - starts[i] - 1, language);
	return stop;
}

/* Has it other words than stop words? */
static bool
has_words(const KgNgram *ngram, const bool *stop)
{
	for (int i = ngram->first; i < ngram->end; i++)
	{
		if (!stop[i])
			return true;
	}
	return false;
}

KgNgrams *
kg_ngrams(const char *question, Oid language)
{
	KgNgrams   *ngrams = palloc0(sizeof(KgNgrams));
	int			starts[MAX_WORDS + 1];
	bool	   *stop;
	int			nkept = 0;

	ngrams->key = kg_key_of_name(question);
	ngrams->nwords = split_words(ngrams->key, starts);
	stop = find_stop_words(ngrams, starts, language);
	ngrams->ngrams = palloc0(Max(ngrams->nwords, 1) * MAX_NAME_WORDS * sizeof(KgNgram));
	for (int first = 0; first < ngrams->nwords; first++)
	{
		for (int end = first + 1; end <= ngrams->nwords && end - first <= MAX_NAME_WORDS; end++)
		{
			KgNgram    *ngram = &ngrams->ngrams[ngrams->n++];

			ngram->key = pnstrdup(ngrams->key + starts[first], starts[end] - starts[first] - 1);
			ngram->first = first;
			ngram->end = end;
		}
	}
	find_quoted(question, ngrams);
	for (int i = 0; i < ngrams->n; i++)
	{
		KgNgram    *ngram = &ngrams->ngrams[i];

		if (ngram->quoted || (ngram->first == 0 && ngram->end == ngrams->nwords) ||
			has_words(ngram, stop))
			ngrams->ngrams[nkept++] = *ngram;
	}
	ngrams->n = nkept;
	return ngrams;
}

KgNgram *
kg_ngrams_find(KgNgrams *ngrams, const char *key)
{
	for (int i = 0; i < ngrams->n; i++)
	{
		if (strcmp(ngrams->ngrams[i].key, key) == 0)
			return &ngrams->ngrams[i];
	}
	return NULL;
}

/* Is "a" no name because of "b", which is found? */
static bool
is_covered(const KgNgram *a, const KgNgram *b)
{
	if (a->quoted != b->quoted)
		return b->quoted && a->first < b->end && b->first < a->end;
	return b->first <= a->first && a->end <= b->end && b->end - b->first > a->end - a->first;
}

void
kg_ngrams_choose(KgNgrams *ngrams)
{
	for (int i = 0; i < ngrams->n; i++)
	{
		KgNgram    *a = &ngrams->ngrams[i];

		a->maximal = a->found;
		for (int j = 0; j < ngrams->n && a->maximal; j++)
		{
			if (ngrams->ngrams[j].found)
				a->maximal = !is_covered(a, &ngrams->ngrams[j]);
		}
	}
}
