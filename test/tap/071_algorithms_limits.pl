# Algorithms stop when they are told to, give their memory back, follow tables
# that are views or partitioned, and run on a standby.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf',
	"autovacuum = off\nmax_wal_size = 2GB\njit = off\nmaintenance_work_mem = '256MB'\n");
$node->start;

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# 30,000 entities with five relations each
query("CREATE EXTENSION kg", "SELECT kg.create_graph()",
	"SET session_replication_role = replica",
	"INSERT INTO kg.entity_type (name) VALUES ('node')",
	"INSERT INTO kg.relation_type (name) VALUES ('edge')",
	"INSERT INTO kg.entity (type, name) SELECT 1, '' FROM generate_series(1, 30000)",
	"INSERT INTO kg.relation (source, target, type)
		SELECT i, 1 + abs(hashint8extended(i, k) % 30000), 1 FROM generate_series(1, 30000) i, generate_series(1, 5) k");
query("VACUUM ANALYZE kg.entity, kg.relation");

my %calls = (
	pagerank => 'kg.pagerank(tolerance => 0, max_iterations => 1000)',
	personalized_pagerank => "kg.personalized_pagerank('{1}', epsilon => 1e-12)",
	connected_components => 'kg.connected_components()',
	strongly_connected_components => 'kg.strongly_connected_components()',
	label_propagation => 'kg.label_propagation()',
	leiden => 'kg.leiden()',
	triangles => 'kg.triangles()',
	core_numbers => 'kg.core_numbers()',
	betweenness => 'kg.betweenness(200)',
	'edge_betweenness weighted' => 'kg.edge_betweenness(100, weighted => true)',
	closeness => 'kg.closeness(3000)',
	'closeness weighted' => 'kg.closeness(100, weighted => true)',
	eigenvector_centrality => 'kg.eigenvector_centrality(1000, 0)',
	katz_centrality => 'kg.katz_centrality(0.01, max_iterations => 1000, tolerance => 0)',
	hits => 'kg.hits(1000, 0)',
	random_walks => 'kg.random_walks(length => 50)',
	fastrp => 'kg.fastrp(256)',
	node_similarity => 'kg.node_similarity()',);

# A call's messages, and seconds of the processor's time that its session took
sub call
{
	my ($timeout, $name) = @_;
	my (undef, $out, $err) = $node->psql('postgres', "SET statement_timeout = $timeout;
		SELECT count(*) FROM $calls{$name};
		RESET statement_timeout;
		SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e9", on_error_stop => 0);

	return ($err, (split /\n/, $out)[-1]);
}

# A cancelled call ends soon.  On a machine that does other things it may wait for a processor,
# so its time of the processor counts, and only a call that takes long shows anything.
for my $name (sort keys %calls)
{
	my (undef, $whole) = call(0, $name);
	next if $whole < 0.4;
	my ($timeout, $cancelled, $err) = (int($whole * 1000 / 2));
	# the first call may have waited for memory; the others then take a part of its time
	do
	{
		$timeout = int($timeout / 2) || 1;
		($err, $cancelled) = call($timeout, $name);
	} while ($err eq '' && $timeout > 1);
	like($err, qr/canceling statement due to statement timeout/, "$name: statement_timeout cancels");
	cmp_ok($cancelled, '<', $whole / 4 + 0.1 + $whole / 3,
		"$name: ... after $timeout ms of " . int($whole * 1000));
}

# Each call frees what it took, also if it fails.
is(query((map { "DO \$\$BEGIN PERFORM * FROM $_; END\$\$" } map { $calls{$_} } qw(leiden triangles connected_components)),
		"DO \$\$BEGIN PERFORM set_config('maintenance_work_mem', '1MB', true); PERFORM * FROM kg.leiden();
			EXCEPTION WHEN configuration_limit_exceeded THEN NULL; END\$\$",
		"SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'kg algorithm'"),
	0, 'no memory is kept');

# What is needed is what the error says.
my (undef, undef, $err) = $node->psql('postgres', "SET maintenance_work_mem = '1MB'; SELECT count(*) FROM kg.leiden()");
like($err, qr/graph "kg" does not fit in maintenance_work_mem/, 'maintenance_work_mem bounds memory');
like($err, qr/DETAIL: .*With 30000 entities and 150000 relations, about \d+ kB are needed; maintenance_work_mem is 1024 kB/, '... and the error says by how much');
my ($enough) = $err =~ /HINT: .*at least (\d+) kB/;
is(query("SET maintenance_work_mem = '${enough}kB'", "SELECT count(DISTINCT entity) FROM kg.leiden()"), 30000,
	'... and what would do, which does');

# leiden of 400,000 entities and 1,000,000 relations at the default of 64 MB: the
# same on a small scale, where it is the same share of memory
query("SELECT kg.create_graph('sparse')",
	"INSERT INTO sparse.entity_type (name) VALUES ('node')",
	"INSERT INTO sparse.relation_type (name) VALUES ('edge')",
	"SET session_replication_role = replica",
	"INSERT INTO sparse.entity (type, name) SELECT 1, '' FROM generate_series(1, 30000)",
	"INSERT INTO sparse.relation (source, target, type)
		SELECT 1 + abs(hashint8extended(i, 1) % 30000), 1 + abs(hashint8extended(i, 2) % 30000), 1 FROM generate_series(1, 75000) i");
query("VACUUM ANALYZE sparse.entity, sparse.relation");
is(query("SET maintenance_work_mem = '" . int(65536 * 30000 / 400000) . "kB'", "SELECT count(DISTINCT entity) FROM kg.leiden(graph => 'sparse')"),
	30000, 'leiden takes no more than is documented');
# What the error asks for does, for every algorithm that reads the whole graph.
for my $call (sort map { s/\)$//r } qw(degree() pagerank() connected_components()
	strongly_connected_components() label_propagation() leiden(weighted=>true) triangles() clustering_coefficient() core_numbers()
	topological_order(types=>'{}') find_cycle() longest_path(types=>'{}') minimum_spanning_forest() bridges() articulation_points()
	betweenness(10) betweenness(10,weighted=>true) edge_betweenness(10) edge_betweenness(10,weighted=>true)
	closeness(10) closeness(10,weighted=>true) harmonic_centrality(10) eigenvector_centrality() katz_centrality(0.001) hits()
	random_walks('{1}') random_walks('{1}',weighted=>true) fastrp(16) node_similarity('{1}') link_prediction('{1}',direction=>'out')))
{
	my $query = "SELECT count(*) >= 0 FROM kg.$call" . ($call =~ /\($/ ? '' : ', ') . "graph => 'sparse')";
	my (undef, undef, $error) = $node->psql('postgres', "SET maintenance_work_mem = '1MB'; $query");
	my ($kb) = $error =~ /HINT: .*at least (\d+) kB/ ? $1 : 1024;
	is(query("SET maintenance_work_mem = '${kb}kB'", $query), 't', "$call) in $kb kB");
}

# A view in place of a table, with more than one row an entity; partitions
query("ALTER TABLE kg.entity RENAME TO entity_rows",
	"CREATE VIEW kg.entity AS SELECT * FROM kg.entity_rows UNION ALL SELECT * FROM kg.entity_rows WHERE id <= 100",
	"ALTER TABLE kg.relation RENAME TO relation_rows",
	"CREATE TABLE kg.relation (LIKE kg.relation_rows) PARTITION BY HASH (source)",
	(map { "CREATE TABLE kg.relation_$_ PARTITION OF kg.relation FOR VALUES WITH (MODULUS 3, REMAINDER $_)" } 0 .. 2));
my $answers = sub {
	return query(
		"SELECT md5(string_agg(q::text, ' ' ORDER BY entity)) FROM kg.degree() q",
		"SELECT md5(string_agg(q::text, ' ' ORDER BY level, entity)) FROM kg.leiden(seed => 5) q",
		"SELECT md5(string_agg(entity || ' ' || round(score::numeric, 12), ' ' ORDER BY entity)) FROM kg.pagerank() q",
		"SELECT md5(string_agg(entity || ' ' || round(score::numeric, 12), ' ' ORDER BY entity)) FROM kg.personalized_pagerank('{1,2}') q");
};
query("INSERT INTO kg.relation SELECT * FROM kg.relation_rows");
my $through_others = $answers->();
query("DROP VIEW kg.entity", "DROP TABLE kg.relation",
	"ALTER TABLE kg.entity_rows RENAME TO entity", "ALTER TABLE kg.relation_rows RENAME TO relation");
is($through_others, $answers->(), 'the same through a view and partitions');

# A standby
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
is($standby->safe_psql('postgres', "SELECT count(DISTINCT entity) FROM kg.leiden()"), 30000, 'on a standby');
is($standby->safe_psql('postgres', "SELECT count(*) > 0 FROM kg.personalized_pagerank('{1}')"), 't', '... local push, too');

done_testing();
