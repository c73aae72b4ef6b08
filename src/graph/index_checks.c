/*
 * index_checks.c
 *	  May a traversal read the tables of a graph through indexes, and which?
 *
 * These are the checks that the planner makes before it chooses an index-only
 * scan, and those that follow from not going through the planner at all.  The
 * README numbers them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "access/tupmacs.h"
#include "access/xlog.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "graph/index_checks.h"

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

bool
kg_references_entities(const KgAdjacency *adj, AttrNumber attno)
{
	bool		at_target = attno == adj->columns.target;
	Relation	entity = at_target ? adj->target_entity : adj->entity;
	AttrNumber	entity_id = at_target ? adj->target_entity_id : adj->entity_id;
	List	   *constraints = NIL;
	ListCell   *lc;

	/* The relcache may drop its list while a system catalogue is read. */
	foreach(lc, RelationGetFKeyList(adj->relation))
	{
		ForeignKeyCacheInfo *key = (ForeignKeyCacheInfo *) lfirst(lc);

		if (key->nkeys == 1 && key->conkey[0] == attno &&
			key->confrelid == RelationGetRelid(entity) &&
			key->confkey[0] == entity_id)
			constraints = lappend_oid(constraints, key->conoid);
	}
	foreach(lc, constraints)
	{
		if (constraint_holds(lfirst_oid(lc)))
			return true;
	}
	return false;
}

static const char *
column_problem(Relation rel, AttrNumber attno, Oid type, bool nullable)
{
	Form_pg_attribute att;

	if (attno == 0)
		return NULL;
	att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	if (att->atttypid != type)
		return psprintf("Column \"%s\" is not of type %s.",
						NameStr(att->attname), format_type_be(type));
	if (!nullable && !kg_never_null(RelationGetDescr(rel), attno - 1))
		return psprintf("Column \"%s\" may be null.", NameStr(att->attname));
	return NULL;
}

static const char *
columns_problem(const KgAdjacency *adj)
{
	const KgRelationColumns *c = &adj->columns;
	const AttrNumber columns[] = {
		c->id, c->source, c->target, c->type, c->weight, c->valid_from, c->valid_to
	};
	static const Oid types[] = {
		INT8OID, INT8OID, INT8OID, INT4OID, FLOAT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID
	};
	int			i;

	for (i = 0; i < (int) lengthof(columns); i++)
	{
		/* Those of search keys are read without a look at null bits. */
		bool		nullable = types[i] != INT8OID && types[i] != INT4OID;
		const char *problem = column_problem(adj->relation, columns[i], types[i], nullable);

		if (problem != NULL)
			return problem;
	}
	return column_problem(adj->entity, adj->entity_id, INT8OID, false);
}

AttrNumber
kg_index_column(Relation index, AttrNumber attno)
{
	int			i;

	for (i = 0; i < index->rd_index->indnatts; i++)
	{
		if (index->rd_index->indkey.values[i] == attno && index_can_return(index, i + 1))
			return i + 1;
	}
	return 0;
}

KgIndexColumn
kg_index_locate(Relation heap, Relation index, AttrNumber attno)
{
	TupleDesc	desc = RelationGetDescr(index);
	KgIndexColumn column = {0, -1};
	int			offset = 0;
	int			i;

	if (attno == 0)
		return column;
	column.attno = kg_index_column(index, attno);
	for (i = 0; i < column.attno; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		AttrNumber	heap_attno = index->rd_index->indkey.values[i];

		if (att->attlen <= 0 || heap_attno <= 0 ||
			!kg_never_null(RelationGetDescr(heap), heap_attno - 1))
			return column;
		offset = att_align_nominal(offset, att->attalign);
		if (i + 1 < column.attno)
			offset += att->attlen;
	}
	column.offset = offset;
	return column;
}

/*
 * Does the index's key column compare for equality as "=" does on this type?
 * (Ordering and collation do not matter: integers have one equality.)
 */
static bool
key_equals(Relation index, int keyno, Oid type, RegProcedure function)
{
	Oid			op;

	if (keyno > index->rd_index->indnkeyatts || index->rd_opcintype[keyno - 1] != type)
		return false;
	op = get_opfamily_member(index->rd_opfamily[keyno - 1], type, type,
							 BTEqualStrategyNumber);
	return OidIsValid(op) && get_opcode(op) == function;
}

bool
kg_index_is_usable(Relation index)
{
	if (!index->rd_index->indisvalid || index->rd_rel->relam != BTREE_AM_OID)
		return false;
	/* Rows that its broken HOT chains hide may be visible to older snapshots. */
	if (index->rd_index->indcheckxmin &&
		!TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data),
							   TransactionXmin))
		return false;
	return RelationGetIndexPredicate(index) == NIL;
}

/*
 * The planner's checks on an index (get_relation_info and
 * check_index_only): usable with the active snapshot, complete, led by this
 * bigint column, and able to return all the columns.
 */
static bool
index_fits(Relation index, AttrNumber lead, const AttrNumber *needed, int nneeded)
{
	int			i;

	if (!kg_index_is_usable(index))
		return false;
	if (index->rd_index->indkey.values[0] != lead ||
		!key_equals(index, 1, INT8OID, F_INT8EQ))
		return false;
	for (i = 0; i < nneeded; i++)
	{
		if (needed[i] != 0 && kg_index_column(index, needed[i]) == 0)
			return false;
	}
	return true;
}

bool
kg_index_has_second_key(Relation index, AttrNumber second)
{
	return second != 0 && index->rd_index->indnkeyatts > 1 &&
		index->rd_index->indkey.values[1] == second &&
		key_equals(index, 2, INT4OID, F_INT4EQ);
}

Relation
kg_find_index(Relation heap, AttrNumber lead, AttrNumber second,
			  const AttrNumber *needed, int nneeded)
{
	List	   *indexes = RelationGetIndexList(heap);
	Relation	best = NULL;
	bool		best_has_second = false;
	ListCell   *lc;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		bool		better = false;
		bool		has_second = false;

		if (index_fits(index, lead, needed, nneeded))
		{
			has_second = kg_index_has_second_key(index, second);
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

/* What stands against it in the tables of a registered graph. */
static const char *
registered_problem(const KgAdjacency *adj)
{
	const KgRelationColumns *c = &adj->columns;

	if (adj->graph->keys != NULL)
		return "The graph has several node tables, or keys that are no integers.";
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
		problem = kg_table_problem(adj->relation);
	if (problem == NULL)
		problem = kg_table_problem(adj->entity);
	if (problem == NULL)
		problem = registered_problem(adj);
	if (problem == NULL)
		problem = columns_problem(adj);
	if (problem == NULL &&
		(!kg_references_entities(adj, adj->columns.source) ||
		 !kg_references_entities(adj, adj->columns.target)))
		problem = "The ends of relations are not bound to entities by valid foreign keys.";
	return problem;
}
