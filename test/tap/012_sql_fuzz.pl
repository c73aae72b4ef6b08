# Every function, aggregate and operator of schema kg by its signature, with
# random values of the arguments' types: usual ones, NULLs, extremes, wrong
# lengths, huge arrays, descriptions of graphs that are nearly right.  An answer, an
# error that is the caller's or a cancel is right; a crash or an internal error is not.
#
# KG_FUZZ_SEED and KG_FUZZ_CALLS (for each function) are for longer runs.  With
# KG_SMITH_QUERIES sqlsmith makes so many statements of all tables, functions and
# operators that there are.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Graph;

my $seed = $ENV{KG_FUZZ_SEED} // 1;
my $calls = $ENV{KG_FUZZ_CALLS} // 8;
my $node = graph_node('fsync = off', 'shared_preload_libraries = kg', 'max_connections = 20', 'log_min_messages = log');

srand($seed);

sub sql
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

sub any_of
{
	return $_[ int rand @_ ];
}

sql('CREATE EXTENSION kg', q{
	SELECT kg.create_graph('g', 3);
	INSERT INTO g.entity_type (name) VALUES ('t'), ('u');
	INSERT INTO g.relation_type (name) VALUES ('r'), ('s');
	INSERT INTO g.entity (type, name, embedding, properties)
	SELECT 1 + i % 2, 'e' || i, format('[%s,%s,1]', i, i % 5)::kg.vector, jsonb_build_object('p', i) FROM generate_series(1, 40) i;
	INSERT INTO g.relation (source, target, type, weight)
	SELECT 1 + i % 40, 1 + i * 7 % 40, 1 + i % 2, i / 8.0 FROM generate_series(1, 120) i;
	CREATE TABLE node (id int PRIMARY KEY, name text, e kg.vector(3));
	CREATE TABLE edge (id int PRIMARY KEY, a int REFERENCES node, b int REFERENCES node, weight float8, during tstzrange);
	INSERT INTO node SELECT i, 'n' || i, format('[%s,%s,0]', i, i % 3)::kg.vector FROM generate_series(1, 30) i;
	INSERT INTO edge SELECT i, 1 + i % 30, 1 + i * 11 % 30, i FROM generate_series(1, 90) i;
	CREATE INDEX ON edge (a); CREATE INDEX ON edge (b);
	SELECT kg.register_graph('h', '"node"', '"edge"');
	CREATE TABLE word (id text PRIMARY KEY, e kg.halfvec(3), s kg.sparsevec(9), f int);
	INSERT INTO word SELECT 'w' || i, format('[%s,%s,0]', i, i % 3)::kg.halfvec, format('{1:%s}/9', i)::kg.sparsevec, i % 4
	FROM generate_series(1, 50) i;
	CREATE INDEX word_e ON word USING kg_hnsw (e kg.halfvec_l2_ops);
	CREATE INDEX word_s ON word USING kg_hnsw (s kg.sparsevec_l2_ops);
	CREATE INDEX node_e ON node USING kg_hnsw (e kg.vector_cosine_ops);
	CREATE VIEW seen AS SELECT * FROM node;
	CREATE TABLE part (id int, e kg.vector(3)) PARTITION BY LIST (id);
	CREATE SEQUENCE counter;
	ANALYZE});

my @integers = (0, 1, 2, 3, 7, -1, 40, 100, 1000, 32767, 2147483647, -2147483648);
my @floats = (0, 0.5, 1, -1, 1e-45, 1e-300, 1e300, "'NaN'", "'Infinity'", "'-Infinity'", "'-0'", 3.4e38, 1e10);
my @relations = qw(node edge word part seen word_e word_s node_e node_pkey counter g.entity g.relation g.entity_pkey pg_class
	pg_type kg.graph nowhere);
my @names = ('g', 'h', 'nowhere', '', 'node', 'word', 'pg_catalog', 'x"y', "a'b", 'a;b', "\x{e4}", 'x' x 63, 'x' x 300, 'select');
my @words = (qw(out in both cosine l2 ip l1 hamming jaccard node edge edges id name e a b weight during type t u r s w1 e1 n1),
	'id < 5', 'true', 'r.source = 1', 'SELECT 1', 'SELECT id FROM node', 'a OR b', '*', '%', "\\", '{}', '1', '-1', '1.5', 'NaN',
	'[1,2,3]', '$1', '$$', '/*', '--', 'jsonl', 'graphml', 'n1 <b>', '"node"', 'public.node', 'public');

# As a literal of SQL
sub quoted
{
	my ($text) = @_;
	my $escape = $text =~ s/\\/\\\\/g ? 'E' : '';
	$text =~ s/'/''/g;
	$text =~ s/\n/\\n/g and $escape = 'E';
	return "$escape'$text'";
}

# JSON that descriptions, filters and documents begin with, and random JSON
my @documents = ('"node"', '"edge"', '{}', '[]', 'null', '1', '[null]', '[[]]', '{"p": 3}', '{"p": null}', '["node", "edge"]',
	'{"table": "node", "key": "id", "name": "name", "embedding": "e"}', '{"table": "edge", "source": "a", "target": "b", "weight": "weight"}',
	'[{"table": "edge", "source": "a", "target": "b", "source_label": "node", "target_label": "node", "type": "r"}]',
	'{"type": "node", "id": "1", "labels": ["t"], "properties": {"p": 1}}', '{"id": 1, "type": "t", "name": "x", "embedding": [1, 2, 3]}',
	'[{"name": "e3", "type": "t", "properties": {"p": 1}, "embedding": [1, 2, 3], "importance": 0.5, "aliases": ["x", "y"]}]',
	'[{"source": {"name": "e3"}, "target": "e4", "type": "r", "weight": 1e308, "valid_from": "2020-01-01", "valid_to": "infinity"}]',
	'[{"entity": {"id": 5}, "content": "x", "source": "y", "at": "now", "valid_from": null, "embedding": "[1,2,3]"}]',
	'[{"document": "d", "ordinal": 2, "name": "n", "title": "t", "content": "c", "type": "t", "entities": ["e3", {"id": 3}], "parent": 1}]');
# Texts that imports read
my @texts = ('{"type": "entity", "name": "a", "entityType": "t", "observations": ["x", null]}' . "\n" . '{"type": "relation", "from": "a", "to": "b", "relationType": "r"}',
	'<graphml><key id="k" for="node" attr.name="name"/><graph edgedefault="directed"><node id="1"><data key="k">a</data></node><edge source="1" target="1"/></graph></graphml>',
	"id,name,type\n1,\"a\"\"b\",t\n2,,\n", "source,target,type,weight\n1,2,r,1e400\n", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>');
my @keys = (qw(table label key source target type name embedding schema weight source_label target_label valid_from valid_to
	undirected properties p id text time $ labels alias), '');

sub random_json
{
	my ($depth) = @_;
	my $kind = int rand($depth > 3 ? 5 : 8);

	return any_of('null', 'true', 'false') if $kind == 0;
	return any_of(0, 1, -1, 1e300, '1e400', 12345678901234567890, 0.1) if $kind == 1;
	return '"' . any_of(@words[ 0 .. 24 ], 'node', 'edge', '') . '"' if $kind < 5;
	return '[' . join(', ', map { random_json($depth + 1) } 1 .. int rand 4) . ']' if $kind == 5;
	return '{' . join(', ', map { '"' . any_of(@keys) . '": ' . random_json($depth + 1) } 1 .. int rand 5) . '}';
}

# One of the documents, of which a string or a value is exchanged
sub nearly_right_json
{
	my $text = any_of(@documents);
	my @places;

	push @places, [ $-[0], $+[0] ] while $text =~ /"[^"]*"(?!:)|\d+|null/g;
	my $place = any_of(@places) or return $text;
	substr($text, $place->[0], $place->[1] - $place->[0]) = random_json(2) if rand() < 0.6;
	return $text;
}

# A text of which a part is lost, repeated or something else
sub spoilt
{
	my ($text) = @_;
	my ($at, $length) = (int rand length $text, 1 + int rand 8);

	substr($text, $at, $length) = any_of('', "\n", '"', '<', '&#0;', "\x{1f600}", '\\u0000', ',', '9' x 400, substr $text, $at, 2 * $length) if rand() < 0.7;
	return $text;
}

sub elements
{
	my $n = any_of((3) x 20, 0, 1, 9, 16000, 16001, 70000);
	return "(SELECT '['||string_agg((i % 7)::text, ',')||']' FROM generate_series(1, $n) i)" if $n > 9;
	return "'[" . join(',', map { any_of(0, 1, -1, 2.5, '3e38', '1e-45', 60000, 'NaN') } 1 .. $n) . "]'" if rand() < 0.2;
	return "'[" . join(',', map { any_of(0, 1, -1, 2.5, 60000, 0.001) } 1 .. $n || 3) . "]'";
}

sub sparse_elements
{
	my @indices = grep { rand() < 0.4 } 1 .. 9;
	return any_of("'{}/9'", "'{}/1000000000'", "'{1:1,1000000000:2}/1000000000'", "'{0:1}/9'", "'{1:NaN}/9'") if rand() < 0.2;
	return "'{" . join(',', map { "$_:" . any_of(1, -1, '3e38', '1e-45', 0.5) } @indices) . "}/9'";
}

sub ball
{
	return any_of(map { "kg.ball($_)" } "'[1,2,3]'::kg.vector, 1", "'[1,2,3]'::kg.halfvec, 1e308", "'[1,2,3]'::kg.vector, 'NaN'",
		"'{1:1}/9'::kg.sparsevec, 2", "'[1]'::kg.vector, 0");
}

# A value of each type; a type that is not here gets one that its input
# function may refuse.
my %values = (
	'boolean' => sub { any_of('true', 'false') },
	'smallint' => sub { any_of(0, 1, 2, 3, -1, 32767, -32768) },
	'integer' => sub { any_of(@integers) },
	'bigint' => sub { any_of(@integers, '9223372036854775807', '-9223372036854775808', '4294967296', '281474976710656') },
	'numeric' => sub { any_of(@integers, "'NaN'", '1e1000', '1e-1000', '12345678901234567890.5') },
	'real' => sub { any_of(map { /e-?300/ ? 1 : $_ } @floats) },
	'double precision' => sub { any_of(@floats) },
	'text' => sub {
		return "repeat('x', 3000000)" if rand() < 0.02;
		return quoted(nearly_right_json()) if rand() < 0.1;
		return quoted(spoilt(any_of(@texts))) if rand() < 0.1;
		return quoted(any_of(@names, @words, @words, @relations));
	},
	'name' => sub { quoted(substr any_of(@names, @words, @relations), 0, 63) },
	'cstring' => sub { quoted(any_of('[1,2,3]', '{1:1}/3', '[', '{', '', @words)) },
	'regclass' => sub { rand() < 0.1 ? any_of(0, 1, 4294967295) : quoted(any_of(@relations)) },
	'oid' => sub { rand() < 0.5 ? any_of(0, 1, 4294967295, 1259) : quoted(any_of(@relations)) . '::regclass' },
	'regtype' => sub { quoted(any_of('int', 'text', 'kg.vector', 'record', 'anyelement')) },
	'regproc' => sub { any_of(0, 1, "'now'", "'kg.create_graph'") },
	'regprocedure' => sub { any_of(0, 1, "'now()'") },
	'jsonb' => sub { quoted(rand() < 0.6 ? nearly_right_json() : random_json(0)) },
	'json' => sub { quoted(rand() < 0.6 ? nearly_right_json() : random_json(0)) },
	'xml' => sub { quoted(any_of('<d/>', '<graphml><graph edgedefault="directed"><node id="a"/><edge source="a" target="b"/></graph></graphml>',
		'<d key="k">x</d>', '')) },
	'bytea' => sub { any_of("''", "'\\x00'", "'\\x0003000000000000'", "decode(repeat('ff', 100), 'hex')") },
	'bit' => sub { any_of("B'101'", "B''", "B'1'", "repeat('1', 64001)::varbit") },
	'bit varying' => sub { any_of("B'101'", "B''", "repeat('10', 900000)::varbit") },
	'timestamp with time zone' => sub { any_of('now()', "'infinity'", "'-infinity'", "'4713-01-01 BC'", "'294276-12-31'") },
	'interval' => sub { any_of("'1 day'", "'-178000000 years'", "'0'") },
	'tstzrange' => sub { any_of("'empty'", "'(,)'", "'[2020-01-01,2021-01-01)'", "'[now,infinity]'") },
	'kg.vector' => \&elements,
	'kg.halfvec' => \&elements,
	'kg.int8vec' => \&elements,
	'kg.sparsevec' => \&sparse_elements,
	'kg.ball' => \&ball,
);
my @polymorphic = ('integer', 'bigint', 'text', 'kg.vector', 'kg.sparsevec', 'jsonb', 'boolean', 'uuid');

sub array_of
{
	my ($type) = @_;
	my $kind = rand();

	return "'{}'" if $kind < 0.1;
	# a state of the sums: how many, and their elements
	return "'{" . any_of(0, 1, 2, 3, -1, 1e300, 'NaN') . any_of('', ',1', ',1,2,3', ',1,NULL,3', ',1e300,-1e300,NaN') . "}'"
		if $type eq 'double precision' && $kind < 0.6;
	return "ARRAY[[" . join('], [', map { value($type) } 1 .. 2) . ']]' if $kind < 0.15;
	return 'array_fill(' . value($type) . ', ARRAY[' . any_of(1000, 100000) . '])' if $kind < 0.2;
	return "'[-3:-1]={NULL,NULL,NULL}'" if $kind < 0.25;
	return 'ARRAY[' . join(', ', map { value($type) } 1 .. 1 + int rand 4) . ']';
}

# A value of a type, with its cast
sub value
{
	my ($type) = @_;

	return value(any_of(@polymorphic)) if $type =~ /^"?any"?(element|nonarray|compatible|compatiblenonarray)?$/;
	return value(any_of(@polymorphic) . '[]') if $type =~ /^any.*array$/;
	$type =~ s/^"(\w+)"$/$1/;
	return "NULL::$type" if rand() < 0.06;
	return '(' . array_of($type =~ s/\[\]$//r) . ")::$type" if $type =~ /\[\]$/;
	return $type eq 'record' ? "ROW(1, 'a')" : "'x'::$type" unless $values{$type};
	my $value = $values{$type}->();
	return $type =~ /^bit/ ? $value : $value =~ /^[-0-9]/ ? "($value)::$type" : "$value\::$type";
}

# Arguments that have a meaning by their names
my %named = (
	graph => sub { quoted(any_of('g', 'h', 'g', 'h', @names)) },
	direction => sub { quoted(any_of(qw(out in both), @words)) },
	metric => sub { quoted(any_of(qw(cosine l2 ip l1), @words)) },
	query => sub { quoted(any_of('SELECT * FROM node ORDER BY e OPERATOR(kg.<->) \'[1,2,3]\' LIMIT 3', @words)) },
	filter => sub { quoted(any_of('id < 5', 'true', 'r.source > 3', '1', 'false; DROP TABLE node', '(SELECT 1)::bool', @words)) },
	nodes => sub { quoted(rand() < 0.5 ? nearly_right_json() : spoilt(any_of(@texts))) },
	data => sub { quoted(spoilt(any_of(@texts))) },
	max_depth => sub { any_of(@integers) . '::int' },
);

my @settings = map { [ split /\|/ ] } split /\n/, sql(q{
	LOAD 'kg';
	SELECT name, vartype, min_val, max_val, array_to_string(enumvals, ',') FROM pg_settings
	WHERE name LIKE 'kg.%' AND context = 'user' AND vartype <> 'string'});
ok(@settings > 3, 'settings of kg');

sub random_setting
{
	my ($name, $type, $min, $max, $values) = @{ any_of(@settings) };
	my $value = $type eq 'enum' ? any_of(split /,/, $values) : $type eq 'bool' ? any_of('on', 'off') : any_of($min, $max);
	return "SET LOCAL $name = '$value'; ";
}

# One line for each call, of which psql tells the number; the transaction is
# taken back.
my @lines = ('SET search_path = public, kg; SET statement_timeout = 1000; SET work_mem = "2MB"; SET maintenance_work_mem = "8MB"; '
	. 'SET client_min_messages = error; SET temp_file_limit = "300MB"');

sub add_call
{
	my ($call) = @_;
	push @lines, 'BEGIN; ' . (rand() < 0.15 ? random_setting() : '') . "$call; ROLLBACK";
	return;
}

my @functions = map { [ split /\|/, $_, -1 ] } split /\n/, sql(q{
	SELECT format('kg.%I', proname), proretset, prorettype = 'record'::regtype AND proallargtypes IS NULL AND proretset,
		(SELECT string_agg(format_type(t, NULL), ',' ORDER BY i) FROM unnest(proargtypes) WITH ORDINALITY a(t, i)),
		array_to_string(proargnames[:pronargs], ',', ''), pronargdefaults, provariadic <> 0
	FROM pg_proc
	WHERE pronamespace = 'kg'::regnamespace AND prokind IN ('f', 'a') AND NOT proargtypes::oid[] && ARRAY['internal'::regtype::oid]
	ORDER BY 1, 4});
cmp_ok(scalar @functions, '>', 300, 'functions to call');

foreach my $function (@functions)
{
	my ($name, $set, $record, $types, $argnames, $defaults) = @$function;
	my @types = split /,/, $types;
	my @argnames = split /,/, $argnames;

	foreach my $n (1 .. (@types ? $calls : 1))
	{
		my $given = @types - int(rand() * ($defaults + 1));
		my @arguments;

		foreach my $i (0 .. $given - 1)
		{
			my $by_name = $types[$i] =~ /^(text|jsonb|name|integer|json)$/ && $named{ $argnames[$i] // '' };
			push @arguments, $by_name && rand() < 0.9 ? $by_name->() . "::$types[$i]" : value($types[$i]);
		}
		my $call = "$name(" . join(', ', @arguments) . ')';
		add_call($set eq 't' && $record ne 't' && rand() < 0.7 ? "SELECT * FROM $call LIMIT 200" : "SELECT $call");
	}
}

my @operators = map { [ split /\|/, $_, -1 ] } split /\n/, sql(q{
	SELECT oprname, format_type(nullif(oprleft, 0), NULL), format_type(oprright, NULL) FROM pg_operator
	WHERE oprnamespace = 'kg'::regnamespace ORDER BY oid});
cmp_ok(scalar @operators, '>', 30, 'operators to call');
foreach my $operator (@operators)
{
	my ($name, $left, $right) = @$operator;
	add_call('SELECT ' . value($left) . " OPERATOR(kg.$name) " . value($right)) for 1 .. $calls;
}

# Casts from and to the types, with a length modifier
my @casts = map { [ split /\|/ ] } split /\n/, sql(q{
	SELECT format_type(castsource, NULL), format_type(casttarget, NULL) FROM pg_cast
	WHERE castsource >= 16384 OR casttarget >= 16384 ORDER BY 1, 2});
foreach my $cast (@casts)
{
	add_call('SELECT ' . value($cast->[0]) . "::$cast->[1]" . ($cast->[1] =~ /\[\]|bit/ || rand() < 0.5 ? '' :
		'(' . any_of(0, 1, 3, 16000, 1000000000, 2147483647, -1, "1, 2") . ')')) for 1 .. $calls * 2;
}

# Options of the index, and scans of it
my @options = qw(m ef_construction storage code_bits target_recall neighbors fillfactor unknown);
my @classes = split /\n/, sql(q{
	SELECT format('kg.%I %s', opcname, format_type(opcintype, NULL)) FROM pg_opclass
	WHERE opcmethod = (SELECT oid FROM pg_am WHERE amname = 'kg_hnsw') AND opcnamespace = 'kg'::regnamespace ORDER BY 1});
foreach my $n (1 .. $calls * 10)
{
	my ($class, $type) = split / /, any_of(@classes), 2;
	my $modifier = $type =~ /^(kg\.|bit)/ && $type !~ /\[\]/ ? '(' . any_of(1, 3, 9, 2000, 16000, 64000) . ')' : '';
	my $with = join(', ', map { any_of(@options) . ' = ' . any_of(@integers, "'auto'", "'sq8'", "'f16'", "'sq2'", 0.9, "''") } 1 .. int rand 3);

	add_call("CREATE TABLE i (e $type$modifier); INSERT INTO i VALUES " . join(', ', map { '(' . value($type) . ')' } 1 .. 3)
		. "; CREATE INDEX ON i USING kg_hnsw (e $class)" . ($with && " WITH ($with)"));
	add_call('SET LOCAL enable_seqscan = off; SELECT id FROM ' . any_of("node ORDER BY e <-> " . value('kg.vector'), "node ORDER BY e <=> "
		. value('kg.vector'), 'word ORDER BY e <-> ' . value('kg.halfvec'), 'word ORDER BY s <-> ' . value('kg.sparsevec'))
		. ' LIMIT ' . any_of(0, 1, 10, 1000));
}

# What went wrong, by psql's message: the call and the message
my $file = $node->basedir . '/calls.sql';
my $calls_text = join(";\n", @lines) . ";\n";
utf8::encode($calls_text);
append_to_file($file, $calls_text);
my $err = '';
my $begin = time;
my $result = IPC::Run::run([ 'psql', '-XAqt', '-o', '/dev/null', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', '-d',
	$node->connstr('postgres'), '-f', $file ], '2>', \$err);
my %wrong;
my %states;
while ($err =~ /^psql:[^:]*:(\d+): (?:ERROR|FATAL|PANIC|WARNING):  (\w{5}): (.*)$/mg)
{
	my ($line, $state, $message) = ($1, $2, $3);
	$states{$state}++;
	$wrong{"$state: $message\n$lines[$line - 1]"}++ if $state =~ /^(XX|58|P0004)/ || $message =~ /cache lookup failed|invalid memory alloc/;
}
my @lost = $err =~ /^(psql:.*(?:server closed|connection to server|terminating connection|lost).*)$/mg;
if (@lost)
{
	my ($line) = $lost[0] =~ /:(\d+):/;
	$wrong{"$lost[0]\n" . ($line ? $lines[$line - 1] : '')}++;
}
note(scalar(@lines) . " calls, seed $seed, in " . (time - $begin) . ' s; by SQLSTATE: '
	. join(', ', map { "$_ $states{$_}" } sort keys %states));
is(join("\n", map { substr $_, 0, 1500 } sort keys %wrong), '', "no crash and no internal error in all calls (seed $seed)");
cmp_ok(scalar keys %states, '>', 15, 'errors of many kinds are among the answers');
my $unknown = () = $err =~ /42883: function/g;
cmp_ok($unknown, '<', @lines / 20, 'the calls find their functions');
my $syntax = () = $err =~ /42601/g;
cmp_ok($syntax, '<', @lines / 20, 'the calls are SQL');
if ($ENV{KG_SMITH_QUERIES})
{
	my $at = -s $node->logfile;
	my $out = '';

	# so that it need not know of schemas
	sql('ALTER DATABASE postgres SET search_path = public, kg', "ALTER DATABASE postgres SET statement_timeout = '5s'",
		'ALTER SYSTEM SET log_error_verbosity = verbose', 'SELECT pg_reload_conf()');
	ok(IPC::Run::run([ 'sqlsmith', '--target=' . $node->connstr('postgres'), "--seed=$seed", "--max-queries=$ENV{KG_SMITH_QUERIES}",
		'--exclude-catalog' ], '>&', \$out), 'sqlsmith came to its end');
	# internal errors, each with the place that raised it
	my @internal = slurp_file($node->logfile, $at) =~ /^[^\n]*ERROR:  (XX\d{3}: [^\n]*)\n(?:[^\n]*(?:DETAIL|HINT|CONTEXT):[^\n]*\n)*[^\n]*LOCATION: [^\n]*?([\w.]+):\d+$/mg;
	my %internal;
	while (my ($message, $file) = splice @internal, 0, 2)
	{
		$internal{"$file: $message"}++ if grep { -e } glob "src/{*,*/*}/$file";
	}
	is(join("\n", sort keys %internal), '', "$ENV{KG_SMITH_QUERIES} statements of sqlsmith: no internal error of kg's");
}

is(sql('SELECT count(*) FROM node'), '30', 'the server answers, nothing was kept');
is(sql("SELECT kg.index_check(i) FROM unnest('{node_e,word_e,word_s}'::regclass[]) i"), '', '... and its indexes are whole');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal/, 'no assertion failed');

$node->stop;
done_testing();
