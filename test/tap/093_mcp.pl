# The MCP server of demo/mcp against the public memory server: both get the same
# calls from a client of the SDK and must return the same.  Needs node and the
# npm packages of test/mcp, which are installed if KG_CLIENTS is set.
use strict;
use warnings;

use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = 'test/mcp';
my ($major) = (`node --version 2>/dev/null` // '') =~ /^v(\d+)/;

if (!$major || $major < 20 || !-e "$folder/node_modules")
{
	plan skip_all => 'MCP: no node 20, or KG_CLIENTS is not set and the npm packages are not installed';
}

my $node = PostgreSQL::Test::Cluster->new('mcp');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
$node->start;

# the server looks for its packages beside itself
symlink("../../$folder/node_modules", 'demo/mcp/node_modules') or die "demo/mcp/node_modules: $!"
  if !-e 'demo/mcp/node_modules';

my $file = $node->basedir . '/memory.jsonl';
my $output = '';
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGUSER} = getpwuid($<);
	local $ENV{PGDATABASE} = 'postgres';
	local $ENV{HOME} = $ENV{TESTDIR} // $ENV{HOME};
	IPC::Run::run([ 'node', "$folder/client.mjs", $file ], '<', \undef, '>&', \$output, IPC::Run::timeout(300));
}
my $status = $?;
while ($output =~ /^(ok|not ok) \d+ - (.*)$/mg)
{
	ok($1 eq 'ok', $2);
}
ok($status == 0 && $output =~ /^1\.\.\d+$/m, 'all calls were made') or diag($output);

# The file of the public server comes back as it was, but that an import, which may be
# repeated, keeps an observation once that create_entities was given twice.
my $lines = slurp_file($file);
(my $quoted = $lines) =~ s/'/''/g;
$node->safe_psql('postgres', "SELECT kg.create_graph('file'); SELECT kg.import_jsonl('$quoted', 'file')");
my $exported = $node->safe_psql('postgres', "SELECT kg.to_jsonl(graph => 'file')");
my @both = map { [ map { JSON::PP->new->utf8->decode($_) } split /\n/ ] } $lines, $exported;
my $repeated = 0;
foreach my $entity (grep { $_->{observations} } @{ $both[0] })
{
	my %seen;
	my @once = grep { !$seen{$_}++ } @{ $entity->{observations} };
	$repeated += @{ $entity->{observations} } - @once;
	$entity->{observations} = \@once;
}
cmp_ok($repeated, '>', 0, 'the file has observations twice');
is_deeply($both[1], $both[0], 'a file of the public memory server is exported as it was imported');
cmp_ok(scalar @{ $both[0] }, '>', 5, 'it has entities and relations');

# A graph that cannot be used: one line that says why.
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGUSER} = getpwuid($<);
	local $ENV{PGDATABASE} = 'nowhere';
	IPC::Run::run([ 'node', 'demo/mcp/server.mjs' ], '<', \undef, '>&', \$output, IPC::Run::timeout(60));
	like($output, qr/^cannot use graph "kg": database "nowhere" does not exist$/m, 'no such database');
}
$node->stop;
done_testing();
