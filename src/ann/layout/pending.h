/*
 * pending.h
 *	  The list of pending rows: rows that were inserted and wait to be merged
 *	  into the graph.
 *
 * An insert appends a row to the last page of the list, one record of one page.
 * A merge takes rows out, each in the record that writes its node, so that a row
 * is in the list or in the graph at any moment, and never in both.  Pages leave
 * the list at its head when all of their rows are gone.
 */
#ifndef KG_PENDING_H
#define KG_PENDING_H

#include "ann/layout/store.h"

typedef enum KgPendingState
{
	PENDING_GONE = 0,			/* merged, or removed by VACUUM */
	PENDING_WAITS = 1
} KgPendingState;

/*
 * A row as it stands on a page: of a row with many vectors, one of them.  The
 * filter words follow, and the vector: shape.dim floats relative to the frame, or
 * words of a bit string, or the elements of a sparse vector (KgSparse).
 */
typedef struct KgPendingEntry
{
	KgTid		tid;
	uint16		state;			/* KgPendingState */
	uint16		frame;			/* of the vector */
	uint16		unused;
	float		error;			/* bound of |vector - stored|, internal unit */
	float		length;			/* |vector|, internal unit */
	uint32		hash;			/* of the column's value */
	uint32		words[FLEXIBLE_ARRAY_MEMBER];	/* layout.filters */
} KgPendingEntry;

/* A page of the list. */
typedef struct KgPendingPage
{
	uint32		number;			/* one more than that of the page before */
	uint32		count;			/* entries, those that are gone included */
} KgPendingPage;

StaticAssertDecl(sizeof(KgPendingEntry) == 24, "entry's head has no holes");

/* Where an entry stands. */
typedef struct KgPendingPlace
{
	BlockNumber block;
	int			i;				/* on the page */
} KgPendingPlace;

/* Bytes of an entry. */
static inline int
kg_pending_bytes(const KgLayout *layout)
{
	return (int) (sizeof(KgPendingEntry) + sizeof(uint32) * layout->filters) +
		(layout->sparse > 0 ? kg_sparse_bytes(layout->sparse) :
		 (int) sizeof(float) * layout->shape.dim);
}

/* Entries of a page; 0: vectors are too long for the list. */
static inline int
kg_pending_per_page(const KgLayout *layout)
{
	return (KG_PAGE_USABLE - (int) sizeof(KgPendingPage)) / kg_pending_bytes(layout);
}

static inline void *
pending_vector(const KgLayout *layout, const KgPendingEntry *entry)
{
	return (void *) (entry->words + layout->filters);
}

static inline KgPendingPage *
page_pending(Page page)
{
	return (KgPendingPage *) PageGetContents(page);
}

static inline KgPendingEntry *
page_pending_entry(const KgLayout *layout, Page page, int i)
{
	return (KgPendingEntry *) ((char *) (page_pending(page) + 1) +
							   (Size) i * kg_pending_bytes(layout));
}

/* Entries of a page that is perhaps damaged. */
static inline int
page_pending_count(const KgLayout *layout, Page page)
{
	return (int) Min(page_pending(page)->count, (uint32) kg_pending_per_page(layout));
}

/* Appends an entry.  Returns the pages of the list if it is longer now, else 0. */
extern uint32 kg_pending_append(KgStore *store, const KgPendingEntry *entry);

/* Takes an entry out, as part of an edit; its page is the last that the edit locks. */
extern void kg_pending_take(KgEdit *edit, const KgPendingPlace *place);

/*
 * Frees the first page of the list if all of its entries are gone.  False if some
 * are not, or there is no page.
 */
extern bool kg_pending_free_head(KgStore *store);

/*
 * Reads the list page by page.  Nothing is locked between two calls, and by the
 * next one a merge may have freed the page that is to come: then it has freed
 * those before, too, and the reader goes on at the head.
 */
typedef struct KgPendingReader
{
	BlockNumber block;			/* of the page read last */
	uint32		number;			/* likewise */
	BlockNumber next;
	bool		begun;
} KgPendingReader;

/* The next page, locked until kg_store_done(); NULL at the list's end. */
extern Page kg_pending_next(KgStore *store, KgPendingReader *reader);

#endif							/* KG_PENDING_H */
