#!/usr/bin/python3
"""The demo's embedding of WordNet's synsets, 384 dimensions.

    bench/data/synsets.py STEM

writes STEM.base.fvecs, STEM.query.fvecs and STEM.gt.ivecs, of unit length.
Queries are the synsets that test/tap/051_hnsw_recall.pl takes.  STEM.base.types
and STEM.query.types are .ivecs with two numbers a synset: its part of speech (1
noun, 2 verb, 3 adjective, 4 adverb) and its lexicographer's file (lexnames(5WN):
5 animals, 18 people ...).
"""
import os
import sys

import numpy

import vectors

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../demo"))
import wordnet  # noqa: E402

SOURCE = "/usr/share/wordnet"


def types():
    """Part of speech and lexicographer's file, in the order of read_synsets."""
    found = []
    for speech, name in enumerate(wordnet.FILES, 1):
        with open(f"{SOURCE}/data.{name}", encoding="ascii") as lines:
            found += [(speech, int(line.split(None, 2)[1])) for line in lines if line[0] != " "]
    return numpy.array(found, numpy.int32)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    texts = wordnet.texts_to_embed(*wordnet.read_synsets(SOURCE))
    rows = wordnet.tfidf_svd(texts, 384, wordnet.Steps(2))
    rows = wordnet.unit_length(rows).astype(numpy.float32)
    is_query = numpy.arange(1, len(rows) + 1) % 487 == 11
    vectors.write(f"{sys.argv[1]}.base.types", types()[~is_query], numpy.int32)
    vectors.write(f"{sys.argv[1]}.query.types", types()[is_query], numpy.int32)
    vectors.save(sys.argv[1], rows[~is_query], rows[is_query])


main()
