#!/usr/bin/python3
"""Would keeping results of kg.search by quantized query pay?

    bench/retrieval_cache.py [--requests N] [--passages FILE] [--questions FILE]

A workload of near-duplicate questions on the graph of bench/retrieval.py:
request r asks one of MuSiQue's questions, drawn by Zipf's law (s = 1), in a
wording of its own: with each word left out with probability .1, or a polite
phrase before it.  A cache keeps the best ten under the signs of the first N
dimensions of the question's embedding, without its words, and is emptied by a
write, as any write may change any answer.  For each N and for a write in none,
100, 20 and 5 requests: how many requests the cache answers, and how many of
these answers have the same best three (in order) and the same ten (in any) as
kg.search gives.  Connects as libpq's environment says.
"""
import argparse
import os
import random
import time

import numpy
from libpq import Libpq, Session

import retrieval

POLITE = ("please tell me ", "I would like to know ", "can you say ", "")
BITS = (256, 64, 32, 16)
WRITES = (0, 100, 20, 5)


def wordings(questions, requests):
    """Each request's number of question and its words."""
    rng = random.Random(1)
    weights = [1 / rank for rank in range(1, len(questions) + 1)]
    for number in rng.choices(range(len(questions)), weights, k=requests):
        words = [w for w in questions[number].split() if rng.random() > 0.1]
        yield rng.choice(POLITE) + " ".join(words)


def answer(session, text, row):
    found = session.sql(f"SELECT entity FROM kg.search({retrieval.literal(text)}, '{retrieval.vector(row)}',"
                        f" k => 10, graph => '{retrieval.GRAPH}')")
    return [int(hit[0]) for hit in found]


def replay(keys, answers, writes):
    """Requests answered by a cache; of these, the same best three, and ten."""
    cache, hits, three, ten = {}, 0, 0, 0
    for i, (key, fresh) in enumerate(zip(keys, answers)):
        if writes and i % writes == 0:
            cache.clear()
        kept = cache.setdefault(key, fresh)
        if kept is not fresh:
            hits += 1
            three += kept[:3] == fresh[:3]
            ten += set(kept) == set(fresh)
    return hits, three, ten


def main():
    parser = argparse.ArgumentParser()
    data = os.path.join(retrieval.HERE, "..", "..", "shared", "data")
    parser.add_argument("--passages", default=os.path.join(data, "musique.passages.jsonl.xz"))
    parser.add_argument("--questions", default=os.path.join(data, "musique.questions.jsonl.xz"))
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    passages = retrieval.read(options.passages)
    questions = [q["question"] for q in retrieval.read(options.questions)]
    texts = list(wordings(questions, options.requests))
    base, asked = retrieval.embed([p["title"] + ". " + p["text"] for p in passages], texts)
    session = Session(Libpq())
    retrieval.load(session, passages, base)

    start = time.perf_counter()
    answers = [answer(session, text, row) for text, row in zip(texts, asked)]
    search = (time.perf_counter() - start) / len(texts)
    session.sql("CREATE TEMP TABLE kept (key bytea PRIMARY KEY, result bigint[])")
    session.sql("INSERT INTO kept SELECT sha256(i::text::bytea), array_agg(j) FROM generate_series(1, 500) i,"
                " generate_series(1, 10) j GROUP BY i")
    start = time.perf_counter()
    for i in range(len(texts)):
        session.sql(f"SELECT result FROM kept WHERE key = sha256('{i % 700}'::text::bytea)")
    lookup = (time.perf_counter() - start) / len(texts)
    print(f"{len(texts)} requests, {len(set(texts))} wordings of {len(questions)} questions;"
          f" a look-up takes {lookup / search:.2f} of a search")
    print("| bits of the key | a write in | answered | same three | same ten | saved |")
    print("|---" * 6 + "|")
    for bits in BITS:
        keys = [numpy.packbits(row[:bits] > 0).tobytes() for row in asked]
        for writes in WRITES:
            hits, three, ten = replay(keys, answers, writes)
            share = hits / len(texts)
            print(f"| {bits} | {writes or 'none'} | {share:.2f} | {three / max(hits, 1):.2f} | {ten / max(hits, 1):.2f} |"
                  f" {share - lookup / search:.2f} |")
    session.sql(f"SELECT kg.drop_graph('{retrieval.GRAPH}')")


if __name__ == "__main__":
    main()
