# Shared by the tests of crashes, of WAL and of storms: tables with an index of each
# kind, graphs, what sessions do to them, and what must hold of them (storm.sql).
#
# The access method and its options are parameters:
#	KG_STORM_METHOD		kg_hnsw
#	KG_STORM_OPTIONS	m = 8 or members = 4, ef_construction = 32
#	KG_STORM_KINDS		names of kinds, with spaces; all that the access method has
package Storm;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Memory;

our @EXPORT = qw(storm_node storm_kinds storm_setup storm_sql storm_scripts storm_bench storm_failures storm_check storm_rules
	storm_drop_invalid storm_session storm_ask storm_pool);

my $method = $ENV{KG_STORM_METHOD} // 'kg_hnsw';
my $has_pages = $method eq 'kg_diskann';
my $options = $ENV{KG_STORM_OPTIONS} // ($has_pages ? 'members = 4' : 'm = 8') . ', ef_construction = 32';

# name, type, operator, columns of the index, options of its own; are there filter
# columns; is nothing nearer to a vector than itself?
my @kinds = (
	[ 'plain', 'kg.vector(8)', '<->', 'v kg.vector_l2_ops', '', 'f', 't' ],
	[ 'cosine', 'kg.vector(8)', '<=>', 'v kg.vector_cosine_ops', 'storage = sq8', 'f', 't' ],
	[ 'half', 'kg.halfvec(8)', '<#>', 'v kg.halfvec_ip_ops', '', 'f', 'f' ],
	[ 'narrow', 'kg.vector(8)', '<->', 'v kg.vector_l2_ops', '', 'f', 't' ],
	[ 'coarse', 'kg.vector(16)', '<+>', 'v kg.vector_l1_ops', 'storage = sq4', 'f', 't' ],
	[ 'filter', 'kg.vector(8)', '<->', 'v kg.vector_l2_ops, f kg.int4_ops, g kg.text_ops', '', 't', 't' ],
	[ 'bits', 'bit(64)', '<~>', 'v kg.bit_hamming_ops', '', 'f', 't' ],
	[ 'sparse', 'kg.sparsevec(1000)', '<=>', 'v kg.sparsevec_cosine_ops', '', 'f', 't' ],
	[ 'many', 'kg.vector(8)[]', '@#', 'v kg.vector_maxsim_ops', '', 'f', 'f' ]);

if (my $wanted = $ENV{KG_STORM_KINDS} // ($has_pages ? 'plain cosine half narrow filter' : undef))
{
	@kinds = grep { my $kind = $_; grep { $_ eq $kind->[0] } split ' ', $wanted } @kinds;
}

# Numbers of rows in storm.pool
use constant storm_pool => 1000;

sub storm_kinds
{
	return map { $_->[0] } @kinds;
}

# A server that checks pages after replay, and finds torn ones.  Its files outlive
# a killed process without fsync.
sub storm_node
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(allows_streaming => 1, extra => ['--data-checksums']);
	$node->append_conf('postgresql.conf', join("\n", 'autovacuum = off', 'fsync = off', 'max_wal_size = 2GB', 'shared_buffers = 32MB',
		'max_connections = 40', 'deadlock_timeout = 200ms', "wal_consistency_checking = 'all'", 'jit = off', 'log_statement = none', @conf) . "\n");
	$node->start;
	return $node;
}

sub storm_sql
{
	my ($node, @statements) = @_;
	return $node->safe_psql('postgres', join(";\n", @statements));
}

# Extension, tables with so many rows each, and graphs.
sub storm_setup
{
	my ($node, $rows) = @_;
	my $number = 0;
	my $values = join(', ', map { $number++; "($number, " . join(', ', map { s/'/''/gr =~ s/(.*)/'$1'/sr } @$_) . ')' } @kinds);
	storm_sql($node, 'CREATE EXTENSION kg');
	storm_sql($node, slurp_file('test/tap/storm.sql'));
	storm_sql($node, memory_setup('storm.'),
		'CREATE INDEX entity_embedding ON m.entity USING kg_hnsw (embedding kg.vector_cosine_ops)',
		'CREATE INDEX entity_embedding ON g.entity USING kg_hnsw (embedding kg.vector_cosine_ops)',
		'SELECT storm.fill_pool(' . storm_pool . '), storm.fill_graphs(300, 900)',
		"SELECT kg.register_graph('r', nodes => '[\"r.person\"]', edges => '[{\"table\": \"r.knows\", \"source\": \"a\", \"target\": \"b\"}]')",
		"INSERT INTO storm.kind VALUES $values",
		"SELECT storm.make_table(k, '$method', '$options', $rows) FROM storm.kind k",
		'SELECT storm.make_stays()',
		'VACUUM ANALYZE');
	return;
}

# What sessions of pgbench do, by name.  :k is a kind, :p a row of the pool.
sub storm_scripts
{
	my $last = @kinds;
	my $pool = storm_pool - 20;
	my $head = "\\set k random(1, $last)\n\\set p random(1, $pool)\n\\set n random(1, 8)\n";
	my %scripts = (
		insert => "SELECT storm.insert_rows(:k, :p, :n);",
		batch => "BEGIN;\nSELECT storm.insert_rows(:k, :p, :n);\nSELECT storm.delete_rows(:k, :p - 300, 6);\nSELECT storm.update_vectors(:k, :p + 5, 2);\nEND;",
		abort => "BEGIN;\nSELECT storm.insert_rows(:k, :p, :n);\nSELECT storm.update_vectors(:k, :p + 5, 2);\nROLLBACK;",
		update => "SELECT storm.update_vectors(:k, :p, :n);",
		filters => "SELECT storm.update_filters(:k, :p, :n);",
		delete => "SELECT storm.delete_rows(:k, :p, 8);",
		# questions
		nearest => "SELECT storm.ask('expect_nearest', :k, :p, :n * 4);",
		whole => "SELECT storm.ask('expect_whole', :k, :p);",
		stays => "SELECT storm.ask('expect_stays', :k);",
		ball => "SELECT storm.ask('expect_ball', :k, :p);",
		traverse => "SELECT storm.ask('expect_graphs', :p);",
		search => "SELECT count(*) FROM kg.search('person ' || :n || ' place', graph => 'm');\n"
			. "SELECT count(*) FROM kg.knn(storm.numbers(:p, 4)::kg.vector, 5, graph => 'g');",
		# graphs by statements (FOR KEY SHARE: "nodes" may delete an end before its edge refers to it)
		edges => "INSERT INTO g.relation (source, target, type) SELECT s.id, t.id, 1 + :n % 2 FROM g.entity s, g.entity t WHERE s.id = 1 + :p % 300 AND t.id = 1 + :p * 7 % 300 FOR KEY SHARE;\n"
			. "DELETE FROM g.relation WHERE id IN (SELECT id FROM g.relation WHERE source = 1 + :p * 3 % 300 LIMIT 1 FOR UPDATE SKIP LOCKED);",
		nodes => "DELETE FROM g.entity WHERE id = 1 + :p % 300;\n"
			. "INSERT INTO g.entity (id, type, name, embedding) VALUES (1 + :p % 300, 1, 'n' || :p, storm.numbers(:p, 4)::kg.vector) ON CONFLICT DO NOTHING;\n"
			. "UPDATE g.entity SET embedding = storm.numbers(:p + 1, 4)::kg.vector WHERE id = 1 + :p * 3 % 300;",
		persons => "INSERT INTO r.knows (a, b) SELECT s.name, t.name FROM r.person s, r.person t WHERE s.name = 'n' || 1 + :p % 300 AND t.name = 'n' || 1 + :p * 7 % 300;\n"
			. "DELETE FROM r.knows WHERE id IN (SELECT id FROM r.knows WHERE a = 'n' || 1 + :p * 3 % 300 LIMIT 1 FOR UPDATE SKIP LOCKED);",
		embed => "SELECT kg.upsert_entities(jsonb_build_array(jsonb_build_object('name', 'thing ' || :n, 'type', 'thing', 'embedding', jsonb_build_array(:n, :p))), 'm');\n"
			. "SELECT storm.forget_some('thing ' || 8 - :n) WHERE :p % 5 = 0;",
		ledger => 'INSERT INTO storm.plain (p, v, f) SELECT 0, plain, 9 FROM storm.pool WHERE p = :p RETURNING id;',
		checkpoint => "SELECT pg_sleep(:n / 20.0);\nCHECKPOINT;",
		graph_ddl => "ALTER TABLE g.relation ADD COLUMN IF NOT EXISTS note:client_id text DEFAULT 'x';\nALTER TABLE g.relation DROP COLUMN note:client_id;\n"
			. "DROP INDEX IF EXISTS g.extra:client_id;\nCREATE INDEX CONCURRENTLY extra:client_id ON g.relation (source, target, type) INCLUDE (id);\nREINDEX INDEX CONCURRENTLY r.knows_a;\n"
			. "ALTER TABLE r.person ADD COLUMN IF NOT EXISTS age:client_id int;\nALTER TABLE r.person DROP COLUMN age:client_id;\n"
			. "SELECT kg.drop_graph(name, true) FROM kg.graph WHERE name = 'other:client_id';\nSELECT kg.create_graph('other:client_id', 4);\nSELECT kg.drop_graph('other:client_id', true);\nVACUUM g.relation, g.entity, r.knows, r.person, m.relation, m.entity;",
	);
	foreach my $kind (storm_kinds())
	{
		my ($columns, $own) = map { @$_[3, 4] } grep { $_->[0] eq $kind } @kinds;
		my $with = join ', ', grep { $_ ne '' } $options, $own;
		my $new = "ON storm.$kind USING $method ($columns) WITH ($with)";

		$scripts{"vacuum $kind"} = "VACUUM (INDEX_CLEANUP on) storm.$kind;";
		$scripts{"analyze $kind"} = "ANALYZE storm.$kind;";
		$scripts{"slow vacuum $kind"} = "SET vacuum_cost_delay = 2;\nSET vacuum_cost_limit = 20;\nDELETE FROM storm.$kind WHERE p > 0 AND id % 3 = :n % 3;\n"
			. "SELECT storm.insert_rows(k.number, :p, 100) FROM storm.kind k WHERE name = '$kind';\nVACUUM (INDEX_CLEANUP on) storm.$kind;";
		$scripts{"build $kind"} = "SET max_parallel_maintenance_workers = 0;\nDROP INDEX IF EXISTS storm.${kind}_w:client_id;\nCREATE INDEX ${kind}_w:client_id $new;";
		$scripts{"parallel build $kind"} = "SET min_parallel_table_scan_size = 0;\nSET max_parallel_maintenance_workers = 2;\nDROP INDEX IF EXISTS storm.${kind}_w:client_id;\nCREATE INDEX ${kind}_w:client_id $new;";
		$scripts{"small build $kind"} = "SET maintenance_work_mem = '1MB';\nSET client_min_messages = error;\nDROP INDEX IF EXISTS storm.${kind}_w:client_id;\nCREATE INDEX ${kind}_w:client_id $new;";
		$scripts{"concurrent build $kind"} = "DROP INDEX CONCURRENTLY IF EXISTS storm.${kind}_w:client_id;\nCREATE INDEX CONCURRENTLY ${kind}_w:client_id $new;";
		$scripts{"reindex $kind"} = "REINDEX INDEX CONCURRENTLY storm.${kind}_v;";
		$scripts{"reindex locked $kind"} = "REINDEX INDEX storm.${kind}_v;";
		$scripts{"rewrite $kind"} = "VACUUM FULL storm.$kind;";
	}
	my %memory = memory_scripts('storm.');
	return ((map { $_ => "$head$scripts{$_}\n" } keys %scripts), map { ("memory $_" => $memory{$_}) } keys %memory);
}

# Starts pgbench with so many clients, for seconds (or a reference to a number of
# transactions each), and scripts of these weights; a name with "*" stands for one script
# for each kind.  Does not wait.  Returns the session and a reference to what it says.
sub storm_bench
{
	my ($node, $clients, $length, $seed, %weights) = @_;
	my @length = ref $length ? ('-t', $$length) : ('-T', $length);
	my %scripts = storm_scripts();
	my (@files, $out);

	foreach my $pattern (sort keys %weights)
	{
		foreach my $name ($pattern =~ /\*/ ? map { $pattern =~ s/\*/$_/r } storm_kinds() : $pattern)
		{
			my $file = $node->basedir . '/' . ($name =~ s/ /_/gr) . '.sql';
			die "no script $name" unless $scripts{$name};
			append_to_file($file, $scripts{$name}) unless -e $file;
			push @files, '-f', "$file\@$weights{$pattern}";
		}
	}
	$out = '';
	my $session = IPC::Run::start([ 'pgbench', '-n', '-c', $clients, '-j', 1, @length, '--max-tries=1000', "--random-seed=$seed", @files,
		'-h', $node->host, '-p', $node->port, 'postgres' ], '<', \undef, '>', \$out, '2>&1', IPC::Run::timeout((ref $length ? 0 : $length) + 600));
	return ($session, \$out);
}

# The lines of pgbench's output that tell of an error, other than that the server went.
sub storm_failures
{
	my ($out) = @_;
	return join "\n", grep { /ERROR|FATAL|PANIC|aborted/ && !/^number of|failed transactions|server closed the connection|died while processing|Connection refused|No such file or directory|connection to server|Run was aborted|could not (?:connect|create connection)|unexpected postmaster exit|postmaster exited|the database system is/ }
		split /\n/, $out;
}

# What is wrong with tables and graphs when nobody writes: '' if nothing is.  p is the
# row of the pool that scans measure from.
sub storm_check
{
	my ($node, $p) = @_;
	return join "\n", grep { $_ ne '' } split /\n/, storm_sql($node, "SELECT storm.check_all(NULL, $p)", 'SELECT storm.check_graphs()');
}

# Rules of memory that are broken.
sub storm_rules
{
	my ($node) = @_;
	my %rules = memory_rules('storm.');
	return storm_sql($node, join(' UNION ALL ', map { "(SELECT '$_' FROM ($rules{$_}) q LIMIT 1)" } sort keys %rules));
}

# Indexes that a crash left invalid are dropped, as their users have to.
sub storm_drop_invalid
{
	my ($node) = @_;
	my @names = split /\n/, storm_sql($node, "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid OR NOT indisready ORDER BY 1");
	storm_sql($node, map { "DROP INDEX $_" } @names) if @names;
	return scalar @names;
}

# A session that is asked one thing after another.
sub storm_session
{
	my ($node) = @_;
	my $session = { in => '', out => '', err => '', asked => 0 };
	$session->{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', '-d', $node->connstr('postgres') ],
		'<', \$session->{in}, '>', \$session->{out}, '2>', \$session->{err}, IPC::Run::timer(600));
	return $session;
}

# The rows of the statements, or what went wrong.
sub storm_ask
{
	my ($session, $query) = @_;
	my $end = 'end of answer ' . ++$session->{asked};

	$session->{out} = $session->{err} = '';
	$session->{in} .= "$query;\n\\echo $end\n";
	$session->{run}->pump until $session->{out} =~ /\Q$end\E\n/;
	return $session->{err} ne '' ? $session->{err} : $session->{out} =~ s/\n?\Q$end\E\n//r;
}

1;
