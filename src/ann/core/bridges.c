/*
 * bridges.c
 *	  A search with a filter: where it begins, and nodes that do not pass as bridges
 *	  to those that do.
 */
#include "postgres.h"

#include <float.h>

#include "utils/memutils.h"

#include "ann/core/entry_search.h"
#include "ann/core/bridges.h"
#include "ann/core/pool.h"

#define INITIAL_BRIDGES 1024

/* More are not remembered: the farthest would hardly be expanded. */
#define MOST_BRIDGES (1 << 20)

#define HEAP_NAME bridge
#define HEAP_ELEMENT KgCandidate
#define HEAP_KEY key
#include "lib/binary_heap.h"

static void
bridges_make_capacity(KgSearch *search)
{
	int64		capacity = Max(search->bridge_capacity * 2, INITIAL_BRIDGES);

	if (search->bridges)
		search->bridges = repalloc_huge(search->bridges, capacity * sizeof(KgCandidate));
	else
		search->bridges = MemoryContextAlloc(search->context,
											 capacity * sizeof(KgCandidate));
	search->bridge_capacity = capacity;
}

static void
bridge_add(KgSearch *search, float key, uint32 node)
{
	KgCandidate bridge = {.key = key,.node = node};

	/*
	 * Estimates of extreme vectors may be infinite, or NaN.  All bridges are
	 * below the limit of a pool that is not full, or they would never end.
	 */
	if (!(key < FLT_MAX))
		bridge.key = FLT_MAX;
	if (search->bridge_count == MOST_BRIDGES)
		return;
	if (search->bridge_count == search->bridge_capacity)
		bridges_make_capacity(search);
	bridge_push(search->bridges, search->bridge_count++, bridge);
}

/*
 * May a node that does not pass be a bridge?  Which of them may is the same for
 * all searches, and independent of where they are.
 */
static inline bool
may_bridge(const KgFilterPlan *plan, uint32 node, uint32 group)
{
	if (plan->in_group)
		return kg_filter_in_group(plan->filter, group);
	return plan->stride <= 1 ||
		((node * UINT64CONST(0x9e3779b97f4a7c15)) >> 40) % plan->stride == 0;
}

static bool
is_bridge(const KgSearch *search, uint32 node)
{
	for (int64 i = 0; i < search->bridge_count; i++)
		if (search->bridges[i].node == node)
			return true;
	return false;
}

/* Takes note of a node that passes or, else, may be a bridge. */
static void
meet(KgSearch *search, KgCandidate candidate, uint16 noise, bool passes)
{
	KgMet		met;

	if (passes && !(candidate.key < pool_limit(search)))
	{
		kg_overflow_add(search, candidate.key, candidate.node);
		return;
	}
	met = kg_visited_meet(&search->visited, candidate.node, noise);
	if (met == MET_BEFORE)
		return;

	/*
	 * The words of an edge may be those of a node that is gone (README,
	 * "Concurrency"), so that two edges say different things of a node.  It
	 * waits in one place only, or it would be expanded twice.
	 */
	if (!passes)
	{
		if (met == MET_NEW || pool_find(search, candidate.node) < 0)
			bridge_add(search, candidate.key, candidate.node);
		return;
	}
	if (met == MET_NOISIER && !pool_remove(search, candidate.node) &&
		is_bridge(search, candidate.node))
		return;
	pool_insert(search, candidate.key, candidate.node);
	if (search->bridging)
		search->vain = 0;
}

void
kg_bridges_offer(KgSearch *search, const NodeSlot *slot, float key,
				 const float *estimates, bool counts)
{
	const KgLayout *layout = &search->layout;
	const KgFilterPlan *plan = &search->plan;
	const uint32 *neighbors = slot_neighbors(layout, slot);
	const uint32 *groups = slot_words(layout, slot, 0);
	const uint16 *factors = slot_factor_b(layout, slot);
	uint16		noise = kg_query_noise(search->query, slot, key);
	bool		passes[KG_MAX_DEGREE];
	int			degree = slot->degree;

	kg_filter_mark(plan->filter, groups, layout->max_degree, degree, passes);
	for (int i = 0; i < degree; i++)
	{
		KgCandidate candidate = {.key = estimates[i],.node = neighbors[i]};

		if (counts && (!plan->in_group || passes[i] ||
					   kg_filter_in_group(plan->filter, groups[i])))
		{
			search->met++;
			search->met_passing += passes[i];
		}
		if (passes[i] || may_bridge(plan, neighbors[i], groups[i]))
			meet(search, candidate, kg_estimate_noise(noise, factors[i]), passes[i]);
	}
}

/*
 * Bridges led to nothing for long: the query is far from all that passes.  Those
 * at hand are around the query and end.  What is met later, around nodes that
 * pass, may be a bridge again.
 */
static void
leave_bridges(KgSearch *search)
{
	search->bridge_count = 0;
	search->vain = 0;
	search->astray = true;
}

/*
 * Then each entry point that passes is expanded, however near the pool's nodes are:
 * what passes may be in several places, about as far from the query, to each of
 * which another leads.
 */
static uint32
next_entry(KgSearch *search)
{
	while (search->astray && search->entry_count > 0)
	{
		KgCandidate entry = search->entries[--search->entry_count];
		int			at;

		(void) kg_visited_meet(&search->visited, entry.node, KG_MOST_NOISE);
		if (!kg_visited_expand(&search->visited, entry.node))
			continue;
		at = pool_find(search, entry.node);
		if (at >= 0)
			search->pool[at].node |= EXPANDED;
		search->candidate_key = entry.key;
		return entry.node;
	}
	return KG_NO_NODE;
}

uint32
kg_bridges_next(KgSearch *search)
{
	KgCandidate *pool = search->pool;
	uint32		entry;

	if (search->bridging && search->vain >= search->plan.patience)
		leave_bridges(search);
	search->bridging = false;
	entry = next_entry(search);
	if (entry != KG_NO_NODE)
		return entry;
	while (search->bridge_count > 0 &&
		   search->bridges[0].key < pool_limit(search))
	{
		int			at = search->pool_cursor;
		KgCandidate bridge;

		while (at < search->pool_count && (pool[at].node & EXPANDED))
			at++;
		if (at < search->pool_count && pool[at].key <= search->bridges[0].key)
			break;
		bridge = bridge_pop(search->bridges, search->bridge_count--);
		search->candidate_key = bridge.key;
		if (!kg_visited_expand(&search->visited, bridge.node))
			continue;
		search->bridging = true;
		search->vain++;
		return bridge.node;
	}
	return pool_next(search);
}

/* The nearest entry points among those that pass, or among all. */
static void
begin_at_entries(KgSearch *search, const KgEntryTable *table, bool passing)
{
	KgNearEntry nearest[KG_SEARCH_ENTRIES];
	int			count = kg_entries_nearest(table, search->query,
										   passing ? &search->plan : NULL, nearest);

	if (count > 0)
		search->background = nearest[count - 1].key;
	for (int i = 0; i < count; i++)
	{
		KgCandidate candidate = {.key = nearest[i].key,.node = nearest[i].node};
		bool		passes = kg_filter_passes(search->plan.filter, nearest[i].words);

		if (passing && passes)
			search->entries[search->entry_count++] = candidate;
		if (search->pool_count < search->ef || !passes)
			meet(search, candidate, nearest[i].noise, passes);
	}
}

void
kg_bridges_begin(KgSearch *search, const KgIndex *index)
{
	const KgFilterPlan *plan = &search->plan;

	for (int i = 0; i < plan->start_count && search->pool_count < search->ef; i++)
		if (kg_visited_meet(&search->visited, plan->starts[i], KG_MOST_NOISE) == MET_NEW)
			pool_insert(search, -FLT_MAX, plan->starts[i]);
	begin_at_entries(search, &index->entries, true);
	if (!plan->in_group)
		begin_at_entries(search, &index->entries, false);
}
