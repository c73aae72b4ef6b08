/*
 * key_columns.c
 *	  Keys of several columns, from rows and index tuples.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/uuid.h"

#include "graph/catalog/key_columns.h"
#include "pg/btree.h"

void
kg_key_locate(KgKeyColumns *key, Relation heap, Relation index, const KgKeyAttrs *attrs)
{
	key->n = attrs->n;
	for (int i = 0; i < key->n; i++)
		key->columns[i] = kg_index_locate(heap, index, attrs->attnos[i]);
}

bool
kg_key_is_null(const KgKeyColumns *key, IndexTuple itup)
{
	if (!IndexTupleHasNulls(itup))
		return false;
	for (int i = 0; i < key->n; i++)
	{
		if (kg_index_is_null(itup, key->columns[i].attno))
			return true;
	}
	return false;
}

/* The bytes that a uuid or a text takes in a copy. */
static inline Size
copied_size(Oid type, const char *value)
{
	return type == UUIDOID ? UUID_LEN : INTALIGN(VARSIZE_ANY(value));
}

Size
kg_key_copy(const KgKeyColumns *key, IndexTuple itup, TupleDesc desc, char *copy)
{
	char	   *to = copy;

	for (int i = 0; i < key->n; i++)
	{
		const KgIndexColumn *column = &key->columns[i];
		const char *value;

		if (kg_is_integer(column->type))
		{
			int64		number = kg_index_integer(itup, desc, column);

			memcpy(to, &number, sizeof(number));
			to += sizeof(number);
			continue;
		}
		value = DatumGetPointer(kg_index_value(itup, desc, column->attno));
		memcpy(to, value, column->type == UUIDOID ? UUID_LEN : VARSIZE_ANY(value));
		to += copied_size(column->type, value);
	}
	return to - copy;
}

void
kg_key_copied(const KgKeyColumns *key, const char *copy, Datum *values)
{
	for (int i = 0; i < key->n; i++)
	{
		int64		number;

		if (kg_is_integer(key->columns[i].type))
		{
			memcpy(&number, copy, sizeof(number));
			values[i] = Int64GetDatum(number);
			copy += sizeof(number);
			continue;
		}
		values[i] = PointerGetDatum(copy);
		copy += copied_size(key->columns[i].type, copy);
	}
}

/* Appends a character to a StringInfo that is known to have space for it. */
static inline void
add(StringInfo json, char c)
{
	json->data[json->len++] = c;
}

static void
append_text(StringInfo json, Datum value)
{
	char	   *string = TextDatumGetCString(value);

	escape_json(json, string);
	pfree(string);
}

void
kg_append_key(StringInfo json, const KgNodeTable *nodes, const Datum *values)
{
	for (int i = 0; i < nodes->ncolumns; i++)
	{
		/* Enough for an integer, what is before it and what comes after */
		if (json->maxlen - json->len < MAXINT8LEN + 4)
			enlargeStringInfo(json, MAXINT8LEN + 4);
		if (i == 0)
			add(json, '[');
		else
		{
			add(json, ',');
			add(json, ' ');
		}
		if (kg_is_integer(nodes->types[i]))
			json->len += pg_lltoa(DatumGetInt64(values[i]), json->data + json->len);
		else if (nodes->types[i] == UUIDOID)
			escape_json(json, DatumGetCString(DirectFunctionCall1(uuid_out, values[i])));
		else
			append_text(json, values[i]);
	}
	if (json->maxlen - json->len < 2)
		enlargeStringInfo(json, 1);
	add(json, ']');
}

/* The part of a key that is not yet read. */
typedef struct KeyText
{
	const char *next;
	const char *end;
} KeyText;

static char
next_char(KeyText *text)
{
	if (text->next == text->end)
		elog(ERROR, "a key of several columns ends too early");
	return *text->next++;
}

static void
expect_char(KeyText *text, char c)
{
	if (next_char(text) != c)
		elog(ERROR, "a key of several columns has no \"%c\" where it should", c);
}

/* A character that escape_json has escaped; the backslash is read already. */
static char
unescape(KeyText *text)
{
	char		digits[5] = {0};
	char		c = next_char(text);

	switch (c)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'u':
			/* a control character */
			for (int i = 0; i < 4; i++)
				digits[i] = next_char(text);
			return (char) strtol(digits, NULL, 16);
		default:
			return c;
	}
}

static char *
read_string(KeyText *text)
{
	char	   *string = palloc(text->end - text->next + 1);
	char	   *to = string;
	char		c;

	expect_char(text, '"');
	while ((c = next_char(text)) != '"')
		*to++ = c == '\\' ? unescape(text) : c;
	*to = '\0';
	return string;
}

static int64
read_integer(KeyText *text)
{
	bool		negative = *text->next == '-';
	uint64		value = 0;

	text	  ->next += negative;

	while (*text->next >= '0' && *text->next <= '9')
		value = value * 10 + (next_char(text) - '0');
	return (int64) (negative ? -value : value);
}

void
kg_key_values(const KgNodeTable *nodes, Datum key, Datum *values)
{
	const struct varlena *json = (struct varlena *) DatumGetPointer(key);
	KeyText text;

	text.		next = VARDATA_ANY(json);
	text.		end = text.next + VARSIZE_ANY_EXHDR(json);

	for (int i = 0; i < nodes->ncolumns; i++)
	{
		expect_char(&text, i == 0 ? '[' : ',');
		if (i > 0)
			expect_char(&text, ' ');
		if (kg_is_integer(nodes->types[i]))
			values[i] = Int64GetDatum(read_integer(&text));
		else if (nodes->types[i] == UUIDOID)
			values[i] = DirectFunctionCall1(uuid_in, CStringGetDatum(read_string(&text)));
		else
			values[i] = CStringGetTextDatum(read_string(&text));
	}
	expect_char(&text, ']');
}
