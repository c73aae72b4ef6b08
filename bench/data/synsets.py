#!/usr/bin/python3
"""The demo's embedding of WordNet's synsets, 384 dimensions.

    bench/data/synsets.py STEM

writes STEM.base.fvecs, STEM.query.fvecs and STEM.gt.ivecs, of unit length.
Queries are the synsets that test/tap/051_hnsw_recall.pl takes.
"""
import os
import sys

import numpy

import vectors

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../demo"))
import wordnet  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    texts = wordnet.texts_to_embed(*wordnet.read_synsets("/usr/share/wordnet"))
    rows = wordnet.unit_length(wordnet.tfidf_svd(texts, 384)).astype(numpy.float32)
    is_query = numpy.arange(1, len(rows) + 1) % 487 == 11
    vectors.save(sys.argv[1], rows[~is_query], rows[is_query])


main()
