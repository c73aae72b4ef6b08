#!/usr/bin/python3
"""Does a search reach kg.target_recall, and at what cost beside the best
kg.ef_search?

    bench/recall.py TABLE COLUMN OPERATOR TYPE QUERIES.fvecs [OPTION]...

Connects as libpq's environment says, to a server of this machine.  TABLE has a
column id, an int4 without duplicates, and a kg_hnsw index on COLUMN.  For each
target and each k it prints the mean recall, that of the query at the lowest 5%,
the lowest one, the share of queries under half of the target, microseconds of
the backend's CPU and nodes expanded; then the least kg.ef_search that reaches
the same recall, its CPU, and how many times as much the target takes.

Exact neighbours are those of a sequential scan; a row as near as the k-th is as
good.  CPU is the least of the rounds.

    --targets .9,.95,.99    --k 1,10,100    --count QUERIES (200)    --rounds 3
    --where CONDITION       a filter
    --no-ladder             without the comparison
    --exact FILE            keeps the exact distances there
"""
import argparse
import os
import sys

import numpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fvecs  # noqa: E402
import libpq  # noqa: E402

LADDER = [1, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 36, 43, 52, 62, 75, 90, 108,
          130, 156, 187, 224, 270, 320, 390, 470, 560, 670, 800, 1000, 1200,
          1500, 2000, 3000]


class Bench:
    def __init__(self, options):
        self.session = libpq.Session(libpq.Libpq())
        self.options = options
        vectors = fvecs.records(options.queries)[:options.count]
        head = fvecs.head_of_vector(vectors.shape[1])
        self.queries = [head + v.astype(">i4").tobytes() for v in vectors]
        self.session.sql("SET max_parallel_workers_per_gather = 0", "LOAD 'kg'")

    def prepare(self, k):
        o = self.options
        where = f"WHERE {o.where}" if o.where else ""
        distance = f"{o.column} OPERATOR(kg.{o.operator}) $1::{o.type}"
        self.session.prepare("q", f"SELECT id, {distance} FROM {o.table} {where} "
                             f"ORDER BY {distance} LIMIT {k}")

    def exact(self, k):
        if self.options.exact and os.path.exists(self.options.exact):
            return numpy.load(self.options.exact)
        self.session.sql("SET enable_indexscan = off")
        self.prepare(k)
        found = [self.session.run("q", q)[1] for q in self.queries]
        self.session.sql("SET enable_indexscan = on")
        found = numpy.array([f + [numpy.inf] * (k - len(f)) for f in found])
        if self.options.exact:
            numpy.save(self.options.exact, found)
        return found

    def measure(self, k, settings, exact):
        """Recall of each query, microseconds of CPU, nodes."""
        self.session.sql("RESET ALL", "SET max_parallel_workers_per_gather = 0",
                         "SET enable_seqscan = off", *settings)
        self.prepare(k)
        within = exact[:, k - 1] + numpy.abs(exact[:, k - 1]) * 1e-6
        wanted = numpy.minimum(k, numpy.isfinite(exact).sum(1))
        cpu = numpy.inf
        for _ in range(self.options.rounds):
            start = self.session.cpu()
            found = [self.session.run("q", q)[1] for q in self.queries]
            cpu = min(cpu, self.session.cpu() - start)
        recall = numpy.array([(numpy.array(f) <= w).sum() / n
                              for f, w, n in zip(found, within, wanted)])
        nodes = 0
        for q in self.queries[:50]:
            self.session.run("q", q)
            nodes += sum(map(int, self.session.sql(
                "SELECT nodes_visited, nodes_swept FROM kg.last_scan()")[0]))
        return recall, cpu / len(self.queries) * 1e6, nodes / min(50, len(self.queries))


def ladder_until(bench, k, exact, best):
    """(ef, recall, cpu) of each kg.ef_search until one reaches the best."""
    rungs = []
    for ef in LADDER:
        recall, cpu, _ = bench.measure(k, [f"SET kg.ef_search = {ef}"], exact)
        rungs.append((ef, recall.mean(), cpu))
        if recall.mean() >= best:
            break
    return rungs


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("table", "column", "operator", "type", "queries"):
        parser.add_argument(name)
    parser.add_argument("--targets", default=".9,.95,.99")
    parser.add_argument("--k", default="1,10,100")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--where")
    parser.add_argument("--exact")
    parser.add_argument("--no-ladder", action="store_true")
    options = parser.parse_args()
    bench = Bench(options)
    counts = [int(k) for k in options.k.split(",")]
    exact = bench.exact(max(counts))
    print("| k | target | recall | lowest 5% | lowest | under half | CPU us | nodes "
          "| ef_search, recall | CPU us | ratio |")
    print("|---" * 11 + "|")
    for k in counts:
        rows = []
        for target in options.targets.split(","):
            recall, cpu, nodes = bench.measure(
                k, ["RESET kg.target_recall"] if target == "default" else
                [f"SET kg.target_recall = {target}"], exact)
            rows.append((target, numpy.sort(recall), cpu, nodes))
        rungs = [] if options.no_ladder else \
            ladder_until(bench, k, exact, max(r[1].mean() for r in rows))
        for target, recall, cpu, nodes in rows:
            aim = .5 if target == "default" else float(target) / 2
            line = (f"| {k} | {target} | {recall.mean():.4f} "
                    f"| {recall[len(recall) // 20]:.2f} | {recall[0]:.2f} "
                    f"| {(recall < aim).mean():.3f} | {cpu:.0f} | {nodes:.0f} |")
            least = target if target == "default" else float(target)
            bar = recall.mean() if target == "default" else \
                min(recall.mean(), least)
            best = next((r for r in rungs if r[1] >= bar), None)
            line += f" {best[0]}, {best[1]:.4f} | {best[2]:.0f} | {cpu / best[2]:.2f} |" \
                if best else " - | - | - |"
            print(line, flush=True)


if __name__ == "__main__":
    main()
