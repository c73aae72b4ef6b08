/*
 * type_oid.c
 *	  The extension's own types, by name, and pgvector's, which are stored alike.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "types/type_oid.h"

#define PGVECTOR "vector"		/* the extension's name */

static Oid
type_in(const char *name, Oid namespace)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(namespace));
}

Oid
kg_type(const char *name)
{
	return type_in(name, get_namespace_oid("kg", true));
}

/* The name of a type and its schema; false if there is no such type. */
static bool
type_name(Oid type, NameData *name, Oid *namespace)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));

	if (!HeapTupleIsValid(tuple))
		return false;
	*name = ((Form_pg_type) GETSTRUCT(tuple))->typname;
	*namespace = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
	ReleaseSysCache(tuple);
	return true;
}

const char *
kg_stored_name(Oid type)
{
	static const char *const shared[] = {"vector", "halfvec", "sparsevec"};
	NameData	name;
	Oid			namespace;
	Oid			extension;

	if (!type_name(type, &name, &namespace))
		return NULL;
	if (namespace == get_namespace_oid("kg", true))
		return pstrdup(NameStr(name));
	for (int i = 0; i < (int) lengthof(shared); i++)
	{
		if (strcmp(NameStr(name), shared[i]) != 0)
			continue;
		extension = getExtensionOfObject(TypeRelationId, type);
		if (OidIsValid(extension) &&
			strcmp(get_extension_name(extension), PGVECTOR) == 0)
			return shared[i];
	}
	return NULL;
}

Oid
kg_stored_type(Oid type)
{
	const char *name;

	if (type == BITOID)
		return type;
	name = kg_stored_name(type);
	return name ? kg_type(name) : InvalidOid;
}

Oid
kg_sibling_type(Oid type, Oid stored)
{
	NameData	name;
	NameData	ignored;
	Oid			namespace;
	Oid			sibling;

	if (!type_name(stored, &name, &namespace) ||
		!type_name(type, &ignored, &namespace))
		elog(ERROR, "cache lookup failed for type %u or %u", type, stored);
	sibling = type_in(NameStr(name), namespace);
	if (!OidIsValid(sibling))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no type %s beside type %s", NameStr(name),
						format_type_be_qualified(type))));
	return sibling;
}

Oid
kg_type_operator(Oid type, const char *name)
{
	NameData	ignored;
	Oid			namespace;
	Oid			operator = InvalidOid;

	if (type_name(type, &ignored, &namespace))
	{
		if (type == BITOID)
			namespace = get_namespace_oid("kg", false);
		operator = GetSysCacheOid4(OPERNAMENSP, Anum_pg_operator_oid,
								   CStringGetDatum(name),
								   ObjectIdGetDatum(type),
								   ObjectIdGetDatum(type),
								   ObjectIdGetDatum(namespace));
	}
	if (!OidIsValid(operator))
		elog(ERROR, "type %u has no operator %s", type, name);
	return operator;
}
