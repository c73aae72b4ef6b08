/*
 * index_query.h
 *	  The queries of an index's rows: all of them, and the nearest by the index.
 */
#ifndef KG_INDEX_QUERY_H
#define KG_INDEX_QUERY_H

#include "postgres.h"
#include "executor/spi.h"
#include "optimizer/plancat.h"
#include "utils/relcache.h"

#include "pg/compat.h"

typedef struct KgIndexQuery
{
	Oid			index;
	Oid			table;
	const char *index_name;
	Oid			type;			/* of the vectors */

	/*
	 * Both return tableoid and ctid; "rows" the indexed vector of each row
	 * that has one, "nearest" the distances from $1, with a LIMIT.
	 */
	char	   *rows;
	char	   *nearest;
} KgIndexQuery;

/* The queries of an open index; LIMIT as given. */
extern KgIndexQuery kg_index_query(Relation index, int limit);

/*
 * The planner sees no index of the table but this one, and takes it if it can,
 * until kg_index_query_end: to be called in PG_FINALLY.
 */
typedef struct KgForcedIndex
{
	kg_relation_hook_type previous;
	int			settings;		/* nest level of the planner's settings */
} KgForcedIndex;

extern void kg_index_query_begin(const KgIndexQuery *query,
								 KgForcedIndex *forced);
extern void kg_index_query_end(KgForcedIndex *forced);

/*
 * The plan of "nearest", within SPI_connect and SPI_finish.  Raises an error
 * unless it is a scan of the index in the order of distances.
 */
extern SPIPlanPtr kg_index_query_plan(const KgIndexQuery *query);

#endif							/* KG_INDEX_QUERY_H */
