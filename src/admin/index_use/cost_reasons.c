/*
 * cost_reasons.c
 *	  Reasons that are the planner's choice: another plan is cheaper, another
 *	  index serves the column, or a setting forbids index scans.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "admin/index_use/expression_text.h"
#include "admin/index_use/reasons.h"
#include "types/dense_type.h"

/* Tables with fewer rows are small: to read them is nearly as fast. */
#define SMALL_TABLE 1000.0

/* Filters that pass a smaller part of the rows leave few. */
#define FEW_ROWS 0.1

/* Why another plan may be cheaper, as a half sentence, and what to do. */
static const char *
explain_cost(const KgDistance *distance, char **hint)
{
	RelOptInfo *rel = distance->root->simple_rel_array[distance->relation];
	const Query *query = distance->root->parse;

	*hint = pstrdup("SET enable_seqscan = off and enable_sort = off within a transaction to try the index all the same; ANALYZE the table if the estimates are off.");
	if (distance->use == KG_USE_ORDER && query->limitCount == NULL)
	{
		*hint = pstrdup(distance->root->parent_root ?
						"Add LIMIT to the subquery." : "Add LIMIT.");
		return "there is no LIMIT, so all rows are wanted";
	}
	if (rel->tuples < SMALL_TABLE)
	{
		*hint = pstrdup("Nothing is wrong: the index will be used when the table has grown.  ANALYZE the table if it has.");
		return psprintf("the table is small (about %.0f rows)", rel->tuples);
	}
	if (rel->rows < rel->tuples * FEW_ROWS && distance->use == KG_USE_ORDER)
		return psprintf("few rows pass the filter (about %.0f of %.0f)",
						rel->rows, rel->tuples);
	if (distance->use == KG_USE_ORDER && distance->root->limit_tuples > 0 &&
		distance->root->limit_tuples >= rel->tuples * FEW_ROWS)
		return psprintf("LIMIT wants a large part of the table (%.0f of about %.0f rows)",
						distance->root->limit_tuples, rel->tuples);
	return "another plan is cheaper";
}

/*
 * An index over rows that were updated in a way that older snapshots cannot
 * follow (pg_index.indcheckxmin) is hidden from older transactions.
 */
static bool
is_considered(const RelOptInfo *rel, Oid index)
{
	ListCell   *lc;

	foreach(lc, rel->indexlist)
	{
		if (((IndexOptInfo *) lfirst(lc))->indexoid == index)
			return true;
	}
	return false;
}

List *
kg_reasons_of_cost(KgPlanned *planned, const KgDistance *distance,
				   const KgHnswIndex *index)
{
	Cost		cost = planned->plan->planTree->total_cost;
	RelOptInfo *rel = distance->root->simple_rel_array[distance->relation];
	Cost		cost_with;
	char	   *hint;
	const char *why;

	if (!enable_indexscan)
		return kg_reason_add(NIL, pstrdup("enable_indexscan is off"),
							 pstrdup("SET enable_indexscan = on."));
	if (rel == NULL || IS_DUMMY_REL(rel))
		return kg_reason_add(NIL, pstrdup("the table is not read: no row can match"),
							 NULL);
	if (!is_considered(rel, index->oid))
		return kg_reason_add(NIL, pstrdup("the planner does not consider the index: a transaction older than the index still runs, or an extension hides it"),
							 pstrdup("Try again in a new transaction."));
	why = explain_cost(distance, &hint);
	if (kg_planned_cost_with(planned, index->oid, distance->ball, &cost_with))
		return kg_reason_add(NIL,
							 psprintf("%s: the plan costs %.2f, with the index %.2f",
									  why, cost, cost_with),
							 hint);
	if (distance->root->simple_rte_array[distance->relation]->tablesample)
		return kg_reason_add(NIL, pstrdup("TABLESAMPLE reads the table without indexes"),
							 NULL);
	if (distance->root->parse->limitCount == NULL)
		return kg_reason_add(NIL, pstrdup(why), hint);
	if (list_length(distance->root->sort_pathkeys) > 1)
		return kg_reason_add(NIL,
							 pstrdup("ORDER BY has another key after the distance"),
							 psprintf("Leave out the other keys, or take the nearest rows in a subquery with ORDER BY %s LIMIT n and sort them outside.",
									  kg_bare_distance(distance, InvalidOid)));
	return kg_reason_add(NIL,
						 pstrdup("the planner has no plan in which the index gives the order"),
						 pstrdup("Take the nearest rows in a subquery with ORDER BY and LIMIT, and do the rest outside."));
}

/* The operator class for a distance, or the type's default one. */
static char *
create_index_hint(const KgDistance *distance, Oid table)
{
	Node	   *column = distance->column;
	bool		plain = IsA(column, Var);
	Oid			opclass = kg_hnsw_opclass_of(kg_distance_operator(distance));

	if (!OidIsValid(opclass))
		return NULL;
	return psprintf("CREATE INDEX ON %s USING kg_hnsw (%s%s%s %s).",
					kg_relation_name(table), plain ? "" : "(",
					kg_expression_text(distance->root, column),
					plain ? "" : ")", kg_opclass_name(opclass));
}

/* What to do where no class serves a distance of pgvector's types. */
static char *
pgvector_hint(Oid table)
{
	if (!OidIsValid(get_extension_oid("kg_pgvector", true)))
		return pstrdup("CREATE EXTENSION kg_pgvector, whose operator classes are for these types.");
	return psprintf("EXPLAIN the query to see whether that extension's index is used, or try the distances that an index of %s would serve: <->, <#>, <=> and <+> of vector, halfvec and sparsevec.",
					kg_relation_name(table));
}

/* The member of a partitioned table that a relation is, or NULL. */
static AppendRelInfo *
find_member(PlannerInfo *root, Index relation)
{
	ListCell   *lc;

	foreach(lc, root->append_rel_list)
	{
		AppendRelInfo *member = lfirst(lc);

		if (member->child_relid == relation &&
			OidIsValid(member->parent_reloid))
			return member;
	}
	return NULL;
}

/* An index of a parent of the partition that lacks some partition's. */
static Oid
parent_index(const KgDistance *distance)
{
	AppendRelInfo *member = find_member(distance->root, distance->relation);
	ListCell   *lc;

	for (; member; member = find_member(distance->root, member->parent_relid))
	{
		foreach(lc, kg_hnsw_indexes(member->parent_reloid))
		{
			KgHnswIndex *index = lfirst(lc);

			if (index->partitioned && !index->valid)
				return index->oid;
		}
	}
	return InvalidOid;
}

KgReason *
kg_reason_without_index(const KgDistance *distance)
{
	Oid			table;
	Oid			parent;
	Oid			type = exprType(distance->column);
	char	   *hint;
	char	   *column = kg_expression_text(distance->root, distance->column);

	if (!kg_distance_table(distance, &table) ||
		!kg_distance_indexable(distance))
		return linitial(kg_reason_add(NIL,
									  psprintf("%s is not a column of a table", column),
									  NULL));
	if (get_rel_relkind(table) == RELKIND_FOREIGN_TABLE)
		return linitial(kg_reason_add(NIL,
									  psprintf("%s is a foreign table, which has no index here",
											   kg_relation_name(table)),
									  pstrdup("Query the server that has the table.")));
	hint = create_index_hint(distance, table);
	if (hint == NULL && kg_is_member(TypeRelationId, type, "vector"))
		return linitial(kg_reason_add(NIL,
									  psprintf("%s is of type %s of extension vector, which kg_hnsw does not index for this distance",
											   column, format_type_be_qualified(type)),
									  pgvector_hint(table)));
	if (hint == NULL)
		return linitial(kg_reason_add(NIL,
									  psprintf("no operator class of kg_hnsw has the operator %s for %s",
											   kg_operator_name(kg_distance_operator(distance)),
											   format_type_be_qualified(type)),
									  pstrdup("kg_hnsw serves <->, <#>, <=> and <+> of kg.vector, kg.halfvec, kg.int8vec and kg.sparsevec, <~> and <%> of bit.")));
	parent = parent_index(distance);
	return linitial(kg_reason_add(NIL,
								  psprintf("%s has no kg_hnsw index on %s",
										   kg_relation_name(table), column),
								  OidIsValid(parent) && hint ?
								  psprintf("%s  Then ALTER INDEX %s ATTACH PARTITION: the parent's index was made ON ONLY the parent and is not valid.",
										   hint, kg_relation_name(parent)) :
								  hint));
}
