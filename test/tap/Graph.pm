# Shared by the tests of graphs.
package Graph;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(graph_node as_role make_graph random_edges load_wordnet
  small_graphs python_with record_results check_with_networkx);

# A running server with these lines of configuration.
sub graph_node
{
	my (@conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new('main');
	$node->init;
	$node->append_conf('postgresql.conf', join("\n", 'autovacuum = off', @conf) . "\n");
	$node->start;
	return $node;
}

# Queries by a role: the rows, or the first line of the error.
sub as_role
{
	my ($node, $role, @queries) = @_;
	my ($status, $out, $err) = $node->psql('postgres',
		join(";\n", "SET ROLE $role", @queries));
	return $status == 0 ? $out : (split /\n/, $err =~ s/.*?ERROR:  //sr)[0];
}

# A graph of these nodes and edges, which are queries.  Weights are so many
# different eighths, so that their sums are exact.
sub make_graph
{
	my ($node, $weights, $name, $nodes, $edges) = @_;

	$node->safe_psql('postgres', qq{
		SELECT kg.create_graph('$name');
		INSERT INTO $name.entity_type (name) VALUES ('node');
		INSERT INTO $name.relation_type (name) VALUES ('edge');
		INSERT INTO $name.entity (id, type, name) SELECT id, 1, E'<a> & "b"\\r\\n\\x01' FROM ($nodes) q(id);
		INSERT INTO $name.relation (source, target, type, weight)
		SELECT source, target, 1, (1 + abs(hashint8extended(row_number() OVER (), 5) % $weights)) / 8.0
		FROM ($edges) q(source, target);
	});
	return;
}

# m edges between random ones of the nodes 1 .. n
sub random_edges
{
	my ($n, $m, $seed) = @_;

	return "SELECT 1 + abs(hashint8extended(i, $seed) % $n), 1 + abs(hashint8extended(i, $seed + 100) % $n)
		FROM generate_series(1, $m) i";
}

# Graphs of many kinds: the queries for nodes and edges of each.
sub small_graphs
{
	return (
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
}

# The graph "wordnet", if the files are there; false if not.
sub load_wordnet
{
	my ($node) = @_;
	my $files = $ENV{KG_WORDNET};

	return 0 unless $files;
	$node->safe_psql('postgres', qq{
		SELECT kg.create_graph('wordnet', 384);
		COPY wordnet.entity_type FROM '$files/entity_type.copy';
		COPY wordnet.relation_type FROM '$files/relation_type.copy';
		SET session_replication_role = replica;
		COPY wordnet.entity (id, type, name, properties, embedding) FROM '$files/entity.copy' (FORMAT binary);
		COPY wordnet.relation (source, target, type, properties) FROM '$files/relation.copy';
	});
	return 1;
}

# A Python that has these modules; skips the test if there is none.
sub python_with
{
	my ($modules) = @_;
	my $python = '/usr/bin/python3';

	plan skip_all => 'NetworkX is not installed'
	  if system("$python -c 'import $modules' 2>/dev/null") != 0;
	return $python;
}

# Adds a graph and the results of calls, by name, to the file for NetworkX.
sub record_results
{
	my ($node, $file, $graph, $seeds, %calls) = @_;
	# a row of columns as an array; what repeats an id as text is not for NetworkX
	my $arrays = sub {
		my ($query) = @_;
		return "(SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(row_to_json(q)) WHERE key NOT LIKE '%key')), '[]') FROM ($query) q)";
	};
	my $results = join("\nUNION ALL ",
		map { "SELECT '$_', " . $arrays->("SELECT * FROM $calls{$_}") } sort keys %calls);

	append_to_file($file, $node->safe_psql('postgres', qq{
		SELECT json_build_object('name', '$graph',
			'nodes', (SELECT coalesce(json_agg(id), '[]') FROM $graph.entity),
			'edges', } . $arrays->("SELECT source, target, weight FROM $graph.relation") . qq{,
			'seeds', array_to_json($seeds\::bigint[]),
			'results', (SELECT json_object_agg(name, rows) FROM ($results) r(name, rows)))}) . "\n");
	return;
}

# Lets a program look at the file of results, one line of verdict for each.
sub check_with_networkx
{
	my ($python, $program, $file, $nresults) = @_;
	my $output = '';
	my $status = IPC::Run::run([ $python, $program, $file ], '>', \$output);

	ok($status, 'NetworkX has looked at all results');
	my @lines = split /\n/, $output;
	is(scalar @lines, $nresults, "... at $nresults");
	for my $line (@lines)
	{
		my ($verdict, $name) = $line =~ /^(ok|not ok) - (.*)/;
		ok($verdict && $verdict eq 'ok', $name || $line);
	}
	return;
}

1;
