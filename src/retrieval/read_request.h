/*
 * read_request.h
 *	  The arguments of kg.search, and the graph's tables made ready for it.
 */
#ifndef KG_RETRIEVAL_READ_REQUEST_H
#define KG_RETRIEVAL_READ_REQUEST_H

#include "postgres.h"
#include "fmgr.h"

#include "retrieval/request.h"

/*
 * Reads the arguments of kg.search and kg.explain_search, which are the same,
 * and opens the graph's tables.
 */
extern KgSearchRequest *kg_search_request(FunctionCallInfo fcinfo);

/*
 * Chooses the kinds of hits, unless the caller has.  It runs a query, so it
 * comes after "lines" is set.
 */
extern void kg_search_request_kinds(KgSearchRequest *request);

/*
 * Opens the tables of request->graph, and fills in what follows from them.
 * kg_search_request does it.
 */
extern void kg_search_request_open(KgSearchRequest *request);

extern void kg_search_request_close(KgSearchRequest *request);

#endif							/* KG_RETRIEVAL_READ_REQUEST_H */
