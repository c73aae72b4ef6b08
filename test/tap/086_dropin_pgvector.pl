# The drop-in beside pgvector: the same objects, and a dump of a pgvector database
# restores into it.  Each has a server of its own.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Dropin;
use Pgvector;

my $theirs = pgvector_node('pgvector');
my $ours = dropin_node('dropin');

# OBJECTS

# What clients and dumps can see of an extension's objects, by kind.
my $members = "(SELECT classid, objid FROM pg_depend JOIN pg_extension e ON e.oid = refobjid
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND extname = 'vector')";
my %objects = (
	function => "SELECT p.oid::regprocedure, pg_get_function_result(p.oid), prokind, provolatile, proisstrict, proparallel, proleakproof, prosecdef, proretset
		FROM pg_proc p JOIN $members m ON classid = 'pg_proc'::regclass AND objid = p.oid",
	aggregate => "SELECT a.aggfnoid::regprocedure, aggtransfn, aggfinalfn, aggcombinefn, aggtranstype::regtype, agginitval
		FROM pg_aggregate a JOIN $members m ON classid = 'pg_proc'::regclass AND objid = a.aggfnoid",
	type => "SELECT typname, typlen, typbyval, typcategory, typispreferred, typalign, typstorage, typinput, typoutput, typreceive, typsend, typmodin, typmodout
		FROM pg_type t JOIN $members m ON classid = 'pg_type'::regclass AND objid = t.oid",
	operator => "SELECT o.oid::regoperator, oprresult::regtype, oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanhash, oprcanmerge
		FROM pg_operator o JOIN $members m ON classid = 'pg_operator'::regclass AND objid = o.oid",
	cast => "SELECT castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext, castmethod
		FROM pg_cast c JOIN $members m ON classid = 'pg_cast'::regclass AND objid = c.oid",
	'access method' => "SELECT amname, amhandler, amtype FROM pg_am a JOIN $members m ON classid = 'pg_am'::regclass AND objid = a.oid",
	class => "SELECT amname, opcname, opcintype::regtype, opcdefault, opfname, opckeytype
		FROM pg_opclass c JOIN $members m ON classid = 'pg_opclass'::regclass AND objid = c.oid
		JOIN pg_am a ON a.oid = opcmethod JOIN pg_opfamily f ON f.oid = opcfamily",
	'operator of a family' => "SELECT amname, opfname, amopstrategy, amoppurpose, amopopr::regoperator, (SELECT opfname FROM pg_opfamily WHERE oid = amopsortfamily)
		FROM pg_amop o JOIN pg_opfamily f ON f.oid = amopfamily JOIN pg_am a ON a.oid = opfmethod JOIN $members m ON classid = 'pg_opfamily'::regclass AND objid = f.oid",
	'function of a family' => "SELECT amname, opfname, amprocnum, amproclefttype::regtype, amproc::regprocedure
		FROM pg_amproc p JOIN pg_opfamily f ON f.oid = amprocfamily JOIN pg_am a ON a.oid = opfmethod JOIN $members m ON classid = 'pg_opfamily'::regclass AND objid = f.oid",
	setting => "SELECT name, boot_val, min_val, max_val, enumvals, context, vartype FROM pg_settings WHERE name ~ '^(hnsw|ivfflat)[.]'",
	extension => "SELECT extname, extversion, extrelocatable FROM pg_extension WHERE extname = 'vector'");

# What differs, and why.
my %differences = (
	function => [
		# planner support of kg's, for what distances of long vectors cost
		'+halfvec_distance_support(internal)|internal|f|i|t|s|f|f|f',
		'+vector_distance_support(internal)|internal|f|i|t|s|f|f|f' ],
	operator => [
		# kg estimates <> by what is not equal
		map({ ("+<>($_,$_)|boolean|${_}_ne|<>($_,$_)|=($_,$_)|neqsel|neqjoinsel|f|f",
				"-<>($_,$_)|boolean|${_}_ne|<>($_,$_)|=($_,$_)|eqsel|eqjoinsel|f|f") } 'halfvec', 'sparsevec', 'vector') ]);

foreach my $node ($theirs, $ours)
{
	$node->safe_psql('postgres', 'CREATE EXTENSION vector');
}
# pgvector's tests name the version that the drop-in equals
my $version = $theirs->safe_psql('postgres', "SELECT extversion FROM pg_extension WHERE extname = 'vector'");

foreach my $kind (sort keys %objects)
{
  SKIP:
	{
		skip "pgvector is $version, the drop-in equals 0.8.6", 1 if $version ne '0.8.6';
		my ($expected, $got) = map {
			my $node = $_;
			+{ map { $_ => 1 } split /\n/, $node->safe_psql('postgres', "SET client_min_messages = error; LOAD 'vector'; $objects{$kind}") }
		} $theirs, $ours;
		my @differences = (map({ "+$_" } grep { !$expected->{$_} } keys %$got), map({ "-$_" } grep { !$got->{$_} } keys %$expected));
		is(join("\n", sort @differences), join("\n", sort @{ $differences{$kind} // [] }), "$kind: " . keys(%$expected) . ' compared');
	}
}

# A DUMP OF PGVECTOR'S

$theirs->safe_psql('postgres', 'CREATE DATABASE app');
$theirs->safe_psql('app', join ";\n",
	'CREATE SCHEMA extensions', 'CREATE EXTENSION vector SCHEMA extensions', 'SET search_path = public, extensions',
	'CREATE TABLE items (id bigserial PRIMARY KEY, v vector(3), h halfvec(3) NOT NULL, s sparsevec(5), b bit(8), many vector(3)[],
		CHECK (vector_dims(v) = 3), EXCLUDE USING btree (h WITH =))',
	"INSERT INTO items (v, h, s, b, many) SELECT ARRAY[i, i % 7, i % 11], ARRAY[i, i % 7, i % 11], format('{1:%s,5:2}/5', i)::sparsevec,
		(i % 256)::bit(8), ARRAY[ARRAY[i, 1, 2]::vector, '[1,2,3]'] FROM generate_series(1, 500) i",
	"INSERT INTO items (h) VALUES ('[0,0,0]')",
	'CREATE INDEX ON items USING hnsw (v vector_cosine_ops) WITH (m = 16, ef_construction = 64)',
	'CREATE INDEX ON items USING hnsw (v vector_l2_ops)', 'CREATE INDEX ON items USING hnsw (v vector_ip_ops)',
	'CREATE INDEX ON items USING hnsw (h halfvec_l2_ops)', 'CREATE INDEX ON items USING ivfflat (v) WITH (lists = 10)',
	'CREATE INDEX ON items USING ivfflat (h halfvec_cosine_ops) WITH (lists = 10)',
	'CREATE INDEX ON items USING hnsw ((v::halfvec(3)) halfvec_ip_ops) WHERE id % 2 = 0',
	map({ "CREATE INDEX ON items USING hnsw (s sparsevec_${_}_ops)" } 'l2', 'ip', 'cosine', 'l1'),
	'CREATE INDEX ON items (v)', 'CREATE UNIQUE INDEX ON items (s)',
	"CREATE VIEW near AS SELECT id, v <-> '[1,2,3]' AS distance FROM items ORDER BY v <-> '[1,2,3]' LIMIT 5",
	"CREATE FUNCTION nearest(vector) RETURNS SETOF items LANGUAGE sql AS 'SELECT * FROM extensions.items ORDER BY v <-> \$1 LIMIT 3'" =~ s/extensions.items/items/r,
	'CREATE MATERIALIZED VIEW means AS SELECT id % 3 AS part, avg(v) AS v, sum(h) AS h FROM items GROUP BY 1',
	'ALTER DATABASE app SET hnsw.ef_search = 100');

my $definitions = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'items'::regclass ORDER BY 1";
my @questions = (
	'SELECT id, v, h, s, b, many FROM items ORDER BY id',
	'SELECT id, distance FROM near ORDER BY distance, id', 'SELECT part, v, h FROM means ORDER BY part',
	"SELECT id FROM items ORDER BY v <=> '[3,2,1]', id LIMIT 5",
	"SELECT id FROM items ORDER BY h <-> '[31.1,2,1]' LIMIT 5", "SELECT id, s <-> '{1:1}/5' FROM items ORDER BY 2, 1 LIMIT 5",
	"SELECT id, b <~> '00000111' FROM items ORDER BY 2, 1 LIMIT 5",
	'SHOW hnsw.ef_search');
my $answer = sub {
	my ($node) = @_;
	return $node->safe_psql('app', join ";\n", 'SET search_path = public, extensions', $definitions, @questions);
};

foreach my $format ('plain', 'custom')
{
	my $file = $theirs->basedir . "/app.$format";
	$theirs->command_ok([ 'pg_dump', '-h', $theirs->host, '-p', $theirs->port, '-C', '-F', $format, '-f', $file, 'app' ], "pg_dump of pgvector's: $format");
	$ours->safe_psql('postgres', 'DROP DATABASE IF EXISTS app');
	if ($format eq 'plain')
	{
		$ours->command_ok([ 'psql', '-X', '-h', $ours->host, '-p', $ours->port, '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-f', $file ], 'restored by psql');
	}
	else
	{
		$ours->command_ok([ 'pg_restore', '-h', $ours->host, '-p', $ours->port, '-C', '-e', '-d', 'postgres', $file ], 'restored by pg_restore');
	}
	is($answer->($ours), $answer->($theirs), "$format: indexes and answers");
}

# and back
my $back = $ours->basedir . '/back.custom';
$ours->command_ok([ 'pg_dump', '-h', $ours->host, '-p', $ours->port, '-C', '-F', 'custom', '-f', $back, 'app' ], "pg_dump of the drop-in's");
$theirs->safe_psql('postgres', 'ALTER DATABASE app RENAME TO before');
$theirs->command_ok([ 'pg_restore', '-h', $theirs->host, '-p', $theirs->port, '-C', '-e', '-d', 'postgres', $back ], 'restored where pgvector is');
is($answer->($theirs), $answer->($ours), 'indexes and answers there');

$theirs->stop;
$ours->stop;
done_testing();
