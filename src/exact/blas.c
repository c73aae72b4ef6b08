/*
 * blas.c
 *	  OpenBLAS, loaded by the backend that needs it, when it needs it.
 *
 * kg is not linked with OpenBLAS: few functions use it, and its start-up code
 * makes threads, which a postmaster with kg in shared_preload_libraries must
 * not have.  Its environment variables are set while it is loaded, because it
 * reads them then and never again:
 *
 *	OPENBLAS_NUM_THREADS = 1	no threads: a backend is one thread, and threads
 *								would get its signals
 *	OPENBLAS_CORETYPE			the kernels.  A CPU newer than the library gets
 *								those of an old one, a fifth as fast, if it has
 *								to guess
 */
#include "postgres.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "exact/blas.h"
#include "simd/simd.h"

/* Values of cblas.h's enums. */
#define CBLAS_ROW_MAJOR 101
#define CBLAS_NO_TRANS 111
#define CBLAS_TRANS 112

typedef void (*SgemmFunction) (int order, int trans_a, int trans_b, int m,
							   int n, int k, float alpha, const float *a,
							   int lda, const float *b, int ldb, float beta,
							   float *c, int ldc);

static char *blas_library = NULL;

/* What was loaded, by the value of the setting then. */
static SgemmFunction sgemm = NULL;
static char *loaded = NULL;

/* Debian's name, Fedora's with threads of its own and without, and others'. */
static const char *const library_names[] = {
	"libopenblas.so.0", "libopenblasp.so.0", "libopenblas.so", NULL
};

#define INSTALL_HINT "Install the package libopenblas0 (Debian, Ubuntu) or openblas (Fedora, Red Hat)."

/* Sets a variable unless it is set; true if it has to be taken back. */
static bool
set_if_unset(const char *name, const char *value)
{
	return value != NULL && getenv(name) == NULL &&
		setenv(name, value, 0) == 0;
}

/* OpenBLAS's name of the best kernels that this CPU runs; NULL: let it guess. */
static const char *
core_type(void)
{
	if (kg_simd_available(KG_SIMD_AVX512))
		return "SkylakeX";
	if (kg_simd_available(KG_SIMD_AVX2))
		return "Haswell";
	return NULL;
}

static void *
open_library(const char *name)
{
	bool		threads_set = set_if_unset("OPENBLAS_NUM_THREADS", "1");
	bool		core_set = set_if_unset("OPENBLAS_CORETYPE", core_type());
	void	   *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (threads_set)
		unsetenv("OPENBLAS_NUM_THREADS");
	if (core_set)
		unsetenv("OPENBLAS_CORETYPE");
	return library;
}

/* Takes cblas_sgemm of a library; false, and what dlerror says, if it cannot. */
static bool
take_library(const char *name)
{
	void	   *library = open_library(name);
	void	   *function;
	void		(*set_num_threads) (int);

	if (library == NULL)
		return false;
	function = dlsym(library, "cblas_sgemm");
	if (function == NULL)
		return false;
	memcpy(&sgemm, &function, sizeof(sgemm));

	/* a user's OPENBLAS_NUM_THREADS does not count, and no other BLAS has it */
	function = dlsym(library, "openblas_set_num_threads");
	memcpy(&set_num_threads, &function, sizeof(set_num_threads));
	if (set_num_threads != NULL)
		set_num_threads(1);
	return true;
}

static void
take_any_library(void)
{
	for (int i = 0; library_names[i] != NULL; i++)
	{
		if (take_library(library_names[i]))
			return;
	}
	ereport(NOTICE,
			(errmsg("OpenBLAS was not found; kg's own kernels take its place and are several times slower"),
			 errhint("%s Or set kg.blas_library to \"none\".", INSTALL_HINT)));
}

void
kg_blas_load(void)
{
	if (loaded != NULL && strcmp(loaded, blas_library) == 0)
		return;
	sgemm = NULL;
	if (loaded != NULL)
		free(loaded);
	loaded = NULL;
	if (strcmp(blas_library, "auto") == 0)
		take_any_library();
	else if (strcmp(blas_library, "none") != 0 && !take_library(blas_library))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("could not load \"%s\", which kg.blas_library names", blas_library),
				 errdetail_internal("%s", dlerror()),
				 errhint("%s Or set kg.blas_library to \"auto\" or \"none\".", INSTALL_HINT)));
	loaded = strdup(blas_library);
}

void
kg_blas_products(KgMatrix a, KgMatrix b, int dims, float *products)
{
	if (sgemm != NULL)
	{
		sgemm(CBLAS_ROW_MAJOR, CBLAS_NO_TRANS, CBLAS_TRANS, a.count, b.count,
			  dims, 1, a.x, a.stride, b.x, b.stride, 0, products, b.count);
		return;
	}
	for (int i = 0; i < a.count; i++)
	{
		for (int j = 0; j < b.count; j++)
			products[(Size) i * b.count + j] =
				kg_simd->ip_f32(a.x + (Size) i * a.stride,
								b.x + (Size) j * b.stride, dims);
	}
}

void
kg_blas_init(void)
{
	DefineCustomStringVariable("kg.blas_library",
							   "Library of matrix products for exact search.",
							   "\"auto\" looks for OpenBLAS, \"none\" takes "
							   "kg's own kernels, else the name of a library "
							   "file. It is loaded on first use.",
							   &blas_library, "auto", PGC_SUSET, 0, NULL, NULL,
							   NULL);
}
