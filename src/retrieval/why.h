/*
 * why.h
 *	  Why a result was found.
 */
#ifndef KG_RETRIEVAL_WHY_H
#define KG_RETRIEVAL_WHY_H

#include "postgres.h"

#include "retrieval/fusion.h"
#include "retrieval/showing.h"

/*
 * A jsonb: the words that the text leg found, the name that the name leg
 * found, and the path on which the graph leg came from a seed.
 */
extern Datum kg_why(const KgShowing *showing, const KgResult *result);

#endif							/* KG_RETRIEVAL_WHY_H */
