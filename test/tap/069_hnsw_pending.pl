# The list of pending rows: crashes in the middle of merges and while
# inserts append lose no row and return none twice, here and on a standby, whose
# pages are compared with the primary's, while it answers; autovacuum merges; a
# dump keeps the options.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $dims = 32;
my $primary = hnsw_node('primary', "wal_consistency_checking = 'generic'", 'restart_after_crash = on',
	'checkpoint_timeout = 30s', 'max_standby_streaming_delay = -1');

sub sql
{
	return $primary->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# Waits until a query returns true; fails after a minute.
sub wait_until
{
	my ($query) = @_;
	ok($primary->poll_query_until('postgres', $query), "reached: $query");
}

# plain; with filters and lists of values; with copies
my %index = (items => 'e', words => 'e vector_cosine_ops, k, t', coarse => 'e vector_ip_ops, k');
my %key = (items => '<->', words => '<=>', coarse => '<#>');
my @tables = sort keys %index;
foreach my $table (@tables)
{
	sql("CREATE TABLE $table (id int, e vector($dims), k int, t text) WITH (autovacuum_enabled = off)",
		"INSERT INTO $table SELECT id, e, id % 7, 'w' || id % 50 FROM " . hnsw_vectors(1, 800, $dims, 1) . ' v',
		"CREATE INDEX ${table}_e ON $table USING " . hnsw_method() . " ($index{$table}) WITH (fastupdate = on, pending_list_limit = 2000000"
			. ($table eq 'coarse' ? ', storage = sq4)' : ')'));
}
sql('CREATE TABLE more AS SELECT id, e FROM ' . hnsw_vectors(10001, 25500, $dims, 3) . ' v', 'CHECKPOINT');
my $standby = hnsw_standby($primary, 'hot_standby_feedback = on');

# Appends rows, some of them equal to others.
sub append
{
	my ($table, $first, $count) = @_;
	return "INSERT INTO $table SELECT $first + i, e, i % 7, 'w' || i % 50 FROM generate_series(1, $count) i JOIN more ON more.id = 10001 + ($first + i) % 15000";
}

# The answer of a server: all rows, and how far the nearest are.  These must be those of
# a sequential scan: a search so wide misses none here, before a merge or after.
# (count(DISTINCT id) beside array_agg would have both read rows sorted by id, from 16 on.)
sub answer
{
	my ($node, $table) = @_;
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', 'SET enable_seqscan = off', 'SET enable_sort = off', 'SET kg.ef_search = 1000',
		map { my $where = $_; my $query = '(SELECT e FROM more WHERE id = 10007)';
			"SELECT n, (SELECT count(DISTINCT id) FROM unnest(ids) id), sum, nearest, (SELECT array_agg(d) FROM (SELECT round((e $key{$table} $query)::numeric, 4) AS d FROM $table $where ORDER BY 1 LIMIT 10) s) = nearest
				FROM (SELECT count(*) AS n, array_agg(id) AS ids, sum(id) AS sum, (array_agg(round(d::numeric, 4)))[1:10] AS nearest
					FROM (SELECT id, e $key{$table} $query AS d FROM $table $where ORDER BY e $key{$table} $query) s) s" }
			'', ($table eq 'items' ? 'WHERE id > 2000' : 'WHERE k = 3')));
}

sub check
{
	my ($what, $with_standby) = @_;
	foreach my $table (@tables)
	{
		is(sql("SELECT k FROM index_check('${table}_e') k"), '', "$what, $table: no broken invariant");
		# a scan that is read to its end returns rows out of order at last
		is(hnsw_sql($primary, map { "SELECT plan, $$_[0] FROM pg_temp.knn('$table', 'e $key{$table} (SELECT e FROM more WHERE id = 10001)'$$_[1])" }
			([ 'missing, twice', '' ], [ 'ordered, twice', ', 200' ])), "index|0|0\nindex|t|0", "$what, $table: every row once");
		is(sql("SELECT rows = (SELECT count(*) FROM $table) OR rows > (SELECT count(*) FROM $table) FROM index_info('${table}_e')"), 't', "$what, $table: no fewer than the table");
		my $answer = answer($primary, $table);
		# under inner product, and by kg_diskann, one of ten may be missed at any effort
		like($answer, qr/^.*\|t\n.*\|t$/, "$what, $table: the nearest rows") if hnsw_method() eq 'kg_hnsw' && $table ne 'coarse';
		next unless $with_standby;
		$primary->wait_for_catchup($standby);
		is(answer($standby, $table), $answer, "$what, $table: the standby's answer");
	}
	return;
}

sub pending
{
	my ($table) = @_;
	return sql("SELECT pending_vectors FROM index_info('${table}_e')");
}

sql(append($_, 100000, 800)) foreach @tables;
check('appended', 1);
hnsw_crash($primary);
check('crash after that', 1);
is(pending($_), '800', "$_: all are pending") foreach @tables;

# Crashes in the middle of merges.
my $first = 200000;
foreach my $round (1, 2)
{
	foreach my $table (@tables)
	{
		sql(append($table, $first, 4000), 'CHECKPOINT');
		my $before = pending($table);
		my $nodes = sql("SELECT nodes FROM index_info('${table}_e')");
		my @sessions = hnsw_sessions($primary, ["SELECT flush_pending('${table}_e')"]);
		# one in so many rows is equal to another
		wait_until("SELECT nodes > $nodes + 150 * $round FROM kg.index_info('kg.${table}_e')");
		hnsw_crash($primary, @sessions);
		my $after = pending($table);
		cmp_ok($after, '<', $before, "$table, crash in merge $round: some were merged");
		cmp_ok($after, '>', 0, "$table, crash in merge $round: others were not");
	}
	check("crash in merge $round", 1);
	$first += 10000;
	# merging takes much WAL, as it is compared with pages: two thirds are enough for a crash
	sql("DELETE FROM $_ WHERE id > 150000 AND id % 3 > 0") foreach @tables;
}
# ... of VACUUM's, and after it
foreach my $table (@tables)
{
	my $nodes = sql("SELECT nodes FROM index_info('${table}_e')");
	my @sessions = hnsw_sessions($primary, ['SET vacuum_cost_delay = 2', 'SET vacuum_cost_limit = 1000', "VACUUM (INDEX_CLEANUP ON) $table"]);
	wait_until("SELECT nodes > $nodes + 100 FROM kg.index_info('kg.${table}_e')");
	hnsw_crash($primary, @sessions);
}
check('crash in the merge of VACUUM', 1);
sql("VACUUM (INDEX_CLEANUP ON) $_") foreach @tables;
is(pending($_), '0', "$_: VACUUM merges all") foreach @tables;
check('VACUUM after the crashes', 1);
is(sql("SELECT rows = (SELECT count(*) FROM $_) FROM index_info('${_}_e')"), 't', "$_: as many rows as the table") foreach @tables;

# A cancelled merge goes on where it ended.
{
	sql(append('items', 400000, 2500));
	my ($out, $nodes) = ('', sql("SELECT nodes FROM index_info('items_e')"));
	my @sessions = hnsw_sessions($primary, ["SELECT flush_pending('items_e')"]);
	wait_until("SELECT nodes > $nodes + 200 FROM kg.index_info('kg.items_e')");
	sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT flush_pending%' AND pid <> pg_backend_pid()");
	$_->finish foreach @sessions;
	cmp_ok(pending('items'), '>', 0, 'a cancelled merge leaves rows');
	check('cancelled', 0);
	sql("SELECT flush_pending('items_e')");
	is(pending('items'), '0', 'the next one merges them');
	check('merged after a cancel', 1);
}

# Scans on the standby while the primary appends, merges at a low limit, deletes
# and vacuums: no error, no row twice, all of the snapshot.
{
	sql("ALTER INDEX ${_}_e SET (pending_list_limit = 64)") foreach @tables;
	my ($out, $timer) = ('', IPC::Run::timeout(300));
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $primary->connstr('postgres'), '-c', 'SET search_path = kg, public',
		map { my $n = $_; map { ('-c', append($_, 500000 + $n * 1000, 400), '-c', "DELETE FROM $_ WHERE id > 500000 AND id % 2 = 0",
			$n % 2 ? ('-c', "VACUUM (INDEX_CLEANUP ON) $_") : ('-c', "DO 'BEGIN PERFORM kg.flush_pending(''${_}_e''); END'")) } @tables } 1 .. 4 ],
		'<', \undef, '>', \$out, '2>', \$out, $timer);
	my ($scans, $wrong) = (0, '');
	while ($session->pumpable)
	{
		$session->pump_nb;
		foreach my $table (@tables)
		{
			# one snapshot for both counts
			my $rows = $standby->safe_psql('postgres', join(';', 'SET search_path = kg, public', 'SET enable_seqscan = off', 'SET enable_sort = off',
				"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) = (SELECT count(*) FROM $table) AND
					count(*) = count(DISTINCT id) FROM (SELECT id FROM $table ORDER BY e $key{$table} (SELECT e FROM more WHERE id = 10002)) s; COMMIT"));
			$scans++;
			$wrong .= "$table: $rows " if $rows ne 't';
		}
	}
	$session->finish;
	is($out, '', 'writes went through');
	is($wrong, '', "$scans scans on the standby meanwhile");
	cmp_ok($scans, '>=', 3, 'more than a few');
}
check('after it all', 1);

# Autovacuum merges, after VACUUM's threshold or that of ANALYZE.
sql("ALTER INDEX items_e SET (pending_list_limit = 2000000)", append('items', 700000, 500),
	'ALTER TABLE items SET (autovacuum_enabled = on, autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_threshold = 2000000000,
		autovacuum_analyze_threshold = 10, autovacuum_analyze_scale_factor = 0)',
	"ALTER SYSTEM SET autovacuum = on", "ALTER SYSTEM SET autovacuum_naptime = '1s'", 'SELECT pg_reload_conf()');
sql(append('items', 710000, 100));
ok($primary->poll_query_until('postgres', "SELECT pending_vectors = 0 FROM kg.index_info('kg.items_e')"), "autovacuum's ANALYZE merges");
sql("ALTER SYSTEM RESET autovacuum", 'SELECT pg_reload_conf()');
check('merged by autovacuum', 1);

# A standby's list is its own when it is promoted.
sql(append('words', 800000, 300));
my $answer = answer($primary, 'words');
$primary->wait_for_catchup($standby);
my ($status, undef, $err) = $standby->psql('postgres', "SELECT kg.flush_pending('kg.words_e')");
like($err, qr/cannot execute kg.flush_pending\(\) during recovery/, 'a standby does not merge');
$standby->promote;
is(answer($standby, 'words'), $answer, 'promoted: the same answer');
like($standby->safe_psql('postgres', "SELECT kg.flush_pending('kg.words_e')"), qr/^\d+$/, 'promoted: merges');
is(answer($standby, 'words'), $answer, 'promoted and merged: the same answer');
is($standby->safe_psql('postgres', "SELECT count(*) FROM kg.index_check('kg.words_e')"), '0', 'promoted: no broken invariant');

# Dump and restore.
my $dump = $primary->basedir . '/dump.sql';
$primary->command_ok([ 'pg_dump', '-f', $dump, '-t', 'kg.words', $primary->connstr('postgres') ], 'pg_dump');
like(slurp_file($dump), qr/WITH \(fastupdate='on', pending_list_limit='64'\)/, 'the dump has the options');

unlike(slurp_file($standby->logfile), qr/inconsistent page found|PANIC/, 'nothing inconsistent in replay');

done_testing();
