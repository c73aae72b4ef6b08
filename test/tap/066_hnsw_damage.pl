# Damaged pages of kg_hnsw (of kg_diskann in 107): bits are flipped in the files of
# indexes of all kinds, in pages of one kind of each file, of another in each round.
# A statement that meets them may answer, or say that the index is corrupted;
# it may not crash the server, run without end or raise an internal error, and
# REINDEX mends all.
#
#	KG_DAMAGE_ROUNDS	in each one database, so eight files; 3 unless said otherwise
#						("make check-damage": 200)
#	KG_DAMAGE_SEED		1
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Damage;
use Hnsw;

my $seed = $ENV{KG_DAMAGE_SEED} // 1;
my $rounds = $ENV{KG_DAMAGE_ROUNDS} // 3;
my $node = without_checksums(hnsw_node('main', 'fsync = off', 'full_page_writes = off', 'log_min_messages = log', 'max_parallel_maintenance_workers = 0'));
srand($seed);

sub sql
{
	my ($database, @queries) = @_;
	return $node->safe_psql($database, join(";\n", 'SET search_path = kg, public', @queries));
}

my $method = hnsw_method();

# Each index has pages of other kinds: duplicates, rows without a node, frames,
# copies, values of filter columns, vectors of many dimensions, arrays.
my %indexes = (
	plain => 'e vector_l2_ops) WITH (m = 6, ef_construction = 20',
	small => 'e vector_cosine_ops) WITH (m = 4, ef_construction = 16, storage = sq4',
	filter => 'e vector_ip_ops, f, g) WITH (m = 6, ef_construction = 20',
	half => 'h halfvec_l2_ops) WITH (m = 6, ef_construction = 20, storage = f32, code_bits = 2',
	sparse => 's sparsevec_cosine_ops) WITH (m = 6, ef_construction = 20',
	bits => 'b bit_hamming_ops) WITH (m = 6, ef_construction = 20',
	pending => 'e vector_l2_ops, f) WITH (m = 6, ef_construction = 20, fastupdate = on, pending_list_limit = 1000',
	waiting => 's sparsevec_ip_ops) WITH (m = 6, ef_construction = 20, fastupdate = on, pending_list_limit = 1000',
);
my %key = (
	plain => [ 'e', '<->', 'vector', 'e' ],
	small => [ 'e', '<=>', 'vector', 'e' ],
	filter => [ 'e', '<#>', 'vector', 'e' ],
	half => [ 'h', '<->', 'halfvec', 'h' ],
	sparse => [ 's', '<=>', 'sparsevec', 's' ],
	bits => [ 'b', '<~>', 'bit', 'b' ],
	pending => [ 'e', '<->', 'vector', 'e' ],
	waiting => [ 's', '<#>', 'sparsevec', 's' ],
);
# types that kg_diskann is not for
delete @indexes{qw(bits sparse waiting)} if $method eq 'kg_diskann';
my @names = sort keys %indexes;

foreach my $name (@names)
{
	sql('postgres', "CREATE TABLE $name (id int, e vector(12), h halfvec(12), s sparsevec(500), b bit(64), f int, g text)
		WITH (autovacuum_enabled = off)",
		'SELECT setseed(0.5)',
		"INSERT INTO $name
		SELECT i, format('[%s]', x)::vector, format('[%s]', x)::halfvec, format('{%s}/500', y)::sparsevec, z::bit(64), i % 7, 'w' || i % 50
		FROM generate_series(1, 1500) i,
		LATERAL (SELECT string_agg((random() * 9 - 3 + i % 5 + 0 * k)::numeric(8, 3)::text, ',') x, string_agg(format('%s:%s', 36 * k + i % 30 + 1,
			(0.1 + random())::numeric(8, 3)), ',' ORDER BY k) y FROM generate_series(1, 12) k) v,
		LATERAL (SELECT string_agg((random() < 0.5)::int::text, '') z FROM generate_series(1, 64) k WHERE i > 0) w",
		"INSERT INTO $name SELECT 2000 + i, e, h, s, b, f, g FROM $name, generate_series(1, 200) i WHERE id = 7",
		"INSERT INTO $name SELECT 3000 + i FROM generate_series(1, 700) i",
		"CREATE INDEX ${name}_i ON $name USING $method (" . hnsw_options($indexes{$name}) . ')',
		"DELETE FROM $name WHERE id % 10 = 3", "VACUUM $name",
		"INSERT INTO $name SELECT 5000 + i, e, h, s, b, f, g FROM $name, generate_series(1, 2) i WHERE id < 60",
		"CREATE TABLE query_$name AS SELECT $key{$name}[0] AS q FROM $name WHERE id IN (5, 500)", "ANALYZE $name");
	is(sql('postgres', "SELECT count(*) FROM index_check('${name}_i', true)"), '0', "$name: an index without damage");
}

# Kinds of pages, by the number that is in their special space (src/ann/layout/page.h)
my @kinds = qw(none meta frames nodes chunks list entries copies free map words values_map values pending);
# By kind: places that were damaged, files, and how many of them index_check tells of
my $kind_place = 8188;
my %places;
my %files;
my %told;

# The numbers of a file's blocks, by kind
sub blocks_by_kind
{
	my ($bytes) = @_;
	my %blocks;

	foreach my $block (0 .. length($bytes) / 8192 - 1)
	{
		push @{ $blocks{ $kinds[ unpack 'S', substr $bytes, $block * 8192 + $kind_place, 2 ] // 'none' } }, $block;
	}
	return %blocks;
}

# Flips some bits of a file: anywhere, in headers and special spaces, or in a
# whole word.  Returns the kind of the pages.
sub flip_bits
{
	my ($path, $number) = @_;
	my $bytes = slurp_file($path);
	my %blocks = blocks_by_kind($bytes);
	my @there = sort keys %blocks;
	my $kind = $there[ $number % @there ];
	my @blocks = @{ $blocks{$kind} };
	my $count = 1 + int rand 6;

	foreach (1 .. $count)
	{
		my $how = rand();
		my $place = $how < 0.5 ? int rand 8192 : $how < 0.7 ? int rand 100 : $how < 0.85 ? 8160 + int rand 32 : 24 + int rand 400;
		my $at = $blocks[ int rand @blocks ] * 8192 + $place;

		if (rand() < 0.15)
		{
			$at -= $at % 4;
			substr($bytes, $at, 4) = pack('L', (0, 1, 0xffffffff, 0x7fffffff, int rand 65536)[ int rand 5 ]);
		}
		else
		{
			substr($bytes, $at, 1) = chr(ord(substr $bytes, $at, 1) ^ 1 << int rand 8);
		}
	}
	open my $file, '>:raw', $path or die "$path: $!";
	print $file $bytes;
	close $file or die "$path: $!";
	$places{$kind} += $count;
	$files{$kind}++;
	return $kind;
}

# What is done to each index.  Each is a statement of its own.
sub statements
{
	my ($name) = @_;
	my ($column, $operator) = @{ $key{$name} };
	my $order = "ORDER BY $column $operator (SELECT q FROM query_$name LIMIT 1)";
	my $filter = $name eq 'filter' ? "WHERE f = 3 AND g > 'w2'" : '';

	return ("SELECT count(*) FROM index_check('${name}_i', true)",
		"SELECT * FROM index_info('${name}_i')",
		"SELECT id FROM $name $filter $order LIMIT 10",
		"SELECT id FROM $name $order LIMIT 3000",
		"SELECT count(*) FROM (SELECT id FROM $name $order OFFSET 0) q",
		"INSERT INTO $name SELECT 6000 + id, e, h, s, b, f, g FROM $name TABLESAMPLE SYSTEM (5) REPEATABLE (1) LIMIT 20",
		"INSERT INTO $name SELECT 7000 + i FROM generate_series(1, 300) i",
		"DELETE FROM $name WHERE id % 7 = 2",
		"VACUUM $name",
		"SELECT id FROM $name $order LIMIT 20",
		"INSERT INTO $name SELECT 8000 + id, e, h, s, b, f, g FROM $name WHERE id BETWEEN 100 AND 130",
		($name eq 'sparse' || $name eq 'bits' || $name eq 'waiting' ? () : "SELECT index_recall('${name}_i', 5, 5)"),
		"REINDEX INDEX ${name}_i",
		"SELECT 'problems', count(*) FROM index_check('${name}_i', true)",
		"SET enable_seqscan = on",
		"SELECT 'rows', count(*) - (SELECT count(*) FROM (SELECT id FROM $name $order OFFSET 0) q) FROM $name");
}

# Besides errors of corruption: what the server itself says when a row's TID is on
# no page of the table, or when a distance is not the one that was said, and the meta page's
# number of dimensions
my $known = qr/^could not open file "base[^"]*" \(target block|^index returned tuples in wrong order|^expected \d+ dimensions, not \d+/;
my %states;
my %wrong;
my $damaged = 0;
my $lost = '';

foreach my $round (1 .. $rounds)
{
	# a database is a copy of files, of which nothing is in memory
	$node->safe_psql('template1', "CREATE DATABASE damaged$round TEMPLATE postgres STRATEGY file_copy");
	my %paths = map { $_ => $node->data_dir . '/' . sql("damaged$round", "SELECT pg_relation_filepath('${_}_i')") } @names;
	my %kind = map { $names[$_] => flip_bits($paths{ $names[$_] }, $round + $_) } 0 .. $#names;

	foreach my $name (@names)
	{
		my @lines = ('SET search_path = kg, public; SET enable_seqscan = off; SET enable_sort = off; SET statement_timeout = 120000; '
			. 'SET client_min_messages = error', statements($name));
		my ($number) = $paths{$name} =~ /(\d+)$/;
		my ($out, $err) = ('', '');
		my $file = $node->basedir . '/statements.sql';
		unlink $file;
		append_to_file($file, join(";\n", @lines) . ";\n");
		IPC::Run::run([ 'psql', '-XAqt', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', '-d', $node->connstr("damaged$round"),
			'-f', $file ], '>', \$out, '2>', \$err);
		$damaged++;
		$told{ $kind{$name} }++ if $out !~ /\A0\n/;
		while ($err =~ /^psql:[^:]*:(\d+): (?:ERROR|FATAL|PANIC):  (\w{5}): (.*)$/mg)
		{
			my ($line, $state, $message) = ($1, $2, $3);
			$states{$state}++;
			$wrong{"$state: $message"} //= "round $round, $name: $lines[$line - 1]" unless $state =~ /^XX00[12]$/ ||
				($message =~ $known && $message !~ m{/$number\b});
		}
		$wrong{"$name after REINDEX"} //= "round $round: $out" unless $out =~ /^problems\|0\nrows\|0\n\z/m;
		if ($err =~ /^(psql:.*(?:server closed|connection to server|terminating connection).*)$/m)
		{
			$lost .= "round $round, $name: $1\n" . ($1 =~ /:(\d+):/ ? "$lines[$1 - 1]\n" : '');
			# after a crash
			$node->poll_query_until('postgres', 'SELECT true');
		}
	}
	$node->safe_psql('template1', "DROP DATABASE damaged$round");
}
my ($places, $found) = (0, 0);
$places += $_ foreach values %places;
$found += $_ foreach values %told;
note("counts: $method: $damaged damaged files, $places places (seed $seed); index_check tells of $found; errors by SQLSTATE: "
	. join(', ', map { "$_ $states{$_}" } sort keys %states));
note('counts: by kind of page, places, and files of which index_check tells: '
	. join(', ', map { "$_ $places{$_} " . ($told{$_} // 0) . "/$files{$_}" } sort keys %places));
is($lost, '', "no crash (seed $seed)");
is(join("\n", map { "$_\n  $wrong{$_}" } sort keys %wrong), '', 'other errors than of corruption, and what REINDEX leaves');
cmp_ok($found, '>', $damaged / 3, 'index_check finds damage in many');
cmp_ok($states{XX002} // 0, '>', 0, 'statements tell of damage');

done_testing();
