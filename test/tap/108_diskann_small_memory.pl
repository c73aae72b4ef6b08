# test/tap/068_hnsw_small_memory.pl for kg_diskann.
use strict;
use warnings;

# before the file below, which uses them too: they have INIT blocks
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

$ENV{KG_METHOD} = 'kg_diskann';
do './test/tap/068_hnsw_small_memory.pl' or die $@ || $!;
