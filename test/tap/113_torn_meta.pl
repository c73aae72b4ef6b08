# Torn meta pages, where there is nothing to mend them: no data checksums, and no WAL.
# A write that was cut short leaves sectors of 512 bytes of the older page, or of zeros.
# What must agree on a meta page is in its first sector, so that a new head with an older
# tail is right, and statements refuse a page of which a part is zero.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Damage;
use Storm;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\njit = off\nmax_wal_size = 2GB\n");
$node->start;
storm_setup(without_checksums($node), 120);

my @kinds = storm_kinds();
my %paths = map { my $kind = $_; ($kind => $node->data_dir . '/' . storm_sql($node, "SELECT pg_relation_filepath('storm.${kind}_v')")) } @kinds;

# The meta pages of all indexes, as they are on disk
sub meta_pages
{
	return map { ($_ => substr slurp_file($paths{$_}), 0, 8192) } @kinds;
}

sub write_meta
{
	my ($kind, $page) = @_;
	open my $file, '+<:raw', $paths{$kind} or die "$paths{$kind}: $!";
	print $file $page;
	close $file;
	return;
}

# entry points, free pages, lists, chains and frames change
$node->stop;
my %old = meta_pages();
$node->start;
storm_sql($node, map { ("SELECT storm.insert_rows(number, 1, 900) FROM storm.kind WHERE name = '$_'", "DELETE FROM storm.$_ WHERE id % 3 = 0", "VACUUM storm.$_",
	"SELECT storm.insert_rows(number, 1, 200) FROM storm.kind WHERE name = '$_'") } @kinds);
is(storm_check($node, 11), '', 'whole pages');
$node->stop;
my %new = meta_pages();
isnt($new{$_}, $old{$_}, "$_: the meta page has changed") foreach @kinds;

# What statements say of an index, in lines: "ok", or the error.
sub statements
{
	my ($session, $kind) = @_;
	my @lines;

	foreach my $statement ("SELECT FROM kg.index_check('storm.${kind}_v')", "SELECT FROM kg.index_info('storm.${kind}_v')",
		"SELECT FROM storm.kind, storm.expect_nearest(number, 11, 10) WHERE name = '$kind'",
		"SELECT FROM storm.kind, storm.insert_rows(number, 7, 1) WHERE name = '$kind'",
		"DELETE FROM storm.$kind WHERE id % 11 = 1; VACUUM (INDEX_CLEANUP on) storm.$kind")
	{
		my $answer = storm_ask($session, $statement);
		my ($state, $message) = $answer =~ /(?:ERROR|FATAL|PANIC):\s+(\w{5}): (.*)/;
		push @lines, $state ? "$state: $message" : "ok $answer";
	}
	return @lines;
}

my $zeros = "\0" x 8192;
my ($torn, $refused) = (0, 0);
my %messages;

foreach my $sectors (1, 8)
{
	my $cut = 512 * $sectors;

	# a new head, an older tail
	write_meta($_, substr($new{$_}, 0, $cut) . substr($old{$_}, $cut)) foreach @kinds;
	$node->start;
	is(storm_check($node, 11), '', "$sectors new sectors before older ones: all is right");
	$node->stop;
	$torn += @kinds;

	foreach my $half ('head', 'tail')
	{
		write_meta($_, $half eq 'head' ? substr($zeros, 0, $cut) . substr($new{$_}, $cut) : substr($new{$_}, 0, $cut) . substr($zeros, $cut)) foreach @kinds;
		$node->start;
		my $session = storm_session($node);
		my $wrong = '';
		foreach my $kind (@kinds)
		{
			my @lines = statements($session, $kind);
			foreach my $line (@lines)
			{
				$refused++;
				# the server's own check of a page comes first
				$wrong .= "$kind: $line\n" unless $line =~ /^XX002: .*"${kind}_v"/ || $line =~ m{^XX001: invalid page in block 0 of relation };
				$messages{ $line =~ s/"\w+"/"..."/r =~ s{[\d/]+$}{...}r }++;
			}
		}
		is($wrong, '', "$sectors sectors, the $half is zero: statements tell of corruption");
		$session->{run}->kill_kill;
		$node->stop;
		$torn += @kinds;
	}
}
note("counts: $torn torn meta pages, $refused statements refused");
note("$messages{$_} times: $_") foreach sort keys %messages;

# REINDEX mends all
write_meta($_, $zeros) foreach @kinds;
$node->start;
storm_sql($node, map { "REINDEX INDEX storm.${_}_v" } @kinds);
is(storm_check($node, 11), '', 'after REINDEX');

done_testing();
