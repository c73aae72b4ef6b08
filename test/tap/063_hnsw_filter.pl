# Filter columns, whatever the data, the conditions and the history: an index
# scan returns the rows that a sequential scan does, in the same order of
# distances where it reads all that pass, and never fewer than LIMIT wants.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;

my $node = hnsw_node('main', 'shared_buffers = 4MB');
my $seed = $ENV{KG_TEST_SEED} // 20261129;
srand($seed);
note("seed $seed");

sub choose
{
	return $_[int(rand(@_))];
}

my %class = ('<->' => 'l2', '<#>' => 'ip', '<=>' => 'cosine');

# A column: its type, its values in row i, given h, a random number in [0,
# 2^31), and a random condition on it.
my %column = (
	tenant => ['int', 'CASE WHEN h % 5 = 0 THEN 1 ELSE h % 60 END', sub { choose(
		'tenant = ' . choose(1, 7, 61, 'NULL'), 'tenant IN (' . join(', ', map { int(rand(60)) } 1 .. choose(1, 3, 40)) . ')',
		'tenant BETWEEN ' . int(rand(30)) . ' AND ' . int(rand(70)), 'tenant < 3::int8', 'tenant IS NULL', 'tenant IS NOT NULL',
		'tenant = ANY (\'{1,NULL,5}\')', 'tenant = ANY (\'{}\')') }],
	big => ['bigint', "h * 4000000000", sub { choose('big > ', 'big <= ') . int(rand(2**31)) * 4000000000 }],
	flag => ['boolean', 'h % 3 = 0', sub { choose('flag', 'NOT flag', 'flag IS NULL', 'flag IS FALSE') }],
	made => ['timestamptz', "timestamptz '2024-01-01Z' + make_interval(secs => h % 100000)", sub {
		choose('made >= ', 'made < ') . "timestamptz '2024-01-01Z' + interval '" . int(rand(100000)) . " s'" }],
	price => ['real', "CASE h % 20 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE h % 1000 / 7.0 END", sub {
		'price ' . choose('>', '<', '>=', '<=') . ' ' . choose(int(rand(150)), "'NaN'", "'Infinity'", 0.1) }],
	lang => ['text', "(ARRAY['de', 'en', 'fr', 'it', 'es'])[h % 5 + 1]", sub { choose('lang = \'de\'', 'lang IN (\'en\', \'it\', \'xx\')', 'lang IS NULL') }],
	tags => ['int[]', "CASE WHEN h % 9 = 0 THEN '{}' WHEN h % 9 = 1 THEN '{NULL}' ELSE ARRAY[h % 6, h % 35, NULL] END", sub {
		'tags ' . choose('&&', '@>') . ' \'{' . join(',', map { int(rand(40)) } 1 .. choose(0, 1, 2, 3)) . '}\'' }],
	near => ['int', 'g', sub { 'near ' . choose('= 3', '<> 3', 'IN (1, 2)', '> 4') }]);

# Inserts rows first..last into t: clusters, whose number is column near.
sub fill
{
	my ($first, $last, $dims, $zeros, @columns) = @_;
	return "INSERT INTO t SELECT i, CASE WHEN i % 40 = 0 THEN NULL WHEN i % 41 = 0 AND $zeros THEN array_fill(0, ARRAY[$dims])::real[]::kg.vector
			WHEN i % 15 = 1 THEN pg_temp.vec(7, $dims) ELSE (SELECT array_agg(hashint8(i * 65536::bigint + j) / 2147483648.0 +
			2.0 * hashint8(g * 65536::bigint + j) / 2147483648.0 ORDER BY j)::real[] FROM generate_series(1, $dims) j)::kg.vector END" .
		join('', map { my $n = $_; ', ' . ($column{$columns[$n]}[1] =~ s/\bh\b/(abs(hashint8(i * 977::bigint + $n)::bigint) % 2147483647)/gr =~ s/^/CASE WHEN abs(hashint8(i + $n * 7919)) % 17 > 0 THEN /r) . ' END' } 0 .. $#columns) .
		" FROM (SELECT i, i % 7 AS g FROM generate_series($first, $last) i) s";
}

# The answers to random queries that are wrong, one on each line.
sub check
{
	my ($when, $op, $dims, @columns) = @_;
	my @checks;

	for my $n (1 .. 6)
	{
		my @conditions = map { $column{choose(@columns)}[2]->() } 1 .. choose(1, 1, 2, 3);
		push @conditions, 'e IS NOT NULL' if rand() < 0.2;
		push @conditions, 'id % 3 = 0' if rand() < 0.2;
		push @conditions, "e <$op> kg.ball(pg_temp.vec(3, $dims), 0.9)" if rand() < 0.1;
		my $condition = join(' AND ', @conditions);
		my $quoted = $condition =~ s/'/''/gr;
		my $limit = choose(1, 10, 50);
		# a scan that was asked for all rows has a tail that is not in order
		push @checks, "SELECT '$when', '$quoted', part, whole FROM (SELECT pg_temp.vec(" . choose(3, 7, 100 + $n) . ", $dims) AS q) q,
			pg_temp.knn('t WHERE $quoted', format('e $op %L::kg.vector', q), $limit) part,
			pg_temp.knn('t WHERE $quoted', format('e $op %L::kg.vector', q)) whole
			WHERE part.plan <> 'index' AND part.returned > 0 OR NOT part.ordered OR part.twice > 0 OR
				part.returned <> least($limit, whole.returned) OR whole.missing > 0 OR whole.twice > 0";
	}
	return @checks, "SELECT '$when', k FROM index_check('t_e') k";
}


my @names = grep { $_ ne 'near' } sort keys %column;
foreach my $case (1 .. 24)
{
	my $op = choose(sort keys %class);
	my $dims = choose(2, 8, 33, 64);
	my @columns = map { $_->[0] } (sort { $a->[1] <=> $b->[1] } map { [$_, rand()] } @names)[0 .. choose(0, 1, 2)];
	push @columns, 'near';
	@columns = reverse @columns if rand() < 0.3;
	my $with = 'storage = ' . choose('auto', 'auto', 'sq8', 'sq4') . ', m = ' . choose(4, 16) . ', ef_construction = ' . choose(20, 100);
	my $zeros = $op eq '<=>' ? 'true' : 'false';
	my $partitioned = rand() < 0.25;
	my $rows = 600;
	my @check = ($op, $dims, @columns);

	my $found = hnsw_sql($node,
		"CREATE TABLE t (id int, e kg.vector($dims)" . join('', map { ", $_ $column{$_}[0]" } @columns) . ')' .
			($partitioned ? ' PARTITION BY HASH (id)' : ''),
		($partitioned ? map { "CREATE TABLE t_$_ PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER $_)" } 0, 1 : ()),
		fill(1, $rows / 2, $dims, $zeros, @columns),
		"CREATE INDEX t_e ON t USING kg_hnsw (e vector_$class{$op}_ops, " . join(', ', @columns) . ") WITH ($with)",
		fill($rows / 2 + 1, $rows, $dims, $zeros, @columns),
		'ANALYZE t',
		"SET kg.ef_search = " . choose(10, 40, 200),
		(map { $partitioned ? s/FROM index_check\('t_e'\) k/FROM pg_partition_tree('t_e') p, index_check(p.relid) k WHERE p.isleaf/r : $_ }
			check('built and grown', @check),
			"DELETE FROM t WHERE id % 3 = 1",
			check('deleted', @check),
			'VACUUM t',
			check('vacuumed', @check),
			fill($rows + 1, $rows + 100, $dims, $zeros, @columns),
			"UPDATE t SET $columns[0] = (SELECT u.$columns[0] FROM t u WHERE u.id = t.id + 1 LIMIT 1) WHERE id % 4 = 0",
			"UPDATE t SET near = near + 1 WHERE id % 5 = 0",
			check('updated', @check),
			'DELETE FROM t WHERE near = 3',
			'VACUUM t',
			"SET work_mem = '64kB'",
			check('vacuumed again', @check)),
		'DROP TABLE t');
	is($found, '', "case $case: ${dims}-d $op, @columns, $with" . ($partitioned ? ', partitions' : ''));
}

# Bits of NaN that only binary input has.
my $file = $node->basedir . '/nan.bin';
open(my $binary, '>:raw', $file) or die "$file: $!";
print $binary "PGCOPY\n\377\r\n\0", pack('N N', 0, 0);
print $binary pack('n N N N a4', 2, 4, $_, 4, pack('N', (0x7fc00000, 0xffc00000, 0x7fc00001, 0x7f800001, 0xffffffff, 0x7fffffff)[$_ % 6])) for 1 .. 60;
print $binary pack('n', 0xffff);
close $binary;
is(hnsw_sql($node,
	'CREATE TABLE nan (id int, price real, e vector(4))', "COPY nan (id, price) FROM '$file' (FORMAT binary)",
	'UPDATE nan SET e = pg_temp.vec(id, 4)', 'CREATE INDEX ON nan USING kg_hnsw (e, price)', 'ANALYZE nan',
	"SELECT c, plan, returned, missing FROM unnest(ARRAY['= ''NaN''', '>= ''NaN''', '< ''NaN''', '> ''Infinity''']) c,
		pg_temp.knn('nan WHERE price ' || c, 'e <-> ''[1,2,3,4]''') k"),
	"= 'NaN'|index|60|0\n>= 'NaN'|index|60|0\n< 'NaN'|index|0|0\n> 'Infinity'|index|60|0", 'NaN of any bits');

# A collation in which different strings are equal.
SKIP:
{
	skip 'no ICU', 1 if $node->psql('postgres', "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)") != 0;
	is(hnsw_sql($node,
		'CREATE TABLE named (id int, name text COLLATE public.loose, tags text[] COLLATE public.loose, e vector(4))',
		"INSERT INTO named SELECT i, (ARRAY['Anna', 'anna', 'ANNA', 'Otto', NULL])[i % 5 + 1], ARRAY[(ARRAY['Red', 'red', 'Blue'])[i % 3 + 1]], pg_temp.vec(i, 4) FROM generate_series(1, 300) i",
		'CREATE INDEX ON named USING kg_hnsw (e, name, tags)', 'ANALYZE named',
		"SELECT c, plan, returned, missing FROM unnest(ARRAY['name = ''aNNa''', 'name IN (''ANNa'', ''otto'')', 'name = ''anna'' COLLATE \"C\"', 'name IS NULL', 'tags && ''{RED}''', 'tags @> ''{blue}''', 'name = ''anna'' AND tags && ''{red}''']) c,
			pg_temp.knn('named WHERE ' || c, 'e <-> ''[1,2,3,4]''') k"),
		"name = 'aNNa'|index|180|0\nname IN ('ANNa', 'otto')|index|240|0\nname = 'anna' COLLATE \"C\"|index|60|0\nname IS NULL|index|60|0\n" .
		"tags && '{RED}'|index|200|0\ntags @> '{blue}'|index|100|0\nname = 'anna' AND tags && '{red}'|index|120|0", 'a nondeterministic collation');
}

# Recall where a search has to be approximate, LIMIT filled, whatever part of
# the rows passes and whether it goes with the vectors or against them: in table
# "apart" what is "away" are rows of three clusters of seven, two thirds, a quarter
# and a twelfth of them.
my $clusters = hnsw_vectors(1, 20000, 24, 5);
hnsw_sql($node,
	'CREATE TABLE r (id int, e vector(24), half int, tenth int, tenant int, cluster int)',
	"INSERT INTO r SELECT id, e, id % 2, hashint4(id) % 10, CASE WHEN abs(hashint4(id)) % 3 = 0 THEN 0 ELSE abs(hashint4(id)) % 500 END, id % 7 FROM $clusters s",
	'CREATE INDEX r_e ON r USING kg_hnsw (e, tenant, half, tenth, cluster)', 'ANALYZE r',
	"CREATE TABLE apart AS SELECT id, e, id % 2 AS half, id % 7 AS cluster, abs(hashint4(-id)) % 12 < (ARRAY[0, 3, 0, 8, 0, 1, 0])[id % 7 + 1] AS away FROM $clusters s",
	'ALTER TABLE apart ALTER e TYPE vector(24)', 'CREATE INDEX apart_e ON apart USING kg_hnsw (e, half, cluster, away)', 'ANALYZE apart',
	'CREATE TABLE rq AS SELECT * FROM ' . hnsw_vectors(-40, -1, 24, 6) . ' s');
sub recall
{
	my ($table, $condition) = @_;
	my $zero = '[' . join(',', (0) x 24) . ']';
	my $nearest = "SELECT e <-> q.e AS d FROM $table WHERE $condition ORDER BY e <-> q.e";
	my $result = hnsw_sql($node,
		'SET enable_seqscan = off', 'SET enable_sort = off',
		"CREATE FUNCTION pg_temp.fetched(q rq) RETURNS SETOF float8 LANGUAGE plpgsql AS \$\$
			DECLARE n int := 0; d float8; BEGIN FOR d IN $nearest LOOP RETURN NEXT d; n := n + 1; EXIT WHEN n = 10; END LOOP; END \$\$",
		"SELECT sum((n = 1 AND d <= exact[10])::int) >= 0.97 * 400, sum((n = 2 AND d <= exact[10])::int) >= 0.92 * 400 FROM rq q,
			LATERAL (SELECT array_agg(d ORDER BY d) AS exact FROM (SELECT (e <-> q.e) + 0 AS d FROM $table WHERE $condition ORDER BY 1 LIMIT 10) s) b,
			LATERAL (SELECT 1 AS n, d FROM ($nearest LIMIT 10) s UNION ALL SELECT 2, d FROM pg_temp.fetched(q) d) a",
		"SELECT pg_temp.plan('SELECT id FROM $table WHERE $condition ORDER BY e <-> ''$zero'' LIMIT 10') ~ 'Index Cond'",
		"SELECT returned = (SELECT count(*) FROM $table WHERE $condition), missing, twice FROM pg_temp.knn('$table WHERE $condition', format('e <-> %L', pg_temp.vec(-9, 24)))");
	return is($result, "t|t\nt\nt|0|0", "20,000 rows: $condition: recall of LIMIT and of a cursor, all rows");
}
recall('r', $_) foreach ('half = 1', 'tenth = 3', 'tenth IN (1, -2) AND half = 0', 'tenant = 0', 'tenant = 7', 'tenant IN (3, 4, 5, 6)',
	'tenant IN (' . join(', ', 11 .. 20) . ')', 'tenant IN (' . join(', ', 100 .. 160) . ')', 'tenant IN (' . join(', ', map { 4 * $_ } 1 .. 120) . ')',
	'cluster = 2', 'cluster <> 2 AND half = 1', 'tenant = 0 AND cluster = 1', 'tenant BETWEEN 1 AND 100', 'tenant > 100 AND tenth = 5', 'half IS NOT NULL');
recall('apart', $_) foreach ('away', 'away AND half = 1', 'away AND cluster IN (1, 5)', 'cluster IN (1, 4) AND half = 0');

# A cursor goes on as far as it is read.
is(hnsw_sql($node, 'BEGIN', "DECLARE c CURSOR FOR SELECT id, e <-> pg_temp.vec(-9, 24) AS d FROM r WHERE tenant IN (7, 8) AND half = 1 ORDER BY e <-> pg_temp.vec(-9, 24)",
	'CREATE TEMP TABLE got (n serial, id int, d float8)',
	"DO \$\$ DECLARE c refcursor := 'c'; r record; BEGIN
		FOR n IN 1 .. 10000 LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; INSERT INTO got (id, d) VALUES (r.id, r.d); END LOOP; END \$\$",
	'SELECT count(*) = count(DISTINCT id), count(*) = (SELECT count(*) FROM r WHERE tenant IN (7, 8) AND half = 1) FROM got',
	'COMMIT'), 't|t', 'a cursor');

is(hnsw_sql($node, "SELECT k FROM index_check('r_e') k"), '', 'no broken invariant');

done_testing();
