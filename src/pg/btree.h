/*
 * btree.h
 *	  Tuples on the pages of b-trees, read without a descriptor's detours.
 *
 * It relies on the layout of index tuples (access/itup.h) and on what
 * access/nbtree.h says of pages: the asserts name it.
 */
#ifndef KG_PG_BTREE_H
#define KG_PG_BTREE_H

#include "postgres.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "access/tupdesc.h"
#include "access/tupmacs.h"

#include "pg/compat.h"

StaticAssertDecl(sizeof(IndexTupleData) == 8, "the data of index tuples start after 8 bytes");
StaticAssertDecl(BTREE_VERSION == 4 && BTREE_NOVAC_VERSION == 3, "pages of b-trees have version 3 or 4");
StaticAssertDecl(P_HIKEY == 1 && P_FIRSTKEY == 2, "the high key is a page's first tuple");
StaticAssertDecl(sizeof(BTPageOpaqueData) == 16, "the special space of b-trees has 16 bytes");

/*
 * What a page says may be damaged: these are the errors of class index corrupted
 * for a tuple that is not on its page, and for a value that is not in its tuple.
 */
pg_noreturn extern void kg_bad_line_pointer(OffsetNumber offset) pg_attribute_cold;
pg_noreturn extern void kg_bad_index_tuple(void) pg_attribute_cold;

static inline IndexTuple
kg_page_tuple(Page page, OffsetNumber offset)
{
	unsigned	start = ItemIdGetOffset(PageGetItemId(page, offset));

	if (unlikely(start > BLCKSZ - sizeof(BTPageOpaqueData) - sizeof(IndexTupleData)))
		kg_bad_line_pointer(offset);
	return (IndexTuple) ((char *) page + start);
}

/* Checks that a value of variable length ends within its tuple. */
static inline void
kg_check_varlena(IndexTuple itup, const char *value)
{
	const char *end = (const char *) itup + IndexTupleSize(itup);

	if (unlikely(value >= end || VARATT_IS_1B_E(value) ||
				 VARSIZE_ANY(value) > (Size) (end - value)))
		kg_bad_index_tuple();
}

/* An aligned integer of 8, 4 or 2 bytes. */
static inline int64
kg_integer_at(const char *address, int width)
{
	if (likely(width == sizeof(int64)))
		return *(const int64 *) address;
	return width == sizeof(int32) ? *(const int32 *) address : *(const int16 *) address;
}

static inline const char *
kg_index_data(IndexTuple itup)
{
	return (const char *) itup + IndexInfoFindDataOffset(itup->t_info);
}

static inline bool
kg_index_is_null(IndexTuple itup, AttrNumber attno)
{
	return IndexTupleHasNulls(itup) &&
		att_isnull(attno - 1, (const uint8 *) itup + sizeof(IndexTupleData));
}

/*
 * A column that is not null, as index_getattr, which goes twice through the
 * columns before it if some of them are of no fixed length.
 */
static inline Datum
kg_index_value(IndexTuple itup, TupleDesc desc, AttrNumber attno)
{
	const char *data = kg_index_data(itup);
	Form_pg_attribute att;
	bool		isnull;
	uintptr_t	offset = 0;

	if (IndexTupleHasNulls(itup))
	{
		Datum		value = index_getattr(itup, attno, desc, &isnull);

		if (TupleDescAttr(desc, attno - 1)->attlen == -1)
			kg_check_varlena(itup, DatumGetPointer(value));
		return value;
	}
	for (int i = 0;; i++)
	{
		att = TupleDescAttr(desc, i);
		offset = att_align_pointer(offset, att->attalign, att->attlen, data + offset);
		if (att->attlen == -1)
			kg_check_varlena(itup, data + offset);
		if (i + 1 == attno)
			return fetchatt(att, data + offset);
		offset = att_addlength_pointer(offset, att->attlen, data + offset);
	}
}

#endif							/* KG_PG_BTREE_H */
