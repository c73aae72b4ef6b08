/*
 * btree.c
 *	  Errors of damaged pages of b-trees.  Who reads the page gives its index and
 *	  block as the error's context.
 */
#include "postgres.h"

#include "pg/btree.h"

void
kg_bad_line_pointer(OffsetNumber offset)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("line pointer %u of a b-tree's page leads off the page", offset),
			 errhint("Please REINDEX the index.")));
}

void
kg_bad_index_tuple(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("an entry of a b-tree is not as long as it says"),
			 errhint("Please REINDEX the index.")));
}
