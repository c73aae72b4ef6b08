/*
 * k_paths.c
 *	  kg.k_shortest_paths: the k shortest paths that visit no node twice.
 *
 * Each next path leaves one of those before it somewhere.  So for each path
 * found and each of its nodes, the shortest path is a candidate that shares
 * the way up to this node and goes on by a relation that no path found with
 * the same way up to there does.  Nodes before the one where the path itself
 * was a deviation need not be looked at again: their candidates are known.
 *
 * J. Y. Yen, Finding the k shortest loopless paths in a network, Management
 * Science 17, 1971; E. L. Lawler, A procedure for computing the k best
 * solutions to discrete optimization problems, Management Science 18, 1972.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "graph/arguments.h"
#include "graph/path.h"

typedef struct Candidate
{
	KgPath		path;
	float8		cost;
	int			deviation;		/* step from which on it is its own */
} Candidate;

/* Paths by rank. */
typedef struct CandidateList
{
	Candidate  *items;
	Size		n;
	Size		capacity;
} CandidateList;

typedef struct KShortest
{
	KgPathSearch *search;
	KgMemory	memory;			/* of the lists and their paths */
	int			max_depth;
	int			k;				/* -1: no limit */
	CandidateList found;
	CandidateList candidates;
} KShortest;

/* By cost, then length, then the nodes and relations themselves. */
static int
compare_candidates(const Candidate *a, const Candidate *b)
{
	int			i;

	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	if (a->path.length != b->path.length)
		return a->path.length < b->path.length ? -1 : 1;
	for (i = 1; i <= a->path.length; i++)
	{
		if (a->path.steps[i].node != b->path.steps[i].node)
			return a->path.steps[i].node < b->path.steps[i].node ? -1 : 1;
		if (a->path.steps[i].relation != b->path.steps[i].relation)
			return a->path.steps[i].relation < b->path.steps[i].relation ? -1 : 1;
		if (a->path.steps[i].table != b->path.steps[i].table)
			return a->path.steps[i].table < b->path.steps[i].table ? -1 : 1;
	}
	return 0;
}

/* Puts a candidate where it belongs. */
static void
insert_candidate(KShortest *state, CandidateList *list, const Candidate *candidate)
{
	Size		low = 0;
	Size		high = list->n;

	if (list->n == list->capacity)
		list->items = kg_memory_enlarge(&state->memory, list->items, &list->capacity,
										sizeof(Candidate));
	while (low < high)
	{
		Size		middle = low + (high - low) / 2;

		if (compare_candidates(&list->items[middle], candidate) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(&list->items[low + 1], &list->items[low], (list->n - low) * sizeof(Candidate));
	list->items[low] = *candidate;
	list->n++;
}

/* The first n steps of a path, then those of another but its step 0. */
static KgPath
join_paths(KShortest *state, const KgPath *path, int n, const KgPath *rest)
{
	KgPath		joined;

	joined.length = n + rest->length;
	joined.steps = kg_memory_alloc0(&state->memory, (joined.length + 1) * sizeof(KgStep));
	if (n > 0)
		memcpy(joined.steps, path->steps, (n + 1) * sizeof(KgStep));
	else
		joined.steps[0] = rest->steps[0];
	memcpy(joined.steps + n + 1, rest->steps + 1, rest->length * sizeof(KgStep));
	return joined;
}

static bool
same_step(const KgStep *a, const KgStep *b)
{
	return a->node == b->node && a->relation == b->relation && a->table == b->table &&
		a->relation_is_null == b->relation_is_null;
}

/* Have both paths the same first n steps? */
static bool
same_start(const KgPath *a, const KgPath *b, int n)
{
	int			i;

	if (a->length < n || b->length < n)
		return false;
	for (i = 1; i <= n; i++)
	{
		if (!same_step(&a->steps[i], &b->steps[i]))
			return false;
	}
	return true;
}

/*
 * Looks for the shortest path that shares the first n steps of a path and goes
 * on otherwise than all that were found.
 */
static void
find_deviation(KShortest *state, const KgPath *path, int n)
{
	KgPathSearch *search = state->search;
	KgBans		bans = {.source = path->steps[n].node};
	KgPath	   *rest;
	Size		j;
	int			i;

	/* One work_mem for both. */
	kg_memory_reset(&search->memory);
	kg_memory_init(&search->memory, state->memory.entities, state->memory.advice);
	search->memory.used = state->memory.used;

	kg_node_set_init(&bans.nodes, &search->memory);
	for (i = 0; i < n; i++)
		kg_node_set_add(&bans.nodes, path->steps[i].node);
	bans.steps = kg_memory_alloc0(&search->memory, state->found.n * sizeof(KgStep *));
	for (j = 0; j < state->found.n; j++)
	{
		const KgPath *other = &state->found.items[j].path;

		if (other->length > n && same_start(other, path, n))
			bans.steps[bans.nsteps++] = &other->steps[n + 1];
	}

	search->bans = &bans;
	search->source = path->steps[n].node;
	search->max_depth = state->max_depth < 0 ? -1 : state->max_depth - n;
	rest = kg_find_path(search);
	if (rest != NULL)
	{
		Candidate	candidate;

		candidate.path = join_paths(state, path, n, rest);
		candidate.cost = kg_path_cost(&candidate.path);
		candidate.deviation = n;
		insert_candidate(state, &state->candidates, &candidate);
		pfree(rest->steps);
		pfree(rest);
	}
	search->bans = NULL;
}

/* No more candidates than can still become one of the k. */
static void
drop_needless(KShortest *state)
{
	CandidateList *list = &state->candidates;

	while (state->k >= 0 && list->n > (Size) state->k - state->found.n)
		kg_memory_free(&state->memory, list->items[--list->n].path.steps);
}

static void
find_k_shortest(KShortest *state, KgPathRows *rows)
{
	KgPath	   *first = kg_find_path(state->search);
	CandidateList *candidates = &state->candidates;
	Candidate	candidate = {{0}};

	if (first == NULL)
		return;
	candidate.path = join_paths(state, NULL, 0, first);
	candidate.cost = kg_path_cost(first);
	insert_candidate(state, candidates, &candidate);
	while (candidates->n > 0 && (int64) state->found.n != state->k)
	{
		int			i;

		CHECK_FOR_INTERRUPTS();
		candidate = candidates->items[0];
		memmove(candidates->items, candidates->items + 1, --candidates->n * sizeof(Candidate));
		insert_candidate(state, &state->found, &candidate);
		kg_put_path_row(rows, &candidate.path);
		state->memory.reached += candidate.path.length;
		if ((int64) state->found.n == state->k)
			break;
		for (i = candidate.deviation; i < candidate.path.length; i++)
		{
			find_deviation(state, &candidate.path, i);
			drop_needless(state);
		}
	}
}

PG_FUNCTION_INFO_V1(kg_k_shortest_paths);

/*
 * k_shortest_paths(source anycompatible, target anycompatible, k integer,
 *					max_depth integer, direction text, types text[],
 *					as_of timestamptz, graph text, properties jsonb,
 *					filter text, weighted boolean)
 *	returns (nodes bigint[], relations bigint[], length integer,
 *			 cost double precision, keys text[])
 */
Datum
kg_k_shortest_paths(PG_FUNCTION_ARGS)
{
	const KgPathArguments arguments = {
		.max_depth = 3,.direction = 4,.graph = 7,.weighted = 10,.rows = true
	};
	KgPathSearch search;
	KgPathRows	rows;
	KShortest	state = {&search};

	state.k = kg_limit_argument(fcinfo, 2, "k");
	InitMaterializedSRF(fcinfo, 0);
	if (kg_path_search_open(&search, fcinfo, &arguments, false))
	{
		kg_path_rows_begin(&rows, fcinfo, &search);
		rows.with_cost = true;
		kg_memory_init(&state.memory, 0, "lower k");
		state.max_depth = search.max_depth;
		if (state.k != 0)
			find_k_shortest(&state, &rows);
		kg_memory_reset(&state.memory);
	}
	kg_path_search_close(&search);
	return (Datum) 0;
}
