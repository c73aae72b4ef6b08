/*
 * entries.h
 *	  The entry points: a sample of the nodes, with codes.  A scan of all
 *	  codes finds those that a search begins with.
 *
 * Each page of entry points has a frame, to whose centre its codes are
 * relative.  As entry points are added and replaced, they are coded anew
 * around where they are now, so that their codes tell them apart although
 * the data move.
 */
#ifndef KG_ENTRIES_H
#define KG_ENTRIES_H

#include "ann/core/visited.h"
#include "ann/layout/frames.h"
#include "ann/layout/store.h"
#include "quant/rabitq.h"

/* As it stands on its page. */
typedef struct KgEntry
{
	uint32		node;			/* live or dead, but not free */
	float		priority;		/* the higher ones stay */
	uint16		a;				/* bfloat16, factors of the estimate */
	uint16		b;
	uint8		code[FLEXIBLE_ARRAY_MEMBER];	/* layout.row_bytes */
} KgEntry;

/* A page of them. */
typedef struct KgEntryPage
{
	uint32		frame;			/* whose centre codes are relative to */
	char		entries[FLEXIBLE_ARRAY_MEMBER];
} KgEntryPage;

/*
 * Vectors that are longer than most by a factor of a hundred or more: what
 * estimates of inner products with them say is all noise, so that each search
 * looks at so many of them.
 */
#define KG_GIANTS 4

/* What the priority of entries that are to stay has in addition. */
#define KG_PERMANENT 1000.0f

/* As a backend keeps them. */
typedef struct KgEntryTable
{
	int			capacity;		/* for so many */
	int			count;
	int			lowest;			/* the one of the least priority, or -1 */
	int			permanent;		/* how many are to stay */
	int			giants[KG_GIANTS];	/* those of far more than the least */
	int			giant_count;
	uint16		frames[KG_ENTRY_PAGES];
	uint32	   *nodes;
	float	   *priorities;
	uint16	   *a;
	uint16	   *b;
	uint8	   *codes;			/* layout.row_bytes each */
} KgEntryTable;

/* The most entries that an index of this layout has. */
extern int	kg_entries_max(const KgLayout *layout);

/*
 * How many a good sample of so many nodes has: all of the first, then one of
 * so many.
 */
extern double kg_entries_expected(const KgLayout *layout, double nodes);

/*
 * The priority of a node in the sample: random, and higher the longer the
 * vector is, if long ones have the largest inner products.
 */
extern float kg_entries_priority(const KgLayout *layout, uint32 node,
								 double length);

/*
 * Where a node of this priority belongs: a place that it takes, the table's
 * count for a new one, -1 for none.
 */
extern int	kg_entries_position(const KgEntryTable *table,
								const KgLayout *layout, uint32 node,
								float priority);

/* Entries that fit on a page. */
extern int	kg_entries_per_page(const KgLayout *layout);

/* The entry of a page of them; i counts from the page's first. */
extern KgEntry *kg_entry_on(const KgLayout *layout, Page page, int i);

/* The number of a page's frame. */
extern int	kg_entry_page_frame(Page page);

/* Is this an entry of a node that is at y? */
extern bool kg_entry_is_of(const KgLayout *layout, const KgFrame *frame,
						   const KgEntry *entry, const double *y);

/*
 * An entry, in the current memory context, of a vector y of the index's space
 * (shape.dim doubles), for a page with this frame.
 */
extern KgEntry *kg_entry_new(const KgLayout *layout, const KgFrame *frame,
							 uint32 node, float priority, const double *y);

/* Bytes of a table, and the table in so much (zeroed) memory. */
extern Size kg_entry_table_size(const KgLayout *layout, int capacity);
extern void kg_entry_table_init(KgEntryTable *table, const KgLayout *layout,
								int capacity, char *memory);
extern void kg_entry_table_set(KgEntryTable *table, const KgLayout *layout,
							   int i, const KgEntry *entry);

/* Reads the entries that the meta page counts, as far as there is room. */
extern void kg_entries_read(KgStore *store, const KgMetaPage *meta,
							KgEntryTable *table);

/*
 * Adds an entry for a node at y as part of an edit that holds the meta page:
 * behind the others, or if there are enough, in that place (-1: any).  Makes
 * its page if there is none yet.  Returns where it stands, and in *entry what
 * was written.
 */
extern int	kg_entries_add(KgEdit *edit, KgMetaPage *meta, int position,
						   uint32 node, float priority, const double *y,
						   KgEntry **entry);

/* Have so many entries changed that it is time for kg_entries_recentre()? */
extern bool kg_entries_want_centre(const KgMetaPage *meta);

/*
 * Codes the entries anew, around their mean, if that is far from the centre
 * that they have; its frame becomes the default one.
 */
extern void kg_entries_recentre(KgStore *store);

/* The live nodes that VACUUM leaves. */
typedef struct KgLiveNodes
{
	int64		count;
	const uint32 *sample;
	int			sample_count;
} KgLiveNodes;

/*
 * Gives the places of dead nodes to live neighbours of theirs, or else to live
 * nodes of the sample; drops them if there are more entries than so many nodes
 * should have.  For VACUUM, which alone makes dead nodes of live ones, before
 * it frees them.
 */
extern void kg_entries_replace(KgStore *store, const KgVisited *dead,
							   const KgLiveNodes *live);

#endif							/* KG_ENTRIES_H */
