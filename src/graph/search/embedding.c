/*
 * embedding.c
 *	  Columns of embeddings, and the operators that compare them.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_operator.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "graph/catalog/catalog.h"
#include "graph/search/embedding.h"
#include "types/dense_type.h"
#include "types/type_oid.h"

/* The qualified name of an operator, for OPERATOR(...). */
char *
kg_qualified_operator(Oid op)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(op));
	Form_pg_operator form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", op);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("%s.%s", quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return name;
}

/* The operator of a metric that stands beside the embeddings' type. */
char *
kg_embedding_metric_operator(const char *metric, Oid type)
{
	const char *name = NULL;

	if (strcmp(metric, "l2") == 0)
		name = "<->";
	else if (strcmp(metric, "ip") == 0)
		name = "<#>";
	else if (strcmp(metric, "cosine") == 0)
		name = "<=>";
	else
		elog(ERROR, "unknown metric \"%s\" in kg.graph", metric);
	return kg_qualified_operator(kg_type_operator(type, name));
}

/*
 * The operator by whose distances the index returns rows in order; NULL if the
 * index has none for this column or does not hold all rows.
 */
static char *
index_operator(Relation index, const KgEmbeddingColumn *column)
{
	Oid			op;

	if (!index->rd_index->indisvalid || !index->rd_indam->amcanorderbyop ||
		index->rd_index->indkey.values[0] != column->attno ||
		RelationGetIndexPredicate(index) != NIL)
		return NULL;
	op = get_opfamily_member(index->rd_opfamily[0], index->rd_opcintype[0],
							 column->type, 1);
	if (!OidIsValid(op) ||
		!OidIsValid(get_op_opfamily_sortfamily(op, index->rd_opfamily[0])))
		return NULL;
	return kg_qualified_operator(op);
}

/*
 * The operator to order by: that of the graph's metric, unless the embeddings
 * have indexes, but none for it.  Then the oldest index decides.
 */
const char *
kg_embedding_operator(const KgGraph *graph, Relation entity,
					  const KgEmbeddingColumn *column)
{
	const char *declared = kg_embedding_metric_operator(graph->metric, column->type);
	const char *chosen = NULL;
	List	   *indexes = RelationGetIndexList(entity);
	ListCell   *lc;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		const char *op = index_operator(index, column);

		index_close(index, AccessShareLock);
		if (op != NULL && (chosen == NULL || strcmp(op, declared) == 0))
			chosen = op;
	}
	list_free(indexes);
	return chosen != NULL ? chosen : declared;
}

KgEmbeddingColumn
kg_embedding_column(const KgGraph *graph, Relation rel, const char *name)
{
	KgEmbeddingColumn column;
	Form_pg_attribute att;

	column.attno = kg_graph_column(graph, rel, name);
	att = TupleDescAttr(RelationGetDescr(rel), column.attno - 1);
	column.type = att->atttypid;
	column.dimensions = att->atttypmod;
	if (kg_dense_type(column.type) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("embeddings of graph \"%s\" are of type %s",
						graph->name,
						format_type_be(column.type)),
				 errdetail("kg.knn knows %s, and those of pgvector's types.",
						   kg_dense_type_names)));
	return column;
}

Datum
kg_embedding_value(const KgEmbeddingColumn *column, const Vector *query)
{
	if (column->dimensions > 0 && query->dim != column->dimensions)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("different vector dimensions %d and %d",
						column->dimensions, query->dim)));
	return PointerGetDatum(kg_dense_type(column->type)->from_floats(query->x, query->dim));
}
