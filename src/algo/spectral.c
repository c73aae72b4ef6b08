/*
 * spectral.c
 *	  kg.eigenvector_centrality, kg.katz_centrality, kg.hits.
 *
 * All three multiply a vector of scores by the graph's matrix until the scores
 * converge: P. Bonacich, "Power and centrality", Am. J. Sociol. 1987; L. Katz,
 * "A new status index derived from sociometric analysis", Psychometrika 1953;
 * J. Kleinberg, "Authoritative sources in a hyperlinked environment", JACM
 * 1999.  Scores pass along arcs, from source to target.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "graph/search/arguments.h"

#define INTERRUPT_EVERY 16384

typedef struct Power
{
	KgProjection p;
	int			max_iterations; /* -1: no limit */
	double		tolerance;
	double	   *score;
	double	   *before;
} Power;

/* y = y + A' x: each node passes its score on along its arcs. */
static void
pass_along(const KgCsr *csr, const double *x, double *y)
{
	for (uint32 v = 0; v < csr->n; v++)
	{
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			y[csr->targets[i]] += x[v] * kg_csr_weight(csr, i);
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* y = A x: each node collects the scores at the ends of its arcs. */
static void
collect_back(const KgCsr *csr, const double *x, double *y)
{
	for (uint32 v = 0; v < csr->n; v++)
	{
		double		sum = 0;

		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			sum += x[csr->targets[i]] * kg_csr_weight(csr, i);
		y[v] = sum;
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* Scales x to a Euclidean length of 1 or, if by_sum, to a sum of 1. */
static void
normalize(double *x, uint32 n, bool by_sum)
{
	double		most = 0;
	double		sum = 0;

	/* Scale the largest to 1 first, so that no square overflows. */
	for (uint32 v = 0; v < n; v++)
		most = Max(most, x[v]);
	if (most == 0)
		return;
	for (uint32 v = 0; v < n; v++)
	{
		x[v] /= most;
		sum += by_sum ? x[v] : x[v] * x[v];
	}
	if (!by_sum)
		sum = sqrt(sum);
	for (uint32 v = 0; v < n; v++)
		x[v] /= sum;
}

static double
change(const Power *power)
{
	double		sum = 0;

	for (uint32 v = 0; v < power->p.nodes.n; v++)
		sum += fabs(power->score[v] - power->before[v]);
	return sum;
}

static void
keep_scores(Power *power)
{
	double	   *score = power->before;

	power->before = power->score;
	power->score = score;
}

static void
begin(Power *power, FunctionCallInfo fcinfo, int argno, Size node_bytes)
{
	KgProjection *p = &power->p;

	power->max_iterations = kg_limit_argument(fcinfo, argno, "max_iterations");
	power->tolerance = kg_number_argument(fcinfo, argno + 1, "tolerance", 0, 1);
	kg_projection_begin(p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	kg_projection_build(p, 2 * sizeof(double) + node_bytes, 0);
	power->score = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(double));
	power->before = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(double));
}

static void
end(Power *power)
{
	kg_projection_put_scores(&power->p, power->score);
	kg_projection_end(&power->p);
}

static void
fill(double *x, uint32 n, double value)
{
	for (uint32 v = 0; v < n; v++)
		x[v] = value;
}

PG_FUNCTION_INFO_V1(kg_eigenvector_centrality);

/*
 * eigenvector_centrality(max_iterations integer, tolerance float8, direction
 *						  text, types text[], as_of timestamptz, weighted
 *						  boolean, graph text, known_at timestamptz)
 *	returns (entity bigint, score float8)
 *
 * Each node also adds its own score.  That changes no eigenvector, and without
 * it the scores of a bipartite graph would alternate for ever.
 */
Datum
kg_eigenvector_centrality(PG_FUNCTION_ARGS)
{
	Power		power = {0};
	uint32		n;

	begin(&power, fcinfo, 0, 0);
	n = power.p.nodes.n;
	fill(power.score, n, n > 0 ? 1 / sqrt(n) : 0);
	for (int i = 0; i != power.max_iterations && n > 0; i++)
	{
		memcpy(power.before, power.score, (Size) n * sizeof(double));
		pass_along(&power.p.csr, power.before, power.score);
		normalize(power.score, n, false);
		if (change(&power) <= n * power.tolerance)
			break;
	}
	end(&power);
	return (Datum) 0;
}

/* A change of scores above this means that they do not converge. */
#define GREATEST_CHANGE 1e100

/*
 * "growth" is the factor by which the change of scores grew in the last
 * iteration; it converges to alpha times the largest eigenvalue.
 */
static void
reject_alpha(double alpha, double growth)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("alpha %g is too large: scores grow without end", alpha),
			 errhint("It must be less than 1 / the largest eigenvalue of the graph, which is about %.2g here.",
					 alpha / growth)));
}

/* One iteration; returns the sum of all changes. */
static double
iterate_katz(Power *power, double alpha, double beta)
{
	uint32		n = power->p.nodes.n;

	keep_scores(power);
	fill(power->score, n, 0);
	pass_along(&power->p.csr, power->before, power->score);
	for (uint32 v = 0; v < n; v++)
		power->score[v] = alpha * power->score[v] + beta;
	return change(power);
}

PG_FUNCTION_INFO_V1(kg_katz_centrality);

/*
 * katz_centrality(alpha float8, beta float8, normalized boolean,
 *				   max_iterations integer, tolerance float8, direction text,
 *				   types text[], as_of timestamptz, weighted boolean,
 *				   graph text, known_at timestamptz)
 *	returns (entity bigint, score float8)
 */
Datum
kg_katz_centrality(PG_FUNCTION_ARGS)
{
	double		alpha = kg_number_argument(fcinfo, 0, "alpha", 0, 1e9);
	double		beta = kg_number_argument(fcinfo, 1, "beta", 0, 1e9);
	bool		normalized = PG_ARGISNULL(2) || PG_GETARG_BOOL(2);
	Power		power = {0};
	double		now = 0;
	double		last = 0;
	uint32		n;
	int			i;

	begin(&power, fcinfo, 3, 0);
	n = power.p.nodes.n;
	for (i = 0; i != power.max_iterations && n > 0; i++)
	{
		last = now;
		now = iterate_katz(&power, alpha, beta);
		if (now <= n * power.tolerance || now > GREATEST_CHANGE)
			break;
	}
	/* The first iteration has no change before it to compare with. */
	if (i > 1 && now > n * power.tolerance && now >= last)
		reject_alpha(alpha, now / last);
	if (normalized)
		normalize(power.score, n, false);
	end(&power);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_hits);

/*
 * hits(max_iterations integer, tolerance float8, direction text, types text[],
 *		as_of timestamptz, weighted boolean, graph text, known_at timestamptz)
 *	returns (entity bigint, hub float8, authority float8)
 */
Datum
kg_hits(PG_FUNCTION_ARGS)
{
	Power		power = {0};
	double	   *authority;
	uint32		n;

	begin(&power, fcinfo, 0, sizeof(double));
	n = power.p.nodes.n;
	authority = kg_budget_alloc0(&power.p.budget, n, sizeof(double));
	fill(power.score, n, n > 0 ? 1.0 / n : 0);
	for (int i = 0; i != power.max_iterations && n > 0; i++)
	{
		keep_scores(&power);
		fill(authority, n, 0);
		pass_along(&power.p.csr, power.before, authority);
		normalize(authority, n, true);
		collect_back(&power.p.csr, authority, power.score);
		normalize(power.score, n, true);
		if (change(&power) <= power.tolerance)
			break;
	}
	for (uint32 v = 0; v < n; v++)
	{
		Datum		values[3] = {
			Int64GetDatum(power.p.nodes.ids[v]),
			Float8GetDatum(power.score[v]),
			Float8GetDatum(authority[v])
		};

		kg_projection_put(&power.p, values);
	}
	kg_projection_end(&power.p);
	return (Datum) 0;
}
