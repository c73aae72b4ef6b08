#!/usr/bin/python3
"""Elapsed time of kg.search with all legs, and of each leg alone.

    bench/retrieval_speed.py [--passages N] [--queries N] [--keep] [--use]

Connects as libpq's environment says, and makes a graph "speed" of N passages
(100,000), as many entities and five times as many mentions and relations each
(1,000,000 in all) in that database, which needs the extension kg; --use takes
the one that --keep has left there.

Words follow Zipf's law; the most frequent ones are English's stop words, as in
texts.  A passage has 120 words and the names of five entities, which are
chosen by Zipf's law too.  Embeddings (128 dimensions) lie in 1,000 clusters.  A
question has the name of an entity, some words of a passage that mentions it, and
the passage's embedding with noise.  One session, one question after the other.
"""
import argparse
import os
import random
import sys
import time

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from libpq import Libpq, Session  # noqa: E402

GRAPH = "speed"
DIMENSIONS = 128
VOCABULARY = 50000
STOP_WORDS = """the of and a to in is was he for it with as his on be at by i this had not are but from or have an they
which you were her all she there would their we him been has when who will more no if out so what up its about into than
them can only other some could time these two may then do first any my now such like our over man me even most made after""".split()
SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
LEGS = ("embedding", "text", "name", "graph")


def word(rank):
    """A word for a number, made of syllables."""
    if rank < len(STOP_WORDS):
        return STOP_WORDS[rank]
    rank -= len(STOP_WORDS)
    parts = []
    while rank or len(parts) < 2:
        rank, part = divmod(rank, len(SYLLABLES))
        parts.append(SYLLABLES[part])
    return "".join(parts) + "k"


def zipf(rng, n, size):
    """Ranks from 0 to n - 1, by 1 / (rank + 1)."""
    cumulated = numpy.cumsum(1.0 / numpy.arange(1, n + 1))
    return numpy.searchsorted(cumulated, rng.random(size) * cumulated[-1]).clip(0, n - 1)


class Data:
    def __init__(self, n):
        rng = numpy.random.default_rng(1)
        self.n = n
        self.words = [word(rank) for rank in range(VOCABULARY)]
        self.texts = zipf(rng, VOCABULARY, (n, 120))
        # names of two rarer words
        self.names = rng.integers(2000, VOCABULARY, (n, 2))
        self.mentions = zipf(rng, n, (n, 5))
        self.relations = numpy.stack([zipf(rng, n, 5 * n), rng.integers(0, n, 5 * n)], axis=1)
        centres = rng.standard_normal((1000, DIMENSIONS))
        self.embeddings = (centres[rng.integers(0, 1000, 2 * n)] +
                           0.7 * rng.standard_normal((2 * n, DIMENSIONS))).astype(numpy.float32)

    def name(self, entity):
        return " ".join(self.words[w].capitalize() for w in self.names[entity])

    def text(self, passage):
        words = [self.words[w] for w in self.texts[passage]]
        for i, entity in enumerate(self.mentions[passage]):
            words.insert(20 * (i + 1), self.name(entity))
        return " ".join(words)

    def question(self, rng):
        passage = rng.randrange(self.n)
        words = [self.words[w] for w in self.texts[passage] if w >= len(STOP_WORDS)]
        chosen = rng.sample(words, min(4, len(words)))
        name = self.name(self.mentions[passage][rng.randrange(5)])
        text = f"What is the {chosen[0]} of the {chosen[1]} that {name} had, {' and '.join(chosen[2:])}?"
        noise = numpy.random.default_rng(rng.randrange(1 << 30)).standard_normal(DIMENSIONS)
        return text, vector(self.embeddings[passage] + 0.3 * noise)


def vector(row):
    return "[" + ",".join(f"{x:.4g}" for x in row) + "]"


def copy(session, target, rows):
    session.copy(f"COPY {target} FROM STDIN", "".join("\t".join(map(str, row)) + "\n" for row in rows).encode())


def load(session, data):
    start = time.monotonic()
    n = data.n
    session.sql("SET client_min_messages = warning")
    session.sql(f"SELECT kg.drop_graph('{GRAPH}') FROM kg.graph WHERE name = '{GRAPH}'")
    session.sql(f"SELECT kg.create_graph('{GRAPH}', {DIMENSIONS})")
    session.sql(f"INSERT INTO {GRAPH}.entity_type (id, name) VALUES (1, 'passage'), (2, 'thing')",
                f"INSERT INTO {GRAPH}.relation_type (id, name) VALUES (1, 'mentions'), (2, 'knows')")
    for first in range(0, n, 10000):
        part = range(first, min(first + 10000, n))
        copy(session, f"{GRAPH}.entity (id, type, name, content, embedding)",
             ((i + 1, 1, "Text " + str(i), data.text(i), vector(data.embeddings[i])) for i in part))
        copy(session, f"{GRAPH}.entity (id, type, name, embedding)",
             ((n + i + 1, 2, data.name(i), vector(data.embeddings[n + i])) for i in part))
    copy(session, f"{GRAPH}.relation (source, target, type)",
         ((i + 1, n + e + 1, 1) for i, entities in enumerate(data.mentions) for e in entities))
    copy(session, f"{GRAPH}.relation (source, target, type)", ((n + a + 1, n + b + 1, 2) for a, b in data.relations))
    session.sql(f"CREATE INDEX ON {GRAPH}.entity USING kg_hnsw (embedding kg.vector_cosine_ops)")
    session.sql(f"VACUUM ANALYZE {GRAPH}.entity")
    session.sql(f"VACUUM ANALYZE {GRAPH}.relation")
    session.sql(f"SELECT kg.refresh_text_statistics('{GRAPH}')")
    print(f"loaded in {time.monotonic() - start:.0f} s", flush=True)


def measure(session, questions, legs, k=10):
    """Elapsed milliseconds of each question, sorted."""
    times = []
    for text, embedding in questions:
        statement = (f"SELECT entity, score, why FROM kg.search('{text}', '{embedding}', k => {k}, graph => '{GRAPH}'"
                     f"{legs})")
        start = time.perf_counter()
        session.sql(statement)
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times)


def report(name, times):
    at = [times[min(int(len(times) * q), len(times) - 1)] for q in (.5, .9, .99)]
    print(f"| {name} | " + " | ".join(f"{t:.1f}" for t in at) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=100000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--keep", action="store_true", help="keep the graph")
    parser.add_argument("--use", action="store_true", help="use the graph that is there")
    options = parser.parse_args()
    session = Session(Libpq())
    data = Data(options.passages)
    if not options.use:
        load(session, data)
    rng = random.Random(2)
    questions = [data.question(rng) for _ in range(options.queries)]
    measure(session, questions[:200], "")    # warms up
    print("| elapsed ms | p50 | p90 | p99 |\n|---|---|---|---|")
    report("all legs", measure(session, questions, ""))
    for leg in LEGS:
        off = ", ".join(f'"{other}": 0' for other in LEGS if other != leg)
        report(leg + " alone", measure(session, questions, f", legs => '{{{off}}}'"))
    report("no leg", measure(session, questions, ", legs => '{\"embedding\": 0, \"text\": 0, \"name\": 0, \"graph\": 0}'"))
    if not options.keep:
        session.sql(f"SELECT kg.drop_graph('{GRAPH}')")


if __name__ == "__main__":
    main()
