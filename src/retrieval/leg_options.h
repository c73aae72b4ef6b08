/*
 * leg_options.h
 *	  The argument "legs" of kg.search: weights, limits and settings of legs.
 */
#ifndef KG_RETRIEVAL_LEG_OPTIONS_H
#define KG_RETRIEVAL_LEG_OPTIONS_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "retrieval/request.h"

extern void kg_leg_options_default(KgSearchRequest *request);

/*
 * Reads {"text": 1, "graph": {"weight": 2, "limit": 50, "hops": 2}}: for each
 * leg a weight or an object.  What is not named stays as it is.
 */
extern void kg_leg_options_read(KgSearchRequest *request, Jsonb *legs);

#endif							/* KG_RETRIEVAL_LEG_OPTIONS_H */
