# pg_dump and restore rebuild kg_hnsw indexes with their options; a restored
# database answers as the old one.  So do copies of it, and indexes that move.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $am = hnsw_method();

my $dims = 20;
my $node = hnsw_node('main', 'fsync = off');

$node->safe_psql('postgres', join(";\n",
	# the schema of operators and classes must not matter
	"CREATE TABLE items (id int PRIMARY KEY, e kg.vector($dims), h kg.halfvec($dims), plain kg.vector)",
	"INSERT INTO items SELECT id, e, e, e FROM " . hnsw_vectors(1, 1500, $dims, 1) . ' v',
	'INSERT INTO items SELECT i FROM generate_series(2001, 2010) i',
	"INSERT INTO items (id, e) SELECT i, array_fill(0, ARRAY[$dims])::kg.vector FROM generate_series(2011, 2015) i",
	'CREATE INDEX items_e ON items USING ' . $am . ' (e)',
	'CREATE INDEX items_cosine ON items USING ' . $am . ' (e kg.vector_cosine_ops)
		WITH (' . hnsw_options('m = 12, ef_construction = 40, storage = sq8, code_bits = 2') . ')',
	'CREATE INDEX items_h ON items USING ' . $am . ' (h kg.halfvec_ip_ops) WHERE id % 2 = 0',
	"CREATE INDEX items_expression ON items USING $am ((plain::kg.halfvec($dims)))",
	'CREATE UNLOGGED TABLE scratch AS SELECT * FROM items', "ALTER TABLE scratch ALTER e TYPE kg.vector($dims)",
	'CREATE INDEX scratch_e ON scratch USING ' . $am . ' (e kg.vector_ip_ops)',
	"CREATE TABLE parted (LIKE items) PARTITION BY HASH (id)",
	'CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0)',
	'CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1)',
	'INSERT INTO parted SELECT * FROM items',
	'CREATE INDEX parted_e ON parted USING ' . $am . ' (e) WITH (' . hnsw_options('m = 10') . ')',
	"COMMENT ON INDEX items_e IS 'nearest'"));

my $definitions = "SELECT indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid), obj_description(indexrelid)
	FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am a ON a.oid = c.relam WHERE amname = '$am' ORDER BY indexrelid::regclass::text COLLATE \"C\"";
my $answers = join ";\n", 'SET kg.ef_search = 1000', 'SET enable_seqscan = off', 'SET enable_sort = off', map {
	my ($key, $from) = @$_;
	"SELECT '$key', string_agg(id || ' ' || coalesce(d::text, 'null'), ',') FROM (SELECT id, $key AS d
		FROM $from ORDER BY $key LIMIT 30) s",
	"SELECT '$key', count(*), count(DISTINCT id) FROM (SELECT id FROM $from ORDER BY $key) s"
} (["e OPERATOR(kg.<->) (SELECT e FROM items WHERE id = 5)", 'items'],
	["e OPERATOR(kg.<=>) (SELECT e FROM items WHERE id = 5)", 'items'],
	["h OPERATOR(kg.<#>) (SELECT h FROM items WHERE id = 6)", 'items WHERE id % 2 = 0'],
	["plain::kg.halfvec($dims) OPERATOR(kg.<->) (SELECT h FROM items WHERE id = 6)", 'items'],
	["e OPERATOR(kg.<#>) (SELECT e FROM items WHERE id = 5)", 'scratch'],
	["e OPERATOR(kg.<->) (SELECT e FROM items WHERE id = 5)", 'parted']);

my $old_definitions = $node->safe_psql('postgres', $definitions);
my $old_answers = $node->safe_psql('postgres', $answers);
is(scalar(split /\n/, $old_definitions), 8, 'indexes to dump');

foreach my $format ('plain', 'custom', 'directory')
{
	my $file = $node->basedir . "/dump.$format";
	my $database = "restored_$format";

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-F', $format, '-f', $file, 'postgres' ],
		"$format: pg_dump");
	command_ok($format eq 'plain'
		? [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-f', $file, $database ]
		: [ 'pg_restore', '-e', '-j', 2, '-h', $node->host, '-p', $node->port, '-d', $database, $file ],
		"$format: restore");
	is($node->safe_psql($database, $definitions), $old_definitions, "$format: definitions, options, comments");
	is($node->safe_psql($database, $answers), $old_answers, "$format: answers");
}

# A table alone, and the indexes after the data.
{
	my $file = $node->basedir . '/table.sql';
	$node->safe_psql('postgres', 'CREATE DATABASE one_table');
	$node->safe_psql('one_table', 'CREATE EXTENSION kg');
	command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-t', 'items', '-f', $file, 'postgres' ], 'pg_dump -t');
	command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-f', $file, 'one_table' ],
		'restore of one table');
	is($node->safe_psql('one_table', "SELECT count(*) FROM pg_indexes WHERE tablename = 'items' AND indexdef LIKE '%$am%'"), '4',
		'with its indexes');
}

# CREATE TABLE ... LIKE and CREATE DATABASE ... TEMPLATE take indexes along.
$node->safe_psql('postgres', 'CREATE TABLE alike (LIKE items INCLUDING ALL)');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_indexes WHERE tablename = 'alike' AND indexdef LIKE '%$am%'"), '4',
	'LIKE ... INCLUDING ALL');
foreach my $strategy ('wal_log', 'file_copy')
{
	$node->safe_psql('template1', "CREATE DATABASE copied_$strategy TEMPLATE postgres STRATEGY $strategy");
	is($node->safe_psql("copied_$strategy", $answers), $old_answers, "a copied database answers, $strategy");
}
# Another tablespace.
{
	my $dir = $node->basedir . '/space';
	mkdir $dir;
	$node->safe_psql('postgres', "CREATE TABLESPACE elsewhere LOCATION '$dir'");
	$node->safe_psql('postgres', 'ALTER INDEX items_e SET TABLESPACE elsewhere; ALTER TABLE scratch SET TABLESPACE elsewhere;
		ALTER INDEX scratch_e SET TABLESPACE elsewhere');
	is($node->safe_psql('postgres', $answers), $old_answers, 'in another tablespace');
}

done_testing();
