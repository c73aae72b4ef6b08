/*
 * labels.c
 *	  Labels: the costs of nodes in a search, found by node, taken by cost.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"

#include "graph/search/labels.h"

#define CHUNK_LABELS (1 << KG_LABEL_CHUNK_LOG2)
#define INITIAL_SLOTS_LOG2 6

static void
set_slots(KgLabels *labels, int log2)
{
	labels->slots = kg_memory_alloc0(labels->memory, sizeof(uint32) << log2);
	labels->mask = (uint32) ((UINT64CONST(1) << log2) - 1);
	labels->shift = 64 - log2;
}

void
kg_labels_init(KgLabels *labels, KgMemory *memory)
{
	memset(labels, 0, sizeof(*labels));
	labels->memory = memory;
	set_slots(labels, INITIAL_SLOTS_LOG2);
}

/*
 * Labels are entered in the order in which they were made, so that of several
 * labels of a node the last one gets the slot.
 */
static void
grow_slots(KgLabels *labels)
{
	kg_memory_free(labels->memory, labels->slots);
	set_slots(labels, 64 - labels->shift + 1);
	for (uint32 i = 0; i < labels->n; i++)
		*kg_labels_slot(labels, kg_label(labels, i)->node) = i + 1;
}

/* A new label that is in no slot yet. */
static uint32
make_label(KgLabels *labels, int64 node)
{
	uint32		id = labels->n;
	Size		chunk = id >> KG_LABEL_CHUNK_LOG2;
	KgLabel    *label;

	if (id == KG_NO_LABEL - 1)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a search by costs cannot reach more than %u entities",
						id)));
	if (chunk == labels->nchunks)
		labels->chunks = kg_memory_enlarge(labels->memory, labels->chunks,
										   &labels->nchunks,
										   sizeof(KgLabel *));
	if ((id & (CHUNK_LABELS - 1)) == 0)
		labels->chunks[chunk] =
			kg_memory_alloc(labels->memory, CHUNK_LABELS * sizeof(KgLabel));
	labels->n++;
	label = kg_label(labels, id);
	label->node = node;
	label->cost = get_float8_infinity();
	label->parent = KG_NO_LABEL;
	label->position = KG_CLOSED;
	return id;
}

uint32
kg_labels_add(KgLabels *labels, int64 node)
{
	uint32		id;

	/* At most three slots of four are in use. */
	if (((uint64) labels->n + 1) * 4 > ((uint64) labels->mask + 1) * 3)
		grow_slots(labels);
	id = make_label(labels, node);
	labels->memory->visited++;
	*kg_labels_slot(labels, node) = id + 1;
	return id;
}

uint32
kg_labels_renew(KgLabels *labels, uint32 old)
{
	int64		node = kg_label(labels, old)->node;
	uint32		id = make_label(labels, node);

	*kg_labels_slot(labels, node) = id + 1;
	return id;
}

#define HEAP_NAME queue
#define HEAP_ELEMENT uint32
#define HEAP_ARG const KgLabels
#define HEAP_KEY_OF(a) (kg_label(arg, a)->cost)
#define HEAP_SET_POSITION(a, i) (kg_label(arg, a)->position = (i))
#include "lib/binary_heap.h"

void
kg_labels_open(KgLabels *labels, uint32 id, float8 cost)
{
	KgLabel    *label = kg_label(labels, id);
	Size		position = label->position;

	Assert(position == KG_CLOSED || cost <= label->cost);
	label->cost = cost;
	if (position == KG_CLOSED)
	{
		if (labels->nopen == labels->queue_capacity)
			labels->queue = kg_memory_enlarge(labels->memory, labels->queue,
											  &labels->queue_capacity,
											  sizeof(uint32));
		position = labels->nopen++;
		labels->queue[position] = id;
	}
	queue_sift_up(labels->queue, position, labels);
}

uint32
kg_labels_close_first(KgLabels *labels)
{
	uint32		first;

	Assert(labels->nopen > 0);
	first = queue_pop(labels->queue, labels->nopen--, labels);
	kg_label(labels, first)->position = KG_CLOSED;
	return first;
}

int
kg_labels_before(const KgLabels *labels, uint32 id)
{
	int			n = 0;

	while ((id = kg_label(labels, id)->parent) != KG_NO_LABEL)
		n++;
	return n;
}

float8
kg_labels_least(const KgLabels *labels)
{
	if (labels->nopen == 0)
		return get_float8_infinity();
	return kg_label(labels, labels->queue[0])->cost;
}

static inline int
compare_by_cost(uint32 a, uint32 b, const KgLabels *labels)
{
	float8		x = kg_label(labels, a)->cost;
	float8		y = kg_label(labels, b)->cost;

	if (x != y)
		return x < y ? -1 : 1;
	return (a > b) - (a < b);
}

#define ST_SORT sort_by_cost
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE(a, b, arg) compare_by_cost(*(a), *(b), arg)
#define ST_COMPARE_ARG_TYPE const KgLabels
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

uint32 *
kg_labels_by_cost(KgLabels *labels)
{
	uint32	   *ids;

	if (labels->queue != NULL)
		kg_memory_free(labels->memory, labels->queue);
	labels->queue = NULL;
	labels->nopen = labels->queue_capacity = 0;
	ids = kg_memory_alloc(labels->memory, Max(labels->n, 1) * sizeof(uint32));
	for (uint32 i = 0; i < labels->n; i++)
	{
		ids[i] = i;
		kg_label(labels, i)->position = KG_CLOSED;
	}
	sort_by_cost(ids, labels->n, labels);
	return ids;
}

void
kg_label_data_init(KgLabelData *data, KgMemory *memory, Size size)
{
	memset(data, 0, sizeof(*data));
	data->memory = memory;
	data->size = size;
}

void *
kg_label_data(KgLabelData *data, uint32 id)
{
	Size		chunk = id >> KG_LABEL_CHUNK_LOG2;

	while (chunk >= data->nchunks)
		data->chunks = kg_memory_enlarge(data->memory, data->chunks,
										 &data->nchunks,
										 sizeof(char *));
	if (data->chunks[chunk] == NULL)
		data->chunks[chunk] =
			kg_memory_alloc0(data->memory, CHUNK_LABELS * data->size);
	return data->chunks[chunk] + (id & (CHUNK_LABELS - 1)) * data->size;
}
