# All functions on random graphs over tables of all kinds, through each reader
# that can serve, against NetworkX: several tables of nodes and of edges, keys of
# all types, loops, parallel edges, ends that are null or not there, edges that are no
# longer known, indexes for
# each of the readers.
#
# A few graphs with fixed seeds, each asked a part of everything; with
# KG_FUZZ_SECONDS=n others, asked everything, for so long.  A seed that failed is
# tried again, asked everything, by KG_FUZZ_SEED.
use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;
use GraphFuzz;

my $python = python_with('networkx, scipy');
my $node = graph_node('jit = off', "client_min_messages = error");
my @calls = fuzz_calls();
# of these calls, of each graph
my $share = $ENV{KG_FUZZ_SECONDS} || $ENV{KG_FUZZ_SEED} ? 1 : 0.08;
my $file = $node->basedir . '/fuzz.json';
my $json = JSON::PP->new->canonical->allow_nonref;
my $nresults = 0;
my %served;

$node->safe_psql('postgres', fuzz_schema() . q{
	-- the rows of a query as JSON; NULL where the reader cannot serve, 22 if data
	-- are wrong, else the message of an error
	CREATE FUNCTION ask(reader text, query text, OUT rows json) LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM set_config('kg.adjacency_reader', reader, true);
		EXECUTE 'SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(row_to_json(q)))), ''[]'') FROM (' || query || ') q' INTO rows;
	EXCEPTION WHEN object_not_in_prerequisite_state THEN
	WHEN data_exception THEN
		rows := to_json(CASE WHEN SQLERRM ~ 'weight|cycle' THEN '22' ELSE SQLERRM END);
	WHEN OTHERS THEN
		rows := to_json(SQLERRM);
	END $$;
});

# Rows in an order of their own
sub sorted
{
	my ($rows) = @_;
	return ref $rows ? join(";", sort map { $json->encode($_) } @$rows) : $rows;
}

# Asks everything of a graph through each reader, compares the answers, and keeps
# what differs for NetworkX to look at.
sub try_graph
{
	my ($seed) = @_;
	my $graph = random_graph($seed);
	my @calls = grep { rand() < $share } @calls;
	my @asked;
	my $script = join(";\n", @{ $graph->{sql} }) . ";\n";

	for my $call (@calls)
	{
		my ($module, $name, $query, @needs) = @$call;
		next if grep { $_ =~ /^(ids|numbers|times)$/ && !$graph->{$_} } @needs;
		$query =~ s/GRAPH/'$graph->{name}'/g;
		for my $reader ((grep { $_ eq 'once' } @needs) ? ('auto') : qw(sql auto leaf index heap))
		{
			push @asked, [ $call, $reader ];
			$script .= "SELECT coalesce(public.ask('$reader', \$q\$$query\$q\$)::text, 'null');\n";
		}
	}
	$script .= q{SELECT json_build_array((SELECT coalesce(json_agg(no ORDER BY no), '[]') FROM called),
		(SELECT coalesce(json_agg(json_build_array(id, s, t, coalesce(w, 1), type, valid, is_known, was_known) ORDER BY id), '[]') FROM known),
		(SELECT coalesce(json_agg(json_build_array(a, b)), '[]') FROM pair));};
	# One line for each query, and some for statements before
	my @lines = grep { $_ ne '' } split /\n/, $node->safe_psql('postgres', $script);
	my ($nodes, $edges, $pairs) = @{ $json->decode($lines[-1]) };
	my @answers = map { $json->decode($_) } @lines[ -1 - @asked .. -2 ];
	my (%seen, @results);
	for my $i (0 .. $#asked)
	{
		my ($call, $reader) = @{ $asked[$i] };
		my ($module, $name, $query, @needs) = @$call;
		my $key = "$module $name";

		next unless defined $answers[$i];
		$served{$reader}++;
		# What is wrong with a weight need not be met by each reader.
		my $bad = $graph->{bad} && $name =~ /weighted/;
		if (!ref $answers[$i] && !($answers[$i] eq '22' && ($bad || grep { $_ eq 'fails' } @needs)))
		{
			fail("$graph->{name}, $reader: $name: $answers[$i]");
			next;
		}
		next if $seen{$key}{ sorted($answers[$i]) }++;
		if (keys %{ $seen{$key} } > 1 && !$bad && !grep { $_ eq 'any' } @needs)
		{
			fail("$graph->{name}: $name by $reader differs: " . sorted($answers[$i]) . ' from ' . join(' or ', keys %{ $seen{$key} }));
		}
		push @results, [ $module, $name, $reader, $answers[$i] ];
	}
	append_to_file($file, $json->encode({ name => $graph->{name}, nodes => $nodes, edges => $edges, pairs => $pairs, results => \@results }) . "\n");
	$node->safe_psql('postgres', "SELECT kg.drop_graph('$graph->{name}'); DROP SCHEMA IF EXISTS $graph->{name} CASCADE");
	$nresults += @results;
	return;
}

if (my $seconds = $ENV{KG_FUZZ_SECONDS})
{
	my $end = time + $seconds;
	my $seed = $ENV{KG_FUZZ_SEED} || time;

	while (time < $end)
	{
		try_graph($seed++);
	}
	note("seeds up to $seed");
}
else
{
	try_graph($_) for $ENV{KG_FUZZ_SEED} ? ($ENV{KG_FUZZ_SEED}) : (1 .. 12);
	cmp_ok($served{$_} || 0, '>', 20, "the reader $_ has answered") for $ENV{KG_FUZZ_SEED} ? () : qw(sql leaf index heap);
}
check_with_networkx($python, 'test/tap/networkx_fuzz.py', $file, $nresults);

done_testing();
