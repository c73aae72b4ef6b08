# CREATE INDEX with much less maintenance_work_mem than the index takes: rows go
# to temporary files and are inserted in spatial order.  Every kind of column and
# of index is complete and as good as with ample memory; errors, cancellation and
# a crash leave no file behind.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $method = hnsw_method();
my $pages_share_lists = $method eq 'kg_diskann';
my $dims = 32;
my $rows = 8000;
my $node = hnsw_node('main', 'fsync = off', 'autovacuum = off', 'temp_buffers = 1MB');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# Standard error of statements.
sub messages
{
	my ($status, $out, $err) = $node->psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
	return $err;
}

# Temporary files of the server, in a tablespace or in the default one.
sub temporary_files
{
	my @folders = ($node->data_dir . '/base/pgsql_tmp', glob $node->data_dir . '/pg_tblspc/*/PG_*/pgsql_tmp');
	return join ' ', map { glob "$_/*" } @folders;
}

# Builds an index with little memory; expects the NOTICE that says so.
sub build
{
	my ($memory, $workers, $what, @statements) = @_;
	my $notices = messages("SET maintenance_work_mem = '$memory'", 'SET client_min_messages = debug1',
		"SET max_parallel_maintenance_workers = $workers", @statements);

	like($notices, qr/^(psql:<stdin>:\d+: )?NOTICE:  $method index "\w+" will not fit into maintenance_work_mem\n.*^HINT:  A maintenance_work_mem of about \d+ MB would hold it\.$/ms,
		"$what: built in spatial order");
	unlike($notices, qr/no longer fits|ERROR|WARNING/, "$what: no other message");
	is(() = $notices =~ /using $workers parallel workers/g, $workers ? 1 : 0, "$what: with as many processes");
	is(temporary_files(), '', "$what: no temporary file is left");
	return;
}

# with so little memory only tables that ask for workers have some
sql("CREATE TABLE items (id int, e vector($dims), word int) WITH (parallel_workers = 3)",
	"INSERT INTO items SELECT id, e, id % 5 FROM " . hnsw_vectors(1, $rows, $dims, 1) . ' v',
	# equal vectors, and none
	"INSERT INTO items SELECT $rows + id, e, id % 5 FROM items WHERE id % 20 = 0",
	'INSERT INTO items SELECT -i, NULL, 1 FROM generate_series(1, 50) i',
	'CREATE TABLE queries AS SELECT id, e FROM ' . hnsw_vectors(1, 50, $dims, 2) . ' v',
	'VACUUM ANALYZE', 'SET maintenance_work_mem = 65536', "CREATE INDEX items_e ON items USING $method (e)");
my ($ample) = hnsw_recall($node, 'items', 'queries', 't.e <-> q.e', 30);
my $ample_pages = sql("SELECT pg_relation_size('items_e') / 8192");

# By memory: so little that pages cannot stay in it, then some chunks of them; where
# pages share lists, half of it is for rows.
foreach my $memory ('1MB', $pages_share_lists ? '3MB' : '5MB')
{
	foreach my $workers (0, 1)
	{
		my $what = "$memory, $workers workers";
		build($memory, $workers, $what, 'DROP INDEX items_e', "CREATE INDEX items_e ON items USING $method (e)");
		hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', $what);
		my ($recall) = hnsw_recall($node, 'items', 'queries', 't.e <-> q.e', 30);
		cmp_ok($recall, '>=', $ample - 0.01, "$what: recall $recall, with ample memory $ample");
		my $pages = sql("SELECT pg_relation_size('items_e') / 8192");
		cmp_ok($pages, '<', $ample_pages * 1.02, "$what: $pages pages, with ample memory $ample_pages");
	}
}

# Kinds of indexes.
build('2MB', 0, 'REINDEX', 'REINDEX INDEX items_e');
build('2MB', 1, 'REINDEX CONCURRENTLY', 'REINDEX INDEX CONCURRENTLY items_e');
hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', 'after both');
build('2MB', 1, 'filters', 'DROP INDEX items_e', "CREATE INDEX items_e ON items USING $method (e, word)");
hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', 'filters');
build('2MB', 0, 'coarse storage', 'DROP INDEX items_e', "CREATE INDEX items_e ON items USING $method (e) WITH (storage = sq4)");
hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', 'coarse storage');
build('1MB', 1, 'a partial index', 'DROP INDEX items_e', "CREATE INDEX part ON items USING $method (e) WHERE word >= 2");
is(sql("SELECT (SELECT rows FROM index_info('part')) = (SELECT count(*) FROM items WHERE word >= 2)"), 't',
	'a partial index: has the rows of its condition');
sql('DROP INDEX part');
foreach my $kind ('UNLOGGED', 'TEMP')
{
	like(messages("CREATE $kind TABLE other AS SELECT * FROM items WHERE id BETWEEN 1 AND 3000",
			"SET maintenance_work_mem = '1MB'", "CREATE INDEX other_e ON other USING $method (e)",
			"SELECT * FROM index_check('other_e')", "DO \$\$ BEGIN ASSERT
				(SELECT rows FROM index_info('other_e')) = (SELECT count(*) FROM other), 'rows are missing'; END \$\$",
			'DROP TABLE other'),
		qr/\A[^\n]*NOTICE: [^\n]*will not fit into maintenance_work_mem\nDETAIL:[^\n]*\nHINT:[^\n]*\Z/, "a $kind table");
}

# Kinds of data: the index has each row, and finds neighbours.
my %data = (
	'zero vectors, cosine' => [ 'vector_cosine_ops', '<=>', "SELECT id, CASE WHEN id % 3 = 0 THEN array_fill(0, ARRAY[$dims])::vector ELSE e END AS e" ],
	'inner product' => [ 'vector_ip_ops', '<#>', 'SELECT id, e' ],
	'L1' => [ 'vector_l1_ops', '<+>', 'SELECT id, e' ],
	'one narrow cluster' => [ 'vector_l2_ops', '<->', "SELECT id, (SELECT array_agg(1 + x * 1e-5)::real[]::vector($dims) FROM unnest(e::real[]) x) AS e" ],
	'few distinct vectors' => [ 'vector_l2_ops', '<->', "SELECT id, (SELECT e FROM items j WHERE j.id = 1 + i.id % 7 LIMIT 1) AS e" ],
	'bit strings' => [ 'bit_hamming_ops', '<~>', "SELECT id, binary_quantize(e) || binary_quantize(e * e) AS e", 'bit(64)' ],
	'sparse vectors' => [ 'sparsevec_l2_ops', '<->', "SELECT id, e::sparsevec AS e", "sparsevec($dims)" ],
);
# What pages of near vectors are not for.
delete @data{'L1', 'bit strings', 'sparse vectors'} if $pages_share_lists;
foreach my $what (sort keys %data)
{
	my ($class, $operator, $query, $type) = @{$data{$what}};
	$type //= "vector($dims)";
	sql("CREATE TABLE other (id int, e $type)", "INSERT INTO other $query FROM items i WHERE id BETWEEN 1 AND 4000");
	my $notices = messages("SET maintenance_work_mem = '1MB'", "CREATE INDEX other_e ON other USING $method (e $class)");
	like($notices, qr/will not fit/, "$what: built in spatial order");
	unlike($notices, qr/ERROR/, "$what: no error");
	hnsw_check_index($node, 'other', "e $operator (SELECT e FROM other WHERE id = 1)", $what);
	sql('DROP TABLE other');
}

# Many vectors a row.
if (!$pages_share_lists)
{
	sql("CREATE TABLE other (id int, e vector($dims)[]) WITH (parallel_workers = 3)",
		'INSERT INTO other SELECT id / 4, array_agg(e) FROM items WHERE id > 0 GROUP BY id / 4');
	build('1MB', 1, 'many vectors a row', "CREATE INDEX other_e ON other USING $method (e vector_maxsim_ops)");
	is(sql("SELECT count(*) FROM index_check('other_e')", "SELECT rows = (SELECT count(*) FROM other), nodes > 3 * rows FROM index_info('other_e')"), "0\nt|t",
		'many vectors a row: a sound index, with nodes of all vectors');
	sql('DROP TABLE other');
}

# The limit of temporary files.
foreach my $workers (0, 1)
{
	like(messages('SET temp_file_limit = 512', "SET maintenance_work_mem = '1MB'",
			"SET max_parallel_maintenance_workers = $workers", "CREATE INDEX items_e ON items USING $method (e)"),
		qr/ERROR:  temporary file size exceeds "?temp_file_limit"? \(512kB\)/, "temp_file_limit, $workers workers");
	is(temporary_files(), '', 'no temporary file is left');
	is(sql("SELECT count(*) FROM pg_class WHERE relname = 'items_e'"), '0', 'no index either');
}

# temp_tablespaces; phases; cancellation in each of them.
my $folder = PostgreSQL::Test::Utils::tempdir();
chmod 0777, $folder;
$node->safe_psql('postgres', "CREATE TABLESPACE other LOCATION '$folder'");
# an expression that makes the scan of the table last
sql('CREATE TABLE fewer WITH (parallel_workers = 3) AS SELECT * FROM items WHERE id BETWEEN 1 AND 4000',
	"CREATE FUNCTION slow(e vector($dims)) RETURNS vector($dims) IMMUTABLE LANGUAGE plpgsql AS \$\$
	BEGIN PERFORM pg_sleep(0.0003); RETURN e; END \$\$");
foreach my $workers (0, 1)
{
	foreach my $wanted ('putting rows in spatial order', 'inserting rows')
	{
		my $out = '';
		my %files;
		my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), map { ('-c', $_) }
				'SET search_path = kg, public', "SET maintenance_work_mem = '1MB'", 'SET temp_tablespaces = other',
				"SET max_parallel_maintenance_workers = $workers", "CREATE INDEX fewer_e ON fewer USING $method ((slow(e)::vector($dims))) WITH (ef_construction = 400)" ],
			'<', \undef, '>', \$out, '2>&1', IPC::Run::timeout(180));
		while ($session->pumpable)
		{
			$session->pump_nb;
			# each look is a process of its own
			select undef, undef, undef, 0.02;
			my ($phase, $pid) = split /\|/, $node->safe_psql('postgres', 'SELECT phase, pid FROM pg_stat_progress_create_index');
			next unless defined $phase && $phase eq "building index: $wanted";
			$files{$_} = 1 foreach glob "$folder/PG_*/pgsql_tmp/*";
			$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)") if %files || $wanted =~ /putting/;
		}
		$session->finish;
		like($out, qr/canceling statement due to user request/, "cancelled while $wanted, $workers workers");
		cmp_ok(scalar keys %files, '>', 0, 'files were in temp_tablespaces') if $wanted =~ /inserting/;
		is(temporary_files(), '', 'no temporary file is left');
	}
}

# Workers that begin when the leader has put all rows already: they only take some.
sql('ALTER SYSTEM SET post_auth_delay = 1', 'SELECT pg_reload_conf()');
build('1MB', 2, 'late workers', "CREATE INDEX items_e ON items USING $method (e)");
sql('ALTER SYSTEM RESET post_auth_delay', 'SELECT pg_reload_conf()');
hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', 'late workers');
sql('DROP INDEX items_e');

# A table that has ten times as many rows as its statistics say: what counts is the sample.
if ($pages_share_lists)
{
	my ($right, $wrong) = map {
		sql("UPDATE pg_class SET reltuples = reltuples * $_ WHERE relname = 'items'",
			"SET maintenance_work_mem = '64MB'", 'SET max_parallel_maintenance_workers = 0',
			"CREATE INDEX items_e ON items USING $method (e)",
			"SELECT pg_relation_size('items_e'), recall, pages FROM index_recall('items_e', 200, 10, 'queries', 'e')",
			'DROP INDEX items_e') } 1, 0.1;
	is($wrong, $right, 'statistics are wrong: the same index');
}

# A crash in the middle; the next start removes the files.
my @sessions = hnsw_sessions($node, [ "SET maintenance_work_mem = '1MB'",
	'SET max_parallel_maintenance_workers = 1', "CREATE INDEX items_e ON items USING $method (e) WITH (ef_construction = 1000)" ]);
$node->poll_query_until('postgres', "SELECT phase ~ 'inserting' FROM pg_stat_progress_create_index")
	or die 'no build';
isnt(temporary_files(), '', 'a build has temporary files');
hnsw_crash($node, @sessions);
is(temporary_files(), '', 'a crash leaves no temporary file');
build('2MB', 1, 'after the crash', "CREATE INDEX items_e ON items USING $method (e)");
hnsw_check_index($node, 'items', 'e <-> (SELECT e FROM queries WHERE id = 1)', 'after the crash');

done_testing();
