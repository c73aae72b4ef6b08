/*
 * avx2.c
 *	  The kernels in AVX2 with FMA and F16C.
 */
#include "simd/simd_impl.h"

#ifdef KG_SIMD_X86

#include <immintrin.h>

KG_TARGET_BEGIN("avx2,fma,f16c,popcnt")

/*
 * Floats
 */

typedef __m256 Vec;
#define VEC_LANES 8

KG_ALWAYS_INLINE Vec
vec_set1(float x)
{
	return _mm256_set1_ps(x);
}

KG_ALWAYS_INLINE Vec
vec_add(Vec a, Vec b)
{
	return _mm256_add_ps(a, b);
}

KG_ALWAYS_INLINE Vec
vec_sub(Vec a, Vec b)
{
	return _mm256_sub_ps(a, b);
}

KG_ALWAYS_INLINE Vec
vec_fma(Vec a, Vec b, Vec c)
{
	return _mm256_fmadd_ps(a, b, c);
}

KG_ALWAYS_INLINE Vec
vec_abs(Vec a)
{
	return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a);
}

KG_ALWAYS_INLINE float
vec_sum(Vec v)
{
	__m128		s = _mm_add_ps(_mm256_castps256_ps128(v),
							   _mm256_extractf128_ps(v, 1));

	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	s = _mm_add_ss(s, _mm_movehdup_ps(s));
	return _mm_cvtss_f32(s);
}

typedef __m256 VecMask;

KG_ALWAYS_INLINE VecMask
vec_gt(Vec a, Vec b)
{
	return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}

KG_ALWAYS_INLINE Vec
vec_select(VecMask mask, Vec a, Vec b)
{
	return _mm256_blendv_ps(b, a, mask);
}

KG_ALWAYS_INLINE unsigned
vec_bits(VecMask mask)
{
	return (unsigned) _mm256_movemask_ps(mask);
}

KG_ALWAYS_INLINE Vec
vec_keep(Vec v, int n)
{
	__m256i		lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i		keep = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane);

	return _mm256_and_ps(v, _mm256_castsi256_ps(keep));
}

/* The n < 16 bytes at p, followed by zeros. */
KG_ALWAYS_INLINE __m128i
load16_some(const void *p, size_t n)
{
	const char *rest = (const char *) p + 8;

	if (n <= 8)
		return _mm_cvtsi64_si128((long long) load_some(p, n));
	return _mm_set_epi64x((long long) load_some(rest, n - 8),
						  (long long) load_some(p, 8));
}

/* The n < 32 bytes at p, followed by zeros. */
KG_ALWAYS_INLINE __m256i
load32_some(const void *p, size_t n)
{
	const char *rest = (const char *) p + 16;

	if (n < 16)
		return _mm256_set_m128i(_mm_setzero_si128(), load16_some(p, n));
	return _mm256_set_m128i(load16_some(rest, n - 16), _mm_loadu_si128(p));
}

/* Spreads eight codes of this many bits, the lowest first, over the lanes. */
KG_ALWAYS_INLINE Vec
spread_bits(uint32_t codes, int bits)
{
	__m256i		lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i		shift = _mm256_mullo_epi32(lane, _mm256_set1_epi32(bits));
	__m256i		v = _mm256_srlv_epi32(_mm256_set1_epi32((int) codes), shift);

	v = _mm256_and_si256(v, _mm256_set1_epi32((1 << bits) - 1));
	return _mm256_cvtepi32_ps(v);
}

KG_ALWAYS_INLINE Vec
vec_load(const void *p, Format f)
{
	__m256i		bytes;

	switch (f)
	{
		case F32:
			return _mm256_loadu_ps(p);
		case F16:
			return _mm256_cvtph_ps(_mm_loadu_si128(p));
		case BF16:
			bytes = _mm256_cvtepu16_epi32(_mm_loadu_si128(p));
			return _mm256_castsi256_ps(_mm256_slli_epi32(bytes, 16));
		case U32:				/* below 2^31, as code_scan's sums are */
			return _mm256_cvtepi32_ps(_mm256_loadu_si256(p));
		case U8:
			bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(p));
			return _mm256_cvtepi32_ps(bytes);
		case U4:
			return spread_bits((uint32_t) load_some(p, 4), 4);
		case U2:
		default:
			return spread_bits((uint32_t) load_some(p, 2), 2);
	}
}

KG_ALWAYS_INLINE Vec
vec_load_some(const void *p, Format f, int n)
{
	size_t		nbytes = format_bytes(f, n);
	__m256i		bytes;

	switch (f)
	{
		case F32:
			return _mm256_castsi256_ps(load32_some(p, nbytes));
		case F16:
			return _mm256_cvtph_ps(load16_some(p, nbytes));
		case BF16:
			bytes = _mm256_cvtepu16_epi32(load16_some(p, nbytes));
			return _mm256_castsi256_ps(_mm256_slli_epi32(bytes, 16));
		case U32:
			return _mm256_cvtepi32_ps(load32_some(p, nbytes));
		case U8:
			bytes = _mm256_cvtepu8_epi32(load16_some(p, nbytes));
			return _mm256_cvtepi32_ps(bytes);
		case U4:
		case U2:
		default:
			return spread_bits((uint32_t) load_some(p, nbytes),
							   format_bits(f));
	}
}

KG_ALWAYS_INLINE void
vec_store(void *p, Format f, Vec v)
{
	if (f == F16)
		_mm_storeu_si128(p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
	else
		_mm256_storeu_ps(p, v);
}

KG_ALWAYS_INLINE void
vec_store_some(void *p, Format f, Vec v, int n)
{
	uint8_t		all[sizeof(Vec)];

	vec_store(all, f, v);
	memcpy(p, all, format_bytes(f, n));
}

/*
 * Bits: counted by nibble (Mula, Kurz and Lemire, "Faster population counts
 * using AVX2 instructions", 2018), summed in lanes of 64 bits
 */

typedef __m256i Bits;
#define BITS_BYTES 32

KG_ALWAYS_INLINE Bits
bits_zero(void)
{
	return _mm256_setzero_si256();
}

KG_ALWAYS_INLINE Bits
bits_load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *) p);
}

KG_ALWAYS_INLINE Bits
bits_load_some(const uint8_t *p, size_t n)
{
	return load32_some(p, n);
}

KG_ALWAYS_INLINE Bits
bits_xor(Bits a, Bits b)
{
	return _mm256_xor_si256(a, b);
}

KG_ALWAYS_INLINE Bits
bits_and(Bits a, Bits b)
{
	return _mm256_and_si256(a, b);
}

KG_ALWAYS_INLINE Bits
bits_count(Bits acc, Bits b)
{
	const __m128i ones16 = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3,
										 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i ones = _mm256_broadcastsi128_si256(ones16);
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i		low = _mm256_and_si256(b, nibble);
	__m256i		high = _mm256_and_si256(_mm256_srli_epi16(b, 4), nibble);
	__m256i		count = _mm256_add_epi8(_mm256_shuffle_epi8(ones, low),
										_mm256_shuffle_epi8(ones, high));

	return _mm256_add_epi64(acc, _mm256_sad_epu8(count, bits_zero()));
}

KG_ALWAYS_INLINE uint64_t
bits_sum(Bits acc)
{
	__m128i		s = _mm_add_epi64(_mm256_castsi256_si128(acc),
								  _mm256_extracti128_si256(acc, 1));

	s = _mm_add_epi64(s, _mm_unpackhi_epi64(s, s));
	return (uint64_t) _mm_cvtsi128_si64(s);
}

/*
 * Sums of bytes and of their products, in lanes of 32 bits
 */

KG_ALWAYS_INLINE Bits
bytes_sum(Bits acc, Bits b)
{
	return _mm256_add_epi64(acc, _mm256_sad_epu8(b, bits_zero()));
}

typedef __m256i Dots;
#define DOTS_BIAS 0

KG_ALWAYS_INLINE Dots
dots_zero(void)
{
	return _mm256_setzero_si256();
}

/* Both operands are spread to 16 bits in the same order. */
KG_ALWAYS_INLINE Dots
dots_add(Dots acc, Bits a, Bits b)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i		low = _mm256_madd_epi16(_mm256_unpacklo_epi8(a, zero),
										_mm256_unpacklo_epi8(b, zero));
	__m256i		high = _mm256_madd_epi16(_mm256_unpackhi_epi8(a, zero),
										 _mm256_unpackhi_epi8(b, zero));

	return _mm256_add_epi32(acc, _mm256_add_epi32(low, high));
}

KG_ALWAYS_INLINE uint32_t
dots_sum(Dots acc)
{
	__m128i		s = _mm_add_epi32(_mm256_castsi256_si128(acc),
								  _mm256_extracti128_si256(acc, 1));

	s = _mm_add_epi32(s, _mm_unpackhi_epi64(s, s));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 1));
	return (uint32_t) _mm_cvtsi128_si32(s);
}

/*
 * Codes
 */

/* Dimension j's terms in eight entries; "lanes" are the v with bit j set. */
#define LUT_TERM(j, lanes) \
	_mm256_blend_ps(_mm256_permute_ps(clear, (j) * 0x55), \
					_mm256_permute_ps(set, (j) * 0x55), lanes)

/* Bits 0 to 2 of v are the lane, bit 3 is the number of the register. */
KG_ALWAYS_INLINE void
lut_entries(const float *q, float unit, uint8_t *lut)
{
	const __m256 max = _mm256_set1_ps(255);
	__m128		w = _mm_mul_ps(_mm_loadu_ps(q), _mm_set1_ps(unit));
	__m128		zero = _mm_setzero_ps();
	__m128		positive = _mm_max_ps(w, zero);
	__m128		negative = _mm_max_ps(_mm_sub_ps(zero, w), zero);
	__m256		set = _mm256_set_m128(positive, positive);
	__m256		clear = _mm256_set_m128(negative, negative);
	__m256		low = _mm256_add_ps(LUT_TERM(0, 0xaa), LUT_TERM(1, 0xcc));
	__m256		term2 = LUT_TERM(2, 0xf0);
	__m256		without3 = _mm256_add_ps(term2, LUT_TERM(3, 0x00));
	__m256		with3 = _mm256_add_ps(term2, LUT_TERM(3, 0xff));
	__m256i		bytes;

	without3 = _mm256_min_ps(_mm256_add_ps(low, without3), max);
	with3 = _mm256_min_ps(_mm256_add_ps(low, with3), max);
	bytes = _mm256_packs_epi32(_mm256_cvtps_epi32(without3),
							   _mm256_cvtps_epi32(with3));
	bytes = _mm256_packus_epi16(bytes, bytes);
	_mm_storeu_si128((__m128i *) lut,
					 _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes),
										_mm256_extracti128_si256(bytes, 1)));
}

/* Sums of 8 blocks of 32 codebooks fit in 16 bits: 8 * 32 * 255 < 65536. */
#define SCAN_FLUSH_BLOCKS 8

/*
 * 16 bytes of row r in the low half and of row r + 16 in the high half.  Rows
 * past the end repeat the last row.
 */
KG_ALWAYS_INLINE __m256i
load_rows(const uint8_t *codes, size_t stride, int nrows, int r)
{
	size_t		low = r < nrows ? r : nrows - 1;
	size_t		high = r + 16 < nrows ? r + 16 : nrows - 1;
	const uint8_t *low_row = codes + low * stride;
	const uint8_t *high_row = codes + high * stride;

	return _mm256_set_m128i(_mm_loadu_si128((const __m128i *) high_row),
							_mm_loadu_si128((const __m128i *) low_row));
}

/*
 * A transpose is four rounds that interleave registers i and i + 8.  A round
 * moves the byte at position 16 * i + b (byte b of register i) to the position
 * whose number is this one rotated left by one bit.  After the first round,
 * registers with even numbers hold columns 0 to 7 and those with odd numbers
 * columns 8 to 15, and the two halves never mix again.  Eight registers at a
 * time fit in the CPU's sixteen; within them, i and i + 4 are interleaved.
 */
KG_ALWAYS_INLINE void
transpose_round(const __m256i *in, __m256i *out)
{
	KG_UNROLLED_FOR(i, 4)
	{
		out[2 * i] = _mm256_unpacklo_epi8(in[i], in[i + 4]);
		out[2 * i + 1] = _mm256_unpackhi_epi8(in[i], in[i + 4]);
	}
}

/*
 * A lookup returns 32 bytes, one for each row.  wide[0] sums them as 16-bit
 * numbers, each with the byte of an odd row in its upper half; wide[1] sums the
 * bytes of odd rows alone, and flush() subtracts them from wide[0].
 */
KG_ALWAYS_INLINE void
add_lookup(const uint8_t *lut, __m256i index, __m256i *wide)
{
	__m128i		table = _mm_loadu_si128((const __m128i *) lut);
	__m256i		bytes;

	bytes = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), index);
	wide[0] = _mm256_add_epi16(wide[0], bytes);
	wide[1] = _mm256_add_epi16(wide[1], _mm256_srli_epi16(bytes, 8));

	/* gcc would do all lookups first and run out of registers. */
	KG_PIN(wide[0]);
	KG_PIN(wide[1]);
}

KG_ALWAYS_INLINE void
add_sums(uint32_t *sums, __m128i rows)
{
	__m256i		sum = _mm256_loadu_si256((const __m256i *) sums);

	sum = _mm256_add_epi32(sum, _mm256_cvtepu16_epi32(rows));
	_mm256_storeu_si256((__m256i *) sums, sum);
}

/* Adds the 16-bit sums to sums and clears them. */
KG_ALWAYS_INLINE void
flush(__m256i *wide, uint32_t *sums)
{
	__m256i		spoilt = _mm256_slli_epi16(wide[1], 8);
	__m256i		even = _mm256_sub_epi16(wide[0], spoilt);
	__m256i		first = _mm256_unpacklo_epi16(even, wide[1]);
	__m256i		second = _mm256_unpackhi_epi16(even, wide[1]);

	add_sums(sums, _mm256_castsi256_si128(first));
	add_sums(sums + 8, _mm256_castsi256_si128(second));
	add_sums(sums + 16, _mm256_extracti128_si256(first, 1));
	add_sums(sums + 24, _mm256_extracti128_si256(second, 1));
	wide[0] = wide[1] = _mm256_setzero_si256();
}

/* Finishes the transpose of eight columns and looks them up. */
KG_ALWAYS_INLINE void
add_columns(__m256i *v, const uint8_t *lut, __m256i *wide)
{
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i		w[8];

	transpose_round(v, w);
	transpose_round(w, v);
	transpose_round(v, w);
	KG_UNROLLED_FOR(j, 8)
	{
		__m256i		high = _mm256_srli_epi16(w[j], 4);

		add_lookup(lut + 32 * j, _mm256_and_si256(w[j], nibble), wide);
		add_lookup(lut + 32 * j + 16, _mm256_and_si256(high, nibble), wide);
	}
}

KG_ALWAYS_INLINE void
scan_rows(const uint8_t *codes, int nbytes, int nrows, const uint8_t *lut,
		  uint32_t *sums)
{
	__m256i		wide[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
	int			blocks = 0;

	KG_UNROLLED_FOR(i, 4)
	{
		_mm256_storeu_si256((__m256i *) sums + i, _mm256_setzero_si256());
	}
	for (int i = 0; i < nbytes; i += 16, lut += 512)
	{
		__m256i		even[8];
		__m256i		odd[8];

		KG_UNROLLED_FOR(r, 8)
		{
			__m256i		a = load_rows(codes + i, nbytes, nrows, r);
			__m256i		b = load_rows(codes + i, nbytes, nrows, r + 8);

			even[r] = _mm256_unpacklo_epi8(a, b);
			odd[r] = _mm256_unpackhi_epi8(a, b);
		}
		add_columns(even, lut, wide);
		add_columns(odd, lut + 256, wide);
		if (++blocks % SCAN_FLUSH_BLOCKS == 0)
			flush(wide, sums);
	}
	flush(wide, sums);
}

static void
code_scan(const uint8_t *codes, int nbytes, int nrows, const uint8_t *lut,
		  uint32_t *sums)
{
	if (nrows == KG_CODE_ROWS)
		scan_rows(codes, nbytes, KG_CODE_ROWS, lut, sums);
	else
		scan_rows(codes, nbytes, nrows, lut, sums);
}

#include "simd/vector_kernels.h"

KG_TARGET_END

const KgSimd kg_simd_avx2 = {.name = "avx2", VECTOR_KERNELS};

#endif							/* KG_SIMD_X86 */
