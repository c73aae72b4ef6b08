/*
 * group_swap.h
 *	  Groups of near vectors, made narrower: vectors of two groups change places.
 */
#ifndef KG_GROUP_SWAP_H
#define KG_GROUP_SWAP_H

#include "postgres.h"

typedef struct KgGroups
{
	const float *vectors;		/* dims floats each */
	const float *scales;		/* what each of them counts times; NULL: 1 */
	int			dims;
	int			size;			/* vectors of a group */
	int			count;			/* groups */
	int		   *order;			/* numbers of the vectors of each group in
								 * turn */
	float	   *sums;			/* of each group's vectors: dims floats */
	float	   *line;			/* for kg_groups_swap: dims floats */
} KgGroups;

/* Makes the sums. */
extern void kg_groups_sum(KgGroups *groups);

/*
 * Lets a few vectors of two groups change places, as long as that lowers the sum of all
 * squared distances of vectors from their group's mean.  Returns how many pairs did.
 */
extern int	kg_groups_swap(KgGroups *groups, int a, int b);

#endif							/* KG_GROUP_SWAP_H */
