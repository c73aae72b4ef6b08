/*-------------------------------------------------------------------------
 *
 * client.c
 *	  Runs one prepared statement for each vector of a file and says what
 *	  that cost the server.
 *
 *	client [OPTION]... STATEMENT VECTORS.fvecs
 *
 * $1 of STATEMENT is the vector's number in the file plus FIRST_ID, an int4;
 * $2, if there is one, is the vector in binary form, of whatever vector type
 * the operator beside it asks for (kg's and pgvector's agree).  The first
 * column of what it returns is an int4.
 *
 *	-s SQL		statements to run first, such as SET
 *	-n FILE		.ivecs with the exact neighbours of each vector, ids from 0
 *	-k K		how many of them count for recall (10)
 *	-o OFFSET	the first vector to take (0)
 *	-c COUNT	how many (all)
 *	-i FIRST_ID	see above (0)
 *	-r ROUNDS	how many times all of them are run (1)
 *	-e FILE		take that file out of the system's cache before each
 *				statement; may be given several times
 *	-l			prints more, see below
 *
 * Prints one line: executions of a round, recall, microseconds of the
 * backend's CPU time, microseconds at the client.  CPU time is the mean of
 * the cheapest round; time at the client the mean over statements of each
 * one's fastest round, as others may use the machine.  With -l there follow of
 * those times the median and the 99th percentile, the blocks of 8 kB that the
 * backend had the disk read for a statement (root may ask that), and
 * its process id.
 *
 * Connects as libpq's environment says, to a server of this machine.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define INT4OID 23
#define MAX_EVICTED 256

/* Records of 4-byte numbers, all of one length. */
typedef struct Records
{
	int			count;
	int			width;
	int32_t    *values;			/* count x width */
} Records;

typedef struct Options
{
	const char *settings;
	const char *neighbors;
	int			k;
	int			offset;
	int			count;
	int			first_id;
	int			rounds;
	bool		latencies;
	int			evicted_count;
	const char *evicted[MAX_EVICTED];
} Options;

typedef struct Session
{
	Options		options;
	Records		vectors;
	Records		neighbors;		/* count 0: unknown */
	PGconn	   *conn;
	int			parameter_count;
	char	   *buffer;			/* a vector in binary form */
} Session;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "client: %s: %s\n", what, why);
	exit(1);
}

/* count records from the offset'th on; all the rest if count is negative */
static Records
read_records(const char *path, int offset, int count)
{
	FILE	   *file = fopen(path, "rb");
	Records		result = {0, 0, NULL};
	int32_t		width;
	off_t		record;
	long		there;

	if (file == NULL)
		die(path, "cannot open");
	if (fread(&width, sizeof(width), 1, file) != 1 || width < 1 ||
		width > 65535)
		die(path, "no records");
	record = sizeof(int32_t) * ((off_t) width + 1);
	fseeko(file, 0, SEEK_END);
	there = ftello(file) / record - offset;
	if (count < 0 || count > there)
		count = there < 0 ? 0 : (int) there;
	result.count = count;
	result.width = width;
	result.values = malloc(sizeof(int32_t) * ((size_t) count * width + 1));
	if (result.values == NULL)
		die(path, "out of memory");
	fseeko(file, offset * record, SEEK_SET);
	for (int i = 0; i < count; i++)
	{
		int32_t		head;

		if (fread(&head, sizeof(head), 1, file) != 1 || head != width ||
			fread(result.values + (size_t) i * width, sizeof(int32_t), width,
				  file) != (size_t) width)
			die(path, "records differ in length");
	}
	fclose(file);
	return result;
}

/* CPU time of a process in nanoseconds */
static double
cpu_time(int pid)
{
	char		path[64];
	FILE	   *file;
	double		result;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%lf", &result) != 1)
		die(path, "cannot read");
	fclose(file);
	return result;
}

/* Bytes that a process had the disk read; 0 if it may not be asked. */
static double
bytes_read(int pid)
{
	char		line[128];
	double		result = 0;
	FILE	   *file;

	snprintf(line, sizeof(line), "/proc/%d/io", pid);
	file = fopen(line, "r");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "read_bytes: %lf", &result) == 1)
			break;
	fclose(file);
	return result;
}

static double
clock_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static void
evict(const char *path)
{
	int			file = open(path, O_RDONLY);

	if (file < 0)
		die(path, "cannot open");
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	close(file);
}

/* A vector as the binary form of both extensions' type. */
static size_t
encode(const Records *vectors, int number, char *buffer)
{
	const int32_t *values = vectors->values + (size_t) number * vectors->width;
	uint16_t	head[2] = {htons((uint16_t) vectors->width), 0};

	memcpy(buffer, head, sizeof(head));
	for (int i = 0; i < vectors->width; i++)
	{
		uint32_t	value = htonl((uint32_t) values[i]);

		memcpy(buffer + sizeof(head) + sizeof(value) * i, &value,
			   sizeof(value));
	}
	return sizeof(head) + sizeof(uint32_t) * vectors->width;
}

/* How many of the rows are among the k true neighbours. */
static int
count_found(const PGresult * rows, const int32_t *neighbors, int k)
{
	int			found = 0;

	for (int i = 0; i < PQntuples(rows) && i < k; i++)
	{
		uint32_t	id;

		memcpy(&id, PQgetvalue(rows, i, 0), sizeof(id));
		id = ntohl(id);
		for (int j = 0; j < k; j++)
			found += neighbors[j] == (int32_t) id;
	}
	return found;
}

static void
run_settings(PGconn * conn, const char *sql)
{
	PGresult   *result = PQexec(conn, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
		PQresultStatus(result) != PGRES_TUPLES_OK)
		die(sql, PQerrorMessage(conn));
	PQclear(result);
}

/* Returns the number of parameters. */
static int
prepare(PGconn * conn, const char *statement)
{
	Oid			types[2] = {INT4OID, 0};
	int			count = strstr(statement, "$2") != NULL ? 2 : 1;
	PGresult   *result = PQprepare(conn, "", statement, count, types);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(statement, PQerrorMessage(conn));
	PQclear(result);
	return count;
}

/* What is left after the options is the caller's to look at. */
static Options
read_options(int argc, char **argv)
{
	Options		options = {.k = 10,.count = -1,.rounds = 1};
	int			option;

	while ((option = getopt(argc, argv, "s:n:k:o:c:i:r:e:l")) != -1)
	{
		switch (option)
		{
			case 's':
				options.settings = optarg;
				break;
			case 'n':
				options.neighbors = optarg;
				break;
			case 'k':
				options.k = atoi(optarg);
				break;
			case 'o':
				options.offset = atoi(optarg);
				break;
			case 'c':
				options.count = atoi(optarg);
				break;
			case 'i':
				options.first_id = atoi(optarg);
				break;
			case 'r':
				options.rounds = atoi(optarg);
				break;
			case 'l':
				options.latencies = true;
				break;
			case 'e':
				if (options.evicted_count == MAX_EVICTED)
					die(optarg, "too many files");
				options.evicted[options.evicted_count++] = optarg;
				break;
			default:
				die(argv[0], "see the head of client.c");
		}
	}
	if (argc - optind != 2)
		die(argv[0], "see the head of client.c");
	return options;
}

/*
 * Runs the statement for the number'th vector and returns nanoseconds at the
 * client.  *found is raised by the true neighbours among its rows.
 */
static double
run_statement(Session *session, int number, long *found)
{
	uint32_t	id = htonl((uint32_t) (session->options.first_id + number));
	const char *values[2] = {(const char *) &id, session->buffer};
	int			lengths[2] = {sizeof(id), 0};
	int			formats[2] = {1, 1};
	double		elapsed;
	PGresult   *result;

	for (int i = 0; i < session->options.evicted_count; i++)
		evict(session->options.evicted[i]);
	lengths[1] = (int) encode(&session->vectors, number, session->buffer);
	elapsed = clock_time();
	result = PQexecPrepared(session->conn, "", session->parameter_count,
							values, lengths, formats, 1);
	elapsed = clock_time() - elapsed;
	if (PQresultStatus(result) != PGRES_TUPLES_OK &&
		PQresultStatus(result) != PGRES_COMMAND_OK)
		die("statement", PQerrorMessage(session->conn));
	if (session->neighbors.count > 0)
		*found += count_found(result, session->neighbors.values +
							  (size_t) number * session->neighbors.width,
							  session->options.k);
	PQclear(result);
	return elapsed;
}

static int
compare_times(const void *a, const void *b)
{
	double		left = *(const double *) a;
	double		right = *(const double *) b;

	return (left > right) - (left < right);
}

/* What -l adds; sorts the times. */
static void
print_latencies(double *times, int count, double bytes, int pid)
{
	qsort(times, count, sizeof(double), compare_times);
	printf(" %.2f %.2f %.2f %d", times[count / 2] / 1e3, times[(int) (count * 0.99)] / 1e3,
		   bytes / 8192, pid);
}

/* Runs all rounds and prints the figures. */
static void
run_rounds(Session *session)
{
	int			count = session->vectors.count;
	int			pid = PQbackendPID(session->conn);
	double	   *fastest = calloc(count + 1, sizeof(double));
	double		least_cpu = 0;
	double		wall = 0;
	double		bytes = bytes_read(pid);
	long		found = 0;

	if (fastest == NULL)
		die("times", "out of memory");
	for (int round = 0; round < session->options.rounds; round++)
	{
		double		cpu = cpu_time(pid);

		found = 0;
		for (int i = 0; i < count; i++)
		{
			double		elapsed = run_statement(session, i, &found);

			if (round == 0 || elapsed < fastest[i])
				fastest[i] = elapsed;
		}
		cpu = cpu_time(pid) - cpu;
		if (round == 0 || cpu < least_cpu)
			least_cpu = cpu;
	}
	bytes = (bytes_read(pid) - bytes) / count / session->options.rounds;
	for (int i = 0; i < count; i++)
		wall += fastest[i];
	printf("%d %.4f %.2f %.2f", count,
		   (double) found / session->options.k / count,
		   least_cpu / 1e3 / count, wall / 1e3 / count);
	if (session->options.latencies)
		print_latencies(fastest, count, bytes, pid);
	putchar('\n');
	free(fastest);
}

int
main(int argc, char **argv)
{
	Session		session = {.options = read_options(argc, argv)};
	const Options *options = &session.options;
	const char *statement = argv[optind];

	session.vectors = read_records(argv[optind + 1], options->offset,
								   options->count);
	if (session.vectors.count < 1)
		die(argv[optind + 1], "no such vectors");
	if (options->neighbors != NULL)
	{
		session.neighbors = read_records(options->neighbors, options->offset,
										 session.vectors.count);
		if (session.neighbors.count != session.vectors.count ||
			session.neighbors.width < options->k)
			die(options->neighbors, "too few");
	}
	session.buffer = malloc(4 + sizeof(uint32_t) * session.vectors.width);
	if (session.buffer == NULL)
		die("a vector", "out of memory");

	session.conn = PQconnectdb("");
	if (PQstatus(session.conn) != CONNECTION_OK)
		die("cannot connect", PQerrorMessage(session.conn));
	if (options->settings != NULL)
		run_settings(session.conn, options->settings);
	session.parameter_count = prepare(session.conn, statement);
	run_rounds(&session);
	/* what was counted is to be seen by who looks next */
	run_settings(session.conn, "SELECT pg_stat_force_next_flush()");
	PQfinish(session.conn);

	free(session.buffer);
	free(session.vectors.values);
	free(session.neighbors.values);
	return 0;
}
