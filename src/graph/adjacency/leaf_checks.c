/*
 * leaf_checks.c
 *	  What must hold of a b-tree's page when a reader of leaf pages locks it.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

#include "graph/adjacency/leaf_checks.h"
#include "pg/btree.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"

void
kg_leaf_corrupted(Relation index, BlockNumber block, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("index \"%s\" has %s at block %u",
					RelationGetRelationName(index), what, block),
			 errhint("Please REINDEX it.")));
}

Page
kg_leaf_lock(Relation index, Snapshot snapshot, Buffer buffer)
{
	Page		page = BufferGetPage(buffer);

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	_bt_checkpage(index, buffer);
	if (unlikely(PageGetMaxOffsetNumber(page) > MaxIndexTuplesPerPage))
		kg_leaf_corrupted(index, BufferGetBlockNumber(buffer), "too many line pointers");
	kg_test_old_snapshot(snapshot, index, page);
	return page;
}

void
kg_leaf_check_left_sibling(Relation index, Snapshot snapshot, BlockNumber left,
						   Buffer buffer)
{
	BlockNumber right = BufferGetBlockNumber(buffer);
	Buffer		left_buffer;
	Page		left_page;
	Page		page;
	BTPageOpaque opaque;
	bool		sound;

	if (likely(BTPageGetOpaque(BufferGetPage(buffer))->btpo_prev == left))
		return;
	if (left == right)
		kg_leaf_corrupted(index, left, "a circle of right links");
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	left_buffer = kg_read_buffer(index, left, NULL);
	left_page = kg_leaf_lock(index, snapshot, left_buffer);
	page = kg_leaf_lock(index, snapshot, buffer);
	opaque = BTPageGetOpaque(left_page);
	sound = BTPageGetOpaque(page)->btpo_prev == left || opaque->btpo_next != right ||
		P_ISDELETED(opaque);
	UnlockReleaseBuffer(left_buffer);
	if (!sound)
		kg_leaf_corrupted(index, left, "a right sibling that has another left one,");
}
