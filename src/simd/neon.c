/*
 * neon.c
 *	  The kernels in NEON, which every 64-bit ARM has.
 */
#include "simd/simd_impl.h"

#ifdef KG_SIMD_ARM

#include <arm_neon.h>

/*
 * Floats
 */

typedef float32x4_t Vec;
#define VEC_LANES 4

KG_ALWAYS_INLINE Vec
vec_set1(float x)
{
	return vdupq_n_f32(x);
}

KG_ALWAYS_INLINE Vec
vec_add(Vec a, Vec b)
{
	return vaddq_f32(a, b);
}

KG_ALWAYS_INLINE Vec
vec_sub(Vec a, Vec b)
{
	return vsubq_f32(a, b);
}

KG_ALWAYS_INLINE Vec
vec_fma(Vec a, Vec b, Vec c)
{
	return vfmaq_f32(c, a, b);
}

KG_ALWAYS_INLINE Vec
vec_abs(Vec a)
{
	return vabsq_f32(a);
}

KG_ALWAYS_INLINE float
vec_sum(Vec v)
{
	return vaddvq_f32(v);
}

typedef uint32x4_t VecMask;

KG_ALWAYS_INLINE VecMask
vec_gt(Vec a, Vec b)
{
	return vcgtq_f32(a, b);
}

KG_ALWAYS_INLINE Vec
vec_select(VecMask mask, Vec a, Vec b)
{
	return vbslq_f32(mask, a, b);
}

KG_ALWAYS_INLINE unsigned
vec_bits(VecMask mask)
{
	static const uint32_t bits[4] = {1, 2, 4, 8};

	return vaddvq_u32(vandq_u32(mask, vld1q_u32(bits)));
}

KG_ALWAYS_INLINE Vec
vec_keep(Vec v, int n)
{
	static const int32_t lanes[4] = {0, 1, 2, 3};
	uint32x4_t	keep = vcltq_s32(vld1q_s32(lanes), vdupq_n_s32(n));

	return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), keep));
}

/* The n < 16 bytes at p, followed by zeros. */
KG_ALWAYS_INLINE uint8x16_t
load16_some(const void *p, size_t n)
{
	uint64_t	low = load_some(p, n < 8 ? n : 8);
	uint64_t	high = n > 8 ? load_some((const char *) p + 8, n - 8) : 0;

	return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low),
											 vcreate_u64(high)));
}

/* Spreads four codes of this many bits, the lowest first, over the lanes. */
KG_ALWAYS_INLINE Vec
spread_bits(uint32_t codes, int bits)
{
	static const int32_t lanes[4] = {0, -1, -2, -3};
	int32x4_t	shift = vmulq_n_s32(vld1q_s32(lanes), bits);
	uint32x4_t	v = vshlq_u32(vdupq_n_u32(codes), shift);

	return vcvtq_f32_u32(vandq_u32(v, vdupq_n_u32((1U << bits) - 1)));
}

KG_ALWAYS_INLINE Vec
vec_load(const void *p, Format f)
{
	uint32_t	four;
	uint8x8_t	bytes;

	switch (f)
	{
		case F32:
			return vld1q_f32(p);
		case F16:
			return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
		case BF16:
			return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
		case U32:
			return vcvtq_f32_u32(vld1q_u32(p));
		case U8:
			memcpy(&four, p, sizeof(four));
			bytes = vreinterpret_u8_u32(vdup_n_u32(four));
			return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
		case U4:
			return spread_bits((uint32_t) load_some(p, 2), 4);
		case U2:
		default:
			return spread_bits((uint32_t) load_some(p, 1), 2);
	}
}

KG_ALWAYS_INLINE Vec
vec_load_some(const void *p, Format f, int n)
{
	uint8x16_t	all = load16_some(p, format_bytes(f, n));

	return vec_load(&all, f);
}

KG_ALWAYS_INLINE void
vec_store(void *p, Format f, Vec v)
{
	if (f == F16)
		vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
	else
		vst1q_f32(p, v);
}

KG_ALWAYS_INLINE void
vec_store_some(void *p, Format f, Vec v, int n)
{
	uint8_t		all[sizeof(Vec)];

	vec_store(all, f, v);
	memcpy(p, all, format_bytes(f, n));
}

/*
 * Bits, counted by byte, summed in lanes of 64 bits
 */

typedef uint8x16_t Bits;
#define BITS_BYTES 16

KG_ALWAYS_INLINE Bits
bits_zero(void)
{
	return vdupq_n_u8(0);
}

KG_ALWAYS_INLINE Bits
bits_load(const uint8_t *p)
{
	return vld1q_u8(p);
}

KG_ALWAYS_INLINE Bits
bits_load_some(const uint8_t *p, size_t n)
{
	return load16_some(p, n);
}

KG_ALWAYS_INLINE Bits
bits_xor(Bits a, Bits b)
{
	return veorq_u8(a, b);
}

KG_ALWAYS_INLINE Bits
bits_and(Bits a, Bits b)
{
	return vandq_u8(a, b);
}

KG_ALWAYS_INLINE Bits
bits_count(Bits acc, Bits b)
{
	uint64x2_t	ones = vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(vcntq_u8(b))));

	return vreinterpretq_u8_u64(vaddq_u64(vreinterpretq_u64_u8(acc), ones));
}

KG_ALWAYS_INLINE uint64_t
bits_sum(Bits acc)
{
	return vaddvq_u64(vreinterpretq_u64_u8(acc));
}

/*
 * Sums of bytes, in lanes of 64 bits, and of their products, in lanes of 32
 */

KG_ALWAYS_INLINE Bits
bytes_sum(Bits acc, Bits b)
{
	uint64x2_t	sum = vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(b)));

	return vreinterpretq_u8_u64(vaddq_u64(vreinterpretq_u64_u8(acc), sum));
}

typedef uint32x4_t Dots;
#define DOTS_BIAS 0

KG_ALWAYS_INLINE Dots
dots_zero(void)
{
	return vdupq_n_u32(0);
}

KG_ALWAYS_INLINE Dots
dots_add(Dots acc, Bits a, Bits b)
{
	acc = vpadalq_u16(acc, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
	return vpadalq_u16(acc, vmull_high_u8(a, b));
}

KG_ALWAYS_INLINE uint32_t
dots_sum(Dots acc)
{
	return vaddvq_u32(acc);
}

/*
 * Codes
 */

/* Bits 0 and 1 of v are the lane, bits 2 and 3 the number of the register. */
KG_ALWAYS_INLINE void
lut_entries(const float *q, float unit, uint8_t *lut)
{
	static const uint32_t bit0[4] = {0, ~0U, 0, ~0U};
	static const uint32_t bit1[4] = {0, 0, ~0U, ~0U};
	Vec			w = vmulq_n_f32(vld1q_f32(q), unit);
	Vec			set = vmaxnmq_f32(w, vec_set1(0));
	Vec			clear = vmaxnmq_f32(vnegq_f32(w), vec_set1(0));
	Vec			low;
	Vec			high[4];
	uint16x4_t	entry[4];

	low = vec_add(vbslq_f32(vld1q_u32(bit0), vdupq_laneq_f32(set, 0),
							vdupq_laneq_f32(clear, 0)),
				  vbslq_f32(vld1q_u32(bit1), vdupq_laneq_f32(set, 1),
							vdupq_laneq_f32(clear, 1)));
	high[0] = vec_add(vdupq_laneq_f32(clear, 2), vdupq_laneq_f32(clear, 3));
	high[1] = vec_add(vdupq_laneq_f32(set, 2), vdupq_laneq_f32(clear, 3));
	high[2] = vec_add(vdupq_laneq_f32(clear, 2), vdupq_laneq_f32(set, 3));
	high[3] = vec_add(vdupq_laneq_f32(set, 2), vdupq_laneq_f32(set, 3));
	KG_UNROLLED_FOR(i, 4)
	{
		entry[i] = vqmovn_u32(vcvtnq_u32_f32(vec_add(low, high[i])));
	}
	vst1q_u8(lut, vcombine_u8(vqmovn_u16(vcombine_u16(entry[0], entry[1])),
							  vqmovn_u16(vcombine_u16(entry[2], entry[3]))));
}

/* Sums of 8 blocks of 32 codebooks fit in 16 bits: 8 * 32 * 255 < 65536. */
#define SCAN_FLUSH_BLOCKS 8

/*
 * One round of the transpose: the byte at position i * 16 + b (byte b of
 * register i) moves to the position whose number is this one rotated left by
 * one bit.  Four rounds swap registers and bytes.
 */
KG_ALWAYS_INLINE void
transpose_round(const uint8x16_t *in, uint8x16_t *out)
{
	KG_UNROLLED_FOR(i, 8)
	{
		out[2 * i] = vzip1q_u8(in[i], in[i + 8]);
		out[2 * i + 1] = vzip2q_u8(in[i], in[i + 8]);
	}
}

/*
 * Loads 16 bytes of each of 16 rows and transposes them: v[j] has byte j of all
 * rows.  Rows past the end repeat the last row.
 */
KG_ALWAYS_INLINE void
load_columns(const uint8_t *codes, size_t stride, int nrows, uint8x16_t *v)
{
	uint8x16_t	w[16];

	KG_UNROLLED_FOR(r, 16)
	{
		v[r] = vld1q_u8(codes + (size_t) (r < nrows ? r : nrows - 1) * stride);
	}
	transpose_round(v, w);
	transpose_round(w, v);
	transpose_round(v, w);
	transpose_round(w, v);
}

KG_ALWAYS_INLINE void
add_lookup(const uint8_t *lut, uint8x16_t index, uint16x8_t *wide)
{
	uint8x16_t	bytes = vqtbl1q_u8(vld1q_u8(lut), index);

	wide[0] = vaddw_u8(wide[0], vget_low_u8(bytes));
	wide[1] = vaddw_high_u8(wide[1], bytes);
}

/* Adds the 16-bit sums of 16 rows to sums and clears them. */
KG_ALWAYS_INLINE void
flush(uint16x8_t *wide, uint32_t *sums)
{
	KG_UNROLLED_FOR(i, 2)
	{
		uint32_t   *s = sums + 8 * i;

		vst1q_u32(s, vaddw_u16(vld1q_u32(s), vget_low_u16(wide[i])));
		vst1q_u32(s + 4, vaddw_high_u16(vld1q_u32(s + 4), wide[i]));
		wide[i] = vdupq_n_u16(0);
	}
}

/* At most 16 rows. */
KG_ALWAYS_INLINE void
scan_rows(const uint8_t *codes, int nbytes, int nrows, const uint8_t *lut,
		  uint32_t *sums)
{
	uint16x8_t	wide[2] = {vdupq_n_u16(0), vdupq_n_u16(0)};
	int			blocks = 0;

	memset(sums, 0, 16 * sizeof(*sums));
	for (int i = 0; i < nbytes; i += 16, lut += 512)
	{
		uint8x16_t	v[16];

		load_columns(codes + i, nbytes, nrows, v);
		KG_UNROLLED_FOR(j, 16)
		{
			add_lookup(lut + 32 * j, vandq_u8(v[j], vdupq_n_u8(15)), wide);
			add_lookup(lut + 32 * j + 16, vshrq_n_u8(v[j], 4), wide);
		}
		if (++blocks % SCAN_FLUSH_BLOCKS == 0)
			flush(wide, sums);
	}
	flush(wide, sums);
}

static void
code_scan(const uint8_t *codes, int nbytes, int nrows, const uint8_t *lut,
		  uint32_t *sums)
{
	for (int r = 0; r < nrows; r += 16)
	{
		const uint8_t *rows = codes + (size_t) r * nbytes;

		if (nrows - r >= 16)
			scan_rows(rows, nbytes, 16, lut, sums + r);
		else
			scan_rows(rows, nbytes, nrows - r, lut, sums + r);
	}
}

#include "simd/vector_kernels.h"

const KgSimd kg_simd_neon = {.name = "neon", VECTOR_KERNELS};

#endif							/* KG_SIMD_ARM */
