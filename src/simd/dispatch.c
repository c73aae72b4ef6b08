/*
 * dispatch.c
 *	  Chooses the kernels: those that this build has and this CPU runs.
 */
#include "simd/simd_impl.h"

#ifdef KG_SIMD_X86
#include <cpuid.h>
#endif

const KgSimd *kg_simd = &kg_simd_portable;

const char *
kg_simd_level_name(KgSimdLevel level)
{
	static const char *const names[KG_SIMD_LEVELS] = {
		[KG_SIMD_AUTO] = "auto",
		[KG_SIMD_PORTABLE] = "portable",
		[KG_SIMD_AVX2] = "avx2",
		[KG_SIMD_AVX512] = "avx512",
		[KG_SIMD_NEON] = "neon",
	};

	return names[level];
}

const KgSimd *
kg_simd_table(KgSimdLevel level)
{
	switch (level)
	{
		case KG_SIMD_PORTABLE:
			return &kg_simd_portable;
#ifdef KG_SIMD_X86
		case KG_SIMD_AVX2:
			return &kg_simd_avx2;
		case KG_SIMD_AVX512:
			return &kg_simd_avx512;
#endif
#ifdef KG_SIMD_ARM
		case KG_SIMD_NEON:
			return &kg_simd_neon;
#endif
		default:
			return NULL;
	}
}

#ifdef KG_SIMD_X86

/* Bits of XCR0: the register state that the operating system must save. */
#define XCR0_AVX 0x06			/* XMM and YMM */
#define XCR0_AVX512 0xe6		/* also masks, ZMM */

/* Is all of the mask set? */
static bool
has_all(uint32_t word, uint32_t mask)
{
	return (word & mask) == mask;
}

/*
 * The best level of this CPU, from CPUID: __builtin_cpu_supports() does not
 * know f16c in every compiler that we build with.
 */
static KgSimdLevel
x86_level(void)
{
	uint32_t	eax;
	uint32_t	ebx;
	uint32_t	ecx;
	uint32_t	edx;
	uint32_t	xcr0;
	uint32_t	xcr0_high;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
		!has_all(ecx, bit_FMA | bit_POPCNT | bit_OSXSAVE | bit_AVX | bit_F16C))
		return KG_SIMD_PORTABLE;

	/* xgetbv as bytes, because the intrinsic needs a target attribute */
	__asm__ volatile (".byte 0x0f, 0x01, 0xd0"
					  :"=a" (xcr0), "=d"(xcr0_high)
					  :"c"(0));

	if (!has_all(xcr0, XCR0_AVX) ||
		!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ||
		!has_all(ebx, bit_AVX2))
		return KG_SIMD_PORTABLE;
	if (!has_all(xcr0, XCR0_AVX512) ||
		!has_all(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL) ||
		!has_all(ecx, bit_AVX512VBMI | bit_AVX512VNNI | bit_AVX512VPOPCNTDQ))
		return KG_SIMD_AVX2;
	return KG_SIMD_AVX512;
}

/* Asks once, because CPUID in a virtual machine calls the hypervisor. */
static bool
x86_available(KgSimdLevel level)
{
	static KgSimdLevel best = KG_SIMD_AUTO;

	if (best == KG_SIMD_AUTO)
		best = x86_level();
	return level <= best;
}

#endif							/* KG_SIMD_X86 */

bool
kg_simd_available(KgSimdLevel level)
{
	switch (level)
	{
		case KG_SIMD_AUTO:
		case KG_SIMD_PORTABLE:
			return true;
#ifdef KG_SIMD_X86
		case KG_SIMD_AVX2:
		case KG_SIMD_AVX512:
			return x86_available(level);
#endif
		default:
			return kg_simd_table(level) != NULL;
	}
}

void
kg_simd_select(KgSimdLevel level)
{
	if (level == KG_SIMD_AUTO)
	{
		/* the levels of one architecture rise with their number */
		level = KG_SIMD_LEVELS - 1;
		while (!kg_simd_available(level))
			level--;
	}
	if (kg_simd_available(level))
		kg_simd = kg_simd_table(level);
}
