/*
 * csv.c
 *	  Splits a CSV file (RFC 4180) into rows, which are arrays of text.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "pg/compat.h"

typedef struct CsvFile
{
	const char *next;
	const char *end;
	char		delimiter;
	int64		line;			/* number of the line with "next" */
	StringInfoData field;
	ArrayBuildState *fields;	/* of the row */
	bool		blank;			/* is the row empty so far? */
} CsvFile;

/* Reads a quoted part of a field, from its opening to its closing quote. */
static void
read_quoted(CsvFile *file)
{
	int64		start = file->line;

	for (file->next++; file->next < file->end; file->next++)
	{
		if (*file->next == '\n')
			file->line++;
		if (*file->next == '"')
		{
			file->next++;
			if (file->next == file->end || *file->next != '"')
				return;
		}
		appendStringInfoCharMacro(&file->field, *file->next);
	}
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("a quoted field that begins in line " INT64_FORMAT " does not end", start)));
}

/* Reads a field; returns whether another one follows in the row. */
static bool
read_field(CsvFile *file)
{
	bool		more = false;

	resetStringInfo(&file->field);
	while (file->next < file->end)
	{
		char		c = *file->next;

		if (c == '"' && file->field.len == 0)
		{
			read_quoted(file);
			file->blank = false;
			continue;
		}
		file->next++;
		if (c == file->delimiter)
		{
			more = true;
			break;
		}
		if (c == '\n')
		{
			file->line++;
			break;
		}
		if (c != '\r' || (file->next < file->end && *file->next != '\n'))
			appendStringInfoCharMacro(&file->field, c);
	}
	if (more || file->field.len > 0)
		file->blank = false;
	file->fields = accumArrayResult(file->fields,
									PointerGetDatum(cstring_to_text_with_len(file->field.data,
																			 file->field.len)),
									false, TEXTOID, CurrentMemoryContext);
	return more;
}

PG_FUNCTION_INFO_V1(kg_csv_rows);

/* csv_rows(data text, delimiter text) returns setof (line bigint, fields text[]) */
Datum
kg_csv_rows(PG_FUNCTION_ARGS)
{
	text	   *data = PG_GETARG_TEXT_PP(0);
	char	   *delimiter = text_to_cstring(PG_GETARG_TEXT_PP(1));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CsvFile		file = {0};
	MemoryContext row;
	MemoryContext old;

	if (strlen(delimiter) != 1 || strchr("\"\r\n", delimiter[0]) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delimiter \"%s\" is not a single character of one byte", delimiter)));
	InitMaterializedSRF(fcinfo, 0);
	file.next = VARDATA_ANY(data);
	file.end = file.next + VARSIZE_ANY_EXHDR(data);
	file.delimiter = delimiter[0];
	file.line = 1;
	initStringInfo(&file.field);
	row = AllocSetContextCreate(CurrentMemoryContext, "kg CSV row", ALLOCSET_DEFAULT_SIZES);
	while (file.next < file.end)
	{
		Datum		values[2] = {Int64GetDatum(file.line)};
		bool		nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		old = MemoryContextSwitchTo(row);
		file.fields = NULL;
		file.blank = true;
		while (read_field(&file))
			;
		values[1] = makeArrayResult(file.fields, row);
		MemoryContextSwitchTo(old);
		if (!file.blank)
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		MemoryContextReset(row);
	}
	return (Datum) 0;
}
