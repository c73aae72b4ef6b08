# VACUUM of kg_hnsw indexes: what comes between its steps, the space that it
# finds again, also after a crash, and what kg.index_check says of damage.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $node = hnsw_node('main', 'fsync = off');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# The index has every row of a table once, and is sound.
sub check_index
{
	my ($table, $what, $key) = @_;
	$key //= "e <-> array_fill(1, ARRAY[8])::vector";
	hnsw_check_index($node, $table, $key, $what);
}

sub pages
{
	my ($table) = @_;
	return sql("SELECT pg_relation_size('${table}_e') / current_setting('block_size')::int");
}

# A node that has a dead row, on a page where VACUUM is busy with another
# node's long list, is given an overflow list by an INSERT of an equal vector.
# The dead row must go, and not come back as whatever the table puts there.
{
	sql('CREATE TABLE meets (id int, e vector(8)) WITH (autovacuum_enabled = off)',
		'INSERT INTO meets SELECT i, array_fill(i, ARRAY[8])::vector FROM generate_series(1, 40) i',
		'INSERT INTO meets SELECT 1000 + i, array_fill(1, ARRAY[8])::vector FROM generate_series(1, 20000) i',
		'CREATE INDEX meets_e ON meets USING kg_hnsw (e)',
		'DELETE FROM meets WHERE id BETWEEN 2 AND 40');
	my $out = '';
	my $vacuum = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'SET vacuum_cost_delay = 10',
		'-c', 'SET vacuum_cost_limit = 10', '-c', 'VACUUM (INDEX_CLEANUP ON) kg.meets' ],
		'<', \undef, '>', \$out, '2>&1', IPC::Run::timeout(180));
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE phase = 'vacuuming indexes'"),
		'VACUUM has come to the index');
	sql('SELECT pg_sleep(0.1)', map { "INSERT INTO meets VALUES (100 + $_, array_fill($_, ARRAY[8])::vector)" } 2 .. 40);
	is($node->safe_psql('postgres', 'SELECT phase FROM pg_stat_progress_vacuum'), 'vacuuming indexes',
		'and is still there when equal vectors have been inserted');
	$vacuum->finish;
	is($out, '', 'VACUUM');
	# these take the TIDs of the rows that are gone
	sql('INSERT INTO meets SELECT 200 + i, array_fill(500 + i, ARRAY[8])::vector FROM generate_series(1, 300) i');
	check_index('meets', 'inserts of equal vectors beside VACUUM');
	is(sql("SELECT rows = (SELECT count(*) FROM meets) FROM index_info('meets_e')"), 't', 'and no row more');
}

# Twenty rounds of each kind of churn: what the third needed is enough for all
# that follow.
my $vector = "CREATE FUNCTION pg_temp.v(i int) RETURNS vector LANGUAGE sql AS \$\$
	SELECT ARRAY(SELECT hashint8(i * 65536::bigint + j) / 2147483648::float8 FROM generate_series(1, 8) j)::real[]::vector \$\$";
my @churn = (
	[ 'UPDATE that is not HOT', '', 'INSERT INTO items SELECT i, 0, pg_temp.v(i) FROM generate_series(1, 1500) i',
		'UPDATE items SET k = k + 1' ],
	[ 'rows without a vector', '', 'SELECT',
		'INSERT INTO items SELECT i, 0, NULL FROM generate_series(1, 5000) i', 'DELETE FROM items' ],
	[ 'half of the rows without a vector', '', 'INSERT INTO items SELECT i, 0, NULL FROM generate_series(1, 8000) i',
		'DELETE FROM items WHERE hashint4(id + :r) % 2 = 0',
		'INSERT INTO items SELECT :r * 8000 + i, 0, NULL FROM generate_series(1, 8000 - (SELECT count(*) FROM items)) i' ],
	[ 'vectors without direction', 'vector_cosine_ops', 'SELECT',
		'INSERT INTO items SELECT i, 0, array_fill(0, ARRAY[8])::vector FROM generate_series(1, 5000) i', 'DELETE FROM items' ],
	[ 'fresh vectors', '', 'INSERT INTO items SELECT i, 0, pg_temp.v(i) FROM generate_series(1, 1500) i',
		'DELETE FROM items WHERE id < :r * 300',
		'INSERT INTO items SELECT 1500 + (:r - 1) * 300 + i, 0, pg_temp.v(1500 + (:r - 1) * 300 + i) FROM generate_series(1, 300) i' ],
	[ 'equal vectors', '', 'INSERT INTO items SELECT i, 0, pg_temp.v(i % 10) FROM generate_series(1, 8000) i',
		'DELETE FROM items WHERE hashint4(id + :r) % 2 = 0',
		'INSERT INTO items SELECT :r * 8000 + i, 0, pg_temp.v(i::int % 10) FROM generate_series(1, 8000 - (SELECT count(*) FROM items)) i' ],
	# pages of one kind become those of another
	[ 'all kinds in turn', 'vector_cosine_ops', 'SELECT', 'DELETE FROM items',
		'INSERT INTO items SELECT i, 0, CASE :r % 3 WHEN 0 THEN NULL WHEN 1 THEN pg_temp.v(i % 3) ELSE array_fill(0, ARRAY[8])::vector END
			FROM generate_series(1, 6000) i' ]);
foreach my $churn (@churn)
{
	my ($what, $ops, $first, @round) = @$churn;
	my @sizes = split /\n/, sql("SET client_min_messages = error", $vector,
		"CREATE TABLE items (id int, k int, e vector(8)) WITH (autovacuum_enabled = off)",
		'CREATE INDEX ON items (k)', $first,
		"CREATE INDEX items_e ON items USING kg_hnsw (e $ops) WITH (m = 8, ef_construction = 40)",
		map { my $r = $_; ((map { s/:r\b/$r/gr } @round), 'VACUUM (INDEX_CLEANUP ON) items',
				"SELECT pg_relation_size('items_e') / 8192") } 1 .. 20);
	@sizes = grep { /^\d+$/ } @sizes;
	is(scalar @sizes, 20, "$what: twenty rounds");
	note("$what: @sizes");
	cmp_ok($sizes[19], '<=', $sizes[2] + 2 + 0.03 * $sizes[2], "$what: $sizes[0], $sizes[2], ... $sizes[19] pages");
	check_index('items', $what, $ops ? "e <=> array_fill(1, ARRAY[8])::vector" : undef);
	# 64, and one for 64 further nodes; some are there for their neighbours
	cmp_ok(sql("SELECT entry_points - nodes / 64 FROM index_info('items_e')"), '<', 90,
		"$what: entry points go with their nodes");
	sql('DROP TABLE items');
}

# A few rows far from all others, which one entry point leads to, stay found by
# searches alone when all rows are replaced by and by.
{
	my $near = 'pg_temp.v(i)';
	my $far = 'pg_temp.v(i) + array_fill(50, ARRAY[8])::vector';
	sql($vector, 'CREATE TABLE apart (id int, e vector(8)) WITH (autovacuum_enabled = off)',
		"INSERT INTO apart SELECT i, $near FROM generate_series(1, 1500) i",
		'CREATE INDEX apart_e ON apart USING kg_hnsw (e) WITH (m = 8, ef_construction = 40)',
		"INSERT INTO apart SELECT -i, $far FROM generate_series(1, 30) i");
	my @found = split /\n/, sql($vector, (map { "SET $_ = off" } qw(enable_seqscan enable_sort kg.iterative_scan)),
		'SET kg.ef_search = 20', map { my $new = $_ * 12; (
				"DELETE FROM apart WHERE id BETWEEN 1 AND $_ * 500 OR -id BETWEEN 1 AND $new",
				"INSERT INTO apart SELECT i, $near FROM generate_series(1001 + $_ * 500, 1500 + $_ * 500) i",
				"INSERT INTO apart SELECT -i, $far FROM generate_series(19 + $new, 30 + $new) i",
				'VACUUM (INDEX_CLEANUP ON) apart',
				"SELECT count(*) FROM (SELECT id FROM apart ORDER BY e <-> (SELECT $far FROM (VALUES (99999)) v(i)) LIMIT 10) s
					WHERE id < 0") } 1 .. 10);
	is(join(' ', grep { /^\d+$/ } @found), join(' ', (10) x 10), 'rows far from others: ten of ten after each round');
	sql('DROP TABLE apart');
}

# What the free space map knew may be lost in a crash or a promotion, and a
# crash may leave new pages: VACUUM finds both again.
{
	sql($vector, 'CREATE TABLE kept (id int, e vector(8)) WITH (autovacuum_enabled = off)',
		'INSERT INTO kept SELECT i, pg_temp.v(i) FROM generate_series(1, 2000) i',
		'CREATE INDEX kept_e ON kept USING kg_hnsw (e) WITH (m = 8, ef_construction = 20)',
		'INSERT INTO kept SELECT i, NULL FROM generate_series(3001, 9000) i',
		'DELETE FROM kept WHERE id % 2 = 0', 'VACUUM kept');
	my $path = $node->data_dir . '/' . sql("SELECT pg_relation_filepath('kept_e')");
	my $before = pages('kept');
	$node->stop;
	ok(unlink("${path}_fsm"), 'the free space map is lost');
	open my $file, '>>:raw', $path or die;
	print $file "\0" x (8192 * 10);
	close $file;
	$node->start;
	is(pages('kept'), $before + 10, 'ten new pages');
	sql('VACUUM kept');
	check_index('kept', 'new pages');
	sql($vector, 'INSERT INTO kept SELECT i, pg_temp.v(i) FROM generate_series(10001, 11000) i',
		'INSERT INTO kept SELECT i, NULL FROM generate_series(20001, 23000) i');
	is(pages('kept'), $before + 10, 'free slots and room in lists are found again');
	sql($vector, 'INSERT INTO kept SELECT i, pg_temp.v(1) FROM generate_series(30001, 36000) i');
	is(pages('kept'), $before + 10, 'new pages too');
	check_index('kept', 'pages taken again');
	sql('INSERT INTO kept SELECT i, NULL FROM generate_series(40001, 60000) i');
	cmp_ok(pages('kept'), '>', $before + 10, 'then the index grows');
	check_index('kept', 'grown');
}

# Damage.  Bytes are changed in the file, behind the server's back.
sub damage
{
	my ($what, $problem, $change) = @_;
	my $path = $node->data_dir . '/' . sql("SELECT pg_relation_filepath('harmed_e')");
	my $good;
	$node->stop;
	{
		local $/;
		open my $file, '<:raw', $path or die;
		$good = <$file>;
	}
	my $bad = $good;
	$change->(\$bad);
	isnt($bad, $good, "$what: done");
	foreach my $bytes ($bad, $good)
	{
		open my $file, '>:raw', $path or die;
		print $file $bytes;
		close $file;
		$node->start;
		my $found = sql('SET ignore_checksum_failure = on', 'SET client_min_messages = error',
			"SELECT string_agg(problem, '; ') FROM index_check('harmed_e')");
		$bytes eq $bad ? like($found, $problem, "$what: found") : is($found, '', "$what: repaired");
		$node->stop if $bytes eq $bad;
	}
}
{
	sql($vector, 'CREATE TABLE harmed (id int, e vector(8)) WITH (autovacuum_enabled = off)',
		'CREATE INDEX harmed_e ON harmed USING kg_hnsw (e) WITH (m = 8, ef_construction = 20)',
		'INSERT INTO harmed SELECT i, pg_temp.v(i) FROM generate_series(1, 100) i',
		'INSERT INTO harmed SELECT i, pg_temp.v(1) FROM generate_series(101, 2000) i',
		'INSERT INTO harmed SELECT i, NULL FROM generate_series(2001, 6000) i',
		'DELETE FROM harmed WHERE id BETWEEN 1000 AND 5000', 'VACUUM (INDEX_CLEANUP ON) harmed');
	# the first page of a kind, which stands in the second half of the last
	# word; contents begin after 24 bytes
	my $find = sub {
		my ($bytes, $kind) = @_;
		for (my $at = 0; $at < length $$bytes; $at += 8192)
		{
			return $at if unpack('S', substr($$bytes, $at + 8188, 2)) == $kind;
		}
		die "no page of kind $kind";
	};
	damage('a row twice', qr/^row \(\d+,\d+\) of the table is in the index more than once$/, sub {
			my $at = $find->($_[0], 5) + 24 + 16;
			substr(${$_[0]}, $at + 6, 6) = substr(${$_[0]}, $at, 6);
		});
	damage('a row of two kinds', qr/in the index more than once/, sub {
			my $chunk = $find->($_[0], 4) + 24 + 6;
			substr(${$_[0]}, $find->($_[0], 5) + 24 + 16, 6) = substr(${$_[0]}, $chunk, 6);
		});
	damage('a free page lost', qr/free page is in no chain/, sub {
			my $at = 0;
			$at += 8192 until unpack('S', substr(${$_[0]}, $at + 8188, 2)) == 8 &&
				substr(${$_[0]}, $at + 8184, 4) ne pack('L', 0xffffffff);
			substr(${$_[0]}, $at + 8184, 4) = pack('L', 0xffffffff);
		});
	damage('a chain astray', qr/a chain of pages with free space leads to a page of another kind/, sub {
			substr(${$_[0]}, $find->($_[0], 4) + 8184, 4) = pack('L', 0);
		});
	damage('part of an overflow list lost', qr/chunk \d+ belongs to no node/, sub {
			my $at = $find->($_[0], 4) + 24;
			$at += 68 until unpack('S', substr(${$_[0]}, $at + 4, 2)) > 0 &&
				substr(${$_[0]}, $at, 4) ne pack('L', 0xffffffff);
			substr(${$_[0]}, $at, 4) = pack('L', 0xffffffff);
		});
}

done_testing();
