# Shared by the tests that damage pages.
package Damage;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;

our @EXPORT = qw(without_checksums);

# A running server without data checksums, which initdb switches on since 18: with them
# the server itself tells of every damaged page, and kg would see none.
sub without_checksums
{
	my ($node) = @_;
	return $node if $node->safe_psql('postgres', 'SHOW data_checksums') eq 'off';
	$node->stop;
	system_or_bail('pg_checksums', '--disable', '--pgdata', $node->data_dir);
	$node->start;
	return $node;
}

1;
