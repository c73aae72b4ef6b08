# A storm on a primary, with a standby behind it: clients insert, update and delete
# vectors and filter values, remember, change edges and nodes, while others vacuum, build and
# rebuild indexes concurrently and change the graphs' tables, and ask questions on both
# servers, whose answers are checked as they come.  At the end indexes, tables, graphs
# and memory keep their rules on both, and on the standby once it is promoted.
#
#	KG_STORM_SECONDS	how long, 8 unless said otherwise ("make check-storm": 1800)
#	KG_STORM_SEED		1
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;
use Storm;

my $seconds = $ENV{KG_STORM_SECONDS} // 8;
my $seed = $ENV{KG_STORM_SEED} // 1;
my $primary = storm_node('primary', 'checkpoint_timeout = 30s', 'wal_keep_size = 1GB');
storm_setup($primary, 150);
my $standby = hnsw_standby($primary, 'hot_standby_feedback = on', 'max_standby_streaming_delay = -1');

my %writers = (insert => 10, batch => 6, abort => 2, update => 8, filters => 6, delete => 8, ledger => 1);
my %graphs = (edges => 6, nodes => 2, persons => 6, embed => 4);
my %memory = ('memory assert' => 6, 'memory open_end' => 1, 'memory many' => 3, 'memory observe' => 4, 'memory upsert' => 3, 'memory merge' => 1, 'memory retract' => 1);
my %questions = (nearest => 12, whole => 2, stays => 6, ball => 4, traverse => 6, search => 2);
my %clients = (
	writers => [ $primary, 4, %writers, %graphs, %memory, nearest => 4 ],
	questions => [ $primary, 1, %questions ],
	vacuum => [ $primary, 1, 'vacuum *' => 1, checkpoint => 1 ],
	# one at a time: two of them could wait for each other (ANALYZE, too, and CREATE INDEX CONCURRENTLY)
	maintenance => [ $primary, 1, 'reindex *' => 2, 'concurrent build *' => 2, 'analyze *' => 1, graph_ddl => 6 ],
	standby => [ $standby, 2, %questions ]);

my %sessions = map { my ($node, $count, %weights) = @{ $clients{$_} }; ($_ => [ storm_bench($node, $count, $seconds, $seed, %weights) ]) } sort keys %clients;
foreach my $name (sort keys %sessions)
{
	my ($session, $out) = @{ $sessions{$name} };
	$session->finish;
	is(storm_failures($$out), '', "$name: no error, no wrong answer");
	is($session->result(0), 0, "$name: pgbench ends well");
	my ($done) = $$out =~ /actually processed: (\d+)/;
	my ($retried) = $$out =~ /transactions retried: (\d+)/;
	cmp_ok($done // 0, '>', 0, "$name: they did something");
	note("counts: $name: " . ($done // 0) . " transactions, $retried tried again, by " . $clients{$name}[1] . " clients in $seconds s (seed $seed)");
}

# The standby: all that was written is replayed, and replay waits meanwhile.
$primary->wait_for_catchup($standby);
storm_sql($standby, 'SELECT pg_wal_replay_pause()');
ok($standby->poll_query_until('postgres', "SELECT pg_get_wal_replay_pause_state() = 'paused'"), 'replay pauses');
foreach my $node ($primary, $standby)
{
	is(storm_check($node, 11), '', $node->name . ': indexes and graphs');
	is(storm_rules($node), '', $node->name . ': rules of memory');
}
is(storm_drop_invalid($primary), 0, 'no index is invalid');
storm_sql($primary, map { "VACUUM (INDEX_CLEANUP on) storm.$_" } storm_kinds());
is(storm_check($primary, 21), '', 'after VACUUM');
cmp_ok((hnsw_recall($primary, 'storm.plain', '(SELECT p AS id, plain AS e FROM storm.pool WHERE p % 20 = 3)', 't.v <-> q.e', 60))[0], '>=', 0.95, 'recall');

# ... and after the last of it it goes on as a primary
storm_sql($standby, 'SELECT pg_wal_replay_resume()');
$primary->wait_for_catchup($standby);
$standby->promote;
my ($session, $out) = storm_bench($standby, 3, $seconds > 10 ? 3 : $seconds, $seed, %writers, %graphs, %memory, 'vacuum *' => 1, %questions);
$session->finish;
is(storm_failures($$out), '', 'promoted: no error, no wrong answer');
is(storm_check($standby, 31), '', 'promoted: indexes and graphs');
is(storm_rules($standby), '', 'promoted: rules of memory');
unlike(slurp_file($_->logfile), qr/PANIC|inconsistent page found|TRAP|page verification failed/, $_->name . ': nothing inconsistent') foreach $primary, $standby;

done_testing();
