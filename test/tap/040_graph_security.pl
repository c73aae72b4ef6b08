# Traversals obey privileges and row-level security as a SELECT would.
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

# The graph "whole", and copies of what a role shall see of it: "even" has the
# relations of even id, "named" the entities whose id is no multiple of 5, "few"
# both.
admin("CREATE EXTENSION kg",
	"CREATE ROLE owner", "CREATE ROLE reader", "CREATE ROLE other",
	"CREATE ROLE bypass BYPASSRLS",
	"GRANT CREATE ON DATABASE postgres TO owner");
admin("SET ROLE owner", map {
	("SELECT kg.create_graph('$_', 2)",
	 "INSERT INTO $_.entity_type (name) VALUES ('node')",
	 "INSERT INTO $_.relation_type (name) VALUES ('a'), ('b')",
	 "INSERT INTO $_.entity (type, name, embedding) SELECT 1, 'n' || i, ARRAY[i % 17, i % 13]::kg.vector FROM generate_series(1, 200) i",
	 "INSERT INTO $_.observation (entity, content) SELECT i, 'o' || i FROM generate_series(1, 200) i",
	 "INSERT INTO $_.relation (id, source, target, type, weight, recorded_at, expired_at)
		SELECT i, 1 + abs(hashint8extended(i, 1) % 200), 1 + abs(hashint8extended(i, 2) % 200), 1 + i % 3 / 2,
			abs(hashint8extended(i, 3) % 16) / 8.0, timestamptz '2025-01-01 UTC' + i % 5 * interval '1 day',
			CASE WHEN i % 9 = 0 THEN timestamptz '2025-02-01 UTC' END
		FROM generate_series(1, 800) i") } qw(whole even named few));
admin("DELETE FROM even.relation WHERE id % 2 = 1",
	"DELETE FROM few.relation WHERE id % 2 = 1", "DELETE FROM few.entity WHERE id % 5 = 0",
	"DELETE FROM named.entity WHERE id % 5 = 0");
admin("VACUUM ANALYZE");

# What functions return on a graph, in a form that does not depend on which of
# several equal ways they take
sub searches
{
	my ($graph) = @_;
	return map { "SELECT md5(string_agg(x::text, '' ORDER BY x)), count(*) FROM ($_) q(x)" } (
		(map {
			("SELECT (s, entity, depth) FROM generate_series(1, 200, 9) s,
				kg.traverse(ARRAY[s], 4, '$_', graph => '$graph')",
			 "SELECT (s, entity, depth) FROM generate_series(1, 200, 9) s,
				kg.traverse(ARRAY[s, s + 1], NULL, '$_', '{a}', now(), graph => '$graph')",
			 "SELECT (s, n) FROM generate_series(1, 200, 9) s,
				unnest(kg.neighborhood(ARRAY[s], 4, '$_', graph => '$graph')) n",
			 "SELECT (s, neighbor, relation, type, weight, outgoing) FROM generate_series(1, 200) s,
				kg.neighbors(s, '$_', graph => '$graph')",
			 "SELECT (s, length) FROM generate_series(1, 200, 3) s,
				LATERAL (SELECT count(*) FROM kg.shortest_path(s, 201 - s, direction => '$_', graph => '$graph')) p(length)",
			 "SELECT (s, nodes, relations) FROM generate_series(1, 200, 19) s,
				kg.paths(s, NULL, 2, '$_', max_paths => NULL, graph => '$graph')",
			 "SELECT (s, nodes, relations) FROM generate_series(1, 200, 3) s,
				kg.paths(s, 201 - s, 5, '$_', max_paths => NULL, graph => '$graph')",
			 "SELECT (s, nodes, relations) FROM generate_series(1, 200, 39) s,
				kg.paths(s, NULL, 3, '$_', '{a}', uniqueness => 'edge', max_paths => NULL, graph => '$graph')",
			 "SELECT (s, sum) FROM generate_series(1, 200, 3) s,
				LATERAL (SELECT max(cost) FROM kg.shortest_path(s, 201 - s, direction => '$_', graph => '$graph', weighted => true)) p(sum)
			  WHERE sum IS NOT NULL",
			 "SELECT (s, nodes, relations) FROM generate_series(1, 200, 3) s,
				kg.all_shortest_paths(s, 201 - s, direction => '$_', max_paths => NULL, graph => '$graph')",
			 "SELECT (s, nodes, relations, cost) FROM generate_series(1, 200, 3) s,
				kg.all_shortest_paths(s, 201 - s, direction => '$_', max_paths => NULL, graph => '$graph', weighted => true)",
			 "SELECT (s, length, rank) FROM generate_series(1, 200, 31) s,
				kg.k_shortest_paths(s, 201 - s, 5, direction => '$_', graph => '$graph')
				WITH ORDINALITY p(nodes, relations, length, cost, keys, rank)",
			 "SELECT (s, cost, rank) FROM generate_series(1, 200, 31) s,
				kg.k_shortest_paths(s, 201 - s, 5, direction => '$_', graph => '$graph', weighted => true)
				WITH ORDINALITY p(nodes, relations, length, cost, keys, rank)",
			 "SELECT (s, entity, cost) FROM generate_series(1, 200, 9) s, kg.distances(s, 5, '$_', graph => '$graph')",
			 "SELECT (source, target, cost) FROM kg.cost_matrix(ARRAY(SELECT generate_series(1, 200, 9)), ARRAY(SELECT generate_series(1, 200, 5)), direction => '$_', graph => '$graph')",
			 "SELECT (s, entity, total, paths) FROM generate_series(1, 200, 29) s, kg.path_totals(s, 3, '$_', along => 'sum', graph => '$graph')",
			 "SELECT (s, p) FROM generate_series(1, 200, 29) s, kg.traverse_page(s, NULL, '$_', max_rows => 90, graph => '$graph') p",
			 "SELECT (s, cost) FROM generate_series(1, 200, 7) s,
				LATERAL (SELECT max(cost) FROM kg.shortest_path(ARRAY[s, s + 1], ARRAY[200 - s, 201 - s], 4, direction => '$_', graph => '$graph', weighted => true)) p(cost) WHERE cost IS NOT NULL",
			 "SELECT s FROM generate_series(1, 200) s
				WHERE kg.reachable(s, 201 - s, 4, '$_', graph => '$graph')",
			 "SELECT (s, g) FROM generate_series(1, 200, 9) s, kg.subgraph(ARRAY[s], 2, '$_', '{b}', graph => '$graph') g",
			 "SELECT (s, entity, depth) FROM generate_series(1, 200, 9) s, kg.traverse(ARRAY[s], 3, '$_', graph => '$graph',
				filter => 's.id + t.id > r.id % 100', properties => '{}')")
		} qw(out in both)),
		(map { "SELECT (entity, $_->[1]) FROM kg.$_->[0], graph => '$graph')" }
			["degree(types => '{a,b}'", 'in_degree, out_degree'], ["pagerank(weighted => true", 'round(score::numeric, 9)'],
			["personalized_pagerank('{1,2}', epsilon => 1e-9", 'round(score::numeric, 6)'], ["connected_components(types => '{a}'", 'component'],
			["strongly_connected_components(types => '{a}'", 'component'], ["label_propagation(seed => 1", 'community'],
			["leiden(seed => 1", 'level, community'], ["triangles(types => NULL", 'triangles'],
			["clustering_coefficient(types => NULL", 'round(coefficient::numeric, 9)'], ["core_numbers(types => NULL", 'core'],
			["betweenness(direction => 'both'", 'round(score::numeric, 9)'], ["node_similarity(k => NULL", 'other, round(score::numeric, 9)'],
			["closeness(weighted => true", 'round(score::numeric, 9)'], ["katz_centrality(0.001", 'round(score::numeric, 9)'],
			["random_walks('{1,2}'", 'step'], ["link_prediction(k => NULL", 'other, round(score::numeric, 9)'], ["knn('[3,4]', 50", 'distance']),
		"SELECT kg.to_dot('{1,2,3}', 2, max_nodes => NULL, graph => '$graph')",
		"SELECT kg.to_jsonl(graph => '$graph')", "SELECT kg.export_graphml(graph => '$graph')",
		(map { s/KNOWN/graph => '$graph', known_at => '2025-01-03 UTC'/r }
			"SELECT (s, entity, depth) FROM generate_series(1, 200, 9) s, kg.traverse(ARRAY[s], 3, 'both', KNOWN)",
			"SELECT (s, g) FROM generate_series(1, 200, 29) s, kg.subgraph(ARRAY[s], 2, KNOWN) g",
			"SELECT d FROM kg.degree(KNOWN) d", "SELECT kg.to_dot('{1,2,3}', 2, max_nodes => NULL, KNOWN)",
			"SELECT kg.export_graphml(KNOWN)"));
}

my $nsearches = () = searches('any');

sub same_searches
{
	my ($role, $graph, $like, $what) = @_;
	my $got = sql($role, searches($graph));
	is($got, sql('postgres_superuser', searches($like)), $what);
	my @found = split /\n/, $got;
	my @searches = searches($graph);
	is(scalar @found, $nsearches, "$what: all searches run");
	is(join("\n", map { $searches[$_] } grep { $found[$_] !~ /^[0-9a-f]{32}\|[1-9]\d*$/ } 0 .. $#found), '',
		"$what: each search finds something");
}
admin("CREATE ROLE postgres_superuser SUPERUSER");

my $all = sql('owner', searches('whole'));
is(scalar(split /\n/, $all), $nsearches, 'all searches run');
isnt($all, sql('owner', searches('even')), 'half of the relations make another graph');
isnt($all, sql('owner', searches('named')), 'so do some of the entities');

# Privileges

like(sql('reader', "SELECT * FROM kg.traverse('{1}', graph => 'whole')"),
	qr/^permission denied for schema whole/, 'no privilege on the schema');
admin("GRANT USAGE ON SCHEMA whole TO reader, other, bypass");
for my $call ("kg.traverse('{1}', graph => 'whole')", "kg.traverse('{}', graph => 'whole')",
	"kg.traverse('{1}', 0, graph => 'whole')", "kg.neighbors(1, graph => 'whole')", "kg.neighborhood('{}', graph => 'whole')",
	"kg.shortest_path(1, 1, graph => 'whole')", "kg.shortest_path(1, 2, graph => 'whole')",
	"kg.shortest_path(1, 2, graph => 'whole', weighted => true)",
	"kg.paths(1, graph => 'whole')", "kg.paths(1, 2, 0, graph => 'whole')",
	"kg.all_shortest_paths(1, 2, graph => 'whole')", "kg.k_shortest_paths(1, 2, graph => 'whole')",
	"kg.reachable(1, 1, graph => 'whole')", "kg.subgraph('{}', graph => 'whole')",
	"kg.distances(1, graph => 'whole')", "kg.distances('{}', graph => 'whole')", "kg.cost_matrix(1, 2, graph => 'whole')",
	"kg.path_totals(1, graph => 'whole')", "kg.traverse_page(1, 0, graph => 'whole')")
{
	for my $reader (qw(auto sql index))
	{
		like(sql('reader', "SET kg.adjacency_reader = $reader", "SELECT count(*) FROM $call"),
			qr/^permission denied for table (relation|entity)/, "no privileges: $call by $reader");
	}
}
admin("GRANT SELECT ON whole.relation TO reader");
like(sql('reader', "SELECT * FROM kg.traverse('{1}', graph => 'whole')"),
	qr/^permission denied for table entity/, 'relations alone do not do');
admin("REVOKE SELECT ON whole.relation FROM reader",
	"GRANT SELECT (id) ON whole.entity TO reader",
	"GRANT SELECT (id, source, target, expired_at) ON whole.relation TO reader");
for my $reader (qw(sql index))
{
	my $set = "SET kg.adjacency_reader = $reader";
	my $count = "SELECT count(*) FROM";
	is(sql('reader', $set, "$count kg.traverse('{1}', NULL, graph => 'whole')"),
		sql('owner', $set, "$count kg.traverse('{1}', NULL, graph => 'whole')"),
		"privileges on the columns that are read do, by $reader");
	is(sql('reader', $set, "$count kg.shortest_path(1, 2, direction => 'both', graph => 'whole')"),
		sql('owner', $set, "$count kg.shortest_path(1, 2, direction => 'both', graph => 'whole')"),
		"... for paths too");
	for my $call ("kg.paths(1, max_depth => 2, graph => 'whole')", "kg.all_shortest_paths(1, 2, direction => 'both', graph => 'whole')",
		"kg.k_shortest_paths(1, 2, 5, direction => 'both', graph => 'whole')", "kg.reachable(1, 2, graph => 'whole')",
		"kg.distances(1, weighted => false, graph => 'whole')", "kg.cost_matrix('{1,2}', '{3,4}', weighted => false, graph => 'whole')",
		"kg.traverse_page(1, graph => 'whole')", "kg.shortest_path('{1,2}', '{3,4}', graph => 'whole')")
	{
		is(sql('reader', $set, "$count $call"), sql('owner', $set, "$count $call"), "... for $call");
	}
	for my $call ("kg.shortest_path(1, 2, graph => 'whole', weighted => true)",
		"kg.all_shortest_paths(1, 2, graph => 'whole', weighted => true)",
		"kg.k_shortest_paths(1, 2, graph => 'whole', weighted => true)", "kg.subgraph('{1}', graph => 'whole')",
		"kg.distances(1, graph => 'whole')", "kg.cost_matrix(1, 2, graph => 'whole')", "kg.path_totals(1, 3, graph => 'whole')",
		"kg.traverse('{1}', graph => 'whole', properties => '{}')")
	{
		like(sql('reader', $set =~ s/index/auto/r, "$count $call"), qr/^permission denied for table relation/, "... not for $call");
	}
	like(sql('reader', $set, "$count kg.traverse('{1}', types => '{a}', graph => 'whole')"),
		qr/^permission denied for table relation_type/, "... not for types, by $reader");
	like(sql('reader', $set, "$count kg.traverse('{1}', as_of => now(), graph => 'whole')"),
		qr/^permission denied for table relation/, "... not for times");
	like(sql('reader', $set, "$count kg.neighbors(1, graph => 'whole')"),
		qr/^permission denied for table relation/, "... not for weights");
}
admin("GRANT SELECT (weight) ON whole.relation TO reader");
for my $reader (qw(sql heap index leaf))
{
	my $set = "SET kg.adjacency_reader = $reader";
	for my $call ("kg.shortest_path(1, 2, direction => 'both', graph => 'whole', weighted => true)",
		"kg.all_shortest_paths(1, 2, direction => 'both', graph => 'whole', weighted => true)",
		"kg.k_shortest_paths(1, 2, 5, direction => 'both', graph => 'whole', weighted => true)",
		"kg.personalized_pagerank('{1}', graph => 'whole', weighted => true)")
	{
		my $sum = "SELECT count(*), sum(" . ($call =~ /pagerank/ ? 'score' : 'cost') . ")::real FROM $call";
		is(sql('reader', $set, $sum), sql('owner', $set, $sum), "weights do not take types, by $reader: $call");
	}
	like(sql('reader', $set, "SELECT count(*) FROM kg.neighbors(1, graph => 'whole')"),
		qr/^permission denied for table relation$/, "... but neighbors have them");
}
admin("REVOKE SELECT (weight) ON whole.relation FROM reader", "GRANT SELECT ON whole.relation_type TO reader");
like(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', types => '{a}', graph => 'whole')"),
	qr/^permission denied for table relation$/, 'the names of types are not the types of relations');
for my $filter ("r.weight > 0", "s.name <> ''", "EXISTS (SELECT FROM whole.observation)")
{
	like(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', graph => 'whole', filter => '" . $filter =~ s/'/''/gr . "')"),
		qr/^permission denied for table (relation|entity|observation)/, "a filter needs privileges: $filter");
}
admin("GRANT SELECT (type, weight, valid_from, valid_to, recorded_at, properties) ON whole.relation TO reader",
	"GRANT SELECT (type, name, properties, importance, embedding) ON whole.entity TO reader",
	"GRANT SELECT ON whole.observation TO reader", "GRANT SELECT ON whole.entity_type TO reader");
for my $reader (qw(leaf index heap))
{
	my @searches = grep { !/filter|known_at/ } searches('whole');
	is(sql('reader', "SET kg.adjacency_reader = $reader", @searches), sql('owner', @searches),
		"with all columns everything is found, by $reader");
}
is(sql('reader', searches('whole')), $all, '... and with filters');

# A policy on relations

admin("GRANT SELECT ON ALL TABLES IN SCHEMA whole TO reader, other, bypass",
	"ALTER TABLE whole.relation ENABLE ROW LEVEL SECURITY",
	"CREATE POLICY even ON whole.relation FOR SELECT TO reader USING (id % 2 = 0)");
same_searches('reader', 'whole', 'even', 'a role that may see half of the relations');
is(sql('other', "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', graph => 'whole')"), 1,
	'a role that may see none');
is(sql('owner', searches('whole')), $all, 'the owner sees all');
is(sql('bypass', searches('whole')), $all, 'so does a role with BYPASSRLS');
is(sql('postgres_superuser', searches('whole')), $all, 'and a superuser');
like(sql('reader', "SET kg.adjacency_reader = index", "SELECT * FROM kg.traverse('{1}', graph => 'whole')"),
	qr/^the index reader cannot serve/, 'the setting does not switch policies off');
like(sql('reader', "SET row_security = off", "SELECT * FROM kg.traverse('{1}', graph => 'whole')"),
	qr/^query would be affected by row-level security policy/, 'row_security = off is an error');
is(sql('owner', "SET row_security = off", searches('whole')), $all,
	'... not for those to whom no policy applies');

# One session, several roles; plans that were made for another
admin("ALTER TABLE whole.relation FORCE ROW LEVEL SECURITY");
is(sql('owner', "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', graph => 'whole')"), 1,
	'FORCE binds the owner too');
admin("ALTER TABLE whole.relation NO FORCE ROW LEVEL SECURITY");
my $count = "EXECUTE t";
my $both = sql('reader', "PREPARE t AS SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole')",
	"SET plan_cache_mode = force_generic_plan",
	$count, "SET ROLE owner", $count, "SET ROLE other", $count, "SET ROLE reader", $count);
my ($half, $full) = map { sql('owner', "SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => '$_')") } qw(even whole);
is($both, join("\n", $half, $full, 1, $half), 'each role of a session sees what is its own');
isnt($half, $full, '... which differs');

# A policy that depends on a setting
admin("CREATE POLICY tenant ON whole.relation FOR SELECT TO other
	USING (id % 2 = current_setting('app.parity')::int)");
is(sql('other', "SET app.parity = 0", "SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole')",
	"SET app.parity = 7", "SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole')",
	"SET app.parity = 0", "SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole')"),
	join("\n", $half, 1, $half), 'a policy that depends on a setting is asked each time');

# Filters see no more than their caller: neither rows nor, by their errors,
# whether there are any.
is(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole', filter => '1 / (r.id % 2 - 1) < 0')"), $half,
	'a policy goes before a filter');
is(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole',
		filter => 'true OR EXISTS (SELECT FROM whole.relation h WHERE h.id % 2 = 1 AND 1 / (h.id - h.id) = 0)')"), $half,
	'... also within a subquery');
is(sql('other', "SET app.parity = 7", "SELECT count(*) FROM kg.paths(1, graph => 'whole', filter => 'true')"), 1,
	'a filter that is true shows nothing that is hidden');

# The function runs as its caller: the owner of a view or the role of a
# SECURITY DEFINER function
admin("SET ROLE owner",
	"CREATE FUNCTION whole.definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
		\$\$SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole')\$\$",
	"CREATE FUNCTION whole.invoker() RETURNS bigint LANGUAGE sql AS
		\$\$SELECT count(*) FROM kg.traverse('{1}', 3, 'both', graph => 'whole')\$\$");
is(sql('reader', "SELECT whole.definer()"), $full, 'within SECURITY DEFINER the definer counts');
is(sql('reader', "SELECT whole.invoker()"), $half, 'else the invoker');
is(sql('reader', "SELECT whole.invoker(), whole.definer(), whole.invoker()"), "$half|$full|$half",
	'in one query');

# ... and so for each function
admin("SET ROLE owner", map {
	"CREATE FUNCTION whole.run_as_$_(query text) RETURNS text LANGUAGE plpgsql SECURITY $_ AS
		\$\$DECLARE result text; BEGIN EXECUTE query INTO result; RETURN result; END\$\$" } qw(definer invoker));
sub run_as
{
	my ($who, @queries) = @_;
	return sql('reader', map { "SELECT whole.run_as_$who('" . s/'/''/gr . "')" } @queries);
}
my @digests = map { s/, count\(\*\) FROM/ FROM/r } searches('whole');
is(run_as('definer', @digests), sql('owner', @digests), 'each function sees what the definer may');
is(run_as('invoker', @digests), sql('owner', map { s/, count\(\*\) FROM/ FROM/r } searches('even')),
	'each function sees no more than the invoker may');

# A policy on entities: a hidden end hides the relation
admin("ALTER TABLE whole.relation DISABLE ROW LEVEL SECURITY",
	"ALTER TABLE whole.entity ENABLE ROW LEVEL SECURITY",
	"CREATE POLICY named ON whole.entity FOR SELECT TO reader USING (id % 5 <> 0)");
same_searches('reader', 'whole', 'named', 'a role that may not see all entities');
is(sql('reader', "SELECT count(*) FROM kg.traverse('{5}', graph => 'whole')"), 0,
	'a hidden start is not there');
is(sql('reader', "SELECT count(*) FROM kg.neighbors(5, 'both', graph => 'whole')"), 0,
	'nor are its relations');
is(sql('reader', "SELECT count(*) FROM kg.shortest_path(5, 5, graph => 'whole')"), 0,
	'nor is a path from it to itself');
is(sql('reader', "SELECT count(*) FROM kg.paths(5, graph => 'whole')"), 0, 'nor any other');
is(sql('reader', "SELECT count(*) FROM kg.k_shortest_paths(5, 5, graph => 'whole')"), 0, '... of k');
is(sql('reader', "SELECT count(*) FROM kg.all_shortest_paths(5, 5, graph => 'whole')"), 0, '... of all');
is(sql('reader', "SELECT kg.reachable(5, 5, graph => 'whole'), kg.reachable(1, 5, direction => 'both', graph => 'whole')"), 'f|f', 'it reaches nothing and is reached by none');
is(sql('reader', "SELECT nodes, edges, truncated FROM kg.subgraph('{5}', max_nodes => 0, graph => 'whole')"), '[]|[]|f', 'and is not counted as one that max_nodes cuts off');
is(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', graph => 'whole', filter => 's.id % 5 = 0 OR t.id % 5 = 0')"), 1,
	'a filter does not find it either');
is(sql('reader', "SELECT count(*) FROM kg.subgraph('{1,2,3}', 3, graph => 'whole') g, jsonb_array_elements(nodes) n WHERE (n ->> 'id')::int % 5 = 0"), 0,
	'nor does the second pass of a subgraph');
is(sql('owner', searches('whole')), $all, 'the owner sees all');
admin("ALTER TABLE whole.relation ENABLE ROW LEVEL SECURITY");
is(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', graph => 'whole') t
	WHERE entity % 5 = 0 OR relation % 2 = 1"), 0, 'policies on both tables');
same_searches('reader', 'whole', 'few', 'a role that may see some of both');

# Views in place of the tables, which their owner may read and the caller not
admin("ALTER TABLE whole.relation DISABLE ROW LEVEL SECURITY", "ALTER TABLE whole.entity DISABLE ROW LEVEL SECURITY",
	(map {
		("ALTER TABLE whole.$_->[0] RENAME TO $_->[0]_table", "REVOKE ALL ON whole.$_->[0]_table FROM reader",
		 "CREATE VIEW whole.$_->[0] AS SELECT * FROM whole.$_->[0]_table WHERE $_->[1]",
		 "ALTER VIEW whole.$_->[0] OWNER TO owner", "GRANT SELECT ON whole.$_->[0] TO reader")
	 } ['relation', 'id % 2 = 0'], ['entity', 'id % 5 <> 0']));
same_searches('reader', 'whole', 'few', 'a role that may see views');
admin("ALTER VIEW whole.entity SET (security_invoker = true)");
like(sql('reader', "SELECT count(*) FROM kg.paths(1, graph => 'whole')"), qr/^permission denied for table entity_table/,
	'a view that asks for the rights of its caller');
admin(map { ("DROP VIEW whole.$_", "ALTER TABLE whole.${_}_table RENAME TO $_", "GRANT SELECT ON whole.$_ TO reader") } qw(relation entity));

# A policy on the names of types: what is hidden matches nothing
admin("ALTER TABLE whole.relation DISABLE ROW LEVEL SECURITY",
	"ALTER TABLE whole.entity DISABLE ROW LEVEL SECURITY",
	"ALTER TABLE whole.relation_type ENABLE ROW LEVEL SECURITY",
	"CREATE POLICY b ON whole.relation_type FOR SELECT TO reader USING (name = 'b')");
is(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', 1, 'both', '{a}', graph => 'whole')"), 1,
	'a type that is hidden');
is(sql('reader', "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', '{a,b}', graph => 'whole')"),
	sql('owner', "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', '{b}', graph => 'whole')"),
	'... next to one that is not');

# Privileges that go away in a session
is(sql('reader', "SELECT count(*) > 0 FROM kg.traverse('{1}', graph => 'whole')", "RESET ROLE",
	"REVOKE SELECT ON whole.relation FROM reader",
	"REVOKE SELECT (id, source, target, type, weight, valid_from, valid_to) ON whole.relation FROM reader",
	"SET ROLE reader", "SELECT count(*) FROM kg.traverse('{1}', graph => 'whole')"),
	'permission denied for table relation', 'revoked in the same session');

done_testing();
