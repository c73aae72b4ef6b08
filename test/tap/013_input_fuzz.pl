# Inputs that are nearly right: casts from arrays, options of indexes, JSON of kg.register_graph and of the verbs of
# memory, files that are imported.  What is taken must keep what test/tap/input_fuzz.sql asks of it, what is refused
# is refused with an error of the caller's, and the server stays.
#
#	KG_FUZZ_CASES	inputs for array casts, 2000 unless said otherwise ("make check-fuzz": 200000); the
#					others, which take longer, get a part of that
#	KG_FUZZ_SEED	1 unless said otherwise
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cases = $ENV{KG_FUZZ_CASES} // 2000;
my $seed = $ENV{KG_FUZZ_SEED} // 1;
# A target, its part of the cases, and the errors that it may end in; "00000" is none. Bounds of an array that
# are no integers are 54000 since 17.
my @targets = (
	[ 'array', 1, qw(00000 22000 22003 22004 2202E 22P02 54000) ],
	[ 'vectors', 1, qw(00000 22000 22003 22004 2202E 22P02 54000) ],
	[ 'options', 1 / 2, qw(00000 22023 42601) ],
	[ 'register', 1 / 4, qw(00000 22004 22023 22P02 22P05 42703 42804 42P01) ],
	[ 'write', 1 / 2, qw(00000 22023 22P02 22P05 23503 23505 23P01 42P08 P0002) ],
	[ 'import', 1 / 20, qw(00000 2200M 22P02 22P04 22P05 23503) ]);
# so many with one call, which a crash takes with it
my $batch = 500;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION kg');
$node->safe_psql('postgres', slurp_file('test/tap/input_fuzz.sql'));

my $all = 0;
foreach my $target (@targets)
{
	my ($name, $part, @allowed) = @$target;
	my $count = int($cases * $part) || 1;
	my (%cases, @wrong);

	for (my $first = 1; $first <= $count; $first += $batch)
	{
		my $n = $count - $first + 1 < $batch ? $count - $first + 1 : $batch;
		my ($status, $out, $err) = $node->psql('postgres', "SELECT state, cases, to_json(input), to_json(message) FROM fuzz.run('$name', $seed, $first, $n)");
		if ($status != 0)
		{
			push @wrong, "fuzz.run('$name', $seed, $first, $n): $err";
			last;
		}
		foreach my $line (split /\n/, $out)
		{
			my ($state, $number, $example) = split /\|/, $line, 3;
			push @wrong, "fuzz.run('$name', $seed, $first, $n): $line" if !grep { $_ eq $state } @allowed;
			$cases{$state} += $number;
		}
	}
	$all += $_ foreach values %cases;
	is(join("\n", @wrong), '', "$name: what is taken is right, and what is refused is refused with an error of the caller's (seed $seed)");
	cmp_ok($cases{'00000'} // 0, '>', 0, "$name: some inputs are taken");
	note("counts: $name, seed $seed: " . join(', ', map { "$_ $cases{$_}" } sort keys %cases));
}
note("counts: $all inputs, seed $seed");

is($node->safe_psql('postgres', 'SELECT count(*) FROM fuzz.vectors'), '60', 'the server answers, nothing was kept');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal/, 'no process was lost');
$node->stop;
done_testing();
