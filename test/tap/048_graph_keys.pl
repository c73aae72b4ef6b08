# Registered graphs with a dictionary, and without foreign keys, through every
# reader, against SQL: random changes, with writers and VACUUM at work.
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
my ($some, $many) = (15 * $times, 24 * $times);
my $node = graph_node();

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# Items have uuids, of which a third have the first half in common, and tags
# numbers; a tenth of all ends are null or not there.
query("CREATE EXTENSION kg",
	q{CREATE FUNCTION item(i int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
		$$SELECT (CASE i % 3 WHEN 0 THEN '00000000aaaaaaaa' ELSE md5(i::text)::char(16) END || lpad(to_hex(i), 16, '0'))::uuid$$},
	"CREATE FUNCTION any_id() RETURNS int LANGUAGE sql AS 'SELECT 1 + (random() * 2100)::int'",
	"CREATE TABLE item (id uuid PRIMARY KEY)", "CREATE TABLE tag (id int PRIMARY KEY)",
	"INSERT INTO item SELECT item(i) FROM generate_series(1, 2000) i", "INSERT INTO tag SELECT generate_series(1, 2000)",
	"CREATE TABLE item_item (id serial PRIMARY KEY, s uuid, t uuid)",
	"CREATE TABLE item_tag (id serial PRIMARY KEY, s uuid, t int)",
	"CREATE TABLE tag_tag (id serial, s int, t smallint)",
	(map { ("CREATE INDEX ON $_ (s) INCLUDE (t, id)", "CREATE INDEX ON $_ (t) INCLUDE (s, id)") } qw(item_item item_tag)),
	"CREATE INDEX ON tag_tag (s, t, id)", "CREATE INDEX ON tag_tag (t, s, id)",
	q{CREATE PROCEDURE change() LANGUAGE plpgsql AS $$
		DECLARE
			r int := any_id();
		BEGIN
			INSERT INTO item_item (s, t) SELECT item(CASE i % 3 WHEN 0 THEN r ELSE any_id() END), item(any_id()) FROM generate_series(1, 200) i;
			INSERT INTO item_tag (s, t) SELECT item(any_id()), any_id() FROM generate_series(1, 100) i;
			INSERT INTO tag_tag (s, t) SELECT CASE WHEN random() < 0.9 THEN any_id() END, CASE WHEN random() < 0.9 THEN any_id() END FROM generate_series(1, 100) i;
			DELETE FROM item_item WHERE id % 37 = r % 37 AND random() < 0.5;
			DELETE FROM item_tag WHERE id % 37 = r % 37;
			DELETE FROM tag_tag WHERE id % 37 = r % 37;
			UPDATE item_item SET t = item(r) WHERE id % 101 = r % 101;
			UPDATE tag_tag SET s = s WHERE id % 51 = r % 51;
			DELETE FROM item WHERE id = item(r);
			DELETE FROM tag WHERE id = r;
			INSERT INTO item SELECT item(i) FROM generate_series(r, r + 3) i ON CONFLICT DO NOTHING;
			INSERT INTO tag SELECT generate_series(r, r + 3) ON CONFLICT DO NOTHING;
		EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
		END $$},
	q{SELECT kg.register_graph('items', '"item"', '{"table": "item_item", "source": "s", "target": "t"}')},
	q{SELECT kg.register_graph('tags', '"tag"', '{"table": "tag_tag", "source": "s", "target": "t", "id": "id"}')},
	q{SELECT kg.register_graph('both', '["item", "tag"]', '[{"table": "item_item", "source": "s", "target": "t", "source_label": "item", "target_label": "item"},
		{"table": "item_tag", "source": "s", "target": "t", "source_label": "item", "target_label": "tag"},
		{"table": "tag_tag", "source": "s", "target": "t", "source_label": "tag", "target_label": "tag", "id": "id"}]')});

# How many answers of other readers differ from those of SQL, in one snapshot
query(q{CREATE FUNCTION differences(questions int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	graph text;
	arguments text;
	answer text;
	expected text;
	reader text;
	wrong int := 0;
BEGIN
	FOR i IN 1..questions LOOP
		graph := (ARRAY['items', 'tags', 'both'])[1 + i % 3];
		arguments := format('%L::text[], %s, %L, graph => %L',
			ARRAY(SELECT CASE WHEN graph = 'items' THEN item(x)::text WHEN graph = 'tags' THEN x::text WHEN x % 2 = 0 THEN 'item:' || item(x) ELSE 'tag:' || x END
				FROM (SELECT any_id() FROM generate_series(1, 1 + (random() * CASE WHEN i % 5 = 0 THEN 2500 ELSE 4 END)::int)) q(x)),
			floor(random() * 4), (ARRAY['out', 'in', 'both'])[1 + floor(random() * 3)::int], graph);
		PERFORM set_config('work_mem', (ARRAY['64MB', '2MB'])[1 + floor(random() * 2)::int], true);
		expected := NULL;
		FOREACH reader IN ARRAY ARRAY['sql', 'leaf', 'index', 'heap'] LOOP
			PERFORM set_config('kg.adjacency_reader', reader, true);
			EXECUTE format($q$SELECT md5(coalesce(string_agg(coalesce(key, entity::text) || ' ' || depth, ';' ORDER BY coalesce(key, entity::text)), '')) FROM kg.traverse(%s)$q$, arguments)
				INTO answer;
			expected := coalesce(expected, answer);
			wrong := wrong + (answer <> expected)::int;
		END LOOP;
	END LOOP;
	RETURN wrong;
END
$$});
is(query("SELECT setseed(0.1)", "SELECT differences($some)"), "\n0", 'no relations');
query("SELECT setseed(0.2)", "DO 'BEGIN FOR i IN 1..20 LOOP CALL change(); END LOOP; END'", "ANALYZE");
is(query("SELECT setseed(0.3)", "SELECT differences($many)"), "\n0", 'nothing all-visible');
query("VACUUM");
is(query("SELECT setseed(0.4)", "SELECT differences($many)"), "\n0", 'everything all-visible');

query(q{CREATE PROCEDURE compare() LANGUAGE plpgsql AS $$
BEGIN
	IF differences(3) <> 0 THEN
		RAISE EXCEPTION 'readers differ';
	END IF;
END
$$});
my $files = $node->basedir;
my %scripts = (
	change => "CALL change();",
	vacuum => "VACUUM item_item, item_tag, tag_tag, item, tag;",
	compare => "BEGIN ISOLATION LEVEL REPEATABLE READ;\nCALL compare();\nCOMMIT;");
append_to_file("$files/$_.sql", "$scripts{$_}\n") for keys %scripts;
$node->command_ok(
	[   'pgbench', '-n', '-c', 4, '-j', 1, '-t', 20 * $times,
		'-f', "$files/change.sql\@4", '-f', "$files/vacuum.sql\@1", '-f', "$files/compare.sql\@4", $node->connstr('postgres') ],
	'readers and writers at once');
is(query("SELECT setseed(0.5)", "SELECT differences($many)"), "\n0", 'afterwards');
unlike(slurp_file($node->logfile), qr/leak/, 'nothing leaks');

done_testing();
