/*
 * frames.c
 *	  Frames: places in the index's space that vectors are stored relative to.
 *
 * Frames stand on pages of their own in the order of their numbers, each on
 * one page or two; map pages tell which blocks these are, and the meta page
 * which blocks the map pages are.  A frame is there as soon as the meta page
 * counts it, and nobody refers to it before.
 */
#include "postgres.h"

#include "ann/layout/frames.h"
#include "ann/layout/space.h"

/* Pages that a frame takes: with the meta and a map page, a change has room. */
#define MAX_PAGES_OF_A_FRAME (KG_LOG_PAGES - 2)

/* Where a frame stands: on a page with others, or from one on. */
typedef struct Position
{
	int			page;			/* counted from the first page of frames */
	int			pages;
	Size		offset;
} Position;

static Position
find_position(const KgLayout *layout, int number)
{
	int			per_page = KG_PAGE_USABLE / (int) kg_frame_bytes(layout);
	int			i = number - 1; /* the origin stands nowhere */
	Position	position = {.pages = 1};

	if (per_page > 0)
	{
		position.page = i / per_page;
		position.offset = i % per_page * kg_frame_bytes(layout);
		return position;
	}
	position.pages = ((int) kg_frame_bytes(layout) + KG_PAGE_USABLE - 1) /
		KG_PAGE_USABLE;
	position.page = i * position.pages;
	return position;
}

int
kg_frame_pages(const KgLayout *layout)
{
	int			pages = find_position(layout, 1).pages;

	return pages > MAX_PAGES_OF_A_FRAME ? 0 : pages;
}

int
kg_frames_max(const KgLayout *layout)
{
	return kg_layout_has_frames(layout) && kg_frame_pages(layout) > 0 ?
		SLOT_FRAME + 1 : 1;
}

/* Bytes of a frame that stand on its page i. */
static Size
piece_bytes(const KgLayout *layout, int i)
{
	return Min(kg_frame_bytes(layout) - i * KG_PAGE_USABLE, KG_PAGE_USABLE);
}

/* The block of a page of frames. */
static BlockNumber
find_block(KgStore *store, int page_no)
{
	BlockNumber block = frame_map_block(store->layout);

	for (;; page_no -= KG_MAP_BLOCKS)
	{
		Page		page = kg_store_read(store, block, PAGE_FRAME_MAP);

		block = page_no < KG_MAP_BLOCKS ?
			((BlockNumber *) PageGetContents(page))[page_no] :
			page_opaque(page)->next;
		kg_store_done(store);
		if (page_no < KG_MAP_BLOCKS)
			return block;
	}
}

void
kg_frame_read(const KgStore *store, int number, KgFrame *frame)
{
	/* The caller's page stays locked: this reads with a store of its own. */
	KgStore		frames = *store;
	const KgLayout *layout = store->layout;
	Position	position;

	if (number == KG_ORIGIN_FRAME)
	{
		memset(frame, 0, kg_frame_bytes(layout));
		frame->unit = 1;
		return;
	}
	position = find_position(layout, number);
	for (int i = 0; i < position.pages; i++)
	{
		Page		page = kg_store_read(&frames,
										 find_block(&frames, position.page + i),
										 PAGE_FRAMES);

		memcpy((char *) frame + i * KG_PAGE_USABLE,
			   PageGetContents(page) + position.offset, piece_bytes(layout, i));
		kg_store_done(&frames);
	}
}

void
kg_slot_position(const KgStore *store, const NodeSlot *slot, double *y)
{
	const KgLayout *layout = store->layout;
	int			dim = layout->shape.dim;
	float	   *vector = palloc(sizeof(float) * dim);
	KgFrame    *frame = palloc(kg_frame_bytes(layout));

	kg_frame_read(store, slot_frame(slot), frame);
	kg_scalar_decode(layout->storage, slot_vector(layout, slot), dim, vector);
	kg_space_place(layout, frame->centre, frame->unit, vector, y);
	pfree(frame);
	pfree(vector);
}


/* The page of frames to write to: one that the map tells, or a new one. */
static Page
edit_page(KgEdit *edit, BlockNumber *map_entry)
{
	if (*map_entry == InvalidBlockNumber)
		return kg_edit_new_page(edit, PAGE_FRAMES, map_entry);
	return kg_edit_page(edit, *map_entry, PAGE_FRAMES);
}

void
kg_frame_map_init(Page page)
{
	memset(PageGetContents(page), 0xff, KG_MAP_BLOCKS * sizeof(BlockNumber));
}

void
kg_node_read(const KgStore *store, uint32 node, KgNodeData *data)
{
	/* The caller may hold a page of entries: this reads with its own store. */
	KgStore		nodes = *store;
	const NodeSlot *slot = kg_store_read_node(&nodes, node);

	data->node = node;
	data->head = *slot;
	memcpy(data->words, slot_own_words(store->layout, slot),
		   sizeof(uint32) * store->layout->filters);
	kg_slot_position(&nodes, slot, data->y);
	kg_store_done(&nodes);
}

int
kg_frame_map_used(const KgLayout *layout, int frames)
{
	Position	last = find_position(layout, frames - 1);

	return frames > 1 ? last.page + last.pages : 0;
}

/*
 * Appends a page to the map, in a change of its own, because a frame's pages
 * may fill up a record.
 */
static BlockNumber
extend_map(KgStore *store, BlockNumber last)
{
	KgEdit		edit;
	Page		page;
	BlockNumber block;

	kg_edit_begin(&edit, store);
	page = kg_edit_page(&edit, last, PAGE_FRAME_MAP);
	kg_frame_map_init(kg_edit_new_page(&edit, PAGE_FRAME_MAP, &block));
	page_opaque(page)->next = block;
	kg_edit_commit(&edit);
	return block;
}

/*
 * The map's page that has the block of a page of frames, which is then counted
 * from the map page's first.  The caller holds the meta page, and thereby is
 * the only one to change the map.
 */
static BlockNumber
find_map_page(const KgStore *store, int *page_no)
{
	KgStore		map = *store;
	BlockNumber block = frame_map_block(store->layout);

	for (; *page_no >= KG_MAP_BLOCKS; *page_no -= KG_MAP_BLOCKS)
	{
		Page		page = kg_store_read(&map, block, PAGE_FRAME_MAP);
		BlockNumber next = page_opaque(page)->next;

		kg_store_done(&map);
		block = next == InvalidBlockNumber ? extend_map(&map, block) : next;
	}
	return block;
}

int
kg_frame_add(KgStore *store, const KgFrame *frame, bool is_default)
{
	const KgLayout *layout = store->layout;
	KgEdit		edit;
	KgMetaPage *meta;
	BlockNumber map_block;
	BlockNumber *map;
	Position	position;
	int			number;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	number = meta->frame_count;
	if (number >= kg_frames_max(layout))
	{
		kg_edit_abort(&edit);
		return -1;
	}

	/* Two pages of a frame are in the same page of the map. */
	StaticAssertStmt(KG_MAP_BLOCKS % MAX_PAGES_OF_A_FRAME == 0, "even");
	position = find_position(layout, number);
	map_block = find_map_page(store, &position.page);
	map = (BlockNumber *) PageGetContents(kg_edit_page(&edit, map_block,
													   PAGE_FRAME_MAP));
	for (int i = 0; i < position.pages; i++)
		memcpy(PageGetContents(edit_page(&edit, &map[position.page + i])) +
			   position.offset, (const char *) frame + i * KG_PAGE_USABLE,
			   piece_bytes(layout, i));
	meta->frame_count++;
	if (is_default)
		meta->default_frame = number;
	kg_edit_commit(&edit);
	return number;
}
