# kg_pgvector through a database's life: dumps, pg_upgrade, updates of each
# extension, schemas other than public, DROP of each extension, and objects that
# others made to capture names.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Pgvector;

my $node = pgvector_node('main');
my $database = 'postgres';

sub sql
{
	return $node->safe_psql($database, join(";\n", @_));
}

sub failure
{
	my ($result, $out, $err) = $node->psql($database, join(";\n", @_), on_error_stop => 1);
	return $result == 0 ? "none: $out" : $err;
}

# Tables of pgvector's types with kg's indexes, when pgvector is in a schema
sub fill
{
	my ($schema) = @_;
	my $random = 'ARRAY[random(), random() - .5, random(), random() - .5]::real[]';

	sql('SELECT setseed(.25)', "CREATE TABLE items (id int PRIMARY KEY, tenant int, e $schema.vector(4), h $schema.halfvec(4), s $schema.sparsevec(4), own kg.vector(4))",
		"INSERT INTO items SELECT i, i % 9, $random FROM generate_series(1, 300) i", "UPDATE items SET h = e::$schema.halfvec, s = e::$schema.sparsevec, own = e",
		"SET search_path = kg, public", # classes are found all the same
		'CREATE INDEX items_cosine ON items USING kg_hnsw (e vector_cosine_ops) WITH (m = 12)',
		'CREATE INDEX items_default ON items USING kg_hnsw (e)',
		'CREATE INDEX items_filter ON items USING kg_hnsw (h halfvec_ip_ops, tenant) WHERE tenant > 2',
		"CREATE INDEX items_half ON items USING kg_hnsw ((e::$schema.halfvec(4)) halfvec_l2_ops)",
		'CREATE INDEX items_own ON items USING kg_hnsw (own vector_cosine_ops)',
		'CREATE INDEX items_l1 ON items USING kg_hnsw (e vector_l1_ops)',
		'CREATE INDEX items_sparse ON items USING kg_hnsw (s sparsevec_cosine_ops, tenant)', 'RESET search_path',
		"CREATE INDEX items_bits ON items USING kg_hnsw ((($schema.binary_quantize(e))::bit(4)) $schema.bit_hamming_ops)",
		"CREATE INDEX items_theirs ON items USING hnsw (e $schema.vector_l2_ops)",
		"CREATE VIEW near AS SELECT id, e OPERATOR($schema.<->) '[1,2,3,4]' AS d FROM items WHERE e OPERATOR($schema.<<->>) kg.ball('[.5,0,.5,0]'::$schema.vector, .4)",
		'CREATE TABLE parted (LIKE items) PARTITION BY HASH (id)', 'CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0)',
		'CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1)', 'INSERT INTO parted SELECT * FROM items',
		'CREATE INDEX parted_ip ON parted USING kg_hnsw (e vector_ip_ops)',
		'CREATE TABLE person (id int PRIMARY KEY, name text, embedding ' . "$schema.vector(4))", 'CREATE TABLE knows (a int REFERENCES person, b int REFERENCES person)',
		"INSERT INTO person SELECT id, 'p' || id, e FROM items WHERE id < 100", 'INSERT INTO knows SELECT i, i + 1 FROM generate_series(1, 90) i',
		'CREATE INDEX person_embedding ON person USING kg_hnsw (embedding vector_l2_ops)',
		q{SELECT kg.register_graph('people', '["person"]', '["knows"]')}, 'ANALYZE');
	return;
}

my $definitions = "SELECT indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid), indclass::oid[] = indclass::oid[]
	FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am a ON a.oid = c.relam WHERE amname IN ('kg_hnsw', 'hnsw') ORDER BY indexrelid::regclass::text COLLATE \"C\"";

# What a database answers when pgvector is in a schema; a plan for each index
sub answers
{
	my ($schema) = @_;
	my @answers = ($definitions, 'SELECT count(*) FROM near', 'SELECT count(*), md5(string_agg(i::text, \',\' ORDER BY id)) FROM items i',
		"SELECT key, entity, distance FROM kg.knn('[.5,0,.5,0]', 5, graph => 'people')",
		'SELECT count(*) FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am a ON a.oid = relam, kg.index_check(indexrelid)
			WHERE amname = \'kg_hnsw\' AND relkind = \'i\'');

	foreach my $case ([ 'e', '<=>', 'items' ], [ 'e', '<->', 'items' ], [ 'h', '<#>', 'items WHERE tenant > 3' ], [ "e::$schema.halfvec(4)", '<->', 'items' ], [ 'e', '<#>', 'parted' ], [ 'e', '<+>', 'items' ], [ 's', '<=>', 'items' ])
	{
		my $query = $$case[0] eq 's' ? '{1:.5,3:.5}/4' : '[.5,0,.5,0]';
		my $distance = "$$case[0] OPERATOR($schema.$$case[1]) '$query'";
		push @answers, "SELECT string_agg(id || ' ' || d, ', ') FROM (SELECT id, $distance AS d FROM $$case[2] ORDER BY $distance LIMIT 20) s",
			"EXPLAIN (COSTS OFF) SELECT id FROM $$case[2] ORDER BY $distance LIMIT 20";
	}
	return sql('SET enable_seqscan = off', 'SET enable_sort = off', 'SET kg.ef_search = 500', @answers);
}

# Dumps.  pgvector is in public, in a schema of its own, and in one with an odd
# name; the restored database has its search_path in another order.
foreach my $schema ('public', 'ext', '"Odd ""schema"')
{
	my $name = lc($schema =~ s/\W//gr);

	$database = "old_$name";
	pgvector_extensions($node, $database, $schema eq 'public' ? () : "CREATE SCHEMA $schema", "CREATE EXTENSION vector SCHEMA $schema");
	is(sql("SELECT DISTINCT opcnamespace::regnamespace FROM pg_opclass JOIN pg_depend d ON d.objid = pg_opclass.oid JOIN pg_extension e ON e.oid = refobjid
		WHERE classid = 'pg_opclass'::regclass AND extname = 'kg_pgvector'"), $schema, "$schema: classes are where pgvector is");
	is(sql('SHOW search_path'), '"$user", public', "$schema: the search_path is as it was");
	fill($schema);
	my $answers = answers($schema);
	my $scans = () = $answers =~ /Index Scan using/g;
	is($scans, 8, "$schema: queries use indexes");
	unlike($answers, qr/Seq Scan|using items_theirs/, "$schema: and those of kg");

	foreach my $format ('plain', 'custom', 'directory')
	{
		my $file = $node->basedir . "/$name.$format";

		$database = "new_${name}_$format";
		$node->safe_psql('postgres', "CREATE DATABASE $database");
		$node->safe_psql('postgres', "ALTER DATABASE $database SET search_path = " . ($format eq 'plain' ? 'kg, public' : $format eq 'custom' ? 'public, kg' : "''"));
		command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-F', $format, '-f', $file, "old_$name" ], "$schema: dump, $format");
		command_ok($format eq 'plain' ? [ 'psql', '-XqAt', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-f', $file, $database ] :
			[ 'pg_restore', '--exit-on-error', '-h', $node->host, '-p', $node->port, '-j', $format eq 'directory' ? 2 : 1, '-d', $database, $file ], "$schema: restore, $format");
		$node->safe_psql('postgres', "ALTER DATABASE $database RESET search_path");
		is(answers($schema), $answers, "$schema: the restored database answers as the old one, $format");
	}
}

# A restore by sections, and over what is there
$database = 'sections';
$node->safe_psql('postgres', 'CREATE DATABASE sections');
foreach my $section ('pre-data', 'data', 'post-data')
{
	command_ok([ 'pg_restore', '--exit-on-error', "--section=$section", '-h', $node->host, '-p', $node->port, '-d', $database, $node->basedir . '/ext.custom' ], "restore of $section");
}
command_ok([ 'pg_restore', '--exit-on-error', '--clean', '--if-exists', '-h', $node->host, '-p', $node->port, '-d', $database, $node->basedir . '/ext.custom' ], 'restore over it');
like(answers('ext'), qr/Index Scan using items_cosine/, 'and it answers');

# Updates of each extension with the others there
$database = 'old_public';
my $answers = answers('public');
my $folder = `pg_config --sharedir`;
chomp $folder;
$folder .= '/extension';
SKIP:
{
	skip 'the extensions\' folder is not to be written', 6 unless -w $folder;

	foreach my $extension ('vector', 'kg', 'kg_pgvector')
	{
		my $version = sql("SELECT extversion FROM pg_extension WHERE extname = '$extension'");

		append_to_file("$folder/$extension--$version--$version.test.sql", "SELECT 1;\n");
		sql("ALTER EXTENSION $extension UPDATE TO '$version.test'");
		is(sql("SELECT extversion FROM pg_extension WHERE extname = '$extension'"), "$version.test", "$extension is updated");
		unlink "$folder/$extension--$version--$version.test.sql";
	}
	is(answers('public'), $answers, 'nothing has changed');

	# A pgvector that has no halfvec yet
	append_to_file("$folder/vector--0.0.1.sql", "CREATE TYPE vector AS (x int);\n");
	$database = 'early';
	$node->safe_psql('postgres', 'CREATE DATABASE early');
	sql("CREATE EXTENSION vector VERSION '0.0.1'", 'CREATE EXTENSION kg');
	unlink "$folder/vector--0.0.1.sql";
	like(failure('CREATE EXTENSION kg_pgvector'), qr/kg_pgvector needs pgvector 0.7.0 or later, but extension "vector" has version 0.0.1, which lacks: halfvec, sparsevec/, 'an early pgvector');
	# nor is a type of the user's taken for pgvector's
	sql('CREATE TYPE halfvec AS (x int)', 'CREATE TYPE sparsevec AS (x int)');
	like(failure('CREATE EXTENSION kg_pgvector'), qr/which lacks: halfvec, sparsevec/, 'types of the same names are not pgvector\'s');
}

# Moving pgvector: dumps would not be restored
$database = 'old_ext';
sql('CREATE SCHEMA other');
like(failure('ALTER EXTENSION vector SET SCHEMA other'), qr/cannot move extension "vector" to schema "other" because extension kg_pgvector is installed/, 'pgvector is not moved');
$answers = answers('ext');
sql('ALTER SCHEMA ext RENAME TO ext2');
is(answers('ext2'), $answers =~ s/\bext\./ext2./gr, 'its schema is renamed');
command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-f', $node->basedir . '/renamed.sql', $database ], 'dump after that');
$database = 'renamed';
$node->safe_psql('postgres', 'CREATE DATABASE renamed');
command_ok([ 'psql', '-XqAt', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-f', $node->basedir . '/renamed.sql', $database ], 'restore after that');
is(answers('ext2'), $answers =~ s/\bext\./ext2./gr, 'the restored one answers as well');

# DROP of each extension: RESTRICT says what depends on it, CASCADE leaves the others sound
my $kinds = "SELECT string_agg(amname || ' ' || n, ', ' ORDER BY amname) FROM (SELECT amname, count(*) AS n FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE amname LIKE '%hnsw' AND relnamespace = 'public'::regnamespace GROUP BY 1) s";
$database = 'old_public';
like(failure('DROP EXTENSION kg_pgvector'), qr/cannot drop extension kg_pgvector because other objects depend on it.*index items_cosine depends on operator class vector_cosine_ops for access method kg_hnsw/s, 'DROP EXTENSION kg_pgvector');
like(failure('DROP EXTENSION vector'), qr/cannot drop extension vector because other objects depend on it.*extension kg_pgvector depends on extension vector/s, 'DROP EXTENSION vector');
like(failure('DROP EXTENSION kg'), qr/cannot drop extension kg because other objects depend on it/, 'DROP EXTENSION kg');

sql('DROP EXTENSION kg_pgvector CASCADE');
is(sql($kinds), 'hnsw 1, kg_hnsw 1', 'with CASCADE it takes its indexes along, and no others');
is(sql('SELECT count(*), count(e), count(h), count(s), count(own) FROM items'), '300|300|300|300|300', 'tables are as they were');
like(sql('SET enable_seqscan = off', "EXPLAIN SELECT id FROM items ORDER BY own OPERATOR(kg.<=>) '[1,2,3,4]' LIMIT 5"), qr/Index Scan using items_own/, "kg's own index serves");
like(sql('SET enable_seqscan = off', "EXPLAIN SELECT id FROM items ORDER BY e <-> '[1,2,3,4]' LIMIT 5"), qr/Index Scan using items_theirs/, "pgvector's own index serves");
is(sql("SELECT count(*) FROM kg.knn('[.5,0,.5,0]', 5, graph => 'people')"), '5', 'the graph still has its embeddings');
is(sql("SELECT count(*) FROM pg_event_trigger WHERE evtname ~ 'pgvector'"), '0', 'no event trigger is left');
like(sql("SELECT hint FROM kg.explain_index_use(\$\$SELECT id FROM items ORDER BY e <=> '[1,2,3,4]' LIMIT 5\$\$)"), qr/CREATE EXTENSION kg_pgvector/, 'kg.explain_index_use names the extension');
sql('CREATE EXTENSION kg_pgvector', 'CREATE INDEX items_cosine ON items USING kg_hnsw (e vector_cosine_ops)');
like(sql('SET enable_seqscan = off', "EXPLAIN SELECT id FROM items ORDER BY e <=> '[1,2,3,4]' LIMIT 5"), qr/Index Scan using items_cosine/, 'it is created again');

$database = 'new_public_plain';
sql('DROP EXTENSION vector CASCADE');
is(sql('SELECT string_agg(extname, \' \' ORDER BY extname) FROM pg_extension'), 'kg plpgsql', 'DROP EXTENSION vector CASCADE');
is(sql($kinds), 'kg_hnsw 1', "leaves indexes on kg's types");
like(sql('SET enable_seqscan = off', "EXPLAIN SELECT id FROM items ORDER BY own OPERATOR(kg.<=>) '[1,2,3,4]' LIMIT 5", "SELECT count(*) FROM kg.index_check('items_own')"), qr/Index Scan using items_own.*\n0$/s, 'which serve');

$database = 'new_public_custom';
sql("SELECT kg.drop_graph('people')", 'ALTER TABLE items DROP own', 'ALTER TABLE parted DROP own', 'DROP EXTENSION kg CASCADE');
is(sql('SELECT string_agg(extname, \' \' ORDER BY extname) FROM pg_extension'), 'plpgsql vector', 'DROP EXTENSION kg CASCADE');
is(sql($kinds, 'SELECT count(*), count(e) FROM items'), "hnsw 1\n300|300", "leaves pgvector's indexes and columns");

# ALTER TABLE ... TYPE with an index there: only default classes can follow
$database = 'new_ext_plain';
like(failure('ALTER TABLE items ALTER e TYPE kg.vector(4)'), qr/does not accept data type ext.vector|cannot alter type of a column used by a view/, 'ALTER TYPE with a view');
sql('DROP VIEW near', 'DROP INDEX items_half, items_theirs, items_bits');
like(failure('ALTER TABLE items ALTER e TYPE kg.vector(4)'), qr/operator class "ext.vector_cosine_ops" does not accept data type kg.vector/, 'ALTER TYPE with an index of a class by name');
sql('DROP INDEX items_cosine, items_l1', 'ALTER TABLE items ALTER e TYPE kg.vector(4)');
like(sql("SELECT pg_get_indexdef('items_default'::regclass)", 'SET enable_seqscan = off', "EXPLAIN SELECT id FROM items ORDER BY e OPERATOR(kg.<->) '[1,2,3,4]' LIMIT 5"),
	qr/\(e\)\n.*Index Scan using items_default/s, 'an index by default follows');

# An ordinary user has tables and indexes, and makes no extension
$database = 'ordinary';
pgvector_extensions($node, $database);
sql('CREATE ROLE ordinary LOGIN', 'GRANT CREATE ON SCHEMA public TO ordinary');
my $ordinary = sub { return $node->safe_psql($database, join(";\n", 'SET ROLE ordinary', @_)) };
$ordinary->('CREATE TABLE mine (id int, e public.vector(2))', "INSERT INTO mine SELECT i, ARRAY[i, 1]::real[]::public.vector FROM generate_series(1, 50) i",
	'SET search_path = kg, public', 'CREATE INDEX mine_e ON mine USING kg_hnsw (e vector_l2_ops)');
is($ordinary->('SET search_path = public', 'SET enable_seqscan = off', "SELECT id FROM mine ORDER BY e <-> '[3,1]' LIMIT 1", "SELECT e::kg.vector FROM mine WHERE id = 4",
	'SELECT index FROM kg.last_scan()'), "3\n[4,1]\nmine_e", 'an ordinary user');
like(failure('SET ROLE ordinary', 'ALTER EXTENSION vector SET SCHEMA kg'), qr/must be owner|permission denied|cannot move extension/, 'does not move extensions');

# Objects that a user made to be called by the install script
$database = 'captured';
$node->safe_psql('postgres', 'CREATE DATABASE captured');
sql('GRANT CREATE ON SCHEMA public TO ordinary', 'CREATE EXTENSION vector', 'CREATE EXTENSION kg');
my $trap = q{LANGUAGE plpgsql AS $$ BEGIN RAISE 'captured'; END $$};
sql('SET ROLE ordinary', 'SET search_path = public',
	"CREATE FUNCTION format(text, name) RETURNS text $trap", "CREATE FUNCTION set_config(text, text, boolean) RETURNS text $trap",
	"CREATE FUNCTION same(name, text) RETURNS boolean $trap", 'CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = text, FUNCTION = same)',
	"CREATE FUNCTION same(oid, oid) RETURNS boolean $trap", 'CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = same)',
	'CREATE TABLE pg_extension (oid oid, extname name, extnamespace oid, extversion text)',
	'CREATE DOMAIN bool AS text', 'CREATE DOMAIN int4 AS text', 'CREATE DOMAIN regclass AS text', 'CREATE DOMAIN ball AS text',
	"CREATE FUNCTION l2_within(vector, kg.ball) RETURNS pg_catalog.bool $trap", "CREATE FUNCTION within_sel(vector) RETURNS float8 $trap");
sql('CREATE EXTENSION kg_pgvector');
is(sql("SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = refobjid JOIN pg_proc p ON p.oid = d.objid
	WHERE extname = 'kg_pgvector' AND classid = 'pg_proc'::pg_catalog.regclass AND (pronamespace <> 'kg'::regnamespace OR proowner <> extowner)"), '0', 'functions are its own');
is(sql("SELECT string_agg(DISTINCT oprcode::pg_catalog.text, ' ') FROM pg_operator WHERE oprname = '<<->>' AND oprnamespace = 'public'::regnamespace"), 'kg.l2_within', 'and so are operators\' functions');
is(sql('SET search_path = public', 'CREATE TABLE t (e vector(2))', "INSERT INTO t VALUES ('[1,2]')", 'CREATE INDEX ON t USING kg_hnsw (e)', 'SET enable_seqscan = off',
	"SELECT e FROM t WHERE e <<->> '<[1,2],1>' ORDER BY e <-> '[1,2]' LIMIT 1"), '[1,2]', 'nothing was captured');

# pg_upgrade carries it along
my $new = PostgreSQL::Test::Cluster->new('new');
$database = 'new_oddschema_plain';
$answers = answers('"Odd ""schema"');
$node->safe_psql('postgres', "DROP DATABASE IF EXISTS $_") foreach 'early', 'captured', 'old_public', 'new_public_plain';
$node->stop;
$new->init;
chdir $node->basedir or die "chdir: $!";
my $bin = `pg_config --bindir`;
chomp $bin;
command_ok([ 'pg_upgrade', '--no-sync', '-d', $node->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin, '-s', $new->host, '-p', $node->port, '-P', $new->port ], 'pg_upgrade');
$new->start;
$node = $new;
is(answers('"Odd ""schema"'), $answers, 'the upgraded cluster answers as the old one');
$node->stop;

done_testing();
