/*
 * avx512.c
 *	  The kernels in AVX-512 with the extensions of Ice Lake and Zen 4.
 */
#include "simd/simd_impl.h"

#ifdef KG_SIMD_X86

#include <immintrin.h>

KG_TARGET_BEGIN("avx2,fma,f16c,popcnt,avx512f,avx512bw,avx512dq,avx512vl,"
				"avx512vbmi,avx512vnni,avx512vpopcntdq")

/* The first n lanes, n < 64. */
#define FIRST(n) ((UINT64_C(1) << (n)) - 1)

/*
 * Floats
 */

typedef __m512 Vec;
#define VEC_LANES 16

KG_ALWAYS_INLINE Vec
vec_set1(float x)
{
	return _mm512_set1_ps(x);
}

KG_ALWAYS_INLINE Vec
vec_add(Vec a, Vec b)
{
	return _mm512_add_ps(a, b);
}

KG_ALWAYS_INLINE Vec
vec_sub(Vec a, Vec b)
{
	return _mm512_sub_ps(a, b);
}

KG_ALWAYS_INLINE Vec
vec_fma(Vec a, Vec b, Vec c)
{
	return _mm512_fmadd_ps(a, b, c);
}

KG_ALWAYS_INLINE Vec
vec_abs(Vec a)
{
	return _mm512_abs_ps(a);
}

KG_ALWAYS_INLINE float
vec_sum(Vec v)
{
	return _mm512_reduce_add_ps(v);
}

typedef __mmask16 VecMask;

KG_ALWAYS_INLINE VecMask
vec_gt(Vec a, Vec b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

KG_ALWAYS_INLINE Vec
vec_select(VecMask mask, Vec a, Vec b)
{
	return _mm512_mask_mov_ps(b, mask, a);
}

KG_ALWAYS_INLINE unsigned
vec_bits(VecMask mask)
{
	return mask;
}

KG_ALWAYS_INLINE Vec
vec_keep(Vec v, int n)
{
	return _mm512_maskz_mov_ps((__mmask16) FIRST(n), v);
}

/* Spreads sixteen codes of 4 bits over the lanes. */
KG_ALWAYS_INLINE Vec
spread_nibbles(uint64_t codes)
{
	__m128i		bytes = _mm_cvtsi64_si128((long long) codes);
	__m512i		v = _mm512_cvtepu8_epi64(bytes);

	/* The low half of each byte to an even lane, the high to an odd one. */
	v = _mm512_or_si512(v, _mm512_slli_epi64(v, 28));
	return _mm512_cvtepi32_ps(_mm512_and_si512(v, _mm512_set1_epi32(15)));
}

/* Spreads sixteen codes of 2 bits over the lanes. */
KG_ALWAYS_INLINE Vec
spread_pairs(uint32_t codes)
{
	__m512i		shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
										  22, 24, 26, 28, 30);
	__m512i		v = _mm512_srlv_epi32(_mm512_set1_epi32((int) codes), shift);

	return _mm512_cvtepi32_ps(_mm512_and_si512(v, _mm512_set1_epi32(3)));
}

KG_ALWAYS_INLINE Vec
vec_load(const void *p, Format f)
{
	__m512i		bytes;

	switch (f)
	{
		case F32:
			return _mm512_loadu_ps(p);
		case F16:
			return _mm512_cvtph_ps(_mm256_loadu_si256(p));
		case BF16:
			bytes = _mm512_cvtepu16_epi32(_mm256_loadu_si256(p));
			return _mm512_castsi512_ps(_mm512_slli_epi32(bytes, 16));
		case U32:
			return _mm512_cvtepu32_ps(_mm512_loadu_si512(p));
		case U8:
			bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128(p));
			return _mm512_cvtepi32_ps(bytes);
		case U4:
			return spread_nibbles(load_some(p, 8));
		case U2:
		default:
			return spread_pairs((uint32_t) load_some(p, 4));
	}
}

KG_ALWAYS_INLINE Vec
vec_load_some(const void *p, Format f, int n)
{
	__mmask16	first = (__mmask16) FIRST(n);
	__m512i		bytes;

	switch (f)
	{
		case F32:
			return _mm512_maskz_loadu_ps(first, p);
		case F16:
			return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first, p));
		case BF16:
			bytes = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first, p));
			return _mm512_castsi512_ps(_mm512_slli_epi32(bytes, 16));
		case U32:
			return _mm512_cvtepu32_ps(_mm512_maskz_loadu_epi32(first, p));
		case U8:
			bytes = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first, p));
			return _mm512_cvtepi32_ps(bytes);
		case U4:
			return spread_nibbles(load_some(p, format_bytes(f, n)));
		case U2:
		default:
			return spread_pairs((uint32_t) load_some(p, format_bytes(f, n)));
	}
}

KG_ALWAYS_INLINE __m256i
to_f16(Vec v)
{
	return _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT);
}

KG_ALWAYS_INLINE void
vec_store(void *p, Format f, Vec v)
{
	if (f == F16)
		_mm256_storeu_si256(p, to_f16(v));
	else
		_mm512_storeu_ps(p, v);
}

KG_ALWAYS_INLINE void
vec_store_some(void *p, Format f, Vec v, int n)
{
	__mmask16	first = (__mmask16) FIRST(n);

	if (f == F16)
		_mm256_mask_storeu_epi16(p, first, to_f16(v));
	else
		_mm512_mask_storeu_ps(p, first, v);
}

/*
 * Bits
 */

typedef __m512i Bits;
#define BITS_BYTES 64

KG_ALWAYS_INLINE Bits
bits_zero(void)
{
	return _mm512_setzero_si512();
}

KG_ALWAYS_INLINE Bits
bits_load(const uint8_t *p)
{
	return _mm512_loadu_si512(p);
}

KG_ALWAYS_INLINE Bits
bits_load_some(const uint8_t *p, size_t n)
{
	return _mm512_maskz_loadu_epi8(FIRST(n), p);
}

KG_ALWAYS_INLINE Bits
bits_xor(Bits a, Bits b)
{
	return _mm512_xor_si512(a, b);
}

KG_ALWAYS_INLINE Bits
bits_and(Bits a, Bits b)
{
	return _mm512_and_si512(a, b);
}

KG_ALWAYS_INLINE Bits
bits_count(Bits acc, Bits b)
{
	return _mm512_add_epi64(acc, _mm512_popcnt_epi64(b));
}

KG_ALWAYS_INLINE uint64_t
bits_sum(Bits acc)
{
	return (uint64_t) _mm512_reduce_add_epi64(acc);
}

/*
 * Sums of bytes and of their products, in lanes of 32 bits
 */

KG_ALWAYS_INLINE Bits
bytes_sum(Bits acc, Bits b)
{
	return _mm512_add_epi64(acc, _mm512_sad_epu8(b, bits_zero()));
}

/* The instruction takes one operand as signed: b less 128. */
typedef __m512i Dots;
#define DOTS_BIAS 128

KG_ALWAYS_INLINE Dots
dots_zero(void)
{
	return _mm512_setzero_si512();
}

KG_ALWAYS_INLINE Dots
dots_add(Dots acc, Bits a, Bits b)
{
	__m512i		signed_b = _mm512_xor_si512(b, _mm512_set1_epi8(-128));

	return _mm512_dpbusd_epi32(acc, a, signed_b);
}

KG_ALWAYS_INLINE uint32_t
dots_sum(Dots acc)
{
	return (uint32_t) _mm512_reduce_add_epi32(acc);
}

/*
 * Codes
 */

/* w in the lanes of bits, -w in the others; negative lanes become zero. */
KG_ALWAYS_INLINE Vec
lut_term(Vec w, __mmask16 bits)
{
	Vec			zero = _mm512_setzero_ps();

	return _mm512_max_ps(_mm512_mask_sub_ps(w, ~bits, zero, w), zero);
}

/* Lane v is entry v. */
KG_ALWAYS_INLINE void
lut_entries(const float *q, float unit, uint8_t *lut)
{
	__m128		w4 = _mm_mul_ps(_mm_loadu_ps(q), _mm_set1_ps(unit));
	Vec			w = _mm512_broadcast_f32x4(w4);
	Vec			low = vec_add(lut_term(_mm512_permute_ps(w, 0x00), 0xaaaa),
							  lut_term(_mm512_permute_ps(w, 0x55), 0xcccc));
	Vec			high = vec_add(lut_term(_mm512_permute_ps(w, 0xaa), 0xf0f0),
							   lut_term(_mm512_permute_ps(w, 0xff), 0xff00));
	__m512i		entries = _mm512_cvtps_epu32(vec_add(low, high));

	_mm_storeu_si128((__m128i *) lut, _mm512_cvtusepi32_epi8(entries));
}

/*
 * AVX2's shuffles look up 16 entries, so a register must hold the bytes of one
 * column of codes.  VPERMB looks up 64 entries.  So a register holds four bytes
 * of each of 16 rows, and VPDPBUSD sums them: a transpose of 4-byte units is
 * enough, and sums are 32 bits wide from the start.
 */

/* The 16 bytes at p, and at p + 4, 8 and 12 rows, one in each 128-bit lane. */
KG_ALWAYS_INLINE __m512i
load_lanes(const uint8_t *codes, size_t stride, int row, int nrows)
{
	__m128i		part[4];
	__m512i		v;

	KG_UNROLLED_FOR(i, 4)
	{
		size_t		r = row + 4 * i < nrows ? row + 4 * i : nrows - 1;

		part[i] = _mm_loadu_si128((const __m128i *) (codes + r * stride));
	}
	v = _mm512_castsi128_si512(part[0]);
	v = _mm512_inserti32x4(v, part[1], 1);
	v = _mm512_inserti32x4(v, part[2], 2);
	return _mm512_inserti32x4(v, part[3], 3);
}

/*
 * Loads 16 bytes of 16 rows so that v[c] has bytes 4c to 4c + 3 of row r in
 * its 32-bit lane r.  Rows past the end repeat the last row.
 */
KG_ALWAYS_INLINE void
load_columns(const uint8_t *codes, size_t stride, int row, int nrows,
			 __m512i *v)
{
	__m512i		r0 = load_lanes(codes, stride, row, nrows);
	__m512i		r1 = load_lanes(codes, stride, row + 1, nrows);
	__m512i		r2 = load_lanes(codes, stride, row + 2, nrows);
	__m512i		r3 = load_lanes(codes, stride, row + 3, nrows);
	__m512i		low01 = _mm512_unpacklo_epi32(r0, r1);
	__m512i		high01 = _mm512_unpackhi_epi32(r0, r1);
	__m512i		low23 = _mm512_unpacklo_epi32(r2, r3);
	__m512i		high23 = _mm512_unpackhi_epi32(r2, r3);

	v[0] = _mm512_unpacklo_epi64(low01, low23);
	v[1] = _mm512_unpackhi_epi64(low01, low23);
	v[2] = _mm512_unpacklo_epi64(high01, high23);
	v[3] = _mm512_unpackhi_epi64(high01, high23);
}

/*
 * Loads the tables of the low nibbles of bytes 0, 2, 1 and 3 of a lane, in this
 * order, and the tables of the high nibbles.  In lut they alternate: low 0,
 * high 0, low 1 and so on.  So two overlapping loads give every other table each.
 */
KG_ALWAYS_INLINE void
load_tables(const uint8_t *lut, __m512i *low, __m512i *high)
{
	const __mmask8 odd = 0xcc;	/* 128-bit lanes 1 and 3, in 64-bit lanes */

	*low = _mm512_loadu_si512(lut);
	*low = _mm512_mask_loadu_epi64(*low, odd, lut + 48);
	*high = _mm512_loadu_si512(lut + 16);
	*high = _mm512_mask_loadu_epi64(*high, odd, lut + 64);
}

KG_ALWAYS_INLINE __m512i
add_lookup(__m512i sum, __m512i table, __m512i codes)
{
	const __m512i which = _mm512_set1_epi32(0x30102000);
	const __m512i nibble = _mm512_set1_epi8(15);
	__m512i		index;

	/* (codes & nibble) | which */
	index = _mm512_ternarylogic_epi32(codes, nibble, which, 0xea);
	return _mm512_dpbusd_epi32(sum, _mm512_permutexvar_epi8(index, table),
							   _mm512_set1_epi8(1));
}

/* halves: 1 if nrows <= 16, else 2; a constant */
KG_ALWAYS_INLINE void
scan_rows(const uint8_t *codes, int nbytes, int nrows, int halves,
		  const uint8_t *lut, uint32_t *sums)
{
	__m512i		sum[2][2];

	KG_UNROLLED_FOR(half, 2)
	{
		sum[half][0] = sum[half][1] = _mm512_setzero_si512();
	}
	for (int i = 0; i < nbytes; i += 16, lut += 512)
	{
		__m512i		v[2][4];

		KG_UNROLLED_FOR(half, halves)
		{
			load_columns(codes + i, nbytes, 16 * half, nrows, v[half]);
		}
		KG_UNROLLED_FOR(c, 4)
		{
			__m512i		low;
			__m512i		high;

			load_tables(lut + 128 * c, &low, &high);
			KG_UNROLLED_FOR(half, halves)
			{
				__m512i		codes4 = v[half][c];

				sum[half][0] = add_lookup(sum[half][0], low, codes4);
				sum[half][1] = add_lookup(sum[half][1], high,
										  _mm512_srli_epi32(codes4, 4));
			}
		}
	}
	KG_UNROLLED_FOR(half, halves)
	{
		_mm512_storeu_si512(sums + 16 * half,
							_mm512_add_epi32(sum[half][0], sum[half][1]));
	}
}

static void
code_scan(const uint8_t *codes, int nbytes, int nrows, const uint8_t *lut,
		  uint32_t *sums)
{
	if (nrows == KG_CODE_ROWS)
		scan_rows(codes, nbytes, KG_CODE_ROWS, 2, lut, sums);
	else if (nrows > 16)
		scan_rows(codes, nbytes, nrows, 2, lut, sums);
	else
		scan_rows(codes, nbytes, nrows, 1, lut, sums);
}

#include "simd/vector_kernels.h"

KG_TARGET_END

const KgSimd kg_simd_avx512 = {.name = "avx512", VECTOR_KERNELS};

#endif							/* KG_SIMD_X86 */
