/*
 * maxsim.c
 *	  Scans in the order of MaxSim.
 *
 * A row has many vectors, and each is a node that leads to it.  A search for each
 * vector of the query meets the nodes with the largest inner products, and with
 * them rows.  Of a row, a vector of the query has met its largest product, or none
 * above the search's horizon.  The sum of the products met, and of horizons for the
 * others, bounds the row's MaxSim (Fagin, Lotem and Naor, Optimal aggregation
 * algorithms for middleware, 2001).  Rows leave in the order of what is to be
 * expected of them: the same sum with a background in place of the horizons, which
 * is the product of the best of a few random vectors.
 *
 * A search of a graph may pass a node by, so that the executor must not rely on the
 * bound: what it is told is minus infinity.  nearest.c computes each row's MaxSim
 * and puts the rows in order, as it does under LIMIT, here for all scans.  The
 * README ("Many vectors a row") has the invariants and the figures.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/index_cache.h"
#include "ann/scan/filtered.h"
#include "ann/scan/maxsim.h"

/* Searches of the next round go so many times as far. */
#define FARTHER_EACH_ROUND 2

/*
 * For ten rows, of which one in a hundred is missed, each vector of the query must
 * meet KG_DEFAULT_EF_SEARCH nodes, and so many rows are fetched beyond the last one
 * that was among the nearest.  Both fall with powers of the part that may be missed;
 * more rows take more nodes.  The README has the figures.
 */
#define MEASURED_ROWS 10.0
#define MEASURED_MISSES 0.01
#define MEASURED_PATIENCE 300.0
#define POOL_BY_MISSES 0.43
#define PATIENCE_BY_MISSES 0.78

/* By kg.ef_search, rows are fetched in proportion to it. */
#define ROWS_FOR_A_NODE 2

#define LARGEST_PRODUCT 1e30

/* A row that was met. */
typedef struct MetRow
{
	KgTid		tid;
	char		status;			/* simplehash's */
	bool		returned;
	int			last;			/* the query vector that met it last */
	float		product;		/* the largest with that vector */
	float		expected;		/* sum of products less backgrounds */
	float		most;			/* sum of products less horizons */
} MetRow;

/* Of a search that is over: products that were not met. */
typedef struct Unmet
{
	float		background;		/* to be expected */
	float		horizon;		/* at most */
} Unmet;

static inline uint32
hash_tid(KgTid tid)
{
	return murmurhash32(((uint32) tid.block_hi << 16 | tid.block_lo) * 31 + tid.offset);
}

#define SH_PREFIX rows
#define SH_ELEMENT_TYPE MetRow
#define SH_KEY_TYPE KgTid
#define SH_KEY tid
#define SH_HASH_KEY(table, key) hash_tid(key)
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), sizeof(KgTid)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* A row to hand out. */
typedef struct NextRow
{
	float		expected;
	float		most;			/* of this row and those after it */
	KgTid		tid;
} NextRow;

struct KgMaxSim
{
	Relation	rel;
	KgVectorArray vectors;		/* of the query */
	rows_hash  *rows;
	NextRow    *order;			/* rows met and not handed out, best first */
	int64		count;
	int64		next;			/* of them */
	int64		met_first;		/* rows met by the first round */
	KgMaxSimEffort effort;
	double		horizons;		/* their sum: a row that was not met has no
								 * more */

	/* the wanted rows, as nearest.c knows them */
	int64		wanted;			/* when this was looked at last */
	double		farthest;		/* likewise */
	int64		passed;			/* rows when it last fell */
};

/*
 * Effort.
 */

KgMaxSimEffort
kg_maxsim_effort(const KgScanSettings *settings, const KgRecallTable *table,
				 double rows, double nodes)
{
	KgMaxSimEffort effort;
	double		misses = MEASURED_MISSES / (1 - settings->target_recall);

	if (settings->ef_search > 0)
	{
		effort.pool = settings->ef_search;
		effort.patience = effort.pool * ROWS_FOR_A_NODE;
	}
	else
	{
		effort.pool = KG_DEFAULT_EF_SEARCH * sqrt(Max(rows / MEASURED_ROWS, 1)) *
			pow(misses, POOL_BY_MISSES);
		effort.patience = MEASURED_PATIENCE * pow(misses, PATIENCE_BY_MISSES);
		if (table->nodes > 0)
			effort.pool = Max(effort.pool,
							  kg_recall_effort(table, settings->target_recall, rows,
											   nodes).hops);
	}
	effort.pool = Min(effort.pool, KG_MAX_EF_SEARCH);
	return effort;
}

/* The scan has so many searches. */
static double
planned_hops(const KgMaxSim *maxsim)
{
	return maxsim->effort.pool * maxsim->vectors.count;
}

/* Is reading all pages cheaper than the searches of a round? */
static bool
sweeps(const KgScan *scan)
{
	double		nodes = (double) scan->sweep_end * scan->layout.per_page;
	double		hops = planned_hops(scan->maxsim);

	if (kg_scan_filtered(scan))
		return kg_filtered_search_hops(scan, hops) > kg_filtered_sweep_hops(scan);
	return hops > nodes / KG_SWEPT_FOR_A_HOP;
}

/*
 * Searching.
 */

static void
expand(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	KgScan	   *scan = search->expand_arg;

	if (!kg_scan_passes(scan, slot))
		return;
	search->passed += search->counts;
	if (slot->state == NODE_LIVE)
		kg_scan_collect(scan, slot, node, kg_query_value(scan->query, key));
}

/* Takes note of a row that a query vector has met by this product. */
static void
meet(KgMaxSim *maxsim, KgTid tid, int vector, float product, Unmet unmet)
{
	bool		known;
	MetRow	   *row = rows_insert(maxsim->rows, tid, &known);

	if (!known)
	{
		row->returned = false;
		row->last = -1;
		row->expected = row->most = 0;
	}
	if (row->last != vector)
	{
		row->last = vector;
		row->product = -INFINITY;
	}
	if (product <= row->product)
		return;
	row->expected += Max(product - unmet.background, 0) -
		Max(row->product - unmet.background, 0);
	row->most += Max(product - unmet.horizon, 0) - Max(row->product - unmet.horizon, 0);
	row->product = product;
}

/*
 * A product for its key, so bounded that sums of them are numbers: those of extreme
 * vectors are infinite, or NaN, which is taken for the largest.
 */
static float
product_of(double value)
{
	return (float) (-value <= LARGEST_PRODUCT ? Max(-value, -LARGEST_PRODUCT) :
					LARGEST_PRODUCT);
}

/* The rows of the nodes that the search for a query vector found. */
static void
meet_rows(KgScan *scan, int vector)
{
	Unmet		unmet;

	unmet.horizon = product_of(kg_query_value(scan->query, scan->search.horizon));
	unmet.background = product_of(kg_query_value(scan->query, scan->search.background));
	unmet.background = Min(unmet.background, unmet.horizon);
	for (int64 i = 0; i < scan->found.count; i++)
	{
		const KgFoundNode *node = &scan->found.nodes[i];

		scan->tids = kg_found_read_rows(&scan->store, node, scan->tids,
										&scan->tid_count, &scan->tid_capacity);
		for (int j = 0; j < scan->tid_count; j++)
		{
			CHECK_FOR_INTERRUPTS();
			meet(scan->maxsim, scan->tids[j], vector, product_of(node->bound), unmet);
		}
	}
	scan->maxsim->horizons += unmet.horizon;
	scan->tid_next = scan->tid_count = 0;
	scan->found.count = 0;
}

/* Searches for a vector of the query, unless all products with it are zero. */
static void
search_vector(KgScan *scan, const KgIndex *index, int vector)
{
	KgMaxSim   *maxsim = scan->maxsim;
	double		pool = maxsim->effort.pool;

	if (!kg_query_set(scan->query, index, &scan->store,
					  kg_vector_array_at(&maxsim->vectors, vector)) ||
		scan->query->norm == 0)
		return;
	if (kg_scan_filtered(scan))
		pool = kg_filtered_pool(scan, pool);
	scan->found.count = 0;
	scan->earlier_hops += scan->search.hops;
	kg_search_start(&scan->search, index, &scan->store, scan->query,
					(int) Min(Max(pool, 1), KG_MAX_EF_SEARCH));
	meet_rows(scan, vector);
}

/* The better row first; of equal ones the order of the table. */
static int
compare_rows(const void *a, const void *b)
{
	const NextRow *x = a;
	const NextRow *y = b;
	ItemPointerData x_tid;
	ItemPointerData y_tid;

	if (x->expected != y->expected)
		return x->expected > y->expected ? -1 : 1;
	tid_to_pointer(x->tid, &x_tid);
	tid_to_pointer(y->tid, &y_tid);
	return ItemPointerCompare(&x_tid, &y_tid);
}

static void
order_rows(KgMaxSim *maxsim)
{
	rows_iterator iterator;
	MetRow	   *row;

	if (maxsim->order)
		pfree(maxsim->order);
	maxsim->order = palloc_extended(sizeof(NextRow) * (maxsim->rows->members + 1),
									MCXT_ALLOC_HUGE);
	maxsim->count = maxsim->next = 0;
	rows_start_iterate(maxsim->rows, &iterator);
	while ((row = rows_iterate(maxsim->rows, &iterator)) != NULL)
		if (!row->returned)
		{
			NextRow    *next = &maxsim->order[maxsim->count++];

			next->expected = row->expected;
			next->most = row->most;
			next->tid = row->tid;
		}
	qsort(maxsim->order, maxsim->count, sizeof(NextRow), compare_rows);
	for (int64 i = maxsim->count - 2; i >= 0; i--)
		maxsim->order[i].most = Max(maxsim->order[i].most, maxsim->order[i + 1].most);
}

/* A round of searches, from the beginning: one for each vector of the query. */
static void
search_all(KgScan *scan)
{
	KgMaxSim   *maxsim = scan->maxsim;
	KgIndex    *index;
	KgStore		store;
	rows_iterator iterator;
	MetRow	   *row;
	MemoryContext old_context = MemoryContextSwitchTo(scan->query_context);

	index = kg_index_open(maxsim->rel, &store);
	scan->store.reads += store.reads;
	rows_start_iterate(maxsim->rows, &iterator);
	while ((row = rows_iterate(maxsim->rows, &iterator)) != NULL)
	{
		row->last = -1;
		row->expected = row->most = 0;
	}
	maxsim->horizons = 0;
	for (int i = 0; i < maxsim->vectors.count && !kg_scan_limit_reached(scan); i++)
	{
		CHECK_FOR_INTERRUPTS();
		search_vector(scan, index, i);
	}
	order_rows(maxsim);
	if (maxsim->met_first == 0)
		maxsim->met_first = maxsim->count;
	scan->counters.batches++;
	MemoryContextSwitchTo(old_context);
}

/* Goes on with searches that look farther.  False if the search is over. */
static bool
search_on(KgScan *scan)
{
	KgMaxSim   *maxsim = scan->maxsim;

	scan->search_over = true;
	scan->after_search = STAGE_END;
	if (scan->mode == ITERATIVE_OFF)
		scan->counters.cut_short = true;
	else if (kg_scan_limit_reached(scan))
		scan->cut = true;
	else
	{
		maxsim->effort.pool *= FARTHER_EACH_ROUND;
		if (maxsim->effort.pool <= KG_MAX_EF_SEARCH && !sweeps(scan))
		{
			search_all(scan);
			scan->search_over = false;
			return true;
		}
		scan->after_search = STAGE_SWEEP;
	}
	return false;
}

/*
 * Have enough of the rows passed the filter, now that all that were met have been
 * handed out?  As many as would have without a filter, or half of them.
 */
static bool
are_enough(const KgScan *scan)
{
	return scan->goal->passed * 2 >= scan->maxsim->met_first;
}

/*
 * Are the wanted rows there, and none better to expect?  That is so when the rows
 * that came last were none of them, or can be none by what is known of them.
 */
static bool
is_sure(KgScan *scan)
{
	KgMaxSim   *maxsim = scan->maxsim;
	const KgGoal *goal = scan->goal;

	if (!kg_goal_met(goal))
	{
		maxsim->farthest = INFINITY;
		return false;
	}
	if (scan->mode == ITERATIVE_RELAXED)
		return true;
	if (goal->farthest < maxsim->farthest)
	{
		maxsim->farthest = goal->farthest;
		maxsim->passed = goal->passed;
	}
	if (goal->passed - maxsim->passed >= maxsim->effort.patience)
		return true;
	if (maxsim->next == maxsim->count)
		return are_enough(scan);
	return -(maxsim->horizons + maxsim->order[maxsim->next].most) > goal->farthest;
}

/*
 * More rows are wanted than the searches were for, as by a cursor or without LIMIT:
 * what was met is not enough to tell which come next.  False if the search is over.
 */
static bool
search_for_more(KgScan *scan)
{
	KgMaxSim   *maxsim = scan->maxsim;

	maxsim->wanted = scan->goal->wanted;
	maxsim->farthest = INFINITY;
	if (scan->mode == ITERATIVE_OFF || kg_scan_limit_reached(scan))
		return true;
	return search_on(scan);
}

bool
kg_maxsim_next(KgScan *scan)
{
	KgMaxSim   *maxsim = scan->maxsim;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (kg_goal_holds(scan->goal) && scan->goal->wanted > maxsim->wanted &&
			!search_for_more(scan))
			return false;
		if (is_sure(scan))
			return false;
		if (maxsim->next < maxsim->count)
		{
			KgTid		tid = maxsim->order[maxsim->next++].tid;

			rows_lookup(maxsim->rows, tid)->returned = true;
			scan->tids[0] = tid;
			scan->tid_count = 1;
			scan->tid_next = 0;
			scan->handed_out++;
			return true;
		}
		if (!search_on(scan))
			return false;
	}
}

void
kg_maxsim_keep_new(KgScan *scan)
{
	int			count = 0;

	for (int i = 0; i < scan->tid_count; i++)
	{
		bool		known;
		MetRow	   *row = rows_insert(scan->maxsim->rows, scan->tids[i], &known);

		if (known && row->returned)
			continue;
		row->returned = true;
		scan->tids[count++] = scan->tids[i];
	}
	scan->tid_count = count;
}

/* Keeps a copy of the query's vectors; false if no row is nearer than another. */
static bool
read_query(KgScan *scan, Datum query)
{
	KgMaxSim   *maxsim = scan->maxsim;
	KgVectorArray vectors = scan->column->vectors(DatumGetArrayTypeP(query));
	Size		bytes = sizeof(float) * vectors.dims;
	float	   *x;
	bool		directed = false;

	if (vectors.count == 0)
		return false;
	if (vectors.dims != scan->layout.dims)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("expected %d dimensions, not %d", scan->layout.dims,
						vectors.dims)));
	x = palloc_extended(bytes * vectors.count, MCXT_ALLOC_HUGE);
	for (int i = 0; i < vectors.count; i++)
		memcpy(x + (Size) i * vectors.dims, kg_vector_array_at(&vectors, i), bytes);
	for (Size i = 0; i < (Size) vectors.count * vectors.dims; i++)
		directed |= x[i] != 0;
	vectors.x = x;
	vectors.stride = vectors.dims;
	maxsim->vectors = vectors;
	return directed;
}

ScanStage
kg_maxsim_begin(KgScan *scan, Relation rel, Datum query)
{
	KgMaxSim   *maxsim = palloc0(sizeof(KgMaxSim));
	double		rows = kg_goal_holds(scan->goal) ? scan->goal->wanted : KG_STREAMED_ROWS;
	KgIndex    *index;
	KgStore		store;
	bool		directed;

	scan->maxsim = maxsim;
	maxsim->rel = rel;
	maxsim->rows = rows_create(CurrentMemoryContext, 1024, NULL);
	maxsim->wanted = (int64) rows;
	maxsim->farthest = INFINITY;
	scan->query = &scan->order_query;
	scan->search.expand = expand;
	directed = DatumGetPointer(query) != NULL && read_query(scan, query);
	scan->query_undirected = maxsim->vectors.count == 0;
	scan->distance.value = scan->query_undirected ? get_float8_nan() : -INFINITY;
	scan->distance.isnull = scan->query_null;

	index = kg_index_open(rel, &store);
	scan->store.reads += store.reads;
	maxsim->effort = kg_maxsim_effort(&scan->settings, &index->recall, rows,
									  (double) scan->sweep_end * scan->layout.per_page);
	if (kg_scan_filtered(scan))
	{
		kg_filtered_plan(scan, index);
		if (kg_filtered_list(scan, index))
			return STAGE_SWEEP;
	}
	if (!directed || sweeps(scan))
		return STAGE_SWEEP;
	search_all(scan);
	return STAGE_SEARCH;
}
