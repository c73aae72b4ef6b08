# Paths are those that NetworkX finds, on small graphs of all kinds and on
# WordNet.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;

my $python = python_with('networkx');
my $node = graph_node('jit = off');
$node->safe_psql('postgres', 'CREATE EXTENSION kg');

# What is asked: kind, direction and whether weights count are in the name;
# pairs are p (a, b).
my %calls;
for my $direction (qw(out in both))
{
	$calls{"paths $direction"} =
	  "SELECT a, b, nodes, relations FROM p, kg.paths(a, b, 4, '$direction', max_paths => NULL, graph => GRAPH)";
	$calls{"reachable $direction"} =
	  "SELECT a, b FROM p WHERE kg.reachable(a, b, direction => '$direction', graph => GRAPH)";
	my $graph = "direction => '$direction', graph => GRAPH";
	$calls{"within $direction weighted"} =
	  "SELECT a, b, max(cost), array_agg(relation ORDER BY step) FILTER (WHERE step > 0)
		FROM p, kg.shortest_path(a, b, 4, weighted => true, $graph) GROUP BY a, b";
	$calls{"allwithin $direction weighted"} =
	  "SELECT a, b, cost, nodes, relations FROM p, kg.all_shortest_paths(a, b, 4, weighted => true, max_paths => NULL, $graph)";
	$calls{"kwithin $direction weighted"} =
	  "SELECT a, b, cost, nodes, relations FROM p, kg.k_shortest_paths(a, b, 8, 4, weighted => true, $graph)";
	$calls{"distances $direction"} =
	  "SELECT a, b, entity, cost, source FROM p, kg.distances(ARRAY[a, b], 2, $graph)";
	$calls{"matrix $direction"} =
	  "SELECT a, b, source, target, cost FROM p, kg.cost_matrix(ARRAY[a, b], ARRAY[b, a], $graph)";
	$calls{"totals $direction"} =
	  "SELECT a, b, entity, total, paths, minimum, maximum FROM p, kg.path_totals(a, 3, $graph)";
	$calls{"page $direction"} =
	  "SELECT a, b, array_agg(entity ORDER BY depth, entity), array_agg(depth ORDER BY depth, entity) FROM p,
		LATERAL (SELECT * FROM kg.traverse_page(a, NULL, max_rows => 3, $graph) q
			UNION ALL SELECT r.* FROM (SELECT * FROM kg.traverse_page(a, NULL, max_rows => 3, $graph) q ORDER BY depth DESC, entity DESC LIMIT 1) q,
				kg.traverse_page(a, NULL, max_rows => NULL, $graph, after_depth => q.depth, after => q.entity::text) r) q GROUP BY a, b";
	for my $weighted (qw(true false))
	{
		my $name = $direction . ($weighted eq 'true' ? ' weighted' : '');
		$calls{"sets $name"} =
		  "SELECT a, b, cost, nodes, relations FROM p, kg.all_shortest_paths(ARRAY[a, b], ARRAY(SELECT id FROM TABLES.entity WHERE id % 5 = 1),
			max_paths => NULL, weighted => $weighted, $graph)";
	}
	for my $weighted (qw(true false))
	{
		my $rest = "direction => '$direction', graph => GRAPH, weighted => $weighted";
		my $name = $direction . ($weighted eq 'true' ? ' weighted' : '');
		$calls{"shortest $name"} =
		  "SELECT a, b, max(cost), array_agg(relation ORDER BY step) FILTER (WHERE step > 0)
			FROM p, kg.shortest_path(a, b, $rest) GROUP BY a, b";
		$calls{"all $name"} =
		  "SELECT a, b, cost, nodes, relations FROM p, kg.all_shortest_paths(a, b, max_paths => NULL, $rest)";
		$calls{"k $name"} =
		  "SELECT a, b, cost, nodes, relations FROM p, kg.k_shortest_paths(a, b, 8, $rest)";
	}
}

my $file = $node->basedir . '/paths.json';
my $nresults = 0;

# Adds a graph and its results to the file that NetworkX shall check.  "pairs"
# is a query.
sub record
{
	my ($graph, $pairs, @names) = @_;
	# the rows of a query as arrays of columns
	my $arrays = sub {
		my ($query) = @_;
		$query =~ s/GRAPH/'$graph'/g;
		$query =~ s/TABLES/$graph/g;
		return "(WITH p(a, b) AS MATERIALIZED ($pairs) SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(row_to_json(q)))), '[]') FROM ($query) q)";
	};
	my $results = join(",\n", map { "('$_', " . $arrays->($calls{$_}) . ')' } @names);

	append_to_file($file, $node->safe_psql('postgres', qq{
		SELECT json_build_object('name', '$graph',
			'pairs', } . $arrays->('SELECT * FROM p') . qq{,
			'nodes', (SELECT coalesce(json_agg(id), '[]') FROM $graph.entity),
			'edges', } . $arrays->("SELECT id, source, target, weight FROM $graph.relation") . qq{,
			'results', (SELECT json_object_agg(name, rows) FROM (VALUES $results) r(name, rows)))}) . "\n");
	$nresults += @names;
}

my @all = sort keys %calls;
my %graphs = (
	isolated => ['SELECT generate_series(1, 5)', 'SELECT 1, 1 WHERE false'],
	parallel => ['SELECT generate_series(1, 4)', 'VALUES (1, 2), (1, 2), (2, 1), (2, 3), (2, 3), (2, 3), (3, 3), (3, 3), (1, 3), (3, 4)'],
	cycle => ['SELECT generate_series(1, 21)', 'SELECT i, 1 + i % 21 FROM generate_series(1, 21) i'],
	star => ['SELECT generate_series(1, 15)', 'SELECT 1, i FROM generate_series(2, 15) i'],
	complete => ['SELECT generate_series(1, 7)',
		'SELECT i, j FROM generate_series(1, 7) i, generate_series(1, 7) j WHERE i < j'],
	layers => ['SELECT generate_series(1, 40)',
		'SELECT i, j FROM generate_series(1, 40) i, generate_series(1, 40) j WHERE i / 8 + 1 = j / 8 AND (i * j) % 3 = 0'],
	grid => ['SELECT generate_series(0, 48)',
		'SELECT i, i + 1 FROM generate_series(0, 48) i WHERE i % 7 < 6 UNION ALL SELECT i, i + 7 FROM generate_series(0, 41) i'],
	sparse => ['SELECT generate_series(1, 80)', random_edges(80, 110, 1)],
	medium => ['SELECT generate_series(1, 60)', random_edges(60, 180, 2)],
	dense => ['SELECT generate_series(1, 20)', random_edges(20, 90, 3)],
	# ids that have little to do with each other
	spread => ["SELECT hashint8extended(i, 42) / 2048 FROM generate_series(0, 50) i UNION SELECT generate_series(1, 3)",
		'SELECT hashint8extended(a, 42) / 2048, hashint8extended(b, 42) / 2048 FROM (' . random_edges(50, 150, 8) . ') q(a, b)'],);
my $npairs = 40;

for my $graph (sort keys %graphs)
{
	make_graph($node, 8, $graph, @{ $graphs{$graph} });
	record($graph, "SELECT a.id, b.id FROM $graph.entity a, $graph.entity b WHERE a.id <> b.id
		ORDER BY hashint8extended(a.id, b.id) LIMIT $npairs", @all);
}

# WordNet, where searches end long before they have seen everything
if (load_wordnet($node))
{
	$node->safe_psql('postgres', q{
		UPDATE wordnet.relation SET weight = (1 + abs(hashint8(id) % 8)) / 8.0;
		ANALYZE wordnet.entity, wordnet.relation;
	});
	record('wordnet', 'SELECT id, id * 7919 % 100000 + 1 FROM wordnet.entity WHERE id % 40009 = 5',
		'shortest out', 'shortest both', 'shortest out weighted', 'shortest both weighted',
		'all out', 'all both weighted', 'reachable out');
}

check_with_networkx($python, 'test/tap/networkx_paths.py', $file, $nresults);

done_testing();
