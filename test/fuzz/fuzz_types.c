/*
 * fuzz_types.c
 *	  Feeds mutated text and binary input to the types' input functions,
 *	  without a server and under the sanitizers.
 *
 *	fuzz_types [SECONDS [SEED]]
 *
 * What an input function accepts must be a valid value that its output
 * functions write and it reads back as the same bits.  What it rejects must
 * give an error with a message of bounded length.  The server's functions that
 * are reached are replaced below: an error is a longjmp, and memory comes from
 * malloc, so that AddressSanitizer sees every overrun.
 */
#include "postgres.h"

#include <math.h>
#include <setjmp.h>
#include <time.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/palloc.h"

#include "types/halfvec.h"
#include "types/int8vec.h"
#include "types/sparsevec.h"
#include "types/vector.h"
#include "types/vectype.h"

#define MAX_INPUT 400
#define MAX_MESSAGE 2048

/* The functions under test. */
extern Datum kg_vector_in(PG_FUNCTION_ARGS);
extern Datum kg_vector_out(PG_FUNCTION_ARGS);
extern Datum kg_vector_recv(PG_FUNCTION_ARGS);
extern Datum kg_vector_send(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_in(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_out(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_recv(PG_FUNCTION_ARGS);
extern Datum kg_halfvec_send(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_in(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_out(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_recv(PG_FUNCTION_ARGS);
extern Datum kg_int8vec_send(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_in(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_out(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_recv(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_send(PG_FUNCTION_ARGS);

typedef struct Type
{
	const char *name;
	PGFunction	in;
	PGFunction	out;
	PGFunction	recv;
	PGFunction	send;
	/* what mutations start from */
	const char *texts[7];
} Type;

/* more elements than the parser makes room for at first */
#define ONES "1,1,1,1,1,1,1,1,1,1,"
#define MANY_ONES "[" ONES ONES ONES ONES ONES ONES ONES "1]"

static const Type types[] = {
	{"vector", kg_vector_in, kg_vector_out, kg_vector_recv, kg_vector_send,
		{"[1,2,3]", "[-1.5e-10,2E+3,.5]", " [ 0 ,\t-0 ] ", "[3.4028235e38,1e-45]",
	"[NaN,Infinity]", "[0x1p3,123456789012345678901234567890]", MANY_ONES}},
	{"halfvec", kg_halfvec_in, kg_halfvec_out, kg_halfvec_recv, kg_halfvec_send,
		{"[1,2,3]", "[-1.5e-3,2E+3,.5]", " [ 0 ,\t-0 ] ", "[65504,6e-8]",
	"[NaN,Infinity]", "[65519.99,65520]", MANY_ONES}},
	{"int8vec", kg_int8vec_in, kg_int8vec_out, kg_int8vec_recv, kg_int8vec_send,
		{"[1,2,3]", "[-1.5e-10,2E+3,.5]", " [ 0 ,\t-0 ] ", "[3.4028235e38,-1e-45]",
	"[NaN,Infinity]", "[-32767,32512,8388607]", MANY_ONES}},
	{"sparsevec", kg_sparsevec_in, kg_sparsevec_out, kg_sparsevec_recv, kg_sparsevec_send,
		{"{1:1,3:2.5}/5", "{3:-1e-10,1:1}/3", " { 2 : 0 } / 9 ", "{}/1000000000",
			"{1:NaN,2147483648:1}/1", "{-99999999999999999999:1}/99999999999999999999",
	"{1:1,2:1,3:1,4:1,5:1,6:1,7:1,8:1,9:1,10:1,11:1,12:1,13:1,14:1,15:1,16:1,17:1}/17"}},
};

static jmp_buf on_error;
static char message[MAX_MESSAGE * 2];

/* Allocations of one case, freed after it. */
static void *allocations[64];
static int	nallocations;

static uint64 random_state;

static void
fail(const Type *type, const char *what, const void *input, int length)
{
	printf("not ok - %s: %s; input:", type->name, what);
	for (int i = 0; i < length; i++)
		printf(" %02x", ((const unsigned char *) input)[i]);
	printf("\n");
	exit(1);
}

/* xorshift64* */
static uint32
random_below(uint32 limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return ((random_state * UINT64CONST(2685821657736338717)) >> 33) % limit;
}

/* What the types use of the server. */

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

/* Calls with the arguments of an input function; NULL after an error. */
static struct varlena *
call_input(PGFunction function, Datum input)
{
	LOCAL_FCINFO(fcinfo, 3);

	InitFunctionCallInfoData(*fcinfo, NULL, 3, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = input;
	fcinfo->args[1].value = ObjectIdGetDatum(InvalidOid);
	fcinfo->args[2].value = Int32GetDatum(-1);
	fcinfo->args[0].isnull = fcinfo->args[1].isnull = fcinfo->args[2].isnull = false;
	if (setjmp(on_error) != 0)
		return NULL;
	return (struct varlena *) DatumGetPointer(function(fcinfo));
}

static Datum
call_output(PGFunction function, struct varlena *value)
{
	LOCAL_FCINFO(fcinfo, 1);

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = PointerGetDatum(value);
	fcinfo->args[0].isnull = false;
	return function(fcinfo);
}

static bool
same_value(struct varlena *a, struct varlena *b)
{
	return b != NULL && VARSIZE(a) == VARSIZE(b) &&
		memcmp(a, b, VARSIZE(a)) == 0;
}

static struct varlena *
receive(const Type *type, const void *data, int length)
{
	/* a copy of just that size, so that reading beyond it is seen */
	StringInfoData buf = {.data = palloc(length),.len = length,.maxlen = length};
	struct varlena *result;

	memcpy(buf.data, data, length);
	result = call_input(type->recv, PointerGetDatum(&buf));
	/* as the server does */
	if (result != NULL && buf.cursor != buf.len)
	{
		strcpy(message, "incorrect binary data format");
		return NULL;
	}
	return result;
}

/* Checks what an input function made of an input. Is it a value? */
static bool
check(const Type *type, struct varlena *value, const void *input, int length)
{
	bytea	   *sent;

	if (value == NULL)
	{
		if (message[0] == '\0' || strlen(message) > MAX_MESSAGE)
			fail(type, "an error without a message, or too long a one", input, length);
		return false;
	}
	if (!same_value(value, call_input(type->in, call_output(type->out, value))))
		fail(type, "its text is another value", input, length);
	sent = (bytea *) DatumGetPointer(call_output(type->send, value));
	if (!same_value(value, receive(type, VARDATA(sent), VARSIZE(sent) - VARHDRSZ)))
		fail(type, "its binary form is another value", input, length);
	return true;
}

/* Changes a few bytes of data; returns the new length. */
static int
mutate(char *data, int length, const char *alphabet)
{
	int			changes = 1 + random_below(4);

	while (changes-- > 0)
	{
		int			at = length == 0 ? 0 : random_below(length);
		char		c = alphabet != NULL ?
		alphabet[random_below(strlen(alphabet))] : (char) random_below(256);

		switch (random_below(alphabet != NULL ? 5 : 4))
		{
			case 0:				/* replace */
				if (length > 0)
					data[at] = c;
				break;
			case 1:				/* insert */
				if (length < MAX_INPUT)
				{
					memmove(data + at + 1, data + at, length - at);
					data[at] = c;
					length++;
				}
				break;
			case 2:				/* remove */
				if (length > 0)
				{
					memmove(data + at, data + at + 1, length - at - 1);
					length--;
				}
				break;
			case 3:				/* cut short */
				if (random_below(4) == 0)
					length = at;
				break;
			case 4:				/* repeat a part */
				{
					int			n = random_below(length - at + 1);

					if (length + n <= MAX_INPUT)
					{
						memmove(data + at + n, data + at, length - at);
						length += n;
					}
				}
		}
	}
	return length;
}

static bool
fuzz_text(const Type *type)
{
	char text[	MAX_INPUT + 1];
	const char *start = type->texts[random_below(lengthof(type->texts))];
	int			length = strlen(start);
	char	   *copy;

	memcpy(text, start, length);
	length = mutate(text, length, "[]{}:,/ \t0123456789.eE+-xpnaif");
	text[		length] = '\0';

	copy = pnstrdup(text, length);
	return check(type, call_input(type->in, CStringGetDatum(copy)), text, length);
}

static bool
fuzz_binary(const Type *type)
{
	char		data[MAX_INPUT];
	struct varlena *value = call_input(type->in, CStringGetDatum(type->texts[random_below(3)]));
	bytea	   *sent = (bytea *) DatumGetPointer(call_output(type->send, value));
	int			length = VARSIZE(sent) - VARHDRSZ;

	memcpy(data, VARDATA(sent), length);
	length = mutate(data, length, NULL);
	return check(type, receive(type, data, length), data, length);
}

int
main(int argc, char **argv)
{
	double		seconds = argc > 1 ? atof(argv[1]) : 3;
	uint64		seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (int i = 0; i < (int) lengthof(types) * 2; i++)
	{
		const Type *type = &types[i / 2];
		bool text = i % 2 == 0;
		clock_t		end = clock() + seconds * CLOCKS_PER_SEC / (lengthof(types) * 2);
		int			cases = 0;
		int			accepted = 0;

		random_state = (seed << 8) + i + 1;
		while (cases % 64 != 0 || clock() < end)
		{
			accepted += text ? fuzz_text(type) : fuzz_binary(type);

			cases++;
			while (nallocations > 0)
				free(allocations[--nallocations]);
		}

		/* neither all nor nothing, or the cases are none */
		printf("%s - fuzz: %s of %s (seed %llu: %d cases, %d accepted)\n",
			   accepted > 0 && accepted < cases ? "ok" : "not ok",
			   text ? "text" : "binary", type->name,
			   (unsigned long long) seed, cases, accepted);
	}
	return 0;
}
