/*
 * simd.h
 *	  Kernels for distances and scans of codes, chosen by CPU.
 *
 * kg_simd points to a table of functions, which kg_simd_select() chooses.
 * portable.c is the reference; avx2.c, avx512.c and neon.c agree with it
 * within KG_SIMD_REL_ERR.  This folder includes no server header, so that
 * unit tests, fuzzers and micro-benchmarks link it without a server.
 *
 * Lengths are in elements unless a name says bytes, and any value >= 0 is
 * allowed.  No pointer needs alignment beyond its element's.  No kernel reads
 * outside its inputs unless its comment says so.
 */
#ifndef KG_SIMD_H
#define KG_SIMD_H

/* The bytes of codes and of elements are on pages as the kernels read them. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "kg needs a little-endian processor, as x86-64 and arm64 are: the pages \
of its indexes have that order of bytes"
#endif
#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ != 8
#error "kg needs a 64-bit processor and a 64-bit PostgreSQL, as of x86-64 and \
arm64"
#endif

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef enum KgSimdLevel
{
	KG_SIMD_AUTO,
	KG_SIMD_PORTABLE,
	KG_SIMD_AVX2,				/* with FMA, F16C and POPCNT */
	KG_SIMD_AVX512,				/* F, BW, DQ, VL, VBMI, VNNI, VPOPCNTDQ */
	KG_SIMD_NEON,
	KG_SIMD_LEVELS
} KgSimdLevel;

/*
 * Bound of the rounding error of the float kernels, relative to the sum of the
 * terms' absolute values.  Every kernel keeps at least 16 independent partial
 * sums: at most dim/16 additions in a row, and six more to join them.  Each
 * term has at most three roundings (that of a difference counts twice in its
 * square).  A rounding of float4 is off by half an ulp, 2^-24.
 */
#define KG_SIMD_REL_ERR(dim) (((dim) / 16 + 10) * (1.0 / 16777216.0))

/*
 * The same for a function of another extension that sums in float4: it may
 * add one term after the other.
 */
#define KG_FOREIGN_REL_ERR(dim) (((dim) + 10) * (1.0 / 16777216.0))

/* The most rows that one call of code_scan handles. */
#define KG_CODE_ROWS 32

/* Dot products of a code y with the residual r and the vector c. */
typedef struct KgCodeDots
{
	float		ry;				/* <r, y> */
	float		cy;				/* <c, y> */
} KgCodeDots;

/* Sums over two strings of bytes a and b: products, squares, and bytes. */
typedef struct KgByteSums
{
	uint32_t	ab;
	uint32_t	aa;
	uint32_t	bb;
	uint32_t	a;
	uint32_t	b;
} KgByteSums;

typedef struct KgSimd
{
	const char *name;

	/* float4 x float4 */
	float		(*l2sq_f32) (const float *a, const float *b, int dim);
	float		(*ip_f32) (const float *a, const float *b, int dim);
	float		(*l1_f32) (const float *a, const float *b, int dim);
	/* dot product and both squared norms in one pass */
	void		(*cosine_f32) (const float *a, const float *b, int dim,
							   float *ab, float *aa, float *bb);

	/*
	 * The largest dot product of q with nrows vectors, at least one, which
	 * begin stride floats apart
	 */
	float		(*max_ip_f32) (const float *q, const float *rows, int stride,
							   int nrows, int dim);

	/* squared distances of q and each of such rows, none of them perhaps */
	void		(*l2sq_rows_f32) (const float *q, const float *rows, int stride,
								  int nrows, int dim, float *out);

	/* float16 x float16 (IEEE binary16 bits), sums in float4 */
	float		(*l2sq_f16) (const uint16_t *a, const uint16_t *b, int dim);
	float		(*ip_f16) (const uint16_t *a, const uint16_t *b, int dim);
	float		(*l1_f16) (const uint16_t *a, const uint16_t *b, int dim);
	void		(*cosine_f16) (const uint16_t *a, const uint16_t *b, int dim,
							   float *ab, float *aa, float *bb);

	/* bytes x bytes, exact; n is at most 16,384, so that no sum overflows */
	void		(*sums_u8) (const uint8_t *a, const uint8_t *b, int n,
							KgByteSums *sums);

	/* float4 query x stored vector */
	float		(*l2sq_f32_f16) (const float *q, const uint16_t *x, int dim);

	/*
	 * x[i] is min + delta * code[i] in float4, rounded once or twice,
	 * depending on the level.  Its error is at most 2^-23 * (|min| + |delta| *
	 * the largest code); the error of the vector x is at most sqrt(dim) times
	 * that.  Codes have 8, 4 or 2 bits, the first in the lowest bits of a
	 * byte.
	 */
	float		(*l2sq_f32_sq8) (const float *q, const uint8_t *code,
								 float min, float delta, int dim);
	float		(*l2sq_f32_sq4) (const float *q, const uint8_t *code,
								 float min, float delta, int dim);
	float		(*l2sq_f32_sq2) (const float *q, const uint8_t *code,
								 float min, float delta, int dim);

	/* decode the same x */
	void		(*sq8_to_f32) (const uint8_t *code, float min, float delta,
							   float *out, int dim);
	void		(*sq4_to_f32) (const uint8_t *code, float min, float delta,
							   float *out, int dim);
	void		(*sq2_to_f32) (const uint8_t *code, float min, float delta,
							   float *out, int dim);

	/* conversions: round to nearest even; overflow gives infinity */
	void		(*f32_to_f16) (const float *x, uint16_t *out, int dim);
	void		(*f16_to_f32) (const uint16_t *x, float *out, int dim);

	/* bit strings of nbytes bytes: |a xor b|; |a and b|, |a|, |b| */
	uint64_t	(*hamming) (const uint8_t *a, const uint8_t *b, size_t nbytes);
	void		(*jaccard) (const uint8_t *a, const uint8_t *b, size_t nbytes,
							uint64_t *ab, uint64_t *aa, uint64_t *bb);

	/*
	 * A bit string q against nrows others that stand one after another, row r
	 * at rows + r * nbytes: |q xor row|; |q and row| and |row|.
	 */
	void		(*hamming_rows) (const uint8_t *q, const uint8_t *rows,
								 size_t nbytes, int nrows, uint32_t *out);
	void		(*jaccard_rows) (const uint8_t *q, const uint8_t *rows,
								 size_t nbytes, int nrows, uint32_t *both,
								 uint32_t *set);

	/*
	 * Walsh-Hadamard transform in place, unnormalised; n is a power of two.
	 */
	void		(*fht) (double *x, int n);

	/*
	 * Codes the residual r = x - c in one or two bits a dimension.  Bit i of
	 * signs is r[i] > 0; y[i] is +1 if it is set, else -1.  If magnitudes is
	 * not NULL, bit i of it raises y[i] by 0.5 if it is set, else lowers it
	 * by 0.5, so that |y[i]| is 1.5 if |r[i]| > threshold, else 0.5. n is a
	 * multiple of 8; each plane has n / 8 bytes, dimension i in bit i % 8 of
	 * byte i / 8, and is the same at every level.
	 */
	KgCodeDots	(*code_encode) (const float *x, const float *c, int n,
								float threshold, uint8_t *signs,
								uint8_t *magnitudes);

	/*
	 * Table sums over rows of 4-bit codes ("codebooks"): FastScan's shuffles,
	 * on rows stored one after another (registers transpose 16x16 bytes). Row
	 * r starts at codes + r * nbytes; its byte j holds codebook 2j in the low
	 * nibble and 2j+1 in the high one.  lut has 16 bytes for each codebook;
	 * the number of codebooks is 2 * nbytes rounded up to a multiple of 32.
	 * Entries past the row's end must be zero.
	 *
	 * sums[r] = sum over codebooks k of lut[16k + nibble(r, k)], exactly, for
	 * r in [0, nrows).  nrows is 1..KG_CODE_ROWS; sums has KG_CODE_ROWS
	 * elements.  May read up to 15 bytes past the last row's end.
	 */
	void		(*code_scan) (const uint8_t *codes, int nbytes, int nrows,
							  const uint8_t *lut, uint32_t *sums);

	/*
	 * Fills lut for code_scan from a query of dim floats (dim a multiple of
	 * 4).  Entry v of codebook k represents t, the sum over its four
	 * dimensions j of (bit j of v ? +q[4k+j] : -q[4k+j]).  It is stored as
	 * round((t + T_k) / delta) clamped to 0..255, where T_k is the sum of
	 * |q[4k+j]|.  So sum(t) = delta * sum(entries) + bias with bias =
	 * -sum(T_k).  If delta is zero, all entries are.  Writes 16 * (dim / 4)
	 * bytes, the same at every level, and returns bias.
	 */
	float		(*code_lut) (const float *q, int dim, float delta,
							 uint8_t *lut);

	/*
	 * Estimates of squared distances from code_scan's sums: out[i] = base +
	 * scale * (A[i] + B[i] * (bias + delta * sums[i])), A and B in bfloat16,
	 * i in [0, n), n <= KG_CODE_ROWS, sums[i] < 2^31.
	 */
	void		(*code_estimate) (const uint32_t *sums, const uint16_t *A,
								  const uint16_t *B, float base, float scale,
								  float bias, float delta, int n, float *out);
} KgSimd;

/* The chosen kernels. Portable until kg_simd_select() is called. */
extern const KgSimd *kg_simd;

/* True if this build has the level and this CPU runs it. */
extern bool kg_simd_available(KgSimdLevel level);

/* Switches kg_simd to an available level; AUTO takes the best one. */
extern void kg_simd_select(KgSimdLevel level);

/* "auto", "portable", ... */
extern const char *kg_simd_level_name(KgSimdLevel level);

/* The table of one level, NULL where the build lacks it. For tests. */
extern const KgSimd *kg_simd_table(KgSimdLevel level);

/* One value at a time, for I/O and casts. */
extern uint16_t kg_f16_from_f32(float x);
extern float kg_f16_to_f32(uint16_t h);

/* bfloat16: the upper half of a float4, with all of its range. */
#define KG_BF16_ONE 0x3f80

static inline float
kg_bf16_to_f32(uint16_t h)
{
	uint32_t	bits = (uint32_t) h << 16;
	float		x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* Rounds to nearest even; finite numbers stay finite. */
static inline uint16_t
kg_bf16_from_f32(float x)
{
	uint32_t	bits;

	memcpy(&bits, &x, sizeof(bits));
	if ((bits & 0x7fff0000) < 0x7f7f0000)
		bits += 0x7fff + (bits >> 16 & 1);
	return (uint16_t) (bits >> 16);
}

#endif							/* KG_SIMD_H */
