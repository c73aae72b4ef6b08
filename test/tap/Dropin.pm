# Shared by the tests of the drop-in, extensions/vector.
package Dropin;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(dropin_node);

# A running server that has the drop-in and not pgvector.  KG_DROPIN names the
# folder of its programs (scripts/test.sh).
sub dropin_node
{
	my ($name, @conf) = @_;
	my $programs = $ENV{KG_DROPIN} or plan skip_all => 'KG_DROPIN does not name a server with the drop-in';
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => $programs =~ s{/bin/?$}{}r);
	$node->init;
	$node->append_conf('postgresql.conf', join("\n", 'autovacuum = off', 'fsync = off',
		'max_parallel_workers_per_gather = 0', @conf) . "\n");
	$node->start;
	return $node;
}

1;
