#!/bin/bash
# Late interaction: the ten passages with the largest MaxSim, by index and by
# sequential scans.
#
#	bench/maxsim.sh STEM [SETTING=VALUE,...]...
#
# STEM names STEM.base.fvecs, STEM.query.fvecs and STEM.query.sizes, which
# bench/data/make.sh makes.  Each further argument is a way to search: settings of
# the session.  bench/lib.sh tells what KEEP does; OPTIONS are those of the index;
# QUERIES_RUN takes only the first queries.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 1 ] || die "usage: bench/maxsim.sh STEM [SETTING=VALUE,...]..."
begin ""
[ -n "$(sql -c "SELECT 1 FROM pg_database WHERE datname = 'maxsim'")" ] ||
	sql -c "CREATE DATABASE maxsim"
PGDATABASE=maxsim OPTIONS=${OPTIONS:-} "$BENCH/maxsim.py" "$@"
