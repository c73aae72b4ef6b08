#!/usr/bin/python3
"""Many kinds of data, loaded in many ways: what kg_hnsw and pgvector find.

    bench/zoo.py [--kinds PATTERN] [--loads after,before,bad,half] [--quick]
        [--rows MOST] [--no-pgvector] [--pgvector-from FILE.tsv]
        [--out FILE.tsv] [--list] [--table FILE.tsv]

Connects as libpq's environment says, to a server of this machine where the
extensions kg and vector (pgvector) can be created; works in a schema of its
own, zoo.  The kinds are those of bench/zoo_data.py; PATTERN is a regular
expression, or several parted by commas, for their names.  Ways of loading:

    after   rows as they come by nature, then CREATE INDEX
    before  CREATE INDEX on the empty table, then the same rows
    bad     the same with the rows in a bad order: along the principal axis,
            by cluster, by rising length
    half    half of the rows (of data that change once, those before),
            CREATE INDEX, the others

pgvector builds an index as it inserts into one: its figures for "before" and
"half" are those for "after".  --quick takes a quarter of the rows
(2,000 to 3,000), half the queries, not the last of these ways, and pgvector's
figures from the first for all.  --pgvector-from takes them from what an earlier
run with the same arguments wrote, which saves most of the time, and says what
has become worse since.  --table prints the table of docs/benchmarks.md from
what a run wrote.

Queries are rows held back, rows with noise (a tenth of the distance to the
nearest other; by inner product and cosine also stretched), and rows.  Recall
counts the rows as near as the k-th of an exact search in float8, so that it
does not matter which of several equally near rows were found.  Columns:

    r1 r10 r100     recall@1, @10 and @100, LIMIT 1, 10 and 100 (kg's default
                    ef_search)
    r10_20 ...      recall@10 at these ef_search, cpu_20 ... their CPU
    fall            the most recall@10 that more ef_search loses
    low             queries with five or less of ten rows found
    self            of 200 rows asked for by themselves with LIMIT 1, missed
    ball            recall within the radius of the 20th neighbour
    ball_wrong      rows outside that radius, or twice
    order           results of LIMIT 10 out of order, of all queries
    filter_order    the same with a filter in PL/pgSQL that ten rows pass
    filter_short    rows of those ten that did not come
    missing         rows that a scan without LIMIT did not return, or twice
    pages           of the index
    load_cpu        s, of COPY and CREATE INDEX
    at_40, at_120   CPU that kg takes to reach .95 or pgvector's recall less
                    .02 at that ef_search, as a share of pgvector's

with p_ for pgvector's.  CPU is the backend's, us a query, LIMIT 10.  A row
holds without faults:

    r1 r10 r100 ball    below .95 and below pgvector's less .02 (at ef_search
                        40, 100 at 120; the ball like r10)
    low                 more such queries than pgvector has at 40
    self                more than two and more than pgvector misses
    fall                above .01
    order ...           above 0
    cpu                 r10 below .95, and at_40 or at_120 above 1.1
    slow                CPU above four times pgvector's at the same ef_search
"""
import argparse
import os
import re
import struct
import sys
import time

import numpy

import zoo_data
from libpq import Libpq, ServerError, Session
from zoo_report import KG_DEFAULT, KG_LADDER, LOADS, PGVECTOR_LADDER, \
    compare, judge, read, show, summary, table, write

SELF_LOOKUPS = 200
OPERATORS = {"l2": "<->", "ip": "<#>", "cosine": "<=>"}
BALLS = {"l2": "<<->>", "ip": "<<#>>", "cosine": "<<=>>"}


def binary(vector):
    """A vector as both extensions send it."""
    element = ">f2" if vector.dtype == numpy.float16 else ">f4"
    return struct.pack(">hh", len(vector), 0) + vector.astype(element) \
        .tobytes()


def copy_rows(ids, rows):
    parts = [b"PGCOPY\n\377\r\n\0" + bytes(8)]
    for i in ids:
        parts.append(struct.pack(">hii", 2, 4, i))
        if numpy.isnan(rows[i, 0]):
            parts.append(struct.pack(">i", -1))
        else:
            value = binary(rows[i])
            parts.append(struct.pack(">i", len(value)) + value)
    parts.append(b"\377\377")
    return b"".join(parts)


class Truth:
    """Exact distances of queries to all rows.

    tolerance is what a distance may lie above the k-th and still count: the
    operators compute in float4."""

    def __init__(self, metric, rows, queries):
        self.metric = metric
        self.queries = queries.astype(float)
        self.distances = numpy.empty((len(queries), len(rows)))
        wide = rows.astype(float)
        norm = numpy.linalg.norm(wide, axis=1)
        for i, query in enumerate(self.queries):
            self.distances[i] = self.exact(wide, norm, query)
        self.distances[numpy.isnan(self.distances)] = numpy.inf
        self.longest = numpy.nanmax(norm)
        # zero vectors by cosine, and NULL, are not among the nearest
        self.ranked = numpy.sort(self.distances, axis=1)[:, :100]

    def exact(self, wide, norm, query):
        if self.metric == "l2":
            return numpy.linalg.norm(wide - query, axis=1)
        product = wide @ query
        if self.metric == "ip":
            return -product
        with numpy.errstate(invalid="ignore", divide="ignore"):
            return 1 - product / (norm * numpy.linalg.norm(query))

    def tolerance(self, i, distance):
        if self.metric == "l2":
            # squares below FLT_MIN vanish
            return max(1e-6 * distance, 1.1e-19 * len(self.queries[i]) ** .5)
        if self.metric == "cosine":
            return 2e-7
        return 1e-6 * abs(distance) + 1e-7 * self.longest \
            * numpy.linalg.norm(self.queries[i])

    def bound(self, i, k):
        """What the k nearest rows of query i are within."""
        distance = self.ranked[i, min(k, self.ranked.shape[1]) - 1]
        return distance + self.tolerance(i, distance) \
            if numpy.isfinite(distance) else numpy.finfo(float).max

    def found(self, i, ids, k):
        """How many of the k nearest rows of query i are in ids."""
        near = self.distances[i, list(set(ids))] <= self.bound(i, k)
        return min(int(near.sum()), k)

    def wanted(self, i, k):
        return min(k, int(numpy.isfinite(self.distances[i]).sum()))


class Case:
    """A kind's rows, queries and exact answers, for all ways of loading."""

    def __init__(self, kind, quick, most):
        self.kind = kind
        count = 60 if quick else 120
        held, noisy = count * 4 // 10, count * 3 // 10
        n = kind.n if not quick \
            else min(kind.n, max(2000, min(3000, kind.n // 4)))
        n = min(n, most)
        rows, key = kind.rows(n + held)
        rng = numpy.random.default_rng(1)
        usable = numpy.flatnonzero(numpy.nan_to_num(
            abs(rows.astype(float)).sum(1)) > 0)
        apart = rng.choice(usable[usable >= 64], held, False)
        kept = numpy.setdiff1d(numpy.arange(n + held), apart)
        self.rows, self.key = rows[kept], key[kept]
        self.n = n
        usable = numpy.flatnonzero(numpy.nan_to_num(
            abs(self.rows.astype(float)).sum(1)) > 0)
        chosen = rng.choice(usable, count - held)
        self.queries = numpy.concatenate(
            [rows[apart], self.noisy(rng, self.rows[chosen[:noisy]]),
             self.rows[chosen[noisy:]]])
        self.truth = Truth(kind.metric, self.rows, self.queries)
        self.selves = self.rows[numpy.unique(numpy.concatenate(
            [usable[[0, -1]], rng.choice(
                usable, min(SELF_LOOKUPS, len(usable)) - 2, False)]))]
        self.self_truth = Truth(kind.metric, self.rows, self.selves)
        self.step = max(1, n // 10)

    def noisy(self, rng, rows):
        wide = self.rows.astype(float)
        made = []
        for row in rows.astype(float):
            near = numpy.linalg.norm(wide - row, axis=1)
            near = near[near > 0]
            near = near.min() if len(near) else numpy.linalg.norm(row) / 100
            row = row + .1 * near * zoo_data.directions(rng, 1, len(row))[0]
            if self.kind.metric != "l2" and self.kind.type == "vector":
                row *= 2 ** rng.uniform(-3, 3)
            made.append(row)
        return numpy.array(made).astype(rows.dtype)

    def order(self, load):
        if load == "bad":
            return numpy.argsort(self.key, kind="stable")
        return numpy.arange(self.n)


class Side:
    """kg or pgvector on one case and way of loading."""

    def __init__(self, session, case, name):
        self.session, self.case = session, case
        self.name = name
        self.schema = "kg" if name == "kg" else "public"
        self.ef = "kg.ef_search" if name == "kg" else "hnsw.ef_search"
        kind = case.kind
        self.operator = f"OPERATOR({self.schema}.{OPERATORS[kind.metric]})"
        self.table = f"zoo.{name}_rows"
        self.values = [binary(query) for query in case.queries]

    def create_index(self):
        kind = self.case.kind
        method = "kg_hnsw" if self.name == "kg" else "hnsw"
        options = kind.options if self.name == "kg" \
            else "m = 16, ef_construction = 64"
        self.session.sql(
            f"CREATE INDEX {self.name}_index ON {self.table} USING {method} "
            f"(v {self.schema}.{kind.type}_{kind.metric}_ops) "
            + (f"WITH ({options})" if options else ""))

    def load(self, load):
        kind, session = self.case.kind, self.session
        session.sql(f"DROP TABLE IF EXISTS {self.table}",
                    f"CREATE TABLE {self.table} (id int, v {self.schema}."
                    f"{kind.type}({kind.dim}))")
        order = self.case.order(load)
        cut = {"after": self.case.n,
               "half": int(self.case.n * kind.half)}.get(load, 0)
        before = session.cpu()
        self.copy(order[:cut])
        self.create_index()
        self.copy(order[cut:])
        spent = session.cpu() - before
        session.sql(f"VACUUM ANALYZE {self.table}")
        return spent

    def copy(self, ids):
        if len(ids):
            self.session.copy(f"COPY {self.table} FROM STDIN (FORMAT binary)",
                              copy_rows(ids, self.case.rows))

    def pages(self):
        return int(self.session.sql(
            f"SELECT pg_relation_size('zoo.{self.name}_index') / 8192")[0][0])

    def nearest(self, limit, where=""):
        distance = f"v {self.operator} $1::{self.schema}." \
            f"{self.case.kind.type}"
        limit = f"LIMIT {limit}" if limit else ""
        return f"SELECT id, {distance} FROM {self.table} {where} " \
            f"ORDER BY {distance} {limit}"

    def prepare(self, statement):
        self.session.prepare("q", statement)
        self.session.sql("SET plan_cache_mode = force_generic_plan")

    def set_ef(self, ef):
        if ef is None:
            self.session.sql(f"RESET {self.ef}")
        else:
            self.session.sql(f"SET {self.ef} = {ef}")

    def answers(self, rounds=1, values=None):
        """Of all queries; CPU us a query, of the cheapest round."""
        values = values or self.values
        cheapest = numpy.inf
        for _ in range(rounds):
            before = self.session.cpu()
            found = [self.session.run("q", value) for value in values]
            spent = self.session.cpu() - before
            cheapest = min(cheapest, spent / len(values) * 1e6)
            if spent > 2:
                break
        return found, cheapest

    def recall(self, found, k):
        truth = self.case.truth
        got = [truth.found(i, ids, k) for i, (ids, _) in enumerate(found)]
        want = [truth.wanted(i, k) for i in range(len(found))]
        low = sum(g * 2 <= w for g, w in zip(got, want))
        return sum(got) / sum(want), low

    def ladder(self, rungs):
        """{ef: (recall@10, low, CPU)}, and results out of order"""
        self.prepare(self.nearest(10))
        self.session.run("q", self.values[0])
        result, disorder = {}, 0
        for ef in rungs:
            self.set_ef(ef)
            found, cpu = self.answers(rounds=2)
            result[ef] = (*self.recall(found, 10), cpu)
            if ef == KG_DEFAULT:
                disorder = sum(map(out_of_order, found))
        return result, disorder

    def recall_at(self, k, ef):
        self.prepare(self.nearest(k))
        self.set_ef(ef)
        return self.recall(self.answers()[0], k)[0]

    def self_missed(self, ef):
        self.prepare(self.nearest(1))
        self.set_ef(ef)
        found, _ = self.answers(
            values=[binary(row) for row in self.case.selves])
        return sum(self.case.self_truth.found(i, ids, 1) == 0
                   for i, (ids, _) in enumerate(found))

    def ball(self):
        """Recall, and rows that should not be there."""
        kind, truth = self.case.kind, self.case.truth
        self.prepare(
            f"SELECT id FROM {self.table} WHERE v OPERATOR(kg."
            f"{BALLS[kind.metric]}) kg.ball($1::kg.{kind.type}, $2::float8)")
        self.set_ef(None)
        got = want = wrong = 0
        for i, value in enumerate(self.values):
            radius = truth.bound(i, 20)
            inside = truth.ranked[i, min(20, truth.wanted(i, 100)) - 1]
            ids, _ = self.session.run("q", value, struct.pack(">d", radius))
            distances = truth.distances[i, list(set(ids))]
            want += int((truth.distances[i] <= inside).sum())
            got += int((distances <= inside).sum())
            wrong += int((distances > radius
                          + truth.tolerance(i, radius)).sum())
            wrong += len(ids) - len(distances)
        return got / want, wrong

    def filtered(self):
        """Results out of order, and rows missing, where ten rows pass."""
        step = self.case.step
        self.session.sql(
            "CREATE OR REPLACE FUNCTION zoo.rare(i int) RETURNS bool "
            "LANGUAGE plpgsql COST 1 AS "
            f"$$BEGIN RETURN i % {step} = {step // 2}; END$$")
        self.prepare(self.nearest(10, "WHERE zoo.rare(id)"))
        self.set_ef(None)
        there = int(self.session.sql(
            f"SELECT count(*) FROM {self.table} WHERE zoo.rare(id)")[0][0])
        found, _ = self.answers(values=self.values[::4])
        return sum(map(out_of_order, found)), \
            sum(min(10, there) - len(set(ids)) for ids, _ in found)

    def missing(self):
        self.prepare(self.nearest(None))
        self.set_ef(None)
        total = 0
        for value in self.values[::len(self.values) // 3]:
            ids, _ = self.session.run("q", value)
            total += self.case.n - len(set(ids)) + len(ids) - len(set(ids))
        return total

    def by_index(self):
        self.session.sql("DEALLOCATE ALL")
        vector = "[" + ",".join(["1"] * self.case.kind.dim) + "]"
        plan = self.session.sql("EXPLAIN " + self.nearest(10).replace(
            "$1", f"'{vector}'"))
        if not any("Index Scan using" in line for line, in plan):
            raise ServerError("the index is not used")


def out_of_order(answer):
    distances = numpy.array(answer[1])
    return bool((distances[1:] < distances[:-1]).any())


def measure_kg(session, case, load):
    side = Side(session, case, "kg")
    row = {"load_cpu": side.load(load), "pages": side.pages()}
    side.by_index()
    ladder, row["order"] = side.ladder(KG_LADDER)
    for ef, (recall, low, cpu) in ladder.items():
        row[f"r10_{ef}"], row[f"cpu_{ef}"] = recall, cpu
    row["r10"], row["low"], _ = ladder[KG_DEFAULT]
    recalls = [ladder[ef][0] for ef in KG_LADDER]
    row["fall"] = max(numpy.maximum.accumulate(recalls) - recalls)
    row["r1"] = side.recall_at(1, None)
    row["r100"] = side.recall_at(100, None)
    row["self"] = side.self_missed(None)
    row["ball"], row["ball_wrong"] = side.ball()
    row["filter_order"], row["filter_short"] = side.filtered()
    row["missing"] = side.missing()
    return row


def measure_pgvector(session, case, load):
    side = Side(session, case, "pgvector")
    row = {"p_load_cpu": side.load(load), "p_pages": side.pages()}
    side.by_index()
    ladder, _ = side.ladder(PGVECTOR_LADDER)
    for ef, (recall, low, cpu) in ladder.items():
        row[f"p_r10_{ef}"], row[f"p_cpu_{ef}"] = recall, cpu
    row["p_low"] = ladder[40][1]
    row["p_r1"] = side.recall_at(1, 40)
    row["p_r100"] = side.recall_at(100, 120)
    row["p_self"] = side.self_missed(40)
    return row


class Known:
    """pgvector's figures, so that they are measured once."""

    def __init__(self, quick, earlier):
        self.quick = quick
        self.rows = {}
        for row in earlier:
            self.add(row["kind"], row["load"], int(row["n"]), row)

    def key(self, kind, load, n):
        return kind, "bad" if load == "bad" and not self.quick else "after", n

    def add(self, kind, load, n, row):
        """row: of text, or measured"""
        self.rows.setdefault(self.key(kind, load, n), {
            name: float(value) for name, value in row.items()
            if name.startswith("p_") and value != ""})

    def get(self, kind, load, n):
        return self.rows.get(self.key(kind, load, n))


def one(pq, case, load, known):
    """known: None to do without pgvector"""
    kind = case.kind
    row = {"kind": kind.name, "load": load, "n": case.n, "dim": kind.dim,
           "metric": kind.metric, "type": kind.type, "options": kind.options}
    session = connect(pq)
    try:
        if known is not None:
            beside = known.get(kind.name, load, case.n)
            if not beside:
                beside = measure_pgvector(session, case, load)
                known.add(kind.name, load, case.n, beside)
            row.update(beside)
        row.update(measure_kg(session, case, load))
        judge(row)
    except ServerError as error:
        row["faults"] = f"error: {error}"
    finally:
        session.close()
    return row


def connect(pq):
    session = Session(pq)
    session.sql("SET client_min_messages = error",
                "SET statement_timeout = '120s'",
                "SET max_parallel_workers_per_gather = 0",
                "SET max_parallel_maintenance_workers = 0", "SET jit = off",
                "SET enable_seqscan = off", "SET enable_sort = off",
                "SET search_path = zoo, public")
    return session


def wait_for_server(pq):
    """A crash takes the server away for a while."""
    for _ in range(60):
        try:
            connect(pq).close()
            return
        except ServerError:
            time.sleep(1)
    sys.exit("the server is gone")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kinds", default="")
    parser.add_argument("--loads", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, default=sys.maxsize)
    parser.add_argument("--no-pgvector", action="store_true")
    parser.add_argument("--pgvector-from")
    parser.add_argument("--out")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--table")
    args = parser.parse_args()
    if args.table:
        return table(args.table)
    patterns = args.kinds.split(",")
    kinds = [kind for kind in zoo_data.KINDS
             if any(re.search(p, kind.name) for p in patterns)]
    loads = args.loads.split(",") if args.loads \
        else LOADS[:3] if args.quick else LOADS
    if set(loads) - set(LOADS):
        parser.error(f"--loads: {', '.join(sorted(set(loads) - set(LOADS)))}")
    if args.list:
        for kind in kinds:
            print(kind.name, kind.n, kind.dim, kind.metric, kind.type,
                  kind.options)
        return None
    earlier = read(args.pgvector_from) if args.pgvector_from else []
    known = None if args.no_pgvector else Known(args.quick, earlier)
    pq = Libpq()
    session = connect(pq)
    session.sql("CREATE SCHEMA IF NOT EXISTS zoo",
                "CREATE EXTENSION IF NOT EXISTS kg",
                *([] if args.no_pgvector else
                  ["CREATE EXTENSION IF NOT EXISTS vector SCHEMA public"]))
    session.close()
    rows = []
    for kind in kinds:
        if kind.name.startswith("sift") and \
                not os.path.exists(zoo_data.PHOTOSIFT):
            print(f"{kind.name:<25}left out: no {zoo_data.PHOTOSIFT}")
            continue
        case = Case(kind, args.quick, args.rows)
        for load in loads:
            row = one(pq, case, load, known)
            rows.append(row)
            show(row)
            if args.out:
                write(args.out, rows)
            if row["faults"].startswith("error"):
                wait_for_server(pq)
    summary(rows)
    if earlier:
        compare(rows, earlier)


main()
