/*
 * text_source.c
 *	  Where texts of one kind are: passages, names of entities, observations.
 *
 * A graph of kg.create_graph keeps the words of its texts in columns.  The
 * words of a registered table are made on the fly, by the expression of an
 * index that its owner has made, if there is one.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_type_d.h"
#include "nodes/primnodes.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/keys.h"
#include "retrieval/leg_query.h"
#include "retrieval/ngrams.h"
#include "retrieval/text_source.h"

/* Is it a call of that function of kg with one argument? */
static bool
is_call_of(Node *expression, const char *function)
{
	FuncExpr   *call = (FuncExpr *) expression;
	char	   *name;

	if (!IsA(call, FuncExpr) || list_length(call->args) != 1 ||
		get_func_namespace(call->funcid) != get_namespace_oid("kg", true))
		return false;
	name = get_func_name(call->funcid);
	return name != NULL && strcmp(name, function) == 0;
}

/*
 * Is it to_tsvector(configuration, column), or of kg.fold_text(column)?  Then
 * fills in the source's language, and whether it is folded.
 */
static bool
is_words_of(Node *expression, AttrNumber column, KgTextSource *source)
{
	FuncExpr   *call = (FuncExpr *) expression;
	Node	   *text;

	if (!IsA(call, FuncExpr) || call->funcid != F_TO_TSVECTOR_REGCONFIG_TEXT ||
		!IsA(linitial(call->args), Const))
		return false;
	text = lsecond(call->args);

	source->folded = is_call_of(text, "fold_text");
	if (source->folded)
		text = linitial(((FuncExpr *) text)->args);

	if (IsA(text, RelabelType))
		text = (Node *) ((RelabelType *) text)->arg;

	source->language = DatumGetObjectId(linitial_node(Const, call->args)->constvalue);
	return IsA(text, Var) && ((Var *) text)->varattno == column;
}

/*
 * The expression of an index on the words of this column, or NULL; also fills
 * in how it makes words.
 */
static char *
indexed_words(Relation rel, AttrNumber column, KgTextSource *source)
{
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *lc;
	char	   *found = NULL;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		List	   *expressions = RelationGetIndexExpressions(index);

		if (index->rd_index->indisvalid && index->rd_index->indkey.values[0] == 0 &&
			expressions != NIL && is_words_of(linitial(expressions), column, source))
			found = TextDatumGetCString(DirectFunctionCall3(pg_get_indexdef_ext,
															ObjectIdGetDatum(lfirst_oid(lc)),
															Int32GetDatum(1),
															BoolGetDatum(false)));
		index_close(index, AccessShareLock);
		if (found != NULL)
			break;
	}
	return found;
}

/* Is it kg.marked_words(column "words")? */
static bool
is_marked_words(Relation rel, Node *expression)
{
	Node	   *words;

	if (!is_call_of(expression, "marked_words"))
		return false;
	words = linitial(((FuncExpr *) expression)->args);
	return IsA(words, Var) &&
		((Var *) words)->varattno == get_attnum(RelationGetRelid(rel), "words");
}

/* Has the table an index on kg.marked_words(words)? */
static bool
has_marked_words(Relation rel)
{
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *lc;
	bool		found = false;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		List	   *expressions = RelationGetIndexExpressions(index);

		found = index->rd_index->indisvalid && expressions != NIL &&
			is_marked_words(rel, linitial(expressions));
		index_close(index, AccessShareLock);
		if (found)
			break;
	}
	return found;
}

/* The name of a text search configuration, with its schema, whatever the search_path. */
static char *
language_name(Oid language)
{
	HeapTuple	tuple = SearchSysCache1(TSCONFIGOID, ObjectIdGetDatum(language));
	Form_pg_ts_config form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for text search configuration %u", language);
	form = (Form_pg_ts_config) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->cfgnamespace),
									  NameStr(form->cfgname));
	ReleaseSysCache(tuple);
	return name;
}

/* The words of a column of a registered table. */
static void
registered_words(KgTextSource *source, const char *column)
{
	Relation	rel = source->table->rel;
	AttrNumber	attno = kg_graph_column(source->request->graph, rel, column);

	source->words = indexed_words(rel, attno, source);
	if (source->words == NULL)
	{
		source->language = source->request->language;
		source->folded = true;
		source->words = psprintf("pg_catalog.to_tsvector(%u::pg_catalog.oid::pg_catalog.regconfig, kg.fold_text(e.%s::pg_catalog.text))",
								 source->language, quote_identifier(column));
	}
	source->made_by = psprintf("%s(%s%s)", language_name(source->language),
							   source->folded ? "kg.fold_text " : "", quote_identifier(column));
}

static void
observation_source(KgTextSource *source)
{
	const KgSearchRequest *request = source->request;
	const KgGraph *graph = request->graph;
	Relation	rel = kg_graph_open(graph, graph->schema, graph->tables[KG_OBSERVATION]);

	source->id = "o.id";
	source->words = "o.words";
	source->only_from = psprintf("%s AS o", kg_quoted_relation(rel));
	/* The foreign key vouches for an entity, but not for its being visible. */
	source->from = !request->hidden_rows && !kg_leg_query_is_filtered(request) ? source->only_from :
		psprintf("%s JOIN %s AS e ON e.id OPERATOR(pg_catalog.=) o.entity",
				 source->only_from, source->table->from);

	/*
	 * What is counted must not tell of observations whose entities are
	 * hidden.
	 */
	if (request->hidden_rows)
		source->only_from = source->from;
	source->hidden_rows = request->hidden_rows || rel->rd_rel->relkind != RELKIND_RELATION ||
		check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED;
	table_close(rel, NoLock);
}

bool
kg_text_source(const KgSearchRequest *request, const KgSearchTable *table, KgHitKind kind,
			   KgTextSource *source)
{
	memset(source, 0, sizeof(*source));
	source->request = request;
	source->table = table;
	source->kind = kind;
	source->language = request->language;
	source->folded = request->folded;
	source->id = table->key;
	source->words = "e.words";
	source->only_from = source->from = psprintf("%s AS e", table->from);
	source->hidden_rows = table->hidden_rows;
	if (kind == KG_HIT_OBSERVATION)
	{
		if (request->graph->registered)
			return false;
		observation_source(source);
	}
	else if (request->graph->registered)
	{
		const char *column = kind == KG_HIT_PASSAGE ? table->nodes->content : table->nodes->name;

		if (column == NULL)
			return false;
		registered_words(source, column);
	}
	source->indexed = source->words;
	source->marked = kind == KG_HIT_PASSAGE && !request->graph->registered &&
		has_marked_words(table->rel);
	if (source->marked)
		source->indexed = "kg.marked_words(e.words)";
	return true;
}

TSVector
kg_text_source_words(const KgTextSource *source, const char *text)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		string = CStringGetTextDatum(source->folded ? kg_folded(text) : text);
	volatile Datum words = (Datum) 0;

	PG_TRY();
	{
		words = DirectFunctionCall2(to_tsvector_byid, ObjectIdGetDatum(source->language),
									string);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		if (geterrcode() != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the query has too many different words"),
				 errdetail_internal("%s", error->message)));
	}
	PG_END_TRY();
	return DatumGetTSVector(words);
}

void
kg_text_source_where(const KgTextSource *source, KgLegQuery *query, bool wanted)
{
	appendStringInfoString(&query->sql, " WHERE true");
	if (source->kind == KG_HIT_OBSERVATION)
	{
		if (wanted)
			kg_leg_query_add_observation_times(query);
		else
			kg_leg_query_add_observation_known(query, false);
	}
	else
		kg_leg_query_add_kind(query, source->table, source->kind);
	if (wanted)
		kg_leg_query_add_wanted(query, source->table);
}

int64
kg_text_source_hit(const KgTextSource *source, Datum id)
{
	const KgGraph *graph = source->request->graph;

	if (source->kind == KG_HIT_OBSERVATION || graph->keys == NULL)
		return DatumGetInt64(id);
	return kg_keys_intern(graph, source->table->number, id);
}
