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

#include "pg/compat.h"

/* Blocks of Unicode without letters and digits. */
static const struct
{
	pg_wchar	first;
	pg_wchar	last;
}			separators[] = {
	{0x0080, 0x00A9},			/* controls, signs of Latin-1 */
	{0x00AB, 0x00B1},
	{0x00B4, 0x00B4},
	{0x00B6, 0x00B8},
	{0x00BB, 0x00BB},
	{0x00BF, 0x00BF},
	{0x00D7, 0x00D7},
	{0x00F7, 0x00F7},
	{0x2000, 0x206F},			/* general punctuation */
	{0x3000, 0x3004},			/* punctuation of Chinese and Japanese */
	{0x3008, 0x3020},
	{0x30FB, 0x30FB},
	{0xFE10, 0xFE6F},			/* forms of punctuation */
	{0xFF01, 0xFF0F},			/* full width forms */
	{0xFF1A, 0xFF20},
	{0xFF3B, 0xFF40},
	{0xFF5B, 0xFF65},
};

static bool
is_separator(const char *s, bool utf8)
{
	unsigned char c = *s;
	pg_wchar	code;

	if (c < 0x80)
		return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
	if (!utf8)
		return false;
	code = utf8_to_unicode((const unsigned char *) s);
	for (int i = 0; i < (int) lengthof(separators) && separators[i].first <= code; i++)
	{
		if (code <= separators[i].last)
			return true;
	}
	return false;
}

PG_FUNCTION_INFO_V1(kg_name_key);

/*
 * name_key(name text): lower case by the rules of the database, one space for
 * each run of characters that are no letters or digits, none at the ends.  The
 * signs + and # after a letter or digit stay: C, C++ and C# are three names.
 * A name without a letter or digit is its own key.
 */
Datum
kg_name_key(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	char	   *lower = str_tolower(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
									DEFAULT_COLLATION_OID);
	char	   *to = lower;
	bool		space = false;

	/* A key is no longer than the lower case name, so it is made in place. */
	for (const char *from = lower; *from != '\0';)
	{
		int			length = pg_mblen(from);

		CHECK_FOR_INTERRUPTS();
		if ((*from == '+' || *from == '#') && to > lower && !space)
			*to++ = *from;
		else if (is_separator(from, utf8))
			space = to > lower;
		else
		{
			if (space)
				*to++ = ' ';
			space = false;
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == lower)
		PG_RETURN_TEXT_P(name);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(lower, to - lower));
}
