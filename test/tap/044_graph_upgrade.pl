# pg_upgrade carries graphs and kg_hnsw indexes along: the new cluster answers
# as the old one did, from the same files.  The old server is the one that is
# tested or, as in PostgreSQL's own test, that of the folder "oldinstall".
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;
use Hnsw;

my $dims = 8;
my $old = PostgreSQL::Test::Cluster->new('old', install_path => $ENV{oldinstall});
$old->init;
$old->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
$old->start;
$old->safe_psql('postgres', 'CREATE EXTENSION kg');

# The default graph with an index, a created one that belongs to a role and
# has a policy, and a registered one of several tables
make_graph($old, 16, $_, 'SELECT generate_series(1, 500)', random_edges(500, 2000, 3)) for qw(kg own);
$old->safe_psql('postgres', join(";\n",
	"SET search_path = public, kg",
	"UPDATE entity t SET embedding = v.e FROM " . hnsw_vectors(1, 500, $dims, 1) . " v WHERE v.id = t.id AND t.id % 50 <> 0",
	"ALTER TABLE entity ALTER embedding TYPE vector($dims)",
	"CREATE INDEX ON entity USING kg_hnsw (embedding vector_cosine_ops)",
	"CREATE ROLE reader", "GRANT USAGE ON SCHEMA own TO reader", "GRANT SELECT ON ALL TABLES IN SCHEMA own TO reader",
	"ALTER TABLE own.relation ENABLE ROW LEVEL SECURITY",
	"CREATE POLICY even ON own.relation TO reader USING (id % 2 = 0)",
	"CREATE TABLE person (id text PRIMARY KEY, name text, taste vector($dims))",
	"CREATE TABLE city (id smallint PRIMARY KEY, name text)",
	"CREATE TABLE knows (a text REFERENCES person, b text REFERENCES person, weight real)",
	"CREATE TABLE lives (person text REFERENCES person, city smallint REFERENCES city)",
	"INSERT INTO person SELECT 'p' || id, 'P' || id, e FROM " . hnsw_vectors(1, 300, $dims, 2) . " v",
	"INSERT INTO city SELECT i, 'C' || i FROM generate_series(1, 9) i",
	"INSERT INTO knows SELECT 'p' || s, 'p' || t, s % 7 FROM (" . random_edges(300, 900, 4) . ") e(s, t)",
	"INSERT INTO lives SELECT 'p' || i, 1 + i % 9 FROM generate_series(1, 300) i",
	"CREATE INDEX person_taste ON person USING kg_hnsw (taste) WITH (m = 10, storage = sq8)",
	"CREATE UNLOGGED TABLE scratch AS SELECT id, taste FROM person",
	"CREATE INDEX scratch_taste ON scratch USING kg_hnsw (taste)",
	# pages that have seen changes, too
	"DELETE FROM person p WHERE id ~ '3\$' AND NOT EXISTS (SELECT FROM knows WHERE p.id IN (a, b)) AND NOT EXISTS (SELECT FROM lives WHERE person = p.id)",
	"UPDATE person SET taste = NULL WHERE id ~ '7\$'",
	q{SELECT register_graph('people', '["person", "city"]', '["knows", "lives"]', 'l2')}));
$old->safe_psql('postgres', 'VACUUM');

my %queries = (
	'catalogue' => "SELECT * FROM kg.graph",
	'node tables' => "SELECT * FROM kg.node_table",
	'edge tables' => "SELECT * FROM kg.edge_table",
	'indexes' => "SELECT index, i.* FROM unnest('{kg.entity_embedding_idx,person_taste,scratch_taste}'::regclass[]) index, kg.index_info(index) i",
	'checks of indexes' => "SELECT count(*) AS problems FROM unnest('{kg.entity_embedding_idx,person_taste,scratch_taste}'::regclass[]) index, kg.index_check(index)",
	'plan' => "SET enable_seqscan = off; SET enable_sort = off; EXPLAIN (COSTS OFF) SELECT id FROM kg.entity ORDER BY embedding OPERATOR(kg.<=>) '[1,2,3,4,5,6,7,8]' LIMIT 5",
	(map {
		my ($graph, $start) = @$_;
		("traversal of $graph" => "SELECT entity, depth, key FROM kg.traverse('{$start}', 3, graph => '$graph')",
		 "reader of $graph" => "SELECT * FROM kg.explain_traverse(graph => '$graph')")
	} ['kg', 1], ['own', 1], ['people', 'person:p1']),
	'traversal under a policy' => "SET ROLE reader; SELECT entity, depth FROM kg.traverse('{1}', 3, graph => 'own')",
	'paths' => "SELECT * FROM kg.paths(1, 7, max_depth => 4, direction => 'both')",
	'paths of a registered graph' => "SELECT * FROM kg.paths('person:p1'::text, max_depth => 2, graph => 'people')",
	'least cost' => "SELECT max(cost) FROM kg.shortest_path(1, 7, direction => 'both', graph => 'own', weighted => true)",
	'nearest' => "SET kg.ef_search = 500; SELECT * FROM kg.knn('[1,2,3,4,5,6,7,8]', 20)",
	'nearest of a registered graph' => "SET kg.ef_search = 500; SELECT * FROM kg.knn('[1,2,3,4,5,6,7,8]', 20, 'person', 'people')",
	'ranks' => "SELECT key, score FROM kg.pagerank(graph => 'people')",
	# array and row types are members of their own in some versions
	'members' => "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend JOIN pg_extension x ON x.oid = refobjid AND extname = 'kg'
		WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND classid <> 'pg_type'::regclass",
	'configuration' => "SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'kg'",
);

sub answer
{
	my ($node, $what) = @_;
	return join("\n", sort split /\n/, $node->safe_psql('postgres', $queries{$what}));
}

my %expected = map { $_ => answer($old, $_) } keys %queries;
isnt($expected{$_}, '', "there is an answer: $_") for sort keys %expected;
is($expected{'checks of indexes'}, 0, 'the indexes are in order');
like($expected{'plan'}, qr/Index Scan using entity_embedding_idx/, 'the index serves');
$old->stop;

foreach my $mode ('copy', 'link')
{
	my $new = PostgreSQL::Test::Cluster->new($mode);

	$new->init;
	$new->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
	command_ok([ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $old->config_data('--bindir'), '-B', $new->config_data('--bindir'),
			'-s', $new->host, '-p', $old->port, '-P', $new->port, $mode eq 'link' ? ('--link') : () ],
		"pg_upgrade by $mode");
	$new->start;
	is(answer($new, $_), $expected{$_}, "$mode keeps: $_") for sort keys %queries;

	# It lives on.
	$new->safe_psql('postgres', join(";\n", 'SET search_path = public, kg',
		"INSERT INTO entity (id, type, name, embedding) VALUES (1001, 1, 'new', '[1,2,3,4,5,6,7,8]')",
		"INSERT INTO relation (source, target, type) VALUES (1, 1001, 1)",
		"INSERT INTO person VALUES ('new', 'New', '[1,2,3,4,5,6,7,8]')",
		"INSERT INTO knows VALUES ('p1', 'new')", 'VACUUM person'));
	is($new->safe_psql('postgres', "SELECT entity FROM kg.knn('[1,2,3,4,5,6,7,8]', 1)"), 1001, 'a new entity is the nearest');
	is($new->safe_psql('postgres', "SELECT key FROM kg.knn('[1,2,3,4,5,6,7,8]', 1, 'person', 'people')"), 'person:new', '... in the registered graph');
	is($new->safe_psql('postgres', "SELECT depth FROM kg.traverse('{1}') WHERE entity = 1001"), 1, '... and it is reached');
	is($new->safe_psql('postgres', "SELECT depth FROM kg.traverse('{person:p1}', graph => 'people') WHERE key = 'person:new'"), 1, '... in both');
	is($new->safe_psql('postgres', "SELECT kg.create_graph('later'); SELECT kg.drop_graph('people'); SELECT count(*) FROM kg.graph"), "\n\n3",
		'graphs come and go');

	# An unlogged index is empty after a crash, which takes its initial fork.
	$new->stop('immediate');
	$new->start;
	is($new->safe_psql('postgres', "SET enable_seqscan = off; SELECT count(*) FROM scratch; INSERT INTO scratch VALUES ('a', '[1,2,3,4,5,6,7,8]');
		SELECT id FROM scratch ORDER BY taste OPERATOR(kg.<->) '[1,2,3,4,5,6,7,8]'"), "0\na", 'an unlogged index survives a crash');
	$new->stop;
}

done_testing();
