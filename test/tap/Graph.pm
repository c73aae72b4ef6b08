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
  python_with check_with_networkx);

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
