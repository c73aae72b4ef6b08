/*
 * inserter.h
 *	  What an insert keeps, from row to row, and of the row at hand: shared by
 *	  its parts.
 */
#ifndef KG_INSERTER_H
#define KG_INSERTER_H

#include "ann/core/edges.h"
#include "ann/core/index.h"
#include "ann/core/search.h"
#include "ann/layout/pending.h"

/* A row of the list of pending rows. */
typedef struct KgPendingRow
{
	KgPendingPlace place;
	const KgPendingEntry *entry;	/* a copy */
} KgPendingRow;

/* A row as the index knows it. */
typedef struct KgRow
{
	KgTid		tid;
	const void *x;				/* layout.dims elements */
	uint32		words[KG_MAX_FILTERS];	/* layout.filters words */
	const KgPendingRow *pending;	/* where it waits, and its vector instead
									 * of x; or NULL */
} KgRow;

/* The most pinned edges that a new node takes over. */
#define MAX_HANDOVERS 8

/* Nodes of the row's group, seen by the first search, that the second begins at. */
#define GROUP_STARTS 16

/* A pinned edge to a node that the new one is nearer to. */
typedef struct KgHandover
{
	uint32		holder;			/* whose edge it is */
	uint32		child;			/* the node it leads to */
	float		l2sq;			/* their squared distance */
} KgHandover;

/* A page that has room for a further node. */
typedef struct KgOpenPage
{
	BlockNumber block;
	float		l2sq;			/* of the page's centre, to the row */
} KgOpenPage;

/* The most of them that are noted, the first. */
#define MOST_OPEN_PAGES 256

/* A row of some that are put on a page together. */
typedef struct KgMember
{
	int			row;			/* among those that are given */
	void	   *stored;			/* as KgInserter's */
	KgCopy	   *copy;
	int			frame;
	float		error;
	uint32		hash;			/* of its value */
	float	   *vector;			/* relative to the hub's frame: shape.dim
								 * floats */
	uint32		node;			/* when it is written; KG_NO_NODE: it is not */
} KgMember;

/* A candidate to be sorted. */
typedef struct KgPosition
{
	float		key;
	uint32		node;
	int			from;			/* where it is now */
} KgPosition;

typedef struct KgNearPages KgNearPages;

typedef struct KgInserter
{
	KgIndex    *index;			/* of the row at hand */
	KgStore    *store;
	KgSearch	search;
	KgSearch	group_search;	/* with filters */
	KgQuery		query;			/* the row's vector */
	KgEdgeWork	work;
	float	   *decoded;		/* the vector, as read from the slot */
	void	   *stored;			/* as the slot stores it */
	KgSparse   *sparse;			/* the row's elements likewise, or NULL */
	KgCopy	   *copy;			/* its finer copy, or NULL */
	float	   *scratch;		/* shape.dim floats */

	/* the live nodes that the search expanded; their vectors are in vectors */
	KgNeighbor *expanded;
	KgNeighbor *sorted;			/* memory to sort them */
	KgPosition *positions;		/* likewise */
	uint32	   *hashes;			/* their slots' */
	float	   *vectors;		/* shape.dim floats each */
	int			count;
	int			capacity;

	/* nodes of the row's group that the search saw, the nearest */
	KgCandidate noted[GROUP_STARTS];
	int			noted_count;

	KgHandover	handovers[MAX_HANDOVERS];
	int			handover_count;

	/* where nodes share lists */
	KgNearPages *near_pages;
	KgVisited	pages;			/* memory to tell candidates' pages apart */
	KgQuery		centre;			/* of a page's rows */
	void	   *hub;			/* as its hub stores it */
	KgMember   *members;
	int			member_count;
	KgNeighbor *near;			/* candidates that are near one of these */
	float	   *near_vectors;	/* their vectors */
	int			near_count;
	KgFrame    *near_frame;		/* that of these vectors, of a single row's */
	KgOpenPage	open[MOST_OPEN_PAGES];	/* that the search saw */
	int			open_count;
	int			slots;			/* of the pages that the search saw */
	int			free_slots;		/* of them */

	bool		reported_no_frame;

	/* of a row that is merged; else NULL and 0 */
	const KgPendingPlace *pending;	/* where it waits */
	double		lost;			/* how far query may be from the row's vector */
	double	   *place;			/* memory for its place: shape.dim doubles */
	KgPendingEntry *entry;		/* memory for a row that is to wait */

	/* of the new node */
	uint32		words[KG_MAX_FILTERS];
	int			frame;
	float		error;			/* as NodeSlot's */
	bool		accepted;		/* a neighbour took its back edge unpinned */
	bool		pinned;			/* a neighbour pinned its back edge */
	bool		named;			/* a neighbour named the node: its edge leads
								 * to it */
	bool		remote;			/* far from the nearest node, compared to that
								 * node's neighbours */
} KgInserter;

#endif							/* KG_INSERTER_H */
