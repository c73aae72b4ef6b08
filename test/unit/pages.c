/*
 * pages.c
 *	  See pages.h.
 */
#include "postgres.h"

#include "ann/layout/pending.h"
#include "ann/layout/values.h"
#include "pages.h"
#include "shim.h"
#include "tasks.h"
#include "unit.h"

/* What a page's copy is full of when its reader is done. */
#define SPOILT 0x5a

#define EXTENSION 0xffffffffu	/* number of the extension lock */
#define MERGE 0xfffffffeu		/* of the lock of whoever merges */

typedef struct PlainPage
{
	char	   *data;
	Lock		lock;
	bool		in_map;			/* the free space map has it */
} PlainPage;

struct RelationData
{
	const KgLayout *layout;
	PlainPage **pages;			/* they do not move */
	BlockNumber count;
	BlockNumber capacity;
	Lock		extension;
	Lock		merge;
	uint32		map_errors;
	const Task *vacuum;
	void		(*at_find_capacity) (void *arg);
	void	   *at_find_capacity_arg;
	jmp_buf    *cancel;			/* VACUUM, when it has rested so often */
	uint32		cancel_rests;
	bool		damage;			/* pages may be damaged */
};

/* What a task has of a locked page. */
typedef struct Hold
{
	KgPageKind	made;			/* the kind it is made of, if that is new */
	char	   *copy;			/* a reader's, or NULL */
} Hold;

static const Pages *described;

static KgPageKind
page_kind(const Pages *pages, BlockNumber block)
{
	Page		page = pages->pages[block]->data;

	if (!PageIsNew(page))
		return page_opaque(page)->kind;
	return side_block(pages->layout, block) ? side_kind(pages->layout) : PAGE_FREE;
}

static void
describe(unsigned number, char *text, int size)
{
	static const char *const kinds[PAGE_KINDS] = {
		[PAGE_META] = "meta",[PAGE_FRAMES] = "frames",[PAGE_NODES] = "nodes",
		[PAGE_CHUNKS] = "chunks",[PAGE_LIST] = "list",
		[PAGE_ENTRIES] = "entries",[PAGE_COPIES] = "copies",
		[PAGE_FREE] = "free",[PAGE_FRAME_MAP] = "map",[PAGE_WORDS] = "words",
		[PAGE_VALUE_MAP] = "value map",[PAGE_VALUES] = "values",
		[PAGE_PENDING] = "pending"
	};

	if (number == EXTENSION || number == MERGE)
		snprintf(text, size, number == MERGE ? "the merge lock" : "the extension lock");
	else
		snprintf(text, size, "%s page %u",
				 kinds[page_kind(described, number)], number);
}

Pages *
pages_create(const KgLayout *layout)
{
	Pages	   *pages = calloc(1, sizeof(Pages));

	pages->layout = layout;
	tasks_describe = describe;
	described = pages;
	return pages;
}

void
pages_free(Pages *pages)
{
	for (BlockNumber i = 0; i < pages->count; i++)
	{
		free(pages->pages[i]->data);
		free(pages->pages[i]);
	}
	free(pages->pages);
	free(pages);
}

void
pages_set_map_errors(Pages *pages, uint32 part)
{
	pages->map_errors = part;
}

void
pages_at_find_capacity(Pages *pages, void (*function) (void *arg), void *arg)
{
	pages->at_find_capacity = function;
	pages->at_find_capacity_arg = arg;
}

void
pages_set_vacuum(Pages *pages, bool active)
{
	pages->vacuum = active ? task_current() : NULL;
}

void
pages_cancel_vacuum(Pages *pages, jmp_buf * where, uint32 rests)
{
	pages->cancel = where;
	pages->cancel_rests = rests;
}

static BlockNumber
add_page(Pages *pages)
{
	if (pages->count == pages->capacity)
	{
		pages->capacity = Max(2 * pages->capacity, 64);
		pages->pages = realloc(pages->pages, sizeof(PlainPage *) * pages->capacity);
	}
	pages->pages[pages->count] = calloc(1, sizeof(PlainPage));
	pages->pages[pages->count]->data = calloc(1, BLCKSZ);
	return pages->count++;
}

void
pages_leave_new(Pages *pages)
{
	(void) add_page(pages);
}

/*
 * Locks.
 */

/* Where a kind of page stands in the order of locks. */
static int
lock_rank(KgPageKind kind)
{
	static const int ranks[PAGE_KINDS] = {
		[PAGE_META] = 1,[PAGE_ENTRIES] = 2,[PAGE_NODES] = 3,
		[PAGE_COPIES] = 4,[PAGE_CHUNKS] = 5,[PAGE_LIST] = 6,
		[PAGE_WORDS] = 4,[PAGE_VALUE_MAP] = 7,[PAGE_VALUES] = 8,
		[PAGE_PENDING] = 9,[PAGE_FRAME_MAP] = 10,[PAGE_FRAMES] = 11
	};

	return ranks[kind];
}

/* A lock that this task has, or NULL. */
static HeldLock *
find_held(BlockNumber block, bool exclusive)
{
	Task	   *task = task_current();

	for (int i = task->held_count - 1; i >= 0; i--)
		if (task->held[i].number == block &&
			task->held[i].exclusive == exclusive)
			return &task->held[i];
	return NULL;
}

/* May a task that has one page lock the other too? */
static bool
in_order(const Pages *pages, const HeldLock *held, BlockNumber block)
{
	const Hold *hold = held->data;
	KgPageKind	kind = page_kind(pages, block);
	KgPageKind	held_kind = hold->made ? hold->made :
	page_kind(pages, held->number);

	/* Only who has the meta page goes to free ones. */
	if (kind == PAGE_FREE)
		return find_held(KG_META_BLOCK, true) != NULL;
	if (lock_rank(held_kind) != lock_rank(kind))
		return lock_rank(held_kind) < lock_rank(kind);
	switch (kind)
	{
		case PAGE_NODES:
		case PAGE_COPIES:
			return held->number < block;
		case PAGE_CHUNKS:
			return task_current() == pages->vacuum;
		case PAGE_LIST:
			/* from the list's head on; a new page becomes the head */
			return hold->made ||
				page_list(pages->pages[held->number]->data)->number >
				page_list(pages->pages[block]->data)->number;
		case PAGE_PENDING:
			/* likewise; a new page comes behind the last one */
			return page_pending(pages->pages[held->number]->data)->number <
				page_pending(pages->pages[block]->data)->number;
		case PAGE_VALUE_MAP:
			/* from the root on */
			return page_value_map(pages->pages[held->number]->data)->bits <
				page_value_map(pages->pages[block]->data)->bits;
		case PAGE_ENTRIES:
		case PAGE_FRAMES:
			/* whoever has two has the meta page too */
			return find_held(KG_META_BLOCK, true) != NULL;
		default:
			return false;
	}
}

/* Of the first count pages that the task has. */
static void
check_order(const Pages *pages, BlockNumber block, int count)
{
	const Task *task = task_current();

	for (int i = 0; i < count && !pages->damage; i++)
	{
		const HeldLock *held = &task->held[i];
		char		first[60];
		char		second[60];

		if (held->number == EXTENSION || held->number == MERGE || in_order(pages, held, block))
			continue;
		describe(held->number, first, sizeof(first));
		describe(block, second, sizeof(second));
		shim_fail("%s locks %s after %s", task->name, second, first);
	}
}

/* Locks a page; made is the kind that a new page is to have, or 0. */
static Hold *
lock_page(Pages *pages, BlockNumber block, bool exclusive, KgPageKind made)
{
	Hold	   *hold;
	int			count = task_current()->held_count;
	HeldLock   *held;

	/* as the server, which reads beyond the end of the file */
	if (block >= pages->count && pages->damage)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("block %u of %u", block, pages->count)));
	/* as kg_lock_buffer() */
	if (pages->damage && (find_held(block, true) || (exclusive && find_held(block, false))))
		ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
						errmsg("a page leads back to block %u", block)));
	if (block >= pages->count)
		shim_fail("%s: block %u of %u", task_current()->name, block,
				  pages->count);
	if (!made)
		check_order(pages, block, count);
	held = task_lock(&pages->pages[block]->lock, block, exclusive);
	held->data = hold = calloc(1, sizeof(Hold));

	/* It may have become a page of another kind meanwhile. */
	if (!made)
		check_order(pages, block, count);
	hold->made = made;
	return hold;
}

static void
unlock_page(Pages *pages, BlockNumber block, bool exclusive)
{
	HeldLock   *held = find_held(block, exclusive);
	Hold	   *hold;

	if (held == NULL)
		shim_fail("%s unlocks block %u", task_current()->name, block);
	hold = held->data;
	if (hold->copy)
	{
		if (memcmp(hold->copy, pages->pages[block]->data, BLCKSZ) != 0)
			shim_fail("block %u was changed while it was locked to be read",
					  block);
		memset(hold->copy, SPOILT, BLCKSZ);
		free(hold->copy);
	}
	free(hold);
	task_unlock(held);
}

/*
 * store.h: reading.
 */

void
kg_store_init(KgStore *store, Pages *rel, const KgLayout *layout)
{
	memset(store, 0, sizeof(KgStore));
	store->rel = rel;
	store->layout = layout;
	store->wal = true;
}

const char *
kg_store_name(const KgStore *store)
{
	return "plain pages";
}

BlockNumber
kg_store_pages(const KgStore *store)
{
	Pages	   *pages = store->rel;
	HeldLock   *held = task_lock(&pages->extension, EXTENSION, true);
	BlockNumber count = pages->count;

	task_unlock(held);
	return count;
}

Page
kg_store_read_any(KgStore *store, BlockNumber block)
{
	Pages	   *pages = store->rel;
	Hold	   *hold = lock_page(pages, block, false, 0);

	store->reads++;
	store->buffer = block + 1;
	hold->copy = malloc(BLCKSZ);
	memcpy(hold->copy, pages->pages[block]->data, BLCKSZ);
	return hold->copy;
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

const NodeSlot *
kg_store_read_node(KgStore *store, uint32 node)
{
	return node_slot(store->layout,
					 kg_store_read(store, node_block(store->layout, node),
								   PAGE_NODES), node);
}

void
kg_store_done(KgStore *store)
{
	unlock_page(store->rel, store->buffer - 1, false);
	store->buffer = InvalidBuffer;
}

void
kg_store_prefetch_node(KgStore *store, uint32 node)
{
}

void
kg_store_ask(KgStore *store, BlockNumber block)
{
}

void
kg_store_vacuum_delay(const KgStore *store)
{
	Pages	   *pages = store->rel;

	Assert(task_current()->held_count == (find_held(MERGE, true) ? 1 : 0));
	task_yield();
	if (pages->cancel && pages->vacuum == task_current() && pages->cancel_rests-- == 0)
		longjmp(*pages->cancel, 1);
}

bool
kg_store_lock_merge(KgStore *store, bool wait)
{
	if (!wait && store->rel->merge.owner)
		return false;
	(void) task_lock(&store->rel->merge, MERGE, true);
	return true;
}

void
kg_store_unlock_merge(KgStore *store)
{
	task_unlock(find_held(MERGE, true));
}

void
pages_end_cancelled(Pages *pages)
{
	if (find_held(MERGE, true))
		task_unlock(find_held(MERGE, true));
}

/*
 * Damaged pages.
 */

BlockNumber
pages_count(const Pages *pages)
{
	return pages->count;
}

char *
pages_data(const Pages *pages, BlockNumber block)
{
	return pages->pages[block]->data;
}

char *
pages_copy(const Pages *pages)
{
	char	   *copy = malloc((Size) pages->count * BLCKSZ);

	for (BlockNumber i = 0; i < pages->count; i++)
		memcpy(copy + (Size) i * BLCKSZ, pages->pages[i]->data, BLCKSZ);
	return copy;
}

void
pages_restore(Pages *pages, const char *copy, BlockNumber count)
{
	while (pages->count > count)
	{
		free(pages->pages[--pages->count]->data);
		free(pages->pages[pages->count]);
	}
	for (BlockNumber i = 0; i < count; i++)
	{
		memcpy(pages->pages[i]->data, copy + (Size) i * BLCKSZ, BLCKSZ);
		pages->pages[i]->in_map = false;
	}
}

void
pages_allow_damage(Pages *pages)
{
	pages->damage = true;
}

void
pages_release_locks(Pages *pages)
{
	Task	   *task = task_current();

	while (task->held_count > 0)
	{
		HeldLock   *held = &task->held[task->held_count - 1];
		Hold	   *hold = held->data;

		if (held->number != EXTENSION && held->number != MERGE)
		{
			free(hold->copy);
			free(hold);
		}
		task_unlock(held);
	}
}

/*
 * The free space map.
 */

/* Is it time to err? */
static bool
errs(const Pages *pages)
{
	return pages->map_errors > 0 && random_bits() % pages->map_errors == 0;
}

BlockNumber
kg_store_find_capacity(const KgStore *store)
{
	Pages	   *pages = store->rel;
	void		(*function) (void *arg) = pages->at_find_capacity;

	task_yield();
	pages->at_find_capacity = NULL;
	if (function)
		function(pages->at_find_capacity_arg);
	if (errs(pages))
		return 1 + random_bits() % (pages->count - 1);
	for (BlockNumber i = 0; i < pages->count; i++)
		if (pages->pages[i]->in_map)
		{
			pages->pages[i]->in_map = false;
			return i;
		}
	return InvalidBlockNumber;
}

void
kg_store_note_capacity(const KgStore *store, BlockNumber block, bool is_new)
{
	task_yield();
	if (!errs(store->rel))
		store->rel->pages[block]->in_map = true;
}

/*
 * store.h: changes.
 */

void
kg_edit_begin(KgEdit *edit, KgStore *store)
{
	edit->store = store;
	edit->npages = 0;
	edit->images = palloc(sizeof(PGAlignedBlock) * KG_LOG_PAGES);
}

static Page
edit_add(KgEdit *edit, BlockNumber block)
{
	KgLogPage  *page = &edit->pages[edit->npages];

	if (edit->npages == KG_LOG_PAGES)
		elog(ERROR, "more than %d pages in one change", KG_LOG_PAGES);
	page->buffer = block + 1;
	page->image = edit->images[edit->npages++].data;
	memcpy(page->image, edit->store->rel->pages[block]->data, BLCKSZ);
	return page->image;
}

Page
kg_edit_page_if(KgEdit *edit, BlockNumber block, KgPageKind kind)
{
	Pages	   *pages = edit->store->rel;
	Page		page;

	lock_page(pages, block, true, 0);
	page = pages->pages[block]->data;
	if (PageIsNew(page) &&
		(kind == PAGE_NODES || kind == PAGE_COPIES || kind == PAGE_WORDS ||
		 kind == PAGE_FREE))
	{
		page = edit_add(edit, block);
		kg_page_init(page, kind);
		return page;
	}
	if (PageIsNew(page) || page_opaque(page)->kind != kind)
	{
		unlock_page(pages, block, true);
		return NULL;
	}
	kg_page_check(page, kind, block, kg_store_name(edit->store));
	return edit_add(edit, block);
}

Page
kg_edit_page(KgEdit *edit, BlockNumber block, KgPageKind kind)
{
	Page		page = kg_edit_page_if(edit, block, kind);

	if (page == NULL && edit->store->rel->damage)
		ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED), errmsg("a page of another kind")));
	if (page == NULL)
		shim_fail("%s: no page of kind %d at block %u", task_current()->name,
				  kind, block);
	return page;
}

/*
 * The first page of the chain of free pages, locked, if the edit has the meta
 * page.
 */
static BlockNumber
take_free_page(KgEdit *edit, KgPageKind kind)
{
	Pages	   *pages = edit->store->rel;
	KgMetaPage *meta;
	BlockNumber block;

	if (edit->npages == 0 || edit->pages[0].buffer != KG_META_BLOCK + 1)
		return InvalidBlockNumber;
	meta = page_meta(edit->pages[0].image);
	block = meta->free;
	if (block == InvalidBlockNumber)
		return InvalidBlockNumber;
	check_order(pages, block, task_current()->held_count);
	lock_page(pages, block, true, kind);
	kg_page_check(pages->pages[block]->data, PAGE_FREE, block, "plain pages");
	meta->free = page_opaque(pages->pages[block]->data)->next;
	return block;
}

/* As store.c's extend_buffers(). */
static BlockNumber
extend(KgEdit *edit, KgPageKind kind)
{
	Pages	   *pages = edit->store->rel;

	for (;;)
	{
		BlockNumber block;

		(void) task_lock(&pages->extension, EXTENSION, true);
		do
		{
			block = add_page(pages);
			task_yield();
		} while (side_block(pages->layout, block));
		lock_page(pages, block, true, kind);
		task_unlock(find_held(EXTENSION, true));
		if (PageIsNew(pages->pages[block]->data))
			return block;
		unlock_page(pages, block, true);
	}
}

Page
kg_edit_new_page(KgEdit *edit, KgPageKind kind, BlockNumber *block)
{
	Page		page;
	BlockNumber found = take_free_page(edit, kind);

	*block = found == InvalidBlockNumber ? extend(edit, kind) : found;
	page = edit_add(edit, *block);
	kg_page_init(page, kind);
	return page;
}

static void
edit_release(KgEdit *edit)
{
	pfree(edit->images);
	for (int i = 0; i < edit->npages; i++)
		unlock_page(edit->store->rel, edit->pages[i].buffer - 1, true);
}

/* As generic_wal.c: the hole of an image is not kept. */
void
kg_edit_commit(KgEdit *edit)
{
	for (int i = 0; i < edit->npages; i++)
	{
		const KgLogPage *page = &edit->pages[i];
		char	   *data = edit->store->rel->pages[page->buffer - 1]->data;
		int			lower = ((PageHeader) page->image)->pd_lower;
		int			upper = ((PageHeader) page->image)->pd_upper;

		memcpy(data, page->image, lower);
		memset(data + lower, 0, upper - lower);
		memcpy(data + upper, page->image + upper, BLCKSZ - upper);
	}
	edit_release(edit);
}

void
kg_edit_abort(KgEdit *edit)
{
	edit_release(edit);
}
