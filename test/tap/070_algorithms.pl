# Algorithms return what NetworkX does, on small graphs of all kinds and on
# WordNet.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;

my $python = python_with('networkx, scipy');
my $node = graph_node("maintenance_work_mem = '256MB'", 'jit = off');
$node->safe_psql('postgres', 'CREATE EXTENSION kg');

my $seeds = "'{1,3,4,4,999999}'";
my $exact = 'tolerance => 0, max_iterations => 2000';
my %calls = (
	'graphml' => "export_graphml(",
	'degree' => "degree(",
	'pagerank' => "pagerank($exact, ",
	'pagerank in' => "pagerank($exact, direction => 'in', ",
	'pagerank both' => "pagerank($exact, direction => 'both', ",
	'pagerank weighted' => "pagerank($exact, weighted => true, ",
	'pagerank damping 0.5' => "pagerank(0.5, $exact, ",
	'personalized_pagerank' => "personalized_pagerank($seeds, epsilon => 1e-12, ",
	'personalized_pagerank in' => "personalized_pagerank($seeds, epsilon => 1e-12, direction => 'in', ",
	'personalized_pagerank both weighted' =>
	  "personalized_pagerank($seeds, epsilon => 1e-12, direction => 'both', weighted => true, ",
	'connected_components' => "connected_components(",
	'strongly_connected_components' => "strongly_connected_components(",
	'triangles' => "triangles(",
	'clustering_coefficient' => "clustering_coefficient(",
	'core_numbers' => "core_numbers(",
	'betweenness' => "betweenness(",
	'betweenness in' => "betweenness(direction => 'in', ",
	'betweenness both' => "betweenness(direction => 'both', ",
	'betweenness counts' => "betweenness(normalized => false, ",
	'betweenness both counts' => "betweenness(normalized => false, direction => 'both', ",
	'betweenness all sampled' => "betweenness(1000000, ",
	'label_propagation' => "label_propagation(max_iterations => NULL, ",
	'leiden' => "leiden(",
	'leiden weighted' => "leiden(weighted => true, ",
	'leiden resolution 2' => "leiden(2, ",
	'jaccard' => "node_similarity(k => NULL, ",
	'jaccard out' => "node_similarity(k => NULL, direction => 'out', ",
	'overlap' => "node_similarity(k => NULL, measure => 'overlap', ",
	'overlap out' => "node_similarity(k => NULL, measure => 'overlap', direction => 'out', ",
	'adamic_adar' => "node_similarity(k => NULL, measure => 'adamic_adar', ",
	'adamic_adar out' => "node_similarity(k => NULL, measure => 'adamic_adar', direction => 'out', ",
	'common_neighbors' => "node_similarity(k => NULL, measure => 'common_neighbors', ",
	'resource_allocation' => "node_similarity(k => NULL, measure => 'resource_allocation', ",
	'link_prediction' => "link_prediction(k => NULL, ",);

my $file = $node->basedir . '/graphs.json';
my $nresults = 0;

sub record
{
	my ($graph, @names) = @_;
	record_results($node, $file, $graph, $seeds, map { $_ => "kg.$calls{$_}graph => '$graph')" } @names);
	$nresults += @names;
	return;
}

my @all = sort keys %calls;
my %graphs = small_graphs();

for my $graph (sort keys %graphs)
{
	make_graph($node, 32, $graph, @{ $graphs{$graph} });
	record($graph, @all);
}

# WordNet, without what takes NetworkX too long, if KG_WORDNET has it
if (load_wordnet($node))
{
	record('wordnet', qw(degree pagerank personalized_pagerank connected_components
		  strongly_connected_components triangles clustering_coefficient core_numbers));
}

check_with_networkx($python, 'test/tap/networkx_check.py', $file, $nresults);

done_testing();
