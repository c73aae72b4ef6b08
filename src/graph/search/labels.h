/*
 * labels.h
 *	  What a search by costs knows of nodes: found by node, taken by cost.
 */
#ifndef KG_GRAPH_LABELS_H
#define KG_GRAPH_LABELS_H

#include "postgres.h"

#include "graph/catalog/memory.h"

/* Labels have numbers from 0 on in the order in which they are made. */
#define KG_NO_LABEL PG_UINT32_MAX

#define KG_CLOSED PG_UINT32_MAX

/* Keep it small: a search is as large as its labels. */
typedef struct KgLabel
{
	int64		node;
	float8		cost;			/* the least known so far */
	uint32		parent;			/* label of the node before, or KG_NO_LABEL */
	uint32		position;		/* in the heap of open labels, or KG_CLOSED */
} KgLabel;

#define KG_LABEL_CHUNK_LOG2 9

/*
 * A hash table holds numbers of labels, labels are in chunks that never move,
 * and open ones are in a binary heap of their numbers.
 */
typedef struct KgLabels
{
	KgMemory   *memory;
	KgLabel   **chunks;
	Size		nchunks;		/* room for pointers to them */
	uint32		n;
	uint32	   *slots;			/* a label's number + 1; 0: empty */
	uint32		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	uint32	   *queue;			/* of open labels, the cheapest first */
	Size		nopen;
	Size		queue_capacity;
} KgLabels;

extern void kg_labels_init(KgLabels *labels, KgMemory *memory);

/* Makes a label for a node that has none, closed and without a parent. */
extern uint32 kg_labels_add(KgLabels *labels, int64 node);

/*
 * Makes another label for the node of a label, which is found instead of it
 * from now on.
 */
extern uint32 kg_labels_renew(KgLabels *labels, uint32 old);

/* Opens a label with this cost, or gives one that is open a lower cost. */
extern void kg_labels_open(KgLabels *labels, uint32 id, float8 cost);

/* Closes the cheapest open label and returns it; there is one. */
extern uint32 kg_labels_close_first(KgLabels *labels);

/* Closes all labels and returns their numbers by cost, palloc'd within memory. */
extern uint32 *kg_labels_by_cost(KgLabels *labels);

static inline KgLabel *
kg_label(const KgLabels *labels, uint32 id)
{
	return &labels->chunks[id >> KG_LABEL_CHUNK_LOG2][id & ((1 << KG_LABEL_CHUNK_LOG2) - 1)];
}

/* The slot of the node's label, or the empty one where it belongs. */
static inline uint32 *
kg_labels_slot(const KgLabels *labels, int64 node)
{
	uint32		i = ((uint64) node * UINT64CONST(0x9E3779B97F4A7C15)) >> labels->shift;

	while (labels->slots[i] != 0 && kg_label(labels, labels->slots[i] - 1)->node != node)
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

/* The cost of the cheapest open label; infinite if there is none. */
extern float8 kg_labels_least(const KgLabels *labels);

/* So many bytes more for each label, in chunks that never move. */
typedef struct KgLabelData
{
	KgMemory   *memory;
	Size		size;
	char	  **chunks;
	Size		nchunks;		/* room for pointers to them */
} KgLabelData;

extern void kg_label_data_init(KgLabelData *data, KgMemory *memory, Size size);

/* Those of a label, zeroes at first; of one that has none yet, memory may run out. */
extern void *kg_label_data(KgLabelData *data, uint32 id);

/* How a label was visited. */
typedef struct KgPredecessor
{
	int64		edge;
	int			table;			/* edge table of the relation */
	bool		edge_is_null;
} KgPredecessor;

/*
 * How many labels to expand at once, of which so many have been.  A reader takes
 * many nodes better than one, and few of so few are expanded in vain.
 */
static inline int64
kg_label_batch(int64 nexpanded)
{
	return Min(1 + nexpanded / 8, 4096);
}

#endif							/* KG_GRAPH_LABELS_H */
