/*
 * filter_column.h
 *	  The filter columns of an index, as their operator classes describe them:
 *	  how a value becomes a word, and an operator a condition on words.  Support
 *	  function 2 of such an operator class returns a KgFilterType.
 */
#ifndef KG_FILTER_COLUMN_H
#define KG_FILTER_COLUMN_H

#include "postgres.h"
#include "access/skey.h"
#include "utils/relcache.h"

#include "ann/core/filter.h"

/* Number of the support function. */
#define KG_FILTER_PROC 2

/* Numbers of the operators; 1 and 2 are those of vectors. */
#define KG_EQUAL_STRATEGY 3
#define KG_LESS_STRATEGY 4
#define KG_LESS_EQUAL_STRATEGY 5
#define KG_GREATER_EQUAL_STRATEGY 6
#define KG_GREATER_STRATEGY 7
#define KG_OVERLAP_STRATEGY 8
#define KG_CONTAINS_STRATEGY 9
#define KG_LAST_STRATEGY 9

/*
 * What words tell of values.  ORDERED: words are in the order of the values,
 * or equal.  HASHED: those of different values differ, mostly.  TAGS: a bit
 * for each element of an array, which several elements may have.
 */
typedef enum KgFilterKind
{
	FILTER_ORDERED,
	FILTER_HASHED,
	FILTER_TAGS
} KgFilterKind;

/* A word, and whether no other value has it. */
typedef struct KgFilterWord
{
	uint32		word;
	bool		exact;
} KgFilterWord;

typedef struct KgFilterType
{
	KgFilterKind kind;

	/* the word of a value of this type, which operators compare with */
	KgFilterWord (*word) (Datum value, Oid type, Oid collation);
} KgFilterType;

typedef struct KgFilterColumn
{
	const KgFilterType *type;
	Oid			input_type;		/* the operator class's */
	Oid			collation;
} KgFilterColumn;

typedef struct KgFilterColumns
{
	int			count;
	KgFilterColumn columns[KG_MAX_FILTERS];
} KgFilterColumns;

/*
 * The filter columns of an index: all but the first.  Error if an operator
 * class does not belong there, or there are too many.
 */
extern void kg_filter_columns_get(Relation index, KgFilterColumns *columns);

/* The words of a row, from the index's columns (the first is the vector). */
extern void kg_filter_words(const KgFilterColumns *columns, const Datum *values,
							const bool *isnull, uint32 *words);

/*
 * The filter that scan keys of filter columns make, in the current memory
 * context; keys of the first column are passed over.  False if no row passes.
 */
extern bool kg_filter_read(const KgFilterColumns *columns, const ScanKeyData *keys,
						   int nkeys, KgFilter *filter);

#endif							/* KG_FILTER_COLUMN_H */
