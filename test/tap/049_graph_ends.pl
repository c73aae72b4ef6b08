# Edges without foreign keys, through every reader, against recursive queries
# and the SQL reader: random multigraphs whose edges end in nothing, in NULL, or
# in rows that were deleted or are not committed; keys of several types.
#
#	KG_TIMES	how many times as many random questions as "make test" has ("make check-random": 10)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;

my $times = $ENV{KG_TIMES} // 1;
my ($some, $many) = (21 * $times, 35 * $times);
my $node = graph_node();

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# The i-th key of a graph: near each other, or spread over all bigints
my %keys = (
	near => [ 'int', '$1' ],
	spread => [ 'bigint', "('x' || pg_catalog.substr(pg_catalog.md5(\$1::text), 1, 16))::bit(64)::bigint" ],
	byte => [ 'text COLLATE "C"', "pg_catalog.repeat('x', \$1 % 20) || ' ' || \$1" ],
	words => [ 'text', "(ARRAY['Zoo ', 'ant-', 'Ant', '\x{e4}hre', '', 'ab '])[1 + \$1 % 6] || \$1" ],
	icu => [ 'varchar COLLATE "en-x-icu"', "(ARRAY['Zoo ', 'ant-', 'Ant', '\x{e4}hre', '', 'ab '])[1 + \$1 % 6] || \$1" ],
);
my @graphs = sort keys %keys;

query("CREATE EXTENSION kg", "CREATE FUNCTION any_id() RETURNS int LANGUAGE sql AS 'SELECT 1 + (random() * random() * 700)::int'");
for my $graph (@graphs)
{
	my ($type, $key) = @{ $keys{$graph} };
	my ($plain) = split / /, $type;

	utf8::encode($key);
	query("CREATE FUNCTION ${graph}_key(int) RETURNS $plain LANGUAGE sql IMMUTABLE STRICT AS \$\$SELECT ($key)::$plain\$\$",
		"CREATE TABLE ${graph}_node (id $type PRIMARY KEY)",
		"CREATE TABLE ${graph}_edge (s $type, t $type, w int)",
		"CREATE INDEX ON ${graph}_edge (s, t) INCLUDE (w)", "CREATE INDEX ON ${graph}_edge (t, s) INCLUDE (w)",
		"INSERT INTO ${graph}_node SELECT ${graph}_key(i) FROM generate_series(1, 600) i",
		qq{SELECT kg.register_graph('$graph', '"${graph}_node"', '{"table": "${graph}_edge", "source": "s", "target": "t", "weight": "w"}')},
		# Some edges are there several times; ends may be NULL, or have no row.
		qq{CREATE PROCEDURE ${graph}_change() LANGUAGE plpgsql AS \$\$
		BEGIN
			INSERT INTO ${graph}_edge SELECT ${graph}_key(nullif(any_id(), 5)), ${graph}_key(nullif(any_id(), 7)), random() * 9 FROM generate_series(1, 80);
			INSERT INTO ${graph}_edge SELECT s, t, w FROM ${graph}_edge WHERE random() < 0.02;
			DELETE FROM ${graph}_edge WHERE random() < 0.02;
			DELETE FROM ${graph}_node WHERE id IN (SELECT ${graph}_key(any_id()) FROM generate_series(1, 9));
			INSERT INTO ${graph}_node SELECT ${graph}_key(any_id()) FROM generate_series(1, 9) ON CONFLICT DO NOTHING;
			UPDATE ${graph}_node SET id = id WHERE random() < 0.02;
		EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
		END \$\$});
}

# What each reader says of random questions, as against a recursive query or
# the SQL reader, in one snapshot; returns the questions with other answers.
query(q{CREATE FUNCTION differences(graph text, questions int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	a text;
	b text;
	depth int;
	question text;
	answer text;
	expected text;
	reader text;
BEGIN
	FOR i IN 1..questions LOOP
		EXECUTE format('SELECT coalesce(%I(any_id())::text, ''''), coalesce(%1$I(any_id())::text, '''')', graph || '_key') INTO a, b;
		depth := (random() * 4)::int;
		PERFORM set_config('work_mem', (ARRAY['64MB', '1MB'])[1 + floor(random() * 2)::int], true);
		expected := NULL;
		CASE i % 7
			WHEN 0 THEN
				question := format($q$SELECT string_agg(depth || ' ' || coalesce(key, entity::text), ';' ORDER BY coalesce(key, entity::text) COLLATE "C")
					FROM kg.traverse(ARRAY[%L], %s, graph => %L)$q$, a, depth, graph);
				EXECUTE format($q$WITH RECURSIVE r(id, depth) AS (
						SELECT id, 0 FROM %1$I WHERE id::text = %3$L
						UNION SELECT n.id, depth + 1 FROM r JOIN %2$I e ON e.s = r.id JOIN %1$I n ON n.id = e.t WHERE depth < %4$s),
					d AS (SELECT id::text, min(depth) AS depth FROM r GROUP BY id)
					SELECT string_agg(depth || ' ' || id, ';' ORDER BY id COLLATE "C") FROM d$q$, graph || '_node', graph || '_edge', a, depth) INTO expected;
			WHEN 1 THEN
				question := format('SELECT max(step)::text FROM kg.shortest_path(%L, %L, graph => %L)', a, b, graph);
			WHEN 2 THEN
				question := format('SELECT max(cost)::text FROM kg.shortest_path(%L, %L, graph => %L, weighted => true)', a, b, graph);
			WHEN 3 THEN
				question := format($q$SELECT string_agg(coalesce(key, neighbor::text) || outgoing || weight, ';' ORDER BY coalesce(key, neighbor::text) COLLATE "C", outgoing, weight)
					FROM kg.neighbors(%L, 'both', graph => %L)$q$, a, graph);
			WHEN 4 THEN
				question := format($q$SELECT string_agg(length || ' ' || coalesce(keys, nodes::text[])::text, ';' ORDER BY length, coalesce(keys, nodes::text[])::text COLLATE "C")
					FROM kg.all_shortest_paths(%L, %L, graph => %L)$q$, a, b, graph);
			WHEN 5 THEN
				question := format($q$SELECT count(*) || ' ' || count(DISTINCT coalesce(keys, nodes::text[])::text) FROM kg.paths(%L, NULL, 2, graph => %L)$q$, a, graph);
			ELSE
				question := format($q$SELECT string_agg(coalesce(key, entity::text), ';' ORDER BY coalesce(key, entity::text) COLLATE "C")
					FROM kg.traverse(ARRAY[%L, %L], NULL, 'both', graph => %L)$q$, a, b, graph);
		END CASE;
		IF expected IS NULL THEN
			PERFORM set_config('kg.adjacency_reader', 'sql', true);
			EXECUTE question INTO expected;
		END IF;
		FOREACH reader IN ARRAY ARRAY['auto', 'index', 'heap', 'sql'] LOOP
			PERFORM set_config('kg.adjacency_reader', reader, true);
			EXECUTE question INTO answer;
			IF answer IS DISTINCT FROM expected THEN
				RETURN NEXT format('%s: %s: %s instead of %s', reader, question, answer, expected);
			END IF;
		END LOOP;
	END LOOP;
END
$$});

sub same
{
	my ($what, $questions) = @_;

	for my $graph (@graphs)
	{
		is(query("SET client_min_messages = error", "DO 'BEGIN PERFORM setseed(0.3); END'", "SELECT * FROM differences('$graph', $questions)"),
			'', "$graph: $what");
	}
	return;
}

is(query("SELECT DISTINCT reader FROM kg.explain_traverse(graph => '$_')"), 'leaf', "$_: leaf pages are read") for @graphs;
same('no edges', 14);
query("DO 'BEGIN PERFORM setseed(0.2); FOR i IN 1..20 LOOP CALL ${_}_change(); END LOOP; END'", "ANALYZE") for @graphs;
same('nothing all-visible', $many);
query("VACUUM");
same('everything all-visible', $many);

# A session that has seen the nodes does not read their index again, but where it
# has to leave locks.
query(q{CREATE FUNCTION blocks(graph text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json)
		SELECT count(*) FROM kg.traverse(ARRAY(SELECT id FROM %I ORDER BY id LIMIT 30), 2, graph => %L)', graph || '_node', graph) INTO plan;
	RETURN (plan->0->'Plan'->>'Shared Hit Blocks')::int + (plan->0->'Plan'->>'Shared Read Blocks')::int;
END
$$});
for my $graph (@graphs)
{
	my @blocks = split /\n/, query(("SELECT blocks('$graph')") x 2, "BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT blocks('$graph')", "COMMIT");

	cmp_ok($blocks[1], '<', $blocks[2], "$graph: nodes that were seen are not looked up");
}
query("DO 'BEGIN PERFORM setseed(0.7); FOR i IN 1..3 LOOP CALL ${_}_change(); END LOOP; END'") for @graphs;
same('in part', $many);

# Nodes of a transaction that is not over: they are there for it alone.
my $other = $node->background_psql('postgres');
$other->query_safe("BEGIN");
$other->query_safe("DELETE FROM ${_}_node WHERE id = ${_}_key(1); INSERT INTO ${_}_node SELECT ${_}_key(i) FROM generate_series(2000, 2005) i;
	INSERT INTO ${_}_edge SELECT ${_}_key(2), ${_}_key(i), 1 FROM generate_series(2000, 2005) i") for @graphs;
query("INSERT INTO ${_}_edge SELECT ${_}_key(3), ${_}_key(i), 1 FROM generate_series(1999, 2005) i") for @graphs;
same('another transaction at work', $some);
$other->query_safe("ROLLBACK");
$other->quit;

# Within a transaction, after a change to the nodes of its own
for my $graph (@graphs)
{
	is(query("SET client_min_messages = error", "BEGIN", "DO 'BEGIN PERFORM setseed(0.4); END'", "DELETE FROM ${graph}_node WHERE id IN (SELECT ${graph}_key(any_id()) FROM generate_series(1, 100))",
			"SELECT * FROM differences('$graph', $some)", "ROLLBACK"),
		'', "$graph: nodes deleted in the same transaction");
}

my %scripts = (vacuum => "VACUUM " . join(', ', map { ("${_}_node", "${_}_edge") } @graphs) . ";\n");
for my $graph (@graphs)
{
	$scripts{"change_$graph"} = "CALL ${graph}_change();\n";
	$scripts{"compare_$graph"} = "BEGIN ISOLATION LEVEL REPEATABLE READ;\nDO \$\$BEGIN IF EXISTS (SELECT FROM differences('$graph', 7)) THEN RAISE EXCEPTION 'readers differ'; END IF; END\$\$;\nCOMMIT;\n";
}
my $files = $node->basedir;
append_to_file("$files/$_.sql", $scripts{$_}) for keys %scripts;
$node->command_ok(
	[ 'pgbench', '-n', '-c', 4, '-j', 1, '-t', 15 * $times, (map { ('-f', "$files/$_.sql") } sort keys %scripts), $node->connstr('postgres') ],
	'readers and writers at once');

# Texts that many edges share, that are compressed in the index, and that lie in
# its order where a frontier of all of them is not sorted, and where it is
query("CREATE TABLE long_node (id text PRIMARY KEY)", "CREATE TABLE long_edge (s text, t text)",
	"INSERT INTO long_node SELECT CASE i % 3 WHEN 0 THEN repeat('long ', 300) ELSE 'short ' END || i FROM generate_series(1, 3000) i",
	"INSERT INTO long_edge SELECT a.id, b.id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM long_node) a,
		generate_series(0, 3) k, LATERAL (SELECT id FROM long_node ORDER BY id OFFSET (a.n * 7 + k * k * 13) % 3000 LIMIT 1) b WHERE a.n % 10 < 3 OR k = 0",
	"INSERT INTO long_edge SELECT 'short 1', id FROM long_node",
	"CREATE INDEX ON long_edge (s, t)", "CREATE INDEX ON long_edge (t, s)", "VACUUM ANALYZE long_node, long_edge",
	q{SELECT kg.register_graph('long', '"long_node"', '{"table": "long_edge", "source": "s", "target": "t"}')});
for my $start ("'short 1'", "'short 2', 'short 4'", "'short 5', repeat('long ', 300) || '3'")
{
	my @answers = map {
		query("SET kg.adjacency_reader = $_", "SELECT count(*), sum(depth), md5(string_agg(key, ';' ORDER BY key)) FROM kg.traverse(ARRAY[$start], 4, graph => 'long')")
	} qw(sql leaf index heap);
	is(join("\n", @answers), join("\n", ($answers[0]) x 4), "from $start: long texts");
}

# Edges may be trusted, and then those that end in nothing count.
query("CREATE TABLE n (id int PRIMARY KEY)", "INSERT INTO n VALUES (1), (2)",
	"CREATE TABLE e (s int, t int)", "INSERT INTO e VALUES (1, 2), (2, 3), (3, 1), (2, NULL)",
	"CREATE INDEX ON e (s, t)", "CREATE INDEX ON e (t, s)",
	q{SELECT kg.register_graph('checked', '"n"', '{"table": "e", "source": "s", "target": "t"}')},
	q{SELECT kg.register_graph('trusted', '"n"', '{"table": "e", "source": "s", "target": "t", "trust_ends": true}')},
	"CREATE ROLE reader", "GRANT SELECT ON n, e TO reader");
for my $reader (qw(leaf index heap sql))
{
	is(query("SET kg.adjacency_reader = $reader", "SELECT kg.neighborhood(ARRAY[1], 3, graph => 'checked'), kg.neighborhood(ARRAY[1], 3, graph => 'trusted')"),
		'{1,2}|{1,2,3}', "$reader: dangling edges count where ends are trusted");
	is(query("SET kg.adjacency_reader = $reader", "SELECT count(*) FROM kg.traverse(ARRAY[3], graph => 'trusted')"),
		'0', "$reader: a start that is not there");
}
query("ALTER TABLE n ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON n USING (id <> 2)");
is(as_role($node, 'reader', "SELECT kg.neighborhood(ARRAY[1], 3, graph => 'trusted'), kg.neighborhood(ARRAY[1], 3, graph => 'checked')"),
	'{1}|{1}', 'what a policy hides is not shown for trust');
is(as_role($node, 'reader', "SELECT reader FROM kg.explain_traverse(graph => 'trusted')"), 'sql', '... as the SQL reader serves');
my ($status, $out, $err) = $node->psql('postgres', q{SELECT kg.register_graph('odd', '"n"', '{"table": "e", "source": "s", "target": "t", "trust_ends": "yes"}')});
like($err, qr/trust_ends of table public.e is "yes"/, 'trust_ends is true or false');

unlike(slurp_file($node->logfile), qr/leak/, 'nothing leaks');

done_testing();
