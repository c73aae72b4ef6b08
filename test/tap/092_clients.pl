# The clients and frameworks written for pgvector, test/clients, against
#
# pgvector		pgvector alone, which shows that a program itself is right
# kg_pgvector	pgvector with kg and kg_pgvector, indexes made USING kg_hnsw
# drop-in		kg's own extension "vector", with access methods hnsw and ivfflat
#
# The first two need pgvector on the server (scripts/common.sh, Pgvector).
# KG_CLIENTS says which programs: "all", or names; by default a few, without
# pgvector alone.  What each needed is compared with the tables of docs/clients.md.
use strict;
use warnings;

use File::Basename;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Dropin;

my @few = qw(langchain_pgvectorstore pgvector_readme psycopg2);
my $chosen = $ENV{KG_CLIENTS} || join ' ', @few;
my $folder = 'test/clients';
my $python = '/usr/bin/python3';

# name => [ kind, file ]
my %programs = (
	map({ basename($_, '.mjs') => [ node => $_ ] } grep { !/common/ } glob "$folder/node/*.mjs"),
	map({ basename($_, '_client.py') => [ python => $_ ] } glob "$folder/python/*_client.py"),
	map({ basename($_, '.sql') => [ psql => $_ ] } glob "$folder/frameworks/*.sql"));
my @names = $chosen eq 'all' ? sort keys %programs : split ' ', $chosen;

# THE TABLES: rows by their first column

my %documented;
foreach my $line (grep { /^\|/ } split /\n/, slurp_file('docs/clients.md'))
{
	my ($name, @cells) = split /\s*\|\s*/, $line =~ s/^\|\s*|\s*\|$//gr;
	$documented{$name} = \@cells;
}
my $package = decode_json(slurp_file("$folder/node/package.json"));

# the heading of a framework's file: name | read in | what is to be changed
sub heading
{
	my ($file) = @_;
	my ($line) = slurp_file($file) =~ /^-- (.*)$/m;
	return split / \| /, $line;
}

foreach my $name (sort keys %programs)
{
	my ($kind, $file) = @{ $programs{$name} };

	if ($kind eq 'psql')
	{
		my ($title, @cells) = heading($file);
		is_deeply($documented{$title}, [ @cells, 'nothing' ], "docs/clients.md: $title");
	}
	elsif ($kind eq 'node')
	{
		my $module = $name eq 'mikro-orm' ? '@mikro-orm/postgresql' : $name;
		is($documented{$module}[0], $package->{dependencies}{$module}, "docs/clients.md: version of $module");
	}
	else
	{
		ok($documented{$name}, "docs/clients.md: $name");
	}
}

# PROGRAMS

# Why a program cannot run here; undef if it can.
my %missing;
sub missing
{
	my ($kind, $name) = @_;

	return undef if $kind eq 'psql';
	if ($kind eq 'python')
	{
		return system("$python -c 'import $name' 2>/dev/null") == 0 ? undef : "$python has no module $name";
	}
	$missing{node} //= do
	{
		my $version = `node --version 2>/dev/null` // '';
		my ($major) = $version =~ /^v(\d+)/;
		!$major ? 'no node'
		  : $major < 20 ? "node $version is older than 20"
		  : -e "$folder/node/node_modules" ? ''
		  :                                  'the npm packages are not installed';
	};
	return $missing{node} || undef;
}

sub command
{
	my ($kind, $file, $method) = @_;

	return ('node', $file) if $kind eq 'node';
	return ($python, '-B', $file) if $kind eq 'python';
	return ('psql', '-X', '-v', "hnsw=$method",
		'-v', 'ivfflat=' . ($method eq 'hnsw' ? 'ivfflat' : $method),
		'-v', 'lists=' . ($method eq 'hnsw' ? 'WITH (lists = 20)' : ''),
		'-f', "$folder/frameworks/checks.psql", '-f', $file);
}

# What it reports of itself, "NAME|VERSION|TYPES|NEEDED", is what the table says.
# Python's clients are those of Debian, whose versions other releases do not have.
my $debian = -e '/etc/debian_version' ? slurp_file('/etc/debian_version') : '';
sub compare_documents
{
	my ($configuration, $name, $version, $types, $needed) = @_;
	my ($documented_version, $documented_types, @documented_needs) = @{ $documented{$name} || [] };
	my $column = $configuration eq 'kg_pgvector' ? 0 : 1;

	is($version, $documented_version, "$configuration: version of $name") if $documented_version !~ /Debian/ || $debian =~ /^12\./;
	is($types, $documented_types, "$configuration: types of $name");
	is($needed, $documented_needs[$column], "$configuration: what $name needed") if $configuration ne 'pgvector';
	return;
}

sub run_program
{
	my ($node, $configuration, $name, $method) = @_;
	my ($kind, $file) = @{ $programs{$name} };
	my $output = '';

	SKIP:
	{
		my $why = missing($kind, $name);
		skip "clients: $why", 1 if $why;

		local $ENV{PGHOST} = $node->host;
		local $ENV{PGPORT} = $node->port;
		local $ENV{PGUSER} = getpwuid($<);
		local $ENV{PGDATABASE} = $configuration;
		local $ENV{KG_METHOD} = $method;
		local $ENV{HOME} = $ENV{TESTDIR} // $ENV{HOME};
		IPC::Run::run([ command($kind, $file, $method) ], '<', \undef, '>&', \$output, IPC::Run::timeout(300));
		my $status = $?;

		while ($output =~ /^(ok|not ok) \d+ - (.*)$/mg)
		{
			ok($1 eq 'ok', "$configuration: $name: $2");
		}
		if ($output =~ /^# client (.*)$/m)
		{
			compare_documents($configuration, split /\|/, $1);
		}
		ok($status == 0 && ($kind eq 'psql') == ($output !~ /^1\.\.\d+$/m), "$configuration: $name") or diag($output);
	}
	return;
}

sub run_programs
{
	my ($node, $configuration, $method, @extensions) = @_;

	$node->safe_psql('postgres', qq(CREATE DATABASE "$configuration"));
	$node->safe_psql($configuration, join '; ', map { "CREATE EXTENSION $_" } @extensions);
	run_program($node, $configuration, $_, $method) foreach @names;
	return;
}

# Such small tables are sorted, unless the pages of an index cost little.
my @conf = ('autovacuum = off', 'fsync = off', 'random_page_cost = 0.3');
my $node = PostgreSQL::Test::Cluster->new('pgvector');
$node->init;
$node->append_conf('postgresql.conf', join("\n", @conf) . "\n");
$node->start;
SKIP:
{
	my $there = $node->safe_psql('postgres',
		"SELECT string_agg(name, ' ' ORDER BY name) FROM pg_available_extensions WHERE name IN ('vector', 'kg_pgvector')");

	skip "clients: pgvector and kg_pgvector are not both on this server, but: $there", 1 if $there ne 'kg_pgvector vector';
	run_programs($node, 'pgvector', 'hnsw', 'vector') if $ENV{KG_CLIENTS};
	run_programs($node, 'kg_pgvector', 'kg_hnsw', 'vector', 'kg', 'kg_pgvector');
}
$node->stop;

SKIP:
{
	skip 'clients: KG_DROPIN does not name a server with the drop-in', 1 if !$ENV{KG_DROPIN};
	my $dropin = dropin_node('dropin', 'random_page_cost = 0.3');
	run_programs($dropin, 'drop-in', 'hnsw', 'vector');
	$dropin->stop;
}
done_testing();
