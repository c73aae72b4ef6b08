#!/usr/bin/perl
#
# Each struct of a header under src/ has an entry in src/README.md, and each
# name there is of something that the source has.
use strict;
use warnings;

use File::Find;
use FindBin;

chdir "$FindBin::Bin/.." or die "cannot go to the project's folder: $!\n";

sub slurp
{
	my ($file) = @_;
	open(my $fh, '<', $file) or die "cannot open $file: $!\n";
	local $/;
	return scalar <$fh>;
}

my (%structs, $source);
find(
	{   no_chdir => 1,
		wanted => sub {
			return unless /\.[ch]$/;
			my $text = slurp($_);
			$source .= $text;
			return unless /\.h$/;
			$structs{$1} //= $_ while $text =~ /^(?:typedef )?(?:struct|union) ([A-Z]\w*)(?: \1;|$)/gm;
		}
	},
	'src');

my $readme = slurp('src/README.md');
my ($glossary) = $readme =~ /^## Glossary\n(.*)/ms or die "src/README.md has no glossary\n";
my %entries = map { $_ => 1 } $glossary =~ /`([A-Z][A-Za-z0-9]*[a-z])`/g;
my $failed = 0;

foreach my $name (grep { !$entries{$_} } sort keys %structs)
{
	print "$name of $structs{$name} is not in the glossary of src/README.md\n";
	$failed = 1;
}
foreach my $name (grep { !$structs{$_} && $_ ne 'ItemPointerData' } sort keys %entries)
{
	print "the glossary of src/README.md has $name, which is no struct of a header\n";
	$failed = 1;
}

# files and functions that it names
while ($readme =~ /`((?:kg_\w+)|(?:[\w\/]+\.(?:c|h|sql)))`/g)
{
	my $name = $1;
	next if $name =~ /\./ ? (-e "src/$name" || `git ls-files -co --exclude-standard -- 'src/*/$name'`) : $source =~ /\b\Q$name\E\b/;
	next if $name eq 'kg_hnsw' || $name eq 'nbtsort.c';
	print "src/README.md names $name, which is not under src/\n";
	$failed = 1;
}
exit $failed;
