/*
 * sorted_keys.h
 *	  The keys of nodes, in the order of an index.
 *
 * Without a dictionary the nodes are the keys, and sorted already.  With a
 * dictionary, keys are fetched from it and sorted, as many at a time as a part
 * of work_mem holds.  A key is then an integer, or the first half of a uuid.
 * That half orders nearly all uuids; where nodes have it in common, the other
 * half tells them apart.
 *
 * Texts, and keys of several columns, are sorted by the index's own
 * comparisons, and replaced by their ranks: the rank of the i-th key, counted
 * from 0, is 2 i + 1, and all values between two keys have the even number
 * between their ranks.  Where sorting texts would take longer than reading the
 * whole index, they are not ordered: all texts have rank 1, as if they
 * belonged to one node with very many edges.
 */
#ifndef KG_GRAPH_SORTED_KEYS_H
#define KG_GRAPH_SORTED_KEYS_H

#include "postgres.h"
#include "access/itup.h"
#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/uuid.h"

#include "graph/catalog/columns.h"
#include "graph/catalog/graph.h"

/* The "width" in KgLeafPages of keys that stand for their ranks. */
#define KG_RANKED 24

/* A node whose key is in the dictionary. */
typedef struct KgSortedKey
{
	int64		key;			/* the key; of a text its datum, of several
								 * columns the address of their values */
	uint64		rest;			/* the other half of a uuid; of a key with a
								 * rank its beginning: the key with the lesser
								 * one is less */
	uint64		more;			/* of a text sorted by bytes: its next 8 bytes */
	uint32		length;			/* of a text */
	int64		node;
} KgSortedKey;

/* One of the first columns of an index, by which keys are sorted. */
typedef struct KgSortedKeyColumn
{
	KgIndexColumn position;
	KgKeyKind	kind;
	int			nth;			/* which column of the key it is */
	FmgrInfo   *compare;		/* of texts, as the next two */
	Oid			collation;
	bool		by_bytes;		/* sorted by bytes, as in collation "C" */
} KgSortedKeyColumn;

typedef struct KgSortedKeys
{
	const KgGraph *graph;
	int			table;			/* node table; nodes of other tables are
								 * passed over */
	const int64 *nodes;			/* all nodes, ascending */
	Size		nnodes;
	Size		done;			/* how many nodes have had their turn */

	const int64 *keys;			/* ascending and distinct */
	Size		n;

	/* Only with a dictionary: */
	KgSortedKey *entries;		/* sorted by key and rest */
	int64	   *own_keys;
	uint32	   *first;			/* index of each key's first entry, and the
								 * number of entries at the end; not set for
								 * ranks */
	Size		capacity;

	/* Only for keys that stand for their ranks: */
	Relation	index;
	int			ncolumns;		/* 0: no ranks */
	KgSortedKeyColumn *columns;
	Datum	   *values;			/* of each entry's key of several columns, in
								 * the index's order */
	bool		spread;			/* keys start with two integers: beginnings
								 * tell about where on a page they are */
	MemoryContext context;		/* of the values that these point to */
	Size		rank;			/* how many keys were before that of the last
								 * search */

	/* Only for texts: */
	bool		unordered;		/* the whole index will be read */
	uint8	   *members;		/* bitmap of the nodes that are among the
								 * keys, from first_member on */
	Size		nmembers;		/* capacity of "members" in bits */
	int64		first_member;
	int64		last_member;
} KgSortedKeys;

extern void kg_sorted_keys_init(KgSortedKeys *sorted, const KgGraph *graph, int table);
extern void kg_sorted_keys_begin(KgSortedKeys *sorted, const int64 *nodes, Size n);

/* Gets the next keys; false if all nodes are done. */
extern bool kg_sorted_keys_next(KgSortedKeys *sorted);
extern void kg_sorted_keys_free(KgSortedKeys *sorted);

/*
 * To be called after kg_sorted_keys_init for texts and for keys of several
 * columns.  "attrs" are columns of the table, and the first columns of the
 * index, in its own order.  After kg_sorted_keys_begin, the caller may set
 * "unordered" for texts.
 */
extern void kg_sorted_keys_by_rank(KgSortedKeys *sorted, Relation heap, Relation index,
								   const KgKeyAttrs *attrs);

/* The rank of an index tuple's key, whose first column is not null. */
extern int64 kg_sorted_keys_rank(KgSortedKeys *sorted, IndexTuple itup);

/* Is the tuple's key before the key with this rank? */
extern bool kg_sorted_keys_is_before(const KgSortedKeys *sorted, IndexTuple itup, int64 rank);

/*
 * Compares the i-th key with that of an index tuple.  A column that was
 * truncated from a pivot is less than all values; a null is greater.
 */
extern int	kg_sorted_keys_compare(const KgSortedKeys *sorted, Size i, IndexTuple itup);

/* If "spread": the beginning of a leaf tuple's key, as in KgSortedKey. */
extern uint64 kg_sorted_keys_beginning(const KgSortedKeys *sorted, IndexTuple itup);

/*
 * The nodes with these texts, at most KG_KEYS_AHEAD of them; 0 for a text that
 * is not among the keys.
 */
extern void kg_sorted_keys_text_nodes(const KgSortedKeys *sorted, const char *const *texts, int n,
									  int64 *nodes);

/* The first half of a uuid, and the second: integers in PostgreSQL's order. */
static inline int64
kg_uuid_key(const char *data)
{
	uint64		half;

	memcpy(&half, data, sizeof(half));
	return (int64) (pg_ntoh64(half) ^ UINT64CONST(0x8000000000000000));
}

static inline uint64
kg_uuid_rest(const char *data)
{
	uint64		half;

	memcpy(&half, data + sizeof(half), sizeof(half));
	return pg_ntoh64(half);
}

/* With a dictionary: the node with the i-th key and this rest, or 0. */
static inline int64
kg_sorted_keys_node(const KgSortedKeys *sorted, Size i, uint64 rest)
{
	for (uint32 entry = sorted->first[i]; entry < sorted->first[i + 1]; entry++)
	{
		if (sorted->entries[entry].rest == rest)
			return sorted->entries[entry].node;
	}
	return 0;
}

#endif							/* KG_GRAPH_SORTED_KEYS_H */
