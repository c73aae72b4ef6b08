/*
 * scan_settings.c
 *	  The settings of scans.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "ann/core/access_method.h"
#include "ann/core/build.h"
#include "ann/core/column.h"
#include "ann/scan/scan_settings.h"
#include "pg/compat.h"

int			kg_ef_search = 0;
double		kg_target_recall = KG_DEFAULT_TARGET_RECALL;
int			kg_iterative_scan = ITERATIVE_STRICT;
int			kg_max_scan_tuples = 0;

/*
 * By L1 twice as much: edges lead to what is near by L2.  LIMIT 20 of 10,000
 * halfvecs of 10 dimensions that came after the index: recall .977 by 120, .994
 * by 240.
 */
#define UNMEASURED_EF_SEARCH_BY_L1 240

/* Was kg.target_recall set anywhere, so that it overrides the index's? */
static bool target_recall_is_set = false;

bool
kg_target_recall_check(double *value, void **extra, GucSource source)
{
	bool	   *is_set = kg_guc_malloc(sizeof(bool));

	if (is_set == NULL)
		return false;
	*is_set = source > PGC_S_DYNAMIC_DEFAULT;
	*extra = is_set;
	return true;
}

void
kg_target_recall_assign(double value, void *extra)
{
	target_recall_is_set = *(bool *) extra;
}

KgScanSettings
kg_scan_settings(Relation index)
{
	const KgAccessMethod *method = index ?
	kg_access_method(index->rd_indam->amoptions) : NULL;
	const KgOptions *options = index ? (KgOptions *) index->rd_options : NULL;
	KgScanSettings settings = {
		.ef_search = kg_ef_search,
		.target_recall = kg_target_recall,
		.iterative_scan = kg_iterative_scan,
		.unmeasured_ef_search = KG_DEFAULT_EF_SEARCH,
		.max_scan_tuples = kg_max_scan_tuples,
		.memory = (Size) work_mem * 1024,
		.limit_level = NOTICE,
		.limit_hint = "Raise kg.max_scan_tuples, or set it to 0 for no limit.",
	};

	if (!target_recall_is_set && options && options->target_recall > 0)
		settings.target_recall = options->target_recall;
	if (index && kg_column_get(index)->metric == KG_METRIC_L1)
		settings.unmeasured_ef_search = UNMEASURED_EF_SEARCH_BY_L1;
	if (method && method->scan_settings)
		method->scan_settings(index, &settings);
	return settings;
}
