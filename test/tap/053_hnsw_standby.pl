# A standby made by pg_basebackup answers by its kg_hnsw indexes what the
# primary answers, while the primary inserts, deletes, vacuums and reindexes;
# replayed pages are those of the primary, byte for byte; promoted, it takes
# rows of its own.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $am = hnsw_method();

my $dims = 48;
# wal_consistency_checking compares each page after replay with an image that
# the primary logs; a difference is fatal to the standby
my $primary = hnsw_node('primary', "wal_consistency_checking = 'generic'",
	'max_standby_streaming_delay = -1');

sub sql
{
	return $primary->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

sql("CREATE TABLE items (id int, e vector($dims), h halfvec($dims))",
	"INSERT INTO items SELECT id, e, e FROM " . hnsw_vectors(1, 3000, $dims, 1) . ' v',
	'CREATE TABLE queries AS SELECT id, e FROM ' . hnsw_vectors(1, 40, $dims, 2) . ' v',
	# one made before the standby, one replayed from its build
	'CREATE INDEX items_e ON items USING ' . $am . ' (e vector_cosine_ops)',
	hnsw_kinds(), 'INSERT INTO kinds SELECT * FROM ' . hnsw_kind_rows(1, 1000) . ' r');

my $standby = hnsw_standby($primary, 'hot_standby_feedback = on');

sql('CREATE INDEX items_h ON items USING ' . $am . ' (h)');

my %query = (
	nearest => "SELECT string_agg(q.id || ':' || n.id || ':' || n.d, ' ') FROM queries q,
		LATERAL (SELECT id, t.e <=> q.e AS d FROM items t ORDER BY t.e <=> q.e LIMIT 10) n",
	half => "SELECT string_agg(q.id || ':' || n.id || ':' || n.d, ' ') FROM queries q,
		LATERAL (SELECT id, t.h <-> q.e::halfvec AS d FROM items t ORDER BY t.h <-> q.e::halfvec LIMIT 150) n WHERE q.id <= 5",
	map({ my ($column, $operator) = @$_; ("kinds by $operator" => "SELECT string_agg(q.id || ':' || n.id || ':' || n.d, ' ') FROM
		(SELECT * FROM kinds WHERE id IN (1, 5, 7, 40001)) q, LATERAL (SELECT id, t.$column $operator q.$column AS d FROM kinds t ORDER BY t.$column $operator q.$column LIMIT 60) n") }
		[ 'b', '<~>' ], [ 'l', '<+>' ], [ 's', '<=>' ]),
	everything => "SELECT count(*), count(DISTINCT id), sum(id) FROM (SELECT id FROM items
		ORDER BY e <=> (SELECT e FROM queries WHERE id = 1)) s");
my $settings = join(';', 'SET search_path = kg, public', 'SET enable_seqscan = off', 'SET enable_sort = off', '');

# Both servers give the same answers, from the index.
sub compare
{
	my ($what) = @_;
	$primary->wait_for_catchup($standby);
	foreach my $name (sort keys %query)
	{
		my ($here, $there) = map { $_->safe_psql('postgres', $settings . $query{$name}) } $primary, $standby;
		cmp_ok(length $here, '>', 5, "$what: $name answered");
		is($there, $here, "$what: $name");
		like($standby->safe_psql('postgres', $settings . 'EXPLAIN ' . $query{$name}), qr/Index Scan using (items|kinds)_/,
			"$what: $name by index on the standby");
	}
	my ($standby_rows) = $standby->safe_psql('postgres', 'SELECT count(*), sum(id) FROM kg.items');
	like($standby->safe_psql('postgres', $settings . $query{everything}),
		qr/^(\d+)\|\1\|\d+$/, "$what: every row once");
	is(join('|', (split /\|/, $standby->safe_psql('postgres', $settings . $query{everything}))[0, 2]),
		$standby_rows, "$what: as many as in the table");
}

compare('built');
sql('INSERT INTO items SELECT id, e, e FROM ' . hnsw_vectors(3001, 4000, $dims, 1) . ' v',
	# equal vectors, rows without one, zero vectors
	"INSERT INTO items SELECT id * 100000 + i, e, h FROM items, generate_series(1, 50) i WHERE id IN (7, 8)",
	"INSERT INTO items SELECT 6000 + i FROM generate_series(1, 1500) i",
	"INSERT INTO items SELECT 8000 + i, array_fill(0, ARRAY[$dims])::vector, array_fill(0, ARRAY[$dims])::halfvec FROM generate_series(1, 20) i");
sql('INSERT INTO kinds SELECT * FROM ' . hnsw_kind_rows(1001, 2000) . ' r',
	'INSERT INTO kinds SELECT id + 10000, b, l, s FROM kinds WHERE id BETWEEN 7 AND 60');
compare('inserted');
sql('DELETE FROM items WHERE id % 3 = 0', 'DELETE FROM kinds WHERE id % 3 = 0');
compare('deleted');
sql('VACUUM items, kinds');
compare('vacuumed');
sql('INSERT INTO kinds SELECT * FROM ' . hnsw_kind_rows(40001, 40500) . ' r');
sql('INSERT INTO items SELECT id, e, e FROM ' . hnsw_vectors(10001, 11500, $dims, 1) . ' v',
	'UPDATE items SET id = id + 20000 WHERE id % 5 = 0');
compare('slots taken again');
sql('REINDEX INDEX items_e');
sql('REINDEX INDEX CONCURRENTLY items_h');
compare('reindexed');

# Scans on the standby while the primary changes everything: no error, no row
# twice, all of the snapshot.
{
	my ($out, $timer) = ('', IPC::Run::timeout(180));
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $primary->connstr('postgres'), '-c', 'SET search_path = kg, public',
		map { ('-c', "INSERT INTO items SELECT id + $_ * 1000000, e, h FROM items WHERE id BETWEEN 10001 AND 10300",
			'-c', "DELETE FROM items WHERE id BETWEEN $_ * 1000000 + 10000 AND $_ * 1000000 + 10200", '-c', 'VACUUM items') } 1 .. 8 ],
		'<', \undef, '>', \$out, '2>', \$out, $timer);
	my ($scans, $wrong) = (0, '');
	while ($session->pumpable)
	{
		$session->pump_nb;
		# one snapshot for both counts
		my $rows = $standby->safe_psql('postgres', $settings .
			"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) = (SELECT count(*) FROM items) AND
				count(*) = count(DISTINCT id) FROM (SELECT id FROM items
				ORDER BY e <=> (SELECT e FROM queries WHERE id = 2)) s; COMMIT");
		$scans++;
		$wrong .= "$rows " if $rows ne 't';
	}
	$session->finish;
	is($out, '', 'writes went through');
	is($wrong, '', "$scans scans on the standby meanwhile");
	cmp_ok($scans, '>=', 3, 'more than a few');
}
compare('after it all');
is(sql("SELECT count(*) FROM index_check('items_e')", "SELECT count(*) FROM index_check('items_h')"), "0\n0",
	'no broken invariant on the primary');

hnsw_check_kinds($primary, 'the primary');

# The standby's pages can be checked while replay is paused.
$primary->wait_for_catchup($standby);
like(($standby->psql('postgres', "SELECT kg.index_check('kg.items_e')"))[2], qr/cannot check index "items_e" while WAL is replayed\nHINT:  Call pg_wal_replay_pause/,
	'no check while WAL is replayed');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$standby->poll_query_until('postgres', "SELECT pg_get_wal_replay_pause_state() = 'paused'");
is($standby->safe_psql('postgres', join(' UNION ALL ', map { "SELECT k FROM kg.index_check('kg.$_', true) k" } qw(items_e items_h kinds_b kinds_l kinds_s))), '',
	'the standby, paused: no broken invariant');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');

$standby->promote;
$standby->safe_psql('postgres', join(";\n", 'SET search_path = kg, public',
	'INSERT INTO items SELECT id, e, e FROM ' . hnsw_vectors(50001, 50500, $dims, 1) . ' v',
	'DELETE FROM items WHERE id % 2 = 0', 'VACUUM items',
	'INSERT INTO items SELECT id, e, e FROM ' . hnsw_vectors(60001, 60500, $dims, 1) . ' v'));
is(hnsw_sql($standby, "SELECT plan, missing, twice FROM pg_temp.knn('items', 'e <=> (SELECT e FROM queries WHERE id = 3)')",
	"SELECT plan, missing, twice FROM pg_temp.knn('items', 'h <-> (SELECT e::halfvec FROM queries WHERE id = 3)')"),
	"index|0|0\nindex|0|0", 'promoted: every row once');
is(hnsw_sql($standby, "SELECT count(*) FROM index_check('items_e')", "SELECT count(*) FROM index_check('items_h')"), "0\n0",
	'promoted: no broken invariant');
$standby->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', 'DELETE FROM kinds WHERE id % 2 = 0', 'VACUUM kinds',
	'INSERT INTO kinds SELECT * FROM ' . hnsw_kind_rows(50001, 50300) . ' r'));
hnsw_check_kinds($standby, 'promoted');
cmp_ok((hnsw_recall($standby, 'items', 'queries', 't.e <=> q.e', 100))[0], '>=', 0.95, 'promoted: recall');

unlike(slurp_file($standby->logfile), qr/inconsistent page found|PANIC/,
	'nothing inconsistent in replay');

done_testing();
