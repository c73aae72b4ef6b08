# An index with filter columns: crashes lose no row and no word of it, and a
# standby, whose pages are compared with the primary's, answers as the primary
# does.  Its lists of values are split meanwhile, and VACUUM mends them.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $dims = 16;
my $primary = hnsw_node('primary', "wal_consistency_checking = 'generic'", 'restart_after_crash = on',
	'checkpoint_timeout = 30s', 'max_standby_streaming_delay = -1');

sub sql
{
	return $primary->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', @_));
}

# Columns of rows (id, e): a tenant of many rows, and others of two each.
my $columns = "id, e, CASE WHEN id % 4 = 0 THEN 0 WHEN id % 91 = 0 THEN NULL ELSE id / 3 END, id % 5, 'l' || id % 3";
my @names = ('items', 'coarse');
my %with = (items => '', coarse => ' WITH (storage = sq4)');
foreach my $table (@names)
{
	sql("CREATE TABLE $table (id int, e vector($dims), tenant int, k int2, lang text)",
		"INSERT INTO $table SELECT $columns FROM " . hnsw_vectors(1, 2500, $dims, 1) . ' v',
		"CREATE INDEX ${table}_e ON $table USING kg_hnsw (e, tenant, k, lang)$with{$table}", "ANALYZE $table");
}
sql('CREATE TABLE more AS SELECT id, e FROM ' . hnsw_vectors(10001, 22000, $dims, 3) . ' v', 'CHECKPOINT');

my $standby = hnsw_standby($primary, 'hot_standby_feedback = on');

my @conditions = ('tenant = 0', 'tenant = 500', 'tenant IN (100, 200, 4000, 5000)', 'tenant IS NULL', 'k = 3 AND lang = \'l1\'',
	'k IN (1, 2)', 'tenant = 0 AND k > 2', 'tenant BETWEEN 300 AND 340', 'lang = \'l2\'');

# Answers to all conditions, from the index, in its order.  (count(DISTINCT id) beside
# array_agg would have both read rows sorted by id, from 16 on.)
sub answers
{
	my ($node, $table) = @_;
	return $node->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', 'SET enable_seqscan = off', 'SET enable_sort = off',
		map { "SELECT n, (SELECT count(DISTINCT id) FROM unnest(ids) id), sum, ids[1:10] FROM (SELECT count(*) AS n, sum(id) AS sum, array_agg(id) AS ids FROM
			(SELECT id FROM $table WHERE $_ ORDER BY e <-> (SELECT e FROM more WHERE id = 10001)) s) s" } @conditions));
}

# The index is sound, has what the table has, and the standby says the same.
sub check
{
	my ($what, $with_standby) = @_;
	foreach my $table (@names)
	{
		is(sql("SELECT k FROM index_check('${table}_e') k"), '', "$what, $table: no broken invariant");
		is(hnsw_sql($primary, map { my $quoted = s/'/''/gr;
			"SELECT '$quoted', plan, missing, twice FROM pg_temp.knn('$table WHERE $quoted', 'e <-> (SELECT e FROM more WHERE id = 10001)')
				WHERE plan <> 'index' OR missing > 0 OR twice > 0" } @conditions), '', "$what, $table: all rows by each condition");
		next unless $with_standby;
		$primary->wait_for_catchup($standby);
		is(answers($standby, $table), answers($primary, $table), "$what, $table: the standby answers the same");
	}
}

# Sessions that insert and update at once; not waited for.
sub begin_writers
{
	my ($from) = @_;
	return hnsw_sessions($primary, map {
		my $n = $_;
		[ "DO \$\$ BEGIN FOR i IN 1 .. 300 LOOP
				INSERT INTO items SELECT $columns FROM more WHERE id > $from + $n * 3000 + i * 10 - 10 AND id <= $from + $n * 3000 + i * 10;
				INSERT INTO coarse SELECT $columns FROM more WHERE id = $from + $n * 3000 + i;
				UPDATE items SET tenant = tenant + 1 WHERE id = i * 3 + $n;
				IF i % 7 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
			END LOOP; END \$\$" ];
	} 0 .. 1);
}

check('built', 1);
$_->finish foreach begin_writers(10000);
check('inserted', 1);
sql('DELETE FROM items WHERE id % 3 = 0', 'DELETE FROM coarse WHERE tenant = 0 AND id % 5 > 0', 'VACUUM items, coarse');
check('vacuumed', 1);
sql("INSERT INTO items SELECT $columns FROM (SELECT id + 100000 AS id, e FROM more) m WHERE id % 3 = 0",
	"INSERT INTO coarse SELECT $columns FROM (SELECT id + 100000 AS id, e FROM more WHERE id < 11000) m");
check('slots taken again', 1);
sql('REINDEX INDEX items_e', 'UPDATE coarse SET lang = \'l1\' WHERE id % 10 = 0');
check('rebuilt', 1);

# A crash while rows come, and one while VACUUM mends.
{
	my $before = sql('SELECT count(*) FROM items');
	my @sessions = begin_writers(16000);
	$primary->poll_query_until('postgres', "SELECT count(*) > $before + 800 FROM kg.items");
	hnsw_crash($primary, @sessions);
	check('crash in INSERT', 0);
}
sql('DELETE FROM items WHERE id % 2 = 0 OR tenant = 0 AND id % 7 > 0');
foreach my $part (1 .. 2)
{
	my ($session) = hnsw_sessions($primary,
		[ 'SET vacuum_cost_delay = 10', 'SET vacuum_cost_limit = 100', 'VACUUM items' ]);
	$primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE phase = 'vacuuming indexes'");
	select undef, undef, undef, 0.5 * $part;
	hnsw_crash($primary, $session);
	check("crash in VACUUM, $part", 0);
}
sql('VACUUM items');
is(sql("SELECT dead_nodes FROM index_info('items_e')"), '0', 'the next VACUUM finishes it');
check('VACUUM after the crashes', 1);

# Unlogged: empty after a crash, and usable.
sql("CREATE UNLOGGED TABLE scratch AS SELECT * FROM items LIMIT 200", 'CREATE INDEX scratch_e ON scratch USING kg_hnsw (e, tenant, lang)');
hnsw_crash($primary);
is(sql('SELECT count(*) FROM scratch', "SELECT k FROM index_check('scratch_e') k"), '0', 'an unlogged index is empty after a crash');
sql('INSERT INTO scratch SELECT * FROM items LIMIT 300');
is(sql("SELECT k FROM index_check('scratch_e') k"), '', 'and takes rows');

$standby->promote;
is($standby->safe_psql('postgres', join(";\n", 'SET search_path = kg, public', "INSERT INTO items SELECT $columns FROM more WHERE id % 5 = 1",
	'DELETE FROM items WHERE id % 3 = 1', 'VACUUM items', "SELECT k FROM index_check('items_e') k", "SELECT k FROM index_check('coarse_e') k")), '',
	'the standby, promoted: no broken invariant');

done_testing();
