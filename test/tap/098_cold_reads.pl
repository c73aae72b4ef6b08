# Pages that are not in shared buffers are asked for ahead: answers are the same for
# each width, with as few buffers as a server has, and cancelled statements leave
# nothing behind.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $dims = 64;
my @methods = ('kg_hnsw', 'kg_diskann');
my $node = hnsw_node('main', 'fsync = off');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', 'SET enable_seqscan = off', @_));
}

sql('CREATE TABLE queries AS SELECT id, e FROM ' . hnsw_vectors(1, 30, $dims, 2) . ' v',
	'CREATE TABLE person (id bigint PRIMARY KEY)',
	'INSERT INTO person SELECT generate_series(1, 20000)',
	'CREATE TABLE knows (a bigint, b bigint)',
	'INSERT INTO knows SELECT n % 20000 + 1, n::bigint * 7919 % 20000 + 1 FROM generate_series(1, 80000) n',
	'CREATE INDEX ON knows (a)',
	'CREATE INDEX ON knows (b)',
	"SELECT register_graph('people', '[{\"table\": \"person\", \"key\": \"id\"}]', '[{\"table\": \"knows\", \"source\": \"a\", \"target\": \"b\"}]')");
foreach my $method (@methods)
{
	# half of the rows come later
	sql("CREATE TABLE $method (id int, e vector($dims))",
		"INSERT INTO $method SELECT id, e FROM " . hnsw_vectors(1, 2500, $dims, 1) . ' v',
		"CREATE INDEX ON $method USING $method (e)",
		"INSERT INTO $method SELECT id, e FROM " . hnsw_vectors(2501, 5000, $dims, 1) . ' v');
}
sql('VACUUM ANALYZE');

# What all queries find
sub answers
{
	return sql((map { "SELECT q.id, array(SELECT t.id FROM $_ t ORDER BY t.e <-> q.e LIMIT 20) FROM queries q ORDER BY q.id" } @methods),
		"SELECT count(*), sum(key::bigint), max(depth) FROM traverse(ARRAY[1, 2, 3], max_depth => 4, graph => 'people')");
}

my $expected = answers();
$node->append_conf('postgresql.conf', 'shared_buffers = 1MB');
$node->restart;
foreach my $width (0, 1, 200)
{
	my $blocks = "SELECT sum(idx_blks_read) FROM pg_statio_user_indexes WHERE relname LIKE 'kg_%'";
	my $before = $node->safe_psql('postgres', $blocks);
	$node->append_conf('postgresql.conf', "effective_io_concurrency = $width");
	$node->reload;
	is(answers(), $expected, "answers, effective_io_concurrency $width");
	$node->poll_query_until('postgres', "SELECT ($blocks) - $before > 1000") or die 'no blocks were read';
}

# A connection whose statements are cancelled here and there lives on.
my $statement = 'SELECT count(*) FROM (SELECT id FROM kg_diskann ORDER BY e <-> (SELECT e FROM queries WHERE id = 5) LIMIT 3000) s';
my ($status, $out, $err) = $node->psql('postgres',
	join(";\n", 'SET search_path = kg, public', 'SET enable_seqscan = off', (map { ("SET statement_timeout = $_", $statement) } 1 .. 20),
		'RESET statement_timeout', $statement), on_error_stop => 0);
like($err, qr/canceling statement/, 'statements were cancelled');
like($out, qr/^3000\z/m, 'and the last one was not');
is(answers(), $expected, 'answers afterwards');
unlike(slurp_file($node->logfile), qr/leak|WARNING|PANIC|TRAP/, 'nothing leaked');
$node->stop;
done_testing();
