/*
 * index_checks.c
 *	  May a traversal read the tables of a graph through indexes, and which?
 *
 * These are the checks that the planner makes before it chooses an index-only
 * scan, and those that are needed because the planner is not used.  The README
 * numbers them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "access/xlog.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily_d.h"
#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "graph/adjacency/index_checks.h"
#include "graph/catalog/columns.h"
#include "pg/compat.h"

const char *
kg_table_problem(Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION)
		return psprintf("\"%s\" is not a plain table.", RelationGetRelationName(rel));
	if (rel->rd_rel->relhassubclass)
		return psprintf("\"%s\" may have child tables.", RelationGetRelationName(rel));
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED)
		return psprintf("Row-level security applies to \"%s\".", RelationGetRelationName(rel));
	if (!RelationIsPermanent(rel) && RecoveryInProgress())
		return psprintf("\"%s\" cannot be read during recovery.", RelationGetRelationName(rel));
	return NULL;
}

static bool
constraint_holds(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Form_pg_constraint form;
	bool		holds;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	holds = form->convalidated && !form->condeferrable;
	ReleaseSysCache(tuple);
	return holds;
}

/*
 * Does the foreign key refer from the columns of an end to those of the nodes'
 * key?  An end with a null in it is no end, so it does not matter that the
 * foreign key does not check it.
 */
static bool
is_of_columns(const ForeignKeyCacheInfo *key, const KgKeyAttrs *end, const KgKeyAttrs *entity)
{
	int			j;

	if (key->nkeys != end->n)
		return false;
	for (int i = 0; i < end->n; i++)
	{
		for (j = 0; j < key->nkeys; j++)
		{
			if (key->conkey[j] == end->attnos[i] && key->confkey[j] == entity->attnos[i])
				break;
		}
		if (j == key->nkeys)
			return false;
	}
	return true;
}

bool
kg_references_entities(const KgAdjacency *adj, bool at_target)
{
	Relation	entity = at_target ? adj->target_node_rel : adj->node_rel;
	const KgKeyAttrs *end = at_target ? &adj->columns.target : &adj->columns.source;
	const KgKeyAttrs *node_key = at_target ? &adj->target_node_key : &adj->node_key;
	List	   *constraints = NIL;
	ListCell   *lc;

	if (adj->edges->trust_ends)
		return true;
	/* A row of the node table is itself an entity. */
	if (RelationGetRelid(adj->edge_rel) == RelationGetRelid(entity) &&
		memcmp(end, node_key, sizeof(KgKeyAttrs)) == 0)
		return true;
	/* The relcache may drop its list while a system catalogue is read. */
	foreach(lc, RelationGetFKeyList(adj->edge_rel))
	{
		ForeignKeyCacheInfo *key = (ForeignKeyCacheInfo *) lfirst(lc);

		if (key->confrelid == RelationGetRelid(entity) && is_of_columns(key, end, node_key))
			constraints = lappend_oid(constraints, key->conoid);
	}
	foreach(lc, constraints)
	{
		if (constraint_holds(lfirst_oid(lc)))
			return true;
	}
	return false;
}

static bool
may_be_null(Relation rel, AttrNumber attno)
{
	return attno != 0 && !kg_never_null(RelationGetDescr(rel), attno - 1);
}

static const char *
null_column(Relation rel, AttrNumber attno)
{
	return psprintf("Column \"%s\" may be null.",
					NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname));
}

static const char *
wrong_type(Relation rel, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);

	return psprintf("Column \"%s\" is of type %s.", NameStr(att->attname),
					format_type_be(att->atttypid));
}

static bool
is_for_sql(const KgNodeTable *nodes)
{
	return nodes->by_sql && !nodes->by_columns;
}

const char *
kg_ends_problem(const KgAdjacency *adj)
{
	const KgEdgeColumns *c = &adj->columns;

	/* The keys of registered graphs were checked before. */
	if (adj->graph->registered)
		return is_for_sql(&adj->graph->node_tables[adj->edges->source_table]) ||
			is_for_sql(&adj->graph->node_tables[adj->edges->target_table]) ?
			"Keys of types other than integers, uuid and text are for SQL." : NULL;
	if (!kg_is_integer(kg_column_type(adj->edge_rel, c->source.attnos[0])))
		return wrong_type(adj->edge_rel, c->source.attnos[0]);
	if (!kg_is_integer(kg_column_type(adj->edge_rel, c->target.attnos[0])))
		return wrong_type(adj->edge_rel, c->target.attnos[0]);
	if (!kg_is_integer(kg_column_type(adj->node_rel, adj->node_key.attnos[0])))
		return wrong_type(adj->node_rel, adj->node_key.attnos[0]);
	return NULL;
}

static const char *
columns_problem(const KgAdjacency *adj)
{
	const KgEdgeColumns *c = &adj->columns;
	const AttrNumber integers[] = {c->id, c->type};
	const AttrNumber times[] = {c->valid_from, c->valid_to, c->recorded_at, c->expired_at};
	Relation	rel = adj->edge_rel;
	Oid			weight = kg_column_type(rel, c->weight);

	for (int i = 0; i < (int) lengthof(integers); i++)
	{
		if (integers[i] != 0 && !kg_is_integer(kg_column_type(rel, integers[i])))
			return wrong_type(rel, integers[i]);
	}
	for (int i = 0; i < (int) lengthof(times); i++)
	{
		if (times[i] != 0 && !kg_is_time(kg_column_type(rel, times[i])))
			return wrong_type(rel, times[i]);
	}
	/* A numeric might need decompression, while a page is locked. */
	if (c->weight != 0 && (!kg_is_weight(weight) || weight == NUMERICOID))
		return wrong_type(rel, c->weight);
	if (may_be_null(rel, c->type))
		return null_column(rel, c->type);
	/* In graphs of kg.create_graph a relation without an id is none. */
	if (!adj->graph->registered && may_be_null(rel, c->id))
		return null_column(rel, c->id);
	return kg_ends_problem(adj);
}

/* The type of an index's key column; bigint for all integers. */
static Oid
key_type(Relation index, int keyno)
{
	Oid			type = index->rd_opcintype[keyno - 1];

	return kg_is_integer(type) ? INT8OID : type;
}

/*
 * The operator family of the type's default class.  To find it, the type cache
 * would read the casts of all classes.
 */
static Oid
default_family(Oid type)
{
	switch (type)
	{
		case INT8OID:
			return INTEGER_BTREE_FAM_OID;
		case TEXTOID:
			return TEXT_BTREE_FAM_OID;
		default:
			return lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	}
}

/*
 * Does the index's key column have the default order of its type, and the
 * column's collation?
 */
static bool
is_in_usual_order(Relation heap, Relation index, int keyno)
{
	AttrNumber	attno = index->rd_index->indkey.values[keyno - 1];
	Oid			type = key_type(index, keyno);

	return attno > 0 && (type == INT8OID || type == UUIDOID || type == TEXTOID) &&
		index->rd_opfamily[keyno - 1] == default_family(type) &&
		index->rd_indcollation[keyno - 1] ==
		TupleDescAttr(RelationGetDescr(heap), attno - 1)->attcollation;
}

void
kg_index_key_init(Relation index, ScanKey key)
{
	Oid			type = key_type(index, 1);
	Oid			equals = get_opfamily_member(index->rd_opfamily[0], index->rd_opcintype[0], type,
											 BTEqualStrategyNumber);

	ScanKeyEntryInitialize(key, 0, 1, BTEqualStrategyNumber, type, index->rd_indcollation[0],
						   get_opcode(equals), (Datum) 0);
}

/* Is it a b-tree with all rows of the active snapshot? */
static bool
is_usable(Relation index)
{
	if (!index->rd_index->indisvalid || index->rd_rel->relam != BTREE_AM_OID)
		return false;
	/* Older snapshots may see rows that its broken HOT chains hide. */
	if (index->rd_index->indcheckxmin &&
		!TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data),
							   TransactionXmin))
		return false;
	return RelationGetIndexPredicate(index) == NIL;
}

static bool
is_of_key(const KgKeyAttrs *key, AttrNumber attno)
{
	for (int i = 0; i < key->n; i++)
	{
		if (key->attnos[i] == attno)
			return true;
	}
	return false;
}

/* Are the first columns of the index those of the key, in any order? */
static bool
is_led_by(Relation heap, Relation index, const KgKeyAttrs *key)
{
	const int2vector *columns = &index->rd_index->indkey;

	if (index->rd_index->indnkeyatts < key->n)
		return false;
	for (int i = 0; i < key->n; i++)
	{
		if (!is_of_key(key, columns->values[i]) || !is_in_usual_order(heap, index, i + 1))
			return false;
		for (int j = 0; j < i; j++)
		{
			if (columns->values[j] == columns->values[i])
				return false;
		}
	}
	return true;
}

/*
 * The planner's checks on an index (get_relation_info and
 * check_index_only): usable with the active snapshot, complete, led by these
 * columns, a key of nodes, and able to return all the columns.
 */
static bool
index_fits(Relation heap, Relation index, const KgKeyAttrs *key,
		   const AttrNumber *needed, int nneeded)
{
	if (!is_usable(index) || !is_led_by(heap, index, key))
		return false;
	for (int i = 0; i < nneeded; i++)
	{
		if (needed[i] != 0 && kg_index_column(index, needed[i]) == 0)
			return false;
	}
	return true;
}

bool
kg_index_has_second_key(Relation heap, Relation index, AttrNumber second)
{
	return second != 0 && index->rd_index->indnkeyatts > 1 &&
		index->rd_index->indkey.values[1] == second && index->rd_opcintype[1] == INT4OID &&
		is_in_usual_order(heap, index, 2);
}

/*
 * May the index start with this key?  The catalogue row that opening it would
 * read tells, so most of a table's indexes need not be opened.
 */
static bool
may_lead(Oid index, const KgKeyAttrs *key)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool		sorted;

	if (!HeapTupleIsValid(tuple))
		return false;
	sorted = is_of_key(key, ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0]);
	ReleaseSysCache(tuple);
	return sorted;
}

int
kg_needed_columns(const KgEdgeColumns *columns, const KgKeyAttrs *far, AttrNumber *needed)
{
	int			n = far->n;

	memcpy(needed, far->attnos, n * sizeof(AttrNumber));
	needed[n++] = columns->id;
	needed[n++] = columns->type;
	needed[n++] = columns->weight;
	needed[n++] = columns->valid_from;
	needed[n++] = columns->valid_to;
	needed[n++] = columns->recorded_at;
	needed[n++] = columns->expired_at;
	return n;
}

const char *
kg_virtual_problem(const KgAdjacency *adj)
{
	const KgKeyAttrs *ends[] = {&adj->columns.source, &adj->columns.target};
	TupleDesc	desc = RelationGetDescr(adj->edge_rel);
	AttrNumber	needed[KG_NEEDED_COLUMNS];
	int			n;

	for (int end = 0; end < (int) lengthof(ends); end++)
	{
		n = kg_needed_columns(&adj->columns, ends[end], needed);
		while (--n >= 0)
		{
			if (needed[n] != 0 && kg_is_virtual(desc, needed[n] - 1))
				return psprintf("Column \"%s\" is virtual.",
								NameStr(TupleDescAttr(desc, needed[n] - 1)->attname));
		}
	}
	return NULL;
}

char *
kg_key_names(Relation rel, const KgKeyAttrs *key)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < key->n; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 NameStr(TupleDescAttr(RelationGetDescr(rel),
											   key->attnos[i] - 1)->attname));
	return names.data;
}

Relation
kg_find_index(Relation heap, const KgKeyAttrs *key, AttrNumber second,
			  const AttrNumber *needed, int nneeded)
{
	List	   *indexes = RelationGetIndexList(heap);
	Relation	best = NULL;
	bool		best_has_second = false;
	ListCell   *lc;

	foreach(lc, indexes)
	{
		Relation	index;
		bool		better = false;
		bool		has_second = false;

		if (!may_lead(lfirst_oid(lc), key))
			continue;
		index = index_open(lfirst_oid(lc), AccessShareLock);
		if (index_fits(heap, index, key, needed, nneeded))
		{
			has_second = kg_index_has_second_key(heap, index, second);
			better = best == NULL || has_second > best_has_second ||
				(has_second == best_has_second &&
				 index->rd_rel->relpages < best->rd_rel->relpages);
		}
		if (!better)
		{
			index_close(index, AccessShareLock);
			continue;
		}
		if (best != NULL)
			index_close(best, AccessShareLock);
		best = index;
		best_has_second = has_second;
	}
	list_free(indexes);
	return best;
}

/* Appends the names of needed columns that the index cannot return. */
static int
append_lacking(StringInfo names, Relation heap, Relation index, const AttrNumber *needed,
			   int nneeded)
{
	int			n = 0;

	for (int i = 0; i < nneeded; i++)
	{
		if (needed[i] != 0 && kg_index_column(index, needed[i]) == 0)
			appendStringInfo(names, "%s\"%s\"", n++ > 0 ? ", " : "",
							 NameStr(TupleDescAttr(RelationGetDescr(heap),
												   needed[i] - 1)->attname));
	}
	return n;
}

const char *
kg_no_index(Relation heap, const KgKeyAttrs *key, const AttrNumber *needed, int nneeded)
{
	const char *names = kg_key_names(heap, key);
	char	   *nearest = NULL;
	int			least = 0;
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(heap))
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		StringInfoData lacking;
		int			n = 0;

		initStringInfo(&lacking);
		if (is_usable(index) && is_led_by(heap, index, key))
			n = append_lacking(&lacking, heap, index, needed, nneeded);
		if (n > 0 && (nearest == NULL || n < least))
		{
			nearest = psprintf("\"%s\" lacks %s", RelationGetRelationName(index), lacking.data);
			least = n;
		}
		index_close(index, AccessShareLock);
	}
	if (nearest == NULL)
		return psprintf("No valid b-tree on (%s) holds all columns that are needed.", names);
	return psprintf("No valid b-tree on (%s) holds all columns that are needed: %s.", names, nearest);
}

/* Why a registered graph's tables cannot be read by indexes, or NULL. */
static const char *
registered_problem(const KgAdjacency *adj)
{
	const KgEdgeColumns *c = &adj->columns;

	if (adj->graph->registered && c->type != 0)
		return psprintf("The types of relations are the texts in column \"%s\".",
						adj->edges->type_column);
	return NULL;
}

const char *
kg_index_problem(const KgAdjacency *adj)
{
	const char *problem = NULL;

	if (adj->query->properties != NULL || adj->query->filter != NULL)
		problem = "A filter on relations is for SQL.";
	if (problem == NULL)
		problem = kg_table_problem(adj->edge_rel);
	if (problem == NULL)
		problem = kg_table_problem(adj->node_rel);
	if (problem == NULL)
		problem = kg_table_problem(adj->target_node_rel);
	if (problem == NULL)
		problem = registered_problem(adj);
	if (problem == NULL && adj->query->rows &&
		(adj->columns.id == 0 || may_be_null(adj->edge_rel, adj->columns.id)))
		problem = "Relations without an id are told apart by their rows, which the heap knows.";
	if (problem == NULL)
		problem = columns_problem(adj);
	return problem;
}
