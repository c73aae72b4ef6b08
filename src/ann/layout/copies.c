/*
 * copies.c
 *	  Finer copies of vectors that nodes store in few bits.
 */
#include "postgres.h"

#include "ann/layout/copies.h"

StaticAssertDecl(offsetof(KgCopy, vector) == sizeof(KgCopy),
				 "a copy's vector follows its head");

/* Where a node's copy stands: on one page, or from the start of one on. */
typedef struct Place
{
	BlockNumber block;
	int			blocks;
	int			offset;			/* on the first */
} Place;

static Place
find_place(const KgLayout *layout, uint32 node)
{
	BlockNumber block = node_block(layout, node) - 1;
	int			in_group = (int) (block % layout->group_pages);
	int			i = (in_group - layout->copy_pages) * layout->per_page +
	(int) (node % layout->per_page);
	int			per_page = KG_PAGE_USABLE / layout->copy_bytes;
	Place		place = {.blocks = 1,.offset = 0};

	Assert(layout->copy_bytes > 0 && in_group >= layout->copy_pages);
	place.block = block - in_group + 1;
	if (per_page > 0)
	{
		place.block += i / per_page;
		place.offset = i % per_page * layout->copy_bytes;
	}
	else
	{
		place.blocks = (layout->copy_bytes + KG_PAGE_USABLE - 1) /
			KG_PAGE_USABLE;
		place.block += i * place.blocks;
	}
	return place;
}

/* Bytes of a copy that stand on its page i. */
static int
piece_bytes(const KgLayout *layout, int i)
{
	return Min(layout->copy_bytes - i * KG_PAGE_USABLE, KG_PAGE_USABLE);
}

BlockNumber
kg_copy_first_block(const KgLayout *layout, uint32 node, int *blocks)
{
	Place		place = find_place(layout, node);

	*blocks = place.blocks;
	return place.block;
}

void
kg_copy_write(KgEdit *edit, uint32 node, const KgCopy *copy)
{
	const KgLayout *layout = edit->store->layout;
	Place		place = find_place(layout, node);

	for (int i = 0; i < place.blocks; i++)
		memcpy(PageGetContents(kg_edit_page(edit, place.block + i,
											PAGE_COPIES)) + place.offset,
			   (const char *) copy + i * KG_PAGE_USABLE,
			   piece_bytes(layout, i));
}

void
kg_copy_read(KgStore *store, uint32 node, KgCopy *copy)
{
	const KgLayout *layout = store->layout;
	Place		place = find_place(layout, node);

	for (int i = 0; i < place.blocks; i++)
	{
		Page		page = kg_store_read(store, place.block + i, PAGE_COPIES);

		memcpy((char *) copy + i * KG_PAGE_USABLE,
			   PageGetContents(page) + place.offset, piece_bytes(layout, i));
		kg_store_done(store);
	}
}
