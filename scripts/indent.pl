#!/usr/bin/perl
#
# Indents C files as PostgreSQL does, with pg_bsd_indent and the fixes that
# PostgreSQL's pgindent applies to its output.
#
#	scripts/indent.pl INCLUDE_DIR FILE...			rewrites the files
#	scripts/indent.pl --check INCLUDE_DIR FILE...	shows what it would change
#
# INCLUDE_DIR is "pg_config --includedir-server": pg_bsd_indent must be told
# which names are types, and here they are read from its headers and ours.
use strict;
use warnings;

use File::Find;
use File::Temp;
use FindBin;

my $check = @ARGV && $ARGV[0] eq '--check' && shift @ARGV;
my ($include_dir, @files) = @ARGV;
die "usage: $0 [--check] INCLUDE_DIR FILE...\n" unless @files;

# The options of pgindent in PostgreSQL 15.
my @options = qw(-bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1
  -i4 -l79 -lp -lpl -nip -npro -sac -tpg -ts4);

sub slurp
{
	my ($file) = @_;
	open(my $fh, '<', $file) or die "cannot open $file: $!\n";
	local $/;
	return scalar <$fh>;
}

# The names that a source text declares as types, or uses as such by the
# conventions of C ("_t") and of the compilers' vector types.
sub types_in
{
	my ($source) = @_;
	my %types;

	$source =~ s{/\*.*?\*/}{ }gs;
	$types{$1} = 1 while $source =~ /^\}\s*\*?\s*(\w+)\s*;/gm;
	$types{$1} = 1
	  while $source =~ /^typedef\b[^;{}()]*?\b(\w+)\s*(?:\[[^\]]*\])?\s*;/gm;
	$types{$1} = 1 while $source =~ /^typedef\b[^;{}]*?\(\*\s*(\w+)\)/gm;
	return keys %types;
}

sub typedefs
{
	my %types;

	find(
		{   no_chdir => 1,
			wanted => sub {
				return unless /\.h$/;
				$types{$_} = 1 foreach types_in(slurp($_));
			}
		},
		$include_dir, "$FindBin::Bin/../src");
	foreach my $file (@files)
	{
		my $source = slurp($file);
		$types{$_} = 1 foreach types_in($source);
		$types{$1} = 1 while $source =~ /\b(\w+_t|__m\d+[id]?|__mmask\d+)\b/g;
	}
	return sort keys %types;
}

sub indented
{
	my ($file, $typedefs) = @_;
	my $source = slurp($file);

	$source =~ s/[ \t]+$//gm;
	# comments that open with dashes keep their lines
	$source =~ s{/\* +---}{/*---X_X}g;

	my $temp = File::Temp->new(SUFFIX => '.c');
	print $temp $source;
	close($temp);
	my $output = `pg_bsd_indent @options -U$typedefs < $temp`;
	die "pg_bsd_indent failed on $file\n" if $? != 0;

	$output =~ s{/\*---X_X}{/* ---}g;
	# comments that ran together
	$output =~ s{\*/(/\*.*\*/)$}{*/\t$1}gm;
	# one space before "*" in return types
	$output =~ s{^([A-Za-z_]\S*)[ \t]+\*$}{$1 *}gm;
	# the name in a prototype belongs on the line of its return type
	my $name    = qr/[a-zA-Z_][a-zA-Z_0-9]*/;
	my $comment = qr{/\*.*\*/};
	$output =~ s{
		(\n$name[^(\n]*)\n
		(
			$name\(\n?
			(.*,([ \t]*$comment)?\n)*
			.*\);([ \t]*$comment)?$
		)
	}{$1 . (substr($1, -1, 1) eq '*' ? '' : ' ') . $2}gmxe;
	return $output;
}

my $typedefs = File::Temp->new;
print $typedefs "$_\n" foreach typedefs();
close($typedefs);

my $changed = 0;
foreach my $file (@files)
{
	my $output = indented($file, $typedefs);
	next if $output eq slurp($file);
	$changed = 1;
	if ($check)
	{
		my $temp = File::Temp->new;
		print $temp $output;
		close($temp);
		system('diff', '-u', '--label', $file, '--label', "$file, indented",
			$file, $temp);
	}
	else
	{
		open(my $fh, '>', $file) or die "cannot write $file: $!\n";
		print $fh $output;
		close($fh);
	}
}
exit($check && $changed ? 1 : 0);
