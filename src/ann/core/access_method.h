/*
 * access_method.h
 *	  The access methods that the index serves: kg_hnsw; kg_diskann, another layout;
 *	  and those that another library adds under names and with options of its own
 *	  (extensions/vector).
 */
#ifndef KG_ACCESS_METHOD_H
#define KG_ACCESS_METHOD_H

#include "postgres.h"
#include "access/amapi.h"
#include "utils/relcache.h"

struct KgColumn;
struct KgScanSettings;

/*
 * An access method that is not kg_hnsw.  Its handler fills in what kg_hnsw's does
 * but for amoptions, by which its indexes are known.  That returns KgOptions.
 */
typedef struct KgAccessMethod
{
	const char *name;
	amoptions_function options;
	bool		pages;			/* the nodes of a page share a list */
	bool		fastupdate;		/* that option's default */

	/*
	 * The first column of an index, if not by its operator class's support;
	 * or NULL.
	 */
	const struct KgColumn *(*column) (Relation index);

	/* Changes what kg's settings say of scans of an index; or NULL. */
	void		(*scan_settings) (Relation index, struct KgScanSettings *settings);
} KgAccessMethod;

/* Adds one, which must stay where it is. */
extern PGDLLEXPORT void kg_access_method_add(const KgAccessMethod *method);

/* The one with such options, or NULL: kg_hnsw. */
extern const KgAccessMethod *kg_access_method(amoptions_function options);

/* For messages. */
extern const char *kg_access_method_name(Relation index);

#endif							/* KG_ACCESS_METHOD_H */
