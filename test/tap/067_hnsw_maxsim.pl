# kg_hnsw over arrays of vectors, MaxSim: whatever the data and the history, rows come
# in order, none is missing or twice.  A crash in the middle of a row's vectors, VACUUM
# and standbys lose nothing, and leave nothing of rows that were not committed.
#
#	KG_TIMES	how many times as many random cases, and as many seconds of sessions at once, as
#				"make test" has ("make check-random": 10)
use strict;
use warnings;

use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $node = hnsw_node('main', 'restart_after_crash = on', 'checkpoint_timeout = 30s');
srand(20261129);
my $times = $ENV{KG_TIMES} // 1;

sub choose
{
	return $_[int(rand(@_))];
}

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# Coordinates of vector v of row i, given r, a random number in [-1, 1].
my %data = (
	uniform => 'r',
	# tokens of few words, with or without what is around them
	words => 'hashint8((i * 31 + v * v) % 40 * 65536::bigint + j) / 2147483648::float8',
	mixed => 'hashint8((i * 31 + v * v) % 40 * 65536::bigint + j) / 2147483648::float8 + r / 5',
	lengths => 'r * 10::float8 ^ ((i + v) % 5 - 2)',
	# of lengths that float4 cannot square
	extreme => 'r * 10::float8 ^ ((i + v) % 70 - 35)',
	integers => '(r * 2)::int');

# Rows first..last of a kind, of 0 to most vectors, some NULL.
sub rows
{
	my ($first, $last, $dims, $most, $kind, $type) = @_;
	return "SELECT i AS id, CASE WHEN i % 50 > 0 THEN coalesce(
			(SELECT array_agg(e) FROM generate_series(1, abs(hashint4(i)) % " . ($most + 1) . ") v,
				LATERAL (SELECT ARRAY(SELECT $data{$kind}
					FROM (SELECT j, hashint8(i * 65536::bigint + v * 256 + j) / 2147483648::float8 AS r FROM generate_series(1, $dims) j) s)::real[]::kg.$type AS e) s),
			'{}')::kg.${type}[] END AS e
		FROM generate_series($first, $last) i";
}

# One line for each thing that is wrong with the answers to a few queries.  What is nearest
# a scan may miss; then a row of the exact answer is not there, but none out of order.
sub check
{
	my ($when, $type, $limit) = @_;
	return "SELECT '$when', q.id, part, whole
		FROM (SELECT id, e FROM queries ORDER BY id) q,
			pg_temp.knn('t', format('e @# %L::kg.${type}[]', q.e), $limit) part,
			pg_temp.knn('t', format('e @# %L::kg.${type}[]', q.e)) whole
		WHERE part.plan <> 'index' OR NOT part.ordered OR part.twice > 0 OR part.returned < $limit OR
			whole.plan <> 'index' OR whole.missing > 0 OR whole.twice > 0",
		"SELECT '$when', k FROM index_check('t_e') k",
		"SELECT '$when', i FROM (SELECT rows, (SELECT count(*) FROM t) AS of_table FROM index_info('t_e')) i WHERE rows < of_table";
}

# each kind once or twice, with other dimensions each time
my @kinds = qw(uniform lengths words extreme mixed integers extreme);
my $case = 0;
foreach my $dims ((1, 3, 32, 128, 700) x $times)
{
	foreach (1, 2)
	{
		my $kind = $kinds[ $case++ % @kinds ];
		my $type = $kind =~ /lengths|extreme/ ? 'vector' : choose('vector', 'halfvec');
		my $most = choose(1, 4, 20);
		my $with = 'storage = ' . choose('auto', 'sq8', 'sq4') . ', m = ' . choose(8, 16);
		my $filter = choose('', ', g');
		my $rows = $dims > 500 ? 100 : 240;
		my $found = hnsw_sql($node,
			"CREATE TABLE t (id int, e kg.$type($dims)[], g int GENERATED ALWAYS AS (id % 3) STORED)",
			'INSERT INTO t ' . rows(1, $rows / 2, $dims, $most, $kind, $type),
			"CREATE INDEX t_e ON t USING kg_hnsw (e$filter) WITH ($with)",
			'CREATE TABLE queries AS SELECT id, e FROM t WHERE cardinality(e) > 0 ORDER BY id LIMIT 2',
			'INSERT INTO queries SELECT id, e FROM (' . rows(1001, 1020, $dims, 12, 'uniform', $type) . ') s WHERE cardinality(e) > 1 ORDER BY id LIMIT 3',
			'INSERT INTO t ' . rows($rows / 2 + 1, $rows, $dims, $most, $kind, $type),
			check('built and grown', $type, 20),
			'DELETE FROM t WHERE id % 3 = 1', check('deleted', $type, 20),
			'VACUUM t', check('vacuumed', $type, 20),
			'INSERT INTO t ' . rows($rows + 1, $rows + 60, $dims, $most, 'uniform', $type),
			'INSERT INTO t SELECT id + 10000, e FROM t WHERE id % 9 = 0',
			check('refilled', $type, 20),
			'UPDATE t SET e = e[2:] || e[1:1] WHERE id % 4 = 0', 'VACUUM t', 'REINDEX INDEX CONCURRENTLY t_e',
			"SET work_mem = '64kB'", 'SET kg.ef_search = 10', check('rebuilt, narrow search', $type, 20),
			'DROP TABLE t, queries');
		is($found, '', "${dims}-d $type, up to $most, $kind, $with$filter");
	}
}

# Recall.
my ($dims, $type) = (24, 'vector');
sql("CREATE TABLE items (id int, e vector($dims)[])",
	'INSERT INTO items ' . rows(1, 3000, $dims, 12, 'mixed', $type),
	'CREATE TABLE queries AS SELECT id, e FROM (' . rows(100001, 100060, $dims, 12, 'mixed', $type) . ') s WHERE cardinality(e) > 0',
	# a row of many vectors takes long to insert
	'CREATE TABLE more AS SELECT id + 10000 AS id, e FROM (' . rows(1, 600, $dims, 250, 'mixed', $type) . ') s',
	'CREATE INDEX items_e ON items USING kg_hnsw (e)', 'ANALYZE items', 'CHECKPOINT');
my $key = 'e @# (SELECT e FROM queries WHERE id = ' . sql('SELECT min(id) FROM queries') . ')';

sub check_index
{
	my ($what) = @_;
	hnsw_check_index($node, 'items', $key, $what);
	my ($recall) = hnsw_recall($node, 'items', 'queries', 't.e @# q.e', 400);
	cmp_ok($recall, '>=', 0.97, "$what: recall");
	note("$what: recall $recall");
}
check_index('as built');
is(sql("SELECT reltuples FROM pg_class WHERE relname = 'items_e'"), 3000, 'rows are counted, not vectors');

# The same by several processes, by way of shared buffers, and CONCURRENTLY.
sql('SET max_parallel_maintenance_workers = 2', 'SET min_parallel_table_scan_size = 0', 'ALTER TABLE items SET (parallel_workers = 2)',
	"SET maintenance_work_mem = '1MB'", 'SET client_min_messages = error', 'REINDEX INDEX items_e');
check_index('parallel');
sql('REINDEX INDEX CONCURRENTLY items_e');
check_index('concurrently');

# No rows but the table's.
sub is_clean
{
	my ($what) = @_;
	# of few dead rows the index is not told otherwise
	sql('VACUUM (INDEX_CLEANUP on) items');
	is(sql("SELECT rows - (SELECT count(*) FROM items), dead_nodes FROM index_info('items_e')"), '0|0', "$what: VACUUM leaves nothing of other rows");
}

foreach my $round (1, 2)
{
	my @sessions = hnsw_sessions($node, 
		['INSERT INTO items SELECT id, e FROM more'],
		["DO \$\$ BEGIN FOR i IN 1 .. 600 LOOP
				INSERT INTO items SELECT id + 20000 * $round, e FROM more WHERE id = 10000 + i;
				IF i % 5 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
			END LOOP; END \$\$"]);
	ok($node->poll_query_until('postgres', "SELECT count(*) > 20 FROM kg.items WHERE id > 20000 * $round"), 'rows are committed');
	hnsw_crash($node, @sessions);
	cmp_ok(sql("SELECT count(*) FROM items WHERE id > 20000 * $round"), '>', 20, 'what was committed is there');
	check_index("crash in INSERT, round $round");
	is_clean("crash in INSERT, round $round");
}

# Cancelled between two vectors of a row.
{
	my ($status, undef, $error) = $node->psql('postgres',
		"SET statement_timeout = 300; INSERT INTO kg.items SELECT id + 300000, e FROM kg.more, generate_series(1, 100)");
	isnt($status, 0, 'cancelled');
	check_index('cancelled INSERT');
	is_clean('cancelled INSERT');
}

# During VACUUM: TIDs leave all their nodes before other rows take them.
sql('DELETE FROM items WHERE id % 2 = 0');
foreach my $part (1, 2)
{
	my @sessions = hnsw_sessions($node, 
		['SET vacuum_cost_delay = 10', 'SET vacuum_cost_limit = 100', 'VACUUM items']);
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE phase = 'vacuuming indexes'"), 'VACUUM runs');
	select undef, undef, undef, 0.3 * $part;
	hnsw_crash($node, @sessions);
	check_index("crash in VACUUM, $part");
}
is_clean('after crashes in VACUUM');
sql('INSERT INTO items SELECT id + 400000, e FROM more WHERE id <= 10060');
check_index('INSERT after the crashes');

# Sessions at once.
sql('CREATE SEQUENCE ids START 1000001',
	"CREATE FUNCTION check_scan(query vector[]) RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		counts bigint[];
	BEGIN
		SET LOCAL enable_seqscan = off;
		SET LOCAL enable_sort = off;
		SELECT ARRAY[count(*), count(DISTINCT id), (SELECT count(*) FROM kg.items), count(*) FILTER (WHERE d < before)] INTO counts
		FROM (SELECT id, d, lag(d) OVER () AS before FROM
			(SELECT id, e OPERATOR(kg.@#) query AS d FROM kg.items ORDER BY e OPERATOR(kg.@#) query LIMIT CASE WHEN random() < .9 THEN 20 END) s) s;
		ASSERT counts[1] = counts[2] AND (counts[1] = 20 OR counts[1] = counts[3]), format('rows, ids, rows of the table: %s', counts);
		ASSERT counts[1] > 20 OR counts[4] = 0, 'out of order';
	END \$\$");
my %script = (
	insert => "INSERT INTO kg.items SELECT nextval('kg.ids'), e FROM kg.items WHERE id = :n OR id = :n + 7 ORDER BY id LIMIT 1;",
	abort => 'BEGIN; INSERT INTO kg.items SELECT :n + 2000000, e FROM kg.more WHERE id = 10000 + :n % 600; ROLLBACK;',
	update => "UPDATE kg.items SET e = e[2:] WHERE id = :n;",
	delete => 'DELETE FROM kg.items WHERE id % 200 = :n % 200 AND id > 1000000;',
	search => 'SELECT kg.check_scan(e) FROM kg.queries ORDER BY (id + :n) % 17, id LIMIT 1;');
my %weight = (insert => 12, abort => 2, update => 6, delete => 2, search => 8);
my @files = map {
	my $file = $node->basedir . "/$_.sql";
	append_to_file($file, "\\set n random(1, 3000)\n$script{$_}\n");
	('-f', "$file\@$weight{$_}");
} sort keys %script;
my ($bench_out, $vacuum_out) = ('', '');
my $bench = start([ 'pgbench', '-n', '-c', 5, '-j', 2, '-T', 4 * $times, '--random-seed=11', @files,
	'-h', $node->host, '-p', $node->port, 'postgres' ], '<', \undef, '>', \$bench_out, '2>&1', IPC::Run::timeout(300 * $times));
while ($bench->pumpable)
{
	$bench->pump_nb;
	my ($status, undef, $err) = $node->psql('postgres', 'VACUUM kg.items');
	$vacuum_out .= $err if $status != 0;
}
$bench->finish;
is($vacuum_out, '', 'VACUUM meanwhile');
is($bench->result(0), 0, 'pgbench ends well');
unlike($bench_out, qr/ERROR|aborted|FATAL|ASSERT|assert/, 'no session failed');
note($bench_out);
check_index('after sessions at once');
is_clean('after sessions at once');

# A standby answers what the primary answers.
{
	my $standby = hnsw_standby($node);
	my $query = join(';', 'SET search_path = kg, public', 'SET enable_seqscan = off', 'SET enable_sort = off',
		"SELECT string_agg(q.id || ':' || n.id || ':' || n.d, ' ') FROM (SELECT * FROM queries ORDER BY id LIMIT 20) q,
			LATERAL (SELECT id, t.e @# q.e AS d FROM items t ORDER BY t.e @# q.e LIMIT 10) n");
	sql('INSERT INTO items SELECT id + 3000000, e FROM more WHERE id <= 10050', 'DELETE FROM items WHERE id % 5 = 0', 'VACUUM items');
	$node->wait_for_catchup($standby);
	is($standby->safe_psql('postgres', $query), $node->safe_psql('postgres', $query), 'standby: same answers');
	$standby->promote;
	$standby->safe_psql('postgres', 'INSERT INTO kg.items SELECT id + 5000000, e FROM kg.more WHERE id <= 10020');
	hnsw_check_index($standby, 'items', $key, 'promoted');
}

done_testing();
