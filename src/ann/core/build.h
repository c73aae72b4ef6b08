/*
 * build.h
 *	  CREATE INDEX.
 */
#ifndef KG_BUILD_H
#define KG_BUILD_H

#include "postgres.h"
#include "access/genam.h"
#include "nodes/execnodes.h"

#include "ann/layout/layout.h"

/* The reloptions. */
typedef struct KgOptions
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int			m;
	int			ef_construction;
	int			storage;		/* KgStorage */
	int			code_bits;		/* 0: chosen */
	int			code_dims;		/* 0: chosen */
	double		target_recall;	/* 0: kg.target_recall */
	bool		fastupdate;		/* inserts go to the list of pending rows */
	int			pending_list_limit; /* kB; 0: KG_DEFAULT_PENDING_LIMIT */

	/* of kg_diskann, whose m is not used */
	int			members;		/* 0: chosen */
	int			neighbors;		/* of a page; 0: as many as fit */
} KgOptions;

/* kB of the list of pending rows; README, "Pending rows", has the figures. */
#define KG_DEFAULT_PENDING_LIMIT 128
#define KG_MIN_PENDING_LIMIT 64

#define KG_DEFAULT_EF_CONSTRUCTION 80
#define KG_MIN_EF_CONSTRUCTION 4
#define KG_MAX_EF_CONSTRUCTION 2000

/* What a layout is for. */
typedef struct KgLayoutColumn
{
	const struct KgAccessMethod *method;	/* NULL: kg_hnsw */
	KgMetric	metric;
	int			dims;
	int			filters;		/* columns */
	int			sparse;			/* of sparse vectors, elements that there
								 * should be room for; there is for fewer if
								 * these do not fit.  Else 0 */
} KgLayoutColumn;

/*
 * The layout of an index with these options (NULL: the defaults); an error if none
 * fits.
 */
extern KgLayout kg_plan_layout(const KgOptions *options, const KgLayoutColumn *column);

extern IndexBuildResult *kg_ambuild(Relation heap, Relation index,
									IndexInfo *info);
extern void kg_ambuildempty(Relation index);

#endif							/* KG_BUILD_H */
