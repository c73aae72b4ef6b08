# What make and the scripts say when something is missing.

use strict;
use warnings;

use File::Temp;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = $ENV{TESTDIR} && -e "$ENV{TESTDIR}/Makefile" ? $ENV{TESTDIR} : '.';
my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
my $tree = File::Temp->newdir;
is(system('cp', '-R', map({ "$root/$_" } qw(Makefile scripts demo extensions)), "$tree"), 0, 'a tree to try');

# The status, and what a command prints
sub outcome
{
	my (@command) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run(\@command, '>', \$out, '2>', \$err);
	return ($? >> 8, $out . $err);
}

# make without a server's development files
for my $target ('all', 'install', 'installcheck')
{
	my ($status, $text) = outcome('make', '-C', "$tree", 'PG_CONFIG=/nowhere/pg_config', $target);
	isnt($status, 0, "make $target without pg_config fails");
	like($text, qr/development files are missing.*postgresql-server-dev-\d+.*PG_CONFIG=/s, '... and says what to install');
	is(() = $text =~ /Stop\./g, 1, '... once');
}

# Debian's postgresql-client has PGXS, and libpq-dev pg_config: a server's headers are not with them
my $headless = "$tree/pg_config";
append_to_file($headless, "#!/bin/sh\n[ \"\$1\" != --includedir-server ] || exec echo /nowhere\nexec '$pg_config' \"\$@\"\n");
chmod(0755, $headless);
my ($status, $text) = outcome('make', '-C', "$tree", "PG_CONFIG=$headless", 'all');
isnt($status, 0, 'make without headers fails');
like($text, qr/no postgres\.h: the server's development files are missing/, '... and says so');
($status, $text) = outcome('env', "PG_CONFIG=$headless", "$tree/scripts/lint.sh");
isnt($status, 0, 'and so do the scripts');
like($text, qr/^kg: PG_CONFIG=\S+ is not a server with development files$/m, '... which install the files only for the server that they find');
($status, $text) = outcome('make', '-C', "$tree", 'PG_CONFIG=/nowhere/pg_config', 'help');
is($status, 0, 'make help needs none');

# make install-dropin where pgvector is
my $destination = File::Temp->newdir;
my $share = `$pg_config --sharedir`;
chomp $share;
is(system('mkdir', '-p', "$destination$share/extension"), 0, 'a server with pgvector');
append_to_file("$destination$share/extension/vector.control", "default_version = '0.8.6'\n");
for my $target ('install-dropin', 'uninstall-dropin')
{
	($status, $text) = outcome('make', '-C', "$tree", "PG_CONFIG=$pg_config", "DESTDIR=$destination", $target);
	isnt($status, 0, "make $target there fails");
	like($text, qr/kg: (pgvector is installed in \S+\/vector\.control: the drop-in would overwrite it|\S+\/vector\.control is not that of the drop-in)/,
		'... and says why');
}
is(slurp_file("$destination$share/extension/vector.control"), "default_version = '0.8.6'\n", '... and nothing is changed');
is(() = glob("$destination$share/extension/*"), 1, '... or added');

# make installcheck without a server, and without a superuser
($status, $text) = outcome('env', 'PGHOST=/nowhere', 'make', '-C', "$tree", "PG_CONFIG=$pg_config", 'installcheck');
isnt($status, 0, 'make installcheck without a server fails');
like($text, qr/cannot connect to the server to test.*PGHOST, PGPORT and PGUSER/s, '... and says how to name one');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE nobody LOGIN');
my $results = File::Temp->newdir;
my @server = ('env', "TMPDIR=$results", 'PGHOST=' . $node->host, 'PGPORT=' . $node->port);
($status, $text) = outcome(@server, 'PGUSER=nobody', 'make', '-C', "$tree", "PG_CONFIG=$pg_config", 'installcheck');
isnt($status, 0, 'make installcheck by an ordinary role fails');
like($text, qr/role "nobody" is no superuser/, '... and says why');

# The server of "make installcheck" runs as another user, who may not write to
# the folder with the results, or read it: files are the client's, by \copy.
for my $file (glob "$root/sql/*.sql")
{
	unlike(slurp_file($file), qr/^COPY\b[^;]*\b(TO|FROM)\s+[:']/mi, "$file: no file of the server's");
}

# A tree that is not the caller's to write to; a test that fails does not keep
# the isolation tests from running
SKIP:
{
	skip 'root may write anywhere', 4 if $> == 0;
	is(system('mkdir', '-p', "$tree/sql", "$tree/expected", "$tree/test/isolation/specs", "$tree/test/isolation/expected"), 0, 'folders');
	append_to_file("$tree/sql/wrong.sql", "SELECT 1;\n");
	append_to_file("$tree/expected/wrong.out", "SELECT 2;\n");
	append_to_file("$tree/test/isolation/specs/right.spec", "session s\nstep one { SELECT 1 AS one; }\npermutation one\n");
	append_to_file("$tree/test/isolation/expected/right.out",
		"Parsed test spec with 1 sessions\n\nstarting permutation: one\nstep one: SELECT 1 AS one;\none\n---\n  1\n(1 row)\n\n");
	chmod 0555, "$tree";
	($status, $text) = outcome(@server, 'make', '-C', "$tree", "PG_CONFIG=$pg_config", 'installcheck');
	chmod 0755, "$tree";
	isnt($status, 0, 'make installcheck with a wrong test fails');
	like($text, qr/may not write to .*: results are in /, '... in a tree that is not to be written to');
	like($text, qr/right +.*ok|ok .* right/, '... and runs isolation tests, too');
}

# Of the caller's settings for clients and servers only those that tests of ours need
($status, $text) = outcome('env', 'PGCTLTIMEOUT=600', 'PGPORT=1', 'PGDATABASE=other', 'PG=17', 'bash', '-c',
	"source '$tree/scripts/common.sh'; echo \${PGCTLTIMEOUT-none} \${PGPORT-none} \${PGDATABASE-none} \${PG-none}");
is($text, "600 none none 17\n", 'a server may take as long to start as PGCTLTIMEOUT says');

# Ctrl-C while progress is shown waits neither for the command nor for what
# tells how far it is.
{
	my $marks = File::Temp->newdir;
	my $pid = fork;
	if (!$pid)
	{
		$SIG{INT} = 'DEFAULT';
		setpgrp(0, 0);
		open STDOUT, '>', '/dev/null';
		exec 'bash', '-c', qq{
			source '$tree/scripts/common.sh'
			trap 'stop_child; exit 7' INT
			state() { trap '' INT; touch '$marks/begun'; sleep 20; touch '$marks/ended'; }
			with_progress test state sleep 60
		};
	}
	my $tries = 0;
	select undef, undef, undef, 0.1 until -e "$marks/begun" || $tries++ > 1000;
	kill 'INT', -$pid;
	waitpid $pid, 0;
	is($? >> 8, 7, 'Ctrl-C interrupts what shows its progress');
	ok(-e "$marks/begun" && !-e "$marks/ended", '... at once');
}

# make test that is interrupted ends at once, with its servers, and leaves
# nothing.  The tree has a test that sleeps, and an extension of one line.
SKIP:
{
	skip 'the tests of a tree that root runs are another user\'s', 5 if $> == 0;
	my $small = File::Temp->newdir;
	is(system('cp', '-R', "$tree/scripts", "$small"), 0, 'a small tree');
	mkdir "$small/$_" for qw(sql expected test stages bin);
	append_to_file("$small/test/regress.conf", '');
	append_to_file("$small/sql/slow.sql", "SELECT pg_sleep(600);\n");
	append_to_file("$small/expected/slow.out", "");
	append_to_file("$small/Makefile", <<'END');
all:
install:
	@mkdir -p '$(DESTDIR)'"$$($(PG_CONFIG) --sharedir)/extension"
	@echo "default_version = '1'" >'$(DESTDIR)'"$$($(PG_CONFIG) --sharedir)/extension/kg.control"
	@echo 'SELECT 1;' >'$(DESTDIR)'"$$($(PG_CONFIG) --sharedir)/extension/kg--1.sql"
END
	# nothing is to be installed
	append_to_file("$small/bin/dpkg-query", "#!/bin/sh\necho installed\n");
	chmod 0755, "$small/bin/dpkg-query";

	my $out = '';
	my $run = IPC::Run::start(
		[ 'setsid', 'env', "PATH=$small/bin:$ENV{PATH}", "TMPDIR=$small/stages", "PG_CONFIG=$pg_config", 'TESTS=regress/slow', "$small/scripts/test.sh" ],
		'>&', \$out, IPC::Run::timeout(300));
	my ($sleeper, $log);
	until ($sleeper)
	{
		$run->pump_nb;
		($log) = glob "$small/stages/kg-test.*/out_regress/results/slow.out";
		# psql has written the statement when it is sent
		$sleeper = $log && slurp_file($log) =~ /pg_sleep/;
		select undef, undef, undef, 0.1;
	}
	my ($stage) = glob "$small/stages/kg-test.*";
	my ($postmaster) = slurp_file("$stage/out_regress/instance/data/postmaster.pid") =~ /^(\d+)/;
	my ($leader) = map { $_->{PID} } @{ $run->{KIDS} };
	kill 'TERM', -$leader;
	$run->finish;
	is($run->full_result(0) >> 8, 143, 'make test is interrupted');
	like($out, qr/interrupted; removing servers and files of the tests.*removed/s, '... says so');
	is_deeply([ glob "$small/stages/*" ], [], '... leaves no files');
	# it may be a zombie for a moment, until its new parent looks
	for (1 .. 300)
	{
		last unless kill 0, $postmaster;
		select undef, undef, undef, 0.1;
	}
	ok(!kill(0, $postmaster), '... and no server');
}

# A demo that was not finished is not opened as if it were whole.
mkdir $_ for "$tree/.demo", "$tree/place", "$tree/bin";
append_to_file("$tree/.demo/place", "$tree/place");
append_to_file("$tree/place/socket", "$tree/socket");
append_to_file("$tree/place/bin", "$tree/bin");
append_to_file("$tree/bin/pg_isready", "#!/bin/sh\n");
append_to_file("$tree/bin/psql", "#!/bin/sh\necho opened\n");
chmod 0755, "$tree/bin/pg_isready", "$tree/bin/psql";
($status, $text) = outcome("$tree/scripts/demo.sh", 'psql');
isnt($status, 0, 'make demo-psql of half a demo fails');
like($text, qr/was not finished: "make demo" makes it anew/, '... and says so');
append_to_file("$tree/place/complete", '');
($status, $text) = outcome("$tree/scripts/demo.sh", 'psql');
is("$status $text", "0 opened\n", 'make demo-psql of a whole one opens it');
is((outcome("$tree/scripts/demo.sh", 'stop'))[0], 0, 'make demo-stop');
ok(!-e "$tree/place" && !-e "$tree/.demo/place", '... removes it');
like((outcome("$tree/scripts/demo.sh", 'psql'))[1], qr/no demo is running/, '... so that there is none');

done_testing();
