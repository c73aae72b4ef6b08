#!/bin/bash
# "make check-pg PG=17": the tests that TESTS names, or all, with the packages of a
# release of Debian that ships that major version, in a folder with that release
# (debootstrap), where the tests run as "make test" runs them.
#
# KG_CACHE names the folder where releases are kept.  UPGRADE_FROM is an older
# major version: then test/tap/044_graph_upgrade.pl upgrades from it ("none" if it
# is not to).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

KG_CACHE=${KG_CACHE:-/var/tmp/kg-cache-$(id -un)}
# The release of Debian with packages of a major version; of those that no release
# has, the one on which experimental packages are installed
declare -A RELEASES=([15]=bookworm [17]=trixie [18]=sid [19]=experimental)
declare -A BASES=([19]=sid)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
PACKAGES=(make gcc libc6-dev perl ca-certificates python3 xz-utils libipc-run-perl)

# inside COMMAND...: in the release's folder, with processes and shared memory of its own,
# which end with this script; nothing stays mounted
inside() {
	# shellcheck disable=SC2016  # for that shell
	as_root unshare --mount --pid --ipc --fork --kill-child bash -c '
		set -e
		mount --rbind /dev "$1/dev"
		mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
		mount -t proc proc "$1/proc"
		dir=$1
		shift
		exec chroot "$dir" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive "$@"' _ "$dir" "$@"
}

unpack_release() {
	as_root debootstrap --variant=minbase --keyring="$KEYRING" "$base" "$dir" "$mirror" >"$dir.log" 2>&1
}

release_state() {
	tail -n 1 "$dir.log" | cut -c 1-60
}

# The folder with the release, made if it is not there
make_release() {
	[ ! -e "$dir/complete" ] || return 0
	need_packages debootstrap
	as_root rm -rf "$dir"
	say "Debian $base: a folder with that release, $dir"
	with_progress "unpacking Debian $base" release_state unpack_release ||
		die "Debian's release $base cannot be had: see $dir.log"
	# a mirror may be as old as somebody froze it
	echo 'Acquire::Check-Valid-Until "false";' | as_root tee "$dir/etc/apt/apt.conf.d/kg" >/dev/null
	as_root mkdir -p "$dir/etc/postgresql-common/createcluster.d" "$dir/etc/apt/preferences.d"
	# not by the name that "make demo-stop" removes
	echo 'create_main_cluster = false' | as_root tee "$dir${CLUSTER_SETTING%/*}/release.conf" >/dev/null
	as_root touch "$dir/complete"
}

# add_source RELEASE: lets apt-get there take packages of another release, if it
# needs to
add_source() {
	local list=$dir/etc/apt/sources.list.d/$1.list

	[ ! -e "$list" ] || return 0
	printf 'Package: *\nPin: release n=%s\nPin-Priority: 90\n' "$1" |
		as_root tee "$dir/etc/apt/preferences.d/$1" >/dev/null
	printf 'deb %s %s main\n' "$mirror" "$1" | as_root tee "$list" >/dev/null
	as_root rm -f "$dir/lists-are-new"
}

# install_server MAJOR: with what builds extensions for it, and no cluster
install_server() {
	local major=$1 release=${RELEASES[$1]} packages=("${PACKAGES[@]}" "postgresql-$1" "postgresql-server-dev-$1")

	[ ! -x "$dir/usr/lib/postgresql/$major/bin/pg_config" ] || return 0
	if [ "$release" != "$base" ]; then
		add_source "$release"
		# the server wants those of its own version; the base has older ones
		[ -z "${BASES[$major]:-}" ] || packages+=("libpq5/$release" "libpq-dev/$release")
	fi
	if [ ! -e "$dir/lists-are-new" ]; then
		inside apt-get -q update &&
			as_root touch "$dir/lists-are-new" || return
	fi
	inside apt-get -q -y --no-install-recommends install "${packages[@]}"
}

installed_state() {
	tail -n 1 "$dir.log" | cut -c 1-60
}

need_server() {
	with_progress "PostgreSQL $1 of Debian ${RELEASES[$1]}" installed_state logged install_server "$1" ||
		die "Debian's PostgreSQL $1 cannot be installed there: see $dir.log"
}

logged() {
	"$@" >"$dir.log" 2>&1
}

# copy_tree MAJOR: into the folder /var/tmp/kg-MAJOR there, without what was compiled
# here; what was compiled there stays.
copy_tree() {
	local there=$dir/var/tmp/kg-$1

	as_root mkdir -p "$there"
	as_root find "$there" -type f ! -name '*.[od]' ! -path '*/.build/*' ! -path '*/.demo/*' -delete
	tar -C "$ROOT" --exclude=./.git --exclude=./.build --exclude=./.demo --exclude='*.[od]' --exclude='*.so' -cf - . |
		as_root tar -C "$there" --no-same-owner -xf -
}

# compile_for MAJOR: a warning is an error
compile_for() {
	copy_tree "$1"
	say "compiling kg for PostgreSQL $1, every warning an error"
	inside make -s -k -C "/var/tmp/kg-$1" -j"$JOBS" "PG_CONFIG=$(config_of "$1")" COPT=-Werror
}

config_of() {
	say "/usr/lib/postgresql/$1/bin/pg_config"
}

# A private server of the older version, for the test of pg_upgrade
older_server() {
	need_server "$1"
	compile_for "$1"
	# shellcheck disable=SC2016  # for that shell
	inside env "PG_CONFIG=$(config_of "$1")" bash -c 'rm -rf "$1" && source "$2/scripts/common.sh" && private_server "$1"' \
		_ "/var/tmp/kg-server-$1" "/var/tmp/kg-$1"
}

# Runs the tests there.  Data beside the tree, if there are any, are seen there, too.
run_tests() {
	local settings=() name

	for name in TESTS LIMIT SERVER_LOCALE SERVER_ENCODING; do
		[ -z "${!name:-}" ] || settings+=("$name=${!name}")
	done
	[ "$from" = none ] || settings+=("oldinstall=/var/tmp/kg-server-$from/usr/lib/postgresql/$from")
	inside env "PG_CONFIG=$(config_of "$major")" "${settings[@]}" "/var/tmp/kg-$major/scripts/test.sh" && return
	say "folders that it names are in $dir"
	return 1
}

check_pg() {
	find_server
	major=${PG:-$("$PG_CONFIG" --version | sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p')}
	from=${UPGRADE_FROM:-none}
	[ -n "${RELEASES[$major]:-}" ] || die "no release of Debian has packages of PostgreSQL $major (they have ${!RELEASES[*]})"
	[ "$from" = none ] || [ -n "${RELEASES[$from]:-}" ] || die "no release of Debian has packages of PostgreSQL $from"
	command -v apt-get >/dev/null || die "this needs Debian's debootstrap"
	base=${BASES[$major]:-${RELEASES[$major]}}
	dir=$KG_CACHE/debian-${RELEASES[$major]}
	mkdir -p "$KG_CACHE"
	[ -O "$KG_CACHE" ] || die "$KG_CACHE belongs to another user: KG_CACHE=FOLDER chooses one"
	mirror=$(debian_mirror)
	make_release
	need_server "$major"
	[ "$from" = none ] || older_server "$from"
	compile_for "$major"
	run_tests
}

trap stop_child EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
check_pg
