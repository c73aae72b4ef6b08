/*
 * vacuum.h
 *	  Removing rows from an index.
 */
#ifndef KG_VACUUM_H
#define KG_VACUUM_H

#include "postgres.h"

#include "ann/layout/store.h"

/* Is a row dead?  It is if it was when VACUUM began, and it stays dead. */
typedef bool (*KgRowIsDead) (ItemPointer tid, void *arg);

typedef struct KgVacuumCounts
{
	BlockNumber pages;			/* of the index, when VACUUM began */
	double		rows;			/* that are left */
	double		removed;
} KgVacuumCounts;

/* Removes the rows that are dead.  store's layout is copied first. */
extern void kg_vacuum(const KgStore *store, KgRowIsDead is_dead, void *arg,
					  KgVacuumCounts *counts);

/*
 * A VACUUM without rows to delete still looks for space: a crash may have left
 * new pages, and the free space map is not WAL-logged.
 */
extern void kg_vacuum_find_space(const KgStore *store);

#endif							/* KG_VACUUM_H */
