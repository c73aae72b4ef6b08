# What a backend keeps of an index may be dropped whenever it looks into a
# catalog.  Servers with assertions do so each time (debug_discard_caches), and
# overwrite memory that is freed; on others this is a test like any other.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $node = hnsw_node('main', 'fsync = off');
my $rows = hnsw_vectors(1, 1500, 8, 1);
my $discard = "SELECT set_config('debug_discard_caches', least(1, max_val::int)::text, false)
	FROM pg_settings WHERE name = 'debug_discard_caches'";
my @by_index = map { "SET $_ = off" } qw(enable_seqscan enable_sort enable_bitmapscan);

# The first answers are those of statements that discard nothing.
sub discarding
{
	my @statements = @_;
	# pages that come from disk are asked for beforehand, by tablespace
	$node->restart;
	my @lines = split /\n/, $node->safe_psql('postgres',
		join(";\n", 'SET search_path = kg, public', @by_index, $discard, @statements));
	shift @lines;
	return join(',', @lines);
}

my $far = "array_fill(0.3::real, ARRAY[8])::vector";
my $all = "SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM items ORDER BY e <-> $far) s";

$node->safe_psql('postgres', "CREATE TABLE kg.items (id int, k int DEFAULT 0, e kg.vector(8));
	INSERT INTO kg.items SELECT id, 0, e FROM $rows v WHERE id <= 1000;
	CREATE INDEX items_e ON kg.items USING kg_hnsw (e) WITH (m = 8, ef_construction = 20)");
note($node->safe_psql('postgres', "$discard"));

is(discarding("INSERT INTO items SELECT id, 0, e FROM $rows v WHERE id BETWEEN 1001 AND 1030", $all),
	'1030|1030', 'INSERT into an index that is read from disk');
is(discarding($all), '1030|1030', 'a scan of all');
is(discarding("SELECT count(*) FROM (SELECT FROM items ORDER BY e <-> $far LIMIT 20) s"), '20', 'LIMIT');
is(discarding("SELECT count(*) FROM items WHERE e <<->> ball($far, 100)"), '1030', 'a ball');
is(discarding("SELECT rows, dimensions FROM index_info('items_e')"), '1030|8', 'kg.index_info');
is(discarding("SELECT count(*) FROM index_check('items_e', true)"), '0', 'kg.index_check');
is(discarding('DELETE FROM items WHERE id % 5 = 0', 'VACUUM items', $all), '824|824', 'VACUUM');
is(discarding('BEGIN', "DECLARE c CURSOR FOR SELECT id FROM items ORDER BY e <-> $far", 'MOVE 3 FROM c',
		"INSERT INTO items SELECT id, 0, e FROM $rows v WHERE id BETWEEN 1031 AND 1100",
		'CREATE TABLE other ()', "CREATE TEMP TABLE met (id int)",
		'MOVE 100 FROM c', 'COMMIT', $all), '894|894', 'a cursor between other statements');
is(discarding('UPDATE items SET k = 1, e = e WHERE id % 50 = 1', $all), '894|894', 'UPDATE');
is(discarding('REINDEX INDEX items_e', $all, "SELECT count(*) FROM index_check('items_e', true)"),
	'894|894,0', 'REINDEX');

done_testing();
