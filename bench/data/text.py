#!/usr/bin/python3
"""Embeddings of definitions in Debian's dictionaries.

    bench/data/text.py FOLDER ROWS QUERIES

writes FOLDER/text768.* (ROWS rows) and FOLDER/text1536.* (a quarter of them),
each .base.fvecs, .query.fvecs and .gt.ivecs, unit length, so that the nearest
are the same under cosine and Euclidean distance.

The texts are WordNet's synsets and the entries of GCIDE, FOLDOC, Jargon and
VERA, of equal ones one.  The embedding is the demo's: TF-IDF of words and of
letter trigrams, then a truncated SVD, of which text768 takes the first half.
"""
import gzip
import os
import re
import sys

import numpy
from scipy.sparse import hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

import vectors

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../demo"))
import wordnet  # noqa: E402

DICTIONARIES = ("gcide", "foldoc", "jargon", "vera")
DIMENSIONS = 1536
FEWEST_WORDS = 5
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def number(word):
    value = 0
    for letter in word:
        value = 64 * value + DIGITS.index(letter)
    return value


def entries(name):
    """Texts of a dictionary in dictd's format."""
    with gzip.open(f"/usr/share/dictd/{name}.dict.dz") as file:
        whole = file.read()
    places = set()
    with open(f"/usr/share/dictd/{name}.index", encoding="utf-8") as lines:
        for line in lines:
            head, offset, length = line.rstrip("\n").split("\t")[:3]
            if not head.startswith("00"):
                places.add((number(offset), number(length)))
    for offset, length in sorted(places):
        text = whole[offset:offset + length].decode("utf-8", "replace")
        # GCIDE says after each entry whence it is
        yield " ".join(re.sub(r"\[(1913 Webster|PJC|WordNet \S+)[^]]*\]", " ", text).split())


def texts():
    synsets, index = wordnet.read_synsets("/usr/share/wordnet")
    found = dict.fromkeys(wordnet.texts_to_embed(synsets, index))
    for name in DICTIONARIES:
        found.update(dict.fromkeys(entries(name)))
    return [t for t in found if len(wordnet.tokens(t)) >= FEWEST_WORDS]


def embed(chosen):
    words = TfidfVectorizer(analyzer=wordnet.tokens, sublinear_tf=True, min_df=2,
                            dtype=numpy.float32).fit_transform(chosen)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True,
                              min_df=20, max_df=0.1, dtype=numpy.float32).fit_transform(chosen)
    print(f"{words.shape} words, {words.nnz}; {letters.shape} trigrams, {letters.nnz}", flush=True)
    svd = TruncatedSVD(DIMENSIONS, n_iter=1, random_state=0)
    reduced = svd.fit_transform(hstack([words, letters * numpy.float32(0.5)]).tocsr())
    # as in the demo, half of each singular value's weight
    return (reduced / numpy.sqrt(svd.singular_values_)).astype(numpy.float32)


def save(stem, embeddings, count, query_count):
    rows = embeddings / numpy.linalg.norm(embeddings, axis=1, keepdims=True)
    # texts of the same words
    rows = rows[numpy.sort(numpy.unique(rows, axis=0, return_index=True)[1])]
    vectors.save(stem, rows[query_count:query_count + count], rows[:query_count])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    folder, count, query_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    found = texts()
    # some to spare for texts of the same words
    wanted = count + query_count + count // 50
    print(f"{len(found)} texts, {wanted} wanted", flush=True)
    if len(found) < wanted:
        sys.exit("too few texts")
    order = numpy.random.default_rng(1).permutation(len(found))[:wanted]
    embeddings = embed([found[i] for i in order])
    save(f"{folder}/text1536", embeddings[:wanted // 4 + query_count], count // 4, query_count)
    save(f"{folder}/text768", embeddings[:, :DIMENSIONS // 2], count, query_count)


if __name__ == "__main__":
    main()
