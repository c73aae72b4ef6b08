#!/bin/bash
# Makes the data sets of the benchmarks from Debian's packages:
#
#	bench/data/make.sh OUT sift [ROWS]	sift1m: SIFT descriptors of photographs
#	bench/data/make.sh OUT mixed [ROWS]	sift10m: mixtures of near ones of sift1m, which is made if it is missing
#	bench/data/make.sh OUT text [ROWS]	text768, text1536: embedded definitions
#	bench/data/make.sh OUT wordnet		wordnet: the demo's embedding
#	bench/data/make.sh OUT passages		passages: tokens of the definitions
#
# as OUT/NAME.base.fvecs, NAME.query.fvecs and NAME.gt.ivecs (passages: .query.sizes).  The packages
# that are missing are installed.  One process, up to ten minutes.
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

QUERIES=1000
PHOTOGRAPHS=(plasma-workspace-wallpapers ukui-wallpapers mate-backgrounds
	lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 stellarium-data tuxpaint-stamps-default)

[ $# -ge 2 ] || die "usage: bench/data/make.sh OUT sift|mixed|text|wordnet|passages [ROWS]"
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$ROOT/bench/data"
export OPENBLAS_NUM_THREADS=1

case $2 in
	sift)
		need_packages python3-opencv python3-numpy libopenblas0-pthread "${PHOTOGRAPHS[@]}"
		dpkg -L "${PHOTOGRAPHS[@]}" |
			grep -E '^/usr/share/(wallpapers/.*/images|backgrounds/[^/]*$|backgrounds/mate/nature|stellarium/(landscapes|nebulae|textures)|tuxpaint/stamps).*\.(jpg|png)$' |
			xargs -d '\n' ./sift.py "$out/sift1m" "${3:-1000000}" "$QUERIES"
		;;
	mixed)
		[ -f "$out/sift1m.base.fvecs" ] || "$ROOT/bench/data/make.sh" "$out" sift
		need_packages python3-numpy libopenblas0-pthread
		./mixed.py "$out/sift1m" "$out/sift10m" "${3:-10000000}" "$QUERIES"
		;;
	text)
		need_packages python3-sklearn python3-numpy libopenblas0-pthread wordnet-base \
			dict-gcide dict-foldoc dict-jargon dict-vera
		./text.py "$out" "${3:-200000}" "$QUERIES"
		;;
	wordnet)
		need_packages python3-sklearn python3-numpy libopenblas0-pthread wordnet-base
		./synsets.py "$out/wordnet"
		;;
	passages)
		need_packages python3-sklearn python3-numpy libopenblas0-pthread wordnet-base \
			dict-gcide dict-foldoc dict-jargon dict-vera
		./passages.py "$out/passages" "${3:-20000}" 200
		;;
	*) die "no data set is called $2" ;;
esac
