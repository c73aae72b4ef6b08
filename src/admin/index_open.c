/*
 * index_open.c
 *	  Opens an index for functions that look inside.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "admin/index_open.h"
#include "ann/core/build.h"

static void
report_partitioned(Relation rel)
{
	const char *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												  RelationGetRelationName(rel));

	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("index \"%s\" is that of a partitioned table",
					RelationGetRelationName(rel)),
			 errdetail("It has no pages of its own; the indexes of the table's partitions have."),
			 errhint("Name one of those: SELECT relid FROM pg_partition_tree(%s) WHERE isleaf.",
					 quote_literal_cstr(name))));
}

Relation
kg_admin_index_open(Oid relid, LOCKMODE lock)
{
	Relation	rel = try_relation_open(relid, lock);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no relation with the number %u", relid)));
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_INDEX &&
		rel->rd_indam->ambuild == kg_ambuild)
		report_partitioned(rel);
	if (rel->rd_rel->relkind != RELKIND_INDEX ||
		rel->rd_indam->ambuild != kg_ambuild)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a kg_hnsw or kg_diskann index",
						RelationGetRelationName(rel))));
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot read index \"%s\", which belongs to another session's temporary table",
						RelationGetRelationName(rel))));
	return rel;
}
