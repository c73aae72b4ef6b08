/*
 * casts.c
 *	  Casts of the types of a table's columns that run other roles' functions.
 *
 * The owner of a type makes casts from and to it as he likes.  Queries of this
 * extension cast columns to text and to jsonb, and texts to the types of keys,
 * where the user has written no cast; a function of the type's owner would then
 * run with the rights of whoever searches the graph.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "graph/catalog/casts.h"

/* Does the role gain nothing if its code runs as the current user? */
static bool
is_trusted(Oid role)
{
	return has_privs_of_role(role, GetUserId());
}

static Oid
type_owner(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	owner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
	ReleaseSysCache(tuple);
	return owner;
}

static Oid
function_owner(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}

static Oid
untrusted_function(HeapTuple cast)
{
	Oid			function = ((Form_pg_cast) GETSTRUCT(cast))->castfunc;

	return OidIsValid(function) && !is_trusted(function_owner(function)) ? function : InvalidOid;
}

/* A function of the casts from the type, or from text to it; or InvalidOid. */
static Oid
cast_function(Oid type)
{
	CatCList   *casts = SearchSysCacheList1(CASTSOURCETARGET, ObjectIdGetDatum(type));
	HeapTuple	tuple;
	Oid			found = InvalidOid;

	for (int i = 0; i < casts->n_members && !OidIsValid(found); i++)
		found = untrusted_function(&casts->members[i]->tuple);
	ReleaseSysCacheList(casts);
	tuple = SearchSysCache2(CASTSOURCETARGET, ObjectIdGetDatum(TEXTOID), ObjectIdGetDatum(type));
	if (HeapTupleIsValid(tuple))
	{
		if (!OidIsValid(found))
			found = untrusted_function(tuple);
		ReleaseSysCache(tuple);
	}
	return found;
}

/*
 * An untrusted function that a cast of the type, or of what it consists of, may
 * run; or InvalidOid.  Who owns no type makes no casts of it.
 */
static Oid
find_function(Oid type)
{
	TupleDesc	desc;
	Oid			found = InvalidOid;

	check_stack_depth();
	if (type < FirstNormalObjectId)
		return InvalidOid;
	type = getBaseType(type);
	if (OidIsValid(get_element_type(type)))
		return find_function(get_element_type(type));
	if (type < FirstNormalObjectId)
		return InvalidOid;
	if (!is_trusted(type_owner(type)))
		found = cast_function(type);
	if (OidIsValid(found) || !type_is_rowtype(type))
		return found;
	desc = lookup_rowtype_tupdesc(type, -1);
	for (int i = 0; i < desc->natts && !OidIsValid(found); i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped)
			found = find_function(TupleDescAttr(desc, i)->atttypid);
	}
	ReleaseTupleDesc(desc);
	return found;
}

void
kg_check_casts(Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	const char *schema;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Oid			function;

		if (att->attisdropped || att->atttypid < FirstNormalObjectId)
			continue;
		function = find_function(att->atttypid);
		if (!OidIsValid(function))
			continue;
		schema = get_namespace_name(RelationGetNamespace(rel));
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("column \"%s\" of table %s is of type %s, whose casts run function %s",
						NameStr(att->attname),
						quote_qualified_identifier(schema, RelationGetRelationName(rel)),
						format_type_be(att->atttypid), format_procedure(function)),
				 errdetail("It belongs to role \"%s\" and would run with your rights.",
						   GetUserNameFromId(function_owner(function), false)),
				 errhint("Drop the cast, or search as a role whose rights that role has.")));
	}
}
