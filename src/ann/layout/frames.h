/*
 * frames.h
 *	  Frames: places in the index's space that vectors are stored relative to.
 *
 * A vector y of the space (see space.h) is stored as (y - centre) / unit of
 * its node's frame, so that what storing loses is small against the distance
 * to the frame's centre, not to the origin.  Frame 0 is the origin with unit
 * 1 and stands nowhere.  The others are written once and never change; an
 * insert makes one where no frame near it stores it well enough.
 */
#ifndef KG_FRAMES_H
#define KG_FRAMES_H

#include "ann/layout/page.h"
#include "ann/layout/store.h"

#define KG_ORIGIN_FRAME 0

/* As it stands on its page. */
typedef struct KgFrame
{
	float		unit;			/* a power of two, internal units */
	float		centre[FLEXIBLE_ARRAY_MEMBER];	/* shape.dim, internal units */
} KgFrame;

static inline Size
kg_frame_bytes(const KgLayout *layout)
{
	return offsetof(KgFrame, centre) + sizeof(float) * layout->shape.dim;
}

/* The most frames that an index of this layout has, the origin included. */
extern int	kg_frames_max(const KgLayout *layout);

/*
 * Copies a frame (kg_frame_bytes long) from its page.  The caller may hold the
 * lock of a page of nodes.
 */
extern void kg_frame_read(const KgStore *store, int number, KgFrame *frame);

/*
 * Where a node's stored vector is in the index's space: y has shape.dim
 * doubles.  The caller holds the lock of the node's page.
 */
extern void kg_slot_position(const KgStore *store, const NodeSlot *slot,
							 double *y);

/* What a slot says of its node. */
typedef struct KgNodeData
{
	uint32		node;
	NodeSlot	head;
	double	   *y;				/* where it is in the index's space: shape.dim
								 * doubles */
	uint32		words[KG_MAX_FILTERS];
} KgNodeData;

/* Reads a node; the caller has set data->y to memory for its place. */
extern void kg_node_read(const KgStore *store, uint32 node, KgNodeData *data);

/* Pages that one frame takes; none if it would take too many. */
extern int	kg_frame_pages(const KgLayout *layout);

/* The blocks that the map tells, its first ones, of so many frames. */
extern int	kg_frame_map_used(const KgLayout *layout, int frames);

/* Makes a new page of the map say that it leads nowhere. */
extern void kg_frame_map_init(Page page);

/*
 * Adds a frame; returns its number, or -1 if there are as many as there may
 * be.  is_default makes it the one of the data as a whole.
 */
extern int	kg_frame_add(KgStore *store, const KgFrame *frame,
						 bool is_default);

#endif							/* KG_FRAMES_H */
