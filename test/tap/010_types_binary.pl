# Malformed binary input of the vector types: each is one clear error, and
# what is valid is taken as it is.
use strict;
use warnings;

use File::Spec;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('types_binary');
$node->init;
# a superuser named kg would otherwise create tables among the types
$node->append_conf('postgresql.conf', "search_path = public\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION kg;
	CREATE TABLE vector (v kg.vector);
	CREATE TABLE vector3 (v kg.vector(3));
	CREATE TABLE halfvec (v kg.halfvec);
	CREATE TABLE halfvec3 (v kg.halfvec(3));
	CREATE TABLE int8vec (v kg.int8vec);
	CREATE TABLE int8vec3 (v kg.int8vec(3));
	CREATE TABLE sparsevec (v kg.sparsevec);
	CREATE TABLE sparsevec3 (v kg.sparsevec(3));
	CREATE TABLE ball (v kg.ball);
});

my $file = File::Spec->rel2abs($node->basedir) . '/binary.copy';

# A file for COPY with one row of one field.
sub write_copy
{
	my ($field) = @_;

	open(my $fh, '>:raw', $file) or die "$file: $!";
	print $fh "PGCOPY\n\377\r\n\0", pack('N N', 0, 0), pack('n N/a*', 1, $field), pack('n', 0xffff);
	close($fh) or die "$file: $!";
}

# What COPY makes of a field: the value as text, or the error.
sub copy_field
{
	my ($table, $field) = @_;

	write_copy($field);
	my ($status, $out, $err) = $node->psql('postgres', qq{
		BEGIN;
		COPY $table FROM '$file' (FORMAT binary);
		SELECT v FROM $table;
		ROLLBACK;
	});
	return $status == 0 ? $out : $err =~ /ERROR:  (.*)/ ? $1 : "no error: $err";
}

sub check
{
	my ($table, $field, $expected, $name) = @_;

	is(copy_field($table, $field), $expected, "$table: $name");
}

sub dense { return pack('n n', @_[0, 1]) . $_[2] }
sub sparse
{
	my ($dim, $nnz, $unused, $indices, $values) = @_;
	return pack('N N N N*', $dim, $nnz, $unused, @$indices) . join('', map { float4($_) } @$values);
}
sub float4 { return pack('f>', $_[0]) }

my $cut_short = 'insufficient data left in message';
my $too_long = 'incorrect binary data format';
my $nan = unpack('f>', pack('N', 0x7fc00000));
my $inf = unpack('f>', pack('N', 0x7f800000));

# The dense types differ in the elements only.
my %elements = (
	vector => {
		good => [ map { float4($_) } 1, -2, 0.5 ],
		nan => [ map { pack('N', $_) } 0x7fc00000, 0xffc00000, 0x7f800001 ],
		inf => [ map { pack('N', $_) } 0x7f800000, 0xff800000 ],
		limits => pack('N3', 0x7f7fffff, 0x80000000, 0x00000001),
		limits_text => '[3.4028235e+38,-0,1e-45]'
	},
	halfvec => {
		good => [ map { pack('n', $_) } 0x3c00, 0xc000, 0x3800 ],
		nan => [ map { pack('n', $_) } 0x7e00, 0xfe00, 0x7c01 ],
		inf => [ map { pack('n', $_) } 0x7c00, 0xfc00 ],
		limits => pack('n3', 0x7bff, 0x8000, 0x0001),
		limits_text => '[65504,-0,5.9604645e-08]'
	});
foreach my $type (sort keys %elements)
{
	my @good = @{ $elements{$type}{good} };
	my $good = join('', @good);
	my $message = dense(3, 0, $good);

	check($type, $message, '[1,-2,0.5]', 'valid');
	check("${type}3", $message, '[1,-2,0.5]', 'valid, with type modifier');
	check($type, dense(3, 0, $elements{$type}{limits}), $elements{$type}{limits_text}, 'extreme elements');
	check($type, dense(16000, 0, $good[0] x 16000), '[' . join(',', (1) x 16000) . ']', 'most dimensions');
	check("${type}3", dense(2, 0, $good[0] x 2), 'expected 3 dimensions, not 2', 'type modifier');
	check($type, dense(0, 0, ''), "$type must have at least 1 dimension", 'no dimensions');
	check($type, dense(0xffff, 0, $good), "$type must have at least 1 dimension", '-1 dimensions');
	check($type, dense(0x8000, 0, $good), "$type must have at least 1 dimension", '-32768 dimensions');
	check($type, dense(16001, 0, $good[0] x 16001), "$type cannot have more than 16000 dimensions", '16001 dimensions');
	check($type, dense(0x7fff, 0, $good), "$type cannot have more than 16000 dimensions", '32767 dimensions');
	check($type, dense(3, 1, $good), 'expected unused to be 0, not 1', 'unused');
	check($type, dense(3, 0xffff, $good), 'expected unused to be 0, not -1', 'unused, negative');
	check($type, dense(2, 0, $good), $too_long, 'an element too many');
	check($type, $message . "\0", $too_long, 'a byte too many');
	check($type, dense(16000, 0, $good), $cut_short, 'far fewer elements than dimensions');
	foreach my $length (0 .. length($message) - 1)
	{
		check($type, substr($message, 0, $length), $cut_short, "cut to $length bytes");
	}
	foreach my $nan (@{ $elements{$type}{nan} })
	{
		check($type, dense(2, 0, $good[0] . $nan), "NaN not allowed in $type", 'NaN ' . unpack('H*', $nan));
	}
	foreach my $inf (@{ $elements{$type}{inf} })
	{
		check($type, dense(2, 0, $good[0] . $inf), "infinite value not allowed in $type", 'infinity ' . unpack('H*', $inf));
	}
}

# int8vec: least multiple, scale, then a byte for each element.
sub int8 { return pack('n n n f> C*', @_) }
sub int8_bits { return pack('n n n N C*', @_) }
my $int8 = int8(3, 0, -4, 0.5, 6, 0, 5);
check('int8vec', $int8, '[1,-2,0.5]', 'valid');
check('int8vec3', $int8, '[1,-2,0.5]', 'valid, with type modifier');
check('int8vec', int8(3, 0, -5, 0.25, 9, 253, 1), '[1,62,-1]', 'a scale and least multiple that could be greater');
check('int8vec', int8(2, 0, 0, 0, 0, 0), '[0,0]', 'zero');
check('int8vec', int8(2, 0, 7, 0, 1, 2), '[0,0]', 'zero, by its scale');
check('int8vec', int8(2, 0, -9, 3, 9, 9), '[0,0]', 'zero, by its multiples');
check('int8vec', int8(2, 0, -32767, 1, 0, 255), '[-32767,-32512]', 'least multiple');
check('int8vec', int8(1, 0, 32767, 1, 0), '[32767]', 'greatest multiple');
check('int8vec', int8_bits(2, 0, 1, 0x7f7fffff, 0, 0), '[3.4028235e+38,3.4028235e+38]', 'greatest scale');
check('int8vec', int8_bits(2, 0, -1, 1, 0, 2), '[-1e-45,1e-45]', 'least scale');
check('int8vec', int8(16000, 0, 1, 1, (0) x 16000), '[' . join(',', (1) x 16000) . ']', 'most dimensions');
check('int8vec3', int8(2, 0, 0, 1, 0, 1), 'expected 3 dimensions, not 2', 'type modifier');
check('int8vec', int8(0, 0, 0, 1), 'int8vec must have at least 1 dimension', 'no dimensions');
check('int8vec', int8(0xffff, 0, 0, 1, 1), 'int8vec must have at least 1 dimension', '-1 dimensions');
check('int8vec', int8(16001, 0, 0, 1, (1) x 16001), 'int8vec cannot have more than 16000 dimensions', '16001 dimensions');
check('int8vec', int8(3, 1, 0, 1, 1, 2, 3), 'expected unused to be 0, not 1', 'unused');
check('int8vec', int8(1, 0, 32767, 1, 1), 'element 1 of int8vec is 32768 times its scale, not -32767 to 32767 times', 'multiple too large');
check('int8vec', int8(2, 0, -32768, 1, 1, 0), 'element 2 of int8vec is -32768 times its scale, not -32767 to 32767 times', 'multiple too small');
check('int8vec', int8(2, 0, 0, -1, 0, 1), 'scale of int8vec must be at least 0 and finite, not -1', 'negative scale');
check('int8vec', int8_bits(2, 0, 0, 0x7fc00000, 0, 1), 'scale of int8vec must be at least 0 and finite, not NaN', 'scale NaN');
check('int8vec', int8_bits(2, 0, 0, 0x7f800000, 0, 1), 'scale of int8vec must be at least 0 and finite, not Infinity', 'infinite scale');
check('int8vec', int8_bits(2, 0, 1, 0x7f7fffff, 0, 1), 'element 2 of int8vec, 2 times 3.4028235e+38, is not a float4', 'too large a product');
check('int8vec', int8(2, 0, 0, 0.1, 1, 3), 'element 2 of int8vec, 3 times 0.1, is not a float4', 'a product that would be rounded');
check('int8vec', int8(2, 0, 0, 1, 1, 2, 3), $too_long, 'an element too many');
check('int8vec', int8(16000, 0, 0, 1, 1, 2), $cut_short, 'far fewer elements than dimensions');
foreach my $length (0 .. length($int8) - 1)
{
	check('int8vec', substr($int8, 0, $length), $cut_short, "cut to $length bytes");
}

my $message = sparse(5, 2, 0, [ 1, 4 ], [ 1.5, -2 ]);
check('sparsevec', $message, '{2:1.5,5:-2}/5', 'valid');
check('sparsevec3', sparse(3, 0, 0, [], []), '{}/3', 'valid, without elements');
check('sparsevec3', sparse(3, 3, 0, [ 0, 1, 2 ], [ 1, 2, 3 ]), '{1:1,2:2,3:3}/3', 'valid, with all elements');
check('sparsevec', sparse(1000000000, 1, 0, [999999999], [1]), '{1000000000:1}/1000000000', 'most dimensions');
check('sparsevec', sparse(16000, 16000, 0, [ 0 .. 15999 ], [ (1) x 16000 ]),
	'{' . join(',', map { "$_:1" } 1 .. 16000) . '}/16000', 'most elements');
check('sparsevec3', $message, 'expected 3 dimensions, not 5', 'type modifier');
check('sparsevec', sparse(0, 0, 0, [], []), 'sparsevec must have at least 1 dimension', 'no dimensions');
check('sparsevec', sparse(0xffffffff, 0, 0, [], []), 'sparsevec must have at least 1 dimension', '-1 dimensions');
check('sparsevec', sparse(1000000001, 0, 0, [], []), 'sparsevec cannot have more than 1000000000 dimensions', 'too many dimensions');
check('sparsevec', sparse(5, 0xffffffff, 0, [], []), 'sparsevec cannot have negative number of elements', '-1 elements');
check('sparsevec', sparse(20000, 16001, 0, [], []), 'sparsevec cannot have more than 16000 non-zero elements', '16001 elements');
check('sparsevec', sparse(20000, 0x7fffffff, 0, [], []), 'sparsevec cannot have more than 16000 non-zero elements', 'far too many elements');
check('sparsevec', sparse(2, 3, 0, [ 0, 1, 2 ], [ 1, 2, 3 ]), 'sparsevec cannot have more elements than dimensions', 'more elements than dimensions');
check('sparsevec', sparse(5, 2, 7, [ 1, 4 ], [ 1, 2 ]), 'expected unused to be 0, not 7', 'unused');
check('sparsevec', sparse(5, 2, 0, [ 4, 1 ], [ 1, 2 ]), 'sparsevec indices must be in ascending order', 'descending indices');
check('sparsevec', sparse(5, 2, 0, [ 4, 4 ], [ 1, 2 ]), 'sparsevec indices must not contain duplicates', 'duplicate indices');
check('sparsevec', sparse(5, 1, 0, [5], [1]), 'sparsevec index out of bounds', 'index too large');
check('sparsevec', sparse(5, 1, 0, [0xffffffff], [1]), 'sparsevec index out of bounds', 'negative index');
check('sparsevec', sparse(5, 1, 0, [0], [$nan]), 'NaN not allowed in sparsevec', 'NaN');
check('sparsevec', sparse(5, 1, 0, [0], [-$inf]), 'infinite value not allowed in sparsevec', 'infinity');
check('sparsevec', sparse(5, 1, 0, [0], [$_]), 'binary representation of sparsevec cannot contain zero values', "zero $_")
  foreach 0.0, -0.0;
check('sparsevec', $message . "\0", $too_long, 'a byte too many');
foreach my $length (0 .. length($message) - 1)
{
	check('sparsevec', substr($message, 0, $length), $cut_short, "cut to $length bytes");
}

# A ball: its radius, then its centre as a vector.
sub ball { return pack('d>', $_[0]) . dense(@_[1 .. 3]) }
my $centre = join('', map { float4($_) } 1, -2);
$message = ball(0.5, 2, 0, $centre);
check('ball', $message, '<[1,-2],0.5>', 'valid');
check('ball', ball(-$inf, 2, 0, $centre), '<[1,-2],-Infinity>', 'infinite radius');
check('ball', ball($nan, 2, 0, $centre), 'radius of a ball cannot be NaN', 'NaN radius');
check('ball', ball(1, 16000, 0, float4(1) x 16000), '<[' . join(',', (1) x 16000) . '],1>', 'most dimensions');
check('ball', ball(1, 0, 0, ''), 'ball must have at least 1 dimension', 'no dimensions');
check('ball', ball(1, 0xffff, 0, $centre), 'ball must have at least 1 dimension', '-1 dimensions');
check('ball', ball(1, 16001, 0, float4(1) x 16001), 'ball cannot have more than 16000 dimensions', '16001 dimensions');
check('ball', ball(1, 2, 1, $centre), 'expected unused to be 0, not 1', 'unused');
check('ball', ball(1, 1, 0, float4($nan)), 'NaN not allowed in ball', 'NaN');
check('ball', ball(1, 1, 0, float4($inf)), 'infinite value not allowed in ball', 'infinity');
check('ball', $message . "\0", $too_long, 'a byte too many');
foreach my $length (0 .. length($message) - 1)
{
	check('ball', substr($message, 0, $length), $cut_short, "cut to $length bytes");
}

# Of a sparse vector: a zero, a two, and the sparse vector.
sub sparse_ball { return pack('d>', $_[0]) . pack('n2', 0, 2) . $_[1] }
$message = sparse_ball(0.5, sparse(5, 2, 0, [ 0, 3 ], [ 1, -2 ]));
check('ball', $message, '<{1:1,4:-2}/5,0.5>', 'valid');
check('ball', sparse_ball($nan, sparse(5, 0, 0, [], [])), 'radius of a ball cannot be NaN', 'NaN radius');
check('ball', sparse_ball(1, sparse(5, 2, 0, [ 3, 0 ], [ 1, -2 ])), 'sparsevec indices must be in ascending order', 'order');
check('ball', $message . "\0", $too_long, 'a byte too many');
check('ball', pack('d>', 1) . pack('n2', 0, 3), 'ball must have at least 1 dimension', 'another kind');
foreach my $length (0 .. length($message) - 1)
{
	check('ball', substr($message, 0, $length), $cut_short, "cut to $length bytes");
}

# What binary output writes, binary input reads.
$node->safe_psql('postgres', qq{
	INSERT INTO vector SELECT ARRAY[i, 1.0 / i, -i * 1e30]::kg.vector FROM generate_series(1, 1000) i;
	COPY vector TO '$file' (FORMAT binary);
	CREATE TABLE again (LIKE vector);
	COPY again FROM '$file' (FORMAT binary);
});
is($node->safe_psql('postgres', 'SELECT count(*) FROM again a JOIN vector b ON a.v OPERATOR(kg.=) b.v'), '1000',
	'written and read again');

$node->stop;
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'the server was never in trouble');

done_testing();
