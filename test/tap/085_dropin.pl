# The drop-in, extensions/vector: what clients of pgvector send works, alone and
# beside extension kg, and survives dump and restore.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Dropin;

my $node = dropin_node('main');

sub sql
{
	my ($database, @statements) = @_;
	return $node->safe_psql($database, join(";\n", @statements));
}

# The error of the last statement
sub error_of
{
	my ($database, @statements) = @_;
	my ($stdout, $stderr) = ('', '');
	$node->psql($database, join(";\n", @statements), stdout => \$stdout, stderr => \$stderr);
	return join "\n", map { s/^psql:\S+ //r } grep { /(ERROR|WARNING|DETAIL|HINT): / } split /\n/, $stderr;
}

# EXTENSION

sql('postgres', 'CREATE ROLE owner LOGIN', 'CREATE DATABASE app OWNER owner');
sub as_owner
{
	my ($database, @statements) = @_;
	return $node->safe_psql($database, join(";\n", @statements), extra_params => [ '-U', 'owner' ]);
}
as_owner('app', 'CREATE EXTENSION IF NOT EXISTS vector');
is(sql('app', "SELECT extname, extversion, extnamespace::regnamespace, extrelocatable FROM pg_extension WHERE extname <> 'plpgsql'"),
	'vector|0.8.6|public|t', 'CREATE EXTENSION by the owner of the database, alone');
is(sql('app', "SELECT string_agg(amname, ' ' ORDER BY amname) FROM pg_am WHERE amtype = 'i' AND oid > 16384"),
	'hnsw ivfflat', 'access methods');
is(sql('app', q(SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass AND extname = 'vector' AND deptype = 'e'
	AND obj_description(d.objid, d.classid::regclass::text) IS NULL
	-- array types are members since 17
	AND NOT EXISTS (SELECT FROM pg_type WHERE oid = d.objid AND d.classid = 'pg_type'::regclass AND typcategory = 'A'))), '0', 'every object has a comment');
is(sql('app', q(SELECT count(*) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
	WHERE amname IN ('hnsw', 'ivfflat') AND NOT amvalidate(c.oid))), '0', 'operator classes are valid');
is(error_of('app', 'CREATE EXTENSION vector'), 'ERROR:  extension "vector" already exists', 'a second one');
as_owner('app', 'ALTER EXTENSION vector UPDATE');

# what frameworks send
as_owner('app',
	'CREATE TABLE items (id bigserial PRIMARY KEY, content text, embedding vector(3), half halfvec(3), sparse sparsevec(900))',
	"INSERT INTO items (content, embedding, half, sparse) SELECT 'row ' || i, ARRAY[i, i % 7, i % 11], ARRAY[i, i % 7, i % 11],
		format('{%s:%s,%s:2,900:1}/900', i % 90 + 1, i % 13 + 1, 100 + i % 77)::sparsevec FROM generate_series(1, 300) i",
	"INSERT INTO items (content) VALUES ('nothing')",
	'CREATE INDEX items_hnsw ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)',
	'CREATE INDEX items_ivfflat ON items USING ivfflat (embedding vector_l2_ops) WITH (lists = 100)',
	'CREATE INDEX ON items USING ivfflat (embedding)',
	'CREATE INDEX ON items USING hnsw (embedding vector_ip_ops)',
	'CREATE INDEX ON items USING hnsw (half halfvec_l2_ops)',
	map({ "CREATE INDEX ON items USING hnsw (sparse sparsevec_${_}_ops)" } 'l2', 'ip', 'cosine', 'l1'),
	'CREATE INDEX CONCURRENTLY ON items USING hnsw ((embedding::halfvec(3)) halfvec_cosine_ops)');

my $all_by_index = "SELECT string_agg(id::text, ',' ORDER BY n) FROM (SELECT id, row_number() OVER () n FROM (SELECT id FROM items ORDER BY %s %s%s) a) b";
my @forms = ('embedding <=>', 'embedding <->', 'embedding <#>', 'half <->', 'embedding::halfvec(3) <=>', 'sparse <->', 'sparse <#>', 'sparse <=>', 'sparse <+>');
foreach my $form (@forms)
{
	foreach my $limit ('', ' LIMIT 10')
	{
		my $query = sprintf $all_by_index, $form, $form =~ /sparse/ ? "'{5:4,103:2,900:1}/900'" : "'[5,4,3]'", $limit;
		my $by_index = sql('app', 'SET enable_seqscan = off', 'SET enable_sort = off', $query);

		like(sql('app', 'SET enable_seqscan = off', 'SET enable_sort = off', "EXPLAIN $query"), qr/Index Scan/, "$form$limit by index");
		# rows at one distance come in any order
		is(join(',', sort split /,/, $by_index), join(',', sort split /,/, sql('app', 'SET enable_indexscan = off', $query)),
			"$form$limit finds what a sequential scan finds")
		  if $limit eq '';
	}
}
is(sql('app', 'SET enable_seqscan = off', "SELECT id FROM items ORDER BY embedding <-> '[5,4.9,4.9]' LIMIT 3"), "5\n4\n6", 'nearest');

# OPTIONS AND SETTINGS: pgvector's ranges and words

sub create_error
{
	my ($index) = @_;
	return error_of('app', "CREATE INDEX ON items USING $index");
}
is(create_error('hnsw (embedding vector_l2_ops) WITH (m = 1)'),
	qq(ERROR:  value 1 out of bounds for option "m"\nDETAIL:  Valid values are between "2" and "100".), 'm');
is(create_error('hnsw (embedding vector_l2_ops) WITH (ef_construction = 1001)'),
	qq(ERROR:  value 1001 out of bounds for option "ef_construction"\nDETAIL:  Valid values are between "4" and "1000".), 'ef_construction');
is(create_error('hnsw (embedding vector_l2_ops) WITH (m = 16, ef_construction = 31)'),
	'ERROR:  ef_construction must be greater than or equal to 2 * m', 'both');
is(create_error('ivfflat (embedding) WITH (lists = 32769)'),
	qq(ERROR:  value 32769 out of bounds for option "lists"\nDETAIL:  Valid values are between "1" and "32768".), 'lists');
is(create_error('hnsw (embedding vector_l2_ops) WITH (storage = f16)'), 'ERROR:  unrecognized parameter "storage"', 'options of kg_hnsw');
is(create_error('hnsw (embedding vector_l2_ops, id)'), 'ERROR:  access method "hnsw" does not support multicolumn indexes', 'columns');
like(create_error('hnsw (embedding)'), qr/data type vector has no default operator class for access method "hnsw"/, 'no default for hnsw');

my %settings = (
	'hnsw.ef_search' => '40 1 1000', 'hnsw.max_scan_tuples' => '20000 1 2147483647', 'hnsw.scan_mem_multiplier' => '1 1 1000',
	'ivfflat.probes' => '1 1 32768', 'ivfflat.max_probes' => '32768 1 32768');
foreach my $name (sort keys %settings)
{
	my ($default, $least, $most) = split / /, $settings{$name};
	is(sql('app', "LOAD 'vector'", "SHOW $name"), $default, "$name by default");
	is(error_of('app', "LOAD 'vector'", "SET $name = 0"),
		"ERROR:  0 is outside the valid range for parameter \"$name\" ($least .. $most)", "$name: its range");
}
is(error_of('app', "LOAD 'vector'", 'SET hnsw.iterative_scan = on'),
	qq(ERROR:  invalid value for parameter "hnsw.iterative_scan": "on"\nHINT:  Available values: off, relaxed_order, strict_order.), 'hnsw.iterative_scan');
is(error_of('app', "LOAD 'vector'", 'SET ivfflat.iterative_scan = strict_order'),
	qq(ERROR:  invalid value for parameter "ivfflat.iterative_scan": "strict_order"\nHINT:  Available values: off, relaxed_order.), 'ivfflat.iterative_scan');
is(sql('app', 'SET hnsw.ef_search = 77', "SELECT '[1]'::vector", 'SHOW hnsw.ef_search'), "[1]\n77", 'set before the library is loaded');
is(error_of('app', 'SET hnsw.ef_search = 0', "SELECT '[1]'::vector"),
	'WARNING:  0 is outside the valid range for parameter "hnsw.ef_search" (1 .. 1000)', 'set wrongly before that');
is(error_of('app', "SELECT '[1]'::vector", 'SET hnsw.other = 1'),
	qq(ERROR:  invalid configuration parameter name "hnsw.other"\nDETAIL:  "hnsw" is a reserved prefix.), 'no other settings');

# What a scan returns: everything, unless a setting ends it.
sub count_rows
{
	my ($form, @settings) = @_;
	return sql('app', 'SET enable_seqscan = off', 'SET enable_sort = off', @settings,
		"SELECT count(*) FROM (SELECT id FROM items ORDER BY $form '[5,4,3]') s");
}
foreach my $case ([ 'half <->', 'hnsw' ], [ 'embedding <->', 'ivfflat' ])
{
	my ($form, $method) = @$case;
	is(count_rows($form), 301, "$method: all rows");
	is(count_rows($form, "SET $method.iterative_scan = relaxed_order"), 301, "$method: all rows in relaxed order");
	cmp_ok(count_rows($form, "SET $method.iterative_scan = off"), '<', 301, "$method: not without iterative scans");
	is(count_rows($form, "SET $method.iterative_scan = off", "RESET $method.iterative_scan"), 301, "$method: RESET");
	is(sql('app', "LOAD 'vector'", "SHOW $method.iterative_scan"), 'off', "$method: what SHOW says");
}
is(count_rows('half <->', "SET hnsw.ef_search = $_", 'SET hnsw.iterative_scan = off'), $_, "$_ rows without iterative scans") for 10, 100;
is(count_rows('half <->', 'SET hnsw.iterative_scan = off'), 40, 'and 40 by default');
cmp_ok(count_rows('half <->', 'SET hnsw.ef_search = 10', 'SET hnsw.iterative_scan = strict_order', 'SET hnsw.max_scan_tuples = 30'),
	'<', 100, 'hnsw.max_scan_tuples');
cmp_ok(count_rows('embedding <->', 'SET ivfflat.max_probes = 10'), '<', 301, 'ivfflat.max_probes');
is(count_rows('embedding <->', 'SET ivfflat.max_probes = 100'), 301, 'ivfflat.max_probes: as many as there are lists');
is(sql('app', 'SET enable_seqscan = off', 'BEGIN', 'SET LOCAL hnsw.ef_search = 100',
	"SELECT id FROM items ORDER BY half <-> '[5,5,5]' LIMIT 1", 'COMMIT', 'SHOW hnsw.ef_search'), "5\n40", 'SET LOCAL');

# CHANGES

as_owner('app', 'DELETE FROM items WHERE id % 3 = 0', "UPDATE items SET embedding = '[9,9,9]' WHERE id = 10", 'VACUUM items',
	"INSERT INTO items (embedding) VALUES ('[9,9,8]')");
is(sql('app', 'SET enable_seqscan = off', "SELECT count(*) FROM (SELECT id FROM items ORDER BY embedding <=> '[1,1,1]') s"),
	'202', 'after DELETE, UPDATE, VACUUM, INSERT');
is(sql('app', 'SET enable_seqscan = off', "SELECT embedding FROM items ORDER BY embedding <-> '[9,9,8]' LIMIT 2"),
	"[9,9,8]\n[9,9,9]", 'new rows');
as_owner('app', 'REINDEX TABLE items', 'ALTER INDEX items_hnsw SET (ef_construction = 100)', 'ALTER INDEX items_ivfflat RESET (lists)');

# DUMP AND RESTORE

sub definitions
{
	my ($database) = @_;
	return sql($database, "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'items'::regclass ORDER BY 1");
}
sub run_program
{
	my ($program, @arguments) = @_;
	$node->command_ok([ $program, '-h', $node->host, '-p', $node->port, @arguments ], "$program @arguments[0 .. 1]");
	return;
}
my $dump = $node->basedir . '/app.dump';
run_program('pg_dump', '-Fc', '-f', $dump, 'app');
sql('postgres', 'CREATE DATABASE restored OWNER owner');
run_program('pg_restore', '-d', 'restored', $dump);
is(definitions('restored'), definitions('app'), 'restored indexes');
like(definitions('restored'), qr/USING hnsw \(embedding vector_cosine_ops\) WITH \(m='16', ef_construction='100'\)/, 'with their options');
is(sql('restored', 'SET enable_seqscan = off', "SELECT embedding FROM items ORDER BY embedding <-> '[9,9,8]' LIMIT 2"),
	"[9,9,8]\n[9,9,9]", 'restored rows');

# SCHEMAS

sql('postgres', 'CREATE DATABASE other');
sql('other', 'CREATE SCHEMA extensions', 'CREATE EXTENSION vector SCHEMA extensions',
	'CREATE TABLE items (embedding extensions.vector(3))', "INSERT INTO items VALUES ('[1,2,3]'), ('[3,2,1]')",
	'CREATE INDEX ON items USING hnsw (embedding extensions.vector_l2_ops)');
is(sql('other', 'SET enable_seqscan = off', "SELECT * FROM items ORDER BY embedding OPERATOR(extensions.<->) '[3,3,3]' LIMIT 1"),
	'[1,2,3]', 'in a schema of choice');
sql('other', 'CREATE SCHEMA elsewhere', 'ALTER EXTENSION vector SET SCHEMA elsewhere');
is(sql('other', 'SET enable_seqscan = off', "SELECT * FROM items ORDER BY embedding OPERATOR(elsewhere.<->) '[3,3,3]' LIMIT 1"),
	'[1,2,3]', 'in another');

# BESIDE EXTENSION KG

foreach my $order ([ 'kg', 'vector' ], [ 'vector', 'kg' ])
{
	my $database = join '_', @$order;
	sql('postgres', "CREATE DATABASE $database");
	sql($database, map({ "CREATE EXTENSION $_" } @$order),
		'CREATE TABLE theirs (id int, v vector(3))', 'CREATE TABLE ours (id int, v kg.vector(3))',
		"INSERT INTO theirs SELECT i, ARRAY[i, 1, 1] FROM generate_series(1, 100) i",
		"INSERT INTO ours SELECT i, ARRAY[i, 1, 1] FROM generate_series(1, 100) i",
		'CREATE INDEX theirs_v ON theirs USING hnsw (v vector_l2_ops)', 'CREATE INDEX ours_v ON ours USING kg_hnsw (v)');
	is(sql($database, 'SET enable_seqscan = off', "(SELECT id FROM theirs ORDER BY v <-> '[7,1,1]' LIMIT 1) UNION ALL (SELECT id FROM ours ORDER BY v OPERATOR(kg.<->) '[8,1,1]' LIMIT 1)"),
		"7\n8", "@$order: both in a session");
	is(sql($database, "SELECT * FROM kg.index_check('theirs_v')"), '', "@$order: kg.index_check");
	is(sql($database, "SET kg.ef_search = 5", 'SET enable_seqscan = off', 'SET enable_sort = off', 'SET kg.iterative_scan = off',
		"SELECT count(*) FROM (SELECT id FROM theirs ORDER BY v <-> '[7,1,1]') s"), '5', "@$order: kg's settings count where none of hnsw's is set");
	sql($database, 'DROP EXTENSION kg CASCADE');
	is(sql($database, 'SET enable_seqscan = off', "SELECT id FROM theirs ORDER BY v <-> '[7,1,1]' LIMIT 1"), '7', "@$order: without kg");
	sql($database, 'CREATE EXTENSION kg', 'DROP EXTENSION vector CASCADE');
	is(sql($database, "SELECT attname FROM pg_attribute WHERE attrelid = 'theirs'::regclass AND attnum > 0 AND NOT attisdropped"),
		'id', "@$order: DROP EXTENSION vector");
}

# AND KG_PGVECTOR: the types are one another's without a copy, and kg_hnsw indexes both

sql('postgres', 'CREATE DATABASE joined');
sql('joined', 'CREATE EXTENSION vector', 'CREATE EXTENSION kg', 'CREATE EXTENSION kg_pgvector',
	'CREATE TABLE theirs (id int, part int, v vector(3))', 'CREATE TABLE ours (id int, v kg.vector(3))',
	"INSERT INTO theirs SELECT i, i % 3, ARRAY[i, 1, 1] FROM generate_series(1, 100) i", 'INSERT INTO ours SELECT id, v FROM theirs',
	'CREATE INDEX theirs_hnsw ON theirs USING hnsw (v vector_cosine_ops)',
	'CREATE INDEX theirs_kg ON theirs USING kg_hnsw (v vector_l2_ops, part)', 'CREATE INDEX ours_kg ON ours USING kg_hnsw (v)');
is(sql('joined', 'SET enable_seqscan = off', "SELECT id FROM theirs WHERE part = 2 ORDER BY v <-> '[7,1,1]' LIMIT 2"), "8\n5", 'kg_hnsw with a filter on a column of the drop-in');
is(sql('joined', 'SELECT count(*) FROM theirs JOIN ours USING (id) WHERE theirs.v = ours.v::vector AND theirs.v::kg.vector OPERATOR(kg.=) ours.v'), '100', 'casts');
is(sql('joined', q(SELECT string_agg(castmethod::text || castcontext::text, ' ') FROM pg_cast
	WHERE (castsource, casttarget) IN (('vector'::regtype, 'kg.vector'::regtype), ('kg.vector'::regtype, 'vector'::regtype)))), 'ba ba', 'casts that copy nothing');
sql('joined', 'DROP EXTENSION kg_pgvector CASCADE');
is(sql('joined', "SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid IN ('theirs'::regclass, 'ours'::regclass)"),
	'ours_kg theirs_hnsw', 'DROP EXTENSION kg_pgvector');

$node->stop;
done_testing();
