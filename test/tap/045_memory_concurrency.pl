# Clients that assert overlapping facts, add observations, upsert, merge and
# retract at the same time leave a graph that keeps its rules.  KG_MEMORY_SECONDS
# says how long (60 in the figures of docs/memory.md, 50 in "make check-random").

use strict;
use warnings;

use File::Temp;
use IPC::Run;
use lib 'test/tap';

use Graph;
use Memory;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{KG_MEMORY_SECONDS} || 5 * ($ENV{KG_TIMES} // 1);
my $clients = 8;
my $node = graph_node('deadlock_timeout = 200ms');

$node->safe_psql('postgres', 'CREATE EXTENSION kg; ' . memory_setup(''));

my $folder = File::Temp->newdir;
my %scripts = memory_scripts('');
my %weights = (assert => 8, open_end => 2, many => 4, observe => 6, upsert => 3, merge => 1, retract => 1);
my @files;
foreach my $name (sort keys %scripts)
{
	append_to_file("$folder/$name", $scripts{$name});
	push @files, '-f', "$folder/$name\@$weights{$name}";
}

# Deadlocks and serialization failures are tried again; every other error ends a client.
sub run_clients
{
	my ($what, $seconds, @options) = @_;
	my ($output, $log) = ('', '');
	local $ENV{PGOPTIONS} = "@options";

	my $ended = IPC::Run::run([ 'pgbench', '-n', '-c', $clients, '-j', 2, '-T', $seconds, '--max-tries=100', '--random-seed=3', @files, $node->connstr('postgres') ],
		'>', \$output, '2>', \$log);
	ok($ended, "$what: the clients end well") or diag($log);
	my ($done) = $output =~ /actually processed: (\d+)/;
	my ($retried) = $output =~ /transactions retried: (\d+)/;
	cmp_ok($done // 0, '>', 20, "$what: they did something");
	note("$what: $done transactions, $retried tried again");
	return;
}

sub check_rules
{
	my ($what) = @_;
	my %rules = memory_rules('');

	is($node->safe_psql('postgres', "SELECT count(*) FROM ($rules{$_}) q"), '0', "$what: no $_") foreach sort keys %rules;
	return;
}

run_clients('read committed', $seconds);
check_rules('read committed');
is($node->safe_psql('postgres', q{
	SELECT bool_and(n > 0) FROM (VALUES
		((SELECT count(*) FROM m.relation WHERE expired_at IS NOT NULL)), ((SELECT count(*) FROM m.change WHERE action = 'merge')),
		((SELECT count(*) FROM m.observation)), ((SELECT count(*) FROM said)), ((SELECT count(*) FROM m.alias))) v(n)}),
	't', 'something was superseded, merged and observed');
run_clients('repeatable read', 3, '-c default_transaction_isolation=repeatable\\ read');
check_rules('repeatable read');

$node->stop;
done_testing();
