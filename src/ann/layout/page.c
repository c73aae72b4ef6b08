/*
 * page.c
 *	  What stands on the pages of an index: making and checking them.
 */
#include "postgres.h"

#include "ann/layout/page.h"

/*
 * Bytes that a new page of a kind uses, so that WAL takes them for data.  Of
 * node pages these are the slots that were ever taken: see page_take_slot().
 */
static Size
contents_size(KgPageKind kind)
{
	switch (kind)
	{
		case PAGE_META:
			return sizeof(KgMetaPage);
		case PAGE_NODES:
		case PAGE_FREE:
		case PAGE_PENDING:
			return 0;
		case PAGE_CHUNKS:
			return KG_CHUNKS_PER_PAGE * sizeof(KgChunk);
		default:
			return KG_PAGE_USABLE;
	}
}

void
kg_page_init(Page page, KgPageKind kind)
{
	KgPageOpaque *opaque;

	PageInit(page, BLCKSZ, sizeof(KgPageOpaque));
	((PageHeader) page)->pd_lower = SizeOfPageHeaderData +
		contents_size(kind);
	opaque = page_opaque(page);
	opaque->next = InvalidBlockNumber;
	opaque->kind = kind;
	opaque->page_id = KG_PAGE_ID;
}

bool
kg_page_is_sound(Page page)
{
	PageHeader	header = (PageHeader) page;

	/*
	 * nothing is put at the end of a page: what is at its start may grow up
	 * to there
	 */
	return header->pd_special == BLCKSZ - MAXALIGN(sizeof(KgPageOpaque)) &&
		header->pd_upper == header->pd_special &&
		header->pd_lower >= SizeOfPageHeaderData && header->pd_lower <= header->pd_upper;
}

void
kg_page_check(Page page, KgPageKind kind, BlockNumber block,
			  const char *index_name)
{
	KgPageOpaque *opaque;

	if (PageIsNew(page) || !kg_page_is_sound(page))
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" contains an unexpected page at block %u",
						index_name, block),
				 errhint("Please REINDEX it.")));
	opaque = page_opaque(page);
	if (opaque->page_id != KG_PAGE_ID || opaque->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" contains a page of kind %d instead of %d at block %u",
						index_name, opaque->kind, kind, block),
				 errhint("Please REINDEX it.")));
	if (kind == PAGE_LIST && page_list(page)->count > KG_LIST_TIDS)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a list of %u rows at block %u, more than %d fit",
						index_name, page_list(page)->count, block, (int) KG_LIST_TIDS),
				 errhint("Please REINDEX it.")));
}
