#!/usr/bin/python3
"""The ten nearest of the rows that pass a filter: kg_hnsw with filter columns,
and what else one may do.

    bench/filter.py DATA [--sets sift1m,wordnet] [--sides SIDE,...]
        [--filters PATTERN] [--selectivities 10,1,...] [--queries 300]
        [--rounds 2] [--seconds 8] [--quick] [--out FILE.tsv] ...
    bench/filter.py --table FILE.tsv...

DATA is the folder of bench/data/make.sh's sets.  Connects as libpq's
environment says, to a server of this machine where the extensions kg and
vector (pgvector) can be created; makes what is missing in a database for each
set (bench/filter_load.py).  Filters, asked for with a value that depends on
the query (bench/filter_data.py):

    none            no filter
    random_P        hash of the id: P per cent of the rows; 4: two columns
    near_P, far_P   by cluster: the query's own, one far from the query
    mixed_P         by cluster of 92% of the rows, any of the others, 2: and a
                    random column; the query may be far from all that pass
    pos_own ...     WordNet's part of speech and lexicographer's file: the
                    query's, another (of a row drawn at random)
    tenant_rows     10,000 tenants of Zipf's sizes: a row's tenant
    tenant_any      any tenant
    tenant_noN      the N-th largest one

Sides:

    kg              kg_hnsw (e, filter columns), no other index in sight
    kg-auto         the same and b-trees: the planner chooses
    plain           kg_hnsw (e)
    alone           tenant_noN without filter, kg_hnsw (e) on a table of that
                    tenant's rows
    pgvector        hnsw, iterative_scan = relaxed_order, ef_search 40
    pgvector-95     the same, the least ef_search with recall .95, or the best
    pgvector-all    the same without limits on tuples and memory, if
                    pgvector-95 does not reach that recall
    btree           b-trees on the filter columns, or what the planner prefers
                    without an index on e

An index that a side may not use is marked invalid in a transaction that is
rolled back, so no one else sees it.  All but kg-auto and btree run with
enable_seqscan and enable_sort off.  Queries are prepared statements with
parameters in binary form, and plan_cache_mode is what it is for everybody.
The sides take turns, --rounds times; one turn ends after --seconds.

--index COLUMN,COLUMN names filter columns of one index of the side kg (may be
given several times); a filter takes the first index that has its columns.
--set "NAME = VALUE" is set for kg, kg-auto, plain and alone.  Columns of FILE:

    percent         of the rows pass, mean
    queries         that were asked, drawn at random from the set's
    recall          of ten, or of all that pass if they are fewer; rows as near
                    as the last true one count
    rows, possible  returned, and of ten that pass, mean
    short, wrong    queries with fewer rows than possible; rows that do not
                    pass or came twice
    cpu, cpu99      us of the backend, mean of the cheapest round; 99th
                    percentile over queries of the cheapest of rounds
    wall, p50, p99  us at the client, of each query's fastest round
    index, heap     blocks accessed, of indexes and of the table, a query
    plan            the last one, "generic" or "custom"
    literal         whether a query with literals has that plan and these rows

--out replaces what FILE has of the same set, filter and side, and so keeps
what others measured.  "CREATE INDEX" in place of a filter: cpu is in us, index
its pages.
"""
import argparse
import os
import re
import sys
import time

import numpy

from filter_data import CLUSTERED, K, RANDOM, DataSet
from filter_load import SCHEMAS, Indexes, binary, connect, load
from filter_report import SIDES, read, show, table, write
from libpq import Libpq, ServerError

# name: stem, metric
SETS = {"sift1m": ("sift1m", "l2"), "wordnet": ("wordnet", "cosine"),
        "photosift": ("photosift-100k", "l2"),
        "text768": ("text768", "cosine"),
        "text1536": ("text1536", "cosine")}
OPERATORS = {"l2": "<->", "cosine": "<=>"}
INDEXES = ("r100", "r1000", "r10000", "r5,r5b,r2,r10", "c100,c10", "c1000",
           "tenant_id", "pos,lex")
EF_LADDER = (40, 60, 80, 120, 200, 400, 1000)
RECALL = .95
WARM = 6
# us a query that is asked in one turn only
SLOW = 1e6
# and for which few values of ef_search are tried
LONG = 2e4
FEW_RUNGS = (200, 1000)
LITERALS = 10


class Side:
    """One way to answer, for one filter."""

    def __init__(self, name, bench, chosen):
        self.name, self.chosen = name, chosen
        self.extension = "pgvector" if name.startswith("pgvector") else "kg"
        self.table = f"{self.extension}_base"
        self.columns = chosen.columns
        self.settings = ["jit = off"]
        self.ef = None
        self.hidden = self.visible(bench)
        if name not in ("kg-auto", "btree"):
            self.settings += ["enable_seqscan = off", "enable_sort = off"]
        if self.extension == "pgvector":
            self.settings.append("hnsw.iterative_scan = relaxed_order")
            self.ef = 40
        elif name != "btree":
            self.settings += bench.options.set
        if name == "pgvector-all":
            self.settings += ["hnsw.max_scan_tuples = 2147483647",
                              "hnsw.scan_mem_multiplier = 1000"]

    def visible(self, bench):
        """Has the index made, and returns a condition for the indexes that
        this side may not use."""
        name, columns = self.name, self.columns
        trees = [f"kg_base_{column}" for column in columns]
        if name == "btree":
            allowed = trees
        elif self.extension == "pgvector":
            allowed = [bench.indexes.pgvector()]
        elif name == "plain":
            allowed = [bench.indexes.kg()]
        elif name == "alone":
            rank = int(self.chosen.name[len("tenant_no"):])
            self.table = bench.indexes.alone(rank, self.chosen.values[0, 0])
            self.columns = ()
            allowed = [f"{self.table}_index"]
        else:
            allowed = [bench.indexes.kg(bench.index_columns(self.chosen))]
            if name == "kg-auto":
                allowed += trees
        allowed = ", ".join(f"'{name}'" for name in allowed) or "''"
        return f"indrelid = '{self.table}'::regclass AND NOT indisprimary " \
            f"AND indexrelid::regclass::text NOT IN ({allowed})"

    def statement(self, metric, literals=None):
        """literals: in place of parameters"""
        vector, *values = literals or [
            f"${i}" for i in range(1, len(self.columns) + 2)]
        where = " AND ".join(f"{column} = {value}::int" for column, value
                             in zip(self.columns, values))
        schema = SCHEMAS[self.extension]
        return f"SELECT id FROM {self.table} " \
            + (f"WHERE {where} " if where else "") \
            + f"ORDER BY e OPERATOR({schema}.{OPERATORS[metric]}) " \
            f"{vector}::{schema}.vector LIMIT {K}"


class Turn:
    """What one side's turn showed, by query."""

    def __init__(self, count):
        self.ids = []
        self.wall = numpy.full(count, numpy.nan)
        self.cpu = numpy.full(count, numpy.nan)
        self.blocks = (0, 0)
        self.plan = self.literal = ""

    @property
    def done(self):
        return len(self.ids)


class Bench:
    """One data set."""

    def __init__(self, pq, name, options):
        stem, metric = SETS[name]
        self.pq, self.name, self.options = pq, name, options
        self.metric = metric
        self.data = DataSet(os.path.join(options.data, stem), metric)
        # only what the sides need
        load(pq, name, self.data, ["kg", "pgvector"] if any(
            side.startswith("pgvector") for side in options.sides)
            else ["kg"])
        self.indexes = Indexes(pq, name, self.data, options)
        self.vectors = [binary(q) for q in self.data.queries]
        # a turn may end early: then its queries are a sample
        self.asked = numpy.random.default_rng(6).permutation(
            len(self.vectors))[:options.queries]
        self.count = len(self.asked)

    def index_columns(self, chosen):
        """Of the index of side kg."""
        for columns in self.options.index:
            columns = tuple(columns.split(","))
            if set(chosen.columns) <= set(columns) \
                    <= set(self.data.columns):
                return columns
        raise ServerError(f"no --index has {', '.join(chosen.columns)}")

    def applies(self, name, chosen):
        if name == "alone":
            return chosen.name.startswith("tenant_no")
        if name == "btree":
            return bool(chosen.columns)
        return True

    def arguments(self, side, i):
        return (self.vectors[i], *(
            int(value).to_bytes(4, "big", signed=True) for value
            in side.chosen.values[i][:len(side.columns)]))

    def literals(self, side, i):
        vector = ",".join(repr(float(x)) for x in self.data.queries[i])
        return [f"'[{vector}]'", *(
            str(v) for v in side.chosen.values[i][:len(side.columns)])]

    def turn(self, side, count, seconds, check=False):
        """Asks count queries, or what it has time for."""
        session = connect(self.pq, self.name)
        try:
            session.sql("SET statement_timeout = '300s'",
                        "BEGIN", "UPDATE pg_index SET indisvalid = false "
                        f"WHERE {side.hidden}",
                        *(f"SET LOCAL {s}" for s in side.settings))
            if side.ef:
                session.sql(f"SET LOCAL hnsw.ef_search = {side.ef}")
            session.prepare("q", side.statement(self.metric))
            return self.ask(session, side, count, seconds, check)
        finally:
            session.close()

    def ask(self, session, side, count, seconds, check):
        turn = Turn(count)
        end = time.perf_counter() + seconds
        # the plan is settled after five, and the catalogs are in memory
        for i in self.asked[:min(WARM, count)]:
            session.run("q", *self.arguments(side, i))
            if time.perf_counter() > end - seconds / 2:
                break
        before = self.blocks(session, side)
        for i in range(count):
            arguments = self.arguments(side, self.asked[i])
            cpu, start = session.cpu(), time.perf_counter()
            result = session.send("q", *arguments)
            turn.wall[i] = (time.perf_counter() - start) * 1e6
            turn.cpu[i] = (session.cpu() - cpu) * 1e6
            turn.ids.append(session.rows(result)[0])
            if time.perf_counter() > end and turn.done >= 5:
                break
        after = self.blocks(session, side)
        turn.blocks = [(a - b) / turn.done for a, b in zip(after, before)]
        turn.plan = plan_of(session.sql("EXPLAIN EXECUTE q (" + ", ".join(
            self.literals(side, self.asked[0])) + ")"))
        if check:
            turn.literal = self.check_literals(session, side, turn)
        return turn

    def blocks(self, session, side):
        """Of indexes, and of the table, since the session began."""
        return [int(number) for number in session.sql(f"""
            SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(indexrelid)),
                0), pg_stat_get_xact_blocks_fetched('{side.table}'::regclass)
                + coalesce((SELECT pg_stat_get_xact_blocks_fetched(
                    reltoastrelid) FROM pg_class WHERE oid =
                    '{side.table}'::regclass), 0)
            FROM pg_index WHERE indrelid = '{side.table}'::regclass""")[0]]

    def check_literals(self, session, side, turn):
        differ = 0
        count = min(LITERALS, turn.done)
        for i in range(count):
            statement = side.statement(
                self.metric, self.literals(side, self.asked[i]))
            if i == 0:
                plan = plan_of(session.sql(f"EXPLAIN {statement}"))
                same = plan.split(": ")[1] == turn.plan.split(": ")[1]
            ids = [int(row[0]) for row in session.sql(statement)]
            differ += set(ids) != set(turn.ids[i])
        if same and not differ:
            return "same"
        return ("" if same else plan.split(": ")[1]) \
            + (f" {differ} of {count} differ" if differ else "")

    def recall(self, chosen, turn):
        judged = numpy.array([self.data.judge(chosen.name, i, ids)
                              for i, ids in zip(self.asked, turn.ids)])
        found, wanted = judged[:, 0].sum(), judged[:, 1].sum()
        return (found / wanted if wanted else 1.), judged

    def choose_ef(self, side):
        """The least ef_search with recall .95, or the best; returns the
        recall."""
        best, rungs = (-1, 0), list(EF_LADDER)
        while rungs:
            side.ef = rungs.pop(0)
            turn = self.turn(side, self.count, self.options.seconds / 2)
            recall, _ = self.recall(side.chosen, turn)
            if recall > best[0] + .002:
                best = recall, side.ef
            if recall >= RECALL:
                break
            if numpy.nanmean(turn.wall) > LONG:
                rungs = [ef for ef in rungs if ef in FEW_RUNGS]
        side.ef = best[1]
        return best[0]

    def sides(self, chosen, names):
        """[(side, turns)] for a filter, and rows for what is not to be
        measured: errors, and {name: name of the side that is the same}"""
        sides, rows, same = [], [], {}
        best = 0
        for name in names:
            if not self.applies(name, chosen):
                continue
            # no limit stops what has recall enough
            if name == "pgvector-all" and best >= RECALL:
                same[name] = "pgvector-95"
                continue
            try:
                side = Side(name, self, chosen)
                if name in ("pgvector-95", "pgvector-all"):
                    best = self.choose_ef(side)
                if name == "pgvector-95" and side.ef == 40 \
                        and "pgvector" in names:
                    same[name] = "pgvector"
                else:
                    sides.append((side, []))
            except ServerError as error:
                rows.append(self.row(chosen, name, plan=f"error: {error}"))
        return sides, rows, same

    def measure(self, chosen, names):
        """Rows for one filter, the sides in turns."""
        sides, rows, same = self.sides(chosen, names)
        for number in range(self.options.rounds):
            for side, turns in sides:
                count = turns[0].done if turns else self.count
                if turns and numpy.nanmean(turns[0].wall) > SLOW:
                    continue
                try:
                    turns.append(self.turn(side, count, self.options.seconds,
                                           number == 0))
                except ServerError as error:
                    rows.append(self.row(chosen, side.name,
                                         plan=f"error: {error}"))
        for side, turns in sides:
            if turns:
                rows.append(self.summary(side, turns))
        for name, other in same.items():
            rows += [{**row, "side": name} for row in rows
                     if row["side"] == other]
        for name, (spent, pages, definition) in self.indexes.spent.items():
            rows.append(self.row(None, name, cpu=spent * 1e6, index=pages,
                                 plan=definition))
        self.indexes.spent = {}
        return rows

    def row(self, chosen, name, **values):
        return {"set": self.name, "side": name,
                "filter": chosen.name if chosen else "CREATE INDEX",
                "load": os.getloadavg()[0], **values}

    def summary(self, side, turns):
        first = turns[0]
        done = min(turn.done for turn in turns)
        recall, judged = self.recall(side.chosen, first)
        counts = self.data.truth[side.chosen.name][0][
            self.asked[:first.done]]
        wall = numpy.min([turn.wall[:done] for turn in turns], axis=0)
        cpu = numpy.min([turn.cpu[:done] for turn in turns], axis=0)
        return self.row(
            side.chosen, side.name,
            percent=100 * counts.mean() / len(self.data.rows),
            queries=first.done, recall=recall,
            rows=numpy.mean([len(ids) for ids in first.ids]),
            possible=judged[:, 1].mean(), short=int((judged[:, 2] > 0).sum()),
            wrong=int(judged[:, 3].sum()),
            cpu=min(turn.cpu[:done].mean() for turn in turns),
            cpu99=numpy.percentile(cpu, 99), wall=wall.mean(),
            p50=numpy.percentile(wall, 50), p99=numpy.percentile(wall, 99),
            index=turns[-1].blocks[0], heap=turns[-1].blocks[1],
            ef=side.ef or "", plan=turns[-1].plan, literal=first.literal)


def plan_of(lines):
    """Such as "generic: Sort, Bitmap Heap Scan, Bitmap Index Scan a"."""
    text = "\n".join(line for line, in lines)
    nodes = re.findall(r"^[ >-]*([A-Z][A-Za-z ]+?)(?: using (\S+))?"
                       r"(?: on (\S+))?(?: \S+)?  \(cost", text, re.M)
    names = [(node + " " + (using or (on if "Bitmap Index" in node else "")))
             .strip() for node, using, on in nodes if node != "Limit"]
    return ("generic" if re.search(r"\$\d", text) else "custom") + ": " \
        + ", ".join(names)


def wanted(chosen, options):
    if not re.search(options.filters, chosen.name):
        return False
    return not options.selectivities or chosen.percent is None \
        or chosen.percent in options.selectivities


def run(pq, name, options):
    bench = Bench(pq, name, options)
    if options.load_only:
        return
    for chosen in bench.data.filters.values():
        if wanted(chosen, options):
            rows = bench.measure(chosen, options.sides)
            for row in rows:
                show(row)
            if options.out:
                write(options.out, rows)
    if options.drop:
        bench.indexes.drop()


def options_of(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)

    def names(known):
        def parse(text):
            chosen = text.split(",")
            if set(chosen) - set(known):
                raise argparse.ArgumentTypeError("one of " + ",".join(known))
            return chosen
        return parse

    parser.add_argument("data", nargs="?")
    parser.add_argument("--sets", type=names(SETS),
                        default=["sift1m", "wordnet"])
    parser.add_argument("--sides", type=names(SIDES), default=list(SIDES))
    parser.add_argument("--filters", default="", metavar="PATTERN")
    parser.add_argument("--selectivities", metavar="PERCENT,...",
                        type=lambda text: set(map(float, text.split(","))))
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--quick", action="store_true",
                        help="100 queries, one round, 3 seconds")
    parser.add_argument("--index", action="append", metavar="COLUMN,...")
    parser.add_argument("--index-options", default="",
                        metavar="'WITH ...'")
    parser.add_argument("--keep-index", action="store_true",
                        help="though the library has changed")
    parser.add_argument("--drop", action="store_true",
                        help="kg's indexes at the end")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--load-only", action="store_true",
                        help="make the tables and nothing else")
    parser.add_argument("--out", metavar="FILE.tsv")
    parser.add_argument("--table", nargs="+", metavar="FILE.tsv")
    options = parser.parse_args(arguments)
    if not options.table and not options.data:
        parser.error("DATA is missing")
    options.index = options.index or list(INDEXES)
    if options.quick:
        options.queries, options.rounds, options.seconds = 100, 1, 3
    return options


def main():
    options = options_of(sys.argv[1:])
    if options.table:
        table([row for path in options.table for row in read(path)])
        return
    pq = Libpq()
    for name in options.sets:
        run(pq, name, options)


main()
