#!/bin/bash
# "check.sh assert": the tests that TESTS names, or all, on a server with
# assertions, which is compiled from Debian's source for that.  "check.sh valgrind":
# some tests, or those, on the same server under valgrind.  "check.sh arm": the unit
# tests for ARM's processors, emulated.  "check.sh sqlsmith": SMITH_QUERIES that
# sqlsmith makes, by SEED.
#
# KG_CACHE names the folder where servers are kept; PG is their major version,
# else that of the server found.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

KG_CACHE=${KG_CACHE:-/var/tmp/kg-cache-$(id -un)}
# A release of Debian that has the source of that major version
declare -A RELEASES=([13]=bullseye [15]=bookworm [17]=trixie [18]=sid)
SOURCE_PACKAGES=(gcc make bison flex libicu-dev libxml2-dev libssl-dev zlib1g-dev libipc-run-perl valgrind)
VALGRIND_TESTS='regress/vector regress/sparsevec regress/int8vec regress/hnsw_basic regress/hnsw_scan
	regress/hnsw_ddl regress/exact regress/graph_create regress/graph_traverse regress/graph_keys
	regress/graph_exchange regress/algo_structure'

server_state() {
	printf '%d files' "$(find "$compiled_dir/source" -name '*.o' | wc -l)"
}

# compile_server FOLDER: what is unpacked in its "source", with contrib.
# USE_VALGRIND tells valgrind of memory contexts and buffers, and costs nothing else.
compile_server() {
	local dir=$1

	# PostgreSQL makes its headers first if it was called by no other make
	unset MAKELEVEL MAKEFLAGS MFLAGS
	cd "$dir/source" || return
	./configure --silent --prefix="$dir" --enable-cassert --enable-debug --enable-tap-tests \
		--with-icu --with-libxml --with-openssl --without-readline \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -DUSE_VALGRIND' &&
		make -s -j"$JOBS" world-bin && make -s install-world-bin
}

compile_logged() {
	compile_server "$1" >"$1/compile.log" 2>&1
}

# Where KG_VALGRIND_LOGS names a folder, for what valgrind finds, the server runs
# under it, but not while initdb makes a cluster.
wrap_server() {
	local dir=$1

	mv "$dir/bin/postgres" "$dir/bin/postgres.real"
	cp "$dir/source/src/tools/valgrind.supp" "$dir/share/"
	cat >"$dir/bin/postgres" <<-END
		#!/bin/sh
		case "\${KG_VALGRIND_LOGS:+set}\$1" in
		set-[DFcdhkp]*) exec valgrind --quiet --leak-check=no --trace-children=yes --track-origins=yes \\
			--gen-suppressions=all --suppressions="$dir/share/valgrind.supp" \\
			--suppressions="\$KG_VALGRIND_LOGS/kg.supp" --log-file="\$KG_VALGRIND_LOGS/%p.log" "\$0.real" "\$@" ;;
		*) exec "\$0.real" "\$@" ;;
		esac
	END
	chmod +x "$dir/bin/postgres"
}

# That server, compiled if it is not there, becomes PG_CONFIG.
checked_server() {
	local major dir

	mkdir -p "$KG_CACHE"
	[ -O "$KG_CACHE" ] || die "$KG_CACHE belongs to another user: KG_CACHE=FOLDER chooses one"
	find_server
	major=${PG:-$("$PG_CONFIG" --version | sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p')}
	dir=$KG_CACHE/pg$major-assert
	if [ ! -e "$dir/complete" ]; then
		[ -n "${RELEASES[$major]:-}" ] || die "Debian has no source of PostgreSQL $major (it has ${!RELEASES[*]})"
		need_packages "${SOURCE_PACKAGES[@]}"
		mkdir -p "$dir"
		[ -e "$dir/source/configure" ] ||
			debian_source "$dir/source" "${RELEASES[$major]}" "postgresql-$major" ||
			die "the source of PostgreSQL $major cannot be had"
		compiled_dir=$dir
		with_progress "compiling PostgreSQL $major with assertions" server_state compile_logged "$dir" ||
			die "PostgreSQL does not compile: see $dir/compile.log"
		wrap_server "$dir"
		find "$dir/source" -name '*.o' -delete
		touch "$dir/complete"
	fi
	export PG_CONFIG=$dir/bin/pg_config
}

check_assert() {
	checked_server
	exec "$ROOT/scripts/test.sh"
}

# Findings are in the logs of valgrind, which the tests do not look at.
check_valgrind() {
	local logs status=0

	checked_server
	logs=$(mktemp -d "${TMPDIR:-/var/tmp}/kg-valgrind.XXXXXX")
	cp "$ROOT/scripts/valgrind.supp" "$logs/kg.supp"
	chmod 1777 "$logs"
	# what waits for a server waits longer
	export KG_VALGRIND_LOGS=$logs PGCTLTIMEOUT=600 TESTS=${TESTS:-$VALGRIND_TESTS}
	"$ROOT/scripts/test.sh" || status=$?
	find "$logs" -name '*.log' -empty -delete
	rm "$logs/kg.supp"
	if [ -n "$(ls "$logs")" ]; then
		head -n 60 "$logs"/*.log
		die "valgrind found something: see $logs"
	fi
	rmdir "$logs"
	return "$status"
}

check_arm() {
	local packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static) missing

	mapfile -t missing < <(missing_packages "${packages[@]}")
	if [ ${#missing[@]} -gt 0 ] && ! (need_packages "${packages[@]}"); then
		say "ok # skip no cross compiler or emulator for ARM: ${missing[*]}"
		return
	fi
	find_server
	# interleavings of sessions for some seconds: all of them take many minutes here
	KG_UNIT_SECONDS=${KG_UNIT_SECONDS:-20} \
		build unit CC=aarch64-linux-gnu-gcc UNIT_LDFLAGS=-static UNIT_RUN=qemu-aarch64-static
}

check_sqlsmith() {
	need_packages sqlsmith
	export KG_SMITH_QUERIES=$SMITH_QUERIES KG_FUZZ_SEED=$SEED LIMIT=36000 TESTS=tap/012_sql_fuzz
	exec "$ROOT/scripts/test.sh"
}

kind=${1:-}
trap stop_child EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
case $kind in
	assert | valgrind | arm | sqlsmith) "check_$kind" ;;
	*) die 'usage: check.sh assert | valgrind | arm | sqlsmith' ;;
esac
