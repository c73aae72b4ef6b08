# Exact search: OpenBLAS is in the backend that needs it and nowhere else, makes
# no threads, and its searches end when they are cancelled.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $node = hnsw_node('main', 'fsync = off', "shared_preload_libraries = 'kg'");
my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];

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

sql("CREATE TABLE items (id int, e vector(600))",
	"INSERT INTO items SELECT id, e FROM " . hnsw_vectors(1, 3000, 600, 1) . ' v',
	'CREATE TABLE queries AS SELECT (id + 10000 * i)::int AS id, e FROM items, generate_series(0, 7) i',
	'VACUUM ANALYZE');

# Where the library is: before and after a search, in this backend and in the
# postmaster; threads of the backend.
my $maps = sub { "SELECT count(*) > 0 FROM regexp_matches(pg_read_file('/proc/$_[0]/maps'), 'openblas', 'g')" };
SKIP:
{
	my (undef, undef, $notice) = $node->psql('postgres', "SELECT * FROM kg.knn_exact('items', 'e', (SELECT ARRAY[e] FROM items LIMIT 1), 1)");
	skip 'no OpenBLAS here', 1 if $notice =~ /OpenBLAS was not found/;
	is(sql($maps->('self'), 'SELECT count(*) FROM knn_exact(\'items\', \'e\', (SELECT ARRAY[e] FROM items LIMIT 1), 3)',
			$maps->('self'), $maps->($postmaster), "SELECT count(*) FROM pg_ls_dir('/proc/self/task')"),
		"f\n3\nt\nf\n1", 'loaded on first use, in the backend alone, without threads');
}

# Cancelled with and without OpenBLAS, and where no pair is dropped
foreach my $call ("'l2'", "'ip'", "'l1'")
{
	foreach my $library ('auto', 'none')
	{
		is(cancelled(60, "SET kg.blas_library = $library", "SELECT count(*) FROM knn_exact_join('items', 'e', 'queries', 'e', 10, $call)"),
			'canceling statement due to statement timeout', "cancelled: $call, $library");
	}
}
is(sql("SELECT count(*) FROM knn_exact('items', 'e', (SELECT ARRAY[e] FROM items LIMIT 1), 3)"), '3', 'a search after that');

# kg.index_recall: cancelled in its queries, or in the exact search
sql('CREATE INDEX items_e ON items USING kg_hnsw (e)');
is(cancelled(100, "SELECT * FROM index_recall('items_e', 3000, 10, 'queries', 'e')"),
	'canceling statement due to statement timeout', 'kg.index_recall cancelled');
# An error within leaves neither the planner's settings nor its hook behind.
sql('CREATE TABLE bad (e vector)', "INSERT INTO bad VALUES ('[1]')");
is(sql("DO \$\$ BEGIN PERFORM kg.index_recall('items_e', 10, 10, 'bad', 'e'); EXCEPTION WHEN data_exception THEN END \$\$",
		'SHOW enable_seqscan', 'SHOW enable_sort', 'SELECT count(*) FROM (SELECT id FROM items WHERE id = 7) s'),
	"on\non\n1", 'after an error in its queries');

# A search in several passes, by little memory, has the answers of one pass.
sql('CREATE TABLE sampled AS SELECT * FROM queries WHERE id % 120 = 0');
my $search = "SELECT count(*), md5(string_agg(n::text, ' ' ORDER BY n.query::int, n.rank)) FROM knn_exact_join('items', 'e', 'sampled', 'e', 5, 'cosine', 'id', 'id') n";
is(sql("SET work_mem = '100kB'", $search), sql("SET work_mem = '256MB'", $search), 'little memory and much');

done_testing();
