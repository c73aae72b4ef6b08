/*
 * key_sql.c
 *	  Expressions and conditions on keys of nodes, for queries; keys as texts.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "graph/catalog/columns.h"
#include "graph/catalog/dictionary.h"
#include "graph/catalog/key_sql.h"

List *
kg_key_columns(const char *key)
{
	Size		length = strlen(key);
	List	   *columns;
	char	   *names;

	if (length < 2 || key[0] != '(' || key[length - 1] != ')')
		return list_make1(pstrdup(key));
	names = pnstrdup(key + 1, length - 2);
	if (!SplitIdentifierString(names, ',', &columns) || columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a list of columns", key)));
	return columns;
}

bool
kg_is_key_by_sql(Oid type)
{
	return type == NUMERICOID || type == BPCHAROID || type == DATEOID || type == OIDOID ||
		type == NAMEOID || type_is_enum(type);
}

/*
 * A type's qualified name.  For bpchar, format_type() would give "character",
 * which is character(1).
 */
static char *
type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->typnamespace),
									  NameStr(form->typname));
	ReleaseSysCache(tuple);
	return name;
}

static char *
column_of(const char *alias, const char *column)
{
	return psprintf("%s.%s", alias, quote_identifier(column));
}

/* An expression for a column such that equal values have equal texts. */
static char *
distinct_form(const char *column, Oid type)
{
	switch (type)
	{
		case NUMERICOID:
			return psprintf("pg_catalog.trim_scale(%s)", column);
		case BPCHAROID:
		case NAMEOID:
			return psprintf("%s::pg_catalog.text", column);
		case DATEOID:
			/* whatever DateStyle is */
			return psprintf("(pg_catalog.to_json(%s) OPERATOR(pg_catalog.#>>) '{}')", column);
		default:
			return psprintf("%s", column);
	}
}

char *
kg_key_sql(const KgNodeTable *nodes, const char *alias, const char *key)
{
	List	   *columns = kg_key_columns(key);
	StringInfoData values;
	StringInfoData nulls;
	ListCell   *lc;

	if (!nodes->by_sql)
		return psprintf("%s::%s", column_of(alias, linitial(columns)),
						kg_key_type_name(nodes->kind));
	if (list_length(columns) == 1)
		return psprintf("%s::pg_catalog.text",
						distinct_form(column_of(alias, linitial(columns)), nodes->types[0]));
	initStringInfo(&values);
	initStringInfo(&nulls);
	foreach(lc, columns)
	{
		const char *separator = values.len > 0 ? ", " : "";
		char	   *column = column_of(alias, lfirst(lc));

		appendStringInfo(&nulls, "%s%s", separator, column);
		appendStringInfo(&values, "%s%s", separator,
						 distinct_form(column, nodes->types[foreach_current_index(lc)]));
	}
	return psprintf("CASE WHEN pg_catalog.num_nulls(%s) OPERATOR(pg_catalog.=) 0"
					" THEN pg_catalog.jsonb_build_array(%s)::pg_catalog.text END",
					nulls.data, values.data);
}

char *
kg_key_is_sql(const KgNodeTable *nodes, const char *alias, const char *key,
			  const char *expression)
{
	List	   *columns = kg_key_columns(key);
	StringInfoData sql;
	ListCell   *lc;

	if (!nodes->by_sql)
		return psprintf("%s OPERATOR(pg_catalog.=) %s", column_of(alias, linitial(columns)),
						expression);
	if (list_length(columns) == 1)
		return psprintf("%s OPERATOR(pg_catalog.=) %s::%s", column_of(alias, linitial(columns)),
						expression, type_name(nodes->types[0]));
	initStringInfo(&sql);
	foreach(lc, columns)
	{
		int			i = foreach_current_index(lc);

		appendStringInfo(&sql, "%s%s OPERATOR(pg_catalog.=) (%s::pg_catalog.jsonb OPERATOR(pg_catalog.->>) %d)::%s",
						 i > 0 ? " AND " : "", column_of(alias, lfirst(lc)), expression, i,
						 type_name(nodes->types[i]));
	}
	return sql.data;
}

char *
kg_key_among_sql(const KgNodeTable *nodes, const char *alias, const char *key)
{
	List	   *columns = kg_key_columns(key);

	if (list_length(columns) > 1)
		return psprintf("EXISTS (SELECT FROM pg_catalog.unnest($1) AS k(key) WHERE %s)",
						kg_key_is_sql(nodes, alias, key, "k.key"));
	if (nodes->by_sql)
		return psprintf("%s OPERATOR(pg_catalog.=) ANY ($1::%s[])",
						column_of(alias, linitial(columns)), type_name(nodes->types[0]));
	return psprintf("%s OPERATOR(pg_catalog.=) ANY ($1)", column_of(alias, linitial(columns)));
}

char *
kg_key_not_null_sql(const char *alias, const char *key)
{
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	foreach(lc, kg_key_columns(key))
	{
		appendStringInfo(&sql, "%s%s IS NOT NULL", sql.len > 0 ? " AND " : "",
						 column_of(alias, lfirst(lc)));
	}
	return sql.data;
}

char *
kg_keys_equal_sql(const char *alias, const char *key, const char *other_alias,
				  const char *other_key)
{
	List	   *columns = kg_key_columns(key);
	List	   *others = kg_key_columns(other_key);
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	foreach(lc, columns)
	{
		appendStringInfo(&sql, "%s%s OPERATOR(pg_catalog.=) %s", sql.len > 0 ? " AND " : "",
						 column_of(alias, lfirst(lc)),
						 column_of(other_alias, list_nth(others, foreach_current_index(lc))));
	}
	return sql.data;
}

/* A value that a user has written, in the form of kg_key_sql. */
static char *
canonical_value(const char *value, Oid type)
{
	Oid			function;
	Oid			param;
	bool		is_varlena;
	Datum		datum;
	char	   *date;

	getTypeInputInfo(type, &function, &param);
	datum = OidInputFunctionCall(function, unconstify(char *, value), param, -1);
	if (type == NUMERICOID)
		datum = DirectFunctionCall1(numeric_trim_scale, datum);
	if (type == DATEOID)
	{
		date = palloc(MAXDATELEN + 1);
		return JsonEncodeDateTime(date, datum, DATEOID, NULL);
	}
	if (type == BPCHAROID)
		return TextDatumGetCString(DirectFunctionCall1(rtrim1, datum));
	getTypeOutputInfo(type, &function, &is_varlena);
	return OidOutputFunctionCall(function, datum);
}

/* A member of an array of JSON as text; NULL if it is not a plain value. */
static char *
member_text(JsonbValue *member)
{
	Datum		number;

	switch (member->type)
	{
		case jbvString:
			return pnstrdup(member->val.string.val, member->val.string.len);
		case jbvNumeric:
			number = DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(member->val.numeric));
			return DatumGetCString(DirectFunctionCall1(numeric_out, number));
		default:
			return NULL;
	}
}

char *
kg_key_canonical(const KgNodeTable *nodes, const char *key)
{
	Jsonb	   *array;
	StringInfoData json;

	if (nodes->ncolumns == 1)
		return canonical_value(key, nodes->types[0]);
	array = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(key)));
	if (!JB_ROOT_IS_ARRAY(array) || (int) JB_ROOT_COUNT(array) != nodes->ncolumns)
		return NULL;
	initStringInfo(&json);
	for (int i = 0; i < nodes->ncolumns; i++)
	{
		char	   *member = member_text(getIthJsonbValueFromContainer(&array->root, i));
		Oid			type = nodes->types[i];

		if (member == NULL)
			return NULL;
		member = canonical_value(member, type);
		appendStringInfoString(&json, i == 0 ? "[" : ", ");
		if (kg_is_integer(type) || type == NUMERICOID)
			appendStringInfoString(&json, member);
		else
			escape_json(&json, member);
	}
	appendStringInfoChar(&json, ']');
	/* jsonb writes spaces and escapes in its own way. */
	array = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
	return JsonbToCString(NULL, &array->root, VARSIZE(array));
}

PG_FUNCTION_INFO_V1(kg_key_column_names);

/* key_columns(key text) returns text[] */
Datum
kg_key_column_names(PG_FUNCTION_ARGS)
{
	List	   *columns = kg_key_columns(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Datum	   *names = palloc(list_length(columns) * sizeof(Datum));
	ListCell   *lc;

	foreach(lc, columns)
	{
		names[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(names, list_length(columns), TEXTOID, -1, false,
										  TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(kg_key_expression);

/*
 * key_expression(relid regclass, key text) returns text: an expression for the
 * key of a row x as text.
 */
Datum
kg_key_expression(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	char	   *key = text_to_cstring(PG_GETARG_TEXT_PP(1));
	List	   *columns = kg_key_columns(key);
	KgNodeTable nodes = {0};
	ListCell   *lc;

	nodes.ncolumns = list_length(columns);
	nodes.types = palloc(nodes.ncolumns * sizeof(Oid));
	foreach(lc, columns)
	{
		AttrNumber	attno = get_attnum(relid, lfirst(lc));

		if (attno == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("there is no column \"%s\"", (char *) lfirst(lc))));
		nodes.types[foreach_current_index(lc)] = getBaseType(get_atttype(relid, attno));
	}
	nodes.kind = KG_KEY_TEXT;
	nodes.by_sql = nodes.ncolumns > 1 || kg_is_key_by_sql(nodes.types[0]);
	PG_RETURN_TEXT_P(cstring_to_text(kg_key_sql(&nodes, "x", key)));
}
