/*
 * distance.h
 *	  The distances that a planned query computes, and what for.
 */
#ifndef KG_DISTANCE_H
#define KG_DISTANCE_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "admin/index_use/planned.h"

/* What a distance is computed for; the first are those an index serves. */
typedef enum KgDistanceUse
{
	KG_USE_ORDER,				/* ORDER BY */
	KG_USE_BALL,				/* a condition of its own: within a ball */
	KG_USE_CONDITION,			/* in a condition of WHERE or ON */
	KG_USE_OTHER				/* columns, aggregates, windows, HAVING */
} KgDistanceUse;

typedef struct KgDistance
{
	PlannerInfo *root;
	Node	   *expr;			/* operator or function call */
	Oid			operator;		/* invalid for a function call */
	bool		ball;			/* the operator tests, it computes nothing */
	Node	   *column;			/* the argument that may be indexed */
	Node	   *other;			/* the query vector, or the ball */
	Index		relation;		/* of the column's table, 0: of several */
	KgDistanceUse use;

	/* of KG_USE_ORDER */
	SortGroupClause *key;
	Node	   *key_expr;		/* the distance, or what is around it */
	bool		leads;			/* no other key is before */
} KgDistance;

/* All distances of a plan, each once: a list of KgDistance. */
extern List *kg_distances_find(KgPlanned *planned);

/* Does a node compute a distance, or test one?  Both arguments then. */
extern bool kg_is_distance(Node *node, Oid *operator, bool *ball, Node **left,
						   Node **right);

/* The name of its operator or function. */
extern char *kg_distance_name(Node *expr);

/* Its operator; of a function the one that orders rows in the same way. */
extern Oid	kg_distance_operator(const KgDistance *distance);

/* Could an index be made on the column's expression? */
extern bool kg_distance_indexable(const KgDistance *distance);

/* Does an object of a catalog belong to the extension? */
extern bool kg_is_member(Oid class, Oid object, const char *name);

/* The table of a distance's column; false if it is no plain table's. */
extern bool kg_distance_table(const KgDistance *distance, Oid *table);

#endif							/* KG_DISTANCE_H */
