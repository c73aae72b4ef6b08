# Shared by the tests of kg_hnsw.
package Hnsw;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(hnsw_method hnsw_options hnsw_node hnsw_standby hnsw_sessions hnsw_crash hnsw_sql hnsw_vectors hnsw_recall hnsw_check_index hnsw_kinds hnsw_kind_rows hnsw_check_kinds);

# The access method under test.  test/tap/10?_diskann_* run the tests of kg_hnsw for
# kg_diskann.
sub hnsw_method
{
	return $ENV{KG_METHOD} // 'kg_hnsw';
}

# Options of an index; those of kg_hnsw that kg_diskann does not have become such that
# it has.
sub hnsw_options
{
	my ($options) = @_;
	$options =~ s/\bm = (\d+)/'members = ' . (2 + $1 % 5) . ', neighbors = ' . 3 * $1/e if hnsw_method() eq 'kg_diskann';
	return $options;
}

# A running server with the extension; further lines of its configuration.
sub hnsw_node
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', join("\n",
		'autovacuum = off', 'max_wal_size = 2GB', 'shared_buffers = 128MB',
		'max_parallel_workers_per_gather = 0', 'jit = off', @conf) . "\n");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION kg');
	return $node;
}

# A standby of a node, by a slot: it may be away while the primary crashes.
sub hnsw_standby
{
	my ($primary, @conf) = @_;
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$primary->backup('base');
	$primary->safe_psql('postgres', "SELECT pg_create_physical_replication_slot('standby', true)");
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->append_conf('postgresql.conf', join("\n", "primary_slot_name = 'standby'", @conf) . "\n");
	$standby->start;
	return $standby;
}

# Begins sessions, each a list of statements; does not wait for them.
sub hnsw_sessions
{
	my ($node, @sessions) = @_;
	return map {
		my $out = '';
		my @statements = map { ('-c', $_) } 'SET search_path = kg, public', @$_;
		start [ 'psql', '-XAtq', '-d', $node->connstr('postgres'), @statements ],
			'<', \undef, '>', \$out, '2>', \$out;
	} @sessions;
}

# kill -9 of the postmaster and all others, and a new start.
sub hnsw_crash
{
	my ($node, @sessions) = @_;
	my ($pid) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');

	# it must not make another one meanwhile, which would stay
	kill 'STOP', $pid;
	my @children = split /\n/, `ps -o pid= --ppid $pid`;
	kill 'KILL', $pid, @children;
	$_->finish foreach @sessions;
	# until the last of them is gone, shared memory is in use
	foreach (1 .. 200)
	{
		last if `ps -o stat= -p ${\ join ',', $pid, @children}` !~ /^[^Z]/m;
		select undef, undef, undef, 0.05;
	}
	# a process that is gone, and that nobody has waited for, still counts there
	unlink $node->data_dir . '/postmaster.pid';
	foreach (1 .. 50)
	{
		$node->{_pid} = undef;
		return if $node->start(fail_ok => 1);
		select undef, undef, undef, 0.2;
	}
	die 'the server does not start';
}

# Runs statements after the helpers of sql/include/hnsw.sql.
sub hnsw_sql
{
	my ($node, @statements) = @_;
	return $node->safe_psql('postgres', join(";\n",
		slurp_file('sql/include/hnsw.sql'),
		'SET search_path = kg, public', @statements));
}

# SQL for a set of (id, e) with ids from .. to: random vectors around a few
# centres, the same for the same seed.
sub hnsw_vectors
{
	my ($from, $to, $dims, $seed) = @_;
	# float8, as division of numeric takes ten times as long
	return "(SELECT i AS id, ARRAY(SELECT
			hashint8(i * 65536::bigint + $seed * 1000003::bigint + j) / 2147483648::float8 +
			hashint8((i % 7) * 65536::bigint + j) / 1073741824::float8
		FROM generate_series(1, $dims) j)::real[]::kg.vector AS e
		FROM generate_series($from, $to) i)";
}

# Mean recall@10 of ORDER BY key ("t.e <-> q.e") for a table t and the rows q
# of another, with columns id and e, by index against an exact scan of t.  A
# row as near as the tenth of the exact answer is as good.  Dies unless the
# index was used.  One figure for each value of kg.ef_search.
sub hnsw_recall
{
	my ($node, $table, $queries, $key, @ef_search) = @_;
	my $nearest = "SELECT q.id AS query, n.d FROM $queries q,
		LATERAL (SELECT $key AS d FROM $table t ORDER BY $key LIMIT 10) n";
	return split /\n/, $node->safe_psql('postgres', join(";\n",
		'SET search_path = kg, public',
		'CREATE TEMP TABLE by_index (ef_search int, query bigint, d float8)',
		'SET enable_seqscan = off', 'SET enable_sort = off',
		"DO \$\$ DECLARE line text; found bool := false; BEGIN
			FOR line IN EXPLAIN $nearest LOOP
				found := found OR line ~ 'Index Scan using';
			END LOOP;
			ASSERT found, 'the index is not used';
		END \$\$",
		(map { ("SET kg.ef_search = $_", "INSERT INTO by_index SELECT $_, n.* FROM ($nearest) n") } @ef_search),
		'RESET enable_seqscan', 'RESET enable_sort', 'SET enable_indexscan = off',
		# ten rows are as near as this; one pass over the table finds those
		# that are nearer
		'CREATE TEMP TABLE bounded AS SELECT q.*,
			(SELECT max(d) FROM by_index WHERE query = q.id GROUP BY ef_search ORDER BY 1 LIMIT 1) AS bound FROM ' . "$queries q",
		'ANALYZE bounded',
		"CREATE TEMP TABLE exact AS
			WITH near AS MATERIALIZED (SELECT n.* FROM $table t,
				LATERAL (SELECT q.id AS query, $key AS d FROM bounded q WHERE $key <= q.bound OFFSET 0) n)
			SELECT query, (array_agg(d ORDER BY d))[10] AS tenth FROM near GROUP BY query",
		'SELECT round(avg((d <= tenth)::int), 4)
			FROM by_index LEFT JOIN exact USING (query) GROUP BY ef_search ORDER BY ef_search'));
}

# The index ${table}_e is sound, and a scan by the ORDER BY key returns every row
# once: two tests, which "what" names.
sub hnsw_check_index
{
	my ($node, $table, $key, $what) = @_;

	is(hnsw_sql($node, "SELECT k FROM index_check('${table}_e', true) k"), '', "$what: no broken invariant");
	is(hnsw_sql($node, "SELECT plan, missing, twice FROM pg_temp.knn('$table', '" . ($key =~ s/'/''/gr) . "')"),
		'index|0|0', "$what: every row once");
	return;
}

# Columns of the kinds of vectors that other tests do not have, and the operators
# of their indexes: bit strings, L1, sparse vectors.
my %kinds = (b => '<~>', l => '<+>', s => '<=>');

# Statements that make a table of them, "kinds", and its indexes.
sub hnsw_kinds
{
	return ('CREATE TABLE kinds (id bigint, b bit(64), l vector(8), s sparsevec(100000))',
		# of the sparse vectors a fourth have more elements than nodes have room for
		q{CREATE FUNCTION sparse(i bigint) RETURNS sparsevec LANGUAGE sql IMMUTABLE AS $$
			SELECT ('{' || string_agg(j * 1000 + 1 + abs(hashint8(i * 64 + j) % 40) || ':' || 1 + abs(hashint8(i * 64 - j) % 100), ',') || '}/100000')::sparsevec
			FROM generate_series(1, CASE WHEN i % 4 = 0 THEN 12 ELSE 7 END) j $$},
		'CREATE INDEX kinds_b ON kinds USING kg_hnsw (b bit_hamming_ops)',
		'CREATE INDEX kinds_l ON kinds USING kg_hnsw (l vector_l1_ops)',
		'INSERT INTO kinds (id, s) SELECT i, sparse(i) FROM generate_series(1001, 1200) i WHERE i % 4 > 0',
		'CREATE INDEX kinds_s ON kinds USING kg_hnsw (s sparsevec_cosine_ops)',
		'DELETE FROM kinds', 'VACUUM kinds');
}

# SQL for rows of this table with ids from .. to.
sub hnsw_kind_rows
{
	my ($from, $to) = @_;
	return "(SELECT id, hashint8(id)::bit(32) || hashint8(-id)::bit(32) AS b, e AS l, sparse(id) AS s FROM " . hnsw_vectors($from, $to, 8, 5) . ' v)';
}

# Its indexes are sound, and return every row once.
sub hnsw_check_kinds
{
	my ($node, $what) = @_;

	foreach my $column (sort keys %kinds)
	{
		is(hnsw_sql($node, "SELECT k FROM index_check('kinds_$column', true) k"), '', "$what: no broken invariant of kinds_$column");
		is(hnsw_sql($node, "SELECT plan, missing, twice FROM pg_temp.knn('kinds', '$column $kinds{$column} (SELECT $column FROM kinds WHERE id = 1)')"),
			'index|0|0', "$what: kinds_$column returns every row once");
	}
	return;
}

1;
