/*
 * hnsw.c
 *	  The kg_hnsw and kg_diskann indexes of a table, as the catalogs describe them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_class.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "admin/index_use/hnsw.h"
#include "ann/core/column.h"
#include "types/ball.h"

#define ACCESS_METHOD "kg_hnsw"
#define OTHER_ACCESS_METHOD "kg_diskann"

static Node *
first_key(Relation table, Relation index)
{
	AttrNumber	attno = index->rd_index->indkey.values[0];
	Form_pg_attribute attribute;

	if (attno == 0)
		return copyObject(linitial(RelationGetIndexExpressions(index)));
	attribute = TupleDescAttr(RelationGetDescr(table), attno - 1);
	return (Node *) makeVar(1, attno, attribute->atttypid,
							attribute->atttypmod, attribute->attcollation, 0);
}

/* The operator class of the first column. */
static Oid
first_opclass(Relation index)
{
	Datum		classes;
	bool		isnull;

	classes = SysCacheGetAttr(INDEXRELID, index->rd_indextuple,
							  Anum_pg_index_indclass, &isnull);
	Assert(!isnull);
	return ((oidvector *) DatumGetPointer(classes))->values[0];
}

static KgHnswIndex *
describe(Relation table, Relation index)
{
	KgHnswIndex *result = palloc0(sizeof(KgHnswIndex));

	result->oid = RelationGetRelid(index);
	result->valid = index->rd_index->indisvalid;
	result->ready = index->rd_index->indisready;
	result->partitioned =
		index->rd_rel->relkind == RELKIND_PARTITIONED_INDEX;
	result->key = first_key(table, index);
	result->predicate = copyObject(RelationGetIndexPredicate(index));
	result->opclass = first_opclass(index);
	result->family = get_opclass_family(result->opclass);
	result->type = get_opclass_input_type(result->opclass);
	return result;
}

List *
kg_hnsw_indexes(Oid oid)
{
	Oid			method = get_am_oid(ACCESS_METHOD, true);
	Oid			other = get_am_oid(OTHER_ACCESS_METHOD, true);
	Relation	table = relation_open(oid, AccessShareLock);
	List	   *oids = NIL;
	List	   *result = NIL;
	ListCell   *lc;

	if (OidIsValid(method) && table->rd_rel->relhasindex)
		oids = RelationGetIndexList(table);
	foreach(lc, oids)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		if (index->rd_rel->relam == method || index->rd_rel->relam == other)
			result = lappend(result, describe(table, index));
		index_close(index, AccessShareLock);
	}
	relation_close(table, AccessShareLock);
	return result;
}

bool
kg_hnsw_has_column(const KgHnswIndex *index, AttrNumber attno)
{
	Bitmapset  *columns = NULL;

	pull_varattnos(index->key, 1, &columns);
	return bms_is_member(attno - FirstLowInvalidHeapAttributeNumber, columns);
}

Oid
kg_hnsw_operator(const KgHnswIndex *index, int strategy)
{
	Oid			right = strategy == KG_BALL_STRATEGY ? kg_ball_type() :
	index->type;

	return get_opfamily_member(index->family, index->type, right, strategy);
}

/* The operator family of kg_hnsw that has the operator. */
static Oid
family_of(Oid operator, Oid method, Oid *type)
{
	CatCList   *list = SearchSysCacheList1(AMOPOPID,
										   ObjectIdGetDatum(operator));
	Oid			family = InvalidOid;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amop form = (Form_pg_amop)
		GETSTRUCT(&list->members[i]->tuple);

		if (form->amopmethod != method ||
			(form->amoppurpose != AMOP_ORDER &&
			 form->amoprighttype != kg_ball_type()))
			continue;
		family = form->amopfamily;
		*type = form->amoplefttype;
	}
	ReleaseCatCacheList(list);
	return family;
}

Oid
kg_hnsw_opclass_of(Oid operator)
{
	Oid			method = get_am_oid(ACCESS_METHOD, true);
	Oid			type = InvalidOid;
	Oid			family = OidIsValid(method) ?
	family_of(operator, method, &type) : InvalidOid;
	Oid			result = InvalidOid;
	CatCList   *list;

	if (!OidIsValid(family))
		return InvalidOid;
	list = SearchSysCacheList1(CLAAMNAMENSP, ObjectIdGetDatum(method));
	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_opclass form = (Form_pg_opclass)
		GETSTRUCT(&list->members[i]->tuple);

		if (form->opcfamily == family && form->opcintype == type)
			result = form->oid;
	}
	ReleaseCatCacheList(list);
	return result;
}

char *
kg_operator_name(Oid operator)
{
	HeapTuple	tuple;
	Form_pg_operator form;
	char	   *result;

	if (OperatorIsVisible(operator))
		return get_opname(operator);
	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	result = psprintf("OPERATOR(%s.%s)",
					  quote_identifier(get_namespace_name(form->oprnamespace)),
					  NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return result;
}

char *
kg_opclass_name(Oid opclass)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Form_pg_opclass form;
	char	   *result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	if (OpclassIsVisible(opclass))
		result = pstrdup(quote_identifier(NameStr(form->opcname)));
	else
		result = quote_qualified_identifier(get_namespace_name(form->opcnamespace),
											NameStr(form->opcname));
	ReleaseSysCache(tuple);
	return result;
}

char *
kg_relation_name(Oid relation)
{
	return DatumGetCString(DirectFunctionCall1(regclassout,
											   ObjectIdGetDatum(relation)));
}
