# Text input of the vector types: huge input costs no more than its length,
# and random input gives a value or an error of a known kind.
use strict;
use warnings;

use File::Spec;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('types_text');
$node->init;
# the statements with huge literals need not be logged
$node->append_conf('postgresql.conf', "log_min_error_statement = panic\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION kg');

# 40 MB, of which the message quotes the beginning only.
my $size = 40_000_000;
my $seconds = 24;
my @huge = (
	[ 'vector', "'[' || repeat('1', $size) || ']'", qr/^"1{1024}\.\.\." is out of range for type vector$/ ],
	[ 'vector', "'[' || repeat('1,', $size / 2) || '1]'", qr/^vector cannot have more than 16000 dimensions$/ ],
	[ 'vector', "'[0.' || repeat('0', $size) || '1]'", qr/^$/ ],
	[ 'vector', "'[1e' || repeat('9', $size) || ']'", qr/^"1e9{1022}\.\.\." is out of range for type vector$/ ],
	[ 'vector', "repeat(' ', $size)", qr/^invalid input syntax for type vector: " {1024}\.\.\."$/ ],
	[ 'vector', "repeat('[', $size)", qr/^invalid input syntax for type vector: "\[{1024}\.\.\."$/ ],
	[ 'halfvec', "'[' || repeat('1', $size) || ']'", qr/^"1{1024}\.\.\." is out of range for type halfvec$/ ],
	[ 'halfvec', "'[' || repeat('1,', $size / 2) || '1]'", qr/^halfvec cannot have more than 16000 dimensions$/ ],
	[ 'int8vec', "'[' || repeat('1', $size) || ']'", qr/^"1{1024}\.\.\." is out of range for type int8vec$/ ],
	[ 'int8vec', "'[' || repeat('1,', $size / 2) || '1]'", qr/^int8vec cannot have more than 16000 dimensions$/ ],
	[ 'sparsevec', "'{1:' || repeat('1', $size) || '}/1'", qr/^"1{1024}\.\.\." is out of range for type sparsevec$/ ],
	[ 'sparsevec', "'{' || repeat('1', $size) || ':1}/1'", qr/^sparsevec index out of bounds$/ ],
	[ 'sparsevec', "'{}/' || repeat('1', $size)", qr/^sparsevec cannot have more than 1000000000 dimensions$/ ],
	[ 'sparsevec', "'{' || repeat('1:0,', $size / 4) || '1:1}/1'", qr/^sparsevec cannot have more than 16000 non-zero elements$/ ]);
foreach my $case (@huge)
{
	my ($type, $text, $expected) = @$case;
	my ($status, $out, $err) = $node->psql('postgres', "SELECT count(($text)::kg.$type);\nSELECT pg_read_file('/proc/self/stat')", on_error_stop => 0);
	my ($message) = $err =~ /ERROR:  (.*)/;
	# user and system, in hundredths of a second
	my ($user, $system) = $out =~ /^\d+ \(.*\) \w (?:\S+ ){10}(\d+) (\d+) /m or die "no processor time in: $out";

	like($message // '', $expected, "$type, 40 MB: $text");
	cmp_ok(($user + $system) / 100, '<', $seconds, '... in bounded processor time');
}

# Random inputs, from a seed that repeats them.
my $seed = $ENV{KG_TEST_SEED} // 1;
note "KG_TEST_SEED=$seed";
srand($seed);

sub one_of { return $_[ int(rand(@_)) ] }

sub blanks { return one_of('', '', '', ' ', "\t", " \n ") }

sub number
{
	return one_of(
		int(rand(200)) - 100,
		rand(2) - 1,
		sprintf('%.*e', int(rand(20)), rand(10) - 5) . '',
		int(rand(10)) . 'e' . (int(rand(120)) - 60),
		one_of('65504', '65520', '3.4028235e38', '3.4028236e38', '1e-45', '1e-46', '-0', '+1', '.5', '5.', '0x1p3', '1e400'),
		one_of('NaN', 'inf', '-Infinity', '', 'x', '1x', '--1', '1 1', '1..2', 'e', '1e', "'1'"));
}

sub literal
{
	my ($type) = @_;
	my $n = one_of(0 .. 5, 20, 100);
	my $text;

	if ($type eq 'sparsevec')
	{
		my $dim = one_of($n, $n + 3, 1000000000, -1, 2147483648);
		$text = '{' . join(',', map { blanks() . int(rand($n + 2)) . blanks() . ':' . blanks() . number() } 1 .. one_of(0, 1, 1, 2, 5)) . blanks() . '}/' . $dim;
	}
	else
	{
		$text = '[' . join(',', map { blanks() . number() . blanks() } 1 .. $n) . ']';
	}
	return $text if rand() < 0.5;
	# and changed in a few places
	foreach (1 .. 1 + int(rand(3)))
	{
		substr($text, int(rand(length($text) + 1)), int(rand(2)), one_of(split(//, "[]{}:,/ 0123456789.eE+-xna\t"), ''));
	}
	return $text;
}

$node->safe_psql('postgres', q{
	CREATE TABLE input (type text, input text);
	CREATE FUNCTION outcome(type text, input text) RETURNS text
	LANGUAGE plpgsql AS $$
	DECLARE
		same bool;
	BEGIN
		-- its text and its binary form give the value again
		EXECUTE format('SELECT v::text::kg.%1$s OPERATOR(kg.=) v AND kg.%1$s_send(v::text::kg.%1$s) = kg.%1$s_send(v)
			FROM (SELECT $1::kg.%1$s AS v) s', type) INTO same USING input;
		RETURN CASE WHEN same THEN 'ok' ELSE 'another value' END;
	EXCEPTION WHEN OTHERS THEN
		RETURN sqlstate;
	END $$;
});
my $csv = File::Spec->rel2abs($node->basedir) . '/input.csv';
my $count = 4000;
open(my $fh, '>', $csv) or die "$csv: $!";
foreach my $type (qw(vector halfvec int8vec sparsevec))
{
	foreach (1 .. $count)
	{
		my $text = literal($type);
		$text =~ s/"/""/g;
		print $fh qq{$type,"$text"\n};
	}
}
close($fh) or die "$csv: $!";
my $outcomes = $node->safe_psql('postgres', qq{
	COPY input FROM '$csv' (FORMAT csv);
	SELECT type, outcome(type, input), count(*) FROM input GROUP BY 1, 2 ORDER BY 1, 2;
});
note $outcomes;

# invalid text, invalid data, out of range, limit exceeded
my @known = qw(ok 22P02 22000 22003 54000);
foreach my $type (qw(vector halfvec int8vec sparsevec))
{
	my %counts = $outcomes =~ /^$type\|([^|]+)\|(\d+)$/mg;
	my $total = 0;

	$total += $_ foreach values %counts;
	is($total, $count, "$type: all inputs were tried");
	is_deeply([ grep { my $outcome = $_; !grep { $_ eq $outcome } @known } sort keys %counts ], [], "$type: a value, or an error of a known kind");
	cmp_ok($counts{ok}, '>', $count / 10, "$type: a good part are values");
	cmp_ok($counts{'22P02'}, '>', $count / 10, "$type: and a good part are malformed");
}

# Errors of input are soft ones, where the server has such.
SKIP:
{
	my $version = $node->pg_version;

	skip 'pg_input_is_valid() came with PostgreSQL 16', 4 if $version < 16;
	my $mismatches = $node->safe_psql('postgres', q{
		SELECT type, input, pg_input_is_valid(input, 'kg.' || type) FROM input
		WHERE pg_input_is_valid(input, 'kg.' || type) <> (outcome(type, input) = 'ok')});
	is($mismatches, '', 'inputs are valid if their cast succeeds');
	is($node->safe_psql('postgres', q{SELECT pg_input_is_valid('[1,2]', 'kg.vector(3)'), pg_input_is_valid('[1,2]', 'kg.vector(2)')}),
		'f|t', 'with a type modifier');
	is($node->safe_psql('postgres', q{SELECT message, detail, sql_error_code FROM pg_input_error_info('[1]x', 'kg.vector')}),
		'invalid input syntax for type vector: "[1]x"|Junk after closing right brace.|22P02', 'the error itself');

	skip 'COPY ... ON_ERROR came with PostgreSQL 17', 1 if $version < 17;
	$node->safe_psql('postgres', qq{
		CREATE TABLE loaded (type text, v kg.vector);
		COPY loaded FROM '$csv' (FORMAT csv, ON_ERROR ignore)});
	is($node->safe_psql('postgres', 'SELECT count(*) FROM loaded'),
		$node->safe_psql('postgres', q{SELECT count(*) FROM input WHERE outcome('vector', input) = 'ok'}),
		'COPY passes over malformed rows');
}

$node->stop;
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'the server was never in trouble');

done_testing();
