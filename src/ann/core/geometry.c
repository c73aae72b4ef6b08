/*
 * geometry.c
 *	  The functions of each metric.
 */
#include "postgres.h"

#include "ann/core/geometry.h"

const KgGeometry *
kg_geometry(const KgLayout *layout)
{
	if (layout->sparse > 0)
		return layout->metric == KG_METRIC_L1 ? &kg_sparse_taxicab_geometry :
			&kg_sparse_geometry;
	switch (layout->metric)
	{
		case KG_METRIC_L2:
		case KG_METRIC_IP:
		case KG_METRIC_COSINE:
			return &kg_dense_geometry;
		case KG_METRIC_L1:
			return &kg_taxicab_geometry;
		case KG_METRIC_HAMMING:
		case KG_METRIC_JACCARD:
			return &kg_bits_geometry;
		default:
			break;
	}
	elog(ERROR, "unknown metric %d", layout->metric);
}
