# Every prefix of a stream of WAL leaves indexes that can be searched and checked.  A
# storm is recorded; a standby gets the recording piece by piece, each up to the end of
# one record, as if the primary had ended there.  After each record that changes an index,
# and after each commit, kg.index_check finds nothing in the indexes concerned, a scan
# returns the rows of the table, each once, and every row is found by its own vector.
# After some prefixes a copy of the standby is started as a primary, which must take
# rows and vacuum.
#
#	KG_CRASH_PREFIXES	how many, 120 unless said otherwise ("make check-crash": 2000)
#	KG_CRASH_SEED		1
use strict;
use warnings;

use File::Path qw(rmtree);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib 'test/tap';
use Storm;

my $wanted = $ENV{KG_CRASH_PREFIXES} // 120;
my $seed = $ENV{KG_CRASH_SEED} // 1;
# of how many prefixes one is started as a primary
my $promoted_part = $wanted > 400 ? 150 : int($wanted / 2);
my $segment_size = 16 * 1024 * 1024;

my $primary = storm_node('primary', 'checkpoint_timeout = 1d', 'wal_keep_size = 8GB', 'max_wal_size = 16GB', 'full_page_writes = off');
storm_setup($primary, 100);
$primary->backup('base');

sub lsn
{
	my ($high, $low) = split m{/}, $_[0];
	return hex($high) << 32 | hex $low;
}

sub segment_name
{
	my ($number) = @_;
	return sprintf '%08X%08X%08X', 1, int($number / 256), $number % 256;
}

# The records from one position to another: position, resource manager, transaction,
# the files of the relations, text.
sub records
{
	my ($from, $to) = @_;
	my @records;

	open my $dump, '-|', 'pg_waldump', '-p', $primary->data_dir . '/pg_wal', '-s', $from, '-e', $to or die "pg_waldump: $!";
	while (<$dump>)
	{
		my ($manager, $xid, $lsn, $text) = /^rmgr: (\w+).*?tx:\s*(\d+), lsn: ([0-9A-F\/]+), prev \S+ desc: (.*)/ or next;
		push @records, { at => lsn($lsn), manager => $manager, xid => $xid, text => substr($text, 0, 200), files => [ $text =~ m{rel \d+/\d+/(\d+)}g ] };
	}
	close $dump;
	return @records;
}

# The storm: three clients write all kinds; then rows are deleted and vacuumed away
# while two go on.
my $from = storm_sql($primary, 'SELECT pg_current_wal_lsn()');
my ($to, @records);
foreach my $spell (1 .. 1000)
{
	my ($session, $out) = storm_bench($primary, 3, \8, $seed * 1000 + $spell, insert => 3, batch => 2, abort => 1, update => 2, filters => 1);
	$session->finish;
	my ($others, $others_out) = storm_bench($primary, 2, \6, $seed * 2000 + $spell, insert => 1, update => 1);
	storm_sql($primary, map { ("DELETE FROM storm.$_ WHERE p >= 0 AND id % 2 = $spell % 2", "VACUUM (INDEX_CLEANUP on) storm.$_") } storm_kinds());
	$others->finish;
	is(storm_failures($$out . $$others_out), '', "storm, spell $spell");
	$to = storm_sql($primary, 'CHECKPOINT', 'SELECT pg_current_wal_lsn()');
	@records = records($from, $to);
	last if grep({ $_->{manager} eq 'Generic' } @records) >= $wanted;
}

# Which kind has the file, by its index and by its table.
my (%index_of, %table_of);
foreach my $kind (storm_kinds())
{
	my ($index, $table) = split /\|/, storm_sql($primary, "SELECT pg_relation_filenode('storm.${kind}_v'), pg_relation_filenode('storm.$kind')");
	$index_of{$index} = $kind;
	$table_of{$table} = $kind;
}

# A standby that polls its folder of WAL: what stands there is all that there is.
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base');
$standby->set_standby_mode;
$standby->append_conf('postgresql.conf', "wal_retrieve_retry_interval = 1ms\nrecovery_prefetch = off\nmax_standby_archive_delay = -1\nmax_standby_streaming_delay = -1\nhot_standby_feedback = off\n");
$standby->start;
my $session = storm_session($standby);

my $fed = lsn($from);
my %made;

# Copies the WAL of the primary up to a position.
sub feed
{
	my ($end) = @_;
	while ($fed < $end)
	{
		my $number = int($fed / $segment_size);
		my $offset = $fed % $segment_size;
		my $length = $end - $fed;
		my $path = $standby->data_dir . '/pg_wal/' . segment_name($number);
		my ($source, $target, $bytes);

		$length = $segment_size - $offset if $length > $segment_size - $offset;
		open $source, '<:raw', $primary->data_dir . '/pg_wal/' . segment_name($number) or die "WAL of the primary: $!";
		sysseek $source, $offset, 0;
		sysread($source, $bytes, $length) == $length or die "WAL of the primary: $!";
		close $source;
		if (!$made{$number}++)
		{
			# one that was there may be an old one, renamed for use again
			open $target, '>:raw', "$path.new" or die "$path: $!";
			print $target "\0" x $segment_size;
			close $target;
			rename "$path.new", $path or die "$path: $!";
		}
		open $target, '+<:raw', $path or die "$path: $!";
		sysseek $target, $offset, 0;
		syswrite($target, $bytes) == $length or die "$path: $!";
		close $target;
		$fed += $length;
	}
	return;
}

# Replays until the record at a position is done, and pauses there.
sub replay
{
	my ($at) = @_;
	my $begin = time;
	storm_ask($session, 'SELECT pg_wal_replay_resume()');
	while (lsn(storm_ask($session, 'SELECT pg_last_wal_replay_lsn()')) <= $at)
	{
		die 'WAL is not replayed: ' . slurp_file($standby->logfile) if time - $begin > 120;
		sleep 0.001;
	}
	storm_ask($session, 'SELECT pg_wal_replay_pause()');
	sleep 0.001 while storm_ask($session, 'SELECT pg_get_wal_replay_pause_state()') ne 'paused';
	return lsn(storm_ask($session, 'SELECT pg_last_wal_replay_lsn()'));
}

# What is wrong with a copy of the standby that is started as a primary: it has what the
# prefix has, and takes rows.
sub go_on
{
	my $copy = PostgreSQL::Test::Cluster->new('copy');
	my $problems;

	$session->{run}->kill_kill;
	$standby->stop('immediate');
	system('cp', '-a', $standby->data_dir, $copy->data_dir) == 0 or die 'cp';
	unlink $copy->data_dir . '/standby.signal';
	$copy->append_conf('postgresql.conf', 'port = ' . $copy->port . "\n");
	$copy->start;
	$problems = storm_check($copy, 11);
	storm_sql($copy, map { ("SELECT storm.insert_rows(number, 1, 60) FROM storm.kind WHERE name = '$_'", "DELETE FROM storm.$_ WHERE p >= 0 AND id % 2 = 0", "VACUUM (INDEX_CLEANUP on) storm.$_",
		"SELECT storm.insert_rows(number, 100, 60) FROM storm.kind WHERE name = '$_'") } storm_kinds());
	$problems .= storm_check($copy, 11);
	$copy->stop('immediate');
	rmtree($copy->basedir);
	$standby->start;
	$session = storm_session($standby);
	return $problems;
}

# The records after which there is something to check, with the kinds concerned.
my (%written, @points);
foreach my $i (0 .. $#records - 1)
{
	my $record = $records[$i];
	my @kinds = grep { defined } map { $index_of{$_} } @{ $record->{files} };

	$written{ $record->{xid} }{$_} = 1 foreach @kinds, grep { defined } map { $table_of{$_} } @{ $record->{files} };
	@kinds = keys %{ delete $written{ $record->{xid} } // {} } if $record->{manager} eq 'Transaction';
	push @points, { %$record, kinds => [@kinds], end => $records[ $i + 1 ]{at} }
		if @kinds && $record->{manager} =~ /^(?:Generic|Transaction)$/;
}

# all of them, or as many as wanted from all parts of the recording
my $stride = int(@points / $wanted) || 1;
my ($prefixes, $commits, $promoted) = (0, 0, 0);
my (%of_kind, @wrong);

foreach my $i (0 .. $#points)
{
	my $point = $points[$i];
	next if $i % $stride;

	feed($point->{end});
	die 'more is replayed than was fed' if replay($point->{at}) > $fed;
	my $problems = storm_ask($session, "SELECT storm.check_all('{" . join(',', @{ $point->{kinds} }) . "}', " . (1 + $i % 900) . ')');
	$prefixes++;
	$commits++ if $point->{manager} eq 'Transaction';
	$of_kind{$_}++ foreach @{ $point->{kinds} };
	if ($prefixes % $promoted_part == 0)
	{
		$problems .= go_on();
		$promoted++;
	}
	push @wrong, sprintf "after %s at %X of %s: %s\n%s", $point->{manager}, $point->{at}, "@{ $point->{kinds} }", $point->{text}, $problems if $problems ne '';
	last if @wrong > 5;
}
is(join("\n\n", @wrong), '', "$prefixes prefixes");
cmp_ok($prefixes, '>=', $wanted, 'as many as wanted');
note("counts: $prefixes prefixes of WAL replayed, of " . @points . ": " . join(', ', map { "$_ $of_kind{$_}" } sort keys %of_kind) . "; $commits of them ended with a transaction; $promoted went on as primaries (seed $seed)");
unlike(slurp_file($standby->logfile), qr/PANIC|inconsistent page found|TRAP/, 'nothing inconsistent in replay');
done_testing();
