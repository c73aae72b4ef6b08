/*
 * exchange.c
 *	  Writes lines of GraphML, DOT and JSON for the functions of exchange.sql.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "pg/compat.h"


/* The text that replaces a byte in the output; NULL: the byte stays. */
typedef const char *(*Escape) (unsigned char c);

/*
 * XML, and so SVG, forbids all control characters but tab, line feed and
 * carriage return, as well as U+FFFE and U+FFFF, even escaped.  They become
 * question marks.
 */
static bool
is_control(unsigned char c)
{
	return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

static const char *
escape_xml(unsigned char c)
{
	switch (c)
	{
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return "&quot;";
		case '\r':
			return "&#13;";
		default:
			return is_control(c) ? "?" : NULL;
	}
}

static const char *
escape_dot(unsigned char c)
{
	switch (c)
	{
		case '\\':
			return "\\\\";
		case '"':
			return "\\\"";
		case '\r':
			return "";
		case '\n':
			return "\\n";
		default:
			return is_control(c) ? "?" : NULL;
	}
}

/*
 * Does the text begin with U+FFFE or U+FFFF?  Only databases of UTF-8 have
 * them.
 */
static bool
is_noncharacter(const char *s, const char *end)
{
	return end - s >= 3 && (unsigned char) s[0] == 0xEF && (unsigned char) s[1] == 0xBF &&
		(unsigned char) s[2] >= 0xBE && GetDatabaseEncoding() == PG_UTF8;
}

static void
append_escaped(StringInfo out, const char *s, Size length, Escape escape)
{
	const char *end = s + length;
	const char *plain = s;		/* start of what is not written yet */

	for (; s < end; s++)
	{
		const char *instead = escape((unsigned char) *s);
		int			width = 1;

		if ((unsigned char) *s == 0xEF && is_noncharacter(s, end))
		{
			instead = "?";
			width = 3;
		}
		if (instead == NULL)
			continue;
		appendBinaryStringInfo(out, plain, s - plain);
		appendStringInfoString(out, instead);
		s += width - 1;
		plain = s + 1;
	}
	appendBinaryStringInfo(out, plain, end - plain);
}

static text *
escaped(text *value, Escape escape)
{
	StringInfoData out;

	initStringInfo(&out);
	append_escaped(&out, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), escape);
	return cstring_to_text_with_len(out.data, out.len);
}

PG_FUNCTION_INFO_V1(kg_xml_escape);

/* xml_escape(text) returns text */
Datum
kg_xml_escape(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(escaped(PG_GETARG_TEXT_PP(0), escape_xml));
}

PG_FUNCTION_INFO_V1(kg_dot_escape);

/* dot_escape(text) returns text */
Datum
kg_dot_escape(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(escaped(PG_GETARG_TEXT_PP(0), escape_dot));
}

/* Begins a line, with space for the header of a varlena. */
static void
begin_line(StringInfo line, const char *start)
{
	initStringInfo(line);
	appendStringInfoSpaces(line, VARHDRSZ);
	appendStringInfoString(line, start);
}

static Datum
end_line(StringInfo line, const char *end)
{
	appendStringInfoString(line, end);
	SET_VARSIZE(line->data, line->len);
	return PointerGetDatum(line->data);
}

/* Appends ' name="value"', unless the argument, a text, is null. */
static void
append_attribute(StringInfo line, const char *name, FunctionCallInfo fcinfo, int argno)
{
	text	   *value;

	if (PG_ARGISNULL(argno))
		return;
	value = PG_GETARG_TEXT_PP(argno);
	appendStringInfo(line, " %s=\"", name);
	append_escaped(line, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), escape_xml);
	appendStringInfoChar(line, '"');
}

static void
append_data(StringInfo line, const char *key, const char *value, Size length)
{
	appendStringInfo(line, "<data key=\"%s\">", key);
	append_escaped(line, value, length, escape_xml);
	appendStringInfoString(line, "</data>");
}

static void
append_text(StringInfo line, const char *key, FunctionCallInfo fcinfo, int argno)
{
	text	   *value;

	if (PG_ARGISNULL(argno))
		return;
	value = PG_GETARG_TEXT_PP(argno);
	append_data(line, key, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* Appends properties, unless they are null or empty. */
static void
append_properties(StringInfo line, const char *key, FunctionCallInfo fcinfo, int argno)
{
	Jsonb	   *properties;
	char	   *value;

	if (PG_ARGISNULL(argno))
		return;
	properties = PG_GETARG_JSONB_P(argno);
	if (JB_ROOT_IS_OBJECT(properties) && JB_ROOT_COUNT(properties) == 0)
		return;
	value = JsonbToCString(NULL, &properties->root, VARSIZE(properties));
	append_data(line, key, value, strlen(value));
}

/* Appends a time as JSON writes it, whatever DateStyle is. */
static void
append_time(StringInfo line, const char *key, FunctionCallInfo fcinfo, int argno)
{
	char		value[MAXDATELEN + 1];

	if (PG_ARGISNULL(argno))
		return;
	JsonEncodeDateTime(value, PG_GETARG_DATUM(argno), TIMESTAMPTZOID, NULL);
	append_data(line, key, value, strlen(value));
}

PG_FUNCTION_INFO_V1(kg_graphml_node);

/* graphml_node(id text, type text, name text, importance text, properties jsonb) returns text */
Datum
kg_graphml_node(PG_FUNCTION_ARGS)
{
	StringInfoData line;

	begin_line(&line, "<node");
	append_attribute(&line, "id", fcinfo, 0);
	appendStringInfoChar(&line, '>');
	append_text(&line, "type", fcinfo, 1);
	append_text(&line, "name", fcinfo, 2);
	append_text(&line, "importance", fcinfo, 3);
	append_properties(&line, "properties", fcinfo, 4);
	return end_line(&line, "</node>");
}

PG_FUNCTION_INFO_V1(kg_graphml_edge);

/*
 * graphml_edge(id text, source text, target text, type text, weight text,
 *				valid_from timestamptz, valid_to timestamptz, recorded_at
 *				timestamptz, expired_at timestamptz, properties jsonb)
 *	returns text
 */
Datum
kg_graphml_edge(PG_FUNCTION_ARGS)
{
	StringInfoData line;

	begin_line(&line, "<edge");
	append_attribute(&line, "id", fcinfo, 0);
	append_attribute(&line, "source", fcinfo, 1);
	append_attribute(&line, "target", fcinfo, 2);
	appendStringInfoChar(&line, '>');
	append_text(&line, "rtype", fcinfo, 3);
	append_text(&line, "weight", fcinfo, 4);
	append_time(&line, "valid_from", fcinfo, 5);
	append_time(&line, "valid_to", fcinfo, 6);
	append_time(&line, "recorded_at", fcinfo, 7);
	append_time(&line, "expired_at", fcinfo, 8);
	append_properties(&line, "rproperties", fcinfo, 9);
	return end_line(&line, "</edge>");
}

/* Appends a text as a string of JSON; "" for null. */
static void
append_string(StringInfo line, bool isnull, Datum value)
{
	char	   *string = isnull ? "" : TextDatumGetCString(value);

	escape_json(line, string);
	if (!isnull)
		pfree(string);
}

PG_FUNCTION_INFO_V1(kg_jsonl_entity);

/* jsonl_entity(name text, type text, observations text[]) returns text */
Datum
kg_jsonl_entity(PG_FUNCTION_ARGS)
{
	StringInfoData line;
	Datum	   *observations;
	bool	   *nulls;
	int			n = 0;

	begin_line(&line, "{\"type\" : \"entity\", \"name\" : ");
	append_string(&line, PG_ARGISNULL(0), PG_GETARG_DATUM(0));
	appendStringInfoString(&line, ", \"entityType\" : ");
	append_string(&line, PG_ARGISNULL(1), PG_GETARG_DATUM(1));
	appendStringInfoString(&line, ", \"observations\" : [");
	if (!PG_ARGISNULL(2))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false, TYPALIGN_INT,
						  &observations, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(&line, ", ");
		append_string(&line, nulls[i], observations[i]);
	}
	return end_line(&line, "]}");
}

PG_FUNCTION_INFO_V1(kg_jsonl_relation);

/* jsonl_relation(source text, target text, type text) returns text */
Datum
kg_jsonl_relation(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"from", "to", "relationType"};
	StringInfoData line;

	begin_line(&line, "{\"type\" : \"relation\"");
	for (int i = 0; i < (int) lengthof(keys); i++)
	{
		appendStringInfo(&line, ", \"%s\" : ", keys[i]);
		append_string(&line, PG_ARGISNULL(i), PG_GETARG_DATUM(i));
	}
	return end_line(&line, "}");
}
