# Sessions that delete rows and insert equal vectors, update, search and search
# within balls, while another vacuums all the time: no row is returned twice, none
# is lost, and the index is sound at the end.
#
# KG_STRESS_SECONDS (8 by default, "make check-random": 80) tells how long, KG_STRESS_SHARED (1500) how
# many rows each of ten vectors has.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $seconds = $ENV{KG_STRESS_SECONDS} // 8 * ($ENV{KG_TIMES} // 1);
my $shared = $ENV{KG_STRESS_SHARED} // 1500;
my $dims = 8;

my $node = hnsw_node('main', 'fsync = off');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# The first ten of pool are those that many rows share, the next two hundred
# have a row each; rows of the others come and go.  Of items_zero a part has no
# vector, and a part one without direction.
sql("CREATE TABLE pool AS SELECT id::int, e FROM " . hnsw_vectors(1, 2000, $dims, 1) . ' v',
	"CREATE TABLE items (id bigserial, k int DEFAULT 0, p int, e vector($dims)) WITH (autovacuum_enabled = off)",
	"INSERT INTO items (p, e) SELECT id, e FROM pool, generate_series(1, $shared) WHERE id <= 10",
	'INSERT INTO items (p, e) SELECT id, e FROM pool WHERE id BETWEEN 11 AND 210',
	'CREATE INDEX items_p ON items (p)',
	'CREATE INDEX items_k ON items (k)',
	'CREATE INDEX items_e ON items USING kg_hnsw (e) WITH (m = 8, ef_construction = 20)',
	# with a list of pending rows, which inserts and VACUUM merge
	'CREATE INDEX items_pending ON items USING kg_hnsw (e vector_l1_ops) WITH (m = 8, ef_construction = 20, fastupdate = on, pending_list_limit = 64)',
	'CREATE INDEX items_cosine ON items USING kg_hnsw (e vector_cosine_ops) WITH (m = 8, ef_construction = 20, storage = sq8)',
	# without a node; and under cosine
	"CREATE FUNCTION without_node(n int) RETURNS vector LANGUAGE sql IMMUTABLE AS
		\$\$ SELECT CASE WHEN n % 2 = 0 THEN array_fill(0, ARRAY[$dims])::kg.vector END \$\$",
	'INSERT INTO items (p, e) SELECT -i % 5, without_node(i) FROM generate_series(1, 4000) i',
	# deletes the rows that are alone with their vectors, and brings them back
	'CREATE PROCEDURE refill(pause float8) LANGUAGE plpgsql AS $$ BEGIN
		DELETE FROM kg.items WHERE p BETWEEN 11 AND 210;
		COMMIT;
		PERFORM pg_sleep(pause);
		FOR i IN 11 .. 210 LOOP
			INSERT INTO kg.items (p, e) SELECT id, e FROM kg.pool WHERE id = i;
			COMMIT;
		END LOOP;
	END $$',
	# one statement, one snapshot
	"CREATE FUNCTION check_whole(operator text, centre vector) RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		counts bigint[];
	BEGIN
		EXECUTE format('SELECT ARRAY[count(*), count(DISTINCT id), (SELECT count(*) FROM kg.items)]
			FROM (SELECT id FROM kg.items ORDER BY e OPERATOR(kg.%s) %L) s', operator, centre) INTO counts;
		ASSERT counts[1] = counts[3] AND counts[2] = counts[3],
			format('%s: rows, ids, rows of the table: %s', operator, counts);
	END \$\$",
	"CREATE FUNCTION check_first(n int, centre vector) RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		ids bigint[];
		ds float8[];
	BEGIN
		SELECT array_agg(id), array_agg(d) INTO ids, ds
		FROM (SELECT id, e OPERATOR(kg.<->) centre AS d FROM kg.items ORDER BY e OPERATOR(kg.<->) centre LIMIT n) s;
		ASSERT cardinality(ids) = n, format('%s rows of %s', cardinality(ids), n);
		ASSERT n = (SELECT count(DISTINCT id) FROM unnest(ids) id), format('rows twice: %s', ids);
		ASSERT ds = (SELECT array_agg(d ORDER BY d) FROM unnest(ds) d), format('not in order: %s', ds);
	END \$\$",
	# the rows of one vector are one node's: all of them or an error
	"CREATE FUNCTION check_ball(n int) RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		counts bigint[];
		centre kg.vector := (SELECT e FROM kg.pool WHERE id = n);
	BEGIN
		SELECT ARRAY[count(*), count(DISTINCT id), (SELECT count(*) FROM kg.items WHERE p = n)] INTO counts
		FROM (SELECT id FROM kg.items WHERE e OPERATOR(kg.<<->>) kg.ball(centre, 0)) s;
		ASSERT counts[1] = counts[2], format('ball: rows, ids: %s', counts);
		ASSERT n > 10 OR counts[1] = counts[3], format('ball: rows, ids, rows of the table: %s', counts);
		SELECT ARRAY[count(*), count(DISTINCT id)] INTO counts
		FROM (SELECT id FROM kg.items WHERE e OPERATOR(kg.<<->>) kg.ball(centre, 1.5)) s;
		ASSERT counts[1] = counts[2], format('wide ball: rows, ids: %s', counts);
	END \$\$");
foreach my $check ('check_whole(text, kg.vector)', 'check_first(int, kg.vector)', 'check_ball(int)')
{
	sql(map { "ALTER FUNCTION $check SET $_ = off" }
		qw(enable_seqscan enable_sort enable_bitmapscan jit));
}
# ... but the table is counted by itself
like(sql('SET enable_seqscan = off', 'SET enable_sort = off', 'SET enable_bitmapscan = off',
		"EXPLAIN SELECT id FROM items WHERE e <<->> ball((SELECT e FROM pool WHERE id = 1), 0)"),
	qr/Index Scan using items_e/, 'balls are searched for by index');

my %script = (
	refill => '\set ms random(0, 200)' . "\nCALL kg.refill(:ms / 1000.0);",
	share => 'INSERT INTO kg.items (p, e) SELECT id, e FROM kg.pool WHERE id = 1 + :n % 10 OR id = 11 + :n % 200;
		DELETE FROM kg.items WHERE id IN (SELECT id FROM kg.items WHERE p = 1 + :n % 10 LIMIT 1 FOR UPDATE SKIP LOCKED);',
	fresh => 'INSERT INTO kg.items (p, e) SELECT id, e FROM kg.pool WHERE id BETWEEN :n AND :n + 3;
		DELETE FROM kg.items WHERE id IN (SELECT id FROM kg.items
			WHERE p BETWEEN 211 AND 2000 AND p BETWEEN :n - 100 AND :n - 90 FOR UPDATE SKIP LOCKED);',
	update => 'UPDATE kg.items SET k = k + 1 WHERE id IN (SELECT id FROM kg.items WHERE p = 1 + :n % 10 LIMIT 20 FOR UPDATE SKIP LOCKED);
		UPDATE kg.items SET k = k + 1 WHERE id IN (SELECT id FROM kg.items WHERE p = :n LIMIT 20 FOR UPDATE SKIP LOCKED);',
	abort => 'BEGIN; INSERT INTO kg.items (p, e) SELECT id, e FROM kg.pool WHERE id = 1 + :n % 210; ROLLBACK;',
	none => 'INSERT INTO kg.items (p, e) SELECT -i % 5, kg.without_node(i) FROM generate_series(1, 1200) i;
		DELETE FROM kg.items WHERE id IN (SELECT id FROM kg.items WHERE p = 0 - :n % 5 LIMIT 1500 FOR UPDATE SKIP LOCKED);',
	whole => "SELECT kg.check_whole('<->', e) FROM kg.pool WHERE id = :n;",
	cosine => "SELECT kg.check_whole('<=>', e) FROM kg.pool WHERE id = :n;",
	pending => "SELECT kg.check_whole('<+>', e) FROM kg.pool WHERE id = :n;",
	first => 'SELECT kg.check_first(10, e) FROM kg.pool WHERE id = 11 + :n % 200;
		SELECT kg.check_first(100, e) FROM kg.pool WHERE id = :n;',
	ball => 'SELECT kg.check_ball(1 + :n % 210);');
my %weight = (share => 15, fresh => 15, update => 10, abort => 5, none => 1, whole => 1, cosine => 1, pending => 1,
	first => 15, ball => 8);

sub script
{
	my ($name) = @_;
	my $file = $node->basedir . "/$name.sql";
	append_to_file($file, "\\set n random(1, 2000)\n$script{$name}\n");
	return $file;
}

sub bench
{
	my ($out, @args) = @_;
	return IPC::Run::start([ 'pgbench', '-n', '-T', $seconds, '-M', 'prepared', '--random-seed=7', @args,
		'-h', $node->host, '-p', $node->port, 'postgres' ],
		'<', \undef, '>', $out, '2>&1', IPC::Run::timeout($seconds + 300));
}

my ($refill_out, $out, $vacuum_out) = ('', '', '');
my $refill = bench(\$refill_out, '-f', script('refill'));
my $rest = bench(\$out, '-c', 5, map { ('-f', script($_) . "\@$weight{$_}") } sort keys %weight);
my $vacuums = 0;
while ($rest->pumpable || $refill->pumpable)
{
	foreach my $session ($rest, $refill)
	{
		$session->pump_nb if $session->pumpable;
	}
	my ($status, undef, $err) = $node->psql('postgres', 'VACUUM (INDEX_CLEANUP ON) kg.items');
	$vacuum_out .= $err if $status != 0;
	$vacuums++;
}
$_->finish foreach $rest, $refill;
is($vacuum_out, '', "$vacuums times VACUUM");
foreach ($refill_out, $out)
{
	unlike($_, qr/ERROR|aborted|FATAL|assert/i, 'no session failed');
	my ($done) = /number of transactions actually processed: (\d+)/;
	cmp_ok($done // 0, '>', 0, ($done // 'no') . ' transactions');
}
is($refill->result(0) + $rest->result(0), 0, 'pgbench ends well');

foreach my $when ('as it was left', 'after VACUUM')
{
	foreach my $index (qw(e cosine pending))
	{
		my $op = { e => '<->', cosine => '<=>', pending => '<+>' }->{$index};
		is(sql("SELECT count(*) || coalesce(': ' || min(problem), '') FROM index_check('items_$index', true)"), '0',
			"$index, $when: no broken invariant");
		is(hnsw_sql($node, "SELECT plan, ordered, missing, twice FROM pg_temp.knn('items', 'e $op (SELECT e FROM pool WHERE id = 1)')"),
			'index|t|0|0', "$index, $when: every row once");
		is(sql("SELECT rows = (SELECT count(*) FROM items) FROM index_info('items_$index')"), 't',
			"$index, $when: as many rows as the table") if $when =~ /VACUUM/;
	}
	sql('VACUUM (INDEX_CLEANUP ON) items');
}

done_testing();
