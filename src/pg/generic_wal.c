/*
 * generic_wal.c
 *	  Applies changes to pages and logs them as generic WAL records.
 *
 * The records have generic_xlog.c's format and the server replays them, so that
 * a standby need not load kg.  generic_xlog.c itself finds changes by comparing
 * pages byte by byte.  An insert changes twenty or thirty pages, and comparing
 * them took a third of its time.  This file compares eight bytes at a time.
 *
 * For each page a record has fragments: an offset (uint16), a length (uint16)
 * and the bytes that replay puts there.  After the fragments replay zeroes the
 * page's hole, from pd_lower to pd_upper.  The format is private to
 * generic_xlog.c: before a new major is admitted, compare its writeFragment(),
 * applyPageRedo() and generic_redo() with this file (the same in 15 to 18).
 */
#include "postgres.h"

#include "access/generic_xlog.h"
#include "access/rmgr.h"
#include "access/xloginsert.h"
#include "access/xlogrecord.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"

#include "pg/generic_wal.h"

StaticAssertDecl(KG_LOG_PAGES == MAX_GENERIC_XLOG_PAGES,
				 "replay takes as many pages");

/* Each fragment starts with a header of two of these: offset, length. */
typedef OffsetNumber FragmentField;

#define FRAGMENT_HEADER (2 * sizeof(FragmentField))

/*
 * Fragments are at least a header's length apart, so the fragments before the
 * hole need one header more than the bytes there; so do those after it.
 */
#define MAX_FRAGMENTS (BLCKSZ + 2 * FRAGMENT_HEADER)

StaticAssertDecl(sizeof(FragmentField) == sizeof(uint16) &&
				 BLCKSZ <= PG_UINT16_MAX,
				 "an offset within a page does not fit in a fragment's header");
StaticAssertDecl(sizeof(((XLogRecordBlockHeader *) NULL)->data_length) ==
				 sizeof(uint16) && MAX_FRAGMENTS <= PG_UINT16_MAX,
				 "a page's fragments do not fit in a WAL record");
StaticAssertDecl(MAX_GENERIC_XLOG_PAGES <= XLR_NORMAL_MAX_BLOCK_ID + 1,
				 "a record's pages need XLogEnsureRecordSpace()");

/*
 * Offsets and lengths of a page's header as compare() and apply() use them;
 * data pages are on disk in this form since PostgreSQL 8.3.
 */
StaticAssertDecl(offsetof(PageHeaderData, pd_lower) == 12 &&
				 offsetof(PageHeaderData, pd_upper) == 14 &&
				 sizeof(LocationIndex) == sizeof(uint16) &&
				 SizeOfPageHeaderData == 24 && PG_PAGE_LAYOUT_VERSION == 4,
				 "the header of a page has changed");

/* The fragments of one page. */
typedef struct Fragments
{
	char		data[MAX_FRAGMENTS];
	int			length;
} Fragments;

/* Static, because XLogInsert() reads the data that were registered. */
static Fragments fragments[KG_LOG_PAGES];

static void
add_fragment(Fragments *to, const char *image, int start, int end)
{
	FragmentField header[2] = {start, end - start};

	Assert(to->length + FRAGMENT_HEADER + end - start <= MAX_FRAGMENTS);
	memcpy(to->data + to->length, header, FRAGMENT_HEADER);
	memcpy(to->data + to->length + FRAGMENT_HEADER, image + start, end - start);
	to->length += FRAGMENT_HEADER + (end - start);
}

/* The first offset in [i, end) where a and b differ, or end. */
static int
skip_equal(const char *a, const char *b, int i, int end)
{
	while (i + (int) sizeof(uint64) <= end)
	{
		uint64		x;
		uint64		y;

		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			break;
		i += sizeof(uint64);
	}
	while (i < end && a[i] == b[i])
		i++;
	return i;
}

/* Adds the bytes of the image in [start, end) that differ from the page's. */
static void
compare(Fragments *to, const char *page, const char *image, int start,
		int end)
{
	int			first = skip_equal(page, image, start, end);

	while (first < end)
	{
		int			last = first + 1;	/* the fragment's end */

		/* A short equal stretch takes less space than another header. */
		for (int i = last; i < end && i - last < (int) FRAGMENT_HEADER; i++)
			if (page[i] != image[i])
				last = i + 1;
		add_fragment(to, image, first, last);
		first = skip_equal(page, image, last, end);
	}
}

/* Is a page's hole zero everywhere? */
static bool
hole_is_zero(const char *page)
{
	int			lower = ((PageHeader) page)->pd_lower;
	int			upper = ((PageHeader) page)->pd_upper;

	Assert(lower <= upper && upper <= BLCKSZ);
	for (int i = lower; i < upper; i++)
		if (page[i] != 0)
			return false;
	return true;
}

/*
 * Copies an image into its buffer and zeroes the hole, as replay does: the next
 * comparison with this page relies on it.
 */
static void
apply(const KgLogPage *page)
{
	Page		target = BufferGetPage(page->buffer);
	int			lower = ((PageHeader) page->image)->pd_lower;
	int			upper = ((PageHeader) page->image)->pd_upper;

	memcpy(target, page->image, lower);
	memset(target + lower, 0, upper - lower);
	memcpy(target + upper, page->image + upper, BLCKSZ - upper);
	MarkBufferDirty(page->buffer);
}

void
kg_log_apply(const KgLogPage *pages, int count, bool wal)
{
	XLogRecPtr	lsn;
	bool		whole[KG_LOG_PAGES];

	Assert(count <= KG_LOG_PAGES);
	for (int i = 0; i < count && wal; i++)
	{
		const char *old = BufferGetPage(pages[i].buffer);
		const char *image = pages[i].image;

		/*
		 * On a standby the hole of the old page is zero.  If it is not so
		 * here, because the page was damaged, equal bytes in it would not be
		 * logged where the image's hole is smaller, and the standby's page
		 * would differ.
		 */
		fragments[i].length = 0;
		whole[i] = pages[i].is_new || !hole_is_zero(old);
		if (whole[i])
			continue;
		compare(&fragments[i], old, image, 0,
				((PageHeader) image)->pd_lower);
		compare(&fragments[i], old, image, ((PageHeader) image)->pd_upper,
				BLCKSZ);
	}

	if (wal)
		XLogBeginInsert();
	START_CRIT_SECTION();
	for (int i = 0; i < count; i++)
	{
		apply(&pages[i]);
		if (!wal)
			continue;
		XLogRegisterBuffer(i, pages[i].buffer, REGBUF_STANDARD |
						   (whole[i] ? REGBUF_FORCE_IMAGE : 0));
		if (!whole[i])
			XLogRegisterBufData(i, fragments[i].data, fragments[i].length);
	}
	if (wal)
	{
		lsn = XLogInsert(RM_GENERIC_ID, 0);
		for (int i = 0; i < count; i++)
			PageSetLSN(BufferGetPage(pages[i].buffer), lsn);
	}
	END_CRIT_SECTION();
}
