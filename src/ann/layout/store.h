/*
 * store.h
 *	  Where an index's pages are: in shared buffers or, while a build fits in
 *	  maintenance_work_mem, in memory.  All else reads and changes pages
 *	  through this and need not know.
 *
 * What is below this interface is the server's (store.c) or plain memory of a
 * test (test/unit/pages.c); what is above it compiles with either.
 */
#ifndef KG_STORE_H
#define KG_STORE_H

#include "postgres.h"

#include "ann/layout/page.h"
#include "pg/generic_wal.h"

typedef struct KgStore
{
	struct RelationData *rel;	/* a Relation */
	const KgLayout *layout;
	bool		wal;			/* changes are logged one by one */
	BufferAccessStrategy strategy;	/* or NULL */

	struct KgBuildMemory *memory;	/* a build's pages, or NULL: buffers */
	bool		parallel;		/* processes build this index together */
	Buffer		buffer;			/* of kg_store_read */
	struct LWLock *lock;		/* of kg_store_read, if memory is shared */
	uint64		reads;			/* pages that kg_store_read handed out */
	uint64		misses;			/* of them not in shared buffers */
	int			read_ahead;		/* pages to ask for ahead, if there were
								 * misses; 0 with effective_io_concurrency = 0 */
} KgStore;

/*
 * For an index that exists; a build switches memory on by itself.  May look
 * into catalogs.
 */
extern void kg_store_init(KgStore *store, struct RelationData *rel,
						  const KgLayout *layout);

/* The index's name, for messages. */
extern const char *kg_store_name(const KgStore *store);

/*
 * Pages of the index.  None of them that another process is about to
 * initialise is still unlocked.
 */
extern BlockNumber kg_store_pages(const KgStore *store);

/*
 * A page to read, under a share lock in buffers, until kg_store_done().  One
 * at a time.
 */
extern Page kg_store_read(KgStore *store, BlockNumber block, KgPageKind kind);

/* A node's slot to read, likewise until kg_store_done(). */
extern const NodeSlot *kg_store_read_node(KgStore *store, uint32 node);

/* Says that a node will probably be read next. Takes no lock and no pin. */
extern void kg_store_prefetch_node(KgStore *store, uint32 node);

/*
 * How many nodes to ask for before they are read: none unless pages had to be
 * read into shared buffers.
 */
static inline int
kg_store_read_ahead(const KgStore *store)
{
	return likely(store->misses == 0) ? 0 : store->read_ahead;
}

/* Asks the system for a page, without waiting for it. */
extern void kg_store_ask(KgStore *store, BlockNumber block);

/* Like kg_store_read, but NULL (and nothing locked) if the page is of another kind. */
extern Page kg_store_read_if(KgStore *store, BlockNumber block,
							 KgPageKind kind);

/* Likewise a page of any kind, which may be new. */
extern Page kg_store_read_any(KgStore *store, BlockNumber block);
extern void kg_store_done(KgStore *store);

/*
 * A change of up to four pages, one WAL record: all of it or nothing.
 * Existing pages are locked in the order of kg_edit_page()'s calls; see the
 * README for the order to keep.
 */
typedef struct KgEdit
{
	KgStore    *store;
	int			npages;
	KgLogPage	pages[KG_LOG_PAGES];
	PGAlignedBlock *images;		/* where pages are changed, or NULL: in place */
	struct LWLock *locks[KG_LOG_PAGES]; /* instead, in shared memory */
} KgEdit;

extern void kg_edit_begin(KgEdit *edit, KgStore *store);

/*
 * The page to change, exclusively locked.  Kinds PAGE_NODES, PAGE_COPIES and
 * PAGE_FREE also take a page that was never initialised (a crash may leave
 * one, and pages of copies begin so) and initialise it.
 */
extern Page kg_edit_page(KgEdit *edit, BlockNumber block, KgPageKind kind);

/* Like kg_edit_page for a page of any kind; NULL if it is not of that kind. */
extern Page kg_edit_page_if(KgEdit *edit, BlockNumber block, KgPageKind kind);

/*
 * A new page: a free one if there is any and the edit's first page is the meta
 * page, else one at the end of the index.
 */
extern Page kg_edit_new_page(KgEdit *edit, KgPageKind kind,
							 BlockNumber *block);

extern void kg_edit_commit(KgEdit *edit);
extern void kg_edit_abort(KgEdit *edit);

/*
 * The free space map, which knows pages of nodes with free slots.  It is a
 * hint: it may lose what it was told, and name any page after a crash.
 */

/* A page that it knows, and forgets; or InvalidBlockNumber. */
extern BlockNumber kg_store_find_capacity(const KgStore *store);

/* Tells it of a page; of a new one so that others find it at once. */
extern void kg_store_note_capacity(const KgStore *store, BlockNumber block,
								   bool is_new);

/*
 * The lock of whoever merges the list of pending rows: one at a time.  False if
 * it is not to wait and another has it.  An error lets go of it.
 */
extern bool kg_store_lock_merge(KgStore *store, bool wait);
extern void kg_store_unlock_merge(KgStore *store);

/* VACUUM rests here if it is told to.  Nothing is locked. */
extern void kg_store_vacuum_delay(const KgStore *store);

#endif							/* KG_STORE_H */
