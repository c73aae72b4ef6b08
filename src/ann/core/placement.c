/*
 * placement.c
 *	  How a row is stored: with an equal one, or as a vector in a frame.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/around.h"
#include "ann/core/placement.h"
#include "ann/layout/copies.h"
#include "ann/layout/duplicates.h"
#include "ann/layout/words.h"
#include "simd/simd.h"

/*
 * The loss of storing a vector, times this, should be less than the distance
 * within which there are some nodes: else searches cannot tell them apart.
 */
#define LOSS_FACTOR 32

/*
 * A search pays for each frame that it meets.  So as long as an index has few, a few nodes
 * around are reason enough for one.  Where it has more, only a crowd is that searches cannot
 * tell apart: a few nodes that are near to each other, and far from all others, need not be.
 */
#define FEW_FRAMES 64
#define NODES_A_FRAME 65536
#define CROWD 24
#define CROWD_LOSS_FACTOR 8

/* A frame is better if its centre is nearer by this factor, squared. */
#define NEARER_FRAME 0.64

/*
 * Vectors that are no farther apart than this, relative to their length, are
 * equal for float4.
 */
#define FLOAT4_RESOLUTION (1.0 / 4194304.0)

/*
 * A node is remote if its squared distance to the nearest is above this many
 * times the median one of the nearest's neighbours; there must be some.
 */
#define REMOTE_FACTOR 4
#define MIN_DEGREE_TO_JUDGE 8

/* Under inner product it is not if its length is below this part. */
#define SHORT_PART 0.7

/*
 * How far a candidate may be, at most: l2sq of a coarse one is how near it may be.  Else
 * one row after another would look as if coarse nodes were around it, and get a frame.
 */
static float
most_apart(const KgNeighbor *candidate)
{
	float		distance = sqrtf(candidate->l2sq);

	return distance > candidate->error * (KG_COARSE_PART - 1) ? distance :
		distance + 2 * candidate->error;
}

/* What is around a row: nodes, and rows that are to stand on one page with it. */
typedef struct Surroundings
{
	KgAround	nearest;
	float		close;
	int			crowd;			/* so many are within that */
	int			count;
} Surroundings;

static inline void
note_apart(Surroundings *around, float apart)
{
	kg_around_note(&around->nearest, apart);
	around->crowd += apart < around->close;
	around->count++;
}

/*
 * Those with an equal vector, which have other words, do not count: however exactly they
 * were stored, no search would tell them apart.
 */
static Surroundings
look_around(KgInserter *inserter, float close)
{
	float		resolution = (float) (inserter->query.norm * FLOAT4_RESOLUTION);
	uint32		hash = inserter->query.hash;
	Surroundings around = {.close = close};

	for (int i = 0; i < inserter->count; i++)
	{
		float		apart = most_apart(&inserter->expanded[i]);

		if (apart > resolution && inserter->hashes[i] != hash)
			note_apart(&around, apart);
	}
	for (int i = 0; i < inserter->member_count; i++)
	{
		const KgMember *member = &inserter->members[i];
		const KgFrameView *view = kg_query_view_vector(&inserter->query,
													   inserter->members[0].frame);
		float		l2sq = kg_simd->l2sq_f32(view->q, member->vector,
											 inserter->index->layout.shape.dim);
		float		apart = sqrtf(l2sq) * view->unit;

		if (apart > resolution && member->hash != hash)
			note_apart(&around, apart);
	}
	return around;
}

/* The squared distance of the row to a frame's centre. */
static double
distance_to_centre(KgInserter *inserter, int frame)
{
	const KgFrameView *view = kg_query_view_vector(&inserter->query, frame);

	return (double) view->norm2 * view->unit * view->unit;
}

/* A frame, and the squared distance of the row to its centre. */
typedef struct Centre
{
	int			frame;
	double		l2sq;
} Centre;

/* Takes a frame if it is better than the best so far. */
static void
note_frame(KgInserter *inserter, int frame, Centre *best)
{
	double		l2sq;

	if (frame == best->frame)
		return;
	l2sq = distance_to_centre(inserter, frame);
	if (l2sq < best->l2sq * NEARER_FRAME)
	{
		best->frame = frame;
		best->l2sq = l2sq;
	}
}

/*
 * The frame with the nearest centre: the candidates', that of a row which is to stand on
 * the same page, or the default one.
 */
static int
nearest_frame(KgInserter *inserter)
{
	int			first = inserter->index->default_frame_number;
	Centre		best = {.frame = first,.l2sq = distance_to_centre(inserter, first)};
	int			last = first;

	for (int i = 0; i < inserter->count; i++)
	{
		if (inserter->expanded[i].frame != last)
			note_frame(inserter, inserter->expanded[i].frame, &best);
		last = inserter->expanded[i].frame;
	}
	for (int i = 0; i < inserter->member_count; i++)
		note_frame(inserter, inserter->members[i].frame, &best);
	return best.frame;
}

/*
 * A bound of the error of storing the row, whose vector was off by as much before,
 * if it comes from the list of pending rows.
 */
static float
error_bound(const KgInserter *inserter, double error)
{
	return kg_round_up(error + inserter->lost);
}

/* Stores the vector in a frame.  Returns the loss: the finer copy's if any. */
static double
store_in_frame(KgInserter *inserter, int frame)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgFrameView *view = kg_query_view_vector(&inserter->query, frame);
	float		error;

	inserter->frame = frame;
	error = kg_scalar_encode(layout->storage, view->q, layout->shape.dim,
							 inserter->stored, inserter->decoded);
	inserter->error = error_bound(inserter, (double) error * view->unit +
								  kg_view_vanishing(view));
	if (inserter->copy)
	{
		error = kg_scalar_encode(KG_COPY_STORAGE, view->q, layout->shape.dim,
								 inserter->copy->vector, inserter->scratch);
		inserter->copy->error = error_bound(inserter, (double) error * view->unit +
											kg_view_vanishing(view));
	}
	return (double) error * view->unit;
}

/* Warns once a statement that rows are stored too coarsely. */
static void
report_no_frame(KgInserter *inserter)
{
	if (inserter->reported_no_frame || inserter->query.extreme)
		return;
	inserter->reported_no_frame = true;
	ereport(WARNING,
			(errmsg("index \"%s\" cannot store vectors that are so near to each other precisely",
					kg_store_name(inserter->store)),
			 errdetail("It has all of the %d frames that it can have.",
					   kg_frames_max(&inserter->index->layout)),
			 errhint("Searches find fewer of the nearest rows there. kg.index_info() counts such rows as coarse_nodes.")));
}

/* Makes a frame around the row, unless the index has all that it can have. */
static void
store_in_new_frame(KgInserter *inserter, double unit)
{
	KgFrame    *frame = inserter->work.frame;
	int			number;

	frame->unit = kg_space_unit(unit);
	for (int i = 0; i < inserter->index->layout.shape.dim; i++)
		frame->centre[i] = (float) inserter->query.y[i];
	number = kg_frame_add(inserter->store, frame, false);
	if (number < 0)
	{
		report_no_frame(inserter);
		return;
	}
	(void) store_in_frame(inserter, number);
}

/* Has the index few frames for the nodes that it has? */
static bool
has_few_frames(const KgInserter *inserter)
{
	KgMetaPage	meta;

	kg_index_read_meta(inserter->store, &meta);
	return meta.frame_count < FEW_FRAMES ||
		(uint64) (meta.frame_count - FEW_FRAMES) * NODES_A_FRAME <
		(uint64) kg_store_pages(inserter->store) * inserter->index->layout.per_page;
}

/* Is there a crowd?  Where searches of inserts are narrow, they see a part of it. */
static bool
is_crowd(const Surroundings *around)
{
	return around->crowd >= KG_NODES_AROUND &&
		around->crowd >= Min(CROWD, around->count * 3 / 4);
}

void
kg_placement_store(KgInserter *inserter)
{
	double		lost = store_in_frame(inserter, nearest_frame(inserter));
	Surroundings around = look_around(inserter, (float) (lost * CROWD_LOSS_FACTOR));
	double		apart = kg_around_most(&around.nearest);

	if (lost * LOSS_FACTOR > apart && (is_crowd(&around) || has_few_frames(inserter)))
		store_in_new_frame(inserter, apart > 0 ? apart : lost);
	if (inserter->query.extreme)
	{
		inserter->error = INFINITY;
		if (inserter->copy)
			inserter->copy->error = INFINITY;
	}
}

/*
 * Is the row equal to what an expanded node stores?  Either both have the same
 * value, or float4 can hardly tell them apart.  *error becomes the bound of
 * the row's distance to what is stored.
 */
static bool
is_equal(KgInserter *inserter, int i, float *error)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgNeighbor *expanded = &inserter->expanded[i];
	double		resolution = inserter->query.norm * FLOAT4_RESOLUTION;
	const KgFrameView *view;
	double		square = 0;
	double		distance;

	if (!kg_words_equal(expanded->words, inserter->words, layout->filters))
		return false;
	if (inserter->hashes[i] == inserter->query.hash)
	{
		(void) store_in_frame(inserter, expanded->frame);
		*error = inserter->error;
		if (memcmp(expanded->vector, inserter->decoded,
				   sizeof(float) * layout->shape.dim) == 0)
			return true;
	}
	/* projections may be equal by chance */
	if (layout->sparse > 0 || expanded->l2sq > resolution * resolution)
		return false;

	/* l2sq is the best case; squares of tiny distances vanish in float4. */
	view = kg_query_view_vector(&inserter->query, expanded->frame);
	for (int j = 0; j < layout->shape.dim; j++)
		square += ((double) view->q[j] - expanded->vector[j]) *
			((double) view->q[j] - expanded->vector[j]);
	distance = sqrt(square) * view->unit;
	distance += kg_view_vanishing(view);
	*error = error_bound(inserter, distance + resolution * FLOAT4_RESOLUTION);
	return distance <= resolution;
}

/* Adds the row to an expanded node that stores the same; false if none. */
bool
kg_placement_add_to_equal(KgInserter *inserter, KgTid tid)
{
	KgDuplicate row = {
		.tid = tid,
		.length = (float) inserter->query.norm,
		.pending = inserter->pending
	};

	for (int i = 0; i < inserter->count; i++)
	{
		if (!is_equal(inserter, i, &row.error))
			continue;
		if (inserter->query.extreme)
			row.error = INFINITY;
		row.node = inserter->expanded[i].node;
		row.generation = inserter->expanded[i].generation;
		row.hash = inserter->hashes[i];
		if (kg_duplicates_add(inserter->store, &row))
			return true;
	}
	return false;
}

/*
 * Is the new node far from this slot's node, compared to the slot's
 * neighbours?  Then it is the first node of a new region.
 */
static bool
is_remote(KgInserter *inserter, const NodeSlot *slot, float l2sq)
{
	const KgLayout *layout = &inserter->index->layout;
	int			farther = 0;

	if (slot->degree < MIN_DEGREE_TO_JUDGE)
		return false;
	if (layout->metric == KG_METRIC_IP &&
		inserter->query.norm < slot->length * SHORT_PART)
		return false;
	for (int i = 0; i < slot->degree; i++)
		if (kg_bf16_to_f32(slot_factor_r2(layout, slot)[i] & ~SLOT_PINNED) *
			REMOTE_FACTOR > l2sq)
			farther++;
	return farther < slot->degree / 2;
}

void
kg_placement_judge(KgInserter *inserter)
{
	const KgNeighbor *nearest = &inserter->expanded[0];
	const NodeSlot *slot;
	float		unit;

	inserter->remote = false;
	if (inserter->count == 0)
		return;
	for (int i = 1; i < inserter->count; i++)
		if (inserter->expanded[i].l2sq < nearest->l2sq)
			nearest = &inserter->expanded[i];
	unit = kg_query_view(&inserter->query, nearest->frame)->unit;
	slot = node_list_slot(&inserter->index->layout,
						  kg_store_read_node(inserter->store, nearest->node),
						  nearest->node);
	inserter->remote = is_remote(inserter, slot,
								 nearest->l2sq / (unit * unit));
	kg_store_done(inserter->store);
}
