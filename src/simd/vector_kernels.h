/*
 * vector_kernels.h
 *	  A template of the kernels that all instruction sets have in common.
 *
 * avx2.c, avx512.c and neon.c include this after they have defined, for their
 * registers,
 *
 *		Vec, VEC_LANES		a register of that many float4
 *		vec_set1, vec_add, vec_sub, vec_fma (a * b + c), vec_abs, vec_sum
 *		VecMask, vec_gt(a, b), vec_select(mask, a, b)
 *		vec_bits(mask)		bit i for lane i
 *		vec_keep(v, n)		v with zeros from lane n on
 *		vec_load(p, f), vec_store(p, f, v)	VEC_LANES elements of a format
 *		Bits, BITS_BYTES	a register of that many bytes
 *		bits_zero, bits_load, bits_xor, bits_and
 *		bits_count(acc, b)	acc and the ones of b, in lanes of any width
 *		bits_sum(acc)
 *		bytes_sum(acc, b)	acc and the sum of b's bytes, for bits_sum()
 *		Dots				a register of sums of products of bytes
 *		dots_zero, dots_sum(acc)
 *		dots_add(acc, a, b)	acc and the products of the bytes of a and b, less
 *							DOTS_BIAS times each byte of a
 *		lut_entries(q, unit, lut)	one codebook of code_lut
 *		code_scan
 *
 * and before their table of kernels.  Every call of these functions passes
 * formats and metrics as constants and so becomes a kernel of its own.
 *
 * For registers that are filled in part: vec_load_some(p, f, n) and
 * bits_load_some(p, n) load the first n elements, 0 < n < a register's, and
 * zeros after them (in U4 and U2 the rest of the last byte first).
 * vec_store_some(p, f, v, n) stores the first n.
 */

/* Registers of partial sums in a kernel. */
#define SUMS 4

typedef enum Metric
{
	L2SQ,
	IP,
	L1,
	ABS							/* absolute values of the first operand */
} Metric;

/* The address of element i, which starts at a whole byte. */
KG_ALWAYS_INLINE const void *
element(const void *array, Format f, int i)
{
	return (const char *) array + format_bytes(f, i);
}

KG_ALWAYS_INLINE Vec
add_term(Vec sum, Vec a, Vec b, Metric metric)
{
	Vec			d;

	switch (metric)
	{
		case L2SQ:
			d = vec_sub(a, b);
			return vec_fma(d, d, sum);
		case IP:
			return vec_fma(a, b, sum);
		case L1:
			return vec_add(sum, vec_abs(vec_sub(a, b)));
		case ABS:
		default:
			return vec_add(sum, vec_abs(a));
	}
}

KG_ALWAYS_INLINE float
join_sums(const Vec *s)
{
	return vec_sum(vec_add(vec_add(s[0], s[1]), vec_add(s[2], s[3])));
}

/* The sum over dim pairs of elements of a and b. */
KG_ALWAYS_INLINE float
sum_terms(const void *a, Format fa, const void *b, Format fb, int dim,
		  Metric metric)
{
	Vec			sum[SUMS];
	int			i = 0;

	KG_UNROLLED_FOR(k, SUMS)
	{
		sum[k] = vec_set1(0);
	}
	for (; i <= dim - SUMS * VEC_LANES; i += SUMS * VEC_LANES)
	{
		KG_UNROLLED_FOR(k, SUMS)
		{
			int			at = i + k * VEC_LANES;

			sum[k] = add_term(sum[k], vec_load(element(a, fa, at), fa),
							  vec_load(element(b, fb, at), fb), metric);
		}
	}
	for (; i <= dim - VEC_LANES; i += VEC_LANES)
		sum[0] = add_term(sum[0], vec_load(element(a, fa, i), fa),
						  vec_load(element(b, fb, i), fb), metric);
	if (i < dim)
		sum[1] = add_term(sum[1],
						  vec_load_some(element(a, fa, i), fa, dim - i),
						  vec_load_some(element(b, fb, i), fb, dim - i),
						  metric);
	return join_sums(sum);
}

static float
l2sq_f32(const float *a, const float *b, int dim)
{
	return sum_terms(a, F32, b, F32, dim, L2SQ);
}

static float
ip_f32(const float *a, const float *b, int dim)
{
	return sum_terms(a, F32, b, F32, dim, IP);
}

static float
l1_f32(const float *a, const float *b, int dim)
{
	return sum_terms(a, F32, b, F32, dim, L1);
}

/* Rows whose products are summed at once, so that q is loaded once for all. */
#define ROWS_AT_ONCE 4

/* Registers of partial sums of a row: 16 floats at least. */
#define ROW_SUMS (VEC_LANES >= 8 ? 2 : 16 / VEC_LANES)

/* The sums over dim pairs of elements of q and each of ROWS_AT_ONCE rows. */
KG_ALWAYS_INLINE void
sum_rows(const float *q, const float *rows, int stride, int dim, Metric metric, float *sums)
{
	Vec			sum[ROWS_AT_ONCE][ROW_SUMS];
	int			i = 0;

	KG_UNROLLED_FOR(r, ROWS_AT_ONCE)
	{
		KG_UNROLLED_FOR(k, ROW_SUMS)
			sum[r][k] = vec_set1(0);
	}
	for (; i <= dim - ROW_SUMS * VEC_LANES; i += ROW_SUMS * VEC_LANES)
	{
		KG_UNROLLED_FOR(k, ROW_SUMS)
		{
			int			at = i + k * VEC_LANES;
			Vec			x = vec_load(q + at, F32);

			KG_UNROLLED_FOR(r, ROWS_AT_ONCE)
				sum[r][k] = add_term(sum[r][k], x, vec_load(rows + r * stride + at, F32),
									 metric);
		}
	}
	for (; i < dim; i += VEC_LANES)
	{
		int			rest = dim - i;
		Vec			x = rest < VEC_LANES ? vec_load_some(q + i, F32, rest) :
		vec_load(q + i, F32);

		KG_UNROLLED_FOR(r, ROWS_AT_ONCE)
		{
			const float *row = rows + r * stride + i;

			sum[r][0] = add_term(sum[r][0], x, rest < VEC_LANES ?
								 vec_load_some(row, F32, rest) : vec_load(row, F32),
								 metric);
		}
	}
	KG_UNROLLED_FOR(r, ROWS_AT_ONCE)
	{
		KG_UNROLLED_FOR(k, ROW_SUMS - 1)
			sum[r][0] = vec_add(sum[r][0], sum[r][k + 1]);
		sums[r] = vec_sum(sum[r][0]);
	}
}

static float
max_ip_f32(const float *q, const float *rows, int stride, int nrows, int dim)
{
	float		products[ROWS_AT_ONCE];
	float		largest = -INFINITY;
	int			r = 0;

	for (; r <= nrows - ROWS_AT_ONCE; r += ROWS_AT_ONCE)
	{
		sum_rows(q, rows + (size_t) r * (size_t) stride, stride, dim, IP, products);
		for (int i = 0; i < ROWS_AT_ONCE; i++)
			if (products[i] > largest)
				largest = products[i];
	}
	for (; r < nrows; r++)
	{
		products[0] = ip_f32(q, rows + (size_t) r * (size_t) stride, dim);
		if (products[0] > largest)
			largest = products[0];
	}
	return largest;
}

static void
l2sq_rows_f32(const float *q, const float *rows, int stride, int nrows, int dim, float *out)
{
	int			r = 0;

	for (; r <= nrows - ROWS_AT_ONCE; r += ROWS_AT_ONCE)
		sum_rows(q, rows + (size_t) r * (size_t) stride, stride, dim, L2SQ, out + r);
	for (; r < nrows; r++)
		out[r] = l2sq_f32(q, rows + (size_t) r * (size_t) stride, dim);
}

static float
l2sq_f16(const uint16_t *a, const uint16_t *b, int dim)
{
	return sum_terms(a, F16, b, F16, dim, L2SQ);
}

static float
ip_f16(const uint16_t *a, const uint16_t *b, int dim)
{
	return sum_terms(a, F16, b, F16, dim, IP);
}

static float
l1_f16(const uint16_t *a, const uint16_t *b, int dim)
{
	return sum_terms(a, F16, b, F16, dim, L1);
}

static float
l2sq_f32_f16(const float *q, const uint16_t *x, int dim)
{
	return sum_terms(q, F32, x, F16, dim, L2SQ);
}

/* Sums of ab, aa and bb, in this order. */
typedef struct CosineSums
{
	Vec			s[3][SUMS];
} CosineSums;

KG_ALWAYS_INLINE void
add_cosine(CosineSums *sums, int k, Vec a, Vec b)
{
	sums->s[0][k] = vec_fma(a, b, sums->s[0][k]);
	sums->s[1][k] = vec_fma(a, a, sums->s[1][k]);
	sums->s[2][k] = vec_fma(b, b, sums->s[2][k]);
}

KG_ALWAYS_INLINE CosineSums
cosine_terms(const void *a, const void *b, Format f, int dim)
{
	CosineSums	sums;
	int			i = 0;

	KG_UNROLLED_FOR(k, SUMS)
	{
		sums.s[0][k] = sums.s[1][k] = sums.s[2][k] = vec_set1(0);
	}
	for (; i <= dim - SUMS * VEC_LANES; i += SUMS * VEC_LANES)
	{
		KG_UNROLLED_FOR(k, SUMS)
		{
			int			at = i + k * VEC_LANES;

			add_cosine(&sums, k, vec_load(element(a, f, at), f),
					   vec_load(element(b, f, at), f));
		}
	}
	for (; i <= dim - VEC_LANES; i += VEC_LANES)
		add_cosine(&sums, 0, vec_load(element(a, f, i), f),
				   vec_load(element(b, f, i), f));
	if (i < dim)
		add_cosine(&sums, 1, vec_load_some(element(a, f, i), f, dim - i),
				   vec_load_some(element(b, f, i), f, dim - i));
	return sums;
}

static void
cosine_f32(const float *a, const float *b, int dim, float *ab, float *aa,
		   float *bb)
{
	CosineSums	sums = cosine_terms(a, b, F32, dim);

	*ab = join_sums(sums.s[0]);
	*aa = join_sums(sums.s[1]);
	*bb = join_sums(sums.s[2]);
}

static void
cosine_f16(const uint16_t *a, const uint16_t *b, int dim, float *ab, float *aa,
		   float *bb)
{
	CosineSums	sums = cosine_terms(a, b, F16, dim);

	*ab = join_sums(sums.s[0]);
	*aa = join_sums(sums.s[1]);
	*bb = join_sums(sums.s[2]);
}

/* Loads n elements of a stored vector from i on, at most a register. */
KG_ALWAYS_INLINE Vec
load_sq(const uint8_t *code, Format f, int i, int n, Vec min, Vec delta)
{
	const void *p = element(code, f, i);

	return vec_fma(delta, n < VEC_LANES ? vec_load_some(p, f, n) :
				   vec_load(p, f), min);
}

KG_ALWAYS_INLINE float
l2sq_sq(const float *q, const uint8_t *code, Format f, float min, float delta,
		int dim)
{
	Vec			vmin = vec_set1(min);
	Vec			vdelta = vec_set1(delta);
	Vec			sum[SUMS];
	Vec			d;
	int			i = 0;

	KG_UNROLLED_FOR(k, SUMS)
	{
		sum[k] = vec_set1(0);
	}
	for (; i <= dim - SUMS * VEC_LANES; i += SUMS * VEC_LANES)
	{
		KG_UNROLLED_FOR(k, SUMS)
		{
			int			at = i + k * VEC_LANES;

			d = vec_sub(vec_load(q + at, F32),
						load_sq(code, f, at, VEC_LANES, vmin, vdelta));
			sum[k] = vec_fma(d, d, sum[k]);
		}
	}
	for (; i <= dim - VEC_LANES; i += VEC_LANES)
	{
		d = vec_sub(vec_load(q + i, F32),
					load_sq(code, f, i, VEC_LANES, vmin, vdelta));
		sum[0] = vec_fma(d, d, sum[0]);
	}
	if (i < dim)
	{
		/* Lanes past the end hold min or more: clear them. */
		d = vec_sub(vec_load_some(q + i, F32, dim - i),
					load_sq(code, f, i, dim - i, vmin, vdelta));
		d = vec_keep(d, dim - i);
		sum[1] = vec_fma(d, d, sum[1]);
	}
	return join_sums(sum);
}

static float
l2sq_f32_sq8(const float *q, const uint8_t *code, float min, float delta,
			 int dim)
{
	return l2sq_sq(q, code, U8, min, delta, dim);
}

static float
l2sq_f32_sq4(const float *q, const uint8_t *code, float min, float delta,
			 int dim)
{
	return l2sq_sq(q, code, U4, min, delta, dim);
}

static float
l2sq_f32_sq2(const float *q, const uint8_t *code, float min, float delta,
			 int dim)
{
	return l2sq_sq(q, code, U2, min, delta, dim);
}

KG_ALWAYS_INLINE void
decode_sq(const uint8_t *code, Format f, float min, float delta, float *out,
		  int dim)
{
	Vec			vmin = vec_set1(min);
	Vec			vdelta = vec_set1(delta);
	int			i = 0;

	for (; i <= dim - VEC_LANES; i += VEC_LANES)
		vec_store(out + i, F32, load_sq(code, f, i, VEC_LANES, vmin, vdelta));
	if (i < dim)
		vec_store_some(out + i, F32,
					   load_sq(code, f, i, dim - i, vmin, vdelta), dim - i);
}

static void
sq8_to_f32(const uint8_t *code, float min, float delta, float *out, int dim)
{
	decode_sq(code, U8, min, delta, out, dim);
}

static void
sq4_to_f32(const uint8_t *code, float min, float delta, float *out, int dim)
{
	decode_sq(code, U4, min, delta, out, dim);
}

static void
sq2_to_f32(const uint8_t *code, float min, float delta, float *out, int dim)
{
	decode_sq(code, U2, min, delta, out, dim);
}

/* One vector between two formats. */
KG_ALWAYS_INLINE void
convert(const void *x, Format from, void *out, Format to, int dim)
{
	int			i = 0;

	for (; i <= dim - VEC_LANES; i += VEC_LANES)
		vec_store((void *) element(out, to, i), to,
				  vec_load(element(x, from, i), from));
	if (i < dim)
		vec_store_some((void *) element(out, to, i), to,
					   vec_load_some(element(x, from, i), from, dim - i),
					   dim - i);
}

static void
f32_to_f16(const float *x, uint16_t *out, int dim)
{
	convert(x, F32, out, F16, dim);
}

static void
f16_to_f32(const uint16_t *x, float *out, int dim)
{
	convert(x, F16, out, F32, dim);
}

KG_ALWAYS_INLINE uint64_t
count_xor(const uint8_t *a, const uint8_t *b, size_t nbytes)
{
	Bits		sum = bits_zero();
	size_t		i = 0;

	for (; nbytes - i >= BITS_BYTES; i += BITS_BYTES)
		sum = bits_count(sum, bits_xor(bits_load(a + i), bits_load(b + i)));
	if (i < nbytes)
		sum = bits_count(sum, bits_xor(bits_load_some(a + i, nbytes - i),
									   bits_load_some(b + i, nbytes - i)));
	return bits_sum(sum);
}

static uint64_t
hamming(const uint8_t *a, const uint8_t *b, size_t nbytes)
{
	return count_xor(a, b, nbytes);
}

static void
hamming_rows(const uint8_t *q, const uint8_t *rows, size_t nbytes, int nrows,
			 uint32_t *out)
{
	for (int r = 0; r < nrows; r++)
		out[r] = (uint32_t) count_xor(q, rows + r * nbytes, nbytes);
}

static void
jaccard_rows(const uint8_t *q, const uint8_t *rows, size_t nbytes, int nrows,
			 uint32_t *both, uint32_t *set)
{
	size_t		whole = nbytes - nbytes % BITS_BYTES;

	for (int r = 0; r < nrows; r++, rows += nbytes)
	{
		Bits		sum_both = bits_zero();
		Bits		sum_set = bits_zero();
		Bits		row;

		for (size_t i = 0; i < whole; i += BITS_BYTES)
		{
			row = bits_load(rows + i);
			sum_both = bits_count(sum_both, bits_and(bits_load(q + i), row));
			sum_set = bits_count(sum_set, row);
		}
		if (whole < nbytes)
		{
			row = bits_load_some(rows + whole, nbytes - whole);
			sum_both = bits_count(sum_both,
								  bits_and(bits_load_some(q + whole, nbytes - whole),
										   row));
			sum_set = bits_count(sum_set, row);
		}
		both[r] = (uint32_t) bits_sum(sum_both);
		set[r] = (uint32_t) bits_sum(sum_set);
	}
}

static void
jaccard(const uint8_t *a, const uint8_t *b, size_t nbytes, uint64_t *ab,
		uint64_t *aa, uint64_t *bb)
{
	Bits		sum_ab = bits_zero();
	Bits		sum_aa = bits_zero();
	Bits		sum_bb = bits_zero();

	for (size_t i = 0; i < nbytes; i += BITS_BYTES)
	{
		size_t		rest = nbytes - i;
		Bits		x;
		Bits		y;

		if (rest >= BITS_BYTES)
		{
			x = bits_load(a + i);
			y = bits_load(b + i);
		}
		else
		{
			x = bits_load_some(a + i, rest);
			y = bits_load_some(b + i, rest);
		}
		sum_ab = bits_count(sum_ab, bits_and(x, y));
		sum_aa = bits_count(sum_aa, x);
		sum_bb = bits_count(sum_bb, y);
	}
	*ab = bits_sum(sum_ab);
	*aa = bits_sum(sum_aa);
	*bb = bits_sum(sum_bb);
}

static void
sums_u8(const uint8_t *a, const uint8_t *b, int n, KgByteSums *sums)
{
	Dots		ab = dots_zero();
	Dots		aa = dots_zero();
	Dots		bb = dots_zero();
	Bits		sum_a = bits_zero();
	Bits		sum_b = bits_zero();

	for (int i = 0; i < n; i += BITS_BYTES)
	{
		int			rest = n - i;
		Bits		x;
		Bits		y;

		if (rest >= BITS_BYTES)
		{
			x = bits_load(a + i);
			y = bits_load(b + i);
		}
		else
		{
			x = bits_load_some(a + i, (size_t) rest);
			y = bits_load_some(b + i, (size_t) rest);
		}
		ab = dots_add(ab, x, y);
		aa = dots_add(aa, x, x);
		bb = dots_add(bb, y, y);
		sum_a = bytes_sum(sum_a, x);
		sum_b = bytes_sum(sum_b, y);
	}
	sums->a = (uint32_t) bits_sum(sum_a);
	sums->b = (uint32_t) bits_sum(sum_b);
	sums->ab = dots_sum(ab) + DOTS_BIAS * sums->a;
	sums->aa = dots_sum(aa) + DOTS_BIAS * sums->a;
	sums->bb = dots_sum(bb) + DOTS_BIAS * sums->b;
}

/*
 * Does two passes of the transform at a time, because loads and stores limit
 * its speed.  The compiler vectorizes the inner loop (the Makefile sets the
 * options).
 */
static void
fht(double *x, int n)
{
	int			h = 1;

	for (; h * 4 <= n; h *= 4)
	{
		for (int block = 0; block < n; block += 4 * h)
		{
			double	   *restrict p = x + block;
			double	   *restrict q = p + h;
			double	   *restrict r = q + h;
			double	   *restrict s = r + h;

			for (int i = 0; i < h; i++)
			{
				double		a = p[i] + q[i];
				double		b = p[i] - q[i];
				double		c = r[i] + s[i];
				double		d = r[i] - s[i];

				p[i] = a + c;
				q[i] = b + d;
				r[i] = a - c;
				s[i] = b - d;
			}
		}
	}
	for (int i = 0; h < n && i < h; i++)
	{
		double		a = x[i];

		x[i] = a + x[i + h];
		x[i + h] = a - x[i + h];
	}
}

/* code_encode takes 16 dimensions at a time. */
#define GROUP 16

typedef struct CodeSums
{
	Vec			ry[GROUP / VEC_LANES];
	Vec			cy[GROUP / VEC_LANES];
} CodeSums;

typedef struct CodeBits
{
	uint16_t	signs;
	uint16_t	magnitudes;
} CodeBits;

KG_ALWAYS_INLINE CodeBits
encode_group(const float *x, const float *c, Vec threshold, bool two_bits,
			 CodeSums *sums)
{
	unsigned	positives = 0;
	unsigned	aboves = 0;

	KG_UNROLLED_FOR(k, GROUP / VEC_LANES)
	{
		Vec			vc = vec_load(c + k * VEC_LANES, F32);
		Vec			r = vec_sub(vec_load(x + k * VEC_LANES, F32), vc);
		VecMask		positive = vec_gt(r, vec_set1(0));
		Vec			signed_c;

		positives |= vec_bits(positive) << (k * VEC_LANES);
		r = vec_abs(r);
		signed_c = vec_select(positive, vc, vec_sub(vec_set1(0), vc));
		if (two_bits)
		{
			VecMask		above = vec_gt(r, threshold);
			Vec			size = vec_select(above, vec_set1(1.5f),
										  vec_set1(0.5f));

			aboves |= vec_bits(above) << (k * VEC_LANES);
			sums->ry[k] = vec_fma(size, r, sums->ry[k]);
			sums->cy[k] = vec_fma(size, signed_c, sums->cy[k]);
		}
		else
		{
			sums->ry[k] = vec_add(sums->ry[k], r);
			sums->cy[k] = vec_add(sums->cy[k], signed_c);
		}
	}
	return (CodeBits)
	{
		(uint16_t) positives, (uint16_t) ~(positives ^ aboves)
	};
}

KG_ALWAYS_INLINE float
join_group(const Vec *v)
{
	Vec			sum = v[0];

	for (int k = 1; k < GROUP / VEC_LANES; k++)
		sum = vec_add(sum, v[k]);
	return vec_sum(sum);
}

KG_ALWAYS_INLINE KgCodeDots
encode_planes(const float *x, const float *c, int n, float threshold,
			  uint8_t *signs, uint8_t *magnitudes)
{
	Vec			vthreshold = vec_set1(threshold);
	CodeSums	sums;
	CodeBits	bits;
	int			i = 0;

	KG_UNROLLED_FOR(k, GROUP / VEC_LANES)
	{
		sums.ry[k] = sums.cy[k] = vec_set1(0);
	}
	for (; i <= n - GROUP; i += GROUP)
	{
		bits = encode_group(x + i, c + i, vthreshold, magnitudes != NULL,
							&sums);
		memcpy(signs + i / 8, &bits.signs, 2);
		if (magnitudes != NULL)
			memcpy(magnitudes + i / 8, &bits.magnitudes, 2);
	}
	if (i < n)
	{
		float		last_x[GROUP] = {0};
		float		last_c[GROUP] = {0};

		memcpy(last_x, x + i, 8 * sizeof(float));
		memcpy(last_c, c + i, 8 * sizeof(float));
		bits = encode_group(last_x, last_c, vthreshold, magnitudes != NULL,
							&sums);
		signs[i / 8] = (uint8_t) bits.signs;
		if (magnitudes != NULL)
			magnitudes[i / 8] = (uint8_t) bits.magnitudes;
	}
	return (KgCodeDots)
	{
		join_group(sums.ry), join_group(sums.cy)
	};
}

static KgCodeDots
code_encode(const float *x, const float *c, int n, float threshold,
			uint8_t *signs, uint8_t *magnitudes)
{
	if (magnitudes == NULL)
		return encode_planes(x, c, n, threshold, signs, NULL);
	return encode_planes(x, c, n, threshold, signs, magnitudes);
}

static float
code_lut(const float *q, int dim, float delta, uint8_t *lut)
{
	float		unit = delta > 0 ? 2 / delta : 0;

	for (int i = 0; i < dim; i += 4)
		lut_entries(q + i, unit, lut + 4 * i);
	return -sum_terms(q, F32, q, F32, dim, ABS);
}

static void
code_estimate(const uint32_t *sums, const uint16_t *A, const uint16_t *B,
			  float base, float scale, float bias, float delta, int n,
			  float *out)
{
	Vec			vbase = vec_set1(base);
	Vec			vscale = vec_set1(scale);
	Vec			vbias = vec_set1(bias);
	Vec			vdelta = vec_set1(delta);
	Vec			est;

	for (int i = 0; i < n; i += VEC_LANES)
	{
		int			rest = n - i;

		if (rest >= VEC_LANES)
		{
			est = vec_fma(vdelta, vec_load(sums + i, U32), vbias);
			est = vec_fma(vec_load(B + i, BF16), est, vec_load(A + i, BF16));
			vec_store(out + i, F32, vec_fma(vscale, est, vbase));
		}
		else
		{
			est = vec_fma(vdelta, vec_load_some(sums + i, U32, rest), vbias);
			est = vec_fma(vec_load_some(B + i, BF16, rest), est,
						  vec_load_some(A + i, BF16, rest));
			vec_store_some(out + i, F32, vec_fma(vscale, est, vbase), rest);
		}
	}
}

/* The table's entries, all but its name. */
#define VECTOR_KERNELS \
	.l2sq_f32 = l2sq_f32, \
	.ip_f32 = ip_f32, \
	.l1_f32 = l1_f32, \
	.max_ip_f32 = max_ip_f32, \
	.l2sq_rows_f32 = l2sq_rows_f32, \
	.cosine_f32 = cosine_f32, \
	.l2sq_f16 = l2sq_f16, \
	.ip_f16 = ip_f16, \
	.l1_f16 = l1_f16, \
	.cosine_f16 = cosine_f16, \
	.sums_u8 = sums_u8, \
	.l2sq_f32_f16 = l2sq_f32_f16, \
	.l2sq_f32_sq8 = l2sq_f32_sq8, \
	.l2sq_f32_sq4 = l2sq_f32_sq4, \
	.l2sq_f32_sq2 = l2sq_f32_sq2, \
	.sq8_to_f32 = sq8_to_f32, \
	.sq4_to_f32 = sq4_to_f32, \
	.sq2_to_f32 = sq2_to_f32, \
	.f32_to_f16 = f32_to_f16, \
	.f16_to_f32 = f16_to_f32, \
	.hamming = hamming, \
	.jaccard = jaccard, \
	.hamming_rows = hamming_rows, \
	.jaccard_rows = jaccard_rows, \
	.fht = fht, \
	.code_encode = code_encode, \
	.code_scan = code_scan, \
	.code_lut = code_lut, \
	.code_estimate = code_estimate
