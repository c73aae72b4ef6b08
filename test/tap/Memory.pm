# Clients of pgbench that write the graph "m" by the verbs of memory, and the rules
# that it keeps whatever they do.  A schema is given as "name." or ''.
package Memory;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(memory_setup memory_scripts memory_rules);

# Statements that make the graph, and in a schema what the scripts need.
sub memory_setup
{
	my ($schema) = @_;
	return qq{
	SELECT kg.create_graph('m', 2);
	SELECT kg.set_relation_type('lives_in', true, 'm'), kg.set_relation_type('works_at', true, 'm');
	-- what was said, by each client: one row for each observation that a committed call added
	CREATE TABLE ${schema}said (content text PRIMARY KEY);
	-- Between a look-up and the call another client may merge the same entity away.
	CREATE FUNCTION ${schema}merge_some(p int, n int) RETURNS void LANGUAGE plpgsql AS \$\$
	BEGIN
		PERFORM kg.assert_fact('alter ego ' || n, 'lives_in', 'place 1', '2016-01-01', '2017-01-01', subject_type => 'person', object_type => 'place', graph => 'm');
		PERFORM kg.merge_entities(d.id, k.id, 'm')
		FROM m.entity d, m.entity k WHERE d.name = 'alter ego ' || n AND kg.name_key(k.name) = 'person ' || p;
	EXCEPTION WHEN foreign_key_violation THEN
		RAISE NOTICE 'not merged: %', SQLERRM;
	END \$\$;
};
}

# Scripts by name.  Few names, so that clients meet; the same name in several spellings.
sub memory_scripts
{
	my ($schema) = @_;
	return (
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
		observe => qq{
\\set p random(1, 12)
\\set q random(1, 12)
\\set n random(1, 1000000000)
BEGIN;
INSERT INTO ${schema}said VALUES (:client_id || ' ' || :n) ON CONFLICT DO NOTHING;
} . q{SELECT kg.add_observations(jsonb_build_array(
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
		merge => qq{
\\set p random(1, 12)
\\set n random(1, 30)
SELECT ${schema}merge_some(:p, :n);
},
		retract => q{
\set n random(1, 200)
SELECT kg.retract(r.id, graph => 'm') FROM (SELECT id FROM m.relation WHERE expired_at IS NULL ORDER BY id DESC OFFSET :n LIMIT 1) r;
});
}

# Queries by name; none of them has a row.
sub memory_rules
{
	my ($schema) = @_;
	return (
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
		'observations that were lost' => "SELECT FROM ${schema}said s WHERE NOT EXISTS (SELECT FROM m.observation o WHERE o.content = s.content AND o.expired_at IS NULL)",
		'observations that nobody made' => "SELECT FROM m.observation o WHERE content <> 'all say this' AND NOT EXISTS (SELECT FROM ${schema}said s WHERE s.content = o.content)",
		'observations that are known twice' => 'SELECT entity, content FROM m.observation WHERE expired_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1',
	);
}

1;
