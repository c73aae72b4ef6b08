# Graphs survive pg_dump, and the extension does not go while there is one.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;

sub query
{
	my ($db, @queries) = @_;
	return $node->safe_psql($db, join(";\n", @queries));
}

# The default graph of a superuser, and one of an ordinary role with all that
# users add to tables of theirs
query('postgres', "CREATE ROLE alice", "CREATE ROLE reader", "CREATE DATABASE origin");
query('origin', "CREATE EXTENSION kg", "GRANT CREATE ON DATABASE origin TO alice",
	"SELECT kg.create_graph(dimensions => 3)",
	"INSERT INTO kg.entity_type (name) VALUES ('node')",
	"INSERT INTO kg.relation_type (name) VALUES ('edge')",
	"INSERT INTO kg.entity (type, name, embedding)
		SELECT 1, 'n' || i, ARRAY[i, 1, 0]::kg.vector FROM generate_series(1, 100) i",
	"INSERT INTO kg.relation (source, target, type) SELECT i, i % 100 + 1, 1 FROM generate_series(1, 100) i",
	"INSERT INTO kg.observation (entity, content) VALUES (1, 'first')");
query('origin', "SET ROLE alice", q{SELECT kg.create_graph('Own "graph"', 2, 'l2', 'halfvec')});
my $schema = '"Own ""graph"""';
my $graph = q{graph => 'Own "graph"'};
query('origin', "SET ROLE alice", "SET search_path = $schema, kg",
	"INSERT INTO entity_type (name) VALUES ('node'), ('other')",
	"INSERT INTO relation_type (name) VALUES ('edge')",
	"ALTER TABLE entity ADD COLUMN colour text DEFAULT 'red', ADD COLUMN twice bigint GENERATED ALWAYS AS (id * 2) STORED",
	"ALTER TABLE relation ADD COLUMN secret boolean NOT NULL DEFAULT false",
	"INSERT INTO entity (type, name, colour, embedding) SELECT 1, 'n' || i, 'c' || i, ARRAY[i, 1]::kg.halfvec FROM generate_series(1, 50) i",
	"INSERT INTO relation (source, target, type, secret, valid_to) SELECT i, i % 50 + 1, 1, i % 10 = 0, CASE i WHEN 7 THEN timestamptz '2020-01-01' END FROM generate_series(1, 50) i",
	"CREATE INDEX own_index ON entity USING gin (properties)",
	"DROP INDEX entity_name_idx",
	"CREATE TABLE log (what text)",
	"CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN INSERT INTO $schema.log VALUES (TG_OP || ' ' || NEW.id); RETURN NEW; END\$\$",
	"CREATE TRIGGER log AFTER INSERT ON relation FOR EACH ROW EXECUTE FUNCTION log()",
	"ALTER TABLE relation ADD CHECK (weight >= 0)",
	"ALTER TABLE relation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
	"CREATE POLICY no_secrets ON relation FOR SELECT TO reader USING (NOT secret)",
	"CREATE POLICY own ON relation TO alice USING (true)",
	"COMMENT ON COLUMN relation.secret IS 'hidden from readers'",
	"GRANT USAGE ON SCHEMA $schema TO reader",
	"GRANT SELECT ON entity TO reader", "GRANT SELECT (id, source, target, valid_from, valid_to, expired_at) ON relation TO reader",
	"ALTER TABLE observation SET (fillfactor = 70)",
	"TRUNCATE log");

# Graphs over tables that were there: in a schema of their own, whose tables
# come in a dump before and after those of the catalogue
query('origin', "SET ROLE alice", "CREATE SCHEMA people", "SET search_path = people",
	"CREATE TABLE person (id uuid PRIMARY KEY, name text)",
	"CREATE TABLE city (id smallint PRIMARY KEY, name text, taste kg.vector(2))",
	"CREATE TABLE knows (a uuid REFERENCES person, b uuid REFERENCES person, weight float8)",
	"CREATE TABLE lives (person uuid REFERENCES person, city smallint REFERENCES city, since date)",
	"INSERT INTO person SELECT md5(i::text)::uuid, 'p' || i FROM generate_series(1, 30) i",
	"INSERT INTO city SELECT i, 'c' || i, ARRAY[i, 0]::kg.vector FROM generate_series(1, 5) i",
	"INSERT INTO knows SELECT md5(i::text)::uuid, md5((1 + i * 7 % 30)::text)::uuid, i FROM generate_series(1, 30) i",
	"INSERT INTO lives SELECT md5(i::text)::uuid, 1 + i % 5, date '2020-01-01' + i FROM generate_series(1, 30) i",
	q{SELECT kg.register_graph('friends', '["person"]', '["knows"]')},
	q{SELECT kg.register_graph('Who "lives" where', '["person", "city"]', '["knows", {"table": "lives", "valid_from": "since"}]', 'l2')});
my $person = "(SELECT id FROM people.person WHERE name = 'p1')";
my $lives = q{graph => 'Who "lives" where'};

# What both databases must agree on
my %checks = (
	'catalogue' => "SELECT * FROM kg.graph",
	'catalogue of node tables' => "SELECT * FROM kg.node_table",
	'catalogue of edge tables' => "SELECT * FROM kg.edge_table",
	'traversal of a registered graph' => "SELECT key, depth FROM kg.traverse(ARRAY[$person], 5, 'both', graph => 'friends')",
	'traversal of several tables' => "SELECT key, depth FROM kg.traverse(ARRAY['person:' || $person], NULL, 'both', as_of => '2020-01-20', $lives)",
	'nearest in a registered graph' => "SELECT key, distance FROM kg.knn('[3,0]', 2, 'city', $lives)",
	'ranks in a registered graph' => "SELECT key, round(score::numeric, 9) FROM kg.pagerank(weighted => true, $lives)",
	'rows' => "SELECT count(*), md5(string_agg(r::text, '' ORDER BY id)) FROM $schema.relation r",
	'rows of entities' => "SELECT count(*), md5(string_agg(e::text, '' ORDER BY id)) FROM $schema.entity e",
	'rows of the default graph' => "SELECT count(*), md5(string_agg(e::text, '' ORDER BY id)) FROM kg.entity e",
	'owners' => "SELECT oid::regclass, relowner::regrole FROM pg_class
		WHERE relkind IN ('r', 'S') AND relnamespace IN ('kg'::regnamespace, '$schema'::regnamespace)",
	'columns' => "SELECT attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated
		FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
		WHERE relnamespace IN ('kg'::regnamespace, '$schema'::regnamespace) AND attnum > 0 AND relkind = 'r'",
	'indexes' => "SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid
		WHERE relnamespace IN ('kg'::regnamespace, '$schema'::regnamespace)",
	'constraints' => "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE connamespace IN ('kg'::regnamespace, '$schema'::regnamespace)",
	'triggers' => "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
	'row security' => "SELECT oid::regclass, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relrowsecurity",
	'policies' => "SELECT polrelid::regclass, polname, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid) FROM pg_policy",
	'privileges' => "SELECT oid::regclass, relacl FROM pg_class WHERE relacl IS NOT NULL AND
		relnamespace IN ('kg'::regnamespace, '$schema'::regnamespace)",
	'privileges on columns' => "SELECT attrelid::regclass, attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384",
	'privileges on schemas' => "SELECT nspname, nspacl FROM pg_namespace WHERE nspname !~ '^(pg_|info)'",
	'comments' => "SELECT classoid::regclass, objoid::regclass, objsubid, description FROM pg_description
		WHERE classoid = 'pg_class'::regclass AND objoid >= 16384",
	'options' => "SELECT oid::regclass, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND oid >= 16384 AND relkind = 'r'",
	'members' => "SELECT count(*) FROM pg_depend JOIN pg_extension x ON x.oid = refobjid AND extname = 'kg'
		WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'",
	'traversal' => "SELECT * FROM kg.traverse('{1}', 5, 'both', $graph)",
	'traversal of the default graph' => "SET kg.adjacency_reader = index; SELECT * FROM kg.traverse('{1}', 5, 'both')",
	'nearest' => "SELECT * FROM kg.knn('[7,1]', 5, $graph)",
	'paths' => "SELECT * FROM kg.shortest_path(1, 10, $graph)",
	'path seen by a reader' => "SET ROLE reader; SELECT * FROM kg.shortest_path(1, 12, direction => 'both', $graph)",
	'traversal seen by a reader' => "SET ROLE reader; SELECT entity FROM kg.traverse('{1}', NULL, as_of => now(), $graph)",
);

sub check
{
	my ($db, $what) = @_;
	return join("\n", sort split /\n/, query($db, $checks{$what}));
}
my %expected = map { $_ => check('origin', $_) } keys %checks;
unlike($expected{'traversal seen by a reader'}, qr/^8$/m, 'the reader does not get past what has ended');
is(query('origin', "SET ROLE reader", "SELECT count(*) FROM kg.traverse('{1}', NULL, $graph)"), 10,
	'nor past what is secret');

sub check_copy
{
	my ($db, $how) = @_;
	is(check($db, $_), $expected{$_}, "$how keeps: $_") for sort keys %checks;

	is(query($db, "INSERT INTO kg.entity (type, name) VALUES (1, 'next') RETURNING id"), 101,
		"$how keeps the next identity value");
	is(query($db, "SET ROLE alice", "INSERT INTO $schema.relation (source, target, type) VALUES (1, 3, 1) RETURNING id"), 51,
		'... of the other graph too');
	is(query($db, "SELECT * FROM $schema.log"), 'INSERT 51', 'and its trigger works');
	is(query($db, "SET ROLE alice", "UPDATE $schema.entity SET colour = 'blue' WHERE id = 1 RETURNING updated_by"), 'alice',
		"so does the extension's own");
	my ($status, undef, $err) = $node->psql($db, "DROP EXTENSION kg");
	isnt($status, 0, 'DROP EXTENSION refuses without CASCADE');
	like($err, qr/cannot drop extension kg because other objects depend on it/, '... and says why');
	is(query($db, "SET ROLE alice", q{SELECT kg.drop_graph('Own "graph"', true)},
		"SELECT count(*) FROM kg.graph"), "\n3", 'the owner may drop the graph');
	is(query($db, "SET ROLE alice", qq{SELECT kg.drop_graph('Who "lives" where')},
		"SELECT count(*) FROM kg.edge_table", "SELECT count(*) FROM people.lives"), "\n1\n30", '... and one that was registered, without its tables');
}

# As a script
query('postgres', "CREATE DATABASE by_script");
$node->command_ok([ 'pg_dump', '-f', "$dir/origin.sql", 'origin' ], 'pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/origin.sql", 'by_script' ], 'psql takes it');
check_copy('by_script', 'pg_dump | psql');

# As an archive, restored by several jobs
query('postgres', "CREATE DATABASE by_jobs");
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/origin.dump", 'origin' ], 'pg_dump -Fc');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', 'by_jobs', "$dir/origin.dump" ], 'pg_restore -j 2');
check_copy('by_jobs', 'pg_dump | pg_restore -j');

# Dumps of a copy and of the original are the same text.
query('postgres', "CREATE DATABASE again");
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/origin.sql", 'again' ], 'once more');
$node->command_ok([ 'pg_dump', '-f', "$dir/again.sql", 'again' ], 'pg_dump of the copy');
is(slurp_file("$dir/again.sql") =~ s/^\\(un)?restrict .*//gmr,
	slurp_file("$dir/origin.sql") =~ s/^\\(un)?restrict .*//gmr, 'both dumps are the same');

# A part: the tables of one schema, into a database that has the extension.
# The entry belongs to the extension's part of the dump, so it is made anew.
query('postgres', "CREATE DATABASE part");
query('part', "CREATE EXTENSION kg", "CREATE SCHEMA $schema AUTHORIZATION alice", "GRANT USAGE ON SCHEMA $schema TO reader");
$node->command_ok([ 'pg_restore', '-d', 'part', '--exit-on-error', '-n', q{Own "graph"}, "$dir/origin.dump" ],
	'one schema alone');
my (undef, undef, $err) = $node->psql('part', q{SELECT kg.create_graph('Own "graph"')});
like($err, qr/already has a table .*enter them with kg.register_graph/s, 'its tables are in the way of new ones');
query('part', "SET ROLE alice", q{SELECT kg.register_graph('Own "graph"', 'l2')});
is(check('part', $_), $expected{$_}, "... but can be registered: $_") for ('traversal', 'nearest', 'paths', 'traversal seen by a reader');

# Catalogue rows without tables
query('postgres', "CREATE DATABASE entries");
query('entries', "CREATE EXTENSION kg");
$node->command_ok([ 'pg_restore', '-d', 'entries', '--data-only', '-t', 'graph', '-n', 'kg', "$dir/origin.dump" ],
	'the catalogue alone');
is(query('entries', 'SELECT name FROM kg.graph ORDER BY name COLLATE "C"'), qq{Own "graph"\nWho "lives" where\nfriends\nkg}, '... loads before any table');
(undef, undef, $err) = $node->psql('entries', "SELECT * FROM kg.traverse('{1}')");
like($err, qr/graph "kg" is registered but its table kg.entity is missing/, '... and tables that are missing are reported');
query('entries', "SELECT kg.create_graph(dimensions => 3)");
is(query('entries', "SELECT count(*) FROM kg.traverse('{1}')"), 0, '... and may be made anew');

(undef, undef, $err) = $node->psql('entries', "SELECT * FROM kg.traverse(ARRAY[gen_random_uuid()], graph => 'friends')");
like($err, qr/kg.node_table has no row for graph "friends"/, '... and a registered graph without its lists of tables');
is(query('entries', "SELECT kg.drop_graph('friends')", "SELECT count(*) FROM kg.graph WHERE name = 'friends'"), "\n0", '... which can be removed');
$node->command_ok([ 'pg_restore', '-d', 'entries', '--data-only', '-t', 'node_table', '-t', 'edge_table', '-n', 'kg', "$dir/origin.dump" ],
	'the lists');
(undef, undef, $err) = $node->psql('entries', "SELECT * FROM kg.traverse('{city:1}', $lives)");
like($err, qr/graph "Who "lives" where" is registered but its table people\.\w+ is missing/, 'tables that are missing are named');

# The tables of a registered graph, and nothing else
query('part', "CREATE SCHEMA people AUTHORIZATION alice");
$node->command_ok([ 'pg_restore', '-d', 'part', '--exit-on-error', '-n', 'people', "$dir/origin.dump" ], 'the tables of registered graphs alone');
$node->command_ok([ 'pg_restore', '-d', 'part', '--exit-on-error', '--data-only', '-n', 'kg', '-t', 'node_table', '-t', 'edge_table', "$dir/origin.dump" ],
	'... and their entries, in another order');
(undef, undef, $err) = $node->psql('part', "SELECT * FROM kg.traverse('{city:1}', $lives)");
like($err, qr/graph "Who "lives" where" does not exist/, 'a part of the entry is none');

# The extension may go and come back within a session.
is(query('again', "SELECT count(*) FROM kg.knn('[1,2,3]', 3)", "SELECT count(*) FROM kg.traverse('{1}', types => '{edge}')",
	"DROP EXTENSION kg CASCADE", "DROP TABLE kg.relation, kg.observation, kg.alias, kg.change, kg.lexeme, kg.text_size, kg.entity, kg.entity_type, kg.relation_type",
	"CREATE EXTENSION kg", "SELECT kg.create_graph(dimensions => 3)",
	"SELECT count(*) FROM kg.knn('[1,2,3]', 3)", "SELECT count(*) FROM kg.traverse('{1}', types => '{edge}')"),
	"3\n4\n\n0\n0", 'plans that are kept outlive the types they were made for');

# The extension goes with CASCADE; the tables stay, they are the user's.
query('origin', "DROP EXTENSION kg CASCADE");
is(query('origin', "SELECT count(*) FROM $schema.entity"), 50, 'DROP EXTENSION CASCADE leaves the tables');
is(query('origin', "SELECT count(*) FROM pg_attribute WHERE attrelid = '$schema.entity'::regclass AND attname = 'embedding'"), 0,
	'... less what only the extension can read');

done_testing();
