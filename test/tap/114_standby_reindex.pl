# A standby drops the old index of REINDEX INDEX CONCURRENTLY without waiting for
# queries that have listed the indexes of the table and are about to open them, as the
# primary does: "could not open relation with OID".  That is PostgreSQL's own, and so
# here of a b-tree and of kg's access methods alike; asked again, each query is answered:
# storm.ask() of storm.sql does so.  A query that has opened the index keeps replay
# waiting, and ends well.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;
use Storm;

my $primary = hnsw_node('primary', 'shared_preload_libraries = kg');

# an index on t, and a query that it answers
my @cases = (
	[ 'btree', 'btree (f)', 'SELECT count(f) FROM (SELECT f FROM t WHERE f > 0 ORDER BY f OFFSET 0) q' ],
	[ 'kg_hnsw', 'kg_hnsw (e kg.vector_l2_ops)', "SELECT count(f) FROM (SELECT f FROM t ORDER BY e OPERATOR(kg.<->) '[1,2,3]' OFFSET 0) q" ],
	[ 'kg_diskann', 'kg_diskann (e kg.vector_l2_ops)', "SELECT count(f) FROM (SELECT f FROM t ORDER BY e OPERATOR(kg.<->) '[1,2,3]' OFFSET 0) q" ]);

sub sql
{
	my ($node, $database, @statements) = @_;
	return $node->safe_psql($database, join(";\n", @statements));
}

foreach my $case (@cases)
{
	my ($name, $index) = @$case;

	sql($primary, 'postgres', "CREATE DATABASE $name");
	sql($primary, $name, 'CREATE EXTENSION IF NOT EXISTS kg', 'CREATE TABLE t (f int, e kg.vector(3))',
		"INSERT INTO t SELECT i, format('[%s,%s,%s]', i % 100, i % 7, i)::kg.vector FROM generate_series(1, 3000) i",
		# the first that is opened, as its number is less: whoever waits for it has listed both
		"CREATE INDEX first ON t ((f % 2))", "CREATE INDEX second ON t USING $index", 'VACUUM ANALYZE');
}
my $standby = hnsw_standby($primary, 'hot_standby_feedback = on', 'max_standby_streaming_delay = -1');
$primary->wait_for_catchup($standby);

sub session
{
	my ($node, $database) = @_;
	my $session = { in => '', out => '', err => '', asked => 0 };

	$session->{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', '-d', $node->connstr($database) ],
		'<', \$session->{in}, '>', \$session->{out}, '2>', \$session->{err}, IPC::Run::timer(600));
	return $session;
}

sub waiting
{
	my ($query) = @_;
	return $standby->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE relation IS NOT NULL AND NOT granted AND $query");
}

foreach my $case (@cases)
{
	my ($name, undef, $query) = @$case;
	my ($owner, $reader) = (session($primary, $name), session($standby, $name));
	my $by_index = "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off";

	is(storm_ask($reader, "$by_index; $query"), 3000, "$name: an answer");

	# The reader waits for one index, and another is rebuilt meanwhile
	is(storm_ask($owner, 'BEGIN; ALTER INDEX first SET TABLESPACE pg_default'), '', "$name: an index is locked");
	# a commit, which writes WAL with the lock
	sql($primary, $name, "SELECT pg_logical_emit_message(true, 'kg', '')");
	$primary->wait_for_catchup($standby);
	$reader->{out} = $reader->{err} = '';
	$reader->{in} .= "$query;\n\\echo over\n";
	$reader->{run}->pump_nb;
	ok(waiting("mode = 'AccessShareLock'"), "$name: a query waits for it");
	sql($primary, $name, 'REINDEX INDEX CONCURRENTLY second');
	$primary->wait_for_catchup($standby);
	storm_ask($owner, 'ROLLBACK');
	$reader->{run}->pump until $reader->{out} =~ /over/;
	like($reader->{err}, qr/^ERROR:  XX000: could not open relation with OID \d+\n/, "$name: an index is gone that the query has listed");
	is(storm_ask($reader, $query), 3000, "$name: the same, asked again");

	# Who has opened the index keeps it
	is(storm_ask($reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; DECLARE c CURSOR FOR $query; SELECT 1"), '1', "$name: a cursor");
	sql($primary, $name, 'REINDEX INDEX CONCURRENTLY second');
	ok(waiting("mode = 'AccessExclusiveLock'"), "$name: replay waits for it");
	is(storm_ask($reader, 'FETCH ALL FROM c'), 3000, "$name: its answer is whole");
	storm_ask($reader, 'COMMIT');
	$primary->wait_for_catchup($standby);
	is(storm_ask($reader, $query), 3000, "$name: and with the new index");
	$_->{run}->kill_kill foreach $owner, $reader;
}
unlike(slurp_file($_->logfile), qr/PANIC|TRAP/, $_->name . ': nothing else') foreach $primary, $standby;

done_testing();
