/*
 * cost.c
 *	  What the planner is told of a scan.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/float.h"
#include "utils/selfuncs.h"
#include "utils/spccache.h"

#include "ann/cost.h"
#include "ann/scan.h"

/*
 * A hop reads one page and judges one node and its neighbours: so many
 * operator calls' worth of CPU.
 */
#define HOP_OPERATORS 8

/* Hops of a walk beyond the nodes of its pool, measured at 1M rows. */
#define HOPS_TO_ARRIVE 10

/*
 * The part of a walk's pages that is charged for.  A sequential scan fetches
 * every vector that is kept out of line, but the planner charges it for the
 * table's own pages only.  To keep the comparison right the walk is charged
 * for the same part of what it reads.  A dimension is two bytes or more.
 */
static double
charged_part(const IndexOptInfo *index)
{
	const TargetEntry *column = linitial(index->indextlist);
	double		dims = exprTypmod((const Node *) column->expr);
	double		table_pages = Max(index->rel->pages, 1);
	double		vector_pages = index->rel->tuples * dims * 2 / BLCKSZ;

	if (vector_pages <= table_pages)
		return 1;				/* they must be in the table */
	return table_pages / (table_pages + vector_pages);
}

void
kg_amcostestimate(PlannerInfo *root, IndexPath *path, double loop_count,
				  Cost *startup_cost, Cost *total_cost,
				  Selectivity *selectivity, double *correlation,
				  double *pages)
{
	double		nodes = Max(path->indexinfo->tuples, 1);
	double		index_pages = Max(path->indexinfo->pages, 1);
	double		all_hops = nodes;
	double		first_hops;
	double		page_cost;
	double		hop_cost;
	GenericCosts generic;

	*correlation = 0;
	if (path->indexorderbys == NIL && path->indexclauses == NIL)
	{
		/* There is nothing that such a scan could do. */
		*startup_cost = get_float8_infinity();
		*total_cost = get_float8_infinity();
		*selectivity = 0;
		*pages = 0;
#if PG_VERSION_NUM >= 180000
		/* Infinite cost loses only among paths with as many nodes disabled. */
		path->path.disabled_nodes = 2;
#endif
		return;
	}

	memset(&generic, 0, sizeof(generic));
	genericcostestimate(root, path, loop_count, &generic);

	/*
	 * The first row comes when ef_search nodes were visited, one page each;
	 * from there on each further row costs a visit.  Pages are read at
	 * random; the more of them stay in cache, the fewer are read (Mackert and
	 * Lohman), over all scans of a nested loop.
	 */
	first_hops = Min(kg_ef_search + HOPS_TO_ARRIVE, nodes);
	if (path->indexclauses != NIL)
	{
		/* A batch beyond the rows within the ball ends the scan. */
		all_hops = Min(nodes * generic.indexSelectivity + first_hops, nodes);
	}
	get_tablespace_page_costs(path->indexinfo->reltablespace, &page_cost, NULL);
	*pages = index_pages_fetched(first_hops * loop_count,
								 (BlockNumber) index_pages, index_pages, root) /
		loop_count;
	hop_cost = HOP_OPERATORS * cpu_operator_cost + cpu_index_tuple_cost;
	*startup_cost = *pages * page_cost * charged_part(path->indexinfo) +
		first_hops * hop_cost;
	*total_cost = *startup_cost +
		Max(all_hops - first_hops, 0) *
		(hop_cost + page_cost * Min(1, index_pages / nodes));
	*selectivity = generic.indexSelectivity;
}
