# A pgvector table of 100,000 rows is switched to kg_hnsw by one CREATE INDEX.
# Its queries stay as they are.  Their answers are compared before and after with
# the exact ones: recall, and the order of what is returned.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Hnsw;
use Pgvector;

my $rows = 100000;
my $dims = 32;
my $k = 10;
my $node = pgvector_node('main', 'maintenance_work_mem = 512MB');

sub sql
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# The table as a user of pgvector has it
sql('CREATE EXTENSION vector', 'CREATE EXTENSION kg');
sql("CREATE TABLE items (id bigserial PRIMARY KEY, embedding vector($dims))",
	'INSERT INTO items SELECT id, e::real[]::vector FROM ' . hnsw_vectors(1, $rows, $dims, 7) . ' v',
	"CREATE TABLE queries AS SELECT id, e::real[]::vector AS q FROM " . hnsw_vectors(500001, 500100, $dims, 7) . ' v',
	'CREATE INDEX items_hnsw ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)', 'ANALYZE');

# What the application sends, for each query: number, place, row, distance
sub answers
{
	my (@settings) = @_;
	my $query = "SELECT id, embedding <=> q AS d FROM items ORDER BY embedding <=> q LIMIT $k";
	my $result = sql(@settings, "SELECT queries.id, s.id, s.d FROM queries, LATERAL ($query) s");
	my %answers;

	push @{ $answers{ $$_[0] } }, [ @$_[ 1, 2 ] ] foreach map { [ split /\|/ ] } split /\n/, $result;
	return \%answers;
}

sub plan_uses
{
	my ($index, $name) = @_;
	like(sql('EXPLAIN SELECT id FROM items ORDER BY embedding <=> (SELECT q FROM queries LIMIT 1) LIMIT 10'),
		qr/Index Scan using $index on items/, $name);
}

my $exact = answers('SET enable_indexscan = off');
is(scalar(keys %$exact), 100, 'exact answers');

# The part of the exact answers that is found: no farther than the farthest of them
sub recall
{
	my ($answers) = @_;
	my $found = 0;

	foreach my $query (keys %$exact)
	{
		my $limit = $exact->{$query}[-1][1];
		$found += grep { $$_[1] <= $limit } @{ $answers->{$query} };
	}
	return $found / ($k * scalar(keys %$exact));
}

# Queries whose rows are not in the order of their distances
sub unordered
{
	my ($answers) = @_;
	return grep {
		my $rows = $answers->{$_};
		grep { $rows->[$_][1] < $rows->[ $_ - 1 ][1] } 1 .. $#$rows
	} keys %$answers;
}

plan_uses('items_hnsw', "pgvector's index before");
my $before = answers();
my $recall_before = recall($before);
note("pgvector's recall: $recall_before");

# The switch
sql('CREATE EXTENSION kg_pgvector');
sql('CREATE INDEX items_kg ON items USING kg_hnsw (embedding vector_cosine_ops)');

# With both there, the planner chooses; without pgvector's there is no choice
sql('DROP INDEX items_hnsw');
plan_uses('items_kg', "kg's index after");
my $after = answers();
my $recall_after = recall($after);
note("kg's recall: $recall_after");
cmp_ok($recall_after, '>=', .95, 'recall after');
cmp_ok($recall_after, '>=', $recall_before - .005, 'recall after is not below that before');
is(scalar(unordered($after)), 0, 'rows are in the order of their distances');
is(scalar(grep { @{ $after->{$_} } != $k } keys %$exact), 0, 'each query gets all rows that it asks for');

# Distances are those of pgvector's operator, row by row
my %distances = map { $_ => { map { @$_ } @{ $before->{$_} } } } keys %$before;
my ($both, $different) = (0, 0);
foreach my $query (keys %$after)
{
	foreach my $row (@{ $after->{$query} })
	{
		next unless exists $distances{$query}{ $$row[0] };
		$both++;
		$different++ if $distances{$query}{ $$row[0] } ne $$row[1];
	}
}
cmp_ok($both, '>', 500, 'rows that both returned');
is($different, 0, 'have the same distances');

# With all the effort the answers are the exact ones, in whole
my $thorough = answers('SET kg.ef_search = 2000');
is(scalar(grep { join(' ', map { $$_[1] } @{ $thorough->{$_} }) ne join(' ', map { $$_[1] } @{ $exact->{$_} }) } keys %$exact), 0,
	'with kg.ef_search = 2000 all answers are exact');
cmp_ok(sql("SELECT recall FROM kg.index_recall('items_kg', 100)"), '>=', .95, 'kg.index_recall');
is(sql("SELECT count(*) FROM kg.index_check('items_kg')"), '0', 'kg.index_check');

# And back
sql('DROP EXTENSION kg_pgvector CASCADE', 'DROP EXTENSION kg');
is(sql('SELECT count(*), count(embedding) FROM items'), "$rows|$rows", 'without kg the table is as it was');

done_testing();
