/*
 * page.h
 *	  What stands on the pages of an index. See README for the whole picture.
 */
#ifndef KG_PAGE_H
#define KG_PAGE_H

#include "postgres.h"
#include "storage/block.h"
#include "storage/bufpage.h"
#include "storage/itemptr.h"

#include "ann/layout/recall_table.h"
#include "ann/layout/slot.h"

#define KG_ANN_MAGIC 0x4b47414e /* "KGAN" */
#define KG_ANN_VERSION 7
#define KG_PAGE_ID 0x4b67		/* last two bytes of every page */

#define KG_META_BLOCK 0

/* Pages of entry points, at most. */
#define KG_ENTRY_PAGES 64

typedef enum KgPageKind
{
	PAGE_META = 1,				/* block 0 */
	PAGE_FRAMES = 2,			/* frames: see frames.h */
	PAGE_NODES = 3,				/* node slots */
	PAGE_CHUNKS = 4,			/* overflow lists of heap TIDs of equal
								 * vectors */
	PAGE_LIST = 5,				/* heap TIDs of rows that have no node */
	PAGE_ENTRIES = 6,			/* entry points and their codes */
	PAGE_COPIES = 7,			/* finer copies of nodes' vectors */
	PAGE_FREE = 8,				/* in the chain of free pages */
	PAGE_FRAME_MAP = 9,			/* blocks of PAGE_FRAMES pages, in order; the
								 * first one is the first page after the meta
								 * page that is not for copies */
	PAGE_WORDS = 10,			/* nodes' words for filters, once more */
	PAGE_VALUE_MAP = 11,		/* values.h: leads to pages of lists by hash */
	PAGE_VALUES = 12,			/* values.h: nodes by the first filter's word */
	PAGE_PENDING = 13,			/* pending.h: rows that wait to be merged */
	PAGE_KINDS
} KgPageKind;

/* The special space of every page. */
typedef struct KgPageOpaque
{
	BlockNumber next;			/* next page of a chain, or
								 * InvalidBlockNumber; of PAGE_CHUNKS, the
								 * chain of pages with free space, which ends
								 * with a link to itself */
	uint16		kind;			/* KgPageKind */
	uint16		page_id;		/* KG_PAGE_ID */
} KgPageOpaque;

/* Rows that have no node, each kind with a chain of PAGE_LIST pages. */
typedef enum KgListKind
{
	LIST_NULLS,					/* the embedding is NULL */
	LIST_UNDIRECTED,			/* a zero vector has no cosine: distance NaN */
	LIST_KINDS
} KgListKind;

/*
 * Pages that have room for further rows, each use with a chain: free_space.h.  The
 * first uses are the lists.
 */
typedef enum KgFreeSpaceUse
{
	FREE_SPACE_NULLS = LIST_NULLS,
	FREE_SPACE_UNDIRECTED = LIST_UNDIRECTED,
	FREE_SPACE_CHUNKS = LIST_KINDS,
	FREE_SPACE_USES
} KgFreeSpaceUse;

typedef struct KgMetaPage
{
	uint32		magic;			/* KG_ANN_MAGIC */
	uint32		version;		/* KG_ANN_VERSION */

	/* the layout's choices; the rest follows from them */
	uint32		dims;			/* of the column */
	uint16		code_dims;		/* coded dimensions of a neighbour */
	uint8		metric;			/* KgMetric */
	uint8		storage;		/* KgStorage */
	uint8		code_bits;		/* bits of a coded dimension */
	uint8		max_degree;		/* most neighbours of a node */
	uint16		ef_construction;	/* width of the search of an insert */

	/* the space; unit 0 until the first row that is not zero has come */
	float		unit;			/* column units in an internal unit */
	uint16		frame_count;	/* the origin, which stands nowhere, included */
	uint16		default_frame;	/* of the data as a whole */

	BlockNumber lists[LIST_KINDS];	/* heads of the chains of PAGE_LIST */
	BlockNumber free_space[FREE_SPACE_USES];	/* heads of the chains of
												 * pages with free space */
	BlockNumber free;			/* head of the chain of PAGE_FREE */

	uint32		entry_version;	/* changes whenever the entry points do */
	uint32		entry_count;	/* in use */
	uint32		entry_changes;	/* since their frame was chosen */
	BlockNumber entry_pages[KG_ENTRY_PAGES];	/* PAGE_ENTRIES, as many as
												 * were ever needed; else
												 * invalid */

	uint32		filters;		/* columns of filters */
	BlockNumber values;			/* root of PAGE_VALUE_MAP, or invalid */

	KgRecallTable recall;

	/* zero in indexes that were made before there was such a field */
	uint32		sparse;			/* elements that a node has room for; 0: dense */

	/* the list of pending rows; the first ones of it are merged first */
	BlockNumber pending_head;	/* 0, as the meta page's own: none */
	BlockNumber pending_tail;	/* likewise */
	uint32		pending_pages;	/* of the list */
	uint32		pending_number; /* of the page that joins it next */

	uint32		members;		/* nodes of a page that share a list; 0: none
								 * do */
	float		hop_pages;		/* pages read for a node that a search
								 * expands; 0: 1 */
} KgMetaPage;

/* Rows in one chunk of an overflow list. */
#define KG_CHUNK_TIDS 10

/* A piece of the list of rows with one vector. Chunks number as nodes do. */
typedef struct KgChunk
{
	uint32		next;			/* chunk number, or KG_NO_CHUNK */
	uint16		count;			/* TIDs in use; 0 marks a free chunk */
	KgTid		tids[KG_CHUNK_TIDS];
} KgChunk;

#define KG_CHUNKS_PER_PAGE (KG_PAGE_USABLE / (int) sizeof(KgChunk))

/* A page of the rows that have no node. */
typedef struct KgListPage
{
	uint32		count;			/* TIDs in use */
	uint32		kind;			/* KgListKind */
	uint32		number;			/* in the order in which pages came to the
								 * list: each is above the next one's */
	BlockNumber free_space;		/* as KgPageOpaque.next of PAGE_CHUNKS */
	KgTid		tids[FLEXIBLE_ARRAY_MEMBER];
} KgListPage;

/* Blocks on a page of the map of frames. */
#define KG_MAP_BLOCKS (KG_PAGE_USABLE / (int) sizeof(BlockNumber))

#define KG_LIST_TIDS \
	((KG_PAGE_USABLE - (int) offsetof(KgListPage, tids)) / (int) sizeof(KgTid))

StaticAssertDecl(BLCKSZ - SizeOfPageHeaderData - sizeof(KgPageOpaque) ==
				 KG_PAGE_USABLE, "the layout is made for 8 kB pages");
StaticAssertDecl(sizeof(KgPageOpaque) == 8, "special space is 8 bytes");
StaticAssertDecl(sizeof(KgTid) == sizeof(ItemPointerData), "TIDs are 6 bytes");
StaticAssertDecl(sizeof(NodeSlot) == 28, "node header is 28 bytes");
StaticAssertDecl(offsetof(NodeSlot, error) == 16, "node header has no holes");
StaticAssertDecl(sizeof(KgChunk) == 68, "chunk is 68 bytes");
StaticAssertDecl(sizeof(KgMetaPage) == 72 + 4 * KG_ENTRY_PAGES +
				 sizeof(KgRecallTable) + 28,
				 "meta page has no holes");
StaticAssertDecl(sizeof(KgMetaPage) <= KG_PAGE_USABLE, "meta page fits");

/* A write that is cut short leaves whole sectors of 512 bytes. */
StaticAssertDecl(SizeOfPageHeaderData + offsetof(KgMetaPage, recall) <= 512,
				 "what must agree on the meta page is in its first sector");

/* Where it is does not depend on the header, which may be damaged. */
static inline KgPageOpaque *
page_opaque(Page page)
{
	return (KgPageOpaque *) ((char *) page + BLCKSZ - MAXALIGN(sizeof(KgPageOpaque)));
}

static inline KgMetaPage *
page_meta(Page page)
{
	return (KgMetaPage *) PageGetContents(page);
}

static inline KgListPage *
page_list(Page page)
{
	return (KgListPage *) PageGetContents(page);
}

static inline NodeSlot *
page_slot(const KgLayout *layout, Page page, int i)
{
	return (NodeSlot *) (PageGetContents(page) + layout->hub_size +
						 i * layout->slot_size);
}

/* The hub of a page of nodes that share a list. */
static inline NodeSlot *
page_hub(Page page)
{
	return (NodeSlot *) PageGetContents(page);
}

static inline NodeSlot *
hub_member(const KgLayout *layout, const NodeSlot *hub, int i)
{
	return (NodeSlot *) ((char *) hub + layout->hub_size + i * layout->slot_size);
}

/*
 * Sets the state of a page's hub, if it has one, by its nodes: live if any is, else
 * dead if any is.  A hub that is free has no list.
 */
static inline void
page_update_hub(const KgLayout *layout, Page page)
{
	NodeSlot   *hub = page_hub(page);
	NodeState	state = NODE_FREE;

	if (!kg_layout_has_hubs(layout))
		return;
	for (int i = 0; i < layout->per_page && state != NODE_LIVE; i++)
	{
		NodeState	member = (NodeState) hub_member(layout, hub, i)->state;

		if (member != NODE_FREE)
			state = member;
	}
	hub->state = state;
	if (state == NODE_FREE)
		hub->degree = 0;
}

/* The lists of a page of nodes, and the slots that have them. */
static inline int
page_lists(const KgLayout *layout)
{
	return kg_layout_has_hubs(layout) ? 1 : layout->per_page;
}

static inline NodeSlot *
page_list_slot(const KgLayout *layout, Page page, int i)
{
	return kg_layout_has_hubs(layout) ? page_hub(page) : page_slot(layout, page, i);
}

/* A slot to write a node to: from now on WAL takes it for data. */
static inline NodeSlot *
page_take_slot(const KgLayout *layout, Page page, int i)
{
	PageHeader	header = (PageHeader) page;
	int			end = SizeOfPageHeaderData + layout->hub_size +
	(i + 1) * layout->slot_size;

	if (header->pd_lower < end)
		header->pd_lower = end;
	return page_slot(layout, page, i);
}

static inline KgChunk *
page_chunk(Page page, int i)
{
	return (KgChunk *) PageGetContents(page) + i;
}

static inline BlockNumber
node_block(const KgLayout *layout, uint32 node)
{
	return node / layout->per_page;
}

static inline NodeSlot *
node_slot(const KgLayout *layout, Page page, uint32 node)
{
	return page_slot(layout, page, node % layout->per_page);
}

/* The slot on the same page that has the list of a node: its own, or the hub. */
static inline NodeSlot *
node_list_slot(const KgLayout *layout, const NodeSlot *slot, uint32 node)
{
	if (likely(!kg_layout_has_hubs(layout)))
		return (NodeSlot *) slot;
	return (NodeSlot *) ((char *) slot - layout->hub_size -
						 node % layout->per_page * layout->slot_size);
}

/*
 * The slot of a node that an edge leads to or, where nodes share lists and that one is
 * gone, of a live one of its page, whose number *node becomes.
 */
static inline const NodeSlot *
page_live_end(const KgLayout *layout, const NodeSlot *slot, uint32 *node)
{
	const NodeSlot *hub = node_list_slot(layout, slot, *node);

	for (int i = 0; i < layout->per_page && hub != slot && slot->state != NODE_LIVE; i++)
		if (hub_member(layout, hub, i)->state == NODE_LIVE)
		{
			*node += i - *node % layout->per_page;
			return hub_member(layout, hub, i);
		}
	return slot;
}

/*
 * What a list leads to: a node or, where nodes share lists, all of a page.  A
 * list has one edge to each, to any of the page's nodes.
 */
static inline bool
same_end(const KgLayout *layout, uint32 a, uint32 b)
{
	return a == b ||
		(kg_layout_has_hubs(layout) && node_block(layout, a) == node_block(layout, b));
}

/* The first page of the map of frames, which every index has. */
static inline BlockNumber
frame_map_block(const KgLayout *layout)
{
	return KG_META_BLOCK + 1 + kg_layout_side_pages(layout);
}

/* Is this a block at the start of a group: for copies, or for words? */
static inline bool
side_block(const KgLayout *layout, BlockNumber block)
{
	return layout->group_pages > 0 && block > KG_META_BLOCK &&
		(block - 1) % layout->group_pages <
		(BlockNumber) kg_layout_side_pages(layout);
}

static inline KgPageKind
side_kind(const KgLayout *layout)
{
	return layout->word_pages > 0 ? PAGE_WORDS : PAGE_COPIES;
}

static inline BlockNumber
chunk_block(uint32 chunk)
{
	return chunk / KG_CHUNKS_PER_PAGE;
}

static inline KgTid
tid_from_pointer(ItemPointer pointer)
{
	KgTid		tid;

	memcpy(&tid, pointer, sizeof(tid));
	return tid;
}

static inline void
tid_to_pointer(KgTid tid, ItemPointer pointer)
{
	memcpy(pointer, &tid, sizeof(tid));
}

static inline bool
tid_valid(KgTid tid)
{
	return tid.offset != 0;
}

/* An empty page of a kind, its contents zero. */
extern void kg_page_init(Page page, KgPageKind kind);

/* Has the page the header of a page of this access method? */
extern bool kg_page_is_sound(Page page);

/* Error unless the page is one of this access method and of this kind. */
extern void kg_page_check(Page page, KgPageKind kind, BlockNumber block,
						  const char *index_name);

/*
 * A check of a node page that costs a search nothing unless the page has slots
 * that were never taken: it looks at the page header, which is read anyway,
 * not at the special space.
 */
static inline void
kg_page_check_nodes(Page page, const KgLayout *layout, BlockNumber block,
					const char *index_name)
{
	if (unlikely(((PageHeader) page)->pd_lower != SizeOfPageHeaderData +
				 layout->hub_size + layout->per_page * layout->slot_size))
		kg_page_check(page, PAGE_NODES, block, index_name);
}

#endif							/* KG_PAGE_H */
