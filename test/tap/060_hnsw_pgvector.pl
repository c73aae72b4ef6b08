# What pgvector 0.8.6 asks of its own index, asked of kg_hnsw: the statements
# and the bars of its TAP tests 013 (recall after concurrent inserts; without
# <+>, which has no operator class here), 014 and 026 (after many deletes, and
# VACUUM; vector and halfvec), 017 (which filters take the index) and 039 (nor
# does its cost keep the planner from it).
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;


# The server's own settings, which decide about plans, but for its log
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "search_path = 'kg, public'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION kg');
srand(20261128);

sub sql
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

sub random_vector
{
	my ($dims) = @_;
	return '[' . join(',', map { rand() } 1 .. $dims) . ']';
}

# SQL for an array of that many elements
sub array_of
{
	my ($element, $dims) = @_;
	return 'ARRAY[' . join(', ', ($element) x $dims) . ']';
}

# The ids of the 20 nearest rows of each query
sub nearest
{
	my ($setting, $op, @queries) = @_;
	return map { [ split /,/ ] } split /\n/, sql($setting, map {
			"SELECT string_agg(i::text, ',') FROM (SELECT i FROM tst ORDER BY v $op '$_' LIMIT 20) s"
		} @queries);
}

sub recall
{
	my ($op, $ef_search, @queries) = @_;
	my $settings = 'SET enable_seqscan = off' . ($ef_search ? "; SET kg.ef_search = $ef_search" : '');
	my @exact = nearest('SET enable_indexscan = off', $op, @queries);
	my @found = nearest($settings, $op, @queries);
	my ($hits, $total) = (0, 0);

	like(sql($settings, "EXPLAIN ANALYZE SELECT i FROM tst ORDER BY v $op '$queries[0]' LIMIT 20"),
		qr/Index Scan/, "$op: by index");
	foreach my $i (0 .. $#queries)
	{
		my %there = map { $_ => 1 } @{ $found[$i] };
		$hits += grep { $there{$_} } @{ $exact[$i] };
		$total += @{ $exact[$i] };
	}
	return $hits / $total;
}

my @queries = map { random_vector(3) } 1 .. 20;

# 013
foreach my $case ([ '<->', 'vector_l2_ops', .99 ], [ '<#>', 'vector_ip_ops', .97 ], [ '<=>', 'vector_cosine_ops', .99 ])
{
	my ($op, $class, $bar) = @$case;

	sql('CREATE TABLE tst (i serial, v vector(3))', "CREATE INDEX ON tst USING kg_hnsw (v $class)");
	$node->pgbench('--no-vacuum --client=10 --transactions=1000', 0, [qr/actually processed/], [qr/^$/],
		"$class: inserts by ten clients",
		{ "058_insert_$class" => 'INSERT INTO tst (v) VALUES (' . array_of('random() * random()', 3) . ')' });
	cmp_ok(recall($op, undef, @queries), '>=', $bar, "$class: recall after them");
	sql('DROP TABLE tst');
}

# 014, 026
foreach my $type ('vector', 'halfvec')
{
	sql("CREATE TABLE tst (i int, v $type(3)) WITH (autovacuum_enabled = false)",
		'INSERT INTO tst SELECT i, ' . array_of('random()', 3) . ' FROM generate_series(1, 10000) i',
		"CREATE INDEX ON tst USING kg_hnsw (v ${type}_l2_ops) WITH (m = 4, ef_construction = 8)",
		'DELETE FROM tst WHERE i > 2500');
	cmp_ok(recall('<->', 20, @queries), '>=', .18, "$type, three quarters deleted: ef_search 20");
	cmp_ok(recall('<->', 100, @queries), '>=', .93, "$type, three quarters deleted: ef_search 100");
	sql('VACUUM tst');
	cmp_ok(recall('<->', 20, @queries), '>=', .95, "$type, after VACUUM: ef_search 20");
	sql('DROP TABLE tst');
}

# 017
sub plan_is
{
	my ($statement, $wanted, $name) = @_;

	like(sql("EXPLAIN ANALYZE $statement"), $wanted, $name);
}

my $by_index = qr/Index Scan using idx/;
my $query = random_vector(3);
my $nearest = "ORDER BY v <-> '$query'";

sql('CREATE TABLE tst (i int, v vector(3), c int, t text)',
	'CREATE TABLE cat (i int PRIMARY KEY, t text, b boolean)',
	'INSERT INTO tst SELECT i, ' . array_of('random()', 3) . ", i % 50, 'test ' || i FROM generate_series(1, 10000) i",
	"INSERT INTO cat SELECT i, 'cat ' || i, i % 5 = 0 FROM generate_series(1, 50) i",
	'CREATE INDEX idx ON tst USING kg_hnsw (v vector_l2_ops)', 'ANALYZE tst');
plan_is("SELECT i FROM tst WHERE c = 7 $nearest LIMIT 20", qr/Seq Scan/, 'a filter that few rows pass');
plan_is("SELECT i FROM tst WHERE c != 7 $nearest LIMIT 20", $by_index, 'a filter that most rows pass');
plan_is("SELECT i FROM tst WHERE c >= 1 $nearest LIMIT 20", $by_index, 'a range that most rows pass');
plan_is("SELECT i FROM tst WHERE c < 1 $nearest LIMIT 20", qr/Seq Scan/, 'a range that few rows pass');
plan_is("SELECT i FROM tst WHERE t LIKE '%%test%%' $nearest LIMIT 20", $by_index, 'LIKE that most rows pass');
plan_is("SELECT i FROM tst WHERE t LIKE '%%other%%' $nearest LIMIT 20", qr/Seq Scan/, 'LIKE that few rows pass');
plan_is("SELECT i FROM tst WHERE v <-> '$query' < 1 $nearest LIMIT 20", $by_index, 'a distance below a limit');
plan_is("SELECT i FROM tst WHERE v <-> '$query' > 1 $nearest LIMIT 20", $by_index, 'a distance above a limit');
plan_is("SELECT i FROM tst WHERE v <-> '$query' < 1", qr/Seq Scan/, 'a distance without order');
plan_is("SELECT i FROM tst WHERE v <-> '$query' < 1 $nearest", qr/Seq Scan/, 'a distance without LIMIT');
plan_is("SELECT cat.t FROM cat JOIN tst ON cat.i = tst.c $nearest LIMIT 20", $by_index, 'a join');
plan_is("SELECT cat.t FROM cat JOIN tst ON cat.i = tst.c WHERE cat.b = 't' $nearest LIMIT 20", $by_index,
	'a join with a filter');
sql('CREATE INDEX attribute_idx ON tst (c)');
plan_is("SELECT i FROM tst WHERE c = 7 $nearest LIMIT 20", qr/Bitmap Index Scan on attribute_idx/, 'a filter with an index');
sql('CREATE INDEX partial_idx ON tst USING kg_hnsw (v vector_l2_ops) WHERE (c = 7)');
plan_is("SELECT i FROM tst WHERE c = 7 $nearest LIMIT 20", qr/Index Scan using partial_idx/, 'a partial index');
sql('DROP TABLE tst');

# 039
foreach my $dims (384, 1536)
{
	my $array = array_of('random()', $dims);
	my $near = "v <-> '" . random_vector($dims) . "'";

	sql("CREATE TABLE tst (i int, v vector($dims))",
		"INSERT INTO tst SELECT i, $array FROM generate_series(1, 2000) i",
		'CREATE INDEX idx ON tst USING kg_hnsw (v vector_l2_ops)', 'ANALYZE tst');
	plan_is("SELECT i FROM tst ORDER BY $near LIMIT 10", $by_index, "2,000 rows of $dims dimensions");
	sql('DROP INDEX idx', "INSERT INTO tst SELECT i, $array FROM generate_series(2001, 6000) i",
		'CREATE INDEX idx ON tst USING kg_hnsw (v vector_l2_ops)', 'ANALYZE tst');
	plan_is("SELECT i FROM tst WHERE $near < 1 ORDER BY $near LIMIT 10", $by_index,
		"6,000 rows of $dims dimensions, a distance below a limit");
	sql('DROP TABLE tst');
}

done_testing();
