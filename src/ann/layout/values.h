/*
 * values.h
 *	  The nodes of each value of the first filter: lists of up to
 *	  KG_VALUE_NODES of them, found by the value's word.
 *
 * A list that has all nodes of its value answers a question for that value
 * exactly.  A list that does not has as many as there may be, which are the
 * entry points to the value's nodes.
 *
 * Lists stand on pages of PAGE_VALUES, together with others, by a hash of the
 * word.  Pages of PAGE_VALUE_MAP lead there: a trie by KG_MAP_BITS bits of the
 * hash a level (extendible hashing: Fagin et al., TODS 1979, with a trie for
 * the directory).  No page of either kind ever becomes another.
 */
#ifndef KG_VALUES_H
#define KG_VALUES_H

#include "ann/layout/store.h"

/* Nodes in a list; one with more values has just so many of them. */
#define KG_VALUE_NODES 64

/* Bits of the hash that a page of the map looks at. */
#define KG_MAP_BITS 10
#define KG_MAP_CHILDREN (1 << KG_MAP_BITS)

/* A node of a list, or KG_NO_NODE: the list does not have all nodes. */
typedef struct KgValueEntry
{
	uint32		word;
	uint32		node;
} KgValueEntry;

/* Lists of words whose hashes begin with a prefix. */
typedef struct KgValuePage
{
	uint32		prefix;			/* the other bits are 0 */
	uint16		bits;			/* of the prefix */
	uint16		count;			/* entries in use */
	KgValueEntry entries[FLEXIBLE_ARRAY_MEMBER];
} KgValuePage;

/* Tests have pages with fewer entries, so that there are many of them. */
#ifndef KG_VALUE_ENTRIES
#define KG_VALUE_ENTRIES \
	((KG_PAGE_USABLE - (int) offsetof(KgValuePage, entries)) / \
	 (int) sizeof(KgValueEntry))
#endif

typedef struct KgValueMap
{
	uint32		bits;			/* of the hash that led here */
	BlockNumber children[KG_MAP_CHILDREN];	/* PAGE_VALUES, several in a row
											 * the same, or PAGE_VALUE_MAP */
} KgValueMap;

StaticAssertDecl(sizeof(KgValueEntry) == 8, "an entry is 8 bytes");
StaticAssertDecl(offsetof(KgValuePage, entries) == 8, "head is 8 bytes");
StaticAssertDecl(KG_VALUE_ENTRIES > KG_VALUE_NODES + 1, "a list fits on a page");
StaticAssertDecl(sizeof(KgValueMap) <= KG_PAGE_USABLE, "a map fits on a page");

static inline KgValuePage *
page_values(Page page)
{
	return (KgValuePage *) PageGetContents(page);
}

static inline KgValueMap *
page_value_map(Page page)
{
	return (KgValueMap *) PageGetContents(page);
}

/* A list, copied from its page. */
typedef struct KgValueList
{
	bool		complete;		/* these are all nodes of the value */
	int			count;
	uint32		nodes[KG_VALUE_NODES];
} KgValueList;

/* Makes the root of the map, and a page of lists that it leads to. */
extern BlockNumber kg_values_create(KgStore *store);

/*
 * Error unless a page of lists has as many entries as it has room for, and a prefix
 * of its bits: before anybody goes by these.
 */
extern void kg_values_check_page(const KgStore *store, const KgValuePage *values,
								 BlockNumber block);

/* Reads the list of a word. */
extern void kg_values_read(KgStore *store, BlockNumber root, uint32 word,
						   KgValueList *list);

/*
 * Before a node is written: the block of its word's list, which has room for
 * it; InvalidBlockNumber if the list does not have all nodes anyway and is full.
 */
extern BlockNumber kg_values_prepare(KgStore *store, BlockNumber root,
									 uint32 word);

/*
 * Adds a node, as part of the edit that writes it.  False if the list has
 * moved or its page is full by now: then nothing has changed.
 */
extern bool kg_values_add(KgEdit *edit, BlockNumber block, uint32 word,
						  uint32 node);

/* A page's entries and whether each list on it is as it should be: checks. */
extern uint32 kg_values_hash(uint32 word);
extern bool kg_values_covers(const KgValuePage *values, uint32 hash);

#endif							/* KG_VALUES_H */
