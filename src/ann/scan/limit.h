/*
 * limit.h
 *	  Index scans are told of the LIMIT above them, and of WHERE.
 */
#ifndef KG_LIMIT_H
#define KG_LIMIT_H

/* Called once, from kg_ann_init. */
extern void kg_limit_init(void);

#endif							/* KG_LIMIT_H */
