# The name leg of kg.search finds the entity that a question of MetaQA names, as
# bench/retrieval_names.py counts: first for 98 of 100 at least.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = $ENV{TESTDIR} && -e "$ENV{TESTDIR}/bench" ? $ENV{TESTDIR} : '.';
my ($data) = grep { -e "$_/metaqa.triples.tsv.xz" } map { "$_/shared/data" } ($ENV{KG_SHARED} // (), "$root/..", '..');
plan skip_all => 'metaqa.triples.tsv.xz of ../shared/data is not there' unless $data;
plan skip_all => 'numpy is not there' if system('/usr/bin/python3 -c "import numpy" 2>/dev/null');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION kg');
local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres');
my $out = `/usr/bin/python3 '$root/bench/retrieval_names.py' --triples '$data/metaqa.triples.tsv.xz' --questions '$data/metaqa.questions.jsonl.xz' 2>&1`;
like($out, qr/in brackets: (\d+) of 500 first/, 'it counts');
my ($with) = $out =~ /in brackets: (\d+) of/;
my ($without) = $out =~ /without brackets: (\d+) of/;
cmp_ok($with, '>=', 490, 'with brackets') or diag($out);
cmp_ok($without, '>=', 490, 'without brackets') or diag($out);
done_testing();
