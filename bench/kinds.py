#!/usr/bin/python3
"""Bit strings by Hamming distance, vectors by taxicab distance and sparse vectors
by cosine distance: kg_hnsw and pgvector's hnsw, recall and CPU of a query.

    bench/kinds.py DATA [--sets wordnet,text768,photosift-100k,glosses]
        [--queries 200] [--rounds 3] [--demo .demo/wordnet]

DATA is the folder of bench/data/make.sh's sets.  Of wordnet and text768 the
signs of the vectors are searched (binary_quantize), of photosift-100k the
vectors by L1.  glosses are TF-IDF vectors of WordNet's glosses, which the demo
has (make demo); every so-many-th is a query and no row.  Connects as libpq's environment says, to a server of this
machine where the extensions kg and vector (pgvector) can be created; makes
what is missing in a database for each set.  Indexes have the defaults of
both.  The sides take turns at each rung of their ladders.  "CPU us" is the
backend's for a prepared LIMIT 10 query with the vector from a table of
queries, the mean of the cheapest round.  A row as near as the tenth of the
exact answer counts.  "unordered" is how many queries got rows out of order.
"""
import argparse
import os
import struct

import numpy

import glosses
from libpq import Libpq, Session, ServerError

# set: (what is indexed, operator, operator class of both)
SETS = {"wordnet": ("bits", "<~>", "bit_hamming_ops"),
        "text768": ("bits", "<~>", "bit_hamming_ops"),
        "photosift-100k": ("vectors", "<+>", "vector_l1_ops"),
        "glosses": ("sparse", "<=>", "sparsevec_cosine_ops")}
SIDES = {"kg": ("kg", "kg_hnsw", "kg.target_recall",
                ("0.8", "0.9", "0.95", "0.97", "0.98", "0.99", "0.995")),
         "pgvector": ("public", "hnsw", "hnsw.ef_search",
                      ("20", "40", "60", "80", "120", "180", "250", "350",
                       "500", "700", "1000"))}


def fvecs(path):
    records = numpy.fromfile(path, dtype=numpy.int32)
    return records.reshape(-1, records[0] + 1)[:, 1:].view(numpy.float32)


def text(kind, vector):
    if kind == "sparse":
        return vector
    if kind == "bits":
        return "".join("1" if x > 0 else "0" for x in vector)
    return "[" + ",".join(repr(float(x)) for x in vector) + "]"


def read(stem, kind, options):
    """Rows, queries, dimensions."""
    if kind != "sparse":
        base = fvecs(stem + ".base.fvecs")
        return base, fvecs(stem + ".query.fvecs")[:options.queries], base.shape[1]
    # glosses without a word that counts have no direction
    rows = [row for row in glosses.vectors(os.path.join(options.demo, "entity.copy"))
            if row[1] != "}"]
    step = len(rows) // options.queries
    return ([row for i, row in enumerate(rows) if i % step], rows[::step][:options.queries],
            glosses.WORDS)


def load(session, stem, name, options):
    """Tables and indexes that are missing."""
    kind, _, opclass = SETS[name]
    base, query, dims = read(stem, kind, options)
    session.sql("CREATE EXTENSION IF NOT EXISTS kg",
                "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public",
                "SET maintenance_work_mem = '2GB'")
    for side, (schema, method, _, _) in SIDES.items():
        if session.sql(f"SELECT to_regclass('{side}_rows_index')") != [("",)]:
            continue
        for table, vectors in (("rows", base), ("queries", query)):
            type_name = f"bit({dims})" if kind == "bits" else \
                f"{schema}.{'sparsevec' if kind == 'sparse' else 'vector'}({dims})"
            session.sql(f"DROP TABLE IF EXISTS {side}_{table}",
                        f"CREATE TABLE {side}_{table} (id int PRIMARY KEY, b {type_name})")
            for first in range(0, len(vectors), 10000):
                session.copy(f"COPY {side}_{table} FROM STDIN", "".join(
                    f"{first + i}\t{text(kind, x)}\n" for i, x in
                    enumerate(vectors[first:first + 10000])).encode())
        session.sql(f"VACUUM ANALYZE {side}_rows", f"VACUUM ANALYZE {side}_queries",
                    f"CREATE INDEX {side}_rows_index ON {side}_rows USING {method} "
                    f"(b {schema}.{opclass})")


def statement(name, side):
    schema, operator = SIDES[side][0], SETS[name][1]
    key = f"b OPERATOR({schema}.{operator}) (SELECT q.b FROM {side}_queries q WHERE q.id = $1)"
    return f"SELECT id, {key} FROM {side}_rows ORDER BY {key} LIMIT 10"


def ask(session, count):
    """CPU seconds of all queries, and the distances of each one's rows."""
    before = session.cpu()
    answers = [session.run("q", struct.pack(">i", i))[1] for i in range(count)]
    return session.cpu() - before, answers


def exact(session, name, count):
    session.sql("SET enable_indexscan = off", "SET enable_seqscan = on")
    session.prepare("q", statement(name, "kg"))
    answers = ask(session, count)[1]
    session.sql("RESET enable_indexscan", "SET enable_seqscan = off")
    return [max(answer) for answer in answers]


def measure(name, options):
    sessions = {side: Session(PQ) for side in SIDES}
    count = int(sessions["kg"].sql("SELECT count(*) FROM kg_queries")[0][0])
    count = min(count, options.queries)
    limits = exact(sessions["kg"], name, count)
    for side, session in sessions.items():
        session.sql("SET enable_seqscan = off", "SET enable_sort = off")
        session.prepare("q", statement(name, side))
        plan = "\n".join(row[0] for row in session.sql("EXPLAIN EXECUTE q(0)"))
        if f"{side}_rows_index" not in plan:
            raise ServerError(f"the planner does not take {side}_rows_index")
    print(f"\n{name}, {count} queries\n\n| | setting | recall@10 | CPU us | unordered |\n|---|---|---|---|---|")
    best = {}
    for rung in range(max(len(side[3]) for side in SIDES.values())):
        for side, (_, _, setting, ladder) in SIDES.items():
            if rung >= len(ladder):
                continue
            session = sessions[side]
            session.sql(f"SET {setting} = {ladder[rung]}")
            ask(session, count)
            rounds = [ask(session, count) for _ in range(options.rounds)]
            cpu = min(seconds for seconds, _ in rounds) / count * 1e6
            answers = rounds[0][1]
            recall = sum(min(sum(d <= limit for d in answer), 10) for answer, limit
                         in zip(answers, limits)) / (10 * count)
            unordered = sum(answer != sorted(answer) for answer in answers)
            print(f"| {side} | {ladder[rung]} | {recall:.4f} | {cpu:.0f} | {unordered} |", flush=True)
            if recall >= 0.95 and (side not in best or cpu < best[side][1]):
                best[side] = (recall, cpu)
    if len(best) == 2:
        print(f"\nrecall >= .95: kg {best['kg'][1]:.0f} us ({best['kg'][0]:.3f}), pgvector "
              f"{best['pgvector'][1]:.0f} us ({best['pgvector'][0]:.3f}): "
              f"{best['pgvector'][1] / best['kg'][1]:.1f}x")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--demo", default=".demo/wordnet")
    options = parser.parse_args()
    for name in options.sets.split(","):
        database = "kinds_" + name.replace("-", "_")
        os.environ["PGDATABASE"] = "postgres"
        session = Session(PQ)
        if not session.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
            session.sql(f"CREATE DATABASE {database}")
        session.close()
        os.environ["PGDATABASE"] = database
        load(Session(PQ), os.path.join(options.data, name), name, options)
        measure(name, options)


PQ = Libpq()
if __name__ == "__main__":
    main()
