#!/usr/bin/python3
"""Passages as arrays of token vectors, for late interaction.

    bench/data/passages.py STEM PASSAGES QUERIES

writes STEM.base.fvecs (30 vectors of 128 dimensions a passage, one passage after
another), STEM.query.fvecs (the vectors of all queries) and STEM.query.sizes (how
many of them each query has: 8 to 32).

The texts are those of text.py: definitions in Debian's dictionaries.  A passage is 30
words in a row of one of them; a query is the beginning of a definition that no
passage is of.  A word's vector is by latent semantic analysis: the truncated SVD of
the positive pointwise mutual information of words within five words of each other.  A
token's vector mixes its word's with those of the words around it and with the passage's
mean, so that a word has another vector wherever it stands, and has length 1.
"""
import re
import sys

import numpy
from scipy.sparse import coo_matrix
from sklearn.decomposition import TruncatedSVD

import text
import vectors

DIMENSIONS = 128
TOKENS = 30
FEWEST_QUERY_TOKENS = 8
MOST_QUERY_TOKENS = 32
VOCABULARY = 30000
WINDOW = 5
AROUND = 0.5
WHOLE = 0.5


def words(string):
    return re.findall(r"[a-z]+", string.lower())


def word_vectors(documents):
    """Numbers of words, and their vectors."""
    counts = {}
    for document in documents:
        for word in document:
            counts[word] = counts.get(word, 0) + 1
    known = sorted(counts, key=lambda w: (-counts[w], w))[:VOCABULARY]
    number = {word: i for i, word in enumerate(known)}
    flat, breaks = [], []
    for document in documents:
        flat += [number.get(word, -1) for word in document] + [-1] * WINDOW
    flat = numpy.array(flat)
    pairs = None
    for apart in range(1, WINDOW + 1):
        a, b = flat[:-apart], flat[apart:]
        both = (a >= 0) & (b >= 0)
        a, b = a[both], b[both]
        one = numpy.full(2 * len(a), 1 / apart, numpy.float32)
        more = coo_matrix((one, (numpy.r_[a, b], numpy.r_[b, a])), (len(known),) * 2).tocsr()
        pairs = more if pairs is None else pairs + more
    pairs = pairs.tocoo()
    sums = numpy.asarray(pairs.sum(axis=1)).ravel()
    # smoothed as in Levy, Goldberg and Dagan, 2015
    chances = sums ** 0.75 / (sums ** 0.75).sum()
    information = numpy.log(pairs.data / (sums[pairs.row] * chances[pairs.col]))
    kept = information > 0
    matrix = coo_matrix((information[kept].astype(numpy.float32), (pairs.row[kept], pairs.col[kept])),
                        (len(known),) * 2).tocsr()
    print(f"{len(known)} words, {matrix.nnz} pairs", flush=True)
    svd = TruncatedSVD(DIMENSIONS, n_iter=2, random_state=0)
    found = svd.fit_transform(matrix) / numpy.sqrt(svd.singular_values_)
    found /= numpy.linalg.norm(found, axis=1, keepdims=True) + 1e-9
    return number, found.astype(numpy.float32)


def embed(passage, number, table):
    """The vectors of a passage's tokens, of length 1."""
    alone = table[[number[word] for word in passage]]
    around = numpy.zeros_like(alone)
    for apart in range(1, WINDOW + 1):
        around[apart:] += alone[:-apart] / apart
        around[:-apart] += alone[apart:] / apart
    around /= numpy.linalg.norm(around, axis=1, keepdims=True) + 1e-9
    whole = alone.mean(axis=0)
    whole /= numpy.linalg.norm(whole) + 1e-9
    mixed = alone + AROUND * around + WHOLE * whole
    return mixed / numpy.linalg.norm(mixed, axis=1, keepdims=True)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    stem, count, query_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random = numpy.random.default_rng(1)
    documents = [words(t) for t in text.texts()]
    number, table = word_vectors(documents)
    documents = [[w for w in d if w in number] for d in documents]
    long = [d for d in documents if len(d) >= TOKENS]
    order = random.permutation(len(long))
    queries = []
    for i in order[:query_count]:
        size = random.integers(FEWEST_QUERY_TOKENS, MOST_QUERY_TOKENS + 1)
        queries.append(embed(long[i][:size], number, table))
    passages = []
    for i in order[query_count:]:
        for begin in range(0, len(long[i]) - TOKENS + 1, TOKENS):
            passages.append(long[i][begin:begin + TOKENS])
    print(f"{len(long)} texts, {len(passages)} passages", flush=True)
    if len(passages) < count:
        sys.exit("too few passages")
    chosen = random.permutation(len(passages))[:count]
    vectors.write(f"{stem}.base.fvecs",
                  numpy.concatenate([embed(passages[i], number, table) for i in chosen]),
                  numpy.float32)
    vectors.write(f"{stem}.query.fvecs", numpy.concatenate(queries), numpy.float32)
    with open(f"{stem}.query.sizes", "w", encoding="utf-8") as file:
        file.writelines(f"{len(q)}\n" for q in queries)


main()
