/*
 * edge.h
 *	  An edge, as readers give it to searches.
 */
#ifndef KG_GRAPH_EDGE_H
#define KG_GRAPH_EDGE_H

#include "postgres.h"
#include "storage/itemptr.h"

/* An edge as seen from a node of the frontier. */
typedef struct KgEdge
{
	int64		from;			/* the node that was asked for */
	int64		to;				/* the node at the other end */
	int64		id;				/* the id in its table; if it has none and
								 * "rows" are asked for, the number of its row */
	bool		outgoing;		/* is "from" the source? */
	bool		id_is_null;		/* it has no id */
	bool		type_is_null;	/* filled in only if weighted, as the next
								 * three */
	bool		weight_is_null;
	int32		type;
	float8		weight;
	ItemPointerData row;		/* for the reader's use only */
} KgEdge;

/*
 * The number that tells a row of a table apart from others in the same
 * snapshot.
 */
static inline int64
kg_row_number(ItemPointer row)
{
	return ((int64) ItemPointerGetBlockNumber(row) << 16) | ItemPointerGetOffsetNumber(row);
}

#endif							/* KG_GRAPH_EDGE_H */
