# A backend that lives long: it does not grow over thousands of queries, errors and
# cancels of each kind, keeps no file, pin or reference, and ends soon when it is told to.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => '/proc is not there' unless -r '/proc/self/status';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\njit = off\n");
$node->start;

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

query('CREATE EXTENSION kg', "SELECT kg.create_graph('g', 3)",
	"INSERT INTO g.entity_type (name) VALUES ('t')", "INSERT INTO g.relation_type (name) VALUES ('r'), ('s')",
	"INSERT INTO g.entity (type, name, embedding) SELECT 1, 'n' || i, kg.array_to_vector(ARRAY[sin(i), cos(i), i % 7], 3, false) FROM generate_series(1, 500) i",
	"INSERT INTO g.relation (source, target, type, weight) SELECT 1 + abs(hashint8extended(i, 1) % 500), 1 + abs(hashint8extended(i, 2) % 500), 1 + i % 2, i % 5
		FROM generate_series(1, 1500) i",
	'CREATE INDEX entity_embedding ON g.entity USING kg_hnsw (embedding kg.vector_l2_ops, type)',
	'CREATE TABLE doc (id int PRIMARY KEY, parts kg.vector(3)[])',
	'INSERT INTO doc SELECT id, ARRAY[embedding, embedding] FROM g.entity',
	'CREATE INDEX doc_parts ON doc USING kg_hnsw (parts kg.vector_maxsim_ops)',
	'CREATE TABLE a (id text PRIMARY KEY)', 'CREATE TABLE b (p uuid, q int, PRIMARY KEY (p, q))',
	'CREATE TABLE ab (a text REFERENCES a, p uuid, q int, kind text, FOREIGN KEY (p, q) REFERENCES b)',
	"INSERT INTO a SELECT 'k' || i FROM generate_series(1, 200) i", "INSERT INTO b SELECT md5(i::text)::uuid, i FROM generate_series(1, 200) i",
	"INSERT INTO ab SELECT 'k' || 1 + abs(hashint8extended(i, 1) % 200), md5(j::text)::uuid, j, 't' || i % 3
		FROM generate_series(1, 600) i, LATERAL (SELECT 1 + abs(hashint8extended(i, 2) % 200) AS j) x",
	"SELECT kg.register_graph('keys', '[\"a\", \"b\"]'::jsonb, '[{\"table\": \"ab\", \"type_column\": \"kind\"}]'::jsonb)",
	'VACUUM ANALYZE');

# Kinds of queries, and how often each runs; i is the number of the query.  An error
# that a query ends with is expected of the kinds whose name says so.
my @kinds = (
	[ 'nearest rows', 600, "(SELECT count(*) FROM (SELECT id FROM g.entity ORDER BY embedding OPERATOR(kg.<->) kg.array_to_vector(ARRAY[i, 1, 2], 3, false) LIMIT 5) x)" ],
	[ 'with a filter', 400, "(SELECT count(*) FROM (SELECT id FROM g.entity WHERE type = 1 ORDER BY embedding OPERATOR(kg.<->) kg.array_to_vector(ARRAY[i, 1, 2], 3, false) LIMIT 5) x)" ],
	[ 'all rows in order', 20, "(SELECT count(*) FROM (SELECT id FROM g.entity ORDER BY embedding OPERATOR(kg.<->) kg.array_to_vector(ARRAY[i, 1, 2], 3, false) OFFSET 0) x)" ],
	[ 'balls', 400, "(SELECT count(*) FROM g.entity WHERE embedding OPERATOR(kg.<<->>) kg.ball('[0,1,2]'::kg.vector, 0.5))" ],
	[ 'rescans', 20, "(SELECT count(*) FROM generate_series(1, 50) s, LATERAL (SELECT id FROM g.entity ORDER BY embedding OPERATOR(kg.<->) kg.array_to_vector(ARRAY[s, i, 2], 3, false) LIMIT 3) x)" ],
	[ 'MaxSim', 200, "(SELECT count(*) FROM (SELECT id FROM doc ORDER BY parts OPERATOR(kg.@#) ARRAY['[1,2,3]'::kg.vector, '[0,1,1]'::kg.vector] LIMIT 3) x)" ],
	[ 'inserts into indexes', 80, "(SELECT 1 FROM pg_temp.add(i))" ],
	[ 'traversals', 600, "(SELECT count(*) FROM kg.traverse(1 + i % 500, 2, 'both', graph => 'g'))" ],
	[ 'traversals by SQL', 200, "(SELECT count(*) FROM kg.traverse(1 + i % 500, 2, graph => 'g', properties => '{}', types => '{r}'))" ],
	[ 'filters, each another', 200, "(SELECT count(*) FROM kg.traverse(1, 2, graph => 'g', filter => 'r.id > ' || i))" ],
	[ 'traversals of keys', 400, "(SELECT count(*) FROM kg.traverse('a:k' || 1 + i % 200, 3, 'both', graph => 'keys'))" ],
	[ 'rescans of a traversal', 20, "(SELECT count(*) FROM generate_series(1, 50) s, LATERAL kg.traverse(s, 1, graph => 'g') t)" ],
	[ 'neighbors', 400, "(SELECT count(*) FROM kg.neighbors(1 + i % 500, graph => 'g'))" ],
	[ 'paths', 200, "(SELECT count(*) FROM kg.shortest_path(1, 1 + i % 500, graph => 'g', weighted => i % 2 = 0))" ],
	[ 'several paths', 40, "(SELECT count(*) FROM kg.k_shortest_paths(1, 1 + i % 500, graph => 'g'))" ],
	[ 'subgraphs', 200, "(SELECT count(*) FROM kg.subgraph(1 + i % 500, 1, graph => 'g'))" ],
	[ 'algorithms', 40, "(SELECT count(*) FROM kg.pagerank(graph => 'g'), kg.connected_components(graph => 'keys'))" ],
	[ 'nearest entities', 200, "(SELECT count(*) FROM kg.knn('[1,2,3]', 3, graph => 'g'))" ],
	[ 'exact search', 40, "(SELECT count(*) FROM kg.knn_exact('g.entity', 'embedding', '{\"[1,2,3]\"}', 3))" ],
	[ 'search by text', 40, "(SELECT count(*) FROM kg.search('n' || i, '[1,2,3]', 3, 'g'))" ],
	[ 'export', 10, "(SELECT count(*) FROM kg.export_graphml(graph => 'keys'))" ],
	[ 'writing verbs', 40, "(SELECT count(*) FROM kg.upsert_entities(jsonb_build_array(jsonb_build_object('name', 'n' || i % 50, 'type', 't')), 'g'))" ],
	[ 'casts and distances', 800, "('[1,2,3]'::kg.vector OPERATOR(kg.<=>) ('[' || i || ',2,3]')::kg.vector)" ],
	[ 'errors of vectors', 400, "('[1,2'::text || i)::kg.vector" ],
	[ 'errors of an index', 200, "(SELECT count(*) FROM (SELECT id FROM g.entity ORDER BY embedding OPERATOR(kg.<->) '[1]'::kg.vector LIMIT 5) x)" ],
	[ 'errors of a filter', 120, "(SELECT count(*) FROM kg.traverse(1, 3, graph => 'g', filter => '1 / (r.id - r.id) > ' || i))" ],
	[ 'errors of names', 400, "(SELECT count(*) FROM kg.traverse(1, graph => 'nowhere' || i))" ],
	[ 'errors of rows', 120, "(SELECT max(1 / (t.depth - 1)) FROM kg.traverse(1, 2, 'both', graph => 'g') t)" ],
	[ 'errors of exact search', 120, "(SELECT count(*) FROM kg.knn_exact('g.entity', 'embedding', '{\"[1]\"}', 3))" ],
	[ 'errors of verbs', 120, "(SELECT count(*) FROM kg.upsert_entities('[{\"name\": \"x\", \"embedding\": [1]}]', 'g'))" ]);

# One session runs all kinds three times over; what it has after the second and after
# the third time is compared.  Memory outside of contexts is in the process's own.
my $session = join("\n", 'SET enable_seqscan = off;', 'SET client_min_messages = warning;',
	'CREATE FUNCTION pg_temp.add(i int) RETURNS void LANGUAGE sql AS
		$$ INSERT INTO g.entity (type, name, embedding) VALUES (1, i::text, kg.array_to_vector(ARRAY[i, 2, 3], 3, false)); DELETE FROM g.entity WHERE name = i::text $$;',
	'CREATE FUNCTION pg_temp.run(call text, n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	errors bigint := 0;
BEGIN
	FOR i IN 1 .. n LOOP
		BEGIN
			EXECUTE call USING i;
		EXCEPTION WHEN OTHERS THEN
			errors := errors + 1;
		END;
	END LOOP;
	RETURN errors;
END
$$;',
	"CREATE FUNCTION pg_temp.size() RETURNS text LANGUAGE sql AS \$\$
		SELECT concat_ws('|', (SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE ident IS NULL OR ident !~ 'size'),
			substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\\s+(\\d+)')::bigint * 1024,
			(SELECT count(*) FROM pg_ls_dir('/proc/self/fd')), (SELECT count(*) FROM pg_ls_tmpdir())) \$\$;",
	(map { my ($round) = $_; map {
		my ($name, $n, $call) = @$_;
		$call =~ s/\bi\b/\$1/g;
		"SELECT '$round|$name|' || pg_temp.run(\$call\$SELECT $call\$call\$, $n) || '|' || pg_temp.size();"
	} @kinds } 1 .. 3));
my $begin = time;
my (%errors, %sizes);
foreach my $line (split /\n/, $node->safe_psql('postgres', $session))
{
	my ($round, $name, $errors, @size) = split /\|/, $line;
	next unless @size == 4;
	$errors{$name} += $errors;
	$sizes{$round}{$name} = \@size;
}
my $queries = 0;
foreach my $kind (@kinds)
{
	my ($name, $n) = @$kind;
	$queries += 3 * $n;
	is($errors{$name}, $name =~ /^errors/ ? 3 * $n : 0, "$name: errors");
}
my ($from, $to) = map { $sizes{$_}{ $kinds[-1][0] } } 2, 3;
note sprintf('%d queries in %.0f s: contexts %d, process %d, files %d; then %d, %d, %d', $queries, time - $begin, @$from[ 0 .. 2 ], @$to[ 0 .. 2 ]);
foreach my $i (1 .. $#kinds)
{
	my $grown = $sizes{3}{ $kinds[$i][0] }[0] - $sizes{2}{ $kinds[$i][0] }[0];
	note "$kinds[$i][0]: contexts are larger by $grown bytes" if $grown > 10000;
}
cmp_ok($to->[0] - $from->[0], '<', 100_000, 'the last third of the queries leaves nothing in memory contexts');
cmp_ok($to->[1] - $from->[1], '<', 3_000_000, 'nor in the process');
is($to->[2], $from->[2], 'nor open files');
is($to->[3], 0, 'no temporary file is left');

# Cancels: a session whose queries time out, at various points
my @long = (
	"SELECT count(*) FROM generate_series(1, 5000) s, LATERAL (SELECT id FROM g.entity ORDER BY embedding OPERATOR(kg.<->) kg.array_to_vector(ARRAY[s, 1, 2], 3, false) LIMIT 100) x",
	"SELECT count(*) FROM generate_series(1, 5000) s, LATERAL kg.traverse(1 + s % 500, 5, 'both', graph => 'g') t",
	"SELECT count(*) FROM generate_series(1, 5000) s, LATERAL kg.traverse('a:k' || 1 + s % 200, 5, 'both', graph => 'keys', filter => 'true') t",
	"SELECT count(*) FROM kg.paths(1, 2, 12, 'both', graph => 'g', max_paths => NULL)",
	"SELECT count(*) FROM generate_series(1, 5000) s, LATERAL kg.pagerank(0.5 + s / 20000.0, graph => 'g') r",
	"SELECT count(*) FROM generate_series(1, 5000) s, LATERAL kg.betweenness(graph => 'g', seed => s) b",
	"SELECT count(*) FROM generate_series(1, 5000) s, LATERAL kg.knn_exact_join('g.entity', 'embedding', 'g.entity', 'embedding', 100 + s % 2) k",
	"SELECT count(*) FROM kg.random_walks(NULL::int, 10000, 1000, graph => 'g')",
	"SELECT sum(kg.max_sim(a.parts, b.parts)) FROM doc a, doc b, doc c",
	"SELECT kg.import_jsonl((SELECT string_agg('{\"type\":\"entity\",\"name\":\"z' || i || '\",\"entityType\":\"t\"}', chr(10)) FROM generate_series(1, 100000) i), 'g')");
my $cancels = join("\n", 'SET enable_seqscan = off;', 'SET client_min_messages = error;',
	"CREATE FUNCTION pg_temp.size() RETURNS text LANGUAGE sql AS \$\$
		SELECT concat_ws('|', (SELECT sum(total_bytes) FROM pg_backend_memory_contexts), (SELECT count(*) FROM pg_ls_dir('/proc/self/fd')), (SELECT count(*) FROM pg_ls_tmpdir())) \$\$;",
	(map {
		my $round = $_;
		((map { my $query = $_; map { "SET statement_timeout = $_;\n$query;" } 10, 25, 60 } @long), 'SET statement_timeout = 0;', "SELECT '$round|' || pg_temp.size();")
	} 1 .. 4));
$begin = time;
my ($status, $out, $err) = $node->psql('postgres', $cancels, on_error_stop => 0);
my $took = time - $begin;
my %after = map { my ($round, @size) = split /\|/; ($round => \@size) } grep { /\|/ } split /\n/, $out;
my $ended = () = $err =~ /canceling statement due to statement timeout/g;
is($ended, 12 * @long, 'all long queries are cancelled') or diag $err;
# A query that comes further than the ones before opens what they did not, once: what is left by cancels comes
# in each round.
my ($bytes, $files) = map { my $i = $_; (sort { $a <=> $b } map { $after{$_}[$i] - $after{ $_ - 1 }[$i] } 3, 4)[0] } 0, 1;
note sprintf('%d cancels in %.1f s; contexts %s', $ended, $took, join(', then ', map { $after{$_}[0] } 2 .. 4));
cmp_ok($bytes, '<', 100_000, 'cancels leave nothing in memory contexts');
cmp_ok($files, '<=', 0, 'and no file');
is($after{4}[2], 0, 'and no temporary one');
# A bound that only a function that does not look for interrupts exceeds: 3 s on average
cmp_ok($took, '<', 36 * @long, 'they end soon');

$node->stop;
my $log = slurp_file($node->logfile);
unlike($log, qr/leak|refcount|not closed|TRAP|PANIC|XX000/i, 'the server log tells of no leak');
done_testing();
