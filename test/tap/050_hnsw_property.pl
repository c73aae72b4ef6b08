# Whatever the data, the options and the history: rows come in the operator's
# order, none is missing or twice, and the index's own check finds nothing.
#
#	KG_TIMES	how many times as many random cases as "make test" has ("make check-random": 10)
use strict;
use warnings;

use List::Util qw(min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $am = hnsw_method();

# so few buffers that scans read from disk
my $node = hnsw_node('main', 'shared_buffers = 1MB');
srand(20240517);
my $times = $ENV{KG_TIMES} // 1;

sub choose
{
	return $_[int(rand(@_))];
}

my %class = ('<->' => 'l2', '<#>' => 'ip', '<=>' => 'cosine', $am eq 'kg_hnsw' ? ('<+>' => 'l1') : ());
my @levels = grep {
	$node->psql('postgres', "LOAD 'kg'; SET kg.simd = '$_'") == 0
} qw(portable avx2 avx512 neon);
note("levels of kg.simd here: @levels");

# What the coordinates of row i are, given r, a random number in [-1, 1].
my %data = (
	uniform => 'r',
	clusters => 'r / 100 + hashint8((i % 7) * 65536::bigint + j) / 2147483648::float8',
	halves => 'CASE WHEN i % 2 = 0 THEN hashint8(j) / 2147483648::float8 ELSE r END',
	# differ in the last bits of float4
	ties => '1 + (hashint8(j) % 100) / 100::float8 + (r * 3)::int * 1.1920929e-7::float8',
	positive => 'r + 5',
	small => 'r * 1e-12',
	large => 'r * 1e12',
	# of many lengths
	lengths => 'r * 10::float8 ^ (i % 9 - 4)',
	# of lengths that float4 cannot square
	extreme => 'r * 10::float8 ^ (i % 70 - 35)',
	integers => '(r * 2)::int',
	sparse => 'CASE WHEN (i + j) % 10 = 0 THEN r ELSE 0 END');

# Inserts rows first..last of a kind into t.
sub fill
{
	my ($first, $last, $dims, $kind, $type) = @_;
	return "INSERT INTO t SELECT i, CASE WHEN i % 50 > 0 THEN ARRAY(SELECT $data{$kind}
			FROM (SELECT j, hashint8(i * 65536::bigint + j) / 2147483648::float8 AS r FROM generate_series(1, $dims) j) s
		)::real[]::kg.$type END FROM generate_series($first, $last) i";
}

# One line for each thing that is wrong with the answers to a few queries.
sub check
{
	my ($when, $op, $type, $limit) = @_;
	return "SELECT '$when', q.id, part, whole
		FROM (SELECT id, e FROM queries ORDER BY id) q,
			pg_temp.knn('t', format('e $op %L::kg.$type', q.e), $limit) part,
			pg_temp.knn('t', format('e $op %L::kg.$type', q.e)) whole
		WHERE part.plan <> 'index' OR NOT part.ordered OR part.twice > 0 OR part.returned < $limit OR
			whole.plan <> 'index' OR whole.missing > 0 OR whole.twice > 0",
		"SELECT '$when', k FROM index_check('t_e', true) k";
}

my @dims = (1, 2, 3, 7, 64, 100, 128, 130, 300, 768, 1536);
my $case = 0;
foreach my $round (1 .. 2 * $times)
{
	# of each round all kinds of data, operators and storages, each time with other dimensions
	my @ops = sort keys %class;
	my @kinds = sort keys %data;
	my @storages = qw(auto f32 f16 sq8);
	foreach my $i (0 .. $#dims)
	{
		my $dims = $dims[$i];
		my $op = $ops[ ($i + $round) % @ops ];
		my $kind = $kinds[ (4 * $i + $round * 7) % @kinds ];
		# half precision has no room for most of these lengths
		my $type = $kind =~ /small|large|lengths|extreme/ ? choose('vector', 'int8vec') : choose('vector', 'halfvec', 'int8vec');
		my $storage = $storages[ ($i + int($i / 4) + $round) % @storages ];
		my $m = choose(8, 16, 32, 50);
		my $with = hnsw_options("storage = $storage, m = $m") . ", code_bits = " . choose(0, 1, 2) .
			", ef_construction = " . choose(20, 100);
		my $rows = $dims > 500 ? 150 : 300;
		my $limit = int($rows / 5);
		my $level = choose(@levels);
		my $other = choose(@levels);
		# pages of several long vectors have no room for others
		$with = 'ef_construction = 50' if $am ne 'kg_hnsw' && $dims > 200;
		my $name = "${dims}-d $type $op, $kind, $with, $level then $other";

		my $found = hnsw_sql($node,
			"SET kg.simd = '$level'",
			"CREATE TABLE t (id int, e kg.$type($dims))",
			fill(1, $rows / 2, $dims, $kind, $type),
			"CREATE INDEX t_e ON t USING $am (e ${type}_$class{$op}_ops) WITH ($with)",
			"CREATE TABLE queries AS SELECT * FROM t WHERE id IN (1, 2)",
			# a stranger, and one far from all
			"INSERT INTO queries SELECT 3, (SELECT array_agg(sin(j)) FROM generate_series(1, $dims) j)::real[]::kg.$type",
			"INSERT INTO queries SELECT 4, (SELECT array_agg(1000 * cos(j)) FROM generate_series(1, $dims) j)::real[]::kg.$type",
			fill($rows / 2 + 1, $rows, $dims, $kind, $type),
			check('built and grown', $op, $type, $limit),
			"DELETE FROM t WHERE id % 3 = 1",
			check('deleted', $op, $type, $limit),
			'VACUUM t',
			check('vacuumed', $op, $type, $limit),
			"SET kg.simd = '$other'",
			fill($rows + 1, $rows + 60, $dims, choose($kind, 'uniform'), $type),
			'INSERT INTO t SELECT id + 10000, e FROM t WHERE id % 9 = 0',
			check('refilled', $op, $type, $limit),
			'UPDATE t SET id = id + 100000 WHERE id % 4 = 0',
			'VACUUM t', 'REINDEX INDEX t_e',
			"SET work_mem = '64kB'", 'SET kg.ef_search = 20',
			check('rebuilt, narrow search', $op, $type, min($limit, 20)),
			'DROP TABLE t, queries');
		is($found, '', 'case ' . ++$case . ": $name");
	}
}

# Storages whose bounds are so low that finer copies put candidates in order;
# vectors that are equal as stored, and copies longer than a page.
foreach my $case (['sq4', 3, 'uniform'], ['sq4', 130, 'clusters'], ['sq2', 128, 'uniform'], ['sq2', 64, 'integers'],
	['sq4', 768, 'lengths'], ['sq2', 300, 'ties'], ['sq4', 2100, 'uniform'], ['sq2', 9000, 'uniform'])
{
	my ($storage, $dims, $kind) = @$case;
	next if $am ne 'kg_hnsw' && $dims > 3000;
	foreach my $op (sort keys %class)
	{
		my $rows = $dims > 500 ? 100 : 400;
		my $found = hnsw_sql($node,
			"CREATE TABLE t (id int, e kg.vector($dims))",
			fill(1, $rows / 2, $dims, $kind, 'vector'),
			"CREATE INDEX t_e ON t USING $am (e vector_$class{$op}_ops) WITH (storage = $storage, ef_construction = 50)",
			"CREATE TABLE queries AS SELECT * FROM t WHERE id IN (1, 2)",
			fill($rows / 2 + 1, $rows, $dims, $kind, 'vector'),
			'INSERT INTO t SELECT id + 10000, e FROM t WHERE id % 9 = 0',
			check('built and grown', $op, 'vector', $rows / 5),
			"DELETE FROM t WHERE id % 3 = 1",
			'VACUUM t',
			fill($rows + 1, $rows + 60, $dims, 'uniform', 'vector'),
			check('vacuumed and refilled', $op, 'vector', $rows / 5),
			'DROP TABLE t, queries');
		is($found, '', "${dims}-d $op, $kind, $storage");
	}
}

if ($am ne 'kg_hnsw')
{
	done_testing();
	exit;
}

# Sparse vectors, in an index of an empty table, whose nodes have room for 64
# elements, or of rows, which tell how many; a part of them has more.
foreach my $case ([1, 'uniform'], [3, 'integers'], [40, 'extreme'], [60, 'ties'], [100, 'sparse'], [100, 'lengths'],
	[300, 'uniform'], [300, 'clusters'], [400, 'sparse'], [700, 'small'], [1000, 'sparse'], [1100, 'large'])
{
	my ($dims, $kind) = @$case;
	my $op = choose('<->', '<#>', '<=>');
	my $rows = $dims > 500 ? 150 : 300;
	my $with = 'm = ' . choose(8, 16, 32) . ', storage = ' . choose('auto', 'f32', 'sq4');
	my $index = "CREATE INDEX t_e ON t USING $am (e sparsevec_$class{$op}_ops) WITH ($with)";
	my $late = choose(0, 1);
	my $name = "$dims sparse $op, $kind, $with" . ($late ? ', index of rows' : '');
	my $found = hnsw_sql($node,
		'SET client_min_messages = warning',
		"CREATE TABLE t (id int, e kg.sparsevec($dims))",
		$late ? () : $index,
		fill(1, $rows / 3, $dims, 'sparse', 'sparsevec'),
		$late ? $index : (),
		fill($rows / 3 + 1, $rows, $dims, $kind, 'sparsevec'),
		'INSERT INTO t SELECT id + 10000, e FROM t WHERE id % 9 = 0',
		"CREATE TABLE queries AS SELECT * FROM t WHERE id IN (1, 2, $rows - 1)",
		"INSERT INTO queries VALUES (0, '{1:-3}/$dims')",
		check('built and grown', $op, 'sparsevec', $rows / 5),
		'DELETE FROM t WHERE id % 3 = 1',
		'VACUUM t',
		fill($rows + 1, $rows + 60, $dims, $kind, 'sparsevec'),
		check('vacuumed and refilled', $op, 'sparsevec', $rows / 5),
		'UPDATE t SET id = id + 100000 WHERE id % 4 = 0',
		'VACUUM t', 'REINDEX INDEX t_e', 'SET kg.ef_search = 20',
		check('rebuilt, narrow search', $op, 'sparsevec', min($rows / 5, 20)),
		'DROP TABLE t, queries');
	is($found, '', $name);
}

# Bit strings: short ones, those whose neighbours' codes are samples, the longest;
# dense and sparse sets, the empty set among them.
foreach my $case ([1, '<~>'], [1, '<%>'], [8, '<%>'], [31, '<~>'], [32, '<%>'], [33, '<~>'], [100, '<%>'], [384, '<~>'],
	[1000, '<%>'], [3000, '<~>'], [9001, '<%>'], [64000, '<~>'])
{
	my ($dims, $op) = @$case;
	my %bit_class = ('<~>' => 'hamming', '<%>' => 'jaccard');
	my $rows = $dims > 500 ? 120 : 300;
	my $part = choose(2, 2, 5, 40);
	my $level = choose(@levels);
	my $period = min($dims, 400);
	my $fill = sub {
		my ($first, $last) = @_;
		return "INSERT INTO t SELECT i, CASE WHEN i % 50 > 0 THEN repeat((
				SELECT string_agg((hashint8(i * 65536::bigint + j) % $part = 0)::int::text, '' ORDER BY j) FROM generate_series(1, $period) j
			), $dims / $period + 1)::bit($dims) END FROM generate_series($first, $last) i";
	};
	my $bit_check = sub {
		my ($when, $limit) = @_;
		return "SELECT '$when', q.id, part, whole FROM (SELECT id, e FROM queries ORDER BY id) q,
				pg_temp.knn('t', format('e %s %L::bit($dims)', '$op', q.e), $limit) part,
				pg_temp.knn('t', format('e %s %L::bit($dims)', '$op', q.e)) whole
			WHERE part.plan <> 'index' OR NOT part.ordered OR part.twice > 0 OR part.returned < $limit OR
				whole.plan <> 'index' OR whole.missing > 0 OR whole.twice > 0",
			"SELECT '$when', k FROM index_check('t_e', true) k";
	};
	my $found = hnsw_sql($node,
		'SET client_min_messages = warning',
		"SET kg.simd = '$level'",
		"CREATE TABLE t (id int, e bit($dims))",
		$fill->(1, $rows / 2),
		"CREATE INDEX t_e ON t USING $am (e bit_$bit_class{$op}_ops) WITH (m = " . choose(8, 16, 32) . ')',
		'CREATE TABLE queries AS SELECT * FROM t WHERE id IN (1, 2)',
		"INSERT INTO queries VALUES (3, 0::bit($dims)), (4, ~ 0::bit($dims))",
		$fill->($rows / 2 + 1, $rows),
		"INSERT INTO t SELECT id + 10000, e FROM t WHERE id % 9 = 0",
		"INSERT INTO t SELECT 20000 + i, 0::bit($dims) FROM generate_series(1, 3) i",
		$bit_check->('built and grown', $rows / 5),
		'DELETE FROM t WHERE id % 3 = 1',
		'VACUUM t',
		$fill->($rows + 1, $rows + 60),
		$bit_check->('vacuumed and refilled', $rows / 5),
		'REINDEX INDEX t_e', 'SET kg.ef_search = 20',
		$bit_check->('rebuilt, narrow search', min($rows / 5, 20)),
		'DROP TABLE t, queries');
	is($found, '', "$dims bits $op, one in $part set, $level");
}

done_testing();
