"""Filter columns, filters and exact answers of bench/filter.py.

Everything follows from the vectors and fixed seeds.  Columns and answers are
kept beside the data set, as STEM.filter.pickle.
"""
import hashlib
import os
import pickle

import numpy

K = 10
CENTRES = 1000
TENANTS = 10000
# tenants that are measured alone, by their place in the order of size
RANKS = (1, 10, 100, 1000)
MODULI = {"r2": 2, "r5": 5, "r5b": 5, "r10": 10, "r100": 100, "r1000": 1000,
          "r10000": 10000}
# per cent of the rows: columns that all equal a value
RANDOM = {50: ("r2",), 20: ("r5",), 10: ("r10",), 4: ("r5", "r5b"),
          1: ("r100",), .1: ("r1000",), .01: ("r10000",)}
# a cluster and, of this part of the rows, chance
STRAYS = .08
CLUSTERED = {10: "c10", 1: "c100", .1: "c1000"}


def records(path):
    words = numpy.memmap(path, numpy.int32, "r")
    return words.reshape(-1, words[0] + 1)[:, 1:]


def mixed(numbers, salt):
    """Pseudorandom 32-bit numbers (splitmix64)."""
    with numpy.errstate(over="ignore"):
        x = numbers.astype(numpy.uint64) + numpy.uint64(
            salt * 0x9E3779B97F4A7C15 & (1 << 64) - 1)
        x = (x ^ x >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ x >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    return (x ^ x >> numpy.uint64(31)) >> numpy.uint64(32)


def nearest_centre(rows, centres):
    norms = numpy.einsum("ij,ij->i", centres, centres)
    found = numpy.empty(len(rows), numpy.int32)
    for start in range(0, len(rows), 8192):
        part = rows[start:start + 8192]
        found[start:start + 8192] = numpy.argmin(
            norms - 2 * (part @ centres.T), axis=1)
    return found


def divide(centres, weights, members, parts):
    """Splits clusters into parts of neighbours with about equal weight, by
    halving along the principal axis."""
    if parts == 1:
        return [members]
    apart = centres[members] - numpy.average(
        centres[members], axis=0, weights=weights[members])
    scaled = apart * numpy.sqrt(weights[members])[:, None]
    axis = numpy.linalg.svd(scaled, full_matrices=False)[2][0]
    # an axis has no direction of its own
    axis *= numpy.sign(axis[numpy.argmax(abs(axis))])
    order = members[numpy.argsort(apart @ axis, kind="stable")]
    low = parts // 2
    share = numpy.cumsum(weights[order]) / weights[order].sum()
    cut = int(numpy.searchsorted(share, low / parts)) + 1
    cut = min(max(cut, low), len(order) - (parts - low))
    return divide(centres, weights, order[:cut], low) \
        + divide(centres, weights, order[cut:], parts - low)


def cluster_columns(rows):
    chosen = numpy.random.default_rng(2).choice(len(rows), CENTRES, False)
    centres = numpy.array(rows[numpy.sort(chosen)], float)
    cluster = nearest_centre(rows, centres.astype(numpy.float32))
    weights = numpy.bincount(cluster, minlength=CENTRES).astype(float)
    coarse = {"c1000": numpy.arange(CENTRES)}
    coarse["c10"] = numpy.empty(CENTRES, int)
    coarse["c100"] = numpy.empty(CENTRES, int)
    # centres of equal rows: one of them has none
    weights = numpy.maximum(weights, 1e-9)
    for i, tenth in enumerate(divide(
            centres, weights, numpy.arange(CENTRES), 10)):
        coarse["c10"][tenth] = i
        for j, part in enumerate(divide(centres, weights, tenth, 10)):
            coarse["c100"][part] = 10 * i + j
    return {name: group[cluster] for name, group in coarse.items()}


def tenant_column(count):
    """Sizes by Zipf; a tenant's number does not tell its size."""
    rng = numpy.random.default_rng(3)
    share = 1 / numpy.arange(1, TENANTS + 1)
    ranks = rng.choice(TENANTS, count, p=share / share.sum())
    return rng.permutation(TENANTS)[ranks]


class Filter:
    """columns[j] = values[i, j] for query i; sort: of the filter, such as
    random; percent: about how much of the table it passes, or None."""

    def __init__(self, name, sort, percent, columns, values):
        self.name, self.sort, self.percent = name, sort, percent
        self.columns = columns
        self.values = numpy.asarray(values, numpy.int32).reshape(
            -1, max(len(columns), 1))


class DataSet:
    def __init__(self, stem, metric):
        self.stem, self.metric = stem, metric
        self.rows = records(f"{stem}.base.fvecs").view(numpy.float32)
        self.queries = records(f"{stem}.query.fvecs").view(numpy.float32)
        self.dims = self.rows.shape[1]
        self.typed = os.path.exists(f"{stem}.base.types")
        self.columns, self.filters, self.truth = {}, {}, {}
        self.prepare()

    def prepare(self):
        cache = f"{self.stem}.filter.pickle"
        with open(__file__, "rb") as source:
            version = hashlib.md5(source.read()).hexdigest() \
                + f" {self.rows.shape} {self.queries.shape}"
        if os.path.exists(cache):
            with open(cache, "rb") as file:
                kept = pickle.load(file)
            if kept[0] == version:
                _, self.columns, filters, self.truth = kept
                self.filters = {f[0]: Filter(*f) for f in filters}
                return
        print(f"{self.stem}: columns and exact answers", flush=True)
        self.make_columns()
        self.make_filters()
        self.make_truth()
        filters = [tuple(vars(f).values()) for f in self.filters.values()]
        with open(cache, "wb") as file:
            pickle.dump((version, self.columns, filters, self.truth), file)

    def make_columns(self):
        ids = numpy.arange(len(self.rows))
        made = {name: mixed(ids, salt) % numpy.uint64(modulus)
                for salt, (name, modulus) in enumerate(MODULI.items(), 1)}
        made.update(cluster_columns(self.rows))
        made["m10"] = numpy.where(mixed(ids, 50) % numpy.uint64(1000) < 1000 * STRAYS,
                                  mixed(ids, 51) % numpy.uint64(10), made["c10"])
        made["tenant_id"] = tenant_column(len(self.rows))
        if self.typed:
            types = records(f"{self.stem}.base.types")
            made["pos"], made["lex"] = types[:, 0], types[:, 1]
        self.columns = {name: column.astype(numpy.int32)
                        for name, column in made.items()}

    def make_filters(self):
        number = numpy.arange(len(self.queries))
        made = [Filter("none", "none", None, (), numpy.zeros(len(number)))]
        for percent, columns in RANDOM.items():
            values = [mixed(number, 100 + j) % numpy.uint64(MODULI[column])
                      for j, column in enumerate(columns)]
            made.append(Filter(f"random_{percent}", "random", percent,
                               columns, numpy.transpose(values)))
        values = [mixed(number, 300 + j) % numpy.uint64(n) for j, n in enumerate((10, 5))]
        made += [Filter("mixed_10", "mixed", 10, ("m10",), values[0]),
                 Filter("mixed_2", "mixed", 2, ("m10", "r5"), numpy.transpose(values))]
        made += self.clustered()
        if self.typed:
            made += self.by_type()
        made += self.tenants()
        self.filters = {f.name: f for f in made}

    def clustered(self):
        """Near: the value of the rows around the query.  Far: one whose rows'
        mean is in the farthest quarter."""
        near, far = [], []
        number = numpy.arange(len(self.queries))
        for percent, column in CLUSTERED.items():
            own = self.columns[column]
            counts = numpy.bincount(own)
            means = numpy.stack([numpy.bincount(
                own, self.rows[:, j], len(counts)) for j in range(self.dims)],
                axis=1) / numpy.maximum(counts, 1)[:, None]
            means[counts == 0] = numpy.inf
            apart = numpy.array([((means - q) ** 2).sum(axis=1)
                                 for q in self.queries.astype(float)])
            nearest = own[self.nearest_rows()]
            order = numpy.argsort(apart, axis=1, kind="stable")
            there = (counts > 0).sum()
            quarter = max(1, there // 4)
            choice = there - 1 - (mixed(number, 200) %
                                  numpy.uint64(quarter)).astype(int)
            near.append(Filter(f"near_{percent}", "near", percent, (column,),
                               nearest))
            far.append(Filter(f"far_{percent}", "far", percent, (column,),
                              order[number, choice]))
        return near + far

    def nearest_rows(self):
        return records(f"{self.stem}.gt.ivecs")[:, 0]

    def by_type(self):
        """The type of the query, and one of another row, drawn by rows."""
        made = []
        own = records(f"{self.stem}.query.types")
        rng = numpy.random.default_rng(4)
        for j, column in enumerate(("pos", "lex")):
            there = self.columns[column]
            other = numpy.array([rng.choice(there[there != value])
                                 for value in own[:, j]])
            made.append(Filter(f"{column}_own", "type", None, (column,),
                               own[:, j]))
            made.append(Filter(f"{column}_other", "type", None, (column,),
                               other))
        return made

    def tenants(self):
        rng = numpy.random.default_rng(5)
        column = self.columns["tenant_id"]
        count = len(self.queries)
        sizes = numpy.bincount(column)
        made = [("rows", rng.choice(column, count)),
                ("any", rng.choice(numpy.flatnonzero(sizes), count))]
        by_size = numpy.argsort(-sizes, kind="stable")
        made += [(f"no{rank}", numpy.full(count, by_size[rank - 1]))
                 for rank in RANKS]
        return [Filter(f"tenant_{name}", "tenant", None, ("tenant_id",), v)
                for name, v in made]

    def passing(self, chosen, i, lists):
        """Ids of the rows that pass for query i; None for all."""
        found = None
        for column, value in zip(chosen.columns, chosen.values[i]):
            if found is not None:
                found = found[self.columns[column][found] == value]
                continue
            order, starts = lists[column]
            found = order[starts[value]:starts[value + 1]] \
                if value + 1 < len(starts) else order[:0]
        return found

    def make_truth(self):
        """How many rows pass for each query, and the squared distance of the
        K-th nearest of them, or of the last if there are fewer."""
        lists = {}
        for name, column in self.columns.items():
            starts = numpy.concatenate([[0], numpy.cumsum(
                numpy.bincount(column))])
            lists[name] = numpy.argsort(column, kind="stable"), starts
        norms = numpy.einsum("ij,ij->i", self.rows, self.rows)
        count = len(self.queries)
        self.truth = {name: (numpy.zeros(count, int), numpy.zeros(count))
                      for name in self.filters}
        for start in range(0, count, 20):
            tile = norms - 2 * (self.queries[start:start + 20] @ self.rows.T)
            for i, distances in enumerate(tile, start):
                for name, chosen in self.filters.items():
                    ids = self.passing(chosen, i, lists)
                    counts, bounds = self.truth[name]
                    counts[i] = len(self.rows) if ids is None else len(ids)
                    bounds[i] = self.bound(i, distances, ids)

    def bound(self, i, distances, ids):
        # candidates in float4, the choice among them in float8
        there = distances if ids is None else distances[ids]
        if len(there) > 2 * K:
            near = numpy.argpartition(there, 2 * K)[:2 * K]
            ids = near if ids is None else ids[near]
        if not len(ids):
            return -1
        return numpy.sort(self.squares(i, ids))[:K][-1]

    def squares(self, i, ids):
        difference = self.rows[ids].astype(float) \
            - self.queries[i].astype(float)
        return (difference ** 2).sum(axis=1)

    def judge(self, name, i, ids):
        """Of an answer: true neighbours, rows missing, rows that do not pass
        or came twice."""
        chosen = self.filters[name]
        counts, bounds = self.truth[name]
        wanted = min(K, counts[i])
        distinct = numpy.unique(ids).astype(int)
        good = numpy.ones(len(distinct), bool)
        for column, value in zip(chosen.columns, chosen.values[i]):
            good &= self.columns[column][distinct] == value
        good = distinct[good]
        # the operators compute in float4
        near = self.squares(i, good) <= bounds[i] * (1 + 1e-6) + 1e-9
        return min(int(near.sum()), wanted), wanted, wanted - len(good), \
            len(ids) - len(good)
