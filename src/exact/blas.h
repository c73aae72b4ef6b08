/*
 * blas.h
 *	  Inner products of many vectors with many others, by OpenBLAS if it is
 *	  there, else by the kernels of simd/.
 */
#ifndef KG_BLAS_H
#define KG_BLAS_H

/* Vectors one after another, "stride" floats from one to the next. */
typedef struct KgMatrix
{
	const float *x;
	int			count;
	int			stride;
} KgMatrix;

/*
 * Bound of the rounding error of a product, relative to the product of both
 * norms: a sum of dim products, in whatever order, in float4.
 */
#define KG_BLAS_REL_ERR(dim) (((dim) + 2) * (1.0 / 16777216.0) * 1.01)

/*
 * Products in one call: it cannot be interrupted.  A slow CPU without OpenBLAS
 * needs some 10 ms for so many multiplications.
 */
#define KG_BLAS_MAX_WORK (1 << 24)

/*
 * Loads OpenBLAS, unless it is loaded or kg.blas_library says not to.  Raises
 * an error if a library that the setting names cannot be loaded, and a notice,
 * once, if there is no OpenBLAS.
 */
extern void kg_blas_load(void);

/*
 * products[i * b.count + j] becomes the inner product of vector i of a and
 * vector j of b, of dims elements both.  a.count * b.count * dims is at most
 * KG_BLAS_MAX_WORK, or one vector of either.
 */
extern void kg_blas_products(KgMatrix a, KgMatrix b, int dims,
							 float *products);

/* Defines kg.blas_library. */
extern void kg_blas_init(void);

#endif							/* KG_BLAS_H */
