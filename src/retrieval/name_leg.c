/*
 * name_leg.c
 *	  Nodes by their names: those that stand in the question, and those that
 *	  begin with the question or are spelled like it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "retrieval/leg_query.h"
#include "retrieval/legs.h"
#include "retrieval/ngrams.h"

/* The most nodes that names of a question are looked for. */
#define MAX_ROWS 1000

/* Questions of more words are not taken for the beginning of a name. */
#define MAX_BEGINNING_WORDS 6

/*
 * What a name gets for standing in the question as it is written: with capital
 * letters it is a proper name there, and comes before names of common words.
 */
#define SAME_CASE 0.001
#define SAME_CAPITALS 0.5

typedef struct NameRow
{
	int64		node;
	KgHitKind	kind;
	bool		wanted;
	char	   *key;
	double		score;			/* 0: by the part of the question */
	double		same_case;		/* SAME_CASE, SAME_CAPITALS or 0 */
} NameRow;

typedef struct NameSearch
{
	DestReceiver pub;
	const KgSearchRequest *request;
	const KgSearchTable *table; /* that is searched now */
	KgNgrams   *ngrams;
	const char *question;		/* folded */
	NameRow    *rows;
	int			n;
	int			capacity;
} NameSearch;

static int64
row_node(const NameSearch *search, Datum key)
{
	const KgGraph *graph = search->request->graph;

	return graph->keys == NULL ? DatumGetInt64(key) :
		kg_keys_intern(graph, search->table->number, key);
}

/* (key, name, is it a passage, is it wanted, score) */
static bool
receive_name(TupleTableSlot *slot, DestReceiver *self)
{
	NameSearch *search = (NameSearch *) self;
	MemoryContext old;
	NameRow    *row;
	char	   *name;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	old = MemoryContextSwitchTo(search->request->context);
	if (search->n == search->capacity)
	{
		search->capacity *= 2;
		search->rows = repalloc(search->rows, search->capacity * sizeof(NameRow));
	}
	row = &search->rows[search->n++];
	name = TextDatumGetCString(slot->tts_values[1]);
	row->node = row_node(search, slot->tts_values[0]);
	row->kind = DatumGetBool(slot->tts_values[2]) ? KG_HIT_PASSAGE : KG_HIT_ENTITY;
	row->wanted = !slot->tts_isnull[3] && DatumGetBool(slot->tts_values[3]);
	row->key = kg_key_of_name(name);
	row->score = DatumGetFloat8(slot->tts_values[4]);
	row->same_case = strstr(search->question, kg_folded(name)) == NULL ? 0 :
		strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL ? SAME_CASE : SAME_CAPITALS;
	MemoryContextSwitchTo(old);
	return true;
}

/* "SELECT key, name, passage, wanted", to be followed by a score. */
static void
begin_query(NameSearch *search, KgLegQuery *query, const char *name)
{
	const KgSearchTable *table = search->table;

	kg_receiver_init(&search->pub, receive_name);
	kg_leg_query_init(query, search->request, kg_leg_names[KG_LEG_NAME]);
	appendStringInfo(&query->sql, "SELECT %s, %s, ", table->key, name);
	if (table->content == NULL)
		appendStringInfoString(&query->sql, "false, ");
	else
		appendStringInfo(&query->sql, "e.%s IS NOT NULL, ", table->content);
	appendStringInfoString(&query->sql, table->wanted ? "true" : "false");
	if (table->wanted)
		kg_leg_query_add_wanted(query, table);
}

static Datum
ngram_array(const KgNgrams *ngrams)
{
	Datum	   *keys = palloc(Max(ngrams->n, 1) * sizeof(Datum));

	for (int i = 0; i < ngrams->n; i++)
		keys[i] = CStringGetTextDatum(ngrams->ngrams[i].key);
	return kg_make_array(keys, NULL, ngrams->n, TEXTOID);
}

static void
find_exact(NameSearch *search)
{
	const KgSearchTable *table = search->table;
	KgLegQuery	query;

	begin_query(search, &query, table->name);
	appendStringInfo(&query.sql, ", 0::pg_catalog.float8 FROM %s AS e"
					 " WHERE kg.name_key(%s) OPERATOR(pg_catalog.=) ANY (",
					 table->from, table->name);
	kg_leg_query_arg(&query, TEXTARRAYOID, ngram_array(search->ngrams));
	appendStringInfo(&query.sql, ") LIMIT %d", MAX_ROWS);
	kg_leg_query_run(&query, &search->pub);
}

static void
find_aliases(NameSearch *search)
{
	const KgGraph *graph = search->request->graph;
	Relation	alias;
	KgLegQuery	query;

	if (graph->registered)
		return;
	alias = kg_graph_open(graph, graph->schema, "alias");
	begin_query(search, &query, "a.name");
	appendStringInfo(&query.sql, ", 0::pg_catalog.float8 FROM %s AS e"
					 " JOIN %s AS a ON a.entity OPERATOR(pg_catalog.=) e.id"
					 " WHERE kg.name_key(a.name) OPERATOR(pg_catalog.=) ANY (",
					 search->table->from, kg_quoted_relation(alias));
	kg_leg_query_arg(&query, TEXTARRAYOID, ngram_array(search->ngrams));
	appendStringInfo(&query.sql, ") LIMIT %d", MAX_ROWS);
	kg_leg_query_run(&query, &search->pub);
	table_close(alias, NoLock);
}

/*
 * Names that begin with the whole question.  A byte 0xFF is after any
 * character, in the order of bytes that the index has.
 */
static void
find_beginnings(NameSearch *search)
{
	const KgSearchTable *table = search->table;
	const char *key = search->ngrams->key;
	KgLegQuery	query;

	begin_query(search, &query, table->name);
	appendStringInfoString(&query.sql, ", ");
	kg_leg_query_arg(&query, FLOAT8OID, Float8GetDatum(strlen(key)));
	appendStringInfo(&query.sql, " OPERATOR(pg_catalog./) pg_catalog.octet_length(kg.name_key(%s))"
					 " FROM %s AS e WHERE kg.name_key(%s) OPERATOR(pg_catalog.~>~) ",
					 table->name, table->from, table->name);
	kg_leg_query_arg(&query, TEXTOID, CStringGetTextDatum(key));
	appendStringInfo(&query.sql, " AND kg.name_key(%s) OPERATOR(pg_catalog.~<~) ", table->name);
	kg_leg_query_arg(&query, TEXTOID, CStringGetTextDatum(psprintf("%s\xff", key)));
	appendStringInfo(&query.sql, " LIMIT %d", MAX_ROWS);
	kg_leg_query_run(&query, &search->pub);
}

/*
 * The operator % of the index by trigrams, and the schema of pg_trgm; invalid
 * if there is no such index.
 */
static Oid
similarity_operator(Relation rel, char **schema)
{
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *lc;
	Oid			found = InvalidOid;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		if (strcmp(RelationGetRelationName(index), "entity_name_trigram_idx") == 0 &&
			index->rd_index->indisvalid)
			found = get_opfamily_member(index->rd_opfamily[0], TEXTOID, TEXTOID, 1);
		index_close(index, AccessShareLock);
	}
	if (OidIsValid(found))
		*schema = get_namespace_name(get_func_namespace(get_opcode(found)));
	return found;
}

static void
find_similar(NameSearch *search)
{
	const KgSearchTable *table = search->table;
	char	   *schema = NULL;
	KgLegQuery	query;

	if (search->request->graph->registered ||
		!OidIsValid(similarity_operator(table->rel, &schema)))
		return;
	schema = pstrdup(quote_identifier(schema));
	begin_query(search, &query, table->name);
	appendStringInfo(&query.sql, ", %s.similarity(kg.name_key(e.name), ", schema);
	kg_leg_query_arg(&query, TEXTOID, CStringGetTextDatum(search->ngrams->key));
	appendStringInfo(&query.sql, ")::pg_catalog.float8 FROM %s AS e"
					 " WHERE kg.name_key(e.name) OPERATOR(%s.%%) $%d LIMIT %d",
					 table->from, schema, query.nargs, MAX_ROWS);
	kg_leg_query_run(&query, &search->pub);
}

/* Is the whole question a name that was found? */
static bool
is_answered(const KgNgrams *ngrams)
{
	for (int i = 0; i < ngrams->n; i++)
	{
		const KgNgram *ngram = &ngrams->ngrams[i];

		if (ngram->found && ngram->first == 0 && ngram->end == ngrams->nwords)
			return true;
	}
	return false;
}

static void
mark_found(NameSearch *search)
{
	for (int i = 0; i < search->n; i++)
	{
		KgNgram    *ngram = kg_ngrams_find(search->ngrams, search->rows[i].key);

		if (ngram != NULL)
			ngram->found = true;
	}
}

static void
each_table(NameSearch *search, void (*find) (NameSearch *search))
{
	for (int i = 0; i < search->request->ntables; i++)
	{
		search->table = &search->request->tables[i];
		find(search);
	}
}

static void
add_named(KgNamedList *list, const NameRow *row)
{
	if (list->n == list->capacity)
	{
		list->capacity = Max(16, 2 * list->capacity);
		list->named = list->named == NULL ? palloc(list->capacity * sizeof(KgNamed)) :
			repalloc(list->named, list->capacity * sizeof(KgNamed));
	}
	list->named[list->n].node = row->node;
	list->named[list->n].passage = row->kind == KG_HIT_PASSAGE;
	list->named[list->n++].key = row->key;
}

/* The score of a row; 0 if its name is part of a longer one that was found. */
static double
row_score(const NameSearch *search, const NameRow *row)
{
	KgNgrams   *ngrams = search->ngrams;
	const KgNgram *ngram = kg_ngrams_find(ngrams, row->key);
	double		score = row->score;

	if (ngram != NULL)
		score = !ngram->maximal ? 0 :
			(double) strlen(ngram->key) / strlen(ngrams->key) + ngram->quoted;
	return score == 0 ? 0 : score + row->same_case;
}

static int
compare_ids(const void *a, const void *b)
{
	const KgHit *x = a;
	const KgHit *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->score < y->score) - (x->score > y->score);
}

/* Keeps one hit for a node that was found by several names. */
static void
drop_duplicates(KgHits *hits)
{
	int			kept = 0;

	qsort(hits->hits, hits->n, sizeof(KgHit), compare_ids);
	for (int i = 0; i < hits->n; i++)
	{
		if (kept == 0 || hits->hits[kept - 1].id != hits->hits[i].id)
			hits->hits[kept++] = hits->hits[i];
	}
	hits->n = kept;
}

static void
collect(NameSearch *search, KgHits *hits, List **keys, KgNamedList *named)
{
	for (int i = 0; i < search->n; i++)
	{
		const NameRow *row = &search->rows[i];
		double		score = row_score(search, row);

		if (score == 0)
			continue;
		if (row->score == 0)
			add_named(named, row);
		if (!row->wanted || !search->request->kinds[row->kind])
			continue;
		kg_hits_add(hits, row->kind, row->node, score)->detail = list_length(*keys);
		*keys = lappend(*keys, row->key);
	}
}

void
kg_name_leg(const KgSearchRequest *request, KgHits *hits, List **keys, KgNamedList *named)
{
	NameSearch	search = {.request = request,.capacity = 64};
	bool		runs = kg_leg_runs(request, KG_LEG_NAME);

	search.ngrams = kg_ngrams(request->query, request->language);
	if (search.ngrams->n == 0)
		return;
	search.question = kg_folded(request->query);
	search.rows = palloc(search.capacity * sizeof(NameRow));
	each_table(&search, find_exact);
	each_table(&search, find_aliases);
	mark_found(&search);
	kg_ngrams_choose(search.ngrams);
	if (runs && !is_answered(search.ngrams) && search.ngrams->nwords <= MAX_BEGINNING_WORDS)
		each_table(&search, find_beginnings);
	if (runs && search.n == 0 && search.ngrams->nwords <= MAX_BEGINNING_WORDS)
		each_table(&search, find_similar);
	collect(&search, hits, keys, named);
	drop_duplicates(hits);
	kg_hits_rank(hits, request->legs[KG_LEG_NAME].limit, false);
}
