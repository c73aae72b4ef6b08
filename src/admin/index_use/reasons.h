/*
 * reasons.h
 *	  Why an index does not serve a distance.
 */
#ifndef KG_REASONS_H
#define KG_REASONS_H

#include "postgres.h"

#include "admin/index_use/distance.h"
#include "admin/index_use/hnsw.h"

typedef struct KgReason
{
	char	   *reason;
	char	   *hint;			/* or NULL */
} KgReason;

/* Adds a reason to a list of KgReason.  The hint may be NULL. */
extern List *kg_reason_add(List *reasons, char *reason, char *hint);

/* Reasons that hold for every index: how the query uses the distance. */
extern List *kg_reasons_of_query(const KgDistance *distance);

/* Reasons that one index has. */
extern List *kg_reasons_of_index(const KgDistance *distance,
								 const KgHnswIndex *index);

/* A mistake that makes the query fail, whatever its plan is; or NULL. */
extern KgReason *kg_reason_to_fail(const KgDistance *distance,
								   const KgHnswIndex *index);

/* The reason that remains: another plan is cheaper, or is all there is. */
extern List *kg_reasons_of_cost(KgPlanned *planned, const KgDistance *distance,
								const KgHnswIndex *index);

/* There is no index on the column. */
extern KgReason *kg_reason_without_index(const KgDistance *distance);

/* The distance as it has to be written: "embedding <=> q". */
extern char *kg_bare_distance(const KgDistance *distance, Oid operator);

#endif							/* KG_REASONS_H */
