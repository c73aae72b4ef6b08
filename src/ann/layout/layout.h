/*
 * layout.h
 *	  The geometry of an index: how long a node's slot is, where its fields
 *	  stand, and how many slots a page holds.
 *
 * No server headers: the fit can be tested alone.
 */
#ifndef KG_LAYOUT_H
#define KG_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "ann/layout/sparse.h"
#include "quant/rabitq.h"
#include "quant/scalar.h"

/* Bytes of a page between its header and its special space. */
#define KG_PAGE_USABLE (8192 - 24 - 8)

/* Of a column: what the dense types can have; of bit strings. */
#define KG_MAX_DIMS 16000
#define KG_MAX_BITS 64000

/*
 * The reloption m, as in HNSW: a node keeps up to twice as many neighbours at
 * the bottom, which is all that there is of the graph here.
 */
#define KG_MIN_M 2
#define KG_MAX_M 100
#define KG_DEFAULT_M 16
#define KG_DEFAULT_M_SPARSE 32	/* README, "Sparse vectors" */
#define KG_MAX_DEGREE (2 * KG_MAX_M)

/* The reloption members: nodes of a page that share a list. */
#define KG_MIN_MEMBERS 2
#define KG_MAX_MEMBERS 64

/* Columns behind the vector's: filters. */
#define KG_MAX_FILTERS 4

typedef enum KgMetric
{
	KG_METRIC_L2,
	KG_METRIC_IP,
	KG_METRIC_COSINE,
	KG_METRIC_L1,
	KG_METRIC_HAMMING,
	KG_METRIC_JACCARD,
	KG_METRICS
} KgMetric;

/* Is it one of bit strings? */
static inline bool
kg_metric_of_bits(KgMetric metric)
{
	return metric == KG_METRIC_HAMMING || metric == KG_METRIC_JACCARD;
}

static inline int
kg_metric_max_dims(KgMetric metric)
{
	return kg_metric_of_bits(metric) ? KG_MAX_BITS : KG_MAX_DIMS;
}

/* As users write and see them, by KgMetric and KgStorage. */
extern const char *const kg_metric_names[];
extern const char *const kg_storage_names[];

/* What the user asked for; zero (or AUTO) leaves a choice to the solver. */
typedef struct KgLayoutRequest
{
	int			dims;			/* of the column */
	KgMetric	metric;
	int			max_degree;		/* fewer only if they do not fit on a page; of
								 * pages of members, 0: as many as fit */
	KgStorage	storage;
	int			code_bits;
	int			code_dims;		/* rounded up to a multiple of 8 */
	int			filters;		/* columns of filters */
	int			sparse;			/* elements of a sparse vector that a node has
								 * room for; 0: vectors are dense */
	bool		pages;			/* the nodes of a page share a list */
	int			members;		/* nodes of such a page */
} KgLayoutRequest;

typedef struct KgLayout
{
	int			dims;			/* of the column */
	KgMetric	metric;
	int			max_degree;		/* most neighbours of a list */
	int			members;		/* nodes that share a list, all of a page; 1:
								 * each has its own */
	KgStorage	storage;		/* of the own vector; never AUTO */
	KgCodeShape shape;			/* internal dimensions (of bit strings, words
								 * of 32 bits), coded ones, bits */
	int			row_bytes;		/* of a neighbour's code */
	int			vector_bytes;	/* of the own vector */
	int			filters;		/* words of a node, and of each neighbour */
	int			sparse;			/* elements that a node has room for; 0: dense */

	/*
	 * Byte offsets in a slot, after the NodeSlot struct; those of the list in
	 * a hub's, too, where nodes share one.
	 */
	int			own_words;		/* uint32[filters] */
	int			occluded;		/* uint32[max_degree / 32 rounded up] */
	int			neighbors;		/* uint32[max_degree] node numbers */
	int			words;			/* uint32[filters][max_degree] */
	int			factor_a;		/* bfloat16[max_degree] */
	int			factor_b;		/* bfloat16[max_degree] */
	int			factor_r2;		/* bfloat16[max_degree] */
	int			nearness;		/* bfloat16[max_degree], where nodes share a
								 * list: of an edge, how far its end is from
								 * the nearest of them, squared */
	int			codes;			/* row_bytes[max_degree] */
	int			vector;			/* vector_bytes */
	int			sparse_vector;	/* KgSparse, if sparse */

	int			hub_size;		/* bytes of a page's hub, before its slots; 0:
								 * there is none */
	int			slot_size;		/* bytes */
	int			per_page;		/* slots on a page */

	/*
	 * Where the own vector is coarse, finer copies stand on pages of their
	 * own.  Blocks from 1 on are in groups: first copy_pages for copies, then
	 * blocks for the nodes that these belong to, and for all other pages.
	 */
	int			copy_bytes;		/* of a KgCopy; 0: there are none */
	int			copy_pages;		/* of a group */

	/*
	 * Otherwise the first page of a group has the words of its nodes once
	 * more, so that a sweep for rows that pass a filter reads few pages.
	 */
	int			word_pages;		/* of a group: 0 or 1 */
	int			group_pages;	/* of all kinds; 0: no groups */
} KgLayout;

/* How copies are stored. */
#define KG_COPY_STORAGE KG_STORAGE_SQ8

/* A node's vector again, as stored in KG_COPY_STORAGE. */
typedef struct KgCopy
{
	float		error;			/* bound of |vector - copy|, internal unit */
	float		vector[];
} KgCopy;

/*
 * Finds the layout of a request.  False if the vector is too long for it;
 * then *max_dims is the longest that fits with the same options.
 */
extern bool kg_layout_solve(const KgLayoutRequest *request, KgLayout *layout,
							int *max_dims);

/* Recomputes the layout of choices that were made before. */
extern void kg_layout_fill(KgLayout *layout);

/* The same of choices from a page that may be damaged; false if nobody made them. */
extern bool kg_layout_restore(KgLayout *layout);

/* Do the nodes of a page share a list?  Its hub has it. */
static inline bool
kg_layout_has_hubs(const KgLayout *layout)
{
	return layout->hub_size > 0;
}

/* Pages at the start of a group: of copies, or of words. */
static inline int
kg_layout_side_pages(const KgLayout *layout)
{
	return layout->copy_pages + layout->word_pages;
}

/* So many pages of other kinds, and the side pages among them. */
extern double kg_layout_with_side_pages(const KgLayout *layout, double pages);

/* Dimensions of the space that the index works in. */
extern int	kg_layout_internal_dims(int dims);

/* The same of any column; of bit strings, words of 32 bits. */
extern int	kg_layout_space_dims(KgMetric metric, int dims, int sparse);

/*
 * Is the space rotated?  A rotation keeps Euclidean distances and inner
 * products only; codes are of rotated vectors all the same.  Of sparse vectors
 * elements tell the other distances.
 */
static inline bool
kg_layout_rotates(const KgLayout *layout)
{
	return layout->metric < KG_METRIC_L1 || layout->sparse > 0;
}

/* Are vectors stored relative to frames?  Else all are to the origin. */
static inline bool
kg_layout_has_frames(const KgLayout *layout)
{
	return !kg_metric_of_bits(layout->metric);
}

#endif							/* KG_LAYOUT_H */
