/*
 * store.c
 *	  Where an index's pages are: in shared buffers or, during a build, in
 *	  memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/store.h"

void
kg_store_init(KgStore *store, Relation rel, const KgLayout *layout)
{
	memset(store, 0, sizeof(KgStore));
	store->rel = rel;
	store->layout = layout;
	store->wal = true;
	store->buffer = InvalidBuffer;
}

BlockNumber
kg_store_pages(KgStore *store)
{
	if (store->memory)
		return store->memory_pages;
	return RelationGetNumberOfBlocks(store->rel);
}

/* A page of any kind, locked. */
static Page
read_page(KgStore *store, BlockNumber block)
{
	store->reads++;
	if (store->memory)
		return store->memory[block];
	store->buffer = ReadBufferExtended(store->rel, MAIN_FORKNUM, block,
									   RBM_NORMAL, store->strategy);
	LockBuffer(store->buffer, BUFFER_LOCK_SHARE);
	return BufferGetPage(store->buffer);
}

Page
kg_store_read(KgStore *store, BlockNumber block, KgPageKind kind)
{
	Page		page = read_page(store, block);

	kg_page_check(page, kind, block, RelationGetRelationName(store->rel));
	return page;
}

Page
kg_store_read_if(KgStore *store, BlockNumber block, KgPageKind kind)
{
	Page		page = read_page(store, block);

	if (!PageIsNew(page) && page_opaque(page)->kind == kind)
		return page;
	kg_store_done(store);
	return NULL;
}

void
kg_store_done(KgStore *store)
{
	if (store->memory)
		return;
	UnlockReleaseBuffer(store->buffer);
	store->buffer = InvalidBuffer;
}

void
kg_edit_begin(KgEdit *edit, KgStore *store)
{
	edit->store = store;
	edit->npages = 0;
	edit->xlog = NULL;
	if (!store->memory && store->wal)
		edit->xlog = GenericXLogStart(store->rel);
}

/* Adds a locked buffer to the change; returns the page to write on. */
static Page
edit_add(KgEdit *edit, Buffer buffer, int flags)
{
	edit->buffers[edit->npages++] = buffer;
	if (edit->xlog)
		return GenericXLogRegisterBuffer(edit->xlog, buffer, flags);
	return BufferGetPage(buffer);
}

Page
kg_edit_page_if(KgEdit *edit, BlockNumber block, KgPageKind kind)
{
	KgStore    *store = edit->store;
	Buffer		buffer;
	Page		page;

	if (store->memory)
		return store->memory[block];

	buffer = ReadBufferExtended(store->rel, MAIN_FORKNUM, block, RBM_NORMAL,
								store->strategy);
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	page = BufferGetPage(buffer);
	if (PageIsNew(page) && kind == PAGE_NODES)
	{
		page = edit_add(edit, buffer, GENERIC_XLOG_FULL_IMAGE);
		kg_page_init(page, kind, store->layout);
		return page;
	}
	if (PageIsNew(page) || page_opaque(page)->kind != kind)
	{
		UnlockReleaseBuffer(buffer);
		return NULL;
	}
	return edit_add(edit, buffer, 0);
}

Page
kg_edit_page(KgEdit *edit, BlockNumber block, KgPageKind kind)
{
	Page		page = kg_edit_page_if(edit, block, kind);

	if (page == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has no page of kind %d at block %u",
						RelationGetRelationName(edit->store->rel), kind, block),
				 errhint("Please REINDEX it.")));
	return page;
}

/* A page at the end of a build's memory. */
static Page
new_memory_page(KgStore *store, BlockNumber *block)
{
	if (store->memory_pages == store->memory_room)
	{
		store->memory_room *= 2;
		store->memory = repalloc_huge(store->memory,
									  sizeof(Page) * store->memory_room);
	}
	*block = store->memory_pages++;
	store->memory[*block] = MemoryContextAlloc(store->memory_context, BLCKSZ);
	return store->memory[*block];
}

Page
kg_edit_new_page(KgEdit *edit, KgPageKind kind, BlockNumber *block)
{
	KgStore    *store = edit->store;
	Page		page;

	if (store->memory)
		page = new_memory_page(store, block);
	else
	{
		bool		extension_lock = !RELATION_IS_LOCAL(store->rel);
		Buffer		buffer;

		if (extension_lock)
			LockRelationForExtension(store->rel, ExclusiveLock);
		buffer = ReadBuffer(store->rel, P_NEW);
		LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
		if (extension_lock)
			UnlockRelationForExtension(store->rel, ExclusiveLock);
		*block = BufferGetBlockNumber(buffer);
		page = edit_add(edit, buffer, GENERIC_XLOG_FULL_IMAGE);
	}
	kg_page_init(page, kind, store->layout);
	return page;
}

void
kg_edit_commit(KgEdit *edit)
{
	if (edit->xlog)
		GenericXLogFinish(edit->xlog);
	for (int i = 0; i < edit->npages; i++)
	{
		if (!edit->xlog)
			MarkBufferDirty(edit->buffers[i]);
		UnlockReleaseBuffer(edit->buffers[i]);
	}
}

void
kg_edit_abort(KgEdit *edit)
{
	if (edit->xlog)
		GenericXLogAbort(edit->xlog);
	for (int i = 0; i < edit->npages; i++)
		UnlockReleaseBuffer(edit->buffers[i]);
}
