/*
 * index.h
 *	  An index as a backend knows it: layout, space and entry points, kept in
 *	  the relation cache and checked against the meta page's version.
 */
#ifndef KG_INDEX_H
#define KG_INDEX_H

#include "ann/core/entries.h"
#include "ann/layout/frames.h"
#include "ann/layout/space.h"
#include "ann/layout/store.h"

typedef struct KgIndex
{
	KgLayout	layout;
	KgSpace		space;			/* points into this struct's own memory */
	int			ef_construction;
	float		unit;			/* as on the meta page: 0 before the first row */
	uint32		entry_version;
	int			entry_count;	/* on the meta page */
	KgEntryTable entries;		/* as many as there is room for */
	int			default_frame_number;
	KgFrame    *default_frame;
	BlockNumber insert_block;	/* a node page that this backend fills */
} KgIndex;

/*
 * The index of a relation.  Reads the meta page (counted in *store's reads)
 * and, when it has changed, what hangs on it.  Valid until the relation cache
 * drops it: until locks are taken or the caller returns.  Initialises store.
 */
extern KgIndex *kg_index_open(Relation rel, KgStore *store);

/*
 * The same for a build's pages, in memory of context.  growing makes room for
 * all the entry points there may be.
 */
extern KgIndex *kg_index_load(KgStore *store, MemoryContext context,
							  bool growing);

/* Reads the entry points again if they have changed. */
extern void kg_index_refresh(KgIndex *index, KgStore *store);

/* A copy of the meta page. */
extern void kg_index_read_meta(KgStore *store, KgMetaPage *meta);

/* Fills a meta page that kg_page_init made. */
extern void kg_meta_init(KgMetaPage *meta, const KgLayout *layout,
						 int ef_construction);

/*
 * Considers a new node, whose vector has this length (internal unit), as an
 * entry point.  pinned takes it in any case and for good: other nodes hardly
 * lead to it.
 */
extern void kg_index_offer_entry(KgIndex *index, KgStore *store, uint32 node,
								 double length, bool permanent);

/* Sets the unit of an index that has none, from its first row. */
extern void kg_index_set_unit(KgStore *store, const float *x);

#endif							/* KG_INDEX_H */
