# Sessions that insert, search, delete and vacuum one kg_hnsw index at once for
# five seconds: none fails, and afterwards the index has every row of the table
# once, in order, with the recall of a fresh one.
#
#	KG_TIMES	how many times as long ("make check-random": 10)
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $am = hnsw_method();

my $seconds = 5 * ($ENV{KG_TIMES} // 1);
my $dims = 24;

# Memory that is used after it was freed holds no sensible values.
local $ENV{MALLOC_PERTURB_} = 165;
my $node = hnsw_node('main', 'fsync = off', 'autovacuum_naptime = 1s', 'autovacuum = on',
	'autovacuum_vacuum_threshold = 200', 'autovacuum_vacuum_scale_factor = 0',
	'autovacuum_vacuum_cost_delay = 0');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

sql("CREATE TABLE items (id serial PRIMARY KEY, e vector($dims))",
	"INSERT INTO items (e) SELECT e FROM " . hnsw_vectors(1, 2000, $dims, 1) . ' v',
	'CREATE TABLE pool (id int PRIMARY KEY, e vector(' . $dims . '))',
	'INSERT INTO pool SELECT id, e FROM ' . hnsw_vectors(1, 20000, $dims, 3) . ' v',
	'CREATE TABLE queries AS SELECT id, e FROM ' . hnsw_vectors(1, 50, $dims, 2) . ' v',
	'CREATE INDEX items_l2 ON items USING ' . $am . ' (e)',
	'CREATE INDEX items_cosine ON items USING ' . $am . ' (e vector_cosine_ops) WITH (' . hnsw_options('m = 8, storage = sq8') . ')',
	'VACUUM ANALYZE');

# Rows that stay, so that a scan for them can be wrong: one far from all others,
# one among them.
sql('CREATE TABLE stays (id int, e vector(' . $dims . '))',
	"INSERT INTO stays VALUES (-1, array_fill(9, ARRAY[$dims])::vector)",
	'INSERT INTO stays SELECT -2, e FROM pool WHERE id = 20000',
	'INSERT INTO items SELECT * FROM stays');

my %script = (
	# one row in five has the vector of many others, one in twenty none
	insert => 'INSERT INTO kg.items (e) SELECT CASE WHEN :n % 20 = 0 THEN NULL ELSE e END
			FROM kg.pool WHERE id = CASE WHEN :n % 5 = 1 THEN :n % 3 + 1 ELSE :n END;',
	batch => 'BEGIN; INSERT INTO kg.items (e) SELECT e FROM kg.pool WHERE id BETWEEN :n AND :n + 20;
		SELECT CASE WHEN :n % 3 = 0 THEN pg_sleep(0.001) END; END;',
	abort => 'BEGIN; INSERT INTO kg.items (e) SELECT e FROM kg.pool WHERE id BETWEEN :n AND :n + 10; ROLLBACK;',
	delete => 'DELETE FROM kg.items WHERE id IN (SELECT id FROM kg.items
			WHERE id > 0 ORDER BY e OPERATOR(kg.<->) (SELECT e FROM kg.pool WHERE id = :n) LIMIT 12);',
	update => 'UPDATE kg.items SET e = (SELECT e FROM kg.pool WHERE id = :n) WHERE id = :n % 2000 + 1;',
	# what a search returns is in order, and has the row that stays
	search => "SELECT kg.check_order('SELECT e OPERATOR(kg.<->) ' || (SELECT quote_literal(e) || '::kg.vector AS d FROM kg.items ORDER BY e OPERATOR(kg.<->) ' || quote_literal(e) FROM kg.pool WHERE id = :n) || '::kg.vector LIMIT 100');",
	cosine => "SELECT kg.check_order('SELECT e OPERATOR(kg.<=>) ' || (SELECT quote_literal(e) || '::kg.vector AS d FROM kg.items ORDER BY e OPERATOR(kg.<=>) ' || quote_literal(e) FROM kg.pool WHERE id = :n) || '::kg.vector LIMIT 30');",
	stays => "SELECT kg.check_nearest();",
	whole => "SELECT kg.check_whole();");

sql("CREATE FUNCTION check_order(query text) RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		d float8;
		before float8 := '-infinity';
	BEGIN
		SET LOCAL enable_seqscan = off;
		FOR d IN EXECUTE query LOOP
			ASSERT d IS NULL OR d >= before, format('%s after %s: %s', d, before, query);
			before := d;
		END LOOP;
	END \$\$",
	"CREATE FUNCTION check_nearest() RETURNS void LANGUAGE plpgsql AS \$\$
	BEGIN
		SET LOCAL enable_seqscan = off;
		ASSERT (SELECT id FROM kg.items ORDER BY e OPERATOR(kg.<->) (SELECT e FROM kg.stays WHERE id = -1) LIMIT 1) = -1,
			'the row far from all others was not found';
		ASSERT (SELECT id FROM kg.items ORDER BY e OPERATOR(kg.<->) (SELECT e FROM kg.stays WHERE id = -2) LIMIT 1) = -2,
			'the row among others was not found';
	END \$\$",
	# one statement, one snapshot
	"CREATE FUNCTION check_whole() RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		counts bigint[];
	BEGIN
		SET LOCAL enable_seqscan = off;
		SET LOCAL enable_sort = off;
		SET LOCAL enable_bitmapscan = off;
		SELECT ARRAY[count(*), count(DISTINCT id), (SELECT count(*) FROM kg.items)] INTO counts
		FROM (SELECT id FROM kg.items ORDER BY e OPERATOR(kg.<=>) array_fill(1, ARRAY[$dims])::kg.vector) s;
		ASSERT counts[1] = counts[3] AND counts[2] = counts[3], format('rows, ids, rows of the table: %s', counts);
	END \$\$");

my %weight = (insert => 20, batch => 4, abort => 2, delete => 6, update => 8, search => 10, cosine => 5, stays => 5, whole => 1);
my @files = map {
	my $file = $node->basedir . "/$_.sql";
	append_to_file($file, "\\set n random(1, 19900)\n$script{$_}\n");
	('-f', "$file\@$weight{$_}");
} sort keys %script;

my ($bench_out, $vacuum_out) = ('', '');
my $bench = IPC::Run::start([ 'pgbench', '-n', '-c', 8, '-j', 2, '-T', $seconds, '-M', 'prepared',
	'--random-seed=7', @files, '-h', $node->host, '-p', $node->port, 'postgres' ],
	'<', \undef, '>', \$bench_out, '2>&1', IPC::Run::timeout(300));
# One that vacuums all the time, and makes relation caches new.
my $vacuums = 0;
while ($bench->pumpable)
{
	$bench->pump_nb;
	my ($status, undef, $err) = $node->psql('postgres', 'SET search_path = kg; VACUUM items; ANALYZE items');
	$vacuum_out .= $err if $status != 0;
	$vacuums++;
}
$bench->finish;
is($vacuum_out, '', "$vacuums times VACUUM and ANALYZE");
is($bench->result(0), 0, 'pgbench ends well');
unlike($bench_out, qr/ERROR|aborted|FATAL|ASSERT|assert/, 'no session failed');
my ($done) = $bench_out =~ /number of transactions actually processed: (\d+)/;
cmp_ok($done, '>', 200, "$done transactions");
note($bench_out);

foreach my $when ('as it was left', 'after VACUUM')
{
	foreach my $index (qw(l2 cosine))
	{
		my $op = $index eq 'l2' ? '<->' : '<=>';
		is(sql("SELECT count(*) || coalesce(': ' || min(problem), '') FROM index_check('items_$index', true)"), '0', "$index $when: no broken invariant");
		is(hnsw_sql($node, "SELECT plan, missing, twice FROM pg_temp.knn('items', 'e $op (SELECT e FROM queries WHERE id = 1)')"),
			'index|0|0', "$index $when: every row once");
		is(hnsw_sql($node, "SELECT count(*) FROM queries q, pg_temp.knn('items', format('e $op %L', q.e), 100) k
				WHERE k.plan <> 'index' OR NOT k.ordered OR k.twice > 0"), '0', "$index $when: in order");
		my ($recall) = hnsw_recall($node, 'items', 'queries', "t.e $op q.e", 100);
		cmp_ok($recall, '>=', 0.95, "$index $when: recall $recall");
	}
	sql('VACUUM items');
}

# Values kept out of line, fetched while the index's relation cache entry is
# made new by others.
sql('CREATE TABLE long (id int, e vector(1500))', 'ALTER TABLE long ALTER e SET STORAGE external',
	'INSERT INTO long SELECT id, e FROM ' . hnsw_vectors(1, 150, 1500, 1) . ' v',
	'CREATE TABLE copies (LIKE long INCLUDING STORAGE)',
	'CREATE INDEX copies_e ON copies USING ' . $am . ' (e) WITH (' . ($am eq 'kg_hnsw' ? 'storage = f32, m = 4, ' : '') . 'ef_construction = 4)');
my $out = '';
my $updates = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'),
	map { ('-c', "UPDATE pg_class SET reltuples = $_ WHERE oid = 'kg.copies_e'::regclass") } 1 .. 400 ],
	'<', \undef, '>', \$out, '2>&1', IPC::Run::timeout(120));
sql('INSERT INTO copies SELECT id, e FROM long') foreach 1 .. 4;
$updates->finish;
is($out, '', 'invalidations of the index');
is(sql("SELECT count(*) FROM index_check('copies_e')", 'SELECT count(*) FROM copies'), "0\n600", 'and all rows were inserted');

done_testing();
