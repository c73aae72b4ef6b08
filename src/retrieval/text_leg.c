/*
 * text_leg.c
 *	  Texts by BM25.
 *
 * H. Turtle, J. Flood, "Query evaluation: strategies and optimizations", 1995
 * (MaxScore): the words that may add most come first, those that are marked in
 * a text (marked_words.c) before those that are not.  As soon as the score of the last
 * of the best texts is above the bounds of the words that remain, no text that
 * has only these can be among the best.  GIN gives the texts of a round; the
 * last round asks only for those that have enough of the remaining words.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "graph/catalog/plans.h"
#include "retrieval/leg_query.h"
#include "retrieval/legs.h"
#include "retrieval/statistics.h"
#include "retrieval/text_query.h"
#include "retrieval/text_source.h"

/*
 * Of the ranks of a text at least these are certain, and 4 k if that is more.
 * Those after them are of texts that the rounds met: that a text of rank 80 is
 * missing hardly matters, but makes the rounds several times shorter.
 */
#define LEAST_EXACT 40

/*
 * A question's rarest words that any text has, at most so many, find the
 * texts; all of its words score them.  Each text of a round is compared with
 * all words of the rounds before, so a question of ten thousand words would
 * take minutes.
 */
#define MAX_FINDING 256

/* A heap of the best scores, the least first. */
typedef struct BestScore
{
	double		score;
} BestScore;

#define HEAP_NAME best
#define HEAP_ELEMENT BestScore
#define HEAP_KEY score
#include "lib/binary_heap.h"

typedef struct TextSearch
{
	DestReceiver pub;
	const KgTextSource *source;
	KgTerm	   *terms;			/* in the order of tsvectors */
	int			n;
	KgTextPart *parts;			/* of the terms that find texts */
	int			nparts;
	KgTextCounts counts;
	KgHits	   *hits;
	BestScore  *best;
	int			nbest;
	int			exact;			/* this many ranks are certain */
} TextSearch;

static void
keep_score(TextSearch *search, double score)
{
	if (search->nbest == search->exact)
	{
		if (score <= search->best[0].score)
			return;
		(void) best_pop(search->best, search->nbest--);
	}
	search->best[search->nbest].score = score;
	best_sift_up(search->best, search->nbest++);
}

/* (id, words) */
static bool
receive_text(TupleTableSlot *slot, DestReceiver *self)
{
	TextSearch *search = (TextSearch *) self;
	TSVector	words;
	uint64		found;
	double		score;
	MemoryContext old;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	words = DatumGetTSVector(slot->tts_values[1]);
	score = kg_bm25_score(words, search->terms, search->n, &search->counts, &found);
	if ((Pointer) words != DatumGetPointer(slot->tts_values[1]))
		pfree(words);
	keep_score(search, score);
	old = MemoryContextSwitchTo(search->source->request->context);
	kg_hits_add(search->hits, search->source->kind,
				kg_text_source_hit(search->source, slot->tts_values[0]), score)->detail = found;
	MemoryContextSwitchTo(old);
	return true;
}

static void
run_round(TextSearch *search, Datum words)
{
	const KgTextSource *source = search->source;
	KgLegQuery	query;

	CHECK_FOR_INTERRUPTS();
	kg_leg_query_init(&query, source->request, kg_leg_names[KG_LEG_TEXT]);
	appendStringInfo(&query.sql, "SELECT %s, %s FROM %s", source->id, source->words, source->from);
	kg_text_source_where(source, &query, true);
	appendStringInfo(&query.sql, " AND %s OPERATOR(pg_catalog.@@) ", source->indexed);
	kg_leg_query_arg(&query, TSQUERYOID, words);
	kg_leg_query_run(&query, &search->pub);
}

static int
compare_rarity(const void *a, const void *b)
{
	const KgTerm *x = a;
	const KgTerm *y = b;

	if (x->texts != y->texts)
		return x->texts < y->texts ? -1 : 1;
	return x->number - y->number;
}

/* The rarest terms that any text has find the texts. */
static void
choose_parts(TextSearch *search)
{
	KgTerm	   *rare_first = palloc(Max(search->n, 1) * sizeof(KgTerm));
	int			n = 0;

	for (int i = 0; i < search->n; i++)
	{
		if (search->terms[i].texts > 0)
			rare_first[n++] = search->terms[i];
	}
	qsort(rare_first, n, sizeof(KgTerm), compare_rarity);
	search->parts = kg_text_parts(rare_first, Min(n, MAX_FINDING), search->source->marked,
								  &search->counts, &search->nparts);
}

/*
 * How many parts, from "done" on, the next round looks for: enough for the
 * limit, and not so few that rounds cost more than texts.
 */
static int
next_parts(const TextSearch *search, int done)
{
	double		wanted = Max(2 * search->exact - search->nbest, 100);
	double		texts = 0;
	int			i = done;

	do
		texts += search->parts[i++].texts;
	while (i < search->nparts && texts + search->parts[i].texts <= wanted);
	return i;
}

static void
search_rounds(TextSearch *search)
{
	const KgTextPart *parts = search->parts;
	int			n = search->nparts;
	int			done = 0;

	while (done < n)
	{
		double		threshold = search->nbest < search->exact ? -HUGE_VAL : search->best[0].score;
		double		all;
		double		most = kg_text_parts_bound(parts, done, n, &all);
		Datum		query;
		int			next;

		if (all < threshold)
			break;
		if (most < threshold && kg_text_query_sets(parts, done, n, threshold, &query))
		{
			run_round(search, query);
			break;
		}
		next = next_parts(search, done);
		run_round(search, kg_text_query_next(parts, done, next));
		done = next;
	}
}

static void
search_source(const KgTextSource *source, KgHits *hits, KgTextWords *words)
{
	const KgSearchRequest *request = source->request;
	TextSearch	search = {.source = source,.hits = hits};

	kg_text_words(source, words);
	if (words->n == 0)
		return;
	search.terms = words->terms;
	search.n = words->n;
	search.counts = words->counts;
	kg_receiver_init(&search.pub, receive_text);
	search.exact = request->legs[KG_LEG_TEXT].limit;
	if (request->k >= 0)
		search.exact = Min(search.exact, Max(4 * (int64) request->k, LEAST_EXACT));
	search.best = palloc(search.exact * sizeof(BestScore));
	choose_parts(&search);
	search_rounds(&search);
}

void
kg_text_leg(const KgSearchRequest *request, KgHits *hits, KgTextWords *words)
{
	for (int i = 0; i < request->ntables; i++)
	{
		const KgSearchTable *table = &request->tables[i];

		for (int kind = 0; kind < KG_HIT_KINDS && table->wanted; kind++)
		{
			KgTextSource source;

			if (request->kinds[kind] && kg_text_source(request, table, kind, &source))
				search_source(&source, hits, &words[i * KG_HIT_KINDS + kind]);
		}
	}
	kg_hits_rank(hits, request->legs[KG_LEG_TEXT].limit, true);
}
