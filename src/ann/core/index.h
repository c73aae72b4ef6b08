/*
 * index.h
 *	  An index as a backend knows it: layout, space and entry points, checked
 *	  against the meta page's version.  The relation cache keeps it: see
 *	  index_cache.h.
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
	KgEntryTable entries;		/* up to its capacity */
	int			default_frame_number;
	KgFrame    *default_frame;
	BlockNumber values;			/* root of the lists of values, if filters */
	KgRecallTable recall;		/* as on the meta page */
	uint32		pending_pages;	/* likewise, when it was read last */
	float		hop_pages;		/* likewise, 1 if it has none */
	BlockNumber insert_block;	/* a node page that this backend fills */
} KgIndex;

/* Makes the first pages of an index with store's layout; unit may be 0. */
extern void kg_index_create(KgStore *store, int ef_construction, float unit);

/*
 * Reads an index into memory of context, one chunk.  growing gives it the
 * capacity for all entry points there may be.
 */
extern KgIndex *kg_index_load(KgStore *store, MemoryContext context,
							  bool growing);

/* Reads the entry points again if they have changed. */
extern void kg_index_refresh(KgIndex *index, KgStore *store);

/*
 * The same for a cached index and a store that has no layout yet.  False if
 * the index must be loaded anew: the first row may have come and set the unit,
 * or there are more entry points than its capacity.
 */
extern bool kg_index_keep_up(KgIndex *index, KgStore *store);

/* Why a node should be an entry point. */
typedef enum KgEntryNeed
{
	ENTRY_OF_SAMPLE,			/* as any other */
	ENTRY_IS_FAR,				/* hardly any edge leads to it: it is taken
								 * for good, unless most are */
	ENTRY_IS_ALONE				/* no edge that stays does: for good */
} KgEntryNeed;

/* A copy of the meta page. */
extern void kg_index_read_meta(KgStore *store, KgMetaPage *meta);

/*
 * Considers a new node, whose vector has this length (internal unit), as an
 * entry point.
 */
extern void kg_index_offer_entry(KgIndex *index, KgStore *store, uint32 node,
								 double length, KgEntryNeed need);

/* Sets the unit of an index that has none, from its first row. */
extern void kg_index_set_unit(KgStore *store, const void *x);

#endif							/* KG_INDEX_H */
