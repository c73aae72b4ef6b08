/*
 * bufpage.h
 *	  See postgres.h.  Pages have the server's format.
 */
#ifndef BUFPAGE_H
#define BUFPAGE_H

#include "storage/block.h"

typedef char *Page;

typedef struct PageHeaderData
{
	uint64		pd_lsn;
	uint16		pd_checksum;
	uint16		pd_flags;
	uint16		pd_lower;
	uint16		pd_upper;
	uint16		pd_special;
	uint16		pd_pagesize_version;
	uint32		pd_prune_xid;
} PageHeaderData;

typedef PageHeaderData *PageHeader;

#define SizeOfPageHeaderData sizeof(PageHeaderData)

static inline bool
PageIsNew(const char *page)
{
	return ((const PageHeaderData *) page)->pd_upper == 0;
}

static inline char *
PageGetContents(Page page)
{
	return page + MAXALIGN(SizeOfPageHeaderData);
}

static inline char *
PageGetSpecialPointer(Page page)
{
	return page + ((PageHeader) page)->pd_special;
}

static inline uint16
PageGetSpecialSize(Page page)
{
	return BLCKSZ - ((PageHeader) page)->pd_special;
}

static inline void
PageInit(Page page, Size size, Size special)
{
	PageHeader	header = (PageHeader) page;

	memset(page, 0, size);
	header->pd_lower = SizeOfPageHeaderData;
	header->pd_upper = header->pd_special = size - MAXALIGN(special);
	header->pd_pagesize_version = BLCKSZ | 4;
}

#endif							/* BUFPAGE_H */
