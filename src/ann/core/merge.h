/*
 * merge.h
 *	  Merging the list of pending rows into the graph.
 */
#ifndef KG_MERGE_H
#define KG_MERGE_H

#include "ann/core/vacuum.h"
#include "ann/layout/store.h"

typedef struct KgMergeRequest
{
	bool		wait;			/* if another merges; else nothing is done
								 * then */
	Size		memory;			/* for rows, in bytes; there may be fewer rows
								 * at once */
	KgRowIsDead is_dead;		/* rows to remove instead; or NULL */
	void	   *is_dead_arg;
} KgMergeRequest;

typedef struct KgMergeCounts
{
	double		merged;
	double		removed;		/* because they were dead */
} KgMergeCounts;

/*
 * Merges all rows that are in the list when it begins, or removes them.  False if
 * another merges.  store's layout need not be set.
 */
extern bool kg_merge(const KgStore *store, const KgMergeRequest *request,
					 KgMergeCounts *counts);

#endif							/* KG_MERGE_H */
