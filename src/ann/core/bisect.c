/*
 * bisect.c
 *	  Points put in an order in which neighbours are near each other.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "ann/core/bisect.h"
#include "simd/simd.h"

/* Points that say where the two clusters of a piece are, and how often. */
#define SAMPLE 128
#define ROUNDS 4

/* A point and where it is along the line between two centres. */
typedef struct Projection
{
	float		at;
	uint32		point;
} Projection;

/* Points order[from, to), and which cut of a tree cuts them. */
typedef struct Piece
{
	uint32		from;
	uint32		to;
	int			cut;
	int			depth;
} Piece;

/* Each half that is deferred is as deep as the one taken first, or deeper. */
#define MAX_PIECES 64

typedef struct Bisection
{
	const KgPoints *points;
	uint32	   *order;
	Projection *projections;
	float	   *centres[2];
	float	   *last;			/* centre of the piece before */
	bool		has_last;
	Piece		pieces[MAX_PIECES]; /* to do, the next one last */
	int			count;
} Bisection;

static inline int
compare_projections(const Projection *a, const Projection *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->point < b->point ? -1 : a->point > b->point;
}

#define ST_SORT sort_projections
#define ST_ELEMENT_TYPE Projection
#define ST_COMPARE(a, b) compare_projections(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static inline const float *
point(const Bisection *bisection, uint32 i)
{
	const KgPoints *points = bisection->points;

	return points->x + (Size) bisection->order[i] * points->dims;
}

static void
begin(Bisection *bisection, const KgPoints *points, uint32 *order)
{
	Size		vector = sizeof(float) * points->dims;

	bisection->points = points;
	bisection->order = order;
	bisection->projections = palloc_extended(sizeof(Projection) * Max(points->count, 1),
											 MCXT_ALLOC_HUGE);
	bisection->centres[0] = palloc(vector);
	bisection->centres[1] = palloc(vector);
	bisection->last = palloc(vector);
	bisection->has_last = false;
	bisection->pieces[0] = (Piece)
	{
		.to = points->count
	};
	bisection->count = 1;
	for (uint32 i = 0; i < points->count; i++)
		order[i] = i;
}

static void
end(Bisection *bisection)
{
	pfree(bisection->projections);
	pfree(bisection->centres[0]);
	pfree(bisection->centres[1]);
	pfree(bisection->last);
}

/* The mean of the points of one side; false if there are none. */
static bool
mean_of(const Bisection *bisection, const Piece *piece, uint32 step,
		const bool *sides, bool side, float *mean)
{
	int			dims = bisection->points->dims;
	int			members = 0;

	for (uint32 i = piece->from, n = 0; i < piece->to; i += step, n++)
	{
		const float *x = point(bisection, i);

		if (sides && sides[n] != side)
			continue;
		if (members++ == 0)
			memset(mean, 0, sizeof(float) * dims);
		for (int j = 0; j < dims; j++)
			mean[j] += x[j];
	}
	for (int j = 0; j < dims && members > 0; j++)
		mean[j] /= members;
	return members > 0;
}

/*
 * The centres of two clusters among a sample of the piece, the nearer one to
 * the piece before first.  The first two are a point and the farthest from it.
 */
static void
find_centres(Bisection *bisection, const Piece *piece)
{
	int			dims = bisection->points->dims;
	uint32		step = (piece->to - piece->from + SAMPLE - 1) / SAMPLE;
	float	  **centres = bisection->centres;
	float		farthest = -1;
	bool		sides[SAMPLE];

	memcpy(centres[0], point(bisection, piece->from + (piece->to - piece->from) / 2),
		   sizeof(float) * dims);
	for (uint32 i = piece->from; i < piece->to; i += step)
	{
		float		apart = kg_simd->l2sq_f32(centres[0], point(bisection, i), dims);

		if (apart <= farthest)
			continue;
		farthest = apart;
		memcpy(centres[1], point(bisection, i), sizeof(float) * dims);
	}
	for (int round = 0; round < ROUNDS; round++)
	{
		for (uint32 i = piece->from, n = 0; i < piece->to; i += step, n++)
			sides[n] = kg_simd->l2sq_f32(centres[1], point(bisection, i), dims) <
				kg_simd->l2sq_f32(centres[0], point(bisection, i), dims);
		for (int side = 0; side < 2; side++)
			(void) mean_of(bisection, piece, step, sides, side, centres[side]);
	}
	if (bisection->has_last &&
		kg_simd->l2sq_f32(bisection->last, centres[1], dims) <
		kg_simd->l2sq_f32(bisection->last, centres[0], dims))
	{
		float	   *first = centres[1];

		centres[1] = centres[0];
		centres[0] = first;
	}
}

/*
 * Sorts a piece along the line between its centres; direction becomes that of
 * the line.  Returns where its second half begins.
 */
static uint32
cut_piece(Bisection *bisection, const Piece *piece, float *direction)
{
	const KgPoints *points = bisection->points;
	Projection *projections = bisection->projections;
	uint32		count = piece->to - piece->from;

	CHECK_FOR_INTERRUPTS();
	find_centres(bisection, piece);
	for (int j = 0; j < points->dims; j++)
		direction[j] = bisection->centres[1][j] - bisection->centres[0][j];
	for (uint32 i = 0; i < count; i++)
	{
		projections[i].point = bisection->order[piece->from + i];
		projections[i].at = kg_simd->ip_f32(direction, point(bisection, piece->from + i),
											points->dims);
	}
	sort_projections(projections, count);
	for (uint32 i = 0; i < count; i++)
		bisection->order[piece->from + i] = projections[i].point;
	return piece->from + count / 2;
}

/* Goes on with the halves of a piece, the first of them first. */
static void
defer_halves(Bisection *bisection, const Piece *piece, uint32 middle)
{
	Piece		first = {piece->from, middle, piece->cut * 2 + 1, piece->depth + 1};
	Piece		second = {middle, piece->to, piece->cut * 2 + 2, piece->depth + 1};

	Assert(bisection->count + 2 <= MAX_PIECES);
	bisection->pieces[bisection->count++] = second;
	bisection->pieces[bisection->count++] = first;
}

/* A piece that is cut no more. */
static void
leave_piece(Bisection *bisection, const Piece *piece)
{
	if (mean_of(bisection, piece, 1, NULL, false, bisection->last))
		bisection->has_last = true;
}

void
kg_bisect_order(const KgPoints *points, int leaf, uint32 *order)
{
	Bisection	bisection;
	float	   *direction = palloc(sizeof(float) * points->dims);

	begin(&bisection, points, order);
	while (bisection.count > 0)
	{
		Piece		piece = bisection.pieces[--bisection.count];

		if (piece.to - piece.from > (uint32) leaf)
			defer_halves(&bisection, &piece,
						 cut_piece(&bisection, &piece, direction));
		else
			leave_piece(&bisection, &piece);
	}
	end(&bisection);
	pfree(direction);
}

/* A threshold and a direction. */
static inline float *
cut_at(const KgCuts *cuts, int i)
{
	return (float *) cuts->cuts + (Size) i * (cuts->dims + 1);
}

Size
kg_cuts_size(int dims, int depth)
{
	return offsetof(KgCuts, cuts) +
		sizeof(float) * (dims + 1) * (((Size) 1 << depth) - 1);
}

void
kg_cuts_make(KgCuts *cuts, const KgPoints *sample, int depth)
{
	uint32	   *order = palloc_extended(sizeof(uint32) * Max(sample->count, 1), MCXT_ALLOC_HUGE);
	Bisection	bisection;

	memset(cuts, 0, kg_cuts_size(sample->dims, depth));
	cuts->dims = sample->dims;
	cuts->depth = depth;
	begin(&bisection, sample, order);
	while (bisection.count > 0)
	{
		Piece		piece = bisection.pieces[--bisection.count];
		float	   *cut = cut_at(cuts, piece.cut);
		uint32		middle;

		if (piece.depth == depth || piece.to - piece.from < 2)
		{
			leave_piece(&bisection, &piece);
			continue;
		}
		middle = cut_piece(&bisection, &piece, cut + 1);
		cut[0] = (bisection.projections[middle - piece.from - 1].at +
				  bisection.projections[middle - piece.from].at) / 2;
		defer_halves(&bisection, &piece, middle);
	}
	end(&bisection);
	pfree(order);
}

int
kg_cuts_find(const KgCuts *cuts, const float *x)
{
	int			cut = 0;

	for (int depth = 0; depth < cuts->depth; depth++)
	{
		const float *threshold = cut_at(cuts, cut);

		cut = cut * 2 + 1 +
			(kg_simd->ip_f32(threshold + 1, x, cuts->dims) >= *threshold);
	}
	return cut - ((1 << cuts->depth) - 1);
}
