# A CREATE INDEX or VACUUM that is cancelled leaves nothing that hinders the
# next one; what runs shows its phase and its count of rows.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $am = hnsw_method();

my $dims = 32;
my $rows = 12000;
my $node = hnsw_node('main', 'fsync = off');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# A statement with a timeout, in ms; returns its error.
sub cancelled
{
	my ($timeout, @statements) = @_;
	my ($status, $out, $err) = $node->psql('postgres', join(";\n", 'SET search_path = kg, public',
		"SET statement_timeout = $timeout", @statements));
	return $err =~ /ERROR:  (.*)/ ? $1 : '';
}

# A session that runs statements meanwhile.
sub meanwhile
{
	my ($out, @statements) = @_;
	return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'),
		map { ('-c', $_) } 'SET search_path = kg, public', @statements ],
		'<', \undef, '>', $out, '2>&1', IPC::Run::timeout(180));
}

sub check_index
{
	my ($what) = @_;
	hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', $what);
	my ($recall) = hnsw_recall($node, 'items', 'queries', 't.e <-> q.e', 100);
	cmp_ok($recall, '>=', 0.95, "$what: recall $recall");
}

sql("CREATE TABLE items (id int, e vector($dims))",
	"INSERT INTO items SELECT id, e FROM " . hnsw_vectors(1, $rows, $dims, 1) . ' v',
	'CREATE TABLE queries AS SELECT id, e FROM ' . hnsw_vectors(1, 50, $dims, 2) . ' v',
	'VACUUM ANALYZE');

# CREATE INDEX: by one process and by two, with memory and without.
foreach my $workers (0, 1)
{
	foreach my $memory ('1MB', '64MB')
	{
		is(cancelled(200, "SET max_parallel_maintenance_workers = $workers",
			"SET maintenance_work_mem = '$memory'", 'CREATE INDEX items_e ON items USING ' . $am . ' (e)'),
			'canceling statement due to statement timeout', "CREATE INDEX cancelled, $workers workers, $memory");
		is(sql("SELECT count(*) FROM pg_class WHERE relname = 'items_e'"), '0', 'it leaves no index');
	}
}
is(cancelled(200, 'CREATE INDEX CONCURRENTLY items_e ON items USING ' . $am . ' (e)'),
	'canceling statement due to statement timeout', 'CREATE INDEX CONCURRENTLY cancelled');
is(sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'items_e'::regclass"), 'f', 'it leaves an invalid one');
sql("INSERT INTO items SELECT id, e FROM " . hnsw_vectors($rows + 1, $rows + 50, $dims, 1) . ' v');

# Progress, seen from another session, while REINDEX makes it valid.
{
	my ($out, %phase, $most) = ('');
	my ($total, $went_back, $last) = (0, 0, 0);
	my $session = meanwhile(\$out, 'SET max_parallel_maintenance_workers = 0', 'REINDEX INDEX items_e');
	while ($session->pumpable)
	{
		$session->pump_nb;
		my ($phase, $done, $all) = split /\|/, $node->safe_psql('postgres',
			'SELECT phase, tuples_done, tuples_total FROM pg_stat_progress_create_index');
		next unless defined $phase;
		$phase{$phase} = 1;
		$went_back = 1 if $done < $last;
		$last = $done;
		$total = $all if $all > $total;
	}
	$session->finish;
	is($out, '', 'REINDEX');
	note("phases seen: ", join ', ', sort keys %phase);
	ok((grep { /inserting/ } keys %phase), 'progress: the phase has a name');
	cmp_ok($last, '>', 100, "progress: rows counted, at last $last");
	ok(!$went_back, 'progress: the count only rises');
	cmp_ok($total, '>=', $rows, "progress: $total rows in all");
}
is(sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'items_e'::regclass"), 't', 'valid after REINDEX');
check_index('built after cancellations');

# VACUUM, cancelled at various moments of its passes.
sql('DELETE FROM items WHERE id % 2 = 0');
my $hit = 0;
foreach my $ms (300, 600, 1000, 1500)
{
	my $error = cancelled($ms, 'SET vacuum_cost_delay = 25', 'SET vacuum_cost_limit = 200', 'VACUUM items');
	$hit++ if $error =~ /statement timeout/;
	check_index("VACUUM stopped after $ms ms");
	# slots of cancelled VACUUMs and new rows together
	sql("INSERT INTO items SELECT id, e FROM " . hnsw_vectors(20000 + $ms, 20050 + $ms, $dims, 3) . ' v');
}
cmp_ok($hit, '>=', 2, "$hit VACUUMs were cancelled");
sql('VACUUM items');
is(sql("SELECT dead_nodes, rows = (SELECT count(*) FROM items) FROM index_info('items_e')"), '0|t',
	'the next VACUUM removes all that is dead');
check_index('VACUUM after cancellations');

# A scan that is cancelled in the middle, in a transaction that goes on.
is(sql('BEGIN', 'SET LOCAL enable_seqscan = off', 'SAVEPOINT s',
	"DO \$\$ BEGIN PERFORM id FROM (SELECT id, 1 / (random() > 2)::int FROM kg.items
		ORDER BY e OPERATOR(kg.<->) (SELECT e FROM kg.queries WHERE id = 1)) s; EXCEPTION WHEN division_by_zero THEN END \$\$",
	'ROLLBACK TO s', 'SELECT count(*) FROM (SELECT id FROM items ORDER BY e <-> (SELECT e FROM queries WHERE id = 2) LIMIT 7) s',
	'COMMIT'), '7', 'a scan after a scan that failed');

# DROP and re-creation leave nothing behind.
sql('DROP INDEX items_e', 'CREATE INDEX items_e ON items USING ' . $am . ' (e)');
check_index('made anew');

done_testing();
