# Damaged b-trees under the leaf reader: an error of class index corrupted, or
# the edges of one page less; never those of all pages after it, a crash or a
# search without end.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Damage;
use Graph;

my $nodes = 4000;
my $seed = $ENV{KG_DAMAGE_SEED} // 1;
my $rounds = $ENV{KG_DAMAGE_ROUNDS} // 20;
my $node = without_checksums(graph_node('fsync = off', 'full_page_writes = off', 'log_min_messages = log'));
srand($seed);

sub query
{
	return $node->safe_psql('postgres', join(";\n", @_));
}

# Node i has an edge to node n + i: one step from 1 .. n finds n nodes more.
query('CREATE EXTENSION kg', "SELECT kg.create_graph('g')", "INSERT INTO g.entity_type (name) VALUES ('t')",
	"INSERT INTO g.relation_type (name) VALUES ('r')",
	"INSERT INTO g.entity (id, type, name) SELECT i, 1, '' FROM generate_series(1, 2 * $nodes) i",
	"INSERT INTO g.relation (source, target, type) SELECT i, $nodes + i, 1 FROM generate_series(1, $nodes) i",
	'CREATE TABLE word (word text COLLATE "C" PRIMARY KEY)', "INSERT INTO word SELECT 'w' || to_char(i, 'FM0000') FROM generate_series(1, 2 * $nodes) i",
	'CREATE TABLE edge (source text COLLATE "C", target text COLLATE "C")',
	"INSERT INTO edge SELECT 'w' || to_char(i, 'FM0000'), 'w' || to_char($nodes + i, 'FM0000') FROM generate_series(1, $nodes) i",
	'CREATE INDEX edge_source ON edge (source, target)', 'CREATE INDEX edge_target ON edge (target, source)',
	"SELECT kg.register_graph('h', '{\"table\": \"word\", \"key\": \"word\"}', '{\"table\": \"edge\", \"source\": \"source\", \"target\": \"target\"}')",
	'VACUUM ANALYZE', 'CHECKPOINT');
my %search = (
	g => "SELECT count(*) FROM kg.traverse((SELECT array_agg(i::bigint) FROM generate_series(1, $nodes) i), 1, graph => 'g')",
	h => "SELECT count(*) FROM kg.traverse((SELECT array_agg('w' || to_char(i, 'FM0000')) FROM generate_series(1, $nodes) i), 1, graph => 'h')",
);
my %index = (g => 'g.relation_source_idx', h => 'edge_source');
my %path;
my %sound;
foreach my $graph ('g', 'h')
{
	like(query("SET kg.adjacency_reader = leaf; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) $search{$graph}"), qr/./,
		"$graph: the leaf reader serves");
	is(query("SET kg.adjacency_reader = leaf; $search{$graph}"), 2 * $nodes, "$graph: all nodes are found");
	$path{$graph} = $node->data_dir . '/' . query("SELECT pg_relation_filepath('$index{$graph}')");
	cmp_ok(-s $path{$graph}, '>', 10 * 8192, "$graph: an index of some pages");
	$sound{$graph} = slurp_file($path{$graph});
}

# The numbers of leaf pages that have a right sibling, in the order of keys
sub leaf_blocks
{
	my ($bytes) = @_;
	my %next;
	my %first;
	foreach my $block (1 .. length($bytes) / 8192 - 1)
	{
		my ($prev, $next, $level, $flags) = unpack('L L L S', substr($bytes, $block * 8192 + 8176));
		next if $level != 0 || !($flags & 1);
		$next{$block} = $next;
		$first{$block} = 1 if $prev == 0;
	}
	my ($block) = keys %first;
	my @blocks;
	for (; $block && $next{$block}; $block = $next{$block})
	{
		push @blocks, $block;
	}
	return @blocks;
}

# Where an item of a page stands in the file
sub item_at
{
	my ($bytes, $block, $offset) = @_;
	my $item = unpack('L', substr($bytes, $block * 8192 + 24 + 4 * ($offset - 1), 4));
	return $block * 8192 + ($item & 0x7fff);
}

# Writes the file and searches: what is found, or the error with its SQLSTATE
sub search_damaged
{
	my ($graph, $bytes) = @_;
	$node->stop;
	foreach my $content ($bytes)
	{
		open my $file, '>:raw', $path{$graph} or die;
		print $file $content;
		close $file;
	}
	$node->start;
	my ($out, $err) = ('', '');
	$node->psql('postgres', "\\set VERBOSITY verbose\nSET kg.adjacency_reader = leaf; SET statement_timeout = 60000; $search{$graph}",
		stdout => \$out, stderr => \$err);
	return $err =~ /ERROR:  (.*)/ ? $1 : $err || $out;
}

my %key_above = (g => pack('q', 1 << 40), h => 'zzzzz');
my %key_place = (g => 8, h => 9);
my $corrupted = qr/^XX00[12]: /;
foreach my $graph ('g', 'h')
{
	my $per_page = 0;
	my @blocks = leaf_blocks($sound{$graph});
	my $block = $blocks[2];
	my $bytes = $sound{$graph};

	substr($bytes, $block * 8192 + 8180, 4) = pack('L', 0);
	like(search_damaged($graph, $bytes), $corrupted, "$graph: no right sibling");

	# texts are followed from page to page, integers by what the parents name
	$bytes = $sound{$graph};
	substr($bytes, $block * 8192 + 8180, 4) = pack('L', $blocks[7]);
	my $past = search_damaged($graph, $bytes);
	ok($past =~ $corrupted || $past eq 2 * $nodes, "$graph: a right link past four pages, $past");

	$bytes = $sound{$graph};
	my $at = item_at($bytes, $block, 1) + $key_place{$graph};
	substr($bytes, $at, length $key_above{$graph}) = $key_above{$graph};
	my $outcome = search_damaged($graph, $bytes);
	$graph eq 'g' ? like($outcome, $corrupted, "$graph: a high key that is too high") :
		ok($outcome =~ $corrupted || ($outcome =~ /^\d+$/ && $outcome > 2 * $nodes - 600), "$graph: a high key that is too high, $outcome");

	$bytes = $sound{$graph};
	$at = item_at($bytes, $block, 20) + $key_place{$graph};
	substr($bytes, $at, length $key_above{$graph}) = $key_above{$graph};
	$outcome = search_damaged($graph, $bytes);
	ok($outcome =~ $corrupted || ($outcome =~ /^\d+$/ && $outcome > 2 * $nodes - 600), "$graph: a key that is too high, $outcome");

	$bytes = $sound{$graph};
	substr($bytes, $block * 8192 + 24 + 4 * 9, 4) = pack('L', 0xffffffff);
	$outcome = search_damaged($graph, $bytes);
	ok($outcome =~ $corrupted || ($outcome =~ /^\d+$/ && $outcome > 2 * $nodes - 600), "$graph: a line pointer off the page, $outcome");

	$bytes = $sound{$graph};
	substr($bytes, $block * 8192 + 12, 2) = pack('S', 0xfff0);
	like(search_damaged($graph, $bytes), $corrupted, "$graph: more line pointers than a page has room for");
}

# Flipped bits
my ($errors, $lost, $same) = (0, 0, 0);
my %other;
foreach my $round (1 .. $rounds)
{
	my $graph = ('g', 'h')[ $round % 2 ];
	my $bytes = $sound{$graph};
	my $blocks = length($bytes) / 8192;
	foreach (1 .. 3)
	{
		my $place = rand() < 0.4 ? int rand 200 : rand() < 0.3 ? 8176 + int rand 16 : int rand 8192;
		my $at = 8192 * int(rand $blocks) + $place;
		substr($bytes, $at, 1) = chr(ord(substr $bytes, $at, 1) ^ 1 << int rand 8);
	}
	my $outcome = search_damaged($graph, $bytes);
	if ($outcome =~ /^\d+$/)
	{
		$outcome == 2 * $nodes ? $same++ : $lost++;
		$other{"$graph: $outcome found"} = "round $round" if $outcome < 2 * $nodes - 900;
	}
	elsif ($outcome =~ $corrupted || $outcome =~ /^XX000: root page \d+ of index/)
	{
		$errors++;
	}
	else
	{
		$other{$outcome} = "round $round";
	}
}
note("$rounds times 3 flipped bits (seed $seed): $errors errors of corruption, $lost answers differ, $same are the same");
is(join("\n", map { "$_ ($other{$_})" } sort keys %other), '', 'flipped bits: no crash, and no other error');
unlike(slurp_file($node->logfile), qr/TRAP:|was terminated by signal/, '... no assertion fails');

done_testing();
