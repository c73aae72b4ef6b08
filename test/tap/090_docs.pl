# Runs every block of code in README.md and docs/*.md, in the order in which a
# reader meets them: README first, then pages as they are linked.  Each page is
# a session of its own in the database "yours".  CONTRIBUTING.md and
# test/README.md have commands only.
#
# ```sql     is given to psql; it must not fail, and a query that ends it must
#            find rows
# ```text    after it is what psql shows: then errors are as they are there
# ```sh      is run if it is of psql, createdb and the like; of other programs
#            of this tree it is tested that they are there
# ```ini, ```python  are listed below, as is all else that cannot run here
#
# A block without a fence, by four spaces, is sh if it starts with a program's
# name, else sql.  "<!-- output of demo/queries.sql -->" before a block makes it
# a transcript of that, which is compared with WordNet loaded.

use strict;
use warnings;

use File::Temp;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib 'test/tap';
use Docs;

# First lines of blocks that need what is not here.  Each must be met once.
my %cannot_run = (
	'docs/clients.md: sequelize.addHook(\'afterConnect\', async (connection) => {' => 'needs Sequelize',
	'docs/install.md: shared_preload_libraries = \'kg\'   # loads the library once, not in each backend' => 'needs a restart',
	'docs/install.md: from pgvector.psycopg.vector import register_vector_info' => 'needs pgvector-python',
);

my $folder = File::Temp->newdir;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nmax_parallel_workers_per_gather = 0\n");
$node->start;

# README, and docs in the order of links
sub pages
{
	my @pages = ('README.md');
	my %seen = ('README.md' => 1);

	for (my $i = 0; $i < @pages; $i++)
	{
		my $text = slurp_file("$root/$pages[$i]");
		while ($text =~ /\]\(([\w.\/-]+\.md)[)#]/g)
		{
			my $page = $1;
			$page = "docs/$page" if $pages[$i] =~ /^docs/ && $page !~ /\//;
			next if $page !~ /^docs\/[\w-]+\.md$/ || $seen{$page}++;
			push @pages, $page;
		}
	}
	for my $page (map { "docs/$_" } grep { /\.md$/ } slurp_dir("$root/docs"))
	{
		ok($seen{$page}, "$page is linked");
	}
	return (@pages, 'CONTRIBUTING.md', 'test/README.md');
}

# Links to pages and to their headings; src is not with the tests.
sub check_links
{
	my ($page) = @_;
	my $text = slurp_file("$root/$page");
	my $base = $page =~ /^(.*\/)/ ? $1 : '';

	while ($text =~ /\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)
	{
		my ($file, $heading) = ($1 eq '' ? $page : "$base$1", $2);
		1 while $file =~ s/[^\/]+\/\.\.\///;
		next if $file =~ /^(src|LICENSE)/;
		ok(-e "$root/$file", "$page: link to $file") or next;
		next if $heading eq '';
		my @headings = map { lc =~ s/[^\w\s-]//gr =~ s/ /-/gr } slurp_file("$root/$file") =~ /^#+ (.*)$/mg;
		ok((grep { $_ eq $heading } @headings) == 1, "$page: link to $file#$heading");
	}
	return;
}

# A session of psql; ask() gives it text and waits for what it says.
sub session
{
	my %psql = (in => '', out => '', err => '', timer => IPC::Run::timeout(600));
	$psql{run} = IPC::Run::start(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=0', '-P', 'pager=off', '-P', 'footer=off', '-P', 'null=', '-d', $node->connstr('yours') =~ s/\\//gr ],
		'<', \$psql{in}, '>', \$psql{out}, '2>', \$psql{err},
		$psql{timer});
	ask(\%psql, "SET client_encoding = 'UTF8';");
	return \%psql;
}

sub ask
{
	my ($psql, $text) = @_;

	$psql->{out} = $psql->{err} = '';
	$psql->{in} .= "$text\n;\n\\echo end of block\n\\warn end of block\n";
	# for this answer, not for all of the test
	$psql->{timer}->start();
	$psql->{run}->pump
	  until $psql->{out} =~ /^end of block\n/m && $psql->{err} =~ /^end of block\n/m;
	s/^end of block\n//m for $psql->{out}, $psql->{err};
	return ($psql->{out}, $psql->{err} =~ s/^psql:<stdin>:\d+: //mgr);
}

sub run_sql
{
	my ($psql, $block, $shown) = @_;
	my $where = "$block->{page}, line $block->{line}";
	my ($out, $err) = ask($psql, $block->{text});

	if ($shown)
	{
		# since 19, and before
		$err =~ s/^DETAIL:  An operator of that name exists, .*$/HINT:  No operator matches the given name and argument types. You might need to add explicit type casts./m;
		is(plain($out . $err), plain($shown->{text}) =~ s/^(ERROR:.*\n(?:.*\n)*?)LINE/$1LINE/r, "$where shows what the page says");
		return;
	}
	unlike($err, qr/ERROR|FATAL|WARNING/, "$where runs") or diag($block->{text});
	# of the last query's table: heading, dashes, rows
	if ($out =~ /^-[-+]*\n((?:.*\n)*)/m && $block->{text} =~ /\b(SELECT|WITH)\b[^;]*;?\s*$/)
	{
		ok($1 =~ /\S/ || $out =~ /^-[-+]*\n \n/m, "$where finds something") or diag("$block->{text}\n$out");
	}
	return;
}

# Commands of several lines end with a backslash.
sub run_sh
{
	my ($block) = @_;

	for my $command (split /\n(?!\s)/, $block->{text} =~ s/\\\n\s*/ /gr)
	{
		my $where = "$block->{page}, line $block->{line}: $command";
		my ($program) = $command =~ $shell_word;

		if (!$program)
		{
			fail("$where: what program is it?");
		}
		elsif ($program eq 'make' || $program eq 'sudo')
		{
			my $targets = join '', map { slurp_file("$root/$_") } qw(Makefile test/unit/unit.mk test/fuzz/fuzz.mk extensions/vector/vector.mk);
			for my $target (grep { !/^(sudo|make|&&|install|<.*|\w+=.*)$/ } split / /, $command =~ s/'[^']*'//gr =~ s/[&<].*//r)
			{
				like($targets, qr/^\Q$target\E:/m, "$where: there is a target");
			}
		}
		elsif ($program =~ /^(?:bench|scripts|test)/)
		{
			ok(-x "$root/$program", "$where: there is a program");
		}
		elsif ($command =~ /-f bench\/(\S+)/)
		{
			ok(-f "$root/bench/$1", "$where: there is a script");
		}
		elsif ($command =~ /\| dot / && system('command -v dot >/dev/null') != 0)
		{
			$command =~ s/\| dot .*? >/>/;
			is(shell($command), 0, "$where, without dot");
		}
		else
		{
			is(shell($command), 0, $where);
		}
	}
	return;
}

sub shell
{
	my ($command) = @_;
	my $psql = "cd '$folder' && export PGHOST='" . $node->host . "' PGPORT=" . $node->port;

	# who reads README has made the database with the first of these
	$psql .= ' PGDATABASE=' . ($command =~ /^createdb/ ? 'postgres' : 'yours');
	return system('bash', '-o', 'pipefail', '-ec', "$psql; $command");
}

# The six questions
sub check_transcript
{
	my ($block) = @_;
	my $files = $ENV{KG_WORDNET};
	my $db = $node->connstr('wordnet');

  SKIP:
	{
		skip 'KG_WORDNET does not name the output of demo/wordnet.py', 1 unless $files;
		$node->safe_psql('postgres', 'CREATE DATABASE wordnet');
		command_ok([ 'psql', '-Xqd', $db, '-v', 'ON_ERROR_STOP=1', '-f', "$root/demo/schema.sql" ], 'schema of the demo');
		$node->safe_psql('wordnet', qq{
			COPY kg.entity_type (id, name) FROM '$files/entity_type.copy';
			COPY kg.relation_type (id, name) FROM '$files/relation_type.copy';
			COPY kg.entity (id, type, name, properties, embedding) FROM '$files/entity.copy' (FORMAT binary);
			COPY kg.relation (source, target, type, properties) FROM '$files/relation.copy';
		});
		# by one process: two make another graph each time, whose searches may miss another row
		command_ok([ 'psql', '-Xqd', $db, '-v', 'ON_ERROR_STOP=1', '-c', 'SET max_parallel_maintenance_workers = 0', '-f',
				"$root/demo/index.sql" ], 'index of the demo');
		my $out = '';
		ok(IPC::Run::run([ 'psql', '-Xqed', $db, '-P', 'pager=off', '-v', 'ON_ERROR_STOP=1', '-f', "$root/demo/queries.sql" ], '>', \$out), 'queries of the demo');
		for ($out, $block->{text})
		{
			s/^Time: .*$//mg;
			# since PostgreSQL 17, and 19
			s/InitPlan expr_1/InitPlan 1/g;
			s/InitPlan 1 \(returns \$0\)/InitPlan 1/g;
			s/\(InitPlan 1\)\.col1/\$0/g;
			# tabs of the file are spaces of the page
			s/\t/    /g;
			s/^ +(types|left)/ $1/mg;
		}
		is(plain($out), plain($block->{text}), "$block->{page}, line $block->{line}: the questions have these answers");
	}
	return;
}

# Pgvector.pm says where it comes from
my $pgvector = $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'");
my %met;
for my $page (pages())
{
	my @blocks = blocks_of($page);
	my $psql;

	if ($page eq 'docs/from-pgvector.md' && !$pgvector)
	{
	  SKIP: { skip "$page: pgvector is not on this server", 1; }
		next;
	}

	check_links($page);
	# tap/095_replication runs it, on several servers
	next if $page eq 'docs/replication.md';
	note("$page: " . scalar(@blocks) . ' blocks');
	for my $i (0 .. $#blocks)
	{
		my $block = $blocks[$i];
		my $name = "$page: " . (split /\n/, $block->{text})[0];

		if ($cannot_run{$name})
		{
			$met{$name}++;
		}
		elsif ($block->{comment} eq 'output of demo/queries.sql')
		{
			check_transcript($block);
		}
		elsif ($block->{language} eq 'sql')
		{
			my $shown = $i < $#blocks && $blocks[ $i + 1 ]{language} eq 'text' ? $blocks[ $i + 1 ] : undef;
			$psql //= session();
			run_sql($psql, $block, $shown);
		}
		elsif ($block->{language} eq 'sh')
		{
			run_sh($block);
		}
		elsif ($block->{language} ne 'text' || $i == 0 || $blocks[ $i - 1 ]{language} ne 'sql')
		{
			fail("$page, line $block->{line}: a block of what?");
		}
	}
	if ($psql)
	{
		$psql->{in} .= "\\q\n";
		$psql->{run}->finish;
	}
}
is($met{$_}, 1, "$_ is there, and $cannot_run{$_}") for sort keys %cannot_run;

# What docs/install.md says of sessions that have not loaded the library
$node->safe_psql('postgres', 'CREATE EXTENSION kg');
my (undef, undef, $err) = $node->psql('postgres', 'SHOW kg.target_recall');
like($err, qr/unrecognized configuration parameter "kg.target_recall"/, 'SHOW before the library is loaded');
(undef, undef, $err) = $node->psql('postgres', "SET kg.ef_serach = 200; SELECT '[1]'::kg.vector;");
like($err, qr/WARNING:  invalid configuration parameter name "kg.ef_serach", removing it/, 'SET is taken back with a warning');

done_testing();
