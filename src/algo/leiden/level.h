/*
 * level.h
 *	  The state of the Leiden algorithm: a level's graph and its partitions.
 */
#ifndef KG_LEIDEN_LEVEL_H
#define KG_LEIDEN_LEVEL_H

#include "postgres.h"

#include "algo/projection/csr.h"
#include "algo/projection/random.h"
#include "algo/tally.h"

/*
 * The graph of a level.  Loops count in strength, and are skipped among the
 * arcs.  In an unweighted graph, arcs of levels above the first have counts
 * instead of weights: half the memory.  A count is exact up to 2^24; beyond
 * that it is rounded alike in both directions.
 */
typedef struct KgLeidenLevel
{
	KgCsr		csr;
	float	   *counts;
	double	   *strength;		/* sum of the weights at a node, loops twice */
} KgLeidenLevel;

typedef struct KgLeiden
{
	KgBudget   *budget;
	KgRandom	random;
	double		resolution;
	double		total;			/* sum of all strengths */
	double		mean_weight;	/* of an edge */
	KgLeidenLevel level;
	uint32	   *community;		/* of each node of the level */
	uint32	   *part;			/* of each node of the level */
	double	   *strength;		/* of each community, or part */
	double	   *whole;			/* of each community while there are parts */
	double	   *outside;		/* weight from each part to the other parts of
								 * its community */
	uint32	   *size;			/* nodes in each community, or part */
	uint32	   *order;			/* nodes, at random or by part */
	uint32	   *scratch;
	bool	   *queued;
	KgTally		tally;
} KgLeiden;

static inline double
kg_leiden_weight(const KgLeiden *l, uint64 arc)
{
	return l->level.counts ? l->level.counts[arc] :
		kg_csr_weight(&l->level.csr, arc);
}

/*
 * Moves nodes between communities until no move raises modularity.  Returns the
 * number of communities.
 */
extern uint32 kg_leiden_move_nodes(KgLeiden *l);

/*
 * Partitions each community into connected parts, numbered from 0 in the order
 * of their first nodes.  Returns the number of parts.
 */
extern uint32 kg_leiden_refine(KgLeiden *l);

/*
 * Makes the parts the nodes of the next level, which replaces this one, in the
 * communities that they are in.  Reads and frees part, order, size and tally.
 */
extern void kg_leiden_aggregate(KgLeiden *l, uint32 nparts);

#endif							/* KG_LEIDEN_LEVEL_H */
