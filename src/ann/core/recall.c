/*
 * recall.c
 *	  From the recall that is wanted to how far a search goes.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/recall.h"

/* Nodes that each further row takes at least. */
#define MORE_HOPS_A_ROW 1.25

const float kg_recall_levels[KG_RECALL_LEVELS] =
{0.80f, 0.90f, 0.95f, 0.98f, 0.99f, 0.995f, 0.998f};

const int	kg_recall_counts[KG_RECALL_COUNTS] = {1, 10, KG_RECALL_MOST_ROWS};

/* Recall on a scale on which efforts rise evenly. */
static double
difficulty(double recall)
{
	return -log(1 - recall);
}

/* A quantity that rises by factors, between two of them or beyond. */
static float
between_factors(double a, double b, double part)
{
	return (float) (a * pow(b / a, part));
}

/* At part of the way from a to b; beyond them if it is not in [0, 1]. */
static KgEffort
between(KgEffort a, KgEffort b, double part)
{
	KgEffort	effort;

	effort.hops = between_factors(a.hops, b.hops, part);
	effort.mean = between_factors(a.mean, b.mean, part);
	effort.slack = (float) (a.slack + (b.slack - a.slack) * part);
	return effort;
}

/* Below the lowest level no less is done; above the highest it goes on. */
static KgEffort
effort_for_recall(const KgEffort *efforts, double recall)
{
	int			i = 1;
	double		low;
	double		high;

	while (i < KG_RECALL_LEVELS - 1 && recall > kg_recall_levels[i])
		i++;
	low = difficulty(kg_recall_levels[i - 1]);
	high = difficulty(kg_recall_levels[i]);
	return between(efforts[i - 1], efforts[i],
				   Max((difficulty(recall) - low) / (high - low), 0));
}

/*
 * For more rows than were measured: as fast as from the last but one number of
 * rows to the last, but at least some more than the rows.
 */
static float
more_hops(float few, float many, double rows)
{
	double		factor = rows / KG_RECALL_MOST_ROWS;
	double		rise = log(many / few) / log(KG_RECALL_MOST_ROWS /
											 (double) kg_recall_counts[KG_RECALL_COUNTS - 2]);

	return (float) Max(many * pow(factor, Max(rise, 0)),
					   many + (rows - KG_RECALL_MOST_ROWS) * MORE_HOPS_A_ROW);
}

/* For so many rows, no more than were measured. */
static KgEffort
effort_for_rows(const KgRecallTable *table, double recall, double rows)
{
	int			i = 1;

	while (rows > kg_recall_counts[i])
		i++;
	return between(effort_for_recall(table->efforts[i - 1], recall),
				   effort_for_recall(table->efforts[i], recall),
				   log(rows / kg_recall_counts[i - 1]) /
				   log((double) kg_recall_counts[i] / kg_recall_counts[i - 1]));
}

KgEffort
kg_recall_effort(const KgRecallTable *table, double recall, double rows,
				 double nodes)
{
	KgEffort	effort;
	double		growth = 1;

	effort = effort_for_rows(table, recall,
							 Min(Max(rows, 1), KG_RECALL_MOST_ROWS));
	if (rows > KG_RECALL_MOST_ROWS)
	{
		KgEffort	few = effort_for_rows(table, recall,
										  kg_recall_counts[KG_RECALL_COUNTS - 2]);

		effort.hops = more_hops(few.hops, effort.hops, rows);
		effort.mean = more_hops(few.mean, effort.mean, rows);
	}

	/* The way to the query grows with the logarithm of the nodes. */
	if (nodes > table->nodes)
		growth = log(nodes) / log(Max(table->nodes, 2));
	effort.hops *= (float) growth;
	effort.mean *= (float) growth;
	if (effort.slack > 0)
		effort.slack *= (float) growth;
	return effort;
}
