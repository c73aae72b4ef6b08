/*
 * scalar.h
 *	  The storage of a node's own vector: float4, float16 or 8, 4 or 2 bits a
 *	  dimension, each with a bound of the loss.
 *
 * SQ8, SQ4 and SQ2 store min and delta (two float4) before their codes; a
 * code means min + delta * code.  The data are rotated first, so that one range
 * fits all dimensions of a vector.  The range of SQ8 holds all coordinates.
 * SQ4 and SQ2 have few levels and cut off outliers: their range is the one with
 * the least loss over all coordinates.
 */
#ifndef KG_SCALAR_H
#define KG_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum KgStorage
{
	KG_STORAGE_AUTO,
	KG_STORAGE_F32,
	KG_STORAGE_F16,
	KG_STORAGE_SQ8,
	KG_STORAGE_SQ4,
	KG_STORAGE_SQ2,
	KG_STORAGE_BITS				/* words of 32 bits, each a float to others */
} KgStorage;

/* Does it store numbers as steps of a range? */
static inline bool
kg_storage_has_range(KgStorage storage)
{
	return storage >= KG_STORAGE_SQ8 && storage <= KG_STORAGE_SQ2;
}

/* Is it so coarse that finer copies are worth their pages? */
static inline bool
kg_storage_is_coarse(KgStorage storage)
{
	return storage == KG_STORAGE_SQ4 || storage == KG_STORAGE_SQ2;
}

/* Bytes of a stored vector: a multiple of 4. */
extern size_t kg_scalar_bytes(KgStorage storage, int dim);

/*
 * Stores x (dim finite floats) at out (4-byte aligned, kg_scalar_bytes long)
 * and the stored vector's value in decoded (dim floats).  Returns an upper
 * bound of |x - decoded|.
 */
extern float kg_scalar_encode(KgStorage storage, const float *x, int dim,
							  void *out, float *decoded);

/* Decodes a stored vector to dim floats. */
extern void kg_scalar_decode(KgStorage storage, const void *stored, int dim,
							 float *decoded);

/* |q - stored|^2 */
extern float kg_scalar_l2sq(KgStorage storage, const float *q,
							const void *stored, int dim);

#endif							/* KG_SCALAR_H */
