/*
 * row_blocks.h
 *	  The blocks of the table that have the rows a scan will return.
 */
#ifndef KG_ROW_BLOCKS_H
#define KG_ROW_BLOCKS_H

#include "utils/relcache.h"

#include "ann/scan/found.h"

/*
 * Asks the system for the blocks of the table that have the first rows of those
 * nodes whose bounds are the lowest, of count nodes at most.
 */
extern void kg_row_blocks_ask(KgFound *found, Relation table, int64 count);

#endif							/* KG_ROW_BLOCKS_H */
