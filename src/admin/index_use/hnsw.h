/*
 * hnsw.h
 *	  The kg_hnsw indexes of a table, as the catalogs describe them.
 */
#ifndef KG_HNSW_H
#define KG_HNSW_H

#include "postgres.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"

/* An index by its first column, which is the vector. */
typedef struct KgHnswIndex
{
	Oid			oid;
	bool		valid;
	bool		ready;
	bool		partitioned;	/* has no pages, its partitions' indexes do */
	Node	   *key;			/* column or expression, of relation 1 */
	List	   *predicate;		/* implicitly ANDed, of relation 1 */
	Oid			opclass;
	Oid			family;
	Oid			type;			/* the operator class's */
} KgHnswIndex;

/* All kg_hnsw and kg_diskann indexes of a table, valid or not: a list of KgHnswIndex. */
extern List *kg_hnsw_indexes(Oid table);

/* Does the index column use the table's column? */
extern bool kg_hnsw_has_column(const KgHnswIndex *index, AttrNumber attno);

/* The operator of a strategy of the index. */
extern Oid	kg_hnsw_operator(const KgHnswIndex *index, int strategy);

/*
 * The operator class of kg_hnsw whose distance or ball operator this is,
 * InvalidOid if there is none.
 */
extern Oid	kg_hnsw_opclass_of(Oid operator);

/* A name as SQL on the current search_path has to write it. */
extern char *kg_operator_name(Oid operator);
extern char *kg_opclass_name(Oid opclass);
extern char *kg_relation_name(Oid relation);

#endif							/* KG_HNSW_H */
