/*
 * compat.h
 *	  What PostgreSQL 15 to 18 call differently.
 */
#ifndef KG_GRAPH_COMPAT_H
#define KG_GRAPH_COMPAT_H

#include "postgres.h"
#include "access/genam.h"
#include "access/tupdesc.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "utils/acl.h"

#if PG_VERSION_NUM >= 160000
#define kg_owns_table(relid, user) \
	object_ownercheck(RelationRelationId, (relid), (user))
#define kg_owns_schema(oid, user) \
	object_ownercheck(NamespaceRelationId, (oid), (user))
#define kg_has_schema_privilege(oid, user, mode) \
	(object_aclcheck(NamespaceRelationId, (oid), (user), (mode)) == ACLCHECK_OK)
#define kg_has_database_privilege(oid, user, mode) \
	(object_aclcheck(DatabaseRelationId, (oid), (user), (mode)) == ACLCHECK_OK)
#else
#define kg_owns_table(relid, user) pg_class_ownercheck((relid), (user))
#define kg_owns_schema(oid, user) pg_namespace_ownercheck((oid), (user))
#define kg_has_schema_privilege(oid, user, mode) \
	(pg_namespace_aclcheck((oid), (user), (mode)) == ACLCHECK_OK)
#define kg_has_database_privilege(oid, user, mode) \
	(pg_database_aclcheck((oid), (user), (mode)) == ACLCHECK_OK)
#endif

/* The new argument collects figures for EXPLAIN. */
#if PG_VERSION_NUM >= 180000
#define kg_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan((heap), (index), (snapshot), NULL, (nkeys), 0)
#else
#define kg_index_beginscan(heap, index, snapshot, nkeys) \
	index_beginscan((heap), (index), (snapshot), (nkeys), 0)
#endif

/* Since 18 NOT NULL may be NOT VALID, with nulls in older rows. */
#if PG_VERSION_NUM >= 180000
#define kg_never_null(desc, i) \
	(TupleDescCompactAttr((desc), (i))->attnullability == ATTNULLABLE_VALID)
#else
#define kg_never_null(desc, i) (TupleDescAttr((desc), (i))->attnotnull)
#endif

#endif							/* KG_GRAPH_COMPAT_H */
