# Random graphs over tables of many kinds, and what to ask them: for the test of
# all functions through all readers.
package GraphFuzz;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(fuzz_schema random_graph fuzz_calls);

# The key of the i-th node, by the types of its columns: expressions of $i.  Some
# are near each other, some have most of their bytes in common, some are written
# oddly.
my $text = q{(ARRAY['Zoo ', 'ant-', '"', E'\\\\', '', 'ab ', 'long enough to differ late '])[1 + I % 7] || I};
my $uuid = q{(CASE I % 3 WHEN 0 THEN '00000000aaaaaaaa' ELSE substr(md5(I::text), 1, 16) END || lpad(to_hex(I), 16, '0'))::uuid};
my %keys = (
	int => [ [ 'int', 'I * 7 - 30' ] ],
	smallint => [ [ 'smallint', 'I' ] ],
	bigint => [ [ 'bigint', q{('x' || substr(md5(I::text), 1, 16))::bit(64)::bigint} ] ],
	uuid => [ [ 'uuid', $uuid ] ],
	text => [ [ 'text COLLATE "C"', $text ] ],
	words => [ [ 'varchar COLLATE "en-x-icu"', $text ] ],
	numeric => [ [ 'numeric', 'I / 4.0' ] ],
	tenant => [ [ 'int', 'I % 3' ], [ 'bigint', '(I - 9)::bigint << (I % 40)' ] ],
	tenant_text => [ [ 'uuid', q{md5((I % 2)::text)::uuid} ], [ 'text', $text ] ],
	tenant_date => [ [ 'date', q{date '2000-02-27' + I} ], [ 'smallint', 'I % 5' ] ],);

my @weights = ('int', 'real', 'double precision', 'numeric', undef);

sub pick
{
	return $_[ int(rand(@_)) ];
}

# An expression for the i-th node, of one column of its key
sub key_of
{
	my ($column, $i) = @_;
	return $column->[1] =~ s/\bI\b/($i)/gr;
}

# What nodes are called in results: their number, whatever the graph
sub fuzz_schema
{
	return q{
		CREATE EXTENSION kg;
		CREATE TABLE called (address text COLLATE "C" PRIMARY KEY, no int);
		CREATE TABLE pair (a int, b int);
		CREATE TABLE known (id int, s int, t int, w float8, type text);
		CREATE FUNCTION no(text) RETURNS int LANGUAGE sql STABLE AS 'SELECT no FROM called WHERE address = $1';
		CREATE FUNCTION nos(text[]) RETURNS int[] LANGUAGE sql STABLE AS
			'SELECT array_agg(no(a) ORDER BY n) FROM unnest($1) WITH ORDINALITY u(a, n)';
		CREATE VIEW ask AS SELECT pair.a, pair.b, x.address AS from_node, y.address AS to_node
			FROM pair JOIN called x ON x.no = a JOIN called y ON y.no = b;
	};
}

# Statements that make a graph of random tables, and what is known of it:
# { name, sql, ids: do all edges have one, numbers: are nodes integers }
sub random_graph
{
	my ($seed) = @_;
	srand($seed);
	my $name = "fuzz_$seed";
	my $n = pick(1, 5, 12, 30);
	my $ntables = pick(1, 1, 2, 3);
	my (@sql, @nodes, @edges, @node_json, @edge_json, $all_ids, $id);

	$all_ids = 1;
	$id = 0;
	push @sql, "CREATE SCHEMA $name", "SET search_path = $name, public, pg_catalog", "TRUNCATE called, pair, known",
	  "CREATE TEMP TABLE edge_of (id int, s int, t int, w float8, type text)";
	for my $t (0 .. $ntables - 1)
	{
		my $type = pick(sort keys %keys);
		my $columns = $keys{$type};
		my @names = map { "k$_" } 1 .. @$columns;
		my $json = @names > 1 ? "jsonb_build_array(" . join(', ', @names) . ")::text" :
		  $type eq 'numeric' ? 'trim_scale(k1)::text' : 'k1::text';
		my $prefix = $ntables > 1 ? "'n$t:' || " : '';

		push @nodes, { type => $type, columns => $columns, names => \@names };
		push @sql, "CREATE TABLE n$t (no int, "
		  . join(', ', map { "$names[$_] $columns->[$_][0]" } 0 .. $#names) . ', PRIMARY KEY (' . join(', ', @names) . '))',
		  "INSERT INTO n$t SELECT i, " . join(', ', map { key_of($_, 'i') } @$columns) . " FROM generate_series(1, $n) i WHERE i % $ntables = $t",
		  "INSERT INTO called SELECT $prefix$json, no FROM n$t";
		my $key = @names > 1 ? '[' . join(', ', map { qq{"$_"} } @names) . ']' : '"k1"';
		push @node_json, qq{{"table": "n$t", "key": $key}};
	}
	for my $e (0 .. pick(0, 0, 1, 2))
	{
		my ($source, $target) = (int(rand($ntables)), int(rand($ntables)));
		my $edge = random_edges($e, $n, $ntables, [ $source, $nodes[$source] ], [ $target, $nodes[$target] ]);

		$all_ids &&= $edge->{id};
		push @sql, @{ $edge->{sql} };
		push @edge_json, $edge->{json};
	}
	push @sql, 'VACUUM' if rand() < 0.5;
	push @sql, "SELECT kg.register_graph('$name', '[" . join(', ', @node_json) . "]', '[" . join(', ', @edge_json) . "]')",
	  "INSERT INTO pair SELECT DISTINCT 1 + i * 7 % $n, 1 + i * i * 5 % $n FROM generate_series(1, 5) i",
	  "DELETE FROM pair WHERE a = b";
	return { name => $name, sql => \@sql, ids => $all_ids, numbers => $ntables == 1 && $nodes[0]{type} =~ /int$/ };
}

# A table of edges: a twentieth of the ends is null, as many are not there unless
# there are foreign keys; some edges are there several times.
sub random_edges
{
	my ($e, $n, $ntables, $source, $target) = @_;
	my $m = pick(0, $n, 2 * $n, 4 * $n);
	my $id = rand() < 0.7;
	my $weight = pick(@weights);
	my $typed = rand() < 0.4;
	my $keyed = rand() < 0.4;
	my $extra = $keyed ? 0 : $n / 10 + 1;
	my @s = map { "s$_" } 1 .. @{ $source->[1]{names} };
	my @t = map { "t$_" } 1 .. @{ $target->[1]{names} };
	my (@columns, @values, @sql);

	for my $side ([ $source, \@s, 's' ], [ $target, \@t, 't' ])
	{
		my ($end, $names, $no) = @$side;
		my $types = $end->[1]{columns};

		push @columns, map { "$names->[$_] $types->[$_][0]" } 0 .. $#$names;
		push @values, map { "CASE WHEN $no IS NOT NULL THEN " . key_of($_, $no) . " END" } @$types;
	}
	# integers may be of another width than the key
	s/ int$/ bigint/ for ($columns[0]);
	push @columns, 'id int' if $id;
	push @values, 'id' if $id;
	push @columns, "w $weight" if $weight;
	push @values, $weight eq 'int' ? 'ceil(w)::int' : 'w' if $weight;
	push @columns, 'type text' if $typed;
	push @values, 'type' if $typed;
	# ends are of the tables' own nodes: numbers by remainder
	my $end = sub {
		my ($table, $salt) = @_;
		return "nullif((hashint8extended(i, $salt) & 1023) % ($n / $ntables + $extra + 1)::int, 0) * $ntables - (CASE $table WHEN 0 THEN 0 ELSE $ntables - $table END)";
	};
	my $first = 10000 * $e;
	my $salt = int(rand(1000000));
	push @sql, 'TRUNCATE edge_of',
	  "INSERT INTO edge_of SELECT $first + i, " . $end->($source->[0], $salt) . ', ' . $end->($target->[0], $salt + 1)
	  . ", (1 + abs(hashint8(i + $salt)) % 32) / 8.0, " . ($typed ? "(ARRAY['a', 'b', NULL])[1 + i % 3]" : "'e$e'") . " FROM generate_series(1, $m) i";
	push @sql, "INSERT INTO edge_of SELECT id + 500, s, s, w, type FROM edge_of WHERE id % 7 = 0" if $source->[0] == $target->[0];
	push @sql, "INSERT INTO edge_of SELECT id + 700, s, t, w, type FROM edge_of WHERE id % 5 = 0",
	  $keyed ? "DELETE FROM edge_of WHERE s NOT IN (SELECT no FROM n$source->[0]) OR t NOT IN (SELECT no FROM n$target->[0])" : 'SELECT',
	  "CREATE TABLE e$e (" . join(', ', @columns) . ')',
	  "INSERT INTO e$e SELECT " . join(', ', @values) . " FROM edge_of ORDER BY hashint8extended(id, $salt)",
	  # as the references see it
	  "INSERT INTO public.known SELECT id, s, t, " . (!$weight ? '1' : $weight eq 'int' ? 'ceil(w)' : 'w') . ", type
		FROM edge_of WHERE s IN (SELECT no FROM n$source->[0]) AND t IN (SELECT no FROM n$target->[0])";
	my ($sc, $tc) = (join(', ', @s), join(', ', @t));
	if ($keyed)
	{
		push @sql, "ALTER TABLE e$e ADD FOREIGN KEY ($sc) REFERENCES n$source->[0], ADD FOREIGN KEY ($tc) REFERENCES n$target->[0]"
		  unless $columns[0] =~ / bigint$/ && $source->[1]{columns}[0][0] eq 'numeric';
	}
	push @sql, random_indexes($e, $sc, $tc, join('', map { ", $_" } ($id ? 'id' : ()), ($weight && $weight ne 'numeric' ? 'w' : ()), ($typed ? 'type' : ())));
	my $list = sub { @_ > 1 ? '[' . join(', ', map { qq{"$_"} } @_) . ']' : qq{"$_[0]"} };
	my $json = qq({"table": "e$e", "source": ) . $list->(@s) . ', "target": ' . $list->(@t)
	  . qq{, "source_label": "n$source->[0]", "target_label": "n$target->[0]"}
	  . ($id ? ', "id": "id"' : '') . ($weight ? ', "weight": "w"' : '') . ($typed ? ', "type_column": "type"' : qq(, "type": "e$e")) . '}';
	return { id => $id, sql => \@sql, json => $json };
}

# Indexes that serve one reader or another
sub random_indexes
{
	my ($e, $source, $target, $rest) = @_;
	my $desc = sub { join(', ', map { "$_ DESC" } split /, /, $_[0]) };
	my %kinds = (
		none => [],
		plain => [ "($source)", "($target)" ],
		covering => [ "($source, $target)" . ($rest ? " INCLUDE (" . substr($rest, 2) . ')' : ''), "($target, $source$rest)" ],
		descending => [ '(' . $desc->($source) . ") INCLUDE ($target$rest)", '(' . $desc->($target) . ") INCLUDE ($source$rest)" ],);

	return map { "CREATE INDEX ON e$e $_" } @{ $kinds{ pick('none', 'plain', 'covering', 'covering', 'descending') } };
}

# What is asked: the module that knows the answer and the name that it has there
# (test/tap/networkx_fuzz.py), the query, and what a graph must have: "ids" of
# edges, or nodes that are "numbers".
sub fuzz_calls
{
	my @calls;
	my $in = "graph => GRAPH";

	for my $d (qw(out in both))
	{
		my $node = 'no(coalesce(key, entity::text))';
		my $nodes = 'nos(coalesce(keys, nodes::text[]))';
		my $pair = 'from_node, to_node';

		for my $depth (0, 2, 'NULL')
		{
			push @calls, [ walks => "traverse $d $depth", "SELECT a, $node, depth FROM (SELECT DISTINCT a, from_node FROM ask) x, kg.traverse(from_node, $depth, '$d', $in)" ];
		}
		push @calls,
		  [ walks => "traverse $d all", "SELECT 0, $node, depth FROM kg.traverse((SELECT array_agg(DISTINCT from_node) FROM ask), NULL, '$d', $in)" ],
		  [ walks => "traverse $d 3 a e0", "SELECT a, $node, depth FROM (SELECT DISTINCT a, from_node FROM ask) x, kg.traverse(from_node, 3, '$d', '{a,e0}', $in)" ],
		  [ walks => "neighborhood $d 2", "SELECT a, n FROM (SELECT DISTINCT a, from_node FROM ask) x, unnest(kg.neighborhood(from_node, 2, '$d', $in)) k JOIN called ON address = k::text, LATERAL (SELECT no) y(n)", 'numbers' ],
		  [ walks => "neighbors $d", "SELECT a, no(coalesce(key, neighbor::text)), outgoing, coalesce(weight, 1), type_name FROM (SELECT DISTINCT a, from_node FROM ask) x, kg.neighbors(from_node, '$d', $in)" ],
		  [ walks => "subgraph $d 1", "SELECT a, jsonb_array_length(nodes), jsonb_array_length(edges) FROM (SELECT DISTINCT a, from_node FROM ask) x, kg.subgraph(from_node, 1, '$d', $in)" ],
		  [ paths => "reachable $d", "SELECT a, b FROM ask WHERE kg.reachable($pair, direction => '$d', $in)" ],
		  [ paths => "paths $d", "SELECT a, b, $nodes, relations FROM ask, kg.paths($pair, 4, '$d', max_paths => NULL, $in)", 'ids' ],
		  [ walks => "paths $d", "SELECT a, b, $nodes FROM ask, kg.paths($pair, 3, '$d', max_paths => NULL, $in)" ];
		for my $w (qw(false true))
		{
			my $rest = "direction => '$d', weighted => $w, $in";
			my $name = $d . ($w eq 'true' ? ' weighted' : '');

			push @calls,
			  [ paths => "shortest $name", "SELECT a, b, max(cost), array_agg(relation ORDER BY step) FILTER (WHERE step > 0) FROM ask, kg.shortest_path($pair, $rest) GROUP BY a, b", 'ids', 'any' ],
			  [ walks => "cost $name", "SELECT a, b, max(cost) FROM ask, kg.shortest_path($pair, $rest) GROUP BY a, b" ],
			  [ paths => "all $name", "SELECT a, b, cost, $nodes, relations FROM ask, kg.all_shortest_paths($pair, max_paths => NULL, $rest)", 'ids' ],
			  [ paths => "k $name", "SELECT a, b, cost, $nodes, relations FROM ask, kg.k_shortest_paths($pair, 8, $rest)", 'ids', 'any' ],
			  [ walks => "costs $name", "SELECT a, b, cost FROM ask, kg.k_shortest_paths($pair, 8, $rest)" ];
		}
	}
	push @calls, algorithm_calls($in);
	return @calls;
}

# Those that read whole graphs, whatever the reader
sub algorithm_calls
{
	my ($in) = @_;
	my $exact = 'tolerance => 0, max_iterations => 2000';
	my %calls = (
		'pagerank' => "score FROM kg.pagerank($exact",
		'pagerank in' => "score FROM kg.pagerank($exact, direction => 'in'",
		'pagerank both' => "score FROM kg.pagerank($exact, direction => 'both'",
		'pagerank weighted' => "score FROM kg.pagerank($exact, weighted => true",
		'degree' => 'in_degree, out_degree, degree FROM kg.degree(direction => NULL',
		'triangles' => 'triangles FROM kg.triangles(',
		'clustering_coefficient' => 'coefficient FROM kg.clustering_coefficient(',
		'core_numbers' => 'core FROM kg.core_numbers(',
		'betweenness' => 'score FROM kg.betweenness(',
		'betweenness in' => "score FROM kg.betweenness(direction => 'in'",
		'betweenness both counts' => "score FROM kg.betweenness(normalized => false, direction => 'both'",
		'connected_components' => 'component FROM kg.connected_components(',
		'strongly_connected_components' => 'component FROM kg.strongly_connected_components(',
		'label_propagation' => 'community FROM kg.label_propagation(max_iterations => NULL',);

	return map {
		my ($columns, $call) = $calls{$_} =~ /^(.*) FROM (.*)$/;
		my $separator = $call =~ /\($/ ? '' : ', ';
		$call =~ s/direction => NULL$//;
		$separator = '' if $call =~ /\($/;
		# groups have the least number of their members for a name
		$columns = "min(no(coalesce(key, entity::text))) OVER (PARTITION BY $columns)" if $columns =~ /^(component|community)$/;
		[ algorithms => $_, "SELECT no(coalesce(key, entity::text)), $columns FROM $call$separator$in)", 'once' ]
	} sort keys %calls;
}

1;
