#!/bin/bash
# Processors that kg is not for are refused by the compiler, in words.
set -uo pipefail
status=0

# refused WHAT MESSAGE FLAG...
refused() {
	local what=$1 message=$2 text

	shift 2
	if text=$(${CC:-cc} -Isrc -E "$@" src/simd/portable.c 2>&1 >/dev/null); then
		printf 'not ok - %s compile\n' "$what"
	elif [[ $text != *"$message"* ]]; then
		printf 'not ok - %s: %s\n' "$what" "${text%%$'\n'*}"
	else
		printf 'ok - %s are refused\n' "$what"
		return
	fi
	status=1
}

refused 'big-endian processors' 'kg needs a little-endian processor' \
	-U__BYTE_ORDER__ -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__
refused '32-bit processors' 'kg needs a 64-bit processor' -U__SIZEOF_POINTER__ -D__SIZEOF_POINTER__=4
exit $status
