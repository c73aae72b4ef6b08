/*
 * index_cache.c
 *	  The index of a relation, kept in the relation cache.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/index_cache.h"

void
kg_index_read_recall(Relation rel, KgRecallTable *table, float *hop_pages)
{
	const KgIndex *index = rel->rd_amcache;
	const KgMetaPage *meta;
	KgStore		store;

	if (index)
	{
		*table = index->recall;
		*hop_pages = index->hop_pages;
		return;
	}
	kg_store_init(&store, rel, NULL);
	meta = page_meta(kg_store_read(&store, KG_META_BLOCK, PAGE_META));
	memset(table, 0, sizeof(KgRecallTable));
	*hop_pages = 1;
	if (meta->magic == KG_ANN_MAGIC && meta->version == KG_ANN_VERSION)
	{
		*table = meta->recall;
		if (meta->hop_pages > 0)
			*hop_pages = meta->hop_pages;
	}
	kg_store_done(&store);
}

KgIndex *
kg_index_open(Relation rel, KgStore *store)
{
	KgIndex    *index;

	/* which may drop what the relation cache has */
	kg_store_init(store, rel, NULL);
	index = rel->rd_amcache;
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
