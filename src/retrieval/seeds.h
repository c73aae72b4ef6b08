/*
 * seeds.h
 *	  The nodes from which the graph leg starts, and their weights.
 */
#ifndef KG_RETRIEVAL_SEEDS_H
#define KG_RETRIEVAL_SEEDS_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"
#include "retrieval/legs.h"

/*
 * The seeds, ascending and distinct: the caller's and the entities named in
 * the question; passages whose titles stand there if it names no entity.
 * *shares, which add up to 1, are in proportion to their rarity: 1 / the number
 * of passages that mention a seed, or of its relations in a graph without
 * mentions; or 1 / the number of passages in which the words of its name may be
 * expected together, if these are more.
 */
extern int64 *kg_search_seeds(const KgSearchRequest *request, const KgNamedList *named,
							  KgTextWords *words, KgAdjacency *adj, double **shares, uint32 *n);

#endif							/* KG_RETRIEVAL_SEEDS_H */
