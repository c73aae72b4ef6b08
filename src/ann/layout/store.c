/*
 * store.c
 *	  Where an index's pages are: in shared buffers or, during a build, in
 *	  memory.
 */
#include "postgres.h"

#include "commands/vacuum.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/buf_internals.h"
#include "storage/freespace.h"
#include "storage/indexfsm.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/spccache.h"

#include "ann/layout/build_memory.h"
#include "ann/layout/store.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"

/*
 * Pages to ask for ahead: effective_io_concurrency within these.  More of them are in
 * flight at once, for more that are asked for in vain (src/ann/README.md has figures).
 */
#define LEAST_READ_AHEAD 4
#define MOST_READ_AHEAD 32

/*
 * A tablespace that is looked up the first time may take a lock on its
 * catalog, and then the relation cache may drop what it has of the index.  So
 * that is done here, before anybody asks for it.
 */
void
kg_store_init(KgStore *store, Relation rel, const KgLayout *layout)
{
	int			concurrency = get_tablespace_io_concurrency(rel->rd_rel->reltablespace);

	memset(store, 0, sizeof(KgStore));
	store->rel = rel;
	store->layout = layout;
	store->wal = true;
	store->buffer = InvalidBuffer;
	if (concurrency > 0)
		store->read_ahead = Min(Max(concurrency, LEAST_READ_AHEAD), MOST_READ_AHEAD);
}

const char *
kg_store_name(const KgStore *store)
{
	return RelationGetRelationName(store->rel);
}

/* Who makes a page locks it before he lets go of the extension lock. */
BlockNumber
kg_store_pages(const KgStore *store)
{
	Relation	rel = store->rel;
	BlockNumber pages;

	if (store->memory)
		return kg_build_memory_pages(store->memory);
	if (!RELATION_IS_LOCAL(rel))
		LockRelationForExtension(rel, ExclusiveLock);
	pages = RelationGetNumberOfBlocks(rel);
	if (!RELATION_IS_LOCAL(rel))
		UnlockRelationForExtension(rel, ExclusiveLock);
	return pages;
}

BlockNumber
kg_store_find_capacity(const KgStore *store)
{
	return GetFreeIndexPage(store->rel);
}

void
kg_store_note_capacity(const KgStore *store, BlockNumber block, bool is_new)
{
	RecordFreeIndexPage(store->rel, block);
	if (is_new)
		FreeSpaceMapVacuumRange(store->rel, block, block + 1);
}

/*
 * As GIN's, and of the same kind.  The server allows nobody who has such a lock to
 * wait for one of another relation: a merge looks into no catalog.
 */
bool
kg_store_lock_merge(KgStore *store, bool wait)
{
	if (!wait)
		return ConditionalLockPage(store->rel, KG_META_BLOCK, ExclusiveLock);
	LockPage(store->rel, KG_META_BLOCK, ExclusiveLock);
	return true;
}

void
kg_store_unlock_merge(KgStore *store)
{
	UnlockPage(store->rel, KG_META_BLOCK, ExclusiveLock);
}

void
kg_store_vacuum_delay(const KgStore *store)
{
	vacuum_delay_point(false);
}

/* Is the page in a build's memory? */
static inline bool
in_memory(const KgStore *store, BlockNumber block)
{
	return store->memory && block >= kg_build_memory_first(store->memory);
}

void
kg_store_ask(KgStore *store, BlockNumber block)
{
	if (!in_memory(store, block))
		kg_ask_block(store->rel, block);
}

static Page
read_memory(KgStore *store, BlockNumber block)
{
	store->lock = kg_build_memory_lock(store->memory, block);
	if (store->lock)
		LWLockAcquire(store->lock, LW_SHARED);
	return kg_build_memory_page(store->memory, block);
}

/* Pins a page, and counts it if it came from outside shared buffers. */
static Buffer
pin_page(KgStore *store, BlockNumber block)
{
	int64		before = pgBufferUsage.shared_blks_read +
	pgBufferUsage.local_blks_read;
	Buffer		buffer = kg_read_buffer(store->rel, block, store->strategy);

	store->misses += pgBufferUsage.shared_blks_read +
		pgBufferUsage.local_blks_read - before;
	return buffer;
}

Page
kg_store_read_any(KgStore *store, BlockNumber block)
{
	store->reads++;
	if (in_memory(store, block))
		return read_memory(store, block);
	store->buffer = pin_page(store, block);
	kg_lock_buffer(store->rel, store->buffer, BUFFER_LOCK_SHARE);
	return BufferGetPage(store->buffer);
}

static inline void
prefetch_lines(const char *start, int size)
{
	for (int i = 0; i < size; i += KG_CACHE_LINE)
		kg_prefetch(start + i);
}

/*
 * Lets the cache lines of a node's slot come at once, or those of its page where
 * nodes share lists: all that a search reads, which of a long list is not what
 * edges have for changes.
 */
static inline void
prefetch_slot(const KgLayout *layout, Page page, uint32 node)
{
	const char *hub;

	if (!kg_layout_has_hubs(layout))
	{
		prefetch_lines((const char *) node_slot(layout, page, node), layout->slot_size);
		return;
	}
	hub = (const char *) page_hub(page);
	prefetch_lines(hub, layout->factor_r2);
	prefetch_lines(hub + layout->codes, layout->hub_size - layout->codes +
				   layout->per_page * layout->slot_size);
}

void
kg_store_prefetch_node(KgStore *store, uint32 node)
{
	BlockNumber block = node_block(store->layout, node);
	Buffer		recent;

	if (in_memory(store, block))
	{
		prefetch_slot(store->layout, kg_build_memory_page(store->memory, block), node);
		return;
	}

	/* If the page is no longer there, the wrong lines come: no harm done. */
	recent = kg_recent_buffer(store->rel, block);
	if (recent > 0)
	{
		kg_prefetch(GetBufferDescriptor(recent - 1));
		prefetch_slot(store->layout, BufferGetPage(recent), node);
	}
}

const NodeSlot *
kg_store_read_node(KgStore *store, uint32 node)
{
	const KgLayout *layout = store->layout;
	BlockNumber block = node_block(layout, node);
	NodeSlot   *slot;

	store->reads++;
	if (in_memory(store, block))
		return node_slot(layout, read_memory(store, block), node);
	store->buffer = pin_page(store, block);
	slot = node_slot(layout, BufferGetPage(store->buffer), node);

	prefetch_slot(layout, BufferGetPage(store->buffer), node);
	kg_lock_buffer(store->rel, store->buffer, BUFFER_LOCK_SHARE);
	kg_page_check_nodes(BufferGetPage(store->buffer), layout, block,
						kg_store_name(store));
	return slot;
}

Page
kg_store_read(KgStore *store, BlockNumber block, KgPageKind kind)
{
	Page		page = kg_store_read_any(store, block);

	kg_page_check(page, kind, block, kg_store_name(store));
	return page;
}

Page
kg_store_read_if(KgStore *store, BlockNumber block, KgPageKind kind)
{
	Page		page = kg_store_read_any(store, block);

	if (!PageIsNew(page) && page_opaque(page)->kind == kind)
		return page;
	kg_store_done(store);
	return NULL;
}

void
kg_store_done(KgStore *store)
{
	if (!BufferIsValid(store->buffer))
	{
		if (store->lock)
			LWLockRelease(store->lock);
		return;
	}
	UnlockReleaseBuffer(store->buffer);
	store->buffer = InvalidBuffer;
}

void
kg_edit_begin(KgEdit *edit, KgStore *store)
{
	edit->store = store;
	edit->npages = 0;
	edit->images = NULL;
	if (!store->memory && store->wal)
		edit->images = palloc(sizeof(PGAlignedBlock) * KG_LOG_PAGES);
}

/* Adds a locked buffer to the change; returns the page to write on. */
static Page
edit_add(KgEdit *edit, Buffer buffer, bool is_new)
{
	KgLogPage  *page;

	if (edit->npages == KG_LOG_PAGES)
		elog(ERROR, "more than %d pages in one change", KG_LOG_PAGES);
	page = &edit->pages[edit->npages];
	page->buffer = buffer;
	page->is_new = is_new;
	page->image = BufferGetPage(buffer);
	if (edit->images)
	{
		page->image = edit->images[edit->npages].data;
		memcpy(page->image, BufferGetPage(buffer), BLCKSZ);
	}
	edit->npages++;
	return page->image;
}

/* Adds a locked page of a build's memory to the change. */
static Page
edit_memory(KgEdit *edit, BlockNumber block)
{
	KgBuildMemory *memory = edit->store->memory;
	LWLock	   *lock = kg_build_memory_lock(memory, block);

	if (lock)
	{
		LWLockAcquire(lock, LW_EXCLUSIVE);
		edit->pages[edit->npages].buffer = InvalidBuffer;
		edit->locks[edit->npages++] = lock;
	}
	return kg_build_memory_page(memory, block);
}

Page
kg_edit_page_if(KgEdit *edit, BlockNumber block, KgPageKind kind)
{
	KgStore    *store = edit->store;
	Buffer		buffer;
	Page		page;

	if (in_memory(store, block))
		return edit_memory(edit, block);

	buffer = kg_read_buffer(store->rel, block, store->strategy);
	kg_lock_buffer(store->rel, buffer, BUFFER_LOCK_EXCLUSIVE);
	page = BufferGetPage(buffer);
	if (PageIsNew(page) &&
		(kind == PAGE_NODES || kind == PAGE_COPIES || kind == PAGE_WORDS ||
		 kind == PAGE_FREE))
	{
		page = edit_add(edit, buffer, true);
		kg_page_init(page, kind);
		return page;
	}
	if (PageIsNew(page) || page_opaque(page)->kind != kind)
	{
		UnlockReleaseBuffer(buffer);
		return NULL;
	}
	/* before bytes are copied and logged by what it says */
	kg_page_check(page, kind, block, kg_store_name(store));
	return edit_add(edit, buffer, false);
}

Page
kg_edit_page(KgEdit *edit, BlockNumber block, KgPageKind kind)
{
	Page		page = kg_edit_page_if(edit, block, kind);

	if (page == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has no page of kind %d at block %u",
						kg_store_name(edit->store), kind, block),
				 errhint("Please REINDEX it.")));
	return page;
}

static bool
make_side_page(Page page, BlockNumber block, const void *arg)
{
	const KgLayout *layout = arg;

	if (!side_block(layout, block))
		return false;
	kg_page_init(page, side_kind(layout));
	return true;
}

/* A new page of memory.  Side pages on the way to it are made as well. */
static BlockNumber
extend_memory(KgStore *store)
{
	return kg_build_memory_extend(store->memory, make_side_page, store->layout);
}

/*
 * The same of buffers, locked.  Side pages stay empty until the first node of
 * their group is written.  VACUUM takes new pages for those that a crash has left,
 * but asks for the extension lock before it counts pages; a page that somebody
 * else has initialised all the same is his.
 */
static Buffer
extend_buffers(KgStore *store)
{
	bool		extension_lock = store->parallel ||
	!RELATION_IS_LOCAL(store->rel);

	for (;;)
	{
		Buffer		buffer;

		if (extension_lock)
			LockRelationForExtension(store->rel, ExclusiveLock);
		while (side_block(store->layout,
						  BufferGetBlockNumber(buffer = ReadBuffer(store->rel,
																   P_NEW))))
			ReleaseBuffer(buffer);
		LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
		if (extension_lock)
			UnlockRelationForExtension(store->rel, ExclusiveLock);
		if (PageIsNew(BufferGetPage(buffer)))
			return buffer;
		UnlockReleaseBuffer(buffer);
	}
}

/*
 * A page of the chain of free pages, locked, if the edit has the meta page and
 * the chain one.
 */
static Buffer
take_free_page(KgEdit *edit)
{
	KgStore    *store = edit->store;
	KgMetaPage *meta;
	BlockNumber block;
	Buffer		buffer;

	if (edit->npages == 0 ||
		BufferGetBlockNumber(edit->pages[0].buffer) != KG_META_BLOCK)
		return InvalidBuffer;
	meta = page_meta(edit->pages[0].image);
	block = meta->free;
	if (block == InvalidBlockNumber)
		return InvalidBuffer;
	buffer = kg_read_buffer(store->rel, block, store->strategy);
	kg_lock_buffer(store->rel, buffer, BUFFER_LOCK_EXCLUSIVE);
	kg_page_check(BufferGetPage(buffer), PAGE_FREE, block,
				  kg_store_name(store));
	meta->free = page_opaque(BufferGetPage(buffer))->next;
	return buffer;
}

Page
kg_edit_new_page(KgEdit *edit, KgPageKind kind, BlockNumber *block)
{
	KgStore    *store = edit->store;
	Page		page;

	if (store->memory)
	{
		*block = extend_memory(store);
		page = edit_memory(edit, *block);
	}
	else
	{
		Buffer		buffer = take_free_page(edit);
		bool		is_new = buffer == InvalidBuffer;

		if (is_new)
			buffer = extend_buffers(store);
		*block = BufferGetBlockNumber(buffer);
		page = edit_add(edit, buffer, is_new);
	}
	kg_page_init(page, kind);
	return page;
}

static void
edit_release(KgEdit *edit)
{
	for (int i = 0; i < edit->npages; i++)
	{
		if (BufferIsValid(edit->pages[i].buffer))
			UnlockReleaseBuffer(edit->pages[i].buffer);
		else
			LWLockRelease(edit->locks[i]);
	}
	if (edit->images)
		pfree(edit->images);
}

void
kg_edit_commit(KgEdit *edit)
{
	if (edit->images)
		kg_log_apply(edit->pages, edit->npages,
					 RelationNeedsWAL(edit->store->rel));
	else
		for (int i = 0; i < edit->npages; i++)
			if (BufferIsValid(edit->pages[i].buffer))
				MarkBufferDirty(edit->pages[i].buffer);
	edit_release(edit);
}

void
kg_edit_abort(KgEdit *edit)
{
	edit_release(edit);
}
