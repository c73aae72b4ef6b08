/*
 * statistics.c
 *	  In how many texts words are, and how long texts are, for BM25.
 *
 * The tables lexeme and text_size count all texts, so they are of no use to
 * somebody from whom a policy hides some: ranks would tell of hidden texts.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "retrieval/leg_query.h"
#include "retrieval/registered_counts.h"
#include "retrieval/statistics.h"
#include "retrieval/text_query.h"

/* New words that one query counts */
#define MAX_COUNTED 128

/* Counts that a query brings. */
typedef struct Counting
{
	DestReceiver pub;
	KgTerm	   *terms;
	int			n;
	KgTextCounts *counts;
	bool		found;			/* has the graph statistics? */
	double		idf_sum;
	double		lexemes;
} Counting;

static KgTerm *
find_term(KgTerm *terms, int n, Datum lexeme)
{
	text	   *word = DatumGetTextPP(lexeme);

	for (int i = 0; i < n; i++)
	{
		if (terms[i].length == (int) VARSIZE_ANY_EXHDR(word) &&
			memcmp(terms[i].lexeme, VARDATA_ANY(word), terms[i].length) == 0)
			return &terms[i];
	}
	return NULL;
}

/* (lexeme, texts, words, mean_idf); lexeme is null for the kind's own row. */
static bool
receive_statistics(TupleTableSlot *slot, DestReceiver *self)
{
	Counting   *counting = (Counting *) self;
	KgTerm	   *term;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0])
	{
		counting->found = true;
		counting->counts->texts = DatumGetInt64(slot->tts_values[1]);
		counting->counts->words = DatumGetInt64(slot->tts_values[2]);
		counting->counts->mean_idf = DatumGetFloat8(slot->tts_values[3]);
		return true;
	}
	term = find_term(counting->terms, counting->n, slot->tts_values[0]);
	if (term != NULL)
	{
		term->counted = true;
		term->texts = DatumGetInt64(slot->tts_values[1]);
	}
	return true;
}

/* May the caller read the tables of statistics? */
static bool
may_read(const char *schema)
{
	static const char *const tables[] = {"lexeme", "text_size"};
	Oid			namespace = get_namespace_oid(schema, true);

	for (int i = 0; i < (int) lengthof(tables); i++)
	{
		Oid			relid = get_relname_relid(tables[i], namespace);

		if (!OidIsValid(relid) ||
			pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

static Datum
lexeme_array(const KgTerm *terms, int n)
{
	Datum	   *lexemes = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		lexemes[i] = PointerGetDatum(cstring_to_text_with_len(terms[i].lexeme, terms[i].length));
	return kg_make_array(lexemes, NULL, n, TEXTOID);
}

/* Reads the tables.  Returns false if they have nothing of this kind. */
static bool
read_statistics(const KgTextSource *source, Counting *counting)
{
	const char *schema = quote_identifier(source->request->graph->schema);
	KgLegQuery	query;

	kg_receiver_init(&counting->pub, receive_statistics);
	kg_leg_query_init(&query, source->request, "statistics");
	appendStringInfo(&query.sql,
					 "SELECT NULL, s.texts, s.words, s.mean_idf FROM %s.text_size AS s"
					 " WHERE s.kind OPERATOR(pg_catalog.=) ", schema);
	kg_leg_query_arg(&query, TEXTOID, CStringGetTextDatum(kg_kind_names[source->kind]));
	appendStringInfo(&query.sql,
					 " UNION ALL SELECT l.lexeme, l.texts, 0, 0 FROM %s.lexeme AS l"
					 " WHERE l.kind OPERATOR(pg_catalog.=) $1"
					 " AND l.lexeme OPERATOR(pg_catalog.=) ANY (", schema);
	kg_leg_query_arg(&query, TEXTARRAYOID, lexeme_array(counting->terms, counting->n));
	appendStringInfoChar(&query.sql, ')');
	kg_leg_query_run(&query, &counting->pub);
	return counting->found;
}

static bool
receive_text(TupleTableSlot *slot, DestReceiver *self)
{
	Counting   *counting = (Counting *) self;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);
	TSVector	words;

	if (isnull)
		return true;
	words = DatumGetTSVector(value);
	counting->counts->texts++;
	counting->counts->words += kg_bm25_length(words);
	for (int i = 0; i < counting->n; i++)
		counting->terms[i].texts += !counting->terms[i].counted &&
			kg_bm25_has(words, &counting->terms[i]);
	if ((Pointer) words != DatumGetPointer(value))
		pfree(words);
	return true;
}

/* Counts the texts that have these terms. */
static void
count_some_words(const KgTextSource *source, KgTerm *terms, int n)
{
	KgTextCounts ignored = {0};
	Counting	counting = {.terms = terms,.n = n,.counts = &ignored};
	KgLegQuery	query;

	CHECK_FOR_INTERRUPTS();
	kg_receiver_init(&counting.pub, receive_text);
	kg_leg_query_init(&query, source->request, "statistics");
	appendStringInfo(&query.sql, "SELECT %s FROM %s", source->words, source->only_from);
	kg_text_source_where(source, &query, false);
	appendStringInfo(&query.sql, " AND %s OPERATOR(pg_catalog.@@) ", source->indexed);
	kg_leg_query_arg(&query, TSQUERYOID, kg_text_query_any(terms, n, source->marked));
	kg_leg_query_run(&query, &counting.pub);
}

/*
 * Counts the texts that have the terms which are not counted yet: a word that
 * came after the statistics.  Some at a time, as GIN's work grows with the
 * square of a query's words.
 */
static void
count_new_words(const KgTextSource *source, Counting *counting)
{
	KgTerm		some[MAX_COUNTED];
	int			places[MAX_COUNTED];
	int			n = 0;

	for (int i = 0; i < counting->n; i++)
	{
		if (!counting->terms[i].counted)
		{
			places[n] = i;
			some[n++] = counting->terms[i];
		}
		if (n > 0 && (n == MAX_COUNTED || i == counting->n - 1))
		{
			count_some_words(source, some, n);
			for (int j = 0; j < n; j++)
				counting->terms[places[j]].texts = some[j].texts;
			n = 0;
		}
	}
}

/* Takes the number of texts that have a lexeme, any lexeme. */
static bool
receive_lexeme(TupleTableSlot *slot, DestReceiver *self)
{
	Counting   *counting = (Counting *) self;
	bool		isnull;
	double		texts = DatumGetInt32(slot_getattr(slot, 1, &isnull));

	counting->idf_sum += log(counting->counts->texts - texts + 0.5) - log(texts + 0.5);
	counting->lexemes++;
	return true;
}

/* The mean over all words, which only words in most of the texts need. */
static void
count_mean_idf(const KgTextSource *source, Counting *counting)
{
	KgLegQuery	texts;
	KgLegQuery	query;

	kg_leg_query_init(&texts, source->request, "statistics");
	appendStringInfo(&texts.sql, "SELECT %s FROM %s", source->words, source->only_from);
	if (source->kind == KG_HIT_OBSERVATION)
	{
		/* ts_stat gives its query no parameters */
		appendStringInfoString(&texts.sql, " WHERE true");
		kg_leg_query_add_observation_known(&texts, true);
	}
	else
		kg_text_source_where(source, &texts, false);
	kg_receiver_init(&counting->pub, receive_lexeme);
	kg_leg_query_init(&query, source->request, "statistics");
	appendStringInfoString(&query.sql, "SELECT s.ndoc FROM pg_catalog.ts_stat(");
	kg_leg_query_arg(&query, TEXTOID, CStringGetTextDatum(texts.sql.data));
	appendStringInfoString(&query.sql, ") AS s");
	kg_leg_query_run(&query, &counting->pub);
	if (counting->lexemes > 0)
		counting->counts->mean_idf = counting->idf_sum / counting->lexemes;
}

/* Counts the texts that the caller sees, in one pass over all of them. */
static void
count_texts(const KgTextSource *source, Counting *counting)
{
	KgLegQuery	query;
	bool		frequent = false;

	kg_receiver_init(&counting->pub, receive_text);
	kg_leg_query_init(&query, source->request, "statistics");
	appendStringInfo(&query.sql, "SELECT %s FROM %s", source->words, source->only_from);
	kg_text_source_where(source, &query, false);
	kg_leg_query_run(&query, &counting->pub);
	for (int i = 0; i < counting->n; i++)
		frequent |= 2 * counting->terms[i].texts > counting->counts->texts;
	if (frequent)
		count_mean_idf(source, counting);
}

void
kg_text_words(const KgTextSource *source, KgTextWords *words)
{
	const KgGraph *graph = source->request->graph;
	Counting	counting = {0};

	memset(words, 0, sizeof(*words));
	words->counted = true;
	words->n = kg_bm25_terms(kg_text_source_words(source, source->request->query), &words->terms);
	if (words->n == 0)
		return;
	counting.terms = words->terms;
	counting.n = words->n;
	counting.counts = &words->counts;
	if (!source->hidden_rows &&
		(graph->registered ?
		 kg_registered_counts(source, words->terms, words->n, &words->counts) :
		 may_read(graph->schema) && read_statistics(source, &counting)))
		count_new_words(source, &counting);
	else
		count_texts(source, &counting);
	kg_bm25_weigh(words->terms, words->n, &words->counts);
}
