/*
 * sorted_keys.h
 *	  Nodes in the order of the keys by which an index has them.
 *
 * Without a dictionary that is the order of the nodes.  With one the keys are
 * fetched and sorted, so many nodes at a time as a part of work_mem holds.  A
 * key is an integer, or the first half of a uuid, which orders nearly all of
 * them; nodes whose keys have the first half in common are told apart by the
 * other.
 *
 * Texts, and keys of several columns, are sorted by the index's own comparisons,
 * and stand for their ranks: the i-th key is 2 i + 1, what is between two is the
 * even number between theirs.  Where sorting texts would take longer than reading
 * the whole index, there is no order: all texts are 1, as if they were of one node
 * with very many edges.
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

/* What KgLeafPages has for the width of keys that stand for their ranks. */
#define KG_RANKED 24

/* A node of which the dictionary has the key. */
typedef struct KgSortedKey
{
	int64		key;			/* of a text, the datum; of several columns,
								 * where their values are */
	uint64		rest;			/* the other half of a uuid; of a key that has
								 * a rank, its beginning: if that is less than
								 * another's, so is the key */
	uint64		more;			/* of a text that is sorted by bytes: the next
								 * 8 bytes, and how many there are */
	uint32		length;
	int64		node;
} KgSortedKey;

/* One of the first columns of an index, by which keys are sorted. */
typedef struct KgSortedKeyColumn
{
	KgIndexColumn position;
	KgKeyKind	kind;
	int			nth;			/* of the key */
	FmgrInfo   *compare;		/* these of texts */
	Oid			collation;
	bool		by_bytes;		/* as in collation "C" */
} KgSortedKeyColumn;

typedef struct KgSortedKeys
{
	const KgGraph *graph;
	int			table;			/* node table; nodes of others are passed over */
	const int64 *nodes;			/* all, ascending */
	Size		nnodes;
	Size		done;			/* so many of them have been among the keys */

	const int64 *keys;			/* ascending and distinct */
	Size		n;

	/* These only with a dictionary. */
	KgSortedKey *entries;		/* by key and rest */
	int64	   *own_keys;
	uint32	   *first;			/* of each key among the leads; one more at
								 * the end; not of ranks */
	Size		capacity;

	/* These only of keys that stand for their ranks. */
	Relation	index;
	int			ncolumns;		/* 0: no ranks */
	KgSortedKeyColumn *columns;
	Datum	   *values;			/* of several columns: of each lead, in the
								 * index's order */
	bool		spread;			/* they start with two integers: beginnings
								 * tell about where on a page keys are */
	MemoryContext context;		/* of what these point to */
	Size		rank;			/* where the last search ended */

	/* These only of texts. */
	bool		unordered;		/* all of the index is wanted */
	bits8	   *members;		/* is a node among the keys?  From the first
								 * on */
	Size		nmembers;		/* room for so many bits */
	int64		first_member;
	int64		last_member;
} KgSortedKeys;

extern void kg_sorted_keys_init(KgSortedKeys *sorted, const KgGraph *graph, int table);
extern void kg_sorted_keys_begin(KgSortedKeys *sorted, const int64 *nodes, Size n);

/* Gets the next keys; false if all nodes are done. */
extern bool kg_sorted_keys_next(KgSortedKeys *sorted);
extern void kg_sorted_keys_free(KgSortedKeys *sorted);

/*
 * After kg_sorted_keys_init, for texts and several columns, "attrs" of the table: their
 * order is that of the index, which starts with them.  Whether texts are to have
 * one is said after kg_sorted_keys_begin, by "unordered".
 */
extern void kg_sorted_keys_by_rank(KgSortedKeys *sorted, Relation heap, Relation index,
								   const KgKeyAttrs *attrs);

/* The rank of the key in an index tuple, whose first column is not null. */
extern int64 kg_sorted_keys_rank(KgSortedKeys *sorted, IndexTuple itup);

/* Is its rank less than that of one of the keys? */
extern bool kg_sorted_keys_is_before(const KgSortedKeys *sorted, IndexTuple itup, int64 rank);

/*
 * Compares the i-th key with that in an index tuple.  A column that the tuple has
 * lost, being a pivot, is less than all, one that is null is greater.
 */
extern int	kg_sorted_keys_compare(const KgSortedKeys *sorted, Size i, IndexTuple itup);

/* If "spread": the beginning of the key in a tuple of a leaf page, see KgSortedKey. */
extern uint64 kg_sorted_keys_beginning(const KgSortedKeys *sorted, IndexTuple itup);

/* The nodes with n texts, no more than KG_KEYS_AHEAD; 0 if one is not among the keys. */
extern void kg_sorted_keys_text_nodes(const KgSortedKeys *sorted, const char *const *texts, int n,
									  int64 *nodes);

/* A uuid, as PostgreSQL orders them, in two halves. */
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

#endif							/* KG_GRAPH_LEADS_H */
