/*
 * tasks.h
 *	  Tasks that take turns: each runs until it locks or unlocks something, and
 *	  then random numbers (unit.h) say which one goes on.  So a seed is an
 *	  interleaving, and runs repeat.
 *
 * Locks are as a server's LWLocks: shared or exclusive; who waits for an
 * exclusive one does not keep others from sharing it.
 */
#ifndef KG_TASKS_H
#define KG_TASKS_H

#include <stdbool.h>

typedef struct Task Task;

typedef struct Lock
{
	int			sharers;
	const Task *owner;			/* exclusively, or NULL */
} Lock;

/* A lock that a task has or waits for. */
typedef struct HeldLock
{
	Lock	   *lock;
	unsigned	number;			/* what it protects: a page's block */
	bool		exclusive;
	void	   *data;			/* for whoever took it */
} HeldLock;

#define MAX_HELD 12

struct Task
{
	char		name[20];
	void		(*run) (void *arg);
	void	   *arg;
	HeldLock	held[MAX_HELD];
	int			held_count;
	HeldLock	wanted;			/* lock is NULL: it waits for none */
	unsigned long asleep_until; /* a step; others go first */
	bool		over;
	void	   *memory_context; /* the current one while others run */
	void	   *context;		/* where it stands */
};

/* Says what a lock protects, in reports of deadlocks. */
extern void (*tasks_describe) (unsigned number, char *text, int size);

/* Forgets all tasks, and chooses how they will take turns. */
extern void tasks_begin(void);
extern void tasks_add(const char *name, void (*run) (void *arg), void *arg);

/* Runs them until all are over. */
extern void tasks_run(void);

/* The task that runs; outside of tasks_run(), one that is always there. */
extern Task *task_current(void);

/* Others may run now. */
extern void task_yield(void);

/*
 * Takes a lock when nobody has it in a way that forbids that; others run
 * meanwhile.  Ends the program if all tasks wait.
 */
extern HeldLock *task_lock(Lock *lock, unsigned number, bool exclusive);

/* Lets go of one. */
extern void task_unlock(HeldLock *held);

#endif							/* KG_TASKS_H */
