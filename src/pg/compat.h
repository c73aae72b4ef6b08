/*
 * compat.h
 *	  Names and places that differ between PostgreSQL 15 and 19.
 *
 * The rest of the code has the newer names, where it can.  Include this file after postgres.h
 * and after the headers that declare what is renamed here.
 */
#ifndef KG_COMPAT_H
#define KG_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "kg needs PostgreSQL 15 or later: name the pg_config of one, \
make PG_CONFIG=/path/to/pg_config"
#endif

/*
 * This folder relies on the server's private structs and formats, which a new
 * major may change without a compiler error: the states of buffers, the
 * records of generic WAL.  To admit a major, compare the server's sources with
 * the notes and StaticAsserts in this folder, run all tests on a server with
 * --enable-cassert, and raise the limit here.
 */
#if PG_VERSION_NUM >= 200000 && !defined(KG_UNTESTED_POSTGRES)
#error "kg is tested with PostgreSQL 15 to 19: use one of these or a later kg; \
to try this one, never with data that matter, make COPT=-DKG_UNTESTED_POSTGRES"
#endif

/* VARSIZE and the like: in postgres.h before 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Soft errors of input functions: since 16. */
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

/* Since 18 a prefix of declarations, before it a suffix. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* A relation's files: a locator since 16, a node before. */
#if PG_VERSION_NUM < 160000
#define rd_locator rd_node
#define relNumber relNode
#endif

/* Renamed in 17. */
#if PG_VERSION_NUM < 170000
#define AmAutoVacuumWorkerProcess() IsAutoVacuumWorkerProcess()
#endif

/* The argument is new in 18. */
#if PG_VERSION_NUM < 180000
#define vacuum_delay_point(is_analyze) vacuum_delay_point()
#endif

/* May a role do what VACUUM does?  The privilege MAINTAIN is new in 17. */
#if PG_VERSION_NUM >= 170000
#define kg_may_maintain(relid, user) \
	(pg_class_aclcheck((relid), (user), ACL_MAINTAIN) == ACLCHECK_OK)
#else
#define kg_may_maintain(relid, user) false
#endif

/* Before expressions of an index run, as maintenance commands do since 17. */
#if PG_VERSION_NUM >= 170000
#define kg_restrict_search_path() RestrictSearchPath()
#else
#define kg_restrict_search_path() ((void) 0)
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

/* Raises an error unless the user may run a plan: a list of its own since 16. */
#if PG_VERSION_NUM >= 160000
#define kg_check_permissions(plan) \
	((void) ExecCheckPermissions((plan)->rtable, (plan)->permInfos, true))
#else
#define kg_check_permissions(plan) \
	((void) ExecCheckRTPerms((plan)->rtable, true))
#endif

/* What collects figures for EXPLAIN is new in 18; flags are in 19. */
#if PG_VERSION_NUM >= 190000
#define kg_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan((heap), (index), (snapshot), NULL, (nkeys), 0, SO_NONE)
#define kg_index_beginscan_node(node) \
	index_beginscan((node)->ss.ss_currentRelation, (node)->iss_RelationDesc, \
					(node)->ss.ps.state->es_snapshot, (node)->iss_Instrument, \
					(node)->iss_NumScanKeys, (node)->iss_NumOrderByKeys, SO_NONE)
#elif PG_VERSION_NUM >= 180000
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

/* What a setting's hooks keep: the server frees it, since 16 in its own way. */
#if PG_VERSION_NUM >= 160000
#define kg_guc_malloc(size) guc_malloc(LOG, (size))
#else
#define kg_guc_malloc(size) malloc(size)
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

/* Since 18 a column with NOT NULL NOT VALID may have nulls in older rows. */
#if PG_VERSION_NUM >= 180000
#define kg_never_null(desc, i) \
	(TupleDescCompactAttr((desc), (i))->attnullability == ATTNULLABLE_VALID)
#else
#define kg_never_null(desc, i) (TupleDescAttr((desc), (i))->attnotnull)
#endif

/* Since 18 the values of a generated column may exist in queries only. */
#if PG_VERSION_NUM >= 180000
#define kg_is_virtual(desc, i) \
	(TupleDescAttr((desc), (i))->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define kg_is_virtual(desc, i) false
#endif

/*
 * Does a collation order by bytes, as "C" does?  In the locale since 18.  The
 * header that says so includes those of ICU, which whoever compiles an extension
 * need not have; what is before them in the struct stays in its place.
 */
#pragma push_macro("USE_ICU")
#undef USE_ICU
#include "utils/pg_locale.h"
#pragma pop_macro("USE_ICU")
#if PG_VERSION_NUM >= 180000
#define kg_collates_by_bytes(collation) \
	(pg_newlocale_from_collation(collation)->collate_is_c)
#else
#define kg_collates_by_bytes(collation) lc_collate_is_c(collation)
#endif

/* Since 19 where the columns of a row stand is computed once. */
#if PG_VERSION_NUM < 190000
#define TupleDescFinalize(desc) ((void) 0)
#endif

/* A scan by several processes has flags since 19. */
#if PG_VERSION_NUM >= 190000
#define kg_beginscan_parallel(rel, scan) table_beginscan_parallel((rel), (scan), SO_NONE)
#else
#define kg_beginscan_parallel(rel, scan) table_beginscan_parallel((rel), (scan))
#endif

/* Pruning reads the visibility map since 19. */
#if PG_VERSION_NUM >= 190000
#define kg_prune_page(rel, buffer) \
	do \
	{ \
		Buffer		map = InvalidBuffer; \
		heap_page_prune_opt((rel), (buffer), &map, false); \
		if (BufferIsValid(map)) \
			ReleaseBuffer(map); \
	} while (0)
#else
#define kg_prune_page(rel, buffer) heap_page_prune_opt((rel), (buffer))
#endif

/* Kinds of light-weight locks: the server keeps their names since 19. */
#if PG_VERSION_NUM >= 190000
#define kg_new_tranche(name) LWLockNewTrancheId(name)
#define kg_name_tranche(tranche, name) ((void) 0)
#else
#define kg_new_tranche(name) LWLockNewTrancheId()
#define kg_name_tranche(tranche, name) LWLockRegisterTranche((tranche), (name))
#endif

/* Times that become infinite where they are out of range: by a soft error since 19. */
#if PG_VERSION_NUM >= 190000
#define kg_convert_time(convert, value, result) \
	do \
	{ \
		ErrorSaveContext overflow = {T_ErrorSaveContext}; \
		*(result) = convert##_safe((value), (Node *) &overflow); \
		if (overflow.error_occurred) \
			*(result) = (value) < 0 ? DT_NOBEGIN : DT_NOEND; \
	} while (0)
#else
#define kg_convert_time(convert, value, result) \
	do \
	{ \
		int			overflow; \
		*(result) = convert##_opt_overflow((value), &overflow); \
	} while (0)
#endif

/* Since 19 the planner is told of the EXPLAIN that it plans for. */
#if PG_VERSION_NUM >= 190000
#define KG_PLANNER_PARAMETERS \
	Query *query, const char *text, int options, ParamListInfo params, ExplainState *explain
#define KG_PLANNER_ARGUMENTS query, text, options, params, explain
#define kg_plan_query(query, text, options) pg_plan_query((query), (text), (options), NULL, NULL)
#else
#define KG_PLANNER_PARAMETERS \
	Query *query, const char *text, int options, ParamListInfo params
#define KG_PLANNER_ARGUMENTS query, text, options, params
#define kg_plan_query(query, text, options) pg_plan_query((query), (text), (options), NULL)
#endif

/* A hook that may change what the planner knows of a table's indexes: another one since 19. */
#if PG_VERSION_NUM >= 190000
#include "optimizer/pathnode.h"
#define kg_relation_hook build_simple_rel_hook
#define kg_relation_hook_type build_simple_rel_hook_type
#define KG_RELATION_HOOK_PARAMETERS PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte
#define KG_RELATION_HOOK_ARGUMENTS root, rel, rte
#define KG_RELATION_HOOK_TABLE rte->relid
#else
#define kg_relation_hook get_relation_info_hook
#define kg_relation_hook_type get_relation_info_hook_type
#define KG_RELATION_HOOK_PARAMETERS PlannerInfo *root, Oid table, bool inhparent, RelOptInfo *rel
#define KG_RELATION_HOOK_ARGUMENTS root, table, inhparent, rel
#define KG_RELATION_HOOK_TABLE table
#endif

/*
 * Since 16 _bt_getroot takes the table as well, which BT_READ does not use.
 */
#if PG_VERSION_NUM >= 160000
#define kg_bt_getroot(index, heap) _bt_getroot((index), (heap), BT_READ)
#else
#define kg_bt_getroot(index, heap) _bt_getroot((index), BT_READ)
#endif

/* The setting old_snapshot_threshold: until 16. */
#if PG_VERSION_NUM >= 170000
#define kg_test_old_snapshot(snapshot, rel, page) ((void) 0)
#else
#define kg_test_old_snapshot(snapshot, rel, page) \
	TestForOldSnapshot((snapshot), (rel), (page))
#endif

/* The argument "copy", which only values by reference need, is new in 16. */
#if PG_VERSION_NUM >= 160000
#define kg_tuplesort_getdatum(state, value, isnull) \
	tuplesort_getdatum((state), true, false, (value), (isnull), NULL)
#else
#define kg_tuplesort_getdatum(state, value, isnull) \
	tuplesort_getdatum((state), true, (value), (isnull), NULL)
#endif

/* Functions that write EXPLAIN's output: in their own headers since 18. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#endif							/* KG_COMPAT_H */
