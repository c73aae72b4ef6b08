/*
 * projection.c
 *	  The common parts of all algorithms: arguments, the graph in memory, and
 *	  rows of the result.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "algo/projection/projection.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/memory.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"

static int
find_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return i;
	}
	return -1;
}

/* Finds the columns of nodes whose keys the last columns repeat. */
static void
find_keys(KgProjection *p)
{
	static const char *const columns[][2] = {
		{"key", "entity"}, {"other_key", "other"}, {"source_key", "source"},
		{"target_key", "target"}
	};
	TupleDesc	desc = p->result->setDesc;

	Assert(desc->natts <= KG_MAX_COLUMNS);
	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		if (find_column(desc, columns[i][0]) >= 0)
			p->key_of[p->nkeys++] = find_column(desc, columns[i][1]);
	}
	Assert(p->nkeys <= KG_MAX_KEYS);
}

void
kg_projection_begin_scalar(KgProjection *p, FunctionCallInfo fcinfo, int shape)
{
	int			argno = PG_NARGS() - 2; /* the graph; the last is known_at */
	bool		weighted = false;

	memset(p, 0, sizeof(*p));
	p->graph = kg_graph_argument(fcinfo, argno);
	if (shape & KG_WEIGHTED)
	{
		argno--;
		weighted = !PG_ARGISNULL(argno) && PG_GETARG_BOOL(argno);
	}
	argno -= 2;
	if (shape & KG_DIRECTED)
		kg_query_arguments(fcinfo, argno - 1, p->graph, &p->query);
	else
		kg_filter_arguments(fcinfo, argno, p->graph, &p->query);
	p->query.weighted = weighted;
	kg_keys_for_maintenance(p->graph);
	kg_budget_init(&p->budget, p->graph->name);
}

void
kg_projection_begin(KgProjection *p, FunctionCallInfo fcinfo, int shape)
{
	kg_projection_begin_scalar(p, fcinfo, shape);
	InitMaterializedSRF(fcinfo, 0);
	p->result = (ReturnSetInfo *) fcinfo->resultinfo;
	find_keys(p);
}

double
kg_number_argument(FunctionCallInfo fcinfo, int argno, const char *name,
				   double least, double greatest)
{
	double		number;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	number = PG_GETARG_FLOAT8(argno);
	if (!(number >= least && number <= greatest))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %g and %g, but is %g",
						name, least, greatest, number)));
	return number;
}

int
kg_samples_argument(FunctionCallInfo fcinfo, int argno)
{
	int			samples = kg_limit_argument(fcinfo, argno, "samples");

	if (samples == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("samples must be at least 1"),
				 errhint("Null takes every entity as a source.")));
	return samples;
}

uint32 *
kg_projection_sources(KgProjection *p, int samples, KgRandom *random, uint32 *n)
{
	uint32	   *sources = kg_budget_alloc(&p->budget, p->nodes.n,
										  sizeof(uint32));

	*n = samples < 0 ? p->nodes.n : Min((uint32) samples, p->nodes.n);
	kg_random_sample(random, sources, p->nodes.n, *n < p->nodes.n ? *n : 0);
	return sources;
}

void
kg_projection_notice_missing(const KgProjection *p, const int64 *ids, int n)
{
	int64	   *distinct;
	const int64 *node = NULL;
	Size		missing = 0;
	Size		ndistinct;
	int			i;

	for (i = 0; i < n && kg_nodes_find(&p->nodes, ids[i]) != KG_NO_NODE; i++)
		;
	if (i == n)
		return;
	distinct = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	memcpy(distinct, ids, n * sizeof(int64));
	ndistinct = kg_distinct_nodes(distinct, n);
	for (Size j = 0; j < ndistinct; j++)
	{
		if (kg_nodes_find(&p->nodes, distinct[j]) != KG_NO_NODE)
			continue;
		if (missing++ == 0)
			node = &distinct[j];
	}
	kg_notice_missing(p->graph, node, missing, ndistinct);
	pfree(distinct);
}

typedef struct Numbering
{
	KgProjection *p;
	KgArcTaker	take;
	void	   *arg;
} Numbering;

/* Skips edges to entities that do not exist or are hidden. */
static void
number_edge(void *arg, int64 source, int64 target, float8 weight)
{
	Numbering  *numbering = arg;
	uint32		from = kg_nodes_find(&numbering->p->nodes, source);
	uint32		to = kg_nodes_find(&numbering->p->nodes, target);

	if (from == KG_NO_NODE || to == KG_NO_NODE)
		return;
	numbering->p->budget.relations++;
	numbering->take(numbering->arg, from, to, weight);
}

void
kg_projection_read_edges(KgProjection *p, KgArcTaker take, void *arg)
{
	Numbering	numbering = {p, take, arg};

	p->budget.relations = 0;
	kg_source_edges(p->graph, &p->query, number_edge, &numbering);
}

typedef struct Builder
{
	KgArcList	list;
	KgDirection direction;
} Builder;

static void
add_edge(void *arg, uint32 source, uint32 target, float8 weight)
{
	Builder    *builder = arg;

	if (builder->direction & KG_OUT)
		kg_arc_list_add(&builder->list, source, target, weight);
	if ((builder->direction & KG_IN) &&
		(builder->direction == KG_IN || source != target))
		kg_arc_list_add(&builder->list, target, source, weight);
}

/* Bytes of a node while nodes are read: its id and its bucket. */
#define NODE_SIZE (2 * sizeof(int64))

/* Raises an error unless this many nodes fit besides what is allocated. */
static void
check_nodes(KgProjection *p, double nnodes, Size node_bytes)
{
	kg_budget_require(&p->budget, nnodes * node_bytes);
}

/* Bytes that the algorithm itself needs at its peak. */
static double
own_needs(const KgProjection *p, double nnodes, double narcs, Size node_bytes,
		  Size arc_bytes)
{
	return Max(nnodes * node_bytes + narcs * arc_bytes,
			   nnodes * p->later_node_bytes + narcs * p->later_arc_bytes);
}

/*
 * The same for rows of arcs and the algorithm's needs.  "unread" are the bytes
 * of a node that are not allocated yet.
 */
static void
check_rows(KgProjection *p, double nnodes, double narcs, Size unread,
		   double needs)
{
	bool		weighted = p->query.weighted;
	double		offsets = nnodes * sizeof(uint64);

	/* Two arrays of offsets while rows are made, one afterwards. */
	kg_budget_require(&p->budget, nnodes * unread + offsets +
					  Max(narcs * KG_ARC_PEAK(weighted) + offsets,
						  narcs * KG_ARC_SIZE(weighted) + needs));
}

void
kg_projection_read_nodes(KgProjection *p, Size node_bytes)
{
	p->budget.entities = Max(kg_source_count_nodes(p->graph), 0);
	check_nodes(p, p->budget.entities, NODE_SIZE + node_bytes);
	kg_nodes_read(&p->nodes, p->graph, &p->budget);
	check_nodes(p, p->nodes.n, node_bytes);
}

void
kg_projection_build(KgProjection *p, Size node_bytes, Size arc_bytes)
{
	Builder		builder;
	double		narcs;

	p->budget.relations = Max(kg_source_count_edges(p->graph, &p->query), 0);
	p->budget.entities = Max(kg_source_count_nodes(p->graph), 0);
	narcs = p->budget.relations * (p->query.direction == KG_BOTH ? 2 : 1);
	check_rows(p, p->budget.entities, narcs, NODE_SIZE,
			   own_needs(p, p->budget.entities, narcs, node_bytes, arc_bytes));
	kg_projection_read_nodes(p, 0);
	check_rows(p, p->nodes.n, narcs, 0,
			   own_needs(p, p->nodes.n, narcs, node_bytes, arc_bytes));

	builder.direction = p->query.direction;
	kg_arc_list_init(&builder.list, &p->budget, p->query.weighted);
	kg_projection_read_edges(p, add_edge, &builder);
	kg_csr_build(&p->csr, &builder.list, p->nodes.n);
	kg_budget_require(&p->budget,
					  own_needs(p, p->nodes.n, p->csr.offsets[p->csr.n],
								node_bytes, arc_bytes));
}

void
kg_projection_end(KgProjection *p)
{
	kg_budget_end(&p->budget);
}

void
kg_projection_put(KgProjection *p, Datum *values)
{
	kg_projection_put_known(p, values, p->result->setDesc->natts);
}

void
kg_projection_put_known(KgProjection *p, Datum *values, int nknown)
{
	int			ngiven = p->result->setDesc->natts - p->nkeys;
	Datum		row[KG_MAX_COLUMNS];
	bool		nulls[KG_MAX_COLUMNS] = {false};

	memcpy(row, values, ngiven * sizeof(Datum));
	for (int i = nknown; i < ngiven; i++)
		nulls[i] = true;
	for (int i = 0; i < p->nkeys; i++)
	{
		int64		node = DatumGetInt64(values[p->key_of[i]]);

		row[p->key_of[i]] = kg_node_integer(p->graph, node,
											&nulls[p->key_of[i]]);
		row[ngiven + i] = kg_node_key(p->graph, node, &nulls[ngiven + i]);
	}
	tuplestore_putvalues(p->result->setResult, p->result->setDesc, row, nulls);
	for (int i = 0; i < p->nkeys; i++)
	{
		if (!nulls[ngiven + i])
			pfree(DatumGetPointer(row[ngiven + i]));
	}
	CHECK_FOR_INTERRUPTS();
}

void
kg_projection_put_scores(KgProjection *p, const double *scores)
{
	for (uint32 v = 0; v < p->nodes.n; v++)
	{
		Datum		values[2] = {
			Int64GetDatum(p->nodes.ids[v]), Float8GetDatum(scores[v])
		};

		kg_projection_put(p, values);
	}
}

void
kg_projection_put_counts(KgProjection *p, const uint64 *counts)
{
	for (uint32 v = 0; v < p->nodes.n; v++)
	{
		Datum		values[2] = {
			Int64GetDatum(p->nodes.ids[v]), Int64GetDatum((int64) counts[v])
		};

		kg_projection_put(p, values);
	}
}

void
kg_projection_put_groups(KgProjection *p, const uint32 *groups)
{
	uint32	   *first = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));

	memset(first, 0xff, (Size) p->nodes.n * sizeof(uint32));
	for (uint32 v = 0; v < p->nodes.n; v++)
	{
		Datum		values[2];

		if (first[groups[v]] == KG_NO_NODE)
			first[groups[v]] = v;
		values[0] = Int64GetDatum(p->nodes.ids[v]);
		values[1] = Int64GetDatum(p->nodes.ids[first[groups[v]]]);
		kg_projection_put(p, values);
	}
	kg_budget_free(&p->budget, first);
}
