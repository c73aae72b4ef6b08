# Paths are those that NetworkX finds, on small graphs of all kinds and on
# WordNet.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $python = '/usr/bin/python3';
if (system("$python -c 'import networkx' 2>/dev/null") != 0)
{
	plan skip_all => 'NetworkX is not installed';
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION kg');

# A graph of these nodes and edges, which are queries.  Weights are eighths, so
# that their sums are exact.
sub make_graph
{
	my ($name, $nodes, $edges) = @_;

	$node->safe_psql('postgres', qq{
		SELECT kg.create_graph('$name');
		INSERT INTO $name.entity_type (name) VALUES ('node');
		INSERT INTO $name.relation_type (name) VALUES ('edge');
		INSERT INTO $name.entity (id, type, name) SELECT id, 1, '' FROM ($nodes) q(id);
		INSERT INTO $name.relation (source, target, type, weight)
		SELECT source, target, 1, (1 + abs(hashint8extended(row_number() OVER (), 5) % 8)) / 8.0
		FROM ($edges) q(source, target);
	});
}

# m edges between random ones of the nodes 1 .. n
sub random_edges
{
	my ($n, $m, $seed) = @_;

	return "SELECT 1 + abs(hashint8extended(i, $seed) % $n), 1 + abs(hashint8extended(i, $seed + 100) % $n)
		FROM generate_series(1, $m) i";
}

# What is asked: kind, direction and whether weights count are in the name;
# pairs are p (a, b).
my %calls;
for my $direction (qw(out in both))
{
	$calls{"paths $direction"} =
	  "SELECT a, b, nodes, relations FROM p, kg.paths(a, b, 4, '$direction', max_paths => NULL, graph => GRAPH)";
	$calls{"reachable $direction"} =
	  "SELECT a, b FROM p WHERE kg.reachable(a, b, direction => '$direction', graph => GRAPH)";
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
		return "(WITH p(a, b) AS MATERIALIZED ($pairs) SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(row_to_json(q)))), '[]') FROM ($query) q)";
	};
	my $results = join(",\n", map { "'$_', " . $arrays->($calls{$_}) } @names);

	append_to_file($file, $node->safe_psql('postgres', qq{
		SELECT json_build_object('name', '$graph',
			'pairs', } . $arrays->('SELECT * FROM p') . qq{,
			'nodes', (SELECT coalesce(json_agg(id), '[]') FROM $graph.entity),
			'edges', } . $arrays->("SELECT id, source, target, weight FROM $graph.relation") . qq{,
			'results', json_build_object($results))}) . "\n");
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
	make_graph($graph, @{ $graphs{$graph} });
	record($graph, "SELECT a.id, b.id FROM $graph.entity a, $graph.entity b WHERE a.id <> b.id
		ORDER BY hashint8extended(a.id, b.id) LIMIT $npairs", @all);
}

# WordNet, where searches end long before they have seen everything
my $wordnet = $ENV{KG_WORDNET};
if ($wordnet)
{
	$node->safe_psql('postgres', qq{
		SELECT kg.create_graph('wordnet', 384);
		COPY wordnet.entity_type FROM '$wordnet/entity_type.copy';
		COPY wordnet.relation_type FROM '$wordnet/relation_type.copy';
		SET session_replication_role = replica;
		COPY wordnet.entity (id, type, name, properties, embedding) FROM '$wordnet/entity.copy' (FORMAT binary);
		COPY wordnet.relation (source, target, type, properties) FROM '$wordnet/relation.copy';
		UPDATE wordnet.relation SET weight = (1 + abs(hashint8(id) % 8)) / 8.0;
		ANALYZE wordnet.entity, wordnet.relation;
	});
	record('wordnet', 'SELECT id, id * 7919 % 100000 + 1 FROM wordnet.entity WHERE id % 40009 = 5',
		'shortest out', 'shortest both', 'shortest out weighted', 'shortest both weighted',
		'all out', 'all both weighted', 'reachable out');
}

my $output = '';
my $status = IPC::Run::run([ $python, 'test/tap/networkx_paths.py', $file ], '>', \$output);
ok($status, 'NetworkX has looked at all results');
my @lines = split /\n/, $output;
is(scalar @lines, $nresults, "... at $nresults");
for my $line (@lines)
{
	my ($verdict, $name) = $line =~ /^(ok|not ok) - (.*)/;
	ok($verdict && $verdict eq 'ok', $name || $line);
}

done_testing();
