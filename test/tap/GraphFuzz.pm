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

# Weights by h, a random number: eighths, so that sums are exact; some of them 0
# or null; some that searches may not meet.
my %weight_of = (
	plain => '(1 + h % 32) / 8.0',
	zero => 'CASE WHEN h % 11 = 0 THEN NULL ELSE h % 8 / 8.0 END',
	bad => q{CASE WHEN h % 23 = 0 THEN ('{-1,NaN,Infinity}'::float8[])[1 + h % 3] ELSE (1 + h % 32) / 8.0 END},);

# From when to when an edge is valid, and whether it is at the time that is asked
# for, at which some of them begin or end.
my $since = 'CASE WHEN id % 3 = 0 THEN make_date(2020 + id % 4, 1, 1) END';
my $until = 'CASE WHEN id % 5 = 1 THEN make_date(2021 + id % 4, 1, 1) END';
my $now = q{'2022-01-01'};
my $is_valid = "coalesce($since <= $now, true) AND coalesce($until > $now, true)";

# Likewise when it was recorded, in some tables not known, and when it expired;
# whether it is known now, and whether it was at the time that is asked for
my $recorded = 'make_date(2018 + id % 6, 1, 1)';
my $recorded_or_null = "CASE WHEN id % 7 <> 3 THEN $recorded END";
my $expired = 'CASE WHEN id % 4 = 1 THEN make_date(2019 + id % 6 + id % 3, 1, 1) END';
my $is_known = "($expired) IS NULL";
my $was_expired = "coalesce($expired <= $now, false)";

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
		CREATE TABLE known (id int, s int, t int, w float8, type text, valid bool, is_known bool, was_known bool);
		CREATE FUNCTION no(text) RETURNS int LANGUAGE sql STABLE AS 'SELECT no FROM called WHERE address = $1';
		CREATE FUNCTION nos(text[]) RETURNS int[] LANGUAGE sql STABLE AS
			'SELECT array_agg(no(a) ORDER BY n) FROM unnest($1) WITH ORDINALITY u(a, n)';
		-- the rows of kg.traverse_page, so many a page
		CREATE FUNCTION pages(start text, max_depth int, direction text, graph text, size int)
			RETURNS TABLE (n bigint, node int, depth int, parent int, relation bigint) LANGUAGE plpgsql AS $$
		DECLARE
			r record;
			page bigint;
			after_key text;
		BEGIN
			n := 0;
			LOOP
				page := n;
				FOR r IN SELECT * FROM kg.traverse_page(start, max_depth, direction, max_rows => size, graph => pages.graph,
					after_depth => CASE WHEN page > 0 THEN pages.depth END, after => after_key)
				LOOP
					n := n + 1;
					after_key := coalesce(r.key, r.entity::text);
					node := no(after_key);
					depth := r.depth;
					parent := no(coalesce(r.parent_key, r.parent::text));
					relation := r.relation;
					RETURN NEXT;
				END LOOP;
				EXIT WHEN n = page;
			END LOOP;
		END $$;
		CREATE FUNCTION modularity_by_remainder(resolution float8, direction text, weighted bool, graph text, OUT m float8) LANGUAGE sql AS
			'SELECT kg.modularity(array_agg(address), array_agg((no % 3)::bigint), $1, $2, weighted => $3, graph => $4) FROM called';
		CREATE FUNCTION fastrp_twice(direction text, weighted bool, graph text)
			RETURNS TABLE (entity bigint, embedding kg.vector, key text, again bool) LANGUAGE sql AS $$
			SELECT a.*, a.embedding::text IS NOT DISTINCT FROM b.embedding::text FROM kg.fastrp(20, direction => $1, weighted => $2, graph => $3) a
				JOIN kg.fastrp(20, direction => $1, weighted => $2, graph => $3) b ON coalesce(b.key, b.entity::text) = coalesce(a.key, a.entity::text)
		$$;
		CREATE VIEW ask AS SELECT pair.a, pair.b, x.address AS from_node, y.address AS to_node
			FROM pair JOIN called x ON x.no = a JOIN called y ON y.no = b;
	};
}

# Statements that make a graph of random tables, and what is known of it:
# { name, sql, ids: do all edges have one, numbers: are nodes integers, times: is
# it known since when all edges were known }
sub random_graph
{
	my ($seed) = @_;
	srand($seed);
	my $name = "fuzz_$seed";
	my $n = pick(1, 5, 12, 30);
	my $ntables = pick(1, 1, 2, 3);
	my $weights = pick('plain', 'plain', 'zero', 'bad');
	my (@sql, @nodes, @edges, @node_json, @edge_json, $all_ids, $all_times, $id);

	$all_ids = $all_times = 1;
	$id = 0;
	push @sql, "CREATE SCHEMA $name", "SET search_path = $name, public, pg_catalog", "TRUNCATE called, pair, known",
	  "CREATE TEMP TABLE edge_of (id int, s int, t int, w float8, type text)";
	return created_graph($name, $n, $weights, \@sql) if rand() < 0.2;
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
		my $edge = random_edges({ no => $e, n => $n, ntables => $ntables, weights => $weights },
			[ $source, $nodes[$source] ], [ $target, $nodes[$target] ]);

		$all_ids &&= $edge->{id};
		$all_times &&= $edge->{times};
		push @sql, @{ $edge->{sql} };
		push @edge_json, $edge->{json};
	}
	push @sql, 'VACUUM' if rand() < 0.5;
	push @sql, "SELECT kg.register_graph('$name', '[" . join(', ', @node_json) . "]', '[" . join(', ', @edge_json) . "]')",
	  pairs($n);
	return { name => $name, sql => \@sql, ids => $all_ids, times => $all_times, bad => $weights eq 'bad', numbers => !!($ntables == 1 && $nodes[0]{type} =~ /int$/) };
}

sub pairs
{
	my ($n) = @_;
	return ("INSERT INTO pair SELECT DISTINCT 1 + i * 7 % $n, 1 + i * i * 5 % $n FROM generate_series(1, 5) i",
		"DELETE FROM pair WHERE a = b");
}

# A graph in tables of kg.create_graph
sub created_graph
{
	my ($name, $n, $weights, $sql) = @_;
	my $m = pick(0, $n, 2 * $n, 4 * $n);
	my $salt = int(rand(1000000));
	my $id = pick('i', '7 * i - 30', q{('x' || substr(md5(i::text), 1, 15))::bit(60)::bigint});
	my $end = sub { "1 + (hashint8extended(i, $salt + $_[0]) & 1023) % $n" };

	$sql->[0] = 'SELECT';
	push @$sql, "SELECT kg.create_graph('$name')",
	  "INSERT INTO entity_type (name) VALUES ('node')", "INSERT INTO relation_type (name) VALUES ('a'), ('b')",
	  "INSERT INTO entity (id, type, name) SELECT $id, 1, i FROM generate_series(1, $n) i",
	  "INSERT INTO called SELECT id, name::int FROM entity",
	  "INSERT INTO edge_of SELECT i, " . $end->(0) . ', ' . $end->(1) . ", coalesce($weight_of{$weights}, 1), (ARRAY['a', 'b'])[1 + i % 2]
		FROM generate_series(1, $m) i, LATERAL abs(hashint8(i + $salt)) h",
	  'INSERT INTO edge_of SELECT id + 500, s, s, w, type FROM edge_of WHERE id % 7 = 0',
	  'INSERT INTO edge_of SELECT id + 700, s, t, w, type FROM edge_of WHERE id % 5 = 0',
	  "INSERT INTO relation (id, source, target, type, weight, valid_from, valid_to, recorded_at, expired_at) SELECT r.id, x.id, y.id, t.id, w, since, until, recorded, expired
		FROM (SELECT *, $since AS since, $until AS until, $recorded AS recorded, $expired AS expired FROM edge_of) r JOIN entity x ON x.name = s::text JOIN entity y ON y.name = t::text JOIN relation_type t ON t.name = r.type
		ORDER BY hashint8extended(r.id, $salt)",
	  rand() < 0.5 ? "SELECT kg.index_known_at('$name')" : 'SELECT',
	  "INSERT INTO public.known SELECT *, $is_valid, $is_known, $recorded <= $now AND NOT $was_expired FROM edge_of", rand() < 0.5 ? 'VACUUM' : 'SELECT', pairs($n);
	return { name => $name, sql => $sql, ids => 1, bad => $weights eq 'bad', numbers => 1, times => 1 };
}

# A table of edges: a twentieth of the ends is null, as many are not there unless
# there are foreign keys; some edges are there several times.
sub random_edges
{
	my ($kind, $source, $target) = @_;
	my ($e, $n, $ntables) = @$kind{qw(no n ntables)};
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
	my $weight_of = $weight_of{ $kind->{weights} };
	# integers are finite
	$weight_of =~ s/NaN,Infinity/-2,-3/ if ($weight || '') eq 'int';
	push @values, $weight eq 'int' ? 'ceil(w)::int' : 'w' if $weight;
	push @columns, 'type text' if $typed;
	push @values, 'type' if $typed;
	my $time = pick(undef, 'date', 'timestamptz', 'timestamp');
	push @columns, "valid_from $time", "valid_to $time" if $time;
	push @values, $since, $until if $time;
	my $known = pick(undef, 'date', 'timestamptz', 'timestamp');
	my $since_when = $known && rand() < 0.8;
	my $until_when = $known && (!$since_when || rand() < 0.8);
	push @columns, "since_when $known" if $since_when;
	push @values, $recorded_or_null if $since_when;
	push @columns, "until_when $known" if $until_when;
	push @values, $expired if $until_when;
	# ends are of the tables' own nodes: numbers by remainder
	my $end = sub {
		my ($table, $salt) = @_;
		return "nullif((hashint8extended(i, $salt) & 1023) % ($n / $ntables + $extra + 1)::int, 0) * $ntables - (CASE $table WHEN 0 THEN 0 ELSE $ntables - $table END)";
	};
	my $first = 10000 * $e;
	my $salt = int(rand(1000000));
	push @sql, 'TRUNCATE edge_of',
	  "INSERT INTO edge_of SELECT $first + i, " . $end->($source->[0], $salt) . ', ' . $end->($target->[0], $salt + 1)
	  . ", $weight_of, " . ($typed ? "(ARRAY['a', 'b', NULL])[1 + i % 3]" : "'e$e'") . " FROM generate_series(1, $m) i, LATERAL abs(hashint8(i + $salt)) h";
	push @sql, "INSERT INTO edge_of SELECT id + 500, s, s, w, type FROM edge_of WHERE id % 7 = 0" if $source->[0] == $target->[0];
	push @sql, "INSERT INTO edge_of SELECT id + 700, s, t, w, type FROM edge_of WHERE id % 5 = 0",
	  $keyed ? "DELETE FROM edge_of WHERE s NOT IN (SELECT no FROM n$source->[0]) OR t NOT IN (SELECT no FROM n$target->[0])" : 'SELECT',
	  "CREATE TABLE e$e (" . join(', ', @columns) . ')',
	  "INSERT INTO e$e SELECT " . join(', ', @values) . " FROM edge_of ORDER BY hashint8extended(id, $salt)",
	  # as the references see it
	  "INSERT INTO public.known SELECT id, s, t, " . (!$weight ? '1' : $weight eq 'int' ? 'ceil(w)' : 'w') . ", type, " . ($time ? $is_valid : 'true') . ', '
	  . ($until_when ? $is_known : 'true') . ', ' . ($since_when ? "coalesce($recorded_or_null <= $now, true)" : 'true')
	  . ($until_when ? " AND NOT $was_expired" : '') . "
		FROM edge_of WHERE s IN (SELECT no FROM n$source->[0]) AND t IN (SELECT no FROM n$target->[0])";
	my ($sc, $tc) = (join(', ', @s), join(', ', @t));
	if ($keyed)
	{
		push @sql, "ALTER TABLE e$e ADD FOREIGN KEY ($sc) REFERENCES n$source->[0], ADD FOREIGN KEY ($tc) REFERENCES n$target->[0]"
		  unless $columns[0] =~ / bigint$/ && $source->[1]{columns}[0][0] eq 'numeric';
	}
	push @sql, random_indexes($e, $sc, $tc, join('', map { ", $_" } ($id ? 'id' : ()), ($weight && $weight ne 'numeric' ? 'w' : ()), ($typed ? 'type' : ()),
		($time ? ('valid_from', 'valid_to') : ()), ($since_when && rand() < 0.7 ? 'since_when' : ()), ($until_when && rand() < 0.8 ? 'until_when' : ())));
	my $list = sub { @_ > 1 ? '[' . join(', ', map { qq{"$_"} } @_) . ']' : qq{"$_[0]"} };
	my $json = qq({"table": "e$e", "source": ) . $list->(@s) . ', "target": ' . $list->(@t)
	  . qq{, "source_label": "n$source->[0]", "target_label": "n$target->[0]"}
	  . ($since_when ? ', "recorded_at": "since_when"' : '') . ($until_when ? ', "expired_at": "until_when"' : '')
	  . ($id ? ', "id": "id"' : '') . ($weight ? ', "weight": "w"' : '') . ($typed ? ', "type_column": "type"' : qq(, "type": "e$e")) . '}';
	return { id => $id, times => $since_when, sql => \@sql, json => $json };
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
# (test/tap/networkx_fuzz.py), the query, and what applies: "ids", edges must have
# them; "numbers", nodes must be numbers; "times", edges must say since when they were known; "any", there are several right answers;
# "fails", so does an error about data; "once", whatever the reader.
sub fuzz_calls
{
	my @calls;
	my $in = "graph => GRAPH";

	for my $d (qw(out in both))
	{
		push @calls, walk_calls($d, $in), cost_calls($d, $in), path_calls($d, $in), later_calls($d, $in);
	}
	push @calls, algorithm_calls($in), structure_calls($in);
	push @calls, some_edges('now', "as_of => $now, $in", qw(out both)), some_edges('typed', "types => '{a,e0}', $in", qw(in both)),
	  (map { [ @$_, 'times' ] } some_edges('then', "known_at => $now, $in", qw(out both)), some_edges('before', "as_of => $now, known_at => $now, $in", 'in'));
	# Of these the last bits depend on the order in which edges come.
	push @calls, map { [ algorithms => "personalized_pagerank$_->[0]", "SELECT no(coalesce(key, entity::text)), score
		FROM kg.personalized_pagerank((SELECT array_agg(DISTINCT from_node) FROM ask), epsilon => 1e-12, $_->[1]$in)", 'any' ] }
	  [ '', '' ], [ ' in', "direction => 'in', " ], [ ' both weighted', "direction => 'both', weighted => true, " ];
	return @calls;
}

# From what is asked from, each by itself, and as an array
my $node = 'no(coalesce(key, entity::text))';
my $nodes = 'nos(coalesce(keys, nodes::text[]))';
my $pair = 'from_node, to_node';
my $starts = '(SELECT DISTINCT a, from_node FROM ask) x';
my $all_starts = '(SELECT array_agg(DISTINCT from_node) FROM ask)';
my $all_ends = '(SELECT array_agg(DISTINCT to_node) FROM ask)';

# The same of the graph with some of its edges, by arguments that all take
sub some_edges
{
	my ($name, $in, @directions) = @_;

	return map { my ($module, $of, @rest) = @$_; [ $module, "$of $name", @rest ] }
	  grep { $_->[1] !~ / e0$/ && $_->[2] !~ /pages\(|modularity_by|fastrp_twice/ }
	  (map { walk_calls($_, $in), cost_calls($_, $in), path_calls($_, $in), later_calls($_, $in) } @directions),
	  algorithm_calls($in), structure_calls($in);
}

sub walk_calls
{
	my ($d, $in) = @_;

	return (
		(map { [ walks => "traverse $d $_", "SELECT a, $node, depth FROM $starts, kg.traverse(from_node, $_, '$d', $in)" ] } 0, 2, 'NULL'),
		[ walks => "traverse $d all", "SELECT 0, $node, depth FROM kg.traverse($all_starts, NULL, '$d', $in)" ],
		[ walks => "traverse $d 3 a e0", "SELECT a, $node, depth FROM $starts, kg.traverse(from_node, 3, '$d', '{a,e0}', $in)" ],
		[ walks => "neighborhood $d 2", "SELECT a, n FROM $starts, unnest(kg.neighborhood(from_node, 2, '$d', $in)) k JOIN called ON address = k::text, LATERAL (SELECT no) y(n)", 'numbers' ],
		[ walks => "neighbors $d", "SELECT a, no(coalesce(key, neighbor::text)), outgoing, coalesce(weight, 1), coalesce(type_name, (ARRAY['a', 'b'])[type]) FROM $starts, kg.neighbors(from_node, '$d', $in)" ],
		[ walks => "subgraph $d 1", "SELECT a, jsonb_array_length(nodes), jsonb_array_length(edges) FROM $starts, kg.subgraph(from_node, 1, '$d', $in)" ],
		[ walks => "filtered $d 3", "SELECT a, $node, depth FROM $starts, kg.traverse(from_node, 3, '$d', filter => 'r.id % 2 = 0', $in)", 'ids' ],
		[ walks => "page $d 2", "SELECT a, n, node, depth, parent, relation FROM $starts, pages(from_node, 2, '$d', GRAPH, 3)", 'ids' ],
		[ walks => "page $d NULL", "SELECT a, n, node, depth, parent, relation FROM $starts, pages(from_node, NULL, '$d', GRAPH, NULL)", 'ids' ],
		[ walks => "trails $d 3", "SELECT a, b, $nodes, relations FROM ask, kg.paths($pair, 3, '$d', uniqueness => 'edge', max_paths => NULL, $in)", 'ids' ],
		[ walks => "fan $d 2", "SELECT a, $nodes FROM $starts, kg.paths(from_node, NULL, 2, '$d', max_paths => NULL, $in)" ],
		[ walks => "paths $d", "SELECT a, b, $nodes FROM ask, kg.paths($pair, 3, '$d', max_paths => NULL, $in)" ],
		[ paths => "paths $d", "SELECT a, b, $nodes, relations FROM ask, kg.paths($pair, 4, '$d', max_paths => NULL, $in)", 'ids' ],
		[ paths => "reachable $d", "SELECT a, b FROM ask WHERE kg.reachable($pair, direction => '$d', $in)" ],
		[ walks => "reach $d", "SELECT b FROM (SELECT DISTINCT b, to_node FROM ask) y WHERE kg.reachable($all_starts, ARRAY[to_node], direction => '$d', $in)" ],
		# Products of many weights are not exact, nor are sums of these.
		(map {
			my $along = $_;
			map { [ walks => "totals $d $along $_", "SELECT a, $node, total, paths, minimum, maximum FROM $starts, kg.path_totals(from_node, $_, '$d', along => '$along', $in)", 'any', 'fails' ] } 3, 'NULL'
		} qw(product sum)));
}

sub cost_calls
{
	my ($d, $in) = @_;

	return map {
		my $rest = "direction => '$d', weighted => $_, $in";
		my $name = $d . ($_ eq 'true' ? ' weighted' : '');
		(
			[ costs => "distances $name NULL", "SELECT a, $node, cost FROM $starts, kg.distances(from_node, NULL, $rest)" ],
			[ costs => "distances $name 1.5", "SELECT a, $node, cost FROM $starts, kg.distances(from_node, 1.5, $rest)" ],
			[ costs => "nearest $name 3", "SELECT a, array_agg(cost) FROM $starts, kg.distances(from_node, max_nodes => 3, $rest) GROUP BY a" ],
			[ costs => "tree $name", "SELECT $node, cost, no(coalesce(parent_key, parent::text)), relation, no(coalesce(source_key, source::text)) FROM kg.distances($all_starts, $rest)", 'ids', 'any' ],
			[ costs => "matrix $name NULL", "SELECT no(coalesce(source_key, source::text)), no(coalesce(target_key, target::text)), cost FROM kg.cost_matrix($all_starts, $all_ends, $rest)" ],
			[ costs => "matrix $name 1.5", "SELECT no(coalesce(source_key, source::text)), no(coalesce(target_key, target::text)), cost FROM kg.cost_matrix($all_starts, $all_ends, 1.5, $rest)" ],
			[ costs => "from $name", "SELECT b, max(cost) FROM (SELECT DISTINCT b, to_node FROM ask) y, kg.shortest_path($all_starts, ARRAY[to_node], $rest) GROUP BY b" ],
			[ costs => "to $name", "SELECT a, max(cost) FROM $starts, kg.shortest_path(ARRAY[from_node], $all_ends, $rest) GROUP BY a" ],
			[ costs => "to $name 2", "SELECT a, max(cost) FROM $starts, kg.shortest_path(ARRAY[from_node], $all_ends, 2, $rest) GROUP BY a" ],
			[ costs => "allfrom $name", "SELECT b, cost, $nodes, relations FROM (SELECT DISTINCT b, to_node FROM ask) y, kg.all_shortest_paths($all_starts, ARRAY[to_node], max_paths => NULL, $rest)", 'ids' ],)
	} qw(true false);
}

sub path_calls
{
	my ($d, $in) = @_;

	return map {
		my $rest = "direction => '$d', weighted => $_, $in";
		my $name = $d . ($_ eq 'true' ? ' weighted' : '');
		(
			[ paths => "shortest $name", "SELECT a, b, max(cost), array_agg(relation ORDER BY step) FILTER (WHERE step > 0) FROM ask, kg.shortest_path($pair, $rest) GROUP BY a, b", 'ids', 'any' ],
			[ walks => "cost $name", "SELECT a, b, max(cost) FROM ask, kg.shortest_path($pair, $rest) GROUP BY a, b" ],
			[ paths => "all $name", "SELECT a, b, cost, $nodes, relations FROM ask, kg.all_shortest_paths($pair, max_paths => NULL, $rest)", 'ids' ],
			[ paths => "k $name", "SELECT a, b, cost, $nodes, relations FROM ask, kg.k_shortest_paths($pair, 8, $rest)", 'ids', 'any' ],
			[ walks => "costs $name", "SELECT a, b, cost FROM ask, kg.k_shortest_paths($pair, 8, $rest)" ],)
	} qw(false true);
}

# By weights, within so many relations
sub later_calls
{
	my ($d, $in) = @_;
	my $rest = "direction => '$d', weighted => true, $in";

	return (
		[ paths => "within $d weighted", "SELECT a, b, max(cost), array_agg(relation ORDER BY step) FILTER (WHERE step > 0) FROM ask, kg.shortest_path($pair, 4, $rest) GROUP BY a, b", 'ids', 'any' ],
		[ paths => "allwithin $d weighted", "SELECT a, b, cost, $nodes, relations FROM ask, kg.all_shortest_paths($pair, 4, max_paths => NULL, $rest)", 'ids' ],
		[ paths => "kwithin $d weighted", "SELECT a, b, cost, $nodes, relations FROM ask, kg.k_shortest_paths($pair, 8, 4, $rest)", 'ids', 'any' ],);
}

# The rows of calls "columns FROM function(arguments": calls by name
sub calls_of
{
	my ($module, $in, %calls) = @_;

	return map {
		my ($columns, $call) = $calls{$_} =~ /^(.*) FROM (.*)$/s;
		my $separator = $call =~ /\($/ ? '' : ', ';

		[ $module => $_, "SELECT $columns FROM $call$separator$in)", 'once', 'fails' ]
	} sort keys %calls;
}

# Those that read whole graphs, whatever the reader
sub algorithm_calls
{
	my ($in) = @_;
	my $exact = 'tolerance => 0, max_iterations => 2000';
	# groups have the least number of their members for a name
	my $group = sub { "$node, min($node) OVER (PARTITION BY $_[0]) FROM kg." };
	my $other = 'no(coalesce(other_key, other::text))';
	my $like = "$node, $other, score FROM kg.";

	return calls_of('algorithms', $in,
		(map { ("pagerank$_->[0]", "$node, score FROM kg.pagerank($exact$_->[1]") }
			  [ '', '' ], [ ' in', ", direction => 'in'" ], [ ' both', ", direction => 'both'" ], [ ' weighted', ', weighted => true' ]),
		'degree' => "$node, in_degree, out_degree, degree FROM kg.degree(",
		'triangles' => "$node, triangles FROM kg.triangles(",
		'clustering_coefficient' => "$node, coefficient FROM kg.clustering_coefficient(",
		'core_numbers' => "$node, core FROM kg.core_numbers(",
		'betweenness' => "$node, score FROM kg.betweenness(",
		'betweenness in' => "$node, score FROM kg.betweenness(direction => 'in'",
		'betweenness both counts' => "$node, score FROM kg.betweenness(normalized => false, direction => 'both'",
		'connected_components' => $group->('component') . 'connected_components(',
		'strongly_connected_components' => $group->('component') . 'strongly_connected_components(',
		'label_propagation' => $group->('community') . 'label_propagation(max_iterations => NULL',
		(map { ("leiden$_->[0]", "level, $node, min($node) OVER (PARTITION BY level, community), modularity FROM kg.leiden($_->[1]") }
			  [ '', '' ], [ ' weighted', 'weighted => true' ], [ ' resolution 2', '2' ]),
		(map { ($_, "${like}node_similarity(k => NULL, measure => '$_'") }
			  qw(jaccard overlap adamic_adar common_neighbors resource_allocation)),
		(map { ("$_ out", "${like}node_similarity(k => NULL, direction => 'out', measure => '$_'") } qw(jaccard overlap adamic_adar)),
		'link_prediction' => "${like}link_prediction(k => NULL",);
}

sub structure_calls
{
	my ($in) = @_;
	my $ends = 'no(coalesce(source_key, source::text)), no(coalesce(target_key, target::text))';
	my %calls = (
		'find_cycle' => "step, $node FROM kg.find_cycle(",
		'longest_path' => "step, $node, cost FROM kg.longest_path(",
		'longest_path weighted' => "step, $node, cost FROM kg.longest_path(weighted => true",
		'minimum_spanning_forest weighted' => "$ends, weight FROM kg.minimum_spanning_forest(",
		'minimum_spanning_forest unweighted' => "$ends, weight FROM kg.minimum_spanning_forest(weighted => false",
		'bridges' => "$ends FROM kg.bridges(",
		'articulation_points' => "$node, pieces FROM kg.articulation_points(",);

	for my $d (qw(out in both))
	{
		$calls{"topological order $d"} = "$node, ordinal, level FROM kg.topological_order(direction => '$d'" if $d ne 'both';
		for my $w (qw(false true))
		{
			my $name = ($w eq 'true' ? 'weighted ' : '') . $d;
			my $rest = "direction => '$d', weighted => $w";
			my ($alpha, $beta) = $w eq 'true' ? ('0.005', '2, false') : ('0.01', '1, true');

			$calls{"$_ $name"} = "$node, score FROM kg.$_($rest" for qw(closeness harmonic_centrality betweenness);
			$calls{"edge_betweenness $name"} = "$ends, score FROM kg.edge_betweenness($rest";
			$calls{"eigenvector_centrality $name"} = "$node, score FROM kg.eigenvector_centrality(500, 0, $rest";
			$calls{"katz_centrality $name"} = "$node, score FROM kg.katz_centrality($alpha, $beta, tolerance => 1e-14, $rest";
			$calls{"hits $name"} = "$node, hub, authority FROM kg.hits(500, 0, $rest";
			$calls{"modularity $name"} = "m FROM modularity_by_remainder(" . ($w eq 'true' ? 0.5 : 1) . ", '$d', $w";
			$calls{"random_walks $name"} = "walk, step, $node FROM kg.random_walks(length => 8, walks => 3, $rest";
			$calls{"node2vec $name"} = "walk, step, $node FROM kg.random_walks(length => 8, walks => 3, p => 4, q => 0.25, seed => 7, $rest";
			$calls{"fastrp $name"} = "$node, embedding::float4[], again FROM fastrp_twice($rest";
		}
	}
	delete $calls{"betweenness $_"} for qw(out in both);
	return calls_of('structure', $in, %calls);
}

1;
