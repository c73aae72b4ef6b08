/*
 * entries.h
 *	  The entry points: a sample of the nodes, with codes.  A scan of all codes
 *	  finds those that a search begins with.
 *
 * Each page of entry points has a frame, and its codes are relative to the
 * frame's centre.  When many entry points have changed, all are coded anew
 * around their mean, so that codes tell them apart although the data move.
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
	uint8		code[FLEXIBLE_ARRAY_MEMBER];	/* layout.row_bytes; then,
												 * aligned, the node's words */
} KgEntry;

/* A page of them. */
typedef struct KgEntryPage
{
	uint32		frame;			/* codes are relative to its centre */
	char		entries[FLEXIBLE_ARRAY_MEMBER];
} KgEntryPage;

/*
 * Giants are vectors that are longer than most by a factor of a hundred or
 * more.  Estimates of inner products with them are all noise, so each search
 * expands up to this many of them.
 */
#define KG_GIANTS 4

/* Permanent entry points have this in addition to their priority. */
#define KG_PERMANENT 1000.0f

/* As a backend keeps them. */
typedef struct KgEntryTable
{
	int			capacity;		/* entries that fit */
	int			count;
	int			lowest;			/* has the least priority, or -1 */
	int			permanent;		/* how many are permanent */
	int			giants[KG_GIANTS];	/* far above the least priority */
	int			giant_count;
	uint16		frames[KG_ENTRY_PAGES];
	uint32	   *nodes;
	float	   *priorities;
	uint16	   *a;
	uint16	   *b;
	uint32	   *words;			/* layout.filters each */
	uint8	   *codes;			/* layout.row_bytes each */
} KgEntryTable;

/* The most entries that an index of this layout has. */
extern int	kg_entries_max(const KgLayout *layout);

/*
 * How many entries a good sample of this many nodes has: all of the first
 * nodes, then one in NODES_PER_ENTRY.
 */
extern double kg_entries_expected(const KgLayout *layout, double nodes);

/*
 * The priority of a node in the sample: random, and higher the longer the
 * vector is, if long ones have the largest inner products.
 */
extern float kg_entries_priority(const KgLayout *layout, uint32 node,
								 double length);

/*
 * The position for a node of this priority: that of the entry that it
 * replaces, the table's count for a new entry, -1 for none.
 */
extern int	kg_entries_position(const KgEntryTable *table,
								const KgLayout *layout, uint32 node,
								float priority);

/* Entries that fit on a page. */
extern int	kg_entries_per_page(const KgLayout *layout);

/* Bytes of one. */
extern Size kg_entry_size(const KgLayout *layout);

/* The entry of a page of them; i counts from the page's first. */
extern KgEntry *kg_entry_on(const KgLayout *layout, Page page, int i);

/* The number of a page's frame. */
extern uint32 *kg_entry_page_frame(Page page);

/* Is this the entry of a node? */
extern bool kg_entry_is_of(const KgLayout *layout, const KgFrame *frame,
						   const KgEntry *entry, const KgNodeData *node);

/*
 * An entry, in the current memory context, of a node, for a page with this
 * frame.
 */
extern KgEntry *kg_entry_new(const KgLayout *layout, const KgFrame *frame,
							 const KgNodeData *node, float priority);

/* The words of an entry's node. */
extern uint32 *kg_entry_words(const KgLayout *layout, const KgEntry *entry);

/* Bytes of a table, and a table in that many bytes of zeroed memory. */
extern Size kg_entry_table_size(const KgLayout *layout, int capacity);
extern void kg_entry_table_init(KgEntryTable *table, const KgLayout *layout,
								int capacity, char *memory);
extern void kg_entry_table_set(KgEntryTable *table, const KgLayout *layout,
							   int i, const KgEntry *entry);

/* Reads the entries that the meta page counts, up to the table's capacity. */
extern void kg_entries_read(KgStore *store, const KgMetaPage *meta,
							KgEntryTable *table);

/* Is it an entry that is kept for good? */
extern bool kg_entry_is_permanent(const KgEntryTable *table, int i);

/* All entries, as the meta page has them now, in the current memory context. */
extern void kg_entries_read_all(KgStore *store, KgMetaPage *meta, KgEntryTable *table);

/*
 * Adds an entry for a node as part of an edit that holds the meta page.
 * It replaces the entry at position; if there is none (-1), it is appended, or
 * replaces any if the index has the most.  Makes its page if there is none
 * yet.  Returns its position, and in *entry what was written.
 */
extern int	kg_entries_add(KgEdit *edit, KgMetaPage *meta, int position,
						   const KgNodeData *node, float priority,
						   KgEntry **entry);

/* Have enough entries changed for kg_recentre()? */
extern bool kg_entries_want_centre(const KgMetaPage *meta);

/* The live nodes that VACUUM leaves. */
typedef struct KgLiveNodes
{
	int64		count;
	const uint32 *sample;
	int			sample_count;
} KgLiveNodes;

/*
 * Replaces entries of dead nodes by live neighbours of these or else by live
 * nodes of the sample; drops them if there are more entries than the live
 * nodes should have.  VACUUM calls this before it frees the dead nodes;
 * nothing else makes live nodes dead.
 */
extern void kg_entries_replace(KgStore *store, const KgVisited *dead,
							   const KgLiveNodes *live);

#endif							/* KG_ENTRIES_H */
