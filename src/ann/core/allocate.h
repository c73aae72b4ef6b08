/*
 * allocate.h
 *	  Where a new node goes: a free slot on a page.
 */
#ifndef KG_ALLOCATE_H
#define KG_ALLOCATE_H

#include "ann/core/index.h"

typedef struct KgAllocation
{
	Page		page;
	BlockNumber block;
	int			slot;
	bool		more;			/* the page has further free slots */
	bool		is_new;			/* and nobody knows of them */
} KgAllocation;

/*
 * Starts an edit with a page that has a free slot.  Error if the index is
 * full.
 */
extern void kg_allocate_edit(KgIndex *index, KgStore *store, KgEdit *edit,
							 KgAllocation *position);

/*
 * After the edit: remembers for this backend, and tells others, whether the
 * page has room.
 */
extern void kg_allocate_note(KgIndex *index, KgStore *store,
							 const KgAllocation *position);

#endif							/* KG_PLACE_H */
