/*
 * fold_text.c
 *	  One form for characters that readers take for the same.
 *
 * Programs set "lion's" with an apostrophe of typographers, "New York" with a
 * space that does not break, and letters with accents as one character or as
 * two.  PostgreSQL's parser of texts, in the locale C, takes each character
 * beyond ASCII for a letter, so that quotes and dashes belong to the words
 * beside them.  Names and words are therefore folded before they are compared.
 *
 * Characters that no reader takes for the same stay: letters with and without
 * accents, and digits raised or lowered.  What is done is near to NFKC_Casefold
 * (Unicode Standard Annex 31), without the case, which the database's locale
 * knows.  Indexes hold folded words and names: a change here needs them to be
 * made again (kg.upgrade_graph).
 */
#include "postgres.h"

#include "common/unicode_norm.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "graph/catalog/fold_text.h"
#include "pg/compat.h"

/* What becomes of a character, if it is not another character. */
#define KEEP 0
#define DROP 1					/* it is not seen */
#define SPLIT 2					/* a space after letters of languages that
								 * write no spaces, else nothing */
#define COMPATIBLE 3			/* its compatible form (NFKC) */

/* Characters are normalized at most so many at a time. */
#define MAX_RUN 4096

/* In the order of characters; those between stay as they are. */
static const struct
{
	pg_wchar	first;
	pg_wchar	last;
	pg_wchar	to;
}			folds[] = {
	{0x0080, 0x00A9, ' '},		/* controls, signs of Latin-1 */
	{0x00AB, 0x00AB, '"'},
	{0x00AC, 0x00AC, ' '},
	{0x00AD, 0x00AD, DROP},		/* soft hyphen */
	{0x00AE, 0x00B1, ' '},
	{0x00B4, 0x00B4, '\''},
	{0x00B5, 0x00B5, COMPATIBLE},	/* micro sign */
	{0x00B6, 0x00B8, ' '},
	{0x00BB, 0x00BB, '"'},
	{0x00BF, 0x00BF, ' '},
	{0x00D7, 0x00D7, ' '},
	{0x00F7, 0x00F7, ' '},
	{0x0132, 0x0133, COMPATIBLE},	/* letters for two, and the long s */
	{0x0149, 0x0149, COMPATIBLE},
	{0x017F, 0x017F, COMPATIBLE},
	{0x01C4, 0x01CC, COMPATIBLE},
	{0x01F1, 0x01F3, COMPATIBLE},
	{0x02B9, 0x02B9, '\''},		/* letters that look like apostrophes */
	{0x02BA, 0x02BA, '"'},
	{0x02BB, 0x02BD, '\''},
	{0x034F, 0x034F, DROP},
	{0x037E, 0x037E, ' '},		/* Greek */
	{0x0387, 0x0387, ' '},
	{0x055A, 0x055A, '\''},		/* Armenian */
	{0x055B, 0x055F, ' '},
	{0x0589, 0x0589, ' '},
	{0x058A, 0x058A, '-'},
	{0x05BE, 0x05BE, '-'},		/* Hebrew */
	{0x05C0, 0x05C0, ' '},
	{0x05C3, 0x05C3, ' '},
	{0x05F3, 0x05F3, '\''},
	{0x05F4, 0x05F4, '"'},
	{0x060C, 0x060D, ' '},		/* Arabic */
	{0x061B, 0x061B, ' '},
	{0x061C, 0x061C, DROP},
	{0x061D, 0x061F, ' '},
	{0x0640, 0x0640, DROP},		/* only stretches a word */
	{0x066A, 0x066A, ' '},
	{0x066D, 0x066D, ' '},
	{0x06D4, 0x06D4, ' '},
	{0x0964, 0x0965, ' '},		/* marks of sentences of India, Myanmar, */
	{0x104A, 0x104B, ' '},
	{0x1361, 0x1368, ' '},		/* Ethiopia and Cambodia */
	{0x1680, 0x1680, ' '},
	{0x17D4, 0x17D6, ' '},
	{0x180B, 0x180F, DROP},
	{0x2000, 0x200A, ' '},		/* spaces */
	{0x200B, 0x200B, SPLIT},	/* zero width space */
	{0x200C, 0x200F, DROP},		/* zero width joiners, marks of direction */
	{0x2010, 0x2013, '-'},		/* hyphens; a dash between numbers */
	{0x2014, 0x2017, ' '},		/* dashes between words */
	{0x2018, 0x201B, '\''},
	{0x201C, 0x201F, '"'},
	{0x2020, 0x2029, ' '},
	{0x202A, 0x202E, DROP},		/* directions */
	{0x202F, 0x2031, ' '},
	{0x2032, 0x2032, '\''},
	{0x2033, 0x2033, '"'},
	{0x2034, 0x2034, ' '},
	{0x2035, 0x2035, '\''},
	{0x2036, 0x2036, '"'},
	{0x2037, 0x2038, ' '},
	{0x2039, 0x203A, '\''},
	{0x203B, 0x205F, ' '},
	{0x2060, 0x206F, DROP},		/* not seen */
	{0x20A0, 0x20CF, ' '},		/* currencies, as the dollar */
	{0x2116, 0x2116, COMPATIBLE},	/* No */
	{0x2120, 0x2120, ' '},		/* service mark, trade mark */
	{0x2122, 0x2122, ' '},
	{0x2160, 0x217F, COMPATIBLE},	/* Roman numerals */
	{0x2190, 0x2211, ' '},		/* arrows, signs of mathematics */
	{0x2212, 0x2212, '-'},		/* minus */
	{0x2213, 0x22FF, ' '},
	{0x25A0, 0x25FF, ' '},		/* squares and circles of lists */
	{0x266F, 0x266F, '#'},		/* sharp */
	{0x2E3A, 0x2E3B, ' '},		/* long dashes */
	{0x3000, 0x3004, ' '},		/* punctuation of Chinese and Japanese */
	{0x3008, 0x3020, ' '},
	{0x3030, 0x3030, ' '},
	{0x30FB, 0x30FB, ' '},
	{0xA78B, 0xA78C, '\''},
	{0xFB00, 0xFDFF, COMPATIBLE},	/* ligatures, forms of Arabic letters */
	{0xFE00, 0xFE0F, DROP},		/* selectors of variants */
	{0xFE10, 0xFEFE, COMPATIBLE},
	{0xFEFF, 0xFEFF, DROP},		/* byte order mark */
	{0xFF00, 0xFFEF, COMPATIBLE},	/* full and half width */
	{0xFFF9, 0xFFFC, ' '},		/* places of objects */
	{0x1D400, 0x1D7FF, COMPATIBLE}, /* letters of mathematics */
	{0xE0000, 0xE0FFF, DROP},	/* tags, selectors of variants */
};

static pg_wchar
find_fold(pg_wchar c)
{
	int			low = 0;
	int			high = lengthof(folds) - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (c < folds[middle].first)
			high = middle - 1;
		else if (c > folds[middle].last)
			low = middle + 1;
		else
			return folds[middle].to;
	}
	return KEEP;
}

/* Is it a letter of a language that separates words by no or zero width spaces? */
static bool
is_without_spaces(pg_wchar c)
{
	return (c >= 0x0E00 && c <= 0x0EFF) ||	/* Thai, Lao */
		(c >= 0x1000 && c <= 0x109F) || /* Myanmar */
		(c >= 0x1780 && c <= 0x17FF);	/* Khmer */
}

/* The run with compatible forms in place of characters that have such. */
static pg_wchar *
compatible_forms(const pg_wchar *run)
{
	StringInfoData forms;
	pg_wchar	end = 0;
	int			i = 0;

	initStringInfo(&forms);
	while (run[i] != 0)
	{
		int			first = i;
		pg_wchar   *part;
		int			length = 0;

		while (run[i] != 0 && find_fold(run[i]) == COMPATIBLE)
			i++;
		if (i == first)
		{
			appendBinaryStringInfo(&forms, (const char *) &run[i++], sizeof(pg_wchar));
			continue;
		}
		/* Together, as a mark of half width belongs to the letter before. */
		part = palloc((i - first + 1) * sizeof(pg_wchar));
		memcpy(part, run + first, (i - first) * sizeof(pg_wchar));
		part[i - first] = 0;
		part = unicode_normalize(UNICODE_NFKC, part);
		while (part[length] != 0)
			length++;
		appendBinaryStringInfo(&forms, (const char *) part, length * sizeof(pg_wchar));
	}
	appendBinaryStringInfo(&forms, (const char *) &end, sizeof(end));
	return (pg_wchar *) forms.data;
}

/* Replaces and drops characters of the run, in place. */
static void
replace_characters(pg_wchar *run)
{
	pg_wchar   *to = run;

	for (const pg_wchar *from = run; *from != 0; from++)
	{
		pg_wchar	fold = *from < 0x80 ? KEEP : find_fold(*from);

		if (fold == KEEP || fold == COMPATIBLE)
			*to++ = *from;
		else if (fold == SPLIT)
		{
			if (to > run && is_without_spaces(to[-1]))
				*to++ = ' ';
		}
		else if (fold != DROP)
			*to++ = fold;
	}
	*to = 0;
}

/*
 * Appends the folded form of a run of characters: one of ASCII or none, and
 * others, which may be accents of it.
 */
static void
append_run(StringInfo out, pg_wchar *run)
{
	bool		compatible = false;

	for (int i = 0; run[i] != 0 && !compatible; i++)
		compatible = find_fold(run[i]) == COMPATIBLE;
	if (compatible)
		run = compatible_forms(run);
	replace_characters(run);
	if (unicode_is_normalized_quickcheck(UNICODE_NFC, run) != UNICODE_NORM_QC_YES)
		run = unicode_normalize(UNICODE_NFC, run);
	for (int i = 0; run[i] != 0; i++)
	{
		unsigned char bytes[4];

		unicode_to_utf8(run[i], bytes);
		appendBinaryStringInfo(out, (const char *) bytes, pg_utf_mblen(bytes));
	}
}

static Size
ascii_span(const char *string, Size n)
{
	Size		i = 0;

	while (i < n && (unsigned char) string[i] < 0x80)
		i++;
	return i;
}

char *
kg_fold(const char *string, Size n, Size *length)
{
	const char *end = string + n;
	pg_wchar	run[MAX_RUN + 1];
	MemoryContext context;
	MemoryContext old;
	StringInfoData out;

	*length = n;
	if (GetDatabaseEncoding() != PG_UTF8 || ascii_span(string, n) == n)
		return pnstrdup(string, n);
	initStringInfo(&out);
	context = AllocSetContextCreate(CurrentMemoryContext, "kg fold text", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	while (string < end)
	{
		Size		ascii = ascii_span(string, end - string);
		int			nrun = 0;

		CHECK_FOR_INTERRUPTS();
		/* The last of these may be the base of an accent. */
		if (ascii > 1)
			appendBinaryStringInfo(&out, string, ascii - 1);
		if (ascii > 0)
			run[nrun++] = (unsigned char) string[ascii - 1];
		string += ascii;
		while (string < end && (unsigned char) *string >= 0x80 && nrun < MAX_RUN)
		{
			run[nrun++] = utf8_to_unicode((const unsigned char *) string);
			string += pg_utf_mblen((const unsigned char *) string);
		}
		run[nrun] = 0;
		append_run(&out, run);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	*length = out.len;
	return out.data;
}

PG_FUNCTION_INFO_V1(kg_fold_text);

/* fold_text(text) returns text */
Datum
kg_fold_text(PG_FUNCTION_ARGS)
{
	text	   *string = PG_GETARG_TEXT_PP(0);
	Size		length;
	char	   *folded;

	if (ascii_span(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string)) == VARSIZE_ANY_EXHDR(string))
		PG_RETURN_TEXT_P(string);
	folded = kg_fold(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string), &length);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(folded, length));
}
