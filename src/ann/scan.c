/*
 * scan.c
 *	  ORDER BY distance.
 *
 * A row leaves with a lower bound of its distance; the executor computes the
 * distance itself and puts rows in order (xs_recheckorderby).  So rows must
 * leave in the order of their bounds, and a bound must never be above what
 * the operator returns: kg_bounds_lower() sees to that.
 *
 * A scan goes through stages.  It walks the graph; each batch of a walk
 * (ef_search nodes) is handed out as far as the batch has looked, then the
 * walk goes on.  When the graph is exhausted it sweeps all pages for the rows
 * not handed out: what no edge leads to, what was forgotten to stay within
 * work_mem, and rows that the walk met too late to be in order.  Then come
 * rows whose distance is NaN, then those with a NULL.  So a scan that is read
 * to its end returns every row.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ann/column.h"
#include "ann/index.h"
#include "ann/scan.h"
#include "ann/tids.h"
#include "ann/walk.h"

int			kg_ef_search = KG_DEFAULT_EF_SEARCH;
int			kg_iterative_scan = ITERATIVE_STRICT;

typedef enum ScanStage
{
	STAGE_START,
	STAGE_WALK,					/* the graph, as long as edges lead on */
	STAGE_SWEEP,				/* all pages, for what was not handed out */
	STAGE_UNDIRECTED,			/* rows whose distance is NaN */
	STAGE_NULLS,				/* rows with a NULL */
	STAGE_END
} ScanStage;

/* A node found and not yet handed out. */
typedef struct FoundNode
{
	double		bound;			/* of its distance, in the operator's unit */
	uint32		node;
	uint32		chunk;			/* more rows with its vector, or KG_NO_CHUNK */
	uint16		generation;
	KgTid		tid;
} FoundNode;

typedef struct KgScan
{
	MemoryContext context;		/* the scan's */
	MemoryContext query_context;	/* reset at each rescan */
	const KgColumn *column;
	KgLayout	layout;
	KgStore		store;
	KgWalk		walk;
	KgBounds	bounds;
	float	   *query;			/* in the index's space */
	Oid			orderby_type;
	ScanStage	stage;
	int			mode;			/* kg.iterative_scan when the scan began */

	/* one distance for all rows: a NULL query, or one without direction */
	bool		query_null;
	bool		query_undirected;

	/* a heap by bound */
	FoundNode  *found;
	int64		found_count;
	int64		found_room;

	KgSeen		returned;		/* nodes handed out */
	double		last_bound;		/* of the last of them */
	double		horizon;		/* how far the walk has looked */
	BlockNumber sweep_block;	/* next to sweep */
	BlockNumber sweep_end;
	BlockNumber list_block;		/* next of a list's chain */

	/* rows of the node or page being handed out */
	KgTid	   *tids;
	int			tid_count;
	int			tid_room;
	int			tid_next;
	IndexOrderByDistance distance;	/* theirs */
} KgScan;

/*
 * The heap of found nodes.
 */

static void
found_add(KgScan *scan, const FoundNode *node)
{
	int64		i;

	if (scan->found_count == scan->found_room)
	{
		scan->found_room *= 2;
		scan->found = repalloc_huge(scan->found,
									scan->found_room * sizeof(FoundNode));
	}
	for (i = scan->found_count++; i > 0; i = (i - 1) / 2)
	{
		if (scan->found[(i - 1) / 2].bound <= node->bound)
			break;
		scan->found[i] = scan->found[(i - 1) / 2];
	}
	scan->found[i] = *node;
}

static FoundNode
found_pop(KgScan *scan)
{
	FoundNode	top = scan->found[0];
	FoundNode	moving = scan->found[--scan->found_count];
	int64		i = 0;

	for (;;)
	{
		int64		child = 2 * i + 1;

		if (child >= scan->found_count)
			break;
		if (child + 1 < scan->found_count &&
			scan->found[child + 1].bound < scan->found[child].bound)
			child++;
		if (moving.bound <= scan->found[child].bound)
			break;
		scan->found[i] = scan->found[child];
		i = child;
	}
	scan->found[i] = moving;
	return top;
}

/* Keeps a live node, copied from its slot. */
static void
found_slot(KgScan *scan, const NodeSlot *slot, uint32 number, double bound)
{
	FoundNode	node = {
		.bound = bound,.node = number,.chunk = slot->chunk,
		.generation = slot->generation,.tid = slot->tid
	};

	found_add(scan, &node);
}

static void
visit(KgWalk *walk, const NodeSlot *slot, uint32 node, float l2sq)
{
	KgScan	   *scan = walk->visit_arg;

	if (slot->state == NODE_LIVE)
		found_slot(scan, slot, node,
				   kg_bounds_lower(&scan->bounds, l2sq, slot->error,
								   slot->excess));
}

/*
 * Handing out.
 */

/*
 * Makes a node's rows the ones to hand out.  The overflow list is read under
 * the lock of the node's page, which keeps it from changing; if the slot has
 * another generation, VACUUM removed all of the rows.
 */
static void
load_node(KgScan *scan, const FoundNode *node)
{
	scan->tid_next = 0;
	scan->tid_count = 0;
	scan->tids[scan->tid_count++] = node->tid;
	if (node->chunk != KG_NO_CHUNK)
	{
		const NodeSlot *slot = kg_store_read_node(&scan->store, node->node);

		if (slot->state == NODE_LIVE && slot->generation == node->generation)
		{
			scan->tids[0] = slot->tid;
			scan->tids = kg_tids_read(&scan->store, slot->chunk, scan->tids,
									  &scan->tid_count, &scan->tid_room);
		}
		kg_store_done(&scan->store);
	}
	kg_seen_add(&scan->returned, node->node);
	scan->last_bound = node->bound;
	scan->distance.value = node->bound;
	scan->distance.isnull = scan->query_null;
	if (scan->query_undirected)
		scan->distance.value = get_float8_nan();
}

/*
 * The query's value, in memory that lasts until the next rescan.  Fetching it
 * may open a TOAST table, which may drop what the relation cache has of the
 * index: so before that is asked for.
 */
static Datum
fetch_query(KgScan *scan, ScanKey orderby)
{
	MemoryContext old_context;
	Datum		value;

	MemoryContextReset(scan->query_context);
	old_context = MemoryContextSwitchTo(scan->query_context);
	value = PointerGetDatum(PG_DETOAST_DATUM(orderby->sk_argument));
	MemoryContextSwitchTo(old_context);
	return value;
}

static void
start_walk(KgScan *scan, IndexScanDesc desc)
{
	ScanKey		orderby = &desc->orderByData[0];
	Datum		value = 0;
	KgIndex    *index;
	KgMapped	mapped;
	MemoryContext old_context;
	const float *x;

	scan->query_null = (orderby->sk_flags & SK_ISNULL) != 0;
	if (!scan->query_null)
		value = fetch_query(scan, orderby);
	index = kg_index_open(desc->indexRelation, &scan->store);
	scan->layout = index->layout;
	scan->store.layout = &scan->layout;
	scan->stage = STAGE_SWEEP;
	scan->sweep_block = KG_META_BLOCK + 1;
	scan->sweep_end = RelationGetNumberOfBlocks(desc->indexRelation);
	if (scan->query_null)
		return;

	old_context = MemoryContextSwitchTo(scan->query_context);
	scan->query = palloc(sizeof(float) * scan->layout.shape.dim);
	x = kg_column_floats(scan->column, value, scan->layout.dims);
	MemoryContextSwitchTo(old_context);
	scan->query_undirected = !kg_space_map_query(&index->space, x,
												 scan->query, &mapped);
	if (scan->query_undirected)
		return;

	kg_bounds_init(&scan->bounds, &index->space, scan->query, &mapped);
	scan->stage = STAGE_WALK;
	kg_walk_start(&scan->walk, index, &scan->store, scan->query,
				  kg_ef_search);
	scan->horizon = kg_bounds_lower(&scan->bounds, scan->walk.horizon, 0, 0);
}

/* The next node of the walk; false when the graph is exhausted. */
static bool
walk_next(KgScan *scan)
{
	for (;;)
	{
		while (scan->found_count > 0 &&
			   scan->found[0].bound <= scan->horizon)
		{
			FoundNode	node = found_pop(scan);

			/* Met too late to be in order: the sweep will return it. */
			if (node.bound < scan->last_bound &&
				scan->mode == ITERATIVE_STRICT)
				continue;
			load_node(scan, &node);
			return true;
		}
		if (isinf(scan->horizon))
			return false;
		if (scan->mode != ITERATIVE_OFF && kg_walk_continue(&scan->walk))
			scan->horizon = kg_bounds_lower(&scan->bounds, scan->walk.horizon,
											0, 0);
		else
			scan->horizon = INFINITY;
	}
}

/* Finds the nodes of a page that were not handed out. */
static void
sweep_page(KgScan *scan, BlockNumber block)
{
	const KgLayout *layout = &scan->layout;
	bool		measured = !scan->query_null && !scan->query_undirected;
	Page		page = kg_store_read_if(&scan->store, block, PAGE_NODES);

	if (page == NULL)
		return;
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);
		uint32		node = block * layout->per_page + i;
		double		bound = 0;

		if (slot->state != NODE_LIVE || kg_seen_has(&scan->returned, node))
			continue;
		if (measured)
			bound = kg_bounds_lower(&scan->bounds,
									kg_scalar_l2sq(layout->storage, scan->query,
												   slot_vector(layout, slot),
												   layout->shape.dim),
									slot->error, slot->excess);
		found_slot(scan, slot, node, bound);
	}
	kg_store_done(&scan->store);
}

/*
 * The next node of the sweep.  All that is left is put in order, or as much
 * as fits in work_mem at a time.
 */
static bool
sweep_next(KgScan *scan)
{
	if (scan->found_count == 0)
	{
		while (scan->sweep_block < scan->sweep_end &&
			   scan->found_count * sizeof(FoundNode) < (Size) work_mem * 1024)
		{
			CHECK_FOR_INTERRUPTS();
			sweep_page(scan, scan->sweep_block++);
		}
	}
	if (scan->found_count > 0)
	{
		FoundNode	node = found_pop(scan);

		load_node(scan, &node);
		return true;
	}
	return false;
}

/* Goes on to a list of rows without a node. */
static void
start_list(KgScan *scan, ScanStage stage)
{
	KgMetaPage	meta;

	kg_index_read_meta(&scan->store, &meta);
	scan->list_block = meta.lists[stage == STAGE_NULLS ? LIST_NULLS :
								  LIST_UNDIRECTED];
	scan->stage = stage;
	scan->distance.value = get_float8_nan();
	scan->distance.isnull = scan->query_null || stage == STAGE_NULLS;
}

/* The next page of a list. */
static bool
list_next(KgScan *scan)
{
	Page		page;
	KgListPage *list;

	if (scan->list_block == InvalidBlockNumber)
		return false;
	page = kg_store_read(&scan->store, scan->list_block, PAGE_LIST);
	list = page_list(page);
	if (scan->tid_room < (int) list->count)
	{
		scan->tid_room = KG_LIST_TIDS;
		scan->tids = repalloc(scan->tids, sizeof(KgTid) * scan->tid_room);
	}
	memcpy(scan->tids, list->tids, sizeof(KgTid) * list->count);
	scan->tid_count = list->count;
	scan->tid_next = 0;
	scan->list_block = page_opaque(page)->next;
	kg_store_done(&scan->store);
	return true;
}

/* Loads further rows to hand out; false when there are none. */
static bool
next_rows(KgScan *scan, IndexScanDesc desc)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		switch (scan->stage)
		{
			case STAGE_START:
				start_walk(scan, desc);
				break;
			case STAGE_WALK:
				if (walk_next(scan))
					return true;
				scan->stage = scan->mode == ITERATIVE_OFF ? STAGE_END :
					STAGE_SWEEP;
				break;
			case STAGE_SWEEP:
				if (sweep_next(scan))
					return true;
				start_list(scan, STAGE_UNDIRECTED);
				break;
			case STAGE_UNDIRECTED:
				if (list_next(scan))
					return true;
				start_list(scan, STAGE_NULLS);
				break;
			case STAGE_NULLS:
				if (list_next(scan))
					return true;
				scan->stage = STAGE_END;
				break;
			case STAGE_END:
				return false;
		}
	}
}

IndexScanDesc
kg_ambeginscan(Relation rel, int nkeys, int norderbys)
{
	IndexScanDesc desc = RelationGetIndexScan(rel, nkeys, norderbys);
	KgScan	   *scan = palloc0(sizeof(KgScan));

	scan->context = AllocSetContextCreate(CurrentMemoryContext, "kg_hnsw scan",
										  ALLOCSET_DEFAULT_SIZES);
	scan->query_context = AllocSetContextCreate(scan->context,
												"kg_hnsw scan query",
												ALLOCSET_DEFAULT_SIZES);
	if (norderbys > 0)
	{
		desc->xs_orderbyvals = palloc0(sizeof(Datum) * norderbys);
		desc->xs_orderbynulls = palloc0(sizeof(bool) * norderbys);
	}
	desc->opaque = scan;
	return desc;
}

/* Allocates what all scans of this descriptor share. */
static void
init_scan(KgScan *scan, IndexScanDesc desc)
{
	MemoryContext old_context = MemoryContextSwitchTo(scan->context);

	scan->column = kg_column_get(desc->indexRelation);
	scan->orderby_type = FLOAT8OID;
	kg_walk_init(&scan->walk);
	scan->walk.visit = visit;
	scan->walk.visit_arg = scan;
	kg_seen_init(&scan->returned, scan->context);
	scan->found_room = 256;
	scan->found = palloc(sizeof(FoundNode) * scan->found_room);
	scan->tid_room = 16;
	scan->tids = palloc(sizeof(KgTid) * scan->tid_room);
	MemoryContextSwitchTo(old_context);
}

void
kg_amrescan(IndexScanDesc desc, ScanKey keys, int nkeys, ScanKey orderbys,
			int norderbys)
{
	KgScan	   *scan = desc->opaque;

	if (keys && desc->numberOfKeys > 0)
		memmove(desc->keyData, keys, desc->numberOfKeys * sizeof(ScanKeyData));
	if (orderbys && desc->numberOfOrderBys > 0)
		memmove(desc->orderByData, orderbys,
				desc->numberOfOrderBys * sizeof(ScanKeyData));

	if (scan->column == NULL)
		init_scan(scan, desc);
	scan->stage = STAGE_START;
	scan->mode = kg_iterative_scan;
	scan->walk.memory_limit = scan->mode == ITERATIVE_OFF ? 0 :
		(Size) work_mem * 1024;
	scan->found_count = 0;
	scan->tid_count = 0;
	scan->tid_next = 0;
	scan->last_bound = -INFINITY;
	scan->query_undirected = false;
	kg_seen_reset(&scan->returned);
}

bool
kg_amgettuple(IndexScanDesc desc, ScanDirection direction)
{
	KgScan	   *scan = desc->opaque;
	bool		found = true;

	if (desc->numberOfOrderBys != 1)
		elog(ERROR, "cannot scan a kg_hnsw index without ORDER BY distance");
	Assert(ScanDirectionIsForward(direction));

	if (scan->stage == STAGE_START)
	{
		/*
		 * Rows that VACUUM removed meanwhile are told from new ones in their
		 * place by the snapshot alone.
		 */
		if (!IsMVCCSnapshot(desc->xs_snapshot))
			elog(ERROR, "non-MVCC snapshots are not supported with kg_hnsw");
		pgstat_count_index_scan(desc->indexRelation);
	}

	while (found && scan->tid_next == scan->tid_count)
	{
		MemoryContext old_context = MemoryContextSwitchTo(scan->context);

		found = next_rows(scan, desc);
		MemoryContextSwitchTo(old_context);
	}
	if (!found)
		return false;

	tid_to_pointer(scan->tids[scan->tid_next++], &desc->xs_heaptid);
	desc->xs_recheck = false;
	index_store_float8_orderby_distances(desc, &scan->orderby_type,
										 &scan->distance, true);
	return true;
}

void
kg_amendscan(IndexScanDesc desc)
{
	KgScan	   *scan = desc->opaque;

	MemoryContextDelete(scan->context);
	pfree(scan);
	desc->opaque = NULL;
}
