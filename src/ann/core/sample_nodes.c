/*
 * sample_nodes.c
 *	  Vectors of nodes at random, as queries.
 */
#include "postgres.h"

#include "ann/core/sample_nodes.h"

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators */
static uint64
next_random(KgNodeSampler *sampler)
{
	uint64		z = sampler->random += UINT64CONST(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void
kg_node_sampler_init(KgNodeSampler *sampler, KgStore *store, const KgIndex *index,
					 uint64 seed)
{
	const KgLayout *layout = store->layout;

	sampler->store = store;
	sampler->index = index;
	sampler->numbers = (uint64) kg_store_pages(store) * layout->per_page;
	sampler->random = seed;
	sampler->y = palloc(sizeof(double) * layout->shape.dim);
	sampler->sparse = layout->sparse > 0 ?
		palloc(kg_sparse_bytes(layout->sparse)) : NULL;
}

bool
kg_node_sampler_draw(KgNodeSampler *sampler, KgQuery *query, uint32 *node)
{
	KgStore    *store = sampler->store;
	const KgLayout *layout = store->layout;
	KgSparse   *sparse = sampler->sparse;
	const NodeSlot *slot;
	Page		page;
	bool		live;

	*node = (uint32) (next_random(sampler) % sampler->numbers);
	page = kg_store_read_if(store, node_block(layout, *node), PAGE_NODES);
	if (page == NULL)
		return false;
	slot = node_slot(layout, page, *node);
	live = slot->state == NODE_LIVE;
	if (live)
		kg_slot_position(store, slot, sampler->y);
	if (live && sparse)
		memcpy(sparse, slot_sparse(layout, slot), kg_sparse_bytes(layout->sparse));
	kg_store_done(store);
	if (!live || (sparse && sparse->rest > 0))
		return false;
	kg_query_set_position(query, sampler->index, store, sampler->y);
	if (sparse)
	{
		KgSparseValue value = kg_sparse_stored(sparse, layout->sparse);

		kg_query_set_elements(query, &value);
	}
	return query->norm > 0 || layout->metric != KG_METRIC_IP;
}
