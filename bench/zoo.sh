#!/bin/bash
# Kinds of data: bench/zoo.py in a private cluster.
#
#	bench/zoo.sh PGVECTOR_SOURCE [ARGUMENT OF zoo.py]...
#
# bench/lib.sh tells what PGVECTOR_SOURCE is and what KEEP does.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 1 ] || die "usage: bench/zoo.sh PGVECTOR_SOURCE [ARGUMENT]..."
SHARED_BUFFERS=${SHARED_BUFFERS:-512MB}

begin "$1"
shift
sql -c "DROP DATABASE IF EXISTS zoo" -c "CREATE DATABASE zoo"
PGDATABASE=zoo "$BENCH/zoo.py" "$@"
