/*
 * validate.c
 *	  Is an operator class one that kg_hnsw can use?
 */
#include "postgres.h"

#include "access/amvalidate.h"
#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "ann/core/column.h"
#include "ann/core/filter_column.h"
#include "ann/validate.h"

static bool
complain(const char *opclass, const char *what)
{
	ereport(INFO,
			(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
			 errmsg("operator class \"%s\" of access method %s %s",
					opclass, "kg_hnsw", what)));
	return false;
}

/* An operator of a vector's class.  *found: it is the class's distance. */
static bool
valid_vector_operator(Form_pg_amop form, Oid type, const char *opclass, bool *found)
{
	if ((form->amopstrategy == KG_DISTANCE_STRATEGY ||
		 form->amopstrategy == KG_OTHER_DISTANCE_STRATEGY) &&
		form->amoppurpose == AMOP_ORDER)
	{
		if (get_op_rettype(form->amopopr) != FLOAT8OID)
			return complain(opclass, "has a distance operator that does not return double precision");
		if (form->amoplefttype == type && form->amoprighttype == type)
			*found = true;
		return true;
	}
	if (form->amopstrategy != KG_BALL_STRATEGY ||
		form->amoppurpose != AMOP_SEARCH)
		return complain(opclass, "has an operator that is neither strategy 1 FOR ORDER BY nor strategy 2 FOR SEARCH");
	if (get_op_rettype(form->amopopr) != BOOLOID)
		return complain(opclass, "has a search operator that does not return boolean");
	if (form->amoprighttype != kg_ball_type())
		return complain(opclass, "has a search operator whose right operand is not kg.ball");
	return true;
}

/* An operator of a filter's class: one that its words can tell of. */
static bool
valid_filter_operator(Form_pg_amop form, KgFilterKind kind, const char *opclass)
{
	int			strategy = form->amopstrategy;
	bool		known;

	if (kind == FILTER_TAGS)
		known = strategy == KG_OVERLAP_STRATEGY || strategy == KG_CONTAINS_STRATEGY;
	else if (kind == FILTER_HASHED)
		known = strategy == KG_EQUAL_STRATEGY;
	else
		known = strategy >= KG_EQUAL_STRATEGY && strategy <= KG_GREATER_STRATEGY;
	if (form->amoppurpose != AMOP_SEARCH || !known)
		return complain(opclass, "has an operator that its filter cannot serve");
	if (get_op_rettype(form->amopopr) != BOOLOID)
		return complain(opclass, "has a search operator that does not return boolean");
	return true;
}

/* The class's filter, if it is one: what support function 2 returns. */
static const KgFilterType *
filter_type(Oid family, Oid type)
{
	Oid			proc = get_opfamily_proc(family, type, type, KG_FILTER_PROC);

	if (!OidIsValid(proc) ||
		!check_amproc_signature(proc, INTERNALOID, true, 1, 1, INTERNALOID))
		return NULL;
	return (const KgFilterType *)
		DatumGetPointer(OidFunctionCall1(proc, PointerGetDatum(NULL)));
}

static bool
valid_operators(Oid family, Oid type, const char *opclass)
{
	const KgFilterType *filter = filter_type(family, type);
	CatCList   *list = SearchSysCacheList1(AMOPSTRATEGY,
										   ObjectIdGetDatum(family));
	bool		valid = true;
	bool		found = filter && list->n_members > 0;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amop form = (Form_pg_amop)
		GETSTRUCT(&list->members[i]->tuple);

		valid &= filter ? valid_filter_operator(form, filter->kind, opclass) :
			valid_vector_operator(form, type, opclass, &found);
	}
	ReleaseCatCacheList(list);
	if (!found)
		valid = complain(opclass, filter ? "lacks an operator" : "lacks a distance operator");
	return valid;
}

static bool
valid_procedures(Oid family, Oid type, const char *opclass)
{
	CatCList   *list = SearchSysCacheList1(AMPROCNUM,
										   ObjectIdGetDatum(family));
	bool		valid = true;
	int			found = 0;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amproc form = (Form_pg_amproc)
		GETSTRUCT(&list->members[i]->tuple);

		if (form->amprocnum != KG_COLUMN_PROC && form->amprocnum != KG_FILTER_PROC)
			valid = complain(opclass, "has a support function with a number other than 1 or 2");
		else if (!check_amproc_signature(form->amproc, INTERNALOID, true, 1, 1,
										 INTERNALOID))
			valid = complain(opclass, "has a support function with a wrong signature");
		else if (form->amproclefttype == type)
			found++;
	}
	ReleaseCatCacheList(list);
	if (found == 0)
		valid = complain(opclass, "lacks its support function");
	else if (found > 1)
		valid = complain(opclass, "has the support functions both of a vector and of a filter");
	return valid;
}

bool
kg_amvalidate(Oid opclass)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Form_pg_opclass form;
	bool		valid;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	valid = valid_operators(form->opcfamily, form->opcintype,
							NameStr(form->opcname));
	valid &= valid_procedures(form->opcfamily, form->opcintype,
							  NameStr(form->opcname));
	ReleaseSysCache(tuple);
	return valid;
}
