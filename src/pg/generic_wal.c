/*
 * generic_wal.c
 *	  Changes of pages as generic WAL, at less cost than generic_xlog.c's.
 *
 * The records are those of generic_xlog.c, and it replays them, so that a
 * standby needs nothing loaded.  It finds what has changed by comparing pages
 * byte by byte, twenty or thirty pages for each row inserted: a third of all
 * the time.  Here eight bytes are compared at a time.
 *
 * A record has, for each page, fragments: where (uint16), how long (uint16),
 * and the bytes to put there.  The page's hole is zeroed after them.
 */
#include "postgres.h"

#include "access/rmgr.h"
#include "access/xloginsert.h"
#include "miscadmin.h"

#include "pg/generic_wal.h"

/* Each fragment has a head of two of these. */
typedef uint16 FragmentField;

#define FRAGMENT_HEAD (2 * sizeof(FragmentField))

/*
 * Fragments are at least a head's length apart, so that those before the hole
 * are no longer than what is there and one head, and those after it likewise.
 */
#define MAX_FRAGMENTS (BLCKSZ + 2 * FRAGMENT_HEAD)

/* One page's. */
typedef struct Fragments
{
	char		data[MAX_FRAGMENTS];
	int			length;
} Fragments;

/* In static memory, because a page's data must outlive the record's making. */
static Fragments fragments[MAX_GENERIC_XLOG_PAGES];

static void
add_fragment(Fragments *to, const char *image, int start, int end)
{
	FragmentField head[2] = {start, end - start};

	Assert(to->length + FRAGMENT_HEAD + end - start <= MAX_FRAGMENTS);
	memcpy(to->data + to->length, head, FRAGMENT_HEAD);
	memcpy(to->data + to->length + FRAGMENT_HEAD, image + start, end - start);
	to->length += FRAGMENT_HEAD + (end - start);
}

/* The first place in [i, end) where the two differ, or end. */
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

/* What is other in [start, end) of the image than on the page. */
static void
compare(Fragments *to, const char *page, const char *image, int start,
		int end)
{
	int			first = skip_equal(page, image, start, end);

	while (first < end)
	{
		int			last = first + 1;	/* where the fragment ends */

		/* short stretches that are equal cost less than another head */
		for (int i = last; i < end && i - last < (int) FRAGMENT_HEAD; i++)
			if (page[i] != image[i])
				last = i + 1;
		add_fragment(to, image, first, last);
		first = skip_equal(page, image, last, end);
	}
}

#ifdef USE_ASSERT_CHECKING
/*
 * Bytes of the hole are not logged when they become data, unless they change:
 * so they must be what they are after replay.
 */
static bool
hole_is_zero(const char *page)
{
	int			upper = ((PageHeader) page)->pd_upper;

	for (int i = ((PageHeader) page)->pd_lower; i < upper; i++)
		if (page[i] != 0)
			return false;
	return true;
}
#endif

/*
 * Copies an image without its hole, which is to be zero everywhere, as it is
 * after replay.
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

	Assert(count <= MAX_GENERIC_XLOG_PAGES);
	for (int i = 0; i < count && wal; i++)
	{
		const char *old = BufferGetPage(pages[i].buffer);
		const char *image = pages[i].image;

		fragments[i].length = 0;
		if (pages[i].is_new)
			continue;
		Assert(hole_is_zero(old));
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
						   (pages[i].is_new ? REGBUF_FORCE_IMAGE : 0));
		if (!pages[i].is_new)
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
