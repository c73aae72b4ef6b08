/*
 * leads.h
 *	  Nodes in the order of the keys by which an index has them.
 *
 * Without a dictionary that is the order of the nodes.  With one the keys are
 * fetched and sorted, so many nodes at a time as a part of work_mem holds.  A
 * key is an integer, or the first half of a uuid, which orders nearly all of
 * them; nodes whose keys have the first half in common are told apart by the
 * other.
 *
 * Texts are sorted by the index's own comparison, and stand for their ranks: the
 * i-th text is 2 i + 1, what is between two is the even number between theirs.
 * Where sorting would take longer than reading the whole index, there is no
 * order: all texts are 1, as if they were of one node with very many edges.
 */
#ifndef KG_GRAPH_LEADS_H
#define KG_GRAPH_LEADS_H

#include "postgres.h"
#include "access/itup.h"
#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/uuid.h"

#include "graph/graph.h"

/* What KgLeafPages has for the width of a text. */
#define KG_TEXT_WIDTH 24

/* A node of which the dictionary has the key. */
typedef struct KgLead
{
	int64		key;			/* of a text, the datum */
	uint64		rest;			/* the other half of a uuid, or 0 */
	int64		node;
} KgLead;

typedef struct KgLeads
{
	const KgGraph *graph;
	int			table;			/* node table; nodes of others are passed over */
	const int64 *nodes;			/* all, ascending */
	Size		nnodes;
	Size		done;			/* so many of them have been among the keys */

	const int64 *keys;			/* ascending and distinct */
	Size		n;

	/* These only with a dictionary. */
	KgLead	   *leads;			/* by key and rest */
	int64	   *own_keys;
	uint32	   *first;			/* of each key among the leads; one more at
								 * the end; not of texts */
	Size		capacity;

	/* These only of texts. */
	FmgrInfo   *compare;
	Oid			collation;
	bool		by_bytes;		/* as in collation "C" */
	bool		unordered;		/* all of the index is wanted */
	Size		rank;			/* where the last search ended */
	bits8	   *members;		/* is a node among the keys?  From the first
								 * on */
	Size		nmembers;		/* room for so many bits */
	int64		first_member;
	int64		last_member;
} KgLeads;

extern void kg_leads_init(KgLeads *leads, const KgGraph *graph, int table);
extern void kg_leads_begin(KgLeads *leads, const int64 *nodes, Size n);

/* Gets the next keys; false if all nodes are done. */
extern bool kg_leads_next(KgLeads *leads);
extern void kg_leads_free(KgLeads *leads);

/*
 * After kg_leads_init, for texts: their order is that of the index.  Whether
 * there is to be one is said after kg_leads_begin, by "unordered".
 */
extern void kg_leads_of_texts(KgLeads *leads, Relation index);

/* The rank of a text in the first column of an index tuple. */
extern int64 kg_leads_rank(KgLeads *leads, IndexTuple itup);

/* Is its rank less than that of one of the keys? */
extern bool kg_leads_is_before(const KgLeads *leads, IndexTuple itup, int64 rank);

/* Compares the i-th text with that in the first column of an index tuple. */
extern int	kg_leads_compare(const KgLeads *leads, Size i, IndexTuple itup);

/* The node with this text if it is among the keys, or 0. */
extern int64 kg_leads_text_node(const KgLeads *leads, Datum key);

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
kg_leads_node(const KgLeads *leads, Size i, uint64 rest)
{
	uint32		lead;

	for (lead = leads->first[i]; lead < leads->first[i + 1]; lead++)
	{
		if (leads->leads[lead].rest == rest)
			return leads->leads[lead].node;
	}
	return 0;
}

#endif							/* KG_GRAPH_LEADS_H */
