/*
 * around.h
 *	  How near the nodes around a vector are.
 */
#ifndef KG_AROUND_H
#define KG_AROUND_H

#include <math.h>

/* So many: a few of them may be stored coarsely, and look near to all. */
#define KG_NODES_AROUND 4

/* The distances to the nearest, or their squares, in order. */
typedef struct KgAround
{
	float		nearest[KG_NODES_AROUND];
	int			count;
} KgAround;

static inline void
kg_around_note(KgAround *around, float apart)
{
	int			at;

	if (around->count == KG_NODES_AROUND && apart >= around->nearest[KG_NODES_AROUND - 1])
		return;
	at = around->count < KG_NODES_AROUND ? around->count++ : KG_NODES_AROUND - 1;
	for (; at > 0 && around->nearest[at - 1] > apart; at--)
		around->nearest[at] = around->nearest[at - 1];
	around->nearest[at] = apart;
}

/* Within so much there are so many nodes; infinity if there are fewer. */
static inline float
kg_around_most(const KgAround *around)
{
	return around->count < KG_NODES_AROUND ? INFINITY : around->nearest[KG_NODES_AROUND - 1];
}

#endif							/* KG_AROUND_H */
