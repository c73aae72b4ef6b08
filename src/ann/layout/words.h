/*
 * words.h
 *	  Words: what a filter knows of a row, 32 bits for each filter column.
 *
 * They stand in a node, beside its number in the lists of other nodes, and
 * once more on the first page of the node's group, so that a sweep for the
 * nodes that pass a filter reads few pages.  A node's words never change.
 */
#ifndef KG_WORDS_H
#define KG_WORDS_H

#include "ann/layout/store.h"

/* The word of NULL. */
#define KG_NULL_WORD UINT32_MAX

static inline bool
kg_words_equal(const uint32 *a, const uint32 *b, int filters)
{
	for (int i = 0; i < filters; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* Nodes of a group, which is how many words a page has for each filter. */
static inline int
kg_words_per_page(const KgLayout *layout)
{
	return (layout->group_pages - 1) * layout->per_page;
}

/* Writes a node's words to their page, as part of the edit that writes it. */
extern void kg_words_write(KgEdit *edit, uint32 node, const uint32 *words);

/* The block of the words of a group, which is numbered from 0. */
extern BlockNumber kg_words_block(const KgLayout *layout, uint32 group);

/* The node whose words are number i of a group's. */
extern uint32 kg_words_node(const KgLayout *layout, uint32 group, int i);

/* The words of one filter on a page of them: kg_words_per_page(). */
extern const uint32 *kg_words_of(const KgLayout *layout, Page page, int filter);

/* The words of a node as its page of words has them, for checks. */
extern void kg_words_read(KgStore *store, uint32 node, uint32 *words);

#endif							/* KG_WORDS_H */
