/*
 * traverse_scan.c
 *	  A custom scan for kg.traverse in FROM.
 *
 * A function scan puts rows into a tuplestore and takes them out again, which
 * takes longer than the search.  This scan keeps the search's results, 32 bytes
 * a row, and makes a tuple when it is asked for one.  EXPLAIN ANALYZE shows the
 * reader that was used.
 *
 * The scan replaces each function scan of kg.traverse in a plan, unless the
 * query needs the rows as values of a composite type.  It returns the same rows
 * in the same order, and like the function scan it finds all rows when the
 * first one is asked for.  Elsewhere, as in ROWS FROM, the function is called.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "pgstat.h"
#include "storage/buffile.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"

#include "graph/catalog/graph.h"
#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"
#include "graph/search/traverse.h"
#include "pg/compat.h"

/* From traverse.sql. */
#define TRAVERSE_ARGS 10
#define TRAVERSE_MAX_NODES 5	/* position of this argument */
#define TRAVERSE_GRAPH 6		/* and of this one */
#define TRAVERSE_COLUMNS 6
#define TRAVERSE_ROWS 1000

#define FIRST_ROWS 256

/* Rows without their keys, in memory or, if they exceed work_mem, in a file. */
typedef struct Rows
{
	MemoryContext context;
	KgTraverseRow *rows;
	Size		n;
	Size		next;			/* the row to be read next */
	Size		capacity;
	Size		max_capacity;	/* by work_mem */
	BufFile    *file;			/* or NULL */
} Rows;

static void
rows_init(Rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	rows->context = CurrentMemoryContext;
	rows->max_capacity = Max((Size) work_mem * 1024 / sizeof(KgTraverseRow),
							 FIRST_ROWS);
	rows->capacity = FIRST_ROWS;
	rows->rows = palloc(rows->capacity * sizeof(KgTraverseRow));
}

static void
rows_write(Rows *rows)
{
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	if (rows->file == NULL)
		rows->file = BufFileCreateTemp(false);
	BufFileWrite(rows->file, rows->rows, rows->n * sizeof(KgTraverseRow));
	rows->n = 0;
	MemoryContextSwitchTo(old);
}

static inline KgTraverseRow *
rows_add(Rows *rows)
{
	if (unlikely(rows->n == rows->capacity))
	{
		if (rows->capacity == rows->max_capacity)
			rows_write(rows);
		else
		{
			rows->capacity = Min(2 * rows->capacity, rows->max_capacity);
			rows->rows = repalloc_huge(rows->rows,
									   rows->capacity * sizeof(KgTraverseRow));
		}
	}
	return &rows->rows[rows->n++];
}

/* To be called after the last row was added: reading starts at the first. */
static void
rows_rewind(Rows *rows)
{
	rows->next = 0;
	if (rows->file == NULL)
		return;
	rows->n = 0;
	if (BufFileSeek(rows->file, 0, 0L, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not rewind a temporary file of kg.traverse")));
}

/* The next row; NULL after the last one. */
static inline const KgTraverseRow *
rows_next(Rows *rows)
{
	if (unlikely(rows->next == rows->n))
	{
		if (rows->file == NULL)
			return NULL;
		rows->next = 0;
		rows->n = BufFileRead(rows->file, rows->rows,
							  rows->capacity * sizeof(KgTraverseRow));
		rows->n /= sizeof(KgTraverseRow);
		if (rows->n == 0)
			return NULL;
	}
	return &rows->rows[rows->next++];
}

static void
rows_end(Rows *rows)
{
	if (rows->file != NULL)
		BufFileClose(rows->file);
	rows->file = NULL;
}

typedef struct TraverseScan
{
	CustomScanState css;
	FuncExpr   *call;
	List	   *arguments;		/* ExprState */
	FmgrInfo	function;
	MemoryContext context;		/* of the graph and the rows */
	KgGraph    *graph;
	Rows		rows;
	const char *readers;		/* of the last search, or NULL */
	bool		done;			/* the search has run; "rows" is valid */
} TraverseScan;

typedef struct ScanSearch
{
	KgBreadthFirst search;
	Rows	   *rows;
} ScanSearch;

static void
keep_row(KgBreadthFirst *search, int64 node, int depth, const KgEdge *edge)
{
	*rows_add(((ScanSearch *) search)->rows) = kg_traverse_row(node, depth, edge);
}

static void
evaluate_arguments(TraverseScan *scan, FunctionCallInfo fcinfo)
{
	ExprContext *econtext = scan->css.ss.ps.ps_ExprContext;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, scan->arguments)
	{
		fcinfo->args[i].value = ExecEvalExpr((ExprState *) lfirst(lc), econtext,
											 &fcinfo->args[i].isnull);
		i++;
	}
}

/* Searches as a call of the function would, with rows in scan->rows. */
static void
search_rows(TraverseScan *scan)
{
	LOCAL_FCINFO(fcinfo, TRAVERSE_ARGS);
	ScanSearch	search;
	PgStat_FunctionCallUsage usage;
	MemoryContext old;

	rows_end(&scan->rows);
	MemoryContextReset(scan->context);
	old = MemoryContextSwitchTo(scan->context);
	InitFunctionCallInfoData(*fcinfo, &scan->function, TRAVERSE_ARGS,
							 scan->call->inputcollid, NULL, NULL);
	evaluate_arguments(scan, fcinfo);
	pgstat_init_function_usage(fcinfo, &usage);
	rows_init(&scan->rows);
	memset(&search, 0, sizeof(search));
	scan->graph = kg_graph_argument(fcinfo, TRAVERSE_GRAPH);
	search.search.visit = keep_row;
	search.rows = &scan->rows;
	scan->readers = kg_breadth_first_as_asked(&search.search, fcinfo,
											  scan->graph);
	kg_memory_reset(&search.search.memory);
	if (scan->rows.file != NULL)
		rows_write(&scan->rows);
	rows_rewind(&scan->rows);
	pgstat_end_function_usage(&usage, true);
	MemoryContextSwitchTo(old);
	scan->done = true;
}

static TupleTableSlot *
next_row(ScanState *node)
{
	TraverseScan *scan = (TraverseScan *) node;
	TupleTableSlot *slot = node->ss_ScanTupleSlot;
	const KgTraverseRow *row;
	MemoryContext old;

	if (!scan->done)
		search_rows(scan);
	ExecClearTuple(slot);
	row = rows_next(&scan->rows);
	if (row == NULL)
		return slot;
	slot->tts_values[0] = Int64GetDatum(row->node);
	slot->tts_isnull[0] = false;
	slot->tts_values[1] = Int32GetDatum(row->depth);
	slot->tts_isnull[1] = false;
	slot->tts_values[2] = Int64GetDatum(row->parent);
	slot->tts_isnull[2] = !row->has_parent;
	slot->tts_values[3] = Int64GetDatum(row->edge);
	slot->tts_isnull[3] = !row->has_edge;
	slot->tts_isnull[4] = slot->tts_isnull[5] = true;
	if (scan->graph->keys != NULL)
	{
		old = MemoryContextSwitchTo(node->ps.ps_ExprContext->ecxt_per_tuple_memory);
		slot->tts_isnull[0] = slot->tts_isnull[2] = true;
		slot->tts_values[4] = kg_node_key_shared(scan->graph, row->node,
												 &slot->tts_isnull[4]);
		if (row->has_parent)
			slot->tts_values[5] = kg_node_key_shared(scan->graph, row->parent,
													 &slot->tts_isnull[5]);
		MemoryContextSwitchTo(old);
	}
	return ExecStoreVirtualTuple(slot);
}

/* EvalPlanQual never rechecks rows of this scan: see needs_whole_rows. */
static bool
recheck_row(ScanState *node, TupleTableSlot *slot)
{
	return true;
}

static void
begin_scan(CustomScanState *node, EState *estate, int eflags)
{
	TraverseScan *scan = (TraverseScan *) node;
	FuncExpr   *call = linitial_node(FuncExpr,
									 ((CustomScan *) node->ss.ps.plan)->custom_exprs);

	if (!kg_has_function_privilege(call->funcid, GetUserId(), ACL_EXECUTE))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION,
					   get_func_name(call->funcid));
	InvokeFunctionExecuteHook(call->funcid);
	fmgr_info_cxt(call->funcid, &scan->function, estate->es_query_cxt);
	fmgr_info_set_expr((Node *) call, &scan->function);
	scan->call = call;
	scan->arguments = ExecInitExprList(call->args, &node->ss.ps);
	scan->context = AllocSetContextCreate(estate->es_query_cxt, "kg.traverse",
										  ALLOCSET_DEFAULT_SIZES);
}

/* A row of which no column is asked for, as by count(*). */
static TupleTableSlot *
next_empty_row(TraverseScan *scan)
{
	TupleTableSlot *slot = scan->css.ss.ps.ps_ResultTupleSlot;

	CHECK_FOR_INTERRUPTS();
	if (!scan->done)
		search_rows(scan);
	ExecClearTuple(slot);
	return rows_next(&scan->rows) == NULL ? slot : ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
execute_scan(CustomScanState *node)
{
	if (node->ss.ps.qual == NULL && node->ss.ps.plan->targetlist == NIL)
		return next_empty_row((TraverseScan *) node);
	return ExecScan(&node->ss, next_row, recheck_row);
}

static void
end_scan(CustomScanState *node)
{
	rows_end(&((TraverseScan *) node)->rows);
}

/* While the arguments are the same, so are the rows. */
static void
rescan(CustomScanState *node)
{
	TraverseScan *scan = (TraverseScan *) node;

	ExecScanReScan(&node->ss);
	if (node->ss.ps.chgParam != NULL)
		scan->done = false;
	else if (scan->done)
		rows_rewind(&scan->rows);
}

static void
explain_scan(CustomScanState *node, List *ancestors, ExplainState *es)
{
	TraverseScan *scan = (TraverseScan *) node;
	List	   *context;

	if (es->verbose)
	{
		context = set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan,
										   ancestors);
		ExplainPropertyText("Function Call",
							deparse_expression((Node *) scan->call, context,
											   true, false), es);
	}
	if (scan->readers != NULL)
		ExplainPropertyText("Adjacency Reader", scan->readers, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "kg.traverse",
	.BeginCustomScan = begin_scan,
	.ExecCustomScan = execute_scan,
	.EndCustomScan = end_scan,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain_scan
};

static Node *
make_scan_state(CustomScan *plan)
{
	TraverseScan *scan = (TraverseScan *) newNode(sizeof(TraverseScan),
												  T_CustomScanState);

	scan->css.methods = &exec_methods;
	return (Node *) scan;
}

static const CustomScanMethods scan_methods = {
	.CustomName = "kg.traverse",
	.CreateCustomScanState = make_scan_state
};

static RangeTblFunction *
only_function(const RangeTblEntry *rte)
{
	return linitial_node(RangeTblFunction, rte->functions);
}

static Plan *
make_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist,
		  List *clauses, List *children)
{
	CustomScan *plan = makeNode(CustomScan);

	plan->scan.plan.targetlist = tlist;
	plan->scan.plan.qual = extract_actual_clauses(clauses, false);
	plan->flags = path->flags;
	plan->custom_scan_tlist = build_physical_tlist(root, rel);
	plan->custom_exprs = list_make1(copyObject(only_function(planner_rt_fetch(rel->relid,
																			  root))->funcexpr));
	plan->methods = &scan_methods;
	return &plan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = "kg.traverse",
	.PlanCustomPath = make_plan
};

/*
 * Does the query need whole rows of the relation?  EvalPlanQual is among those
 * that do, so it never runs this scan.
 */
static bool
needs_whole_rows(const RelOptInfo *rel)
{
	Bitmapset  *columns = NULL;
	ListCell   *lc;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &columns);
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *restriction = lfirst(lc);

		pull_varattnos((Node *) restriction->clause, rel->relid, &columns);
	}
	return bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, columns);
}

/* Is it a call of kg.traverse, of which the query needs only columns? */
static bool
may_scan(const RelOptInfo *rel, const RangeTblEntry *rte)
{
	FuncExpr   *call;
	FmgrInfo	function;

	if (rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1 ||
		rte->funcordinality)
		return false;
	call = (FuncExpr *) only_function(rte)->funcexpr;
	if (!IsA(call, FuncExpr) || list_length(call->args) != TRAVERSE_ARGS ||
		rel->max_attr != TRAVERSE_COLUMNS || needs_whole_rows(rel))
		return false;
	fmgr_info(call->funcid, &function);
	return function.fn_addr == kg_traverse;
}

static set_rel_pathlist_hook_type previous_hook;

static void
plan_scan(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	ListCell   *lc;

	if (previous_hook)
		previous_hook(root, rel, rti, rte);
	if (!may_scan(rel, rte))
		return;
	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);
		CustomPath *scan;

		if (path->pathtype != T_FunctionScan)
			continue;
		scan = makeNode(CustomPath);
		scan->path = *path;
		scan->path.type = T_CustomPath;
		scan->path.pathtype = T_CustomScan;
		scan->flags = CUSTOMPATH_SUPPORT_PROJECTION;
		scan->methods = &path_methods;
		lfirst(lc) = scan;
	}
}

void
kg_traverse_scan_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	previous_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = plan_scan;
}

PG_FUNCTION_INFO_V1(kg_traverse_rows);

/*
 * traverse_rows(internal) returns internal: the planner's support function.  A
 * call of it also loads the library, and with it the hook, before the first
 * plan of a session is chosen.
 */
Datum
kg_traverse_rows(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	Node	   *argument;
	Const	   *max_nodes;

	if (!IsA(request, SupportRequestRows) || !is_funcclause(request->node))
		PG_RETURN_POINTER(NULL);
	argument = list_nth(castNode(FuncExpr, request->node)->args,
						TRAVERSE_MAX_NODES);
	max_nodes = (Const *) argument;
	if (!IsA(argument, Const) || max_nodes->constisnull)
		PG_RETURN_POINTER(NULL);
	request->rows = Max(Min(DatumGetInt32(max_nodes->constvalue),
							TRAVERSE_ROWS), 1);
	PG_RETURN_POINTER(request);
}
