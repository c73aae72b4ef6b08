# The leaf reader against SQL: random changes, hubs over many pages, entries of
# many rows, writers at work, a damaged index.
#
#	KG_TIMES	how many times as many random questions as "make test" has ("make check-random": 10)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $times = $ENV{KG_TIMES} // 1;
my ($some, $many) = (20 * $times, 30 * $times);
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nmax_connections = 30\n");
$node->start;

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

query("CREATE EXTENSION kg", "SELECT kg.create_graph('g')",
	"INSERT INTO g.entity_type (name) VALUES ('node')",
	"INSERT INTO g.relation_type (name) SELECT 't' || i FROM generate_series(1, 8) i");

# How many answers of the leaf reader differ from those of SQL, in one
# snapshot; a random seed picks the questions.
query(q{CREATE FUNCTION differences(seed float8, questions int) RETURNS int LANGUAGE plpgsql SET work_mem = '64MB' AS $$
DECLARE
	start bigint[];
	arguments text;
	wrong int := 0;
	answer text[];
	reader text;
BEGIN
	PERFORM setseed(seed);
	FOR i IN 1..questions LOOP
		start := ARRAY(SELECT (random() * 2200)::bigint FROM generate_series(1, 1 + (random() * CASE WHEN i % 4 = 0 THEN 1000 ELSE 3 END)::int));
		IF i % 3 = 0 THEN
			start := start || 1::bigint;	-- the hub
		END IF;
		arguments := format('%s, %L, %L, %s, graph => ''g''', (random() * 3)::int,
			(ARRAY['out', 'in', 'both'])[1 + floor(random() * 3)::int],
			(ARRAY[NULL, '{t1}', '{t2,t7}', '{t1,t2,t3,t4,t5,t6}', '{x}'])[1 + floor(random() * 5)::int],
			CASE WHEN random() < 0.3 THEN quote_literal('2020-06-01'::timestamptz + random() * interval '2 years') ELSE 'NULL' END);
		answer := NULL;
		FOREACH reader IN ARRAY ARRAY['leaf', 'sql'] LOOP
			PERFORM set_config('kg.adjacency_reader', reader, true);
			IF i % 2 = 0 THEN
				EXECUTE format('SELECT $1 || md5(coalesce(string_agg(t.entity || '','' || t.depth, '';'' ORDER BY t.entity), ''''))
					FROM kg.traverse(%L::bigint[], %s) t', start, arguments) INTO answer USING answer;
			ELSE
				EXECUTE format('SELECT $1 || md5(coalesce(string_agg(n::text, '';'' ORDER BY n.relation, n.neighbor, n.outgoing), ''''))
					FROM kg.neighbors(%s, %s) n', start[1], regexp_replace(arguments, '^\d+, ', '')) INTO answer USING answer;
			END IF;
		END LOOP;
		wrong := wrong + (answer[1] <> answer[2])::int;
	END LOOP;
	RETURN wrong;
END
$$});
is(query("SELECT differences(0.1, 30)"), 0, 'an empty graph');

query("INSERT INTO g.entity (type, name) SELECT 1, '' FROM generate_series(1, 2000)");
is(query("SELECT differences(0.2, 30)"), 0, 'no relations');

# Entities 1900 to 2000 remain without relations, ids from 2001 are not there.
my $random_relations = q{INSERT INTO g.relation (source, target, type, valid_from, valid_to)
	SELECT 1 + (random() * random() * 1898)::int, 1 + (random() * 1898)::int, 1 + (random() * 7)::int,
		CASE WHEN random() < 0.3 THEN '2020-01-01'::timestamptz + random() * interval '1 year' END,
		CASE WHEN random() < 0.3 THEN '2021-06-01'::timestamptz + random() * interval '1 year' END
	FROM generate_series(1, %d)};
query("SELECT setseed(0.5)", sprintf($random_relations, 4000),
	"INSERT INTO g.relation (source, target, type) SELECT 1, 1 + i % 1900, 1 + i % 8 FROM generate_series(1, 12000) i");
is(query("SELECT differences(0.3, $many)"), 0, 'a hub over many pages, nothing all-visible');
query("VACUUM g.relation, g.entity");
is(query("SELECT differences(0.3, $many)"), 0, '... everything all-visible');

# Changes of all kinds, then VACUUM now and then: pages are split and deleted,
# a part of the heap is all-visible.
for my $round (1 .. 8)
{
	query("SELECT setseed(0.$round)", sprintf($random_relations, 1500),
		"DELETE FROM g.relation WHERE random() < 0.1",
		$round % 3 == 0 ? "DELETE FROM g.relation WHERE source BETWEEN 100 * $round AND 100 * $round + 150" : "SELECT 1",
		"UPDATE g.relation SET target = 1 + (random() * 1898)::int WHERE random() < 0.05",
		"UPDATE g.relation SET properties = '{}' WHERE random() < 0.1",
		"UPDATE g.relation SET type = 1 + (random() * 7)::int WHERE random() < 0.05");
	query("BEGIN", "DELETE FROM g.relation WHERE random() < 0.3", "INSERT INTO g.relation (source, target, type) VALUES (1, 1999, 1)", "ROLLBACK");
	query("VACUUM g.relation") if $round % 2 == 0;
	is(query("SELECT differences(0.4$round, $some)"), 0, "after round $round of changes");
}

# Versions of a row have equal keys, which a b-tree without INCLUDE columns
# keeps as one entry; an old snapshot keeps the versions.
query("DROP INDEX g.relation_source_idx",
	"CREATE INDEX relation_source_keys ON g.relation (source, type, weight, target, id, valid_from, valid_to, expired_at)");
my ($in, $out) = ('', '');
my $holder = IPC::Run::start(
	[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ],
	'<', \$in, '>', \$out);
$in .= "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'held ' || differences(0.7, 1);\n";
$holder->pump until $out =~ /held/;
query("UPDATE g.relation SET properties = jsonb_build_object('round', $_)", "UPDATE g.entity SET properties = jsonb_build_object('round', $_)") for 1 .. 4;
is(query("SELECT differences(0.6, $many)"), 0, 'entries of several rows');
$in .= "SELECT 'old ' || differences(0.6, 30); COMMIT;\n\\q\n";
$holder->finish;
like($out, qr/^old 0$/m, '... in an old snapshot');
query("VACUUM g.relation, g.entity");
is(query("SELECT differences(0.6, $many)"), 0, '... when they are gone');

# Columns of other widths, with ends that are null, and then no more
for my $columns ([qw(bigint smallint smallint)], [qw(int smallint bigint)], [qw(smallint bigint int)], [qw(int int int)])
{
	my ($source, $target, $type) = @$columns;
	my $changes = "UPDATE g.relation SET target = 1 + (random() * 1898)::int WHERE random() < 0.05";
	query("ALTER TABLE g.relation ALTER source TYPE $source, ALTER target TYPE $target, ALTER type TYPE $type, ALTER id TYPE int, ALTER source DROP NOT NULL, ALTER target DROP NOT NULL",
		"SELECT setseed(0.9)", sprintf($random_relations, 1500), $changes);
	is(query("SELECT differences(0.9, $many)"), 0, "source $source, target $target, type $type");
	query("UPDATE g.relation SET source = CASE WHEN source % 2 = 0 THEN source END, target = CASE WHEN target % 2 = 0 THEN target END WHERE random() < 0.3");
	is(query("SELECT differences(0.8, $many)"), 0, '... null');
	query("DELETE FROM g.relation WHERE source IS NULL OR target IS NULL", "ALTER TABLE g.relation ALTER source SET NOT NULL, ALTER target SET NOT NULL");
	is(query("SELECT differences(0.7, $many)"), 0, '... no more');
	query("VACUUM g.relation");
}

# Writers split and empty pages while others compare, each in one snapshot.
query(q{CREATE FUNCTION compare(seed float8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF differences(seed, 3) <> 0 THEN
		RAISE EXCEPTION 'the leaf reader differs with seed %', seed;
	END IF;
END
$$});
my $files = $node->basedir;
my %scripts = (
	insert => "\\set n random(1, 1900)\nINSERT INTO g.relation (source, target, type) SELECT :n, 1 + (random() * 1898)::int, 1 + i % 8 FROM generate_series(1, 300) i;",
	delete => "\\set n random(1, 1900)\nDELETE FROM g.relation WHERE source BETWEEN :n AND :n + 40;",
	hub => "DELETE FROM g.relation WHERE source = 1 AND random() < 0.2;\nINSERT INTO g.relation (source, target, type) SELECT 1, 1 + (random() * 1898)::int, 1 + i % 8 FROM generate_series(1, 1000) i;",
	vacuum => "VACUUM g.relation;",
	compare => "\\set n random(1, 1000000)\nBEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT compare(:n / 1000000.0);\nCOMMIT;");
append_to_file("$files/$_.sql", "$scripts{$_}\n") for keys %scripts;
$node->command_ok(
	[   'pgbench', '-n', '-c', 6, '-j', 2, '-t', 20 * $times,
		'-f', "$files/insert.sql\@4", '-f', "$files/delete.sql\@2", '-f', "$files/hub.sql\@2", '-f', "$files/vacuum.sql\@1",
		'-f', "$files/compare.sql\@8", $node->connstr('postgres') ],
	'readers and writers at once');
is(query("SELECT differences(0.8, $many)"), 0, 'afterwards');

# Without foreign keys, and with ends that are not there, or no more
query("ALTER TABLE g.relation DROP CONSTRAINT relation_source_fkey, DROP CONSTRAINT relation_target_fkey",
	"DELETE FROM g.entity WHERE id % 7 = 3", "INSERT INTO g.relation (source, target, type) SELECT 1 + i % 1900, 2000 + i % 300, 1 FROM generate_series(1, 3000) i");
is(query("SELECT differences(0.9, $many)"), 0, 'ends that are not there');
query("VACUUM g.entity");
is(query("SELECT differences(0.8, $many)"), 0, '... all-visible');
query("DELETE FROM g.entity WHERE id % 5 = 1", "INSERT INTO g.entity (id, type, name) SELECT i, 1, '' FROM generate_series(2100, 2200) i");
is(query("SELECT differences(0.7, $many)"), 0, '... a part all-visible');

# An index whose leaf pages lead back to themselves
query("SELECT kg.create_graph('damaged')", "INSERT INTO damaged.entity_type (name) VALUES ('node')",
	"INSERT INTO damaged.relation_type (name) VALUES ('edge')",
	"INSERT INTO damaged.entity (type, name) SELECT 1, '' FROM generate_series(1, 100)",
	"INSERT INTO damaged.relation (source, target, type) SELECT 50, 1 + i % 100, 1 FROM generate_series(1, 3000) i",
	"VACUUM damaged.relation", "CHECKPOINT");
my $file = $node->data_dir . '/' . query("SELECT pg_relation_filepath('damaged.relation_source_idx')");
my $block_size = query("SHOW block_size");
$node->stop;
open(my $handle, '+<:raw', $file) or die "$file: $!";
for (my $block = 1; sysseek($handle, $block * $block_size, 0) && sysread($handle, my $page, $block_size) == $block_size; $block++)
{
	my ($prev, $next, $level, $flags) = unpack('L L L S', substr($page, -16));
	next if $level != 0 || $next == 0;
	substr($page, -12, 4) = pack('L', $block);
	sysseek($handle, $block * $block_size, 0);
	syswrite($handle, $page);
}
close($handle);
$node->start;
my ($status, undef, $err) = $node->psql('postgres', "SET ignore_checksum_failure = on; SET kg.adjacency_reader = leaf; SELECT count(*) FROM kg.traverse('{50}'::bigint[], 1, graph => 'damaged')");
like($err, qr/index "relation_source_idx" has a circle of right links/, 'right links in a circle are an error');
unlike(slurp_file($node->logfile), qr/leak/, 'nothing leaks');

done_testing();
