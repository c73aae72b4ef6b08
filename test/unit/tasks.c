/*
 * tasks.c
 *	  See tasks.h.
 */
#include "postgres.h"

#include <stdarg.h>
#include <ucontext.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "shim.h"
#include "tasks.h"
#include "unit.h"

#define MAX_TASKS 16
#define STACK_BYTES (512 * 1024)

static Task tasks[MAX_TASKS];
static int	task_count;
static Task alone;				/* outside of tasks_run() */
static Task *current = &alone;
static ucontext_t contexts[MAX_TASKS];
static char *stacks[MAX_TASKS];
static ucontext_t outside;
static unsigned long step;

/* How tasks take turns: one in so many steps ... */
static uint32 switch_part;		/* ... another task runs */
static uint32 sleep_part;		/* ... the task falls asleep, 0: none */
static uint32 longest_sleep;	/* steps */

void		(*tasks_describe) (unsigned number, char *text, int size);

void
tasks_begin(void)
{
	static const uint32 switch_parts[] = {1, 2, 5, 20, 100};
	static const uint32 sleep_parts[] = {0, 20, 100, 400};
	static const uint32 sleeps[] = {30, 300, 3000, 30000};

	task_count = 0;
	step = 0;
	switch_part = switch_parts[random_bits() % 5];
	sleep_part = sleep_parts[random_bits() % 4];
	longest_sleep = sleeps[random_bits() % 4];
}

void
tasks_add(const char *name, void (*run) (void *arg), void *arg)
{
	Task	   *task = &tasks[task_count];

	Assert(task_count < MAX_TASKS);
	if (stacks[task_count] == NULL)
		stacks[task_count] = malloc(STACK_BYTES);
	memset(task, 0, sizeof(Task));
	snprintf(task->name, sizeof(task->name), "%s", name);
	task->run = run;
	task->arg = arg;
	task->context = &contexts[task_count++];
}

Task *
task_current(void)
{
	return current;
}

static bool
has_lock(const Task *task, const Lock *lock)
{
	for (int i = 0; i < task->held_count; i++)
		if (task->held[i].lock == lock)
			return true;
	return false;
}

static bool
is_free(const HeldLock *wanted)
{
	return wanted->lock->owner == NULL &&
		(!wanted->exclusive || wanted->lock->sharers == 0);
}

static bool
can_run(const Task *task)
{
	return !task->over && (task->wanted.lock == NULL || is_free(&task->wanted));
}

static int
describe_lock(char *text, int size, const HeldLock *held)
{
	char		what[60] = "";

	if (tasks_describe)
		tasks_describe(held->number, what, sizeof(what));
	return snprintf(text, size, " %s%s", what,
					held->exclusive ? " (exclusive)" : "");
}

/* Who has and wants what, when nobody can go on. */
static void
report_deadlock(void)
{
	char text[	1500];
	int			at = 0;
	int			capacity = sizeof(text);

	for (int i = 0; i < task_count && at < capacity - 200; i++)
	{
		Task	   *task = &tasks[i];

		if (task->over)
			continue;
		at += snprintf(text +at, capacity - at, "; %s has", task->name);
		for (int j = 0; j < task->held_count && at < capacity - 200; j++)
			at += describe_lock(text +at, capacity - at, &task->held[j]);
		at += snprintf(text +at, capacity - at, ", waits for");
		at += describe_lock(text +at, capacity - at, &task->wanted);
	}
	shim_fail("deadlock%s", text);
}

/* The task to go on with; NULL if all are over. */
static Task *
choose(void)
{
	Task	   *awake[MAX_TASKS];
	Task	   *able[MAX_TASKS];
	int			awake_count = 0;
	int			able_count = 0;
	bool		any = false;

	for (int i = 0; i < task_count; i++)
	{
		any |= !tasks[i].over;
		if (!can_run(&tasks[i]))
			continue;
		able[able_count++] = &tasks[i];
		if (tasks[i].asleep_until <= step)
			awake[awake_count++] = &tasks[i];
	}
	if (awake_count > 0)
		return awake[random_bits() % awake_count];
	if (able_count > 0)
		return able[random_bits() % able_count];
	if (any)
		report_deadlock();
	return NULL;
}

/* Goes on with another task, or with this one. */
static void
go_on(void)
{
	Task	   *before = current;
	Task	   *next = choose();

	if (next == before)
		return;
	before->memory_context = CurrentMemoryContext;
	if (next == NULL)
	{
		current = &alone;
		CurrentMemoryContext = alone.memory_context;
		setcontext(&outside);
	}
	current = next;
	CurrentMemoryContext = next->memory_context;
	swapcontext(before->context, next->context);
}

static void
run_task(void)
{
	Task	   *task = current;

	task->run(task->arg);
	if (task->held_count > 0)
		shim_fail("%s ends with %d locks", task->name, task->held_count);
	task->over = true;
	go_on();
}

static void
forget_memory(void)
{
	for (int i = 0; i < task_count; i++)
		MemoryContextDelete(tasks[i].memory_context);
	task_count = 0;
}

/* A stack and memory for a task. */
static void
prepare_task(Task *task, ucontext_t *context, char *stack)
{
	task->memory_context = shim_context_create(CurrentMemoryContext);
	getcontext(context);
	context->uc_stack.ss_sp = stack;
	context->uc_stack.ss_size = STACK_BYTES;
	context->uc_link = NULL;
	makecontext(context, run_task, 0);
}

void
tasks_run(void)
{
	for (int i = 0; i < task_count; i++)
		prepare_task(&tasks[i], &contexts[i], stacks[i]);
	alone.memory_context = CurrentMemoryContext;
	current = choose();
	CurrentMemoryContext = current->memory_context;
	swapcontext(&outside, current->context);
	forget_memory();
}

void
task_yield(void)
{
	if (current == &alone)
		return;
	step++;
	if (sleep_part > 0 && random_bits() % sleep_part == 0)
		current->asleep_until = step + random_bits() % longest_sleep;
	else if (random_bits() % switch_part != 0)
		return;
	go_on();
}

void
shim_interrupts(void)
{
	task_yield();
}

HeldLock *
task_lock(Lock *lock, unsigned number, bool exclusive)
{
	HeldLock	wanted = {.lock = lock,.number = number,.exclusive = exclusive};
	HeldLock   *held;

	task_yield();
	if (has_lock(current, lock) && !is_free(&wanted))
		shim_fail("%s waits for itself at block %u", current->name, number);
	current->wanted = wanted;
	while (!is_free(&wanted))
	{
		if (current == &alone)
			shim_fail("block %u is locked", number);
		go_on();
	}
	current->wanted.lock = NULL;
	if (exclusive)
		lock->owner = current;
	else
		lock->sharers++;
	Assert(current->held_count < MAX_HELD);
	held = &current->held[current->held_count++];
	*held = wanted;
	return held;
}

void
task_unlock(HeldLock *held)
{
	if (held->exclusive)
		held->lock->owner = NULL;
	else
		held->lock->sharers--;
	*held = current->held[--current->held_count];
	task_yield();
}
