/*
 * text_query.c
 *	  tsqueries of the words of a question.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"

#include "retrieval/marked_words.h"
#include "retrieval/text_query.h"

/* More sets than these make GIN's work on each text longer than it saves. */
#define MAX_SETS 200

/* Sets that are tried for that */
#define MAX_TRIED 2000

/* About this part of the texts with a word have it marked. */
#define HEAVY_PART 0.1

static void
append_lexeme(StringInfo query, const KgTerm *term, bool marked)
{
	appendStringInfoChar(query, '\'');
	if (marked)
		appendStringInfoChar(query, KG_WORD_MARK);
	for (int i = 0; i < term->length; i++)
	{
		if (term->lexeme[i] == '\'' || term->lexeme[i] == '\\')
			appendStringInfoChar(query, term->lexeme[i]);
		appendStringInfoChar(query, term->lexeme[i]);
	}
	appendStringInfoChar(query, '\'');
}

static void
append_any(StringInfo query, const KgTextPart *parts, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoChar(query, '|');
		append_lexeme(query, parts[i].term, parts[i].weight == KG_TEXT_HEAVY);
	}
}

static void
append_without(StringInfo query, const KgTextPart *parts, int n)
{
	if (n == 0)
		return;
	appendStringInfoString(query, "&!(");
	append_any(query, parts, n);
	appendStringInfoChar(query, ')');
}

static Datum
to_query(const char *query)
{
	return DirectFunctionCall1(tsqueryin, CStringGetDatum(query));
}

static int
compare_parts(const void *a, const void *b)
{
	const KgTextPart *x = a;
	const KgTextPart *y = b;

	if (x->bound != y->bound)
		return x->bound > y->bound ? -1 : 1;
	if (x->term->number != y->term->number)
		return x->term->number - y->term->number;
	return (int) y->weight - (int) x->weight;
}

KgTextPart *
kg_text_parts(const KgTerm *terms, int n, bool marked, const KgTextCounts *counts, int *nparts)
{
	KgTextPart *parts = palloc0(Max(2 * n, 1) * sizeof(KgTextPart));

	*nparts = 0;
	for (int i = 0; i < n; i++)
	{
		KgTextPart *part = &parts[*nparts];

		part[0].term = part[1].term = &terms[i];
		part[0].bound = terms[i].bound;
		part[0].weight = marked ? KG_TEXT_HEAVY : KG_TEXT_ANY;
		part[0].texts = marked ? terms[i].texts * HEAVY_PART : terms[i].texts;
		part[1].bound = kg_unmarked_bound(&terms[i], counts);
		part[1].weight = KG_TEXT_LIGHT;
		part[1].texts = terms[i].texts * (1 - HEAVY_PART);
		*nparts += marked ? 2 : 1;
	}
	qsort(parts, *nparts, sizeof(KgTextPart), compare_parts);
	return parts;
}

double
kg_text_parts_bound(const KgTextPart *parts, int done, int n, double *all)
{
	double		most = 0;

	*all = 0;
	for (int i = done; i < n; i++)
	{
		most = Max(most, parts[i].bound);
		*all += parts[i].bound;
		/* No text has a term both marked and unmarked. */
		for (int j = done; j < i && parts[i].weight == KG_TEXT_LIGHT; j++)
		{
			if (parts[j].term == parts[i].term)
				*all -= parts[i].bound;
		}
	}
	return most;
}

Datum
kg_text_query_any(const KgTerm *terms, int n, bool marked)
{
	KgTextCounts counts = {0};
	int			nparts;
	KgTextPart *parts = kg_text_parts(terms, n, marked, &counts, &nparts);

	return kg_text_query_next(parts, 0, nparts);
}

Datum
kg_text_query_next(const KgTextPart *parts, int done, int n)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoChar(&query, '(');
	append_any(&query, parts + done, n - done);
	appendStringInfoChar(&query, ')');
	append_without(&query, parts, done);
	return to_query(query.data);
}

/* What remains of a term. */
typedef struct Rest
{
	const KgTextPart *light;	/* NULL: none */
	const KgTextPart *heavy;	/* or the only part */
	double		bound;
} Rest;

/* The search for the least sets of terms whose bounds add up to enough. */
typedef struct Sets
{
	StringInfoData query;
	Rest	   *rests;
	int			n;
	int			count;
	int			tried;
} Sets;

static void
append_member(Sets *sets, const KgTextPart *part, bool both)
{
	if (both)
		appendStringInfoChar(&sets->query, '(');
	append_lexeme(&sets->query, part->term, part->weight == KG_TEXT_HEAVY);
	if (both)
	{
		appendStringInfoChar(&sets->query, '|');
		append_lexeme(&sets->query, part->term, true);
		appendStringInfoChar(&sets->query, ')');
	}
}

static void add_sets(Sets *sets, int next, double missing, double spare);

/*
 * Adds the sets that begin with this part of a term: part & (what may follow).
 * With the light part, texts that have the heavy one are meant, too: they get
 * even more.  "spare": the most that the set's chosen heavy parts, whose light
 * ones remain, get more than these, one of them alone.  A set that has so much
 * more than enough is in another one, with both parts of that term.
 */
static void
add_member(Sets *sets, int number, const KgTextPart *part, double missing, double spare)
{
	const Rest *rest = &sets->rests[number];
	int			start = sets->query.len;
	int			count = sets->count;

	if (start > 0 && sets->query.data[start - 1] != '(')
		appendStringInfoChar(&sets->query, '|');
	append_member(sets, part, part == rest->light && rest->heavy != NULL);
	missing -= part->bound;
	if (part == rest->heavy && rest->light != NULL)
	{
		double		more = part->bound - rest->light->bound;

		spare = spare == 0 ? more : Min(spare, more);
	}
	if (missing > 0)
	{
		appendStringInfoString(&sets->query, "&(");
		add_sets(sets, number + 1, missing, spare);
		appendStringInfoChar(&sets->query, ')');
	}
	else if (spare == 0 || missing + spare > 0)
		sets->count++;
	/* Nothing follows, or other sets have it. */
	if (sets->count == count)
	{
		sets->query.len = start;
		sets->query.data[start] = '\0';
	}
}

/*
 * Adds the sets that go on with terms from "next".  A set is complete as soon
 * as it has enough, so no larger set is added.
 */
static void
add_sets(Sets *sets, int next, double missing, double spare)
{
	double		all = 0;

	check_stack_depth();
	for (int i = next; i < sets->n; i++)
		all += sets->rests[i].bound;
	for (int i = next; i < sets->n && all >= missing; i++)
	{
		const Rest *rest = &sets->rests[i];

		if (sets->count > MAX_SETS || ++sets->tried > MAX_TRIED)
			break;
		if (rest->light != NULL)
			add_member(sets, i, rest->light, missing, spare);
		if (rest->heavy != NULL)
			add_member(sets, i, rest->heavy, missing, spare);
		all -= rest->bound;
	}
}

/* What remains of each term after the first parts. */
static void
collect_rests(Sets *sets, const KgTextPart *parts, int done, int n)
{
	sets->rests = palloc0(Max(n, 1) * sizeof(Rest));
	for (int i = done; i < n; i++)
	{
		const KgTextPart *part = &parts[i];
		Rest	   *rest = sets->rests;

		/* The heavy part of the term has come before. */
		while (rest < sets->rests + sets->n &&
			   (rest->heavy == NULL || rest->heavy->term != part->term))
			rest++;
		if (rest == sets->rests + sets->n)
			sets->n++;
		if (part->weight == KG_TEXT_LIGHT)
			rest->light = part;
		else
			rest->heavy = part;
		rest->bound = Max(rest->bound, part->bound);
	}
}

bool
kg_text_query_sets(const KgTextPart *parts, int done, int n, double threshold, Datum *query)
{
	Sets		sets = {0};

	collect_rests(&sets, parts, done, n);
	initStringInfo(&sets.query);
	appendStringInfoChar(&sets.query, '(');
	/* Sums in another order may come out a little less. */
	add_sets(&sets, 0, threshold * (1 - 1e-12), 0);
	if (sets.count == 0 || sets.count > MAX_SETS || sets.tried > MAX_TRIED)
		return false;
	appendStringInfoChar(&sets.query, ')');
	append_without(&sets.query, parts, done);
	*query = to_query(sets.query.data);
	return true;
}
