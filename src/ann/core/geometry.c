/*
 * geometry.c
 *	  The functions of each metric.
 */
#include "postgres.h"

#include "ann/core/geometry.h"

const KgGeometry *
kg_geometry(KgMetric metric)
{
	switch (metric)
	{
		case KG_METRIC_L2:
		case KG_METRIC_IP:
		case KG_METRIC_COSINE:
			return &kg_dense_geometry;
	}
	elog(ERROR, "unknown metric %d", metric);
}
