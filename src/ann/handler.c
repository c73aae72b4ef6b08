/*
 * handler.c
 *	  The access method kg_hnsw: to come.
 */
#include "postgres.h"

#include "ann/ann.h"

void
kg_ann_init(void)
{
}
