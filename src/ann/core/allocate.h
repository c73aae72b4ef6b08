/*
 * place.h
 *	  Where a new node goes: a free slot on a page.
 */
#ifndef KG_PLACE_H
#define KG_PLACE_H

#include "ann/core/index.h"

typedef struct KgPlace
{
	Page		page;
	BlockNumber block;
	int			slot;
	bool		more;			/* the page has further free slots */
	bool		is_new;			/* and nobody knows of them */
} KgPlace;

/*
 * Starts an edit with a page that has a free slot.  Error if the index is
 * full.
 */
extern void kg_place_edit(KgIndex *index, KgStore *store, KgEdit *edit,
						  KgPlace *place);

/*
 * After the edit: remembers for this backend, and tells others, whether the
 * page has room.
 */
extern void kg_place_note(KgIndex *index, KgStore *store,
						  const KgPlace *place);

#endif							/* KG_PLACE_H */
