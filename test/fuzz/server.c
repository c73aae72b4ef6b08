/*
 * server.c
 *	  The server's functions that the types reach, replaced.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/palloc.h"

#include "server.h"
#include "types/vector.h"

jmp_buf		on_error;
char		message[MAX_MESSAGE * 2];

/* Allocations of one case, freed after it. */
static void *allocations[64];
static int	nallocations;

static uint64 random_state;

void
free_case(void)
{
	while (nallocations > 0)
		free(allocations[--nallocations]);
}

void
random_start(uint64 seed)
{
	random_state = seed;
}

/* xorshift64* */
uint32
random_below(uint32 limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return ((random_state * UINT64CONST(2685821657736338717)) >> 33) % limit;
}

void *
palloc(Size size)
{
	void	   *result = malloc(size);

	if (nallocations == (int) lengthof(allocations))
		abort();
	allocations[nallocations++] = result;
	return result;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void *
repalloc(void *pointer, Size size)
{
	for (int i = 0; i < nallocations; i++)
	{
		if (allocations[i] == pointer)
			return allocations[i] = realloc(pointer, size);
	}
	abort();
}

void
pfree(void *pointer)
{
	for (int i = 0; i < nallocations; i++)
	{
		if (allocations[i] == pointer)
		{
			free(pointer);
			allocations[i] = allocations[--nallocations];
			return;
		}
	}
	abort();
}

char *
pnstrdup(const char *in, Size len)
{
	char	   *result;

	len = strnlen(in, len);
	result = palloc(len + 1);
	memcpy(result, in, len);
	result[len] = '\0';
	return result;
}

char *
pstrdup(const char *in)
{
	return pnstrdup(in, strlen(in));
}

bool
errstart(int elevel, const char *domain)
{
	message[0] = '\0';
	return true;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

int
errcode(int sqlerrcode)
{
	return 0;
}

int
errmsg(const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return 0;
}

int
errdetail(const char *fmt,...)
{
	return 0;
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	longjmp(on_error, 1);
}

#if PG_VERSION_NUM >= 160000
bool
errsave_start(struct Node *context, const char *domain)
{
	return errstart(ERROR, domain);
}

void
errsave_finish(struct Node *context, const char *filename, int lineno,
			   const char *funcname)
{
	errfinish(filename, lineno, funcname);
}
#endif

int
pg_mbcliplen(const char *mbstr, int len, int limit)
{
	return Min(len, limit);
}

int
pg_ltoa(int32 value, char *a)
{
	return sprintf(a, "%d", value);
}

struct varlena *
pg_detoast_datum(struct varlena *datum)
{
	return datum;
}

static void
copy_bytes(StringInfo msg, void *to, int n)
{
	if (n > msg->len - msg->cursor)
	{
		errstart(ERROR, NULL);
		errmsg("insufficient data left in message");
		errfinish(NULL, 0, NULL);
	}
	memcpy(to, msg->data + msg->cursor, n);
	msg->cursor += n;
}

unsigned int
pq_getmsgint(StringInfo msg, int b)
{
	uint16		n16;
	uint32		n32;

	if (b == 2)
	{
		copy_bytes(msg, &n16, 2);
		return pg_ntoh16(n16);
	}
	copy_bytes(msg, &n32, 4);
	return pg_ntoh32(n32);
}

float4
pq_getmsgfloat4(StringInfo msg)
{
	uint32		bits = pq_getmsgint(msg, 4);
	float4		result;

	memcpy(&result, &bits, sizeof(result));
	return result;
}

#if PG_VERSION_NUM >= 180000
void
pq_copymsgbytes(StringInfo msg, void *buf, int datalen)
#else
void
pq_copymsgbytes(StringInfo msg, char *buf, int datalen)
#endif
{
	copy_bytes(msg, buf, datalen);
}

void
pq_begintypsend(StringInfo buf)
{
	/* room for any value that a test makes; one at a time is sent */
	static char room[VECTOR_SIZE(VECTOR_MAX_DIM) * 2];

	buf->maxlen = sizeof(room);
	buf->data = room;
	buf->len = VARHDRSZ;
	buf->cursor = 0;
}

void
enlargeStringInfo(StringInfo str, int needed)
{
	if (str->len + needed > str->maxlen)
		abort();
}

#if PG_VERSION_NUM >= 160000
void
pq_sendbytes(StringInfo buf, const void *data, int datalen)
#else
void
pq_sendbytes(StringInfo buf, const char *data, int datalen)
#endif
{
	enlargeStringInfo(buf, datalen);
	memcpy(buf->data + buf->len, data, datalen);
	buf->len += datalen;
}

void
pq_sendfloat4(StringInfo buf, float4 f)
{
	uint32		bits;

	memcpy(&bits, &f, sizeof(bits));
	pq_sendint32(buf, bits);
}

bytea *
pq_endtypsend(StringInfo buf)
{
	SET_VARSIZE(buf->data, buf->len);
	return (bytea *) buf->data;
}

int
ArrayGetNItems(int ndim, const int *dims)
{
	int			n = ndim > 0 ? 1 : 0;

	for (int i = 0; i < ndim; i++)
		n *= dims[i];
	return n;
}

/* Its argument is const since 19. */
#if PG_VERSION_NUM >= 190000
#define ARRAY const ArrayType
#else
#define ARRAY ArrayType
#endif

bool
array_contains_nulls(ARRAY * array)
{
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const uint8 *bitmap = ARR_NULLBITMAP(array);

	for (int i = 0; bitmap != NULL && i < n; i++)
	{
		if ((bitmap[i / 8] & (1 << (i % 8))) == 0)
			return true;
	}
	return false;
}
