/*
 * filter_column.c
 *	  The filter columns of an index, as their operator classes describe them.
 *
 * Words need not tell all values apart, since the executor tests the rows.  But
 * a row that meets a condition must have a word that does.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/hash.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/qunique.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "ann/core/filter_column.h"
#include "ann/layout/words.h"

/* The greatest word that is not NULL's. */
#define LAST_WORD (KG_NULL_WORD - 1)

/* The word of zero, where words are in the order of numbers. */
#define ZERO_WORD UINT32_C(0x80000000)

/* Integers below this have words of their own. */
#define EXACT_INTEGERS (INT64_C(1) << 30)
#define EXACT_BITS 30

/* Bits of longer ones that words keep, the first one apart. */
#define MANTISSA_BITS 24

/* A timestamp's word counts so many microseconds: some 1.05 seconds. */
#define TIMESTAMP_UNIT_BITS 20

/* Bits of the words of arrays: with all of them a word is not NULL's. */
#define TAG_BITS 31

/*
 * Words of numbers.
 */

/*
 * All integers in their order, whatever their type, since operators compare
 * different ones: exactly up to 2^30, and longer ones as floating point.
 */
static KgFilterWord
word_of_int64(int64 value)
{
	KgFilterWord result = {.exact = false};
	uint64		size = value < 0 ? -(uint64) value : (uint64) value;
	uint32		above;
	int			bits;

	if (size < EXACT_INTEGERS)
	{
		result.word = ZERO_WORD + (uint32) value;
		result.exact = true;
		return result;
	}
	bits = pg_leftmost_one_pos64(size);
	above = EXACT_INTEGERS + ((uint32) (bits - EXACT_BITS) << MANTISSA_BITS);
	above += (uint32) ((size - (UINT64_C(1) << bits)) >> (bits - MANTISSA_BITS));
	result.word = value < 0 ? ZERO_WORD - above : ZERO_WORD + above;
	return result;
}

static KgFilterWord
word_of_integer(Datum value, Oid type, Oid collation)
{
	switch (type)
	{
		case INT2OID:
			return word_of_int64(DatumGetInt16(value));
		case INT8OID:
			return word_of_int64(DatumGetInt64(value));
		default:
			return word_of_int64(DatumGetInt32(value));
	}
}

static KgFilterWord
word_of_bool(Datum value, Oid type, Oid collation)
{
	return word_of_int64(DatumGetBool(value));
}

static KgFilterWord
word_of_date(Datum value, Oid type, Oid collation)
{
	return word_of_int64(DatumGetDateADT(value));
}

/* Those of 1929 to 2071 in their order, all others at the ends. */
static KgFilterWord
word_of_timestamp(Datum value, Oid type, Oid collation)
{
	int64		seconds = DatumGetTimestamp(value) >> TIMESTAMP_UNIT_BITS;
	KgFilterWord result = {.exact = false};

	seconds = Min(Max(seconds, -(int64) ZERO_WORD), (int64) ZERO_WORD - 2);
	result.word = (uint32) (seconds + ZERO_WORD);
	return result;
}

/* Bits of floats sort as integers do, negative ones the other way round. */
static KgFilterWord
word_of_float(Datum value, Oid type, Oid collation)
{
	double		number = type == FLOAT4OID ? DatumGetFloat4(value) : DatumGetFloat8(value);
	float		single = (float) number + 0.0f;
	KgFilterWord result;
	uint32		bits;

	/* to SQL all NaN are one, whatever their bits, and above all others */
	if (isnan(single))
		single = get_float4_nan();
	memcpy(&bits, &single, sizeof(bits));
	result.word = bits & ZERO_WORD ? ~bits : bits | ZERO_WORD;
	result.word = Min(result.word, LAST_WORD);
	result.exact = false;
	return result;
}

/*
 * Words of other values: hashes.
 */

static KgFilterWord
hashed(uint32 hash)
{
	KgFilterWord result = {.word = Min(hash, LAST_WORD),.exact = false};

	return result;
}

static KgFilterWord
word_of_text(Datum value, Oid type, Oid collation)
{
	return hashed(DatumGetUInt32(DirectFunctionCall1Coll(hashtext, collation, value)));
}

static KgFilterWord
word_of_bpchar(Datum value, Oid type, Oid collation)
{
	return hashed(DatumGetUInt32(DirectFunctionCall1Coll(hashbpchar, collation, value)));
}

static KgFilterWord
word_of_uuid(Datum value, Oid type, Oid collation)
{
	return hashed(DatumGetUInt32(hash_any((unsigned char *) DatumGetUUIDP(value),
										  UUID_LEN)));
}

static KgFilterWord
word_of_enum(Datum value, Oid type, Oid collation)
{
	return hashed(murmurhash32(DatumGetObjectId(value)));
}

/* The elements of an array that are not NULL, palloc'd; returns how many. */
static int
read_elements(ArrayType *array, Datum **elements)
{
	Oid			type = ARR_ELEMTYPE(array);
	bool	   *nulls;
	int			count;
	int			live = 0;
	int16		length;
	bool		byval;
	char		align;

	get_typlenbyvalalign(type, &length, &byval, &align);
	deconstruct_array(array, type, length, byval, align, elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			(*elements)[live++] = (*elements)[i];
	return live;
}

/* A bit for each element; NULL elements have none. */
static KgFilterWord
word_of_array(Datum value, Oid type, Oid collation)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Oid			element_type = ARR_ELEMTYPE(array);
	KgFilterWord result = {.word = 0,.exact = false};
	Datum	   *elements;
	int			count = read_elements(array, &elements);

	for (int i = 0; i < count; i++)
	{
		KgFilterWord element = element_type == TEXTOID ?
		word_of_text(elements[i], TEXTOID, collation) :
		word_of_integer(elements[i], element_type, collation);

		result.word |= UINT32_C(1) << murmurhash32(element.word) % TAG_BITS;
	}
	return result;
}

/* A support function that returns a constant KgFilterType. */
#define FILTER_FUNCTION(name, kind, word) \
	PGDLLEXPORT PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		static const KgFilterType type = {kind, word}; \
		PG_RETURN_POINTER(&type); \
	}

FILTER_FUNCTION(kg_filter_integer, FILTER_ORDERED, word_of_integer)
FILTER_FUNCTION(kg_filter_bool, FILTER_ORDERED, word_of_bool)
FILTER_FUNCTION(kg_filter_date, FILTER_ORDERED, word_of_date)
FILTER_FUNCTION(kg_filter_timestamp, FILTER_ORDERED, word_of_timestamp)
FILTER_FUNCTION(kg_filter_float, FILTER_ORDERED, word_of_float)
FILTER_FUNCTION(kg_filter_text, FILTER_HASHED, word_of_text)
FILTER_FUNCTION(kg_filter_bpchar, FILTER_HASHED, word_of_bpchar)
FILTER_FUNCTION(kg_filter_uuid, FILTER_HASHED, word_of_uuid)
FILTER_FUNCTION(kg_filter_enum, FILTER_HASHED, word_of_enum)
FILTER_FUNCTION(kg_filter_array, FILTER_TAGS, word_of_array)

void
kg_filter_columns_get(Relation index, KgFilterColumns *columns)
{
	int			keys = IndexRelationGetNumberOfKeyAttributes(index);

	columns->count = keys - 1;
	if (columns->count > KG_MAX_FILTERS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("a kg_hnsw index cannot have more than %d filter columns, and index \"%s\" has %d",
						KG_MAX_FILTERS, RelationGetRelationName(index), columns->count)));
	for (int i = 0; i < columns->count; i++)
	{
		KgFilterColumn *column = &columns->columns[i];
		int			attribute = i + 2;
		FmgrInfo   *proc;

		if (!OidIsValid(index_getprocid(index, attribute, KG_FILTER_PROC)))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("column %d of index \"%s\" cannot be a filter: kg_hnsw has one vector, in the first column",
							attribute, RelationGetRelationName(index)),
					 errhint("Make an index for each vector.")));
		proc = index_getprocinfo(index, attribute, KG_FILTER_PROC);
		column->type = (const KgFilterType *)
			DatumGetPointer(FunctionCall0Coll(proc, InvalidOid));
		column->input_type = index->rd_opcintype[attribute - 1];
		column->collation = index->rd_indcollation[attribute - 1];
	}
}

void
kg_filter_words(const KgFilterColumns *columns, const Datum *values, const bool *isnull,
				uint32 *words)
{
	for (int i = 0; i < columns->count; i++)
	{
		const KgFilterColumn *column = &columns->columns[i];

		words[i] = isnull[i + 1] ? KG_NULL_WORD :
			column->type->word(values[i + 1], column->input_type, column->collation).word;
	}
}

/*
 * Scan keys.
 */

static int
compare_words(const void *a, const void *b)
{
	uint32		x = *(const uint32 *) a;
	uint32		y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

/* "= ANY (array)": the words of its elements.  False if there are none. */
static bool
read_array(const KgFilterColumn *column, Oid type, Datum value, KgCondition *condition)
{
	Datum	   *elements;
	int			count = read_elements(DatumGetArrayTypeP(value), &elements);

	condition->kind = CONDITION_IN;
	condition->words = palloc(sizeof(uint32) * Max(count, 1));
	for (int i = 0; i < count; i++)
		condition->words[i] = column->type->word(elements[i], type, column->collation).word;
	qsort(condition->words, count, sizeof(uint32), compare_words);
	condition->count = (int) qunique(condition->words, count, sizeof(uint32), compare_words);
	return count > 0;
}

/* "<" and its like.  False if no word can be in the range. */
static bool
read_range(int strategy, KgFilterWord bound, KgCondition *condition)
{
	condition->kind = CONDITION_RANGE;
	condition->low = 0;
	condition->high = LAST_WORD;
	switch (strategy)
	{
		case KG_EQUAL_STRATEGY:
			condition->low = condition->high = bound.word;
			return true;
		case KG_LESS_STRATEGY:
			if (bound.exact && bound.word == 0)
				return false;
			condition->high = bound.word - bound.exact;
			return true;
		case KG_LESS_EQUAL_STRATEGY:
			condition->high = bound.word;
			return true;
		case KG_GREATER_EQUAL_STRATEGY:
			condition->low = bound.word;
			return true;
		default:
			if (bound.exact && bound.word == LAST_WORD)
				return false;
			condition->low = bound.word + bound.exact;
			return true;
	}
}

/* "&&" and "@>".  False if no array can have such elements. */
static bool
read_tags(int strategy, Datum value, uint32 bits, KgCondition *condition)
{
	condition->bits = bits;
	if (strategy == KG_OVERLAP_STRATEGY)
	{
		condition->kind = CONDITION_ANY_BIT;
		return bits != 0;
	}
	condition->kind = CONDITION_ALL_BITS;
	return !array_contains_nulls(DatumGetArrayTypeP(value));
}

/* Tests for NULL, which any column may have. */
static void
read_null_test(int flags, KgCondition *condition)
{
	condition->kind = CONDITION_RANGE;
	condition->low = flags & SK_SEARCHNULL ? KG_NULL_WORD : 0;
	condition->high = flags & SK_SEARCHNULL ? KG_NULL_WORD : LAST_WORD;
}

/*
 * A key's condition.  *any: all words meet it as far as can be told.  False if
 * none does.
 */
static bool
read_key(const KgFilterColumn *column, const ScanKeyData *key, KgCondition *condition,
		 bool *any)
{
	Oid			type = OidIsValid(key->sk_subtype) ? key->sk_subtype : column->input_type;
	KgFilterWord word;

	*any = false;
	if (key->sk_flags & (SK_SEARCHNULL | SK_SEARCHNOTNULL))
	{
		read_null_test(key->sk_flags, condition);
		return true;
	}
	if (key->sk_flags & SK_ISNULL)
		return false;
	if (key->sk_flags & SK_SEARCHARRAY)
	{
		*any = key->sk_strategy != KG_EQUAL_STRATEGY;
		return *any || read_array(column, type, key->sk_argument, condition);
	}
	word = column->type->word(key->sk_argument, type, column->collation);
	if (column->type->kind == FILTER_TAGS)
		return read_tags(key->sk_strategy, key->sk_argument, word.word, condition);
	return read_range(key->sk_strategy, word, condition);
}

bool
kg_filter_read(const KgFilterColumns *columns, const ScanKeyData *keys, int nkeys,
			   KgFilter *filter)
{
	filter->count = 0;
	filter->conditions = palloc0(sizeof(KgCondition) * Max(nkeys, 1));
	for (int i = 0; i < nkeys; i++)
	{
		KgCondition *condition = &filter->conditions[filter->count];
		int			number = keys[i].sk_attno - 2;
		bool		any;

		if (number < 0)
			continue;
		condition->filter = number;
		if (!read_key(&columns->columns[number], &keys[i], condition, &any))
			return false;
		filter->count += !any;
	}
	kg_filter_find_group(filter);
	return true;
}
