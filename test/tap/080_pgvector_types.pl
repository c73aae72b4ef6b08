# kg_pgvector: kg's indexes, balls, exact search and graphs on columns of
# pgvector's types, under every search_path.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Pgvector;

my $node = pgvector_node('main');
my $database = 'postgres';

sub sql
{
	return $node->safe_psql($database, join(";\n", @_));
}

# What statements fail with
sub failure
{
	my ($result, $out, $err) = $node->psql($database, join(";\n", @_), on_error_stop => 1);
	return $result == 0 ? "none: $out" : $err;
}

# Extensions in a wrong order
sql('CREATE EXTENSION kg');
like(failure('CREATE EXTENSION kg_pgvector'), qr/required extension "vector" is not installed/, 'without pgvector');
sql('CREATE EXTENSION kg_pgvector CASCADE', 'DROP EXTENSION vector CASCADE');
is(sql("SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension"), 'kg plpgsql', 'CASCADE brings pgvector, whose CASCADE takes kg_pgvector along');

$database = 'types';
pgvector_extensions($node, $database);

# All objects are described, and none but those of schema kg or of pgvector's is made
is(sql(q{SELECT pg_describe_object(classid, objid, 0) FROM pg_depend d JOIN pg_extension e ON e.oid = refobjid
	WHERE extname = 'kg_pgvector' AND deptype = 'e' AND refclassid = 'pg_extension'::regclass AND obj_description(objid, classid::regclass::name) IS NULL}),
	'', 'every object has a comment');

# Values are stored alike: what one type writes the other reads, byte by byte
my %samples = (
	vector => [ '[0]', '[1,-2.5,3e-20]', '[' . join(',', map { $_ / 7 } 1 .. 2000) . ']' ],
	halfvec => [ '[0]', '[1,-2.5,65504]', '[' . join(',', map { $_ / 7 } 1 .. 4000) . ']' ],
	sparsevec => [ '{}/5', '{1:1.5,5:-2}/5', '{' . join(',', map { ($_ * 11) . ':' . ($_ / 7) } 1 .. 900) . '}/1000000000' ]);
foreach my $type (sort keys %samples)
{
	foreach my $value (@{ $samples{$type} })
	{
		is(sql("SELECT v::kg.${type}::text = v::text AND kg.${type}_send(v::kg.$type) = ${type}_send(v) AND
				pg_column_size(v::kg.$type) = pg_column_size(v) AND (v::kg.$type)::public.$type = v
			FROM (SELECT '$value'::public.$type AS v) s"), 't', "$type: a value of " . length($value) . ' characters');
	}
	sql("CREATE TABLE cast_$type (p public.$type, k kg.$type)",
		"INSERT INTO cast_$type SELECT v, v FROM unnest(ARRAY['" . join("','", @{ $samples{$type} }) . "']::public.${type}[]) v",
		"INSERT INTO cast_$type SELECT k, p FROM cast_$type");
	is(sql("SELECT count(*), count(*) FILTER (WHERE p::text = k::text AND p = k::public.$type) FROM cast_$type"), '6|6', "$type: assignment both ways");
	my $file = "pg_relation_filenode('cast_$type')";
	my $before = sql("SELECT $file");
	sql("ALTER TABLE cast_$type ALTER p TYPE kg.$type", "ALTER TABLE cast_$type ALTER k TYPE public.$type");
	is(sql("SELECT $file"), $before, "$type: ALTER TABLE ... TYPE without dimensions copies nothing");
	is(sql("SELECT count(*) FILTER (WHERE p::text = k::text) FROM cast_$type"), '6', "$type: and the values are the same");
	like(failure("SELECT '$samples{$type}[0]'::public.$type = '$samples{$type}[0]'::kg.$type"), qr/operator does not exist/, "$type: no implicit cast");
}
is(sql("SELECT ('{\"[1,2]\",NULL}'::public.vector[])::kg.vector[]::text"), '{"[1,2]",NULL}', 'arrays are cast by their elements');
sql('CREATE TABLE dims (v public.vector(3))', "INSERT INTO dims VALUES ('[1,2,3]')");
like(failure('ALTER TABLE dims ALTER v TYPE kg.vector(2)'), qr/expected 2 dimensions, not 3/, 'dimensions are checked');
sql('ALTER TABLE dims ALTER v TYPE kg.vector(3)', 'ALTER TABLE dims ALTER v TYPE public.vector(3) USING v::public.vector(3)');

# Operator classes by each search_path: the one for the column's type, whatever comes first
my $random = 'ARRAY[random(), random() - .5, random(), random() - .5]::real[]';
sql('SELECT setseed(.5)',
	'CREATE TABLE pv (id int PRIMARY KEY, tenant int, e public.vector(4), h public.halfvec(4), s public.sparsevec(4))',
	"INSERT INTO pv SELECT i, i % 50, $random FROM generate_series(1, 3000) i",
	'UPDATE pv SET h = e::public.halfvec, s = e::public.sparsevec',
	"INSERT INTO pv VALUES (3001, 1, NULL, NULL, NULL), (3002, 2, '[0,0,0,0]', '[0,0,0,0]', '{}/4')",
	'CREATE TABLE kv (id int PRIMARY KEY, tenant int, e kg.vector(4), h kg.halfvec(4), s kg.sparsevec(4))',
	'INSERT INTO kv SELECT * FROM pv', 'CREATE TABLE few_pv AS SELECT * FROM pv WHERE id <= 100',
	'CREATE TABLE bits AS SELECT i AS id, (hashint8(i)::bit(32) || hashint8(i + 5000)::bit(32))::bit(64) AS b FROM generate_series(1, 500) i', 'CREATE TABLE few_kv AS SELECT * FROM kv WHERE id <= 100', 'ANALYZE');

my %operators = (l2 => '<->', ip => '<#>', cosine => '<=>', l1 => '<+>');
my %types = (e => 'vector', h => 'halfvec', s => 'sparsevec');
my $forced = 'SET enable_seqscan = off; SET enable_sort = off';

sub test_classes
{
	my ($path, $table, $schema, $visible) = @_;

	foreach my $column ('e', 'h', 's')
	{
		my $type = $types{$column};
		my $query = $column eq 's' ? '{1:1,2:2,3:3,4:4}/4' : '[1,2,3,4]';

		foreach my $metric (sort keys %operators)
		{
			my $operator = $visible ? $operators{$metric} : "OPERATOR($schema.$operators{$metric})";
			my $name = "$path: $table.$column ${type}_${metric}_ops";

			sql("SET search_path = $path", "CREATE INDEX i ON public.$table USING kg_hnsw ($column ${type}_${metric}_ops)");
			is(sql("SELECT opcnamespace::regnamespace, opcintype = atttypid FROM pg_index JOIN pg_opclass o ON o.oid = indclass[0]
				JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] WHERE indexrelid = 'public.i'::regclass"), "$schema|t", "$name: its class");
			like(sql("SET search_path = $path", $forced, "EXPLAIN SELECT id FROM public.$table ORDER BY $column $operator '$query' LIMIT 5"),
				qr/Index Scan using i on/, "$name: the index is used");
			sql('DROP INDEX public.i');
		}
	}
}

foreach my $path ('public', 'public, kg', 'kg, public', '"$user", public, kg', 'kg', "''")
{
	test_classes($path, 'few_pv', 'public', $path =~ /public/);
	test_classes($path, 'few_kv', 'kg', $path =~ /kg/);
}

# Default classes, one for each type
sql('SET search_path = kg, public', 'CREATE INDEX i1 ON pv USING kg_hnsw (e)', 'CREATE INDEX i2 ON pv USING kg_hnsw (h)',
	'CREATE INDEX i3 ON kv USING kg_hnsw (e)', 'CREATE INDEX i4 ON kv USING kg_hnsw (h)',
	'CREATE INDEX i5 ON pv USING kg_hnsw (s)', 'CREATE INDEX i6 ON kv USING kg_hnsw (s)');
is(sql("SELECT string_agg(pg_get_indexdef(i::regclass), ' ' ORDER BY i) FROM unnest('{i1,i2,i3,i4,i5,i6}'::text[]) i"),
	join(' ', map { "CREATE INDEX i$$_[0] ON public.$$_[1] USING kg_hnsw ($$_[2])" } [ 1, 'pv', 'e' ], [ 2, 'pv', 'h' ], [ 3, 'kv', 'e' ], [ 4, 'kv', 'h' ], [ 5, 'pv', 's' ], [ 6, 'kv', 's' ]),
	'default classes');
is(sql("SELECT string_agg(DISTINCT opcname || ' ' || opcnamespace::regnamespace, ', ') FROM pg_index JOIN pg_opclass o ON o.oid = indclass[0] WHERE indexrelid::regclass::text ~ '^i[1-6]\$'"),
	'halfvec_l2_ops kg, halfvec_l2_ops public, sparsevec_l2_ops kg, sparsevec_l2_ops public, vector_l2_ops kg, vector_l2_ops public', 'are of the columns\' types');
sql('DROP INDEX i1, i2, i3, i4, i5, i6');

# What CREATE INDEX reports is PostgreSQL's own
sql('CREATE ROLE other', 'GRANT CREATE ON SCHEMA public TO other');
foreach my $case ([ 'e vector_none_ops', 'operator class "vector_none_ops" does not exist for access method "kg_hnsw"' ],
	[ 'id vector_l2_ops', 'operator class "vector_l2_ops" does not accept data type integer' ],
	[ 'h vector_l2_ops', 'operator class "vector_l2_ops" does not accept data type %shalfvec' ],
	[ 'none vector_l2_ops', 'column "none" does not exist' ], [ '(none + 1) vector_l2_ops', 'column "none" does not exist' ],
	[ 'e public.halfvec_l2_ops', 'operator class "public.halfvec_l2_ops" does not accept data type %svector' ])
{
	foreach my $path ('public', 'kg, public')
	{
		like(failure("SET search_path = $path", "CREATE INDEX ON public.pv USING kg_hnsw ($$case[0])"), qr/\Q@{[ sprintf($$case[1], $path eq 'public' ? '' : 'public.') ]}\E/, "$path: $$case[0]");
	}
}
like(failure('CREATE INDEX ON absent USING kg_hnsw (e vector_l2_ops)'), qr/relation "absent" does not exist/, 'no such table');
like(failure('CREATE INDEX ON pv USING none (e vector_l2_ops)'), qr/access method "none" does not exist/, 'no such access method');
like(failure('SET ROLE other', 'CREATE INDEX ON pv USING kg_hnsw ((none + 1) vector_l2_ops)'), qr/must be owner of table pv/, "another's table");
# pgvector's own access methods are left alone
sql('CREATE INDEX i ON pv USING hnsw (e vector_l2_ops)', 'DROP INDEX i');

# The statements that frameworks send, with each kind of index
sql('SET search_path = kg, public',
	'CREATE INDEX f_options ON pv USING kg_hnsw (e vector_l2_ops) WITH (m = 16, ef_construction = 64)',
	'CREATE INDEX IF NOT EXISTS f_options ON pv USING kg_hnsw (e vector_l2_ops)',
	'CREATE INDEX f_half ON pv USING kg_hnsw ((e::public.halfvec(4)) halfvec_cosine_ops)',
	'CREATE INDEX f_partial ON pv USING kg_hnsw (e vector_cosine_ops) WHERE tenant < 25',
	'CREATE INDEX f_part ON pv USING kg_hnsw ((public.subvector(e, 1, 2)::public.vector(2)) vector_l2_ops)',
	'CREATE INDEX f_filter ON pv USING kg_hnsw (e vector_ip_ops, tenant)',
	map({ "CREATE INDEX f_sparse_$_ ON pv USING kg_hnsw (s sparsevec_${_}_ops, tenant)" } sort keys %operators));
$node->safe_psql($database, 'CREATE INDEX CONCURRENTLY f_concurrent ON pv USING kg_hnsw (h halfvec_l2_ops)');
is(sql("SELECT count(*) FROM pg_class c, kg.index_check(c.oid) WHERE relname ~ '^f_'"), '0', 'index_check');
sql("ANALYZE pv");

# Answers by index beside those of a sequential scan: whole ordered results
sub same_answers
{
	my ($name, $index, @query) = @_;
	my $exact = sql('SET enable_indexscan = off', @query);

	like(sql($forced, @query[ 0 .. $#query - 1 ], "EXPLAIN $query[-1]"), qr/Index Scan using $index on/, "$name: by index");
	is(sql($forced, 'SET kg.ef_search = 1000', @query), $exact, "$name: answer");
}

foreach my $path ('public', 'kg, public')
{
	my $set = "SET search_path = $path";
	same_answers("$path: l2", 'f_options', $set, "SELECT id, e <-> '[.3,.1,.5,0]' FROM pv ORDER BY e <-> '[.3,.1,.5,0]' LIMIT 50");
	same_answers("$path: half", 'f_half', $set, "SELECT id FROM pv ORDER BY e::public.halfvec(4) <=> '[.3,.1,.5,0]' LIMIT 50");
	same_answers("$path: partial", 'f_partial', $set, "SELECT id FROM pv WHERE tenant < 20 ORDER BY e <=> '[.3,.1,.5,0]' LIMIT 50");
	same_answers("$path: subvector", 'f_part', $set, "SELECT id FROM pv ORDER BY public.subvector(e, 1, 2)::public.vector(2) <-> '[.3,.1]' LIMIT 50");
	same_answers("$path: filter", 'f_filter', $set, "SELECT id FROM pv WHERE tenant = 7 ORDER BY e <#> '[.3,.1,.5,0]' LIMIT 50");
	same_answers("$path: halfvec", 'f_concurrent', $set, "SELECT id FROM pv ORDER BY h <-> '[.3,.1,.5,0]' LIMIT 50");
	foreach my $metric (sort keys %operators)
	{
		my $distance = "s OPERATOR(public.$operators{$metric}) '{1:.3,2:.1,3:.5}/4'";

		same_answers("$path: sparse $metric", "f_sparse_$metric", $set, "SELECT id, $distance FROM pv ORDER BY $distance LIMIT 50");
		same_answers("$path: sparse $metric, filter", "f_sparse_$metric", $set, "SELECT id FROM pv WHERE tenant = 7 ORDER BY $distance LIMIT 50");
	}
	same_answers("$path: parameter", 'f_options', $set, "PREPARE q(public.vector) AS SELECT id FROM pv ORDER BY e <-> \$1 LIMIT 50", "EXECUTE q('[.3,.1,.5,0]')");
	same_answers("$path: a row's own", 'f_options', $set, 'SELECT id FROM pv ORDER BY e <-> (SELECT e FROM pv WHERE id = 4) LIMIT 50');
	same_answers("$path: distance in WHERE", 'f_options', $set,
		"SELECT id FROM pv WHERE e <-> '[.3,.1,.5,0]' < .2 ORDER BY e <-> '[.3,.1,.5,0]' LIMIT 10");
	same_answers("$path: ball by text", 'f_options', $set, "SELECT id FROM pv WHERE e OPERATOR(public.<<->>) '<[.3,.1,.5,0],.2>' ORDER BY e <-> '[.3,.1,.5,0]'");
	same_answers("$path: ball of a literal", 'f_options', $set, "SELECT id FROM pv WHERE e OPERATOR(public.<<->>) kg.ball('[.3,.1,.5,0]', .2) ORDER BY e <-> '[.3,.1,.5,0]'");
	same_answers("$path: ball of pgvector's", 'f_options', $set,
		"SELECT id FROM pv WHERE e OPERATOR(public.<<->>) kg.ball('[.3,.1,.5,0]'::public.vector, .2) ORDER BY e <-> '[.3,.1,.5,0]'");
	same_answers("$path: ball of kg's", 'f_options', $set,
		"SELECT id FROM pv WHERE e OPERATOR(public.<<->>) kg.ball('[.3,.1,.5,0]'::kg.vector, .2) ORDER BY e <-> '[.3,.1,.5,0]'");
	same_answers("$path: ball of a halfvec", 'f_concurrent', $set,
		"SELECT id FROM pv WHERE h OPERATOR(public.<<->>) kg.ball('[.3,.1,.5,0]'::public.halfvec, .2) ORDER BY h <-> '[.3,.1,.5,0]'");
	same_answers("$path: ball of a sparsevec", 'f_sparse_l2', $set,
		"SELECT id FROM pv WHERE s OPERATOR(public.<<->>) kg.ball('{1:.3,2:.1,3:.5}/4'::public.sparsevec, .2) ORDER BY s OPERATOR(public.<->) '{1:.3,2:.1,3:.5}/4'");
	same_answers("$path: ball of inner product", 'f_filter', $set, "SELECT id FROM pv WHERE e OPERATOR(public.<<#>>) '<[.3,.1,.5,0],-.5>' ORDER BY e <#> '[.3,.1,.5,0]'");
}
is(sql('SET search_path = public', $forced, "SELECT count(*) FROM (SELECT id FROM pv ORDER BY e <=> '[1,2,3,4]') s"), '3002', 'NULL and zero vectors are there, at the end');
is(sql('SET search_path = public', $forced, "SELECT count(*) FROM (SELECT id FROM pv ORDER BY s <=> '{1:1}/4') s"), '3002', 'so are those of sparsevec');

# bit is PostgreSQL's type, and both extensions have operators of it: an index of either class serves both
foreach my $case ([ 'hamming', '<~>' ], [ 'jaccard', '<%>' ])
{
	my ($metric, $operator) = @$case;

	foreach my $path ('public', 'kg, public', 'public, kg')
	{
		sql("SET search_path = $path", "CREATE INDEX f_bit ON public.bits USING kg_hnsw ((b::bit(64)) bit_${metric}_ops)");
		foreach my $schema ('public', 'kg')
		{
			same_answers("$path: $metric of $schema", 'f_bit', 'SET search_path = public',
				"SELECT b OPERATOR($schema.$operator) repeat('0110', 16)::bit(64) FROM bits ORDER BY b::bit(64) OPERATOR($schema.$operator) repeat('0110', 16)::bit(64) LIMIT 40");
		}
		is(sql('SET search_path = public', $forced, "SELECT count(*) FILTER (WHERE used), count(*) FROM kg.explain_index_use(\$\$SELECT id FROM bits ORDER BY b::bit(64) $operator repeat('0110', 16)::bit(64) LIMIT 5\$\$)"),
			'1|1', "$path: explain_index_use of $metric");
		sql('DROP INDEX f_bit');
	}
}
sql('CREATE INDEX f_quantized ON pv USING kg_hnsw ((public.binary_quantize(e)::bit(4)) bit_hamming_ops)');
like(sql('SET search_path = public', $forced, "EXPLAIN SELECT id FROM pv ORDER BY binary_quantize(e)::bit(4) <~> binary_quantize('[.3,.1,-.5,0]'::vector) LIMIT 10"), qr/Index Scan using f_quantized/, 'binary_quantize');
sql('DROP INDEX f_quantized');

# Rows come and go
sql('INSERT INTO pv SELECT i, 1, ARRAY[5, i, 5, 5]::real[]::public.vector FROM generate_series(4001, 4100) i', 'DELETE FROM pv WHERE id BETWEEN 100 AND 700',
	"UPDATE pv SET e = '[9,9,9,9]' WHERE id = 1", 'VACUUM pv');
same_answers('after changes', 'f_options', 'SET search_path = public', "SELECT id FROM pv ORDER BY e <-> '[9,9,9,9]' LIMIT 60");
is(sql("SELECT count(*) FROM kg.index_check('f_options')"), '0', 'index_check after them');

# Distances that only rounding tells apart, which pgvector does not do as kg does: bounds must hold for both
my $constant = 'array_fill((1 + i * 1e-6)::real, ARRAY[2000])';
sql('CREATE TABLE near_equal (id int, e public.vector(2000), h public.halfvec(2000), s public.sparsevec(2000))',
	"INSERT INTO near_equal SELECT i, ${constant}::public.vector, ${constant}::public.halfvec, ${constant}::public.vector::public.sparsevec FROM generate_series(1, 200) i");
foreach my $case ([ 'e', '<->' ], [ 'e', '<#>' ], [ 'e', '<=>' ], [ 'h', '<->' ], [ 'h', '<#>' ], [ 'e', '<+>' ], [ 'h', '<+>' ],
	[ 's', '<->' ], [ 's', '<#>' ], [ 's', '<=>' ], [ 's', '<+>' ])
{
	my ($column, $operator) = @$case;
	my $metric = { reverse %operators }->{$operator};
	my $type = $types{$column};
	my $query = "array_fill(.7::real, ARRAY[2000])::public.$type";

	sql("CREATE INDEX near_equal_i ON near_equal USING kg_hnsw ($column ${type}_${metric}_ops)");
	foreach my $limit ('LIMIT 150', '')
	{
		is(sql($forced, "SELECT count(*) FILTER (WHERE d < before), count(*) FROM (SELECT d, lag(d) OVER () AS before FROM (SELECT $column OPERATOR(public.$operator) $query AS d
				FROM near_equal ORDER BY $column OPERATOR(public.$operator) $query $limit) s) s"), '0|' . ($limit ? 150 : 200), "near_equal: $column $operator $limit");
	}
	sql('DROP INDEX near_equal_i');
}

# Vectors out of line: the planner does not know what pgvector's distances cost, and takes the index all the same; but
# not where few rows are left, nor for all rows
sql("CREATE TABLE long (i int, c int, e public.vector(1536))",
	'INSERT INTO long SELECT i, i % 50, (SELECT array_agg(sin(i * j)::real) FROM generate_series(1, 1536) j)::public.vector FROM generate_series(1, 1000) i',
	'CREATE INDEX long_e ON long USING kg_hnsw (e vector_l2_ops)', 'CREATE INDEX long_c ON long (c)', 'VACUUM ANALYZE long');
my $nearest = 'ORDER BY e <-> (SELECT e FROM long WHERE i = 1)';
foreach my $case ([ "$nearest LIMIT 10", 'Index Scan using long_e' ], [ "WHERE c <> 7 $nearest LIMIT 10", 'Index Scan using long_e' ],
	[ "WHERE c = 7 $nearest LIMIT 10", 'Bitmap Index Scan on long_c' ], [ "WHERE i = 7 $nearest LIMIT 10", 'Seq Scan on long' ], [ $nearest, 'Seq Scan on long' ])
{
	# the part of the plan below the Sort or the Limit, after that of the subquery
	like(sql('SET search_path = public', "EXPLAIN SELECT i FROM long $$case[0]") =~ s/.*InitPlan.*\n.*\n.*\n//r, qr/$$case[1]/, "plan: $$case[0]");
}

# Functions on indexes and columns
cmp_ok(sql("SELECT recall FROM kg.index_recall('f_options')"), '>=', .97, 'index_recall');
cmp_ok(sql("SELECT recall FROM kg.index_recall('f_half')"), '>=', .95, 'index_recall of an expression');
foreach my $queries ([ 'pv', 'h' ], [ 'kv', 'e' ], [ 'kv', 'h' ])
{
	cmp_ok(sql("SELECT recall FROM kg.index_recall('f_options', query_relation => '$$queries[0]', query_embedding => '$$queries[1]')"),
		'>=', .97, "index_recall by $$queries[0].$$queries[1]");
}
is(sql('SET kg.ef_search = 2000', "SELECT recall FROM kg.index_recall('f_options', 200, 5)"), '1', "index_recall counts pgvector's distances");
is(sql("SELECT kg.calibrate('f_options'), kg.calibrate('f_options', ARRAY(SELECT e FROM pv WHERE id < 90)), kg.calibrate('f_options', ARRAY(SELECT e FROM kv WHERE id < 90))"),
	't|t|t', 'calibrate');
is(sql("SELECT kg.calibrate('f_sparse_cosine'), kg.calibrate('f_sparse_l1', ARRAY(SELECT s FROM pv WHERE id BETWEEN 1000 AND 1100)), kg.calibrate('f_sparse_ip', ARRAY(SELECT s FROM kv WHERE id < 90))"),
	't|t|t', 'calibrate: sparsevec');
like(failure("SELECT kg.calibrate('f_options', ARRAY(SELECT h FROM pv WHERE id < 90))"), qr/queries are of type halfvec, but index "f_options" is of type vector/, 'calibrate with another type');
is(sql("SELECT dimensions, metric, m FROM kg.index_info('f_options')"), '4|l2|16', 'index_info');
is(sql('SET kg.target_recall = .99', $forced, "SELECT count(*) FROM (SELECT id FROM pv ORDER BY e <-> '[1,2,3,4]' LIMIT 100) s", 'SELECT index, rows_returned FROM kg.last_scan()'),
	"100\nf_options|100", 'target_recall, last_scan');

foreach my $column ('e', 'h')
{
	foreach my $metric ([ 'l2', '<->' ], [ 'ip', '<#>' ], [ 'cosine', '<=>' ], [ 'l1', '<+>' ])
	{
		my $type = $column eq 'e' ? 'vector' : 'halfvec';
		my $exact = sql("SELECT q.id, s.rank, s.id, s.d FROM pv q, LATERAL (SELECT id, $column $$metric[1] q.e::public.$type AS d,
				row_number() OVER (ORDER BY $column $$metric[1] q.e::public.$type) AS rank FROM pv WHERE $column IS NOT NULL
				ORDER BY 3 LIMIT 5) s WHERE q.id IN (1, 2, 3) ORDER BY 1, 2");
		my $queries = 'ARRAY(SELECT e FROM pv WHERE id IN (1, 2, 3) ORDER BY id)';

		is(sql("SELECT query, rank, row_key, distance FROM kg.knn_exact('pv', '$column', $queries, 5, '$$metric[0]', 'id')"), $exact, "knn_exact: $column $$metric[0]");
		is(sql("SELECT query, rank, row_key, distance FROM kg.knn_exact('pv', '$column', ($queries)::text, 5, '$$metric[0]', 'id')"), $exact, "knn_exact: $column $$metric[0], text");
		is(sql("SELECT query, rank, row_key, distance FROM kg.knn_exact_join('pv', '$column', 'pv', 'e', 5, '$$metric[0]', 'id', 'id')
			WHERE query IN ('1', '2', '3') ORDER BY query, rank"), $exact, "knn_exact_join: $column $$metric[0]");
	}
}
is(sql(q{SELECT count(*) FROM kg.knn_exact('pv', 'e', '{"[1,2,3,4]"}', 3)}), '3', 'knn_exact: a literal');
foreach my $pair ([ 'kv', 'e', 'few_pv', 'h' ], [ 'kv', 'h', 'few_pv', 'e' ], [ 'pv', 'h', 'few_kv', 'e' ], [ 'pv', 'e', 'few_kv', 'h' ])
{
	my ($rows, $column, $queries, $query) = @$pair;

	# the same rows before changes, so that most find themselves
	cmp_ok(sql("SELECT count(*) FROM kg.knn_exact_join('$rows', '$column', '$queries', '$query', 1, 'l2', 'id', 'id') WHERE query = row_key"), '>=', 97, "knn_exact_join: $queries.$query with $rows.$column");
}

is(sql('SET search_path = public', "SELECT index, used FROM kg.explain_index_use(\$\$SELECT id FROM pv ORDER BY e <-> '[1,2,3,4]' LIMIT 5\$\$) WHERE used"), 'f_options|t', 'explain_index_use');
is(sql('SET search_path = public', 'DROP INDEX f_concurrent', "SELECT hint FROM kg.explain_index_use(\$\$SELECT id FROM pv ORDER BY h <-> '[1,2,3,4]' LIMIT 5\$\$)"),
	'CREATE INDEX ON pv USING kg_hnsw (h halfvec_l2_ops).', 'its advice');

# Graphs whose nodes have pgvector's embeddings
sql('CREATE TABLE person (id int PRIMARY KEY, name text, embedding public.vector(3))', 'CREATE TABLE place (id int PRIMARY KEY, name text, embedding public.halfvec(3))',
	'CREATE TABLE knows (a int REFERENCES person, b int REFERENCES person)', 'CREATE TABLE lives (a int REFERENCES person, b int REFERENCES place)',
	"INSERT INTO person SELECT i, 'p' || i, ARRAY[i, 1, i % 7]::real[]::public.vector FROM generate_series(1, 3000) i",
	"INSERT INTO place SELECT i, 'q' || i, ARRAY[i + .5, 1, i % 7]::real[]::public.vector FROM generate_series(1, 500) i",
	'INSERT INTO knows SELECT i, i % 3000 + 1 FROM generate_series(1, 3000) i', 'INSERT INTO lives SELECT i, i % 500 + 1 FROM generate_series(1, 3000) i',
	q{SELECT kg.register_graph('both', '["person", "place"]', '["knows", "lives"]', 'l2')}, q{SELECT kg.register_graph('persons', '["person"]', '["knows"]', 'l2')});
is(sql("SELECT label, embedding_column FROM kg.node_table WHERE graph = 'both' ORDER BY 1"), "person|embedding\nplace|embedding", 'register_graph finds the embeddings');

my $persons = "2|1.7320508075688772\n1|2.23606797749979\n3|2.23606797749979";
my $knn = 'SELECT entity, distance FROM kg.knn(%s, 3, graph => \'persons\') ORDER BY distance, entity';
foreach my $indexed (0, 1)
{
	sql('CREATE INDEX ON person USING kg_hnsw (embedding vector_l2_ops)', 'CREATE INDEX ON place USING kg_hnsw (embedding halfvec_l2_ops)', 'ANALYZE') if $indexed;
	foreach my $path ('public', 'kg, public', "''")
	{
		my $name = "knn, path $path" . ($indexed ? ', with indexes' : '');
		my @set = ("SET search_path = $path", $forced);

		foreach my $query ("'[1,2,3]'", "'[1,2,3]'::public.vector", "'[1,2,3]'::kg.vector", "'[1,2,3]'::text")
		{
			is(sql(@set, sprintf($knn, $query)), $persons, "$name: $query");
		}
		is(sql(@set, 'PREPARE k(public.vector) AS ' . sprintf($knn, '$1'), "EXECUTE k('[1,2,3]')"), $persons, "$name: a parameter");
		is(sql(@set, 'PREPARE k AS ' . sprintf($knn, '$1'), "EXECUTE k('[1,2,3]')"), $persons, "$name: a parameter of unknown type");
		is(sql(@set, "SELECT key, distance FROM kg.knn('[10,1,3]', 3, graph => 'both') ORDER BY distance, key"),
			"person:10|0\nplace:10|0.5\nplace:9|1.118033988749895", "$name: both tables");
		is(sql(@set, "SELECT key, distance FROM kg.knn('[10,1,3]'::public.vector, 1, 'place', 'both')", 'SELECT index FROM kg.last_scan()'),
			"place:10|0.5\n" . ($indexed ? 'place_embedding_idx' : ''), "$name: halfvec" . ($indexed ? ', by index' : '')) if $path eq 'public';
	}
}
like(sql('SET search_path = public', $forced, sprintf($knn, "'[1,2,3]'::vector"), 'SELECT index FROM kg.last_scan()'), qr/person_embedding_idx/, 'knn: by index');
is(sql("SELECT count(*) FROM kg.knn(NULL::public.vector, graph => 'both')"), '0', 'knn: null');
like(failure("SELECT * FROM kg.knn('[1,2]'::public.vector, graph => 'both')"), qr/different vector dimensions 3 and 2/, 'knn: dimensions');
sql('ALTER TABLE person ADD sparse public.sparsevec(3)');
like(failure(q{SELECT kg.register_graph('sparse', '[{"table": "person", "embedding": "sparse"}]', '["knows"]')}),
	qr/column "sparse" of table public.person is of type sparsevec, which cannot be used as an embedding/, 'register_graph: sparsevec');

done_testing();
