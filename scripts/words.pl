#!/usr/bin/perl
#
# Looks for retired words: scripts/words.txt says which, and where.
#
#	scripts/words.pl			the whole project; what lint runs
#	scripts/words.pl PATH...	files and folders
use strict;
use warnings;

use FindBin;

chdir "$FindBin::Bin/.." or die "cannot go to the project's folder: $!\n";

# Rows of the table: where, in, retired, now
sub table
{
	my @rows;

	open(my $fh, '<', 'scripts/words.txt') or die "cannot open scripts/words.txt: $!\n";
	while (<$fh>)
	{
		next if /^#|^$/;
		chomp;
		my ($where, $in, $retired, $now) = split /\t/;
		die "scripts/words.txt, line $.: four fields are wanted\n" unless $now;
		my $start = $where eq '*' ? '' : join '|', map { quotemeta } split /\|/, $where;
		push @rows,
		  {
			where => qr/^(?:$start)/,
			in => { map { $_ => 1 } split /,/, $in },
			name => qr/^(?:$retired)$/,
			word => qr/(?<![\w.])(?:$retired)(?!\w)/,
			now => $now
		  };
	}
	return @rows;
}

# Pieces of a C file: name, comment or other, each with its line
sub pieces
{
	my ($source) = @_;
	my $line = 1;
	my @pieces;

	while ($source =~ m{\G(?:(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|([A-Za-z_]\w*)|(.))}gs)
	{
		push @pieces, [ 'comment', $1, $line ] if defined $1;
		push @pieces, [ 'name', $3, $line ] if defined $3;
		$line += $& =~ tr/\n//;
	}
	return @pieces;
}

sub find_in_piece
{
	my ($file, $piece, $rows) = @_;
	my ($kind, $text, $line) = @$piece;
	my $found = 0;

	for my $row (grep { $_->{in}{$kind} } @$rows)
	{
		my $word = $kind eq 'name' ? $row->{name} : $row->{word};
		while ($text =~ /$word/g)
		{
			my $before = substr($text, 0, $-[0]) =~ tr/\n//;
			print "$file:", $line + $before, ": \"$&\" in a $kind is now: $row->{now}\n";
			$found++;
		}
	}
	return $found;
}

sub find_in_file
{
	my ($file, @rows) = @_;
	my $found = 0;

	return 0 unless @rows && open(my $fh, '<', $file);
	my $source = do { local $/; <$fh> };
	my @pieces = $file =~ /\.[ch]$/ ? pieces($source) : [ 'text', $source, 1 ];
	$found += find_in_piece($file, $_, \@rows) for @pieces;
	return $found;
}

my @rows = table();
my @paths = @ARGV ? @ARGV : qw(src test bench docs demo sql scripts README.md CONTRIBUTING.md);
my $found = 0;
for my $file (split /\n/, `git ls-files --cached --others --exclude-standard -- @paths`)
{
	next if $file =~ m{^scripts/words\.|^CHANGELOG};
	$found += find_in_file($file, grep { $file =~ $_->{where} } @rows);
}
print "$found retired words\n" if $found;
exit($found ? 1 : 0);
