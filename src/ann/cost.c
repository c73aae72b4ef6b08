/*
 * cost.c
 *	  What the planner is told of a scan.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
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
 * Narrow walks look less far for each node that they visit, and so visit more
 * of them for each row: this over ef_search.
 */
#define HOPS_OF_NARROW_WALKS 20.0

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
	double		close_rows;
	double		page_cost;
	double		hop_cost;
	QualCost	recheck;
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
	 * The first rows come when ef_search nodes were visited, one page each;
	 * for each further row the walk goes on by as many as it keeps ahead. The
	 * planner knows straight lines only: this one begins below the first row,
	 * so that it is right where most scans end.
	 */
	first_hops = Min(kg_ef_search + HOPS_TO_ARRIVE, nodes);
	close_rows = Min(KG_WELL_KNOWN(kg_ef_search), first_hops / 2);
	if (path->indexorderbys != NIL && kg_iterative_scan == ITERATIVE_STRICT)
		all_hops *= KG_WALK_AHEAD + HOPS_OF_NARROW_WALKS / kg_ef_search;
	if (path->indexclauses != NIL)
	{
		/* A batch beyond the rows within the ball ends the scan. */
		all_hops = Min(all_hops * generic.indexSelectivity + first_hops, nodes);
	}
	first_hops -= close_rows / 2;

	/*
	 * A single scan is charged for every page that it touches, as EXPLAIN
	 * counts them.  Of those that a nested loop's scans touch, the more stay
	 * in cache the more often they are scanned (Mackert and Lohman).
	 */
	get_tablespace_page_costs(path->indexinfo->reltablespace, &page_cost, NULL);
	*pages = first_hops;
	if (loop_count > 1)
	{
		*pages = index_pages_fetched(first_hops * loop_count,
									 (BlockNumber) index_pages, index_pages,
									 root) / loop_count;
		page_cost *= *pages / first_hops;
	}
	hop_cost = HOP_OPERATORS * cpu_operator_cost + cpu_index_tuple_cost +
		page_cost;
	*startup_cost = first_hops * hop_cost;
	*total_cost = *startup_cost + Max(all_hops - first_hops, 0) * hop_cost;

	/* The executor computes each row's distance again, for its order. */
	cost_qual_eval_node(&recheck, (Node *) path->indexorderbys, root);
	*startup_cost += recheck.startup;
	*total_cost += recheck.startup +
		recheck.per_tuple * nodes * generic.indexSelectivity;
	*selectivity = generic.indexSelectivity;
}
