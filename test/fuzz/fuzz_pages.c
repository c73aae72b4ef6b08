/*
 * fuzz_pages.c
 *	  Bytes as operations on an index on plain pages (test/unit/table.h), under
 *	  the sanitizers: the first says what is indexed, the next how many rows wait
 *	  in the list of pending rows, four how tasks take turns, and each of the others
 *	  is an operation of whichever task comes for it.
 *
 *	fuzz_pages [SECONDS [SEED]]		random bytes; the seed goes up
 *	fuzz_pages FILE...				what these hold
 */
#include "postgres.h"

#include <ctype.h>
#include <time.h>

#include "shim.h"
#include "table.h"
#include "tasks.h"
#include "unit.h"

#define TASKS 4
#define MAX_BYTES 300
#define DEFAULT_SECONDS 2

static const TableOptions options[] = {
	{3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 30},
	{5, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 30},
	{5, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 30},
	{24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 30},
	{20, KG_METRIC_COSINE, KG_STORAGE_SQ2, 4, 16, 30},
	{900, KG_METRIC_L2, KG_STORAGE_AUTO, 6, 12, 30},
	{5, KG_METRIC_L1, KG_STORAGE_AUTO, 4, 16, 30},
	{12, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 4, 16, 30},
	{30000, KG_METRIC_JACCARD, KG_STORAGE_AUTO, 4, 16, 30, 1, 3},
	{3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 30, 1, 3},
	{5, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 30, 4, 10},
	{5, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 30, 2, 4},
	{24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 30, 3, 50},
	{3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 30,.members = 3},
	{5, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 30, 2, 5,.members = 2},
	{5, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 30,.members = 4},
	{24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 30, 1, 3,.members = 3},
};

static const char *input;		/* a file, or NULL: the seed's bytes */
static unsigned long seed;
static Table *table;
static const uint8 *bytes;		/* not used yet */
static size_t left;
static bool vacuuming;

static void
fail(const char *message)
{
	printf("not ok - fuzz: pages, %s%.0lu: %s\n", input ? input : "seed ",
		   input ? 0 : seed, message);
	exit(1);
}

static uint8
next_byte(void)
{
	if (left == 0)
		return 0;
	left--;
	return *bytes++;
}

static void
operate(Session *session, uint8 byte)
{
	int			vector = (byte >> 3) - 2;	/* two of them have no node */
	int			row;

	switch (byte & 7)
	{
		case 3:
			/* one in so many: else another insert */
			if (byte >> 3 > 27)
				session_merge(session, byte & 8);
			else
				(void) session_insert(session, vector, true);
			break;
		case 4:
			(void) session_insert(session, vector, false);
			break;
		case 5:
			row = table_any_row(table);
			if (row >= 0)
				table_delete(table, row);
			break;
		case 6:
			session_scan(session, byte >> 3 & 15, 1 + (byte >> 4));
			break;
		case 7:
			if (vacuuming)
				break;
			vacuuming = true;
			session_vacuum(session, vector < 4);
			vacuuming = false;
			break;
		default:
			(void) session_insert(session, vector, true);
	}
}

static void
run_task(void *arg)
{
	Session    *session = session_create(table);

	while (left > 0)
		operate(session, next_byte());
}

static void
run_bytes(void)
{
	Session    *session;
	TableCheck	counts;
	uint32		turns = 0;

	random_seed(0);
	table = table_create(&options[next_byte() % (sizeof(options) / sizeof(options[0]))]);
	table->pending_part = next_byte() % 9;
	for (int i = 0; i < 4; i++)
		turns = turns << 8 | next_byte();
	random_seed(turns);
	tasks_begin();
	for (int i = 0; i < TASKS; i++)
		tasks_add("task", run_task, NULL);
	tasks_run();
	session = session_create(table);
	session_check(session, &counts);
	session_vacuum(session, false);
	session_check(session, &counts);
	session_scan(session, 0, 20);
	table_free(table);
}

static void
run_file(const char *name)
{
	static uint8 buffer[1 << 20];
	FILE	   *file = fopen(name, "rb");

	input = name;
	if (file == NULL)
		fail("cannot be opened");
	bytes = buffer;
	left = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	run_bytes();
	printf("ok - fuzz: pages, %s\n", name);
}

static void
run_seeds(int seconds)
{
	clock_t		end = clock() + (clock_t) seconds * CLOCKS_PER_SEC;
	unsigned long first = seed;
	uint8		buffer[MAX_BYTES];

	for (; clock() < end; seed++)
	{
		random_seed(seed);
		left = random_bits() % MAX_BYTES;
		for (size_t i = 0; i < left; i++)
			buffer[i] = random_bits();
		bytes = buffer;
		run_bytes();
	}
	printf("ok - fuzz: pages (seed %lu: %lu inputs)\n", first, seed - first);
}

int
main(int argc, char **argv)
{
	shim_on_failure(fail);
	if (argc > 1 && !isdigit((unsigned char) argv[1][0]))
	{
		for (int i = 1; i < argc; i++)
			run_file(argv[i]);
		return 0;
	}
	seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	run_seeds(argc > 1 ? atoi(argv[1]) : DEFAULT_SECONDS);
	return 0;
}
