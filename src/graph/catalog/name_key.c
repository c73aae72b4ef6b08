/*
 * name_key.c
 *	  What of a name decides whether two names are the same.
 *
 * Indexes hold these keys: a change here needs a REINDEX of every graph.
 */
#include "postgres.h"

#include "catalog/pg_collation_d.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#include "graph/catalog/fold_text.h"
#include "pg/compat.h"

static bool
is_separator(unsigned char c)
{
	if (c >= 0x80)
		return false;
	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
}

PG_FUNCTION_INFO_V1(kg_name_key);

/*
 * name_key(name text): folded (fold_text.c), lower case by the rules of the
 * database, one space for each run of characters that are no letters or
 * digits, none at the ends.  The signs + and # after a letter or digit stay: C,
 * C++ and C# are three names.  A name without a letter or digit is its own key.
 */
Datum
kg_name_key(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	Size		length;
	char	   *folded = kg_fold(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &length);
	char	   *lower = str_tolower(folded, length, DEFAULT_COLLATION_OID);
	char	   *to = lower;
	bool		space = false;

	/* A key is no longer than the lower case name, so it is made in place. */
	for (const char *from = lower; *from != '\0';)
	{
		int			bytes = pg_mblen(from);

		CHECK_FOR_INTERRUPTS();
		if ((*from == '+' || *from == '#') && to > lower && !space)
			*to++ = *from;
		else if (is_separator(*from))
			space = to > lower;
		else
		{
			if (space)
				*to++ = ' ';
			space = false;
			memmove(to, from, bytes);
			to += bytes;
		}
		from += bytes;
	}
	if (to == lower)
		PG_RETURN_TEXT_P(name);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(lower, to - lower));
}
