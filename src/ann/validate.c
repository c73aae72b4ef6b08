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

static bool
valid_operators(Oid family, Oid type, const char *opclass)
{
	CatCList   *list = SearchSysCacheList1(AMOPSTRATEGY,
										   ObjectIdGetDatum(family));
	bool		valid = true;
	bool		found = false;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amop form = (Form_pg_amop)
		GETSTRUCT(&list->members[i]->tuple);

		if (form->amopstrategy == KG_DISTANCE_STRATEGY &&
			form->amoppurpose == AMOP_ORDER)
		{
			if (get_op_rettype(form->amopopr) != FLOAT8OID)
				valid = complain(opclass, "has a distance operator that does not return double precision");
			else if (form->amoplefttype == type && form->amoprighttype == type)
				found = true;
		}
		else if (form->amopstrategy == KG_BALL_STRATEGY &&
				 form->amoppurpose == AMOP_SEARCH)
		{
			if (get_op_rettype(form->amopopr) != BOOLOID)
				valid = complain(opclass, "has a search operator that does not return boolean");
			else if (form->amoprighttype != kg_ball_type())
				valid = complain(opclass, "has a search operator whose right operand is not kg.ball");
		}
		else
			valid = complain(opclass, "has an operator that is neither strategy 1 FOR ORDER BY nor strategy 2 FOR SEARCH");
	}
	ReleaseCatCacheList(list);
	if (!found)
		valid = complain(opclass, "lacks a distance operator");
	return valid;
}

static bool
valid_procedures(Oid family, Oid type, const char *opclass)
{
	CatCList   *list = SearchSysCacheList1(AMPROCNUM,
										   ObjectIdGetDatum(family));
	bool		valid = true;
	bool		found = false;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amproc form = (Form_pg_amproc)
		GETSTRUCT(&list->members[i]->tuple);

		if (form->amprocnum != KG_COLUMN_PROC)
			valid = complain(opclass, "has a support function with a number other than 1");
		else if (!check_amproc_signature(form->amproc, INTERNALOID, true, 1, 1,
										 INTERNALOID))
			valid = complain(opclass, "has a support function with a wrong signature");
		else if (form->amproclefttype == type)
			found = true;
	}
	ReleaseCatCacheList(list);
	if (!found)
		valid = complain(opclass, "lacks its support function");
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
