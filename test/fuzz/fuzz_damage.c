/*
 * fuzz_damage.c
 *	  Damaged pages of an index (test/unit/table.h), under the sanitizers: bytes
 *	  say which index, which of its bytes are others, and what is done to it.
 *
 *	fuzz_damage [SECONDS [SEED]]	random bytes; the seed goes up
 *	fuzz_damage FILE...				what these hold
 *
 * Any answer is right, and any error of class "index corrupted" or "data
 * corrupted".  Wrong are reads and writes beyond memory, other errors, Asserts that
 * do not hold, waiting for a lock that one has, and what does not end.
 */
#include "postgres.h"

#include <ctype.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <sanitizer/common_interface_defs.h>
#include <time.h>

#include "utils/memutils.h"

#include "ann/core/check.h"
#include "ann/core/reach.h"
#include "shim.h"
#include "table.h"
#include "tasks.h"
#include "unit.h"

#define MAX_BYTES 60
#define MAX_FLIPS 4
#define DEFAULT_SECONDS 2
#define LONGEST 10				/* seconds of processor time of an input */
#define ROWS 70

static const TableOptions options[] = {
	{3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 30},
	{5, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 30, 2, 10},
	{24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 30, 1, 50},
	{20, KG_METRIC_COSINE, KG_STORAGE_SQ2, 4, 16, 30},
	{900, KG_METRIC_L2, KG_STORAGE_AUTO, 6, 12, 30},
	{12, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 4, 16, 30},
	{30000, KG_METRIC_JACCARD, KG_STORAGE_AUTO, 4, 16, 30, 1, 3},
	{60, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 30,.sparse = 24},
	{80, KG_METRIC_COSINE, KG_STORAGE_AUTO, 4, 16, 30, 1, 4,.sparse = 8},
	{5, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 30, 1, 3,.many = true},
	{3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 30,.members = 3},
	{5, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 30, 2, 5,.members = 2},
	{24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 30, 1, 3,.members = 3},
};

#define TABLES (sizeof(options) / sizeof(options[0]))

/* An index without damage, and its table's rows. */
typedef struct Sound
{
	Table	   *table;
	char	   *pages;
	BlockNumber page_count;
	Row			rows[ROWS * 2];
	int			row_count;
	int			unused[ROWS * 2];
	int			unused_count;
} Sound;

/* What is known of inputs, by kind of the first page that is damaged. */
typedef struct Count
{
	uint64		inputs;
	uint64		flips;
	uint64		found;			/* by kg_check */
} Count;

static const char *const kinds[PAGE_KINDS] = {
	[PAGE_META] = "meta",[PAGE_FRAMES] = "frames",[PAGE_NODES] = "nodes",
	[PAGE_CHUNKS] = "chunks",[PAGE_LIST] = "list",
	[PAGE_ENTRIES] = "entries",[PAGE_COPIES] = "copies",
	[PAGE_FREE] = "free",[PAGE_FRAME_MAP] = "map",[PAGE_WORDS] = "words",
	[PAGE_VALUE_MAP] = "value map",[PAGE_VALUES] = "values",
	[PAGE_PENDING] = "pending"
};

static Sound sounds[TABLES];
static Count counts[PAGE_KINDS];
static const char *input;		/* a file, or NULL: the seed's bytes */
static unsigned long seed;
static const uint8 *bytes;		/* not used yet */
static size_t left;
static bool damaged;
static jmp_buf after_error;
static int	problems;
static uint64 errors;

static void
report(const char *message)
{
	printf("not ok - fuzz: damage, %s%.0lu: %s\n", input ? input : "seed ",
		   input ? 0 : seed, message);
	fflush(stdout);
	__sanitizer_print_stack_trace();
	abort();
}

static bool
starts(const char *message, const char *start)
{
	return strncmp(message, start, strlen(start)) == 0;
}

/* An error that damage may lead to, or what the table finds wrong with answers. */
static bool
is_allowed(const char *message)
{
	static const char *const wrong[] = {
		"test/", "src/", "task waits for itself", " waits for itself", "invalid memory",
		"out of memory", "the current memory context", " unlocks block", "block "
	};

	if (starts(message, "ERROR: "))
		return shim_error_code() == ERRCODE_INDEX_CORRUPTED ||
			shim_error_code() == ERRCODE_DATA_CORRUPTED;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (starts(message, wrong[i]))
			return false;
	return true;
}

static void
fail(const char *message)
{
	if (!damaged || !is_allowed(message))
		report(message);
	errors++;
	longjmp(after_error, 1);
}

static void
too_long(int signal)
{
	report("no end");
}

/* Reports an input that takes longer; 0: not any more. */
static void
limit_time(int seconds)
{
	struct itimerval timer = {.it_value.tv_sec = seconds};

	(void) signal(SIGPROF, too_long);
	(void) setitimer(ITIMER_PROF, &timer, NULL);
}

static uint8
next_byte(void)
{
	if (left == 0)
		return 0;
	left--;
	return *bytes++;
}

static uint32
next_number(void)
{
	uint32		high = next_byte();

	return high << 8 | next_byte();
}

/* An index that has pages of all kinds that it may have. */
static void
make_sound(Sound *sound, const TableOptions *of)
{
	Table	   *table;
	Session    *session;

	random_seed(of - options);
	table = table_create(of);
	session = session_create(table);
	for (int i = 0; i < ROWS; i++)
	{
		int			row;

		table->pending_part = i > ROWS / 2 && !of->many ? 6 : 0;
		row = session_insert(session, i % 12 == 5 ? NULL_VECTOR : i % 12 == 7 ? ZERO_VECTOR :
							 i % 3 ? (int) (random_bits() % of->pool) : 0, true);
		if (i < ROWS / 2 && i % 4 == 0)
			table_delete(table, row);
		if (i == ROWS / 2)
			session_vacuum(session, false);
	}
	pages_allow_damage(table->pages);
	sound->table = table;
	sound->pages = pages_copy(table->pages);
	sound->page_count = pages_count(table->pages);
	sound->row_count = table->row_count;
	sound->unused_count = table->unused_count;
	memcpy(sound->rows, table->rows, sizeof(Row) * table->row_count);
	memcpy(sound->unused, table->unused, sizeof(int) * table->unused_count);
}

/* The table and its index as they were made. */
static void
restore(Sound *sound)
{
	Table	   *table = sound->table;

	pages_release_locks(table->pages);
	pages_set_vacuum(table->pages, false);
	pages_cancel_vacuum(table->pages, NULL, 0);
	pages_restore(table->pages, sound->pages, sound->page_count);
	table->row_count = sound->row_count;
	table->unused_count = sound->unused_count;
	memcpy(table->rows, sound->rows, sizeof(Row) * table->row_count);
	memcpy(table->unused, sound->unused, sizeof(int) * table->unused_count);
	for (int i = 0; i < MAX_SCANS; i++)
		table->snapshots[i] = UINT64_MAX;
}

/* Somewhere on a page, oftener where it begins and ends. */
static int
next_place(uint32 where)
{
	uint32		place = next_number();

	switch (where & 3)
	{
		case 0:
			return place % 120;
		case 1:
			return BLCKSZ - 1 - place % 32;
		case 2:
			return place % 1000;
		default:
			return place % BLCKSZ;
	}
}

/* Returns the kind of the page. */
static int
flip(Sound *sound)
{
	static const uint32 words[] = {0, 1, 0xffffffff, 0x7fffffff, 0xfffffffe, 0x80000000, 2, 65535};
	BlockNumber block = next_number() % sound->page_count;
	uint32		how = next_byte();
	int			place = next_place(how);
	char	   *data = pages_data(sound->table->pages, block);
	int			kind = page_opaque(data)->kind;

	if ((how >> 2 & 7) == 0)
		memcpy(data + place / 4 * 4, &words[how >> 5], sizeof(uint32));
	else
		data[place] ^= 1 << (how >> 5);
	return kind > 0 && kind < PAGE_KINDS ? kind : PAGE_FREE;
}

static void
note_problem(void *arg, BlockNumber block, const char *format, va_list args)
{
	char		problem[1000];

	vsnprintf(problem, sizeof(problem), format, args);
	problems++;
}

static void
note_row(void *arg, KgTid tid, uint32 node)
{
}

/* Does kg.index_check find anything? */
static void
check(Session *session)
{
	KgCheckReporter reporter = {.report = note_problem,.row = note_row};
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	KgReach		reach;

	(void) session_open(session);
	kg_check(&session->store, &reporter);
	kg_reach_init(&reach, &session->store, false, true);
	kg_reach_scan(&reach);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}

static void
operate(Session *session, uint8 byte)
{
	Table	   *table = session->table;
	int			vector = (byte >> 3) - 2;
	int			row;

	switch (byte & 7)
	{
		case 0:
		case 1:
			(void) session_insert(session, Min(vector, table->options.pool - 1), true);
			break;
		case 2:
			session_merge(session, true);
			break;
		case 3:
			session_vacuum(session, false);
			break;
		case 4:
			row = table_any_row(table);
			if (row >= 0)
				table_delete(table, row);
			break;
		case 5:
			check(session);
			break;
		default:
			session_scan(session, byte >> 3 & 15, 1 + (byte >> 4));
	}
}

/* One thing that is done to the index; false if it ended with an error. */
static bool
attempt(Sound *sound, int byte)
{
	static Session *volatile session;
	MemoryContext context = shim_context_create(sound->table->context);
	volatile bool ends = false;

	CurrentMemoryContext = context;
	if (setjmp(after_error) == 0)
	{
		session = session_create(sound->table);
		if (byte < 0)
			check(session);
		else
			operate(session, byte);
		ends = true;
	}
	pages_release_locks(sound->table->pages);
	pages_set_vacuum(sound->table->pages, false);
	CurrentMemoryContext = sound->table->context;
	MemoryContextDelete(context);
	return ends;
}

static void
run_bytes(void)
{
	Sound	   *sound = &sounds[next_byte() % TABLES];
	int			flips = 1 + next_byte() % MAX_FLIPS;
	Count	   *count;

	damaged = false;
	if (sound->table == NULL)
		make_sound(sound, &options[sound - sounds]);
	CurrentMemoryContext = sound->table->context;
	random_seed(next_number());
	count = &counts[flip(sound)];
	for (int i = 1; i < flips; i++)
		(void) flip(sound);
	damaged = true;
	limit_time(LONGEST);
	problems = 0;
	count->inputs++;
	count->flips += flips;
	count->found += !attempt(sound, -1) || problems > 0;
	while (left > 0)
		(void) attempt(sound, next_byte());
	limit_time(0);
	restore(sound);
}

/* libFuzzer's entry, where it is what makes the bytes */
extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	shim_on_failure(fail);
	bytes = data;
	left = Min(size, MAX_BYTES);
	run_bytes();
	return 0;
}

#ifndef KG_LIBFUZZER
static void
run_file(const char *name)
{
	static uint8 buffer[1 << 16];
	FILE	   *file = fopen(name, "rb");

	input = name;
	if (file == NULL)
		report("cannot be opened");
	(void) LLVMFuzzerTestOneInput(buffer, fread(buffer, 1, sizeof(buffer), file));
	fclose(file);
	printf("ok - fuzz: damage, %s\n", name);
}

static void
show_counts(void)
{
	for (int i = 0; i < PAGE_KINDS; i++)
		if (counts[i].inputs > 0)
			printf("# pages of kind %s: %" PRIu64 " inputs, %" PRIu64
				   " places, the check finds %.1f %%\n", kinds[i], counts[i].inputs,
				   counts[i].flips, 100.0 * counts[i].found / counts[i].inputs);
}

static void
run_seeds(int seconds)
{
	clock_t		end = clock() + (clock_t) seconds * CLOCKS_PER_SEC;
	unsigned long first = seed;
	uint8		buffer[MAX_BYTES];

	for (; clock() < end; seed++)
	{
		size_t		size;

		random_seed(seed);
		size = 10 + random_bits() % (MAX_BYTES - 10);
		for (size_t i = 0; i < size; i++)
			buffer[i] = random_bits();
		(void) LLVMFuzzerTestOneInput(buffer, size);
	}
	show_counts();
	printf("ok - fuzz: damage (seed %lu: %lu inputs, %" PRIu64 " errors)\n", first, seed - first, errors);
}

int
main(int argc, char **argv)
{
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
#endif
