/*
 * modularity.c
 *	  kg.modularity.
 *
 * The modularity of a partition: M. Newman, M. Girvan, "Finding and evaluating
 * community structure in networks", Phys. Rev. E 2004; with directions: E.
 * Leicht, M. Newman, "Community structure in directed networks", Phys. Rev.
 * Lett. 2008.  Edges are summed up as they are read; no graph is stored.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "algo/projection/projection.h"
#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"
#include "types/array.h"

typedef struct Modularity
{
	KgProjection p;
	KgNodes		labels;			/* of communities */
	uint32	   *community;		/* of each node; KG_NO_NODE: none given */
	double	   *out;			/* weight of the edges from each community */
	double	   *in;				/* weight of the edges to each community */
	double		inside;			/* weight of all edges within communities */
	double		total;
} Modularity;

/* Bytes of Modularity for each node, at most. */
#define MODULARITY_NODE_SIZE \
	(sizeof(uint32) + 2 * sizeof(int64) + 2 * sizeof(double))

/* The argument "communities bigint[]", one for each of "entities". */
static int64 *
labels_argument(FunctionCallInfo fcinfo, int argno, int nentities)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(argno);
	int			n;

	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("communities must not contain nulls")));
	n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (n != nentities)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are %d entities, but %d communities",
						nentities, n),
				 errhint("The first entity is in the first community, and so on.")));
	return kg_array_data(array);
}

static void
join_community(Modularity *m, uint32 v, int64 label)
{
	uint32		community = kg_nodes_find(&m->labels, label);

	if (m->community[v] != KG_NO_NODE && m->community[v] != community)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("entity %s is in two communities, " INT64_FORMAT " and " INT64_FORMAT,
						kg_node_name(m->p.graph, m->p.nodes.ids[v]),
						m->labels.ids[m->community[v]], label)));
	m->community[v] = community;
}

/* Skips entities that do not exist; every one that does needs a community. */
static void
read_partition(Modularity *m, FunctionCallInfo fcinfo)
{
	KgBudget   *budget = &m->p.budget;
	int			n;
	int64	   *ids = kg_nodes_argument(fcinfo, 0, "entities", m->p.graph, &n);
	int64	   *labels = labels_argument(fcinfo, 1, n);
	int64	   *sorted = kg_budget_alloc(budget, n, sizeof(int64));
	uint32		v;

	memcpy(sorted, labels, n * sizeof(int64));
	kg_nodes_make(&m->labels, sorted, n, budget);
	m->community = kg_budget_alloc(budget, m->p.nodes.n, sizeof(uint32));
	memset(m->community, 0xff, (Size) m->p.nodes.n * sizeof(uint32));
	kg_projection_notice_missing(&m->p, ids, n);
	for (int i = 0; i < n; i++)
	{
		v = kg_nodes_find(&m->p.nodes, ids[i]);
		if (v != KG_NO_NODE)
			join_community(m, v, labels[i]);
	}
	for (v = 0; v < m->p.nodes.n; v++)
	{
		if (m->community[v] == KG_NO_NODE)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("entity %s is in no community",
							kg_node_name(m->p.graph, m->p.nodes.ids[v])),
					 errhint("A partition gives every entity one, if only one of its own.")));
	}
	pfree(ids);
}

static void
count_edge(void *arg, uint32 source, uint32 target, float8 weight)
{
	Modularity *m = arg;
	uint32		from = m->community[source];
	uint32		to = m->community[target];

	m->out[from] += weight;
	m->in[to] += weight;
	m->total += weight;
	if (from == to)
		m->inside += weight;
}

PG_FUNCTION_INFO_V1(kg_modularity);

/*
 * modularity(entities anycompatible, communities bigint[], resolution float8,
 *			  direction text, types text[], as_of timestamptz, weighted boolean,
 *			  graph text, known_at timestamptz)
 *	returns float8
 */
Datum
kg_modularity(PG_FUNCTION_ARGS)
{
	double		resolution = kg_number_argument(fcinfo, 2, "resolution", 0,
												1e9);
	Modularity	m = {0};
	double		expected = 0;

	/* Aggregates of no rows are null. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	kg_projection_begin_scalar(&m.p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	kg_projection_read_nodes(&m.p, MODULARITY_NODE_SIZE);
	read_partition(&m, fcinfo);
	m.out = kg_budget_alloc0(&m.p.budget, m.labels.n, sizeof(double));
	m.in = kg_budget_alloc0(&m.p.budget, m.labels.n, sizeof(double));
	kg_projection_read_edges(&m.p, count_edge, &m);
	for (uint32 c = 0; c < m.labels.n && m.total > 0; c++)
	{
		double		out = m.out[c] / m.total;
		double		in = m.in[c] / m.total;

		if (m.p.query.direction == KG_BOTH)
			out = in = (out + in) / 2;
		expected += out * in;
	}
	kg_projection_end(&m.p);
	/* Without weights above 0 no partition is better than another. */
	if (m.total == 0)
		PG_RETURN_FLOAT8(0);
	PG_RETURN_FLOAT8(m.inside / m.total - resolution * expected);
}
