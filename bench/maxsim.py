#!/usr/bin/python3
"""Late interaction: the ten passages with the largest MaxSim, by index and exactly.

    bench/maxsim.py STEM [SETTING=VALUE,...]...

of the data that bench/data/passages.py made, in the database that libpq's environment
names; bench/maxsim.sh makes one.  Each argument is a way to search: settings of the
session.  Without arguments those that docs/benchmarks.md shows.  Times are CPU time of
the backend.  From the environment: OPTIONS of the index, and QUERIES_RUN, how many
queries are run.
"""
import os
import sys

import numpy

from fvecs import records
from libpq import Libpq, Session

TOKENS = 30
LIMIT = 10
WAYS = ("", "kg.target_recall=0.8", "kg.target_recall=0.9", "kg.target_recall=0.95",
        "kg.ef_search=40", "kg.ef_search=120", "kg.ef_search=400")


def array_form(vectors, oid):
    """Binary form of an array of kg.vector."""
    count, width = vectors.shape
    head = numpy.array([1, 0, oid, count, 1], ">i4").tobytes()
    element = numpy.dtype([("length", ">i4"), ("dims", ">i2"), ("unused", ">i2"),
                           ("x", ">f4", width)])
    body = numpy.zeros(count, element)
    body["length"], body["dims"], body["x"] = 4 + 4 * width, width, vectors
    return head + body.tobytes()


def copy_form(base, oid):
    parts = [b"PGCOPY\n\377\r\n\0" + bytes(8)]
    for number in range(len(base) // TOKENS):
        value = array_form(base[number * TOKENS:(number + 1) * TOKENS], oid)
        parts.append(numpy.array([2], ">i2").tobytes() +
                     numpy.array([4, number, len(value)], ">i4").tobytes() + value)
    parts.append(b"\377\377")
    return b"".join(parts)


def load(session, stem):
    """The table and its index, if they are not there."""
    base = records(f"{stem}.base.fvecs").view(numpy.float32)
    session.sql("CREATE EXTENSION IF NOT EXISTS kg")
    oid = int(session.sql("SELECT 'kg.vector'::regtype::oid::int")[0][0])
    if session.sql("SELECT to_regclass('passages')")[0][0] == "":
        session.sql("BEGIN",
                    f"CREATE TABLE passages (id int PRIMARY KEY, tokens kg.vector({base.shape[1]})[])")
        session.copy("COPY passages FROM STDIN (FORMAT binary)", copy_form(base, oid))
        session.sql("COMMIT", "VACUUM (FREEZE, ANALYZE) passages")
    if session.sql("SELECT to_regclass('passages_tokens')")[0][0] == "":
        before = session.cpu()
        session.sql("CREATE INDEX passages_tokens ON passages USING kg_hnsw (tokens) " +
                    os.environ.get("OPTIONS", ""))
        print(f"build: {session.cpu() - before:.0f} s of CPU")
    size = int(session.sql("SELECT pg_relation_size('passages_tokens')")[0][0])
    print(f"{len(base) // TOKENS} passages, {len(base)} tokens x {base.shape[1]}, "
          f"index {size / 1048576:.0f} MB, {size / len(base):.0f} bytes a token")
    return oid


def queries_of(stem, oid):
    vectors = records(f"{stem}.query.fvecs").view(numpy.float32)
    with open(f"{stem}.query.sizes", encoding="utf-8") as file:
        sizes = [int(line) for line in file]
    ends = numpy.cumsum(sizes)
    queries = [array_form(vectors[end - size:end], oid) for size, end in zip(sizes, ends)]
    return queries[:int(os.environ.get("QUERIES_RUN", len(queries)))]


def search(session, queries, settings):
    """Ids and distances of each query; figures a query."""
    session.sql("RESET ALL", *(f"SET {s}" for s in settings))
    session.prepare("nearest", "SELECT id, tokens OPERATOR(kg.@#) $1::kg.vector[] FROM passages "
                    f"ORDER BY tokens OPERATOR(kg.@#) $1::kg.vector[] LIMIT {LIMIT}")
    for query in queries[:2]:
        session.run("nearest", query)
    answers, cpu, counts = [], 0, numpy.zeros(3)
    for query in queries:
        before = session.cpu()
        answers.append(session.run("nearest", query))
        cpu += session.cpu() - before
        last = session.sql("SELECT pages_read, nodes_visited, rows_returned FROM kg.last_scan()")[0]
        counts += numpy.array([float(figure or 0) for figure in last])
    return answers, cpu / len(queries), counts / len(queries)


def recall(answers, exact):
    """Rows as near as the last of the exact ones count."""
    found = sum(sum(d <= truth[1][-1] + 1e-6 for d in answer[1])
                for answer, truth in zip(answers, exact))
    return found / sum(len(truth[0]) for truth in exact)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    stem, ways = sys.argv[1], sys.argv[2:] or WAYS
    session = Session(Libpq())
    oid = load(session, stem)
    queries = queries_of(stem, oid)
    exact, cpu, _ = search(session, queries, ["enable_indexscan=off"])
    print(f"{len(queries)} queries\n\n| | recall@10 | CPU ms | faster | index pages | nodes | rows fetched |")
    print("|---|---|---|---|---|---|---|")
    print(f"| exact | 1 | {cpu * 1000:.1f} | | | | |")
    for way in ways:
        settings = [s for s in way.split(",") if s]
        answers, some, counts = search(session, queries, settings)
        pages, nodes, rows = counts
        print(f"| {way or 'default'} | {recall(answers, exact):.4f} | {some * 1000:.2f} | {cpu / some:.0f}x "
              f"| {pages:.0f} | {nodes:.0f} | {rows:.0f} |", flush=True)


main()
