# Centralities, cycles, forests, partitions, walks and embeddings are what
# NetworkX has, or what a few lines of numpy make of the same rule.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;

my $python = python_with('networkx, scipy, numpy');
my $node = graph_node("maintenance_work_mem = '256MB'", 'jit = off');

# Two of the functions refuse graphs with cycles: no rows then.  A partition is
# that of ids by remainder.
$node->safe_psql('postgres', q{
	CREATE EXTENSION kg;
	CREATE FUNCTION ordered(direction text, graph text)
		RETURNS TABLE (entity bigint, ordinal bigint, level int) LANGUAGE plpgsql AS $$
	BEGIN
		RETURN QUERY SELECT o.entity, o.ordinal, o.level FROM kg.topological_order(direction, graph => graph) o;
	EXCEPTION WHEN data_exception THEN
	END $$;
	CREATE FUNCTION longest(weighted bool, graph text)
		RETURNS TABLE (step int, entity bigint, cost float8) LANGUAGE plpgsql AS $$
	BEGIN
		RETURN QUERY SELECT l.step, l.entity, l.cost FROM kg.longest_path(weighted => weighted, graph => graph) l;
	EXCEPTION WHEN data_exception THEN
	END $$;
	CREATE FUNCTION modularity_by_remainder(resolution float8, direction text, weighted bool, graph text)
		RETURNS TABLE (modularity float8) LANGUAGE plpgsql AS $$
	BEGIN
		RETURN QUERY EXECUTE format('SELECT kg.modularity(array_agg(id), array_agg(abs(id %% 3)), $1, $2, weighted => $3, graph => $4)
			FROM %I.entity', graph) USING resolution, direction, weighted, graph;
	END $$;
});

my %calls;
for my $direction (qw(out in both))
{
	my $d = "direction => '$direction', ";
	$calls{"topological order $direction"} = "ordered('$direction', " if $direction ne 'both';
	$calls{"betweenness weighted $direction"} = "kg.betweenness(${d}weighted => true, ";
	$calls{"edge_betweenness $direction"} = "kg.edge_betweenness($d";
	$calls{"edge_betweenness weighted $direction"} = "kg.edge_betweenness(${d}weighted => true, ";
	$calls{"edge_betweenness counts $direction"} = "kg.edge_betweenness(normalized => false, $d";
	$calls{"closeness $direction"} = "kg.closeness($d";
	$calls{"closeness weighted $direction"} = "kg.closeness(${d}weighted => true, ";
	$calls{"harmonic_centrality $direction"} = "kg.harmonic_centrality($d";
	$calls{"harmonic_centrality weighted $direction"} = "kg.harmonic_centrality(${d}weighted => true, ";
	$calls{"eigenvector_centrality $direction"} = "kg.eigenvector_centrality(500, 0, $d";
	$calls{"eigenvector_centrality weighted $direction"} = "kg.eigenvector_centrality(500, 0, ${d}weighted => true, ";
	$calls{"katz_centrality $direction"} = "kg.katz_centrality(0.01, tolerance => 1e-14, $d";
	$calls{"katz_centrality weighted $direction"} = "kg.katz_centrality(0.005, 2, false, tolerance => 1e-14, ${d}weighted => true, ";
	$calls{"hits $direction"} = "kg.hits(500, 0, $d";
	$calls{"hits weighted $direction"} = "kg.hits(500, 0, ${d}weighted => true, ";
	$calls{"modularity $direction"} = "modularity_by_remainder(1, '$direction', false, ";
	$calls{"modularity weighted $direction"} = "modularity_by_remainder(0.5, '$direction', true, ";
	$calls{"random_walks $direction"} = "kg.random_walks(length => 8, walks => 3, $d";
	$calls{"fastrp $direction"} = "kg.fastrp(20, '{0.5,0,1,-2}', seed => 7, $d";
	$calls{"fastrp weighted $direction"} = "kg.fastrp(16, normalization => -0.5, seed => -3, ${d}weighted => true, ";
}
$calls{'find_cycle'} = "kg.find_cycle(";
$calls{'longest_path'} = "longest(false, ";
$calls{'longest_path weighted'} = "longest(true, ";
$calls{'minimum_spanning_forest'} = "kg.minimum_spanning_forest(";
$calls{'minimum_spanning_forest unweighted'} = "kg.minimum_spanning_forest(weighted => false, ";
$calls{'bridges'} = "kg.bridges(";
$calls{'articulation_points'} = "kg.articulation_points(";
# as many samples as there are entities are no sample
$calls{'closeness out all sampled'} = "kg.closeness(1000000, ";

# Long enough to tell how often each relation is taken
my %long_walks = (
	'random_walks both often' => "kg.random_walks('{1,2}', 3000, 10, direction => 'both', ",
	'random_walks both weighted often' => "kg.random_walks('{1,2}', 3000, 10, direction => 'both', weighted => true, ",
	'random_walks both node2vec often' => "kg.random_walks('{1,2}', 3000, 10, p => 4, q => 0.25, direction => 'both', weighted => true, ",);

my $file = $node->basedir . '/graphs.json';
my $nresults = 0;

sub record
{
	my ($graph, %wanted) = @_;
	record_results($node, $file, $graph, "'{}'", map { $_ => "$wanted{$_}graph => '$graph')" } keys %wanted);
	$nresults += keys %wanted;
	return;
}

# Without cycles, with parallel relations; two that a single relation connects
my %graphs = (
	small_graphs(),
	dag => ['SELECT generate_series(1, 60)',
		'SELECT least(a, b), greatest(a, b) FROM (' . random_edges(60, 160, 11) . ') q(a, b) WHERE a <> b'],
	barbell => ['SELECT generate_series(1, 14)',
		'SELECT i, j FROM generate_series(1, 12) i, generate_series(1, 12) j WHERE i < j AND (i - 1) / 6 = (j - 1) / 6
		 UNION ALL VALUES (7, 6), (12, 13), (13, 12), (13, 14)'],);

for my $graph (sort keys %graphs)
{
	make_graph($node, 32, $graph, @{ $graphs{$graph} });
	record($graph, %calls);
}
record($_, %long_walks) for qw(parallel cliques dag);

# WordNet, without what takes NetworkX too long, if KG_WORDNET has it
if (load_wordnet($node))
{
	record('wordnet', map { $_ => $calls{$_} } 'find_cycle', 'minimum_spanning_forest unweighted',
		'bridges', 'articulation_points', 'modularity both', 'modularity out', 'katz_centrality out');
}

check_with_networkx($python, 'test/tap/networkx_structure.py', $file, $nresults);

# Samples estimate: on average they are right.
for my $function (qw(closeness harmonic_centrality))
{
	cmp_ok(abs($node->safe_psql('postgres', qq{
		SELECT avg(s.score / e.score) - 1
		FROM kg.$function(direction => 'both', graph => 'dense') e, generate_series(1, 300) seed,
			LATERAL kg.$function(7, seed, 'both', graph => 'dense') s
		WHERE e.entity = 3 AND s.entity = 3})), '<', 0.05, "$function from samples");
}

done_testing();
