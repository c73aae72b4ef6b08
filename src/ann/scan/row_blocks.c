/*
 * row_blocks.c
 *	  The blocks of the table that have the rows a scan will return, asked for before
 *	  the executor reads one after another.
 */
#include "postgres.h"

#include "ann/scan/row_blocks.h"
#include "pg/buffer_hints.h"

/* Blocks that are asked for at once. */
#define MOST_ASKED 64

void
kg_row_blocks_ask(KgFound *found, Relation table, int64 count)
{
	KgFoundNode nearest[MOST_ASKED];
	int			taken = 0;

	count = Min(Min(count, found->count), MOST_ASKED);
	while (taken < count)
	{
		ItemPointerData tid;

		nearest[taken] = kg_found_pop(found);
		tid_to_pointer(nearest[taken++].tid, &tid);
		kg_ask_block(table, ItemPointerGetBlockNumberNoCheck(&tid));
	}
	while (taken > 0)
		kg_found_add(found, &nearest[--taken]);
}
