/*
 * allocate.h
 *	  Allocating a node: finding a free slot for it.
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
	bool		is_new;			/* added by this edit */
} KgAllocation;

/*
 * Starts an edit that holds a page with a free slot.  Error if the index is
 * full.
 */
extern void kg_allocate_edit(KgIndex *index, KgStore *store, KgEdit *edit,
							 KgAllocation *position);

/*
 * Where nodes share lists: the same of a page with a live node and a free slot;
 * false, and there is no edit, if the page is none by now.
 */
extern bool kg_allocate_join(KgIndex *index, KgStore *store, KgEdit *edit,
							 BlockNumber block, KgAllocation *position);

/*
 * After the edit: remembers, for this backend and in the free space map,
 * whether the page has further free slots.
 */
extern void kg_allocate_note(KgIndex *index, KgStore *store,
							 const KgAllocation *position);

#endif							/* KG_ALLOCATE_H */
