/*
 * recall_table.h
 *	  The effort that a recall takes, as measured: part of the meta page.
 */
#ifndef KG_RECALL_TABLE_H
#define KG_RECALL_TABLE_H

#include "postgres.h"

/* Recalls and numbers of rows that are measured: core/recall.c lists them. */
#define KG_RECALL_LEVELS 7
#define KG_RECALL_COUNTS 3

/* How far a search goes: core/recall.h explains. */
typedef struct KgEffort
{
	float		hops;			/* nodes that a search without slack expands */
	float		slack;			/* beyond the farthest wanted node, in parts
								 * of its key */
	float		mean;			/* nodes that a search with slack expands */
} KgEffort;

typedef struct KgRecallTable
{
	uint32		nodes;			/* live ones when it was measured; 0: it was
								 * not measured */
	uint32		queries;		/* that it was measured with */
	uint32		given;			/* 1: the user gave the queries; 0: nodes */
	uint32		entry_version;	/* the meta page's then */
	KgEffort	efforts[KG_RECALL_COUNTS][KG_RECALL_LEVELS];
} KgRecallTable;

StaticAssertDecl(sizeof(KgRecallTable) ==
				 16 + 12 * KG_RECALL_COUNTS * KG_RECALL_LEVELS,
				 "table of recalls has no holes");

#endif							/* KG_RECALL_TABLE_H */
