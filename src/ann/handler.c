/*
 * handler.c
 *	  The access methods kg_hnsw and kg_diskann: their face to the server.
 */
#include "postgres.h"

#include <limits.h>

#include "access/amapi.h"
#include "access/reloptions.h"
#include "commands/progress.h"
#include "commands/vacuum.h"
#include "fmgr.h"
#include "utils/guc.h"

#include "ann/aminsert.h"
#include "ann/amvacuum.h"
#include "ann/ann.h"
#include "ann/core/access_method.h"
#include "ann/core/build.h"
#include "ann/core/build_rows.h"
#include "ann/core/column.h"
#include "ann/core/filter_column.h"
#include "ann/core/recall.h"
#include "ann/scan/array_paths.h"
#include "ann/scan/cost.h"
#include "ann/scan/limit.h"
#include "ann/scan/scan.h"
#include "ann/scan/scan_settings.h"
#include "ann/validate.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_hnsw_handler);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_diskann_handler);

static relopt_kind hnsw_relopt_kind;
static relopt_kind diskann_relopt_kind;

static bytea *diskann_options(Datum reloptions, bool validate);

/* kg_hnsw but for its options, by which it is known, and so for its layout. */
static const KgAccessMethod diskann = {
	.name = "kg_diskann",.options = diskann_options,.pages = true
};

static relopt_enum_elt_def storage_options[] = {
	{"auto", KG_STORAGE_AUTO},
	{"f32", KG_STORAGE_F32},
	{"f16", KG_STORAGE_F16},
	{"sq8", KG_STORAGE_SQ8},
	{"sq4", KG_STORAGE_SQ4},
	{"sq2", KG_STORAGE_SQ2},
	{NULL, 0}
};

static const struct config_enum_entry iterative_scan_options[] = {
	{"strict", ITERATIVE_STRICT, false},
	{"relaxed", ITERATIVE_RELAXED, false},
	{"off", ITERATIVE_OFF, false},

	/* pgvector's words: taken, not shown */
	{"strict_order", ITERATIVE_STRICT, true},
	{"relaxed_order", ITERATIVE_RELAXED, true},
	{NULL, 0, false}
};

/* The options that both access methods have; method is NULL for kg_hnsw. */
static void
define_common_options(relopt_kind kind, const KgAccessMethod *method)
{
	/* both hold from the next insert on */
	add_bool_reloption(kind, "fastupdate",
					   "Inserts append to a list, which is merged later.",
					   method && method->fastupdate, ShareUpdateExclusiveLock);
	add_int_reloption(kind, "pending_list_limit",
					  "Size of that list, in kilobytes, from which on an insert "
					  "merges it; 0 chooses.",
					  0, 0, MAX_KILOBYTES, ShareUpdateExclusiveLock);
	add_int_reloption(kind, "ef_construction",
					  "Nodes that an insert's search keeps in view.",
					  KG_DEFAULT_EF_CONSTRUCTION, KG_MIN_EF_CONSTRUCTION,
					  KG_MAX_EF_CONSTRUCTION, AccessExclusiveLock);
	add_enum_reloption(kind, "storage",
					   "How a node stores its vector.",
					   storage_options, KG_STORAGE_AUTO,
					   "Valid values are \"auto\", \"f32\", \"f16\", \"sq8\", "
					   "\"sq4\" and \"sq2\".",
					   AccessExclusiveLock);
	add_int_reloption(kind, "code_bits",
					  "Bits of a neighbour's code for each dimension; 0 chooses.",
					  0, 0, 2, AccessExclusiveLock);
	add_int_reloption(kind, "code_dims",
					  "Dimensions that a neighbour's code covers; 0 chooses.",
					  0, 0, KG_MAX_DIMS, AccessExclusiveLock);
	add_real_reloption(kind, "target_recall",
					   "Part of the true neighbours that index scans look for, "
					   "unless kg.target_recall is set.",
					   0, KG_MIN_TARGET_RECALL, KG_MAX_TARGET_RECALL,
					   ShareUpdateExclusiveLock);
}

static void
define_options(void)
{
	hnsw_relopt_kind = add_reloption_kind();
	add_int_reloption(hnsw_relopt_kind, "m",
					  "Half of the most neighbours that a node keeps.",
					  0, KG_MIN_M, KG_MAX_M, AccessExclusiveLock);
	define_common_options(hnsw_relopt_kind, NULL);

	diskann_relopt_kind = add_reloption_kind();
	add_int_reloption(diskann_relopt_kind, "members",
					  "Nodes of a page; 0 chooses.",
					  0, 0, KG_MAX_MEMBERS, AccessExclusiveLock);
	add_int_reloption(diskann_relopt_kind, "neighbors",
					  "Most neighbours that a page keeps; 0 keeps as many as fit.",
					  0, 0, KG_MAX_DEGREE, AccessExclusiveLock);
	define_common_options(diskann_relopt_kind, &diskann);
}

static void
define_settings(void)
{
	DefineCustomRealVariable("kg.target_recall",
							 "Part of the true neighbours that an index scan "
							 "looks for: more take longer.",
							 "What this takes is measured when an index is built. "
							 "If set, it overrides the index's option "
							 "target_recall.",
							 &kg_target_recall, KG_DEFAULT_TARGET_RECALL,
							 KG_MIN_TARGET_RECALL, KG_MAX_TARGET_RECALL,
							 PGC_USERSET, 0, kg_target_recall_check,
							 kg_target_recall_assign, NULL);
	DefineCustomIntVariable("kg.ef_search",
							"Nodes that an index scan keeps in view, whatever "
							"kg.target_recall is; 0 leaves it to that.",
							NULL,
							&kg_ef_search, 0, 0, KG_MAX_EF_SEARCH,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("kg.iterative_scan",
							 "How an index scan goes on after its first "
							 "kg.ef_search rows.",
							 "\"strict\" keeps the order for as long as the graph "
							 "leads on, \"relaxed\" returns rows as they are "
							 "found, \"off\" ends the scan.",
							 &kg_iterative_scan, ITERATIVE_STRICT,
							 iterative_scan_options,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("kg.max_scan_tuples",
							"Nodes that an index scan may visit before it ends "
							"early; 0 is no limit.",
							"Looked at after every kg.ef_search nodes.  A scan "
							"that ends early says so.",
							&kg_max_scan_tuples, 0, 0, INT_MAX,
							PGC_USERSET, 0, NULL, NULL, NULL);
}

#define COMMON_OPTIONS \
	{"ef_construction", RELOPT_TYPE_INT, offsetof(KgOptions, ef_construction)}, \
	{"storage", RELOPT_TYPE_ENUM, offsetof(KgOptions, storage)}, \
	{"code_bits", RELOPT_TYPE_INT, offsetof(KgOptions, code_bits)}, \
	{"code_dims", RELOPT_TYPE_INT, offsetof(KgOptions, code_dims)}, \
	{"target_recall", RELOPT_TYPE_REAL, offsetof(KgOptions, target_recall)}, \
	{"fastupdate", RELOPT_TYPE_BOOL, offsetof(KgOptions, fastupdate)}, \
	{"pending_list_limit", RELOPT_TYPE_INT, offsetof(KgOptions, pending_list_limit)}

static bytea *
hnsw_options(Datum reloptions, bool validate)
{
	static const relopt_parse_elt tab[] = {
		{"m", RELOPT_TYPE_INT, offsetof(KgOptions, m)},
		COMMON_OPTIONS
	};

	return (bytea *) build_reloptions(reloptions, validate, hnsw_relopt_kind,
									  sizeof(KgOptions), tab, lengthof(tab));
}

static bytea *
diskann_options(Datum reloptions, bool validate)
{
	static const relopt_parse_elt tab[] = {
		{"members", RELOPT_TYPE_INT, offsetof(KgOptions, members)},
		{"neighbors", RELOPT_TYPE_INT, offsetof(KgOptions, neighbors)},
		COMMON_OPTIONS
	};

	return (bytea *) build_reloptions(reloptions, validate, diskann_relopt_kind,
									  sizeof(KgOptions), tab, lengthof(tab));
}

void
kg_ann_init(void)
{
	define_options();
	define_settings();
	kg_access_method_add(&diskann);
	kg_limit_init();
	kg_array_paths_init();
}

static char *
kg_ambuildphasename(int64 phase)
{
	switch (phase)
	{
		case PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE:
			return "initializing";
		case KG_BUILD_PHASE_SAMPLE:
			return "sampling the table";
		case KG_BUILD_PHASE_ORDER:
			return "putting rows in spatial order";
		case KG_BUILD_PHASE_INSERT:
			return "inserting rows";
		case KG_BUILD_PHASE_CHOOSE:
			return "choosing neighbors again";
		case KG_BUILD_PHASE_CALIBRATE:
			return "calibrating";
		case KG_BUILD_PHASE_WRITE:
			return "writing the index";
		default:
			return NULL;
	}
}

static IndexAmRoutine *
make_handler(amoptions_function options)
{
	IndexAmRoutine *am = makeNode(IndexAmRoutine);

	am->amstrategies = 0;
	am->amsupport = KG_FILTER_PROC;
	am->amcanorderbyop = true;
	am->amcanmulticol = true;
	am->amoptionalkey = true;
	am->amsearcharray = true;
	am->amsearchnulls = true;
	am->amparallelvacuumoptions = VACUUM_OPTION_PARALLEL_BULKDEL;
	am->amkeytype = InvalidOid;

	am->ambuild = kg_ambuild;
	am->ambuildempty = kg_ambuildempty;
	am->aminsert = kg_aminsert;
	am->ambulkdelete = kg_ambulkdelete;
	am->amvacuumcleanup = kg_amvacuumcleanup;
	am->amcostestimate = kg_amcostestimate;
	am->amoptions = options;
	am->ambuildphasename = kg_ambuildphasename;
	am->amvalidate = kg_amvalidate;
	am->ambeginscan = kg_ambeginscan;
	am->amrescan = kg_amrescan;
	am->amgettuple = kg_amgettuple;
	am->amendscan = kg_amendscan;

	return am;
}

Datum
kg_hnsw_handler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(make_handler(hnsw_options));
}

Datum
kg_diskann_handler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(make_handler(diskann_options));
}
