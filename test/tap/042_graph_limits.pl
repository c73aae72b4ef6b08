# Traversals stop when they are told to, stay within work_mem, and run on a
# standby.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "autovacuum = off\nmax_wal_size = 2GB\nhash_mem_multiplier = 1\n");
$node->start;

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# 60,000 entities with three relations each; no checks while loading
query("CREATE EXTENSION kg", "SELECT kg.create_graph()",
	"SET session_replication_role = replica",
	"INSERT INTO kg.entity_type (name) VALUES ('node')",
	"INSERT INTO kg.relation_type (name) VALUES ('edge')",
	"INSERT INTO kg.entity (type, name) SELECT 1, '' FROM generate_series(1, 60000)",
	"INSERT INTO kg.relation (source, target, type)
		SELECT i, 1 + abs(hashint8extended(i, k) % 60000), 1 FROM generate_series(1, 60000) i, generate_series(1, 3) k");
query("VACUUM ANALYZE kg.entity, kg.relation");

# A cancelled traversal ends soon, not when it is done.
my $all = "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both')";
for my $reader (qw(leaf index sql))
{
	my $set = "SET work_mem = '64MB'; SET kg.adjacency_reader = $reader";
	query($set, $all);
	my $start = time;
	is(query($set, $all), 60000, "$reader: everything is reached");
	my $whole = time - $start;
	my $timeout = 1 + int($whole * 1000 / 10);
	my ($err, $cancelled);

	# again if the machine was busy with something else
	for (1 .. 5)
	{
		$start = time;
		(undef, undef, $err) = $node->psql('postgres', "$set; SET statement_timeout = $timeout; $all");
		$cancelled = time - $start;
		last if $cancelled < $whole / 2 + 0.1;
	}
	like($err, qr/canceling statement due to statement timeout/, "$reader: statement_timeout cancels");
	cmp_ok($cancelled, '<', $whole / 2 + 0.1, "$reader: ... after $timeout ms of " . int($whole * 1000));
}

# Memory
my ($status, undef, $err) = $node->psql('postgres', "SET work_mem = '256kB'; $all");
like($err, qr/the entities reached do not fit in work_mem/, 'work_mem bounds what a traversal keeps');
like($err, qr/DETAIL: .*The search has reached \d+ entities and needs \d+ kB to go on; work_mem is 256 kB/, '... and says by how much');
my ($least, $enough) = $err =~ /HINT: .*at least (\d+) kB to get further, or to about (\d+) kB to reach all of about 60000 entities; or lower max_depth or max_nodes/;
cmp_ok($least, '>', 256, '... what would do for now');
cmp_ok($enough, '>', $least, '... and what for all');
is(query("SET work_mem = '${enough}kB'", $all), 60000, '... which does');
(undef, undef, $err) = $node->psql('postgres', "SET work_mem = '128kB'; SET hash_mem_multiplier = 1.5; $all");
like($err, qr/; work_mem times hash_mem_multiplier is 192 kB/, 'hash_mem_multiplier counts');
($least, $enough) = $err =~ /HINT: .*at least (\d+) kB to get further, or to about (\d+) kB/;
is(query("SET work_mem = '${enough}kB'", "SET hash_mem_multiplier = 1.5", $all), 60000, '... in what would do, too');
is(query("SET work_mem = '4MB'", $all), 60000, 'the default holds 60,000 entities');
is(query("SET work_mem = '256kB'", "SELECT count(*) FROM kg.traverse('{1}', NULL, 'both', max_nodes => 5000)"), 5000,
	'max_nodes keeps it small');
cmp_ok(query("SET work_mem = '256kB'", "SELECT count(*) FROM generate_series(2, 50) s, LATERAL kg.shortest_path(1, s, direction => 'both') p"), '>', 50,
	'a path needs less');
# What a search held is given back: many in one query take no more than one.
is(query("SET work_mem = '4MB'", "SELECT sum(c) FROM generate_series(1, 3) s,
	LATERAL (SELECT count(*) FROM kg.traverse(ARRAY[s], NULL, 'both')) t(c)"), 180000, 'several in one query');

# Searches for paths are cancelled wherever they are: most of these would take
# hours.
my %endless = (
	'paths' => "kg.paths(1, NULL, NULL, 'both', max_paths => NULL)",
	'paths to a target' => "kg.paths(1, 2, 40, max_paths => NULL)",
	'paths without a relation twice' => "kg.paths(1, 2, NULL, 'both', uniqueness => 'edge', max_paths => NULL)",
	'k_shortest_paths' => "kg.k_shortest_paths(1, 2, NULL, direction => 'both')",
	'k_shortest_paths by weight' => "kg.k_shortest_paths(1, 2, NULL, direction => 'both', weighted => true)",
	'shortest_path by weight' => "generate_series(1, 1000000) s, LATERAL kg.shortest_path(1, s, weighted => true)",
	'all_shortest_paths' => "generate_series(1, 1000000) s, LATERAL kg.all_shortest_paths(1, s, direction => 'both')",
	'all_shortest_paths by weight' => "generate_series(1, 1000000) s, LATERAL kg.all_shortest_paths(1, s, direction => 'both', weighted => true)",
	'distances' => "generate_series(1, 1000) s, LATERAL kg.distances(s, direction => 'both')",
	'cost_matrix' => "kg.cost_matrix(ARRAY(SELECT generate_series(1, 1000)), ARRAY(SELECT generate_series(1, 60000)))",
	'path_totals' => "kg.path_totals(1, 1000000, 'both')",
	'traverse_page' => "generate_series(1, 1000) s, LATERAL kg.traverse_page(s, NULL, 'both', max_rows => NULL)",
	'shortest_path of so many relations by weight' => "generate_series(1, 1000000) s, LATERAL kg.shortest_path(1, s, 7, weighted => true)",
	'reachable' => "generate_series(1, 1000000) s WHERE kg.reachable(1, s)",
	'subgraph' => "generate_series(1, 1000) s, LATERAL kg.subgraph('{1}', NULL, max_nodes => NULL)",
	'a filter' => "kg.traverse('{1}', NULL, 'both', filter => '(SELECT count(*) FROM kg.relation a, kg.relation b WHERE a.id <> b.id) > 0')");
for my $what (sort keys %endless)
{
	for my $reader ($what =~ /filter/ ? 'sql' : qw(leaf heap sql))
	{
		my (undef, undef, $err) = $node->psql('postgres',
			"SET work_mem = '64MB'; SET kg.adjacency_reader = $reader; SET statement_timeout = 100; SELECT count(*) FROM $endless{$what}");
		like($err, qr/canceling statement due to statement timeout/, "$what, by $reader: cancelled");
	}
}

# ... and held to work_mem.  (Searches by weight need little between near ends:
# these get a chain.)
query("SELECT kg.create_graph('long')", "INSERT INTO long.entity_type (name) VALUES ('node')",
	"INSERT INTO long.relation_type (name) VALUES ('edge')",
	"INSERT INTO long.entity (type, name) SELECT 1, '' FROM generate_series(1, 3000)",
	"INSERT INTO long.relation (source, target, type) SELECT i, i + 1, 1 FROM generate_series(1, 2999) i");
for my $call ("kg.paths(1, 2, 12, 'both', max_paths => NULL)", "kg.k_shortest_paths(1, 2, NULL, direction => 'both')",
	"kg.shortest_path(1, 3000, direction => 'both', weighted => true, graph => 'long')",
	"kg.all_shortest_paths(1, 3000, weighted => true, graph => 'long')",
	"kg.k_shortest_paths(1, 2, direction => 'both', weighted => true)", "kg.subgraph('{1}', NULL, max_nodes => NULL)",
	"kg.distances(1)", "kg.cost_matrix(1, 60000)", "kg.path_totals(1, 20)", "kg.traverse_page(1, NULL, max_rows => NULL)",
	"kg.all_shortest_paths(1, 3000, 2999, weighted => true, graph => 'long')")
{
	(undef, undef, $err) = $node->psql('postgres', "SET work_mem = '64kB'; SELECT count(*) FROM $call");
	like($err, qr/do not fit in work_mem.*HINT: .*Set work_mem to at least \d+ kB.*; or (lower|filter)/s, "memory of $call");
	my ($reached, $setting, $hint) = $err =~ /reached (\d+) entit(?:y|ies) and .*work_mem is (\d+) kB.*at least (\d+) kB/s;
	cmp_ok($reached, '>', 0, '... tells how far it came');
	is($setting, 64, '... names the setting as it is');
	cmp_ok($hint, '>', 64, '... and asks for more');
	unlike($err, qr/to reach all of/, '... without a guess from too little') if $reached < 100;
}
is(query("SET work_mem = '64kB'", "SELECT count(*) FROM kg.paths(1, NULL, 9, 'both', max_paths => 5000)"), 5000,
	'a depth-first search needs little');
is(query("SET work_mem = '256kB'", "SELECT count(*) FROM kg.k_shortest_paths(1, 2, 20, direction => 'both')"), 20, 'nor do some paths');

# An error in the middle leaves no pin, lock or memory behind that matters.
is(query("CREATE FUNCTION attempt() RETURNS text LANGUAGE plpgsql AS \$\$
	BEGIN
		FOR i IN 1..20 LOOP
			BEGIN
				PERFORM kg.traverse('{1}', NULL, 'both');
			EXCEPTION WHEN configuration_limit_exceeded THEN NULL;
			END;
		END LOOP;
		RETURN (SELECT count(*) FROM kg.traverse('{1}', 1));
	END\$\$", "SET work_mem = '64kB'", "SELECT attempt()", "SET kg.adjacency_reader = sql", "SELECT attempt()") =~ /^(\d+)\n\1$/, 1,
	'traversals go on after errors');
unlike(slurp_file($node->logfile), qr/leak/, 'nothing leaks');

# A column is not null only if all rows are known to comply.
SKIP:
{
	skip 'NOT NULL is always valid', 4 if query("SHOW server_version_num") < 180000;
	query("SELECT kg.create_graph('holes')", "ALTER TABLE holes.relation ALTER target DROP NOT NULL",
		"INSERT INTO holes.entity_type (name) VALUES ('node')",
		"INSERT INTO holes.relation_type (name) VALUES ('edge')",
		"INSERT INTO holes.entity (type, name) SELECT 1, '' FROM generate_series(1, 3)",
		"INSERT INTO holes.relation (source, target, type) VALUES (1, 2, 1), (1, NULL, 1), (2, 3, 1)",
		"ALTER TABLE holes.relation ADD CONSTRAINT late NOT NULL target NOT VALID");
	is(query("SET kg.adjacency_reader = $_", "SELECT count(*) FROM kg.traverse('{1}', graph => 'holes')"), 3, "NOT NULL NOT VALID, by $_")
		for qw(leaf index heap sql);
}

# A standby
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
my $sample = "SELECT md5(string_agg((entity, depth)::text, '' ORDER BY depth, entity)) FROM kg.traverse('{7,70}', 6)";
for my $reader (qw(leaf index sql))
{
	is($standby->safe_psql('postgres', "SET kg.adjacency_reader = $reader; $sample"), query($sample),
		"the standby gives the same, by $reader");
}
query("DELETE FROM kg.relation WHERE id % 5 = 0", "UPDATE kg.relation SET target = 7 WHERE id % 7 = 0");
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SET kg.adjacency_reader = $_; $sample"), query($sample), "... after changes, by $_") for qw(leaf index);
query("VACUUM kg.relation");
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SET kg.adjacency_reader = $_; $sample"), query($sample), "... and after VACUUM, by $_") for qw(leaf index);
query("ALTER TABLE kg.relation SET UNLOGGED");
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is(query("SET kg.adjacency_reader = index; $sample"), query("SET kg.adjacency_reader = sql; $sample"), 'unlogged tables serve');
($status, undef, $err) = $standby->psql('postgres', $sample);
like($err, qr/cannot access temporary or unlogged relations during recovery/, '... on the primary only');

done_testing();
