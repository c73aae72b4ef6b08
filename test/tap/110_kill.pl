# kill -9 of the whole server, again and again, while sessions build indexes, write,
# vacuum, reindex, rewrite and remember.  After each new start nothing is lost: what
# Storm.pm checks holds of all tables and graphs, and rows whose INSERT was answered are
# there.  Data checksums are on, and wal_consistency_checking = all.
#
#	KG_CRASH_KILLS	how often, 10 unless said otherwise ("make check-crash": 500)
#	KG_CRASH_SEED	1
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib 'test/tap';
use Hnsw;
use Storm;

my $kills = $ENV{KG_CRASH_KILLS} // 10;
my $seed = $ENV{KG_CRASH_SEED} // 1;
srand($seed);

# What happens while the server is killed.  Questions are asked all the time.
my %writers = (insert => 4, batch => 2, abort => 1, update => 3, filters => 2, delete => 2);
my %graphs = (edges => 2, nodes => 1, persons => 2);
my @scenes = (
	[ 'inserts', 4, %writers, nearest => 1 ],
	[ 'updates', 4, update => 4, filters => 3, stays => 1 ],
	[ 'build', 1, 'build *' => 1 ],
	[ 'parallel build', 1, 'parallel build *' => 1 ],
	[ 'build in little memory', 1, 'small build *' => 1 ],
	[ 'CREATE INDEX CONCURRENTLY', 3, 'concurrent build *' => 3, %writers ],
	[ 'VACUUM', 3, 'slow vacuum *' => 3, insert => 2, delete => 1, nearest => 1 ],
	[ 'REINDEX CONCURRENTLY', 3, 'reindex *' => 3, %writers ],
	[ 'REINDEX, VACUUM FULL', 2, 'reindex locked *' => 1, 'rewrite *' => 1, insert => 9 ],
	[ 'memory verbs', 4, 'memory assert' => 6, 'memory many' => 3, 'memory observe' => 6, 'memory upsert' => 3, 'memory merge' => 2, 'memory retract' => 1, embed => 2 ],
	[ 'graphs', 4, %graphs, graph_ddl => 1, traverse => 1 ],
	[ 'all', 6, %writers, %graphs, 'vacuum *' => 1, 'memory assert' => 3, 'memory observe' => 3, embed => 1, checkpoint => 1, nearest => 2 ]);

# A client whose rows are deleted by nobody, and what it was answered: their ids.
sub ledger
{
	my ($node) = @_;
	my $out = '';
	my @inserts = map { 'INSERT INTO storm.plain (p, v, f) SELECT 0, plain, 9 FROM storm.pool WHERE p = ' . (1 + int rand storm_pool) . ' RETURNING id' } 1 .. 400;
	return (IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), map { ('-c', $_) } @inserts ],
		'<', \undef, '>', \$out, '2>', '/dev/null'), \$out);
}

# Without full_page_writes pages of a file that is dropped later are zero in replay, which
# wal_consistency_checking of any index takes for an error: "invalid page pd_lower 0".
my @nodes = (storm_node('full_page_writes_on', 'checkpoint_timeout = 30s'), PostgreSQL::Test::Cluster->new('full_page_writes_off'));
storm_setup($nodes[0], 120);
$nodes[0]->backup('base');
$nodes[1]->init_from_backup($nodes[0], 'base');
$nodes[1]->append_conf('postgresql.conf', "full_page_writes = off\nwal_consistency_checking = ''\n");
$nodes[1]->start;
is(storm_check($_, 11), '', 'before') foreach @nodes;

my %met;
my ($answered, $invalid, $replayed, $longest) = (0, 0, 0, 0);

foreach my $kill (1 .. $kills)
{
	my $node = $nodes[$kill % @nodes];
	my ($what, $clients, %weights) = @{ $scenes[$kill * 5 % @scenes] };
	my ($session, $out) = storm_bench($node, $clients, 60, $seed * 1000 + $kill, %weights);
	my ($ledger, $answers) = ledger($node);

	sleep(0.1 + rand($kill % 3 ? 0.5 : 1.5));
	my $logged = -s $node->logfile;
	my $begin = time;
	hnsw_crash($node, $session, $ledger);
	$longest = time - $begin if time - $begin > $longest;
	$replayed++ if slurp_file($node->logfile, $logged) =~ /redo done at/;
	$met{$what}++;

	my @ids = $$answers =~ /^(\d+)$/mg;
	$answered += @ids;
	my $lost = join ', ', grep { $_ ne '' } storm_sql($node, 'SELECT string_agg(i::text, \' \') FROM unnest(\'{' . join(',', @ids) . '}\'::bigint[]) i
		WHERE NOT EXISTS (SELECT FROM storm.plain WHERE id = i)');
	$invalid += storm_drop_invalid($node);
	my $problems = join "\n", grep { $_ ne '' } $lost && "lost rows: $lost", storm_failures($$out),
		storm_sql($node, 'SELECT storm.check_all(NULL, ' . (1 + $kill % 900) . ')'),
		# those that the scene has written
		$what =~ /graphs|memory|all/ ? (storm_sql($node, 'SELECT storm.check_graphs()'), storm_rules($node)) : ();
	is($problems, '', "kill $kill, " . $node->name . ": $what (" . @ids . ' rows answered)');
	last if $problems ne '';
	# tables stay small
	storm_sql($node, map { "DELETE FROM storm.$_ WHERE p >= 0 AND id % 2 = 0 AND (SELECT count(*) > 250 FROM storm.$_)" } storm_kinds());
}
my $survived = 0;
$survived += $_ foreach values %met;
note("counts: $survived kills survived: " . join(', ', map { "$_ $met{$_}" } sort keys %met));
note("counts: $answered rows whose INSERT was answered; $replayed times WAL was replayed, in at most " . int($longest + 1) . " s with the start; $invalid invalid indexes dropped (seed $seed)");

foreach my $node (@nodes)
{
	unlike(slurp_file($node->logfile), qr/PANIC|inconsistent page found|TRAP|page verification failed/, $node->name . ': nothing inconsistent in replay');
	storm_sql($node, map { "VACUUM storm.$_" } storm_kinds());
	is(storm_check($node, 11), '', $node->name . ': after VACUUM');
	# an index of more nodes than a sweep reads
	storm_sql($node, 'SELECT storm.insert_rows(number, 1, ' . storm_pool . ") FROM storm.kind WHERE name = 'plain'");
	cmp_ok((hnsw_recall($node, 'storm.plain', '(SELECT p AS id, plain AS e FROM storm.pool WHERE p % 20 = 3)', 't.v <-> q.e', 60))[0], '>=', 0.95, $node->name . ': recall');
}
done_testing();
