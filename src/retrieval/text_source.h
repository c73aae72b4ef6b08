/*
 * text_source.h
 *	  Where texts of one kind are: passages, names of entities, observations.
 */
#ifndef KG_RETRIEVAL_TEXT_SOURCE_H
#define KG_RETRIEVAL_TEXT_SOURCE_H

#include "postgres.h"
#include "tsearch/ts_type.h"

#include "retrieval/leg_query.h"

typedef struct KgTextSource
{
	const KgSearchRequest *request;
	const KgSearchTable *table; /* the nodes; of observations: their entities */
	KgHitKind	kind;
	Oid			language;		/* text search configuration */
	const char *words;			/* expression of tsvector */
	const char *indexed;		/* expression that queries look in */
	bool		marked;			/* has it kg.marked_words of the words? */
	bool		folded;			/* were texts folded before? */
	char	   *made_by;		/* of a registered table: how words are made
								 * of which column */
	const char *id;				/* expression: a node's key, an observation's
								 * id */
	const char *only_from;		/* FROM item of the texts alone */
	const char *from;			/* FROM item with entities, if they are needed */
	bool		hidden_rows;	/* may policies hide texts? */
} KgTextSource;

/*
 * The texts of this kind in this table of nodes.  Returns false if there can
 * be none.
 */
extern bool kg_text_source(const KgSearchRequest *request, const KgSearchTable *table,
						   KgHitKind kind, KgTextSource *source);

/* The words of a text in the source's language, as it has them. */
extern TSVector kg_text_source_words(const KgTextSource *source, const char *text);

/*
 * Adds " WHERE ...": all texts of the source that are known, or were at the
 * request's time; with their nodes' conditions, if "wanted".
 */
extern void kg_text_source_where(const KgTextSource *source, KgLegQuery *query, bool wanted);

/* The number of a hit, from the first column of a query. */
extern int64 kg_text_source_hit(const KgTextSource *source, Datum id);

#endif							/* KG_RETRIEVAL_TEXT_SOURCE_H */
