/*
 * words.c
 *	  Pages of words: what filters know of the nodes of a group.
 */
#include "postgres.h"

#include "ann/layout/words.h"

/* A node's number among those of its group. */
static int
index_in_group(const KgLayout *layout, uint32 node)
{
	BlockNumber in_group = (node_block(layout, node) - 1) % layout->group_pages;

	Assert(layout->word_pages == 1 && in_group >= 1);
	return (int) ((in_group - 1) * layout->per_page + node % layout->per_page);
}

static uint32
group_of(const KgLayout *layout, uint32 node)
{
	return (node_block(layout, node) - 1) / layout->group_pages;
}

static uint32 *
words_of(const KgLayout *layout, Page page, int filter)
{
	return (uint32 *) PageGetContents(page) + filter * kg_words_per_page(layout);
}

BlockNumber
kg_words_block(const KgLayout *layout, uint32 group)
{
	return 1 + group * layout->group_pages;
}

uint32
kg_words_node(const KgLayout *layout, uint32 group, int i)
{
	BlockNumber block = kg_words_block(layout, group) + 1 + i / layout->per_page;

	return block * layout->per_page + i % layout->per_page;
}

const uint32 *
kg_words_of(const KgLayout *layout, Page page, int filter)
{
	return words_of(layout, page, filter);
}

void
kg_words_write(KgEdit *edit, uint32 node, const uint32 *words)
{
	const KgLayout *layout = edit->store->layout;
	Page		page = kg_edit_page(edit, kg_words_block(layout, group_of(layout, node)),
									PAGE_WORDS);

	for (int i = 0; i < layout->filters; i++)
		words_of(layout, page, i)[index_in_group(layout, node)] = words[i];
}

void
kg_words_read(KgStore *store, uint32 node, uint32 *words)
{
	const KgLayout *layout = store->layout;
	Page		page = kg_store_read(store, kg_words_block(layout, group_of(layout, node)),
									 PAGE_WORDS);

	for (int i = 0; i < layout->filters; i++)
		words[i] = words_of(layout, page, i)[index_in_group(layout, node)];
	kg_store_done(store);
}
