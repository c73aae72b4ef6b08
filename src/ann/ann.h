/*
 * ann.h
 *	  What the rest of the extension sees of the proximity-graph index.
 */
#ifndef KG_ANN_H
#define KG_ANN_H

/* Defines the kg.* settings of index scans. Called once, from _PG_init. */
extern void kg_ann_init(void);

#endif							/* KG_ANN_H */
