/*
 * lock.c
 *	  Locks that the write verbs take against each other.
 *
 * A verb that looks whether a fact is there and then writes it must be alone
 * with the fact's subject.  No row of the subject can be locked for this: a
 * caller need not have the privilege to update it.  So there are locks of their
 * own.  They look like advisory locks, with a fourth field that the functions
 * for advisory locks never use.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "graph/catalog/catalog.h"

/*
 * Subjects share this many locks of a graph: one call may have any number of
 * subjects, and the server's table of locks has some thousand places.
 */
#define LOCKS_OF_GRAPH	1024

/* The fourth field; 1 and 2 are those of pg_advisory_lock. */
enum
{
	LOCK_OF_ENTITY = 3,
	LOCK_OF_DOCUMENT = 4
};

/* May the caller write a row of the table, a table of the graph? */
static void
check_may_write(const char *name, Oid relid)
{
	KgGraph    *graph = kg_graph_get(name);
	AclMode		write = ACL_INSERT | ACL_UPDATE | ACL_DELETE;
	char	   *schema = get_namespace_name(get_rel_namespace(relid));

	if (graph->registered || schema == NULL || strcmp(schema, graph->schema) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation with OID %u is no table that a verb of graph \"%s\" writes",
						relid, name)));
	if (pg_class_aclmask(relid, GetUserId(), write, ACLMASK_ANY) == 0 &&
		pg_attribute_aclcheck_all(relid, GetUserId(), write, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relid));
}

PG_FUNCTION_INFO_V1(kg_lock_subjects);

/*
 * lock_subjects(graph text, written regclass, kind text, numbers bigint[]):
 * locks these entities or documents until the end of the transaction, in one
 * order for all callers.
 */
Datum
kg_lock_subjects(PG_FUNCTION_ARGS)
{
	char	   *graph = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *kind = text_to_cstring(PG_GETARG_TEXT_PP(2));
	ArrayType  *numbers = PG_GETARG_ARRAYTYPE_P(3);
	bool		wanted[LOCKS_OF_GRAPH] = {false};
	uint32		hash = hash_bytes((unsigned char *) graph, strlen(graph));
	Datum	   *values;
	bool	   *nulls;
	int			n;

	check_may_write(graph, PG_GETARG_OID(1));
	deconstruct_array(numbers, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		int64		number = DatumGetInt64(values[i]);

		if (!nulls[i])
			wanted[hash_bytes((unsigned char *) &number, sizeof(number)) % LOCKS_OF_GRAPH] = true;
	}
	for (uint32 i = 0; i < LOCKS_OF_GRAPH; i++)
	{
		LOCKTAG		tag;

		if (!wanted[i])
			continue;
		SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, hash, i,
							 strcmp(kind, "document") == 0 ? LOCK_OF_DOCUMENT : LOCK_OF_ENTITY);
		(void) LockAcquire(&tag, ExclusiveLock, false, false);
	}
	PG_RETURN_VOID();
}

/* What a query of one text sees by a snapshot; NULL: the transaction's. */
static char *
seen_by(SPIPlanPtr plan, Datum *values, Snapshot snapshot)
{
	Snapshot	none = InvalidSnapshot;
	int			result;

	if (snapshot == NULL)
		result = SPI_execute_plan(plan, values, NULL, false, 0);
	else
		result = SPI_execute_snapshot(plan, values, NULL, snapshot, none, true, false, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not compare snapshots: %s", SPI_result_code_string(result));
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

PG_FUNCTION_INFO_V1(kg_check_snapshot);

/*
 * check_snapshot(written regclass, subject name, subjects anyarray): do others
 * have written rows whose column "subject" has one of these values, and that
 * the transaction's snapshot does not show?  At READ COMMITTED each command
 * has a snapshot of its own, taken after the locks, so there is nothing to
 * check.
 */
Datum
kg_check_snapshot(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	Oid			types[1] = {get_fn_expr_argtype(fcinfo->flinfo, 2)};
	Datum		values[1] = {PG_GETARG_DATUM(2)};
	SPIPlanPtr	plan;
	Snapshot	latest;
	char	   *query;
	bool		expires;
	bool		same;

	if (!IsolationUsesXactSnapshot())
		PG_RETURN_VOID();
	if (get_rel_name(relid) == NULL || !OidIsValid(types[0]))
		elog(ERROR, "relation with OID %u is missing", relid);
	expires = get_attnum(relid, "expired_at") != InvalidAttrNumber;
	query = psprintf("SELECT pg_catalog.concat(pg_catalog.count(*), ' ', pg_catalog.count(%s), ' ', "
					 "pg_catalog.sum(pg_catalog.hashint8(x.id)::bigint)) FROM %s x WHERE x.%s OPERATOR(pg_catalog.=) ANY ($1)",
					 expires ? "x.expired_at" : "NULL",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
												get_rel_name(relid)),
					 quote_identifier(NameStr(*PG_GETARG_NAME(1))));
	SPI_connect();
	plan = SPI_prepare(query, 1, types);
	if (plan == NULL)
		elog(ERROR, "could not compare snapshots: %s", SPI_result_code_string(SPI_result));
	latest = RegisterSnapshot(GetLatestSnapshot());
	same = strcmp(seen_by(plan, values, latest), seen_by(plan, values, NULL)) == 0;
	UnregisterSnapshot(latest);
	SPI_finish();
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	PG_RETURN_VOID();
}
