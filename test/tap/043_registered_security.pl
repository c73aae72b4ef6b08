# Registered graphs obey privileges and row-level security as a SELECT on
# their tables would, whoever reads them and however.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;

my $node = graph_node();

sub sql
{
	return as_role($node, @_);
}

sub admin
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# The same data under keys of two kinds, "num" (bigint, covering indexes on one
# direction, plain ones on the other) and "txt" (text, two node tables); and of
# each what a role shall see: "even" has the edges of even id, "named" the
# nodes whose id is no multiple of 5.
admin("CREATE EXTENSION kg",
	"CREATE ROLE owner", "CREATE ROLE reader", "CREATE ROLE other", "CREATE ROLE postgres_superuser SUPERUSER",
	"CREATE ROLE bypass BYPASSRLS",
	"GRANT CREATE ON DATABASE postgres TO owner",
	"CREATE SCHEMA data AUTHORIZATION owner", "GRANT USAGE ON SCHEMA data TO reader, other, bypass",
	"SET ROLE owner", "SET search_path = data",
	map {
		my $copy = $_;
		("CREATE TABLE num_node_$copy (id bigint PRIMARY KEY, secret text)",
		 "CREATE TABLE num_edge_$copy (id bigint PRIMARY KEY, s bigint NOT NULL REFERENCES num_node_$copy ON DELETE CASCADE,
			t bigint NOT NULL REFERENCES num_node_$copy ON DELETE CASCADE, type text, weight real, valid_from timestamptz, note text)",
		 "INSERT INTO num_node_$copy SELECT i, 'x' FROM generate_series(1, 200) i",
		 "INSERT INTO num_edge_$copy SELECT i, 1 + abs(hashint8extended(i, 1) % 200), 1 + abs(hashint8extended(i, 2) % 200), CASE i % 3 WHEN 0 THEN 'b' ELSE 'a' END, i % 7
			FROM generate_series(1, 800) i",
		 "CREATE INDEX ON num_edge_$copy (s) INCLUDE (t, id)",
		 "CREATE INDEX ON num_edge_$copy (t)",
		 ($copy eq 'even' ? "DELETE FROM num_edge_$copy WHERE id % 2 = 1" : ()),
		 ($copy eq 'named' ? "DELETE FROM num_node_$copy WHERE id % 5 = 0" : ()),
		 "CREATE TABLE txt_odd_$copy AS SELECT id::text AS id, secret FROM num_node_$copy WHERE id % 2 = 1",
		 "CREATE TABLE txt_even_$copy AS SELECT id::text AS id, secret FROM num_node_$copy WHERE id % 2 = 0",
		 "ALTER TABLE txt_odd_$copy ADD PRIMARY KEY (id)",
		 "ALTER TABLE txt_even_$copy ADD PRIMARY KEY (id)",
		 (map {
			my ($from, $to) = split / /;
			my ($p, $q) = map { $_ eq 'odd' ? 1 : 0 } $from, $to;
			("CREATE TABLE txt_${from}_${to}_$copy AS SELECT id, s::text AS s, t::text AS t, type, weight, valid_from FROM num_edge_$copy WHERE s % 2 = $p AND t % 2 = $q",
			 "CREATE INDEX ON txt_${from}_${to}_$copy (s)")
		 } ('odd odd', 'odd even', 'even odd', 'even even')),
		 "SELECT kg.register_graph('num_$copy', '\"num_node_$copy\"', '\"num_edge_$copy\"')",
		 "SELECT kg.register_graph('txt_$copy', nodes => '[{\"table\": \"txt_odd_$copy\", \"label\": \"odd\"}, {\"table\": \"txt_even_$copy\", \"label\": \"even\"}]'::jsonb,
			edges => (SELECT jsonb_agg(jsonb_build_object('table', format('txt_%s_%s_$copy', f, t), 'source', 's', 'target', 't', 'source_label', f, 'target_label', t, 'id', 'id'))
				FROM unnest('{odd,even}'::text[]) f, unnest('{odd,even}'::text[]) t))")
	} qw(whole even named));
admin("VACUUM ANALYZE");

# An address of node i, and the i of a row
my %address = (num => 's', txt => "CASE s % 2 WHEN 1 THEN 'odd:' ELSE 'even:' END || s");
my %number = (num => 'entity', txt => "split_part(key, ':', 2)::bigint");

# What functions return on a graph, in a form that does not depend on which of
# several equal ways they take
sub searches
{
	my ($kind, $copy) = @_;
	my ($address, $number, $graph) = ($address{$kind}, $number{$kind}, "graph => '${kind}_$copy'");
	my $neighbor = $number =~ s/entity/neighbor/r;
	return map { "SELECT md5(string_agg(x::text, '' ORDER BY x)), count(*) FROM ($_) q(x)" } (
		(map {
			("SELECT (s, $number, depth) FROM generate_series(1, 200, 9) s, kg.traverse(ARRAY[$address], 4, '$_', $graph)",
			 "SELECT (s, $number, depth) FROM generate_series(1, 200, 20) s, kg.traverse(ARRAY[$address], NULL, '$_', '{a}', now(), $graph)",
			 "SELECT (s, $neighbor, relation, type_name, weight, outgoing) FROM generate_series(1, 200, 3) s, kg.neighbors($address, '$_', $graph)")
		} qw(out in both)),
		"SELECT (s, length) FROM generate_series(1, 200, 7) s,
			LATERAL (SELECT count(*) FROM kg.shortest_path($address, @{[$address =~ s/\bs\b/(s % 10 + 1)/gr]}, $graph)) p(length)",
		"SELECT ($number, round(score::numeric, 9)) FROM kg.pagerank($graph)",
		"SELECT ($number, in_degree, out_degree) FROM kg.degree($graph)");
}

my $nsearches = () = searches('num', 'any');
my %all;

sub same_searches
{
	my ($role, $kind, $copy, $what) = @_;
	my $got = sql($role, searches($kind, 'whole'));
	is($got, sql('postgres_superuser', searches($kind, $copy)), "$kind: $what");
	is(scalar(grep { /^[0-9a-f]{32}\|[1-9]\d*$/ } split /\n/, $got), $nsearches,
		"$kind: $what: each search finds something");
}

for my $kind (qw(num txt))
{
	$all{$kind} = sql('owner', searches($kind, 'whole'));
	is(scalar(split /\n/, $all{$kind}), $nsearches, "$kind: all searches run");
	isnt($all{$kind}, sql('owner', searches($kind, $_)), "$kind: $_ differs") for qw(even named);
}
is($all{num}, $all{txt}, 'kinds of keys make no difference');

my %nodes = (num => ['num_node_whole'], txt => [ 'txt_odd_whole', 'txt_even_whole' ]);
my %edges = (num => ['num_edge_whole'], txt => [ map { "txt_${_}_whole" } qw(odd_odd odd_even even_odd even_even) ]);
my %start = (num => "'{1}'", txt => "'{odd:1}'");
my %hidden = (num => 5, txt => "'odd:5'");

for my $kind (qw(num txt))
{
	my $graph = "graph => '${kind}_whole'";
	my $start = $start{$kind};
	my @nodes = map { "data.$_" } @{ $nodes{$kind} };
	my @edges = map { "data.$_" } @{ $edges{$kind} };

	# Privileges
	for my $call ("kg.traverse($start, $graph)", "kg.traverse($start, 0, $graph)",
		"kg.neighbors($hidden{$kind}, $graph)", "kg.shortest_path($hidden{$kind}, $hidden{$kind}, $graph)",
		"kg.pagerank($graph)", "kg.degree($graph)")
	{
		for my $reader (qw(auto sql heap))
		{
			like(sql('reader', "SET kg.adjacency_reader = $reader", "SELECT count(*) FROM $call"),
				qr/^permission denied for table (num|txt)_/, "no privileges: $call by $reader");
		}
	}
	admin(map { "GRANT SELECT (id, s, t) ON $_ TO reader" } @edges);
	like(sql('reader', "SELECT * FROM kg.traverse($start, $graph)"), qr/^permission denied for table/, "$kind: edges alone do not do");
	admin(map { "GRANT SELECT (id) ON $_ TO reader" } @nodes);
	is(sql('reader', "SELECT count(*) FROM kg.traverse($start, NULL, $graph)"),
		sql('owner', "SELECT count(*) FROM kg.traverse($start, NULL, $graph)"), "$kind: privileges on the columns that are read do");
	is(sql('reader', "SELECT count(*) FROM kg.degree($graph)"), 200, "$kind: ... for algorithms too");
	like(sql('reader', "SELECT count(*) FROM kg.traverse($start, types => '{a}', $graph)"), qr/^permission denied for table/, "$kind: not for types");
	like(sql('reader', "SELECT count(*) FROM kg.traverse($start, as_of => now(), $graph)"), qr/^permission denied for table/, "$kind: not for times");
	like(sql('reader', "SELECT count(*) FROM kg.neighbors($hidden{$kind}, $graph)"), qr/^permission denied for table/, "$kind: not for weights");
	like(sql('reader', "SELECT count(*) FROM kg.traverse($start, filter => 's.secret = ''x''', $graph)"), qr/^permission denied for table/, "$kind: not for filters on nodes");
	admin((map { "GRANT SELECT (type, weight, valid_from) ON $_ TO reader" } @edges));
	is(sql('reader', searches($kind, 'whole')), $all{$kind}, "$kind: with all columns everything is found");

	# A policy on edges
	admin((map { "GRANT SELECT ON $_ TO reader, other, bypass" } @nodes, @edges),
		map { ("ALTER TABLE $_ ENABLE ROW LEVEL SECURITY", "CREATE POLICY even ON $_ FOR SELECT TO reader USING (id % 2 = 0)") } @edges);
	same_searches('reader', $kind, 'even', 'a role that may see half of the edges');
	is(sql('other', "SELECT count(*) FROM kg.traverse($start, NULL, 'both', $graph)"), 1, "$kind: a role that may see none");
	is(sql($_, searches($kind, 'whole')), $all{$kind}, "$kind: $_ sees all") for qw(owner bypass postgres_superuser);
	like(sql('reader', "SET row_security = off", "SELECT * FROM kg.traverse($start, $graph)"),
		qr/^query would be affected by row-level security policy/, "$kind: row_security = off is an error");
	for my $reader (qw(leaf index heap))
	{
		like(sql('reader', "SET kg.adjacency_reader = $reader", "SELECT * FROM kg.traverse($start, $graph)"),
			qr/^the $reader reader cannot serve/, "$kind: the setting $reader does not switch policies off");
	}

	# One session, several roles; views and SECURITY DEFINER functions
	my $count = "SELECT count(*) FROM kg.traverse($start, 3, 'both', $graph)";
	my ($half, $full) = (sql('reader', $count), sql('owner', $count));
	isnt($half, $full, "$kind: roles see different things");
	is(sql('reader', "PREPARE t AS $count", "SET plan_cache_mode = force_generic_plan", "EXECUTE t",
			"SET ROLE owner", "EXECUTE t", "SET ROLE other", "EXECUTE t", "SET ROLE reader", "EXECUTE t"),
		join("\n", $half, $full, 1, $half), "$kind: each role of a session sees what is its own");
	admin("SET ROLE owner",
		"CREATE FUNCTION data.${kind}_definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS \$\$$count\$\$",
		"CREATE FUNCTION data.${kind}_invoker() RETURNS bigint LANGUAGE sql AS \$\$$count\$\$");
	is(sql('reader', "SELECT data.${kind}_invoker(), data.${kind}_definer(), data.${kind}_invoker()"), "$half|$full|$half",
		"$kind: the definer within SECURITY DEFINER, else the invoker");

	# A policy on nodes: a hidden end hides the edge
	admin((map { "ALTER TABLE $_ DISABLE ROW LEVEL SECURITY" } @edges),
		map { ("ALTER TABLE $_ ENABLE ROW LEVEL SECURITY", "CREATE POLICY named ON $_ FOR SELECT TO reader USING (id::int % 5 <> 0)") } @nodes);
	same_searches('reader', $kind, 'named', 'a role that may not see all nodes');
	is(sql('reader', "SELECT count(*) FROM kg.traverse(ARRAY[$hidden{$kind}], $graph)"), 0, "$kind: a hidden start is not there");
	is(sql('reader', "SELECT count(*) FROM kg.neighbors($hidden{$kind}, 'both', $graph)"), 0, "$kind: nor are its edges");
	is(sql('reader', "SELECT count(*) FROM kg.shortest_path($hidden{$kind}, $hidden{$kind}, $graph)"), 0, "$kind: nor a path from it to itself");
	is(sql('owner', searches($kind, 'whole')), $all{$kind}, "$kind: the owner sees all");
	admin(map { "ALTER TABLE $_ DISABLE ROW LEVEL SECURITY" } @nodes);
	is(sql('reader', searches($kind, 'whole')), $all{$kind}, "$kind: without policies everything is found again");
}

# Views: what they hide is not there, and their owner's rights count below them
admin("SET ROLE owner", "SET search_path = data",
	"CREATE VIEW seen_node AS SELECT id FROM num_node_whole WHERE id % 5 <> 0",
	"CREATE VIEW seen_edge AS SELECT id, s, t, type, weight, valid_from FROM num_edge_whole",
	"SELECT kg.register_graph('view_whole', '{\"table\": \"seen_node\", \"key\": \"id\"}'::jsonb, '{\"table\": \"seen_edge\", \"source\": \"s\", \"target\": \"t\", \"id\": \"id\"}'::jsonb)",
	"GRANT SELECT ON seen_node, seen_edge TO reader",
	"REVOKE ALL ON num_node_whole, num_edge_whole FROM reader");
is(sql('reader', searches('num', 'whole')) =~ /^permission denied/ ? 'denied' : 'granted', 'denied', 'no right to the tables below');
is(sql('reader', map { s/num_whole/view_whole/gr } searches('num', 'whole')), sql('postgres_superuser', searches('num', 'named')),
	'... but to the views, and to no more than they show');

# Who may register and who may drop
admin("GRANT CREATE ON SCHEMA data TO other", "GRANT SELECT ON ALL TABLES IN SCHEMA data TO other");
my $mine = "nodes => '\"data.num_node_whole\"'::jsonb, edges => '\"data.num_edge_whole\"'::jsonb";
like(sql('other', "SELECT kg.register_graph('mine', $mine)"), qr/^must be owner of table num_node_whole/, 'only the owner may register tables');
like(sql('other', "CREATE TABLE data.own (id bigint PRIMARY KEY)",
		"SELECT kg.register_graph('mine', nodes => '\"data.own\"'::jsonb, edges => '{\"table\": \"data.num_edge_whole\", \"source\": \"s\", \"target\": \"t\"}'::jsonb)"),
	qr/^must be owner of table num_edge_whole/, '... all of them');
like(sql('other', "SELECT kg.register_graph('kg', nodes => '\"data.own\"'::jsonb)"), qr/^permission denied to name a graph like schema "kg"/,
	'the name of a schema is for those who may create there');
like(sql('other', "SELECT kg.register_graph('num_whole', nodes => '\"data.own\"'::jsonb)"), qr/^graph "num_whole" already exists/, 'a name that is taken');
like(sql('other', "SELECT kg.drop_graph('num_whole')"), qr/^must be owner of table num_node_whole/, 'only the owner may drop it');
like(sql('other', "SELECT kg.unregister_graph('view_whole')"), qr/^must be owner of view seen_node/, '... or take it out of the catalogue');
for my $table (qw(graph node_table edge_table))
{
	like(sql('owner', "DELETE FROM kg.$table"), qr/^permission denied for table $table/, "nobody writes kg.$table");
}
is(sql('other', "SELECT kg.register_graph('mine', nodes => '\"data.own\"'::jsonb)", "SELECT count(*) FROM kg.traverse('{1}', graph => 'mine')",
		"SELECT kg.drop_graph('mine')", "SELECT count(*) FROM data.own"), "\n0\n\n0", 'owners may, and keep their tables');
like(sql('reader', "SELECT * FROM kg.traverse('{1}', graph => 'num_even')"), qr/^permission denied for table num_/, 'registering grants nothing');

# The tables are gone: who could make them may remove the entry
admin("SET ROLE owner", "DROP TABLE data.num_edge_even, data.num_node_even");
like(sql('reader', "SELECT kg.drop_graph('num_even')"), qr/^permission denied for schema data/, 'not just anybody');
is(sql('owner', "SELECT kg.drop_graph('num_even')", "SELECT count(*) FROM kg.edge_table WHERE graph = 'num_even'"), "\n0", 'the owner of the schema');

done_testing();
