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

# Adds a graph and its results to the file that NetworkX shall check.
sub record
{
	my ($graph, @names) = @_;
	my $rows = sub {
		my ($query) = @_;
		return "(SELECT coalesce(json_agg(r), '[]') FROM (SELECT json_build_array(q.*) AS r FROM ($query) q) x)";
	};
	# a row of columns as an array; what repeats an id as text is not for NetworkX
	my $arrays = sub {
		my ($query) = @_;
		return "(SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(row_to_json(q)) WHERE key NOT LIKE '%key')), '[]') FROM ($query) q)";
	};
	my $results = join(",\n", map { "'$_', " . $arrays->("SELECT * FROM kg.$calls{$_}graph => '$graph')") } @names);
	my $json = $node->safe_psql('postgres', qq{
		SELECT json_build_object('name', '$graph',
			'nodes', (SELECT coalesce(json_agg(id), '[]') FROM $graph.entity),
			'edges', } . $arrays->("SELECT source, target, weight FROM $graph.relation") . qq{,
			'seeds', array_to_json($seeds\::bigint[]),
			'results', json_build_object($results))});

	append_to_file($file, "$json\n");
	$nresults += @names;
}

my @all = sort keys %calls;
my %graphs = (
	empty => ['SELECT 1 WHERE false', 'SELECT 1, 1 WHERE false'],
	single => ['VALUES (7)', 'SELECT 1, 1 WHERE false'],
	loop => ['VALUES (1)', 'VALUES (1, 1)'],
	isolated => ['SELECT generate_series(1, 5)', 'SELECT 1, 1 WHERE false'],
	edge => ['SELECT generate_series(1, 2)', 'VALUES (1, 2)'],
	parallel => ['SELECT generate_series(1, 4)', 'VALUES (1, 2), (1, 2), (2, 1), (2, 3), (2, 3), (2, 3), (3, 3), (3, 3)'],
	path => ['SELECT generate_series(1, 20)', 'SELECT i, i + 1 FROM generate_series(1, 19) i'],
	cycle => ['SELECT generate_series(1, 21)', 'SELECT i, 1 + i % 21 FROM generate_series(1, 21) i'],
	star => ['SELECT generate_series(1, 15)', 'SELECT 1, i FROM generate_series(2, 15) i'],
	complete => ['SELECT generate_series(1, 9)',
		'SELECT i, j FROM generate_series(1, 9) i, generate_series(1, 9) j WHERE i < j'],
	cliques => ['SELECT generate_series(1, 20)',
		'SELECT i, j FROM generate_series(1, 20) i, generate_series(1, 20) j WHERE i < j AND (i - 1) / 5 = (j - 1) / 5
		 UNION ALL SELECT i, i + 1 FROM generate_series(5, 15, 5) i'],
	layers => ['SELECT generate_series(1, 40)',
		'SELECT i, j FROM generate_series(1, 40) i, generate_series(1, 40) j WHERE i / 8 + 1 = j / 8 AND (i * j) % 3 = 0'],
	sparse => ['SELECT generate_series(1, 80)', random_edges(80, 70, 1)],
	medium => ['SELECT generate_series(1, 60)', random_edges(60, 180, 2)],
	dense => ['SELECT generate_series(1, 30)', random_edges(30, 500, 3)],
	blocks => ['SELECT generate_series(1, 120)',
		random_edges(30, 120, 4) . ' UNION ALL SELECT a + 30, b + 30 FROM (' . random_edges(30, 120, 5) . ') q(a, b)
		 UNION ALL SELECT a + 60, b + 60 FROM (' . random_edges(30, 120, 6) . ') q(a, b)
		 UNION ALL ' . random_edges(90, 40, 7)],
	# ids that have little to do with each other
	spread => ["SELECT hashint8extended(i, 42) / 2048 FROM generate_series(1, 50) i UNION SELECT generate_series(1, 3)",
		'SELECT hashint8extended(a, 42) / 2048, hashint8extended(b, 42) / 2048 FROM (' . random_edges(50, 150, 8) . ') q(a, b)
		 UNION ALL SELECT 1, hashint8extended(1, 42) / 2048 UNION ALL SELECT hashint8extended(2, 42) / 2048, 3'],);

for my $graph (sort keys %graphs)
{
	make_graph($node, 32, $graph, @{ $graphs{$graph} });
	record($graph, @all);
}

# WordNet, without what takes NetworkX too long
if (load_wordnet($node))
{
	record('wordnet', qw(degree pagerank personalized_pagerank connected_components
		  strongly_connected_components triangles clustering_coefficient core_numbers));
}

check_with_networkx($python, 'test/tap/networkx_check.py', $file, $nresults);

done_testing();
