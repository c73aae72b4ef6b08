/*
 * leg_options.c
 *	  The argument "legs" of kg.search: weights, limits and settings of legs.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "retrieval/leg_options.h"

/* Hits of a leg: ranks far behind these hardly count in the fusion. */
#define DEFAULT_LIMIT 100

#define MAX_LIMIT 100000

void
kg_leg_options_default(KgSearchRequest *request)
{
	static const double weights[KG_LEGS] = {0.5, 1, 1, 2};

	for (int leg = 0; leg < KG_LEGS; leg++)
	{
		request->legs[leg].weight = weights[leg];

		/*
		 * As many as the caller wants, and more for the others to choose
		 * from.
		 */
		request->legs[leg].limit = request->k < 0 ? MAX_LIMIT :
			Min(Max(DEFAULT_LIMIT, 2 * (int64) request->k), MAX_LIMIT);
	}
	request->damping = 0.85;
	request->epsilon = 1e-4;
	request->decay = 0.5;
}

static char *
key_string(const JsonbValue *key)
{
	return pnstrdup(key->val.string.val, key->val.string.len);
}

/* The number that an option has; an error if it has none within bounds. */
static double
number(const char *option, const JsonbValue *value, double least, double greatest)
{
	double		n;

	if (value->type != jbvNumeric)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s in legs is no number", option)));
	n = DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(value->val.numeric)));
	if (!(n >= least && n <= greatest))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s in legs must be between %g and %g, not %g", option, least, greatest, n)));
	return n;
}

static void
unknown_option(const char *option, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in legs", option),
			 errhint("%s", hint)));
}

static bool
read_graph_option(KgSearchRequest *request, const char *option, const JsonbValue *value)
{
	if (strcmp(option, "hops") == 0)
		request->hops = number(option, value, 0, 100);
	else if (strcmp(option, "decay") == 0)
		request->decay = number(option, value, 0, 1);
	else if (strcmp(option, "damping") == 0)
		request->damping = number(option, value, 0, 0.999);
	else if (strcmp(option, "epsilon") == 0)
		request->epsilon = number(option, value, 1e-15, 1);
	else
		return false;
	return true;
}

static void
read_option(KgSearchRequest *request, KgLeg leg, const char *option, const JsonbValue *value)
{
	if (strcmp(option, "weight") == 0)
		request->legs[leg].weight = number(option, value, 0, 1e6);
	else if (strcmp(option, "limit") == 0)
		request->legs[leg].limit = number(option, value, 0, MAX_LIMIT);
	else if (leg != KG_LEG_GRAPH)
		unknown_option(option, "A leg has a \"weight\" and a \"limit\".");
	else if (!read_graph_option(request, option, value))
		unknown_option(option, "The graph leg has \"weight\", \"limit\", \"damping\", \"epsilon\", \"hops\" and \"decay\".");
}

static KgLeg
find_leg(const char *name)
{
	for (int leg = 0; leg < KG_LEGS; leg++)
	{
		if (strcmp(kg_leg_names[leg], name) == 0)
			return leg;
	}
	unknown_option(name, "Legs are \"embedding\", \"text\", \"name\" and \"graph\".");
	pg_unreachable();
}

static void
read_object(KgSearchRequest *request, KgLeg leg, JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	value;
	char	   *option = NULL;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			option = key_string(&value);
		else if (token == WJB_VALUE)
			read_option(request, leg, option, &value);
	}
}

static void
reject_legs(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("legs must be an object with a number or an object for each leg"),
			 errhint("Write legs => '{\"text\": 1, \"graph\": {\"weight\": 2, \"limit\": 50}}'.")));
}

void
kg_leg_options_read(KgSearchRequest *request, Jsonb *legs)
{
	JsonbIterator *it = JsonbIteratorInit(&legs->root);
	JsonbValue	value;
	JsonbIteratorToken token = JsonbIteratorNext(&it, &value, true);
	KgLeg		leg = KG_LEG_TEXT;

	if (token != WJB_BEGIN_OBJECT)
		reject_legs();
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			leg = find_leg(key_string(&value));
		else if (token != WJB_VALUE)
			continue;
		else if (value.type == jbvNumeric)
			read_option(request, leg, "weight", &value);
		else if (value.type == jbvBinary && JsonContainerIsObject(value.val.binary.data))
			read_object(request, leg, value.val.binary.data);
		else
			reject_legs();
	}
}
