# ALTER EXTENSION UPDATE from every released version gives what a fresh install gives:
# all that the catalogues say of the extension, object by object.  Graphs and indexes made
# before the update answer after it.  See upgrade/README.md.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Pgvector;

my $root = $ENV{TESTDIR} && -e "$ENV{TESTDIR}/Makefile" ? $ENV{TESTDIR} : '.';
my ($version) = slurp_file("$root/Makefile") =~ /^EXTVERSION = (\S+)$/m;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\njit = off\n");
$node->start;
my $scripts = $node->config_data('--sharedir') . '/extension';
my @written;

# A script in the server's folder, until the end of the test
sub install
{
	my ($name, $text) = @_;

	return if -e "$scripts/$name";
	push @written, "$scripts/$name";
	append_to_file("$scripts/$name", $text);
	return;
}

my $number = 0;

sub database
{
	my ($name) = 'db' . ++$number;

	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0");
	return $name;
}

# What the catalogues say, after some statements, which are taken back
sub catalogue
{
	my ($db, $extension, @statements) = @_;

	return $node->safe_psql($db, join(";\n", slurp_file('sql/include/catalogue.sql'), 'BEGIN', @statements,
		"SELECT object, property FROM pg_temp.extension_catalogue('$extension') ORDER BY 1, 2", 'ROLLBACK'));
}

# Lines of one only, each with a sign
sub differences
{
	my ($first, $second) = @_;
	my %first = map { $_ => 1 } split /\n/, $first;
	my %second = map { $_ => 1 } split /\n/, $second;

	return join("\n", sort((map { "- $_" } grep { !$second{$_} } keys %first), (map { "+ $_" } grep { !$first{$_} } keys %second)));
}

my $fresh = database();
$node->safe_psql($fresh, 'CREATE EXTENSION kg');
my $expected = catalogue($fresh, 'kg');
cmp_ok(scalar(split /\n/, $expected), '>', 2500, 'the catalogues say much');
is(differences(catalogue($fresh, 'kg'), $expected), '', 'and the same each time');

# The comparison sees whatever an update script may forget.
for my $change (
	[ 'ALTER FUNCTION kg.l2_distance(kg.vector, kg.vector) COST 77' => 'function kg.l2_distance' ],
	[ 'ALTER FUNCTION kg.l2_distance(kg.vector, kg.vector) VOLATILE' => 'function kg.l2_distance' ],
	[ "COMMENT ON FUNCTION kg.l2_distance(kg.vector, kg.vector) IS 'other'" => 'function kg.l2_distance' ],
	[ "COMMENT ON COLUMN kg.graph.name IS 'other'" => 'table kg.graph' ],
	[ 'ALTER EXTENSION kg DROP FUNCTION kg.name_key(text)' => 'function kg.name_key' ],
	[ q{CREATE FUNCTION kg.further() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER EXTENSION kg ADD FUNCTION kg.further()} => 'function kg.further' ],
	[ 'ALTER TABLE kg.graph ADD COLUMN further int' => 'table kg.graph' ],
	[ 'ALTER TABLE kg.graph ADD CHECK (length(name) < 100)' => 'graph_name_check' ],
	[ 'ALTER TABLE kg.graph ALTER made_schema SET DEFAULT NULL' => 'default value for kg.graph.made_schema' ],
	[ 'CREATE INDEX further ON kg.graph (schema_name)' => 'index kg.further' ],
	[ 'ALTER OPERATOR kg.=(kg.vector, kg.vector) SET (RESTRICT = NONE)' => 'operator kg.=' ],
	[ 'GRANT EXECUTE ON FUNCTION kg.index_check(regclass, boolean) TO PUBLIC' => 'function kg.index_check' ],
	[ 'ALTER TYPE kg.vector SET (STORAGE = extended)' => 'type kg.vector' ],
	[ 'ALTER EVENT TRIGGER kg_guard_drop DISABLE' => 'event trigger kg_guard_drop' ],
	[ 'ALTER EXTENSION kg DROP OPERATOR CLASS kg.vector_l1_ops USING kg_hnsw' => 'operator class kg.vector_l1_ops' ],
	[ "UPDATE pg_extension SET extcondition = NULL, extconfig = NULL WHERE extname = 'kg'" => 'extension kg' ],
	[ "COMMENT ON EXTENSION kg IS 'other'" => 'extension kg' ])
{
	my ($statement, $object) = @$change;
	like(differences($expected, catalogue($fresh, 'kg', $statement)), qr/^[-+] .*\Q$object\E/m, "seen: $statement");
}

# Names of released scripts
my @released = -d "$root/upgrade/released" ? slurp_dir("$root/upgrade/released") : ();

# Releases, and the present script as if it had been one
my %release = map { /^kg--(.*)\.sql$/ ? ($1 => slurp_file("$root/upgrade/released/$_")) : () } @released;
install("kg--0.0.0.sql", slurp_file("$scripts/kg--$version.sql"));
install("kg--0.0.0--$version.sql", "-- nothing\n");
install("kg--$_.sql", $release{$_}) for keys %release;

for my $old ('0.0.0', sort grep { $_ ne $version } keys %release)
{
	my $db = database();

	$node->safe_psql($db, join(";\n", "CREATE EXTENSION kg VERSION '$old'",
		"SELECT kg.create_graph(dimensions => 3)",
		"INSERT INTO kg.entity_type (name) VALUES ('t')", "INSERT INTO kg.relation_type (name) VALUES ('r')",
		"INSERT INTO kg.entity (type, name, embedding) SELECT 1, 'n' || i, ARRAY[i % 7, i % 11, i]::kg.vector FROM generate_series(1, 300) i",
		"INSERT INTO kg.relation (source, target, type) SELECT i, 1 + i * 7 % 300, 1 FROM generate_series(1, 300) i",
		"CREATE INDEX ON kg.entity USING kg_hnsw (embedding kg.vector_l2_ops)"));
	my $questions = join(";\n", 'SET enable_seqscan = off', "SELECT entity FROM kg.knn('[1,2,3]', 10)", "SELECT entity, depth FROM kg.traverse('{1}', 5)",
		'SELECT name FROM kg.entity ORDER BY embedding OPERATOR(kg.<->) \'[3,4,5]\' LIMIT 10', "SELECT * FROM kg.index_check('kg.entity_embedding_idx')");
	my $before = $node->safe_psql($db, $questions);
	$node->safe_psql($db, 'ALTER EXTENSION kg UPDATE');
	is(differences($expected, catalogue($db, 'kg')), '', "kg $old updated to $version is $version");
	is($node->safe_psql($db, $questions), $before, "kg $old: graph and index answer as before");
}
for my $name ('kg', 'kg_pgvector')
{
	my @releases = grep { $_ ne $version } map { /^${name}--(.*)\.sql$/ ? $1 : () } @released;
	my @reached = split /\n/, $node->safe_psql('postgres', "SELECT source FROM pg_extension_update_paths('$name') WHERE target = '$version' AND path IS NOT NULL");
	is(join(' ', grep { my $v = $_; !grep { $_ eq $v } @reached } @releases), '', "$name: each release has a way to $version");
}

SKIP:
{
	skip 'pgvector is not there', 2 unless $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'");
	my $both = database();
	$node->safe_psql($both, 'CREATE EXTENSION kg; CREATE EXTENSION vector; CREATE EXTENSION kg_pgvector');
	my $members = catalogue($both, 'kg_pgvector');
	cmp_ok(scalar(split /\n/, $members), '>', 50, 'kg_pgvector has members');
	install("kg_pgvector--0.0.0.sql", slurp_file("$scripts/kg_pgvector--$version.sql"));
	install("kg_pgvector--0.0.0--$version.sql", "-- nothing\n");
	for my $old ('0.0.0', grep { $_ ne $version } map { /^kg_pgvector--(.*)\.sql$/ ? $1 : () } @released)
	{
		my $db = database();

		install("kg_pgvector--$old.sql", slurp_file("$root/upgrade/released/kg_pgvector--$old.sql")) if $old ne '0.0.0';
		$node->safe_psql($db, "CREATE EXTENSION kg; CREATE EXTENSION vector; CREATE EXTENSION kg_pgvector VERSION '$old'; ALTER EXTENSION kg_pgvector UPDATE");
		is(differences($members, catalogue($db, 'kg_pgvector')), '', "kg_pgvector $old updated to $version is $version");
	}
}

done_testing();

END
{
	unlink @written;
}
