/*
 * labels.h
 *	  Labels: the costs of nodes in a search, found by node, taken by cost.
 */
#ifndef KG_GRAPH_LABELS_H
#define KG_GRAPH_LABELS_H

#include "postgres.h"

#include "graph/catalog/memory.h"

/* Labels are numbered from 0 on in the order in which they are made. */
#define KG_NO_LABEL PG_UINT32_MAX

#define KG_CLOSED PG_UINT32_MAX

/* Keep it small: labels are most of what a search holds. */
typedef struct KgLabel
{
	int64		node;
	float8		cost;			/* the least known so far */
	uint32		parent;			/* label of the node before, or KG_NO_LABEL */
	uint32		position;		/* in the queue of open labels, or KG_CLOSED */
} KgLabel;

#define KG_LABEL_CHUNK_LOG2 9

/*
 * The labels themselves are in chunks that never move.  A hash table by node
 * and a binary heap of the open labels hold their numbers.
 */
typedef struct KgLabels
{
	KgMemory   *memory;
	KgLabel   **chunks;
	Size		nchunks;		/* capacity of "chunks" */
	uint32		n;
	uint32	   *slots;			/* a label's number + 1; 0: empty */
	uint32		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	uint32	   *queue;			/* open labels, a heap, the cheapest first */
	Size		nopen;
	Size		queue_capacity;
} KgLabels;

extern void kg_labels_init(KgLabels *labels, KgMemory *memory);

/* Makes a label for a node that has none, closed and without a parent. */
extern uint32 kg_labels_add(KgLabels *labels, int64 node);

/*
 * Makes another label for the node of an old one.  From now on the node's label
 * is the new one.
 */
extern uint32 kg_labels_renew(KgLabels *labels, uint32 old);

/* Opens a label with this cost, or gives one that is open a lower cost. */
extern void kg_labels_open(KgLabels *labels, uint32 id, float8 cost);

/* Closes and returns the cheapest open label, of which there must be one. */
extern uint32 kg_labels_close_first(KgLabels *labels);

/* Closes all labels; returns their numbers by cost, out of labels->memory. */
extern uint32 *kg_labels_by_cost(KgLabels *labels);

static inline KgLabel *
kg_label(const KgLabels *labels, uint32 id)
{
	uint32		i = id & ((1 << KG_LABEL_CHUNK_LOG2) - 1);

	return &labels->chunks[id >> KG_LABEL_CHUNK_LOG2][i];
}

/* The slot of the node's label, or the empty one where it belongs. */
static inline uint32 *
kg_labels_slot(const KgLabels *labels, int64 node)
{
	uint64		hash = (uint64) node * UINT64CONST(0x9E3779B97F4A7C15);
	uint32		i = hash >> labels->shift;

	while (labels->slots[i] != 0 &&
		   kg_label(labels, labels->slots[i] - 1)->node != node)
		i = (i + 1) & labels->mask;
	return &labels->slots[i];
}

/* The label of a node, or KG_NO_LABEL. */
static inline uint32
kg_labels_find(const KgLabels *labels, int64 node)
{
	/* An empty slot gives KG_NO_LABEL. */
	return *kg_labels_slot(labels, node) - 1;
}

/*
 * The label of a node that has one; "last" is the label found before, or
 * KG_NO_LABEL.  Saves look-ups, as a reader gives the edges of a node in a row.
 */
static inline uint32
kg_labels_find_again(const KgLabels *labels, int64 node, uint32 last)
{
	if (last != KG_NO_LABEL && kg_label(labels, last)->node == node)
		return last;
	return kg_labels_find(labels, node);
}

/* The number of labels before this one, from parent to parent. */
extern int	kg_labels_before(const KgLabels *labels, uint32 id);

/* The cost of the cheapest open label; infinite if there is none. */
extern float8 kg_labels_least(const KgLabels *labels);

/* "size" further bytes for each label, in chunks that never move. */
typedef struct KgLabelData
{
	KgMemory   *memory;
	Size		size;
	char	  **chunks;
	Size		nchunks;		/* capacity of "chunks" */
} KgLabelData;

extern void kg_label_data_init(KgLabelData *data, KgMemory *memory, Size size);

/*
 * The bytes of a label, zeroes at first.  The first call for a label may run
 * out of memory.
 */
extern void *kg_label_data(KgLabelData *data, uint32 id);

/* The edge by which a node was visited. */
typedef struct KgPredecessor
{
	int64		edge;
	int			table;			/* edge table */
	bool		edge_is_null;	/* the edge has no id */
} KgPredecessor;

/*
 * How many labels to expand at once after nexpanded of them.  A reader is
 * faster with many nodes at once, and in a batch that is small beside what
 * came before, few labels are expanded in vain.
 */
static inline int64
kg_label_batch(int64 nexpanded)
{
	return Min(1 + nexpanded / 8, 4096);
}

#endif							/* KG_GRAPH_LABELS_H */
