/*
 * column.c
 *	  The column of a table that an exact search reads.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "exact/column.h"
#include "types/dense_type.h"
#include "types/type_oid.h"

/* Only tables, and what is stored as they are, have a ctid. */
static void
check_relation(Oid relid)
{
	char	   *name = get_rel_name(relid);
	char		kind = get_rel_relkind(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no relation with the number %u", relid)));
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
		kind != RELKIND_MATVIEW)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table or materialized view", name)));
}

static AttrNumber
find_column(Oid relid, const char *name)
{
	AttrNumber	attno = get_attnum(relid, name);

	if (attno == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						name, get_rel_name(relid))));
	return attno;
}

static bool
is_sparse(Oid type)
{
	return kg_stored_type(type) == kg_type("sparsevec");
}

/* Do values of one of them have no form of the other? */
static bool
are_of_other_kinds(Oid a, Oid b)
{
	return (a == BITOID) != (b == BITOID) || is_sparse(a) != is_sparse(b);
}

Oid
kg_exact_column(Oid relid, const char *name, int *dims)
{
	AttrNumber	attno;
	Oid			type;
	Oid			base;
	Oid			collation;

	check_relation(relid);
	attno = find_column(relid, name);
	get_atttypetypmodcoll(relid, attno, &type, dims, &collation);
	base = getBaseTypeAndTypmod(type, dims);
	if (kg_dense_type(base) == NULL && base != BITOID && !is_sparse(base))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of relation \"%s\" is of type %s", name,
						get_rel_name(relid), format_type_be(type)),
				 errdetail("Exact search knows %s, kg.sparsevec, those of pgvector's types, and bit.",
						   kg_dense_type_names)));
	return base;
}

char *
kg_exact_select(Oid relid, const char *column, Oid type,
				const char *key)
{
	int			dims;
	Oid			from = kg_exact_column(relid, column, &dims);
	Oid			stored = kg_stored_type(type);
	const char *quoted = quote_identifier(column);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT t.tableoid, t.ctid, t.%s", quoted);
	if (are_of_other_kinds(from, type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("queries are of type %s, but the rows of type %s",
						format_type_be(from), format_type_be(type))));
	if (kg_stored_type(from) != stored)
		appendStringInfo(&sql, "::%s",
						 format_type_be_qualified(kg_sibling_type(from, stored)));
	if (key)
	{
		(void) find_column(relid, key);
		appendStringInfo(&sql, ", t.%s", quote_identifier(key));
	}
	appendStringInfo(&sql, " FROM %s AS t WHERE t.%s IS NOT NULL",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
												get_rel_name(relid)),
					 quoted);
	return sql.data;
}
