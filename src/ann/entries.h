/*
 * entries.h
 *	  The entry points: a sample of the nodes, each with a code of its vector
 *	  relative to the centre, so that one scan of codes tells where a walk
 *	  should begin.
 *
 * On disk, entry i stands on page i / kg_entries_per_page() of those that the
 * meta page lists.  All changes are made under the meta page's exclusive lock
 * and raise its entry_version.
 */
#ifndef KG_ENTRIES_H
#define KG_ENTRIES_H

#include "ann/seen.h"
#include "ann/store.h"
#include "quant/rabitq.h"

/* Entry points that a walk begins with. */
#define KG_WALK_ENTRIES 32

/* As it stands on its page. */
typedef struct KgEntry
{
	uint32		node;			/* live or dead, but not free */
	uint16		a;				/* float16, factors of the estimate */
	uint16		b;
	uint8		code[FLEXIBLE_ARRAY_MEMBER];	/* layout.row_bytes */
} KgEntry;

/* As a backend keeps them. */
typedef struct KgEntryTable
{
	int			room;			/* for so many */
	int			count;
	uint32	   *nodes;
	uint16	   *a;
	uint16	   *b;
	uint8	   *codes;			/* layout.row_bytes each */
} KgEntryTable;

/* A node and an estimate of its squared distance, internal unit squared. */
typedef struct KgCandidate
{
	float		l2sq;
	uint32		node;
} KgCandidate;

/* The most entries that an index of this layout has. */
extern int	kg_entries_max(const KgLayout *layout);

/*
 * How many a good sample of so many nodes has: all of the first, then one of
 * so many.
 */
extern double kg_entries_expected(const KgLayout *layout, double nodes);

/*
 * Where a new node belongs in the sample that has count entries: the first
 * ones are taken, then a few, then some replace others, so that the sample
 * stays fair (reservoir sampling).  -1: nowhere.
 */
extern int	kg_entries_place(const KgLayout *layout, int count, uint32 node);

/* Entries that fit on a page. */
extern int	kg_entries_per_page(const KgLayout *layout);

/* The entry of a page of them; i counts from the page's first. */
extern KgEntry *kg_entry_on(const KgLayout *layout, Page page, int i);

/* An entry, in the current memory context, of a vector of shape.dim floats. */
extern KgEntry *kg_entry_new(const KgLayout *layout, uint32 node,
							 const float *vector);

/* Bytes of a table, and the table in so much (zeroed) memory. */
extern Size kg_entry_table_size(const KgLayout *layout, int room);
extern void kg_entry_table_init(KgEntryTable *table, const KgLayout *layout,
								int room, char *memory);
extern void kg_entry_table_set(KgEntryTable *table, const KgLayout *layout,
							   int i, const KgEntry *entry);

/* Reads the entries that the meta page counts, as far as there is room. */
extern void kg_entries_read(KgStore *store, const KgMetaPage *meta,
							KgEntryTable *table);

/*
 * The entries nearest to a query (shape.dim floats, and prepared), by estimate
 * and in its order, into best, which has room for KG_WALK_ENTRIES.
 */
extern int	kg_entries_nearest(const KgEntryTable *table,
							   const KgLayout *layout, const float *query,
							   const KgCodeQuery *code,
							   KgCandidate *best);

/*
 * Adds an entry as part of an edit that holds the meta page: behind the
 * others, or if there are enough, in that place (-1: any).  Makes its page if
 * there is none yet.  Returns where it stands.
 */
extern int	kg_entries_add(KgEdit *edit, KgMetaPage *meta, int place,
						   const KgEntry *entry);

/*
 * Gives the places of dead nodes to live neighbours of theirs, or else to
 * some of count live nodes.  For VACUUM, which alone makes dead nodes of live
 * ones, before it frees them.
 */
extern void kg_entries_replace(KgStore *store, const KgSeen *dead,
							   const uint32 *live, int count);

#endif							/* KG_ENTRIES_H */
