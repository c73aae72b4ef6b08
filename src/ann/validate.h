/*
 * validate.h
 *	  Is an operator class one that kg_hnsw can use?
 */
#ifndef KG_VALIDATE_H
#define KG_VALIDATE_H

#include "postgres.h"

extern bool kg_amvalidate(Oid opclass);

#endif							/* KG_VALIDATE_H */
