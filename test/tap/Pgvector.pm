# Shared by the tests of extension kg_pgvector.
package Pgvector;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(pgvector_node pgvector_extensions);

# A running server on which pgvector is there to be created; the test ends,
# skipped, if it is not.  make test installs it (pgvector_for in
# scripts/common.sh).
sub pgvector_node
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', join("\n", 'autovacuum = off', 'fsync = off',
		'max_wal_size = 2GB', 'shared_buffers = 256MB', 'max_parallel_workers_per_gather = 0', 'jit = off', @conf) . "\n");
	$node->start;
	if ($node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'") eq '0')
	{
		$node->stop;
		plan skip_all => 'pgvector is not on this server';
	}
	return $node;
}

# A new database with the three extensions; further statements come before.
sub pgvector_extensions
{
	my ($node, $database, @before) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, join(";\n", @before, 'CREATE EXTENSION IF NOT EXISTS vector',
		'CREATE EXTENSION kg', 'CREATE EXTENSION kg_pgvector'));
	return;
}

1;
