/*
 * copies.c
 *	  Finer copies of vectors that nodes store in few bits.
 */
#include "postgres.h"

#include "ann/layout/copies.h"

StaticAssertDecl(offsetof(KgCopy, vector) == sizeof(KgCopy),
				 "a copy's vector follows its head");

/* Where a node's copy stands: on one page, or from the start of one on. */
typedef struct Position
{
	BlockNumber block;
	int			blocks;
	int			offset;			/* on the first */
} Position;

static Position
find_position(const KgLayout *layout, uint32 node)
{
	BlockNumber block = node_block(layout, node) - 1;
	int			in_group = (int) (block % layout->group_pages);
	int			i = (in_group - layout->copy_pages) * layout->per_page +
	(int) (node % layout->per_page);
	int			per_page = KG_PAGE_USABLE / layout->copy_bytes;
	Position	position = {.blocks = 1,.offset = 0};

	Assert(layout->copy_bytes > 0 && in_group >= layout->copy_pages);
	position.block = block - in_group + 1;
	if (per_page > 0)
	{
		position.block += i / per_page;
		position.offset = i % per_page * layout->copy_bytes;
	}
	else
	{
		position.blocks = (layout->copy_bytes + KG_PAGE_USABLE - 1) /
			KG_PAGE_USABLE;
		position.block += i * position.blocks;
	}
	return position;
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
	Position	position = find_position(layout, node);

	*blocks = position.blocks;
	return position.block;
}

void
kg_copy_write(KgEdit *edit, uint32 node, const KgCopy *copy)
{
	const KgLayout *layout = edit->store->layout;
	Position	position = find_position(layout, node);

	for (int i = 0; i < position.blocks; i++)
		memcpy(PageGetContents(kg_edit_page(edit, position.block + i,
											PAGE_COPIES)) + position.offset,
			   (const char *) copy + i * KG_PAGE_USABLE,
			   piece_bytes(layout, i));
}

void
kg_copy_read(KgStore *store, uint32 node, KgCopy *copy)
{
	const KgLayout *layout = store->layout;
	Position	position = find_position(layout, node);

	for (int i = 0; i < position.blocks; i++)
	{
		Page		page = kg_store_read(store, position.block + i, PAGE_COPIES);

		memcpy((char *) copy + i * KG_PAGE_USABLE,
			   PageGetContents(page) + position.offset, piece_bytes(layout, i));
		kg_store_done(store);
	}
}
