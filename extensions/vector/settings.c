/*
 * settings.c
 *	  The settings hnsw.* and ivfflat.*: pgvector's names, ranges and defaults.
 *
 * What nobody has set leaves kg's settings as they are: a search then aims at
 * kg.target_recall, and returns every row if it is read to its end.  The README
 * has the figures behind what the others are mapped to.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"
#include "utils/rel.h"

#include "pg/compat.h"
#include "settings.h"

/*
 * pgvector's default.  From there on a search aims at kg.target_recall, but goes
 * no less far than kg.ef_search of so many times the value: this finds no less
 * than pgvector does.
 */
#define DEFAULT_EF_SEARCH 40
#define EF_SEARCH_FACTOR 1.5

/*
 * From this part of the lists on a search looks for nearly all rows; from that
 * on it reads all, as pgvector reads that part of them.
 */
#define MANY_LISTS 0.1
#define MOST_LISTS 0.5
#define NEARLY_ALL 0.999

/* So many nodes in view are more than a sweep of the index costs. */
#define EVERY_ROW (INT_MAX / 2)

enum
{
	SCAN_OFF,
	SCAN_RELAXED,
	SCAN_STRICT
};

static const struct config_enum_entry hnsw_iterative_scans[] = {
	{"off", SCAN_OFF, false},
	{"relaxed_order", SCAN_RELAXED, false},
	{"strict_order", SCAN_STRICT, false},
	{NULL, 0, false}
};

static const struct config_enum_entry ivfflat_iterative_scans[] = {
	{"off", SCAN_OFF, false},
	{"relaxed_order", SCAN_RELAXED, false},
	{NULL, 0, false}
};

/* Notes whether it was set anywhere, or is the default. */
static bool
check_source(int *value, void **extra, GucSource source)
{
	bool	   *is_set = kg_guc_malloc(sizeof(bool));

	if (is_set == NULL)
		return false;
	*is_set = source > PGC_S_DYNAMIC_DEFAULT;
	*extra = is_set;
	return true;
}

/* A variable, whether it was set, and the hook that says so. */
#define SETTING(name) \
	static int name; \
	static bool name##_is_set = false; \
	static void \
	assign_##name(int value, void *extra) \
	{ \
		name##_is_set = *(bool *) extra; \
	}

SETTING(hnsw_ef_search)
SETTING(hnsw_iterative_scan)
SETTING(hnsw_max_scan_tuples)
SETTING(ivfflat_probes)
SETTING(ivfflat_iterative_scan)
SETTING(ivfflat_max_probes)
static double hnsw_scan_mem_multiplier = 1;

void
hnsw_settings_define(void)
{
	DefineCustomIntVariable("hnsw.ef_search",
							"Nodes that an index scan keeps in view, at least if it "
							"aims at kg.target_recall, as from 40 on.",
							"Valid range is 1..1000.",
							&hnsw_ef_search, DEFAULT_EF_SEARCH, 1, 1000, PGC_USERSET, 0,
							check_source, assign_hnsw_ef_search, NULL);
	DefineCustomEnumVariable("hnsw.iterative_scan",
							 "How an index scan goes on after its first rows; "
							 "unless it is set, in strict order.",
							 NULL,
							 &hnsw_iterative_scan, SCAN_OFF, hnsw_iterative_scans,
							 PGC_USERSET, 0, check_source,
							 assign_hnsw_iterative_scan, NULL);
	DefineCustomIntVariable("hnsw.max_scan_tuples",
							"Nodes that an index scan may visit before it ends "
							"early; unless it is set, there is no limit.",
							NULL,
							&hnsw_max_scan_tuples, 20000, 1, INT_MAX,
							PGC_USERSET, 0, check_source,
							assign_hnsw_max_scan_tuples, NULL);
	DefineCustomRealVariable("hnsw.scan_mem_multiplier",
							 "Multiple of work_mem that an index scan may take.",
							 NULL,
							 &hnsw_scan_mem_multiplier, 1, 1, 1000,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("hnsw");
}

void
ivfflat_settings_define(void)
{
	DefineCustomIntVariable("ivfflat.probes",
							"Lists that an index scan would read, of the index's "
							"option lists; unless it is set, the scan aims at "
							"kg.target_recall.",
							"Valid range is 1..lists.",
							&ivfflat_probes, 1, MIN_LISTS, MAX_LISTS,
							PGC_USERSET, 0, check_source,
							assign_ivfflat_probes, NULL);
	DefineCustomEnumVariable("ivfflat.iterative_scan",
							 "How an index scan goes on after its first rows; "
							 "unless it is set, in strict order.",
							 NULL,
							 &ivfflat_iterative_scan, SCAN_OFF,
							 ivfflat_iterative_scans, PGC_USERSET, 0,
							 check_source, assign_ivfflat_iterative_scan, NULL);
	DefineCustomIntVariable("ivfflat.max_probes",
							"Lists after which an index scan would end early; "
							"unless it is set, there is no limit.",
							NULL,
							&ivfflat_max_probes, MAX_LISTS, MIN_LISTS, MAX_LISTS,
							PGC_USERSET, 0, check_source,
							assign_ivfflat_max_probes, NULL);
	MarkGUCPrefixReserved("ivfflat");
}

static KgIterativeScan
iterative_scan(int value)
{
	switch (value)
	{
		case SCAN_OFF:
			return ITERATIVE_OFF;
		case SCAN_RELAXED:
			return ITERATIVE_RELAXED;
		default:
			return ITERATIVE_STRICT;
	}
}

void
hnsw_scan_settings(Relation index, KgScanSettings *settings)
{
	settings->limit_level = DEBUG1;
	settings->limit_hint = "Raise hnsw.max_scan_tuples.";
	settings->memory *= hnsw_scan_mem_multiplier;
	if (hnsw_ef_search_is_set)
		settings->ef_search = hnsw_ef_search < DEFAULT_EF_SEARCH ? hnsw_ef_search : 0;
	settings->least_ef_search = (int) (hnsw_ef_search * EF_SEARCH_FACTOR);
	if (hnsw_iterative_scan_is_set)
	{
		settings->iterative_scan = iterative_scan(hnsw_iterative_scan);

		/* who asks for that gets no more rows than from pgvector */
		if (hnsw_iterative_scan == SCAN_OFF)
			settings->ef_search = hnsw_ef_search;
	}
	if (hnsw_max_scan_tuples_is_set)
		settings->max_scan_tuples = hnsw_max_scan_tuples;
}

/* The part of the rows that so many lists hold. */
static double
part_of_lists(Relation index, int probes)
{
	const IvfflatOptions *options = (IvfflatOptions *) index->rd_options;
	int			lists = options ? options->lists : DEFAULT_LISTS;

	return Min((double) probes / lists, 1);
}

void
ivfflat_scan_settings(Relation index, KgScanSettings *settings)
{
	double		rows = index->rd_rel->reltuples;

	settings->limit_level = DEBUG1;
	settings->limit_hint = "Raise ivfflat.max_probes.";
	if (ivfflat_iterative_scan_is_set)
		settings->iterative_scan = iterative_scan(ivfflat_iterative_scan);
	if (ivfflat_probes_is_set)
	{
		double		part = part_of_lists(index, ivfflat_probes);

		settings->ef_search = part < MOST_LISTS ? 0 : EVERY_ROW;
		if (part >= MANY_LISTS)
			settings->target_recall = Max(settings->target_recall, NEARLY_ALL);
	}
	if (ivfflat_max_probes_is_set && rows > 0)
	{
		double		part = part_of_lists(index, Max(ivfflat_max_probes,
													ivfflat_probes));

		if (part < 1)
			settings->max_scan_tuples = (int64) (part * rows) + 1;
	}
}
