/*
 * compat.h
 *	  What PostgreSQL 15 to 18 have in different places or by other names.
 *	  Include it after postgres.h and the headers that declare them.  The
 *	  rest of the code is written for the newest of them.
 */
#ifndef KG_COMPAT_H
#define KG_COMPAT_H

/*
 * Beyond the API kg relies on pages, descriptors and plan nodes as they are:
 * with another version that may compile, and be wrong.
 */
#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "kg is for PostgreSQL 15 to 18 and has not been tested with this version"
#endif

/* VARSIZE and its like are postgres.h's own before 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Before 16 an input error cannot be a soft one. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#else
#define ereturn(escontext, dummy_value, ...) \
	do \
	{ \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#endif

/* A prefix of declarations; before 18 a suffix, pg_attribute_noreturn(). */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* What 16 calls a locator was a node. */
#if PG_VERSION_NUM < 160000
#define rd_locator rd_node
#define relNumber relNode
#endif

/* 18 asks who is vacuuming. */
#if PG_VERSION_NUM < 180000
#define vacuum_delay_point(is_analyze) vacuum_delay_point()
#endif

/* Ownership and privileges: one function for all kinds of object since 16. */
#if PG_VERSION_NUM >= 160000
#define kg_owns_table(relid, user) \
	object_ownercheck(RelationRelationId, (relid), (user))
#define kg_owns_schema(oid, user) \
	object_ownercheck(NamespaceRelationId, (oid), (user))
#define kg_has_schema_privilege(oid, user, mode) \
	(object_aclcheck(NamespaceRelationId, (oid), (user), (mode)) == ACLCHECK_OK)
#define kg_has_database_privilege(oid, user, mode) \
	(object_aclcheck(DatabaseRelationId, (oid), (user), (mode)) == ACLCHECK_OK)
#define kg_has_function_privilege(oid, user, mode) \
	(object_aclcheck(ProcedureRelationId, (oid), (user), (mode)) == ACLCHECK_OK)
#else
#define kg_owns_table(relid, user) pg_class_ownercheck((relid), (user))
#define kg_owns_schema(oid, user) pg_namespace_ownercheck((oid), (user))
#define kg_has_schema_privilege(oid, user, mode) \
	(pg_namespace_aclcheck((oid), (user), (mode)) == ACLCHECK_OK)
#define kg_has_database_privilege(oid, user, mode) \
	(pg_database_aclcheck((oid), (user), (mode)) == ACLCHECK_OK)
#define kg_has_function_privilege(oid, user, mode) \
	(pg_proc_aclcheck((oid), (user), (mode)) == ACLCHECK_OK)
#endif

/* The new argument collects figures for EXPLAIN. */
#if PG_VERSION_NUM >= 180000
#define kg_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan((heap), (index), (snapshot), NULL, (nkeys), 0)
#define kg_index_beginscan_node(node) \
	index_beginscan((node)->ss.ss_currentRelation, (node)->iss_RelationDesc, \
					(node)->ss.ps.state->es_snapshot, &(node)->iss_Instrument, \
					(node)->iss_NumScanKeys, (node)->iss_NumOrderByKeys)
#else
#define kg_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan((heap), (index), (snapshot), (nkeys), 0)
#define kg_index_beginscan_node(node) \
	index_beginscan((node)->ss.ss_currentRelation, (node)->iss_RelationDesc, \
					(node)->ss.ps.state->es_snapshot, \
					(node)->iss_NumScanKeys, (node)->iss_NumOrderByKeys)
#endif

/* Since 18 EXPLAIN ANALYZE tells how often an index was searched. */
#if PG_VERSION_NUM >= 180000
#define kg_count_index_scan(scan) \
	do \
	{ \
		pgstat_count_index_scan((scan)->indexRelation); \
		if ((scan)->instrument) \
			(scan)->instrument->nsearches++; \
	} while (0)
#else
#define kg_count_index_scan(scan) pgstat_count_index_scan((scan)->indexRelation)
#endif

/* Since 18 NOT NULL may be NOT VALID, with nulls in older rows. */
#if PG_VERSION_NUM >= 180000
#define kg_never_null(desc, i) \
	(TupleDescCompactAttr((desc), (i))->attnullability == ATTNULLABLE_VALID)
#else
#define kg_never_null(desc, i) (TupleDescAttr((desc), (i))->attnotnull)
#endif

/* Since 18 a generated column may have no values in rows, but in queries. */
#if PG_VERSION_NUM >= 180000
#define kg_is_virtual(desc, i) \
	(TupleDescAttr((desc), (i))->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define kg_is_virtual(desc, i) false
#endif

/* Is this the order of bytes, as in "C"?  18 asks the locale. */
#if PG_VERSION_NUM >= 180000
#define kg_collates_by_bytes(collation) (pg_newlocale_from_collation(collation)->collate_is_c)
#else
#define kg_collates_by_bytes(collation) lc_collate_is_c(collation)
#endif

/* Since 16 _bt_getroot wants the table, for an access that we never use. */
#if PG_VERSION_NUM >= 160000
#define kg_bt_getroot(index, heap) _bt_getroot((index), (heap), BT_READ)
#else
#define kg_bt_getroot(index, heap) _bt_getroot((index), BT_READ)
#endif

/* The setting old_snapshot_threshold is gone since 17. */
#if PG_VERSION_NUM >= 170000
#define kg_test_old_snapshot(snapshot, rel, page) ((void) 0)
#else
#define kg_test_old_snapshot(snapshot, rel, page) \
	TestForOldSnapshot((snapshot), (rel), (page))
#endif

/* Since 16 the caller says whether it wants a copy: of what is no pointer. */
#if PG_VERSION_NUM >= 160000
#define kg_tuplesort_getdatum(state, value, isnull) \
	tuplesort_getdatum((state), true, false, (value), (isnull), NULL)
#else
#define kg_tuplesort_getdatum(state, value, isnull) \
	tuplesort_getdatum((state), true, (value), (isnull), NULL)
#endif

/* Functions that write EXPLAIN's output have a header of their own since 18. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#endif							/* KG_COMPAT_H */
