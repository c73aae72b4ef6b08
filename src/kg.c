/*
 * kg.c
 *	  Initialises the library: module magic and the settings of all modules.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "ann/ann.h"
#include "exact/blas.h"
#include "graph/catalog/catalog.h"
#include "graph/search/traverse.h"
#include "simd/simd.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

static int	simd_level = KG_SIMD_AUTO;

static const struct config_enum_entry simd_options[] = {
	{"auto", KG_SIMD_AUTO, false},
	{"portable", KG_SIMD_PORTABLE, false},
	{"avx2", KG_SIMD_AVX2, false},
	{"avx512", KG_SIMD_AVX512, false},
	{"neon", KG_SIMD_NEON, false},
	{NULL, 0, false}
};

static bool
check_simd(int *newval, void **extra, GucSource source)
{
	if (kg_simd_available((KgSimdLevel) *newval))
		return true;
	GUC_check_errdetail("This CPU or this build has no \"%s\" kernels.",
						kg_simd_level_name((KgSimdLevel) *newval));
	return false;
}

static void
assign_simd(int newval, void *extra)
{
	kg_simd_select((KgSimdLevel) newval);
}

void
_PG_init(void)
{
	DefineCustomEnumVariable("kg.simd",
							 "Instruction set of the distance kernels.",
							 "\"auto\" takes the best set of this CPU; the "
							 "other values are for testing.",
							 &simd_level, KG_SIMD_AUTO, simd_options,
							 PGC_SUSET, 0, check_simd, assign_simd, NULL);
	kg_ann_init();
	kg_blas_init();
	kg_graph_init();
	kg_traverse_scan_init();
	MarkGUCPrefixReserved("kg");
}
