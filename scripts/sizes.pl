#!/usr/bin/perl
#
# Checks the sizes of C code: lines of at most 100 columns (tabs are 4; text of
# messages, which nobody should have to look for in pieces, does not count),
# functions of at most 60 lines between their braces, files of at most 600.
# scripts/sizes.txt lists those that may be longer.
#
#	scripts/sizes.pl FILE...
use strict;
use warnings;

use FindBin;

my ($max_columns, $max_function, $max_file) = (100, 60, 600);
my $failed = 0;

sub complain
{
	print @_, "\n";
	$failed = 1;
	return;
}

# What may be longer: path or path:function => reason
sub exceptions
{
	my %exceptions;

	open(my $fh, '<', "$FindBin::Bin/sizes.txt") or die "cannot open sizes.txt: $!\n";
	while (<$fh>)
	{
		next if /^#|^$/;
		/^(\S+)\t(.+)$/ or die "scripts/sizes.txt, line $.: no reason\n";
		$exceptions{$1} = $2;
	}
	return %exceptions;
}

sub columns
{
	my ($line) = @_;

	1 while $line =~ s/^([^\t]*)\t/$1 . ' ' x (4 - length($1) % 4)/e;
	return length $line;
}

sub check_columns
{
	my ($file, $number, $line) = @_;

	return if columns($line) <= $max_columns;
	(my $code = $line) =~ s/"(?:\\.|[^"\\])*"/""/g;
	complain("$file:$number: ", columns($line), " columns, more than $max_columns")
	  if columns($code) > $max_columns || $code eq $line;
	return;
}

# Lines of each function's body; its name is the last word before "(" at the
# start of a line.
sub functions
{
	my ($file, @lines) = @_;
	my ($name, $start, %functions) = ('');

	for my $i (0 .. $#lines)
	{
		$name = $1 if !defined $start && $lines[$i] =~ /^(?:[A-Za-z_].*?)?\b(\w+)\(/;
		$start = $i if $lines[$i] eq '{';
		if ($lines[$i] eq '}' && defined $start)
		{
			$functions{"$file:$name"} = $i - $start - 1;
			$start = undef;
		}
	}
	return %functions;
}

my (%functions, %files);
foreach my $file (@ARGV)
{
	open(my $fh, '<', $file) or die "cannot open $file: $!\n";
	chomp(my @lines = <$fh>);
	$files{$file} = @lines;
	%functions = (%functions, functions($file, @lines));
	check_columns($file, $_ + 1, $lines[$_]) for 0 .. $#lines;
}

my %exceptions = exceptions();
foreach my $kind ([ 'function', $max_function, \%functions ], [ 'file', $max_file, \%files ])
{
	my ($what, $most, $sizes) = @$kind;
	my @longest = sort { $sizes->{$b} <=> $sizes->{$a} || $a cmp $b } keys %$sizes;

	foreach my $name (grep { $sizes->{$_} > $most } @longest)
	{
		next if delete $exceptions{$name};
		complain("$name: a $what of $sizes->{$name} lines, more than $most; split it, or give a reason in scripts/sizes.txt");
	}
	print "longest $what: $longest[0], $sizes->{$longest[0]} lines\n" if @longest;
}
complain("$_ is in scripts/sizes.txt, and need not be") foreach sort keys %exceptions;
exit $failed;
