/*
 * access_method.c
 *	  The access methods that the index serves.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "ann/core/access_method.h"

#define MOST_METHODS 4

static const KgAccessMethod *methods[MOST_METHODS];
static int	method_count = 0;

void
kg_access_method_add(const KgAccessMethod *method)
{
	if (method_count == MOST_METHODS)
		elog(ERROR, "kg knows no more than %d access methods", MOST_METHODS);
	methods[method_count++] = method;
}

const KgAccessMethod *
kg_access_method(amoptions_function options)
{
	for (int i = 0; i < method_count; i++)
	{
		if (methods[i]->options == options)
			return methods[i];
	}
	return NULL;
}

const char *
kg_access_method_name(Relation index)
{
	const KgAccessMethod *method = kg_access_method(index->rd_indam->amoptions);

	return method ? method->name : "kg_hnsw";
}
