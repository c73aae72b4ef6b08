/*
 * generic_wal.h
 *	  Changes of pages as generic WAL, at less cost than generic_xlog.c's.
 */
#ifndef KG_LOG_H
#define KG_LOG_H

#include "postgres.h"
#include "storage/buf.h"
#include "storage/bufpage.h"

/* Pages that one record can have: MAX_GENERIC_XLOG_PAGES. */
#define KG_LOG_PAGES 4

/* A page of a change: a locked buffer, and what it is to become. */
typedef struct KgLogPage
{
	Buffer		buffer;
	Page		image;			/* BLCKSZ bytes */
	bool		is_new;			/* nothing there yet: logged whole */
} KgLogPage;

/*
 * Puts the images into their buffers, marks these dirty and logs the changes
 * as one record, which generic_xlog.c will replay; count is at most
 * KG_LOG_PAGES.  If wal is false, nothing is logged.
 */
extern void kg_log_apply(const KgLogPage *pages, int count, bool wal);

#endif							/* KG_LOG_H */
