/*
 * cost.c
 *	  What the planner is told of a scan.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/spccache.h"

#include "ann/core/index_cache.h"
#include "ann/core/filter_column.h"
#include "ann/core/recall.h"
#include "ann/layout/values.h"
#include "ann/scan/cost.h"
#include "ann/scan/filtered.h"
#include "ann/scan/maxsim.h"
#include "ann/scan/scan_settings.h"
#include "types/distance_cost.h"

/*
 * A hop reads one page and judges one node and its neighbours: so many
 * operator calls' worth of CPU.
 */
#define HOP_OPERATORS 8

/* Hops of a search beyond the nodes of its pool, measured at 1M rows. */
#define HOPS_TO_ARRIVE 10

/*
 * Narrow searches look less far for each node that they expand, and so expand more
 * of them for each row: this over ef_search.
 */
#define HOPS_OF_NARROW_SEARCHES 20.0

/* What scans of the index aim at: see kg_effort_aim. */
typedef struct Aim
{
	double		nodes;			/* of the index */
	KgScanSettings settings;
	int			ef_search;
	int			iterative_scan;
	bool		by_recall;		/* under LIMIT */
	double		recall;
	int			least_ef_search;
	KgRecallTable table;
	float		hop_pages;		/* pages read for a node that a search expands */

	/* conditions on filter columns: see filtered.c */
	int			conditions;
	double		pass_rate;		/* of all nodes */
	double		group_rate;		/* of those that lead the search on */
	double		group;			/* the part of all nodes that has the first
								 * filter's values; 1: any */
} Aim;

/* Vectors of an array of which the planner knows nothing. */
#define ASSUMED_VECTORS 32

/* Does a row have many nodes?  Then its operator class is of an array. */
static bool
has_many(const IndexOptInfo *index)
{
	return OidIsValid(get_element_type(index->opcintype[0]));
}

static Aim
read_aim(const IndexOptInfo *index)
{
	Aim			aim = {.nodes = Max(index->tuples, 1),.hop_pages = 1};
	KgScanSettings settings;
	Relation	rel = NULL;

	if (has_many(index))
		aim.nodes *= ASSUMED_VECTORS;

	/* The planner holds the lock. */
	if (!index->hypothetical)
		rel = index_open(index->indexoid, NoLock);
	settings = kg_scan_settings(rel);
	aim.settings = settings;
	aim.iterative_scan = settings.iterative_scan;
	aim.ef_search = settings.ef_search > 0 ? settings.ef_search :
		Max(settings.unmeasured_ef_search, settings.least_ef_search);
	if (rel && settings.ef_search == 0)
		kg_index_read_recall(rel, &aim.table, &aim.hop_pages);
	if (rel)
		index_close(rel, NoLock);
	aim.recall = settings.target_recall;
	aim.least_ef_search = settings.least_ef_search;
	if (aim.table.nodes > 0)
	{
		double		hops = kg_recall_effort(&aim.table, aim.recall,
											KG_STREAMED_ROWS, aim.nodes).hops;

		aim.by_recall = aim.iterative_scan != ITERATIVE_OFF;
		aim.ef_search = (int) Min(Max(aim.ef_search, hops), KG_MAX_EF_SEARCH);
		if (has_many(index))
			aim.nodes = aim.table.nodes;
	}
	return aim;
}

/* Is this a condition on the value of the first filter? */
static bool
names_values(const IndexOptInfo *index, const IndexClause *clause)
{
	Expr	   *expr = clause->rinfo->clause;
	Oid			operator = InvalidOid;

	if (IsA(expr, OpExpr))
		operator = ((OpExpr *) expr)->opno;
	else if (IsA(expr, ScalarArrayOpExpr))
		operator = ((ScalarArrayOpExpr *) expr)->opno;
	return clause->indexcol == 1 && OidIsValid(operator) &&
		get_op_opfamily_strategy(operator, index->opfamily[1]) == KG_EQUAL_STRATEGY;
}

/* What the filter's conditions leave. */
static void
read_filter(PlannerInfo *root, const IndexPath *path, Aim *aim)
{
	List	   *all = NIL;
	ListCell   *cell;

	aim->group = 1;
	foreach(cell, path->indexclauses)
	{
		IndexClause *clause = lfirst(cell);
		Index		relid = path->indexinfo->rel->relid;

		if (clause->indexcol == 0)
			continue;
		aim->conditions++;
		all = lappend(all, clause->rinfo);
		if (names_values(path->indexinfo, clause))
			aim->group = Min(aim->group,
							 clause_selectivity(root, (Node *) clause->rinfo, relid,
												JOIN_INNER, NULL));
	}
	if (aim->conditions == 0)
		return;
	aim->pass_rate = clauselist_selectivity(root, all, path->indexinfo->rel->relid,
											JOIN_INNER, NULL);
	aim->pass_rate = Max(aim->pass_rate, 1 / aim->nodes);
	aim->group_rate = aim->pass_rate;
	if (aim->group <= KG_MOST_GROUPED)
		aim->group_rate = Min(aim->pass_rate / aim->group, 1);
}

/* What a scan with a filter reads where one without would expand so many nodes. */
static double
filtered_pages(const Aim *aim, double hops)
{
	bool		in_group = aim->group <= KG_MOST_GROUPED;
	double		search = hops * kg_filtered_farther(aim->group_rate,
													in_group ? aim->group : 1);
	double		sweep = kg_filtered_sweep(aim->nodes, aim->conditions, aim->pass_rate);

	if (in_group && aim->group * aim->nodes <= KG_VALUE_NODES)
		sweep = Max(aim->group * aim->nodes, 1) * KG_READ_PART;
	return Min(search, sweep);
}

/* Does the planner know a LIMIT above the scan?  Then the scan will, too. */
static bool
is_limited(const PlannerInfo *root)
{
	return root->limit_tuples > 0;
}

/*
 * What reading a page of the index costs.  Nearly every search touches another
 * part of it, so what fits into the cache is there.  The settings have no
 * price for a page that is in the cache: it is taken to be as much cheaper
 * than one that is read in sequence as that is than one that is sought.  (With
 * random_page_cost = seq_page_cost, as for a database in memory, all are one.)
 */
static double
index_page_cost(PlannerInfo *root, const IndexOptInfo *index)
{
	double		random_cost;
	double		seq_cost;
	double		cached_cost;
	double		cached;

	get_tablespace_page_costs(index->reltablespace, &random_cost, &seq_cost);
	if (random_cost <= seq_cost)
		return random_cost;
	cached_cost = seq_cost * seq_cost / random_cost;
	cached = effective_cache_size / (root->total_table_pages + index->pages + 1);
	cached = Min(cached, 1);
	return cached * cached_cost + (1 - cached) * random_cost;
}

/* Nodes that a search expands to be sure of so many rows. */
static double
hops_for_rows(const Aim *aim, double rows)
{
	double		hops;

	if (!aim->by_recall)
		return kg_hops_for_rows(aim->ef_search, rows);
	hops = kg_recall_effort(&aim->table, aim->recall, rows, aim->nodes).mean;
	return aim->least_ef_search > 0 ?
		Max(hops, kg_pool_for_rows(aim->least_ef_search, rows)) : hops;
}

/* Nodes that it begins with. */
static double
hops_at_first(const Aim *aim, double wanted)
{
	return aim->by_recall ? hops_for_rows(aim, wanted) :
		kg_pool_for_rows(aim->ef_search, wanted) + HOPS_TO_ARRIVE;
}

/*
 * The pages of the index that a scan under LIMIT reads until it has looked at
 * so many rows: see scan.c.
 */
static double
pages_for_rows(const IndexOptInfo *index, const Aim *aim, double wanted,
			   double rows)
{
	double		hops = hops_at_first(aim, wanted);

	if (aim->iterative_scan == ITERATIVE_OFF)
		return Min(aim->ef_search + HOPS_TO_ARRIVE, aim->nodes);
	if (aim->iterative_scan == ITERATIVE_STRICT)
		rows = hops_for_rows(aim, rows);
	hops = Max(hops, rows);
	if (aim->conditions > 0)
		return filtered_pages(aim, hops);
	if (hops > aim->nodes / KG_SWEPT_FOR_A_HOP)
		return Min(Max(index->pages, 1), hops);
	return hops;
}

/*
 * Costs of a scan with a LIMIT above it.  All that it reads of the index it
 * reads before the first row leaves.  The planner knows straight lines only:
 * this one is right where the LIMIT ends it, if as many rows pass the filter
 * as the planner believes.
 */
static void
cost_limited(PlannerInfo *root, const IndexPath *path, const Aim *aim,
			 double hop_cost, Cost *startup_cost, Cost *total_cost)
{
	const IndexOptInfo *index = path->indexinfo;
	double		nodes = aim->nodes;
	double		passing = Max(path->path.rows, 1);
	double		wanted = Min(root->limit_tuples, passing);
	double		rows = Min(wanted * nodes / passing, nodes);
	Cost		at_limit;

	/* rows that the index leaves to other conditions */
	if (aim->conditions > 0)
		rows = Max(rows * aim->pass_rate, wanted);

	*startup_cost = hop_cost * pages_for_rows(index, aim, wanted, wanted);

	/* Each row's page of the table is read, too, if only from the cache. */
	at_limit = hop_cost * (pages_for_rows(index, aim, wanted, rows) + rows);
	*total_cost = *startup_cost +
		(at_limit - *startup_cost) * passing / wanted;
}

/*
 * Costs of a scan that streams rows.  The first come when ef_search nodes were
 * expanded, one page each; for each further row the search goes on by as many as
 * it keeps ahead.
 */
static void
cost_streamed(const IndexPath *path, const Aim *aim, Selectivity selectivity,
			  double hop_cost, Cost *startup_cost, Cost *total_cost)
{
	double		nodes = aim->nodes;
	double		first_hops = Min(aim->ef_search + HOPS_TO_ARRIVE, nodes);
	double		all_hops = nodes;

	if (path->indexorderbys != NIL && aim->iterative_scan == ITERATIVE_STRICT)
		all_hops *= KG_SEARCH_AHEAD + HOPS_OF_NARROW_SEARCHES / aim->ef_search;
	if (path->indexclauses != NIL)
	{
		/* A batch beyond the rows within the ball ends the scan. */
		all_hops = Min(all_hops * selectivity + first_hops, nodes);
	}
	*startup_cost = first_hops * hop_cost;
	*total_cost = *startup_cost + Max(all_hops - first_hops, 0) * hop_cost;
}

/* How many vectors the query has. */
static double
query_vectors(const IndexPath *path)
{
	Expr	   *distance = linitial(path->indexorderbys);
	Const	   *query;
	ArrayType  *array;

	query = IsA(distance, OpExpr) ? lsecond(((OpExpr *) distance)->args) : NULL;
	if (query == NULL || !IsA(query, Const) || query->constisnull)
		return ASSUMED_VECTORS;
	array = DatumGetArrayTypeP(query->constvalue);
	return Max(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)), 1);
}

/*
 * Costs of a scan in the order of MaxSim: a search for each vector of the query,
 * and rows that are fetched and compared, all before the first row leaves.  To
 * read on to the last row is to sweep the index and fetch all.
 */
static void
cost_many(PlannerInfo *root, const IndexPath *path, const Aim *aim, double hop_cost,
		  Cost *startup_cost, Cost *total_cost)
{
	double		passing = Max(path->path.rows, 1);
	double		rows = Max(path->indexinfo->tuples, 1);
	double		wanted = is_limited(root) ? Min(root->limit_tuples, passing) : KG_STREAMED_ROWS;
	double		vectors = query_vectors(path);
	KgMaxSimEffort effort = kg_maxsim_effort(&aim->settings, &aim->table, wanted, aim->nodes);
	double		hops = vectors * (aim->conditions > 0 ? filtered_pages(aim, effort.pool) :
								  effort.pool);
	double		fetched = (wanted + effort.patience) * (aim->conditions > 0 ? 1 : rows / passing);
	QualCost	distance;
	Cost		row_cost;

	cost_qual_eval_node(&distance, (Node *) path->indexorderbys, root);
	row_cost = random_page_cost + distance.per_tuple;
	*total_cost = hop_cost * path->indexinfo->pages + row_cost * rows;
	*startup_cost = hop_cost * hops + row_cost * Min(fetched, rows);
	if (hops > aim->nodes / KG_SWEPT_FOR_A_HOP || fetched >= rows)
		*startup_cost = *total_cost;
	*total_cost = Max(*total_cost, *startup_cost);
}

/* There is nothing that a scan without a distance or a ball could do. */
static void
cost_impossible(IndexPath *path, Cost *startup_cost, Cost *total_cost)
{
	*startup_cost = get_float8_infinity();
	*total_cost = get_float8_infinity();
#if PG_VERSION_NUM >= 180000
	/* Infinite cost loses only among paths with as many nodes disabled. */
	path->path.disabled_nodes = 2;
#endif
}

/* Does the scan have a ball to search in? */
static bool
has_ball(const IndexPath *path)
{
	ListCell   *cell;

	foreach(cell, path->indexclauses)
	{
		IndexClause *clause = lfirst(cell);

		if (clause->indexcol == 0 && IsA(clause->rinfo->clause, OpExpr))
			return true;
	}
	return false;
}

/*
 * The planner charges other plans nothing for fetching the vectors whose distances
 * they sort by, if the distance's function has no support function to say so:
 * pgvector's have none.  A scan under LIMIT fetches so many fewer vectors.
 * Its cost is less by their cost, but not nothing, to stay comparable with that of
 * other indexes.
 */
#define LEAST_PART 0.001

static void
allow_for_fetches(PlannerInfo *root, const IndexPath *path, Cost *startup_cost,
				  Cost *total_cost)
{
	OpExpr	   *distance = linitial(path->indexorderbys);
	double		rows = Max(path->path.rows, 1);
	double		wanted = Min(root->limit_tuples, rows);
	Cost		at_limit = *startup_cost +
	(*total_cost - *startup_cost) * wanted / rows;
	Cost		saved;

	if (!IsA(distance, OpExpr) || at_limit <= 0 ||
		OidIsValid(get_func_support(get_opcode(distance->opno))))
		return;
	saved = (rows - wanted) * kg_fetch_cost(root, linitial(distance->args));
	saved = Min(saved, at_limit * (1 - LEAST_PART));
	*total_cost *= 1 - saved / at_limit;
	*startup_cost *= 1 - saved / at_limit;
}

void
kg_amcostestimate(PlannerInfo *root, IndexPath *path, double loop_count,
				  Cost *startup_cost, Cost *total_cost,
				  Selectivity *selectivity, double *correlation,
				  double *pages)
{
	IndexOptInfo *index = path->indexinfo;
	double		page_cost = index_page_cost(root, index);
	Aim			aim;
	double		hop_cost;
	QualCost	recheck;
	GenericCosts generic;

	*correlation = 0;
	*selectivity = 0;
	*pages = 0;
	if (path->indexorderbys == NIL && !has_ball(path))
	{
		cost_impossible(path, startup_cost, total_cost);
		return;
	}

	aim = read_aim(index);
	memset(&generic, 0, sizeof(generic));
	genericcostestimate(root, path, loop_count, &generic);
	*selectivity = generic.indexSelectivity;
	read_filter(root, path, &aim);

	/*
	 * A single scan is charged for every page that it touches, as EXPLAIN
	 * counts them.  Of those that a nested loop's scans touch, the more stay
	 * in cache the more often they are scanned (Mackert and Lohman).
	 */
	*pages = Min(aim.ef_search + HOPS_TO_ARRIVE, aim.nodes);
	if (aim.by_recall && is_limited(root))
		*pages = hops_for_rows(&aim, root->limit_tuples);
	*pages *= aim.hop_pages;
	if (loop_count > 1)
	{
		double		first_pages = *pages;

		*pages = index_pages_fetched(first_pages * loop_count, index->pages,
									 Max(index->pages, 1), root) / loop_count;
		page_cost *= *pages / first_pages;
	}
	hop_cost = HOP_OPERATORS * cpu_operator_cost + cpu_index_tuple_cost +
		page_cost * aim.hop_pages;
	if (has_many(index))
	{
		cost_many(root, path, &aim, hop_cost, startup_cost, total_cost);
		return;
	}
	if (is_limited(root) && path->indexorderbys != NIL && !has_ball(path))
	{
		cost_limited(root, path, &aim, hop_cost, startup_cost, total_cost);
		allow_for_fetches(root, path, startup_cost, total_cost);
	}
	else
		cost_streamed(path, &aim, generic.indexSelectivity, hop_cost,
					  startup_cost, total_cost);

	/* The executor computes each row's distance again, for its order. */
	cost_qual_eval_node(&recheck, (Node *) path->indexorderbys, root);
	*startup_cost += recheck.startup;
	*total_cost += recheck.startup +
		recheck.per_tuple * aim.nodes * generic.indexSelectivity;
}
