/*
 * entries.h
 *	  The entry points on their pages: numbers of nodes where walks begin, each
 *	  with a copy of the node's vector, so that a backend that opens an index
 *	  reads few pages.
 *
 * Entry i stands on page i / kg_entries_per_page() of those that the meta page
 * lists.  All changes are made under the meta page's exclusive lock and raise
 * its entry_version.
 */
#ifndef KG_ENTRIES_H
#define KG_ENTRIES_H

#include "ann/seen.h"
#include "ann/store.h"

typedef struct KgEntry
{
	uint32		node;			/* live or dead, but not free */
	char		vector[FLEXIBLE_ARRAY_MEMBER];	/* the node's, as stored */
} KgEntry;

/* Entries that fit on a page. */
extern int	kg_entries_per_page(const KgLayout *layout);

/* The entry of a page of them; i counts from the page's first. */
extern KgEntry *kg_entry_on(const KgLayout *layout, Page page, int i);

/*
 * Reads the entries that the meta page counts: nodes, and vectors of
 * layout->vector_bytes each, both with room for KG_ENTRY_POINTS.  Returns how
 * many there are.
 */
extern int	kg_entries_read(KgStore *store, const KgMetaPage *meta,
							uint32 *nodes, char *vectors);

/*
 * Writes entry i of the meta page that the edit holds, as part of the edit;
 * makes its page if there is none yet.
 */
extern void kg_entries_put(KgEdit *edit, KgMetaPage *meta, int i, uint32 node,
						   const void *vector);

/*
 * Gives the places of dead nodes to some of count live ones, as far as there
 * are any.  For VACUUM, which alone makes dead nodes of live ones.
 */
extern void kg_entries_replace(KgStore *store, const KgSeen *dead,
							   const uint32 *live, int count);

#endif							/* KG_ENTRIES_H */
