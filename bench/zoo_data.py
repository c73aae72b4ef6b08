"""The kinds of data of bench/zoo.py.

A kind is a function (rng, n, dim) that returns n vectors in the order in which
its rows come by nature, or a pair of them and of what to sort by for an order
that is bad for an index that grows with them (by cluster, along a curve).
Without the latter that order is along the principal axis; by inner product, by
rising length.  A row of NaN is a NULL.

Whoever makes the data asks for some rows more than the table shall have: those
are held back as queries, and are taken from anywhere but the first 64 rows.
"""
import lzma
import zlib

import numpy

KINDS = []

# beside this tree
PHOTOSIFT = "../shared/data/photosift-100k.base.fvecs.xz"


class Kind:
    def __init__(self, name, make, n, dim, metric="l2", type="vector",
                 options="", half=.5):
        self.name = name
        self.make = make
        self.n = n
        self.dim = dim
        self.metric = metric
        self.type = type
        self.options = options      # of kg's index
        self.half = half            # of the rows, when loaded half and half

    def rows(self, n):
        """n vectors, and what to sort by for the bad order."""
        rng = numpy.random.default_rng(zlib.crc32(self.name.encode()))
        made = self.make(rng, n, self.dim)
        rows, key = made if isinstance(made, tuple) else (made, None)
        rows = rows.astype(numpy.float16 if self.type == "halfvec"
                           else numpy.float32)
        assert rows.shape == (n, self.dim), (self.name, rows.shape)
        if key is None:
            wide = numpy.nan_to_num(rows.astype(float))
            key = (wide ** 2).sum(1) if self.metric == "ip" \
                else principal(wide)
        return rows, key


def kind(name, n, dim, **more):
    def keep(make):
        KINDS.append(Kind(name, make, n, dim, **more))
        return make
    return keep


def also(name, make, n, dim, **more):
    """The same data by another metric, type or option."""
    KINDS.append(Kind(name, make, n, dim, **more))


def principal(rows):
    centred = rows - rows.mean(0)
    scale = abs(centred).max() or 1
    centred = centred / scale
    axis = numpy.ones(rows.shape[1])
    for _ in range(5):
        axis = centred.T @ (centred @ axis)
        axis /= numpy.linalg.norm(axis) or 1
    return centred @ axis


def directions(rng, n, dim):
    rows = rng.standard_normal((n, dim))
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def clusters(rng, n, dim, count, noise, centres=None):
    """Uniform noise around centres, the clusters mixed."""
    if centres is None:
        centres = rng.standard_normal((count, dim))
    label = rng.integers(0, len(centres), n)
    return centres[label] + rng.uniform(-noise, noise, (n, dim)), label


# Inner product, lengths unequal

def lengths(draw):
    return lambda rng, n, dim: directions(rng, n, dim) * draw(rng, n)[:, None]


also("ip-lognormal-.5", lengths(lambda rng, n: rng.lognormal(0, .5, n)),
     8000, 32, metric="ip")
also("ip-lognormal-1", lengths(lambda rng, n: rng.lognormal(0, 1, n)),
     8000, 32, metric="ip")
also("ip-lognormal-1-long", lengths(lambda rng, n: rng.lognormal(0, 1, n)),
     30000, 64, metric="ip")
also("ip-lognormal-2", lengths(lambda rng, n: rng.lognormal(0, 2, n)),
     8000, 48, metric="ip")
also("ip-zipf", lengths(lambda rng, n: 100 / rng.permutation(
    numpy.arange(1, n + 1)) ** .7), 10000, 64, metric="ip")
also("ip-equal", lengths(lambda rng, n: numpy.full(n, 3.)),
     10000, 64, metric="ip")
also("ip-halfvec", lengths(lambda rng, n: rng.lognormal(0, .7, n)),
     8000, 64, metric="ip", type="halfvec")
also("ip-sq8", lengths(lambda rng, n: rng.lognormal(0, .7, n)),
     8000, 64, metric="ip", options="storage = sq8")


@kind("ip-rising", 10000, 12, metric="ip")
def _(rng, n, dim):
    return directions(rng, n, dim) * numpy.linspace(1, 4, n)[:, None]


@kind("ip-grid-tiny-first", 1001, 3, metric="ip")
def _(rng, n, dim):
    i = numpy.arange(n)
    rows = numpy.stack([i % 10 + 1, i // 10 % 10 + 1, i // 100 + 1], 1)
    rows = rows.astype(float)
    rows[0] = .01
    return rows


def products(rng, n, dim):
    """What pgvector's TAP tests of recall insert."""
    return rng.random((n, dim)) * rng.random((n, dim))


also("ip-products", products, 10000, 3, metric="ip")


@kind("ip-negative", 8000, 32, metric="ip")
def _(rng, n, dim):
    """Half the rows opposite to the other half: most products below zero."""
    sign = numpy.where(numpy.arange(n) % 2, 1, -1)[:, None]
    return sign * (2 + rng.standard_normal((n, dim)) * .5) \
        * rng.lognormal(0, .4, n)[:, None]


@kind("ip-factors", 10000, 32, metric="ip")
def _(rng, n, dim):
    """Items of a recommender: popular ones are longer, and few directions."""
    taste = rng.standard_normal((20, dim))
    mix = rng.gamma(.3, 1, (n, 20))
    rows = mix @ taste + .3 * rng.standard_normal((n, dim))
    return rows * rng.pareto(2.5, n)[:, None]


# Near duplicates, clusters

def near(noise, dim=32, count=4):
    return lambda rng, n, d: clusters(rng, n, dim, count, noise)


for _e in (".01", ".003", ".001", ".0001", "1e-5"):
    also(f"near-4-{_e}", near(float(_e)), 10000, 32)
for _storage in ("f32", "f16", "sq8", "sq4", "sq2"):
    also(f"near-4-.003-{_storage}", near(.003), 10000, 32,
         options=f"storage = {_storage}")
also("near-4-.003-halfvec", near(.003), 10000, 32, type="halfvec")
also("near-5-1e-4", near(1e-4, 64, 5), 20000, 64)
also("near-1-1e-3", near(1e-3, 16, 1), 8000, 16)
also("near-100-.003", near(.003, 32, 100), 10000, 32)
also("near-1000-.01", near(.01, 48, 1000), 20000, 48)
also("near-1e-6", near(1e-6, 24, 6), 8000, 24)


def templates(noise, count=20):
    return lambda rng, n, dim: clusters(
        rng, n, dim, count, noise, directions(rng, count, dim))


also("cosine-templates", templates(.003), 10000, 64, metric="cosine")
also("cosine-templates-.0003", templates(.0003), 10000, 64, metric="cosine")
also("cosine-templates-lengths",
     lambda rng, n, dim: (lambda rows, label: (
         rows * rng.lognormal(0, 1.5, n)[:, None], label))(
             *templates(.01)(rng, n, dim)), 8000, 64, metric="cosine")


def photosift(count):
    with lzma.open(PHOTOSIFT) as file:
        data = file.read(count * 129 * 4)
    return numpy.frombuffer(data, numpy.int32).reshape(-1, 129)[:, 1:] \
        .copy().view(numpy.float32).astype(float)


@kind("sift-copies", 10000, 128)
def _(rng, n, dim):
    """SIFT descriptors copied, with integer noise."""
    base = photosift(20000)[rng.choice(20000, 10, False)]
    label = rng.integers(0, 10, n)
    return numpy.clip(base[label] + rng.integers(-2, 3, (n, dim)),
                      0, 255), label


@kind("sift", 20000, 128)
def _(rng, n, dim):
    return photosift(n)


also("clusters-10-wide", near(.7, 64, 10), 10000, 64)
also("clusters-200", lambda rng, n, dim: clusters(rng, n, dim, 200, .3),
     20000, 64)
also("clusters-10000", lambda rng, n, dim: clusters(rng, n, dim, 10000, .1),
     20000, 32)


@kind("clusters-in-turn", 30000, 64)
def _(rng, n, dim):
    """200 clusters, one inserted after another."""
    rows, label = clusters(rng, n, dim, 200, .5)
    order = numpy.argsort(label, kind="stable")
    return rows[order], label[order]


@kind("clusters-in-turn-cosine", 12000, 48, metric="cosine")
def _(rng, n, dim):
    rows, label = clusters(rng, n, dim, 60, .2)
    order = numpy.argsort(label, kind="stable")
    return rows[order], label[order]


@kind("clusters-of-clusters", 20000, 32)
def _(rng, n, dim):
    level = rng.standard_normal((5, dim))
    for count, width in ((6, .3), (8, .03), (8, .003)):
        level = numpy.repeat(level, count, 0)
        level = level + width * rng.standard_normal(level.shape)
    label = rng.integers(0, len(level), n)
    return level[label] + 3e-4 * rng.standard_normal((n, dim)), label


@kind("clusters-uneven", 12000, 32)
def _(rng, n, dim):
    """Clusters whose sizes and widths are far apart."""
    label = numpy.minimum(rng.zipf(1.3, n), 200) - 1
    width = 10 ** rng.uniform(-4, 0, 200)
    return rng.standard_normal((200, dim))[label] \
        + width[label, None] * rng.standard_normal((n, dim)), label


# Duplicates

@kind("duplicates-10", 12000, 32)
def _(rng, n, dim):
    """10 vectors 1,000 times each among others of their own."""
    rows = rng.standard_normal((n, dim))
    shared = rng.random(n) < 10 / 12
    rows[shared] = rows[:10][rng.integers(0, 10, shared.sum())]
    return rows


@kind("all-equal", 4000, 16)
def _(rng, n, dim):
    return numpy.tile(rng.standard_normal(dim), (n, 1))


@kind("integers-few", 10000, 4)
def _(rng, n, dim):
    return rng.integers(0, 8, (n, dim)).astype(float)


# The index before the data; data that moves on

@kind("geo", 10000, 2)
def _(rng, n, dim):
    return [48.85, 2.35] + rng.uniform(-.05, .05, (n, dim))


def box(start, width=1.):
    return lambda rng, n, dim: rng.uniform(start, start + width, (n, dim))


also("box-30", box(30), 10000, 8)
also("box-100", box(100), 10000, 8)
also("box-300", box(299, 2), 10000, 10)
also("box-100-cosine", box(100), 8000, 8, metric="cosine")


def first(scale):
    def make(rng, n, dim):
        rows = rng.standard_normal((n, dim))
        rows[0] *= scale
        return rows
    return make


also("first-1e-3", first(1e-3), 8000, 32)
also("first-1e-4", first(1e-4), 8000, 32)
also("first-1e4", first(1e4), 8000, 32)
also("first-zero", first(0), 8000, 32)


def moved(share, near_scale, far_scale, offset):
    """The first share of the rows of one scale, the rest of another."""
    def make(rng, n, dim):
        rows = rng.standard_normal((n, dim))
        cut = int(n * share)
        rows[:cut] *= near_scale
        rows[cut:] = rows[cut:] * far_scale + offset
        return rows
    return make


also("moved-by-100", moved(.25, 1, 1, 100), 16000, 16, half=.25)
also("scale-1e-3-then-1e3", moved(.25, 1e-3, 1e3, 0), 20000, 32, half=.25)
also("scale-1e3-then-1e-3", moved(.5, 1e3, 1e-3, 0), 8000, 32)


@kind("drift", 12000, 32)
def _(rng, n, dim):
    return rng.standard_normal((n, dim)) \
        + numpy.linspace(0, 60, n)[:, None] * directions(rng, 1, dim)


@kind("drift-cosine", 12000, 64, metric="cosine")
def _(rng, n, dim):
    t = numpy.linspace(0, 3, n)[:, None]
    a, b = directions(rng, 2, dim)
    return (a * numpy.cos(t) + b * numpy.sin(t)) * 4 \
        + rng.standard_normal((n, dim)) * .4


# In order, of few dimensions

@kind("line-1d", 10000, 1)
def _(rng, n, dim):
    return numpy.arange(1, n + 1)[:, None] / 10000


@kind("line-64d", 10000, 64)
def _(rng, n, dim):
    return numpy.arange(n)[:, None] / n * directions(rng, 1, dim) * 10


@kind("grid-2d", 10000, 2)
def _(rng, n, dim):
    side = int(numpy.ceil(n ** .5))
    i = numpy.arange(n)
    return numpy.stack([i // side, i % side], 1).astype(float)


@kind("spiral-3d", 10000, 3)
def _(rng, n, dim):
    t = numpy.linspace(0, 40, n)
    return numpy.stack([t * numpy.cos(t), t * numpy.sin(t), t], 1), t


@kind("collinear", 8000, 48)
def _(rng, n, dim):
    """Along a line, and a little beside it."""
    return rng.uniform(0, 100, n)[:, None] * directions(rng, 1, dim) \
        + .01 * rng.standard_normal((n, dim))


@kind("windows", 10000, 64)
def _(rng, n, dim):
    """Windows of a time series, one step apart."""
    t = numpy.arange(n + dim)
    series = numpy.sin(t / 9) + .5 * numpy.sin(t / 123) \
        + rng.standard_normal(n + dim).cumsum() * .02
    return numpy.lib.stride_tricks.sliding_window_view(series, dim)[:n], \
        numpy.arange(n)


@kind("low-dimension-256", 8000, 256)
def _(rng, n, dim):
    return numpy.tanh(rng.standard_normal((n, 6))
                      @ rng.standard_normal((6, dim)))


@kind("low-dimension-1536", 3000, 1536, metric="cosine")
def _(rng, n, dim):
    return rng.standard_normal((n, 12)) @ rng.standard_normal((12, dim)) \
        + .1 * rng.standard_normal((n, dim))


# Without structure

def uniform(rng, n, dim):
    return rng.random((n, dim))


def gauss(rng, n, dim):
    return rng.standard_normal((n, dim))


also("uniform-64", uniform, 20000, 64)
also("uniform-64-m16", uniform, 20000, 64,
     options="m = 16, ef_construction = 64")
also("uniform-8", uniform, 10000, 8)
also("uniform-3", uniform, 10000, 3)
also("gauss-768-cosine", gauss, 10000, 768, metric="cosine")
also("gauss-128", gauss, 8000, 128)
also("gauss-1536-halfvec", gauss, 2500, 1536, type="halfvec")
also("gauss-32-sq4", gauss, 8000, 32, options="storage = sq4")
also("gauss-32-sq2", gauss, 8000, 32, options="storage = sq2")
also("products-3", products, 10000, 3)
also("products-3-cosine", products, 10000, 3, metric="cosine")


# Scales

also("tiny-1e-15", lambda rng, n, dim: gauss(rng, n, dim) * 1e-15, 8000, 32)
also("tiny-1e-20", lambda rng, n, dim: gauss(rng, n, dim) * 1e-20, 4000, 16)
also("huge-1e15", lambda rng, n, dim: gauss(rng, n, dim) * 1e15, 8000, 32)


@kind("anisotropic", 10000, 48)
def _(rng, n, dim):
    return rng.standard_normal((n, dim)) * numpy.geomspace(1, 1e-3, dim)


@kind("outliers", 10000, 32)
def _(rng, n, dim):
    rows = rng.standard_normal((n, dim))
    rows[rng.random(n) < .01] *= 1000
    return rows


@kind("cauchy", 10000, 16)
def _(rng, n, dim):
    return numpy.clip(rng.standard_cauchy((n, dim)), -1e6, 1e6)


@kind("halfvec-integers", 8000, 32, type="halfvec")
def _(rng, n, dim):
    return rng.integers(-2000, 2001, (n, dim)).astype(float)


@kind("cosine-lengths", 10000, 64, metric="cosine")
def _(rng, n, dim):
    return rng.standard_normal((n, dim)) * 10. ** rng.uniform(-6, 6, (n, 1)) \
        + 0


@kind("cosine-zeros", 8000, 32, metric="cosine")
def _(rng, n, dim):
    """Zero vectors and NULL among the rows."""
    rows, label = clusters(rng, n, dim, 50, .4)
    rows[64::40] = 0
    rows[65::50] = numpy.nan
    return rows, label


# Sparse, discrete

@kind("sparse", 10000, 128, metric="cosine")
def _(rng, n, dim):
    return rng.exponential(1, (n, dim)) * (rng.random((n, dim)) < .06) \
        + 1e-6


@kind("one-hot", 6000, 64)
def _(rng, n, dim):
    rows = numpy.zeros((n, dim))
    label = rng.integers(0, dim, n)
    rows[numpy.arange(n), label] = rng.integers(1, 100, n)
    return rows, label


@kind("binary", 8000, 64)
def _(rng, n, dim):
    return (rng.random((n, dim)) < .5).astype(float)


@kind("pixels", 8000, 256)
def _(rng, n, dim):
    """Pictures of 16 x 16 integers: a blot on black."""
    y, x = numpy.mgrid[0:16, 0:16]
    cx, cy = rng.uniform(2, 14, (2, n, 1, 1))
    wide = rng.uniform(1, 4, (n, 1, 1))
    blot = 255 * numpy.exp(-((x - cx) ** 2 + (y - cy) ** 2) / wide ** 2)
    return numpy.floor(blot).reshape(n, dim)


@kind("text-like", 8000, 128, metric="cosine")
def _(rng, n, dim):
    """Counts of words of Zipf's frequencies, by topic, projected."""
    words = 2000
    base = 1 / numpy.arange(1, words + 1)
    topics = base * rng.gamma(.1, 1, (60, words))
    topics /= topics.sum(1, keepdims=True)
    label = rng.integers(0, 60, n)
    axes = rng.standard_normal((words, dim)) / dim ** .5
    counts = rng.poisson(40 * topics[label])
    return numpy.log1p(counts) @ axes, label


# More of the kinds above that real data are like

@kind("near-pairs", 10000, 96)
def _(rng, n, dim):
    """Each vector has a twin: copies of a picture, saved twice."""
    rows = rng.standard_normal(((n + 1) // 2, dim))
    both = numpy.concatenate(
        [rows, rows + 1e-4 * rng.standard_normal(rows.shape)])
    return both[rng.permutation(len(both))[:n]]


@kind("cities", 10000, 2)
def _(rng, n, dim):
    """Longitude and latitude of addresses, crowded in a few places."""
    label = numpy.minimum(rng.zipf(1.4, n), 300) - 1
    places = numpy.stack([rng.uniform(-180, 180, 300),
                          rng.uniform(-60, 70, 300)], 1)
    return places[label] + rng.normal(0, .03, (n, dim)), label


@kind("scales-mixed", 10000, 24)
def _(rng, n, dim):
    return rng.standard_normal((n, dim)) * 10. ** rng.uniform(-4, 4, (n, 1))


@kind("offset-384-cosine", 6000, 384, metric="cosine")
def _(rng, n, dim):
    """Embeddings that share a direction, around 100 topics."""
    rows, label = clusters(rng, n, dim, 100, .5)
    return rows * .1 + 2 * directions(rng, 1, dim), label


@kind("ip-one-long", 8000, 32, metric="ip")
def _(rng, n, dim):
    rows = directions(rng, n, dim)
    rows[n // 2] *= 1000
    return rows
