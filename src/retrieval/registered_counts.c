/*
 * registered_counts.c
 *	  Counts of the words of registered tables.
 *
 * They are in two tables of the extension, which nobody may read: in how many
 * texts a word is tells of the texts.  A search reads them without a query, for
 * a caller from whom no policy hides texts; that he may read the texts at all
 * is found out by the leg's queries, which are the same with counts and
 * without.  The owner of a table fills in its counts.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "graph/catalog/catalog.h"
#include "retrieval/leg_query.h"
#include "retrieval/read_request.h"
#include "retrieval/registered_counts.h"
#include "pg/compat.h"

/* Columns of both tables, in the order of catalog.sql. */
enum
{
	ANUM_GRAPH = 1,
	ANUM_LABEL,
	ANUM_KIND,
	ANUM_SIZE_MADE_BY,
	ANUM_SIZE_TEXTS,
	ANUM_SIZE_WORDS,
	ANUM_SIZE_MEAN_IDF,
	ANUM_LEXEME = ANUM_KIND + 1,
	ANUM_LEXEME_TEXTS
};

/* Texts are too many more, or fewer, than were counted. */
#define STALE_TEXTS 100
#define STALE_PART 5

static Relation
open_table(const char *table, const char *index, Oid *indexid)
{
	Oid			namespace = get_namespace_oid("kg", false);
	Oid			relid = get_relname_relid(table, namespace);

	*indexid = get_relname_relid(index, namespace);
	if (!OidIsValid(relid) || !OidIsValid(*indexid))
		elog(ERROR, "the catalogue kg.%s is missing", table);
	return table_open(relid, AccessShareLock);
}

static void
init_key(ScanKey key, AttrNumber attno, Datum value)
{
	ScanKeyEntryInitialize(key, 0, attno, BTEqualStrategyNumber, InvalidOid,
						   DEFAULT_COLLATION_OID, F_TEXTEQ, value);
}

static void
init_source_keys(ScanKey keys, const KgTextSource *source)
{
	init_key(&keys[0], ANUM_GRAPH, CStringGetTextDatum(source->request->graph->name));
	init_key(&keys[1], ANUM_LABEL, CStringGetTextDatum(source->table->nodes->label));
	init_key(&keys[2], ANUM_KIND, CStringGetTextDatum(kg_kind_names[source->kind]));
}

static bool
read_size(const KgTextSource *source, KgTextCounts *counts)
{
	Oid			index;
	Relation	rel = open_table("registered_text_size", "registered_text_size_pkey", &index);
	TupleDesc	desc = RelationGetDescr(rel);
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple	row;
	bool		found = false;
	bool		isnull;

	init_source_keys(keys, source);
	scan = systable_beginscan(rel, index, true, GetActiveSnapshot(), lengthof(keys), keys);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
	{
		Datum		made_by = heap_getattr(row, ANUM_SIZE_MADE_BY, desc, &isnull);

		counts->texts = DatumGetInt64(heap_getattr(row, ANUM_SIZE_TEXTS, desc, &isnull));
		counts->words = DatumGetInt64(heap_getattr(row, ANUM_SIZE_WORDS, desc, &isnull));
		counts->mean_idf = DatumGetFloat8(heap_getattr(row, ANUM_SIZE_MEAN_IDF, desc, &isnull));
		found = strcmp(TextDatumGetCString(made_by), source->made_by) == 0;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

static void
read_lexeme(Relation rel, Oid index, ScanKey keys, KgTerm *term)
{
	SysScanDesc scan;
	HeapTuple	row;
	bool		isnull;

	init_key(&keys[3], ANUM_LEXEME,
			 PointerGetDatum(cstring_to_text_with_len(term->lexeme, term->length)));
	scan = systable_beginscan(rel, index, true, GetActiveSnapshot(), 4, keys);
	row = systable_getnext(scan);
	term->counted = HeapTupleIsValid(row);
	if (term->counted)
		term->texts = DatumGetInt64(heap_getattr(row, ANUM_LEXEME_TEXTS, RelationGetDescr(rel),
												 &isnull));
	systable_endscan(scan);
}

bool
kg_registered_counts(const KgTextSource *source, KgTerm *terms, int n, KgTextCounts *counts)
{
	Relation	rel;
	Oid			index;
	ScanKeyData keys[4];

	if (!read_size(source, counts))
	{
		memset(counts, 0, sizeof(*counts));
		return false;
	}
	rel = open_table("registered_lexeme", "registered_lexeme_pkey", &index);
	init_source_keys(keys, source);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_lexeme(rel, index, keys, &terms[i]);
	}
	table_close(rel, AccessShareLock);
	return true;
}

/*
 * The values of the only row of a query, none of which is null.  It runs as the
 * caller.
 */
static void
read_row(const char *query, int nargs, Oid *types, Datum *args, int n, Datum *values)
{
	bool		isnull;

	if (SPI_execute_with_args(query, nargs, types, args, NULL, true, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not count the words of a table");
	for (int i = 0; i < n; i++)
		values[i] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);
}

/* "SELECT what FROM the texts of the source" */
static char *
texts_query(const KgTextSource *source, const char *what)
{
	KgLegQuery	query;

	kg_leg_query_init(&query, source->request, "statistics");
	appendStringInfo(&query.sql, "SELECT %s FROM %s", what, source->only_from);
	kg_text_source_where(source, &query, false);
	return query.sql.data;
}

/* By the active snapshot */
static int64
count_texts(const KgTextSource *source)
{
	Datum		texts;

	read_row(texts_query(source, "pg_catalog.count(*)"), 0, NULL, NULL, 1, &texts);
	return DatumGetInt64(texts);
}

/* The arguments of the command that writes the counts of a source. */
enum
{
	ARG_GRAPH,
	ARG_LABEL,
	ARG_KIND,
	ARG_MADE_BY,
	ARG_TEXTS,
	ARG_WORDS,					/* these four are counted by one query */
	ARG_MEAN_IDF,
	ARG_LEXEMES,
	ARG_LEXEME_TEXTS,
	COUNT_ARGS
};

/* Counts the words of so many texts, by the active snapshot. */
static void
count_words(const KgTextSource *source, int64 texts, Datum *args)
{
	Oid			types[] = {TEXTOID, INT8OID};
	Datum		values[] = {
		CStringGetTextDatum(texts_query(source, source->words)), Int64GetDatum(texts)
	};

	args[ARG_GRAPH] = CStringGetTextDatum(source->request->graph->name);
	args[ARG_LABEL] = CStringGetTextDatum(source->table->nodes->label);
	args[ARG_KIND] = CStringGetTextDatum(kg_kind_names[source->kind]);
	args[ARG_MADE_BY] = CStringGetTextDatum(source->made_by);
	args[ARG_TEXTS] = values[1];
	read_row("SELECT coalesce(pg_catalog.sum(s.nentry), 0)::pg_catalog.int8,"
			 " coalesce(pg_catalog.avg(pg_catalog.ln($2::pg_catalog.float8 OPERATOR(pg_catalog.-) s.ndoc OPERATOR(pg_catalog.+) 0.5)"
			 " OPERATOR(pg_catalog.-) pg_catalog.ln(s.ndoc OPERATOR(pg_catalog.+) 0.5::pg_catalog.float8)), 0),"
			 " coalesce(pg_catalog.array_agg(s.word), '{}'),"
			 " coalesce(pg_catalog.array_agg(s.ndoc), '{}') FROM pg_catalog.ts_stat($1) AS s",
			 lengthof(types), types, values, COUNT_ARGS - ARG_WORDS, &args[ARG_WORDS]);
}

/* Replaces the counts of a source. */
static void
write_counts(Datum *args)
{
	Oid			types[COUNT_ARGS] = {
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, FLOAT8OID, TEXTARRAYOID,
		INT4ARRAYOID
	};

	kg_catalog_write("DELETE FROM kg.registered_lexeme WHERE graph = $1 AND label = $2 AND kind = $3",
					 3, types, args);
	kg_catalog_write("DELETE FROM kg.registered_text_size WHERE graph = $1 AND label = $2 AND kind = $3",
					 3, types, args);
	kg_catalog_write("WITH lexemes AS (INSERT INTO kg.registered_lexeme"
					 " SELECT $1, $2, $3, u.word, u.texts FROM unnest($8, $9) AS u(word, texts))"
					 " INSERT INTO kg.registered_text_size (graph, label, kind, made_by, texts, words, mean_idf)"
					 " VALUES ($1, $2, $3, $4, $5, $6, $7)", COUNT_ARGS, types, args);
}

static bool
is_stale(const KgTextSource *source, int64 texts)
{
	KgTextCounts counts;

	return !read_size(source, &counts) ||
		fabs(texts - counts.texts) > Max(STALE_TEXTS, counts.texts / STALE_PART);
}

/* Counts the words of one kind of texts in a table; false if that is not due. */
static bool
refresh_source(const KgSearchRequest *request, const KgSearchTable *table, KgHitKind kind,
			   bool only_if_stale)
{
	KgTextSource source;
	Datum		args[COUNT_ARGS];
	int64		texts;
	bool		refreshes;

	if (!kg_text_source(request, table, kind, &source))
		return false;
	SPI_connect();
	/* One snapshot for the texts and their words */
	PushActiveSnapshot(GetTransactionSnapshot());
	texts = count_texts(&source);
	refreshes = !only_if_stale || is_stale(&source, texts);
	if (refreshes)
		count_words(&source, texts, args);
	PopActiveSnapshot();
	if (refreshes)
		write_counts(args);
	SPI_finish();
	return refreshes;
}

/* An error unless the caller owns the table and sees all of it. */
static void
check_may_refresh(Relation rel)
{
	if (!kg_owns_table(RelationGetRelid(rel), GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(rel->rd_rel->relkind),
					   RelationGetRelationName(rel));
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row security may hide rows of table %s from you", kg_quoted_relation(rel)),
				 errhint("Let a role refresh that no policy applies to, such as the owner of the table.")));
}

/*
 * Is it of a kind of which kg.search uses counts?  A view or a foreign table
 * may show each role other rows.
 */
static bool
is_counted(Relation rel)
{
	char		kind = rel->rd_rel->relkind;

	if (kind != RELKIND_VIEW && kind != RELKIND_FOREIGN_TABLE)
		return true;
	ereport(NOTICE,
			(errmsg("words of %s are counted in each search", kg_quoted_relation(rel)),
			 errdetail("A view or a foreign table may show each role other rows.")));
	return false;
}

PG_FUNCTION_INFO_V1(kg_refresh_registered_counts);

/*
 * refresh_registered_counts(graph text, only_if_stale boolean) returns boolean
 *
 * The row lock on the graph's entry lets one call at a time count, and keeps
 * the graph from being dropped meanwhile.
 */
Datum
kg_refresh_registered_counts(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID};
	Datum		graph = PG_GETARG_DATUM(0);
	KgSearchRequest *request = palloc0(sizeof(KgSearchRequest));
	bool		only_if_stale = PG_GETARG_BOOL(1);
	bool		refreshed = false;

	request->context = CurrentMemoryContext;
	request->graph = kg_graph_get(TextDatumGetCString(graph));
	if (!request->graph->registered)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("graph \"%s\" is not a registered one", request->graph->name),
				 errhint("Use kg.refresh_text_statistics.")));
	kg_graph_resolve(request->graph);
	request->any_type = true;
	kg_search_request_open(request);
	for (int i = 0; i < request->ntables; i++)
		check_may_refresh(request->tables[i].rel);
	if (kg_catalog_write("SELECT FROM kg.graph WHERE name = $1 FOR UPDATE", 1, types, &graph) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("graph \"%s\" was changed by another transaction", request->graph->name)));
	for (int i = 0; i < request->ntables; i++)
	{
		if (!is_counted(request->tables[i].rel))
			continue;
		refreshed |= refresh_source(request, &request->tables[i], KG_HIT_PASSAGE, only_if_stale);
		refreshed |= refresh_source(request, &request->tables[i], KG_HIT_ENTITY, only_if_stale);
	}
	kg_search_request_close(request);
	PG_RETURN_BOOL(refreshed);
}
