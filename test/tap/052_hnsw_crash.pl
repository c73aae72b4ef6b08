# A crash at any moment loses no row of a kg_hnsw index and no recall: during
# CREATE INDEX, INSERT, DELETE and VACUUM.  An unlogged index comes back empty
# and usable.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $am = hnsw_method();

my $node = hnsw_node('main', 'restart_after_crash = on',
	# checkpoints in between, so that recovery starts at various moments
	'checkpoint_timeout = 30s', 'wal_keep_size = 0');
my $dims = 32;
my $key = 'e <=> (SELECT e FROM queries WHERE id = 1)';

sub sql
{
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# Waits until a query returns true; fails after a minute.
sub wait_until
{
	my ($query) = @_;
	ok($node->poll_query_until('postgres', $query), "reached: $query");
}

# The index returns the table: all rows, each once, in order, with the recall
# that a fresh one would have.
sub check_index
{
	my ($table, $what) = @_;
	hnsw_check_index($node, $table, $key, $what);
	is(hnsw_sql($node, "SELECT plan, ordered FROM pg_temp.knn('$table', '" . ($key =~ s/'/''/gr) . "', 200)"),
		'index|t', "$what: in order");
	my ($recall) = hnsw_recall($node, $table, 'queries', 't.e <=> q.e', 100);
	cmp_ok($recall, '>=', 0.95, "$what: recall");
	note("$what: recall $recall");
}

sql("CREATE TABLE items (id int, e vector($dims))",
	"INSERT INTO items SELECT id, e FROM " . hnsw_vectors(1, 6000, $dims, 1) . ' v',
	'CREATE TABLE queries AS SELECT id, e FROM ' . hnsw_vectors(1, 50, $dims, 2) . ' v',
	# half a minute's worth of rows to insert
	'CREATE TABLE more AS SELECT id, e FROM ' . hnsw_vectors(10001, 40000, $dims, 3) . ' v',
	'CHECKPOINT');

# During CREATE INDEX, early and late: no index, and none of its files.
foreach my $rows (1, 3000)
{
	my @sessions = hnsw_sessions($node, ['CREATE INDEX items_e ON items USING ' . $am . ' (e vector_cosine_ops)']);
	wait_until("SELECT max(tuples_done) >= $rows FROM pg_stat_progress_create_index");
	hnsw_crash($node, @sessions);
	is(sql("SELECT count(*) FROM pg_class WHERE relname = 'items_e'"), '0',
		"crash in CREATE INDEX after $rows rows: no index");
	is(sql('SELECT count(*) FROM items'), '6000', 'and all rows');
}
sql('CREATE INDEX items_e ON items USING ' . $am . ' (e vector_cosine_ops)');
# ... and right after it, with nothing but WAL to make it from.
hnsw_crash($node);
check_index('items', 'crash after CREATE INDEX');

# During INSERTs of several sessions, some rolled back.
foreach my $round (1, 2)
{
	my @sessions = hnsw_sessions($node, 
		map { ["DO \$\$ BEGIN FOR i IN 1 .. 1000 LOOP
				INSERT INTO items SELECT * FROM more
					WHERE id > 10000 * $_ + i * 10 - 10 AND id <= 10000 * $_ + i * 10;
				IF i % 7 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
			END LOOP; END \$\$"] } 1 .. 3);
	my $before = sql('SELECT count(*) FROM items');
	wait_until("SELECT count(*) > $before + 1000 FROM kg.items");
	sql('CHECKPOINT') if $round == 2;
	wait_until("SELECT count(*) > $before + 2000 FROM kg.items");
	hnsw_crash($node, @sessions);
	my $after = sql('SELECT count(*) FROM items');
	cmp_ok($after, '>', $before + 2000, 'what was committed is there');
	check_index('items', "crash in INSERT, round $round");
	sql('DELETE FROM items WHERE id > 10000', 'VACUUM items') if $round == 1;
}
# A backend alone: the others are restarted, recovery follows.
{
	my @sessions = hnsw_sessions($node, 
		['INSERT INTO items SELECT id + 100000, e FROM more'],
		['INSERT INTO items SELECT id + 200000, e FROM more']);
	my $size = sql("SELECT pg_relation_size('items_e')");
	wait_until("SELECT pg_relation_size('kg.items_e') > $size + 1000000");
	my ($pid) = split /\n/, sql("SELECT pid FROM pg_stat_activity WHERE query LIKE 'INSERT INTO items%'");
	kill 'KILL', $pid;
	$_->finish foreach @sessions;
	$node->poll_query_until('postgres', 'SELECT true');
	check_index('items', 'kill -9 of a backend');
}

# During VACUUM: slowed down, so that it is hit in each of its passes.
sql('DELETE FROM items WHERE id % 2 = 0');
foreach my $part (1 .. 3)
{
	my @sessions = hnsw_sessions($node, 
		['SET vacuum_cost_delay = 10', 'SET vacuum_cost_limit = 100', 'VACUUM items']);
	wait_until("SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE phase = 'vacuuming indexes'");
	select undef, undef, undef, 0.4 * $part;
	hnsw_crash($node, @sessions);
	check_index('items', "crash in VACUUM, $part");
}
sql('VACUUM items');
is(sql("SELECT dead_nodes FROM index_info('items_e')"), '0', 'the next VACUUM finishes it');
check_index('items', 'VACUUM after the crashes');
sql('INSERT INTO items SELECT id + 300000, e FROM more WHERE id <= 12000');
check_index('items', 'INSERT after the crashes');

# Bit strings, L1, sparse vectors: during INSERT and VACUUM.
sql(hnsw_kinds(), 'INSERT INTO kinds SELECT * FROM ' . hnsw_kind_rows(1, 1500) . ' r');
{
	my @sessions = hnsw_sessions($node, map { [ "DO \$\$ BEGIN FOR batch IN 0 .. 200 LOOP
			INSERT INTO kinds SELECT * FROM " . hnsw_kind_rows("batch * 10 + $_", "batch * 10 + $_ + 9") . ' r; COMMIT; END LOOP; END $$' ] } 10000, 20000);
	wait_until('SELECT count(*) > 2500 FROM kg.kinds');
	hnsw_crash($node, @sessions);
	hnsw_check_kinds($node, 'kinds, crash in INSERT');
	sql('DELETE FROM kinds WHERE id % 2 = 0');
	@sessions = hnsw_sessions($node, [ 'SET vacuum_cost_delay = 10', 'SET vacuum_cost_limit = 100', 'VACUUM kinds' ]);
	wait_until("SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE phase = 'vacuuming indexes'");
	select undef, undef, undef, 0.4;
	hnsw_crash($node, @sessions);
	hnsw_check_kinds($node, 'kinds, crash in VACUUM');
	sql('VACUUM kinds', 'INSERT INTO kinds SELECT * FROM ' . hnsw_kind_rows(30001, 31000) . ' r');
	hnsw_check_kinds($node, 'kinds, after the crashes');
}

# Unlogged: empty after a crash, there after a clean restart.
sql("CREATE UNLOGGED TABLE scratch (id int, e vector($dims))",
	'CREATE INDEX scratch_e ON scratch USING ' . $am . ' (e vector_cosine_ops)',
	'INSERT INTO scratch SELECT * FROM more WHERE id <= 12000',
	"CREATE UNLOGGED TABLE filled AS SELECT * FROM more WHERE id <= 12000",
	"ALTER TABLE filled ALTER e TYPE vector($dims)",
	'CREATE INDEX filled_e ON filled USING ' . $am . ' (e vector_cosine_ops)');
check_index('scratch', 'unlogged');
$node->restart;
check_index('scratch', 'unlogged, restarted');
check_index('filled', 'unlogged, built and restarted');
hnsw_crash($node);
foreach my $table ('scratch', 'filled')
{
	is(sql("SELECT count(*) FROM $table"), '0', "unlogged $table: empty after a crash");
	is(hnsw_sql($node, "SELECT plan, returned FROM pg_temp.knn('$table', 'e <=> (SELECT e FROM queries LIMIT 1)')"),
		'index|0', 'and so is its index');
	sql("INSERT INTO $table SELECT * FROM more WHERE id <= 12000");
	check_index($table, "unlogged $table, filled after a crash");
}
hnsw_crash($node);
is(sql('SELECT count(*) FROM scratch'), '0', 'empty after another crash');
sql('INSERT INTO scratch SELECT * FROM more WHERE id <= 11000');
check_index('scratch', 'unlogged, filled after another crash');

done_testing();
