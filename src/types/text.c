/*
 * text.c
 *	  Text input and output of vectors.
 *
 * All types use one scanner.  It reads each character a bounded number of times
 * and stops at the type's limit of elements, so that the cost of hostile input
 * is linear in its length.  A message quotes only the beginning of long input.
 */
#include "postgres.h"

#include <limits.h>

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"

#include "types/text.h"

/* Bytes of input that a message quotes at most. */
#define MAX_QUOTED 1024

/* Elements to allocate at first; doubled as needed. */
#define FIRST_ELEMENTS 64

/* The characters that PostgreSQL's own parsers skip, in any locale. */
static inline bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline void
skip_blanks(KgScanner *scan)
{
	while (is_blank(*scan->pos))
		scan->pos++;
}

/* Up to len bytes of str, palloc'd; long ones are cut between characters. */
static char *
quote(const char *str, size_t len)
{
	if (len <= MAX_QUOTED)
		return pnstrdup(str, len);
	return psprintf("%.*s...", pg_mbcliplen(str, MAX_QUOTED, MAX_QUOTED), str);
}

void
kg_scan_start(KgScanner *scan, const KgVecType *type, const char *input,
			  Node *escontext)
{
	scan->type = type;
	scan->input = input;
	scan->pos = input;
	scan->escontext = escontext;
}

bool
kg_scan_error(KgScanner *scan, const char *detail)
{
	ereturn(scan->escontext, false,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					scan->type->name,
					quote(scan->input, strlen(scan->input))),
			 detail ? errdetail("%s", detail) : 0));
}

/* Skips c if it comes next. */
bool
kg_scan_char(KgScanner *scan, char c)
{
	skip_blanks(scan);
	if (*scan->pos != c)
		return false;
	scan->pos++;
	return true;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Reads a number of few digits, as nearly all are: the same as strtof in a
 * quarter of the time.  Returns false if the number needs strtof.
 *
 * An integer below 2^53 and a power of ten up to 10^22 are exact in double, so
 * their product or quotient is correctly rounded (Clinger, "How to Read
 * Floating Point Numbers Accurately", 1990).  Rounding this double to float4 is
 * correct as well, unless the double lies halfway between two float4: the
 * decimal number may lie to either side.  All such numbers are normal float4.
 */
static bool
read_short_float(const char *str, char **end, float *value)
{
	static const double powers[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	const char *pos = str;
	bool		negative = *pos == '-';
	bool		any_digits = false;
	bool		fraction = false;
	uint64		digits = 0;
	int			exponent = 0;
	double		number;
	uint64		bits;

	if (*pos == '-' || *pos == '+')
		pos++;
	for (; is_digit(*pos) || (*pos == '.' && !fraction); pos++)
	{
		if (*pos == '.')
		{
			fraction = true;
			continue;
		}
		digits = digits * 10 + (*pos - '0');
		if (digits >= UINT64CONST(1) << 53)
			return false;
		any_digits = true;
		exponent -= fraction;
	}
	if (!any_digits || *pos == 'x' || *pos == 'X')
		return false;

	if (*pos == 'e' || *pos == 'E')
	{
		bool		negative_exponent = *++pos == '-';
		int			written = 0;

		if (*pos == '-' || *pos == '+')
			pos++;
		if (!is_digit(*pos))
			return false;
		for (; is_digit(*pos) && written < 1000; pos++)
			written = written * 10 + (*pos - '0');
		exponent += negative_exponent ? -written : written;
	}
	if (abs(exponent) >= (int) lengthof(powers))
		return false;

	number = digits;
	if (exponent < 0)
		number /= powers[-exponent];
	else
		number *= powers[exponent];
	if (negative)
		number = -number;

	/* Halfway: float4 keeps 23 of the fraction's 52 bits. */
	memcpy(&bits, &number, sizeof(bits));
	if ((bits & ((UINT64CONST(1) << 29) - 1)) == UINT64CONST(1) << 28)
		return false;

	*end = unconstify(char *, pos);
	*value = number;
	return true;
}

/* Scans a finite number that the type can hold. */
bool
kg_scan_float(KgScanner *scan, float *value)
{
	const KgVecType *type = scan->type;
	const char *start;
	char	   *end;
	float		result;
	bool		out_of_range;

	skip_blanks(scan);
	start = scan->pos;

	/* strtof, as float4in: strtod would round twice. */
	errno = 0;
	if (!read_short_float(start, &end, &result))
		result = strtof(start, &end);
	if (end == start)
		return kg_scan_error(scan, NULL);
	scan->pos = end;

	/* "Infinity" is not out of range: kg_check_element() reports it. */
	out_of_range = isinf(result) ? errno == ERANGE :
		fabsf(result) >= type->overflow;
	if (type->sparse && result == 0 && errno == ERANGE)
		out_of_range = true;
	if (out_of_range)
		ereturn(scan->escontext, false,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("\"%s\" is out of range for type %s",
						quote(start, end - start), type->name)));

	*value = result;
	return kg_check_element(type, result, scan->escontext);
}

/*
 * Scans an integer.  One beyond int32 becomes the nearest int32, and the
 * caller's check of the range reports it.
 */
bool
kg_scan_int(KgScanner *scan, int32 *value)
{
	char	   *end;
	long		result;

	skip_blanks(scan);
	result = strtol(scan->pos, &end, 10);
	if (end == scan->pos)
		return kg_scan_error(scan, NULL);
	scan->pos = end;
	*value = (int32) Max(Min(result, (long) INT_MAX), (long) INT_MIN);
	return true;
}

/* Checks that only blanks follow. */
bool
kg_scan_end(KgScanner *scan, const char *detail)
{
	skip_blanks(scan);
	return *scan->pos == '\0' || kg_scan_error(scan, detail);
}

float *
kg_scan_dense(KgScanner *scan, int *dim)
{
	float	   *x;
	int			n = 0;
	int			capacity = FIRST_ELEMENTS;

	if (!kg_scan_char(scan, '['))
	{
		kg_scan_error(scan, "Vector contents must start with \"[\".");
		return NULL;
	}
	if (kg_scan_char(scan, ']'))
	{
		kg_check_dim(scan->type, 0, scan->escontext);
		return NULL;
	}

	x = palloc(sizeof(float) * capacity);
	do
	{
		if (!kg_check_dim(scan->type, n + 1, scan->escontext))
			return NULL;
		if (n == capacity)
		{
			capacity *= 2;
			x = repalloc(x, sizeof(float) * capacity);
		}
		if (!kg_scan_float(scan, &x[n++]))
			return NULL;
	} while (kg_scan_char(scan, ','));

	if (!kg_scan_char(scan, ']'))
	{
		kg_scan_error(scan, NULL);
		return NULL;
	}
	*dim = n;
	return x;
}

float *
kg_dense_parse(const KgVecType *type, const char *input, int *dim,
			   Node *escontext)
{
	KgScanner	scan;
	float	   *x;

	kg_scan_start(&scan, type, input, escontext);
	x = kg_scan_dense(&scan, dim);
	if (x == NULL || !kg_scan_end(&scan, "Junk after closing right brace."))
		return NULL;
	return x;
}

char *
kg_dense_print(const float *x, int dim)
{
	/* Each element with its comma, "[", "]" and the end. */
	char	   *result = palloc(FLOAT_SHORTEST_DECIMAL_LEN * dim + 3);
	char	   *pos = result;

	*pos++ = '[';
	for (int i = 0; i < dim; i++)
	{
		if (i > 0)
			*pos++ = ',';
		pos += float_to_shortest_decimal_bufn(x[i], pos);
	}
	*pos++ = ']';
	*pos = '\0';
	return result;
}
