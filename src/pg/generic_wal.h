/*
 * generic_wal.h
 *	  Applies changes to pages and logs them as generic WAL records.
 */
#ifndef KG_GENERIC_WAL_H
#define KG_GENERIC_WAL_H

#include "postgres.h"
#include "storage/buf.h"
#include "storage/bufpage.h"

/* Pages that one record can have: MAX_GENERIC_XLOG_PAGES. */
#define KG_LOG_PAGES 4

/* A page of a change: a locked buffer and its new content. */
typedef struct KgLogPage
{
	Buffer		buffer;
	Page		image;			/* BLCKSZ bytes */
	bool		is_new;			/* the old page is empty: log all of it */
} KgLogPage;

/*
 * Copies the images into their buffers, marks the buffers dirty and logs the
 * changes as one record, which generic_xlog.c replays.  count is at most
 * KG_LOG_PAGES.  If wal is false, nothing is logged.
 */
extern void kg_log_apply(const KgLogPage *pages, int count, bool wal);

#endif							/* KG_GENERIC_WAL_H */
