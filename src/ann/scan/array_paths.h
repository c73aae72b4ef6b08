/*
 * array_paths.h
 *	  Index paths for "= ANY (array)" on a filter column.
 */
#ifndef KG_ARRAY_PATHS_H
#define KG_ARRAY_PATHS_H

/* Called once, from kg_ann_init. */
extern void kg_array_paths_init(void);

#endif							/* KG_ARRAY_PATHS_H */
