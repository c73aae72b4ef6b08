# Runs docs/replication.md from top to bottom, its servers beside each other in one
# folder, and looks at their answers on the way:
#
# - standbys answer nearest rows, balls, filters, traversals and kg.search while the
#   primary inserts, deletes, vacuums and reindexes
# - failover, and the old primary as a standby of the new one
# - recovery to a moment in the middle of many inserts
# - a logical subscriber with a graph and indexes of its own, and conflicts
#
# A comment before a block says what is done with it: "on SERVER", "file NAME",
# "append NAME".  Commands (sh) are run as they are, but for their folder.
use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib 'test/tap';
use Docs;
use Hnsw;

plan skip_all => 'there is no openssl' if system('command -v openssl >/dev/null') != 0;

# where scripts/test.sh looks for servers to stop
my $folder = "$PostgreSQL::Test::Utils::tmp_check/replication";
my %port = map { $_ => PostgreSQL::Test::Cluster::get_free_port() } qw(db1 db2 db3 reports restored);
my $storm;

mkdir "$folder$_" or die "$folder$_: $!" for '', map { "/$_" } qw(pg tls archive backup);
append_to_file("$folder/pg/password", "of-postgres\n");
$ENV{PGSERVICEFILE} = "$folder/pg_service.conf";
$ENV{PGPASSFILE} = "$folder/pgpass";
delete @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PGAPPNAME)};

# The page's paths and addresses, as they are here
sub here
{
	my ($text) = @_;
	return $text =~ s{/srv/}{$folder/}gr =~ s{10\.0\.0\.0/24}{127.0.0.1/32}gr;
}

# All servers of the page are at this address; certificates are tested by name.
sub service_file
{
	my ($text) = @_;
	my %server;

	$text =~ s/^(host=(\w+)\.example\.org)$/$1\nhostaddr=127.0.0.1\nport=$port{$2}/mg;
	$text =~ s/^(host=db1\S*,db2\S*)$/$1\nhostaddr=127.0.0.1,127.0.0.1\nport=$port{db1},$port{db2}/m;
	return "$text\n[restored]\nhost=db1.example.org\nhostaddr=127.0.0.1\nport=$port{restored}\ndbname=yours\nsslmode=verify-full\nsslrootcert=$folder/tls/ca.crt\n";
}

sub psql
{
	my ($server, @options) = @_;
	return [ 'psql', '-X', '-d', "service=$server user=postgres", '-v', 'ON_ERROR_STOP=1', @options ];
}

# What a statement shows; an error ends the test
sub query
{
	my ($server, @statements) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run(psql($server, '-Atq', map { ('-c', $_) } @statements), '<', \undef, '>', \$out, '2>', \$err)
	  or die "$server: @statements\n$err";
	chomp $out;
	return $out;
}

sub until_true
{
	my ($server, $what, $condition, $seconds) = @_;
	my $end = time + ($seconds // 120);

	until ((eval { query($server, "SELECT $condition") } // '') eq 't')
	{
		BAIL_OUT("$server: $what: has not come, see the logs in $folder/pg") if time > $end;
		sleep 0.1;
	}
	return;
}

# until SERVER has replayed what UPSTREAM has written
sub caught_up
{
	my ($upstream, @servers) = @_;
	my $lsn = query($upstream, 'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END');

	until_true($_, "WAL of $upstream", "pg_last_wal_replay_lsn() >= '$lsn'") for @servers;
	return;
}

# A server gets its port, and settings for small servers, before it starts.
sub run_line
{
	my ($where, $command) = @_;

	if ($command =~ m{^pg_ctl -D (\S+/pg/(\w+)) .*start$})
	{
		append_to_file("$1/postgresql.conf", join("\n", '', "port = $port{$2}", "unix_socket_directories = ''", 'fsync = off',
			"listen_addresses = '127.0.0.1'", 'shared_buffers = 64MB', 'autovacuum = off', 'jit = off', 'wal_retrieve_retry_interval = 200ms',
			'max_parallel_workers_per_gather = 0', ''));
	}
	my $status = system('bash', '-o', 'pipefail', '-ec', "{ $command; } >'$folder/out' 2>&1 </dev/null");
	is($status, 0, "$where: " . (split /\n/, $command)[0]) or BAIL_OUT("$command: " . slurp_file("$folder/out"));
	return;
}

sub run_sql
{
	my ($where, $server, $block, $shown) = @_;
	my ($out, $err) = ('', '');
	my $status = IPC::Run::run(psql($server, '-q', '-P', 'footer=off', '-P', 'null='), '<', \$block->{text}, '>', \$out, '2>', \$err);

	ok($status, "$where: runs on $server") or BAIL_OUT($err);
	is(plain($out), plain($shown->{text}), "$where: shows what the page says") if $shown && $shown->{text} !~ /^ERROR/;
	return;
}

#
# What the servers are asked.
#

my $ball = q{kg.ball((SELECT e FROM big WHERE id = 17), 12)};
my $search = q{kg.search('river mountain', k => 20)};
my $by_index = 'SET enable_seqscan = off; SET enable_sort = off';
my %question = (
	nearest => 'SELECT string_agg(id::text, \' \') FROM (SELECT id FROM big ORDER BY e <-> (SELECT e FROM big WHERE id = 17) LIMIT 100) n',
	filtered => 'SELECT string_agg(id::text, \' \') FROM (SELECT id FROM big WHERE tenant = 3 ORDER BY e <-> (SELECT e FROM big WHERE id = 17) LIMIT 50) n',
	ball => "SELECT string_agg(id::text, ' ' ORDER BY id) FROM big WHERE e <<->> $ball",
	entities => q{SELECT string_agg(entity::text, ' ' ORDER BY entity) FROM kg.knn('[1,2,3]', 30)},
	traverse => q{SELECT string_agg(entity || ':' || depth, ' ' ORDER BY entity) FROM kg.traverse('{1}', 3)},
	search => "SELECT string_agg(concat_ws(':', entity, observation, round(score::numeric, 6)), ' ') FROM $search",
	path => q{SELECT 'path ' || coalesce(string_agg(p::text, ' '), 'none') FROM kg.shortest_path(2, 9) p},
	rows => 'SELECT count(*) || \' \' || sum(id) FROM big');
# Each is true in any snapshot.
my @true = (
	'(SELECT count(*) = (SELECT count(*) FROM big) AND count(*) = count(DISTINCT id) FROM (SELECT id FROM big ORDER BY e <-> (SELECT e FROM big WHERE id = 17)) s)',
	'(SELECT count(*) = (SELECT count(*) FROM big WHERE tenant = 3) AND count(*) = count(DISTINCT id) FROM (SELECT id FROM big WHERE tenant = 3 ORDER BY e <-> (SELECT e FROM big WHERE id = 17)) s)',
	"(SELECT count(*) > 1 AND count(*) = count(DISTINCT id) AND bool_and(e <-> (SELECT e FROM big WHERE id = 17) <= 12.0001) FROM big WHERE e <<->> $ball)",
	q{(SELECT array_agg(entity ORDER BY entity) = (WITH RECURSIVE t AS (SELECT 1::bigint AS id, 0 AS depth UNION
		SELECT r.target, depth + 1 FROM t JOIN kg.relation r ON r.source = t.id AND r.expired_at IS NULL WHERE depth < 3) SELECT array_agg(DISTINCT id ORDER BY id) FROM t) FROM kg.traverse('{1}', 3))},
	"(SELECT count(*) > 0 AND bool_and(EXISTS (SELECT FROM kg.entity e WHERE e.id = s.entity)) FROM $search s)");

# Enough of a long answer to see that it is another
sub brief
{
	my ($answer) = @_;
	return length $answer < 200 ? $answer : substr($answer, 0, 100) . ' ... ' . md5_hex($answer);
}

# Servers give the same answers, from equal pages.
sub compare
{
	my ($what, @servers) = @_;

	for my $name (sort keys %question)
	{
		my ($first, @others) = map { query($_, $by_index, $question{$name}) } @servers;
		cmp_ok(length $first, '>', 2, "$what: there is an answer, $name");
		is(brief($_), brief($first), "$what: another server says the same, $name") for @others;
	}
	return;
}

sub no_problem
{
	my ($what, @servers) = @_;

	is(query($_, q{SELECT count(*), count(problem) FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND amname = 'kg_hnsw' JOIN pg_index i ON i.indexrelid = c.oid AND i.indisvalid LEFT JOIN LATERAL kg.index_check(c.oid::regclass) problem ON true}) =~ /^\d+\|0$/,
		1, "$what: kg.index_check of all indexes of $_") for @servers;
	return;
}

# One session that changes everything for a while; each statement a transaction
sub storm
{
	my ($server, $first, $rounds) = @_;
	my @statements = map {
		my $n = $first + $_;
		("INSERT INTO big SELECT id, id % 5, e, $n FROM " . hnsw_vectors($n * 10000 + 1, $n * 10000 + 50, 24, 1) . ' v',
			"UPDATE big SET e = (SELECT e FROM big WHERE id = 18) WHERE id IN (${n}0001, ${n}0002)",
			"SELECT upsert_relations((SELECT jsonb_agg(jsonb_build_object('source', 'n' || 1 + i * 7 % 300, 'type', 'near', 'target', 'n' || 1 + i * $n % 300)) FROM generate_series(1, 20) i))",
			"SELECT add_passages(jsonb_build_array(jsonb_build_object('document', 'd$n', 'content', 'a river below mountain $n', 'embedding', '[1,$n,3]'::jsonb)))",
			"DELETE FROM big WHERE batch = $n - 3",
			"DELETE FROM kg.relation WHERE id % 11 = $n % 11",
			'VACUUM big, kg.entity, kg.relation',
			$n % 3 == 0 ? 'REINDEX INDEX CONCURRENTLY big_e_tenant_idx' : $n % 3 == 1 ? 'REINDEX INDEX big_e_tenant_idx' : ())
	} 1 .. $rounds;
	my %run = (out => '');

	$run{run} = IPC::Run::start(psql($server, '-qAt', '-o', '/dev/null', map { ('-c', $_) } @statements), '<', \undef, '>', \$run{out}, '2>', \$run{out}, IPC::Run::timeout(300));
	return \%run;
}

sub storm_ends
{
	my ($what, $run) = @_;

	$run->{run}->finish;
	is($run->{out}, '', "$what: all writes went through");
	return;
}

#
# What comes after blocks, which their first lines name.
#

sub load
{
	query('db1', 'CREATE TABLE big (id bigint PRIMARY KEY, tenant int, e vector(24), batch int NOT NULL DEFAULT -100)',
		'INSERT INTO big SELECT id, id % 5, e FROM ' . hnsw_vectors(1, 1500, 24, 1) . ' v',
		'CREATE INDEX ON big USING kg_hnsw (e vector_l2_ops, tenant)',
		"SELECT count(*) FROM upsert_entities((SELECT jsonb_agg(jsonb_build_object('name', 'n' || i, 'type', 'node', 'embedding', jsonb_build_array(i % 17, i % 13, i % 7))) FROM generate_series(1, 300) i))",
		"SELECT count(*) FROM upsert_relations((SELECT jsonb_agg(jsonb_build_object('source', 'n' || 1 + i % 300, 'type', 'near', 'target', 'n' || 1 + (i * i + 7) % 300)) FROM generate_series(1, 900) i))",
		"SELECT count(*) FROM add_passages('[{\"document\": \"a\", \"content\": \"the river rises on the mountain\"}, {\"document\": \"b\", \"content\": \"a mountain without water\"}]')",
		'CREATE INDEX ON kg.entity USING kg_hnsw (embedding vector_cosine_ops)');
	return;
}

# Both standbys are asked while the primary is at work.
sub answers_in_storm
{
	my ($asked, $wrong) = (0, '');
	my $run;

	caught_up('db1', 'db2', 'db3');
	compare('loaded', 'db1', 'db2', 'db3');
	$run = storm('db1', 0, 9);
	while ($run->{run}->pumpable)
	{
		$run->{run}->pump_nb;
		for my $server ('db2', 'db3')
		{
			# replay goes on meanwhile, but a REINDEX waits for who reads or cancels it
			my $answer = query($server, $by_index, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT concat_ws(\' \', ' . join(', ', @true) . '); COMMIT');
			$asked++;
			$wrong .= "$server: $answer\n" if $answer ne join(' ', ('t') x @true);
		}
	}
	storm_ends('the primary', $run);
	is($wrong, '', "answers of standbys meanwhile ($asked)");
	cmp_ok($asked, '>=', 4, 'more than a few');
	caught_up('db1', 'db2', 'db3');
	compare('after inserts, deletes, VACUUM, REINDEX', 'db1', 'db2', 'db3');
	no_problem('then', 'db1');
	return;
}

# A session that has begun a long search
sub long_search
{
	my ($server) = @_;
	my %s = (in => "$by_index; BEGIN; DECLARE c CURSOR FOR SELECT id FROM big ORDER BY e <-> (SELECT e FROM big WHERE id = 17); FETCH 3 FROM c;\n\\echo begun\n", out => '', err => '');

	$s{run} = IPC::Run::start(psql($server, '-Atq'), '<', \$s{in}, '>', \$s{out}, '2>', \$s{err}, IPC::Run::timeout(180));
	$s{run}->pump until $s{out} =~ /begun/;
	return \%s;
}

# With feedback, VACUUM leaves what a search on a standby needs; without, the search
# ends with the error that the page shows.
sub long_searches
{
	my ($shown) = slurp_file("$root/docs/replication.md") =~ /^(ERROR:  canceling .*)$/m;
	my $s = long_search('db2');

	until_true('db1', 'feedback', "EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'standby' AND xmin IS NOT NULL)");
	my $rows = query('db1', 'SELECT count(*) FROM big');
	query('db1', 'DELETE FROM big WHERE id % 2 = 0', 'VACUUM big', 'INSERT INTO big SELECT id, id % 5, e FROM ' . hnsw_vectors(900001, 900300, 24, 1) . ' v');
	caught_up('db1', 'db2', 'db3');
	$s->{in} .= "\\o | wc -l >$folder/count\nFETCH ALL FROM c;\n\\o\nCOMMIT;\n\\q\n";
	$s->{run}->finish;
	is($s->{err}, '', 'with feedback a long search goes on');
	is(slurp_file("$folder/count") =~ s/\s//gr, $rows - 3, 'and has all rows of its snapshot');

	# at work all the while
	$s = long_search('db3');
	$s->{in} .= "SELECT pg_sleep(100);\n\\q\n";
	$s->{run}->pump_nb;
	until_true('db3', 'the search', "EXISTS (SELECT FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep' AND state = 'active')");
	query('db1', 'DELETE FROM big WHERE id % 3 = 0');
	# until db2 tells that it needs none of these rows, VACUUM leaves them
	my $xid = query('db1', 'SELECT txid_current()');
	until_true('db1', 'feedback', "EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'standby' AND xmin::text::bigint >= $xid)");
	query('db1', 'VACUUM big');
	$s->{run}->finish;
	like($s->{err}, qr/\Q$shown\E/, 'without feedback it is cancelled');
	return;
}

my %after = (
	q{psql 'service=db1 user=postgres dbname=postgres' -c 'GRANT EXECUTE} => \&load,
	'pg_ctl -D /srv/pg/db3 -l' => sub
	{
		answers_in_storm();
		caught_up('db1', 'db2', 'db3');
		long_searches();
		until_true('db1', 'the standby', "EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'sync')");
		query('db1', 'SET synchronous_commit = remote_apply', "INSERT INTO items VALUES (4, 7, '[3,1,2]')");
		is(query('db2', $by_index, "SELECT id FROM items WHERE tenant = 7 ORDER BY embedding <-> '[3,1,2]' LIMIT 1"), 4, 'a row committed with remote_apply is found at once');
		my ($shown, $error) = ('', '');
		IPC::Run::run(psql('db2', '-c', "SELECT upsert_entities('[{\"name\": \"x\", \"type\": \"y\"}]')"), '<', \undef, '>', \$shown, '2>', \$error);
		like($error, qr/read-only transaction/, 'a standby refuses to write');
		caught_up('db1', 'db2', 'db3');
		compare('before failover', 'db1', 'db2', 'db3');
	},
	'pg_ctl -D /srv/pg/db2 promote' => sub
	{
		until_true('db2', 'promotion', 'NOT pg_is_in_recovery()');
		# db1 goes on by mistake
		query('db1', 'SET synchronous_commit = local', "INSERT INTO items VALUES (666, 7, '[3,1,2]')",
			'INSERT INTO big SELECT id, id % 5, e FROM ' . hnsw_vectors(666001, 666400, 24, 1) . ' v', 'DELETE FROM big WHERE id % 3 = 0', 'VACUUM big', 'CHECKPOINT');
		query('db2', "INSERT INTO items VALUES (5, 7, '[3,1,2]')", 'INSERT INTO big SELECT id, id % 5, e FROM ' . hnsw_vectors(700001, 700400, 24, 1) . ' v',
			'DELETE FROM big WHERE id % 7 = 0', 'VACUUM big');
		caught_up('db2', 'db3');
		compare('promoted', 'db2', 'db3');
		no_problem('promoted', 'db2');
	},
	q{psql 'service=db2 user=postgres' -c 'CHECKPOINT'} => sub
	{
		until_true('db1', 'a standby', 'pg_is_in_recovery()');
		is(query('yours', 'SELECT pg_is_in_recovery()'), 'f', 'the service "yours" leads to the new primary');
		my $run = storm('db2', 20, 3);
		storm_ends('the new primary', $run);
		caught_up('db2', 'db1', 'db3');
		is(query('db1', 'SELECT array_agg(id ORDER BY id) FROM items'), '{1,2,3,4,5}', 'what the old primary had written alone is gone');
		compare('rewound', 'db2', 'db1', 'db3');
		no_problem('rewound', 'db2');
	},
	'pg_basebackup -d \'service=db2 user=replicator\' -D /srv/backup/base --checkpoint=fast' => sub
	{
		$storm = storm('db2', 40, 8);
		until_true('db2', 'inserts', 'max(batch) > 43 FROM big');
	},
	'SELECT pg_create_restore_point' => sub
	{
		storm_ends('while a restore point is made', $storm);
		my $wal = query('db2', 'SELECT pg_walfile_name(pg_switch_wal())');
		until_true('db2', 'the archive', "(pg_stat_file('$folder/archive/$wal', true)).size IS NOT NULL");
	},
	'pg_ctl -D /srv/pg/restored -l' => sub
	{
		until_true('restored', 'recovery', 'NOT pg_is_in_recovery()');
		is(query('restored', $by_index, 'SELECT concat_ws(\' \', ' . join(', ', @true) . ')'), join(' ', ('t') x @true), 'restored: answers are those of its rows');
		my ($restored, $final) = map { query($_, 'SELECT max(batch) FROM big') } 'restored', 'db2';
		cmp_ok($restored, '>=', 43, 'restored to the middle of it');
		cmp_ok($restored, '<', $final, '... and not to the end');
		is(query('restored', 'SELECT array_agg(DISTINCT n) FROM (SELECT count(*) AS n FROM big WHERE batch > 40 GROUP BY batch) s'), '{50}', 'whole transactions');
		query('restored', 'VACUUM', 'INSERT INTO big SELECT id, id % 5, e FROM ' . hnsw_vectors(800001, 800300, 24, 1) . ' v');
		no_problem('restored, after more', 'restored');
	},
	'SELECT c.oid::regclass AS index, problem' => sub { run_line('the restored server', "pg_ctl -D $folder/pg/restored -m fast stop"); },
	'SELECT create_graph(dimensions => 3);' => sub { until_true('reports', 'the copy', "bool_and(srsubstate = 'r') FROM pg_subscription_rel"); },
	'CREATE INDEX ON kg.entity USING kg_hnsw (embedding vector_cosine_ops) WITH (m = 24);' => \&subscriber,
	'ERROR:  duplicate key value violates unique constraint "items_pkey"' => \&conflict,
	'DROP SUBSCRIPTION reports;' => sub
	{
		my $max = query('reports', 'SELECT max(id) FROM kg.entity');
		is(query('reports', "SELECT id FROM upsert_entities('[{\"name\": \"new here\", \"type\": \"node\"}]')"), $max + 1, 'ids go on');
	});

my @tables = qw(kg.entity kg.relation kg.observation kg.entity_type kg.relation_type kg.alias kg.change kg.lexeme kg.text_size items person knows);

sub same_tables
{
	my ($what) = @_;
	my $lsn = query('db2', 'SELECT pg_current_wal_insert_lsn()');

	until_true('db2', 'the subscriber', "EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'reports' AND replay_lsn >= '$lsn')");
	for my $table (@tables)
	{
		my ($there, $here) = map { query($_, "SELECT t FROM $table t ORDER BY t::text") } 'db2', 'reports';
		is(brief($here), brief($there), "$what: $table");
	}
	return;
}

sub subscriber
{
	same_tables('copied');
	is(query('reports', $by_index, q{SELECT id FROM items ORDER BY embedding <#> '[1,1,1]' LIMIT 1}), query('db2', q{SELECT id FROM items ORDER BY embedding <#> '[1,1,1]' LIMIT 1}), 'an index that only the subscriber has');
	query('db2', "UPDATE items SET embedding = '[9,9,9]', id = 33 WHERE id = 3", "INSERT INTO person VALUES ('dee', 'Dee', '[1,1,0]')",
		"INSERT INTO knows VALUES ('cy', 'dee', NULL, '[3,4]'), ('cy', 'dee', NULL, '[3,4]')",
		"UPDATE knows SET likeness = '[7,7]' WHERE a = 'bob'", "DELETE FROM knows WHERE a = 'ada'",
		"SELECT upsert_entities('[{\"name\": \"n1\", \"type\": \"node\", \"aliases\": [\"first\", \"one\"]}, {\"name\": \"n2\", \"type\": \"node\", \"embedding\": [5,5,5]}]')",
		"SELECT merge_entities((SELECT id FROM kg.entity WHERE name = 'n3'), (SELECT id FROM kg.entity WHERE name = 'n1'))",
		"SELECT assert_fact('n4', 'lives in', 'n5')", "SELECT forget((SELECT id FROM kg.entity WHERE name = 'n6'))",
		"SELECT add_observations('[{\"entity\": \"n7\", \"content\": \"n7 is a mountain\"}]')", 'SELECT refresh_text_statistics()');
	same_tables('streamed');
	for my $statement ($question{entities}, $question{traverse}, $question{search},
		q{SELECT string_agg(key || depth, ' ' ORDER BY key) FROM kg.traverse('{person:bob}', 3, graph => 'people')})
	{
		is(query('reports', $statement), query('db2', $statement), "the subscriber: $statement");
	}
	query('reports', 'VACUUM');
	no_problem('the subscriber', 'reports');
	return;
}

sub conflict
{
	my ($shown) = @_;

	query('reports', q{INSERT INTO items VALUES (900, 1, '[0,0,1]')});
	query('db2', q{INSERT INTO items VALUES (900, 2, '[0,1,0]'), (901, 2, '[0,1,1]')});
	until_true('reports', 'an error', "apply_error_count > 0 FROM pg_stat_subscription_stats WHERE subname = 'reports'");
	if (query('reports', 'SHOW server_version_num') >= 180000)
	{
		my $document = slurp_file('docs/replication.md');
		$document =~ /^From PostgreSQL 18 on that error is `(.*)`\.$/m or die 'the document does not say what 18 says';
		$shown = "ERROR:  $1";
	}
	like(slurp_file("$folder/pg/reports.log"), qr/\Q$shown\E/, 'a conflict');
	query('reports', 'DELETE FROM items WHERE id = 900');
	same_tables('after a conflict');
	return;
}

my @blocks = blocks_of('docs/replication.md');
for my $i (0 .. $#blocks)
{
	my $block = $blocks[$i];
	my $where = "line $block->{line}";
	my ($verb, $name) = split / /, $block->{comment};

	if ($block->{language} eq 'ini')
	{
		my $file = here($name // '');
		my $text = here($block->{text});
		$file = "$folder/$file" if $verb eq 'file';
		append_to_file($file, $verb eq 'file' && $name =~ /service/ ? service_file($text) : "\n$text\n");
		chmod 0600, $file;
	}
	elsif ($block->{language} eq 'sh')
	{
		run_line($where, here($_)) for split /\n/, $block->{text};
	}
	elsif ($block->{language} eq 'sql')
	{
		run_sql($where, $name, $block, $i < $#blocks && $blocks[ $i + 1 ]{language} eq 'text' ? $blocks[ $i + 1 ] : undef);
	}
	for my $first (grep { index($block->{text}, $_) == 0 } keys %after)
	{
		(delete $after{$first})->($block->{text});
	}
}
is(join(' ', keys %after), '', 'each block was met');
my @errors = grep { /PANIC|inconsistent page found|TRAP:/ } map { split /\n/, slurp_file($_) } glob "$folder/pg/*.log";
is(join("\n", @errors), '', 'nothing in the logs of the servers');
done_testing();

END
{
	my $status = $?;
	for my $server (keys %port)
	{
		system("pg_ctl -D '$folder/pg/$server' -m immediate stop >/dev/null 2>&1") if $folder && -e "$folder/pg/$server/postmaster.pid";
	}
	$? = $status;
}
