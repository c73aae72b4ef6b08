/*
 * k_paths.c
 *	  kg.k_shortest_paths: the k shortest paths that visit no node twice.
 *
 * Each path after the first starts like an earlier one and deviates from it at
 * some node.  So each path found gives a candidate for each of its nodes: the
 * shortest path that has the same steps up to this node, and then goes on by an
 * edge that no path found with these first steps takes.  The nodes before the
 * path's own deviation need no search, as their candidates are known from the
 * path's parent.
 *
 * The search keeps only the steps of a path after its deviation, in memory or,
 * if they do not fit there, in a temporary file.
 *
 * J. Y. Yen, Finding the k shortest loopless paths in a network, Management
 * Science 17, 1971; E. L. Lawler, A procedure for computing the k best
 * solutions to discrete optimization problems, Management Science 18, 1972.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "storage/buffile.h"

#include "graph/search/arguments.h"
#include "graph/search/path.h"
#include "graph/search/shortest_path.h"

/* Paths may take one part in this many of the memory; others are in a file. */
#define PATHS_DIVISOR 4

#define NO_PATH PG_UINT64_MAX

/*
 * A path: the first steps of another path, its parent, and then steps of its
 * own.
 */
typedef struct Candidate
{
	float8		cost;
	uint64		number;			/* breaks ties of cost and length */
	uint64		parent;			/* index in "found", or NO_PATH */
	int			deviation;		/* steps that it shares with its parent */
	int			length;			/* in edges */
	KgStep		first;			/* the first of its own steps */
	KgStep	   *steps;			/* its own steps; NULL: in the file, */
	int			file;			/* at this position */
	off_t		offset;
} Candidate;

/* Paths in the order of compare_candidates. */
typedef struct CandidateList
{
	Candidate  *items;
	Size		n;
	Size		capacity;
} CandidateList;

typedef struct KShortest
{
	KgPathSearch *search;
	KgMemory	memory;			/* for the lists and their paths */
	int			max_depth;
	int			k;				/* -1: no limit */
	uint64		ncandidates;	/* all that were made so far */
	CandidateList found;
	CandidateList candidates;
	int64		source;
	BufFile    *file;			/* or NULL */
	int			end_file;		/* position of its end */
	off_t		end_offset;
	KgStep	   *path;			/* for all steps of a path */
	Size		path_capacity;
} KShortest;

/* By cost, then by length, then the earlier one first. */
static int
compare_candidates(const Candidate *a, const Candidate *b)
{
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Inserts a candidate in order. */
static void
insert_candidate(KShortest *state, CandidateList *list,
				 const Candidate *candidate)
{
	Size		low = 0;
	Size		high = list->n;

	if (list->n == list->capacity)
		list->items = kg_memory_enlarge(&state->memory, list->items,
										&list->capacity,
										sizeof(Candidate));
	while (low < high)
	{
		Size		middle = low + (high - low) / 2;

		if (compare_candidates(&list->items[middle], candidate) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(&list->items[low + 1], &list->items[low],
			(list->n - low) * sizeof(Candidate));
	list->items[low] = *candidate;
	list->n++;
}

static Size
own_size(const Candidate *candidate)
{
	return (candidate->length - candidate->deviation) * sizeof(KgStep);
}

static void
seek_file(const KShortest *state, int file, off_t offset)
{
	if (BufFileSeek(state->file, file, offset, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not seek in a temporary file of kg.k_shortest_paths")));
}

/* Keeps the candidate's own steps, in memory if it has space. */
static void
keep_steps(KShortest *state, Candidate *candidate, const KgStep *steps)
{
	Size		size = own_size(candidate);

	candidate->steps = NULL;
	if (state->memory.used + size <= state->memory.limit / PATHS_DIVISOR)
	{
		candidate->steps = kg_memory_alloc(&state->memory, Max(size, 1));
		memcpy(candidate->steps, steps, size);
		return;
	}
	if (state->file == NULL)
	{
		state->file = BufFileCreateTemp(false);
		BufFileTell(state->file, &state->end_file, &state->end_offset);
	}
	candidate->file = state->end_file;
	candidate->offset = state->end_offset;
	seek_file(state, candidate->file, candidate->offset);
	BufFileWrite(state->file, unconstify(KgStep *, steps), size);
	BufFileTell(state->file, &state->end_file, &state->end_offset);
}

/* Reads n of the candidate's own steps, the first of them at "start". */
static void
read_own(KShortest *state, const Candidate *candidate, int start, int n,
		 KgStep *steps)
{
	Size		size = n * sizeof(KgStep);

	if (candidate->steps != NULL)
	{
		memcpy(steps, candidate->steps + start, size);
		return;
	}
	seek_file(state, candidate->file,
			  candidate->offset + start * sizeof(KgStep));
	if (BufFileRead(state->file, steps, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read a temporary file of kg.k_shortest_paths")));
}

/* All steps of a path that was found; valid until the next call. */
static KgPath
whole_path(KShortest *state, const Candidate *candidate)
{
	KgPath		path = {.length = candidate->length};
	int			end = candidate->length + 1;	/* later steps are filled in */

	while (state->path_capacity < (Size) end)
		state->path = kg_memory_enlarge(&state->memory, state->path,
										&state->path_capacity, sizeof(KgStep));
	path.steps = state->path;
	for (;;)
	{
		if (candidate->deviation < end - 1)
		{
			int			start = candidate->deviation + 1;

			read_own(state, candidate, 0, end - start, path.steps + start);
			end = start;
		}
		if (candidate->parent == NO_PATH)
			break;
		candidate = &state->found.items[candidate->parent];
	}
	memset(&path.steps[0], 0, sizeof(KgStep));
	path.steps[0].node = state->source;
	path.steps[0].edge_is_null = true;
	return path;
}

/* Can the candidate still become one of the k paths? */
static bool
is_of_use(const KShortest *state, const Candidate *candidate)
{
	const CandidateList *list = &state->candidates;

	return state->k < 0 || list->n < (Size) state->k - state->found.n ||
		compare_candidates(candidate, &list->items[list->n - 1]) < 0;
}

/* Completes a candidate with the path from its deviation, and keeps it. */
static void
add_candidate(KShortest *state, Candidate *candidate, const KgPath *rest)
{
	CandidateList *list = &state->candidates;

	candidate->length = candidate->deviation + rest->length;
	candidate->number = state->ncandidates++;
	for (int i = 1; i <= rest->length; i++)
		candidate->cost += rest->steps[i].weight;
	if (!is_of_use(state, candidate))
		return;
	candidate->first = rest->steps[1];
	keep_steps(state, candidate, rest->steps + 1);
	insert_candidate(state, list, candidate);

	/* Drops the last one if it cannot become one of the k paths any more. */
	if (state->k >= 0 && list->n > (Size) state->k - state->found.n &&
		list->items[--list->n].steps != NULL)
		kg_memory_free(&state->memory, list->items[list->n].steps);
}

/*
 * Bans the steps that lead on from the deviation in paths already found: the
 * parent's, and those of the other paths that leave the parent there.
 */
static void
ban_steps(KShortest *state, KgBans *bans, const Candidate *candidate,
		  KgStep *own)
{
	const CandidateList *found = &state->found;
	const Candidate *parent = &found->items[candidate->parent];

	bans->steps = kg_memory_alloc0(&state->search->memory,
								   (found->n + 1) * sizeof(KgStep *));
	if (candidate->deviation == parent->deviation)
		*own = parent->first;
	else
		read_own(state, parent, candidate->deviation - parent->deviation, 1,
				 own);
	bans->steps[bans->nsteps++] = own;
	for (Size i = candidate->parent + 1; i < found->n; i++)
	{
		const Candidate *other = &found->items[i];

		if (other->parent == candidate->parent &&
			other->deviation == candidate->deviation)
			bans->steps[bans->nsteps++] = &other->first;
	}
}

/*
 * Looks for the shortest path that has the first steps of "path" up to the
 * deviation and then takes another step than all paths found.
 */
static void
find_deviation(KShortest *state, const KgPath *path, Candidate *candidate)
{
	KgPathSearch *search = state->search;
	int			n = candidate->deviation;
	KgBans		bans = {.source = path->steps[n].node};
	KgPath	   *rest;
	KgStep		own;

	/* The search gets what the paths leave of one work_mem. */
	kg_memory_reset(&search->memory);
	kg_memory_init(&search->memory, state->memory.entities,
				   state->memory.advice);
	search->memory.used = state->memory.used;

	kg_node_set_init(&bans.nodes, &search->memory);
	for (int i = 0; i < n; i++)
		kg_node_set_add(&bans.nodes, path->steps[i].node);
	ban_steps(state, &bans, candidate, &own);
	search->bans = &bans;
	search->sources.nodes[0] = path->steps[n].node;
	search->max_depth = state->max_depth < 0 ? -1 : state->max_depth - n;
	rest = kg_find_path(search);
	search->bans = NULL;
	if (rest != NULL)
	{
		add_candidate(state, candidate, rest);
		pfree(rest->steps);
		pfree(rest);
	}
}

/* Looks for deviations from "path", the path that was found last. */
static void
find_deviations(KShortest *state, const KgPath *path)
{
	Size		number = state->found.n - 1;
	const Candidate *last = &state->found.items[number];
	uint64		parent = last->parent;
	int			deviation = last->deviation;
	float8		cost = 0;

	for (int i = 0; i < path->length; i++)
	{
		Candidate	candidate = {.cost = cost,.deviation = i};

		cost += path->steps[i + 1].weight;
		if (i < deviation)
			continue;

		/*
		 * At the path's own deviation, another one is a deviation from its
		 * parent.
		 */
		candidate.parent =
			i == deviation && parent != NO_PATH ? parent : number;
		find_deviation(state, path, &candidate);
	}
}

static void
find_k_shortest(KShortest *state, KgPathRows *rows)
{
	KgPath	   *first = kg_find_path(state->search);
	CandidateList *candidates = &state->candidates;
	CandidateList *found = &state->found;
	Candidate	candidate = {.parent = NO_PATH};

	if (first == NULL)
		return;
	state->source = state->search->sources.nodes[0];
	if (first->length == 0)
	{
		kg_put_path_row(rows, first);
		return;
	}
	add_candidate(state, &candidate, first);
	while (candidates->n > 0 && (int64) found->n != state->k)
	{
		KgPath		path;

		CHECK_FOR_INTERRUPTS();
		if (found->n == found->capacity)
			found->items = kg_memory_enlarge(&state->memory, found->items,
											 &found->capacity,
											 sizeof(Candidate));
		found->items[found->n++] = candidates->items[0];
		memmove(candidates->items, candidates->items + 1,
				--candidates->n * sizeof(Candidate));
		path = whole_path(state, &found->items[found->n - 1]);
		kg_put_path_row(rows, &path);
		state->memory.visited += path.length;
		if ((int64) found->n != state->k)
			find_deviations(state, &path);
	}
	if (state->file != NULL)
		BufFileClose(state->file);
}

PG_FUNCTION_INFO_V1(kg_k_shortest_paths);

/*
 * k_shortest_paths(source anycompatible, target anycompatible, k integer,
 *					max_depth integer, direction text, types text[],
 *					as_of timestamptz, graph text, properties jsonb,
 *					filter text, weighted boolean, known_at timestamptz)
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
