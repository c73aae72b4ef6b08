/*
 * search.c
 *	  Exact nearest neighbours of many queries, in one pass over the rows.
 *
 * Rows come from a query of SQL, so privileges, policies, partitions and
 * inheritance are as in any query.  They are collected in blocks.  A block's
 * products with the queries, a matrix product, tell by bound.c which pairs may
 * be near.  For these the operator's function is called, and its distance
 * decides: so results are those of a sequential scan, to the last bit.
 *
 * Half of work_mem is for the queries and their nearest rows, a quarter for a
 * block of rows, a quarter for products.  Queries that do not fit wait for
 * another pass over the rows.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "exact/search.h"
#include "exact/vectors.h"
#include "types/type_oid.h"

/* Columns of the query that returns rows. */
enum
{
	COLUMN_TABLE,
	COLUMN_TID,
	COLUMN_VECTOR,
	COLUMN_KEY
};

/* Limits of blocks; more vectors make products no faster. */
#define MAX_BLOCK_ROWS 1024
#define MAX_BLOCK_QUERIES 512
#define MIN_BLOCK 8				/* even if work_mem is for less */
#define MAX_QUERIES 65536

/* Of a sparse vector, for the size of blocks. */
#define ASSUMED_ELEMENTS 64

/* Bounds are tested for so many pairs at once. */
#define LANES 16

/* A key's text in memory; longer ones are not counted. */
#define KEY_BYTES 64

/* Where a row of a block is, and its key, or NULL. */
typedef struct RowAddress
{
	Oid			table;
	ItemPointerData tid;
	bool		key_null;
	Datum		key;
} RowAddress;

struct KgExact
{
	DestReceiver receiver;
	KgExactRequest request;
	const KgDenseType *type;
	KgExactOperator operator;
	FmgrInfo	distance;		/* the operator's function */
	MemoryContext context;
	MemoryContext block_context;	/* keys of the block's rows */
	int			dims;			/* 0: no query yet */

	KgVectors	queries;
	KgNearestRows *nearest;		/* by query */
	float	   *bound_add;		/* by query, LANES more than there are */
	float	   *bound_scale;

	KgVectors	rows;			/* the block */
	RowAddress *addresses;
	int			block_queries;	/* of one matrix product */
	float	   *products;		/* by row and query, LANES more */

	/* the key's column */
	FmgrInfo	key_output;
	bool		key_by_value;
	int16		key_length;
};

static const char *const metric_names[] = {
	"l2", "ip", "cosine", "l1", "hamming", "jaccard"
};
static const char *const metric_operators[] = {
	"<->", "<#>", "<=>", "<+>", "<~>", "<%>"
};

KgExactMetric
kg_exact_metric(const char *name)
{
	for (KgExactMetric metric = KG_EXACT_L2; metric < KG_EXACT_METRICS; metric++)
	{
		if (strcmp(name, metric_names[metric]) == 0)
			return metric;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized metric \"%s\"", name),
			 errhint("Valid metrics are \"l2\", \"ip\", \"cosine\", \"l1\", and for bit strings \"hamming\" and \"jaccard\".")));
}

static const KgDenseType *
type_of(Oid type)
{
	if (type == BITOID)
		return &kg_vectors_bit_type;
	return kg_stored_type(type) == kg_type("sparsevec") ? &kg_vectors_sparse_type :
		kg_dense_type(type);
}

/* Do inner products tell which pairs are near? */
static bool
has_products(const KgExact *exact)
{
	return kg_exact_has_products(exact->request.metric) &&
		exact->type != &kg_vectors_sparse_type;
}

/* Elements that the work for a pair is in proportion to. */
static int
work_dims(const KgExact *exact)
{
	return exact->type == &kg_vectors_sparse_type ? ASSUMED_ELEMENTS : exact->dims;
}

KgExact *
kg_exact_new(const KgExactRequest *request)
{
	KgExact    *exact = palloc0(sizeof(KgExact));
	Oid			operator;

	if (kg_exact_of_bits(request->metric) != (request->type == BITOID))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" is not for vectors of type %s",
						metric_names[request->metric],
						format_type_be(request->type))));
	operator = kg_type_operator(request->type,
								metric_operators[request->metric]);
	exact->request = *request;
	exact->type = type_of(request->type);
	exact->operator.metric = request->metric;
	exact->operator.foreign = kg_stored_type(request->type) != request->type;
	exact->context = CurrentMemoryContext;
	exact->block_context = AllocSetContextCreate(CurrentMemoryContext,
												 "kg exact search, block of rows",
												 ALLOCSET_DEFAULT_SIZES);
	fmgr_info(get_opcode(operator), &exact->distance);
	if (has_products(exact))
		kg_blas_load();
	return exact;
}

/* How many queries at once; an error if work_mem is not enough for one. */
static int
query_capacity(const KgExact *exact)
{
	Size		budget = work_mem * (Size) 1024 / 2;
	Size		bytes = kg_vectors_bytes(exact->type, exact->dims) +
	sizeof(KgNearestRows) + 2 * sizeof(float);
	Size		row_bytes = sizeof(KgExactRow) +
	(exact->request.keys ? KEY_BYTES : 0);

	/* A small k is for all, whatever the dimension and work_mem. */
	if (exact->request.k * row_bytes > Max(budget, 16384))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("k = %d needs %zu kB of work_mem, which is %d kB",
						exact->request.k,
						exact->request.k * row_bytes * 2 / 1024 + 1, work_mem)));
	bytes += exact->request.k * row_bytes;
	return Max(Min(budget / bytes, MAX_QUERIES), 1);
}

/* Sizes of the block of rows and of the products. */
static void
plan_block(KgExact *exact, int *block_rows, int *block_queries)
{
	Size		budget = work_mem * (Size) 1024 / 4;
	Size		row_bytes = kg_vectors_bytes(exact->type, exact->dims) +
	sizeof(RowAddress);
	double		pairs = (double) KG_BLAS_MAX_WORK / work_dims(exact);
	double		rows = Min(budget / row_bytes, MAX_BLOCK_ROWS);
	double		queries;

	rows = Max(Min(rows, sqrt(pairs * 2)), MIN_BLOCK);
	queries = Min(pairs / rows, budget / sizeof(float) / rows);
	*block_rows = rows;
	*block_queries = Max(Min(queries, MAX_BLOCK_QUERIES), MIN_BLOCK);
}

/* Allocates what depends on the dimension. */
static void
allocate(KgExact *exact, int dims)
{
	MemoryContext old = MemoryContextSwitchTo(exact->context);
	Size		budget = work_mem * (Size) 1024;
	int			capacity;
	int			block_rows;
	Size		pairs;

	if (exact->request.dims >= 0)
		kg_check_same_dim(exact->type->type, exact->request.dims, dims);
	exact->dims = dims;
	capacity = query_capacity(exact);
	kg_vectors_init(&exact->queries, exact->type, dims, capacity, budget / 2);
	exact->nearest = palloc(sizeof(KgNearestRows) * capacity);
	for (int i = 0; i < capacity; i++)
		exact->nearest[i].rows = NULL;
	exact->bound_add = palloc0(sizeof(float) * (capacity + LANES));
	exact->bound_scale = palloc0(sizeof(float) * (capacity + LANES));

	plan_block(exact, &block_rows, &exact->block_queries);
	kg_vectors_init(&exact->rows, exact->type, dims, block_rows, budget / 4);
	exact->addresses = palloc(sizeof(RowAddress) * block_rows);
	pairs = (Size) block_rows * exact->block_queries + LANES;
	exact->products = palloc0(sizeof(float) * pairs);
	MemoryContextSwitchTo(old);
}

bool
kg_exact_add(KgExact *exact, Datum query)
{
	KgNearestRows *nearest;

	if (exact->dims == 0)
		allocate(exact, kg_vectors_dims(exact->type, query));
	if (kg_vectors_full(&exact->queries))
		return false;
	nearest = &exact->nearest[exact->queries.count];
	kg_vectors_add(&exact->queries, query);
	if (nearest->rows == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(exact->context);

		kg_nearest_rows_init(nearest, exact->request.k);
		MemoryContextSwitchTo(old);
	}
	return true;
}

int
kg_exact_result(KgExact *exact, int query, KgExactRow **rows)
{
	*rows = exact->nearest[query].rows;
	return exact->nearest[query].count;
}

void
kg_exact_reset(KgExact *exact)
{
	for (int i = 0; i < exact->queries.count; i++)
		kg_nearest_rows_reset(&exact->nearest[i]);
	kg_vectors_clear(&exact->queries);
}

static void
set_query_bound(KgExact *exact, int query)
{
	KgExactBound bound = kg_exact_bound_query(exact->operator,
											  exact->dims,
											  exact->queries.norms[query],
											  kg_nearest_rows_limit(&exact->nearest[query]));

	exact->bound_add[query] = bound.add;
	exact->bound_scale[query] = bound.scale;
}

/* The text of a row's key, for as long as the results live. */
static char *
key_text(KgExact *exact, const RowAddress *address)
{
	MemoryContext old;
	char	   *text;

	if (!exact->request.keys || address->key_null)
		return NULL;
	old = MemoryContextSwitchTo(exact->context);
	text = OutputFunctionCall(&exact->key_output, address->key);

	MemoryContextSwitchTo(old);
	return text;
}

/* A pair that may be near: the operator decides. */
static void
measure(KgExact *exact, int row, int query)
{
	const RowAddress *address = &exact->addresses[row];
	KgNearestRows *nearest = &exact->nearest[query];
	KgExactRow	found = {.table = address->table,.tid = address->tid};

	found.distance =
		DatumGetFloat8(FunctionCall2(&exact->distance,
									 kg_vectors_value(&exact->rows, row),
									 kg_vectors_value(&exact->queries, query)));
	if (!kg_nearest_rows_wants(nearest, &found))
		return;
	found.key = key_text(exact, address);
	kg_nearest_rows_add(nearest, found);
	set_query_bound(exact, query);
}

/* Does any of LANES pairs pass its bound?  NaN does. */
static inline bool
any_passes(const float *products, const float *add, const float *scale,
		   KgExactBound row)
{
	int			passes = 0;

	for (int i = 0; i < LANES; i++)
		passes |= !(products[i] < row.add + add[i] + row.scale * scale[i]);
	return passes != 0;
}

/* The products of a row with n queries, from the first on. */
static void
filter_row(KgExact *exact, int row, int first, int n, const float *products)
{
	const float *add = exact->bound_add + first;
	const float *scale = exact->bound_scale + first;
	KgExactBound bound = kg_exact_bound_row(exact->request.metric,
											exact->rows.norms[row]);

	for (int i = 0; i < n; i += LANES)
	{
		if (!any_passes(products + i, add + i, scale + i, bound))
			continue;
		for (int j = i; j < Min(i + LANES, n); j++)
		{
			if (!(products[j] < bound.add + add[j] + bound.scale * scale[j]))
				measure(exact, row, first + j);
		}
	}
}

/* Compares the block's rows with all queries, and empties it. */
static void
search_block(KgExact *exact)
{
	int			rows = exact->rows.count;

	for (int first = 0; first < exact->queries.count;
		 first += exact->block_queries)
	{
		int			n = Min(exact->block_queries, exact->queries.count - first);

		/* all pairs pass the bounds of other metrics, whatever the products */
		if (has_products(exact))
			kg_blas_products(kg_vectors_matrix(&exact->rows, 0, rows),
							 kg_vectors_matrix(&exact->queries, first, n),
							 exact->dims, exact->products);
		for (int row = 0; row < rows; row++)
		{
			/* a distance of 16,000 dimensions takes microseconds */
			CHECK_FOR_INTERRUPTS();
			filter_row(exact, row, first, n, exact->products + (Size) row * n);
		}
	}
	kg_vectors_clear(&exact->rows);
	MemoryContextReset(exact->block_context);
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
	KgExact    *exact = (KgExact *) self;

	if (exact->request.keys)
	{
		Form_pg_attribute key = TupleDescAttr(desc, COLUMN_KEY);
		Oid			output;
		bool		varlena;

		getTypeOutputInfo(key->atttypid, &output, &varlena);
		fmgr_info_cxt(output, &exact->key_output, exact->context);
		exact->key_by_value = key->attbyval;
		exact->key_length = key->attlen;
	}
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	KgExact    *exact = (KgExact *) self;
	RowAddress *address;

	slot_getallattrs(slot);
	if (slot->tts_isnull[COLUMN_VECTOR])
		return true;
	address = &exact->addresses[exact->rows.count];
	address->table = DatumGetObjectId(slot->tts_values[COLUMN_TABLE]);
	address->tid = *(ItemPointer) DatumGetPointer(slot->tts_values[COLUMN_TID]);
	if (exact->request.keys)
	{
		MemoryContext old = MemoryContextSwitchTo(exact->block_context);

		address->key_null = slot->tts_isnull[COLUMN_KEY];
		if (!address->key_null)
			address->key = datumCopy(slot->tts_values[COLUMN_KEY],
									 exact->key_by_value, exact->key_length);
		MemoryContextSwitchTo(old);
	}
	kg_vectors_add(&exact->rows, slot->tts_values[COLUMN_VECTOR]);
	if (kg_vectors_full(&exact->rows))
		search_block(exact);
	return true;
}

static void
receiver_nothing(DestReceiver *self)
{
}

void
kg_exact_run(KgExact *exact)
{
	SPIExecuteOptions options = {.read_only = true,.dest = &exact->receiver};

	if (exact->queries.count == 0)
		return;
	exact->receiver.receiveSlot = receive_row;
	exact->receiver.rStartup = receiver_startup;
	exact->receiver.rShutdown = receiver_nothing;
	exact->receiver.rDestroy = receiver_nothing;
	exact->receiver.mydest = DestTuplestore;	/* any but DestNone, DestSPI */
	for (int i = 0; i < exact->queries.count; i++)
		set_query_bound(exact, i);
	kg_vectors_clear(&exact->rows);

	SPI_connect();
	if (SPI_execute_extended(exact->request.sql, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not read the rows of an exact search");
	SPI_finish();
	search_block(exact);
	for (int i = 0; i < exact->queries.count; i++)
		kg_nearest_rows_sort(&exact->nearest[i]);
}
