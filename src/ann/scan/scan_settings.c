/*
 * scan_settings.c
 *	  The settings of scans.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "ann/core/build.h"
#include "ann/scan/scan_settings.h"
#include "pg/compat.h"

int			kg_ef_search = 0;
double		kg_target_recall = KG_DEFAULT_TARGET_RECALL;
int			kg_iterative_scan = ITERATIVE_STRICT;
int			kg_max_scan_tuples = 0;

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

double
kg_scan_target_recall(Relation index)
{
	const KgOptions *options = (KgOptions *) index->rd_options;

	if (!target_recall_is_set && options && options->target_recall > 0)
		return options->target_recall;
	return kg_target_recall;
}
