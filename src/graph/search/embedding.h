/*
 * embedding.h
 *	  Columns of embeddings, and the operators that compare them.
 */
#ifndef KG_GRAPH_EMBEDDING_H
#define KG_GRAPH_EMBEDDING_H

#include "postgres.h"
#include "access/attnum.h"
#include "utils/relcache.h"

#include "graph/catalog/graph.h"
#include "types/vector.h"

typedef struct KgEmbeddingColumn
{
	AttrNumber	attno;
	Oid			type;
	int32		dimensions;		/* -1: any */
} KgEmbeddingColumn;

/*
 * A column of one of the graph's tables; an error if it is missing or holds no
 * embeddings.
 */
extern KgEmbeddingColumn kg_embedding_column(const KgGraph *graph, Relation rel, const char *name);

/*
 * The query as a value of the column's type; an error if its dimensions
 * differ.
 */
extern Datum kg_embedding_value(const KgEmbeddingColumn *column, const Vector *query);

/* The qualified name of an operator, for OPERATOR(...). */
extern char *kg_qualified_operator(Oid op);

/* The operator of a metric that stands beside the embeddings' type. */
extern char *kg_embedding_metric_operator(const char *metric, Oid type);

/*
 * The operator to order by: that of the graph's metric, unless the embeddings
 * have indexes, but none for it.  Then the oldest index decides.
 */
extern const char *kg_embedding_operator(const KgGraph *graph, Relation rel,
										 const KgEmbeddingColumn *column);

#endif							/* KG_GRAPH_EMBEDDING_H */
