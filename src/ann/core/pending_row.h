/*
 * pending_row.h
 *	  A row as an entry of the list of pending rows, and back.
 *
 * An insert into the list makes no search, so that it knows of no frame near the
 * row.  The vector is stored in the default frame as float4, which loses no more
 * than float4 columns do; the merge stores it as any row.
 */
#ifndef KG_PENDING_ROW_H
#define KG_PENDING_ROW_H

#include "ann/core/inserter.h"
#include "ann/core/query.h"

/*
 * Adds a row to the list.  False if its vector is too long for the list: then
 * nothing was done.  *pages becomes the length of the list if that has grown.
 */
extern bool kg_pending_insert(KgInserter *inserter, KgIndex *index, KgStore *store,
							  const KgRow *row, uint32 *pages);

/* Sets the inserter's query to an entry's vector. */
extern void kg_pending_set_query(KgInserter *inserter, const KgPendingEntry *entry);

/* A row that waits. */
extern KgRow kg_pending_row(const KgLayout *layout, const KgPendingRow *pending);

/*
 * Sets the inserter to a row, pending or not: its words, and its vector as the query.
 * False if that is nowhere in the index's space.
 */
extern bool kg_pending_take_row(KgInserter *inserter, const KgRow *row);

/* What bounds of distances are computed from: points into the entry. */
static inline KgStored
kg_pending_stored(const KgLayout *layout, const KgPendingEntry *entry)
{
	void	   *vector = pending_vector(layout, entry);
	KgStored	stored = {
		.frame = entry->frame & SLOT_FRAME,
		.storage = kg_metric_of_bits(layout->metric) ? KG_STORAGE_BITS : KG_STORAGE_F32,
		.vector = layout->sparse > 0 ? NULL : vector,
		.error = entry->error,.length = entry->length,
		.sparse = layout->sparse > 0 ? vector : NULL
	};

	return stored;
}

/*
 * A lower bound of the operator's result for a pending row.  Of sparse vectors it
 * follows from the elements alone.
 */
static inline double
kg_pending_lower(KgQuery *query, const KgPendingEntry *entry)
{
	KgStored	stored = kg_pending_stored(&query->layout, entry);
	float		key = stored.vector ? query->geometry->key(query, &stored) : 0;

	return query->geometry->lower(query, &stored, key);
}

#endif							/* KG_PENDING_ROW_H */
