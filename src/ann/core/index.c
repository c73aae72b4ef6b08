/*
 * index.c
 *	  An index as a backend knows it.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/entries.h"
#include "ann/core/index.h"
#include "ann/core/recentre.h"
#include "ann/layout/values.h"
#include "quant/rotation.h"

/* Capacity for entry points to come. */
#define SPARE_ENTRIES 16

/* Fills a meta page that kg_page_init made. */
static void
init_meta(KgMetaPage *meta, const KgLayout *layout, int ef_construction)
{
	meta->magic = KG_ANN_MAGIC;
	meta->version = KG_ANN_VERSION;
	meta->dims = layout->dims;
	meta->code_dims = layout->shape.code_dims;
	meta->metric = layout->metric;
	meta->storage = layout->storage;
	meta->code_bits = layout->shape.bits;
	meta->max_degree = layout->max_degree;
	meta->ef_construction = ef_construction;
	meta->unit = 0;
	meta->frame_count = 1;
	meta->default_frame = KG_ORIGIN_FRAME;
	for (int i = 0; i < LIST_KINDS; i++)
		meta->lists[i] = InvalidBlockNumber;
	for (int i = 0; i < FREE_SPACE_USES; i++)
		meta->free_space[i] = InvalidBlockNumber;
	meta->free = InvalidBlockNumber;
	meta->entry_version = 1;
	meta->entry_count = 0;
	meta->entry_changes = 0;
	for (int i = 0; i < KG_ENTRY_PAGES; i++)
		meta->entry_pages[i] = InvalidBlockNumber;
	meta->filters = layout->filters;
	meta->sparse = layout->sparse;
	meta->members = kg_layout_has_hubs(layout) ? layout->members : 0;
	meta->values = InvalidBlockNumber;
}

/* Makes the lists of values. */
static void
create_values(KgStore *store)
{
	BlockNumber root = kg_values_create(store);
	KgEdit		edit;

	kg_edit_begin(&edit, store);
	page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META))->values = root;
	kg_edit_commit(&edit);
}

void
kg_index_create(KgStore *store, int ef_construction, float unit)
{
	KgEdit		edit;
	KgMetaPage *meta;
	BlockNumber block;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_new_page(&edit, PAGE_META, &block));
	Assert(block == KG_META_BLOCK);
	init_meta(meta, store->layout, ef_construction);
	meta->unit = kg_layout_has_frames(store->layout) ? unit : 1;
	kg_frame_map_init(kg_edit_new_page(&edit, PAGE_FRAME_MAP, &block));
	Assert(block == frame_map_block(store->layout));
	kg_edit_commit(&edit);
	if (store->layout->filters > 0)
		create_values(store);
}

void
kg_index_read_meta(KgStore *store, KgMetaPage *meta)
{
	Page		page = kg_store_read(store, KG_META_BLOCK, PAGE_META);

	*meta = *page_meta(page);
	kg_store_done(store);
	if (meta->magic != KG_ANN_MAGIC || meta->version != KG_ANN_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has format version %u, but this library reads version %d",
						kg_store_name(store), meta->version,
						KG_ANN_VERSION),
				 errhint("Please REINDEX it.")));
}

/* The layout that a meta page records. */
static void
layout_from_meta(const KgStore *store, const KgMetaPage *meta, KgLayout *layout)
{
	memset(layout, 0, sizeof(KgLayout));
	layout->dims = meta->dims;
	layout->metric = meta->metric;
	layout->filters = meta->filters;
	layout->sparse = meta->sparse;
	layout->max_degree = meta->max_degree;
	layout->members = meta->members > 0 ? meta->members : 1;
	layout->storage = meta->storage;
	layout->shape.code_dims = meta->code_dims;
	layout->shape.bits = meta->code_bits;
	if (!kg_layout_restore(layout) || meta->entry_count > (uint32) kg_entries_max(layout))
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a damaged meta page at block %d",
						kg_store_name(store), KG_META_BLOCK),
				 errhint("Please REINDEX it.")));
}

static void
read_entries(KgIndex *index, KgStore *store, const KgMetaPage *meta)
{
	index->entry_version = meta->entry_version;
	index->entry_count = (int) meta->entry_count;
	index->recall = meta->recall;
	index->hop_pages = meta->hop_pages > 0 ? meta->hop_pages : 1;
	kg_entries_read(store, meta, &index->entries);
	if (index->default_frame_number != meta->default_frame)
	{
		index->default_frame_number = meta->default_frame;
		kg_frame_read(store, meta->default_frame, index->default_frame);
	}
}

/* The next piece of a chunk of memory. */
static void *
carve(char **at, Size size)
{
	void	   *piece = *at;

	*at += MAXALIGN(size);
	return piece;
}

KgIndex *
kg_index_load(KgStore *store, MemoryContext context, bool growing)
{
	KgMetaPage	meta;
	KgLayout	layout;
	KgIndex    *index;
	float	   *rotation;
	Size		frame_size;
	Size		rotation_size;
	Size		entries_size;
	int			entry_capacity;
	char	   *at;

	kg_index_read_meta(store, &meta);
	layout_from_meta(store, &meta, &layout);

	/* One chunk, since the relation cache frees only that. */
	frame_size = kg_frame_bytes(&layout);
	rotation_size = kg_layout_rotates(&layout) ?
		sizeof(float) * kg_rotation_floats(layout.shape.dim) : 0;
	entry_capacity = kg_entries_max(&layout);
	if (!growing)
		entry_capacity = Min(entry_capacity, (int) (meta.entry_count + meta.entry_count / 2) +
							 SPARE_ENTRIES);
	entries_size = kg_entry_table_size(&layout, entry_capacity);
	at = MemoryContextAllocZero(context, MAXALIGN(sizeof(KgIndex)) +
								MAXALIGN(frame_size) +
								MAXALIGN(rotation_size) + entries_size);
	index = carve(&at, sizeof(KgIndex));
	index->default_frame = carve(&at, frame_size);
	rotation = carve(&at, rotation_size);
	kg_entry_table_init(&index->entries, &layout, entry_capacity,
						carve(&at, entries_size));

	index->layout = layout;
	index->ef_construction = meta.ef_construction;
	index->insert_block = InvalidBlockNumber;
	index->unit = meta.unit;
	index->values = meta.values;
	index->pending_pages = meta.pending_pages;
	index->space.layout = &index->layout;
	index->space.unit = meta.unit > 0 ? meta.unit : 1;
	if (kg_layout_rotates(&layout))
		kg_rotation_init(rotation, layout.shape.dim, KG_ROTATION_SEED);
	index->space.rotation = rotation;
	store->layout = &index->layout;
	index->default_frame->unit = 1; /* KG_ORIGIN_FRAME's */
	read_entries(index, store, &meta);
	return index;
}

void
kg_index_refresh(KgIndex *index, KgStore *store)
{
	KgMetaPage *page = page_meta(kg_store_read(store, KG_META_BLOCK,
											   PAGE_META));
	KgMetaPage	meta;
	bool		changed = page->entry_version != index->entry_version;

	if (changed)
		meta = *page;
	index->pending_pages = page->pending_pages;
	kg_store_done(store);
	if (changed)
		read_entries(index, store, &meta);
}

bool
kg_index_keep_up(KgIndex *index, KgStore *store)
{
	store->layout = &index->layout;
	kg_index_refresh(index, store);
	return index->unit != 0 && index->entry_count <= index->entries.capacity;
}

void
kg_index_offer_entry(KgIndex *index, KgStore *store, uint32 node,
					 double length, KgEntryNeed need)
{
	const KgLayout *layout = &index->layout;
	KgNodeData	data;
	float		priority;
	int			position;
	KgEntry    *entry;
	KgEdit		edit;
	KgMetaPage *meta;
	bool		recentre;

	priority = kg_entries_priority(layout, node, length);
	if (need == ENTRY_IS_ALONE ||
		(need == ENTRY_IS_FAR && index->entries.permanent <= index->entries.count / 2))
		priority += KG_PERMANENT;
	position = kg_entries_position(&index->entries, layout, node, priority);
	if (position < 0)
		return;
	data.y = palloc(sizeof(double) * layout->shape.dim);
	kg_node_read(store, node, &data);

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	/* a new one: behind those that other backends have added meanwhile, too */
	if (position == index->entries.count)
		position = -1;
	position = kg_entries_add(&edit, meta, position, &data, priority, &entry);

	/*
	 * Keep up, unless another backend's changes must be read first, or a new
	 * page's frame.
	 */
	if (meta->entry_version == index->entry_version + 1 &&
		position < index->entries.capacity &&
		position % kg_entries_per_page(layout) != 0)
	{
		kg_entry_table_set(&index->entries, layout, position, entry);
		index->entry_count = meta->entry_count;
		index->entry_version = meta->entry_version;
	}
	recentre = kg_entries_want_centre(meta);
	kg_edit_commit(&edit);
	pfree(entry);
	pfree(data.y);
	if (recentre)
		kg_recentre(store);
	if (recentre || position % kg_entries_per_page(layout) == 0)
		kg_index_refresh(index, store);
}

void
kg_index_set_unit(KgStore *store, const void *vector)
{
	const float *x = vector;
	KgEdit		edit;
	KgMetaPage *meta;
	double		norm = 0;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	for (uint32 i = 0; i < meta->dims && meta->sparse == 0; i++)
		norm += (double) x[i] * x[i];
	norm = meta->sparse > 0 ? kg_sparse_norm(vector) : sqrt(norm);

	/* Zeros are the same in any unit; another backend's row may be first. */
	if (meta->unit > 0 || norm == 0)
	{
		kg_edit_abort(&edit);
		return;
	}
	meta->unit = meta->metric == KG_METRIC_COSINE ? 1 : kg_space_unit(norm);
	kg_edit_commit(&edit);
}
