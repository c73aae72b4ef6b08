# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, never run.
#
# After "find_server": PG_CONFIG names a complete server with PGXS.
# After "private_server DIR": BIN is the bin folder of a copy of that server
# under DIR which has kg installed.  The server that was found is not touched,
# so neither tests nor demo need write permission there, and no cluster that
# uses it ever sees a half-tested library.

set -euo pipefail
# the server's user must be able to read what root makes for it
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=$(nproc 2>/dev/null || echo 2)

# Clusters of ours must not be confused with the caller's.  PGCTLTIMEOUT is how long
# a server may take to start.
for name in "${!PG@}"; do
	[[ $name = PG_CONFIG || $name = PG || $name = PGCTLTIMEOUT ]] || unset "$name"
done
PG_CONFIG=${PG_CONFIG:-pg_config}
# "su" leaves root without useradd and runuser
export PATH=$PATH:/usr/sbin:/sbin
# PostgreSQL::Test unsets LC_ALL
export LC_ALL=C.UTF-8 LANG=C.UTF-8

say() {
	printf '%s\n' "$*"
}

die() {
	printf 'kg: %s\n' "$*" >&2
	exit 1
}

is_root() {
	[ "$(id -u)" = 0 ]
}

as_root() {
	if is_root; then
		"$@"
	else
		sudo "$@"
	fi
}

# quietly COMMAND...: shows the output only if the command fails
quietly() {
	local log
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then
		rm -f "$log"
	else
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
}

# with_progress WHAT STATE COMMAND...: while the command runs, shows what the
# command STATE prints; rewrites the line on a terminal, else adds one every
# five seconds.  Both are in the background, for this shell to be in "wait": while
# it waits for a command, a SIGINT may get lost.
with_progress() {
	local what=$1 state=$2 start=$SECONDS status=0

	shift 2
	[ -t 1 ] || say "$what ..."
	# A group of its own, so that all of it can be stopped.
	set -m
	"$@" </dev/null &
	child=$!
	set +m
	show_progress "$what" "$state" &
	ticker=$!
	wait "$child" || status=$?
	child=
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	ticker=
	[ ! -t 1 ] || printf '\r\033[K'
	[ "$status" = 0 ] || return "$status"
	say "$what: done in $((SECONDS - start)) s"
}

show_progress() {
	local what=$1 state=$2 start=$SECONDS shown=$SECONDS text

	# until the shell is gone whose id this is
	while sleep 0.3 && kill -0 $$ 2>/dev/null; do
		[ -t 1 ] || [ $((SECONDS - shown)) -ge 5 ] || continue
		text=$($state 2>/dev/null || true)
		if [ -t 1 ]; then
			printf '\r\033[K%s: %s%s s' "$what" "${text:+$text, }" "$((SECONDS - start))"
		elif [ -n "$text" ]; then
			say "$what: $text"
			shown=$SECONDS
		fi
	done
}

# For traps: there "wait" may miss that what it waits for has ended.
child=
ticker=
stop_child() {
	[ -z "$ticker" ] || kill "$ticker" 2>/dev/null || true
	[ -z "$child" ] || kill -- "-$child" 2>/dev/null || true
}

# missing_packages NAME...: those of them that are not installed
missing_packages() {
	local name

	for name in "$@"; do
		case $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) in
			installed) ;;
			*) say "$name" ;;
		esac
	done
}

# Shows what apt-get writes to APT::Status-Fd: "kind:item:percent:text".  Some
# packages take a minute, so the time is shown, too, and goes on.
package_progress() {
	local line status what=preparing percent=0 text='' shown=-5 start=$SECONDS

	while true; do
		status=0
		read -r -t 1 line || status=$?
		if [ "$status" = 0 ]; then
			[[ $line =~ ^(dl|pm)status:.*:([0-9.]+):(.*)$ ]] || continue
			[ "${BASH_REMATCH[1]}" = dl ] && what=downloading || what=installing
			percent=${BASH_REMATCH[2]}
			text=${BASH_REMATCH[3]}
		elif [ "$status" -le 128 ]; then
			break
		fi
		if [ -t 1 ]; then
			printf '\r\033[K%s packages: %.0f %%, %d s (%.50s)' "$what" "$percent" \
				$((SECONDS - start)) "$text"
		elif [ $((SECONDS - shown)) -ge 5 ]; then
			printf '%s packages: %.0f %%, %d s\n' "$what" "$percent" $((SECONDS - start))
			shown=$SECONDS
		fi
	done
	[ ! -t 1 ] || printf '\r\033[K'
}

# Takes some seconds, on a slow line a minute: said once
update_lists() {
	[ -z "${lists_are_new:-}" ] || return 0
	say "apt-get update: reading the lists of packages"
	quietly as_root apt-get -q update || die "apt-get update failed"
	lists_are_new=yes
}

# need_packages NAME...: installs those Debian packages that are missing.
# Elsewhere it does nothing: a missing program then names itself.
need_packages() {
	local missing log start=$SECONDS status=0

	command -v apt-get >/dev/null || return 0
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0

	if ! is_root && ! command -v sudo >/dev/null; then
		die "missing packages: as root, run \"apt-get install ${missing[*]}\" and try again"
	fi
	say "missing packages: ${missing[*]}"
	update_lists
	set -- apt-get -q --no-install-recommends
	say "with what they need, in the words of apt-get:"
	as_root "$@" --assume-no install "${missing[@]}" 2>/dev/null |
		grep -E 'newly installed|^Need to get|additional disk space' |
		sed 's/^/  /' || true

	log=$(mktemp)
	# apt-get's own output goes to the log, with the errors; sudo passes no
	# descriptors beyond those, and apt-get closes the one that it is given.
	# shellcheck disable=SC2016  # for that shell
	as_root env DEBIAN_FRONTEND=noninteractive bash -c 'exec 3>&1 1>&2; exec "$@"' _ "$@" \
		-y -o APT::Status-Fd=3 -o Dpkg::Use-Pty=false install "${missing[@]}" 2>"$log" |
		package_progress || status=$?
	if [ "$status" != 0 ]; then
		tail -n 40 "$log" >&2
		rm -f "$log"
		die "cannot install packages: ${missing[*]} (if an installation was interrupted, \"dpkg --configure -a\" as root ends it)"
	fi
	rm -f "$log"
	say "packages installed in $((SECONDS - start)) s"
}

# is_server PG_CONFIG: can extensions be built for it, and can it be run?
is_server() {
	local bindir pgxs headers program

	bindir=$("$1" --bindir 2>/dev/null) || return 1
	pgxs=$("$1" --pgxs 2>/dev/null) || return 1
	headers=$("$1" --includedir-server 2>/dev/null) || return 1
	[ -f "$pgxs" ] && [ -f "$headers/postgres.h" ] || return 1
	for program in postgres initdb pg_ctl psql; do
		[ -x "$bindir/$program" ] || return 1
	done
}

# Packages that find_server installs with the server
also_needed=()
# Those of demo/wordnet.py
# shellcheck disable=SC2034  # read by those who source this
WORDNET_PACKAGES=(wordnet-base python3-sklearn libopenblas0-pthread)

# Takes the server that PG_CONFIG names, else Debian's, which it installs.
find_server() {
	local major

	if is_server "$PG_CONFIG"; then
		PG_CONFIG=$(command -v "$PG_CONFIG")
		need_packages "${also_needed[@]}"
		return
	fi
	[ "$PG_CONFIG" = pg_config ] ||
		die "PG_CONFIG=$PG_CONFIG is not a server with development files"
	command -v apt-get >/dev/null ||
		die "no server with development files found: set PG_CONFIG to its pg_config"

	major=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres |
		cut -d/ -f5 | grep -v '\*' | sort -n | tail -n 1) || true
	if [ -z "$major" ]; then
		major=$(debian_major)
		if [ -z "$major" ]; then
			update_lists
			major=$(debian_major)
		fi
		[ -n "$major" ] || die "this system has no package \"postgresql\""
		without_cluster need_packages "postgresql-$major" "postgresql-server-dev-$major" "${also_needed[@]}"
	else
		need_packages "postgresql-server-dev-$major" "${also_needed[@]}"
	fi

	PG_CONFIG=/usr/lib/postgresql/$major/bin/pg_config
	is_server "$PG_CONFIG" || die "no usable server after installing postgresql-$major"
}

# The major version of PostgreSQL that this release of Debian ships.
debian_major() {
	apt-cache policy postgresql 2>/dev/null |
		sed -n 's/^ *Candidate: \([0-9]*\).*/\1/p'
}

# Debian's package makes a cluster and starts it on port 5432, which nobody
# asked for here.  Its setting is taken back however the command ends.
CLUSTER_SETTING=/etc/postgresql-common/createcluster.d/kg.conf

without_cluster() {
	(
		trap restore_cluster_setting EXIT
		trap 'exit 130' INT TERM HUP
		as_root mkdir -p "${CLUSTER_SETTING%/*}"
		echo 'create_main_cluster = false' | as_root tee "$CLUSTER_SETTING" >/dev/null
		"$@"
	) || exit
}

restore_cluster_setting() {
	[ -e "$CLUSTER_SETTING" ] || return 0
	as_root rm -f "$CLUSTER_SETTING"
	as_root rmdir --ignore-fail-on-non-empty "${CLUSTER_SETTING%/*}"
}

# A release of Debian whose source package of pgvector compiles for all servers
# that the others ship.
PGVECTOR_RELEASE=trixie

# The mirror of Debian that this system uses
debian_mirror() {
	# shellcheck disable=SC2016  # apt-get's own
	apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Created-By: Packages' |
		grep -v -- -security | head -n 1
}

# debian_source FOLDER RELEASE PACKAGE: the upstream source of that source package
# of Debian, unpacked there.  It comes from the mirror of Debian that the system
# uses; apt-get checks its signature, and has lists of its own for it.
debian_source() {
	local dir=$1 release=$2 package=$3 mirror apt=()

	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || return 1
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || return 1
	say "$package: downloading Debian's source package, and the list that has it"
	rm -rf "$dir"
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" \
		>"$dir/release.list"
	apt=(apt-get -q -o Dir::Etc::SourceList="$dir/release.list" -o Dir::Etc::SourceParts=-
		-o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir" -o Debug::NoLocking=1
		-o APT::Sandbox::User= -o Acquire::Check-Valid-Until=false)
	quietly "${apt[@]}" update &&
		(cd "$dir" && quietly "${apt[@]}" source --download-only "$package") &&
		tar -xf "$(printf '%s\n' "$dir/$package"_*.orig.tar.* | grep -v '\.asc$')" -C "$dir" --strip-components=1 ||
		return
	rm -rf "$dir/lists" "$dir/archives"
}

# Debian's package of pgvector for the server, if there is one.
pgvector_package() {
	local name

	name=postgresql-$("$PG_CONFIG" --version | sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p')-pgvector
	[ -n "${KG_PGVECTOR:-}" ] || [[ $("$PG_CONFIG" --bindir) != /usr/lib/postgresql/* ]] ||
		! apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [0-9]' ||
		need_packages "$name"
}

# pgvector_for SERVER: installs pgvector in a private server, for tests: from
# the folder with its source that KG_PGVECTOR names; else the server that it is a
# copy of has it, as by the package above; else from Debian's source package.
# Returns false if it cannot be had: tests then skip what needs it.
pgvector_for() {
	local server=$1 source=${KG_PGVECTOR:-} control

	control=$("$PG_CONFIG" --sharedir)/extension/vector.control
	if [ -z "$source" ]; then
		[ ! -e "$control" ] || return 0
		command -v apt-get >/dev/null || return 1
		source=$ROOT/.build/pgvector
		[ -e "$source/Makefile" ] || debian_source "$source" "$PGVECTOR_RELEASE" pgvector || return 1
	fi
	mkdir -p "$server/source"
	cp -R "$source/." "$server/source/pgvector"
	quietly make -C "$server/source/pgvector" -s -j"$JOBS" clean PG_CONFIG="$PG_CONFIG"
	# plain code, as a package has it: not for this machine's processor alone
	quietly make -C "$server/source/pgvector" -s -j"$JOBS" PG_CONFIG="$PG_CONFIG" \
		with_llvm=no OPTFLAGS= DESTDIR="$server" install
	rm -rf "$server/source"
}

# PostgreSQL refuses to run as root: then a system user runs it.  (Not "kg",
# as a superuser of that name would find the schema kg on its search path.)
SERVER_USER=kgserver

make_server_user() {
	if is_root && ! id "$SERVER_USER" >/dev/null 2>&1; then
		useradd --system --user-group --no-create-home \
			--home-dir /nonexistent --shell /usr/sbin/nologin "$SERVER_USER"
	fi
}

# as_server COMMAND...: as the user who runs the servers
as_server() {
	if is_root; then
		runuser -u "$SERVER_USER" -- "$@"
	else
		"$@"
	fi
}

# give_to_server PATH...: makes that user the owner
give_to_server() {
	if is_root; then
		chown -R "$SERVER_USER:" "$@"
	fi
}

build() {
	make -s -C "$ROOT" -j"$JOBS" PG_CONFIG="$PG_CONFIG" "$@"
}

compiled_files() {
	printf '%d of %d files' \
		"$(find "$ROOT/src" -name '*.o' -newer "$compile_mark" | wc -l)" "$to_compile"
}

# Compiles what is not compiled yet, and says how far it is.
compile() {
	compile_mark=$(mktemp)
	to_compile=$(build -n all 2>/dev/null | grep -c -- ' -c -o ' || true)
	if [ "$to_compile" -gt 0 ]; then
		with_progress "compiling kg" compiled_files build all
	else
		build all
	fi
	rm -f "$compile_mark"
}

# A server finds its files relative to its own program, so a copy of the
# programs with links to the rest is a server of its own.
private_server() {
	local dir=$1 bindir pkglibdir sharedir

	bindir=$("$PG_CONFIG" --bindir)
	pkglibdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)

	compile
	quietly build install DESTDIR="$dir"
	mkdir -p "$dir$bindir" "$dir$pkglibdir" "$dir$sharedir"
	cp -R "$bindir/." "$dir$bindir/"
	cp -asn "$pkglibdir/." "$dir$pkglibdir/"
	cp -asn "$sharedir/." "$dir$sharedir/"
	# shellcheck disable=SC2034  # read by those who source this
	BIN=$dir$bindir
}

# install_dropin DIR: installs the extension "vector" into a private server.
# The copy may have links to pgvector's files, which are not to be overwritten.
install_dropin() {
	local dir=$1 pkglibdir sharedir

	pkglibdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	rm -f "$dir$pkglibdir"/vector.so "$dir$sharedir"/extension/vector{.control,--*.sql}
	quietly build install-dropin DESTDIR="$dir"
}
