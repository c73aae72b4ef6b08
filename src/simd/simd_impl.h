/*
 * simd_impl.h
 *	  Shared by the files of this folder; no other file includes it.
 */
#ifndef KG_SIMD_IMPL_H
#define KG_SIMD_IMPL_H

#include <math.h>
#include <string.h>

#include "simd/simd.h"

#if defined(__x86_64__)
#define KG_SIMD_X86 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#define KG_SIMD_ARM 1
#endif

#define KG_ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * Everything between KG_TARGET_BEGIN("isa,isa") and KG_TARGET_END is compiled
 * for these instruction sets, whatever the command line says.  Include the
 * headers of intrinsics before.
 *
 * KG_UNROLLED_FOR(i, n) is a loop over 0 .. n - 1, n a constant, that must be
 * unrolled so that an array indexed by i becomes registers.
 */
#define KG_PRAGMA(x) _Pragma(#x)
#ifdef __clang__
#define KG_TARGET_BEGIN(isa) \
	KG_PRAGMA(clang attribute push(__attribute__((target(isa))), \
								   apply_to = function))
#define KG_TARGET_END KG_PRAGMA(clang attribute pop)
#define KG_UNROLLED_FOR(i, n) \
	KG_PRAGMA(clang loop unroll(full)) for (int i = 0; i < (n); i++)
#else
#define KG_TARGET_BEGIN(isa) \
	KG_PRAGMA(GCC push_options) KG_PRAGMA(GCC target(isa))
#define KG_TARGET_END KG_PRAGMA(GCC pop_options)
#define KG_UNROLLED_FOR(i, n) \
	KG_PRAGMA(GCC unroll 16) for (int i = 0; i < (n); i++)
#endif

/* Makes the compiler compute a vector here and not later. */
#ifdef KG_SIMD_X86
#define KG_PIN(v) __asm__ volatile ("" : "+x" (v))
#else
#define KG_PIN(v) __asm__ volatile ("" : "+w" (v))
#endif

/* Formats of an array's elements.  The low bits of a byte come first. */
typedef enum Format
{
	F32,
	F16,
	BF16,						/* the upper half of a float4 */
	U32,
	U8,
	U4,
	U2
} Format;

KG_ALWAYS_INLINE int
format_bits(Format f)
{
	switch (f)
	{
		case F16:
		case BF16:
			return 16;
		case U8:
			return 8;
		case U4:
			return 4;
		case U2:
			return 2;
		default:
			return 32;
	}
}

/*
 * Bytes of n elements.  Formats of whole bytes need no division, so that an
 * instruction's address can contain this multiplication.
 */
KG_ALWAYS_INLINE size_t
format_bytes(Format f, int n)
{
	int			bits = format_bits(f);

	if (bits >= 8)
		return (size_t) n * (bits / 8);
	return ((size_t) n * bits + 7) / 8;
}

/*
 * The first n bytes at p, at most 8, followed by zeros.  Loads overlap, so that
 * none reads past the end.  A copy through memory would wait for its stores.
 */
KG_ALWAYS_INLINE uint64_t
load_some(const void *p, size_t n)
{
	const char *first = p;
	uint64_t	w64;
	uint32_t	low32;
	uint32_t	high32;
	uint16_t	low16;
	uint8_t		last;

	if (n >= 8)
	{
		memcpy(&w64, first, 8);
		return w64;
	}
	if (n >= 4)
	{
		memcpy(&low32, first, 4);
		memcpy(&high32, first + n - 4, 4);
		return low32 | (uint64_t) high32 << (8 * n - 32);
	}
	if (n == 0)
		return 0;
	memcpy(&last, first + n - 1, 1);
	if (n == 1)
		return last;
	memcpy(&low16, first, 2);
	return low16 | (uint64_t) last << (8 * n - 8);
}

/* The tables; kg_simd_table() finds them by level. */
extern const KgSimd kg_simd_portable;
#ifdef KG_SIMD_X86
extern const KgSimd kg_simd_avx2;
extern const KgSimd kg_simd_avx512;
#endif
#ifdef KG_SIMD_ARM
extern const KgSimd kg_simd_neon;
#endif

#endif							/* KG_SIMD_IMPL_H */
