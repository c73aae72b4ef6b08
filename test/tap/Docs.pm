# Shared by the tests of documents: the blocks of a page.
package Docs;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;

our @EXPORT = qw($root $shell_word blocks_of plain);

our $shell_word = qr/^(?:[A-Z_]+=(?:'[^']*'|\S*)\s+)*(psql|createdb|make|sudo|bench\/\S+|scripts\/\S+|test\/\S+|apt-get|dnf)\b/;
our $root = $ENV{TESTDIR} && -e "$ENV{TESTDIR}/README.md" ? $ENV{TESTDIR} : '.';

# The blocks of a page: language, first line's number, text, and the comment
# before it
sub blocks_of
{
	my ($page) = @_;
	my @lines = split /\n/, slurp_file("$root/$page");
	my @blocks;
	my $comment = '';

	for (my $i = 0; $i < @lines; $i++)
	{
		my $start = $i;
		my @text;
		if ($lines[$i] =~ /^```(\w*)$/)
		{
			my $language = $1;
			push @text, $lines[$i] while $lines[++$i] !~ /^```$/;
			push @blocks, { page => $page, line => $start + 1, language => $language, text => join("\n", @text), comment => $comment };
			$comment = '';
		}
		elsif ($lines[$i] =~ /^    \S/ && ($i == 0 || $lines[ $i - 1 ] eq ''))
		{
			while ($i < @lines && ($lines[$i] =~ /^    / || ($lines[$i] eq '' && ($lines[ $i + 1 ] // '') =~ /^    /)))
			{
				push @text, $lines[$i++] =~ s/^    //r;
			}
			$i--;
			push @blocks, { page => $page, line => $start + 1, language => $text[0] =~ $shell_word ? 'sh' : 'sql', text => join("\n", @text), comment => '' };
		}
		elsif ($lines[$i] =~ /^<!-- (.*) -->$/)
		{
			$comment = $1;
		}
		elsif ($lines[$i] ne '')
		{
			$comment = '';
		}
	}
	return @blocks;
}

# Space within and at ends of lines, lines of dashes, the heading of plans and
# blank lines do not matter; indentation does.
sub plain
{
	my ($text) = @_;
	my @lines = grep { !/^[-+ ]*-{3}[-+]*$/ && !/^\s*QUERY PLAN\s*$/ && /\S/ } split /\n/, $text;
	$lines[0] =~ s/^\s+// if @lines;
	return join "\n", map { s/\s*\+?$//r =~ s/^ ?//r =~ s/(?<=\S)\s+/ /gr } @lines;
}

1;
