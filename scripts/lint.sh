#!/bin/bash
# Checks formatting, sizes, includes, words, C and shell scripts; "lint.sh
# format" formats instead.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$ROOT"
mapfile -t c_files < <(find src extensions test bench -name '*.[ch]' 2>/dev/null | sort)
mapfile -t c_sources < <(printf "%s\n" "${c_files[@]}" | grep "\.c$")
mapfile -t shell_files < <(grep -rlE '^#!.*/bash$|^# shellcheck shell=bash' \
	scripts demo bench test .ci 2>/dev/null | sort)

find_server
include_dir=$("$PG_CONFIG" --includedir-server)

if [ "${1:-}" = format ]; then
	need_packages pg-bsd-indent
	exec scripts/indent.pl "$include_dir" "${c_files[@]}"
fi

need_packages pg-bsd-indent cppcheck shellcheck python3
failed=0

scripts/indent.pl --check "$include_dir" "${c_files[@]}" || failed=1
scripts/sizes.pl "${c_files[@]}" || failed=1
scripts/loop_counters.py "${c_files[@]}" || failed=1
scripts/includes.sh || failed=1
scripts/words.pl || failed=1
scripts/glossary.pl || failed=1

# PostgreSQL's headers are not read: what matters of them is said here.
cppcheck --quiet --error-exitcode=1 --inline-suppr -j"$JOBS" -I src \
	--enable=warning,performance,portability --std=c99 \
	--suppress=missingInclude \
	-D'PG_MODULE_MAGIC=' -D'PG_FUNCTION_INFO_V1(f)=' \
	-D'StaticAssertDecl(c,m)=' -D'StaticAssertStmt(c,m)=' \
	-D'FLEXIBLE_ARRAY_MEMBER=' -D'PG_VERSION_NUM=150000' -D'HAVE_INT128=1' -D__x86_64__=1 \
	-D'PG_TRY()=if(1){' -D'PG_CATCH()=}else{' -D'PG_FINALLY()=}{' \
	-D'PG_END_TRY()=}' \
	"${c_sources[@]}" || failed=1

# one version everywhere
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" kg.control)
if ! grep -q "^EXTVERSION = $version\$" Makefile ||
	[ "$(grep -c "\"version\": \"$version\"" META.json)" != 2 ]; then
	say "kg.control says version $version; Makefile or META.json differs"
	failed=1
fi
if ! grep -q "^default_version = '$version'\$" extensions/kg_pgvector/kg_pgvector.control; then
	say "kg.control says version $version; kg_pgvector.control differs"
	failed=1
fi
# A released install script is what databases have: see upgrade/README.md.
for script in "kg--$version.sql" "extensions/kg_pgvector/kg_pgvector--$version.sql"; do
	frozen=upgrade/released/$(basename "$script")
	if [ -e "$frozen" ] && ! { make -s PG_CONFIG="$PG_CONFIG" "$script" && cmp -s "$script" "$frozen"; }; then
		say "version $version is released, but $script is no longer $frozen: begin the next version"
		failed=1
	fi
done

shellcheck --external-sources "${shell_files[@]}" || failed=1

if [ $failed = 1 ]; then
	die "not clean (\"make format\" repairs the formatting, and nothing else)"
fi
say "clean: ${#c_files[@]} C files, ${#shell_files[@]} shell scripts"
