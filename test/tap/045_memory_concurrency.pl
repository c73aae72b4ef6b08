# Clients that assert overlapping facts, add observations, upsert, merge and
# retract at the same time leave a graph that keeps its rules.  KG_MEMORY_SECONDS
# says how long (60 in the figures of docs/memory.md).

use strict;
use warnings;

use File::Temp;
use IPC::Run;
use lib 'test/tap';

use Graph;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{KG_MEMORY_SECONDS} || 5;
my $clients = 8;
my $node = graph_node('deadlock_timeout = 200ms');

$node->safe_psql('postgres', q{
	CREATE EXTENSION kg;
	SELECT kg.create_graph('m', 2);
	SELECT kg.set_relation_type('lives_in', true, 'm'), kg.set_relation_type('works_at', true, 'm');
	-- what was said, by each client: one row for each observation that a committed call added
	CREATE TABLE said (content text PRIMARY KEY);
	-- Between a look-up and the call another client may merge the same entity away.
	CREATE FUNCTION merge_some(p int, n int) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM kg.assert_fact('alter ego ' || n, 'lives_in', 'place 1', '2016-01-01', '2017-01-01', subject_type => 'person', object_type => 'place', graph => 'm');
		PERFORM kg.merge_entities(d.id, k.id, 'm')
		FROM m.entity d, m.entity k WHERE d.name = 'alter ego ' || n AND kg.name_key(k.name) = 'person ' || p;
	EXCEPTION WHEN foreign_key_violation THEN
		RAISE NOTICE 'not merged: %', SQLERRM;
	END $$;
});

# Few names, so that clients meet; the same name in several spellings
my $folder = File::Temp->newdir;
my %scripts = (
	assert => q{
\set p random(1, 12)
\set c random(1, 5)
\set a random(0, 3000)
\set d random(1, 1500)
\set s random(0, 1)
SELECT kg.assert_fact(CASE :s WHEN 0 THEN 'Person ' ELSE 'PERSON-' END || :p, CASE :s WHEN 0 THEN 'lives_in' ELSE 'works_at' END, 'place ' || :c,
	'2015-01-01'::timestamptz + :a * interval '1 day', '2015-01-01'::timestamptz + (:a + :d) * interval '1 day', subject_type => 'person', object_type => 'place', graph => 'm');
},
	open_end => q{
\set p random(1, 12)
\set c random(1, 5)
\set a random(0, 3000)
SELECT kg.assert_fact('person ' || :p, 'lives_in', 'Place ' || :c, '2015-01-01'::timestamptz + :a * interval '1 day', subject_type => 'person', object_type => 'place', graph => 'm');
},
	many => q{
\set p random(1, 12)
\set q random(1, 12)
\set a random(0, 300)
SELECT kg.assert_fact('person ' || :p, 'knows', 'person ' || :q, '2020-01-01'::timestamptz + :a * interval '1 day', '2020-01-01'::timestamptz + (:a + 50) * interval '1 day',
	subject_type => 'person', object_type => 'person', graph => 'm');
},
	observe => q{
\set p random(1, 12)
\set q random(1, 12)
\set n random(1, 1000000000)
BEGIN;
INSERT INTO said VALUES (:client_id || ' ' || :n) ON CONFLICT DO NOTHING;
SELECT kg.add_observations(jsonb_build_array(
	jsonb_build_object('entity', jsonb_build_object('name', 'person ' || :p, 'type', 'person'), 'content', :client_id || ' ' || :n),
	jsonb_build_object('entity', jsonb_build_object('name', 'person ' || :q, 'type', 'person'), 'content', 'all say this')), 'm');
COMMIT;
},
	upsert => q{
\set p random(1, 12)
\set q random(1, 12)
\set n random(1, 40)
SELECT kg.upsert_entities(jsonb_build_array(
	jsonb_build_object('name', 'Person ' || :p, 'type', 'person', 'properties', jsonb_build_object('k' || :client_id, :n)),
	jsonb_build_object('name', 'thing ' || :n, 'type', 'thing'), jsonb_build_object('name', 'person ' || :q, 'type', 'person', 'importance', :n)), 'm');
},
	# new names all the time, which are merged into old ones
	merge => q{
\set p random(1, 12)
\set n random(1, 30)
SELECT merge_some(:p, :n);
},
	retract => q{
\set n random(1, 200)
SELECT kg.retract(r.id, graph => 'm') FROM (SELECT id FROM m.relation WHERE expired_at IS NULL ORDER BY id DESC OFFSET :n LIMIT 1) r;
},
);
my %weights = (assert => 8, open_end => 2, many => 4, observe => 6, upsert => 3, merge => 1, retract => 1);
my @files;
foreach my $name (sort keys %scripts)
{
	append_to_file("$folder/$name", $scripts{$name});
	push @files, '-f', "$folder/$name\@$weights{$name}";
}

# Deadlocks and serialization failures are tried again; every other error ends a client.
sub run_clients
{
	my ($what, $seconds, @options) = @_;
	my ($output, $log) = ('', '');
	local $ENV{PGOPTIONS} = "@options";

	my $ended = IPC::Run::run([ 'pgbench', '-n', '-c', $clients, '-j', 2, '-T', $seconds, '--max-tries=100', '--random-seed=3', @files, $node->connstr('postgres') ],
		'>', \$output, '2>', \$log);
	ok($ended, "$what: the clients end well") or diag($log);
	my ($done) = $output =~ /actually processed: (\d+)/;
	my ($retried) = $output =~ /transactions retried: (\d+)/;
	cmp_ok($done // 0, '>', 20, "$what: they did something");
	note("$what: $done transactions, $retried tried again");
	return;
}

sub check_rules
{
	my ($what) = @_;
	my %rules = (
		'entities of one name and type' => 'SELECT type, kg.name_key(name) FROM m.entity GROUP BY 1, 2 HAVING count(*) > 1',
		'aliases that are names of another entity' => 'SELECT FROM m.alias a JOIN m.entity e ON e.type = a.type AND kg.name_key(e.name) = kg.name_key(a.name)',
		'facts that are one at a time and valid at one time' => q{
			SELECT FROM m.relation a JOIN m.relation b ON b.source = a.source AND b.type = a.type AND b.id > a.id AND tstzrange(b.valid_from, b.valid_to) && tstzrange(a.valid_from, a.valid_to)
			WHERE a.expired_at IS NULL AND b.expired_at IS NULL AND a.type IN (SELECT id FROM m.relation_type WHERE name IN ('lives_in', 'works_at'))},
		# of the type of which no facts are merged
		'facts that were known and valid at one time' => q{
			SELECT FROM m.relation a JOIN m.relation b ON b.source = a.source AND b.type = a.type AND b.id > a.id AND tstzrange(b.valid_from, b.valid_to) && tstzrange(a.valid_from, a.valid_to) AND
				tstzrange(b.recorded_at, b.expired_at) && tstzrange(a.recorded_at, a.expired_at)
			WHERE a.type = (SELECT id FROM m.relation_type WHERE name = 'works_at')},
		'facts that are known twice' => q{
			SELECT FROM m.relation a JOIN m.relation b ON b.source = a.source AND b.target = a.target AND b.type = a.type AND b.id > a.id AND tstzrange(b.valid_from, b.valid_to) && tstzrange(a.valid_from, a.valid_to)
			WHERE a.expired_at IS NULL AND b.expired_at IS NULL},
		'times that go backwards' => 'SELECT FROM m.relation WHERE recorded_at > expired_at OR expired_at > clock_timestamp()',
		'observations that were lost' => 'SELECT FROM said s WHERE NOT EXISTS (SELECT FROM m.observation o WHERE o.content = s.content AND o.expired_at IS NULL)',
		'observations that nobody made' => q{SELECT FROM m.observation o WHERE content <> 'all say this' AND NOT EXISTS (SELECT FROM said s WHERE s.content = o.content)},
		'observations that are known twice' => 'SELECT entity, content FROM m.observation WHERE expired_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1',
	);

	is($node->safe_psql('postgres', "SELECT count(*) FROM ($rules{$_}) q"), '0', "$what: no $_") foreach sort keys %rules;
	return;
}

run_clients('read committed', $seconds);
check_rules('read committed');
is($node->safe_psql('postgres', q{
	SELECT bool_and(n > 0) FROM (VALUES
		((SELECT count(*) FROM m.relation WHERE expired_at IS NOT NULL)), ((SELECT count(*) FROM m.change WHERE action = 'merge')),
		((SELECT count(*) FROM m.observation)), ((SELECT count(*) FROM said)), ((SELECT count(*) FROM m.alias))) v(n)}),
	't', 'something was superseded, merged and observed');
run_clients('repeatable read', 3, '-c default_transaction_isolation=repeatable\\ read');
check_rules('repeatable read');

$node->stop;
done_testing();
