/*
 * geometry.h
 *	  What the graph asks of vectors.  Each metric has a table of functions:
 *	  keys of nodes, codes of neighbours and what these estimate, bounds of the
 *	  operator's results.  The graph itself (search, edges, inserts, VACUUM) is
 *	  the same for all.
 *
 * A vector in memory is an array of shape.dim floats, relative to a frame; of
 * bit strings, shape.dim words of 32 bits.  Keys and the squared distances of
 * edges are in one unit: less is nearer, and by the rule of edges.c one
 * neighbour hides another.
 */
#ifndef KG_GEOMETRY_H
#define KG_GEOMETRY_H

#include "postgres.h"

#include "ann/layout/frames.h"
#include "ann/layout/slot.h"

struct KgEntry;
struct KgEntryTable;
struct KgFrameView;
struct KgNeighbor;
struct KgOwner;
struct KgQuery;

/* A vector as a node or a copy stores it. */
typedef struct KgStored
{
	int			frame;
	KgStorage	storage;
	const void *vector;
	float		error;			/* bound of what storing lost, internal unit */
	float		length;			/* of the row, internal unit */
	const KgSparse *sparse;		/* its elements, or NULL */
} KgStored;

static inline KgStored
kg_slot_stored(const KgLayout *layout, const NodeSlot *slot)
{
	KgStored	stored = {
		.frame = slot_frame(slot),.storage = layout->storage,
		.vector = slot_vector(layout, slot),.error = slot->error,
		.length = slot->length,
		.sparse = layout->sparse > 0 ? slot_sparse(layout, slot) : NULL
	};

	return stored;
}

typedef struct KgGeometry
{
	/*
	 * Queries.  locate sets what depends on the query's place, its norm at
	 * least; prepare what a view needs besides its vector; square is |q|^2 of
	 * that.
	 */
	void		(*locate) (struct KgQuery *query);
	void		(*prepare) (struct KgQuery *query, struct KgFrameView *view,
							const KgFrame *frame);
	float		(*square) (const KgLayout *layout, const float *q);

	/* The key of a stored vector. */
	float		(*key) (struct KgQuery *query, const KgStored *stored);

	/*
	 * Estimated keys of a node's neighbours, and their noise, see
	 * kg_query_noise(); key is the node's own.
	 */
	void		(*estimate) (struct KgQuery *query, const NodeSlot *slot,
							 float key, float *estimates);
	uint16		(*noise) (struct KgQuery *query, const NodeSlot *slot, float key);

	/* The same for rows of entry points, from the first on, on one page. */
	void		(*estimate_entries) (const struct KgEntryTable *table,
									 struct KgQuery *query, int first, int rows,
									 float *keys);
	uint16		(*entries_noise) (struct KgQuery *query, int frame);

	/*
	 * The operator's result for a key, rounding apart; a lower bound of its
	 * result for a row, from what is stored and its key; and what rows are
	 * compared by, where that is not the key.
	 */
	double		(*value) (const struct KgQuery *query, double key);
	double		(*lower) (struct KgQuery *query, const KgStored *stored,
						  float key);
	float		(*rank) (struct KgQuery *query, const KgStored *stored,
						 float key);

	/*
	 * The most that the operator returns for the query, errors apart, of a
	 * row within a radius of another centre.
	 */
	double		(*reach) (const struct KgQuery *query,
						  const struct KgQuery *centre, double radius);

	/* The squared distance of two vectors of one frame. */
	float		(*apart) (const KgLayout *layout, const float *a, const float *b);

	/* Sets what put_code wants of an owner besides its vector. */
	void		(*own) (const KgLayout *layout, struct KgOwner *owner);

	/*
	 * Writes a neighbour's code and its factors, but for r2, which it
	 * returns.  May change neighbor->vector: see kg_edges_put().
	 */
	float		(*put_code) (const KgLayout *layout, NodeSlot *slot, int i,
							 const struct KgOwner *owner,
							 const struct KgNeighbor *neighbor);

	/* Writes the code and the factors of an entry point at y. */
	void		(*put_entry) (const KgLayout *layout, const KgFrame *frame,
							  const double *y, struct KgEntry *entry);
} KgGeometry;

/* Those of an index. */
extern const KgGeometry *kg_geometry(const KgLayout *layout);

/*
 * Of float vectors with the Euclidean distance, the cosine, inner products;
 * with the taxicab distance (L1).
 */
extern const KgGeometry kg_dense_geometry;
extern const KgGeometry kg_taxicab_geometry;

/* Of sparse vectors with the distances of dense ones. */
extern const KgGeometry kg_sparse_geometry;
extern const KgGeometry kg_sparse_taxicab_geometry;

/* Of bit strings. */
extern const KgGeometry kg_bits_geometry;

#endif							/* KG_GEOMETRY_H */
