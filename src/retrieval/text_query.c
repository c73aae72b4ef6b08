/*
 * text_query.c
 *	  tsqueries of the words of a question.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"

#include "retrieval/text_query.h"

/* More sets than these make GIN's work on each text longer than it saves. */
#define MAX_SETS 64

static void
append_lexeme(StringInfo query, const KgTerm *term)
{
	appendStringInfoChar(query, '\'');
	for (int i = 0; i < term->length; i++)
	{
		if (term->lexeme[i] == '\'' || term->lexeme[i] == '\\')
			appendStringInfoChar(query, term->lexeme[i]);
		appendStringInfoChar(query, term->lexeme[i]);
	}
	appendStringInfoChar(query, '\'');
}

static void
append_any(StringInfo query, const KgTerm *terms, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoChar(query, '|');
		append_lexeme(query, &terms[i]);
	}
}

static void
append_without(StringInfo query, const KgTerm *terms, int n)
{
	if (n == 0)
		return;
	appendStringInfoString(query, "&!(");
	append_any(query, terms, n);
	appendStringInfoChar(query, ')');
}

static Datum
to_query(const char *query)
{
	return DirectFunctionCall1(tsqueryin, CStringGetDatum(query));
}

Datum
kg_text_query_any(const KgTerm *terms, int n)
{
	return kg_text_query_next(terms, 0, n);
}

Datum
kg_text_query_next(const KgTerm *terms, int done, int n)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoChar(&query, '(');
	append_any(&query, terms + done, n - done);
	appendStringInfoChar(&query, ')');
	append_without(&query, terms, done);
	return to_query(query.data);
}

/* The search for the least sets of terms whose bounds add up to enough. */
typedef struct Sets
{
	StringInfoData query;
	const KgTerm *terms;
	int			n;
	int		   *chosen;
	int			nchosen;
	int			count;
} Sets;

static void
append_set(Sets *sets)
{
	appendStringInfoString(&sets->query, sets->count++ > 0 ? "|(" : "(");
	for (int i = 0; i < sets->nchosen; i++)
	{
		if (i > 0)
			appendStringInfoChar(&sets->query, '&');
		append_lexeme(&sets->query, &sets->terms[sets->chosen[i]]);
	}
	appendStringInfoChar(&sets->query, ')');
}

/*
 * Adds the sets that begin with the chosen terms and go on with terms from
 * "next".  A set is complete as soon as it has enough, so no larger set is
 * added.
 */
static void
add_sets(Sets *sets, int next, double missing)
{
	double		rest = 0;

	check_stack_depth();
	if (missing <= 0)
	{
		append_set(sets);
		return;
	}
	for (int i = next; i < sets->n; i++)
		rest += sets->terms[i].bound;
	for (int i = next; i < sets->n && rest >= missing && sets->count <= MAX_SETS; i++)
	{
		sets->chosen[sets->nchosen++] = i;
		add_sets(sets, i + 1, missing - sets->terms[i].bound);
		sets->nchosen--;
		rest -= sets->terms[i].bound;
	}
}

bool
kg_text_query_sets(const KgTerm *terms, int done, int n, double threshold, Datum *query)
{
	Sets		sets = {.terms = terms + done,.n = n - done};

	initStringInfo(&sets.query);
	sets.chosen = palloc(Max(sets.n, 1) * sizeof(int));
	appendStringInfoChar(&sets.query, '(');
	/* Sums in another order may come out a little less. */
	add_sets(&sets, 0, threshold * (1 - 1e-12));
	if (sets.count == 0 || sets.count > MAX_SETS)
		return false;
	appendStringInfoChar(&sets.query, ')');
	append_without(&sets.query, terms, done);
	*query = to_query(sets.query.data);
	return true;
}
