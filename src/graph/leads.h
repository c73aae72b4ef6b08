/*
 * leads.h
 *	  Nodes in the order of the keys by which an index has them.
 *
 * Without a dictionary that is the order of the nodes.  With one the keys are
 * fetched and sorted, so many nodes at a time as a part of work_mem holds.  A
 * key is an integer, or the first half of a uuid, which orders nearly all of
 * them; nodes whose keys have the first half in common are told apart by the
 * other.
 */
#ifndef KG_GRAPH_LEADS_H
#define KG_GRAPH_LEADS_H

#include "postgres.h"
#include "port/pg_bswap.h"
#include "utils/uuid.h"

#include "graph/graph.h"

/* A node of which the dictionary has the key. */
typedef struct KgLead
{
	int64		key;
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
								 * the end */
	Size		capacity;
} KgLeads;

extern void kg_leads_init(KgLeads *leads, const KgGraph *graph, int table);
extern void kg_leads_begin(KgLeads *leads, const int64 *nodes, Size n);

/* Gets the next keys; false if all nodes are done. */
extern bool kg_leads_next(KgLeads *leads);
extern void kg_leads_free(KgLeads *leads);

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
