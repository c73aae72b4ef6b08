/*
 * settings.h
 *	  The settings hnsw.* and ivfflat.*.
 */
#ifndef VECTOR_SETTINGS_H
#define VECTOR_SETTINGS_H

#include "ann/core/build.h"
#include "ann/scan/scan_settings.h"

#define DEFAULT_LISTS 100
#define MIN_LISTS 1
#define MAX_LISTS 32768

/* The options of an index of ivfflat. */
typedef struct IvfflatOptions
{
	KgOptions	index;			/* kg_hnsw's defaults */
	int			lists;
} IvfflatOptions;

/* Called once, when the library is loaded. */
extern void hnsw_settings_define(void);
extern void ivfflat_settings_define(void);

/* What they change of kg's settings. */
extern void hnsw_scan_settings(Relation index, KgScanSettings *settings);
extern void ivfflat_scan_settings(Relation index, KgScanSettings *settings);

#endif							/* VECTOR_SETTINGS_H */
