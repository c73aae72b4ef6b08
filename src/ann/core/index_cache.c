/*
 * index_cache.c
 *	  The index of a relation, kept in the relation cache.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/index_cache.h"

KgIndex *
kg_index_open(Relation rel, KgStore *store)
{
	KgIndex    *index = rel->rd_amcache;

	kg_store_init(store, rel, NULL);
	if (index && !kg_index_keep_up(index, store))
	{
		rel->rd_amcache = NULL;
		pfree(index);
		index = NULL;
	}
	if (index == NULL)
	{
		index = kg_index_load(store, rel->rd_indexcxt, false);
		rel->rd_amcache = index;
	}
	store->layout = &index->layout;
	return index;
}
