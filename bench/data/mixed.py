#!/usr/bin/python3
"""Any number of vectors like those of a data set: mixtures of near ones.

    bench/data/mixed.py FROM OUT ROWS [QUERIES]

reads FROM.base.fvecs and FROM.query.fvecs, and writes OUT.base.fvecs,
OUT.query.fvecs (FROM's first QUERIES, 1000) and OUT.gt.ivecs.

The real rows are cut into pieces of 16 to 32 near ones, each piece in two by the
median along the line between two clusters.  A new row lies between a real row
and another one of its piece, at most half of the way, and has noise of a tenth
of their distance; it is rounded to integers from 0 to 255.  The same arguments give the same
rows, and a smaller number the first of them.
"""
import sys

import numpy

import vectors

PIECE = 32
BLOCK = 65536
NOISE = 0.1


def read(path):
    words = numpy.fromfile(path, numpy.int32)
    return numpy.ascontiguousarray(words.reshape(-1, words[0] + 1)[:, 1:]).view(numpy.float32)


def pieces(rows):
    """Row numbers, piece after piece, and where each piece begins."""
    random = numpy.random.default_rng(2)
    order, begins = [], [0]
    todo = [numpy.arange(len(rows))]
    while todo:
        ids = todo.pop()
        if len(ids) <= PIECE:
            order.append(ids)
            begins.append(begins[-1] + len(ids))
            continue
        sample = rows[random.choice(ids, min(len(ids), 128), replace=False)]
        a, b = sample[0], sample[1]
        for _ in range(3):
            side = sample @ (a - b) > (a @ a - b @ b) / 2
            if side.all() or not side.any():
                break
            a, b = sample[side].mean(axis=0), sample[~side].mean(axis=0)
        half = numpy.argpartition(rows[ids] @ (a - b), len(ids) // 2)
        todo.append(ids[half[:len(ids) // 2]])
        todo.append(ids[half[len(ids) // 2:]])
    return numpy.concatenate(order), numpy.array(begins)


def mix(rows, begins, number, count):
    """Block `number` of the new rows; rows are in the order of their pieces."""
    random = numpy.random.default_rng((3, number))
    near = random.integers(0, len(rows), BLOCK)
    piece = numpy.searchsorted(begins, near, side="right") - 1
    other = begins[piece] + random.integers(0, 1 << 30, BLOCK) % (begins[piece + 1] - begins[piece])
    step = random.random((BLOCK, 1), numpy.float32) / 2
    noise = random.standard_normal((BLOCK, rows.shape[1]), numpy.float32)
    near, other = rows[near[:count]], rows[other[:count]]
    apart = numpy.linalg.norm(other - near, axis=1, keepdims=True)
    scale = apart * (NOISE / rows.shape[1] ** 0.5)
    mixed = near + (other - near) * step[:count] + noise[:count] * scale
    return numpy.clip(numpy.rint(mixed), 0, 255).astype(numpy.float32)


class Nearest:
    """Exact neighbours among rows that come block after block."""

    def __init__(self, queries):
        self.queries = queries.astype(numpy.float32)
        self.ids = numpy.empty((len(queries), 0), numpy.int64)
        self.distances = numpy.empty((len(queries), 0), numpy.float32)

    def add(self, rows, first):
        """Distances of integers below 256 are exact in float4."""
        squares = numpy.einsum("ij,ij->i", rows, rows)
        own = numpy.einsum("ij,ij->i", self.queries, self.queries)
        distances = squares - 2 * (self.queries @ rows.T) + own[:, None]
        ids = numpy.broadcast_to(numpy.arange(first, first + len(rows)), distances.shape)
        distances = numpy.concatenate([self.distances, distances], axis=1)
        ids = numpy.concatenate([self.ids, ids], axis=1)
        k = min(vectors.NEIGHBORS, distances.shape[1])
        keep = numpy.lexsort((ids, distances), axis=1)[:, :k] if distances.shape[1] <= 4096 else None
        if keep is None:
            part = numpy.argpartition(distances, k + 50, axis=1)[:, :k + 50]
            near = numpy.take_along_axis(distances, part, axis=1)
            keep = numpy.take_along_axis(
                part, numpy.lexsort((numpy.take_along_axis(ids, part, axis=1), near), axis=1)[:, :k], axis=1)
        self.distances = numpy.take_along_axis(distances, keep, axis=1)
        self.ids = numpy.take_along_axis(ids, keep, axis=1)


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    source, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rows = read(f"{source}.base.fvecs")
    queries = read(f"{source}.query.fvecs")[:int(sys.argv[4]) if len(sys.argv) == 5 else 1000]
    order, begins = pieces(rows)
    rows = rows[order]
    nearest = Nearest(queries)
    records = numpy.empty((BLOCK, rows.shape[1] + 1), numpy.int32)
    records[:, 0] = rows.shape[1]
    with open(f"{out}.base.fvecs", "wb") as file:
        for first in range(0, count, BLOCK):
            part = mix(rows, begins, first // BLOCK, min(BLOCK, count - first))
            records[:len(part), 1:] = part.view(numpy.int32)
            records[:len(part)].tofile(file)
            nearest.add(part, first)
            print(f"{first + len(part)} of {count}", file=sys.stderr, flush=True)
    vectors.write(f"{out}.query.fvecs", queries, numpy.float32)
    vectors.write(f"{out}.gt.ivecs", nearest.ids, numpy.int32)
    print(f"{out}: {count} x {rows.shape[1]}, {len(queries)} queries", flush=True)


main()
