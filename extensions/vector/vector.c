/*
 * vector.c
 *	  Library of the extension vector: the access methods hnsw and ivfflat, which
 *	  kg's index serves.  The types are functions of the library kg, with which
 *	  this one is linked, so that they are found here, too.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/reloptions.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/pathnodes.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "ann/core/access_method.h"
#include "ann/core/column.h"
#include "settings.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/* Support functions of an operator class; pgvector needs three more. */
#define DISTANCE_PROC 1
#define NORM_PROC 2
#define HNSW_PROCS 3
#define IVFFLAT_PROCS 5

/* The most that a bit string of an index has, here as there. */
#define MOST_BITS 64000

/* So little cheaper is an index of more lists. */
#define COST_OF_LISTS 1e-6

static relopt_kind hnsw_options_kind;
static relopt_kind ivfflat_options_kind;

/*
 * Operator classes: an operator class of pgvector's says what it is by the
 * function of its distance, which only one type has, and by having a norm.
 */

extern Datum kg_hnsw_handler(PG_FUNCTION_ARGS);
extern Datum kg_vector_l2_squared_distance(PG_FUNCTION_ARGS);
extern Datum kg_vector_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_l2_squared_distance(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum kg_vector_l1_distance(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_l1_distance(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_l2_squared_distance(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_l1_distance(PG_FUNCTION_ARGS);
extern Datum kg_bit_hamming_distance(PG_FUNCTION_ARGS);
extern Datum kg_bit_jaccard_distance(PG_FUNCTION_ARGS);
extern Datum kg_ann_vector_l2(PG_FUNCTION_ARGS);
extern Datum kg_ann_vector_ip(PG_FUNCTION_ARGS);
extern Datum kg_ann_vector_cosine(PG_FUNCTION_ARGS);
extern Datum kg_ann_halfvec_l2(PG_FUNCTION_ARGS);
extern Datum kg_ann_halfvec_ip(PG_FUNCTION_ARGS);
extern Datum kg_ann_halfvec_cosine(PG_FUNCTION_ARGS);
extern Datum kg_ann_vector_l1(PG_FUNCTION_ARGS);
extern Datum kg_ann_halfvec_l1(PG_FUNCTION_ARGS);
extern Datum kg_ann_sparsevec_l2(PG_FUNCTION_ARGS);
extern Datum kg_ann_sparsevec_ip(PG_FUNCTION_ARGS);
extern Datum kg_ann_sparsevec_cosine(PG_FUNCTION_ARGS);
extern Datum kg_ann_sparsevec_l1(PG_FUNCTION_ARGS);
extern Datum kg_ann_bit_hamming(PG_FUNCTION_ARGS);
extern Datum kg_ann_bit_jaccard(PG_FUNCTION_ARGS);

typedef struct DistanceColumn
{
	PGFunction	distance;
	bool		with_norm;
	PGFunction	column;			/* support function of kg_hnsw's class */
} DistanceColumn;

static const DistanceColumn columns[] = {
	{kg_vector_l2_squared_distance, false, kg_ann_vector_l2},
	{kg_vector_negative_inner_product, false, kg_ann_vector_ip},
	{kg_vector_negative_inner_product, true, kg_ann_vector_cosine},
	{kg_halfvec_l2_squared_distance, false, kg_ann_halfvec_l2},
	{kg_halfvec_negative_inner_product, false, kg_ann_halfvec_ip},
	{kg_halfvec_negative_inner_product, true, kg_ann_halfvec_cosine},
	{kg_vector_l1_distance, false, kg_ann_vector_l1},
	{kg_halfvec_l1_distance, false, kg_ann_halfvec_l1},
	{kg_sparsevec_l2_squared_distance, false, kg_ann_sparsevec_l2},
	{kg_sparsevec_negative_inner_product, false, kg_ann_sparsevec_ip},
	{kg_sparsevec_negative_inner_product, true, kg_ann_sparsevec_cosine},
	{kg_sparsevec_l1_distance, false, kg_ann_sparsevec_l1},
	{kg_bit_hamming_distance, false, kg_ann_bit_hamming},
	{kg_bit_jaccard_distance, false, kg_ann_bit_jaccard},
};

static bytea *hnsw_options(Datum reloptions, bool validate);

/* The column that the functions of an operator class describe, or NULL. */
static const KgColumn *
find_column(PGFunction distance, bool with_norm)
{
	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		if (columns[i].distance == distance && columns[i].with_norm == with_norm)
			return (const KgColumn *)
				DatumGetPointer(DirectFunctionCall1(columns[i].column, (Datum) 0));
	}
	return NULL;
}

static const KgColumn *
index_column(Relation index)
{
	const KgColumn *column =
	find_column(index_getprocinfo(index, 1, DISTANCE_PROC)->fn_addr,
				OidIsValid(index_getprocid(index, 1, NORM_PROC)));

	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(index), 0);
	const char *name = index->rd_indam->amoptions == hnsw_options ? "hnsw" : "ivfflat";

	/* varbit has no number of dimensions */
	if (column == NULL || attribute->atttypid == VARBITOID)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("type not supported for %s index", name)));
	if (attribute->atttypid == BITOID && attribute->atttypmod > MOST_BITS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("column cannot have more than %d dimensions for %s index",
						MOST_BITS, name)));
	return column;
}

static bool
validate(Oid opclass)
{
	Oid			family = get_opclass_family(opclass);
	Oid			type = get_opclass_input_type(opclass);
	Oid			distance = get_opfamily_proc(family, type, type, DISTANCE_PROC);
	Oid			norm = get_opfamily_proc(family, type, type, NORM_PROC);
	FmgrInfo	info;

	if (OidIsValid(distance))
	{
		fmgr_info(distance, &info);
		if (find_column(info.fn_addr, OidIsValid(norm)))
			return true;
	}
	ereport(INFO,
			(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
			 errmsg("operator class %u has a distance that the index does not know",
					opclass)));
	return false;
}

/*
 * Options.
 */

static void
define_options(void)
{
	hnsw_options_kind = add_reloption_kind();
	add_int_reloption(hnsw_options_kind, "m",
					  "Half of the most neighbours that a node keeps.",
					  0, 2, 100, AccessExclusiveLock);
	add_int_reloption(hnsw_options_kind, "ef_construction",
					  "Nodes that an insert's search keeps in view.",
					  KG_DEFAULT_EF_CONSTRUCTION, 4, 1000, AccessExclusiveLock);
	ivfflat_options_kind = add_reloption_kind();
	add_int_reloption(ivfflat_options_kind, "lists",
					  "What ivfflat.probes is a part of; the index has no lists.",
					  DEFAULT_LISTS, MIN_LISTS, MAX_LISTS, AccessExclusiveLock);
}

static bytea *
hnsw_options(Datum reloptions, bool validate)
{
	static const relopt_parse_elt tab[] = {
		{"m", RELOPT_TYPE_INT, offsetof(KgOptions, m)},
		{"ef_construction", RELOPT_TYPE_INT,
		offsetof(KgOptions, ef_construction)},
	};
	KgOptions  *options = build_reloptions(reloptions, validate, hnsw_options_kind,
										   sizeof(KgOptions), tab, lengthof(tab));

	if (options && validate &&
		options->ef_construction < 2 * (options->m > 0 ? options->m : KG_DEFAULT_M))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ef_construction must be greater than or equal to 2 * m")));
	return (bytea *) options;
}

static bytea *
ivfflat_options(Datum reloptions, bool validate)
{
	static const relopt_parse_elt tab[] = {
		{"lists", RELOPT_TYPE_INT, offsetof(IvfflatOptions, lists)},
	};
	IvfflatOptions *options = build_reloptions(reloptions, validate,
											   ivfflat_options_kind,
											   sizeof(IvfflatOptions), tab,
											   lengthof(tab));

	if (options)
	{
		options->index.m = 0;
		options->index.ef_construction = KG_DEFAULT_EF_CONSTRUCTION;
	}
	return (bytea *) options;
}

/*
 * The access methods.
 */

static const KgAccessMethod hnsw = {
	.name = "hnsw",
	.options = hnsw_options,
	.column = index_column,
	.scan_settings = hnsw_scan_settings,
};

static const KgAccessMethod ivfflat = {
	.name = "ivfflat",
	.options = ivfflat_options,
	.column = index_column,
	.scan_settings = ivfflat_scan_settings,
};

static amcostestimate_function kg_cost;

/* Of two indexes that differ in lists only, the one with more is taken. */
static void
ivfflat_cost(PlannerInfo *root, IndexPath *path, double loop_count,
			 Cost *startup_cost, Cost *total_cost, Selectivity *selectivity,
			 double *correlation, double *pages)
{
	Relation	rel;
	double		factor;

	kg_cost(root, path, loop_count, startup_cost, total_cost,
			selectivity, correlation, pages);
	if (path->indexinfo->hypothetical)
		return;
	rel = index_open(path->indexinfo->indexoid, NoLock);
	factor = 1 + COST_OF_LISTS / (rel->rd_options ?
								  ((IvfflatOptions *) rel->rd_options)->lists :
								  DEFAULT_LISTS);
	index_close(rel, NoLock);
	*startup_cost *= factor;
	*total_cost *= factor;
}

/* What kg_hnsw does, of a vector alone. */
static IndexAmRoutine *
make_handler(const KgAccessMethod *method, int procs)
{
	IndexAmRoutine *am = (IndexAmRoutine *)
	DatumGetPointer(DirectFunctionCall1(kg_hnsw_handler, (Datum) 0));

	am->amsupport = procs;
	am->amcanmulticol = false;
	am->amsearcharray = false;
	am->amsearchnulls = false;
	am->amoptions = method->options;
	am->amvalidate = validate;
	return am;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(hnswhandler);

Datum
hnswhandler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(make_handler(&hnsw, HNSW_PROCS));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(ivfflathandler);

Datum
ivfflathandler(PG_FUNCTION_ARGS)
{
	IndexAmRoutine *am = make_handler(&ivfflat, IVFFLAT_PROCS);

	kg_cost = am->amcostestimate;
	am->amcostestimate = ivfflat_cost;
	PG_RETURN_POINTER(am);
}

/*
 * pgvector's operator classes name such a function for the types that are not
 * vector.  Here the distance tells the type, and nothing calls it.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(vector_type_support);

Datum
vector_type_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

void
_PG_init(void)
{
	/* It came with this library, but its _PG_init was not called. */
	load_file("$libdir/kg", false);
	define_options();
	hnsw_settings_define();
	ivfflat_settings_define();
	kg_access_method_add(&hnsw);
	kg_access_method_add(&ivfflat);
}
